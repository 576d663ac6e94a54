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
	Play     *play.Play
	Done     *play.Done
	Troubles Troubles
	Style    screen.Style
	Trace    string // file that the trace was written to
	Written  uint64 // records in it
}

// Head prints what was asked for and what is in force.
func (r *Run) Head(w *bufio.Writer) {
	s := &r.Play.Scenario
	fmt.Fprintf(w, "%s\n", r.Style.Bold(s.Name+": "+s.Summary))
	fmt.Fprintf(w, "%s\n", r.inForce())
	clients := ""
	if c := r.Play.Clients; c != "" {
		clients = fmt.Sprintf(", clients %s (%s)", c, play.LongName(c))
	}
	fmt.Fprintf(w, "profile %s (%s)%s, seed %d, model %s\n", r.Play.Profile, play.LongName(r.Play.Profile), clients, r.Play.Seed, netmodel.ModelVersion)
	if tuned := joined(r.Done.Tuned); tuned != "" {
		fmt.Fprintln(w, words.Wrap("kernel "+tuned, width, ""))
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
	if a := r.Play.Arrivals; a.File != "" {
		fmt.Fprintf(w, "arrivals %s: %s, hash %016x\n", words.Plain(a.File), pace(s.Load.Times), a.Hash)
	}
	fmt.Fprintln(w)
	if turned := r.turned(); turned != "" {
		fmt.Fprintf(w, "%s\n\n", words.Wrap(turned, width, ""))
	}
	if strange := r.strange(); strange != "" {
		fmt.Fprintf(w, "%s\n\n", words.Wrap(strange, width, ""))
	}
	if r.Play.Arrivals.File == "" { // the question is about the scenario's own
		fmt.Fprintf(w, "%s\n\n", words.Wrap(s.Question, width, ""))
	}
}

// joined writes settings as --set takes them.
func joined(settings []scenarios.Setting) string {
	var all []string
	for _, set := range settings {
		all = append(all, set.Name+"="+set.Value)
	}
	return strings.Join(all, ", ")
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

// turned says which knobs stand elsewhere than the text supposes.
func (r *Run) turned() string {
	var all []string
	for _, set := range r.Done.Turned {
		k, _ := r.Play.Scenario.Knob(set.Name)
		all = append(all, fmt.Sprintf("%s=%s (the text is written for %s)", set.Name, words.Rounded(set.Value),
			words.Rounded(k.Format(r.Play.Scenario.Value(k)))))
	}
	if all == nil {
		return ""
	}
	return "turned: " + strings.Join(all, ", ")
}

// strange says that the server's program calls what its system does not have.
func (r *Run) strange() string {
	prepared, err := r.Play.Prepared()
	if err != nil || prepared.Server.Calls == netmodel.CallsWinsock || prepared.Server.Calls == netmodel.CallsWine {
		return ""
	}
	for _, step := range prepared.Scenario.Steps {
		if accept, ok := step.Do.(scenarios.Accept); ok && accept.Decision != winsock.CF_ACCEPT {
			return "no such thing there: a condition function is part of Winsock's accept only; here it decides as on Windows"
		}
	}
	return ""
}

// inForce says what became of the backlog.
func (r *Run) inForce() string {
	l := &r.Done.Listener
	asked := words.Count(l.Asked)
	if l.Asked == winsock.SomaxconnWinsock2 {
		asked = "SOMAXCONN"
	}
	switch {
	case !l.Listened:
		return "backlog: no listen succeeded"
	case l.LimitAtSYN != l.Limit:
		return fmt.Sprintf("backlog %s asked, %s in force, at most %s pending, %s when a SYN comes", asked, words.Count(l.Effective), words.Count(l.Limit), words.Count(l.LimitAtSYN))
	case l.Limit != l.Effective:
		return fmt.Sprintf("backlog %s asked, %s in force, at most %s pending", asked, words.Count(l.Effective), words.Count(l.Limit))
	case l.Asked != l.Effective && l.Asked != winsock.SomaxconnWinsock2:
		return fmt.Sprintf("backlog %s asked, %s in force (changed without a word)", asked, words.Count(l.Effective))
	}
	return fmt.Sprintf("backlog %s asked, %s in force", asked, words.Count(l.Effective))
}

// Rest prints what follows the trace: how the attempts ended, how long they
// waited, the queue over time, the verdict, and what to do next.
func (r *Run) Rest(ctx context.Context, w *bufio.Writer) {
	r.outcomes(w)
	r.waits(w)
	r.box(w)
	d := &r.Done.Depth
	fmt.Fprintln(w, "pending over time:")
	w.WriteString(depth.Picture{
		Span: d.Span, Most: d.Most, Limit: r.Done.Listener.Limit, Final: r.Done.Listener.Pending, End: r.Done.End,
	}.Text(r.Style.Blocks))
	r.verdict(w)
	r.hints(ctx, w)
}

// outcomes prints how many attempts ended in each way, why, and who.
func (r *Run) outcomes(w *bufio.Writer) {
	if r.Done.Outcomes.Offered == 0 {
		fmt.Fprintf(w, "no attempts: nobody connects\n\n")
		return
	}
	fmt.Fprintf(w, "%s:\n", words.Counted(r.Done.Outcomes.Offered, "attempt"))
	groups := groupFates(r.Done.Net, r.Done.Fates)
	longest := 0
	for _, g := range groups {
		longest = max(longest, len(g.reason()))
	}
	for _, g := range groups {
		line := fmt.Sprintf("  %-9s %7s  %-*s  %s", g.outcome, words.Count(g.count), longest, g.reason(), g.names(r.Done))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	r.gotIn(w)
	r.believers(w)
	r.seen(w)
	fmt.Fprintln(w)
}

// gotIn says how many clients were accepted, where that is not how many attempts
// were.
func (r *Run) gotIn(w *bufio.Writer) {
	last := lastFates(r.Done)
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

// believers says what it is to be one, and what would help if nobody sends
// anything.
func (r *Run) believers(w *bufio.Writer) {
	n := r.Done.Outcomes.Believing
	if n == 0 {
		return
	}
	text := "believers (phantom connections): connect has succeeded, and nothing is in the queue that accept could find"
	prepared, err := r.Play.Prepared()
	if _, ok := prepared.Scenario.Knob("send"); err == nil && ok && prepared.Scenario.Client.Send == 0 {
		text += "; they wait for the server to speak. Clients that speak first send their data again, which gets them in when there is room: --set send=200"
	}
	fmt.Fprintln(w, words.Wrap(text, width, "  "))
}

// seen prints what was seen at the listener.
func (r *Run) seen(w *bufio.Writer) {
	l, c := &r.Done.Listener, &r.Done.Counters
	var seen []string
	for _, s := range []struct {
		n    int
		what string
	}{
		{l.RefusedSYNs, "SYN refused"}, {l.IgnoredSYNs, "SYN ignored"}, {c.SyncookiesSent, "SYN answered with a cookie"},
		{l.IgnoredACKs, "final ACK or data ignored"}, {l.Evicted, "half-open connection evicted"}, {l.Trimmed, "connection trimmed"},
		{l.Expired, "handshake expired"}, {l.Late, "accepted late"}, {l.Failures, "call of the server failed"},
		{l.Gone, "accepted though the client had gone"},
	} {
		if s.n > 0 {
			seen = append(seen, s.what+": "+words.Count(s.n))
		}
	}
	if seen != nil {
		fmt.Fprintln(w, words.Wrap("at the listener: "+strings.Join(seen, ", "), width, "  "))
	}
}

// waits prints how long accepted connections were pending, in as much detail as
// there are enough of them for.
func (r *Run) waits(w *bufio.Writer) {
	accepted := r.Done.Outcomes.Accepted
	if accepted == 0 {
		return
	}
	fmt.Fprintf(w, "waited, those that were accepted:\n")
	for _, row := range []struct {
		what  string
		waits *scenarios.Waits
	}{{"from connect to accept", &r.Done.Reached}, {"of that in the queue", &r.Done.Waits}} {
		fmt.Fprintf(w, "  %-22s  p50 %s, p90 %s", row.what, words.Span(row.waits.P50), words.Span(row.waits.P90))
		if accepted >= 100 {
			fmt.Fprintf(w, ", p99 %s", words.Span(row.waits.P99))
		}
		if accepted >= 1000 {
			fmt.Fprintf(w, ", p99.9 %s", words.Span(row.waits.P999))
		}
		fmt.Fprintf(w, ", max %s\n", words.Span(row.waits.Max))
	}
	fmt.Fprintln(w)
}

// verdict prints what was expected and whether it came.
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
		if len(r.Done.Turned) > 0 || len(r.Done.Tuned) > 0 || r.Play.Clients != "" {
			reason = "the knobs stand elsewhere than the lesson supposes"
		}
		if r.Play.Arrivals.File != "" {
			reason = "the arrivals are not those of the lesson"
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

// hints prints the answer in a sentence and the commands that are worth typing
// now.
func (r *Run) hints(ctx context.Context, w *bufio.Writer) {
	hint := func(what, command string) { fmt.Fprintf(w, "  %-6s %s\n", what, command) }
	if f, ok := mostInteresting(r.Done, &r.Troubles); ok {
		fmt.Fprintf(w, "%s.\n", sentence(r.Done, f, r.Troubles.decided(f)))
		hint("why", r.Play.Brief("explain", "--client", r.Done.ClientName(f.Client)))
	}
	hint("next", r.next(ctx))
	if r.Trace != "" {
		hint("trace", fmt.Sprintf("%s written to %s: wspsim verify %s", words.Counted(r.Written, "record"), words.Plain(r.Trace), words.Shell(r.Trace)))
	}
	hint("again", r.Play.Command("run"))
	hint("hash", fmt.Sprintf("%016x of %s, %s", r.Done.Hash, words.Counted(r.Done.Records, "record"), words.Counted(r.Done.Events, "event")))
}

// squeeze takes out columns that are blank in all lines, down to two of them,
// so that a short trace is no wider than it must be.
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

// leading is where the column of times ends; it stays as it is.
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
