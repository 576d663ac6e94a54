package sim

import "math/bits"

// Logarithms, powers of two and the normal distribution, in whole numbers. With
// floats a run would depend on the machine: compilers fuse x*y + z on some processors,
// and math.Log differs between processors.
//
// A number written "Qn" is a uint64 that counts units of 2^-n. Polynomials are summed
// in pairs of terms, so that the processor can compute more products at the same time.

const (
	// logPoint is the number of binary places of a logarithm: Q57. So the largest
	// logarithm, 64, fits a word, and an int64 holds all smaller ones.
	logPoint = 57

	ln2   = 0xb17217f7d1cf79ac // ln 2 in Q64
	one62 = 1 << 62            // 1 in Q62, the point of a probability
)

// mulHigh returns the upper 64 bits of a*b: the product of a number in Qn and
// a fraction in Q64 is again in Qn.
func mulHigh(a, b uint64) uint64 {
	high, _ := bits.Mul64(a, b)
	return high
}

// word returns word i of a table of tables.go. The compiler makes it one load.
func word(table string, i uint64) uint64 {
	b := table[i*8 : i*8+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// negLog2 returns -log2(u / 2^64) in Q57, for u > 0. The result is between 0 and 64,
// with an error of at most 2^-56. Within that error it never rises as u grows.
func negLog2(u uint64) uint64 {
	// u / 2^64 is m * 2^-(lead+1) with 1 <= m < 2. Multiplying m by the power
	// 2^(-step/128) leaves 1-s with 0 <= s < 0.0088. A short polynomial in s gives
	// the rest. Near u = 2^64 both steps are exact, so the smallest logarithms keep
	// their digits.
	lead := uint64(bits.LeadingZeros64(u))
	m := u << (lead & 63)
	step := uint64(powSteps[m>>55&0xff])
	high, low := bits.Mul64(m, word(powTable, 128-step)) // (1-s) * 2^127
	low, borrow := bits.Sub64(0, low, 0)
	high, _ = bits.Sub64(1<<63, high, borrow)
	s := high<<7 | low>>57 // Q70

	// q = -log2(1-s) / s in Q62. Each coefficient is scaled by another 2^-6, because
	// s, read as Q64, is 64 times too large. The polynomial equals the function at the
	// Chebyshev points: error below 2^-61.
	ss := mulHigh(s, s)
	q := 0x127689a4b9 + mulHigh(0x3ef4fda5, s)
	q = 0x1ec709dbaff0a + mulHigh(0x5c5521b1c7a, s) + mulHigh(q, ss)
	q = 0x5c551d94ae0bf78c + mulHigh(0xb8aa3b295c81cf, s) + mulHigh(q, ss)
	return lead<<logPoint + (128-step)<<(logPoint-7) + (mulHigh(s, q)+1<<10)>>11
}

// exp2 returns 2^f in Q63, for a fraction f in Q57. The result is between 1 and 2,
// with an error of at most 2^-60.
func exp2(f uint64) uint64 {
	power := word(powTable, f>>(logPoint-7)&0x7f) // the first seven bits of f
	r := f << (64 - logPoint + 7)                 // the other bits, in Q64 of 1/128

	// p = 2^(r/128) - 1 in Q71, through the Chebyshev points: error below
	// 2^-63.
	rr := mulHigh(r, r)
	p := 0x38d611af0617 + mulHigh(0x13b2a8abea, r) + mulHigh(0x5794895, rr)
	p = 0xb17217f7d1cf7a4e + mulHigh(0x7afef7fe0af69f, r) + mulHigh(p, rr)
	p = mulHigh(p, r)
	return power + mulHigh(power, p)>>7
}

// timesPow2 returns d * 2^y, rounded to nearest, for y in Q57 and d between 1
// and 2^62. Results above 2^62 are 2^62.
func timesPow2(d uint64, y int64) uint64 {
	whole := y >> logPoint // rounds down, so that the fraction is not negative
	if int64(bits.Len64(d))+whole > 62 {
		return 1 << 62
	}
	high, low := bits.Mul64(d, exp2(uint64(y)&(1<<logPoint-1)))
	return min(1<<62, roundShift(high, low, uint64(63-whole)))
}

// roundShift returns high:low / 2^n, rounded to nearest, for n >= 1 and
// high:low below 2^127. The result must fit 64 bits.
func roundShift(high, low, n uint64) uint64 {
	if n > 127 {
		return 0
	}
	if n > 64 {
		return (high>>(n-65) + 1) >> 1
	}
	low, carry := bits.Add64(low, 1<<(n-1), 0)
	return (high+carry)<<(64-n) | low>>n
}

// normal returns, in Q60, the z >= 0 with P(|Z| > z) = 2^-e, where Z is a standard
// normal variate. e is between 0 and 64, in Q57. The error is at most 2^-36, and z is
// below 9.16.
func normal(e uint64) uint64 {
	// In e the function is nearly a square root, whose curvature falls: eight
	// polynomials for each doubling of 1+e give the same error everywhere.
	x := e + 1<<logPoint
	lead := uint64(bits.LeadingZeros64(x)) // 6 for the first doubling
	x <<= lead & 63
	at := ((6-lead)<<3 + x>>60&7) * 56
	row := normalTable[at : at+56]
	f := x << 4 // position within the interval of the row, Q64
	ff := mulHigh(f, f)
	z := word(row, 4) - mulHigh(word(row, 5), f) + mulHigh(word(row, 6), ff)
	z = word(row, 2) - mulHigh(word(row, 3), f) + mulHigh(z, ff)
	return word(row, 0) + mulHigh(word(row, 1), f) - mulHigh(z, ff)
}

// normalTail returns, in Q62, the probability that a standard normal variate exceeds
// z >= 0, given in Q60. It inverts normal by bisection. Means use it, draws do not.
func normalTail(z uint64) uint64 {
	low, high := uint64(0), uint64(64)<<logPoint
	for low < high {
		middle := low + (high-low)/2
		if normal(middle) < z {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return timesPow2(one62/2, -int64(low-low>>63)) // 64 does not fit an int64
}
