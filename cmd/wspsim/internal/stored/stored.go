// Package stored plays what the user asked for and keeps the runs for a page.
package stored

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"wspsim/cmd/wspsim/internal/compare"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
)

// MostSystems is the most runs that a page shows side by side.
const MostSystems = 3

// Runs plays p under each profile. A run ends with page.ErrTooLarge as soon as all have
// more records than a page may hold.
func Runs(ctx context.Context, p *play.Play, names []string, progress *screen.Progress) ([]page.Run, error) {
	if len(names) < 1 || len(names) > MostSystems {
		return nil, fmt.Errorf("%d profiles: a page shows 1 to %d side by side", len(names), MostSystems)
	}
	plays, err := compare.Under(p, names)
	if err != nil {
		return nil, err
	}
	var runs []page.Run
	records := 0
	for _, q := range plays {
		r := Recorder{records: records}
		run, err := r.play(ctx, q, progress)
		if err != nil {
			return nil, err
		}
		records = r.records
		runs = append(runs, run)
	}
	return runs, nil
}

// play plays once.
func (r *Recorder) play(ctx context.Context, p *play.Play, progress *screen.Progress) (page.Run, error) {
	done, err := p.Run(ctx, play.Watch{Progress: progress, Segment: r.Segment, Record: r.Record, Broken: func() bool { return r.Err() != nil }})
	switch {
	case r.Err() != nil:
		return page.Run{}, r.Err()
	case errors.Is(err, scenarios.ErrStopped):
		return page.Run{}, err
	case err != nil:
		return page.Run{}, fmt.Errorf("profile %s: %w", p.Profile, err)
	}
	return r.Run(p, done), nil
}

// describe adds to a run what the network does not know.
func describe(r page.Run, p *play.Play, done *play.Done) page.Run {
	s := done.Prepared.Scenario
	r.Scenario, r.Summary, r.Question = s.Name, s.Summary, s.Question
	r.Clients, r.Seed, r.Command = p.Clients, strconv.FormatUint(p.Seed, 10), p.Command("run")
	for _, k := range s.Knobs {
		r.Knobs = append(r.Knobs, page.Setting{Name: k.Name, Value: k.Format(s.Value(k))})
	}
	for _, k := range done.KernelSettings {
		r.Knobs = append(r.Knobs, page.Setting(k))
	}
	for _, group := range done.Statistics {
		for _, row := range group.Rows {
			r.Figures = append(r.Figures, page.Figure{Name: group.Name + "." + row.Name, Value: row.Of(done.Result)})
		}
	}
	l := done.Listener
	r.Backlog, r.InForce, r.Limit = l.Backlog, l.EffectiveBacklog, l.Limit
	r.Descriptors, r.Workers = s.Descriptors, s.Program.Workers
	return r
}
