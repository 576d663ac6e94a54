package netmodel

import "wspsim/sim"

// Transmission is one segment that a host has sent, and what the network does with it.
//
// It has what a capture shows. Seq and Ack of the segment are the numbers on the wire: a
// SYN and a FIN count one each. The relative sequence number is Seq minus the Seq of the
// sender's SYN. The model has no window; Host.Send says how many bytes a connection takes.
type Transmission struct {
	Segment Segment
	From    HostID
	To      HostID   // 0 if no host has the address
	Sent    sim.Time // when the host sent the segment
	Arrives sim.Time // when the segment reaches the other host; Sent if the segment is lost
	Lost    Cause    // NoRoute, LinkCut or LinkLost; NoCause if the segment arrives
	// The link has duplicated the segment: it is the segment of the Transmission before.
	Duplicate bool
}

// Tap makes the network note every segment that a host sends from now on. DrainTap returns
// them. A tap changes nothing else: the records are the same with and without it.
func (n *Network) Tap() { n.tapped = true }

// DrainTap appends the segments that were sent since the last call to dst, in order, and
// forgets them. It does not settle the network. So it does not return segments of calls that
// were made on hosts after the last Step or Settle.
func (n *Network) DrainTap(dst []Transmission) []Transmission {
	dst = append(dst, n.tap...)
	n.tap = n.tap[:0]
	return dst
}

// noteTransmission keeps a segment for DrainTap.
func (n *Network) noteTransmission(from, to HostID, s *Segment, arrives sim.Time, lost Cause) {
	n.tap = append(n.tap, Transmission{Segment: *s, From: from, To: to, Sent: n.engine.Now(), Arrives: arrives, Lost: lost})
}

// noteExchange keeps the two segments that sendWhenIdle leaves out: the data, and its
// acknowledgement. Both sockets are in their state after the delivery.
func (n *Network) noteExchange(from, to HostID, a, b *socket, bytes uint32) {
	data := Segment{Src: a.local, Dst: a.remote, Seq: a.sent - bytes, Ack: a.received, Len: bytes, Flags: ACK, Conn: a.conn}
	n.noteTransmission(from, to, &data, n.engine.Now(), NoCause)
	ack := Segment{Src: b.local, Dst: b.remote, Seq: b.sent, Ack: b.received, Flags: ACK, Conn: b.conn}
	n.noteTransmission(to, from, &ack, n.engine.Now(), NoCause)
}
