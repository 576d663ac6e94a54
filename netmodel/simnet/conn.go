package simnet

import (
	"io"
	"net"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Conn is one end of a connection: what a *net.TCPConn is on a real network. It has
// no SyscallConn and no File, since no descriptor of the real system stands behind
// it: a program that asks whether it is a syscall.Conn finds that it is not, as with
// any other net.Conn that is not a socket.
type Conn struct {
	host           *Host
	pair           *pair
	in, out        *pipe
	fd             netmodel.FD
	local, remote  netmodel.Addr
	open           bool  // it exists, and was not closed
	closed         bool  // Close was called
	modelClosed    bool  // and it is done
	writeShut      bool  // so was CloseWrite
	modelWriteShut bool  // and the model knows
	errorReported  bool  // a Write has told the error that the model has still
	lingers        bool  // SetLinger makes Close wait
	mayHaveData    bool  // something has changed since the model had nothing to read
	readAhead      int   // bytes that were read and that the model does not know to be
	readShut       bool  // CloseRead, where the system keeps that to itself
	sums           *sums // in a bubble
	reading        side
	writing        side
	closing        *side      // a Close waits, after SetLinger
	keep           *keepAlive // nil: byDefault
}

// pair is both ends of a connection.
type pair struct {
	id             netmodel.ConnID
	handedOut      bool // by accept
	client, server Conn
	up, down       pipe // what clients send, and what servers do
}

// accepted returns the server's end of a connection that accept has handed out.
func (n *Network) accepted(h *Host, a netmodel.Accepted) *Conn {
	p := n.pairs.take(a.Conn)
	if p == nil { // of a client that is no program of this package
		p = &pair{id: a.Conn}
	}
	p.handedOut = true
	local, err := h.model.SockName(a.FD)
	if err != nil || local.IP == netmodel.AnyIP {
		local.IP = netmodel.HostAddr(h.id, 1)
	}
	c := &p.server
	c.host, c.pair, c.in, c.out = h, p, &p.up, &p.down
	c.fd, c.local, c.remote, c.open = a.FD, local, a.Peer, true
	h.assign(a.FD, c)
	_ = h.model.SetKeepAlive(a.FD, defaultKeepAlive) // it is valid
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
func (c *Conn) rank(w callKind) rank {
	return rank{kind: w, host: c.host.id, socket: uint64(c.pair.id), detail: uint64(c.fd)}
}

// Read takes what has arrived, and waits if nothing has. At the end of the stream
// it returns io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	n := c.host.net
	n.enterTimeless()
	if c.reading.first == nil {
		m, err, over := c.readNow(b)
		if over {
			n.leave()
			return m, c.opError("read", err)
		}
	}
	k := c.reading.call(callRead, c.host)
	k.conn, k.buf, k.rank = c, b, c.rank(callRead)
	n.wait(k)
	m, err := k.n, k.err
	c.reading.recycle(k)
	return m, c.opError("read", err)
}

// Write sends all of b. It returns when the last byte has its place among those that
// are under way or unread, of which there are never more than Config.Window.
func (c *Conn) Write(b []byte) (int, error) {
	n := c.host.net
	n.enterTimeless()
	m := 0
	if c.writing.first == nil {
		var err error
		var over bool
		if m, err, over = c.writeNow(b); over {
			n.leave()
			return m, c.opError("write", err)
		}
	}
	k := c.writing.call(callWrite, c.host)
	k.conn, k.buf, k.n, k.rank = c, b, m, c.rank(callWrite)
	n.wait(k)
	m, err := k.n, k.err
	c.writing.recycle(k)
	return m, c.opError("write", err)
}

// CloseWrite ends the stream to the peer, who then reads io.EOF.
func (c *Conn) CloseWrite() error { return c.shutdown(winsock.SD_SEND) }

// CloseRead ends receiving. On Windows, what still arrives resets the connection.
func (c *Conn) CloseRead() error { return c.shutdown(winsock.SD_RECEIVE) }

func (c *Conn) shutdown(how int) error {
	h := c.host
	n := h.net
	n.enter()
	defer n.leave()
	unacknowledged, connected := h.model.Unacknowledged(c.fd)
	_, end := h.model.Arrived(c.fd)
	both := c.modelWriteShut && end && unacknowledged == 0 && !h.isWindows() // nothing is left of the connection
	switch {
	case !c.open:
		return c.opError("close", net.ErrClosed)
	case !connected, both:
		return c.opError("close", h.syscallError(sysShutdown, winsock.WSAENOTCONN))
	case how == winsock.SD_RECEIVE && !h.isWindows():
		c.readShut = true
		c.reading.end(n)
	case how == winsock.SD_SEND:
		c.writeShut = true
		c.writing.end(n)
	}
	c.applyLater(callCloseWrite, how)
	return nil
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
	c.shut()
	if c.lingers {
		c.closing = new(side)
		k := c.closing.call(callClose, c.host)
		k.conn, k.rank = c, c.rank(callClose)
		n.wait(k)
		return nil
	}
	c.applyLater(callClose, 0)
	n.leave()
	return nil
}

// SetLinger says what Close does while something is under way: nothing if seconds is
// negative, a reset at 0, and otherwise it waits up to so many seconds.
func (c *Conn) SetLinger(seconds int) error {
	return c.setOption(func() {
		seconds = max(-1, min(seconds, maxLinger))
		c.lingers = seconds > 0
		c.applyLater(callLinger, seconds)
	})
}

// longestLinger is the most that SO_LINGER takes.
const maxLinger = 1<<15 - 1 // seconds

// setPlain is setOption for what every connection of package net has, whose errors
// name this end alone. (net/net.go)
func (c *Conn) setBasicOption(set func()) error {
	if c.setOption(set) != nil {
		return opError("set", "tcp", nil, tcpAddr(c.local), net.ErrClosed)
	}
	return nil
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
	n.notifyReady()
	return nil
}

// SetDeadline sets when reading and writing stop waiting; the zero time is never.
func (c *Conn) SetDeadline(t time.Time) error {
	n := c.host.net
	return c.setBasicOption(func() {
		c.reading.setDeadline(n, n.instant(t))
		c.writing.setDeadline(n, n.instant(t))
	})
}

// SetReadDeadline sets when reading stops waiting; the zero time is never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	n := c.host.net
	return c.setBasicOption(func() { c.reading.setDeadline(n, n.instant(t)) })
}

// SetWriteDeadline sets when writing stops waiting; the zero time is never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	n := c.host.net
	return c.setBasicOption(func() { c.writing.setDeadline(n, n.instant(t)) })
}

// SetNoDelay has no effect: segments are never held back.
func (c *Conn) SetNoDelay(bool) error { return c.setOption(func() {}) }

// SetReadBuffer has no effect: Config.Window says how much may be under way.
func (c *Conn) SetReadBuffer(int) error { return c.setBasicOption(func() {}) }

// SetWriteBuffer has no effect: Config.Window says how much may be under way.
func (c *Conn) SetWriteBuffer(int) error { return c.setBasicOption(func() {}) }

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
	return opError(op, "tcp", tcpAddr(c.local), tcpAddr(c.remote), err)
}
