// Package words formats what the command prints: numbers, durations, untrusted names,
// and suggestions for misspelt words.
package words

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wspsim/sim"
)

// Count writes a number with commas, as in "1,234".
func Count[N int | int64 | uint64](n N) string {
	digits := strconv.FormatUint(uint64(n), 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", strconv.FormatUint(-uint64(n), 10)
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Counted writes a number and what it counts, as in "1 client" or "2 clients".
func Counted[N int | int64 | uint64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Count(n) + " " + what + "s"
}

// Instant writes an instant in milliseconds as traces do, and in seconds from 10 s on. Digits
// below 1 us, or below 1 ms, are cut.
func Instant(t sim.Time) string {
	if t < 10*sim.Time(time.Second) {
		return t.String()
	}
	return string(append((t / 1000).AppendMillis(nil), " s"...))
}

// Span writes a duration as Instant writes an instant.
func Span(d time.Duration) string { return Instant(sim.Time(d)) }

// Micro replaces the unit µs of a duration with us.
func Micro(duration string) string { return strings.ReplaceAll(duration, "µs", "us") }

// Rounded writes a duration in whole microseconds and ASCII. A duration below 1 us and any
// other text stay as they are, except that µs becomes us.
func Rounded(text string) string {
	if d, err := time.ParseDuration(text); err == nil && d >= time.Microsecond && text != "0" {
		return Micro(d.Round(time.Microsecond).String())
	}
	return Micro(text)
}

// Percent writes part / whole in whole percent, rounded down. Part and whole must not be
// negative, and whole must not be 0.
func Percent(part, whole int64) string {
	if whole >= 100 {
		return strconv.FormatInt(part/(whole/100), 10) + "%"
	}
	return strconv.FormatInt(part*100/whole, 10) + "%"
}

// Wrap breaks a text into lines of at most width characters, each with the indent. A longer
// word gets its own line.
func Wrap(text string, width int, indent string) string {
	var b strings.Builder
	room := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case b.Len() == 0:
			b.WriteString(indent)
			room = width - len(indent) - n
		case room < n+1:
			b.WriteString("\n" + indent)
			room = width - len(indent) - n
		default:
			b.WriteByte(' ')
			room -= n + 1
		}
		b.WriteString(word)
	}
	return b.String()
}

// Printable returns the text with control characters and invalid UTF-8 as escapes, so that no
// name can move the cursor of a terminal.
func Printable(text string) string {
	if !strings.ContainsFunc(text, unprintable) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unprintable(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		text = text[n:]
	}
	return b.String()
}

// unprintable reports whether a terminal does not show a character as itself: a control
// character, a line separator, or a mark that changes the direction of writing.
func unprintable(r rune) bool { return r != ' ' && !strconv.IsPrint(r) }

// Shell quotes an argument for a shell, if necessary.
func Shell(argument string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,%+@", r)
	}
	switch {
	case argument != "" && !strings.ContainsFunc(argument, func(r rune) bool { return !bare(r) }):
		return argument
	case Printable(argument) != argument:
		return "$'" + strings.ReplaceAll(Printable(strings.ReplaceAll(argument, `\`, `\\`)), `'`, `\'`) + "'"
	}
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}

// Nearest returns up to three names similar to word, the most similar first.
func Nearest(word string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	word = strings.ToLower(word)
	for _, name := range names {
		d := distance(word, strings.ToLower(name))
		switch {
		case len(word) >= 3 && strings.Contains(strings.ToLower(name), word):
			d = min(d, 1)
		case d > 1+len(name)/3:
			continue
		}
		near = append(near, candidate{name, d})
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var found []string
	for _, c := range near[:min(len(near), 3)] {
		found = append(found, c.name)
	}
	return found
}

// distance returns the smallest number of edits from a to b. An edit is an insertion, a
// deletion, a substitution or a swap of neighbours. No part is edited twice.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substituted := last[j-1]
			if a[i-1] != b[j-1] {
				substituted++
			}
			row[j] = min(substituted, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
