package simnet

import (
	"cmp"
	"os"
	"slices"
	"sync/atomic"

	"wspsim/netmodel"
	"wspsim/sim"
)

// In real time a call is made when its goroutine makes it. In a bubble that would
// let the scheduler decide: it may run the goroutines that are awake at one instant
// in any order, and at the same time. So a call made at an instant is put down, and
// all that were are made one nanosecond later, in an order of their own: virtual time
// moves only when every goroutine of the bubble waits, so by then all have been put
// down.
//
// Those that need not wait do not: what is written has its place, what has arrived is
// handed out, a close closes, and only the model learns of it a nanosecond later. They
// could not wait either: programs write and close while they hold a mutex, and a
// goroutine that waits for a mutex does not wait in the eyes of a bubble.

// call is a call of a program that could not return at once, or, without a side to
// wait at, one that has returned and that the model is to learn of.
type call struct {
	kind callKind
	side *side // whose queue it waits in, if it has to
	host *Host

	// What it is about: one of these.
	conn     *Conn
	listener *Listener
	dial     *dial
	do       func() error // callOther

	buf          []byte
	n            int
	end          bool // a Read that has returned met the end of the stream
	err          error
	acceptSocket netmodel.FD // accept on Windows: the socket for the next connection

	due  sim.Time
	rank rank
	slot uint64 // ordered: where Network.calls has it
	next *call
	wake chan struct{}
}

// calls are the calls that were put down, in the order in which they came. An entry
// that was ended before its time is nil.
type scheduledCalls struct {
	list    []*call
	due     []sim.Time
	removed uint64 // entries that were made or ended, from the beginning of the run
}

// add puts a call down until due.
func (q *scheduledCalls) add(k *call, due sim.Time) {
	k.due, k.slot = due, q.removed+uint64(len(q.list))
	q.list, q.due = append(q.list, k), append(q.due, due)
}

// remove takes a call back.
func (q *scheduledCalls) remove(k *call) { q.list[k.slot-q.removed] = nil }

// next returns when the first call is to be made, sim.Forever if there is none.
func (q *scheduledCalls) next() sim.Time {
	if len(q.due) == 0 {
		return sim.Forever
	}
	return q.due[0]
}

// take appends the calls that are due by now to dst, and forgets them.
func (q *scheduledCalls) take(dst []*call, now sim.Time) []*call {
	count := 0
	for count < len(q.due) && q.due[count] <= now {
		if k := q.list[count]; k != nil {
			dst = append(dst, k)
		}
		count++
	}
	q.removed += uint64(count)
	q.list, q.due = slices.Delete(q.list, 0, count), slices.Delete(q.due, 0, count)
	return dst
}

type callKind uint8

// In the order in which calls of one instant are made.
const (
	callOther callKind = iota // listen and others that do not wait
	callDial
	callAccept
	callRead
	callWrite
	callFailedWrite
	callCloseWrite
	callLinger
	callKeepAlive
	callClose
)

// rank orders the calls of one instant by what they are about, so that it does not
// matter who came first: those that have returned before those that wait, since a
// goroutine makes them in that order; the former by their socket. Equal ones go by who
// came first: that is for the few whose arguments are not in it, as two settings of one
// link.
type rank struct {
	waits  bool
	kind   callKind // of those that wait
	host   netmodel.HostID
	socket uint64 // attempt, program, port
	detail uint64 // side and call, address
}

func (a rank) compare(b rank) int {
	if a.waits != b.waits {
		if b.waits {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.host, b.host), cmp.Compare(a.socket, b.socket), cmp.Compare(a.detail, b.detail))
}

// setting orders what is set at one instant, by what is set.
type setting uint8

const (
	setLink setting = iota
	setCut
	openFiles
	closeFiles
	setFault
	listen
	setBacklog
	dup
	fillQueue
)

// rankOf is the rank of a setting of a host: of its port, or of its link to another host.
// detail tells settings of one kind apart.
func rankOf(s setting, h *Host, socket uint16, detail uint64) rank {
	return rank{kind: callOther, host: h.id, socket: uint64(s)<<16 | uint64(socket), detail: detail}
}

// side is one side of something that calls can wait for: what a connection
// receives, what it sends, what a listener accepts, how a connect ends. Those that
// wait are served in the order in which they came.
type side struct {
	first, last *call
	scheduled   *call                // ordered: calls that were put down and not made yet
	spareCall   atomic.Pointer[call] // one that is over, for the next
	alarm       uint32               // in Network.alarms, and one; 0 = none
	expired     bool                 // its deadline has passed
	serving     bool
}

// call returns a call that can wait at the side.
func (s *side) call(w callKind, h *Host) *call {
	k := s.spareCall.Swap(nil)
	if k == nil {
		k = &call{wake: make(chan struct{}, 1)}
	}
	k.kind, k.side, k.host = w, s, h
	return k
}

// over keeps a call that is over for the next one, and nothing that it points to.
func (s *side) recycle(k *call) {
	k.conn, k.buf, k.n, k.err, k.do = nil, nil, 0, nil, nil
	s.spareCall.Store(k)
}

// wait makes a call, and returns once it is over. The network is locked before,
// and unlocked after.
func (n *Network) wait(k *call) {
	switch {
	case n.ordered && n.closed && k.attempt(): // nothing is left that an order matters to
		n.leave()
		return
	case n.ordered:
		k.rank.waits = true
		n.calls.add(k, n.now()+1)
		k.next, k.side.scheduled = k.side.scheduled, k
	case k.side.first != nil || !k.attempt():
		k.side.push(k)
		if k.kind == callRead { // asking changes nothing
			n.leave()
			<-k.wake
			return
		}
	default:
		n.notifyReady()
		n.leave()
		return
	}
	n.notifyReady()
	n.leave()
	<-k.wake
}

// makeCalls makes the calls that were put down before now, and reports whether there
// were any.
func (n *Network) runScheduled(now sim.Time) bool {
	if n.calls.next() > now {
		return false
	}
	due := n.calls.take(n.due[:0], now)
	for _, k := range due {
		if k.side != nil {
			k.side.scheduled, k.next = nil, nil // all calls of a side are due at the same instant
		}
	}
	slices.SortStableFunc(due, func(a, b *call) int { return a.rank.compare(b.rank) })
	for _, k := range due {
		switch {
		case k.side == nil:
			k.apply()
			*k = call{}
			n.spareCalls = append(n.spareCalls, k)
		case k.side.first == nil && k.attempt():
			k.finish()
		default:
			k.side.push(k)
		}
		n.notifyReady()
	}
	clear(due)
	n.due = due[:0]
	return true
}

// put puts down what a program has done to a socket, for the model to learn.
func (n *Network) schedule(h *Host, socket uint64, fd netmodel.FD, w callKind) *call {
	var k *call
	if last := len(n.spareCalls) - 1; last >= 0 {
		k, n.spareCalls = n.spareCalls[last], n.spareCalls[:last]
	} else {
		k = new(call)
	}
	k.host, k.kind = h, w
	k.rank = rank{host: h.id, socket: socket, detail: uint64(fd)<<8 | uint64(w)}
	n.calls.add(k, n.now()+1)
	return k
}

// tell lets the model learn what a program has done.
func (k *call) apply() {
	switch {
	case k.do != nil:
		_ = k.do() // it returns nil
	case k.listener != nil:
		k.listener.end()
	default:
		k.conn.apply(k.kind, k.n, k.end)
	}
}

// attempt does what the call asks for, and returns false if it has to wait.
func (k *call) attempt() bool {
	switch k.kind {
	case callDial:
		return k.dial.attempt(k)
	case callAccept:
		return k.listener.attempt(k)
	case callRead:
		return k.conn.attemptRead(k)
	case callWrite:
		return k.conn.attemptWrite(k)
	case callClose:
		return k.conn.finish()
	}
	k.err = k.do()
	return true
}

// finish lets the caller go on, once the network is unlocked.
func (k *call) finish() {
	n := k.host.net
	k.next, n.finished = n.finished, k
}

func (s *side) push(k *call) {
	if s.last == nil {
		s.first = k
	} else {
		s.last.next = k
	}
	s.last = k
}

func (s *side) pop() *call {
	k := s.first
	s.first, k.next = k.next, nil
	if s.first == nil {
		s.last = nil
	}
	return k
}

// serve lets those go on whose wait is over.
func (s *side) serve() {
	if s.serving {
		return // further up, and it will look again
	}
	s.serving = true
	for s.first != nil && s.first.attempt() {
		s.pop().finish()
	}
	s.serving = false
}

// end lets those go on who find that there is nothing more to wait for: the deadline
// has passed, or what they wait at is closed. That includes calls that are put down: a
// call must return at the same instant whether it came before or after what ends it.
func (s *side) end(n *Network) {
	s.serve()
	for k := s.scheduled; k != nil; {
		next := k.next
		if k.attempt() {
			s.unschedule(k)
			n.calls.remove(k)
			k.finish()
		}
		k = next
	}
}

// takeBack removes a call from those that were put down.
func (s *side) unschedule(k *call) {
	at := &s.scheduled
	for *at != k {
		at = &(*at).next
	}
	*at, k.next = k.next, nil
}

// setDeadline sets when waiting ends, 0 for never.
func (s *side) setDeadline(n *Network, at sim.Time) {
	if s.alarm != 0 {
		n.alarms.cancel(n.model, s.alarm-1)
		s.alarm = 0
	}
	s.expired = at != 0 && at <= n.model.Now()
	switch {
	case s.expired:
		s.end(n)
	case at != 0 && at != sim.Forever:
		s.alarm = n.alarms.set(n.model, at, s) + 1
	}
}

// rank is that of the first call that waits, if any does.
func (s *side) rank() rank {
	if s.first == nil {
		return rank{}
	}
	return s.first.rank
}

// do makes a call that never has to wait, such as listen, in the order of all.
func (n *Network) do(r rank, h *Host, f func() error) error {
	n.enter()
	if !n.ordered {
		defer n.leave()
		err := f()
		n.notifyReady()
		return err
	}
	var s side
	k := s.call(callOther, h)
	k.rank, k.do = r, f
	n.wait(k)
	return k.err
}

// errDeadline is what a call returns whose deadline has passed.
var errDeadline = os.ErrDeadlineExceeded
