package teach

import (
	"context"
	"errors"
	"fmt"

	"wspsim/cmd/wspsim/internal/report"
	"wspsim/netmodel/trace/page"
)

// Schema names the form of what JSON writes.
const Schema = "wspsim.quiz/v1"

type quizDocument struct {
	Schema    string         `json:"schema"`
	Name      string         `json:"name"`
	Title     string         `json:"title"`
	Intro     string         `json:"intro"`
	Questions []quizQuestion `json:"questions"`
	Asked     int            `json:"asked"` // how many were guessed
	Hits      int            `json:"hits"`
	Class     string         `json:"class,omitempty"` // the line for the teacher
}

type quizQuestion struct {
	Kind    string   `json:"kind"`
	Before  string   `json:"before,omitempty"`
	Ask     string   `json:"ask"`
	Choices []string `json:"choices,omitempty"`
	At      []string `json:"at,omitempty"`
	Max     int64    `json:"max,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	*told
}

// told is what a question without a guess keeps to itself.
type told struct {
	Guess   any      `json:"guess"`
	Right   any      `json:"right"`
	Hit     bool     `json:"hit"`
	Bars    []Bar    `json:"bars"`
	Because []Reason `json:"because"`
	See     string   `json:"see"`
}

// JSON reads one guess a line and writes one document. A question without a guess has no
// answer in it. A line that is no guess is an error.
func (z *Quiz) JSON(ctx context.Context) error {
	for i := range z.Questions {
		typed, err := readLine(ctx, z.In)
		if errors.Is(err, errLeft) || err == nil && isQuit(typed) {
			break
		}
		if err != nil {
			return err
		}
		guess, err := z.Questions[i].Read(typed)
		if err != nil {
			return fmt.Errorf("guess %d: %w", i+1, err)
		}
		z.Guesses = append(z.Guesses, guess)
	}
	d := quizDocument{Schema: Schema, Name: z.Name, Title: z.Title, Intro: z.Intro, Questions: []quizQuestion{}, Asked: len(z.Guesses), Hits: z.hits(), Class: z.classLine()}
	for i := range z.Questions {
		q := &z.Questions[i]
		to := quizQuestion{Kind: q.Kind, Before: q.Before, Ask: q.Ask, Choices: q.Choices, At: q.At, Max: q.Max, Unit: q.Unit}
		if i < len(z.Guesses) {
			to.told = &told{q.inJSON(z.Guesses[i]), q.inJSON(q.Right), q.Hit(z.Guesses[i]), orNone(q.Bars), orNone(q.Because), q.Command}
		}
		d.Questions = append(d.Questions, to)
	}
	return report.WriteJSON(z.Out, d)
}

// inJSON writes a token as JSON does: a label, a number, or a list of numbers.
func (q *Question) inJSON(token string) any {
	all, ok := numbers(token)
	switch {
	case !ok || q.Kind == page.Choose:
		return q.Words(token)
	case q.Kind == page.Sketch:
		return all
	}
	return all[0]
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
