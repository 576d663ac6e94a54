package compare

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

const (
	width       = 100
	mostClients = 20 // rows of the table of clients
)

// Text prints the comparison for a person.
func (c *Comparison) Text(w *bufio.Writer, style screen.Style) {
	p := c.Runs[0].Play
	fmt.Fprintln(w, style.Bold(p.Scenario.Name+": "+p.Scenario.Summary))
	clients := ""
	if p.Clients != "" {
		clients = fmt.Sprintf(", all clients on %s", p.Clients)
	}
	fmt.Fprintf(w, "the same clients under %s%s, seed %d, model %s\n\n", words.Counted(len(c.Runs), "profile"), clients, p.Seed, netmodel.ModelVersion)
	for i := range c.Runs {
		r := &c.Runs[i]
		fmt.Fprintf(w, "  %s: %s%s\n", r.Play.Profile, play.LongName(r.Play.Profile), kernelSettings(r))
	}
	if p.Inputs != nil {
		fmt.Fprintf(w, "\n%s\n", words.Wrap("inputs "+strings.Join(p.Inputs, ", "), width, ""))
	}
	if changed := play.SettingsText(c.Runs[0].Done.ChangedKnobs); changed != "" {
		fmt.Fprintf(w, "\nchanged knobs, so the text below has other numbers: %s\n", changed)
	}
	fmt.Fprintf(w, "\n%s\n\n", words.Wrap(p.Scenario.Question, width, ""))
	c.table(w, style)
	c.clientTable(w, style)
	c.divergences(w, style)
	c.hints(w)
}

func kernelSettings(r *Run) string {
	if text := play.SettingsText(r.Done.KernelSettings); text != "" {
		return ", " + text
	}
	return ""
}

// row is a line of a table: a label and a cell a profile.
type row struct {
	label string
	cells []string
}

// rows returns the statistics of whole runs, a heading for each group. Rows that
// are zero in all runs are left out.
func (c *Comparison) rows() []row {
	var rows []row
	for g, group := range c.Runs[0].Done.Statistics {
		heading := row{label: group.Label, cells: make([]string, len(c.Runs))}
		for i := range group.Rows {
			line, shown := row{label: "  " + group.Rows[i].Label}, false
			for k := range c.Runs {
				d := c.Runs[k].Done
				text, ok := report.Figure(d.Statistics[g].Rows[i], d)
				shown = shown || ok
				if d.Outcomes.Accepted < group.Rows[i].Needs {
					text = "-"
				}
				line.cells = append(line.cells, text)
			}
			if shown {
				rows = append(rows, heading, line)
				heading = row{}
			}
		}
	}
	return slices.DeleteFunc(rows, func(r row) bool { return r.cells == nil })
}

func (c *Comparison) names() []string {
	var names []string
	for i := range c.Runs {
		names = append(names, c.Runs[i].Play.Profile)
	}
	return names
}

// table prints what is compared of whole runs.
func (c *Comparison) table(w *bufio.Writer, style screen.Style) {
	print(w, style, append([]row{{"", c.names()}}, c.rows()...))
	fmt.Fprintln(w)
}

// print prints rows in columns, numbers to the right.
func print(w *bufio.Writer, style screen.Style, rows []row) {
	label, cell := 0, make([]int, len(rows[0].cells))
	for _, r := range rows {
		label = max(label, utf8.RuneCountInString(r.label))
		for i, text := range r.cells {
			cell[i] = max(cell[i], utf8.RuneCountInString(text))
		}
	}
	for n, r := range rows {
		line := fmt.Sprintf("  %-*s", label, r.label)
		for i, text := range r.cells {
			line += fmt.Sprintf("  %*s", cell[i], text)
		}
		if n == 0 {
			line = style.Bold(line)
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// clientTable prints the results of the clients for which they differ.
func (c *Comparison) clientTable(w *bufio.Writer, style screen.Style) {
	var differ []Client
	for _, o := range c.Clients {
		if o.Differs() {
			differ = append(differ, o)
		}
	}
	if len(differ) == 0 {
		fmt.Fprintf(w, "every client has the same result under all of them\n\n")
		return
	}
	fmt.Fprintf(w, "results of %s of %s, where they differ:\n", words.Count(len(differ)), words.Counted(len(c.Clients), "client"))
	rows := []row{{"", c.names()}}
	for _, o := range differ[:min(len(differ), mostClients)] {
		r := row{label: o.Name}
		for _, s := range o.Results {
			r.cells = append(r.cells, s.String())
		}
		rows = append(rows, r)
	}
	print(w, style, rows)
	if more := len(differ) - mostClients; more > 0 {
		fmt.Fprintf(w, "  ... and %s more\n", words.Count(more))
	}
	fmt.Fprintln(w)
}

// String says how the last attempt ended, and when: "refused at 2001.000 ms".
func (s ClientResult) String() string {
	text := s.Outcome.String()
	switch {
	case s.Attempts == 0:
		return "-"
	case s.Outcome == netmodel.OutcomePending && s.Progress == netmodel.ProgressPhantom:
		return "phantom"
	case s.Outcome == netmodel.OutcomePending && s.Progress == netmodel.ProgressQueued:
		return "in the queue"
	case s.Outcome == netmodel.OutcomePending:
		return "still trying"
	}
	if s.Attempts > 1 {
		text += fmt.Sprintf(" (attempt %d)", s.Attempts)
	}
	return text + " at " + words.Instant(s.At)
}

// divergences prints where the runs differ first, with the rules.
func (c *Comparison) divergences(w *bufio.Writer, style screen.Style) {
	first := c.Runs[0].Play.Profile
	for _, p := range c.Divergences {
		if p.Identical {
			fmt.Fprintf(w, "%s and %s never differ: the same happens to the same clients at the same instants\n\n", first, p.Profile)
			continue
		}
		fmt.Fprintf(w, "%s\n", style.Bold(fmt.Sprintf("%s and %s differ first at %s:", first, p.Profile, words.Instant(p.At))))
		wide := max(len(first), len(p.Profile))
		for side, line := range []string{p.First, p.Second} {
			name := []string{first, p.Profile}[side]
			if line == "" {
				line = "no further record"
			}
			fmt.Fprintf(w, "  %-*s %s\n", wide, name, strings.Join(strings.Fields(line), " "))
		}
		c.rules(w, p)
		fmt.Fprintln(w)
	}
}

// rules prints the rules behind a divergence.
func (c *Comparison) rules(w *bufio.Writer, p Divergence) {
	for side, id := range p.Rules {
		rule, ok := profiles.RuleByID(id)
		if !ok || side == 1 && id == p.Rules[0] {
			continue
		}
		fmt.Fprintln(w, words.Wrap(fmt.Sprintf("  %s: %s (%s)", rule.ID, rule.Claim, rule.Source), width, "    "))
	}
}

// hints prints the commands to type next.
func (c *Comparison) hints(w *bufio.Writer) {
	for _, o := range c.Clients {
		if !o.Differs() {
			continue
		}
		for i := range c.Runs {
			fmt.Fprintf(w, "  %-6s %s\n", "why", c.Runs[i].Play.Brief("explain", "--client", o.Name))
		}
		break
	}
	fmt.Fprintf(w, "  %-6s %s\n", "again", c.command())
}

// command returns the command line that asks for the same again.
func (c *Comparison) command() string {
	var more []string
	for _, set := range c.asked.Knobs {
		more = append(more, "--set", set.Name+"="+words.Micro(set.Value))
	}
	bare := c.asked.Under(c.asked.Profile)
	bare.Knobs = nil
	line := bare.Command("compare", more...)
	return strings.Replace(line, "--profile "+words.Shell(bare.Profile), "--profile "+strings.Join(c.names(), ","), 1)
}
