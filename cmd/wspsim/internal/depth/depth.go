// Package depth draws the number of pending connections over virtual time.
package depth

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/sim"
)

// Picture is the data to draw: the maximum number of pending connections in each of several
// equal spans from the start of a run.
type Picture struct {
	Span  time.Duration // > 0 unless Most is empty
	Most  []int
	Limit int      // most connections that may be pending, 0 if no socket listens
	Final int      // connections pending at the end
	End   sim.Time // end of the run
}

const (
	maxColumns = 80 // columns
	maxRows    = 8  // rows
	minRows    = 4  // rows, if the values need more rows
	margin     = 10 // columns of the labels on the left
)

// scale is how a picture is laid out.
type scale struct {
	columns []int // the maximum in each column
	column  time.Duration
	top     int // value of the highest row
	rows    int
	limit   int // row whose top is the limit; 0 = outside the picture
}

// Text returns the picture with a line feed at the end of each line. With blocks it uses the
// block characters of Unicode, otherwise ASCII.
func (p Picture) Text(blocks bool) string {
	s := p.layout()
	if s.top == 0 {
		return "  no connection was pending at any time\n"
	}
	var b strings.Builder
	for row := s.rows; row > 0; row-- {
		fmt.Fprintf(&b, "%*d |", margin, s.top/s.rows*row)
		line := s.line(row, blocks)
		if row == s.limit {
			line += " limit " + words.Count(p.Limit)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	drawn := b.String()
	b.WriteString(s.axis())
	fmt.Fprintf(&b, "%*s  %s\n", margin, "", s.legend(drawn, blocks))
	if s.limit == 0 && p.Limit > 0 {
		fmt.Fprintf(&b, "%*s  the limit, %s, is far above\n", margin, "", words.Count(p.Limit))
	}
	if over := sim.Time(p.Span) * sim.Time(len(p.Most)); over < p.End {
		fmt.Fprintf(&b, "%*s  after that, until %s: %s pending\n", margin, "", words.Rounded(time.Duration(p.End).String()), words.Count(p.Final))
	}
	return b.String()
}

// layout chooses the value of a row and the time span of a column.
func (p Picture) layout() scale {
	merge := max(1, (len(p.Most)+maxColumns-1)/maxColumns)
	s := scale{column: p.Span * time.Duration(merge)}
	for i, most := range p.Most {
		if i%merge == 0 {
			s.columns = append(s.columns, 0)
		}
		last := &s.columns[len(s.columns)-1]
		*last = max(*last, most)
		s.top = max(s.top, most)
	}
	if s.top == 0 {
		return s
	}
	if p.Limit <= 4*s.top {
		s.top = max(s.top, p.Limit)
	}
	s.divide()
	if p.Limit <= s.top {
		s.limit = (p.Limit*s.rows + s.top - 1) / s.top
	}
	return s
}

// divide chooses the rows so that each row is the same number of connections. If no number of
// rows divides the top, it raises the top a little.
func (s *scale) divide() {
	for rows := min(s.top, maxRows); rows >= min(s.top, minRows); rows-- {
		if s.top%rows == 0 {
			s.rows = rows
			return
		}
	}
	step := (s.top + maxRows - 1) / maxRows
	s.rows = (s.top + step - 1) / step
	s.top = step * s.rows
}

// line draws one row, 1 for the lowest.
func (s *scale) line(row int, blocks bool) string {
	var b strings.Builder
	for _, most := range s.columns {
		switch eighths := s.eighths(most, row); {
		case eighths == 0 && row == s.limit:
			b.WriteByte('-')
		case eighths == 0:
			b.WriteByte(' ')
		case blocks:
			b.WriteRune('▁' + rune(eighths-1))
		case eighths == 8:
			b.WriteByte('#')
		default:
			b.WriteByte(':')
		}
	}
	return b.String()
}

// legend returns the line that explains the signs.
func (s *scale) legend(drawn string, blocks bool) string {
	text := "a column: the most in " + words.Micro(s.column.String())
	if !blocks {
		text += "; # a full row"
		if strings.Contains(drawn, ":") {
			text += ", : part of one"
		}
	}
	if strings.Contains(drawn, "-") {
		text += ", - the limit"
	}
	return text
}

// eighths returns how many eighths of a row a value fills. A value above 0 fills at least one
// eighth of the lowest row.
func (s *scale) eighths(most, row int) int {
	e := min(max(most*s.rows*8/s.top-(row-1)*8, 0), 8)
	if row == 1 && most > 0 {
		e = max(e, 1)
	}
	return e
}

// axis draws the time axis and its labels.
func (s *scale) axis() string {
	total := s.column * time.Duration(len(s.columns))
	step := roundStep(s.column * 12) // at least 12 columns from label to label
	unit, name := time.Microsecond, " us"
	switch {
	case step >= time.Second:
		unit, name = time.Second, " s"
	case step >= time.Millisecond:
		unit, name = time.Millisecond, " ms"
	}
	line := []byte(strings.Repeat("-", len(s.columns)))
	var labels strings.Builder
	for at := time.Duration(0); at < total; at += step {
		column := int(at / s.column)
		line[column] = '+'
		text := strconv.FormatInt(int64(at/unit), 10) + name
		labels.WriteString(strings.Repeat(" ", max(0, column-utf8.RuneCountInString(labels.String()))) + text)
	}
	return fmt.Sprintf("%*s +%s\n%*s  %s\n", margin, "0", line, margin, "", labels.String())
}

// roundStep returns the first of 1, 2, 5, 10, 20, ... us that is not below d.
func roundStep(d time.Duration) time.Duration {
	for step := time.Microsecond; ; step *= 10 {
		for _, times := range []time.Duration{1, 2, 5} {
			if step*times >= d {
				return step * times
			}
		}
	}
}
