package netmodel_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// synTimes connects to nobody and returns when the SYN went out again and when
// connect failed, after the first SYN.
func synTimes(t *testing.T, p netmodel.Profile, c netmodel.Client) (again []time.Duration, failed time.Duration) {
	t.Helper()
	s := newStage(t, p, 0)
	fd := s.socket()
	wantErr(t, "SetClient", s.h.SetClient(fd, c), 0)
	wantErr(t, "Connect", s.h.Connect(fd, netmodel.Addr{IP: netmodel.IPv4(10, 9, 0, 1), Port: port}), winsock.WSAEWOULDBLOCK)
	s.ring()
	for _, r := range s.log {
		switch r.Kind {
		case netmodel.SynRetransmitted:
			again = append(again, time.Duration(r.At))
		case netmodel.ConnectFailed:
			check(t, p.Name+": connect", r.Errno, winsock.WSAETIMEDOUT)
			failed = time.Duration(r.At)
		}
	}
	return again, failed
}

// synAckTimes lets a SYN-ACK go unanswered and returns when it went out again and
// when the request was gone, after the SYN.
func synAckTimes(t *testing.T, p netmodel.Profile) (again []time.Duration, gone time.Duration) {
	t.Helper()
	s := listening(t, p, 4)
	s.half("a")
	s.ring()
	for _, r := range s.log {
		switch r.Kind {
		case netmodel.SynAckRetransmitted:
			again = append(again, time.Duration(r.At))
		case netmodel.Withdrawn:
			gone = time.Duration(r.At)
		}
	}
	return again, gone
}

// ring advances the host from timer to timer until it waits for nothing.
func (s *stage) ring() {
	s.t.Helper()
	for range 100 {
		at, waits := s.h.Deadline()
		if !waits {
			return
		}
		s.h.Advance(at)
		s.pump()
	}
	s.t.Errorf("the host waits for something still, after 100 timers and at %v", s.h.Now())
}

// jiffy is a tick of a kernel with 250 of them a second.
const jiffy = 4 * time.Millisecond

func TestAWheelRingsAsMeasured(t *testing.T) {
	wheel := netmodel.Timers{Wheel: true, HZ: 250}
	for _, row := range []struct {
		set   time.Duration // when
		wait  time.Duration
		phase time.Duration
		want  time.Duration
		why   string
	}{
		{0, 0, 0, jiffy, "never at once"},
		{0, jiffy, 0, 2 * jiffy, "level 0: the tick after"},
		{0, 1, 0, 2 * jiffy, "a part of a tick is one"},
		{3 * time.Millisecond, jiffy, 0, 2 * jiffy, "from the tick that was"},
		{0, 62 * jiffy, 0, 63 * jiffy, "the last wait of level 0"},
		{0, 63 * jiffy, 0, 64 * jiffy, "level 1: the next of every eighth tick"},
		{0, 64 * jiffy, 0, 72 * jiffy, "also from such a tick"},
		{0, time.Second, 0, 1024 * time.Millisecond, "1 s is 24 ms late"},
		{1024 * time.Millisecond, time.Second, 0, 2048 * time.Millisecond, "and 1.024 s apart from then on"},
		{20 * time.Millisecond, time.Second, 0, 1024 * time.Millisecond, "or 4 ms late"},
		{24 * time.Millisecond, time.Second, 0, 1056 * time.Millisecond, "or 32 ms"},
		{27 * time.Millisecond, time.Second, 0, 1056 * time.Millisecond, "29 ms: set within a tick"},
		{0, 2 * time.Second, 0, 2016 * time.Millisecond, "2 s: 16 ms"},
		{0, 503 * jiffy, 0, 504 * jiffy, "the last wait of level 1"},
		{0, 504 * jiffy, 0, 512 * jiffy, "level 2: the next of every 64th"},
		{0, 4 * time.Second, 0, 4096 * time.Millisecond, "4 s: 96 ms"},
		{96 * time.Millisecond, 4 * time.Second, 0, 4352 * time.Millisecond, "or 256 ms"},
		{0, 8 * time.Second, 0, 8192 * time.Millisecond, "8 s: 192 ms"},
		{0, 16 * time.Second, 0, 16128 * time.Millisecond, "16 s: 128 ms"},
		{0, 4032 * jiffy, 0, 4096 * jiffy, "level 3: the next of every 512th"},
		{0, 32 * time.Second, 0, 32768 * time.Millisecond, "32 s: 768 ms"},
		{0, 64 * time.Second, 0, 65536 * time.Millisecond, "64 s: 1.536 s"},
		{0, 32256 * jiffy, 0, 32768 * jiffy, "level 4"},
		{0, time.Second, 8 * time.Millisecond, 1016 * time.Millisecond, "the clock was two ticks further"},
		{0, time.Second, 24 * time.Millisecond, 1032 * time.Millisecond, "six ticks: the next slot"},
		{0, time.Second, 3 * time.Millisecond, 1021 * time.Millisecond, "three quarters of a tick"},
	} {
		wheel.Phase = row.phase
		got := time.Duration(wheel.Expiry(sim.Time(row.set), row.wait))
		check(t, fmt.Sprintf("Expiry(%v, %v) at phase %v: %s", row.set, row.wait, row.phase, row.why), got, row.want)
	}
}

func TestTheWheelFollowsTheFormula(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		hz := rapid.SampledFrom([]int{100, 250, 300, 1000}).Draw(rt, "HZ")
		tick := time.Second / time.Duration(hz)
		j := rapid.Int64Range(0, 1<<24).Draw(rt, "jiffy")
		d := rapid.Int64Range(1, 32255).Draw(rt, "ticks")
		wheel := netmodel.Timers{Wheel: true, HZ: hz}
		shift := 0 // Linux, kernel/time/timer.c, LVL_START: 3 * level; levels end at 63, 504, 4032, 32256 ticks
		for _, limit := range []int64{63, 504, 4032} {
			if d >= limit {
				shift += 3
			}
		}
		want := sim.Time(((j+d)>>shift + 1) << shift * int64(tick))
		if got := wheel.Expiry(sim.Time(j*int64(tick)), time.Duration(d)*tick); got != want {
			rt.Errorf("Expiry(tick %d, %d ticks) at %d Hz = %v, want %v", j, d, hz, got, want)
		}
	})
}

func TestAWheelIsNeverEarlyAndNeverVeryLate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		wheel := netmodel.Timers{
			Wheel: true,
			HZ:    rapid.SampledFrom([]int{100, 250, 300, 1000}).Draw(rt, "HZ"),
			Phase: time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(rt, "phase")),
		}
		tick := time.Second / time.Duration(wheel.HZ)
		now := sim.Time(rapid.Int64Range(0, int64(24*time.Hour)).Draw(rt, "now"))
		d := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "wait"))
		late := wheel.Expiry(now, d).Sub(now.Add(d))
		// Slots of level n have 8^n ticks and hold waits from 63 * 8^(n-1) on: the
		// eighth of the kernel's comments is 8/63. A tick for rounding up.
		if most := d*8/63 + 2*tick; late < 0 || late > most {
			rt.Errorf("Expiry(%v, %v) of %+v is %v late, want 0 to %v", now, d, wheel, late, most)
		}
		longer := d + time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(rt, "more"))
		if a, b := wheel.Expiry(now, d), wheel.Expiry(now, longer); a > b {
			rt.Errorf("Expiry(%v, %v) = %v, but Expiry(%v, %v) = %v: want no earlier", now, d, a, now, longer, b)
		}
	})
}

func TestTicksRingWithinATickOfTheWait(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ticks := netmodel.Timers{
			HZ:    rapid.SampledFrom([]int{2, 100, 250, 1000}).Draw(rt, "HZ"),
			Phase: time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(rt, "phase")),
		}
		tick := time.Second / time.Duration(ticks.HZ)
		now := sim.Time(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "now"))
		d := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "wait"))
		at := ticks.Expiry(now, d)
		if off := at.Sub(now.Add(d)); at < now || off <= -tick || off >= tick {
			rt.Errorf("Expiry(%v, %v) of %+v is off by %v, want less than a tick", now, d, ticks, off)
		}
	})
}

func TestExactTimersRingAtTheNanosecond(t *testing.T) {
	check(t, "Expiry(3 ms, 5 ns)", netmodel.Timers{}.Expiry(ms(3), 5), ms(3)+5)
}

func TestLinuxSendsItsSynAsMeasured(t *testing.T) { // K13
	for _, row := range []struct {
		linear, retries uint8
		again           []time.Duration
		failed          float64
	}{
		{0, 1, seconds(1), 3},
		{0, 2, seconds(1, 3), 7},
		{0, 3, seconds(1, 3, 7), 15},
		{0, 5, seconds(1, 3, 7, 15, 31), 63},
		{0, 6, seconds(1, 3, 7, 15, 31, 63), 127},
		{1, 1, seconds(1, 2), 4},
		{1, 2, seconds(1, 2, 4), 8},
		{1, 3, seconds(1, 2, 4, 8), 16},
		{1, 5, seconds(1, 2, 4, 8, 16, 32), 64},
		{1, 6, seconds(1, 2, 4, 8, 16, 32, 64), 128},
		{2, 1, seconds(1, 2), 3},
		{2, 2, seconds(1, 2, 3, 5), 9},
		{2, 3, seconds(1, 2, 3, 5, 9), 17},
		{2, 5, seconds(1, 2, 3, 5, 9, 17, 33), 65},
		{2, 6, seconds(1, 2, 3, 5, 9, 17, 33, 65), 129},
		{4, 1, seconds(1, 2), 3},
		{4, 2, seconds(1, 2, 3, 4, 5), 7},
		{4, 3, seconds(1, 2, 3, 4, 5, 7, 11), 19},
		{4, 5, seconds(1, 2, 3, 4, 5, 7, 11, 19, 35), 67},
		{4, 6, seconds(1, 2, 3, 4, 5, 7, 11, 19, 35, 67), 131},
	} {
		p := tuned(t, profiles.Linux(), "tcp_syn_linear_timeouts", itoa(int(row.linear)), "tcp_syn_retries", itoa(int(row.retries)))
		again, failed := synTimes(t, exact(p), p.Client)
		what := fmt.Sprintf("tcp_syn_linear_timeouts %d, tcp_syn_retries %d", row.linear, row.retries)
		check(t, what+": SYN again", fmt.Sprint(again), fmt.Sprint(row.again))
		check(t, what+": ETIMEDOUT", failed, seconds(row.failed)[0])
		again, failed = synTimes(t, p, p.Client)
		check(t, what+" with a wheel: SYNs", len(again), len(row.again))
		if wait := seconds(row.failed)[0]; failed < wait || failed > wait+wait/8 {
			t.Errorf("%s with a wheel: ETIMEDOUT at %v, want %v and at most an eighth more", what, failed, wait)
		}
	}
}

func TestAWaitCountsRetransmissionsAndTheLinearOnesFirst(t *testing.T) {
	for _, row := range []struct {
		s    netmodel.Schedule
		want []time.Duration
		why  string
	}{
		{netmodel.Schedule{First: time.Second}, seconds(1, 2, 4, 8), "doubling"},
		{netmodel.Schedule{First: time.Second, Linear: 2}, seconds(1, 1, 1, 2, 4), "linear first"},
		{netmodel.Schedule{First: time.Second, Factor: 1}, seconds(1, 1, 1, 1), "factor 1 never grows"},
		{netmodel.Schedule{First: time.Second, Factor: 4}, seconds(1, 4, 16), "4.4BSD"},
		{netmodel.Schedule{First: time.Second, Max: 3 * time.Second}, seconds(1, 2, 3, 3), "a ceiling"},
		{netmodel.Schedule{First: 5 * time.Second, Max: 3 * time.Second}, seconds(3, 3), "a ceiling below the first wait"},
	} {
		for n, want := range row.want {
			check(t, fmt.Sprintf("%s: Wait(%d)", row.why, n), row.s.Wait(uint8(n)), want)
		}
	}
}

// Twenty clients whose SYNs fall into one slot of the wheel send them again in
// the opposite order, and the next time in the first one again. (L19: 333 of 336)
func TestTimersOfOneSlotRingLastComeFirstServed(t *testing.T) {
	w := newWorld(t, setting{server: profiles.Linux(), crowd: profiles.Linux(), backlog: 1})
	w.crowdOf(2, 0, netmodel.ClientConfig{})
	w.run(10 * time.Millisecond)
	for i := range 20 {
		w.client("w"+itoa(i), 10*time.Millisecond+time.Duration(i)*100*time.Microsecond, netmodel.ClientConfig{})
	}
	w.run(4 * time.Second)
	again := w.records(netmodel.SynRetransmitted)
	if len(again) != 60 {
		t.Fatalf("%d SYNs went out again in 4 s, want 3 of each of 20 clients", len(again))
	}
	for k, r := range again {
		round, n := k/20, k%20
		want := 19 - n
		if round%2 == 1 {
			want = n
		}
		check(t, fmt.Sprintf("round %d, SYN %d: client", round+1, n+1), w.n.ConnName(r.Conn), "w"+itoa(want))
		check(t, fmt.Sprintf("round %d: instant", round+1), r.At, again[round*20].At)
	}
}

func TestTheCoarserSlotRingsFirst(t *testing.T) {
	s := listening(t, profiles.Linux(), 10)
	s.half("a") // 1 s: a slot of eight ticks
	s.wait(1024*time.Millisecond - 2*jiffy)
	fd := s.socket()
	fine := netmodel.Client{Syn: netmodel.Schedule{First: 1, Retries: 1}} // a slot of one tick, set last
	wantErr(t, "SetClient", s.h.SetClient(fd, fine), 0)
	wantErr(t, "Connect", s.h.Connect(fd, netmodel.Addr{IP: netmodel.IPv4(10, 9, 0, 1), Port: port}), winsock.WSAEWOULDBLOCK)
	s.log = nil
	s.wait(8 * time.Millisecond)
	var order []netmodel.Kind
	for _, r := range s.log {
		if r.Kind == netmodel.SynAckRetransmitted || r.Kind == netmodel.SynRetransmitted {
			order = append(order, r.Kind)
		}
	}
	check(t, "order of ringing", fmt.Sprint(order), fmt.Sprint([]netmodel.Kind{netmodel.SynAckRetransmitted, netmodel.SynRetransmitted}))
}
