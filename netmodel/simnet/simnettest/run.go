package simnettest

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/bubble"
	"wspsim/netmodel/simnet/internal/hooks"
	"wspsim/sim"
)

// T is a test on a virtual network.
type T struct {
	testing.TB
	Net      *simnet.Network
	bubble   *testBubble
	bursts   uint64
	mu       sync.Mutex
	cleanups []func()
}

// seedVariable sets the seed of every network that Run makes.
const seedVariable = "SIMNET_SEED"

const (
	// endLimit is how much virtual time the goroutines of a test have to end after its
	// network was closed.
	endLimit = 5 * time.Minute
	// testLimit is how much virtual time a test may take.
	testLimit = time.Hour
)

// Run calls f in a bubble of testing/synctest, with a network of the settings c. When f
// returns, Run closes the network. The goroutines of f then have 5 minutes of virtual time to
// end.
//
// Make everything that goroutines wait for within f: servers, handlers, clients, channels, and
// the dialers of this package. f must not change state outside its network, because Run calls
// f several times if the test fails.
//
// If the test fails, Run writes its story to the log of the test. Run calls f again with the
// same seed, to see whether the failure repeats. It then calls f with other backlogs (see "What
// Run reports" in the documentation of the package). With go test -artifacts, Run writes the
// trace to trace.txt in the artifact directory of the test. It also writes four views of the
// trace: a diagram (trace.mmd), a picture (trace.svg), a capture for Wireshark (trace.pcapng)
// and a page that plays the run in a browser (trace.html). If f calls Skip, Run skips the test.
//
// A test that hangs fails with the names of the goroutines that cause the hang: see "A test
// that hangs". If c is not valid, Run fails the test and names the setting.
//
// Without a *testing.T, as in a property of rapid, make the network yourself. Burst and Story
// work with any network.
func Run(t *testing.T, c simnet.Config, f func(*T)) {
	t.Helper()
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			t.Fatalf("%s is %q: want a number from 0 to %d", seedVariable, s, uint64(1<<64-1))
		}
		c.Seed = seed
	}
	if s := os.Getenv(searchVariable); s != "" && s != "off" {
		t.Fatalf("%s is %q: want off, which switches the search for a backlog off, or no such variable", searchVariable, s)
	}
	if err := c.Validate(); err != nil {
		t.Fatalf("simnettest.Run: the simnet.Config is not valid: %v", err)
	}
	c.Tap = c.Tap || keepsArtifacts()
	if f == nil {
		t.Fatal("simnettest.Run: the function is nil: want the function of the test")
	}
	defer simnet.BeforeBubble() // for later code outside a bubble
	p := runOnce(t, c, f, nil)
	if p.hangs == "" && !p.failed {
		if p.skipped { // synctest.Test does not report it
			t.SkipNow()
		}
		return
	}
	for _, text := range []string{p.overtime, p.hangs} {
		if text != "" {
			t.Errorf("%s", text)
		}
	}
	if p.story != nil {
		if p.story.hung = p.hangs != ""; !p.story.hung {
			p.story.difference = repeat(t, c, f, p.story)
			p.story.advice = advise(t, c, f, p.story)
			p.story.runs = 2 + p.story.advice.runs
		}
		p.story.tell(t)
	}
	t.FailNow()
}

// runResult is the result of one run of a test, in a bubble of its own.
type runResult struct {
	story    *story // nil: the test passed
	hangs    string // why the bubble was given up; "" = it was not
	overtime string // the test did not return in time, with its goroutines; "" = it returned
	failed   bool
	skipped  bool          // the test has called Skip
	took     time.Duration // of virtual time
}

// runOnce runs a test. With a rerunTB it reports nothing to t, and the result always has a
// story.
func runOnce(t *testing.T, c simnet.Config, f func(*T), r *rerunTB) runResult {
	t.Helper()
	b := newTestBubble(t)
	if r != nil && !r.until.IsZero() {
		b.limits.until = r.until
	}
	var told storyKeeper
	took := make(chan time.Duration, 1)
	skipped := make(chan bool, 1)
	hangs := b.run(t, func(inner *testing.T) {
		inner.Helper()
		n := simnet.New(c)
		b.net.Store(n)
		x := &T{TB: &silencedTB{inner, b}, Net: n, bubble: b}
		if r != nil {
			r.TB = inner
			x.TB = r
		}
		began := time.Now()
		over := x.watch(func() { told.keep(x.TB, n, r == nil) })
		defer func() {
			took <- time.Since(began)
			skipped <- x.Skipped()
			b.returned.Store(true)
			settle()
			if r != nil || inner.Failed() {
				told.keep(x.TB, n, r == nil)
			}
			close(over)
			x.end()
		}()
		if r == nil {
			defer x.cleanUp()
			f(x)
			return
		}
		r.call(x, f)
	})
	p := runResult{hangs: hangs, failed: b.failed, story: told.story()}
	p.overtime, _ = b.getOvertime()
	if len(skipped) > 0 {
		p.skipped = <-skipped
	}
	if r != nil {
		p.failed = r.Failed() || p.skipped || hangs != ""
	}
	if n := b.net.Load(); n != nil && b.givenUp.Load() && hooks.Freeze(n) && len(took) == 0 {
		told.keep(t, n, r == nil)
		p.story = told.story()
		p.story.at = max(p.story.at, sim.Time(b.at))
	}
	if len(took) > 0 {
		p.took = <-took
	}
	return p
}

// storyKeeper keeps the first story of a run. A bubble that was given up may try to add another
// story later; the keeper ignores it.
type storyKeeper struct {
	mu   sync.Mutex
	kept *story
}

func (k *storyKeeper) keep(t testing.TB, n *simnet.Network, trace bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept != nil {
		return
	}
	k.kept = newStory(n)
	if trace {
		k.kept.keepTrace(t, n)
	}
}

func (k *storyKeeper) story() *story {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept
}

// Cleanup registers f. Run calls f after the test has returned and before it closes the
// network.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// cleanUp calls the functions given to Cleanup, the last first.
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

// watch updates the clock of the bubble. If the test does not return in time, watch fails it and
// closes its network, so that waiting calls return. If the test still does not return, watch
// stops virtual time. watch ends when over is closed.
func (t *T) watch(note func()) (over chan struct{}) {
	over = make(chan struct{})
	began := time.Now()
	waits := func(most time.Duration) bool {
		for since := time.Now(); time.Since(since) < most; {
			select {
			case <-over:
				return false
			case <-time.After(clockTick):
				t.bubble.clock.Store(int64(time.Since(began)))
				if t.bubble.givenUp.Load() {
					<-t.bubble.blockForever
				}
			}
		}
		return true
	}
	go func() {
		if !waits(testLimit) {
			return
		}
		settle() // goroutines that woke at this instant wait again
		list := bubble.List(ofTheTest(bubble.Goroutines()))
		t.bubble.setOvertime(list)
		t.Fail()
		note()
		_ = t.Net.Close()
		if waits(endLimit) {
			t.bubble.stop()
		}
	}()
	return over
}

// settle sleeps 10 ns of virtual time. The network needs 1 ns to process all calls up to now: see
// package simnet.
func settle() { time.Sleep(10 * time.Nanosecond) }

// end closes the network and gives its goroutines time to end.
func (t *T) end() {
	_ = t.Net.Close()
	time.Sleep(endLimit)
}
