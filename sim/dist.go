package sim

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Dist is a distribution of durations. Those of this package are plain
// values that can be compared with ==, and print themselves as Go source with
// %#v. Each duration is made from words of a stream by whole-number
// arithmetic, so that it is the same on every platform.
//
// Exponential, Pareto and LogNormal take exactly one word of the stream for
// each draw, Erlang takes Shape words, Fixed none; Uniform and Empirical take
// one and, so rarely that it will not be seen, another. The larger the word,
// the longer the duration. So two runs that differ in a distribution's
// parameters alone draw durations that rise and fall together.
//
// A Dist is checked with Validate, once, where it enters a program. Draw and
// Expected panic if it is invalid.
type Dist interface {
	// Draw draws a duration from 0 to 1,000,000 hours (114 years).
	Draw(r *Rand) time.Duration
	// Expected returns the mean of what Draw returns, rounded to nanoseconds.
	Expected() time.Duration
	// Validate returns an error that says what is wrong and what is allowed.
	Validate() error
}

const (
	// longestDraw keeps a run from the end of virtual time: two of these fit.
	longestDraw = 1_000_000 * time.Hour
	// longestScale bounds the parameters of which a draw can be a large
	// multiple.
	longestScale = 1000 * time.Hour

	longestShape = 1000
	lowestAlpha  = 1001
	highestAlpha = 100_000
	widestSigma  = 3000
)

// Fixed is always the same duration: 0 to 1,000,000 hours.
type Fixed time.Duration

// Draw returns f.
func (f Fixed) Draw(*Rand) time.Duration {
	if uint64(f) > uint64(longestDraw) {
		invalid(f)
	}
	return time.Duration(f)
}

// Expected returns f.
func (f Fixed) Expected() time.Duration { return f.Draw(nil) }

// Validate returns an error if f is out of its range.
func (f Fixed) Validate() error {
	return checkRange("Fixed", "the duration", time.Duration(f), 0, longestDraw)
}

// GoString returns f as Go source.
func (f Fixed) GoString() string { return "sim.Fixed(" + GoDuration(time.Duration(f)) + ")" }

// Uniform is any whole number of nanoseconds from Min to Max, both included,
// each with exactly the same probability.
type Uniform struct {
	Min time.Duration // 0 to Max
	Max time.Duration // at most 1,000,000 hours
}

// Draw draws a duration.
func (u Uniform) Draw(r *Rand) time.Duration {
	if u.Min < 0 || u.Max < u.Min || u.Max > longestDraw {
		invalid(u)
	}
	return u.Min + time.Duration(r.Uint64N(uint64(u.Max-u.Min)+1))
}

// Expected returns the middle of Min and Max.
func (u Uniform) Expected() time.Duration {
	mustBeValid(u)
	return u.Min + (u.Max-u.Min+1)/2
}

// Validate returns an error if Min or Max is out of its range.
func (u Uniform) Validate() error {
	return errors.Join(
		checkRange("Uniform", "Max", u.Max, 0, longestDraw),
		checkRange("Uniform", "Min", u.Min, 0, max(0, u.Max)),
	)
}

// GoString returns u as Go source.
func (u Uniform) GoString() string {
	return "sim.Uniform{Min: " + GoDuration(u.Min) + ", Max: " + GoDuration(u.Max) + "}"
}

// Exponential is the time to the next event where events come independently
// of each other, one per Mean.
//
// A draw is -Mean * ln(U), within 1 ns, where U is one of the 2^63 odd
// multiples of 2^-64 below 1: at most 44.4 times Mean.
type Exponential struct {
	Mean time.Duration // 1 ns to 1000 hours
}

// Draw draws a duration.
func (e Exponential) Draw(r *Rand) time.Duration {
	if e.Mean <= 0 || e.Mean > longestScale {
		invalid(e)
	}
	return timesLn2(e.Mean, negLog2(^r.Uint64()|1))
}

// timesLn2 returns d * ln(2) * n, rounded to nearest, for n in Q57.
func timesLn2(d time.Duration, n uint64) time.Duration {
	high, low := bits.Mul64(uint64(d), mulHigh(n, ln2))
	return time.Duration(roundShift(high, low, logPoint))
}

// Expected returns Mean.
func (e Exponential) Expected() time.Duration {
	mustBeValid(e)
	return e.Mean
}

// Validate returns an error if Mean is out of its range.
func (e Exponential) Validate() error {
	return checkRange("Exponential", "Mean", e.Mean, 1, longestScale)
}

// GoString returns e as Go source.
func (e Exponential) GoString() string {
	return "sim.Exponential{Mean: " + GoDuration(e.Mean) + "}"
}

// Erlang is the sum of Shape exponential times: work that is done in stages.
// The larger Shape, the more regular; Shape 1 is Exponential.
//
// A draw is the sum of Shape numbers -ln(U) as of Exponential, times
// Mean/Shape, within 1 ns.
type Erlang struct {
	Shape uint32        // 1 to 1000; a draw takes time in proportion
	Mean  time.Duration // of the sum, 1 ns to 1000 hours
}

// Draw draws a duration.
func (e Erlang) Draw(r *Rand) time.Duration {
	if e.Mean <= 0 || e.Mean > longestScale || e.Shape-1 >= longestShape {
		invalid(e)
	}
	var high, low, carry uint64
	for range e.Shape {
		low, carry = bits.Add64(low, negLog2(^r.Uint64()|1), 0)
		high += carry
	}
	mean, _ := bits.Div64(high, low, uint64(e.Shape))
	return timesLn2(e.Mean, mean)
}

// Expected returns Mean.
func (e Erlang) Expected() time.Duration {
	mustBeValid(e)
	return e.Mean
}

// Validate returns an error if Shape or Mean is out of its range.
func (e Erlang) Validate() error {
	return errors.Join(
		checkNumber("Erlang", "Shape", e.Shape, 1, longestShape),
		checkRange("Erlang", "Mean", e.Mean, 1, longestScale),
	)
}

// GoString returns e as Go source.
func (e Erlang) GoString() string {
	return fmt.Sprintf("sim.Erlang{Shape: %d, Mean: %s}", e.Shape, GoDuration(e.Mean))
}

// Pareto is mostly short and now and then very long, as sizes of files and
// times of sessions are: a duration exceeds x with probability
// (Min/x)^(AlphaMilli/1000), for x from Min to Max. Durations that would
// exceed Max are Max.
//
// A draw is Min * U^(-1000/AlphaMilli), within 1 ns and one part in 10^15,
// with U as of Exponential.
type Pareto struct {
	Min        time.Duration // the shortest, 1 ns to 1000 hours
	AlphaMilli uint32        // thousandths, 1001 to 100000; small is heavy-tailed
	Max        time.Duration // the longest, Min to 1,000,000 hours; 0 means 1000 * Min
}

// Draw draws a duration.
func (p Pareto) Draw(r *Rand) time.Duration {
	longest := p.longest()
	if p.Min <= 0 || p.Min > longestScale || longest < p.Min || longest > longestDraw ||
		p.AlphaMilli-lowestAlpha > highestAlpha-lowestAlpha {
		invalid(p)
	}
	high, low := bits.Mul64(negLog2(^r.Uint64()|1), 1000)
	y, _ := bits.Div64(high, low, uint64(p.AlphaMilli))
	return min(longest, time.Duration(timesPow2(uint64(p.Min), int64(y))))
}

// longest returns Max, or what stands for it.
func (p Pareto) longest() time.Duration {
	if p.Max == 0 && p.Min <= longestScale {
		return 1000 * p.Min
	}
	return p.Max
}

// Expected returns the mean with those above Max counted as Max, within 1 ns and
// one part in 10^12.
func (p Pareto) Expected() time.Duration {
	mustBeValid(p)
	// Min + Min/a * (1 - (Min/Max)^a), where a is alpha-1.
	a := uint64(p.AlphaMilli - 1000)
	octaves := negLog2(uint64(p.Min)) - negLog2(uint64(p.longest())) // log2(Max/Min)
	share := uint64(one62)                                           // 1 - (Min/Max)^a
	if high, low := bits.Mul64(octaves, a); high < 500 {
		y, _ := bits.Div64(high, low, 1000)
		share -= timesPow2(one62, -int64(y))
	}
	high, low := bits.Mul64(uint64(p.Min)*1000, share)
	return p.Min + time.Duration((roundShift(high, low, 62)+a/2)/a)
}

// Validate returns an error if Min, AlphaMilli or Max is out of its range.
func (p Pareto) Validate() error {
	err := errors.Join(
		checkRange("Pareto", "Min", p.Min, 1, longestScale),
		checkNumber("Pareto", "AlphaMilli", p.AlphaMilli, lowestAlpha, highestAlpha),
	)
	if p.Max != 0 && (p.Max < p.Min || p.Max > longestDraw) {
		err = errors.Join(err, fmt.Errorf("sim: Pareto: Max is %s; allowed: 0 for 1000 * Min, or Min to %s",
			plain(p.Max), plain(longestDraw)))
	}
	return err
}

// GoString returns p as Go source.
func (p Pareto) GoString() string {
	longest := ""
	if p.Max != 0 {
		longest = ", Max: " + GoDuration(p.Max)
	}
	return fmt.Sprintf("sim.Pareto{Min: %s, AlphaMilli: %d%s}", GoDuration(p.Min), p.AlphaMilli, longest)
}

// LogNormal is a duration whose logarithm is normally distributed, as many
// delays' are: half are shorter than Median, and two in three lie between
// Median / e^s and Median * e^s, where s is SigmaMilli/1000. Durations that
// would exceed 1,000,000 hours are that.
//
// A draw is Median * e^(s*Z), within 1 ns and one part in 10^10, where Z is
// normally distributed and between -9.16 and 9.16, exact to 2^-36.
type LogNormal struct {
	Median     time.Duration // 1 ns to 1000 hours
	SigmaMilli uint32        // thousandths, 0 to 3000
}

// Draw draws a duration.
func (l LogNormal) Draw(r *Rand) time.Duration {
	if l.Median <= 0 || l.Median > longestScale || l.SigmaMilli > widestSigma {
		invalid(l)
	}
	const log2eMilli = 0xbd18d009959989f8 // log2(e)/1000 in Q73
	// The lower half of the words lies below the median. The upper half is
	// mirrored to it, without a branch, which would be foretold wrongly every
	// other time.
	u := r.Uint64()
	upper := int64(u) >> 63 // -1 or 0
	u ^= uint64(upper)
	high, low := bits.Mul64(mulHigh(normal(negLog2(u<<1|1)), log2eMilli), uint64(l.SigmaMilli))
	y := int64(high<<52 | low>>12) // from Q60+73-64 to Q57
	y = (y ^ ^upper) - ^upper      // -y for the lower half
	return min(longestDraw, time.Duration(timesPow2(uint64(l.Median), y)))
}

// Expected returns the mean with those above 1,000,000 hours counted as that,
// within 1 ns and one part in 10^9.
func (l LogNormal) Expected() time.Duration {
	mustBeValid(l)
	const log2eSquare = 0xc1a29fc8474528ed // log2(e) / (2 * 1000^2) in Q84
	s := uint64(l.SigmaMilli)
	high, low := bits.Mul64(s*s, log2eSquare)
	whole := timesPow2(uint64(l.Median), int64(high<<37|low>>27)) // Median * e^(s^2/2)

	// Where the cut is, in standard deviations: ln(longest/Median) / s.
	const ln2Milli = 0x56a4b5b401724e69 // 2^3 * 1000 * ln(2) in Q50
	octaves := negLog2(uint64(l.Median)) - negLog2(uint64(longestDraw))
	high, low = bits.Mul64(octaves, ln2Milli)
	if high >= s<<50 {
		return time.Duration(whole) // beyond 16: cuts nothing
	}
	cut, _ := bits.Div64(high, low, s<<50)    // Q60
	sigma, _ := bits.Div64(s>>4, s<<60, 1000) // Q60

	// whole * P(Z < cut-sigma) + longest * P(Z > cut)
	below := normalTail(max(cut, sigma) - min(cut, sigma))
	if cut > sigma {
		below = one62 - below
	}
	high, low = bits.Mul64(whole, below)
	mean := roundShift(high, low, 62)
	high, low = bits.Mul64(uint64(longestDraw), normalTail(cut))
	return time.Duration(mean + roundShift(high, low, 62))
}

// Validate returns an error if Median or SigmaMilli is out of its range.
func (l LogNormal) Validate() error {
	return errors.Join(
		checkRange("LogNormal", "Median", l.Median, 1, longestScale),
		checkNumber("LogNormal", "SigmaMilli", l.SigmaMilli, 0, widestSigma),
	)
}

// GoString returns l as Go source.
func (l LogNormal) GoString() string {
	return fmt.Sprintf("sim.LogNormal{Median: %s, SigmaMilli: %d}", GoDuration(l.Median), l.SigmaMilli)
}

// Empirical is one of a table of durations, taken as they are, each with
// exactly the same probability: repeat one to make it likelier. The zero value
// is invalid; make one with NewEmpirical or MustEmpirical. Two made of the
// same durations are equal, in whatever order they were given.
type Empirical struct {
	// The durations in ascending order, eight bytes each, lowest first. A
	// string because it cannot change, and can be compared.
	table string
}

// NewEmpirical returns the distribution of one or more values between 0 and
// 1,000,000 hours.
func NewEmpirical(values []time.Duration) (Empirical, error) {
	if len(values) == 0 {
		return Empirical{}, Empirical{}.Validate()
	}
	for i, v := range values {
		if err := checkRange("Empirical", "value "+strconv.Itoa(i), v, 0, longestDraw); err != nil {
			return Empirical{}, err
		}
	}
	table := make([]byte, 0, 8*len(values))
	for _, v := range slices.Sorted(slices.Values(values)) {
		for shift := 0; shift < 64; shift += 8 {
			table = append(table, byte(v>>shift))
		}
	}
	return Empirical{string(table)}, nil
}

// MustEmpirical is NewEmpirical for values known to be right; it panics if
// they are not.
func MustEmpirical(values ...time.Duration) Empirical {
	e, err := NewEmpirical(values)
	if err != nil {
		panic(err.Error())
	}
	return e
}

// Len returns the number of values.
func (e Empirical) Len() int { return len(e.table) / 8 }

// Value returns the value at i, counted from 0 in ascending order.
func (e Empirical) Value(i int) time.Duration { return time.Duration(word(e.table, uint64(i))) }

// Draw draws one of the values.
func (e Empirical) Draw(r *Rand) time.Duration {
	if e.table == "" {
		invalid(e)
	}
	return e.Value(int(r.Uint64N(uint64(e.Len()))))
}

// Expected returns the mean of the values.
func (e Empirical) Expected() time.Duration {
	mustBeValid(e)
	var high, carry uint64
	n := uint64(e.Len())
	low := n / 2 // rounds the quotient to nearest
	for i := range e.Len() {
		low, carry = bits.Add64(low, uint64(e.Value(i)), 0)
		high += carry
	}
	mean, _ := bits.Div64(high, low, n)
	return time.Duration(mean)
}

// Validate returns an error if e has no values.
func (e Empirical) Validate() error {
	if e.table == "" {
		return errors.New("sim: Empirical: 0 values; at least 1 is needed, see NewEmpirical")
	}
	return nil
}

// GoString returns e as Go source, with the values in ascending order.
func (e Empirical) GoString() string {
	if e.table == "" {
		return "sim.Empirical{}"
	}
	values := make([]string, e.Len())
	for i := range values {
		values[i] = GoDuration(e.Value(i))
		if len(values) > 1 {
			values[i] = strings.ReplaceAll(values[i], " ", "") // as gofmt has it
		}
	}
	return "sim.MustEmpirical(" + strings.Join(values, ", ") + ")"
}

// GoDuration returns d as Go source in the largest unit that divides it, as in
// "10 * time.Millisecond", and "0" for zero.
func GoDuration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	unit, name := time.Nanosecond, "time.Nanosecond"
	switch {
	case d%time.Hour == 0:
		unit, name = time.Hour, "time.Hour"
	case d%time.Minute == 0:
		unit, name = time.Minute, "time.Minute"
	case d%time.Second == 0:
		unit, name = time.Second, "time.Second"
	case d%time.Millisecond == 0:
		unit, name = time.Millisecond, "time.Millisecond"
	case d%time.Microsecond == 0:
		unit, name = time.Microsecond, "time.Microsecond"
	}
	return strconv.FormatInt(int64(d/unit), 10) + " * " + name
}

// checkRange returns an error if a duration is out of its range.
func checkRange(kind, field string, got, low, high time.Duration) error {
	if low <= got && got <= high {
		return nil
	}
	return fmt.Errorf("sim: %s: %s is %s; allowed: %s to %s", kind, field, plain(got), plain(low), plain(high))
}

// plain returns d as d.String does, without the zero minutes of whole hours.
func plain(d time.Duration) string { return strings.Replace(d.String(), "h0m0s", "h", 1) }

// checkNumber returns an error if a number is out of its range.
func checkNumber(kind, field string, got, low, high uint32) error {
	if low <= got && got <= high {
		return nil
	}
	return fmt.Errorf("sim: %s: %s is %d; allowed: %d to %d", kind, field, got, low, high)
}

// mustBeValid panics if d is invalid.
func mustBeValid(d Dist) {
	if d.Validate() != nil {
		invalid(d)
	}
}

// invalid panics with what is wrong with d. Only a program that did not
// validate what it was given comes here.
func invalid(d Dist) {
	panic(fmt.Sprintf("sim: draw from %#v, which is invalid: %v", d, d.Validate()))
}
