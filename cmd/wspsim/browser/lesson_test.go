package browser

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// plays are the guesses of each play through the lesson about burst: a choice, two numbers.
var plays = [][3]string{{"Windows", "20", "0"}, {"Linux", "0", "50"}, {"Both alike", "right", "right"}, {"Windows", "50", "right"}}

func TestTheLessonPlaysToItsEndByClicksInEachAnswer(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "no-preference")
	url := export(t, "burst", "--lesson")
	for _, play := range plays {
		b.load(url)
		l := lesson{b, figuresOf(t)}
		l.click("[data-choice='" + play[0] + "']")
		l.told(play[0], "Windows")
		l.shown()
		for i, path := range []string{"listener.accepted_after_refusal", "outcomes.phantom"} {
			l.click("#onward")
			right := l.figure([]string{"windows", "linux"}[i])(path)
			guess := play[i+1]
			if guess == "right" {
				guess = strconv.Itoa(right)
			}
			l.click("#guess")
			l.keys(guess)
			l.click(".number .btn")
			l.told(guess, strconv.Itoa(right))
			l.click("#showone")
		}
		l.click("#onward")
		l.ended(play)
		l.click("#again")
		l.until("document.querySelector('.predict').dataset.state === 'ask'")
		b.quiet()
	}
}

func TestTheLessonPlaysToItsEndByKeysAlone(t *testing.T) {
	b := open(t)
	b.size(900, 900, "dark", "reduce")
	url := export(t, "burst", "--lesson")
	for choice := range 3 {
		b.load(url)
		l := lesson{b, figuresOf(t)}
		label := []string{"Windows", "Linux", "Both alike"}[choice]
		l.tabTo("[data-choice='" + label + "']")
		l.keys("\r")
		l.told(label, "Windows")
		for i, path := range []string{"listener.accepted_after_refusal", "outcomes.phantom"} {
			l.tabTo("#onward")
			l.keys("\r")
			l.tabTo("#guess")
			l.keys("7\r")
			l.told("7", strconv.Itoa(l.figure([]string{"windows", "linux"}[i])(path)))
			l.tabTo("#showone")
			l.keys("\r")
		}
		l.tabTo("#onward")
		l.keys("\r")
		l.until("document.querySelector('.predict').dataset.state === 'end'")
		b.quiet()
	}
}

func TestNothingIsGivenAwayBeforeTheGuess(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--lesson"))
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
	b.click("[data-choice='Windows']")
	if !strings.Contains(ask[string](b, visible), "51 SYN refused") {
		t.Error("after the guess the page hides how many were refused")
	}
}

// lesson is the card that asks, and the figures of the runs by profile.
type lesson struct {
	*tab
	of map[string]func(string) int
}

func figuresOf(t *testing.T) map[string]func(string) int {
	return map[string]func(string) int{"windows": figures(t, "burst", "--profile", "windows"), "linux": figures(t, "burst", "--profile", "linux")}
}

func (l lesson) figure(profile string) func(string) int { return l.of[profile] }

// tabTo presses Tab until an element has the focus.
func (l lesson) tabTo(css string) {
	l.Helper()
	for range 200 {
		if ask[bool](l.tab, fmt.Sprintf("document.activeElement.matches(%q)", css)) {
			return
		}
		l.keys("\t")
	}
	l.Fatalf("Tab never comes to %s", css)
}

// told checks what the reveal says, and every number in it against run --json.
func (l lesson) told(guess, right string) {
	l.Helper()
	l.until("document.querySelector('.predict').dataset.state === 'told'")
	said := ask[string](l.tab, "document.querySelector('.you').textContent")
	if got := ask[string](l.tab, "document.querySelector('.you').dataset.right"); got != right {
		l.Errorf("the model says %q, want %q", got, right)
	}
	if !strings.Contains(said, guess) || !strings.Contains(said, right) && guess != right {
		l.Errorf("the reveal says %q, want the guess %s and the answer %s", said, guess, right)
	}
	type bar struct{ Profile, Figure, Value string }
	bars := ask[[]bar](l.tab, "[...document.querySelectorAll('.b b')].map(b => ({Profile: b.dataset.profile || '', Figure: b.dataset.figure || '', Value: b.textContent}))")
	for _, b := range bars {
		want := guess
		if b.Figure != "" && b.Figure != "undefined" {
			want = strconv.Itoa(l.figure(b.Profile)(b.Figure))
		}
		if b.Value != want {
			l.Errorf("the reveal shows %s for %s of %s, run --json has %s", b.Value, b.Figure, b.Profile, want)
		}
	}
	if len(bars) < 3 {
		l.Errorf("the reveal has %d bars, want 3 or more", len(bars))
	}
}

// shown presses "show me one", which seeks and picks.
func (l lesson) shown() {
	l.Helper()
	before := ask[string](l.tab, "document.getElementById('clock').textContent")
	l.click("#showone")
	if got := ask[string](l.tab, "document.getElementById('clock').textContent"); got == before {
		l.Errorf("show me one leaves the clock at %s", got)
	}
	if n := ask[int](l.tab, "document.querySelectorAll('.half-life .key').length"); n == 0 {
		l.Error("show me one picks nobody whom something befell")
	}
}

func (l lesson) ended(play [3]string) {
	l.Helper()
	l.until("document.querySelector('.predict').dataset.state === 'end'")
	hits := 0
	for i, want := range []string{"Windows", strconv.Itoa(l.figure("windows")("listener.accepted_after_refusal")), strconv.Itoa(l.figure("linux")("outcomes.phantom"))} {
		if play[i] == want || play[i] == "right" {
			hits++
		}
	}
	if got, want := ask[string](l.tab, "document.getElementById('score').textContent"), fmt.Sprintf("%d of 3", hits); !strings.HasPrefix(got, want) {
		l.Errorf("guesses %v: the end says %q, want %s", play, got, want)
	}
}
