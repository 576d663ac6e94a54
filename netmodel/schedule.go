package netmodel

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// Client says how the connecting side of a stack behaves.
type Client struct {
	Syn     Schedule // an unanswered SYN. WS.T1, WS.T2
	Refused Refused  // an RST that answers a SYN. WS.T3, WS.T4
}

// Refused says what a client does about an RST in answer to its SYN: it sends
// the SYN again, Gap later, up to Retries times, and then reports
// WSAECONNREFUSED. The zero value reports it at once.
type Refused struct {
	Retries uint8         // SYNs sent again, together with those that timed out
	Gap     time.Duration // from the RST to the next SYN; never doubled
	// An RST seen once decides the error, even if silence followed. WS.T6
	// (unknown; the last event decides unless this is set).
	Sticks bool
}

// Schedule says when something is sent again: First after the first sending,
// Linear times more after the same wait, and then each wait Factor times the
// one before, but at most Max. It is sent again Retries + Linear times, and the
// wait after the last one ends in failure. Limit, if not 0, ends the whole thing
// earlier.
type Schedule struct {
	First  time.Duration // > 0
	Factor uint8         // 0 = 2, doubling; 1 = every wait is the first
	Max    time.Duration // 0 = no ceiling
	// Waits of the same length before they grow; net.ipv4.tcp_syn_linear_timeouts.
	// Then the end of a wait is also the end of all when as much time has passed as
	// Retries alone would have taken. (L10: 318 of 318 schedules)
	Linear  uint8
	Retries uint8
	Limit   time.Duration // from the first sending; 0 = none; net.inet.tcp.keepinit
}

// Wait returns how long to wait after the given number of retransmissions.
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
			return math.MaxInt64 // for ever
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

// ends reports whether the end of a wait is the end of all, so many
// retransmissions and so much time after the first sending.
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

// wait returns Wait cut to what Limit leaves.
func (s *Schedule) wait(retransmissions uint8, passed time.Duration) time.Duration {
	d := s.Wait(retransmissions)
	if s.Limit > 0 {
		d = max(0, min(d, s.Limit-passed))
	}
	return d
}

// Validate says what is wrong with the settings of a connecting side.
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
		return fmt.Errorf("schedule: ceiling %v and limit %v must not be negative", s.Max, s.Limit)
	case s.Retries > 30 || s.Linear > 30:
		return fmt.Errorf("schedule: %d retransmissions and %d before them: want at most 30 each", s.Retries, s.Linear)
	case s.Factor > 10:
		return fmt.Errorf("schedule: factor %d: want 0 to 10", s.Factor)
	}
	return nil
}

// Instants yields when a segment that nobody answers is sent again, counted from the first
// sending, and last, with over, when its sender gives up. A schedule without an end yields
// no last one.
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
