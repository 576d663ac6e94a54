package measured

import (
	"math"
	"time"

	"wspsim/netmodel"
)

// pairOfQueue is what the files say of a listener's queue.
type ssQueue struct {
	RecvQ int `json:"recvq"`
	SendQ int `json:"sendq"`
}

// milliseconds turns an instant of the files into a duration.
func milliseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms * float64(time.Millisecond)))
}

// inMilliseconds is the opposite of milliseconds.
func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// anyPhase plays a trial whose file does not say when SYNs were sent again, with
// clocks of ticks that differ in phase, and keeps the comparison that agrees in
// most fields: the first of them, if there are several.
func anyPhase(c *Comparison, p netmodel.Profile, play func(netmodel.Profile, *Comparison) error) error {
	return c.bestOf(8, func(tick int, try *Comparison) error { // the slots of waits of a second are 8 ticks wide
		p.Timers.Phase = time.Duration(tick) * time.Second / time.Duration(max(p.Timers.HZ, 1))
		return play(p, try)
	})
}
