package netmodeltest

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/sim"
)

// find returns the connection of a client's present attempt, nil if there is
// none that segments can reach.
func (t *synToy) find(client int) *synConn {
	who := lockstep.Attempt{Client: client, Number: t.numbers[client]}
	for _, c := range slices.Concat(t.done, t.half, t.taken) {
		if c.who == who && !c.aborted && !c.tripped {
			return c
		}
	}
	return nil
}

func (t *synToy) syn(op lockstep.Op) {
	if op.Kind == lockstep.Syn {
		t.numbers[op.Client]++
		t.answers[op.Client] = answer{}
	}
	who := lockstep.Attempt{Client: op.Client, Number: t.numbers[op.Client]}
	switch c := t.find(op.Client); {
	case c == nil && !t.listening:
		t.say(who, lockstep.ReplyRst)
	case c == nil:
		t.request(who)
	case slices.Contains(t.half, c):
		t.say(who, lockstep.ReplySynAck)
		if t.bug != repeatedSynKeepsTimer {
			t.wait(c)
		}
	default:
		t.say(who, lockstep.ReplyAck)
	}
}

// request decides about a SYN. K2, K3
func (t *synToy) request(who lockstep.Attempt) {
	q := &t.profile.SynQueue
	places, synRoom := len(t.done), q.Limit.Of(t.backlog)
	switch t.bug {
	case reservesAtSyn:
		places += len(t.half)
	case looksAtSynQueueOnly:
		places = 0
	case keepsNoRoomForOneMore:
		synRoom--
	}
	crowded := len(t.half) >= synRoom
	switch {
	case crowded && q.Cookies == netmodel.CookiesNever:
	case places >= t.profile.AtSyn.Of(t.backlog) && !t.exception():
		if t.bug == abortRefusesSyn {
			t.say(who, lockstep.ReplyRst)
		}
	case crowded:
		t.cookieAt = t.now
		t.answers[who.Client] = answer{cookie: true, period: period(t.now)}
		t.say(who, lockstep.ReplySynAck)
		if t.bug == cookiesAreSentAgain {
			t.half = append(t.half, t.newConn(who))
			t.wait(t.half[len(t.half)-1])
		}
	default:
		c := t.newConn(who)
		t.half = append(t.half, c)
		t.answers[who.Client] = answer{id: c.id}
		t.say(who, lockstep.ReplySynAck)
		t.wait(c)
	}
}

// exception reports whether a full accept queue lets a SYN in all the same.
func (t *synToy) exception() bool {
	return t.profile.OnFull == netmodel.IgnoreUnlessYoung && (t.young() < t.profile.Young || t.bug == letsEverybodyIn)
}

func (t *synToy) young() int {
	n := 0
	for _, c := range t.half {
		if c.resends == 0 || t.bug == oldOnesAreYoung {
			n++
		}
	}
	return n
}

func (t *synToy) newConn(who lockstep.Attempt) *synConn {
	t.made++
	return &synConn{who: who, id: t.made}
}

// wait sets the timer of the next SYN-ACK.
func (t *synToy) wait(c *synConn) {
	t.made++
	c.due, c.set = t.profile.Timers.Ring(t.now, t.profile.SynAck.Wait(uint8(c.resends))), t.made
}

func period(at sim.Time) int { return int(time.Duration(at) / time.Minute) }

// ack handles the final ACK of a client. K4, K7
func (t *synToy) ack(client int) {
	who, a := lockstep.Attempt{Client: client, Number: t.numbers[client]}, t.answers[client]
	c := t.find(client)
	full := len(t.done) >= t.room()
	switch t.bug {
	case countsHalfOpenAtAck:
		full = len(t.done)+len(t.half) > t.room()
	case admitsOneMore:
		full = len(t.done) > t.room()
	}
	switch {
	case c != nil && !slices.Contains(t.half, c):
	case c == nil && !t.believes(a), c != nil && c.id != a.id && t.bug != cookiesAreSentAgain:
		t.say(who, lockstep.ReplyRst)
	case c == nil && !full:
		t.done = append(t.done, t.newConn(who))
	case c == nil:
		if t.profile.OnAckFull == netmodel.ResetAck && t.bug == abortResetsCookies {
			t.say(who, lockstep.ReplyRst)
		}
	case !full && !(c.ignored && t.bug == believersGetOneTry):
		t.complete(c)
	case t.profile.OnAckFull == netmodel.ResetAck || t.bug == resetsBelievers:
		t.leave(c)
		t.say(who, lockstep.ReplyRst)
	case t.bug == forgetsBelievers:
		t.leave(c)
	default:
		c.ignored = true
	}
}

// believes reports whether an ACK carries a cookie that counts.
func (t *synToy) believes(a answer) bool {
	switch {
	case !t.listening || !a.cookie || t.cookieAt < 0 || t.bug == cookiesAreForgotten:
		return false
	case t.bug == cookiesLastForEver:
		return true
	}
	return period(t.now)-a.period <= 1 && t.now.Sub(t.cookieAt) <= 2*time.Minute
}

func (t *synToy) leave(c *synConn) {
	t.half = slices.DeleteFunc(t.half, func(o *synConn) bool { return o == c })
	t.done = slices.DeleteFunc(t.done, func(o *synConn) bool { return o == c })
}

func (t *synToy) complete(c *synConn) {
	t.leave(c)
	at := len(t.done)
	for t.bug == ordersBySyn && at > 0 && t.done[at-1].id > c.id {
		at--
	}
	t.done = slices.Insert(t.done, at, c)
}

func (t *synToy) clientReset(client int) {
	c := t.find(client)
	switch {
	case c == nil:
	case slices.Contains(t.taken, c):
		c.tripped = true
	case slices.Contains(t.half, c), t.bug == resetGivesThePlaceBack:
		t.leave(c)
	default:
		c.aborted = true
	}
}

// pass lets time pass: half-open connections are sent their SYN-ACK again, and
// given up in the end. K6
func (t *synToy) pass(d time.Duration) {
	until := t.now.Add(d)
	for {
		var next *synConn
		for _, c := range t.half {
			if c.due <= until && (next == nil || c.due < next.due || c.due == next.due && c.set < next.set) {
				next = c
			}
		}
		if next == nil {
			break
		}
		t.now = next.due
		if next.resends < t.patience() {
			next.resends++
			if !next.ignored || t.bug != ignoredAckStopsSynAck {
				t.say(next.who, lockstep.ReplySynAck)
			}
			t.wait(next)
			continue
		}
		t.leave(next)
		if t.bug == expiryResets {
			t.say(next.who, lockstep.ReplyRst)
		}
	}
	t.now = until
}

// patience returns how often a SYN-ACK is sent again: at least twice, and less
// while old half-open connections take more than half the room.
func (t *synToy) patience() int {
	n := int(t.profile.SynAck.Retries)
	if 2*len(t.half) <= max(8, t.backlog) && t.bug != prunesAlways || t.bug == prunesNever {
		return n
	}
	for young := 2 * t.young(); n > 2 && len(t.half) >= young; young *= 2 {
		n--
	}
	return n
}
