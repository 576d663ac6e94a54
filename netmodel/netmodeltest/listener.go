package netmodeltest

import (
	"cmp"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// listener is what the reference listeners with one queue and with two queues share:
// descriptors, attempts, timers, and what the clients were sent. Both follow the
// documents alone. They know no options, no faults, no data, and no condition functions
// that make calls.
type listener struct {
	mistake     mistake
	profile     netmodel.Profile
	descriptors int // 0 = without limit
	files       int
	open        bool
	listening   bool
	deferred    *conn
	accepted    []*conn
	attempts    [lockstep.MaxClients]int
	arrivals    int
	timers      int
	now         sim.Time
	sent        []lockstep.Sent
}

// conn is one connection. Its timer is set while it is half-open.
type conn struct {
	attempt  lockstep.Attempt
	arrival  int
	complete bool
	aborted  bool // its client reset it while it was pending
	over     bool // its client reset it after accept
	ignored  bool // its final ACK found no room
	resends  int
	due      sim.Time // when its SYN-ACK is sent again
	timer    int      // orders timers of one instant
}

// queues is what differs between one queue and two queues.
type queues interface {
	listen(backlog int) winsock.Errno
	accept(op lockstep.Op, r *lockstep.Result) winsock.Errno
	request(who lockstep.Attempt)      // a SYN that belongs to no connection
	ack(who lockstep.Attempt, c *conn) // the final ACK; c is nil if there is no connection
	pending() []*conn                  // complete connections in the order of accept, then half-open ones
	remove(c *conn)                    // takes a connection out of its queue
	withdraw(c *conn)                  // removes a connection whose client is gone
	expire(c *conn)                    // the last timer of a half-open connection
	retries() int                      // how often a SYN-ACK is sent again
	fill()                             // makes slots available
	slots() (limit, available int)
}

// newListener returns the NewSystem of a listener with a mistake. The profile says
// whether it has one queue or two.
func newListener(m mistake) lockstep.NewSystem {
	return func(p netmodel.Profile, descriptors int) lockstep.System {
		l := listener{mistake: m, profile: p, descriptors: descriptors, open: true}
		if p.SynQueue.Separate {
			return &twoQueues{listener: l, cookieAt: -1}
		}
		return &oneQueue{listener: l}
	}
}

// supports leaves out the operations that both listeners do not know.
func supports(op lockstep.Op) bool {
	switch op.Kind {
	case lockstep.Listen, lockstep.Close, lockstep.OpenFile, lockstep.CloseFile, lockstep.Syn, lockstep.Dup, lockstep.Ack, lockstep.Time:
		return true
	case lockstep.Hangup:
		return op.Arg() == "hard"
	case lockstep.Accept, lockstep.Open, lockstep.Rst:
		return op.Arg() == ""
	}
	return false
}

// do performs one operation on a listener with its queues.
func (l *listener) do(op lockstep.Op, q queues) lockstep.Result {
	l.sent = nil
	var r lockstep.Result
	switch op.Kind {
	case lockstep.Listen, lockstep.Accept, lockstep.Close:
		r.Errno = l.call(op, &r, q)
	case lockstep.Open:
		if !l.open {
			r.Errno = l.takeDescriptor()
			l.open = r.Errno == 0
		}
	case lockstep.Hangup:
		r.Errno = l.hangup(op.Client)
	case lockstep.OpenFile:
		if r.Errno = l.takeDescriptor(); r.Errno == 0 {
			l.files++
		}
	case lockstep.CloseFile:
		l.files = max(0, l.files-1)
		if l.mistake == fillsOnClose {
			q.fill()
		}
	case lockstep.Time:
		l.pass(time.Duration(op.N)*time.Millisecond, q)
	default:
		l.segment(op, q)
	}
	l.observe(&r, q)
	return r
}

// call makes a call on the listening socket.
func (l *listener) call(op lockstep.Op, r *lockstep.Result, q queues) winsock.Errno {
	switch {
	case !l.open:
		return l.notOpen()
	case op.Kind == lockstep.Listen:
		return q.listen(op.N)
	case op.Kind == lockstep.Close:
		l.close(q)
		return 0
	case !l.listening:
		return winsock.WSAEINVAL
	}
	return q.accept(op, r)
}

// notOpen is the error of a call with a descriptor that is not open.
func (l *listener) notOpen() winsock.Errno {
	if l.profile.Calls == netmodel.CallsUnix {
		return winsock.WSAEBADF
	}
	return winsock.WSAENOTSOCK
}

func (l *listener) takeDescriptor() winsock.Errno {
	if l.free() == 0 {
		return winsock.WSAEMFILE
	}
	return 0
}

// free returns how many descriptors are free.
func (l *listener) free() int {
	used := l.files + len(l.accepted)
	if l.open {
		used++
	}
	if l.descriptors == 0 {
		return 1 << 30
	}
	return l.descriptors - used
}

func (l *listener) close(q queues) {
	l.open, l.listening = false, false
	if l.mistake == closeRemembersTheQueue {
		return
	}
	for _, c := range q.pending() {
		q.remove(c)
		forgets := !c.complete && l.profile.CloseListener == netmodel.CloseForgetsHalfOpen && l.mistake != closeResetsHalfOpen
		if !c.aborted && !forgets && l.mistake != closeLeavesClients {
			l.send(c.attempt, lockstep.ReplyRst)
		}
	}
}

// hangup closes the oldest accepted connection of a client.
func (l *listener) hangup(client int) winsock.Errno {
	at := slices.IndexFunc(l.accepted, func(c *conn) bool { return c.attempt.Client == client })
	if at < 0 {
		return l.notOpen()
	}
	c := l.accepted[at]
	l.accepted = slices.Delete(l.accepted, at, at+1)
	switch {
	case !c.over:
		l.send(c.attempt, lockstep.ReplyRst)
	case l.mistake == resetLeaksDescriptor:
		l.files++
	}
	return 0
}

func (l *listener) send(to lockstep.Attempt, reply lockstep.Reply) {
	l.sent = append(l.sent, lockstep.Sent{To: to, Reply: reply})
}

// segment handles what a client sends.
func (l *listener) segment(op lockstep.Op, q queues) {
	if op.Kind == lockstep.Syn {
		l.attempts[op.Client]++
	}
	who := lockstep.Attempt{Client: op.Client, Number: l.attempts[op.Client]}
	c := l.find(who, q)
	switch {
	case op.Kind == lockstep.Rst:
		l.clientReset(c, q)
	case op.Kind == lockstep.Ack:
		q.ack(who, c)
	case c == nil && !l.listening:
		l.send(who, lockstep.ReplyRst)
	case c == nil, !c.complete && l.mistake == duplicateTakesASlot:
		q.request(who)
	case c.complete:
		l.send(who, lockstep.ReplyAck)
	default:
		l.send(who, lockstep.ReplySynAck)
		if l.profile.SynQueue.RepeatRestarts && l.mistake != repeatedSynKeepsTimer {
			l.setTimer(c)
		}
	}
}

// find returns the connection of an attempt, nil if there is none that segments
// can reach.
func (l *listener) find(who lockstep.Attempt, q queues) *conn {
	for _, c := range slices.Concat(q.pending(), l.accepted) {
		if c.attempt == who && !c.aborted && !c.over {
			return c
		}
	}
	return nil
}

func (l *listener) clientReset(c *conn, q queues) {
	switch {
	case c == nil:
	case slices.Contains(l.accepted, c):
		c.over = true
	case !c.complete, l.mistake == abortedLeavesAtOnce, c == l.deferred && l.mistake == withdrawnGoesUnreported:
		q.withdraw(c)
	default:
		c.aborted = true
	}
}

// newConn makes a connection of an attempt.
func (l *listener) newConn(who lockstep.Attempt) *conn {
	l.arrivals++
	return &conn{attempt: who, arrival: l.arrivals}
}

// setTimer sets the timer of the next SYN-ACK.
func (l *listener) setTimer(c *conn) {
	l.timers++
	c.due, c.timer = l.profile.Timers.Expiry(l.now, l.profile.SynAck.Wait(uint8(c.resends))), l.timers
}

// pass lets time pass. Half-open connections are sent their SYN-ACK again, and
// expire in the end.
func (l *listener) pass(d time.Duration, q queues) {
	until := l.now.Add(d)
	for {
		c := nextTimer(q.pending())
		if c == nil || c.due > until {
			break
		}
		l.now = c.due
		if c.resends >= q.retries() {
			q.expire(c)
			continue
		}
		c.resends++
		if !c.ignored || l.mistake != ignoredAckStopsSynAck {
			l.send(c.attempt, lockstep.ReplySynAck)
		}
		l.setTimer(c)
	}
	l.now = until
}

// nextTimer returns the half-open connection whose timer is due first: timers of
// one instant in the order of setting.
func nextTimer(pending []*conn) *conn {
	half := slices.DeleteFunc(pending, func(c *conn) bool { return c.complete })
	if len(half) == 0 {
		return nil
	}
	return slices.MinFunc(half, func(a, b *conn) int { return cmp.Or(cmp.Compare(a.due, b.due), a.timer-b.timer) })
}

// observe fills in what can be seen.
func (l *listener) observe(r *lockstep.Result, q queues) {
	r.Free = -1
	if l.descriptors > 0 {
		r.Free = l.free()
	}
	pending := q.pending()
	r.AcceptConn, r.Readable = lockstep.CannotAsk, lockstep.CannotAsk
	if l.open {
		r.AcceptConn, r.Readable = lockstep.No, lockstep.No
	}
	if l.listening {
		r.AcceptConn = lockstep.Yes
		r.Limit, r.Available = q.slots()
		if len(pending) > 0 && (pending[0].complete || l.mistake == halfOpenIsReadable) {
			r.Readable = lockstep.Yes
		}
	}
	for _, c := range pending {
		e := lockstep.Entry{Attempt: c.attempt, Deferred: c == l.deferred}
		switch {
		case c.aborted:
			e.State = netmodel.EntryAborted
		case !c.complete:
			e.State = netmodel.EntryHalfOpen
		}
		r.Queue = append(r.Queue, e)
	}
	slices.SortStableFunc(l.sent, func(a, b lockstep.Sent) int {
		return cmp.Or(a.To.Client-b.To.Client, a.To.Number-b.To.Number)
	})
	r.Sent = l.sent
}
