package netmodel

import (
	"fmt"
	"strings"
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

// Facts returns what is known of each value of a profile, in the order of the
// fields. Sources are those of the ready-made profile of the same name; where a
// copy has another value, the fact says so. Name, Long and System have none: they
// say whose profile it is, not what it does.
func Facts(p Profile) []Fact {
	ready, known := ProfileByName(p.Name)
	tables := factTables(p.Name)
	usual := fieldsOf(&ready)
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
			line, _ := lookUp(tables, f.path)
			fact.Certainty, fact.Source = line.certainty, line.source
		}
		facts = append(facts, fact)
	}
	return facts
}

// factLine is a line of a table of facts: some paths, separated by blanks.
type factLine struct {
	paths     string
	certainty Certainty
	source    string
}

// factTables returns the tables that speak about a profile: its own, and then
// those of the profiles that it is derived from.
func factTables(name string) [][]factLine {
	var tables [][]factLine
	for name != "" {
		parent, text := factText(name)
		tables = append(tables, parseFacts(text))
		name = parent
	}
	return tables
}

// parseFacts reads a line a fact: paths, the first letter of the certainty (m, r,
// d, i for inferred, u), and the source, with tabs between them.
func parseFacts(text string) []factLine {
	var lines []factLine
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 3 || len(cells[1]) != 1 {
			panic(fmt.Sprintf("netmodel: %q is no line of a table of facts", line))
		}
		certainty := strings.Index("uidrm", cells[1])
		if certainty < 0 {
			panic(fmt.Sprintf("netmodel: %q is no certainty", cells[1]))
		}
		lines = append(lines, factLine{cells[0], Certainty(certainty), cells[2]})
	}
	return lines
}

// lookUp finds the line with the longest path that covers a field; of two the
// one of the profile itself, or of the nearer one that it is derived from.
func lookUp(tables [][]factLine, field string) (found factLine, path string) {
	for _, table := range tables {
		for _, line := range table {
			for p := range strings.FieldsSeq(line.paths) {
				if len(p) > len(path) && covers(p, field) {
					found, path = line, p
				}
			}
		}
	}
	return found, path
}

// covers reports whether a fact about a path speaks about a field.
func covers(path, field string) bool {
	return field == path || strings.HasPrefix(field, path) && field[len(path)] == '.'
}
