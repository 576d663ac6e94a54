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

// attemptText is the result of one attempt to connect, with what the records add.
type attemptText struct {
	netmodel.AttemptResult
	client    string
	connected sim.Time        // when connect succeeded at the client; 0 = it did not
	left      sim.Time        // when the client closed the connection; 0 = it did not
	ignored   int             // how many final ACKs and data segments the listener ignored
	ignoredAs netmodel.Record // the last record of these
	joined    sim.Time        // when the handshake was complete; 0 = not known
	failedAt  sim.Time        // when connect failed; 0 = it did not
	failedOn  netmodel.HostID
}

// closedByServer is the Value in the record of a close of an accepted connection.
// (netmodel.Record)
const closedByServer = 1

// read updates the attempt from a record.
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

// queued returns how long an accepted connection waited in the queue after its handshake.
func (f *attemptText) queued() time.Duration {
	if f.joined == 0 {
		return f.Waited // since its SYN: the end of the handshake is not known
	}
	return f.At.Sub(f.joined)
}

// leftUnaccepted reports whether the client closed a connection that was not accepted.
func (f *attemptText) leftUnaccepted() bool {
	return f.Outcome == netmodel.OutcomePending && f.left > 0
}

// sortGroup orders the attempts in a story: decided, left before accept, pending.
func (f *attemptText) sortGroup() int {
	switch {
	case f.leftUnaccepted():
		return 1
	case f.Outcome == netmodel.OutcomePending:
		return 2
	}
	return 0
}

// text describes one attempt that was not accepted, in the order of time.
func (f *attemptText) text(rules *ruleList) string {
	text := fmt.Sprintf("%-12s began at %v", f.client, instant(f.Began))
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
		text += fmt.Sprintf(", left %s; %s", f.after(f.left), f.progressText())
	case f.Outcome == netmodel.OutcomePending:
		text += "; " + f.progressText()
	case f.Cause == netmodel.NoDescriptorLeft:
		text += ", and sent no SYN: its own host has no descriptor left"
	default:
		text += fmt.Sprintf(", %s %s: %s", f.ended(), f.after(f.At), rules.because(profiles.ReasonOf(rules.net, f.AttemptResult)))
	}
	return text
}

// after returns an instant, and its distance from the beginning of the attempt.
func (f *attemptText) after(at sim.Time) string {
	if at == f.Began {
		return "at once"
	}
	later := "later"
	if f.connected > 0 && f.connected != f.Began { // the text names this instant in between
		later = "after it began"
	}
	return fmt.Sprintf("at %v, %v %s", instant(at), round(at.Sub(f.Began)), later)
}

// ended returns the outcome as a verb.
func (f *attemptText) ended() string {
	switch f.Outcome {
	case netmodel.OutcomeRefused, netmodel.OutcomeReset:
		return "was " + f.Outcome.String()
	}
	return f.Outcome.String()
}

// progressText describes the progress of a pending attempt.
func (f *attemptText) progressText() string {
	switch {
	case f.Progress == netmodel.ProgressQueued && f.left > 0:
		return "it is in the queue, and accept will return it"
	case f.Progress == netmodel.ProgressQueued:
		return "it waits in the queue"
	case f.Progress == netmodel.ProgressPhantom && f.left > 0:
		return "the server had no such connection"
	case f.Progress == netmodel.ProgressPhantom:
		return "the server has no such connection"
	}
	return "it waits for an answer"
}

// maxAttemptsShown is how many attempts a story describes one by one.
const maxAttemptsShown = 6

func (s *story) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "What happened on the network (%s, seed %d):\n", s.setting(), s.config.Seed)
	fmt.Fprintf(&b, "  %s\n", s.summary())
	rules := ruleList{net: s.net}
	s.writeTurnedAway(&b, &rules)
	for i := range s.results {
		if i == maxAttemptsShown {
			fmt.Fprintf(&b, "  ... and %d more\n", len(s.results)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", s.results[i].text(&rules))
	}
	s.writeHints(&b)
	slowest := round(s.slowest.At.Sub(s.slowest.Began))
	switch longest := round(s.longest.queued()); {
	case longest > 0:
		fmt.Fprintf(&b, "  longest wait in the queue: %s, %v; longest time from connect to accept: %s, %v\n", s.longest.client, longest, s.slowest.client, slowest)
	case slowest > 0:
		fmt.Fprintf(&b, "  longest time from connect to accept: %s, %v, none of it in the queue\n", s.slowest.client, slowest)
	}
	for _, l := range s.closed {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	for _, l := range s.listeners {
		fmt.Fprintf(&b, "  at the end, at %v, %s\n", instant(s.at), l)
	}
	for _, id := range rules.ids {
		if r, ok := profiles.RuleByID(id); ok {
			fmt.Fprintf(&b, "  %s: %s\n", id, r.Claim)
		}
	}
	return b.String()
}

// writeTurnedAway writes how often listeners turned clients away, and which clients retry.
func (s *story) writeTurnedAway(b *strings.Builder, rules *ruleList) {
	if a := s.full; a.count > 0 {
		fmt.Fprintf(b, "  clients met a full queue %s; the first was %s at %v: %s\n", times(a.count), a.client, instant(a.first.At), rules.because(profiles.ReasonIn(rules.net, a.first)))
	}
	if a := s.noDescriptor; a.count > 0 {
		fmt.Fprintf(b, "  the listener refused clients %s because its program had no descriptor left; the first was %s at %v: %s\n", times(a.count), a.client, instant(a.first.At), rules.because(profiles.ReasonIn(rules.net, a.first)))
	}
	if s.retriedAt > 0 && (s.full.count > 0 || s.noDescriptor.count > 0) {
		rules.add(ruleSynRetry)
		fmt.Fprintf(b, "  a refused client sends its SYN up to %s more, %v apart; if no SYN finds room, its connect fails (%s)\n",
			times(int(s.refused.Retries)), s.refused.Gap, ruleSynRetry)
	}
}

// ruleSynRetry is the rule how often a client on Windows sends a refused SYN again.
const ruleSynRetry = "WS.T4"

// writeHints writes hints about other causes.
func (s *story) writeHints(b *strings.Builder) {
	if s.acceptedLate > 0 {
		fmt.Fprintf(b, "  %s had left before accept returned their connection: the server worked for no client\n", plural(s.acceptedLate, "accepted client"))
	}
	for _, host := range s.starved {
		fmt.Fprintf(b, "  host %q had no descriptor left for a connect: Config.Descriptors limits each host; Network.AddHost gives a host another limit, or simnet.NoLimit\n", host)
	}
	if k := len(s.gaveUp10061); k > 0 {
		who := s.gaveUp10061[0]
		if k > 1 {
			who += fmt.Sprintf(" and %d more", k-1)
		}
		fmt.Fprintf(b, "  %s gave up after error 10061 (WSAECONNREFUSED). A retry must compare with syscall.Errno(10061): on Windows errors.Is(err, syscall.ECONNREFUSED) is false\n", who)
	}
	if s.lost > 0 {
		fmt.Fprintf(b, "  links lost %s\n", plural(s.lost, "segment"))
	}
	if s.cut > 0 {
		fmt.Fprintf(b, "  a cut link lost %s\n", plural(s.cut, "segment"))
	}
	if s.dropped > 0 {
		fmt.Fprintf(b, "  the first %d records are not kept, so clients that connected or left then are not known: Config.Trace keeps more\n", s.dropped)
	}
}

// setting names the system and the backlog of the test.
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
		k := s.counts[i]
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
		return "no client connected to it (Blackhole, Refuse and FullQueue have networks of their own)"
	case 1:
		return "1 attempt to connect: " + parts[0]
	}
	return fmt.Sprintf("%d attempts to connect: %s", s.attempts(), strings.Join(parts, ", "))
}

// accepted returns how many attempts were accepted.
func (s *story) accepted() int {
	return s.counts[slices.Index(outcomes[:], netmodel.OutcomeAccepted)]
}

// attempts returns how many attempts there were.
func (s *story) attempts() int {
	total := 0
	for _, k := range s.counts {
		total += k
	}
	return total
}

// ruleList is the rules that a story names, sorted.
type ruleList struct {
	net *simnet.Network
	ids []string
}

// because returns a reason with its rule, and adds the rule to the list.
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

// round rounds to microseconds.
func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

// instant converts a virtual instant to the time since the network was made.
func instant(at sim.Time) time.Duration { return round(at.Sub(0)) }

// plural returns a count with its noun.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
