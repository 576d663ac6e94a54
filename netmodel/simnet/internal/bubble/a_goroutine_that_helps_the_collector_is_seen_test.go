package bubble_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel/simnet/internal/bubble"
)

// allocate makes garbage without end. It helps the collector most of the time, and is outside
// its bubble then.
func allocate(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			kept = append(make([]byte, 0, 1<<16), kept[:1<<10]...)
		}
	}
}

var kept = make([]byte, 1<<10)

func TestAGoroutineThatHelpsTheCollectorIsSeen(t *testing.T) {
	stop := make(chan struct{})
	running := make(chan struct{}, 1)
	b := bubble.Start(t, func(*testing.T) { running <- struct{}{}; allocate(stop) })
	<-running
	for range 200 {
		if !slices.ContainsFunc(b.Goroutines(), func(g bubble.Goroutine) bool { return runsAllocate(g) }) {
			t.Error("Goroutines lacks the goroutine that allocates")
			break
		}
	}
	close(stop)
	if end, ok := b.Watch(time.Minute, func(time.Time) bool { return true }); !ok || !end.Passed {
		t.Errorf("Watch = %+v, %v, want that the bubble has passed", end, ok)
	}
}

func runsAllocate(g bubble.Goroutine) bool {
	return slices.ContainsFunc(g.Frames, func(f bubble.Frame) bool { return strings.HasSuffix(f.Function, "bubble_test.allocate") })
}
