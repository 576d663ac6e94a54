package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

func TestTheCardTellsWhatTheProgramSees(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	for _, tt := range []struct {
		why  string
		args []string
		hash string
		want []string
	}{
		{"a refusal that is final", []string{"overflow"}, "#t=9999&c=c", []string{"refused: WSAECONNREFUSED (10061)."}},
		{"an error has the number of its system", []string{"freebsd-connects-then-resets", "--profile", "freebsd"}, "#t=99999&c=d", []string{"reset: ECONNRESET (54)."}},
		{"Linux counts otherwise", []string{"abort-on-overflow", "--profile", "linux"}, "#t=99999&c=d", []string{"reset: ECONNRESET (104)."}},
		{"a phantom is named with its length", []string{"burst", "--profile", "linux"}, "#t=31.7&c=c15", []string{"“I am connected.”", "phantom for 1.01 s, from 15.747 ms: connected here, not there"}},
		{"a phantom that stays one", []string{"burst", "--profile", "linux"}, "#t=31.7&c=c31", []string{"ignored, untold", "phantom for 1.04 s, from 1,059.000 ms"}},
		{"the server keeps one who has left", []string{"gives-up-queued"}, "#t=22&c=a", []string{"abandoned for"}},
	} {
		b.load(export(t, tt.args...) + tt.hash)
		text := ask[string](b, "document.getElementById('picked').innerText")
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the card of %v%s has no %q; it says %s", tt.why, tt.args, tt.hash, want, text)
			}
		}
	}
	b.quiet()
}

// The records of a run that say who became a phantom, by client.
func ignoredACKs(t *testing.T, args ...string) map[string]float64 {
	found := map[string]float64{}
	for line := range bytes.Lines(command(t, append(append([]string{"run"}, args...), "--jsonl")...)) {
		var r struct {
			At     float64 `json:"at_ns"`
			Kind   string  `json:"kind"`
			Client string  `json:"client"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if _, ok := found[r.Client]; !ok && r.Kind == "ack_ignored" {
			found[r.Client] = r.At / 1e6
		}
	}
	return found
}

func TestEveryPhantomIsMarkedFromItsIgnoredACK(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	b.load(export(t, "burst", "--profile", "linux") + "#t=9999&c=c1")
	said := ask[map[string]string](b, `(() => {
		const said = {};
		for (let i = 0; i < 50; i++) {
			const name = document.querySelector('#picked h2').textContent.split(': ')[1];
			said[name] = [...document.querySelectorAll('.minds li')].map((e) => e.textContent).join();
			document.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', bubbles: true}));
		}
		return said;
	})()`)
	phantoms := ignoredACKs(t, "burst", "--profile", "linux")
	if len(phantoms) < 10 || len(said) != 50 {
		t.Fatalf("%d phantoms in the records, %d clients in the page", len(phantoms), len(said))
	}
	for name, text := range said {
		at, is := phantoms[name]
		want := fmt.Sprintf("from %.3f ms", at)
		if is != strings.Contains(text, "phantom") || is && !strings.Contains(strings.ReplaceAll(text, ",", ""), want) {
			t.Errorf("the card of %s says %q; phantom by its records: %v, %s", name, text, is, want)
		}
	}
	b.quiet()
}

// saved presses a button that saves, and returns the file.
func saved(b *tab, dir, button string) (name string, data []byte) {
	b.Helper()
	ask[bool](b, fmt.Sprintf("[...document.querySelectorAll('.saving button')].find((e) => e.textContent === %q).click() || true", button))
	for range 200 {
		time.Sleep(20 * time.Millisecond)
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			if strings.HasSuffix(f, ".crdownload") || strings.HasPrefix(filepath.Base(f), ".") {
				continue
			}
			if data, err := os.ReadFile(f); err == nil && len(data) > 0 {
				os.Remove(f)
				return filepath.Base(f), data
			}
		}
	}
	b.Fatalf("%s saves nothing", button)
	return "", nil
}

func TestAClientIsSavedForOtherPrograms(t *testing.T) {
	b, dir := open(t), t.TempDir()
	b.size(1440, 900, "light", "reduce")
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir})
		return err
	}))
	for _, tt := range []struct {
		why  string
		args []string
		hash string
	}{
		{"a phantom", []string{"burst", "--profile", "linux"}, "#t=31.7&c=c15"},
		{"refused twice, then served", []string{"burst", "--profile", "windows"}, "#t=0&c=c31"},
		{"segments are lost", []string{"lossy-link"}, "#t=0"},
		{"a trim", []string{"relisten-smaller"}, "#t=0&c=c"},
		{"data", []string{"defer-accept"}, "#t=0"},
	} {
		b.load(export(t, tt.args...) + tt.hash)
		name, data := saved(b, dir, "Save as pcapng")
		if want := "^[a-z0-9-]+-(linux|windows|wsp)-[a-z]+[0-9]*\\.pcapng$"; !regexp.MustCompile(want).MatchString(name) {
			t.Errorf("%s: the capture is named %s, want %s", tt.why, name, want)
		}
		arrows := ask[int](b, "document.querySelector('.seq').querySelectorAll('.arr:not(.cross)').length")
		judgeCapture(t, tt.why, filepath.Join(t.TempDir(), name), data, arrows)
		if _, drawing := saved(b, dir, "Save as SVG"); true {
			for d := xml.NewDecoder(bytes.NewReader(drawing)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: the SVG: %v", tt.why, err)
				}
			}
			if s := string(drawing); !strings.Contains(s, "font-size") || strings.Contains(s, "var(") {
				t.Errorf("%s: the SVG does not hold its styles: %.200s", tt.why, s)
			}
		}
		ask[bool](b, "Boolean(Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject()}}))")
		b.click(".saving button")
		b.until("document.getElementById('dialog').open")
		text := ask[string](b, "document.querySelector('#dialog .cmd').textContent")
		if !strings.HasPrefix(text, "sequenceDiagram\n") || strings.Count(text, "->>")+strings.Count(text, "-x") != arrows {
			t.Errorf("%s: the Mermaid text has other arrows than the drawing, which has %d:\n%s", tt.why, arrows, text)
		}
	}
	b.quiet()
}

// judgeCapture lets tshark read a capture.
func judgeCapture(t *testing.T, why, file string, data []byte, frames int) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Logf("no tshark on this machine: nobody has read %s", filepath.Base(file))
		return
	}
	out, err := exec.Command(tshark, "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields",
		"-e", "frame.number", "-e", "frame.comment", "-e", "tcp.checksum.status", "-e", "ip.checksum.status", "-e", "_ws.malformed", "-e", "tcp.flags.str").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: tshark: %v: %s", why, err, out)
	}
	rows, comments := 0, 0
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 6 {
			continue // what tshark says about running as root
		}
		rows++
		if f[1] != "" {
			comments++
		}
		if f[2] != "1" || f[3] != "1" || f[4] != "" {
			t.Errorf("%s: tshark finds fault with frame %s: %q", why, f[0], line)
		}
	}
	if rows != frames || comments == 0 {
		t.Errorf("%s: tshark reads %d frames, %d of them with a comment; the page draws %d", why, rows, comments, frames)
	}
}

func TestWhatDiffersIsListedAndMarked(t *testing.T) {
	b := open(t)
	b.size(1440, 900, "light", "reduce")
	b.load(export(t, "burst", "--profile", "windows,linux"))
	phantoms := figures(t, "burst", "--profile", "linux")("outcomes.phantom")
	if got, want := ask[string](b, "document.querySelector('.kinds li').innerText.split('\\n')[0]"), fmt.Sprintf("%dserved on Windowsphantom on Linux", phantoms); got != want {
		t.Errorf("what differs begins with %q, want %q", got, want)
	}
	b.click("#differs .intro button")
	if got := ask[string](b, "document.getElementById('clock').textContent + document.querySelector('#picked h2').textContent"); got != "12.649 msOne client, two worlds: c13" {
		t.Errorf("the first difference is at %q, want 12.649 ms and c13", got)
	}
	b.click("#differs .btn")
	if got := ask[int](b, "document.querySelectorAll('.sys-1 .cell.mark').length"); got != phantoms {
		t.Errorf("%d cells are marked, want %d", got, phantoms)
	}
	b.load(export(t, "overflow", "--profile", "linux,linux6.5"))
	if got := ask[string](b, "document.getElementById('differs').innerText"); !strings.Contains(got, "every client fares alike") {
		t.Errorf("two systems that do the same differ: %q", got)
	}
	b.quiet()
}
