package tracefile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/tracefile"
	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// record returns the trace of a scenario.
func record(t testing.TB, p play.Play) []byte {
	t.Helper()
	if p.Scenario.Name == "" {
		p.Scenario, _ = scenarios.ByName("overflow")
	}
	if p.Profile == "" {
		p.Profile = p.Scenario.Profiles[0]
	}
	header, err := tracefile.HeaderOf(&p)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tracefile.NewWriter(&b, header)
	done, err := p.Run(context.Background(), play.Watch{Record: w.Record})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.End(done.Hash); err != nil || w.Records() != done.Records {
		t.Fatalf("End = %v with %d of %d records", err, w.Records(), done.Records)
	}
	return b.Bytes()
}

// sealed gives lines without checksums their checksums.
func sealed(lines ...string) string {
	var b strings.Builder
	for i, line := range lines {
		if i == 0 {
			b.WriteString(line + "\n")
			continue
		}
		fmt.Fprintf(&b, "%08x  %s\n", crc32.ChecksumIEEE([]byte(fmt.Sprint(i+1)+line)), line)
	}
	return b.String()
}

// unsealed is the opposite of sealed.
func unsealed(data []byte) []string {
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := range lines[1:] {
		lines[i+1] = lines[i+1][10:]
	}
	return lines
}

func TestEveryScenarioReplaysFromItsTrace(t *testing.T) {
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			data := record(t, play.Play{Scenario: s, Profile: profile, Seed: 7})
			header, err := tracefile.Check("x", bytes.NewReader(data))
			if err != nil || header.Scenario != s.Name || header.Profile != profile || header.Seed != 7 {
				t.Fatalf("%s, %s: Check = %+v, %v", s.Name, profile, header, err)
			}
			r, err := tracefile.Replay(context.Background(), "x", bytes.NewReader(data), "", play.Watch{})
			if err != nil || r.Differs {
				t.Errorf("%s, %s: Replay = %+v, %v", s.Name, profile, r, err)
			}
		}
	}
}

func TestTurnedKnobsReplay(t *testing.T) {
	data := record(t, play.Play{Seed: 1<<64 - 1, Knobs: []scenarios.Setting{{Name: "latency", Value: "2.5ms"}, {Name: "backlog", Value: "-7"}}})
	for _, want := range []string{"seed 18446744073709551615\n", "knob backlog=-7\n", "knob latency=2.5ms\n"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in the header", want)
		}
	}
	if r, err := tracefile.Replay(context.Background(), "x", bytes.NewReader(data), "", play.Watch{}); err != nil || r.Differs {
		t.Errorf("Replay = %+v, %v", r, err)
	}
}

// counted returns how many records a trace has by its last line.
func counted(t *testing.T, texts []string) int {
	t.Helper()
	n := 0
	if _, err := fmt.Sscanf(texts[len(texts)-1], "end of %d records", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDamageIsNamedWithLineAndColumn(t *testing.T) {
	good := string(record(t, play.Play{}))
	lines := strings.SplitAfter(good, "\n")
	texts := unsealed([]byte(good))
	with := func(change func(l []string) []string) string { return strings.Join(change(slices.Clone(lines)), "") }
	resealed := func(change func(l []string) []string) string { return sealed(change(slices.Clone(texts))...) }
	for _, test := range []struct {
		why, data, want string
	}{
		{"empty", "", "x:1:1: the trace is cut off"},
		{"something else", "hello\n", `x:1:1: not a trace: want "wspsim trace 1", not "hello"`},
		{"another version", strings.Replace(good, "trace 1", "trace 2", 1), "x:1:14: the trace has format \"2\"; this wspsim reads format 1"},
		{"cut between lines", with(func(l []string) []string { return l[:12] }), "x:13:1: the trace is cut off"},
		{"cut within a line", good[:len(lines[0])+20], "x:2:21: the trace is cut off in the middle of a line"},
		{"the last line feed is missing", strings.TrimSuffix(good, "\n"), "in the middle of a line"},
		{"a bit of a text", with(func(l []string) []string { l[13] = strings.Replace(l[13], "m", "l", 1); return l }), "x:14:1: damaged"},
		{"a bit of a checksum", with(func(l []string) []string { l[13] = "0" + l[13][1:]; return l }), "x:14:1: damaged"},
		{"no checksum", with(func(l []string) []string { l[13] = "zzzzzzzz" + l[13][8:]; return l }), `x:14:1: "zzzzzzzz" is not a checksum`},
		{"an empty line", with(func(l []string) []string { l[13] = "\n"; return l }), "x:14:1: want a checksum of 8 digits"},
		{"control characters", with(func(l []string) []string { l[13] = "\x1b[31m\x00\n"; return l }), `not "\x1b[31m\x00"`},
		{"two lines changed places", with(func(l []string) []string { l[12], l[13] = l[13], l[12]; return l }), "x:13:1: damaged or moved"},
		{"a line is gone", with(func(l []string) []string { return slices.Delete(l, 12, 13) }), "x:13:1: damaged or moved"},
		{"a line of 70 kB", with(func(l []string) []string { l[13] = strings.Repeat("x", 70_000) + "\n"; return l }), "x:14:4096: the line is longer than 4096 bytes"},
		{"more behind the end", good + "more\n", fmt.Sprintf("x:%d:1: there is text after the end", len(lines))},
		{"no end", with(func(l []string) []string { return l[:len(l)-2] }), fmt.Sprintf("x:%d:1: the trace is cut off: \"end of ... records\" is missing", len(lines)-1)},
		{"a header line is missing", resealed(func(l []string) []string { return slices.Delete(l, 2, 3) }), `x:3:11: want "scenario" and a value, not "profile wsp"`},
		{"a seed that is none", resealed(func(l []string) []string { l[4] = "seed 1e3"; return l }), `x:5:16: "1e3" is not a seed`},
		{"a knob without a value", resealed(func(l []string) []string { l[5] = "knob backlog"; return l }), `x:6:16: want NAME=VALUE, not "backlog"`},
		{"unknown in the header", resealed(func(l []string) []string { l[5] = "colour red"; return l }), `x:6:11: unknown line "colour red" in the header`},
		{"arrivals without a file", resealed(func(l []string) []string { l[5] = "arrivals 12"; return l }), `x:6:20: want a hash, a column and a file, not "12"`},
		{"a definition that is no hash", resealed(func(l []string) []string { l[7] = "definition none"; return l }), `x:8:22: "none" is not a hash`},
		{"the end miscounts", resealed(func(l []string) []string { l[len(l)-1] = "end of 20 records, hash 0000000000000000"; return l }), fmt.Sprintf("the end counts 20 records, there are %d", counted(t, texts))},
		{"the end is not one", resealed(func(l []string) []string { l[len(l)-1] = "end of days"; return l }), `want "end of N records, hash H", not "end of days"`},
	} {
		_, err := tracefile.Check("x", strings.NewReader(test.data))
		var format *tracefile.FormatError
		if !errors.As(err, &format) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: Check = %v, want a FormatError with %s", test.why, err, test.want)
		}
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	good := record(t, play.Play{})
	for i := range good {
		data := slices.Clone(good)
		data[i] ^= 1 << (i % 8)
		if _, err := tracefile.Check("x", bytes.NewReader(data)); err == nil {
			t.Fatalf("bit %d of byte %d, %q, was flipped and nobody noticed", i%8, i, good[i])
		}
	}
}

func TestEveryCutIsFound(t *testing.T) {
	good := record(t, play.Play{})
	for n := range good {
		if _, err := tracefile.Check("x", bytes.NewReader(good[:n])); err == nil {
			t.Fatalf("cut after %d of %d bytes and nobody noticed", n, len(good))
		}
	}
}

func TestReplayNamesTheFirstLineThatDiffers(t *testing.T) {
	texts := unsealed(record(t, play.Play{}))
	last := len(texts) - 1
	n := counted(t, texts)
	fewer := fmt.Sprintf("end of %d records", n-1)
	refused := slices.IndexFunc(texts, func(line string) bool { return strings.Contains(line, "  ! c ") })
	for _, test := range []struct {
		why       string
		change    func(l []string) []string
		line      int
		want, got string
		remark    string
	}{
		{why: "another queue", change: func(l []string) []string { l[refused] = strings.Replace(l[refused], "[a (b)]", "[a b]", 1); return l },
			line: refused + 1, want: "[a b]", got: "[a (b)]"},
		{why: "a record less", change: func(l []string) []string {
			l = slices.Delete(l, refused-1, refused)
			l[last-1] = fewer + ", hash 0000000000000000"
			return l
		}, line: refused, want: "!", got: "*"},
		{why: "another hash, though every line is equal", change: func(l []string) []string { l[last] = l[last][:24] + "0000000000000000"; return l },
			line: last + 1, want: "hash 0000", got: texts[last][19:]},
		{why: "the recorded run ended earlier", change: func(l []string) []string {
			return append(l[:last-1], fewer+", hash 0000000000000000")
		}, line: last, want: fewer, got: "accept(fd 3)"},
		{why: "another model", change: func(l []string) []string { l[1] = "model 9.9.9"; l[refused-1] = "something"; return l },
			line: refused, want: "something", got: "*", remark: "recorded by model 9.9.9, this is " + netmodel.ModelVersion},
		{why: "another scenario of that name", change: func(l []string) []string { l[7] = "definition 0000000000000000"; l[refused-1] = "something"; return l },
			line: refused, want: "something", got: "*", remark: "the scenario has changed since then"},
	} {
		data := sealed(test.change(slices.Clone(texts))...)
		if _, err := tracefile.Check("x", strings.NewReader(data)); err != nil {
			t.Fatalf("%s: Check = %v", test.why, err)
		}
		r, err := tracefile.Replay(context.Background(), "x", strings.NewReader(data), "", play.Watch{})
		if err != nil || !r.Differs {
			t.Errorf("%s: Replay = %+v, %v, want a difference", test.why, r, err)
			continue
		}
		d := r.Difference
		if d.Line != test.line || !strings.Contains(d.Want, test.want) || !strings.Contains(d.Got, test.got) || len(d.Before) != 3 {
			t.Errorf("%s: got the difference %+v, want line %d, %q, %q", test.why, d, test.line, test.want, test.got)
		}
		if strings.Join(r.Remarks, "; ") != test.remark {
			t.Errorf("%s: remarks %q, want %q", test.why, r.Remarks, test.remark)
		}
	}
}

func TestARunThatWentOnLongerDiffers(t *testing.T) {
	texts := unsealed(record(t, play.Play{}))
	last := len(texts) - 1
	n := counted(t, texts)
	texts = append(texts[:last], "one record more", fmt.Sprintf("end of %d records, hash 0000000000000000", n+1))
	r, err := tracefile.Replay(context.Background(), "x", strings.NewReader(sealed(texts...)), "", play.Watch{})
	if err != nil || !r.Differs || r.Difference.Line != last+1 || !strings.HasPrefix(r.Difference.Got, fmt.Sprintf("end of %d records", n)) {
		t.Errorf("Replay = %+v, %v", r, err)
	}
}

func TestHeadersThatAskForTheUnknownAreRefused(t *testing.T) {
	texts := unsealed(record(t, play.Play{}))
	for _, test := range []struct {
		line       int
		text, want string
	}{
		{2, "scenario overflo", `x:3:11: unknown scenario "overflo"; nearest: overflow`},
		{3, "profile wspp", `x:4:11: unknown profile "wspp"; nearest: wsp`},
		{5, "knob backlog=many", `x:6:11: knob backlog: "many" is not a whole number`},
		{5, "knob colour=1", `has no knob "colour"`},
	} {
		changed := slices.Clone(texts)
		changed[test.line] = test.text
		_, err := tracefile.Replay(context.Background(), "x", strings.NewReader(sealed(changed...)), "", play.Watch{})
		if !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: Replay = %v, want %s", test.text, err, test.want)
		}
	}
}

func TestArrivalsMustBeThoseOfTheRecording(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a \"strange\" name.csv")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("who,at_ms\nx,0\ny,1.5\nz,30\n")
	recorded, _ := scenarios.ByName("recorded")
	p := play.Play{Scenario: recorded, Profile: "wsp"}
	if err := p.UseArrivals(file, "at_ms"); err != nil {
		t.Fatal(err)
	}
	data := record(t, p)
	replay := func(arrivals string) (*tracefile.Replayed, error) {
		return tracefile.Replay(context.Background(), "x", bytes.NewReader(data), arrivals, play.Watch{})
	}
	if r, err := replay(""); err != nil || r.Differs {
		t.Errorf("Replay = %+v, %v", r, err)
	}
	moved := file + ".moved"
	if err := os.Rename(file, moved); err != nil {
		t.Fatal(err)
	}
	if _, err := replay(""); !strings.Contains(fmt.Sprint(err), "needs its arrivals file; if the file has moved, use --arrivals FILE") {
		t.Errorf("Replay without the file = %v", err)
	}
	if r, err := replay(moved); err != nil || r.Differs {
		t.Errorf("Replay with the file that has moved = %+v, %v", r, err)
	}
	write("who,at_ms\nx,0\ny,1.5\nz,31\n")
	if _, err := replay(""); !strings.Contains(fmt.Sprint(err), "is not the file of the recording") {
		t.Errorf("Replay with another file = %v", err)
	}
}

func TestCreateLeavesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	names := func() string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return strings.Join(all, " ")
	}
	write := func(text string) *tracefile.File {
		f, err := tracefile.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, text)
		return f
	}
	write("lost").Abort()
	if names() != "" {
		t.Errorf("after Abort there is %s", names())
	}
	f := write("first")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	f = write("second")
	if text, _ := os.ReadFile(path); string(text) != "first" {
		t.Errorf("before Commit the file is %q", text)
	}
	f.Abort()
	if text, _ := os.ReadFile(path); string(text) != "first" || names() != "out" {
		t.Errorf("after Abort the file is %q, the directory %s", text, names())
	}
	if err := os.Symlink(path, filepath.Join(dir, "link")); err == nil {
		link, err := tracefile.Create(filepath.Join(dir, "link"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(link, "third")
		if err := link.Commit(); err != nil {
			t.Fatal(err)
		}
		if text, _ := os.ReadFile(path); string(text) != "third" {
			t.Errorf("through a link the file is %q", text)
		}
	}
	for _, bad := range []string{dir, filepath.Join(dir, "none", "out")} {
		if _, err := tracefile.Create(bad); err == nil {
			t.Errorf("Create(%s) succeeded", bad)
		}
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	good := record(f, play.Play{})
	f.Add(good)
	f.Add([]byte("wspsim trace 1\n"))
	f.Add([]byte(sealed("wspsim trace 1", "model 1", "scenario a", "profile b", "seed 3", "arrivals 1 column \"\" of \"x\"", "records", "end of 0 records, hash 0000000000000000")))
	f.Fuzz(func(t *testing.T, data []byte) {
		header, err := tracefile.Check("x", bytes.NewReader(data))
		var format *tracefile.FormatError
		switch {
		case err == nil && header.Scenario == "":
			t.Error("a trace without a scenario passed")
		case err != nil && !errors.As(err, &format):
			t.Errorf("Check = %v, which does not say where", err)
		case err != nil && (format.Line < 1 || format.Column < 1 || strings.ContainsAny(err.Error(), "\n\x1b")):
			t.Errorf("Check = %q", err)
		}
	})
}
