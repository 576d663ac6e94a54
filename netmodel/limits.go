package netmodel

import "math/bits"

// Backlog says which effective backlog an argument of listen gives. Effective takes these
// steps in this order: arguments that ask for the maximum, hints, scaling, the nearest
// legal value.
type Backlog struct {
	Min, Max  int // nearest legal values for illegal arguments. C1, C2, WS.B1; Max is somaxconn, kern.ipc.soacceptqueue ...
	Somaxconn int // the argument that asks for the maximum; 0 = no argument does. P4, WS.B4, WS.B5
	// SOMAXCONN_HINT(n) is listen(-n). It asks for n, limited to HintMin..HintMax.
	// HintMax 0 means that the stack does not know hints. WS.B6, WS.B10
	HintMin, HintMax int
	NegativeIsMax    bool // a negative argument asks for the maximum
	ZeroIsMax        bool // the argument 0 asks for the maximum
	// The argument is multiplied by Num/Den, rounded down, and Add is added. Then it is
	// limited to Min..Max. Den 0 = no scaling.
	Num, Den, Add int
}

// Effective returns the backlog that is in force after listen(n). The result is in
// Min..Max, or in HintMin..HintMax if n is a hint that the stack knows.
func (b Backlog) Effective(n int) int {
	switch {
	case b.Somaxconn != 0 && n == b.Somaxconn, n < 0 && b.NegativeIsMax, n == 0 && b.ZeroIsMax:
		return b.Max
	case n < 0 && b.HintMax > 0:
		if n < -b.HintMax { // also covers the lowest int, whose negative does not exist
			return b.HintMax
		}
		return max(-n, b.HintMin)
	case b.Den != 0:
		n = min(max(n, 0), b.Max)*b.Num/b.Den + b.Add // bounded first: the product must not overflow
	}
	return min(max(n, b.Min), b.Max)
}

// Limit says how many connections fit in a queue: Num/Den times the effective backlog,
// rounded down, plus Add, but at least Min. The zero value is the effective backlog itself.
type Limit struct {
	None     bool // no limit
	Num, Den int  // 0/0 = 1/1
	Add, Min int
}

// noLimit is the result of a Limit with None. No queue can hold so many connections.
const noLimit = 1<<31 - 1

// Of returns how many connections fit with an effective backlog.
func (l Limit) Of(backlog int) int {
	switch {
	case l.None:
		return noLimit
	case l.Den != 0:
		backlog = backlog * l.Num / l.Den
	}
	return max(backlog+l.Add, l.Min)
}

// SynQueue describes the queue of half-open connections: the SYN queue, or SYN cache. The
// zero value has no such queue: half-open connections take slots of the accept queue.
type SynQueue struct {
	Separate bool
	Size     SynQueueSize
	Limit    Limit // with SizeOfBacklog
	// With the other values of Size; net.ipv4.tcp_max_syn_backlog,
	// net.inet.tcp.syncache.cachelimit ...
	Max    int
	Shared bool // all listeners of the host share one queue of this size
	// A SYN that finds the SYN queue full, and gets no cookie, takes the place of another
	// half-open connection, if there is one. Otherwise such a SYN is ignored.
	Evicts bool
	Victim Victim // of an eviction here, and of an eviction by OnFull of the profile
	// SYN cookies: a SYN-ACK that needs no memory. The final ACK returns its sequence
	// number, which proves that the host sent the SYN-ACK. net.ipv4.tcp_syncookies
	Cookies Cookies
	// What happens to an ACK with a cookie that finds the accept queue full. On Linux it is
	// IgnoreAck with every value of tcp_abort_on_overflow. (L13: 18 of 18 runs)
	CookieFull OnAckFull
	// Without cookies, the last quarter of Max is kept for peers that have proved that they
	// are alive. In the model no peer has.
	KeepsQuarter bool
	// While half-open connections take more than half of the room, the host retransmits
	// the SYN-ACKs of old ones fewer times.
	Prunes bool
	// A repeated SYN is answered at once, and the timer of the SYN-ACK starts again then.
	RepeatRestarts bool
}

// SynQueueSize says how the size of a SYN queue is computed.
type SynQueueSize uint8

const (
	SizeOfBacklog     SynQueueSize = iota // Limit
	SizeFixed                             // Max
	SizePow2                              // the smallest power of two that is at least max(64, Max): Linux 2.4
	SizePow2OfBacklog                     // the power of two above max(8, min(backlog, Max)), fixed by the first listen: Linux 2.6.20
)

// Victim says which half-open connection the host evicts for a new one.
type Victim uint8

const (
	VictimOldest   Victim = iota
	VictimRandom          // each with the same chance
	VictimTimedOut        // the oldest whose SYN-ACK was retransmitted; if there is none, no eviction
)

// Cookies says when a host answers a SYN with a SYN cookie. The values 0 to 2 are the
// values of net.ipv4.tcp_syncookies.
type Cookies uint8

const (
	CookiesNever      Cookies = iota
	CookiesWhenFull           // when the SYN queue is full
	CookiesAlways             // the SYN queue is not used
	CookiesForEvicted         // every SYN-ACK carries a cookie, which is valid for a while after its entry was evicted: FreeBSD
)

// size returns how many half-open connections fit with an effective backlog.
func (q *SynQueue) size(backlog int) int {
	switch q.Size {
	case SizeFixed:
		return q.Max
	case SizePow2:
		return pow2From(max(64, q.Max))
	case SizePow2OfBacklog:
		return pow2From(max(8, min(backlog, q.Max)) + 1)
	}
	return q.Limit.Of(backlog)
}

// pow2From returns the smallest power of two that is at least n.
func pow2From(n int) int { return 1 << bits.Len(uint(n-1)) }
