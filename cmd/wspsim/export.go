package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
)

func (s *session) exportCommand() *cobra.Command {
	var f playFlags
	lesson := ""
	c := &cobra.Command{
		Use:   "export FILE.html NAME [--lesson]",
		Short: "A page that plays a scenario in a browser, as one file",
		Long: "Plays a scenario under each profile and writes one HTML file that shows the runs side by side. The file\n" +
			"opens in any browser without a network. It holds the runs and a player, and no simulator: who wants other\n" +
			"figures writes another page. Schema " + page.Schema + ", in netmodel/trace/page/README.md.\n" +
			"With --lesson NAME is a lesson (wspsim lessons), a lesson of your own in a file, or a scenario with a lesson.",
		Example: "  wspsim export burst.html burst --profile windows,linux\n" +
			"  wspsim export lesson.html --lesson the-phantom\n" +
			"  wspsim export mine.html --lesson mine.json\n" +
			"  wspsim export trim.html relisten-four-ways --profile wsp,linux,freebsd",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && lesson != "" && lesson != noLessonName {
				return nil // --lesson=NAME
			}
			if len(args) != 2 {
				return fmt.Errorf("export: want the name of a file and a scenario, such as: wspsim export burst.html burst")
			}
			return nil
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return completeScenario(c, nil, prefix)
			}
			return []string{"html"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case lesson == "":
				return s.export(c, &f, args[0], args[1])
			case lesson != noLessonName && len(args) == 2:
				return fmt.Errorf("export: two lessons, %q and %q", lesson, args[1])
			case len(args) == 2:
				lesson = args[1]
			}
			return s.exportLesson(c, &f, args[0], lesson)
		},
	}
	f.add(c)
	c.Flags().Lookup("profile").Usage = "use the stacks `NAMES`, at most three, with commas between them (default: those that the scenario or the lesson is about)"
	c.Flags().StringVar(&lesson, "lesson", "", "a lesson: ask its questions first")
	c.Flags().Lookup("lesson").NoOptDefVal = noLessonName
	return c
}

// noLessonName is the value of --lesson if the name of the lesson is an argument.
const noLessonName = "NAME"

// exportLesson writes the page of a lesson. The flags change all of its runs.
func (s *session) exportLesson(c *cobra.Command, f *playFlags, path, name string) error {
	l, err := findLesson(name)
	if err != nil {
		return fmt.Errorf("--lesson: %w", err)
	}
	if c.Flags().Changed("profile") {
		return fmt.Errorf("--profile: a lesson has systems of its own; change them: wspsim lessons show %s > mine.json", l.Name)
	}
	over, err := f.unchecked(c, l.Scenario)
	if err != nil {
		return err
	}
	html, err := s.lessonPage(l, *over)
	if err != nil {
		return err
	}
	if err := writeFile(path, html); err != nil {
		return &writeError{path, err}
	}
	fmt.Fprintf(s.out, "%s: lesson %s, %s; open it in a browser\n", path, l.Name, words.Counted(len(l.Questions), "question"))
	return nil
}

func (s *session) export(c *cobra.Command, f *playFlags, path, name string) error {
	p, err := f.unchecked(c, name)
	if err != nil {
		return err
	}
	names := p.Scenario.Profiles
	names = names[:min(len(names), stored.MostSystems)]
	if c.Flags().Changed("profile") {
		names = strings.Split(f.profile, ",")
	}
	p.Profile = names[0]
	runs, err := stored.Runs(s.ctx, p, names, screen.NewProgress(s.stderr))
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := page.Write(&html, runs...); err != nil {
		return err
	}
	if err := writeFile(path, html.Bytes()); err != nil {
		return &writeError{path, err}
	}
	fmt.Fprintf(s.out, "%s: %s on %s; open it in a browser\n", path, p.Scenario.Name, strings.Join(names, ", "))
	return nil
}

// writeFile writes a file, all of it or nothing.
func writeFile(path string, content []byte) error {
	file, err := tracefile.Create(path)
	if err != nil {
		return err
	}
	defer file.Abort() // does nothing after Commit
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Commit()
}
