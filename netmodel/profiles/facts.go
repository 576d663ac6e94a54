package profiles

import (
	"strings"

	"wspsim/netmodel"
)

// Fact is one value of a profile, with where it is from and how certain it is.
type Fact struct {
	Field     string // path in Profile, such as "SynQueue.Limit"; it stands for all below it that have no fact of their own
	Value     string // in words; NoEffect if the field changes nothing as the others stand
	Certainty Certainty
	Source    string
}

// NoEffect is the Value of a Fact about a field that changes nothing, because of
// what other fields say. Its Source says which.
const NoEffect = "-"

// Certainty is how well a value of a profile is known. What somebody else
// measured on a system that this project never ran, such as Windows, is
// Documented: the measurement is a document to us, and the source names who made
// it. What is unknown was chosen, and the source says so.
type Certainty uint8

// From the least to the most certain.
const (
	Unknown      Certainty = iota // chosen
	Derived                       // it follows from something that is known
	Documented                    // said by its maker, or by somebody who measured or quoted it
	ReadInSource                  // read in the source of the stack
	Measured                      // measured by this project, on the system itself
	certaintyCount
)

// String returns the certainty in words.
func (c Certainty) String() string {
	return word(c, "unknown", "derived", "documented", "read in source", "measured")
}

// Certainties returns all of them, the most certain first.
func Certainties() []Certainty {
	var all []Certainty
	for c := certaintyCount; c > 0; c-- {
		all = append(all, c-1)
	}
	return all
}

// evidence is where some values of a profile are from.
type evidence struct {
	certainty Certainty
	source    string
	fields    fields
}

// fields are paths in netmodel.Profile. A path stands for all below it that have no
// evidence of their own.
type fields []string

// Facts returns what is known of each value of a profile, in the order of the fields.
// Sources are those of the ready-made profile of the same name; where a copy has another
// value, the fact says so. Name, Long and System have none: they say whose profile it is,
// not what it does.
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
		case f.idle != "":
			fact.Value, fact.Certainty, fact.Source = NoEffect, Derived, "no effect: "+f.idle
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

// lookUp finds the evidence with the longest path that covers a field; of two the nearer
// one.
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

// covers reports whether evidence about a path speaks about a field.
func covers(path, field string) bool {
	return field == path || strings.HasPrefix(field, path) && field[len(path)] == '.'
}
