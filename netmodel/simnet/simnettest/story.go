package simnettest

import (
	"cmp"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// story is what a failed test tells.
type story struct {
	config    simnet.Config
	hash      uint64
	tally     [len(outcomes)]int
	fates     []fate // of those that were not accepted
	longest   fate   // of those accepted, who waited longest in the queue
	slowest   fate   // and who waited longest from the connect on
	full      int    // how often a request, or what completes it, found a queue full
	forgotten bool   // early records were not kept
	firstWho  string
	first     netmodel.Record // of those
	listeners []string        // a line each
	trace     string          // the file, "" for none
	traceErr  error
	advice    advice
}

// fate is what became of one attempt to connect.
type fate struct {
	netmodel.Fate
	who      string
	believed sim.Time // when the client was connected, 0 = never
	ignored  int      // final ACKs and data that the listener ignored
}

// undecided sorts those behind the others about whom nothing is decided.
func (f *fate) undecided() int {
	if f.Outcome == netmodel.StillPending {
		return 1
	}
	return 0
}

// outcomes are those that a story tells of, in this order.
var outcomes = [...]netmodel.Outcome{
	netmodel.OutcomeAccepted, netmodel.OutcomeRefused, netmodel.OutcomeReset,
	netmodel.OutcomeTimedOut, netmodel.OutcomeGaveUp, netmodel.StillPending,
}

// Story tells what has happened on a network: how many attempts to connect there were,
// what became of those that nobody accepted and by which rule, and how the listeners are
// doing. Run tells it when a test fails.
func Story(n *simnet.Network) string { return newStory(n).text() }

// newStory takes down what has happened.
func newStory(n *simnet.Network) *story {
	s := &story{config: n.Config(), hash: n.Hash()}
	all := make([]fate, 0, 16)
	for _, f := range n.Fates() {
		who := n.ClientName(f.Client)
		if f.Attempt > 1 {
			who = fmt.Sprintf("%s#%d", who, f.Attempt)
		}
		all = append(all, fate{Fate: f, who: who})
	}
	s.readRecords(n, all)
	for _, f := range all {
		s.tally[slices.Index(outcomes[:], f.Outcome)]++
		if f.Outcome != netmodel.OutcomeAccepted {
			s.fates = append(s.fates, f)
			continue
		}
		if f.Waited > s.longest.Waited {
			s.longest = f
		}
		if f.At.Sub(f.Began) > s.slowest.At.Sub(s.slowest.Began) {
			s.slowest = f
		}
	}
	slices.SortStableFunc(s.fates, func(a, b fate) int { return cmp.Compare(a.undecided(), b.undecided()) })
	for _, l := range n.Listeners() {
		s.listeners = append(s.listeners, listenerText(l))
	}
	return s
}

// readRecords finds in the records what fates do not tell. Attempts are numbered in
// the order of their fates, from 1.
func (s *story) readRecords(n *simnet.Network, all []fate) {
	records, gone := n.Records()
	s.forgotten = gone > 0
	for _, r := range records {
		if r.Conn == 0 || int(r.Conn) > len(all) {
			continue
		}
		f := &all[r.Conn-1]
		switch {
		case r.Kind == netmodel.Connected:
			f.believed = r.At
		case r.Kind == netmodel.AckIgnored:
			f.ignored++
		}
		if metFullQueue(r) {
			if s.full++; s.full == 1 {
				s.first, s.firstWho = r, f.who
			}
		}
	}
}

// metFullQueue reports whether a record says that somebody found a queue full.
func metFullQueue(r netmodel.Record) bool {
	switch r.Kind {
	case netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.AckIgnored, netmodel.RequestHeld:
		return r.Cause != netmodel.NobodyListens && r.Cause != netmodel.OutOfBuffers
	}
	return false
}

// listenerText says how a listener is doing: whether its server still accepts.
func listenerText(l *simnet.Listener) string {
	q := l.Queue()
	doing := "nobody calls Accept"
	switch k := l.Accepting(); {
	case k == 1:
		doing = "Accept waits for the next"
	case k > 1:
		doing = fmt.Sprintf("%d calls of Accept wait for the next", k)
	}
	return fmt.Sprintf("%v: %d wait in the queue of %d, and %s", l.Addr(), q.Complete, q.Limit, doing)
}

// keepTrace writes the trace, if the test keeps its artifacts.
func (s *story) keepTrace(t testing.TB, n *simnet.Network) {
	if f := flag.Lookup("test.artifacts"); f != nil && f.Value.String() == "true" {
		s.trace, s.traceErr = writeTrace(t, n)
	}
}

// tell writes the story to the log of the test.
func (s *story) tell(t *testing.T) {
	t.Helper()
	text := s.text()
	if a := s.advice.String(); a != "" {
		text += a + "\n"
	}
	text += fmt.Sprintf("Again: %s=%d go test -run '%s'   (record hash %016x)\n", seedVariable, s.config.Seed, pattern(t.Name()), s.hash)
	switch {
	case s.traceErr != nil:
		text += fmt.Sprintf("The trace could not be written: %v", s.traceErr)
	case s.trace != "":
		text += "Trace: " + s.trace
	default:
		text += "Trace: go test -artifacts writes and keeps it"
	}
	t.Log("\n" + text)
}

// pattern is what go test -run takes for a test, part by part.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// mostTold is how many attempts a story tells one by one.
const mostTold = 6

func (s *story) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "What happened on the network (%s, seed %d):\n", s.setting(), s.config.Seed)
	fmt.Fprintf(&b, "  %s\n", s.summary())
	rules := ruleList{}
	if s.full > 0 {
		fmt.Fprintf(&b, "  %d times somebody met a full queue; the first was %s at %v: %s\n", s.full, s.firstWho, round(s.first.At.Sub(0)), rules.because(s.first.Cause))
	}
	for i, f := range s.fates {
		if i == mostTold {
			fmt.Fprintf(&b, "  ... and %d more\n", len(s.fates)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", f.text(&rules))
	}
	if s.longest.Waited > 0 {
		fmt.Fprintf(&b, "  longest in the queue: %s, %v; slowest from connect to accept: %s, %v\n",
			s.longest.who, round(s.longest.Waited), s.slowest.who, round(s.slowest.At.Sub(s.slowest.Began)))
	}
	for _, l := range s.listeners {
		fmt.Fprintf(&b, "  in the end, %s\n", l)
	}
	for _, id := range rules.ids {
		if r, ok := netmodel.RuleByID(id); ok {
			fmt.Fprintf(&b, "  %s: %s\n", id, r.Claim)
		}
	}
	return b.String()
}

// setting says on what system the test ran.
func (s *story) setting() string {
	if s.config.Backlog == 0 {
		return s.config.Profile.Name + ", backlog SOMAXCONN"
	}
	return fmt.Sprintf("%s, backlog %d", s.config.Profile.Name, s.config.Backlog)
}

// summary counts the attempts by their outcome.
func (s *story) summary() string {
	var parts []string
	for i, o := range outcomes {
		if k := s.tally[i]; k > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k, o))
		}
	}
	switch s.attempts() {
	case 0:
		return "nobody connected to it"
	case 1:
		return "1 attempt to connect: " + parts[0]
	}
	return fmt.Sprintf("%d attempts to connect: %s", s.attempts(), strings.Join(parts, ", "))
}

// attempts returns how many there were.
func (s *story) attempts() int {
	total := 0
	for _, k := range s.tally {
		total += k
	}
	return total
}

// text tells of one attempt that was not accepted.
func (f fate) text(rules *ruleList) string {
	believed := ""
	if f.believed > 0 && f.ignored > 0 {
		believed = fmt.Sprintf("; it believed from %v on that it was connected, and the server ignored its ACK or data %d times", round(f.believed.Sub(0)), f.ignored)
	}
	if f.Outcome == netmodel.StillPending {
		return fmt.Sprintf("%-12s %s since %v", f.who, standing(f.Standing), round(f.Began.Sub(0)))
	}
	return fmt.Sprintf("%-12s %-10s at %v, %v after its connect: %s%s", f.who, f.Outcome, round(f.At.Sub(0)), round(f.At.Sub(f.Began)), rules.because(f.Cause), believed)
}

// standing says how far an attempt has come that nobody has decided about.
func standing(s netmodel.Standing) string {
	switch s {
	case netmodel.StandingQueued:
		return "waits in the queue"
	case netmodel.StandingBelieving:
		return "is connected, it believes, but the server knows nothing of it,"
	}
	return "waits for an answer"
}

// ruleList is the rules that a story names, in that order.
type ruleList struct{ ids []string }

// because says a cause and its rule.
func (l *ruleList) because(c netmodel.Cause) string {
	rule := c.Rule()
	if rule == "" {
		return c.String()
	}
	if !slices.Contains(l.ids, rule) {
		l.ids = append(l.ids, rule)
		slices.SortFunc(l.ids, cmp.Compare[string])
	}
	return c.String() + " (" + rule + ")"
}

// round leaves out what nobody wants to read.
func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
