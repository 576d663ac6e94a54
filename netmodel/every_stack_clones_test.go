package netmodel

import (
	"reflect"
	"testing"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// busyStack is busy for a stack without a condition function: a listener with
// complete, half-open and aborted connections, open, closing and connecting
// sockets, a file and waiting segments.
func busyStack(t *testing.T, p Profile) *Host {
	t.Helper()
	h := NewHost(HostConfig{Profile: p, Addrs: []IP{testIP}, Descriptors: 20})
	_ = h.Startup()
	fd := listenOn(t, h, testPort, false)
	_ = listenOn(t, h, testPort+1, false)
	for i := range byte(6) {
		handshake(t, h, i, testPort)
	}
	for range 2 {
		a, err := h.Accept(fd)
		if err != nil {
			t.Fatalf("%s: Accept: %v", p.Name, err)
		}
		_, _ = h.Send(a.FD, 100)
	}
	_ = h.CloseSocket(fd + 3)
	for i := byte(10); i < 20; i++ { // fills it, and more
		syn(h, i, testPort)
		syn(h, i, testPort+1)
	}
	reset(h, 4)
	c, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Connect(c, Addr{testIP + 9, 9})
	_, _ = h.Socket(winsock.SOCK_DGRAM)
	_, _ = h.OpenFile()
	h.Advance(sim.Time(1100 * time.Millisecond))
	mustHold(t, h)
	return h
}

func TestCloneOfEveryStackSharesNothing(t *testing.T) {
	for _, p := range Profiles() {
		if p.Options == OptionsWindows {
			continue // TestCloneSharesNothing
		}
		p.Backlog.Max = max(p.Backlog.Max, 8)
		h := busyStack(t, p)
		before, clone := h.Clone(), h.Clone()
		out := exercise(clone)
		if now := h.Clone(); !reflect.DeepEqual(now, before) { // a clone leaves the scratch behind
			t.Errorf("%s: the host changed when its clone was used: %s", p.Name, difference(now, before))
		}
		before2 := before.Clone()
		if again := exercise(h); !reflect.DeepEqual(out, again) {
			t.Errorf("%s: the host sends %v, its clone has sent %v", p.Name, again, out)
		}
		if !reflect.DeepEqual(before, before2) {
			t.Errorf("%s: the clone changed when the host was used: %s", p.Name, difference(before, before2))
		}
		mustHold(t, h)
		mustHold(t, clone)
	}
}

// The counts of two queues must be able to be wrong.
func TestInvariantsOfTwoQueuesCanFail(t *testing.T) {
	for _, row := range []struct {
		want, why string
		corrupt   func(h *Host, l *listener)
	}{
		{"young connections are counted: ", "one too many", func(_ *Host, l *listener) { l.young++ }},
		{"slots fit the backlog: ", "half-open ones took none", func(_ *Host, l *listener) { l.available-- }},
		{"queues are in order: ", "two half-open ones have changed places", func(h *Host, l *listener) {
			a, b := &h.socks[l.half.head], &h.socks[l.half.tail]
			a.serial, b.serial = b.serial, a.serial
		}},
		{"a closed listener owns nothing: ", "one is in no queue", func(h *Host, l *listener) { h.unlinkHalf(l, l.half.head) }},
		{"a refused client had a reason: ", "the accept queue was not full", func(h *Host, _ *listener) {
			h.refusal = refusal{why: QueueFull, complete: 2, atSyn: 3}
		}},
		{"a refused client had a reason: ", "the SYN queue was not full", func(h *Host, _ *listener) {
			h.refusal = refusal{why: SynQueueFull, half: 2, synRoom: 3}
		}},
	} {
		h := busyStack(t, Linux())
		row.corrupt(h, &h.lists[1])
		if err := h.Check(); err == nil || len(err.Error()) < len(row.want) || err.Error()[:len(row.want)] != row.want {
			t.Errorf("%s: Check() = %v, want %q", row.why, err, row.want)
		}
	}
}
