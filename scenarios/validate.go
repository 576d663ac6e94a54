package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// sendOnce is how long a client of a Flood waits for an answer.
const sendOnce = 10 * time.Minute

// longest is the longest run: ten years of virtual time.
const longest = 10 * 365 * 24 * time.Hour

// clients returns how many clients the scenario has at most.
func (s *Scenario) clients() int {
	n := max(s.Load.Clients, len(s.Load.Times))
	for _, step := range s.Steps {
		switch a := step.Do.(type) {
		case Request:
			n++
		case Flood:
			n += a.Count
		}
	}
	return n
}

// hasFlood reports whether a step sends requests from addresses that no answer
// reaches.
func (s *Scenario) hasFlood() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool {
		_, flood := step.Do.(Flood)
		return flood
	})
}

// Validate returns an error if the scenario is not valid: where, what is wrong, and
// what would be right.
func (s Scenario) Validate() error {
	if s.Name == "" {
		return fmt.Errorf("scenario without a name")
	}
	if err := s.validate(); err != nil {
		return fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	return nil
}

func (s *Scenario) validate() error {
	switch {
	case len(s.Profiles) == 0:
		return fmt.Errorf("names no profile")
	case s.Until <= 0 || s.Until > longest:
		return fmt.Errorf("ends at %v: want more than 0, at most %v", s.Until, longest)
	case s.Descriptors < 0:
		return fmt.Errorf("%d descriptors: want 0 or more", s.Descriptors)
	case s.clients() > MaxClients:
		return fmt.Errorf("%d clients: want at most %d", s.clients(), MaxClients)
	case s.Program.Workers < 0 || s.Program.Workers > MaxClients:
		return fmt.Errorf("%d workers: want 0 to %d", s.Program.Workers, MaxClients)
	case s.Program.Backoff < 0 || s.Program.Start < 0 || s.Load.At < 0 || s.Load.Clients < 0:
		return fmt.Errorf("a number of the load or the program is negative")
	case s.Program.Backoff > longest:
		return fmt.Errorf("the program waits %v after WSAEMFILE: want at most %v", s.Program.Backoff, longest)
	}
	if err := s.Link.Validate(); err != nil {
		return err
	}
	if err := s.validateClients(); err != nil {
		return err
	}
	if err := s.validateSettings(); err != nil {
		return err
	}
	for _, d := range []struct {
		what string
		dist interface{ Validate() error }
	}{{"arrivals", s.Load.Every}, {"service", s.Program.Service}} {
		if d.dist == nil {
			continue
		}
		if err := d.dist.Validate(); err != nil {
			return fmt.Errorf("%s: %w", d.what, err)
		}
	}
	if !slices.IsSorted(s.Load.Times) || len(s.Load.Times) > 0 && s.Load.Times[0] < 0 {
		return fmt.Errorf("times of arrival must ascend from 0")
	}
	for _, e := range s.Expect {
		if _, _, ok := statistic(e.Statistic); !ok && e.Client == "" {
			return fmt.Errorf("expectation: no statistic %q; Statistics has the table", e.Statistic)
		}
	}
	return s.validateSteps()
}

// validateSettings returns an error about a setting that no kernel has.
func (s *Scenario) validateSettings() error {
	for _, set := range s.Settings {
		known := slices.ContainsFunc(profiles.All(), func(p netmodel.Profile) bool {
			return slices.ContainsFunc(profiles.Settings(p), func(t profiles.Setting) bool { return t.Name == set.Name })
		})
		if !known {
			return fmt.Errorf("setting %q: the kernel of no profile has it", set.Name)
		}
	}
	return nil
}

// validateClients checks how the clients behave.
func (s *Scenario) validateClients() error {
	switch c := &s.Client; {
	case c.GiveUp > longest || c.Retry.Delay > longest:
		return fmt.Errorf("clients wait for %v and pause for %v: want at most %v each", c.GiveUp, c.Retry.Delay, longest)
	case strings.ContainsFunc(s.Load.Name, unprintable):
		return fmt.Errorf("load: name %q: want one without blanks", s.Load.Name)
	}
	name := s.Load.Name
	if name == "" {
		name = "c"
	}
	return netmodel.ClientConfig{
		Name: name, To: netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: serverPort},
		TCP: s.Client.TCP, GiveUp: s.Client.GiveUp, Retry: s.Client.Retry, Send: s.Client.Send,
	}.Validate()
}

func (s *Scenario) validateSteps() error {
	var last time.Duration
	for i, step := range s.Steps {
		switch {
		case step.Do == nil:
			return fmt.Errorf("step %d does nothing", i+1)
		case step.At < last:
			return fmt.Errorf("step %d at %v comes before the one at %v", i+1, step.At, last)
		}
		last = step.At
		if err := validateAction(step.Do); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func validateAction(do Action) error {
	switch a := do.(type) {
	case Request:
		switch {
		case a.Client == "" || strings.ContainsFunc(a.Client, unprintable):
			return fmt.Errorf("client %q: want a name without blanks", a.Client)
		case a.To < 0 || a.To > 2:
			return fmt.Errorf("client %s asks at address %d: the server has 1 and 2, 0 is the first", a.Client, a.To)
		}
	case Flood:
		if a.Count < 1 || a.Name == "" || strings.ContainsFunc(a.Name, unprintable) {
			return fmt.Errorf("a flood of %d named %q: want at least one and a name without blanks", a.Count, a.Name)
		}
	case Bind:
		if a.Address < 0 || a.Address > 2 {
			return fmt.Errorf("bind to address %d: the server has 1 and 2, 0 is all of them", a.Address)
		}
		if a.DeferAccept < 0 || a.DeferAccept%time.Second != 0 || a.DeferAccept > time.Hour {
			return fmt.Errorf("TCP_DEFER_ACCEPT of %v: want whole seconds, 0 to %v", a.DeferAccept, time.Hour)
		}
	case OpenFiles:
		if a.Count < 0 || a.Count > MaxClients {
			return fmt.Errorf("open %d files: want 0 to %d", a.Count, MaxClients)
		}
	case Stall:
		if a.For <= 0 || a.For > longest {
			return fmt.Errorf("a worker stalls for %v: want more than 0, at most %v", a.For, longest)
		}
	case CloseFiles:
		if a.Count < 0 {
			return fmt.Errorf("close %d files: want 0 or more", a.Count)
		}
	case Shutdown:
		if a.How < winsock.SD_RECEIVE || a.How > winsock.SD_BOTH {
			return fmt.Errorf("shut down way %d: want %d to %d", a.How, winsock.SD_RECEIVE, winsock.SD_BOTH)
		}
	case Listen, Accept, CloseListener, CloseAccepted, Pause, CloseClient, Send, CutLink, SetFault:
	default:
		return fmt.Errorf("%T is none of the actions of this package", do)
	}
	return nil
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }
