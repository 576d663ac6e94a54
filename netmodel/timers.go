package netmodel

import (
	"fmt"
	"time"

	"wspsim/sim"
)

// Timers says when the timers of a stack expire. With the zero value a timer expires at the
// exact nanosecond.
//
// With HZ, timers expire at ticks. A wait of n ticks ends at the n-th tick from now, so it
// can be too short by a part of one tick.
type Timers struct {
	HZ int // ticks per second: CONFIG_HZ, kern.hz; 0 = no ticks
	// Linux from 4.8 on: a timer wheel with coarser slots for longer waits. A timer is late by
	// up to 8/63 of its wait, and never early. The timers of one slot expire together, the
	// timer that was set last first. Measured on Linux 6.18: L10, all instants of 318
	// schedules within 6 ms; L19, the order in 333 of 336 slots.
	Wheel bool
	Phase time.Duration // the tick clock's time at virtual time 0; ticks and the slots of a wheel depend on it
}

func (t Timers) validate() error {
	switch {
	case t.HZ < 0 || t.HZ > 10_000:
		return fmt.Errorf("%d ticks a second: want 0 to 10000", t.HZ)
	case t.Wheel && t.HZ == 0:
		return fmt.Errorf("a timer wheel without ticks: want HZ 1 to 10000")
	case t.Phase < 0 || t.Phase > 24*time.Hour:
		return fmt.Errorf("phase %v: want 0 to 24h", t.Phase)
	}
	return nil
}

// Expiry returns the instant at which a timer expires that is set at now for the wait d.
func (t Timers) Expiry(now sim.Time, d time.Duration) sim.Time {
	at, _ := t.expiry(now, d, 0)
	return at
}

// expiry returns what Expiry returns, and the level of the timer's slot: 0 is the finest. ahead
// is by how many ticks the wheel has advanced already. It is 1 while timers expire. So a
// timer that an expiring timer sets can get a finer slot. (L13)
func (t *Timers) expiry(now sim.Time, d time.Duration, ahead int64) (at sim.Time, level uint8) {
	if t.HZ == 0 {
		return now.Add(d), 0
	}
	tick := time.Second / time.Duration(t.HZ)
	ticks := int64(d / tick)
	if d > time.Duration(ticks)*tick {
		ticks++
	}
	due := (int64(now)+int64(t.Phase))/int64(tick) + ticks
	if due > int64(sim.Forever)/int64(tick)-1<<21 || due < 0 { // virtual time cannot get there
		return sim.Forever, 0
	}
	if t.Wheel {
		// Level n holds waits below 63 * 8^n ticks in slots of 8^n ticks.
		for level < 7 && ticks-ahead >= 63<<(3*level) {
			level++
		}
		due = (due>>(3*level) + 1) << (3 * level)
	}
	return max(now, sim.Time(due*int64(tick)-int64(t.Phase))), level
}
