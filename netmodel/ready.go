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
