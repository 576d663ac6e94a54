package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/bundle"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
)

func (s *session) exportCommand() *cobra.Command {
	var f playFlags
	lesson, noSim := "", false
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
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && (c.Flags().Changed("from") || lesson != "" && lesson != noLessonName):
			case len(args) != 2:
				return fmt.Errorf("export: want the name of a file and a scenario, such as: wspsim export burst.html burst")
			case c.Flags().Changed("from"):
				return fmt.Errorf("export: --from names the scenario; want no %q beside it", args[1])
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
			switch name := first(args[1:]); {
			case lesson == "":
				return s.export(c, &f, args[0], name, noSim)
			case c.Flags().Changed("from"):
				return fmt.Errorf("export: --from is a run, and --lesson has runs of its own; want one of them")
			case lesson == noLessonName:
				return s.exportLesson(c, &f, args[0], name, noSim)
			case name != "":
				return fmt.Errorf("export: two lessons, %q and %q", lesson, name)
			}
			return s.exportLesson(c, &f, args[0], lesson, noSim)
		},
	}
	f.add(c)
	c.Flags().Lookup("profile").Usage = "use the stacks `NAMES`, at most three, with commas between them (default: those that the scenario or the lesson is about)"
	c.Flags().BoolVar(&noSim, "no-sim", false, "store the runs in the page and no simulator: a tenth of the size, and nothing to change")
	c.Flags().StringVar(&lesson, "lesson", "", "a lesson: ask its questions first")
	c.Flags().Lookup("lesson").NoOptDefVal = noLessonName
	return c
}

// noLessonName is the value of --lesson if the name of the lesson is an argument.
const noLessonName = "NAME"

// exportLesson writes the page of a lesson. The flags change all of its runs.
func (s *session) exportLesson(c *cobra.Command, f *playFlags, path, name string, noSim bool) error {
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
	part, err := s.lessonPart(l, *over, noSim)
	if err != nil {
		return err
	}
	return s.writePage(path, part, noSim, fmt.Sprintf("lesson %s, %s", l.Name, words.Counted(len(l.Questions), "question")))
}

func (s *session) export(c *cobra.Command, f *playFlags, path, name string, noSim bool) error {
	p, err := f.unchecked(c, name)
	if err != nil {
		return err
	}
	names := p.Scenario.Profiles
	if names, err = f.names(c, names[:min(len(names), page.MostSystems)]); err != nil {
		return err
	}
	p.Profile = names[0]
	part, err := s.part(p, names, noSim)
	if err != nil {
		return err
	}
	return s.writePage(path, part, noSim, fmt.Sprintf("%s on %s", p.Scenario.Name, strings.Join(names, ", ")))
}

// writePage writes the page of one part, and says what it is.
func (s *session) writePage(path string, part page.Part, noSim bool, what string) error {
	d := page.Document{Parts: []page.Part{part}}
	if !noSim {
		d.Simulator = bundle.Simulator()
	}
	var html bytes.Buffer
	if err := d.Write(&html); err != nil {
		return err
	}
	if err := writeFile(path, html.Bytes()); err != nil {
		return &writeError{path, err}
	}
	fmt.Fprintf(s.out, "%s: %s; open it in a browser\n", path, what)
	return nil
}

// part returns what the page shows: stored runs, or what its simulator plays. It plays in
// both cases, so that a page that cannot be drawn is not written.
func (s *session) part(p *play.Play, names []string, noSim bool) (page.Part, error) {
	runs, err := stored.Runs(s.ctx, p, names, screen.NewProgress(s.stderr))
	part := page.Part{Runs: runs}
	if err == nil {
		err = part.Check()
	}
	if err != nil || noSim {
		return part, err
	}
	part, err = stored.Live(p, names)
	part.Runs = runs
	return part, err
}

// lessonPart is part for a lesson. Over changes its runs.
func (s *session) lessonPart(l page.Lesson, over play.Play, noSim bool) (page.Part, error) {
	runs, err := stored.Lesson(s.ctx, l, over, screen.NewProgress(s.stderr))
	part := page.Part{Lesson: &l, Runs: runs}
	if err == nil {
		err = part.Check()
	}
	if err != nil || noSim {
		return part, err
	}
	part, err = stored.LiveLesson(l, over)
	part.Runs = runs
	return part, err
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
