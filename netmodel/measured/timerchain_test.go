package measured

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

func TestThePhaseExplainsTheObservationsWhateverItIs(t *testing.T) {
	const s, tolerance = time.Second, 6 * time.Millisecond
	for _, row := range []struct {
		waits []time.Duration
		why   string
	}{
		{[]time.Duration{s, s, s, s, s, 2 * s}, "slots of 8 ticks"},
		{[]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s}, "slots of 64 ticks"},
		{[]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s}, "slots of 512 ticks"},
		{[]time.Duration{30 * time.Millisecond}, "slots of one tick"},
	} {
		for _, hz := range []int{100, 250, 300, 1000} {
			for phase := time.Duration(0); phase < 5*s; phase += 1373*time.Millisecond + 717*time.Microsecond {
				timers := netmodel.Timers{Wheel: true, HZ: hz, Phase: phase}
				seen := firings(timers, row.waits)
				timers.Phase = phaseOfChains(timers, seen, tolerance)
				for i, c := range firings(timers, row.waits) {
					for k, at := range c.fired {
						if off := (at - seen[i].fired[k]).Abs(); off > tolerance {
							t.Fatalf("phaseOfChains of observations with phase %v at %d Hz = %v: firing %d of chain %d is at %v: want %v (%s)", phase, hz, timers.Phase, k, i, at, seen[i].fired[k], row.why)
						}
					}
				}
			}
		}
	}
}

// firings returns the observations of timers that are set 7 ms apart.
func firings(timers netmodel.Timers, waits []time.Duration) []timerChain {
	var out []timerChain
	for i := range 12 {
		c := timerChain{set: time.Duration(i) * 7 * time.Millisecond, waits: waits}
		at := sim.Time(c.set)
		for _, d := range waits {
			at = timers.Expiry(at, d)
			c.fired = append(c.fired, time.Duration(at))
		}
		out = append(out, c)
	}
	return out
}

// A kernel with 250 ticks per second sent a SYN at 0.3 ms, and again in a slot of its wheel.
// The phase tells when it sends a SYN again that it sends 20 ms later: in the next slot.
func TestThePhaseTellsTheSlotOfALaterSyn(t *testing.T) {
	timers := netmodel.Timers{Wheel: true, HZ: 250}
	timers.Phase = phaseOfChains(timers, []timerChain{{
		set:   300 * time.Microsecond,
		waits: []time.Duration{time.Second, time.Second, 2 * time.Second},
		fired: []time.Duration{1008 * time.Millisecond, 2032 * time.Millisecond, 4048 * time.Millisecond},
	}}, 6*time.Millisecond)
	const want = 1040 * time.Millisecond
	if got := timers.Expiry(sim.Time(20300*time.Microsecond), time.Second).Sub(0).Round(time.Millisecond); got != want {
		t.Errorf("a timer of 1 s that is set at 20.3 ms fires at %v, want %v", got, want)
	}
}

func TestThePhaseStaysIfNothingDependsOnIt(t *testing.T) {
	exact := netmodel.Timers{Phase: 3}
	if got := phaseOfChains(exact, []timerChain{{waits: []time.Duration{1}, fired: []time.Duration{9}}}, 1); got != 3 {
		t.Errorf("phaseOfChains of exact timers = %v: want the one they had, %v", got, exact.Phase)
	}
	wheel := netmodel.Timers{Wheel: true, HZ: 250, Phase: 5}
	if got := phaseOfChains(wheel, nil, 1); got != 5 {
		t.Errorf("phaseOfChains of timers without an observation = %v: want the one they had, %v", got, wheel.Phase)
	}
}
