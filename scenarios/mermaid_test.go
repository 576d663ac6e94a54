package scenarios_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

// diagram is what mermaid shows of a sequence diagram.
type diagram struct {
	title  string
	labels map[string]string // of participants, by their ids
	texts  []string          // of messages and notes, in order
}

// The lexer of mermaid 11 (sequenceDiagram.jison), as far as the view uses it. A text ends at
// a #, a ; or the end of the line. Before it reads, mermaid puts each code such as #58; away,
// unless a line looks like CSS.
var (
	mermaidCSS  = regexp.MustCompile(`(style|classDef).*:\S*#.*;`)
	mermaidCode = regexp.MustCompile(`#\w+;`)
	mermaidText = `[^#;\n]*`
	mermaidLine = regexp.MustCompile(`^    (?:title\s(` + mermaidText + `.)|participant (c\d+|server) as (` + mermaidText + `)|(c\d+|server)(?:->>|-x)(c\d+|server):(` + mermaidText + `)|Note over (c\d+|server):(` + mermaidText + `))$`)
)

// readMermaid reads a diagram as mermaid does. It is stricter: it takes the statements that
// the view writes, and every text must be one that no later version can take for a statement.
func readMermaid(file []byte) (*diagram, error) {
	text := string(file)
	if bad := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r <= 0x9f || r == 0xfeff }); bad >= 0 {
		return nil, fmt.Errorf("there is the character %q", text[bad:bad+1])
	}
	if i := strings.IndexAny(text, "\"'`<{}[]|\\^~%+&!?@$"); i >= 0 {
		return nil, fmt.Errorf("there is %q, which is markup somewhere in mermaid: %.60q", text[i], text[max(0, i-20):])
	}
	if i := strings.IndexAny(text, "ﬂ¶"); i >= 0 {
		return nil, fmt.Errorf("there is a letter with which mermaid puts codes away: %.60q", text[max(0, i-20):])
	}
	if css := mermaidCSS.FindString(text); css != "" {
		return nil, fmt.Errorf("mermaid takes it for CSS and cuts it: %q", css)
	}
	text = mermaidCode.ReplaceAllStringFunc(text, func(code string) string { return "ﬂ°°" + code[1:len(code)-1] + "¶ß" })
	shown := func(text string) string {
		return strings.TrimSpace(html.UnescapeString(strings.NewReplacer("ﬂ°°", "&#", "¶ß", ";").Replace(text)))
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != "sequenceDiagram" {
		return nil, fmt.Errorf("the diagram begins with %q", lines[0])
	}
	d := &diagram{labels: map[string]string{}}
	for i, line := range lines[1:] {
		m := mermaidLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			return nil, fmt.Errorf("line %d is %q", i+2, line)
		case m[1] != "":
			d.title = shown(m[1])
		case m[2] != "":
			if d.labels[m[2]] = shown(m[3]); strings.EqualFold(strings.TrimSpace(m[3]), "end") {
				return nil, fmt.Errorf("line %d has the word that ends a block: %q", i+2, line)
			}
		default:
			for _, end := range []string{m[4], m[5], m[7]} {
				if _, known := d.labels[end]; end != "" && !known {
					return nil, fmt.Errorf("line %d is about %s, who is no participant: %q", i+2, end, line)
				}
			}
			d.texts = append(d.texts, shown(m[6]+m[8]))
		}
	}
	return d, nil
}

func checkMermaid(t *testing.T, file []byte) *diagram {
	t.Helper()
	d, err := readMermaid(file)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryDiagramIsMermaid(t *testing.T) {
	everyRun(t, func(t *testing.T, v *viewed) {
		d := checkMermaid(t, v.files[".mmd"])
		if d.title != v.name || len(d.labels) < 1 {
			t.Errorf("the diagram has the title %q and %d participants, want %q", d.title, len(d.labels), v.name)
		}
	}, ".mmd")
}

func TestTheReaderOfMermaidIsStrict(t *testing.T) {
	good := "sequenceDiagram\n    participant c0 as a#58;b\n    participant server as server\n    c0->>server: 1 ms SYN\n    Note over server: x#59; y\n"
	d, err := readMermaid([]byte(good))
	if err != nil || d.labels["c0"] != "a:b" || d.texts[1] != "x; y" {
		t.Fatalf("readMermaid = %+v, %v", d, err)
	}
	for _, test := range []struct{ old, new, why string }{
		{"#58;", ";", "a ; ends the text"},
		{"#58;", "#", "a # begins a comment"},
		{"a#58;b", "end", "end ends a block"},
		{"a#58;b", "END", "in other letters too"},
		{"as a#58;b", "as a\n    b", "a line feed ends the statement"},
		{"as a#58;b", "as \"a", "quotes"},
		{"as a#58;b", "as <br/>", "markup"},
		{"as a#58;b", "as ﬂ°°59¶ß", "letters with which mermaid puts codes away"},
		{": x#59; y", ":#59; style y", "no blank behind the colon, and it may look like CSS"},
		{"x#59; y", "style:#59;", "what looks like CSS"},
		{"c0->>", "c1->>", "nobody"},
		{"->>", "->>+", "an arrow that activates"},
		{"sequenceDiagram", "%%{init: {}}%%\nsequenceDiagram", "a directive"},
	} {
		text := strings.Replace(good, test.old, test.new, 1)
		if test.old == ": x#59; y" {
			text = strings.Replace(good, "Note over server: x#59; y", "Note over server:style:#59;", 1)
		}
		if _, err := readMermaid([]byte(text)); err == nil {
			t.Errorf("%s: readMermaid takes %q", test.why, text)
		}
	}
}

// hostileNames are names that some view could take for its own syntax.
var hostileNames = []string{
	`a:b;c#d`, `end`, `END`, "end ", `<b>&"q"`, `x,y`, `100%\`, "ü→", "#59;", "&#59;", "a\nb", "a\r\nb\tc", "participant z as y", "Note over server: x", "a->>b: x",
	"%%{init: {}}%%", "style:#;", "classDef a:#b;", "ﬂ°°59¶ß", "a¶ßb", "wrap:x", "nowrap:", "as", "title", "+x", "-x", `"`, `'`, "`", "{{a}}", "]]>", "-->", "<!--",
	"</text><script>alert(1)</script>", "\x00\x1b[31m", "\u2028x\u2029", "\u202egnp", "\xff\xfe", "=1+1", "\ufeffa", strings.Repeat("w", 300),
}

func TestHostileNamesAreEscapedInMermaid(t *testing.T) {
	for _, name := range hostileNames {
		s := renamed(t, "c", name)
		if s.Validate() != nil {
			continue // TestHostileTitlesAreEscaped has it
		}
		v := viewRun(t, s, scenarios.Options{Profile: "wsp"}, ".mmd")
		d, err := readMermaid(v.files[".mmd"])
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		want := strings.TrimSpace(strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(strings.ToValidUTF8(name, "\ufffd")))
		if strings.ContainsAny(name, "\x00\ufeff") || !utf8.ValidString(name) {
			continue // mermaid shows another sign for it
		}
		if got := d.labels["c2"]; got != want {
			t.Errorf("the participant %q is shown as %q", name, got)
		}
		said := false
		for _, text := range d.texts {
			said = said || strings.Contains(text, want+": SYN refused")
		}
		if !said && want == name {
			t.Errorf("no note says that %q is refused: %q", name, d.texts)
		}
	}
}

// renamed returns overflow with another name for one of its clients.
func renamed(t *testing.T, was, name string) scenarios.Scenario {
	t.Helper()
	s := byName(t, "overflow")
	s.Steps = append([]scenarios.Step(nil), s.Steps...)
	for i, step := range s.Steps {
		if r, ok := step.Do.(scenarios.Request); ok && r.Client == was {
			r.Client = name
			s.Steps[i].Do = r
		}
	}
	s.Expect = nil
	return s
}

// TestHostileTitlesAreEscaped writes each view under a title that could be syntax.
func TestHostileTitlesAreEscaped(t *testing.T) {
	v := viewRun(t, byName(t, "overflow"), scenarios.Options{Profile: "wsp"})
	for _, title := range append(hostileNames, strings.Repeat("w", 70_000)) {
		for _, f := range trace.Formats() {
			var b bytes.Buffer
			view := f.NewView(&b, v.net)
			view.Title = title
			for _, s := range v.segments {
				view.Segment(s)
			}
			for _, r := range v.records {
				view.Record(r)
			}
			if err := view.Close(); err != nil {
				t.Fatal(err)
			}
			switch f.Ext {
			case ".mmd":
				if _, err := readMermaid(b.Bytes()); err != nil {
					t.Errorf("title %q: %v", title, err)
				}
			case ".svg":
				textBoxes(t, b.Bytes())
				if bytes.Contains(b.Bytes(), []byte("<script")) {
					t.Errorf("title %q: the picture has a script", title)
				}
			case ".pcapng":
				if packets, err := readCapture(b.Bytes()); err != nil || len(packets) != len(v.segments) {
					t.Errorf("title %.40q: the capture has %d frames, %v, want %d", title, len(packets), err, len(v.segments))
				}
			case ".csv":
				if rows, err := csv.NewReader(&b).ReadAll(); err != nil || len(rows) != len(v.records)+1 {
					t.Errorf("title %.40q: the table has %d rows, %v, want %d", title, len(rows), err, len(v.records)+1)
				}
			case ".trace.json":
				if !json.Valid(b.Bytes()) {
					t.Errorf("title %.40q: the timeline is no JSON", title)
				}
			case ".om":
				checkMetrics(t, b.Bytes())
			}
		}
	}
}
