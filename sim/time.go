package sim

import (
	"math"
	"strconv"
	"time"
)

// Time is an instant of virtual time: whole nanoseconds since the run began.
// It is never negative in an Engine.
type Time int64

// Forever is the last instant that a Time can hold, 292 years after the start.
const Forever Time = math.MaxInt64

// Add returns the instant d after t. A sum beyond Forever is Forever, and a sum below zero
// for a negative d is zero.
func (t Time) Add(d time.Duration) Time {
	sum := t + Time(d)
	switch {
	case d > 0 && sum < t:
		return Forever
	case d < 0 && (sum < 0 || sum > t):
		return 0
	}
	return sum
}

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String returns t in milliseconds with three decimals, as in "12.345 ms".
// Digits below a microsecond are cut, not rounded.
func (t Time) String() string {
	return string(append(t.AppendMillis(nil), " ms"...))
}

// AppendMillis appends t in milliseconds with three decimals and no unit.
func (t Time) AppendMillis(b []byte) []byte {
	if t < 0 {
		b = append(b, '-')
		t = -t
	}
	micros := uint64(t) / 1000
	b = strconv.AppendUint(b, micros/1000, 10)
	rest := micros % 1000
	return append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}
