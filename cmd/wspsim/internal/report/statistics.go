package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

// figures prints a section for each group of statistics: the figures that are not
// zero and that no other place of the text tells.
func (r *Run) figures(w *bufio.Writer) {
	longest := 0
	for _, group := range r.Done.Statistics {
		longest = max(longest, len(group.Label))
	}
	for _, group := range r.Done.Statistics {
		var shown []string
		for _, row := range group.Rows {
			if text, ok := Figure(row, r.Done); ok && !row.Told {
				shown = append(shown, row.Label+" "+text)
			}
		}
		if shown != nil {
			fmt.Fprintf(w, "  %-*s  %s\n", longest, group.Label, hanging(longest+4, strings.Join(shown, ", ")))
		}
	}
	fmt.Fprintln(w)
}

// Figure writes a statistic of a run for a person. It returns false if the figure is
// zero, or if too few connections were accepted for it to mean anything.
func Figure(row scenarios.Statistic, d *play.Done) (text string, ok bool) {
	value := row.Of(d.Result)
	return written(row.Unit, value), value != 0 && d.Outcomes.Accepted >= row.Needs
}

// written writes a number in its unit.
func written(unit scenarios.Unit, value int64) string {
	switch unit {
	case scenarios.UnitCount:
		return words.Count(value)
	case scenarios.UnitDuration:
		return words.Span(time.Duration(value))
	}
	return unit.Format(value)
}

// StatisticsHelp says what the statistics are, for the help of a command.
func StatisticsHelp(table []scenarios.StatisticGroup) string {
	var b strings.Builder
	for _, group := range table {
		fmt.Fprintf(&b, "%s\n", words.Wrap(group.Name+": "+group.Help, width, "  "))
		for _, row := range group.Rows {
			fmt.Fprintf(&b, "    %-22s  %s\n", row.Name, row.Help)
		}
	}
	return b.String()
}

// SchemaPage writes the page about the statistics in the JSON of run and compare.
func SchemaPage(w io.Writer, table []scenarios.StatisticGroup) {
	fmt.Fprintf(w, `# The statistics of a run

`+"`wspsim run NAME --json` (%s) has an object for each group.\n`wspsim compare NAME --json` has the same objects for each profile.\n"+
		"An expectation of a scenario names a statistic by its path.\n"+
		"`go test ./cmd/wspsim/internal/report -update` writes this page from the table in `scenarios/statistics.go`.\n", Schema)
	for _, group := range table {
		fmt.Fprintf(w, "\n## %s\n\n%s\n\n| path | unit | in the text | meaning |\n|---|---|---|---|\n", group.Name, group.Help)
		for _, row := range group.Rows {
			fmt.Fprintf(w, "| `%s.%s` | %s | %s | %s |\n", group.Name, row.Name, jsonUnits[row.Unit], row.Label, row.Help)
		}
	}
}

// jsonUnits are the units of the numbers in the JSON.
var jsonUnits = map[scenarios.Unit]string{
	scenarios.UnitCount: "count", scenarios.UnitDuration: "nanoseconds", scenarios.UnitRatio: "fraction",
}
