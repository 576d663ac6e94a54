// Package play runs what the user asked for and says how to ask for it again.
package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/scenarios"
	"wspsim/sim"
)

// DefaultSeed is the seed of a run if nobody says: that of the goldens and of
// the known hashes, so that everybody looks at the same runs.
const DefaultSeed = 1

// Play is one run, as it was asked for.
type Play struct {
	Scenario  scenarios.Scenario // with the arrivals of the user, if there are any; knobs not turned
	Profile   string
	Clients   string // the profile of the clients' stack, "" = that of the server
	Seed      uint64
	Knobs     []scenarios.Setting // turned by the user: knobs of the scenario, settings of the kernel
	Arrivals  Arrivals
	MaxEvents uint64 // 0 = scenarios.DefaultMaxEvents
}

// Arrivals is where a series of arrivals came from. The zero value is none.
type Arrivals struct {
	File   string
	Column string // of a CSV file, "" = its only one
	Hash   uint64 // of the bytes of the file
}

// Watch is what somebody wants to see of a run.
type Watch struct {
	Lines    int // of the story, for Result.Lines
	Record   func(*netmodel.Network, netmodel.Record)
	Progress *screen.Progress
	Broken   func() bool // whether there is no point in going on, asked now and then; nil = never
}

// Done is a run that has ended.
type Done struct {
	*scenarios.Result
	Net *netmodel.Network // nil if nothing happened at all
}

// ClientName names a client of the run.
func (d *Done) ClientName(id netmodel.ClientID) string { return d.Net.ClientName(id) }

// Turned returns the scenario with the knobs turned.
func (p *Play) Turned() (scenarios.Scenario, error) {
	prepared, err := p.Prepared()
	return prepared.Scenario, err
}

// Prepared returns what is to be run: the scenario with the knobs turned, and
// the profiles with the kernel set.
func (p *Play) Prepared() (scenarios.Prepared, error) { return p.Scenario.Prepare(p.options()) }

func (p *Play) options() scenarios.Options {
	return scenarios.Options{Profile: p.Profile, Clients: p.Clients, Seed: p.Seed, Knobs: p.Knobs, MaxEvents: p.MaxEvents}
}

// Run plays it. It returns scenarios.ErrStopped if the context is done, or the
// watch is broken, before the run ends.
func (p *Play) Run(ctx context.Context, w Watch) (*Done, error) {
	done := &Done{}
	o := p.options()
	o.Lines = w.Lines
	o.Record = func(n *netmodel.Network, r netmodel.Record) {
		done.Net = n
		if w.Record != nil {
			w.Record(n, r)
		}
	}
	o.Stop = func(now, end sim.Time) bool {
		if w.Progress != nil {
			w.Progress.Show(func() string {
				return fmt.Sprintf("%s: %s of %s, %s", p.Scenario.Name, words.Instant(now), words.Instant(end), words.Percent(int64(now), int64(end)))
			})
		}
		return ctx.Err() != nil || w.Broken != nil && w.Broken()
	}
	result, err := scenarios.Run(p.Scenario, o)
	if w.Progress != nil {
		w.Progress.Clear()
	}
	if err != nil {
		return nil, explained(err)
	}
	done.Result = result
	return done, nil
}

// CheckKnown says which values the run depends on that nobody knows, if there are
// any, as scenarios.CheckKnown does.
func (p *Play) CheckKnown(ctx context.Context) error {
	o := p.options()
	o.Stop = func(sim.Time, sim.Time) bool { return ctx.Err() != nil }
	return scenarios.CheckKnown(p.Scenario, o)
}

// explained adds to an error of a run what the user can do about it.
func explained(err error) error {
	var stalled *sim.StalledError
	switch {
	case errors.As(err, &stalled):
		return fmt.Errorf("%w; a delay above zero somewhere would let the time go on", err)
	case errors.Is(err, scenarios.ErrTooLong):
		return fmt.Errorf("%w (--max-events)", err)
	}
	return err
}

// Command returns the command line that asks for the same again, whatever
// defaults may become.
func (p *Play) Command(verb string, more ...string) string {
	return p.command(true, verb, more)
}

// Brief returns the shortest command line that asks for the same now.
func (p *Play) Brief(verb string, more ...string) string {
	return p.command(false, verb, more)
}

func (p *Play) command(whole bool, verb string, more []string) string {
	line := []string{"wspsim", verb, p.Scenario.Name}
	if whole || p.Profile != p.Scenario.Profiles[0] {
		line = append(line, "--profile", p.Profile)
	}
	if p.Clients != "" {
		line = append(line, "--clients", p.Clients)
	}
	if whole || p.Seed != DefaultSeed {
		line = append(line, "--seed", strconv.FormatUint(p.Seed, 10))
	}
	line = append(line, p.settings()...)
	if p.Arrivals.File != "" {
		line = append(line, "--arrivals", p.Arrivals.File)
		if p.Arrivals.Column != "" {
			line = append(line, "--column", p.Arrivals.Column)
		}
	}
	if p.MaxEvents != 0 {
		line = append(line, "--max-events", strconv.FormatUint(p.MaxEvents, 10))
	}
	line = append(line, more...)
	for i, word := range line {
		line[i] = words.Shell(word)
	}
	return strings.Join(line, " ")
}

// settings returns the flags that turn the knobs, those that stand where they
// stood anyway left out.
func (p *Play) settings() []string {
	prepared, err := p.Prepared()
	if err != nil {
		return nil
	}
	turned := prepared.Scenario
	var flags []string
	for _, k := range turned.Knobs {
		value := turned.Value(k)
		text := words.Micro(k.Format(value))
		switch {
		case value == p.Scenario.Value(k):
		case k.Name == "backlog":
			flags = append(flags, "--backlog", text)
		default:
			flags = append(flags, "--set", k.Name+"="+text)
		}
	}
	for _, set := range p.Knobs {
		if _, knob := turned.Knob(set.Name); !knob && slices.Contains(prepared.Tuned, set) {
			flags = append(flags, "--set", set.Name+"="+set.Value)
		}
	}
	return flags
}

// With returns the play with one more knob turned, in place of what the knob
// was turned to before.
func (p *Play) With(name, value string) *Play {
	q := *p
	q.Knobs = nil
	for _, set := range p.Knobs {
		if set.Name != name {
			q.Knobs = append(q.Knobs, set)
		}
	}
	q.Knobs = append(q.Knobs, scenarios.Setting{Name: name, Value: value})
	return &q
}

// Under returns the play under another profile.
func (p *Play) Under(profile string) *Play {
	q := *p
	q.Profile = profile
	return &q
}
