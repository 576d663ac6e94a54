package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/stored"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel/trace/page"
	"wspsim/netmodel/trace/recording"
	"wspsim/scenarios"
)

// runsOf plays a scenario under some profiles.
func runsOf(t *testing.T, name string, profiles []string, knobs ...scenarios.Setting) []recording.Run {
	t.Helper()
	s, err := play.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := stored.Runs(t.Context(), &play.Play{Scenario: s, Seed: play.DefaultSeed, Knobs: knobs}, profiles, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// check reads a picture as XML and looks whether every text stands within it, at a width of
// 0.62 of the size of the type for each character.
func check(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	height := 0.0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		at := map[string]string{}
		for _, a := range e.Attr {
			at[a.Name.Local] = a.Value
		}
		switch e.Name.Local {
		case "svg":
			height, _ = strconv.ParseFloat(at["height"], 64)
		case "text":
			var content string
			if err := d.DecodeElement(&content, &e); err != nil {
				t.Fatal(err)
			}
			x, _ := strconv.ParseFloat(at["x"], 64)
			y, _ := strconv.ParseFloat(at["y"], 64)
			size := map[string]float64{"h": 17, "b": 15}[at["class"]]
			wide := 0.62 * max(size, 12) * float64(utf8.RuneCountInString(content))
			switch at["class"] {
			case "e":
				x -= wide
			case "c":
				x -= wide / 2
			}
			if x < 0 || x+wide > width || y > height-4 {
				t.Errorf("%q stands at %.0f to %.0f, %.0f, and the picture has %d by %.0f", content, x, x+wide, y, width, height)
			}
		}
	}
}

func TestEveryScenarioHasAPicture(t *testing.T) {
	for _, s := range scenarios.All() {
		if s.Name == "recorded" || s.Name == "impatient" {
			continue // long
		}
		svg := SVG(runsOf(t, s.Name, s.Profiles[:min(len(s.Profiles), page.MostSystems)]))
		t.Run(s.Name, func(t *testing.T) { check(t, svg) })
	}
}

func TestAPictureHasAMarkForEachDecision(t *testing.T) {
	for _, test := range []struct {
		profile, class, begin string
		figures               []string
		why                   string
	}{
		{"windows", "x", "M", []string{"listener.refused_syns"}, "a cross of two lines for each RST"},
		{"linux", "o", "M", []string{"listener.ignored_syns", "listener.ignored_acks"}, "a diamond for each SYN and ACK without an answer"},
	} {
		runs := runsOf(t, "burst", []string{test.profile})
		want := int64(0)
		for _, f := range runs[0].Figures {
			for _, name := range test.figures {
				if f.Name == name {
					want += f.Value
				}
			}
		}
		_, path, _ := strings.Cut(string(SVG(runs)), `<path class="`+test.class+`" d="`)
		path, _, _ = strings.Cut(path, `"`)
		if got := int64(strings.Count(path, test.begin)); got != want || want == 0 {
			t.Errorf("%s: the picture of burst on %s has %d, want %d", test.why, test.profile, got, want)
		}
	}
}

func TestThePictureOfALargeCrowdIsSmallAndSaysWhatIsLeftOut(t *testing.T) {
	svg := SVG(runsOf(t, "burst", []string{"windows", "linux"}, scenarios.Setting{Name: "clients", Value: "1000"}))
	if len(svg) > 100_000 || !strings.Contains(string(svg), "Drawn are 100 of 1000 clients.") {
		t.Errorf("the picture has %d bytes, want at most 100,000 and what is left out", len(svg))
	}
	check(t, svg)
}

func TestHostileTextsStayTexts(t *testing.T) {
	for _, hostile := range []string{`</title><script>alert(1)</script>`, `"&<>'`, "]]>\x00\x1b\u2028", strings.Repeat("w", 5000), "\xff\xfe", ""} {
		runs := runsOf(t, "overflow", []string{"wsp", "linux"})
		runs[0].Summary, runs[0].Long, runs[0].Seed = hostile, hostile, hostile
		runs[0].Knobs = append(runs[0].Knobs, recording.Setting{Name: hostile, Value: hostile})
		for i := range runs[0].Names {
			runs[0].Names[i] = hostile + fmt.Sprint(i)
		}
		svg := SVG(runs)
		check(t, svg)
		if bytes.Contains(svg, []byte("<script")) {
			t.Errorf("%.40q: the picture has a script", hostile)
		}
	}
}

func TestARunWithoutClientsHasAPicture(t *testing.T) {
	check(t, SVG([]recording.Run{{Profile: "wsp"}}))
}
