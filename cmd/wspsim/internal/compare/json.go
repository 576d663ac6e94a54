package compare

import (
	"fmt"
	"io"

	"wspsim/cmd/wspsim/internal/report"
	"wspsim/netmodel"
)

// Schema names the form of the document that JSON writes.
const Schema = "wspsim.compare/v2"

type clientResults struct {
	Client  string         `json:"client"`
	Differs bool           `json:"differs"`
	Results []clientResult `json:"results"` // in the order of profiles
}

type clientResult struct {
	Outcome  string `json:"outcome"` // or the progress: trying, queued, phantom
	AtNS     int64  `json:"at_ns"`
	Attempts int    `json:"attempts"`
	Cause    string `json:"cause,omitempty"`
	Rule     string `json:"rule,omitempty"`
}

type divergence struct {
	Profile       string    `json:"profile"`
	Identical     bool      `json:"identical"`
	AtNS          int64     `json:"at_ns,omitempty"`
	RecordsBefore int       `json:"records_before"`
	Lines         [2]string `json:"lines"`
	Rules         [2]string `json:"rules"`
}

// JSON writes the comparison as one document.
func (c *Comparison) JSON(w io.Writer) error {
	p := c.Runs[0].Play
	profiles, results, divergences := []report.Object{}, []clientResults{}, []divergence{}
	for i := range c.Runs {
		d := c.Runs[i].Done
		profile := report.Object{}.With("name", d.Profile)
		if d.KernelSettings != nil {
			profile = profile.With("kernel", report.Settings(d.KernelSettings))
		}
		profile = append(profile, report.Figures(d)...)
		profiles = append(profiles, profile.With("hash", fmt.Sprintf("%016x", d.Hash)))
	}
	for _, o := range c.Clients {
		s := clientResults{Client: o.Name, Differs: o.Differs()}
		for _, v := range o.Results {
			s.Results = append(s.Results, clientResult{v.word(), int64(v.At), v.Attempts, v.Reason.Text, v.Reason.Rule})
		}
		results = append(results, s)
	}
	for _, v := range c.Divergences {
		divergences = append(divergences, divergence{v.Profile, v.Identical, int64(v.At), v.RecordsBefore, [2]string{v.First, v.Second}, v.Rules})
	}
	doc := report.Object{}.With("schema", Schema).With("model", netmodel.ModelVersion).With("scenario", p.Scenario.Name).With("seed", p.Seed)
	if p.Clients != "" {
		doc = doc.With("clients", p.Clients)
	}
	doc = doc.With("differ", c.Differ()).With("profiles", profiles).With("client_results", results).With("divergences", divergences)
	return report.WriteJSON(w, doc.With("reproduce", c.command()))
}

// word is the outcome, or how far a pending attempt has come.
func (s ClientResult) word() string {
	switch {
	case s.Attempts == 0:
		return "none"
	case s.Outcome == netmodel.OutcomePending:
		return s.Progress.String()
	}
	return s.Outcome.String()
}
