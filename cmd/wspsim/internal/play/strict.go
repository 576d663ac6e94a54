package play

import (
	"context"
	"fmt"
	"strings"

	"wspsim/scenarios"
	"wspsim/sim"
)

// CheckKnown returns an error if the run depends on an unknown value
// (scenarios.DependsOn), and names the value.
func (p *Play) CheckKnown(ctx context.Context) error {
	o := p.options()
	o.Stop = func(sim.Time, sim.Time) bool { return ctx.Err() != nil }
	dependences, err := scenarios.DependsOn(p.Scenario, o)
	if err != nil || dependences == nil {
		return err
	}
	var others []string
	for _, d := range dependences[1:] {
		others = append(others, d.Field)
	}
	also := ""
	if others != nil {
		also = "; also " + strings.Join(others, ", ")
	}
	d := dependences[0]
	return fmt.Errorf("scenario %s under profile %s depends on an unknown value: %s (%s; %s): with %q the run differs%s; without --strict it is run as chosen",
		p.Scenario.Name, d.Profile, d.Field, d.Value, d.Source, d.Instead, also)
}
