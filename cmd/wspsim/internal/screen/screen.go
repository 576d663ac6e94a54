// Package screen adapts the output to a terminal or a file. A terminal gets colours,
// block characters and progress; a file gets the same bytes everywhere.
package screen

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Style is how to write to one output. The zero value is plain ASCII.
type Style struct {
	Colour bool
	Blocks bool // Unicode block characters
}

// StyleOf returns the style for an output. A terminal gets colours, unless NO_COLOR is
// set or the terminal is dumb. A terminal with a UTF-8 locale gets block characters.
func StyleOf(w io.Writer, getenv func(string) string) Style {
	if !IsTerminal(w) {
		return Style{}
	}
	return styleOfTerminal(getenv)
}

func styleOfTerminal(getenv func(string) string) Style {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	locale = strings.ReplaceAll(strings.ToLower(locale), "-", "")
	term := getenv("TERM")
	return Style{
		Colour: getenv("NO_COLOR") == "" && term != "" && term != "dumb",
		Blocks: strings.HasSuffix(locale, "utf8") && term != "dumb",
	}
}

// IsTerminal reports whether the output is a terminal. (The null device counts as one,
// which makes no visible difference.)
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Bold, Red, Green and Dim return the text in that style, or unchanged without colours.
func (s Style) Bold(text string) string  { return s.paint("1", text) }
func (s Style) Red(text string) string   { return s.paint("31", text) }
func (s Style) Green(text string) string { return s.paint("32", text) }
func (s Style) Dim(text string) string   { return s.paint("2", text) }

func (s Style) paint(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Progress is one line on a terminal that changes during a long operation. The zero value
// shows nothing.
type Progress struct {
	to    io.Writer
	began time.Time
	last  time.Time
	shown bool
}

const (
	showAfter = time.Second            // before the line is shown
	interval  = 200 * time.Millisecond // from one change to the next
)

// NewProgress returns a Progress on w. It shows nothing if w is not a terminal.
func NewProgress(w io.Writer) *Progress {
	if !IsTerminal(w) {
		return &Progress{}
	}
	return &Progress{to: w, began: time.Now()}
}

// Show replaces the line with a new text, at most every 200 ms. It calls text only if it
// shows the line.
func (p *Progress) Show(text func() string) {
	if p.to == nil {
		return
	}
	if now := time.Now(); now.Sub(p.began) >= showAfter && now.Sub(p.last) >= interval {
		p.last, p.shown = now, true
		fmt.Fprintf(p.to, "\r%.100s\x1b[K", text())
	}
}

// Clear removes the line.
func (p *Progress) Clear() {
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = false
	}
}
