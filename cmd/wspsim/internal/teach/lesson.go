package teach

import (
	"regexp"
	"slices"
	"strconv"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
)

// FromLesson returns the exercise of a lesson, with the answers of its runs.
func FromLesson(l page.Lesson, runs []page.Run) Exercise {
	f := figures{runs}
	e := Exercise{Name: l.Name, Title: l.Title, Intro: f.expand(l.Intro), End: f.expand(l.End)}
	for _, q := range l.Questions {
		e.Questions = append(e.Questions, f.question(l, q))
	}
	return e
}

// figures answers from the runs of a lesson.
type figures struct{ runs []page.Run }

// of returns a figure of the run under a profile.
func (f figures) of(profile, name string) int64 {
	for _, r := range f.runs {
		for _, x := range r.Figures {
			if r.Profile == profile && x.Name == name {
				return x.Value
			}
		}
	}
	return 0
}

var inText = regexp.MustCompile(`\{([^.{}]+)\.([^{}]+)\}`)

// expand puts figures where a text names them.
func (f figures) expand(text string) string {
	return inText.ReplaceAllStringFunc(text, func(found string) string {
		part := inText.FindStringSubmatch(found)
		return strconv.FormatInt(f.of(part[1], part[2]), 10)
	})
}

func (f figures) question(l page.Lesson, q page.Question) Question {
	to := Question{Ask: f.expand(q.Ask), Max: int64(q.Max), Command: f.moment(l, q.Show)}
	to.Right = strconv.FormatInt(f.of(q.Profile, q.Figure), 10)
	if len(q.Choices) > 0 {
		to.Right = strconv.Itoa(f.choice(q) + 1)
	}
	for _, c := range q.Choices {
		to.Choices = append(to.Choices, c.Label)
	}
	for _, b := range q.Bars {
		to.Bars = append(to.Bars, Bar{Label: b.Label, Value: f.of(b.Profile, b.Figure), Colour: b.Colour})
	}
	for _, b := range q.Because {
		to.Because = append(to.Because, Reason{f.expand(b.Text), b.Rules})
	}
	return to
}

// choice returns the place of the right choice: the profile with the largest figure, or the
// choice without a profile if several have it.
func (f figures) choice(q page.Question) int {
	best, most, alike := 0, int64(-1), false
	for i, c := range q.Choices {
		if c.Profile == "" {
			continue
		}
		switch v := f.of(c.Profile, q.Figure); {
		case v > most:
			best, most, alike = i, v, false
		case v == most:
			alike = true
		}
	}
	if none := slices.IndexFunc(q.Choices, func(c page.Choice) bool { return c.Profile == "" }); alike && none >= 0 {
		return none
	}
	return best
}

// moment returns the command that tells the story of the client whom "show me one" picks.
func (f figures) moment(l page.Lesson, m page.Moment) string {
	line := "wspsim explain " + words.Shell(l.Scenario) + " --profile " + words.Shell(m.Profile)
	for _, r := range f.runs {
		if r.Profile != m.Profile {
			continue
		}
		met := map[int]bool{}
		for _, x := range r.Records {
			if x.Kind != m.Kind {
				continue
			}
			if x.Client > 0 && (met[x.Client] || !m.Again) {
				return line + " --client " + words.Shell(r.Names[x.Client-1])
			}
			met[x.Client] = true
		}
	}
	return line
}
