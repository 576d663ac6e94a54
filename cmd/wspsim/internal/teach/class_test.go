package teach

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/internal/update"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

// exerciseNamed returns a lesson of the course with its answers.
func exerciseNamed(t testing.TB, name string) *Exercise {
	t.Helper()
	for _, l := range lessons.All() {
		if l.Name == name {
			return exerciseFrom(t, l)
		}
	}
	t.Fatalf("no lesson %s", name)
	return nil
}

func exerciseFrom(t testing.TB, l page.Lesson) *Exercise {
	t.Helper()
	runs, err := stored.Lesson(context.Background(), l, play.Play{Seed: play.DefaultSeed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := FromLesson(l, runs)
	if err != nil {
		t.Fatal(err)
	}
	return &e
}

// classCase is a paste of a class. The browser reads the same file.
type classCase struct {
	Why        string     `json:"why"`
	Lesson     string     `json:"lesson"` // the only one that is known
	Text       string     `json:"text"`
	Read       int        `json:"read"`
	Unread     []string   `json:"unread"`     // "line 2: why"
	Histograms [][]string `json:"histograms"` // "label students", and "right" for the answer of the model
}

const classFile = "../../testdata/class.json"

func TestLinesOfAClassAreReadAsTheFixturesSay(t *testing.T) {
	text, err := os.ReadFile(classFile)
	if err != nil {
		t.Fatal(err)
	}
	var cases, now []classCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, want := range cases {
		e := exerciseNamed(t, want.Lesson)
		c, err := ReadClass(want.Text, func(name string) (*Exercise, error) {
			if name == e.Name {
				return e, nil
			}
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := classCase{want.Why, want.Lesson, want.Text, c.Read, []string{}, [][]string{}}
		for _, u := range c.Unread {
			got.Unread = append(got.Unread, fmt.Sprintf("line %d: %s", u.Number, u.Why))
		}
		for i := range c.Lessons {
			for k := range e.Questions {
				for part := range e.Questions[k].Parts() {
					columns, _ := c.Lessons[i].Histogram(k, part)
					got.Histograms = append(got.Histograms, columnsText(columns))
				}
			}
		}
		now = append(now, got)
		if diff := cmp.Diff(want, got); diff != "" && !update.Goldens() {
			t.Errorf("%s: ReadClass (-want +got):\n%s", want.Why, diff)
		}
	}
	if update.Goldens() {
		text, err := json.MarshalIndent(now, "", "\t")
		if err == nil {
			err = os.WriteFile(classFile, []byte(inASCII(string(text))+"\n"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// inASCII writes other characters of a JSON text as escapes.
func inASCII(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > '~' {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func columnsText(columns []Column) []string {
	var all []string
	for _, c := range columns {
		text := fmt.Sprintf("%s %d", c.Label, c.Students)
		if c.Right {
			text += " right"
		}
		all = append(all, text)
	}
	return all
}

func TestEveryAnswerOfEveryLessonSurvivesItsLine(t *testing.T) {
	for _, l := range lessons.All() {
		e := exerciseFrom(t, l)
		var answers []string
		for i := range e.Questions {
			answers = append(answers, e.Questions[i].Right)
		}
		line, err := ClassLine(e.Name, answers, "k7f3q")
		if err != nil {
			t.Fatal(err)
		}
		c, err := ReadClass(line, func(string) (*Exercise, error) { return e, nil })
		if err != nil || c.Read != 1 {
			t.Errorf("%s: ReadClass(%q) = %+v, %v, want one line read", l.Name, line, c, err)
			continue
		}
		for k := range e.Questions {
			for part := range e.Questions[k].Parts() {
				columns, _ := c.Lessons[0].Histogram(k, part)
				for _, col := range columns {
					if col.Right != (col.Students == 1) {
						t.Errorf("%s, question %d: Histogram = %v, want the only student on the right answer", l.Name, k+1, columns)
					}
				}
			}
		}
		if len(line) > 120 {
			t.Errorf("%s: the line %q has %d characters, want at most 120", l.Name, line, len(line))
		}
	}
}

func TestAClassPrintsWhatItReadAndWhatNot(t *testing.T) {
	for _, tt := range []struct{ text, want, why string }{
		{"", "0 lines read, 0 not\n", "nothing was pasted"},
		{"\x1b[31mred", `line 1: no wspsim1 in it: \x1b[31mred`, "a line that would paint the terminal"},
		{strings.Repeat("no\n", 25), "and 5 more\n", "many lines that are none"},
	} {
		c, err := ReadClass(tt.text, func(string) (*Exercise, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := textOf(c); !strings.Contains(got, tt.want) || strings.Contains(got, "\x1b") {
			t.Errorf("%s: Text = %q, want %q in it", tt.why, got, tt.want)
		}
	}
}

func FuzzALineThatIsReadHasPossibleAnswers(f *testing.F) {
	e := exerciseNamed(f, "refused-or-ignored")
	f.Add("wspsim1 refused-or-ignored 2 20 5 @k7f3q #81d031a5")
	f.Add("wspsim1 refused-or-ignored - - - @a #00000000\nwspsim1")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadClass(text, func(string) (*Exercise, error) { return e, nil })
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Lessons {
			for k := range e.Questions {
				columns, skipped := c.Lessons[i].Histogram(k, 0)
				n := skipped
				for _, col := range columns {
					n += col.Students
				}
				if n != c.Lessons[i].Students || len(columns) > mostColumns {
					t.Errorf("ReadClass(%q): the columns of question %d hold %d of %d students: %v", text, k+1, n, c.Lessons[i].Students, columns)
				}
			}
		}
	})
}
