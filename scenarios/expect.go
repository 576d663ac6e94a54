package scenarios

import (
	"fmt"

	"wspsim/netmodel"
)

// Expectation is a claim about a run: about the outcome of one client's last
// attempt, or about a number that was measured.
type Expectation struct {
	For     string // the profile that it is about; "" = every one that the scenario is about
	Client  string // about this client: Outcome
	Outcome netmodel.Outcome
	Measure Measure // otherwise about this number: Min to Max
	Min     int64
	Max     int64
	// It holds whatever the profile and the knobs are. Others are judged only under
	// a profile that the scenario is about, while every knob stands where the lesson
	// was written for.
	Always bool
}

// Measure names a number of a Result.
type Measure uint8

// The measures, all counts. Those of Outcomes count attempts.
const (
	MeasureOffered Measure = iota
	MeasureAccepted
	MeasureRefused
	MeasureReset
	MeasureTimedOut
	MeasureGaveUp
	MeasurePending
	MeasureLimit
	MeasurePeakPending
	MeasureTrimmed
	MeasureRefusedSYNs
	MeasureIgnoredSYNs
	MeasureExpired  // half-open connections that never completed
	MeasureLate     // accepted after at least one refusal of the same attempt
	MeasureFailures // calls of the server's program that failed, other than WSAEWOULDBLOCK
	measureCount
)

// String returns the name of the measure in words.
func (m Measure) String() string {
	switch m {
	case MeasureOffered:
		return "offered"
	case MeasureAccepted:
		return "accepted"
	case MeasureRefused:
		return "refused"
	case MeasureReset:
		return "reset"
	case MeasureTimedOut:
		return "timed out"
	case MeasureGaveUp:
		return "gave up"
	case MeasurePending:
		return "pending"
	case MeasureLimit:
		return "limit"
	case MeasurePeakPending:
		return "peak pending"
	case MeasureTrimmed:
		return "trimmed"
	case MeasureRefusedSYNs:
		return "refused SYNs"
	case MeasureIgnoredSYNs:
		return "ignored SYNs"
	case MeasureExpired:
		return "expired handshakes"
	case MeasureLate:
		return "late successes"
	case MeasureFailures:
		return "failed calls"
	}
	return "?"
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
	case e.Client != "" && e.Outcome == netmodel.StillPending:
		return e.Client + " is still pending"
	case e.Client != "":
		return e.Client + " " + outcomeInClaim(e.Outcome)
	case e.Min == e.Max:
		return fmt.Sprintf("%v = %d", e.Measure, e.Min)
	}
	return fmt.Sprintf("%v = %d..%d", e.Measure, e.Min, e.Max)
}

func outcomeInClaim(o netmodel.Outcome) string {
	switch o {
	case netmodel.OutcomeTimedOut, netmodel.OutcomeGaveUp:
		return o.String()
	}
	return "is " + o.String()
}
