package simnettest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// T is a test on a virtual network.
type T struct {
	testing.TB
	Net      *simnet.Network
	bursts   uint64
	mu       sync.Mutex
	cleanups []func()
}

// seedVariable sets the seed of every network that Run makes.
const seedVariable = "SIMNET_SEED"

const (
	// farewell is how much virtual time the goroutines of a test have to end, once its
	// network is closed.
	farewell = 5 * time.Minute
	// patience is how much virtual time a test may take.
	patience = time.Hour
	// stillness is how much real time virtual time may stand still before Run says so.
	stillness = 10 * time.Second
)

// Run calls f in a bubble of testing/synctest, with a network made of c. When f has
// returned, the network is closed and the goroutines that f started have 5 minutes of
// virtual time to end; what runs longer, testing/synctest reports as a leak. A test
// that takes more than an hour of virtual time fails: somebody waits in vain.
//
// Make everything within f that goroutines wait for: servers, handlers, clients,
// channels, and the dialers of this package. A goroutine that waits for a channel or a
// mutex from outside stops virtual time; Run then says so on standard error.
//
// If the test fails, Run writes what happened to its log, and with go test -artifacts to
// trace.txt in its artifact directory, and runs f again with other backlogs to find the
// smallest that would have done. f should therefore leave nothing behind outside its
// network.
//
// Where there is no *testing.T, as in a property of rapid, make the network yourself:
// Burst and Story work with any.
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
	beat, stop := watchStillness(os.Stderr, t.Name(), stillness)
	defer stop()
	synctest.Test(t, func(t *testing.T) {
		r := &T{TB: t, Net: simnet.New(c)}
		note := sync.OnceFunc(func() {
			happened = newStory(r.Net)
			happened.keepTrace(t, r.Net)
		})
		over := r.watch(beat, note)
		defer func() {
			r.cleanUp()
			if t.Failed() {
				note()
			}
			close(over)
			r.end()
		}()
		f(r)
	})
}

// Cleanup makes f be called when the test has returned, before its network is closed.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// cleanUp calls what Cleanup was given, the last first.
func (t *T) cleanUp() {
	for {
		t.mu.Lock()
		k := len(t.cleanups)
		if k == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[k-1]
		t.cleanups = t.cleanups[:k-1]
		t.mu.Unlock()
		f()
	}
}

// watchStillness says, once, that virtual time stands still. It runs outside of the
// bubble, which cannot know. Beat is what the bubble shows of its time.
func watchStillness(w io.Writer, name string, every time.Duration) (beat *atomic.Int64, stop func()) {
	beat = new(atomic.Int64)
	over := make(chan struct{})
	go func() {
		for last := int64(-1); ; {
			select {
			case <-over:
				return
			case <-time.After(every):
			}
			now := beat.Load()
			if now == last {
				fmt.Fprintf(w, "simnettest: %s: virtual time has stood still at %v for %v. A goroutine waits for something that was made outside of the function given to Run (a channel, a mutex, a WaitGroup, a real connection), waits for a mutex that another one holds while it waits for the network, or computes. Make servers, handlers and channels within that function.\n", name, time.Duration(now), every)
				return
			}
			last = now
		}
	}()
	return beat, func() { close(over) }
}

// watch shows how time passes, fails a test that does not return, and closes its
// network, so that it can. It ends when over is closed.
func (t *T) watch(beat *atomic.Int64, note func()) (over chan struct{}) {
	over = make(chan struct{})
	began := time.Now()
	go func() {
		for time.Since(began) < patience {
			select {
			case <-over:
				return
			case <-time.After(time.Second):
				beat.Store(int64(time.Since(began)))
			}
		}
		t.Errorf("the test has not returned after %v of virtual time: somebody waits in vain", patience)
		note()
		_ = t.Net.Close()
	}()
	return over
}

// end closes the network and lets everything that runs on it end.
func (t *T) end() {
	_ = t.Net.Close()
	time.Sleep(farewell)
}

// passes runs a test again, with another configuration, and reports whether it passes
// and how much virtual time that takes. Nothing of it is written anywhere.
func passes(t *testing.T, c simnet.Config, f func(*T)) (ok bool, took time.Duration) {
	defer func() {
		if p := recover(); p != nil {
			ok = false // it hangs, say
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		again := &rehearsal{TB: t}
		r := &T{TB: again, Net: simnet.New(c)}
		quit := r.watch(new(atomic.Int64), func() {})
		defer func() {
			close(quit)
			r.end()
		}()
		began := time.Now()
		over := make(chan any)
		go func() { // FailNow ends the goroutine
			defer func() { over <- recover() }()
			defer r.cleanUp()
			f(r)
		}()
		ok = <-over == nil && !again.Failed() && !again.Skipped()
		took = time.Since(began)
	})
	return ok, took
}

// Burst is the function Burst on the network of the test. Each call draws other
// instants.
func (t *T) Burst(n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	t.Helper()
	if n < 0 || within < 0 {
		t.Fatalf("Burst(%d, %v): want 0 clients or more, and no negative time", n, within)
	}
	t.bursts++
	return burst(t.Net, t.bursts, n, within, f)
}

// Burst calls f n times, each in a goroutine of its own and with a dialer of its
// own, at instants that are spread over a time at random, by the seed of the network.
// It returns when all have returned, with the errors that they gave.
//
// A dialer has a name, client-1 to client-n, and runs on the host "clients".
func Burst(net *simnet.Network, n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	return burst(net, 1, n, within, f)
}

func burst(net *simnet.Network, number uint64, n int, within time.Duration, f func(*simnet.Dialer) error) []error {
	type result struct {
		client int
		err    error
	}
	host := net.Host("clients")
	results := make(chan result)
	for i := range n {
		d := host.Dialer("client-" + strconv.Itoa(i+1))
		draw := sim.Stream(net.Config().Seed, number<<32|uint64(i), drawsBurst)
		wait := draw.Duration(within + 1)
		go func() {
			r := result{i, errEnded}
			defer func() { results <- r }() // also if f ends its goroutine, as FailNow does
			time.Sleep(wait)
			r.err = f(d)
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

// errEnded is what a client of Burst gives whose goroutine was ended.
var errEnded = errors.New("it did not return")

const drawsBurst sim.Purpose = 1 << 16

// writeTrace writes the trace of a failed test to its artifact directory, and
// returns the name of the file.
func writeTrace(t testing.TB, n *simnet.Network) (string, error) {
	name := filepath.Join(t.ArtifactDir(), "trace.txt")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(file, legend) // if it fails, so does what follows
	err = n.WriteTrace(file, true)
	if e := file.Close(); err == nil {
		err = e
	}
	return name, err
}

// legend explains the trace; netmodel.Printer says more.
const legend = `signs: = call  > queued  + handshake complete  - accepted  ! turned away  x reset by its host  ~ gone
       < sent  ? ACK or data that did not get its connection in  * at the client  % the network
queue: a waits for accept, (a) half-open, . free slot, _ slot that waits to be filled; [17 of 200] a large one

`
