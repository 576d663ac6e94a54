package netmodel_test

import (
	"slices"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
)

// exact returns a profile whose timers ring at the nanosecond.
func exact(p netmodel.Profile) netmodel.Profile {
	p.Timers = netmodel.Timers{}
	return p
}

// tuned returns a profile with kernel settings changed: names and values in turn.
func tuned(t *testing.T, p netmodel.Profile, settings ...string) netmodel.Profile {
	t.Helper()
	for pair := range slices.Chunk(settings, 2) {
		var err error
		if p, err = profiles.Set(p, pair[0], pair[1]); err != nil {
			t.Fatalf("Tune(%q, %q) of %s: error %v, want none", pair[0], pair[1], p.Name, err)
		}
	}
	return p
}

// half sends the SYNs of some peers, which must be answered.
func (s *stage) half(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if got := s.syn(name); got != "SYN-ACK" {
			s.t.Fatalf("SYN of %s: answer %q, want SYN-ACK; queue %s", name, got, s.queue())
		}
	}
}

// synAgain repeats the SYN of a peer.
func (s *stage) synAgain(name string) string {
	s.t.Helper()
	s.peer(name).seq--
	return s.syn(name)
}

// dataAgain repeats the last bytes that a peer sent.
func (s *stage) dataAgain(name string, n uint32) string {
	s.t.Helper()
	s.peer(name).seq -= n
	return s.data(name, n)
}

// counters counts everything that has happened on the stage.
func (s *stage) counters() trace.Counters {
	var c trace.Counters
	for _, r := range s.log {
		c.Note(r)
	}
	return c
}

// wantSS compares the two columns that ss -ltn shows of a listener.
func (s *stage) wantSS(when string, recvQ, sendQ int) {
	s.t.Helper()
	q, _ := s.h.Queue(s.fd)
	check(s.t, when+": Recv-Q", q.Complete, recvQ)
	check(s.t, when+": Send-Q", q.Effective, sendQ)
}

// phantomOn returns a stage whose accept queue is full with a and b, while c is
// half-open and has its SYN-ACK.
func phantomOn(t *testing.T, p netmodel.Profile) *stage {
	t.Helper()
	s := listening(t, p, 1)
	s.open("a")
	s.half("b", "c")
	check(t, "final ACK of b", s.ack("b"), "")
	s.wantQueue("when c has its SYN-ACK", "a b (c)")
	return s
}

func TestLinuxHoldsOneMoreThanTheBacklog(t *testing.T) { // K1
	for _, row := range []struct {
		asked, somaxconn, sendQ int
		why                     string
	}{
		{0, 4096, 0, "the test is more than, so one waits"},
		{1, 4096, 1, "two wait"},
		{5, 4096, 5, "six wait"},
		{14, 4096, 14, "fifteen wait"},
		{5, 3, 3, "somaxconn cuts in silence"},
		{-1, 5, 5, "a negative argument is compared as an unsigned one"},
		{-1, 4096, 4096, "likewise"},
		{-2147483648, 4096, 4096, "likewise the lowest int"},
		{2147483647, 4096, 4096, "SOMAXCONN of Windows"},
		{65535, 100000, 65535, "nothing wraps at 16 bits"},
		{65536, 100000, 65536, "nor beyond"},
		{70000, 100000, 70000, "nor here"},
		{5, 0, 0, "somaxconn 0 leaves one"},
	} {
		s := listening(t, tuned(t, profiles.Linux(), "somaxconn", itoa(row.somaxconn)), row.asked)
		what := "listen(" + itoa(row.asked) + "), somaxconn " + itoa(row.somaxconn) + ": " + row.why
		s.wantSS(what, 0, row.sendQ)
		q, _ := s.h.Queue(s.fd)
		check(t, what+": limit", q.Limit, row.sendQ+1)
		if row.sendQ > 20 {
			continue
		}
		s.openMany(row.sendQ + 1)
		check(t, what+": SYN of one more", s.syn("more"), "")
		s.wantSS(what+", full", row.sendQ+1, row.sendQ)
	}
}

func TestLinuxDropsASynThatFindsTheAcceptQueueFull(t *testing.T) { // K2
	for _, abort := range []string{"0", "1"} {
		s := listening(t, tuned(t, profiles.Linux(), "tcp_abort_on_overflow", abort), 2)
		s.open("a", "b", "c")
		check(t, "abort "+abort+": SYN of d", s.syn("d"), "")
		check(t, "abort "+abort+": again", s.synAgain("d"), "")
		check(t, "abort "+abort+": rule", s.rule(s.last(netmodel.RequestIgnored)), "K2")
		c := s.counters()
		check(t, "abort "+abort+": ListenOverflows", c.ListenOverflows, 2)
		check(t, "abort "+abort+": ListenDrops", c.ListenDrops, 2)
		check(t, "accept", s.accept(), "a")
		check(t, "abort "+abort+": again, with room", s.synAgain("d"), "SYN-ACK")
	}
}

func TestLinuxIgnoresAFinalAckThatFindsTheAcceptQueueFull(t *testing.T) { // K4
	s := phantomOn(t, profiles.Linux())
	check(t, "final ACK of c", s.ack("c"), "")
	check(t, "again", s.ack("c"), "")
	check(t, "data of c", s.data("c", 5), "")
	s.wantQueue("after three tries", "a b (c)")
	check(t, "rule", s.rule(s.last(netmodel.AckIgnored)), "K4")
	check(t, "ListenOverflows", s.counters().ListenOverflows, 3)
	check(t, "ListenDrops", s.counters().ListenDrops, 3)
	check(t, "accept", s.accept(), "a")
	s.wantQueue("room alone brings nobody in", "b (c) .")
	check(t, "the data again", s.dataAgain("c", 5), "ACK")
	s.wantQueue("each segment is another try", "b c")
	check(t, "accept", s.accept(), "b")
	check(t, "accept", s.accept(), "c")
	n, err := s.h.Receive(s.fds["c"], 100)
	wantErr(t, "Receive", err, 0)
	check(t, "bytes that waited", n, 5)
}

func TestABareAckPromotesAPhantomToo(t *testing.T) { // K4
	s := phantomOn(t, exact(profiles.Linux()))
	check(t, "final ACK of c", s.ack("c"), "")
	check(t, "accept", s.accept(), "a")
	s.wait(time.Second)
	check(t, "after a second c hears", s.heard("c"), "SYN-ACK")
	check(t, "its answer", s.ack("c"), "")
	s.wantQueue("afterwards", "b c")
}

func TestAbortOnOverflowResetsAStoredRequest(t *testing.T) { // K4
	s := phantomOn(t, tuned(t, profiles.Linux(), "tcp_abort_on_overflow", "1"))
	check(t, "final ACK of c", s.ack("c"), "RST")
	s.wantQueue("afterwards", "a b")
	check(t, "data of c", s.data("c", 5), "RST")
}

func TestLinuxAcceptsInOrderOfCompletion(t *testing.T) { // K5
	s := listening(t, profiles.Linux(), 5)
	s.half("a", "b", "c")
	for _, name := range []string{"c", "a", "b"} {
		check(t, "final ACK of "+name, s.ack(name), "")
	}
	for _, want := range []string{"c", "a", "b", "WSAEWOULDBLOCK"} {
		check(t, "accept", s.accept(), want)
	}
}

func TestAHalfOpenConnectionReservesNoPlace(t *testing.T) { // K8
	s := listening(t, profiles.Linux(), 5)
	s.openMany(3)
	names := []string{"a", "b", "c", "d", "e"}
	s.half(names...) // three places, five SYN-ACKs
	for _, name := range names {
		check(t, "final ACK of "+name, s.ack(name), "")
	}
	s.wantSS("three of five got in", 6, 5)
	q, _ := s.h.Queue(s.fd)
	check(t, "the others stay half-open", q.HalfOpen, 2)
	check(t, "final ACKs ignored", s.counters().ListenOverflows, 2)
}

func TestLinuxTakesTheDescriptorFirst(t *testing.T) { // K9
	s := listeningWith(t, profiles.Linux(), 5, 20)
	files := s.exhaust()
	check(t, "accept with nothing waiting", s.accept(), "WSAEMFILE") // L05: accept_empty_queue_no_fd
	s.open("a", "b", "c")
	for range 3 {
		check(t, "accept", s.accept(), "WSAEMFILE")
	}
	s.wantSS("nothing has moved", 3, 5)
	r, err := s.h.Select(s.fd)
	wantErr(t, "Select", err, 0)
	check(t, "still readable", r.Read, true)
	s.open("d", "e", "f")
	check(t, "SYN beyond", s.syn("g"), "")
	s.listen(5)
	s.wantSS("after a further listen", 6, 5)
	wantErr(t, "CloseFile", s.h.CloseFile(files[0]), 0)
	check(t, "accept with one descriptor", s.accept(), "a")
	check(t, "and without", s.accept(), "WSAEMFILE")
	wantErr(t, "CloseFile", s.h.CloseFile(files[1]), 0)
	check(t, "accept", s.accept(), "b")
	s.wantQueue("the rest is as it was", "c d e f . .")
}

func TestAFurtherListenSetsTheLimitAndKeepsTheQueue(t *testing.T) { // K10 ST.18
	for _, p := range []netmodel.Profile{profiles.Linux(), profiles.Linux24(), profiles.Unix(), profiles.Wine()} {
		s := listening(t, p, 5)
		s.openMany(6)
		s.listen(2)
		s.wantSS(p.Name+": listen(2) with six queued", 6, 2)
		check(t, p.Name+": resets", s.last(netmodel.ResetPending).Kind, netmodel.NoKind)
		for left := 5; left >= 3; left-- {
			s.accept()
			if p.Name == "linux" {
				check(t, "SYN with "+itoa(left)+" queued", s.syn("x"+itoa(left)), "")
			}
		}
		s.accept()
		s.open("y")
		s.wantSS(p.Name+": exactly one is admitted", 3, 2)
		s.listen(8)
		s.open("z") // there is room at once
		s.listen(-1)
		s.wantSS(p.Name+": listen(-1)", 4, p.Backlog.Max)
	}
}

func TestAClosingLinuxListenerResetsTheCompleteAndForgetsTheHalfOpen(t *testing.T) { // K11
	s := listening(t, profiles.Linux(), 5)
	s.open("a", "b")
	s.half("c")
	wantErr(t, "CloseSocket", s.close(s.fd), 0)
	check(t, "a hears", s.heard("a"), "RST")
	check(t, "b hears", s.heard("b"), "RST")
	check(t, "c hears", s.heard("c"), "")
	check(t, "rule", s.rule(s.last(netmodel.ResetPending)), "K11")
	check(t, "final ACK of c", s.ack("c"), "RST")
	check(t, "SYN of d", s.syn("d"), "RST")
}

func TestShutdownOfAUnixListenerEndsItAndItMayListenAgain(t *testing.T) { // K11
	for _, how := range []int{winsock.SD_RECEIVE, winsock.SD_BOTH} {
		s := listening(t, profiles.Linux(), 5)
		s.open("a")
		s.half("b")
		wantErr(t, "Shutdown(SHUT_WR)", s.h.Shutdown(s.fd, winsock.SD_SEND), 0)
		s.wantQueue("after SHUT_WR", "a (b) . . . . .")
		wantErr(t, "Shutdown", s.h.Shutdown(s.fd, how), 0)
		s.pump()
		check(t, "a hears", s.heard("a"), "RST")
		check(t, "b hears", s.heard("b"), "")
		check(t, "SO_ACCEPTCONN", s.option(s.fd, winsock.SO_ACCEPTCONN), 0)
		check(t, "accept", s.accept(), "WSAEINVAL")
		check(t, "SYN meanwhile", s.syn("c"), "RST")
		s.listen(3)
		check(t, "SO_ACCEPTCONN after listen", s.option(s.fd, winsock.SO_ACCEPTCONN), 1)
		s.open("d")
		check(t, "accept", s.accept(), "d")
	}
}

func TestAConnectionResetWhileQueuedKeepsItsPlaceOnLinux(t *testing.T) { // K12
	s := listening(t, profiles.Linux(), 1)
	s.open("a", "b")
	check(t, "data of b", s.data("b", 7), "ACK")
	s.rst("a")
	s.rst("b")
	s.wantQueue("two dead ones fill listen(1)", "a! b!")
	check(t, "SYN of a live client", s.syn("c"), "")
	check(t, "rule", s.rule(s.last(netmodel.AbortedPending)), "K12")
	check(t, "accept", s.accept(), "a")
	check(t, "accept", s.accept(), "b")
	for _, want := range []struct {
		n   int
		err winsock.Errno
	}{{7, 0}, {0, winsock.WSAECONNRESET}, {0, 0}, {0, 0}} { // the data, the error once, the end
		n, err := s.h.Receive(s.fds["b"], 100)
		check(t, "Receive", n, want.n)
		wantErr(t, "Receive", err, want.err)
	}
	_, err := s.h.Send(s.fds["b"], 1)
	wantErr(t, "Send after that", err, winsock.EPIPE)
	_, err = s.h.Receive(s.fds["a"], 100)
	wantErr(t, "Receive where no data came", err, winsock.WSAECONNRESET)
}

func TestAClientThatLeavesTheHandshakeOnLinux(t *testing.T) { // K12 K4
	s := listening(t, profiles.Linux(), 5)
	s.half("a", "b")
	check(t, "RST of the half-open a", s.rst("a"), "")
	s.wantQueue("it is gone", "(b) . . . . . .")
	check(t, "EmbryonicRsts", s.counters().EmbryonicRsts, 1)
	check(t, "FIN of the half-open b", s.fin("b"), "ACK") // L07: the ACK in it completes the handshake
	check(t, "accept", s.accept(), "b")
	n, err := s.h.Receive(s.fds["b"], 100)
	check(t, "Receive", n, 0)
	wantErr(t, "Receive", err, 0)
}

func TestSomaxconnCountsAtTheNextListen(t *testing.T) { // K10
	s := listening(t, tuned(t, profiles.Linux(), "somaxconn", "3"), 8)
	s.openMany(4)
	check(t, "SYN of one more", s.syn("x"), "")
	s.wantSS("listen(8) with somaxconn 3", 4, 3)
}
