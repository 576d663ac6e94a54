package acceptcheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what became of a server in one incident.
type Verdict uint8

// The verdicts. All but Recovered and NotMet are failures.
const (
	Recovered Verdict = iota // it serves again, and nothing was lost; or, where it was to end, it did
	Died                     // it returned although its listener was open
	Spun                     // it asked again and again without a pause
	Lost                     // a connection that was waiting was never served
	Stuck                    // it accepts no more, or did not return when its listener was closed
	NotMet                   // accepts were to fail, and none did: the server made none meanwhile
)

// String says the verdict in a word.
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

// Result is what one incident did to a server.
type Result struct {
	Incident string // its name, such as "EMFILE"
	What     string // what it is, in a sentence
	System   string // the name of the profile that the incident is met on
	// Package net does not show the error of this incident to programs on that system. The
	// verdict counts for a server whose listener calls accept(2) by itself. For a server on
	// a net.TCPListener the verdict is no failure.
	Hidden  bool
	Verdict Verdict
	Why     string        // why the verdict matters; empty for Recovered
	Fix     string        // what would mend it; empty for Recovered and NotMet
	Err     error         // what the server returned
	Fails   int           // accepts that failed, without those at a deadline of the server's own
	Rate    int           // the most accepts that failed in one second of virtual time, deadlines included
	Lost    int           // connections that were waiting and never served
	After   time.Duration // from the end of the incident to the next connection served
	Stopped bool          // the listener was closed, and After is how long the server took to return
	Waited  bool          // the server returned only after the idle clients had left
	// How things stood in the end, of a server that is stuck or has lost somebody.
	Open      int // connections that it has and has not closed
	Waiting   int // connections in the queue
	Accepting int // calls of Accept that wait
	// Goroutines that the server has left behind and that wait or sleep for ever, by the
	// function that they are in. They are no failure.
	Left []string

	roomFor int // connections that were open when the listener was closed, and one more would have been accepted; 0 = not known
}

// OK reports whether the server did well, the incident was not met, or it is one that
// package net hides.
func (r Result) OK() bool { return r.Verdict == Recovered || r.Verdict == NotMet || r.Hidden }

// String says the result on one line, and below it why it matters and what would mend
// it.
func (r Result) String() string { return r.text(r.Fix) }

// text is String with another sentence about what would mend it.
func (r Result) text(mend string) string {
	b := fmt.Sprintf("%-24s %-9s %s", r.Incident, r.Verdict, r.happened())
	if r.Hidden && r.Verdict != Recovered && r.Verdict != NotMet {
		b += "; package net hides this error, so this is no failure on a net.TCPListener"
	}
	if r.Why != "" {
		b += "\n\twhy:  " + r.Why
	}
	if mend != "" {
		b += "\n\tmend: " + mend
	}
	return b
}

// happened says what the server did.
func (r Result) happened() string {
	switch r.Verdict {
	case Died:
		return fmt.Sprintf("Serve returned: %v", r.Err)
	case Spun:
		return count(r.Rate, "failed accept") + " in one second, or more"
	case Lost:
		return fmt.Sprintf("%d that waited were never served; %s", r.Lost, r.state())
	case NotMet:
		return "no call of Accept was made that could fail"
	case Stuck:
		if r.Stopped {
			return fmt.Sprintf("did not return for %v after its listener was closed; %s", r.After.Round(time.Second), r.state())
		}
		return fmt.Sprintf("nothing more for %v; %s", recoveryLimit, r.state())
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

// unlimited says that no limit of connections was met, if that is known.
func (r Result) unlimited() string {
	if r.roomFor == 0 {
		return ""
	}
	return fmt.Sprintf("; with %d connections open it still accepted, so no limit of connections was reached", r.roomFor)
}

// standing says how things stood in the end.
func (r Result) state() string {
	accepting := "nobody calls Accept"
	if r.Accepting > 0 {
		accepting = "Accept waits"
	}
	return fmt.Sprintf("%s at the server, %d in the queue, %s", count(r.Open, "open connection"), r.Waiting, accepting)
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Report is the results of a battery, in the order of Incidents.
type Report []Result

// Failed returns the results of incidents in which the server did not do well.
func (r Report) Failed() Report {
	var failed Report
	for _, x := range r {
		if !x.OK() {
			failed = append(failed, x)
		}
	}
	return failed
}

// Result returns the result of the incident of that name.
func (r Report) Result(incident string) (Result, bool) {
	for _, x := range r {
		if x.Incident == incident {
			return x, true
		}
	}
	return Result{}, false
}

// String is the report as a table, and below it the goroutines that the server left
// behind.
func (r Report) String() string {
	var b strings.Builder
	var left []string
	first := map[string]string{} // the incident that said first what mends it
	for _, x := range r {
		mend := x.Fix
		if incident := first[mend]; incident != "" {
			mend = "as for " + incident
		} else if mend != "" {
			first[mend] = x.Incident
		}
		b.WriteString(x.text(mend))
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
