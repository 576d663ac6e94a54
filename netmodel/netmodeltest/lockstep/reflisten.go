package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// listen is WSPListen on a bound socket. A failed call changes nothing.
func (r *reference) listen(backlog int) winsock.Errno {
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
		r.sizes, r.available, r.returning = sizes{}, 0, 0
		r.deferred, r.withdrawn, r.cookies = noConn, false, cookieUse{}
		r.resize(backlog)
	case r.profile.Relisten == netmodel.RelistenUpdates: // R9
		r.resize(backlog)
		r.trim() // R10
	case r.profile.Relisten == netmodel.RelistenRejects && r.tooSmall(r.sizesOf(backlog)): // ST.10
		r.mark(markRelistenRejected)
		return winsock.WSAEINVAL
	case r.profile.Relisten != netmodel.RelistenKeeps: // K10
		r.resize(backlog)
		r.available = max(0, min(r.available, r.limit-r.pending()-r.returning))
		if r.pending() > r.limit {
			r.mark(markRelistenSets)
		}
	}
	r.fill()
	r.promote()
	return 0
}

// tooSmall reports whether more connections are queued than fit, or none ever fits. G
func (r *reference) tooSmall(s sizes) bool { return s.backlog < 0 || len(r.done) > s.atAck }

// trim resets the connections that exceed the limit, and takes back the slots above it.
// R10, WS.R5
func (r *reference) trim() {
	trimmed := 0
	for r.pending() > r.limit {
		i := r.excess()
		if i == r.deferred {
			r.mark(markTrimDeferred)
		}
		r.reset(i, netmodel.Trimmed)
		trimmed++
	}
	r.markTrim(trimmed)
	r.available = max(0, min(r.available, r.limit-r.pending()-r.returning))
}

// excess returns the connection that a smaller backlog resets next. Of those with a slot
// it is the last, the first, or the last half-open one that arrived. WS.R4, WS.R7. A
// deferred request stands at the head, so it goes last when the newest go first. WS.R8
func (r *reference) excess() int {
	half := r.half
	if r.separate() { // they hold no slot
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

// without returns a copy of a queue without one connection.
func without(queue []int, who int) []int {
	return slices.DeleteFunc(slices.Clone(queue), func(i int) bool { return i == who })
}

// remove takes a connection out of every queue.
func (r *reference) remove(i int) {
	if r.deferred == i {
		r.deferred = noConn
	}
	for _, place := range [...]*[]int{&r.done, &r.putOff, &r.half, &r.offered, &r.held, &r.accepted, &r.closing} {
		if at := slices.Index(*place, i); at >= 0 {
			*place = slices.Delete(*place, at, at+1)
		}
	}
	r.cancelTimers(i)
}

// reset ends a pending connection. Its client is sent an RST unless it has reset the
// connection itself.
func (r *reference) reset(i int, why netmodel.Cause) {
	r.remove(i)
	r.decide(netmodel.ResetPending, i, why)
	if !r.conns[i].aborted {
		r.send(i, ReplyRst)
	}
}

// withdraw ends a pending connection whose client is gone. WS.Q7, WS.T9
func (r *reference) withdraw(i int, why netmodel.Cause) {
	if i == r.deferred {
		r.withdrawn = true // WS.C9
		r.mark(markDeferredWithdrawn)
	}
	slots := 1
	if r.holdsNoSlot(i) {
		slots = 0
	}
	r.remove(i)
	r.releaseSlots(slots)
	r.decide(netmodel.Withdrawn, i, why)
	r.promote()
}

// holdsNoSlot reports whether a connection waits without a slot.
func (r *reference) holdsNoSlot(i int) bool {
	return slices.Contains(r.offered, i) || slices.Contains(r.held, i) || slices.Contains(r.putOff, i)
}
