package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func TestRelistenWorksWithoutDescriptors(t *testing.T) { // R5 WS.D2 WS.D3
	s := listeningWith(t, profiles.WSP(), 3, 4) // three descriptors free: three slots filled
	s.open("a")
	s.exhaust()
	s.open("b", "c") // admission needs none
	check(t, "SYN beyond the backlog", s.syn("d"), "RST")
	s.listen(5)
	q, _ := s.h.Queue(s.fd)
	check(t, "limit after listen(5)", q.Limit, 5)
	s.wantQueue("after listen(5) without descriptors", "a b c _ _")
	check(t, "SYN: nothing was filled", s.syn("e"), "RST")
	check(t, "cause", s.last(netmodel.RequestRefused).Cause, netmodel.SlotsUsedUp)
	s.listen(1)
	s.wantQueue("after listen(1) without descriptors", "a")

	strict := profiles.WSP()
	strict.RelistenStarved = winsock.WSAEMFILE
	s = listeningWith(t, strict, 3, 2)
	s.exhaust()
	wantErr(t, "Listen(1) with the other setting", s.h.Listen(s.fd, 1), winsock.WSAEMFILE)
	q, _ = s.h.Queue(s.fd)
	check(t, "limit after it", q.Limit, 3)
}

func TestStarvedListenerIsDrainedAndThenRefuses(t *testing.T) { // R6 WS.D5 WS.D6
	s := listeningWith(t, profiles.WSP(), 3, 7)
	s.open("a", "b", "c")
	s.exhaustTo(2)
	check(t, "first accept", s.accept(), "a")
	s.wantQueue("one descriptor left: the slot is filled", "b c .")
	check(t, "second accept", s.accept(), "b")
	s.wantQueue("none left: the slot is used up", "c . _")
	s.open("d")
	s.wantQueue("it accepts until the queue is emptied", "c d _")
	check(t, "SYN", s.syn("e"), "RST")
	for _, name := range []string{"c", "d"} {
		// One descriptor returns at a time, and the accepted connection takes it.
		wantErr(t, "CloseSocket", s.close(s.fds["a"]), 0)
		check(t, "accept", s.accept(), name)
		s.fds["a"] = s.fds[name]
	}
	s.wantQueue("drained and not replaced", "_ _ _")
	check(t, "SYN", s.syn("f"), "RST")
	check(t, "cause", s.last(netmodel.RequestRefused).Cause, netmodel.SlotsUsedUp)
	check(t, "SO_ACCEPTCONN", s.option(s.fd, winsock.SO_ACCEPTCONN), 1)
}

// starved returns a listener with no slot left, and the connections that hold
// its host's descriptors.
func starved(t *testing.T, p netmodel.Profile, backlog int) (s *stage, files []netmodel.FD) {
	t.Helper()
	s = listeningWith(t, p, backlog, 8)
	for round := range 100 {
		q, _ := s.h.Queue(s.fd)
		switch {
		case s.h.FreeDescriptors() == 0 && q.Available == 0:
			for _, fd := range s.fds {
				files = append(files, fd)
			}
			return s, files
		case s.h.FreeDescriptors() == 0:
			// The host closes the connection: one descriptor becomes free and is used again.
			wantErr(t, "CloseSocket", s.close(s.fds["#"+itoa(round-1)]), 0)
			delete(s.fds, "#"+itoa(round-1))
		}
		s.openMany(1)
		s.accept()
	}
	t.Fatalf("100 connections did not starve the listener: queue %s", s.queue())
	return nil, nil
}

func TestLaterListenOrAcceptResumes(t *testing.T) { // R7 WS.D7 WS.D8 WS.D10
	for _, row := range []struct {
		why    string
		closed int
		do     func(s *stage)
		want   string
	}{
		{"listen with one descriptor", 1, func(s *stage) { s.listen(3) }, ". _ _"},
		{"listen with three", 3, func(s *stage) { s.listen(3) }, ". . ."},
		{"listen with all of them", 7, func(s *stage) { s.listen(3) }, ". . ."},
		{"a larger listen fills to the current backlog", 7, func(s *stage) { s.listen(5) }, ". . . . ."},
		{"an accept that finds nothing", 2, func(s *stage) { s.accept() }, ". . _"},
		{"both", 2, func(s *stage) { s.accept(); s.listen(3) }, ". . _"},
	} {
		s, files := starved(t, profiles.WSP(), 3)
		s.wantQueue(row.why+": starved", "_ _ _")
		for _, fd := range files[:row.closed] {
			wantErr(t, "CloseSocket", s.h.CloseSocket(fd), 0)
		}
		s.pump()
		s.wantQueue(row.why+": closing by itself fills nothing", "_ _ _")
		check(t, row.why+": SYN before", s.syn("before"), "RST")
		row.do(s)
		s.wantQueue(row.why, row.want)
		check(t, row.why+": SYN after", s.syn("after"), "SYN-ACK")
	}
	lazy := profiles.WSP()
	lazy.EmptyAcceptFills = false
	s, files := starved(t, lazy, 3)
	wantErr(t, "CloseSocket", s.close(files[0]), 0)
	s.accept()
	s.wantQueue("after an accept of nothing, with the other setting", "_ _ _")
	s.listen(3)
	s.wantQueue("after listen, with the other setting", ". _ _")
}

func TestAcceptOfAConnectionResumesToo(t *testing.T) { // R7
	s := listeningWith(t, profiles.WSP(), 3, 5)
	s.open("a", "b", "c")
	s.exhaustTo(1)
	s.accept() // takes the last descriptor
	s.wantQueue("starved", "b c _")
	wantErr(t, "CloseSocket", s.close(s.fds["a"]), 0)
	s.accept()
	s.wantQueue("one returned and was taken", "c _ _")
}

func TestDesktopRelistenFillsWithoutChangingTheBacklog(t *testing.T) { // WS.D9
	s, files := starved(t, profiles.Windows(), 3)
	for _, fd := range files {
		wantErr(t, "CloseSocket", s.h.CloseSocket(fd), 0)
	}
	s.listen(5)
	s.wantQueue("after listen(5)", ". . .")
}

func TestClosedConnectionCanHoldItsDescriptor(t *testing.T) { // WS.D11
	p := profiles.WSP()
	p.CloseHoldsDescriptor = true
	s := listeningWith(t, p, 2, 3)
	s.open("a", "b")
	s.accept()
	s.exhaust()
	wantErr(t, "CloseSocket", s.close(s.fds["a"]), 0)
	check(t, "what a hears", s.heard("a"), "FIN")
	wantErr(t, "CloseSocket again", s.close(s.fds["a"]), winsock.WSAENOTSOCK)
	check(t, "Accept while the FIN is unanswered", s.accept(), "WSAEMFILE")
	s.ack("a")
	check(t, "free descriptors after the ACK", s.h.FreeDescriptors(), 1)
	check(t, "Accept after the ACK", s.accept(), "b")

	wantErr(t, "CloseSocket", s.close(s.fds["b"]), 0) // and b never answers
	check(t, "free descriptors meanwhile", s.h.FreeDescriptors(), 0)
	s.wait(10 * time.Minute)
	check(t, "free descriptors after it was given up", s.h.FreeDescriptors(), 1)

	plain := listeningWith(t, profiles.WSP(), 2, 2)
	plain.open("a")
	plain.accept()
	wantErr(t, "CloseSocket", plain.close(plain.fds["a"]), 0)
	check(t, "free descriptors at once, with the other setting", plain.h.FreeDescriptors(), 1)
}

func TestWithoutALimitDescriptorsNeverRunOut(t *testing.T) { // WS.D12
	s := listening(t, profiles.Windows(), 200)
	for range 5000 {
		s.socket()
	}
	if free := s.h.FreeDescriptors(); free < 1<<30 {
		t.Errorf("FreeDescriptors() = %d, want a very large number", free)
	}
	s.openMany(200)
	s.wantPending(200)
	for range 200 {
		s.accept()
	}
	check(t, "SYN", s.syn("a"), "SYN-ACK")
}

func (s *stage) wantPending(n int) {
	s.t.Helper()
	check(s.t, "pending", s.pendingCount(), n)
}

func TestPendingConnectionCanOwnItsDescriptor(t *testing.T) { // WS.D3
	p := profiles.WSP()
	p.Slots = netmodel.SlotsOwnDescriptor
	for _, onFull := range []netmodel.OnFull{netmodel.RefuseWhenFull, netmodel.IgnoreWhenFull} {
		p.OnFull = onFull
		s := listeningWith(t, p, 5, 3)
		s.open("a", "b")
		check(t, "free descriptors", s.h.FreeDescriptors(), 0)
		want, kind := "RST", netmodel.RequestRefused
		if onFull == netmodel.IgnoreWhenFull {
			want, kind = "", netmodel.RequestIgnored
		}
		check(t, "SYN without a descriptor", s.syn("c"), want)
		check(t, "cause", s.last(kind).Cause, netmodel.NoDescriptor)
		check(t, "accept needs none", s.accept(), "a")
		check(t, "accept needs none", s.accept(), "b")
		check(t, "and the queue is drained", s.accept(), "WSAEWOULDBLOCK")
		wantErr(t, "CloseSocket", s.close(s.fds["a"]), 0)
		check(t, "SYN with a descriptor: no later call is needed", s.syn("d"), "SYN-ACK")
		s.rst("d")
		check(t, "free descriptors after d withdrew", s.h.FreeDescriptors(), 1)
	}
}

func TestSlotsCanCostNothing(t *testing.T) { // WS.D5
	p := profiles.WSP()
	p.Slots = netmodel.SlotsFree
	s := listeningWith(t, p, 3, 3)
	s.open("a", "b", "c")
	s.accept()
	s.accept()
	check(t, "Accept without a descriptor", s.accept(), "WSAEMFILE")
	s.wantQueue("the slots are back all the same", "c . .")
	s.open("d", "e")
	check(t, "SYN when full", s.syn("f"), "RST")
	check(t, "cause", s.last(netmodel.RequestRefused).Cause, netmodel.QueueFull)
}

// Accept fills with every result about a request.
func TestAcceptFillsWhateverItReports(t *testing.T) { // WS.D8 R7
	deferred := deciding(winsock.CF_DEFER)
	for _, row := range []struct {
		why     string
		aborted netmodel.Aborted
		before  func(s *stage)
		decide  func(netmodel.Request) winsock.Decision
		want    string
		queue   string
	}{
		{"accepted", netmodel.AbortedAtAccept, func(*stage) {}, nil, "a", ". . ."},
		{"rejected", netmodel.AbortedAtAccept, func(*stage) {}, deciding(winsock.CF_REJECT), "WSAECONNREFUSED", ". . ."},
		{"deferred", netmodel.AbortedAtAccept, func(*stage) {}, deferred, "WSATRY_AGAIN", "a* . ."},
		{"aborted", netmodel.AbortedAtAccept, func(s *stage) { s.rst("a") }, nil, "WSAECONNRESET", ". . ."},
		{"withdrawn", netmodel.AbortedWithdraws, func(s *stage) { s.rst("a") }, nil, "WSAEWOULDBLOCK", ". . ."},
		{"deferred and aborted", netmodel.AbortedAtAccept, func(s *stage) { s.acceptIf(deferred); s.rst("a") }, nil, "WSAEACCES", ". . ."},
		{"deferred and withdrawn", netmodel.AbortedWithdraws, func(s *stage) { s.acceptIf(deferred); s.rst("a") }, nil, "WSAEACCES", ". . ."},
		{"an invalid decision: nothing changes", netmodel.AbortedAtAccept, func(*stage) {}, deciding(9), "WSAEINVAL", "a _ _"},
	} {
		p := profiles.WSP()
		p.Aborted = row.aborted
		p.ConditionFirst = true // so that one can be deferred without a descriptor
		s := newStage(t, p, 9)
		s.fd = s.bound(netmodel.AnyIP, port)
		files := s.exhaustTo(1)
		s.listen(3)
		s.open("a")
		files = append(files, s.exhaust()...)
		row.before(s)
		for _, fd := range files {
			wantErr(t, "CloseFile", s.h.CloseFile(fd), 0)
		}
		check(t, row.why+": accept", s.acceptIf(row.decide), row.want)
		s.wantQueue(row.why, row.queue)
	}
}
