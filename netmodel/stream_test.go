package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// pipe is a connection between two hosts of a network, a descriptor each.
type pipe struct {
	*world
	near, far netmodel.FD // of the client, of the server
}

func newPipe(t *testing.T, s setting) *pipe {
	t.Helper()
	p := &pipe{world: newWorld(t, s)}
	h := p.n.Host(p.crowd)
	var err error
	if p.near, err = h.Socket(winsock.SOCK_STREAM); err != nil {
		t.Fatalf("Socket: %v", err)
	}
	wantErr(t, "Connect", h.Connect(p.near, p.to), winsock.WSAEWOULDBLOCK)
	p.pass(10 * time.Millisecond)
	a, err := p.host().Accept(p.fd)
	if err != nil {
		t.Fatalf("Accept: %v", err)
	}
	p.far = a.FD
	return p
}

// pass lets time pass.
func (p *pipe) pass(d time.Duration) {
	p.t.Helper()
	p.run(time.Duration(p.n.Now().Add(d)))
}

func (p *pipe) client() *netmodel.Host { return p.n.Host(p.crowd) }

func (p *pipe) send(h *netmodel.Host, fd netmodel.FD, n int, want winsock.Errno) {
	p.t.Helper()
	got, err := h.Send(fd, n)
	wantErr(p.t, "Send("+itoa(n)+")", err, want)
	if want == 0 {
		check(p.t, "Send("+itoa(n)+")", got, n)
	}
}

func (p *pipe) receive(h *netmodel.Host, fd netmodel.FD, limit, want int, code winsock.Errno) {
	p.t.Helper()
	got, err := h.Receive(fd, limit)
	wantErr(p.t, "Receive("+itoa(limit)+")", err, code)
	check(p.t, "Receive("+itoa(limit)+")", got, want)
}

func TestBytesArriveInOrderAndAreCounted(t *testing.T) {
	p := newPipe(t, setting{})
	p.receive(p.host(), p.far, 10, 0, winsock.WSAEWOULDBLOCK)
	p.send(p.client(), p.near, 100, 0)
	p.send(p.client(), p.near, 23, 0)
	p.receive(p.host(), p.far, 10, 0, winsock.WSAEWOULDBLOCK) // they are under way
	p.pass(time.Millisecond)
	p.receive(p.host(), p.far, 100, 100, 0)
	p.receive(p.host(), p.far, 100, 23, 0)
	p.receive(p.host(), p.far, 100, 0, winsock.WSAEWOULDBLOCK)
	p.send(p.host(), p.far, 7, 0)
	p.pass(time.Millisecond)
	p.receive(p.client(), p.near, 100, 7, 0)
	p.send(p.client(), p.near, 0, 0)
	p.receive(p.client(), p.near, 0, 0, 0)
	p.send(p.client(), p.near, -1, winsock.WSAEFAULT)
	p.receive(p.client(), p.near, -1, 0, winsock.WSAEFAULT)
}

func TestSendTakesWhatThereIsRoomFor(t *testing.T) {
	p := newPipe(t, setting{})
	got, err := p.client().Send(p.near, 1<<30+5)
	wantErr(t, "Send(1<<30 + 5)", err, 0)
	check(t, "Send(1<<30 + 5)", got, 1<<30)
	p.send(p.client(), p.near, 1, winsock.WSAEWOULDBLOCK)
	p.pass(10 * time.Millisecond)
	p.send(p.client(), p.near, 1, 0)
	p.pass(10 * time.Millisecond)
	p.receive(p.host(), p.far, 1<<30, 1<<30, 0)
	p.pass(10 * time.Second) // there was no room for the last one; it comes again
	p.receive(p.host(), p.far, 5, 1, 0)
}

func TestUnreadBytesAreNeverLost(t *testing.T) {
	p := newPipe(t, setting{})
	sent, read := int64(0), int64(0)
	for range 8 { // more than 32 bits can count
		n, err := p.client().Send(p.near, 1<<30)
		if err != nil {
			break
		}
		sent += int64(n)
		p.pass(10 * time.Millisecond)
	}
	for range 1000 {
		n, err := p.host().Receive(p.far, 1<<30)
		if err == nil && n == 0 {
			break
		}
		read += int64(n)
		p.pass(time.Second)
	}
	check(t, "bytes read", read, sent)
}

func TestEndOfStream(t *testing.T) {
	p := newPipe(t, setting{})
	p.send(p.client(), p.near, 5, 0)
	wantErr(t, "Shutdown(send)", p.client().Shutdown(p.near, winsock.SD_SEND), 0)
	p.send(p.client(), p.near, 1, winsock.WSAESHUTDOWN)
	p.pass(time.Millisecond)
	p.receive(p.host(), p.far, 3, 3, 0)
	p.receive(p.host(), p.far, 3, 2, 0)
	for range 2 {
		p.receive(p.host(), p.far, 3, 0, 0)
	}
	r, _ := p.host().Select(p.far)
	check(t, "Select at the end", r, netmodel.Ready{Read: true, Write: true})
	p.send(p.host(), p.far, 9, 0) // the other direction is open
	p.pass(time.Millisecond)
	p.receive(p.client(), p.near, 100, 9, 0)
	wantErr(t, "CloseSocket", p.host().CloseSocket(p.far), 0)
	p.pass(time.Millisecond)
	p.receive(p.client(), p.near, 100, 0, 0)
	wantErr(t, "CloseSocket", p.client().CloseSocket(p.near), 0)
	p.pass(time.Hour)
	for _, h := range []*netmodel.Host{p.host(), p.client()} {
		if at, waits := h.Deadline(); waits {
			t.Errorf("Deadline() of a host where all is over = %v, want none", at)
		}
	}
}

func TestShutdownVarieties(t *testing.T) {
	for _, row := range []struct {
		why    string
		how    int
		before int // bytes that wait at the server when it shuts down
		after  int // bytes that come then
		send   winsock.Errno
		recv   winsock.Errno
		peer   winsock.Errno // what the client's next Receive reports
	}{
		{"send", winsock.SD_SEND, 0, 0, winsock.WSAESHUTDOWN, winsock.WSAEWOULDBLOCK, 0},
		{"send, with bytes waiting", winsock.SD_SEND, 4, 4, winsock.WSAESHUTDOWN, 0, 0},
		{"receive", winsock.SD_RECEIVE, 0, 0, 0, winsock.WSAESHUTDOWN, winsock.WSAEWOULDBLOCK},
		{"receive, with bytes waiting", winsock.SD_RECEIVE, 4, 0, winsock.WSAECONNABORTED, winsock.WSAECONNABORTED, winsock.WSAECONNRESET},
		{"receive, and bytes come", winsock.SD_RECEIVE, 0, 4, winsock.WSAECONNABORTED, winsock.WSAECONNABORTED, winsock.WSAECONNRESET},
		{"both", winsock.SD_BOTH, 0, 0, winsock.WSAESHUTDOWN, winsock.WSAESHUTDOWN, 0},
		{"both, and bytes come", winsock.SD_BOTH, 0, 4, winsock.WSAECONNABORTED, winsock.WSAECONNABORTED, winsock.WSAECONNRESET},
	} {
		p := newPipe(t, setting{})
		p.send(p.client(), p.near, row.before, 0)
		p.pass(5 * time.Millisecond)
		wantErr(t, row.why+": Shutdown", p.host().Shutdown(p.far, row.how), 0)
		if row.after > 0 {
			p.send(p.client(), p.near, row.after, 0)
		}
		p.pass(5 * time.Millisecond)
		_, err := p.host().Send(p.far, 0)
		wantErr(t, row.why+": Send", err, row.send)
		_, err = p.host().Receive(p.far, 1)
		wantErr(t, row.why+": Receive", err, row.recv)
		_, err = p.client().Receive(p.near, 1)
		wantErr(t, row.why+": Receive of the peer", err, row.peer)
	}
	s := newStage(t, profiles.WSP(), 0)
	fd := s.socket()
	wantErr(t, "Shutdown of an unconnected socket", s.h.Shutdown(fd, winsock.SD_SEND), winsock.WSAENOTCONN)
	wantErr(t, "Shutdown(3)", s.h.Shutdown(fd, 3), winsock.WSAEINVAL)
	wantErr(t, "Shutdown(-1)", s.h.Shutdown(fd, -1), winsock.WSAEINVAL)
}

func TestHardCloseResetsThePeer(t *testing.T) {
	p := newPipe(t, setting{})
	wantErr(t, "SetSockOpt", p.client().SetSockOpt(p.near, winsock.SO_LINGER, 0), 0)
	wantErr(t, "CloseSocket", p.client().CloseSocket(p.near), 0)
	p.pass(time.Millisecond)
	for range 2 {
		p.receive(p.host(), p.far, 1, 0, winsock.WSAECONNRESET)
		p.send(p.host(), p.far, 1, winsock.WSAECONNRESET)
	}
	r, _ := p.host().Select(p.far)
	check(t, "Select after the reset", r, netmodel.Ready{Read: true, Write: true})
	value, err := p.host().GetSockOpt(p.far, winsock.SO_ERROR)
	wantErr(t, "GetSockOpt(SO_ERROR)", err, 0)
	check(t, "SO_ERROR after the reset", value, 0)
	wantErr(t, "Shutdown", p.host().Shutdown(p.far, winsock.SD_BOTH), winsock.WSAENOTCONN)
	wantErr(t, "CloseSocket", p.host().CloseSocket(p.far), 0)
	broken := p.records(netmodel.Broken)
	if len(broken) != 1 || broken[0].Cause != netmodel.HardClose {
		t.Errorf("broken connections: %+v, want one because of a hard close", broken)
	}
}

func TestCloseWithDataUnreadResetsThePeer(t *testing.T) {
	p := newPipe(t, setting{})
	p.send(p.client(), p.near, 3, 0)
	p.pass(5 * time.Millisecond)
	wantErr(t, "CloseSocket", p.host().CloseSocket(p.far), 0)
	p.pass(5 * time.Millisecond)
	p.receive(p.client(), p.near, 1, 0, winsock.WSAECONNRESET)
	broken := p.records(netmodel.Broken)
	check(t, "cause", broken[len(broken)-1].Cause, netmodel.UnreadData)
}

func TestDataAfterCloseIsAnsweredWithRST(t *testing.T) {
	p := newPipe(t, setting{})
	wantErr(t, "CloseSocket", p.host().CloseSocket(p.far), 0)
	p.pass(5 * time.Millisecond)
	p.receive(p.client(), p.near, 1, 0, 0) // the FIN
	p.send(p.client(), p.near, 3, 0)
	p.pass(5 * time.Millisecond)
	p.receive(p.client(), p.near, 1, 0, winsock.WSAECONNRESET)
	broken := p.records(netmodel.Broken)
	check(t, "cause", broken[len(broken)-1].Cause, netmodel.DataAfterClose)
}

func TestLingeringCloseWaits(t *testing.T) {
	p := newPipe(t, setting{})
	h := p.client()
	wantErr(t, "SetSockOpt", h.SetSockOpt(p.near, winsock.SO_LINGER, 2), 0)
	p.send(h, p.near, 10, 0)
	wantErr(t, "CloseSocket", h.CloseSocket(p.near), winsock.WSAEWOULDBLOCK)
	calls := p.records(netmodel.Called)
	check(t, "code in its record", calls[len(calls)-1].Errno, winsock.WSAEWOULDBLOCK)
	p.send(h, p.near, 1, winsock.WSAESHUTDOWN)
	p.pass(3 * time.Millisecond)
	wantErr(t, "CloseSocket when all is acknowledged", p.client().CloseSocket(p.near), 0)
	p.receive(p.host(), p.far, 100, 10, 0)
	p.receive(p.host(), p.far, 100, 0, 0)
}

func TestLingerThatRunsOutResets(t *testing.T) {
	p := newPipe(t, setting{})
	h := p.client()
	wantErr(t, "SetSockOpt", h.SetSockOpt(p.near, winsock.SO_LINGER, 2), 0)
	p.n.Cut(p.server, p.crowd, true)
	p.send(h, p.near, 10, 0)
	wantErr(t, "CloseSocket", h.CloseSocket(p.near), winsock.WSAEWOULDBLOCK)
	p.pass(1999 * time.Millisecond)
	wantErr(t, "CloseSocket just before", p.client().CloseSocket(p.near), winsock.WSAEWOULDBLOCK)
	p.n.Cut(p.server, p.crowd, false)
	p.pass(time.Millisecond)
	wantErr(t, "CloseSocket afterwards", p.client().CloseSocket(p.near), 0)
	wantErr(t, "CloseSocket once more", p.client().CloseSocket(p.near), winsock.WSAENOTSOCK)
	p.pass(time.Hour)
	broken := p.records(netmodel.Broken)
	check(t, "first cause", broken[0].Cause, netmodel.LingerExpired)
	p.receive(p.host(), p.far, 100, 0, winsock.WSAECONNRESET)
}

func TestLongestLingerIsHonoured(t *testing.T) {
	patient := profiles.WSP()
	patient.Data = netmodel.Schedule{First: time.Hour, Max: time.Hour, Retries: 20}
	p := newPipe(t, setting{crowd: patient})
	wantErr(t, "SetSockOpt", p.client().SetSockOpt(p.near, winsock.SO_LINGER, 65535), 0)
	p.n.Cut(p.server, p.crowd, true)
	wantErr(t, "CloseSocket", p.client().CloseSocket(p.near), winsock.WSAEWOULDBLOCK)
	p.pass(65534 * time.Second)
	check(t, "broken after 65534 s", len(p.records(netmodel.Broken)), 0)
	p.pass(time.Second)
	check(t, "broken after 65535 s", len(p.records(netmodel.Broken)), 1)
}

func TestUnansweredDataBreaksTheConnection(t *testing.T) {
	p := newPipe(t, setting{})
	p.n.Cut(p.server, p.crowd, true)
	began := p.n.Now()
	p.send(p.client(), p.near, 10, 0)
	p.pass(time.Hour)
	p.receive(p.client(), p.near, 1, 0, winsock.WSAETIMEDOUT)
	broken := p.records(netmodel.Broken)
	// 3 + 6 + 12 + 24 + 48 + 96 s
	check(t, "broken after", broken[0].At.Sub(began), 189*time.Second)
	check(t, "cause", broken[0].Cause, netmodel.DataUnanswered)
	check(t, "segments lost", len(p.records(netmodel.Lost)), 6)
}

func TestLostDataIsSentAgainAsAWhole(t *testing.T) {
	p := newPipe(t, setting{})
	p.n.Cut(p.server, p.crowd, true)
	p.send(p.client(), p.near, 10, 0)
	p.pass(time.Second)
	p.send(p.client(), p.near, 20, 0)
	wantErr(t, "Shutdown", p.client().Shutdown(p.near, winsock.SD_SEND), 0)
	p.pass(time.Second)
	p.n.Cut(p.server, p.crowd, false)
	p.pass(5 * time.Second)
	p.receive(p.host(), p.far, 100, 30, 0)
	p.receive(p.host(), p.far, 100, 0, 0)
}

func TestConnectionThatIsOverIsForgotten(t *testing.T) {
	p := newPipe(t, setting{})
	wantErr(t, "CloseSocket", p.client().CloseSocket(p.near), 0)
	p.pass(time.Minute + time.Second) // the server never closes its side: FinWait ends
	if at, waits := p.client().Deadline(); waits {
		t.Errorf("Deadline() of the client = %v, want none", at)
	}
	p.send(p.host(), p.far, 1, 0)
	p.pass(time.Second)
	p.receive(p.host(), p.far, 1, 0, winsock.WSAECONNRESET)
	check(t, "time", p.n.Now() > sim.Time(time.Minute), true)
}

func TestLastAcknowledgementCanBeLost(t *testing.T) {
	p := newPipe(t, setting{})
	wantErr(t, "CloseSocket", p.client().CloseSocket(p.near), 0)
	p.pass(5 * time.Millisecond)
	wantErr(t, "Shutdown", p.host().Shutdown(p.far, winsock.SD_SEND), 0)
	p.pass(500 * time.Microsecond) // the FIN is under way, and its ACK will be lost
	p.n.Cut(p.server, p.crowd, true)
	p.pass(time.Second)
	p.n.Cut(p.server, p.crowd, false)
	p.pass(time.Hour)
	check(t, "connections broken", len(p.records(netmodel.Broken)), 0)
	p.receive(p.host(), p.far, 1, 0, 0)
	wantErr(t, "CloseSocket", p.host().CloseSocket(p.far), 0)
	if at, waits := p.host().Deadline(); waits {
		t.Errorf("Deadline() of the server = %v, want none", at)
	}
}

func TestProgressBeginsANewCountOfRetransmissions(t *testing.T) {
	hasty := profiles.WSP()
	hasty.Data.Retries = 1
	p := newPipe(t, setting{crowd: hasty})
	for range 5 {
		p.n.Cut(p.server, p.crowd, true)
		p.send(p.client(), p.near, 10, 0)
		p.pass(time.Second)
		p.n.Cut(p.server, p.crowd, false)
		p.pass(10 * time.Second)
		p.receive(p.host(), p.far, 100, 10, 0)
	}
}

func TestDataWaitsAreNotThoseOfTheHandshake(t *testing.T) {
	s := listening(t, profiles.WSP(), 1)
	s.syn("a")
	s.wait(10 * time.Second)
	check(t, "SYN-ACKs", s.heard("a"), "SYN-ACK SYN-ACK")
	s.ack("a")
	s.accept()
	_, err := s.h.Send(s.fds["a"], 1)
	wantErr(t, "Send", err, 0)
	s.wait(2999 * time.Millisecond)
	check(t, "before the first wait is over", s.heard("a"), "data")
	s.wait(time.Millisecond)
	check(t, "after it", s.heard("a"), "data")
}
