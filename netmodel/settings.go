package netmodel

import "wspsim/netmodel/winsock"

// Calls says which system's calls a program makes. It decides which state allows which call,
// and which errors the calls on a reset connection return.
type Calls uint8

const (
	// Windows Sockets. Send and receive on a reset connection fail with the error each time.
	CallsWinsock Calls = iota
	// 4.3BSD sockets as Linux has them. On a reset connection receive returns the bytes that
	// have arrived, then the error once, then the end of the stream. Send fails with EPIPE
	// then. shutdown of the receiving side ends a listener. (L06, L07, L09)
	CallsUnix
	// Wine's Windows Sockets on Linux. On a reset connection receive returns the bytes that
	// have arrived, then the end of the stream. (W)
	CallsWine
	// The network inside Go's runtime for js/wasm and wasip1. (D)
	CallsFakeNet
)

// ErrnoName returns the name of an error with these calls, such as WSAECONNREFUSED or
// ECONNREFUSED.
func (c Calls) ErrnoName(e winsock.Errno) string {
	if c == CallsUnix || c == CallsFakeNet {
		return e.Unix()
	}
	return e.Error()
}

// Relisten is what listen does on a socket that listens already.
type Relisten uint8

const (
	RelistenUpdates Relisten = iota // new backlog; excess pending connections are reset
	RelistenKeeps                   // succeeds, keeps the backlog and fills
	RelistenSets                    // new backlog; all pending connections stay
	RelistenRejects                 // fails with WSAEINVAL if more are queued than would fit, else new backlog
)

// Trim says which connections a smaller backlog resets.
type Trim uint8

const (
	TrimNewest   Trim = iota // the newest; the smaller queue would have admitted the rest
	TrimOldest               // the oldest
	TrimHalfOpen             // half-open ones first, newest first; then complete ones, newest first
)

// OnFull is the answer to a SYN that finds no room.
type OnFull uint8

const (
	RefuseWhenFull    OnFull = iota // RST
	IgnoreWhenFull                  // silence
	IgnoreUnlessYoung               // silence, except while fewer than Profile.Young half-open connections are young: Linux 2.4 to 4.9
	EvictWhenFull                   // the SYN replaces a half-open connection; if there is none, silence
	HoldWhenFull                    // the SYN waits outside the queue, unanswered, until there is room: Go's fake network
	TryAgainWhenFull                // connect fails with WSAEWOULDBLOCK (EAGAIN): AF_UNIX
)

// OnAckFull is the answer to a final ACK, or to data, that finds the accept
// queue full.
type OnAckFull uint8

const (
	IgnoreAck OnAckFull = iota // silence; the half-open connection stays, its SYN-ACK is retransmitted, each ACK tries again
	ResetAck                   // RST; the host forgets the connection
	AdmitAck                   // the connection joins the queue, beyond the limit
	ForgetAck                  // silence; the host forgets the connection and answers the client's next segment with an RST
	DeferAck                   // the connection is complete and waits outside the queue until accept makes room
)

// Slots says what a slot of the queue costs.
type Slots uint8

const (
	// A request that gets in uses a slot up. Listen and accept fill: they make as many slots
	// available as the backlog allows, but at most as many as descriptors are free.
	SlotsFilled Slots = iota
	// A pending connection has a descriptor from the moment it is queued. Without a free
	// descriptor no request gets in. accept needs no further descriptor.
	SlotsOwnDescriptor
	// Slots cost nothing. Only accept can fail because no descriptor is free.
	SlotsFree
)

// Aborted says what happens to a connection that the client resets while it is pending.
type Aborted uint8

const (
	AbortedAtAccept  Aborted = iota // keeps its place; accept fails with WSAECONNRESET and removes it
	AbortedAtReceive                // keeps its place; accept succeeds and receive fails with WSAECONNRESET
	AbortedWithdraws                // leaves the queue at once; its slot is available again
	AbortedAsAborted                // keeps its place; accept fails with WSAECONNABORTED and removes it
	AbortedNoAddress                // keeps its place; accept succeeds with an empty address, receive fails with WSAECONNRESET
)

// CloseListener says what a closing listener does to pending connections.
type CloseListener uint8

const (
	CloseResetsAll       CloseListener = iota // RST to all, half-open and complete
	CloseForgetsHalfOpen                      // RST to the complete ones; silence to the half-open ones
	CloseForgetsAll                           // silence; an RST answers the next segment of each client
	CloseFinishes                             // FIN to the complete ones: their clients read the end of the stream
)

// BindRules says which binds conflict.
type BindRules uint8

const (
	BindsModern BindRules = iota // Windows Server 2003 and later
	BindsOld                     // Windows XP and earlier
	BindsUnix                    // Linux (L09)
	BindsWine                    // Wine 8.0 (W)
)

// Options says which socket options a stack has besides the options that every stack has.
type Options uint8

const (
	OptionsWindows Options = iota // SO_EXCLUSIVEADDRUSE, SO_CONDITIONAL_ACCEPT, SO_PAUSE_ACCEPT
	OptionsFew                    // no further options; Windows CE, Windows Sockets 1.1
	OptionsWine                   // SO_EXCLUSIVEADDRUSE
	OptionsLinux                  // SO_REUSEPORT, TCP_DEFER_ACCEPT
)
