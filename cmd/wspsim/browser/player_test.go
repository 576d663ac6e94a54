package browser

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

func TestKeysMoveTheClockAndTheHashHoldsTheMoment(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	url := export(t, "burst", "--profile", "windows,linux")
	b.load(url)
	clock := func() string { return ask[string](b, "document.getElementById('clock').textContent") }
	for _, tt := range []struct{ keys, want, why string }{
		{"\u0303", "1.000 ms", "→ goes to the next event, the first SYN"},
		{"\u0303", "2.000 ms", "→ goes on"},
		{"\u0302", "1.000 ms", "← goes back"},
		{"r", "12.649 ms", "r goes to the first refusal"},
		{"p", "15.747 ms", "p goes to the first phantom"},
		{"\u0306", "0.000 ms", "Home goes to the beginning"},
	} {
		b.keys(tt.keys)
		if got := clock(); got != tt.want {
			t.Errorf("%s: the clock shows %s, want %s", tt.why, got, tt.want)
		}
	}
	b.keys("pn")
	b.until("location.hash.includes('t=15.7') && location.hash.includes('&c=c16')")
	moment, hash, narration := clock(), ask[string](b, "location.hash"), ask[string](b, "document.getElementById('narr').textContent")
	b.load(url + hash)
	if got := clock(); got != moment {
		t.Errorf("the link %s shows %s, want %s", hash, got, moment)
	}
	if got := ask[string](b, "document.querySelector('.cell.picked').getAttribute('aria-label')"); !strings.HasPrefix(got, "c16:") {
		t.Errorf("the link %s picks %q, want c16", hash, got)
	}
	if got := ask[string](b, "document.getElementById('narr').textContent"); got != narration {
		t.Errorf("the link %s narrates %q, want %q", hash, got, narration)
	}
	b.keys(" ")
	b.until("parseFloat(document.getElementById('clock').textContent) > 17")
	b.keys(" ?")
	if !ask[bool](b, "document.getElementById('dialog').open && document.getElementById('play').textContent === 'Play'") {
		t.Error("Space and ? leave no help and a stopped clock")
	}
	b.quiet()
}

func TestAClickPicksAClientAndSeeks(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--profile", "windows,linux") + "#t=31.7&c=c15")
	b.click(".sys-1 .cell[aria-label^='c20:']")
	if got := ask[string](b, "document.querySelector('#picked h2').textContent"); got != "One client, two worlds: c20" {
		t.Errorf("a click on c20 shows %q", got)
	}
	b.click("[data-jump=phantom]")
	b.click("#next")
	b.click("#prev")
	b.do(clickAt(b, "document.querySelector('.plot.main')", 0.5))
	if ask[bool](b, "document.getElementById('clock').textContent === '31.700 ms'") {
		t.Error("a click on the chart leaves the clock where it was")
	}
	b.click("#events summary")
	b.until("document.querySelectorAll('#events tbody tr').length > 100")
	b.click("#events tbody tr:nth-child(3) td button")
	b.click(".half-life .rule")
	if !ask[bool](b, "document.getElementById('dialog').open") {
		t.Error("a click on a rule does not open it")
	}
	b.quiet()
}

func TestReducedMotionSteps(t *testing.T) {
	b := open(t)
	b.size(900, 900, "light", "reduce")
	b.load(export(t, "overflow"))
	b.keys("\u0306")
	b.click("#play")
	first := ask[string](b, "document.getElementById('clock').textContent")
	b.click("#play")
	if second := ask[string](b, "document.getElementById('clock').textContent"); second == first || ask[string](b, "document.getElementById('play').textContent") != "Step" {
		t.Errorf("with reduced motion Play shows %s and then %s, want a step each", first, second)
	}
	b.quiet()
}

func TestScriptsOfOthersDoNotRun(t *testing.T) {
	b := open(t)
	b.load(export(t, "overflow"))
	ask[bool](b, `(() => {
		const s = document.createElement('script');
		s.textContent = 'window.hacked = true';
		document.body.append(s);
		document.body.setAttribute('onclick', 'window.hacked = true');
		document.body.click();
		return true;
	})()`)
	if ask[bool](b, "Boolean(window.hacked)") {
		t.Error("the policy of the page lets a foreign script run")
	}
}

// Each stop of the player: as many slots are drawn as the record says are pending, and every
// client is counted once.
const everyStop = `(async () => {
	const faults = [], key = (k) => document.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true}));
	key('Home');
	for (let i = 0; i < 1500; i++) {
		for (const scene of document.querySelectorAll('.scene')) {
			const at = document.getElementById('clock').textContent + ' ' + scene.querySelector('h3').textContent;
			const sub = scene.querySelector('.accept .sub').textContent.match(/^(\d+) of/);
			const more = scene.querySelector('.accept .more'), hidden = more ? Number((more.textContent.match(/^and (\d+) more/) || [0, 0])[1]) : 0;
			const outside = [...scene.querySelectorAll('.accept .chip em')].filter((e) => e.textContent === 'offered' || e.textContent === 'held').length;
			const drawn = scene.querySelectorAll('.accept .chip:not(.free)').length - outside + hidden;
			if (sub && drawn !== Number(sub[1])) faults.push(at + ': ' + drawn + ' slots drawn, pending ' + sub[1]);
			const told = [...scene.querySelectorAll('.tally b')].reduce((n, b) => n + Number(b.textContent), 0), cells = scene.querySelectorAll('.cell').length;
			if (told !== cells) faults.push(at + ': ' + told + ' clients counted of ' + cells);
		}
		const before = document.getElementById('clock').textContent;
		key('ArrowRight');
		if (document.getElementById('clock').textContent === before) break;
	}
	return faults.slice(0, 5);
})()`

func TestEveryScenarioIsDrawnAsItsRecordsSay(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	names := regexp.MustCompile(`(?m)^  ([a-z][a-z0-9-]+)  .*$`).FindAllStringSubmatch(strings.Split(string(command(t, "list")), "Each runs under")[0], -1)
	if len(names) < 40 {
		t.Fatalf("wspsim list has %d scenarios", len(names))
	}
	for _, found := range names {
		name := found[1]
		if name == "recorded" || name == "impatient" {
			continue // thousands of events
		}
		b.load(export(t, name))
		for _, fault := range awaited[[]string](b, everyStop) {
			t.Errorf("%s: %s", name, fault)
		}
		b.quiet()
	}
}

func TestServeShowsTheCatalogueAndPlays(t *testing.T) {
	b := open(t)
	ctx, stop := context.WithCancel(t.Context())
	c := exec.CommandContext(ctx, wspsim, "serve", "--addr", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); _ = c.Wait() }()
	line, _ := bufio.NewReader(out).ReadBytes('\n')
	url, _, _ := bytes.Cut(line, []byte(" "))
	b.size(900, 900, "dark", "no-preference")
	b.do(navigate(string(url)))
	for _, fault := range awaited[[]string](b, faultsOf(true)) {
		t.Errorf("catalogue: %s", fault)
	}
	b.click("form[action='/run/burst'] [name=lesson]")
	b.until(drawn)
	if got := ask[string](b, "document.querySelector('h1').textContent"); got != "Refused or ignored" {
		t.Errorf("the lesson of the catalogue has the title %q", got)
	}
	b.do(navigate(fmt.Sprintf("%srun/overflow?profile=linux", url)))
	b.until("document.querySelectorAll('.scene').length === 1")
	b.quiet()
}

// The player keeps the state at every thousandth record, so that no seek is long. Where it
// comes from must not be seen.
func TestASeekBackShowsWhatWasThere(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "reduce")
	b.load(export(t, "burst", "--no-sim", "--profile", "windows,linux", "--set", "clients=400") + "#t=0&c=c15")
	if differ := awaited[[]string](b, `(async () => {
		const head = document.querySelector('.playhead'), wait = (ms) => new Promise((done) => setTimeout(done, ms)), seen = [];
		const press = (key) => head.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
		const scene = () => document.getElementById('clock').textContent + ' ' + [...document.querySelectorAll('.scenes [role=option]')].map((e) => e.textContent) + [...document.querySelectorAll('.scenes :is(.col:not(.clients),.tally,.soon)')].map((e) => e.innerText.replace(/\s+/g, ' '));
		for (let i = 0; i < 9; i++) {
			press('PageUp');
			await wait(250);
			seen.push([location.hash, scene()]);
		}
		const differ = new Set(seen.map((s) => s[1])).size < 9 ? ['nothing moves'] : [];
		for (const [hash, text] of [...seen.slice().reverse(), seen[7], seen[2], seen[5]]) {
			location.hash = hash;
			await wait(60);
			if (scene() !== text) differ.push(hash + ': ' + scene() + ', not ' + text);
		}
		return differ;
	})()`); len(differ) > 0 {
		t.Errorf("a seek shows another state than the way forward: %s", strings.Join(differ, "\n"))
	}
	b.quiet()
}
