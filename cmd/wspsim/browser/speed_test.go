package browser

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// spent is what the browser's main thread has done, in seconds, and the JS heap in bytes.
type spent struct{ script, style, layout, task, heap float64 }

// spends reads the counters of the browser. With collect it collects garbage first.
func (b *tab) spends(collect bool) (s spent) {
	b.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if collect {
			if _, err := cdp.Call(ctx, t, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				return err
			}
		}
		if _, err := cdp.Call(ctx, t, performance.Enable, performance.EnableParams{}); err != nil {
			return err
		}
		got, err := cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, m := range got.Metrics {
			switch m.Name {
			case "ScriptDuration":
				s.script = m.Value
			case "RecalcStyleDuration":
				s.style = m.Value
			case "LayoutDuration":
				s.layout = m.Value
			case "TaskDuration":
				s.task = m.Value
			case "JSHeapUsedSize":
				s.heap = m.Value
			}
		}
		return nil
	}))
	return s
}

const countFrames = `new Promise((done) => {
	let n = 0;
	const began = performance.now(), count = () => { n++; const t = performance.now() - began; if (t < 3000) requestAnimationFrame(count); else done(n / t * 1000); };
	requestAnimationFrame(count);
})`

func TestBaseline(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load("file://" + os.Getenv("PAGE"))
	time.Sleep(time.Second)
	for _, speed := range []string{"", "++++", "++++++++"} {
		b.keys("Home")
		b.keys("r" + speed + " ")
		before := b.spends(false)
		frames := awaited[float64](b, countFrames)
		after := b.spends(false)
		b.keys(" ")
		fmt.Printf("%.0f fps; per frame ms: script %.2f style %.2f layout %.2f task %.2f; %s\n", frames, (after.script-before.script)/frames/3*1000, (after.style-before.style)/frames/3*1000, (after.layout-before.layout)/frames/3*1000, (after.task-before.task)/frames/3*1000, ask[string](b, "document.getElementById('speedtext').textContent"))
	}
	fmt.Printf("seek %.2f ms\n", ask[float64](b, `(() => {
		const began = performance.now();
		for (let i = 0; i < 50; i++) document.dispatchEvent(new KeyboardEvent('keydown', {key: i % 2 ? 'Home' : 'End', bubbles: true}));
		return (performance.now() - began) / 50;
	})()`))
}
