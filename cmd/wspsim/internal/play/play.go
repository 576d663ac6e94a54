// Package play runs what the user asked for, and writes the command line for it.
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
	Scenario  scenarios.Scenario // with the arrivals of the user, if any; knobs at their defaults
	Profile   string
	Clients   string // the profile of the clients' stack, "" = that of the server
	Seed      uint64
	Knobs     []scenarios.Setting // set by the user: knobs of the scenario, settings of the kernel
	Inputs    []string            // what somebody does during the run, as scenarios.WithInputs reads it
	Arrivals  Arrivals
	MaxEvents uint64 // 0 = scenarios.DefaultMaxEvents
	prepared  *scenarios.Prepared
}

// Arrivals is where a series of arrivals came from. The zero value is none.
type Arrivals struct {
	File   string
	Column string // of a CSV file, "" = its only one
	Hash   uint64 // of the bytes of the file
}

// Source returns where the arrivals came from, in words.
func (a Arrivals) Source() string {
	if a.File == StandardInput {
		return "standard input"
	}
	return a.File
}

// Flags returns the flags that ask for the arrivals again, as a shell takes them, "" for
// none.
func (a Arrivals) Flags() string { return shellLine(a.flags()) + a.redirection() }

func (a Arrivals) flags() []string {
	switch {
	case a.File == "":
		return nil
	case a.Column == "":
		return []string{"--arrivals", a.File}
	}
	return []string{"--arrivals", a.File, "--column", a.Column}
}

// redirection ends a command line whose arrivals were the standard input. The name says
// that the line does not work before somebody has stored them.
func (a Arrivals) redirection() string {
	if a.File == StandardInput {
		return " < ARRIVALS"
	}
	return ""
}

// Watch is what a caller wants to see of a run.
type Watch struct {
	Lines    int // of the trace, for Result.Lines
	Record   func(*netmodel.Network, netmodel.Record)
	Segment  func(*netmodel.Network, netmodel.Transmission)
	Progress *screen.Progress
	Broken   func() bool // whether to stop the run early, asked now and then; nil = never
}

// Done is a run that has ended, with what reports need.
type Done struct {
	*scenarios.Result
	Prepared   *scenarios.Prepared        // what was run
	Net        *netmodel.Network          // nil if nothing happened
	Statistics []scenarios.StatisticGroup // the figures that reports show
}

// ClientName names a client of the run.
func (d *Done) ClientName(id netmodel.ClientID) string { return d.Net.ClientName(id) }

// Prepared returns the scenario with the knobs set and the profiles with the kernel
// set. It prepares once: a caller does not change the fields of the play afterwards.
func (p *Play) Prepared() (*scenarios.Prepared, error) {
	if p.prepared == nil {
		prepared, err := p.Scenario.Prepare(p.options())
		if err != nil {
			return nil, err
		}
		p.prepared = &prepared
	}
	return p.prepared, nil
}

func (p *Play) options() scenarios.Options {
	return scenarios.Options{Profile: p.Profile, Clients: p.Clients, Seed: p.Seed, Knobs: p.Knobs, Inputs: p.Inputs, MaxEvents: p.MaxEvents}
}

// Run runs the play. It returns scenarios.ErrStopped if the context is done, or the
// watch is broken, before the run ends.
func (p *Play) Run(ctx context.Context, w Watch) (*Done, error) {
	prepared, err := p.Prepared()
	if err != nil {
		return nil, err
	}
	done := &Done{Prepared: prepared, Statistics: scenarios.Statistics()}
	watched := *prepared
	o := &watched.Options
	o.Lines = w.Lines
	o.Record = func(n *netmodel.Network, r netmodel.Record) {
		done.Net = n
		if w.Record != nil {
			w.Record(n, r)
		}
	}
	o.Segment = w.Segment
	o.Stop = func(now, end sim.Time) bool {
		if w.Progress != nil {
			w.Progress.Show(func() string {
				return fmt.Sprintf("%s: %s of %s, %s", p.Scenario.Name, words.Instant(now), words.Instant(end), words.Percent(int64(now), int64(end)))
			})
		}
		return ctx.Err() != nil || w.Broken != nil && w.Broken()
	}
	result, err := watched.Run()
	if w.Progress != nil {
		w.Progress.Clear()
	}
	if err != nil {
		return nil, explained(err)
	}
	done.Result = result
	return done, nil
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

// Command returns the command line that asks for the same again, with all defaults.
func (p *Play) Command(verb string, more ...string) string {
	return p.command(true, verb, more)
}

// Brief returns the shortest command line that asks for the same.
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
	for _, set := range p.changed() {
		if set.Name == "backlog" {
			line = append(line, "--backlog", set.Value)
		} else {
			line = append(line, "--set", set.Name+"="+set.Value)
		}
	}
	for _, do := range p.Inputs {
		line = append(line, "--do", do)
	}
	line = append(line, p.Arrivals.flags()...)
	if p.MaxEvents != 0 {
		line = append(line, "--max-events", strconv.FormatUint(p.MaxEvents, 10))
	}
	return shellLine(append(line, more...)) + p.Arrivals.redirection()
}

func shellLine(line []string) string {
	var quoted []string
	for _, word := range line {
		quoted = append(quoted, words.Shell(word))
	}
	return strings.Join(quoted, " ")
}

// changed returns the knobs and settings whose value is not the default.
func (p *Play) changed() []scenarios.Setting {
	prepared, err := p.Prepared()
	if err != nil {
		return nil
	}
	var changed []scenarios.Setting
	for i, k := range p.Scenario.Knobs {
		if set := prepared.Knobs[i]; set.Value != k.Format(p.Scenario.Value(k)) {
			changed = append(changed, scenarios.Setting{Name: k.Name, Value: words.Micro(set.Value)})
		}
	}
	for _, set := range p.Knobs {
		if _, knob := p.Scenario.Knob(set.Name); !knob && slices.Contains(prepared.KernelSettings, set) {
			changed = append(changed, set)
		}
	}
	return changed
}

// SettingsText writes settings as --set takes them, with commas between them.
func SettingsText(settings []scenarios.Setting) string {
	var all []string
	for _, set := range settings {
		all = append(all, set.Name+"="+set.Value)
	}
	return strings.Join(all, ", ")
}

// With returns the play with a knob at another value.
func (p *Play) With(name, value string) *Play {
	q := *p
	q.Knobs, q.prepared = nil, nil
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
	q.Profile, q.prepared = profile, nil
	return &q
}
