package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

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

func TestSegmentsOutOfPlaceChangeNothing(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	s.accept()
	check(t, "answer to data without ACK", s.send("a", 0, 5), "")
	s.peer("a").seq -= 5
	s.peer("a").ack += 100
	check(t, "answer to an ACK of what was never sent", s.data("a", 5), "")
	s.peer("a").seq -= 5
	s.peer("a").ack -= 100
	s.peer("a").seq += 3
	check(t, "answer to data behind a gap", s.data("a", 5), "ACK")
	_, err := s.h.Receive(s.fds["a"], 10)
	wantErr(t, "Receive", err, winsock.WSAEWOULDBLOCK)
}

func TestNoBuffersOnAConnection(t *testing.T) { // E7
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	s.accept()
	s.data("a", 5)
	s.h.SetFault(netmodel.FaultNoBuffers, true)
	_, err := s.h.Send(s.fds["a"], 1)
	wantErr(t, "Send", err, winsock.WSAENOBUFS)
	_, err = s.h.Receive(s.fds["a"], 1)
	wantErr(t, "Receive", err, winsock.WSAENOBUFS)
	s.h.SetFault(netmodel.FaultNoBuffers, false)
	n, err := s.h.Receive(s.fds["a"], 10)
	wantErr(t, "Receive afterwards", err, 0)
	check(t, "Receive afterwards", n, 5)
}

func TestQueueIsShownForListenersOnly(t *testing.T) { // P5
	s := newStage(t, profiles.WSP(), 0)
	for _, fd := range []netmodel.FD{0, -1, 99, s.socket(), s.bound(hostIP, port)} {
		if q, ok := s.h.Queue(fd); ok {
			t.Errorf("Queue(%d) = %+v, true, want false", fd, q)
		}
	}
	check(t, "Profile()", s.h.Profile(), profiles.WSP())
}
