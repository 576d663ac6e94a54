package netmodel

// Socket names a socket of a host.
type Socket struct {
	Host HostID
	FD   FD
}

// Watch makes the network note each socket for which Select may have a new answer. Reasons
// are: a connection to accept, bytes to receive, the end of the stream, room to send, a
// connect that has ended. DrainReady returns the sockets.
func (r RealTime) Watch() {
	n := r.n
	n.watched = true
	for i := range n.nodes[1:] {
		n.nodes[1+i].host.watched = true
	}
}

// DrainReady appends the sockets that have changed since the last call to dst, and forgets
// them. The order is by host, and for each host by change. A socket can appear more than
// once. A socket that was closed since can appear too. Without Watch there are no sockets.
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

// noteReady adds a socket to the sockets for DrainReady, if a program has its descriptor.
func (h *Host) noteReady(i int32) {
	if h.watched && h.socks[i].fd != 0 {
		h.changed = append(h.changed, h.socks[i].fd)
	}
}
