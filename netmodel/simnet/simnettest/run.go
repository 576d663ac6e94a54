package simnettest

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/bubble"
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
	// farewell is how much virtual time the goroutines of a test have to end, once its
	// network is closed.
	farewell = 5 * time.Minute
	// patience is how much virtual time a test may take.
	patience = time.Hour
)

// Run calls f in a bubble of testing/synctest, with a network made of c. When f has
// returned, the network is closed, and the goroutines that f started have 5 minutes of
// virtual time to end.
//
// Make everything within f that goroutines wait for: servers, handlers, clients,
// channels, and the dialers of this package. f should leave nothing behind outside its
// network, for Run calls it more than once if the test fails.
//
// If the test fails, Run tells its story in the log of the test. For that it runs f once
// more with the same seed, to see whether the failure repeats, and some further times with
// other backlogs (see "What Run tells" in the documentation of the package). With
// go test -artifacts it writes the trace to trace.txt in the artifact directory of the
// test, and three views of it: a diagram (trace.mmd), a picture (trace.svg) and a capture for
// Wireshark (trace.pcapng). If f calls Skip, Run skips the test.
//
// A test that hangs fails as well, with the names of the goroutines that keep it: see "A
// test that hangs". A Config with which no network can be made ends the test with a
// sentence.
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
	if s := os.Getenv(searchVariable); s != "" && s != "off" {
		t.Fatalf("%s is %q: want off, which switches the search for a backlog off; without the variable Run searches", searchVariable, s)
	}
	if err := c.Validate(); err != nil {
		t.Fatalf("simnettest.Run: the simnet.Config has %v", err)
	}
	c.Tap = c.Tap || keepsArtifacts()
	if f == nil {
		t.Fatal("simnettest.Run: the function is nil: want one that is the test")
	}
	defer simnet.BeforeBubble() // also for what follows outside a bubble
	p := perform(t, c, f, nil)
	if p.hangs == "" && !p.failed {
		if p.skipped { // synctest.Test does not tell
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
			p.story.again = repeat(t, c, f, p.story)
			p.story.advice = advise(t, c, f, p.story)
			p.story.runs = 2 + p.story.advice.runs
		}
		p.story.tell(t)
	}
	t.FailNow()
}

// runResult is one run of a test, in a bubble of its own.
type runResult struct {
	story    *story // nil: there is none to tell
	hangs    string // the bubble was given up, and why; "" = it was not
	overtime string // the test did not return in time, and who waits; "" = it did
	failed   bool
	skipped  bool          // the test has called Skip
	took     time.Duration // of virtual time
}

// perform runs a test. In a rerunTB nothing of it reaches t, and there is a story
// whether it fails or not.
func perform(t *testing.T, c simnet.Config, f func(*T), r *rerunTB) runResult {
	t.Helper()
	b := newTestBubble(t)
	if r != nil && !r.until.IsZero() {
		b.patience.until = r.until
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
		r.perform(x, f)
	})
	p := runResult{hangs: hangs, failed: b.failed, story: told.story()}
	p.overtime, _ = b.toldOvertime()
	if len(skipped) > 0 {
		p.skipped = <-skipped
	}
	if r != nil {
		p.failed = r.Failed() || p.skipped || hangs != ""
	}
	if n := b.net.Load(); n != nil && b.givenUp.Load() && n.Freeze() && len(took) == 0 {
		told.keep(t, n, r == nil)
		p.story = told.story()
		p.story.at = max(p.story.at, sim.Time(b.at))
	}
	if len(took) > 0 {
		p.took = <-took
	}
	return p
}

// storyKeeper keeps the first story that it is told to take down. What a bubble that was
// given up may still tell comes too late.
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

// watch shows how time passes, fails a test that does not return, and closes its
// network, so that it can. If that does not help, it stops virtual time. It ends when over
// is closed.
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
					<-t.bubble.never
				}
			}
		}
		return true
	}
	go func() {
		if !waits(patience) {
			return
		}
		settle() // those that woke at the full second wait again
		list := bubble.List(ofTheTest(bubble.Goroutines()))
		t.bubble.tellOvertime(list)
		t.Fail()
		note()
		_ = t.Net.Close()
		if waits(farewell) {
			t.bubble.stop()
		}
	}()
	return over
}

// settle lets pass what it takes until the network has learned of all that programs have
// done up to now: a nanosecond. See package simnet.
func settle() { time.Sleep(10 * time.Nanosecond) }

// end closes the network and lets everything that runs on it end.
func (t *T) end() {
	_ = t.Net.Close()
	time.Sleep(farewell)
}
