package netmodel

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// plainTimer is a timer of the sorted slice.
type plainTimer struct {
	at    sim.Time
	order int
	place int32
}

func TestTimersRingInTheOrderOfASortedList(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 3))
		waits := make([]time.Duration, 1+r.IntN(80)) // also more lists than a stack ever needs
		for i := range waits {
			waits[i] = time.Duration(1 + r.IntN(20)) // few, so that ties are the rule
			if seed%2 == 0 {
				waits[i] = time.Duration(1 + r.IntN(1000))
			}
		}
		var timers timerLists
		var plain []plainTimer
		now, order := sim.Time(0), 0
		for step := range 3_000 {
			switch r.IntN(4) {
			case 0, 1:
				wait := waits[r.IntN(len(waits))]
				at := now.Add(wait)
				if r.IntN(8) == 0 {
					at = now.Add(wait / 2) // a wheel that rounds now this way, now that
				}
				order++
				k := timers.set(wait, timer{at: at})
				i, _ := slices.BinarySearchFunc(plain, at, func(p plainTimer, at sim.Time) int {
					if p.at <= at {
						return -1
					}
					return 1
				})
				plain = slices.Insert(plain, i, plainTimer{at, order, k})
			case 2:
				if len(plain) > 0 {
					i := r.IntN(len(plain))
					timers.cancel(plain[i].place)
					plain = slices.Delete(plain, i, i+1)
				}
			case 3:
				if len(plain) > 0 {
					k := timers.next()
					if now = plain[0].at; k != plain[0].place || timers.armed[k].at != now {
						t.Fatalf("seed %d, step %d: timer %d rings at %v, want %d at %v", seed, step, k, timers.armed[k].at, plain[0].place, now)
					}
					timers.take(k)
					timers.cancel(k)
					plain = plain[1:]
				}
			}
			at, ok := timers.deadline()
			if ok != (len(plain) > 0) || ok && at != plain[0].at || timers.count != len(plain) {
				t.Fatalf("seed %d, step %d: deadline() = %v, %v with %d timers; want those of %v", seed, step, at, ok, timers.count, plain[:min(1, len(plain))])
			}
		}
		if n := len(timers.lists); n > len(waits) {
			t.Errorf("seed %d: %d lists for %d different waits", seed, n, len(waits))
		}
	}
}

func TestAListOfTimersThatIsEmptyServesTheNextWait(t *testing.T) {
	var timers timerLists
	for i := range 1_000 {
		k := timers.set(time.Duration(i+1), timer{at: sim.Time(i + 1)})
		if i%2 == 0 {
			timers.cancel(k)
		} else {
			timers.take(k)
			timers.cancel(k)
		}
	}
	if n := len(timers.lists); n != 1 {
		t.Errorf("%d lists after 1,000 different waits, one at a time; want 1", n)
	}
}

// SO_LINGER runs out in the slot in which data would be sent again: it was set last,
// rings first, and breaks the connection.
func TestATimerThatIsTakenBackWhileItsSlotRingsDoesNotRing(t *testing.T) {
	h := NewHost(HostConfig{Profile: Linux(), Addrs: []IP{testIP}})
	_ = h.Startup()
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	i := h.table.lookup(fd)
	s := &h.socks[i]
	s.state, s.local, s.remote = stateOpen, Addr{testIP, 1}, Addr{testIP + 1, 2}
	s.sent, s.acked = 2, 1
	h.addTuple(i)
	h.arm(i, time.Second)
	s.lingering = h.schedule(i, time.Second, timerLinger)
	h.DrainRecords(nil)
	at, _ := h.Deadline()
	h.Advance(at)
	for _, r := range h.DrainRecords(nil) {
		if r.Kind != Broken {
			t.Errorf("record %+v: want nothing but the break", r)
		}
	}
	if h.timers.count != 0 || s.state != stateBroken {
		t.Errorf("%d timers are set, the socket is in state %d; want none, broken", h.timers.count, s.state)
	}
	if a, b := h.timers.set(1, timer{}), h.timers.set(1, timer{}); a == b {
		t.Error("one place was freed twice: two timers have it")
	}
}
