// Package compare runs one scenario under several profiles and finds where the runs
// differ.
package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/scenarios"
	"wspsim/sim"
)

// Comparison is one scenario under several profiles.
type Comparison struct {
	asked   *play.Play
	Runs    []Run
	Clients []Client // every client that connects
	Divergences
}

// Run is the run under one profile.
type Run struct {
	Play    *play.Play
	Done    *play.Done
	results map[string]ClientResult
	marks   []mark // the records that are compared
}

// Client is a client by name, with its result under each profile.
type Client struct {
	Name    string
	Results []ClientResult // in the order of the profiles
}

// Differs reports whether a client has different results under two profiles.
func (c *Client) Differs() bool {
	return slices.ContainsFunc(c.Results[1:], func(s ClientResult) bool { return s.end() != c.Results[0].end() })
}

// ClientResult is how the last attempt of a client ended, when, and what decided it.
type ClientResult struct {
	Outcome  netmodel.Outcome
	Progress netmodel.Progress
	At       sim.Time // when the client learned it; the end of the run if pending
	Attempts int
	Reason   Reason
}

// Reason is a decision in words, and the rule of the system that decided.
type Reason struct{ Text, Rule string }

type end struct {
	outcome  netmodel.Outcome
	progress netmodel.Progress
}

func (s ClientResult) end() end { return end{s.Outcome, s.Progress} }

// Divergences are where the runs under the other profiles differ first from the run
// under the first profile.
type Divergences []Divergence

// Divergence is where two runs differ first: a record that only one of them has at
// that instant.
type Divergence struct {
	Profile       string // the other one
	At            sim.Time
	First, Second string    // the lines; "" if the run has no further record
	Rules         [2]string // of the two records
	RecordsBefore int       // records before it, equal in both runs
	Identical     bool
}

// mark is what is compared of a record: when, what and to which client. The rule is
// not compared.
type mark struct {
	at     sim.Time
	client netmodel.ClientID
	kind   netmodel.Kind
	call   netmodel.Call
	failed bool
}

// mostRecords bounds the memory for the marks of a run.
const mostRecords = 2_000_000

// Play runs the scenario under each profile. A setting of a kernel goes to the
// profiles whose system has it; a setting that no profile has is an error. With strict
// it refuses a run that depends on an unknown value of a profile.
func Play(ctx context.Context, p *play.Play, names []string, strict bool, progress *screen.Progress) (*Comparison, error) {
	c := &Comparison{asked: p}
	plays, err := under(p, names)
	if err != nil {
		return nil, err
	}
	for _, q := range plays {
		if strict {
			if err := q.CheckKnown(ctx); err != nil {
				return nil, err
			}
		}
		r := Run{Play: q, results: map[string]ClientResult{}}
		r.Done, err = q.Run(ctx, play.Watch{Progress: progress, Record: func(n *netmodel.Network, rec netmodel.Record) {
			if len(r.marks) < mostRecords && counts(rec) {
				r.marks = append(r.marks, markOf(n, rec))
			}
		}})
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", q.Profile, err)
		}
		c.Runs = append(c.Runs, r)
	}
	c.clients()
	for i := range c.Runs[1:] {
		divergence, err := diverge(ctx, &c.Runs[0], &c.Runs[i+1], progress)
		if err != nil {
			return nil, err
		}
		c.Divergences = append(c.Divergences, divergence)
	}
	return c, nil
}

// under returns the play under each profile, with the settings that the profile has.
func under(p *play.Play, names []string) ([]*play.Play, error) {
	var plays []*play.Play
	known := make([]bool, len(p.Knobs))
	for i, name := range names {
		if err := play.CheckProfile(name); err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("profile %s is twice in --profile", name)
		}
		profile, _ := profiles.ByName(name)
		q := p.Under(name)
		q.Knobs = nil
		for k, set := range p.Knobs {
			_, knob := p.Scenario.Knob(set.Name)
			if _, err := profiles.Set(profile, set.Name, set.Value); !knob && errors.Is(err, profiles.ErrNoSuchSetting) {
				continue
			}
			known[k] = true
			q.Knobs = append(q.Knobs, set)
		}
		if err := q.Check(); err != nil {
			return nil, err
		}
		plays = append(plays, q)
	}
	if i := slices.Index(known, false); i >= 0 {
		q := p.Under(names[0])
		q.Knobs = p.Knobs[i : i+1]
		return nil, fmt.Errorf("%w, and no profile of %s has it", q.Check(), strings.Join(names, ", "))
	}
	return plays, nil
}

// counts reports whether a record counts when runs are compared. Calls that succeed
// and ends of connections do not count.
func counts(r netmodel.Record) bool {
	switch r.Kind {
	case netmodel.Called:
		return r.Call == netmodel.CallListen || r.Call == netmodel.CallAccept && r.Errno != 0 && r.Errno != winsock.WSAEWOULDBLOCK
	case netmodel.Closed, netmodel.Finished, netmodel.SlotFilled:
		return false
	}
	return true
}

func markOf(n *netmodel.Network, r netmodel.Record) mark {
	kind := r.Kind
	switch kind { // one queue and two queues: different records for the same thing
	case netmodel.CookieSent:
		kind = netmodel.RequestQueued
	}
	return mark{r.At, n.Result(r.Conn).Client, kind, r.Call, r.Errno != 0}
}

// clients gathers the results of every client.
func (c *Comparison) clients() {
	var order []string
	for i := range c.Runs {
		r := &c.Runs[i]
		for _, f := range r.Done.Attempts {
			name := r.Done.ClientName(f.Client)
			if _, met := r.results[name]; !met && !slices.ContainsFunc(c.Runs[:i], func(o Run) bool { _, met := o.results[name]; return met }) {
				order = append(order, name)
			}
			at := f.At
			if f.Outcome == netmodel.OutcomePending {
				at = r.Done.End
			}
			text, rule := profiles.ReasonOf(r.Done.Net, f)
			r.results[name] = ClientResult{f.Outcome, f.Progress, at, f.Attempt, Reason{text, rule}}
		}
	}
	for _, name := range order {
		client := Client{Name: name}
		for i := range c.Runs {
			client.Results = append(client.Results, c.Runs[i].results[name])
		}
		c.Clients = append(c.Clients, client)
	}
}

// Differ reports whether some client has different results under two profiles.
func (c *Comparison) Differ() bool {
	return slices.ContainsFunc(c.Clients, func(o Client) bool { return o.Differs() })
}

// diverge finds where a run differs first from another.
func diverge(ctx context.Context, a, b *Run, progress *screen.Progress) (Divergence, error) {
	same := 0
	for same < len(a.marks) && same < len(b.marks) && a.marks[same] == b.marks[same] {
		same++
	}
	p := Divergence{Profile: b.Play.Profile, RecordsBefore: same}
	if same == len(a.marks) && same == len(b.marks) {
		p.Identical = true
		return p, nil
	}
	p.At = sim.Forever
	for side, r := range []*Run{a, b} {
		if same == len(r.marks) {
			continue
		}
		p.At = min(p.At, r.marks[same].at)
		line, rule, err := r.line(ctx, same, progress)
		if err != nil {
			return p, err
		}
		p.Rules[side] = rule
		if side == 0 {
			p.First = line
		} else {
			p.Second = line
		}
	}
	return p, nil
}

// line repeats a run up to a record that counts, and returns the line and the rule
// of the record.
func (r *Run) line(ctx context.Context, number int, progress *screen.Progress) (string, string, error) {
	var printer *trace.Printer
	var line []byte
	rule := ""
	seen, done := 0, false
	_, err := r.Play.Run(ctx, play.Watch{Progress: progress, Broken: func() bool { return done }, Record: func(n *netmodel.Network, rec netmodel.Record) {
		if done {
			return
		}
		if printer == nil {
			printer = trace.NewPrinter(n)
			printer.Full = true
		}
		line = printer.Append(line[:0], rec)
		if counts(rec) {
			seen++
		}
		if seen > number {
			_, rule = profiles.ReasonIn(n, rec)
			done = true
		}
	}})
	if done && errors.Is(err, scenarios.ErrStopped) {
		err = nil
	}
	return strings.TrimSuffix(string(line), "\n"), rule, err
}
