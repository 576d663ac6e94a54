package netmodeltest

import (
	"slices"
	"time"

	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/winsock"
)

// oneQueue is a listener whose half-open and complete connections share one queue,
// as on the WSPListen page.
type oneQueue struct {
	listener
	limit     int
	available int
	queue     []*conn // complete in the order of accept, then half-open in order of arrival
}

// Supports leaves out the operations that the listener does not know.
func (q *oneQueue) Supports(op lockstep.Op) bool {
	return supports(op) || op.Kind == lockstep.Accept && slices.Contains([]string{"accept", "reject", "defer", "invalid"}, op.Arg())
}

// Do performs one operation.
func (q *oneQueue) Do(op lockstep.Op) lockstep.Result { return q.do(op, q) }

func (q *oneQueue) pending() []*conn { return slices.Clone(q.queue) }

func (q *oneQueue) retries() int { return int(q.profile.SynAck.Retries) }

func (q *oneQueue) slots() (limit, available int) { return q.limit, q.available }

func (q *oneQueue) fill() {
	if q.mistake == neverFills {
		return
	}
	room := min(q.limit-q.used(), q.free())
	if q.mistake == fillsWithoutDescriptors {
		room = q.limit - q.used()
	}
	if room > q.available || q.mistake == fillShrinks {
		q.available = max(0, room)
	}
}

// used returns how many connections hold a slot.
func (q *oneQueue) used() int {
	n := 0
	for _, c := range q.queue {
		if c.complete || q.mistake != halfOpenTakesNoSlot {
			n++
		}
	}
	return n
}

// effective returns the effective backlog of listen(n).
func (q *oneQueue) effective(n int) int {
	b := q.profile.Backlog
	switch {
	case q.mistake == takesSomaxconnForFive && n == b.Somaxconn:
		return 5
	case q.mistake == takesZeroForMost && n == 0:
		return b.Max
	case q.mistake == doesNotClamp && n > 0 && n != b.Somaxconn:
		return n
	}
	return min(max(n, b.Min), b.Max)
}

func (q *oneQueue) listen(n int) winsock.Errno {
	starved := q.free() == 0
	switch {
	case !q.listening && starved && q.mistake != starvedListenSucceeds, q.listening && starved && q.mistake == starvedRelistenFails:
		return winsock.WSAEMFILE
	case q.listening && q.mistake == relistenKeeps:
		q.fill()
		return 0
	}
	if !q.listening {
		q.listening, q.available = true, 0
		if q.mistake == neverFills {
			q.available = min(q.effective(n), q.free())
		}
	}
	q.limit = q.effective(n)
	if q.mistake == relistenResetsAll {
		for len(q.queue) > 0 {
			q.reset(q.queue[0])
		}
	}
	for q.used() > q.limit {
		q.reset(q.excess())
	}
	if q.mistake != trimLeavesSlots {
		q.available = min(q.available, q.limit-q.used())
	}
	q.fill()
	return 0
}

// excess returns the newest connection that is not deferred, or the deferred one
// if there is no other.
func (q *oneQueue) excess() *conn {
	c := q.queue[0]
	for _, o := range q.queue[1:] {
		if c == q.deferred || o != q.deferred && (o.arrival > c.arrival) != (q.mistake == trimsOldest) {
			c = o
		}
	}
	return c
}

func (q *oneQueue) remove(c *conn) {
	q.queue = slices.DeleteFunc(q.queue, func(o *conn) bool { return o == c })
	if q.deferred == c {
		q.deferred = nil
	}
}

// reset ends a connection that a smaller backlog has no slot for.
func (q *oneQueue) reset(c *conn) {
	q.remove(c)
	if !c.aborted && q.mistake != forgetsToResetTrimmed {
		q.send(c.attempt, lockstep.ReplyRst)
	}
}

func (q *oneQueue) withdraw(c *conn) {
	q.remove(c)
	q.available++
}

func (q *oneQueue) expire(c *conn) {
	switch q.mistake {
	case neverExpires:
		c.due = c.due.Add(24 * time.Hour)
	case expiryLosesTheSlot:
		q.remove(c)
	default:
		q.withdraw(c)
	}
}

// add puts a connection in its place: complete ones before half-open ones, and
// each kind in the order in which they became so.
func (q *oneQueue) add(c *conn) {
	at := 0
	for at < len(q.queue) && q.queue[at].complete && (q.mistake != ordersByArrival || q.queue[at].arrival < c.arrival) {
		at++
	}
	if !c.complete {
		at = len(q.queue)
	}
	q.queue = slices.Insert(q.queue, at, c)
}

func (q *oneQueue) request(who lockstep.Attempt) {
	room := q.available
	switch q.mistake {
	case refusesOneEarly:
		room--
	case admitsOneTooMany:
		room++
	}
	if !q.listening || room <= 0 {
		if !q.listening || q.mistake != ignoresWhenFull {
			q.send(who, lockstep.ReplyRst)
		}
		return
	}
	c := q.newConn(who)
	q.add(c)
	q.setTimer(c)
	if q.mistake != halfOpenTakesNoSlot {
		q.available = max(0, q.available-1)
	}
	q.send(who, lockstep.ReplySynAck)
}

func (q *oneQueue) ack(who lockstep.Attempt, c *conn) {
	switch {
	case c == nil:
		q.send(who, lockstep.ReplyRst)
	case !c.complete:
		q.remove(c)
		c.complete = true
		q.add(c)
	}
}

func (q *oneQueue) accept(op lockstep.Op, r *lockstep.Result) winsock.Errno {
	if len(q.queue) == 0 || !q.queue[0].complete {
		if q.mistake != emptyAcceptDoesNotFill {
			q.fill()
		}
		return winsock.WSAEWOULDBLOCK
	}
	c := q.queue[0]
	switch {
	case c.aborted && c == q.deferred:
		return q.removeAborted(c, winsock.WSAEACCES)
	case q.free() == 0:
		return q.starve(c)
	case c.aborted && q.mistake == abortedHandsOutAnother:
		q.removeAborted(c, 0)
		return q.accept(op, r)
	case c.aborted:
		return q.removeAborted(c, winsock.WSAECONNRESET)
	case op.Arg() != "":
		r.Asked = c.attempt
	}
	switch op.Arg() {
	case "reject":
		return q.reject(c)
	case "defer":
		q.deferred = c
		if q.mistake == deferGoesToTheTail {
			q.remove(c)
			q.add(c)
		}
		q.fill()
		return winsock.WSATRY_AGAIN
	case "invalid":
		return winsock.WSAEINVAL
	}
	r.Accepted = q.take(c)
	return 0
}

// starve is an accept without a free descriptor.
func (q *oneQueue) starve(c *conn) winsock.Errno {
	switch q.mistake {
	case losesSlotOnEMFILE:
		q.available = max(0, q.available-1)
	case losesConnectionOnEMFILE:
		q.remove(c)
	}
	return winsock.WSAEMFILE
}

func (q *oneQueue) removeAborted(c *conn, e winsock.Errno) winsock.Errno {
	q.withdraw(c)
	q.fill()
	return e
}

func (q *oneQueue) reject(c *conn) winsock.Errno {
	q.remove(c)
	if q.mistake != rejectIsSilent {
		q.send(c.attempt, lockstep.ReplyRst)
	}
	if q.mistake != rejectKeepsTheSlot {
		q.available++
		q.fill()
	}
	return winsock.WSAECONNREFUSED
}

// take gives a connection to the program.
func (q *oneQueue) take(c *conn) lockstep.Attempt {
	if q.mistake == acceptsLastFirst {
		for _, o := range q.queue {
			if o.complete && !o.aborted {
				c = o
			}
		}
	}
	if q.mistake == fillsBeforeRemoving {
		q.fill()
	}
	q.remove(c)
	q.accepted = append(q.accepted, c)
	if q.mistake != fillsBeforeRemoving {
		q.fill()
	}
	return c.attempt
}
