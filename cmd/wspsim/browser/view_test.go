package browser

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestAPageOfOneClientOpensWithIt(t *testing.T) {
	b := open(t)
	file := filepath.Join(t.TempDir(), "c30.html")
	command(t, "explain", "burst", "--profile", "linux", "--client", "c30", "--trace", file)
	b.size(900, 900, "light", "no-preference")
	b.load("file://" + file)
	if got := ask[string](b, "document.querySelector('#picked h2').textContent"); got != "One client: c30" {
		t.Errorf("the page of c30 opens with %q", got)
	}
	if got := ask[int](b, "document.querySelectorAll('.cell').length"); got != 50 {
		t.Errorf("the page of c30 shows %d clients, want all 50: the others fill the queue", got)
	}
	b.load("file://" + file + "#c=c7")
	if got := ask[string](b, "document.querySelector('#picked h2').textContent"); got != "One client: c7" {
		t.Errorf("the link to c7 opens with %q", got)
	}
	b.quiet()
}

func TestViewShowsAStoredTrace(t *testing.T) {
	b := open(t)
	file := filepath.Join(t.TempDir(), "burst.jsonl")
	command(t, "run", "burst", "--profile", "linux", "--trace", file)
	ctx, stop := context.WithCancel(t.Context())
	c := exec.CommandContext(ctx, wspsim, "view", file)
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
	b.size(400, 900, "dark", "no-preference")
	b.load(string(url))
	b.keys("p")
	if got := ask[string](b, "document.getElementById('clock').textContent"); got != "15.747 ms" {
		t.Errorf("the first phantom is at %s, want 15.747 ms", got)
	}
	for _, fault := range awaited[[]string](b, faultsOf(true)) {
		t.Errorf("view: %s", fault)
	}
	b.quiet()
}

// outside names the texts of a picture that stand outside of it, that are smaller than 11 px,
// or whose contrast with the page is below 4.5.
const outside = `(() => {
  const parts = (c) => c.match(/[\d.]+/g).slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  const light = (c) => { const [r, g, b] = parts(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const page = light(getComputedStyle(document.querySelector('.page')).fill), [, , w, h] = document.documentElement.getAttribute('viewBox').split(' ').map(Number);
  return [...document.querySelectorAll('text')].map((e) => {
    const box = e.getBBox(), style = getComputedStyle(e), ink = light(style.fill);
    const contrast = (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
    if (box.x < 0 || box.y < 0 || box.x + box.width > w || box.y + box.height > h) return e.textContent + ' is outside';
    if (parseFloat(style.fontSize) < 11) return e.textContent + ' has ' + style.fontSize;
    return contrast < 4.5 ? e.textContent + ' has a contrast of ' + contrast.toFixed(2) : '';
  }).filter((x) => x);
})()`

func TestThePictureOfTheREADMECanBeReadInLightAndDark(t *testing.T) {
	b := open(t)
	file, err := filepath.Abs("../../../testdata/views/burst.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		b.size(800, 720, theme, "no-preference")
		b.do(navigate("file://" + file))
		b.until("document.querySelectorAll('text').length > 10")
		for _, fault := range ask[[]string](b, outside) {
			t.Errorf("%s: %s", theme, fault)
		}
	}
	b.quiet()
}
