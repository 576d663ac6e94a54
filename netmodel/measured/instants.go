package measured

import (
	"math"
	"time"
)

// How far an instant may lie from that of the model, in milliseconds.
const (
	synTolerance   = 6.0 // all instants of the 318 schedules in L10_syn_schedule.jsonl
	stampTolerance = 8.0 // the stamps of a busy processor were up to 7 ms late
)

// synToleranceDuration is synTolerance as a duration.
func synToleranceDuration() time.Duration { return milliseconds(synTolerance) }

// milliseconds returns an instant of a file as a duration.
func milliseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms * float64(time.Millisecond)))
}

// inMilliseconds is the inverse of milliseconds.
func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
