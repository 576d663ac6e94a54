package lockstep

import (
	"slices"

	"wspsim/netmodel"
)

func (r *reference) mark(m Mark) { r.marks[m/64] |= 1 << (m % 64) }

// markCall marks how a call ended.
func (r *reference) markCall(k Kind, e netmodel.Errno) {
	first := markListenOK
	switch {
	case k == Open && e == netmodel.WSAEMFILE:
		r.mark(markOpenMFile)
		return
	case k == Open && e == netmodel.WSAENOBUFS:
		r.mark(markOpenNoBufs)
		return
	case k == Receive:
		r.markReceive(e)
		return
	case k == Pause && e == netmodel.WSAENOPROTOOPT:
		r.mark(markPauseUnknown)
		return
	case k == Accept:
		first = markAcceptOK
	case k != Listen && k != Misuse:
		return
	}
	codes := [...]netmodel.Errno{0, netmodel.WSANOTINITIALISED, netmodel.WSAENETDOWN, netmodel.WSAEINPROGRESS, netmodel.WSAENOTSOCK,
		netmodel.WSAEISCONN, netmodel.WSAENOBUFS, netmodel.WSAEMFILE}
	if k == Accept {
		r.markAcceptCall(e)
	} else if at := slices.Index(codes[:], e); at >= 0 {
		r.mark(first + Mark(at))
	}
}

func (r *reference) markAcceptCall(e netmodel.Errno) {
	if e == netmodel.WSAECONNABORTED {
		r.mark(markAcceptConnAborted)
	}
	codes := [...]netmodel.Errno{0, netmodel.WSANOTINITIALISED, netmodel.WSAENETDOWN, netmodel.WSAEINPROGRESS, netmodel.WSAENOTSOCK,
		netmodel.WSAEINVAL, netmodel.WSAENOBUFS, netmodel.WSAEACCES, netmodel.WSAEWOULDBLOCK, netmodel.WSAEMFILE,
		netmodel.WSAECONNRESET, netmodel.WSAECONNREFUSED, netmodel.WSATRY_AGAIN}
	if at := slices.Index(codes[:], e); at >= 0 {
		r.mark(markAcceptOK + Mark(at))
	}
}

func (r *reference) markReceive(e netmodel.Errno) {
	switch e {
	case 0:
		r.mark(markReceiveBytes)
	case netmodel.WSAECONNRESET:
		r.mark(markReceiveReset)
	case netmodel.WSAETIMEDOUT:
		r.mark(markReceiveTimedOut)
	}
}

func (r *reference) markBacklog(n int) {
	b := r.profile.Backlog
	legal := effective(b, n)
	switch {
	case n == b.Somaxconn && n != 0:
		r.mark(markBacklogMax)
	case n < 0 && b.HintMax != 0:
		r.mark(markBacklogHint)
	case n < legal:
		r.mark(markBacklogBelow)
	case n > legal:
		r.mark(markBacklogAbove)
	}
	switch {
	case !r.listening:
		return
	case r.profile.Relisten == netmodel.RelistenKeeps && legal != r.backlog:
		r.mark(markRelistenKeeps)
	case legal > r.backlog:
		r.mark(markRelistenLarger)
	case legal < r.backlog:
		r.mark(markRelistenSmaller)
	default:
		r.mark(markRelistenEqual)
	}
	if r.free() == 0 {
		r.mark(markRelistenStarved)
	}
}

func (r *reference) markTrim(trimmed int) {
	switch {
	case trimmed == 0:
		r.mark(markTrimNone)
		return
	case trimmed == 1:
		r.mark(markTrimOne)
	default:
		r.mark(markTrimMany)
	}
	switch r.profile.Trim {
	case netmodel.TrimOldest:
		r.mark(markTrimOldest)
	case netmodel.TrimHalfOpen:
		r.mark(markTrimHalfOpen)
	}
}

func (r *reference) markFill(grown int) {
	switch {
	case grown == 0:
		r.mark(markFillNone)
	case grown == 1:
		r.mark(markFillOne)
	default:
		r.mark(markFillMany)
	}
	if grown > 0 && r.pending()+r.available+r.returning < r.limit {
		r.mark(markFillPart)
	}
}

func (r *reference) markAccept(i int) {
	c := &r.conns[i]
	if i == r.deferred {
		r.mark(markAcceptDeferred)
	}
	if slices.Contains(r.offered, i) {
		r.mark(markAcceptOffered)
	}
	if c.aborted {
		r.mark(markAcceptAborted)
	}
	if c.clientDone {
		r.mark(markAcceptFinished)
	}
	if c.unread > 0 {
		r.mark(markAcceptUnread)
	}
	if c.ownsFD && r.free() == 0 {
		r.mark(markAcceptOwn)
	}
	if len(r.done) > 1 && slices.Min(r.done) < i {
		r.mark(markAcceptOvertaken)
	}
}

func (r *reference) markNested(e netmodel.Errno) {
	switch e {
	case 0:
		r.mark(markNestedOK)
	case netmodel.WSAEINPROGRESS:
		r.mark(markNestedInProgress)
	default:
		r.mark(markNestedFailed)
	}
}

func (r *reference) markClose() {
	switch {
	case len(r.done) == 0 || len(r.half) == 0:
		r.mark(markCloseEmpty)
	case r.profile.CloseListener == netmodel.CloseForgetsAll:
		r.mark(markCloseForgetsAll)
	case r.profile.CloseListener == netmodel.CloseForgetsHalfOpen:
		r.mark(markCloseForgetsHalfOpen)
	case r.profile.CloseListener == netmodel.CloseFinishes:
		r.mark(markCloseFinishes)
	default:
		r.mark(markCloseResetsAll)
	}
}
