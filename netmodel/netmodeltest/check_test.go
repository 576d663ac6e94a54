package netmodeltest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
)

// TestMain keeps rapid from writing files about failures that are wanted, and
// makes its histories long enough for bugs that need a dozen steps.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("rapid.nofailfile", "true")
	os.Exit(m.Run())
}

// setFlag sets a flag of rapid for one test.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	if f == nil {
		t.Fatalf("no flag %s", name)
	}
	before := f.Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { flag.Set(name, before) })
}

func TestTheHostFollowsEveryReadyMadeProfile(t *testing.T) {
	for _, p := range lockstep.Profiles() {
		for _, descriptors := range []int{0, 2} {
			t.Run(fmt.Sprint(p.Name, " ", descriptors), func(t *testing.T) {
				Check(t, p, descriptors, lockstep.NewHost)
			})
		}
	}
}

func TestTheReferenceModelAgreesWithItself(t *testing.T) {
	Check(t, netmodel.WSP(), 3, lockstep.NewReference)
}

func TestTheToyWithoutABugIsRight(t *testing.T) {
	setFlag(t, "rapid.checks", "300")
	for _, descriptors := range []int{0, 1, 2, 4} {
		Check(t, netmodel.WSP(), descriptors, newToy(noBug))
	}
	wsp := netmodel.WSP()
	r := lockstep.Swarm{Seed: 1, Profile: &wsp, New: newToy(noBug)}.Run(300_000, nil)
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestTheToyWithTwoQueuesAndWithoutABugIsRight(t *testing.T) {
	for _, head := range []string{likeLinux, withAbort, likeLinux43, withoutCookie} {
		p := profileOf(head)
		if r := (lockstep.Swarm{Seed: 1, Profile: &p, New: newSynToy(noSynBug)}).Run(200_000, nil); r.Failure != nil {
			t.Error(r.Failure)
		}
	}
}

func TestThereAreAtLeastTwentyBrokenSystems(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range Broken() {
		if b.Name == "" || b.Why == "" || b.New == nil || b.Profile.Validate() != nil {
			t.Errorf("%+v is not complete", b)
		}
		seen[b.Name] = true
	}
	if len(seen) != len(Broken()) || len(seen) < 20 {
		t.Errorf("%d broken systems with %d names, want at least 20, each with its own", len(Broken()), len(seen))
	}
}

// recorder is a test that is allowed to fail.
type recorder struct {
	failed bool
	text   strings.Builder
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "recorder" }
func (r *recorder) Logf(format string, args ...any) {
	fmt.Fprintf(&r.text, format+"\n", args...)
}
func (r *recorder) Log(args ...any)                   { fmt.Fprintln(&r.text, args...) }
func (r *recorder) Skipf(format string, args ...any)  { r.SkipNow() }
func (r *recorder) Skip(args ...any)                  { r.SkipNow() }
func (r *recorder) SkipNow()                          { runtime.Goexit() }
func (r *recorder) Errorf(format string, args ...any) { r.failed = true; r.Logf(format, args...) }
func (r *recorder) Error(args ...any)                 { r.failed = true; r.Log(args...) }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); r.FailNow() }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); r.FailNow() }
func (r *recorder) FailNow()                          { r.failed = true; runtime.Goexit() }
func (r *recorder) Fail()                             { r.failed = true }
func (r *recorder) Failed() bool                      { return r.failed }

// record runs a test that may fail and returns what became of it.
func record(test func(rapid.TB)) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r
}

func TestCheckFailsOnEveryBrokenSystem(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and rapid makes fewer checks: see TestSwarmFailsOnEveryBrokenSystem")
	}
	setFlag(t, "rapid.checks", "20000")
	setFlag(t, "rapid.steps", "60")
	setFlag(t, "rapid.seed", "1") // bounded and repeatable: a bug that is found here is always found
	setFlag(t, "rapid.shrinktime", "1ms")
	for _, b := range Broken() {
		t.Run(b.Name, func(t *testing.T) {
			r := record(func(t rapid.TB) { Check(t, b.Profile, 4, b.New) })
			if !r.failed {
				t.Errorf("Check passes %q: %s", b.Name, b.Why)
			}
			head := lockstep.Case{Profile: b.Profile, Descriptors: 4}.String()
			if !strings.Contains(r.text.String(), head) {
				t.Errorf("Check fails without a line that replays it:\n%s", r.text.String())
			}
		})
	}
}

func TestSwarmFailsOnEveryBrokenSystem(t *testing.T) {
	longest, ops := "", uint64(0)
	for _, b := range Broken() {
		r := lockstep.Swarm{Seed: 1, Profile: &b.Profile, New: b.New}.Run(1_000_000, nil)
		if r.Failure == nil {
			t.Errorf("the search passes %q: %s", b.Name, b.Why)
			continue
		}
		t.Logf("%-30s %6d operations, %s", b.Name, r.Ops, r.Failure.Shrunk)
		if c, err := lockstep.ParseCase(r.Failure.Shrunk.String()); err != nil || c.Run(b.New) == nil {
			t.Errorf("%s: the line does not replay the failure (%v)", r.Failure.Shrunk, err)
		}
		if n := len(r.Failure.Shrunk.History); n > 12 {
			t.Errorf("%s: shrunk to %d operations only", b.Name, n)
		}
		if r.Ops > ops {
			longest, ops = b.Name, r.Ops
		}
	}
	t.Logf("the longest search was that for %q: %d operations", longest, ops)
}
