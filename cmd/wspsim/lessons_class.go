package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/teach"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

func (s *session) lessonsClassCommand() *cobra.Command {
	var own []string
	c := &cobra.Command{
		Use:   "class FILE|-",
		Short: "Histograms of the answers of a class, from the lines that students copy",
		Long: "Reads the lines that students copy at the end of a lesson, in the page or from quiz --class, and prints a\n" +
			"histogram for each question with the answer of the model marked. Text around a line, such as a name in a\n" +
			"chat, does no harm. It says which lines do not count, and why. The form of a line:\n\n" +
			"  wspsim1 LESSON ANSWER... @MARK #CHECKSUM\n" +
			"  wspsim1 refused-or-ignored 2 20 5 @k7f3q #81d031a5\n\n" +
			"An answer is the number of a choice, a number, numbers with commas for a sketch, or - without a guess. MARK\n" +
			"tells students apart; of two lines with one mark the first counts. CHECKSUM is FNV-1a, 32 bits, of the text\n" +
			"before it: it finds damage, not fraud. The page has the same under Classroom. Nothing is sent anywhere.",
		Example: "  wspsim lessons class answers.txt\n" +
			"  wspsim lessons class answers.txt --lesson mine.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("lessons class: want a file with the lines of the class, or - for the standard input")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return s.lessonsClass(c, args[0], own) },
	}
	c.Flags().StringArrayVar(&own, "lesson", nil, "know the lesson in `FILE.json` too; may be repeated")
	return c
}

// mostClassText is the most bytes of the lines of a class.
const mostClassText = 1 << 20

func (s *session) lessonsClass(c *cobra.Command, path string, own []string) error {
	known := map[string]page.Lesson{}
	for _, l := range lessons.All() {
		known[l.Name] = l
	}
	for _, file := range own {
		l, err := findLesson(file)
		if err != nil {
			return err
		}
		known[l.Name] = l
	}
	text, err := readClass(c.InOrStdin(), path)
	if err != nil {
		return err
	}
	played := map[string]*teach.Exercise{}
	class, err := teach.ReadClass(text, func(name string) (*teach.Exercise, error) {
		l, ok := known[name]
		if !ok || played[name] != nil {
			return played[name], nil
		}
		e, err := s.exerciseOf(l)
		played[name] = &e
		return &e, err
	})
	if err != nil {
		return err
	}
	class.Text(s.out, s.style())
	return nil
}

// readClass returns the text of a file, or of the standard input for "-".
func readClass(in io.Reader, path string) (string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, mostClassText+1))
	if err != nil {
		return "", err
	}
	if len(text) > mostClassText {
		return "", fmt.Errorf("%s: longer than %s bytes: a line of a student has about 50", path, words.Count(mostClassText))
	}
	return string(text), nil
}
