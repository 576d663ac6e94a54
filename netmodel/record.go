package netmodel

import (
	"math/bits"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// FD is a descriptor. Valid ones begin at FirstFD; 0 is none.
type FD int32

// FirstFD is the first descriptor that a host hands out, as on systems where a
// program starts with three open.
const FirstFD FD = 3

// HostID names a host of a Network, 1 for the first that was added; 0 is a
// host on its own.
type HostID uint16

// Record is one thing that happened, as plain data. A trace is the sequence of
// records; everything that a person sees of a run is a view of it.
type Record struct {
	At    sim.Time
	Since sim.Time // when the SYN arrived that the record is about, for RequestAccepted, Completed and what ends a pending connection
	Value int64    // of a call: its argument or result (of close: 1 for a connection that came out of accept; of bind: address and port); of Completed: its place in the queue; of RequestAccepted: the new descriptor; of a retransmission: which one
	Conn  ConnID   // whom it concerns, 0 for nobody
	FD    FD       // the socket: the listener for everything about its queue

	// The queue after it, for records about a listener: slots in all, taken, and
	// available. Slots that are neither wait to be filled.
	Limit, Pending, Available int32
	HalfOpen                  int32 // half-open connections, where they have a queue of their own; they take no slot

	Errno winsock.Errno // how a call ended, or what a program is told
	Host  HostID
	Kind  Kind
	Call  Call
	Cause Cause
}

// Kind says what sort of thing happened.
type Kind uint8

// The kinds. Those from RequestQueued to SlotFilled, and from CookieSent on, happen
// at a listener and tell everything that changes its queue.
const (
	NoKind        Kind = iota
	Called             // a program called, see Call, Value and Errno
	RequestQueued      // a SYN took a slot
	RequestOffered
	RequestRefused  // answered with an RST
	RequestIgnored  // not answered
	Completed       // a half-open connection became complete
	RequestAccepted // accept handed it out
	ResetPending    // the host reset a pending connection
	Deferred        // the condition function put the decision off
	AbortedPending  // the client reset it; it stays in the queue
	Withdrawn       // it left the queue because its client went away
	SlotFilled      // slots became available outside a call

	SynSent       // a connecting host sent its first SYN
	SynSentAgain  // and sent it again
	SynAckAgain   // a listening host sent its SYN-ACK again
	Connected     // connect succeeded
	ConnectFailed // connect failed, see Errno
	Broken        // an open connection broke, see Errno
	Finished      // the peer closed its side
	Closed        // a connection is over at this host

	GaveUp       // a client's program gave up
	Retries      // a client's program will try again
	Lost         // the network lost a segment
	Duplicated   // the network delivered a segment twice
	LinkChanged  // a link was cut or healed, to the host in Value, see Cause
	FaultChanged // a fault was switched, Value tells which, Errno what calls report if it is on

	// Further kinds that happen at a listener.
	CookieSent  // a SYN was answered with a SYN cookie; nothing is stored
	AckIgnored  // a final ACK, or data, found the accept queue full; Value 1: it carried a cookie
	AckPutOff   // a final ACK completed the handshake, and the connection does not join the queue yet
	RequestHeld // a SYN waits for room, unanswered

	SynAckHeld    // a listening host did not send its SYN-ACK again: the ACK had come, data is waited for
	DataSentAgain // a host sent data or its FIN again
	ProbeSent     // a host probed the peer of an idle connection; Value tells the how manieth without an answer
	kindCount
)

// AtListener reports whether records of the kind tell what changes or stays in
// the queues of a listener.
func (k Kind) AtListener() bool {
	return k >= RequestQueued && k <= SlotFilled || k >= CookieSent && k <= RequestHeld
}

// Call names a call of a program.
type Call uint8

// The calls.
const (
	NoCall Call = iota
	CallSocket
	CallBind
	CallListen
	CallAccept
	CallConnect
	CallClose
	CallShutdown
	CallSend
	CallReceive
	CallSetOption
	CallCleanup
	CallOpenFile
	callCount
)

// AboutQueue reports whether the record carries the state of a listener's queue.
func (r *Record) AboutQueue() bool {
	switch {
	case r.Kind == RequestRefused && r.Cause == NoListener:
		return false
	case r.Kind.AtListener():
		return true
	}
	return r.Kind == Called && (r.Call == CallListen && r.Errno == 0 || r.Call == CallAccept && r.Limit > 0)
}

// The Value of records that carry no number: what else there is to know.
const (
	ByServer       = 1 // of CallClose: the connection came out of accept
	Unanswered     = 1 // of ResetPending: the SYN of the request had no answer, so it is refused
	NotComplete    = 2 // of ResetPending: half-open in a SYN queue, so no established connection ends
	ByCookie       = 1 // of Completed and AckIgnored: the ACK carried a SYN cookie
	BothQueuesFull = 1 // of RequestIgnored: the SYN queue was full too, or cookies answer always
)

// String returns the name of the call in lower case.
func (c Call) String() string {
	switch c {
	case CallSocket:
		return "socket"
	case CallBind:
		return "bind"
	case CallListen:
		return "listen"
	case CallAccept:
		return "accept"
	case CallConnect:
		return "connect"
	case CallClose:
		return "close"
	case CallShutdown:
		return "shutdown"
	case CallSend:
		return "send"
	case CallReceive:
		return "receive"
	case CallSetOption:
		return "setsockopt"
	case CallCleanup:
		return "cleanup"
	case CallOpenFile:
		return "open"
	}
	return ""
}

// Wait returns how long the connection of an RequestAccepted record was pending: from
// the arrival of the SYN that took the slot.
func (r Record) Wait() time.Duration { return r.At.Sub(r.Since) }

// Mix folds the record into a running hash of a trace. Equal traces give equal
// hashes on every platform.
func (r Record) Mix(hash uint64) uint64 { return r.mix(hash) }

// mix is Mix without a copy. The words of a record are multiplied in pairs that do
// not wait for each other, and only their sum waits for the hash so far: 6 ns a
// record, where one after the other took 14. The constants are the fractions of the
// square roots of the first primes.
func (r *Record) mix(hash uint64) uint64 {
	when := fold(uint64(r.At)^0x6a09e667f3bcc908, uint64(r.Since)^0xbb67ae8584caa73b)
	who := fold(uint64(r.Value)^0x3c6ef372fe94f82b, (uint64(r.Conn)<<32|uint64(uint32(r.FD)))^0xa54ff53a5f1d36f1)
	queue := fold((uint64(uint32(r.Limit))<<32|uint64(uint32(r.Pending)))^0x510e527fade682d1,
		(uint64(uint32(r.Available))<<32|uint64(uint32(r.HalfOpen)))^0x9b05688c2b3e6c1f)
	what := uint64(r.Errno)<<48 | uint64(r.Host)<<32 | uint64(r.Kind)<<16 | uint64(r.Call)<<8 | uint64(r.Cause)
	return mix(mix(hash, when+bits.RotateLeft64(who, 21)+bits.RotateLeft64(queue, 42)), what)
}

// mix is one round of a multiply-fold hash: both halves of a 128-bit product
// depend on every bit of both inputs.
func mix(hash, word uint64) uint64 {
	return fold(hash^0x9e3779b97f4a7c15, word^0xd6e8feb86659fd93) ^ bits.RotateLeft64(hash, 29)
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
