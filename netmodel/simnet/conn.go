package simnet

import (
	"io"
	"net"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Conn is one end of a connection, like a *net.TCPConn on a real network. A Conn has no
// descriptor of the real system, so it has no SyscallConn and no File. It does not implement
// syscall.Conn, like any net.Conn that is not a socket.
type Conn struct {
	host           *Host
	pair           *pair
	in, out        *pipe
	fd             netmodel.FD
	local, remote  netmodel.Addr
	open           bool  // connected, and not closed
	closed         bool  // Close was called
	modelClosed    bool  // the socket of the model is closed
	writeShut      bool  // CloseWrite was called
	modelWriteShut bool  // the model has shut the write side too
	errorReported  bool  // a Write has returned the error that the model still has
	lingers        bool  // SetLinger makes Close wait
	mayHaveData    bool  // the state has changed since the model had nothing to read
	readAhead      int   // bytes that the program has read and the model counts as unread
	readShut       bool  // CloseRead was called, on a system that does not tell the peer
	sums           *sums // in a bubble
	reading        side
	writing        side
	closing        *side      // a Close waits, after SetLinger
	keep           *keepAlive // nil: defaultKeepAlive
}

// pair is both ends of a connection.
type pair struct {
	id             netmodel.ConnID
	handedOut      bool // accept has returned it
	client, server Conn
	up, down       pipe // the bytes from the client, and the bytes from the server
}

// accepted returns the server's end of a connection that accept of the model has returned.
func (n *Network) accepted(h *Host, a netmodel.Accepted) *Conn {
	p := n.pairs.take(a.Conn)
	if p == nil { // its client is not a program of this package
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

// rank returns the rank of a call on the connection.
func (c *Conn) rank(w callKind) rank {
	return rank{kind: w, host: c.host.id, socket: uint64(c.pair.id), detail: uint64(c.fd)}
}

// Read reads the bytes that have arrived. It waits if there are none. At the end of the stream
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

// Write sends all of b. At most Config.Window bytes are in flight or unread; Write returns when
// the last byte of b is among them.
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

// CloseWrite ends the stream to the peer. The peer then reads io.EOF.
func (c *Conn) CloseWrite() error { return c.shutdown(winsock.SD_SEND) }

// CloseRead ends receiving. On Windows, data that arrives later resets the connection.
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

// Close closes the connection. Bytes sent before still arrive. If bytes are unread, or after
// SetLinger(0), the peer gets a reset. After SetLinger(n), Close waits until the peer has all
// bytes, n seconds at most.
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

// SetLinger sets what Close does while bytes are in flight. Negative: Close returns at once. 0:
// Close sends a reset. Otherwise Close waits for that many seconds at most.
func (c *Conn) SetLinger(seconds int) error {
	return c.setOption(func() {
		seconds = max(-1, min(seconds, maxLinger))
		c.lingers = seconds > 0
		c.applyLater(callLinger, seconds)
	})
}

// maxLinger is the largest value of SO_LINGER.
const maxLinger = 1<<15 - 1 // seconds

// setBasicOption is setOption for the options of every connection of package net. Their errors
// name only the local address. (Go 1.26: net/net.go)
func (c *Conn) setBasicOption(set func()) error {
	if c.setOption(set) != nil {
		return opError("set", "tcp", nil, tcpAddr(c.local), net.ErrClosed)
	}
	return nil
}

// setOption calls set, which sets an option of the connection. It fails if the connection is
// closed.
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

// SetDeadline sets when Read and Write stop waiting. The zero time removes the deadline.
func (c *Conn) SetDeadline(t time.Time) error {
	n := c.host.net
	return c.setBasicOption(func() {
		c.reading.setDeadline(n, n.instant(t))
		c.writing.setDeadline(n, n.instant(t))
	})
}

// SetReadDeadline sets when Read stops waiting. The zero time removes the deadline.
func (c *Conn) SetReadDeadline(t time.Time) error {
	n := c.host.net
	return c.setBasicOption(func() { c.reading.setDeadline(n, n.instant(t)) })
}

// SetWriteDeadline sets when Write stops waiting. The zero time removes the deadline.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	n := c.host.net
	return c.setBasicOption(func() { c.writing.setDeadline(n, n.instant(t)) })
}

// SetNoDelay has no effect: the network never delays a segment to join it with another.
func (c *Conn) SetNoDelay(bool) error { return c.setOption(func() {}) }

// SetReadBuffer has no effect: Config.Window limits the bytes in flight or unread.
func (c *Conn) SetReadBuffer(int) error { return c.setBasicOption(func() {}) }

// SetWriteBuffer has no effect: Config.Window limits the bytes in flight or unread.
func (c *Conn) SetWriteBuffer(int) error { return c.setBasicOption(func() {}) }

// LocalAddr returns the address of this end, a *net.TCPAddr.
func (c *Conn) LocalAddr() net.Addr { return tcpAddr(c.local) }

// RemoteAddr returns the address of the other end, a *net.TCPAddr.
func (c *Conn) RemoteAddr() net.Addr { return tcpAddr(c.remote) }

// opError returns an error as package net does: io.EOF as it is, any other error in a
// *net.OpError.
func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return opError(op, "tcp", tcpAddr(c.local), tcpAddr(c.remote), err)
}
