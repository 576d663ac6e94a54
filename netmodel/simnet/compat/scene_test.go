// Package compat has tests of servers and clients of other modules on the virtual
// network, and benchmarks beside the in-memory networks of other modules. It is a
// module of its own, so that none of them stands in the go.mod of wspsim.
package compat

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// place is where real programs run.
type place struct {
	name   string
	bubble bool
	link   netmodel.Link
	why    string
}

var (
	bubble   = place{"in a bubble", true, netmodel.Link{Latency: time.Millisecond}, "virtual time, in which a test can say how long things take"}
	realTime = place{"in real time", false, netmodel.Link{}, "calls that can return at once do, on whatever goroutine makes them"}
)

// everywhere is where each program runs.
var everywhere = []place{bubble, realTime}

// window is less than what large values need, so that writers wait for readers.
const window = 64 << 10 // bytes

// roundTrip is how long a question and its answer take in a bubble.
const roundTrip = 2 * time.Millisecond

// scene is a network with a server's listener and a client's host.
type scene struct {
	*testing.T
	place
	net      *simnet.Network
	listener *simnet.Listener // of server:80
	client   *simnet.Host
}

// bubbles is how many bubbles of one process run a test, one after the other: package
// variables of the program, such as pools, live on from one to the next.
const bubbles = 2

// in runs a test in each of the places: in real time once, in a bubble twice.
func in(t *testing.T, places []place, test func(s scene)) {
	t.Helper()
	inWindow(t, places, window, test)
}

// inWindow is in for a program that needs a window of its own.
func inWindow(t *testing.T, places []place, window int, test func(s scene)) {
	t.Helper()
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			c := simnet.Config{Seed: 1, Link: p.link, Window: window}
			if !p.bubble {
				simnet.BeforeBubble() // pools hold channels of the last bubble: nobody outside may use one
				test(newScene(t, p, c))
				return
			}
			for range bubbles {
				simnet.BeforeBubble()
				synctest.Test(t, func(t *testing.T) { test(newScene(t, p, c)) })
			}
		})
	}
}

func newScene(t *testing.T, p place, c simnet.Config) scene {
	n := simnet.New(c)
	l, err := n.Listen("tcp", "server:80")
	if err != nil {
		t.Fatalf("Listen(%q): got %v, want a listener (%s)", "server:80", err, p.why)
	}
	t.Cleanup(func() {
		if p.bubble { // time stands still once the test has returned, and some servers wait for nobody
			time.Sleep(time.Minute)
		}
		if err := n.Check(); err != nil {
			t.Errorf("Check() when all is over: got %v, want nil", err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("Close() of the network: got %v, want nil", err)
		}
	})
	return scene{t, p, n, l, n.Host("client")}
}

// dial connects to the listener.
func (s scene) dial(ctx context.Context) (net.Conn, error) {
	return s.client.DialContext(ctx, "tcp", "server:80")
}

// connect connects to the listener, and closes the connection with the test.
func (s scene) connect() net.Conn {
	s.Helper()
	c, err := s.dial(s.Context())
	if err != nil {
		s.Fatalf("dial: got %v, want a connection", err)
	}
	s.Cleanup(func() { _ = c.Close() }) // the program may have closed it
	return c
}

// serve runs a server until the test ends. stop makes serve return.
func (s scene) serve(serve func(net.Listener) error, stop func()) {
	var over sync.WaitGroup
	over.Go(func() { _ = serve(s.listener) }) // servers differ in what they return at their end
	s.Cleanup(func() {
		stop()
		over.Wait()
	})
}

// must fails the test at once if a step that the others need has failed.
func (s scene) must(what string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: got %v, want nil", what, err)
	}
}

// tookAtLeast checks how much virtual time has passed on a link with latency. Real time
// tells nothing.
func (s scene) tookAtLeast(what string, since time.Time, want time.Duration) {
	s.Helper()
	if got := time.Since(since); s.bubble && s.link.Latency > 0 && got < want {
		s.Errorf("%s took %v of virtual time, want %v at least", what, got, want)
	}
}

func checkValue[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
