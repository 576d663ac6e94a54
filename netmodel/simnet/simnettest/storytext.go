package simnettest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/simnet"
	"wspsim/sim"
)

// attemptText is what became of one attempt to connect.
type attemptText struct {
	netmodel.AttemptResult
	who       string
	connected sim.Time        // when connect succeeded at the client; 0 = it did not
	left      sim.Time        // when its program closed the connection, 0 = it did not
	ignored   int             // final ACKs and data that the listener ignored
	ignoredAs netmodel.Record // the last record of these
	joined    sim.Time        // when its handshake was over, so that it waited for accept; 0 = not known
	failedAt  sim.Time        // when connect failed, 0 = it did not
	failedOn  netmodel.HostID
}

// closedByServer is the Value of the record of a close of a connection that came out of
// accept. (netmodel.Record)
const closedByServer = 1

// read takes a record about the attempt into account.
func (f *attemptText) read(r netmodel.Record) {
	switch {
	case r.Kind == netmodel.Connected:
		f.connected = r.At
	case r.Kind == netmodel.AckIgnored:
		f.ignored++
		f.ignoredAs = r
	case r.Kind == netmodel.Completed:
		f.joined = r.At
	case r.Kind == netmodel.ConnectFailed:
		f.failedAt, f.failedOn = r.At, r.Host
	case r.Kind == netmodel.Called && r.Call == netmodel.CallClose && r.Value != closedByServer && r.Errno == 0:
		f.left = r.At
	}
}

// queued returns how long an accepted one waited in the queue, its handshake over.
func (f *attemptText) queued() time.Duration {
	if f.joined == 0 {
		return f.Waited // from its SYN on: when the handshake was over is not known
	}
	return f.At.Sub(f.joined)
}

// leftUnaccepted reports whether the client closed a connection that nobody had accepted.
func (f *attemptText) leftUnaccepted() bool {
	return f.Outcome == netmodel.OutcomePending && f.left > 0
}

// undecided sorts those behind the others about whom nothing is decided.
func (f *attemptText) undecided() int {
	switch {
	case f.leftUnaccepted():
		return 1
	case f.Outcome == netmodel.OutcomePending:
		return 2
	}
	return 0
}

// text tells of one attempt that was not accepted, in the order of time.
func (f *attemptText) text(rules *ruleList) string {
	text := fmt.Sprintf("%-12s began at %v", f.who, instant(f.Began))
	if f.connected > 0 {
		text += fmt.Sprintf(", connected at %v", instant(f.connected))
		if f.ignored > 0 || f.Progress == netmodel.ProgressPhantom {
			text += " as a phantom"
		}
		switch {
		case f.ignored == 1:
			text += " (the server ignored its ACK or data once: " + rules.because(profiles.ReasonIn(rules.net, f.ignoredAs)) + ")"
		case f.ignored > 1:
			text += fmt.Sprintf(" (the server ignored its ACK or data %d times: %s)", f.ignored, rules.because(profiles.ReasonIn(rules.net, f.ignoredAs)))
		}
	}
	switch {
	case f.leftUnaccepted():
		text += fmt.Sprintf(", left %s; %s", f.after(f.left), f.standing())
	case f.Outcome == netmodel.OutcomePending:
		text += "; " + f.standing()
	case f.Cause == netmodel.NoDescriptorLeft:
		text += ", and could not even ask: its own host has no descriptor left"
	default:
		text += fmt.Sprintf(", %s %s: %s", f.ended(), f.after(f.At), rules.because(profiles.ReasonOf(rules.net, f.AttemptResult)))
	}
	return text
}

// after says when something became of the attempt.
func (f *attemptText) after(at sim.Time) string {
	if at == f.Began {
		return "at once"
	}
	later := "later"
	if f.connected > 0 && f.connected != f.Began { // which stands between the two
		later = "after it began"
	}
	return fmt.Sprintf("at %v, %v %s", instant(at), round(at.Sub(f.Began)), later)
}

// ended is the outcome as a verb.
func (f *attemptText) ended() string {
	switch f.Outcome {
	case netmodel.OutcomeRefused, netmodel.OutcomeReset:
		return "was " + f.Outcome.String()
	}
	return f.Outcome.String()
}

// standing says how far an attempt has come that nobody has decided about.
func (f *attemptText) standing() string {
	switch {
	case f.Progress == netmodel.ProgressQueued && f.left > 0:
		return "it stands in the queue, and accept will hand it out"
	case f.Progress == netmodel.ProgressQueued:
		return "it waits in the queue"
	case f.Progress == netmodel.ProgressPhantom && f.left > 0:
		return "the server knew nothing of it"
	case f.Progress == netmodel.ProgressPhantom:
		return "the server knows nothing of it"
	}
	return "it waits for an answer"
}

// mostTold is how many attempts a story tells one by one.
const mostTold = 6

func (s *story) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "What happened on the network (%s, seed %d):\n", s.setting(), s.config.Seed)
	fmt.Fprintf(&b, "  %s\n", s.summary())
	rules := ruleList{net: s.net}
	s.writeTurnedAway(&b, &rules)
	for i := range s.results {
		if i == mostTold {
			fmt.Fprintf(&b, "  ... and %d more\n", len(s.results)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", s.results[i].text(&rules))
	}
	s.writeHints(&b)
	slowest := round(s.slowest.At.Sub(s.slowest.Began))
	switch longest := round(s.longest.queued()); {
	case longest > 0:
		fmt.Fprintf(&b, "  longest in the queue: %s, %v; slowest from connect to accept: %s, %v\n", s.longest.who, longest, s.slowest.who, slowest)
	case slowest > 0:
		fmt.Fprintf(&b, "  slowest from connect to accept: %s, %v, none of it in the queue\n", s.slowest.who, slowest)
	}
	for _, l := range s.shut {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	for _, l := range s.listeners {
		fmt.Fprintf(&b, "  in the end, at %v, %s\n", instant(s.at), l)
	}
	for _, id := range rules.ids {
		if r, ok := profiles.RuleByID(id); ok {
			fmt.Fprintf(&b, "  %s: %s\n", id, r.Claim)
		}
	}
	return b.String()
}

// writeTurnedAway writes how often listeners turned somebody away, and who asks again.
func (s *story) writeTurnedAway(b *strings.Builder, rules *ruleList) {
	if a := s.full; a.count > 0 {
		fmt.Fprintf(b, "  somebody met a full queue %s; the first was %s at %v: %s\n", times(a.count), a.who, instant(a.first.At), rules.because(profiles.ReasonIn(rules.net, a.first)))
	}
	if a := s.starving; a.count > 0 {
		fmt.Fprintf(b, "  the listener refused %s because its program had no descriptor left; the first was %s at %v: %s\n", times(a.count), a.who, instant(a.first.At), rules.because(profiles.ReasonIn(rules.net, a.first)))
	}
	if s.asksAgain > 0 && (s.full.count > 0 || s.starving.count > 0) {
		rules.add(ruleAsksAgain)
		fmt.Fprintf(b, "  a client that is refused sends its SYN up to %s more, %v apart; if none finds room, its connect fails (%s)\n",
			times(int(s.refused.Retries)), s.refused.Gap, ruleAsksAgain)
	}
}

// ruleAsksAgain says how often a client of Windows sends a SYN again that was refused.
const ruleAsksAgain = "WS.T4"

// writeHints writes what a reader may not think of.
func (s *story) writeHints(b *strings.Builder) {
	if s.acceptedLate > 0 {
		fmt.Fprintf(b, "  of those accepted, %d had left before accept handed them out: the server worked for nobody\n", s.acceptedLate)
	}
	for _, host := range s.starved {
		fmt.Fprintf(b, "  host %q had no descriptor left for a connect of its own: Config.Descriptors holds for each host; Network.AddHost gives a host another number, or simnet.NoLimit\n", host)
	}
	if k := len(s.gaveUp10061); k > 0 {
		who := s.gaveUp10061[0]
		if k > 1 {
			who += fmt.Sprintf(" and %d more", k-1)
		}
		fmt.Fprintf(b, "  %s gave up after error 10061 (WSAECONNREFUSED). A retry has to ask for syscall.Errno(10061): on Windows errors.Is(err, syscall.ECONNREFUSED) is false\n", who)
	}
	if s.lost > 0 {
		fmt.Fprintf(b, "  links lost %s\n", plural(s.lost, "segment"))
	}
	if s.cut > 0 {
		fmt.Fprintf(b, "  %s met a cut link\n", plural(s.cut, "segment"))
	}
	if s.gone > 0 {
		fmt.Fprintf(b, "  the first %d records were not kept, so who connected or left then is not known: Config.Trace keeps more\n", s.gone)
	}
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
		k := s.tally[i]
		if o == netmodel.OutcomePending {
			k -= s.leftCount
		}
		if k > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k, o))
		}
	}
	if s.leftCount > 0 {
		parts = append(parts, fmt.Sprintf("%d left before accept", s.leftCount))
	}
	switch s.attempts() {
	case 0:
		return "nobody connected to it (Blackhole, Refuse and FullQueue have networks of their own)"
	case 1:
		return "1 attempt to connect: " + parts[0]
	}
	return fmt.Sprintf("%d attempts to connect: %s", s.attempts(), strings.Join(parts, ", "))
}

// accepted returns how many attempts were.
func (s *story) accepted() int {
	return s.tally[slices.Index(outcomes[:], netmodel.OutcomeAccepted)]
}

// attempts returns how many there were.
func (s *story) attempts() int {
	total := 0
	for _, k := range s.tally {
		total += k
	}
	return total
}

// ruleList is the rules that a story names, in that order.
type ruleList struct {
	net *simnet.Network
	ids []string
}

// because says a reason and its rule.
func (l *ruleList) because(text, rule string) string {
	if rule == "" {
		return text
	}
	l.add(rule)
	return text + " (" + rule + ")"
}

func (l *ruleList) add(rule string) {
	if !slices.Contains(l.ids, rule) {
		l.ids = append(l.ids, rule)
		slices.SortFunc(l.ids, cmp.Compare[string])
	}
}

// round leaves out what nobody wants to read.
func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

// instant is a virtual instant as a story tells it: the time since the network was made.
func instant(at sim.Time) time.Duration { return round(at.Sub(0)) }

// plural says how many there are of something.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
