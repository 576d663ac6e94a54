package netmodel

import (
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// The accept queue. accept takes complete connections from the queue of a listener.
// Half-open connections wait for their final ACK: in slots of the same queue, or in a SYN
// queue of their own. The order of this file: how large the queue is, how connections get
// in, how slots become available again, how connections leave, what the records say.
// syn.go decides when a SYN gets in. Listen is in listen.go, Accept in accept.go, the end of
// a listener in close.go.

// listener is the queue of one listening socket. A slot is taken (pending), available, or
// used up. A used-up slot waits for fill. pending + available <= limit.
type listener struct {
	sock      int32
	backlog   int    // the effective backlog
	limit     int    // most that may be pending
	atSyn     int    // Profile.AtSyn, AtAck and SynQueue for this backlog
	atAck     int    //
	synRoom   int    //
	separate  bool   // half-open connections have a queue of their own and take no slots
	cookies   bool   // a SYN cookie was sent, last at lastCookie
	young     int    // half-open connections whose SYN-ACK was sent only once
	available int    // slots that the next requests may take
	lateSlots int    // slots that accept gave back and that are not available yet. WS.Q5
	asked     int    // the argument of the last listen that set the backlog
	born      uint64 // sockets made on the host before the first listen. WS.X5
	half      chain  // half-open, in order of arrival
	done      chain  // complete, in the order of accept
	offered   chain  // requests that wait for the condition function; they take no slot. WS.Q10
	held      chain  // unanswered requests that wait for room. D
	hidden    chain  // complete connections that wait for room
	deferred  int32  // the request that the condition function deferred, 0 = none
	withdrawn bool   // the client of the deferred request has gone since the last accept. WS.C9

	lastCookie sim.Time
}

func (h *Host) newListener() int32 {
	if n := len(h.freeLists); n > 0 {
		i := h.freeLists[n-1]
		h.freeLists = h.freeLists[:n-1]
		return i
	}
	h.lists = append(h.lists, listener{})
	return int32(len(h.lists) - 1)
}

// resize computes all limits from the argument of listen, so that no segment has to compute
// them again.
func (h *Host) resize(l *listener, argument int) {
	p := &h.profile
	l.asked, l.backlog = argument, p.Backlog.Effective(argument)
	l.atSyn, l.atAck, l.limit = p.AtSyn.Of(l.backlog), noLimit, 0
	l.separate = p.SynQueue.Separate
	l.limit = max(0, l.atSyn)
	if !l.separate {
		return
	}
	l.atAck = p.AtAck.Of(l.backlog)
	if l.atAck < noLimit {
		l.limit = max(0, l.atAck)
	}
	if l.synRoom == 0 || p.SynQueue.Size != SizePow2OfBacklog { // the first listen fixes SizePow2OfBacklog
		l.synRoom = p.SynQueue.size(l.backlog)
	}
}

// pending returns how many slots are taken. Half-open connections count (WS.Q6)
// unless they have a queue of their own.
func (l *listener) pending() int {
	if l.separate {
		return int(l.done.len)
	}
	return int(l.half.len + l.done.len)
}

// listenerOf returns the queue in which a socket is pending, nil if the socket is not
// pending.
func (h *Host) listenerOf(i int32) *listener {
	if at := h.socks[i].listener; at != 0 {
		return &h.lists[h.socks[at].list]
	}
	return nil
}

func (h *Host) newPending(at int32, s *Segment, st state) int32 {
	i := h.newSocket(winsock.SOCK_STREAM, st)
	p := &h.socks[i]
	p.local, p.remote, p.conn = s.Dst, s.Src, s.Conn
	p.listener, p.since = at, h.now
	p.received, p.read = s.Seq+1, s.Seq+1
	p.acked = h.initialSequence(i)
	p.sent = p.acked + 1
	h.addTuple(i)
	return i
}

// halfOpen returns how many half-open connections are in the SYN queue: those of the
// listener, or of all listeners if they share it.
func (h *Host) halfOpen(l *listener) int {
	if !h.profile.SynQueue.Shared {
		return int(l.half.len)
	}
	n := 0
	for i := range h.lists {
		n += int(h.lists[i].half.len)
	}
	return n
}

// admit answers a request with a SYN-ACK. The request takes a slot, unless half-open
// connections have a queue of their own. R3, K3
func (h *Host) admit(l *listener, s *Segment) {
	i := h.newPending(l.sock, s, stateHalfOpen)
	h.link(&l.half, i)
	if l.separate {
		l.young++
		if h.profile.SynQueue.Cookies == CookiesForEvicted {
			h.useCookie(i, s)
		}
	} else {
		l.available--
	}
	if h.profile.Slots == SlotsOwnDescriptor {
		h.socks[i].heldFD = h.table.open(heldOpen)
	}
	h.newListenerRecord(l, RequestQueued, &h.socks[i], Queued)
	h.sendSynAck(i)
}

// offer keeps a request without an answer until the condition function decides. The request
// takes no slot: the backlog has no effect. WS.Q10
func (h *Host) offer(l *listener, s *Segment) {
	i := h.newPending(l.sock, s, stateOffered)
	h.link(&l.offered, i)
	h.arm(i, h.profile.OfferLifetime)
	h.recordListener(l, Record{Kind: RequestOffered, Conn: s.Conn, Since: h.now, Cause: Offered})
}

// hold keeps a request without an answer until there is room. D
func (h *Host) hold(l *listener, s *Segment) {
	i := h.newPending(l.sock, s, stateOffered)
	h.socks[i].set(flagHeld, true)
	h.link(&l.held, i)
	h.recordListener(l, Record{Kind: RequestHeld, Conn: s.Conn, Since: h.now, Cause: HeldBack})
}

// join puts a complete connection into the accept queue.
func (h *Host) join(l *listener, i int32, why Cause) {
	s := &h.socks[i]
	if l.separate { // otherwise the SYN took the slot
		l.available = max(0, l.available-1)
	}
	h.places++
	s.place = h.places
	h.noteReady(s.listener)
	place := l.done.len // in the queue
	if h.profile.AcceptByArrival {
		h.linkByArrival(&l.done, i)
		place = h.placeIn(&l.done, i)
	} else {
		h.link(&l.done, i)
	}
	h.newListenerRecord(l, Completed, s, why).Value = int64(place)
}

// promote moves requests and connections that wait outside the queue into it, in their
// order, while there is room: held requests (HoldWhenFull) and hidden connections (DeferAck).
func (h *Host) promote(l *listener) {
	for l.held.head != 0 && l.available > 0 {
		i := l.held.head
		h.unlink(&l.held, i)
		s := &h.socks[i]
		s.set(flagHeld, false)
		s.state = stateHalfOpen
		h.link(&l.half, i)
		l.available--
		h.recordListener(l, Record{Kind: RequestQueued, Conn: s.conn, Since: s.since, Cause: Queued})
		h.sendSynAck(i)
	}
	for l.hidden.head != 0 && int(l.done.len) < l.atAck {
		i := l.hidden.head
		h.unlink(&l.hidden, i)
		h.socks[i].set(flagHeld, false)
		h.join(l, i, HandshakeComplete)
	}
}

// fill makes as many slots available as the backlog allows. With SlotsFilled it makes at
// most as many available as descriptors are free. Slots that are available stay available.
// R7, WS.D5, WS.D8.
func (h *Host) fill(l *listener) {
	room := l.limit - l.pending() - l.lateSlots
	if h.profile.Slots == SlotsFilled {
		room = min(room, h.freeDescriptors())
	}
	l.available = max(l.available, room)
}

// giveBack makes a slot available again after a request has left the queue without being
// accepted. WS.Q7, WS.C3
func (l *listener) giveBack() {
	l.available = max(l.available, min(l.available+1, l.limit-l.pending()-l.lateSlots))
}

// returnSlot makes a slot available SlotReturnDelay after accept. WS.Q5
func (h *Host) returnSlot(i int32) {
	l := &h.lists[h.socks[i].list]
	if h.socks[i].list == 0 || l.lateSlots == 0 {
		return // the listener of the slot is closed
	}
	l.lateSlots--
	h.fill(l)
	h.recordListener(l, Record{Kind: SlotFilled, Cause: SlotReturned})
	h.promote(l)
}

// leave unlinks a pending connection from its queue and returns the queue.
func (h *Host) leave(i int32) *listener {
	s := &h.socks[i]
	l := &h.lists[h.socks[s.listener].list]
	if l.deferred == i {
		l.deferred = 0
	}
	switch {
	case s.state == stateHalfOpen:
		h.unlinkHalf(l, i)
	case s.state == stateOffered && s.has(flagHeld):
		h.unlink(&l.held, i)
	case s.state == stateOffered:
		h.unlink(&l.offered, i)
	case s.has(flagHeld):
		h.unlink(&l.hidden, i)
	default:
		h.unlink(&l.done, i)
	}
	s.listener = 0
	return l
}

// withdraw removes a pending connection from its queue without telling its client. Its slot
// is available again at once. WS.Q7, WS.T9.
func (h *Host) withdraw(i int32, why Cause) {
	takesSlot := h.socks[i].state != stateOffered
	l := h.leave(i)
	if takesSlot {
		l.giveBack()
	}
	s := &h.socks[i]
	if s.has(flagDeferred) {
		l.withdrawn = true
	}
	h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: why})
	s.state = stateBroken
	h.release(i)
	h.promote(l)
}

// resetPending removes a pending connection from its queue and sends its client an RST. It
// does not give the slot back: the caller does, or calls fill.
func (h *Host) resetPending(i int32, why Cause) {
	l := h.leave(i)
	s := &h.socks[i]
	if !s.has(flagAborted) {
		h.sendReset(i, why)
	}
	r := Record{Kind: ResetPending, Conn: s.conn, Since: s.since, Cause: why}
	switch {
	case s.state == stateOffered:
		r.Value = Unanswered
	case s.state == stateHalfOpen && l.separate && why != AckOverflow: // AckOverflow implies NotComplete
		r.Value = NotComplete
	}
	h.recordListener(l, r)
	s.state = stateBroken
	h.release(i)
}

// nextToReset returns the pending connection that a smaller backlog resets next.
// WS.R4, WS.R7, WS.R8.
func (h *Host) nextToReset(l *listener) int32 {
	half := l.half
	if l.separate { // half-open connections take no slot
		half = chain{}
	}
	if h.profile.Trim == TrimHalfOpen && half.tail != 0 {
		return half.tail
	}
	oldest := h.profile.Trim == TrimOldest
	var found int32
	for _, c := range [...]chain{half, l.done} {
		for i := c.head; i != 0; i = h.socks[i].next {
			switch {
			case found == 0:
				found = i
			case found == l.deferred && !oldest: // the deferred request is at the head: reset it last
				found = i
			case i == l.deferred && !oldest:
			case (h.socks[i].serial < h.socks[found].serial) == oldest:
				found = i
			}
		}
	}
	return found
}

// evict forgets a half-open connection to make room. It returns false if there is none to
// forget.
func (h *Host) evict(l *listener) bool {
	i := l.half.head
	switch h.profile.SynQueue.Victim {
	case VictimRandom:
		if l.half.len > 0 {
			for range h.random.Uint64N(uint64(l.half.len)) {
				i = h.socks[i].next
			}
		}
	case VictimTimedOut:
		for i != 0 && h.socks[i].resends == 0 {
			i = h.socks[i].next
		}
	default:
		for j := range h.lists {
			if o := h.lists[j].half.head; h.profile.SynQueue.Shared && o != 0 && (i == 0 || h.socks[o].serial < h.socks[i].serial) {
				i = o
			}
		}
	}
	if i == 0 {
		return false
	}
	of := &h.lists[h.socks[h.socks[i].listener].list]
	h.noteCookie(of) // the cookie in its SYN-ACK is valid from now on
	h.withdraw(i, Evicted)
	return true
}

// abortPending handles the RST of a client whose connection is complete and
// pending. WS.X6, WS.X7, WS.Q7
func (h *Host) abortPending(i int32) {
	if h.profile.Aborted == AbortedWithdraws {
		h.withdraw(i, ClientWithdrew)
		return
	}
	s := &h.socks[i]
	s.set(flagAborted, true)
	s.state = stateOpen
	h.disarm(i)
	h.removeTuple(i)
	l := &h.lists[h.socks[s.listener].list]
	h.noteReady(s.listener)
	h.recordListener(l, Record{Kind: AbortedPending, Conn: s.conn, Since: s.since, Cause: ClientReset})
}

// recordListener appends a record about a listener with the state of its queue.
func (h *Host) recordListener(l *listener, r Record) {
	r.FD = h.socks[l.sock].fd
	h.addQueueState(&r, l)
	h.record(r)
}

// newListenerRecord is recordListener without a copy, for frequent records about a
// connection.
func (h *Host) newListenerRecord(l *listener, k Kind, s *socket, why Cause) *Record {
	r := h.newRecord(k, s.conn, why)
	r.FD, r.Since = h.socks[l.sock].fd, s.since
	h.addQueueState(r, l)
	return r
}

// addQueueState puts the state of a listener's queues into a record.
func (h *Host) addQueueState(r *Record, l *listener) {
	r.Limit, r.Pending, r.Available = int32(l.limit), int32(l.pending()), int32(l.available)
	if l.separate {
		r.HalfOpen = l.half.len
	}
}
