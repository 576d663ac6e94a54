package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The columns of a file of arrivals: how they are separated, which one holds the
// instants, and the unit that its header names.

// separators are what may stand between fields, each with its name.
var separators = []struct {
	sign byte
	name string
}{{',', "commas"}, {';', "semicolons"}, {'\t', "tabs"}}

// separate finds in the first line what separates fields.
func (p *arrivalParser) separate(line string) error {
	var found []string
	p.comma = ','
	for _, s := range separators {
		if outsideQuotes(line, s.sign) {
			p.comma, found = s.sign, append(found, s.name)
		}
	}
	if len(found) > 1 {
		return p.fault(0, line, "one kind of separator, not "+strings.Join(found, " and ")+
			"; a number has a decimal point, and a field that holds a separator stands in quotes")
	}
	return nil
}

func outsideQuotes(line string, sign byte) bool {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == sign && !quoted:
			return true
		}
	}
	return false
}

// csvField is a field of a line and where it begins.
type csvField struct {
	at   int
	text string
}

// split takes a line apart at its separators. Fields may be quoted; a quote inside is
// written twice.
func (p *arrivalParser) split(line string) ([]csvField, error) {
	fields := p.fields[:0]
	defer func() { p.fields = fields }()
	for at := 0; ; {
		start := at
		for start < len(line) && (line[start] == ' ' || line[start] == '\t') && line[start] != p.comma {
			start++
		}
		if start < len(line) && line[start] == '"' {
			text, next, ok := p.unquote(line, start)
			if !ok {
				return nil, p.fault(start, line[start:], "a closing quote, then a separator or the end of the line")
			}
			fields = append(fields, csvField{start, text})
			at = next
		} else {
			n := strings.IndexByte(line[at:], p.comma)
			if n < 0 {
				n = len(line) - at
			}
			fields = append(fields, csvField{min(start, at+n), strings.TrimSpace(line[at : at+n])})
			at += n
		}
		if at >= len(line) {
			return fields, nil
		}
		at++ // the separator
	}
}

// unquote reads the quoted field that begins at start and returns where it and
// the blanks behind it end.
func (p *arrivalParser) unquote(line string, start int) (text string, next int, ok bool) {
	var b strings.Builder
	for i := start + 1; i < len(line); i++ {
		switch {
		case line[i] != '"':
			b.WriteByte(line[i])
		case i+1 < len(line) && line[i+1] == '"':
			b.WriteByte('"')
			i++
		default:
			for i++; i < len(line) && line[i] != p.comma; i++ {
				if line[i] != ' ' && line[i] != '\t' {
					return "", 0, false
				}
			}
			return strings.TrimSpace(b.String()), i, true
		}
	}
	return "", 0, false
}

// choose decides from the first line which column is meant, and reports whether that
// line is a header. If there are several and none is named, the column stays unknown
// behind a header, so that the error can show a line of the file.
func (p *arrivalParser) choose(fields []csvField, line string) (header bool, err error) {
	p.width = len(fields)
	for _, f := range fields {
		p.names = append(p.names, f.text)
	}
	number, notNumber := strconv.Atoi(p.column)
	switch {
	case p.column == "" && p.width > 1:
		for _, name := range p.names {
			if !isName(name) {
				return false, p.severalColumns(line)
			}
		}
		return true, nil
	case p.column == "":
		number = 1
	case notNumber != nil:
		return true, p.chooseByName()
	case number < 1 || number > p.width:
		return false, p.fault(0, p.column, fmt.Sprintf("a column from 1 to %d", p.width))
	}
	p.index = number - 1
	if name := p.names[p.index]; isName(name) {
		p.header, p.unit = name, unitOfHeader(name)
		return true, nil
	}
	return false, nil
}

// chooseByName finds the column in the header.
func (p *arrivalParser) chooseByName() error {
	at := slices.Index(p.names, p.column)
	if at < 0 {
		return p.fault(0, p.column, "a column of this file: "+p.columns())
	}
	if next := slices.Index(p.names[at+1:], p.column); next >= 0 {
		return p.fault(0, p.column, fmt.Sprintf("the number of one column: columns %d and %d have that name", at+1, at+next+2))
	}
	if _, _, want := p.instant(p.column); want == "" {
		return p.fault(0, p.column, fmt.Sprintf("the number of the column, which is %d: the file has no header", at+1))
	}
	p.index, p.header, p.unit = at, p.column, unitOfHeader(p.column)
	return nil
}

// columns lists the fields of the first line with their numbers, as many as a line of
// an error takes.
func (p *arrivalParser) columns() string {
	list := ""
	for i, name := range p.names {
		if len(list) > 80 {
			return fmt.Sprintf("%s, ... %d", list[len(", "):], p.width)
		}
		list += fmt.Sprintf(", %d %s", i+1, shortened(name))
	}
	return list[len(", "):]
}

// severalColumns is the error for a file of several columns of which none was named.
// Line is an example.
func (p *arrivalParser) severalColumns(line string) error {
	want := "the number or the name of the column with the arrivals (--column): " + p.columns()
	if p.comma == ',' && p.width == 2 && isDigits(p.names[0]) && isDigits(p.names[1]) {
		want += decimalHint
	}
	return p.fault(0, line, want)
}

// ragged is the error for a line with more or fewer fields than the first.
func (p *arrivalParser) ragged(fields []csvField, line string) error {
	noun := "fields"
	if p.width == 1 {
		noun = "field"
	}
	want := fmt.Sprintf("%d %s, as the first line has, and not %d", p.width, noun, len(fields))
	for i := range fields[1:] {
		if p.comma == ',' && len(fields) > p.width && isDigits(fields[i].text) && isDigits(fields[i+1].text) {
			want += decimalHint
			break
		}
	}
	return p.fault(0, line, want)
}

const decimalHint = "; if a comma is a decimal comma, want a decimal point"

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// isName reports whether a field of the first line may be the name of a column: it
// begins with a letter, and is no number in words.
func isName(text string) bool {
	switch strings.ToLower(text) {
	case "", "nan", "inf", "infinity":
		return false
	}
	c := text[0] | 0x20
	return 'a' <= c && c <= 'z' || text[0] == '_' || text[0] >= utf8.RuneSelf
}

// unitOfHeader returns the unit that the name of a column says, such as ts_ms, ts (ms),
// time[us], timeMs or nanoseconds; seconds if the name says none. It returns 0 if the
// name says two units, minutes or hours, or something else in brackets.
func unitOfHeader(name string) time.Duration {
	words := wordsOf(name)
	bracket := strings.HasSuffix(name, ")") || strings.HasSuffix(name, "]")
	unit := time.Duration(0)
	for i, word := range words {
		last := i == len(words)-1
		u, ok := unitWord(word)
		switch {
		case !ok && last && bracket:
			return 0 // ts (ticks)
		case !ok || len(word) == 1 && !last:
			continue // the s of "client's time"
		case u == 0 || word == "us" && !last || unit != 0 && unit != u:
			return 0
		}
		unit = u
	}
	if unit == 0 {
		return time.Second
	}
	return unit
}

// wordsOf takes a name apart where it has no letter, and before a capital letter that
// follows a small one. The words are in small letters.
func wordsOf(name string) []string {
	var words []string
	before := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
		case !unicode.IsLetter(before) || unicode.IsLower(before) && unicode.IsUpper(r):
			words = append(words, string(unicode.ToLower(r)))
		default:
			words[len(words)-1] += string(unicode.ToLower(r))
		}
		before = r
	}
	return words
}

// unitWord returns the unit that a word is; 0 for one that is not exact enough, such as
// min, which may be a minimum.
func unitWord(word string) (unit time.Duration, ok bool) {
	switch word {
	case "ns", "nsec", "nsecs", "nano", "nanos", "nanosec", "nanosecs", "nanosecond", "nanoseconds":
		return time.Nanosecond, true
	case "us", "µs", "μs", "usec", "usecs", "micro", "micros", "microsec", "microsecs", "microsecond", "microseconds":
		return time.Microsecond, true
	case "ms", "msec", "msecs", "milli", "millis", "millisec", "millisecs", "millisecond", "milliseconds":
		return time.Millisecond, true
	case "s", "sec", "secs", "second", "seconds":
		return time.Second, true
	case "m", "min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "day", "days":
		return 0, true
	}
	return 0, false
}
