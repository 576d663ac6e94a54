package netmodel

import "wspsim/sim"

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

// pending returns how many slots are taken. Half-open connections count (WS.Q6)
// unless they have a queue of their own.
func (l *listener) pending() int {
	if l.separate {
		return int(l.done.len)
	}
	return int(l.half.len + l.done.len)
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
// WSAEMFILE when no descriptor is free (E6). A failed call changes nothing. Where
// the calls are those of another system (Profile.Calls), so are the errors.
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
	wine := h.profile.Calls == CallsWine
	switch {
	case wine && err == error(WSAENOTSOCK) && h.table.lookup(fd) == notSocket:
		return 0, WSAEOPNOTSUPP // a file (W)
	case err != nil:
		return 0, err
	}
	s := &h.socks[i]
	switch {
	case s.typ != Stream && !(wine && s.state == stateUnbound):
		return 0, WSAEOPNOTSUPP // before the state: WS.L2
	case s.state == stateBound, s.state == stateFailed && !wine, s.state == stateListening:
	case s.state == stateUnbound && h.profile.ListenBinds:
	case s.state == stateUnbound, s.state == stateFailed:
		return 0, WSAEINVAL
	case s.state == stateConnecting:
		return 0, h.profile.ListenConnecting
	case h.profile.Calls == CallsWinsock:
		return 0, WSAEISCONN
	default:
		return 0, WSAEINVAL // L09, W
	}
	if h.faults&FaultNoBuffers != 0 {
		return 0, WSAENOBUFS
	}
	return i, nil
}

func (h *Host) firstListen(i int32, backlog int) error {
	if h.socks[i].state == stateUnbound { // ListenBinds
		a, err := h.pickPort(Stream, AnyIP, Addr{})
		if err != nil {
			return err
		}
		h.socks[i].local = a
		h.chain(i)
	}
	if h.profile.CommitAtListen && h.commitConflict(i) {
		return WSAEADDRINUSE
	}
	if h.profile.ListenStarved != 0 && h.freeDescriptors() == 0 {
		return h.profile.ListenStarved
	}
	n := h.newListener()
	l := &h.lists[n]
	*l = listener{sock: i, born: h.serials}
	h.resize(l, backlog)
	s := &h.socks[i]
	s.state, s.list = stateListening, n
	if j := h.nextSharing(i, 0); j != 0 { // what it has noted is the group's
		o := &h.lists[h.socks[j].list]
		l.cookies, l.lastCookie = o.cookies, o.lastCookie
	}
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
	switch p := &h.profile; p.Relisten {
	case RelistenRejects:
		// G: below 0 it is turned away even while nothing is queued
		if effective := p.Backlog.Effective(backlog); effective < 0 || int(l.done.len) > p.AtAck.Of(effective) {
			return WSAEINVAL
		}
		why = h.words.relistened
		h.resize(l, backlog)
	case RelistenUpdates, RelistenSets:
		why = h.words.relistened
		h.resize(l, backlog)
	}
	excess := l.pending() - l.limit
	l.available = max(0, min(l.available, -excess-l.late)) // a slot on its way back is not there yet
	h.fill(l)
	h.recordListener(l, Record{Kind: Called, Call: CallListen, Value: int64(backlog), Cause: why})
	if h.profile.Relisten == RelistenUpdates {
		for ; excess > 0; excess-- {
			h.resetPending(h.excessOf(l), Trimmed)
		}
	}
	h.letIn(l)
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
	if h.socks[i].list == 0 || l.late == 0 {
		return // the listener that it belonged to is gone
	}
	l.late--
	h.fill(l)
	h.recordListener(l, Record{Kind: SlotFilled, Cause: SlotReturned})
	h.letIn(l)
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
		r.Value = unanswered
	case s.state == stateHalfOpen && l.separate && why != h.words.ackFull: // that one says so itself
		r.Value = notComplete
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
	h.letIn(l)
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

// closeListener resets what is pending and frees the queue. WS.X1, WS.X2.
func (h *Host) closeListener(i int32) {
	n := h.socks[i].list
	l := &h.lists[n]
	for _, c := range [...]*chain{&l.done, &l.hidden, &l.half, &l.offered, &l.held} {
		for c.head != 0 {
			j := c.head
			if h.outlives(i, j) {
				continue
			}
			if h.profile.CloseListener == CloseForgetsAll || h.profile.CloseListener == CloseForgetsHalfOpen && h.socks[j].state != stateOpen {
				h.forget(j)
				continue
			}
			h.resetPending(j, h.words.closed)
		}
	}
	h.lists[n] = listener{}
	h.freeLis = append(h.freeLis, n)
	h.socks[i].list = 0
}

// forget takes a connection of a closing listener out of its queue without a word
// to its client: whoever sends next meets an RST.
func (h *Host) forget(i int32) {
	l := h.leave(i)
	s := &h.socks[i]
	h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: h.words.closed})
	s.state = stateBroken
	h.release(i)
}

// migrate hands a connection on to another listener, as net.ipv4.tcp_migrate_req
// does; its timer goes on. The kernel moves half-open ones when their ACK or their
// timer comes. K15
func (h *Host) migrate(i, to int32) {
	s := &h.socks[i]
	h.recordListener(h.leave(i), Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: Migrated})
	s.set(flagHeld, false)
	s.listener = to
	l := &h.lists[h.socks[to].list]
	if s.state == stateOpen {
		h.join(l, i, Migrated)
		return
	}
	h.linkByArrival(&l.half, i)
	if s.resends == 0 {
		l.young++
	}
	h.recordListener(l, Record{Kind: RequestQueued, Conn: s.conn, Since: s.since, Cause: Migrated})
}

// outlives hands a connection of a closing listener on to where it lives on, if
// the profile says so: to another listener of the address, or to its end, which
// the client reads.
func (h *Host) outlives(closing, i int32) bool {
	s := &h.socks[i]
	if h.profile.Migrates && (s.state == stateOpen || s.state == stateHalfOpen) {
		if to := h.sibling(closing, s.remote); to != 0 {
			h.migrate(i, to)
			return true
		}
	}
	if s.state != stateOpen {
		return false
	}
	if h.profile.CloseListener == CloseFinishes && !s.has(flagAborted) {
		l := h.leave(i)
		h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: h.words.closed})
		h.finish(i)
		h.settle(i)
		return true
	}
	return false
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
