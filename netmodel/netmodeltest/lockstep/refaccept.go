package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// first returns the connection that the next accept is about. WS.Q1, WS.C4
func (r *reference) first() int {
	switch {
	case r.deferred != noConn:
		return r.deferred
	case len(r.done) > 0:
		return r.done[0]
	case len(r.offered) > 0:
		return r.offered[0]
	}
	return noConn
}

// accept is WSPAccept.
func (r *reference) accept(way int, res *Result) winsock.Errno {
	switch {
	case !r.listening: // WS.A1
		return winsock.WSAEINVAL
	case r.fault(netmodel.FaultNoBuffers):
		return winsock.WSAENOBUFS
	case r.profile.DescriptorFirst && r.free() == 0: // K9
		if r.first() == noConn {
			r.mark(markDescriptorFirst)
		}
		return winsock.WSAEMFILE
	case r.withdrawn: // WS.C9
		r.withdrawn = false
		r.fill()
		r.promote()
		return winsock.WSAEACCES
	}
	i := r.first()
	if i == noConn { // WS.A2, WS.A4
		if r.profile.EmptyAcceptFills { // WS.D8
			r.fill()
			r.promote()
		}
		return winsock.WSAEWOULDBLOCK
	}
	c := &r.conns[i]
	starved := func() bool { return r.free() == 0 && !c.ownsFD } // WS.A3, WS.D3
	switch {
	case c.aborted && i == r.deferred: // WS.C9
		r.mark(markDeferredAborted)
		return r.acceptAborted(i, winsock.WSAEACCES)
	case starved() && r.profile.StarvedLoses: // ST.5
		r.loseConn(i)
		return winsock.WSAEMFILE
	case starved() && (way == acceptPlain || !r.profile.ConditionFirst): // WS.A3, WS.C11
		return winsock.WSAEMFILE
	case c.aborted && r.profile.Aborted == netmodel.AbortedAtAccept: // WS.X6
		return r.acceptAborted(i, winsock.WSAECONNRESET)
	case c.aborted && r.profile.Aborted == netmodel.AbortedAsAborted: // ST.4
		return r.acceptAborted(i, winsock.WSAECONNABORTED)
	}
	if way != acceptPlain {
		if starved() {
			r.mark(markAskStarved)
		}
		if e, decided := r.askCondition(i, way, res); decided {
			return e
		}
	}
	if starved() {
		return winsock.WSAEMFILE
	}
	r.handOver(i)
	res.Accepted = c.who
	return 0
}

// acceptAborted removes a connection that its client reset, and reports the reset. The
// connection had no descriptor, so its slot becomes available without one.
func (r *reference) acceptAborted(i int, e winsock.Errno) winsock.Errno {
	r.remove(i)
	r.releaseSlots(1)
	r.fill()
	r.decide(netmodel.Withdrawn, i, netmodel.ClientReset)
	r.promote()
	return e
}

// loseConn closes a connection that accept took from the queue without a free
// descriptor. ST.5
func (r *reference) loseConn(i int) {
	if slices.Contains(r.offered, i) { // its SYN is unanswered
		r.withdraw(i, netmodel.LostForDescriptor)
		return
	}
	c := &r.conns[i]
	r.remove(i)
	r.releaseSlots(1)
	r.decide(netmodel.Withdrawn, i, netmodel.LostForDescriptor)
	switch {
	case c.aborted:
	case c.unread > 0: // RFC 1122, section 4.2.2.13
		r.send(i, ReplyRst)
		r.mark(markLostUnread)
	default:
		r.finish(i, false)
	}
	r.promote()
}

// askCondition shows the connection to the condition function. It returns false if the
// condition function accepts.
func (r *reference) askCondition(i int, way int, res *Result) (winsock.Errno, bool) {
	res.Asked = r.conns[i].who
	slots := 1
	if slices.Contains(r.offered, i) {
		slots = 0
	}
	switch way {
	case acceptReject: // WS.C3
		r.reset(i, netmodel.Rejected)
		r.releaseSlots(slots)
		r.fill()
		r.promote()
		return winsock.WSAECONNREFUSED, true
	case acceptDefer: // WS.C4, WS.C10
		r.deferred = i
		r.fill()
		r.decide(netmodel.Deferred, i, netmodel.NoCause)
		r.promote()
		return winsock.WSATRY_AGAIN, true
	case acceptInvalid: // WS.C8, W
		if r.profile.Calls == netmodel.CallsWine {
			return winsock.WSAENOTSOCK, true
		}
		return winsock.WSAEINVAL, true
	case acceptYes:
		return 0, false
	}
	res.Nested = r.nestedCall(way)
	r.markNested(res.Nested)
	if !slices.Contains(r.done, i) && !slices.Contains(r.offered, i) {
		r.mark(markNestedEnded)
		return winsock.WSAECONNRESET, true // the condition function itself ended the connection
	}
	return 0, false
}

// nestedCall is the call that the condition function makes. WS.S3, WS.S4
func (r *reference) nestedCall(way int) winsock.Errno {
	if way == acceptOpening { // no socket call, so it is allowed
		return r.openFile()
	}
	if !r.profile.Nesting {
		return winsock.WSAEINPROGRESS
	}
	switch way {
	case acceptListening:
		return r.listen(1)
	case acceptAccepting:
		return r.accept(acceptPlain, &Result{})
	}
	r.closeListener()
	r.socket = false
	return 0
}

// handOver gives a pending connection to the program. The connection leaves the queue
// before the listener fills or its slot begins to return. WS.D5, WS.Q5
func (r *reference) handOver(i int) {
	c := &r.conns[i]
	wasOffered := slices.Contains(r.offered, i)
	r.markAccept(i)
	r.remove(i)
	r.accepted = append(r.accepted, i)
	c.ownsFD, c.accepted = false, true
	if !wasOffered && r.profile.SlotReturnDelay > 0 {
		r.returning++
		r.setTimer(timerSlot, noConn, r.profile.SlotReturnDelay)
	} else {
		r.fill()
	}
	r.decide(netmodel.RequestAccepted, i, netmodel.AcceptedByProgram)
	switch {
	case wasOffered: // the client gets its answer now. WS.Q10
		r.sendSynAck(i)
	case c.aborted: // WS.X7, K12
		c.over, c.broken = true, r.afterReset(c)
	}
	r.promote()
}
