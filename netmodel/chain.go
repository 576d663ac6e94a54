package netmodel

// chain is a list of sockets, linked by socket.next and socket.prev.
type chain struct{ head, tail, len int32 }

// link puts a socket at the end of a chain.
func (h *Host) link(c *chain, i int32) { h.linkAfter(c, c.tail, i) }

// linkByArrival puts a socket into a chain that has the order of arrival. The search
// begins at the end, because most sockets belong there.
func (h *Host) linkByArrival(c *chain, i int32) {
	at := c.tail
	for at != 0 && h.socks[at].serial > h.socks[i].serial {
		at = h.socks[at].prev
	}
	h.linkAfter(c, at, i)
}

// linkAfter puts socket i behind socket at, or at the head if at is 0.
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

// placeIn returns how many sockets are before socket i in its chain.
func (h *Host) placeIn(c *chain, i int32) int32 {
	n := int32(0)
	for j := c.head; j != i; j = h.socks[j].next {
		n++
	}
	return n
}
