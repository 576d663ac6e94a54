package sim

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// A Rand is a stream of random numbers. A stream gives the same numbers on every
// platform and with every release of Go. Its generator is PCG-DXSM of math/rand/v2, and
// Go promises to keep its numbers.
//
// A Rand is a value. A copy continues from the same position, so the original and the
// copy give the same numbers. Copy a Rand to look ahead or to save a run; pass a
// pointer to draw. The zero value is one fixed stream, equal in every run. Stream makes
// all other streams.
type Rand struct {
	pcg rand.PCG
}

// A Purpose says what the numbers of a stream decide, such as arrival, loss or jitter.
// A program defines its purposes as constants. The draws of a client for one purpose
// do not change if it draws more or less for another.
type Purpose uint32

// Stream returns the stream of owner for a purpose, in the run with this seed. The owner is
// a number for what draws, such as a client or a link. Seed, owner and purpose name the
// stream. Streams with other names are not related, however similar the names are. The
// order matters: Stream(1, 2, 3) and Stream(1, 3, 2) are not related.
//
// Use a stream for each client; do not share one stream between clients. In a shared
// stream a change of one client changes the draws of all others, and two runs with
// equal seeds cannot be compared. Name and Member make an owner from a name. Do not use
// the order of creation as owner: a new first client would change the streams of all
// others.
func Stream(seed, owner uint64, purpose Purpose) Rand {
	// PCG is one cycle of 2^128 numbers, and each stream starts at a position of it. Two
	// independent chains of 64 bits choose the position. So even 2^30 streams of 2^30
	// numbers each overlap with a probability below 2^-37. The initial constants are the
	// fractions of the golden ratio and of the square root of 2.
	var r Rand
	r.pcg.Seed(
		chain(0x9e3779b97f4a7c15, seed, owner, uint64(purpose)),
		chain(0x6a09e667f3bcc908, seed, owner, uint64(purpose)),
	)
	return r
}

// Name returns the number of a name, to be used as owner in Stream. The number is the
// same in every run. It is the 64-bit FNV-1a hash of the bytes of the name, mixed once
// more. Among a million different names, two have the same number with a probability of
// 3 in 10^8. Name reads the whole name, so keep the number of a name that draws often.
//
// Source: hash/fnv, sum64a with offset64 and prime64.
func Name(name string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		h ^= uint64(name[i])
		h *= 0x100000001b3
	}
	return finalize(h)
}

// Member returns the owner number of one member of a group: a client of a named group, or
// an attempt of a client. The members of one group all have different numbers. A member
// can have members too.
func Member(group, number uint64) uint64 { return finalize(finalize(group) ^ number) }

// chain mixes the words a, b and c into h, one after the other.
func chain(h, a, b, c uint64) uint64 {
	return finalize(finalize(finalize(h^a)^b) ^ c)
}

// finalize returns a word in which every bit depends on every bit of x. It is
// invertible, so two different words never give the same result. It is the finalizer
// of SplitMix64 (Stafford's variant 13).
func finalize(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Uint64 draws any of the 2^64 words, each with the same probability.
func (r *Rand) Uint64() uint64 { return r.pcg.Uint64() }

// Uint64N draws a number from 0 to n-1, each with exactly the same probability. It
// panics if n is zero.
//
// It takes one word of the stream. With a probability below n / 2^64 it takes another.
func (r *Rand) Uint64N(n uint64) uint64 {
	if n == 0 {
		panic("sim: Uint64N(0): there is no number below zero to draw")
	}
	// Lemire's method: the number is the upper half of word*n. Some numbers have 2^64/n
	// words, rounded up, others rounded down. Rejecting the first 2^64 mod n lower halves
	// makes the counts equal.
	high, low := bits.Mul64(r.Uint64(), n)
	if low < n {
		for unfair := -n % n; low < unfair; {
			high, low = bits.Mul64(r.Uint64(), n)
		}
	}
	return high
}

// Duration draws a duration from 0 to n - 1 ns, each with exactly the same probability.
// It panics if n is not positive.
func (r *Rand) Duration(n time.Duration) time.Duration {
	if n <= 0 {
		panic("sim: Duration(" + n.String() + "): there is no duration from zero to below that to draw")
	}
	return time.Duration(r.Uint64N(uint64(n)))
}

// Chance draws true with probability p, exactly. With a p of 0 it never draws true, and
// with a p of 1 it always does. A p above 1, which Ratio.Validate rejects, counts as 1.
//
// It takes the same number of words of the stream for every p, also for 0 and 1. So a
// run without loss and a run with little loss stay comparable.
func (r *Rand) Chance(p Ratio) bool {
	return r.Uint64N(max(1, uint64(p.Den))) < uint64(p.Num)
}
