package scenarios

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// longestLine is the longest line of a series of arrivals.
const longestLine = 64 << 10 // bytes

// WithArrivals returns the scenario with a series of arrivals in place of its load.
// The run becomes longer if needed, so that the time after the last arrival stays the
// same. The knobs clients and every are dropped with the load. The expectations are
// dropped too, because they are about the old load, unless they hold always.
func (s Scenario) WithArrivals(times []time.Duration) Scenario {
	after := s.Until
	if old := s.Load.Times; len(old) > 0 {
		after -= old[len(old)-1]
	}
	if len(times) > 0 && times[len(times)-1] <= longest {
		s.Until = min(longest, max(s.Until, times[len(times)-1]+max(after, 0)))
	}
	s.Load = Load{Name: s.Load.Name, Times: slices.Clone(times)}
	s.Knobs = slices.DeleteFunc(slices.Clone(s.Knobs), func(k Knob) bool { return k.Name == "clients" || k.Name == "every" })
	s.Expect = slices.DeleteFunc(slices.Clone(s.Expect), func(e Expectation) bool { return !e.Always })
	return s
}

// ParseArrivals reads a series of arrivals: one instant a line, alone or in a column
// of a CSV file. The argument column is the name of the column in the header, or its
// number from 1; "" is for a file of one column.
//
// An instant is a decimal number of seconds (0.25), a duration (250ms, 1m2.5s) or a
// time of RFC 3339 (2024-05-01T12:00:00.123456Z). A header that names a unit, such as
// at_ms, ts (us) or time[ns], gives plain numbers that unit. Blank lines and lines that
// begin with # are skipped.
//
// The first line says how columns are separated: by commas, semicolons or tabs, and by
// one kind of them. Every line has as many fields as the first.
//
// Instants must ascend; equal instants are allowed. The first instant is subtracted
// from all, so that the series begins at 0. Nothing is rounded: a fraction of a
// nanosecond is an error. An error names the line and the column.
func ParseArrivals(r io.Reader, column string) ([]time.Duration, error) {
	p := arrivalParser{column: column, index: -1, unit: time.Second}
	lines := bufio.NewReaderSize(r, longestLine)
	for {
		line, err := lines.ReadSlice('\n')
		p.line++
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("line %d, column 1: longer than %d bytes: want one instant a line", p.line, longestLine)
		case err != nil && err != io.EOF:
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		if fault := p.take(string(line)); fault != nil {
			return nil, fault
		}
		if err == io.EOF {
			break
		}
	}
	if len(p.times) == 0 {
		return nil, fmt.Errorf("line %d, column 1: the series is empty: want at least one instant", p.line)
	}
	return p.times, nil
}

// arrivalParser reads a series line by line.
type arrivalParser struct {
	column string
	index  int // of the column among the fields, -1 while unknown
	width  int // the number of fields of a line, 0 before the first line
	comma  byte
	names  []string      // the fields of the first line
	header string        // the name of the column, if the first line has names
	unit   time.Duration // of plain numbers; 0 = the header does not say it plainly
	kind   instantKind
	line   int
	first  instant
	before string // the field that was read last
	fields []csvField
	times  []time.Duration
}

// instantKind is how instants are written, the same in all of a series.
type instantKind uint8

const (
	noInstant instantKind = iota
	plainNumber
	withUnit
	timeOfDay
)

func (k instantKind) String() string {
	return [...]string{"", "a number", "a duration", "a time"}[k]
}

// instant is a moment as it was written: nanoseconds, and for a time the
// seconds since 1970 besides, for together they do not fit.
type instant struct{ seconds, nanos int64 }

// take reads one line.
func (p *arrivalParser) take(line string) error {
	line = strings.TrimRight(line, "\r\n")
	if p.line == 1 {
		if strings.HasPrefix(line, "\xff\xfe") || strings.HasPrefix(line, "\xfe\xff") {
			return p.fault(0, line, "UTF-8, but this is UTF-16: iconv -f UTF-16 -t UTF-8 converts it")
		}
		line = strings.TrimPrefix(line, "\ufeff")
	}
	if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == utf8.RuneError }); i >= 0 {
		return p.fault(i, line[i:], "text in UTF-8, one instant a line")
	}
	if text := strings.TrimSpace(line); text == "" || text[0] == '#' {
		return nil
	}
	if p.width == 0 {
		if err := p.separate(line); err != nil {
			return err
		}
	}
	fields, err := p.split(line)
	switch {
	case err != nil:
		return err
	case p.width == 0:
		if header, err := p.choose(fields, line); header || err != nil {
			return err
		}
	case p.index < 0:
		return p.severalColumns(line)
	case len(fields) != p.width:
		return p.ragged(fields, line)
	}
	return p.add(fields[p.index])
}

const wantPoint = "a number with a decimal point and no comma, such as 0.5"

const wantInstant = "seconds such as 0.25, a duration such as 250ms, or a time such as 2024-05-01T12:00:00.25Z"

// add takes one instant.
func (p *arrivalParser) add(f csvField) error {
	at, kind, want := p.instant(f.text)
	switch {
	case want != "":
		return p.fault(f.at, f.text, want)
	case p.kind != noInstant && kind != p.kind:
		return p.fault(f.at, f.text, p.kind.String()+", as before")
	case len(p.times) == MaxClients:
		return p.fault(f.at, f.text, fmt.Sprintf("at most %d arrivals", MaxClients))
	case len(p.times) == 0:
		p.kind, p.first = kind, at
	}
	since, fits := at.since(p.first)
	switch {
	case since < 0 || len(p.times) > 0 && since < p.times[len(p.times)-1]:
		return p.fault(f.at, f.text, "arrivals in ascending order, but the one before is "+shortened(p.before))
	case !fits || since > longest:
		return p.fault(f.at, f.text, fmt.Sprintf("a series of at most %d hours", longest/time.Hour))
	}
	p.before = f.text
	p.times = append(p.times, since)
	return nil
}

// since returns the time from u to t, and whether a Duration holds it.
func (t instant) since(u instant) (time.Duration, bool) {
	seconds := t.seconds - u.seconds
	const most = math.MaxInt64/int64(time.Second) - 2
	if seconds > most || seconds < -most {
		return time.Duration(max(-1, min(seconds, 1))), false
	}
	return time.Duration(seconds)*time.Second + time.Duration(t.nanos-u.nanos), true
}

// instant reads one field. want, if not empty, says what it should have been.
func (p *arrivalParser) instant(text string) (at instant, kind instantKind, want string) {
	if strings.IndexByte(text, ',') >= 0 {
		return instant{}, noInstant, wantPoint
	}
	if text == "" || text[0] < '0' || text[0] > '9' {
		if text != "" && text[0] == '-' {
			return instant{}, noInstant, "an instant at 0 or later"
		}
		return instant{}, noInstant, wantInstant
	}
	if strings.IndexByte(text, 'T') > 0 {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return instant{t.Unix(), int64(t.Nanosecond())}, timeOfDay, finerThanNano(fraction(text))
		}
	}
	if d, ok, want := durationOf(text); ok || want != "" {
		return instant{nanos: int64(d)}, withUnit, want
	}
	if p.unit == 0 {
		return instant{}, noInstant, "a unit: the header " + shortened(p.header) + " does not say it; want a name such as ts_ns, ts_us, ts_ms or ts_s, or durations such as 250ms"
	}
	d, want := decimalOf(text, p.unit)
	return instant{nanos: int64(d)}, plainNumber, want
}

// durationOf reads a duration such as 1m2.5s, as time.ParseDuration does, but
// exactly.
func durationOf(text string) (d time.Duration, ok bool, want string) {
	const letters = "nuµμsmh"
	if strings.IndexByte("smh", text[len(text)-1]) < 0 {
		return 0, false, ""
	}
	rest := text
	for rest != "" {
		n := strings.IndexAny(rest, letters)
		if n <= 0 {
			return 0, false, ""
		}
		name := rest[n:]
		if end := strings.IndexAny(name, "0123456789."); end >= 0 {
			name = name[:end]
		}
		unit, known := unitNamed(name)
		if !known {
			return 0, false, ""
		}
		part, want := decimalOf(rest[:n], unit)
		if want != "" {
			return 0, false, want
		}
		if part > latest-d {
			return 0, false, tooLong()
		}
		d += part
		rest = rest[n+len(name):]
	}
	return d, true, ""
}

func unitNamed(name string) (time.Duration, bool) {
	switch name {
	case "ns":
		return time.Nanosecond, true
	case "us", "µs", "μs":
		return time.Microsecond, true
	case "ms":
		return time.Millisecond, true
	case "s":
		return time.Second, true
	case "m":
		return time.Minute, true
	case "h":
		return time.Hour, true
	}
	return 0, false
}

// decimalOf reads a decimal number, with or without a point, as an exact number of
// units.
func decimalOf(text string, unit time.Duration) (d time.Duration, want string) {
	whole, part, point := strings.Cut(text, ".")
	if strings.Trim(whole+part, "0123456789") != "" || whole == "" || point && part == "" {
		return 0, wantInstant
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > int64(latest/unit) {
		return 0, tooLong()
	}
	part = strings.TrimRight(part, "0")
	if len(part) > 13 { // an hour is 225 * 2^13 * 5^9 ns: more digits leave a fraction
		return 0, "whole nanoseconds"
	}
	digits, power := uint64(0), uint64(1)
	for _, digit := range []byte(part) {
		digits, power = 10*digits+uint64(digit-'0'), 10*power
	}
	high, low := bits.Mul64(digits, uint64(unit))
	nanos, rest := bits.Div64(high, low, power) // less than a unit
	if rest != 0 {
		return 0, "whole nanoseconds"
	}
	return time.Duration(n)*unit + time.Duration(nanos), ""
}

// latest is the latest instant: a time of the clock in any unit fits, for only
// the differences count.
const latest = 200 * 365 * 24 * time.Hour

func tooLong() string {
	return fmt.Sprintf("at most %d hours; for a unit other than seconds name the column after it, as in ts_ms or ts_us", latest/time.Hour)
}

// fraction returns the digits behind the point of a time.
func fraction(text string) string {
	_, rest, _ := strings.Cut(text, ".")
	return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

func finerThanNano(digits string) string {
	if len(strings.TrimRight(digits, "0")) > 9 {
		return "whole nanoseconds"
	}
	return ""
}

// fault is the error for what stands at a place of the present line.
func (p *arrivalParser) fault(at int, text, want string) error {
	return fmt.Errorf("line %d, column %d: %s: want %s", p.line, at+1, shortened(text), want)
}

// shortened quotes input, the beginning of it if it is long.
func shortened(text string) string {
	if len(text) > 60 {
		return strconv.QuoteToASCII(text[:60]) + "..."
	}
	return strconv.QuoteToASCII(text)
}
