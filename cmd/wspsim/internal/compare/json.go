package compare

import (
	"encoding/json"
	"fmt"
	"io"

	"wspsim/netmodel"
)

// Schema names the form of the document that JSON writes.
const Schema = "wspsim.compare/v1"

type document struct {
	Schema    string    `json:"schema"`
	Model     string    `json:"model"`
	Scenario  string    `json:"scenario"`
	Seed      uint64    `json:"seed"`
	Clients   string    `json:"clients,omitempty"` // the profile of their stack
	Differ    bool      `json:"differ"`
	Profiles  []profile `json:"profiles"`
	Sights    []sight   `json:"sights"`
	Partings  []parting `json:"partings"`
	Reproduce string    `json:"reproduce"`
}

type profile struct {
	Name     string            `json:"name"`
	Settings map[string]string `json:"settings,omitempty"` // of its kernel, that were changed
	Backlog  int               `json:"backlog"`
	Limit    int               `json:"limit"`
	Peak     int               `json:"peak_pending"`
	Outcomes outcomes          `json:"outcomes"`
	WaitNS   waits             `json:"wait_ns"`  // in the queue
	ReachNS  waits             `json:"reach_ns"` // from connect to accept
	Counters map[string]int    `json:"counters"`
	Hash     string            `json:"hash"`
}

type outcomes struct {
	Offered   int `json:"offered"`
	Accepted  int `json:"accepted"`
	Refused   int `json:"refused"`
	Reset     int `json:"reset"`
	TimedOut  int `json:"timed_out"`
	GaveUp    int `json:"gave_up"`
	Trying    int `json:"trying"`
	Queued    int `json:"queued"`
	Believing int `json:"believing"`
}

type waits struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

type sight struct {
	Client  string `json:"client"`
	Differs bool   `json:"differs"`
	Under   []seen `json:"under"` // in the order of profiles
}

type seen struct {
	Outcome  string `json:"outcome"` // also trying, queued, believing
	AtNS     int64  `json:"at_ns"`
	Attempts int    `json:"attempts"`
	Cause    string `json:"cause,omitempty"`
	Rule     string `json:"rule,omitempty"`
}

type parting struct {
	Profile string    `json:"profile"`
	Never   bool      `json:"never"`
	AtNS    int64     `json:"at_ns,omitempty"`
	Same    int       `json:"records_before"`
	Lines   [2]string `json:"lines"`
	Rules   [2]string `json:"rules"`
}

// JSON writes the comparison as one document.
func (c *Comparison) JSON(w io.Writer) error {
	p := c.Runs[0].Play
	d := document{
		Schema: Schema, Model: netmodel.ModelVersion, Scenario: p.Scenario.Name, Seed: p.Seed, Clients: p.Clients,
		Differ: c.Differ(), Reproduce: c.command(), Sights: []sight{}, Partings: []parting{},
	}
	for i := range c.Runs {
		d.Profiles = append(d.Profiles, profileOf(&c.Runs[i]))
	}
	for _, o := range c.Clients {
		s := sight{Client: o.Name, Differs: o.Differs()}
		for _, v := range o.Sights {
			s.Under = append(s.Under, seen{v.word(), int64(v.At), v.Attempts, v.Why.Text, v.Why.Rule})
		}
		d.Sights = append(d.Sights, s)
	}
	for _, v := range c.Partings {
		d.Partings = append(d.Partings, parting{v.Profile, v.Never, int64(v.At), v.Same, [2]string{v.First, v.Second}, v.Rules})
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(d)
}

func profileOf(r *Run) profile {
	l, o := &r.Done.Listener, &r.Done.Outcomes
	p := profile{
		Name: r.Play.Profile, Backlog: l.Effective, Limit: l.Limit, Peak: l.PeakPending,
		Outcomes: outcomes{o.Offered, o.Accepted, o.Refused, o.Reset, o.TimedOut, o.GaveUp, o.Trying, o.Queued, o.Believing},
		WaitNS:   waits{int64(r.Done.Waits.P50), int64(r.Done.Waits.P99), int64(r.Done.Waits.Max)},
		ReachNS:  waits{int64(r.Done.Reached.P50), int64(r.Done.Reached.P99), int64(r.Done.Reached.Max)},
		Counters: map[string]int{}, Hash: fmt.Sprintf("%016x", r.Done.Hash),
	}
	for _, n := range r.Done.Counters.List() {
		if n.Value != 0 {
			p.Counters[n.Name] = n.Value
		}
	}
	for _, set := range r.Done.Tuned {
		if p.Settings == nil {
			p.Settings = map[string]string{}
		}
		p.Settings[set.Name] = set.Value
	}
	return p
}

// word is the outcome, or how far a pending attempt has come.
func (s Sight) word() string {
	switch {
	case s.Attempts == 0:
		return "none"
	case s.Outcome == netmodel.StillPending:
		return s.Standing.String()
	}
	return s.Outcome.String()
}
