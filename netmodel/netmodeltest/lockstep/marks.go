package lockstep

// Mark is something that must happen in every long search. A search that never saw a
// mark has not tested it.
type Mark uint8

// The marks: of decisions, calls, arguments and their effects, segments, and what only
// some systems do.
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
	markPhantomReset
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
	markTimersTogether
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
