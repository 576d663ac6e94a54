package page_test

import (
	"io"
	"strings"
	"testing"

	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/page"
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
	run.Figures = []page.Figure{{Name: "outcomes.refused", Value: 2}}
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
