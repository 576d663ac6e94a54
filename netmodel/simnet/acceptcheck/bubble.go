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
	still time.Duration // while virtual time stands still
	whole time.Duration // from beginning to end
}

var defaultLimits = limits{still: 10 * time.Second, whole: time.Minute}

// beat is what virtual time has to go on by, or else it stands still.
const tick = 10 * time.Millisecond

// inBubble runs f in a bubble of its own. It returns the goroutines that f has left
// behind. If virtual time stands still in the bubble, or if it takes too long, the test
// fails, and the goroutines of the bubble are left to themselves.
func inBubble(t *testing.T, what string, most limits, f func(*testing.T)) (left []string) {
	t.Helper()
	var beats atomic.Int64 // how often virtual time has gone on by a beat
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
		t.FailNow() // as it did inside
	case !end.Returned:
		panic(end.Panicked)
	}
	// Virtual time stops when f has returned, so that a goroutine which sleeps waits for
	// ever, too, and synctest panics. (Go 1.26: runtime/synctest.go, synctestRun)
	return names(b.Goroutines())
}

// watch is what is seen of a bubble from outside.
type watch struct {
	limits
	began, moved time.Time
	ticks        int64
}

// look says why a bubble is given up, "" if it is not.
func (w *watch) look(now time.Time, beats int64) string {
	if beats != w.ticks {
		w.moved, w.ticks = now, beats
	}
	switch {
	case now.Sub(w.moved) >= w.still:
		return fmt.Sprintf("virtual time has stood still for %v. It goes on only when every goroutine of the bubble waits for another one, or sleeps", w.still)
	case now.Sub(w.began) >= w.whole:
		return fmt.Sprintf("not over after %v of real time, and %v of virtual time; is something polled without a pause?", w.whole, time.Duration(beats)*tick)
	}
	return ""
}

// culprits names the goroutines that keep virtual time from going on.
func blockingGoroutines(b *bubble.Bubble) string {
	names := names(slices.DeleteFunc(b.Goroutines(), func(g bubble.Goroutine) bool { return g.Durable }))
	if len(names) == 0 {
		return "Every goroutine of the bubble waits now. Something outside of it wakes them again and again."
	}
	return "These goroutines do neither:\n\t" + strings.Join(names, "\n\t") +
		"\nA goroutine that waits for a sync.Mutex, a file, a real connection or a channel from outside stops the clock. " +
		"Do not hold a mutex during Read, Write or Accept; start what lives as long as the program before Run, outside."
}

// names returns what goroutines do, each once.
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

// whose returns the function that a goroutine is in: the innermost one that is not of the
// runtime or of a package that programs wait in.
func programFrame(g bubble.Goroutine) bubble.Frame {
	calls := append(slices.Clone(g.Frames), g.CreatedBy)
	i := slices.IndexFunc(calls, func(f bubble.Frame) bool {
		return !slices.ContainsFunc(waitPackages, func(p string) bool { return strings.HasPrefix(f.Function, p) })
	})
	return calls[max(0, i)]
}

// waitedIn are the packages whose functions do not tell whose goroutine it is.
var waitPackages = []string{"runtime.", "internal/", "sync.", "time.", "testing", "io.", "bufio.", "net.", "os.",
	reflect.TypeFor[simnet.Network]().PkgPath() + ".", reflect.TypeFor[Report]().PkgPath() + ".(*watched"}
