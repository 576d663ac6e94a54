package netmodel

// Cause is what was decided. It does not say by which rule: every system has its own
// rules, and profiles.Reason looks the rule up when a record is shown.
type Cause uint8

// The causes.
const (
	NoCause Cause = iota

	// What a listening host decides about a request.
	Queued             // the request took a place: in the SYN queue if the system has one, else a slot
	Offered            // the request waits, unanswered, for the condition function
	QueueFull          // the SYN found as many pending connections as the backlog allows
	SlotsUsedUp        // places are left, but no descriptor to fill them with
	NoDescriptor       // a pending connection needs a descriptor of its own, and none is free
	NoListener         // no socket listens on the port
	Paused             // SO_PAUSE_ACCEPT is set
	ChildrenAlive      // connections of an earlier listener block the port
	OutOfBuffers       // the host has no buffer space
	NetworkDown        // the network subsystem has failed
	SynQueueFull       // the SYN found the SYN queue full
	LastQuarter        // the last quarter of the SYN queue is kept for known peers
	AnsweredWithCookie // a SYN cookie answers: the SYN queue is full or is never used
	AckOverflow        // a final ACK, or data, found the accept queue full
	WaitsForData       // TCP_DEFER_ACCEPT: a bare ACK completes nothing
	HeldBack           // the connection waits outside the queue for room
	HandshakeComplete  // the final ACK arrived
	CookieAccepted     // an ACK with a valid cookie completed the handshake
	Migrated           // the listener was closed, and another listener has the connection
	AcceptedByProgram  // accept returned the connection
	SlotReturned       // a slot came back late
	BacklogUpdated     // a further listen changed the limit
	BacklogKept        // a further listen changed nothing

	// What ends a pending connection.
	Trimmed           // a further listen made the backlog smaller
	ListenerClosed    // the listener was closed
	Rejected          // the condition function returned CF_REJECT
	LibraryCleanup    // the last Cleanup was called
	ClientReset       // the client sent an RST, and the connection keeps its place
	ClientWithdrew    // the client sent an RST, and the connection left the queue
	HandshakeTimeout  // no SYN-ACK was answered, or no answer got in, in time
	OfferExpired      // the client stopped asking before the condition function decided
	Evicted           // a newer request needed the place
	LostForDescriptor // accept took the connection from the queue and had no descriptor for it
	lastOfListener    = LostForDescriptor
)

const (
	// What a connecting host decides.
	NoAnswer          Cause = iota + lastOfListener + 1 // no answer to a SYN, again or for good
	SynRefused                                          // an RST answered the SYN, and the host asks again
	RefusalsExhausted                                   // an earlier refusal decides, though silence followed
	NoDescriptorLeft                                    // the client's program has no descriptor for a socket
	NoPortLeft                                          // the client's host has no port to connect from

	// What ends or breaks an open connection.
	HardClose           // closed with SO_LINGER 0
	LingerExpired       // the time of SO_LINGER ran out
	UnreadData          // closed with data unread
	DataAfterShutdown   // data arrived after shutdown of the receiving side
	DataAfterClose      // data arrived after close
	DataUnanswered      // data was not acknowledged, yet or in time
	NoSuchConnection    // the segment belongs to no connection
	PeerReset           // the peer's RST arrived
	PeerSilent          // the peer sent nothing for the time of keep-alive
	KeepAliveUnanswered // the peer answered no keep-alive probe

	ClientGaveUp // the client's program gave up

	// What the network does.
	LinkLost   // a link lost the segment
	LinkCut    // the link is cut
	LinkHealed // the link is whole again
	NoRoute    // no host has the address

	causeCount
)

// String says the cause in a few words, the same for all systems.
func (c Cause) String() string {
	switch {
	case c >= causeCount:
		return ""
	case c <= lastOfListener:
		return listenerCause(c)
	}
	return otherCause(c)
}

// ByListener reports whether a listening host decides it.
func (c Cause) ByListener() bool { return c != NoCause && c <= lastOfListener }

func listenerCause(c Cause) string {
	return [...]string{
		Queued:             "queued",
		Offered:            "waits for the condition function",
		QueueFull:          "queue full",
		SlotsUsedUp:        "slots used up",
		NoDescriptor:       "no descriptor for it",
		NoListener:         "nobody listens there",
		Paused:             "listener is paused",
		ChildrenAlive:      "connections of an earlier listener live on",
		OutOfBuffers:       "no buffer space",
		NetworkDown:        "network down",
		SynQueueFull:       "SYN queue full",
		LastQuarter:        "last quarter is for known peers",
		AnsweredWithCookie: "SYN cookie, nothing stored",
		AckOverflow:        "accept queue full",
		WaitsForData:       "waits for data",
		HeldBack:           "waits for room",
		HandshakeComplete:  "handshake complete",
		CookieAccepted:     "cookie is valid, complete",
		Migrated:           "goes to another listener",
		AcceptedByProgram:  "accepted",
		SlotReturned:       "slot returned late",
		BacklogUpdated:     "backlog updated",
		BacklogKept:        "backlog kept",

		Trimmed:           "trimmed",
		ListenerClosed:    "listener closed",
		Rejected:          "rejected by condition",
		LibraryCleanup:    "last cleanup",
		ClientReset:       "client reset it",
		ClientWithdrew:    "client withdrew it",
		HandshakeTimeout:  "handshake never completed",
		OfferExpired:      "client stopped asking",
		Evicted:           "evicted",
		LostForDescriptor: "lost: no descriptor for it",
	}[c]
}

func otherCause(c Cause) string {
	return [...]string{
		NoAnswer:          "no SYN was answered",
		SynRefused:        "refused, not final",
		RefusalsExhausted: "refused before, then silence",
		NoDescriptorLeft:  "no descriptor left for a socket",
		NoPortLeft:        "no port left to connect from",

		HardClose:           "hard close",
		LingerExpired:       "linger time over",
		UnreadData:          "closed with data unread",
		DataAfterShutdown:   "data after shutdown",
		DataAfterClose:      "data after close",
		DataUnanswered:      "data never acknowledged",
		NoSuchConnection:    "no such connection",
		PeerReset:           "peer reset it",
		PeerSilent:          "peer is silent",
		KeepAliveUnanswered: "no probe was answered",

		ClientGaveUp: "patience ended",

		LinkLost:   "lost on the link",
		LinkCut:    "link is cut",
		LinkHealed: "link is whole again",
		NoRoute:    "no such host",
	}[c]
}
