package stored

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

// burstText is the lesson refused-or-ignored in JSON.
func burstText(t *testing.T) string {
	t.Helper()
	l, _ := lessons.ByName("refused-or-ignored")
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// faultsOf returns all that is wrong in a text: line:column: text.
func faultsOf(t *testing.T, text string) []string {
	t.Helper()
	l, faults := ParseLesson([]byte(text))
	if faults == nil {
		_, wrong, err := CheckLesson(t.Context(), l.Lesson, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range wrong {
			faults = append(faults, l.Fault(p))
		}
	}
	var all []string
	for _, f := range faults {
		all = append(all, fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Text))
	}
	return all
}

func TestEveryLessonOfTheCourseReadsBackFromItsFile(t *testing.T) {
	for _, l := range lessons.All() {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		back, faults := ParseLesson(text)
		if faults != nil || !reflect.DeepEqual(back.Lesson, l) {
			t.Errorf("lesson %s: reads back with %v as %+v", l.Name, faults, back.Lesson)
		}
	}
}

func TestAWrongLessonIsToldWhatIsWrongAndWhere(t *testing.T) {
	good := burstText(t)
	if faults := faultsOf(t, good); faults != nil {
		t.Fatalf("a right lesson: %v", faults)
	}
	long := strings.Repeat("x", 1001)
	for _, tt := range []struct {
		old, new string // replaced once
		want     string // one of the faults begins with it, or has it
		why      string
	}{
		{`"name": "refused-or-ignored",`, `"nmae": "refused-or-ignored",`, `2:3: unknown key "nmae"; nearest: name`, "a misspelt key"},
		{`"name": "refused-or-ignored",`, `"Name": "refused-or-ignored",`, `2:3: unknown key "Name"; nearest: name`, "a key in other letters"},
		{`"name": "refused-or-ignored",`, `"name": "x", "name": "y",`, `2:16: the key "name" is there twice`, "a key twice"},
		{`"name": "refused-or-ignored"`, `"name": 7`, `2:11: name: want a text in quotes`, "a number for a text"},
		{`"name": "refused-or-ignored"`, `"name": "../x"`, `name: "../x": want small letters`, "a name that is a path"},
		{`"scenario": "burst"`, `"scenario": "brust"`, `scenario: unknown scenario "brust"; nearest: burst`, "a misspelt scenario"},
		{`"profile": "linux"`, `"profile": "macos"`, `unknown profile "macos"; that is darwin`, "a profile that people call otherwise"},
		{`"profile": "linux"`, `"profile": "linus"`, `unknown profile "linus"; nearest: linux`, "a misspelt profile"},
		{`"scenario": "burst",`, `"scenario": "burst", "set": [{"name": "cleints", "value": "3"}],`, `set[0]: `, "a misspelt knob"},
		{`"scenario": "burst",`, `"scenario": "burst", "set": [{"name": "clients", "value": "many"}],`, `set[0]: `, "a knob that is no number"},
		{`"scenario": "burst",`, `"scenario": "burst", "set": [{"name": "clients", "value": "3"}, {"name": "clients", "value": "4"}],`, `clients is set twice`, "a knob twice"},
		{`"scenario": "burst",`, `"scenario": "burst", "set": [{"name": "clients", "value": "20000"}],`, `too much for a page`, "too many clients"},
		{`"figure": "outcomes.phantom"`, `"figure": "outcomes.phantoms"`, `run linux has no figure "outcomes.phantoms"; nearest: outcomes.phantom`, "a misspelt figure"},
		{`{linux.outcomes.phantom}`, `{linux.outcomes.phantoms}`, `because[1].text: run linux has no figure "outcomes.phantoms"`, "a misspelt figure in a text"},
		{`{linux.outcomes.phantom}`, `{bsd.outcomes.phantom}`, `because[1].text: unknown run "bsd"`, "a run in a text"},
		{`{linux.outcomes.phantom}`, `{linux}`, `a brace without a figure: want {RUN.FIGURE}`, "a brace"},
		{`"K2"`, `"K99"`, `unknown rule "K99"; nearest: `, "a rule that does not exist"},
		{`"kind": "choice"`, `"kind": "choise"`, `unknown kind of question "choise"; nearest: choice`, "a kind of question"},
		{`"right": "most"`, `"right": "biggest"`, `unknown way to find the right choice "biggest"`, "a way to find the answer"},
		{`"right": "most"`, `"right": "outcome"`, `choices[0].is: unknown outcome ""`, "choices without outcomes"},
		{`"figure": "listener.refused_syns",
      "choices": [
        {
          "label": "Windows",
          "run": "windows"`, `"figure": "listener.refused_syns",
      "choices": [
        {
          "label": "Windows",
          "run": "linux"`, `questions[0].choices[1].run: two choices have the run linux`, "two choices that are one"},
		{`"max": 50`, `"max": 5`, `questions[1].max: 5: the right answer is 32`, "an answer that cannot be given"},
		{`"max": 50`, `"max": 0`, `questions[1].max: 0: want the largest guess, 1 to`, "no largest guess"},
		{`"max": 50`, `"max": 1e99`, `max: 1e99: want a whole number`, "a number that is none"},
		{`"max": 50`, `"max": 50.5`, `max: 50.5: want a whole number`, "half a client"},
		{`"max": 50`, `"max": 50, "at": ["1ms"]`, `at: a question of the kind number has no instants`, "instants for a number"},
		{`"max": 50`, `"max": 50, "right": "most"`, `right: a question of the kind number has no right`, "a number with a right choice"},
		{`"right": "most"`, `"right": "most", "max": 5`, `max: a question of the kind choice has no largest guess`, "a choice with a number"},
		{`"max": 50`, `"max": null`, `max: want a whole number`, "null"},
		{`"max": 50`, `"max": 50, "near": 50`, `near: 50: want how far off`, "everything is near"},
		{`"kind": "request_refused"`, `"kind": "request_refusd"`, `show.kind: unknown kind of record "request_refusd"; nearest: request_refused`, "a kind of record"},
		{`"kind": "request_refused"`, `"kind": "reset_pending"`, `run windows has no record reset_pending to show`, "nothing to show"},
		{`"kind": "request_refused"`, `"at": "11s"`, `11s is after the end of run windows`, "an instant after the end"},
		{`"kind": "request_refused"`, `"at": "-3"`, `instant "-3": want a number with us, ms, s or m`, "no instant"},
		{`"figure": "listener.refused_syns",
          "colour"`, `"figure": "wait_ns.p50",
          "colour"`, `bars: wait_ns.p50 and listener.refused_syns on one scale`, "a count beside a time"},
		{`"colour": "refused"`, `"colour": "pink"`, `unknown colour "pink"; there are refused, ignored, phantom, served`, "a colour"},
		{`"title": "Refused or ignored"`, `"title": " "`, `3:12: title: no text`, "no title"},
		{`"title": "Refused or ignored"`, `"title": "` + long + `"`, `title: 1001 bytes: want at most 1000`, "a long title"},
		{`"title": "Refused or ignored"`, `"title": "\u001b[2J"`, `title: a control character`, "an escape for a terminal"},
		{`"title"`, "\"title\xff\"", `3:9: the byte 0xff; want UTF-8`, "not UTF-8"},
		{`"questions": [`, `"questions": [],"x": [`, `unknown key "x"`, "no questions"},
		{`"runs": [`, `"runs": {`, `runs: want a list […]`, "an object for a list"},
	} {
		text := strings.Replace(good, tt.old, tt.new, 1)
		if text == good {
			t.Errorf("%s: %s is not in the lesson", tt.why, tt.old)
		}
		faults := faultsOf(t, text)
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, tt.want) }) {
			t.Errorf("%s: faults\n%s\nwant one with %s", tt.why, strings.Join(faults, "\n"), tt.want)
		}
	}
}

func TestATextThatIsNoLessonIsRefused(t *testing.T) {
	good := burstText(t)
	for _, tt := range []struct{ text, want, why string }{
		{"", "0:0: the file is empty", "empty"},
		{" \n\t", "0:0: the file is empty", "white space"},
		{strings.Repeat(" ", mostLessonBytes) + good, "0:0: more than 256 kB", "huge"},
		{"\xef\xbb\xbf" + good, "1:1: a byte order mark", "a byte order mark"},
		{"\xfe\xff\x00{", "1:1: the byte 0xfe; want UTF-8", "UTF-16"},
		{good + "{}", "something stands behind the lesson", "two lessons"},
		{good[:len(good)/2], "the JSON ends too early", "half a lesson"},
		{"{", "1:2: the JSON ends too early", "a brace"},
		{"[]", "1:1: want an object", "a list"},
		{"null", "1:1: want an object", "null"},
		{"name: x", "1:1: want an object", "YAML"},
		{`{"name": "x" "title": "y"}`, "1:14: not JSON", "a comma is missing"},
		{`{"name": "x",}`, "not JSON", "a comma too many"},
		{`{"name": 'x'}`, "1:10: name: want a text", "single quotes"},
		{strings.Repeat("[", 100_000), "1:1: want an object", "deep"},
		{`{"questions": ` + strings.Repeat("[", 100_000), "questions[0]: want an object", "deep below a key"},
		{`{"x": ` + strings.Repeat("[", 100_000), `unknown key "x"`, "deep below an unknown key"},
		{`{}`, "runs: 0 runs: want 1 to 3", "nothing"},
		{"\x00", "1:1: want an object", "NUL"},
	} {
		faults := faultsOf(t, tt.text)
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, tt.want) }) {
			t.Errorf("%s: faults\n%s\nwant one with %s", tt.why, strings.Join(faults, "\n"), tt.want)
		}
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "none.json"), dir} {
		if _, _, err := ReadLesson(path); err == nil {
			t.Errorf("ReadLesson(%s) returns no error", path)
		}
	}
	file := filepath.Join(dir, "endless.json")
	if err := os.WriteFile(file, []byte(strings.Repeat(" ", 2*mostLessonBytes)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, faults, err := ReadLesson(file); err != nil || len(faults) != 1 {
		t.Errorf("ReadLesson of a huge file = %v, %v, want one fault", faults, err)
	}
}

// FuzzParseLesson finds texts on which the reader panics.
func FuzzParseLesson(f *testing.F) {
	f.Add([]byte(`{"name": "x", "runs": [{"name": "a", "set": [{"name": "b"}]}], "questions": [{"max": 1, "show": {"again": true}}]}`))
	f.Add([]byte(`{"questions": [{"because": [{"rules": ["R4"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, faults := ParseLesson(text)
		if faults == nil && reflect.DeepEqual(l.Lesson, page.Lesson{}) && len(text) > 200 {
			return
		}
		for _, p := range l.Lesson.Problems(nil) {
			if l.Fault(p).Text == "" {
				t.Errorf("%q: a fault without a text", text)
			}
		}
	})
}
