// Package teach asks: at the terminal (quiz.go), on paper (sheet.go), and of a whole class
// (class.go). Every answer is computed from runs: those of a lesson (lesson.go) or that of a
// scenario (scenario.go).
package teach

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
)

// Exercise is a list of questions whose answers are known.
type Exercise struct {
	Name      string
	Title     string
	Intro     string
	Questions []Question
	End       string   // what was learned
	Next      []string // command lines to try afterwards
}

// Question is a question with its answer. A guess and an answer are tokens: the number of a
// choice, 1 for the first, or a number of the unit.
type Question struct {
	Ask     string
	Choices []string // nil if a number is asked for
	Max     int64    // largest number, 0 = any
	Time    bool     // the number is a duration in nanoseconds
	Right   string   // token
	Bars    []Bar
	Because []Reason
	Command string // shows more
}

// Bar is a figure of the answer.
type Bar struct {
	Label  string `json:"label"`
	Value  int64  `json:"value"`
	Colour string `json:"-"` // refused, ignored, phantom, served
	Time   bool   `json:"-"` // Value is nanoseconds
}

// Reason says why, and by which rules.
type Reason struct {
	Text  string   `json:"text"`
	Rules []string `json:"rules"`
}

// Kind names the kind of the question: "choice" or "number".
func (q *Question) Kind() string {
	if q.Choices != nil {
		return "choice"
	}
	return "number"
}

// Words writes a token for people: the label of the choice, or the number with its unit.
func (q *Question) Words(token string) string {
	n, err := strconv.ParseInt(token, 10, 64)
	switch {
	case err != nil:
		return token
	case q.Choices != nil && n >= 1 && int(n) <= len(q.Choices):
		return q.Choices[n-1]
	}
	return q.value(n)
}

func (q *Question) value(n int64) string { return Bar{Value: n, Time: q.Time}.Text() }

// Text writes the value with its unit.
func (b Bar) Text() string {
	if b.Time {
		return words.Micro(time.Duration(b.Value).Round(time.Microsecond).String())
	}
	return words.Count(b.Value)
}

// Hit reports whether a guess is right. A duration may be off by a tenth.
func (q *Question) Hit(token string) bool {
	if !q.Time || token == q.Right {
		return token == q.Right
	}
	guess, err1 := strconv.ParseInt(token, 10, 64)
	right, err2 := strconv.ParseInt(q.Right, 10, 64)
	off := guess - right
	return err1 == nil && err2 == nil && max(off, -off) <= right/10
}

// Read returns the token of a guess as a person types it. The error says what would be right.
func (q *Question) Read(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	switch {
	case q.Choices != nil:
		return q.readChoice(typed)
	case q.Time:
		return readTime(typed)
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(typed, ",", ""), 10, 64)
	most := q.Max
	if most == 0 {
		most = mostGuessed
	}
	if err != nil || n < 0 || n > most {
		return "", fmt.Errorf("%q: want a whole number from 0 to %s", typed, words.Count(most))
	}
	return strconv.FormatInt(n, 10), nil
}

// mostGuessed is the largest number that anybody guesses.
const mostGuessed = 1_000_000_000

// readChoice takes the number of a choice, its label, or the beginning of one label.
func (q *Question) readChoice(typed string) (string, error) {
	if n, err := strconv.Atoi(typed); err == nil && n >= 1 && n <= len(q.Choices) {
		return strconv.Itoa(n), nil
	}
	lower := strings.ToLower(typed)
	var meant []int
	for i, c := range q.Choices {
		switch c := strings.ToLower(c); {
		case c == lower:
			return strconv.Itoa(i + 1), nil
		case lower != "" && strings.HasPrefix(c, lower):
			meant = append(meant, i+1)
		}
	}
	if len(meant) == 1 {
		return strconv.Itoa(meant[0]), nil
	}
	offer := "want a number from 1 to " + strconv.Itoa(len(q.Choices)) + ", or a choice in words"
	if meant == nil && typed != "" {
		offer = play.Offer(typed, q.Choices, offer)
	}
	return "", fmt.Errorf("%q: %s", typed, offer)
}

// readTime takes a duration such as 210ms, or a number of milliseconds.
func readTime(typed string) (string, error) {
	d, err := time.ParseDuration(strings.ReplaceAll(typed, " ", ""))
	if err != nil {
		d, err = time.ParseDuration(typed + "ms")
	}
	if err != nil || d < 0 || d > 1000*time.Hour {
		return "", fmt.Errorf("%q: want a time such as 210ms or 1.5s; a bare number is milliseconds", typed)
	}
	return strconv.FormatInt(int64(d), 10), nil
}

// rulesOf returns the rules that the question cites, each once.
func (q *Question) rulesOf() []string {
	var ids []string
	for _, b := range q.Because {
		for _, id := range b.Rules {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
