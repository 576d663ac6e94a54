package simnet

import (
	"io"
	"net"
	"runtime"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// What the calls of a connection do. In real time they call the model. In a bubble
// those that can return at once do, from what the model says already, and it learns of
// them later: readNow, writeNow and later are where the two part.

// readNow reads what there is, if anything.
func (c *Conn) readNow(b []byte) (m int, err error, over bool) {
	n := c.host.net
	if !n.ordered {
		if c.in.unread() == 0 && !c.news {
			n.mu.Unlock()     // calls that are over are woken by the leave at the end of Read
			runtime.Gosched() // who will send may be about to: to let him costs less than to be woken
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
	switch m = min(len(b), arrived-c.promised); {
	case m > 0:
		c.in.take(b[:m])
		c.promised += m
		c.later(callRead, m)
		return m, nil, true
	case end:
		c.later(callRead, 0)
		return 0, io.EOF, true
	case c.readShut && c.connected():
		return 0, io.EOF, true
	}
	return 0, nil, false
}

// connected reports whether the connection has not broken.
func (c *Conn) connected() bool {
	_, open := c.host.model.Unacknowledged(c.fd)
	return open
}

// cannotRead returns what a Read returns whatever has arrived.
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

// receive takes what has arrived. It is not over if nothing has.
func (c *Conn) receive(b []byte) (m int, err error, over bool) {
	if err, over := c.cannotRead(b); over {
		return 0, err, true
	}
	m, err = c.host.net.real.Receive(c.host.id, c.fd, len(b))
	switch {
	case err == error(winsock.WSAEWOULDBLOCK) && c.readShut:
		return 0, io.EOF, true
	case err == error(winsock.WSAEWOULDBLOCK):
		c.news = false
		return 0, nil, false
	case err != nil:
		return 0, c.host.syscallError(sysRead, err), true
	case m == 0:
		return 0, io.EOF, true
	}
	c.in.take(b[:m])
	c.wasRead(m)
	return m, nil, true
}

// wasRead makes room for what the peer wants to send.
func (c *Conn) wasRead(m int) {
	c.in.read += uint32(m)
	c.in.giveBack(c.host.net)
	c.peer().writing.serve()
}

// writeNow writes what there is room for. It is not over if that was not all.
func (c *Conn) writeNow(b []byte) (m int, err error, over bool) {
	if !c.host.net.ordered {
		return c.send(b)
	}
	if err, over := c.cannotWrite(); over {
		return 0, err, true
	}
	if err := c.host.model.SendError(c.fd); err != nil {
		if c.told && !c.host.isWindows() {
			err = winsock.EPIPE // the first one used its error up
		}
		c.told = true
		c.later(callFailedWrite, max(1, len(b)))
		return 0, c.host.syscallError(sysWrite, err), true
	}
	m = min(len(b), c.room())
	if m > 0 {
		c.out.lend(b[:m])
		c.out.keep(c.host.net)
		c.later(callWrite, m)
	}
	return max(0, m), nil, m == len(b)
}

// cannotWrite returns what a Write returns however much room there is.
func (c *Conn) cannotWrite() (err error, over bool) {
	switch {
	case !c.open:
		return net.ErrClosed, true
	case c.writing.expired:
		return errDeadline, true
	case c.finished && c.connected(): // else what broke it comes first
		return c.host.syscallError(sysWrite, winsock.WSAESHUTDOWN), true
	}
	return nil, false
}

func (c *Conn) attemptWrite(k *call) (over bool) {
	m, err, over := c.send(k.buf[k.n:])
	k.n, k.err = k.n+m, err
	return over
}

// send sends as much as there is room for. It is not over if that was not all.
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
		c.out.lend(part) // a reader who waits takes it from where it lies
		if err := c.transmit(len(part)); err != nil {
			c.out.refuse()
			return m, c.host.syscallError(sysWrite, err), true
		}
		c.out.keep(n)
		m += len(part)
	}
	return m, nil, true
}

// transmit lets the model send bytes that the pipe has.
func (c *Conn) transmit(bytes int) error {
	n := c.host.net
	if n.real.SendDirectly(c.host.id, c.fd, bytes) {
		c.peer().reading.serve()
		return nil
	}
	if _, err := c.host.model.Send(c.fd, bytes); err != nil { // all of it: the model's room is larger
		return err
	}
	n.settle()
	return nil
}

// room returns how many bytes may be sent now. A byte needs its place until the
// peer's system has acknowledged it and the peer's program has read it. (News of a
// reading reach the sender at once, whatever the latency of the link.)
func (c *Conn) room() int {
	unacknowledged, open := c.host.model.Unacknowledged(c.fd)
	if !open {
		return c.host.net.config.Window // sending tells what is wrong
	}
	return max(0, c.host.net.config.Window-max(unacknowledged, c.out.unread()))
}

// later does to the model what a call that has returned is to do, in a bubble when
// the calls of this instant are made. What several calls of one instant read or write
// then counts as one: who of them came first, and in which pieces, must not matter.
func (c *Conn) later(w what, m int) {
	n := c.host.net
	if !n.ordered {
		c.tell(w, m, m == 0)
		n.settle()
		return
	}
	sum := c.sum(w)
	if sum == nil || *sum == nil {
		k := n.put(c.host, uint64(c.pair.id), c.fd, w)
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
	if w == callLinger { // the last one holds
		k.n = m
		return
	}
	k.n += m
	k.end = k.end || m == 0
}

// sums are the calls of one instant that count as one: what was read, what was written,
// what could not be, and the last of several SetLinger.
type sums struct{ reads, writes, failures, linger *call }

// sum is where a connection has the calls of one kind, nil for kinds that are told one by
// one.
func (c *Conn) sum(w what) **call {
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

// tell does to the model what calls have done: with m bytes, say, or with an option. end
// is that a Read has met the end of the stream.
func (c *Conn) tell(w what, m int, end bool) {
	h := c.host
	if h.net.ordered {
		if sum := c.sum(w); sum != nil {
			*sum = nil
		}
	}
	if c.gone {
		return
	}
	switch w {
	case callRead:
		if m > 0 {
			_, _ = h.net.real.Receive(h.id, c.fd, m) // so much has arrived
			c.promised -= m
			c.wasRead(m)
		}
		if end && !c.closed { // a Read and a Close of one instant: who came first must not matter
			_, _ = h.net.real.Receive(h.id, c.fd, 1) // the end is there
		}
		c.reading.serve()
	case callWrite:
		if _, open := h.model.Unacknowledged(c.fd); open { // else what was written is lost, as on any system
			_ = c.transmit(m)
		}
	case callFailedWrite:
		_, _ = h.model.Send(c.fd, m) // its error was told, which can use it up
		c.told = false
	case callCloseWrite:
		c.ended = c.ended || m == winsock.SD_SEND
		_ = h.model.Shutdown(c.fd, m) // a connection that broke meanwhile needs none
	case callLinger:
		_ = h.model.SetSockOpt(c.fd, winsock.SO_LINGER, m) // an open socket takes it
	case callClose:
		c.finish()
	}
}

// changed: something has arrived, was acknowledged, or has gone wrong.
func (c *Conn) changed() {
	c.news = true
	c.reading.serve()
	c.writing.serve()
	if c.closing != nil {
		c.closing.serve()
	}
}

// shut ends the calls that wait, and makes later ones fail.
func (c *Conn) shut() {
	c.open = false
	for _, s := range [...]*side{&c.reading, &c.writing} {
		s.setDeadline(c.host.net, 0)
		s.end(c.host.net) // with net.ErrClosed
	}
}

// finish closes the socket. It returns false if the close has to wait for the peer.
func (c *Conn) finish() bool {
	if c.gone { // the network was closed meanwhile
		return true
	}
	h := c.host
	if c.open {
		c.shut()
	}
	if err := h.model.CloseSocket(c.fd); err == error(winsock.WSAEWOULDBLOCK) {
		return false
	}
	c.gone = true
	h.assign(c.fd, nil)
	c.in.close(h.net)
	h.net.model.Settle()
	if !c.pair.handedOut && h.net.model.Result(c.pair.id).Outcome != netmodel.OutcomePending {
		h.net.pairs.take(c.pair.id) // nobody will accept it any more
	}
	return true
}

func (c *Conn) drop() {
	c.closed = true
	_ = c.host.model.SetSockOpt(c.fd, winsock.SO_LINGER, -1) // nobody waits for it
	c.finish()
	if c.closing != nil {
		c.closing.serve()
	}
}
