package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"wspsim/internal/update"
)

// TestThePictureOfTheREADMEIsWhatItsCommandDraws runs the command line that README.md names
// below its picture. With -update it rewrites the picture.
func TestThePictureOfTheREADMEIsWhatItsCommandDraws(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)!\\[[^]]+\\]\\((\\S+\\.svg)\\)\n\n`go run ./cmd/wspsim (export (\\S+) [^`]*)`").FindStringSubmatch(string(text))
	if found == nil || found[1] != found[3] {
		t.Fatalf("README.md has the picture and command %q: want a picture, and below it the command that draws it", found)
	}
	args := strings.Fields(found[2])
	committed, drawn := filepath.Join("../..", found[1]), filepath.Join(t.TempDir(), "drawn.svg")
	args[1] = drawn
	if err := execute(context.Background(), args, io.Discard, io.Discard); err != nil {
		t.Fatalf("%s: %v", found[2], err)
	}
	got, err := os.ReadFile(drawn)
	if err != nil {
		t.Fatal(err)
	}
	if update.Goldens() {
		if err := os.WriteFile(committed, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || len(got) > 60_000 {
		t.Errorf("%s draws %d bytes, %s has %d: want the same, and at most 60,000 (go test ./cmd/wspsim -run ThePictureOf -update rewrites it)", found[2], len(got), committed, len(want))
	}
	for _, want := range []string{">refuses: ", ">stays silent: ", "prefers-color-scheme:dark", `<rect class="page"`} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("the picture has no %q", want)
		}
	}
}
