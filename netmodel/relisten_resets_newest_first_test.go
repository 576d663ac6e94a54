package netmodel_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func TestListenCanBeCalledAgain(t *testing.T) { // R8 WS.R1
	for _, p := range winsockProfiles() {
		s := listening(t, p, 0)
		s.open("a")
		for _, backlog := range []int{p.Backlog.Somaxconn, 3, 3, 0} {
			wantErr(t, p.Name+": Listen("+itoa(backlog)+") again", s.h.Listen(s.fd, backlog), 0)
		}
		check(t, p.Name+": accept", s.accept(), "a")
	}
}

func TestRelistenUpdatesTheBacklog(t *testing.T) { // R9 WS.R2 WS.R9 WS.R10
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	check(t, "SYN when full", s.syn("c"), "RST")
	s.listen(4)
	s.wantQueue("after listen(4): room, but nobody comes back by himself", "a b . .")
	s.open("d", "e")
	check(t, "SYN when full again", s.syn("f"), "RST")
	s.accept()
	s.listen(4)
	s.wantQueue("after the same listen again", "b d e .")
}

func TestRelistenKeepsTheBacklogOnTheDesktop(t *testing.T) { // WS.R2'
	for _, p := range []netmodel.Profile{profiles.Windows(), profiles.NT4Server(), profiles.NT4Workstation()} {
		s := listening(t, p, 3)
		s.open("a", "b", "c")
		for _, backlog := range []int{1, 0, 100} {
			s.listen(backlog)
			s.wantQueue(p.Name+": after listen("+itoa(backlog)+")", "a b c")
		}
		q, _ := s.h.Queue(s.fd)
		check(t, p.Name+": asked", q.Asked, 3)
		check(t, p.Name+": SYN", s.syn("d"), "RST")
	}
}

func TestRelistenResetsNewestFirst(t *testing.T) { // R10 WS.R3 WS.R4 WS.R7
	s := listening(t, profiles.WSP(), 6)
	s.syn("a")
	s.open("b")
	s.syn("c")
	s.open("d", "e")
	s.wantQueue("before", "b d e (a) (c) .")
	s.listen(3) // a b c came first, whether complete or not
	s.wantQueue("after listen(3)", "b (a) (c)")
	check(t, "what d hears", s.heard("d"), "RST")
	check(t, "what e hears", s.heard("e"), "RST")
	check(t, "what b hears", s.heard("b"), "")
	check(t, "cause", s.last(netmodel.ResetPending).Cause, netmodel.Trimmed)
	check(t, "rule", s.rule(s.last(netmodel.ResetPending)), "R10")
	check(t, "SYN", s.syn("f"), "RST")
	s.listen(1)
	s.wantQueue("after listen(1)", "(a)")
	check(t, "answer to data of a trimmed client", s.data("d", 10), "RST")
}

func TestTrimHasTwoOtherOrders(t *testing.T) { // WS.R4 WS.R7
	for _, row := range []struct {
		why  string
		trim netmodel.Trim
		want [4]string
	}{
		{"newest first", netmodel.TrimNewest, [4]string{"b d (a) (c)", "b (a) (c)", "b (a)", "(a)"}},
		{"oldest first", netmodel.TrimOldest, [4]string{"b d e (c)", "d e (c)", "d e", "e"}},
		{"half-open first, then newest", netmodel.TrimHalfOpen, [4]string{"b d e (a)", "b d e", "b d", "b"}},
	} {
		p := profiles.WSP()
		p.Trim = row.trim
		s := listening(t, p, 5)
		s.syn("a")
		s.open("b")
		s.syn("c")
		s.open("d", "e")
		for i, want := range row.want {
			s.listen(4 - i)
			s.wantQueue(row.why+": after listen("+itoa(4-i)+")", want)
		}
	}
}

func TestBacklogIsMadeLegalBeforeTheTrim(t *testing.T) { // R10 C2 WS.R5
	for _, backlog := range []int{0, -1, -2147483648} {
		s := listening(t, profiles.WSP(), 3)
		s.open("a", "b", "c")
		s.listen(backlog)
		s.wantQueue("after listen("+itoa(backlog)+")", "a")
	}
	s := listening(t, profiles.WindowsCE3(), 5)
	s.openMany(5)
	s.listen(100)
	check(t, "pending after listen(100) of a stack with 5", s.pendingCount(), 5)
}

func (s *stage) pendingCount() int {
	q, _ := s.h.Queue(s.fd)
	return q.Pending()
}

func TestTrimmedClientSeesTheReset(t *testing.T) { // R10 WS.R6
	w := newWorld(t, setting{backlog: 3, crowd: profiles.Windows()})
	w.client("a", 0, netmodel.ClientConfig{})
	w.client("b", 5*time.Millisecond, netmodel.ClientConfig{})
	w.client("c", 9500*time.Microsecond, netmodel.ClientConfig{})
	w.at(10500*time.Microsecond, func(h *netmodel.Host) { // the SYN of c has just taken its slot
		wantErr(t, "Listen(1)", h.Listen(w.fd, 1), 0)
	})
	w.run(5 * time.Second)
	check(t, "outcome of a", w.result("a").Outcome, netmodel.OutcomePending)
	w.wantResult("b", netmodel.OutcomeReset, netmodel.Trimmed, 11500*time.Microsecond)
	// c has its SYN-ACK before the RST: it was connected for an instant.
	w.wantResult("c", netmodel.OutcomeReset, netmodel.Trimmed, 11500*time.Microsecond)
}

func TestTrimmedSYNIsRefused(t *testing.T) { // WS.R6
	server, client := listening(t, profiles.WSP(), 2), newStage(t, profiles.WSP(), 0)
	fd := client.socket()
	wantErr(t, "Connect", client.h.Connect(fd, netmodel.Addr{IP: hostIP, Port: port}), winsock.WSAEWOULDBLOCK)
	syn := client.h.Drain(nil)[0]
	syn.Src = netmodel.Addr{IP: netmodel.IPv4(10, 9, 9, 9), Port: syn.Src.Port}
	server.open("a")
	server.h.Deliver(syn)
	_ = server.h.Drain(nil) // the SYN-ACK is lost
	wantErr(t, "Listen(1)", server.h.Listen(server.fd, 1), 0)
	rst := server.h.Drain(nil)[0]
	check(t, "what the trimmed client is sent", rst.Kind(), "RST")
	rst.Dst = netmodel.Addr{IP: hostIP, Port: syn.Src.Port}
	client.h.Deliver(rst)
	check(t, "SO_ERROR of the trimmed client", client.option(fd, winsock.SO_ERROR), 10061)
}

func TestDeferredRequestIsTrimmedLast(t *testing.T) { // WS.R8
	for _, row := range []struct {
		why  string
		trim netmodel.Trim
		want string
	}{
		{"newest first: it stands at the head", netmodel.TrimNewest, "a*"},
		{"half-open first: likewise", netmodel.TrimHalfOpen, "a*"},
		{"oldest first: it is the first to go", netmodel.TrimOldest, "c"},
	} {
		p := profiles.WSP()
		p.Trim = row.trim
		s := listening(t, p, 3)
		s.open("a", "b", "c")
		s.acceptIf(deciding(winsock.CF_DEFER))
		s.listen(1)
		s.wantQueue(row.why, row.want)
	}
	s := listening(t, profiles.WSP(), 3)
	s.syn("a")
	s.open("b", "c")
	s.acceptIf(deciding(winsock.CF_DEFER)) // b, which came after a
	s.listen(2)
	s.wantQueue("after listen(2)", "b* (a)")
	s.listen(1)
	s.wantQueue("after listen(1): the deferred one goes last, not the oldest", "b*")
}

func TestDeficitIsReckonedAgainstTheNewBacklog(t *testing.T) { // WS.R12
	s := listeningWith(t, profiles.WSP(), 4, 8)
	s.open("a", "b", "c", "d")
	files := s.exhaustTo(2)
	s.accept()
	s.accept()
	s.wantQueue("starved", "c d . _") // one descriptor was free after the first accept
	s.listen(3)
	s.wantQueue("after listen(3) without descriptors", "c d .")
	for _, fd := range files[:3] {
		wantErr(t, "CloseFile", s.h.CloseFile(fd), 0)
	}
	s.listen(6)
	s.wantQueue("after listen(6) with three descriptors free", "c d . . . _")
}

// A smaller listen leaves what the smaller queue would have admitted, if
// nothing was accepted in between.
func TestTrimEqualsHavingBeenSmaller(t *testing.T) { // WS.R4 WS.R5
	rapid.Check(t, func(rt *rapid.T) {
		before := rapid.IntRange(1, 8).Draw(rt, "backlog")
		after := rapid.IntRange(1, before).Draw(rt, "new backlog")
		large, small := listening(t, profiles.WSP(), before), listening(t, profiles.WSP(), after)
		var names []string
		for i := range rapid.IntRange(0, 10).Draw(rt, "requests") {
			name := string(rune('a' + i))
			names = append(names, name)
			large.syn(name)
			small.syn(name)
		}
		for _, name := range rapid.Permutation(names).Draw(rt, "order of ACKs") {
			if rapid.Bool().Draw(rt, "completes") {
				for _, s := range []*stage{large, small} {
					if p := s.peer(name); p.ack != 0 {
						s.ack(name)
					}
				}
			}
		}
		large.listen(after)
		if large.queue() != small.queue() {
			rt.Errorf("listen(%d) after %d: queue %s, want %s", after, before, large.queue(), small.queue())
		}
	})
}
