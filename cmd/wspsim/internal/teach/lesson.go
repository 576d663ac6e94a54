package teach

import (
	"fmt"
	"strings"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

// FromLesson returns the exercise of a lesson, with the answers of its runs. The error says
// what is wrong in the lesson.
func FromLesson(l page.Lesson, runs []recording.Run) (Exercise, error) {
	if wrong := l.Problems(runs); len(wrong) > 0 {
		return Exercise{}, fmt.Errorf("lesson %s: %s", l.Name, wrong[0])
	}
	e := Exercise{Name: l.Name, Title: l.Title, Intro: l.Text(l.Intro, runs), End: l.Text(l.End, runs), Teaches: l.Text(l.Teaches, runs), Adapt: l.Text(l.Adapt, runs)}
	for i, q := range l.Questions {
		to, err := questionOf(l, q, runs)
		if err != nil {
			return Exercise{}, fmt.Errorf("lesson %s: question %d: %w", l.Name, i+1, err)
		}
		e.Questions = append(e.Questions, to)
	}
	return e, nil
}

func questionOf(l page.Lesson, q page.Question, runs []recording.Run) (Question, error) {
	right, err := l.Answer(q, runs)
	if err != nil {
		return Question{}, err
	}
	to := Question{
		Kind: q.Kind, Ask: l.Text(q.Ask, runs), Max: int64(q.Max), Near: int64(q.Near), Unit: unitOf(q.Figure),
		Right: tokenOf(q.Kind, right), Command: showCommand(l, q.Show, runs), Thinking: l.Text(q.Misconception, runs),
	}
	for _, at := range q.At {
		to.At = append(to.At, spaced(at))
	}
	var before []string
	for _, c := range q.Captions {
		before = append(before, l.Text(c.Text, runs))
	}
	to.Before = strings.Join(before, " ")
	for _, c := range q.Choices {
		to.Choices = append(to.Choices, l.Text(c.Label, runs))
	}
	for _, b := range q.Bars {
		n, err := l.Figure(runs, b.Run, b.Figure)
		if err != nil {
			return Question{}, err
		}
		to.Bars = append(to.Bars, Bar{Label: b.Label, Value: n, Colour: b.Colour, Unit: unitOf(b.Figure)})
	}
	for _, b := range q.Because {
		to.Because = append(to.Because, Reason{l.Text(b.Text, runs), b.Rules})
	}
	return to, nil
}

// spaced writes an instant such as "20ms" with a space before its unit.
func spaced(instant string) string {
	digits := strings.TrimRight(instant, "abcdefghijklmnopqrstuvwxyz")
	return digits + " " + strings.TrimPrefix(instant, digits)
}

// unitOf returns the unit of a figure, "" for a count.
func unitOf(figure string) string {
	return strings.TrimPrefix(strings.TrimPrefix(page.Written(figure, 0), "0"), " ")
}

// showCommand returns the command that tells the story of the client whom "show me one" picks.
func showCommand(l page.Lesson, m page.Moment, runs []recording.Run) string {
	for i, r := range l.Runs {
		if r.Name != m.Run {
			continue
		}
		line := strings.Replace(runs[i].Command, "wspsim run ", "wspsim explain ", 1)
		line = strings.Replace(line, " --seed 1", "", 1)
		if client := pickedBy(m, runs[i]); client != "" {
			line += " --client " + words.Shell(client)
		}
		return line
	}
	return ""
}

// pickedBy returns the client of a moment, "" for nobody.
func pickedBy(m page.Moment, r recording.Run) string {
	if m.Client != "" {
		return m.Client
	}
	met := map[int]bool{}
	for _, x := range r.Records {
		if x.Kind != m.Kind || x.Client == 0 {
			continue
		}
		if met[x.Client] || !m.Again {
			return r.Names[x.Client-1]
		}
		met[x.Client] = true
	}
	return ""
}
