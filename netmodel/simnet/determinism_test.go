package simnet_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// crowdHash lets 50 clients dial at one instant, each in a goroutine of its own, and
// talk to a server that handles each connection in a goroutine of its own. It returns
// the hash of all that happened, and who got what.
func crowdHash(t *testing.T, c simnet.Config) (hash uint64, outcomes string) {
	synctest.Test(t, func(t *testing.T) {
		n := simnet.New(c)
		l, err := n.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go echoEach(l)
		const clients = 50
		seen := make([]string, clients)
		var all sync.WaitGroup
		for i := range clients {
			d := n.Host("clients").Dialer(fmt.Sprintf("c%d", i))
			all.Go(func() { seen[i] = talk(d, i) })
		}
		all.Wait()
		_ = n.Close()
		time.Sleep(time.Second)
		hash, outcomes = n.Hash(), strings.Join(seen, "\n")
	})
	return hash, outcomes
}

// echoEach answers everything on every connection.
func echoEach(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		time.Sleep(100 * time.Microsecond) // so that the queue fills
		go func() {
			defer c.Close()
			_, _ = io.Copy(c, c) // a connection that breaks says so at its other end
		}()
	}
}

// talk is a client. It returns what it saw.
func talk(d *simnet.Dialer, i int) string {
	began := time.Now()
	c, err := d.Dial("tcp", "server:80")
	if err != nil {
		return fmt.Sprint(err, " after ", time.Since(began))
	}
	defer c.Close()
	if i%7 == 0 {
		_ = c.(*simnet.Conn).SetLinger(0) // some leave with a reset
	}
	message := strings.Repeat("x", 1+i*37)
	for range 3 {
		if _, err := io.WriteString(c, message); err != nil {
			return fmt.Sprint(err, " after ", time.Since(began))
		}
		_ = c.SetReadDeadline(time.Now().Add(200 * time.Second))
		if _, err := io.ReadFull(c, make([]byte, len(message))); err != nil {
			return fmt.Sprint(err, " after ", time.Since(began))
		}
	}
	return fmt.Sprint("served after ", time.Since(began))
}

// crowds are networks in which ties are many: every delay is a whole number of
// milliseconds, or none. Each has the hash that every machine, every number of
// processors and every scheduler must give.
var crowds = []struct {
	name   string
	config simnet.Config
	hash   uint64
}{
	{"at once", simnet.Config{Seed: 1, Backlog: 5}, 0xa016f511c9a3f931},
	{"latency", simnet.Config{Seed: 1, Backlog: 5, Link: netmodel.Link{Latency: time.Millisecond}}, 0x42d20b55fec95a97},
	{"windows", simnet.Config{Seed: 1, Backlog: 5, Profile: profiles.Windows(), Link: netmodel.Link{Latency: time.Millisecond}}, 0x6c8e343a945ea99c},
	{"lossy", simnet.Config{Seed: 1, Backlog: 20, Link: netmodel.Link{Latency: time.Millisecond, Loss: sim.Ratio{Num: 1, Den: 10}}}, 0xccd53c2e8613e627},
	{"jittery", simnet.Config{Seed: 1, Backlog: 20, Link: netmodel.Link{Latency: time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond}}}, 0x6e8e225535f0d1a8},
	{"starving", simnet.Config{Seed: 1, Backlog: 5, Descriptors: 60}, 0xdf216f741118f066},
}

// runsOfOne is how often each run is repeated, SIMNET_RUNS another number.
const runsOfOne = 5

func TestFiftyClientsAtOneInstantAreDeterministic(t *testing.T) {
	runs := runsOfOne
	if s := os.Getenv("SIMNET_RUNS"); s != "" {
		runs, _ = strconv.Atoi(s)
	}
	for _, c := range crowds {
		t.Run(c.name, func(t *testing.T) {
			_, saw := crowdHash(t, c.config)
			for _, procs := range []int{1, 2, 8} {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				for range runs {
					hash, outcomes := crowdHash(t, c.config)
					if hash != c.hash || outcomes != saw {
						t.Fatalf("another run with %d processors: hash %016x, want %016x; clients saw\n%s\nwant\n%s", procs, hash, c.hash, outcomes, saw)
					}
				}
			}
		})
	}
}
