package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// reproduced runs a moment with the command, and returns its hash.
func reproduced(t testing.TB, moment string) string {
	t.Helper()
	c := exec.Command(wspsim, "run", "--from", moment, "--json")
	out, _ := c.Output() // exit code 1 is about expectations
	var run struct {
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal(out, &run); err != nil || run.Hash == "" {
		t.Fatalf("run --from %s: %s", moment, out)
	}
	return run.Hash
}

// hashes returns the hashes that the page shows, and the moments of the commands beside them.
func (b *tab) hashes() (hashes, moments []string) {
	b.Helper()
	text := ask[string](b, "document.querySelector('.about').textContent")
	for _, part := range strings.Split(text, "hash ")[1:] {
		hashes = append(hashes, part[:16])
	}
	for _, found := range regexp.MustCompile(`--from '([^']*)'`).FindAllStringSubmatch(text, -1) {
		moments = append(moments, found[1])
	}
	return hashes, moments
}

// set types a value into the field of a knob.
func (b *tab) set(knob, value string) {
	b.Helper()
	b.do(chromedp.Focus(chromedp.CSS(fmt.Sprintf(".knob[data-knob=%s] input[type=text]", knob))))
	ask[bool](b, "document.activeElement.select() || true")
	b.keys(value + "\r")
}

func TestThePageOfASimulatorRunsWhatTheCommandRuns(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	url := export(t, "burst", "--profile", "windows,linux")
	b.load(url)
	same := func(why string) {
		t.Helper()
		b.keys("\u0303")
		got, moments := b.hashes()
		if moments == nil { // the stored runs say how the command makes them without a moment
			moments = []string{"burst?profile=windows", "burst?profile=linux"}
		}
		if len(got) != 2 || len(moments) != 2 {
			t.Fatalf("%s: the page shows the hashes %v and the moments %v, want two each", why, got, moments)
		}
		for i, moment := range moments {
			if want := reproduced(t, moment); got[i] != want {
				t.Errorf("%s: the page has hash %s, run --from %s has %s", why, got[i], moment, want)
			}
		}
	}
	same("as exported")
	b.set("backlog", "20")
	same("another backlog")
	b.do(chromedp.Focus(chromedp.CSS(".knob[data-knob=workers] input[type=range]")))
	b.keys("\u0303\u0303")
	if got := ask[string](b, "document.querySelector('.knob[data-knob=workers] input[type=text]').value"); got != "3" {
		t.Errorf("two steps of the slider set %q workers, want 3", got)
	}
	same("more workers")
	b.set("service", "1.5ms")
	same("a service time")
	b.click("#scenes")
	b.keys("r")
	for _, act := range []string{"knock", "burst", "listen", "take", "give", "stall", "close"} {
		b.click("[data-act=" + act + "]")
		same("after " + act)
	}
	if got := ask[int](b, "document.querySelectorAll('.inputs li').length"); got != 7 {
		t.Errorf("the page lists %d acts, want 7", got)
	}
	b.click(".inputs li:nth-child(2) button")
	same("one act taken back")
	b.until("location.hash.includes('do=5.000002ms:stall') && location.hash.includes('close') && location.hash.includes('t=6')") // the page writes its address when the reader rests
	shown := ask[string](b, "document.getElementById('clock').textContent")
	b.load(url + ask[string](b, "location.hash"))
	if got := ask[string](b, "document.getElementById('clock').textContent"); got != shown {
		t.Errorf("the link of the moment shows %s, want %s", got, shown)
	}
	same("opened by its link")
	b.quiet()
}

func TestAWrongValueLeavesThePageAsItWas(t *testing.T) {
	b := open(t)
	b.load(export(t, "burst", "--profile", "linux"))
	shown := func() string {
		return ask[string](b, "document.querySelector('.about').textContent.match(/hash ([0-9a-f]{16})/)[1]")
	}
	before := shown()
	for _, tt := range []struct{ knob, value, want string }{
		{"service", "5", "is not a duration"},
		{"clients", "-1", "out of range"},
		{"clients", "1000000", "too large for a page"},
		{"backlog", "NaN", "not a whole number"},
		{"backlog", "99999999999999999999", "not a whole number"},
	} {
		b.set(tt.knob, tt.value)
		if got := ask[string](b, "document.querySelector('.try .error').textContent"); !strings.Contains(got, tt.want) {
			t.Errorf("%s = %s: the page says %q, want %s", tt.knob, tt.value, got, tt.want)
		}
		if shown() != before {
			t.Errorf("%s = %s: the run has changed", tt.knob, tt.value)
		}
	}
	b.set("backlog", "11")
	if got := ask[string](b, "document.querySelector('.try .error').textContent"); got != "" {
		t.Errorf("after a right value the page still says %q", got)
	}
	b.quiet()
}

func TestAPageWithTheSimulatorIsOneSmallFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.html")
	command(t, "export", file, "burst", "--profile", "windows,linux")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 1_200_000 {
		t.Errorf("the page has %d bytes, want less than 1,200,000", info.Size())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "The Go Authors. All rights reserved.") {
		t.Error("the script of Go is there without its notice")
	}
}

func TestThePageNamesWhoFaresOtherwise(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--profile", "wsp"))
	b.click("#nearest")
	hint := ask[string](b, "document.querySelector('.try .told ~ .note').textContent")
	found := regexp.MustCompile(`^Backlog (\d+): (c\d+) on WSPListen page is (\w+), not (\w+)`).FindStringSubmatch(hint)
	if found == nil {
		t.Fatalf("the page says %q, want the nearest backlog that changes somebody", hint)
	}
	outcome := func(backlog string) string {
		var run struct {
			Clients []struct {
				Results []struct {
					Outcome string `json:"outcome"`
				} `json:"results"`
				Client string `json:"client"`
			} `json:"client_results"`
		}
		if err := json.Unmarshal(command(t, "compare", "burst", "--profile", "wsp,linux", "--backlog", backlog, "--json"), &run); err != nil {
			t.Fatal(err)
		}
		for _, c := range run.Clients {
			if c.Client == found[2] {
				return map[string]string{"accepted": "served"}[c.Results[0].Outcome] + map[string]string{"refused": "refused"}[c.Results[0].Outcome]
			}
		}
		return ""
	}
	if was, is := outcome("10"), outcome(found[1]); was != found[4] || is != found[3] {
		t.Errorf("%s: the command says that %s was %s and is %s", hint, found[2], was, is)
	}
	b.set("backlog", found[1])
	told := ask[string](b, "document.querySelector('.try .told').textContent")
	if !strings.Contains(told, found[2]+" on WSPListen page: "+found[4]+", now "+found[3]) {
		t.Errorf("after the change the page says %q, want that %s fares otherwise", told, found[2])
	}
	b.click(".try .told .link")
	b.quiet()
}

func TestWhichSystemIsAskedWithoutNames(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--profile", "windows,linux"))
	b.click("#which")
	text := ask[string](b, "[...document.querySelectorAll('.scenes,.charts,#picked,.narr,.about,.try')].filter((e) => e.checkVisibility()).map((e) => e.innerText).join(' ')")
	for _, name := range []string{"Windows", "Linux", "FreeBSD", "WSPListen", "macOS", "illumos", "OpenBSD", "gVisor", "lwIP", "AF_UNIX"} {
		if strings.Contains(text, name) {
			t.Errorf("the anonymous run names %s", name)
		}
	}
	right := ask[string](b, "document.querySelector('[data-answer]').dataset.answer")
	if n := ask[int](b, "document.querySelectorAll('[data-choice]').length"); n != 4 {
		t.Errorf("%d systems to choose from, want 4", n)
	}
	b.click("[data-choice='" + right + "']")
	if got := ask[string](b, "document.querySelector('.you').textContent"); !strings.HasPrefix(got, "Right: ") {
		t.Errorf("the right choice is answered with %q", got)
	}
	if n := ask[int](b, "[...document.querySelectorAll('.told p')].filter((p) => p.textContent.includes('differs first at')).length"); n != 3 {
		t.Errorf("%d signs are told, want one for each other system", n)
	}
	b.click("#another")
	b.click(".predict .row .btn")
	if got := ask[string](b, "document.querySelectorAll('.scene').length + document.querySelector('.scene h3').textContent"); got != "2Windows" {
		t.Errorf("after Back the page shows %q, want both systems again", got)
	}
	b.quiet()
}

func TestTheLineOfTheBacklogCanBeDragged(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--profile", "wsp,linux"))
	backlog := func() string {
		return ask[string](b, "document.querySelector('.knob[data-knob=backlog] input[type=text]').value")
	}
	at := func() (x, y float64) {
		p := ask[[]float64](b, "(() => { const r = document.querySelector('.grip').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
		return p[0], p[1]
	}
	b.do(chromedp.Focus(chromedp.CSS(".grip")))
	b.keys("\u0304\u0304\u0301") // up, up, down
	if got := backlog(); got != "11" {
		t.Errorf("up, up, down on the line set backlog %s, want 11", got)
	}
	if ask[bool](b, "document.activeElement.classList.contains('grip')") != true {
		t.Error("a key on the line takes the focus away from it")
	}
	x, y := at()
	b.do(mouse("mousePressed", x, y), mouse("mouseMoved", x, y+15), mouse("mouseMoved", x, y+30))
	if n := ask[int](b, "document.querySelectorAll('.cell.mark').length"); n == 0 {
		t.Error("while the line is dragged, no client lights up")
	}
	if got := backlog(); got != "11" {
		t.Errorf("before the line is released, the backlog is %s, want 11", got)
	}
	told := ask[string](b, "document.querySelector('.try .told').textContent")
	b.do(mouse("mouseReleased", x, y+30))
	if got := backlog(); got == "11" || got == "" {
		t.Errorf("after the line is released, the backlog is %s", got)
	}
	if after := ask[string](b, "document.querySelector('.try .told').textContent"); after != told || !strings.Contains(told, "fare otherwise") {
		t.Errorf("while dragging the page tells %q, afterwards %q", told, after)
	}
	b.quiet()
}

// mouse is one event of the left button.
func mouse(kind string, x, y float64) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventType(kind), X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
		return err
	})
}

func TestALinkKeepsTheSettingsOfEachSystem(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "reduce")
	url := export(t, "--lesson", "the-bench")
	b.load(url)
	b.click("#skip")
	b.click("details.more summary")
	ask[bool](b, "(() => { [...document.querySelectorAll('.try fieldset .btn')].find((e) => e.textContent === 'Without this system').click(); return true; })()")
	b.keys("\u0306\u0303")
	want, _ := b.hashes()
	if len(want) != 2 {
		t.Fatalf("without one of three systems the page shows the hashes %v", want)
	}
	b.until("location.hash.includes('backlog=100') && location.hash.includes('t=')")
	link := ask[string](b, "location.hash")
	b.load(url + link)
	if got, _ := b.hashes(); !slices.Equal(got, want) {
		t.Errorf("the link %s shows the hashes %v, want %v", link, got, want)
	}
	b.quiet()
}
