package sim

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// A Rand is a stream of random numbers. The same stream gives the same numbers
// on every platform and with every release of Go: the generator is PCG-DXSM of
// math/rand/v2, whose numbers Go has promised to keep.
//
// A Rand is a value. A copy continues from the same position, so both give the
// same numbers from there on: copy it to look ahead or to save a run, and pass
// a pointer to draw. The zero value is one particular stream, equal in every
// run; make streams with Stream.
type Rand struct {
	pcg rand.PCG
}

// A Purpose says what a stream's numbers decide: arrival, loss, jitter. A
// program defines its own as constants. One client's draws for one purpose do
// not move when it draws more, or less, for another.
type Purpose uint32

// Stream returns the stream for what who decides for the reason why, in the
// run with the given seed. The three words name it: no other names, however
// similar, give a related stream. Order matters: Stream(1, 2, 3) and
// Stream(1, 3, 2) have nothing in common.
//
// Name streams, and do not hand one stream from client to client: otherwise a
// change in what one of them does is a change in what all others draw, and two
// runs with equal seeds cannot be compared. Name and Member make who of names. A
// number that says only who was made first is no name: whoever is added before
// the others would change the streams of all.
func Stream(seed, who uint64, why Purpose) Rand {
	// PCG is one cycle of 2^128 numbers and a stream starts somewhere on it.
	// Two independent chains of 64 bits choose where, so that even 2^30
	// streams of 2^30 numbers each meet with a probability below 2^-37. The
	// starting constants are the fractions of the golden ratio and of the
	// square root of 2.
	var r Rand
	r.pcg.Seed(
		chain(0x9e3779b97f4a7c15, seed, who, uint64(why)),
		chain(0x6a09e667f3bcc908, seed, who, uint64(why)),
	)
	return r
}

// Name returns who for Stream of a name, the same in every run. It is the 64-bit
// FNV-1a hash of the bytes of the name, mixed once more: of a million different
// names two have one number with a probability of 3 in 10^8. It reads the whole
// name: keep the number of a name that draws often.
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

// Member returns who for Stream of one of the things that share a name: a client
// of a crowd, an attempt of a client. No two members of one who are the same. A
// member can have members of its own.
func Member(who, number uint64) uint64 { return finalize(finalize(who) ^ number) }

// chain mixes the words a, b and c into h, one after the other.
func chain(h, a, b, c uint64) uint64 {
	return finalize(finalize(finalize(h^a)^b) ^ c)
}

// finalize returns a word in which every bit of x has a say in every bit, and
// from which x could be had back: no two words give the same. It is the
// finalizer of SplitMix64 (Stafford's variant 13).
func finalize(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Uint64 draws any of the 2^64 words, each with the same probability.
func (r *Rand) Uint64() uint64 { return r.pcg.Uint64() }

// Uint64N draws a number from 0 to n-1, each with exactly the same
// probability. It panics if n is zero.
//
// It takes one word of the stream, and a further one with a probability below
// n / 2^64.
func (r *Rand) Uint64N(n uint64) uint64 {
	if n == 0 {
		panic("sim: Uint64N(0): there is no number below zero to draw")
	}
	// Lemire's method: the number is the upper half of word*n. Of the words
	// that lead to a number, some have 2^64/n rounded up, some rounded down;
	// throwing away the first 2^64 mod n lower halves makes them equal.
	high, low := bits.Mul64(r.Uint64(), n)
	if low < n {
		for unfair := -n % n; low < unfair; {
			high, low = bits.Mul64(r.Uint64(), n)
		}
	}
	return high
}

// Duration draws a duration from 0 to n less one nanosecond, each with exactly
// the same probability. It panics if n is not positive.
func (r *Rand) Duration(n time.Duration) time.Duration {
	if n <= 0 {
		panic("sim: Duration(" + n.String() + "): there is no duration from zero to below that to draw")
	}
	return time.Duration(r.Uint64N(uint64(n)))
}

// Chance draws true with probability p, exactly. A p of zero never draws true
// and a p of one always does, as does a p above one, which Ratio.Validate
// would have refused.
//
// It takes as many words of the stream for a p of 0 or 1 as for others: a run
// without loss and one with little loss stay comparable.
func (r *Rand) Chance(p Ratio) bool {
	return r.Uint64N(max(1, uint64(p.Den))) < uint64(p.Num)
}
