package report

import (
	"bufio"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Legend collects what the lines of a trace are drawn with, to explain that and
// nothing else.
type Legend struct {
	symbols  []signWord
	pictures []signWord
}

// signWord is a sign and what it means.
type signWord struct{ sign, word string }

// signs are the symbols in the order of a request's life, with what a line that
// has them looks like; the first that fits counts.
var signs = []struct {
	symbol byte
	shape  *regexp.Regexp
	word   string
}{
	{'=', anything, "call"},
	{'>', regexp.MustCompile("waits for"), "waits for a decision"},
	{'>', regexp.MustCompile("cookie"), "answered with a cookie"},
	{'>', regexp.MustCompile("half-open"), "half-open"},
	{'>', anything, "queued"},
	{'+', anything, "complete"},
	{'-', regexp.MustCompile("= "), "accepted"},
	{'-', anything, "put off"},
	{'!', anything, "turned away"},
	{'?', regexp.MustCompile("waits for"), "not in the queue yet"},
	{'?', anything, "ACK ignored"},
	{'x', anything, "reset"},
	{'~', regexp.MustCompile("evicted"), "evicted"},
	{'~', anything, "client gone"},
	{'<', regexp.MustCompile(" again"), "sent again"},
	{'<', anything, "sent"},
	{'*', anything, "at the client"},
	{'%', regexp.MustCompile("twice"), "doubled"},
	{'%', regexp.MustCompile("(SYN|ACK|data|FIN|RST) "), "lost"},
	{'%', anything, "switched"},
}

var anything = regexp.MustCompile("")

// parts are what the picture of a queue is made of.
var parts = []struct {
	shape *regexp.Regexp
	signWord
}{
	{regexp.MustCompile(`^\[(\S+ )*[^\s().!*_]+[ \]]`), signWord{"a", "waits for accept"}},
	{regexp.MustCompile(`\(`), signWord{"(b)", "half-open"}},
	{regexp.MustCompile(`[ \[]\.[ \]]`), signWord{".", "free slot"}},
	{regexp.MustCompile(`[ \[]_[ \]]`), signWord{"_", "slot not filled"}},
	{regexp.MustCompile(`!`), signWord{"a!", "reset by its client"}},
	{regexp.MustCompile(`\*`), signWord{"a*", "put off"}},
	{regexp.MustCompile(`\?`), signWord{"a?", "undecided and without a slot"}},
	{regexp.MustCompile(`~`), signWord{"a~", "waits outside for room"}},
}

var (
	pictured = regexp.MustCompile(`\[([^\]]*)\]( \S+[?~)])*`)
	counted  = regexp.MustCompile(`^\[\d+ of \d+`)
	again    = regexp.MustCompile(`#\d+`)
)

// symbolOf returns the symbol of a line of a trace, 0 if it has none.
func symbolOf(line string) byte {
	const unit = " ms  "
	at := strings.Index(line, unit) + len(unit)
	if at < len(unit) || at >= len(line) {
		return 0
	}
	return line[at]
}

// Note takes note of a line.
func (l *Legend) Note(line string) {
	symbol := symbolOf(line)
	for _, s := range signs {
		if s.symbol == symbol && s.shape.MatchString(line) {
			l.symbols = added(l.symbols, signWord{string(s.symbol), s.word})
			break
		}
	}
	if again.MatchString(line) {
		l.pictures = added(l.pictures, signWord{"a#2", "second attempt"})
	}
	picture := pictured.FindString(line)
	switch {
	case picture == "":
		return
	case counted.MatchString(picture):
		l.pictures = added(l.pictures, signWord{"[n of m]", "slots taken"})
		return
	}
	for _, p := range parts {
		if p.shape.MatchString(picture) {
			l.pictures = added(l.pictures, p.signWord)
		}
	}
}

func added(have []signWord, s signWord) []signWord {
	if slices.Contains(have, s) {
		return have
	}
	return append(have, s)
}

// Print prints what was noted, in a line or two.
func (l *Legend) Print(w *bufio.Writer) {
	var symbols, pictures []string
	for _, s := range signs {
		if slices.Contains(l.symbols, signWord{string(s.symbol), s.word}) {
			if i := len(symbols) - 1; i >= 0 && symbols[i][0] == s.symbol {
				symbols[i] += " or " + s.word
				continue
			}
			symbols = append(symbols, string(s.symbol)+" "+s.word)
		}
	}
	for _, p := range parts {
		if slices.Contains(l.pictures, p.signWord) {
			pictures = append(pictures, p.sign+" "+p.word)
		}
	}
	for _, p := range l.pictures {
		if p.sign == "a#2" || p.sign == "[n of m]" {
			pictures = append(pictures, p.sign+" "+p.word)
		}
	}
	printCells(w, "signs:", symbols, "  ")
	printCells(w, "queue:", pictures, ", ")
}

// printCells prints cells behind a label, in as many lines as they need.
func printCells(w *bufio.Writer, label string, cells []string, between string) {
	if len(cells) == 0 {
		return
	}
	line := fmt.Sprintf("%14s", label)
	for i, cell := range cells {
		separator := between
		if i == 0 {
			separator = "  "
		}
		if utf8.RuneCountInString(line+separator+cell) > widest {
			fmt.Fprintln(w, strings.TrimRight(line+separator, " "))
			line, separator = strings.Repeat(" ", 14), "  "
		}
		line += separator + cell
	}
	fmt.Fprintln(w, line)
}
