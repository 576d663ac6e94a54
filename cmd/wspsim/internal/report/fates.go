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

// Incidents notes while a run goes on what went wrong for each client: how many
// refusals, losses and repetitions, and when it was last turned away or reset.
type Troubles struct {
	records uint64
	clients []trouble
}

type trouble struct {
	count  uint16
	record uint64 // the last that turned the client away or reset it, 0 = none
	at     sim.Time
}

// Note takes a record into account.
func (t *Troubles) Note(n *netmodel.Network, r netmodel.Record) {
	t.records++
	counts, decides := false, false
	switch r.Kind {
	case netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.AckIgnored:
		counts, decides = true, true
	case netmodel.ResetPending, netmodel.Withdrawn:
		decides = true
	case netmodel.SynSentAgain, netmodel.SynAckAgain, netmodel.Lost:
		counts = true
	default:
		return
	}
	id := int(n.Result(r.Conn).Client)
	for len(t.clients) <= id {
		t.clients = append(t.clients, trouble{})
	}
	c := &t.clients[id]
	if counts {
		c.count = min(c.count, 1<<16-2) + 1
	}
	if decides {
		c.record, c.at = t.records, r.At
	}
}

func (t *Troubles) of(id netmodel.ClientID) int {
	if int(id) >= len(t.clients) {
		return 0
	}
	return int(t.clients[id].count)
}

// decided returns when the listening host decided a fate, or when the client
// learned it if that is not known.
func (t *Troubles) decided(f netmodel.AttemptResult) sim.Time {
	if int(f.Client) < len(t.clients) && f.Decision != 0 && t.clients[f.Client].record == f.Decision {
		return t.clients[f.Client].at
	}
	return f.At
}

// lastFates returns the fate of each client's last attempt, in the order of the
// clients' making; clients that made none are left out.
func lastFates(d *play.Done) []netmodel.AttemptResult {
	var last []netmodel.AttemptResult
	for _, f := range d.Fates {
		for len(last) <= int(f.Client) {
			last = append(last, netmodel.AttemptResult{})
		}
		last[f.Client] = f
	}
	return slices.DeleteFunc(last, func(f netmodel.AttemptResult) bool { return f.Attempt == 0 })
}

// mostInteresting returns the fate that says most about a run: of somebody who
// did not get in, of somebody who had trouble, and among equals of somebody whom
// the scenario names. It returns false if there was nobody.
func mostInteresting(d *play.Done, troubles *Troubles) (netmodel.AttemptResult, bool) {
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
		case troubles.of(f.Client) > 0:
			w = 2
		case f.Outcome == netmodel.StillPending:
			w = 1
		}
		if w *= 2; named[d.ClientName(f.Client)] {
			w++
		}
		return w
	}
	fates := lastFates(d)
	if len(fates) == 0 {
		return netmodel.AttemptResult{}, false
	}
	return slices.MaxFunc(fates, func(a, b netmodel.AttemptResult) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(troubles.of(a.Client), troubles.of(b.Client)))
	}), true
}

// sentence says how an attempt ended, given when that was decided: "c was refused
// at 3.000 ms and learned it at 4.000 ms: queue full (R4)".
func sentence(d *play.Done, f netmodel.AttemptResult, decided sim.Time) string {
	name := d.ClientName(f.Client)
	if f.Attempt > 1 {
		name += fmt.Sprintf("'s attempt %d", f.Attempt)
	}
	switch f.Outcome {
	case netmodel.StillPending:
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

// pending says where an attempt stands that has not ended.
func pending(s netmodel.Progress) string {
	switch s {
	case netmodel.ProgressQueued:
		return "is still in the queue at the end"
	case netmodel.ProgressPhantom:
		return "believes that it is connected, and nobody has accepted it by the end"
	}
	return "is still trying at the end"
}

// why says what decided a result, with the rule.
func why(n *netmodel.Network, f netmodel.AttemptResult) string {
	text, rule := profiles.ReasonOf(n, f)
	if rule != "" {
		return text + " (" + rule + ")"
	}
	return text
}

// fateGroup is all attempts that ended in one way for one reason.
type fateGroup struct {
	outcome  netmodel.Outcome
	standing netmodel.Progress // of a pending one
	cause    netmodel.Cause
	why      string // the cause with its rule
	count    int
	first    []netmodel.AttemptResult // a few of them
}

const fewNames = 8

// groupFates sorts attempts by outcome and cause, the commonest cause first.
func groupFates(n *netmodel.Network, fates []netmodel.AttemptResult) []fateGroup {
	var groups []fateGroup
	for _, f := range fates {
		i := slices.IndexFunc(groups, func(g fateGroup) bool {
			return g.outcome == f.Outcome && g.cause == f.Cause && g.standing == f.Progress
		})
		if i < 0 {
			groups = append(groups, fateGroup{outcome: f.Outcome, standing: f.Progress, cause: f.Cause, why: why(n, f)})
			i = len(groups) - 1
		}
		g := &groups[i]
		g.count++
		if len(g.first) < fewNames {
			g.first = append(g.first, f)
		}
	}
	order := func(o netmodel.Outcome) int { // what is still undecided comes last
		if o == netmodel.StillPending {
			return 1000
		}
		return int(o)
	}
	slices.SortStableFunc(groups, func(a, b fateGroup) int {
		return cmp.Or(cmp.Compare(order(a.outcome), order(b.outcome)), cmp.Compare(a.standing, b.standing), cmp.Compare(b.count, a.count))
	})
	return groups
}

// reason says why, where that says more than the outcome.
func (g *fateGroup) reason() string {
	if g.outcome == netmodel.StillPending {
		return standing(g.standing, g.count)
	}
	if g.outcome == netmodel.OutcomeAccepted || g.cause == netmodel.NoCause {
		return ""
	}
	return g.why
}

// standing says how far so many pending attempts have come.
func standing(s netmodel.Progress, count int) string {
	switch {
	case s == netmodel.ProgressQueued:
		return "in the queue at the end"
	case s == netmodel.ProgressPhantom && count == 1:
		return "believes that it is connected"
	case s == netmodel.ProgressPhantom:
		return "believe that they are connected"
	}
	return "still trying at the end"
}

// names lists who is in a group: "a, b and 12 more".
func (g *fateGroup) names(d *play.Done) string {
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
