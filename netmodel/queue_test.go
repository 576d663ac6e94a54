package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

func TestFullQueueRefusesTheClient(t *testing.T) { // R4 WS.Q2
	w := newWorld(t, setting{backlog: 2})
	for i, name := range []string{"a", "b", "c"} {
		w.client(name, time.Duration(i)*10*time.Millisecond, netmodel.ClientConfig{})
	}
	w.run(time.Second)
	w.wantResult("c", netmodel.OutcomeRefused, netmodel.QueueFull, 22*time.Millisecond)
	failed := w.records(netmodel.ConnectFailed)
	if len(failed) != 1 || failed[0].Errno != winsock.WSAECONNREFUSED {
		t.Errorf("failed connects = %+v, want one with WSAECONNREFUSED", failed)
	}
	check(t, "accept", w.accept(2*time.Second), "a")
	check(t, "accept", w.accept(2*time.Second), "b")
	check(t, "accept", w.accept(2*time.Second), "WSAEWOULDBLOCK")
}

func TestOverflowIsAnsweredWithRST(t *testing.T) { // WS.Q3
	for _, p := range winsockProfiles() {
		s := listening(t, p, 1)
		s.open("a")
		check(t, p.Name+": answer to the SYN that finds no slot", s.syn("b"), "RST")
		check(t, p.Name+": cause", s.last(netmodel.RequestRefused).Cause, netmodel.QueueFull)
		check(t, p.Name+": rule", s.rule(s.last(netmodel.RequestRefused)), "R4")
	}
	silent := profiles.WSP()
	silent.OnFull = netmodel.IgnoreWhenFull
	s := listening(t, silent, 1)
	s.open("a")
	check(t, "answer with the other setting", s.syn("b"), "")
	check(t, "cause with the other setting", s.last(netmodel.RequestIgnored).Cause, netmodel.QueueFull)
}

func TestAcceptTakesTheFirst(t *testing.T) { // WS.Q1
	s := listening(t, profiles.WSP(), 4)
	s.syn("a")
	s.open("b", "c")
	s.ack("a") // completes last
	s.wantQueue("by completion", "b c a .")
	for _, want := range []string{"b", "c", "a"} {
		check(t, "accept", s.accept(), want)
	}

	byArrival := profiles.WSP()
	byArrival.AcceptByArrival = true
	s = listening(t, byArrival, 4)
	s.syn("a")
	s.open("b", "c")
	check(t, "accept while the first is half-open", s.accept(), "b")
	s.ack("a")
	s.wantQueue("by arrival", "a c . .")
	check(t, "accept", s.accept(), "a")
}

func TestSlotComesBackWithAccept(t *testing.T) { // WS.Q4
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	s.wantQueue("when full", "a b")
	s.accept()
	s.wantQueue("after accept", "b .")
	check(t, "waited", s.last(netmodel.RequestAccepted).Wait(), time.Duration(0))
}

func TestSlotCanComeBackLate(t *testing.T) { // WS.Q5
	late := profiles.NT4Server()
	late.SlotReturnDelay = 10 * time.Millisecond
	for _, slots := range []netmodel.Slots{netmodel.SlotsFilled, netmodel.SlotsFree, netmodel.SlotsOwnDescriptor} {
		late.Slots = slots
		s := listening(t, late, 1)
		s.open("a")
		check(t, "accept", s.accept(), "a")
		check(t, "SYN between accept and the return of the slot", s.syn("b"), "RST")
		check(t, "why", s.last(netmodel.RequestRefused).Cause, netmodel.QueueFull)
		s.wait(9 * time.Millisecond)
		check(t, "SYN a little later", s.syn("c"), "RST")
		s.wait(time.Millisecond)
		check(t, "SYN after the return", s.syn("d"), "SYN-ACK")
	}
	s := listening(t, profiles.NT4Server(), 1)
	s.open("a")
	s.accept()
	check(t, "SYN after accept without the defect", s.syn("b"), "SYN-ACK")
}

func TestRelistenWhileASlotIsLate(t *testing.T) {
	for _, slots := range []netmodel.Slots{netmodel.SlotsFilled, netmodel.SlotsFree, netmodel.SlotsOwnDescriptor} {
		late := profiles.WSP()
		late.SlotReturnDelay, late.Slots = 10*time.Millisecond, slots
		s := listening(t, late, 5)
		s.open("a", "b", "c", "d")
		s.accept()
		s.accept()
		s.wantQueue("with two slots late", "c d . _ _")
		s.listen(3)
		s.wantQueue("after listen(3): what is late is not there yet", "c d _")
		check(t, "SYN", s.syn("x"), "RST")
		s.wait(time.Second)
		s.open("e")
		check(t, "SYN beyond the new backlog", s.syn("f"), "RST")
		s.wantQueue("afterwards", "c d e")
		s.accept()
		s.wait(time.Second)
		s.wantQueue("after another accept", "d e .")
		s.accept()
		wantErr(t, "CloseSocket with a slot late", s.close(s.fd), 0)
		s.wait(time.Second)
	}
}

func TestHalfOpenConnectionsHoldASlot(t *testing.T) { // WS.Q6
	s := listening(t, profiles.WSP(), 2)
	s.syn("a")
	s.syn("b")
	s.wantQueue("full of half-open ones", "(a) (b)")
	check(t, "SYN", s.syn("c"), "RST")
	check(t, "repeated SYN of a", s.send("a", 0, 0), "RST") // neither SYN nor ACK: nobody wants it
	s.wantQueue("after a stray segment", "(a) (b)")
}

func TestRepeatedSYNIsTheSameRequest(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.syn("a")
	s.peer("a").seq--
	check(t, "answer to the repeated SYN", s.syn("a"), "SYN-ACK")
	s.wantQueue("after the repeated SYN", "(a) .")
	s.ack("a")
	s.peer("a").seq--
	check(t, "answer to a SYN that was late", s.syn("a"), "ACK")
	s.wantQueue("after it", "a .")
}

func TestPendingConnectionCanWithdraw(t *testing.T) { // WS.Q7
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	s.syn("b")
	check(t, "answer to the RST of a half-open one", s.rst("b"), "")
	s.wantQueue("after the RST of a half-open one", "a .")
	check(t, "cause", s.last(netmodel.Withdrawn).Cause, netmodel.ClientWithdrew)
	check(t, "the slot is free again", s.syn("c"), "SYN-ACK")

	p := profiles.WSP()
	p.Aborted = netmodel.AbortedWithdraws
	s = listening(t, p, 2)
	s.open("a", "b")
	s.rst("a")
	s.wantQueue("after the RST of a complete one", "b .")
	check(t, "accept", s.accept(), "b")
}

func TestForgedRSTsAreIgnored(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.syn("a")
	s.open("b")
	for _, name := range []string{"a", "b"} {
		s.peer(name).seq -= 7
		s.rst(name)
		s.peer(name).seq += 7
	}
	s.wantQueue("after RSTs with old numbers", "b (a)")
}

func TestDataAndFINWaitForAccept(t *testing.T) { // WS.Q8 WS.X10
	s := listening(t, profiles.WSP(), 2)
	s.open("a", "b")
	check(t, "answer to data of a pending client", s.data("a", 100), "ACK")
	check(t, "answer to its FIN", s.fin("a"), "ACK")
	s.fin("b")
	s.wantQueue("after data and FINs", "a b")
	check(t, "accept", s.accept(), "a")
	check(t, "accept", s.accept(), "b")
	for _, row := range []struct {
		call, name string
		want       int
	}{{"first Receive", "a", 100}, {"then", "a", 0}, {"after FIN only", "b", 0}} {
		n, err := s.h.Receive(s.fds[row.name], 1000)
		wantErr(t, row.call, err, 0)
		check(t, row.call, n, row.want)
	}
}

func TestPausedListenerRefusesEverybody(t *testing.T) { // WS.Q9
	s := listening(t, profiles.WSP(), 3)
	s.open("a")
	s.syn("b")
	s.set(s.fd, winsock.SO_PAUSE_ACCEPT, 1)
	check(t, "SO_PAUSE_ACCEPT", s.option(s.fd, winsock.SO_PAUSE_ACCEPT), 1)
	check(t, "SYN while paused", s.syn("c"), "RST")
	check(t, "cause", s.last(netmodel.RequestRefused).Cause, netmodel.Paused)
	s.wantQueue("while paused: what is queued stays", "a (b) .")
	check(t, "ACK of a half-open one", s.ack("b"), "")
	check(t, "accept while paused", s.accept(), "a")
	s.set(s.fd, winsock.SO_PAUSE_ACCEPT, 0)
	check(t, "SYN after the pause", s.syn("d"), "SYN-ACK")

	p := profiles.WSP()
	p.PauseResets = true
	s = listening(t, p, 3)
	s.open("a")
	s.syn("b")
	s.set(s.fd, winsock.SO_PAUSE_ACCEPT, 1)
	s.wantQueue("with the other setting", ". . .")
	check(t, "what a hears", s.heard("a"), "RST")
	check(t, "what b hears", s.heard("b"), "RST")
}

func TestConditionalAcceptLeavesTheSYNUnanswered(t *testing.T) { // WS.Q10 WS.C3 WS.C12
	s := newStage(t, profiles.Windows(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	check(t, "SO_CONDITIONAL_ACCEPT by default", s.option(s.fd, winsock.SO_CONDITIONAL_ACCEPT), 0)
	s.set(s.fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	s.listen(2)
	wantErr(t, "SetSockOpt(SO_CONDITIONAL_ACCEPT) on a listener",
		s.h.SetSockOpt(s.fd, winsock.SO_CONDITIONAL_ACCEPT, 0), winsock.WSAEINVAL)
	for _, name := range []string{"a", "b", "c", "d"} {
		check(t, "answer to the SYN of "+name, s.syn(name), "")
	}
	s.wantQueue("of four requests with a backlog of two", "a? b? c? d? . .")
	check(t, "accept", s.acceptIf(func(r netmodel.Request) winsock.Decision { return winsock.CF_ACCEPT }), "a")
	check(t, "what a hears", s.heard("a"), "SYN-ACK")
	_, err := s.h.Send(s.fds["a"], 1)
	wantErr(t, "Send before the handshake is complete", err, winsock.WSAEWOULDBLOCK)
	s.ack("a")
	n, err := s.h.Send(s.fds["a"], 1)
	wantErr(t, "Send after it", err, 0)
	check(t, "Send after it", n, 1)
	check(t, "accept", s.acceptIf(func(r netmodel.Request) winsock.Decision { return winsock.CF_REJECT }), "WSAECONNREFUSED")
	check(t, "what b hears in SYN_SENT", s.heard("b"), "RST")
	check(t, "plain accept", s.accept(), "c")
	s.wait(time.Minute)
	s.wantQueue("after d has stopped asking", ". .")
	check(t, "cause", s.last(netmodel.Withdrawn).Cause, netmodel.OfferExpired)
}

func TestOfferLastsWhileTheClientAsks(t *testing.T) { // WS.Q10
	s := newStage(t, profiles.Windows(), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.set(s.fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	s.listen(1)
	s.syn("a")
	s.wait(50 * time.Second)
	s.peer("a").seq--
	s.syn("a")
	s.wait(50 * time.Second)
	s.wantQueue("while a goes on asking", "a? .")
	s.rst("a")
	s.wantQueue("after the RST of a", ".")
	s.syn("b")
	s.peer("b").seq += 1000
	s.syn("b") // another attempt from the same address
	s.wantQueue("after a new attempt of b", "b? .")
	wantErr(t, "CloseSocket", s.close(s.fd), 0)
	check(t, "what b hears when the listener closes", s.heard("b"), "RST")
}

func TestOfTwoListenersTheFirstBoundGetsTheConnections(t *testing.T) { // WS.Q11
	for _, p := range []netmodel.Profile{profiles.WSP(), profiles.Windows()} {
		s := newStage(t, p, 0)
		var fds [3]netmodel.FD
		for i := range fds {
			fds[i] = s.socket()
			s.set(fds[i], winsock.SO_REUSEADDR, 1)
			wantErr(t, "Bind", s.h.Bind(fds[i], netmodel.Addr{IP: hostIP, Port: port}), 0)
		}
		for _, i := range []int{2, 0} { // the order of listen does not matter
			wantErr(t, "Listen", s.h.Listen(fds[i], 2), 0)
		}
		for _, row := range []struct{ listener, close int }{{0, 0}, {2, 2}} {
			s.fd = fds[row.listener]
			s.open("x" + itoa(row.listener))
			check(t, p.Name+": listener "+itoa(row.listener), s.accept(), "x"+itoa(row.listener))
			wantErr(t, "CloseSocket", s.close(fds[row.close]), 0)
		}
		check(t, p.Name+": SYN when only a bound socket is left", s.syn("late"), "RST")
	}
}

func TestSpecificListenerGoesBeforeTheWildcard(t *testing.T) { // WS.Q12
	for _, wildcardFirst := range []bool{true, false} {
		s := newStage(t, profiles.Windows(), 0)
		first, second := netmodel.AnyIP, hostIP
		if !wildcardFirst {
			first, second = second, first
		}
		a, b := s.bound(first, port), s.bound(second, port)
		wantErr(t, "Listen", s.h.Listen(a, 2), 0)
		wantErr(t, "Listen", s.h.Listen(b, 2), 0)
		s.fd = b
		if !wildcardFirst {
			s.fd = a
		}
		s.open("x")
		check(t, "accept of the specific listener", s.accept(), "x")
	}
}
