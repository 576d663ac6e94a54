package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/sim"
)

// Result is what came out of a run.
type Result struct {
	Scenario       string
	Profile        string
	Clients        string // the profile of the clients' stack, "" = that of the server
	Seed           uint64
	Knobs          []Setting // every knob of the scenario with its value
	ChangedKnobs   []Setting // the knobs whose value is not the default
	KernelSettings []Setting // settings of the kernel that were changed
	End            sim.Time  // when the run ended
	Events         uint64    // events of the engine
	Records        uint64
	Hash           uint64 // of all records; equal runs have equal hashes

	Listener        Listener
	Outcomes        Outcomes
	Waits           Waits // in the queue, from the arrival of the SYN that got in to accept
	ConnectToAccept Waits // from a client's first connect, with all retransmissions and retries
	Depth           Depth
	Counters        trace.Counters // what the server's TCP has counted
	Sockets         []Socket       // the listening sockets at the end, in the order of their creation
	Attempts        []netmodel.AttemptResult
	Judged          []Judged
	Verdict         Verdict

	Lines      []string // the first lines of the trace, at most Options.Lines
	TotalLines int      // of the whole trace
	FirstLines []Line   // the first line of each kind that tells most, such as a refusal
}

// Line is a line of the trace.
type Line struct {
	Number int // 1 for the first
	Text   string
}

// Listener is what happened at the server's listening sockets. Statistics says what
// each number is. Backlog is about the socket that listened first.
type Listener struct {
	Listened bool // a listen has succeeded; otherwise all numbers are 0
	Backlog  int
	EffectiveBacklog, Limit, LimitAtSYN, Pending, HalfOpen, PeakPending, Trimmed, RefusedSYNs, IgnoredSYNs, IgnoredACKs,
	Expired, Evicted, AcceptedAfterAbort, AcceptedAfterRefusal, FailedCalls int
}

// Socket is one listening socket at the end of a run.
type Socket struct {
	Name     string
	Address  netmodel.Addr
	Complete int // connections that accept can take: Recv-Q of ss
	// EffectiveBacklog is the backlog after the silent change: Send-Q of ss.
	EffectiveBacklog int
}

// Outcomes counts attempts by how they ended. Statistics says what each number is.
type Outcomes struct {
	Offered, Accepted, Refused, Reset, TimedOut, GaveUp, Pending int
	Trying, Queued, Phantom                                      int // their sum is Pending
}

// Waits is a distribution of times of accepted connections. All values are 0 if
// nothing was accepted.
type Waits struct {
	P50, P90, P99, P999, Max, Mean time.Duration
}

// Verdict says whether the expectations held.
type Verdict uint8

// The verdicts.
const (
	Held      Verdict = iota // every judged expectation held
	Failed                   // an expectation failed
	NotJudged                // no expectation is about this profile and these knobs
)

// String returns the verdict in words.
func (v Verdict) String() string {
	switch v {
	case Failed:
		return "failed"
	case NotJudged:
		return "not judged"
	}
	return "held"
}

// waitsOf sorts waits and summarises them. The p-th percentile is the smallest wait
// such that at least p percent of all waits are not longer.
func waitsOf(waits []time.Duration) Waits {
	if len(waits) == 0 {
		return Waits{}
	}
	slices.Sort(waits)
	at := func(perMille int) time.Duration {
		return waits[max(0, (len(waits)*perMille+999)/1000-1)]
	}
	var whole, part int64 // the mean without overflow: waits are up to 292 years long
	n := int64(len(waits))
	for _, w := range waits {
		whole += int64(w) / n
		part += int64(w) % n
	}
	return Waits{
		P50: at(500), P90: at(900), P99: at(990), P999: at(999),
		Max:  waits[len(waits)-1],
		Mean: time.Duration(whole + part/n),
	}
}

// Depth is how many connections were pending over virtual time, in equal spans from
// the beginning of the run.
type Depth struct {
	Span time.Duration
	Most []int // the most that were pending in each span
	last int
}

const depthSpans = 128

// note says that depth connections are pending from the instant at on. A run that
// outgrows the spans doubles them, so memory stays small.
func (d *Depth) note(at sim.Time, depth int) {
	if d.Span == 0 {
		d.Span = time.Microsecond
	}
	for int64(at)/int64(d.Span) >= depthSpans {
		for i := range d.Most[:(len(d.Most)+1)/2] {
			most := d.Most[2*i]
			if 2*i+1 < len(d.Most) {
				most = max(most, d.Most[2*i+1])
			}
			d.Most[i] = most
		}
		d.Most = d.Most[:(len(d.Most)+1)/2]
		d.Span *= 2
	}
	span := int(int64(at) / int64(d.Span))
	for len(d.Most) <= span {
		d.Most = append(d.Most, d.last)
	}
	d.Most[span] = max(d.Most[span], depth)
	d.last = depth
}
