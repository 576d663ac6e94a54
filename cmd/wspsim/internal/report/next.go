package report

import (
	"context"
	"slices"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/netmodel"
)

// A run with fewer events is cheap enough to try others beside it, each up to as
// many as mayTake.
const (
	cheap   = 20_000
	mayTake = 4 * cheap
)

// next returns the command that is worth trying after this one.
func (r *Run) next(ctx context.Context) string {
	p := r.Play
	about := p.Scenario.Profiles
	if len(r.Done.ChangedKnobs) > 0 || p.Profile != about[0] {
		names := play.ScenarioNames()
		if i := slices.Index(names, p.Scenario.Name); i >= 0 && i < len(names)-1 {
			return "wspsim run " + names[i+1]
		}
		return "wspsim list"
	}
	var candidates []*play.Play
	if len(about) > 1 {
		candidates = append(candidates, p.Under(about[1]))
	}
	candidates = append(candidates, r.variants()...)
	for _, q := range candidates {
		if r.differs(ctx, q) {
			return q.Brief("run")
		}
	}
	if len(about) > 1 {
		return p.Under(about[1]).Brief("run")
	}
	return p.Brief("explain")
}

// variants returns plays with one knob changed: the backlog doubled if a client was
// refused, then the others doubled, then halved.
func (r *Run) variants() []*play.Play {
	p := r.Play
	var turns []*play.Play
	if k, ok := p.Scenario.Knob("backlog"); ok && r.Done.Listener.RefusedSYNs > 0 {
		if more := int64(r.Done.Listener.Limit) * 2; more > 0 && more <= k.Max {
			turns = append(turns, p.With(k.Name, k.Format(more)))
		}
	}
	for _, k := range slices.Backward(p.Scenario.Knobs) {
		if value := p.Scenario.Value(k); value > 0 && value <= k.Max/2 {
			turns = append(turns, p.With(k.Name, k.Format(2*value)))
		}
	}
	for _, k := range slices.Backward(p.Scenario.Knobs) {
		if value := p.Scenario.Value(k) / 2; value > 0 && value >= k.Min {
			turns = append(turns, p.With(k.Name, k.Format(value)))
		}
	}
	return turns
}

// differs reports whether another play gives some client another result. It supposes
// so of a large run.
func (r *Run) differs(ctx context.Context, q *play.Play) bool {
	if r.Done.Events >= cheap {
		return true
	}
	bounded := *q
	bounded.MaxEvents = mayTake
	other, err := bounded.Run(ctx, play.Watch{})
	return err == nil && !slices.EqualFunc(r.Done.Attempts, other.Attempts, func(a, b netmodel.AttemptResult) bool {
		return a.Client == b.Client && a.Attempt == b.Attempt && a.Outcome == b.Outcome
	})
}
