package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// byCookie returns a stage that answers every SYN with a cookie.
func byCookie(t *testing.T, backlog int) *stage {
	t.Helper()
	return listening(t, tuned(t, profiles.Linux(), "tcp_syncookies", "2"), backlog)
}

func TestACookieLeavesNothingAtTheServer(t *testing.T) { // K7
	s := byCookie(t, 1)
	before, _ := s.h.Queue(s.fd)
	s.half("a", "b", "c")
	after, _ := s.h.Queue(s.fd)
	check(t, "half-open", after.HalfOpen, before.HalfOpen)
	check(t, "entries", len(after.Entries), 0)
	if at, waits := s.h.Deadline(); waits {
		t.Errorf("Deadline() = %v after three cookies, want none: no SYN-ACK goes out again", at)
	}
	check(t, "rule", s.rule(s.last(netmodel.CookieSent)), "K3")
	check(t, "final ACK of c", s.ack("c"), "")
	check(t, "final ACK of a", s.ack("a"), "")
	s.wantQueue("the ACKs made them, in their order", "c a")
	check(t, "rule", s.rule(s.last(netmodel.Completed)), "K7")
	check(t, "final ACK of b", s.ack("b"), "")
	s.wantQueue("b finds no room, and nothing remembers it", "c a")
	check(t, "accept", s.accept(), "c")
	s.wait(2 * time.Minute)
	s.wantQueue("room alone brings b in never", "a .")
}

func TestDataWithACookieGetsInWhenThereIsRoom(t *testing.T) { // K7
	s := byCookie(t, 0)
	s.open("a")
	check(t, "accept", s.accept(), "a")
	s.half("b", "c")
	check(t, "final ACK of b", s.ack("b"), "")
	check(t, "final ACK of c", s.ack("c"), "")
	check(t, "data of c", s.data("c", 5), "")
	check(t, "the data again", s.dataAgain("c", 5), "")
	s.wantQueue("no room", "b")
	check(t, "accept", s.accept(), "b")
	check(t, "the data again, with room", s.dataAgain("c", 5), "ACK")
	check(t, "accept", s.accept(), "c")
	n, err := s.h.Receive(s.fds["c"], 100)
	wantErr(t, "Receive", err, 0)
	check(t, "bytes", n, 5)
}

func TestAbortOnOverflowDoesNotResetACookie(t *testing.T) { // K4 K7
	s := listening(t, tuned(t, profiles.Linux(), "tcp_syncookies", "2", "tcp_abort_on_overflow", "1"), 0)
	s.half("a", "b")
	check(t, "final ACK of a", s.ack("a"), "")
	check(t, "final ACK of b at the full queue", s.ack("b"), "")
	check(t, "rule", s.rule(s.last(netmodel.AckIgnored)), "K4")
	check(t, "SyncookiesRecv", s.counters().SyncookiesRecv, 2)
}

func TestACookieCountsForTwoPeriods(t *testing.T) { // K7
	for _, row := range []struct {
		sent, came time.Duration
		want       string
		why        string
	}{
		{0, time.Second, "ACK", "the same minute"},
		{30 * time.Second, 119 * time.Second, "ACK", "the next minute"},
		{59 * time.Second, 61 * time.Second, "ACK", "the next minute, a moment later"},
		{0, 119 * time.Second, "ACK", "the end of the next minute"},
		{0, 120 * time.Second, "RST", "the minute after that"},
		{59 * time.Second, 120 * time.Second, "RST", "likewise, though only 61 s old"},
		{90 * time.Second, 500 * time.Second, "RST", "long ago"},
	} {
		s := byCookie(t, 3)
		s.wait(row.sent)
		s.half("a")
		s.wait(row.came - row.sent)
		check(t, row.why+": data", s.data("a", 1), row.want)
	}
}

func TestAForgedCookieMeetsARst(t *testing.T) { // K7
	for _, row := range []struct {
		why   string
		forge func(s *stage, p *peer)
	}{
		{"another number", func(s *stage, p *peer) { p.ack++ }},
		{"a number of its own", func(s *stage, p *peer) { p.ack = 4711 }},
		{"another sequence number", func(s *stage, p *peer) { p.seq += 7 }},
		{"another port", func(s *stage, p *peer) { p.addr.Port++ }},
		{"another address", func(s *stage, p *peer) { p.addr.IP++ }},
	} {
		s := byCookie(t, 3)
		s.half("a")
		row.forge(s, s.peer("a"))
		check(t, row.why+": ACK", s.ack("a"), "RST")
		s.wantQueue(row.why, ". . . .")
	}
}

func TestACookieCountsOnlyWhereOneWasSent(t *testing.T) { // K7
	donor, s := byCookie(t, 3), listening(t, profiles.Linux(), 3)
	donor.half("a")
	*s.peer("a") = *donor.peer("a")
	check(t, "a good cookie at a listener that sent none", s.ack("a"), "RST")
	p := tuned(t, profiles.Linux(), "tcp_syncookies", "0")
	s = listening(t, p, 3)
	*s.peer("a") = *donor.peer("a")
	check(t, "a good cookie without tcp_syncookies", s.ack("a"), "RST")
}

func TestACookieThatCameTwiceMakesOneConnection(t *testing.T) { // K7
	s := byCookie(t, 3)
	s.half("a")
	check(t, "final ACK", s.ack("a"), "")
	check(t, "again", s.ack("a"), "")
	s.wantQueue("afterwards", "a . . .")
}

func TestASilentPhantomByCookieIsNeverAccepted(t *testing.T) { // K7
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 5, link: netmodel.Link{Latency: 25 * time.Millisecond}})
	w.crowdOf(30, 0, netmodel.ClientConfig{})
	w.run(2500 * time.Millisecond)
	standings := map[netmodel.Progress]int{}
	for i := range netmodel.ConnID(30) {
		standings[w.n.Progress(i+1)]++
	}
	check(t, "L13: queued of 30 at once", standings[netmodel.ProgressQueued], 6)
	check(t, "phantom", standings[netmodel.ProgressPhantom], 24)
	for range 6 {
		if got := w.accept(2500 * time.Millisecond); got[0] != 'c' {
			t.Fatalf("accept: %s, want a client", got)
		}
	}
	check(t, "accept", w.accept(9*time.Second), "WSAEWOULDBLOCK")
	check(t, "accept after two minutes", w.accept(2*time.Minute), "WSAEWOULDBLOCK")
}

func TestPhantomsByCookieThatSendGetInWhenThereIsRoom(t *testing.T) { // K7
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 5, link: netmodel.Link{Latency: 25 * time.Millisecond}})
	w.crowdOf(30, 0, netmodel.ClientConfig{Send: 10})
	w.run(2500 * time.Millisecond)
	for round := range 4 { // six, then six more ... (L13); the next data retransmission is at 103 s
		got := 0
		for range 10 {
			if w.accept(time.Duration(w.n.Now())) != "WSAEWOULDBLOCK" {
				got++
			}
		}
		check(t, "accepted in round "+itoa(round+1), got, 6)
		w.run(time.Duration(w.n.Now()) + 20*time.Second)
	}
}

func TestAnEvictedRequestOfFreeBSDStillHasItsCookie(t *testing.T) { // ST.3
	p := profiles.FreeBSD()
	p.SynQueue.Max = 2
	s := listening(t, p, 3)
	s.half("a", "b", "c")
	s.wantQueue("a had to go", "(b) (c) . . . . .")
	check(t, "a hears", s.heard("a"), "")
	check(t, "final ACK of a", s.ack("a"), "")
	s.wantQueue("what its SYN-ACK carried counts", "a (b) (c) . . . .")
	s.wait(5 * time.Minute) // b and c are long forgotten
	s.half("d")
	s.wait(20 * time.Second)
	check(t, "final ACK of d, whose request expired, long after the eviction", s.ack("d"), "RST")
	p.SynQueue.Cookies = netmodel.CookiesNever
	s = listening(t, p, 3)
	s.half("a", "b", "c")
	check(t, "final ACK of a without cookies", s.ack("a"), "RST")
}

func TestACookieDoesNotCountAtAListenerThatSentItsLastLongAgo(t *testing.T) { // K7
	for _, row := range []struct {
		since time.Duration
		want  string
		why   string
	}{
		{2 * time.Minute, "", "a cookie may still be on its way"},
		{2*time.Minute + time.Second, "RST", "none can be"},
	} {
		donor, s := byCookie(t, 3), byCookie(t, 3)
		s.half("x")
		s.wait(row.since)
		donor.wait(row.since)
		donor.half("a")
		*s.peer("a") = *donor.peer("a")
		check(t, row.why+": final ACK", s.ack("a"), row.want)
	}
}
