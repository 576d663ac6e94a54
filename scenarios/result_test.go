package scenarios

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/sim"
)

// A quantile is the smallest wait that at least that part of all waits does not
// exceed.
func TestWaitsAreQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var waits []time.Duration
		for _, n := range rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 60).Draw(t, "waits") {
			waits = append(waits, time.Duration(n))
		}
		got := waitsOf(slices.Clone(waits))
		for _, q := range []struct {
			perMille int
			got      time.Duration
		}{{500, got.P50}, {900, got.P90}, {990, got.P99}, {999, got.P999}, {1000, got.Max}} {
			upTo := func(limit time.Duration) (n int) {
				for _, w := range waits {
					if w <= limit {
						n++
					}
				}
				return n
			}
			if !slices.Contains(waits, q.got) || upTo(q.got)*1000 < q.perMille*len(waits) || upTo(q.got-1)*1000 >= q.perMille*len(waits) {
				t.Fatalf("of %v the quantile %d/1000 is %d", waits, q.perMille, q.got)
			}
		}
		sum := time.Duration(0)
		for _, w := range waits {
			sum += w
		}
		if got.Mean != sum/time.Duration(len(waits)) {
			t.Fatalf("mean of %v is %d, want %d", waits, got.Mean, sum/time.Duration(len(waits)))
		}
	})
}

func TestWaitsOfNobodyAndOfCenturies(t *testing.T) {
	if got := waitsOf(nil); got != (Waits{}) {
		t.Errorf("waitsOf(nil) = %+v, want zeros", got)
	}
	const most = time.Duration(math.MaxInt64)
	if got := waitsOf([]time.Duration{most, most, most}); got.Mean != most || got.Max != most {
		t.Errorf("three waits of %v: mean %v, max %v", most, got.Mean, got.Max)
	}
}

// However often spans are joined, each one holds the most that was pending
// during it, and no more spans are kept than fit a screen.
func TestDepthIsTheMostOfEachSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type change struct {
			at    int64
			depth int
		}
		var changes []change
		at := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "changes") {
			at += rapid.OneOf(rapid.Int64Range(0, 3000), rapid.Int64Range(0, 1_000_000)).Draw(t, "pause")
			changes = append(changes, change{at, rapid.IntRange(0, 9).Draw(t, "depth")})
		}
		var d Depth
		for _, c := range changes {
			d.note(sim.Time(c.at), c.depth)
		}
		if len(d.Most) > depthSpans || len(d.Most) != int(at/int64(d.Span))+1 {
			t.Fatalf("%d spans of %v until %d", len(d.Most), d.Span, at)
		}
		for i, got := range d.Most {
			from, to := int64(i)*int64(d.Span), int64(i+1)*int64(d.Span)
			want, before := 0, 0 // at its beginning as much is pending as after the last change
			for _, c := range changes {
				switch {
				case c.at < from:
					before = c.depth
				case c.at < to:
					want = max(want, c.depth)
				}
			}
			if want = max(want, before); got != want {
				t.Fatalf("span %d of %v: %d, want %d; changes %v", i, d.Span, got, want, changes)
			}
		}
	})
}
