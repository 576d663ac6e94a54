package lockstep

import (
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// acceptedBy returns the oldest accepted connection of a client.
func (r *reference) acceptedBy(client int) int {
	for _, i := range r.accepted {
		if r.conns[i].who.Client == client {
			return i
		}
	}
	return noConn
}

// notOpen is the error of a call with a descriptor that is not open. E8, K9
func (r *reference) notOpen() winsock.Errno {
	if r.profile.Calls == netmodel.CallsUnix {
		r.mark(markBadDescriptor)
		return winsock.WSAEBADF
	}
	return winsock.WSAENOTSOCK
}

// connect calls connect on the listening socket. WS.L9; L09
func (r *reference) connect() winsock.Errno {
	if r.profile.Calls == netmodel.CallsUnix {
		r.mark(markConnectIsConn)
		return winsock.WSAEISCONN
	}
	r.mark(markConnectInval)
	return winsock.WSAEINVAL
}

// shutdown calls shutdown on the listening socket. With Unix calls, ending the receiving
// side ends the listener, and the socket may listen again. WS.L9, K11
func (r *reference) shutdown(way int) winsock.Errno {
	switch {
	case !r.listening, r.profile.Calls != netmodel.CallsUnix:
		return winsock.WSAENOTCONN
	case way != winsock.SD_SEND:
		r.closeListener()
		r.mark(markShutdownListener)
	}
	return 0
}

// misuse makes a call that fails on a connected socket: listen (E5, L09), accept
// (WS.A1), connect, or send when the connection is over.
func (r *reference) misuse(client int, way int) winsock.Errno {
	i := r.acceptedBy(client)
	switch {
	case i == noConn:
		return r.notOpen()
	case way == misuseConnect:
		return winsock.WSAEISCONN
	case way == misuseSend:
		return r.sendOver(&r.conns[i])
	case way == misuseListen && r.profile.Calls == netmodel.CallsWinsock:
		return winsock.WSAEISCONN
	case way == misuseListen:
		r.mark(markMisuseInval)
	}
	return winsock.WSAEINVAL
}

// sendOver is the error of sending on a connection that is over. Winsock returns its
// error each time. Unix returns its error once, and then EPIPE. K12
func (r *reference) sendOver(c *conn) winsock.Errno {
	switch {
	case r.profile.Calls == netmodel.CallsWinsock:
		return c.broken
	case r.profile.Calls == netmodel.CallsWine: // Wine's error for EPIPE. W
		return winsock.WSAECONNRESET
	case r.profile.Calls == netmodel.CallsUnix && c.broken != 0:
		e := c.broken
		c.broken = 0
		r.mark(markSendError)
		return e
	}
	r.mark(markSendPipe)
	return winsock.EPIPE
}

// receive takes all bytes that have arrived.
func (r *reference) receive(client int, res *Result) winsock.Errno {
	i := r.acceptedBy(client)
	if i == noConn {
		return r.notOpen()
	}
	c := &r.conns[i]
	switch {
	case c.over:
		return r.receiveOver(c, res)
	case r.fault(netmodel.FaultNoBuffers):
		return winsock.WSAENOBUFS
	case c.unread == 0 && !c.clientDone:
		return winsock.WSAEWOULDBLOCK
	}
	res.Bytes, c.unread = c.unread, 0
	return 0
}

// receiveOver takes bytes from a connection that is over. Winsock returns only the
// error. The others return the bytes first, Unix then the error once, and then the end.
// K12, W, D
func (r *reference) receiveOver(c *conn, res *Result) winsock.Errno {
	switch {
	case r.profile.Calls == netmodel.CallsWinsock:
		return c.broken
	case c.unread > 0:
		res.Bytes, c.unread = c.unread, 0
		r.mark(markReceiveRest)
	case r.profile.Calls == netmodel.CallsUnix && c.broken != 0:
		e := c.broken
		c.broken = 0
		return e
	default:
		r.mark(markReceiveEnd)
	}
	return 0
}

// hangup closes an accepted connection. It closes gracefully, in the background, unless
// bytes are unread or the program wants a hard close.
func (r *reference) hangup(client int, way int) winsock.Errno {
	i := r.acceptedBy(client)
	if i == noConn {
		return r.notOpen()
	}
	c := &r.conns[i]
	r.remove(i)
	switch {
	case c.over:
	case !c.complete, way == hangupHard, c.unread > 0:
		r.send(i, ReplyRst)
		r.mark(markHardClose)
	default:
		c.ownsFD = r.profile.CloseHoldsDescriptor // WS.D11
		r.finish(i, way == hangupLost)
	}
	return 0
}

// finish closes a connection gracefully that no program holds.
func (r *reference) finish(i int, lost bool) {
	r.closing = append(r.closing, i)
	r.sendFin(i, lost)
}

// sendFin sends the FIN. The client acknowledges it, unless the client has begun another
// attempt or the FIN is lost.
func (r *reference) sendFin(i int, lost bool) {
	c := &r.conns[i]
	r.send(i, ReplyFin)
	if lost || r.fault(netmodel.FaultNetworkDown) || c.who.Number != r.clients[c.who.Client].attempt {
		r.mark(markFinUnanswered)
		r.setTimer(timerFin, i, delayAfter(r.profile.Data, c.resends))
		return
	}
	c.finAnswered, c.ownsFD = true, false
	r.clients[c.who.Client].pastSyn = true
	if c.clientDone {
		r.remove(i)
		return
	}
	r.setTimer(timerFinWait, i, r.profile.FinWait)
}
