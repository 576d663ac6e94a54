package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/bundle"
	"wspsim/cmd/wspsim/internal/picture"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/page"
	"wspsim/scenarios/lessons"
)

const exportHelp = "Writes one HTML file that plays a scenario under each profile, side by side. The file opens in any browser\n" +
	"without a network. It holds the simulator: its reader turns knobs and acts in the run. With --no-sim it holds\n" +
	"the runs only. With --lesson it asks first: a lesson (wspsim lessons), a lesson of your own in a file, or all\n" +
	"for the whole course. In the place of a scenario, a trace file (.trace, .jsonl) is played once more, compared\n" +
	"and written. FILE.svg is a picture of the same that stands still.\n" +
	"Schema " + page.Schema + ", in netmodel/trace/page/README.md."

func (s *session) exportCommand() *cobra.Command {
	var f playFlags
	lesson, noSim := "", false
	c := &cobra.Command{
		Use:   "export FILE NAME|TRACE|--lesson NAME",
		Short: "A page that plays a scenario in a browser, or a picture, as one file",
		Long:  exportHelp,
		Example: "  wspsim export burst.html burst --profile windows,linux\n" +
			"  wspsim export course.html --lesson all\n" +
			"  wspsim export lesson.html --lesson the-phantom\n" +
			"  wspsim export mine.html --lesson mine.json\n" +
			"  wspsim run burst --trace burst.jsonl && wspsim export burst.html burst.jsonl\n" +
			"  wspsim export burst.svg burst --profile windows,linux\n" +
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
		ValidArgsFunction: completeExport,
		RunE: func(c *cobra.Command, args []string) error {
			if !isPicture(args[0]) && !strings.HasSuffix(args[0], ".html") && !strings.HasSuffix(args[0], ".htm") {
				return fmt.Errorf("export: %s: want FILE.html for a page or FILE.svg for a picture", words.Printable(args[0]))
			}
			switch name := first(args[1:]); {
			case lesson != "" && isPicture(args[0]):
				return fmt.Errorf("--lesson: a picture asks nothing; want FILE.html")
			case lesson == "" && isTraceFile(name):
				return s.exportTrace(c, args[0], name, f.arrivals)
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
	c.Flags().StringVar(&lesson, "lesson", "", "ask the questions of the lesson `NAME` first; all for the whole course")
	c.Flags().Lookup("lesson").NoOptDefVal = noLessonName
	return c
}

// completeExport completes the file, then the scenario or the trace.
func completeExport(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return []string{"html", "svg"}, cobra.ShellCompDirectiveFilterFileExt
	}
	if names, _ := completeScenario(c, nil, prefix); len(names) > 0 {
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return traceExtensions, cobra.ShellCompDirectiveFilterFileExt
}

// noLessonName is the value of --lesson if the name of the lesson is an argument.
const noLessonName = "NAME"

// exportLesson writes the page of a lesson. The flags change all of its runs.
func (s *session) exportLesson(c *cobra.Command, f *playFlags, path, name string, noSim bool) error {
	course := lessons.All()
	if name != wholeCourse {
		l, err := findLesson(name)
		if err != nil {
			return fmt.Errorf("--lesson: %w", err)
		}
		course = []page.Lesson{l}
	}
	if c.Flags().Changed("profile") {
		return fmt.Errorf("--profile: a lesson has systems of its own; change them: wspsim lessons show %s > mine.json", course[0].Name)
	}
	var parts []page.Part
	questions := 0
	for _, l := range course {
		over, err := f.unchecked(c, l.Scenario)
		if err != nil {
			return err
		}
		part, err := s.lessonPart(l, *over, noSim)
		if err != nil {
			return err
		}
		if len(parts) > 0 && !noSim {
			part.Runs = nil // the simulator is there before anybody comes so far
		}
		parts = append(parts, part)
		questions += len(l.Questions)
	}
	what := fmt.Sprintf("lesson %s, %s", course[0].Name, words.Counted(questions, "question"))
	if name == wholeCourse {
		what = fmt.Sprintf("%s, %s", words.Counted(len(course), "lesson"), words.Counted(questions, "question"))
	}
	return s.writePage(path, parts, noSim, what)
}

// wholeCourse is the name of all lessons together.
const wholeCourse = "all"

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
	what := p.Scenario.Name + " on " + strings.Join(names, ", ")
	if isPicture(path) {
		runs, err := stored.Runs(s.ctx, p, names, screen.NewProgress(s.stderr))
		if err != nil {
			return err
		}
		return s.exported(path, picture.SVG(runs), what)
	}
	part, err := s.part(p, names, noSim)
	if err != nil {
		return err
	}
	return s.writePage(path, []page.Part{part}, noSim, what)
}

// mostMailed is the size in bytes that a page with the simulator stays below.
const mostMailed = 1_200_000

// writePage writes the page of the parts, and says what it is.
func (s *session) writePage(path string, parts []page.Part, noSim bool, what string) error {
	d := page.Document{Parts: parts}
	if len(parts) > 1 {
		d.Title = "The accept queue, in " + words.Counted(len(parts), "lesson")
	}
	if !noSim {
		d.Simulator = bundle.Simulator()
	}
	var html bytes.Buffer
	if err := d.Write(&html); err != nil {
		return err
	}
	if !noSim && html.Len() >= mostMailed { // its simulator makes the runs again
		for i := range parts {
			parts[i].Runs = nil
		}
		html.Reset()
		if err := d.Write(&html); err != nil {
			return err
		}
	}
	return s.exported(path, html.Bytes(), what)
}

// exported writes a file and says what it shows.
func (s *session) exported(path string, content []byte, what string) error {
	if err := writeFile(path, content); err != nil {
		return &writeError{path, err}
	}
	fmt.Fprintf(s.out, "%s: %s; open it in a browser\n", words.Printable(path), what)
	return nil
}

// isPicture reports whether export writes a picture to a file of that name.
func isPicture(path string) bool { return strings.HasSuffix(path, ".svg") }

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
