package compat

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/akutz/memconn"
	"github.com/valyala/fasthttp/fasthttputil"
	"google.golang.org/grpc/test/bufconn"

	"wspsim/netmodel/simnet"
)

// pipeListener is a listener of net.Pipe, as tests write it for themselves.
type pipeListener struct {
	calls chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{calls: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l *pipeListener) Dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.calls <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// buffer is what bufconn allocates for each direction of each connection.
const buffer = 64 << 10 // bytes

// dialFunc connects to the listener that it comes with.
type dialFunc func() (net.Conn, error)

// contestants are the networks that are compared.
var contestants = []struct {
	name   string
	listen func(b *testing.B) (net.Listener, dialFunc)
}{
	{"simnet", listenSimnet},
	{"bufconn", func(*testing.B) (net.Listener, dialFunc) {
		l := bufconn.Listen(buffer)
		return l, l.Dial
	}},
	{"fasthttputil", func(*testing.B) (net.Listener, dialFunc) {
		l := fasthttputil.NewInmemoryListener()
		return l, l.Dial
	}},
	{"memconn", listenMemconn},
	{"pipe", func(*testing.B) (net.Listener, dialFunc) {
		l := newPipeListener()
		return l, l.Dial
	}},
	{"loopback", listenLoopback},
}

func listenSimnet(b *testing.B) (net.Listener, dialFunc) {
	n := simnet.New(simnet.Config{})
	b.Cleanup(func() { _ = n.Close() }) // it returns nil
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		b.Fatalf("Listen: got %v, want a listener", err)
	}
	client := n.Host("client")
	return l, func() (net.Conn, error) { return client.Dial("tcp", "server:80") }
}

func listenMemconn(b *testing.B) (net.Listener, dialFunc) {
	name := b.Name()
	l, err := memconn.Listen("memu", name)
	if err != nil {
		b.Fatalf("Listen: got %v, want a listener", err)
	}
	return l, func() (net.Conn, error) { return memconn.Dial("memu", name) }
}

func listenLoopback(b *testing.B) (net.Listener, dialFunc) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatalf("Listen: got %v, want a listener", err)
	}
	return l, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
}

// BenchmarkConnect dials, waits until the server has accepted and closed, and closes. It
// waits because a queue does not: a loop that only dials gets ahead of a server that
// is not scheduled for a moment, fills any queue, and measures what happens then.
func BenchmarkConnect(b *testing.B) {
	for _, p := range contestants {
		b.Run(p.name, func(b *testing.B) {
			l, dial := p.listen(b)
			var server sync.WaitGroup
			server.Go(func() { acceptAndClose(l) })
			defer server.Wait()
			defer l.Close()
			var one [1]byte
			b.ReportAllocs()
			for b.Loop() {
				c, err := dial()
				if err != nil {
					b.Fatalf("dial: got %v, want a connection", err)
				}
				if n, err := c.Read(one[:]); err == nil {
					b.Fatalf("Read: got %d bytes, want the end", n)
				}
				_ = c.Close() // the server was first
			}
		})
	}
}

func acceptAndClose(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.Close() // the client may have been first
	}
}

// BenchmarkEcho sends a kilobyte and waits until it is back.
func BenchmarkEcho(b *testing.B) {
	const size = 1024
	for _, p := range contestants {
		b.Run(p.name, func(b *testing.B) {
			l, dial := p.listen(b)
			var server sync.WaitGroup
			server.Go(func() { acceptAndEcho(l, size) })
			defer server.Wait()
			defer l.Close()
			c, err := dial()
			if err != nil {
				b.Fatalf("dial: got %v, want a connection", err)
			}
			defer c.Close()
			message := make([]byte, size)
			b.ReportAllocs()
			b.SetBytes(2 * size)
			for b.Loop() {
				if _, err := c.Write(message); err != nil {
					b.Fatalf("Write: got %v, want nil", err)
				}
				if _, err := io.ReadFull(c, message); err != nil {
					b.Fatalf("ReadFull: got %v, want nil", err)
				}
			}
		})
	}
}

// acceptAndEcho sends back what comes over one connection, size bytes at a time.
func acceptAndEcho(l net.Listener, size int) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close()
	message := make([]byte, size)
	for {
		if _, err := io.ReadFull(c, message); err != nil {
			return
		}
		if _, err := c.Write(message); err != nil {
			return
		}
	}
}
