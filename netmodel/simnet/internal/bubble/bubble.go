// Package bubble runs a function in a bubble of testing/synctest and watches the bubble from
// outside, in real time. A bubble cannot be ended from outside. A test that gives a bubble up
// leaves its goroutines behind and can name them, and the other tests of the binary go on.
package bubble

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
)

// Bubble is a bubble of testing/synctest. Start makes one.
type Bubble struct {
	number atomic.Pointer[string] // as in the headings of stack traces
	ended  chan struct{}
	end    End
}

// End says how a bubble has ended.
type End struct {
	Passed   bool // the test did not fail
	Returned bool // the function has returned
	Panicked any  // the value of a panic of synctest.Test, nil for none
}

// Deadlocked reports whether the bubble has ended because its goroutines wait for ever. Then
// synctest.Test panics. (Go 1.26: runtime/synctest.go)
func (e End) Deadlocked() bool {
	err, ok := e.Panicked.(error)
	return ok && strings.HasPrefix(err.Error(), "deadlock: ")
}

// Start calls f in a new bubble, in a new goroutine. It does not wait for f.
func Start(t *testing.T, f func(*testing.T)) *Bubble {
	simnet.BeforeBubble()
	b := &Bubble{ended: make(chan struct{})}
	go b.run(t, f)
	return b
}

func (b *Bubble) run(t *testing.T, f func(*testing.T)) {
	defer close(b.ended)
	defer func() { b.end.Panicked = recover() }()
	synctest.Test(t, func(t *testing.T) {
		number := currentBubble()
		b.number.Store(&number)
		f(t)
		b.end.Returned = true
	})
	b.end.Passed = true
}

// Watch waits until the bubble has ended, and returns its end with ok true. Until then it calls
// look at the given interval of real time. If look returns true, Watch returns ok false at once.
func (b *Bubble) Watch(every time.Duration, look func(now time.Time) bool) (e End, ok bool) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-b.ended:
			return b.end, true
		case now := <-ticker.C:
			if look(now) {
				return End{}, false
			}
		}
	}
}

// Goroutines returns the goroutines of the bubble. It leaves out the caller of synctest.Test,
// which only waits for the bubble.
//
// A goroutine that helps the collector while it allocates is outside its bubble for that time.
// (Go 1.26: runtime/mgcmark.go, gcAssistAlloc) So Goroutines looks again if it sees no
// goroutine of the program, mostSamples times at most, 1 ms of real time apart. Call it from
// outside the bubble.
func (b *Bubble) Goroutines() (all []Goroutine) {
	number := b.number.Load()
	if number == nil {
		return nil
	}
	for range mostSamples {
		all = goroutinesOf(*number)
		if slices.ContainsFunc(all, func(g Goroutine) bool { return !g.OfHarness() }) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return all
}

const mostSamples = 50

// Goroutines returns the goroutines of the bubble that the caller runs in.
func Goroutines() []Goroutine { return goroutinesOf(currentBubble()) }
