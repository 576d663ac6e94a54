package simnettest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/internal/hooks"
	"wspsim/sim"
)

// story is the report of a failed test.
type story struct {
	net          *simnet.Network
	config       simnet.Config
	hash         uint64
	at           sim.Time // when the story was made
	counts       [len(outcomes)]int
	results      []attemptText      // the attempts that were not accepted
	longest      attemptText        // the accepted attempt that waited longest in the queue
	slowest      attemptText        // the accepted attempt that took longest from connect to accept
	full         turnedAway         // by a full queue
	noDescriptor turnedAway         // because the program of the listener had no descriptor left
	refused      netmodel.Refused   // what clients do after an RST
	retriedAt    sim.Time           // when a client first sent a refused SYN again, 0 = never
	lost, cut    int                // segments lost on a link, and segments lost on a cut link
	listened     []*listenerHistory // in the order of listen
	bound        map[socket]netmodel.Addr
	acceptEnded  bool     // Accept failed, and no connection was accepted since
	listeners    []string // a line for each open listener
	closed       []string // a line for each closed listener that matters

	firstAccept, lastAccept sim.Time      // of all accepted connections
	leftCount               int           // clients that closed before accept
	leftLater               int           // of these, clients that did not close as soon as they were connected
	firstLeft               time.Duration // the shortest wait of a client of leftLater
	acceptedLate            int           // connections accepted after their client had closed
	starved                 []string      // hosts whose program had no descriptor for a connect
	gaveUp10061             []string      // dialers on Windows that did not retry after WSAECONNREFUSED

	records []netmodel.Record
	dropped uint64   // earlier records, which are not kept
	lines   []string // of the trace: one for each of records

	trace      string   // the file, "" for none
	views      []string // the files of its views
	traceErr   error
	hung       bool   // the test hung, so it was not run again
	difference string // the difference in a second run, "" = none
	advice     advice
	runs       int // how often the test was run in total
}

// turnedAway counts the requests and final ACKs that listeners turned away for one reason.
type turnedAway struct {
	count  int
	client string          // of the first
	first  netmodel.Record // the first
}

func (a *turnedAway) add(r netmodel.Record, who string) {
	if a.count++; a.count == 1 {
		a.first, a.client = r, who
	}
}

// outcomes are the outcomes in a story, in this order.
var outcomes = [...]netmodel.Outcome{
	netmodel.OutcomeAccepted, netmodel.OutcomeRefused, netmodel.OutcomeReset,
	netmodel.OutcomeTimedOut, netmodel.OutcomeGaveUp, netmodel.OutcomePending,
}

// Story returns a text about a network. It says how many attempts to connect there were. For
// attempts that were not accepted it says when each began, was connected and ended, and by which
// rule. It also gives the state of each listener. Run writes the story when a test fails.
//
// In a bubble, Story first lets 10 ns pass: the network processes a Close 1 ns after the call.
func Story(n *simnet.Network) string {
	settle()
	return newStory(n).text()
}

// newStory makes a story of the results and records of a network.
func newStory(n *simnet.Network) *story {
	s := &story{net: n, config: n.Config(), hash: n.Hash(), at: n.Now(), bound: map[socket]netmodel.Addr{}}
	all := make([]attemptText, 0, 16)
	for _, f := range n.Results() {
		who := n.ClientName(f.Client)
		if f.Attempt > 1 {
			who = fmt.Sprintf("%s#%d", who, f.Attempt)
		}
		all = append(all, attemptText{AttemptResult: f, client: who})
	}
	s.readRecords(n, all)
	for i := range all {
		s.count(&all[i])
	}
	s.findGivenUp(n, all)
	slices.SortStableFunc(s.results, func(a, b attemptText) int { return cmp.Compare(a.sortGroup(), b.sortGroup()) })
	s.tellListeners(n.Listeners())
	s.lines = traceLines(n)
	return s
}

// count adds one attempt to the story.
func (s *story) count(f *attemptText) {
	s.counts[slices.Index(outcomes[:], f.Outcome)]++
	if f.leftUnaccepted() {
		s.leftCount++
		if round(f.left.Sub(f.connected)) > 0 {
			waited := f.left.Sub(f.Began)
			if s.leftLater == 0 || waited < s.firstLeft {
				s.firstLeft = waited
			}
			s.leftLater++
		}
	}
	if f.Outcome != netmodel.OutcomeAccepted {
		s.results = append(s.results, *f)
		return
	}
	if s.firstAccept == 0 || f.At < s.firstAccept {
		s.firstAccept = f.At
	}
	s.lastAccept = max(s.lastAccept, f.At)
	if f.left > 0 && f.left < f.At {
		s.acceptedLate++
	}
	if f.queued() > s.longest.queued() {
		s.longest = *f
	}
	if f.At.Sub(f.Began) > s.slowest.At.Sub(s.slowest.Began) {
		s.slowest = *f
	}
}

// readRecords adds what the records say and the results do not. Attempt number i, counted from 1,
// is all[i-1].
func (s *story) readRecords(n *simnet.Network, all []attemptText) {
	s.records, s.dropped = n.Records()
	for _, r := range s.records {
		s.readListener(n, r)
		switch {
		case r.Kind == netmodel.Lost && r.Cause == netmodel.LinkCut:
			s.cut++
		case r.Kind == netmodel.Lost && r.Cause == netmodel.LinkLost:
			s.lost++
		}
		if r.Conn == 0 || int(r.Conn) > len(all) {
			continue
		}
		f := &all[r.Conn-1]
		f.read(r)
		if r.Kind == netmodel.ConnectFailed && r.Cause == netmodel.NoDescriptorLeft {
			if name := hostByID(n, r.Host).Name(); !slices.Contains(s.starved, name) {
				s.starved = append(s.starved, name)
			}
		}
		switch {
		case metFullQueue(r):
			s.full.add(r, f.client)
		case r.Kind == netmodel.RequestRefused && (r.Cause == netmodel.SlotsUsedUp || r.Cause == netmodel.NoDescriptor):
			s.noDescriptor.add(r, f.client)
		case r.Kind == netmodel.SynRetransmitted && r.Cause == netmodel.SynRefused && s.retriedAt == 0:
			s.retriedAt, s.refused = r.At, hostByID(n, r.Host).Profile().Client.Refused
		}
	}
}

// hostByID returns the host with the number that records use.
func hostByID(n *simnet.Network, id netmodel.HostID) *simnet.Host {
	return hooks.HostByID(n, id).(*simnet.Host)
}

// findGivenUp finds the dialers on Windows that were refused and did not retry.
func (s *story) findGivenUp(n *simnet.Network, all []attemptText) {
	later := map[netmodel.ClientID]bool{} // clients with a later attempt; never ranged over
	for i := len(all) - 1; i >= 0; i-- {
		f := &all[i]
		if !later[f.Client] && f.Outcome == netmodel.OutcomeRefused && f.failedAt > 0 {
			calls := hostByID(n, f.failedOn).Profile().Calls
			if calls == netmodel.CallsWinsock || calls == netmodel.CallsWine {
				s.gaveUp10061 = append(s.gaveUp10061, f.client)
			}
		}
		later[f.Client] = true
	}
	slices.Reverse(s.gaveUp10061)
}

// asked reports whether a listener passed this backlog to listen. It also returns true if records
// were dropped.
func (s *story) asked(backlog int) bool {
	for _, r := range s.records {
		if r.Kind == netmodel.Called && r.Call == netmodel.CallListen && r.Value == int64(backlog) {
			return true
		}
	}
	return s.dropped > 0
}

// metFullQueue reports whether a record says that a full queue turned a client away or made it
// wait.
func metFullQueue(r netmodel.Record) bool {
	if !r.Kind.AtListener() {
		return false
	}
	switch r.Cause {
	case netmodel.QueueFull, netmodel.SynQueueFull, netmodel.LastQuarter, // at a SYN
		netmodel.AckOverflow, // at the final ACK
		netmodel.HeldBack:
		return true
	}
	return false
}

// listenerText returns the state of a listener: its queue, and whether its server still accepts.
func listenerText(l *simnet.Listener) string {
	q := l.Queue()
	doing := "no goroutine calls Accept"
	switch k := l.Accepting(); {
	case k == 1:
		doing = "Accept waits for the next"
	case k > 1:
		doing = fmt.Sprintf("%d calls of Accept wait for the next", k)
	}
	waits := "1 connection waits"
	if q.Complete != 1 {
		waits = fmt.Sprintf("%d connections wait", q.Complete)
	}
	return fmt.Sprintf("%v: %s in the queue of %d, and %s", l.Addr(), waits, q.Limit, doing)
}

// keepTrace writes the trace if go test has the flag -artifacts.
func (s *story) keepTrace(t testing.TB, n *simnet.Network) {
	if !keepsArtifacts() {
		return
	}
	if s.trace, s.traceErr = writeTrace(t, n); s.traceErr == nil {
		s.views, s.traceErr = s.writeViews(t, n)
	}
}

// tell writes the story to the log of the test.
func (s *story) tell(t *testing.T) {
	t.Helper()
	text, seen := s.text(), "the same in two runs"
	if !s.hung {
		text += s.advice.text()
	}
	switch {
	case s.hung:
		seen = "when it hung"
	case s.difference != "":
		text += "This test " + s.difference
		seen = "in the first run"
	}
	if s.runs > 1 {
		text += fmt.Sprintf("The test was run %s in total: the output of your program appears above once for each run.\n", times(s.runs))
	}
	text += fmt.Sprintf("Run it again: %s   (record hash %016x, %s)\n", s.command(t), s.hash, seen)
	switch {
	case s.traceErr != nil:
		text += fmt.Sprintf("The trace could not be written: %v", s.traceErr)
	case s.trace != "":
		text += "Trace: " + s.trace + "\nViews: " + strings.Join(s.views, " ")
	default:
		text += "Trace: go test -artifacts writes it to a file"
	}
	t.Log("\n" + text)
}

// command returns the command line that runs the test again.
func (s *story) command(t testing.TB) string {
	return fmt.Sprintf("%s=%d go test -run '%s'", seedVariable, s.config.Seed, pattern(t.Name()))
}

// pattern returns the argument of go test -run for the name of a test.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}
