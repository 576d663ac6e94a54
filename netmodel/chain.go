package netmodel

// chain is a queue of sockets, linked through socket.next and socket.prev.
type chain struct{ head, tail, len int32 }

// link puts a socket at the end of a chain.
func (h *Host) link(c *chain, i int32) { h.linkAfter(c, c.tail, i) }

// linkByArrival puts a socket where its order of arrival wants it. The search
// begins at the end, where it nearly always stays.
func (h *Host) linkByArrival(c *chain, i int32) {
	at := c.tail
	for at != 0 && h.socks[at].serial > h.socks[i].serial {
		at = h.socks[at].prev
	}
	h.linkAfter(c, at, i)
}

// linkAfter puts a socket behind another, or at the head if that is 0.
func (h *Host) linkAfter(c *chain, at, i int32) {
	s := &h.socks[i]
	s.prev = at
	if at != 0 {
		s.next, h.socks[at].next = h.socks[at].next, i
	} else {
		s.next, c.head = c.head, i
	}
	if s.next != 0 {
		h.socks[s.next].prev = i
	} else {
		c.tail = i
	}
	c.len++
}

func (h *Host) unlink(c *chain, i int32) {
	s := &h.socks[i]
	if s.prev != 0 {
		h.socks[s.prev].next = s.next
	} else {
		c.head = s.next
	}
	if s.next != 0 {
		h.socks[s.next].prev = s.prev
	} else {
		c.tail = s.prev
	}
	s.next, s.prev = 0, 0
	c.len--
}

// placeIn returns how many sockets stand before one.
func (h *Host) placeIn(c *chain, i int32) int32 {
	n := int32(0)
	for j := c.head; j != i; j = h.socks[j].next {
		n++
	}
	return n
}
