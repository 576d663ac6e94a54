package simnet

import (
	"io"
	"net"
	"runtime"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// This file has the calls of a connection. In real time they call the model. In a bubble a call
// that need not wait reads the state of the model and returns, and the model processes the call
// later. readNow, writeNow and applyLater contain both ways.

// readNow reads bytes that have arrived. over: the Read has ended, else it must wait.
func (c *Conn) readNow(b []byte) (m int, err error, over bool) {
	n := c.host.net
	if !n.ordered {
		if c.in.unread() == 0 && !c.mayHaveData {
			n.mu.Unlock()     // the leave at the end of Read wakes the callers of ended calls
			runtime.Gosched() // the sender may be about to write: a switch costs less than a wake-up
			n.enterTimeless()
			if c.reading.first != nil {
				return 0, nil, false
			}
		}
		return c.receive(b)
	}
	if err, over := c.cannotRead(b); over {
		return 0, err, true
	}
	arrived, end := c.host.model.Arrived(c.fd)
	switch m = min(len(b), arrived-c.readAhead); {
	case m > 0:
		c.in.take(b[:m])
		c.readAhead += m
		c.applyLater(callRead, m)
		return m, nil, true
	case end:
		c.applyLater(callRead, 0)
		return 0, io.EOF, true
	case c.readShut && c.connected():
		return 0, io.EOF, true
	}
	return 0, nil, false
}

// connected reports whether the connection still exists.
func (c *Conn) connected() bool {
	_, open := c.host.model.Unacknowledged(c.fd)
	return open
}

// cannotRead returns the result of a Read that does not depend on the bytes that have arrived.
func (c *Conn) cannotRead(b []byte) (err error, over bool) {
	switch {
	case !c.open:
		return net.ErrClosed, true
	case len(b) == 0 && !c.host.isWindows(): // on Windows the deadline comes first (internal/poll, FD.Read)
		return nil, true
	case c.reading.expired:
		return errDeadline, true
	case len(b) == 0:
		return nil, true
	}
	return nil, false
}

func (c *Conn) attemptRead(k *call) (over bool) {
	k.n, k.err, over = c.receive(k.buf)
	return over
}

// receive reads bytes that have arrived. over is false if there are none, so the call must wait.
func (c *Conn) receive(b []byte) (m int, err error, over bool) {
	if err, over := c.cannotRead(b); over {
		return 0, err, true
	}
	m, err = c.host.net.real.Receive(c.host.id, c.fd, len(b))
	switch {
	case err == error(winsock.WSAEWOULDBLOCK) && c.readShut:
		return 0, io.EOF, true
	case err == error(winsock.WSAEWOULDBLOCK):
		c.mayHaveData = false
		return 0, nil, false
	case err != nil:
		return 0, c.host.syscallError(sysRead, err), true
	case m == 0:
		return 0, io.EOF, true
	}
	c.in.take(b[:m])
	c.confirmRead(m)
	return m, nil, true
}

// confirmRead counts m bytes as read, so that the peer can send more.
func (c *Conn) confirmRead(m int) {
	c.in.read += uint32(m)
	c.in.releaseBuffer(c.host.net)
	c.peer().writing.serve()
}

// writeNow writes as many bytes as there is room for. over is false if some of b remain.
func (c *Conn) writeNow(b []byte) (m int, err error, over bool) {
	if !c.host.net.ordered {
		return c.send(b)
	}
	if err, over := c.cannotWrite(); over {
		return 0, err, true
	}
	if err := c.host.model.SendError(c.fd); err != nil {
		if c.errorReported && !c.host.isWindows() {
			err = winsock.EPIPE // the first failed Write has consumed the error
		}
		c.errorReported = true
		c.applyLater(callFailedWrite, max(1, len(b)))
		return 0, c.host.syscallError(sysWrite, err), true
	}
	m = min(len(b), c.room())
	if m > 0 {
		c.out.borrow(b[:m])
		c.out.copyBorrowed(c.host.net)
		c.applyLater(callWrite, m)
	}
	return max(0, m), nil, m == len(b)
}

// cannotWrite returns the error of a Write that does not depend on the room.
func (c *Conn) cannotWrite() (err error, over bool) {
	switch {
	case !c.open:
		return net.ErrClosed, true
	case c.writing.expired:
		return errDeadline, true
	case c.writeShut && c.connected(): // else the error of the connection comes first
		return c.host.syscallError(sysWrite, winsock.WSAESHUTDOWN), true
	}
	return nil, false
}

func (c *Conn) attemptWrite(k *call) (over bool) {
	m, err, over := c.send(k.buf[k.n:])
	k.n, k.err = k.n+m, err
	return over
}

// send sends as many bytes as there is room for. over is false if some of b remain.
func (c *Conn) send(b []byte) (m int, err error, over bool) {
	n := c.host.net
	for first := true; first || m < len(b); first = false {
		if err, over := c.cannotWrite(); over {
			return m, err, true
		}
		room := c.room()
		if room <= 0 && len(b) > 0 {
			return m, nil, false
		}
		part := b[m:min(len(b), m+room)]
		c.out.borrow(part) // a waiting Read copies directly from b
		if err := c.transmit(len(part)); err != nil {
			c.out.cancelBorrow()
			return m, c.host.syscallError(sysWrite, err), true
		}
		c.out.copyBorrowed(n)
		m += len(part)
	}
	return m, nil, true
}

// transmit makes the model send bytes that are in the pipe.
func (c *Conn) transmit(bytes int) error {
	n := c.host.net
	if n.real.SendDirectly(c.host.id, c.fd, bytes) {
		c.peer().reading.serve()
		return nil
	}
	if _, err := c.host.model.Send(c.fd, bytes); err != nil { // it sends all: the model has more room
		return err
	}
	n.notifyReady()
	return nil
}

// room returns how many bytes can be sent now. A byte takes room until the peer's system has
// acknowledged it and the peer's program has read it. A Read makes room at the sender at once,
// also on a link with latency.
func (c *Conn) room() int {
	unacknowledged, open := c.host.model.Unacknowledged(c.fd)
	if !open {
		return c.host.net.config.Window // send returns the error
	}
	return max(0, c.host.net.config.Window-max(unacknowledged, c.out.unread()))
}

// applyLater makes in the model a call that has returned. In a bubble it schedules the call.
// Several reads or writes of one instant then count as one. Their order and their sizes must not
// matter.
func (c *Conn) applyLater(w callKind, m int) {
	n := c.host.net
	if !n.ordered {
		c.apply(w, m, m == 0)
		n.notifyReady()
		return
	}
	sum := c.sum(w)
	if sum == nil || *sum == nil {
		k := n.schedule(c.host, uint64(c.pair.id), c.fd, w)
		k.conn = c
		if sum == nil {
			k.n = m
			k.rank.detail = k.rank.detail<<16 | uint64(uint16(m))
			return
		}
		k.rank.detail <<= 16
		*sum = k
	}
	k := *sum
	if w == callLinger { // the last call decides
		k.n = m
		return
	}
	k.n += m
	k.end = k.end || m == 0
}

// sums are the scheduled calls that join several calls of one instant: reads, writes, failed
// writes, and the last SetLinger.
type sums struct{ reads, writes, failures, linger *call }

// sum returns the place of the joined call of one kind. It is nil for a kind whose calls are not
// joined.
func (c *Conn) sum(w callKind) **call {
	if w != callRead && w != callWrite && w != callFailedWrite && w != callLinger {
		return nil
	}
	if c.sums == nil {
		c.sums = new(sums)
	}
	switch w {
	case callRead:
		return &c.sums.reads
	case callWrite:
		return &c.sums.writes
	case callLinger:
		return &c.sums.linger
	}
	return &c.sums.failures
}

// apply makes a call of one kind in the model. m is a number of bytes or the value of an option.
// end: a Read has returned the end of the stream.
func (c *Conn) apply(w callKind, m int, end bool) {
	h := c.host
	if h.net.ordered {
		if sum := c.sum(w); sum != nil {
			*sum = nil
		}
	}
	if c.modelClosed {
		return
	}
	switch w {
	case callRead:
		if m > 0 {
			_, _ = h.net.real.Receive(h.id, c.fd, m) // m bytes have arrived
			c.readAhead -= m
			c.confirmRead(m)
		}
		if end && !c.closed { // the order of a Read and a Close of one instant must not matter
			_, _ = h.net.real.Receive(h.id, c.fd, 1) // the end has arrived
		}
		c.reading.serve()
	case callWrite:
		if _, open := h.model.Unacknowledged(c.fd); open { // else the bytes are lost, as on any system
			_ = c.transmit(m)
		}
	case callFailedWrite:
		_, _ = h.model.Send(c.fd, m) // Write has returned the error; this may consume it
		c.errorReported = false
	case callCloseWrite:
		c.modelWriteShut = c.modelWriteShut || m == winsock.SD_SEND
		_ = h.model.Shutdown(c.fd, m) // it fails if the connection has ended meanwhile
	case callLinger:
		_ = h.model.SetSockOpt(c.fd, winsock.SO_LINGER, m) // it cannot fail on an open socket
	case callClose:
		c.finish()
	}
}

// changed handles bytes, an acknowledgement or an error that has arrived.
func (c *Conn) changed() {
	c.mayHaveData = true
	c.reading.serve()
	c.writing.serve()
	if c.closing != nil {
		c.closing.serve()
	}
}

// shut ends the waiting calls and makes later calls fail.
func (c *Conn) shut() {
	c.open = false
	for _, s := range [...]*side{&c.reading, &c.writing} {
		s.setDeadline(c.host.net, 0)
		s.end(c.host.net) // with net.ErrClosed
	}
}

// finish closes the socket. It returns false if Close must wait for the peer.
func (c *Conn) finish() bool {
	if c.modelClosed { // the network was closed meanwhile
		return true
	}
	h := c.host
	if c.open {
		c.shut()
	}
	if err := h.model.CloseSocket(c.fd); err == error(winsock.WSAEWOULDBLOCK) {
		return false
	}
	c.modelClosed = true
	h.assign(c.fd, nil)
	c.in.close(h.net)
	h.net.model.Settle()
	if !c.pair.handedOut && h.net.model.Result(c.pair.id).Outcome != netmodel.OutcomePending {
		h.net.pairs.take(c.pair.id) // accept will not return it
	}
	return true
}

func (c *Conn) drop() {
	c.closed = true
	_ = c.host.model.SetSockOpt(c.fd, winsock.SO_LINGER, -1) // the close must not wait
	c.finish()
	if c.closing != nil {
		c.closing.serve()
	}
}
