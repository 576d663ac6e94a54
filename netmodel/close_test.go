package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func TestClosedListenerLeavesNothing(t *testing.T) { // WS.X1 WS.X2
	s := listening(t, profiles.WSP(), 4)
	s.open("a")
	s.syn("b")
	s.open("c")
	s.rst("c") // its client knows already
	wantErr(t, "CloseSocket", s.close(s.fd), 0)
	check(t, "what a hears", s.heard("a"), "RST")
	check(t, "what b hears", s.heard("b"), "RST")
	check(t, "what c hears", s.heard("c"), "")
	check(t, "cause", s.last(netmodel.ResetPending).Cause, netmodel.ListenerClosed)
	check(t, "answer to late data of a", s.data("a", 1), "RST")
	s.fd = s.bound(netmodel.AnyIP, port) // the name is free
	s.listen(4)
	s.wantQueue("of the next listener", ". . . .")
}

func TestClosingListenerMayForgetInSilence(t *testing.T) { // WS.X2
	for _, row := range []struct {
		why      string
		close    netmodel.CloseListener
		complete string
		half     string
	}{
		{"resets all", netmodel.CloseResetsAll, "RST", "RST"},
		{"forgets the half-open ones", netmodel.CloseForgetsHalfOpen, "RST", ""},
		{"forgets all", netmodel.CloseForgetsAll, "", ""},
	} {
		p := profiles.WSP()
		p.CloseListener = row.close
		s := listening(t, p, 2)
		s.open("a")
		s.syn("b")
		wantErr(t, "CloseSocket", s.close(s.fd), 0)
		check(t, row.why+": what the complete one hears", s.heard("a"), row.complete)
		check(t, row.why+": what the half-open one hears", s.heard("b"), row.half)
		check(t, row.why+": answer to the ACK of the half-open one", s.ack("b"), "RST")
	}
}

func TestClientsOfAClosedListenerSeeTheReset(t *testing.T) { // WS.X2 WS.X3
	w := newWorld(t, setting{backlog: 2})
	w.client("a", 0, netmodel.ClientConfig{})
	w.client("late", 2*time.Second, netmodel.ClientConfig{})
	w.at(time.Second, func(h *netmodel.Host) { wantErr(t, "CloseSocket", h.CloseSocket(w.fd), 0) })
	w.run(5 * time.Second)
	w.wantResult("a", netmodel.OutcomeReset, netmodel.ListenerClosed, 1001*time.Millisecond)
	w.wantResult("late", netmodel.OutcomeRefused, netmodel.NoListener, 2002*time.Millisecond)
}

func TestAnswersToStraySegments(t *testing.T) { // WS.X3
	s := newStage(t, profiles.WSP(), 0)
	check(t, "answer to a SYN", s.syn("a"), "RST")
	check(t, "cause", s.last(netmodel.RequestRefused).Cause, netmodel.NoListener)
	check(t, "answer to data", s.data("b", 9), "RST")
	check(t, "answer to a FIN", s.fin("c"), "RST")
	check(t, "answer to an RST", s.rst("d"), "")
	p := s.peer("e")
	s.h.Deliver(netmodel.Segment{Src: p.addr, Dst: netmodel.Addr{IP: hostIP, Port: port}, Seq: 100, Len: 5, Flags: netmodel.SYN})
	got := s.h.Drain(nil)[0]
	if got.Ack != 106 || got.Flags != netmodel.RST|netmodel.ACK || got.Seq != 0 {
		t.Errorf("answer to a SYN with data: %+v, want an RST that acknowledges 106", got)
	}
}

func TestExclusivePortStaysTakenWhileAConnectionLives(t *testing.T) { // WS.X4
	for _, exclusive := range []bool{true, false} {
		s := newStage(t, profiles.Windows(), 0)
		s.fd = s.socket()
		if exclusive {
			s.set(s.fd, winsock.SO_EXCLUSIVEADDRUSE, 1)
		}
		wantErr(t, "Bind", s.h.Bind(s.fd, netmodel.Addr{Port: port}), 0)
		s.listen(1)
		s.open("a")
		s.accept()
		wantErr(t, "CloseSocket", s.close(s.fd), 0)
		want := winsock.Errno(0)
		if exclusive {
			want = winsock.WSAEADDRINUSE
		}
		again := s.socket()
		wantErr(t, "Bind while the connection lives", s.h.Bind(again, netmodel.Addr{Port: port}), want)
		s.set(s.fds["a"], winsock.SO_LINGER, 0)
		wantErr(t, "CloseSocket of the connection", s.close(s.fds["a"]), 0)
		if exclusive {
			wantErr(t, "Bind after it", s.h.Bind(again, netmodel.Addr{Port: port}), 0)
		}
	}
}

func TestChildrenOfAnEarlierListenerCanBlockThePort(t *testing.T) { // WS.X5
	for _, row := range []struct {
		defect bool
		want   string
	}{{true, "RST"}, {false, "SYN-ACK"}} {
		p := profiles.NT4Server()
		p.ChildrenBlockRebind = row.defect
		s := listening(t, p, 2)
		s.open("a")
		s.accept()
		check(t, "SYN to the first listener", s.syn("b"), "SYN-ACK")
		wantErr(t, "CloseSocket", s.close(s.fd), 0)
		s.fd = s.socket()
		s.set(s.fd, winsock.SO_REUSEADDR, 1)
		wantErr(t, "Bind", s.h.Bind(s.fd, netmodel.Addr{Port: port}), 0)
		s.listen(2)
		check(t, "SYN to the second while a child lives", s.syn("c"), row.want)
		if !row.defect {
			continue
		}
		check(t, "cause", s.last(netmodel.RequestRefused).Cause, netmodel.ChildrenAlive)
		s.set(s.fds["a"], winsock.SO_LINGER, 0)
		wantErr(t, "CloseSocket of the child", s.close(s.fds["a"]), 0)
		s.open("d")
		s.accept()
		check(t, "SYN with a child of its own", s.syn("e"), "SYN-ACK")
	}
}

func TestAbortedWhilePendingIsReportedByAccept(t *testing.T) { // WS.X6 WS.X8 WS.X9
	s := listening(t, profiles.WSP(), 3)
	s.open("a", "b")
	s.rst("a")
	s.wantQueue("after the RST: the entry keeps its place", "a! b .")
	check(t, "cause", s.last(netmodel.AbortedPending).Cause, netmodel.ClientReset)
	check(t, "Accept", s.accept(), "WSAECONNRESET")
	s.wantQueue("after accept", "b . .")
	check(t, "Accept", s.accept(), "b")

	s.open("c")
	s.rst("c")
	s.peer("c").seq += 50000
	check(t, "a new attempt from the same address", s.syn("c"), "SYN-ACK")
	s.ack("c")
	check(t, "Accept of the old one", s.accept(), "WSAECONNRESET")
	check(t, "Accept of the new one", s.accept(), "c")
}

func TestAbortedWhilePendingIsReportedByReceive(t *testing.T) { // WS.X7 WS.X8 WS.X9
	for _, p := range []netmodel.Profile{profiles.Windows(), profiles.NT4Server()} {
		s := listening(t, p, 2)
		s.open("a", "b")
		s.rst("a")
		check(t, p.Name+": Accept", s.accept(), "a")
		for range 2 {
			_, err := s.h.Receive(s.fds["a"], 1)
			wantErr(t, p.Name+": Receive", err, winsock.WSAECONNRESET)
			_, err = s.h.Send(s.fds["a"], 1)
			wantErr(t, p.Name+": Send", err, winsock.WSAECONNRESET)
		}
		check(t, p.Name+": SO_ERROR stays 0", s.option(s.fds["a"], winsock.SO_ERROR), 0)
		wantErr(t, p.Name+": CloseSocket", s.close(s.fds["a"]), 0)
		check(t, p.Name+": the listener stays usable: Accept", s.accept(), "b")
	}
}

func TestAbortedAndTrimmedIsNotResetAgain(t *testing.T) { // WS.X9
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	s.rst("b")
	s.listen(1)
	s.wantQueue("after listen(1)", "a")
	check(t, "what b hears", s.heard("b"), "")
}

func TestLastCleanupResetsWhatIsOpen(t *testing.T) { // WS.X12
	s := listening(t, profiles.WSP(), 3)
	s.open("a", "b")
	s.accept()
	s.syn("c")
	s.open("d")
	s.accept()                                                        // b
	wantErr(t, "CloseSocket: it is flushing", s.close(s.fds["b"]), 0) // in the background
	s.heard("b")
	connecting := s.socket()
	wantErr(t, "Connect", s.h.Connect(connecting, s.peer("x").addr), winsock.WSAEWOULDBLOCK)
	_, err := s.h.OpenFile()
	wantErr(t, "OpenFile", err, 0)
	wantErr(t, "Cleanup()", s.h.Cleanup(), 0)
	s.pump()
	for name, want := range map[string]string{"a": "RST", "b": "", "c": "RST", "d": "RST"} {
		check(t, "what "+name+" hears", s.heard(name), want)
	}
	check(t, "answer to the FIN of b: it goes on", s.fin("b"), "ACK")
	wantErr(t, "Startup()", s.h.Startup(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.listen(1)
	s.wantQueue("of a new listener", ".")
}

func TestUnansweredSYNACKIsGivenUp(t *testing.T) { // WS.T9
	for _, p := range winsockProfiles() {
		s := listening(t, p, 1)
		s.syn("a")
		var at []time.Duration
		for range 30 {
			s.wait(time.Second)
			if s.heard("a") == "SYN-ACK" {
				at = append(at, time.Duration(s.h.Now()))
			}
			if s.queue() == "." {
				break
			}
		}
		if len(at) != 2 || at[0] != 3*time.Second || at[1] != 9*time.Second {
			t.Errorf("%s: SYN-ACK again at %v, want 3s and 9s", p.Name, at)
		}
		check(t, p.Name+": given up and the slot returned at", s.h.Now(), ms(21000))
		check(t, p.Name+": cause", s.last(netmodel.Withdrawn).Cause, netmodel.HandshakeTimeout)
		check(t, p.Name+": answer to the late ACK", s.ack("a"), "RST")
		check(t, p.Name+": next SYN", s.syn("b"), "SYN-ACK")
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
