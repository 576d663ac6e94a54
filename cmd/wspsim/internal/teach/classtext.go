package teach

import (
	"bufio"
	"fmt"
	"strings"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/words"
)

// mostUnread is how many lines that do not count are shown.
const mostUnread = 20

// Text prints a histogram for each question, the answer of the model, and the lines that do
// not count.
func (c *Class) Text(w *bufio.Writer, style screen.Style) {
	fmt.Fprintf(w, "%s read, %s not\n", words.Counted(c.Read, "line"), words.Count(len(c.Unread)))
	for i := range c.Lessons {
		l := &c.Lessons[i]
		fmt.Fprintf(w, "\n%s\n", style.Bold(printable(l.Exercise.Title)+", "+words.Counted(l.Students, "student")))
		for k := range l.Exercise.Questions {
			q := &l.Exercise.Questions[k]
			fmt.Fprintf(w, "\n%s\n", wrapped(fmt.Sprintf("%d. %s", k+1, q.Ask), ""))
			l.printQuestion(w, k, style)
		}
	}
	if len(c.Unread) > 0 {
		fmt.Fprintf(w, "\n%s\n", style.Bold("Not read"))
	}
	for i, u := range c.Unread {
		if i == mostUnread {
			fmt.Fprintf(w, "  and %s more\n", words.Count(len(c.Unread)-i))
			break
		}
		fmt.Fprintf(w, "  line %d: %s: %s\n", u.Number, u.Why, shortened(u.Text))
	}
}

// shortened returns the beginning of a text, fit for a terminal.
func shortened(text string) string {
	const most = 50
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return printable(text)
}

func (l *Lesson) printQuestion(w *bufio.Writer, question int, style screen.Style) {
	q := &l.Exercise.Questions[question]
	skipped := 0
	for part := range q.Parts() {
		if q.At != nil {
			fmt.Fprintf(w, "  at %s\n", q.At[part])
		}
		var columns []Column
		columns, skipped = l.Histogram(question, part)
		printColumns(w, columns, style)
	}
	said := fmt.Sprintf("> the model says %s: %s right", printable(q.Words(q.Right)), ofStudents(l.right(question), l.Students))
	if skipped > 0 {
		said += fmt.Sprintf(", %d without a guess", skipped)
	}
	fmt.Fprintln(w, words.Wrap(said, width, "  "))
}

func ofStudents(n, all int) string { return fmt.Sprintf("%d of %d", n, all) }

// printColumns draws a histogram. The column of the right answer is marked.
func printColumns(w *bufio.Writer, columns []Column, style screen.Style) {
	longest, most := 0, 1
	for _, c := range columns {
		longest, most = max(longest, utf8.RuneCountInString(printable(c.Label))), max(most, c.Students)
	}
	block := "#"
	if style.Blocks {
		block = "█"
	}
	for _, c := range columns {
		label, mark := printable(c.Label), " "
		if c.Right {
			mark = ">"
		}
		line := fmt.Sprintf("  %s %s%s  %3d  %s", mark, label, strings.Repeat(" ", longest-utf8.RuneCountInString(label)), c.Students, strings.Repeat(block, c.Students*barWidth/most))
		if line = strings.TrimRight(line, " "); c.Right {
			line = style.Green(line)
		}
		fmt.Fprintln(w, line)
	}
}

// right returns how many answers are that of the model.
func (l *Lesson) right(question int) int {
	n := 0
	for _, answer := range l.answers[question] {
		if answer != Skipped && l.Exercise.Questions[question].Hit(answer) {
			n++
		}
	}
	return n
}
