package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wspsim/internal/update"

	"github.com/google/go-cmp/cmp"
)

// surface is the packages that others import, and how many names each exports at package
// level: constants, variables, types and functions, not methods and fields. A number only
// shrinks, or grows on purpose.
var surface = []struct {
	pkg   string
	names int
}{
	{"sim", 24},
	{"netmodel", 244},
	{"netmodel/winsock", 55},
	{"netmodel/profiles", 56},
	{"netmodel/trace", 9},
	{"netmodel/trace/page", 26},
	{"netmodel/measured", 9},
	{"netmodel/netmodeltest", 3},
	{"netmodel/netmodeltest/lockstep", 60},
	{"scenarios", 59},
	{"scenarios/lessons", 3},
	{"netmodel/simnet", 11},
	{"netmodel/simnet/simnettest", 11},
	{"netmodel/simnet/acceptcheck", 12},
}

// linesOfNetmodel is how many lines netmodel may have in testdata/api.txt: names, methods
// and fields. The aim is 500.
const linesOfNetmodel = 541

// TestTheExportedAPIIsTheOneWrittenDown keeps a change of the API from passing
// unnoticed: whoever makes one shows it in testdata/api.txt.
func TestTheExportedAPIIsTheOneWrittenDown(t *testing.T) {
	const file = "../../testdata/api.txt"
	var got bytes.Buffer
	for _, room := range surface {
		names, lines := 0, 0
		for _, line := range exported(t, filepath.Join("../..", room.pkg)) {
			fmt.Fprintf(&got, "%s: %s\n", room.pkg, line)
			lines++
			if !strings.HasPrefix(line, "field ") && !strings.HasPrefix(line, "func (") {
				names++
			}
		}
		switch {
		case room.pkg == "netmodel" && lines > linesOfNetmodel:
			t.Errorf("netmodel has %d lines in the list of its API, want at most %d: raise the number on purpose only", lines, linesOfNetmodel)
		case names > room.names:
			t.Errorf("%s exports %d names at package level, want at most %d: keep new ones to yourself, or raise the number on purpose", room.pkg, names, room.names)
		case names < room.names:
			t.Errorf("%s exports %d names at package level: lower its number from %d, so that it stays so", room.pkg, names, room.names)
		}
	}
	if update.Goldens() {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("the exported API differs from testdata/api.txt (go test ./cmd/wspsim -run API -update rewrites it):\n%s", diff)
	}
}

// exported returns a line per exported name of a package, sorted.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	d, err := doc.NewFromFiles(files, parsed, "wspsim")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, v := range slices.Concat(d.Consts, d.Vars) {
		lines = append(lines, exportedNames(v)...)
	}
	for _, f := range d.Funcs {
		lines = append(lines, signature(files, f))
	}
	for _, typ := range d.Types {
		lines = append(lines, typeLines(files, typ)...)
	}
	slices.Sort(lines)
	return lines
}

func typeLines(files *token.FileSet, typ *doc.Type) []string {
	lines := []string{"type " + typ.Name}
	for _, spec := range typ.Decl.Specs {
		if s, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, n := range f.Names {
					if n.IsExported() {
						lines = append(lines, fmt.Sprintf("field %s.%s %s", typ.Name, n.Name, text(files, f.Type)))
					}
				}
			}
		}
	}
	for _, v := range slices.Concat(typ.Consts, typ.Vars) {
		lines = append(lines, exportedNames(v)...)
	}
	for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
		lines = append(lines, signature(files, f))
	}
	return lines
}

func exportedNames(v *doc.Value) []string {
	var lines []string
	for _, n := range v.Names {
		if ast.IsExported(n) {
			lines = append(lines, v.Decl.Tok.String()+" "+n)
		}
	}
	return lines
}

func signature(files *token.FileSet, f *doc.Func) string {
	decl := *f.Decl
	decl.Body = nil
	return text(files, &decl)
}

var blanks = regexp.MustCompile(`\s+`)

func text(files *token.FileSet, node any) string {
	var b bytes.Buffer
	_ = printer.Fprint(&b, files, node) // a bytes.Buffer takes everything
	return blanks.ReplaceAllString(b.String(), " ")
}
