package scenarios_test

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/internal/golden"
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/scenarios"
	"wspsim/sim"
)

// fixtures are the scenarios whose literals are compiled: the catalogue, some
// that were drawn, the shrunk counterexample of a false claim, and one with
// everything that is rare.
func fixtures(t *testing.T) []scenarios.Scenario {
	all := scenarios.All()
	for i := range 25 {
		all = append(all, anyScenario().Example(i+1))
	}
	return append(all, refusedWithoutNeed(t), rareValues())
}

// refusedWithoutNeed is the smallest scenario that contradicts the claim that a
// listener refuses nobody.
func refusedWithoutNeed(t *testing.T) scenarios.Scenario {
	return counterexample(t, func(s scenarios.Scenario) bool {
		r := mustRun(t, s, scenarios.Options{})
		return r.Listener.PeakPending == 0 || r.Outcomes.Refused == 0
	})
}

// rareValues has what a literal of Go source can get wrong.
func rareValues() scenarios.Scenario {
	return scenarios.Scenario{
		Name:     "2 rare values",
		Summary:  "a \"quoted\"\nsummary, with `backquotes` and \x00 and \xff and ü and time.Now()",
		Question: strings.Repeat("x", 300) + " " + strings.Repeat("long words ", 30) + "ende\u202e",
		Lesson:   "short",
		Profiles: []string{"wsp"},
		Until:    90*time.Minute + 1,
		Link:     netmodel.Link{Jitter: sim.MustEmpirical(1, 2*ms, time.Hour), Loss: sim.Ratio{Num: 0, Den: 7}},
		Client:   scenarios.Client{TCP: &netmodel.Client{Syn: netmodel.Schedule{First: ms, Max: time.Second, Retries: 3, Limit: time.Minute}}},
		Steps: []scenarios.Step{
			{Do: scenarios.Listen{Backlog: winsock.SomaxconnWinsock2}},
			{Do: scenarios.Listen{Backlog: -1 << 31}},
			{Do: scenarios.Request{Client: "für \"x\""[:4] + "r"}},
			{At: 3, Do: scenarios.Accept{Decision: 7}},
			{At: 3, Do: scenarios.Accept{Decision: winsock.CF_DEFER}},
			{At: 3, Do: scenarios.SetFault{Fault: netmodel.FaultNoBuffers | netmodel.FaultInCallback}},
			{At: 3, Do: scenarios.SetFault{Fault: 64, On: true}},
		},
		Load:    scenarios.Load{Name: "ö", Times: []time.Duration{0, 0, 1, ms, time.Second}},
		Program: scenarios.Program{Workers: 1, Service: sim.Fixed(0)},
		Expect: []scenarios.Expectation{
			{Client: "a"}, {Statistic: "outcomes.offered", Max: 1 << 40}, {Client: "b", Outcome: 77}, {Client: "c", Progress: netmodel.ProgressPhantom}, {Client: "c", Progress: 9}, {Statistic: "listener.failed_calls", Always: true},
		},
		Knobs: []scenarios.Knob{{Name: "latency", Min: 5, Max: int64(time.Second)}, {Name: "unknown", Min: -1}},
	}
}

// profilesOf are those that a fixture is replayed under.
func profilesOf(s scenarios.Scenario) []string {
	if s.Name == "drawn" {
		return []string{"wsp", "windows"}
	}
	return s.Profiles
}

// One program holds every literal, is compiled by the go command, and prints
// the hashes of its runs: they are those of the values that were printed.
func TestGoStringCompilesAndReplays(t *testing.T) {
	if testing.Short() || runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("runs the go command")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	all := fixtures(t)
	var calls, want strings.Builder
	for i, s := range all {
		// One package each, for two may have the same name.
		source := scenarios.Source(s)
		write(fmt.Sprintf("f%d/f.go", i), source)
		name := source[strings.Index(source, "func ")+len("func ") : strings.Index(source, "() scenarios.Scenario")]
		fmt.Fprintf(&calls, "\tplay(%d, fixtures%d.%s(), %#v)\n", i, i, name, profilesOf(s))
		for _, p := range profilesOf(s) {
			fmt.Fprintf(&want, "%d %s %016x\n", i, p, mustRun(t, s, scenarios.Options{Profile: p, Seed: 9}).Hash)
		}
	}
	var imports strings.Builder
	for i := range all {
		fmt.Fprintf(&imports, "\tfixtures%d \"example.com/replay/f%d\"\n", i, i)
	}
	write("go.mod", fmt.Sprintf("module example.com/replay\n\ngo 1.26\n\nrequire wspsim v0.0.0\n\nreplace wspsim => %q\n", root))
	write("main.go", "package main\n\nimport (\n\t\"fmt\"\n\n\t\"wspsim/scenarios\"\n\n"+imports.String()+")\n\nfunc main() {\n"+calls.String()+`}

func play(i int, s scenarios.Scenario, profiles []string) {
	for _, p := range profiles {
		r, err := scenarios.Run(s, scenarios.Options{Profile: p, Seed: 9})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d %s %016x\n", i, p, r.Hash)
	}
}
`)
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off", "GOOS=", "GOARCH=", "GOAMD64=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, out)
	}
	if d, differs := golden.FirstDifference([]byte(want.String()), out); differs {
		t.Errorf("the literals replay to other hashes (number of the fixture, profile, hash):\n%v", d)
	}
}

// Source and GoString are what gofmt makes of them.
func TestGoStringIsFormatted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		isFormatted(t, drawScenario(t))
	})
	for _, s := range append(scenarios.All(), rareValues()) {
		isFormatted(t, s)
	}
}

func isFormatted(t rapid.TB, s scenarios.Scenario) {
	for kind, source := range map[string]string{
		"Source":   scenarios.Source(s),
		"GoString": "package x\n\nvar s = " + fmt.Sprintf("%#v", s) + "\n",
	} {
		formatted, err := format.Source([]byte(source))
		if err != nil {
			t.Fatalf("%s of %s: %v\n%s", kind, s.Name, err, source)
		}
		if d, differs := golden.FirstDifference(formatted, []byte(source)); differs {
			t.Errorf("%s of %s is not as gofmt has it: %v", kind, s.Name, d)
		}
	}
}

func TestGoStringNamesConstantsAndLeavesOutZeros(t *testing.T) {
	got := fmt.Sprintf("%#v", rareValues())
	for _, want := range []string{
		"\tUntil:    5400000000001 * time.Nanosecond,\n",
		"\t\t{Do: scenarios.Listen{Backlog: winsock.SomaxconnWinsock2}},\n",
		"scenarios.Accept{Decision: winsock.CF_DEFER}",
		"scenarios.Accept{Decision: winsock.Decision(7)}",
		"scenarios.SetFault{Fault: netmodel.FaultNoBuffers | netmodel.FaultInCallback}",
		"scenarios.SetFault{Fault: netmodel.Fault(64), On: true}",
		"&netmodel.Client{",
		"{Client: \"a\", Outcome: netmodel.OutcomePending}",
		"{Statistic: \"outcomes.offered\", Max: 1099511627776}",
		"{Client: \"b\", Outcome: netmodel.Outcome(77)}",
		"{Client: \"c\", Outcome: netmodel.OutcomePending, Progress: netmodel.ProgressPhantom}",
		"Progress: netmodel.Progress(9)}",
		"{Name: \"latency\", Min: int64(5 * time.Nanosecond), Max: int64(1 * time.Second)}",
		"Loss:   sim.Ratio{Num: 0, Den: 7}",
		"Times: []time.Duration{0, 0, 1 * time.Nanosecond, 1 * time.Millisecond, 1 * time.Second}",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("GoString lacks %q:\n%s", want, got)
		}
	}
	for _, zero := range []string{"Descriptors", "Reorder", "GiveUp", "At:     0", "nil"} {
		if strings.Contains(got, zero) {
			t.Errorf("GoString has %q, which is zero:\n%s", zero, got)
		}
	}
}

// Lines of source are short enough to read.
func TestGoStringWrapsLongLists(t *testing.T) {
	for _, s := range scenarios.All() {
		for line := range strings.Lines(scenarios.Source(s)) {
			if n := len(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ")); n > 100 {
				t.Errorf("%s: a line of %d columns: %s", s.Name, n, line)
			}
		}
	}
}

// A false claim has a small counterexample, and its literal is one screen.
func TestShrunkCounterexampleIsReadable(t *testing.T) {
	s := refusedWithoutNeed(t)
	source := fmt.Sprintf("%#v", s)
	if lines := strings.Count(source, "\n") + 1; lines > 25 || len(s.Steps) > 4 {
		t.Errorf("the counterexample has %d steps and %d lines, want at most 4 and 25:\n%s", len(s.Steps), lines, source)
	}
	if r := mustRun(t, s, scenarios.Options{}); r.Outcomes.Refused == 0 {
		t.Errorf("it is none: %v\n%s", r.Outcomes, source)
	}
	t.Logf("counterexample to \"a listener refuses nobody\":\n%s", source)
}
