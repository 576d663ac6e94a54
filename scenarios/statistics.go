package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// StatisticGroup is a group of figures of a run: an object in the JSON, a section
// of the text.
type StatisticGroup struct {
	Name  string // key of the object: "listener"
	Label string // heading of the section: "at the listener"
	Help  string // a sentence
	Rows  []Statistic
}

// Statistic is a figure of a run. Expectations, the text of run and compare, the
// JSON, the help and the schema page all take it from this table.
type Statistic struct {
	Name  string // key in the JSON: "refused_syns"
	Label string // name in the text: "SYNs refused"
	Unit  Unit
	Help  string // a sentence
	// Told: the text of run has a place of its own for the figure, such as the head.
	// Other figures stand in the section of their group where they are not zero.
	Told bool
	// Needs is how many accepted connections the text wants before it prints the
	// figure. The 99th percentile of ten waits is their maximum.
	Needs int
	Of    func(*Result) int64 // in the unit: a count, nanoseconds, millionths
}

// Statistics returns the table of figures. A new figure is a row of the table with its
// computation.
func Statistics() []StatisticGroup {
	return []StatisticGroup{
		{"listener", "at the listener", "What happened at the listening sockets of the server.", listenerRows()},
		{"outcomes", "attempts", "How the attempts to connect ended. " +
			"offered = accepted + refused + reset + timed_out + gave_up + pending, and pending = trying + queued + phantom.", outcomeRows()},
		{"wait_ns", "time in the queue", "Time of accepted connections in the queue, from the SYN that got in to accept.",
			waitRows(func(r *Result) *Waits { return &r.Waits })},
		{"connect_to_accept_ns", "connect to accept", "Time from a client's first connect to accept, with all retransmissions and retries.",
			waitRows(func(r *Result) *Waits { return &r.ConnectToAccept })},
	}
}

func listenerRows() []Statistic {
	of := func(field func(*Listener) int) func(*Result) int64 {
		return func(r *Result) int64 { return int64(field(&r.Listener)) }
	}
	return []Statistic{
		{Name: "backlog", Label: "backlog asked", Help: "The argument of the last listen on the first socket.", Told: true, Of: of(func(l *Listener) int { return l.Backlog })},
		{Name: "effective_backlog", Label: "backlog in force", Help: "The backlog after the silent change.", Told: true, Of: of(func(l *Listener) int { return l.EffectiveBacklog })},
		{Name: "limit", Label: "limit", Help: "The most connections that may be pending.", Told: true, Of: of(func(l *Listener) int { return l.Limit })},
		{Name: "limit_at_syn", Label: "limit at a SYN", Help: "The most connections that may be pending when a SYN is answered.", Told: true, Of: of(func(l *Listener) int { return l.LimitAtSYN })},
		{Name: "pending", Label: "pending at the end", Help: "Connections in the queues at the end, half-open ones included.", Told: true, Of: of(func(l *Listener) int { return l.Pending })},
		{Name: "half_open", Label: "half-open at the end", Help: "Half-open connections at the end.", Of: of(func(l *Listener) int { return l.HalfOpen })},
		{Name: "peak_pending", Label: "peak pending", Help: "The most connections that were pending at once.", Of: of(func(l *Listener) int { return l.PeakPending })},
		{Name: "refused_syns", Label: "SYNs refused", Help: "SYNs that the listener answered with an RST.", Of: of(func(l *Listener) int { return l.RefusedSYNs })},
		{Name: "ignored_syns", Label: "SYNs ignored", Help: "SYNs that the listener left without an answer.", Of: of(func(l *Listener) int { return l.IgnoredSYNs })},
		{Name: "syn_cookies", Label: "SYN cookies sent", Help: "SYNs that the listener answered with a SYN cookie.", Of: func(r *Result) int64 { return int64(r.Counters.SyncookiesSent) }},
		{Name: "ignored_acks", Label: "ACKs ignored", Help: "Final ACKs and data that found the accept queue full.", Of: of(func(l *Listener) int { return l.IgnoredACKs })},
		{Name: "evicted", Label: "half-open evicted", Help: "Half-open connections that made room for newer ones.", Of: of(func(l *Listener) int { return l.Evicted })},
		{Name: "expired", Label: "handshakes expired", Help: "Half-open connections that never completed.", Of: of(func(l *Listener) int { return l.Expired })},
		{Name: "trimmed", Label: "trimmed", Help: "Pending connections that a smaller re-listen reset.", Of: of(func(l *Listener) int { return l.Trimmed })},
		{Name: "accepted_after_refusal", Label: "accepted after a refusal", Help: "Connections accepted after a refused SYN of the same attempt.", Of: of(func(l *Listener) int { return l.AcceptedAfterRefusal })},
		{Name: "accepted_after_abort", Label: "accepted after a client abort", Help: "Connections accepted after their client had closed or reset them.", Of: of(func(l *Listener) int { return l.AcceptedAfterAbort })},
		{Name: "failed_calls", Label: "server calls failed", Help: "Calls of the server's program that failed, WSAEWOULDBLOCK aside.", Of: of(func(l *Listener) int { return l.FailedCalls })},
	}
}

func outcomeRows() []Statistic {
	of := func(field func(*Outcomes) int) func(*Result) int64 {
		return func(r *Result) int64 { return int64(field(&r.Outcomes)) }
	}
	return []Statistic{
		{Name: "offered", Label: "offered", Help: "Attempts in all.", Told: true, Of: of(func(o *Outcomes) int { return o.Offered })},
		{Name: "accepted", Label: "accepted", Help: "Attempts that accept returned.", Told: true, Of: of(func(o *Outcomes) int { return o.Accepted })},
		{Name: "refused", Label: "refused", Help: "Attempts that ended with a refusal.", Told: true, Of: of(func(o *Outcomes) int { return o.Refused })},
		{Name: "reset", Label: "reset", Help: "Attempts that the server reset before accept.", Told: true, Of: of(func(o *Outcomes) int { return o.Reset })},
		{Name: "timed_out", Label: "timed out", Help: "Attempts whose TCP got no answer and gave up.", Told: true, Of: of(func(o *Outcomes) int { return o.TimedOut })},
		{Name: "gave_up", Label: "gave up", Help: "Attempts whose program stopped waiting.", Told: true, Of: of(func(o *Outcomes) int { return o.GaveUp })},
		{Name: "pending", Label: "pending", Help: "Attempts undecided at the end.", Told: true, Of: of(func(o *Outcomes) int { return o.Pending })},
		{Name: "trying", Label: "trying", Help: "Undecided attempts that still send SYNs.", Told: true, Of: of(func(o *Outcomes) int { return o.Trying })},
		{Name: "queued", Label: "queued", Help: "Undecided attempts in the queues of the server.", Told: true, Of: of(func(o *Outcomes) int { return o.Queued })},
		{Name: "phantom", Label: "phantom", Help: "Undecided attempts whose client is connected where the server is not.", Told: true, Of: of(func(o *Outcomes) int { return o.Phantom })},
	}
}

// waitRows are the figures of a distribution of waits.
func waitRows(of func(*Result) *Waits) []Statistic {
	row := func(name, label, help string, needs int, field func(*Waits) time.Duration) Statistic {
		return Statistic{Name: name, Label: label, Unit: UnitDuration, Help: help, Needs: needs, Of: func(r *Result) int64 { return int64(field(of(r))) }}
	}
	return []Statistic{
		row("p50", "p50", "The median.", 1, func(w *Waits) time.Duration { return w.P50 }),
		row("p90", "p90", "The 90th percentile.", 1, func(w *Waits) time.Duration { return w.P90 }),
		row("p99", "p99", "The 99th percentile.", 100, func(w *Waits) time.Duration { return w.P99 }),
		row("p999", "p99.9", "The 99.9th percentile.", 1000, func(w *Waits) time.Duration { return w.P999 }),
		row("max", "max", "The longest.", 1, func(w *Waits) time.Duration { return w.Max }),
		row("mean", "mean", "The arithmetic mean.", 1, func(w *Waits) time.Duration { return w.Mean }),
	}
}

// statistic finds a row by its path, such as "listener.refused_syns", and returns
// it with the words for a claim.
func statistic(path string) (row Statistic, words string, ok bool) {
	group, name, _ := strings.Cut(path, ".")
	for _, g := range Statistics() {
		for _, row := range g.Rows {
			if g.Name == group && row.Name == name {
				words = row.Label
				if row.Unit == UnitDuration {
					words = g.Label + ", " + row.Label
				}
				return row, words, true
			}
		}
	}
	return Statistic{}, "", false
}

// Unit is what a number counts: a figure of a run, or a knob.
type Unit uint8

// The units.
const (
	UnitCount    Unit = iota
	UnitDuration      // nanoseconds; written "10ms"
	UnitRatio         // millionths; written "1%"
)

// String names the unit.
func (u Unit) String() string {
	switch u {
	case UnitDuration:
		return "duration"
	case UnitRatio:
		return "ratio"
	}
	return "count"
}

// Format writes a number in the unit.
func (u Unit) Format(value int64) string {
	switch u {
	case UnitDuration:
		return time.Duration(value).String()
	case UnitRatio:
		whole, part := value/10_000, value%10_000
		text := strconv.FormatInt(whole, 10)
		if part > 0 {
			text += "." + strings.TrimRight(fmt.Sprintf("%04d", part), "0")
		}
		return text + "%"
	}
	return strconv.FormatInt(value, 10)
}
