package netmodel

// CloseSocket closes a descriptor; later calls with it fail with WSAENOTSOCK.
// A listener takes everything that is pending with it (WS.X2). A connection is
// closed gracefully, in the background, unless SO_LINGER says otherwise: 0
// resets it; n > 0 waits up to n seconds, for which CloseSocket returns
// WSAEWOULDBLOCK and wants to be called again. A connection closed with data
// unread is reset (RFC 1122, section 4.2.2.13).
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
		r.Value = byServer
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
		h.abandon(i, HardClose)
		return nil
	case s.unread() > 0:
		h.abandon(i, UnreadData)
		return nil
	case s.linger > 0 && !delivered:
		if !s.has(flagLingering) {
			s.set(flagLingering, true)
			h.finish(i)
			s.lingering = h.schedule(i, seconds(s.linger), timerLinger)
		}
		return WSAEWOULDBLOCK
	}
	h.finish(i)
	if h.profile.CloseHoldsDescriptor && !delivered {
		s.heldFD = s.fd
		h.table.assign(s.fd, heldOpen)
	} else {
		h.table.close(s.fd)
	}
	s.fd = 0
	h.dropKeeping(i)
	h.timers.cancel(s.lingering)
	s.lingering = 0
	h.settle(i)
	return nil
}

// abandon frees a socket at once; whoever is at the other end meets an RST.
func (h *Host) abandon(i int32, why Cause) {
	switch h.socks[i].state {
	case stateListening:
		h.closeListener(i)
	case stateOpen, stateHalfOpen:
		h.sendReset(i, why)
	}
	h.release(i)
}

// lingerOver resets a connection whose close has waited long enough.
func (h *Host) lingerOver(i int32) {
	s := &h.socks[i]
	if s.state == stateOpen && !(s.has(flagFinSent) && s.acked == s.sent) {
		h.sendReset(i, LingerExpired)
		h.breakConnection(i, WSAECONNABORTED, LingerExpired)
	}
}
