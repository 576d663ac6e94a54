package lockstep

import (
	"math"
	"slices"

	"wspsim/netmodel"
)

// sizes is what follows from the backlog of a listener.
type sizes struct {
	backlog int // the effective one
	limit   int // most that may be pending
	atSyn   int // how many fit when a SYN comes
	atAck   int // how many fit when the final ACK comes
	synRoom int // how many fit into the SYN queue
}

// separate reports whether half-open connections have a queue of their own.
func (r *Reference) separate() bool { return r.profile.SynQueue.Separate }

// resize sets what follows from the argument of listen.
func (r *Reference) resize(argument int) { r.sizes = r.sizesOf(argument) }

// sizesOf returns what a listener would be with an argument of listen. What is
// pending is limited where a slot is taken: at the final ACK if there is a SYN
// queue, unless anything fits there.
func (r *Reference) sizesOf(argument int) sizes {
	p, before := &r.profile, r.sizes.synRoom
	s := sizes{backlog: effective(p.Backlog, argument)}
	s.atSyn, s.atAck = fits(p.AtSyn, s.backlog), math.MaxInt32
	s.limit = max(0, s.atSyn)
	if !p.SynQueue.Separate {
		return s
	}
	if s.atAck = fits(p.AtAck, s.backlog); !p.AtAck.None {
		s.limit = max(0, s.atAck)
	}
	s.synRoom = r.synRoomFor(s.backlog)
	if p.SynQueue.Size == netmodel.SizePow2OfBacklog && before > 0 && before != s.synRoom {
		s.synRoom = before // fixed by the first listen
		r.mark(MarkSynRoomFixed)
	}
	return s
}

// effective is the backlog that is in force after listen(n): first what is a
// hint, then what stands for the maximum, then scaling, then the nearest legal
// value. C1, C2, P4, WS.B6, K1
func effective(b netmodel.Backlog, n int) int {
	switch {
	case b.HintMax != 0 && n < -b.HintMax:
		return b.HintMax
	case b.HintMax != 0 && n < 0:
		return max(-n, b.HintMin)
	case b.Somaxconn != 0 && n == b.Somaxconn, n < 0 && b.NegativeIsMax, n == 0 && b.ZeroIsMax:
		return b.Max
	case b.Den > 0: // a negative one stands for 0
		n = int(min(math.MaxInt32, int64(max(n, 0))*int64(b.Num)/int64(b.Den)+int64(b.Add)))
	}
	switch {
	case n < b.Min:
		return b.Min
	case n > b.Max:
		return b.Max
	}
	return n
}

// fits is how many fit by a limit.
func fits(l netmodel.Limit, backlog int) int {
	switch {
	case l.None:
		return math.MaxInt32
	case l.Den > 0:
		backlog = backlog * l.Num / l.Den
	}
	return max(backlog+l.Add, l.Min)
}

// synRoomFor is how many fit into the SYN queue. stacks.md, section 7, number 5
func (r *Reference) synRoomFor(backlog int) int {
	q := r.profile.SynQueue
	switch q.Size {
	case netmodel.SizeFixed:
		return q.Max
	case netmodel.SizePow2: // Linux 2.4: from max(64, tcp_max_syn_backlog) on
		room := 64
		for room < q.Max {
			room *= 2
		}
		return room
	case netmodel.SizePow2OfBacklog: // Linux 2.6.20: above max(8, min(backlog, tcp_max_syn_backlog))
		room := 8
		for room <= max(8, min(backlog, q.Max)) {
			room *= 2
		}
		return room
	}
	return fits(q.Limit, backlog)
}

// screen decides about a request where half-open connections have a queue of
// their own. Tested are, in this order: the SYN queue, if a full one is silent;
// the accept queue; then whether somebody in the SYN queue makes room, the last
// quarter of it, and what the SYN-ACK shall be. K2, K3
func (r *Reference) screen(client int) {
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
		r.mark(MarkYoungException)
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
			r.mark(MarkEvictedFromSynQueue)
		}
		r.admit(client)
	}
}

// young is how many half-open connections were sent one SYN-ACK only.
func (r *Reference) young() int {
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
func (r *Reference) evict() bool {
	victims := slices.Clone(r.half)
	switch r.profile.SynQueue.Victim {
	case netmodel.VictimTimedOut:
		victims = slices.DeleteFunc(victims, func(i int) bool { return r.conns[i].resends == 0 })
	case netmodel.VictimRandom: // anybody may go: whoever has gone
		gone := slices.DeleteFunc(slices.Clone(victims), func(i int) bool {
			return r.survivors == nil || slices.ContainsFunc(r.survivors, func(e Entry) bool { return e.Who == r.conns[i].who })
		})
		if len(gone) == 1 {
			victims = gone
		}
	}
	if len(victims) == 0 {
		r.mark(MarkNoVictim)
		return false
	}
	r.cookies = memory{true, r.now} // what its SYN-ACK carried counts from now on
	r.withdraw(victims[0], netmodel.Evicted)
	return true
}

// finalAck deals with what acknowledges the SYN-ACK of a half-open connection,
// and reports whether the rest of the segment is taken. K4
func (r *Reference) finalAck(k Kind, client, i int) bool {
	c := &r.conns[i]
	full := r.separate() && slices.Contains(r.half, i) && len(r.done) >= r.atAck
	if !full || r.profile.OnAckFull == netmodel.AdmitAck {
		switch {
		case full:
			r.mark(MarkAckAdmitted)
		case c.ignored && k == Ack:
			r.mark(MarkPromotedByAck)
		case c.ignored:
			r.mark(MarkPromotedByData)
		}
		r.clients[client].believes = false
		r.complete(i)
		return true
	}
	switch r.profile.OnAckFull {
	case netmodel.ResetAck:
		r.reset(i, netmodel.AckOverflow)
	case netmodel.ForgetAck: // ST.8
		r.clients[client].believes = true
		r.withdraw(i, netmodel.AckOverflow)
	case netmodel.DeferAck: // ST.9
		r.remove(i)
		c.complete, c.resends = true, 0
		r.hidden = append(r.hidden, i)
		r.fate(netmodel.AckPutOff, i, netmodel.HeldBack)
		return true
	default:
		c.ignored, r.clients[client].believes = true, true
		r.fate(netmodel.AckIgnored, i, netmodel.AckOverflow)
	}
	return false
}

// promote lets those in who wait outside the queue, while there is room. ST.2, ST.9
func (r *Reference) letIn() {
	for len(r.held) > 0 && r.available > 0 {
		i := r.held[0]
		r.held = without(r.held, i)
		r.half = append(r.half, i)
		r.available--
		r.fate(netmodel.RequestQueued, i, netmodel.Queued)
		r.sendSynAck(i)
		r.mark(MarkHeldIn)
	}
	for len(r.hidden) > 0 && len(r.done) < r.atAck {
		i := r.hidden[0]
		r.hidden = without(r.hidden, i)
		r.join(i, netmodel.HandshakeComplete)
		r.mark(MarkDeferredIn)
	}
}

// patience is how often a SYN-ACK is sent again while old half-open connections
// take more than half the room: once less for each time that the young ones, were
// they twice as many, and twice again, would still be no more than all. K6
func (r *Reference) patience(retries int) int {
	if 2*len(r.half) <= max(8, r.backlog) {
		return retries
	}
	for share := 2; retries > 2 && share*r.young() <= len(r.half); share *= 2 {
		retries--
	}
	return retries
}
