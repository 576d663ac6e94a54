package simnettest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/bubble"
	"wspsim/netmodel/simnet/internal/hooks"
)

// testBubble is a bubble of testing/synctest. Run checks it from outside, in real time, and gives
// it up when it hangs. The goroutines of such a bubble wait for ever, and the other tests of the
// binary go on.
type testBubble struct {
	*bubble.Bubble
	limits       hangLimits
	net          atomic.Pointer[simnet.Network] // nil until the network is made
	clock        atomic.Int64                   // virtual nanoseconds, updated every clockTick
	stopped      chan struct{}                  // closed when the bubble stops its own time
	blockForever chan struct{}                  // never sent to; made outside the bubble, so a receive stops virtual time
	returned     atomic.Bool                    // the test has returned, and Run waits for its goroutines
	givenUp      atomic.Bool
	overtimeMu   sync.Mutex    // guards the next two
	overtime     string        // the error of a test that has not returned in time, "" = none
	overtimeList string        // the goroutines in overtime
	failed       bool          // the test failed in synctest.Test
	at           time.Duration // virtual time when the bubble was given up
}

// hangLimits says when Run gives a bubble up.
type hangLimits struct {
	after time.Duration // real time in which virtual time does not move; 0 = never
	until time.Time     // or at this instant of real time; zero = never
}

const (
	// stillVariable names the variable that sets hangLimits.after.
	stillVariable = "SIMNETTEST_STILL"
	// defaultStill is the default of hangLimits.after.
	defaultStill = 10 * time.Second
	// clockTick is how often a bubble updates its clock, in virtual time.
	clockTick = time.Second
	// lookInterval is how often Run checks a bubble. A process that was stopped, for example by
	// a debugger, misses one check only.
	lookInterval = 100 * time.Millisecond
	// minProgress is how far virtual time must move within hangLimits.after. A program that
	// repeats a failing call in a loop moves it by 1 ns each time.
	minProgress = 100 * time.Millisecond
	// minSlowSteps is how many checks must see virtual time move before such a loop is the
	// reported cause.
	minSlowSteps = 3
)

// newTestBubble returns a bubble with the limits of the environment and of go test -timeout.
func newTestBubble(t *testing.T) *testBubble {
	t.Helper()
	b := &testBubble{stopped: make(chan struct{}), blockForever: make(chan struct{})}
	b.limits.after = defaultStill
	if s := os.Getenv(stillVariable); s == "off" {
		b.limits.after = 0
	} else if s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < lookInterval {
			t.Fatalf("%s is %q: want a duration of at least %v, such as 30s, or off", stillVariable, s, lookInterval)
		}
		b.limits.after = d
	}
	if end, ok := t.Deadline(); ok && b.limits.after > 0 {
		b.limits.until = end.Add(-min(defaultStill, time.Until(end)/5)) // time to tell the story
	}
	return b
}

// run calls f in the bubble. It returns "" when the bubble has ended. If run gives the bubble up,
// it returns the reason and the goroutines that cause it.
func (b *testBubble) run(t *testing.T, f func(*testing.T)) (hangs string) {
	b.Bubble = bubble.Start(t, f)
	w := watch{hangLimits: b.limits, returned: &b.returned}
	end, ok := b.Watch(lookInterval, func(now time.Time) bool {
		select {
		case <-b.stopped:
			hangs = b.giveUp(fmt.Sprintf("the test has not returned, although its network was closed %v of virtual time ago", endLimit), remedyWaits, "")
			return true
		default:
		}
		b.at = b.now()
		if why, remedy := w.look(now, b.at); why != "" {
			hangs = b.giveUp(why, remedy, w.slow())
		}
		return hangs != ""
	})
	if !ok {
		return hangs
	}
	b.failed = !end.Passed
	return b.left(end)
}

// now returns the virtual time as far as it is known outside the bubble.
func (b *testBubble) now() time.Duration {
	at := time.Duration(b.clock.Load())
	if n := b.net.Load(); n != nil {
		if last, ok := hooks.LastEvent(n); ok {
			at = max(at, time.Duration(last))
		}
	}
	return at
}

// watch is what Run knows of a bubble from outside.
type watch struct {
	hangLimits
	returned *atomic.Bool  // the test has returned, and the clock is not updated any more
	seen     time.Duration // virtual time when it last moved by minProgress
	last     time.Duration // virtual time at the last check
	steps    int           // checks since then that saw virtual time move
	still    time.Duration // real time since then
}

// look checks the bubble at an instant of real time, at the virtual time at. why is the reason to
// give the bubble up, "" for none. remedy is set if it is known without the goroutines.
func (w *watch) look(now time.Time, at time.Duration) (why, remedy string) {
	if at > w.last {
		w.last = at
		w.steps++
	}
	switch {
	case w.after == 0:
		return "", ""
	case !w.until.IsZero() && now.After(w.until):
		return "the test is not over, and the time limit of the test binary (go test -timeout) is near", ""
	case at >= w.seen+minProgress:
		w.seen, w.still, w.steps = at, 0, 0
		return "", ""
	}
	w.still += lookInterval
	switch {
	case w.still < w.after:
		return "", ""
	case w.steps >= minSlowSteps:
		return fmt.Sprintf("within %v of real time, virtual time has moved only from %v to %v", w.after, w.seen, at), remedyRetries
	case w.returned.Load():
		return fmt.Sprintf("the test has returned, and its goroutines have not ended within %v of real time", w.after), ""
	}
	return fmt.Sprintf("virtual time has stopped at %v, or less than %v later, for %v of real time", round(at), clockTick, w.after), ""
}

// slow says how to allow more real time, for a slow machine or a debugger. It returns "" if
// hangLimits.after is not what ended the wait.
func (w *watch) slow() string {
	if w.still < w.after {
		return ""
	}
	return fmt.Sprintf("  %s=30s waits longer, for a slow machine; %s=off waits for ever, for a debugger.\n", stillVariable, stillVariable)
}

// giveUp gives the bubble up, and returns the reason, the goroutines and a remedy. If no remedy
// is known, giveUp derives it from the goroutines. slow is the text of watch.slow.
func (b *testBubble) giveUp(why, known, slow string) string {
	all := b.goroutines()
	if known == "" {
		known = remedy(all)
	}
	if b.returned.Load() && (known == remedyWaits || known == remedyLoops) {
		known = remedyOutlives
	}
	list := bubble.List(all)
	if text, named := b.getOvertime(); text != "" && list == named {
		return fmt.Sprintf("The bubble was given up: %s. Its goroutines are those named above.\n", why)
	}
	return fmt.Sprintf("The bubble was given up: %s.\n%s  What to do: %s\n%s", why, list, known, slow)
}

// setOvertime notes that the test has not returned in time, with its goroutines. Run reports it
// after the bubble has ended, so that the log names the line of the test.
func (b *testBubble) setOvertime(list string) {
	b.overtimeMu.Lock()
	defer b.overtimeMu.Unlock()
	b.overtimeList = list
	b.overtime = fmt.Sprintf("the test has not returned after %v of virtual time: a goroutine waits for an event that does not come\n%s  What to do: %s", testLimit, list, remedyWaits)
}

// getOvertime returns the text and the goroutines of setOvertime, "" for none.
func (b *testBubble) getOvertime() (text, list string) {
	b.overtimeMu.Lock()
	defer b.overtimeMu.Unlock()
	return b.overtime, b.overtimeList
}

// left returns a text with the goroutines that have not ended, "" for none. synctest.Test panics
// if there are any.
func (b *testBubble) left(end bubble.End) string {
	if end.Panicked == nil {
		return ""
	}
	if !end.Deadlocked() {
		panic(end.Panicked)
	}
	all := b.goroutines()
	return fmt.Sprintf("%s not ended %v of virtual time after the test returned:\n%s  What to do: %s\n",
		has(len(all), "goroutine"), endLimit, bubble.List(all), remedyOutlives)
}

// goroutines ends the use of the bubble, and returns the goroutines of the test in it.
func (b *testBubble) goroutines() []bubble.Goroutine {
	b.givenUp.Store(true)
	return ofTheTest(b.Goroutines())
}

// ofTheTest returns the goroutines that do not belong to testing, this package or the network.
func ofTheTest(all []bubble.Goroutine) []bubble.Goroutine {
	return slices.DeleteFunc(all, func(g bubble.Goroutine) bool { return g.OfHarness() })
}

// The remedies that do not depend on the state of a goroutine.
const (
	remedyWaits    = "each of these goroutines waits for something that does not come. Give reads and requests a deadline, and end what the test has started."
	remedyOutlives = "end them before the test returns, or in its Cleanup. Goroutines that a package starts once and keeps for ever (a clock, the cleaner of a pool) belong to no test: start them before Run, outside the bubble, with one call of the function that starts them."
	remedyLoops    = "a goroutine computes, or runs in a loop without waiting. Let the loop wait or end."
	remedyRetries  = "a goroutine repeats a call that fails at once, such as an Accept without a descriptor. Let it wait a few milliseconds before it tries again, as package net/http does."
)

// remedy returns a remedy for goroutines that keep a bubble from ending.
func remedy(all []bubble.Goroutine) string {
	for _, g := range all {
		switch {
		case g.Durable:
		case strings.HasPrefix(g.State, "sync.Mutex"), strings.HasPrefix(g.State, "sync.RWMutex"):
			return "a bubble does not count a goroutine that waits for a mutex as waiting. Time cannot pass while another goroutine holds the mutex and waits for the network or for time. Hold no mutex while you wait. If a Write waits because the window is full, a larger Config.Window can help. Or test outside a bubble, where simnet.New uses the clock of the machine."
		case g.State == "IO wait", g.State == "syscall":
			return "a real connection, file or process belongs to no bubble: give the program a connection of the network, or test outside a bubble, where simnet.New uses the clock of the machine."
		case g.Computing():
			return remedyLoops
		default:
			return "a goroutine waits for something that was made outside the function given to Run, perhaps in a variable of a package. Make networks, servers, handlers and channels within that function."
		}
	}
	return remedyWaits
}

// stop stops virtual time for ever. The caller is a goroutine of the bubble. It waits for a channel
// from outside the bubble, so virtual time cannot pass.
func (b *testBubble) stop() {
	close(b.stopped)
	<-b.blockForever
}

// has returns a count with its noun and "has" or "have".
func has(n int, what string) string {
	if n == 1 {
		return "1 " + what + " has"
	}
	return fmt.Sprintf("%d %ss have", n, what)
}
