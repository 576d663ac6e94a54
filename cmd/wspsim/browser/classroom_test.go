package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// classTold is what the dialog of the teacher says, in the form of testdata/class.json.
const classTold = `({
	read: document.getElementById('classread').textContent,
	unread: [...document.querySelectorAll('#classtold .unread li')].map(e => e.dataset.why ? e.textContent.match(/^line \d+: /)[0] + e.dataset.why : e.textContent),
	histograms: [...document.querySelectorAll('#classtold .hist ul')].map(u => [...u.children].map(c => c.dataset.label + ' ' + c.dataset.students + (c.dataset.right ? ' right' : ''))),
})`

type classTalk struct {
	Read       string     `json:"read"`
	Unread     []string   `json:"unread"`
	Histograms [][]string `json:"histograms"`
}

// classroom loads the page of a lesson, and opens the dialog of the teacher.
func (b *tab) classroom(lesson string) {
	b.Helper()
	b.load(export(b.T, "--lesson", lesson))
	b.click("#skip")
	b.click("#classroom")
	b.until("document.getElementById('dialog').open && document.activeElement.id === 'classlines'")
}

// paste puts text into the box, as a paste does.
func (b *tab) paste(text string) {
	b.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		b.Fatal(err)
	}
	ask[bool](b, fmt.Sprintf("(() => { const box = document.getElementById('classlines'); box.value = %s; box.dispatchEvent(new Event('input')); return true; })()", quoted))
}

func TestThePageReadsTheLinesOfAClassAsTheCommandDoes(t *testing.T) {
	var cases []struct {
		classTalk
		Read              int `json:"read"`
		Why, Lesson, Text string
	}
	text, err := os.ReadFile("../testdata/class.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := open(t)
	b.size(900, 900, "light", "reduce")
	before := ""
	for _, c := range cases {
		if c.Lesson != before {
			b.classroom(c.Lesson)
			before = c.Lesson
		}
		b.paste(c.Text)
		got := ask[classTalk](b, classTold)
		if len(c.Unread) > 20 {
			c.Unread = append(c.Unread[:20], fmt.Sprintf("and %d more", len(c.Unread)-20))
		}
		if want := fmt.Sprintf("%d line", c.Read); !strings.HasPrefix(got.Read, want) {
			t.Errorf("%s: the page says %q, want %q", c.Why, got.Read, want)
		}
		if !slices.Equal(got.Unread, c.Unread) {
			t.Errorf("%s: not read are\n%s\nwant\n%s", c.Why, strings.Join(got.Unread, "\n"), strings.Join(c.Unread, "\n"))
		}
		if !slices.EqualFunc(got.Histograms, c.Histograms, slices.Equal) {
			t.Errorf("%s: the histograms are %q, want %q", c.Why, got.Histograms, c.Histograms)
		}
		if ask[int](b, "document.querySelectorAll('#classtold img, #classtold script').length") > 0 {
			t.Errorf("%s: a line became markup", c.Why)
		}
	}
	b.quiet()
}

var classLine = regexp.MustCompile(`^wspsim1 refused-or-ignored 2 20 5 @[a-z0-9]{5} #[0-9a-f]{8}$`)

func TestTheLineOfAStudentIsReadByThePageAndTheCommand(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	b.load(export(t, "--lesson", "refused-or-ignored"))
	b.click("[data-choice='1']")
	for _, guess := range []string{"20", "5"} {
		b.click("#onward")
		b.click("#guess")
		b.keys(guess + "\r")
		b.until("document.querySelector('.predict').dataset.state === 'told'")
	}
	b.click("#onward")
	line := ask[string](b, "document.getElementById('classline').textContent")
	if !classLine.MatchString(line) {
		t.Fatalf("the line is %q, want the guesses 2 20 5", line)
	}
	b.click("#copyline")
	b.until("document.getElementById('copyline').textContent !== 'Copy the line'")
	if said := ask[string](b, "document.getElementById('copyline').textContent"); said != "Copied" && ask[string](b, "String(getSelection())") != line {
		t.Errorf("a click on Copy says %q and selects %q", said, ask[string](b, "String(getSelection())"))
	}
	b.click("#classroom")
	b.keys("Anna: " + line + "\r" + line) // typed, with a comment before it, and twice
	if got := ask[classTalk](b, classTold); !strings.HasPrefix(got.Read, "1 line read, 1 not") || len(got.Histograms) != 3 || got.Histograms[0][1] != "Linux 1" {
		t.Errorf("the page reads its own line as %+v", got)
	}
	b.keys("\u001b")
	b.until("!document.getElementById('dialog').open")
	b.quiet()
	c := exec.Command(wspsim, "lessons", "class", "-")
	c.Stdin = strings.NewReader(line)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 line read, 0 not") || !strings.Contains(string(out), "    Linux         1  ") {
		t.Errorf("lessons class says %s, %v", out, err)
	}
}

func TestTheClassroomFitsItsWindow(t *testing.T) {
	b := open(t)
	shots := os.Getenv("WSPSIM_SHOTS")
	var lines []string
	for i := range 28 {
		c := exec.Command(wspsim, "quiz", "the-burst", "--class", fmt.Sprintf("s%d", i))
		c.Stdin = strings.NewReader(fmt.Sprintf("%d\n%d %d 5 2 0\n%d\n", 1+i%2, i%4, i%7, i%13+2))
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(out)), "\n")[strings.Count(strings.TrimSpace(string(out)), "\n")])
	}
	text := strings.Join(append(lines, "hello <b>teacher</b> "+strings.Repeat("and so on ", 30), lines[0][:40]), "\n")
	for _, width := range []int64{360, 400, 900, 1440} {
		for _, theme := range []string{"light", "dark"} {
			b.size(width, 900, theme, "reduce")
			b.classroom("the-burst")
			b.paste(text)
			if got := ask[string](b, "document.getElementById('classread').textContent"); got != "28 lines read, 2 not" {
				t.Fatalf("the page says %q", got)
			}
			for _, fault := range ask[[]string](b, classFaults) {
				t.Errorf("%d px, %s: %s", width, theme, fault)
			}
			if shots != "" {
				png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				if err == nil {
					err = os.WriteFile(filepath.Join(shots, fmt.Sprintf("classroom-%d-%s.png", width, theme)), png, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	b.quiet()
}

// classFaults finds text of the dialog that is small, pale, over other text, or outside.
const classFaults = `(() => {
	const faults = [], box = document.getElementById('dialog').getBoundingClientRect(), boxes = [];
	if (box.left < 0 || box.right > innerWidth) faults.push('the dialog goes from ' + box.left + ' to ' + box.right);
	const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number);
	const lum = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
	const walk = document.createTreeWalker(document.getElementById('dialog'), NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement, style = getComputedStyle(e), say = (what) => faults.push(what + ': ' + n.textContent.slice(0, 40));
		if (!n.textContent.trim()) continue;
		if (parseFloat(style.fontSize) < 11.9) say('text of ' + style.fontSize);
		const a = lum(rgb(style.color)), b = lum(behind(e));
		if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) say('contrast');
		const range = document.createRange();
		range.selectNodeContents(n);
		for (const r of range.getClientRects()) {
			if (r.left < box.left - 0.5 || r.right > box.right + 0.5) say('outside the dialog');
			for (const o of boxes) if (o.n !== n && Math.min(r.right, o.r.right) - Math.max(r.left, o.r.left) > 2 && Math.min(r.bottom, o.r.bottom) - Math.max(r.top, o.r.top) > 5) say('over ' + o.n.textContent);
			boxes.push({r, n});
		}
	}
	if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than its window');
	return [...new Set(faults)].slice(0, 10);
})()`

func TestASheetPrintsOnTwoPages(t *testing.T) {
	b := open(t)
	found := regexp.MustCompile(`(?m)^ +\d+  ([a-z-]+) `).FindAllStringSubmatch(string(command(t, "lessons")), -1)
	if len(found) < 10 {
		t.Fatalf("wspsim lessons has %d lessons", len(found))
	}
	file := filepath.Join(t.TempDir(), "sheet.html")
	for _, l := range found {
		command(t, "lessons", "sheet", l[1], file)
		b.size(800, 900, "light", "reduce")
		b.do(navigate("file://" + file))
		b.until("document.readyState === 'complete' && document.querySelectorAll('section').length === 2")
		if n := b.pages(); n != 2 {
			t.Errorf("the sheet of %s has %d pages, want 2", l[1], n)
		}
		b.quiet()
	}
}

// pages returns how many pages the tab prints on, of A4 as its style says.
func (b *tab) pages() int {
	b.Helper()
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	if err != nil {
		b.Fatal(err)
	}
	return strings.Count(string(pdf), "/Type /Page\n")
}
