package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unicode/utf8"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
)

// recount counts the marks of a picture one by one.
func (p *picture) recount() (marked [128]int32) {
	for _, e := range p.entries {
		marked[e.mark]++
	}
	return marked
}

func TestThePictureOfAQueueCountsWhatItHas(t *testing.T) {
	kinds := []netmodel.Kind{netmodel.RequestQueued, netmodel.RequestOffered, netmodel.RequestHeld, netmodel.AckDeferred, netmodel.Completed, netmodel.AbortedPending, netmodel.Deferred, netmodel.RequestAccepted, netmodel.ResetPending, netmodel.Withdrawn}
	r := rand.New(rand.NewPCG(1, 9))
	p := picture{limit: 20}
	for step := range 20_000 {
		rec := netmodel.Record{Kind: kinds[r.IntN(len(kinds))], Conn: netmodel.ConnID(r.IntN(30)), Value: int64(r.IntN(5)), Limit: 20}
		if rec.Kind == netmodel.AckDeferred {
			rec.Cause = netmodel.HeldBack
		}
		if r.IntN(200) == 0 {
			p.empty()
		}
		p.apply(&rec)
		if got := p.recount(); got != p.marked {
			t.Fatalf("step %d, %+v: the picture counts %v, it has %v", step, rec, p.marked, got)
		}
	}
}

func TestAHeldRequestThatIsQueuedIsDrawnOnce(t *testing.T) {
	var p picture
	for _, kind := range []netmodel.Kind{netmodel.RequestHeld, netmodel.RequestQueued} {
		p.apply(&netmodel.Record{Kind: kind, Conn: 7, Limit: 3, Available: 2})
	}
	to := Printer{Conn: func(c netmodel.ConnID) string { return fmt.Sprint("c", c) }}
	if got, want := string(p.appendText(nil, &to)), "[(c7) . .]"; got != want {
		t.Errorf("the queue is drawn %q, want %q", got, want)
	}
	var nobody picture
	for range 2 {
		nobody.apply(&netmodel.Record{Kind: netmodel.RequestQueued, Limit: 3, Available: 2})
	}
	if got, want := len(nobody.entries), 1; got != want {
		t.Errorf("two requests of nobody in particular are %d entries, want %d", got, want)
	}
}

func TestThePictureOfALongLivedQueueAllocatesNothing(t *testing.T) {
	var p picture
	next := netmodel.ConnID(0)
	turn := func() {
		next++
		p.apply(&netmodel.Record{Kind: netmodel.RequestQueued, Conn: next, Limit: 200})
		p.apply(&netmodel.Record{Kind: netmodel.Completed, Conn: next, Value: int64(len(p.entries) - 1), Limit: 200})
		if next > 100 {
			p.apply(&netmodel.Record{Kind: netmodel.RequestAccepted, Conn: next - 100, Limit: 200})
		}
	}
	for range 5_000 {
		turn()
	}
	if n := testing.AllocsPerRun(5_000, turn); n != 0 {
		t.Errorf("a connection that comes and goes: %v allocations, want none", n)
	}
	if len(p.entries) != 100 || p.entries[0].conn != next-99 {
		t.Errorf("%d entries from %d on, want 100 from %d on", len(p.entries), p.entries[0].conn, next-99)
	}
}

func TestADurationInALineIsThatOfItsString(t *testing.T) {
	for _, d := range []time.Duration{
		-5 * time.Millisecond, -1, 0, 1, 999, 1000, 1999, 12_000, 999_999, 1_000_000, 1_200_000, 1_230_000, 1_234_000, 1_234_567, 10_000_000, 10_001_000,
		999_999_999, time.Second, 1_500_000_000, 90 * time.Minute, math.MaxInt64,
	} {
		var p Printer
		if got, want := string(p.appendDuration(nil, d)), d.Truncate(time.Microsecond).String(); got != want {
			t.Errorf("%d ns: %q, want %q", int64(d), got, want)
		} else if p.extraBytes != len(got)-utf8.RuneCountInString(got) {
			t.Errorf("%q: %d bytes are no characters, counted %d", got, len(got)-utf8.RuneCountInString(got), p.extraBytes)
		}
	}
}
