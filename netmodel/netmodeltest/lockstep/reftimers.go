package lockstep

import (
	"cmp"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// timer is something that is due at an instant.
type timer struct {
	at    sim.Time
	kind  timerKind
	conn  int // the connection, noConn for a slot
	level int // its level in a timer wheel
}

type timerKind uint8

const (
	timerSynAck  timerKind = iota // send the SYN-ACK again, or give up
	timerOffer                    // forget a request that no accept decided about
	timerFin                      // send the FIN again, or give up
	timerFinWait                  // forget a closed connection whose client did not close
	timerSlot                     // make a slot available
)

func (r *reference) setTimer(what timerKind, about int, after time.Duration) {
	at, coarse := r.due(after)
	r.timers = append(r.timers, timer{at, what, about, coarse})
}

// due returns when a timer that is set now expires, and its level in a wheel. With ticks
// a delay ends at a tick. With a wheel, a timer for d jiffies that is set at jiffy j
// expires at ((e >> s) + 1) << s. There e is j + d, and s is 3 * level. Level 0 holds
// d < 63, level 1 d < 504, and so on. L19
func (r *reference) due(after time.Duration) (at sim.Time, coarse int) {
	t := r.profile.Timers
	if t.HZ == 0 {
		return r.now.Add(after), 0
	}
	tick := time.Second / time.Duration(t.HZ)
	now := time.Duration(r.now) + t.Phase
	d := (after + tick - 1) / tick
	e := now/tick + d
	if t.Wheel {
		for bound := time.Duration(63); d >= bound && coarse < 7; bound *= 8 {
			coarse++
		}
		e = (e>>(3*coarse) + 1) << (3 * coarse)
	}
	return max(r.now, sim.Time(e*tick-t.Phase)), coarse
}

// cancelTimers removes every timer of a connection.
func (r *reference) cancelTimers(i int) {
	r.timers = slices.DeleteFunc(r.timers, func(a timer) bool { return a.kind != timerSlot && a.conn == i })
}

// deadline returns when the next timer is due. It returns false if there is none.
func (r *reference) deadline() (sim.Time, bool) {
	if len(r.timers) == 0 {
		return 0, false
	}
	return slices.MinFunc(r.timers, earlier).at, true
}

func earlier(a, b timer) int { return cmp.Compare(a.at, b.at) }

// advance lets time pass. Timers of one instant expire in the order of setting. In a
// wheel the coarsest level expires first, and in each level the timer that was set last.
// L19
func (r *reference) advance(until sim.Time) {
	for {
		at, ok := r.deadline()
		if !ok || at > until {
			break
		}
		r.now = at
		for _, a := range r.dueAt(at) {
			if n := slices.Index(r.timers, a); n >= 0 { // not cancelled meanwhile
				r.timers = slices.Delete(r.timers, n, n+1)
				r.expire(a)
			}
		}
	}
	r.now = until
}

// dueAt returns the timers that are due at an instant, in the order in which they
// expire.
func (r *reference) dueAt(at sim.Time) []timer {
	var out []timer
	for _, a := range r.timers {
		if a.at == at {
			out = append(out, a)
		}
	}
	if !r.profile.Timers.Wheel {
		return out[:1] // it may set another timer for this instant, behind the others
	}
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b timer) int { return b.level - a.level })
	if len(out) > 1 {
		r.mark(markTimersTogether)
	}
	return out
}

func (r *reference) expire(a timer) {
	if a.kind == timerSlot {
		r.returning-- // WS.Q5
		r.fill()
		r.decisions = append(r.decisions, decision{netmodel.SlotFilled, Attempt{}, netmodel.SlotReturned})
		r.mark(markLateSlot)
		r.promote()
		return
	}
	c := &r.conns[a.conn]
	switch a.kind {
	case timerOffer:
		r.withdraw(a.conn, netmodel.OfferExpired)
	case timerFinWait:
		r.remove(a.conn)
		r.mark(markFinWaitOver)
	case timerFin:
		if c.resends == int(r.profile.Data.Retries)+int(r.profile.Data.Linear) {
			r.remove(a.conn)
			r.decide(netmodel.Broken, a.conn, netmodel.DataUnanswered)
			return
		}
		c.resends++
		r.sendFin(a.conn, false)
	case timerSynAck:
		r.synAckAgain(a.conn)
	}
}

// awaitAck sets the timer of the next SYN-ACK, at most to the limit.
func (r *reference) awaitAck(i int) {
	c, s := &r.conns[i], r.profile.SynAck
	r.cancelTimers(i)
	pause := delayAfter(s, c.resends)
	if s.Limit > 0 {
		pause = max(0, min(pause, s.Limit-r.now.Sub(c.since)))
	}
	r.setTimer(timerSynAck, i, pause)
}

// synAckAgain sends a SYN-ACK again, or gives up after the last one. WS.T9, K6
func (r *reference) synAckAgain(i int) {
	c, s := &r.conns[i], r.profile.SynAck
	passed := r.now.Sub(c.since)
	all := givesUp(s, c.resends, passed)
	if r.profile.SynQueue.Prunes && r.separate() && slices.Contains(r.half, i) {
		s.Retries = uint8(r.patience(int(s.Retries)))
	}
	switch {
	case !givesUp(s, c.resends, passed):
		c.resends++
		r.sendSynAck(i)
		r.mark(markSynAckAgain)
		return
	case !all:
		r.mark(markPruned)
	case s.Limit > 0 && passed >= s.Limit:
		r.mark(markSynAckLimit)
	}
	if slices.Contains(r.accepted, i) {
		c.over, c.broken = true, winsock.WSAETIMEDOUT
		r.decide(netmodel.Broken, i, netmodel.HandshakeTimeout)
		return
	}
	r.withdraw(i, netmodel.HandshakeTimeout)
}

// delayAfter returns the delay after so many retransmissions. The first delays are
// equal. Each later one is Factor times the one before it, 2 times if Factor is 0, and
// at most Max.
func delayAfter(s netmodel.Schedule, resends int) time.Duration {
	factor := max(time.Duration(s.Factor), 1)
	if s.Factor == 0 {
		factor = 2
	}
	d := s.First
	for n := range resends + 1 {
		if n > int(s.Linear) {
			d *= factor
		}
		if s.Max > 0 {
			d = min(d, s.Max)
		}
	}
	return d
}

// givesUp reports whether a host gives up at the end of a delay. That is after the last
// retransmission, and at the limit. With equal first delays it is also after the total
// time that Retries alone would need. L10
func givesUp(s netmodel.Schedule, resends int, passed time.Duration) bool {
	grown := s
	grown.Linear = 0
	doubled := time.Duration(0)
	for n := range int(s.Retries) + 1 {
		doubled += delayAfter(grown, n)
	}
	return resends >= int(s.Retries)+int(s.Linear) || s.Limit > 0 && passed >= s.Limit || s.Linear > 0 && passed >= doubled
}
