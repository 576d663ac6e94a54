package netmodel

// Socket names a socket of a host.
type Socket struct {
	Host HostID
	FD   FD
}

// Watch makes the network note each socket for which Select may have a new answer: a
// connection to accept, bytes or an end to receive, room to send, a connect that has
// ended. DrainReady returns the sockets.
func (r RealTime) Watch() {
	n := r.n
	n.watched = true
	for i := range n.nodes[1:] {
		n.nodes[1+i].host.watched = true
	}
}

// DrainReady appends the sockets that have changed since the last call to dst, and forgets
// them: by host, and for each host in the order of the changes. A socket can be there more
// than once, also one that was closed since. Without Watch there are none.
func (r RealTime) DrainReady(dst []Socket) []Socket {
	n := r.n
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
