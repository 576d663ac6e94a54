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
	case m < markCount:
		return wireName(m)
	}
	return "no such mark"
}

// fateName names the marks of what was decided about an attempt.
func fateName(m Mark) string {
	names := [...]string{
		MarkQueued - MarkQueued:              "request queued",
		MarkOffered - MarkQueued:             "request offered to the condition function",
		MarkRefusedFull - MarkQueued:         "request refused, queue full",
		MarkIgnoredFull - MarkQueued:         "request ignored, queue full",
		MarkRefusedUsedUp - MarkQueued:       "request refused, slots used up",
		MarkIgnoredUsedUp - MarkQueued:       "request ignored, slots used up",
		MarkRefusedNoDescriptor - MarkQueued: "request refused, no descriptor for it",
		MarkIgnoredNoDescriptor - MarkQueued: "request ignored, no descriptor for it",
		MarkRefusedNobody - MarkQueued:       "request refused, nobody listens",
		MarkRefusedPaused - MarkQueued:       "request refused, listener paused",
		MarkRefusedChildren - MarkQueued:     "request refused, connections of an earlier listener live",
		MarkIgnoredNoBuffers - MarkQueued:    "request ignored, no buffers",
		MarkCompleted - MarkQueued:           "handshake complete",
		MarkAccepted - MarkQueued:            "connection accepted",
		MarkDeferred - MarkQueued:            "request deferred",
		MarkTrimmed - MarkQueued:             "connection trimmed",
		MarkListenerClosed - MarkQueued:      "connection reset by the closing listener",
		MarkRejected - MarkQueued:            "request rejected",
		MarkPauseReset - MarkQueued:          "connection reset by a pause",
		MarkAbortedPending - MarkQueued:      "client reset a pending connection, which stays",
		MarkAbortedAtAccept - MarkQueued:     "accept removed a connection that its client had reset",
		MarkClientGone - MarkQueued:          "client reset a pending connection, which leaves",
		MarkHandshakeOver - MarkQueued:       "half-open connection expired",
		MarkOfferExpired - MarkQueued:        "offered request expired",
		MarkPeerReset - MarkQueued:           "client reset an accepted connection",
		MarkAcceptedExpired - MarkQueued:     "accepted connection never completed its handshake",
		MarkDataUnanswered - MarkQueued:      "FIN never acknowledged",
		MarkLateSlot - MarkQueued:            "slot came back late",
	}
	return names[m-MarkQueued]
}

// callName names the marks of how calls ended.
func callName(m Mark) string {
	names := [...]string{
		MarkListenOK - MarkListenOK:             "listen succeeded",
		MarkListenNotInitialised - MarkListenOK: "listen WSANOTINITIALISED",
		MarkListenNetDown - MarkListenOK:        "listen WSAENETDOWN",
		MarkListenInProgress - MarkListenOK:     "listen WSAEINPROGRESS",
		MarkListenNotSock - MarkListenOK:        "listen WSAENOTSOCK",
		MarkListenIsConn - MarkListenOK:         "listen WSAEISCONN",
		MarkListenNoBufs - MarkListenOK:         "listen WSAENOBUFS",
		MarkListenMFile - MarkListenOK:          "listen WSAEMFILE",
		MarkAcceptOK - MarkListenOK:             "accept succeeded",
		MarkAcceptNotInitialised - MarkListenOK: "accept WSANOTINITIALISED",
		MarkAcceptNetDown - MarkListenOK:        "accept WSAENETDOWN",
		MarkAcceptInProgress - MarkListenOK:     "accept WSAEINPROGRESS",
		MarkAcceptNotSock - MarkListenOK:        "accept WSAENOTSOCK",
		MarkAcceptInval - MarkListenOK:          "accept WSAEINVAL",
		MarkAcceptNoBufs - MarkListenOK:         "accept WSAENOBUFS",
		MarkAcceptAcces - MarkListenOK:          "accept WSAEACCES",
		MarkAcceptWouldBlock - MarkListenOK:     "accept WSAEWOULDBLOCK",
		MarkAcceptMFile - MarkListenOK:          "accept WSAEMFILE",
		MarkAcceptConnReset - MarkListenOK:      "accept WSAECONNRESET",
		MarkAcceptConnRefused - MarkListenOK:    "accept WSAECONNREFUSED",
		MarkAcceptTryAgain - MarkListenOK:       "accept WSATRY_AGAIN",
		MarkOpenMFile - MarkListenOK:            "socket WSAEMFILE",
		MarkOpenNoBufs - MarkListenOK:           "socket WSAENOBUFS",
		MarkReceiveReset - MarkListenOK:         "receive WSAECONNRESET",
		MarkReceiveTimedOut - MarkListenOK:      "receive WSAETIMEDOUT",
		MarkReceiveBytes - MarkListenOK:         "receive succeeded",
		MarkPauseUnknown - MarkListenOK:         "setsockopt WSAENOPROTOOPT",
	}
	return names[m-MarkListenOK]
}

// causeName names the marks of what was asked and what it did.
func causeName(m Mark) string {
	names := [...]string{
		MarkBacklogBelow - MarkBacklogBelow:         "backlog raised to the least",
		MarkBacklogAbove - MarkBacklogBelow:         "backlog cut to the most",
		MarkBacklogMax - MarkBacklogBelow:           "backlog SOMAXCONN",
		MarkBacklogHint - MarkBacklogBelow:          "backlog SOMAXCONN_HINT",
		MarkRelistenLarger - MarkBacklogBelow:       "listen again, larger",
		MarkRelistenSmaller - MarkBacklogBelow:      "listen again, smaller",
		MarkRelistenEqual - MarkBacklogBelow:        "listen again, equal",
		MarkRelistenKeeps - MarkBacklogBelow:        "listen again, without effect on the backlog",
		MarkRelistenStarved - MarkBacklogBelow:      "listen again, no descriptor free",
		MarkTrimNone - MarkBacklogBelow:             "nothing to trim",
		MarkTrimOne - MarkBacklogBelow:              "one trimmed",
		MarkTrimMany - MarkBacklogBelow:             "several trimmed",
		MarkTrimHalfOpen - MarkBacklogBelow:         "trimmed, half-open ones first",
		MarkTrimOldest - MarkBacklogBelow:           "trimmed, oldest first",
		MarkTrimDeferred - MarkBacklogBelow:         "deferred request trimmed",
		MarkFillNone - MarkBacklogBelow:             "filled nothing",
		MarkFillOne - MarkBacklogBelow:              "filled one slot",
		MarkFillMany - MarkBacklogBelow:             "filled several slots",
		MarkFillPart - MarkBacklogBelow:             "filled some slots, for more there are no descriptors",
		MarkAcceptDeferred - MarkBacklogBelow:       "deferred request accepted",
		MarkAcceptOffered - MarkBacklogBelow:        "offered request accepted",
		MarkAcceptAborted - MarkBacklogBelow:        "connection accepted that its client had reset",
		MarkAcceptFinished - MarkBacklogBelow:       "connection accepted that its client had closed",
		MarkAcceptUnread - MarkBacklogBelow:         "connection accepted with data waiting",
		MarkAcceptOwn - MarkBacklogBelow:            "connection accepted with its own descriptor, none free",
		MarkAcceptOvertaken - MarkBacklogBelow:      "connection accepted before one that arrived earlier",
		MarkAskStarved - MarkBacklogBelow:           "condition function asked, no descriptor free",
		MarkDeferredAborted - MarkBacklogBelow:      "deferred request reset by its client",
		MarkDeferredWithdrawn - MarkBacklogBelow:    "deferred request withdrawn",
		MarkNestedOK - MarkBacklogBelow:             "nested call succeeded",
		MarkNestedFailed - MarkBacklogBelow:         "nested call failed",
		MarkNestedInProgress - MarkBacklogBelow:     "nested call WSAEINPROGRESS",
		MarkNestedEnded - MarkBacklogBelow:          "condition function ended its own request",
		MarkCloseEmpty - MarkBacklogBelow:           "closed without both half-open and complete connections",
		MarkCloseResetsAll - MarkBacklogBelow:       "closed, everything reset",
		MarkCloseForgetsHalfOpen - MarkBacklogBelow: "closed, half-open connections forgotten",
		MarkCloseForgetsAll - MarkBacklogBelow:      "closed, everything forgotten",
		MarkWithdrawsComplete - MarkBacklogBelow:    "complete connection withdrawn",
	}
	return names[m-MarkBacklogBelow]
}

// wireName names the marks of what clients sent.
func wireName(m Mark) string {
	names := [...]string{
		MarkSegmentLost - MarkSegmentLost:     "segment lost, network down",
		MarkSynAfterRefusal - MarkSegmentLost: "SYN again after a refusal",
		MarkLateSuccess - MarkSegmentLost:     "queued after a refusal",
		MarkDupOffered - MarkSegmentLost:      "SYN again while offered",
		MarkDupHalfOpen - MarkSegmentLost:     "SYN again while half-open",
		MarkDupComplete - MarkSegmentLost:     "SYN again while complete",
		MarkChallenge - MarkSegmentLost:       "SYN for a new connection met an old one",
		MarkStray - MarkSegmentLost:           "segment for no connection",
		MarkOldReset - MarkSegmentLost:        "RST from the past",
		MarkFinPending - MarkSegmentLost:      "FIN while pending",
		MarkDataAfterClose - MarkSegmentLost:  "data after close",
		MarkHardClose - MarkSegmentLost:       "hard close",
		MarkFinUnanswered - MarkSegmentLost:   "FIN not answered",
		MarkFinWaitOver - MarkSegmentLost:     "client never closed its side",
		MarkSynAckAgain - MarkSegmentLost:     "SYN-ACK sent again",
	}
	return names[m-MarkSegmentLost]
}
