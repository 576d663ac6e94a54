package lockstep

import (
	"slices"

	"wspsim/netmodel"
)

// screen decides about a request where half-open connections have a queue of
// their own. Tested are, in this order: the SYN queue, if a full one is silent;
// the accept queue; then whether somebody in the SYN queue makes room, the last
// quarter of it, and what the SYN-ACK shall be. K2, K3
func (r *reference) screen(client int) {
	p := &r.profile
	q := &p.SynQueue
	full := len(r.half) >= r.synRoom
	cookie := q.Cookies == netmodel.CookiesAlways || q.Cookies == netmodel.CookiesWhenFull && full
	if full && !cookie && q.OnFull == netmodel.SynQueueDrops {
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

// young is how many half-open connections were sent one SYN-ACK only.
func (r *reference) young() int {
	n := 0
	for _, i := range r.half {
		if r.conns[i].resends == 0 {
			n++
		}
	}
	return n
}

// evict forgets a half-open connection, and reports whether there was one to
// forget. ST.3
func (r *reference) evict() bool {
	victims := slices.Clone(r.half)
	switch r.profile.SynQueue.Victim {
	case netmodel.VictimTimedOut:
		victims = slices.DeleteFunc(victims, func(i int) bool { return r.conns[i].resends == 0 })
	case netmodel.VictimRandom: // anybody may go: whoever has gone
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
	r.cookies = cookieUse{true, r.now} // what its SYN-ACK carried counts from now on
	r.withdraw(victims[0], netmodel.Evicted)
	return true
}

// finalAck deals with what acknowledges the SYN-ACK of a half-open connection,
// and reports whether the rest of the segment is taken. K4
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
		r.decide(netmodel.AckPutOff, i, netmodel.HeldBack)
		return true
	default:
		c.ignored, r.clients[client].phantom = true, true
		r.decide(netmodel.AckIgnored, i, netmodel.AckOverflow)
	}
	return false
}

// letIn lets those in who wait outside the queue, while there is room. ST.2, ST.9
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

// patience is how often a SYN-ACK is sent again while old half-open connections
// take more than half the room: once less for each time that the young ones, were
// they twice as many, and twice again, would still be no more than all. K6
func (r *reference) patience(retries int) int {
	if 2*len(r.half) <= max(8, r.backlog) {
		return retries
	}
	for share := 2; retries > 2 && share*r.young() <= len(r.half); share *= 2 {
		retries--
	}
	return retries
}
