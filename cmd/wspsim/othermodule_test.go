package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"wspsim/netmodel"
)

// theirTest is the test of a module that imports this one by the name that %MODULE% stands for.
const theirTest = `package theirs

import (
	"net"
	"testing"

	"%MODULE%/netmodel/profiles"
	"%MODULE%/netmodel/simnet"
	"%MODULE%/netmodel/simnet/simnettest"
)

func TestServer(t *testing.T) {
	simnettest.Run(t, simnet.Config{Profile: profiles.Linux(), Backlog: 1}, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go l.Accept()
		if _, err := t.Net.Host("client").DialContext(t.Context(), "tcp", "server:80"); err != nil {
			t.Fatal(err)
		}
		var _ net.Listener = l
	})
}
`

// TestTheModuleCanBeHadFromAnyHost is long: it builds the module three times. A proxy of
// files serves two modules at one host: this one as it is, which others import by a
// replacement, and a copy with the name of that host, which they import as it is called.
func TestTheModuleCanBeHadFromAnyHost(t *testing.T) {
	if os.Getenv("WSPSIM_LONG") == "" {
		t.Skip("set WSPSIM_LONG=1 to build the module three times")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var (
		fork    = module.Version{Path: "example.com/fork/wspsim", Version: "v" + netmodel.ModelVersion}
		renamed = module.Version{Path: "example.com/you/wspsim", Version: fork.Version}
		proxy   = t.TempDir()
		env     = append(os.Environ(), "GOFLAGS=-mod=mod -modcacherw -trimpath", "GOWORK=off", "GOSUMDB=off",
			"GOMODCACHE="+t.TempDir(), "GOPROXY=file://"+filepath.ToSlash(proxy)+","+downloaded(t))
	)
	publish(t, proxy, fork, root)
	dir := filepath.Join(t.TempDir(), "wspsim")
	if err := zip.Unzip(dir, fork, zipFile(proxy, fork)); err != nil {
		t.Fatal(err)
	}
	rename(t, dir, renamed.Path)
	runIn(t, dir, env, "go build ./... && go vet ./netmodel/simnet/...")
	runIn(t, dir, env, "go test -short ./netmodel/profiles ./netmodel/trace && go test -run 'AHangEnds|Example' ./netmodel/simnet/simnettest")
	publish(t, proxy, renamed, dir)

	for _, tt := range []struct{ why, imports, edit string }{
		{"another host and a tag by a replacement", "wspsim", "-require wspsim@v0.0.0 -replace wspsim=" + fork.String()},
		{"a folder by a replacement", "wspsim", "-require wspsim@v0.0.0 -replace wspsim=" + root},
		{"by its name", renamed.Path, "-require " + renamed.String()},
	} {
		theirs := t.TempDir()
		for name, text := range map[string]string{
			"go.mod":         "module example.org/theirs\n\ngo 1.26.0\n",
			"theirs.go":      "package theirs\n",
			"theirs_test.go": strings.ReplaceAll(theirTest, "%MODULE%", tt.imports),
		} {
			if err := os.WriteFile(filepath.Join(theirs, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Log(tt.why)
		runIn(t, theirs, env, "go mod edit "+tt.edit+" -tool "+tt.imports+"/cmd/wspsim && go mod tidy && go test ./... && go tool wspsim list >list")
	}
}

func zipFile(proxy string, m module.Version) string {
	return filepath.Join(proxy, filepath.FromSlash(m.Path), "@v", m.Version+".zip")
}

// publish puts the module in a folder into a proxy of files.
func publish(t *testing.T, proxy string, m module.Version, dir string) {
	t.Helper()
	file := zipFile(proxy, m)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := zip.CreateFromDir(f, m, dir); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for suffix, text := range map[string]string{".mod": string(mod), ".info": `{"Version":"` + m.Version + `"}`} {
		if err := os.WriteFile(strings.TrimSuffix(file, ".zip")+suffix, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rename gives the module in a folder another name: in go.mod and in what its files import,
// and nowhere else.
func rename(t *testing.T, dir, to string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "go.mod" && !strings.HasSuffix(file, ".go") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		now := strings.Replace(string(text), "module wspsim\n", "module "+to+"\n", 1)
		if strings.HasSuffix(file, ".go") {
			now = withImports(t, file, string(text), to)
		}
		return os.WriteFile(file, []byte(now), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func withImports(t *testing.T, file, text, to string) string {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(tree.Imports) - 1; i >= 0; i-- { // from the end, so that offsets stay right
		p := tree.Imports[i].Path
		if at := fset.Position(p.Pos()).Offset; strings.HasPrefix(p.Value, `"wspsim/`) {
			text = text[:at+1] + to + text[at+1+len("wspsim"):]
		}
	}
	return text
}

func runIn(t *testing.T, dir string, env []string, command string) {
	t.Helper()
	run := exec.Command("bash", "-c", command)
	run.Dir, run.Env = dir, env
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("$ %s\n%v\n%s", command, err, out)
	}
}
