package screen

import (
	"bytes"
	"os"
	"testing"

	_ "wspsim/internal/update" // the flag -update
)

func TestStyleFollowsTheEnvironmentOfTheTerminal(t *testing.T) {
	for _, test := range []struct {
		why  string
		env  map[string]string
		want Style
	}{
		{"an ordinary terminal", map[string]string{"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}, Style{Colour: true, Blocks: true}},
		{"another spelling", map[string]string{"TERM": "xterm", "LANG": "de_DE.utf8"}, Style{Colour: true, Blocks: true}},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8"}, Style{Blocks: true}},
		{"a dumb terminal", map[string]string{"TERM": "dumb", "LANG": "C.UTF-8"}, Style{}},
		{"no TERM", map[string]string{"LANG": "C.UTF-8"}, Style{Blocks: true}},
		{"no UTF-8", map[string]string{"TERM": "xterm", "LANG": "C"}, Style{Colour: true}},
		{"LC_ALL comes first", map[string]string{"TERM": "xterm", "LC_ALL": "C", "LANG": "C.UTF-8"}, Style{Colour: true}},
	} {
		if got := styleOfTerminal(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.why, got, test.want)
		}
	}
}

func TestWhatIsNoTerminalGetsPlainText(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	colourful := func(string) string { return "xterm.UTF-8" }
	if got := StyleOf(file, colourful); got != (Style{}) {
		t.Errorf("style of a file = %+v", got)
	}
	if got := StyleOf(&bytes.Buffer{}, colourful); got != (Style{}) {
		t.Errorf("style of a buffer = %+v", got)
	}
	if text := (Style{}).Bold("a") + (Style{}).Red("b") + (Style{}).Green("c") + (Style{}).Dim("d"); text != "abcd" {
		t.Errorf("plain text = %q", text)
	}
}

func TestProgressIsSilentWhereNobodyLooks(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b)
	p.Show(func() string { t.Error("the text is asked for"); return "" })
	p.Clear()
	if b.Len() > 0 {
		t.Errorf("progress on a buffer = %q", &b)
	}
}

func TestProgressShowsOneLineAndTakesItAway(t *testing.T) {
	var b bytes.Buffer
	p := &Progress{to: &b} // began long ago
	p.Show(func() string { return "half" })
	p.Show(func() string { t.Error("shown again at once"); return "" })
	p.Clear()
	p.Clear()
	if got, want := b.String(), "\rhalf\x1b[K\r\x1b[K"; got != want {
		t.Errorf("progress = %q, want %q", got, want)
	}
}
