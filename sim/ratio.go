package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Ratio is the exact probability Num / Den. The zero value is 0. 1/2 and 2/4 are the
// same probability but not ==. ParseRatio returns a ratio in lowest terms.
type Ratio struct {
	Num uint32 // at most Den
	Den uint32 // may be 0 only if Num is 0
}

// Validate returns an error if p is not between 0 and 1, or if only Den is 0.
func (p Ratio) Validate() error {
	if p.Num <= p.Den {
		return nil
	}
	if p.Den == 0 {
		return fmt.Errorf("sim: ratio %v: the denominator is 0; only the zero value, 0/0, may have denominator 0", p)
	}
	return fmt.Errorf("sim: ratio %v is above 1; a probability is between 0 and 1", p)
}

// String returns p as in "1/100", not reduced, and "0" for the zero value.
func (p Ratio) String() string {
	if p == (Ratio{}) {
		return "0"
	}
	return strconv.FormatUint(uint64(p.Num), 10) + "/" + strconv.FormatUint(uint64(p.Den), 10)
}

// GoString returns p as Go source, as in "sim.Ratio{Num: 1, Den: 100}".
func (p Ratio) GoString() string {
	if p == (Ratio{}) {
		return "sim.Ratio{}"
	}
	return fmt.Sprintf("sim.Ratio{Num: %d, Den: %d}", p.Num, p.Den)
}

// ParseRatio returns the probability in a text such as "1/100", "0.01", "1%", "0" or
// "1". At most nine decimals are allowed, or seven before a percent sign. The numbers of
// a fraction are at most 4294967295. The result is exact and in lowest terms. The error
// says what is allowed.
func ParseRatio(s string) (Ratio, error) {
	num, den, err := splitRatio(s)
	if err == nil && num > den {
		err = errors.New("above 1; a probability is between 0 and 1, or 0% and 100%")
	}
	if err != nil {
		return Ratio{}, fmt.Errorf("sim: ratio %q: %w", s, err)
	}
	if num == 0 {
		return Ratio{}, nil
	}
	common, rest := num, den
	for rest != 0 {
		common, rest = rest, common%rest
	}
	// Both fit uint32: den is at most 10^9 or was a uint32, and num is not larger.
	return Ratio{Num: uint32(num / common), Den: uint32(den / common)}, nil
}

// splitRatio returns the fraction in s, not reduced and not compared with 1.
func splitRatio(s string) (num, den uint64, err error) {
	if strings.HasPrefix(s, "-") {
		return 0, 0, errors.New("below 0; a probability is between 0 and 1, or 0% and 100%")
	}
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		num, den, err = splitDecimal(percent, 7)
		return num, den * 100, err
	}
	above, below, ok := strings.Cut(s, "/")
	if !ok {
		return splitDecimal(s, 9)
	}
	if num, err = wholeNumber(above); err != nil {
		return 0, 0, err
	}
	if den, err = wholeNumber(below); err != nil {
		return 0, 0, err
	}
	if den == 0 {
		return 0, 0, errors.New("the denominator is 0; write 0 for never")
	}
	return num, den, nil
}

// splitDecimal returns a number such as "0.01" as a fraction, here 1 and 100.
func splitDecimal(s string, places int) (num, den uint64, err error) {
	whole, decimals, point := strings.Cut(s, ".")
	if point && !isDigits(decimals) {
		return 0, 0, notRatio()
	}
	if num, err = wholeNumber(whole); err != nil {
		return 0, 0, err
	}
	if len(decimals) > places {
		return 0, 0, fmt.Errorf("%d decimals; at most %d are exact, for others write a fraction such as 1/3", len(decimals), places)
	}
	den = 1
	for _, digit := range []byte(decimals) {
		num, den = num*10+uint64(digit-'0'), den*10
	}
	return num, den, nil
}

// wholeNumber returns the number in s, which must be all digits.
func wholeNumber(s string) (uint64, error) {
	if !isDigits(s) {
		return 0, notRatio()
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is too large; the largest exact number is 4294967295", s)
	}
	return n, nil
}

// isDigits reports whether s is one or more decimal digits and nothing else.
func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func notRatio() error {
	return errors.New("not a probability; write one as 1/100, 0.01 or 1%")
}
