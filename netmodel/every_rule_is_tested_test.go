package netmodel_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// rule is what the table says of an id.
type rule struct{ certainty, claim, source string }

// readRules returns the rule table by id.
func readRules(t *testing.T) map[string]rule {
	t.Helper()
	rules := map[string]rule{}
	for _, r := range profiles.Rules() {
		switch {
		case r.ID == "" || r.Claim == "" || r.Source == "":
			t.Errorf("rule %+v has an empty cell", r)
		case !slices.Contains([]string{"DOC", "DOC!", "OBS", "DOC+OBS", "INF", "UNSPEC", "MEAS", "READ"}, r.Certainty):
			t.Errorf("rule %s has the certainty %q, which is not explained", r.ID, r.Certainty)
		}
		if _, twice := rules[r.ID]; twice {
			t.Errorf("rule %s stands in the table twice", r.ID)
		}
		rules[r.ID] = rule{r.Certainty, r.Claim, r.Source}
	}
	const count = 193
	if len(rules) != count { // a line that is not a rule would be left out in silence
		t.Errorf("the table has %d rules, want %d: raise the number here if you added one", len(rules), count)
	}
	return rules
}

// testedRules returns, by id, the tests that carry it behind the brace of their
// first line.
func testedRules(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string][]string{}
	for _, name := range files {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			for _, group := range file.Comments {
				if group.Pos() < f.Body.Lbrace || set.Position(group.Pos()).Line != set.Position(f.Body.Lbrace).Line {
					continue
				}
				for _, id := range strings.Fields(strings.TrimPrefix(group.List[0].Text, "//")) {
					tested[id] = append(tested[id], f.Name.Name)
				}
			}
		}
	}
	return tested
}

// listedRules returns, by id, the reasons in the table "Not modelled" of the
// package comment: lines of the form "ID ID: reason".
func listedRules(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(file.Doc.Text(), "# Not modelled\n")
	if !found {
		t.Fatal(`doc.go has no section "Not modelled"`)
	}
	section, _, _ = strings.Cut(section, "\n# ")
	line := regexp.MustCompile(`^\t((?:[A-Z][\w.']*\s+)*[A-Z][\w.']*): (.+)$`)
	listed := map[string]string{}
	for _, l := range strings.Split(section, "\n") {
		m := line.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		for _, id := range strings.Fields(m[1]) {
			listed[id] = m[2]
		}
	}
	return listed
}

// ruleGaps says what is wrong between the table, the tests and the list.
func ruleGaps(rules map[string]rule, tested map[string][]string, listed map[string]string) []string {
	var gaps []string
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		switch {
		case tested[id] == nil && listed[id] == "":
			gaps = append(gaps, id+": no test carries it and the package comment does not list it: "+rules[id].claim)
		case tested[id] != nil && listed[id] != "":
			gaps = append(gaps, id+": listed as not modelled, and tested by "+tested[id][0])
		case listed[id] != "" && !strings.Contains(id, "."):
			gaps = append(gaps, id+": a claim of the page cannot be left out")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(tested)) {
		if _, ok := rules[id]; !ok {
			gaps = append(gaps, id+": no such rule, but "+tested[id][0]+" carries it")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(listed)) {
		if _, ok := rules[id]; !ok {
			gaps = append(gaps, id+": no such rule, but the package comment lists it")
		}
	}
	return gaps
}

func TestEveryRuleIsTestedOrListed(t *testing.T) {
	rules, tested, listed := readRules(t), testedRules(t), listedRules(t)
	for _, gap := range ruleGaps(rules, tested, listed) {
		t.Error(gap)
	}
	if len(listed) == 0 {
		t.Error("no line of the table \"Not modelled\" was understood")
	}
	t.Logf("%d rules: %d tested, %d not modelled", len(rules), len(tested), len(listed))
}

func TestPackageCommentNamesEverySetting(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(file.Doc.Text(), "# Choices\n")
	section, _, _ = strings.Cut(section, "\n# ")
	for f := range fieldNames(netmodel.Profile{}) {
		if f == "Name" || f == "Long" {
			continue
		}
		if !regexp.MustCompile(`(?m)^\t(\w+, )*` + f + `\b`).MatchString(section) {
			t.Errorf("the choices in the package comment do not name the setting %s", f)
		}
	}
}

func fieldNames(v any) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range reflect.TypeOf(v).NumField() {
			if !yield(reflect.TypeOf(v).Field(i).Name) {
				return
			}
		}
	}
}

func TestThePageHasAllItsIDs(t *testing.T) {
	rules := readRules(t)
	for prefix, count := range map[string]int{"P": 6, "V": 2, "E": 9, "R": 10, "C": 2} {
		for n := 1; n <= count; n++ {
			if id := prefix + itoa(n); rules[id].claim == "" {
				t.Errorf("the table has no %s", id)
			}
		}
	}
}

func TestRuleGapsAreFound(t *testing.T) {
	rules := map[string]rule{"P1": {}, "WS.N1": {}}
	fine := map[string][]string{"P1": {"TestX"}}
	for _, row := range []struct {
		why    string
		rules  map[string]rule
		tested map[string][]string
		listed map[string]string
		want   int
	}{
		{"everything is either tested or listed", rules, fine, map[string]string{"WS.N1": "later"}, 0},
		{"a rule has neither", rules, fine, nil, 1},
		{"a rule has both", rules, map[string][]string{"P1": {"TestX"}, "WS.N1": {"TestX"}}, map[string]string{"WS.N1": "later"}, 1},
		{"a claim of the page is listed", rules, nil, map[string]string{"P1": "later", "WS.N1": "later"}, 1},
		{"a test names a rule that does not exist", rules, map[string][]string{"P1": {"TestX"}, "P7": {"TestX"}}, map[string]string{"WS.N1": "later"}, 1},
		{"the list names a rule that does not exist", rules, fine, map[string]string{"WS.N1": "later", "WS.N99": "later"}, 1},
	} {
		if got := ruleGaps(row.rules, row.tested, row.listed); len(got) != row.want {
			t.Errorf("%s: ruleGaps = %q, want %d", row.why, got, row.want)
		}
	}
}
