package netmodel

import (
	"time"

	"wspsim/netmodel/winsock"
)

// Request is the connection request that a condition function decides about.
type Request struct {
	Peer, Local Addr
	Conn        ConnID
}

// Accepted is the result of accept. After CF_REJECT and CF_DEFER it has no FD and no
// Waited; the other fields are set.
type Accepted struct {
	FD     FD
	Peer   Addr // zero if the client reset a pending connection and the profile has AbortedNoAddress
	Conn   ConnID
	Waited time.Duration // since the SYN arrived
}

// Accept takes the first pending connection of a listener and opens a descriptor for it.
//
// Errors, in the order of the checks:
//   - the errors of every call;
//   - WSAENOTSOCK;
//   - WSAEOPNOTSUPP: a datagram socket;
//   - WSAEINVAL: the socket does not listen;
//   - WSAENOBUFS;
//   - WSAEACCES: the client withdrew a deferred request;
//   - WSAEWOULDBLOCK: no connection to accept;
//   - WSAEMFILE: no free descriptor; nothing changes;
//   - WSAECONNRESET: the client reset the connection while it was pending. Only some
//     profiles report this in accept ([Profile].Aborted).
func (h *Host) Accept(fd FD) (Accepted, error) { return h.AcceptIf(fd, nil) }

// AcceptIf is Accept with a condition function. The function gets the first request and
// decides about it. Its calls on the same host fail with WSAEINPROGRESS, unless the
// profile allows nesting ([Profile].Nesting).
//
// Errors: those of Accept, WSAECONNREFUSED (CF_REJECT), WSATRY_AGAIN (CF_DEFER), and
// WSAEINVAL (any other value; nothing changes).
func (h *Host) AcceptIf(fd FD, condition func(Request) winsock.Decision) (Accepted, error) {
	a, err := h.accept(fd, condition)
	if err != nil {
		h.record(h.failedAccept(fd, a, err))
	}
	return a, err
}

// AcceptBadAddress is Accept by a program that passes a wrong pointer or length for the
// client's address. The system writes the address after the connection has left the
// queue. So the call fails with WSAEFAULT, and the system closes the connection. If there
// is no connection to accept, the call fails as Accept does.
//
// Measured on Linux and Wine (testdata/truth, L05 and W); unknown for other systems.
func (h *Host) AcceptBadAddress(fd FD) error {
	a, err := h.Accept(fd)
	if err != nil {
		return err
	}
	_ = h.CloseSocket(a.FD) // never fails: accept has just opened it
	return winsock.WSAEFAULT
}

func (h *Host) accept(fd FD, condition func(Request) winsock.Decision) (Accepted, error) {
	at, err := h.checkAccept(fd)
	if err != nil {
		return Accepted{}, err
	}
	if h.profile.DescriptorFirst && h.freeDescriptors() == 0 {
		return Accepted{}, winsock.WSAEMFILE // K9
	}
	l := &h.lists[h.socks[at].list]
	if l.withdrawn {
		l.withdrawn = false
		h.fill(l)
		h.promote(l)
		return Accepted{}, winsock.WSAEACCES
	}
	i := h.firstPending(l)
	if i == 0 {
		if h.profile.EmptyAcceptFills {
			h.fill(l)
			h.promote(l)
		}
		return Accepted{}, winsock.WSAEWOULDBLOCK
	}
	s := &h.socks[i]
	a := Accepted{Peer: s.remote, Conn: s.conn}
	switch {
	case s.has(flagAborted) && s.has(flagDeferred):
		return a, h.acceptAborted(i)
	case h.starved(i) && h.profile.StarvedLoses:
		h.lose(i)
		return a, winsock.WSAEMFILE
	case h.starved(i) && !(condition != nil && h.profile.ConditionFirst):
		return Accepted{}, winsock.WSAEMFILE
	case s.has(flagAborted) && (h.profile.Aborted == AbortedAtAccept || h.profile.Aborted == AbortedAsAborted):
		return a, h.acceptAborted(i)
	}
	if condition != nil {
		serial := s.serial
		switch decision := h.runCondition(condition, i); {
		case h.socks[i].serial != serial || !h.socks[i].pending():
			return a, winsock.WSAECONNRESET // the condition function ended the connection
		case decision != winsock.CF_ACCEPT:
			return a, h.decline(i, decision)
		case h.starved(i): // checked again: the condition function may have opened or closed a descriptor
			return a, winsock.WSAEMFILE
		}
	}
	return h.take(i), nil
}

// checkAccept makes the checks that come before accept looks at the queue.
func (h *Host) checkAccept(fd FD) (int32, error) {
	i, err := h.enterSocket(fd)
	switch {
	case err != nil:
		return 0, err
	case h.socks[i].typ != winsock.SOCK_STREAM:
		return 0, winsock.WSAEOPNOTSUPP
	case h.socks[i].state != stateListening:
		return 0, winsock.WSAEINVAL
	case h.faults&FaultNoBuffers != 0:
		return 0, winsock.WSAENOBUFS
	}
	return i, nil
}

// firstPending returns the socket that the next accept takes, or 0. It is the deferred
// request (WS.C4), else the first complete connection, else the first offered request.
func (h *Host) firstPending(l *listener) int32 {
	switch {
	case l.deferred != 0:
		return l.deferred
	case l.done.head != 0:
		return l.done.head
	}
	return l.offered.head
}

// starved reports whether accept lacks a descriptor for a pending connection.
func (h *Host) starved(i int32) bool {
	return h.freeDescriptors() == 0 && h.socks[i].heldFD == 0
}

// runCondition calls the condition function for a request. WS.C1
func (h *Host) runCondition(condition func(Request) winsock.Decision, i int32) winsock.Decision {
	s := &h.socks[i]
	r := Request{Peer: s.remote, Local: s.local, Conn: s.conn}
	h.nested++
	defer func() { h.nested-- }() // also when the function panics
	return condition(r)
}

// decline carries out a decision other than CF_ACCEPT and returns the error of accept.
func (h *Host) decline(i int32, decision winsock.Decision) error {
	s := &h.socks[i]
	l := &h.lists[h.socks[s.listener].list]
	switch decision {
	case winsock.CF_REJECT:
		tookSlot := s.state != stateOffered
		h.resetPending(i, Rejected)
		if tookSlot {
			l.giveBack()
		}
		h.fill(l)
		h.promote(l)
		return winsock.WSAECONNREFUSED
	case winsock.CF_DEFER:
		s.set(flagDeferred, true)
		l.deferred = i
		h.fill(l)
		h.recordListener(l, Record{Kind: Deferred, Conn: s.conn, Since: s.since})
		h.promote(l)
		return winsock.WSATRY_AGAIN
	}
	if h.profile.Calls == CallsWine {
		return winsock.WSAENOTSOCK // W
	}
	return winsock.WSAEINVAL
}

// acceptAborted removes a connection that its client reset while it was pending, and
// returns the error of accept. WS.X6, WS.C9
func (h *Host) acceptAborted(i int32) error {
	deferred := h.socks[i].has(flagDeferred)
	l := h.leave(i)
	if h.profile.Slots == SlotsFree { // the slot is free at once
		l.giveBack()
	}
	s := &h.socks[i]
	h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: ClientReset})
	s.state = stateBroken
	h.release(i)
	l.giveBack()
	h.fill(l)
	h.promote(l)
	switch {
	case deferred:
		return winsock.WSAEACCES
	case h.profile.Aborted == AbortedAsAborted:
		return winsock.WSAECONNABORTED
	}
	return winsock.WSAECONNRESET
}

// lose closes a connection that accept took from the queue but had no descriptor for.
func (h *Host) lose(i int32) {
	if h.socks[i].state == stateOffered { // no SYN-ACK went out: there is no connection to close
		h.withdraw(i, LostForDescriptor)
		return
	}
	l := h.leave(i)
	s := &h.socks[i]
	l.giveBack()
	h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: LostForDescriptor})
	switch {
	case s.has(flagAborted):
		s.state = stateBroken
		h.release(i)
	case s.unread() > 0:
		h.sendReset(i, UnreadData)
		h.release(i)
	default:
		h.sendFin(i)
		h.finishClose(i)
	}
	h.promote(l)
}

// take hands a pending connection to the program.
func (h *Host) take(i int32) Accepted {
	s := &h.socks[i]
	at := s.listener
	tookSlot := s.state != stateOffered
	l := h.leave(i)
	s.set(flagAccepted, true)
	h.inherit(i, at)
	if s.heldFD != 0 {
		s.fd, s.heldFD = s.heldFD, 0
		h.table.assign(s.fd, i)
	} else {
		h.openDescriptor(i)
	}
	switch {
	case tookSlot && h.profile.SlotReturnDelay > 0:
		l.lateSlots++
		h.schedule(at, h.profile.SlotReturnDelay, timerSlot)
	default:
		h.fill(l) // after the connection has left the queue; before, fill would count it twice
	}
	h.newListenerRecord(l, RequestAccepted, s, AcceptedByProgram).Value = int64(s.fd)
	a := Accepted{FD: s.fd, Peer: s.remote, Conn: s.conn, Waited: h.now.Sub(s.since)}
	switch {
	case s.state == stateOffered:
		s.state = stateHalfOpen
		h.sendSynAck(i)
	case s.has(flagAborted):
		s.state = stateBroken
		s.broken = h.resetError(s)
		if h.profile.Aborted == AbortedNoAddress {
			a.Peer = Addr{}
		}
	}
	h.promote(l)
	return a
}

// inherit copies the options of the listener to an accepted socket. WS.A8, WS.X4
func (h *Host) inherit(i, at int32) {
	s, from := &h.socks[i], &h.socks[at]
	s.linger = from.linger
	s.flags |= from.flags & (flagReuse | flagExclusive)
	if from.keep != 0 {
		h.keepAlive(i, h.keepAlives[from.keep].KeepAlive)
	}
	if from.has(flagExclusive) {
		h.addToPort(i)
	}
}

// failedAccept returns the record of an accept that failed.
func (h *Host) failedAccept(fd FD, a Accepted, err error) Record {
	e := errnoOf(err)
	r := Record{Kind: Called, Call: CallAccept, FD: fd, Conn: a.Conn, Errno: e}
	if i := h.table.lookup(fd); i > 0 && h.socks[i].state == stateListening {
		h.addQueueState(&r, &h.lists[h.socks[i].list])
	}
	return r
}
