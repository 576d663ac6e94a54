package netmodel

// words are the causes that a host's decisions have. Systems decide the same
// thing by rules of their own, and a trace names the rule.
type words struct {
	queued, full, complete, accepted, expired, closed, resetLater, relistened, silence, noAnswer Cause
}

func wordsOf(p *Profile) words {
	if p.Calls == CallsWinsock {
		w := words{
			queued: Queued, full: QueueFull, complete: HandshakeComplete, accepted: AcceptedByProgram, expired: HandshakeOver,
			closed: ListenerClosed, resetLater: ClientResetQuietly, relistened: BacklogUpdated, silence: SynUnanswered, noAnswer: NoAnswer,
		}
		return w
	}
	w := words{
		queued: SlotTaken, full: PoolFull, complete: JoinedQueue, accepted: AcceptedInOrder, expired: RequestExpired,
		closed: ListenerGone, resetLater: ClientResetKept, relistened: LimitSet, silence: SynRepeated, noAnswer: ConnectTimeout,
	}
	if p.SynQueue.Separate {
		w.queued, w.full = HalfOpened, AcceptQueueFull
	}
	return w
}
