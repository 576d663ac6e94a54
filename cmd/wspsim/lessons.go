package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios/lessons"
)

func (s *session) lessonsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "lessons",
		Short: "The lessons of the course: list them, show one as JSON, check your own",
		Long: "Lists the lessons in the order of the course. A lesson asks about runs of a scenario, and the model answers.\n" +
			"Your own lesson is a file in JSON: begin with lessons show, check it, and mail it as one HTML file.",
		Example: "  wspsim lessons\n" +
			"  wspsim lessons show the-bench > mine.json\n" +
			"  wspsim lessons check mine.json\n" +
			"  wspsim export mine.html --lesson mine.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q; %s", args[0], play.Offer(args[0], []string{"show", "check"}, "wspsim lessons --help lists them"))
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			s.listLessons()
			return nil
		},
	}
	c.AddCommand(s.lessonsShowCommand(), s.lessonsCheckCommand(), s.lessonsSheetCommand(), s.lessonsClassCommand())
	return c
}

func (s *session) listLessons() {
	all := lessons.All()
	style := s.style()
	name, title := 0, 0
	for _, l := range all {
		name, title = max(name, len(l.Name)), max(title, len(l.Title))
	}
	fmt.Fprintf(s.out, "%s, in the order of the course:\n\n", words.Counted(len(all), "lesson"))
	for i, l := range all {
		var labels []string
		for _, r := range l.Runs {
			labels = append(labels, r.Label)
		}
		fmt.Fprintf(s.out, "  %2d  %s%s  %-*s  %s: %s\n", i+1, style.Bold(l.Name), strings.Repeat(" ", name-len(l.Name)), title, l.Title, l.Scenario, strings.Join(labels, ", "))
	}
	fmt.Fprintf(s.out, "\n  page      wspsim export %s.html --lesson %s\n  your own  wspsim lessons show %s > mine.json\n", all[0].Name, all[0].Name, all[0].Name)
}

func (s *session) lessonsShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Print a lesson as JSON, to begin your own with",
		Long:    "Prints a lesson as JSON. All answers are computed by the model, so the JSON has none. The type Lesson in\nnetmodel/trace/page/lesson.go says what each key means.",
		Example: "  wspsim lessons show the-bench > mine.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("lessons show: want the name of a lesson; wspsim lessons lists them")
			}
			return nil
		},
		ValidArgsFunction: completeLesson,
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := findLesson(args[0])
			if err != nil {
				return err
			}
			return writeLesson(s.out, l)
		},
	}
}

// writeLesson writes a lesson in the one form that lessons show and check have.
func writeLesson(w io.Writer, l page.Lesson) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(l)
}

func (s *session) lessonsCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong in a lesson, and where",
		Long: "Reads a lesson in JSON, plays its runs and says all that is wrong: line, column, what would be right. If\n" +
			"nothing is wrong it prints the answers that the model gives. Exit code 2 means that something is wrong.",
		Example: "  wspsim lessons check mine.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("lessons check: want the name of a file; wspsim lessons show NAME > mine.json writes one")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(_ *cobra.Command, args []string) error { return s.checkLesson(args[0]) },
	}
}

func (s *session) checkLesson(path string) error {
	file, faults, err := stored.ReadLesson(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && slices.Contains(lessonNames(), path):
		return fmt.Errorf("%s is a lesson of the course, not a file: wspsim lessons show %s > mine.json", path, path)
	case err != nil:
		return err
	}
	var runs []recording.Run
	if faults == nil {
		var wrong []page.Problem
		runs, wrong, err = stored.CheckLesson(s.ctx, file.Lesson, screen.NewProgress(s.stderr))
		if err != nil {
			return err
		}
		for _, p := range wrong {
			faults = append(faults, file.Fault(p))
		}
	}
	if faults == nil {
		s.lessonIsRight(path, file.Lesson, runs)
		return nil
	}
	slices.SortStableFunc(faults, func(a, b stored.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	for _, f := range faults {
		fmt.Fprintf(s.out, "%s\n", faultLine(path, f))
	}
	fmt.Fprintf(s.out, "\n%s. Mend the file, then: wspsim lessons check %s\n", words.Counted(len(faults), "fault"), words.Shell(path))
	return errMalformed
}

// faultLine writes a fault as compilers do: file, line, column.
func faultLine(path string, f stored.Fault) string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", words.Printable(path), words.Printable(f.Text))
	}
	return fmt.Sprintf("%s:%d:%d: %s", words.Printable(path), f.Line, f.Column, words.Printable(f.Text))
}

// lessonIsRight prints what the model answers.
func (s *session) lessonIsRight(path string, l page.Lesson, runs []recording.Run) {
	fmt.Fprintf(s.out, "%s: nothing is wrong. Lesson %s has %s about %s.\nThe model answers:\n", words.Printable(path), l.Name,
		words.Counted(len(l.Questions), "question"), words.Counted(len(runs), "run"))
	for i, q := range l.Questions {
		ask := words.Wrap(words.Printable(l.Text(q.Ask, runs)), 100, "     ")
		fmt.Fprintf(s.out, "  %d  %s\n", i+1, strings.TrimSpace(ask))
		if a, err := l.Answer(q, runs); err == nil { // it was checked
			fmt.Fprintf(s.out, "     = %s\n", words.Printable(answerText(l, q, a, runs)))
		}
	}
	fmt.Fprintf(s.out, "\nNext: wspsim export %s --lesson %s\n", words.Shell(strings.TrimSuffix(path, ".json")+".html"), words.Shell(path))
}

// answerText writes an answer for a reader.
func answerText(l page.Lesson, q page.Question, a page.Answer, runs []recording.Run) string {
	switch q.Kind {
	case page.Choose:
		return l.Text(q.Choices[a.Choice].Label, runs)
	case page.Count:
		return page.Written(q.Figure, a.Number)
	}
	var all []string
	for i, n := range a.Sketch {
		all = append(all, fmt.Sprintf("%d at %s", n, q.At[i]))
	}
	return strings.Join(all, ", ")
}

// findLesson returns the lesson of the course with that name, or the lesson in that file, or
// the lesson about that scenario.
func findLesson(name string) (page.Lesson, error) {
	if l, ok := lessons.ByName(name); ok {
		return l, nil
	}
	if l, ok := lessons.About(name); ok {
		return l, nil
	}
	if slices.Contains(play.ScenarioNames(), name) {
		return page.Lesson{}, fmt.Errorf("there is no lesson about %s; there is one about %s", name, strings.Join(withLesson(), ", "))
	}
	file, faults, err := stored.ReadLesson(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !strings.HasSuffix(name, ".json"):
		return page.Lesson{}, fmt.Errorf("unknown lesson %q; %s", name, play.Offer(name, lessonNames(), "wspsim lessons lists them; a file of your own ends in .json"))
	case err != nil:
		return page.Lesson{}, err
	case faults != nil:
		return page.Lesson{}, fmt.Errorf("%s; all that is wrong: wspsim lessons check %s", faultLine(name, faults[0]), words.Shell(name))
	}
	return file.Lesson, nil
}

// withLesson lists the scenarios that a lesson is about.
func withLesson() []string {
	var names []string
	for _, l := range lessons.All() {
		if !slices.Contains(names, l.Scenario) {
			names = append(names, l.Scenario)
		}
	}
	return names
}

func lessonNames() []string {
	var names []string
	for _, l := range lessons.All() {
		names = append(names, l.Name)
	}
	return names
}

// completeLesson offers the names of the lessons, and files.
func completeLesson(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, l := range lessons.All() {
		names = append(names, l.Name+"\t"+l.Title)
	}
	return withPrefix(names, word), cobra.ShellCompDirectiveKeepOrder
}
