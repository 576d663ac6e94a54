package netmodel_test

import (
	"errors"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func TestListenMakesTheSocketPassive(t *testing.T) { // P1 P2 V1 WS.L7
	s := newStage(t, profiles.WSP(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	check(t, "SO_ACCEPTCONN of a bound socket", s.option(s.fd, winsock.SO_ACCEPTCONN), 0)
	check(t, "answer to a SYN before listen", s.syn("a"), "RST")
	s.listen(1) // V1: no error
	check(t, "SO_ACCEPTCONN of a listener", s.option(s.fd, winsock.SO_ACCEPTCONN), 1)
	check(t, "answer to a SYN after listen", s.syn("b"), "SYN-ACK")
}

func TestBacklogIsTheMostThatMayBePending(t *testing.T) { // P3 WS.B11 WS.Q4
	for _, p := range winsockProfiles() {
		for _, n := range []int{1, 2, 5, 200} {
			limit := p.Backlog.Effective(n)
			s := listening(t, p, n)
			s.openMany(limit)
			check(t, p.Name+": answer to the SYN after "+itoa(limit), s.syn("late"), "RST")
			s.accept()
			check(t, p.Name+": answer after one accept", s.syn("later"), "SYN-ACK")
			check(t, p.Name+": answer to one more", s.syn("latest"), "RST")
		}
	}
}

func TestNoOptionTellsTheBacklogInForce(t *testing.T) { // P5 WS.L10
	small, large := listening(t, profiles.WSP(), 7), listening(t, profiles.WSP(), 9)
	for o := winsock.Option(-300); o < 0x8000; o++ {
		a, errA := small.h.GetSockOpt(small.fd, o)
		b, errB := large.h.GetSockOpt(large.fd, o)
		if a != b || errA != errB {
			t.Errorf("GetSockOpt(%#x) = %d, %v with backlog 7 and %d, %v with 9: want no difference", o, a, errA, b, errB)
		}
	}
	q, ok := small.h.Queue(small.fd)
	if !ok || q.Limit != 7 {
		t.Errorf("Queue() = limit %d, %v: want 7, true: the inspector sees it", q.Limit, ok)
	}
}

func TestErrorsAreCodes(t *testing.T) { // P6 V2
	s := newStage(t, profiles.WSP(), 0)
	err := s.h.Listen(s.socket(), 1)
	var code winsock.Errno
	if !errors.As(err, &code) || code != 10022 {
		t.Errorf("Listen(unbound) = %v, want an Errno with the number 10022", err)
	}
	s.pump()
	check(t, "code in the record", s.last(netmodel.Called).Errno, winsock.WSAEINVAL)
}

func TestOrderOfCallsIsSocketBindListenAccept(t *testing.T) { // R1
	s := newStage(t, profiles.WSP(), 0)
	at := netmodel.Addr{Port: port}
	wantErr(t, "Bind before Socket", s.h.Bind(netmodel.FirstFD, at), winsock.WSAENOTSOCK)
	s.fd = s.socket()
	wantErr(t, "Listen before Bind", s.h.Listen(s.fd, 1), winsock.WSAEINVAL)
	check(t, "Accept before Bind", s.accept(), "WSAEINVAL")
	wantErr(t, "Bind", s.h.Bind(s.fd, at), 0)
	check(t, "Accept before Listen", s.accept(), "WSAEINVAL")
	wantErr(t, "Listen", s.h.Listen(s.fd, 1), 0)
	check(t, "Accept of nothing", s.accept(), "WSAEWOULDBLOCK")
	s.open("a")
	check(t, "Accept", s.accept(), "a")
}

func TestOnlyConnectionOrientedSocketsListen(t *testing.T) { // R2 E9 WS.L2 WS.A1
	s := newStage(t, profiles.WSP(), 0)
	fd, err := s.h.Socket(winsock.SOCK_DGRAM)
	wantErr(t, "Socket(Datagram)", err, 0)
	wantErr(t, "Listen on an unbound datagram socket", s.h.Listen(fd, 1), winsock.WSAEOPNOTSUPP)
	wantErr(t, "Bind", s.h.Bind(fd, netmodel.Addr{Port: port}), 0)
	wantErr(t, "Listen on a bound datagram socket", s.h.Listen(fd, 1), winsock.WSAEOPNOTSUPP)
	_, err = s.h.Accept(fd)
	wantErr(t, "Accept on a datagram socket", err, winsock.WSAEOPNOTSUPP)
	wantErr(t, "Connect on a datagram socket", s.h.Connect(fd, netmodel.Addr{IP: otherIP, Port: 1}), winsock.WSAEOPNOTSUPP)
	_, err = s.h.Socket(3)
	wantErr(t, "Socket(3)", err, winsock.WSAESOCKTNOSUPPORT)
	check(t, "SO_TYPE", s.option(fd, winsock.SO_TYPE), int(winsock.SOCK_DGRAM))
}

func TestRequestsAreAcknowledgedAndQueuedUntilAccepted(t *testing.T) { // R3 WS.L7
	s := listening(t, profiles.WSP(), 3)
	check(t, "answer to the SYN of a", s.syn("a"), "SYN-ACK")
	s.wantQueue("after the SYN", "(a) . .")
	check(t, "accept before the final ACK", s.accept(), "WSAEWOULDBLOCK")
	check(t, "answer to the final ACK", s.ack("a"), "")
	s.wantQueue("after the final ACK", "a . .")
	s.open("b")
	s.wait(time.Hour)
	s.wantQueue("after an hour without accept", "a b .")
	check(t, "accept", s.accept(), "a")
	check(t, "accept", s.accept(), "b")
}

func TestInvalidDescriptorIsNotASocket(t *testing.T) { // E8 WS.L3
	s := listening(t, profiles.WSP(), 1)
	closed := s.socket()
	wantErr(t, "CloseSocket", s.close(closed), 0)
	file, err := s.h.OpenFile()
	wantErr(t, "OpenFile", err, 0)
	for _, row := range []struct {
		why string
		fd  netmodel.FD
	}{
		{"handle 0", 0},
		{"a number that was never handed out", 1000},
		{"0xdeadbeef as a signed number", -559038737},
		{"closed; the file has its number now", closed},
		{"a file", file},
	} {
		wantErr(t, "Listen, "+row.why, s.h.Listen(row.fd, 1), winsock.WSAENOTSOCK)
		_, err := s.h.Accept(row.fd)
		wantErr(t, "Accept, "+row.why, err, winsock.WSAENOTSOCK)
		wantErr(t, "CloseSocket, "+row.why, s.h.CloseSocket(row.fd), winsock.WSAENOTSOCK)
	}
	wantErr(t, "CloseFile", s.h.CloseFile(file), 0)
	wantErr(t, "CloseFile again", s.h.CloseFile(file), winsock.WSAEBADF)
	wantErr(t, "CloseFile of a socket", s.h.CloseFile(s.fd), winsock.WSAEBADF)
}

func TestUnboundSocketCannotListen(t *testing.T) { // E4 WS.L1
	for _, p := range winsockProfiles() {
		s := newStage(t, p, 0)
		fd := s.socket()
		for _, backlog := range []int{-2, 0, 1, p.Backlog.Somaxconn} {
			wantErr(t, p.Name+": Listen("+itoa(backlog)+") unbound", s.h.Listen(fd, backlog), winsock.WSAEINVAL)
		}
	}
}

func TestFailedBindLeavesTheSocketUnbound(t *testing.T) { // WS.L8
	s := newStage(t, profiles.Windows(), 0)
	s.bound(hostIP, port)
	b := s.socket()
	wantErr(t, "Bind of a taken address", s.h.Bind(b, netmodel.Addr{IP: hostIP, Port: port}), winsock.WSAEADDRINUSE)
	wantErr(t, "Listen after it", s.h.Listen(b, 1), winsock.WSAEINVAL)
	wantErr(t, "Bind elsewhere", s.h.Bind(b, netmodel.Addr{IP: hostIP, Port: port + 1}), 0)
}

func TestConnectedSocketCannotListen(t *testing.T) { // E5 P2 WS.L4
	for _, p := range winsockProfiles() {
		s := listening(t, p, 2)
		s.open("a")
		s.accept()
		wantErr(t, p.Name+": Listen on an accepted socket", s.h.Listen(s.fds["a"], 1), winsock.WSAEISCONN)
		client := s.connectToSelf()
		wantErr(t, p.Name+": Listen on a connected socket", s.h.Listen(client, 1), winsock.WSAEISCONN)
	}
}

// connectToSelf connects a socket to the stage's own listener and returns it.
func (s *stage) connectToSelf() netmodel.FD {
	s.t.Helper()
	fd := s.socket()
	wantErr(s.t, "Connect", s.h.Connect(fd, netmodel.Addr{IP: hostIP, Port: port}), winsock.WSAEWOULDBLOCK)
	for segs := s.h.Drain(nil); len(segs) > 0; segs = s.h.Drain(nil) {
		for _, seg := range segs {
			s.h.Deliver(seg)
		}
	}
	if r, _ := s.h.Select(fd); !r.Write {
		s.t.Fatalf("Select(connected to the own listener) = %+v, want writable", r)
	}
	return fd
}

func TestConnectingSocketCannotListen(t *testing.T) { // WS.L5
	s := newStage(t, profiles.WSP(), 0)
	fd := s.bound(hostIP, port)
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("a").addr), winsock.WSAEWOULDBLOCK)
	wantErr(t, "Listen meanwhile", s.h.Listen(fd, 1), winsock.WSAEINVAL)
	other := profiles.WSP()
	other.ListenConnecting = winsock.WSAEISCONN
	s = newStage(t, other, 0)
	fd = s.bound(hostIP, port)
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("a").addr), winsock.WSAEWOULDBLOCK)
	wantErr(t, "Listen meanwhile, with the other setting", s.h.Listen(fd, 1), winsock.WSAEISCONN)
}

func TestSocketCanListenAfterAFailedConnect(t *testing.T) { // WS.L6
	for _, row := range []struct {
		profile netmodel.Profile
		second  int
		why     string
	}{
		{profiles.Windows(), 10061, "observed: reading does not clear it"},
		{profiles.WSP(), 0, "the page of getsockopt: reading clears it"},
	} {
		s := newStage(t, row.profile, 0)
		s.fd = s.bound(hostIP, port)
		wantErr(t, "SetClient", s.h.SetClient(s.fd, netmodel.Client{Syn: netmodel.Schedule{First: time.Second}}), 0)
		wantErr(t, "Connect", s.h.Connect(s.fd, s.peer("a").addr), winsock.WSAEWOULDBLOCK)
		s.refuse(s.h.Drain(nil)...)
		if r, _ := s.h.Select(s.fd); r != (netmodel.Ready{Except: true}) {
			t.Errorf("Select(refused) = %+v, want Except only", r)
		}
		s.listen(1)
		check(t, row.profile.Name+": SO_ERROR", s.option(s.fd, winsock.SO_ERROR), 10061)
		check(t, row.profile.Name+": SO_ERROR again, "+row.why, s.option(s.fd, winsock.SO_ERROR), row.second)
		s.open("b")
		check(t, "accept", s.accept(), "b")
	}
}

// refuse answers every SYN among the segments with an RST.
func (s *stage) refuse(segs ...netmodel.Segment) {
	for _, seg := range segs {
		if seg.Kind() == "SYN" {
			s.h.Deliver(netmodel.Segment{Src: seg.Dst, Dst: seg.Src, Ack: seg.Seq + 1, Flags: netmodel.RST | netmodel.ACK, Conn: seg.Conn})
		}
	}
}

func TestListenerRefusesOtherCalls(t *testing.T) { // WS.L9
	for _, p := range winsockProfiles() {
		s := listening(t, p, 1)
		wantErr(t, p.Name+": Connect on a listener", s.h.Connect(s.fd, s.peer("a").addr), winsock.WSAEINVAL)
		wantErr(t, p.Name+": Bind on a listener", s.h.Bind(s.fd, netmodel.Addr{Port: 99}), winsock.WSAEINVAL)
		for how := winsock.SD_RECEIVE; how <= winsock.SD_BOTH; how++ {
			wantErr(t, p.Name+": Shutdown on a listener", s.h.Shutdown(s.fd, how), winsock.WSAENOTCONN)
		}
		_, err := s.h.Send(s.fd, 1)
		wantErr(t, p.Name+": Send on a listener", err, winsock.WSAENOTCONN)
		_, err = s.h.Receive(s.fd, 1)
		wantErr(t, p.Name+": Receive on a listener", err, winsock.WSAENOTCONN)
		check(t, p.Name+": answer to a SYN after all that", s.syn("a"), "SYN-ACK")
	}
}

func TestNoBuffersChangesNothing(t *testing.T) { // E7 WS.L11
	s := newStage(t, profiles.WSP(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.h.SetFault(netmodel.FaultNoBuffers, true)
	wantErr(t, "Listen without buffers", s.h.Listen(s.fd, 3), winsock.WSAENOBUFS)
	check(t, "SO_ACCEPTCONN after it", s.option(s.fd, winsock.SO_ACCEPTCONN), 0)
	s.h.SetFault(netmodel.FaultNoBuffers, false)
	s.listen(3)
	s.open("a", "b", "c")
	s.h.SetFault(netmodel.FaultNoBuffers, true)
	wantErr(t, "Listen(1) without buffers", s.h.Listen(s.fd, 1), winsock.WSAENOBUFS)
	s.wantQueue("after it", "a b c")
	check(t, "Accept without buffers", s.accept(), "WSAENOBUFS")
	_, err := s.h.Socket(winsock.SOCK_STREAM)
	wantErr(t, "Socket without buffers", err, winsock.WSAENOBUFS)
	s.h.SetFault(netmodel.FaultNoBuffers, false)
	check(t, "Accept", s.accept(), "a")
	s.h.SetFault(netmodel.FaultNoBuffers, true)
	check(t, "answer to a SYN without buffers", s.syn("d"), "")
	check(t, "why", s.last(netmodel.RequestIgnored).Cause, netmodel.OutOfBuffers)
}

func TestNetworkDownFailsEveryCall(t *testing.T) { // E1 WS.S2
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	s.h.SetFault(netmodel.FaultNetworkDown, true)
	for call, err := range s.everyCall() {
		wantErr(t, call+" while the network is down", err, winsock.WSAENETDOWN)
	}
	wantErr(t, "Cleanup() while the network is down", s.h.Cleanup(), winsock.WSAENETDOWN)
	check(t, "answer to a SYN while the network is down", s.syn("b"), "")
	check(t, "why", s.last(netmodel.Lost).Cause, netmodel.NetworkDown)
	s.h.SetFault(netmodel.FaultNetworkDown, false)
	s.wantQueue("afterwards", "a .")
	check(t, "Accept afterwards", s.accept(), "a")
}

// everyCall makes each call of the API on the listener and yields its error.
func (s *stage) everyCall() map[string]error {
	_, socket := s.h.Socket(winsock.SOCK_STREAM)
	_, accept := s.h.Accept(s.fd)
	_, send := s.h.Send(s.fd, 1)
	_, receive := s.h.Receive(s.fd, 1)
	_, get := s.h.GetSockOpt(s.fd, winsock.SO_TYPE)
	_, selected := s.h.Select(s.fd)
	return map[string]error{
		"Socket":     socket,
		"Bind":       s.h.Bind(s.fd, netmodel.Addr{Port: 99}),
		"Listen":     s.h.Listen(s.fd, 1),
		"Accept":     accept,
		"Connect":    s.h.Connect(s.fd, s.peer("a").addr),
		"Shutdown":   s.h.Shutdown(s.fd, winsock.SD_BOTH),
		"Send":       send,
		"Receive":    receive,
		"GetSockOpt": get,
		"SetSockOpt": s.h.SetSockOpt(s.fd, winsock.SO_LINGER, 0),
		"SetClient":  s.h.SetClient(s.fd, profiles.WSP().Client),
		"Select":     selected,
		"Close":      s.h.CloseSocket(s.fd),
	}
}

func TestCallsBeforeStartupFail(t *testing.T) { // WS.S1
	s := newStage(t, profiles.WSP(), 0)
	wantErr(t, "Startup() again", s.h.Startup(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	wantErr(t, "Cleanup()", s.h.Cleanup(), 0)
	wantErr(t, "Listen after one Cleanup of two Startups", s.h.Listen(s.fd, 1), 0)
	wantErr(t, "Cleanup()", s.h.Cleanup(), 0)
	for call, err := range s.everyCall() {
		wantErr(t, call+" after the last Cleanup", err, winsock.WSANOTINITIALISED)
	}
	wantErr(t, "Cleanup() too many", s.h.Cleanup(), winsock.WSANOTINITIALISED)
	wantErr(t, "Startup()", s.h.Startup(), 0)
	wantErr(t, "Listen after it: the socket is gone", s.h.Listen(s.fd, 1), winsock.WSAENOTSOCK)
}

func TestCallsInsideACallbackFail(t *testing.T) { // E3 WS.S3
	for _, p := range []netmodel.Profile{profiles.WSP(), profiles.WindowsCE3(), profiles.Winsock11()} {
		s := listening(t, p, 2)
		s.open("a")
		asked := 0
		got := s.acceptIf(func(netmodel.Request) winsock.Decision {
			asked++
			for call, err := range s.everyCall() {
				wantErr(t, p.Name+": "+call+" inside the condition function", err, winsock.WSAEINPROGRESS)
			}
			return winsock.CF_ACCEPT
		})
		check(t, p.Name+": accept", got, "a")
		check(t, p.Name+": how often it was asked", asked, 1)
		wantErr(t, p.Name+": Listen after it", s.h.Listen(s.fd, 2), 0)
		s.h.SetFault(netmodel.FaultInCallback, true)
		for call, err := range s.everyCall() {
			wantErr(t, p.Name+": "+call+" with the switch on", err, winsock.WSAEINPROGRESS)
		}
	}
}

func TestCallsNestOnTheDesktop(t *testing.T) { // WS.S4
	for _, p := range []netmodel.Profile{profiles.Windows(), profiles.NT4Server(), profiles.NT4Workstation()} {
		s := listening(t, p, 2)
		s.open("a")
		got := s.acceptIf(func(netmodel.Request) winsock.Decision {
			wantErr(t, p.Name+": Listen inside the condition function", s.h.Listen(s.fd, 1), 0)
			return winsock.CF_ACCEPT
		})
		check(t, p.Name+": accept", got, "a")
		s.h.SetFault(netmodel.FaultInCallback, true)
		wantErr(t, p.Name+": Listen with the switch on", s.h.Listen(s.fd, 1), 0)
	}
}

func TestACallbackThatPanicsIsOver(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	func() {
		defer func() { _ = recover() }()
		s.acceptIf(func(netmodel.Request) winsock.Decision { panic("the program's own fault") })
	}()
	wantErr(t, "Listen after the panic", s.h.Listen(s.fd, 2), 0)
	check(t, "accept after the panic", s.accept(), "a")
}
