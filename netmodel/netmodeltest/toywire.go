package netmodeltest

import (
	"slices"
	"time"

	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/winsock"
)

// first returns whom accept is about, nil if nobody is complete.
func (t *toy) first() *toyConn {
	if len(t.queue) == 0 || !t.queue[0].complete {
		return nil
	}
	return t.queue[0]
}

func (t *toy) accept(way lockstep.AcceptWay, r *lockstep.Result) winsock.Errno {
	c := t.first()
	switch {
	case !t.open:
		return winsock.WSAENOTSOCK
	case !t.listening:
		return winsock.WSAEINVAL
	case t.withdrawn:
		t.withdrawn = false
		t.fill()
		return winsock.WSAEACCES
	case c == nil:
		if t.bug != emptyAcceptDoesNotFill {
			t.fill()
		}
		return winsock.WSAEWOULDBLOCK
	case c.aborted && c == t.deferred:
		return t.removeAborted(c, winsock.WSAEACCES)
	case t.free() == 0:
		return t.emfile(c)
	case c.aborted && t.bug == abortedHandsOutAnother:
		t.removeAborted(c, 0)
		return t.accept(way, r)
	case c.aborted:
		return t.removeAborted(c, winsock.WSAECONNRESET)
	case way != lockstep.AcceptPlain:
		r.Asked = c.who
	}
	switch way {
	case lockstep.AcceptReject:
		return t.reject(c)
	case lockstep.AcceptDefer:
		t.deferred = c
		if t.bug == deferGoesToTheTail {
			t.leave(c)
			t.enqueue(c)
		}
		t.fill()
		return winsock.WSATRY_AGAIN
	case lockstep.AcceptInvalid:
		return winsock.WSAEINVAL
	}
	t.hand(c, r)
	return 0
}

func (t *toy) emfile(c *toyConn) winsock.Errno {
	switch t.bug {
	case losesSlotOnEMFILE:
		t.available = max(0, t.available-1)
	case losesConnectionOnEMFILE:
		t.leave(c)
	}
	return winsock.WSAEMFILE
}

func (t *toy) removeAborted(c *toyConn, e winsock.Errno) winsock.Errno {
	t.leave(c)
	t.available++
	t.fill()
	return e
}

func (t *toy) reject(c *toyConn) winsock.Errno {
	t.leave(c)
	if t.bug != rejectIsSilent {
		t.say(c.who, lockstep.Reset)
	}
	if t.bug != rejectKeepsTheSlot {
		t.available++
		t.fill()
	}
	return winsock.WSAECONNREFUSED
}

func (t *toy) hand(c *toyConn, r *lockstep.Result) {
	if t.bug == acceptsLastFirst {
		for _, o := range t.queue {
			if o.complete && !o.aborted {
				c = o
			}
		}
	}
	if t.bug == fillsBeforeRemoving {
		t.fill()
	}
	t.leave(c)
	t.taken = append(t.taken, c)
	if t.bug != fillsBeforeRemoving {
		t.fill()
	}
	r.Accepted = c.who
}

func (t *toy) close() winsock.Errno {
	if !t.open {
		return winsock.WSAENOTSOCK
	}
	if t.bug != closeRemembersTheQueue {
		for _, c := range t.queue {
			if !c.aborted && t.bug != closeLeavesClients {
				t.say(c.who, lockstep.Reset)
			}
		}
		t.queue, t.deferred = nil, nil
	}
	t.open, t.listening, t.withdrawn = false, false, false
	return 0
}

func (t *toy) hangup(client int) winsock.Errno {
	at := slices.IndexFunc(t.taken, func(c *toyConn) bool { return c.who.Client == client })
	if at < 0 {
		return winsock.WSAENOTSOCK
	}
	c := t.taken[at]
	t.taken = slices.Delete(t.taken, at, at+1)
	switch {
	case !c.tripped:
		t.say(c.who, lockstep.Reset)
	case t.bug == brokenLeaksDescriptor:
		t.files++
	}
	return 0
}

// find returns the connection of a client's present attempt, nil if there is
// none that segments can reach.
func (t *toy) find(client int) *toyConn {
	who := lockstep.Try{Client: client, Number: t.numbers[client]}
	for _, c := range slices.Concat(t.queue, t.taken) {
		if c.who == who && !c.aborted && !c.tripped {
			return c
		}
	}
	return nil
}

func (t *toy) segment(op lockstep.Op) {
	if op.Kind == lockstep.Syn {
		t.numbers[op.Client]++
	}
	c := t.find(op.Client)
	who := lockstep.Try{Client: op.Client, Number: t.numbers[op.Client]}
	switch {
	case op.Kind == lockstep.Rst:
		if c != nil {
			t.clientReset(c)
		}
	case op.Kind == lockstep.Ack:
		switch {
		case c == nil:
			t.say(who, lockstep.Reset)
		case !c.complete:
			t.leave(c)
			c.complete = true
			t.enqueue(c)
		}
	case c == nil || t.bug == duplicateTakesASlot && !c.complete:
		t.request(who)
	case c.complete:
		t.say(who, lockstep.PlainAck)
	default:
		t.say(who, lockstep.SynAck)
	}
}

// enqueue puts a connection where it belongs: complete ones before half-open
// ones, and in the order in which they came to be so.
func (t *toy) enqueue(c *toyConn) {
	at := 0
	for at < len(t.queue) && t.queue[at].complete && (t.bug != ordersByArrival || t.queue[at].arrival < c.arrival) {
		at++
	}
	if !c.complete {
		at = len(t.queue)
	}
	t.queue = slices.Insert(t.queue, at, c)
}

func (t *toy) request(who lockstep.Try) {
	room := t.available
	switch t.bug {
	case refusesOneEarly:
		room--
	case admitsOneTooMany:
		room++
	}
	if !t.listening || room <= 0 {
		if !t.listening || t.bug != ignoresWhenFull {
			t.say(who, lockstep.Reset)
		}
		return
	}
	t.arrivals++
	t.enqueue(&toyConn{who: who, arrival: t.arrivals, due: t.now + t.profile.SynAck.Wait(0)})
	if t.bug != halfOpenTakesNoSlot {
		t.available = max(0, t.available-1)
	}
	t.say(who, lockstep.SynAck)
}

func (t *toy) clientReset(c *toyConn) {
	switch {
	case slices.Contains(t.taken, c):
		c.tripped = true
	case !c.complete, t.bug == abortedLeavesAtOnce:
		t.withdraw(c)
	default:
		c.aborted = true
		if c == t.deferred && t.bug == withdrawnGoesUnreported {
			t.withdraw(c)
		}
	}
}

func (t *toy) withdraw(c *toyConn) {
	t.leave(c)
	t.available++
}

// pass lets time pass: half-open connections are sent their SYN-ACK again, and
// given up in the end.
func (t *toy) pass(d time.Duration) {
	until := t.now + d
	for {
		var next *toyConn
		for _, c := range t.queue {
			if !c.complete && c.due <= until && (next == nil || c.due < next.due) {
				next = c
			}
		}
		if next == nil {
			break
		}
		t.now = next.due
		if next.resends < int(t.profile.SynAck.Retries) {
			next.resends++
			t.say(next.who, lockstep.SynAck)
			next.due += t.profile.SynAck.Wait(uint8(next.resends))
			continue
		}
		t.expire(next)
	}
	t.now = until
}

func (t *toy) expire(c *toyConn) {
	switch t.bug {
	case neverExpires:
		c.due += 24 * time.Hour
	case expiryLosesTheSlot:
		t.leave(c)
	default:
		t.withdraw(c)
	}
}
