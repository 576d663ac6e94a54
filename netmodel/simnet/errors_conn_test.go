package simnet_test

import (
	"io"
	"net"
	"time"
)

const (
	readReset  = "read tcp client->server:80: read ECONNRESET is ECONNRESET"
	writeReset = "write tcp client->server:80: write ECONNRESET is ECONNRESET"
	brokenPipe = "write tcp client->server:80: write EPIPE is EPIPE"
	recvReset  = "read tcp client->server:80: wsarecv 10054"
	sendReset  = "write tcp client->server:80: wsasend 10054"
	notConn    = "close tcp client->server:80: shutdown ENOTCONN is ENOTCONN"
	readLate   = "read tcp client->server:80: i/o timeout (timeout) is Deadline"
	writeLate  = "write tcp client->server:80: i/o timeout (timeout) is Deadline"
)

// What happens to an open connection.
var connSituations = []situation{
	both("read deadline", true, readLate, "Source is this end, Addr the other", func(w *world) error {
		c, _ := w.pair()
		_ = c.SetReadDeadline(time.Now().Add(soon))
		return readErr(c)
	}),
	both("read with a past deadline and something to read", true, readLate, "the deadline is looked at first", func(w *world) error {
		c, s := w.pair()
		_, _ = io.WriteString(s, "x")
		time.Sleep(soon)
		_ = c.SetReadDeadline(time.Unix(1, 0))
		return readErr(c)
	}),
	{name: "read nothing with a past deadline", meet: func(w *world) error {
		c, _ := w.pair()
		_ = c.SetReadDeadline(time.Unix(1, 0))
		_, err := c.Read(nil)
		return err
	}, unix: "<nil>", windows: readLate, kernel: true,
		why: "internal/poll, FD.Read: on Unix zero bytes come before the deadline, on Windows after"},
	both("write deadline with a full window", true, writeLate, "the peer does not read", func(w *world) error {
		c, _ := w.pair()
		_ = c.SetWriteDeadline(time.Now().Add(soon))
		return fill(c)
	}),
	both("write nothing with a past deadline", true, writeLate, "internal/poll, FD.Write: the deadline comes first", func(w *world) error {
		c, _ := w.pair()
		_ = c.SetWriteDeadline(time.Unix(1, 0))
		_, err := c.Write(nil)
		return err
	}),
	{name: "read after a reset", meet: func(w *world) error { return readErr(w.reset("")) },
		unix: readReset, windows: recvReset, kernel: true, why: "SetLinger(0) and Close"},
	{name: "read twice after a reset", meet: func(w *world) error { c := w.reset(""); _ = readErr(c); return readErr(c) },
		unix: "EOF", windows: recvReset, kernel: true, why: "Unix tells an error of a socket once"},
	{name: "read what came before a reset", meet: func(w *world) error { return readErr(w.reset("x")) },
		unix: "<nil>", windows: recvReset, kernel: true, why: "Windows forgets it"},
	{name: "read beyond what came before a reset", meet: func(w *world) error { c := w.reset("x"); _ = readErr(c); return readErr(c) },
		unix: readReset, windows: recvReset, kernel: true, why: "it comes after all that had arrived"},
	{name: "read, reset meanwhile", meet: func(w *world) error {
		c, s := w.pair()
		time.AfterFunc(soon, func() { _ = s.SetLinger(0); _ = s.Close() })
		return readErr(c)
	}, unix: readReset, windows: recvReset, kernel: true, why: "a Read that waits hears of it"},
	{name: "read after a close with something unread", meet: func(w *world) error {
		c, s := w.pair()
		_ = writeErr(c)
		time.Sleep(soon)
		_ = s.Close()
		time.Sleep(soon)
		return readErr(c)
	}, unix: readReset, windows: recvReset, kernel: true, freebsd: notDecided,
		why: "what nobody has read makes a close a reset (RFC 2525, 2.17)"},
	{name: "write after a reset", meet: func(w *world) error { return writeErr(w.reset("")) },
		unix: writeReset, darwin: notDecided, freebsd: notDecided, windows: sendReset, kernel: true,
		why: "the error is told once"},
	{name: "write nothing after a reset", meet: func(w *world) error { _, err := w.reset("").Write(nil); return err },
		unix: writeReset, kernel: true, why: "zero bytes are a call, too"},
	{name: "write twice after a reset", meet: func(w *world) error { c := w.reset(""); _ = writeErr(c); return writeErr(c) },
		unix: brokenPipe, windows: sendReset, kernel: true, why: "the error was told"},
	{name: "read after a write after a reset", meet: func(w *world) error { c := w.reset(""); _ = writeErr(c); return readErr(c) },
		unix: "EOF", darwin: notDecided, freebsd: notDecided, windows: recvReset, kernel: true,
		why: "Linux has told its error to Write"},
	{name: "close for writing after a reset", meet: func(w *world) error { return w.reset("").CloseWrite() },
		unix: notConn, kernel: true, why: "a system call of its own, in the name of close"},
	{name: "close for reading after a reset", meet: func(w *world) error { return w.reset("").CloseRead() },
		unix: notConn, kernel: true, why: "a system call of its own, in the name of close"},
	both("close after a reset", true, "<nil>", "the descriptor is still open", func(w *world) error { return w.reset("").Close() }),
	both("set an option after a reset", true, "<nil>", "the socket still takes it", func(w *world) error { return w.reset("").SetLinger(1) }),
	both("read after the peer's close", true, "EOF", "not in a *net.OpError", func(w *world) error {
		c, s := w.pair()
		_ = s.Close()
		return readErr(c)
	}),
	both("write after the peer's close", true, "<nil>", "this side cannot know that nobody reads", func(w *world) error {
		c, s := w.pair()
		_ = s.Close()
		time.Sleep(soon)
		return writeErr(c)
	}),
	{name: "write twice after the peer's close", meet: func(w *world) error { c := w.refused(); return writeErr(c) },
		unix: brokenPipe, kernel: true, why: "the first write was answered with a reset; an end came before it"},
	{name: "read after a write after the peer's close", meet: func(w *world) error { c := w.refused(); return readErr(c) },
		unix: "EOF", darwin: notDecided, freebsd: notDecided, kernel: true, why: "on Linux what comes after an end is no reset"},
	{name: "write after closing for writing", meet: func(w *world) error { c, _ := w.pair(); _ = c.CloseWrite(); return writeErr(c) },
		unix: brokenPipe, windows: "write tcp client->server:80: wsasend 10058", kernel: true, why: "WSAESHUTDOWN on Windows"},
	{name: "write nothing after closing for writing", meet: func(w *world) error {
		c, _ := w.pair()
		_ = c.CloseWrite()
		_, err := c.Write(nil)
		return err
	}, unix: brokenPipe, kernel: true, why: "zero bytes are a call, too"},
	both("close for writing twice", true, "<nil>", "the second does nothing", func(w *world) error {
		c, _ := w.pair()
		_ = c.CloseWrite()
		return c.CloseWrite()
	}),
	{name: "close for writing once both sides have", meet: func(w *world) error {
		c, s := w.pair()
		_ = s.CloseWrite()
		time.Sleep(soon)
		_ = c.CloseWrite()
		time.Sleep(soon)
		return c.CloseWrite()
	}, unix: notConn, kernel: true, why: "there is no connection any more"},
	{name: "read after closing for reading", meet: func(w *world) error { c, _ := w.pair(); _ = c.CloseRead(); return readErr(c) },
		unix: "EOF", windows: "read tcp client->server:80: wsarecv 10058", kernel: true, why: "Unix calls it the end of the stream"},
	{name: "read, closed for reading meanwhile", meet: func(w *world) error {
		c, _ := w.pair()
		time.AfterFunc(soon, func() { _ = c.CloseRead() })
		return readErr(c)
	}, unix: "EOF", kernel: true, why: "a Read that waits hears of it"},
}

// refused returns the client's end of a connection that its server has closed, after
// the client has written in vain.
func (w *world) refused() conn {
	c, s := w.pair()
	_ = s.Close()
	time.Sleep(soon)
	_ = writeErr(c)
	time.Sleep(soon)
	return c
}

const closedText = ": use of closed network connection is Closed"

// closedSituations are calls on a connection that this program has closed.
var closedSituations = []situation{
	afterClose("read", "read tcp client->server:80", readErr),
	afterClose("read nothing", "read tcp client->server:80", func(c net.Conn) error { _, err := c.Read(nil); return err }),
	afterClose("write", "write tcp client->server:80", writeErr),
	afterClose("close", "close tcp client->server:80", net.Conn.Close),
	afterClose("CloseRead", "close tcp client->server:80", func(c net.Conn) error { return c.(conn).CloseRead() }),
	afterClose("CloseWrite", "close tcp client->server:80", func(c net.Conn) error { return c.(conn).CloseWrite() }),
	afterClose("SetLinger", "set tcp client->server:80", func(c net.Conn) error { return c.(conn).SetLinger(1) }),
	afterClose("SetNoDelay", "set tcp client->server:80", func(c net.Conn) error { return c.(conn).SetNoDelay(true) }),
	afterClose("SetKeepAlive", "set tcp client->server:80", func(c net.Conn) error { return c.(conn).SetKeepAlive(true) }),
	// net/net.go: what concerns this end alone has no Source, and this end's Addr.
	afterClose("SetDeadline", "set tcp <nil>->client", func(c net.Conn) error { return c.SetDeadline(time.Time{}) }),
	afterClose("SetReadDeadline", "set tcp <nil>->client", func(c net.Conn) error { return c.SetReadDeadline(time.Time{}) }),
	afterClose("SetWriteDeadline", "set tcp <nil>->client", func(c net.Conn) error { return c.SetWriteDeadline(time.Time{}) }),
	afterClose("SetReadBuffer", "set tcp <nil>->client", func(c net.Conn) error { return c.(conn).SetReadBuffer(1 << 16) }),
	afterClose("SetWriteBuffer", "set tcp <nil>->client", func(c net.Conn) error { return c.(conn).SetWriteBuffer(1 << 16) }),

	both("read, closed meanwhile", true, "read tcp client->server:80"+closedText, "it does not wait for ever", func(w *world) error {
		c, _ := w.pair()
		time.AfterFunc(soon, func() { _ = c.Close() })
		return readErr(c)
	}),
	both("write with a full window, closed meanwhile", true, "write tcp client->server:80"+closedText, "it does not wait for ever", func(w *world) error {
		c, _ := w.pair()
		time.AfterFunc(soon, func() { _ = c.Close() })
		return fill(c)
	}),
}

func afterClose(name, prefix string, call func(c net.Conn) error) situation {
	return both(name+" after close", true, prefix+closedText, "package net says so, no system call", func(w *world) error {
		c, _ := w.pair()
		_ = c.Close()
		return call(c)
	})
}
