package netmodel

import "wspsim/netmodel/winsock"

// CloseSocket closes a descriptor; later calls with it fail with WSAENOTSOCK.
//
// A closed listener ends its pending connections as [Profile].CloseListener says (WS.X2).
// A connection with unread data is reset (RFC 1122, section 4.2.2.13). Other connections
// depend on SO_LINGER:
//   - off: CloseSocket closes the connection gracefully, in the background;
//   - 0 seconds: CloseSocket resets the connection;
//   - n seconds: CloseSocket sends the remaining data for up to n seconds. Until then it
//     returns WSAEWOULDBLOCK, and the caller calls it again.
//
// Errors: those of every call, WSAENOTSOCK, WSAEWOULDBLOCK.
func (h *Host) CloseSocket(fd FD) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		h.recordCall(CallClose, fd, 0, err)
		return err
	}
	s := &h.socks[i]
	r := h.newRecord(Called, s.conn, NoCause)
	r.Call, r.FD = CallClose, fd
	if s.has(flagAccepted) {
		r.Value = ByServer
	}
	switch s.state {
	case stateListening:
		h.closeListener(i)
	case stateHalfOpen:
		h.sendReset(i, HardClose)
	case stateOpen:
		called := len(h.records) - 1
		err := h.closeConnection(i)
		h.records[called].Errno = errnoOf(err)
		return err
	}
	h.release(i)
	return nil
}

func (h *Host) closeConnection(i int32) error {
	s := &h.socks[i]
	delivered := s.has(flagFinSent) && s.acked == s.sent
	switch {
	case s.linger == 0:
		h.abort(i, HardClose)
		return nil
	case s.unread() > 0:
		h.abort(i, UnreadData)
		return nil
	case s.linger > 0 && !delivered:
		if !s.has(flagLingering) {
			s.set(flagLingering, true)
			h.sendFin(i)
			s.lingering = h.schedule(i, seconds(s.linger), timerLinger)
		}
		return winsock.WSAEWOULDBLOCK
	}
	h.sendFin(i)
	if h.profile.CloseHoldsDescriptor && !delivered {
		s.heldFD = s.fd
		h.table.assign(s.fd, heldOpen)
	} else {
		h.table.close(s.fd)
	}
	s.fd = 0
	h.dropKeepAlive(i)
	h.timers.cancel(s.lingering)
	s.lingering = 0
	h.finishClose(i)
	return nil
}

// abort frees a socket at once. The peer of a connection gets an RST.
func (h *Host) abort(i int32, why Cause) {
	switch h.socks[i].state {
	case stateListening:
		h.closeListener(i)
	case stateOpen, stateHalfOpen:
		h.sendReset(i, why)
	}
	h.release(i)
}

// lingerTimeout resets a connection when the time of SO_LINGER is over.
func (h *Host) lingerTimeout(i int32) {
	s := &h.socks[i]
	if s.state == stateOpen && !(s.has(flagFinSent) && s.acked == s.sent) {
		h.sendReset(i, LingerExpired)
		h.breakConnection(i, winsock.WSAECONNABORTED, LingerExpired)
	}
}

// closeListener ends all pending connections and frees the queue. WS.X1, WS.X2
func (h *Host) closeListener(i int32) {
	n := h.socks[i].list
	l := &h.lists[n]
	for _, c := range [...]*chain{&l.done, &l.hidden, &l.half, &l.offered, &l.held} {
		for c.head != 0 {
			j := c.head
			if h.survivesClose(i, j) {
				continue
			}
			if h.profile.CloseListener == CloseForgetsAll || h.profile.CloseListener == CloseForgetsHalfOpen && h.socks[j].state != stateOpen {
				h.forget(j)
				continue
			}
			h.resetPending(j, ListenerClosed)
		}
	}
	h.lists[n] = listener{}
	h.freeLists = append(h.freeLists, n)
	h.socks[i].list = 0
}

// forget removes a connection of a closing listener and sends nothing to the client. The
// client's next segment is answered with an RST.
func (h *Host) forget(i int32) {
	l := h.leave(i)
	s := &h.socks[i]
	h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: ListenerClosed})
	s.state = stateBroken
	h.release(i)
}

// migrate moves a connection to another listener, as net.ipv4.tcp_migrate_req does. The
// timer of the connection goes on. The kernel moves a half-open connection later: when
// its ACK arrives or its timer fires. K15
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

// survivesClose reports whether the profile keeps a connection of a closing listener, and
// moves the connection on: to another listener on the address (Migrates), or to a close
// with a FIN (CloseFinishes).
func (h *Host) survivesClose(closing, i int32) bool {
	s := &h.socks[i]
	if h.profile.Migrates && (s.state == stateOpen || s.state == stateHalfOpen) {
		if to := h.otherReusePort(closing, s.remote); to != 0 {
			h.migrate(i, to)
			return true
		}
	}
	if s.state != stateOpen {
		return false
	}
	if h.profile.CloseListener == CloseFinishes && !s.has(flagAborted) {
		l := h.leave(i)
		h.recordListener(l, Record{Kind: Withdrawn, Conn: s.conn, Since: s.since, Cause: ListenerClosed})
		h.sendFin(i)
		h.finishClose(i)
		return true
	}
	return false
}
