package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// shownHashes are the hashes of the runs on the stage.
const shownHashes = "String(document.querySelector('.about').textContent.match(/hash [0-9a-f]{16}/g))"

func TestTheQuestionForTheSystemGivesTheStageBack(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	file := filepath.Join(t.TempDir(), "course.html")
	command(t, "export", file, "--lesson", "all")
	b.load("file://" + file)
	b.click("#skip")
	before := ask[string](b, shownHashes)
	const cards = "document.querySelectorAll('[aria-label=\"Which system?\"]').length"
	check := func(why, hashes string) {
		t.Helper()
		if n := ask[int](b, cards); n != 0 {
			t.Errorf("%s: %d cards still ask for the system", why, n)
		}
		if ask[bool](b, "'which' in document.body.dataset || !document.querySelector('.try').offsetParent && !('ask' in document.body.dataset)") {
			t.Errorf("%s: the panel stays hidden", why)
		}
		if got := ask[string](b, shownHashes); hashes != "" && got != hashes {
			t.Errorf("%s: the stage has %s, want %s", why, got, hashes)
		}
	}
	const back = "[...document.querySelectorAll('[aria-label=\"Which system?\"] button')].find((x) => x.textContent === 'Back').click()"
	b.click("#which")
	b.click("[data-choice]")
	b.click("#which") // once more, without Back
	if n := ask[int](b, cards); n != 1 {
		t.Errorf("asked twice, %d cards ask for the system, want 1", n)
	}
	ask[any](b, back)
	check("after Back", before)

	b.click("#which")
	b.click("[data-choice]")
	b.set("workers", "2")
	check("after a knob", "")

	b.click("#which")
	ask[any](b, "(document.getElementById('course').value = '2', document.getElementById('course').onchange())")
	b.until("'ask' in document.body.dataset || document.querySelector('#skip')")
	b.click("#skip")
	check("after another lesson", "")

	b.load(export(t, "burst", "--profile", "windows,linux", "--set", "clients=1"))
	before = ask[string](b, shownHashes)
	b.click("#which")
	check("where all systems do the same", before)
	if got := ask[string](b, "document.getElementById('dialog').textContent"); !strings.Contains(got, "all systems do the same") {
		t.Errorf("where all systems do the same the page says %q", got)
	}
	b.quiet()
}

func TestAnAddressOfSomethingElseIsSaid(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	url := export(t, "burst", "--profile", "windows,linux")
	b.load(url)
	before := ask[string](b, shownHashes)
	for _, tt := range []struct{ hash, want, why string }{
		{"#overflow?profile=linux&set=backlog=3", "no scenario overflow", "another scenario"},
		{"#burst?lesson=unknown&t=5", "no lesson unknown", "a lesson that is not here"},
		{"#%zz", "no scenario", "no name at all"},
		{"#burst?profile=beos", "nknown profile", "an unknown system"},
		{"#burst?profile=linux,wsp,windows,freebsd", "1 to 3 systems", "too many systems"},
		{"#burst?set=somaxcon=3", "setting somaxcon", "an unknown setting"},
	} {
		b.load(url + tt.hash)
		if got := ask[string](b, "document.getElementById('fault').textContent"); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s: the page says %q, want %q", tt.why, tt.hash, got, tt.want)
		}
		if got := ask[string](b, shownHashes); got != before {
			t.Errorf("%s: %s: the page shows %s, want %s", tt.why, tt.hash, got, before)
		}
	}
	b.load(url + "#burst?profile=windows,linux&set=backlog=20&do=5ms:knock&set=somaxconn=15")
	want := ask[string](b, shownHashes)
	b.do(chromedp.Focus(chromedp.CSS(".skip")))
	b.keys("\r")
	time.Sleep(300 * time.Millisecond)
	if got := ask[string](b, shownHashes); got != want || want == before {
		t.Errorf("after the link to the scene the page shows %s, want %s, as before", got, want)
	}
	b.quiet()
}

func TestALabelDoesNotOutliveItsSettings(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	file := filepath.Join(t.TempDir(), "bench.html")
	command(t, "export", file, "--lesson", "the-bench")
	b.load("file://" + file)
	b.click("#skip")
	b.set("backlog", "20")
	for _, label := range []string{"Backlog 1", "Backlog 4", "Backlog 100"} {
		if ask[bool](b, fmt.Sprintf("document.getElementById('work').textContent.includes('%s')", label)) {
			t.Errorf("all systems have backlog 20, and one is still called %s", label)
		}
	}
	b.quiet()
}

func TestEveryRuleOfARevealCanBeRead(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	file := filepath.Join(t.TempDir(), "asked.html")
	command(t, "export", file, "--no-sim", "--lesson", "asked-and-given")
	b.load("file://" + file)
	b.click("[data-choice='1']")
	if got := ask[string](b, "String([...document.querySelectorAll('.predict .rule')].map((r) => r.textContent + (r.title ? '' : '?')))"); got != "K1,K2" {
		t.Errorf("the reveal cites %s, want K1,K2, each with what it says", got)
	}
	b.quiet()
}

func TestALongRunLeavesThePageSmall(t *testing.T) {
	b := open(t)
	url := export(t, "impatient")
	info, err := os.Stat(strings.TrimPrefix(url, "file://"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 1_200_000 {
		t.Errorf("the page of a long run has %d bytes, want less than 1,200,000", info.Size())
	}
	b.load(url)
	hashes, moments := b.hashes()
	for i, moment := range moments {
		if want := reproduced(t, moment); hashes[i] != want {
			t.Errorf("the page has hash %s, run --from %s has %s", hashes[i], moment, want)
		}
	}
	if len(moments) == 0 {
		t.Error("the page names no moment: its simulator has not made the runs")
	}
	b.quiet()
}

func TestThePageOfRecordedArrivalsNamesTheirFile(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	arrivals := filepath.Join(t.TempDir(), "arrivals.csv")
	if err := os.WriteFile(arrivals, []byte("0.001\n0.002\n0.003\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.load(export(t, "recorded", "--profile", "linux", "--arrivals", arrivals))
	b.set("backlog", "1")
	got, moments := b.hashes()
	if want := "--arrivals " + arrivals; !strings.Contains(ask[string](b, "document.querySelector('.about .cmd').textContent"), want) {
		t.Errorf("the command of the page lacks %s", want)
	}
	out := command(t, "run", "--from", moments[0], "--arrivals", arrivals, "--json")
	if !strings.Contains(string(out), got[0]) {
		t.Errorf("the page has hash %s, the command beside it says %s", got[0], out)
	}
	b.quiet()
}
