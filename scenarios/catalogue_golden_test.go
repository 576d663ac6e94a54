package scenarios_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"wspsim/internal/golden"
	"wspsim/internal/update"
	"wspsim/scenarios"
)

// goldenDir holds a file for each scenario of the catalogue.
const goldenDir = "../testdata/scenarios"

func TestGoldenOfEveryScenario(t *testing.T) {
	for _, s := range scenarios.All() {
		t.Run(s.Name, func(t *testing.T) {
			got, err := golden.Write(s)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(goldenDir, s.Name+".txtar")
			if update.Goldens() {
				if err := os.WriteFile(file, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("a scenario without a golden (go test ./scenarios -update writes it): %v", err)
			}
			if d, differs := golden.FirstDifference(want, got); differs {
				t.Errorf("%s: %v\n(go test ./scenarios -update rewrites it)", file, d)
			}
		})
	}
}

func TestGoldenWithoutScenarioIsNone(t *testing.T) {
	files, err := filepath.Glob(goldenDir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 16 {
		t.Errorf("%d goldens, want at least 16", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, err := golden.NameOf(text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if _, ok := scenarios.ByName(name); !ok || filepath.Base(file) != name+".txtar" {
			t.Errorf("%s is a golden of %q, but there is no such scenario or the file is called otherwise", file, name)
		}
	}
}

// Any program that reads txtar can take a golden apart.
func TestGoldenIsTxtar(t *testing.T) {
	for _, s := range scenarios.All() {
		text, err := golden.Write(s)
		if err != nil {
			t.Fatal(err)
		}
		archive := txtar.Parse(text)
		if !bytes.Equal(txtar.Format(archive), text) {
			t.Errorf("%s: txtar.Format(txtar.Parse(golden)) differs from the golden", s.Name)
		}
		comment := strings.Join(strings.Fields(string(archive.Comment)), " ")
		for what, part := range map[string]string{"question": s.Question, "lesson": s.Lesson, "summary": s.Summary} {
			if !strings.Contains(comment, strings.Join(strings.Fields(part), " ")) {
				t.Errorf("%s: the golden lacks the %s", s.Name, what)
			}
		}
		if len(archive.Files) != len(s.Profiles) {
			t.Errorf("%s: %d sections, want one for each of %q", s.Name, len(archive.Files), s.Profiles)
			continue
		}
		for i, f := range archive.Files {
			if want := s.Profiles[i] + "/seed-1"; f.Name != want {
				t.Errorf("%s: section %q, want %q", s.Name, f.Name, want)
			}
			if run, _ := golden.Transcript(s, s.Profiles[i], 1); !bytes.Equal(f.Data, run) {
				t.Errorf("%s: section %s is not the transcript", s.Name, f.Name)
			}
		}
	}
}

func TestGoldenTextIsAtMost100ColumnsWide(t *testing.T) {
	for _, s := range scenarios.All() {
		text, err := golden.Write(s)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(txtar.Parse(text).Comment)) {
			if n := len([]rune(line)) - 1; n > 100 {
				t.Errorf("%s: %d columns: %s", s.Name, n, line)
			}
		}
	}
}

// The hashes that are built in are those of the goldens.
func TestKnownHashIsThatOfTheGolden(t *testing.T) {
	var table strings.Builder
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			r := mustRun(t, s, scenarios.Options{Profile: profile, Seed: 1})
			fmt.Fprintf(&table, "\t%q +\n", fmt.Sprintf("%s %s %016x\n", s.Name, profile, r.Hash))
			if got, ok := golden.KnownHash(s.Name, profile); !update.Goldens() && (!ok || got != r.Hash) {
				t.Errorf("KnownHash(%s, %s) = %016x, %v; the run has %016x (-update rewrites the table)", s.Name, profile, got, ok, r.Hash)
			}
			golden, err := os.ReadFile(filepath.Join(goldenDir, s.Name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			if line := fmt.Sprintf("\nhash %016x, ", r.Hash); !bytes.Contains(golden, []byte(line)) {
				t.Errorf("%s: the golden has no run with hash %016x", s.Name, r.Hash)
			}
		}
	}
	if update.Goldens() {
		rewriteHashes(t, table.String())
	}
	for _, none := range [][2]string{{"overflow", "nt4server"}, {"overflow", ""}, {"", ""}, {"over", "flow"}, {"overflow wsp", ""}, {"none", "wsp"}} {
		if hash, ok := golden.KnownHash(none[0], none[1]); ok {
			t.Errorf("KnownHash(%q, %q) = %016x, want none", none[0], none[1], hash)
		}
	}
}

func rewriteHashes(t *testing.T, table string) {
	const file = "../internal/golden/hashes.go"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(text), "const knownHashes = ")
	if !ok {
		t.Fatalf("%s has no const knownHashes", file)
	}
	text = []byte(head + "const knownHashes = \"\" +\n" + strings.TrimSuffix(table, " +\n") + "\n")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
}
