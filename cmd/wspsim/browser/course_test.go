package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// wholeCourse writes the page of all lessons and returns its address.
func wholeCourse(t testing.TB, args ...string) string {
	t.Helper()
	return export(t, append([]string{"--lesson", "all"}, args...)...)
}

func TestACourseGoesFromLessonToLesson(t *testing.T) {
	for _, args := range [][]string{nil, {"--no-sim"}} {
		b := open(t)
		b.size(1440, 900, "light", "reduce")
		b.load(wholeCourse(t, args...))
		n := ask[int](b, "document.getElementById('course').options.length")
		if n < 10 {
			t.Fatalf("%v: the course has %d lessons, want at least 10", args, n)
		}
		for i := range n {
			if got := ask[int](b, "document.getElementById('course').selectedIndex"); got != i {
				t.Fatalf("%v: lesson %d is on the stage, want %d", args, got+1, i+1)
			}
			title := ask[string](b, "document.querySelector('.predict h2').textContent")
			if option := ask[string](b, "document.getElementById('course').selectedOptions[0].text"); !strings.Contains(option, title) {
				t.Errorf("%v: the list says %q, the card %q", args, option, title)
			}
			b.click("#skip")
			if i < n-1 {
				b.click("#nextlesson")
			} else if ask[bool](b, "Boolean(document.getElementById('nextlesson'))") {
				t.Errorf("%v: the last lesson offers a next one", args)
			}
		}
		b.quiet()
	}
}

func TestAFinishedLessonHasATick(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	url := wholeCourse(t)
	b.load(url + "#burst?lesson=refused-or-ignored")
	for range 3 {
		b.until("['ask', 'guide'].includes(document.querySelector('.predict').dataset.state)")
		if ask[bool](b, "Boolean(document.querySelector('[data-choice]'))") {
			b.click("[data-choice='0']")
		} else {
			b.do(chromedp.Focus(chromedp.CSS("#guess")))
			b.keys("7\r")
		}
		b.click("#onward")
	}
	if got := ask[string](b, "document.getElementById('course').selectedOptions[0].text"); !strings.HasSuffix(got, "✓") {
		t.Errorf("after its last question the list says %q, want a tick", got)
	}
	b.click("#nextlesson")
	if got := ask[string](b, "document.getElementById('course').selectedOptions[0].text"); strings.HasSuffix(got, "✓") {
		t.Errorf("a lesson that nobody has taken has a tick: %q", got)
	}
	b.quiet()
}

func TestASecondClickAtOncePicksNoAnswer(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	b.load(export(t, "--lesson", "no-more-descriptors"))
	for ask[string](b, "document.getElementById('onward').textContent") != "To the question" {
		b.click("#onward")
	}
	// The button of the question is made to lie where the last one was.
	ask[bool](b, `(() => {
		const onward = document.getElementById('onward');
		const at = {bubbles: true, detail: 1, screenX: 700, screenY: 300};
		onward.dispatchEvent(new MouseEvent('click', at));
		document.querySelector('[data-choice]').dispatchEvent(new MouseEvent('click', {...at, detail: 2}));
		return true;
	})()`)
	if got := ask[string](b, "document.querySelector('.predict').dataset.state"); got != "ask" {
		t.Errorf("a second click at the same place leaves the card in the state %q, want ask", got)
	}
	b.click("[data-choice='1']")
	if got := ask[string](b, "document.querySelector('.predict').dataset.state"); got != "told" {
		t.Errorf("a click elsewhere leaves the card in the state %q, want told", got)
	}
	b.quiet()
}

func TestShowMeOneIsInSight(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	b.load(export(t, "--lesson", "listen-again"))
	for ask[string](b, "document.querySelector('.predict').dataset.state") != "end" {
		switch {
		case ask[bool](b, "Boolean(document.querySelector('[data-choice]'))"):
			b.click("[data-choice='0']")
		case ask[bool](b, "Boolean(document.getElementById('guess'))"):
			b.do(chromedp.Focus(chromedp.CSS("#guess")))
			b.keys("1\r")
		case ask[bool](b, "Boolean(document.getElementById('showone'))"):
			b.click("#showone")
			if !ask[bool](b, "(() => { const s = [...document.querySelectorAll('.scene')].find((e) => e.querySelector('.cell.picked') && e.getBoundingClientRect().top < innerHeight - 200 && e.getBoundingClientRect().bottom > 200); return Boolean(s); })()") {
				t.Errorf("%s: no scene with the picked client is in sight", ask[string](b, "document.querySelector('.step').textContent"))
			}
			if top := ask[float64](b, "document.getElementById('clock').getBoundingClientRect().top"); top < -1 || top > 900 {
				t.Errorf("%s: the clock is at %v px", ask[string](b, "document.querySelector('.step').textContent"), top)
			}
			b.click("#onward")
		default:
			b.click("#onward")
		}
	}
	b.quiet()
}

func TestTheCourseIsOneFileThatCanBeMailed(t *testing.T) {
	for name, most := range map[string]int64{"": 1_200_000, "--no-sim": 400_000} {
		file := filepath.Join(t.TempDir(), "course.html")
		args := []string{"export", file, "--lesson", "all"}
		if name != "" {
			args = append(args, name)
		}
		command(t, args...)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() >= most {
			t.Errorf("the course %s has %d bytes, want less than %d", name, info.Size(), most)
		}
	}
}
