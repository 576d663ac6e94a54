package simnettest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// T is a test on a virtual network.
type T struct {
	testing.TB
	Net    *simnet.Network
	config simnet.Config
	bursts uint64
}

// seedVariable sets the seed of every network that Run makes.
const seedVariable = "SIMNET_SEED"

// farewell is how much virtual time the goroutines of a test have to end, once its
// network is closed.
const farewell = 5 * time.Minute

// patience is how much virtual time a test may take.
const patience = time.Hour

// Run calls f in a bubble of testing/synctest, with a network made of c. When f has
// returned, the network is closed and the goroutines that f started have 5 minutes of
// virtual time to end; what runs longer, testing/synctest reports as a leak. A test
// that takes more than an hour of virtual time fails: somebody waits in vain.
//
// If the test fails, Run writes what happened to its log and to trace.txt in its
// artifact directory (go test -artifacts keeps it), and runs f again with other
// backlogs to find the smallest that would have done. f should therefore leave
// nothing behind outside its network.
func Run(t *testing.T, c simnet.Config, f func(*T)) {
	t.Helper()
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			t.Fatalf("%s is %q: want a number from 0 to %d", seedVariable, s, uint64(1<<64-1))
		}
		c.Seed = seed
	}
	var happened *story
	defer func() {
		if happened == nil {
			return
		}
		happened.advice = advise(t, c, f, happened)
		happened.tell(t)
	}()
	synctest.Test(t, func(t *testing.T) {
		r := &T{TB: t, Net: simnet.New(c), config: c}
		note := func() {
			if t.Failed() && happened == nil {
				happened = newStory(t, c, r.Net)
			}
		}
		over := r.watch(note)
		defer func() {
			note()
			close(over)
			r.end()
		}()
		f(r)
	})
}

// watch fails a test that does not return, and closes its network, so that it can.
// It ends when over is closed.
func (t *T) watch(note func()) (over chan struct{}) {
	over = make(chan struct{})
	go func() {
		select {
		case <-over:
		case <-time.After(patience):
			t.Errorf("the test has not returned after %v of virtual time: somebody waits in vain", patience)
			note()
			_ = t.Net.Close()
		}
	}()
	return over
}

// end closes the network and lets everything that runs on it end.
func (t *T) end() {
	_ = t.Net.Close()
	time.Sleep(farewell)
}

// passes runs a test again, with another configuration, and reports whether it
// passes. Nothing of that is written anywhere.
func passes(t *testing.T, c simnet.Config, f func(*T)) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			ok = false // it hangs, say
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		again := &rehearsal{TB: t}
		r := &T{TB: again, Net: simnet.New(c), config: c}
		quit := r.watch(func() {})
		defer func() {
			close(quit)
			r.end()
		}()
		over := make(chan any)
		go func() { // FailNow ends the goroutine
			defer func() {
				again.cleanUp()
				over <- recover()
			}()
			f(r)
		}()
		ok = <-over == nil && !again.Failed()
	})
	return ok
}

// Burst calls f n times, each in a goroutine of its own and with a dialer of its
// own, at instants that are spread over a time at random, by the seed. It returns
// when all have returned, with the errors that they gave.
//
// A dialer has a name, client-1 to client-n, and runs on the host "clients".
func (t *T) Burst(n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	t.Helper()
	if n < 0 || within < 0 {
		t.Fatalf("Burst(%d, %v): want 0 clients or more, and no negative time", n, within)
	}
	t.bursts++
	type result struct {
		client int
		err    error
	}
	host := t.Net.Host("clients")
	results := make(chan result)
	for i := range n {
		d := host.Dialer("client-" + strconv.Itoa(i+1))
		draw := sim.Stream(t.config.Seed, t.bursts<<32|uint64(i), drawsBurst)
		wait := draw.Duration(within + 1)
		go func() {
			time.Sleep(wait)
			results <- result{i, f(d)}
		}()
	}
	failed := make([]error, n)
	for range n {
		r := <-results
		if r.err != nil {
			failed[r.client] = fmt.Errorf("client-%d: %w", r.client+1, r.err)
		}
	}
	errs := failed[:0]
	for _, err := range failed {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

const drawsBurst sim.Purpose = 1 << 16

// writeTrace writes the trace of a failed test to its artifact directory, and
// returns the name of the file.
func writeTrace(t testing.TB, n *simnet.Network) (string, error) {
	name := filepath.Join(t.ArtifactDir(), "trace.txt")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	err = n.WriteTrace(file, true)
	if e := file.Close(); err == nil {
		err = e
	}
	return name, err
}
