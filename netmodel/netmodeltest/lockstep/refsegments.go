package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// segment handles a segment of a client.
func (r *reference) segment(op Op) {
	c := &r.clients[op.Client]
	i := r.lookup(c.port)
	switch op.Kind {
	case Syn:
		r.ports++
		*c = client{attempt: c.attempt + 1, port: r.ports, phase: phaseSynSent}
		r.request(op.Client)
	case Dup:
		if c.phase == phaseRefused {
			c.phase = phaseSynSent
			r.mark(markSynAfterRefusal)
			r.duplicateSyn(op.Client, i)
			if c.phase == phaseConnected {
				r.mark(markLateSuccess)
			}
			return
		}
		r.duplicateSyn(op.Client, i)
	case Again:
		*c = client{attempt: c.attempt + 1, port: c.port, phase: phaseSynSent}
		r.newSyn(op.Client, i)
	case Rst:
		if op.N == 1 {
			r.mark(markOldReset)
			return // a number from before the window has no effect
		}
		c.phase = phaseEnded
		if i != noConn {
			r.clientReset(i)
		}
	case Ack, Data, Fin, Resend:
		r.acknowledge(op.Kind, op.Client, i)
	}
}

// acknowledge handles a segment that acknowledges the SYN-ACK. It carries all
// unacknowledged bytes and the FIN. Only the repeated final ACK carries nothing.
func (r *reference) acknowledge(k Kind, client, i int) {
	c := &r.clients[client]
	switch k {
	case Data:
		c.sentMore = true
		c.unackedBytes++
	case Fin:
		c.sentMore, c.fin, c.unackedFin = true, true, true
	}
	if i = r.deliverAck(k, client, i); i != noConn && k != Ack {
		r.deliverData(client, i)
	}
}

// lookup returns the connection that the host knows by a client's port, or noConn. The
// host does not know a connection after a reset.
func (r *reference) lookup(addr int) int {
	for _, place := range [...][]int{r.done, r.putOff, r.half, r.offered, r.held, r.accepted, r.closing} {
		for _, i := range place {
			if c := &r.conns[i]; c.port == addr && !c.aborted && !c.over {
				return i
			}
		}
	}
	return noConn
}

// isUnanswered reports whether a request from a port waits without a SYN-ACK.
func (r *reference) isUnanswered(addr int) bool {
	i := r.lookup(addr)
	return i != noConn && (slices.Contains(r.offered, i) || slices.Contains(r.held, i))
}

// request decides about a connection request.
func (r *reference) request(client int) {
	starved := r.profile.Slots == netmodel.SlotsOwnDescriptor && r.free() == 0
	switch {
	case !r.listening: // WS.X3
		r.turnAway(client, netmodel.NoListener, netmodel.RefuseWhenFull)
	case r.paused: // WS.Q9
		r.turnAway(client, netmodel.Paused, netmodel.RefuseWhenFull)
	case r.profile.ChildrenBlockRebind && r.olderChildren(): // WS.X5
		r.turnAway(client, netmodel.ChildrenAlive, netmodel.RefuseWhenFull)
	case r.fault(netmodel.FaultNoBuffers): // E7
		r.turnAway(client, netmodel.OutOfBuffers, netmodel.IgnoreWhenFull)
	case r.conditional: // WS.Q10
		i := r.newConn(client)
		r.offered = append(r.offered, i)
		r.setTimer(timerOffer, i, r.profile.OfferLifetime)
		r.decide(netmodel.RequestOffered, i, netmodel.Offered)
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

// overflow handles a request without a slot. R4, WS.Q3
func (r *reference) overflow(client int) {
	switch {
	case r.pending()+r.returning < r.limit: // WS.D6
		r.turnAway(client, netmodel.SlotsUsedUp, r.profile.OnFull)
	case r.profile.OnFull == netmodel.EvictWhenFull && r.evict(): // ST.3
		r.available = max(1, r.available) // the new request takes over the slot
		r.admit(client)
		r.mark(markEvictedFromPool)
	case r.profile.OnFull == netmodel.HoldWhenFull: // ST.2
		i := r.newConn(client)
		r.held = append(r.held, i)
		r.decide(netmodel.RequestHeld, i, netmodel.HeldBack)
	default:
		r.turnAway(client, netmodel.QueueFull, r.profile.OnFull)
	}
}

// admit answers a request with a SYN-ACK. R3, K3
func (r *reference) admit(client int) {
	i := r.newConn(client)
	r.conns[i].ownsFD = r.profile.Slots == netmodel.SlotsOwnDescriptor
	r.half = append(r.half, i)
	if !r.separate() {
		r.available--
	}
	r.decide(netmodel.RequestQueued, i, netmodel.Queued)
	r.sendSynAck(i)
}

// turnAway refuses a request, or ignores it.
func (r *reference) turnAway(client int, why netmodel.Cause, how netmodel.OnFull) {
	kind, who := netmodel.RequestIgnored, Attempt{client, r.clients[client].attempt}
	switch how {
	case netmodel.RefuseWhenFull:
		kind = netmodel.RequestRefused
		r.sendTo(who, ReplyRst)
	case netmodel.TryAgainWhenFull: // K16
		kind = netmodel.RequestRefused
		r.sendTo(who, ReplyTryAgain)
		r.mark(markTryAgain)
	}
	r.decideFor(who, kind, why)
}

// olderChildren reports whether a connection that an earlier listener accepted is still
// open.
func (r *reference) olderChildren() bool {
	for _, i := range slices.Concat(r.accepted, r.closing) {
		c := &r.conns[i]
		if c.accepted && c.complete && !c.over && c.generation < r.generation {
			return true
		}
	}
	return false
}

// newConn makes a connection for a client's present attempt.
func (r *reference) newConn(client int) int {
	c := &r.clients[client]
	i := len(r.conns)
	k := conn{who: Attempt{client, c.attempt}, port: c.port, generation: r.generation, since: r.now, isn: isn{conn: i + 1}}
	if r.separate() && r.profile.SynQueue.Cookies == netmodel.CookiesForEvicted {
		k.isn = r.cookie()
	}
	r.conns = append(r.conns, k)
	return i
}

// duplicateSyn handles a SYN of an attempt that the host may know.
func (r *reference) duplicateSyn(client, i int) {
	switch {
	case i == noConn:
		r.request(client)
	case slices.Contains(r.offered, i):
		r.cancelTimers(i)
		r.setTimer(timerOffer, i, r.profile.OfferLifetime) // from the last SYN on. WS.Q10
		r.mark(markDupOffered)
	case slices.Contains(r.held, i): // it waits for room. ST.2
		r.mark(markDupHeld)
	case !r.conns[i].complete:
		r.send(i, ReplySynAck)
		r.mark(markDupHalfOpen)
		if r.profile.SynQueue.RepeatRestarts && slices.Contains(r.half, i) {
			r.awaitAck(i)
			r.mark(markRestarted)
		}
	default:
		r.send(i, ReplyAck)
		r.mark(markDupComplete)
	}
}

// newSyn handles a SYN for a new connection from a port that the host may know from an
// old one. The host answers with an ACK that belongs to the old connection. The client
// does not know that connection and sends an RST (RFC 9293, section 3.5.1).
func (r *reference) newSyn(client, i int) {
	switch {
	case i == noConn:
		r.request(client)
	case slices.Contains(r.offered, i), slices.Contains(r.held, i):
		r.withdraw(i, netmodel.ClientWithdrew)
		r.request(client)
	default:
		r.mark(markChallenge)
		r.send(i, ReplyAck)
		r.clientReset(i)
	}
}

// deliverAck delivers the acknowledgement of a segment. It returns the connection that
// takes the rest of the segment, noConn if there is none.
func (r *reference) deliverAck(k Kind, client, i int) int {
	if i == noConn {
		return r.acceptCookie(client)
	}
	c := &r.conns[i]
	switch {
	case !c.complete && c.isn != r.clients[client].isn:
		return r.answerStray(client)
	case !c.complete && !r.finalAck(k, client, i):
		return noConn
	}
	if c.finAnswered {
		r.cancelTimers(i)
		r.setTimer(timerFinWait, i, r.profile.FinWait)
	}
	return i
}

// answerStray answers a segment that belongs to no connection.
func (r *reference) answerStray(client int) int {
	c := &r.clients[client]
	r.mark(markStray)
	if c.phantom {
		r.mark(markPhantomReset)
	}
	r.sendTo(Attempt{client, c.attempt}, ReplyRst)
	return noConn
}

// complete ends the handshake. R3
func (r *reference) complete(i int) {
	r.conns[i].complete, r.conns[i].resends = true, 0
	r.cancelTimers(i)
	if !slices.Contains(r.half, i) {
		return // accepted before the end of its handshake. WS.Q10
	}
	r.half = without(r.half, i)
	r.join(i, netmodel.HandshakeComplete)
}

// join adds a complete connection to the accept queue. K5, ST.11
func (r *reference) join(i int, why netmodel.Cause) {
	r.done = append(r.done, i)
	if r.profile.AcceptByArrival {
		slices.Sort(r.done)
	}
	if r.separate() {
		r.available = max(0, r.available-1)
	}
	r.decide(netmodel.Completed, i, why)
}

// deliverData delivers bytes and the FIN of a client, also to a pending connection
// (WS.Q8). Data for a closed connection gets an RST.
func (r *reference) deliverData(client, i int) {
	c, k := &r.clients[client], &r.conns[i]
	if slices.Contains(r.closing, i) && c.unackedBytes > 0 {
		r.remove(i)
		r.send(i, ReplyRst)
		r.mark(markDataAfterClose)
		return
	}
	if c.unackedFin {
		k.clientDone = true
		if slices.Contains(r.done, i) {
			r.mark(markFinPending)
		}
	}
	k.unread += c.unackedBytes
	c.unackedBytes, c.unackedFin, c.phantom, c.pastSyn = 0, false, false, true
	r.send(i, ReplyAck)
	if k.clientDone && k.finAnswered {
		r.remove(i)
	}
}

// clientReset handles a client's RST. WS.X6, WS.X7, WS.X9, WS.Q7
func (r *reference) clientReset(i int) {
	c := &r.conns[i]
	pending := slices.Contains(r.done, i) || slices.Contains(r.putOff, i)
	switch {
	case slices.Contains(r.offered, i), slices.Contains(r.held, i), slices.Contains(r.half, i),
		pending && r.profile.Aborted == netmodel.AbortedWithdraws:
		if c.complete {
			r.mark(markWithdrawsComplete)
		}
		r.withdraw(i, netmodel.ClientWithdrew)
	case pending:
		c.aborted = true
		r.decide(netmodel.AbortedPending, i, netmodel.ClientReset)
	case slices.Contains(r.accepted, i):
		c.over, c.broken = true, r.afterReset(c)
		r.cancelTimers(i)
		r.decide(netmodel.Broken, i, netmodel.PeerReset)
	case c.clientDone: // the client has everything; only its last ACK was lost
		r.remove(i)
	default:
		r.remove(i)
		r.decide(netmodel.Broken, i, netmodel.PeerReset)
	}
}

// resetError is the error of a connection that its client has reset. On Unix there is no
// error after the end of the stream.
func (r *reference) afterReset(c *conn) winsock.Errno {
	if r.profile.Calls == netmodel.CallsUnix && c.clientDone {
		return 0
	}
	return winsock.WSAECONNRESET
}

// sendSynAck sends a SYN-ACK and waits for the ACK.
func (r *reference) sendSynAck(i int) {
	r.send(i, ReplySynAck)
	r.awaitAck(i)
}

// send sends a segment to the client of a connection.
func (r *reference) send(i int, what Reply) {
	r.sendTo(r.conns[i].who, what)
	if what == ReplySynAck {
		r.receiveSynAck(r.conns[i].who, r.conns[i].isn)
	}
}

// receiveSynAck is a client that receives a SYN-ACK. A duplicate changes nothing.
func (r *reference) receiveSynAck(who Attempt, n isn) {
	c := &r.clients[who.Client]
	if r.fault(netmodel.FaultNetworkDown) || who.Number != c.attempt || c.isn == n && !c.pastSyn {
		return
	}
	c.isn, c.fin, c.sentMore, c.phantom = n, false, false, false
	c.unackedBytes, c.unackedFin, c.pastSyn = 0, false, false
}

// sendTo sends a segment to an attempt. A client ignores segments to an earlier attempt.
func (r *reference) sendTo(who Attempt, what Reply) {
	if r.fault(netmodel.FaultNetworkDown) {
		return
	}
	r.sent = append(r.sent, Sent{who, what})
	c := &r.clients[who.Client]
	switch {
	case who.Number != c.attempt:
	case what == ReplySynAck:
		c.phase = phaseConnected
	case (what == ReplyRst || what == ReplyTryAgain) && c.phase == phaseSynSent:
		c.phase = phaseRefused
	case what == ReplyRst || what == ReplyTryAgain:
		c.phase = phaseEnded
	}
}
