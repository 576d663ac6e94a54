package browser

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

func (b *tab) shot(name string) {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.Fatal(err)
	}
	os.WriteFile("/tmp/lshots/"+name+".png", v, 0o644)
}

func TestZZ(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	b.load(export(t, "--lesson", "listen-again"))
	b.shot("l0")
	b.click("[id='guess']")
	b.keys("1")
	b.click("#reveal")
	b.click("#showone")
	b.shot("l1")
	b.size(900, 900, "dark", "reduce")
	b.load(export(t, "--lesson", "retry-wave"))
	b.shot("w0")
	b.click("#reveal")
	b.shot("w1")
	b.size(400, 800, "light", "reduce")
	b.load(export(t, "--lesson", "longer-queue", "--no-sim"))
	b.click("[data-choice='1']")
	b.shot("q1")
	b.click("#onward")
	b.click("[id='guess']")
	b.keys("1")
	b.click("#reveal")
	b.click("#onward")
	b.shot("q2")
	b.click("#reveal")
	b.click("#onward")
	b.shot("qend")
	b.quiet()
}
