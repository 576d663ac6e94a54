package sim_test

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"
	"time"

	"wspsim/sim"
)

// chiSquareBound returns what a chi-square of n equally likely cells exceeds
// with a probability below 10^-7: mean and 5.5 deviations, and a little for
// its skew. The seeds are fixed, so a test fails always or never.
func chiSquareBound(n int) float64 {
	df := float64(n - 1)
	return df + 5.5*math.Sqrt(2*df) + 20
}

// chiSquare returns how far counts are from being equal.
func chiSquare(counts []int) float64 {
	total := 0
	for _, c := range counts {
		total += c
	}
	want := float64(total) / float64(len(counts))
	sum := 0.0
	for _, c := range counts {
		sum += (float64(c) - want) * (float64(c) - want) / want
	}
	return sum
}

func TestRelatedNamesGiveUnrelatedStreams(t *testing.T) {
	// Pairs of neighbours: which of 32 parts the number of one falls into says
	// nothing of the other's. Upper and lower bits, first and later numbers.
	for _, row := range []struct {
		why  string
		name func(i uint64) sim.Rand
	}{
		{"one client after the other", func(i uint64) sim.Rand { return sim.Stream(1, i, 3) }},
		{"one seed after the other", func(i uint64) sim.Rand { return sim.Stream(i, 2, 3) }},
		{"one purpose after the other", func(i uint64) sim.Rand { return sim.Stream(1, 2, sim.Purpose(i)) }},
		{"clients that differ in upper bits only", func(i uint64) sim.Rand { return sim.Stream(1, i<<44, 3) }},
		{"seed and client change together", func(i uint64) sim.Rand { return sim.Stream(i, i, 3) }},
		{"seed and client change in opposite ways", func(i uint64) sim.Rand { return sim.Stream(i, ^i, 3) }},
		{"one client's purposes swapped with it", func(i uint64) sim.Rand {
			if i%2 == 0 {
				return sim.Stream(1, i/2, 7)
			}
			return sim.Stream(1, 7, sim.Purpose(i/2))
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			upper, lower := make([]int, 32*32), make([]int, 32*32)
			for skip := range 3 {
				last := ^uint64(0)
				for i := range uint64(80_000) {
					r := row.name(i)
					for range skip {
						r.Uint64()
					}
					w := r.Uint64()
					if i > 0 {
						upper[last>>59<<5|w>>59]++
						lower[last&31<<5|w&31]++
					}
					last = w
				}
			}
			for name, counts := range map[string][]int{"upper": upper, "lower": lower} {
				if got := chiSquare(counts); got > chiSquareBound(len(counts)) {
					t.Errorf("chi-square of pairs of %s bits = %.0f, want at most %.0f", name, got, chiSquareBound(len(counts)))
				}
			}
		})
	}
}

func TestEveryBitOfANameCounts(t *testing.T) {
	// Changing one bit of the name changes each bit of the first number in
	// half of the cases.
	const trials = 2000
	type triple struct{ seed, who, why uint64 }
	for bit := range 160 {
		var changed [64]int
		for i := range uint64(trials) {
			a := triple{i, i / 7, i % 11}
			b := a
			switch {
			case bit < 64:
				b.seed ^= 1 << bit
			case bit < 128:
				b.who ^= 1 << (bit - 64)
			default:
				b.why ^= 1 << (bit - 128)
			}
			ra := sim.Stream(a.seed, a.who, sim.Purpose(a.why))
			rb := sim.Stream(b.seed, b.who, sim.Purpose(b.why))
			for x := ra.Uint64() ^ rb.Uint64(); x != 0; x &= x - 1 {
				changed[bits.TrailingZeros64(x)]++
			}
		}
		for out, n := range changed {
			if d := math.Abs(float64(n) - trials/2); d > 6*math.Sqrt(trials)/2 {
				t.Errorf("bit %d of the name changes bit %d of the number in %d of %d cases", bit, out, n, trials)
			}
		}
	}
}

func TestOrderOfWordsMatters(t *testing.T) {
	first := map[uint64]string{}
	for a := range uint64(40) {
		for b := range uint64(40) {
			for c := range uint64(40) {
				r := sim.Stream(a, b, sim.Purpose(c))
				w, name := r.Uint64(), fmt.Sprint(a, b, c)
				if other, ok := first[w]; ok {
					t.Fatalf("streams %s and %s begin with the same number", other, name)
				}
				first[w] = name
			}
		}
	}
}

// Names that differ little, and members of members whose numbers have changed
// places, have nothing in common.
func TestNamesAndMembersAreAllDifferent(t *testing.T) {
	seen := map[uint64]string{}
	see := func(who uint64, name string) {
		t.Helper()
		if other, ok := seen[who]; ok {
			t.Fatalf("%s and %s have the number %#x", other, name, who)
		}
		seen[who] = name
	}
	see(sim.Name(""), `Name("")`)
	for i := range 256 {
		for j := range 256 {
			name := string([]byte{byte(i), byte(j)})
			see(sim.Name(name), fmt.Sprintf("Name(%q)", name))
		}
		see(sim.Name(string([]byte{byte(i)})), fmt.Sprintf("Name of byte %d", i))
	}
	for _, name := range []string{"a", "b", "aa"} {
		for i := range uint64(100) {
			member := sim.Member(sim.Name(name), i)
			see(member, fmt.Sprintf("%s, %d", name, i))
			for j := range uint64(100) {
				see(sim.Member(member, j), fmt.Sprintf("%s, %d, %d", name, i, j))
			}
		}
	}
}

func TestCopyContinuesFromTheSamePosition(t *testing.T) {
	r := sim.Stream(1, 2, 3)
	r.Uint64()
	c := r
	if c != r {
		t.Error("a copy differs from its original")
	}
	for i := range 100 {
		if got, want := c.Uint64(), r.Uint64(); got != want {
			t.Fatalf("number %d of the copy = %#x, of the original %#x", i, got, want)
		}
	}
}

func TestNumbersBelowNAreEquallyLikely(t *testing.T) {
	const draws = 300_000
	for _, row := range []struct {
		why   string
		n     uint64
		cells int
		cell  func(x uint64) int
	}{
		{"a small n", 7, 7, func(x uint64) int { return int(x) }},
		{"a power of two", 64, 64, func(x uint64) int { return int(x) }},
		{"a quarter of the words is one too many: without rejection 0 modulo 3 comes twice as often", 3 << 62, 3, func(x uint64) int { return int(x % 3) }},
		{"nearly half of the words is too many", 1<<63 + 1, 16, func(x uint64) int { return min(15, int(x>>59)) }},
		{"all words", math.MaxUint64, 256, func(x uint64) int { return int(x >> 56) }},
	} {
		counts := make([]int, row.cells)
		r := sim.Stream(1, row.n, 0)
		for range draws {
			x := r.Uint64N(row.n)
			if x >= row.n {
				t.Fatalf("Uint64N(%d) = %d", row.n, x)
			}
			counts[row.cell(x)]++
		}
		if got := chiSquare(counts); got > chiSquareBound(row.cells) {
			t.Errorf("Uint64N(%d): chi-square = %.0f, want at most %.0f: %s", row.n, got, chiSquareBound(row.cells), row.why)
		}
	}
}

func TestNumberBelowOneIsZero(t *testing.T) {
	r := sim.Stream(1, 2, 3)
	for range 1000 {
		if got := r.Uint64N(1); got != 0 {
			t.Fatalf("Uint64N(1) = %d, want 0", got)
		}
		if got := r.Duration(1); got != 0 {
			t.Fatalf("Duration(1) = %d, want 0", got)
		}
	}
}

func TestDurationsAreBelowTheirLimit(t *testing.T) {
	r := sim.Stream(1, 2, 3)
	counts := make([]int, 10)
	for range 100_000 {
		counts[r.Duration(10)]++ // panics if it is out of range
		if d := r.Duration(math.MaxInt64); d < 0 {
			t.Fatalf("Duration(MaxInt64) = %d", d)
		}
	}
	if got := chiSquare(counts); got > chiSquareBound(10) {
		t.Errorf("Duration(10): chi-square = %.0f of %v", got, counts)
	}
}

func TestImpossibleDrawsPanicWithASentence(t *testing.T) {
	r := sim.Stream(1, 2, 3)
	for _, row := range []struct {
		want string
		call func()
	}{
		{"sim: Uint64N(0): there is no number below zero to draw", func() { r.Uint64N(0) }},
		{"sim: Duration(0s): there is no duration from zero to below that to draw", func() { r.Duration(0) }},
		{"sim: Duration(-1ns): there is no duration from zero to below that to draw", func() { r.Duration(-1) }},
	} {
		if got := panicOf(row.call); got != row.want {
			t.Errorf("panic %q, want %q", got, row.want)
		}
	}
}

// panicOf returns what call panics with, or nil.
func panicOf(call func()) (value any) {
	defer func() { value = recover() }()
	call()
	return nil
}

func TestDrawsDoNotAllocate(t *testing.T) {
	r := sim.Stream(1, 2, 3)
	draws := map[string]func(){
		"Stream":   func() { s := sim.Stream(1, 2, 3); s.Uint64() },
		"Uint64":   func() { r.Uint64() },
		"Uint64N":  func() { r.Uint64N(10) },
		"Duration": func() { r.Duration(10) },
		"Chance":   func() { r.Chance(sim.Ratio{Num: 1, Den: 3}) },
	}
	for _, d := range everyDist() {
		draws[fmt.Sprintf("%#v", d)] = func() { d.Draw(&r) }
	}
	for name, draw := range draws {
		if n := testing.AllocsPerRun(100, draw); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func TestLargerWordsGiveLongerDurations(t *testing.T) {
	for _, d := range everyDist() {
		if e, ok := d.(sim.Erlang); ok && e.Shape > 1 {
			continue // made of several words
		}
		type pair struct {
			word uint64
			d    time.Duration
		}
		var pairs []pair
		r := sim.Stream(1, 2, 3)
		for range 20_000 {
			ahead := r
			pairs = append(pairs, pair{ahead.Uint64(), d.Draw(&r)})
		}
		slices.SortFunc(pairs, func(a, b pair) int {
			if a.word < b.word {
				return -1
			}
			return 1
		})
		for i := range pairs[1:] {
			if pairs[i+1].d < pairs[i].d {
				t.Errorf("%#v: word %#x gives %v, the larger %#x gives %v", d, pairs[i].word, pairs[i].d, pairs[i+1].word, pairs[i+1].d)
				break
			}
		}
	}
}

func TestDrawsTakeTheWordsTheySay(t *testing.T) {
	for _, d := range everyDist() {
		words := 1
		switch d := d.(type) {
		case sim.Fixed:
			words = 0
		case sim.Erlang:
			words = int(d.Shape)
		}
		r, want := sim.Stream(1, 2, 3), sim.Stream(1, 2, 3)
		d.Draw(&r)
		for range words {
			want.Uint64()
		}
		if r != want {
			t.Errorf("%#v.Draw does not take %d words", d, words)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	b.ReportAllocs()
	var sum uint64
	for i := range uint64(b.N) {
		r := sim.Stream(1, i, 3)
		sum += r.Uint64()
	}
	use(sum)
}

func BenchmarkUint64(b *testing.B) {
	b.ReportAllocs()
	r := sim.Stream(1, 2, 3)
	var sum uint64
	for range b.N {
		sum += r.Uint64()
	}
	use(sum)
}

func BenchmarkUint64N(b *testing.B) {
	b.ReportAllocs()
	r := sim.Stream(1, 2, 3)
	var sum uint64
	for range b.N {
		sum += r.Uint64N(1000)
	}
	use(sum)
}

func BenchmarkExponential(b *testing.B) {
	benchmarkDist(b, sim.Exponential{Mean: time.Second})
}

func BenchmarkErlang(b *testing.B) {
	benchmarkDist(b, sim.Erlang{Shape: 3, Mean: time.Second})
}

func BenchmarkPareto(b *testing.B) {
	benchmarkDist(b, sim.Pareto{Min: time.Second, AlphaMilli: 1500})
}

func BenchmarkLogNormal(b *testing.B) {
	benchmarkDist(b, sim.LogNormal{Median: time.Second, SigmaMilli: 500})
}

func BenchmarkEmpirical(b *testing.B) {
	benchmarkDist(b, sim.MustEmpirical(1, 2, 3))
}

func benchmarkDist(b *testing.B, d sim.Dist) {
	b.ReportAllocs()
	r := sim.Stream(1, 2, 3)
	var sum time.Duration
	for range b.N {
		sum += d.Draw(&r)
	}
	use(uint64(sum))
}

// use keeps the compiler from leaving out what led to x.
//
//go:noinline
func use(x uint64) uint64 { return x }
