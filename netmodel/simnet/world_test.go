package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// A situation is made in a world: the virtual network (errors_test.go), or the kernel
// that the test runs on (kernel_test.go).
type world struct {
	*testing.T
	listen  func(network, address string) (net.Listener, error)
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	address string           // where a server listens
	silence func(l listener) // lets nobody answer at the listener
	net     *simnet.Network  // nil: the kernel
}

// listener is what *net.TCPListener and *simnet.Listener have in common.
type listener interface {
	net.Listener
	SetDeadline(t time.Time) error
}

// conn is what *net.TCPConn and *simnet.Conn have in common.
type conn interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
	SetLinger(seconds int) error
	SetNoDelay(on bool) error
	SetKeepAlive(on bool) error
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
}

// soon is enough for everything that is under way to arrive, and short enough to wait
// for it on the real clock.
const soon = 20 * time.Millisecond

// smallWindow is what a virtual Write can fill; a real one fills any in time.
const smallWindow = 64 << 10 // bytes

// virtual returns a world of hosts with the given system.
func virtual(t *testing.T, p netmodel.Profile) *world {
	n := simnet.New(simnet.Config{Seed: 1, Profile: p, Link: netmodel.Link{Latency: time.Millisecond}, Window: smallWindow})
	server, client := n.Host("server"), n.Host("client")
	t.Cleanup(func() {
		time.Sleep(soon)
		if err := n.Check(); err != nil {
			t.Errorf("Check() when all is over: got %v, want nil", err)
		}
		_ = n.Close()
	})
	return &world{
		T:       t,
		listen:  func(network, address string) (net.Listener, error) { return orNil(server.Listen(network, address)) },
		dial:    client.DialContext,
		address: "server:80",
		silence: func(listener) { n.Cut(client, server) },
		net:     n,
	}
}

// orNil keeps a nil *simnet.Listener from becoming a net.Listener that is not nil.
func orNil(l *simnet.Listener, err error) (net.Listener, error) {
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (w *world) listening() listener {
	w.Helper()
	l, err := w.listen("tcp", w.address)
	if err != nil {
		w.Fatalf("listen(tcp, %s): got %v, want a listener", w.address, err)
	}
	w.Cleanup(func() { _ = l.Close() })
	return l.(listener)
}

// pair returns both ends of a connection.
func (w *world) pair() (client, server conn) {
	w.Helper()
	l := w.listening()
	client = w.connect(l)
	s, err := l.Accept()
	if err != nil {
		w.Fatalf("Accept(): got %v, want a connection", err)
	}
	w.Cleanup(func() { _ = s.Close() })
	return client, s.(conn)
}

// connect returns the client's end of a connection that waits to be accepted.
func (w *world) connect(l listener) conn {
	w.Helper()
	c, err := w.dial(w.Context(), "tcp", l.Addr().String())
	if err != nil {
		w.Fatalf("dial(%v): got %v, want a connection", l.Addr(), err)
	}
	w.Cleanup(func() { _ = c.Close() })
	return c.(conn)
}

// reset returns the client's end of a connection that its server has reset, and has
// sent something before.
func (w *world) reset(before string) conn {
	w.Helper()
	c, s := w.pair()
	_, _ = io.WriteString(s, before)
	time.Sleep(soon)
	_ = s.SetLinger(0)
	_ = s.Close()
	time.Sleep(soon)
	return c
}

// deadline returns a context that ends soon.
func (w *world) deadline() context.Context {
	ctx, cancel := context.WithTimeout(w.Context(), soon)
	w.Cleanup(cancel)
	return ctx
}

// cancelled returns a context that is cancelled at a time.
func (w *world) cancelled(after time.Duration) context.Context {
	ctx, cancel := context.WithCancel(w.Context())
	w.Cleanup(cancel)
	if after == 0 {
		cancel()
	} else {
		time.AfterFunc(after, cancel)
	}
	return ctx
}

func (w *world) dialErr(ctx context.Context, network, address string) error {
	c, err := w.dial(ctx, network, address)
	if err == nil {
		_ = c.Close()
	}
	return err
}

func (w *world) listenErr(network, address string) error {
	l, err := w.listen(network, address)
	if err == nil {
		_ = l.Close()
	}
	return err
}

func acceptErr(l net.Listener) error {
	c, err := l.Accept()
	if err == nil {
		_ = c.Close()
	}
	return err
}

// readErr and writeErr are about one byte, fill about as many as it takes to fail.
func readErr(c net.Conn) error  { _, err := c.Read(make([]byte, 1)); return err }
func writeErr(c net.Conn) error { _, err := c.Write([]byte{'x'}); return err }

func fill(c net.Conn) error {
	for b := make([]byte, smallWindow); ; {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
}

// portables are the errors of package syscall that programs ask for; each has its
// name in sights.
var portables = []struct {
	name string
	err  error
}{
	{"ECONNREFUSED", syscall.ECONNREFUSED}, {"ECONNRESET", syscall.ECONNRESET}, {"ETIMEDOUT", syscall.ETIMEDOUT},
	{"EPIPE", syscall.EPIPE}, {"EMFILE", syscall.EMFILE}, {"EADDRINUSE", syscall.EADDRINUSE},
	{"EADDRNOTAVAIL", syscall.EADDRNOTAVAIL}, {"ENOTCONN", syscall.ENOTCONN}, {"ENOBUFS", syscall.ENOBUFS},
	{"Deadline", os.ErrDeadlineExceeded}, {"ContextDeadline", context.DeadlineExceeded},
	{"Canceled", context.Canceled}, {"Closed", net.ErrClosed},
}

// sight is what a program sees of an error: Op, Net, Source, Addr, call, errno or text,
// Timeout, and what errors.Is finds in it. An errno of Windows is a number.
func (w *world) sight(err error) string {
	if err == nil || err == io.EOF {
		return fmt.Sprint(err)
	}
	var s strings.Builder
	inner := err
	if e, ok := err.(*net.OpError); ok {
		fmt.Fprintf(&s, "%s %s %s->%s: ", e.Op, e.Net, w.place(e.Source), w.place(e.Addr))
		inner = e.Err
	}
	if e, ok := inner.(*os.SyscallError); ok {
		fmt.Fprintf(&s, "%s ", e.Syscall)
		inner = e.Err
	}
	s.WriteString(errnoOrText(inner))
	if e, ok := err.(net.Error); ok && e.Timeout() {
		s.WriteString(" (timeout)")
	}
	for _, p := range portables {
		if errors.Is(err, p.err) {
			fmt.Fprintf(&s, " is %s", p.name)
		}
	}
	return s.String()
}

func errnoOrText(err error) string {
	e, ok := err.(syscall.Errno)
	if !ok {
		return err.Error()
	}
	for _, p := range portables {
		if p.err == error(e) {
			return p.name
		}
	}
	return fmt.Sprint(uintptr(e))
}

// place names the host of an address, and its port if it is a server's.
func (w *world) place(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return fmt.Sprint(a)
	}
	host := ""
	switch t.AddrPort().Addr().Unmap() {
	case netip.Addr{}: // every address, and none named
	case w.net.Host("server").Addr():
		host = "server"
	case w.net.Host("client").Addr():
		host = "client"
	default:
		host = "?"
	}
	if t.Port == 80 {
		return host + ":80"
	}
	return host
}
