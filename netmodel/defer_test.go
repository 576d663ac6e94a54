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

// deferring returns a stage whose listener waits for data.
func deferring(t *testing.T, backlog, seconds int) *stage {
	t.Helper()
	s := newStage(t, exact(profiles.Linux()), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.set(s.fd, winsock.TCP_DEFER_ACCEPT, seconds)
	s.listen(backlog)
	return s
}

func TestDeferAcceptIsRoundedUpToWholeWaits(t *testing.T) { // K14
	for _, row := range []struct{ asked, want int }{ // waits of 1, 2, 4, 8, 16 s; 5 gives 7 by stacks.md F9
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

func TestDeferAcceptSendsSynAcksToWhoHasNotAnswered(t *testing.T) { // K14
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
