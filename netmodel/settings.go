package netmodel

import "wspsim/netmodel/winsock"

// Calls says whose calls a program makes: which state allows which call, and
// what a connection reports that was reset.
type Calls uint8

const (
	// Windows Sockets. A reset connection reports it to every call.
	CallsWinsock Calls = iota
	// 4.3BSD sockets as Linux has them. A reset connection hands out what had
	// arrived, reports the error once, and is then at its end; sending fails with
	// EPIPE. shutdown of the receiving side ends a listener. (L06, L07, L09)
	CallsUnix
	// Wine's Windows Sockets on Linux. A reset connection is at its end. (W)
	CallsWine
	// The network inside Go's own runtime for js/wasm and wasip1. (D)
	CallsFakeNet
)

// ErrnoName returns what a program with such calls calls an error.
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
	RelistenKeeps                   // succeeds and changes nothing but the filling
	RelistenSets                    // new backlog; what is queued stays, however much
	RelistenRejects                 // fails with WSAEINVAL when more is queued than would fit, else new backlog
)

// Trim is the choice of the connections that a smaller backlog resets.
type Trim uint8

const (
	TrimNewest   Trim = iota // survivors are what the smaller queue would have admitted
	TrimOldest               // the longest waiting go
	TrimHalfOpen             // half-open ones first, newest first, then complete ones, newest first
)

// OnFull is the answer to a SYN that finds no room.
type OnFull uint8

const (
	RefuseWhenFull    OnFull = iota // RST
	IgnoreWhenFull                  // silence
	IgnoreUnlessYoung               // silence, but Profile.Young half-open connections are let in: Linux 2.4 to 4.9
	EvictWhenFull                   // a half-open connection is forgotten for it; if there is none, silence
	HoldWhenFull                    // it waits, outside the queue and unanswered, until there is room: Go's fake network
	TryAgainWhenFull                // connect fails with WSAEWOULDBLOCK (EAGAIN): AF_UNIX
)

// OnAckFull is the answer to a final ACK, or to data, that finds the accept
// queue full.
type OnAckFull uint8

const (
	IgnoreAck OnAckFull = iota // silence; the half-open connection stays, its SYN-ACK goes out again, and every ACK is another try
	ResetAck                   // RST, and it is gone
	AdmitAck                   // it gets in, beyond the limit
	ForgetAck                  // silence, and it is gone: whatever the client sends next meets an RST
	DeferAck                   // it is complete, and waits outside the queue until accept makes room
)

// Slots says what a slot of the queue costs.
type Slots uint8

const (
	// An admitted request uses a slot up. Listen and accept fill: they make as
	// many slots available as the backlog allows and descriptors are free.
	SlotsFilled Slots = iota
	// A pending connection owns its descriptor from the moment it is queued:
	// no descriptor, no admission; accept needs none.
	SlotsOwnDescriptor
	// Slots cost nothing; only accept can fail for want of a descriptor.
	SlotsFree
)

// Aborted is what becomes of a connection that the client resets while it is
// pending.
type Aborted uint8

const (
	AbortedAtAccept  Aborted = iota // keeps its place; accept reports WSAECONNRESET and removes it
	AbortedAtReceive                // keeps its place; accept succeeds and receive reports WSAECONNRESET
	AbortedWithdraws                // leaves the queue at once and gives its slot back
	AbortedAsAborted                // keeps its place; accept reports WSAECONNABORTED and removes it
	AbortedNoAddress                // keeps its place; accept succeeds with an empty address, receive reports WSAECONNRESET
)

// CloseListener is what a closing listener does to what is pending.
type CloseListener uint8

const (
	CloseResetsAll       CloseListener = iota // RST to every one, half-open or complete
	CloseForgetsHalfOpen                      // RST to the complete ones; half-open ones are forgotten in silence
	CloseForgetsAll                           // silence; whoever sends next meets an RST
	CloseFinishes                             // FIN to the complete ones: their clients read the end
)

// BindRules is a table of bind conflicts.
type BindRules uint8

const (
	BindsModern BindRules = iota // Windows Server 2003 and later
	BindsOld                     // Windows XP and earlier
	BindsUnix                    // Linux (L09)
	BindsWine                    // Wine 8.0 (W)
)

// Options says which socket options there are besides those of every stack.
type Options uint8

const (
	OptionsWindows Options = iota // SO_EXCLUSIVEADDRUSE, SO_CONDITIONAL_ACCEPT, SO_PAUSE_ACCEPT
	OptionsFew                    // none of them; Windows CE, Windows Sockets 1.1
	OptionsWine                   // SO_EXCLUSIVEADDRUSE
	OptionsLinux                  // SO_REUSEPORT, TCP_DEFER_ACCEPT
)
