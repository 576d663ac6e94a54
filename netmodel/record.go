package netmodel

import (
	"math/bits"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// FD is a descriptor. Valid descriptors begin at FirstFD; 0 is no descriptor.
type FD int32

// FirstFD is the first descriptor that a host returns: 3, as on systems where a program
// starts with three open descriptors.
const FirstFD FD = 3

// HostID is the number of a host in a Network: 1 for the first host that was added. 0 is a
// host without a Network.
type HostID uint16

// Record is one thing that happened, as plain data. A trace is the sequence of records.
// Every output of a run is a view of its trace.
type Record struct {
	At sim.Time
	// When the SYN arrived, for RequestAccepted, Completed and each end of a pending
	// connection.
	Since sim.Time
	// Of a call: its argument or result; of close: 1 for a connection from accept; of bind:
	// address and port. Of Completed: the place in the queue. Of RequestAccepted: the new
	// descriptor. Of a retransmission: its number, from 1.
	Value int64
	Conn  ConnID // the attempt to connect, 0 for none
	FD    FD     // the socket; for a record about a queue: the listener

	// The queue after the record, for records about a listener: all slots, taken slots and
	// available slots. The other slots are used up.
	Limit, Pending, Available int32
	HalfOpen                  int32 // half-open connections, if they have a queue of their own; they take no slot

	Errno winsock.Errno // the error of a call, or the error that a program gets
	Host  HostID
	Kind  Kind
	Call  Call
	Cause Cause
}

// Kind says what kind of thing happened.
type Kind uint8

// The kinds. The kinds from RequestQueued to SlotFilled, and from CookieSent to RequestHeld,
// are about a listener. They tell every change of its queue, apart from the calls listen and
// accept.
const (
	NoKind        Kind = iota
	Called             // a program made a call, see Call, Value and Errno
	RequestQueued      // a SYN took a slot
	RequestOffered
	RequestRefused  // the host answered a SYN with an RST
	RequestIgnored  // the host did not answer a SYN
	Completed       // a half-open connection became complete
	RequestAccepted // accept returned the connection
	ResetPending    // the host reset a pending connection
	Deferred        // the condition function deferred the decision
	AbortedPending  // the client reset a pending connection; it stays in the queue
	Withdrawn       // a pending connection left the queue, without an RST to its client
	SlotFilled      // slots became available outside a call

	SynSent             // a connecting host sent its first SYN
	SynRetransmitted    // a connecting host retransmitted its SYN
	SynAckRetransmitted // a listening host retransmitted its SYN-ACK
	Connected           // connect succeeded
	ConnectFailed       // connect failed, see Errno
	Broken              // an open connection broke, see Errno
	Finished            // the peer closed its side
	Closed              // a connection has ended at this host

	GaveUp       // a client's program gave up
	Retries      // a client's program will try again
	Lost         // the network lost a segment
	Duplicated   // the network delivered a segment twice
	LinkChanged  // the link to the host in Value was cut or restored, see Cause
	FaultChanged // a fault was switched on or off: Value says which, Errno what calls return while it is on

	// Further kinds about a listener.
	CookieSent  // the host answered a SYN with a SYN cookie and stored nothing
	AckIgnored  // a final ACK, or data, found the accept queue full; Value 1: it carried a cookie
	AckDeferred // a final ACK arrived, and the connection does not join the queue yet
	RequestHeld // a SYN waits for room, without an answer

	SynAckHeld        // a listening host did not retransmit its SYN-ACK: the ACK has arrived, the data has not
	DataRetransmitted // a host retransmitted data or its FIN
	ProbeSent         // a host probed the peer of an idle connection; Value counts the probes without an answer
	kindCount
)

// AtListener reports whether records of the kind are about the queues of a listener.
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

// The Value of records that carry no number.
const (
	ByServer       = 1 // of CallClose: the connection came from accept
	Unanswered     = 1 // of ResetPending: the SYN had no answer yet, so the RST refuses the request
	NotComplete    = 2 // of ResetPending: half-open in a SYN queue, so no established connection ends
	ByCookie       = 1 // of Completed and AckIgnored: the ACK carried a SYN cookie
	BothQueuesFull = 1 // of RequestIgnored: the SYN queue was full too, or the profile has CookiesAlways
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

// Wait returns how long the connection of a RequestAccepted record was pending, from the
// arrival of its SYN to accept.
func (r Record) Wait() time.Duration { return r.At.Sub(r.Since) }

// Mix adds the record to the hash of a trace and returns the new hash. Equal traces have
// equal hashes on every platform.
func (r Record) Mix(hash uint64) uint64 { return r.mix(hash) }

// mix is Mix without a copy. It multiplies the words of a record in pairs that do not depend
// on each other. Only the sum of the products is combined with the hash so far. That takes
// 6 ns a record; one multiplication after the other took 14 ns. The constants are the
// fractions of the square roots of the first primes.
func (r *Record) mix(hash uint64) uint64 {
	when := fold(uint64(r.At)^0x6a09e667f3bcc908, uint64(r.Since)^0xbb67ae8584caa73b)
	who := fold(uint64(r.Value)^0x3c6ef372fe94f82b, (uint64(r.Conn)<<32|uint64(uint32(r.FD)))^0xa54ff53a5f1d36f1)
	queue := fold((uint64(uint32(r.Limit))<<32|uint64(uint32(r.Pending)))^0x510e527fade682d1,
		(uint64(uint32(r.Available))<<32|uint64(uint32(r.HalfOpen)))^0x9b05688c2b3e6c1f)
	what := uint64(r.Errno)<<48 | uint64(r.Host)<<32 | uint64(r.Kind)<<16 | uint64(r.Call)<<8 | uint64(r.Cause)
	return mix(mix(hash, when+bits.RotateLeft64(who, 21)+bits.RotateLeft64(queue, 42)), what)
}

// mix is one round of a multiply-fold hash. Both halves of the 128-bit product depend on
// every bit of both inputs.
func mix(hash, word uint64) uint64 {
	return fold(hash^0x9e3779b97f4a7c15, word^0xd6e8feb86659fd93) ^ bits.RotateLeft64(hash, 29)
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
