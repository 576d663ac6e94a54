package measured

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/sim"
)

type openLoopParams struct {
	Backlog int      `json:"backlog"`
	Send    int      `json:"send"`
	_       struct{} `unread:"lambda mu seconds seed service"`
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
	_                 struct{}       `unread:"accept_service_us connect_ms service_wanted_us"`
}

// logged is a line of the log of an open loop.
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

// openLoop is a server alone. What the log says arrived at it is delivered at the
// logged instants, and so are the calls of accept. Its own timers run, for they
// decide when it forgets a half-open connection; but what they make it send
// reaches nobody: the ACKs that answered the SYN-ACKs which the kernel sent again
// are in the log.
//
// Where the host decides otherwise than the kernel did, that is a miss, and the
// host is brought in line, so that one miss does not bring about others.
type openLoop struct {
	log       []logEvent
	verdicts  []verdict
	host      *netmodel.Host
	fd        netmodel.FD
	backlog   int
	synRoom   int // half-open connections that fit
	noCookies bool
	clients   []loggedClient
	accepted  int             // by accept
	accepts   []time.Duration // when accept returned
	out       []netmodel.Segment
	records   []netmodel.Record
	counters  trace.Counters
	kinds     [decisionKinds]decisions
}

// caller is what the server knows of a client, and the client of the server.
type loggedClient struct {
	syns     int             // sent so far
	answered int             // which SYN was answered, 1 for the first, 0 = none yet
	ack      uint32          // what acknowledges the SYN-ACK, 0 = none came
	queued   bool            // complete at the server
	again    []time.Duration // when the log has its SYN-ACK sent again
	accepted bool
}

// decisionKind is a kind of decision that is compared.
type decisionKind int

const (
	decideSyn    decisionKind = iota // a SYN: answered or not
	decideAck                        // a final ACK or data: joins the queue or not
	decideAgain                      // a SYN-ACK goes out again or not, when its timer rings
	decideAccept                     // whom accept hands out
	decisionKinds
)

func (k decisionKind) String() string {
	return [...]string{"a SYN is answered or ignored", "an ACK or data joins the queue or is ignored", "a SYN-ACK is sent again or not", "whom accept hands out"}[k]
}

// decisions counts those of one kind.
type decisions struct {
	all           int
	nearAccept    int // misses within acceptStamp of an accept
	halfOpenCount int // misses that hang on the count of half-open connections
	burst         int // misses that hang on which SYNs of a burst were stored
	unexplained   int
}

func (d decisions) misses() int { return d.nearAccept + d.halfOpenCount + d.burst + d.unexplained }

// cause says why the misses are.
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

// orderOfBurst is why a SYN that came with others was stored and not answered with
// a cookie, or the other way round. In L12, line 2, the kernel stored the first of
// four SYNs that a timer sent at one instant, and the cookies went to the others:
// it had met an ACK of that instant before.
const unknownBurstOrder = "which SYN of a burst was stored: the log has not the order in which two processors met SYNs and ACKs"

// acceptStamp is how far the instant at which accept returned may lie from the one
// at which the connection left the queue: the program was stamped, not the kernel.
const acceptStampError = 2 * time.Millisecond

func newOpenLoop(p netmodel.Profile, backlog int, log []logEvent) (*openLoop, error) {
	o := &openLoop{log: log, verdicts: verdictsOf(log), backlog: backlog}
	o.host = netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{netmodel.HostAddr(1, 1)}})
	_ = o.host.Startup() // never fails
	var err error
	if o.fd, err = o.host.Socket(netmodel.Stream); err != nil {
		return nil, err
	}
	if err := o.host.Bind(o.fd, netmodel.Addr{Port: 80}); err != nil {
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
	return o, o.host.Listen(o.fd, backlog)
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

// compareAgain compares the SYN-ACKs that the timers of the host have sent again
// with those in the log. Where the kernel sent none, nothing was stored.
func (o *openLoop) compareAgain() {
	var none []int
	for _, r := range o.host.DrainRecords(o.records[:0]) {
		o.counters.Note(r)
		if r.Kind != netmodel.SynAckAgain {
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

// againWithin is how far apart the instants may lie at which kernel and host send a
// SYN-ACK again: more than a slot of their timers.
const againWithin = 300 * time.Millisecond

// segment returns what a client sends. Its numbers begin where its own name says.
func (o *openLoop) segment(client int, flags netmodel.Flags, length uint32) netmodel.Segment {
	iss := uint32(client) << 8
	s := netmodel.Segment{
		Src:   netmodel.Addr{IP: netmodel.HostAddr(2, 1+client>>15), Port: uint16(1 + client&0x7fff)},
		Dst:   netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: 80},
		Seq:   iss,
		Flags: flags, Len: length, Conn: netmodel.ConnID(client + 1),
	}
	if flags&netmodel.SYN == 0 { // an RST too has the number that comes next
		s.Seq, s.Ack = iss+1, o.clients[client].ack
	}
	return s
}

// deliver hands the host a segment and returns what it did about it, 0 if
// nothing. It sends an RST where it knows nothing of a connection.
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

// note takes what the host did last into account.
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
		o.deliver(o.segment(e.client, netmodel.RST, 0)) // takes it back
	}
}

// ack compares what becomes of an ACK or data of a client that is not in the
// queue.
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

// complete lets a connection in that the host has forgotten or never had.
func (o *openLoop) completeForgotten(client int, s netmodel.Segment) {
	if did, _ := o.deliver(s); did == netmodel.Completed {
		return
	}
	o.deliver(o.segment(client, netmodel.SYN, 0))
	s.Ack = o.clients[client].ack
	o.deliver(s)
}

// makeRoom does something while the backlog is the largest there is.
func (o *openLoop) withMaxBacklog(do func()) {
	o.note()
	_ = o.host.Listen(o.fd, -1) // a listener may listen again
	do()
	_ = o.host.Listen(o.fd, o.backlog)
	o.records = o.host.DrainRecords(o.records[:0])[:0] // the host's own decision is counted already
	o.out = o.host.Drain(o.out[:0])
}

// accept compares whom accept hands out.
func (o *openLoop) accept(e logEvent) {
	c := &o.clients[e.client]
	a, err := o.host.Accept(o.fd)
	o.count(decideAccept, e.at, err == nil && int(a.Conn) == e.client+1, o.halfOpen())
	if err == nil {
		o.accepted++
		_ = o.host.SetSockOpt(a.FD, netmodel.SO_LINGER, 0) // what happens to it now is no decision of the queue
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

// count counts a decision. half is how many half-open connections there were.
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

// nearAccept reports whether an accept returned so near an instant that the log
// cannot tell which was first.
func (o *openLoop) nearAccept(at time.Duration) bool {
	i, found := slices.BinarySearch(o.accepts, at-acceptStampError)
	return found || i < len(o.accepts) && o.accepts[i] <= at+acceptStampError
}
