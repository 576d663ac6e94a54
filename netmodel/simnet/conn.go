package simnet

import (
	"io"
	"net"
	"runtime"
	"time"

	"wspsim/netmodel"
)

// Conn is one end of a connection: what a *net.TCPConn is on a real network. It has
// no SyscallConn and no File, since no descriptor of the real system stands behind
// it: a program that asks whether it is a syscall.Conn finds that it is not, as with
// any other net.Conn that is not a socket.
type Conn struct {
	host          *Host
	pair          *pair
	in, out       *pipe
	fd            netmodel.FD
	local, remote netmodel.Addr
	open          bool // it exists, and was not closed
	closed        bool // Close was called
	gone          bool // and it is done
	deaf          bool // CloseRead, where the system keeps that to itself
	reading       side
	writing       side
	closing       *side // a Close waits, after SetLinger
}

// pair is both ends of a connection.
type pair struct {
	id             netmodel.ConnID
	client, server Conn
	up, down       pipe // what clients send, and what servers do
}

// accepted returns the server's end of a connection that accept has handed out.
func (n *Network) accepted(h *Host, a netmodel.Accepted, listener netmodel.FD) *Conn {
	p := n.pairs.take(a.Conn)
	if p == nil { // of a client that is no program of this package
		p = &pair{id: a.Conn}
	}
	local, err := h.model.SockName(a.FD)
	if err != nil || local.IP == netmodel.AnyIP {
		local.IP = netmodel.HostAddr(h.id, 1)
	}
	c := &p.server
	c.host, c.pair, c.in, c.out = h, p, &p.up, &p.down
	c.fd, c.local, c.remote, c.open = a.FD, local, a.Peer, true
	h.assign(a.FD, c)
	return c
}

// peer returns the other end.
func (c *Conn) peer() *Conn {
	if c == &c.pair.client {
		return &c.pair.server
	}
	return &c.pair.client
}

// rank orders a call on the connection.
func (c *Conn) rank(w what) rank {
	return rank{what: w, host: c.host.id, socket: uint64(c.pair.id), detail: uint64(c.fd)}
}

// Read takes what has arrived, and waits if nothing has. At the end of the stream
// it returns io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	n := c.host.net
	n.enterTimeless()
	if !n.ordered && c.reading.first == nil {
		if ready, err := c.host.model.Select(c.fd); err == nil && !ready.Read && c.open {
			n.mu.Unlock()
			runtime.Gosched() // who will send may be about to: to let him costs less than to be woken
			n.enterTimeless()
		}
		if m, err, over := c.receive(b); over {
			n.leave()
			return m, c.opError("read", err)
		}
	}
	k := c.reading.call(callRead, c.host)
	k.conn, k.buf, k.rank = c, b, c.rank(callRead)
	n.wait(k)
	m, err := k.n, k.err
	c.reading.over(k)
	return m, c.opError("read", err)
}

func (c *Conn) attemptRead(k *call) (over bool) {
	k.n, k.err, over = c.receive(k.buf)
	return over
}

// receive takes what has arrived. It is not over if nothing has.
func (c *Conn) receive(b []byte) (m int, err error, over bool) {
	switch {
	case !c.open:
		return 0, net.ErrClosed, true
	case c.reading.expired:
		return 0, errDeadline, true
	case len(b) == 0:
		return 0, nil, true
	case c.deaf:
		return 0, io.EOF, true
	}
	m, err = c.host.net.model.Receive(c.host.id, c.fd, len(b))
	switch {
	case err == error(netmodel.WSAEWOULDBLOCK):
		return 0, nil, false
	case err != nil:
		return 0, c.host.syscallError(sysRead, err), true
	case m == 0:
		return 0, io.EOF, true
	}
	c.in.take(b[:m])
	c.in.giveBack(c.host.net)
	c.peer().writing.serve() // there is room again
	return m, nil, true
}

// Write sends all of b. It returns when the last byte has its place among those that
// are under way or unread, of which there are never more than Config.Window.
func (c *Conn) Write(b []byte) (int, error) {
	n := c.host.net
	n.enterTimeless()
	m := 0
	if !n.ordered && c.writing.first == nil {
		var err error
		var over bool
		if m, err, over = c.send(b); over {
			n.leave()
			return m, c.opError("write", err)
		}
	}
	k := c.writing.call(callWrite, c.host)
	k.conn, k.buf, k.n, k.rank = c, b, m, c.rank(callWrite)
	n.wait(k)
	m, err := k.n, k.err
	c.writing.over(k)
	return m, c.opError("write", err)
}

func (c *Conn) attemptWrite(k *call) (over bool) {
	m, err, over := c.send(k.buf[k.n:])
	k.n, k.err = k.n+m, err
	return over
}

// send sends as much as there is room for. It is not over if that was not all.
func (c *Conn) send(b []byte) (m int, err error, over bool) {
	n := c.host.net
	for {
		switch {
		case !c.open:
			return m, net.ErrClosed, true
		case c.writing.expired:
			return m, errDeadline, true
		case len(b) == m && m > 0:
			return m, nil, true
		}
		room := c.room()
		if room <= 0 {
			return m, nil, false
		}
		part := b[m:min(len(b), m+room)]
		c.out.lend(part) // a reader who waits takes it from where it lies
		if n.model.Hand(c.host.id, c.fd, len(part)) {
			c.peer().reading.serve()
		} else {
			if _, err := c.host.model.Send(c.fd, len(part)); err != nil { // all of it: the model's room is larger
				c.out.refuse()
				return m, c.host.syscallError(sysWrite, err), true
			}
			n.settle()
		}
		c.out.keep(n)
		m += len(part)
		if len(b) == 0 {
			return 0, nil, true
		}
	}
}

// room returns how many bytes may be sent now. A byte needs its place until the
// peer's system has acknowledged it and the peer's program has read it. (News of a
// reading reach the sender at once, whatever the latency of the link.)
func (c *Conn) room() int {
	unacknowledged, open := c.host.model.Unacknowledged(c.fd)
	if !open {
		return c.host.net.config.Window // sending tells what is wrong
	}
	return c.host.net.config.Window - max(unacknowledged, c.out.unread())
}

// changed: something has arrived, was acknowledged, or has gone wrong.
func (c *Conn) changed() {
	c.reading.serve()
	c.writing.serve()
	if c.closing != nil {
		c.closing.serve()
	}
}

func (c *Conn) drop() {
	c.closed = true
	_ = c.host.model.SetSockOpt(c.fd, netmodel.SO_LINGER, -1) // nobody waits for it
	c.finish()
	if c.closing != nil {
		c.closing.serve()
	}
}

// CloseWrite ends the stream to the peer, who then reads io.EOF.
func (c *Conn) CloseWrite() error { return c.shutdown(netmodel.ShutSend) }

// CloseRead ends receiving. On Windows, what still arrives resets the connection.
func (c *Conn) CloseRead() error { return c.shutdown(netmodel.ShutReceive) }

func (c *Conn) shutdown(how int) error {
	h := c.host
	err := h.net.do(c.rank(callCloseWrite), h, func() error {
		switch {
		case !c.open:
			return net.ErrClosed
		case how == netmodel.ShutReceive && !h.isWindows():
			c.deaf = true
			c.reading.serve()
			return nil
		}
		return h.syscallError(sysShutdown, h.model.Shutdown(c.fd, how))
	})
	return c.opError("close", err)
}

// Close closes the connection. What was sent still arrives; if something is unread,
// or after SetLinger(0), the peer meets a reset. After SetLinger(n) it waits up to n
// seconds until the peer has everything.
func (c *Conn) Close() error {
	n := c.host.net
	n.enter()
	if c.closed {
		n.leave()
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	if !n.ordered && c.finish() {
		n.settle()
		n.leave()
		return nil
	}
	c.closing = new(side)
	k := c.closing.call(callClose, c.host)
	k.conn, k.rank = c, c.rank(callClose)
	n.wait(k)
	return nil
}

// finish closes the socket. It returns false if the close has to wait for the peer.
func (c *Conn) finish() bool {
	h := c.host
	if c.gone { // the network was closed meanwhile
		return true
	}
	c.open = false
	err := h.model.CloseSocket(c.fd)
	for _, s := range [...]*side{&c.reading, &c.writing} {
		s.setDeadline(h.net, 0)
		s.serve() // with net.ErrClosed
	}
	if err == error(netmodel.WSAEWOULDBLOCK) {
		return false
	}
	c.gone = true
	h.assign(c.fd, nil)
	c.in.close(h.net)
	return true
}

// setOption sets an option of the connection if it is open.
func (c *Conn) setOption(set func()) error {
	n := c.host.net
	n.enter()
	defer n.leave()
	if !c.open {
		return c.opError("set", net.ErrClosed)
	}
	set()
	n.settle()
	return nil
}

// SetDeadline sets when reading and writing stop waiting; the zero time is never.
func (c *Conn) SetDeadline(t time.Time) error {
	n := c.host.net
	return c.setOption(func() {
		c.reading.setDeadline(n, n.instant(t))
		c.writing.setDeadline(n, n.instant(t))
	})
}

// SetReadDeadline sets when reading stops waiting; the zero time is never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	n := c.host.net
	return c.setOption(func() { c.reading.setDeadline(n, n.instant(t)) })
}

// SetWriteDeadline sets when writing stops waiting; the zero time is never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	n := c.host.net
	return c.setOption(func() { c.writing.setDeadline(n, n.instant(t)) })
}

// longestLinger is the most that SO_LINGER takes.
const longestLinger = 1<<15 - 1 // seconds

// SetLinger says what Close does while something is under way: nothing if seconds is
// negative, a reset at 0, and otherwise it waits up to so many seconds.
func (c *Conn) SetLinger(seconds int) error {
	err := c.host.net.do(c.rank(callOther), c.host, func() error {
		if !c.open {
			return net.ErrClosed
		}
		return c.host.syscallError(sysSetsockopt, c.host.model.SetSockOpt(c.fd, netmodel.SO_LINGER, max(-1, min(seconds, longestLinger))))
	})
	return c.opError("set", err)
}

// SetNoDelay has no effect: segments are never held back.
func (c *Conn) SetNoDelay(bool) error { return c.setOption(func() {}) }

// SetKeepAlive has no effect: keep-alive is not modelled.
func (c *Conn) SetKeepAlive(bool) error { return c.setOption(func() {}) }

// SetKeepAlivePeriod has no effect: keep-alive is not modelled.
func (c *Conn) SetKeepAlivePeriod(time.Duration) error { return c.setOption(func() {}) }

// SetKeepAliveConfig has no effect: keep-alive is not modelled.
func (c *Conn) SetKeepAliveConfig(net.KeepAliveConfig) error { return c.setOption(func() {}) }

// SetReadBuffer has no effect: Config.Window says how much may be under way.
func (c *Conn) SetReadBuffer(int) error { return c.setOption(func() {}) }

// SetWriteBuffer has no effect: Config.Window says how much may be under way.
func (c *Conn) SetWriteBuffer(int) error { return c.setOption(func() {}) }

// LocalAddr returns the address of this end, a *net.TCPAddr.
func (c *Conn) LocalAddr() net.Addr { return tcpAddr(c.local) }

// RemoteAddr returns the address of the other end, a *net.TCPAddr.
func (c *Conn) RemoteAddr() net.Addr { return tcpAddr(c.remote) }

// opError is how package net returns an error of a connection: the end of the stream
// as it is, everything else in a *net.OpError.
func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return opError(op, tcpAddr(c.local), tcpAddr(c.remote), err)
}
