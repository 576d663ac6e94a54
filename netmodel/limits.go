package netmodel

import "math/bits"

// Backlog says which effective backlog an argument of listen has. The steps, in
// this order: hints, what stands for the maximum, scaling, the nearest legal
// value.
type Backlog struct {
	Min, Max  int // nearest legal values for illegal arguments. C1, C2, WS.B1; Max is somaxconn, kern.ipc.soacceptqueue ...
	Somaxconn int // the argument that asks for the maximum; 0 = none does. P4, WS.B4, WS.B5
	// SOMAXCONN_HINT(n) is listen(-n): n brought into HintMin..HintMax. HintMax 0
	// means that the stack does not know it. WS.B6, WS.B10
	HintMin, HintMax int
	NegativeIsMax    bool // a negative argument stands for the maximum
	ZeroIsMax        bool // so does 0
	// Before it is brought into Min..Max, an argument becomes Num/Den times
	// itself, rounded down, plus Add; Den 0 leaves it as it is.
	Num, Den, Add int
}

// Effective returns the backlog that is in force after listen(n): Min..Max, or
// HintMin..HintMax where a hint is understood. What stands for the maximum comes
// before all others.
func (b Backlog) Effective(n int) int {
	switch {
	case b.Somaxconn != 0 && n == b.Somaxconn, n < 0 && b.NegativeIsMax, n == 0 && b.ZeroIsMax:
		return b.Max
	case n < 0 && b.HintMax > 0:
		if n < -b.HintMax { // also saves the lowest int, which has no opposite
			return b.HintMax
		}
		return max(-n, b.HintMin)
	case b.Den != 0:
		n = min(max(n, 0), b.Max)*b.Num/b.Den + b.Add // bounded first: the product must not overflow
	}
	return min(max(n, b.Min), b.Max)
}

// Limit says how many fit: Num/Den times the effective backlog, rounded down,
// plus Add, but at least Min. The zero value is the effective backlog itself.
type Limit struct {
	None     bool // as many as come
	Num, Den int  // 0/0 = 1/1
	Add, Min int
}

// noLimit is what a Limit without limit amounts to, far beyond what any queue
// can hold.
const noLimit = 1<<31 - 1

// Of returns how many fit with an effective backlog.
func (l Limit) Of(backlog int) int {
	switch {
	case l.None:
		return noLimit
	case l.Den != 0:
		backlog = backlog * l.Num / l.Den
	}
	return max(backlog+l.Add, l.Min)
}

// SynQueue is where half-open connections wait in a queue of their own: the SYN
// queue, or SYN cache. The zero value has none: they take slots of the accept
// queue.
type SynQueue struct {
	Separate bool
	Size     SynQueueSize
	Limit    Limit // with SizeOfBacklog
	// With the other sizes; net.ipv4.tcp_max_syn_backlog, net.inet.tcp.syncache.cachelimit ...
	Max    int
	Shared bool // the size is that of all listeners of the host together
	// A SYN that finds the SYN queue full, and gets no cookie, takes the place of another
	// half-open connection, if there is one. Otherwise such a SYN is ignored.
	Evicts bool
	Victim Victim // of an eviction here, and where OnFull of the profile evicts
	// SYN cookies: a SYN-ACK that needs no memory, because its number proves, when
	// it comes back, that it was sent. net.ipv4.tcp_syncookies
	Cookies Cookies
	// What happens to an ACK with a cookie that finds the accept queue full.
	// IgnoreAck on Linux, whatever tcp_abort_on_overflow says. (L13: 18 of 18 runs)
	CookieFull OnAckFull
	// Without cookies, the last quarter of Max is kept for peers that have proved
	// to be alive. Nobody has, here.
	KeepsQuarter bool
	// While more than half of the room for half-open connections is taken, old
	// ones are sent fewer SYN-ACKs.
	Prunes bool
	// A SYN that is repeated is answered at once, and the timer of the SYN-ACK
	// begins anew from there.
	RepeatRestarts bool
}

// SynQueueSize says what the size of a SYN queue follows from.
type SynQueueSize uint8

const (
	SizeOfBacklog     SynQueueSize = iota // Limit
	SizeFixed                             // Max
	SizePow2                              // the power of two from max(64, Max) on: Linux 2.4
	SizePow2OfBacklog                     // the power of two above max(8, min(backlog, Max)), fixed by the first listen: Linux 2.6.20
)

// Victim is the half-open connection that is given up for a new one.
type Victim uint8

const (
	VictimOldest   Victim = iota
	VictimRandom          // any
	VictimTimedOut        // the oldest whose SYN-ACK was sent again; if there is none, nobody
)

// Cookies says when a SYN is answered with a SYN cookie, with the numbers of
// net.ipv4.tcp_syncookies.
type Cookies uint8

const (
	CookiesNever      Cookies = iota
	CookiesWhenFull           // when the SYN queue is full
	CookiesAlways             // there is no SYN queue then
	CookiesForEvicted         // every SYN-ACK carries one, which counts once its entry has been evicted, for a while: FreeBSD
)

// size returns how many half-open connections fit.
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
