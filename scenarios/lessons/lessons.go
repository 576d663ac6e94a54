// Package lessons has the lessons of the course: questions about the scenarios, to be
// guessed before they are answered. A lesson holds no answers: they are figures of the runs.
// The command writes a lesson into a page with export --lesson.
//
//   - queue.go: what a queue does.
//   - systems.go: what systems do when it is full.
//   - program.go: what the program can do wrong.
//   - load.go: floods and overload.
package lessons

import (
	"slices"

	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

// All returns the lessons, in the order of the course.
func All() []page.Lesson {
	return []page.Lesson{
		oneDoor(), bench(), theBurst(), refusedOrIgnored(), phantom(), retryWave(),
		noMoreDescriptors(), listenAgain(), synFlood(), longerQueue(), askedAndGiven(),
	}
}

// ByName returns the lesson of that name.
func ByName(name string) (page.Lesson, bool) {
	for _, l := range All() {
		if l.Name == name {
			return l, true
		}
	}
	return page.Lesson{}, false
}

// About returns the lesson about a scenario: the first one that leaves its knobs alone, or
// else the first one.
func About(scenario string) (page.Lesson, bool) {
	var about []page.Lesson
	for _, l := range All() {
		if l.Scenario != scenario {
			continue
		}
		about = append(about, l)
		if !slices.ContainsFunc(l.Runs, func(r page.LessonRun) bool { return len(l.Set)+len(r.Set) > 0 }) {
			return l, true
		}
	}
	if about == nil {
		return page.Lesson{}, false
	}
	return about[0], true
}

// of is a run under a profile, with knobs and settings: name, value, name, value.
func of(name, label, profile string, set ...string) page.LessonRun {
	return page.LessonRun{Name: name, Label: label, Profile: profile, Set: with(set...)}
}

func with(set ...string) []recording.Setting {
	var all []recording.Setting
	for i := 0; i+1 < len(set); i += 2 {
		all = append(all, recording.Setting{Name: set[i], Value: set[i+1]})
	}
	return all
}

func because(text string, rules ...string) page.Reason {
	return page.Reason{Text: text, Rules: append([]string{}, rules...)}
}

func bar(label, run, figure, colour string) page.Bar {
	return page.Bar{Label: label, Run: run, Figure: figure, Colour: colour}
}

// show is a moment with the label of its button.
func show(label, run, kind, client string) page.Moment {
	return page.Moment{Label: label, Run: run, Kind: kind, Client: client}
}
