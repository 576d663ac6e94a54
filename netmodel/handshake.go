package netmodel

// request answers a connection request. It is the one place that decides
// whether a request gets in.
func (h *Host) request(at int32, s Segment) {
	if at == 0 {
		h.record(Record{Kind: RequestRefused, Conn: s.Conn, Cause: NobodyListens})
		h.answerStray(s, NobodyListens)
		return
	}
	l := &h.lists[h.socks[at].list]
	switch {
	case h.socks[at].has(flagPaused):
		h.turnAway(l, s, Paused, RefuseWhenFull)
	case h.profile.ChildrenBlockRebind && h.olderChildren(at):
		h.turnAway(l, s, ChildrenAlive, RefuseWhenFull)
	case h.faults&FaultNoBuffers != 0:
		h.turnAway(l, s, OutOfBuffers, IgnoreWhenFull)
	case h.socks[at].has(flagConditional):
		h.offer(l, s)
	case l.available == 0 && l.pending()+l.late < l.limit && h.profile.Slots == SlotsFilled:
		h.turnAway(l, s, SlotsUsedUp, h.profile.OnFull)
	case l.available == 0:
		h.turnAway(l, s, QueueFull, h.profile.OnFull)
	case h.profile.Slots == SlotsOwnDescriptor && h.freeDescriptors() == 0:
		h.turnAway(l, s, NoDescriptor, h.profile.OnFull)
	default:
		h.admit(l, s)
	}
}

// refusal remembers why the last request was turned away and what was the case
// then, so that Check can look whether the reason held.
type refusal struct {
	why                             Cause
	limit, pending, available, late int
	freeDescriptors                 int
	paused, noBuffers               bool
}

// turnAway refuses a request or leaves it unanswered. R4, WS.Q3
func (h *Host) turnAway(l *listener, s Segment, why Cause, how OnFull) {
	kind := RequestRefused
	if how == IgnoreWhenFull {
		kind = RequestIgnored
	}
	h.recordListener(l, Record{Kind: kind, Conn: s.Conn, Cause: why})
	h.refusal = refusal{
		why:   why,
		limit: l.limit, pending: l.pending(), available: l.available, late: l.late,
		freeDescriptors: h.freeDescriptors(),
		paused:          h.socks[l.sock].has(flagPaused),
		noBuffers:       h.faults&FaultNoBuffers != 0,
	}
	if how == RefuseWhenFull {
		h.answerStray(s, why)
	}
}

// admit takes a slot and answers the request with a SYN-ACK. R3
func (h *Host) admit(l *listener, s Segment) {
	i := h.newPending(l.sock, s, stateHalfOpen)
	h.link(&l.half, i)
	l.available--
	if h.profile.Slots == SlotsOwnDescriptor {
		h.socks[i].heldFD = h.table.open(heldOpen)
	}
	h.recordListener(l, Record{Kind: RequestQueued, Conn: s.Conn, Since: h.now, Cause: Queued})
	h.sendSynAck(i)
}

// offer keeps a request, unanswered, for the condition function. It takes no
// slot: the backlog is without effect. WS.Q10
func (h *Host) offer(l *listener, s Segment) {
	i := h.newPending(l.sock, s, stateOffered)
	h.link(&l.offered, i)
	h.arm(i, h.profile.OfferLifetime)
	h.recordListener(l, Record{Kind: RequestOffered, Conn: s.Conn, Since: h.now, Cause: Offered})
}

func (h *Host) newPending(at int32, s Segment, st state) int32 {
	i := h.newSocket(Stream, st)
	p := &h.socks[i]
	p.local, p.remote, p.conn = s.Dst, s.Src, s.Conn
	p.listener, p.since = at, h.now
	p.received, p.read = s.Seq+1, s.Seq+1
	p.acked = h.initialSequence(i)
	p.sent = p.acked + 1
	h.tuples[p.key()] = i
	return i
}

// initialSequence returns a sequence number that differs from socket to socket,
// so that a segment of an earlier connection is recognised.
func (h *Host) initialSequence(i int32) uint32 {
	return uint32(h.socks[i].serial) * 0x9e3779b1 // odd, so it repeats after 2^32 sockets only
}

func (h *Host) sendSynAck(i int32) {
	s := &h.socks[i]
	h.send(Segment{Src: s.local, Dst: s.remote, Seq: s.acked, Ack: s.received, Flags: SYN | ACK, Conn: s.conn})
	h.arm(i, h.profile.SynAck.Wait(s.resends))
}

// synAckTimeout sends the SYN-ACK again or, after the last one, gives up.
// WS.T9
func (h *Host) synAckTimeout(i int32) {
	s := &h.socks[i]
	if s.resends < h.profile.SynAck.Retries {
		s.resends++
		h.record(Record{Kind: SynAckAgain, Conn: s.conn, Value: int64(s.resends), FD: s.fd})
		h.sendSynAck(i)
		return
	}
	if s.pending() {
		h.withdraw(i, HandshakeOver)
		return
	}
	h.breakConnection(i, WSAETIMEDOUT, HandshakeOver)
}

// arriveOffered handles a segment for a request that waits for a decision.
func (h *Host) arriveOffered(i int32, s Segment) {
	p := &h.socks[i]
	switch {
	case s.Flags&RST != 0 && s.Seq == p.received:
		h.withdraw(i, ClientGone)
	case s.Flags&(SYN|ACK) == SYN && s.Seq+1 == p.received:
		h.arm(i, h.profile.OfferLifetime) // still asking
	case s.Flags&(SYN|ACK) == SYN: // another attempt from the same address
		h.withdraw(i, ClientGone)
		h.Deliver(s)
	}
}

// arriveHalfOpen handles a segment for a connection whose SYN-ACK has not been
// acknowledged.
func (h *Host) arriveHalfOpen(i int32, s Segment) {
	p := &h.socks[i]
	switch {
	case s.Flags&RST != 0:
		if s.Seq != p.received {
			return
		}
		if p.pending() {
			h.withdraw(i, ClientGone)
			return
		}
		h.breakConnection(i, WSAECONNRESET, PeerReset)
	case s.Flags&SYN != 0 && s.Seq+1 == p.received:
		h.send(Segment{Src: p.local, Dst: p.remote, Seq: p.acked, Ack: p.received, Flags: SYN | ACK, Conn: p.conn})
	case s.Flags&SYN != 0:
		h.sendAck(i) // another attempt from the same address: its answer clears this one
	case s.Flags&ACK == 0 || s.Ack != p.sent:
		h.answerStray(s, NoSuchConnection)
	default:
		h.complete(i)
		h.arriveOpen(i, s)
	}
}

// complete ends the handshake of a half-open connection. R3
func (h *Host) complete(i int32) {
	s := &h.socks[i]
	h.disarm(i)
	s.acked, s.resends = s.sent, 0
	if !s.pending() {
		s.state = stateOpen
		return
	}
	l := &h.lists[h.socks[s.listener].list]
	h.unlink(&l.half, i)
	s.state = stateOpen
	h.places++
	s.place = h.places
	place := l.done.len // in the queue
	if h.profile.Order == OrderByArrival {
		h.linkByArrival(&l.done, i)
		place = h.placeIn(&l.done, i)
	} else {
		h.link(&l.done, i)
	}
	h.recordListener(l, Record{Kind: Completed, Conn: s.conn, Since: s.since, Value: int64(place), Cause: HandshakeComplete})
}

// abortPending handles the RST of a client whose connection is complete and
// pending. WS.X6, WS.X7, WS.Q7
func (h *Host) abortPending(i int32) {
	if h.profile.Aborted == AbortedWithdraws {
		h.withdraw(i, ClientGone)
		return
	}
	s := &h.socks[i]
	s.set(flagAborted, true)
	s.state = stateOpen
	h.disarm(i)
	delete(h.tuples, s.key())
	l := &h.lists[h.socks[s.listener].list]
	why := ClientReset
	if h.profile.Aborted == AbortedAtReceive {
		why = ClientResetQuietly
	}
	h.recordListener(l, Record{Kind: AbortedPending, Conn: s.conn, Since: s.since, Cause: why})
}

// olderChildren reports whether an accepted connection of an earlier listener
// on the same port is alive. WS.X5
func (h *Host) olderChildren(at int32) bool {
	l := &h.socks[at]
	for i := range h.socks {
		s := &h.socks[i]
		if s.state == stateOpen && s.has(flagAccepted) && s.local.Port == l.local.Port && s.serial <= h.lists[l.list].born {
			return true
		}
	}
	return false
}

// answerStray answers a segment that nobody wants with an RST, as RFC 9293
// section 3.10.7.1 says. An RST is never answered.
func (h *Host) answerStray(s Segment, why Cause) {
	if s.Flags&RST != 0 {
		return
	}
	r := Segment{Src: s.Dst, Dst: s.Src, Flags: RST, Why: why, Conn: s.Conn}
	if s.Flags&ACK != 0 {
		r.Seq = s.Ack
	} else {
		r.Flags |= ACK
		r.Ack = s.end()
	}
	h.send(r)
}
