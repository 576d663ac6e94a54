package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// listen is WSPListen on a bound socket. A failed call changes nothing.
func (r *Reference) listen(backlog int) winsock.Errno {
	if r.fault(netmodel.FaultNoBuffers) { // E7, WS.L11
		return winsock.WSAENOBUFS
	}
	if r.free() == 0 {
		e := r.profile.ListenStarved // E6, WS.D1
		if r.listening {
			e = r.profile.RelistenStarved // R5, WS.D2
		}
		if e != 0 {
			return e
		}
	}
	r.markBacklog(backlog)
	switch {
	case !r.listening:
		r.listening, r.generation = true, r.generation+1
		r.sizes, r.available, r.late = sizes{}, 0, 0
		r.deferred, r.withdrawn, r.cookies = nobody, false, memory{}
		r.resize(backlog)
	case r.profile.Relisten == netmodel.RelistenUpdates: // R9
		r.resize(backlog)
		r.trim() // R10
	case r.profile.Relisten == netmodel.RelistenRejects && r.tooSmall(r.sizesOf(backlog)): // ST.10
		r.mark(MarkRelistenRejected)
		return winsock.WSAEINVAL
	case r.profile.Relisten != netmodel.RelistenKeeps: // K10
		r.resize(backlog)
		r.available = max(0, min(r.available, r.limit-r.pending()-r.late))
		if r.pending() > r.limit {
			r.mark(MarkRelistenSets)
		}
	}
	r.fill()
	r.letIn()
	return 0
}

// tooSmall reports whether more is queued than would fit, or nobody ever would. G
func (r *Reference) tooSmall(s sizes) bool { return s.backlog < 0 || len(r.done) > s.atAck }

// trim resets as many pending connections as are too many, and takes back the
// slots that are no longer there. R10, WS.R5
func (r *Reference) trim() {
	trimmed := 0
	for r.pending() > r.limit {
		i := r.excess()
		if i == r.deferred {
			r.mark(MarkTrimDeferred)
		}
		r.reset(i, netmodel.Trimmed)
		trimmed++
	}
	r.markTrim(trimmed)
	r.available = max(0, min(r.available, r.limit-r.pending()-r.late))
}

// excess returns whom a smaller backlog resets next: of all that hold a slot
// the one that arrived last, or first, or the last half-open one while there is
// one. WS.R4, WS.R7. Where the last ones go, a deferred request goes after all
// others, for it stands at the head. WS.R8
func (r *Reference) excess() int {
	half := r.half
	if r.separate() { // they hold none
		half = nil
	}
	candidates := slices.Concat(half, r.done)
	if r.profile.Trim == netmodel.TrimOldest {
		return slices.Min(candidates)
	}
	if r.profile.Trim == netmodel.TrimHalfOpen && len(half) > 0 {
		candidates = half
	}
	if len(candidates) > 1 {
		candidates = without(candidates, r.deferred)
	}
	return slices.Max(candidates)
}

// without returns a copy of a queue in which somebody does not stand.
func without(queue []int, who int) []int {
	return slices.DeleteFunc(slices.Clone(queue), func(i int) bool { return i == who })
}

// remove takes a connection out of wherever it is.
func (r *Reference) remove(i int) {
	if r.deferred == i {
		r.deferred = nobody
	}
	for _, place := range [...]*[]int{&r.done, &r.hidden, &r.half, &r.offered, &r.held, &r.taken, &r.closing} {
		if at := slices.Index(*place, i); at >= 0 {
			*place = slices.Delete(*place, at, at+1)
		}
	}
	r.cancel(i)
}

// reset ends a pending connection; its client hears of it, unless it has gone
// itself or is to be left in the dark.
func (r *Reference) reset(i int, why netmodel.Cause) {
	r.remove(i)
	r.fate(netmodel.ResetPending, i, why)
	if !r.conns[i].aborted {
		r.hear(i, Reset)
	}
}

// withdraw ends a pending connection whose client is gone. WS.Q7, WS.T9
func (r *Reference) withdraw(i int, why netmodel.Cause) {
	if i == r.deferred {
		r.withdrawn = true // WS.C9
		r.mark(MarkDeferredWithdrawn)
	}
	slots := 1
	if r.outside(i) {
		slots = 0
	}
	r.remove(i)
	r.giveBack(slots)
	r.fate(netmodel.Withdrawn, i, why)
	r.letIn()
}

// outside reports whether somebody waits without holding a slot.
func (r *Reference) outside(i int) bool {
	return slices.Contains(r.offered, i) || slices.Contains(r.held, i) || slices.Contains(r.hidden, i)
}

// first returns whom the next accept is about. WS.Q1, WS.C4
func (r *Reference) first() int {
	switch {
	case r.deferred != nobody:
		return r.deferred
	case len(r.done) > 0:
		return r.done[0]
	case len(r.offered) > 0:
		return r.offered[0]
	}
	return nobody
}

// accept is WSPAccept.
func (r *Reference) accept(way AcceptWay, res *Result) winsock.Errno {
	switch {
	case !r.listening: // WS.A1
		return winsock.WSAEINVAL
	case r.fault(netmodel.FaultNoBuffers):
		return winsock.WSAENOBUFS
	case r.profile.DescriptorFirst && r.free() == 0: // K9
		if r.first() == nobody {
			r.mark(MarkDescriptorFirst)
		}
		return winsock.WSAEMFILE
	case r.withdrawn: // WS.C9
		r.withdrawn = false
		r.fill()
		r.letIn()
		return winsock.WSAEACCES
	}
	i := r.first()
	if i == nobody { // WS.A2, WS.A4
		if r.profile.EmptyAcceptFills { // WS.D8
			r.fill()
			r.letIn()
		}
		return winsock.WSAEWOULDBLOCK
	}
	c := &r.conns[i]
	starved := func() bool { return r.free() == 0 && !c.ownsFD } // WS.A3, WS.D3
	switch {
	case c.aborted && i == r.deferred: // WS.C9
		r.mark(MarkDeferredAborted)
		return r.acceptAborted(i, winsock.WSAEACCES)
	case starved() && r.profile.StarvedLoses: // ST.5
		r.lose(i)
		return winsock.WSAEMFILE
	case starved() && (way == AcceptPlain || !r.profile.ConditionFirst): // WS.A3, WS.C11
		return winsock.WSAEMFILE
	case c.aborted && r.profile.Aborted == netmodel.AbortedAtAccept: // WS.X6
		return r.acceptAborted(i, winsock.WSAECONNRESET)
	case c.aborted && r.profile.Aborted == netmodel.AbortedAsAborted: // ST.4
		return r.acceptAborted(i, winsock.WSAECONNABORTED)
	}
	if way != AcceptPlain {
		if starved() {
			r.mark(MarkAskStarved)
		}
		if e, decided := r.ask(i, way, res); decided {
			return e
		}
	}
	if starved() {
		return winsock.WSAEMFILE
	}
	r.hand(i)
	res.Accepted = c.who
	return 0
}

// acceptAborted removes a connection that its client reset and reports it. It
// took no descriptor, so its slot comes back whether or not there are any.
func (r *Reference) acceptAborted(i int, e winsock.Errno) winsock.Errno {
	r.remove(i)
	r.giveBack(1)
	r.fill()
	r.fate(netmodel.Withdrawn, i, netmodel.ClientReset)
	r.letIn()
	return e
}

// lose closes a connection that accept has taken from the queue and has no
// descriptor for. ST.5
func (r *Reference) lose(i int) {
	if slices.Contains(r.offered, i) { // its SYN has had no answer
		r.withdraw(i, netmodel.LostForDescriptor)
		return
	}
	c := &r.conns[i]
	r.remove(i)
	r.giveBack(1)
	r.fate(netmodel.Withdrawn, i, netmodel.LostForDescriptor)
	switch {
	case c.aborted:
	case c.unread > 0: // RFC 1122, section 4.2.2.13
		r.hear(i, Reset)
		r.mark(MarkLostUnread)
	default:
		r.finish(i, false)
	}
	r.letIn()
}

// ask shows the connection to the condition function. It returns false if that
// has decided to accept.
func (r *Reference) ask(i int, way AcceptWay, res *Result) (winsock.Errno, bool) {
	res.Asked = r.conns[i].who
	slots := 1
	if slices.Contains(r.offered, i) {
		slots = 0
	}
	switch way {
	case AcceptReject: // WS.C3
		r.reset(i, netmodel.Rejected)
		r.giveBack(slots)
		r.fill()
		r.letIn()
		return winsock.WSAECONNREFUSED, true
	case AcceptDefer: // WS.C4, WS.C10
		r.deferred = i
		r.fill()
		r.fate(netmodel.Deferred, i, netmodel.NoCause)
		r.letIn()
		return winsock.WSATRY_AGAIN, true
	case AcceptInvalid: // WS.C8, W
		if r.profile.Calls == netmodel.CallsWine {
			return winsock.WSAENOTSOCK, true
		}
		return winsock.WSAEINVAL, true
	case AcceptYes:
		return 0, false
	}
	res.Nested = r.nested(way)
	r.markNested(res.Nested)
	if !slices.Contains(r.done, i) && !slices.Contains(r.offered, i) {
		r.mark(MarkNestedEnded)
		return winsock.WSAECONNRESET, true // the condition function itself ended it
	}
	return 0, false
}

// nested is the call that the condition function makes. WS.S3, WS.S4
func (r *Reference) nested(way AcceptWay) winsock.Errno {
	if way == AcceptOpening { // no socket call, so nothing forbids it
		return r.openFile()
	}
	if !r.profile.Nesting {
		return winsock.WSAEINPROGRESS
	}
	switch way {
	case AcceptListening:
		return r.listen(1)
	case AcceptAccepting:
		return r.accept(AcceptPlain, &Result{})
	}
	r.closeListener()
	r.socket = false
	return 0
}

// hand gives a pending connection to the program. Only when it has left the
// queue does the listener fill, or its slot set out to come back late. WS.D5,
// WS.Q5
func (r *Reference) hand(i int) {
	c := &r.conns[i]
	wasOffered := slices.Contains(r.offered, i)
	r.markAccept(i)
	r.remove(i)
	r.taken = append(r.taken, i)
	c.ownsFD, c.accepted = false, true
	if !wasOffered && r.profile.SlotReturnDelay > 0 {
		r.late++
		r.alarm(ringSlot, nobody, r.profile.SlotReturnDelay)
	} else {
		r.fill()
	}
	r.fate(netmodel.RequestAccepted, i, netmodel.AcceptedByProgram)
	switch {
	case wasOffered: // only now does the client get an answer. WS.Q10
		r.sendSynAck(i)
	case c.aborted: // WS.X7, K12
		c.over, c.broken = true, r.afterReset(c)
	}
	r.letIn()
}

// observe fills in what can be seen.
func (r *Reference) observe(res *Result) {
	r.queue = r.queue[:0]
	if r.deferred != nobody { // at the top. WS.C4
		r.entry(r.deferred, netmodel.EntryComplete)
	}
	for _, i := range r.done {
		if i != r.deferred {
			r.entry(i, netmodel.EntryComplete)
		}
	}
	for _, i := range r.hidden {
		r.entry(i, netmodel.EntryHeld)
	}
	for _, i := range r.half {
		r.entry(i, netmodel.EntryHalfOpen)
	}
	for _, i := range r.offered {
		if i != r.deferred {
			r.entry(i, netmodel.EntryOffered)
		}
	}
	for _, i := range r.held {
		r.entry(i, netmodel.EntryHeld)
	}
	if r.listening {
		res.Limit, res.Available = r.limit, r.available
	}
	res.Free = -1
	if r.descriptors > 0 {
		res.Free = r.free()
	}
	res.AcceptConn, res.Readable = CannotAsk, CannotAsk
	if r.enter() == 0 && r.socket {
		res.AcceptConn, res.Readable = No, No
		if r.listening {
			res.AcceptConn = Yes
		}
		hidden := r.deferred != nobody && r.profile.DeferHidesReadable // WS.N13
		if r.listening && (r.first() != nobody && !hidden || r.withdrawn) {
			res.Readable = Yes
		}
	}
	sortHeard(r.heard)
	sortFates(r.fates)
	res.Heard, res.Queue = r.heard, r.queue
}

func (r *Reference) entry(i int, state netmodel.EntryState) {
	c := &r.conns[i]
	switch {
	case slices.Contains(r.offered, i):
		state = netmodel.EntryOffered
	case state == netmodel.EntryHeld:
	case c.aborted:
		state = netmodel.EntryAborted
	}
	r.queue = append(r.queue, Entry{c.who, state, i == r.deferred})
}

// fate notes what was decided about a connection.
func (r *Reference) fate(k netmodel.Kind, i int, why netmodel.Cause) {
	r.fateOf(r.conns[i].who, k, why)
}

// fateOf is fate for an attempt of which no connection is known.
func (r *Reference) fateOf(who Try, k netmodel.Kind, why netmodel.Cause) {
	r.markFate(k, why)
	r.fates = append(r.fates, Fate{k, who, why})
}

// Now returns the model's time.
func (r *Reference) Now() sim.Time { return r.now }
