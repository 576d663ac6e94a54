package sim_test

// This file reads the code of the module instead of running it. Two runs from
// one seed must give the same bytes on every platform; most ways to lose that
// look harmless in review, so they are refused here by name.

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "wspsim"

// whyRule gives each rule its reason. A rule without a broken snippet in
// testdata/rules fails TestEachRuleFailsOnItsBrokenSnippet.
var whyRule = map[string]string{
	"go-statement":     "the scheduler decides which goroutine runs first, and decides anew in every run",
	"channel":          "a channel hands the order of events to the scheduler; here the event list orders them",
	"select":           "select picks at random among the ready cases",
	"map-range":        "Go visits a map in another order in every run; range over a slice or sorted keys",
	"map-iterator":     "these functions of package maps visit a map in another order in every run",
	"clock":            "time is virtual and handed in; the machine's clock differs in every run",
	"package-variable": "state of the package outlives a run and is shared by two runs in one process",
	"float":            "float results differ between processors (fused multiply-add); use integers or a Ratio",
	"math-function":    "functions of package math differ between processors in the last bits; its constants are allowed",
	"global-random":    "these draws are seeded by the operating system; draw from a named stream",
	"forbidden-import": "the package brings in the machine: its locks, memory, files, network, scheduler or entropy",
	"import-direction": "sim < netmodel < {simnet, netmodeltest, scenarios} < cmd: who imports the core must inherit nothing else",
	"unreadable":       "code that does not parse or type-check cannot be checked, and must not pass unchecked",
}

// forbiddenImports are refused in sim and netmodel together with all that lies
// below them, save for what sparedImports names.
var forbiddenImports = []string{
	"sync", "unsafe", "os", "net", "runtime", "math/rand", "crypto/rand", "reflect",
	"context",      // carries a clock and a channel
	"hash/maphash", // hashes differ in every process
}

var sparedImports = []string{"math/rand/v2", "net/netip"} // seeded by the caller; plain values

// unsteadyFuncs are package-level functions that answer differently in every
// run, by package, with the rule that each of them trips.
var unsteadyFuncs = map[string]struct {
	rule  string
	names []string
}{
	"time": {"clock", []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}},
	"maps": {"map-iterator", []string{"Keys", "Values", "All", "DeleteFunc"}},
	"math/rand/v2": {"global-random", []string{"ExpFloat64", "Float32", "Float64", "Int", "Int32", "Int32N", "Int64", "Int64N",
		"IntN", "N", "NormFloat64", "Perm", "Shuffle", "Uint", "Uint32", "Uint32N", "Uint64", "Uint64N", "UintN"}},
}

// A room is a part of the module. Its packages may import the standard
// library, each other, and the named rooms and modules.
type room struct {
	dir     string
	core    bool // the rules of determinism hold here
	imports []string
}

// rooms lists inner rooms before the room that they lie in.
var rooms = []room{
	{dir: "netmodel/winsock", core: true},
	{dir: "netmodel/profiles", core: true, imports: []string{"netmodel", "netmodel/winsock"}},
	{dir: "netmodel/trace/page", imports: []string{"sim", "netmodel", "netmodel/profiles", "netmodel/trace", "netmodel/trace/recording", "netmodel/winsock"}},
	{dir: "netmodel/trace/recording", core: true, imports: []string{"netmodel", "netmodel/profiles", "netmodel/trace"}},
	{dir: "netmodel/trace", core: true, imports: []string{"sim", "netmodel", "netmodel/winsock", "netmodel/profiles"}},
	{dir: "netmodel/netmodeltest", imports: []string{"sim", "netmodel", "netmodel/winsock", "netmodel/profiles", "netmodel/trace", "pgregory.net/rapid", "github.com/google/go-cmp"}},
	{dir: "netmodel/measured", imports: []string{"sim", "netmodel", "netmodel/winsock", "netmodel/profiles", "netmodel/trace"}},
	{dir: "netmodel/simnet", imports: []string{"sim", "netmodel", "netmodel/winsock", "netmodel/profiles", "netmodel/trace", "netmodel/trace/page", "netmodel/trace/recording"}},
	{dir: "netmodel", core: true, imports: []string{"sim", "netmodel/winsock"}},
	{dir: "sim", core: true},
	{dir: "scenarios/lessons", imports: []string{"netmodel/trace/page", "netmodel/trace/recording"}},
	{dir: "scenarios", imports: []string{"sim", "netmodel", "netmodel/winsock", "netmodel/profiles", "netmodel/trace"}},
	{dir: "internal", imports: []string{"netmodel", "netmodel/winsock", "scenarios"}},
	{dir: "cmd", imports: []string{"*"}},
}

func roomOf(dir string) (room, bool) {
	for _, r := range rooms {
		if below(dir, r.dir) {
			return r, true
		}
	}
	return room{}, false
}

// below reports whether p is root or lies below it.
func below(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

func belowAny(p string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return below(p, root) })
}

func isStd(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return first != modulePath && first != "C" && !strings.Contains(first, ".")
}

func (r room) mayImport(importPath string) bool {
	if isStd(importPath) || slices.Contains(r.imports, "*") {
		return true
	}
	dir, inModule := strings.CutPrefix(importPath, modulePath+"/")
	if !inModule {
		return belowAny(importPath, r.imports)
	}
	target, known := roomOf(dir)
	return known && (target.dir == r.dir || slices.Contains(r.imports, target.dir))
}

// A sourceFile is named by its path in the module, which decides its rules.
type sourceFile struct{ path, text string }

type violation struct {
	file string
	line int
	rule string
	what string
}

func (v violation) String() string {
	return fmt.Sprintf("%s:%d: %s [%s]\n\twhy: %s", v.file, v.line, v.what, v.rule, whyRule[v.rule])
}

// check returns what is wrong in the files, by file and line, one violation
// for each rule on a line.
func check(files []sourceFile) []violation {
	c := ruleChecker{fset: token.NewFileSet(), dirs: map[string][]*ast.File{}, typed: map[string]*types.Package{}}
	for _, f := range files {
		c.parse(f)
	}
	for dir, asts := range c.dirs {
		c.checkImports(dir, asts)
		if r, _ := roomOf(dir); r.core {
			c.typeCheck(dir)
		}
	}
	slices.SortFunc(c.found, func(a, b violation) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.rule, b.rule), cmp.Compare(a.what, b.what))
	})
	return slices.CompactFunc(c.found, func(a, b violation) bool {
		return a.rule == b.rule && a.file == b.file && a.line == b.line
	})
}

type ruleChecker struct {
	fset  *token.FileSet
	dirs  map[string][]*ast.File    // by directory in the module
	typed map[string]*types.Package // by directory; nil while its check runs
	found []violation
}

func (c *ruleChecker) add(at token.Pos, rule, format string, args ...any) {
	p := c.fset.Position(at)
	c.found = append(c.found, violation{p.Filename, p.Line, rule, fmt.Sprintf(format, args...)})
}

func (c *ruleChecker) parse(f sourceFile) {
	tree, err := parser.ParseFile(c.fset, f.path, f.text, parser.SkipObjectResolution)
	if err != nil {
		at := c.fset.File(tree.FileStart)
		line := 1
		if n, ok := firstLineOf(err, f.path); ok {
			line = min(n, at.LineCount())
		}
		c.add(at.LineStart(line), "unreadable", "%v", err)
	}
	dir := path.Dir(f.path)
	c.dirs[dir] = append(c.dirs[dir], tree)
}

// firstLineOf reads the line out of a parser's "path:line:column: text".
func firstLineOf(err error, file string) (int, bool) {
	rest, ok := strings.CutPrefix(err.Error(), file+":")
	number, _, _ := strings.Cut(rest, ":")
	n, atoi := strconv.Atoi(number)
	return n, ok && atoi == nil
}

func (c *ruleChecker) checkImports(dir string, files []*ast.File) {
	r, known := roomOf(dir)
	for _, f := range files {
		if !known {
			c.add(f.Package, "import-direction", "package %s lies in none of the rooms that the rules know", dir)
			continue
		}
		for _, spec := range f.Imports {
			p := importedBy(spec)
			if !r.mayImport(p) {
				c.add(spec.Pos(), "import-direction", "%s imports %s", dir, p)
			}
			if r.core && isForbidden(p) {
				c.add(spec.Pos(), "forbidden-import", "%s imports %s", dir, p)
			}
		}
	}
}

func importedBy(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

func isForbidden(importPath string) bool {
	return belowAny(importPath, forbiddenImports) && !belowAny(importPath, sparedImports)
}

// stdTypes reads the standard library from source: no compiled packages are
// needed, and what it read once serves all checks.
var stdTypes = importer.ForCompiler(token.NewFileSet(), "source", nil)

// Import implements types.Importer. What the core must not import is an empty
// package: it costs nothing, and the violation is already on the list.
func (c *ruleChecker) Import(importPath string) (*types.Package, error) {
	dir := strings.TrimPrefix(importPath, modulePath+"/")
	if r, _ := roomOf(dir); r.core && len(c.dirs[dir]) > 0 {
		if pkg := c.typeCheck(dir); pkg != nil {
			return pkg, nil
		}
	}
	if isStd(importPath) && !isForbidden(importPath) {
		return stdTypes.Import(importPath)
	}
	empty := types.NewPackage(importPath, path.Base(importPath))
	empty.MarkComplete()
	return empty, nil
}

// typeCheck finds the types in a package and then applies every rule that
// needs them. It returns nil if the package imports itself.
func (c *ruleChecker) typeCheck(dir string) *types.Package {
	if pkg, begun := c.typed[dir]; begun {
		return pkg
	}
	c.typed[dir] = nil
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	conf := types.Config{
		Importer: c,
		Sizes:    types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) {
			if e, ok := err.(types.Error); ok && !c.importsWhatItMustNot(dir) {
				c.add(e.Pos, "unreadable", "%s", e.Msg)
			}
		},
	}
	pkg, _ := conf.Check(modulePath+"/"+dir, c.fset, c.dirs[dir], info) // conf.Error has the errors
	c.typed[dir] = pkg
	c.checkSyntax(c.dirs[dir], info)
	c.checkUses(info)
	c.checkFloats(info)
	return pkg
}

// importsWhatItMustNot tells when type errors are only echoes of an import
// that is a violation by itself.
func (c *ruleChecker) importsWhatItMustNot(dir string) bool {
	r, _ := roomOf(dir)
	for _, f := range c.dirs[dir] {
		for _, spec := range f.Imports {
			if p := importedBy(spec); isForbidden(p) || !r.mayImport(p) {
				return true
			}
		}
	}
	return false
}

func (c *ruleChecker) checkSyntax(files []*ast.File, info *types.Info) {
	for _, f := range files {
		for _, d := range f.Decls {
			c.checkPackageVariable(d)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c.checkNode(n, info)
			return true
		})
	}
}

// checkPackageVariable spares `var _ I = T{}`, which is no state but a claim
// about types.
func (c *ruleChecker) checkPackageVariable(d ast.Decl) {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.VAR {
		return
	}
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		for _, name := range v.Names {
			if name.Name != "_" || v.Type == nil {
				c.add(name.Pos(), "package-variable", "package variable %s", name.Name)
			}
		}
	}
}

func (c *ruleChecker) checkNode(n ast.Node, info *types.Info) {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.add(n.Pos(), "go-statement", "go statement")
	case *ast.SelectStmt:
		c.add(n.Pos(), "select", "select statement")
	case *ast.ChanType:
		c.add(n.Pos(), "channel", "channel type")
	case *ast.SendStmt:
		c.add(n.Arrow, "channel", "send to a channel")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			c.add(n.Pos(), "channel", "receive from a channel")
		}
	case *ast.RangeStmt:
		c.checkRange(n, info.TypeOf(n.X))
	}
}

func (c *ruleChecker) checkRange(n *ast.RangeStmt, over types.Type) {
	if over == nil {
		return // does not type-check, which is on the list already
	}
	if anyTerm(over, func(t types.Type) bool { _, is := t.(*types.Map); return is }) {
		c.add(n.Pos(), "map-range", "range over the map %s", types.ExprString(n.X))
	}
	if anyTerm(over, func(t types.Type) bool { _, is := t.(*types.Chan); return is }) {
		c.add(n.Pos(), "channel", "range over the channel %s", types.ExprString(n.X))
	}
}

// anyTerm reports whether is holds for t or, if t is a type parameter, for one
// of the types that it may stand for.
func anyTerm(t types.Type, is func(types.Type) bool) bool {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		for e := range u.EmbeddedTypes() {
			if anyTerm(e, is) {
				return true
			}
		}
		return false
	case *types.Union:
		for term := range u.Terms() {
			if anyTerm(term.Type(), is) {
				return true
			}
		}
		return false
	default:
		return is(u)
	}
}

// checkUses goes by what a name means, so that neither a renamed import nor a
// function passed as a value escapes, and the method time.Time.After does.
func (c *ruleChecker) checkUses(info *types.Info) {
	for id, obj := range info.Uses {
		if obj.Pkg() == nil {
			continue
		}
		from := obj.Pkg().Path()
		if _, isConst := obj.(*types.Const); from == "math" && !isConst {
			c.add(id.Pos(), "math-function", "math.%s", obj.Name())
		}
		unsteady := unsteadyFuncs[from]
		if slices.Contains(unsteady.names, obj.Name()) && obj.Parent() == obj.Pkg().Scope() {
			c.add(id.Pos(), unsteady.rule, "%s.%s", obj.Pkg().Name(), obj.Name())
		}
	}
}

// checkFloats allows untyped constants, such as 1e9, that end up as integers:
// the compiler computes them exactly.
func (c *ruleChecker) checkFloats(info *types.Info) {
	for e, tv := range info.Types {
		if hasFloat(tv.Type, 0) {
			c.addFloat(e, tv.Type)
		}
	}
	for id, obj := range info.Defs {
		if v, ok := obj.(*types.Var); ok && hasFloat(v.Type(), 0) {
			c.addFloat(id, v.Type())
		}
	}
}

// addFloat keeps quiet on a line with a math function: that is one mistake.
func (c *ruleChecker) addFloat(e ast.Expr, t types.Type) {
	at := c.fset.Position(e.Pos())
	reported := slices.ContainsFunc(c.found, func(v violation) bool {
		return v.rule == "math-function" && v.file == at.Filename && v.line == at.Line
	})
	if !reported {
		c.add(e.Pos(), "float", "%s is or gives a float (%s)", types.ExprString(e), t)
	}
}

// hasFloat looks into what a type is made of, but not into structs: their
// fields are met where they are declared. The depth ends recursive types.
func hasFloat(t types.Type, depth int) bool {
	if t == nil || depth > 5 {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&(types.IsFloat|types.IsComplex) != 0 && u.Info()&types.IsUntyped == 0
	case *types.Tuple:
		return slices.ContainsFunc(slices.Collect(u.Variables()), func(v *types.Var) bool { return hasFloat(v.Type(), depth+1) })
	case *types.Signature:
		return hasFloat(u.Params(), depth+1) || hasFloat(u.Results(), depth+1)
	case *types.Map:
		return hasFloat(u.Key(), depth+1) || hasFloat(u.Elem(), depth+1)
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		return hasFloat(u.Elem(), depth+1)
	default:
		return false
	}
}

// --- the module against the rules ---

func TestCodeKeepsTheRules(t *testing.T) {
	files := moduleSources(t)
	if len(files) == 0 {
		t.Fatal("no source files read: the rules would hold of nothing")
	}
	for _, v := range check(files) {
		t.Error(v)
	}
}

// moduleRoot returns the root of the source tree, or skips the test where
// there is none to read.
func moduleRoot(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "js" {
		t.Skip("code is the same on every platform, and reading it needs files and the go command, which wasm lacks: run this test natively")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !strings.HasPrefix(string(mod), "module "+modulePath+"\n") {
		t.Skip("the source tree is not here, so there is no code to read: run this test by go test in the module")
	}
	return root
}

// moduleSources reads all Go files of the module that are not tests.
func moduleSources(t *testing.T) []sourceFile {
	t.Helper()
	root := moduleRoot(t)
	var files []sourceFile
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		files = append(files, sourceFile{filepath.ToSlash(rel), string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// --- the rules against broken code ---

// A snippet's first line names the rule that it must trip ("none": it keeps
// them all); `// as: PATH` on the second places it in the module. Lines that
// must be reported end in the mark, and no other line may be.
const snippetMark = "// <- here"

func TestEachRuleFailsOnItsBrokenSnippet(t *testing.T) {
	moduleRoot(t)
	names, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	tripped := map[string]bool{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rule, at := snippetHeader(t, name, string(text))
		tripped[rule] = true
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			got := violationLines(t, check([]sourceFile{{at, string(text)}}), rule)
			if want := markedLines(string(text)); !slices.Equal(got, want) {
				t.Errorf("check(%s) reports rule %s on lines %v, want %v", name, rule, got, want)
			}
			if (len(got) == 0) != (rule == "none") {
				t.Errorf("check(%s) reports %d lines for the rule %q", name, len(got), rule)
			}
		})
	}
	for rule := range whyRule {
		if !tripped[rule] {
			t.Errorf("rule %s has no snippet in testdata/rules, so nobody has seen it fail", rule)
		}
	}
	if !tripped["none"] {
		t.Error("testdata/rules has no snippet that keeps all rules, so nobody has seen the rules pass")
	}
}

func snippetHeader(t *testing.T, name, text string) (rule, at string) {
	t.Helper()
	lines := strings.SplitN(text+"\n", "\n", 3)
	rule, ok := strings.CutPrefix(lines[0], "// trips: ")
	if _, known := whyRule[rule]; !ok || !known && rule != "none" {
		t.Fatalf("%s: the first line is %q, want // trips: followed by a rule or none", name, lines[0])
	}
	if at, ok = strings.CutPrefix(lines[1], "// as: "); ok {
		return rule, at
	}
	return rule, "sim/snippet.go"
}

// violationLines returns the lines reported for rule; any other rule is an
// error, because a snippet shows one rule only.
func violationLines(t *testing.T, found []violation, rule string) (lines []int) {
	t.Helper()
	for _, v := range found {
		if v.rule != rule {
			t.Errorf("a snippet for %s trips another rule as well: %v", rule, v)
			continue
		}
		lines = append(lines, v.line)
		t.Log(v)
	}
	return lines
}

func markedLines(text string) (lines []int) {
	for i, line := range strings.Split(text, "\n") {
		if strings.HasSuffix(line, snippetMark) {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// --- the shape of the tree ---

const (
	maxFuncLines = 60  // lines, from func to the closing brace: a screen
	maxFileLines = 500 // lines: a sitting
)

func TestFunctionsFitAScreenAndFilesASitting(t *testing.T) {
	for _, f := range moduleSources(t) {
		for _, long := range tooLong(f) {
			t.Error(long)
		}
	}
}

func TestTooLongFunctionsAndFilesAreNoticed(t *testing.T) {
	body := func(n int) string { return "{\n" + strings.Repeat("_ = 0\n", n-2) + "}\n" }
	for _, tt := range []struct {
		text string
		want int
		why  string
	}{
		{"package p\nfunc f() " + body(maxFuncLines), 0, "just fits a screen"},
		{"package p\nfunc f() " + body(maxFuncLines+1), 1, "a line more than a screen"},
		{"package p\nvar f = func() " + body(maxFuncLines+1), 1, "a literal is a function too"},
		{"package p\n" + strings.Repeat("\n", maxFileLines-1), 0, "just fits a sitting"},
		{"package p\n" + strings.Repeat("\n", maxFileLines), 1, "a line more than a sitting"},
		{"// Code generated by x. DO NOT EDIT.\n\npackage p\nfunc f() " + body(maxFileLines), 0, "nobody reads generated code"},
	} {
		if got := tooLong(sourceFile{"sim/long.go", tt.text}); len(got) != tt.want {
			t.Errorf("tooLong(%s) = %q, want %d messages", tt.why, got, tt.want)
		}
	}
}

// tooLong names what in the file is too long to read.
func tooLong(f sourceFile) (messages []string) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, f.path, f.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(tree) {
		return nil // broken code is the compiler's to report
	}
	if n := strings.Count(f.text, "\n"); n > maxFileLines {
		messages = append(messages, fmt.Sprintf("%s has %d lines, want at most %d: a file fits a sitting", f.path, n, maxFileLines))
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			from, to := fset.Position(n.Pos()), fset.Position(n.End())
			if d, ok := n.(*ast.FuncDecl); ok {
				from = fset.Position(d.Name.Pos()) // the doc comment does not count
			}
			if lines := to.Line - from.Line + 1; lines > maxFuncLines {
				messages = append(messages, fmt.Sprintf("%v: a function of %d lines, want at most %d: a function fits a screen", from, lines, maxFuncLines))
			}
			return false // the outer function's length is the answer
		}
		return true
	})
	return messages
}

func TestNoFileIsDroppedFromABuildWithoutAWord(t *testing.T) {
	for _, file := range droppedFiles(t, moduleRoot(t)) {
		t.Errorf("%s is left out of some builds, by its name (linux.go is safe, foo_linux.go is not) or by a build constraint; "+
			"a profile that exists on one platform only cannot give equal results on all", file)
	}
}

func TestDroppedFilesAreNoticed(t *testing.T) {
	moduleRoot(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module dropped\n\ngo 1.26.0\n",
		"linux.go":       "package p\n",
		"foo_linux.go":   "package p\n",
		"foo_windows.go": "package p\n",
		"tagged.go":      "//go:build arm64\n\npackage p\n",
		"page_js.go":     "package p\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"foo_linux.go", "foo_windows.go", "tagged.go"}
	if got := droppedFiles(t, dir); !slices.Equal(got, want) {
		t.Errorf("droppedFiles = %v, want %v: linux.go is in every build, and what is for the browser may say so", got, want)
	}
}

// kernelTrials is where experiments at a real Linux kernel are: nothing that they
// find is a result of the model, and no other system could play them.
var kernelTrials = []string{"cmd/wspsim/internal/kernel", "netmodel/simnet/kernel_test.go", "netmodel/simnet/operations_test.go"}

// droppedFiles asks for two platforms with nothing in common, so that a file
// for any one platform is missing from at least one of the answers.
func droppedFiles(t *testing.T, root string) (files []string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not here, and only it knows which files a build leaves out")
	}
	for _, platform := range [][]string{{"GOOS=linux", "GOARCH=amd64"}, {"GOOS=windows", "GOARCH=arm64"}} {
		// -find: the file lists are enough; what the packages import is not read.
		cmd := exec.Command("go", "list", "-e", "-find", "-f", `{{range .IgnoredGoFiles}}{{println $.Dir .}}{{end}}`, "./...")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), append(platform, "PWD="+root, "GOWORK=off")...)
		var complaint strings.Builder
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, complaint.String())
		}
		for line := range strings.Lines(string(out)) {
			dir, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			rel, err := filepath.Rel(root, filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if belowAny(filepath.ToSlash(rel), kernelTrials) {
				continue
			}
			files = append(files, filepath.ToSlash(rel))
		}
	}
	slices.Sort(files)
	return slices.DeleteFunc(slices.Compact(files), func(f string) bool {
		return strings.HasSuffix(f, "_js.go") || strings.HasSuffix(f, "_js_test.go")
	})
}

// topLevel is all that a newcomer meets first; everything else has its room.
var topLevel = []string{"go.mod", "go.sum", "README.md", "CONTRIBUTING.md", "LICENSE", "CHANGELOG.md", "sim", "netmodel", "scenarios", "internal", "cmd",
	"testdata", ".ci", ".git", ".gitignore", ".gitattributes"}

func TestTopLevelHoldsNothingElse(t *testing.T) {
	root := moduleRoot(t)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	ignore, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, name := range strangers(names, string(ignore)) {
		t.Errorf("%s lies at the top level, which holds only %s; give it a place in one of the rooms", name, strings.Join(topLevel, " "))
	}
}

func TestStrangersAtTheTopLevelAreNoticed(t *testing.T) {
	got := strangers([]string{"sim", "go.mod", "utils", "wspsim", "cpu.prof"}, "# built\n/wspsim\n*.prof\n")
	if want := []string{"utils"}; !slices.Equal(got, want) {
		t.Errorf("strangers = %v, want %v: what git ignores is nobody's reading", got, want)
	}
}

// strangers returns the names that neither topLevel nor a line of the
// .gitignore file knows.
func strangers(names []string, ignore string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		for line := range strings.Lines(ignore) {
			if ok, _ := path.Match(strings.Trim(strings.TrimSpace(line), "/"), name); ok {
				return true
			}
		}
		return slices.Contains(topLevel, name)
	})
}

// TestEveryTestPackageKnowsTheFlagUpdate keeps `go test ./... -update` going: a test binary
// without the flag fails.
func TestEveryTestPackageKnowsTheFlagUpdate(t *testing.T) {
	moduleRoot(t)
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not here, and only it knows the packages of the module")
	}
	list := exec.Command("go", "list", "-f", "{{.ImportPath}} {{len .TestGoFiles}}{{len .XTestGoFiles}} {{.TestImports}}{{.XTestImports}}", "./...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %v", list, err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, rest, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(rest, "00 ") && !regexp.MustCompile(`[\[ ]wspsim/internal/update[\] ]`).MatchString(rest) {
			t.Errorf("go test ./... -update fails in %s: add import _ \"wspsim/internal/update\" to one of its test files", pkg)
		}
	}
}

// TestContributingNamesTestsThatThereAre looks for each test that CONTRIBUTING.md runs alone.
func TestContributingNamesTestsThatThereAre(t *testing.T) {
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    .*go test \./(\S+) -run (\w+)`).FindAllStringSubmatch(string(text), -1)
	if len(commands) < 4 {
		t.Errorf("CONTRIBUTING.md runs %d tests alone, want an example of each kind", len(commands))
	}
	for _, m := range commands {
		dir := filepath.Join(root, strings.TrimSuffix(m[1], "/..."))
		declared := regexp.MustCompile(`(?m)^func Test\w*` + m[2])
		found := false
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, "_test.go") && !found {
				code, err := os.ReadFile(name)
				found = declared.Match(code)
				return err
			}
			return err
		})
		if err != nil || !found {
			t.Errorf("CONTRIBUTING.md runs %s in %s: no such test, %v", m[2], m[1], err)
		}
	}
}

// CONTRIBUTING.md says where to add what; it must name files and tests that there are.
func TestContributingNamesFilesThatThereAre(t *testing.T) {
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z][\\w.-]*/[\\w./-]+)`|^    ([a-z][\\w./]+/) ").FindAllStringSubmatch(string(text), -1)
	if len(named) < 15 {
		t.Errorf("CONTRIBUTING.md names %d files, want the places of all that is added often", len(named))
	}
	for _, m := range named {
		if _, err := os.Stat(filepath.Join(root, m[1]+m[2])); err != nil {
			t.Errorf("CONTRIBUTING.md names %s: %v", m[1]+m[2], err)
		}
	}
}
