package lockstep

import "wspsim/netmodel"

// peer is a client at the other end of the wire: the address and the sequence numbers of
// its present attempt.
type peer struct {
	number int
	addr   netmodel.Addr
	first  uint32 // sequence number of its SYN
	next   uint32
	acked  uint32 // the host has acknowledged everything before this number
	fin    uint32 // sequence number of its FIN; first if it has sent none
	expect uint32 // next sequence number of the host
}

// begin sets the numbers of an attempt that has sent only its SYN.
func (p *peer) begin() { p.next, p.acked, p.fin = p.first+1, p.first+1, p.first }

// unacknowledged makes a segment carry everything that the host has not acknowledged.
func (p *peer) unacknowledged(seg *netmodel.Segment) {
	seg.Len = p.next - p.acked
	if p.fin != p.first && p.fin-p.acked < seg.Len {
		seg.Len--
		seg.Flags |= netmodel.FIN
	}
}

func attemptOf(c netmodel.ConnID) Attempt { return Attempt{int(c >> 16), int(c & 0xffff)} }

func (p *peer) conn(client int) netmodel.ConnID {
	return netmodel.ConnID(client)<<16 | netmodel.ConnID(p.number)
}

// sendSegment delivers a client's segment to the host. While the network is down the
// segment is lost, and the client's numbers stay as they were.
func (s *hostSystem) sendSegment(op Op) {
	p := s.peers[op.Client]
	ports := s.ports
	switch op.Kind {
	case Syn:
		ports++
		p = peer{number: p.number + 1, addr: netmodel.Addr{IP: netmodel.IPv4(10, 0, 1, byte(op.Client)), Port: firstPort + ports}}
		p.first = 0xffffffff - uint32(op.Client) // sequence numbers wrap
		p.begin()
	case Again:
		p.number++
		p.first += 7777
		p.begin()
	}
	seg := netmodel.Segment{Src: p.addr, Dst: serverAddr(), Seq: p.acked, Ack: p.expect, Flags: netmodel.ACK, Conn: p.conn(op.Client)}
	switch op.Kind {
	case Syn, Dup, Again:
		seg.Seq, seg.Ack, seg.Flags = p.first, 0, netmodel.SYN
	case Data:
		p.next++
		p.unacknowledged(&seg)
	case Fin:
		p.fin = p.next
		p.next++
		p.unacknowledged(&seg)
	case Resend:
		p.unacknowledged(&seg)
	case Rst:
		seg.Flags |= netmodel.RST
		seg.Seq -= uint32(op.N)
	}
	s.host.Deliver(seg)
	if !s.down {
		s.peers[op.Client], s.ports = p, ports
	}
}

// exchange delivers the host's segments to the clients, and their answers to the host,
// until no side sends any more.
func (s *hostSystem) exchange() {
	for {
		s.wire = s.host.Drain(s.wire[:0])
		if len(s.wire) == 0 {
			return
		}
		for i := range s.wire {
			s.deliver(&s.wire[i])
		}
	}
}

// deliver is a client's answer to a segment. A client does not answer a segment to an
// earlier attempt.
func (s *hostSystem) deliver(seg *netmodel.Segment) {
	who := attemptOf(seg.Conn)
	what := replyOf(seg)
	s.sent = append(s.sent, Sent{who, what})
	p := &s.peers[who.Client]
	if seg.Dst != p.addr {
		return
	}
	reply := netmodel.Segment{Src: p.addr, Dst: seg.Src, Seq: p.acked, Flags: netmodel.ACK, Conn: p.conn(who.Client)}
	if (what == ReplyAck || what == ReplyFin) && who.Number == p.number {
		p.acked = seg.Ack
	}
	switch {
	case what == ReplySynAck && p.expect == seg.Seq+1: // a duplicate changes nothing
	case what == ReplySynAck:
		p.expect = seg.Seq + 1
		p.begin()
	case what == ReplyFin && s.dropFin:
		s.dropFin = false
	case what == ReplyFin:
		p.expect = seg.Seq + seg.Len + 1
		reply.Ack = p.expect
		s.host.Deliver(reply)
	case what == ReplyAck && who.Number != p.number:
		// The client asked for a new connection, and the host knows an old one.
		reply.Seq, reply.Flags, reply.Conn = seg.Ack, netmodel.RST, seg.Conn
		s.host.Deliver(reply)
	}
}

func replyOf(seg *netmodel.Segment) Reply {
	switch f := seg.Flags; {
	case f&netmodel.AGAIN != 0:
		return ReplyTryAgain
	case f&netmodel.RST != 0:
		return ReplyRst
	case f&netmodel.SYN != 0:
		return ReplySynAck
	case f&netmodel.FIN != 0:
		return ReplyFin
	}
	return ReplyAck
}
