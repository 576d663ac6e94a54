package netmodel

// Cause says why something was decided. Its Rule is the id of the claim behind
// it: P, V, E, R and C ids are those of the WSPListen page, ids that begin with
// WS. those of the rules around it (see the package documentation), RFC ids
// those of the standards.
type Cause uint8

// The causes.
const (
	NoCause Cause = iota

	// What a listening host decides about a request.
	Queued            // a slot was available
	Offered           // waits for the condition function, unanswered
	QueueFull         // the queue holds as many as the backlog allows
	SlotsUsedUp       // places are left, but no descriptor to fill them with
	NoDescriptor      // a pending connection needs its own descriptor and none is free
	NobodyListens     // no listening socket on the port
	Paused            // SO_PAUSE_ACCEPT
	ChildrenAlive     // connections of an earlier listener block the port
	OutOfBuffers      // no buffer space
	NetworkDown       // the network subsystem has failed
	HandshakeComplete // the final ACK arrived
	AcceptedByProgram // accept handed the connection out
	SlotReturned      // a slot came back late
	BacklogUpdated    // a further listen changed it
	BacklogKept       // a further listen did not

	// What ends a pending connection.
	Trimmed            // a smaller backlog
	ListenerClosed     // the listener was closed
	Rejected           // the condition function said no
	LibraryCleanup     // the last Cleanup
	ClientReset        // the client sent an RST
	ClientResetQuietly // as ClientReset, and receive will report it
	ClientGone         // as ClientReset, and the entry left the queue
	HandshakeOver      // no SYN-ACK was answered in time
	OfferExpired       // the client stopped asking before a decision

	// What a connecting host decides.
	ConnectCalled     // the program asked for a connection
	SynAckArrived     // connected
	SynUnanswered     // sends its SYN again after silence
	SynRefused        // sends its SYN again after an RST
	NoAnswer          // no SYN was answered in time
	SynUnanswered3s   // as SynUnanswered, by the timers of the 3 s generation
	NoAnswer3s        // as NoAnswer, likewise
	NoDescriptorLeft  // the client's program has no descriptor for a socket
	NoPortLeft        // the client's host has no port for it
	RefusalsExhausted // an earlier refusal decides, though silence followed

	// What ends or breaks an open connection.
	HardClose        // closed with SO_LINGER 0
	LingerExpired    // the time of SO_LINGER ran out
	UnreadData       // closed with data unread
	ReceiveShutDown  // data arrived after shutdown of the receiving side
	NobodyReads      // data arrived after close
	DataUnanswered   // data was not acknowledged in time
	NoSuchConnection // the segment belongs to no connection
	PeerFinished     // the peer's FIN arrived
	PeerReset        // the peer's RST arrived

	// What the client's program decides.
	PatienceEnded // gave up
	WillRetry     // tries again after a pause

	// What the network does.
	LinkLost       // a link lost the segment
	LinkCut        // the link is cut
	LinkHealed     // and it is whole again
	LinkDuplicated // a link delivered it twice
	NoRoute        // nobody has the address

	// What hosts of other systems decide, by rules of their own (see words).
	SlotTaken          // a half-open connection took a slot of the one queue
	PoolFull           // the one queue, half-open connections included, is full
	HalfOpened         // the SYN queue took it
	AcceptQueueFull    // a SYN found the accept queue full
	SynQueueFull       // a SYN found the SYN queue full
	LastQuarter        // the last quarter of the SYN queue is kept for known peers
	AnsweredWithCookie // the SYN queue is full, or never used: a SYN cookie answers
	AckOverflow        // a final ACK, or data, found the accept queue full
	WaitsForData       // TCP_DEFER_ACCEPT: a bare ACK completes nothing
	HeldBack           // waits outside the queue for room
	JoinedQueue        // complete, and in the accept queue
	CookieCame         // an ACK with a valid cookie made it complete
	AcceptedInOrder    // accept handed it out
	RequestExpired     // no SYN-ACK was answered, or no answer got in, in time
	Evicted            // made room for a newer request
	ListenerGone       // the listener was closed
	Migrated           // its listener was closed, and another one has it
	ClientResetKept    // the client sent an RST, and receive will report it
	ClientResetAborts  // the client sent an RST, and accept will report WSAECONNABORTED
	LimitSet           // a further listen set the limit
	LostForDescriptor  // accept took it from the queue and had no descriptor
	SynRepeated        // sends its SYN again after silence
	ConnectTimeout     // no SYN was answered in time
	NotAcknowledged    // data was not acknowledged yet

	// The same on systems whose rules were read, not measured.
	UnixQueued        // AF_UNIX: a connect took a place
	UnixFull          // AF_UNIX: no place
	StackHalfOpened   // as HalfOpened
	StackQueueFull    // as AcceptQueueFull
	StackAckReset     // as AckOverflow, and an RST answers it
	StackAckForgotten // as AckOverflow, and nothing remembers it
	StackAckIgnored   // as AckOverflow
	StackJoined       // as JoinedQueue
	StackAccepted     // as AcceptedInOrder
	StackExpired      // as RequestExpired
	StackClosed       // as ListenerGone
	StackResetKept    // as ClientResetKept
	StackLimitSet     // as LimitSet
	StackSynRepeated  // as SynRepeated
	StackNoAnswer     // as ConnectTimeout

	// Why a call failed on a system other than Windows.
	UnixCallFailed    // as its manual says
	NoDescriptorFirst // accept asks for a descriptor first, and there is none
	RelistenRejected  // more is queued than a further listen would allow
	AbortedReported   // the client has reset the connection that accept would have returned

	// As JoinedQueue and AcceptedInOrder where the order is that of the SYNs.
	JoinedByArrival
	AcceptedByArrival

	PeerSilent          // nothing has come from the peer for the time of keep-alive
	KeepAliveUnanswered // the peer has answered no probe

	causeCount
)

// Rule returns the id of the claim behind the cause, "" if it has none.
func (c Cause) Rule() string {
	_, rule := c.describe()
	return rule
}

// String says the cause in a few words.
func (c Cause) String() string {
	text, _ := c.describe()
	return text
}

func (c Cause) describe() (text, rule string) {
	switch c {
	case Queued:
		return "queued", "R3"
	case Offered:
		return "waits for the condition function", "WS.Q10"
	case QueueFull:
		return "queue full", "R4"
	case SlotsUsedUp:
		return "slots used up", "WS.D6"
	case NoDescriptor:
		return "no descriptor for it", "" // a setting that no rule speaks of
	case NobodyListens:
		return "nobody listens there", "WS.X3"
	case Paused:
		return "listener is paused", "WS.Q9"
	case ChildrenAlive:
		return "connections of an earlier listener live on", "WS.X5"
	case OutOfBuffers:
		return "no buffer space", "E7"
	case NetworkDown:
		return "network down", "E1"
	case HandshakeComplete:
		return "handshake complete", "R3"
	case AcceptedByProgram:
		return "accepted", "WS.Q1"
	case BacklogUpdated:
		return "backlog updated", "R9"
	case BacklogKept:
		return "backlog kept", "WS.R2'"
	case SlotReturned:
		return "slot returned late", "WS.Q5"
	case Trimmed:
		return "trimmed", "R10"
	case ListenerClosed:
		return "listener closed", "WS.X2"
	case Rejected:
		return "rejected by condition", "WS.C3"
	case LibraryCleanup:
		return "last cleanup", "WS.X12"
	case ClientReset:
		return "client reset it", "WS.X6"
	case ClientResetQuietly:
		return "client reset it", "WS.X7"
	case ClientGone:
		return "client withdrew it", "WS.Q7"
	case HandshakeOver:
		return "handshake never completed", "WS.T9"
	case OfferExpired:
		return "client stopped asking", "WS.Q7"
	}
	return c.describeEnds()
}

// describeEnds is the second half of describe: clients, open connections and
// the network.
func (c Cause) describeEnds() (text, rule string) {
	switch c {
	case ConnectCalled:
		return "connect called", ""
	case SynAckArrived:
		return "SYN-ACK arrived", ""
	case SynUnanswered:
		return "no answer yet", "WS.T2"
	case SynRefused:
		return "refused, not final", "WS.T3"
	case NoAnswer:
		return "no SYN was answered", "WS.T2"
	case SynUnanswered3s:
		return "no answer yet", "WS.T1"
	case NoAnswer3s:
		return "no SYN was answered", "WS.T1"
	case NoDescriptorLeft:
		return "no descriptor left for a socket", ""
	case NoPortLeft:
		return "no port left to connect from", ""
	case RefusalsExhausted:
		return "refused before, then silence", "WS.T6"
	case HardClose:
		return "hard close", "SO_LINGER"
	case LingerExpired:
		return "linger time over", "SO_LINGER"
	case UnreadData:
		return "closed with data unread", "RFC 1122"
	case ReceiveShutDown:
		return "data after shutdown", "WSPShutdown"
	case NobodyReads:
		return "data after close", "RFC 1122"
	case DataUnanswered:
		return "data never acknowledged", "RFC 9293"
	case NoSuchConnection:
		return "no such connection", "RFC 9293"
	case PeerFinished:
		return "peer closed", ""
	case PeerReset:
		return "peer reset it", ""
	case PatienceEnded:
		return "patience ended", ""
	case WillRetry:
		return "will try again", ""
	case LinkLost:
		return "lost on the link", ""
	case LinkCut:
		return "link is cut", ""
	case LinkHealed:
		return "link is whole again", ""
	case LinkDuplicated:
		return "delivered twice", ""
	case NoRoute:
		return "no such host", ""
	}
	return c.describeStacks()
}

// describeStacks is the third part of describe: the rules of systems other than
// Windows.
func (c Cause) describeStacks() (text, rule string) {
	switch c {
	case SlotTaken:
		return "queued, half-open", "ST.1"
	case PoolFull:
		return "queue full", "ST.1"
	case HalfOpened:
		return "half-open", "K3"
	case AcceptQueueFull:
		return "accept queue full", "K2"
	case SynQueueFull:
		return "SYN queue full", "K3"
	case LastQuarter:
		return "last quarter is for known peers", "K3"
	case AnsweredWithCookie:
		return "SYN cookie, nothing stored", "K3"
	case AckOverflow:
		return "accept queue full", "K4"
	case WaitsForData:
		return "waits for data", "K14"
	case HeldBack:
		return "waits for room", "ST.2"
	case JoinedQueue:
		return "handshake complete", "K5"
	case CookieCame:
		return "cookie is valid, complete", "K7"
	case AcceptedInOrder:
		return "accepted", "K5"
	case RequestExpired:
		return "request expired", "K6"
	case Evicted:
		return "evicted", "ST.3"
	case ListenerGone:
		return "listener closed", "K11"
	case Migrated:
		return "goes to another listener", "K15"
	case ClientResetKept:
		return "client reset it", "K12"
	case ClientResetAborts:
		return "client reset it", "ST.4"
	case LimitSet:
		return "limit set", "K10"
	case LostForDescriptor:
		return "lost: no descriptor for it", "ST.5"
	case SynRepeated:
		return "no answer yet", "K13"
	case ConnectTimeout:
		return "no SYN was answered", "K13"
	case NotAcknowledged:
		return "not acknowledged yet", ""
	}
	return c.describeOthers()
}

// describeOthers is the last part of describe: what was read, not measured.
func (c Cause) describeOthers() (text, rule string) {
	switch c {
	case UnixQueued:
		return "queued", "K16"
	case UnixFull:
		return "queue full, try again", "K16"
	case StackHalfOpened:
		return "half-open", "ST.12"
	case StackQueueFull:
		return "accept queue full", "ST.12"
	case StackAckReset:
		return "accept queue full", "ST.7"
	case StackAckForgotten:
		return "accept queue full", "ST.8"
	case StackAckIgnored:
		return "accept queue full", "ST.13"
	case StackJoined:
		return "handshake complete", "ST.14"
	case StackAccepted:
		return "accepted", "ST.14"
	case StackExpired:
		return "request expired", "ST.15"
	case StackClosed:
		return "listener closed", "ST.16"
	case StackResetKept:
		return "client reset it", "ST.17"
	case StackLimitSet:
		return "limit set", "ST.18"
	case StackSynRepeated:
		return "no answer yet", "ST.19"
	case StackNoAnswer:
		return "no SYN was answered", "ST.19"
	case UnixCallFailed:
		return "call failed", ""
	case JoinedByArrival:
		return "handshake complete", "ST.11"
	case AcceptedByArrival:
		return "accepted", "ST.11"
	case NoDescriptorFirst:
		return "no descriptor", "K9"
	case RelistenRejected:
		return "more is queued than would fit", "ST.10"
	case AbortedReported:
		return "client had reset it", "ST.4"
	case PeerSilent:
		return "peer is silent", "RFC 1122"
	case KeepAliveUnanswered:
		return "no probe was answered", "RFC 1122"
	}
	return "", ""
}
