package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// faultsOf returns the script that finds what is wrong with the layout at this moment. The
// faults are those that a prototype of the page had: small text, a page wider than the window,
// labels over each other, labels clipped or outside their card, text hard to read.
func faultsOf(contrast bool) string {
	return fmt.Sprintf(layoutFaults, contrast)
}

const layoutFaults = `(async (contrast) => {
	const faults = [], say = (what, e, text) => faults.push(what + ': "' + String(text || e.textContent).trim().slice(0, 40) + '" in ' + (e.closest('[class]') || e).getAttribute('class'));
	const wide = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > wide) faults.push('the page is ' + document.documentElement.scrollWidth + ' px wide');
	const texts = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number);
	const lum = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement, text = n.textContent.trim();
		if (!text || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'TITLE', 'OPTION'].includes(e.tagName) || !e.checkVisibility({visibilityProperty: true, opacityProperty: true}) || e.closest('.skip,.vh,dialog:not([open]),details:not([open]) > :not(summary)')) continue;
		if (/^(null|undefined|NaN)$|\bNaN\b|undefined/.test(text)) say('no text', e, text);
		const range = document.createRange();
		range.selectNodeContents(n);
		const style = getComputedStyle(e), svg = e.closest('svg'), scale = svg ? e.getScreenCTM().a : 1, size = parseFloat(style.fontSize) * scale;
		if (size < 11.9) say('text of ' + size.toFixed(1) + ' px', e, text);
		const scrolls = e.closest('.scroll,.many'); // what lies beside it can be scrolled to
		for (const r of scrolls ? [] : range.getClientRects()) {
			if (r.width < 1) continue;
			const card = e.closest('.scene,.card,.time,.picked-client,.top,li,.col');
			const short = getComputedStyle(e).textOverflow === 'ellipsis'; // cut on purpose, whole in the title
			if (!short && (r.left < -0.5 || r.right > wide + 0.5)) say('off-screen', e, text);
			const box = !short && card && card.getBoundingClientRect();
			if (box && (r.left < box.left - 6 || r.right > box.right + 6)) say('outside its box by ' + Math.max(box.left - r.left, r.right - box.right).toFixed(0) + ' px', e, text);
			if (!short) texts.push({r, e, text, svg});
		}
		for (let p = e; !scrolls && p && p !== document.body; p = p.parentElement) {
			const s = getComputedStyle(p);
			if (s.overflowX === 'hidden' && s.textOverflow !== 'ellipsis' && p.scrollWidth > p.clientWidth + 1) { say('clipped', e, text); break; }
		}
		if (contrast && !e.closest('[disabled]')) {
			const a = lum(rgb(svg && e.closest('text') ? style.fill : style.color));
			const b = lum(svg && e.closest('.nowl') ? rgb(getComputedStyle(svg.querySelector('.nowl rect')).fill) : behind(e));
			const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			if (ratio < 4.5) say('contrast of ' + ratio.toFixed(1), e, text);
		}
	}
	for (let i = 0; i < texts.length; i++) for (let k = i + 1; k < texts.length; k++) {
		const a = texts[i], b = texts[k];
		if (a.e === b.e) continue;
		const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
		if (w > 2 && h > 5) faults.push('"' + a.text.slice(0, 30) + '" over "' + b.text.slice(0, 30) + '" by ' + w.toFixed(0) + ' x ' + h.toFixed(0));
	}
	for (const b of document.querySelectorAll('button,input,summary,a[href],[role=slider]')) {
		if (!b.checkVisibility({visibilityProperty: true})) continue;
		const name = b.getAttribute('aria-label') || b.textContent.trim() || (b.labels && b.labels.length && b.labels[0].textContent.trim()) || b.title;
		if (!name) say('no name', b, b.outerHTML);
	}
	return [...new Set(faults)].slice(0, 12);
})(%v)`

// awaited returns what a promise resolves to.
func awaited[T any](b *tab, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func navigate(url string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(url) }

// clickAt clicks at a part of the width of an element.
func clickAt(b *tab, element string, part float64) chromedp.Action[chromedp.Void] {
	b.Helper()
	at := ask[[]float64](b, fmt.Sprintf("(() => { const r = %s.getBoundingClientRect(); return [r.left + r.width * %v, r.top + r.height / 2]; })()", element, part))
	return chromedp.MouseClickXY(at[0], at[1])
}

// A moment of a page whose layout is looked at.
var moments = []struct {
	why  string
	args []string
	hash string
}{
	{"a question", []string{"burst", "--lesson"}, ""},
	{"the mock's moment", []string{"burst", "--lesson"}, "#t=31.7&c=c15"},
	{"both systems, a refused client", []string{"burst", "--lesson"}, "#t=31.7&c=c38&sys=all"},
	{"the end", []string{"burst", "--profile", "windows"}, "#t=9999&c=c50"},
	{"few clients, failed calls", []string{"overflow"}, "#t=1500&c=c"},
	{"no descriptors", []string{"descriptors"}, "#t=27&c=d"},
	{"three systems, a trim", []string{"relisten-four-ways", "--profile", "wsp,linux,freebsd"}, "#t=100&c=c"},
	{"a queue of 200", []string{"burst", "--profile", "windows,linux", "--set", "backlog=500", "--set", "clients=400"}, "#t=60&c=c390"},
	{"a clamp", []string{"somaxconn-clamps"}, ""},
	{"a long life", []string{"refused-or-ignored"}, "#t=20000&c=f"},
	{"three systems, a crowd", []string{"burst", "--profile", "windows,linux,freebsd"}, "#t=60&c=c24&sys=all"},
	{"a canvas of clients", []string{"burst", "--profile", "windows,linux", "--set", "clients=1000"}, "#t=300&c=c150"},
	{"many workers, few descriptors", []string{"burst", "--set", "workers=8", "--set", "descriptors=6"}, "#t=30&c=c20"},
	{"a phantom for ever", []string{"burst", "--profile", "linux"}, "#t=2000&c=c31"},
	{"a table, and a client who left", []string{"gives-up-queued"}, "#t=22&c=a"},
	{"SYN cookies", []string{"syn-flood-with-cookies"}, "#t=5000"},
}

func TestNoTextIsSmallClippedCoveredOrOffScreen(t *testing.T) {
	b := open(t)
	shots := os.Getenv("WSPSIM_SHOTS") // a directory for screenshots, to be looked at
	for _, m := range moments {
		url := export(t, m.args...) + m.hash
		for _, width := range []int64{360, 400, 640, 900, 1160, 1440} {
			for _, theme := range []string{"light", "dark"} {
				if theme == "dark" && width != 400 && width != 900 && width != 1440 {
					continue
				}
				b.size(width, 900, theme, "reduce")
				b.load(url)
				if strings.HasPrefix(m.why, "a table") {
					ask[bool](b, "document.getElementById('events').open = true")
				}
				for _, fault := range awaited[[]string](b, faultsOf(true)) {
					t.Errorf("%s (%s), %d px, %s: %s", m.why, strings.Join(m.args, " "), width, theme, fault)
				}
				if shots != "" {
					png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%s-%d-%s.png", strings.ReplaceAll(m.why, " ", "-"), width, theme)
					if err := os.WriteFile(filepath.Join(shots, name), png, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	b.quiet()
}

func TestAPrintedPageHasTheMomentAndNoControls(t *testing.T) {
	b := open(t)
	b.size(760, 1000, "dark", "no-preference")
	b.load(export(t, "burst", "--profile", "windows,linux") + "#t=31.7&c=c15&sys=linux")
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	}))
	for _, fault := range awaited[[]string](b, faultsOf(true)) {
		t.Errorf("printed: %s", fault)
	}
	text := ask[string](b, "document.body.innerText")
	for _, want := range []string{"31.700 ms", "Windows", "Linux", "51 SYN refused", "Its life so far", "phantom for 1.01 s", "wspsim run"} {
		if !strings.Contains(text, want) {
			t.Errorf("the printed page has no %q", want)
		}
	}
	for _, bad := range []string{"Play", "Jump to", "Copy", "Save as", "Mark them", "All events"} {
		if strings.Contains(text, bad) {
			t.Errorf("the printed page has the control %q", bad)
		}
	}
	if ink := ask[string](b, "getComputedStyle(document.body).color"); ink != "rgb(26, 30, 35)" {
		t.Errorf("a page that is dark on the screen is printed with ink of %s", ink)
	}
	b.quiet()
}

// The order in which Tab walks through a page: what is read first comes first.
func TestTabWalksInTheOrderOfReading(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	for _, tt := range []struct {
		why, crowd string
		args       []string
	}{
		{"cells", ".sys-0 .cell", []string{"burst", "--profile", "windows,linux"}},
		{"a canvas", ".sys-0 .crowd", []string{"burst", "--profile", "windows,linux", "--set", "clients=400"}},
	} {
		b.load(export(t, tt.args...) + "#t=31.7&c=c15")
		want := []string{".skip", "#copy", "#help", "#theme", tt.crowd, strings.Replace(tt.crowd, "0", "1", 1), "#prev", "#play", "#next", "#speed", "[data-jump=refusal]", ".playhead", "#differs button", ".half-life .rule", ".saving button", "#events summary"}
		for i, n := 0, 0; i < len(want); n++ {
			if n > 150 {
				t.Errorf("%s: Tab never comes to %s after %v", tt.why, want[i], want[:i])
				break
			}
			b.keys("\t")
			if ask[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", want[i])) {
				i++
			}
			if !ask[bool](b, "(() => { const e = document.activeElement, s = getComputedStyle(e); return e === document.body || s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()") {
				t.Errorf("%s: nobody sees that %s has the focus", tt.why, ask[string](b, "document.activeElement.outerHTML.slice(0, 120)"))
			}
		}
	}
	b.quiet()
}

func TestACanvasOfClientsIsAListForKeysAndReaders(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "reduce")
	b.load(export(t, "burst", "--profile", "linux", "--set", "clients=400") + "#t=31.7&c=c15")
	ask[bool](b, "document.querySelector('.crowd').focus() || true")
	b.keys("\u0303\u0303\u0301")
	option := "(() => { const box = document.activeElement, e = document.getElementById(box.getAttribute('aria-activedescendant')); return [box.getAttribute('role'), e.getAttribute('role'), e.textContent, e.getAttribute('aria-selected'), e.getAttribute('aria-posinset')].join('; '); })()"
	columns := ask[int](b, "Math.floor(document.querySelector('.crowd').clientWidth / 14)")
	if got, want := ask[string](b, option), fmt.Sprintf("listbox; option; c%d: ", 17+columns); !strings.HasPrefix(got, want) {
		t.Errorf("two to the right of c15 and one down a reader hears %q, want %q", got, want)
	}
	b.keys("\r")
	if got, want := ask[string](b, option+" + document.querySelector('#picked h2').textContent"), fmt.Sprintf("true; %dOne client: c%[1]d", 17+columns); !strings.HasSuffix(got, want) {
		t.Errorf("Enter picks %q, want %q", got, want)
	}
	b.do(clickAt(b, "document.querySelector('.crowd')", 0.02))
	row := ask[int](b, "Math.floor(document.querySelector('.crowd').getBoundingClientRect().height / 2 / 16)")
	if got, want := ask[string](b, "document.querySelector('#picked h2').textContent"), fmt.Sprintf("One client: c%d", row*columns+1); got != want {
		t.Errorf("a click at the left edge of row %d picks %q, want %q", row, got, want)
	}
	b.quiet()
}
