package netmodel

// Cause says what was decided and why. It does not name a rule: every system has its own
// rules. profiles.ReasonOf looks the rule up when a record is shown.
type Cause uint8

// The causes.
const (
	NoCause Cause = iota

	// What a listening host decides about a request.
	Queued             // the request got a place in the SYN queue, or a slot if there is no SYN queue
	Offered            // the request waits for the condition function, and its SYN has no answer
	QueueFull          // when the SYN arrived, as many connections were pending as the backlog allows
	SlotsUsedUp        // the backlog has room, but there was no descriptor to make a slot available
	NoDescriptor       // a pending connection needs its own descriptor, and none is free
	NoListener         // no socket listens on the port
	Paused             // SO_PAUSE_ACCEPT is set
	ChildrenAlive      // connections of an earlier listener block the port
	OutOfBuffers       // the host has no buffer space
	NetworkDown        // the network subsystem has failed
	SynQueueFull       // the SYN found the SYN queue full
	LastQuarter        // the last quarter of the SYN queue is reserved for known peers
	AnsweredWithCookie // the host sent a SYN cookie: the SYN queue is full or is never used
	AckOverflow        // the accept queue was full when a final ACK or data arrived
	WaitsForData       // TCP_DEFER_ACCEPT: an ACK without data does not complete the handshake
	HeldBack           // the connection waits outside the queue until there is room
	HandshakeComplete  // the final ACK arrived
	CookieAccepted     // an ACK with a valid cookie completed the handshake
	Migrated           // the listener was closed, and another listener took the connection
	AcceptedByProgram  // accept returned the connection
	SlotReturned       // the slot of an accepted connection came back late
	BacklogUpdated     // a further listen changed the limit
	BacklogKept        // a further listen did not change the backlog

	// What ends a pending connection.
	Trimmed           // a further listen made the backlog smaller
	ListenerClosed    // the listener was closed
	Rejected          // the condition function returned CF_REJECT
	LibraryCleanup    // the last Cleanup was called
	ClientReset       // the client sent an RST, and the connection keeps its place
	ClientWithdrew    // the client sent an RST, and the connection left the queue
	HandshakeTimeout  // no final ACK completed the connection in time
	OfferExpired      // the client stopped sending SYNs before the condition function decided
	Evicted           // a newer request took the place
	LostForDescriptor // accept took the connection from the queue but had no descriptor for it
	lastOfListener    = LostForDescriptor
)

const (
	// What a connecting host decides.
	NoAnswer          Cause = iota + lastOfListener + 1 // no answer to the SYN: TCP sends it again or gives up
	SynRefused                                          // an RST answered the SYN: TCP sends it again
	RefusalsExhausted                                   // an earlier SYN was refused; the last SYNs had no answer
	NoDescriptorLeft                                    // the client's program has no descriptor for a socket
	NoPortLeft                                          // the client's host has no port to connect from

	// What ends or breaks an open connection.
	HardClose           // closed with SO_LINGER 0
	LingerExpired       // the time of SO_LINGER ran out
	UnreadData          // closed with data unread
	DataAfterShutdown   // data arrived after shutdown of the receiving side
	DataAfterClose      // data arrived after close
	DataUnanswered      // no ACK for data: TCP sends it again or gives up
	NoSuchConnection    // the segment belongs to no connection
	PeerReset           // the peer's RST arrived
	PeerSilent          // the peer sent nothing for the keep-alive time
	KeepAliveUnanswered // the peer answered no keep-alive probe

	ClientGaveUp // the client's program gave up

	// What the network does.
	LinkLost   // a link lost the segment
	LinkCut    // the link is cut
	LinkHealed // the link is whole again
	NoRoute    // no host has the address

	causeCount
)

// String returns the cause in a few words, which are the same for all systems.
func (c Cause) String() string {
	switch {
	case c >= causeCount:
		return ""
	case c <= lastOfListener:
		return listenerCause(c)
	}
	return otherCause(c)
}

// ByListener reports whether a listening host decides the cause.
func (c Cause) ByListener() bool { return c != NoCause && c <= lastOfListener }

func listenerCause(c Cause) string {
	return [...]string{
		Queued:             "queued",
		Offered:            "waits for the condition function",
		QueueFull:          "queue full",
		SlotsUsedUp:        "slots used up",
		NoDescriptor:       "no descriptor for it",
		NoListener:         "no listener there",
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

		ClientGaveUp: "client closed it",

		LinkLost:   "lost on the link",
		LinkCut:    "link is cut",
		LinkHealed: "link is whole again",
		NoRoute:    "no such host",
	}[c]
}
