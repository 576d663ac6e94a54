package netmodel_test

import (
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

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

func TestSegmentsOutOfPlaceChangeNothing(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	s.accept()
	check(t, "answer to data without ACK", s.send("a", 0, 5), "")
	s.peer("a").seq -= 5
	s.peer("a").ack += 100
	check(t, "answer to an ACK of what was never sent", s.data("a", 5), "")
	s.peer("a").seq -= 5
	s.peer("a").ack -= 100
	s.peer("a").seq += 3
	check(t, "answer to data behind a gap", s.data("a", 5), "ACK")
	_, err := s.h.Receive(s.fds["a"], 10)
	wantErr(t, "Receive", err, winsock.WSAEWOULDBLOCK)
}

func TestSecondRSTForOneSYNIsADuplicate(t *testing.T) { // WS.T3
	s := newStage(t, profiles.Windows(), 0)
	fd := s.socket()
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	syn := s.h.Drain(nil)[0]
	s.refuse(syn)
	s.h.Advance(ms(400))
	s.refuse(syn)
	s.h.Advance(ms(500))
	check(t, "SYNs 500 ms after the first RST", len(s.h.Drain(nil)), 1)
	s.refuse(syn) // it is late: the new SYN has the same number, so it counts
	s.h.Advance(ms(1000))
	check(t, "SYNs 500 ms after the third RST", len(s.h.Drain(nil)), 1)
}

func TestNoBuffersOnAConnection(t *testing.T) { // E7
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	s.accept()
	s.data("a", 5)
	s.h.SetFault(netmodel.FaultNoBuffers, true)
	_, err := s.h.Send(s.fds["a"], 1)
	wantErr(t, "Send", err, winsock.WSAENOBUFS)
	_, err = s.h.Receive(s.fds["a"], 1)
	wantErr(t, "Receive", err, winsock.WSAENOBUFS)
	s.h.SetFault(netmodel.FaultNoBuffers, false)
	n, err := s.h.Receive(s.fds["a"], 10)
	wantErr(t, "Receive afterwards", err, 0)
	check(t, "Receive afterwards", n, 5)
}

func TestQueueIsShownForListenersOnly(t *testing.T) { // P5
	s := newStage(t, profiles.WSP(), 0)
	for _, fd := range []netmodel.FD{0, -1, 99, s.socket(), s.bound(hostIP, port)} {
		if q, ok := s.h.Queue(fd); ok {
			t.Errorf("Queue(%d) = %+v, true, want false", fd, q)
		}
	}
	check(t, "Profile()", s.h.Profile(), profiles.WSP())
}

func TestCutOneWay(t *testing.T) {
	w := newWorld(t, setting{backlog: 2})
	w.client("a", 0, netmodel.ClientConfig{})
	w.n.CutOneWay(w.server, w.crowd, true)
	w.run(time.Second)
	check(t, "SYNs that arrived", len(w.records(netmodel.RequestQueued)), 1)
	check(t, "connected", len(w.records(netmodel.Connected)), 0)
	w.n.CutOneWay(w.server, w.crowd, false)
	w.run(10 * time.Second)
	check(t, "connected after the healing", len(w.records(netmodel.Connected)), 1)
}

func TestClientCanHaveItsOwnTCP(t *testing.T) { // WS.T7
	w := newWorld(t, setting{crowd: profiles.Windows()})
	w.client("first", 0, netmodel.ClientConfig{})
	fast := netmodel.Client{Syn: netmodel.Schedule{First: time.Second}}
	w.client("a", time.Second, netmodel.ClientConfig{TCP: &fast})
	w.client("b", time.Second, netmodel.ClientConfig{})
	w.run(later)
	w.wantFate("a", netmodel.OutcomeRefused, netmodel.QueueFull, 1002*time.Millisecond)
	w.wantFate("b", netmodel.OutcomeRefused, netmodel.QueueFull, 3010*time.Millisecond) // four times 502 ms later
}

func TestRunToForeverStopsWhenNothingIsLeft(t *testing.T) {
	w := newWorld(t, setting{})
	w.client("a", time.Second, netmodel.ClientConfig{})
	w.n.Run(sim.Forever)
	check(t, "Now", w.n.Now(), ms(1003)) // the final ACK
	if _, ok := w.n.Step(sim.Forever); ok {
		t.Error("Step(Forever) found an event after the last one")
	}
	check(t, "Now", w.n.Now(), ms(1003))
}

func TestPrinterShowsWhatIsRare(t *testing.T) {
	silent := profiles.Windows()
	silent.OnFull, silent.SlotReturnDelay = netmodel.IgnoreWhenFull, 5*time.Millisecond
	w := newWorld(t, setting{server: silent})
	h := w.host()
	cond, _ := h.Socket(winsock.SOCK_STREAM)
	wantErr(t, "SetSockOpt", h.SetSockOpt(cond, winsock.SO_CONDITIONAL_ACCEPT, 1), 0)
	wantErr(t, "Bind", h.Bind(cond, netmodel.Addr{Port: port + 1}), 0)
	wantErr(t, "Listen", h.Listen(cond, 2), 0)
	w.client("a", 0, netmodel.ClientConfig{})
	w.n.CutOneWay(w.server, w.crowd, true)
	w.client("b", 10*time.Millisecond, netmodel.ClientConfig{GiveUp: time.Second})
	w.to.Port++
	w.client("o", 20*time.Millisecond, netmodel.ClientConfig{GiveUp: time.Second})
	w.run(4 * time.Second)
	w.n.CutOneWay(w.server, w.crowd, false)
	w.accept(10 * time.Second)
	w.run(11 * time.Second)
	w.n.Cut(w.server, w.crowd, true)
	wantErr(t, "SendClient", w.n.SendClient(1, 5), 0)
	wantErr(t, "CloseSocket", w.host().CloseSocket(w.fd+2), 0)
	w.run(12 * time.Second)
	p := trace.NewPrinter(w.n)
	p.Full = true
	var b []byte
	for _, r := range w.log {
		b = p.Append(b, r)
	}
	for _, want := range []string{"SYN-ACK again, 1", "ignored: queue full", "slot returned late", "[. .] o?", "SO_", "ACK or data", "FIN"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the trace does not contain %q:\n%s", want, b)
		}
	}
}
