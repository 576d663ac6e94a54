package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// stuck returns a world in which a client is a phantom. The queue of listen(1) is full with
// two connections that no program accepts. The host has ignored the final ACK of a third
// client, whose SYN arrived while there was room.
func stuck(t *testing.T, server netmodel.Profile, c netmodel.ClientConfig) *world {
	t.Helper()
	w := newWorld(t, setting{server: server, crowd: profiles.Linux(), backlog: 1})
	w.client("full1", 0, netmodel.ClientConfig{})
	w.client("full2", 10*time.Millisecond, netmodel.ClientConfig{})
	w.client("stuck", 10*time.Millisecond, c)
	w.run(20 * time.Millisecond)
	for _, f := range w.n.Results() {
		want := netmodel.ProgressQueued
		if w.n.ClientName(f.Client) == "stuck" {
			want = netmodel.ProgressPhantom
		}
		check(t, "standing of "+w.n.ClientName(f.Client), f.Progress, want)
	}
	return w
}

// after returns the first record of a kind about a client at an instant or later.
func (w *world) after(kind netmodel.Kind, name string, from sim.Time) netmodel.Record {
	for _, r := range w.records(kind) {
		if w.n.ConnName(r.Conn) == name && r.At >= from {
			return r
		}
	}
	return netmodel.Record{}
}

func TestAPhantomThatSendsGetsInByItsFirstRetransmissionAfterRoom(t *testing.T) { // K4
	w := stuck(t, profiles.Linux(), netmodel.ClientConfig{Send: 5})
	const room = 5030 * time.Millisecond // measured on Linux 6.18, with other times than in L11: room at 5.03 s, in at 6.34 s
	check(t, "accept", w.accept(room), "full1")
	w.run(30 * time.Second)
	again := w.after(netmodel.DataRetransmitted, "stuck", sim.Time(room))
	in := w.after(netmodel.Completed, "stuck", 0)
	check(t, "it gets in a way after its retransmission", in.At, again.At.Add(time.Millisecond))
	if in.At < sim.Time(6*time.Second) || in.At > sim.Time(7*time.Second) {
		t.Errorf("a phantom that sends gets in at %v, want between 6 and 7 s: measured 6.34 s", in.At)
	}
	check(t, "accept", w.accept(30*time.Second), "full2")
	check(t, "accept", w.accept(30*time.Second), "stuck")
}

func TestAPhantomWhoseRequestExpiredIsResetAtItsNextRetransmission(t *testing.T) { // K6
	for _, row := range []struct {
		retries string
		expires time.Duration
	}{
		{"1", 3 * time.Second},
		{"2", 7 * time.Second},
		{"5", 63 * time.Second},
	} {
		w := stuck(t, tuned(t, profiles.Linux(), "tcp_synack_retries", row.retries), netmodel.ClientConfig{Send: 5})
		w.run(200 * time.Second)
		gone := w.after(netmodel.Withdrawn, "stuck", 0)
		again := w.after(netmodel.DataRetransmitted, "stuck", gone.At)
		if gone.At < sim.Time(row.expires) || gone.Cause != netmodel.HandshakeTimeout {
			t.Errorf("tcp_synack_retries %s: %v at %v, want expiry after %v", row.retries, gone.Cause, gone.At, row.expires)
		}
		f := w.result("stuck")
		check(t, "tcp_synack_retries "+row.retries+": outcome", f.Outcome, netmodel.OutcomeReset)
		check(t, "tcp_synack_retries "+row.retries+": two ways after the retransmission", f.At, again.At.Add(2*time.Millisecond))
	}
}

// L11 with tcp_synack_retries 1: data goes out 0.39 s after the handshake, and the
// RST comes at 3.79 s.
func TestAPhantomIsResetWhenMeasured(t *testing.T) { // K6
	w := stuck(t, tuned(t, profiles.Linux(), "tcp_synack_retries", "1"), netmodel.ClientConfig{})
	w.run(400 * time.Millisecond)
	id, _ := w.n.ClientByName("stuck")
	wantErr(t, "SendClient", w.n.SendClient(id, 4), 0)
	w.run(20 * time.Second)
	f := w.result("stuck")
	if off := time.Duration(f.At) - 3790*time.Millisecond; f.Outcome != netmodel.OutcomeReset || off < -100*time.Millisecond || off > 100*time.Millisecond {
		t.Errorf("the phantom is %v at %v, want reset at 3.79 s, give or take 100 ms for the phase of the wheel", f.Outcome, f.At)
	}
}

func TestASilentPhantomNeverLearnsOfIt(t *testing.T) { // K6
	w := stuck(t, profiles.Linux(), netmodel.ClientConfig{})
	w.run(time.Hour)
	check(t, "standing after an hour", w.result("stuck").Progress, netmodel.ProgressPhantom)
	check(t, "its request", w.after(netmodel.Withdrawn, "stuck", 0).Cause, netmodel.HandshakeTimeout)
	id, _ := w.n.ClientByName("stuck")
	wantErr(t, "SendClient", w.n.SendClient(id, 1), 0) // write succeeds
	w.run(time.Hour + time.Second)
	check(t, "outcome after it has written", w.result("stuck").Outcome, netmodel.OutcomeReset)
}

func TestASilentPhantomGetsInAtASynAckWhenThereIsRoom(t *testing.T) { // K4
	w := stuck(t, profiles.Linux(), netmodel.ClientConfig{})
	check(t, "accept", w.accept(2*time.Second), "full1")
	w.run(10 * time.Second)
	again := w.after(netmodel.SynAckRetransmitted, "stuck", sim.Time(2*time.Second))
	check(t, "in two ways after the SYN-ACK", w.after(netmodel.Completed, "stuck", 0).At, again.At.Add(2*time.Millisecond))
}

func TestBatchesOfRetransmissionsMakePhantomsOnLoopback(t *testing.T) { // K8
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 5, link: netmodel.Link{Latency: time.Microsecond}})
	w.crowdOf(16, 100*time.Microsecond, netmodel.ClientConfig{}) // six get in, ten wait
	w.run(500 * time.Millisecond)
	for range 3 {
		w.accept(500 * time.Millisecond)
	}
	w.run(1200 * time.Millisecond)
	s := w.progress()
	check(t, "L03: trying", s[netmodel.ProgressTrying], 0)
	check(t, "queued", s[netmodel.ProgressQueued], 6)
	check(t, "phantom", s[netmodel.ProgressPhantom], 7)
	q, _ := w.host().Queue(w.fd)
	check(t, "of these half-open: the ones whose SYN was stored", q.HalfOpen, 3)
}

func TestAWaitingClientIsRefusedOnceTheListenerIsClosed(t *testing.T) { // K11
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 1})
	w.crowdOf(3, 10*time.Millisecond, netmodel.ClientConfig{})
	w.at(300*time.Millisecond, func(h *netmodel.Host) { wantErr(t, "CloseSocket", h.CloseSocket(w.fd), 0) })
	w.run(3 * time.Second)
	check(t, "queued: c1", w.result("c1").Outcome, netmodel.OutcomeReset)
	again := w.after(netmodel.SynRetransmitted, "c3", 0)
	w.wantResult("c3", netmodel.OutcomeRefused, netmodel.NoListener, time.Duration(again.At)+2*time.Millisecond)
}

func TestAUnixConnectThatFindsNoRoomFailsAtOnce(t *testing.T) { // K16
	for n := range 6 {
		w := newWorld(t, setting{server: profiles.Unix(), crowd: profiles.Unix()})
		wantErr(t, "Listen", w.host().Listen(w.fd, n), 0)
		w.crowdOf(n+4, time.Millisecond, netmodel.ClientConfig{})
		w.run(time.Second)
		q, _ := w.host().Queue(w.fd)
		check(t, "listen("+itoa(n)+"): connected", q.Complete, n+1)
		failed := 0
		for _, r := range w.records(netmodel.ConnectFailed) {
			failed++
			check(t, "connect", w.n.ErrnoName(w.crowd, r.Errno), "EAGAIN")
			_, rule := profiles.ReasonIn(w.n, r)
			check(t, "rule", rule, "K16")
		}
		check(t, "listen("+itoa(n)+"): failed", failed, 3)
		check(t, "accept", w.accept(time.Second), "c1")
		w.client("late", time.Second, netmodel.ClientConfig{})
		w.run(2 * time.Second)
		check(t, "one more after one accept", w.result("late").Progress, netmodel.ProgressQueued)
	}
}
