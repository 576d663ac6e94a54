package netmodel

import "wspsim/sim"

// DeliverDirectly makes a segment that is under way for no time arrive in the
// moment in which it is sent, not by an event of the same instant, and wakes hosts
// too early rather than cancel an event. It is for programs that run in real time
// and pay for every event. What happens is the same; what happens at one instant
// may do so in another order.
func (n *Network) DeliverDirectly() {
	n.direct = true
	for i := range n.nodes[1:] {
		n.nodes[1+i].host.hurried = true
	}
}

// mostDetours bounds how many segments are delivered directly in one go: two hosts
// that answer each other for ever meet the stall limit of the engine.
const mostDetours = 1000

// Plain reports whether what one host sends to another arrives at once, and always.
func (n *Network) Plain(from, to HostID) bool {
	p := &n.paths[from][to]
	return p.plain && !p.cut
}

// Hand hands bytes to the peer of a connection at once: it does what Host.Send does
// and what follows from it, without the segments, and reports true. It reports false,
// and has done nothing, where that is not certain to come to the same: segments are
// under way, the way between the two hosts is not plain, the network does not deliver
// directly. DrainReady does not name the peer.
func (n *Network) Hand(id HostID, fd FD, bytes int) bool {
	return n.direct && bytes > 0 && bytes < maxWaiting && n.express(id, fd, uint32(bytes))
}

// Receive is Host.Receive, and costs less than that and what the network does about
// it with its next step.
func (n *Network) Receive(id HostID, fd FD, limit int) (int, error) {
	h := n.timely(id)
	atRest := len(h.records) == 0
	m, err := h.Receive(fd, limit)
	if atRest && len(h.records) == 1 && len(h.out) == 0 {
		n.record(&h.records[0]) // nothing follows from it
		h.records = h.records[:0]
	}
	return m, err
}

// express hands data over if both ends of the connection are at rest and the way
// between them is plain. It does what Host.Send, takeData and acknowledge do then.
func (n *Network) express(id HostID, fd FD, bytes uint32) bool {
	h := n.timely(id)
	i := h.table.lookup(fd)
	if i <= 0 || h.started == 0 {
		return false
	}
	a := &h.socks[i]
	to := HostID(a.remote.IP >> 16 & 0xff)
	if a.state != stateOpen || a.flags&(flagFinSent|flagNoReceive) != 0 || a.acked != a.sent || int(to) >= len(n.nodes) || to == 0 || !n.Plain(id, to) || !n.Plain(to, id) {
		return false
	}
	peer := n.nodes[to].host
	if h.faults|peer.faults != 0 || len(h.out)+len(peer.out)+len(h.records)+len(peer.records) > 0 {
		return false
	}
	j := peer.connection(a.remote, a.local)
	b := &peer.socks[j]
	switch {
	case j == 0 || b.state != stateOpen || b.flags&(flagFinSent|flagNoReceive|flagAborted|flagHeld) != 0,
		b.fd == 0 && !b.pending(),
		b.received != a.sent || b.acked != b.sent,
		b.received-b.read+bytes >= maxWaiting:
		return false
	}
	a.sent += bytes
	a.acked = a.sent
	b.received = a.sent
	if n.tapped {
		n.noteExchange(id, to, a, b, bytes)
	}
	if a.keep != 0 {
		h.hear(i, true)
	}
	if b.keep != 0 {
		peer.hear(j, true)
	}
	h.recorded++
	n.record(&Record{At: h.now, Host: id, Kind: Called, Call: CallSend, Conn: a.conn, FD: fd, Value: int64(bytes)})
	return true
}

// Tick moves the clock to now if nothing is due by then and nothing is on its way
// from a host to the network; otherwise it returns false, and Step is what to call.
func (n *Network) Tick(now sim.Time) bool {
	if now >= n.soonest || now < n.engine.Now() {
		return false
	}
	for i := 1; i < len(n.nodes); i++ {
		if h := n.nodes[i].host; len(h.out) > 0 || h.timers.moved || len(h.waits) > 0 {
			return false
		}
	}
	for range n.engine.Until(now) {
		panic("netmodel: an event is due before the network expected one")
	}
	n.tellTime()
	return true
}

// Soonest returns an instant before which nothing is due, sim.Forever if nothing is
// due at all. It costs less than Next, which tells the very instant. After Settle it
// is the very instant; what hosts were called for since is not in it.
func (n *Network) Soonest() sim.Time { return n.soonest }

// Undrained returns how many records DrainRecords would return, without those of what
// hosts were called for since the network has settled.
func (n *Network) Undrained() int { return len(n.fresh) }
