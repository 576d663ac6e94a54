package netmodel

import (
	"math"
	"time"

	"wspsim/netmodel/winsock"
)

// SetClient changes how one socket connects, as SIO_TCP_INITIAL_RTO does on Windows. Call
// it before Connect. Errors: those of every call, WSAENOTSOCK, WSAEINVAL (the settings are
// not valid), WSAENOBUFS (65,536 different settings exist already). WS.T7
func (h *Host) SetClient(fd FD, c Client) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		return err
	}
	if c.Validate() != nil {
		return winsock.WSAEINVAL
	}
	for n, known := range h.clients {
		if known == c {
			h.socks[i].client = uint16(n)
			return nil
		}
	}
	if len(h.clients) > math.MaxUint16 {
		return winsock.WSAENOBUFS
	}
	h.clients = append(h.clients, c)
	h.socks[i].client = uint16(len(h.clients) - 1)
	return nil
}

// SetConn sets the ConnID of the socket's next Connect, for traces.
func (h *Host) SetConn(fd FD, c ConnID) {
	if i := h.table.lookup(fd); i > 0 {
		h.socks[i].conn = c
	}
}

// Connect begins to connect a socket and returns WSAEWOULDBLOCK. Select tells when the
// attempt has ended, and SO_ERROR tells how. Connect binds an unbound socket first. After
// a failure the same socket may connect again. WS.L9, WS.T8
//
// Errors, in the order of the checks:
//   - the errors of every call;
//   - WSAENOTSOCK;
//   - WSAEINVAL: the socket listens;
//   - WSAEALREADY: the socket is connecting;
//   - WSAEISCONN: the socket is connected;
//   - WSAEOPNOTSUPP: a datagram socket;
//   - WSAEADDRNOTAVAIL: no address or no port to connect to;
//   - WSAENOBUFS: no memory, or no free port;
//   - WSAEADDRINUSE: a conflict that Bind did not report, or a connection between the same
//     two addresses exists.
func (h *Host) Connect(fd FD, to Addr) error {
	err := h.connect(fd, to)
	if err != nil {
		h.recordCall(CallConnect, fd, int64(to.Port), err)
		return err
	}
	return winsock.WSAEWOULDBLOCK
}

func (h *Host) connect(fd FD, to Addr) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		return err
	}
	s := &h.socks[i]
	switch s.state {
	case stateUnbound, stateBound, stateFailed:
	case stateListening:
		if h.profile.Calls == CallsUnix {
			return winsock.WSAEISCONN // L09
		}
		return winsock.WSAEINVAL
	case stateConnecting:
		return winsock.WSAEALREADY
	default:
		return winsock.WSAEISCONN
	}
	switch {
	case s.typ != winsock.SOCK_STREAM:
		return winsock.WSAEOPNOTSUPP
	case to.IP == AnyIP || to.Port == 0 && h.profile.System != "linux": // Linux connects to port 0 as to other ports (measured on 6.18)
		return winsock.WSAEADDRNOTAVAIL
	case h.faults&FaultNoBuffers != 0:
		return winsock.WSAENOBUFS
	case s.state == stateUnbound:
		a, err := h.pickPort(winsock.SOCK_STREAM, AnyIP, to)
		if err != nil {
			return err
		}
		s.local = a
		h.addToPort(i)
	case h.profile.CommitAtListen && h.profile.Calls != CallsUnix && h.commitConflict(i):
		return winsock.WSAEADDRINUSE
	}
	if s.local.IP == AnyIP {
		s.local.IP = h.addrs[0]
	}
	if h.connection(s.local, to) != 0 {
		return winsock.WSAEADDRINUSE
	}
	h.startConnect(i, to)
	return nil
}

func (h *Host) startConnect(i int32, to Addr) {
	h.serials++ // each attempt has its own initial sequence number
	s := &h.socks[i]
	s.serial = h.serials
	s.remote, s.state, s.since = to, stateConnecting, h.now
	s.acked = h.initialSequence(i)
	s.sent = s.acked + 1
	s.resends, s.timeouts = 0, 0
	s.set(flagRefusedOnce, false)
	h.addTuple(i)
	h.newRecord(SynSent, s.conn, NoCause).FD = s.fd
	h.sendSyn(i)
}

func (h *Host) sendSyn(i int32) {
	s := &h.socks[i]
	syn := h.segment()
	syn.Src, syn.Dst, syn.Seq, syn.Flags, syn.Conn = s.local, s.remote, s.acked, SYN, s.conn
	h.armSyn(i, h.clients[s.client].Syn.Wait(s.timeouts))
}

// armSyn sets the timer for the next SYN after wait, but not beyond the time limit of the
// attempt.
func (h *Host) armSyn(i int32, wait time.Duration) {
	s := &h.socks[i]
	if limit := h.clients[s.client].Syn.Limit; limit > 0 {
		wait = max(0, min(wait, limit-h.now.Sub(s.since)))
	}
	h.arm(i, wait)
}

// synTimeout sends the SYN again or ends the attempt. The timer fires when no answer came
// in time, or when the pause after an RST is over. WS.T1-T6
func (h *Host) synTimeout(i int32) {
	s := &h.socks[i]
	c := &h.clients[s.client]
	refused := s.has(flagRefusedOnce) && s.why != NoCause
	passed := h.now.Sub(s.since)
	over := c.Syn.Limit > 0 && passed >= c.Syn.Limit
	switch {
	case refused && !over:
		h.resendSyn(i, SynRefused)
	case refused:
		h.failConnect(i, winsock.WSAECONNREFUSED, s.why)
	case !c.Syn.ends(s.resends, passed):
		s.timeouts++
		h.resendSyn(i, NoAnswer)
	case c.Refused.Sticks && s.has(flagRefusedOnce):
		h.failConnect(i, winsock.WSAECONNREFUSED, RefusalsExhausted)
	default:
		h.failConnect(i, winsock.WSAETIMEDOUT, NoAnswer)
	}
}

// connectErrorCause returns why a client could not send a SYN, for the error of Socket,
// SetClient or Connect.
func (h *Host) connectErrorCause(e winsock.Errno) Cause {
	switch {
	case e == winsock.WSAEMFILE:
		return NoDescriptorLeft
	case e == winsock.WSAENOBUFS && h.faults&FaultNoBuffers == 0:
		return NoPortLeft
	case e == winsock.WSAENOBUFS:
		return OutOfBuffers
	}
	return NetworkDown
}

func (h *Host) resendSyn(i int32, why Cause) {
	s := &h.socks[i]
	s.resends++
	s.why = NoCause // the answer to the new SYN decides
	h.record(Record{Kind: SynRetransmitted, Conn: s.conn, FD: s.fd, Value: int64(s.resends), Cause: why})
	h.sendSyn(i)
}

// failConnect ends an attempt with an error. The socket stays bound, and may connect again
// or listen. WS.L6, WS.T8
func (h *Host) failConnect(i int32, e winsock.Errno, why Cause) {
	h.disarm(i)
	s := &h.socks[i]
	h.removeTuple(i)
	s.state, s.soError = stateFailed, e
	h.noteReady(i)
	h.record(Record{Kind: ConnectFailed, Conn: s.conn, FD: s.fd, Errno: e, Cause: why})
}

// arriveConnecting handles a segment for a socket that sent a SYN.
func (h *Host) arriveConnecting(i int32, s *Segment) {
	c := &h.socks[i]
	switch {
	case s.Flags&ACK == 0:
		// A SYN that crosses the host's own SYN: simultaneous open is not modelled.
	case s.Ack != c.sent:
		h.answerStray(s, NoSuchConnection)
	case s.Flags&(RST|AGAIN) == RST|AGAIN:
		h.failConnect(i, winsock.WSAEWOULDBLOCK, s.Why)
	case s.Flags&RST != 0:
		h.synRefused(i, s.Why)
	case s.Flags&SYN != 0:
		h.disarm(i)
		c.state, c.acked, c.resends, c.soError = stateOpen, c.sent, 0, 0
		c.received, c.read = s.Seq+1, s.Seq+1
		h.startKeepAlive(i)
		r := h.newRecord(Connected, c.conn, NoCause)
		r.FD, r.Since = c.fd, c.since
		h.noteReady(i)
		h.sendAck(i)
	}
}

// synRefused handles an RST that answers a SYN. The attempt goes on while the profile
// allows further SYNs. WS.T3, WS.T4
func (h *Host) synRefused(i int32, why Cause) {
	s := &h.socks[i]
	refused := h.clients[s.client].Refused
	if s.has(flagRefusedOnce) && s.why != NoCause {
		return // a duplicate: the timer for the next SYN is set already
	}
	if why == NoCause {
		why = NoSuchConnection
	}
	s.set(flagRefusedOnce, true)
	s.why = why
	if s.resends >= refused.Retries {
		h.failConnect(i, winsock.WSAECONNREFUSED, why)
		return
	}
	h.armSyn(i, refused.Gap)
}
