package lockstep

import "wspsim/netmodel"

// markStack marks what stacks decide that have a SYN queue, or another answer
// than an RST for a request that finds no room.
func (r *Reference) markStack(k netmodel.Kind, why netmodel.Cause) {
	switch why {
	case netmodel.SynQueueFull:
		r.mark(MarkSynQueueFull)
	case netmodel.LastQuarter:
		r.mark(MarkLastQuarter)
	case netmodel.AnsweredWithCookie:
		r.mark(MarkCookieSent)
	case netmodel.CookieCame:
		r.mark(MarkCookieCame)
	case netmodel.LostForDescriptor:
		r.mark(MarkLostForDescriptor)
	case netmodel.HeldBack:
		if k == netmodel.RequestHeld {
			r.mark(MarkHeld)
		} else {
			r.mark(MarkAckDeferred)
		}
	case netmodel.AckOverflow:
		switch k {
		case netmodel.ResetPending:
			r.mark(MarkAckReset)
		case netmodel.Withdrawn:
			r.mark(MarkAckForgotten)
		default:
			r.mark(MarkAckIgnored)
		}
	}
}

// stackName names the marks of what other stacks do.
func stackName(m Mark) string {
	names := [...]string{
		MarkSynQueueFull:        "request ignored, SYN queue full",
		MarkLastQuarter:         "request ignored, last quarter of the SYN queue",
		MarkYoungException:      "request let in although the accept queue is full, few are young",
		MarkEvictedFromPool:     "half-open connection evicted for its slot",
		MarkEvictedFromSynQueue: "half-open connection evicted from the SYN queue",
		MarkNoVictim:            "nobody to evict",
		MarkHeld:                "request held back",
		MarkHeldIn:              "held request let in",
		MarkDupHeld:             "SYN again while held back",
		MarkTryAgain:            "request told to try again",
		MarkAckIgnored:          "final ACK ignored, accept queue full",
		MarkAckReset:            "final ACK answered with an RST, accept queue full",
		MarkAckForgotten:        "final ACK forgotten, accept queue full",
		MarkAckAdmitted:         "final ACK admitted beyond the limit",
		MarkAckDeferred:         "final ACK deferred, accept queue full",
		MarkDeferredIn:          "deferred connection let in",
		MarkPromotedByAck:       "let in by a repeated ACK",
		MarkPromotedByData:      "let in by data",
		MarkBelieverReset:       "client that believed reset",
		MarkCookieSent:          "cookie sent",
		MarkCookieCame:          "ACK with a cookie admitted",
		MarkCookieIgnored:       "ACK with a cookie ignored",
		MarkCookieReset:         "ACK with a cookie answered with an RST",
		MarkCookiePromoted:      "let in by a repeated cookie",
		MarkCookieStale:         "cookie that does not count",
		MarkPruned:              "half-open connection given up early",
		MarkSynAckLimit:         "half-open connection given up at the limit",
		MarkRestarted:           "SYN again, timer of the SYN-ACK set anew",
		MarkSynRoomFixed:        "size of the SYN queue fixed by the first listen",
		MarkRangTogether:        "timers of one slot rang together",
		MarkRelistenRejected:    "listen again rejected",
		MarkRelistenSets:        "listen again, more queued than fits",
		MarkLostForDescriptor:   "connection lost for want of a descriptor",
		MarkLostUnread:          "connection lost with data waiting",
		MarkDescriptorFirst:     "accept WSAEMFILE with nothing to accept",
		MarkAcceptConnAborted:   "accept WSAECONNABORTED",
		MarkCloseFinishes:       "closed, clients read the end",
		MarkShutdownListener:    "listener ended by shutdown",
		MarkBadDescriptor:       "call WSAEBADF",
		MarkMisuseInval:         "listen on a connection WSAEINVAL",
		MarkConnectIsConn:       "connect of a listener WSAEISCONN",
		MarkConnectInval:        "connect of a listener WSAEINVAL",
		MarkReceiveRest:         "receive takes what came before a reset",
		MarkReceiveEnd:          "receive is at the end after a reset",
		MarkSendError:           "send reports the reset",
		MarkSendPipe:            "send EPIPE",
	}
	return names[m]
}
