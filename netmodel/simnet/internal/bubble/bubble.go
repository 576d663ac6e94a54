// Package bubble runs a function in a bubble of testing/synctest and watches the bubble from
// outside, in real time. A bubble cannot be ended from outside. Whoever gives one up leaves
// its goroutines to themselves, can name them, and the other tests of the binary go on.
package bubble

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel/simnet"
)

// Bubble is a bubble of testing/synctest. Start makes one.
type Bubble struct {
	number atomic.Pointer[string] // as the headings of stacks have it
	ended  chan struct{}
	end    End
}

// End is how a bubble has ended.
type End struct {
	Passed   bool // as for a test that did not fail
	Returned bool // the function has returned
	Panicked any  // what synctest.Test has panicked with
}

// Deadlocked reports whether the bubble has ended because goroutines of it wait for ever:
// synctest.Test panics then. (Go 1.26: runtime/synctest.go)
func (e End) Deadlocked() bool {
	err, ok := e.Panicked.(error)
	return ok && strings.HasPrefix(err.Error(), "deadlock: ")
}

// Start calls f in a new bubble, on a goroutine of its own, so that the caller can go on.
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

// Watch waits until the bubble has ended, and returns how, with ok. It calls look again and
// again in the meantime. Once look returns true, Watch waits no more and returns false.
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

// Goroutines returns the goroutines of the bubble, without the one that has called
// synctest.Test, which has no part in it.
func (b *Bubble) Goroutines() []Goroutine {
	if number := b.number.Load(); number != nil {
		return goroutinesOf(*number)
	}
	return nil
}

// Goroutines returns the goroutines of the bubble that the caller runs in.
func Goroutines() []Goroutine { return goroutinesOf(currentBubble()) }
