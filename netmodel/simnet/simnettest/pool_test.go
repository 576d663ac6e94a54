package simnettest_test

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
)

// pool is a client that tries again when it is refused.
type pool struct {
	attempts int
	pause    time.Duration // before the second attempt; then it doubles
}

func (p pool) get(d *simnet.Dialer) error {
	for i := range p.attempts {
		err := hello(d)
		var failed *net.OpError
		if !errors.As(err, &failed) || failed.Op != "dial" || i == p.attempts-1 {
			return err
		}
		time.Sleep(p.pause << i)
	}
	return nil
}

// everyoneIsServed: however many clients come, whatever the backlog, a pool gets an
// answer for each of them.
func everyoneIsServed(p pool) func(*rapid.T) {
	return func(t *rapid.T) {
		clients := rapid.IntRange(1, 12).Draw(t, "clients")
		backlog := rapid.IntRange(1, 10).Draw(t, "backlog")
		rapid.SyncTest(t, func(t *rapid.T) {
			n := simnet.New(simnet.Config{Profile: profiles.WSP(), Backlog: backlog})
			l, err := n.Listen("tcp", "server:80")
			if err != nil {
				t.Fatal(err)
			}
			go inline(l)
			errs := make(chan error)
			for i := range clients {
				d := n.Host("clients").Dialer(fmt.Sprintf("client-%d", i))
				go func() { errs <- p.get(d) }()
			}
			for range clients {
				if err := <-errs; err != nil {
					t.Errorf("a client was not served: %v", err)
				}
			}
			_ = n.Close()
			time.Sleep(time.Second)
		})
	}
}

func TestAPatientPoolServesEveryone(t *testing.T) {
	simnet.BeforeBubble()
	rapid.Check(t, everyoneIsServed(pool{attempts: 8, pause: 50 * time.Millisecond}))
}

func TestMeantToFailHastyPool(t *testing.T) {
	skipUnlessMeantToFail(t)
	simnet.BeforeBubble()
	rapid.Check(t, everyoneIsServed(pool{attempts: 8}))
}

// A pool that tries again at once is refused eight times within a microsecond. rapid
// finds the smallest crowd for which that matters.
func Example_shrinking() {
	output, err := outputOf("TestMeantToFailHastyPool", "-rapid.seed=1", "-rapid.nofailfile")
	if err != nil {
		fmt.Println(err)
	}
	shrunk := output[strings.LastIndex(output, "[rapid] draw clients"):]
	for _, line := range regexp.MustCompile(`draw .*|a client was not served.*connectex`).FindAllString(shrunk, -1) {
		fmt.Println(line)
	}
	// Output:
	// draw clients: 3
	// draw backlog: 1
	// a client was not served: dial tcp 10.1.0.1:80: connectex
}
