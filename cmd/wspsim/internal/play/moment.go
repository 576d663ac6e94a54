package play

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wspsim/scenarios"
)

// Moment is a run under one or more profiles as one line of text, such as
// burst?profile=windows,linux&set=backlog=20&do=31.7ms:knock. Pages have it in their address,
// run --from takes it. The name is that of a scenario. The keys are profile, clients, seed,
// set and do; set and do may be repeated. A page has more: c and sys are the picked client and the
// system that is shown alone; t, theme and lesson say nothing about a run.
type Moment struct {
	Scenario string
	Profiles []string              // none = what the scenario is about
	Own      [][]scenarios.Setting // of each profile, before Knobs: wsp;backlog=4 in the text
	Clients  string
	Seed     uint64
	Knobs    []scenarios.Setting
	Inputs   []string
	Client   string // picked in the page
	System   string // the profile that the page shows alone
}

// The limits of a moment.
const (
	maxMoment = 64 << 10 // bytes
	maxSets   = 50
)

// pageKeys are the keys of a page that say nothing about a run.
var pageKeys = []string{"t", "theme", "lesson"}

// ParseMoment reads a moment, also as it stands in the address of a page: all up to a # or
// to /run/ is left out. The error says what is wrong and what is legal.
func ParseMoment(text string) (Moment, error) {
	_, text = cutLast(text, "#")
	_, text = cutLast(text, "/run/")
	name, query, _ := strings.Cut(text, "?")
	if strings.Contains(name, "=") {
		return Moment{}, fmt.Errorf("%q names no scenario: a page with stored runs shows the command that makes them", text)
	}
	return ReadMoment(name, query)
}

func cutLast(text, sep string) (before, after string) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):]
	}
	return "", text
}

// ReadMoment is ParseMoment for a name and the query behind it.
func ReadMoment(name, query string) (Moment, error) {
	m := Moment{Scenario: name, Seed: DefaultSeed}
	if len(query) > maxMoment {
		return m, fmt.Errorf("more than %d bytes", maxMoment)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return m, fmt.Errorf("the part behind the ? cannot be read: want KEY=VALUE&KEY=VALUE")
	}
	for _, key := range slices.Sorted(maps.Keys(q)) {
		values := slices.DeleteFunc(slices.Clone(q[key]), func(v string) bool { return v == "" })
		switch {
		case len(values) == 0 || slices.Contains(pageKeys, key):
		case key != "set" && key != "do" && len(values) > 1:
			return m, fmt.Errorf("%q is given twice", key)
		default:
			if err := m.read(key, values); err != nil {
				return m, err
			}
		}
	}
	return m, nil
}

func (m *Moment) read(key string, values []string) (err error) {
	switch key {
	case "profile":
		for system := range strings.SplitSeq(values[0], ",") {
			words := strings.Split(system, ";")
			own, err := settingsOf(words[1:])
			if err != nil {
				return err
			}
			m.Profiles, m.Own = append(m.Profiles, words[0]), append(m.Own, own)
		}
	case "clients":
		m.Clients = values[0]
	case "c":
		m.Client = values[0]
	case "sys":
		if values[0] != "all" {
			m.System = values[0]
		}
	case "seed":
		if m.Seed, err = strconv.ParseUint(values[0], 10, 64); err != nil {
			return fmt.Errorf("seed %q: want a whole number", values[0])
		}
	case "set":
		if len(values) > maxSets {
			return fmt.Errorf("more than %d settings", maxSets)
		}
		m.Knobs, err = settingsOf(values)
		return err
	case "do":
		m.Inputs = values
	default:
		return fmt.Errorf("unknown key %q: there are profile, clients, seed, set, do", key)
	}
	return nil
}

// settingsOf reads texts of the form KNOB=VALUE.
func settingsOf(texts []string) (list []scenarios.Setting, err error) {
	for _, text := range texts {
		knob, value, ok := strings.Cut(text, "=")
		if !ok || knob == "" || value == "" {
			return nil, fmt.Errorf("set %q: want KNOB=VALUE", text)
		}
		list = append(list, scenarios.Setting{Name: knob, Value: value})
	}
	return list, nil
}

// Play returns the play of a moment under the profile that is shown alone, or its first one. The
// caller checks it.
func (m Moment) Play() (*Play, error) {
	s, err := Find(m.Scenario)
	if err != nil {
		return nil, err
	}
	p := &Play{Scenario: s, Profile: s.Profiles[0], Clients: m.Clients, Seed: m.Seed, Knobs: m.Knobs, Inputs: m.Inputs}
	at := max(slices.Index(m.Profiles, m.System), 0)
	if len(m.Profiles) > 0 {
		p.Profile = m.Profiles[at]
	}
	if len(m.Own) > at {
		for _, own := range m.Own[at] {
			if !slices.ContainsFunc(m.Knobs, func(k scenarios.Setting) bool { return k.Name == own.Name }) {
				p.Knobs = append(slices.Clip(p.Knobs), own)
			}
		}
	}
	return p, nil
}

// String returns the text of a moment, the defaults left out.
func (m Moment) String() string {
	var keys []string
	add := func(key, value string) { keys = append(keys, key+"="+escape(value)) }
	if len(m.Profiles) > 0 {
		var systems []string
		for i, profile := range m.Profiles {
			if len(m.Own) > i {
				for _, own := range m.Own[i] {
					profile += ";" + own.Name + "=" + own.Value
				}
			}
			systems = append(systems, profile)
		}
		add("profile", strings.Join(systems, ","))
	}
	if m.Clients != "" {
		add("clients", m.Clients)
	}
	if m.Seed != DefaultSeed {
		add("seed", strconv.FormatUint(m.Seed, 10))
	}
	for _, k := range m.Knobs {
		add("set", k.Name+"="+k.Value)
	}
	for _, do := range m.Inputs {
		add("do", do)
	}
	if keys == nil {
		return m.Scenario
	}
	return m.Scenario + "?" + strings.Join(keys, "&")
}

// escape escapes a value of a query. What is harmless there stays readable.
func escape(value string) string {
	return strings.NewReplacer("%3A", ":", "%2C", ",", "%3D", "=", "%2F", "/", "%40", "@").Replace(url.QueryEscape(value))
}

// Moment returns the moment that runs the play again. It knows no file of arrivals.
func (p *Play) Moment() Moment {
	return Moment{Scenario: p.Scenario.Name, Profiles: []string{p.Profile}, Clients: p.Clients, Seed: p.Seed, Knobs: p.changed(), Inputs: p.Inputs}
}
