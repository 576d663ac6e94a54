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
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

func (s *session) exportCommand() *cobra.Command {
	var f playFlags
	lesson, noSim := false, false
	c := &cobra.Command{
		Use:   "export FILE.html NAME",
		Short: "A page that plays a scenario in a browser, as one file",
		Long: "Plays a scenario under each profile and writes one HTML file that shows the runs side by side. The file\n" +
			"opens in any browser without a network. It holds the runs and a player, and no simulator: who wants other\n" +
			"figures writes another page. Schema " + page.Schema + ", in netmodel/trace/page/README.md.",
		Example: "  wspsim export burst.html burst --profile windows,linux\n" +
			"  wspsim export lesson.html burst --lesson\n" +
			"  wspsim export trim.html relisten-four-ways --profile wsp,linux,freebsd",
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && c.Flags().Changed("from"):
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
			return s.export(c, &f, args[0], first(args[1:]), lesson, noSim)
		},
	}
	f.add(c)
	c.Flags().Lookup("profile").Usage = "use the stacks `NAMES`, at most three, with commas between them (default: those that the scenario or the lesson is about)"
	c.Flags().BoolVar(&noSim, "no-sim", false, "store the runs in the page and no simulator: a tenth of the size, and nothing to change")
	c.Flags().BoolVar(&lesson, "lesson", false, "ask the questions of the lesson about the scenario first")
	return c
}

func (s *session) export(c *cobra.Command, f *playFlags, path, name string, asLesson, noSim bool) error {
	p, err := f.unchecked(c, name)
	if err != nil {
		return err
	}
	names := p.Scenario.Profiles
	names = names[:min(len(names), page.MostSystems)]
	l, ok := lessons.About(p.Scenario.Name)
	switch {
	case asLesson && !ok:
		return fmt.Errorf("--lesson: there is none about %s; there is one about %s", p.Scenario.Name, strings.Join(withLesson(), ", "))
	case asLesson:
		names = l.Profiles
	}
	if names, err = f.names(c, names); err != nil {
		return err
	}
	p.Profile = names[0]
	var about *page.Lesson
	if asLesson {
		about = &l
	}
	part, err := s.part(p, names, about, noSim)
	if err != nil {
		return err
	}
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
	fmt.Fprintf(s.out, "%s: %s on %s; open it in a browser\n", path, p.Scenario.Name, strings.Join(names, ", "))
	return nil
}

// part returns what the page shows: stored runs, or what its simulator plays. It plays in
// both cases, so that a page that cannot be drawn is not written.
func (s *session) part(p *play.Play, names []string, l *page.Lesson, noSim bool) (page.Part, error) {
	runs, err := stored.Runs(s.ctx, p, names, screen.NewProgress(s.stderr))
	part := page.Part{Lesson: l, Runs: runs}
	if err == nil {
		err = part.Check()
	}
	if err != nil || noSim {
		return part, err
	}
	part, err = stored.Live(p, names)
	part.Lesson, part.Runs = l, runs
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

// withLesson lists the scenarios that a lesson is about.
func withLesson() []string {
	var names []string
	for _, l := range lessons.All() {
		names = append(names, l.Scenario)
	}
	return names
}
