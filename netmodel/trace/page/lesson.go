package page

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"wspsim/netmodel/trace/recording"
)

// Lesson is a list of questions about the runs of one scenario under some profiles. The
// reader guesses first. All answers are figures of the runs. The JSON of a lesson has the
// names of the fields, in lower case.
type Lesson struct {
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	Scenario  string     `json:"scenario"`
	Profiles  []string   `json:"profiles"`
	Intro     string     `json:"intro"` // what happens, before the first question
	Questions []Question `json:"questions"`
	End       string     `json:"end"` // after the last one
}

// Question is a question with its answer. If it has choices, the right choice is the profile
// with the largest Figure. If all figures are equal, it is the choice without a profile.
// Without choices the guess is a number from 0 to Max, and the answer is the Figure of Profile.
//
// In a text, {windows.listener.refused_syns} stands for that figure of that profile.
type Question struct {
	Ask     string   `json:"ask"`
	Figure  string   `json:"figure"`
	Profile string   `json:"profile,omitempty"`
	Max     int      `json:"max,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
	Bars    []Bar    `json:"bars"`    // figures that the reveal draws
	Because []Reason `json:"because"` // a paragraph each
	Show    Moment   `json:"show"`
}

// Choice is one answer to choose.
type Choice struct {
	Label   string `json:"label"`
	Profile string `json:"profile,omitempty"`
}

// Bar is a figure in the reveal.
type Bar struct {
	Label   string `json:"label"`
	Profile string `json:"profile"`
	Figure  string `json:"figure"`
	Colour  string `json:"colour"` // refused, ignored, phantom, served
}

// Reason says why, and by which rules.
type Reason struct {
	Text  string   `json:"text"`
	Rules []string `json:"rules"`
}

// Moment is what "show me one" seeks: the first record of a kind in the run of a profile. If
// Again is set, its client must have met that kind before. The player picks the client.
type Moment struct {
	Label   string `json:"label"`
	Profile string `json:"profile"`
	Kind    string `json:"kind"`
	Again   bool   `json:"again,omitempty"`
}

// inText finds the figures in a text.
func inText() *regexp.Regexp { return regexp.MustCompile(`\{([^.{}]+)\.([^{}]+)\}`) }

// check returns an error if the lesson names what the runs lack.
func (l Lesson) check(runs []recording.Run) error {
	if len(l.Questions) == 0 {
		return fmt.Errorf("lesson %s: no questions", l.Name)
	}
	var texts []string
	for i, q := range l.Questions {
		texts = append(texts, q.Ask)
		for _, b := range q.Because {
			texts = append(texts, b.Text)
		}
		if err := q.check(runs); err != nil {
			return fmt.Errorf("lesson %s: question %d: %w", l.Name, i+1, err)
		}
	}
	for _, found := range inText().FindAllStringSubmatch(strings.Join(append(texts, l.Intro, l.End), "\n"), -1) {
		if err := hasFigure(runs, found[1], found[2]); err != nil {
			return fmt.Errorf("lesson %s: %s: %w", l.Name, found[0], err)
		}
	}
	return nil
}

func (q Question) check(runs []recording.Run) error {
	if len(q.Choices) == 0 && q.Max < 1 {
		return fmt.Errorf("it has neither choices nor a largest number")
	}
	asked := []Bar{{Profile: q.Profile, Figure: q.Figure}}
	if len(q.Choices) > 0 {
		asked = nil
	}
	for _, c := range q.Choices {
		if c.Profile != "" {
			asked = append(asked, Bar{Profile: c.Profile, Figure: q.Figure})
		}
	}
	for _, b := range append(asked, q.Bars...) {
		if err := hasFigure(runs, b.Profile, b.Figure); err != nil {
			return err
		}
	}
	r, ok := runOf(runs, q.Show.Profile)
	if !ok || !slices.ContainsFunc(r.Records, func(r recording.Record) bool { return r.Kind == q.Show.Kind }) {
		return fmt.Errorf("no record %q under profile %q to show", q.Show.Kind, q.Show.Profile)
	}
	return nil
}

func hasFigure(runs []recording.Run, profile, figure string) error {
	r, ok := runOf(runs, profile)
	if !ok {
		return fmt.Errorf("no run under profile %q", profile)
	}
	if !slices.ContainsFunc(r.Figures, func(f recording.Figure) bool { return f.Name == figure }) {
		return fmt.Errorf("the run under %s has no figure %q", profile, figure)
	}
	return nil
}

func runOf(runs []recording.Run, profile string) (recording.Run, bool) {
	for _, r := range runs {
		if r.Profile == profile {
			return r, true
		}
	}
	return recording.Run{}, false
}
