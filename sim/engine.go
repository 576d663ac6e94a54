package sim

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// StallLimit is the default number of events at one instant after which an Engine
// decides that the run no longer advances. SetStallLimit changes it.
const StallLimit = 1_000_000 // events

// Engine is the event list and the clock of one run. The zero value is ready
// to use, at time zero and empty.
//
// The engine moves events by value. Make E a small struct of about 16 bytes, such as
// a kind and an index. Keep large data in a slice of your own. An event of 64
// bytes takes a third more time than an event of 16 bytes (go test -bench HoldByEvent
// ./sim), and its memory.
//
// An Engine belongs to one goroutine. Do not copy a used Engine by assignment;
// Clone makes an independent copy.
type Engine[E any] struct {
	list       list[E]
	stallLimit int // less StallLimit
	err        error
}

// EventID names one scheduled event, so that a program can cancel it. After the event
// has happened or was cancelled, the EventID names no event. The zero EventID names
// no event either. In a Clone the same EventIDs name the events that were waiting.
// Do not use an EventID with any other Engine: there it may by chance name an event.
type EventID struct{ slot, gen uint32 }

// StalledError says that a run no longer advances: too many events at one
// instant.
type StalledError struct {
	At     Time   // the instant
	Events int    // number of events that happened at that instant
	Event  string // the next event, as fmt prints it
}

// Error names the instant, the count and the event.
func (e *StalledError) Error() string {
	return fmt.Sprintf("sim: the run no longer advances: %d events at %v and another is due there: %s", e.Events, e.At, e.Event)
}

// Now returns the present instant: the time of the last event taken, or the limit
// of an Until that ended later.
func (e *Engine[E]) Now() Time { return e.list.now }

// Len returns the number of waiting events, without cancelled events.
func (e *Engine[E]) Len() int { return e.list.count() - e.list.dead }

// Err returns a *StalledError if the run was stopped because it no longer advanced,
// and nil otherwise. A stopped run stays stopped until Reset.
func (e *Engine[E]) Err() error { return e.err }

// SetStallLimit sets how many events may happen at one instant. It panics if events
// is below 1.
func (e *Engine[E]) SetStallLimit(events int) {
	if events < 1 {
		panic(fmt.Sprintf("sim: SetStallLimit(%d): at least one event must be allowed at an instant", events))
	}
	e.stallLimit = events - StallLimit
}

// At schedules an event for the instant t. Events of one instant happen in the
// order in which they were scheduled. At panics if t is in the past.
func (e *Engine[E]) At(t Time, event E) EventID { return e.list.push(t, event, false) }

// After schedules an event for d after now. It panics if d is negative, or if virtual
// time would overflow (after 292 years).
func (e *Engine[E]) After(d time.Duration, event E) EventID {
	return e.list.push(e.list.now+Time(d), event, true)
}

// outOfTime returns the message for an event whose time t is not allowed. After may
// have caused an overflow of t.
func outOfTime(now, t Time, after bool) string {
	switch d := time.Duration(t - now); {
	case !after:
		return fmt.Sprintf("sim: scheduling in the past: %v is before now, %v", t, now)
	case d < 0:
		return fmt.Sprintf("sim: scheduling in the past: %v before now, %v", -d, now)
	default:
		return fmt.Sprintf("sim: time overflow: %v after %v lies beyond the last instant, %v", d, now, Forever)
	}
}

// Cancel removes an event from the list. It reports whether the event was still
// waiting. The memory that the event points to may stay in use for a while. The engine
// frees cancelled events when they are more than 64 and more than the waiting events.
func (e *Engine[E]) Cancel(id EventID) bool { return e.list.cancel(id) }

// Peek returns the instant of the next event, and false if there is none.
func (e *Engine[E]) Peek() (Time, bool) { return e.list.peek() }

// Next moves the clock to the next event and returns it. It returns false if no
// event is waiting. It also returns false if the run no longer advances; then Err
// returns the error, and the event stays on the list.
func (e *Engine[E]) Next() (E, bool) { return e.next(Forever) }

// next is Next for events that are due at limit or before.
func (e *Engine[E]) next(limit Time) (event E, ok bool) {
	if e.list.same-StallLimit >= e.stallLimit && limit >= e.list.now && e.stalled() {
		return event, false
	}
	x := e.list.take(limit)
	if x == nil {
		return event, false
	}
	event, x.event = x.event, event // clear it in place: it may hold pointers
	return event, true
}

// stalled reports whether another event is due at the present instant, where too
// many events have happened.
func (e *Engine[E]) stalled() bool {
	if e.err != nil {
		return true
	}
	l := &e.list
	if at, ok := l.peek(); !ok || at > l.now {
		return false
	}
	next := l.first(l.now)
	x := *next
	next.event = *new(E)
	e.err = &StalledError{At: x.at, Events: l.same, Event: fmt.Sprintf("%+v", x.event)}
	l.putBack(x)
	l.same = math.MaxInt // a later SetStallLimit changes nothing
	return true
}

// Until yields the events up to and including the instant limit, with their times.
// Then it moves the clock to limit. It also yields events that the loop schedules.
// If the loop ends early, the clock stays at the last event. If the run no longer
// advances, the sequence ends and Err returns the error.
func (e *Engine[E]) Until(limit Time) iter.Seq2[Time, E] {
	return func(yield func(Time, E) bool) {
		for {
			event, ok := e.next(limit)
			if !ok {
				break
			}
			if !yield(e.list.now, event) {
				return
			}
		}
		if limit > e.list.now && e.err == nil {
			e.list.now, e.list.same = limit, 0
		}
	}
}

// Clone returns an independent copy: the same clock, the same waiting events.
// Events that hold pointers share the data that they point to. The time is in
// proportion to the largest number of events that ever waited.
func (e *Engine[E]) Clone() Engine[E] {
	c := *e
	c.list = e.list.clone()
	return c
}

// Reset empties the engine, sets its clock to zero, and keeps its memory for the next
// run. An earlier EventID then names no event. The stall limit stays as it was set.
// The time is in proportion to the number of waiting events. Do not call Reset in a
// loop over Until.
func (e *Engine[E]) Reset() {
	e.list.reset()
	e.err = nil
}
