// Package browser plays the pages of wspsim in headless Chromium: with clicks and keys, as a
// reader does. It is a module of its own, because nothing else needs a browser.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var wspsim string // the command

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wspsim-browser")
	if err != nil {
		panic(err)
	}
	wspsim = filepath.Join(dir, "wspsim")
	build := exec.Command("go", "build", "-o", wspsim, "./cmd/wspsim")
	build.Dir, build.Stderr = "../../..", os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// chromium is the browser of this machine, "" for none.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// tab is a tab in which nothing may be said on the console.
type tab struct {
	*testing.T
	ctx  context.Context
	mu   sync.Mutex
	said []string
}

// open starts a browser of its own for the test. Without one it skips.
func open(t *testing.T) *tab {
	t.Helper()
	path := chromium()
	if path == "" {
		t.Skip("no chromium on this machine: no page was looked at")
	}
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir())}
	for _, flag := range []string{"headless", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		opts = append(opts, chromedp.Flag(flag, true))
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Minute)
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, opts...)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() { closeTab(); stopBrowser(); stop() })
	b := &tab{T: t, ctx: ctx}
	err := chromedp.Listen(ctx, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			said := fmt.Sprintf("exception in line %d: %s", ev.ExceptionDetails.LineNumber, ev.ExceptionDetails.Text)
			if e := ev.ExceptionDetails.Exception; e != nil {
				said += " " + e.Description
			}
			b.said = append(b.said, said)
		case *runtime.EventConsoleAPICalled:
			b.said = append(b.said, fmt.Sprintf("console.%s", ev.Type))
		case *log.EventEntryAdded:
			b.said = append(b.said, fmt.Sprintf("%s: %s %s", ev.Entry.Level, ev.Entry.Text, ev.Entry.URL))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// quiet fails the test if the console has anything.
func (b *tab) quiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.said {
		b.Errorf("on the console: %s", s)
	}
	b.said = nil
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// size sets the window, the theme and whether motion is reduced.
func (b *tab) size(width, height int64, theme, motion string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: motion},
		}})
		return err
	}))
}

// drawn is true when the player has drawn its first instant.
const drawn = "document.readyState === 'complete' && document.querySelectorAll('.scene').length > 0 && document.getElementById('clock').textContent !== ''"

// load opens an address and waits for the scene. An address that differs from the one before
// in its hash only is loaded too.
func (b *tab) load(url string) {
	b.Helper()
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(url))
	b.until(drawn)
	b.until("'ready' in document.body.dataset")
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.Helper()
	var err error
	for began := time.Now(); time.Since(began) < 15*time.Second; time.Sleep(20 * time.Millisecond) {
		var is bool
		if is, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression)); is {
			return
		}
	}
	b.quiet()
	b.Fatalf("never true: %s (%v)", expression, err) // an error is usual while a page loads
}

// ask returns the value of an expression in the page.
func ask[T any](b *tab, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (b *tab) click(css string) {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS(css)))
}

func (b *tab) keys(keys string) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// command runs wspsim and returns its output.
func command(t testing.TB, args ...string) []byte {
	t.Helper()
	c := exec.Command(wspsim, args...)
	var failed strings.Builder
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		t.Fatalf("wspsim %s: %v: %s", strings.Join(args, " "), err, failed.String())
	}
	return out
}

// export writes a page and returns its address.
func export(t testing.TB, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	command(t, append([]string{"export", file}, args...)...)
	return "file://" + file
}

// figures returns the figures of run --json, by group and name.
func figures(t testing.TB, args ...string) func(path string) int {
	t.Helper()
	var all map[string]any
	c := exec.Command(wspsim, append(append([]string{"run"}, args...), "--json")...)
	out, _ := c.Output() // exit code 1 is about expectations
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return func(path string) int {
		group, name, _ := strings.Cut(path, ".")
		values, _ := all[group].(map[string]any)
		v, ok := values[name].(float64)
		if !ok {
			t.Fatalf("run --json has no %s", path)
		}
		return int(v)
	}
}
