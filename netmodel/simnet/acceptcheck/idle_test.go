package acceptcheck_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"wspsim/netmodel/simnet/acceptcheck"
)

// placed is a listener whose Accept waits for a place before it accepts. Each
// connection has one until it is closed.
type placed struct {
	net.Listener
	places chan struct{}
	closed chan struct{} // nil: Close does not wake those that wait (golang/go#24458)
	once   *sync.Once
}

func newPlaced(l net.Listener, places int, wakes bool) placed {
	p := placed{Listener: l, places: make(chan struct{}, places), once: new(sync.Once)}
	if wakes {
		p.closed = make(chan struct{})
	}
	return p
}

func (l placed) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placedConn{Conn: c, places: l.places}, nil
}

func (l placed) Close() error {
	if l.closed != nil {
		l.once.Do(func() { close(l.closed) })
	}
	return l.Listener.Close()
}

type placedConn struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

func (c *placedConn) Close() error {
	c.once.Do(func() { <-c.places })
	return c.Conn.Close()
}

// serveConn answers until the client has left.
func serveConn(c net.Conn) {
	defer c.Close()
	b := make([]byte, 64)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if n > 20 { // a whole request
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
		}
	}
}

// loop accepts until the listener is closed, with a pause after every other error.
func loop(l net.Listener, handle func(net.Conn)) error {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			time.Sleep(50 * time.Millisecond)
		default:
			handle(c)
		}
	}
}

func httpOn(l net.Listener) error { return http.Serve(patient{l}, http.NotFoundHandler()) }

// unwrapped is what a program does that closes the listener which it was given.
func unwrapped(l net.Listener) net.Listener { return l }

// TestIdleClientsTellServersApart has servers that do well as long as every client
// leaves within a second.
func TestIdleClientsTellServersApart(t *testing.T) {
	const closing, silent, holding = "close with idle clients", "silent clients", "idle clients hold all"
	for _, x := range []struct {
		name   string
		wrap   func(net.Listener) net.Listener
		serve  func(net.Listener) error
		fails  map[string]acceptcheck.Verdict
		waited bool
		notMet []string // it makes no call of Accept that fails
		why    string
	}{
		{"has no limit", unwrapped, httpOn, nil, false, nil, "the standard library returns at once"},
		{"waits for a place, not woken", unwrapped, func(l net.Listener) error { return httpOn(newPlaced(l, 4, false)) },
			verdicts(acceptcheck.Stuck, closing), false, []string{holding}, "golang/go#24458"},
		{"waits for a place, not woken, closed by itself", func(l net.Listener) net.Listener { return newPlaced(l, 4, false) }, httpOn,
			verdicts(acceptcheck.Stuck, closing), false, []string{holding}, "its own Close wakes nobody"},
		{"waits for a place, woken by its own Close", func(l net.Listener) net.Listener { return newPlaced(l, 4, true) }, httpOn,
			nil, false, []string{holding}, "as netutil.LimitListener since golang/go#24458"},
		{"waits for a place, its own Close is not called", unwrapped, func(l net.Listener) error { return httpOn(newPlaced(l, 4, true)) },
			verdicts(acceptcheck.Stuck, closing), false, []string{holding}, "nobody tells it that the listener within is closed"},
		{"waits for one of 15 places", unwrapped, func(l net.Listener) error { return httpOn(newPlaced(l, 15, false)) },
			verdicts(acceptcheck.Stuck, closing), false, []string{holding}, "the most that the documentation says is met"},
		{"waits for a place in its loop", unwrapped, func(l net.Listener) error {
			places := make(chan struct{}, 4)
			return loop(l, func(c net.Conn) {
				places <- struct{}{}
				go func() { serveConn(c); <-places }()
			})
		}, verdicts(acceptcheck.Stuck, closing), false, []string{holding}, "the semaphore stands in the server, after Accept"},
		{"has four workers", unwrapped, func(l net.Listener) error {
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() { _ = loop(l, serveConn) })
			}
			all.Wait()
			return net.ErrClosed
		}, verdicts(acceptcheck.Stuck, closing), false, []string{holding}, "no worker is in Accept while all have a client"},
		{"reads between two accepts", unwrapped, func(l net.Listener) error {
			return loop(l, func(c net.Conn) {
				b := make([]byte, 1)
				_, _ = c.Read(b)
				go serveConn(c)
			})
		}, verdicts(acceptcheck.Stuck, silent, closing), false, []string{holding}, "a client that says nothing holds up all others"},
		{"reads a request between two accepts", unwrapped, func(l net.Listener) error {
			return loop(l, func(c net.Conn) {
				_ = c.SetReadDeadline(time.Now().Add(time.Second)) // it is open
				r := bufio.NewReader(c)
				if _, err := r.Peek(1); err == nil {
					_ = c.SetReadDeadline(time.Time{})
					_, _ = r.ReadString('\n')
				}
				c.Close()
			})
		}, verdicts(acceptcheck.Lost, silent), false, []string{holding, "WSAEMFILE"}, "a client that says half of it holds up all others"},
		{"keeps what its clients have left", unwrapped, func(l net.Listener) error {
			return loop(l, func(c net.Conn) {
				go func() { _, _ = io.Copy(io.Discard, c) }()
			})
		}, verdicts(acceptcheck.Stuck, holding), false, nil, "the descriptors never come back"},
		{"waits for its clients", unwrapped, func(l net.Listener) error {
			var clients sync.WaitGroup
			defer clients.Wait()
			return loop(l, func(c net.Conn) { clients.Go(func() { serveConn(c) }) })
		}, nil, true, nil, "it knows that the listener is closed, and returns when they have left"},
		{"waits for its clients for 5 s", unwrapped, func(l net.Listener) error {
			defer time.Sleep(5 * time.Second)
			return loop(l, func(c net.Conn) { go serveConn(c) })
		}, nil, false, nil, "it returns although they stay"},
		{"never returns", unwrapped, func(l net.Listener) error {
			defer func() { <-make(chan int) }()
			return loop(l, func(c net.Conn) { go serveConn(c) })
		}, verdicts(acceptcheck.Stuck, closing, "close with full queue", "shutdown under load", "listen again"), false, nil, "it waits for nothing"},
	} {
		t.Run(x.name, func(t *testing.T) {
			report := acceptcheck.RunWrapped(t, x.wrap, x.serve)
			for _, r := range report {
				want := x.fails[r.Incident]
				if want == acceptcheck.Recovered && slices.Contains(x.notMet, r.Incident) {
					want = acceptcheck.NotMet
				}
				if ok := want == acceptcheck.Recovered || want == acceptcheck.NotMet; r.OK() != ok || !r.Hidden && r.Verdict != want {
					t.Errorf("a server that %s: got\n%v\nwant %v: %s", x.name, r, want, x.why)
				}
			}
			if r, _ := report.Result(closing); r.Waited != x.waited {
				t.Errorf("a server that %s: Waited: got %v, want %v: %s", x.name, r.Waited, x.waited, x.why)
			}
		})
	}
}
