package page

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel/trace/recording"
)

// Answer is a guess, or the right answer, of one question. Only the part for the kind of the
// question counts.
type Answer struct {
	Choice int     // place in Question.Choices, from 0
	Number int64   // of a Count
	Sketch []int64 // of a Sketch, one for each instant
}

// Answer returns the right answer of a question, from the runs of the lesson in their order.
// It returns an error if the runs lack what the question is about, or if no choice or more than one is right.
func (l Lesson) Answer(q Question, runs []recording.Run) (Answer, error) {
	switch q.Kind {
	case Count:
		n, err := l.Figure(runs, q.Run, q.Figure)
		return Answer{Number: n}, err
	case Sketch:
		return l.sketched(q, runs)
	case Choose:
		at, err := l.chosen(q, runs)
		return Answer{Choice: at}, err
	}
	return Answer{}, fmt.Errorf("kind %q: want %s, %s or %s", q.Kind, Choose, Count, Sketch)
}

// Hit reports whether a guess counts as right.
func (q Question) Hit(guess, right Answer) bool {
	switch q.Kind {
	case Choose:
		return guess.Choice == right.Choice
	case Count:
		return near(guess.Number, right.Number, q.Near)
	}
	return slices.EqualFunc(guess.Sketch, right.Sketch, func(a, b int64) bool { return near(a, b, q.Near) })
}

func near(a, b int64, by int) bool { return max(a-b, b-a) <= int64(by) }

func (l Lesson) sketched(q Question, runs []recording.Run) (Answer, error) {
	r, err := l.run(runs, q.Run)
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	for _, text := range q.At {
		at, err := instantOf(text)
		if err != nil {
			return Answer{}, err
		}
		a.Sketch = append(a.Sketch, pendingAt(r, at))
	}
	return a, nil
}

// pendingAt returns how many connections are pending on the server at an instant.
func pendingAt(r *recording.Run, at int64) int64 {
	pending := 0
	for _, c := range r.Records {
		if c.At > at {
			break
		}
		if c.Host == "server" && c.Limit > 0 {
			pending = c.Pending
		}
	}
	return int64(pending)
}

// chosen returns the place of the right choice.
func (l Lesson) chosen(q Question, runs []recording.Run) (int, error) {
	var right []int
	switch q.Right {
	case most, least:
		return l.extreme(q, runs)
	case outcome:
		r, err := l.run(runs, q.Run)
		if err != nil {
			return 0, err
		}
		how, ok := end(r, q.Client)
		if !ok {
			return 0, fmt.Errorf("run %s has no client %q", q.Run, q.Client)
		}
		right = placesOf(q.Choices, how)
	case aboveZero:
		n, err := l.Figure(runs, q.Run, q.Figure)
		if err != nil {
			return 0, err
		}
		is := "no"
		if n > 0 {
			is = "yes"
		}
		right = placesOf(q.Choices, is)
	default:
		return 0, fmt.Errorf("right %q: want %s, %s, %s or %s", q.Right, most, least, outcome, aboveZero)
	}
	return single(right)
}

// extreme returns the place of the choice whose run has the largest or smallest figure.
func (l Lesson) extreme(q Question, runs []recording.Run) (int, error) {
	var best []int
	var limit int64
	alike, equal := -1, true
	for i, c := range q.Choices {
		if c.Run == "" {
			alike = i
			continue
		}
		n, err := l.Figure(runs, c.Run, q.Figure)
		if err != nil {
			return 0, err
		}
		switch {
		case best == nil:
			best, limit = []int{i}, n
		case n == limit:
			best = append(best, i)
		case (n > limit) == (q.Right == most):
			best, limit, equal = []int{i}, n, false
		default:
			equal = false
		}
	}
	if equal && alike >= 0 && len(best) > 1 {
		return alike, nil
	}
	return single(best)
}

func placesOf(choices []Choice, is string) []int {
	var at []int
	for i, c := range choices {
		if c.Is == is {
			at = append(at, i)
		}
	}
	return at
}

func single(right []int) (int, error) {
	switch len(right) {
	case 1:
		return right[0], nil
	case 0:
		return 0, fmt.Errorf("no choice is right")
	}
	return 0, fmt.Errorf("%d choices are right, want one", len(right))
}

// run returns the run with that name in the lesson.
func (l Lesson) run(runs []recording.Run, name string) (*recording.Run, error) {
	at := slices.IndexFunc(l.Runs, func(r LessonRun) bool { return r.Name == name })
	if at < 0 || at >= len(runs) {
		return nil, fmt.Errorf("no run %q in the lesson", name)
	}
	return &runs[at], nil
}

// Figure returns a figure of a run of the lesson: a count, or a time in whole milliseconds, rounded.
// The figures are
//
//   - the statistics, named as in run --json: listener.refused_syns, wait_ns.p50;
//   - of a client: clients.c.syns and clients.c.attempts, how many it makes, and clients.c.ms, how
//     long after its first connect its last attempt is decided, or the run ends;
//   - records.syn_ack_again: how many records have that kind.
func (l Lesson) Figure(runs []recording.Run, run, figure string) (int64, error) {
	r, err := l.run(runs, run)
	if err != nil {
		return 0, err
	}
	if kind, ok := strings.CutPrefix(figure, "records."); ok {
		return count(r, kind, ""), nil
	}
	if rest, ok := strings.CutPrefix(figure, "clients."); ok {
		return clientFigure(r, run, rest)
	}
	for _, f := range r.Figures {
		if f.Name == figure {
			if isTime(figure) {
				return milliseconds(f.Value), nil
			}
			return f.Value, nil
		}
	}
	return 0, fmt.Errorf("run %s has no figure %q", run, figure)
}

// isTime reports whether a figure is a time, in milliseconds.
func isTime(figure string) bool {
	return strings.Contains(figure, "_ns.") || strings.HasSuffix(figure, ".ms")
}

func milliseconds(ns int64) int64 { return (ns + int64(time.Millisecond)/2) / int64(time.Millisecond) }

// clientFigure returns c.syns, c.attempts or c.ms.
func clientFigure(r *recording.Run, run, path string) (int64, error) {
	at := strings.LastIndexByte(path, '.')
	if at < 0 {
		return 0, fmt.Errorf("figure clients.%s: want clients.NAME.syns, clients.NAME.attempts or clients.NAME.ms", path)
	}
	name, what := path[:at], path[at+1:]
	last, first := attempts(r, name)
	if last == nil {
		return 0, fmt.Errorf("run %s has no client %q", run, name)
	}
	switch what {
	case "syns":
		return count(r, "syn_sent", name) + count(r, "syn_sent_again", name), nil
	case "attempts":
		return int64(last.Attempt), nil
	case "ms":
		decided := last.At
		if last.Outcome == "pending" {
			decided = r.End
		}
		return milliseconds(decided - first.Began), nil
	}
	return 0, fmt.Errorf("figure clients.%s: want clients.%s.syns, clients.%s.attempts or clients.%s.ms", path, name, name, name)
}

// count returns how many records have a kind, about a client if one is named.
func count(r *recording.Run, kind, client string) int64 {
	n := int64(0)
	for _, c := range r.Records {
		if c.Kind == kind && (client == "" || c.Client > 0 && r.Names[c.Client-1] == client) {
			n++
		}
	}
	return n
}

// attempts returns the last and the first attempt of a client, nil if there is none.
func attempts(r *recording.Run, client string) (last, first *recording.Result) {
	for i := range r.Results {
		a := &r.Results[i]
		if a.Client == 0 || r.Names[a.Client-1] != client {
			continue
		}
		if first == nil || a.Attempt < first.Attempt {
			first = a
		}
		if last == nil || a.Attempt > last.Attempt {
			last = a
		}
	}
	return last, first
}

// end says how the last attempt of a client ended, or where it stands: of outcomes.
func end(r *recording.Run, client string) (string, bool) {
	last, _ := attempts(r, client)
	switch {
	case last == nil:
		return "", false
	case last.Outcome == "pending":
		return last.Progress, true
	}
	return last.Outcome, true
}

// instant is one number with one unit.
var instant = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(us|ms|s|m)$`)

// instantOf reads an instant such as "20ms", "1.5s" or "2m", in nanoseconds since the run began.
func instantOf(text string) (int64, error) {
	d, err := time.ParseDuration(text)
	if err != nil || !instant.MatchString(text) {
		return 0, fmt.Errorf("instant %q: want a number with us, ms, s or m, such as 20ms", text)
	}
	return int64(d), nil
}

// inText finds the figures in a text.
var inText = regexp.MustCompile(`\{([^.{}]+)\.([^{}]+)\}`)

// Text returns a text of the lesson with the figures in it. A time has its unit.
func (l Lesson) Text(text string, runs []recording.Run) string {
	return inText.ReplaceAllStringFunc(text, func(found string) string {
		part := inText.FindStringSubmatch(found)
		n, err := l.Figure(runs, part[1], part[2])
		if err != nil {
			return found
		}
		return Written(part[2], n)
	})
}

// Written writes a figure for a reader: a time has its unit.
func Written(figure string, n int64) string {
	if isTime(figure) {
		return strconv.FormatInt(n, 10) + " ms"
	}
	return strconv.FormatInt(n, 10)
}
