package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

// List prints the catalogue.
func List(w *bufio.Writer, style screen.Style) {
	all := scenarios.All()
	longest, summary := 0, 0
	for _, s := range all {
		longest, summary = max(longest, len(s.Name)), max(summary, len(s.Summary))
	}
	fmt.Fprintf(w, "%s, in the order of a course:\n\n", words.Counted(len(all), "scenario"))
	for _, s := range all {
		name := style.Bold(s.Name) + strings.Repeat(" ", longest-len(s.Name))
		fmt.Fprintf(w, "  %s  %-*s  %s\n", name, summary, s.Summary, s.Profiles[0])
	}
	fmt.Fprintf(w, "\nEach runs under any profile; the one behind it is the default:\n\n")
	for _, p := range profiles.All() {
		fmt.Fprintf(w, "  %s%s  %s\n", style.Bold(p.Name), strings.Repeat(" ", max(0, longest-len(p.Name))), p.Long)
	}
	fmt.Fprintf(w, "\nModel %s. Begin with: wspsim run %s\n", netmodel.ModelVersion, all[0].Name)
}

// catalogue is what ListJSON writes.
type catalogue struct {
	Schema    string          `json:"schema"`
	Model     string          `json:"model"`
	Scenarios []scenarioEntry `json:"scenarios"`
	Profiles  []profileEntry  `json:"profiles"`
}

type scenarioEntry struct {
	Name     string      `json:"name"`
	Summary  string      `json:"summary"`
	Question string      `json:"question"`
	Profiles []string    `json:"profiles"`
	Knobs    []knobEntry `json:"knobs"`
}

type knobEntry struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Min     string `json:"min"`
	Max     string `json:"max"`
	Default string `json:"default"`
	Help    string `json:"help"`
}

type profileEntry struct {
	Name string `json:"name"`
	Long string `json:"long"`
}

// ListJSON writes the catalogue as one document.
func ListJSON(w io.Writer) error {
	c := catalogue{Schema: "wspsim.list/v2", Model: netmodel.ModelVersion}
	for _, s := range scenarios.All() {
		e := scenarioEntry{s.Name, s.Summary, s.Question, s.Profiles, []knobEntry{}}
		for _, k := range s.Knobs {
			e.Knobs = append(e.Knobs, knobEntry{k.Name, k.Unit().String(), k.Format(k.Min), k.Format(k.Max), k.Format(s.Value(k)), k.Help()})
		}
		c.Scenarios = append(c.Scenarios, e)
	}
	for _, p := range profiles.All() {
		c.Profiles = append(c.Profiles, profileEntry{p.Name, p.Long})
	}
	return WriteJSON(w, c)
}

// printKnobs prints a table of the knobs.
func printKnobs(w *bufio.Writer, s scenarios.Scenario) {
	row := func(name, unit, value, values, help string) {
		line := fmt.Sprintf("  %-12s %-9s %-11s %-25s ", name, unit, value, values)
		help = words.Wrap(help, widest, strings.Repeat(" ", len(line)))
		fmt.Fprintln(w, line+strings.TrimLeft(help, " "))
	}
	row("name", "unit", "default", "range", "what it is")
	for _, k := range s.Knobs {
		row(k.Name, k.Unit().String(), k.Format(s.Value(k)), k.Format(k.Min)+" to "+k.Format(k.Max), k.Help())
	}
	fmt.Fprintln(w)
}

// Show prints a scenario: its question, its knobs, and its source. What answers the question
// is printed with answers only: the summary, the lesson and the expectations.
func Show(w *bufio.Writer, s scenarios.Scenario, answers bool, style screen.Style) {
	title, about := s.Name, s
	if answers {
		title += ": " + s.Summary
	} else {
		about.Summary, about.Lesson, about.Expect = "", "", nil
	}
	fmt.Fprintf(w, "%s\n\n%s\n\n", style.Bold(title), words.Wrap(s.Question, width, ""))
	fmt.Fprintf(w, "The question is about %s; the first is the default. Model %s.\n", strings.Join(s.Profiles, ", "), netmodel.ModelVersion)
	fmt.Fprintf(w, "  guess    wspsim quiz %s\n", s.Name)
	fmt.Fprintf(w, "  run      wspsim run %s --profile %s --seed %d\n", s.Name, s.Profiles[0], play.DefaultSeed)
	fmt.Fprintf(w, "  lesson   wspsim explain %s\n\n", s.Name)
	if answers {
		fmt.Fprintf(w, "%s\n%s\n\n", style.Bold("Lesson"), words.Wrap(s.Lesson, width, ""))
	}
	if len(s.Knobs) > 0 {
		fmt.Fprintf(w, "%s (--set NAME=VALUE):\n", style.Bold("Knobs"))
		printKnobs(w, s)
	}
	heading := "As Go, to run or to test with; --answers adds the lesson and what is expected:"
	if answers {
		heading = "As Go, to run or to test with:"
	}
	fmt.Fprintf(w, "%s\n\n%s", style.Bold(heading), scenarios.Source(about))
}
