package teach

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/internal/update"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
	"wspsim/scenarios/lessons"
)

// What stands in scenarios/lessons/README.md about each lesson is what the lesson says.
func TestTheREADMEOfTheLessonsSaysWhatEachTeaches(t *testing.T) {
	const (
		file   = "../../../../scenarios/lessons/README.md"
		begins = "<!-- written by go test ./cmd/wspsim/internal/teach -run README -update -->\n"
		ends   = "<!-- end -->\n"
		lines  = 125 // two pages
	)
	var guide strings.Builder
	for i, l := range lessons.All() {
		e := exerciseFrom(t, l)
		if e.Teaches == "" || e.Adapt == "" || e.Questions[0].Thinking == "" {
			t.Errorf("lesson %s: a teacher wants to know what it teaches, the usual wrong guess, and how to adapt it", l.Name)
		}
		entry := fmt.Sprintf("**%s** (`%s`). %s *Wrong guess:* %s *Adapt:* %s", l.Title, l.Name, e.Teaches, e.Questions[0].Thinking, e.Adapt)
		fmt.Fprintf(&guide, "%d. %s\n", i+1, strings.TrimLeft(words.Wrap(entry, 120, "   "), " "))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the source tree is not here, so there is no README to read: %v", err)
	}
	before, rest, ok := strings.Cut(string(text), begins)
	was, after, closed := strings.Cut(rest, ends)
	if n := strings.Count(string(text), "\n"); n > lines {
		t.Errorf("%s has %d lines, want at most %d", file, n, lines)
	}
	switch {
	case !ok || !closed:
		t.Fatalf("%s has no place for the lessons: want it between %q and %q", file, begins, ends)
	case update.Goldens():
		if err := os.WriteFile(file, []byte(before+begins+guide.String()+ends+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case was != guide.String():
		t.Errorf("%s says something else (-README +lessons; -update rewrites it):\n%s", file, cmp.Diff(was, guide.String()))
	}
}

// What the guide promises about a changed knob is what the model does.
func TestWhatTheGuideSaysAboutKnobsHolds(t *testing.T) {
	for _, tt := range []struct {
		lesson, run, profile, knob, value, figure string
		min, max                                  int64
		why                                       string
	}{
		{"one-door", "door", "", "backlog", "3", "outcomes.refused", 0, 0, "nobody is refused"},
		{"one-door", "door", "", "backlog", "1", "outcomes.refused", 2, 6, "more are"},
		{"refused-or-ignored", "linux", "", "send", "200", "outcomes.phantom", 0, 0, "the phantoms get in"},
		{"the-phantom", "linux", "", "backlog", "6", "outcomes.phantom", 0, 0, "there is no phantom"},
		{"the-phantom", "linux", "freebsd", "", "", "outcomes.reset", 1, 7, "FreeBSD resets instead"},
		{"retry-wave", "linux", "", "backlog", "40", "listener.ignored_syns", 0, 0, "there is no wave"},
		{"no-more-descriptors", "page", "", "descriptors", "6", "outcomes.refused", 0, 0, "nobody starves"},
		{"syn-flood", "off", "", "backlog", "8", "listener.ignored_syns", 0, 0, "the five SYNs find room"},
		{"longer-queue", "short", "wsp", "retries", "3", "outcomes.offered", 61, 240, "the refused come back"},
	} {
		l, ok := lessons.ByName(tt.lesson)
		if !ok {
			t.Errorf("no lesson %s", tt.lesson)
			continue
		}
		i := max(0, slices.IndexFunc(l.Runs, func(r page.LessonRun) bool { return r.Name == tt.run }))
		l.Runs = slices.Clone(l.Runs)
		if tt.profile != "" {
			l.Runs[i].Profile = tt.profile
		}
		over := play.Play{Seed: play.DefaultSeed}
		if tt.knob != "" {
			over.Knobs = []scenarios.Setting{{Name: tt.knob, Value: tt.value}}
		}
		runs, err := stored.Lesson(t.Context(), l, over, nil)
		if err != nil {
			t.Errorf("%s, %s: %v", tt.lesson, tt.why, err)
			continue
		}
		got, err := l.Figure(runs, l.Runs[i].Name, tt.figure)
		if err != nil || got < tt.min || got > tt.max {
			t.Errorf("%s with %s=%s: %s = %d, %v, want %d to %d: %s", tt.lesson, tt.knob, tt.value, tt.figure, got, err, tt.min, tt.max, tt.why)
		}
	}
}
