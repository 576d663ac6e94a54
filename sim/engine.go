package sim

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// StallLimit is how many events an Engine lets happen at one instant before
// it decides that the run no longer advances, unless SetStallLimit says
// otherwise.
const StallLimit = 1_000_000 // events

// Engine is the event list and the clock of one run. The zero value is ready
// to use, at time zero and empty.
//
// An Engine belongs to one goroutine. Copying a used Engine by assignment is a
// mistake; Clone makes an independent copy.
type Engine[E any] struct {
	now        Time
	scheduled  uint64    // events scheduled so far: the tie-breaker, and the serial number
	heap       []key     // 4-ary heap in (at, serial) order; cancelled events stay until they surface
	slots      []slot[E] // payloads; a key names its slot, so moving a key moves 24 bytes whatever E is
	free       uint32    // first free slot + 1, chained through slot.next; 0 = none
	cancelled  int       // keys in the heap whose event was cancelled
	sameNow    int       // events taken at the present instant
	stallLimit int       // 0 = StallLimit
	err        error
}

// key orders one event. Without pointers the collector never looks at the heap.
type key struct {
	at     Time
	serial uint64
	slot   uint32
}

type slot[E any] struct {
	event E
	gen   uint32 // raised whenever the slot is given back, so that an old EventID no longer fits
	next  uint32 // free list
	state slotState
}

type slotState uint8

const (
	slotFree slotState = iota
	slotWaiting
	slotCancelled
)

// EventID names one scheduled event, so that it can be cancelled. It stays
// valid for ever: once the event has happened or was cancelled, it names
// nothing. The zero EventID names nothing either. A Clone knows the events that
// were waiting by the same EventIDs; to any other Engine it means nothing, and
// may by chance name an event there.
type EventID struct{ slot, gen uint32 }

// StalledError says that a run no longer advances: too many events at one
// instant.
type StalledError struct {
	At     Time   // the instant
	Events int    // how many events happened there
	Event  string // the next one, as fmt prints it
}

// Error names the instant, the count and the event.
func (e *StalledError) Error() string {
	return fmt.Sprintf("sim: the run no longer advances: %d events at %v and another is due there: %s", e.Events, e.At, e.Event)
}

// Now returns the present instant: that of the last event taken, or the limit
// that Until has reached since.
func (e *Engine[E]) Now() Time { return e.now }

// Len returns how many events are waiting. Cancelled ones do not count.
func (e *Engine[E]) Len() int { return len(e.heap) - e.cancelled }

// Err returns a *StalledError once the run was stopped because it no longer
// advanced, and nil before. A stopped run stays stopped until Reset.
func (e *Engine[E]) Err() error { return e.err }

// SetStallLimit sets how many events may happen at one instant, at least 1.
func (e *Engine[E]) SetStallLimit(events int) {
	if events < 1 {
		panic(fmt.Sprintf("sim: SetStallLimit(%d): at least one event must be allowed at an instant", events))
	}
	e.stallLimit = events
}

// At schedules an event for the instant t. Events of one instant happen in the
// order in which they were scheduled. At panics if t is in the past.
func (e *Engine[E]) At(t Time, event E) EventID {
	if t < e.now {
		panic(fmt.Sprintf("sim: scheduling in the past: %v is before now, %v", t, e.now))
	}
	n := e.takeSlot()
	s := &e.slots[n]
	s.event, s.state = event, slotWaiting
	e.push(key{t, e.scheduled, n})
	e.scheduled++
	return EventID{n, s.gen}
}

// After schedules an event d from now. It panics if d is negative, or so long
// that virtual time would overflow (after 292 years).
func (e *Engine[E]) After(d time.Duration, event E) EventID {
	if d < 0 {
		panic(fmt.Sprintf("sim: scheduling in the past: %v before now, %v", -d, e.now))
	}
	t := e.now + Time(d)
	if t < e.now {
		panic(fmt.Sprintf("sim: time overflow: %v after %v lies beyond the last instant, %v", d, e.now, Forever))
	}
	return e.At(t, event)
}

// Cancel takes an event off the list. It reports whether the event was still
// waiting.
func (e *Engine[E]) Cancel(id EventID) bool {
	if int(id.slot) >= len(e.slots) {
		return false
	}
	s := &e.slots[id.slot]
	if s.gen != id.gen || s.state != slotWaiting {
		return false
	}
	var none E
	s.event, s.state = none, slotCancelled
	e.cancelled++
	// Timeouts are armed far ahead and nearly always cancelled: without a purge
	// they would fill the heap.
	if e.cancelled > 64 && e.cancelled > len(e.heap)/2 {
		e.purge()
	}
	return true
}

// Peek returns the instant of the next event, and false if there is none.
func (e *Engine[E]) Peek() (Time, bool) {
	e.dropCancelled()
	if len(e.heap) == 0 {
		return 0, false
	}
	return e.heap[0].at, true
}

// Next moves the clock to the next event and returns it. It returns false when
// nothing is waiting, and when the run no longer advances: then Err says so and
// the event stays on the list.
func (e *Engine[E]) Next() (E, bool) {
	var none E
	e.dropCancelled()
	if len(e.heap) == 0 || e.err != nil {
		return none, false
	}
	top := e.heap[0]
	if !e.advance(top) {
		return none, false
	}
	e.pop()
	event := e.slots[top.slot].event
	e.giveSlot(top.slot)
	return event, true
}

// Until yields the events up to and including the instant limit, with their
// times, and then moves the clock to limit. Events that the loop schedules
// meanwhile are among them. Leaving the loop early leaves the clock at the last
// event. If the run no longer advances the sequence ends and Err says why.
func (e *Engine[E]) Until(limit Time) iter.Seq2[Time, E] {
	return func(yield func(Time, E) bool) {
		for {
			at, ok := e.Peek()
			if !ok || at > limit {
				break
			}
			event, ok := e.Next()
			if !ok || !yield(e.now, event) {
				return
			}
		}
		if limit > e.now && e.err == nil {
			e.now, e.sameNow = limit, 0
		}
	}
}

// Clone returns an independent copy: the same clock, the same waiting events.
// Events that hold pointers share what they point to.
func (e *Engine[E]) Clone() Engine[E] {
	c := *e
	c.heap = slices.Clone(e.heap)
	c.slots = slices.Clone(e.slots)
	return c
}

// Reset makes the engine as good as new, at time zero and empty, and keeps its
// memory for the next run. Every EventID handed out before names nothing. The
// stall limit stays as it was set.
func (e *Engine[E]) Reset() {
	for _, k := range e.heap {
		e.giveSlot(k.slot)
	}
	e.heap = e.heap[:0]
	e.now, e.scheduled, e.cancelled, e.sameNow, e.err = 0, 0, 0, 0, nil
}

// advance moves the clock to the event that is next, unless the run stalls.
func (e *Engine[E]) advance(next key) bool {
	if next.at > e.now {
		e.now, e.sameNow = next.at, 0
	}
	limit := e.stallLimit
	if limit == 0 {
		limit = StallLimit
	}
	if e.sameNow >= limit {
		e.err = &StalledError{At: e.now, Events: e.sameNow, Event: fmt.Sprintf("%+v", e.slots[next.slot].event)}
		return false
	}
	e.sameNow++
	return true
}

func (e *Engine[E]) takeSlot() uint32 {
	if e.free == 0 {
		e.slots = append(e.slots, slot[E]{gen: 1})
		return uint32(len(e.slots) - 1)
	}
	n := e.free - 1
	e.free = e.slots[n].next
	return n
}

func (e *Engine[E]) giveSlot(n uint32) {
	var none E
	s := &e.slots[n]
	s.event, s.state = none, slotFree
	s.gen++
	if s.gen == 0 {
		return // used 2^32 times: leave it unused, or an old EventID would fit again
	}
	s.next, e.free = e.free, n+1
}

func (e *Engine[E]) dropCancelled() {
	for e.cancelled > 0 && e.slots[e.heap[0].slot].state == slotCancelled {
		n := e.heap[0].slot
		e.pop()
		e.giveSlot(n)
		e.cancelled--
	}
}

// purge takes all cancelled events out at once. The order of the rest does not
// depend on the shape of the heap, because no two keys are equal.
func (e *Engine[E]) purge() {
	live := e.heap[:0]
	for _, k := range e.heap {
		if e.slots[k.slot].state == slotCancelled {
			e.giveSlot(k.slot)
			continue
		}
		live = append(live, k)
	}
	e.heap, e.cancelled = live, 0
	for i := (len(live) - 2) / 4; i >= 0 && len(live) > 1; i-- {
		e.siftDown(i, live[i])
	}
}
