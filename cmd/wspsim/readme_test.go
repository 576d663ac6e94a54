package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wspsim/internal/update"
)

// A fence opens a block of a README with its kind, and closes it.
var fence = regexp.MustCompile("(?ms)^```([\\w ]*)\n(.*?)^```$")

// TestEveryBlockOfEveryREADMEIsTrue runs the commands in each README.md of the module and
// compares what they print with what stands there, and compiles and runs the Go code.
// The kinds of blocks are:
//
//	console       "$ " begins a command, to run at the top of the module; its output follows.
//	                A line of three dots stands for any number of lines. The commands that
//	                tooLong names are not run.
//	console mine  commands that run in another module, which holds the Go block before
//	go            a test file, which passes
//	go fails      a test file, which fails; the text block behind it has what it prints
//	diff          the change that makes the "go fails" block before it pass
//	text          anything, unless it stands behind a "go fails" block
//
// With -update, output without three dots is rewritten.
func TestEveryBlockOfEveryREADMEIsTrue(t *testing.T) {
	if runtime.GOOS == "js" || testing.Short() {
		t.Skip("runs the go command")
	}
	for _, file := range readmes(t) {
		t.Run(strings.TrimPrefix(filepath.ToSlash(file), "../../"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			blocks := readme{seen: map[string]int{}}
			for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
				if now := blocks.check(t, block[1], block[2]); now != block[2] {
					rewrite(t, file, block[2], now)
				}
			}
			for _, kind := range []string{"console", "console mine", "go fails", "diff"} {
				if file == "../../README.md" && blocks.seen[kind] == 0 {
					t.Errorf("README.md has blocks %v: want %s among them", blocks.seen, kind)
				}
			}
		})
	}
}

// rewrite replaces the text of a block. It reads the file again, since other tests write
// tables into it.
func rewrite(t *testing.T, file, was, now string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), was, now, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readmes returns each README.md of the module, that of the top first.
func readmes(t *testing.T) []string {
	t.Helper()
	files := []string{"../../README.md"}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "README.md" && path != "../../README.md" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files README.md, %v: want those of the folders that have tables", len(files), err)
	}
	return files
}

func TestEveryLinkOfEveryREADMELeadsSomewhere(t *testing.T) {
	for _, file := range append(readmes(t), "../../CONTRIBUTING.md", "../../CHANGELOG.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^):#]+)[^):]*\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link[1])); err != nil {
				t.Errorf("%s has a link to %s: %v", file, link[1], err)
			}
		}
		if mark := regexp.MustCompile(`<{7} \w+|>{7} \w+`).FindString(string(text)); mark != "" {
			t.Errorf("%s has the mark %q of a merge", file, mark)
		}
	}
}

// readme is what was read of a file so far.
type readme struct {
	seen    map[string]int // blocks, by kind
	code    string         // the last Go block
	printed string         // by the last Go block that fails, until a text block was compared with it
}

// check runs a block and returns what is to stand in it.
func (r *readme) check(t *testing.T, kind, body string) string {
	t.Helper()
	r.seen[kind]++
	switch kind {
	case "console":
		return runConsole(t, body, "../..", nil)
	case "console mine":
		dir, env := otherModule(t, r.code)
		return runConsole(t, body, dir, env)
	case "go":
		r.code = body
		if out, err := runGo(t, body); err != nil {
			t.Errorf("a Go block does not pass: %v\n%s\n%s", err, out, body)
		}
	case "go fails":
		out, err := runGo(t, body)
		if err == nil {
			t.Errorf("a Go block that is said to fail passes:\n%s", body)
		}
		r.code, r.printed = body, out
	case "diff":
		r.code = mend(t, r.code, body)
		if out, err := runGo(t, r.code); err != nil {
			t.Errorf("a Go block does not pass once it is mended: %v\n%s\n%s", err, out, r.code)
		}
	case "text":
		if r.printed != "" {
			sameFailure(t, body, r.printed)
			r.printed = ""
		}
	default:
		t.Errorf("a block of kind %q, which no test runs:\n%s", kind, body)
	}
	return body
}

// took is the time a test took, which differs.
var took = regexp.MustCompile(`\(\d+\.\d+s\)`)

// sameFailure compares what a failing Go block printed with what stands there.
func sameFailure(t *testing.T, body, printed string) {
	t.Helper()
	lines := func(s string) []string {
		return strings.Split(strings.TrimSuffix(took.ReplaceAllString(s, "(0.00s)"), "\n"), "\n")
	}
	if want, got := lines(body), lines(printed); !matches(want, got) {
		t.Errorf("a failing Go block prints something else (-README +printed):\n%s", cmp.Diff(want, got))
	}
}

// mend replaces the lines of a diff that begin with "-" by those that begin with "+".
func mend(t *testing.T, body, diff string) string {
	t.Helper()
	var old, new strings.Builder
	for line := range strings.Lines(diff) {
		switch line[0] {
		case '-':
			old.WriteString(line[1:])
		case '+':
			new.WriteString(line[1:])
		}
	}
	if strings.Count(body, old.String()) != 1 {
		t.Errorf("a diff does not fit its Go block: %q stands there %d times", old.String(), strings.Count(body, old.String()))
	}
	return strings.Replace(body, old.String(), new.String(), 1)
}

// tooLong are commands at the top of the module that other tests stand for.
var tooLong = regexp.MustCompile(`^go test |^go run ./cmd/wspsim (soak|bench)|^bash |^[A-Z]+=\d+ bash |^go install`)

// runConsole runs the commands of a block in a directory, and returns the block with what
// they printed.
func runConsole(t *testing.T, body, dir string, env []string) string {
	t.Helper()
	var now strings.Builder
	for _, step := range regexp.MustCompile(`(?m)^\$ `).Split(body, -1)[1:] {
		command, output, _ := strings.Cut(step, "\n")
		if dir != "../.." || !tooLong.MatchString(command) {
			output = sameBlock(t, command, output, dir, env)
		}
		now.WriteString("$ " + command + "\n" + output)
	}
	return now.String()
}

// sameBlock runs a command and compares what it prints with what stands there, if anything
// does. It returns what is to stand there.
func sameBlock(t *testing.T, command, output, dir string, env []string) string {
	t.Helper()
	run := exec.Command("bash", "-c", command)
	run.Dir = dir
	run.Env = append(os.Environ(), append(env, "NO_COLOR=1")...)
	printed, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("$ %s\n%v\n%s", command, err, printed)
		return output
	}
	want, got := strings.Split(output, "\n"), strings.Split(string(printed), "\n")
	switch {
	case output == "" || matches(want, got):
	case update.Goldens() && !strings.Contains("\n"+output, "\n...\n"):
		return string(printed)
	default:
		t.Errorf("$ %s\nprints something else (-README +printed):\n%s", command, cmp.Diff(want, got))
	}
	return output
}

// matches compares lines, where "..." stands for any number of them.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for i := range len(got) + 1 {
			if matches(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && want[0] == got[0] && matches(want[1:], got[1:])
}

// runGo runs a Go block as the test file of a module of its own, and returns what it
// printed.
func runGo(t *testing.T, body string) (string, error) {
	t.Helper()
	dir, env := otherModule(t, body)
	test := exec.Command("bash", "-c", "go mod edit -require wspsim@v0.0.0 -replace wspsim=../wspsim && go test ./...")
	test.Dir = dir
	test.Env = append(os.Environ(), env...)
	out, err := test.CombinedOutput()
	return string(out), err
}

// otherModule makes a module that is somebody else's, with a Go block as its test file and
// this module beside it, and returns its folder and the environment of its commands. What
// this machine has downloaded is not asked for again.
func otherModule(t *testing.T, body string) (dir string, env []string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	beside := t.TempDir()
	dir = filepath.Join(beside, "mine")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(beside, "wspsim")); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.mod": "module mine\n\ngo 1.26.0\n", "go.sum": string(sum), "readme_test.go": body} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, []string{"GOFLAGS=-mod=mod -trimpath", "GOSUMDB=off", "GOPROXY=" + downloaded(t)}
}

// downloaded returns a GOPROXY that serves what this machine has, and then what it may ask.
func downloaded(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, proxy, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return "file://" + filepath.ToSlash(cache) + "/cache/download," + proxy
}

func TestTheREADMEFitsAFewScreens(t *testing.T) {
	const maxLines, maxWidth = 150, 100
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Skipf("the source tree is not here, so there is no README to read: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) > maxLines {
		t.Errorf("README.md has %d lines, want at most %d: a table has its place in the folder that it is about", len(lines), maxLines)
	}
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > maxWidth {
			t.Errorf("README.md:%d has %d characters, want at most %d", i+1, n, maxWidth)
		}
	}
}
