package scenarios

import "wspsim/netmodel"

// Expectation is a claim about a run. It is about the result of a client's last
// attempt, or about a statistic.
type Expectation struct {
	For     string // the profile that the claim is about; "" = each of Scenario.Profiles
	Client  string // the client that the claim is about; "" = the claim is about Statistic
	Outcome netmodel.Outcome
	// Progress of the attempt, if Outcome is pending; ProgressDecided = any.
	Progress netmodel.Progress
	// Statistic is the path of a figure, such as "listener.refused_syns" (Statistics).
	// The figure lies between Min and Max, in its unit.
	Statistic string
	Min       int64
	Max       int64
	// Always: the claim holds under every profile and every setting of the knobs.
	// Other claims are judged only under Scenario.Profiles, with the knobs untouched.
	Always bool
}

// Judged is an Expectation with what came out.
type Judged struct {
	Expectation Expectation
	Claim       string // in words
	Got         string
	Held        bool
}

// claim says an expectation in words.
func (e Expectation) claim() string {
	switch {
	case e.Client != "" && e.Progress != netmodel.ProgressDecided:
		return e.Client + progressInClaim(e.Progress)
	case e.Client != "" && e.Outcome == netmodel.OutcomePending:
		return e.Client + " is still pending"
	case e.Client != "":
		return e.Client + " " + outcomeInClaim(e.Outcome)
	}
	row, words, _ := statistic(e.Statistic)
	if e.Min == e.Max {
		return words + " = " + row.Unit.Format(e.Min)
	}
	return words + " = " + row.Unit.Format(e.Min) + ".." + row.Unit.Format(e.Max)
}

func outcomeInClaim(o netmodel.Outcome) string {
	switch o {
	case netmodel.OutcomeTimedOut, netmodel.OutcomeGaveUp:
		return o.String()
	}
	return "is " + o.String()
}

func progressInClaim(s netmodel.Progress) string {
	switch s {
	case netmodel.ProgressPhantom:
		return " is a phantom"
	case netmodel.ProgressQueued:
		return " is queued"
	}
	return " is still trying"
}

// met reports whether an attempt ended as expected, and says how it ended.
func (e Expectation) met(f netmodel.AttemptResult) (got string, held bool) {
	got = f.Outcome.String()
	if e.Progress != netmodel.ProgressDecided && f.Outcome == netmodel.OutcomePending {
		got = f.Progress.String()
	}
	return got, f.Outcome == e.Outcome && (e.Progress == netmodel.ProgressDecided || e.Progress == f.Progress)
}
