package bubble

import (
	"strings"
	"testing"
	"time"

	_ "wspsim/internal/update"
)

func leftBehind() { time.Sleep(time.Hour) }

func TestABubbleTellsHowItEnded(t *testing.T) {
	for _, x := range []struct {
		why        string
		f          func(t *testing.T)
		want       End
		deadlocked bool
		left       string // the function of the only goroutine
	}{
		{why: "all goroutines end", f: func(*testing.T) {}, want: End{Passed: true, Returned: true}},
		{why: "one goroutine sleeps: synctest panics", f: func(*testing.T) { go leftBehind() }, want: End{Returned: true}, deadlocked: true, left: "leftBehind"},
	} {
		b := Start(t, x.f)
		end, ok := b.Watch(time.Minute, func(time.Time) bool { return true })
		if x.deadlocked != end.Deadlocked() {
			t.Errorf("%s: Deadlocked() = %v, want %v", x.why, end.Deadlocked(), x.deadlocked)
		}
		if x.deadlocked {
			end.Panicked = nil
		}
		if !ok || end != x.want {
			t.Errorf("%s: Watch = %+v, %v, want %+v, true", x.why, end, ok, x.want)
		}
		var left []string
		for _, g := range b.Goroutines() {
			for _, f := range g.Frames {
				left = append(left, f.Function)
			}
		}
		if text := strings.Join(left, " "); x.left != "" && !strings.HasSuffix(text, "bubble."+x.left) || x.left == "" && text != "" {
			t.Errorf("%s: Goroutines shows %q, want %q", x.why, text, x.left)
		}
	}
}

func TestWatchStopsWhenLookSaysSo(t *testing.T) {
	over := make(chan int)
	b := Start(t, func(*testing.T) { <-over })
	looks := 0
	if end, ok := b.Watch(time.Millisecond, func(time.Time) bool { looks++; return looks == 3 }); ok || looks != 3 {
		t.Errorf("Watch = %+v, %v after %d looks, want false after 3", end, ok, looks)
	}
	close(over)
	if end, ok := b.Watch(time.Minute, func(time.Time) bool { return true }); !ok || !end.Passed {
		t.Errorf("Watch of a bubble that has ended = %+v, %v, want a whole end, true", end, ok)
	}
}
