package report

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Story is what happened to a client of a run.
type Story struct {
	Run    Run
	client netmodel.ClientID // 0 if no client connects
	chain  []entry           // every record about the client, and the calls of the server meanwhile
	more   int               // records that did not fit
}

// entry is a line of the chain of causes.
type entry struct {
	number uint64 // of the record
	line   string
	errno  winsock.Errno // what the program sees
	rule   string        // that decided it
	at     sim.Time
}

const longestChain = 200 // lines

// Explain runs a play and finds out what happened to a client, the most
// interesting one if client is "".
func Explain(ctx context.Context, p *play.Play, client string, progress *screen.Progress) (*Story, error) {
	s := &Story{Run: Run{Play: p}}
	done, err := p.Run(ctx, play.Watch{Record: s.Run.Incidents.Note, Progress: progress})
	if err != nil {
		return nil, err
	}
	s.Run.Done = done
	if err := s.choose(client); err != nil {
		return nil, err
	}
	var printer *trace.Printer
	var number uint64
	var b []byte
	concerns := s.Concerns()
	// The same run again: now the client is known.
	_, err = p.Run(ctx, play.Watch{Progress: progress, Record: func(n *netmodel.Network, r netmodel.Record) {
		if printer == nil {
			printer = trace.NewPrinter(n)
			printer.Full = true
		}
		number++
		b = printer.Append(b[:0], r)
		switch {
		case !concerns(n, r):
		case len(s.chain) == longestChain:
			s.more++
		default:
			_, rule := profiles.ReasonIn(n, r)
			s.chain = append(s.chain, entry{number, string(b[:len(b)-1]), r.Errno, rule, r.At})
		}
	}})
	return s, err
}

// Concerns returns a function that reports whether a record belongs to the story. It must be
// shown every record of a run, in order.
func (s *Story) Concerns() func(*netmodel.Network, netmodel.Record) bool {
	queued := false // the client waits to be accepted
	return func(n *netmodel.Network, r netmodel.Record) bool {
		about := s.IsClient(n, r.Conn)
		if about {
			queued = r.Kind == netmodel.RequestQueued || r.Kind == netmodel.RequestOffered || queued && r.Kind != netmodel.RequestAccepted
		}
		return about || concernsAll(r, queued)
	}
}

// IsClient reports whether an attempt is one of the client of the story.
func (s *Story) IsClient(n *netmodel.Network, c netmodel.ConnID) bool {
	return c != 0 && n.Result(c).Client == s.client
}

// Client returns the name of the client of the story, "" if no client connects.
func (s *Story) Client() string {
	if s.client == 0 {
		return ""
	}
	return s.Run.Done.ClientName(s.client)
}

// Command returns the command line that asks for the story again.
func (s *Story) Command() string {
	if s.client == 0 {
		return s.Run.Play.Command("explain")
	}
	return s.Run.Play.Command("explain", "--client", s.Client())
}

// concernsAll reports whether a record without a client belongs to the story of each
// client. A listen does, and so does an accept that failed while the client was
// queued.
func concernsAll(r netmodel.Record, queued bool) bool {
	if r.Kind != netmodel.Called {
		return false
	}
	return r.Call == netmodel.CallListen || r.Call == netmodel.CallAccept && r.Errno != 0 && queued
}

// choose finds the client of the story.
func (s *Story) choose(client string) error {
	d := s.Run.Done
	if client == "" {
		f, ok := mostInteresting(d, &s.Run.Incidents)
		if ok {
			s.client = f.Client
		}
		return nil
	}
	attempts := lastAttempts(d)
	i := slices.IndexFunc(attempts, func(f netmodel.AttemptResult) bool { return d.ClientName(f.Client) == client })
	switch {
	case i < 0 && len(attempts) == 0:
		return fmt.Errorf("scenario %s has no client %q: no client connects", d.Scenario, client)
	case i < 0:
		var names []string
		for _, f := range attempts {
			names = append(names, d.ClientName(f.Client))
		}
		few := strings.Join(names[:min(len(names), fewNames)], ", ")
		if more := len(names) - fewNames; more > 0 {
			few += fmt.Sprintf(" and %s more up to %s", words.Count(more), names[len(names)-1])
		}
		return fmt.Errorf("scenario %s has no client %q that connects; there are %s", d.Scenario, client, few)
	}
	s.client = attempts[i].Client
	return nil
}

// Text prints the lesson and the story.
func (s *Story) Text(w *bufio.Writer) {
	r, d := &s.Run, s.Run.Done
	r.Head(w)
	if other := otherRun(r); other != "" {
		fmt.Fprintf(w, "%s\n\n", words.Wrap(other, width, ""))
	}
	fmt.Fprintf(w, "%s\n\n", words.Wrap(r.Play.Scenario.Lesson, width, ""))
	if s.client == 0 {
		fmt.Fprintln(w, r.Style.Bold("No client connects; this is how the server listened:"))
		s.printChain(w)
		s.printRules(w)
	} else {
		name := d.ClientName(s.client)
		fmt.Fprintln(w, r.Style.Bold("What happened to "+name+" ("+decided+" what decided it):"))
		s.printChain(w)
		s.printRules(w)
		fmt.Fprintln(w)
		s.printAttempts(w)
		s.others(w)
	}
	fmt.Fprintf(w, "\n  %-6s %s\n", "again", s.Command())
	fmt.Fprintf(w, "  %-6s %s\n", "run", r.Play.Command("run"))
	if r.Trace != "" {
		fmt.Fprintf(w, "  %-6s %s\n", "trace", words.Printable(r.Trace))
	}
	fmt.Fprintf(w, "  %-6s %016x of %s\n", "hash", d.Hash, words.Counted(d.Records, "record"))
}

// printAttempts says how each attempt ended and what the program saw. It leaves out
// what the program saw if that was the same as before.
func (s *Story) printAttempts(w *bufio.Writer) {
	told := ""
	for _, f := range s.attempts() {
		fmt.Fprintf(w, "%s.\n", sentence(s.Run.Done, f, s.decided(f)))
		if text := s.consequence(f); text != told {
			told = text
			fmt.Fprintln(w, words.Wrap(text, width, "  "))
		}
	}
}

const decided = "=>"

// printChain prints the chain of causes.
func (s *Story) printChain(w *bufio.Writer) {
	var deciding []uint64
	for _, f := range s.attempts() {
		deciding = append(deciding, f.Record)
		if f.Decision != 0 {
			deciding[len(deciding)-1] = f.Decision
		}
	}
	lines := make([]string, len(s.chain))
	for i, e := range s.chain {
		lines[i] = e.line
	}
	for i, line := range squeeze(lines) {
		mark := strings.Repeat(" ", len(decided))
		if slices.Contains(deciding, s.chain[i].number) {
			mark = decided
		}
		fmt.Fprintln(w, mark+paint(s.Run.Style, line))
	}
	if s.more > 0 {
		fmt.Fprintf(w, "%16s... %s\n", "", words.Counted(s.more, "more line"))
	}
}

// printRules prints the rules behind the chain and the lesson.
func (s *Story) printRules(w *bufio.Writer) {
	var ids []string
	for _, e := range s.chain {
		ids = append(ids, e.rule)
	}
	printCited(w, ids, s.Run.Play.Scenario.Lesson)
}

// decided returns when the result of an attempt was decided, which is before the
// client learned it.
func (s *Story) decided(f netmodel.AttemptResult) sim.Time {
	if i := slices.IndexFunc(s.chain, func(e entry) bool { return e.number == f.Decision }); i >= 0 {
		return s.chain[i].at
	}
	return f.At
}

// attempts returns all attempts of the client.
func (s *Story) attempts() []netmodel.AttemptResult {
	var all []netmodel.AttemptResult
	for _, f := range s.Run.Done.Attempts {
		if f.Client == s.client {
			all = append(all, f)
		}
	}
	return all
}

// consequence says what the program of the client sees.
func (s *Story) consequence(f netmodel.AttemptResult) string {
	if f.Progress == netmodel.ProgressPhantom {
		return "Its program sees connect succeed. What the program sends gets no answer for now, and no data arrives. On the client ss shows " +
			"ESTAB; on the server accept finds nothing."
	}
	i := slices.IndexFunc(s.chain, func(e entry) bool { return e.number == f.Record })
	if i < 0 || s.chain[i].errno == 0 {
		return ""
	}
	code := s.chain[i].errno
	if s.Run.Done.Prepared.Clients.Calls == netmodel.CallsUnix {
		return fmt.Sprintf("Its program sees %s: %s", code.Unix(), code.Text())
	}
	return fmt.Sprintf("Its program sees %s (%d): %s", code.Error(), uint16(code), code.Text())
}

// otherRun warns if the lesson is about another profile or another seed, "" if not.
func otherRun(r *Run) string {
	s := r.Play.Scenario
	if !slices.Contains(s.Profiles, r.Done.Profile) {
		return fmt.Sprintf("The lesson is about %s, this run is under %s: its figures and its outcome may differ.", strings.Join(s.Profiles, " and "), r.Done.Profile)
	}
	if r.Done.Seed != play.DefaultSeed {
		return fmt.Sprintf("The figures of the lesson are those of seed %d; this run has other random numbers.", play.DefaultSeed)
	}
	return ""
}

// others lists the other clients, by how their attempts ended.
func (s *Story) others(w *bufio.Writer) {
	d := s.Run.Done
	var rest []netmodel.AttemptResult
	for _, f := range lastAttempts(d) {
		if f.Client != s.client {
			f.Attempt = 1 // names of clients, not of attempts
			rest = append(rest, f)
		}
	}
	if rest == nil {
		return
	}
	fmt.Fprintf(w, "\nOthers, for --client:\n")
	for _, g := range groupAttempts(d.Net, rest) {
		how := g.outcome.String()
		if g.outcome == netmodel.OutcomePending {
			how = g.reason()
		}
		fmt.Fprintln(w, words.Wrap(fmt.Sprintf("%s: %s", how, g.names(d)), width, "  "))
	}
}
