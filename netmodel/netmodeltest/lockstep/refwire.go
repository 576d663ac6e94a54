package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// segment is what a client sends, and how the host answers.
func (r *Reference) segment(op Op) {
	c := &r.clients[op.Client]
	i := r.at(c.addr)
	switch op.Kind {
	case Syn:
		r.addrs++
		*c = client{number: c.number + 1, addr: r.addrs, phase: asking}
		r.request(op.Client)
	case Dup:
		if c.phase == refused {
			c.phase = asking
			r.mark(MarkSynAfterRefusal)
			r.duplicateSyn(op.Client, i)
			if c.phase == through {
				r.mark(MarkLateSuccess)
			}
			return
		}
		r.duplicateSyn(op.Client, i)
	case Again:
		*c = client{number: c.number + 1, addr: c.addr, phase: asking}
		r.otherSyn(op.Client, i)
	case Rst:
		if op.N == 1 {
			r.mark(MarkOldReset)
			return // nobody believes a number from the past
		}
		c.phase = over
		if i != nobody {
			r.clientReset(i)
		}
	case Ack, Data, Fin, Resend:
		r.speak(op.Kind, op.Client, i)
	}
}

// speak is everything that acknowledges the SYN-ACK. What was never acknowledged
// goes along with what is new. The repeated final ACK carries nothing.
func (r *Reference) speak(k Kind, client, i int) {
	c := &r.clients[client]
	switch k {
	case Data:
		c.spoke = true
		c.bytes++
	case Fin:
		c.spoke, c.fin, c.finAlone = true, true, true
	}
	if i = r.reach(k, client, i); i != nobody && k != Ack {
		r.take(client, i)
	}
}

// at returns the connection that the host knows by a client's address, or
// nobody. One that was reset is not known any more.
func (r *Reference) at(addr int) int {
	for _, place := range [...][]int{r.done, r.hidden, r.half, r.offered, r.held, r.taken, r.closing} {
		for _, i := range place {
			if c := &r.conns[i]; c.addr == addr && !c.aborted && !c.over {
				return i
			}
		}
	}
	return nobody
}

// isUnanswered reports whether a request from an address waits without a
// SYN-ACK.
func (r *Reference) isUnanswered(addr int) bool {
	i := r.at(addr)
	return i != nobody && (slices.Contains(r.offered, i) || slices.Contains(r.held, i))
}

// request decides about a connection request.
func (r *Reference) request(client int) {
	starved := r.profile.Slots == netmodel.SlotsOwnDescriptor && r.free() == 0
	switch {
	case !r.listening: // WS.X3
		r.turnAway(client, netmodel.NobodyListens, netmodel.RefuseWhenFull)
	case r.paused: // WS.Q9
		r.turnAway(client, netmodel.Paused, netmodel.RefuseWhenFull)
	case r.profile.ChildrenBlockRebind && r.olderChildren(): // WS.X5
		r.turnAway(client, netmodel.ChildrenAlive, netmodel.RefuseWhenFull)
	case r.fault(netmodel.FaultNoBuffers): // E7
		r.turnAway(client, netmodel.OutOfBuffers, netmodel.IgnoreWhenFull)
	case r.conditional: // WS.Q10
		i := r.newConn(client)
		r.offered = append(r.offered, i)
		r.alarm(ringOffer, i, r.profile.OfferLifetime)
		r.fate(netmodel.RequestOffered, i, netmodel.Offered)
	case r.separate(): // K2, K3
		r.screen(client)
	case r.available == 0:
		r.overflow(client)
	case starved: // WS.D3
		r.turnAway(client, netmodel.NoDescriptor, r.profile.OnFull)
	default: // R3
		r.admit(client)
	}
}

// overflow deals with a request that finds no slot. R4, WS.Q3
func (r *Reference) overflow(client int) {
	switch {
	case r.pending()+r.late < r.limit: // WS.D6
		r.turnAway(client, netmodel.SlotsUsedUp, r.profile.OnFull)
	case r.profile.OnFull == netmodel.EvictWhenFull && r.evict(): // ST.3
		r.available = max(1, r.available) // the slot passes from one to the other
		r.admit(client)
		r.mark(MarkEvictedFromPool)
	case r.profile.OnFull == netmodel.HoldWhenFull: // ST.2
		i := r.newConn(client)
		r.held = append(r.held, i)
		r.fate(netmodel.RequestHeld, i, netmodel.HeldBack)
	default:
		r.turnAway(client, netmodel.QueueFull, r.profile.OnFull)
	}
}

// admit answers a request with a SYN-ACK. R3, K3
func (r *Reference) admit(client int) {
	i := r.newConn(client)
	r.conns[i].ownsFD = r.profile.Slots == netmodel.SlotsOwnDescriptor
	r.half = append(r.half, i)
	if !r.separate() {
		r.available--
	}
	r.fate(netmodel.RequestQueued, i, netmodel.Queued)
	r.sendSynAck(i)
}

// turnAway refuses a request, or leaves it unanswered.
func (r *Reference) turnAway(client int, why netmodel.Cause, how netmodel.OnFull) {
	kind, who := netmodel.RequestIgnored, Try{client, r.clients[client].number}
	switch how {
	case netmodel.RefuseWhenFull:
		kind = netmodel.RequestRefused
		r.tell(who, Reset)
	case netmodel.TryAgainWhenFull: // K16
		kind = netmodel.RequestRefused
		r.tell(who, TryAgain)
		r.mark(MarkTryAgain)
	}
	r.fateOf(who, kind, why)
}

// olderChildren reports whether a connection that an earlier listener handed
// out is still open.
func (r *Reference) olderChildren() bool {
	for _, i := range slices.Concat(r.taken, r.closing) {
		c := &r.conns[i]
		if c.accepted && c.complete && !c.over && c.generation < r.generation {
			return true
		}
	}
	return false
}

// newConn makes a connection of a client's present attempt.
func (r *Reference) newConn(client int) int {
	c := &r.clients[client]
	i := len(r.conns)
	k := conn{who: Try{client, c.number}, addr: c.addr, generation: r.generation, since: r.now, number: number{conn: i + 1}}
	if r.separate() && r.profile.SynQueue.Cookies == netmodel.CookiesForEvicted {
		k.number = r.cookie()
	}
	r.conns = append(r.conns, k)
	return i
}

// duplicateSyn handles the SYN of an attempt that the host may know.
func (r *Reference) duplicateSyn(client, i int) {
	switch {
	case i == nobody:
		r.request(client)
	case slices.Contains(r.offered, i):
		r.cancel(i)
		r.alarm(ringOffer, i, r.profile.OfferLifetime) // since the last SYN. WS.Q10
		r.mark(MarkDupOffered)
	case slices.Contains(r.held, i): // it waits until there is room. ST.2
		r.mark(MarkDupHeld)
	case !r.conns[i].complete:
		r.hear(i, SynAck)
		r.mark(MarkDupHalfOpen)
		if r.profile.SynQueue.RepeatRestarts && slices.Contains(r.half, i) {
			r.awaitAck(i)
			r.mark(MarkRestarted)
		}
	default:
		r.hear(i, PlainAck)
		r.mark(MarkDupComplete)
	}
}

// otherSyn handles a SYN for a new connection from an address that the host may
// know from an old one. A connection that has begun is challenged; the client,
// which knows nothing of it, answers with an RST (RFC 9293, section 3.5.1).
func (r *Reference) otherSyn(client, i int) {
	switch {
	case i == nobody:
		r.request(client)
	case slices.Contains(r.offered, i), slices.Contains(r.held, i):
		r.withdraw(i, netmodel.ClientGone)
		r.request(client)
	default:
		r.mark(MarkChallenge)
		r.hear(i, PlainAck)
		r.clientReset(i)
	}
}

// reach delivers the acknowledgement that every later segment of a client
// carries. It returns the connection that may take the rest of the segment,
// nobody if there is none.
func (r *Reference) reach(k Kind, client, i int) int {
	if i == nobody {
		return r.arriveCookie(client)
	}
	c := &r.conns[i]
	switch {
	case !c.complete && c.number != r.clients[client].answer:
		return r.stray(client)
	case !c.complete && !r.finalAck(k, client, i):
		return nobody
	}
	if c.finAnswered {
		r.cancel(i)
		r.alarm(ringFinWait, i, r.profile.FinWait)
	}
	return i
}

// stray answers a segment that belongs to no connection.
func (r *Reference) stray(client int) int {
	c := &r.clients[client]
	r.mark(MarkStray)
	if c.believes {
		r.mark(MarkBelieverReset)
	}
	r.tell(Try{client, c.number}, Reset)
	return nobody
}

// complete ends the handshake. R3
func (r *Reference) complete(i int) {
	r.conns[i].complete, r.conns[i].resends = true, 0
	r.cancel(i)
	if !slices.Contains(r.half, i) {
		return // accepted before its handshake. WS.Q10
	}
	r.half = without(r.half, i)
	r.join(i, netmodel.HandshakeComplete)
}

// join puts a complete connection where accept will find it. K5, ST.11
func (r *Reference) join(i int, why netmodel.Cause) {
	r.done = append(r.done, i)
	if r.profile.AcceptByArrival {
		slices.Sort(r.done)
	}
	if r.separate() {
		r.available = max(0, r.available-1)
	}
	r.fate(netmodel.Completed, i, why)
}

// take takes what a client has sent and nobody has acknowledged, and keeps it
// for the program, also while the connection is pending (WS.Q8); data for a
// program that has closed meets an RST.
func (r *Reference) take(client, i int) {
	c, k := &r.clients[client], &r.conns[i]
	if slices.Contains(r.closing, i) && c.bytes > 0 {
		r.remove(i)
		r.hear(i, Reset)
		r.mark(MarkDataAfterClose)
		return
	}
	if c.finAlone {
		k.clientDone = true
		if slices.Contains(r.done, i) {
			r.mark(MarkFinPending)
		}
	}
	k.unread += c.bytes
	c.bytes, c.finAlone, c.believes, c.moved = 0, false, false, true
	r.hear(i, PlainAck)
	if k.clientDone && k.finAnswered {
		r.remove(i)
	}
}

// clientReset handles a client's RST. WS.X6, WS.X7, WS.X9, WS.Q7
func (r *Reference) clientReset(i int) {
	c := &r.conns[i]
	pending := slices.Contains(r.done, i) || slices.Contains(r.hidden, i)
	switch {
	case slices.Contains(r.offered, i), slices.Contains(r.held, i), slices.Contains(r.half, i),
		pending && r.profile.Aborted == netmodel.AbortedWithdraws:
		if c.complete {
			r.mark(MarkWithdrawsComplete)
		}
		r.withdraw(i, netmodel.ClientGone)
	case pending:
		c.aborted = true
		r.fate(netmodel.AbortedPending, i, netmodel.ClientReset)
	case slices.Contains(r.taken, i):
		c.over, c.broken = true, r.afterReset(c)
		r.cancel(i)
		r.fate(netmodel.Broken, i, netmodel.PeerReset)
	case c.clientDone: // it has everything: only its last ACK was lost
		r.remove(i)
	default:
		r.remove(i)
		r.fate(netmodel.Broken, i, netmodel.PeerReset)
	}
}

// afterReset is what is reported of a connection that its client has reset: on
// Unix, nothing after the end of the stream.
func (r *Reference) afterReset(c *conn) winsock.Errno {
	if r.profile.Calls == netmodel.CallsUnix && c.clientDone {
		return 0
	}
	return winsock.WSAECONNRESET
}

// sendSynAck answers a request and waits for the ACK.
func (r *Reference) sendSynAck(i int) {
	r.hear(i, SynAck)
	r.awaitAck(i)
}

// hear lets the client of a connection hear something.
func (r *Reference) hear(i int, what What) {
	r.tell(r.conns[i].who, what)
	if what == SynAck {
		r.holds(r.conns[i].who, r.conns[i].number)
	}
}

// holds lets a client go by a SYN-ACK that it has heard. The same one again
// changes nothing.
func (r *Reference) holds(who Try, n number) {
	c := &r.clients[who.Client]
	if r.fault(netmodel.FaultNetworkDown) || who.Number != c.number || c.answer == n && !c.moved {
		return
	}
	c.answer, c.fin, c.spoke, c.believes = n, false, false, false
	c.bytes, c.finAlone, c.moved = 0, false, false
}

// tell lets an attempt hear something; one that its client has given up does
// not listen.
func (r *Reference) tell(who Try, what What) {
	if r.fault(netmodel.FaultNetworkDown) {
		return
	}
	r.heard = append(r.heard, Heard{who, what})
	c := &r.clients[who.Client]
	switch {
	case who.Number != c.number:
	case what == SynAck:
		c.phase = through
	case (what == Reset || what == TryAgain) && c.phase == asking:
		c.phase = refused
	case what == Reset || what == TryAgain:
		c.phase = over
	}
}
