package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryBlockOfTheREADMEIsTrue runs the commands of README.md and compares
// what they print with what stands there, and compiles and runs its Go.
//
// In a console block a line that begins with "$ " is a command; what follows is
// its output, where a line of three dots stands for any number of lines. Commands
// that take too long to run here, or would run this very test, are named below. A
// block of "go fails" is a test that must print what the text block behind it says,
// and that the diff block behind that must mend.
func TestEveryBlockOfTheREADMEIsTrue(t *testing.T) {
	if runtime.GOOS == "js" || testing.Short() {
		t.Skip("runs the go command")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	var broken, printed string // the last Go block that fails, and what it printed
	for _, block := range regexp.MustCompile("(?ms)^```([\\w ]*)\n(.*?)^```$").FindAllStringSubmatch(string(readme), -1) {
		kind, body := block[1], block[2]
		seen[kind]++
		switch kind {
		case "console":
			runConsole(t, body)
		case "go":
			if out, err := runGo(t, body); err != nil {
				t.Errorf("a Go block of README.md does not pass: %v\n%s\n%s", err, out, body)
			}
		case "go fails":
			out, err := runGo(t, body)
			if err == nil {
				t.Errorf("a Go block of README.md that is said to fail passes:\n%s", body)
			}
			broken, printed = body, out
		case "diff":
			mended := mend(t, broken, body)
			if out, err := runGo(t, mended); err != nil {
				t.Errorf("a Go block of README.md does not pass once it is mended: %v\n%s\n%s", err, out, mended)
			}
		case "text":
			if printed != "" {
				sameFailure(t, body, printed)
				printed = ""
			}
		default:
			t.Errorf("a block of kind %q, which no test runs:\n%s", kind, body)
		}
	}
	for _, kind := range []string{"console", "go", "go fails", "diff"} {
		if seen[kind] == 0 {
			t.Errorf("README.md has blocks %v: want %s among them", seen, kind)
		}
	}
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
		t.Errorf("a failing Go block of README.md prints something else (-README +printed):\n%s", cmp.Diff(want, got))
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
		t.Errorf("a diff of README.md does not fit its Go block: %q stands there %d times", old.String(), strings.Count(body, old.String()))
	}
	return strings.Replace(body, old.String(), new.String(), 1)
}

// tooLong are commands of the README that other tests stand for.
var tooLong = regexp.MustCompile(`^go test |^wspsim soak|^go run ./cmd/wspsim soak|^go run ./cmd/wspsim bench|^bash .ci/run|^bash cmd/wspsim/simbench/run|^bash netmodel/simnet/compat/run|^go install`)

func runConsole(t *testing.T, body string) {
	t.Helper()
	var command string
	var want []string
	check := func() {
		if command != "" && !tooLong.MatchString(command) {
			sameBlock(t, command, want)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\n"), "\n") {
		if next, ok := strings.CutPrefix(line, "$ "); ok {
			check()
			command, want = next, nil
			continue
		}
		want = append(want, line)
	}
	check()
}

func sameBlock(t *testing.T, command string, want []string) {
	t.Helper()
	run := exec.Command("bash", "-c", command)
	run.Dir = "../.."
	run.Env = append(os.Environ(), "NO_COLOR=1")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("$ %s\n%v\n%s", command, err, out)
		return
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(want) > 0 && !matches(want, got) {
		t.Errorf("$ %s\nprints something else (-README +printed):\n%s", command, cmp.Diff(want, got))
	}
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
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module wspsim", "module readme", 1) +
		"\nrequire wspsim v0.0.0\nreplace wspsim => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.mod": text, "go.sum": string(sum), "readme_test.go": body} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	test := exec.Command("go", "test", "./...")
	test.Dir = dir
	test.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off")
	out, err := test.CombinedOutput()
	return string(out), err
}
