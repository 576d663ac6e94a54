package lockstep

// String says in words what the mark stands for.
func (m Mark) String() string {
	switch {
	case m < markListenOK:
		return decisionName(m)
	case m < markBacklogBelow:
		return callName(m)
	case m < markSegmentLost:
		return causeName(m)
	case m < markSynQueueFull:
		return wireName(m)
	case m < markCount:
		return stackName(m)
	}
	return "no such mark"
}

// fateName names the marks of what was decided about an attempt.
func decisionName(m Mark) string {
	names := [...]string{
		markQueued:              "request queued",
		markOffered:             "request offered to the condition function",
		markRefusedFull:         "request refused, queue full",
		markIgnoredFull:         "request ignored, queue full",
		markRefusedUsedUp:       "request refused, slots used up",
		markIgnoredUsedUp:       "request ignored, slots used up",
		markRefusedNoDescriptor: "request refused, no descriptor for it",
		markIgnoredNoDescriptor: "request ignored, no descriptor for it",
		markRefusedNobody:       "request refused, nobody listens",
		markRefusedPaused:       "request refused, listener paused",
		markRefusedChildren:     "request refused, connections of an earlier listener live",
		markIgnoredNoBuffers:    "request ignored, no buffers",
		markCompleted:           "handshake complete",
		markAccepted:            "connection accepted",
		markDeferred:            "request deferred",
		markTrimmed:             "connection trimmed",
		markListenerClosed:      "connection reset by the closing listener",
		markRejected:            "request rejected",
		markPauseReset:          "connection reset by a pause",
		markAbortedPending:      "client reset a pending connection, which stays",
		markAbortedAtAccept:     "accept removed a connection after its client reset it",
		markClientGone:          "client reset a pending connection, which leaves",
		markHandshakeOver:       "half-open connection expired",
		markOfferExpired:        "offered request expired",
		markPeerReset:           "client reset an accepted connection",
		markAcceptedExpired:     "accepted connection never completed its handshake",
		markDataUnanswered:      "FIN never acknowledged",
		markLateSlot:            "slot available late",
	}
	return names[m]
}

// callName names the marks of how calls ended.
func callName(m Mark) string {
	names := [...]string{
		markListenOK:             "listen succeeded",
		markListenNotInitialised: "listen WSANOTINITIALISED",
		markListenNetDown:        "listen WSAENETDOWN",
		markListenInProgress:     "listen WSAEINPROGRESS",
		markListenNotSock:        "listen WSAENOTSOCK",
		markListenIsConn:         "listen WSAEISCONN",
		markListenNoBufs:         "listen WSAENOBUFS",
		markListenMFile:          "listen WSAEMFILE",
		markAcceptOK:             "accept succeeded",
		markAcceptNotInitialised: "accept WSANOTINITIALISED",
		markAcceptNetDown:        "accept WSAENETDOWN",
		markAcceptInProgress:     "accept WSAEINPROGRESS",
		markAcceptNotSock:        "accept WSAENOTSOCK",
		markAcceptInval:          "accept WSAEINVAL",
		markAcceptNoBufs:         "accept WSAENOBUFS",
		markAcceptAcces:          "accept WSAEACCES",
		markAcceptWouldBlock:     "accept WSAEWOULDBLOCK",
		markAcceptMFile:          "accept WSAEMFILE",
		markAcceptConnReset:      "accept WSAECONNRESET",
		markAcceptConnRefused:    "accept WSAECONNREFUSED",
		markAcceptTryAgain:       "accept WSATRY_AGAIN",
		markOpenMFile:            "socket WSAEMFILE",
		markOpenNoBufs:           "socket WSAENOBUFS",
		markReceiveReset:         "receive WSAECONNRESET",
		markReceiveTimedOut:      "receive WSAETIMEDOUT",
		markReceiveBytes:         "receive succeeded",
		markPauseUnknown:         "setsockopt WSAENOPROTOOPT",
	}
	return names[m]
}

// causeName names the marks of what was asked and what it did.
func causeName(m Mark) string {
	names := [...]string{
		markBacklogBelow:         "backlog raised to the minimum",
		markBacklogAbove:         "backlog cut to the maximum",
		markBacklogMax:           "backlog SOMAXCONN",
		markBacklogHint:          "backlog SOMAXCONN_HINT",
		markRelistenLarger:       "listen again, larger",
		markRelistenSmaller:      "listen again, smaller",
		markRelistenEqual:        "listen again, equal",
		markRelistenKeeps:        "listen again, without effect on the backlog",
		markRelistenStarved:      "listen again, no free descriptor",
		markTrimNone:             "nothing to trim",
		markTrimOne:              "one trimmed",
		markTrimMany:             "several trimmed",
		markTrimHalfOpen:         "trimmed, half-open ones first",
		markTrimOldest:           "trimmed, oldest first",
		markTrimDeferred:         "deferred request trimmed",
		markFillNone:             "filled nothing",
		markFillOne:              "filled one slot",
		markFillMany:             "filled several slots",
		markFillPart:             "filled some slots, no descriptors for more",
		markAcceptDeferred:       "deferred request accepted",
		markAcceptOffered:        "offered request accepted",
		markAcceptAborted:        "connection accepted after its client reset it",
		markAcceptFinished:       "connection accepted after its client closed it",
		markAcceptUnread:         "connection accepted with unread data",
		markAcceptOwn:            "connection accepted with its own descriptor, no other free",
		markAcceptOvertaken:      "connection accepted before an earlier arrival",
		markAskStarved:           "condition function called, no free descriptor",
		markDeferredAborted:      "deferred request reset by its client",
		markDeferredWithdrawn:    "deferred request withdrawn",
		markNestedOK:             "nested call succeeded",
		markNestedFailed:         "nested call failed",
		markNestedInProgress:     "nested call WSAEINPROGRESS",
		markNestedEnded:          "condition function ended its own request",
		markCloseEmpty:           "closed without half-open or without complete connections",
		markCloseResetsAll:       "closed, everything reset",
		markCloseForgetsHalfOpen: "closed, half-open connections forgotten",
		markCloseForgetsAll:      "closed, everything forgotten",
		markWithdrawsComplete:    "complete connection withdrawn",
	}
	return names[m]
}

// wireName names the marks of what clients sent.
func wireName(m Mark) string {
	names := [...]string{
		markSegmentLost:     "segment lost, network down",
		markSynAfterRefusal: "SYN again after a refusal",
		markLateSuccess:     "connected after a refusal",
		markDupOffered:      "SYN again while offered",
		markDupHalfOpen:     "SYN again while half-open",
		markDupComplete:     "SYN again while complete",
		markChallenge:       "SYN for a new connection met an old connection",
		markStray:           "segment for no connection",
		markOldReset:        "RST with an old sequence number",
		markFinPending:      "FIN while pending",
		markDataAfterClose:  "data after close",
		markHardClose:       "hard close",
		markFinUnanswered:   "FIN unanswered",
		markFinWaitOver:     "client never closed its side",
		markSynAckAgain:     "SYN-ACK sent again",
	}
	return names[m]
}

// stackName names the marks of what other stacks do.
func stackName(m Mark) string {
	names := [...]string{
		markSynQueueFull:        "request ignored, SYN queue full",
		markLastQuarter:         "request ignored, last quarter of the SYN queue",
		markYoungException:      "request admitted to a full accept queue, few connections are young",
		markEvictedFromPool:     "half-open connection evicted for its slot",
		markEvictedFromSynQueue: "half-open connection evicted from the SYN queue",
		markNoVictim:            "nothing to evict",
		markHeld:                "request held",
		markHeldIn:              "held request admitted",
		markDupHeld:             "SYN again while held",
		markTryAgain:            "request told to try again",
		markAckIgnored:          "final ACK ignored, accept queue full",
		markAckReset:            "final ACK answered with an RST, accept queue full",
		markAckForgotten:        "final ACK forgotten, accept queue full",
		markAckAdmitted:         "final ACK admitted beyond the limit",
		markAckDeferred:         "final ACK deferred, accept queue full",
		markDeferredIn:          "deferred connection promoted",
		markPromotedByAck:       "phantom promoted by a repeated ACK",
		markPromotedByData:      "phantom promoted by data",
		markPhantomReset:        "phantom reset",
		markCookieSent:          "cookie sent",
		markCookieCame:          "ACK with a cookie admitted",
		markCookieIgnored:       "ACK with a cookie ignored",
		markCookieReset:         "ACK with a cookie answered with an RST",
		markCookiePromoted:      "phantom promoted by a repeated cookie",
		markCookieStale:         "cookie no longer valid",
		markPruned:              "half-open connection expired early",
		markSynAckLimit:         "half-open connection expired at the time limit",
		markRestarted:           "SYN again, SYN-ACK timer restarted",
		markSynRoomFixed:        "size of the SYN queue fixed by the first listen",
		markTimersTogether:      "timers of one instant expired together",
		markRelistenRejected:    "listen again rejected",
		markRelistenSets:        "listen again, more queued than the limit",
		markLostForDescriptor:   "connection lost, no free descriptor",
		markLostUnread:          "connection lost with unread data",
		markDescriptorFirst:     "accept WSAEMFILE with nothing to accept",
		markAcceptConnAborted:   "accept WSAECONNABORTED",
		markCloseFinishes:       "closed, clients were sent a FIN",
		markShutdownListener:    "listener ended by shutdown",
		markBadDescriptor:       "call WSAEBADF",
		markMisuseInval:         "listen on a connection WSAEINVAL",
		markConnectIsConn:       "connect of a listener WSAEISCONN",
		markConnectInval:        "connect of a listener WSAEINVAL",
		markReceiveRest:         "receive took bytes from before a reset",
		markReceiveEnd:          "receive at the end of the stream after a reset",
		markSendError:           "send reported the reset",
		markSendPipe:            "send EPIPE",
	}
	return names[m]
}
