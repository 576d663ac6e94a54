package netmodel

import (
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// The accept queue. A listener has a queue of complete connections, which accept takes
// from, and half-open connections that wait for their final ACK: in the same slots, or in
// a SYN queue of their own. In the order of this file: how large the queue is, how
// connections get in, how slots come back, how connections leave, what the records say.
// When a SYN gets in, and what happens if it does not, is in syn.go; Listen is in
// listen.go, Accept in accept.go, the end of a listener in close.go.

// listener is the queue of one listening socket. Every slot is taken (pending),
// available, or used up and waiting to be filled: pending + available <= limit.
type listener struct {
	sock      int32
	backlog   int    // the effective backlog
	limit     int    // most that may be pending
	atSyn     int    // Profile.AtSyn, AtAck and SynQueue for this backlog
	atAck     int    //
	synRoom   int    //
	separate  bool   // half-open connections take no slots: they have a queue of their own
	cookies   bool   // a SYN cookie was sent, last at lastCookie
	young     int    // half-open ones whose SYN-ACK went out once
	available int    // slots that the next requests may take
	late      int    // slots that accept gave back and that have not arrived. WS.Q5
	asked     int    // the argument of the last listen that counted
	born      uint64 // sockets made on the host before the first listen. WS.X5
	half      chain  // half-open, in order of arrival
	done      chain  // complete, in the order of accept
	offered   chain  // waiting for the condition function; they take no slot. WS.Q10
	held      chain  // requests that wait for room, unanswered. D
	hidden    chain  // complete connections that wait for room
	deferred  int32  // the request whose decision was put off, 0 = none
	withdrawn bool   // it went away before the next accept. WS.C9

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

// resize sets everything that follows from the argument of listen. The
// profile is looked at here and not for every segment.
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
	if l.synRoom == 0 || p.SynQueue.Size != SizePow2OfBacklog { // that one is fixed by the first listen
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

// listenerOf returns the queue that a socket is pending in, nil if it is not.
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

// halfOpen returns how many half-open connections count against the size of the
// SYN queue.
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

// admit answers a request with a SYN-ACK. It takes a slot, unless half-open
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

// offer keeps a request, unanswered, for the condition function. It takes no
// slot: the backlog is without effect. WS.Q10
func (h *Host) offer(l *listener, s *Segment) {
	i := h.newPending(l.sock, s, stateOffered)
	h.link(&l.offered, i)
	h.arm(i, h.profile.OfferLifetime)
	h.recordListener(l, Record{Kind: RequestOffered, Conn: s.Conn, Since: h.now, Cause: Offered})
}

// hold keeps a request, unanswered, until there is room. D
func (h *Host) hold(l *listener, s *Segment) {
	i := h.newPending(l.sock, s, stateOffered)
	h.socks[i].set(flagHeld, true)
	h.link(&l.held, i)
	h.recordListener(l, Record{Kind: RequestHeld, Conn: s.Conn, Since: h.now, Cause: HeldBack})
}

// join puts a complete connection where accept will find it.
func (h *Host) join(l *listener, i int32, why Cause) {
	s := &h.socks[i]
	if l.separate { // otherwise it has had its slot since its SYN
		l.available = max(0, l.available-1)
	}
	h.places++
	s.place = h.places
	h.note(s.listener)
	place := l.done.len // in the queue
	if h.profile.AcceptByArrival {
		h.linkByArrival(&l.done, i)
		place = h.placeIn(&l.done, i)
	} else {
		h.link(&l.done, i)
	}
	h.newListenerRecord(l, Completed, s, why).Value = int64(place)
}

// promote lets those in who wait outside the queue, in their order, while there is
// room: requests that were held, and connections that were deferred.
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

// fill makes as many slots available as the backlog allows and, where a slot
// must be filled, descriptors are free now. What is available stays so. R7,
// WS.D5, WS.D8.
func (h *Host) fill(l *listener) {
	room := l.limit - l.pending() - l.late
	if h.profile.Slots == SlotsFilled {
		room = min(room, h.freeDescriptors())
	}
	l.available = max(l.available, room)
}

// giveBack makes the slot of a request available again that left the queue
// without being accepted. It must have left already. WS.Q7, WS.C3
func (l *listener) giveBack() {
	l.available = max(l.available, min(l.available+1, l.limit-l.pending()-l.late))
}

// returnSlot lets a slot arrive that accept gave back late. WS.Q5
func (h *Host) returnSlot(i int32) {
	l := &h.lists[h.socks[i].list]
	if h.socks[i].list == 0 || l.late == 0 {
		return // the listener that it belonged to is gone
	}
	l.late--
	h.fill(l)
	h.recordListener(l, Record{Kind: SlotFilled, Cause: SlotReturned})
	h.promote(l)
}

// leave unlinks a pending connection from its queue, which it returns.
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

// withdraw takes a pending connection out of its queue because its client is
// gone. The slot is available again at once. WS.Q7, WS.T9.
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

// resetPending takes a pending connection out of its queue and answers its
// client with an RST. The slot is not given back: whoever calls fills.
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
	case s.state == stateHalfOpen && l.separate && why != AckOverflow: // that one says so itself
		r.Value = NotComplete
	}
	h.recordListener(l, r)
	s.state = stateBroken
	h.release(i)
}

// excessOf returns the pending connection that a smaller backlog resets next.
// WS.R4, WS.R7, WS.R8.
func (h *Host) excessOf(l *listener) int32 {
	half := l.half
	if l.separate { // they take no slot
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
			case found == l.deferred && !oldest: // the deferred one stands at the head: last to go
				found = i
			case i == l.deferred && !oldest:
			case (h.socks[i].serial < h.socks[found].serial) == oldest:
				found = i
			}
		}
	}
	return found
}

// evict forgets a half-open connection to make room, and reports whether there
// was one.
func (h *Host) evict(l *listener) bool {
	i := l.half.head
	switch h.profile.SynQueue.Victim {
	case VictimRandom:
		if l.half.len > 0 {
			for range h.draws.Uint64N(uint64(l.half.len)) {
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
	h.noteCookie(of) // what its SYN-ACK carried counts from now on
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
	h.note(s.listener)
	h.recordListener(l, Record{Kind: AbortedPending, Conn: s.conn, Since: s.since, Cause: ClientReset})
}

// recordListener appends a record about a listener with the state of its queue.
func (h *Host) recordListener(l *listener, r Record) {
	r.FD = h.socks[l.sock].fd
	h.about(&r, l)
	h.record(r)
}

// newListenerRecord is recordListener for what happens often, about a connection.
func (h *Host) newListenerRecord(l *listener, k Kind, s *socket, why Cause) *Record {
	r := h.newRecord(k, s.conn, why)
	r.FD, r.Since = h.socks[l.sock].fd, s.since
	h.about(r, l)
	return r
}

// about puts the state of a listener's queues into a record.
func (h *Host) about(r *Record, l *listener) {
	r.Limit, r.Pending, r.Available = int32(l.limit), int32(l.pending()), int32(l.available)
	if l.separate {
		r.HalfOpen = l.half.len
	}
}
