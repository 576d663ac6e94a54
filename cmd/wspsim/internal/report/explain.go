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

// Story is what happened to one client of a run.
type Story struct {
	Run    Run
	client netmodel.ClientID // 0 if nobody connects
	chain  []entry           // every record about it, and what the server was asked to do meanwhile
	more   int               // records that did not fit
}

// entry is a line of the chain of causes.
type entry struct {
	number uint64 // of the record
	line   string
	errno  winsock.Errno // what a program is told
	rule   string        // that decided it
	at     sim.Time
}

const longestChain = 200 // lines

// Explain runs a play and finds out what happened to a client, the most
// interesting one if client is "".
func Explain(ctx context.Context, p *play.Play, client string, progress *screen.Progress) (*Story, error) {
	s := &Story{Run: Run{Play: p}}
	done, err := p.Run(ctx, play.Watch{Record: s.Run.Troubles.Note, Progress: progress})
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
	queued := false // the client waits to be accepted
	// The same run again, now that it is known whom to follow.
	_, err = p.Run(ctx, play.Watch{Progress: progress, Record: func(n *netmodel.Network, r netmodel.Record) {
		if printer == nil {
			printer = trace.NewPrinter(n)
			printer.Full = true
		}
		number++
		b = printer.Append(b[:0], r)
		about := r.Conn != 0 && n.Result(r.Conn).Client == s.client
		if about {
			queued = r.Kind == netmodel.RequestQueued || r.Kind == netmodel.RequestOffered || queued && r.Kind != netmodel.RequestAccepted
		}
		switch {
		case !about && !concernsAll(r, queued):
		case len(s.chain) == longestChain:
			s.more++
		default:
			_, rule := profiles.ReasonIn(n, r)
			s.chain = append(s.chain, entry{number, string(b[:len(b)-1]), r.Errno, rule, r.At})
		}
	}})
	return s, err
}

// concernsAll reports whether a record that is about nobody belongs into the
// story of a client all the same: every listen, and the accepts that failed
// while the client was queued.
func concernsAll(r netmodel.Record, queued bool) bool {
	if r.Kind != netmodel.Called {
		return false
	}
	return r.Call == netmodel.CallListen || r.Call == netmodel.CallAccept && r.Errno != 0 && queued
}

// choose settles whom the story is about.
func (s *Story) choose(client string) error {
	d := s.Run.Done
	if client == "" {
		f, ok := mostInteresting(d, &s.Run.Troubles)
		if ok {
			s.client = f.Client
		}
		return nil
	}
	fates := lastFates(d)
	i := slices.IndexFunc(fates, func(f netmodel.AttemptResult) bool { return d.ClientName(f.Client) == client })
	switch {
	case i < 0 && len(fates) == 0:
		return fmt.Errorf("scenario %s has no client %q: nobody connects", d.Scenario, client)
	case i < 0:
		var names []string
		for _, f := range fates {
			names = append(names, d.ClientName(f.Client))
		}
		few := strings.Join(names[:min(len(names), fewNames)], ", ")
		if more := len(names) - fewNames; more > 0 {
			few += fmt.Sprintf(" and %s more up to %s", words.Count(more), names[len(names)-1])
		}
		return fmt.Errorf("scenario %s has no client %q that connects; there are %s", d.Scenario, client, few)
	}
	s.client = fates[i].Client
	return nil
}

// Text prints the lesson and the story.
func (s *Story) Text(w *bufio.Writer) {
	r, d := &s.Run, s.Run.Done
	r.Head(w)
	if other := elsewhere(r); other != "" {
		fmt.Fprintf(w, "%s\n\n", words.Wrap(other, width, ""))
	}
	fmt.Fprintf(w, "%s\n\n", words.Wrap(r.Play.Scenario.Lesson, width, ""))
	again := r.Play.Command("explain")
	if s.client == 0 {
		fmt.Fprintln(w, r.Style.Bold("Nobody connects; this is how the server listened:"))
		s.printChain(w)
		s.printRules(w)
	} else {
		name := d.ClientName(s.client)
		again = r.Play.Command("explain", "--client", name)
		fmt.Fprintln(w, r.Style.Bold("What happened to "+name+" ("+decided+" what decided it):"))
		s.printChain(w)
		s.printRules(w)
		fmt.Fprintln(w)
		s.printFates(w)
		s.others(w)
	}
	fmt.Fprintf(w, "\n  %-6s %s\n", "again", again)
	fmt.Fprintf(w, "  %-6s %s\n", "run", r.Play.Command("run"))
	fmt.Fprintf(w, "  %-6s %016x of %s\n", "hash", d.Hash, words.Counted(d.Records, "record"))
}

// printFates says how each attempt ended and what the program was told, once if
// it was told the same again.
func (s *Story) printFates(w *bufio.Writer) {
	told := ""
	for _, f := range s.fates() {
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
	for _, f := range s.fates() {
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

// decided returns when a fate was decided: before the client learned it.
func (s *Story) decided(f netmodel.AttemptResult) sim.Time {
	if i := slices.IndexFunc(s.chain, func(e entry) bool { return e.number == f.Decision }); i >= 0 {
		return s.chain[i].at
	}
	return f.At
}

// fates returns the fates of all attempts of the client.
func (s *Story) fates() []netmodel.AttemptResult {
	var all []netmodel.AttemptResult
	for _, f := range s.Run.Done.Fates {
		if f.Client == s.client {
			all = append(all, f)
		}
	}
	return all
}

// consequence says what the program of the client is told about its fate.
func (s *Story) consequence(f netmodel.AttemptResult) string {
	if f.Progress == netmodel.ProgressPhantom {
		return "Its program sees connect succeed; what it sends goes unanswered for now, and what it waits for does not come. On the client ss shows " +
			"ESTAB, on the server there is nothing that accept could find."
	}
	i := slices.IndexFunc(s.chain, func(e entry) bool { return e.number == f.Record })
	if i < 0 || s.chain[i].errno == 0 {
		return ""
	}
	code := s.chain[i].errno
	if prepared, err := s.Run.Play.Prepared(); err == nil && prepared.Clients.Calls == netmodel.CallsUnix {
		return fmt.Sprintf("Its program sees %s: %s", code.Unix(), code.Text())
	}
	return fmt.Sprintf("Its program sees %s (%d): %s", code.Error(), uint16(code), code.Text())
}

// elsewhere warns that the lesson speaks of another profile or of another crowd
// than this run, "" if it does not.
func elsewhere(r *Run) string {
	s := r.Play.Scenario
	if !slices.Contains(s.Profiles, r.Done.Profile) {
		return fmt.Sprintf("The lesson speaks of %s, this run is under %s: its figures and its outcome may differ.", strings.Join(s.Profiles, " and "), r.Done.Profile)
	}
	if r.Done.Seed != play.DefaultSeed {
		return fmt.Sprintf("The figures of the lesson are those of seed %d; this is another crowd.", play.DefaultSeed)
	}
	return ""
}

// others says which other clients there are, by how they ended.
func (s *Story) others(w *bufio.Writer) {
	d := s.Run.Done
	var rest []netmodel.AttemptResult
	for _, f := range lastFates(d) {
		if f.Client != s.client {
			f.Attempt = 1 // names of clients, not of attempts
			rest = append(rest, f)
		}
	}
	if rest == nil {
		return
	}
	fmt.Fprintf(w, "\nOthers, for --client:\n")
	for _, g := range groupFates(d.Net, rest) {
		how := g.outcome.String()
		if g.outcome == netmodel.StillPending {
			how = g.reason()
		}
		fmt.Fprintln(w, words.Wrap(fmt.Sprintf("%s: %s", how, g.names(d)), width, "  "))
	}
}
