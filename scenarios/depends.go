package scenarios

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// Dependence is an unknown value that a run depends on.
type Dependence struct {
	profiles.Fact
	Profile string // the profile that has the value
	Instead string // another value, with which the run differs
}

// DependsOn returns the values marked unknown (profiles.Facts) that a run depends on:
// another value in their place gives the run another hash. DependsOn runs the scenario
// again for each alternative until a run differs:
//
//   - a choice: every other value that Profile.Validate accepts
//   - yes or no: the opposite
//   - a number or a duration: half of it and twice as much; 0 becomes 1, or a second
//   - the least backlog: half of it only, because 1 is known to be legal (WS.B11)
//   - an error code: success, WSAEINVAL and WSAEISCONN
//   - a Limit: one more, and none
//   - a Schedule: the first wait halved and doubled, one retry less and one more
//   - how the argument of listen is scaled: 3/2 of it, the same and one more, and
//     no scaling
//
// A value that DependsOn does not return can still matter: other alternatives, or
// two at once, may change the run. DependsOn tries the values of the server's profile
// and of the clients' profile. A value that a knob or a setting has set is known.
func DependsOn(s Scenario, o Options) ([]Dependence, error) {
	o.Record, o.Lines = nil, 0
	prepared, err := s.Prepare(o)
	if err != nil {
		return nil, err
	}
	usual, err := prepared.Run()
	if err != nil {
		return nil, err
	}
	both := []netmodel.Profile{prepared.Server}
	if prepared.Clients.Name != prepared.Server.Name {
		both = append(both, prepared.Clients)
	}
	var dependences []Dependence
	for _, p := range both {
		for _, fact := range profiles.Facts(p) {
			if fact.Certainty != profiles.Unknown {
				continue
			}
			d := Dependence{Fact: fact, Profile: p.Name}
			if d.Instead, err = differsWith(s, o, p, fact, usual.Hash); err != nil {
				return nil, err
			}
			if d.Instead != "" {
				dependences = append(dependences, d)
			}
		}
	}
	return dependences, nil
}

// differsWith returns the first alternative to a value that gives the run another
// hash, "" if none does. A run that fails with it differs.
func differsWith(s Scenario, o Options, p netmodel.Profile, fact profiles.Fact, hash uint64) (string, error) {
	before := o.Alter
	for _, other := range alternatives(p, fact.Field) {
		o.Alter = func(altered *netmodel.Profile) {
			if before != nil {
				before(altered)
			}
			if altered.Name == p.Name {
				fieldOf(altered, fact.Field).Set(fieldOf(&other, fact.Field))
			}
		}
		result, err := Run(s, o)
		switch {
		case errors.Is(err, ErrStopped):
			return "", err
		case err != nil || result.Hash != hash:
			return valueOf(other, fact.Field), nil
		}
	}
	return "", nil
}

// valueOf returns the value of a field in words.
func valueOf(p netmodel.Profile, path string) string {
	for _, fact := range profiles.Facts(p) {
		if fact.Field == path {
			return fact.Value
		}
	}
	return ""
}

// alternatives returns the profile with each of the other values that the field
// of a fact might have.
func alternatives(p netmodel.Profile, path string) []netmodel.Profile {
	var others []netmodel.Profile
	try := func(other netmodel.Profile) {
		if other != p && other.Validate() == nil && !slices.Contains(others, other) {
			others = append(others, other)
		}
	}
	switch path {
	case "Backlog":
		for _, scale := range [][3]int{{3, 2, 0}, {1, 1, 1}, {0, 0, 0}} {
			other := p
			other.Backlog.Num, other.Backlog.Den, other.Backlog.Add = scale[0], scale[1], scale[2]
			try(other)
		}
		return others
	case "Backlog.Min":
		other := p
		other.Backlog.Min /= 2
		try(other)
		return others
	case "Client.Refused":
		for _, retries := range numbers(uint64(p.Client.Refused.Retries)) {
			other := p
			other.Client.Refused.Retries = uint8(min(retries, 255))
			try(other)
		}
		path = "Client.Refused.Gap"
	case "Timers":
		for _, timers := range []netmodel.Timers{{}, {HZ: 2}, {HZ: 100},
			{HZ: 250}, {Wheel: true, HZ: 250}} {
			other := p
			other.Timers = timers
			try(other)
		}
		return others
	}
	for _, value := range otherValues(fieldOf(&p, path)) {
		other := p
		fieldOf(&other, path).Set(value)
		try(other)
	}
	return others
}

// fieldOf returns the field of that path.
func fieldOf(p *netmodel.Profile, path string) reflect.Value {
	v := reflect.ValueOf(p).Elem()
	for name := range strings.SplitSeq(path, ".") {
		v = v.FieldByName(name)
	}
	return v
}

// otherValues returns other values of a field, legal or not.
func otherValues(v reflect.Value) []reflect.Value {
	var others []reflect.Value
	add := func(values ...any) {
		for _, value := range values {
			others = append(others, reflect.ValueOf(value).Convert(v.Type()))
		}
	}
	switch value := v.Interface().(type) {
	case bool:
		add(!value)
	case winsock.Errno:
		add(winsock.Errno(0), winsock.WSAEINVAL, winsock.WSAEISCONN)
	case time.Duration:
		add(value/2, max(2*value, time.Second))
	case netmodel.Limit:
		more := value
		more.Add++
		add(more, netmodel.Limit{None: true})
	case netmodel.Schedule:
		for _, first := range []time.Duration{value.First / 2, 2 * value.First} {
			other := value
			other.First = first
			add(other)
		}
		for _, by := range []uint8{255, 1} { // less, and more
			other := value
			other.Retries += by
			add(other)
		}
	case int:
		for _, n := range numbers(uint64(max(value, 0))) {
			add(int(n))
		}
	case uint16: // a port
		for _, n := range numbers(uint64(value)) {
			if n <= 65535 {
				add(uint16(n))
			}
		}
	default: // a choice: none has so many values
		for choice := range 16 {
			add(uint8(choice))
		}
	}
	return others
}

// numbers returns half of a number and twice as much; 0 becomes 1.
func numbers(n uint64) []uint64 {
	if n == 0 {
		return []uint64{1}
	}
	return []uint64{n / 2, 2 * n}
}
