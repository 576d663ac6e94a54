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
	"wspsim/netmodel/trace/page"
)

// Exercise is a list of questions whose answers are known.
type Exercise struct {
	Name      string
	Title     string
	Note      string // a line above the introduction
	Intro     string
	Questions []Question
	End       string   // what was learned
	Teaches   string   // for the teacher: what the student can say afterwards
	Adapt     string   // for the teacher: how to make other lessons of it
	Next      []string // command lines to try afterwards
}

// Question is a question with its answer. A guess and an answer are tokens: the number of a
// choice, 1 for the first; a number; or numbers with commas between them, for a sketch.
type Question struct {
	Kind     string // page.Choose, page.Count, page.Sketch
	Before   string // what leads to the question
	Ask      string
	Choices  []string
	At       []string // the instants of a sketch
	Max      int64    // largest number, 0 = any
	Near     int64    // how far off a right guess may be
	Unit     string   // "ms", or "" for a count
	Right    string   // token
	Bars     []Bar
	Because  []Reason
	Command  string // shows more
	Thinking string // the usual wrong guess, for the teacher
}

// Bar is a figure of the answer.
type Bar struct {
	Label  string `json:"label"`
	Value  int64  `json:"value"`
	Colour string `json:"-"`              // refused, ignored, phantom, served
	Unit   string `json:"unit,omitempty"` // "ms", or "" for a count
}

// Reason says why, and by which rules.
type Reason struct {
	Text  string   `json:"text"`
	Rules []string `json:"rules"`
}

// Words writes a token for people: the label of the choice, or the numbers with their unit.
func (q *Question) Words(token string) string {
	all, ok := numbers(token)
	switch {
	case !ok:
		return token
	case q.Kind == page.Choose && all[0] >= 1 && int(all[0]) <= len(q.Choices):
		return q.Choices[all[0]-1]
	}
	var text []string
	for _, n := range all {
		text = append(text, q.value(n))
	}
	return strings.Join(text, ", ")
}

func (q *Question) value(n int64) string { return Bar{Value: n, Unit: q.Unit}.Text() }

// Text writes the value with its unit.
func (b Bar) Text() string {
	if b.Unit != "" {
		return words.Count(b.Value) + " " + b.Unit
	}
	return words.Count(b.Value)
}

// Hit reports whether a guess counts as right.
func (q *Question) Hit(token string) bool {
	guess, ok1 := numbers(token)
	right, ok2 := numbers(q.Right)
	if q.Kind == page.Choose {
		return token == q.Right
	}
	return ok1 && ok2 && slices.EqualFunc(guess, right, func(a, b int64) bool { return max(a-b, b-a) <= q.Near })
}

// numbers reads a token.
func numbers(token string) ([]int64, bool) {
	var all []int64
	for part := range strings.SplitSeq(token, ",") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || n < 0 || strconv.FormatInt(n, 10) != part {
			return nil, false
		}
		all = append(all, n)
	}
	return all, true
}

// tokenOf is the token of an answer of a lesson.
func tokenOf(kind string, a page.Answer) string {
	switch kind {
	case page.Choose:
		return strconv.Itoa(a.Choice + 1)
	case page.Count:
		return strconv.FormatInt(a.Number, 10)
	}
	var all []string
	for _, n := range a.Sketch {
		all = append(all, strconv.FormatInt(n, 10))
	}
	return strings.Join(all, ",")
}

// possible reports whether a token can be given to the question.
func (q *Question) possible(token string) bool {
	all, ok := numbers(token)
	want := 1
	if q.Kind == page.Sketch {
		want = len(q.At)
	}
	if !ok || len(all) != want {
		return false
	}
	for _, n := range all {
		if q.Kind == page.Choose && (n < 1 || int(n) > len(q.Choices)) || q.Kind != page.Choose && n > q.most() {
			return false
		}
	}
	return true
}

// most is the largest number that may be guessed.
func (q *Question) most() int64 {
	if q.Max == 0 {
		return 1_000_000_000
	}
	return q.Max
}

// Read returns the token of a guess as a person types it. The error says what would be right.
func (q *Question) Read(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	switch {
	case q.Kind == page.Choose:
		return q.readChoice(typed)
	case q.Kind == page.Sketch:
		typed = strings.Join(strings.FieldsFunc(typed, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }), ",")
		if !q.possible(typed) {
			return "", fmt.Errorf("%q: want %d numbers from 0 to %s, one for each instant", typed, len(q.At), words.Count(q.most()))
		}
		return typed, nil
	case q.Unit != "":
		return q.readTime(typed)
	}
	token := strings.ReplaceAll(typed, ",", "")
	if !q.possible(token) {
		return "", fmt.Errorf("%q: want a whole number from 0 to %s", typed, words.Count(q.most()))
	}
	return token, nil
}

// readChoice takes the number of a choice, its label, or the beginning of one label.
func (q *Question) readChoice(typed string) (string, error) {
	if q.possible(typed) {
		return typed, nil
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
	offer := "want a number from 1 to " + strconv.Itoa(len(q.Choices)) + ", or the first letters of a choice"
	if meant == nil && typed != "" {
		offer = play.Offer(typed, q.Choices, offer)
	}
	return "", fmt.Errorf("%q: %s", typed, offer)
}

// readTime takes a duration such as 210ms, or a number of milliseconds.
func (q *Question) readTime(typed string) (string, error) {
	d, err := time.ParseDuration(strings.ReplaceAll(typed, " ", ""))
	if err != nil {
		d, err = time.ParseDuration(typed + "ms")
	}
	token := strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10)
	if err != nil || !q.possible(token) {
		return "", fmt.Errorf("%q: want a time from 0 to %s ms, such as 210ms or 1.5s; a number alone is milliseconds", typed, words.Count(q.most()))
	}
	return token, nil
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
