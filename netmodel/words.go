package netmodel

// words are the causes that a host's decisions have. Systems decide the same
// thing by rules of their own, and a trace names the rule: that of the page, of
// the kernel that was measured, or of the sources that were read.
type words struct {
	queued, full, complete, accepted, expired, closed, resetLater, relistened, silence, noAnswer, ackFull Cause
}

func wordsOf(p *Profile) words {
	switch {
	case p.Calls == CallsWinsock:
		return words{
			queued: Queued, full: QueueFull, complete: HandshakeComplete, accepted: AcceptedByProgram, expired: HandshakeOver,
			closed: ListenerClosed, resetLater: ClientResetQuietly, relistened: BacklogUpdated, silence: SynUnanswered, noAnswer: NoAnswer,
		}
	case p.System == SystemLinux:
		w := words{
			queued: HalfOpened, full: AcceptQueueFull, complete: JoinedQueue, accepted: AcceptedInOrder, expired: RequestExpired,
			closed: ListenerGone, resetLater: ClientResetKept, relistened: LimitSet, silence: SynRepeated, noAnswer: ConnectTimeout,
			ackFull: AckOverflow,
		}
		if !p.SynQueue.Separate {
			w.queued, w.full = UnixQueued, UnixFull
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
