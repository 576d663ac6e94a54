package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/teach"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

func (s *session) lessonsSheetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sheet NAME|FILE.json|all [FILE.html]",
		Short: "A lesson on paper: questions on the first page, answers on the second",
		Long: "Writes the questions of a lesson with room for the guesses, and then the answers, which the model\n" +
			"computes. With FILE.html it is a page to print on A4, without a script; otherwise it is plain text. all has\n" +
			"the whole course: the questions of all lessons first, so that they can be printed alone.",
		Example: "  wspsim lessons sheet refused-or-ignored\n" +
			"  wspsim lessons sheet all course.html\n" +
			"  wspsim lessons sheet mine.json mine.html",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return fmt.Errorf("lessons sheet: want a lesson and the name of a file, such as: wspsim lessons sheet refused-or-ignored sheet.html")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return []string{"html"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return withPrefix(append(lessonNames(), "all"), word), cobra.ShellCompDirectiveKeepOrder
		},
		RunE: func(_ *cobra.Command, args []string) error { return s.lessonsSheet(args) },
	}
}

func (s *session) lessonsSheet(args []string) error {
	exercises, err := s.exercisesOf(args[0])
	if err != nil {
		return err
	}
	if len(args) == 1 {
		teach.SheetText(s.out, exercises)
		return nil
	}
	var html bytes.Buffer
	if err := teach.Sheet(&html, exercises); err != nil {
		return err
	}
	if err := writeFile(args[1], html.Bytes()); err != nil {
		return &writeError{args[1], err}
	}
	fmt.Fprintf(s.out, "%s: %s; print it from a browser, questions first\n", words.Printable(args[1]), words.Counted(len(exercises), "lesson"))
	return nil
}

// exercisesOf returns the exercises of "all", of a lesson of the course, or of a file.
func (s *session) exercisesOf(name string) ([]teach.Exercise, error) {
	all := lessons.All()
	if name != "all" {
		l, err := findLesson(name)
		if err != nil {
			return nil, err
		}
		all = []page.Lesson{l}
	}
	var exercises []teach.Exercise
	for _, l := range all {
		e, err := s.exerciseOf(l)
		if err != nil {
			return nil, err
		}
		exercises = append(exercises, e)
	}
	return exercises, nil
}
