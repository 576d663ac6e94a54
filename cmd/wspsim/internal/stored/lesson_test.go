package stored

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios/lessons"
)

// plain is a play that changes nothing in a lesson.
var plain = play.Play{Seed: play.DefaultSeed}

func TestNothingIsWrongWithTheLessonsOfTheCourse(t *testing.T) {
	for _, l := range lessons.All() {
		runs, err := Lesson(t.Context(), l, plain, nil)
		if err != nil {
			t.Errorf("lesson %s: %v", l.Name, err)
			continue
		}
		for _, p := range l.Problems(runs) {
			t.Errorf("lesson %s: %s", l.Name, p)
		}
		for i, q := range l.Questions {
			cited := 0
			for _, b := range q.Because {
				cited += len(b.Rules)
			}
			if cited == 0 {
				t.Errorf("lesson %s, question %d: the cause cites no rule", l.Name, i+1)
			}
		}
	}
}

func TestALessonIsShort(t *testing.T) {
	for _, l := range lessons.All() {
		if n := len(l.Questions); n < 2 || n > 4 {
			t.Errorf("lesson %s: %d questions, want 2 to 4", l.Name, n)
		}
		if n := sentences(l.Intro); n > 3 {
			t.Errorf("lesson %s: the intro has %d sentences, want at most 3", l.Name, n)
		}
		if l.Teaches == "" || l.Adapt == "" {
			t.Errorf("lesson %s: nothing for the teacher: teaches %q, adapt %q", l.Name, l.Teaches, l.Adapt)
		}
		texts := []string{l.Intro, l.End}
		for i, q := range l.Questions {
			if q.Misconception == "" {
				t.Errorf("lesson %s, question %d: no misconception", l.Name, i+1)
			}
			texts = append(texts, q.Ask)
			for _, b := range q.Because {
				texts = append(texts, b.Text)
			}
			for _, c := range q.Captions {
				texts = append(texts, c.Text)
			}
		}
		for _, text := range texts {
			for s := range strings.SplitSeq(text, ". ") {
				if n := len(strings.Fields(s)); n > 25 {
					t.Errorf("lesson %s: a sentence of %d words, want at most 25: %s", l.Name, n, s)
				}
			}
		}
	}
}

func sentences(text string) int {
	return strings.Count(text, ". ") + strings.Count(text, "? ") + 1
}

func TestEachRuleOfThePageHasItsLinuxCounterpartInTheSameLesson(t *testing.T) {
	for _, pair := range []struct{ lesson, page, linux, why string }{
		{"refused-or-ignored", "R4", "K2", "refuse, ignore"},
		{"no-more-descriptors", "WS.D6", "K9", "starve and resume, EMFILE"},
		{"listen-again", "R10", "K10", "trim, keep"},
	} {
		l, ok := lessons.ByName(pair.lesson)
		var cited []string
		for _, q := range l.Questions {
			for _, b := range q.Because {
				cited = append(cited, b.Rules...)
			}
		}
		all := " " + strings.Join(cited, " ") + " "
		if !ok || !strings.Contains(all, " "+pair.page+" ") || !strings.Contains(all, " "+pair.linux+" ") {
			t.Errorf("%s: lesson %s cites%s, want %s and %s", pair.why, pair.lesson, all, pair.page, pair.linux)
		}
	}
}

func TestALessonReadsBackAsItIs(t *testing.T) {
	for _, l := range lessons.All() {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back page.Lesson
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&back); err != nil || !reflect.DeepEqual(back, l) {
			t.Errorf("lesson %s: its JSON reads back as %+v, %v", l.Name, back, err)
		}
	}
}

func TestARunOfALessonAddsLittleToAPage(t *testing.T) {
	const most = 35_000 // bytes; with the player less than 100,000
	size := func(r recording.Run) int {
		var b bytes.Buffer
		if err := page.Write(&b, r); err != nil {
			t.Fatal(err)
		}
		return b.Len()
	}
	empty := size(recording.Run{})
	for _, l := range lessons.All() {
		runs, err := Lesson(t.Context(), l, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range runs {
			if n := size(r) - empty; n > most {
				t.Errorf("lesson %s, run %s: adds %d bytes to a page, want at most %d", l.Name, l.Runs[i].Name, n, most)
			}
		}
	}
}

func TestTheKnobsOfARunReplaceThoseOfTheLesson(t *testing.T) {
	l := page.Lesson{Scenario: "burst", Set: []recording.Setting{{Name: "backlog", Value: "3"}, {Name: "clients", Value: "4"}}}
	r := page.LessonRun{Name: "x", Profile: "wsp", Set: []recording.Setting{{Name: "backlog", Value: "7"}}}
	p, err := Play(l, r, plain)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Brief("run"), "wspsim run burst --backlog 7 --set clients=4"; got != want {
		t.Errorf("Play = %s, want %s", got, want)
	}
	over := plain.With("clients", "9")
	if p, err = Play(l, r, *over); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Brief("run"), "wspsim run burst --backlog 7 --set clients=9"; got != want {
		t.Errorf("with clients 9, Play = %s, want %s", got, want)
	}
}
