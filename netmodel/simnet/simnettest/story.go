package simnettest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// story is what a failed test tells.
type story struct {
	config   simnet.Config
	hash     uint64
	tally    [len(outcomes)]int
	fates    []fate
	longest  fate // of those accepted, who waited longest
	full     int  // how often a request, or what completes it, found a queue full
	firstWho string
	first    netmodel.Record // of those
	trace    string
	traceErr error
	advice   advice
}

// fate is what became of one attempt to connect.
type fate struct {
	netmodel.Fate
	who string
}

// outcomes are those that a story tells of, in this order.
var outcomes = [...]netmodel.Outcome{
	netmodel.OutcomeAccepted, netmodel.OutcomeRefused, netmodel.OutcomeReset,
	netmodel.OutcomeTimedOut, netmodel.OutcomeGaveUp, netmodel.StillPending,
}

// newStory takes down what has happened in the network of a failed test.
func newStory(t testing.TB, c simnet.Config, n *simnet.Network) *story {
	s := &story{config: c, hash: n.Hash()}
	var names []string // by attempt
	for _, f := range n.Fates() {
		who := n.ClientName(f.Client)
		if f.Attempt > 1 {
			who = fmt.Sprintf("%s#%d", who, f.Attempt)
		}
		names = append(names, who)
		for i, o := range outcomes {
			if f.Outcome == o {
				s.tally[i]++
			}
		}
		if f.Outcome == netmodel.OutcomeAccepted {
			if f.Waited > s.longest.Waited {
				s.longest = fate{f, who}
			}
			continue
		}
		s.fates = append(s.fates, fate{f, who})
	}
	records, _ := n.Records()
	for _, r := range records {
		if !metFullQueue(r) {
			continue
		}
		if s.full++; s.full == 1 {
			s.first, s.firstWho = r, names[r.Conn-1] // attempts are numbered in the order of their fates
		}
	}
	s.trace, s.traceErr = writeTrace(t, n)
	return s
}

// metFullQueue reports whether a record says that somebody found a queue full.
func metFullQueue(r netmodel.Record) bool {
	switch r.Kind {
	case netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.AckIgnored, netmodel.RequestHeld:
		return r.Cause != netmodel.NobodyListens && r.Cause != netmodel.OutOfBuffers
	}
	return false
}

// tell writes the story to the log of the test.
func (s *story) tell(t *testing.T) {
	t.Helper()
	t.Log("\n" + s.text(t.Name()))
}

// mostTold is how many attempts a story tells one by one.
const mostTold = 6

func (s *story) text(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "What happened on the network (%s, seed %d):\n", s.setting(), s.config.Seed)
	fmt.Fprintf(&b, "  %s\n", s.summary())
	if s.full > 0 {
		fmt.Fprintf(&b, "  %d times somebody met a full queue; the first was %s at %v: %s\n", s.full, s.firstWho, round(s.first.At.Sub(0)), because(s.first.Cause))
	}
	for i, f := range s.fates {
		if i == mostTold {
			fmt.Fprintf(&b, "  ... and %d more\n", len(s.fates)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", f.text())
	}
	if s.longest.Waited > 0 {
		fmt.Fprintf(&b, "  longest in the queue: %s, %v\n", s.longest.who, round(s.longest.Waited))
	}
	if text := s.advice.String(); text != "" {
		fmt.Fprintf(&b, "%s\n", text)
	}
	fmt.Fprintf(&b, "Again: %s=%d go test -run '^%s$'   (record hash %016x)\n", seedVariable, s.config.Seed, strings.ReplaceAll(name, "/", "$/^"), s.hash)
	if s.traceErr != nil {
		fmt.Fprintf(&b, "The trace could not be written: %v", s.traceErr)
	} else {
		fmt.Fprintf(&b, "Trace: %s   (go test -artifacts keeps it)", s.trace)
	}
	return b.String()
}

// setting says on what system the test ran.
func (s *story) setting() string {
	name := s.config.Profile.Name
	if name == "" {
		name = netmodel.Linux().Name
	}
	if s.config.Backlog == 0 {
		return name + ", backlog SOMAXCONN"
	}
	return fmt.Sprintf("%s, backlog %d", name, s.config.Backlog)
}

// summary counts the attempts by their outcome.
func (s *story) summary() string {
	total := 0
	var parts []string
	for i, o := range outcomes {
		if k := s.tally[i]; k > 0 {
			total += k
			parts = append(parts, fmt.Sprintf("%d %s", k, o))
		}
	}
	if total == 0 {
		return "nobody connected"
	}
	return fmt.Sprintf("%d attempts to connect: %s", total, strings.Join(parts, ", "))
}

// text tells of one attempt that was not accepted.
func (f fate) text() string {
	if f.Outcome == netmodel.StillPending {
		return fmt.Sprintf("%-12s %s since %v", f.who, standing(f.Standing), round(f.Began.Sub(0)))
	}
	return fmt.Sprintf("%-12s %-10s at %v, %v after its connect: %s", f.who, f.Outcome, round(f.At.Sub(0)), round(f.At.Sub(f.Began)), because(f.Cause))
}

// because says a cause and its rule.
func because(c netmodel.Cause) string {
	if rule := c.Rule(); rule != "" {
		return c.String() + " (" + rule + ")"
	}
	return c.String()
}

// round leaves out what nobody wants to read.
func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

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
