package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// What was measured on Linux 6.18.44 with raw segments over a TUN device.

func TestLinuxNeverWaitsLongerThanTwoMinutesForAnAnswerToItsSyn(t *testing.T) { // K13
	for _, row := range []struct {
		why             string
		linear, retries string
		syns            int
		failed          float64
	}{
		{"measured: 251.04 s with the slots of the wheel", "0", "7", 7, 247},
		{"each further one costs two minutes", "0", "9", 9, 487},
		{"the linear ones are within the same time", "4", "7", 11, 251},
	} {
		p := tuned(t, profiles.Linux(), "tcp_syn_linear_timeouts", row.linear, "tcp_syn_retries", row.retries)
		again, failed := synTimes(t, exact(p), p.Client)
		check(t, row.why+": SYNs again", len(again), row.syns)
		check(t, row.why+": ETIMEDOUT", failed, seconds(row.failed)[0])
		if _, failed := synTimes(t, p, p.Client); failed < seconds(row.failed)[0] || failed > seconds(row.failed)[0]*9/8 {
			t.Errorf("%s: with a wheel ETIMEDOUT at %v", row.why, failed)
		}
	}
}

func TestHalfOpenConnectionsGoToTheOtherListenerToo(t *testing.T) { // K15
	p := tuned(t, exact(profiles.Linux()), "tcp_migrate_req", "1")
	s, b := sharing(t, p, 20, 20)
	a := s.fd
	s.fd = b
	for i := range 8 {
		check(t, "SYN", s.syn("c"+itoa(i)), "SYN-ACK")
	}
	there, _ := s.h.Queue(a)
	if there.HalfOpen == 0 || there.HalfOpen == 8 {
		t.Fatalf("%d of 8 half-open at the listener that closes: want some of them", there.HalfOpen)
	}
	wantErr(t, "close", s.h.CloseSocket(a), 0)
	here, _ := s.h.Queue(b)
	check(t, "half-open at the other", here.HalfOpen, 8)
	s.wait(time.Second)
	check(t, "the timer of c0 goes on", s.heard("c0"), "SYN-ACK")
	for i := range 8 {
		check(t, "final ACK", s.ack("c"+itoa(i)), "")
	}
	for i := range 8 {
		if got := s.accept(); len(got) != 2 || got[0] != 'c' {
			t.Errorf("accept %d: %s, want one of the eight", i, got)
		}
	}
}

func TestADeferredConnectionThatMigratesIsNoLongerDeferred(t *testing.T) {
	p := exact(profiles.Linux())
	p.Migrates, p.OnAckFull = true, netmodel.DeferAck
	s, b := sharing(t, p, 5, 5)
	a := s.fd
	for i := range 12 {
		s.syn("c" + itoa(i))
	}
	wantErr(t, "listen", s.h.Listen(a, 0), 0)
	wantErr(t, "listen", s.h.Listen(b, 0), 0)
	for i := range 12 {
		s.ack("c" + itoa(i))
	}
	wantErr(t, "close", s.h.CloseSocket(a), 0)
	check(t, "check after one is closed", s.h.Check(), nil)
	wantErr(t, "close", s.h.CloseSocket(b), 0) // did not return once
	check(t, "check after both are closed", s.h.Check(), nil)
}

func TestAPhantomThatHasWrittenAndResetsIsGoneAtOnce(t *testing.T) { // K8
	s := listening(t, exact(profiles.Linux()), 0)
	s.half("b")
	s.open("a")
	check(t, "final ACK of b", s.ack("b"), "")
	check(t, "data of b", s.data("b", 5), "")
	check(t, "b resets, ahead of what was taken from it, and is challenged", s.rst("b"), "ACK")
	s.peer("b").seq -= 5
	check(t, "its answer is an RST that fits", s.rst("b"), "")
	q, _ := s.h.Queue(s.fd)
	check(t, "half-open", q.HalfOpen, 0)
	check(t, "it is gone", s.last(netmodel.Withdrawn).Cause, netmodel.ClientWithdrew)
}

func TestTheEndOfAStreamComesBeforeAReset(t *testing.T) { // K12
	for _, row := range []struct {
		why      string
		accepted bool // before the client went
	}{{"while it waited", false}, {"after it was accepted", true}} {
		s := listening(t, exact(profiles.Linux()), 1)
		s.open("a")
		take := func() netmodel.FD {
			got, err := s.h.Accept(s.fd)
			wantErr(t, "accept", err, 0)
			return got.FD
		}
		fd := netmodel.FD(0)
		if row.accepted {
			fd = take()
		}
		s.data("a", 4)
		s.fin("a")
		s.rst("a")
		if !row.accepted {
			fd = take()
		}
		for _, want := range []int{4, 0, 0} {
			n, err := s.h.Receive(fd, 100)
			wantErr(t, row.why+": receive", err, 0)
			check(t, row.why+": receive", n, want)
		}
		_, err := s.h.Send(fd, 1)
		wantErr(t, row.why+": send", err, winsock.EPIPE)
	}
}

func TestASynAtAFullQueueCountsTheCookieItDidNotGetWhenAllGetOne(t *testing.T) { // K7
	s := listening(t, tuned(t, exact(profiles.Linux()), "tcp_syncookies", "2"), 0)
	check(t, "SYN", s.syn("a"), "SYN-ACK")
	check(t, "final ACK", s.ack("a"), "")
	before := s.counters()
	check(t, "SYN at the full queue", s.syn("b"), "")
	after := s.counters()
	check(t, "ListenOverflows", after.ListenOverflows-before.ListenOverflows, 1)
	check(t, "ListenDrops", after.ListenDrops-before.ListenDrops, 1)
	check(t, "TCPReqQFullDoCookies", after.TCPReqQFullDoCookies-before.TCPReqQFullDoCookies, 1)
}

func TestACookieIsGoodForEveryListenerThatSharesTheAddress(t *testing.T) { // K7 K15
	p := tuned(t, exact(profiles.Linux()), "tcp_syncookies", "2")
	s := newStage(t, p, 0)
	share := func() netmodel.FD {
		fd := s.socket()
		s.set(fd, winsock.SO_REUSEPORT, 1)
		wantErr(t, "bind", s.h.Bind(fd, netmodel.Addr{Port: port}), 0)
		wantErr(t, "listen", s.h.Listen(fd, 5), 0)
		return fd
	}
	first := share()
	check(t, "the first answers with a cookie", s.syn("a"), "SYN-ACK")
	s.fd = share() // joins, and has sent none
	wantErr(t, "close the first", s.h.CloseSocket(first), 0)
	check(t, "final ACK", s.ack("a"), "")
	check(t, "accept", s.accept(), "a")
}

func TestAReleaseHasTheProfileOfItsEra(t *testing.T) {
	for release, want := range map[string]string{
		"6.18.44-fc-v595": "linux", "6.13": "linux", "6.12.9": "linux6.5", "6.5.0": "linux6.5", "6.1.119": "linux5.4", "5.4.0": "linux5.4",
		"5.3.18": "linux4.10", "4.9.1": "linux4.3", "4.2.0": "linux2.6.20", "3.10.0-1160.el7": "linux2.6.20", "2.6.32": "linux2.6.20",
		"2.6.19": "linux2.4", "2.4.20": "linux2.4", "2.2.26": "linux2.2",
	} {
		p, err := profiles.LinuxOf(release)
		check(t, "error of "+release, err, nil)
		check(t, "profile of "+release, p.Name, want)
	}
	for _, release := range []string{"", "banana", "6", "-6.1", "v6.18"} {
		if _, err := profiles.LinuxOf(release); err == nil {
			t.Errorf("LinuxOf(%q) has no error", release)
		}
	}
}
