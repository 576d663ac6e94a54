package simnettest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// DialFunc is the type of http.Transport.DialContext and of similar fields.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Each dialer below has a network of its own, apart from the network of the test. The first dial
// makes it. Use a dialer only in the bubble of its first dial, or only outside bubbles. Its
// system is Linux, also if the network of Run has another. For the same system pass
// t.Net.Config().Profile.

// Blackhole returns a dialer whose connects get no answer, for any address. A connect ends with
// its context, or when the system gives up: after about 135 s on Linux and 21 s on Windows. Pass a
// profile for a system other than Linux.
func Blackhole(system ...netmodel.Profile) DialFunc {
	return newFault(system, func(n *simnet.Network, client, server *simnet.Host, _ string) error {
		n.Cut(client, server)
		return nil
	})
}

// Refuse returns a dialer whose connects are refused, for any address. Pass a profile for a
// system other than Linux. On Windows a connect takes 2 s to fail, and the error on every build
// is syscall.Errno(10061), not syscall.ECONNREFUSED.
func Refuse(system ...netmodel.Profile) DialFunc {
	return newFault(system, func(*simnet.Network, *simnet.Host, *simnet.Host, string) error { return nil })
}

// FullQueue returns a dialer whose connects reach a listener with a full queue, for any address.
// The server never accepts. Linux does not answer, as with Blackhole. Windows refuses after 2 s.
// FreeBSD connects and then resets. Pass a profile for a system other than Linux.
func FullQueue(system ...netmodel.Profile) DialFunc {
	return newFault(system, func(_ *simnet.Network, _, server *simnet.Host, port string) error {
		l, err := server.ListenBacklog("tcp", ":"+port, 1)
		if err == nil {
			err = l.Fill(context.Background())
		}
		return err
	})
}

// newFault returns a dialer on a network of its own. One server stands for every address. prepare
// sets the server up for a port. The first dial makes the network, so that it belongs to the
// bubble of the caller.
func newFault(system []netmodel.Profile, prepare func(n *simnet.Network, client, server *simnet.Host, port string) error) DialFunc {
	var c simnet.Config
	if len(system) > 0 {
		c.Profile = system[0]
	}
	var once sync.Once
	var n *simnet.Network
	var client, server *simnet.Host
	var gate chan struct{} // a lock for prepare; a mutex would stop the time of a bubble
	prepared := map[string]error{}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		once.Do(func() {
			n, gate = simnet.New(c), make(chan struct{}, 1)
			client, server = n.Host("client"), n.Host("server")
		})
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return client.DialContext(ctx, network, address) // it returns the error of the address
		}
		switch port {
		case "http":
			port = "80"
		case "https":
			port = "443"
		}
		gate <- struct{}{}
		err, done := prepared[port]
		if !done {
			err = prepare(n, client, server, port)
			prepared[port] = err
		}
		<-gate
		if err != nil {
			return nil, err
		}
		return client.DialContext(ctx, network, net.JoinHostPort("server", port))
	}
}

// SlowAccept returns a listener like l whose Accept waits for the time each before it accepts.
// It models a program that needs some time for each connection.
func SlowAccept(l net.Listener, each time.Duration) net.Listener {
	return &slowListener{Listener: l, each: each}
}

type slowListener struct {
	net.Listener
	each time.Duration
}

// Accept waits before it accepts.
func (l *slowListener) Accept() (net.Conn, error) {
	time.Sleep(l.each)
	return l.Listener.Accept()
}

// Stall returns a listener like l that models a program which pauses once. The pause begins at
// the time after, counted from the call of Stall, and lasts for the time lasts. Accept returns no
// connection during the pause, and the queue fills. Accepted connections are not affected.
// Examples are a garbage collection, a lock that the accept loop waits for, a machine that swaps.
// With after 0 it is a slow start. If no client came during the pause, a line in the log says so.
//
// Most clients send their SYN again, so a stall may only delay them: see "My server already does
// that".
//
// l is a *simnet.Listener or a *net.TCPListener.
func Stall(l interface {
	net.Listener
	SetDeadline(time.Time) error
}, after, lasts time.Duration) net.Listener {
	from := time.Now().Add(after)
	return &stalledListener{
		Listener: l, setDeadline: l.SetDeadline, from: from, to: from.Add(lasts),
		warnUnused: sync.OnceFunc(func() {
			fmt.Fprintf(os.Stderr, "simnettest.Stall(l, %v, %v): no client came during the pause, so the stall has tested nothing\n", after, lasts)
		}),
	}
}

type stalledListener struct {
	net.Listener
	setDeadline func(time.Time) error
	from, to    time.Time
	warnUnused  func() // says that no client came during the pause
}

// empty reports whether the queue of an open listener is empty.
func (l *stalledListener) empty() bool {
	of, ok := l.Listener.(*simnet.Listener)
	if !ok {
		return false // the system does not report its queue
	}
	q := of.Queue()
	return q.Limit > 0 && q.Complete == 0 && q.HalfOpen == 0
}

// Accept accepts, but not during the pause. A deadline ends an Accept that waits when the pause
// begins, so that it takes no connection.
func (l *stalledListener) Accept() (net.Conn, error) {
	if time.Now().Before(l.from) {
		if err := l.setDeadline(l.from); err != nil {
			return nil, err
		}
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			l.warnUnused() // the listener was closed before the pause
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return c, err
		}
	}
	if left := time.Until(l.to); left > 0 {
		time.Sleep(left)
		if l.empty() {
			l.warnUnused()
		}
	}
	if err := l.setDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return l.Listener.Accept()
}
