package teach

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the style and the template of a sheet
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/netmodel"
	"wspsim/netmodel/trace/page"
)

//go:embed sheet.css
var sheetStyle string

//go:embed sheet.html
var sheetText string

var sheet = template.Must(template.New("sheet").Funcs(template.FuncMap{
	"place": func(i int) int { return i + 1 }, "bars": sheetBars, "sketch": drawSketch, "join": func(ids []string) string { return strings.Join(ids, ", ") },
}).Parse(sheetText))

// Sheet writes questions to be printed: first the questions of each exercise with room for
// the guesses, then the answers of each. It is HTML without a script, for A4.
func Sheet(w io.Writer, exercises []Exercise) error {
	title := "wspsim: questions"
	if len(exercises) == 1 {
		title = "wspsim: " + exercises[0].Title
	}
	sum := sha256.Sum256([]byte(sheetStyle))
	return sheet.Execute(w, map[string]any{
		"Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		"Title":  title, "Style": template.CSS(sheetStyle), "Exercises": pointers(exercises), "Model": netmodel.ModelVersion, "Seed": play.DefaultSeed,
	})
}

// pointers lets a template call the methods of the questions.
func pointers(exercises []Exercise) []map[string]any {
	var all []map[string]any
	for _, e := range exercises {
		var questions []*Question
		for i := range e.Questions {
			questions = append(questions, &e.Questions[i])
		}
		all = append(all, map[string]any{"Title": e.Title, "Intro": e.Intro, "End": e.End, "Questions": questions})
	}
	return all
}

// Range says what a number may be.
func (q *Question) Range() string {
	return "from 0 to " + q.value(q.most())
}

// sheetBar is a bar with its width.
type sheetBar struct {
	Bar
	Class string
	Width string
}

func sheetBars(bars []Bar) []sheetBar {
	most := mostOf(bars)
	var all []sheetBar
	for _, b := range bars {
		class := b.Colour
		if class == "" {
			class = "plain"
		}
		all = append(all, sheetBar{b, class, strconv.FormatInt(b.Value*110/most[b.Unit], 10)})
	}
	return all
}

// mostOf returns the largest value of each unit, at least 1.
func mostOf(bars []Bar) map[string]int64 {
	most := map[string]int64{}
	for _, b := range bars {
		most[b.Unit] = max(most[b.Unit], b.Value, 1)
	}
	return most
}

// The picture of a sketch, in units of the SVG.
const (
	sketchWide, sketchHigh = 460, 116
	sketchLeft, sketchFoot = 40, 22
)

// drawSketch draws the grid on which a reader sketches, with the curve of the model if told.
func drawSketch(q *Question, told bool) template.HTML {
	x := func(i int) int {
		return sketchLeft + (2*i+1)*(sketchWide-sketchLeft)/(2*len(q.At))
	}
	y := func(n int64) int { return 8 + int((q.most()-n)*(sketchHigh-sketchFoot-8)/q.most()) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="sketch" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="Connections pending at %d instants">`,
		sketchWide, sketchHigh, sketchWide, sketchHigh, len(q.At))
	for _, n := range []int64{0, q.most() / 2, q.most()} {
		fmt.Fprintf(&b, `<path class="rule" d="M%d %dH%d"/><text x="%d" y="%d" text-anchor="end">%d</text>`, sketchLeft, y(n), sketchWide, sketchLeft-6, y(n)+4, n)
	}
	for i, at := range q.At {
		fmt.Fprintf(&b, `<path class="rule" d="M%d 8V%d"/><text x="%d" y="%d" text-anchor="middle">%s</text>`, x(i), y(0), x(i), sketchHigh-6, template.HTMLEscapeString(at))
	}
	fmt.Fprintf(&b, `<path class="axis" d="M%d 8V%dH%d" fill="none"/>`, sketchLeft, y(0), sketchWide)
	if all, ok := numbers(q.Right); ok && told {
		var line, dots []string
		for i, n := range all {
			line = append(line, fmt.Sprintf("%d,%d", x(i), y(n)))
			dots = append(dots, fmt.Sprintf(`<circle class="dot" cx="%d" cy="%d" r="4"/><text x="%d" y="%d">%d</text>`, x(i), y(n), x(i)+7, max(y(n)-4, 11), n))
		}
		fmt.Fprintf(&b, `<polyline class="model" points="%s"/>%s`, strings.Join(line, " "), strings.Join(dots, ""))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // numbers, and instants that are escaped
}

// SheetText writes the same as plain text.
func SheetText(w *bufio.Writer, exercises []Exercise) {
	for _, e := range exercises {
		fmt.Fprintf(w, "%s\n\n%s\n", printable(e.Title), wrapped(e.Intro, ""))
		for i := range e.Questions {
			q := &e.Questions[i]
			fmt.Fprintln(w)
			if q.Before != "" {
				fmt.Fprintln(w, wrapped(q.Before, ""))
			}
			fmt.Fprintln(w, wrapped(strconv.Itoa(i+1)+". "+q.Ask, ""))
			q.printRoom(w)
		}
		fmt.Fprintln(w)
	}
	for _, e := range exercises {
		fmt.Fprintf(w, "%s\n%s: answers\n", strings.Repeat("-", width), printable(e.Title))
		for i := range e.Questions {
			q := &e.Questions[i]
			fmt.Fprintf(w, "\n%s\n", wrapped(strconv.Itoa(i+1)+". The model says "+q.Words(q.Right)+".", ""))
			writeBars(w, q.Bars, screen.Style{})
			q.printReasons(w)
		}
		if e.End != "" {
			fmt.Fprintf(w, "\n%s\n", wrapped(e.End, ""))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "Every figure is computed by wspsim, model %s, seed %d.\n", netmodel.ModelVersion, play.DefaultSeed)
}

// printRoom prints where the guess goes.
func (q *Question) printRoom(w *bufio.Writer) {
	switch q.Kind {
	case page.Choose:
		for _, c := range q.Choices {
			fmt.Fprintf(w, "   [ ] %s\n", printable(c))
		}
	case page.Sketch:
		for _, at := range q.At {
			fmt.Fprintf(w, "   pending at %s: ______\n", printable(at))
		}
	default:
		fmt.Fprintf(w, "   Your guess: ______ (%s)\n", q.Range())
	}
}

// printReasons prints why, with the rules.
func (q *Question) printReasons(w *bufio.Writer) {
	for _, b := range q.Because {
		text := b.Text
		if len(b.Rules) > 0 && !strings.Contains(text, b.Rules[0]) && !strings.HasSuffix(text, ":") {
			text += " (" + strings.Join(b.Rules, ", ") + ")"
		}
		fmt.Fprintln(w, wrapped(text, ""))
	}
}
