package simnettest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
)

// bubble is a bubble of testing/synctest that is given up when it hangs. Run stands
// outside and looks at it in real time. A bubble that is given up keeps its goroutines,
// which wait for ever, and the other tests of the binary go on.
type bubble struct {
	patience stillness
	number   atomic.Pointer[string]         // as the headings of stacks have it
	net      atomic.Pointer[simnet.Network] // nil before it is made
	clock    atomic.Int64                   // virtual nanoseconds, about every second
	vain     chan struct{}                  // closed: the bubble gives itself up
	never    chan struct{}                  // nothing is ever sent: made outside, it stops virtual time
	returned atomic.Bool                    // the test has, and Run waits for its goroutines
	givenUp  atomic.Bool
	overMu   sync.Mutex    // guards the next two
	overtime string        // what is said of a test that has not returned in time, "" = it has
	overlist string        // the goroutines that it names
	failed   bool          // synctest.Test has ended the goroutine that called it
	at       time.Duration // of virtual time, when it was given up
}

// stillness says when a bubble is given up.
type stillness struct {
	after time.Duration // of real time in which virtual time stands still; 0 = never
	until time.Time     // or at this instant of real time; zero = never
}

const (
	// stillVariable sets how long virtual time may stand still.
	stillVariable = "SIMNETTEST_STILL"
	// stillDefault is how long it may by default.
	stillDefault = 10 * time.Second
	// clockTick is how often a bubble tells how far its time has come.
	clockTick = time.Second
	// look is how often Run looks. A process that was stopped for a while, as by a
	// debugger, misses one look only.
	look = 100 * time.Millisecond
	// progress is how far virtual time has to come meanwhile. A program that asks in vain
	// again and again moves it by a nanosecond each time.
	progress = 100 * time.Millisecond
	// creeping is how many looks find that it has moved, if somebody does that.
	creeping = 3
)

// newBubble returns a bubble for a test.
func newBubble(t *testing.T) *bubble {
	t.Helper()
	b := &bubble{vain: make(chan struct{}), never: make(chan struct{})}
	b.patience.after = stillDefault
	if s := os.Getenv(stillVariable); s == "off" {
		b.patience.after = 0
	} else if s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < look {
			t.Fatalf("%s is %q: want a duration from %v on, such as 30s, or off", stillVariable, s, look)
		}
		b.patience.after = d
	}
	if end, ok := t.Deadline(); ok && b.patience.after > 0 {
		b.patience.until = end.Add(-min(stillDefault, time.Until(end)/5)) // time to tell the story
	}
	return b
}

// run calls f in the bubble. It returns when the bubble is over, with "", or is given up,
// with a text that says why, and which goroutines keep it.
func (b *bubble) run(t *testing.T, f func(*testing.T)) (hangs string) {
	simnet.BeforeBubble()
	type end struct {
		panicked any
		failed   bool
	}
	ended := make(chan end, 1)
	go func() { // the caller's goroutine must be able to go on
		failed := true
		defer func() { ended <- end{recover(), failed} }()
		synctest.Test(t, func(t *testing.T) {
			number := thisBubble()
			b.number.Store(&number)
			f(t)
		})
		failed = false
	}()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	w := watch{stillness: b.patience, returned: &b.returned}
	for {
		select {
		case e := <-ended:
			b.failed = e.failed
			return b.left(e.panicked)
		case <-b.vain:
			return b.giveUp(fmt.Sprintf("the test has not returned, although its network was closed %v of virtual time ago", farewell), inVain, "")
		case now := <-ticker.C:
			b.at = b.now()
			if why, remedy := w.look(now, b.at); why != "" {
				return b.giveUp(why, remedy, w.slow())
			}
		}
	}
}

// now returns what is known from outside about the virtual time that has passed.
func (b *bubble) now() time.Duration {
	at := time.Duration(b.clock.Load())
	if n := b.net.Load(); n != nil {
		if last, ok := n.LastEvent(); ok {
			at = max(at, time.Duration(last))
		}
	}
	return at
}

// watch is what Run has seen of a bubble from outside.
type watch struct {
	stillness
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
	case at >= w.seen+progress:
		w.seen, w.still, w.steps = at, 0, 0
		return "", ""
	}
	w.still += look
	switch {
	case w.still < w.after:
		return "", ""
	case w.steps >= creeping:
		return fmt.Sprintf("within %v of real time, virtual time has come from %v to %v only", w.after, w.seen, at), tooOften
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
func (b *bubble) giveUp(why, known, slow string) string {
	all := b.goroutines()
	if known == "" {
		known = remedy(all)
	}
	if b.returned.Load() && (known == inVain || known == loops) {
		known = outlives
	}
	list := goroutineList(all)
	if text, named := b.toldOvertime(); text != "" && list == named {
		return fmt.Sprintf("The bubble was given up: %s. Its goroutines are those named above.\n", why)
	}
	return fmt.Sprintf("The bubble was given up: %s.\n%s  What to do: %s\n%s", why, list, known, slow)
}

// tellOvertime notes that the test has not returned in time, and which goroutines there
// are. Run says so when the bubble is over, so that the log names the line of the test.
func (b *bubble) tellOvertime(list string) {
	b.overMu.Lock()
	defer b.overMu.Unlock()
	b.overlist = list
	b.overtime = fmt.Sprintf("the test has not returned after %v of virtual time: somebody waits in vain\n%s  What to do: %s", patience, list, inVain)
}

// toldOvertime returns what tellOvertime has noted, "" for nothing.
func (b *bubble) toldOvertime() (text, list string) {
	b.overMu.Lock()
	defer b.overMu.Unlock()
	return b.overtime, b.overlist
}

// left tells of the goroutines that a bubble leaves behind: with them, synctest.Test
// panics. (Go 1.26: runtime/synctest.go)
func (b *bubble) left(panicked any) string {
	if panicked == nil {
		return ""
	}
	if err, ok := panicked.(error); !ok || !strings.HasPrefix(err.Error(), "deadlock: ") {
		panic(panicked)
	}
	all := b.goroutines()
	return fmt.Sprintf("%s not ended %v of virtual time after the test returned:\n%s  What to do: %s\n",
		has(len(all), "goroutine"), farewell, goroutineList(all), outlives)
}

// goroutines returns those that are in the bubble, which is over for the test.
func (b *bubble) goroutines() []goroutine {
	b.givenUp.Store(true)
	if number := b.number.Load(); number != nil {
		return goroutinesOf(*number)
	}
	return nil
}

// What can be done, where goroutines need not be asked.
const (
	inVain   = "each of these goroutines waits for something that does not come. Give reads and requests a deadline, and end what the test has started."
	outlives = "end them before the test returns, or in its Cleanup. What a package starts once and keeps for good (a clock, the cleaner of a pool) belongs to no test: start it before Run, outside of the bubble, by calling once what starts it."
	loops    = "a goroutine computes, or goes round in a loop in which it waits for nothing. Let the loop wait, or end."
	tooOften = "a goroutine asks again and again for what fails at once, such as an Accept without a descriptor. Let it wait a few milliseconds in between, as package net/http does."
)

// remedy says what can be done about goroutines that keep a bubble from its end.
func remedy(all []goroutine) string {
	for _, g := range all {
		switch {
		case g.durable:
		case strings.HasPrefix(g.state, "sync.Mutex"), strings.HasPrefix(g.state, "sync.RWMutex"):
			return "in a bubble, waiting for a mutex does not count as waiting: time cannot pass while another goroutine holds it and waits for the network or for time. Hold no mutex meanwhile; if a Write waits because the window is full, a larger Config.Window can do; or test outside of a bubble, where simnet.New goes by the machine's clock."
		case g.state == "IO wait", g.state == "syscall":
			return "a real connection, file or process belongs to no bubble: give the program one of the network, or test outside of a bubble, where simnet.New goes by the machine's clock."
		case g.computing():
			return loops
		default:
			return "what a goroutine waits for was made outside of the function given to Run, perhaps in a variable of a package. Make networks, servers, handlers and channels within that function."
		}
	}
	return inVain
}

// stop ends virtual time for good. Only a goroutine of the bubble can do that: it waits
// for something that the bubble does not know.
func (b *bubble) stop() {
	close(b.vain)
	<-b.never
}

// has says that there are so many of something which have done something.
func has(n int, what string) string {
	if n == 1 {
		return "1 " + what + " has"
	}
	return fmt.Sprintf("%d %ss have", n, what)
}
