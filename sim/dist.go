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

// A Dist is a distribution of durations. The distributions of this package are plain
// values. They can be compared with ==, and %#v prints them as Go source. A draw uses
// whole-number arithmetic on words of a stream, so it is the same on every platform.
//
// Exponential, Pareto and LogNormal take exactly one word of the stream for each
// draw, Erlang takes Shape words, and Fixed takes none. Uniform and Empirical take
// one word, and very rarely more. A larger word gives a longer duration. So two runs
// that differ only in the parameters of a distribution draw durations that rise and
// fall together.
//
// Call Validate once for a Dist that comes from outside. Draw and Expected panic if
// the Dist is invalid.
type Dist interface {
	// Draw draws a duration from 0 to 1,000,000 hours (114 years).
	Draw(r *Rand) time.Duration
	// Expected returns the mean of what Draw returns, rounded to nanoseconds.
	Expected() time.Duration
	// Validate returns an error that says what is wrong and what is allowed.
	Validate() error
}

const (
	// maxDraw keeps a run from the end of virtual time, which holds two such draws.
	maxDraw = 1_000_000 * time.Hour
	// maxScale limits the parameters of which a draw can be a large multiple.
	maxScale = 1000 * time.Hour

	maxShape = 1000
	minAlpha = 1001
	maxAlpha = 100_000
	maxSigma = 3000
)

// Fixed is a distribution with one duration only: 0 to 1,000,000 hours.
type Fixed time.Duration

// Draw returns f.
func (f Fixed) Draw(*Rand) time.Duration {
	if uint64(f) > uint64(maxDraw) {
		panicInvalid(f)
	}
	return time.Duration(f)
}

// Expected returns f.
func (f Fixed) Expected() time.Duration { return f.Draw(nil) }

// Validate returns an error if f is out of its range.
func (f Fixed) Validate() error {
	return checkRange("Fixed", "the duration", time.Duration(f), 0, maxDraw)
}

// GoString returns f as Go source.
func (f Fixed) GoString() string { return "sim.Fixed(" + GoDuration(time.Duration(f)) + ")" }

// Uniform is a whole number of nanoseconds from Min to Max, both included. Each number
// has exactly the same probability.
type Uniform struct {
	Min time.Duration // 0 to Max
	Max time.Duration // at most 1,000,000 hours
}

// Draw draws a duration.
func (u Uniform) Draw(r *Rand) time.Duration {
	if u.Min < 0 || u.Max < u.Min || u.Max > maxDraw {
		panicInvalid(u)
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
		checkRange("Uniform", "Max", u.Max, 0, maxDraw),
		checkRange("Uniform", "Min", u.Min, 0, max(0, u.Max)),
	)
}

// GoString returns u as Go source.
func (u Uniform) GoString() string {
	return "sim.Uniform{Min: " + GoDuration(u.Min) + ", Max: " + GoDuration(u.Max) + "}"
}

// Exponential is the time to the next event if events are independent of each other
// and come once per Mean on average.
//
// A draw is -Mean * ln(U), within 1 ns, where U is one of the 2^63 odd multiples of
// 2^-64 below 1. It is at most 44.4 times Mean.
type Exponential struct {
	Mean time.Duration // 1 ns to 1000 hours
}

// Draw draws a duration.
func (e Exponential) Draw(r *Rand) time.Duration {
	if e.Mean <= 0 || e.Mean > maxScale {
		panicInvalid(e)
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
	return checkRange("Exponential", "Mean", e.Mean, 1, maxScale)
}

// GoString returns e as Go source.
func (e Exponential) GoString() string {
	return "sim.Exponential{Mean: " + GoDuration(e.Mean) + "}"
}

// Erlang is the sum of Shape exponential times: work that is done in stages. A larger
// Shape gives more regular durations; Shape 1 is Exponential.
//
// A draw is the sum of Shape numbers -ln(U), times Mean/Shape, within 1 ns. U is as in
// Exponential.
type Erlang struct {
	Shape uint32        // 1 to 1000; the cost of a draw is in proportion
	Mean  time.Duration // of the sum, 1 ns to 1000 hours
}

// Draw draws a duration.
func (e Erlang) Draw(r *Rand) time.Duration {
	if e.Mean <= 0 || e.Mean > maxScale || e.Shape-1 >= maxShape {
		panicInvalid(e)
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
		checkNumber("Erlang", "Shape", e.Shape, 1, maxShape),
		checkRange("Erlang", "Mean", e.Mean, 1, maxScale),
	)
}

// GoString returns e as Go source.
func (e Erlang) GoString() string {
	return fmt.Sprintf("sim.Erlang{Shape: %d, Mean: %s}", e.Shape, GoDuration(e.Mean))
}

// Pareto is mostly short and sometimes very long, like file sizes and session times.
// A duration exceeds x with probability (Min/x)^(AlphaMilli/1000), for x from Min to
// Max. A duration that would exceed Max is Max.
//
// A draw is Min * U^(-1000/AlphaMilli), within 1 ns and one part in 10^15. U is as in
// Exponential.
type Pareto struct {
	Min        time.Duration // the shortest, 1 ns to 1000 hours
	AlphaMilli uint32        // thousandths, 1001 to 100000; a small value has a heavy tail
	Max        time.Duration // the longest, Min to 1,000,000 hours; 0 means 1000 * Min
}

// Draw draws a duration.
func (p Pareto) Draw(r *Rand) time.Duration {
	longest := p.longest()
	if p.Min <= 0 || p.Min > maxScale || longest < p.Min || longest > maxDraw ||
		p.AlphaMilli-minAlpha > maxAlpha-minAlpha {
		panicInvalid(p)
	}
	high, low := bits.Mul64(negLog2(^r.Uint64()|1), 1000)
	y, _ := bits.Div64(high, low, uint64(p.AlphaMilli))
	return min(longest, time.Duration(timesPow2(uint64(p.Min), int64(y))))
}

// longest returns Max, or its default if Max is 0.
func (p Pareto) longest() time.Duration {
	if p.Max == 0 && p.Min <= maxScale {
		return 1000 * p.Min
	}
	return p.Max
}

// Expected returns the mean, within 1 ns and one part in 10^12. Durations above Max
// count as Max.
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
		checkRange("Pareto", "Min", p.Min, 1, maxScale),
		checkNumber("Pareto", "AlphaMilli", p.AlphaMilli, minAlpha, maxAlpha),
	)
	if p.Max != 0 && (p.Max < p.Min || p.Max > maxDraw) {
		err = errors.Join(err, fmt.Errorf("sim: Pareto: Max is %s; allowed: 0 for 1000 * Min, or Min to %s",
			shortText(p.Max), shortText(maxDraw)))
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

// LogNormal is a duration whose logarithm is normally distributed, like many delays.
// Half of the durations are shorter than Median. Two in three lie between Median / e^s
// and Median * e^s, where s is SigmaMilli/1000. A duration that would exceed 1,000,000
// hours is 1,000,000 hours.
//
// A draw is Median * e^(s*Z), within 1 ns and one part in 10^10. Z is normally
// distributed and between -9.16 and 9.16, exact to 2^-36.
type LogNormal struct {
	Median     time.Duration // 1 ns to 1000 hours
	SigmaMilli uint32        // thousandths, 0 to 3000
}

// Draw draws a duration.
func (l LogNormal) Draw(r *Rand) time.Duration {
	if l.Median <= 0 || l.Median > maxScale || l.SigmaMilli > maxSigma {
		panicInvalid(l)
	}
	const log2eMilli = 0xbd18d009959989f8 // log2(e)/1000 in Q73
	// The lower half of the words lies below the median. The upper half mirrors it.
	// There is no branch, because the processor would mispredict every second one.
	u := r.Uint64()
	upper := int64(u) >> 63 // -1 or 0
	u ^= uint64(upper)
	high, low := bits.Mul64(mulHigh(normal(negLog2(u<<1|1)), log2eMilli), uint64(l.SigmaMilli))
	y := int64(high<<52 | low>>12) // from Q60+73-64 to Q57
	y = (y ^ ^upper) - ^upper      // -y for the lower half
	return min(maxDraw, time.Duration(timesPow2(uint64(l.Median), y)))
}

// Expected returns the mean, within 1 ns and one part in 10^9. Durations above
// 1,000,000 hours count as 1,000,000 hours.
func (l LogNormal) Expected() time.Duration {
	mustBeValid(l)
	const log2eSquare = 0xc1a29fc8474528ed // log2(e) / (2 * 1000^2) in Q84
	s := uint64(l.SigmaMilli)
	high, low := bits.Mul64(s*s, log2eSquare)
	whole := timesPow2(uint64(l.Median), int64(high<<37|low>>27)) // Median * e^(s^2/2)

	// The position of the limit in standard deviations: ln(longest/Median) / s.
	const ln2Milli = 0x56a4b5b401724e69 // 2^3 * 1000 * ln(2) in Q50
	octaves := negLog2(uint64(l.Median)) - negLog2(uint64(maxDraw))
	high, low = bits.Mul64(octaves, ln2Milli)
	if high >= s<<50 {
		return time.Duration(whole) // beyond 16: the limit has no effect
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
	high, low = bits.Mul64(uint64(maxDraw), normalTail(cut))
	return time.Duration(mean + roundShift(high, low, 62))
}

// Validate returns an error if Median or SigmaMilli is out of its range.
func (l LogNormal) Validate() error {
	return errors.Join(
		checkRange("LogNormal", "Median", l.Median, 1, maxScale),
		checkNumber("LogNormal", "SigmaMilli", l.SigmaMilli, 0, maxSigma),
	)
}

// GoString returns l as Go source.
func (l LogNormal) GoString() string {
	return fmt.Sprintf("sim.LogNormal{Median: %s, SigmaMilli: %d}", GoDuration(l.Median), l.SigmaMilli)
}

// Empirical is one of a table of durations. Each entry of the table has exactly the
// same probability, so repeat a duration to make it more likely. The zero value is
// invalid: use NewEmpirical or MustEmpirical. Two values with the same durations are
// equal; the order of the durations does not matter.
type Empirical struct {
	// The durations in ascending order, eight bytes each, low byte first. It is a
	// string because a string cannot change and can be compared.
	table string
}

// NewEmpirical returns the distribution of one or more values between 0 and 1,000,000
// hours. The error names the value that is out of range, or says that there is none.
func NewEmpirical(values []time.Duration) (Empirical, error) {
	if len(values) == 0 {
		return Empirical{}, Empirical{}.Validate()
	}
	for i, v := range values {
		if err := checkRange("Empirical", "value "+strconv.Itoa(i), v, 0, maxDraw); err != nil {
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

// MustEmpirical is NewEmpirical for valid values. It panics if a value is invalid.
func MustEmpirical(values ...time.Duration) Empirical {
	e, err := NewEmpirical(values)
	if err != nil {
		panic(err.Error())
	}
	return e
}

// Len returns the number of values.
func (e Empirical) Len() int { return len(e.table) / 8 }

// Value returns value number i in ascending order. The first i is 0.
func (e Empirical) Value(i int) time.Duration { return time.Duration(word(e.table, uint64(i))) }

// Draw draws one of the values.
func (e Empirical) Draw(r *Rand) time.Duration {
	if e.table == "" {
		panicInvalid(e)
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
			values[i] = strings.ReplaceAll(values[i], " ", "") // as gofmt writes it
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
	return fmt.Errorf("sim: %s: %s is %s; allowed: %s to %s", kind, field, shortText(got), shortText(low), shortText(high))
}

// shortText returns d.String() without the zero minutes and seconds of whole hours.
func shortText(d time.Duration) string { return strings.Replace(d.String(), "h0m0s", "h", 1) }

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
		panicInvalid(d)
	}
}

// panicInvalid panics with the error of d.Validate. It is called only if a program did not
// validate its input.
func panicInvalid(d Dist) {
	panic(fmt.Sprintf("sim: draw from %#v, which is invalid: %v", d, d.Validate()))
}
