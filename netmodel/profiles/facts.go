package profiles

import (
	"strings"

	"wspsim/netmodel"
)

// Fact is one value of a profile, its source, and its certainty.
type Fact struct {
	// Field is a path in Profile, such as "SynQueue.Limit". It includes all fields below it
	// that have no fact of their own.
	Field     string
	Value     string // in words; NoEffect if other fields make this field unused
	Certainty Certainty
	Source    string
}

// NoEffect is the Value of a Fact about a field that changes nothing because of the values of
// other fields. The Source of the Fact names these fields.
const NoEffect = "-"

// Certainty is how well a value of a profile is known. A measurement of others on a system
// that this project never ran, such as Windows, is Documented. Its source names the people
// or project who measured. An unknown value was chosen, and its source says so.
type Certainty uint8

// From the least to the most certain.
const (
	Unknown      Certainty = iota // chosen
	Derived                       // follows from a known value
	Documented                    // documented by the maker, or measured or quoted by others
	ReadInSource                  // read in the source of the stack
	Measured                      // measured by this project, on the system itself
	certaintyCount
)

// String returns the certainty in words.
func (c Certainty) String() string {
	return word(c, "unknown", "derived", "documented", "read in source", "measured")
}

// Certainties returns all certainties, the most certain first.
func Certainties() []Certainty {
	var all []Certainty
	for c := certaintyCount; c > 0; c-- {
		all = append(all, c-1)
	}
	return all
}

// evidence is the source of some values of a profile.
type evidence struct {
	certainty Certainty
	source    string
	fields    fields
}

// fields are paths in netmodel.Profile. A path includes all fields below it that have no
// evidence of their own.
type fields []string

// Facts returns what is known about each value of a profile, in the order of the fields. The
// sources come from the ready-made profile with the same name. If a value differs from that
// profile, the fact says so. Name, Long and System have no facts: they identify the profile
// and do not change what it does.
func Facts(p netmodel.Profile) []Fact {
	ready, known := byName(p.Name)
	var usual []field
	if known {
		q := ready.profile()
		usual = fieldsOf(&q)
	}
	var facts []Fact
	for i, f := range fieldsOf(&p) {
		fact := Fact{Field: f.path, Value: f.value}
		switch {
		case f.unused != "":
			fact.Value, fact.Certainty, fact.Source = NoEffect, Derived, "no effect: "+f.unused
		case !known:
			fact.Source = "no ready-made profile has the name " + p.Name
		case f.value != usual[i].value:
			fact.Certainty, fact.Source = Derived, "set to that; the profile has: "+usual[i].value
		default:
			e, _ := ready.lookUp(f.path)
			fact.Certainty, fact.Source = e.certainty, e.source
		}
		facts = append(facts, fact)
	}
	return facts
}

// lookUp returns the evidence with the longest path that covers a field. If two paths are
// equally long, it returns the nearer evidence.
func (r readyMade) lookUp(field string) (found evidence, path string) {
	for _, list := range r.evidence {
		for _, e := range list() {
			for _, p := range e.fields {
				if len(p) > len(path) && covers(p, field) {
					found, path = e, p
				}
			}
		}
	}
	return found, path
}

// covers reports whether evidence about a path is evidence about a field.
func covers(path, field string) bool {
	return field == path || strings.HasPrefix(field, path) && field[len(path)] == '.'
}
