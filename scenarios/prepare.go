package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// Prepared is a scenario that is ready to run.
type Prepared struct {
	Scenario       Scenario         // with the knobs set, and the steps of the inputs
	Server         netmodel.Profile // with the kernel set
	Clients        netmodel.Profile
	Knobs          []Setting // the value of every knob
	KernelSettings []Setting // settings of the server's kernel that differ from its defaults
	KernelChanged  bool      // some of KernelSettings are not the scenario's own
	// Options are those of Prepare. Seed, Lines, Record, Stop and MaxEvents may still
	// be changed before Run; the others are in effect already.
	Options Options
	asked   Scenario // with the knobs at their defaults
}

// Prepare finds the profiles of a run, sets the knobs and the kernel. An error
// names what does not exist, and what exists.
func (s Scenario) Prepare(o Options) (Prepared, error) {
	if o.Profile == "" && len(s.Profiles) > 0 {
		o.Profile = s.Profiles[0]
	}
	p := Prepared{Options: o, asked: s}
	var err error
	if p.Server, err = profileOf(o.Profile); err != nil {
		return p, err
	}
	p.Clients = p.Server
	if o.Clients != "" {
		if p.Clients, err = profileOf(o.Clients); err != nil {
			return p, err
		}
	}
	for _, set := range s.Settings {
		if err := p.setKernel(set, o.Clients == ""); err != nil && !errors.Is(err, profiles.ErrNoSuchSetting) {
			return p, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
	}
	own := p.Server
	knobs, err := p.setAll(&s, o.Knobs, o.Clients == "")
	if err != nil {
		return p, err
	}
	p.KernelChanged = p.Server != own
	if p.Scenario, err = s.With(knobs); err != nil {
		return p, err
	}
	for _, k := range p.Scenario.Knobs { // an input may call listen where a knob would look for it
		p.Knobs = append(p.Knobs, Setting{k.Name, k.Format(p.Scenario.Value(k))})
	}
	if p.Scenario, err = p.Scenario.WithInputs(o.Inputs); err != nil {
		return p, err
	}
	if o.Alter != nil {
		o.Alter(&p.Server)
		o.Alter(&p.Clients)
		if err := errors.Join(p.Server.Validate(), p.Clients.Validate()); err != nil {
			return p, err
		}
	}
	return p, p.Scenario.Validate()
}

// setAll applies the settings of the kernel, and returns the settings of knobs.
func (p *Prepared) setAll(s *Scenario, settings []Setting, both bool) (knobs []Setting, err error) {
	seen := map[string]bool{}
	for _, set := range settings {
		if _, ok := s.Knob(set.Name); ok {
			knobs = append(knobs, set)
			continue
		}
		switch err := p.setKernel(set, both); {
		case errors.Is(err, profiles.ErrNoSuchSetting):
			return nil, fmt.Errorf("scenario %s has no knob %q; it has %s%s", s.Name, set.Name, strings.Join(s.knobNames(), ", "), kernelHas(p.Server, set.Name))
		case err != nil:
			return nil, err
		case seen[lastName(set.Name)]:
			return nil, fmt.Errorf("%s is set twice", set.Name)
		}
		seen[lastName(set.Name)] = true
	}
	return knobs, nil
}

// lastName returns a name of sysctl without the path before it.
func lastName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// setKernel changes a setting of the server's kernel, and of the clients' kernel if
// both is set.
func (p *Prepared) setKernel(set Setting, both bool) error {
	before := p.Server
	tuned, err := profiles.Set(p.Server, set.Name, set.Value)
	if err != nil {
		return err
	}
	p.Server = tuned
	if both {
		p.Clients = tuned
	}
	if tuned != before {
		p.KernelSettings = slices.DeleteFunc(p.KernelSettings, func(t Setting) bool { return lastName(t.Name) == lastName(set.Name) })
		p.KernelSettings = append(p.KernelSettings, set)
	}
	return nil
}

func profileOf(name string) (netmodel.Profile, error) {
	p, ok := profiles.ByName(name)
	if !ok {
		return p, fmt.Errorf("unknown profile %q; known are %s", name, strings.Join(ProfileNames(), ", "))
	}
	return p, nil
}

// kernelHas says which profile has a setting of that name, or else which settings the
// kernel of the profile has.
func kernelHas(p netmodel.Profile, name string) string {
	for _, other := range profiles.All() {
		if _, err := profiles.Set(other, name, "0"); !errors.Is(err, profiles.ErrNoSuchSetting) {
			return fmt.Sprintf("; that is a setting of the kernel of profile %s: --profile %s", other.Name, other.Name)
		}
	}
	var names []string
	for _, t := range profiles.Settings(p) {
		names = append(names, t.Name)
	}
	if names == nil {
		return ""
	}
	return fmt.Sprintf("; the kernel of profile %s has %s", p.Name, strings.Join(names, ", "))
}
