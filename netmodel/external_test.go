package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// programs is a network with a server of backlog 2 and an external client.
type programs struct {
	n              *netmodel.Network
	server, client *netmodel.Host
	listener       netmodel.FD
	id             netmodel.ClientID
}

func newPrograms(p netmodel.Profile) *programs {
	n := netmodel.NewNetwork(1)
	n.RealTime().Watch()
	server := n.AddHost("server", netmodel.HostConfig{Profile: p})
	client := n.AddHost("client", netmodel.HostConfig{Profile: p})
	n.SetLink(server, client, netmodel.Link{Latency: time.Millisecond})
	w := &programs{n: n, server: n.Host(server), client: n.Host(client), id: n.RealTime().AddExternalClient("program", client)}
	w.listener, _ = w.server.Socket(winsock.SOCK_STREAM)
	_ = w.server.Bind(w.listener, netmodel.Addr{Port: port})
	_ = w.server.Listen(w.listener, 2)
	return w
}

// dial begins an attempt and lets it end.
func (w *programs) dial(t *testing.T) (netmodel.FD, netmodel.ConnID) {
	t.Helper()
	fd, conn, err := w.n.RealTime().Dial(w.id, netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: port}, nil)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	w.later(10 * time.Millisecond)
	return fd, conn
}

func (w *programs) later(d time.Duration) { w.n.Run(w.n.Now().Add(d)) }

func TestTheNetworkDecidesTheAttemptsOfAnExternalClient(t *testing.T) {
	for _, x := range []struct {
		name  string
		run   func(t *testing.T, w *programs) netmodel.ConnID
		want  netmodel.Outcome
		cause netmodel.Cause
		why   string
	}{
		{"accepted", func(t *testing.T, w *programs) netmodel.ConnID {
			_, conn := w.dial(t)
			_, _ = w.server.Accept(w.listener)
			return conn
		}, netmodel.OutcomeAccepted, netmodel.AcceptedByProgram, "accept handed it out"},
		{"refused", func(t *testing.T, w *programs) netmodel.ConnID {
			w.dial(t)
			w.dial(t)
			_, conn := w.dial(t)
			return conn
		}, netmodel.OutcomeRefused, netmodel.QueueFull, "the third finds no place"},
		{"reset", func(t *testing.T, w *programs) netmodel.ConnID {
			_, conn := w.dial(t)
			_ = w.server.CloseSocket(w.listener)
			w.later(10 * time.Millisecond)
			return conn
		}, netmodel.OutcomeReset, netmodel.ListenerClosed, "its listener was closed"},
		{"gave up", func(t *testing.T, w *programs) netmodel.ConnID {
			fd, conn, _ := w.n.RealTime().Dial(w.id, netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: port}, nil)
			_ = w.client.CloseSocket(fd)
			w.later(10 * time.Millisecond)
			return conn
		}, netmodel.OutcomeGaveUp, netmodel.ClientGaveUp, "its program closed it before anybody answered"},
		{"closed and pending", func(t *testing.T, w *programs) netmodel.ConnID {
			fd, conn := w.dial(t)
			_ = w.client.CloseSocket(fd)
			w.later(10 * time.Millisecond)
			return conn
		}, netmodel.OutcomePending, netmodel.NoCause, "a connection that its client has closed can still be accepted"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := newPrograms(profiles.WSP())
			conn := x.run(t, w)
			if f := w.n.Result(conn); f.Outcome != x.want || f.Cause != x.cause || f.Client != w.id {
				t.Errorf("Result(%d) = %v because of %v, client %d; want %v because of %v, client %d: %s", conn, f.Outcome, f.Cause, f.Client, x.want, x.cause, w.id, x.why)
			}
			if err := w.n.Check(); err != nil {
				t.Errorf("Check() = %v", err)
			}
		})
	}
}

func TestAProgramHasManyAttemptsAtOnce(t *testing.T) {
	w := newPrograms(profiles.WSP())
	to := netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: port}
	a, first, _ := w.n.RealTime().Dial(w.id, to, nil)
	b, second, _ := w.n.RealTime().Dial(w.id, to, nil)
	w.later(10 * time.Millisecond)
	for _, fd := range []netmodel.FD{a, b} {
		if r, err := w.client.Select(fd); err != nil || !r.Write {
			t.Errorf("Select(%d) = %+v, %v, want it connected", fd, r, err)
		}
	}
	if w.n.ConnName(first) != "program" || w.n.ConnName(second) != "program#2" {
		t.Errorf("attempts are called %q and %q, want program and program#2", w.n.ConnName(first), w.n.ConnName(second))
	}
}

// The random draws of one program do not depend on another program.
func TestAProgramsLatenciesAreItsOwn(t *testing.T) {
	connected := func(others int) sim.Time {
		n := netmodel.NewNetwork(7)
		server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
		client := n.AddHost("client", netmodel.HostConfig{Profile: profiles.WSP()})
		n.SetLink(server, client, netmodel.Link{Jitter: sim.Exponential{Mean: time.Millisecond}})
		mine, other := n.RealTime().AddExternalClient("mine", client), n.RealTime().AddExternalClient("other", client)
		l, _ := n.Host(server).Socket(winsock.SOCK_STREAM)
		_ = n.Host(server).Bind(l, netmodel.Addr{Port: port})
		_ = n.Host(server).Listen(l, 100)
		to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: port}
		for range others {
			_, _, _ = n.RealTime().Dial(other, to, nil)
		}
		_, conn, _ := n.RealTime().Dial(mine, to, nil)
		n.Run(sim.Time(time.Second))
		for _, r := range n.DrainRecords(nil) {
			if r.Kind == netmodel.Connected && r.Conn == conn {
				return r.At
			}
		}
		return 0
	}
	if alone, among := connected(0), connected(5); alone != among || alone == 0 {
		t.Errorf("connected at %v alone and at %v among others, want the same", alone, among)
	}
}

func TestDrainReadyNamesTheSocketsToAsk(t *testing.T) {
	w := newPrograms(profiles.WSP())
	fd, _ := w.dial(t)
	want := map[netmodel.Socket]string{
		{Host: 1, FD: w.listener}: "a connection can be accepted",
		{Host: 2, FD: fd}:         "it is connected",
	}
	for _, s := range w.n.RealTime().DrainReady(nil) {
		delete(want, s)
	}
	for s, why := range want {
		t.Errorf("DrainReady does not name %+v: %s", s, why)
	}
	a, _ := w.server.Accept(w.listener)
	w.n.RealTime().DrainReady(nil)
	_, _ = w.client.Send(fd, 10)
	w.later(10 * time.Millisecond)
	bytes, end := w.server.Arrived(a.FD)
	if got := w.n.RealTime().DrainReady(nil); len(got) != 2 || got[0] != (netmodel.Socket{Host: 1, FD: a.FD}) || got[1] != (netmodel.Socket{Host: 2, FD: fd}) || bytes != 10 || end {
		t.Errorf("after 10 bytes: DrainReady = %v, Arrived = %d, %v, want the server's end, then the client's (acknowledged), and 10, false", got, bytes, end)
	}
}

func TestSendErrorIsWhatSendWouldSayAndChangesNothing(t *testing.T) {
	for _, p := range []netmodel.Profile{profiles.WSP(), profiles.Linux(), profiles.Wine()} {
		w := newPrograms(p)
		fd, _ := w.dial(t)
		a, _ := w.server.Accept(w.listener)
		if err := w.client.SendError(fd); err != nil {
			t.Errorf("%s: SendError of an open connection = %v, want nil", p.Name, err)
		}
		_ = w.server.SetSockOpt(a.FD, winsock.SO_LINGER, 0)
		_ = w.server.CloseSocket(a.FD)
		w.later(10 * time.Millisecond)
		for i := range 3 { // with the calls of Unix the first one uses the error up
			said := w.client.SendError(fd)
			again := w.client.SendError(fd)
			if _, err := w.client.Send(fd, 1); said != err || again != err || err == nil {
				t.Errorf("%s: call %d after a reset: SendError = %v, then %v, Send = %v; want the same error", p.Name, i+1, said, again, err)
			}
		}
	}
}
