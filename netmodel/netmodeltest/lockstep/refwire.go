package lockstep

import (
	"cmp"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
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
	case Ack:
		r.ack(op.Client, i)
	case Data:
		c.spoke = true
		if r.ack(op.Client, i) {
			r.data(i)
		}
	case Fin:
		c.spoke, c.fin = true, true
		if r.ack(op.Client, i) {
			r.clientFin(i)
		}
	}
}

// at returns the connection that the host knows by a client's address, or
// nobody. One that was reset is not known any more.
func (r *Reference) at(addr int) int {
	for _, place := range [...][]int{r.done, r.half, r.offered, r.taken, r.closing} {
		for _, i := range place {
			if c := &r.conns[i]; c.addr == addr && !c.aborted && c.broken == 0 {
				return i
			}
		}
	}
	return nobody
}

func (r *Reference) isOffered(addr int) bool {
	i := r.at(addr)
	return i != nobody && slices.Contains(r.offered, i)
}

// request decides about a connection request.
func (r *Reference) request(client int) {
	c := &r.clients[client]
	full := r.profile.OnFull == netmodel.RefuseWhenFull
	starved := r.profile.Slots == netmodel.SlotsOwnDescriptor && r.free() == 0
	switch {
	case !r.listening: // WS.X3
		r.turnAway(client, netmodel.NobodyListens, true)
	case r.paused: // WS.Q9
		r.turnAway(client, netmodel.Paused, true)
	case r.profile.ChildrenBlockRebind && r.olderChildren(): // WS.X5
		r.turnAway(client, netmodel.ChildrenAlive, true)
	case r.fault(netmodel.FaultNoBuffers): // E7
		r.turnAway(client, netmodel.OutOfBuffers, false)
	case r.conditional: // WS.Q10
		i := r.newConn(c, client)
		r.offered = append(r.offered, i)
		r.alarm(ringOffer, i, r.profile.OfferLifetime)
		r.fate(netmodel.RequestOffered, i, netmodel.Offered)
	case r.available == 0 && r.pending()+r.late < r.limit: // WS.D6
		r.turnAway(client, netmodel.SlotsUsedUp, full)
	case r.available == 0: // R4, WS.Q3
		r.turnAway(client, netmodel.QueueFull, full)
	case starved: // WS.D3
		r.turnAway(client, netmodel.NoDescriptor, full)
	default: // R3
		i := r.newConn(c, client)
		r.conns[i].ownsFD = r.profile.Slots == netmodel.SlotsOwnDescriptor
		r.half = append(r.half, i)
		r.available--
		r.fate(netmodel.RequestQueued, i, netmodel.Queued)
		r.hear(i, SynAck)
		r.alarm(ringSynAck, i, wait(r.profile.SynAck, 0))
	}
}

func (r *Reference) turnAway(client int, why netmodel.Cause, loudly bool) {
	kind, who := netmodel.RequestIgnored, Try{client, r.clients[client].number}
	if loudly {
		kind = netmodel.RequestRefused
		r.tell(who, Reset)
	}
	r.fates = append(r.fates, Fate{kind, who, why})
	r.markFate(kind, why)
}

// olderChildren reports whether a connection that an earlier listener handed
// out is still open.
func (r *Reference) olderChildren() bool {
	for _, i := range slices.Concat(r.taken, r.closing) {
		c := &r.conns[i]
		if c.complete && c.broken == 0 && c.generation < r.generation {
			return true
		}
	}
	return false
}

func (r *Reference) newConn(c *client, number int) int {
	r.conns = append(r.conns, conn{who: Try{number, c.number}, addr: c.addr, generation: r.generation})
	return len(r.conns) - 1
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
	case !r.conns[i].complete:
		r.hear(i, SynAck)
		r.mark(MarkDupHalfOpen)
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
	case slices.Contains(r.offered, i):
		r.withdraw(i, netmodel.ClientGone)
		r.request(client)
	default:
		r.mark(MarkChallenge)
		r.hear(i, PlainAck)
		r.clientReset(i)
	}
}

// ack handles the acknowledgement that every later segment of a client carries.
// It returns false if the host knows no such connection, and says so.
func (r *Reference) ack(client, i int) bool {
	if i == nobody {
		r.mark(MarkStray)
		r.tell(Try{client, r.clients[client].number}, Reset)
		return false
	}
	c := &r.conns[i]
	if !c.complete {
		r.complete(i)
	}
	if c.finAnswered {
		r.cancel(i)
		r.alarm(ringFinWait, i, r.profile.FinWait)
	}
	return true
}

// complete ends the handshake. R3
func (r *Reference) complete(i int) {
	r.conns[i].complete, r.conns[i].resends = true, 0
	r.cancel(i)
	if !slices.Contains(r.half, i) {
		return // accepted before its handshake. WS.Q10
	}
	r.half = without(r.half, i)
	r.done = append(r.done, i)
	if r.profile.Order == netmodel.OrderByArrival {
		slices.Sort(r.done)
	}
	r.fate(netmodel.Completed, i, netmodel.HandshakeComplete)
}

// data is kept until the program takes it, also while the connection is
// pending (WS.Q8); data for a program that has closed meets an RST.
func (r *Reference) data(i int) {
	if slices.Contains(r.closing, i) {
		r.remove(i)
		r.hear(i, Reset)
		r.mark(MarkDataAfterClose)
		return
	}
	r.conns[i].unread++
	r.hear(i, PlainAck)
}

func (r *Reference) clientFin(i int) {
	c := &r.conns[i]
	c.clientDone = true
	r.hear(i, PlainAck)
	if c.finAnswered {
		r.remove(i)
	}
	if slices.Contains(r.done, i) {
		r.mark(MarkFinPending)
	}
}

// clientReset handles a client's RST. WS.X6, WS.X7, WS.X9, WS.Q7
func (r *Reference) clientReset(i int) {
	c := &r.conns[i]
	switch {
	case slices.Contains(r.offered, i), slices.Contains(r.half, i),
		slices.Contains(r.done, i) && r.profile.Aborted == netmodel.AbortedWithdraws:
		if c.complete {
			r.mark(MarkWithdrawsComplete)
		}
		r.withdraw(i, netmodel.ClientGone)
	case slices.Contains(r.done, i):
		c.aborted = true
		why := netmodel.ClientReset // accept will report it. WS.X6
		if r.profile.Aborted == netmodel.AbortedAtReceive {
			why = netmodel.ClientResetQuietly // receive will. WS.X7
		}
		r.fate(netmodel.AbortedPending, i, why)
	case slices.Contains(r.taken, i):
		c.broken = netmodel.WSAECONNRESET
		r.cancel(i)
		r.fate(netmodel.Broken, i, netmodel.PeerReset)
	case c.clientDone: // it has everything: only its last ACK was lost
		r.remove(i)
	default:
		r.remove(i)
		r.fate(netmodel.Broken, i, netmodel.PeerReset)
	}
}

// hear lets the client of a connection hear something.
func (r *Reference) hear(i int, what What) { r.tell(r.conns[i].who, what) }

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
		c.phase, c.fin, c.spoke = through, false, false
	case what == Reset && c.phase == asking:
		c.phase = refused
	case what == Reset:
		c.phase = over
	}
}

// oldest returns the oldest accepted connection of a client.
func (r *Reference) oldest(client int) int {
	for _, i := range r.taken {
		if r.conns[i].who.Client == client {
			return i
		}
	}
	return nobody
}

// misuse calls listen (E5) or accept (WS.A1) on a socket that is connected, or
// was.
func (r *Reference) misuse(client int, listen bool) netmodel.Errno {
	switch {
	case r.oldest(client) == nobody:
		return netmodel.WSAENOTSOCK
	case listen:
		return netmodel.WSAEISCONN
	}
	return netmodel.WSAEINVAL
}

// receive takes what has arrived.
func (r *Reference) receive(client int, res *Result) netmodel.Errno {
	i := r.oldest(client)
	if i == nobody {
		return netmodel.WSAENOTSOCK
	}
	c := &r.conns[i]
	switch {
	case c.broken != 0:
		return c.broken
	case r.fault(netmodel.FaultNoBuffers):
		return netmodel.WSAENOBUFS
	case c.unread == 0 && !c.clientDone:
		return netmodel.WSAEWOULDBLOCK
	}
	res.Bytes, c.unread = c.unread, 0
	return 0
}

// hangup closes an accepted connection: gracefully, in the background, unless
// it is told otherwise or bytes are unread.
func (r *Reference) hangup(client int, way HangupWay) netmodel.Errno {
	i := r.oldest(client)
	if i == nobody {
		return netmodel.WSAENOTSOCK
	}
	c := &r.conns[i]
	r.remove(i)
	switch {
	case c.broken != 0:
	case !c.complete, way == HangupHard, c.unread > 0:
		r.hear(i, Reset)
		r.mark(MarkHardClose)
	default:
		r.closing = append(r.closing, i)
		c.ownsFD = r.profile.CloseHoldsDescriptor // WS.D11
		r.sendFin(i, way == HangupLost)
	}
	return 0
}

// sendFin sends the FIN, which the client acknowledges unless it has fallen
// silent or the FIN is lost.
func (r *Reference) sendFin(i int, lost bool) {
	c := &r.conns[i]
	r.hear(i, Finishing)
	if lost || r.fault(netmodel.FaultNetworkDown) || c.who.Number != r.clients[c.who.Client].number {
		r.mark(MarkFinUnanswered)
		r.alarm(ringData, i, wait(r.profile.Data, c.resends))
		return
	}
	c.finAnswered, c.ownsFD = true, false
	if c.clientDone {
		r.remove(i)
		return
	}
	r.alarm(ringFinWait, i, r.profile.FinWait)
}

// alarm is something that is due at an instant.
type alarm struct {
	at    sim.Time
	what  ring
	about int // a connection, nobody for a slot
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
	r.alarms = append(r.alarms, alarm{r.now.Add(after), what, about})
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

// pass lets time pass. Alarms of one instant ring in the order of setting.
func (r *Reference) pass(until sim.Time) {
	for {
		at, ok := r.Deadline()
		if !ok || at > until {
			break
		}
		r.now = at
		n := slices.IndexFunc(r.alarms, func(a alarm) bool { return a.at == at })
		a := r.alarms[n]
		r.alarms = slices.Delete(r.alarms, n, n+1)
		r.ring(a)
	}
	r.now = until
}

func (r *Reference) ring(a alarm) {
	if a.what == ringSlot {
		r.late-- // WS.Q5
		r.fill()
		r.fates = append(r.fates, Fate{netmodel.SlotFilled, Try{}, netmodel.SlotReturned})
		r.mark(MarkLateSlot)
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
		if c.resends == int(r.profile.Data.Retries) {
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

// synAckAgain sends a SYN-ACK again or, after the last one, gives up. WS.T9
func (r *Reference) synAckAgain(i int) {
	c := &r.conns[i]
	switch {
	case c.resends < int(r.profile.SynAck.Retries):
		c.resends++
		r.hear(i, SynAck)
		r.alarm(ringSynAck, i, wait(r.profile.SynAck, c.resends))
		r.mark(MarkSynAckAgain)
	case slices.Contains(r.taken, i):
		c.broken = netmodel.WSAETIMEDOUT
		r.fate(netmodel.Broken, i, netmodel.HandshakeOver)
	default:
		r.withdraw(i, netmodel.HandshakeOver)
	}
}

// wait is the pause after so many retransmissions: each twice the one before,
// up to the ceiling.
func wait(s netmodel.Schedule, resends int) time.Duration {
	d := s.First
	for range resends {
		d *= 2
		if s.Max > 0 {
			d = min(d, s.Max)
		}
	}
	if s.Max > 0 {
		d = min(d, s.Max)
	}
	return d
}
