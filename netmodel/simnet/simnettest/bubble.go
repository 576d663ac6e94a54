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

// testBubble is a bubble of testing/synctest that is given up when it hangs. Run stands
// outside and looks at it in real time. A bubble that is given up keeps its goroutines,
// which wait for ever, and the other tests of the binary go on.
type testBubble struct {
	*bubble.Bubble
	limits       hangLimits
	net          atomic.Pointer[simnet.Network] // nil before it is made
	clock        atomic.Int64                   // virtual nanoseconds, about every second
	stopped      chan struct{}                  // closed: the bubble gives itself up
	blockForever chan struct{}                  // nothing is ever sent: made outside, it stops virtual time
	returned     atomic.Bool                    // the test has, and Run waits for its goroutines
	givenUp      atomic.Bool
	overtimeMu   sync.Mutex    // guards the next two
	overtime     string        // what is said of a test that has not returned in time, "" = it has
	overtimeList string        // the goroutines that it names
	failed       bool          // synctest.Test has ended the goroutine that called it
	at           time.Duration // of virtual time, when it was given up
}

// stillness says when a bubble is given up.
type hangLimits struct {
	after time.Duration // of real time in which virtual time stands still; 0 = never
	until time.Time     // or at this instant of real time; zero = never
}

const (
	// stillVariable sets how long virtual time may stand still.
	stillVariable = "SIMNETTEST_STILL"
	// stillDefault is how long it may by default.
	defaultStill = 10 * time.Second
	// clockTick is how often a bubble tells how far its time has come.
	clockTick = time.Second
	// look is how often Run looks. A process that was stopped for a while, as by a
	// debugger, misses one look only.
	lookInterval = 100 * time.Millisecond
	// progress is how far virtual time has to come meanwhile. A program that asks in vain
	// again and again moves it by a nanosecond each time.
	minProgress = 100 * time.Millisecond
	// creeping is how many looks find that it has moved, if somebody does that.
	minSlowSteps = 3
)

// newTestBubble returns a bubble for a test.
func newTestBubble(t *testing.T) *testBubble {
	t.Helper()
	b := &testBubble{stopped: make(chan struct{}), blockForever: make(chan struct{})}
	b.limits.after = defaultStill
	if s := os.Getenv(stillVariable); s == "off" {
		b.limits.after = 0
	} else if s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < lookInterval {
			t.Fatalf("%s is %q: want a duration from %v on, such as 30s, or off", stillVariable, s, lookInterval)
		}
		b.limits.after = d
	}
	if end, ok := t.Deadline(); ok && b.limits.after > 0 {
		b.limits.until = end.Add(-min(defaultStill, time.Until(end)/5)) // time to tell the story
	}
	return b
}

// run calls f in the bubble. It returns when the bubble is over, with "", or is given up,
// with a text that says why, and which goroutines keep it.
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

// now returns what is known from outside about the virtual time that has passed.
func (b *testBubble) now() time.Duration {
	at := time.Duration(b.clock.Load())
	if n := b.net.Load(); n != nil {
		if last, ok := hooks.LastEvent(n); ok {
			at = max(at, time.Duration(last))
		}
	}
	return at
}

// watch is what Run has seen of a bubble from outside.
type watch struct {
	hangLimits
	returned *atomic.Bool  // the test has, and nobody shows how virtual time passes
	seen     time.Duration // of virtual time, when it had last come on
	last     time.Duration // of virtual time, at the last look
	steps    int           // looks since at which it had moved, a little
	still    time.Duration // of real time since
}

// look takes a look at an instant of real time, when so much virtual time has passed. It
// returns why the bubble is to be given up, "" if it is not. It also returns what can be
// done, if that is known without the goroutines of the bubble.
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
		return fmt.Sprintf("within %v of real time, virtual time has come from %v to %v only", w.after, w.seen, at), remedyRetries
	case w.returned.Load():
		return fmt.Sprintf("the test has returned, and its goroutines have not ended within %v of real time", w.after), ""
	}
	return fmt.Sprintf("virtual time has stood still at %v, or less than %v later, for %v of real time", round(at), clockTick, w.after), ""
}

// slow says how a slow machine, or a debugger, gets more real time, "" if that is not what
// has ended the wait.
func (w *watch) slow() string {
	if w.still < w.after {
		return ""
	}
	return fmt.Sprintf("  %s=30s waits longer, for a slow machine; %s=off waits for ever, for a debugger.\n", stillVariable, stillVariable)
}

// giveUp leaves the bubble as it is, and tells why. Where no remedy is known, the
// goroutines tell. slow is what gives a slow machine more time.
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

// tellOvertime notes that the test has not returned in time, and which goroutines there
// are. Run says so when the bubble is over, so that the log names the line of the test.
func (b *testBubble) setOvertime(list string) {
	b.overtimeMu.Lock()
	defer b.overtimeMu.Unlock()
	b.overtimeList = list
	b.overtime = fmt.Sprintf("the test has not returned after %v of virtual time: somebody waits in vain\n%s  What to do: %s", testLimit, list, remedyWaits)
}

// toldOvertime returns what tellOvertime has noted, "" for nothing.
func (b *testBubble) getOvertime() (text, list string) {
	b.overtimeMu.Lock()
	defer b.overtimeMu.Unlock()
	return b.overtime, b.overtimeList
}

// left tells of the goroutines that a bubble leaves behind: with them, synctest.Test
// panics.
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

// goroutines returns those of the test that are in the bubble, which is over for the test.
func (b *testBubble) goroutines() []bubble.Goroutine {
	b.givenUp.Store(true)
	return ofTheTest(b.Goroutines())
}

// ofTheTest returns the goroutines that are not of testing, of this package or the network.
func ofTheTest(all []bubble.Goroutine) []bubble.Goroutine {
	return slices.DeleteFunc(all, func(g bubble.Goroutine) bool { return g.OfHarness() })
}

// What can be done, where goroutines need not be asked.
const (
	remedyWaits    = "each of these goroutines waits for something that does not come. Give reads and requests a deadline, and end what the test has started."
	remedyOutlives = "end them before the test returns, or in its Cleanup. What a package starts once and keeps for good (a clock, the cleaner of a pool) belongs to no test: start it before Run, outside of the bubble, by calling once what starts it."
	remedyLoops    = "a goroutine computes, or goes round in a loop in which it waits for nothing. Let the loop wait, or end."
	remedyRetries  = "a goroutine asks again and again for what fails at once, such as an Accept without a descriptor. Let it wait a few milliseconds in between, as package net/http does."
)

// remedy says what can be done about goroutines that keep a bubble from its end.
func remedy(all []bubble.Goroutine) string {
	for _, g := range all {
		switch {
		case g.Durable:
		case strings.HasPrefix(g.State, "sync.Mutex"), strings.HasPrefix(g.State, "sync.RWMutex"):
			return "in a bubble, waiting for a mutex does not count as waiting: time cannot pass while another goroutine holds it and waits for the network or for time. Hold no mutex meanwhile; if a Write waits because the window is full, a larger Config.Window can do; or test outside of a bubble, where simnet.New goes by the machine's clock."
		case g.State == "IO wait", g.State == "syscall":
			return "a real connection, file or process belongs to no bubble: give the program one of the network, or test outside of a bubble, where simnet.New goes by the machine's clock."
		case g.Computing():
			return remedyLoops
		default:
			return "what a goroutine waits for was made outside of the function given to Run, perhaps in a variable of a package. Make networks, servers, handlers and channels within that function."
		}
	}
	return remedyWaits
}

// stop ends virtual time for good. Only a goroutine of the bubble can do that: it waits
// for something that the bubble does not know.
func (b *testBubble) stop() {
	close(b.stopped)
	<-b.blockForever
}

// has says that there are so many of something which have done something.
func has(n int, what string) string {
	if n == 1 {
		return "1 " + what + " has"
	}
	return fmt.Sprintf("%d %ss have", n, what)
}
