package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

func (s *session) exportCommand() *cobra.Command {
	var f playFlags
	lesson := false
	c := &cobra.Command{
		Use:   "export FILE.html NAME",
		Short: "A page that plays a scenario in a browser, as one file",
		Long: "Plays a scenario under each profile and writes one HTML file that shows the runs side by side. The file\n" +
			"opens in any browser without a network. It holds the runs and a player, and no simulator: who wants other\n" +
			"figures writes another page. Schema " + page.Schema + ", in netmodel/trace/page/README.md.",
		Example: "  wspsim export burst.html burst --profile windows,linux\n" +
			"  wspsim export lesson.html burst --lesson\n" +
			"  wspsim export trim.html relisten-four-ways --profile wsp,linux,freebsd",
		Args: func(_ *cobra.Command, args []string) error {
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
			return s.export(c, &f, args[0], args[1], lesson)
		},
	}
	f.add(c)
	c.Flags().Lookup("profile").Usage = "use the stacks `NAMES`, at most three, with commas between them (default: those that the scenario or the lesson is about)"
	c.Flags().BoolVar(&lesson, "lesson", false, "ask the questions of the lesson about the scenario first")
	return c
}

func (s *session) export(c *cobra.Command, f *playFlags, path, name string, asLesson bool) error {
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
	l, ok := lessons.About(p.Scenario.Name)
	if asLesson && !ok {
		return fmt.Errorf("--lesson: there is none about %s; there is one about %s", p.Scenario.Name, strings.Join(withLesson(), ", "))
	}
	var html bytes.Buffer
	var runs []page.Run
	if asLesson {
		if runs, err = stored.Lesson(s.ctx, l, *p, screen.NewProgress(s.stderr)); err == nil {
			err = page.WriteLesson(&html, l, runs...)
		}
	} else if runs, err = stored.Runs(s.ctx, p, names, screen.NewProgress(s.stderr)); err == nil {
		err = page.Write(&html, runs...)
	}
	if err != nil {
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

// withLesson lists the scenarios that a lesson is about.
func withLesson() []string {
	var names []string
	for _, l := range lessons.All() {
		names = append(names, l.Scenario)
	}
	return names
}
