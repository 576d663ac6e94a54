package sim

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// StallLimit is how many events an Engine lets happen at one instant before
// it decides that the run no longer advances, unless SetStallLimit says
// otherwise.
const StallLimit = 1_000_000 // events

// Engine is the event list and the clock of one run. The zero value is ready
// to use, at time zero and empty.
//
// Its events are moved about by value: make E a small struct that says what and
// who, of 16 bytes or so, and keep what is large in a slice of your own. (An event
// of 64 bytes takes a third more time than one of 16, and its memory: go test -bench
// HoldByEvent ./sim.)
//
// An Engine belongs to one goroutine. Copying a used Engine by assignment is a
// mistake; Clone makes an independent copy.
type Engine[E any] struct {
	list       list[E]
	stallLimit int // less StallLimit
	err        error
}

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
func (e *Engine[E]) Now() Time { return e.list.now }

// Len returns how many events are waiting. Cancelled ones do not count.
func (e *Engine[E]) Len() int { return e.list.count() - e.list.dead }

// Err returns a *StalledError once the run was stopped because it no longer
// advanced, and nil before. A stopped run stays stopped until Reset.
func (e *Engine[E]) Err() error { return e.err }

// SetStallLimit sets how many events may happen at one instant, at least 1.
func (e *Engine[E]) SetStallLimit(events int) {
	if events < 1 {
		panic(fmt.Sprintf("sim: SetStallLimit(%d): at least one event must be allowed at an instant", events))
	}
	e.stallLimit = events - StallLimit
}

// At schedules an event for the instant t. Events of one instant happen in the
// order in which they were scheduled. At panics if t is in the past.
func (e *Engine[E]) At(t Time, event E) EventID { return e.list.push(t, event, false) }

// After schedules an event d from now. It panics if d is negative, or so long
// that virtual time would overflow (after 292 years).
func (e *Engine[E]) After(d time.Duration, event E) EventID {
	return e.list.push(e.list.now+Time(d), event, true)
}

// outOfTime says what is wrong with scheduling for t, with After or with At. What
// After adds to now may have wrapped round.
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

// Cancel takes an event off the list. It reports whether the event was still
// waiting. What the event points to may stay in memory for a while: the engine
// forgets what was cancelled once that is more than 64 events and more than wait.
func (e *Engine[E]) Cancel(id EventID) bool { return e.list.cancel(id) }

// Peek returns the instant of the next event, and false if there is none.
func (e *Engine[E]) Peek() (Time, bool) { return e.list.peek() }

// Next moves the clock to the next event and returns it. It returns false when
// nothing is waiting, and when the run no longer advances: then Err says so and
// the event stays on the list.
func (e *Engine[E]) Next() (E, bool) { return e.next(Forever) }

// next is Next if that is due at limit or before.
func (e *Engine[E]) next(limit Time) (event E, ok bool) {
	if e.list.same-StallLimit >= e.stallLimit && limit >= e.list.now && e.stalled() {
		return event, false
	}
	x := e.list.take(limit)
	if x == nil {
		return event, false
	}
	event, x.event = x.event, event // where it lies it is forgotten: it may hold pointers
	return event, true
}

// stalled reports whether another event is due at the present instant, at which
// too many have happened.
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
	l.same = math.MaxInt // whatever SetStallLimit says from now on
	return true
}

// Until yields the events up to and including the instant limit, with their
// times, and then moves the clock to limit. Events that the loop schedules
// meanwhile are among them. Leaving the loop early leaves the clock at the last
// event. If the run no longer advances the sequence ends and Err says why.
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
// Events that hold pointers share what they point to. It takes time in proportion
// to the most events that ever waited.
func (e *Engine[E]) Clone() Engine[E] {
	c := *e
	c.list = e.list.clone()
	return c
}

// Reset makes the engine as good as new, at time zero and empty, and keeps its
// memory for the next run. Every EventID handed out before names nothing. The
// stall limit stays as it was set. It takes time in proportion to what waits, and
// must not be called within a loop over Until.
func (e *Engine[E]) Reset() {
	e.list.reset()
	e.err = nil
}
