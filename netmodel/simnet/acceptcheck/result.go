package acceptcheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is the verdict on a server after one incident.
type Verdict uint8

// The verdicts. All but Recovered and NotMet are failures.
const (
	Recovered Verdict = iota // the server serves again and lost no connection; or it returned after the close
	Died                     // the server returned although its listener was open
	Spun                     // the server called Accept again and again without a pause
	Lost                     // a connection waited and was never served
	Stuck                    // the server accepts no more, or did not return when its listener was closed
	NotMet                   // calls of Accept had to fail, but the server made none in that time
)

// String returns the verdict in a word: "recovered", "died", "spun", "lost", "stuck" or "not met".
func (v Verdict) String() string {
	switch v {
	case Died:
		return "died"
	case Spun:
		return "spun"
	case Lost:
		return "lost"
	case Stuck:
		return "stuck"
	case NotMet:
		return "not met"
	}
	return "recovered"
}

// Result is the result of one incident for a server.
type Result struct {
	Incident string // its name, such as "EMFILE"
	What     string // what happens in it, in a sentence
	System   string // the name of the profile of the server
	// Package net hides the error of this incident from programs on that system. The verdict
	// counts for a server whose listener calls accept(2) itself. For a server on a
	// net.TCPListener the verdict is no failure.
	Hidden  bool
	Verdict Verdict
	Why     string        // why the verdict matters; empty for Recovered
	Fix     string        // how to fix the server; empty for Recovered and NotMet
	Err     error         // what serve returned
	Fails   int           // calls of Accept that failed; a deadline set by the server does not count
	Rate    int           // the most calls of Accept that failed in 1 s of virtual time, deadlines included
	Lost    int           // connections that waited and were never served
	After   time.Duration // virtual time from the end of the incident to the next served connection
	Stopped bool          // the listener was closed; After is how long the server took to return
	Waited  bool          // the server returned only after the idle clients had left
	// The state of the server at the end.
	Open      int // accepted connections that the server has not closed
	Waiting   int // connections in the queue
	Accepting int // calls of Accept that wait
	// Goroutines that the server has left behind and that wait or sleep for ever, by the name
	// of their function. They are no failure.
	Left []string

	roomFor int // open connections when the listener was closed and the server still accepted; 0 = not known
}

// OK reports whether the result is no failure: the verdict is Recovered or NotMet, or package net
// hides the error of the incident.
func (r Result) OK() bool { return r.Verdict == Recovered || r.Verdict == NotMet || r.Hidden }

// String returns the result on one line. Lines below it say why it matters and how to fix the
// server.
func (r Result) String() string { return r.text(r.Fix) }

// text is String with another text about the fix.
func (r Result) text(fix string) string {
	b := fmt.Sprintf("%-24s %-9s %s", r.Incident, r.Verdict, r.happened())
	if r.Hidden && r.Verdict != Recovered && r.Verdict != NotMet {
		b += "; package net hides this error, so this is no failure on a net.TCPListener"
	}
	if r.Why != "" {
		b += "\n\twhy:  " + r.Why
	}
	if fix != "" {
		b += "\n\tfix:  " + fix
	}
	return b
}

// happened describes what the server did.
func (r Result) happened() string {
	switch r.Verdict {
	case Died:
		return fmt.Sprintf("Serve returned: %v", r.Err)
	case Spun:
		return count(r.Rate, "failed accept") + " in one second, or more"
	case Lost:
		return fmt.Sprintf("%s waited, never served; %s", count(r.Lost, "connection"), r.state())
	case NotMet:
		return "the server made no call of Accept that could fail"
	case Stuck:
		if r.Stopped {
			return fmt.Sprintf("did not return for %v after its listener was closed; %s", r.After.Round(time.Second), r.state())
		}
		return fmt.Sprintf("served no connection for %v; %s", recoveryLimit, r.state())
	}
	switch {
	case r.Waited:
		return fmt.Sprintf("returned %v after its listener was closed, when its idle clients had left", r.After.Round(time.Microsecond)) + r.unlimited()
	case r.Stopped:
		return fmt.Sprintf("returned %v after its listener was closed", r.After.Round(time.Microsecond)) + r.unlimited()
	}
	b := ""
	if r.Fails > 0 {
		b = fmt.Sprintf("%s, at most %d in one second; ", count(r.Fails, "failed accept"), r.Rate)
	}
	return b + fmt.Sprintf("served again %v after the incident", r.After.Round(time.Microsecond))
}

// unlimited says that no limit of connections was reached, if that is known.
func (r Result) unlimited() string {
	if r.roomFor == 0 {
		return ""
	}
	return fmt.Sprintf("; with %d connections open it still accepted, so no limit of connections was reached", r.roomFor)
}

// state describes the state of the server at the end.
func (r Result) state() string {
	accepting := "no goroutine calls Accept"
	if r.Accepting > 0 {
		accepting = "Accept waits"
	}
	return fmt.Sprintf("%s at the server, %d in the queue, %s", count(r.Open, "open connection"), r.Waiting, accepting)
}

// count returns a number with its noun.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Report is the results of a run, in the order of Incidents.
type Report []Result

// Failed returns the results that are failures: those for which OK is false.
func (r Report) Failed() Report {
	var failed Report
	for _, x := range r {
		if !x.OK() {
			failed = append(failed, x)
		}
	}
	return failed
}

// Result returns the result of the incident with a name. ok is false if there is none.
func (r Report) Result(incident string) (result Result, ok bool) {
	for _, x := range r {
		if x.Incident == incident {
			return x, true
		}
	}
	return Result{}, false
}

// String returns the report as a table. The goroutines that the server left behind follow.
func (r Report) String() string {
	var b strings.Builder
	var left []string
	first := map[string]string{} // by fix: the first incident that has it
	for _, x := range r {
		fix := x.Fix
		if incident := first[fix]; incident != "" {
			fix = "as for " + incident
		} else if fix != "" {
			first[fix] = x.Incident
		}
		b.WriteString(x.text(fix))
		b.WriteByte('\n')
		for _, name := range x.Left {
			if !slices.Contains(left, name) {
				left = append(left, name)
			}
		}
	}
	for _, name := range left {
		fmt.Fprintf(&b, "left behind, waits or sleeps for ever: %s\n", name)
	}
	return b.String()
}
