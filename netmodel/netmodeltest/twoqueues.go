package netmodeltest

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// twoQueues is a listener with a SYN queue and an accept queue, as the rules K1 to
// K12 of Linux have it.
type twoQueues struct {
	listener
	backlog  int
	done     []*conn                     // the accept queue, in the order of completion
	half     []*conn                     // the SYN queue, in order of arrival
	cookieAt sim.Time                    // when the last cookie was sent, below 0: never
	synAcks  [lockstep.MaxClients]synAck // the last SYN-ACK of each client
}

// synAck is what a SYN-ACK stands for: a half-open connection, or a cookie.
type synAck struct {
	attempt lockstep.Attempt
	arrival int // of the connection, 0 for a cookie
	cookie  bool
	period  int // of the cookie
}

// Supports leaves out the operations that the listener does not know.
func (q *twoQueues) Supports(op lockstep.Op) bool { return supports(op) }

// Do performs one operation.
func (q *twoQueues) Do(op lockstep.Op) lockstep.Result { return q.do(op, q) }

func (q *twoQueues) pending() []*conn { return slices.Concat(q.done, q.half) }

// room returns how many complete connections fit. K1
func (q *twoQueues) room() int { return q.profile.AtAck.Of(q.backlog) }

func (q *twoQueues) slots() (limit, available int) { return q.room(), max(0, q.room()-len(q.done)) }

// fill does nothing: a slot needs no descriptor.
func (q *twoQueues) fill() {}

func (q *twoQueues) listen(n int) winsock.Errno {
	if !q.listening {
		q.cookieAt = -1
	}
	q.listening, q.backlog = true, q.profile.Backlog.Effective(n)
	for q.mistake == trimsOnListen && len(q.done) > q.room() {
		last := q.done[len(q.done)-1]
		q.remove(last)
		q.send(last.attempt, lockstep.ReplyRst)
	}
	return 0
}

func (q *twoQueues) accept(_ lockstep.Op, r *lockstep.Result) winsock.Errno {
	switch starved := q.free() == 0; {
	case starved && (q.mistake != looksBeforeTheDescriptor || len(q.done) > 0):
		if q.mistake == losesConnectionOnEMFILE && len(q.done) > 0 {
			q.done = q.done[1:]
		}
		return winsock.WSAEMFILE
	case len(q.done) == 0:
		return winsock.WSAEWOULDBLOCK
	}
	c := q.done[0]
	q.remove(c)
	c.over = c.aborted
	q.accepted = append(q.accepted, c)
	r.Accepted = c.attempt
	at := slices.IndexFunc(q.half, func(c *conn) bool { return c.ignored })
	if q.mistake == roomLetsPhantomsIn && at >= 0 {
		q.promote(q.half[at])
	}
	return 0
}

// request decides about a SYN. K2, K3
func (q *twoQueues) request(who lockstep.Attempt) {
	syns := &q.profile.SynQueue
	places, synRoom := len(q.done), syns.Limit.Of(q.backlog)
	switch q.mistake {
	case reservesAtSyn:
		places += len(q.half)
	case looksAtSynQueueOnly:
		places = 0
	case keepsNoRoomForOneMore:
		synRoom--
	}
	crowded := len(q.half) >= synRoom
	switch {
	case crowded && syns.Cookies == netmodel.CookiesNever:
	case places >= q.profile.AtSyn.Of(q.backlog) && !q.exception():
		if q.mistake == abortRefusesSyn {
			q.send(who, lockstep.ReplyRst)
		}
	case crowded:
		q.cookieAt = q.now
		q.synAcks[who.Client] = synAck{attempt: who, cookie: true, period: period(q.now)}
		q.send(who, lockstep.ReplySynAck)
		if q.mistake == cookiesAreSentAgain {
			q.addHalfOpen(who)
		}
	default:
		c := q.addHalfOpen(who)
		q.synAcks[who.Client] = synAck{attempt: who, arrival: c.arrival}
		q.send(who, lockstep.ReplySynAck)
	}
}

func (q *twoQueues) addHalfOpen(who lockstep.Attempt) *conn {
	c := q.newConn(who)
	q.half = append(q.half, c)
	q.setTimer(c)
	return c
}

// exception reports whether a full accept queue lets a SYN in all the same.
func (q *twoQueues) exception() bool {
	return q.profile.OnFull == netmodel.IgnoreUnlessYoung && (q.young() < q.profile.Young || q.mistake == letsEverybodyIn)
}

// young returns how many half-open connections were sent one SYN-ACK only.
func (q *twoQueues) young() int {
	n := 0
	for _, c := range q.half {
		if c.resends == 0 || q.mistake == oldOnesAreYoung {
			n++
		}
	}
	return n
}

// period returns the number of the minute, by which a cookie is dated.
func period(at sim.Time) int { return int(time.Duration(at) / time.Minute) }

// ack handles the final ACK of a client. K4, K7
func (q *twoQueues) ack(who lockstep.Attempt, c *conn) {
	acked := q.synAcks[who.Client]
	if acked.attempt != who {
		acked = synAck{}
	}
	full := len(q.done) >= q.room()
	switch q.mistake {
	case countsHalfOpenAtAck:
		full = len(q.done)+len(q.half) > q.room()
	case admitsOneMore:
		full = len(q.done) > q.room()
	}
	switch {
	case c != nil && c.complete:
	case c == nil && !q.cookieCounts(acked), c != nil && c.arrival != acked.arrival && q.mistake != cookiesAreSentAgain:
		q.send(who, lockstep.ReplyRst)
	case c == nil && !full:
		c = q.newConn(who)
		c.complete = true
		q.done = append(q.done, c)
	case c == nil:
		if q.profile.OnAckFull == netmodel.ResetAck && q.mistake == abortResetsCookies {
			q.send(who, lockstep.ReplyRst)
		}
	case !full && !(c.ignored && q.mistake == phantomsGetOneTry):
		q.promote(c)
	case q.profile.OnAckFull == netmodel.ResetAck || q.mistake == resetsPhantoms:
		q.remove(c)
		q.send(who, lockstep.ReplyRst)
	case q.mistake == forgetsPhantoms:
		q.remove(c)
	default:
		c.ignored = true
	}
}

// cookieCounts reports whether an ACK carries a cookie that is valid.
func (q *twoQueues) cookieCounts(a synAck) bool {
	switch {
	case !q.listening || !a.cookie || q.cookieAt < 0 || q.mistake == cookiesAreForgotten:
		return false
	case q.mistake == cookiesLastForEver:
		return true
	}
	return period(q.now)-a.period <= 1 && q.now.Sub(q.cookieAt) <= 2*time.Minute
}

func (q *twoQueues) remove(c *conn) {
	same := func(o *conn) bool { return o == c }
	q.half, q.done = slices.DeleteFunc(q.half, same), slices.DeleteFunc(q.done, same)
}

func (q *twoQueues) withdraw(c *conn) { q.remove(c) }

func (q *twoQueues) expire(c *conn) {
	q.remove(c)
	if q.mistake == expiryResets {
		q.send(c.attempt, lockstep.ReplyRst)
	}
}

// promote moves a half-open connection to the accept queue.
func (q *twoQueues) promote(c *conn) {
	q.remove(c)
	c.complete = true
	at := len(q.done)
	for q.mistake == ordersBySyn && at > 0 && q.done[at-1].arrival > c.arrival {
		at--
	}
	q.done = slices.Insert(q.done, at, c)
}

// retries returns how often a SYN-ACK is sent again: at least twice, and less often
// while old half-open connections take more than half the room. K6
func (q *twoQueues) retries() int {
	n := int(q.profile.SynAck.Retries)
	if 2*len(q.half) <= max(8, q.backlog) && q.mistake != prunesAlways || q.mistake == prunesNever {
		return n
	}
	for young := 2 * q.young(); n > 2 && len(q.half) >= young; young *= 2 {
		n--
	}
	return n
}
