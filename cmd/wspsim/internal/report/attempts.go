// Package report prints what people and programs read: the report of a run, the
// story of one client, the catalogue, a scenario.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// Incidents counts the refusals, losses and retransmissions of each client while a run
// goes on. It also notes when the server last refused or reset the client.
type Incidents struct {
	records uint64
	clients []incident
}

type incident struct {
	count  uint16
	record uint64 // the last that refused, ignored or reset the client, 0 = none
	at     sim.Time
}

// Note adds a record.
func (t *Incidents) Note(n *netmodel.Network, r netmodel.Record) {
	t.records++
	counts, decides := false, false
	switch r.Kind {
	case netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.AckIgnored:
		counts, decides = true, true
	case netmodel.ResetPending, netmodel.Withdrawn:
		decides = true
	case netmodel.SynRetransmitted, netmodel.SynAckRetransmitted, netmodel.Lost:
		counts = true
	default:
		return
	}
	id := int(n.Result(r.Conn).Client)
	for len(t.clients) <= id {
		t.clients = append(t.clients, incident{})
	}
	c := &t.clients[id]
	if counts {
		c.count = min(c.count, 1<<16-2) + 1
	}
	if decides {
		c.record, c.at = t.records, r.At
	}
}

func (t *Incidents) of(id netmodel.ClientID) int {
	if int(id) >= len(t.clients) {
		return 0
	}
	return int(t.clients[id].count)
}

// decided returns when the listening host decided the result of an attempt, or when
// the client learned it if the decision is not known.
func (t *Incidents) decided(f netmodel.AttemptResult) sim.Time {
	if int(f.Client) < len(t.clients) && f.Decision != 0 && t.clients[f.Client].record == f.Decision {
		return t.clients[f.Client].at
	}
	return f.At
}

// lastAttempts returns each client's last attempt, in the order in which the clients
// were created. Clients without an attempt are left out.
func lastAttempts(d *play.Done) []netmodel.AttemptResult {
	var last []netmodel.AttemptResult
	for _, f := range d.Attempts {
		for len(last) <= int(f.Client) {
			last = append(last, netmodel.AttemptResult{})
		}
		last[f.Client] = f
	}
	return slices.DeleteFunc(last, func(f netmodel.AttemptResult) bool { return f.Attempt == 0 })
}

// mostInteresting returns the attempt that says most about a run: first of a client
// that was not accepted, then of a client with incidents. Among equals a client that
// the scenario names comes first. It returns false if no client connects.
func mostInteresting(d *play.Done, incidents *Incidents) (netmodel.AttemptResult, bool) {
	named := map[string]bool{}
	for _, j := range d.Judged {
		if j.Expectation.Client != "" {
			named[j.Expectation.Client] = true
		}
	}
	weight := func(f netmodel.AttemptResult) int {
		w := 0
		switch {
		case f.Outcome == netmodel.OutcomeReset:
			w = 6
		case f.Outcome == netmodel.OutcomeRefused:
			w = 5
		case f.Outcome == netmodel.OutcomeTimedOut:
			w = 4
		case f.Outcome == netmodel.OutcomeGaveUp, f.Progress == netmodel.ProgressPhantom:
			w = 3
		case incidents.of(f.Client) > 0:
			w = 2
		case f.Outcome == netmodel.OutcomePending:
			w = 1
		}
		if w *= 2; named[d.ClientName(f.Client)] {
			w++
		}
		return w
	}
	attempts := lastAttempts(d)
	if len(attempts) == 0 {
		return netmodel.AttemptResult{}, false
	}
	return slices.MaxFunc(attempts, func(a, b netmodel.AttemptResult) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(incidents.of(a.Client), incidents.of(b.Client)))
	}), true
}

// sentence says how an attempt ended and when: "c was refused at 3.000 ms and learned
// it at 4.000 ms: queue full (R4)".
func sentence(d *play.Done, f netmodel.AttemptResult, decided sim.Time) string {
	name := d.ClientName(f.Client)
	if f.Attempt > 1 {
		name += fmt.Sprintf("'s attempt %d", f.Attempt)
	}
	switch f.Outcome {
	case netmodel.OutcomePending:
		return fmt.Sprintf("%s %s, %s", name, pending(f.Progress), words.Instant(d.End))
	case netmodel.OutcomeAccepted:
		reached := f.At.Sub(f.Began)
		if reached-f.Waited < f.Waited/10 || reached == f.Waited {
			return fmt.Sprintf("%s was accepted at %s, %s after its connect", name, words.Instant(f.At), words.Span(reached))
		}
		return fmt.Sprintf("%s was accepted at %s, %s after its connect, %s of that in the queue", name, words.Instant(f.At), words.Span(reached), words.Span(f.Waited))
	case netmodel.OutcomeGaveUp, netmodel.OutcomeTimedOut:
		return fmt.Sprintf("%s %s at %s: %s", name, f.Outcome, words.Instant(f.At), why(d.Net, f))
	}
	if decided < f.At {
		return fmt.Sprintf("%s was %s at %s and learned it at %s: %s", name, f.Outcome, words.Instant(decided), words.Instant(f.At), why(d.Net, f))
	}
	return fmt.Sprintf("%s was %s at %s: %s", name, f.Outcome, words.Instant(f.At), why(d.Net, f))
}

// pending says how far an attempt without an outcome has come.
func pending(s netmodel.Progress) string {
	switch s {
	case netmodel.ProgressQueued:
		return "is still in the queue at the end"
	case netmodel.ProgressPhantom:
		return "is a phantom at the end: connected at the client only"
	}
	return "is still trying at the end"
}

// why says what decided the result of an attempt, with the rule.
func why(n *netmodel.Network, f netmodel.AttemptResult) string {
	text, rule := profiles.ReasonOf(n, f)
	if rule != "" {
		return text + " (" + rule + ")"
	}
	return text
}

// attemptGroup is all attempts with one outcome and one cause.
type attemptGroup struct {
	outcome  netmodel.Outcome
	progress netmodel.Progress // of a pending attempt
	cause    netmodel.Cause
	why      string // the cause with its rule
	count    int
	first    []netmodel.AttemptResult // a few of them
}

const fewNames = 8

// groupAttempts groups attempts by outcome and cause, the most frequent cause first.
func groupAttempts(n *netmodel.Network, attempts []netmodel.AttemptResult) []attemptGroup {
	var groups []attemptGroup
	for _, f := range attempts {
		i := slices.IndexFunc(groups, func(g attemptGroup) bool {
			return g.outcome == f.Outcome && g.cause == f.Cause && g.progress == f.Progress
		})
		if i < 0 {
			groups = append(groups, attemptGroup{outcome: f.Outcome, progress: f.Progress, cause: f.Cause, why: why(n, f)})
			i = len(groups) - 1
		}
		g := &groups[i]
		g.count++
		if len(g.first) < fewNames {
			g.first = append(g.first, f)
		}
	}
	order := func(o netmodel.Outcome) int { // pending attempts come last
		if o == netmodel.OutcomePending {
			return 1000
		}
		return int(o)
	}
	slices.SortStableFunc(groups, func(a, b attemptGroup) int {
		return cmp.Or(cmp.Compare(order(a.outcome), order(b.outcome)), cmp.Compare(a.progress, b.progress), cmp.Compare(b.count, a.count))
	})
	return groups
}

// reason writes the cause, if it says more than the outcome.
func (g *attemptGroup) reason() string {
	if g.outcome == netmodel.OutcomePending {
		return progress(g.progress)
	}
	if g.outcome == netmodel.OutcomeAccepted || g.cause == netmodel.NoCause {
		return ""
	}
	return g.why
}

// progress says how far a pending attempt has come.
func progress(s netmodel.Progress) string {
	switch s {
	case netmodel.ProgressQueued:
		return "in the queue at the end"
	case netmodel.ProgressPhantom:
		return "phantom: connected at the client only"
	}
	return "still trying at the end"
}

// names lists the clients of a group: "a, b and 12 more".
func (g *attemptGroup) names(d *play.Done) string {
	var names []string
	for _, f := range g.first {
		name := d.ClientName(f.Client)
		if f.Attempt > 1 {
			name += fmt.Sprintf("#%d", f.Attempt)
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if more := g.count - len(g.first); more > 0 {
		text += fmt.Sprintf(" and %s more", words.Count(more))
	}
	return text
}
