package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// The benchmarks ask two questions of the event list, and put the same
// questions to container/heap with one allocated event each, which is what one
// would write without this package:
//
//   - hold: n events wait; take the next one, schedule another. It is the
//     steady state of every simulation.
//   - timers: n connections, each with a guard far ahead that is nearly always
//     cancelled. It is what retransmission and give-up timers do.
//
// Run them with
//
//	go test ./sim -run '^$' -bench 'Hold|Timers'
//
// BenchmarkLaws (wheel_test.go) is hold under eight distributions of time, beside a
// heap; other simulators stand beside the engine in cmd/wspsim/simbench.

// benchEvent is of the size that a network model needs.
type benchEvent struct {
	kind, who uint32
	arg       uint64
}

// increments returns exponential durations of mean 1 ms, drawn beforehand so
// that the draw is not measured.
func increments() []time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	table := make([]time.Duration, 1<<16)
	for i := range table {
		table[i] = time.Duration(r.ExpFloat64() * float64(time.Millisecond))
	}
	return table
}

var sizes = []int{10, 1_000, 100_000, 1_000_000} // events waiting

const guard = 30 * time.Second

func reportEvents(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
}

// holdEngine is hold on an engine, with any event.
func holdEngine[E any](b *testing.B, event E, n int, table []time.Duration) {
	b.ReportAllocs()
	var e Engine[E]
	for i := range n {
		e.After(table[i%len(table)], event)
	}
	i := n
	for b.Loop() {
		next, _ := e.Next()
		e.After(table[i%len(table)], next)
		i++
	}
	reportEvents(b)
}

// BenchmarkHoldByEvent is hold with events of several shapes.
func BenchmarkHoldByEvent(b *testing.B) {
	const n = 1_000
	table := increments()
	b.Run("event=4-fields-16B", func(b *testing.B) { holdEngine(b, struct{ a, b, c, d uint32 }{}, n, table) })
	b.Run("event=array-16B", func(b *testing.B) { holdEngine(b, [2]uint64{}, n, table) })
	b.Run("event=8-fields-64B", func(b *testing.B) { holdEngine(b, struct{ a, b, c, d, e, f, g, h uint64 }{}, n, table) })
	b.Run("event=func", func(b *testing.B) { holdEngine(b, func() {}, n, table) })
}

func BenchmarkHold(b *testing.B) {
	table := increments()
	for _, n := range sizes {
		b.Run(fmt.Sprintf("list=engine/n=%d", n), func(b *testing.B) { holdEngine(b, benchEvent{}, n, table) })
		b.Run(fmt.Sprintf("list=container-heap/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var p peer
			for i := range n {
				p.after(table[i%len(table)], benchEvent{who: uint32(i)})
			}
			i := n
			for b.Loop() {
				event := p.next()
				p.after(table[i%len(table)], event)
				i++
			}
			reportEvents(b)
		})
	}
}

// BenchmarkHoldUntil is hold as a program writes it: the loop over Until.
func BenchmarkHoldUntil(b *testing.B) {
	table := increments()
	for _, n := range sizes {
		b.Run(fmt.Sprintf("list=engine/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var e Engine[benchEvent]
			for i := range n {
				e.After(table[i%len(table)], benchEvent{who: uint32(i)})
			}
			b.ResetTimer()
			i := 0
			for _, event := range e.Until(Forever) {
				if i == b.N {
					break
				}
				e.After(table[i%len(table)], event)
				i++
			}
			reportEvents(b)
		})
	}
}

func BenchmarkTimers(b *testing.B) {
	table := increments()
	for _, n := range sizes {
		b.Run(fmt.Sprintf("list=engine/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var e Engine[benchEvent]
			guards := make([]EventID, n)
			for i := range n {
				e.After(table[i%len(table)], benchEvent{who: uint32(i)})
				guards[i] = e.After(guard, benchEvent{kind: 1, who: uint32(i)})
			}
			i := n
			step := func() {
				event, _ := e.Next()
				e.Cancel(guards[event.who])
				e.After(table[i%len(table)], benchEvent{who: event.who})
				guards[event.who] = e.After(guard, benchEvent{kind: 1, who: event.who})
				i++
			}
			for range 3 * n { // until the first purge the list still grows
				step()
			}
			for b.Loop() {
				step()
			}
			reportEvents(b)
		})
		b.Run(fmt.Sprintf("list=container-heap/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var p peer
			guards := make([]*peerEvent, n)
			for i := range n {
				p.after(table[i%len(table)], benchEvent{who: uint32(i)})
				guards[i] = p.after(guard, benchEvent{kind: 1, who: uint32(i)})
			}
			i := n
			for b.Loop() {
				event := p.next()
				p.cancel(guards[event.who])
				p.after(table[i%len(table)], benchEvent{who: event.who})
				guards[event.who] = p.after(guard, benchEvent{kind: 1, who: event.who})
				i++
			}
			reportEvents(b)
		})
	}
}

func BenchmarkClone(b *testing.B) {
	b.ReportAllocs()
	var e Engine[benchEvent]
	for i := range 1_000 {
		e.After(time.Duration(i), benchEvent{})
	}
	for b.Loop() {
		c := e.Clone()
		c.Next()
	}
}

// peer is the same event list on container/heap: a pointer for each event, and
// cancelling takes the event out at once, by its index.
type peer struct {
	now       Time
	scheduled uint64
	list      peerHeap
}

type peerEvent struct {
	at     Time
	serial uint64
	index  int // -1 once it is off the list
	event  benchEvent
}

func (p *peer) after(d time.Duration, event benchEvent) *peerEvent {
	pe := &peerEvent{at: p.now + Time(d), serial: p.scheduled, event: event}
	p.scheduled++
	heap.Push(&p.list, pe)
	return pe
}

func (p *peer) next() benchEvent {
	pe := heap.Pop(&p.list).(*peerEvent)
	p.now = pe.at
	return pe.event
}

func (p *peer) cancel(pe *peerEvent) bool {
	if pe.index < 0 {
		return false
	}
	heap.Remove(&p.list, pe.index)
	return true
}

type peerHeap []*peerEvent

func (h peerHeap) Len() int { return len(h) }

func (h peerHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].serial < h[j].serial
}

func (h peerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *peerHeap) Push(x any) {
	pe := x.(*peerEvent)
	pe.index = len(*h)
	*h = append(*h, pe)
}

func (h *peerHeap) Pop() any {
	last := len(*h) - 1
	pe := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	pe.index = -1
	return pe
}
