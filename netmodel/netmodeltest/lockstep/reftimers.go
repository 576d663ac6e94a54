package lockstep

import (
	"cmp"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// alarm is something that is due at an instant.
type alarm struct {
	at     sim.Time
	what   ring
	about  int // a connection, nobody for a slot
	coarse int // in a wheel: how coarse its slot is
}

type ring uint8

const (
	ringSynAck  ring = iota // send the SYN-ACK again, or give up
	ringOffer               // forget a request that nobody decided about
	ringData                // send the FIN again, or give up
	ringFinWait             // forget a closed connection whose client never closed
	ringSlot                // a slot comes back
)

func (r *Reference) alarm(what ring, about int, after time.Duration) {
	at, coarse := r.due(after)
	r.alarms = append(r.alarms, alarm{at, what, about, coarse})
}

// due returns when a timer rings that is set now, and how coarse its slot in a
// wheel is. Ticks: the n-th tick from now. Wheel: measured.md, section 1; a
// timer set at jiffy j for d jiffies rings at ((e >> s) + 1) << s, e = j + d, s =
// 3 * level, where level 0 holds d < 63, level 1 d < 504, and so on.
func (r *Reference) due(after time.Duration) (at sim.Time, coarse int) {
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

// cancel takes back every alarm about a connection.
func (r *Reference) cancel(i int) {
	r.alarms = slices.DeleteFunc(r.alarms, func(a alarm) bool { return a.what != ringSlot && a.about == i })
}

// Deadline returns the instant of the next alarm, and false if there is none.
func (r *Reference) Deadline() (sim.Time, bool) {
	if len(r.alarms) == 0 {
		return 0, false
	}
	return slices.MinFunc(r.alarms, earlier).at, true
}

func earlier(a, b alarm) int { return cmp.Compare(a.at, b.at) }

// pass lets time pass. Alarms of one instant ring in the order of setting; in a
// wheel the coarsest slot first, and in each the one that was set last. L19
func (r *Reference) pass(until sim.Time) {
	for {
		at, ok := r.Deadline()
		if !ok || at > until {
			break
		}
		r.now = at
		for _, a := range r.together(at) {
			if n := slices.Index(r.alarms, a); n >= 0 { // not taken back meanwhile
				r.alarms = slices.Delete(r.alarms, n, n+1)
				r.ring(a)
			}
		}
	}
	r.now = until
}

// together returns the alarms that are due at an instant, in the order in which
// they ring.
func (r *Reference) together(at sim.Time) []alarm {
	var out []alarm
	for _, a := range r.alarms {
		if a.at == at {
			out = append(out, a)
		}
	}
	if !r.profile.Timers.Wheel {
		return out[:1] // what rings may set another one for this instant, behind the others
	}
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b alarm) int { return b.coarse - a.coarse })
	if len(out) > 1 {
		r.mark(MarkRangTogether)
	}
	return out
}

func (r *Reference) ring(a alarm) {
	if a.what == ringSlot {
		r.late-- // WS.Q5
		r.fill()
		r.fates = append(r.fates, Fate{netmodel.SlotFilled, Try{}, netmodel.SlotReturned})
		r.mark(MarkLateSlot)
		r.letIn()
		return
	}
	c := &r.conns[a.about]
	switch a.what {
	case ringOffer:
		r.withdraw(a.about, netmodel.OfferExpired)
	case ringFinWait:
		r.remove(a.about)
		r.mark(MarkFinWaitOver)
	case ringData:
		if c.resends == int(r.profile.Data.Retries)+int(r.profile.Data.Linear) {
			r.remove(a.about)
			r.fate(netmodel.Broken, a.about, netmodel.DataUnanswered)
			return
		}
		c.resends++
		r.sendFin(a.about, false)
	case ringSynAck:
		r.synAckAgain(a.about)
	}
}

// awaitAck waits before the next SYN-ACK, but not beyond the limit.
func (r *Reference) awaitAck(i int) {
	c, s := &r.conns[i], r.profile.SynAck
	r.cancel(i)
	pause := wait(s, c.resends)
	if s.Limit > 0 {
		pause = max(0, min(pause, s.Limit-r.now.Sub(c.since)))
	}
	r.alarm(ringSynAck, i, pause)
}

// synAckAgain sends a SYN-ACK again or, after the last one, gives up. WS.T9, K6
func (r *Reference) synAckAgain(i int) {
	c, s := &r.conns[i], r.profile.SynAck
	passed := r.now.Sub(c.since)
	all := ends(s, c.resends, passed)
	if r.profile.SynQueue.Prunes && r.separate() && slices.Contains(r.half, i) {
		s.Retries = uint8(r.patience(int(s.Retries)))
	}
	switch {
	case !ends(s, c.resends, passed):
		c.resends++
		r.sendSynAck(i)
		r.mark(MarkSynAckAgain)
		return
	case !all:
		r.mark(MarkPruned)
	case s.Limit > 0 && passed >= s.Limit:
		r.mark(MarkSynAckLimit)
	}
	if slices.Contains(r.taken, i) {
		c.over, c.broken = true, winsock.WSAETIMEDOUT
		r.fate(netmodel.Broken, i, netmodel.HandshakeOver)
		return
	}
	r.withdraw(i, netmodel.HandshakeOver)
}

// wait is the pause after so many retransmissions: the first ones alike, then
// each so many times the one before, twice if nothing is said, up to the ceiling.
func wait(s netmodel.Schedule, resends int) time.Duration {
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
func ends(s netmodel.Schedule, resends int, passed time.Duration) bool {
	grown := s
	grown.Linear = 0
	doubled := time.Duration(0)
	for n := range int(s.Retries) + 1 {
		doubled += wait(grown, n)
	}
	return resends >= int(s.Retries)+int(s.Linear) || s.Limit > 0 && passed >= s.Limit || s.Linear > 0 && passed >= doubled
}
