package lockstep

import (
	"slices"

	"wspsim/netmodel"
)

// screen decides about a request where half-open connections have a SYN queue. It tests
// the SYN queue first, if a full one drops SYNs. Then it tests the accept queue,
// eviction from the SYN queue, the last quarter of the SYN queue, and whether to send a
// cookie. K2, K3
func (r *reference) screen(client int) {
	p := &r.profile
	q := &p.SynQueue
	full := len(r.half) >= r.synRoom
	cookie := q.Cookies == netmodel.CookiesAlways || q.Cookies == netmodel.CookiesWhenFull && full
	if full && !cookie && !q.Evicts {
		r.turnAway(client, netmodel.SynQueueFull, netmodel.IgnoreWhenFull)
		return
	}
	if len(r.done) >= r.atSyn {
		if p.OnFull != netmodel.IgnoreUnlessYoung || r.young() >= p.Young { // ST.6
			r.turnAway(client, netmodel.QueueFull, p.OnFull)
			return
		}
		r.mark(markYoungException)
	}
	switch {
	case full && !cookie && !r.evict():
		r.turnAway(client, netmodel.SynQueueFull, netmodel.IgnoreWhenFull)
	case q.KeepsQuarter && q.Cookies == netmodel.CookiesNever && len(r.half)+q.Max/4 > q.Max:
		r.turnAway(client, netmodel.LastQuarter, netmodel.IgnoreWhenFull)
	case cookie:
		r.sendCookie(client)
	default:
		if full {
			r.mark(markEvictedFromSynQueue)
		}
		r.admit(client)
	}
}

// young returns how many half-open connections were sent only one SYN-ACK.
func (r *reference) young() int {
	n := 0
	for _, i := range r.half {
		if r.conns[i].resends == 0 {
			n++
		}
	}
	return n
}

// evict forgets a half-open connection. It returns false if there is none to forget.
// ST.3
func (r *reference) evict() bool {
	victims := slices.Clone(r.half)
	switch r.profile.SynQueue.Victim {
	case netmodel.VictimTimedOut:
		victims = slices.DeleteFunc(victims, func(i int) bool { return r.conns[i].resends == 0 })
	case netmodel.VictimRandom: // any may go; the system's queue shows which one went
		gone := slices.DeleteFunc(slices.Clone(victims), func(i int) bool {
			return r.survivors == nil || slices.ContainsFunc(r.survivors, func(e Entry) bool { return e.Attempt == r.conns[i].who })
		})
		if len(gone) == 1 {
			victims = gone
		}
	}
	if len(victims) == 0 {
		r.mark(markNoVictim)
		return false
	}
	r.cookies = cookieUse{true, r.now} // the cookie in its SYN-ACK is valid from now on
	r.withdraw(victims[0], netmodel.Evicted)
	return true
}

// finalAck handles the final ACK of a half-open connection. It returns whether the
// connection takes the rest of the segment. K4
func (r *reference) finalAck(k Kind, client, i int) bool {
	c := &r.conns[i]
	full := r.separate() && slices.Contains(r.half, i) && len(r.done) >= r.atAck
	if !full || r.profile.OnAckFull == netmodel.AdmitAck {
		switch {
		case full:
			r.mark(markAckAdmitted)
		case c.ignored && k == Ack:
			r.mark(markPromotedByAck)
		case c.ignored:
			r.mark(markPromotedByData)
		}
		r.clients[client].phantom = false
		r.complete(i)
		return true
	}
	switch r.profile.OnAckFull {
	case netmodel.ResetAck:
		r.reset(i, netmodel.AckOverflow)
	case netmodel.ForgetAck: // ST.8
		r.clients[client].phantom = true
		r.withdraw(i, netmodel.AckOverflow)
	case netmodel.DeferAck: // ST.9
		r.remove(i)
		c.complete, c.resends = true, 0
		r.putOff = append(r.putOff, i)
		r.decide(netmodel.AckDeferred, i, netmodel.HeldBack)
		return true
	default:
		c.ignored, r.clients[client].phantom = true, true
		r.decide(netmodel.AckIgnored, i, netmodel.AckOverflow)
	}
	return false
}

// promote lets connections into the queues that wait outside them, while there is room.
// ST.2, ST.9
func (r *reference) promote() {
	for len(r.held) > 0 && r.available > 0 {
		i := r.held[0]
		r.held = without(r.held, i)
		r.half = append(r.half, i)
		r.available--
		r.decide(netmodel.RequestQueued, i, netmodel.Queued)
		r.sendSynAck(i)
		r.mark(markHeldIn)
	}
	for len(r.putOff) > 0 && len(r.done) < r.atAck {
		i := r.putOff[0]
		r.putOff = without(r.putOff, i)
		r.join(i, netmodel.HandshakeComplete)
		r.mark(markDeferredIn)
	}
}

// patience returns how often a SYN-ACK is sent again. It falls below retries, to 2 at
// least, while half-open connections take more than half the SYN queue. It is one less if
// there are twice as many as young ones, two less if four times as many, and so on. K6
func (r *reference) patience(retries int) int {
	if 2*len(r.half) <= max(8, r.backlog) {
		return retries
	}
	for share := 2; retries > 2 && share*r.young() <= len(r.half); share *= 2 {
		retries--
	}
	return retries
}
