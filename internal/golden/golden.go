// Package golden writes and compares the goldens of scenarios: a run as text.
package golden

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wspsim/netmodel/winsock"
	"wspsim/scenarios"
)

// A golden is a txtar file: text, then a section for each run under a line
// "-- PROFILE/seed-N --".
const (
	wholeStory  = 80 // lines; a longer one is told up to the first
	storyBegins = 40
	textWidth   = 100 // columns
	goldenSeed  = 1
)

// Transcript runs a scenario and returns the run as text: backlog, trace, outcomes,
// waits, listener, expectations, and the hash of all records. A trace of more than 80
// lines is cut after 40; the hash covers all records.
func Transcript(s scenarios.Scenario, profile string, seed uint64) ([]byte, error) {
	r, err := scenarios.Run(s, scenarios.Options{Profile: profile, Seed: seed, Lines: wholeStory})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: profile %s, seed %d, %s\n\n", r.Scenario, r.Profile, r.Seed, asked(&r.Listener))
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

// asked says what the backlog is.
func asked(l *scenarios.Listener) string {
	if !l.Listened {
		return "nobody listens"
	}
	asked := strconv.Itoa(l.Backlog)
	if l.Backlog == winsock.SomaxconnWinsock2 {
		asked = "SOMAXCONN"
	}
	text := fmt.Sprintf("backlog %s asked, %d in force", asked, l.EffectiveBacklog)
	if l.Limit != l.EffectiveBacklog {
		text += fmt.Sprintf(", at most %d pending", l.Limit)
	}
	if l.LimitAtSYN < l.Limit {
		text += fmt.Sprintf(", %d when a SYN comes", l.LimitAtSYN)
	}
	return text
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Write returns the golden of a scenario, a txtar file. The text is name, question and
// lesson. A section for each profile is the transcript at seed 1.
func Write(s scenarios.Scenario) ([]byte, error) {
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

// NameOf returns the name of the scenario that a golden is of.
func NameOf(golden []byte) (string, error) {
	first, _, _ := bytes.Cut(golden, []byte("\n"))
	name, _, ok := bytes.Cut(first, []byte(": "))
	if !ok || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }) {
		if len(first) > 40 {
			first = first[:40]
		}
		return "", fmt.Errorf("line 1: %q: want the name of a scenario and a colon, as in a golden", first)
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
