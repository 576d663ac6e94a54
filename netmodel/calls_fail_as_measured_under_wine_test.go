package netmodel_test

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// What calls do under Wine, and in the stacks beside it, where that is not what
// they do on Linux. Measured: W, G, D, L05, L07.

func TestWineAsksForStartupInSocketOnly(t *testing.T) {
	h := netmodel.NewHost(netmodel.HostConfig{Profile: profiles.Wine(), Addrs: []netmodel.IP{hostIP}})
	_, err := h.Socket(winsock.SOCK_STREAM)
	wantErr(t, "Socket(Stream) before Startup", err, winsock.WSANOTINITIALISED)
	wantErr(t, "Listen(3, 1) before Startup", h.Listen(3, 1), winsock.WSAENOTSOCK)
	wantErr(t, "Startup()", h.Startup(), 0)
	fd, err := h.Socket(winsock.SOCK_STREAM)
	wantErr(t, "Socket(Stream)", err, 0)
	wantErr(t, "Cleanup()", h.Cleanup(), 0)
	wantErr(t, "Listen after Cleanup", h.Listen(fd, 1), winsock.WSAENOTSOCK)
}

func TestFileCannotListen(t *testing.T) {
	for _, tt := range []struct {
		profile netmodel.Profile
		want    winsock.Errno
		why     string
	}{
		{profiles.Wine(), winsock.WSAEOPNOTSUPP, "W"},
		{profiles.Linux(), winsock.WSAENOTSOCK, "L09"},
		{profiles.WSP(), winsock.WSAENOTSOCK, "E8"},
	} {
		s := newStage(t, tt.profile, 0)
		fd, err := s.h.OpenFile()
		wantErr(t, "OpenFile()", err, 0)
		wantErr(t, tt.profile.Name+": Listen(a file) ("+tt.why+")", s.h.Listen(fd, 1), tt.want)
	}
}

func TestDecisionThatIsNoneFailsAsEachStackSays(t *testing.T) {
	for _, tt := range []struct {
		profile netmodel.Profile
		want    winsock.Errno
	}{
		{profiles.Wine(), winsock.WSAENOTSOCK}, // W
		{profiles.Windows(), winsock.WSAEINVAL},
	} {
		s := listening(t, tt.profile, 2)
		s.open("a")
		_, err := s.h.AcceptIf(s.fd, func(netmodel.Request) winsock.Decision { return 77 })
		wantErr(t, tt.profile.Name+": AcceptIf(77)", err, tt.want)
		check(t, tt.profile.Name+": the next accept", s.accept(), "a") // nothing has changed
	}
}

func TestWineCallsBrokenPipeReset(t *testing.T) {
	s := listening(t, profiles.Wine(), 2)
	_, err := s.h.Send(s.fd, 1)
	wantErr(t, "Send(listener)", err, winsock.WSAECONNRESET)
	_, err = s.h.Send(s.bound(otherIP, port+1), 1)
	wantErr(t, "Send(bound)", err, winsock.WSAENOTCONN)
	s.open("a")
	s.rst("a")
	s.accept()
	_, err = s.h.Send(s.fds["a"], 1)
	wantErr(t, "Send(reset)", err, winsock.WSAECONNRESET)
}

func TestAcceptWithBadAddressLosesTheConnection(t *testing.T) {
	for _, p := range []netmodel.Profile{profiles.Linux(), profiles.Wine()} { // L05, W
		s := listening(t, p, 3)
		wantErr(t, p.Name+": AcceptBadAddress of nothing", s.h.AcceptBadAddress(s.fd), winsock.WSAEWOULDBLOCK)
		s.open("a", "b")
		wantErr(t, p.Name+": AcceptBadAddress", s.h.AcceptBadAddress(s.fd), winsock.WSAEFAULT)
		s.pump()
		check(t, p.Name+": a hears", s.heard("a"), "FIN")
		check(t, p.Name+": the next accept", s.accept(), "b")
	}
}

func TestPeerNameIsThatOfAConnectionOnly(t *testing.T) {
	s := listening(t, profiles.Linux(), 3)
	_, err := s.h.PeerName(s.fd)
	wantErr(t, "PeerName(listener)", err, winsock.WSAENOTCONN)
	s.open("a", "b")
	s.rst("b")
	s.accept()
	s.accept()
	peer, err := s.h.PeerName(s.fds["a"])
	wantErr(t, "PeerName(a)", err, 0)
	check(t, "PeerName(a)", peer, s.peer("a").addr)
	_, err = s.h.PeerName(s.fds["b"])
	wantErr(t, "PeerName(b), which was reset", err, winsock.WSAENOTCONN)
	_, err = s.h.PeerName(s.fds["b"] + 9)
	wantErr(t, "PeerName(nothing)", err, winsock.WSAEBADF)
}

func TestNetstackListensAgainWithZeroAndNotBelow(t *testing.T) {
	for _, tt := range []struct {
		backlog int
		want    winsock.Errno
	}{{-1, winsock.WSAEINVAL}, {0, 0}, {1, 0}} {
		s := listening(t, profiles.Netstack(), 8)
		wantErr(t, "Listen("+itoa(tt.backlog)+") with an empty queue", s.h.Listen(s.fd, tt.backlog), tt.want)
	}
}

func TestFakeNetworkTakesAnAddressAndTheWildcardForTwo(t *testing.T) {
	s := newStage(t, profiles.GoFakeNet(), 0)
	s.bound(hostIP, port)
	s.bound(netmodel.AnyIP, port)
	wantErr(t, "Bind to the same address", s.h.Bind(s.socket(), netmodel.Addr{IP: hostIP, Port: port}), winsock.WSAEADDRINUSE)
}

func TestWineExclusiveWildcardMeetsAnyAddress(t *testing.T) {
	s := newStage(t, profiles.Wine(), 0)
	first, second := s.socket(), s.socket()
	s.set(first, winsock.SO_REUSEADDR, 1)
	wantErr(t, "Bind(specific, SO_REUSEADDR)", s.h.Bind(first, netmodel.Addr{IP: hostIP, Port: port}), 0)
	s.set(second, winsock.SO_EXCLUSIVEADDRUSE, 1)
	wantErr(t, "Bind(wildcard, SO_EXCLUSIVEADDRUSE)", s.h.Bind(second, netmodel.Addr{Port: port}), winsock.WSAEADDRINUSE)
}
