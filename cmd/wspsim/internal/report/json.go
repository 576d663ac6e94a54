package report

import (
	"fmt"
	"io"
	"strconv"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// Schema names the form of the document that JSON writes.
const Schema = "wspsim.run/v2"

// documentOf returns a run as other programs read it.
func documentOf(p *play.Play, d *play.Done) Object {
	doc := Object{
		{"schema", Schema}, {"model", netmodel.ModelVersion}, {"scenario", d.Scenario}, {"profile", d.Profile},
	}
	if d.Clients != "" {
		doc = doc.With("clients", d.Clients)
	}
	doc = doc.With("seed", d.Seed).With("knobs", Settings(d.Knobs))
	if d.KernelSettings != nil {
		doc = doc.With("kernel", Settings(d.KernelSettings))
	}
	if p.Inputs != nil {
		doc = doc.With("inputs", p.Inputs)
	}
	if a := p.Arrivals; a.File != "" {
		arrivals := Object{{"file", a.File}}
		if a.Column != "" {
			arrivals = arrivals.With("column", a.Column)
		}
		doc = doc.With("arrivals", arrivals.With("hash", fmt.Sprintf("%016x", a.Hash)))
	}
	doc = append(doc.With("virtual_ns", int64(d.End)).With("events", d.Events), Figures(d)...)
	expectations := []Object{}
	for _, j := range d.Judged {
		expectations = append(expectations, Object{{"claim", j.Claim}, {"got", j.Got}, {"held", j.Held}})
	}
	doc = doc.With("expectations", expectations).With("verdict", d.Verdict.String()).
		With("hash", fmt.Sprintf("%016x", d.Hash)).With("reproduce", p.Command("run"))
	if p.Arrivals.File == "" { // the address of a page holds no file
		doc = doc.With("state", p.Moment().String())
	}
	return doc
}

// Figures returns the statistics of a run, an object a group, and what the server's
// TCP has counted, zeros left out.
func Figures(d *play.Done) Object {
	var all Object
	for _, group := range d.Statistics {
		figures := Object{}
		for _, row := range group.Rows {
			figures = figures.With(row.Name, number(row, d.Result))
		}
		all = all.With(group.Name, figures)
	}
	counters := Object{}
	for _, n := range d.Counters.List() {
		if n.Value != 0 {
			counters = counters.With(n.Name, n.Value)
		}
	}
	return all.With("counters", counters)
}

// number returns a figure as a JSON number: counts and nanoseconds as they are, a
// ratio as a fraction.
func number(row scenarios.Statistic, r *scenarios.Result) any {
	value := row.Of(r)
	if row.Unit == scenarios.UnitRatio {
		return float64(value) / 1e6
	}
	return value
}

// Settings returns an object of settings: counts as numbers, durations and ratios
// as the text that --set takes.
func Settings(settings []scenarios.Setting) Object {
	all := Object{}
	for _, set := range settings {
		value := any(words.Micro(set.Value))
		if n, err := strconv.ParseInt(set.Value, 10, 64); err == nil {
			value = n
		}
		all = all.With(set.Name, value)
	}
	return all
}

// JSON writes a run as one document.
func JSON(w io.Writer, p *play.Play, d *play.Done) error {
	return WriteJSON(w, documentOf(p, d))
}
