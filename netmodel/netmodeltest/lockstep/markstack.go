package lockstep

import "wspsim/netmodel"

// markStack marks what stacks decide that have a SYN queue, or another answer
// than an RST for a request that finds no room.
func (r *reference) markStack(k netmodel.Kind, why netmodel.Cause) {
	switch why {
	case netmodel.SynQueueFull:
		r.mark(markSynQueueFull)
	case netmodel.LastQuarter:
		r.mark(markLastQuarter)
	case netmodel.AnsweredWithCookie:
		r.mark(markCookieSent)
	case netmodel.CookieCame:
		r.mark(markCookieCame)
	case netmodel.LostForDescriptor:
		r.mark(markLostForDescriptor)
	case netmodel.HeldBack:
		if k == netmodel.RequestHeld {
			r.mark(markHeld)
		} else {
			r.mark(markAckDeferred)
		}
	case netmodel.AckOverflow:
		switch k {
		case netmodel.ResetPending:
			r.mark(markAckReset)
		case netmodel.Withdrawn:
			r.mark(markAckForgotten)
		default:
			r.mark(markAckIgnored)
		}
	}
}

// stackName names the marks of what other stacks do.
func stackName(m Mark) string {
	names := [...]string{
		markSynQueueFull:        "request ignored, SYN queue full",
		markLastQuarter:         "request ignored, last quarter of the SYN queue",
		markYoungException:      "request let in although the accept queue is full, few are young",
		markEvictedFromPool:     "half-open connection evicted for its slot",
		markEvictedFromSynQueue: "half-open connection evicted from the SYN queue",
		markNoVictim:            "nobody to evict",
		markHeld:                "request held back",
		markHeldIn:              "held request let in",
		markDupHeld:             "SYN again while held back",
		markTryAgain:            "request told to try again",
		markAckIgnored:          "final ACK ignored, accept queue full",
		markAckReset:            "final ACK answered with an RST, accept queue full",
		markAckForgotten:        "final ACK forgotten, accept queue full",
		markAckAdmitted:         "final ACK admitted beyond the limit",
		markAckDeferred:         "final ACK deferred, accept queue full",
		markDeferredIn:          "deferred connection let in",
		markPromotedByAck:       "let in by a repeated ACK",
		markPromotedByData:      "let in by data",
		markBelieverReset:       "client that believed reset",
		markCookieSent:          "cookie sent",
		markCookieCame:          "ACK with a cookie admitted",
		markCookieIgnored:       "ACK with a cookie ignored",
		markCookieReset:         "ACK with a cookie answered with an RST",
		markCookiePromoted:      "let in by a repeated cookie",
		markCookieStale:         "cookie that does not count",
		markPruned:              "half-open connection given up early",
		markSynAckLimit:         "half-open connection given up at the limit",
		markRestarted:           "SYN again, timer of the SYN-ACK set anew",
		markSynRoomFixed:        "size of the SYN queue fixed by the first listen",
		markRangTogether:        "timers of one slot rang together",
		markRelistenRejected:    "listen again rejected",
		markRelistenSets:        "listen again, more queued than fits",
		markLostForDescriptor:   "connection lost for want of a descriptor",
		markLostUnread:          "connection lost with data waiting",
		markDescriptorFirst:     "accept WSAEMFILE with nothing to accept",
		markAcceptConnAborted:   "accept WSAECONNABORTED",
		markCloseFinishes:       "closed, clients read the end",
		markShutdownListener:    "listener ended by shutdown",
		markBadDescriptor:       "call WSAEBADF",
		markMisuseInval:         "listen on a connection WSAEINVAL",
		markConnectIsConn:       "connect of a listener WSAEISCONN",
		markConnectInval:        "connect of a listener WSAEINVAL",
		markReceiveRest:         "receive takes what came before a reset",
		markReceiveEnd:          "receive is at the end after a reset",
		markSendError:           "send reports the reset",
		markSendPipe:            "send EPIPE",
	}
	return names[m]
}
