package lockstep

import "wspsim/netmodel"

// markDecision marks what was decided about an attempt.
func (r *reference) markDecision(k netmodel.Kind, why netmodel.Cause) {
	ignored := Mark(0)
	if k == netmodel.RequestIgnored {
		ignored = 1 // the next mark
	}
	switch why {
	case netmodel.QueueFull:
		r.mark(markRefusedFull + ignored)
	case netmodel.SlotsUsedUp:
		r.mark(markRefusedUsedUp + ignored)
	case netmodel.NoDescriptor:
		r.mark(markRefusedNoDescriptor + ignored)
	case netmodel.NoListener:
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
	case netmodel.ClientReset:
		two(netmodel.AbortedPending, markAbortedPending, markAbortedAtAccept)
	case netmodel.HandshakeTimeout:
		two(netmodel.Withdrawn, markHandshakeOver, markAcceptedExpired)
	case netmodel.Trimmed:
		r.mark(markTrimmed)
	case netmodel.ListenerClosed:
		r.mark(markListenerClosed)
	case netmodel.Rejected:
		r.mark(markRejected)
	case netmodel.ClientWithdrew:
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

// markStack marks the decisions of systems with a SYN queue, and of those that do not
// answer a request without a slot with an RST.
func (r *reference) markStack(k netmodel.Kind, why netmodel.Cause) {
	switch why {
	case netmodel.SynQueueFull:
		r.mark(markSynQueueFull)
	case netmodel.LastQuarter:
		r.mark(markLastQuarter)
	case netmodel.AnsweredWithCookie:
		r.mark(markCookieSent)
	case netmodel.CookieAccepted:
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
