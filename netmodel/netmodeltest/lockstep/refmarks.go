package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

func (r *reference) mark(m Mark) { r.marks[m/64] |= 1 << (m % 64) }

// markCall marks how a call ended.
func (r *reference) markCall(k Kind, e winsock.Errno) {
	first := markListenOK
	switch {
	case k == Open && e == winsock.WSAEMFILE:
		r.mark(markOpenMFile)
		return
	case k == Open && e == winsock.WSAENOBUFS:
		r.mark(markOpenNoBufs)
		return
	case k == Receive:
		r.markReceive(e)
		return
	case k == Pause && e == winsock.WSAENOPROTOOPT:
		r.mark(markPauseUnknown)
		return
	case k == Accept:
		first = markAcceptOK
	case k != Listen && k != Misuse:
		return
	}
	codes := [...]winsock.Errno{0, winsock.WSANOTINITIALISED, winsock.WSAENETDOWN, winsock.WSAEINPROGRESS, winsock.WSAENOTSOCK,
		winsock.WSAEISCONN, winsock.WSAENOBUFS, winsock.WSAEMFILE}
	if k == Accept {
		r.markAcceptCall(e)
	} else if at := slices.Index(codes[:], e); at >= 0 {
		r.mark(first + Mark(at))
	}
}

func (r *reference) markAcceptCall(e winsock.Errno) {
	if e == winsock.WSAECONNABORTED {
		r.mark(markAcceptConnAborted)
	}
	codes := [...]winsock.Errno{0, winsock.WSANOTINITIALISED, winsock.WSAENETDOWN, winsock.WSAEINPROGRESS, winsock.WSAENOTSOCK,
		winsock.WSAEINVAL, winsock.WSAENOBUFS, winsock.WSAEACCES, winsock.WSAEWOULDBLOCK, winsock.WSAEMFILE,
		winsock.WSAECONNRESET, winsock.WSAECONNREFUSED, winsock.WSATRY_AGAIN}
	if at := slices.Index(codes[:], e); at >= 0 {
		r.mark(markAcceptOK + Mark(at))
	}
}

func (r *reference) markReceive(e winsock.Errno) {
	switch e {
	case 0:
		r.mark(markReceiveBytes)
	case winsock.WSAECONNRESET:
		r.mark(markReceiveReset)
	case winsock.WSAETIMEDOUT:
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

func (r *reference) markNested(e winsock.Errno) {
	switch e {
	case 0:
		r.mark(markNestedOK)
	case winsock.WSAEINPROGRESS:
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
