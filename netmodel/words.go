package netmodel

// words are the causes that a host's decisions have. Systems decide the same
// thing by rules of their own, and a trace names the rule: that of the page, of
// the kernel that was measured, or of the sources that were read.
type words struct {
	queued, full, complete, accepted, expired, closed, resetLater, relistened, silence, noAnswer, ackFull Cause
}

// callFailed returns the cause of a call that failed: none where the error itself
// names the rule, as on the page.
func (h *Host) callFailed(call Call, e Errno) Cause {
	switch p := &h.profile; {
	case p.Calls == CallsWinsock || e == 0:
		return NoCause
	case call == CallAccept && e == WSAEMFILE && p.System == "linux" && p.DescriptorFirst:
		return NoDescriptorFirst
	case call == CallAccept && e == WSAECONNABORTED:
		return AbortedReported
	case call == CallListen && e == WSAEINVAL && p.Relisten == RelistenRejects:
		return RelistenRejected
	}
	return UnixCallFailed
}

func wordsOf(p *Profile) words {
	switch {
	case p.Calls == CallsWinsock:
		return words{
			queued: Queued, full: QueueFull, complete: HandshakeComplete, accepted: AcceptedByProgram, expired: HandshakeOver,
			closed: ListenerClosed, resetLater: ClientResetQuietly, relistened: BacklogUpdated, silence: SynUnanswered, noAnswer: NoAnswer,
			ackFull: AckOverflow,
		}
	case p.System == "linux":
		w := words{
			queued: HalfOpened, full: AcceptQueueFull, complete: JoinedQueue, accepted: AcceptedInOrder, expired: RequestExpired,
			closed: ListenerGone, resetLater: ClientResetKept, relistened: LimitSet, silence: SynRepeated, noAnswer: ConnectTimeout,
			ackFull: AckOverflow,
		}
		if !p.SynQueue.Separate {
			w.queued, w.full = UnixQueued, UnixFull
		}
		if p.AcceptByArrival {
			w.complete, w.accepted = JoinedByArrival, AcceptedByArrival
		}
		return w
	}
	w := words{
		queued: StackHalfOpened, full: StackQueueFull, complete: StackJoined, accepted: StackAccepted, expired: StackExpired,
		closed: StackClosed, resetLater: StackResetKept, relistened: StackLimitSet, silence: StackSynRepeated, noAnswer: StackNoAnswer,
		ackFull: StackAckReset,
	}
	switch {
	case !p.SynQueue.Separate:
		w.queued, w.full = SlotTaken, PoolFull
	case p.OnAckFull == ForgetAck:
		w.ackFull = StackAckForgotten
	case p.OnAckFull == IgnoreAck:
		w.ackFull = StackAckIgnored
	}
	return w
}
