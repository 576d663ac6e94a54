package live

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"wspsim/scenarios"
)

// Request is what a page asks the simulator for, as bytes: the length of the scenario in four
// bytes, the lowest first; the scenario as Encode writes it; lines of a key, a blank and a
// value. The keys are profile, clients, seed, and any number of set (KNOB=VALUE) and do (an
// input).
type Request []byte

// NewRequest returns the request for a run.
func NewRequest(s scenarios.Scenario, o scenarios.Options) Request {
	code := Encode(s)
	b := append(binary.LittleEndian.AppendUint32(nil, uint32(len(code))), code...)
	line := func(key, value string) {
		if value != "" {
			b = append(append(append(append(b, key...), ' '), value...), '\n')
		}
	}
	line("profile", o.Profile)
	line("clients", o.Clients)
	line("seed", strconv.FormatUint(o.Seed, 10))
	for _, set := range o.Knobs {
		line("set", set.Name+"="+set.Value)
	}
	for _, do := range o.Inputs {
		line("do", do)
	}
	return b
}

// read takes a request apart.
func (r Request) read() (s scenarios.Scenario, o scenarios.Options, err error) {
	if len(r) < 4 || uint64(len(r)-4) < uint64(binary.LittleEndian.Uint32(r)) {
		return s, o, errors.New("the request ends too early")
	}
	size := int(binary.LittleEndian.Uint32(r))
	if s, err = Decode(r[4 : 4+size]); err != nil {
		return s, o, err
	}
	for line := range strings.Lines(string(r[4+size:])) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "profile":
			o.Profile = value
		case "clients":
			o.Clients = value
		case "seed":
			if o.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
				return s, o, errors.New("seed " + strconv.Quote(value) + ": want a whole number")
			}
		case "set":
			knob, value, _ := strings.Cut(value, "=")
			o.Knobs = append(o.Knobs, scenarios.Setting{Name: knob, Value: value})
		case "do":
			o.Inputs = append(o.Inputs, value)
		default:
			return s, o, errors.New("unknown key " + strconv.Quote(key))
		}
	}
	return s, o, nil
}

// Answer plays what a request asks for. It returns the JSON of the run and true, or what is
// wrong and false. It never panics.
func Answer(r Request) (text []byte, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			text, ok = []byte("the simulator has a defect: "+panicText(p)), false
		}
	}()
	s, o, err := r.read()
	if err != nil {
		return []byte(err.Error()), false
	}
	run, err := Play(s, o)
	if err != nil {
		return []byte(err.Error()), false
	}
	text, err = run.MarshalJSON()
	if err != nil {
		return []byte(err.Error()), false
	}
	return text, true
}

func panicText(p any) string {
	switch p := p.(type) {
	case error:
		return p.Error()
	case string:
		return p
	}
	return "a panic"
}
