// Package stored makes the parts of a page: runs that it plays and keeps, or what the simulator of
// the page needs to play them.
package stored

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"wspsim/cmd/wspsim/internal/compare"
	"wspsim/cmd/wspsim/internal/live"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios"
)

// Runs plays p under each profile. A run ends with page.ErrTooLarge as soon as all have
// more records than a page may hold.
func Runs(ctx context.Context, p *play.Play, names []string, progress *screen.Progress) ([]recording.Run, error) {
	if len(names) < 1 || len(names) > page.MostSystems {
		return nil, fmt.Errorf("%d profiles: a page shows 1 to %d side by side", len(names), page.MostSystems)
	}
	plays, err := compare.Under(p, names)
	if err != nil {
		return nil, err
	}
	var runs []recording.Run
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
func (r *Recorder) play(ctx context.Context, p *play.Play, progress *screen.Progress) (recording.Run, error) {
	done, err := p.Run(ctx, play.Watch{Progress: progress, Segment: r.Segment, Record: r.Record, Broken: func() bool { return r.Err() != nil }})
	switch {
	case r.Err() != nil:
		return recording.Run{}, r.Err()
	case errors.Is(err, scenarios.ErrStopped):
		return recording.Run{}, err
	case err != nil:
		return recording.Run{}, fmt.Errorf("profile %s: %w", p.Profile, err)
	}
	return r.Run(p, done), nil
}

// Live returns a part of a page whose simulator plays p under each profile.
func Live(p *play.Play, names []string) (page.Part, error) {
	if len(names) < 1 || len(names) > page.MostSystems {
		return page.Part{}, fmt.Errorf("%d profiles: a page shows 1 to %d side by side", len(names), page.MostSystems)
	}
	if _, err := compare.Under(p, names); err != nil {
		return page.Part{}, err
	}
	s := p.Scenario
	l := page.Live{Scenario: s.Name, Code: live.Encode(s), Clients: p.Clients, Seed: strconv.FormatUint(p.Seed, 10), Set: settings(p.Knobs), Inputs: orNone(p.Inputs)}
	for _, name := range names {
		l.Systems = append(l.Systems, page.System{Profile: name, Set: settings(nil)})
	}
	for _, k := range s.Knobs {
		l.Knobs = append(l.Knobs, page.Knob{Name: k.Name, Help: k.Help(), Unit: unitName(k.Unit()), Min: k.Min, Max: k.Max, Value: s.Value(k)})
	}
	l.Knobs = orNone(l.Knobs)
	l.Flags = p.Arrivals.Flags()
	return page.Part{Live: &l}, nil
}

func unitName(u scenarios.Unit) string {
	switch u {
	case scenarios.UnitDuration:
		return "duration"
	case scenarios.UnitRatio:
		return "ratio"
	}
	return "count"
}

// settings returns settings as a page has them.
func settings(list []scenarios.Setting) []recording.Setting {
	all := []recording.Setting{}
	for _, set := range list {
		all = append(all, recording.Setting(set))
	}
	return all
}

// orNone returns a list that JSON writes as [] if there is none.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
