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
	// How far it has come, if its outcome is pending; ProgressDecided = no matter.
	Standing netmodel.Progress
	Measure  Measure // otherwise about this number: Min to Max
	Min      int64
	Max      int64
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
	// What the pending ones stand at: see netmodel.Standing.
	MeasureTrying
	MeasureQueued
	MeasureBelieving
	MeasureHalfOpen    // at the end
	MeasureIgnoredACKs // final ACKs and data that found the accept queue full
	MeasureCookies     // SYNs that a SYN cookie answered
	MeasureEvicted     // half-open connections that made room for newer ones
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
	case MeasureTrying:
		return "trying"
	case MeasureQueued:
		return "queued"
	case MeasureBelieving:
		return "believing"
	case MeasureHalfOpen:
		return "half-open at the end"
	case MeasureIgnoredACKs:
		return "ignored ACKs"
	case MeasureCookies:
		return "SYN cookies"
	case MeasureEvicted:
		return "evicted"
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
	case e.Client != "" && e.Standing != netmodel.ProgressDecided:
		return e.Client + standingInClaim(e.Standing)
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

func standingInClaim(s netmodel.Progress) string {
	switch s {
	case netmodel.ProgressPhantom:
		return " believes that it is connected"
	case netmodel.ProgressQueued:
		return " is queued"
	}
	return " is still trying"
}

// met reports whether a fate is the one that was expected, and says what it is.
func (e Expectation) met(f netmodel.AttemptResult) (got string, held bool) {
	got = f.Outcome.String()
	if e.Standing != netmodel.ProgressDecided && f.Outcome == netmodel.StillPending {
		got = f.Progress.String()
	}
	return got, f.Outcome == e.Outcome && (e.Standing == netmodel.ProgressDecided || e.Standing == f.Progress)
}
