package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

func TestCommitNeedsReuseOnBothSockets(t *testing.T) { // E2 WS.U4
	for _, row := range []struct {
		why           string
		first, second bool // SO_REUSEADDR
		want          winsock.Errno
	}{
		{"neither allows sharing", false, false, winsock.WSAEADDRINUSE},
		{"only the first", true, false, winsock.WSAEADDRINUSE},
		{"only the second", false, true, winsock.WSAEADDRINUSE},
		{"both", true, true, 0},
	} {
		s := newStage(t, profiles.WSP(), 0)
		var fds [2]netmodel.FD
		for i, reuse := range []bool{row.first, row.second} {
			fds[i] = s.socket()
			if reuse {
				s.set(fds[i], winsock.SO_REUSEADDR, 1)
			}
		}
		wantErr(t, row.why+": bind specific", s.h.Bind(fds[0], netmodel.Addr{IP: hostIP, Port: 99}), 0)
		wantErr(t, row.why+": bind wildcard", s.h.Bind(fds[1], netmodel.Addr{Port: 99}), 0)
		wantErr(t, row.why+": listen specific", s.h.Listen(fds[0], 1), 0)
		wantErr(t, row.why+": listen wildcard", s.h.Listen(fds[1], 1), row.want)
	}
}

func TestSecondConnectOfASocketIsRefusedAnew(t *testing.T) { // WS.T8 WS.T3
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(crowd)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	for attempt := range 2 {
		wantErr(t, "Connect", h.Connect(fd, to), winsock.WSAEWOULDBLOCK)
		n.Run(n.Now().Add(time.Second))
		code, _ := h.GetSockOpt(fd, winsock.SO_ERROR)
		if winsock.Errno(code) != winsock.WSAECONNREFUSED {
			t.Errorf("attempt %d: SO_ERROR = %v, want WSAECONNREFUSED", attempt+1, winsock.Errno(code))
		}
	}
}

func TestCleanupIsOnRecord(t *testing.T) { // WS.X12
	s := listening(t, profiles.WSP(), 1)
	wantErr(t, "Cleanup", s.h.Cleanup(), 0)
	for _, r := range s.h.DrainRecords(nil) {
		if r.Kind == netmodel.Called && r.Call == netmodel.CallCleanup {
			return
		}
	}
	t.Error("Cleanup left no record")
}

func TestALateSilenceIsNotBlamedOnTheQueue(t *testing.T) {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(fd, netmodel.Addr{Port: 80})
	_ = h.Listen(fd, 1)
	n.CutOneWay(server, crowd, true)
	id := n.AddClients(netmodel.ClientConfig{Name: "a", Host: crowd, To: netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}}, 1)
	n.Start(id, 0)
	n.Run(sim.Time(time.Minute))
	if f := n.Result(1); f.Outcome != netmodel.OutcomeTimedOut || f.Cause != netmodel.NoAnswer {
		t.Errorf("fate = %v (%v), want timed out because no SYN was answered: it was queued, but the answers were lost", f.Outcome, f.Cause)
	}
}

func TestAHostThatWasKeptKnowsTheTime(t *testing.T) {
	n := netmodel.NewNetwork(1)
	h := n.Host(n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()}))
	n.Run(sim.Time(time.Second))
	if h.Now() != sim.Time(time.Second) {
		t.Errorf("after a run of a second, Now() = %v", h.Now())
	}
	n.After(time.Second, 1)
	n.Step(sim.Forever)
	if h.Now() != sim.Time(2*time.Second) {
		t.Errorf("after an event at two seconds, Now() = %v", h.Now())
	}
}

func TestOnlyOwnAddressesAnswer(t *testing.T) {
	s := listening(t, profiles.WSP(), 1)
	s.h.Drain(nil)
	s.h.Deliver(netmodel.Segment{Src: netmodel.Addr{IP: netmodel.IPv4(10, 2, 0, 1), Port: 5}, Dst: netmodel.Addr{IP: netmodel.IPv4(9, 9, 9, 9), Port: port}, Flags: netmodel.SYN})
	if q, _ := s.h.Queue(s.fd); len(q.Entries) != 0 {
		t.Errorf("a SYN to an address of somebody else is queued: %v", q)
	}
	if out := s.h.Drain(nil); len(out) != 0 {
		t.Errorf("and answered: %v", out)
	}
}

func TestNothingIsLeftOfAConnectionThatLingered(t *testing.T) {
	s := newStage(t, profiles.WSP(), 0)
	s.fd = s.bound(hostIP, port)
	s.set(s.fd, winsock.SO_LINGER, 65535)
	s.listen(1)
	s.open("a")
	s.accept()
	wantErr(t, "CloseSocket", s.close(s.fd+1), winsock.WSAEWOULDBLOCK)
	s.ack("a")
	s.fin("a")
	wantErr(t, "CloseSocket", s.close(s.fd+1), 0)
	if at, ok := s.h.Deadline(); ok {
		t.Errorf("Deadline() = %v, want none: the connection is over", at)
	}
}

func TestManyTimersAtOneInstantAreNoStall(t *testing.T) {
	if testing.Short() {
		t.Skip("a million connections")
	}
	p := profiles.WSP()
	p.Backlog.Max = 1 << 20
	h := netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{hostIP}})
	_ = h.Startup()
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(fd, netmodel.Addr{Port: port})
	_ = h.Listen(fd, 1<<20)
	const count = sim.StallLimit + 10
	for i := range count {
		h.Deliver(netmodel.Segment{Src: netmodel.Addr{IP: netmodel.IPv4(10, 2, 0, 1) + netmodel.IP(i/60000), Port: uint16(i % 60000)}, Dst: netmodel.Addr{IP: hostIP, Port: port}, Flags: netmodel.SYN})
	}
	h.Drain(nil)
	h.DrainRecords(nil)
	h.Advance(sim.Time(time.Hour))
	if at, ok := h.Deadline(); ok {
		t.Errorf("Deadline() = %v after an hour, want none: all %d handshakes have expired", at, count)
	}
}

func TestFailedCallsNameTheirRule(t *testing.T) {
	for _, row := range []struct {
		call  netmodel.Call
		errno winsock.Errno
		want  string
	}{
		{netmodel.CallListen, winsock.WSAENETDOWN, "E1"},
		{netmodel.CallListen, winsock.WSAEADDRINUSE, "E2"},
		{netmodel.CallListen, winsock.WSAEINPROGRESS, "E3"},
		{netmodel.CallListen, winsock.WSAEINVAL, "E4"},
		{netmodel.CallListen, winsock.WSAEISCONN, "E5"},
		{netmodel.CallListen, winsock.WSAEMFILE, "E6"},
		{netmodel.CallListen, winsock.WSAENOBUFS, "E7"},
		{netmodel.CallListen, winsock.WSAENOTSOCK, "E8"},
		{netmodel.CallListen, winsock.WSAEOPNOTSUPP, "E9"},
		{netmodel.CallAccept, winsock.WSAEMFILE, "WS.A3"},
		{netmodel.CallAccept, winsock.WSAEWOULDBLOCK, "WS.A2"},
		{netmodel.CallAccept, winsock.WSATRY_AGAIN, "WS.C4"},
		{netmodel.CallAccept, winsock.WSAECONNREFUSED, "WS.C3"},
		{netmodel.CallAccept, winsock.WSAEACCES, "WS.C9"},
		{netmodel.CallBind, winsock.WSAEACCES, "WS.U1"},
		{netmodel.CallListen, 0, ""},
		{netmodel.CallClose, winsock.WSAENOTSOCK, ""},
	} {
		p := profiles.WSP()
		_, got := profiles.Reason(&p, netmodel.Record{Kind: netmodel.Called, Call: row.call, Errno: row.errno})
		if got != row.want {
			t.Errorf("%v with %v: rule %q, want %q", row.call, row.errno, got, row.want)
		}
		if _, known := profiles.RuleByID(row.want); row.want != "" && !known {
			t.Errorf("rule %s is not in the table", row.want)
		}
	}
}

func TestLostPatienceIsDecidedByTheClientAlone(t *testing.T) {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(fd, netmodel.Addr{Port: 80})
	_ = h.Listen(fd, 1)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	n.Start(n.AddClients(netmodel.ClientConfig{Name: "a", Host: crowd, To: to, GiveUp: time.Second}, 1), 0)
	n.Run(sim.Time(time.Minute))
	if f := n.Result(1); f.Outcome != netmodel.OutcomeGaveUp || f.Decision != 0 || f.Record == 0 {
		t.Errorf("fate = %v, Decision %d, Record %d: want gave up, by no record of the listener", f.Outcome, f.Decision, f.Record)
	}
}

func TestCompletedTellsThePlaceInTheQueue(t *testing.T) {
	for _, row := range []struct {
		why       string
		byArrival bool
		want      int64 // the place of a, which arrived first and was complete last
	}{
		{"by completion a stands behind b", false, 1},
		{"by arrival a stands before b", true, 0},
	} {
		p := profiles.WSP()
		p.AcceptByArrival = row.byArrival
		s := listening(t, p, 3)
		s.syn("a")
		s.syn("b")
		s.ack("b")
		s.ack("a")
		if r := s.last(netmodel.Completed); r.Value != row.want {
			t.Errorf("%s: Completed.Value = %d, want %d", row.why, r.Value, row.want)
		}
	}
}
