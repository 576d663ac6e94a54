package teach

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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
		if !exercise.Questions[i].possible(answer) {
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
// choice are the choices; those of a number are its values, or ranges of one width.
func (l *Lesson) Histogram(question int) (columns []Column, skipped int) {
	q := &l.Exercise.Questions[question]
	counts := map[int64]int{}
	for _, answer := range l.answers[question] {
		if n, ok := number(answer); ok {
			counts[n]++
		} else {
			skipped++
		}
	}
	right, _ := number(q.Right)
	if q.Choices != nil {
		for i, label := range q.Choices {
			columns = append(columns, Column{label, counts[int64(i+1)], int64(i+1) == right})
		}
		return columns, skipped
	}
	values := []int64{right}
	for n := range counts {
		if n != right {
			values = append(values, n)
		}
	}
	slices.Sort(values)
	if len(values) <= mostColumns {
		for _, n := range values {
			columns = append(columns, Column{q.value(n), counts[n], n == right})
		}
		return columns, skipped
	}
	low, high := values[0], values[len(values)-1]
	wide := (high - low + mostColumns) / mostColumns
	for from := low; from <= high; from += wide {
		to := from + wide - 1
		col := Column{Label: strconv.FormatInt(from, 10) + " to " + strconv.FormatInt(to, 10), Right: right >= from && right <= to}
		if wide == 1 {
			col.Label = strconv.FormatInt(from, 10)
		}
		for n, students := range counts {
			if n >= from && n <= to {
				col.Students += students
			}
		}
		columns = append(columns, col)
	}
	return columns, skipped
}
