package teach

import (
	"fmt"
	"slices"
	"strings"

	"wspsim/netmodel/trace/page"
)

// Class is the lines of a class, counted.
type Class struct {
	Read    int      // lines that count
	Unread  []Unread // lines that do not, in their order
	Lessons []Lesson // in the order in which the lines name them
}

// Unread is a line that does not count. Blank lines are left out.
type Unread struct {
	Number int // the first line is 1
	Text   string
	Why    string
}

// Lesson is the answers of a class to one lesson.
type Lesson struct {
	Exercise *Exercise
	Students int
	answers  [][]string // of each question
}

// ReadClass reads the lines of a class. The function find returns the exercise of a lesson,
// or nil if there is none.
func ReadClass(text string, find func(name string) (*Exercise, error)) (*Class, error) {
	c := &Class{}
	first := map[string][]string{} // answers by lesson and mark
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		why, err := c.add(line, first, find)
		if err != nil {
			return nil, err
		}
		if why != "" {
			c.Unread = append(c.Unread, Unread{number, line, why})
		}
	}
	return c, nil
}

// add counts a line, or returns why not.
func (c *Class) add(line string, first map[string][]string, find func(string) (*Exercise, error)) (string, error) {
	e, err := parseClassLine(line)
	if err != nil {
		return err.Error(), nil
	}
	exercise, err := find(e.lesson)
	if err != nil {
		return "", err
	}
	if exercise == nil {
		return "of another lesson: " + e.lesson, nil
	}
	if len(e.answers) != len(exercise.Questions) {
		return fmt.Sprintf("answers: %d, questions of the lesson: %d", len(e.answers), len(exercise.Questions)), nil
	}
	for i, answer := range e.answers {
		if answer != Skipped && !exercise.Questions[i].possible(answer) {
			return fmt.Sprintf("nobody can answer question %d with %s", i+1, answer), nil
		}
	}
	key := e.lesson + " " + e.mark
	if before, met := first[key]; met {
		if slices.Equal(before, e.answers) {
			return "the same line again", nil
		}
		return "a second line of @" + e.mark + "; the first one counts", nil
	}
	first[key] = e.answers
	c.count(exercise, e.answers)
	return "", nil
}

func (c *Class) count(exercise *Exercise, answers []string) {
	i := slices.IndexFunc(c.Lessons, func(l Lesson) bool { return l.Exercise == exercise })
	if i < 0 {
		i = len(c.Lessons)
		c.Lessons = append(c.Lessons, Lesson{Exercise: exercise, answers: make([][]string, len(answers))})
	}
	c.Read++
	l := &c.Lessons[i]
	l.Students++
	for k, answer := range answers {
		l.answers[k] = append(l.answers[k], answer)
	}
}

// Column is a bar of a histogram: how many students gave an answer, or one of a range.
type Column struct {
	Label    string
	Students int
	Right    bool // the answer of the model is in it
}

// mostColumns is how many columns a histogram of numbers has at most.
const mostColumns = 8

// Histogram counts the answers to a question, and those who did not guess. The columns of a
// choice are the choices; those of a number are its values, or ranges of one width. A sketch
// has a histogram for each of its instants; the others have one, of part 0.
func (l *Lesson) Histogram(question, part int) (columns []Column, skipped int) {
	q := &l.Exercise.Questions[question]
	counts := map[int64]int{}
	for _, answer := range l.answers[question] {
		if all, ok := numbers(answer); ok {
			counts[all[part]]++
		} else {
			skipped++
		}
	}
	all, _ := numbers(q.Right)
	right := all[part]
	if q.Kind == page.Choose {
		for i, label := range q.Choices {
			columns = append(columns, Column{label, counts[int64(i+1)], int64(i+1) == right})
		}
		return columns, skipped
	}
	return q.columns(counts, right), skipped
}

// Parts is how many histograms a question has.
func (q *Question) Parts() int { return max(1, len(q.At)) }

// columns makes columns of the counts of numbers.
func (q *Question) columns(counts map[int64]int, right int64) []Column {
	values := []int64{right}
	for n := range counts {
		if n != right {
			values = append(values, n)
		}
	}
	slices.Sort(values)
	low, high, wide := values[0], values[len(values)-1], int64(1)
	if len(values) > mostColumns {
		wide = (high - low + mostColumns) / mostColumns
	}
	var columns []Column
	for i := 0; i < len(values); {
		from := values[i]
		if wide > 1 {
			from = low + (from-low)/wide*wide
		}
		col := Column{Label: q.value(from)}
		if wide > 1 {
			col.Label += " to " + q.value(from+wide-1)
		}
		for ; i < len(values) && values[i] < from+wide; i++ {
			col.Students += counts[values[i]]
			col.Right = col.Right || values[i] == right
		}
		columns = append(columns, col)
	}
	return columns
}
