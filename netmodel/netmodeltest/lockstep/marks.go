package lockstep

import (
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Mark is something that ought to happen in every long run: a run that never
// saw it has not tested it.
type Mark uint8

// The marks. Those of fates come first, then those of calls, of causes, of the
// wire, and of what other stacks do.
const (
	MarkQueued Mark = iota
	MarkOffered
	MarkRefusedFull
	MarkIgnoredFull
	MarkRefusedUsedUp
	MarkIgnoredUsedUp
	MarkRefusedNoDescriptor
	MarkIgnoredNoDescriptor
	MarkRefusedNobody
	MarkRefusedPaused
	MarkRefusedChildren
	MarkIgnoredNoBuffers
	MarkCompleted
	MarkAccepted
	MarkDeferred
	MarkTrimmed
	MarkListenerClosed
	MarkRejected
	MarkPauseReset
	MarkAbortedPending
	MarkAbortedAtAccept
	MarkClientGone
	MarkHandshakeOver
	MarkOfferExpired
	MarkPeerReset
	MarkAcceptedExpired
	MarkDataUnanswered
	MarkLateSlot

	MarkListenOK
	MarkListenNotInitialised
	MarkListenNetDown
	MarkListenInProgress
	MarkListenNotSock
	MarkListenIsConn
	MarkListenNoBufs
	MarkListenMFile
	MarkAcceptOK
	MarkAcceptNotInitialised
	MarkAcceptNetDown
	MarkAcceptInProgress
	MarkAcceptNotSock
	MarkAcceptInval
	MarkAcceptNoBufs
	MarkAcceptAcces
	MarkAcceptWouldBlock
	MarkAcceptMFile
	MarkAcceptConnReset
	MarkAcceptConnRefused
	MarkAcceptTryAgain
	MarkOpenMFile
	MarkOpenNoBufs
	MarkReceiveReset
	MarkReceiveTimedOut
	MarkReceiveBytes
	MarkPauseUnknown

	MarkBacklogBelow
	MarkBacklogAbove
	MarkBacklogMax
	MarkBacklogHint
	MarkRelistenLarger
	MarkRelistenSmaller
	MarkRelistenEqual
	MarkRelistenKeeps
	MarkRelistenStarved
	MarkTrimNone
	MarkTrimOne
	MarkTrimMany
	MarkTrimHalfOpen
	MarkTrimOldest
	MarkTrimDeferred
	MarkFillNone
	MarkFillOne
	MarkFillMany
	MarkFillPart
	MarkAcceptDeferred
	MarkAcceptOffered
	MarkAcceptAborted
	MarkAcceptFinished
	MarkAcceptUnread
	MarkAcceptOwn
	MarkAcceptOvertaken
	MarkAskStarved
	MarkDeferredAborted
	MarkDeferredWithdrawn
	MarkNestedOK
	MarkNestedFailed
	MarkNestedInProgress
	MarkNestedEnded
	MarkCloseEmpty
	MarkCloseResetsAll
	MarkCloseForgetsHalfOpen
	MarkCloseForgetsAll
	MarkWithdrawsComplete

	MarkSegmentLost
	MarkSynAfterRefusal
	MarkLateSuccess
	MarkDupOffered
	MarkDupHalfOpen
	MarkDupComplete
	MarkChallenge
	MarkStray
	MarkOldReset
	MarkFinPending
	MarkDataAfterClose
	MarkHardClose
	MarkFinUnanswered
	MarkFinWaitOver
	MarkSynAckAgain

	MarkSynQueueFull
	MarkLastQuarter
	MarkYoungException
	MarkEvictedFromPool
	MarkEvictedFromSynQueue
	MarkNoVictim
	MarkHeld
	MarkHeldIn
	MarkDupHeld
	MarkTryAgain
	MarkAckIgnored
	MarkAckReset
	MarkAckForgotten
	MarkAckAdmitted
	MarkAckDeferred
	MarkDeferredIn
	MarkPromotedByAck
	MarkPromotedByData
	MarkBelieverReset
	MarkCookieSent
	MarkCookieCame
	MarkCookieIgnored
	MarkCookieReset
	MarkCookiePromoted
	MarkCookieStale
	MarkPruned
	MarkSynAckLimit
	MarkRestarted
	MarkSynRoomFixed
	MarkRangTogether
	MarkRelistenRejected
	MarkRelistenSets
	MarkLostForDescriptor
	MarkLostUnread
	MarkDescriptorFirst
	MarkAcceptConnAborted
	MarkCloseFinishes
	MarkShutdownListener
	MarkBadDescriptor
	MarkMisuseInval
	MarkConnectIsConn
	MarkConnectInval
	MarkReceiveRest
	MarkReceiveEnd
	MarkSendError
	MarkSendPipe
	markCount
)

// Marks is a set of marks.
type Marks [(markCount + 63) / 64]uint64

// Has reports whether the set holds a mark.
func (m *Marks) Has(mark Mark) bool { return m[mark/64]>>(mark%64)&1 != 0 }

func (r *Reference) mark(m Mark) { r.marks[m/64] |= 1 << (m % 64) }

// Marks returns what the last operation made happen.
func (r *Reference) Marks() Marks { return r.marks }

// markFate marks what was decided about an attempt.
func (r *Reference) markFate(k netmodel.Kind, why netmodel.Cause) {
	ignored := Mark(0)
	if k == netmodel.RequestIgnored {
		ignored = 1 // the mark behind
	}
	switch why {
	case netmodel.QueueFull:
		r.mark(MarkRefusedFull + ignored)
	case netmodel.SlotsUsedUp:
		r.mark(MarkRefusedUsedUp + ignored)
	case netmodel.NoDescriptor:
		r.mark(MarkRefusedNoDescriptor + ignored)
	case netmodel.NobodyListens:
		r.mark(MarkRefusedNobody)
	case netmodel.ChildrenAlive:
		r.mark(MarkRefusedChildren)
	case netmodel.OutOfBuffers:
		r.mark(MarkIgnoredNoBuffers)
	case netmodel.NoCause:
		r.mark(MarkDeferred)
	case netmodel.Queued:
		r.mark(MarkQueued)
	case netmodel.Offered:
		r.mark(MarkOffered)
	case netmodel.HandshakeComplete:
		r.mark(MarkCompleted)
	case netmodel.AcceptedByProgram:
		r.mark(MarkAccepted)
	default:
		r.markEnd(k, why)
	}
}

// markEnd marks what ended a connection.
func (r *Reference) markEnd(k netmodel.Kind, why netmodel.Cause) {
	two := func(kind netmodel.Kind, this, other Mark) {
		if k == kind {
			r.mark(this)
		} else {
			r.mark(other)
		}
	}
	switch why {
	case netmodel.Paused:
		two(netmodel.RequestRefused, MarkRefusedPaused, MarkPauseReset)
	case netmodel.ClientReset:
		two(netmodel.AbortedPending, MarkAbortedPending, MarkAbortedAtAccept)
	case netmodel.HandshakeOver:
		two(netmodel.Withdrawn, MarkHandshakeOver, MarkAcceptedExpired)
	case netmodel.Trimmed:
		r.mark(MarkTrimmed)
	case netmodel.ListenerClosed:
		r.mark(MarkListenerClosed)
	case netmodel.Rejected:
		r.mark(MarkRejected)
	case netmodel.ClientGone:
		r.mark(MarkClientGone)
	case netmodel.OfferExpired:
		r.mark(MarkOfferExpired)
	case netmodel.PeerReset:
		r.mark(MarkPeerReset)
	case netmodel.DataUnanswered:
		r.mark(MarkDataUnanswered)
	default:
		r.markStack(k, why)
	}
}

// markCall marks how a call ended.
func (r *Reference) markCall(k Kind, e winsock.Errno) {
	first := MarkListenOK
	switch {
	case k == Open && e == winsock.WSAEMFILE:
		r.mark(MarkOpenMFile)
		return
	case k == Open && e == winsock.WSAENOBUFS:
		r.mark(MarkOpenNoBufs)
		return
	case k == Receive:
		r.markReceive(e)
		return
	case k == Pause && e == winsock.WSAENOPROTOOPT:
		r.mark(MarkPauseUnknown)
		return
	case k == Accept:
		first = MarkAcceptOK
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

func (r *Reference) markAcceptCall(e winsock.Errno) {
	if e == winsock.WSAECONNABORTED {
		r.mark(MarkAcceptConnAborted)
	}
	codes := [...]winsock.Errno{0, winsock.WSANOTINITIALISED, winsock.WSAENETDOWN, winsock.WSAEINPROGRESS, winsock.WSAENOTSOCK,
		winsock.WSAEINVAL, winsock.WSAENOBUFS, winsock.WSAEACCES, winsock.WSAEWOULDBLOCK, winsock.WSAEMFILE,
		winsock.WSAECONNRESET, winsock.WSAECONNREFUSED, winsock.WSATRY_AGAIN}
	if at := slices.Index(codes[:], e); at >= 0 {
		r.mark(MarkAcceptOK + Mark(at))
	}
}

func (r *Reference) markReceive(e winsock.Errno) {
	switch e {
	case 0:
		r.mark(MarkReceiveBytes)
	case winsock.WSAECONNRESET:
		r.mark(MarkReceiveReset)
	case winsock.WSAETIMEDOUT:
		r.mark(MarkReceiveTimedOut)
	}
}

func (r *Reference) markBacklog(n int) {
	b := r.profile.Backlog
	legal := effective(b, n)
	switch {
	case n == b.Somaxconn && n != 0:
		r.mark(MarkBacklogMax)
	case n < 0 && b.HintMax != 0:
		r.mark(MarkBacklogHint)
	case n < legal:
		r.mark(MarkBacklogBelow)
	case n > legal:
		r.mark(MarkBacklogAbove)
	}
	switch {
	case !r.listening:
		return
	case r.profile.Relisten == netmodel.RelistenKeeps && legal != r.backlog:
		r.mark(MarkRelistenKeeps)
	case legal > r.backlog:
		r.mark(MarkRelistenLarger)
	case legal < r.backlog:
		r.mark(MarkRelistenSmaller)
	default:
		r.mark(MarkRelistenEqual)
	}
	if r.free() == 0 {
		r.mark(MarkRelistenStarved)
	}
}

func (r *Reference) markTrim(trimmed int) {
	switch {
	case trimmed == 0:
		r.mark(MarkTrimNone)
		return
	case trimmed == 1:
		r.mark(MarkTrimOne)
	default:
		r.mark(MarkTrimMany)
	}
	switch r.profile.Trim {
	case netmodel.TrimOldest:
		r.mark(MarkTrimOldest)
	case netmodel.TrimHalfOpen:
		r.mark(MarkTrimHalfOpen)
	}
}

func (r *Reference) markFill(grown int) {
	switch {
	case grown == 0:
		r.mark(MarkFillNone)
	case grown == 1:
		r.mark(MarkFillOne)
	default:
		r.mark(MarkFillMany)
	}
	if grown > 0 && r.pending()+r.available+r.late < r.limit {
		r.mark(MarkFillPart)
	}
}

func (r *Reference) markAccept(i int) {
	c := &r.conns[i]
	if i == r.deferred {
		r.mark(MarkAcceptDeferred)
	}
	if slices.Contains(r.offered, i) {
		r.mark(MarkAcceptOffered)
	}
	if c.aborted {
		r.mark(MarkAcceptAborted)
	}
	if c.clientDone {
		r.mark(MarkAcceptFinished)
	}
	if c.unread > 0 {
		r.mark(MarkAcceptUnread)
	}
	if c.ownsFD && r.free() == 0 {
		r.mark(MarkAcceptOwn)
	}
	if len(r.done) > 1 && slices.Min(r.done) < i {
		r.mark(MarkAcceptOvertaken)
	}
}

func (r *Reference) markNested(e winsock.Errno) {
	switch e {
	case 0:
		r.mark(MarkNestedOK)
	case winsock.WSAEINPROGRESS:
		r.mark(MarkNestedInProgress)
	default:
		r.mark(MarkNestedFailed)
	}
}

func (r *Reference) markClose() {
	switch {
	case len(r.done) == 0 || len(r.half) == 0:
		r.mark(MarkCloseEmpty)
	case r.profile.CloseListener == netmodel.CloseForgetsAll:
		r.mark(MarkCloseForgetsAll)
	case r.profile.CloseListener == netmodel.CloseForgetsHalfOpen:
		r.mark(MarkCloseForgetsHalfOpen)
	case r.profile.CloseListener == netmodel.CloseFinishes:
		r.mark(MarkCloseFinishes)
	default:
		r.mark(MarkCloseResetsAll)
	}
}
