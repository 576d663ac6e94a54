// Package sources tells from which sources a program for the browser is made.
package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/scanner"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Simulator is the package of the program.
const Simulator = "wspsim/cmd/wspsim/internal/live/simulator"

// Hash returns the hash of all Go files of this module that the program is made from: of what
// the compiler reads, so that another comment is no other source. Dir is a directory of the
// module.
func Hash(dir string) (string, error) {
	list := exec.Command("go", "list", "-deps", "-f", `{{if and .Module .Module.Main}}{{$d := .Dir}}{{$p := .ImportPath}}{{range .GoFiles}}{{$p}}/{{.}} {{$d}}/{{.}}{{"\n"}}{{end}}{{end}}`, Simulator)
	list.Dir = dir
	list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	files := slices.Sorted(strings.Lines(string(out)))
	if len(files) < 20 {
		return "", fmt.Errorf("go list names %d files: want those of sim, netmodel and scenarios", len(files))
	}
	sum := sha256.New()
	for _, line := range files {
		name, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		text, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s\n", name)
		write(sum, text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// write writes the tokens of a Go file and its directives, a line each.
func write(w io.Writer, text []byte) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, text, nil, scanner.ScanComments)
	for {
		_, kind, word := s.Scan()
		switch {
		case kind == token.EOF:
			return
		case kind == token.COMMENT && !strings.HasPrefix(word, "//go:"):
		case word == "":
			fmt.Fprintln(w, kind)
		default:
			fmt.Fprintln(w, strings.TrimSpace(word))
		}
	}
}
