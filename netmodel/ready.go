package netmodel

// Socket names a socket of a host.
type Socket struct {
	Host HostID
	FD   FD
}

// Watch makes the network note for which sockets something has changed that Select
// tells: a connection to accept, bytes or an end to receive, room to send, a
// connect that has ended. DrainReady hands them out.
func (n *Network) Watch() {
	n.watched = true
	for i := range n.nodes[1:] {
		n.nodes[1+i].host.watched = true
	}
}

// DrainReady appends the sockets to dst for which something has changed since the
// last call, and forgets them: by host, and for each host in the order in which it
// happened. One socket may be there more than once, and one that was closed since,
// too. It is empty without Watch.
func (n *Network) DrainReady(dst []Socket) []Socket {
	n.flush()
	for i := range n.nodes[1:] {
		h := n.nodes[1+i].host
		for _, fd := range h.changed {
			dst = append(dst, Socket{HostID(1 + i), fd})
		}
		h.changed = h.changed[:0]
	}
	return dst
}

// note remembers that something has changed for a socket that a program has.
func (h *Host) note(i int32) {
	if h.watched && h.socks[i].fd != 0 {
		h.changed = append(h.changed, h.socks[i].fd)
	}
}

// Arrived returns how many bytes Receive would hand out, and whether the end of the
// stream follows them.
func (h *Host) Arrived(fd FD) (bytes int, end bool) {
	i := h.table.lookup(fd)
	if i <= 0 {
		return 0, false
	}
	s := &h.socks[i]
	switch {
	case s.state == stateOpen && !s.has(flagNoReceive):
		return s.unread(), s.has(flagFinReceived)
	case s.state == stateBroken && h.profile.Calls == CallsUnix:
		return s.unread(), false
	}
	return 0, false
}

// SendError returns the error that Send would return now, nil if it would take bytes
// or wait. Unlike Send it changes nothing.
func (h *Host) SendError(fd FD) error {
	i, err := h.openSocket(fd, 1)
	if err != nil {
		return err
	}
	s := h.socks[i] // a copy: to tell an error can use it up
	switch {
	case s.state == stateBroken:
		return h.sendBroken(&s)
	case s.has(flagFinSent):
		return WSAESHUTDOWN
	}
	return nil
}

// Unacknowledged returns how many bytes of a connection were sent that its peer
// has not acknowledged, an end of the stream counted as one, and false for what is
// no open connection (any more).
func (h *Host) Unacknowledged(fd FD) (int, bool) {
	i := h.table.lookup(fd)
	if i <= 0 || h.socks[i].state != stateOpen {
		return 0, false
	}
	return int(h.socks[i].sent - h.socks[i].acked), true
}
