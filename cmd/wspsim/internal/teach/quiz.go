package teach

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace/page"
)

const (
	width    = 100  // columns of running text
	barWidth = 40   // columns of the longest bar
	mostLine = 1000 // bytes of a guess
	mostBad  = 20   // lines in a row that are no guess: nobody reads what is answered
)

// Quiz asks the questions of an exercise, one after the other, and reveals each answer after
// the guess. The zero value of another field than Exercise, In and Out is right for a pipe.
type Quiz struct {
	Exercise
	In      *bufio.Reader
	Out     *bufio.Writer
	Style   screen.Style
	Typed   bool     // a person types, so the terminal shows the guesses
	Class   string   // the mark of the student, "" for no line of a class
	Guesses []string // tokens, as many as there were guesses
}

// errLeft says that the reader ended the quiz, or the input ended.
var errLeft = errors.New("the quiz was left")

// Play asks and reveals until the questions, or the guesses, end. The error is one of the
// input, or that of the context.
func (z *Quiz) Play(ctx context.Context) error {
	fmt.Fprintln(z.Out, z.Style.Bold(printable(z.Title)))
	if z.Note != "" {
		fmt.Fprintln(z.Out, z.Style.Dim(wrapped(z.Note, "")))
	}
	fmt.Fprintf(z.Out, "\n%s\n", wrapped(z.Intro, ""))
	for i := range z.Questions {
		q := &z.Questions[i]
		z.ask(i, q)
		guess, err := z.guess(ctx, q)
		if errors.Is(err, errLeft) {
			break
		}
		if err != nil {
			return err
		}
		z.Guesses = append(z.Guesses, guess)
		z.reveal(q, guess)
	}
	z.end()
	if line := z.classLine(); line != "" {
		fmt.Fprintf(z.Out, "\nThe line for your teacher:\n%s\n", line)
	}
	return nil
}

// classLine returns the line for the teacher, "" without a mark or a guess.
func (z *Quiz) classLine() string {
	if z.Class == "" || len(z.Guesses) == 0 {
		return ""
	}
	answers := slices.Clone(z.Guesses)
	for len(answers) < len(z.Questions) {
		answers = append(answers, Skipped)
	}
	line, err := ClassLine(z.Name, answers, z.Class)
	if err != nil {
		return "" // the command has looked at the mark
	}
	return line
}

func (z *Quiz) ask(i int, q *Question) {
	fmt.Fprintf(z.Out, "\n%s\n", z.Style.Dim(fmt.Sprintf("Question %d of %d", i+1, len(z.Questions))))
	if q.Before != "" {
		fmt.Fprintln(z.Out, wrapped(q.Before, ""))
	}
	fmt.Fprintln(z.Out, z.Style.Bold(wrapped(q.Ask, "")))
	if i > 0 && q.Kind == page.Choose && slices.Equal(q.Choices, z.Questions[i-1].Choices) {
		var again []string
		for n, c := range q.Choices {
			again = append(again, fmt.Sprintf("%d %s", n+1, printable(c)))
		}
		fmt.Fprintln(z.Out, words.Wrap(strings.Join(again, ", "), width, "  "))
		return
	}
	for n, c := range q.Choices {
		fmt.Fprintf(z.Out, "  %d  %s\n", n+1, printable(c))
	}
}

// guess reads lines until one is a guess.
func (z *Quiz) guess(ctx context.Context, q *Question) (string, error) {
	for bad := 0; ; bad++ {
		if bad == mostBad {
			fmt.Fprintf(z.Out, "%d lines were no guess.\n", mostBad)
			return "", errLeft
		}
		fmt.Fprintf(z.Out, "%s ", q.prompt())
		if err := z.Out.Flush(); err != nil {
			return "", err
		}
		typed, err := readLine(ctx, z.In)
		if err != nil {
			fmt.Fprintln(z.Out)
			return "", err
		}
		if !z.Typed {
			fmt.Fprintln(z.Out, printable(typed))
		}
		if isQuit(typed) {
			return "", errLeft
		}
		guess, err := q.Read(typed)
		if err == nil {
			return guess, nil
		}
		fmt.Fprintf(z.Out, "%s\n", words.Wrap("  "+printable(err.Error())+"; q ends", width, "  "))
	}
}

func isQuit(typed string) bool {
	typed = strings.TrimSpace(typed)
	return strings.EqualFold(typed, "q") || strings.EqualFold(typed, "quit")
}

// prompt says what a guess may be.
func (q *Question) prompt() string {
	switch {
	case q.Kind == page.Choose:
		return fmt.Sprintf("Your guess (1 to %d):", len(q.Choices))
	case q.Kind == page.Sketch:
		return fmt.Sprintf("Your guess, pending at %s (0 to %s each):", strings.Join(q.At, ", "), words.Count(q.most()))
	case q.Unit != "" && q.Max == 0:
		return "Your guess (such as 210ms):"
	case q.Unit != "":
		return fmt.Sprintf("Your guess (0 to %s ms):", words.Count(q.Max))
	case q.Max > 0:
		return fmt.Sprintf("Your guess (0 to %s):", words.Count(q.Max))
	}
	return "Your guess (a number):"
}

// readLine returns the next line without its end. It returns errLeft at the end of the input,
// and the error of the context as soon as that is done, so that Ctrl-C ends a quiz.
func readLine(ctx context.Context, in *bufio.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		line, err := boundedLine(in)
		read <- answer{line, err}
	}()
	select {
	case a := <-read:
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// boundedLine reads a line and keeps its first bytes.
func boundedLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part[:min(len(part), mostLine-len(line))]...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) == 0:
			return "", errLeft
		case err != nil && !errors.Is(err, io.EOF):
			return "", fmt.Errorf("cannot read the guesses: %w", err)
		}
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}

func (z *Quiz) reveal(q *Question, guess string) {
	fmt.Fprintln(z.Out)
	said, right := printable(q.Words(guess)), printable(q.Words(q.Right))
	switch {
	case guess == q.Right:
		fmt.Fprintln(z.Out, z.Style.Green("You said "+said+", and so says the model."))
	case q.Hit(guess):
		fmt.Fprintln(z.Out, z.Style.Green("You said "+said+", the model says "+right+": close enough."))
	default:
		fmt.Fprintln(z.Out, z.Style.Red("You said "+said+", the model says "+right+"."))
	}
	writeBars(z.Out, q.barsWith(guess), z.Style)
	q.printReasons(z.Out)
	for _, id := range q.rulesOf() {
		if r, ok := profiles.RuleByID(id); ok {
			indent := strings.Repeat(" ", 10)
			fmt.Fprintf(z.Out, "  %-6s  %s\n", z.Style.Dim(id), strings.TrimLeft(words.Wrap(r.Claim, width, indent), " "))
		}
	}
	if q.Command != "" {
		fmt.Fprintf(z.Out, "  see it  %s\n", q.Command)
	}
}

// barsWith returns the bars of the answer, with the guess beside the figures that it is about.
func (q *Question) barsWith(guess string) []Bar {
	mine, _ := numbers(guess)
	right, _ := numbers(q.Right)
	var bars []Bar
	switch {
	case q.Kind == page.Count && len(q.Bars) > 0:
		bars = append(bars, Bar{Label: "your guess", Value: mine[0], Unit: q.Unit})
	case q.Kind == page.Sketch:
		for i, at := range q.At {
			bars = append(bars, Bar{Label: at + ", your guess", Value: mine[i]}, Bar{Label: at + ", the model", Value: right[i]})
		}
	}
	return append(bars, q.Bars...)
}

// writeBars draws figures as bars: counts on one scale, times on another.
func writeBars(w io.Writer, bars []Bar, style screen.Style) {
	longest, digits := 0, 0
	most := mostOf(bars)
	for _, b := range bars {
		longest, digits = max(longest, utf8.RuneCountInString(printable(b.Label))), max(digits, len(b.Text()))
	}
	block := "#"
	if style.Blocks {
		block = "█"
	}
	for _, b := range bars {
		n := int(float64(b.Value) / float64(most[b.Unit]) * barWidth)
		if b.Value > 0 {
			n = max(n, 1)
		}
		label := printable(b.Label)
		line := fmt.Sprintf("  %s%s  %*s  %s", label, strings.Repeat(" ", longest-utf8.RuneCountInString(label)), digits, b.Text(), strings.Repeat(block, n))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// end tells the score, what was learned if all was asked, and where to go on.
func (z *Quiz) end() {
	hits := z.hits()
	fmt.Fprintln(z.Out)
	switch n := len(z.Guesses); {
	case n == 0:
		fmt.Fprintln(z.Out, "You have not guessed. The questions stay here.")
		return
	case n < len(z.Questions):
		fmt.Fprintf(z.Out, "%s; %s left.\n", z.Style.Bold(fmt.Sprintf("%d of %d as the model has it", hits, n)), words.Counted(len(z.Questions)-n, "question"))
		return
	default:
		fmt.Fprintf(z.Out, "%s\n", z.Style.Bold(fmt.Sprintf("%d of %d as the model has it.", hits, n)))
	}
	if z.End != "" {
		fmt.Fprintf(z.Out, "\n%s\n", wrapped(z.End, ""))
	}
	fmt.Fprintln(z.Out)
	for i, line := range z.Next {
		what := "next"
		if i > 0 {
			what = "or"
		}
		fmt.Fprintf(z.Out, "  %-6s  %s\n", what, line)
	}
}

// hits returns how many guesses are right.
func (z *Quiz) hits() int {
	n := 0
	for i, guess := range z.Guesses {
		if z.Questions[i].Hit(guess) {
			n++
		}
	}
	return n
}

func printable(text string) string { return words.Printable(text) }

func wrapped(text, indent string) string { return words.Wrap(printable(text), width, indent) }
