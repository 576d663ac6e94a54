package lockstep

import (
	"slices"

	"wspsim/netmodel"
)

// listen is WSPListen on a bound socket. A failed call changes nothing.
func (r *reference) listen(backlog int) netmodel.Errno {
	if r.fault(netmodel.FaultNoBuffers) { // E7, WS.L11
		return netmodel.WSAENOBUFS
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
		return netmodel.WSAEINVAL
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

// tooSmall reports whether more is queued than would fit, or nobody ever would. G
func (r *reference) tooSmall(s sizes) bool { return s.backlog < 0 || len(r.done) > s.atAck }

// trim resets as many pending connections as are too many, and takes back the
// slots that are no longer there. R10, WS.R5
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

// excess returns whom a smaller backlog resets next: of all that hold a slot
// the one that arrived last, or first, or the last half-open one while there is
// one. WS.R4, WS.R7. Where the last ones go, a deferred request goes after all
// others, for it stands at the head. WS.R8
func (r *reference) excess() int {
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

// reset ends a pending connection; its client hears of it, unless it has gone
// itself or is to be left in the dark.
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

// outside reports whether somebody waits without holding a slot.
func (r *reference) holdsNoSlot(i int) bool {
	return slices.Contains(r.offered, i) || slices.Contains(r.held, i) || slices.Contains(r.putOff, i)
}
