package measured

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

type openLoopParams struct {
	Backlog int      `json:"backlog"`
	Send    int      `json:"send"`
	_       struct{} `unread:"lambda=number mu=number seconds=number seed=number service=text"`
}

type openLoopObserved struct {
	Accepted          int            `json:"accepted"`
	Arrivals          int            `json:"arrivals"`
	ByRetransmissions map[string]int `json:"by_retransmissions"`
	Events            []logEvent     `json:"events_us"`
	Failed            int            `json:"failed"`
	HalfOpenLeft      int            `json:"half_open_left"`
	Immediate         int            `json:"immediate"`
	Phantom           int            `json:"phantom"`
	Results           map[string]int `json:"results"`
	Stat              map[string]int `json:"stat"`
	_                 struct{}       `unread:"accept_service_us=numbers connect_ms=counts service_wanted_us=numbers"`
}

// logEvent is a line of the log of an open loop.
type logEvent struct {
	at     time.Duration
	kind   byte // 'S' SYN, 's' SYN-ACK, 'A' ACK without data, 'D' data, 'R' RST to the client, 'a' accept returned
	client int
}

// UnmarshalJSON reads [microseconds, kind, client].
func (l *logEvent) UnmarshalJSON(b []byte) error {
	var parts [3]json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	var us float64
	var kind string
	for i, into := range []any{&us, &kind, &l.client} {
		if err := json.Unmarshal(parts[i], into); err != nil {
			return err
		}
	}
	if len(kind) != 1 || l.client < 0 || l.client >= maxSockets/2 {
		return fmt.Errorf("event %s: want [microseconds, a letter, a client from 0 to %d]", shortened(string(b)), maxSockets/2-1)
	}
	l.at, l.kind = time.Duration(us*float64(time.Microsecond)), kind[0]
	return nil
}

// openLoop is a lone server. The replay delivers every logged segment at its instant, and
// makes every logged call of accept. The timers of the server run, because they decide
// when it removes a half-open connection. The segments that a timer sends reach no client:
// the log has the ACKs that answer the kernel's own retransmissions.
//
// If the host decides differently than the kernel, the decision is a miss. The replay
// then forces the kernel's decision on the host, so that one miss does not cause others.
type openLoop struct {
	log       []logEvent
	verdicts  []verdict
	host      *netmodel.Host
	fd        netmodel.FD
	backlog   int
	synRoom   int // the most half-open connections
	noCookies bool
	clients   []loggedClient
	accepted  int             // connections
	accepts   []time.Duration // when each accept returned
	out       []netmodel.Segment
	records   []netmodel.Record
	counters  trace.Counters
	kinds     [decisionKinds]decisions
}

// loggedClient is the state of a client in the log.
type loggedClient struct {
	syns     int             // sent so far
	answered int             // the number of the answered SYN from 1, 0 = none yet
	ack      uint32          // the number that acknowledges the SYN-ACK, 0 = no SYN-ACK yet
	queued   bool            // pending at the server
	again    []time.Duration // when the log shows its SYN-ACK again
	accepted bool
}

// decisionKind is a kind of decision that the replay compares.
type decisionKind int

const (
	decideSyn    decisionKind = iota // a SYN: answered or not
	decideAck                        // a final ACK or data: joins the queue or not
	decideAgain                      // a timer sends a SYN-ACK again or not
	decideAccept                     // the client that accept returns
	decisionKinds
)

func (k decisionKind) String() string {
	return [...]string{"a SYN is answered or ignored", "an ACK or data joins the queue or is ignored", "a SYN-ACK is sent again or not", "whom accept hands out"}[k]
}

// decisions counts the decisions of one kind. A miss is a decision that differs.
type decisions struct {
	all           int
	nearAccept    int // misses within acceptStampError of an accept
	halfOpenCount int // misses that depend on the count of half-open connections
	burst         int // misses that depend on which SYNs of a burst were stored
	unexplained   int
}

func (d decisions) misses() int { return d.nearAccept + d.halfOpenCount + d.burst + d.unexplained }

// cause returns the causes of the misses.
func (d decisions) cause() string {
	var parts []string
	for _, part := range []struct {
		n   int
		why string
	}{
		{d.nearAccept, "within 2 ms of the return of an accept, which was stamped late"},
		{d.halfOpenCount, "with tcp_syncookies=0 the kernel's count of half-open connections was one off what the log shows"},
		{d.burst, unknownBurstOrder},
		{d.unexplained, Unexplained},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.why))
		}
	}
	return strings.Join(parts, "; ")
}

// unknownBurstOrder is why one SYN of a burst was stored and another had a cookie. In line
// 2 of L12_openloop.jsonl a timer sent four SYNs at one instant. The kernel stored the
// first and sent cookies for the others, because it processed an ACK before them.
const unknownBurstOrder = "which SYN of a burst was stored: the log has not the order in which two processors met SYNs and ACKs"

// acceptStampError is the largest time from the instant at which a connection left the
// queue to the stamp of accept, which the program took.
const acceptStampError = 2 * time.Millisecond

func newOpenLoop(p netmodel.Profile, backlog int, log []logEvent) (*openLoop, error) {
	o := &openLoop{log: log, verdicts: verdictsOf(log), backlog: backlog}
	var err error
	if o.host, o.fd, err = newLoneServer(p, backlog); err != nil {
		return nil, err
	}
	clients := 0
	for _, e := range log {
		clients = max(clients, e.client+1)
		if e.kind == 'a' {
			o.accepts = append(o.accepts, e.at)
		}
	}
	o.clients = make([]loggedClient, clients)
	syn := make([]bool, clients)
	for _, e := range log {
		c := &o.clients[e.client]
		if e.kind == 's' && !syn[e.client] {
			c.again = append(c.again, e.at)
		}
		syn[e.client] = e.kind == 'S'
	}
	o.synRoom = p.SynQueue.Limit.Of(p.Backlog.Effective(backlog))
	o.noCookies = p.SynQueue.Cookies == netmodel.CookiesNever
	return o, nil
}

// run plays the log.
func (o *openLoop) run() error {
	for i, e := range o.log {
		if at := sim.Time(e.at); at >= o.host.Now() {
			o.host.Advance(at)
			o.compareAgain()
		} else {
			return fmt.Errorf("event %d: %v is before the event in front of it: want the log in order", i, e.at)
		}
		c := &o.clients[e.client]
		switch e.kind {
		case 'S':
			c.syns++
			o.syn(e, o.verdicts[i])
		case 'A', 'D':
			if !c.accepted && !c.queued {
				o.ack(e, o.verdicts[i])
			}
		case 'a':
			o.accept(e)
		}
	}
	for i := range o.clients {
		for range o.clients[i].again {
			o.kinds[decideAgain].all++
			o.kinds[decideAgain].burst++
		}
	}
	return o.host.Check()
}

// compareAgain compares the SYN-ACKs that the host's timers sent again with the log. If the
// kernel sent none, it had not stored the SYN.
func (o *openLoop) compareAgain() {
	var none []int
	for _, r := range o.host.DrainRecords(o.records[:0]) {
		o.counters.Note(r)
		if r.Kind != netmodel.SynAckRetransmitted {
			continue
		}
		c := &o.clients[r.Conn-1]
		i := slices.IndexFunc(c.again, func(at time.Duration) bool { return (at - time.Duration(r.At)).Abs() < againWithin })
		o.kinds[decideAgain].all++
		if i >= 0 {
			c.again = slices.Delete(c.again, i, i+1)
		} else {
			o.kinds[decideAgain].burst++
			none = append(none, int(r.Conn-1))
		}
	}
	for _, client := range none {
		o.deliver(o.segment(client, netmodel.RST, 0))
	}
	o.out = o.host.Drain(o.out[:0])
}

// againWithin is the largest time between the retransmissions of a SYN-ACK by kernel and
// host: more than a slot of their timers.
const againWithin = 300 * time.Millisecond

// segment returns a segment of a client. The initial sequence number is that of the
// client.
func (o *openLoop) segment(client int, flags netmodel.Flags, length uint32) netmodel.Segment {
	iss := uint32(client) << 8
	s := netmodel.Segment{
		Src:   netmodel.Addr{IP: netmodel.HostAddr(2, 1+client>>15), Port: uint16(1 + client&0x7fff)},
		Dst:   netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: 80},
		Seq:   iss,
		Flags: flags, Len: length, Conn: netmodel.ConnID(client + 1),
	}
	if flags&netmodel.SYN == 0 { // an RST has the next number, too
		s.Seq, s.Ack = iss+1, o.clients[client].ack
	}
	return s
}

// deliver delivers a segment and returns the last record of the host, 0 if there is none.
// reset reports whether the host answered with an RST.
func (o *openLoop) deliver(s netmodel.Segment) (did netmodel.Kind, reset bool) {
	o.host.Deliver(s)
	o.records = o.host.DrainRecords(o.records[:0])
	for _, r := range o.records {
		did = r.Kind
	}
	o.out = o.host.Drain(o.out[:0])
	for _, a := range o.out {
		if a.Flags&netmodel.RST != 0 {
			reset = true
		} else if a.Flags&netmodel.SYN != 0 {
			o.clients[a.Conn-1].ack = a.Seq + 1
		}
	}
	return did, reset
}

// note counts the last records of the host.
func (o *openLoop) note() {
	o.records = o.host.DrainRecords(o.records)
	for _, r := range o.records {
		o.counters.Note(r)
	}
	o.records = o.records[:0]
	o.out = o.host.Drain(o.out[:0])
}

// syn compares the answer to a SYN.
func (o *openLoop) syn(e logEvent, want verdict) {
	c := &o.clients[e.client]
	half := o.halfOpen()
	did, _ := o.deliver(o.segment(e.client, netmodel.SYN, 0))
	o.note()
	answered := did == netmodel.RequestQueued || did == netmodel.CookieSent
	if (answered || want == verdictIn) && c.answered == 0 {
		c.answered = c.syns
	}
	o.count(decideSyn, e.at, answered == (want == verdictIn), half)
	switch {
	case want == verdictIn && !answered:
		o.withMaxBacklog(func() { o.deliver(o.segment(e.client, netmodel.SYN, 0)) })
	case want != verdictIn && did == netmodel.RequestQueued:
		o.deliver(o.segment(e.client, netmodel.RST, 0)) // removes the half-open connection
	}
}

// ack compares the effect of an ACK or of data. The client is not pending.
func (o *openLoop) ack(e logEvent, want verdict) {
	length := uint32(0)
	if e.kind == 'D' {
		length = 4
	}
	c := &o.clients[e.client]
	s := o.segment(e.client, netmodel.ACK, length)
	var before *netmodel.Host
	if want != verdictIn {
		before = o.host.Clone()
	}
	did, reset := o.deliver(s)
	o.note()
	in := did == netmodel.Completed
	got := verdictOut
	switch {
	case in:
		got = verdictIn
	case reset:
		got = verdictReset
	}
	o.count(decideAck, e.at, got == want, o.halfOpen())
	switch {
	case want == verdictIn && !in:
		o.withMaxBacklog(func() { o.completeForgotten(e.client, s) })
	case want != verdictIn && in:
		o.host = before
	}
	c.queued = want == verdictIn
}

// completeForgotten adds a connection to the queue that the host has removed or never had.
func (o *openLoop) completeForgotten(client int, s netmodel.Segment) {
	if did, _ := o.deliver(s); did == netmodel.Completed {
		return
	}
	o.deliver(o.segment(client, netmodel.SYN, 0))
	s.Ack = o.clients[client].ack
	o.deliver(s)
}

// withMaxBacklog runs a function while the backlog is the maximum.
func (o *openLoop) withMaxBacklog(do func()) {
	o.note()
	_ = o.host.Listen(o.fd, -1) // a second listen never fails
	do()
	_ = o.host.Listen(o.fd, o.backlog)
	o.records = o.host.DrainRecords(o.records[:0])[:0] // the decision is counted already
	o.out = o.host.Drain(o.out[:0])
}

// accept compares the client that accept returns.
func (o *openLoop) accept(e logEvent) {
	c := &o.clients[e.client]
	a, err := o.host.Accept(o.fd)
	o.count(decideAccept, e.at, err == nil && int(a.Conn) == e.client+1, o.halfOpen())
	if err == nil {
		o.accepted++
		_ = o.host.SetSockOpt(a.FD, winsock.SO_LINGER, 0) // the log is about the queue only
		_ = o.host.CloseSocket(a.FD)
	}
	o.records = o.host.DrainRecords(o.records[:0])[:0]
	o.out = o.host.Drain(o.out[:0])
	c.accepted = true
}

func (o *openLoop) halfOpen() int {
	q, _ := o.host.Queue(o.fd)
	return q.HalfOpen
}

// count counts a decision. half is the number of half-open connections before it.
func (o *openLoop) count(k decisionKind, at time.Duration, agrees bool, half int) {
	d := &o.kinds[k]
	d.all++
	switch {
	case agrees:
	case o.nearAccept(at):
		d.nearAccept++
	case k == decideSyn && o.noCookies && half+1 >= o.synRoom:
		d.halfOpenCount++
	default:
		d.unexplained++
	}
}

// nearAccept reports whether an accept returned within acceptStampError of an instant.
// Then the log does not tell which was first.
func (o *openLoop) nearAccept(at time.Duration) bool {
	i, found := slices.BinarySearch(o.accepts, at-acceptStampError)
	return found || i < len(o.accepts) && o.accepts[i] <= at+acceptStampError
}
