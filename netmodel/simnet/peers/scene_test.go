// Package peers has tests of servers and clients of other modules on the virtual
// network, and benchmarks beside the in-memory networks of other modules. It is a
// module of its own, so that none of them stands in the go.mod of wspsim.
package peers

import (
	"context"
	"net"
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

// window is less than what large values need, so that writers wait for readers.
const window = 64 << 10 // bytes

// scene is a network with a server's listener and a client's host.
type scene struct {
	*testing.T
	place
	listener *simnet.Listener // of server:80
	client   *simnet.Host
}

// in runs a test in each of the places.
func in(t *testing.T, places []place, test func(s scene)) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			run := func(t *testing.T) { test(newScene(t, p)) }
			if p.bubble {
				synctest.Test(t, run)
			} else {
				run(t)
			}
		})
	}
}

func newScene(t *testing.T, p place) scene {
	n := simnet.New(simnet.Config{Seed: 1, Link: p.link, Window: window})
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
	return scene{t, p, l, n.Host("client")}
}

// dial connects to the listener.
func (s scene) dial(ctx context.Context) (net.Conn, error) {
	return s.client.DialContext(ctx, "tcp", "server:80")
}

// tookAtLeast checks how much virtual time has passed. Real time tells nothing.
func (s scene) tookAtLeast(what string, since time.Time, want time.Duration) {
	s.Helper()
	if got := time.Since(since); s.bubble && got < want {
		s.Errorf("%s took %v of virtual time, want %v at least", what, got, want)
	}
}

func checkValue[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
