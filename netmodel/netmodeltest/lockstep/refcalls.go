package lockstep

import (
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// oldest returns the oldest accepted connection of a client.
func (r *Reference) oldest(client int) int {
	for _, i := range r.taken {
		if r.conns[i].who.Client == client {
			return i
		}
	}
	return nobody
}

// notOpen is the error of a call with a descriptor that is not open. E8, K9
func (r *Reference) notOpen() winsock.Errno {
	if r.profile.Calls == netmodel.CallsUnix {
		r.mark(MarkBadDescriptor)
		return winsock.WSAEBADF
	}
	return winsock.WSAENOTSOCK
}

// connect calls connect on the listening socket. WS.L9; L09
func (r *Reference) connect() winsock.Errno {
	if r.profile.Calls == netmodel.CallsUnix {
		r.mark(MarkConnectIsConn)
		return winsock.WSAEISCONN
	}
	r.mark(MarkConnectInval)
	return winsock.WSAEINVAL
}

// shutdown calls shutdown on the listening socket. With Unix calls, the receiving
// side ends what listen began, and the socket may listen again. WS.L9, K11
func (r *Reference) shutdown(way ShutdownWay) winsock.Errno {
	switch {
	case !r.listening, r.profile.Calls != netmodel.CallsUnix:
		return winsock.WSAENOTCONN
	case way != ShutdownSend:
		r.closeListener()
		r.mark(MarkShutdownListener)
	}
	return 0
}

// misuse makes a call that the state of a connected socket forbids: listen (E5,
// L09), accept (WS.A1), connect, or send when it is over.
func (r *Reference) misuse(client int, way MisuseWay) winsock.Errno {
	i := r.oldest(client)
	switch {
	case i == nobody:
		return r.notOpen()
	case way == MisuseConnect:
		return winsock.WSAEISCONN
	case way == MisuseSend:
		return r.sendOver(&r.conns[i])
	case way == MisuseListen && r.profile.Calls == netmodel.CallsWinsock:
		return winsock.WSAEISCONN
	case way == MisuseListen:
		r.mark(MarkMisuseInval)
	}
	return winsock.WSAEINVAL
}

// sendOver is the error of sending on a connection that is over: its error, as
// often as it is asked for with Winsock, once with Unix calls; then EPIPE. K12
func (r *Reference) sendOver(c *conn) winsock.Errno {
	switch {
	case r.profile.Calls == netmodel.CallsWinsock:
		return c.broken
	case r.profile.Calls == netmodel.CallsWine: // its name for EPIPE. W
		return winsock.WSAECONNRESET
	case r.profile.Calls == netmodel.CallsUnix && c.broken != 0:
		e := c.broken
		c.broken = 0
		r.mark(MarkSendError)
		return e
	}
	r.mark(MarkSendPipe)
	return winsock.EPIPE
}

// receive takes what has arrived.
func (r *Reference) receive(client int, res *Result) winsock.Errno {
	i := r.oldest(client)
	if i == nobody {
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

// receiveOver takes from a connection that is over: with Winsock nothing but the
// error; otherwise what had arrived, then, with Unix calls, the error once, then
// the end. K12, W, D
func (r *Reference) receiveOver(c *conn, res *Result) winsock.Errno {
	switch {
	case r.profile.Calls == netmodel.CallsWinsock:
		return c.broken
	case c.unread > 0:
		res.Bytes, c.unread = c.unread, 0
		r.mark(MarkReceiveRest)
	case r.profile.Calls == netmodel.CallsUnix && c.broken != 0:
		e := c.broken
		c.broken = 0
		return e
	default:
		r.mark(MarkReceiveEnd)
	}
	return 0
}

// hangup closes an accepted connection: gracefully, in the background, unless
// it is told otherwise or bytes are unread.
func (r *Reference) hangup(client int, way HangupWay) winsock.Errno {
	i := r.oldest(client)
	if i == nobody {
		return r.notOpen()
	}
	c := &r.conns[i]
	r.remove(i)
	switch {
	case c.over:
	case !c.complete, way == HangupHard, c.unread > 0:
		r.hear(i, Reset)
		r.mark(MarkHardClose)
	default:
		c.ownsFD = r.profile.CloseHoldsDescriptor // WS.D11
		r.finish(i, way == HangupLost)
	}
	return 0
}

// finish closes a connection gracefully that is in nobody's hands any more.
func (r *Reference) finish(i int, lost bool) {
	r.closing = append(r.closing, i)
	r.sendFin(i, lost)
}

// sendFin sends the FIN, which the client acknowledges unless it has fallen
// silent or the FIN is lost.
func (r *Reference) sendFin(i int, lost bool) {
	c := &r.conns[i]
	r.hear(i, Finishing)
	if lost || r.fault(netmodel.FaultNetworkDown) || c.who.Number != r.clients[c.who.Client].number {
		r.mark(MarkFinUnanswered)
		r.alarm(ringData, i, wait(r.profile.Data, c.resends))
		return
	}
	c.finAnswered, c.ownsFD = true, false
	r.clients[c.who.Client].moved = true
	if c.clientDone {
		r.remove(i)
		return
	}
	r.alarm(ringFinWait, i, r.profile.FinWait)
}
