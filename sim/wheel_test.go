package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// law is a distribution of the time from now to the event that is scheduled.
type law struct {
	name string
	draw func(u float64, i int) float64 // ns, from a number in [0, 1) and a count
}

// laws are the distributions on which an event list must not be slow. A list that is fast only
// on exponential times is not good enough for an engine.
var laws = []law{
	{"exponential", func(u float64, _ int) float64 { return -math.Log(1-u) * 1e9 }},
	{"uniform", func(u float64, _ int) float64 { return u * 2e9 }},
	{"nearly constant", func(u float64, _ int) float64 { return (0.9 + 0.2*u) * 1e9 }},
	{"all equal", func(float64, int) float64 { return 1e9 }},
	{"microseconds and 1 s timers", func(u float64, _ int) float64 {
		if u < 0.95 {
			return u * 1e5
		}
		return 1e9
	}},
	{"Pareto", func(u float64, _ int) float64 { return 1e8 * math.Pow(1-u, -1/1.1) }},
	{"segments and 21 s guards", func(u float64, _ int) float64 {
		switch {
		case u < 0.5:
			return u * 2e4
		case u < 0.97:
			return 1e5
		}
		return 21e9
	}},
	{"bursts of 1,000 in 1 us", func(u float64, i int) float64 {
		if i%1000 != 0 {
			return u * 1000
		}
		return 1e9
	}},
}

// times returns a table of times that follow a law. Its length is a power of
// two.
func (l law) times() []time.Duration {
	r := rand.New(rand.NewPCG(7, 7))
	table := make([]time.Duration, 1<<16)
	for i := range table {
		table[i] = time.Duration(l.draw(r.Float64(), i))
	}
	return table
}

// heapList is the list as one heap: what the wheel must equal and outrun.
type heapList struct {
	heap4[benchEvent]
	now Time
}

func (h *heapList) after(d time.Duration, event benchEvent) {
	h.push(entry[benchEvent]{at: h.now + Time(d), event: event})
}

func (h *heapList) next() benchEvent {
	x := h.pop()
	h.now = x.at
	return x.event
}

func TestTheWheelGivesTheOrderOfAHeapUnderEveryLaw(t *testing.T) {
	for _, law := range laws {
		table := law.times()
		for _, n := range []int{1, 10, 70, 1_000, 30_000} {
			t.Run(fmt.Sprintf("%s/n=%d", law.name, n), func(t *testing.T) {
				var e Engine[benchEvent]
				var twin heapList
				i := 0
				after := func(event benchEvent) {
					d := table[i*7%len(table)]
					event.arg = uint64(i) // tells events of one instant apart
					e.After(d, event)
					twin.after(d, event)
					i++
				}
				for k := range n {
					after(benchEvent{who: uint32(k)})
				}
				for range 3*n + 5_000 {
					want := twin.next()
					got, ok := e.Next()
					if !ok || got != want || e.Now() != twin.now {
						t.Fatalf("event %d: Next() = %+v, %v at %d; want %+v at %d", i, got, ok, e.Now(), want, twin.now)
					}
					switch {
					case i%97 == 0 && e.Len() > 0: // fewer, and more
					case i%89 == 0:
						after(want)
						after(want)
					default:
						after(want)
					}
				}
			})
		}
	}
}

// wantLittleWork fails if the list did more for each of the entries taken than it
// may, or never left its heap.
func wantLittleWork[E any](t *testing.T, l *list[E], taken int) {
	t.Helper()
	const (
		mostMoves  = 5.0 // from bucket to bucket, changes of the tick included
		mostVisits = 2.0 // entries and buckets looked at
		mostSteps  = 1.0 // up or down the heap
	)
	each := func(n uint64) float64 { return float64(n) / float64(taken) }
	moves, visits, steps := each(l.work.moves), each(l.work.visits), each(l.heap.steps)
	t.Logf("%.2f moves, %.2f visits and %.2f steps an entry; the tick changed %d times", moves, visits, steps, l.work.ticks)
	if moves > mostMoves || visits > mostVisits || steps > mostSteps {
		t.Errorf("%.2f moves, %.2f visits and %.2f steps an entry, want at most %v, %v and %v", moves, visits, steps, mostMoves, mostVisits, mostSteps)
	}
	if l.wheel == nil {
		t.Error("a long run was left in the heap")
	}
}

// What one event costs must not depend on how many wait. Time cannot be asserted
// in a test; what the list does can: it must be bounded for each event, whatever
// the law and the number.
func TestTheWorkForAnEventIsBoundedUnderEveryLaw(t *testing.T) {
	sizes := []int{10, 1_000, 100_000}
	if os.Getenv("WSPSIM_LONG") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, law := range laws {
		table := law.times()
		for _, n := range sizes {
			t.Run(fmt.Sprintf("%s/n=%d", law.name, n), func(t *testing.T) {
				var e Engine[benchEvent]
				e.SetStallLimit(10 * n) // of the law without any spread
				for i := range n {
					e.After(table[i*7%len(table)], benchEvent{who: uint32(i)})
				}
				taken := max(3*n, 20_000)
				for i := range taken {
					event, _ := e.Next()
					e.After(table[(n+i)%len(table)], event)
				}
				wantLittleWork(t, &e.list, taken)
			})
		}
	}
}

// BenchmarkLaws is hold under every law, for the engine and for the heap alone.
func BenchmarkLaws(b *testing.B) {
	for _, law := range laws {
		table := law.times()
		for _, n := range []int{1_000, 100_000} {
			name := fmt.Sprintf("law=%s/n=%d", law.name, n)
			b.Run(name+"/list=engine", func(b *testing.B) { holdEngine(b, benchEvent{}, n, table) })
			b.Run(name+"/list=heap", func(b *testing.B) {
				var h heapList
				for i := range n {
					h.after(table[i%len(table)], benchEvent{})
				}
				i := n
				for b.Loop() {
					event := h.next()
					h.after(table[i%len(table)], event)
					i++
				}
				reportEvents(b)
			})
		}
	}
}

// BenchmarkShortRun is a whole run of 200 events, as a property-based test makes
// thousands of them: with a fresh engine, with one that is reset, and with a
// fresh heap.
func BenchmarkShortRun(b *testing.B) {
	const waiting, events = 10, 200
	table := laws[0].times()
	run := func(after func(time.Duration, benchEvent), next func() benchEvent) {
		for i := range waiting {
			after(table[i], benchEvent{who: uint32(i)})
		}
		for i := range events {
			after(table[i], next())
		}
	}
	b.Run("list=fresh-engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e Engine[benchEvent]
			run(func(d time.Duration, event benchEvent) { e.After(d, event) },
				func() benchEvent { event, _ := e.Next(); return event })
		}
	})
	b.Run("list=reset-engine", func(b *testing.B) {
		b.ReportAllocs()
		var e Engine[benchEvent]
		for b.Loop() {
			e.Reset()
			run(func(d time.Duration, event benchEvent) { e.After(d, event) },
				func() benchEvent { event, _ := e.Next(); return event })
		}
	})
	b.Run("list=fresh-heap", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var h heapList
			run(h.after, h.next)
		}
	})
}
