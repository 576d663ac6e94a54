package lockstep

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A command imports this package, so it imports neither testing nor a library from
// outside. It has no state that two searches could share.
func TestThePackageIsLightAndHasNoVariables(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Skip("the source is not here to be read: run this test by go test in the module")
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			own := path == "wspsim/sim" || path == "wspsim/netmodel" || path == "wspsim/netmodel/profiles" || path == "wspsim/netmodel/winsock"
			if !own && (strings.Contains(path, ".") || strings.HasPrefix(path, "wspsim/") || path == "testing" || path == "flag") {
				t.Errorf("%s imports %s: want the standard library without testing, sim, netmodel, winsock and profiles only", name, path)
			}
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				t.Errorf("%s has a package variable", name)
			}
		}
	}
}
