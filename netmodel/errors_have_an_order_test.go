package netmodel_test

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// This file tests the order of the checks, and errors of the page that have no test in
// another file.

func TestDescriptorTableFullFailsTheFirstListen(t *testing.T) { // E6 WS.D1
	s := newStage(t, profiles.WSP(), 3)
	s.fd = s.bound(netmodel.AnyIP, port)
	files := s.exhaust()
	wantErr(t, "Listen with no descriptor free", s.h.Listen(s.fd, 2), winsock.WSAEMFILE)
	check(t, "SO_ACCEPTCONN after it", s.option(s.fd, winsock.SO_ACCEPTCONN), 0)
	wantErr(t, "Bind after it: still bound", s.h.Bind(s.fd, netmodel.Addr{Port: port}), winsock.WSAEINVAL)
	_, err := s.h.Socket(winsock.SOCK_STREAM)
	wantErr(t, "Socket with no descriptor free", err, winsock.WSAEMFILE)
	_, err = s.h.OpenFile()
	wantErr(t, "OpenFile with no descriptor free", err, winsock.WSAEMFILE)
	wantErr(t, "CloseFile", s.h.CloseFile(files[0]), 0)
	s.listen(2)

	lenient := profiles.WSP()
	lenient.ListenStarved = 0
	s = newStage(t, lenient, 1)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.listen(2)
	s.wantQueue("of a listener that began without descriptors", "_ _")
}

func TestAddressCanBeInUseOnlyAtListen(t *testing.T) { // E2 WS.U3 WS.U4
	wildcard, specific := netmodel.AnyIP, hostIP
	for _, row := range []struct {
		why           string
		first, second netmodel.IP
		reuse         bool
		want          winsock.Errno
	}{
		{"the wildcard would take the specific address", specific, wildcard, false, winsock.WSAEADDRINUSE},
		{"the wildcard has taken the specific address", wildcard, specific, false, winsock.WSAEADDRINUSE},
		{"another address of the host", otherIP, specific, false, 0},
		{"both allow reuse", specific, wildcard, true, 0},
	} {
		s := newStage(t, profiles.WSP(), 0)
		a, b := s.socket(), s.socket()
		if row.reuse {
			s.set(a, winsock.SO_REUSEADDR, 1)
			s.set(b, winsock.SO_REUSEADDR, 1)
		}
		wantErr(t, row.why+": Bind a", s.h.Bind(a, netmodel.Addr{IP: row.first, Port: port}), 0)
		wantErr(t, row.why+": Bind b", s.h.Bind(b, netmodel.Addr{IP: row.second, Port: port}), 0)
		wantErr(t, row.why+": Listen a", s.h.Listen(a, 1), 0)
		wantErr(t, row.why+": Listen b", s.h.Listen(b, 1), row.want)
		if row.want == 0 {
			continue
		}
		wantErr(t, row.why+": Connect b", s.h.Connect(b, s.peer("p").addr), row.want)
		wantErr(t, row.why+": CloseSocket a", s.close(a), 0)
		wantErr(t, row.why+": Listen b, which stayed bound", s.h.Listen(b, 1), 0)
	}
}

func TestDesktopFindsConflictsAtBindOnly(t *testing.T) { // WS.U4 WS.Q12
	s := newStage(t, profiles.Windows(), 0)
	a, b := s.bound(netmodel.AnyIP, port), s.bound(hostIP, port)
	wantErr(t, "Listen on the wildcard", s.h.Listen(a, 1), 0)
	wantErr(t, "Listen on the specific address", s.h.Listen(b, 1), 0)
}

// situation is the state in which a call is made: any combination of causes for an error.
type situation struct {
	unstarted, down, callback, noBuffers, full bool
	target                                     string
}

// order is the documented order of checks of one call. The first check that applies
// decides.
type order []struct {
	errno   winsock.Errno
	applies func(situation) bool
}

func is(targets ...string) func(situation) bool {
	return func(s situation) bool {
		for _, target := range targets {
			if s.target == target {
				return true
			}
		}
		return false
	}
}

// always has the first checks of every call.
var always = order{
	{winsock.WSANOTINITIALISED, func(s situation) bool { return s.unstarted }},
	{winsock.WSAENETDOWN, func(s situation) bool { return s.down }},
	{winsock.WSAEINPROGRESS, func(s situation) bool { return s.callback }},
	{winsock.WSAENOTSOCK, is("closed", "file")},
}

func noBuffers(s situation) bool { return s.noBuffers }
func full(s situation) bool      { return s.full }

var targets = []string{"closed", "file", "datagram", "unbound", "bound", "conflict", "connecting", "failed", "accepted",
	"idle listener", "busy listener", "aborted listener", "withdrawn listener", "lingering"}

// orders has the calls, with the order in their comments.
var orders = []struct {
	call string
	do   func(*netmodel.Host, netmodel.FD) error
	then order
}{
	{"Listen", func(h *netmodel.Host, fd netmodel.FD) error { return h.Listen(fd, 3) }, order{
		{winsock.WSAEOPNOTSUPP, is("datagram")},
		{winsock.WSAEINVAL, is("unbound", "connecting")},
		{winsock.WSAEISCONN, is("accepted", "lingering")},
		{winsock.WSAENOBUFS, noBuffers},
		{winsock.WSAEADDRINUSE, is("conflict")},
		{winsock.WSAEMFILE, func(s situation) bool { return s.full && is("bound", "failed")(s) }},
	}},
	{"Accept", func(h *netmodel.Host, fd netmodel.FD) error { _, err := h.Accept(fd); return err }, order{
		{winsock.WSAEOPNOTSUPP, is("datagram")},
		{winsock.WSAEINVAL, is("unbound", "bound", "conflict", "connecting", "failed", "accepted", "lingering")},
		{winsock.WSAENOBUFS, noBuffers},
		{winsock.WSAEACCES, is("withdrawn listener")},
		{winsock.WSAEWOULDBLOCK, is("idle listener")},
		{winsock.WSAEMFILE, full},
		{winsock.WSAECONNRESET, is("aborted listener")},
	}},
	{"Connect", func(h *netmodel.Host, fd netmodel.FD) error {
		return h.Connect(fd, netmodel.Addr{IP: otherIP + 1, Port: 9})
	}, order{
		{winsock.WSAEOPNOTSUPP, is("datagram")},
		{winsock.WSAEINVAL, is("idle listener", "busy listener", "aborted listener", "withdrawn listener")},
		{winsock.WSAEALREADY, is("connecting")},
		{winsock.WSAEISCONN, is("accepted", "lingering")},
		{winsock.WSAENOBUFS, noBuffers},
		{winsock.WSAEADDRINUSE, is("conflict")},
		{winsock.WSAEWOULDBLOCK, func(situation) bool { return true }},
	}},
	{"Connect to nowhere", func(h *netmodel.Host, fd netmodel.FD) error { return h.Connect(fd, netmodel.Addr{}) }, order{
		{winsock.WSAEOPNOTSUPP, is("datagram")},
		{winsock.WSAEINVAL, is("idle listener", "busy listener", "aborted listener", "withdrawn listener")},
		{winsock.WSAEALREADY, is("connecting")},
		{winsock.WSAEISCONN, is("accepted", "lingering")},
		{winsock.WSAEADDRNOTAVAIL, func(situation) bool { return true }},
	}},
	{"Bind to a taken port", func(h *netmodel.Host, fd netmodel.FD) error {
		return h.Bind(fd, netmodel.Addr{IP: otherIP, Port: 77})
	}, order{
		{winsock.WSAEINVAL, func(s situation) bool { return !is("datagram", "unbound")(s) }},
		{winsock.WSAENOBUFS, noBuffers},
		{winsock.WSAEADDRINUSE, is("unbound")}, // datagram ports are others
	}},
	{"Bind to a foreign address", func(h *netmodel.Host, fd netmodel.FD) error {
		return h.Bind(fd, netmodel.Addr{IP: netmodel.IPv4(192, 0, 2, 0), Port: 77})
	}, order{
		{winsock.WSAEINVAL, func(s situation) bool { return !is("datagram", "unbound")(s) }},
		{winsock.WSAEADDRNOTAVAIL, func(situation) bool { return true }},
	}},
	{"CloseSocket", func(h *netmodel.Host, fd netmodel.FD) error { return h.CloseSocket(fd) }, order{
		{winsock.WSAEWOULDBLOCK, is("lingering")},
	}},
	{"Socket", func(h *netmodel.Host, _ netmodel.FD) error { _, err := h.Socket(winsock.SOCK_STREAM); return err }, order{
		{winsock.WSAENOBUFS, noBuffers},
		{winsock.WSAEMFILE, full},
	}},
}

// build creates a situation and returns the descriptor for the call.
func build(t *testing.T, in situation) (*netmodel.Host, netmodel.FD) {
	t.Helper()
	s := newStage(t, profiles.WSP(), 12)
	s.fd = s.bound(hostIP, port)
	s.listen(2)
	taken := s.bound(otherIP, 77)
	fd := s.fd
	switch in.target {
	case "closed":
		fd = s.socket()
		wantErr(t, "CloseSocket", s.close(fd), 0)
	case "file":
		fd, _ = s.h.OpenFile()
	case "datagram":
		fd, _ = s.h.Socket(winsock.SOCK_DGRAM)
	case "unbound":
		fd = s.socket()
	case "bound":
		fd = s.bound(hostIP, 78)
	case "conflict":
		fd = s.bound(netmodel.AnyIP, 77)
		wantErr(t, "Listen", s.h.Listen(taken, 1), 0)
	case "connecting", "failed":
		fd = s.bound(hostIP, 78)
		wantErr(t, "Connect", s.h.Connect(fd, s.peer("p").addr), winsock.WSAEWOULDBLOCK)
		if in.target == "failed" {
			s.refuse(s.h.Drain(nil)...)
		}
	case "accepted", "lingering":
		s.open("a")
		s.accept()
		fd = s.fds["a"]
		if in.target == "lingering" {
			s.set(fd, winsock.SO_LINGER, 5)
		}
	case "busy listener":
		s.open("a")
	case "aborted listener":
		s.open("a")
		s.rst("a")
	case "withdrawn listener":
		s.open("a")
		s.acceptIf(func(netmodel.Request) winsock.Decision { return winsock.CF_DEFER })
		s.rst("a")
		s.open("b")
	}
	if in.full {
		s.exhaust()
	}
	if in.unstarted {
		wantErr(t, "Cleanup()", s.h.Cleanup(), 0)
	}
	s.h.SetFault(netmodel.FaultNetworkDown, in.down)
	s.h.SetFault(netmodel.FaultInCallback, in.callback)
	s.h.SetFault(netmodel.FaultNoBuffers, in.noBuffers)
	return s.h, fd
}

func TestFirstOfSeveralCausesDecides(t *testing.T) { // WS.S5 WS.A11
	for _, row := range orders {
		seen := map[winsock.Errno]bool{}
		for mask := range 32 {
			for _, target := range targets {
				in := situation{mask&1 > 0, mask&2 > 0, mask&4 > 0, mask&8 > 0, mask&16 > 0, target}
				if row.call == "Socket" {
					in.target = "bound"
				}
				want := winsock.Errno(0)
				for _, cause := range append(always[:len(always):len(always)], row.then...) {
					if cause.applies(in) {
						want = cause.errno
						break
					}
				}
				h, fd := build(t, in)
				seen[want] = true
				wantErr(t, row.call, row.do(h, fd), want)
				if t.Failed() {
					t.Fatalf("the situation was %+v", in)
				}
			}
		}
		for _, cause := range row.then {
			if !seen[cause.errno] {
				t.Errorf("%s: %v was never the first", row.call, cause.errno)
			}
		}
	}
}

func TestReturningAnErrorAllocatesNothing(t *testing.T) {
	s := listening(t, profiles.WSP(), 1)
	var records []netmodel.Record
	fail := func() {
		_ = s.h.Listen(0, 1)
		_, _ = s.h.Accept(s.fd)
		_ = s.h.Bind(s.fd, netmodel.Addr{})
		_, _ = s.h.GetSockOpt(s.fd, 0x4321)
		_ = s.h.Shutdown(s.fd, winsock.SD_BOTH)
		records = s.h.DrainRecords(records[:0])
	}
	fail()
	if n := testing.AllocsPerRun(100, fail); n != 0 {
		t.Errorf("calls that fail: %v allocations, want none", n)
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
