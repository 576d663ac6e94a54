package measured

import (
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// timerChain is a timer that is set again each time it fires. Such a timer sends a SYN or
// a SYN-ACK again and again.
type timerChain struct {
	set   time.Duration   // when it was first set
	waits []time.Duration // each time
	fired []time.Duration // observations, each time; notObserved if there is none
	limit time.Duration   // after set, no wait ends later; 0 = none
	late  time.Duration   // the largest delay of the last observation
}

// notObserved stands for an instant without an observation.
const notObserved time.Duration = -1

// phaseOfChains returns the phase of a kernel's tick clock that explains the most
// observations. A phase explains an observation if the timer fires within a tolerance of
// it. Of equally good phases it returns the nearest.
//
// A trial does not tell the phase. The phase is an input of the replay, and the same
// instants are compared afterwards. One number must explain all of them. It is less than
// the widest slot of the waits: phases that differ by that width are equivalent.
func phaseOfChains(t netmodel.Timers, seen []timerChain, within time.Duration) time.Duration {
	if t.HZ == 0 || len(seen) == 0 {
		return t.Phase
	}
	seen = firstInstants(seen)
	tick := time.Second / time.Duration(t.HZ)
	slot := tick
	for _, c := range seen {
		for k := range min(len(c.waits), len(c.fired)) {
			slot = max(slot, slotWidth(t, c.waits[k]))
		}
	}
	step := max(tick/8, 1)
	best := fit{hits: -1}
	for phase := time.Duration(0); phase < slot; phase += step {
		best = best.or(fitOf(t, phase, seen, within))
	}
	// The start of a tick decides which clients share a slot. So the search is finer
	// around the best phase.
	from, to := max(0, best.phase-step), best.phase+step
	for phase := from; phase < to; phase += max(step/20, 1) {
		best = best.or(fitOf(t, phase, seen, within))
	}
	return best.phase
}

// firstInstants returns chains with at most 2,000 instants, to bound the search.
func firstInstants(seen []timerChain) []timerChain {
	const enough = 2000 // instants
	instants := 0
	for i, c := range seen {
		if instants += len(c.fired); instants > enough {
			return seen[:i]
		}
	}
	return seen
}

// addRepeats adds the observations of a segment that was sent and sent again.
func (c *timerChain) addRepeats(sent []float64, s netmodel.Schedule) {
	for k := 1; k < len(sent); k++ {
		c.waits = append(c.waits, s.Wait(uint8(k-1)))
		c.fired = append(c.fired, milliseconds(sent[k]))
	}
}

// wait returns the wait that starts at an instant.
func (c *timerChain) wait(k int, at time.Duration) time.Duration {
	if c.limit > 0 {
		return max(0, min(c.waits[k], c.limit-(at-c.set)))
	}
	return c.waits[k]
}

// distance returns the time between the firing and its observation.
func (c *timerChain) distance(k int, at time.Duration) time.Duration {
	late := c.fired[k] - at
	if late > 0 && k == len(c.fired)-1 {
		late = max(0, late-c.late)
	}
	return late.Abs()
}

// slotWidth returns the time between two instants at which timers with a wait can fire.
// (Linux: kernel/time/timer.c)
func slotWidth(t netmodel.Timers, wait time.Duration) time.Duration {
	tick := time.Second / time.Duration(t.HZ)
	if !t.Wheel {
		return tick
	}
	// A level holds waits below 63 of its slots. A slot is 8 slots of the level before.
	slot := tick
	for (wait+tick-1)/tick >= 63*(slot/tick) {
		slot *= 8
	}
	return slot
}

// fit is how well a phase explains the observations.
type fit struct {
	phase time.Duration
	hits  int           // explained instants
	off   time.Duration // the sum of the distances
}

// or returns the better fit, the first if both are equal.
func (f fit) or(g fit) fit {
	if g.hits > f.hits || g.hits == f.hits && g.off < f.off {
		return g
	}
	return f
}

func fitOf(t netmodel.Timers, phase time.Duration, seen []timerChain, within time.Duration) fit {
	t.Phase = phase
	f := fit{phase: phase}
	for _, c := range seen {
		at := sim.Time(c.set)
		for k := range min(len(c.waits), len(c.fired)) {
			at = t.Expiry(at, c.wait(k, time.Duration(at)))
			if c.fired[k] == notObserved {
				continue
			}
			if off := c.distance(k, time.Duration(at)); off <= within {
				f.hits++
				f.off += off
			}
		}
	}
	return f
}
