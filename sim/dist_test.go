package sim_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math"
	"strings"
	"testing"
	"time"

	"wspsim/sim"

	"github.com/google/go-cmp/cmp"
)

// draws is enough to see 200 durations beyond the 0.9999 quantile.
const draws = 2_000_000

// everyDist returns the distributions that the tests go through. Each is
// written as %#v must print it, see TestGoStringIsTheSource.
func everyDist() []sim.Dist {
	return []sim.Dist{
		sim.Fixed(0),
		sim.Fixed(10 * time.Millisecond),
		sim.Fixed(1000000 * time.Hour),
		sim.Uniform{Min: 0, Max: 9 * time.Nanosecond},
		sim.Uniform{Min: 1 * time.Second, Max: 90 * time.Second},
		sim.Exponential{Mean: 10 * time.Millisecond},
		sim.Exponential{Mean: 1000 * time.Hour},
		sim.Erlang{Shape: 1, Mean: 1500 * time.Millisecond},
		sim.Erlang{Shape: 4, Mean: 1 * time.Minute},
		sim.Pareto{Min: 1 * time.Millisecond, AlphaMilli: 1500},
		sim.Pareto{Min: 3 * time.Microsecond, AlphaMilli: 3500, Max: 7 * time.Hour},
		sim.LogNormal{Median: 20 * time.Millisecond, SigmaMilli: 0},
		sim.LogNormal{Median: 1001 * time.Microsecond, SigmaMilli: 500},
		sim.LogNormal{Median: 1000 * time.Hour, SigmaMilli: 3000},
		sim.MustEmpirical(5 * time.Millisecond),
		sim.MustEmpirical(0, 1*time.Nanosecond, 2*time.Second, 2*time.Second, 3*time.Minute),
	}
}

// laws are continuous distributions with the probability of a duration up to
// x ns, wide enough that rounding to nanoseconds does not show.
func laws() map[sim.Dist]func(x float64) float64 {
	normal := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	const s = float64(time.Second)
	return map[sim.Dist]func(x float64) float64{
		sim.Uniform{Min: time.Second, Max: 3 * time.Second}:      func(x float64) float64 { return (x - s) / (2 * s) },
		sim.Exponential{Mean: 10 * time.Second}:                  func(x float64) float64 { return -math.Expm1(-x / (10 * s)) },
		sim.Erlang{Shape: 1, Mean: time.Second}:                  func(x float64) float64 { return -math.Expm1(-x / s) },
		sim.Erlang{Shape: 3, Mean: 3 * time.Second}:              func(x float64) float64 { return 1 - math.Exp(-x/s)*(1+x/s+x*x/(2*s*s)) },
		sim.LogNormal{Median: time.Second, SigmaMilli: 500}:      func(x float64) float64 { return normal(math.Log(x/s) / 0.5) },
		sim.LogNormal{Median: 1000 * time.Hour, SigmaMilli: 250}: func(x float64) float64 { return normal(math.Log(x/(3.6e6*s)) / 0.25) },
		sim.Pareto{Min: time.Second, AlphaMilli: 1500, Max: 1_000_000 * time.Hour}: func(x float64) float64 {
			return 1 - math.Pow(s/x, 1.5)
		},
		sim.Pareto{Min: time.Second, AlphaMilli: 3500, Max: 1_000_000 * time.Hour}: func(x float64) float64 {
			return 1 - math.Pow(s/x, 3.5)
		},
	}
}

func TestDrawsFollowTheirLaw(t *testing.T) {
	for d, law := range laws() {
		t.Run(fmt.Sprintf("%#v", d), func(t *testing.T) {
			t.Parallel()
			cells := make([]int, 1000)
			tails := []float64{1e-5, 1e-4, 1e-3, 0.999, 0.9999, 0.99999}
			below := make([]int, len(tails))
			r := sim.Stream(1, 2, 3)
			for range draws {
				p := law(float64(d.Draw(&r)))
				cells[min(len(cells)-1, int(p*float64(len(cells))))]++
				if p < 0.0011 || p > 0.9989 {
					for i, tail := range tails {
						if p < tail {
							below[i]++
						}
					}
				} else {
					below[3], below[4], below[5] = below[3]+1, below[4]+1, below[5]+1
				}
			}
			if got := chiSquare(cells); got > chiSquareBound(len(cells)) {
				t.Errorf("chi-square of %d cells = %.0f, want at most %.0f", len(cells), got, chiSquareBound(len(cells)))
			}
			// Kolmogorov and Smirnov: 2.2 is exceeded once in 8000 cases.
			if got := kolmogorov(cells); got > 2.2 {
				t.Errorf("Kolmogorov-Smirnov = %.2f, want at most 2.2", got)
			}
			for i, tail := range tails {
				if off := (float64(below[i]) - draws*tail) / math.Sqrt(draws*tail*(1-tail)); math.Abs(off) > 4 {
					t.Errorf("%d of %d below the quantile %v: %.1f standard errors off", below[i], draws, tail, off)
				}
			}
		})
	}
}

// kolmogorov returns the greatest distance of the sums of equally likely cells
// from what they should be, times the root of the number of draws.
func kolmogorov(cells []int) float64 {
	sum, total, worst := 0, 0, 0.0
	for _, n := range cells {
		total += n
	}
	for i, n := range cells {
		sum += n
		worst = max(worst, math.Abs(float64(sum)/float64(total)-float64(i+1)/float64(len(cells))))
	}
	return worst * math.Sqrt(float64(total))
}

func TestTableValuesAreEquallyLikely(t *testing.T) {
	for _, row := range []struct {
		why  string
		d    sim.Dist
		want map[time.Duration]int // out of the sum of all
	}{
		{"both ends of Uniform are included", sim.Uniform{Min: 3, Max: 7}, map[time.Duration]int{3: 1, 4: 1, 5: 1, 6: 1, 7: 1}},
		{"Uniform of one value", sim.Uniform{Min: 3, Max: 3}, map[time.Duration]int{3: 1}},
		{"a repeated value is likelier", sim.MustEmpirical(9, 5, 9, 0), map[time.Duration]int{0: 1, 5: 1, 9: 2}},
		{"a table of one", sim.MustEmpirical(8), map[time.Duration]int{8: 1}},
		{"Fixed", sim.Fixed(12), map[time.Duration]int{12: 1}},
	} {
		counts, total := map[time.Duration]int{}, 0
		r := sim.Stream(1, 2, 3)
		for range draws / 4 {
			counts[row.d.Draw(&r)]++
		}
		for _, n := range row.want {
			total += n
		}
		if len(counts) != len(row.want) {
			t.Errorf("%#v draws %v, want the values of %v: %s", row.d, counts, row.want, row.why)
		}
		for v, n := range row.want {
			p := float64(n) / float64(total)
			if off := math.Abs(float64(counts[v]) - draws/4*p); off > 4*math.Sqrt(draws/4*p*(1-p)) {
				t.Errorf("%#v draws %d %d times of %d, want %.0f: %s", row.d, v, counts[v], draws/4, draws/4*p, row.why)
			}
		}
	}
}

func TestMeanIsThatOfTheDraws(t *testing.T) {
	for _, d := range append(everyDist(),
		sim.Exponential{Mean: time.Second},
		sim.Erlang{Shape: 50, Mean: time.Second},
		sim.Pareto{Min: time.Second, AlphaMilli: 1001, Max: 20 * time.Second},
		sim.Pareto{Min: time.Second, AlphaMilli: 100_000},
	) {
		t.Run(fmt.Sprintf("%#v", d), func(t *testing.T) {
			t.Parallel()
			n := draws
			if e, ok := d.(sim.Erlang); ok && e.Shape > 4 {
				n = draws / 10
			}
			var sum, squares float64
			r := sim.Stream(4, 5, 6)
			mean := float64(d.Expected())
			for range n {
				x := float64(d.Draw(&r)) - mean
				sum += x
				squares += x * x
			}
			off, deviation := sum/float64(n), math.Sqrt(squares/float64(n))
			if math.Abs(off) > 4*deviation/math.Sqrt(float64(n))+0.5 {
				t.Errorf("mean of %d draws is %.1f ns (%.1f standard errors) off %v", n, off, off/deviation*math.Sqrt(float64(n)), d.Expected())
			}
		})
	}
}

func TestMeanCountsTheCap(t *testing.T) {
	const hour = time.Hour
	near := func(t *testing.T, d sim.Dist, want float64) {
		t.Helper()
		if got := float64(d.Expected()); math.Abs(got-want) > max(1, 1e-9*want) {
			t.Errorf("%#v.Expected() = %.0f, want %.3f", d, got, want)
		}
	}
	for _, p := range []sim.Pareto{
		{Min: 1, AlphaMilli: 1500},
		{Min: 1, AlphaMilli: 1001, Max: 1_000_000 * hour},
		{Min: 1000 * hour, AlphaMilli: 1001},
		{Min: 1000 * hour, AlphaMilli: 100_000},
		{Min: 1000 * hour, AlphaMilli: 2000, Max: 1000 * hour},
		{Min: time.Second, AlphaMilli: 2000, Max: time.Second + 1},
		{Min: time.Second, AlphaMilli: 100_000, Max: 1_000_000 * hour},
		{Min: time.Second, AlphaMilli: 1001, Max: time.Minute},
		{Min: 3 * time.Millisecond, AlphaMilli: 1200, Max: 10 * time.Second},
	} {
		low, high, a := float64(p.Min), float64(p.Max), float64(p.AlphaMilli-1000)/1000
		if p.Max == 0 {
			high = 1000 * low
		}
		near(t, p, low-low/a*math.Expm1(a*math.Log(low/high)))
	}
	for _, l := range []sim.LogNormal{
		{Median: 1, SigmaMilli: 3000},
		{Median: time.Second, SigmaMilli: 1},
		{Median: time.Second, SigmaMilli: 1000},
		{Median: time.Second, SigmaMilli: 3000},
		{Median: 10 * time.Second, SigmaMilli: 3000},
		{Median: hour, SigmaMilli: 3000},
		{Median: hour, SigmaMilli: 1517},
		{Median: 1000 * hour, SigmaMilli: 0},
		{Median: 1000 * hour, SigmaMilli: 400},
		{Median: 1000 * hour, SigmaMilli: 1000},
		{Median: 1000 * hour, SigmaMilli: 2628},
		{Median: 1000 * hour, SigmaMilli: 3000},
	} {
		s, longest := float64(l.SigmaMilli)/1000, float64(1_000_000*hour)
		cut := math.Log(longest/float64(l.Median)) / max(s, 1e-9)
		beyond := func(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
		near(t, l, float64(l.Median)*math.Exp(s*s/2)*beyond(s-cut)+longest*beyond(cut))
	}
}

// fraction returns the U that the next draw is made from.
func fraction(r sim.Rand) float64 { return math.Ldexp(float64(^r.Uint64()|1), -64) }

func TestDrawsAreTheirFormula(t *testing.T) {
	r := sim.Stream(7, 8, 9)
	near := func(name string, got time.Duration, want, part float64) {
		t.Helper()
		// A float itself is exact to one part in 10^15 or so.
		if math.Abs(float64(got)-want) > 1+(part+4e-15)*want {
			t.Fatalf("%s: %d, want %.1f", name, got, want)
		}
	}
	for range 50_000 {
		u := fraction(r)
		near("Exponential", sim.Exponential{Mean: time.Hour}.Draw(&r), -3.6e12*math.Log(u), 0)

		u = fraction(r)
		near("Exponential of the longest average", sim.Exponential{Mean: 1000 * time.Hour}.Draw(&r), -3.6e15*math.Log(u), 0)

		ahead, sum := r, 0.0
		for range 3 {
			sum -= math.Log(fraction(ahead))
			ahead.Uint64()
		}
		near("Erlang", sim.Erlang{Shape: 3, Mean: time.Hour}.Draw(&r), 1.2e12*sum, 0)

		u = fraction(r)
		near("Pareto", sim.Pareto{Min: time.Second, AlphaMilli: 1100, Max: 1_000_000 * time.Hour}.Draw(&r), 1e9*math.Pow(u, -1/1.1), 1e-15)

		// The word that the tail beyond Z stands for, back to Z by its slope.
		l, w := sim.LogNormal{Median: 1000 * time.Hour, SigmaMilli: 500}, r
		p := math.Ldexp(float64(w.Uint64()), -64)
		z := math.Log(float64(l.Draw(&r))/3.6e15) / 0.5
		if off := (math.Erfc(-z/math.Sqrt2)/2 - p) / math.Exp(-z*z/2) * math.Sqrt(2*math.Pi); math.Abs(off) > 1.0/(1<<36)+1e-14 && math.Abs(z) < 4 {
			t.Fatalf("LogNormal: Z = %v is %v off", z, off)
		}
	}
}

func TestDrawsStayInRange(t *testing.T) {
	const longest = 1_000_000 * time.Hour
	for _, row := range []struct {
		why       string
		d         sim.Dist
		low, high time.Duration
	}{
		{"the least average", sim.Exponential{Mean: 1}, 0, 45},
		{"the largest average", sim.Exponential{Mean: 1000 * time.Hour}, 0, 45_000 * time.Hour},
		{"the largest shape", sim.Erlang{Shape: 1000, Mean: 1000 * time.Hour}, 700 * time.Hour, 1300 * time.Hour},
		{"the heaviest tail", sim.Pareto{Min: 1, AlphaMilli: 1001, Max: longest}, 1, longest},
		{"a heavy tail that is cut", sim.Pareto{Min: 10, AlphaMilli: 1001, Max: 11}, 10, 11},
		{"cut at 1000 * Min unless said otherwise", sim.Pareto{Min: 10, AlphaMilli: 1001}, 10, 10_000},
		{"the lightest tail", sim.Pareto{Min: 1000 * time.Hour, AlphaMilli: 100_000}, 1000 * time.Hour, 2000 * time.Hour},
		{"the widest", sim.LogNormal{Median: 1000 * time.Hour, SigmaMilli: 3000}, 0, longest},
		{"the least", sim.LogNormal{Median: 1, SigmaMilli: 3000}, 0, longest},
		{"no width", sim.LogNormal{Median: 5, SigmaMilli: 0}, 5, 5},
		{"the whole range", sim.Uniform{Min: 0, Max: longest}, 0, longest},
	} {
		r := sim.Stream(1, 2, 3)
		seen := map[bool]bool{}
		for range 20_000 {
			got := row.d.Draw(&r)
			if got < row.low || got > row.high {
				t.Fatalf("%#v draws %v, want %v to %v: %s", row.d, got, row.low, row.high, row.why)
			}
			seen[got == row.high] = true
		}
		if p, ok := row.d.(sim.Pareto); ok && p.Min <= 10 && p.Max < longest && !seen[true] {
			t.Errorf("%#v never draws its longest, %v: %s", row.d, row.high, row.why)
		}
	}
}

func TestWrongDistSaysWhatIsAllowed(t *testing.T) {
	for _, row := range []struct {
		d    sim.Dist
		want string
	}{
		{sim.Fixed(-1), "sim: Fixed: the duration is -1ns; allowed: 0s to 1000000h"},
		{sim.Fixed(math.MaxInt64), "sim: Fixed: the duration is 2562047h47m16.854775807s; allowed: 0s to 1000000h"},
		{sim.Uniform{Min: -1, Max: 5}, "sim: Uniform: Min is -1ns; allowed: 0s to 5ns"},
		{sim.Uniform{Min: 6, Max: 5}, "sim: Uniform: Min is 6ns; allowed: 0s to 5ns"},
		{sim.Uniform{Min: -2, Max: -1}, "sim: Uniform: Max is -1ns; allowed: 0s to 1000000h\nsim: Uniform: Min is -2ns; allowed: 0s to 0s"},
		{sim.Uniform{Max: 1_000_000*time.Hour + 1}, "sim: Uniform: Max is 1000000h0m0.000000001s; allowed: 0s to 1000000h"},
		{sim.Exponential{}, "sim: Exponential: Mean is 0s; allowed: 1ns to 1000h"},
		{sim.Exponential{Mean: -time.Second}, "sim: Exponential: Mean is -1s; allowed: 1ns to 1000h"},
		{sim.Exponential{Mean: 1001 * time.Hour}, "sim: Exponential: Mean is 1001h; allowed: 1ns to 1000h"},
		{sim.Erlang{Mean: time.Second}, "sim: Erlang: Shape is 0; allowed: 1 to 1000"},
		{sim.Erlang{Shape: 1001, Mean: time.Second}, "sim: Erlang: Shape is 1001; allowed: 1 to 1000"},
		{sim.Erlang{Shape: 1}, "sim: Erlang: Mean is 0s; allowed: 1ns to 1000h"},
		{sim.Erlang{Shape: 1, Mean: math.MaxInt64}, "sim: Erlang: Mean is 2562047h47m16.854775807s; allowed: 1ns to 1000h"},
		{sim.Pareto{AlphaMilli: 2000}, "sim: Pareto: Min is 0s; allowed: 1ns to 1000h"},
		{sim.Pareto{Min: math.MaxInt64, AlphaMilli: 2000}, "sim: Pareto: Min is 2562047h47m16.854775807s; allowed: 1ns to 1000h"},
		{sim.Pareto{Min: math.MinInt64, AlphaMilli: 2000}, "sim: Pareto: Min is -2562047h47m16.854775808s; allowed: 1ns to 1000h"},
		{sim.Pareto{Min: 1, AlphaMilli: 1000}, "sim: Pareto: AlphaMilli is 1000; allowed: 1001 to 100000"},
		{sim.Pareto{Min: 1, AlphaMilli: 100_001}, "sim: Pareto: AlphaMilli is 100001; allowed: 1001 to 100000"},
		{sim.Pareto{Min: 10, AlphaMilli: 2000, Max: 9}, "sim: Pareto: Max is 9ns; allowed: 0 for 1000 * Min, or Min to 1000000h"},
		{sim.Pareto{Min: 10, AlphaMilli: 2000, Max: -1}, "sim: Pareto: Max is -1ns; allowed: 0 for 1000 * Min, or Min to 1000000h"},
		{sim.Pareto{Min: 10, AlphaMilli: 2000, Max: 1_000_001 * time.Hour}, "sim: Pareto: Max is 1000001h; allowed: 0 for 1000 * Min, or Min to 1000000h"},
		{sim.LogNormal{SigmaMilli: 1}, "sim: LogNormal: Median is 0s; allowed: 1ns to 1000h"},
		{sim.LogNormal{Median: 1001 * time.Hour}, "sim: LogNormal: Median is 1001h; allowed: 1ns to 1000h"},
		{sim.LogNormal{Median: 1, SigmaMilli: 3001}, "sim: LogNormal: SigmaMilli is 3001; allowed: 0 to 3000"},
		{sim.Empirical{}, "sim: Empirical: 0 values; at least 1 is needed, see NewEmpirical"},
	} {
		if err := row.d.Validate(); err == nil || err.Error() != row.want {
			t.Errorf("%#v.Validate() = %v, want %q", row.d, err, row.want)
		}
		want := fmt.Sprintf("sim: draw from %#v, which is invalid: %s", row.d, row.want)
		r := sim.Stream(1, 2, 3)
		if diff := cmp.Diff(want, panicOf(func() { row.d.Draw(&r) })); diff != "" {
			t.Errorf("%#v.Draw panics otherwise (-want +got):\n%s", row.d, diff)
		}
		if diff := cmp.Diff(want, panicOf(func() { row.d.Expected() })); diff != "" {
			t.Errorf("%#v.Expected panics otherwise (-want +got):\n%s", row.d, diff)
		}
	}
}

func TestRightDistIsValid(t *testing.T) {
	for _, d := range append(everyDist(),
		sim.Exponential{Mean: 1},
		sim.Erlang{Shape: 1000, Mean: 1000 * time.Hour},
		sim.Pareto{Min: 1000 * time.Hour, AlphaMilli: 1001},
		sim.Pareto{Min: 1000 * time.Hour, AlphaMilli: 100_000, Max: 1000 * time.Hour},
		sim.LogNormal{Median: 1, SigmaMilli: 3000},
	) {
		if err := d.Validate(); err != nil {
			t.Errorf("%#v.Validate() = %v", d, err)
		}
	}
}

func TestTablesOfEqualValuesAreEqual(t *testing.T) {
	values := []time.Duration{3, 1 << 40, 0, 3}
	a, err := sim.NewEmpirical(values)
	if err != nil {
		t.Fatal(err)
	}
	values[0] = 7 // a keeps what it was given
	if b := sim.MustEmpirical(0, 3, 3, 1<<40); a != b {
		t.Errorf("%#v != %#v", a, b)
	}
	if b := sim.MustEmpirical(0, 3, 1<<40); a == b {
		t.Errorf("%#v == %#v", a, b)
	}
	var got []time.Duration
	for i := range a.Len() {
		got = append(got, a.Value(i))
	}
	if diff := cmp.Diff([]time.Duration{0, 3, 3, 1 << 40}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestTableMeanDoesNotOverflow(t *testing.T) {
	values := make([]time.Duration, 1000)
	for i := range values {
		values[i] = 1_000_000 * time.Hour
	}
	if got := sim.MustEmpirical(values...).Expected(); got != 1_000_000*time.Hour {
		t.Errorf("mean of equal values = %v, want 1000000h", got)
	}
	if got := sim.MustEmpirical(1, 2).Expected(); got != 2 {
		t.Errorf("mean of 1 and 2 = %d, want 1.5 rounded up", got)
	}
}

func TestWrongTableIsRefused(t *testing.T) {
	for _, row := range []struct {
		values []time.Duration
		want   string
	}{
		{nil, "sim: Empirical: 0 values; at least 1 is needed, see NewEmpirical"},
		{[]time.Duration{1, -1}, "sim: Empirical: value 1 is -1ns; allowed: 0s to 1000000h"},
		{[]time.Duration{math.MaxInt64}, "sim: Empirical: value 0 is 2562047h47m16.854775807s; allowed: 0s to 1000000h"},
	} {
		if got, err := sim.NewEmpirical(row.values); err == nil || err.Error() != row.want || got != (sim.Empirical{}) {
			t.Errorf("NewEmpirical(%v) = %#v, %v; want %q", row.values, got, err, row.want)
		}
		if diff := cmp.Diff(row.want, panicOf(func() { sim.MustEmpirical(row.values...) })); diff != "" {
			t.Errorf("MustEmpirical(%v) panics otherwise (-want +got):\n%s", row.values, diff)
		}
	}
	if got := fmt.Sprintf("%#v", sim.Empirical{}); got != "sim.Empirical{}" {
		t.Errorf("GoString of the zero value = %q", got)
	}
}

func TestGoStringIsTheSource(t *testing.T) {
	// The compiler has compiled everyDist; so if %#v prints what stands
	// there, it prints what compiles to an equal value.
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "dist_test.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name != "everyDist" {
			return false
		}
		list, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		for _, e := range list.Elts {
			var b bytes.Buffer
			if err := format.Node(&b, files, e); err != nil {
				t.Fatal(err)
			}
			sources = append(sources, b.String())
		}
		return false
	})
	var got []string
	for _, d := range everyDist() {
		got = append(got, fmt.Sprintf("%#v", d))
	}
	if diff := cmp.Diff(sources, got); diff != "" {
		t.Errorf("%%#v differs from the source (-source +printed):\n%s", diff)
	}
}

func TestGoDurationUsesTheLargestUnit(t *testing.T) {
	for _, row := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0"},
		{1, "1 * time.Nanosecond"},
		{1500, "1500 * time.Nanosecond"},
		{2000, "2 * time.Microsecond"},
		{10 * time.Millisecond, "10 * time.Millisecond"},
		{90 * time.Second, "90 * time.Second"},
		{60 * time.Second, "1 * time.Minute"},
		{90 * time.Minute, "90 * time.Minute"},
		{48 * time.Hour, "48 * time.Hour"},
		{-3 * time.Second, "-3 * time.Second"},
		{math.MaxInt64, "9223372036854775807 * time.Nanosecond"},
		{math.MinInt64, "-9223372036854775808 * time.Nanosecond"},
	} {
		if got := sim.GoDuration(row.d); got != row.want {
			t.Errorf("GoDuration(%d) = %q, want %q", row.d, got, row.want)
		}
		source, err := format.Source([]byte("package p\n\nvar d = " + row.want + "\n"))
		if err != nil || !strings.Contains(string(source), row.want) {
			t.Errorf("%q is not what gofmt would write: %s, %v", row.want, source, err)
		}
	}
}
