package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// lesson is the card that asks, with the figures of the runs by name.
type lesson struct {
	*tab
	course course
	of     map[string]func(string) int
	byKeys bool
	looks  bool // whether the layout is looked at
	hits   int
}

// look finds what is wrong with the layout of a question, before and after the guess.
func (l *lesson) look(where string) {
	l.Helper()
	if !l.looks {
		return
	}
	// A caption stays in sight on a phone, over what is scrolled below it.
	ask[bool](l.tab, "scrollTo(0, 0), true")
	for _, fault := range awaited[[]string](l.tab, faultsOf(true)) {
		l.Errorf("%s: %s", where, fault)
	}
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
		l.look("a caption")
		l.press("#onward")
	}
	l.until("document.querySelector('.predict').dataset.state === 'ask'")
	l.look("question " + strconv.Itoa(i+1))
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
	l.look("answer " + strconv.Itoa(i+1))
	l.shown()
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
func (l *lesson) shown() {
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

func TestAQuestionDoesNotGiveItsAnswerAway(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "--lesson", "refused-or-ignored"))
	shown := ask[string](b, "document.querySelector('main').innerText") // without what is hidden
	for _, word := range []string{"SYN refused", "SYN ignored", "ACK ignored", "refuses with an RST", "stays silent", "What differs", "Try it"} {
		if strings.Contains(shown, word) {
			t.Errorf("while the lesson asks which system answers with an RST, the page says %q", word)
		}
	}
	b.quiet()
}
