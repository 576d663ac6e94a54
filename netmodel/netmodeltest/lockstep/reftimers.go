package lockstep

import (
	"cmp"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// alarm is something that is due at an instant.
type timer struct {
	at    sim.Time
	kind  timerKind
	conn  int // a connection, nobody for a slot
	level int // in a wheel: how coarse its slot is
}

type timerKind uint8

const (
	timerSynAck  timerKind = iota // send the SYN-ACK again, or give up
	timerOffer                    // forget a request that nobody decided about
	timerFin                      // send the FIN again, or give up
	timerFinWait                  // forget a closed connection whose client never closed
	timerSlot                     // a slot comes back
)

func (r *reference) setTimer(what timerKind, about int, after time.Duration) {
	at, coarse := r.due(after)
	r.timers = append(r.timers, timer{at, what, about, coarse})
}

// due returns when a timer rings that is set now, and how coarse its slot in a
// wheel is. Ticks: the n-th tick from now. Wheel: measured.md, section 1; a
// timer set at jiffy j for d jiffies rings at ((e >> s) + 1) << s, e = j + d, s =
// 3 * level, where level 0 holds d < 63, level 1 d < 504, and so on.
func (r *reference) due(after time.Duration) (at sim.Time, coarse int) {
	t := r.profile.Timers
	if t.Kind == netmodel.TimersExact {
		return r.now.Add(after), 0
	}
	tick := time.Second / time.Duration(t.HZ)
	now := time.Duration(r.now) + t.Phase
	d := (after + tick - 1) / tick
	e := now/tick + d
	if t.Kind == netmodel.TimersWheel {
		for bound := time.Duration(63); d >= bound && coarse < 7; bound *= 8 {
			coarse++
		}
		e = (e>>(3*coarse) + 1) << (3 * coarse)
	}
	return max(r.now, sim.Time(e*tick-t.Phase)), coarse
}

// cancel takes back every alarm about a connection.
func (r *reference) cancelTimers(i int) {
	r.timers = slices.DeleteFunc(r.timers, func(a timer) bool { return a.kind != timerSlot && a.conn == i })
}

// Deadline returns the instant of the next alarm, and false if there is none.
func (r *reference) deadline() (sim.Time, bool) {
	if len(r.timers) == 0 {
		return 0, false
	}
	return slices.MinFunc(r.timers, earlier).at, true
}

func earlier(a, b timer) int { return cmp.Compare(a.at, b.at) }

// pass lets time pass. Alarms of one instant ring in the order of setting; in a
// wheel the coarsest slot first, and in each the one that was set last. L19
func (r *reference) advance(until sim.Time) {
	for {
		at, ok := r.deadline()
		if !ok || at > until {
			break
		}
		r.now = at
		for _, a := range r.dueAt(at) {
			if n := slices.Index(r.timers, a); n >= 0 { // not taken back meanwhile
				r.timers = slices.Delete(r.timers, n, n+1)
				r.expire(a)
			}
		}
	}
	r.now = until
}

// together returns the alarms that are due at an instant, in the order in which
// they ring.
func (r *reference) dueAt(at sim.Time) []timer {
	var out []timer
	for _, a := range r.timers {
		if a.at == at {
			out = append(out, a)
		}
	}
	if r.profile.Timers.Kind != netmodel.TimersWheel {
		return out[:1] // what rings may set another one for this instant, behind the others
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

// awaitAck waits before the next SYN-ACK, but not beyond the limit.
func (r *reference) awaitAck(i int) {
	c, s := &r.conns[i], r.profile.SynAck
	r.cancelTimers(i)
	pause := delayAfter(s, c.resends)
	if s.Limit > 0 {
		pause = max(0, min(pause, s.Limit-r.now.Sub(c.since)))
	}
	r.setTimer(timerSynAck, i, pause)
}

// synAckAgain sends a SYN-ACK again or, after the last one, gives up. WS.T9, K6
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
		c.over, c.broken = true, netmodel.WSAETIMEDOUT
		r.decide(netmodel.Broken, i, netmodel.HandshakeOver)
		return
	}
	r.withdraw(i, netmodel.HandshakeOver)
}

// wait is the pause after so many retransmissions: the first ones alike, then
// each so many times the one before, twice if nothing is said, up to the ceiling.
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

// ends reports whether the end of a wait is the end of all: after the last
// retransmission, at the limit, or, where the first waits are alike, when as much
// time has passed as the others alone would have taken. L10
func givesUp(s netmodel.Schedule, resends int, passed time.Duration) bool {
	grown := s
	grown.Linear = 0
	doubled := time.Duration(0)
	for n := range int(s.Retries) + 1 {
		doubled += delayAfter(grown, n)
	}
	return resends >= int(s.Retries)+int(s.Linear) || s.Limit > 0 && passed >= s.Limit || s.Linear > 0 && passed >= doubled
}
