package netmodel

// What a listening host decides about a connection request: at its SYN and, if half-open
// connections have a queue of their own, at its final ACK. The profile has the answers:
// OnFull, OnAckFull and SynQueue.

// request decides about a SYN. at is the listening socket, 0 if there is none.
func (h *Host) request(at int32, s *Segment) {
	if at == 0 {
		h.record(Record{Kind: RequestRefused, Conn: s.Conn, Cause: NoListener})
		h.answerStray(s, NoListener)
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
	case l.separate:
		h.screen(l, s)
	case l.available == 0:
		h.overflow(l, s)
	case h.profile.Slots == SlotsOwnDescriptor && h.freeDescriptors() == 0:
		h.turnAway(l, s, NoDescriptor, h.profile.OnFull)
	default:
		h.admit(l, s)
	}
}

// olderChildren reports whether an accepted connection of an earlier listener on the same
// port is open. WS.X5
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

// overflow decides about a SYN that finds no slot. R4, WS.Q3
func (h *Host) overflow(l *listener, s *Segment) {
	switch {
	case l.pending()+l.lateSlots < l.limit && h.profile.Slots == SlotsFilled:
		h.turnAway(l, s, SlotsUsedUp, h.profile.OnFull)
	case h.profile.OnFull == EvictWhenFull && h.evict(l):
		l.available = max(l.available, 1) // one for one, even if a further listen has left too many pending
		h.admit(l, s)
	case h.profile.OnFull == HoldWhenFull:
		h.hold(l, s)
	default:
		h.turnAway(l, s, QueueFull, h.profile.OnFull)
	}
}

// screen decides about a SYN if half-open connections have a queue of their own. K2, K3
func (h *Host) screen(l *listener, s *Segment) {
	p := &h.profile
	q := &p.SynQueue
	half := h.halfOpen(l)
	crowded := half >= l.synRoom
	cookie := q.Cookies == CookiesAlways || crowded && q.Cookies == CookiesWhenFull
	full := int(l.done.len) >= l.atSyn && !(p.OnFull == IgnoreUnlessYoung && l.young < p.Young)
	switch {
	case crowded && !cookie && !q.Evicts:
		h.turnAway(l, s, SynQueueFull, IgnoreWhenFull)
	case full:
		h.turnAway(l, s, QueueFull, p.OnFull)
	case crowded && !cookie && !h.evict(l):
		h.turnAway(l, s, SynQueueFull, IgnoreWhenFull)
	case q.KeepsQuarter && q.Cookies == CookiesNever && half > q.Max-q.Max/4:
		h.turnAway(l, s, LastQuarter, IgnoreWhenFull)
	case cookie:
		h.sendCookie(l, s)
	default:
		h.admit(l, s)
	}
}

// turnAway refuses a request or leaves it unanswered. R4, WS.Q3, K2
func (h *Host) turnAway(l *listener, s *Segment, why Cause, how OnFull) {
	r := Record{Kind: RequestIgnored, Conn: s.Conn, Cause: why}
	switch how {
	case RefuseWhenFull, TryAgainWhenFull:
		r.Kind = RequestRefused
	default:
		if why == QueueFull && l.separate && (h.halfOpen(l) >= l.synRoom || h.profile.SynQueue.Cookies == CookiesAlways) {
			r.Value = BothQueuesFull
		}
	}
	h.recordListener(l, r)
	h.refusal = refusal{
		why:   why,
		limit: l.limit, pending: l.pending(), available: l.available, lateSlots: l.lateSlots, complete: int(l.done.len),
		half: h.halfOpen(l), synRoom: l.synRoom, atSyn: l.atSyn,
		freeDescriptors: h.freeDescriptors(),
		paused:          h.socks[l.sock].has(flagPaused),
		noBuffers:       h.faults&FaultNoBuffers != 0,
	}
	switch how {
	case RefuseWhenFull:
		h.answerStray(s, why)
	case TryAgainWhenFull:
		h.answer(s, why, AGAIN)
	}
}

// refusal is the cause of the last request that turnAway turned away, and the state then. Check
// verifies that the state justifies the cause.
type refusal struct {
	why                                            Cause
	limit, pending, available, lateSlots, complete int
	half, synRoom, atSyn                           int
	freeDescriptors                                int
	paused, noBuffers                              bool
}

// finalAck decides about a segment that acknowledges the SYN-ACK of a pending connection. It
// reports whether the connection is complete now. R3, K4, K14
func (h *Host) finalAck(i int32, s *Segment) bool {
	p := &h.socks[i]
	l := &h.lists[h.socks[p.listener].list]
	bare := s.Len == 0 && s.Flags&FIN == 0
	switch {
	case bare && p.resends < h.socks[p.listener].deferral:
		p.set(flagAcked, true)
		h.recordListener(l, Record{Kind: AckDeferred, Conn: p.conn, Since: p.since, Cause: WaitsForData})
		return false
	case !l.separate || int(l.done.len) < l.atAck || h.profile.OnAckFull == AdmitAck:
		h.complete(i)
		return true
	}
	switch h.profile.OnAckFull {
	case ResetAck:
		h.resetPending(i, AckOverflow)
	case ForgetAck:
		h.withdraw(i, AckOverflow)
	case DeferAck:
		h.unlinkHalf(l, i)
		h.disarm(i)
		p.acked, p.resends = p.sent, 0
		p.state = stateOpen
		p.set(flagHeld, true)
		h.link(&l.hidden, i)
		h.recordListener(l, Record{Kind: AckDeferred, Conn: p.conn, Since: p.since, Cause: HeldBack})
		return true
	default:
		p.set(flagAcked, true)
		h.recordListener(l, Record{Kind: AckIgnored, Conn: p.conn, Since: p.since, Cause: AckOverflow})
	}
	return false
}

// unlinkHalf removes a connection from the half-open ones.
func (h *Host) unlinkHalf(l *listener, i int32) {
	h.unlink(&l.half, i)
	if l.separate && h.socks[i].resends == 0 {
		l.young--
	}
}

// complete ends the handshake of a half-open connection. R3
func (h *Host) complete(i int32) {
	s := &h.socks[i]
	h.disarm(i)
	if !s.pending() {
		s.acked, s.resends = s.sent, 0
		s.state = stateOpen
		return
	}
	l := &h.lists[h.socks[s.listener].list]
	h.unlinkHalf(l, i)
	s.acked, s.resends = s.sent, 0
	s.state = stateOpen
	h.join(l, i, HandshakeComplete)
}
