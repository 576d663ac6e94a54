package netmodel

// listener is the queue of one listening socket. Every slot is taken (pending),
// available, or used up and waiting to be filled: pending + available <= limit.
type listener struct {
	sock      int32
	limit     int    // the effective backlog: most that may be pending
	available int    // slots that the next requests may take
	late      int    // slots that accept gave back and that have not arrived. WS.Q5
	asked     int    // the argument of the last listen that counted
	born      uint64 // sockets made on the host before the first listen. WS.X5
	half      chain  // half-open, in order of arrival
	done      chain  // complete, in the order of accept
	offered   chain  // waiting for the condition function; they take no slot. WS.Q10
	deferred  int32  // the request whose decision was put off, 0 = none
	withdrawn bool   // it went away before the next accept. WS.C9
}

// pending returns how many slots are taken. Half-open connections count. WS.Q6
func (l *listener) pending() int { return int(l.half.len + l.done.len) }

// Listen makes a socket listen, or changes the backlog of one that listens
// already. An illegal backlog is replaced by the nearest legal one without a
// word (C1, C2), SOMAXCONN, by the number of the profile, asks for the maximum (P4). If more
// connections are pending than a new backlog allows, the excess is reset, by
// default newest first (R10).
//
// Errors, in the order of the checks: WSANOTINITIALISED, WSAENETDOWN (E1),
// WSAEINPROGRESS (E3), WSAENOTSOCK (E8), WSAEOPNOTSUPP for a datagram socket
// (E9), WSAEINVAL when not bound (E4), WSAEISCONN when connected (E5),
// WSAENOBUFS (E7), WSAEADDRINUSE when the address is taken only now (E2),
// WSAEMFILE when no descriptor is free (E6). A failed call changes nothing.
func (h *Host) Listen(fd FD, backlog int) error {
	i, err := h.mayListen(fd)
	if err == nil && h.socks[i].state == stateListening {
		err = h.relisten(i, backlog)
	} else if err == nil {
		err = h.firstListen(i, backlog)
	}
	if err != nil {
		h.recordCall(CallListen, fd, int64(backlog), err)
	}
	return err
}

// mayListen makes the checks that do not depend on resources.
func (h *Host) mayListen(fd FD) (int32, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return 0, err
	}
	s := &h.socks[i]
	if s.typ != Stream {
		return 0, WSAEOPNOTSUPP // before the state: WS.L2
	}
	switch s.state {
	case stateBound, stateFailed, stateListening:
	case stateUnbound:
		return 0, WSAEINVAL
	case stateConnecting:
		return 0, h.profile.ListenConnecting
	default:
		return 0, WSAEISCONN
	}
	if h.faults&FaultNoBuffers != 0 {
		return 0, WSAENOBUFS
	}
	return i, nil
}

func (h *Host) firstListen(i int32, backlog int) error {
	if h.profile.CommitAtListen && h.commitConflict(i) {
		return WSAEADDRINUSE
	}
	if h.profile.ListenStarved != 0 && h.freeDescriptors() == 0 {
		return h.profile.ListenStarved
	}
	n := h.newListener()
	l := &h.lists[n]
	*l = listener{sock: i, limit: h.profile.Backlog.Effective(backlog), asked: backlog, born: h.serials}
	s := &h.socks[i]
	s.state, s.list = stateListening, n
	h.fill(l)
	h.recordListener(l, Record{Kind: Called, Call: CallListen, Value: int64(backlog)})
	return nil
}

func (h *Host) relisten(i int32, backlog int) error {
	if h.profile.RelistenStarved != 0 && h.freeDescriptors() == 0 {
		return h.profile.RelistenStarved
	}
	l := &h.lists[h.socks[i].list]
	why := BacklogKept
	if h.profile.Relisten == RelistenUpdates {
		why = BacklogUpdated
		l.limit, l.asked = h.profile.Backlog.Effective(backlog), backlog
	}
	excess := l.pending() - l.limit
	l.available = max(0, min(l.available, -excess-l.late)) // a slot on its way back is not there yet
	h.fill(l)
	h.recordListener(l, Record{Kind: Called, Call: CallListen, Value: int64(backlog), Cause: why})
	for ; excess > 0; excess-- {
		h.resetPending(h.excessOf(l), Trimmed)
	}
	return nil
}

func (h *Host) newListener() int32 {
	if n := len(h.freeLis); n > 0 {
		i := h.freeLis[n-1]
		h.freeLis = h.freeLis[:n-1]
		return i
	}
	h.lists = append(h.lists, listener{})
	return int32(len(h.lists) - 1)
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
	l.late--
	h.fill(l)
	h.recordListener(l, Record{Kind: SlotFilled, Cause: SlotReturned})
}

// excessOf returns the pending connection that a smaller backlog resets next.
// WS.R4, WS.R7, WS.R8.
func (h *Host) excessOf(l *listener) int32 {
	if h.profile.Trim == TrimHalfOpen && l.half.tail != 0 {
		return l.half.tail
	}
	oldest := h.profile.Trim == TrimOldest
	var found int32
	for _, c := range [...]chain{l.half, l.done} {
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

// resetPending takes a pending connection out of its queue and answers its
// client with an RST. The slot is not given back: whoever calls fills.
func (h *Host) resetPending(i int32, why Cause) {
	l := h.leave(i)
	s := &h.socks[i]
	if !s.has(flagAborted) {
		h.sendReset(i, why)
	}
	r := Record{Kind: ResetPending, Conn: s.conn, Since: s.since, Cause: why}
	if s.state == stateOffered {
		r.Value = unanswered
	}
	h.recordListener(l, r)
	s.state = stateBroken
	h.release(i)
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
}

// leave unlinks a pending connection from its queue, which it returns.
func (h *Host) leave(i int32) *listener {
	s := &h.socks[i]
	l := &h.lists[h.socks[s.listener].list]
	if l.deferred == i {
		l.deferred = 0
	}
	switch s.state {
	case stateHalfOpen:
		h.unlink(&l.half, i)
	case stateOffered:
		h.unlink(&l.offered, i)
	default:
		h.unlink(&l.done, i)
	}
	s.listener = 0
	return l
}

// closeListener resets what is pending and frees the queue. WS.X1, WS.X2.
func (h *Host) closeListener(i int32) {
	n := h.socks[i].list
	l := &h.lists[n]
	for _, c := range [...]*chain{&l.done, &l.half, &l.offered} {
		for c.head != 0 {
			j := c.head
			silent := h.profile.CloseListener == CloseForgetsAll ||
				h.profile.CloseListener == CloseForgetsHalfOpen && h.socks[j].state != stateOpen
			h.socks[j].set(flagAborted, silent || h.socks[j].has(flagAborted)) // no RST to these
			h.resetPending(j, ListenerClosed)
		}
	}
	h.lists[n] = listener{}
	h.freeLis = append(h.freeLis, n)
	h.socks[i].list = 0
}

// recordListener appends a record about a listener with the state of its queue.
func (h *Host) recordListener(l *listener, r Record) {
	r.FD = h.socks[l.sock].fd
	r.Limit, r.Pending, r.Available = int32(l.limit), int32(l.pending()), int32(l.available)
	h.record(r)
}
