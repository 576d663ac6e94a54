package netmodel

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// Client says how the connecting side of a stack behaves.
type Client struct {
	Syn     Schedule // retransmission of an unanswered SYN. WS.T1, WS.T2
	Refused Refused  // the reaction to an RST that answers a SYN. WS.T3, WS.T4
}

// Refused says what a client does when an RST answers its SYN. It sends the SYN again after
// Gap, up to Retries times. Then connect fails with WSAECONNREFUSED. With the zero value
// connect fails at once.
type Refused struct {
	Retries uint8         // SYNs sent again, including the SYNs sent again after a timeout
	Gap     time.Duration // from the RST to the next SYN; it never grows
	// After one RST the error is WSAECONNREFUSED, even if silence followed. Without Sticks the
	// last event decides. WS.T6 (unknown; without Sticks is chosen)
	Sticks bool
}

// Schedule says when a segment is retransmitted. The first wait is First. Linear further
// waits have the same length. Each later wait is Factor times the wait before, but at most
// Max. The segment is retransmitted Retries + Linear times. The sender gives up at the end
// of the wait after the last one. Limit, if not 0, makes the sender give up earlier.
type Schedule struct {
	First  time.Duration // > 0
	Factor uint8         // 0 = 2, doubling; 1 = every wait has the length First
	Max    time.Duration // 0 = no maximum
	// Waits of the length First before waits grow; net.ipv4.tcp_syn_linear_timeouts. If not
	// 0, the sender gives up at the first timeout after the total time that Retries alone
	// would need. (L10: 318 of 318 schedules)
	Linear  uint8
	Retries uint8
	Limit   time.Duration // from the first transmission; 0 = none; net.inet.tcp.keepinit
}

// Wait returns how long to wait after the given number of retransmissions. It does not
// count Limit.
func (s Schedule) Wait(retransmissions uint8) time.Duration {
	d := s.First
	factor := time.Duration(s.Factor)
	if factor == 0 {
		factor = 2
	}
	for range int(retransmissions) - int(s.Linear) {
		if s.Max > 0 && d >= s.Max {
			return s.Max
		}
		if d > math.MaxInt64/factor {
			return math.MaxInt64 // the wait does not end
		}
		if d *= factor; factor == 1 {
			break
		}
	}
	if s.Max > 0 && d > s.Max {
		return s.Max
	}
	return d
}

// ends reports whether the sender gives up at the end of a wait, after the given number of
// retransmissions. passed is the time since the first transmission.
func (s *Schedule) ends(retransmissions uint8, passed time.Duration) bool {
	switch {
	case int(retransmissions) >= int(s.Retries)+int(s.Linear), s.Limit > 0 && passed >= s.Limit:
		return true
	case s.Linear == 0:
		return false
	}
	growing, all := Schedule{First: s.First, Factor: s.Factor, Max: s.Max}, time.Duration(0)
	for n := range s.Retries + 1 {
		if all += growing.Wait(n); all < 0 || all > passed {
			return false
		}
	}
	return true
}

// wait returns the smaller of Wait and the time that Limit leaves.
func (s *Schedule) wait(retransmissions uint8, passed time.Duration) time.Duration {
	d := s.Wait(retransmissions)
	if s.Limit > 0 {
		d = max(0, min(d, s.Limit-passed))
	}
	return d
}

// Validate returns an error that says what is wrong with the settings, or nil.
func (c Client) Validate() error {
	if c.Refused.Gap < 0 || c.Refused.Gap > 24*time.Hour {
		return fmt.Errorf("client: gap %v after a refusal: want 0 to %v", c.Refused.Gap, 24*time.Hour)
	}
	return c.Syn.validate()
}

func (s Schedule) validate() error {
	const longest = 24 * time.Hour
	switch {
	case s.First <= 0 || s.First > longest:
		return fmt.Errorf("schedule: first wait %v: want more than 0, at most %v", s.First, longest)
	case s.Max < 0 || s.Limit < 0:
		return fmt.Errorf("schedule: ceiling %v, limit %v: want none that is negative", s.Max, s.Limit)
	case s.Retries > 30 || s.Linear > 30:
		return fmt.Errorf("schedule: %d retransmissions and %d linear ones: want at most 30 each", s.Retries, s.Linear)
	case s.Factor > 10:
		return fmt.Errorf("schedule: factor %d: want 0 to 10", s.Factor)
	}
	return nil
}

// Instants yields the instants of the retransmissions of an unanswered segment, counted from
// the first transmission. The last instant, with over true, is when the sender gives up. A
// schedule without an end yields no such instant.
func (s Schedule) Instants() iter.Seq2[time.Duration, bool] {
	return func(yield func(at time.Duration, over bool) bool) {
		at := time.Duration(0)
		for n := uint8(0); ; n++ {
			wait := s.wait(n, at)
			if wait > maxWait {
				return
			}
			at += wait
			if over := s.ends(n, at); !yield(at, over) || over {
				return
			}
		}
	}
}
