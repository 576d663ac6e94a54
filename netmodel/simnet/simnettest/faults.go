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

// DialFunc is what http.Transport.DialContext and its like want.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// The dialers below stand for a network of their own, apart from that of a test: it is
// made with their first dial, and must be used where it was made, in the bubble or
// outside. Its system is Linux, whatever the network of Run is: give them
// t.Net.Config().Profile to have the same.

// Blackhole returns a dialer whose connects are never answered, whatever the
// address: they end when their context does, or when the system gives up, after about
// 135 s on Linux and 21 s on Windows. Give it a profile for another system.
func Blackhole(system ...netmodel.Profile) DialFunc {
	return newFault(system, func(n *simnet.Network, client, server *simnet.Host, _ string) error {
		n.Cut(client, server)
		return nil
	})
}

// Refuse returns a dialer whose connects are refused, whatever the address. Give it
// a profile for another system: on Windows that takes 2 s, and the error is
// syscall.Errno(10061) and not syscall.ECONNREFUSED, whatever the build.
func Refuse(system ...netmodel.Profile) DialFunc {
	return newFault(system, func(*simnet.Network, *simnet.Host, *simnet.Host, string) error { return nil })
}

// FullQueue returns a dialer whose connects meet a listener with a full queue from
// which nobody accepts, whatever the address: Linux does not answer (so that it looks
// like Blackhole), Windows refuses after 2 s, FreeBSD connects and then resets. Give it
// a profile for another system.
func FullQueue(system ...netmodel.Profile) DialFunc {
	return newFault(system, func(_ *simnet.Network, _, server *simnet.Host, port string) error {
		l, err := server.ListenBacklog("tcp", ":"+port, 1)
		if err == nil {
			err = l.Fill(context.Background())
		}
		return err
	})
}

// newFault returns a dialer on a network of its own, with one server that stands for
// whoever is called, as prepare leaves it for a port. The network is made with the first
// dial: in the bubble, if that is where it is used.
func newFault(system []netmodel.Profile, prepare func(n *simnet.Network, client, server *simnet.Host, port string) error) DialFunc {
	var c simnet.Config
	if len(system) > 0 {
		c.Profile = system[0]
	}
	var once sync.Once
	var n *simnet.Network
	var client, server *simnet.Host
	var gate chan struct{} // whoever has it prepares; in a bubble a mutex would stop time
	prepared := map[string]error{}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		once.Do(func() {
			n, gate = simnet.New(c), make(chan struct{}, 1)
			client, server = n.Host("client"), n.Host("server")
		})
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return client.DialContext(ctx, network, address) // which says what is wrong with it
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

// SlowAccept returns a listener like l for a program that needs a time between one
// accept and the next.
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

// Stall returns a listener like l for a program that stands still for a time: from so
// long after the call of Stall on, for so long, nothing is accepted, and the queue fills.
// That is a garbage collection, a lock that the accept loop has to wait for, a machine
// that swaps; after 0 it is a slow start. What the program does with connections that it
// has accepted goes on. If nobody has come meanwhile, a line in the log says so.
//
// Most clients ask again, so that a stall may only make them late: see "My server already
// does that".
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
			fmt.Fprintf(os.Stderr, "simnettest.Stall(l, %v, %v): nobody came while the program stood still, so the stall has tested nothing\n", after, lasts)
		}),
	}
}

type stalledListener struct {
	net.Listener
	setDeadline func(time.Time) error
	from, to    time.Time
	warnUnused  func() // says that nobody has come meanwhile
}

// empty reports whether nobody waits in the queue of an open listener.
func (l *stalledListener) empty() bool {
	of, ok := l.Listener.(*simnet.Listener)
	if !ok {
		return false // the system does not tell
	}
	q := of.Queue()
	return q.Limit > 0 && q.Complete == 0 && q.HalfOpen == 0
}

// Accept accepts, but not while the program stands still. An accept that waits when that
// begins must take nobody: it is ended by its deadline.
func (l *stalledListener) Accept() (net.Conn, error) {
	if time.Now().Before(l.from) {
		if err := l.setDeadline(l.from); err != nil {
			return nil, err
		}
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			l.warnUnused() // it ended before
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
