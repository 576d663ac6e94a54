package bubble

import (
	"strings"
	"testing"
)

func TestStacksAreRead(t *testing.T) {
	const stack = `goroutine 35 [chan receive (durable), 2 minutes, synctest bubble 17]:
internal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)
	/usr/local/go/src/runtime/sema.go:95 +0x25
example.com/yamux/v2.(*Session).recv(0x375e712d8138, {0x1, 0x2})
	/tmp/yamux/session.go:312 +0x1b
created by example.com/yamux/v2.newSession.func1 in goroutine 7
	/tmp/yamux/session.go:140 +0x2d`
	g, number := parseGoroutine(stack)
	if number != "17" || g.State != "chan receive" || !g.Durable || len(g.Frames) != 2 {
		t.Fatalf("parseGoroutine: bubble %q, %+v, want bubble 17, a durable chan receive, 2 frames", number, g)
	}
	for _, x := range []struct{ what, got, want string }{
		{"the innermost call", g.Frames[0].String(), "internal/sync.runtime_SemacquireMutex (sema.go:95)"},
		{"its caller", g.Frames[1].String(), "example.com/yamux/v2.(*Session).recv (session.go:312)"},
		{"who started it", g.CreatedBy.String(), "example.com/yamux/v2.newSession.func1 (session.go:140)"},
	} {
		if x.got != x.want {
			t.Errorf("%s: got %q, want %q", x.what, x.got, x.want)
		}
	}
}

func TestTheProgramIsShownHoweverDeepTheNetworkComputes(t *testing.T) {
	const stack = `goroutine 35 [runnable, synctest bubble 17]:
wspsim/sim.(*Rand).Uint64(...)
	/src/wspsim/sim/rand.go:9 +0x25
wspsim/netmodel.RealTime.DrainReady({0x1}, {0x2})
	/src/wspsim/netmodel/ready.go:27 +0x25
wspsim/netmodel/simnet.(*Network).notifyReady(0x1)
	/src/wspsim/netmodel/simnet/clock.go:108 +0x1b
wspsim/netmodel/simnet.(*Network).wait(0x1)
	/src/wspsim/netmodel/simnet/calls.go:198 +0x1b
wspsim/netmodel/simnet.(*Listener).Accept(0x1)
	/src/wspsim/netmodel/simnet/listener.go:232 +0x1b
example.com/server.Serve(0x1)
	/src/server/server.go:12 +0x1b`
	named := strings.NewReplacer("wspsim/", strings.TrimSuffix(pathSim, "sim.")) // a copy of the module may have another path
	g, _ := parseGoroutine(named.Replace(stack))
	got := g.text()
	want := named.Replace("      in wspsim/netmodel/simnet.(*Listener).Accept (listener.go:232)\n      called by example.com/server.Serve (server.go:12)\n")
	if got != want {
		t.Errorf("text of a goroutine deep in the network:\n%swant:\n%s", got, want)
	}
}
