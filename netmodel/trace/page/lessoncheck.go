package page

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/trace/recording"
)

// mostText is the most bytes of one text of a lesson.
const mostText = 1000

// mostGuess is the largest number that a question may ask for.
const mostGuess = 1_000_000

// Problem is something wrong in a lesson.
type Problem struct {
	Path  string   // where, as in the JSON: "questions[0].choices[1].run"
	Text  string   // what is wrong
	Got   string   // the name that nothing has, "" for none
	Known []string // the names that there are
}

func (p Problem) String() string { return p.Path + ": " + p.Text }

// Problems returns all that is wrong in a lesson, in the order of the JSON. Without runs it
// looks only at what needs none.
func (l Lesson) Problems(runs []recording.Run) []Problem {
	c := &checker{lesson: l, runs: runs}
	c.texts()
	if len(l.Runs) < 1 || len(l.Runs) > MostSystems {
		c.say("runs", "%d runs: want 1 to %d", len(l.Runs), MostSystems)
	}
	for i, r := range l.Runs {
		c.lessonRun(fmt.Sprintf("runs[%d]", i), r, l.Runs[:i])
	}
	if len(l.Questions) == 0 {
		c.say("questions", "no questions: want at least one")
	}
	for i, q := range l.Questions {
		c.question(fmt.Sprintf("questions[%d]", i), q)
		c.early(i)
	}
	if runs != nil && len(runs) != len(l.Runs) {
		c.say("runs", "%d runs are played, the lesson has %d", len(runs), len(l.Runs))
	}
	return c.found
}

// checker collects what is wrong.
type checker struct {
	lesson Lesson
	runs   []recording.Run // nil if they are not played
	found  []Problem
}

func (c *checker) say(path, text string, args ...any) {
	c.found = append(c.found, Problem{Path: path, Text: fmt.Sprintf(text, args...)})
}

// name says that a name is none of those that there are.
func (c *checker) name(path, what, got string, known []string) bool {
	if slices.Contains(known, got) {
		return true
	}
	c.found = append(c.found, Problem{Path: path, Text: fmt.Sprintf("unknown %s %q", what, got), Got: got, Known: known})
	return false
}

// texts checks the texts of the lesson itself.
func (c *checker) texts() {
	l := c.lesson
	if l.Name == "" || strings.Trim(l.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.say("name", "%q: want small letters, digits and hyphens", l.Name)
	}
	c.text("title", l.Title, true)
	if l.Scenario == "" {
		c.say("scenario", "no scenario: want a name of wspsim list")
	}
	c.text("intro", l.Intro, true)
	c.text("end", l.End, true)
	c.text("teaches", l.Teaches, false)
	c.text("adapt", l.Adapt, false)
}

// text checks a text and the figures in it.
func (c *checker) text(path, text string, needed bool) {
	switch {
	case needed && strings.TrimSpace(text) == "":
		c.say(path, "no text")
	case len(text) > mostText:
		c.say(path, "%d bytes: want at most %d", len(text), mostText)
	case !utf8.ValidString(text):
		c.say(path, "not UTF-8")
	case strings.ContainsFunc(text, unicode.IsControl):
		c.say(path, "a control character, such as the end of a line; want one line of text")
	}
	rest := inText.ReplaceAllString(text, "")
	if strings.ContainsAny(rest, "{}") {
		c.say(path, "a brace without a figure: want {RUN.FIGURE}, such as {%s.outcomes.refused}", c.first())
	}
	for _, f := range inText.FindAllStringSubmatch(text, -1) {
		c.figure(path, f[1], f[2])
	}
}

// first is the name of the first run, for examples.
func (c *checker) first() string {
	if len(c.lesson.Runs) > 0 {
		return c.lesson.Runs[0].Name
	}
	return "linux"
}

func (c *checker) runNames() []string {
	var names []string
	for _, r := range c.lesson.Runs {
		names = append(names, r.Name)
	}
	return names
}

func (c *checker) lessonRun(path string, r LessonRun, before []LessonRun) {
	switch {
	case r.Name == "" || strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		c.say(path+".name", "%q: want small letters, digits and hyphens", r.Name)
	case slices.ContainsFunc(before, func(o LessonRun) bool { return o.Name == r.Name }):
		c.say(path+".name", "two runs have the name %s", r.Name)
	}
	c.text(path+".label", r.Label, true)
	if _, ok := profiles.ByName(r.Profile); !ok {
		var known []string
		for _, p := range profiles.All() {
			known = append(known, p.Name)
		}
		c.name(path+".profile", "profile", r.Profile, known)
	}
}

// run checks the name of a run, and reports whether it was played.
func (c *checker) run(path, name string) bool {
	return c.name(path, "run", name, c.runNames()) && c.runs != nil
}

// figure checks that a run has a figure.
func (c *checker) figure(path, run, figure string) {
	if !c.run(path, run) {
		return
	}
	if kind, ok := strings.CutPrefix(figure, "records."); ok {
		c.name(path, "kind of record", kind, kinds())
		return
	}
	if _, err := c.lesson.Figure(c.runs, run, figure); err != nil {
		r, missing := c.lesson.run(c.runs, run)
		if missing != nil {
			c.say(path, "%v", err)
			return
		}
		c.found = append(c.found, Problem{Path: path, Text: err.Error(), Got: figure, Known: figureNames(r)})
	}
}

// figureNames lists the figures of a run.
func figureNames(r *recording.Run) []string {
	var names []string
	for _, f := range r.Figures {
		names = append(names, f.Name)
	}
	for _, n := range r.Names {
		names = append(names, "clients."+n+".syns", "clients."+n+".attempts", "clients."+n+".ms")
	}
	return names
}

// kinds lists the kinds of records.
func kinds() []string {
	var all []string
	for k := range netmodel.Kind(255) {
		if name := trace.KindName(k); name != "" {
			all = append(all, name)
		}
	}
	return all
}

func (c *checker) question(path string, q Question) {
	for i, s := range q.Captions {
		p := fmt.Sprintf("%s.captions[%d]", path, i)
		c.text(p+".text", s.Text, true)
		if s.Seek != (Moment{}) {
			c.moment(p+".seek", s.Seek)
		}
		if s.Point != "" {
			c.name(p+".point", "part of the picture", s.Point, points())
		}
	}
	before := len(c.found)
	if c.name(path+".kind", "kind of question", q.Kind, []string{Choose, Count, Sketch}) {
		c.kind(path, q)
	}
	c.text(path+".ask", q.Ask, true)
	for i, b := range q.Bars {
		p := fmt.Sprintf("%s.bars[%d]", path, i)
		c.text(p+".label", b.Label, true)
		c.figure(p+".figure", b.Run, b.Figure)
		if b.Colour != "" {
			c.name(p+".colour", "colour", b.Colour, colours())
		}
	}
	c.scale(path+".bars", q)
	if len(q.Because) == 0 {
		c.say(path+".because", "no cause: want a text with its rules")
	}
	for i, b := range q.Because {
		c.text(fmt.Sprintf("%s.because[%d].text", path, i), b.Text, true)
		for k, id := range b.Rules {
			c.rule(fmt.Sprintf("%s.because[%d].rules[%d]", path, i, k), id)
		}
	}
	c.moment(path+".show", q.Show)
	c.text(path+".show.label", q.Show.Label, true)
	c.text(path+".misconception", q.Misconception, false)
	if len(c.found) == before && c.runs != nil {
		c.answer(path, q)
	}
}

// early complains about a bar of question n that shows what a later question asks for.
func (c *checker) early(n int) {
	for i, b := range c.lesson.Questions[n].Bars {
		for k := n + 1; k < len(c.lesson.Questions); k++ {
			if later := c.lesson.Questions[k]; later.Figure == b.Figure && (later.Run == b.Run || later.Run == "") && later.Figure != c.lesson.Questions[n].Figure {
				c.say(fmt.Sprintf("questions[%d].bars[%d]", n, i), "it answers question %d: %s of %s", k+1, b.Figure, b.Run)
			}
		}
	}
}

// scale checks that the bars of a reveal can be compared.
func (c *checker) scale(path string, q Question) {
	var figures []string
	if q.Kind == Count {
		figures = append(figures, q.Figure) // the guess is a bar too
	}
	for _, b := range q.Bars {
		figures = append(figures, b.Figure)
	}
	for _, f := range figures {
		if isTime(f) != isTime(figures[0]) {
			c.say(path, "%s and %s on one scale: want counts only, or times only", figures[0], f)
			return
		}
	}
}

// kind checks what each kind of question needs, and has no use for.
func (c *checker) kind(path string, q Question) {
	if q.Kind == Choose {
		c.choices(path, q)
	} else if len(q.Choices) > 0 {
		c.say(path+".choices", "a question of the kind %s has no choices", q.Kind)
	}
	if q.Kind != Choose && (q.Max < 1 || q.Max > mostGuess) {
		c.say(path+".max", "%d: want the largest guess, 1 to %d", q.Max, mostGuess)
	}
	if q.Near < 0 || q.Near > 0 && q.Near >= q.Max {
		c.say(path+".near", "%d: want how far off a right guess may be, 0 to max - 1", q.Near)
	}
	if q.Kind != Choose && (q.Right != "" || q.Client != "") {
		c.say(path+".right", "a question of the kind %s has no right and no client; they are for choices", q.Kind)
	}
	if q.Kind != Sketch && len(q.At) > 0 {
		c.say(path+".at", "a question of the kind %s has no instants", q.Kind)
	}
	if q.Kind == Choose && q.Max != 0 {
		c.say(path+".max", "a question of the kind %s has no largest guess", q.Kind)
	}
	switch q.Kind {
	case Count:
		c.figure(path+".figure", q.Run, q.Figure)
	case Sketch:
		c.run(path+".run", q.Run)
		c.instants(path, q)
	}
}

// instants checks when a sketch asks.
func (c *checker) instants(path string, q Question) {
	if len(q.At) < 2 || len(q.At) > mostInstants {
		c.say(path+".at", "%d instants: want 2 to %d", len(q.At), mostInstants)
	}
	before := int64(-1)
	for i, text := range q.At {
		p := fmt.Sprintf("%s.at[%d]", path, i)
		at, err := instantOf(text)
		switch {
		case err != nil:
			c.say(p, "%v", err)
		case at <= before:
			c.say(p, "%s is not after the instant before", text)
		default:
			c.within(p, text, q.Run)
		}
		before = at
	}
}

// mostInstants is how many sliders a question may have.
const mostInstants = 8

// within checks that an instant lies in a run.
func (c *checker) within(path, text, run string) {
	at, err := instantOf(text)
	if err != nil {
		c.say(path, "%v", err)
		return
	}
	if r, missing := c.lesson.run(c.runs, run); missing == nil && at > r.End {
		c.say(path, "%s is after the end of run %s, %d ms", text, run, milliseconds(r.End))
	}
}

func (c *checker) choices(path string, q Question) {
	if len(q.Choices) < 2 {
		c.say(path+".choices", "%d choices: want at least two", len(q.Choices))
	}
	for i, o := range q.Choices {
		p := fmt.Sprintf("%s.choices[%d]", path, i)
		c.text(p+".label", o.Label, true)
		if slices.ContainsFunc(q.Choices[:i], func(b Choice) bool { return b.Label == o.Label }) {
			c.say(p+".label", "two choices say %q", o.Label)
		}
		switch q.Right {
		case most, least:
			if o.Is != "" {
				c.say(p+".is", "where right is %s, a choice has a run or nothing", q.Right)
			}
			if o.Run != "" {
				c.figure(p+".run", o.Run, q.Figure)
			}
			if slices.ContainsFunc(q.Choices[:i], func(b Choice) bool { return b.Run == o.Run }) {
				c.say(p+".run", "two choices have the run %s", o.Run)
			}
		case outcome:
			c.name(p+".is", "outcome", o.Is, outcomes())
		case aboveZero:
			c.name(p+".is", "answer", o.Is, []string{"yes", "no"})
		}
		if o.Is != "" && slices.ContainsFunc(q.Choices[:i], func(b Choice) bool { return b.Is == o.Is }) {
			c.say(p+".is", "two choices are right if the answer is %s", o.Is)
		}
	}
	if !c.name(path+".right", "way to find the right choice", q.Right, []string{most, least, outcome, aboveZero}) {
		return
	}
	switch q.Right {
	case aboveZero:
		c.figure(path+".figure", q.Run, q.Figure)
	case outcome:
		if c.run(path+".run", q.Run) {
			if r, missing := c.lesson.run(c.runs, q.Run); missing == nil {
				c.name(path+".client", "client", q.Client, r.Names)
			}
		}
	}
}

// rule checks that a rule exists, and that the runs cite it.
func (c *checker) rule(path, id string) {
	var all []string
	for _, r := range profiles.Rules() {
		all = append(all, r.ID)
	}
	if !c.name(path, "rule", id, all) || c.runs == nil {
		return
	}
	var cited []string
	for _, r := range c.runs {
		for _, rule := range r.Rules {
			if rule.ID == id {
				return
			}
			if !slices.Contains(cited, rule.ID) {
				cited = append(cited, rule.ID)
			}
		}
	}
	c.say(path, "no record of the runs cites %s; they cite %s", id, strings.Join(cited, ", "))
}

// moment checks that there is something to show.
func (c *checker) moment(path string, m Moment) {
	played := c.run(path+".run", m.Run)
	switch {
	case m.At != "" && m.Kind != "":
		c.say(path+".at", "an instant and a kind: want one of them")
	case m.At != "" && played:
		c.within(path+".at", m.At, m.Run)
	case m.At != "":
		if _, err := instantOf(m.At); err != nil {
			c.say(path+".at", "%v", err)
		}
	case m.Kind == "":
		c.say(path+".kind", "nothing to seek: want the kind of a record, or an instant in at")
	case c.name(path+".kind", "kind of record", m.Kind, kinds()) && played:
		r, missing := c.lesson.run(c.runs, m.Run)
		if missing != nil {
			return
		}
		if m.Client != "" && !c.name(path+".client", "client", m.Client, r.Names) {
			return
		}
		if count(r, m.Kind, m.Client) == 0 {
			c.say(path+".kind", "run %s has no record %s%s to show", m.Run, m.Kind, ofClient(m.Client))
		}
	}
}

func ofClient(name string) string {
	if name == "" {
		return ""
	}
	return " of client " + name
}

// answer checks that the right answer exists, and that the reader can give it.
func (c *checker) answer(path string, q Question) {
	right, err := c.lesson.Answer(q, c.runs)
	if err != nil {
		c.say(path, "%v", err)
		return
	}
	if q.Kind == Count && (right.Number < 0 || right.Number > int64(q.Max)) {
		c.say(path+".max", "%d: the right answer is %d", q.Max, right.Number)
	}
	for i, n := range right.Sketch {
		if n > int64(q.Max) {
			c.say(path+".max", "%d: at %s the right answer is %d", q.Max, q.At[i], n)
		}
	}
}
