package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

func TestSqueezeTakesOutOnlyWhatIsBlankEverywhere(t *testing.T) {
	const times = "    1.000 ms  > "
	for _, test := range []struct {
		why       string
		got, want []string
	}{
		{"wide gaps shrink to two blanks", []string{times + "a      b", times + "a         c"}, []string{times + "a  b", times + "a     c"}},
		{"what some line fills stays", []string{times + "a      b", times + "abcdefgh"}, []string{times + "a      b", times + "abcdefgh"}},
		{"the column of times stays", []string{times + "a"}, []string{times + "a"}},
		{"shorter lines are blank at their end", []string{times + "a", times + "a        b"}, []string{times + "a", times + "a  b"}},
		{"nothing", nil, nil},
	} {
		if got := squeeze(test.got); strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: squeeze(%q) = %q, want %q", test.why, test.got, got, test.want)
		}
	}
}

func TestStoryIsAboutTheClientWithTheMostToTell(t *testing.T) {
	for _, test := range []struct {
		scenario, profile, want string
		why                     string
	}{
		{"overflow", "wsp", "c", "the only one refused"},
		{"overflow", "windows", "c", "nobody is refused for good, but c was at first"},
		{"overflow", "winsock11", "c", "the same under a profile that the scenario is not about"},
		{"late-success", "windows", "b", "accepted after two refusals"},
		{"relisten-smaller", "wsp", "c", "a reset says more than a refusal; the first of two"},
		{"half-open-flood", "wsp", "early", "refused, while the flood merely waits"},
		{"close-full", "wsp", "a", "reset with a full queue, which says more than the refusal of d"},
		{"two-listeners", "windows", "b", "named, and had trouble"},
		{"emfile-loop", "wsp", "a", "nobody had trouble: the first"},
		{"illegal-backlogs", "wsp", "", "nobody connects"},
	} {
		s, _ := scenarios.ByName(test.scenario)
		p := &play.Play{Scenario: s, Profile: test.profile, Seed: play.DefaultSeed}
		story, err := Explain(context.Background(), p, "", &screen.Progress{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if story.client != 0 {
			got = story.Run.Done.ClientName(story.client)
		}
		if got != test.want {
			t.Errorf("%s under %s is about %q, want %q: %s", test.scenario, test.profile, got, test.want, test.why)
		}
	}
}

func TestEveryStoryShowsWhatDecidedIt(t *testing.T) {
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			p := &play.Play{Scenario: s, Profile: profile, Seed: play.DefaultSeed}
			story, err := Explain(context.Background(), p, "", &screen.Progress{})
			if err != nil {
				t.Fatal(err)
			}
			decidedFates := 0
			for _, f := range story.attempts() {
				if f.Outcome != netmodel.OutcomePending {
					decidedFates++
				}
			}
			var b bytes.Buffer
			w := bufio.NewWriter(&b)
			story.Text(w)
			w.Flush()
			if marks := strings.Count(b.String(), "\n"+decided); marks != decidedFates {
				t.Errorf("%s under %s: %d records are marked, %d attempts were decided:\n%s", s.Name, profile, marks, decidedFates, &b)
			}
		}
	}
}

func TestLegendExplainsWhatIsUsedAndNothingElse(t *testing.T) {
	for _, test := range []struct {
		why, want string
		lines     []string
	}{
		{"nothing", "", nil},
		{"two meanings of a sign", "        signs:  - accepted or put off\n        queue:  a waits for accept, . free slot, a* put off\n", []string{
			"    1.000 ms  - server  accept(fd 3)  put off: d               [d* .]",
			"    2.000 ms  - server  accept(fd 3)  = d, fd 4, waited 1ms    [e .]"}},
		{"a large queue", "        signs:  > queued\n        queue:  a#2 second attempt, [n of m] slots taken\n", []string{
			" 1234567.000 ms  > c1#2       SYN                      queued        [1 of 10]   R3"}},
		{"all entries", "        signs:  > waits for a decision\n        queue:  a waits for accept, (b) half-open, _ slot not filled, a! reset by its client,\n" +
			"                a? undecided and without a slot\n", []string{
			"    1.000 ms  > e       SYN  waits for the condition function  [a b! (c) _] e?"}},
	} {
		var legend Legend
		for _, line := range test.lines {
			legend.Note(line)
		}
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		legend.Print(w)
		w.Flush()
		if b.String() != test.want {
			t.Errorf("%s: got\n%swant\n%s", test.why, &b, test.want)
		}
	}
}

func TestEveryRuleOfALessonIsExplained(t *testing.T) {
	for _, s := range scenarios.All() {
		for _, id := range ruleID.FindAllString(s.Lesson, -1) {
			if _, err := FindRules([]string{strings.TrimSuffix(id, "'")}); err != nil {
				t.Errorf("the lesson of %s names %s: %v", s.Name, id, err)
			}
		}
	}
}

func TestTheNextCommandEndsDifferently(t *testing.T) {
	for _, s := range scenarios.All() {
		p := &play.Play{Scenario: s, Profile: s.Profiles[0], Seed: play.DefaultSeed}
		done, err := p.Run(context.Background(), play.Watch{})
		if err != nil {
			t.Fatal(err)
		}
		r := &Run{Play: p, Done: done}
		if next := r.next(context.Background()); next == p.Brief("run") || !strings.Contains(next, s.Name) {
			t.Errorf("%s: next is %s", s.Name, next)
		}
	}
}

func TestKnobsAreAnObjectInTheirOrder(t *testing.T) {
	got, err := json.Marshal(Settings([]scenarios.Setting{{Name: "z", Value: "12"}, {Name: "a", Value: "-3"}, {Name: "m", Value: "1.5s"}, {Name: "l", Value: "10%"}, {Name: "n", Value: "-"}}))
	if want := `{"z":12,"a":-3,"m":"1.5s","l":"10%","n":"-"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestEveryKindOfRecordHasAName(t *testing.T) {
	var names []string
	for k := netmodel.Called; k <= netmodel.ProbeSent; k++ {
		name := trace.KindName(k)
		if name == "" || slices.Contains(names, name) {
			t.Errorf("kind %d is named %q", k, name)
		}
		names = append(names, name)
	}
	if trace.KindName(netmodel.ProbeSent+1) != "" {
		t.Error("a kind that there is not has a name")
	}
}
