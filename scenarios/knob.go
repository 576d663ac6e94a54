package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/sim"
)

// Knob is a number of a scenario that a run may change. Its name says which number.
// The default is the value in the scenario.
type Knob struct {
	Name     string
	Min, Max int64 // in the knob's unit: a count, nanoseconds, or millionths
}

// Setting is a value for a knob, as text.
type Setting struct{ Name, Value string }

// knobKind is what a name of a knob means.
type knobKind struct {
	name, help string
	unit       Unit
}

// knobKinds returns all knobs.
func knobKinds() []knobKind {
	return []knobKind{
		{"backlog", "argument of the first listen (connections)", UnitCount},
		{"relisten", "argument of the second listen (connections)", UnitCount},
		{"clients", "how many clients come", UnitCount},
		{"every", "mean time from one arrival to the next", UnitDuration},
		{"workers", "how many connections the server serves at once", UnitCount},
		{"service", "mean time from accept to close", UnitDuration},
		{"backoff", "pause of the server after WSAEMFILE", UnitDuration},
		{"descriptors", "how many descriptors the server's program may have open; 0 = no limit", UnitCount},
		{"latency", "time on the link, each way", UnitDuration},
		{"loss", "chance that the link loses a segment", UnitRatio},
		{"giveup", "how long a client waits for the server; 0 = for ever", UnitDuration},
		{"send", "bytes that a client sends once it is connected; 0 = the client waits for the server to send", UnitCount},
		{"retries", "further attempts of a client after a failure", UnitCount},
	}
}

func kindOf(name string) (knobKind, bool) {
	for _, k := range knobKinds() {
		if k.name == name {
			return k, true
		}
	}
	return knobKind{}, false
}

// Help says what the knob is for.
func (k Knob) Help() string {
	kind, _ := kindOf(k.Name)
	return kind.help
}

// Format writes a value of the knob the way Set reads it.
func (k Knob) Format(value int64) string { return k.Unit().Format(value) }

// Unit says what the knob counts.
func (k Knob) Unit() Unit {
	kind, _ := kindOf(k.Name)
	return kind.unit
}

// parse reads a value of the knob and checks its range.
func (k Knob) parse(text string) (int64, error) {
	value, err := k.Unit().parse(text)
	if err != nil {
		return 0, fmt.Errorf("knob %s: %w", k.Name, err)
	}
	if value < k.Min || value > k.Max {
		return 0, fmt.Errorf("knob %s: %s is out of range: want %s to %s", k.Name, text, k.Format(k.Min), k.Format(k.Max))
	}
	return value, nil
}

func (u Unit) parse(text string) (int64, error) {
	switch u {
	case UnitDuration:
		d, err := time.ParseDuration(text)
		if err != nil || d == 0 && strings.ContainsAny(text, "123456789") {
			return 0, fmt.Errorf("%q is not a duration in whole nanoseconds, such as 10ms, 1.5s or 2m", text)
		}
		return int64(d), nil
	case UnitRatio:
		r, err := sim.ParseRatio(text)
		if err != nil {
			return 0, err
		}
		millionths := int64(r.Num) * 1_000_000
		if r.Den == 0 {
			return 0, nil
		}
		if millionths%int64(r.Den) != 0 {
			return 0, fmt.Errorf("%q is not a whole number of millionths, such as 1/100, 0.01 or 1%%", text)
		}
		return millionths / int64(r.Den), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	return n, nil
}

// Value returns the value of a knob.
func (s *Scenario) Value(k Knob) int64 {
	return s.knob(k.Name, nil)
}

// With returns the scenario with knobs at other values. An error names the knob, the
// value and what is legal, or the knobs that the scenario has.
func (s Scenario) With(settings []Setting) (Scenario, error) {
	s.Steps = append([]Step(nil), s.Steps...)
	seen := map[string]bool{}
	for _, set := range settings {
		if seen[set.Name] {
			return s, fmt.Errorf("knob %s is set twice", set.Name)
		}
		seen[set.Name] = true
		k, ok := s.Knob(set.Name)
		if !ok {
			return s, fmt.Errorf("scenario %s has no knob %q; it has %s", s.Name, set.Name, strings.Join(s.knobNames(), ", "))
		}
		value, err := k.parse(set.Value)
		if err != nil {
			return s, err
		}
		if value != s.Value(k) { // a distribution that is no more than its mean to a knob stays as it is
			s.knob(k.Name, &value)
		}
	}
	return s, nil
}

// Knob returns the knob of that name.
func (s *Scenario) Knob(name string) (Knob, bool) {
	for _, k := range s.Knobs {
		if k.Name == name {
			return k, true
		}
	}
	return Knob{}, false
}

func (s *Scenario) knobNames() []string {
	if len(s.Knobs) == 0 {
		return []string{"none"}
	}
	var names []string
	for _, k := range s.Knobs {
		names = append(names, k.Name)
	}
	return names
}

// knob reads the number of a knob and, if set is not nil, changes the number first.
// No other place knows which field a knob changes.
func (s *Scenario) knob(name string, set *int64) int64 {
	switch name {
	case "backlog":
		return s.backlogOf(0, set)
	case "relisten":
		return s.backlogOf(1, set)
	case "clients":
		return setNumber(&s.Load.Clients, set)
	case "every":
		return setMean(&s.Load.Every, set)
	case "workers":
		return setNumber(&s.Program.Workers, set)
	case "service":
		return setMean(&s.Program.Service, set)
	case "backoff":
		return setNumber(&s.Program.Backoff, set)
	case "descriptors":
		return setNumber(&s.Descriptors, set)
	case "latency":
		return setNumber(&s.Link.Latency, set)
	case "send":
		return setNumber(&s.Client.Send, set)
	case "giveup":
		return setNumber(&s.Client.GiveUp, set)
	case "retries":
		return setNumber(&s.Client.Retry.Attempts, set)
	case "loss":
		if set != nil {
			s.Link.Loss = sim.Ratio{Num: uint32(*set), Den: 1_000_000}
		}
		return int64(s.Link.Loss.Num) * 1_000_000 / int64(max(s.Link.Loss.Den, 1))
	}
	return 0
}

func setNumber[T int | time.Duration](at *T, set *int64) int64 {
	if set != nil {
		*at = T(*set)
	}
	return int64(*at)
}

// setMean changes the mean of a distribution. Exponential and Erlang keep their kind;
// every other distribution becomes Fixed.
func setMean(at *sim.Dist, set *int64) int64 {
	if set != nil {
		mean := time.Duration(*set)
		switch d := (*at).(type) {
		case sim.Exponential:
			d.Mean = mean
			*at = d
		case sim.Erlang:
			d.Mean = mean
			*at = d
		default:
			*at = sim.Fixed(mean)
		}
		if mean == 0 {
			*at = sim.Fixed(0) // the only distribution with that mean
		}
	}
	if *at == nil {
		return 0
	}
	return int64((*at).Expected())
}

// backlogOf finds the n-th Listen among the steps.
func (s *Scenario) backlogOf(n int, set *int64) int64 {
	for i, step := range s.Steps {
		l, ok := step.Do.(Listen)
		if !ok {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		if set != nil {
			l.Backlog = int(*set)
			s.Steps[i].Do = l
		}
		return int64(l.Backlog)
	}
	return 0
}
