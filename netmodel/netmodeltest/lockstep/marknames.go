package lockstep

// String says what a mark stands for.
func (m Mark) String() string {
	switch {
	case m < MarkListenOK:
		return fateName(m)
	case m < MarkBacklogBelow:
		return callName(m)
	case m < MarkSegmentLost:
		return causeName(m)
	case m < MarkSynQueueFull:
		return wireName(m)
	case m < markCount:
		return stackName(m)
	}
	return "no such mark"
}

// fateName names the marks of what was decided about an attempt.
func fateName(m Mark) string {
	names := [...]string{
		MarkQueued:              "request queued",
		MarkOffered:             "request offered to the condition function",
		MarkRefusedFull:         "request refused, queue full",
		MarkIgnoredFull:         "request ignored, queue full",
		MarkRefusedUsedUp:       "request refused, slots used up",
		MarkIgnoredUsedUp:       "request ignored, slots used up",
		MarkRefusedNoDescriptor: "request refused, no descriptor for it",
		MarkIgnoredNoDescriptor: "request ignored, no descriptor for it",
		MarkRefusedNobody:       "request refused, nobody listens",
		MarkRefusedPaused:       "request refused, listener paused",
		MarkRefusedChildren:     "request refused, connections of an earlier listener live",
		MarkIgnoredNoBuffers:    "request ignored, no buffers",
		MarkCompleted:           "handshake complete",
		MarkAccepted:            "connection accepted",
		MarkDeferred:            "request deferred",
		MarkTrimmed:             "connection trimmed",
		MarkListenerClosed:      "connection reset by the closing listener",
		MarkRejected:            "request rejected",
		MarkPauseReset:          "connection reset by a pause",
		MarkAbortedPending:      "client reset a pending connection, which stays",
		MarkAbortedAtAccept:     "accept removed a connection that its client had reset",
		MarkClientGone:          "client reset a pending connection, which leaves",
		MarkHandshakeOver:       "half-open connection expired",
		MarkOfferExpired:        "offered request expired",
		MarkPeerReset:           "client reset an accepted connection",
		MarkAcceptedExpired:     "accepted connection never completed its handshake",
		MarkDataUnanswered:      "FIN never acknowledged",
		MarkLateSlot:            "slot came back late",
	}
	return names[m]
}

// callName names the marks of how calls ended.
func callName(m Mark) string {
	names := [...]string{
		MarkListenOK:             "listen succeeded",
		MarkListenNotInitialised: "listen WSANOTINITIALISED",
		MarkListenNetDown:        "listen WSAENETDOWN",
		MarkListenInProgress:     "listen WSAEINPROGRESS",
		MarkListenNotSock:        "listen WSAENOTSOCK",
		MarkListenIsConn:         "listen WSAEISCONN",
		MarkListenNoBufs:         "listen WSAENOBUFS",
		MarkListenMFile:          "listen WSAEMFILE",
		MarkAcceptOK:             "accept succeeded",
		MarkAcceptNotInitialised: "accept WSANOTINITIALISED",
		MarkAcceptNetDown:        "accept WSAENETDOWN",
		MarkAcceptInProgress:     "accept WSAEINPROGRESS",
		MarkAcceptNotSock:        "accept WSAENOTSOCK",
		MarkAcceptInval:          "accept WSAEINVAL",
		MarkAcceptNoBufs:         "accept WSAENOBUFS",
		MarkAcceptAcces:          "accept WSAEACCES",
		MarkAcceptWouldBlock:     "accept WSAEWOULDBLOCK",
		MarkAcceptMFile:          "accept WSAEMFILE",
		MarkAcceptConnReset:      "accept WSAECONNRESET",
		MarkAcceptConnRefused:    "accept WSAECONNREFUSED",
		MarkAcceptTryAgain:       "accept WSATRY_AGAIN",
		MarkOpenMFile:            "socket WSAEMFILE",
		MarkOpenNoBufs:           "socket WSAENOBUFS",
		MarkReceiveReset:         "receive WSAECONNRESET",
		MarkReceiveTimedOut:      "receive WSAETIMEDOUT",
		MarkReceiveBytes:         "receive succeeded",
		MarkPauseUnknown:         "setsockopt WSAENOPROTOOPT",
	}
	return names[m]
}

// causeName names the marks of what was asked and what it did.
func causeName(m Mark) string {
	names := [...]string{
		MarkBacklogBelow:         "backlog raised to the least",
		MarkBacklogAbove:         "backlog cut to the most",
		MarkBacklogMax:           "backlog SOMAXCONN",
		MarkBacklogHint:          "backlog SOMAXCONN_HINT",
		MarkRelistenLarger:       "listen again, larger",
		MarkRelistenSmaller:      "listen again, smaller",
		MarkRelistenEqual:        "listen again, equal",
		MarkRelistenKeeps:        "listen again, without effect on the backlog",
		MarkRelistenStarved:      "listen again, no descriptor free",
		MarkTrimNone:             "nothing to trim",
		MarkTrimOne:              "one trimmed",
		MarkTrimMany:             "several trimmed",
		MarkTrimHalfOpen:         "trimmed, half-open ones first",
		MarkTrimOldest:           "trimmed, oldest first",
		MarkTrimDeferred:         "deferred request trimmed",
		MarkFillNone:             "filled nothing",
		MarkFillOne:              "filled one slot",
		MarkFillMany:             "filled several slots",
		MarkFillPart:             "filled some slots, for more there are no descriptors",
		MarkAcceptDeferred:       "deferred request accepted",
		MarkAcceptOffered:        "offered request accepted",
		MarkAcceptAborted:        "connection accepted that its client had reset",
		MarkAcceptFinished:       "connection accepted that its client had closed",
		MarkAcceptUnread:         "connection accepted with data waiting",
		MarkAcceptOwn:            "connection accepted with its own descriptor, none free",
		MarkAcceptOvertaken:      "connection accepted before one that arrived earlier",
		MarkAskStarved:           "condition function asked, no descriptor free",
		MarkDeferredAborted:      "deferred request reset by its client",
		MarkDeferredWithdrawn:    "deferred request withdrawn",
		MarkNestedOK:             "nested call succeeded",
		MarkNestedFailed:         "nested call failed",
		MarkNestedInProgress:     "nested call WSAEINPROGRESS",
		MarkNestedEnded:          "condition function ended its own request",
		MarkCloseEmpty:           "closed without both half-open and complete connections",
		MarkCloseResetsAll:       "closed, everything reset",
		MarkCloseForgetsHalfOpen: "closed, half-open connections forgotten",
		MarkCloseForgetsAll:      "closed, everything forgotten",
		MarkWithdrawsComplete:    "complete connection withdrawn",
	}
	return names[m]
}

// wireName names the marks of what clients sent.
func wireName(m Mark) string {
	names := [...]string{
		MarkSegmentLost:     "segment lost, network down",
		MarkSynAfterRefusal: "SYN again after a refusal",
		MarkLateSuccess:     "queued after a refusal",
		MarkDupOffered:      "SYN again while offered",
		MarkDupHalfOpen:     "SYN again while half-open",
		MarkDupComplete:     "SYN again while complete",
		MarkChallenge:       "SYN for a new connection met an old one",
		MarkStray:           "segment for no connection",
		MarkOldReset:        "RST from the past",
		MarkFinPending:      "FIN while pending",
		MarkDataAfterClose:  "data after close",
		MarkHardClose:       "hard close",
		MarkFinUnanswered:   "FIN not answered",
		MarkFinWaitOver:     "client never closed its side",
		MarkSynAckAgain:     "SYN-ACK sent again",
	}
	return names[m]
}
