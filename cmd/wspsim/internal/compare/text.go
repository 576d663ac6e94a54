package compare

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
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
	fmt.Fprintf(w, "the same crowd under %s%s, seed %d, model %s\n\n", words.Counted(len(c.Runs), "profile"), clients, p.Seed, netmodel.ModelVersion)
	for i := range c.Runs {
		r := &c.Runs[i]
		fmt.Fprintf(w, "  %s: %s%s\n", r.Play.Profile, play.LongName(r.Play.Profile), tuned(r))
	}
	if turned := joined(c.Runs[0].Done.Turned); turned != "" {
		fmt.Fprintf(w, "\nturned, so the text below has other numbers: %s\n", turned)
	}
	fmt.Fprintf(w, "\n%s\n\n", words.Wrap(p.Scenario.Question, width, ""))
	c.table(w, style)
	c.sights(w, style)
	c.partings(w, style)
	c.hints(w)
}

func tuned(r *Run) string {
	if text := joined(r.Done.Tuned); text != "" {
		return ", " + text
	}
	return ""
}

func joined(settings []scenarios.Setting) string {
	var all []string
	for _, set := range settings {
		all = append(all, set.Name+"="+set.Value)
	}
	return strings.Join(all, ", ")
}

// row is a line of a table: a label and a cell a profile.
type row struct {
	label string
	cells []string
}

// rows returns what is compared of whole runs; rows that are zero for all are
// left out.
func (c *Comparison) rows() []row {
	var rows []row
	number := func(label string, always bool, of func(*Run) int) {
		line, any := row{label: label}, always
		for i := range c.Runs {
			n := of(&c.Runs[i])
			any = any || n != 0
			line.cells = append(line.cells, words.Count(n))
		}
		if any {
			rows = append(rows, line)
		}
	}
	span := func(label string, of func(*Run) time.Duration) {
		line := row{label: label}
		for i := range c.Runs {
			cell := "-"
			if c.Runs[i].Done.Outcomes.Accepted > 0 {
				cell = words.Span(of(&c.Runs[i]))
			}
			line.cells = append(line.cells, cell)
		}
		rows = append(rows, line)
	}
	number("backlog in force", true, func(r *Run) int { return r.Done.Listener.Effective })
	number("may be pending", true, func(r *Run) int { return r.Done.Listener.Limit })
	if slices.ContainsFunc(c.Runs, func(r Run) bool { return r.Done.Listener.LimitAtSYN != r.Done.Listener.Limit }) {
		number("  and yet a SYN is answered", true, func(r *Run) int { return r.Done.Listener.LimitAtSYN })
	}
	number("were pending at most", true, func(r *Run) int { return r.Done.Listener.PeakPending })
	number("attempts", true, func(r *Run) int { return r.Done.Outcomes.Offered })
	number("  accepted", true, func(r *Run) int { return r.Done.Outcomes.Accepted })
	number("  refused", false, func(r *Run) int { return r.Done.Outcomes.Refused })
	number("  reset", false, func(r *Run) int { return r.Done.Outcomes.Reset })
	number("  timed out", false, func(r *Run) int { return r.Done.Outcomes.TimedOut })
	number("  gave up", false, func(r *Run) int { return r.Done.Outcomes.GaveUp })
	number("  still trying", false, func(r *Run) int { return r.Done.Outcomes.Trying })
	number("  in the queue", false, func(r *Run) int { return r.Done.Outcomes.Queued })
	number("  believe to be connected", false, func(r *Run) int { return r.Done.Outcomes.Believing })
	number("SYNs refused", false, func(r *Run) int { return r.Done.Listener.RefusedSYNs })
	number("SYNs ignored", false, func(r *Run) int { return r.Done.Listener.IgnoredSYNs })
	number("SYNs answered with a cookie", false, func(r *Run) int { return r.Done.Counters.SyncookiesSent })
	number("final ACKs or data ignored", false, func(r *Run) int { return r.Done.Listener.IgnoredACKs })
	number("trimmed", false, func(r *Run) int { return r.Done.Listener.Trimmed })
	number("calls of the server failed", false, func(r *Run) int { return r.Done.Listener.Failures })
	span("connect to accept, p50", func(r *Run) time.Duration { return r.Done.Reached.P50 })
	span("connect to accept, p99", func(r *Run) time.Duration { return r.Done.Reached.P99 })
	span("connect to accept, max", func(r *Run) time.Duration { return r.Done.Reached.Max })
	span("  of that queued, max", func(r *Run) time.Duration { return r.Done.Waits.Max })
	return rows
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
		fmt.Fprintln(w, line)
	}
}

// sights prints what each client saw, of those for whom it differs.
func (c *Comparison) sights(w *bufio.Writer, style screen.Style) {
	var differ []Client
	for _, o := range c.Clients {
		if o.Differs() {
			differ = append(differ, o)
		}
	}
	if len(differ) == 0 {
		fmt.Fprintf(w, "every client fares the same under all of them\n\n")
		return
	}
	fmt.Fprintf(w, "what they saw, %s of %s for whom it differs:\n", words.Count(len(differ)), words.Counted(len(c.Clients), "client"))
	rows := []row{{"", c.names()}}
	for _, o := range differ[:min(len(differ), mostClients)] {
		r := row{label: o.Name}
		for _, s := range o.Sights {
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

// String says what a client saw, and at which instant: "refused at 2001.000 ms".
func (s Sight) String() string {
	text := s.Outcome.String()
	switch {
	case s.Attempts == 0:
		return "-"
	case s.Outcome == netmodel.StillPending && s.Standing == netmodel.ProgressPhantom:
		return "believes"
	case s.Outcome == netmodel.StillPending && s.Standing == netmodel.ProgressQueued:
		return "in the queue"
	case s.Outcome == netmodel.StillPending:
		return "still trying"
	}
	if s.Attempts > 1 {
		text += fmt.Sprintf(" (attempt %d)", s.Attempts)
	}
	return text + " at " + words.Instant(s.At)
}

// partings prints where the runs part, and the rules behind it.
func (c *Comparison) partings(w *bufio.Writer, style screen.Style) {
	first := c.Runs[0].Play.Profile
	for _, p := range c.Partings {
		if p.Never {
			fmt.Fprintf(w, "%s and %s never part: the same happens to the same clients at the same instants\n\n", first, p.Profile)
			continue
		}
		fmt.Fprintf(w, "%s\n", style.Bold(fmt.Sprintf("%s and %s part at %s:", first, p.Profile, words.Instant(p.At))))
		wide := max(len(first), len(p.Profile))
		for side, line := range []string{p.First, p.Second} {
			name := []string{first, p.Profile}[side]
			if line == "" {
				line = "nothing more happens"
			}
			fmt.Fprintf(w, "  %-*s %s\n", wide, name, strings.Join(strings.Fields(line), " "))
		}
		c.rules(w, p)
		fmt.Fprintln(w)
	}
}

// rules prints the rules behind a parting.
func (c *Comparison) rules(w *bufio.Writer, p Parting) {
	for side, id := range p.Rules {
		rule, ok := profiles.RuleByID(id)
		if !ok || side == 1 && id == p.Rules[0] {
			continue
		}
		fmt.Fprintln(w, words.Wrap(fmt.Sprintf("  %s: %s (%s)", rule.ID, rule.Claim, rule.Source), width, "    "))
	}
}

// hints prints what to do next.
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
	bare := *c.asked
	bare.Knobs = nil
	line := bare.Command("compare", more...)
	return strings.Replace(line, "--profile "+words.Shell(bare.Profile), "--profile "+strings.Join(c.names(), ","), 1)
}
