package netmodel

import "wspsim/netmodel/winsock"

// initialSequence returns the initial sequence number of a socket. It differs from socket
// to socket, so that a segment of an earlier connection does not fit.
func (h *Host) initialSequence(i int32) uint32 {
	return uint32(h.socks[i].serial) * 0x9e3779b1 // the factor is odd: numbers repeat only after 2^32 sockets
}

func (h *Host) sendSynAck(i int32) {
	s := &h.socks[i]
	h.synAck(s)
	h.armSynAck(i)
}

func (h *Host) synAck(s *socket) {
	out := h.segment()
	out.Src, out.Dst, out.Conn = s.local, s.remote, s.conn
	out.Seq, out.Ack, out.Flags = s.acked, s.received, SYN|ACK
}

// armSynAck sets the timer for the next SYN-ACK, but not beyond the limit of the schedule.
func (h *Host) armSynAck(i int32) {
	s := &h.socks[i]
	h.arm(i, h.profile.SynAck.wait(s.resends, h.now.Sub(s.since)))
}

// synAckTimeout sends the SYN-ACK again. After the last one it ends the connection.
// WS.T9, K6
func (h *Host) synAckTimeout(i int32) {
	s := &h.socks[i]
	over, again := h.synAckDue(i)
	switch {
	case !over:
		if l := h.listenerOf(i); l != nil && l.separate && s.resends == 0 {
			l.young--
		}
		s.resends++
		if !again { // the connection waits for data, not for an ACK. K14
			h.record(Record{Kind: SynAckHeld, Conn: s.conn, Value: int64(s.resends), FD: s.fd, Cause: WaitsForData})
			h.armSynAck(i)
			return
		}
		h.record(Record{Kind: SynAckRetransmitted, Conn: s.conn, Value: int64(s.resends), FD: s.fd})
		h.sendSynAck(i)
	case s.pending():
		h.withdraw(i, HandshakeTimeout)
	default:
		h.breakConnection(i, winsock.WSAETIMEDOUT, HandshakeTimeout)
	}
}

// synAckDue reports for a half-open connection whose timer fired: over, whether the
// handshake has failed; again, whether the SYN-ACK goes out again if it has not failed.
func (h *Host) synAckDue(i int32) (over, again bool) {
	s := &h.socks[i]
	schedule := h.profile.SynAck
	l := h.listenerOf(i)
	if l == nil || !l.separate {
		return schedule.ends(s.resends, h.now.Sub(s.since)), true
	}
	if h.profile.SynQueue.Prunes {
		schedule.Retries = l.synAckRetries(schedule.Retries)
	}
	over = schedule.ends(s.resends, h.now.Sub(s.since))
	deferral := h.socks[s.listener].deferral
	if deferral == 0 || !s.has(flagAcked) {
		return over, true
	}
	// The ACK has arrived and the connection waits for data. The host sends nothing until
	// the time of TCP_DEFER_ACCEPT is over. Then a last SYN-ACK asks for another ACK. K14
	return over && s.resends >= deferral, s.resends+1 >= deferral
}

// synAckRetries returns how often a SYN-ACK is sent again. Half of the SYN queue is for
// young connections, whose SYN-ACK went out once. The more places other connections take,
// the fewer retries remain. K6
func (l *listener) synAckRetries(retries uint8) uint8 {
	half := int(l.half.len)
	if 2*half <= max(8, l.backlog) {
		return retries
	}
	for young := 2 * l.young; retries > 2 && half >= young; young *= 2 {
		retries--
	}
	return retries
}

// arriveOffered handles a segment for a request whose SYN has no answer yet: an offered or
// a held request.
func (h *Host) arriveOffered(i int32, s *Segment) {
	p := &h.socks[i]
	switch {
	case s.Flags&RST != 0 && s.Seq == p.received:
		h.withdraw(i, ClientWithdrew)
	case s.Flags&(SYN|ACK) == SYN && s.Seq+1 == p.received && p.has(flagHeld): // a held request has no time limit
	case s.Flags&(SYN|ACK) == SYN && s.Seq+1 == p.received:
		h.arm(i, h.profile.OfferLifetime) // the client still waits
	case s.Flags&(SYN|ACK) == SYN: // a new attempt from the same address
		h.withdraw(i, ClientWithdrew)
		h.deliver(s)
	}
}

// arriveHalfOpen handles a segment for a half-open connection.
func (h *Host) arriveHalfOpen(i int32, s *Segment) {
	p := &h.socks[i]
	switch {
	case s.Flags&RST != 0:
		if s.Seq != p.received {
			// The client has sent data that the host did not accept, so its RST is ahead of
			// the expected number. The client has no connection any more: it answers an ACK
			// with an RST that fits. (RFC 5961, section 3.2; measured on Linux 6.18)
			if seqBefore(p.received, s.Seq) {
				h.sendAck(i)
			}
			return
		}
		if p.pending() {
			h.withdraw(i, ClientWithdrew)
			return
		}
		h.breakConnection(i, winsock.WSAECONNRESET, PeerReset)
	case s.Flags&SYN != 0 && s.Seq+1 == p.received:
		h.synAck(p)
		if h.profile.SynQueue.RepeatRestarts && p.pending() {
			h.armSynAck(i)
		}
	case s.Flags&SYN != 0:
		h.sendAck(i) // a new attempt from the same address: the client answers with an RST, which ends the old one
	case s.Flags&ACK == 0 || s.Ack != p.sent:
		h.answerStray(s, NoSuchConnection)
	case p.isProbe(s):
		h.sendAck(i)
	case !p.pending():
		h.complete(i)
		h.arriveOpen(i, s)
	case h.finalAck(i, s):
		h.arriveOpen(i, s)
	}
}

// answerStray answers a segment with an RST, as a closed socket does (RFC 9293, section
// 3.10.7.1). It never answers an RST.
func (h *Host) answerStray(s *Segment, why Cause) { h.answer(s, why, 0) }

// answer is answerStray with an extra flag on the RST.
func (h *Host) answer(s *Segment, why Cause, extra Flags) {
	if s.Flags&RST != 0 {
		return
	}
	r := Segment{Src: s.Dst, Dst: s.Src, Flags: RST | extra, Why: why, Conn: s.Conn}
	if s.Flags&ACK != 0 {
		r.Seq = s.Ack
	} else {
		r.Flags |= ACK
		r.Ack = s.end()
	}
	h.send(r)
}
