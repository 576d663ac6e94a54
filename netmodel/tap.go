package netmodel

import "wspsim/sim"

// Transmission is one segment that a host has sent, and what the network does with it.
//
// It has what a capture shows. Seq and Ack of the segment are the numbers on the wire: a
// SYN and a FIN count one each. A number that is relative to the connection is Seq less
// the Seq of the sender's SYN. The model has no window; see Host.Send for what a
// connection takes.
type Transmission struct {
	Segment Segment
	From    HostID
	To      HostID   // 0 if the address is nobody's
	Sent    sim.Time // when the host sent it
	Arrives sim.Time // when it reaches the other host; Sent if it is lost
	Lost    Cause    // NoRoute, LinkCut or LinkLost; NoCause if it arrives
	// The link made this one: it delivers the segment of the Transmission before once more.
	Duplicate bool
}

// Tap makes the network note every segment that a host sends from now on. DrainTap hands
// them out. A tap changes nothing else: the records are the same with and without it.
func (n *Network) Tap() { n.tapped = true }

// DrainTap appends the segments that were sent since the last call to dst, in the order in
// which they were sent, and forgets them. It changes nothing in the network. So it does not
// return the segments of calls of a host that came after the last Step or Settle.
func (n *Network) DrainTap(dst []Transmission) []Transmission {
	dst = append(dst, n.tap...)
	n.tap = n.tap[:0]
	return dst
}

// noteTransmission keeps a segment for DrainTap.
func (n *Network) noteTransmission(from, to HostID, s *Segment, arrives sim.Time, lost Cause) {
	n.tap = append(n.tap, Transmission{Segment: *s, From: from, To: to, Sent: n.engine.Now(), Arrives: arrives, Lost: lost})
}

// noteExchange keeps the two segments that direct delivery of data leaves out: the data,
// and the acknowledgement of all of it. Both sockets show what is so afterwards.
func (n *Network) noteExchange(from, to HostID, a, b *socket, bytes uint32) {
	data := Segment{Src: a.local, Dst: a.remote, Seq: a.sent - bytes, Ack: a.received, Len: bytes, Flags: ACK, Conn: a.conn}
	n.noteTransmission(from, to, &data, n.engine.Now(), NoCause)
	ack := Segment{Src: b.local, Dst: b.remote, Seq: b.sent, Ack: b.received, Flags: ACK, Conn: b.conn}
	n.noteTransmission(to, from, &ack, n.engine.Now(), NoCause)
}
