package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/teach"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios"
	"wspsim/scenarios/lessons"
)

func (s *session) quizCommand() *cobra.Command {
	var f playFlags
	asJSON, class := false, ""
	c := &cobra.Command{
		Use:   "quiz [NAME]",
		Short: "Ask about a lesson or a scenario first, and reveal the answer then",
		Long: "Asks the questions of a lesson, or of a scenario: what becomes of its clients. After each guess it shows\n" +
			"what the model says, and why. Without NAME it lists what there is. A guess is a line of the standard\n" +
			"input: the number of a choice or its first letters, a number, a time. q ends the quiz, and so does the\n" +
			"end of the input. The flags of a run choose another run of the scenario; a lesson has runs of its own.\n" +
			"--json (" + teach.Schema + ") reads the guesses and writes one document, with answers where there is a guess.",
		Example: "  wspsim quiz\n" +
			"  wspsim quiz refused-or-ignored\n" +
			"  wspsim quiz overflow --profile windows\n" +
			"  printf '2\\n20\\n5\\n' | wspsim quiz refused-or-ignored --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("quiz: want one lesson or scenario, not %q and %q", args[0], args[1])
			}
			return nil
		},
		ValidArgsFunction: completeQuiz,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return s.listQuizzes(c)
			}
			if f.arrivals == play.StandardInput {
				return fmt.Errorf("quiz: the guesses are the standard input: want a file of --arrivals")
			}
			e, err := s.exercise(c, &f, args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("class") {
				if _, err := teach.ClassLine(e.Name, nil, class); err != nil {
					return fmt.Errorf("--class %w", err)
				}
			}
			return s.quiz(c, teach.Quiz{Exercise: e, Class: class}, asJSON)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&asJSON, "json", false, "write one JSON document (schema "+teach.Schema+")")
	c.Flags().StringVar(&class, "class", "", "end with the line for the teacher, under `MARK` of 1 to 12 letters and digits; wspsim lessons class reads it")
	mustComplete(c, "class", cobra.NoFileCompletions)
	return c
}

// exercise returns the questions about a lesson, or about a scenario. Flags that choose a run
// are about the scenario.
func (s *session) exercise(c *cobra.Command, f *playFlags, name string) (teach.Exercise, error) {
	chosen := ""
	for _, flag := range []string{"profile", "clients", "backlog", "seed", "set", "do", "from", "arrivals", "column", "max-events", "strict"} {
		if c.Flags().Changed(flag) {
			chosen = flag
		}
	}
	l, ok, err := lessonNamed(name)
	switch {
	case err != nil:
		return teach.Exercise{}, err
	case ok && chosen == "":
		e, err := s.exerciseOf(l)
		e.Next = afterLesson(l.Name)
		if l.Name != name && isScenario(name) {
			e.Note = aboutScenario(l, name)
		}
		return e, err
	case ok && !isScenario(name):
		return teach.Exercise{}, fmt.Errorf("--%s: a lesson has runs of its own; about its scenario: wspsim quiz %s --%s VALUE", chosen, l.Scenario, chosen)
	case !isScenario(name):
		return teach.Exercise{}, fmt.Errorf("unknown lesson or scenario %q; %s", name, play.Offer(name, quizNames(), "wspsim quiz lists all"))
	}
	p, err := f.play(c, name)
	if err != nil {
		return teach.Exercise{}, err
	}
	e, err := teach.FromScenario(s.ctx, p, screen.NewProgress(s.stderr))
	if err == nil && len(e.Questions) == 0 {
		err = fmt.Errorf("nothing to guess about %s: no client connects", name)
	}
	return e, err
}

// exerciseOf returns the questions of a lesson. It runs the model.
func (s *session) exerciseOf(l page.Lesson) (teach.Exercise, error) {
	runs, err := stored.Lesson(s.ctx, l, play.Play{Seed: play.DefaultSeed}, screen.NewProgress(s.stderr))
	if err != nil {
		return teach.Exercise{}, err
	}
	return teach.FromLesson(l, runs)
}

// aboutScenario says that a lesson is asked, and what else there is about the scenario.
func aboutScenario(l page.Lesson, scenario string) string {
	text := fmt.Sprintf("Lesson %s, about %s.", l.Name, scenario)
	var others []string
	for _, o := range lessons.All() {
		if o.Scenario == scenario && o.Name != l.Name {
			others = append(others, o.Name)
		}
	}
	if others != nil {
		text += " Others are " + strings.Join(others, ", ") + "."
	}
	return text + " About the scenario itself: wspsim quiz " + scenario + " --seed 1"
}

// afterLesson is what is worth trying after a lesson of the course.
func afterLesson(name string) []string {
	all := lessons.All()
	for i, l := range all {
		if l.Name == name {
			next := []string{"wspsim export " + name + ".html --lesson " + name}
			if i+1 < len(all) {
				next = append(next, "wspsim quiz "+all[i+1].Name)
			}
			return next
		}
	}
	return nil
}

func (s *session) quiz(c *cobra.Command, z teach.Quiz, asJSON bool) error {
	in := c.InOrStdin()
	z.In, z.Out, z.Style, z.Typed = bufio.NewReader(in), s.out, s.style(), isTerminal(in)
	ask := z.Play
	if asJSON {
		ask = z.JSON
	}
	err := ask(s.ctx)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return err
}

// isTerminal reports whether a person types the input.
func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && screen.IsTerminal(f) && f.Name() != os.DevNull
}

// lessonNamed returns the lesson that quiz asks about: one of the course, a file, or the first
// one about a scenario.
func lessonNamed(name string) (page.Lesson, bool, error) {
	_, scenario := lessons.About(name)
	if _, ok := lessons.ByName(name); !ok && !scenario && !strings.HasSuffix(name, ".json") {
		return page.Lesson{}, false, nil
	}
	l, err := findLesson(name)
	return l, err == nil, err
}

func isScenario(name string) bool {
	_, ok := scenarios.ByName(name)
	return ok
}

// listQuizzes lists the lessons and the scenarios without one.
func (s *session) listQuizzes(c *cobra.Command) error {
	style := s.style()
	all := lessons.All()
	fmt.Fprintf(s.out, "%s, in the order of the course:\n\n", words.Counted(len(all), "lesson"))
	line := func(name, about string) {
		fmt.Fprintf(s.out, "  %s%s  %s\n", style.Bold(name), strings.Repeat(" ", max(0, 29-len(name))), about)
	}
	for _, l := range all {
		line(l.Name, fmt.Sprintf("%s (%s)", l.Title, words.Counted(len(l.Questions), "question")))
	}
	fmt.Fprintf(s.out, "\nScenarios without a lesson:\n\n")
	for _, sc := range scenarios.All() {
		if _, ok, _ := lessonNamed(sc.Name); !ok {
			line(sc.Name, strings.TrimLeft(words.Wrap(asked(sc.Question), 110, strings.Repeat(" ", 33)), " "))
		}
	}
	fmt.Fprintf(s.out, "\nBegin with: wspsim quiz %s\n", all[0].Name)
	return nil
}

// asked returns the first sentence of a text that asks.
func asked(text string) string {
	end := strings.Index(text, "?")
	if end < 0 {
		return text
	}
	begin := strings.LastIndex(text[:max(0, end-20)], ". ")
	if begin < 0 {
		return text[:end+1]
	}
	return text[begin+2 : end+1]
}

// completeQuiz offers the names of the lessons and the scenarios.
func completeQuiz(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return withPrefix(quizNames(), word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// quizNames lists what quiz asks about: the lessons, then the scenarios.
func quizNames() []string { return append(lessonNames(), play.ScenarioNames()...) }
