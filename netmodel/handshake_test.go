package netmodel_test

import (
	"fmt"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
)

// deferring returns a stage whose listener has TCP_DEFER_ACCEPT.
func deferring(t *testing.T, backlog, seconds int) *stage {
	t.Helper()
	s := newStage(t, exact(profiles.Linux()), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.set(s.fd, winsock.TCP_DEFER_ACCEPT, seconds)
	s.listen(backlog)
	return s
}

func TestDeferAcceptIsRoundedUpToWholeWaits(t *testing.T) { // K14
	for _, row := range []struct{ asked, want int }{ // sums of waits of 1, 2, 4, 8 and 16 s: secs_to_retrans and retrans_to_secs, net/ipv4/tcp.c
		{-1, 0}, {0, 0}, {1, 1}, {2, 3}, {3, 3}, {4, 7}, {5, 7}, {7, 7}, {8, 15}, {31, 31},
	} {
		s := deferring(t, 5, row.asked)
		check(t, fmt.Sprintf("getsockopt after TCP_DEFER_ACCEPT %d", row.asked), s.option(s.fd, winsock.TCP_DEFER_ACCEPT), row.want)
	}
}

func TestDeferAcceptLeavesASilentConnectionHalfOpen(t *testing.T) { // K14
	s := deferring(t, 5, 5)
	s.half("a", "b")
	check(t, "final ACK of a", s.ack("a"), "")
	check(t, "final ACK of b", s.ack("b"), "")
	s.wantQueue("both are connected, neither can be accepted", "(a) (b) . . . . . .")
	check(t, "rule", s.rule(s.last(netmodel.AckDeferred)), "K14")
	check(t, "TCPDeferAcceptDrop", s.counters().TCPDeferAcceptDrop, 2)
	s.wait(2040 * time.Millisecond)
	check(t, "a hears nothing meanwhile", s.heard("a"), "")
	check(t, "data of a", s.data("a", 3), "ACK")
	check(t, "accept", s.accept(), "a")
	s.wait(7*time.Second - 2040*time.Millisecond - 1)
	check(t, "b hears nothing for 7 s", s.heard("b"), "")
	s.wait(1)
	check(t, "then b hears", s.heard("b"), "SYN-ACK")
	check(t, "accept before its answer", s.accept(), "WSAEWOULDBLOCK")
	check(t, "its answer", s.ack("b"), "")
	check(t, "accept", s.accept(), "b")
}

func TestDeferAcceptSendsSynAcksAgainUntilTheFirstAck(t *testing.T) { // K14
	s := deferring(t, 5, 5)
	s.half("a")
	s.wait(time.Second)
	check(t, "a hears after a second", s.heard("a"), "SYN-ACK")
	s.wait(62 * time.Second)
	s.wantQueue("and is forgotten after 63 s", ". . . . . .")
}

func TestACookieKnowsNothingOfDeferAccept(t *testing.T) { // K14 K3
	s := deferring(t, 3, 1)
	for i := range 10 {
		if name := "c" + itoa(i); s.syn(name) == "SYN-ACK" {
			s.ack(name)
		}
	}
	s.wantSS("L17: four silent ones came in by cookie", 4, 3)
	q, _ := s.h.Queue(s.fd)
	check(t, "half-open", q.HalfOpen, 4)
	got := s.counters()
	want := trace.Counters{ // L17, field by field
		PassiveOpens: 4, ListenOverflows: 2, ListenDrops: 2, SyncookiesSent: 4, SyncookiesRecv: 4,
		TCPDeferAcceptDrop: 4, TCPReqQFullDoCookies: 6,
	}
	check(t, "counters", got, want)
}

func TestOnlyLinuxHasDeferAccept(t *testing.T) {
	for _, p := range []netmodel.Profile{profiles.WSP(), profiles.FreeBSD(), profiles.Unix(), profiles.Wine()} {
		s := newStage(t, p, 0)
		wantErr(t, p.Name+": SetSockOpt(TCP_DEFER_ACCEPT)", s.h.SetSockOpt(s.socket(), winsock.TCP_DEFER_ACCEPT, 1), winsock.WSAENOPROTOOPT)
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

// conditional returns a stage whose listener answers a SYN only after the
// decision of the condition function.
func conditional(t *testing.T, backlog int) *stage {
	t.Helper()
	s := newStage(t, profiles.Windows(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.set(s.fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	s.listen(backlog)
	return s
}

func TestAcceptedBeforeTheHandshakeCanFailInManyWays(t *testing.T) { // WS.Q10
	for _, row := range []struct {
		why  string
		do   func(s *stage)
		hear string
		code winsock.Errno // of Send
	}{
		{"its client resets it", func(s *stage) { s.rst("a") }, "", winsock.WSAECONNRESET},
		{"a forged RST", func(s *stage) { s.peer("a").seq += 9; s.rst("a") }, "", winsock.WSAEWOULDBLOCK},
		{"its client never answers", func(s *stage) { s.wait(21 * time.Second) }, "SYN-ACK SYN-ACK", winsock.WSAETIMEDOUT},
		{"the program closes it", func(s *stage) { _ = s.close(s.fds["a"]) }, "RST", winsock.WSAENOTSOCK},
		{"the program shuts it down", func(s *stage) {
			wantErr(s.t, "Shutdown", s.h.Shutdown(s.fds["a"], winsock.SD_SEND), winsock.WSAENOTCONN)
		}, "", winsock.WSAEWOULDBLOCK},
		{"the SYN comes again", func(s *stage) { s.peer("a").seq--; s.syn("a") }, "", winsock.WSAEWOULDBLOCK},
		{"an ACK of something else", func(s *stage) { s.peer("a").ack += 5; s.ack("a") }, "", winsock.WSAEWOULDBLOCK},
	} {
		s := conditional(t, 2)
		s.syn("a")
		check(t, "AcceptIf", s.acceptIf(deciding(winsock.CF_ACCEPT)), "a")
		check(t, "what a hears", s.heard("a"), "SYN-ACK")
		row.do(s)
		check(t, row.why+": what a hears", s.heard("a"), row.hear)
		_, err := s.h.Send(s.fds["a"], 1)
		wantErr(t, row.why+": Send", err, row.code)
	}
}

func TestAnotherAttemptFromTheAddressOfAHalfOpenOne(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.syn("a")
	old := *s.peer("a")
	s.peer("a").seq += 5000
	check(t, "answer to its new SYN", s.syn("a"), "ACK")
	*s.peer("a") = old
	check(t, "answer to the RST that this draws", s.rst("a"), "")
	s.wantQueue("after the RST", ". .")
}
