// Package live plays a scenario for a page that holds the simulator: the same function runs
// in the command and, compiled for the browser, in the page.
//
//   - play.go plays a scenario and describes the run.
//   - request.go has the form in which a page asks, coder.go that of the scenario in it.
//   - simulator/ is the program in the page; wasm.go has it as the command carries it.
package live

import (
	"errors"
	"strconv"

	"wspsim/netmodel"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios"
	"wspsim/sim"
)

// The limits of a run in a page.
const (
	MaxEvents  = 500_000
	maxClients = 20_000
)

// errTooLarge says what helps.
var errTooLarge = errors.New("the run is too large for a page: at most " + strconv.Itoa(recording.MaxRecords) + " records and " + strconv.Itoa(maxClients) + " clients; fewer clients help")

// Play runs a scenario and returns the run for a page. The error says what is wrong with the
// scenario or the options, or that the run is too large.
func Play(s scenarios.Scenario, o scenarios.Options) (recording.Run, error) {
	var c recording.Recorder
	var net *netmodel.Network
	records := 0
	o.MaxEvents, o.Segment = MaxEvents, c.Segment
	o.Record = func(n *netmodel.Network, r netmodel.Record) {
		net = n
		if records++; records <= recording.MaxRecords {
			c.Record(n, r)
		}
	}
	o.Stop = func(sim.Time, sim.Time) bool { return records > recording.MaxRecords }
	p, err := s.Prepare(o)
	if err != nil {
		return recording.Run{}, err
	}
	if p.Scenario.Load.Clients > maxClients {
		return recording.Run{}, errTooLarge
	}
	res, err := p.Run()
	switch {
	case records > recording.MaxRecords:
		return recording.Run{}, errTooLarge
	case err != nil:
		return recording.Run{}, err
	case net == nil:
		return recording.Run{}, errors.New("nothing happens in this run")
	}
	r := c.Run(net, p.Server)
	Describe(&r, &p, res)
	return r, nil
}

// Describe adds to a run what the network does not know.
func Describe(r *recording.Run, p *scenarios.Prepared, res *scenarios.Result) {
	s := &p.Scenario
	r.Scenario, r.Summary, r.Question = s.Name, s.Summary, s.Question
	r.Clients, r.Seed = p.Options.Clients, strconv.FormatUint(p.Options.Seed, 10)
	for i, k := range res.ChangedKnobs {
		if i > 0 {
			r.Changed += ", "
		}
		r.Changed += k.Name + "=" + k.Value
	}
	for _, k := range s.Knobs {
		r.Knobs = append(r.Knobs, recording.Setting{Name: k.Name, Value: k.Format(s.Value(k))})
	}
	for _, k := range p.KernelSettings {
		r.Knobs = append(r.Knobs, recording.Setting(k))
	}
	for _, group := range scenarios.Statistics() {
		for _, row := range group.Rows {
			r.Figures = append(r.Figures, recording.Figure{Name: group.Name + "." + row.Name, Value: row.Of(res)})
		}
	}
	l := res.Listener
	r.Backlog, r.InForce, r.Limit = l.Backlog, l.EffectiveBacklog, l.Limit
	r.Descriptors, r.Workers = s.Descriptors, s.Program.Workers
}
