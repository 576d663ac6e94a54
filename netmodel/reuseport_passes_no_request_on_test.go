package netmodel_test

import (
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// sharing returns a stage with two listeners on one address that share it with
// SO_REUSEPORT. The second one is returned; the first is the stage's.
func sharing(t *testing.T, p netmodel.Profile, first, second int) (*stage, netmodel.FD) {
	t.Helper()
	s := newStage(t, p, 0)
	var fds [2]netmodel.FD
	for i, backlog := range []int{first, second} {
		fds[i] = s.socket()
		s.set(fds[i], winsock.SO_REUSEPORT, 1)
		wantErr(t, "Bind", s.h.Bind(fds[i], netmodel.Addr{Port: port}), 0)
		wantErr(t, "Listen", s.h.Listen(fds[i], backlog), 0)
	}
	s.fd = fds[0]
	return s, fds[1]
}

func TestAFullReuseportListenerDoesNotPassRequestsOn(t *testing.T) { // K15
	const clients = 40
	var there [clients]bool // whom the hash sends to the second listener, when both have room
	s, second := sharing(t, profiles.Linux(), 64, 64)
	for i := range clients {
		before, _ := s.h.Queue(second)
		s.open("c" + itoa(i))
		after, _ := s.h.Queue(second)
		there[i] = after.Complete > before.Complete
	}
	s, second = sharing(t, profiles.Linux(), 0, 64)
	connected, wanted, here := 0, 1, 0
	for i := range clients {
		name, want := "c"+itoa(i), ""
		if there[i] {
			wanted++
		}
		if here == 0 && !there[i] || there[i] {
			want = "SYN-ACK"
		}
		if !there[i] {
			here++
		}
		got := s.syn(name)
		check(t, "SYN of "+name, got, want)
		if got == "SYN-ACK" {
			check(t, "final ACK of "+name, s.ack(name), "")
			connected++
		}
	}
	check(t, "connected", connected, wanted)
	if here < clients/4 || here > clients*3/4 {
		t.Errorf("%d of %d clients were sent to the first listener, want about half", here, clients)
	}
	q, _ := s.h.Queue(second)
	check(t, "queued at the second, which has room", q.Complete, wanted-1)
}

func TestAClosingReuseportListenerResetsOrHandsOver(t *testing.T) { // K15
	for _, row := range []struct {
		migrate     string
		queued      int
		hears       string
		accepted    int
		why         string
		handedOver  int
		limitStands int
	}{
		{"0", 4, "RST", 4, "its queue is reset", 0, 4},
		{"1", 8, "", 8, "its four move to the other, beyond what that one would admit", 4, 4},
	} {
		s, second := sharing(t, tuned(t, profiles.Linux(), "tcp_migrate_req", row.migrate), 3, 3)
		var first []string
		for i := range 40 { // fills both
			q1, _ := s.h.Queue(s.fd)
			name := "c" + itoa(i)
			if s.syn(name) == "" {
				continue
			}
			s.ack(name)
			if now, _ := s.h.Queue(s.fd); now.Complete > q1.Complete {
				first = append(first, name)
			}
		}
		check(t, row.why+": queued at the first", len(first), 4)
		wantErr(t, "CloseSocket", s.close(s.fd), 0)
		for _, name := range first {
			check(t, row.why+": "+name+" hears", s.heard(name), row.hears)
		}
		q, _ := s.h.Queue(second)
		check(t, row.why+": queued", q.Complete, row.queued)
		check(t, row.why+": limit", q.Limit, row.limitStands)
		check(t, row.why+": TCPMigrateReqSuccess", s.counters().TCPMigrateReqSuccess, row.handedOver)
		s.fd = second
		got := 0
		for range 10 {
			if s.accept() != "WSAEWOULDBLOCK" {
				got++
			}
		}
		check(t, row.why+": accepted", got, row.accepted)
	}
}

func TestTheLastReuseportListenerHasNobodyToHandOverTo(t *testing.T) { // K15
	s, second := sharing(t, tuned(t, profiles.Linux(), "tcp_migrate_req", "1"), 3, 3)
	wantErr(t, "CloseSocket of the second", s.close(second), 0)
	s.open("a")
	wantErr(t, "CloseSocket of the first", s.close(s.fd), 0)
	check(t, "a hears", s.heard("a"), "RST")
}

func TestAReuseportListenerThatIsFullIgnoresTheSynOnTheWire(t *testing.T) { // K15
	s, _ := sharing(t, profiles.Linux(), 0, 0)
	for i := range 20 {
		if name := "c" + itoa(i); s.syn(name) == "SYN-ACK" {
			s.ack(name)
		}
	}
	check(t, "PassiveOpens", s.counters().PassiveOpens, 2) // L18: 2 * (b+1) hold
	check(t, "ListenOverflows", s.counters().ListenOverflows, 18)
}
