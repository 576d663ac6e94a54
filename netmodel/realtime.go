package netmodel

import "wspsim/sim"

// RealTime is a Network as a driver on a real clock uses it. Such a driver serves running
// programs, as package simnet does. It asks what is due next instead of stepping to the
// end, and every event costs time. A simulation in virtual time needs none of this.
type RealTime struct{ n *Network }

// RealTime returns the calls of a driver on a real clock. The call itself changes nothing.
func (n *Network) RealTime() RealTime { return RealTime{n} }

// DeliverDirectly makes a segment arrive at the moment at which it is sent, if its link
// has no delay. Without it an event of the same instant delivers the segment. The network
// may also wake a host too early, which costs less than to cancel an event. The same things
// happen as without direct delivery. Things of one instant can have another order.
func (r RealTime) DeliverDirectly() {
	n := r.n
	n.direct = true
	for i := range n.nodes[1:] {
		n.nodes[1+i].host.direct = true
	}
}

// maxDirect is how many segments the network delivers directly in one flush. Further
// segments are events, so that two hosts that answer each other without end reach the stall
// limit of the engine.
const maxDirect = 1000

// immediate reports whether every segment from one host to another arrives at once.
func (n *Network) immediate(from, to HostID) bool {
	p := &n.paths[from][to]
	return p.immediate && !p.cut
}

// SendDirectly sends bytes on a connection and delivers them, without segments on the
// engine's list. It does what Host.Send does and what the peer does then, and returns true.
//
// It returns false and does nothing if the result could differ from that of Host.Send:
// segments are under way, the link between the hosts has a delay or is cut, or the network
// does not deliver directly. DrainReady does not name the peer.
func (r RealTime) SendDirectly(id HostID, fd FD, bytes int) bool {
	n := r.n
	return n.direct && bytes > 0 && bytes < maxWaiting && n.sendWhenIdle(id, fd, uint32(bytes))
}

// Receive is Host.Receive. It costs less than Host.Receive and the next step of the network
// together.
func (r RealTime) Receive(id HostID, fd FD, limit int) (int, error) {
	n := r.n
	h := n.hostNow(id)
	atRest := len(h.records) == 0
	m, err := h.Receive(fd, limit)
	if atRest && len(h.records) == 1 && len(h.out) == 0 {
		n.record(&h.records[0]) // no client reacts to it
		h.records = h.records[:0]
	}
	return m, err
}

// sendWhenIdle delivers data if both ends of the connection are idle and the links between
// them are immediate. It does what Host.Send, takeData and acknowledge would do then.
func (n *Network) sendWhenIdle(id HostID, fd FD, bytes uint32) bool {
	h := n.hostNow(id)
	i := h.table.lookup(fd)
	if i <= 0 || h.started == 0 {
		return false
	}
	a := &h.socks[i]
	to := hostOf(a.remote.IP)
	if a.state != stateOpen || a.flags&(flagFinSent|flagNoReceive) != 0 || a.acked != a.sent || int(to) >= len(n.nodes) || to == 0 || !n.immediate(id, to) || !n.immediate(to, id) {
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
		h.noteSegment(i, true)
	}
	if b.keep != 0 {
		peer.noteSegment(j, true)
	}
	h.recorded++
	n.record(&Record{At: h.now, Host: id, Kind: Called, Call: CallSend, Conn: a.conn, FD: fd, Value: int64(bytes)})
	return true
}

// AdvanceIdle moves the clock to now and returns true, if nothing is due by then and no host
// has sent anything since the last step. Otherwise it changes nothing and returns false, and
// the caller calls Step.
func (r RealTime) AdvanceIdle(now sim.Time) bool {
	n := r.n
	if now >= n.nextDeadline || now < n.engine.Now() {
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
	n.updateClocks()
	return true
}

// NextDeadline returns an instant before which nothing is due, sim.Forever if nothing is
// due at all. It costs less than Network.Next, which returns the exact instant. After
// Settle, NextDeadline is exact. It does not count calls made on hosts since the last
// Network method.
func (r RealTime) NextDeadline() sim.Time { return r.n.nextDeadline }

// BufferedRecords returns how many records wait for DrainRecords. It does not count the
// records of calls made on hosts since the network settled.
func (r RealTime) BufferedRecords() int { return len(r.n.buffered) }
