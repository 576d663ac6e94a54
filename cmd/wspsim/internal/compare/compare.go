// Package compare plays one scenario under several profiles and says where they
// part.
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

// Comparison is the same crowd at several systems.
type Comparison struct {
	asked   *play.Play
	Runs    []Run
	Clients []Client // everybody who connects
	Partings
}

// Run is what one profile made of the crowd.
type Run struct {
	Play *play.Play
	Done *play.Done
	sees map[string]Sight
	same []mark // what happened, for comparing
}

// Client is a client by name, with what it saw under each profile.
type Client struct {
	Name   string
	Sights []Sight // in the order of the profiles
}

// Differs reports whether a client fared differently under two profiles.
func (c *Client) Differs() bool {
	return slices.ContainsFunc(c.Sights[1:], func(s Sight) bool { return s.end() != c.Sights[0].end() })
}

// Sight is what a client saw: how its last attempt ended, when, and what decided it.
type Sight struct {
	Outcome  netmodel.Outcome
	Standing netmodel.Progress
	At       sim.Time // when its client knew; of pending ones the end
	Attempts int
	Why      Reason
}

// Reason is the words of a decision, and the rule of the system that decided.
type Reason struct{ Text, Rule string }

type end struct {
	outcome  netmodel.Outcome
	standing netmodel.Progress
}

func (s Sight) end() end { return end{s.Outcome, s.Standing} }

// Partings are the places at which the runs under the other profiles part from
// the run under the first.
type Partings []Parting

// Parting is where two runs part: the first record that one has and the other has
// not at that instant.
type Parting struct {
	Profile       string // the other one
	At            sim.Time
	First, Second string // the lines, "" where a run has nothing more
	Rules         [2]string
	Same          int // records before it that both have
	Never         bool
}

// mark is what is compared of a record: when, what and to whom.
type mark struct {
	at     sim.Time
	client netmodel.ClientID
	kind   netmodel.Kind
	call   netmodel.Call
	failed bool
}

// mostRecords bounds what is kept of a run to find where others part from it.
const mostRecords = 2_000_000

// Play plays them all. Settings of a kernel go to the profiles whose system knows
// them; one that none knows is an error.
//
// strict refuses to run what depends on a value of a profile that nobody knows.
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
		r := Run{Play: q, sees: map[string]Sight{}}
		r.Done, err = q.Run(ctx, play.Watch{Progress: progress, Record: func(n *netmodel.Network, rec netmodel.Record) {
			if len(r.same) < mostRecords && counts(rec) {
				r.same = append(r.same, markOf(n, rec))
			}
		}})
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", q.Profile, err)
		}
		c.Runs = append(c.Runs, r)
	}
	c.clients()
	for i := range c.Runs[1:] {
		parting, err := part(ctx, &c.Runs[0], &c.Runs[i+1], progress)
		if err != nil {
			return nil, err
		}
		c.Partings = append(c.Partings, parting)
	}
	return c, nil
}

// under returns the play under each profile, with the settings that it knows.
func under(p *play.Play, names []string) ([]*play.Play, error) {
	var plays []*play.Play
	known := make([]bool, len(p.Knobs))
	for i, name := range names {
		if err := play.CheckProfile(name); err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("profile %s stands twice in --profile", name)
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
		return nil, fmt.Errorf("%w, and no profile of %s knows it", q.Check(), strings.Join(names, ", "))
	}
	return plays, nil
}

// counts reports whether a record counts when runs are compared: not what a
// program or a timer does by itself.
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
	switch kind { // the words of one-queue and two-queue listeners for the same thing
	case netmodel.CookieSent:
		kind = netmodel.RequestQueued
	}
	return mark{r.At, n.Result(r.Conn).Client, kind, r.Call, r.Errno != 0}
}

// clients gathers what everybody saw.
func (c *Comparison) clients() {
	var order []string
	for i := range c.Runs {
		r := &c.Runs[i]
		for _, f := range r.Done.Fates {
			name := r.Done.ClientName(f.Client)
			if _, met := r.sees[name]; !met && !slices.ContainsFunc(c.Runs[:i], func(o Run) bool { _, met := o.sees[name]; return met }) {
				order = append(order, name)
			}
			at := f.At
			if f.Outcome == netmodel.StillPending {
				at = r.Done.End
			}
			text, rule := profiles.ReasonOf(r.Done.Net, f)
			r.sees[name] = Sight{f.Outcome, f.Progress, at, f.Attempt, Reason{text, rule}}
		}
	}
	for _, name := range order {
		client := Client{Name: name}
		for i := range c.Runs {
			client.Sights = append(client.Sights, c.Runs[i].sees[name])
		}
		c.Clients = append(c.Clients, client)
	}
}

// Differ reports whether anybody fared differently under two of the profiles.
func (c *Comparison) Differ() bool {
	return slices.ContainsFunc(c.Clients, func(o Client) bool { return o.Differs() })
}

// part finds where a run parts from another.
func part(ctx context.Context, a, b *Run, progress *screen.Progress) (Parting, error) {
	same := 0
	for same < len(a.same) && same < len(b.same) && a.same[same] == b.same[same] {
		same++
	}
	p := Parting{Profile: b.Play.Profile, Same: same}
	if same == len(a.same) && same == len(b.same) {
		p.Never = true
		return p, nil
	}
	p.At = sim.Forever
	for side, r := range []*Run{a, b} {
		if same == len(r.same) {
			continue
		}
		p.At = min(p.At, r.same[same].at)
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

// line plays a run again up to a record that counts, and returns its line and
// rule.
func (r *Run) line(ctx context.Context, number int, progress *screen.Progress) (string, string, error) {
	var printer *trace.Printer
	var line []byte
	var rule string
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
