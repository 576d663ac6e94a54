package stored

import (
	"context"
	"fmt"
	"slices"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios"
)

// Lesson plays the runs of a lesson, in their order. The argument over has the seed, the most
// events, and knobs that replace those of the lesson; its scenario and profile do not count.
func Lesson(ctx context.Context, l page.Lesson, over play.Play, progress *screen.Progress) ([]recording.Run, error) {
	var runs []recording.Run
	records := 0
	for _, asked := range l.Runs {
		p, err := Play(l, asked, over)
		if err != nil {
			return nil, fmt.Errorf("lesson %s, run %s: %w", l.Name, asked.Name, err)
		}
		r := Recorder{records: records}
		run, err := r.play(ctx, p, progress)
		if err != nil {
			return nil, fmt.Errorf("lesson %s, run %s: %w", l.Name, asked.Name, err)
		}
		records = r.records
		run.Label = asked.Label
		runs = append(runs, run)
	}
	return runs, nil
}

// Play returns the play of one run of a lesson. The knobs of over come first, then those of
// the run, then those of the lesson.
func Play(l page.Lesson, r page.LessonRun, over play.Play) (*play.Play, error) {
	s, err := play.Find(l.Scenario)
	if err != nil {
		return nil, err
	}
	p := over.Under(r.Profile)
	p.Scenario = s
	for _, set := range slices.Concat(r.Set, l.Set) {
		if !isSet(p.Knobs, set.Name) {
			p.Knobs = append(slices.Clip(p.Knobs), scenarios.Setting(set))
		}
	}
	return p, p.Check()
}

// LiveLesson returns the part of a page whose simulator plays the runs of a lesson. What the
// runs have in common is for the reader to change; what a run has of its own stays.
func LiveLesson(l page.Lesson, over play.Play) (page.Part, error) {
	first, err := Play(l, l.Runs[0], over)
	if err != nil {
		return page.Part{}, err
	}
	common, own := over, map[string]bool{}
	for _, r := range l.Runs {
		for _, set := range r.Set {
			own[set.Name] = true
		}
	}
	for _, set := range l.Set {
		if !own[set.Name] && !isSet(common.Knobs, set.Name) {
			common.Knobs = append(slices.Clip(common.Knobs), scenarios.Setting(set))
		}
	}
	common.Scenario = first.Scenario
	part, err := Live(&common, []string{first.Profile})
	if err != nil {
		return page.Part{}, err
	}
	part.Lesson, part.Live.Systems = &l, nil
	for _, r := range l.Runs {
		p, err := Play(l, r, over)
		if err != nil {
			return page.Part{}, err
		}
		s := page.System{Profile: r.Profile, Label: r.Label, Set: settings(nil)}
		for _, set := range p.Knobs {
			if !isSet(common.Knobs, set.Name) {
				s.Set = append(s.Set, recording.Setting(set))
			}
		}
		part.Live.Systems = append(part.Live.Systems, s)
	}
	return part, nil
}

func isSet(knobs []scenarios.Setting, name string) bool {
	return slices.ContainsFunc(knobs, func(k scenarios.Setting) bool { return k.Name == name })
}
