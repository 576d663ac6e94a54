package lockstep

import (
	"slices"

	"wspsim/netmodel"
)

// Mark is something that ought to happen in every long run: a run that never
// saw it has not tested it.
type Mark uint8

// The marks. Those of fates come first, then those of calls, of causes, of the
// wire, and of what other stacks do.
const (
	markQueued Mark = iota
	markOffered
	markRefusedFull
	markIgnoredFull
	markRefusedUsedUp
	markIgnoredUsedUp
	markRefusedNoDescriptor
	markIgnoredNoDescriptor
	markRefusedNobody
	markRefusedPaused
	markRefusedChildren
	markIgnoredNoBuffers
	markCompleted
	markAccepted
	markDeferred
	markTrimmed
	markListenerClosed
	markRejected
	markPauseReset
	markAbortedPending
	markAbortedAtAccept
	markClientGone
	markHandshakeOver
	markOfferExpired
	markPeerReset
	markAcceptedExpired
	markDataUnanswered
	markLateSlot

	markListenOK
	markListenNotInitialised
	markListenNetDown
	markListenInProgress
	markListenNotSock
	markListenIsConn
	markListenNoBufs
	markListenMFile
	markAcceptOK
	markAcceptNotInitialised
	markAcceptNetDown
	markAcceptInProgress
	markAcceptNotSock
	markAcceptInval
	markAcceptNoBufs
	markAcceptAcces
	markAcceptWouldBlock
	markAcceptMFile
	markAcceptConnReset
	markAcceptConnRefused
	markAcceptTryAgain
	markOpenMFile
	markOpenNoBufs
	markReceiveReset
	markReceiveTimedOut
	markReceiveBytes
	markPauseUnknown

	markBacklogBelow
	markBacklogAbove
	markBacklogMax
	markBacklogHint
	markRelistenLarger
	markRelistenSmaller
	markRelistenEqual
	markRelistenKeeps
	markRelistenStarved
	markTrimNone
	markTrimOne
	markTrimMany
	markTrimHalfOpen
	markTrimOldest
	markTrimDeferred
	markFillNone
	markFillOne
	markFillMany
	markFillPart
	markAcceptDeferred
	markAcceptOffered
	markAcceptAborted
	markAcceptFinished
	markAcceptUnread
	markAcceptOwn
	markAcceptOvertaken
	markAskStarved
	markDeferredAborted
	markDeferredWithdrawn
	markNestedOK
	markNestedFailed
	markNestedInProgress
	markNestedEnded
	markCloseEmpty
	markCloseResetsAll
	markCloseForgetsHalfOpen
	markCloseForgetsAll
	markWithdrawsComplete

	markSegmentLost
	markSynAfterRefusal
	markLateSuccess
	markDupOffered
	markDupHalfOpen
	markDupComplete
	markChallenge
	markStray
	markOldReset
	markFinPending
	markDataAfterClose
	markHardClose
	markFinUnanswered
	markFinWaitOver
	markSynAckAgain

	markSynQueueFull
	markLastQuarter
	markYoungException
	markEvictedFromPool
	markEvictedFromSynQueue
	markNoVictim
	markHeld
	markHeldIn
	markDupHeld
	markTryAgain
	markAckIgnored
	markAckReset
	markAckForgotten
	markAckAdmitted
	markAckDeferred
	markDeferredIn
	markPromotedByAck
	markPromotedByData
	markBelieverReset
	markCookieSent
	markCookieCame
	markCookieIgnored
	markCookieReset
	markCookiePromoted
	markCookieStale
	markPruned
	markSynAckLimit
	markRestarted
	markSynRoomFixed
	markRangTogether
	markRelistenRejected
	markRelistenSets
	markLostForDescriptor
	markLostUnread
	markDescriptorFirst
	markAcceptConnAborted
	markCloseFinishes
	markShutdownListener
	markBadDescriptor
	markMisuseInval
	markConnectIsConn
	markConnectInval
	markReceiveRest
	markReceiveEnd
	markSendError
	markSendPipe
	markCount
)

// Marks is a set of marks.
type marks [(markCount + 63) / 64]uint64

func (r *reference) mark(m Mark) { r.marks[m/64] |= 1 << (m % 64) }

// markFate marks what was decided about an attempt.
func (r *reference) markDecision(k netmodel.Kind, why netmodel.Cause) {
	ignored := Mark(0)
	if k == netmodel.RequestIgnored {
		ignored = 1 // the mark behind
	}
	switch why {
	case netmodel.QueueFull:
		r.mark(markRefusedFull + ignored)
	case netmodel.SlotsUsedUp:
		r.mark(markRefusedUsedUp + ignored)
	case netmodel.NoDescriptor:
		r.mark(markRefusedNoDescriptor + ignored)
	case netmodel.NobodyListens:
		r.mark(markRefusedNobody)
	case netmodel.ChildrenAlive:
		r.mark(markRefusedChildren)
	case netmodel.OutOfBuffers:
		r.mark(markIgnoredNoBuffers)
	case netmodel.NoCause:
		r.mark(markDeferred)
	case netmodel.Queued:
		r.mark(markQueued)
	case netmodel.Offered:
		r.mark(markOffered)
	case netmodel.HandshakeComplete:
		r.mark(markCompleted)
	case netmodel.AcceptedByProgram:
		r.mark(markAccepted)
	default:
		r.markEnd(k, why)
	}
}

// markEnd marks what ended a connection.
func (r *reference) markEnd(k netmodel.Kind, why netmodel.Cause) {
	two := func(kind netmodel.Kind, this, other Mark) {
		if k == kind {
			r.mark(this)
		} else {
			r.mark(other)
		}
	}
	switch why {
	case netmodel.Paused:
		two(netmodel.RequestRefused, markRefusedPaused, markPauseReset)
	case netmodel.ClientReset, netmodel.ClientResetQuietly:
		two(netmodel.AbortedPending, markAbortedPending, markAbortedAtAccept)
	case netmodel.HandshakeOver:
		two(netmodel.Withdrawn, markHandshakeOver, markAcceptedExpired)
	case netmodel.Trimmed:
		r.mark(markTrimmed)
	case netmodel.ListenerClosed:
		r.mark(markListenerClosed)
	case netmodel.Rejected:
		r.mark(markRejected)
	case netmodel.ClientGone:
		r.mark(markClientGone)
	case netmodel.OfferExpired:
		r.mark(markOfferExpired)
	case netmodel.PeerReset:
		r.mark(markPeerReset)
	case netmodel.DataUnanswered:
		r.mark(markDataUnanswered)
	default:
		r.markStack(k, why)
	}
}

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
	if grown > 0 && r.pending()+r.available+r.late < r.limit {
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
