package measured

import (
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// Chain is a timer that was set, rang, was set again when it rang, and so on: what
// sends a SYN or a SYN-ACK again and again.
type Chain struct {
	Set   time.Duration   // when it was set first
	Waits []time.Duration // for how long, each time
	Rang  []time.Duration // when it was seen to ring, each time; unseen if nothing showed it
	Limit time.Duration   // from Set: no wait goes beyond it; 0 = none
	Late  time.Duration   // so much later than it rang the last time may have been seen
}

// unseen is in the place of an instant that nothing showed.
const unseen time.Duration = -1

// Phase returns the phase of a kernel's clock of ticks that explains the most
// instants at which timers were seen to ring, to within some tolerance, and of
// those phases the one that comes nearest. A trial does not tell the phase: it is
// an input of a replay, found from the instants that are compared afterwards. One
// number has to explain all of them, and it is less than the coarsest slot that
// the waits use: phases that are that far apart make no difference.
func Phase(t netmodel.Timers, seen []Chain, within time.Duration) time.Duration {
	if t.HZ == 0 || len(seen) == 0 {
		return t.Phase
	}
	seen = enoughOf(seen)
	tick := time.Second / time.Duration(t.HZ)
	slot := tick
	for _, c := range seen {
		for k := range min(len(c.Waits), len(c.Rang)) {
			slot = max(slot, coarseness(t, c.Waits[k]))
		}
	}
	step := max(tick/8, 1)
	best := fit{hits: -1}
	for phase := time.Duration(0); phase < slot; phase += step {
		best = best.or(fitOf(t, phase, seen, within))
	}
	// Where a tick begins decides which clients share a slot, so it is sought more
	// finely around the best.
	from, to := max(0, best.phase-step), best.phase+step
	for phase := from; phase < to; phase += max(step/20, 1) {
		best = best.or(fitOf(t, phase, seen, within))
	}
	return best.phase
}

// enoughOf returns so many of the chains that a phase can be found in little time.
func enoughOf(seen []Chain) []Chain {
	const enough = 2000 // instants
	instants := 0
	for i, c := range seen {
		if instants += len(c.Rang); instants > enough {
			return seen[:i]
		}
	}
	return seen
}

// wait returns for how long the timer is set at an instant.
func (c *Chain) wait(k int, at time.Duration) time.Duration {
	if c.Limit > 0 {
		return max(0, min(c.Waits[k], c.Limit-(at-c.Set)))
	}
	return c.Waits[k]
}

// off returns how far from the instant at which it was seen the timer rang.
func (c *Chain) off(k int, at time.Duration) time.Duration {
	late := c.Rang[k] - at
	if late > 0 && k == len(c.Rang)-1 {
		late = max(0, late-c.Late)
	}
	return late.Abs()
}

// coarseness returns how far apart the instants are at which timers of a wait ring.
func coarseness(t netmodel.Timers, wait time.Duration) time.Duration {
	tick := time.Second / time.Duration(t.HZ)
	if !t.Wheel {
		return tick
	}
	// A level takes waits below 63 of its slots, and a slot is 8 of the level before.
	slot := tick
	for (wait+tick-1)/tick >= 63*(slot/tick) {
		slot *= 8
	}
	return slot
}

// fit is how well a phase explains what was seen.
type fit struct {
	phase time.Duration
	hits  int           // instants explained
	off   time.Duration // how far from them, in all
}

// or returns the better of two, the first if they are equally good.
func (f fit) or(g fit) fit {
	if g.hits > f.hits || g.hits == f.hits && g.off < f.off {
		return g
	}
	return f
}

func fitOf(t netmodel.Timers, phase time.Duration, seen []Chain, within time.Duration) fit {
	t.Phase = phase
	f := fit{phase: phase}
	for _, c := range seen {
		at := sim.Time(c.Set)
		for k := range min(len(c.Waits), len(c.Rang)) {
			at = t.Ring(at, c.wait(k, time.Duration(at)))
			if c.Rang[k] == unseen {
				continue
			}
			if off := c.off(k, time.Duration(at)); off <= within {
				f.hits++
				f.off += off
			}
		}
	}
	return f
}
