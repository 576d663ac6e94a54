package sim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"wspsim/sim"
)

func TestChanceIsExact(t *testing.T) {
	const draws = 400_000
	for _, row := range []struct {
		why string
		p   sim.Ratio
	}{
		{"even", sim.Ratio{Num: 1, Den: 2}},
		{"no binary fraction", sim.Ratio{Num: 1, Den: 3}},
		{"not in lowest terms", sim.Ratio{Num: 20, Den: 60}},
		{"rare", sim.Ratio{Num: 1, Den: 1000}},
		{"nearly always", sim.Ratio{Num: 999, Den: 1000}},
		{"the largest denominator", sim.Ratio{Num: math.MaxUint32 / 3, Den: math.MaxUint32}},
	} {
		r := sim.Stream(1, 2, 3)
		hits := 0
		for range draws {
			if r.Chance(row.p) {
				hits++
			}
		}
		p := float64(row.p.Num) / float64(row.p.Den)
		if off := math.Abs(float64(hits)-draws*p) / math.Sqrt(draws*p*(1-p)); off > 4 {
			t.Errorf("Chance(%v): %d of %d, %.1f standard errors off: %s", row.p, hits, draws, off, row.why)
		}
	}
}

func TestChanceIsANumberBelowTheDenominator(t *testing.T) {
	// Uint64N is exact, so this makes Chance exact.
	a := sim.Stream(1, 2, 3)
	b := a
	for i := range 100_000 {
		p := sim.Ratio{Num: uint32(i % 97), Den: 96}
		if got, want := a.Chance(p), b.Uint64N(96) < uint64(p.Num); got != want {
			t.Fatalf("Chance(%v) = %t, want %t", p, got, want)
		}
	}
}

func TestNeverAndAlwaysAreCertain(t *testing.T) {
	for _, row := range []struct {
		why  string
		p    sim.Ratio
		want bool
	}{
		{"the zero value is 0", sim.Ratio{}, false},
		{"0 of 1", sim.Ratio{Num: 0, Den: 1}, false},
		{"0 of many", sim.Ratio{Num: 0, Den: math.MaxUint32}, false},
		{"1 of 1", sim.Ratio{Num: 1, Den: 1}, true},
		{"all of many", sim.Ratio{Num: math.MaxUint32, Den: math.MaxUint32}, true},
		{"above 1, invalid", sim.Ratio{Num: 3, Den: 2}, true},
		{"a denominator of 0, invalid", sim.Ratio{Num: 1, Den: 0}, true},
	} {
		r := sim.Stream(1, 2, 3)
		for range 10_000 {
			if got := r.Chance(row.p); got != row.want {
				t.Fatalf("Chance(%v) = %t: %s", row.p, got, row.why)
			}
		}
	}
}

func TestChanceTakesAWordEvenWhenCertain(t *testing.T) {
	for _, p := range []sim.Ratio{{}, {Num: 0, Den: 7}, {Num: 1, Den: 3}, {Num: 1, Den: 1}} {
		r, want := sim.Stream(1, 2, 3), sim.Stream(1, 2, 3)
		r.Chance(p)
		want.Uint64()
		if r != want {
			t.Errorf("after Chance(%v) the stream is not one word further", p)
		}
	}
}

func TestRatioIsReadExactly(t *testing.T) {
	for _, row := range []struct {
		s, why string
		want   sim.Ratio
	}{
		{"1/100", "fraction", sim.Ratio{Num: 1, Den: 100}},
		{"50/100", "lowest terms", sim.Ratio{Num: 1, Den: 2}},
		{"0.01", "decimal", sim.Ratio{Num: 1, Den: 100}},
		{"0.010", "trailing zero", sim.Ratio{Num: 1, Den: 100}},
		{"1%", "percent", sim.Ratio{Num: 1, Den: 100}},
		{"0.5%", "decimal percent", sim.Ratio{Num: 1, Den: 200}},
		{"12.5%", "decimal percent", sim.Ratio{Num: 1, Den: 8}},
		{"100%", "all", sim.Ratio{Num: 1, Den: 1}},
		{"1", "all", sim.Ratio{Num: 1, Den: 1}},
		{"1.000", "all", sim.Ratio{Num: 1, Den: 1}},
		{"7/7", "all", sim.Ratio{Num: 1, Den: 1}},
		{"0", "none is the zero value", sim.Ratio{}},
		{"0.0", "none", sim.Ratio{}},
		{"0%", "none", sim.Ratio{}},
		{"0/5", "none", sim.Ratio{}},
		{"0.1", "no binary fraction", sim.Ratio{Num: 1, Den: 10}},
		{"0.000000001", "nine decimals", sim.Ratio{Num: 1, Den: 1_000_000_000}},
		{"0.999999999", "nine decimals", sim.Ratio{Num: 999_999_999, Den: 1_000_000_000}},
		{"0.0000001%", "seven decimals of percent", sim.Ratio{Num: 1, Den: 1_000_000_000}},
		{"4294967294/4294967295", "the largest numbers", sim.Ratio{Num: 4294967294, Den: 4294967295}},
	} {
		got, err := sim.ParseRatio(row.s)
		if err != nil || got != row.want {
			t.Errorf("ParseRatio(%q) = %v, %v; want %v: %s", row.s, got, err, row.want, row.why)
		}
	}
}

func TestWrongRatioSaysWhatWouldBeRight(t *testing.T) {
	const form = "not a probability; write one as 1/100, 0.01 or 1%"
	for _, row := range []struct{ s, want string }{
		{"", form}, {" ", form}, {"abc", form}, {"NaN", form}, {"Inf", form}, {"1e-3", form}, {"0x1", form},
		{"+0.5", form}, {" 0.5", form}, {"0,5", form}, {"1_0/20", form}, {".5", form}, {"1.", form}, {"1..0", form},
		{"%", form}, {"1%%", form}, {"1/3%", form}, {"/2", form}, {"1/", form}, {"1/2/3", form}, {"1/-2", form}, {"0.5/1", form},
		{"0.-5", form}, {"½", form},
		{"-0.1", "below 0"}, {"-1/2", "below 0"}, {"-5%", "below 0"},
		{"1.1", "above 1"}, {"2", "above 1"}, {"3/2", "above 1"}, {"101%", "above 1"}, {"100.0000001%", "above 1"},
		{"1/0", "the denominator is 0; write 0 for never"}, {"0/0", "the denominator is 0; write 0 for never"},
		{"0.0000000001", "10 decimals; at most 9 are exact"}, {"0.00000001%", "8 decimals; at most 7 are exact"},
		{"1/4294967296", "4294967296 is too large; the largest exact number is 4294967295"},
		{"99999999999999999999", "is too large"},
	} {
		got, err := sim.ParseRatio(row.s)
		if err == nil || got != (sim.Ratio{}) {
			t.Errorf("ParseRatio(%q) = %v, %v; want an error", row.s, got, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), fmt.Sprintf("sim: ratio %q: ", row.s)) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("ParseRatio(%q): error %q; want the input and %q", row.s, err, row.want)
		}
	}
}

func TestRatioPrintsWhatParseReads(t *testing.T) {
	for _, row := range []struct {
		p         sim.Ratio
		text, go_ string
	}{
		{sim.Ratio{}, "0", "sim.Ratio{}"},
		{sim.Ratio{Num: 0, Den: 5}, "0/5", "sim.Ratio{Num: 0, Den: 5}"},
		{sim.Ratio{Num: 1, Den: 100}, "1/100", "sim.Ratio{Num: 1, Den: 100}"},
		{sim.Ratio{Num: 2, Den: 4}, "2/4", "sim.Ratio{Num: 2, Den: 4}"},
		{sim.Ratio{Num: math.MaxUint32, Den: math.MaxUint32}, "4294967295/4294967295", "sim.Ratio{Num: 4294967295, Den: 4294967295}"},
	} {
		if got := row.p.String(); got != row.text {
			t.Errorf("%#v.String() = %q, want %q", row.p, got, row.text)
		}
		if got := fmt.Sprintf("%#v", row.p); got != row.go_ {
			t.Errorf("%%#v of %v = %q, want %q", row.p, got, row.go_)
		}
		back, err := sim.ParseRatio(row.text)
		if err != nil || uint64(back.Num)*uint64(row.p.Den) != uint64(row.p.Num)*uint64(back.Den) {
			t.Errorf("ParseRatio(%q) = %v, %v; want a number equal to it", row.text, back, err)
		}
	}
}

func TestRatioAboveOneIsInvalid(t *testing.T) {
	for _, row := range []struct {
		p    sim.Ratio
		want string
	}{
		{sim.Ratio{}, ""},
		{sim.Ratio{Num: 0, Den: 1}, ""},
		{sim.Ratio{Num: 1, Den: 1}, ""},
		{sim.Ratio{Num: 3, Den: 2}, "sim: ratio 3/2 is above 1; a probability is between 0 and 1"},
		{sim.Ratio{Num: 1, Den: 0}, "sim: ratio 1/0: the denominator is 0; only the zero value, 0/0, may have denominator 0"},
	} {
		got := ""
		if err := row.p.Validate(); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%#v.Validate() = %q, want %q", row.p, got, row.want)
		}
	}
}
