package teach

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"wspsim/cmd/wspsim/internal/report"
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
}

type quizQuestion struct {
	Kind    string   `json:"kind"`
	Ask     string   `json:"ask"`
	Choices []string `json:"choices,omitempty"`
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
		if errors.Is(err, ErrLeft) || err == nil && isQuit(typed) {
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
	d := quizDocument{Schema: Schema, Name: z.Name, Title: z.Title, Intro: z.Intro, Questions: []quizQuestion{}, Asked: len(z.Guesses), Hits: z.hits()}
	for i := range z.Questions {
		q := &z.Questions[i]
		to := quizQuestion{Kind: q.Kind(), Ask: q.Ask, Choices: q.Choices, Max: q.Max}
		if q.Time {
			to.Unit = "ns"
		}
		if i < len(z.Guesses) {
			to.told = &told{q.inJSON(z.Guesses[i]), q.inJSON(q.Right), q.Hit(z.Guesses[i]), orNone(q.Bars), orNone(q.Because), q.Command}
		}
		d.Questions = append(d.Questions, to)
	}
	return report.WriteJSON(z.Out, d)
}

// inJSON writes a token as JSON does: a label, or a number.
func (q *Question) inJSON(token string) any {
	if n, ok := number(token); ok && q.Choices == nil {
		return n
	}
	return q.Words(token)
}

func number(token string) (int64, bool) {
	n, err := strconv.ParseInt(token, 10, 64)
	return n, err == nil
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
