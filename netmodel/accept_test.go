package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// deciding returns a condition function that returns the decision.
func deciding(d winsock.Decision) func(netmodel.Request) winsock.Decision {
	return func(netmodel.Request) winsock.Decision { return d }
}

func TestAcceptNeedsAListener(t *testing.T) { // WS.A1
	s := listening(t, profiles.WSP(), 1)
	s.open("a")
	s.accept()
	unbound, bound := s.socket(), s.bound(hostIP, 99)
	for _, row := range []struct {
		why string
		fd  netmodel.FD
	}{{"unbound", unbound}, {"bound", bound}, {"accepted: it cannot accept itself", s.fds["a"]}} {
		_, err := s.h.Accept(row.fd)
		wantErr(t, "Accept, "+row.why, err, winsock.WSAEINVAL)
	}
}

func TestAcceptOfNothingWouldBlock(t *testing.T) { // WS.A2 WS.A4
	s := listeningWith(t, profiles.WSP(), 1, 3)
	check(t, "Accept with an empty queue", s.accept(), "WSAEWOULDBLOCK")
	s.exhaust()
	check(t, "Accept with an empty queue and no descriptor", s.accept(), "WSAEWOULDBLOCK")
	s.syn("a")
	check(t, "Accept with a half-open connection and no descriptor", s.accept(), "WSAEWOULDBLOCK")
}

func TestAcceptWithoutADescriptorChangesNothing(t *testing.T) { // WS.A3 WS.D4
	s := listeningWith(t, profiles.WSP(), 3, 4)
	s.open("a", "b")
	files := s.exhaust()
	for range 3 {
		check(t, "Accept", s.accept(), "WSAEMFILE")
		s.wantQueue("after it", "a b .")
	}
	wantErr(t, "CloseFile", s.h.CloseFile(files[0]), 0)
	check(t, "Accept with a descriptor", s.accept(), "a")
	check(t, "Accept without", s.accept(), "WSAEMFILE")
	s.wantQueue("after it", "b . _")
}

func TestAcceptedSocketHasTheListenersOptions(t *testing.T) { // WS.A8
	s := newStage(t, profiles.Windows(), 0)
	s.fd = s.socket()
	s.set(s.fd, winsock.SO_REUSEADDR, 1)
	s.set(s.fd, winsock.SO_LINGER, 555)
	wantErr(t, "Bind", s.h.Bind(s.fd, netmodel.Addr{Port: port}), 0)
	s.listen(2)
	s.open("a")
	s.accept()
	check(t, "SO_REUSEADDR", s.option(s.fds["a"], winsock.SO_REUSEADDR), 1)
	check(t, "SO_LINGER", s.option(s.fds["a"], winsock.SO_LINGER), 555)
	check(t, "SO_ACCEPTCONN", s.option(s.fds["a"], winsock.SO_ACCEPTCONN), 0)
	check(t, "SO_TYPE", s.option(s.fds["a"], winsock.SO_TYPE), int(winsock.SOCK_STREAM))
}

func TestAcceptAfterCloseIsNotASocket(t *testing.T) { // WS.A10
	s := listening(t, profiles.WSP(), 1)
	wantErr(t, "CloseSocket", s.close(s.fd), 0)
	check(t, "Accept", s.accept(), "WSAENOTSOCK")
	wantErr(t, "CloseSocket again", s.close(s.fd), winsock.WSAENOTSOCK)
}

func TestAcceptTellsWhomAndHowLongItWaited(t *testing.T) {
	s := listening(t, profiles.WSP(), 1)
	s.syn("a")
	s.wait(2 * time.Second)
	s.ack("a")
	s.wait(time.Second)
	a, err := s.h.Accept(s.fd)
	want := netmodel.Accepted{FD: s.fd + 1, Peer: s.peer("a").addr, Conn: 1, Waited: 3 * time.Second}
	if a != want || err != nil {
		t.Errorf("Accept() = %+v, %v, want %+v, nil", a, err, want)
	}
}

func TestConditionFunctionSeesTheFirstRequest(t *testing.T) { // WS.C1 WS.C2
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	var shown []netmodel.Request
	check(t, "AcceptIf", s.acceptIf(func(r netmodel.Request) winsock.Decision {
		shown = append(shown, r)
		return winsock.CF_ACCEPT
	}), "a")
	want := netmodel.Request{Peer: s.peer("a").addr, Local: netmodel.Addr{IP: hostIP, Port: port}, Conn: 1}
	if len(shown) != 1 || shown[0] != want {
		t.Errorf("the condition function was shown %+v, want once %+v", shown, want)
	}
	s.accept()
	s.acceptIf(func(netmodel.Request) winsock.Decision { t.Error("asked about nothing"); return winsock.CF_ACCEPT })
}

func TestRejectedRequestIsResetAndGone(t *testing.T) { // WS.C3
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	check(t, "AcceptIf that rejects", s.acceptIf(deciding(winsock.CF_REJECT)), "WSAECONNREFUSED")
	s.wantQueue("after it: the slot is back", "b .")
	check(t, "what a hears", s.heard("a"), "RST")
	check(t, "cause", s.last(netmodel.ResetPending).Cause, netmodel.Rejected)
	check(t, "Accept", s.accept(), "b")

	w := newWorld(t, setting{})
	w.client("a", 0, netmodel.ClientConfig{})
	w.at(time.Second, func(h *netmodel.Host) {
		a, err := h.AcceptIf(w.fd, deciding(winsock.CF_REJECT))
		wantErr(t, "AcceptIf that rejects", err, winsock.WSAECONNREFUSED)
		check(t, "whom", w.n.ConnName(a.Conn), "a")
	})
	w.run(2 * time.Second)
	w.wantResult("a", netmodel.OutcomeReset, netmodel.Rejected, 1001*time.Millisecond) // its handshake was complete
}

func TestDeferredRequestStaysAtTheTop(t *testing.T) { // WS.C4 WS.C7 WS.C10
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	check(t, "AcceptIf that defers", s.acceptIf(deciding(winsock.CF_DEFER)), "WSATRY_AGAIN")
	s.wantQueue("after it", "a* b")
	check(t, "SYN: the slot is still taken", s.syn("c"), "RST")
	check(t, "AcceptIf that defers again", s.acceptIf(deciding(winsock.CF_DEFER)), "WSATRY_AGAIN")
	check(t, "what a hears", s.heard("a"), "")
	check(t, "plain Accept", s.accept(), "a")
	check(t, "plain Accept", s.accept(), "b")
}

func TestDeferredRequestKeepsItsPlaceAmongLateComers(t *testing.T) { // WS.C4
	p := profiles.WSP()
	p.AcceptByArrival = true
	s := listening(t, p, 3)
	s.syn("a")
	s.open("b")
	s.acceptIf(deciding(winsock.CF_DEFER))
	s.ack("a") // came first and would stand before b
	check(t, "Accept", s.accept(), "b")
	check(t, "Accept", s.accept(), "a")
}

func TestNoOtherRequestIsIndicatedWhileOneIsDeferred(t *testing.T) { // WS.C5 WS.C6 WS.N13
	for _, row := range []struct {
		hides bool
		read  bool
	}{{false, true}, {true, false}} {
		p := profiles.WSP()
		p.DeferHidesReadable = row.hides
		s := listening(t, p, 3)
		s.open("a", "b")
		var asked string
		ask := func(d winsock.Decision) func(netmodel.Request) winsock.Decision {
			return func(r netmodel.Request) winsock.Decision { asked += s.name(r.Conn); return d }
		}
		s.acceptIf(ask(winsock.CF_DEFER))
		s.open("c")
		r, err := s.h.Select(s.fd)
		wantErr(t, "Select", err, 0)
		check(t, "readable with a request deferred", r.Read, row.read)
		s.acceptIf(ask(winsock.CF_DEFER))
		check(t, "whom the condition function was shown", asked, "aa")
		s.acceptIf(ask(winsock.CF_ACCEPT))
		s.acceptIf(ask(winsock.CF_ACCEPT))
		check(t, "whom it was shown after an accept without a defer", asked, "aaab")
		r, _ = s.h.Select(s.fd)
		check(t, "readable after it", r.Read, true)
	}
}

func TestUnknownDecisionIsInvalid(t *testing.T) { // WS.C8
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	for _, d := range []winsock.Decision{3, 4, 255} {
		check(t, "AcceptIf that returns "+itoa(int(d)), s.acceptIf(deciding(d)), "WSAEINVAL")
		s.wantQueue("after it", "a .")
	}
	check(t, "Accept", s.accept(), "a")
}

func TestDeferredAndWithdrawnIsReportedOnce(t *testing.T) { // WS.C9
	for _, aborted := range []netmodel.Aborted{netmodel.AbortedAtAccept, netmodel.AbortedAtReceive, netmodel.AbortedWithdraws} {
		p := profiles.WSP()
		p.Aborted = aborted
		s := listeningWith(t, p, 2, 3)
		s.open("a")
		s.acceptIf(deciding(winsock.CF_DEFER))
		s.rst("a")
		r, _ := s.h.Select(s.fd)
		check(t, "readable after the withdrawal", r.Read, true)
		s.open("b")
		s.exhaust() // the report needs no descriptor
		check(t, "Accept after the withdrawal", s.accept(), "WSAEACCES")
		check(t, "Accept without a descriptor", s.accept(), "WSAEMFILE")
	}
}

func TestConditionFunctionIsNotAskedWithoutADescriptor(t *testing.T) { // WS.C11 WS.A11
	for _, row := range []struct {
		first    bool
		decision winsock.Decision
		asked    int
		want     string
	}{
		{false, winsock.CF_ACCEPT, 0, "WSAEMFILE"},
		{true, winsock.CF_ACCEPT, 1, "WSAEMFILE"},
		{true, winsock.CF_REJECT, 1, "WSAECONNREFUSED"},
		{true, winsock.CF_DEFER, 1, "WSATRY_AGAIN"},
	} {
		p := profiles.WSP()
		p.ConditionFirst = row.first
		s := listeningWith(t, p, 2, 2)
		s.openMany(1)
		s.exhaust()
		asked := 0
		check(t, "AcceptIf without a descriptor", s.acceptIf(func(netmodel.Request) winsock.Decision {
			asked++
			return row.decision
		}), row.want)
		check(t, "how often it was asked", asked, row.asked)
	}
}

// On a system that allows nesting, a condition function may make any call.
func TestConditionFunctionMayActOnTheHost(t *testing.T) { // WS.S4
	for _, row := range []struct {
		why  string
		do   func(s *stage)
		want string
	}{
		{"closes the listener", func(s *stage) { _ = s.h.CloseSocket(s.fd) }, "WSAECONNRESET"},
		{"accepts the request itself", func(s *stage) { _, _ = s.h.Accept(s.fd) }, "WSAECONNRESET"},
		{"cleans up", func(s *stage) { _ = s.h.Cleanup() }, "WSAECONNRESET"},
		{"takes the last descriptor", func(s *stage) { _, _ = s.h.Socket(winsock.SOCK_STREAM) }, "WSAEMFILE"},
		{"makes many sockets and listeners", func(s *stage) {
			s.h.SetUser(0)
			for i := range 2 {
				fd, err := s.h.Socket(winsock.SOCK_STREAM)
				if err == nil {
					_ = s.h.Bind(fd, netmodel.Addr{Port: uint16(200 + i)})
					_ = s.h.Listen(fd, 2)
					_ = s.h.CloseSocket(fd)
				}
			}
		}, "a"},
	} {
		s := listeningWith(t, profiles.Windows(), 2, 2)
		s.open("a")
		check(t, "AcceptIf with a function that "+row.why, s.acceptIf(func(netmodel.Request) winsock.Decision {
			row.do(s)
			return winsock.CF_ACCEPT
		}), row.want)
	}
	p := profiles.Windows()
	p.ConditionFirst = true
	s := listeningWith(t, p, 2, 2)
	s.open("a")
	files := s.exhaust()
	check(t, "AcceptIf with a function that frees a descriptor", s.acceptIf(func(netmodel.Request) winsock.Decision {
		wantErr(t, "CloseFile", s.h.CloseFile(files[0]), 0)
		return winsock.CF_ACCEPT
	}), "a")
}

func TestListenerIsReadableWhilePending(t *testing.T) { // WS.N11
	s := listening(t, profiles.WSP(), 2)
	readable := func(when string, want bool) {
		t.Helper()
		for range 2 { // polling takes nothing
			r, err := s.h.Select(s.fd)
			wantErr(t, "Select", err, 0)
			if r != (netmodel.Ready{Read: want}) {
				t.Errorf("Select %s = %+v, want readable %v and nothing else", when, r, want)
			}
		}
	}
	readable("when idle", false)
	s.syn("a")
	readable("with a half-open connection", false)
	s.ack("a")
	readable("with a complete one", true)
	s.open("b")
	s.accept()
	readable("with another one", true)
	s.accept()
	readable("with none left", false)
	s.open("c")
	s.rst("c")
	readable("with one that was reset and waits to be reported", true)
}

func TestReadableMayTurnOutToBeNothing(t *testing.T) { // WS.N12
	p := profiles.WSP()
	p.Aborted = netmodel.AbortedWithdraws
	s := listening(t, p, 2)
	s.open("a")
	r, _ := s.h.Select(s.fd)
	check(t, "readable", r.Read, true)
	s.rst("a")
	check(t, "Accept", s.accept(), "WSAEWOULDBLOCK")
}
