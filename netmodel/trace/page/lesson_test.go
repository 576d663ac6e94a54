package page_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
)

// goodLesson is a lesson about one run of three clients of which two are refused.
func goodLesson() page.Lesson {
	return page.Lesson{
		Name: "x", Title: "X", Scenario: "s", Intro: "Three clients come.", End: "That is all.",
		Runs: []page.LessonRun{{Name: "wsp", Label: "The page", Profile: "wsp"}},
		Questions: []page.Question{{
			Ask: "How many of 3?", Kind: page.Count, Run: "wsp", Figure: "outcomes.refused", Max: 3,
			Because: []page.Reason{{Text: "{wsp.outcomes.refused} are refused"}}, Show: page.Moment{Label: "Show", Run: "wsp", Kind: "request_refused"},
		}},
	}
}

func TestALessonSpeaksAboutItsRunsOnly(t *testing.T) {
	run := crowd(t, profiles.WSP(), "c", 3, 1)
	run.Figures = []recording.Figure{{Name: "outcomes.refused", Value: 2}}
	if err := page.WriteLesson(io.Discard, goodLesson(), run); err != nil {
		t.Errorf("a right lesson: %v", err)
	}
	for _, tt := range []struct {
		spoil func(*page.Lesson)
		want  string
	}{
		{func(l *page.Lesson) { l.Questions = nil }, "no questions"},
		{func(l *page.Lesson) { l.Questions[0].Figure = "outcomes.lost" }, `no figure "outcomes.lost"`},
		{func(l *page.Lesson) { l.Questions[0].Run = "linux" }, `unknown run "linux"`},
		{func(l *page.Lesson) { l.Questions[0].Max = 0 }, "questions[0].max: 0: want the largest guess"},
		{func(l *page.Lesson) { l.Questions[0].Max = 1 }, "questions[0].max: 1: the right answer is 2"},
		{func(l *page.Lesson) { l.Questions[0].Kind = "essay" }, `unknown kind of question "essay"`},
		{func(l *page.Lesson) { l.Questions[0].Bars = []page.Bar{{Label: "b", Run: "wsp", Figure: "x"}} }, `no figure "x"`},
		{func(l *page.Lesson) { l.Questions[0].Show.Kind = "ack_ignored" }, `no record ack_ignored`},
		{func(l *page.Lesson) { l.End = "{wsp.y.z}" }, `no figure "y.z"`},
	} {
		l := goodLesson()
		tt.spoil(&l)
		if err := page.WriteLesson(io.Discard, l, run); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("WriteLesson(%+v) = %v, want an error with %s", l, err, tt.want)
		}
	}
}

func TestARevealDoesNotAnswerALaterQuestion(t *testing.T) {
	run := crowd(t, profiles.WSP(), "c", 3, 1)
	run.Figures = []recording.Figure{{Name: "outcomes.refused", Value: 2}, {Name: "outcomes.accepted", Value: 0}}
	l := goodLesson()
	first := l.Questions[0]
	first.Figure = "outcomes.accepted"
	first.Bars = []page.Bar{{Label: "refused", Run: "wsp", Figure: "outcomes.refused"}}
	l.Questions = []page.Question{first, l.Questions[0]}
	if err := page.WriteLesson(io.Discard, l, run); err == nil || !strings.Contains(err.Error(), "questions[0].bars[0]: it answers question 2: outcomes.refused of wsp") {
		t.Errorf("WriteLesson = %v, want an error about the bar that answers question 2", err)
	}
	l.Questions[0].Bars = nil
	if err := page.WriteLesson(io.Discard, l, run); err != nil {
		t.Errorf("without that bar: %v", err)
	}
}

// twoRuns is a lesson about two backlogs, with its runs: three clients at one instant, a
// backlog of 1 and of 2.
func twoRuns(t *testing.T) (page.Lesson, []recording.Run) {
	t.Helper()
	l := page.Lesson{Runs: []page.LessonRun{{Name: "one", Profile: "wsp"}, {Name: "two", Profile: "wsp"}}}
	var runs []recording.Run
	for i, backlog := range []int{1, 2} {
		r := crowd(t, profiles.WSP(), "c", 3, backlog)
		r.Figures = []recording.Figure{{Name: "outcomes.refused", Value: int64(2 - i)}, {Name: "outcomes.offered", Value: 3}, {Name: "outcomes.reset"}, {Name: "wait_ns.max", Value: 1_499_999}}
		runs = append(runs, r)
	}
	return l, runs
}

func TestTheRightChoiceIsComputed(t *testing.T) {
	l, runs := twoRuns(t)
	both := []page.Choice{{Label: "one", Run: "one"}, {Label: "two", Run: "two"}}
	alike := append(both[:2:2], page.Choice{Label: "alike"})
	ends := []page.Choice{{Label: "in", Is: "queued"}, {Label: "out", Is: "refused"}}
	yesNo := []page.Choice{{Label: "y", Is: "yes"}, {Label: "n", Is: "no"}}
	for _, tt := range []struct {
		q    page.Question
		want int
		fail string
		why  string
	}{
		{page.Question{Right: "most", Figure: "outcomes.refused", Choices: both}, 0, "", "the largest"},
		{page.Question{Right: "least", Figure: "outcomes.refused", Choices: both}, 1, "", "the smallest"},
		{page.Question{Right: "most", Figure: "outcomes.offered", Choices: alike}, 2, "", "equal, and a choice for it"},
		{page.Question{Right: "least", Figure: "outcomes.refused", Choices: alike}, 1, "", "not equal"},
		{page.Question{Right: "most", Figure: "outcomes.offered", Choices: both}, 0, "2 choices are right, want one", "equal, and no choice for it"},
		{page.Question{Right: "outcome", Run: "one", Client: "c1", Choices: ends}, 0, "", "the first gets in"},
		{page.Question{Right: "outcome", Run: "one", Client: "c2", Choices: ends}, 1, "", "the second does not"},
		{page.Question{Right: "outcome", Run: "two", Client: "c2", Choices: ends}, 0, "", "with two places it does"},
		{page.Question{Right: "outcome", Run: "two", Client: "c2", Choices: yesNo}, 0, "no choice is right", "choices that do not fit"},
		{page.Question{Right: "outcome", Run: "two", Client: "x", Choices: ends}, 0, `run two has no client "x"`, "nobody"},
		{page.Question{Right: "above_zero", Run: "two", Figure: "outcomes.reset", Choices: yesNo}, 1, "", "nobody is reset"},
		{page.Question{Right: "above_zero", Run: "one", Figure: "outcomes.refused", Choices: yesNo}, 0, "", "two are refused"},
		{page.Question{Right: "first", Choices: both}, 0, `right "first": want most, least, outcome or above_zero`, "no way"},
		{page.Question{Right: "most", Figure: "x.y", Choices: both}, 0, `run one has no figure "x.y"`, "no figure"},
	} {
		tt.q.Kind = page.Choose
		got, err := l.Answer(tt.q, runs)
		if tt.fail != "" {
			if err == nil || err.Error() != tt.fail {
				t.Errorf("%s: Answer(%+v) returns %v, want the error %s", tt.why, tt.q, err, tt.fail)
			}
			continue
		}
		if err != nil || got.Choice != tt.want {
			t.Errorf("%s: Answer(%+v) = %d, %v, want %d", tt.why, tt.q, got.Choice, err, tt.want)
		}
	}
}

func TestFiguresOfClientsAndRecordsAreCounted(t *testing.T) {
	l, runs := twoRuns(t)
	for _, tt := range []struct {
		figure string
		want   int64
		why    string
	}{
		{"outcomes.refused", 2, "a statistic"},
		{"wait_ns.max", 1, "a time in whole milliseconds, rounded"},
		{"clients.c2.syns", 1, "SYNs"},
		{"clients.c2.attempts", 1, "attempts"},
		{"records.request_refused", 2, "records"},
		{"records.cookie_sent", 0, "no records"},
	} {
		if got, err := l.Figure(runs, "one", tt.figure); err != nil || got != tt.want {
			t.Errorf("%s: Figure(one, %s) = %d, %v, want %d", tt.why, tt.figure, got, err, tt.want)
		}
	}
	for _, figure := range []string{"clients.c9.syns", "clients.c2.age", "clients.c2", "outcomes", ""} {
		if got, err := l.Figure(runs, "one", figure); err == nil {
			t.Errorf("Figure(one, %q) = %d, want an error", figure, got)
		}
	}
	if got, want := l.Text("{one.outcomes.refused} after {one.wait_ns.max}, {x.y}", runs), "2 after 1 ms, {x.y}"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
}

func TestASketchIsRightWhereItIsNearAtEachInstant(t *testing.T) {
	l, runs := twoRuns(t)
	q := page.Question{Kind: page.Sketch, Run: "two", At: []string{"0ms", "1ms", "1s"}, Max: 5, Near: 1} // the first SYN arrives at 1 ms
	right, err := l.Answer(q, runs)
	if err != nil || !slices.Equal(right.Sketch, []int64{0, 1, 2}) {
		t.Fatalf("Answer(%+v) = %v, %v, want 0, 1 and 2 pending", q, right.Sketch, err)
	}
	for _, tt := range []struct {
		guess []int64
		want  bool
	}{{[]int64{0, 1, 2}, true}, {[]int64{1, 2, 3}, true}, {[]int64{0, 1, 4}, false}, {[]int64{2, 1, 2}, false}, {[]int64{0}, false}, {nil, false}} {
		if got := q.Hit(page.Answer{Sketch: tt.guess}, right); got != tt.want {
			t.Errorf("Hit(%v) = %t, want %t", tt.guess, got, tt.want)
		}
	}
}

func TestAPageWithoutALessonLeavesOutItsModules(t *testing.T) {
	run := crowd(t, profiles.WSP(), "c", 3, 1)
	run.Figures = []recording.Figure{{Name: "outcomes.refused", Value: 2}}
	var plain, asking strings.Builder
	if err := page.Write(&plain, run); err != nil {
		t.Fatal(err)
	}
	if err := page.WriteLesson(&asking, goodLesson(), run); err != nil {
		t.Fatal(err)
	}
	const module = "class LessonCard"
	without, with := string(unpacked(t, plain.String(), "code")), string(unpacked(t, asking.String(), "code"))
	if strings.Contains(without, module) || !strings.Contains(with, module) {
		t.Errorf("%q is in a page without a lesson: %t, with one: %t, want false and true", module, strings.Contains(without, module), strings.Contains(with, module))
	}
}

func TestAPageHoldsNothingOfALessonThatIsForTheTeacher(t *testing.T) {
	run := crowd(t, profiles.WSP(), "c", 3, 1)
	run.Figures = []recording.Figure{{Name: "outcomes.refused", Value: 2}}
	l := goodLesson()
	l.Teaches, l.Adapt, l.Questions[0].Misconception = "TEACHES", "ADAPT", "MISCONCEPTION"
	var b strings.Builder
	if err := page.WriteLesson(&b, l, run); err != nil {
		t.Fatal(err)
	}
	data := string(dataIn(t, b.String()))
	for _, secret := range []string{"TEACHES", "ADAPT", "MISCONCEPTION"} {
		if strings.Contains(data, secret) {
			t.Errorf("the page holds %s, which is for the teacher", secret)
		}
	}
	if !strings.Contains(data, "Three clients come.") || l.Questions[0].Misconception == "" {
		t.Error("the page lacks the lesson, or the lesson itself has changed")
	}
}
