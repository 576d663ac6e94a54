package golden

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Difference is where two texts differ first.
type Difference struct {
	Line      int      // counted from 1
	Before    []string // the lines before it, at most three, equal in both
	Want, Got string   // what stands there
	WantEnds  bool     // the wanted text has no such line
	GotEnds   bool     // the other one has none
}

// FirstDifference compares two texts line by line. It returns false if they are
// equal, byte for byte.
func FirstDifference(want, got []byte) (Difference, bool) {
	if bytes.Equal(want, got) {
		return Difference{}, false
	}
	d := Difference{}
	for {
		d.Line++
		w, moreWant, wantEnds := cutLine(want)
		g, moreGot, gotEnds := cutLine(got)
		if w != g {
			d.Want, d.Got, d.WantEnds, d.GotEnds = w, g, wantEnds, gotEnds
			return d, true
		}
		if len(d.Before) == 3 {
			d.Before = append(d.Before[:0], d.Before[1:]...)
		}
		d.Before = append(d.Before, w)
		want, got = moreWant, moreGot
	}
}

// cutLine takes the first line from a text, with its line feed if it has one.
func cutLine(text []byte) (line string, rest []byte, ends bool) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		i = len(text) - 1
	}
	return string(text[:i+1]), text[i+1:], len(text) == 0
}

// String shows the difference with the lines before it:
//
//	line 12:
//	  10 | ...
//	  11 | ...
//	want | ...
//	 got | ...
func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d:\n", d.Line)
	for i, line := range d.Before {
		fmt.Fprintf(&b, "%5d | %s\n", d.Line-len(d.Before)+i, shown(line))
	}
	for _, side := range []struct {
		name, line string
		ends       bool
	}{{"want", d.Want, d.WantEnds}, {"got", d.Got, d.GotEnds}} {
		text := shown(side.line)
		if side.ends {
			text = "(ends)"
		}
		fmt.Fprintf(&b, "%5s | %s\n", side.name, text)
	}
	return strings.TrimRight(b.String(), "\n")
}

// shown makes a line fit for a terminal: without its line feed, with what is
// not printable quoted, and not endless.
func shown(line string) string {
	text, fed := strings.CutSuffix(line, "\n")
	cut := ""
	if len(text) > 300 {
		text, cut = text[:300], " ..."
	}
	if !fed || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		text = fmt.Sprintf("%+q", line[:min(len(line), 300)])
	}
	return text + cut
}
