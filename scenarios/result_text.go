package scenarios

import (
	"fmt"
	"strings"
)

// The String methods are the lines of a golden. They are fixed, so that a new statistic
// rewrites no golden.

// String says how the attempts ended, zeros left out: "5 offered: 3 accepted, 1
// refused, 1 queued". Pending attempts are counted by their progress.
func (o Outcomes) String() string {
	return fmt.Sprintf("%d offered: %s", o.Offered, counts([]counted{
		{o.Accepted, "accepted"}, {o.Refused, "refused"}, {o.Reset, "reset"},
		{o.TimedOut, "timed out"}, {o.GaveUp, "gave up"},
		{o.Queued, "queued"}, {o.Phantom, "phantom"}, {o.Trying, "trying"},
		{o.Pending - o.Queued - o.Phantom - o.Trying, "pending"},
	}))
}

// String lists the quantiles.
func (w Waits) String() string {
	if w == (Waits{}) {
		return "none"
	}
	return fmt.Sprintf("p50 %v, p90 %v, p99 %v, p99.9 %v, max %v, mean %v", w.P50, w.P90, w.P99, w.P999, w.Max, w.Mean)
}

// String says what happened at the listener, zeros left out: "limit 2, 2 pending at
// most, 0 at the end, 1 SYN refused".
func (l Listener) String() string {
	text := fmt.Sprintf("limit %d, %d pending at most, %d at the end", l.Limit, l.PeakPending, l.Pending)
	rest := counts([]counted{
		{l.HalfOpen, "half-open at the end"}, {l.Trimmed, "trimmed"},
		{l.RefusedSYNs, "SYNs refused"}, {l.IgnoredSYNs, "SYNs ignored"}, {l.IgnoredACKs, "ACKs ignored"},
		{l.Evicted, "evicted"}, {l.Expired, "handshakes expired"}, {l.AcceptedAfterRefusal, "accepted late"}, {l.FailedCalls, "calls failed"},
	})
	if rest == "none" {
		return text
	}
	return text + ", " + rest
}

type counted struct {
	n    int
	what string
}

// counts lists what is not zero: "1 SYN refused, 3 calls failed".
func counts(all []counted) string {
	var parts []string
	for _, c := range all {
		switch c.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+strings.Replace(c.what, "s ", " ", 1))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}
