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
	Scenario string
	Profile  string
	Clients  string // the profile of the clients' stack, "" = that of the server
	Seed     uint64
	Knobs    []Setting // every knob of the scenario and where it stood
	Turned   []Setting // those that stood elsewhere than by default
	Tuned    []Setting // settings of the kernel that were changed
	End      sim.Time  // when the run ended
	Events   uint64    // events of the engine
	Records  uint64
	Hash     uint64 // of all records; equal runs have equal hashes
	Listener Listener
	Outcomes Outcomes
	Waits    Waits // in the queue
	// From a client's first connect to its acceptance, of those that were accepted:
	// with all that was sent again and tried again, as the client sees it.
	Reached  Waits
	Depth    Depth
	Counters trace.Counters // what the server's TCP has counted
	Sockets  []Socket       // the listening sockets that there are at the end, in the order of their making
	Fates    []netmodel.AttemptResult
	Judged   []Judged
	Verdict  Verdict
	// The story: the first lines of the trace, as many as Options.Lines allows,
	// and how many there are in all.
	Lines      []string
	TotalLines int
	// Firsts are the first line of each kind that tells most, such as a refusal,
	// wherever in the story it stands.
	Firsts []Line
}

// Line is one line of the story.
type Line struct {
	Number int // 1 for the first
	Text   string
}

// Listener is what was seen at the server's listening sockets; the backlog is
// that of the one that listened first.
type Listener struct {
	Listened    bool // a listen has succeeded; otherwise all is 0
	Asked       int  // argument of its last listen
	Effective   int  // what that was taken for
	Limit       int  // most that may be pending, at the end
	LimitAtSYN  int  // most that may be pending and yet a SYN gets an answer; less where only a burst gets to Limit
	Pending     int  // at the end, half-open connections included
	HalfOpen    int  // at the end
	PeakPending int
	Trimmed     int
	RefusedSYNs int
	IgnoredSYNs int
	IgnoredACKs int // final ACKs and data that found the accept queue full
	Expired     int
	Evicted     int // half-open ones that made room for newer ones
	Gone        int // accepted although the client had gone
	Late        int // accepted after a refusal of the same attempt
	Failures    int // calls of the server's program that failed, other than WSAEWOULDBLOCK
}

// Socket is one listening socket at the end of a run.
type Socket struct {
	Name     string
	Address  netmodel.Addr
	Complete int // connections that accept can take: Recv-Q of ss
	// What its backlog was taken for: Send-Q of ss.
	Effective int
}

// Outcomes counts attempts by how they ended.
type Outcomes struct {
	Offered, Accepted, Refused, Reset, TimedOut, GaveUp, Pending int
	// What the pending ones stand at, see netmodel.Standing; they add up to Pending.
	Trying, Queued, Believing int
}

// Waits says how long something took, of the connections whose outcome is
// accepted: in Result.Waits from the arrival of the SYN that got in to accept. All
// zero when nothing was accepted.
type Waits struct {
	P50, P90, P99, P999, Max, Mean time.Duration
}

// Verdict says whether the expectations held.
type Verdict uint8

const (
	Held      Verdict = iota // every expectation that was judged held
	Failed                   // one did not
	NotJudged                // there was none for this profile and these knobs
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

// waitsOf sorts waits and summarises them. A quantile is the smallest wait that
// at least that part of all waits does not exceed.
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

// measure returns the number that a Measure names.
func (r *Result) measure(m Measure) int64 {
	l, o := &r.Listener, &r.Outcomes
	return int64([measureCount]int{
		MeasureOffered: o.Offered, MeasureAccepted: o.Accepted, MeasureRefused: o.Refused,
		MeasureReset: o.Reset, MeasureTimedOut: o.TimedOut, MeasureGaveUp: o.GaveUp, MeasurePending: o.Pending,
		MeasureLimit: l.Limit, MeasurePeakPending: l.PeakPending, MeasureTrimmed: l.Trimmed,
		MeasureRefusedSYNs: l.RefusedSYNs, MeasureIgnoredSYNs: l.IgnoredSYNs,
		MeasureExpired: l.Expired, MeasureLate: l.Late, MeasureFailures: l.Failures,
		MeasureTrying: o.Trying, MeasureQueued: o.Queued, MeasureBelieving: o.Believing,
		MeasureHalfOpen: l.HalfOpen, MeasureIgnoredACKs: l.IgnoredACKs,
		MeasureCookies: r.Counters.SyncookiesSent, MeasureEvicted: l.Evicted,
	}[m])
}

// Depth is how many connections were pending over virtual time: the most in
// each of a number of equal spans from the beginning of the run.
type Depth struct {
	Span time.Duration
	Most []int
	last int
}

const depthSpans = 128

// note takes into account that depth connections were pending from at on.
// Spans double when the run outgrows them, so memory stays small.
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
