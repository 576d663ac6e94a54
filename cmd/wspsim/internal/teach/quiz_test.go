package teach

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
	"wspsim/scenarios/lessons"
)

// quiz plays an exercise with the lines as input, and returns what it prints.
func quiz(t *testing.T, e Exercise, input string) (string, *Quiz) {
	t.Helper()
	var b bytes.Buffer
	z := &Quiz{Exercise: e, In: bufio.NewReader(strings.NewReader(input)), Out: bufio.NewWriter(&b)}
	if err := z.Play(t.Context()); err != nil {
		t.Fatalf("%s: Play with %q: %v", e.Name, input, err)
	}
	z.Out.Flush()
	return b.String(), z
}

// exercises returns those of all lessons, and those of all scenarios on their first profile.
func exercises(t *testing.T) []Exercise {
	t.Helper()
	var all []Exercise
	for _, l := range lessons.All() {
		all = append(all, *exerciseFrom(t, l))
	}
	for _, s := range scenarios.All() {
		e, err := FromScenario(t.Context(), &play.Play{Scenario: s, Profile: s.Profiles[0], Seed: play.DefaultSeed}, &screen.Progress{})
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		all = append(all, e)
	}
	return all
}

func TestEveryLessonAndScenarioAsksAndTheRightAnswersAreRight(t *testing.T) {
	for _, e := range exercises(t) {
		if len(e.Questions) == 0 {
			t.Errorf("%s asks nothing", e.Name)
		}
		var typed strings.Builder
		for i := range e.Questions {
			q := &e.Questions[i]
			if !q.possible(q.Right) {
				t.Errorf("%s, question %d: nobody can answer with %s, which is right", e.Name, i+1, q.Right)
			}
			typed.WriteString(q.Right + "\n")
		}
		text, z := quiz(t, e, typed.String())
		if z.hits() != len(e.Questions) || !strings.Contains(text, "and so says the model") || !strings.Contains(text, e.End[:min(len(e.End), 20)]) {
			t.Errorf("%s: %d of %d right answers are right:\n%s", e.Name, z.hits(), len(e.Questions), text)
		}
	}
}

func TestNothingIsRevealedBeforeTheGuess(t *testing.T) {
	for _, e := range exercises(t) {
		text, z := quiz(t, e, "")
		shown := text + e.Intro // an introduction may say what the first answer builds on
		secrets := []string{"the model says", "says the model", "see it"}
		for i := range e.Questions {
			for _, b := range e.Questions[i].Because {
				secrets = append(secrets, b.Text)
			}
			if i > 0 {
				secrets = append(secrets, e.Questions[i].Ask)
			}
		}
		for _, secret := range secrets {
			if secret != "" && strings.Contains(strings.Join(strings.Fields(shown), " "), secret) && !strings.Contains(e.Intro, secret) {
				t.Errorf("%s: before a guess the quiz says %q:\n%s", e.Name, secret, text)
			}
		}
		if !strings.Contains(text, "You have not guessed.") {
			t.Errorf("%s: the end of the input is not politely met:\n%s", e.Name, text)
		}
		var b bytes.Buffer
		z.In, z.Out = bufio.NewReader(strings.NewReader("")), bufio.NewWriter(&b)
		if err := z.JSON(t.Context()); err != nil {
			t.Fatal(err)
		}
		z.Out.Flush()
		if !json.Valid(b.Bytes()) || strings.Contains(b.String(), `"right"`) || strings.Contains(b.String(), `"because"`) {
			t.Errorf("%s: the JSON without a guess has an answer in it: %s", e.Name, &b)
		}
	}
}

func TestAGuessMayBeTypedInManyWays(t *testing.T) {
	choice := Question{Kind: page.Choose, Choices: []string{"Windows", "Linux", "Both alike", "still trying", "still queued"}}
	number := Question{Kind: page.Count, Max: 5000}
	span := Question{Kind: page.Count, Unit: "ms", Max: 5000}
	sketch := Question{Kind: page.Sketch, At: []string{"1 ms", "2 ms", "3 ms"}, Max: 9}
	for _, tt := range []struct {
		q           Question
		typed, want string // "" if it is no guess
		why         string
	}{
		{choice, "2", "2", "the number of a choice"},
		{choice, " linux ", "2", "small letters, blanks"},
		{choice, "b", "3", "the first letter"},
		{choice, "still", "", "the beginning of two choices"},
		{choice, "still t", "4", "the beginning of one of them"},
		{choice, "0", "", "below the first"},
		{choice, "6", "", "above the last"},
		{choice, "", "", "nothing"},
		{choice, "Linus", "", "another name"},
		{number, "0", "0", "the smallest"},
		{number, "1,234", "1234", "a comma between thousands"},
		{number, "5001", "", "above the largest"},
		{number, "-1", "", "negative"},
		{number, "1.5", "", "no whole number"},
		{number, "99999999999999999999999", "", "beyond 64 bits"},
		{number, "٣", "", "a digit outside ASCII"},
		{span, "210", "210", "a number alone is milliseconds"},
		{span, "1.5s", "1500", "seconds"},
		{span, "210 ms", "210", "a blank before the unit"},
		{span, "-1ms", "", "negative"},
		{span, "10s", "", "above the largest"},
		{sketch, "1, 2,3", "1,2,3", "commas and blanks"},
		{sketch, "1 2 3", "1,2,3", "blanks"},
		{sketch, "1 2", "", "too few"},
		{sketch, "1 2 10", "", "above the largest"},
	} {
		got, err := tt.q.Read(tt.typed)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: Read(%q) = %q, %v, want %q", tt.why, tt.typed, got, err, tt.want)
		}
		if err != nil && !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: Read(%q): %v: want what would be right", tt.why, tt.typed, err)
		}
	}
}

func TestAWrongLineIsAskedAgainAndQEnds(t *testing.T) {
	e := *exerciseNamed(t, "refused-or-ignored")
	text, z := quiz(t, e, "what?\x1b[31m\n\n"+strings.Repeat("x", 5000)+"\n2\nQ\n7\n")
	if want := []string{"2"}; !slices.Equal(z.Guesses, want) {
		t.Errorf("Guesses = %q, want %q", z.Guesses, want)
	}
	if strings.Contains(text, "\x1b") || !strings.Contains(text, "You said Linux, the model says Windows.") || !strings.Contains(text, "0 of 1 as the model has it; 2 questions left") {
		t.Errorf("the quiz says\n%s", text)
	}
}

func TestAnInputWithoutEndThatIsNoGuessEnds(t *testing.T) {
	text, z := quiz(t, *exerciseNamed(t, "one-door"), strings.Repeat("nonsense\n", 10_000))
	if len(z.Guesses) != 0 || !strings.Contains(text, "20 lines were no guess.") || len(text) > 10_000 {
		t.Errorf("10,000 lines of nonsense give %d guesses and %d bytes of output, want none and few", len(z.Guesses), len(text))
	}
}

func TestASketchMayBeOffByWhatTheLessonSays(t *testing.T) {
	q := Question{Kind: page.Sketch, Right: "1,5,0", Near: 1}
	for _, tt := range []struct {
		guess string
		want  bool
	}{{"1,5,0", true}, {"2,4,1", true}, {"1,5,2", false}, {"1,5", false}} {
		if got := q.Hit(tt.guess); got != tt.want {
			t.Errorf("Hit(%s) = %v, want %v", tt.guess, got, tt.want)
		}
	}
}

func TestCtrlCEndsAQuizThatWaits(t *testing.T) {
	in, _ := io.Pipe() // nobody ever types
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	z := &Quiz{Exercise: *exerciseNamed(t, "one-door"), In: bufio.NewReader(in), Out: bufio.NewWriter(io.Discard)}
	if err := z.Play(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Play = %v, want the error of the context", err)
	}
}
