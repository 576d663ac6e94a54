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
	"wspsim/sim"
)

// story is what a failed test tells.
type story struct {
	net         *simnet.Network
	config      simnet.Config
	hash        uint64
	at          sim.Time // when it was taken down
	tally       [len(outcomes)]int
	results     []attemptText    // of those that were not accepted
	longest     attemptText      // of those accepted, who waited longest in the queue
	slowest     attemptText      // and who waited longest from the connect on
	full        turnedAway       // by a full queue
	starving    turnedAway       // because the program of the listener had no descriptor left
	refused     netmodel.Refused // what clients do about an RST
	asksAgain   sim.Time         // when a client first sent a SYN again that had been refused, 0 = none did
	lost, cut   int              // segments that a link lost, and that met a cut link
	listened    []*listening     // in the order of listen
	bound       map[socket]netmodel.Addr
	acceptEnded bool     // Accept failed, and nobody has been accepted since
	listeners   []string // that are open, a line each
	shut        []string // likewise, that are not

	firstAccept, lastAccept sim.Time      // when the first and the last accepted one was
	leftCount               int           // clients that closed before they were accepted
	impatient               int           // those of them that did not close as soon as they were connected
	firstLeft               time.Duration // the shortest time that one of these had waited
	acceptedLate            int           // accepted after their client had closed
	starved                 []string      // hosts whose program had no descriptor for a connect
	gaveUp10061             []string      // dialers of Windows that did not try again after WSAECONNREFUSED

	records []netmodel.Record
	gone    uint64   // earlier records, which were not kept
	lines   []string // of the trace: one for each of records

	trace    string   // the file, "" for none
	views    []string // the files of its views
	traceErr error
	hung     bool   // the test did: nothing was run again
	again    string // what is not the same in a second run, "" = nothing
	advice   advice
	runs     int // how often the test was run in all
}

// turnedAway counts how often a listener turned away a request, or what completes it.
type turnedAway struct {
	count int
	who   string          // the first
	first netmodel.Record // of it
}

func (a *turnedAway) add(r netmodel.Record, who string) {
	if a.count++; a.count == 1 {
		a.first, a.who = r, who
	}
}

// outcomes are those that a story tells of, in this order.
var outcomes = [...]netmodel.Outcome{
	netmodel.OutcomeAccepted, netmodel.OutcomeRefused, netmodel.OutcomeReset,
	netmodel.OutcomeTimedOut, netmodel.OutcomeGaveUp, netmodel.StillPending,
}

// Story tells what has happened on a network: how many attempts to connect there were;
// of those that nobody accepted, when each began, was connected and ended, and by which
// rule; and how the listeners are doing. Run tells it when a test fails.
//
// In a bubble, Story lets a few nanoseconds pass first, for that is when the network learns
// who has closed a connection.
func Story(n *simnet.Network) string {
	settle()
	return newStory(n).text()
}

// newStory takes down what has happened.
func newStory(n *simnet.Network) *story {
	s := &story{net: n, config: n.Config(), hash: n.Hash(), at: n.Now(), bound: map[socket]netmodel.Addr{}}
	all := make([]attemptText, 0, 16)
	for _, f := range n.Results() {
		who := n.ClientName(f.Client)
		if f.Attempt > 1 {
			who = fmt.Sprintf("%s#%d", who, f.Attempt)
		}
		all = append(all, attemptText{AttemptResult: f, who: who})
	}
	s.readRecords(n, all)
	for i := range all {
		s.count(&all[i])
	}
	s.findGivenUp(n, all)
	slices.SortStableFunc(s.results, func(a, b attemptText) int { return cmp.Compare(a.undecided(), b.undecided()) })
	s.tellListeners(n.Listeners())
	s.lines = traceLines(n)
	return s
}

// count takes one attempt into account.
func (s *story) count(f *attemptText) {
	s.tally[slices.Index(outcomes[:], f.Outcome)]++
	if f.leftUnaccepted() {
		s.leftCount++
		if round(f.left.Sub(f.connected)) > 0 {
			waited := f.left.Sub(f.Began)
			if s.impatient == 0 || waited < s.firstLeft {
				s.firstLeft = waited
			}
			s.impatient++
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

// readRecords finds in the records what fates do not tell. Attempts are numbered in
// the order of their fates, from 1.
func (s *story) readRecords(n *simnet.Network, all []attemptText) {
	s.records, s.gone = n.Records()
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
			if name := n.HostByID(r.Host).Name(); !slices.Contains(s.starved, name) {
				s.starved = append(s.starved, name)
			}
		}
		switch {
		case metFullQueue(r):
			s.full.add(r, f.who)
		case r.Kind == netmodel.RequestRefused && (r.Cause == netmodel.SlotsUsedUp || r.Cause == netmodel.NoDescriptor):
			s.starving.add(r, f.who)
		case r.Kind == netmodel.SynSentAgain && r.Cause == netmodel.SynRefused && s.asksAgain == 0:
			s.asksAgain, s.refused = r.At, n.HostByID(r.Host).Profile().Client.Refused
		}
	}
}

// findGivenUp finds those on Windows that were refused and did not try again.
func (s *story) findGivenUp(n *simnet.Network, all []attemptText) {
	later := map[netmodel.ClientID]bool{} // looked up only: who has a later attempt
	for i := len(all) - 1; i >= 0; i-- {
		f := &all[i]
		if !later[f.Client] && f.Outcome == netmodel.OutcomeRefused && f.failedAt > 0 {
			calls := n.HostByID(f.failedOn).Profile().Calls
			if calls == netmodel.CallsWinsock || calls == netmodel.CallsWine {
				s.gaveUp10061 = append(s.gaveUp10061, f.who)
			}
		}
		later[f.Client] = true
	}
	slices.Reverse(s.gaveUp10061)
}

// asked reports whether a listener asked for a backlog, or may have.
func (s *story) asked(backlog int) bool {
	for _, r := range s.records {
		if r.Kind == netmodel.Called && r.Call == netmodel.CallListen && r.Value == int64(backlog) {
			return true
		}
	}
	return s.gone > 0
}

// metFullQueue reports whether a record says that a listener turned somebody away, or let
// him wait, because a queue was full.
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
	waits := "1 connection waits"
	if q.Complete != 1 {
		waits = fmt.Sprintf("%d connections wait", q.Complete)
	}
	return fmt.Sprintf("%v: %s in the queue of %d, and %s", l.Addr(), waits, q.Limit, doing)
}

// keepTrace writes the trace, if the test keeps its artifacts.
func (s *story) keepTrace(t testing.TB, n *simnet.Network) {
	if !keepsArtifacts() {
		return
	}
	if s.trace, s.traceErr = writeTrace(t, n); s.traceErr == nil {
		s.views, s.traceErr = writeViews(t, n)
	}
}

// tell writes the story to the log of the test.
func (s *story) tell(t *testing.T) {
	t.Helper()
	text, seen := s.text(), "seen twice"
	if !s.hung {
		text += s.advice.text()
	}
	switch {
	case s.hung:
		seen = "when it hung"
	case s.again != "":
		text += "This test " + s.again
		seen = "in the first run"
	}
	if s.runs > 1 {
		text += fmt.Sprintf("The test was run %s in all: what your program prints by itself stands above for each run.\n", times(s.runs))
	}
	text += fmt.Sprintf("Again: %s=%d go test -run '%s'   (record hash %016x, %s)\n", seedVariable, s.config.Seed, pattern(t.Name()), s.hash, seen)
	switch {
	case s.traceErr != nil:
		text += fmt.Sprintf("The trace could not be written: %v", s.traceErr)
	case s.trace != "":
		text += "Trace: " + s.trace + "\nViews: " + strings.Join(s.views, " ")
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
