package acceptcheck

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/bubble"
)

// limits is how much real time a bubble may take.
type limits struct {
	still time.Duration // without a tick of virtual time
	whole time.Duration // from beginning to end
}

var defaultLimits = limits{still: 10 * time.Second, whole: time.Minute}

// tick is the smallest step of virtual time that counts as progress.
const tick = 10 * time.Millisecond

// inBubble runs f in a new bubble, and returns the goroutines that f has left behind. If virtual
// time stops, or if the bubble takes too long, inBubble fails the test. The goroutines of the
// bubble then stay and wait for ever.
func inBubble(t *testing.T, what string, most limits, f func(*testing.T)) (left []string) {
	t.Helper()
	var beats atomic.Int64 // how many ticks of virtual time have passed
	b := bubble.Start(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		go func() {
			for {
				select {
				case <-time.After(tick):
					beats.Add(1)
				case <-over:
					return
				}
			}
		}()
		f(t)
	})
	w := watch{limits: most, began: time.Now(), moved: time.Now()}
	why := ""
	end, ok := b.Watch(most.still/20, func(now time.Time) bool {
		why = w.look(now, beats.Load())
		return why != ""
	})
	switch {
	case !ok:
		t.Fatalf("acceptcheck: %s: %s\n%s", what, why, blockingGoroutines(b))
	case end.Passed:
		return nil
	case end.Panicked == nil:
		t.FailNow() // f has failed the inner test
	case !end.Returned:
		panic(end.Panicked)
	}
	// Virtual time stops when f has returned. A sleeping goroutine then waits for ever too, and
	// synctest panics. (Go 1.26: runtime/synctest.go, synctestRun)
	return names(b.Goroutines())
}

// watch is what is known of a bubble from outside.
type watch struct {
	limits
	began, moved time.Time
	ticks        int64
}

// look returns the reason to give a bubble up, "" for none.
func (w *watch) look(now time.Time, beats int64) string {
	if beats != w.ticks {
		w.moved, w.ticks = now, beats
	}
	switch {
	case now.Sub(w.moved) >= w.still:
		return fmt.Sprintf("virtual time has stopped for %v. It moves only when every goroutine of the bubble sleeps or waits for another goroutine of the bubble", w.still)
	case now.Sub(w.began) >= w.whole:
		return fmt.Sprintf("not finished after %v of real time and %v of virtual time. Does a loop poll without a pause?", w.whole, time.Duration(beats)*tick)
	}
	return ""
}

// blockingGoroutines names the goroutines that stop virtual time.
func blockingGoroutines(b *bubble.Bubble) string {
	names := names(slices.DeleteFunc(b.Goroutines(), func(g bubble.Goroutine) bool { return g.Durable }))
	if len(names) == 0 {
		return "Every goroutine of the bubble waits now. Something outside the bubble wakes them again and again."
	}
	return "These goroutines do neither:\n\t" + strings.Join(names, "\n\t") +
		"\nA goroutine that waits for a sync.Mutex, a file, a real connection or a channel from outside stops the clock. " +
		"Do not hold a mutex during Read, Write or Accept. Start goroutines that live as long as the program before Run, outside the bubble."
}

// names returns where goroutines wait, without duplicates.
func names(all []bubble.Goroutine) []string {
	var names []string
	for _, g := range all {
		f := programFrame(g)
		if name := fmt.Sprintf("%s at %s (%s)", f.Function, f.Place(), g.State); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// programFrame returns the innermost call of a goroutine that is not in one of waitPackages.
func programFrame(g bubble.Goroutine) bubble.Frame {
	calls := append(slices.Clone(g.Frames), g.CreatedBy)
	i := slices.IndexFunc(calls, func(f bubble.Frame) bool {
		return !slices.ContainsFunc(waitPackages, func(p string) bool { return strings.HasPrefix(f.Function, p) })
	})
	return calls[max(0, i)]
}

// waitPackages are the prefixes of functions in which the goroutines of any program wait.
var waitPackages = []string{"runtime.", "internal/", "sync.", "time.", "testing", "io.", "bufio.", "net.", "os.",
	reflect.TypeFor[simnet.Network]().PkgPath() + ".", reflect.TypeFor[Report]().PkgPath() + ".(*watched"}
