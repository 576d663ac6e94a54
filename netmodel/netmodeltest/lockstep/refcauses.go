package lockstep

import "wspsim/netmodel"

// meaning returns the cause of the reference model for the cause of a host. Systems
// decide the same thing by rules of their own, and a host's cause names the rule. The
// reference model has one cause for each decision. Tests beside the host check the rule.
func meaning(why netmodel.Cause) netmodel.Cause {
	switch why {
	case netmodel.SlotTaken, netmodel.HalfOpened, netmodel.StackHalfOpened, netmodel.UnixQueued:
		return netmodel.Queued
	case netmodel.PoolFull, netmodel.AcceptQueueFull, netmodel.StackQueueFull, netmodel.UnixFull:
		return netmodel.QueueFull
	case netmodel.StackAckReset, netmodel.StackAckForgotten, netmodel.StackAckIgnored:
		return netmodel.AckOverflow
	case netmodel.JoinedQueue, netmodel.StackJoined, netmodel.JoinedByArrival:
		return netmodel.HandshakeComplete
	case netmodel.AcceptedInOrder, netmodel.StackAccepted, netmodel.AcceptedByArrival:
		return netmodel.AcceptedByProgram
	case netmodel.RequestExpired, netmodel.StackExpired:
		return netmodel.HandshakeOver
	case netmodel.ListenerGone, netmodel.StackClosed:
		return netmodel.ListenerClosed
	case netmodel.ClientResetKept, netmodel.StackResetKept:
		return netmodel.ClientResetQuietly
	case netmodel.ClientResetAborts:
		return netmodel.ClientReset
	}
	return why
}

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
