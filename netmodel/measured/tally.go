package measured

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tally is the sum of comparisons.
type Tally struct {
	Trials, Agreeing int // replayed measurements, and those of which every field agrees
	Fields, Agree    int
	// The decisions in logs, see Comparison.
	Decisions, DecisionsAgree int

	Differences []Difference // the most frequent first
}

// Difference is a field that differs for one cause, and how often it does.
type Difference struct {
	Field, Cause string
	Times        int
	Example      string // "measured 3, modelled 4 (backlog 5)"
}

// sum adds comparisons up.
func sum(comparisons []*Comparison) Tally {
	t := Tally{Trials: len(comparisons)}
	found := map[[2]string]*Difference{}
	for _, c := range comparisons {
		agree, of := c.Agrees()
		t.Agree += agree
		t.Fields += of
		t.Decisions += c.Decisions
		t.DecisionsAgree += c.DecisionsAgree
		if agree == of {
			t.Agreeing++
		}
		for _, f := range c.Fields {
			if f.Agrees {
				continue
			}
			key := [2]string{f.Name, f.Cause}
			if found[key] == nil {
				found[key] = &Difference{Field: f.Name, Cause: f.Cause, Example: fmt.Sprintf("line %d: measured %s, modelled %s", c.Trial.Number, f.Measured, f.Modelled)}
			}
			found[key].Times++
		}
	}
	for _, d := range found {
		t.Differences = append(t.Differences, *d)
	}
	slices.SortFunc(t.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), strings.Compare(a.Field, b.Field), strings.Compare(a.Cause, b.Cause))
	})
	return t
}

// ByExperiment returns the sum of the comparisons of each experiment on each system. The
// key is EXPERIMENT on SYSTEM.
func ByExperiment(comparisons []*Comparison) map[string]Tally {
	groups := map[string][]*Comparison{}
	for _, c := range comparisons {
		key := c.Trial.Exp + " on " + c.Trial.OS
		groups[key] = append(groups[key], c)
	}
	out := map[string]Tally{}
	for key := range maps.Keys(groups) {
		out[key] = sum(groups[key])
	}
	return out
}
