package scenarios

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wspsim/netmodel/winsock"
)

// A golden is a txtar file: text on top, then a section for each run, under a
// line "-- PROFILE/seed-N --".
const (
	wholeStory  = 80 // lines; a longer one is told up to the first
	storyBegins = 40
	textWidth   = 100 // columns
	goldenSeed  = 1
)

// Transcript plays a scenario and returns the run as text to be read and
// compared: what was asked for and what was in force, the story, how the
// attempts ended, how long they waited, what was seen at the listener, what was
// expected, and the hash of all records. A story of more than 80 lines is cut
// after 40; the hash covers it all.
func Transcript(s Scenario, profile string, seed uint64) ([]byte, error) {
	r, err := Run(s, Options{Profile: profile, Seed: seed, Lines: wholeStory})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: profile %s, seed %d, %s\n\n", r.Scenario, r.Profile, r.Seed, r.asked())
	lines := r.Lines
	if r.TotalLines > wholeStory {
		lines = lines[:storyBegins]
	}
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	if more := r.TotalLines - len(lines); more > 0 {
		fmt.Fprintf(&b, "%*s... %d more lines\n", 13, "", more)
	}
	fmt.Fprintf(&b, "\nattempts  %s\nwaits     %s\nlistener  %s\n", r.Outcomes, r.Waits, r.Listener)
	for _, j := range r.Judged {
		if j.Held {
			fmt.Fprintf(&b, "held      %s\n", j.Claim)
		} else {
			fmt.Fprintf(&b, "FAILED    %s: it is %s\n", j.Claim, j.Got)
		}
	}
	fmt.Fprintf(&b, "hash %016x, %s, %s, ends at %v\n", r.Hash, count(int(r.Records), "record"), count(int(r.Events), "event"), r.End)
	return b.Bytes(), nil
}

// asked says what became of the backlog.
func (r *Result) asked() string {
	l := &r.Listener
	if !l.Listened {
		return "nobody listens"
	}
	asked := strconv.Itoa(l.Asked)
	if l.Asked == winsock.SomaxconnWinsock2 {
		asked = "SOMAXCONN"
	}
	text := fmt.Sprintf("backlog %s asked, %d in force", asked, l.Effective)
	if l.Limit != l.Effective {
		text += fmt.Sprintf(", at most %d pending", l.Limit)
	}
	if l.LimitAtSYN < l.Limit {
		text += fmt.Sprintf(", %d when a SYN comes", l.LimitAtSYN)
	}
	return text
}

// String says how the attempts ended, without the kinds of end that there were
// none of: "5 offered: 3 accepted, 1 refused, 1 queued". Of the pending ones it
// says what they stand at.
func (o Outcomes) String() string {
	return fmt.Sprintf("%d offered: %s", o.Offered, counts([]counted{
		{o.Accepted, "accepted"}, {o.Refused, "refused"}, {o.Reset, "reset"},
		{o.TimedOut, "timed out"}, {o.GaveUp, "gave up"},
		{o.Queued, "queued"}, {o.Believing, "believing"}, {o.Trying, "trying"},
		{o.Pending - o.Queued - o.Believing - o.Trying, "pending"},
	}))
}

// String says how long accepted connections were pending.
func (w Waits) String() string {
	if w == (Waits{}) {
		return "none"
	}
	return fmt.Sprintf("p50 %v, p90 %v, p99 %v, p99.9 %v, max %v, mean %v", w.P50, w.P90, w.P99, w.P999, w.Max, w.Mean)
}

// String says what was seen at the listener, without what never happened:
// "limit 2, 2 pending at most, 0 at the end, 1 SYN refused".
func (l Listener) String() string {
	text := fmt.Sprintf("limit %d, %d pending at most, %d at the end", l.Limit, l.PeakPending, l.Pending)
	rest := counts([]counted{
		{l.HalfOpen, "half-open at the end"}, {l.Trimmed, "trimmed"},
		{l.RefusedSYNs, "SYNs refused"}, {l.IgnoredSYNs, "SYNs ignored"}, {l.IgnoredACKs, "ACKs ignored"},
		{l.Evicted, "evicted"}, {l.Expired, "handshakes expired"}, {l.Late, "accepted late"}, {l.Failures, "calls failed"},
	})
	if rest == "none" {
		return text
	}
	return text + ", " + rest
}

type counted struct {
	n    int
	what string
}

// counts lists what is not zero: "1 SYN refused, 3 calls failed".
func counts(all []counted) string {
	var parts []string
	for _, c := range all {
		switch c.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+strings.Replace(c.what, "s ", " ", 1))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Golden returns the golden of a scenario, a txtar file: its name, question and
// lesson, then a section with the transcript for each profile that it names, at
// seed 1.
func Golden(s Scenario) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n", s.Name, s.Summary)
	for _, text := range []string{s.Question, s.Lesson} {
		b.WriteString("\n" + wrapText(text, textWidth))
	}
	b.WriteByte('\n')
	for _, profile := range s.Profiles {
		run, err := Transcript(s, profile, goldenSeed)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "-- %s/seed-%d --\n", profile, goldenSeed)
		b.Write(run)
	}
	return b.Bytes(), nil
}

// GoldenName returns the name of the scenario that a golden is of.
func GoldenName(golden []byte) (string, error) {
	first, _, _ := bytes.Cut(golden, []byte("\n"))
	name, _, ok := bytes.Cut(first, []byte(": "))
	if !ok || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return unprintable(r) || r == utf8.RuneError }) {
		if len(first) > 40 {
			first = first[:40]
		}
		return "", fmt.Errorf("line 1: %q: want the name of a scenario and a colon, as a golden begins", first)
	}
	return string(name), nil
}

// wrapText breaks text into lines of at most width columns.
func wrapText(text string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String() + "\n"
}

// Difference is where two texts differ first.
type Difference struct {
	Line      int      // counted from 1
	Before    []string // the lines before it, at most three, equal in both
	Want, Got string   // what stands there
	WantEnds  bool     // the wanted text has no such line
	GotEnds   bool     // the other one has none
}

// FirstDifference compares two texts line by line. It returns false if they are
// equal, byte for byte.
func FirstDifference(want, got []byte) (Difference, bool) {
	if bytes.Equal(want, got) {
		return Difference{}, false
	}
	d := Difference{}
	for {
		d.Line++
		w, moreWant, wantEnds := cutLine(want)
		g, moreGot, gotEnds := cutLine(got)
		if w != g {
			d.Want, d.Got, d.WantEnds, d.GotEnds = w, g, wantEnds, gotEnds
			return d, true
		}
		if len(d.Before) == 3 {
			d.Before = append(d.Before[:0], d.Before[1:]...)
		}
		d.Before = append(d.Before, w)
		want, got = moreWant, moreGot
	}
}

// cutLine takes the first line from a text, with its line feed if it has one.
func cutLine(text []byte) (line string, rest []byte, ends bool) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		i = len(text) - 1
	}
	return string(text[:i+1]), text[i+1:], len(text) == 0
}

// String shows the difference with the lines before it:
//
//	line 12:
//	  10 | ...
//	  11 | ...
//	want | ...
//	 got | ...
func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d:\n", d.Line)
	for i, line := range d.Before {
		fmt.Fprintf(&b, "%5d | %s\n", d.Line-len(d.Before)+i, shown(line))
	}
	for _, side := range []struct {
		name, line string
		ends       bool
	}{{"want", d.Want, d.WantEnds}, {"got", d.Got, d.GotEnds}} {
		text := shown(side.line)
		if side.ends {
			text = "(ends)"
		}
		fmt.Fprintf(&b, "%5s | %s\n", side.name, text)
	}
	return strings.TrimRight(b.String(), "\n")
}

// shown makes a line fit for a terminal: without its line feed, with what is
// not printable quoted, and not endless.
func shown(line string) string {
	text, fed := strings.CutSuffix(line, "\n")
	cut := ""
	if len(text) > 300 {
		text, cut = text[:300], " ..."
	}
	if !fed || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		text = fmt.Sprintf("%+q", line[:min(len(line), 300)])
	}
	return text + cut
}
