package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
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
			l := &lesson{tab: b, course: c, of: runs, byKeys: byKeys}
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

// lesson is the card that asks, with the figures of the runs by name.
type lesson struct {
	*tab
	course course
	of     map[string]func(string) int
	byKeys bool
	hits   int
}

// figuresOfPage runs the commands that the page names, with --json and --jsonl.
func figuresOfPage(b *tab, c course) map[string]func(string) int {
	b.Helper()
	commands := ask[[]string](b, "[...document.querySelectorAll('.about .cmd')].map(e => e.textContent)")
	if len(commands) != len(c.Runs) {
		b.Fatalf("lesson %s: the page names the commands %q, want %d", c.Name, commands, len(c.Runs))
	}
	all := map[string]func(string) int{}
	for i, line := range commands {
		args := strings.Fields(strings.ReplaceAll(line, "'", ""))[2:]
		statistics := figures(b.T, args...)
		lines := command(b.T, append(append([]string{"run"}, args...), "--jsonl")...)
		all[c.Runs[i].Name] = func(path string) int {
			kind, records := strings.CutPrefix(path, "records.")
			client, rest := strings.CutPrefix(path, "clients.")
			switch {
			case records:
				return countLines(lines, kind, "")
			case rest && strings.HasSuffix(client, ".syns"):
				client = strings.TrimSuffix(client, ".syns")
				return countLines(lines, "syn_sent", client) + countLines(lines, "syn_sent_again", client)
			case rest && strings.HasSuffix(client, ".ms"):
				return timeOf(b.T, args, strings.TrimSuffix(client, ".ms"))
			case strings.Contains(path, "_ns."):
				return (statistics(path) + 500_000) / 1_000_000
			}
			return statistics(path)
		}
	}
	return all
}

// countLines counts the lines of a kind, about a client if one is named.
func countLines(lines []byte, kind, client string) int {
	n := 0
	for s := bufio.NewScanner(bytes.NewReader(lines)); s.Scan(); {
		var r struct{ Kind, Client string }
		if json.Unmarshal(s.Bytes(), &r) == nil && r.Kind == kind && (client == "" || r.Client == client) {
			n++
		}
	}
	return n
}

// press clicks, or comes with Tab and presses Enter.
func (l *lesson) press(css string) {
	l.Helper()
	if !l.byKeys {
		l.click(css)
		return
	}
	l.tabTo(css)
	l.keys("\r")
}

// tabTo presses Tab until an element has the focus.
func (l *lesson) tabTo(css string) {
	l.Helper()
	for range 300 {
		if ask[bool](l.tab, fmt.Sprintf("document.activeElement.matches(%q)", css)) {
			return
		}
		l.keys("\t")
	}
	l.Fatalf("Tab never comes to %s", css)
}

// answer goes through the captions, gives an answer and checks what the reveal says.
func (l *lesson) answer(i, play int) {
	l.Helper()
	q := l.course.Questions[i]
	if i > 0 {
		l.press("#onward")
	}
	for range q.Captions {
		l.until("document.querySelector('.predict').dataset.state === 'guide'")
		l.press("#onward")
	}
	l.until("document.querySelector('.predict').dataset.state === 'ask'")
	all := q.guesses()
	guess := all[play%len(all)]
	switch q.Kind {
	case "choice":
		l.press("[data-choice='" + guess + "']")
	case "number":
		if l.byKeys {
			l.tabTo("#guess")
		} else {
			l.click("#guess")
		}
		l.keys(guess)
		l.press("#reveal")
	case "sketch":
		for k, n := range strings.Split(guess, ",") {
			l.slide(k, n, q.Max)
		}
		l.press("#reveal")
	}
	l.told(q, guess)
	l.shown(q)
}

// slide moves a slider with the keys Home, End and →.
func (l *lesson) slide(k int, to string, most int) {
	l.Helper()
	css := fmt.Sprintf(".slider:nth-child(%d) input", k+1)
	if l.byKeys {
		l.tabTo(css)
	} else {
		l.click(css) // focus
	}
	n, err := strconv.Atoi(to)
	if err != nil {
		l.Fatal(err)
	}
	if n == most {
		l.keys("\u0305") // End
	} else {
		l.keys("\u0306" + strings.Repeat("\u0303", n)) // Home, →
	}
	if got := ask[string](l.tab, fmt.Sprintf("document.querySelector(%q).value", css)); got != to {
		l.Errorf("slider %d stands at %s, want %s", k+1, got, to)
	}
}

// told checks what the reveal says, and every number in it against run --json.
func (l *lesson) told(q question, guess string) {
	l.Helper()
	l.until("document.querySelector('.predict').dataset.state === 'told'")
	if got := ask[string](l.tab, "document.querySelector('.you').dataset.right"); got != q.right {
		l.Errorf("the player says %q, lessons check says %q", got, q.right)
	}
	hit := ask[string](l.tab, "document.querySelector('.you').dataset.hit") == "true"
	if guess == q.right && !hit {
		l.Errorf("the right answer %s counts as wrong", guess)
	}
	if hit {
		l.hits++
	}
	said := ask[string](l.tab, "document.querySelector('.you').textContent")
	switch q.Kind {
	case "choice":
		if hit != (guess == q.right) || !strings.Contains(said, q.Choices[q.rightOne].Label) {
			l.Errorf("guess %s, right %s: the reveal says %q", guess, q.right, said)
		}
	case "number":
		if l.of[q.Run](q.Figure) != atoi(l.T, q.right) || !strings.Contains(said, guess) || guess != q.right && !strings.Contains(said, q.right) {
			l.Errorf("guess %s, right %s, run --json has %d: the reveal says %q", guess, q.right, l.of[q.Run](q.Figure), said)
		}
	case "sketch":
		rows := ask[string](l.tab, "[...document.querySelectorAll('.compared tbody tr')].map(r => r.children[2].textContent).join()")
		if rows != q.right {
			l.Errorf("the reveal lists %s as the model's, want %s", rows, q.right)
		}
	}
	type bar struct{ Run, Figure, Value string }
	bars := ask[[]bar](l.tab, "[...document.querySelectorAll('.b b')].map(b => ({Run: b.dataset.run || '', Figure: b.dataset.figure || '', Value: b.textContent}))")
	for _, b := range bars {
		want := guess
		if b.Figure != "" {
			want = strconv.Itoa(l.of[b.Run](b.Figure))
		}
		if b.Value != want {
			l.Errorf("the reveal shows %s for %s of %s, run --json has %s", b.Value, b.Figure, b.Run, want)
		}
	}
	if len(bars) < len(q.Bars) {
		l.Errorf("the reveal has %d bars, want %d", len(bars), len(q.Bars))
	}
	if strings.ContainsAny(ask[string](l.tab, "document.querySelector('.predict').textContent"), "{}") {
		l.Error("a text of the reveal has a brace: a figure is missing")
	}
	if ask[int](l.tab, "document.querySelectorAll('.predict .rule').length") == 0 {
		l.Error("the reveal cites no rule")
	}
}

func atoi(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shown presses "show me one", which seeks and picks.
func (l *lesson) shown(question) {
	l.Helper()
	before := ask[string](l.tab, "document.getElementById('clock').textContent")
	l.press("#showone")
	if got := ask[string](l.tab, "document.getElementById('clock').textContent"); got == "0.000 ms" {
		l.Errorf("show me one leaves the clock at %s, before %s", got, before)
	}
	if n := ask[int](l.tab, "document.querySelectorAll('.half-life .life li:not(.fut)').length"); n == 0 {
		l.Error("show me one picks nobody to whom something has happened")
	}
}

func (l *lesson) ended() {
	l.Helper()
	l.until("document.querySelector('.predict').dataset.state === 'end'")
	if got, want := ask[string](l.tab, "document.getElementById('score').textContent"), fmt.Sprintf("%d of %d", l.hits, len(l.course.Questions)); !strings.HasPrefix(got, want) {
		l.Errorf("the end says %q, want %s", got, want)
	}
	if ask[bool](l.tab, "document.getElementById('play').disabled || 'ask' in document.body.dataset") {
		l.Error("behind the lesson the player is locked")
	}
}

// timeOf is when the last attempt of a client was decided after its first connect, in ms.
func timeOf(t testing.TB, args []string, client string) int {
	t.Helper()
	lines := command(t, append(append([]string{"run"}, args...), "--jsonl")...)
	var first, decided, end int64 = -1, -1, 0
	for s := bufio.NewScanner(bytes.NewReader(lines)); s.Scan(); {
		var r struct {
			At           int64 `json:"at_ns"`
			Virtual      int64 `json:"virtual_ns"`
			Kind, Client string
		}
		if json.Unmarshal(s.Bytes(), &r) != nil {
			continue
		}
		end = max(end, r.Virtual)
		if r.Client != client {
			continue
		}
		switch r.Kind {
		case "syn_sent":
			if first < 0 {
				first = r.At
			}
		case "request_accepted", "connect_failed", "broken":
			decided = r.At
		}
	}
	if decided < 0 {
		decided = end
	}
	return int((decided - first + 500_000) / 1_000_000)
}
