package sim

import (
	"math"
	"math/big"
	"math/bits"
	"testing"
	"time"
)

// The accuracy of fixedpoint.go, held against arithmetic with 200 bits where a
// float would not do.

const exactBits = 200

func exact(x float64) *big.Float { return new(big.Float).SetPrec(exactBits).SetFloat64(x) }

// bigLog2 returns log2(u) in Q80, rounded down: one squaring gives one bit.
func bigLog2(u uint64) *big.Int {
	x := new(big.Float).SetPrec(exactBits).SetUint64(u)
	n := x.MantExp(x) - 1 // x in [1/2, 1)
	x.Mul(x, exact(2))
	log := big.NewInt(int64(n))
	for range 80 {
		log.Lsh(log, 1)
		x.Mul(x, x)
		if x.Cmp(exact(2)) >= 0 {
			x.Quo(x, exact(2))
			log.SetBit(log, 0, 1)
		}
	}
	return log
}

// bigRoots returns 2^(2^-k) for k from 0 to 57.
func bigRoots() []*big.Float {
	roots := []*big.Float{exact(2)}
	for range logPoint {
		roots = append(roots, new(big.Float).SetPrec(exactBits).Sqrt(roots[len(roots)-1]))
	}
	return roots
}

// bigExp2 returns 2^f for a fraction f in Q57.
func bigExp2(roots []*big.Float, f uint64) *big.Float {
	x := exact(1)
	for k := 1; k <= logPoint; k++ {
		if f>>(logPoint-k)&1 == 1 {
			x.Mul(x, roots[k])
		}
	}
	return x
}

// inUnits returns x * 2^point as a whole number.
func inUnits(x *big.Float, point int) *big.Int {
	n, _ := new(big.Float).SetMantExp(x, point).Int(nil)
	return n
}

// probes returns the ends of each part in which a table divides the words,
// their neighbours, and words in between.
func probes(count int) []uint64 {
	words := []uint64{1, 2, 3, 1<<64 - 1, 1<<64 - 2, 1<<64 - 1<<10, 1<<64 - 1<<30}
	for lead := range 64 {
		for step := uint64(256); step < 512; step += 1 + uint64(lead) {
			u := step << 55 >> lead
			words = append(words, u-1, u, u+1)
		}
	}
	r := Stream(1, 2, 3)
	for range count {
		words = append(words, r.Uint64(), r.Uint64()>>(r.Uint64()%64))
	}
	return words
}

func TestLogarithmIsAccurate(t *testing.T) {
	limit := big.NewInt(1 << (80 - 56))
	for _, u := range probes(3000) {
		if u == 0 {
			continue
		}
		want := new(big.Int).Lsh(big.NewInt(64), 80)
		want.Sub(want, bigLog2(u))
		got := new(big.Int).SetUint64(negLog2(u))
		got.Lsh(got, 80-logPoint)
		if diff := new(big.Int).Sub(got, want); diff.CmpAbs(limit) > 0 {
			t.Fatalf("negLog2(%#x) = %#x: off by %v * 2^-80; want at most 2^-56", u, negLog2(u), diff)
		}
	}
}

func TestLogarithmKnowsItsEnds(t *testing.T) {
	for _, row := range []struct {
		why  string
		u    uint64
		want uint64
	}{
		{"the smallest fraction, 2^-64", 1, 64 << logPoint},
		{"a half", 1 << 63, 1 << logPoint},
		{"a power of two", 1 << 10, 54 << logPoint},
		{"next to 1, less than a unit", 1<<64 - 1, 0},
	} {
		got := negLog2(row.u)
		if d := int64(got - row.want); d < -1 || d > 1 {
			t.Errorf("negLog2(%#x) = %#x, want %#x give or take 1: %s", row.u, got, row.want, row.why)
		}
	}
}

func TestPowerIsAccurate(t *testing.T) {
	roots := bigRoots()
	limit := big.NewInt(8) // 2^-60 in Q63
	const all = 1<<logPoint - 1
	for _, word := range probes(3000) {
		f := word & all
		got := exp2(f)
		diff := new(big.Int).SetUint64(got)
		diff.Sub(diff, inUnits(bigExp2(roots, f), 63))
		if diff.CmpAbs(limit) > 0 || got < 1<<63 {
			t.Fatalf("exp2(%#x) = %#x: off by %v * 2^-63; want at most 2^-60", f, got, diff)
		}
	}
	if got := exp2(all); got < 1<<64-1<<10 {
		t.Errorf("exp2 of the largest fraction = %#x: wrapped; want just below 2", got)
	}
}

func TestPowersAreTheirDefinition(t *testing.T) {
	roots := bigRoots()
	for j := range uint64(128) {
		x := new(big.Float).SetMantExp(bigExp2(roots, j<<(logPoint-7)), 63)
		want, _ := x.Add(x, exact(0.5)).Uint64()
		if got := word(powTable, j); got != want {
			t.Errorf("word(powTable, %d) = %#x, want 2^(63 + %[1]d/128) = %#[3]x", j, got, want)
		}
	}
	if got := word(powTable, 128); got != math.MaxUint64 {
		t.Errorf("word(powTable, 128) = %#x, want 2^64-1", got)
	}
	if len(powTable) != 129*8 || len(powSteps) != 256 || len(normalTable) != 49*7*8 {
		t.Errorf("tables of %d, %d, %d bytes", len(powTable), len(powSteps), len(normalTable))
	}
	for b := range 256 {
		want := int(math.Ceil(128 * math.Log2(1+float64(b+1)/256)))
		if got := int(powSteps[b]); got != want {
			t.Errorf("powSteps[%d] = %d, want %d", b, got, want)
		}
	}
}

func TestNormalIsAccurate(t *testing.T) {
	const limit = 1.0 / (1 << 36)
	last, lastAt := uint64(0), uint64(0)
	for e := uint64(0); e <= 64<<logPoint; e += 1<<logPoint/997 + 1 + e/4096 {
		z := normal(e)
		got := math.Ldexp(float64(z), -60)
		// The tail beyond z, compared where it is small, and back to z by the
		// slope of the tail.
		octaves := math.Ldexp(float64(e), -logPoint)
		want, is := math.Exp2(-octaves), math.Erfc(got/math.Sqrt2)
		off := (is - want) / (math.Sqrt(2/math.Pi) * math.Exp(-got*got/2))
		if math.Abs(off) > limit {
			t.Fatalf("normal(%#x) = %v: exceeded with probability %v, want %v: off by %v, want at most 2^-36", e, got, is, want, off)
		}
		if z < last {
			t.Fatalf("normal(%#x) = %#x falls below normal(%#x) = %#x", e, z, lastAt, last)
		}
		last, lastAt = z, e
	}
	if normal(0) != 0 {
		t.Errorf("normal(0) = %#x, want 0", normal(0))
	}
	if got := math.Ldexp(float64(normal(64<<logPoint)), -60); math.Abs(got-9.15529377) > 1e-8 {
		t.Errorf("normal(64) = %v, want 9.15529377", got)
	}
}

func TestNormalJoinsWithoutAGap(t *testing.T) {
	for octave := range uint64(6) {
		for step := range uint64(8) {
			e := (8+step)<<(logPoint-3)<<octave - 1<<logPoint
			if e == 0 {
				continue
			}
			if gap := int64(normal(e) - normal(e-1)); gap < -16 || gap > 16 {
				t.Errorf("normal jumps by %d * 2^-60 at %#x", gap, e)
			}
		}
	}
}

func TestNormalTailIsTheInverse(t *testing.T) {
	for _, z := range []float64{0, 0.001, 0.5, 1, 2, 3, 5, 8} {
		got := math.Ldexp(float64(normalTail(uint64(math.Ldexp(z, 60)))), -62)
		want := math.Erfc(z/math.Sqrt2) / 2
		if math.Abs(got-want) > 1e-9*want+1e-18 {
			t.Errorf("normalTail(%v) = %v, want %v", z, got, want)
		}
	}
	if got := normalTail(15 << 60); got != 0 {
		t.Errorf("normalTail(15) = %d, want 0", got)
	}
}

func TestPowerTimesRoundsToNearest(t *testing.T) {
	for _, row := range []struct {
		why  string
		d    uint64
		y    int64
		want uint64
	}{
		{"2^0 changes nothing", 12345, 0, 12345},
		{"a whole power", 3, 5 << logPoint, 96},
		{"a half rounds up", 3, -1 << logPoint, 2},
		{"a quarter rounds down", 5, -2 << logPoint, 1},
		{"below a half is 0", 1, -2 << logPoint, 0},
		{"a power far below", 1 << 62, -63 << logPoint, 1},
		{"the farthest below", 1 << 62, math.MinInt64 + 1, 0},
		{"2^1.5", 1_000_000_000, 3 << (logPoint - 1), 2_828_427_125},
		{"2^-1.5", 1_000_000_000, -3 << (logPoint - 1), 353_553_391},
		{"the largest that is no more than 2^62", 1, 62 << logPoint, 1 << 62},
		{"above 2^62", 3, 61 << logPoint, 1 << 62},
		{"far above 2^62", 1 << 62, math.MaxInt64, 1 << 62},
	} {
		if got := timesPow2(row.d, row.y); got != row.want {
			t.Errorf("timesPow2(%d, %d) = %d, want %d: %s", row.d, row.y, got, row.want, row.why)
		}
	}
}

func TestShiftRoundsToNearest(t *testing.T) {
	r := Stream(4, 5, 6)
	for n := uint64(1); n <= 130; n++ {
		high, low := r.Uint64(), r.Uint64()
		if n < 66 {
			high >>= 66 - n
		}
		x := new(big.Int).SetUint64(high)
		x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(low))
		x.Add(x, new(big.Int).Lsh(big.NewInt(1), uint(n-1))).Rsh(x, uint(n))
		if got := roundShift(high, low, n); got != x.Uint64() && n <= 127 {
			t.Errorf("roundShift(%#x, %#x, %d) = %#x, want %#x", high, low, n, got, x)
		}
	}
	if got := roundShift(1<<63, 0, 128); got != 0 {
		t.Errorf("roundShift by 128 = %d, want 0: its numbers stay below 2^127", got)
	}
}

func TestLongestDrawsAreWithinReach(t *testing.T) {
	// A word that gives the longest draw does not come along in a test.
	const average = 1000 * time.Hour
	if got, want := timesLn2(average, negLog2(1)), 44.361419555836; math.Abs(float64(got)/float64(average)-want) > 1e-9 {
		t.Errorf("the longest exponential draw is %v averages, want %v", float64(got)/float64(average), want)
	}
	if got := timesLn2(average, negLog2(1<<64-1)); got != 0 {
		t.Errorf("the shortest exponential draw is %v, want 0", got)
	}
	high, low := bits.Mul64(negLog2(1), 1000)
	y, _ := bits.Div64(high, low, minAlpha)
	if got := timesPow2(uint64(maxScale), int64(y)); got < uint64(maxDraw) {
		t.Errorf("the longest draw of the heaviest tail is %d, want it to reach the cap", got)
	}
}
