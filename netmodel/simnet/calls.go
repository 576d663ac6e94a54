package simnet

import (
	"cmp"
	"os"
	"slices"
	"sync/atomic"

	"wspsim/netmodel"
	"wspsim/sim"
)

// In real time the network makes a call when its goroutine makes it. In a bubble the scheduler
// would then decide the order: it may run the goroutines of one instant in any order and in
// parallel. So the network schedules the calls of an instant and makes them one nanosecond
// later, in an order of its own. Virtual time moves only when every goroutine of the bubble
// waits, so by then all calls of the instant are scheduled.
//
// A call that need not wait returns at once. Write has room for its bytes, Read returns bytes
// that have arrived, and Close closes. Only the model learns of the call one nanosecond later.
// Such a call must not wait: programs write and close while they hold a mutex, and a bubble
// does not count a goroutine that waits for a mutex as waiting.

// call is a call of a program that waits at a side. A call without a side has returned, and the
// model has yet to process it.
type call struct {
	kind callKind
	side *side
	host *Host

	// The object of the call: one of these.
	conn     *Conn
	listener *Listener
	dial     *dial
	do       func() error // callOther

	buf          []byte
	n            int
	end          bool // a Read has returned the end of the stream
	err          error
	acceptSocket netmodel.FD // Accept on Windows: the socket for the next connection

	due  sim.Time
	rank rank
	slot uint64 // ordered: its place in Network.calls
	next *call
	wake chan struct{}
}

// scheduledCalls holds the scheduled calls in the order of their arrival. The entry of a call
// that ended early is nil.
type scheduledCalls struct {
	list    []*call
	due     []sim.Time
	removed uint64 // the number of entries removed since the beginning of the run
}

// add schedules a call for due.
func (q *scheduledCalls) add(k *call, due sim.Time) {
	k.due, k.slot = due, q.removed+uint64(len(q.list))
	q.list, q.due = append(q.list, k), append(q.due, due)
}

// remove removes a call.
func (q *scheduledCalls) remove(k *call) { q.list[k.slot-q.removed] = nil }

// next returns the instant of the first call, sim.Forever if there is none.
func (q *scheduledCalls) next() sim.Time {
	if len(q.due) == 0 {
		return sim.Forever
	}
	return q.due[0]
}

// take removes the calls that are due by now, and appends them to dst.
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

// The kinds, in the order in which calls of one instant are made.
const (
	callOther callKind = iota // listen and other calls that do not wait
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

// rank orders the calls of one instant, so that their order of arrival does not matter. Calls
// that have returned come before calls that wait, since a goroutine makes them in that order.
// Then kind, host, socket and detail decide. Calls of equal rank keep their order of arrival.
// These are few: their arguments are not in the rank, for example two settings of one link.
type rank struct {
	waits  bool
	kind   callKind // of calls that wait
	host   netmodel.HostID
	socket uint64 // the number of an attempt or of a dialer, or a port
	detail uint64 // side and call, or an address
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

// setting is a kind of callOther. It orders the settings of one instant.
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

// rankOf returns the rank of a setting of a host. socket is its port, 0 for none. detail orders
// settings of one kind.
func rankOf(s setting, h *Host, socket uint16, detail uint64) rank {
	return rank{kind: callOther, host: h.id, socket: uint64(s)<<16 | uint64(socket), detail: detail}
}

// side is the queue of the calls that wait for one thing: bytes to read, room to write, a
// connection to accept, the result of a connect. The calls are served in the order of arrival.
type side struct {
	first, last *call
	scheduled   *call                // ordered: calls whose instant has not come
	spareCall   atomic.Pointer[call] // for reuse
	alarm       uint32               // its tag in Network.alarms plus 1; 0 = none
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

// recycle keeps a call that has ended for reuse, without what it points to.
func (s *side) recycle(k *call) {
	k.conn, k.buf, k.n, k.err, k.do = nil, nil, 0, nil, nil
	s.spareCall.Store(k)
}

// wait makes a call and returns when the call has ended. The caller has locked the network;
// wait unlocks it.
func (n *Network) wait(k *call) {
	switch {
	case n.ordered && n.closed && k.attempt(): // on a closed network the order does not matter
		n.leave()
		return
	case n.ordered:
		k.rank.waits = true
		n.calls.add(k, n.now()+1)
		k.next, k.side.scheduled = k.side.scheduled, k
	case k.side.first != nil || !k.attempt():
		k.side.push(k)
		if k.kind == callRead { // a Read without data changes nothing
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

// runScheduled makes the calls that are due by now, and reports whether there were any.
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

// schedule schedules a call that has returned, for the model to process.
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

// apply makes in the model a call that has returned.
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

// attempt makes the call. It returns false if the call must wait.
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

// finish ends the call. leave wakes its caller.
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

// serve retries the waiting calls, and ends those that succeed.
func (s *side) serve() {
	if s.serving {
		return // a caller up the stack is in the loop below
	}
	s.serving = true
	for s.first != nil && s.first.attempt() {
		s.pop().finish()
	}
	s.serving = false
}

// end ends the calls that have nothing more to wait for: their deadline has passed, or their
// object is closed. It also ends scheduled calls. A call must return at the same instant
// whether it came before or after the event that ends it.
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

// unschedule removes a call from the scheduled ones.
func (s *side) unschedule(k *call) {
	at := &s.scheduled
	for *at != k {
		at = &(*at).next
	}
	*at, k.next = k.next, nil
}

// setDeadline sets the instant at which waiting calls end. 0 means never.
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

// rank returns the rank of the first waiting call, the zero rank if there is none.
func (s *side) rank() rank {
	if s.first == nil {
		return rank{}
	}
	return s.first.rank
}

// do makes a call that never waits, such as listen, at its place in the order of calls.
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

// errDeadline is the error of a call after its deadline.
var errDeadline = os.ErrDeadlineExceeded
