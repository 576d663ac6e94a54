package netmodel

import (
	"time"

	"wspsim/netmodel/winsock"
)

// A connection carries counted bytes in order. The receiver acknowledges data at once. The
// sender retransmits all unacknowledged data together. The model has no window, no
// congestion control and no TIME_WAIT.

// maxWaiting limits the bytes that wait at the sender, and the bytes that wait at the
// receiver, so that sequence numbers stay unambiguous.
const maxWaiting = 1 << 30 // bytes

// Send sends n bytes and returns how many bytes it took. It takes fewer than n bytes if more
// than 2^30 bytes would be unacknowledged. Errors:
//   - The errors of every call, and WSAENOTSOCK.
//   - WSAEFAULT: n is negative.
//   - WSAENOTCONN, WSAENOBUFS, WSAESHUTDOWN.
//   - WSAEWOULDBLOCK: no room, or the final ACK has not arrived.
//   - The error of a broken connection, such as WSAECONNRESET.
func (h *Host) Send(fd FD, n int) (int, error) {
	i, err := h.openSocket(fd, n)
	if err == error(winsock.WSAENOTCONN) && h.profile.Calls == CallsWine && h.socks[h.table.lookup(fd)].state == stateListening {
		err = winsock.WSAECONNRESET // W
	}
	if err != nil {
		h.recordCall(CallSend, fd, int64(n), err)
		return 0, err
	}
	s := &h.socks[i]
	if s.state == stateBroken {
		err := h.sendBroken(s)
		h.recordCall(CallSend, fd, int64(n), err)
		return 0, err
	}
	room := maxWaiting - int(s.sent-s.acked)
	switch {
	case s.has(flagFinSent):
		h.recordCall(CallSend, fd, int64(n), winsock.WSAESHUTDOWN)
		return 0, winsock.WSAESHUTDOWN
	case s.state == stateHalfOpen, room <= 0 && n > 0:
		return 0, winsock.WSAEWOULDBLOCK
	}
	n = min(n, room)
	if n > 0 {
		h.sendData(i, s.sent, uint32(n), 0)
		s.sent += uint32(n)
		h.armData(i)
	}
	h.record(Record{Kind: Called, Call: CallSend, Conn: s.conn, FD: fd, Value: int64(n)})
	return n, nil
}

// Receive takes up to limit bytes that have arrived and returns how many it took. If limit
// is more than 0, the result 0 without an error is the end of the stream. Errors: as for
// Send, but WSAEWOULDBLOCK if nothing has arrived.
func (h *Host) Receive(fd FD, limit int) (int, error) {
	i, err := h.openSocket(fd, limit)
	if err != nil {
		h.recordCall(CallReceive, fd, int64(limit), err)
		return 0, err
	}
	s := &h.socks[i]
	if s.state == stateBroken { // with the calls of Winsock, openSocket has returned the error
		return h.receiveBroken(fd, s, limit)
	}
	if s.has(flagNoReceive) && h.profile.Calls != CallsUnix {
		h.recordCall(CallReceive, fd, int64(limit), winsock.WSAESHUTDOWN)
		return 0, winsock.WSAESHUTDOWN
	}
	n := min(limit, s.unread())
	if n == 0 && limit > 0 && s.flags&(flagFinReceived|flagNoReceive) == 0 {
		return 0, winsock.WSAEWOULDBLOCK
	}
	s.read += uint32(n)
	h.record(Record{Kind: Called, Call: CallReceive, Conn: s.conn, FD: fd, Value: int64(n)})
	return n, nil
}

// receiveBroken receives from a broken connection: the bytes that have arrived, then with
// CallsUnix the error once, then the end of the stream. K12
func (h *Host) receiveBroken(fd FD, s *socket, limit int) (int, error) {
	n := min(limit, s.unread())
	switch {
	case n > 0:
		s.read += uint32(n)
	case s.broken != 0 && h.profile.Calls == CallsUnix:
		e := s.broken
		s.broken = 0
		h.recordCall(CallReceive, fd, int64(limit), e)
		return 0, e
	}
	h.record(Record{Kind: Called, Call: CallReceive, Conn: s.conn, FD: fd, Value: int64(n)})
	return n, nil
}

// sendBroken returns the error of Send on a broken connection. K12. Wine returns
// WSAECONNRESET for EPIPE (W).
func (h *Host) sendBroken(s *socket) error {
	if h.profile.Calls == CallsWine {
		return winsock.WSAECONNRESET
	}
	if e := s.broken; e != 0 && h.profile.Calls == CallsUnix {
		s.broken = 0
		return e
	}
	return winsock.EPIPE
}

// openSocket returns the socket for a call that sends or receives n bytes, after the checks
// that Send and Receive share.
func (h *Host) openSocket(fd FD, n int) (int32, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return 0, err
	}
	s := &h.socks[i]
	switch {
	case n < 0:
		return 0, winsock.WSAEFAULT
	case s.state == stateBroken && h.profile.Calls == CallsWinsock:
		return 0, s.broken
	case s.state == stateBroken:
	case s.state == stateConnecting && h.profile.Calls == CallsUnix:
		return 0, winsock.WSAEWOULDBLOCK // the call would wait for the connection (L13)
	case s.state != stateOpen && s.state != stateHalfOpen:
		return 0, winsock.WSAENOTCONN
	case h.faults&FaultNoBuffers != 0:
		return 0, winsock.WSAENOBUFS
	}
	return i, nil
}

// unread returns how many bytes have arrived that the program has not received.
func (s *socket) unread() int {
	n := int(s.received - s.read)
	if s.has(flagFinReceived) {
		n-- // the FIN has a sequence number
	}
	return n
}

// Shutdown ends one direction of a connection or both: how is SD_RECEIVE, SD_SEND or
// SD_BOTH. Errors: the errors of every call, WSAENOTSOCK, WSAEINVAL (another value of how),
// WSAENOTCONN, which a listener gets too (WS.L9).
//
// Shutting down the receiving side with the calls of Winsock resets the connection if data
// is unread, or when data arrives later. With CallsUnix the program can still receive the
// data that has arrived and the data that arrives later, and then the end of the stream.
// Data that arrives when both sides are shut down resets the connection. (Linux 6.18:
// tcp_input.c, tcp_rcv_state_process; measured there. In the model the other Unix systems
// do what Linux does.) With CallsUnix, shutting down the receiving side of a listener ends
// it. The socket stays bound. (K11)
func (h *Host) Shutdown(fd FD, how int) error {
	err := h.shutdown(fd, how)
	h.recordCall(CallShutdown, fd, int64(how), err)
	return err
}

func (h *Host) shutdown(fd FD, how int) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		return err
	}
	s := &h.socks[i]
	switch {
	case how < winsock.SD_RECEIVE || how > winsock.SD_BOTH:
		return winsock.WSAEINVAL
	case s.state == stateListening && h.profile.Calls == CallsUnix:
		if how != winsock.SD_SEND { // the socket stays and can listen again. K11
			h.closeListener(i)
			h.socks[i].state = stateBound
		}
		return nil
	case s.state != stateOpen:
		return winsock.WSAENOTCONN
	}
	if how != winsock.SD_SEND {
		s.set(flagNoReceive, true)
		if s.unread() > 0 && h.profile.Calls != CallsUnix {
			h.sendReset(i, DataAfterShutdown)
			h.breakConnection(i, winsock.WSAECONNABORTED, DataAfterShutdown)
			return nil
		}
	}
	if how != winsock.SD_RECEIVE {
		h.sendFin(i)
	}
	return nil
}

// sendFin sends the FIN, if it was not sent yet.
func (h *Host) sendFin(i int32) {
	s := &h.socks[i]
	if s.has(flagFinSent) {
		return
	}
	h.sendData(i, s.sent, 0, FIN)
	s.sent++
	s.set(flagFinSent, true)
	h.armData(i)
}

// arriveOpen handles a segment for a connection whose handshake is complete.
func (h *Host) arriveOpen(i int32, s *Segment) {
	c := &h.socks[i]
	switch {
	case s.Flags&RST != 0:
		if !seqBefore(s.Seq, c.received) { // an RST with an older number is out of date
			h.arriveReset(i, s.Why)
		}
		return
	case s.Flags&SYN != 0:
		h.sendAck(i) // a duplicate, or another attempt from the same address: the peer's next segment tells
		return
	case s.Flags&ACK == 0 || seqBefore(c.sent, s.Ack):
		return
	case c.isProbe(s):
		h.sendAck(i)
		return
	}
	if c.keep != 0 {
		h.noteSegment(i, s.Len > 0 || s.Flags&FIN != 0 || seqBefore(c.acked, s.Ack))
	}
	h.acknowledge(i, s.Ack)
	if s.Len > 0 || s.Flags&FIN != 0 {
		if !h.takeData(i, s) {
			return
		}
		h.sendAck(i)
	}
	h.finishClose(i)
}

// acknowledge notes that the peer has acknowledged everything before ack.
func (h *Host) acknowledge(i int32, ack uint32) {
	s := &h.socks[i]
	if !seqBefore(s.acked, ack) {
		return
	}
	s.acked, s.resends = ack, 0
	h.noteReady(i)
	if s.acked == s.sent {
		h.disarm(i)
	} else {
		h.armData(i)
	}
}

// takeData takes the new data and the FIN of a segment. It returns false if the segment
// ended the connection.
func (h *Host) takeData(i int32, s *Segment) bool {
	c := &h.socks[i]
	if seqBefore(c.received, s.Seq) || !seqBefore(c.received, s.end()) {
		return true // data is missing before the segment, or the segment has nothing new
	}
	fresh := s.Seq + s.Len - c.received // 0 when only the FIN is new
	switch {
	case int32(fresh) > 0 && c.fd == 0 && !c.pending():
		h.sendReset(i, DataAfterClose)
		h.release(i)
		return false
	case int32(fresh) > 0 && c.has(flagNoReceive) && h.profile.Calls != CallsUnix:
		h.sendReset(i, DataAfterShutdown)
		h.breakConnection(i, winsock.WSAECONNABORTED, DataAfterShutdown)
		return false
	case int32(fresh) > 0 && c.has(flagNoReceive) && c.has(flagFinSent): // both sides are shut down: no program will receive it
		h.sendReset(i, DataAfterShutdown)
		h.breakConnection(i, winsock.WSAECONNRESET, DataAfterShutdown)
		return false
	case c.received-c.read >= maxWaiting:
		return true // no room: the peer will send it again
	}
	c.received = s.end()
	h.noteReady(i)
	if s.Flags&FIN != 0 {
		c.set(flagFinReceived, true)
		h.newRecord(Finished, c.conn, NoCause).FD = c.fd
	}
	return true
}

// finishClose frees what a closed connection does not need any more. The descriptor that close
// has held is free when the peer has acknowledged everything. The connection ends when the
// peer has also closed its side, or after FinWait.
func (h *Host) finishClose(i int32) {
	s := &h.socks[i]
	finished := s.has(flagFinSent) && s.acked == s.sent
	if !finished || s.fd != 0 || s.pending() {
		return
	}
	if s.heldFD != 0 {
		h.table.close(s.heldFD)
		s.heldFD = 0
	}
	if s.has(flagFinReceived) {
		h.release(i)
		return
	}
	h.arm(i, h.profile.FinWait)
}

// arriveReset handles the peer's RST.
func (h *Host) arriveReset(i int32, why Cause) {
	s := &h.socks[i]
	if why == NoCause {
		why = PeerReset
	}
	switch {
	case s.pending():
		h.abortPending(i)
	case s.has(flagFinSent) && s.has(flagFinReceived):
		// The peer has received everything and has ended the connection. Its last ACK was lost.
		s.acked = s.sent
		h.disarm(i)
		h.finishClose(i)
	default:
		h.breakConnection(i, winsock.WSAECONNRESET, why)
	}
}

// breakConnection ends a connection with an error. If a program has its descriptor, the
// descriptor stays open, and calls report the error.
func (h *Host) breakConnection(i int32, e winsock.Errno, why Cause) {
	s := &h.socks[i]
	h.disarm(i)
	h.dropKeepAlive(i)
	h.removeTuple(i)
	h.record(Record{Kind: Broken, Conn: s.conn, FD: s.fd, Errno: e, Cause: why})
	s.state, s.broken = stateBroken, e
	h.noteReady(i)
	if e == winsock.WSAECONNRESET {
		s.broken = h.resetError(s)
	}
	if s.fd == 0 {
		h.release(i)
	}
}

// resetError returns the error of Send and Receive after the peer has reset the connection.
// With CallsUnix it is 0 if the FIN arrived before the RST: Receive returns the end of the
// stream then, and Send fails with EPIPE. (measured on Linux 6.18)
func (h *Host) resetError(s *socket) winsock.Errno {
	if h.profile.Calls == CallsUnix && s.has(flagFinReceived) {
		return 0
	}
	return winsock.WSAECONNRESET
}

// armData sets the timer for the acknowledgement of data and FIN.
func (h *Host) armData(i int32) {
	s := &h.socks[i]
	wait := h.profile.Data.Wait(s.resends)
	if s.keep != 0 {
		wait = h.untilUserTimeout(i, wait)
	}
	h.arm(i, wait)
}

// dataTimeout retransmits all unacknowledged data and the FIN, or breaks the connection.
func (h *Host) dataTimeout(i int32) {
	s := &h.socks[i]
	switch {
	case s.acked == s.sent: // closed, and the peer has not closed its side in FinWait
		h.release(i)
		return
	case h.dataIsLate(i):
		h.breakConnection(i, winsock.WSAETIMEDOUT, DataUnanswered)
		return
	}
	s.resends++
	length, flags := s.sent-s.acked, Flags(0)
	if s.has(flagFinSent) {
		length--
		flags = FIN
	}
	h.record(Record{Kind: DataRetransmitted, Conn: s.conn, FD: s.fd, Value: int64(s.resends), Cause: DataUnanswered})
	h.sendData(i, s.acked, length, flags)
	h.armData(i)
}

func (h *Host) sendData(i int32, seq, length uint32, flags Flags) {
	s := &h.socks[i]
	out := h.segment()
	out.Src, out.Dst, out.Conn = s.local, s.remote, s.conn
	out.Seq, out.Ack, out.Len, out.Flags = seq, s.received, length, ACK|flags
}

func (h *Host) sendAck(i int32) { h.sendData(i, h.socks[i].sent, 0, 0) }

func (h *Host) sendReset(i int32, why Cause) {
	s := &h.socks[i]
	out := h.segment()
	out.Src, out.Dst, out.Conn, out.Why = s.local, s.remote, s.conn, why
	out.Seq, out.Ack, out.Flags = s.sent, s.received, RST|ACK
}

// seconds converts an option in whole seconds to a duration.
func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }
