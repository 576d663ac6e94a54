package page

import (
	"slices"

	"wspsim/netmodel/trace/recording"
)

// Lesson is a list of questions about runs of one scenario. The reader guesses first. No
// answer is written down: Lesson.Answer takes all answers from the runs. The JSON of a lesson
// has the names of the fields, in lower case.
//
// In a text of a lesson, {windows.listener.refused_syns} stands for that figure of the run
// with that name. See Lesson.Figure for what a figure can be.
type Lesson struct {
	Name      string              `json:"name"`
	Title     string              `json:"title"`
	Scenario  string              `json:"scenario"`
	Set       []recording.Setting `json:"set,omitempty"` // knobs of the scenario and settings of the kernel, for all runs
	Runs      []LessonRun         `json:"runs"`          // one to three, side by side
	Intro     string              `json:"intro"`         // what happens, before the first question
	Questions []Question          `json:"questions"`
	End       string              `json:"end"` // after the last one

	// For the teacher only.
	Teaches string `json:"teaches,omitempty"` // what the student can say afterwards
	Adapt   string `json:"adapt,omitempty"`   // how to make other lessons of it
}

// LessonRun is one run of a lesson. Runs of one system differ in what is set.
type LessonRun struct {
	Name    string              `json:"name"`  // in questions and texts: "linux", "short"
	Label   string              `json:"label"` // for the reader: "Linux", "Backlog 5"
	Profile string              `json:"profile"`
	Set     []recording.Setting `json:"set,omitempty"` // over what the lesson sets
}

// The kinds of a question.
const (
	Choose = "choice" // the reader chooses; the field Right says how the right choice is found
	Count  = "number" // the reader guesses Figure of Run, from 0 to Max
	Sketch = "sketch" // the reader guesses how many connections are pending in Run at each instant of At, from 0 to Max
)

// How the right choice is found: the values of Question.Right.
const (
	most      = "most"
	least     = "least"
	outcome   = "outcome"
	aboveZero = "above_zero"
)

// outcomes returns what Is of a choice can be where Right is Outcome, in the words of run.
func outcomes() []string {
	return []string{"accepted", "refused", "reset", "timed out", "gave up", "trying", "queued", "phantom"}
}

// Question is a question of a lesson. Its answer is computed. Right says how the right choice
// is found:
//
//   - "most", "least": its run has the largest, the smallest Figure; if all runs are equal, it is
//     the choice without a run;
//   - "outcome": its Is is how the last attempt of Client ends in Run: accepted, refused, reset, timed
//     out, gave up; or where it stands at the end: trying, queued, phantom;
//   - "above_zero": its Is is "yes" if Figure of Run is above zero, "no" otherwise.
type Question struct {
	Captions []Caption `json:"captions,omitempty"` // steps before it is asked
	Kind     string    `json:"kind"`               // Choose, Count, Sketch
	Ask      string    `json:"ask"`
	Right    string    `json:"right,omitempty"`
	Run      string    `json:"run,omitempty"`
	Figure   string    `json:"figure,omitempty"`
	Client   string    `json:"client,omitempty"`
	Choices  []Choice  `json:"choices,omitempty"`
	At       []string  `json:"at,omitempty"`   // instants, such as "20ms", each after the one before
	Max      int       `json:"max,omitempty"`  // the largest guess
	Near     int       `json:"near,omitempty"` // how far off a right guess may be
	Bars     []Bar     `json:"bars"`           // figures that the reveal draws
	Because  []Reason  `json:"because"`        // a paragraph each
	Show     Moment    `json:"show"`           // "show me one"

	// For the teacher only: the usual wrong guess, and the idea behind it.
	Misconception string `json:"misconception,omitempty"`
}

// Caption is a step that shows something before a question is asked.
type Caption struct {
	Text  string `json:"text"`
	Seek  Moment `json:"seek,omitzero"`   // the player plays on to it; without one the instant stays
	Point string `json:"point,omitempty"` // clients, network, syn queue, accept queue, program, chart
}

// points returns what a caption can point at: parts of the picture.
func points() []string {
	return []string{"clients", "network", "syn queue", "accept queue", "program", "chart"}
}

// Choice is one answer to choose.
type Choice struct {
	Label string `json:"label"`
	Run   string `json:"run,omitempty"` // for most and least
	Is    string `json:"is,omitempty"`  // for outcome and above_zero
}

// Bar is a figure in the reveal.
type Bar struct {
	Label  string `json:"label"`
	Run    string `json:"run"`
	Figure string `json:"figure"`
	Colour string `json:"colour,omitempty"` // refused, ignored, phantom, served
}

// colours returns the colours of bars: of the states that they count.
func colours() []string { return []string{"refused", "ignored", "phantom", "served"} }

// Reason says why, and by which rules.
type Reason struct {
	Text  string   `json:"text"`
	Rules []string `json:"rules"`
}

// Moment is a place in a run: the instant At, or else the first record of a kind. If Client
// is set, the record is about that client. If Again is set, its client must have met that
// kind before. The player picks the client.
type Moment struct {
	Label  string `json:"label,omitempty"` // of the button
	Run    string `json:"run"`
	At     string `json:"at,omitempty"`
	Kind   string `json:"kind,omitempty"`
	Client string `json:"client,omitempty"`
	Again  bool   `json:"again,omitempty"`
}

// forStudents returns the lesson without what is for the teacher.
func (l Lesson) forStudents() Lesson {
	l.Teaches, l.Adapt = "", ""
	l.Questions = slices.Clone(l.Questions)
	for i := range l.Questions {
		l.Questions[i].Misconception = ""
	}
	return l
}
