package netmodel

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// Timers says when the timers of a stack ring. The zero value rings them at the
// nanosecond.
type Timers struct {
	Kind  TimerKind
	HZ    int           // ticks a second: CONFIG_HZ, kern.hz; 0 goes with TimersExact
	Phase time.Duration // how far the clock of ticks was at virtual time 0: with a wheel, its slots depend on it
}

// TimerKind says how a stack keeps its timers.
type TimerKind uint8

const (
	TimersExact TimerKind = iota
	// At the tick: a wait of n ticks ends with the n-th tick from now on, so it can
	// be short by a part of one.
	TimersTicks
	// Linux from 4.8 on: a wheel whose slots are coarser the longer the wait, so
	// that a timer is late by up to 8/63 of its wait, and never early. The
	// timers of one slot ring together, the one that was set last first. Measured
	// on 6.18: L10, all instants of 318 schedules within 6 ms; L19, the order in 333
	// of 336 slots.
	TimersWheel
)

func (t Timers) validate() error {
	switch {
	case t.Kind > TimersWheel:
		return fmt.Errorf("Timers.Kind is %d: there is no such setting, the last one is %d", t.Kind, TimersWheel)
	case t.Kind != TimersExact && (t.HZ < 1 || t.HZ > 10_000):
		return fmt.Errorf("%d ticks a second: want 1 to 10000", t.HZ)
	case t.Phase < 0 || t.Phase > 24*time.Hour:
		return fmt.Errorf("phase %v: want 0 to 24h", t.Phase)
	}
	return nil
}

// Ring returns when a timer rings that is set now for d.
func (t Timers) Ring(now sim.Time, d time.Duration) sim.Time {
	at, _ := t.ring(now, d, 0)
	return at
}

// ring returns when a timer rings that is set now for d, and how coarse its
// slot is. ahead is by how many ticks the wheel has turned already: one while
// timers ring, so that what a ringing timer sets can fall into a finer slot. (L13)
func (t *Timers) ring(now sim.Time, d time.Duration, ahead int64) (at sim.Time, level uint8) {
	if t.Kind == TimersExact {
		return now.Add(d), 0
	}
	tick := time.Second / time.Duration(t.HZ)
	ticks := int64(d / tick)
	if d > time.Duration(ticks)*tick {
		ticks++
	}
	due := (int64(now)+int64(t.Phase))/int64(tick) + ticks
	if due > int64(sim.Forever)/int64(tick)-1<<21 || due < 0 { // no clock gets there
		return sim.Forever, 0
	}
	if t.Kind == TimersWheel {
		// Level n holds waits below 63 * 8^n ticks in slots of 8^n ticks.
		for level < 7 && ticks-ahead >= 63<<(3*level) {
			level++
		}
		due = (due>>(3*level) + 1) << (3 * level)
	}
	return max(now, sim.Time(due*int64(tick)-int64(t.Phase))), level
}
