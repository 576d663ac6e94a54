package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/internal/update"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"wspsim": main})
}

// The scripts in testdata/script are what users type. Beside the commands of
// testscript they have:
//
//	exits CODE COMMAND...      the command exits with that code
//	rerun                      the command that the last output gives behind "again" prints that output again
//	interrupt CODE COMMAND...  the command, after Ctrl-C, exits with that code
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       update.Goldens(),
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs("../..")
			env.Setenv("ROOT", root)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "rerun": rerun, "interrupt": interrupt},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	checkCode(ts, args[0], err)
}

func checkCode(ts *testscript.TestScript, want string, err error) {
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != want {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}

func rerun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: rerun")
	}
	before := ts.ReadFile("stdout")
	command := regexp.MustCompile(`(?m)^  again +(wspsim .*)$`).FindStringSubmatch(before)
	if command == nil {
		ts.Fatalf("the output has no line that begins with again")
	}
	_ = ts.Exec("sh", "-c", command[1]) // exit code 1 is an answer too
	if after := ts.ReadFile("stdout"); after != before {
		ts.Fatalf("%s prints something else:\n%s", command[1], after)
	}
}

// coverDir is the variable that says where a binary built with coverage writes what
// it has covered. Without it such a binary warns on the standard error.
// Source: runtime/coverage, internal/coverage/cfile/emit.go.
const coverDir = "GOCOVERDIR"

func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupt CODE COMMAND...")
	}
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if at := filepath.Join(dir, args[1]); path == "" {
			if _, err := os.Stat(at); err == nil {
				path = at
			}
		}
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), []string{"HOME=" + ts.Getenv("HOME")}
	if dir := ts.Getenv(coverDir); dir != "" {
		cmd.Env = append(cmd.Env, coverDir+"="+dir)
	}
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	time.Sleep(300 * time.Millisecond)
	ts.Check(cmd.Process.Signal(os.Interrupt))
	checkCode(ts, args[0], cmd.Wait())
}

// call runs a command line in this process.
func call(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = runAndReport(args, &errs, func() error { return execute(context.Background(), args, &out, &errs) })
	return out.String(), errs.String(), code
}

// keysOf returns the keys of a JSON document in the order in which they stand,
// nested ones behind a dot.
func keysOf(t *testing.T, document string) []string {
	t.Helper()
	var keys []string
	d := json.NewDecoder(strings.NewReader(document))
	var walk func(prefix string)
	walk = func(prefix string) {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, prefix+key.(string))
				walk(prefix + key.(string) + ".")
			}
			d.Token()
		case json.Delim('['):
			for d.More() {
				walk(prefix)
			}
			d.Token()
		}
	}
	walk("")
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("something follows the document: %v", err)
	}
	return keys
}

func TestJSONHasTheKeysOfTheSchemaInTheirOrder(t *testing.T) {
	out, _, _ := call("run", "paused", "--json")
	var paths []string
	for _, group := range scenarios.Statistics() {
		paths = append(paths, group.Name)
		for _, row := range group.Rows {
			paths = append(paths, group.Name+"."+row.Name)
		}
	}
	want := strings.Fields("schema model scenario profile seed knobs knobs.backlog virtual_ns events " +
		strings.Join(paths, " ") + " counters counters.TcpPassiveOpens " +
		"expectations expectations.claim expectations.got expectations.held expectations.claim expectations.got expectations.held " +
		"expectations.claim expectations.got expectations.held verdict hash reproduce state")
	if got := keysOf(t, out); !slices.Equal(got, want) {
		t.Errorf("keys\n got %q\nwant %q", got, want)
	}
}

// summary is what other programs rely on.
type summary struct {
	Schema   string
	Profile  string
	Seed     uint64
	Knobs    map[string]any
	Verdict  string
	Hash     string
	Outcomes struct{ Offered, Accepted, Refused, Reset, TimedOut, GaveUp, Pending int }

	Expectations []struct{ Held bool }
	Reproduce    string
}

func TestEveryScenarioReproducesFromItsJSON(t *testing.T) {
	for _, s := range scenarios.All() {
		for _, profile := range append(slices.Clone(s.Profiles), "nt4workstation") {
			out, errs, code := call("run", s.Name, "--json", "--profile", profile, "--seed", "0xffffffffffffffff")
			var first, second summary
			if err := json.Unmarshal([]byte(out), &first); err != nil {
				t.Fatalf("%s, %s: exit code %d, %s%v", s.Name, profile, code, errs, err)
			}
			if first.Schema != "wspsim.run/v2" || first.Seed != 1<<64-1 || len(first.Hash) != 16 || first.Profile != profile {
				t.Errorf("%s, %s: %+v", s.Name, profile, first)
			}
			again := strings.Fields(first.Reproduce)[1:] // nothing in it needs quotes
			out, _, _ = call(append(again, "--json")...)
			if err := json.Unmarshal([]byte(out), &second); err != nil {
				t.Fatal(err)
			}
			if second.Hash != first.Hash {
				t.Errorf("%s gives the hash %s, not %s", first.Reproduce, second.Hash, first.Hash)
			}
		}
	}
}

func TestExitCodeFollowsTheVerdict(t *testing.T) {
	for _, test := range []struct {
		outcome netmodel.Outcome // that c is expected to have
		profile string
		code    int
		want    string
	}{
		{netmodel.OutcomeRefused, "wsp", 0, "expected: 1 of 1 held\n  held    c is refused\n"},
		{netmodel.OutcomeAccepted, "wsp", 1, "expected: 0 of 1 held\n  FAILED  c is accepted: it is refused\n"},
		{netmodel.OutcomeAccepted, "winsock11", 0, "expected: not judged, nothing is expected of this profile\n"},
	} {
		p := &play.Play{Profile: test.profile}
		p.Scenario, _ = scenarios.ByName("overflow")
		p.Scenario.Expect = []scenarios.Expectation{{Client: "c", Outcome: test.outcome}}
		for _, f := range []runFlags{{}, {json: true}, {jsonl: true}, {full: true}, {trace: "-"}, {trace: filepath.Join(t.TempDir(), "x")}} {
			var out, errs bytes.Buffer
			s := &session{context.Background(), &out, &errs, bufio.NewWriter(&out)}
			code := runAndReport(nil, &errs, func() error { return s.run(p, &f) })
			s.out.Flush()
			if code != test.code || errs.Len() > 0 {
				t.Errorf("%v expected under %s, %+v: exit code %d, %q, want %d", test.outcome, test.profile, f, code, &errs, test.code)
			}
			if text := !f.json && !f.jsonl && f.trace != "-"; text && !strings.Contains(out.String(), test.want) {
				t.Errorf("%v expected under %s: no %q in\n%s", test.outcome, test.profile, test.want, &out)
			}
		}
	}
}

func TestJSONLinesNameEverythingAndEndWithASummary(t *testing.T) {
	kinds := map[string]bool{}
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			out, _, _ := call("run", s.Name, "--jsonl", "--profile", profile)
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			for i, line := range lines[:len(lines)-1] {
				var r struct {
					N    int
					Kind string
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil || r.N != i+1 || r.Kind == "" {
					t.Fatalf("%s, line %d: %s: %v", s.Name, i+1, line, err)
				}
				kinds[r.Kind] = true
			}
			whole, _, _ := call("run", s.Name, "--json", "--profile", profile)
			last := keysOf(t, lines[len(lines)-1])
			if want := append([]string{"kind"}, keysOf(t, whole)...); !slices.Equal(last, want) {
				t.Errorf("%s: the summary has the keys %q, want %q", s.Name, last, want)
			}
		}
	}
	for _, kind := range []string{"called", "request_queued", "request_refused", "completed", "request_accepted", "reset_pending", "connected", "lost", "retries"} {
		if !kinds[kind] {
			t.Errorf("no record of the kind %s in the whole catalogue: %v", kind, kinds)
		}
	}
}

func TestEveryTextIsAtMost110ColumnsWide(t *testing.T) {
	trace := regexp.MustCompile(`^(=>| {2})? *\d+\.\d{3} ms  `) // as wide as the names in its queue
	check := func(args ...string) {
		out, errs, code := call(args...)
		if code > 1 {
			t.Errorf("%q: exit code %d: %s", args, code, errs)
		}
		for line := range strings.Lines(out) {
			if n := len([]rune(line)) - 1; n > 110 && !trace.MatchString(line) {
				t.Errorf("%q: %d columns: %s", args, n, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' && r != '\t' }) && args[0] != "show" {
				t.Errorf("%q: not plain ASCII: %q", args, line)
			}
		}
	}
	check("list")
	check("verify")
	check("version")
	check("rules")
	check("soak", "--ops", "1000")
	for _, s := range scenarios.All() {
		check("show", s.Name)
		for _, profile := range []string{"wsp", "windows", "winsock11"} {
			check("run", s.Name, "--profile", profile)
			check("explain", s.Name, "--profile", profile)
		}
	}
}

func TestHelpOfEachCommandBeginsWithExamples(t *testing.T) {
	s := &session{}
	for _, c := range s.root().Commands() {
		out, _, code := call(c.Name(), "--help")
		if code != 0 || !strings.HasPrefix(out, "Examples:\n  wspsim "+c.Name()) && c.Name() != "completion" {
			t.Errorf("%s --help: exit code %d, %.60q", c.Name(), code, out)
		}
		for line := range strings.Lines(out) {
			if len(line) > 110 {
				t.Errorf("%s --help: a line of %d columns: %s", c.Name(), len(line)-1, line)
			}
		}
	}
}

// misuse is a command line that is wrong, and part of what is said about it.
type misuse struct {
	why  string
	args []string
	want string
}

// check expects one or two lines on the standard error, and exit code 2.
func (m misuse) check(t *testing.T) {
	t.Helper()
	out, errs, code := call(m.args...)
	switch {
	case code != 2 || !strings.Contains(errs, m.want):
		t.Errorf("%s: %q: exit code %d, %q, want 2, %q", m.why, m.args, code, errs, m.want)
	case out != "":
		t.Errorf("%s: %q prints %.60q", m.why, m.args, out)
	case !strings.HasPrefix(errs, "wspsim: ") || strings.Count(errs, "\n") > 2 || len(errs) > 400 || strings.ContainsAny(errs, "\x1b\x00"):
		t.Errorf("%s: %q: %q: want one or two lines that begin with wspsim", m.why, m.args, errs)
	}
}

func TestBadUsageIsExplainedInALineOrTwo(t *testing.T) {
	for _, test := range []misuse{
		{"unknown command", []string{"rum"}, `unknown command "rum"; nearest: run; there are`},
		{"a scenario in place of a command", []string{"overflow"}, `"overflow" is a scenario, not a command: wspsim run overflow`},
		{"unknown command to help with", []string{"help", "rum"}, `unknown command "rum"`},
		{"help with an unknown command", []string{"rum", "--help"}, `unknown command "rum"; nearest: run; there are`},
		{"short help with a scenario", []string{"-h", "overflow"}, `"overflow" is a scenario, not a command: wspsim run overflow`},
		{"unknown rule", []string{"rules", "R4", "WS.T33"}, `unknown rule "WS.T33"; nearest: WS.T3, `},
		{"too many arguments", []string{"list", "x"}, `list takes no argument, not "x"`},
		{"no scenario", []string{"run"}, "run: want the name of a scenario; wspsim list shows them"},
		{"two scenarios", []string{"show", "a", "b"}, `show: want one scenario, not "a" and "b"`},
		{"unknown scenario", []string{"run", "overflw"}, `unknown scenario "overflw"; nearest: overflow; wspsim list shows all`},
		{"unlike any scenario", []string{"explain", "xyzzy"}, `unknown scenario "xyzzy"; wspsim list shows all`},
		{"hostile scenario", []string{"run", "\x1b[31mred\n"}, `unknown scenario "\x1b[31mred\n"`},
		{"unknown profile", []string{"run", "overflow", "--profile", "linus"}, `unknown profile "linus"; nearest: linux`},
		{"two profiles", []string{"run", "burst", "--profile", "linux,freebsd"}, "one profile at a time; for several: wspsim compare burst --profile linux,freebsd"},
		{"misspelt profile", []string{"run", "overflow", "--profile", "windwos"}, `unknown profile "windwos"; nearest: windows`},
		{"empty profile", []string{"run", "overflow", "--profile", ""}, `--profile "": want NAME, and not an empty word`},
		{"empty clients", []string{"compare", "burst", "--clients", ""}, `--clients "": want NAME, and not an empty word`},
		{"empty column", []string{"run", "recorded", "--arrivals", "main.go", "--column", ""}, `--column "": want NAME`},
		{"empty arrivals", []string{"run", "recorded", "--arrivals="}, `--arrivals "": want FILE`},
		{"unknown flag", []string{"run", "overflow", "--sed", "1"}, "unknown flag: --sed; see wspsim run --help"},
		{"hostile flag", []string{"run", "--\x1b[31m"}, `unknown flag: --\x1b[31m`},
		{"no argument of a flag", []string{"run", "overflow", "--seed"}, "flag needs an argument: --seed"},
		{"a switch with a value", []string{"run", "overflow", "--json=3"}, `--json "3": want true or false`},
		{"two formats", []string{"run", "overflow", "--json", "--jsonl"}, "--json and --jsonl exclude each other"},
		{"a format and a trace", []string{"run", "overflow", "--jsonl", "--trace", "x"}, "--jsonl and --trace exclude each other"},
		{"an empty file name", []string{"run", "overflow", "--trace", ""}, `--trace "": want FILE, and not an empty word`},
		{"two seeds", []string{"run", "overflow", "--seed", "1", "--seed", "2"}, "--seed: given twice; want it once"},
		{"the same seed twice", []string{"explain", "overflow", "--seed", "1", "--seed", "1"}, "--seed: given twice"},
		{"two lists of profiles", []string{"compare", "burst", "--profile", "linux", "--profile", "windows"}, "--profile: given twice"},
		{"a switch twice", []string{"run", "overflow", "--json", "--json=false"}, "--json: given twice; want it once"},
		{"two files of arrivals", []string{"verify", "x.trace", "--arrivals", "a", "--arrivals", "b"}, "--arrivals: given twice"},
		{"a flag whose value may be left out, twice", []string{"export", "x.html", "--lesson=a", "--lesson=b"}, "--lesson: given twice"},
		{"arrivals of no trace", []string{"verify", "--arrivals", "nosuch"}, "verify: --arrivals is about a trace: want its file, such as: wspsim verify mine.trace --arrivals nosuch"},
		{"arrivals of the kernel", []string{"verify", "--kernel", "--arrivals", "nosuch"}, "verify: --arrivals is about a trace"},
		{"arrivals of a golden", []string{"verify", "../../testdata/scenarios/overflow.txtar", "--arrivals", "nosuch"}, "overflow.txtar is no trace: want no --arrivals"},
		{"guesses and arrivals from one input", []string{"quiz", "recorded", "--arrivals", "-"}, "quiz: the guesses are the standard input"},
		{"a column of nothing", []string{"run", "recorded", "--column", "x"}, "--column needs --arrivals"},
		{"arrivals of nobody", []string{"run", "overflow", "--arrivals", "main.go"}, "scenario overflow has no load whose arrivals could be replaced; try recorded"},
		{"a directory of arrivals", []string{"run", "recorded", "--arrivals", "testdata"}, "testdata is a directory: want a file of arrivals"},
		{"no such arrivals", []string{"run", "recorded", "--arrivals", "no/such/file"}, "no/such/file"},
		{"too many events", []string{"run", "burst", "--max-events", "100"}, "higher limit of events (--max-events)"},
		{"no events", []string{"run", "burst", "--max-events", "0"}, `--max-events "0": want a whole number, at least 1`},
		{"unknown client", []string{"explain", "overflow", "--client", "z"}, `scenario overflow has no client "z" that connects; there are a, b, c, d`},
		{"unknown client of a crowd", []string{"explain", "burst", "--client", "c51"}, "there are c1, c2, c3, c4, c5, c6, c7, c8 and 42 more up to c50"},
		{"empty client", []string{"explain", "overflow", "--client", ""}, `--client "": want NAME, and not an empty word`},
		{"no such file", []string{"verify", "no/such/file"}, "no/such/file"},
		{"a directory", []string{"verify", "testdata"}, "testdata is a directory: want the files in it"},
		{"neither golden nor trace", []string{"verify", "main.go"}, "main.go:1:1: neither a trace nor a golden"},
		{"a search of nothing", []string{"soak", "--ops", "0"}, `--ops "0": want a whole number, at least 1`},
		{"a search of no time", []string{"soak", "--for", "0s"}, `--for "0s": want a duration above zero`},
		{"a search and a replay", []string{"soak", "--replay", "x", "--seed", "1"}, "--replay and --seed exclude each other"},
		{"a replay of nothing", []string{"soak", "--replay", "nonsense"}, "--replay: case: want PROFILE"},
		{"no shell", []string{"completion"}, "completion: want one shell: bash, zsh, fish, powershell"},
		{"unknown shell", []string{"completion", "bsh"}, `unknown shell "bsh"; nearest: bash`},
	} {
		test.check(t)
	}
}

func TestBadValuesAreNamedWithWhatWouldBeRight(t *testing.T) {
	for _, test := range []misuse{
		{"unknown knob", []string{"run", "overflow", "--set", "speed=1"}, `scenario overflow has no knob "speed"; it has backlog, latency`},
		{"no value", []string{"run", "overflow", "--set", "latency"}, `--set "latency": want KNOB=VALUE`},
		{"no knob", []string{"run", "overflow", "--set", "=1"}, `--set "=1": want KNOB=VALUE`},
		{"twice", []string{"run", "overflow", "--set", "backlog=1", "--backlog", "2"}, "knob backlog is set twice"},
		{"a kernel setting twice, by two names", []string{"run", "overflow", "--profile", "linux", "--set", "somaxconn=1", "--set", "net.core.somaxconn=2"}, "net.core.somaxconn is set twice"},
		{"out of range", []string{"run", "burst", "--set", "clients=0"}, "knob clients: 0 is out of range: want 1 to 1000000"},
		{"not a number", []string{"run", "overflow", "--backlog", "many"}, `knob backlog: "many" is not a whole number`},
		{"an infinite number", []string{"run", "overflow", "--backlog", "NaN"}, `"NaN" is not a whole number`},
		{"beyond an int", []string{"run", "overflow", "--backlog", "2147483648"}, "2147483648 is out of range: want -2147483648 to 2147483647"},
		{"a negative time", []string{"run", "overflow", "--set", "latency=-5s"}, "-5s is out of range: want 0s to 1s"},
		{"finer than a nanosecond", []string{"run", "overflow", "--set", "latency=0.0000000001s"}, "is not a duration in whole nanoseconds"},
		{"a chance above one", []string{"run", "lossy-link", "--set", "loss=3/2"}, "above 1"},
		{"octal seed", []string{"run", "overflow", "--seed", "0777"}, `--seed "0777": a number with a leading zero may be octal`},
		{"seed as a float", []string{"run", "overflow", "--seed", "1e3"}, `--seed "1e3": want a whole number from 0 to 18446744073709551615`},
		{"empty seed", []string{"run", "overflow", "--seed", ""}, `--seed "": want a whole number`},
		{"seed beyond 64 bits", []string{"run", "overflow", "--seed", "18446744073709551616"}, "want a whole number from 0 to 18446744073709551615"},
		{"hexadecimal seed beyond 64 bits", []string{"run", "overflow", "--seed", "0x10000000000000000"}, "want a whole number"},
		{"negative seed", []string{"run", "overflow", "--seed", "-1"}, "want a whole number"},
		{"seed with separators", []string{"run", "overflow", "--seed", "1_000"}, "want a whole number"},
		{"seed in binary", []string{"run", "overflow", "--seed", "0b11"}, "leading zero"},
	} {
		test.check(t)
	}
}

func TestNobodyEverSeesAPanic(t *testing.T) {
	var errs bytes.Buffer
	code := runAndReport([]string{"run", "two words"}, &errs, func() error { panic("queue\nof \x1b[31m3") })
	want := `wspsim: this is a bug in wspsim, please report it: wspsim run 'two words': queue\nof \x1b[31m3` + "\n"
	if code != 2 || errs.String() != want {
		t.Errorf("exit code %d, %q, want 2, %q", code, errs.String(), want)
	}
}

func TestUnwritableOutputIsNamedUnlessNobodyReadsIt(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&writeError{"standard output", syscall.EPIPE}, ""},
		{&writeError{"out\x1b", &os.PathError{Op: "write", Path: "out.1234.tmp", Err: syscall.ENOSPC}}, "wspsim: cannot write out\\x1b: no space left on device\n"},
	} {
		var errs bytes.Buffer
		if code := runAndReport(nil, &errs, func() error { return test.err }); code != 1 || errs.String() != test.want {
			t.Errorf("%v: exit code %d, %q, want 1, %q", test.err, code, errs.String(), test.want)
		}
	}
}

func TestSeedsAreReadBackAsTheyArePrinted(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "7": 7, "18446744073709551615": 1<<64 - 1, "0x10": 16, "0XfF": 255, "0x00ff": 255, "9007199254740993": 9007199254740993,
	} {
		var f, again seedFlag
		if err := f.Set(text); err != nil || uint64(f) != want {
			t.Errorf("%s is %d, %v, want %d", text, f, err, want)
		}
		if err := again.Set(f.String()); err != nil || again != f {
			t.Errorf("%s is not read back: %d, %v", f.String(), again, err)
		}
	}
}
