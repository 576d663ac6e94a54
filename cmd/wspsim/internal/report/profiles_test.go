package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/internal/update"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

// The numbers are those of a table that was computed from the sources of each
// stack before there was a model of them.
func TestHoldsIsWhatTheSourcesSay(t *testing.T) {
	for _, test := range []struct {
		why, profile string
		want         []int // for -1, 0, 1, 2, 5, 14, 128 and 1,000,000
	}{
		{"more than 3/2 of at most 5", "bsd4.4", []int{1, 1, 2, 4, 8, 8, 8, 8}},
		{"0 is 1; only the final ACK is tested", "linux2.2", []int{129, 2, 2, 3, 6, 15, 129, 129}},
		{"more than the backlog, somaxconn 128", "linux4.10", []int{129, 1, 2, 3, 6, 15, 129, 129}},
		{"somaxconn 4096", "linux", []int{4097, 1, 2, 3, 6, 15, 129, 4097}},
		{"the SYN is not tested", "freebsd", []int{193, 1, 2, 4, 8, 22, 193, 193}},
		{"the SYN is tested, by a smaller number", "freebsd4", []int{129, 1, 2, 3, 6, 15, 129, 129}},
		{"negative is 0", "netbsd", []int{1, 1, 2, 3, 6, 15, 129, 129}},
		{"a floor of 80", "openbsd", []int{129, 81, 81, 81, 81, 81, 129, 129}},
		{"exactly that; 0 and less are the largest", "darwin", []int{128, 128, 1, 2, 5, 14, 128, 128}},
		{"scaled, then cut", "illumos", []int{1, 1, 2, 4, 8, 22, 128, 128}},
		{"1024 whatever is asked", "gvisor", []int{1025, 1, 2, 3, 6, 15, 129, 1025}},
		{"0 to 255, 0 is 1", "lwip", []int{1, 1, 1, 2, 5, 14, 128, 255}},
		{"128 whatever is asked", "gofakenet", []int{128, 128, 128, 128, 128, 128, 128, 128}},
		{"200 at most", "wsp", []int{1, 1, 1, 2, 5, 14, 128, 200}},
		{"a hint", "windows", []int{200, 1, 1, 2, 5, 14, 128, 200}},
	} {
		p, ok := profiles.ByName(test.profile)
		if !ok {
			t.Fatalf("no profile %s", test.profile)
		}
		var got []int
		for _, n := range []int{-1, 0, 1, 2, 5, 14, 128, 1_000_000} {
			got = append(got, holds(&p, n))
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s (%s) holds %v, want %v", test.profile, test.why, got, test.want)
		}
	}
}

// What the card promises, the host keeps: clients come one by one, nobody
// accepts.
func TestTheHostHoldsWhatTheCardSays(t *testing.T) {
	for _, p := range profiles.All() {
		for _, n := range []int{0, 1, 5} {
			s := scenarios.Scenario{
				Name: "fill", Profiles: []string{p.Name}, Until: 200 * time.Millisecond,
				Steps: []scenarios.Step{{Do: scenarios.Listen{Backlog: n}}},
			}
			for i := range 140 {
				s.Steps = append(s.Steps, scenarios.Step{At: time.Duration(i+1) * time.Millisecond, Do: scenarios.Request{Client: fmt.Sprint("c", i)}})
			}
			r, err := scenarios.Run(s, scenarios.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := r.Listener.Pending
			if !p.SynQueue.Separate {
				got -= r.Listener.HalfOpen // they take slots
			}
			if want := min(holds(&p, n), 140); got != want {
				t.Errorf("%s: %d wait after listen(%d), want %d as its card says", p.Name, got, n, want)
			}
		}
	}
}

// printed returns what a function prints.
func printed(print func(*bufio.Writer)) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	print(w)
	w.Flush()
	return b.String()
}

func TestCardsNameEveryValueAndFitTheScreen(t *testing.T) {
	table := printed(func(w *bufio.Writer) { Profiles(w, screen.Style{}) })
	for _, p := range profiles.All() {
		if !strings.Contains(table, "\n"+p.Name+" ") {
			t.Errorf("the table of profiles has no row of %s:\n%s", p.Name, table)
		}
		card := printed(func(w *bufio.Writer) { Profile(w, p, screen.Style{}) })
		for _, f := range profiles.Facts(p) {
			if !strings.Contains(card, f.Field) {
				t.Errorf("the card of %s does not name %s", p.Name, f.Field)
			}
		}
		for line := range strings.Lines(table + card) {
			if len(line)-1 > widest || strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }) {
				t.Errorf("%s: %d columns, or not plain ASCII: %q", p.Name, len(line)-1, line)
			}
		}
	}
}

func TestWhatToRunNextRuns(t *testing.T) {
	for _, p := range profiles.All() {
		words := strings.Fields(nextOf(p.Name))
		s, err := play.Find(words[2])
		if err != nil || words[4] != p.Name {
			t.Errorf("%s: %q: %v", p.Name, words, err)
			continue
		}
		if _, err := scenarios.Run(s, scenarios.Options{Profile: p.Name}); err != nil {
			t.Errorf("%s: %q: %v", p.Name, words, err)
		}
	}
}

func TestProfilesJSONHasTheFactsOfAllProfiles(t *testing.T) {
	var b bytes.Buffer
	if err := ProfilesJSON(&b); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema   string
		Profiles []struct {
			Name  string
			Known map[string]int
			Facts []struct {
				Field, Value, Certainty, Source string
				Effect                          bool
			}
			Holds []struct{ Backlog, Effective, Connections int }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil || doc.Schema != ProfilesSchema || len(doc.Profiles) != len(profiles.All()) {
		t.Fatalf("schema %q, %d profiles, %v", doc.Schema, len(doc.Profiles), err)
	}
	for i, p := range profiles.All() {
		got, effects := doc.Profiles[i], 0
		for j, f := range profiles.Facts(p) {
			g := got.Facts[j]
			if g.Field != f.Field || g.Value != f.Value || g.Certainty != f.Certainty.String() || g.Source != f.Source {
				t.Errorf("%s: got %+v, want %+v", p.Name, g, f)
			}
			if g.Effect {
				effects++
			}
		}
		sum := 0
		for _, n := range got.Known {
			sum += n
		}
		if got.Name != p.Name || sum != effects || len(got.Known) != len(profiles.Certainties()) || len(got.Holds) != len(listened()) {
			t.Errorf("%s: %s, counts %v of %d values with an effect", p.Name, got.Name, got.Known, effects)
		}
	}
}

// What stands in netmodel/profiles/README.md is what a card says.
func TestTheREADMEOfTheProfilesHasWhatEachHolds(t *testing.T) {
	const (
		file   = "../../../../netmodel/profiles/README.md"
		begins = "<!-- written by go test ./cmd/wspsim/internal/report -run README -update -->\n"
		ends   = "<!-- end -->\n"
	)
	var table strings.Builder
	table.WriteString("| profile | what it is | listen(0) | listen(5) | listen(1000000) |\n|---|---|--:|--:|--:|\n")
	for _, p := range profiles.All() {
		fmt.Fprintf(&table, "| `%s` | %s |", p.Name, p.Long)
		for _, n := range []int{0, 5, 1_000_000} {
			fmt.Fprintf(&table, " %s |", words.Count(holds(&p, n)))
		}
		table.WriteString("\n")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the source tree is not here, so there is no README to read: %v", err)
	}
	before, rest, ok := strings.Cut(string(text), begins)
	was, after, closed := strings.Cut(rest, ends)
	for _, p := range profiles.All() {
		if !strings.Contains(before, "`"+p.Name+"`") {
			t.Errorf("%s does not say what a full queue does under %s", file, p.Name)
		}
	}
	switch {
	case !ok || !closed:
		t.Fatalf("%s has no place for the table: want it between %q and %q", file, begins, ends)
	case update.Goldens():
		if err := os.WriteFile(file, []byte(before+begins+table.String()+ends+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case was != table.String():
		t.Errorf("%s has another table (-update rewrites it):\n%s", file, table.String())
	}
}
