package stored

import (
	"context"
	"fmt"
	"slices"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
)

// Lesson plays the runs of a lesson, in their order. The argument over has the seed, the most
// events, and knobs that replace those of the lesson; its scenario and profile do not count.
func Lesson(ctx context.Context, l page.Lesson, over play.Play, progress *screen.Progress) ([]page.Run, error) {
	var runs []page.Run
	records := 0
	for _, asked := range l.Runs {
		p, err := Play(l, asked, over)
		if err != nil {
			return nil, fmt.Errorf("lesson %s, run %s: %w", l.Name, asked.Name, err)
		}
		r, err := run(ctx, p, &records, progress)
		if err != nil {
			return nil, fmt.Errorf("lesson %s, run %s: %w", l.Name, asked.Name, err)
		}
		r.Label = asked.Label
		runs = append(runs, r)
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
		if !slices.ContainsFunc(p.Knobs, func(k scenarios.Setting) bool { return k.Name == set.Name }) {
			p.Knobs = append(slices.Clip(p.Knobs), scenarios.Setting(set))
		}
	}
	return p, p.Check()
}
