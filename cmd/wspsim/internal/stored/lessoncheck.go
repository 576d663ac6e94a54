package stored

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios"
)

// CheckLesson returns all that is wrong in a lesson, in the order of the file, and its runs if
// they can be played.
func CheckLesson(ctx context.Context, l page.Lesson, progress *screen.Progress) ([]recording.Run, []page.Problem, error) {
	wrong := l.Problems(nil)
	unplayable := playable(l)
	if len(unplayable) > 0 {
		return nil, append(unplayable, wrong...), nil
	}
	if slices.ContainsFunc(wrong, func(p page.Problem) bool { return p.Path == "runs" || strings.HasSuffix(p.Path, ".profile") }) {
		return nil, wrong, nil
	}
	runs, err := Lesson(ctx, l, play.Play{Seed: play.DefaultSeed, MaxEvents: mostEvents}, progress)
	switch {
	case errors.Is(err, scenarios.ErrStopped):
		return nil, nil, err
	case err != nil:
		return nil, append([]page.Problem{{Path: "runs", Text: err.Error()}}, wrong...), nil
	}
	return runs, l.Problems(runs), nil
}

// mostEvents is how many events one run of a lesson may have. A page holds fewer records.
const mostEvents = 2_000_000

// playable returns why the runs of a lesson cannot be played. Profiles that are unknown are
// among the other problems.
func playable(l page.Lesson) []page.Problem {
	if _, err := play.Find(l.Scenario); err != nil {
		return []page.Problem{{Path: "scenario", Text: fmt.Sprintf("unknown scenario %q", l.Scenario), Got: l.Scenario, Known: play.ScenarioNames()}}
	}
	var wrong []page.Problem
	said := map[string]bool{}
	// alone tries one setting without the others.
	alone := func(path string, r page.LessonRun, set recording.Setting) {
		_, err := Play(page.Lesson{Scenario: l.Scenario}, page.LessonRun{Profile: r.Profile, Set: []recording.Setting{set}}, play.Play{})
		if err != nil && !said[path] {
			said[path] = true
			wrong = append(wrong, page.Problem{Path: path, Text: err.Error()})
		}
	}
	for i, r := range l.Runs {
		at := fmt.Sprintf("runs[%d]", i)
		if play.CheckProfile(r.Profile) != nil {
			continue // Problems says so
		}
		before := len(wrong)
		for k, set := range l.Set {
			alone(fmt.Sprintf("set[%d]", k), r, set)
		}
		for k, set := range r.Set {
			alone(fmt.Sprintf("%s.set[%d]", at, k), r, set)
		}
		wrong = append(wrong, twice(at+".set", r.Set)...)
		if _, err := Play(l, r, play.Play{}); err != nil && len(wrong) == before && len(said) == 0 {
			wrong = append(wrong, page.Problem{Path: at, Text: err.Error()})
		}
	}
	return append(wrong, twice("set", l.Set)...)
}

// twice finds a knob that is set twice in one list.
func twice(path string, set []recording.Setting) []page.Problem {
	var wrong []page.Problem
	for i, s := range set {
		if slices.ContainsFunc(set[:i], func(o recording.Setting) bool { return o.Name == s.Name }) {
			wrong = append(wrong, page.Problem{Path: fmt.Sprintf("%s[%d].name", path, i), Text: fmt.Sprintf("%s is set twice", s.Name)})
		}
	}
	return wrong
}
