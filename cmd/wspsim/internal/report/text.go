package report

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/depth"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/scenarios"
)

const (
	width  = 100 // columns of running text
	widest = 110 // columns of tables
)

// Run is a run to be reported.
type Run struct {
	Play      *play.Play
	Done      *play.Done
	Incidents Incidents
	Style     screen.Style
	Trace     string // file that the trace was written to
	Written   uint64 // records in it
	View      bool   // the file is not one that verify replays
}

// Head prints what was asked for, and what is in force.
func (r *Run) Head(w *bufio.Writer) {
	s := &r.Play.Scenario
	fmt.Fprintf(w, "%s\n", r.Style.Bold(s.Name+": "+s.Summary))
	fmt.Fprintf(w, "%s\n", r.inForce())
	clients := ""
	if c := r.Play.Clients; c != "" {
		clients = fmt.Sprintf(", clients %s (%s)", c, play.LongName(c))
	}
	fmt.Fprintf(w, "profile %s (%s)%s, seed %d, model %s\n", r.Play.Profile, play.LongName(r.Play.Profile), clients, r.Play.Seed, netmodel.ModelVersion)
	if kernel := play.SettingsText(r.Done.KernelSettings); kernel != "" {
		fmt.Fprintln(w, words.Wrap("kernel "+kernel, width, ""))
	}
	var knobs []string
	for _, k := range r.Done.Knobs {
		if k.Name != "backlog" {
			knobs = append(knobs, k.Name+"="+words.Rounded(k.Value))
		}
	}
	if knobs != nil {
		fmt.Fprintln(w, words.Wrap("knobs "+strings.Join(knobs, ", "), width, ""))
	}
	if r.Play.Inputs != nil {
		fmt.Fprintln(w, words.Wrap("inputs "+strings.Join(r.Play.Inputs, ", "), width, ""))
	}
	if a := r.Play.Arrivals; a.File != "" {
		fmt.Fprintf(w, "arrivals %s: %s, hash %016x\n", words.Printable(a.Source()), pace(s.Load.Times), a.Hash)
	}
	fmt.Fprintln(w)
	if changed := r.changedKnobs(); changed != "" {
		fmt.Fprintf(w, "%s\n\n", words.Wrap(changed, width, ""))
	}
	if foreign := r.foreignCalls(); foreign != "" {
		fmt.Fprintf(w, "%s\n\n", words.Wrap(foreign, width, ""))
	}
	if r.Play.Arrivals.File == "" { // the question is about the scenario's own
		fmt.Fprintf(w, "%s\n\n", words.Wrap(s.Question, width, ""))
	}
}

// pace says how many clients come, in what time, and how fast.
func pace(times []time.Duration) string {
	text := words.Counted(len(times), "client")
	span := times[len(times)-1]
	if span == 0 {
		return text + " at once"
	}
	rate := float64(len(times)) / span.Seconds()
	fast := strconv.FormatFloat(rate, 'g', 2, 64)
	if rate >= 10 {
		fast = words.Count(int64(rate + 0.5))
	}
	return fmt.Sprintf("%s in %s, %s a second", text, words.Span(span), fast)
}

// changedKnobs says which knobs have another value than the text supposes.
func (r *Run) changedKnobs() string {
	var all []string
	for _, set := range r.Done.ChangedKnobs {
		k, _ := r.Play.Scenario.Knob(set.Name)
		all = append(all, fmt.Sprintf("%s=%s (the text is written for %s)", set.Name, words.Rounded(set.Value),
			words.Rounded(k.Format(r.Play.Scenario.Value(k)))))
	}
	if all == nil {
		return ""
	}
	return "changed knobs: " + strings.Join(all, ", ")
}

// foreignCalls says that the server's program calls what its system does not have.
func (r *Run) foreignCalls() string {
	prepared := r.Done.Prepared
	if prepared.Server.Calls == netmodel.CallsWinsock || prepared.Server.Calls == netmodel.CallsWine {
		return ""
	}
	for _, step := range prepared.Scenario.Steps {
		if accept, ok := step.Do.(scenarios.Accept); ok && accept.Decision != winsock.CF_ACCEPT {
			return "this system has no condition function, which is part of Winsock's accept; here it decides as on Windows"
		}
	}
	return ""
}

// inForce says which backlog was asked for, and which is in force.
func (r *Run) inForce() string {
	l := &r.Done.Listener
	asked := words.Count(l.Backlog)
	if l.Backlog == winsock.SomaxconnWinsock2 {
		asked = "SOMAXCONN"
	}
	switch {
	case !l.Listened:
		return "backlog: no listen succeeded"
	case l.LimitAtSYN != l.Limit:
		return fmt.Sprintf("backlog %s asked, %s in force, at most %s pending, %s at a SYN", asked, words.Count(l.EffectiveBacklog), words.Count(l.Limit), words.Count(l.LimitAtSYN))
	case l.Limit != l.EffectiveBacklog:
		return fmt.Sprintf("backlog %s asked, %s in force, at most %s pending", asked, words.Count(l.EffectiveBacklog), words.Count(l.Limit))
	case l.Backlog != l.EffectiveBacklog && l.Backlog != winsock.SomaxconnWinsock2:
		return fmt.Sprintf("backlog %s asked, %s in force (silently changed)", asked, words.Count(l.EffectiveBacklog))
	}
	return fmt.Sprintf("backlog %s asked, %s in force", asked, words.Count(l.EffectiveBacklog))
}

// Rest prints what follows the trace: how the attempts ended, the statistics, the
// queue over time, the verdict, and the commands to type next.
func (r *Run) Rest(ctx context.Context, w *bufio.Writer) {
	r.outcomes(w)
	r.figures(w)
	r.hostTools(w)
	d := &r.Done.Depth
	fmt.Fprintln(w, "pending over time:")
	w.WriteString(depth.Picture{
		Span: d.Span, Most: d.Most, Limit: r.Done.Listener.Limit, Final: r.Done.Listener.Pending, End: r.Done.End,
	}.Text(r.Style.Blocks))
	r.verdict(w)
	r.hints(ctx, w)
}

// outcomes prints how many attempts ended in each way, why, and whose.
func (r *Run) outcomes(w *bufio.Writer) {
	if r.Done.Outcomes.Offered == 0 {
		fmt.Fprintf(w, "no attempts: no client connects\n")
		return
	}
	fmt.Fprintf(w, "%s:\n", words.Counted(r.Done.Outcomes.Offered, "attempt"))
	groups := groupAttempts(r.Done.Net, r.Done.Attempts)
	longest := 0
	for _, g := range groups {
		longest = max(longest, len(g.reason()))
	}
	for _, g := range groups {
		line := fmt.Sprintf("  %-9s %7s  %-*s  %s", g.outcome, words.Count(g.count), longest, g.reason(), g.names(r.Done))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	r.gotIn(w)
	r.phantoms(w)
}

// gotIn says how many clients were accepted, if some client made several attempts.
func (r *Run) gotIn(w *bufio.Writer) {
	last := lastAttempts(r.Done)
	if len(last) == r.Done.Outcomes.Offered {
		return
	}
	in := 0
	for _, f := range last {
		if f.Outcome == netmodel.OutcomeAccepted {
			in++
		}
	}
	fmt.Fprintf(w, "  clients: %s of %s got in\n", words.Count(in), words.Count(len(last)))
}

// phantoms says what a phantom is, and what helps if no client sends data.
func (r *Run) phantoms(w *bufio.Writer) {
	n := r.Done.Outcomes.Phantom
	if n == 0 {
		return
	}
	text := "phantom connections: connect has succeeded at the client, and the server has no connection for accept"
	prepared := r.Done.Prepared
	if _, ok := prepared.Scenario.Knob("send"); ok && prepared.Scenario.Client.Send == 0 {
		text += "; these clients wait for the server to send. Clients that send first retransmit their data, and get in when there is room: --set send=200"
	}
	fmt.Fprintln(w, words.Wrap(text, width, "  "))
}

// verdict prints the expectations and whether they held.
func (r *Run) verdict(w *bufio.Writer) {
	fmt.Fprintln(w)
	held := 0
	for _, j := range r.Done.Judged {
		if j.Held {
			held++
		}
	}
	switch r.Done.Verdict {
	case scenarios.NotJudged:
		reason := "nothing is expected of this profile"
		if len(r.Done.ChangedKnobs) > 0 || len(r.Done.KernelSettings) > 0 || r.Play.Clients != "" {
			reason = "the knobs have other values than in the lesson"
		}
		if r.Play.Arrivals.File != "" {
			reason = "the arrivals are not those of the lesson"
		}
		if r.Play.Inputs != nil {
			reason = "somebody acts during the run"
		}
		fmt.Fprintf(w, "expected: not judged, %s\n", reason)
	default:
		fmt.Fprintf(w, "expected: %d of %d held\n", held, len(r.Done.Judged))
	}
	for _, j := range r.Done.Judged {
		if j.Held {
			fmt.Fprintf(w, "  %s    %s\n", r.Style.Green("held"), j.Claim)
		} else {
			fmt.Fprintf(w, "  %s  %s: it is %s\n", r.Style.Red("FAILED"), j.Claim, j.Got)
		}
	}
	fmt.Fprintln(w)
}

// hints prints the answer in a sentence, and the commands to type next.
func (r *Run) hints(ctx context.Context, w *bufio.Writer) {
	hint := func(what, command string) { fmt.Fprintf(w, "  %-6s %s\n", what, command) }
	if f, ok := mostInteresting(r.Done, &r.Incidents); ok {
		fmt.Fprintf(w, "%s.\n", sentence(r.Done, f, r.Incidents.decided(f)))
		hint("why", r.Play.Brief("explain", "--client", r.Done.ClientName(f.Client)))
	}
	hint("next", r.next(ctx))

	switch {
	case r.View:
		hint("trace", fmt.Sprintf("%s written to %s", words.Counted(r.Written, "record"), words.Printable(r.Trace)))
	case r.Trace != "":
		hint("trace", fmt.Sprintf("%s written to %s: wspsim verify %s", words.Counted(r.Written, "record"), words.Printable(r.Trace), words.Shell(r.Trace)))
	}
	hint("again", r.Play.Command("run"))
	if r.Play.Arrivals.File == "" { // the address of a page holds no file
		hint("state", r.Play.Moment().String())
	}
	hint("hash", fmt.Sprintf("%016x of %s, %s", r.Done.Hash, words.Counted(r.Done.Records, "record"), words.Counted(r.Done.Events, "event")))
}

// squeeze removes columns that are blank in all lines, down to two of them, so that
// a short trace is narrow.
func squeeze(lines []string) []string {
	rows := make([][]rune, len(lines))
	most := 0
	for i, line := range lines {
		rows[i] = []rune(line)
		most = max(most, len(rows[i]))
	}
	out := make([]strings.Builder, len(lines))
	blank := 0
	for column := range most {
		empty := true
		for _, row := range rows {
			empty = empty && (column >= len(row) || row[column] == ' ')
		}
		if blank++; !empty || column < leading {
			blank = 0
		}
		if blank > 2 {
			continue
		}
		for i, row := range rows {
			if column < len(row) {
				out[i].WriteRune(row[column])
			}
		}
	}
	squeezed := make([]string, len(lines))
	for i := range out {
		squeezed[i] = strings.TrimRight(out[i].String(), " ")
	}
	return squeezed
}

// leading is where the column of times ends, which keeps its blanks.
const leading = 16

// paint colours a line of a trace by its symbol.
func paint(style screen.Style, line string) string {
	if !style.Colour || !utf8.ValidString(line) {
		return line
	}
	switch symbolOf(line) {
	case '!', 'x':
		return style.Red(line)
	case '-':
		return style.Green(line)
	case '<', '%', '~':
		return style.Dim(line)
	}
	return line
}
