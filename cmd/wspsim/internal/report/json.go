package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

// Schema names the form of the document that JSON writes.
const Schema = "wspsim.run/v1"

// document is a run as other programs read it. The order of the keys is fixed.
type document struct {
	Schema       string     `json:"schema"`
	Model        string     `json:"model"`
	Scenario     string     `json:"scenario"`
	Profile      string     `json:"profile"`
	Clients      string     `json:"clients,omitempty"`
	Seed         uint64     `json:"seed"`
	Knobs        settings   `json:"knobs"`
	Kernel       settings   `json:"kernel,omitempty"`
	Arrivals     *arrivals  `json:"arrivals,omitempty"`
	VirtualNS    int64      `json:"virtual_ns"`
	Events       uint64     `json:"events"`
	Listener     listener   `json:"listener"`
	Outcomes     outcomes   `json:"outcomes"`
	WaitNS       waits      `json:"wait_ns"`
	ReachNS      waits      `json:"reach_ns"`
	Counters     counters   `json:"counters"`
	Expectations []expected `json:"expectations"`
	Verdict      string     `json:"verdict"`
	Hash         string     `json:"hash"`
	Reproduce    string     `json:"reproduce"`
}

type arrivals struct {
	File   string `json:"file"`
	Column string `json:"column,omitempty"`
	Hash   string `json:"hash"`
}

type listener struct {
	Asked       int `json:"asked"`
	Effective   int `json:"effective"`
	Limit       int `json:"limit"`
	Pending     int `json:"pending"`
	HalfOpen    int `json:"half_open"`
	PeakPending int `json:"peak_pending"`
	Trimmed     int `json:"trimmed"`
	RefusedSYNs int `json:"refused_syns"`
	IgnoredSYNs int `json:"ignored_syns"`
	IgnoredACKs int `json:"ignored_acks"`
	Late        int `json:"late"`
	Expired     int `json:"expired"`
	Failures    int `json:"failures"`
	Gone        int `json:"gone"`
}

type outcomes struct {
	Offered  int `json:"offered"`
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	Reset    int `json:"reset"`
	TimedOut int `json:"timed_out"`
	GaveUp   int `json:"gave_up"`
	Pending  int `json:"pending"`
	// What the pending ones stand at.
	Trying    int `json:"trying"`
	Queued    int `json:"queued"`
	Believing int `json:"believing"`
}

// counters is an object with those that are not zero, in the order of nstat.
type counters []trace.Counter

func (c counters) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for _, n := range c {
		if n.Value == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(strconv.AppendQuote(b, n.Name), ':'), int64(n.Value), 10)
	}
	return append(b, '}'), nil
}

type waits struct {
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p999"`
	Max  int64 `json:"max"`
	Mean int64 `json:"mean"`
}

type expected struct {
	Claim string `json:"claim"`
	Got   string `json:"got"`
	Held  bool   `json:"held"`
}

// settings is an object with the knobs in the order of the scenario: counts as
// numbers, durations and chances as the text that --set takes.
type settings []scenarios.Setting

func (s settings) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, set := range s {
		if i > 0 {
			b = append(b, ',')
		}
		value := any(words.Micro(set.Value))
		if n, err := strconv.ParseInt(set.Value, 10, 64); err == nil {
			value = n
		}
		name, err := json.Marshal(set.Name)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), text...)
	}
	return append(b, '}'), nil
}

func documentOf(p *play.Play, d *play.Done) document {
	l, o := &d.Listener, &d.Outcomes
	doc := document{
		Schema: Schema, Model: netmodel.ModelVersion,
		Scenario: d.Scenario, Profile: d.Profile, Clients: d.Clients, Seed: d.Seed, Knobs: settings(d.Knobs), Kernel: settings(d.Tuned),
		VirtualNS: int64(d.End), Events: d.Events,
		Listener: listener{
			l.Asked, l.Effective, l.Limit, l.Pending, l.HalfOpen, l.PeakPending, l.Trimmed, l.RefusedSYNs, l.IgnoredSYNs, l.IgnoredACKs,
			l.Late, l.Expired, l.Failures, l.Gone,
		},
		Outcomes:     outcomes{o.Offered, o.Accepted, o.Refused, o.Reset, o.TimedOut, o.GaveUp, o.Pending, o.Trying, o.Queued, o.Believing},
		Counters:     d.Counters.List(),
		WaitNS:       waitsOf(&d.Waits),
		ReachNS:      waitsOf(&d.Reached),
		Expectations: []expected{},
		Verdict:      d.Verdict.String(), Hash: fmt.Sprintf("%016x", d.Hash), Reproduce: p.Command("run"),
	}
	if a := p.Arrivals; a.File != "" {
		doc.Arrivals = &arrivals{a.File, a.Column, fmt.Sprintf("%016x", a.Hash)}
	}
	for _, j := range d.Judged {
		doc.Expectations = append(doc.Expectations, expected{j.Claim, j.Got, j.Held})
	}
	return doc
}

func waitsOf(w *scenarios.Waits) waits {
	return waits{int64(w.P50), int64(w.P90), int64(w.P99), int64(w.P999), int64(w.Max), int64(w.Mean)}
}

// JSON writes a run as one document.
func JSON(w io.Writer, p *play.Play, d *play.Done) error {
	return writeJSON(w, documentOf(p, d))
}

// writeJSON writes a value as an indented document.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
