package browser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// course is a lesson as lessons show prints it, as far as a test wants it.
type course struct {
	Name      string
	Runs      []struct{ Name string }
	Questions []question
}

type question struct {
	Captions []struct {
		Seek struct{ Run, Client, At string }
	}
	Kind     string
	Run      string
	Figure   string
	Choices  []struct{ Label string }
	At       []string
	Max      int
	Bars     []struct{ Run, Figure string }
	Show     struct{ Run string }
	right    string // as the player writes it: what lessons check says
	rightOne int    // place of the right choice
}

// courses returns all lessons, with the answers that lessons check prints.
func courses(t *testing.T) []course {
	t.Helper()
	var all []course
	for line := range strings.Lines(string(command(t, "lessons"))) {
		fields := strings.Fields(line)
		if len(fields) < 3 || strings.Trim(fields[0], "0123456789") != "" || fields[1] == "lessons," {
			continue
		}
		text := command(t, "lessons", "show", fields[1])
		file := filepath.Join(t.TempDir(), "lesson.json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var c course
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		n := 0
		for answer := range strings.Lines(string(command(t, "lessons", "check", file))) {
			if right, ok := strings.CutPrefix(strings.TrimSuffix(answer, "\n"), "     = "); ok {
				c.Questions[n].answered(right)
				n++
			}
		}
		if n != len(c.Questions) {
			t.Fatalf("lessons check %s prints %d answers, want %d", fields[1], n, len(c.Questions))
		}
		all = append(all, c)
	}
	if len(all) < 10 {
		t.Fatalf("wspsim lessons lists %d lessons, want 10 or more", len(all))
	}
	return all
}

// answered turns what lessons check prints into what the player has as data-right.
func (q *question) answered(right string) {
	q.right = strings.TrimSuffix(right, " ms")
	switch q.Kind {
	case "choice":
		for i, c := range q.Choices {
			if c.Label == right {
				q.right, q.rightOne = strconv.Itoa(i), i
			}
		}
	case "sketch":
		var all []string
		for part := range strings.SplitSeq(right, ", ") {
			n, _, _ := strings.Cut(part, " at ")
			all = append(all, n)
		}
		q.right = strings.Join(all, ",")
	}
}

// guesses returns all answers of a question that a test gives: every choice; for numbers the
// right one, none and the most.
func (q question) guesses() []string {
	var all []string
	switch q.Kind {
	case "choice":
		for i := range q.Choices {
			all = append(all, strconv.Itoa(i))
		}
	case "number":
		all = []string{q.right, "0", strconv.Itoa(q.Max)}
	case "sketch":
		n := len(q.At)
		all = []string{q.right, strings.Join(slices.Repeat([]string{"0"}, n), ","), strings.Join(slices.Repeat([]string{strconv.Itoa(q.Max)}, n), ",")}
	}
	return all
}

// plays is how often a lesson must be played for all answers.
func (c course) plays() int {
	most := 0
	for _, q := range c.Questions {
		most = max(most, len(q.guesses()))
	}
	return most
}

func TestEveryLessonPlaysToItsEndInAllItsAnswers(t *testing.T) {
	b := open(t)
	for n, c := range courses(t) {
		args := []string{"--lesson", c.Name}
		if n%3 > 0 {
			args = append(args, "--no-sim") // the simulator takes a while to start
		}
		url := export(t, args...)
		var runs map[string]func(string) int
		for play := range c.plays() {
			byKeys := (n+play)%2 == 0
			width := []int64{1440, 900, 400}[(n+play)%3]
			b.size(width, 900, []string{"light", "dark"}[play%2], "reduce")
			b.load(url)
			if runs == nil {
				runs = figuresOfPage(b, c)
			}
			l := &lesson{tab: b, course: c, of: runs, byKeys: byKeys, looks: n%3 > 0 || play == 0}
			for i := range c.Questions {
				l.answer(i, play)
			}
			l.press("#onward")
			l.ended()
			l.press("#again")
			l.until("['ask', 'guide'].includes(document.querySelector('.predict').dataset.state)")
			b.quiet()
			if t.Failed() {
				t.Fatalf("lesson %s, play %d, by keys: %t, %d px", c.Name, play, byKeys, width)
			}
		}
	}
}

func TestNothingIsGivenAwayBeforeTheGuess(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--lesson", "--no-sim"))
	visible := "document.body.innerText"
	for _, secret := range []string{"51 SYN refused", "19 SYN", "refuses with an RST", "stays silent", "Later in this run"} {
		if strings.Contains(ask[string](b, visible), secret) {
			t.Errorf("before the guess the page says %q", secret)
		}
	}
	b.keys(" r") // neither play nor jump
	if got := ask[string](b, "document.getElementById('clock').textContent"); got != "0.000 ms" {
		t.Errorf("before the guess the clock can be moved: it shows %s", got)
	}
	b.click("[data-choice='0']")
	if !strings.Contains(ask[string](b, visible), "51 SYN refused") {
		t.Error("after the guess the page hides how many were refused")
	}
}

func TestASketchIsDrawnOnTheChartWithThePointer(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "reduce")
	b.load(export(t, "--lesson", "retry-wave", "--no-sim"))
	if got := ask[string](b, "getComputedStyle(document.querySelector('.sketched > svg')).visibility"); got != "hidden" {
		t.Errorf("before the guess the curve of the model is %s", got)
	}
	// Half the way up the chart, with a pointer.
	drag := `(() => {
		const knob = document.querySelectorAll('.guessknob')[1], box = document.querySelector('.sketch').getBoundingClientRect();
		const at = (type, y) => knob.dispatchEvent(new PointerEvent(type, {pointerId: 1, isPrimary: true, button: 0, clientX: box.left, clientY: y, bubbles: true}));
		knob.setPointerCapture = () => {};
		at('pointerdown', box.bottom); at('pointermove', box.top + box.height / 2); at('pointerup', box.top + box.height / 2);
		return [...document.querySelectorAll('.slider input')].map((i) => i.value).join();
	})()`
	if got, want := ask[string](b, drag), "0,6,0,0,0,0"; got != want {
		t.Errorf("a point that is dragged half the way up a chart of 11: the guess is %s, want %s", got, want)
	}
	b.click("#reveal")
	b.until("document.querySelector('.predict').dataset.state === 'told'")
	if n := ask[int](b, "document.querySelectorAll('.sketch.told .depth').length"); n != 1 {
		t.Errorf("the reveal lays %d curves over the guess, want 1", n)
	}
	b.click("#onward")
	b.until("document.querySelector('.predict').dataset.state === 'ask'")
	if n := ask[int](b, "document.querySelectorAll('.sketch, .sketched').length"); n != 0 {
		t.Errorf("the next question leaves %d parts of the sketch", n)
	}
	b.quiet()
}

// The first minute: the reader is dropped before any word for it is explained.
func TestTheFirstDropHappensToTheReaderBeforeTheWordQueue(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "--lesson", "one-door", "--no-sim"))
	caption := func() string { return ask[string](b, "document.querySelector('#caption').textContent") }
	dropped := false
	for step := range 20 {
		text := caption()
		if strings.Contains(text, "queue") && !dropped {
			t.Errorf("step %d speaks of the queue before the reader is dropped: %s", step+1, text)
		}
		dropped = dropped || strings.Contains(text, "connect fails")
		if !ask[bool](b, "document.querySelector('.pointed') !== null") {
			t.Errorf("step %d points at nothing: %s", step+1, text)
		}
		last := ask[string](b, "document.querySelector('#onward').textContent") != "Next"
		b.click("#onward")
		if last {
			break
		}
	}
	if !dropped {
		t.Error("the reader is never dropped")
	}
	if got := ask[string](b, "document.querySelector('.predict').dataset.state"); got != "ask" {
		t.Errorf("behind the captions the card is %s, want ask", got)
	}
	b.quiet()
}

func TestACaptionPlaysOnToItsInstant(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "--lesson", "one-door", "--no-sim"))
	clock := "parseFloat(document.getElementById('clock').textContent)"
	began := time.Now()
	b.until(clock + " > 5 && " + clock + " < 20") // on its way
	b.until(clock + " === 20.419")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the first caption takes %v", took)
	}
	b.click("#onward")
	b.click("#onward") // before it has arrived
	b.until(clock + " === 21.419")
	b.click("#back")
	b.until(clock + " === 21")
	for range 3 {
		b.click("#onward") // the last of them seeks nothing
	}
	if got := ask[string](b, "document.getElementById('clock').textContent"); got != "22.419 ms" {
		t.Errorf("a caption that is left early leaves the clock at %s, want 22.419 ms", got)
	}
	b.quiet()
}

// The questions are about the runs of the lesson, whatever the reader has changed since.
func TestANextQuestionTakesBackWhatTheReaderChanged(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "reduce")
	b.load(export(t, "--lesson", "the-bench"))
	b.click("#guess")
	b.keys("6\r")
	b.until("document.querySelector('.predict').dataset.state === 'told'")
	limits := "[...document.querySelectorAll('.scene .bl')].map(e => e.textContent).join()"
	before := ask[string](b, limits)
	b.do(chromedp.Focus(chromedp.CSS(".try input[type=range][aria-label=Clients]")))
	b.keys("\u0303\u0303\u0303")
	b.until("document.querySelector('.about .cmd').textContent.includes('clients=15')")
	b.click("#onward")
	b.until("document.querySelector('.predict').dataset.state === 'ask'")
	if got := ask[string](b, "document.querySelector('.about .cmd').textContent"); !strings.Contains(got, "clients=12") || ask[string](b, limits) != before {
		t.Errorf("behind a change the next question is about %s, want 12 clients", got)
	}
	b.quiet()
}

func TestTheLinkOfAMomentComesBeforeTheLesson(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "--lesson", "one-door", "--no-sim") + "#t=25&c=c3")
	b.until("document.querySelector('.predict').dataset.state === 'end'")
	if got := ask[string](b, "document.getElementById('clock').textContent"); got != "25.000 ms" {
		t.Errorf("the link of 25 ms shows %s", got)
	}
	b.click("#again")
	b.until("document.querySelector('.predict').dataset.state === 'guide'")
	b.until("document.getElementById('clock').textContent === '20.419 ms'")
	b.quiet()
}
