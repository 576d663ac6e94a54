package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// observedTimer is an observation of a timer: when it was set, its wait, and when it
// fired.
type observedTimer struct {
	set, fired time.Duration
	wait       time.Duration
}

// An observation is up to usualDelay late, or tickDelay if the kernel missed the interrupt
// of the tick.
const (
	usualDelay = 3 * time.Millisecond
	tickDelay  = 6 * time.Millisecond
)

// phaseOfTimers returns the phase of the tick clock that explains the most observations.
// A phase explains an observation if the timer fires before it, by at most late. Of
// equally good phases it returns the nearest. It searches in steps of 0.1 ms, the
// resolution of the instants, up to the widest slot of the waits.
func phaseOfTimers(t netmodel.Timers, observed []observedTimer, late time.Duration) time.Duration {
	const step, enough = 100 * time.Microsecond, 2000
	observed = observed[:min(len(observed), enough)]
	best, period := fit{phase: t.Phase, hits: -1}, phasePeriod(t, observed)
	for phase := time.Duration(0); phase < period; phase += step {
		t.Phase = phase
		f := fit{phase: phase}
		for _, r := range observed {
			if d := r.fired - time.Duration(t.Expiry(sim.Time(r.set), r.wait)); d >= -step && d <= late {
				f.hits++
				f.off += d
			}
		}
		best = best.or(f)
	}
	return best.phase
}

// phasePeriod returns the distance of two phases that explain the observations equally:
// the widest slot of the waits. It is 0 if nothing depends on the phase.
func phasePeriod(t netmodel.Timers, observed []observedTimer) time.Duration {
	if t.HZ == 0 || len(observed) == 0 {
		return 0
	}
	period := time.Second / time.Duration(t.HZ)
	for _, r := range observed {
		period = max(period, slotWidth(t, r.wait))
	}
	return period
}

// phaseRange is the phases that explain the observations: first, first+period and so on,
// up to the slot width of the longest wait.
type phaseRange struct{ first, period, longest time.Duration }

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

// bestPhase plays a trial once with each phase. It keeps the play with the fewest
// differences without a cause; of equal plays, the one in which the most fields agree.
// The comparison so far takes part.
func (c *Comparison) bestPhase(p netmodel.Profile, in phaseRange, play func(netmodel.Profile, *Comparison) error) error {
	tries := 1
	if in.period > 0 {
		tries = max(1, int(slotWidth(p.Timers, in.longest)/in.period))
	}
	for i := range tries {
		if agree, of := c.Agrees(); of > 0 && agree == of {
			return nil
		}
		p.Timers.Phase = in.first + time.Duration(i)*in.period
		try := &Comparison{Trial: c.Trial}
		if err := play(p, try); err != nil {
			return err
		}
		work := c.work + try.work
		if work > maxWork {
			return fmt.Errorf("more than %d steps to find the phase of the clock: want fewer clients or instants, or a shorter watch_ms", maxWork)
		}
		if len(c.Fields) == 0 || try.better(c) {
			*c = *try
		}
		c.work = work
	}
	return nil
}

// anyPhase plays a trial whose file does not tell when SYNs were sent again. It tries
// phases of the tick clock and keeps the first play in which the most fields agree.
func anyPhase(c *Comparison, p netmodel.Profile, play func(netmodel.Profile, *Comparison) error) error {
	return c.bestOf(8, func(tick int, try *Comparison) error { // the slots of waits of a second are 8 ticks wide
		p.Timers.Phase = time.Duration(tick) * time.Second / time.Duration(max(p.Timers.HZ, 1))
		return play(p, try)
	})
}

// better reports whether a play explains more fields than another.
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

// leastTimeout returns the first timeout of data on a path: the round trip plus 200 ms,
// in whole ticks. (TCP_RTO_MIN in include/net/tcp.h)
func leastTimeout(t netmodel.Timers, roundTrip time.Duration) time.Duration {
	tick := time.Second / time.Duration(max(t.HZ, 1))
	return (200*time.Millisecond + roundTrip + tick) / tick * tick
}

// fitsTickDelay reports whether some phase explains every timer if each may fire a tick
// late. A timer sets the next one when it fires. So delays add up, and a small delay can
// lead to another slot.
//
// The wheel is a tick ahead while it turns. A wait of 63 or 504 ticks that a firing timer
// sets belongs to the finer level. (L13_burst_rtt.jsonl, line 51)
func fitsTickDelay(t netmodel.Timers, observed []observedTimer) bool {
	const step = 500 * time.Microsecond
	tick := time.Second / time.Duration(max(t.HZ, 1))
	near := func(a, b time.Duration) bool { return (a - b).Abs() <= tickDelay }
	period := phasePeriod(t, observed) // does not depend on the phase
	for t.Phase = 0; t.Phase < period; t.Phase += step {
		if !slices.ContainsFunc(observed, func(r observedTimer) bool {
			onTime := time.Duration(t.Expiry(sim.Time(r.set), r.wait))
			ahead := time.Duration(t.Expiry(sim.Time(r.set+tick), r.wait-tick))
			return !near(r.fired, onTime) && !near(r.fired, ahead)
		}) {
			return true
		}
	}
	return false
}
