package scenarios_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wspsim/internal/update"
	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/scenarios"
)

// viewed is a run and its views.
type viewed struct {
	name     string
	net      *netmodel.Network
	records  []netmodel.Record
	segments []netmodel.Transmission
	files    map[string][]byte // by extension
}

// viewRun plays a scenario and writes it in the given formats.
func viewRun(t testing.TB, s scenarios.Scenario, o scenarios.Options, formats ...string) *viewed {
	t.Helper()
	v := &viewed{name: s.Name + " on " + o.Profile, files: map[string][]byte{}}
	o.Seed = 1
	out := make([]bytes.Buffer, len(formats))
	var views []*trace.View
	on := func(n *netmodel.Network) {
		for i := len(views); i < len(formats); i++ {
			f, ok := trace.FormatOf(formats[i])
			if !ok {
				t.Fatalf("FormatOf(%q) knows no such format", formats[i])
			}
			views = append(views, f.NewView(&out[i], n))
			views[i].Title = v.name
		}
		v.net = n
	}
	o.Segment = func(n *netmodel.Network, x netmodel.Transmission) {
		on(n)
		v.segments = append(v.segments, x)
		for _, view := range views {
			view.Segment(x)
		}
	}
	o.Record = func(n *netmodel.Network, r netmodel.Record) {
		on(n)
		v.records = append(v.records, r)
		for _, view := range views {
			view.Record(r)
		}
	}
	if _, err := scenarios.Run(s, o); err != nil {
		t.Fatalf("%s: Run: %v", v.name, err)
	}
	for i, view := range views {
		if err := view.Close(); err != nil {
			t.Fatalf("%s: Close of %s: %v", v.name, formats[i], err)
		}
		v.files[formats[i]] = out[i].Bytes()
	}
	return v
}

// everyRun calls f with each scenario under each profile that it is about.
func everyRun(t *testing.T, f func(t *testing.T, v *viewed), formats ...string) {
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			t.Run(s.Name+"/"+profile, func(t *testing.T) {
				f(t, viewRun(t, s, scenarios.Options{Profile: profile}, formats...))
			})
		}
	}
}

func TestEveryTableHasARowForEachRecord(t *testing.T) {
	everyRun(t, func(t *testing.T, v *viewed) {
		rows, err := csv.NewReader(bytes.NewReader(v.files[".csv"])).ReadAll()
		if err != nil || len(rows) != len(v.records)+1 {
			t.Fatalf("the table has %d rows, %v, want %d", len(rows), err, len(v.records)+1)
		}
		for i, r := range v.records {
			row := rows[i+1]
			if row[0] != strconv.FormatInt(int64(r.At), 10) || row[1] != trace.KindName(r.Kind) || r.AboutQueue() != (row[11] != "") {
				t.Fatalf("row %d is %q, the record is %+v", i+1, row, r)
			}
		}
	}, ".csv")
}

func TestEveryTimelineIsOne(t *testing.T) {
	everyRun(t, func(t *testing.T, v *viewed) {
		var doc struct {
			TraceEvents []struct {
				Name, Ph string
				TS       *float64
				Pid, Tid *int
				Dur      float64
			}
		}
		d := json.NewDecoder(bytes.NewReader(v.files[".trace.json"]))
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		records := 0
		for i, e := range doc.TraceEvents {
			if e.Name == "" || e.Pid == nil || e.Tid == nil || e.Ph != "M" && e.TS == nil || !strings.Contains("MXiC", e.Ph) || e.Ph == "X" && e.Dur <= 0 {
				t.Fatalf("event %d is %+v", i, e)
			}
			if e.Ph == "X" || e.Ph == "i" {
				records++
			}
		}
		if records != len(v.records) {
			t.Errorf("%d events are records, want %d", records, len(v.records))
		}
	}, ".trace.json")
}

var openMetric = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\}) (\d+) (\d+\.\d{3})$`)

func TestEveryMetricIsOpenMetrics(t *testing.T) {
	everyRun(t, func(t *testing.T, v *viewed) { checkMetrics(t, v.files[".om"]) }, ".om")
}

// checkMetrics reads the text format of OpenMetrics 1.0, as far as the view uses it.
func checkMetrics(t *testing.T, file []byte) {
	t.Helper()
	lines := strings.Split(string(file), "\n")
	if n := len(lines); n < 3 || lines[n-1] != "" || lines[n-2] != "# EOF" {
		t.Fatalf("the metrics end in %q", lines[max(0, len(lines)-2):])
	}
	family, kind := "", ""
	seen, last := map[string]bool{}, map[string]float64{}
	for i, line := range lines[:len(lines)-2] {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "# HELP "):
			if family, kind = f[2], ""; seen[family] || len(f) < 4 {
				t.Errorf("line %d: the family %s comes twice, or has no text", i+1, family)
			}
			seen[family] = true
		case strings.HasPrefix(line, "# TYPE "):
			if kind = f[3]; f[2] != family || kind != "counter" && kind != "gauge" {
				t.Errorf("line %d: %q within %s", i+1, line, family)
			}
		default:
			m := openMetric.FindStringSubmatch(line)
			want := family
			if kind == "counter" {
				want += "_total"
			}
			if m == nil || m[1] != want {
				t.Fatalf("line %d is %q, want a sample of %s", i+1, line, want)
			}
			at, _ := strconv.ParseFloat(m[7], 64)
			if was, ok := last[m[1]+m[2]]; ok && at <= was {
				t.Errorf("line %d: a sample of %v s after one of %v s", i+1, at, was)
			}
			last[m[1]+m[2]] = at
		}
	}
}

// box is where a text of a picture stands.
type box struct {
	left, top, right, bottom float64
	text                     string
}

// textBoxes reads a picture and returns where its texts stand, at a width of 0.62 of the
// size of the type for each character, which is that of DejaVu Sans.
func textBoxes(t *testing.T, file []byte) (boxes []box, width, height float64) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(file))
	number := func(e xml.StartElement, name string) float64 {
		for _, a := range e.Attr {
			if a.Name.Local == name {
				f, err := strconv.ParseFloat(a.Value, 64)
				if err != nil {
					t.Fatal(err)
				}
				return f
			}
		}
		return 0
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return boxes, width, height
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		switch {
		case ok && e.Name.Local == "svg":
			width, height = number(e, "width"), number(e, "height")
		case ok && e.Name.Local == "text":
			var content string
			if err := d.DecodeElement(&content, &e); err != nil {
				t.Fatal(err)
			}
			class := ""
			for _, a := range e.Attr {
				if a.Name.Local == "class" {
					class = a.Value
				}
			}
			size := map[string]float64{"h": 16, "s": 11, "e": 11}[class]
			if size == 0 {
				size = 12
			}
			w := 0.62 * size * float64(utf8.RuneCountInString(content))
			b := box{left: number(e, "x"), bottom: number(e, "y") + 0.2*size, text: content}
			b.top = b.bottom - size
			switch class {
			case "c":
				b.left -= w / 2
			case "t", "e":
				b.left -= w
			}
			b.right = b.left + w
			boxes = append(boxes, b)
		}
	}
}

func TestTextsOfEveryPictureDoNotOverlap(t *testing.T) {
	everyRun(t, func(t *testing.T, v *viewed) {
		boxes, width, height := textBoxes(t, v.files[".svg"])
		for i, a := range boxes {
			if a.left < 0 || a.top < 0 || a.right > width || a.bottom > height {
				t.Errorf("%q stands at %.0f to %.0f, %.0f to %.0f, and the picture has %.0f by %.0f", a.text, a.left, a.right, a.top, a.bottom, width, height)
			}
			for _, b := range boxes[:i] {
				if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
					t.Errorf("%q and %q overlap: %.0f", b.text, a.text, []float64{b.left, b.right, b.top, b.bottom, a.left, a.right, a.top, a.bottom})
				}
			}
		}
	}, ".svg")
}

func TestGoldenOfEveryView(t *testing.T) {
	s := byName(t, "overflow")
	var formats []string
	for _, f := range trace.Formats() {
		formats = append(formats, f.Ext)
	}
	v := viewRun(t, s, scenarios.Options{Profile: "wsp"}, formats...)
	again := viewRun(t, s, scenarios.Options{Profile: "wsp"}, formats...)
	for _, ext := range formats {
		got := v.files[ext]
		if !bytes.Equal(got, again.files[ext]) {
			t.Errorf("%s: a second run writes other bytes", ext)
		}
		file := filepath.Join("../testdata/views", "overflow"+ext)
		if update.Goldens() {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s differs (go test ./scenarios -run GoldenOfEveryView -update rewrites it):\n%s", file, diff)
		}
	}
}

func TestPicturesOfLargeRunsAreSmallAndSayWhatIsLeftOut(t *testing.T) {
	s := byName(t, "burst")
	v := viewRun(t, s, scenarios.Options{Profile: "linux", Knobs: []scenarios.Setting{{Name: "clients", Value: "3000"}}}, ".svg", ".mmd", ".om")
	for _, test := range []struct {
		ext, want string
		most      int
	}{
		{".svg", "Drawn are 5 of 3000 clients.", 100_000},
		{".svg", "Not drawn: ", 100_000},
		{".mmd", "not drawn - 2988 of 3000 clients", 50_000},
		{".om", "# EOF", 2_000_000},
	} {
		if got := v.files[test.ext]; len(got) > test.most || !strings.Contains(string(got), test.want) {
			t.Errorf("%s has %d bytes, want at most %d and %q:\n%.300s", test.ext, len(got), test.most, test.want, got[max(0, len(got)-300):])
		}
	}
	checkMermaid(t, v.files[".mmd"])
	checkMetrics(t, v.files[".om"])
}

func TestALongDiagramSaysHowManyMomentsItLeavesOut(t *testing.T) {
	v := viewRun(t, byName(t, "impatient"), scenarios.Options{Profile: "wsp"}, ".mmd")
	lines := strings.Split(strings.TrimSpace(string(v.files[".mmd"])), "\n")
	last := regexp.MustCompile(`not drawn - 388 of 400 clients, [1-9]\d* later moments$`)
	if len(lines) > 216 || !last.MatchString(lines[len(lines)-1]) {
		t.Errorf("the diagram has %d lines, the last is %q, want at most 216 and what is left out", len(lines), lines[len(lines)-1])
	}
}

func TestStrangeNamesAreEscaped(t *testing.T) {
	var formats []string
	for _, f := range trace.Formats() {
		formats = append(formats, f.Ext)
	}
	for _, name := range hostileNames {
		s := renamed(t, "c", name)
		if s.Validate() != nil {
			continue // no client has such a name
		}
		v := viewRun(t, s, scenarios.Options{Profile: "wsp"}, formats...)
		checkMermaid(t, v.files[".mmd"])
		checkMetrics(t, v.files[".om"])
		if !json.Valid(v.files[".trace.json"]) {
			t.Errorf("%q: the timeline is no JSON", name)
		}
		if rows, err := csv.NewReader(bytes.NewReader(v.files[".csv"])).ReadAll(); err != nil || len(rows) != len(v.records)+1 {
			t.Errorf("%q: the table has %d rows, %v, want %d", name, len(rows), err, len(v.records)+1)
		}
		drawn, shown := false, []rune(name)
		if len(shown) > 12 {
			shown = append(shown[:11], '…')
		}
		boxes, _, _ := textBoxes(t, v.files[".svg"])
		for _, b := range boxes {
			drawn = drawn || b.text == string(shown)
		}
		if !drawn && utf8.ValidString(name) {
			t.Errorf("%q: the picture has no client of that name", name)
		}
		if _, err := readCapture(v.files[".pcapng"]); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
