package netmodel_test

import (
	"fmt"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func TestGVisorRejectsAListenWithLessRoomThanIsQueued(t *testing.T) { // ST.10
	for _, row := range []struct {
		name          string
		first, queued int
		again         int
		want          winsock.Errno
		effective     int
		why           string
	}{
		{"gvisor", 5, 6, 4, winsock.WSAEINVAL, 5, "six are queued, five would fit"},
		{"gvisor", 5, 6, 0, winsock.WSAEINVAL, 5, "one would fit"},
		{"gvisor", 5, 6, 5, 0, 5, "the same"},
		{"gvisor", 5, 6, 8, 0, 8, "more"},
		{"gvisor", 5, 3, 2, 0, 2, "three would just fit"},
		{"netstack", 5, 5, 4, winsock.WSAEINVAL, 5, "five are queued, four would fit"},
		{"netstack", 5, 5, 5, 0, 5, "the same"},
	} {
		s := listening(t, named(t, row.name)[0], row.first)
		s.openMany(row.queued)
		before := s.queue()
		what := fmt.Sprintf("%s: listen(%d), then listen(%d): %s", row.name, row.first, row.again, row.why)
		wantErr(t, what, s.h.Listen(s.fd, row.again), row.want)
		s.pump()
		s.wantSS(what, row.queued, row.effective)
		if row.want != 0 {
			s.wantQueue("nothing changes: "+what, before)
			q, _ := s.h.Queue(s.fd)
			check(t, what+": asked", q.Asked, row.first)
		}
	}
	s := listening(t, profiles.GVisor(), 0)
	s.open("a")
	check(t, "SYN at the full queue", s.syn("b"), "")
	s.listen(1)
	check(t, "the SYN again after a larger listen", s.synAgain("b"), "SYN-ACK")
}

func TestLinux22AcceptsInTheOrderOfSyns(t *testing.T) { // ST.11
	s := listening(t, profiles.Linux22(), 5)
	s.half("a", "b", "c", "d")
	for _, name := range []string{"d", "b", "c"} {
		check(t, "final ACK of "+name, s.ack(name), "")
	}
	for _, want := range []string{"b", "c", "d", "WSAEWOULDBLOCK"} {
		check(t, "accept", s.accept(), want)
	}
	check(t, "final ACK of a", s.ack("a"), "")
	check(t, "accept", s.accept(), "a")
	check(t, "the rule of the handshake", s.rule(s.last(netmodel.Completed)), "ST.11")
	check(t, "the rule of accept", s.rule(s.last(netmodel.RequestAccepted)), "ST.11")
}

func TestLinux22LooksAtTheAcceptQueueAtTheFinalAckOnly(t *testing.T) { // ST.11
	s := listening(t, profiles.Linux22(), 1)
	s.open("a", "b")
	s.half("c", "d", "e") // whoever comes
	check(t, "final ACK of c", s.ack("c"), "")
	s.wantQueue("nobody else gets in", "a b (c) (d) (e)")
}

func TestHalfOpenConnectionsHaveAQueueOfTheirOwn(t *testing.T) { // ST.12
	for _, p := range named(t, unsynced...) {
		s := listening(t, p, 3)
		q, _ := s.h.Queue(s.fd)
		room := q.Available
		s.half("h", "i")
		q, _ = s.h.Queue(s.fd)
		check(t, p.Name+": places taken by half-open ones", room-q.Available, 0)
		s.openMany(p.AtSyn.Of(q.Effective))
		check(t, p.Name+": SYN at the full queue", s.syn("z"), "")
		check(t, p.Name+": cause", s.last(netmodel.RequestIgnored).Cause, netmodel.QueueFull)
		check(t, p.Name+": rule", s.rule(s.last(netmodel.RequestIgnored)), "ST.12")
		s.accept()
		check(t, p.Name+": the SYN again, with room", s.synAgain("z"), "SYN-ACK")
	}
}

func TestGVisorIgnoresAFinalAckThatFindsTheQueueFull(t *testing.T) { // ST.13
	s := listening(t, profiles.GVisor(), 3)
	s.open("a", "b")
	s.half("c", "d", "e")
	check(t, "final ACK of c", s.ack("c"), "")
	check(t, "final ACK of d", s.ack("d"), "")
	check(t, "final ACK of e", s.ack("e"), "")
	s.wantQueue("e stays half-open", "a b c d (e)")
	check(t, "rule", s.rule(s.last(netmodel.AckIgnored)), "ST.13")
	check(t, "accept", s.accept(), "a")
	s.wait(time.Second)
	check(t, "e hears", s.heard("e"), "SYN-ACK")
	check(t, "its answer", s.ack("e"), "")
	s.wantQueue("afterwards", "b c d e")
}

func TestGVisorAnswersWithCookiesFromTheBacklogOn(t *testing.T) { // ST.12
	for _, row := range []struct {
		name       string
		asked, fit int
		why        string
	}{
		{"gvisor", 0, 0, "listen(0) always uses cookies"},
		{"gvisor", 3, 3, "n half-open"},
		{"netstack", 1, 0, "Listen(1): always cookies"},
		{"netstack", 5, 4, "n - 1 half-open"},
	} {
		half, answered := halfOpen(t, named(t, row.name)[0], row.asked, row.fit+4)
		check(t, row.name+": "+row.why+": half-open", half, row.fit)
		check(t, row.name+": "+row.why+": answered", answered, row.fit+4)
	}
}

func TestEveryOtherStackAcceptsInOrderOfCompletion(t *testing.T) { // ST.14
	for _, p := range profiles.All() {
		if p.Calls == netmodel.CallsWinsock || p.Name == "linux2.2" {
			continue
		}
		s := listening(t, p, 6)
		s.half("a", "b", "c")
		for _, name := range []string{"c", "a", "b"} {
			check(t, p.Name+": final ACK of "+name, s.ack(name), "")
		}
		for _, want := range []string{"c", "a", "b"} {
			check(t, p.Name+": accept", s.accept(), want)
		}
	}
}

func TestEveryStackGivesAnUnansweredSynAckUp(t *testing.T) { // ST.15 K6
	for _, row := range []struct {
		names []string
		again []time.Duration
		gone  float64
		why   string
	}{
		{[]string{"linux", "linux6.5", "linux5.4", "linux4.10", "linux4.3"}, seconds(1, 3, 7, 15, 31), 63, "tcp_synack_retries 5"},
		{[]string{"linux2.6.20", "linux2.4"}, seconds(3, 9, 21, 45, 93), 189, "3 s, the same count"},
		{[]string{"linux2.2"}, seconds(3, 9, 21, 45, 93, 189, 309), 429, "tcp_retries1 7, at most 120 s"},
		{[]string{"freebsd"}, seconds(1, 3, 7), 15, "rexmtlimit 3"},
		{[]string{"freebsd4"}, seconds(3, 9, 21), 45, "likewise, 3 s"},
		{[]string{"netbsd"}, seconds(3, 9, 21, 45), 93, "75 s is looked at when the timer rings"},
		{[]string{"openbsd"}, seconds(1.5, 4.5, 10.5, 22.5, 46.5), 94.5, "likewise, 1.5 s"},
		{[]string{"darwin"}, seconds(1, 3, 7, 15, 31, 63), 75, "keepinit"},
		{[]string{"bsd4.2", "macosx10.2", "aix5"}, seconds(6, 18, 42), 75, "keepinit"},
		{[]string{"bsd4.4"}, seconds(6, 30), 75, "the second wait is four times the first"},
		{[]string{"illumos"}, seconds(1.125, 3.375, 7.875, 16.875, 34.875, 70.875, 130.875), 190.875, "the first that rings after 180 s"},
		{[]string{"gvisor", "netstack"}, seconds(1, 3, 7, 15, 31, 63), 127, "6 times"},
		{[]string{"lwip"}, seconds(3, 9), 20, "TCP_SYN_RCVD_TIMEOUT"},
	} {
		for _, p := range named(t, row.names...) {
			again, gone := synAckTimes(t, exact(p))
			check(t, p.Name+": "+row.why+": SYN-ACK again", fmt.Sprint(again), fmt.Sprint(row.again))
			check(t, p.Name+": "+row.why+": gone", gone, seconds(row.gone)[0])
		}
	}
	s := listening(t, profiles.NetBSD(), 4)
	s.half("a")
	s.wait(93 * time.Second)
	check(t, "rule", s.rule(s.last(netmodel.Withdrawn)), "ST.15")
	check(t, "a hears", s.heard("a"), "SYN-ACK SYN-ACK SYN-ACK SYN-ACK")
}

func TestEveryStackResetsWhatItsClosingListenerHolds(t *testing.T) { // ST.16
	for _, row := range []struct {
		names []string
		half  string // what a half-open client hears
	}{
		{[]string{"freebsd", "freebsd4", "netbsd", "openbsd", "lwip"}, ""},
		{[]string{"bsd4.2", "bsd4.4", "darwin", "illumos", "solaris9", "gvisor", "netstack", "smoltcp"}, "RST"},
	} {
		for _, p := range named(t, row.names...) {
			s := listening(t, p, 5)
			s.open("a", "b")
			s.half("c")
			wantErr(t, "CloseSocket", s.close(s.fd), 0)
			check(t, p.Name+": a hears", s.heard("a"), "RST")
			check(t, p.Name+": b hears", s.heard("b"), "RST")
			check(t, p.Name+": c, half-open, hears", s.heard("c"), row.half)
			check(t, p.Name+": rule", s.rule(s.last(netmodel.ResetPending)), "ST.16")
			check(t, p.Name+": a SYN afterwards", s.syn("d"), "RST")
		}
	}
}

func TestAConnectionResetWhileQueuedIsAcceptedElsewhere(t *testing.T) { // ST.17
	for _, p := range named(t, "darwin", "lwip", "gvisor", "netstack") {
		s := listening(t, p, 5)
		s.open("a", "b")
		s.rst("a")
		check(t, p.Name+": rule", s.rule(s.last(netmodel.AbortedPending)), "ST.17")
		q, _ := s.h.Queue(s.fd)
		check(t, p.Name+": queued", q.Complete, 2)
		check(t, p.Name+": accept", s.accept(), "a")
		_, err := s.h.Receive(s.fds["a"], 10)
		wantErr(t, p.Name+": Receive", err, winsock.WSAECONNRESET)
	}
}

func TestTheOldBerkeleyKernelsTakeAResetConnectionOut(t *testing.T) { // ST.1
	for _, p := range named(t, "bsd4.2", "bsd4.4", "macosx10.2", "aix5", "smoltcp") {
		s := listening(t, p, 1)
		s.openMany(p.AtSyn.Of(1) - 1)
		s.open("a")
		s.rst("a")
		s.open("b")
		check(t, p.Name+": cause", s.last(netmodel.Withdrawn).Cause, netmodel.ClientWithdrew)
	}
}

func TestSmoltcpRefusesWhenNoSocketIsLeft(t *testing.T) { // ST.1
	s := listening(t, profiles.Smoltcp(), 2)
	s.open("a")
	s.half("b")
	check(t, "SYN of c", s.syn("c"), "RST")
}

func TestUnixSystemsKeepWhatIsQueuedAtAFurtherListen(t *testing.T) { // ST.18
	for _, p := range named(t, "freebsd", "freebsd4", "netbsd", "darwin", "bsd4.2", "bsd4.4", "illumos", "solaris9", "lwip") {
		s := listening(t, p, 5)
		s.openMany(5)
		s.listen(2)
		q, _ := s.h.Queue(s.fd)
		check(t, p.Name+": queued after listen(2)", q.Complete, 5)
		check(t, p.Name+": limit", q.Limit < 5, true)
		listened := s.last(netmodel.Called)
		check(t, p.Name+": rule", s.rule(listened), "ST.18")
		check(t, p.Name+": anybody reset", s.last(netmodel.ResetPending).Kind, netmodel.NoKind)
		s.listen(100)
		s.open("more")
	}
}

func TestEveryStackRepeatsItsSynInItsOwnWay(t *testing.T) { // ST.19
	for _, row := range []struct {
		names  []string
		again  []time.Duration
		failed float64
		why    string
	}{
		{[]string{"linux5.4", "linux4.10", "linux4.3"}, seconds(1, 3, 7, 15, 31, 63), 127, "tcp_syn_retries 6"},
		{[]string{"linux2.6.20", "linux2.4"}, seconds(3, 9, 21, 45, 93), 189, "3 s, 5 times"},
		{[]string{"linux2.2"}, seconds(3, 9, 21, 45, 93, 189, 309, 429, 549, 669), 789, "10 times, at most 120 s"},
		{[]string{"freebsd"}, seconds(1, 3, 7, 15, 31, 63), 75, "keepinit"},
		{[]string{"freebsd4"}, seconds(3, 6, 9, 12, 15, 21, 33, 57), 75, "backoff 1 1 1 1 1 2 4 8"},
		{[]string{"netbsd"}, seconds(6, 18, 42), 75, "6 s"},
		{[]string{"openbsd"}, seconds(3, 9, 21, 45), 75, "3 s"},
		{[]string{"darwin"}, seconds(1, 2, 3, 4, 5, 7, 11, 19, 35, 67), 75, "linear first"},
		{[]string{"bsd4.2", "macosx10.2", "aix5"}, seconds(6, 18, 42), 75, "6 s"},
		{[]string{"bsd4.4"}, seconds(6, 30), 75, "24 s after 6"},
		{[]string{"illumos"}, seconds(1.125, 3.375, 7.875, 16.875, 34.875, 70.875, 130.875), 190.875, "at most 60 s"},
		{[]string{"gvisor", "netstack"}, seconds(1, 3, 7, 15, 31, 63), 127, "6 times"},
		{[]string{"lwip"}, seconds(3, 6, 9, 12, 15, 18), 21, "without backoff"},
	} {
		for _, p := range named(t, row.names...) {
			again, failed := synTimes(t, exact(p), p.Client)
			check(t, p.Name+": "+row.why+": SYN again", fmt.Sprint(again), fmt.Sprint(row.again))
			check(t, p.Name+": "+row.why+": ETIMEDOUT", failed, seconds(row.failed)[0])
		}
	}
	s := newStage(t, profiles.LwIP(), 0)
	_ = s.h.Connect(s.socket(), netmodel.Addr{IP: netmodel.IPv4(10, 9, 0, 1), Port: port})
	s.ring()
	check(t, "rule of a SYN again", s.rule(s.last(netmodel.SynRetransmitted)), "ST.19")
	check(t, "rule of the end", s.rule(s.last(netmodel.ConnectFailed)), "ST.19")
}
