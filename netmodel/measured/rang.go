package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// rang is a timer that was observed: when it was set, for how long, and when it
// rang.
type rang struct {
	set, at time.Duration
	wait    time.Duration
}

// promptly is how late a timer is seen to ring as a rule, aTickLate how late when
// the interrupt of its tick was missed.
const (
	promptly  = 3 * time.Millisecond
	aTickLate = 6 * time.Millisecond
)

// phaseOf returns the phase of the clock of ticks at which most of the timers ring
// at most so long before they were observed to, and of those phases the one that
// comes nearest. It is sought in steps of a tenth of a millisecond, which is how
// exact the instants are, as far as the coarsest slot of the waits reaches: what
// lies beyond makes no difference to them.
func phaseOf(t netmodel.Timers, observed []rang, late time.Duration) time.Duration {
	if t.HZ == 0 || len(observed) == 0 {
		return t.Phase
	}
	const step, enough = 100 * time.Microsecond, 2000
	observed = observed[:min(len(observed), enough)]
	slot := time.Second / time.Duration(t.HZ)
	for _, r := range observed {
		slot = max(slot, coarseness(t, r.wait))
	}
	best, most, nearest := t.Phase, -1, time.Duration(0)
	for phase := time.Duration(0); phase < slot; phase += step {
		t.Phase = phase
		hits, off := 0, time.Duration(0)
		for _, r := range observed {
			if d := r.at - time.Duration(t.Ring(sim.Time(r.set), r.wait)); d >= -step && d <= late {
				hits++
				off += d
			}
		}
		if hits > most || hits == most && off < nearest {
			best, most, nearest = phase, hits, off
		}
	}
	return best
}

// knownTo returns how far apart phases lie that explain observed timers equally:
// the coarsest slot of their waits. Without any, nothing hangs on the phase.
func knownTo(t netmodel.Timers, observed []rang) time.Duration {
	if t.HZ == 0 || len(observed) == 0 {
		return 0
	}
	known := time.Second / time.Duration(t.HZ)
	for _, r := range observed {
		known = max(known, coarseness(t, r.wait))
	}
	return known
}

// phases are those that explain the timers that were observed: the first, and
// others a known distance apart, as far as the slots of waits ahead reach.
type phases struct{ first, known, ahead time.Duration }

// longestWait returns the longest wait of a schedule that ends before an instant.
func longestWait(s netmodel.Schedule, until time.Duration) time.Duration {
	longest, passed := s.Wait(0), time.Duration(0)
	for n := range s.Retries + 1 {
		wait := s.Wait(n)
		if passed += wait; passed > until {
			break
		}
		longest = max(longest, wait)
	}
	return longest
}

// bestPhase plays a trial with the phases that explain the timers that were
// observed. The play is kept in which the fewest fields differ without a cause, and
// of those the one in which most agree, if it is better than the comparison
// already.
func (c *Comparison) bestPhase(p netmodel.Profile, in phases, play func(netmodel.Profile, *Comparison) error) error {
	tries := 1
	if in.known > 0 {
		tries = max(1, int(coarseness(p.Timers, in.ahead)/in.known))
	}
	for i := range tries {
		if agree, of := c.Agrees(); of > 0 && agree == of {
			return nil
		}
		p.Timers.Phase = in.first + time.Duration(i)*in.known
		try := &Comparison{Trial: c.Trial}
		if err := play(p, try); err != nil {
			return err
		}
		work := c.work + try.work
		if work > mostWork {
			return fmt.Errorf("more than %d steps to find the phase of the clock: want fewer clients or instants, or a shorter watch_ms", mostWork)
		}
		if len(c.Fields) == 0 || try.better(c) {
			*c = *try
		}
		c.work = work
	}
	return nil
}

// better reports whether a play explains more than another.
func (c *Comparison) better(than *Comparison) bool {
	unexplained := func(c *Comparison) (n int) {
		for _, f := range c.Fields {
			if !f.Agrees && f.Cause == "" {
				n++
			}
		}
		return n
	}
	mine, _ := c.Agrees()
	other, _ := than.Agrees()
	a, b := unexplained(c), unexplained(than)
	return a < b || a == b && mine > other
}

// leastTimeout is the first timeout of data on a path: the round trip and the least
// variation that Linux allows for, 200 ms, in whole ticks. It is doubled in ticks.
func leastTimeout(t netmodel.Timers, roundTrip time.Duration) time.Duration {
	tick := time.Second / time.Duration(max(t.HZ, 1))
	return (200*time.Millisecond + roundTrip + tick) / tick * tick
}

// ringLate reports whether there is a phase in which timers rang when they should,
// one by one, if each may have been a tick late. Each sets the next from when it
// rang, so that the delays add up, and a small one may lead to another slot.
// Besides, the wheel is a tick ahead while it turns: a wait of 63 ticks, or 504,
// that is set by a timer which rings belongs to the finer level. (L13, line 51)
func ringLate(t netmodel.Timers, observed []rang) bool {
	const step = 500 * time.Microsecond
	tick := time.Second / time.Duration(max(t.HZ, 1))
	near := func(a, b time.Duration) bool { return (a - b).Abs() <= aTickLate }
	known := knownTo(t, observed) // the phase does not count in it
	for t.Phase = 0; t.Phase < known; t.Phase += step {
		if !slices.ContainsFunc(observed, func(r rang) bool {
			plain := time.Duration(t.Ring(sim.Time(r.set), r.wait))
			ahead := time.Duration(t.Ring(sim.Time(r.set+tick), r.wait-tick))
			return !near(r.at, plain) && !near(r.at, ahead)
		}) {
			return true
		}
	}
	return false
}
