package netmodeltest

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/profiles"
)

// TestMain keeps rapid from writing files about failures that the tests expect.
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
	for _, p := range profiles.All() {
		for _, descriptors := range []int{0, 2} {
			t.Run(fmt.Sprint(p.Name, " ", descriptors), func(t *testing.T) {
				checkWithRapid(t, p, descriptors, lockstep.NewHost) // lockstep tests the swarm with all of them
			})
		}
	}
}

func TestTheHostPassesCheck(t *testing.T) {
	for _, p := range []netmodel.Profile{profiles.WSP(), profiles.Linux()} {
		Check(t, p, 3, lockstep.NewHost)
	}
}

// recorder is a test that may fail.
type recorder struct {
	failed bool
	text   strings.Builder
}

func (r *recorder) Helper() {}

func (r *recorder) Name() string { return "recorder" }

func (r *recorder) Logf(format string, args ...any) {
	fmt.Fprintf(&r.text, format+"\n", args...)
}

func (r *recorder) Log(args ...any) { fmt.Fprintln(&r.text, args...) }

func (r *recorder) Skipf(format string, args ...any) { r.SkipNow() }

func (r *recorder) Skip(args ...any) { r.SkipNow() }

func (r *recorder) SkipNow() { runtime.Goexit() }

func (r *recorder) Errorf(format string, args ...any) { r.failed = true; r.Logf(format, args...) }

func (r *recorder) Error(args ...any) { r.failed = true; r.Log(args...) }

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); r.FailNow() }

func (r *recorder) Fatal(args ...any) { r.Error(args...); r.FailNow() }

func (r *recorder) FailNow() { r.failed = true; runtime.Goexit() }

func (r *recorder) Fail() { r.failed = true }

func (r *recorder) Failed() bool { return r.failed }

// record runs a test that may fail and returns its recorder.
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

// catchAll runs Check with its default flags on every broken listener. The seed is
// random, and the directory is empty, so that no stored history helps.
func catchAll(t *testing.T) {
	t.Chdir(t.TempDir())
	seed := strconv.FormatUint(1+rand.Uint64N(math.MaxUint64), 10)
	setFlag(t, "rapid.seed", seed)
	caught := 0
	for _, b := range Broken() {
		r := record(func(t rapid.TB) { Check(t, b.Profile, 4, b.New) })
		if !r.failed {
			t.Errorf("Check with -rapid.seed=%s passes %q, want a failure: %s", seed, b.Name, b.Why)
			continue
		}
		caught++
		checkReport(t, b, r.text.String())
	}
	t.Logf("-rapid.seed=%s: Check catches %d of %d", seed, caught, len(Broken()))
}

// checkReport checks that a failure has a short line that repeats it, with the profile
// and the descriptors of the listener that was tested.
func checkReport(t *testing.T, b BrokenSystem, text string) {
	t.Helper()
	_, rest, _ := strings.Cut(text, "\n")
	line, _, _ := strings.Cut(rest, "\n")
	c, err := lockstep.ParseCase(line)
	switch {
	case err != nil:
		t.Errorf("%s: the report has no line that replays it: %v\n%s", b.Name, err, text)
	case c.Profile != b.Profile || c.Descriptors != 4:
		t.Errorf("%s: %s is about another listener, want the profile that was given and descriptors=4", b.Name, line)
	case c.Run(b.New) == nil:
		t.Errorf("%s: %s replays without a difference", b.Name, line)
	case len(c.History) > 12:
		t.Errorf("%s: %s has %d operations, want 12 at most", b.Name, line, len(c.History))
	}
}

func TestCheckCatchesEveryBrokenListenerWithAFreshSeed(t *testing.T) {
	if testing.Short() {
		t.Skip("Check plays a tenth of its histories with -short: see TestSwarmFailsOnEveryBrokenSystem")
	}
	catchAll(t)
}

func TestLongCheckCatchesEveryBrokenListenerWithTwentyFreshSeeds(t *testing.T) {
	if os.Getenv("WSPSIM_LONG") != "1" {
		t.Skip("takes minutes: set WSPSIM_LONG=1")
	}
	for i := range 20 {
		t.Run(fmt.Sprint(i+1), catchAll)
	}
}

func TestTheRapidPartOfCheckShrinksWhatItFinds(t *testing.T) {
	setFlag(t, "rapid.checks", "500")
	setFlag(t, "rapid.shrinktime", "1s")
	setFlag(t, "rapid.steps", "60")
	setFlag(t, "rapid.seed", "1")
	for _, b := range Broken() {
		if !slices.Contains([]string{"trims the oldest", "refuses one early"}, b.Name) {
			continue
		}
		r := record(func(t rapid.TB) { checkWithRapid(t, b.Profile, 4, b.New) })
		if !r.failed {
			t.Errorf("checkWithRapid passes %q, want a failure: %s", b.Name, b.Why)
		}
		if head := (lockstep.Case{Profile: b.Profile, Descriptors: 4}).String(); !strings.Contains(r.text.String(), head) {
			t.Errorf("checkWithRapid fails without a line that replays it, want one with %q:\n%s", head, r.text.String())
		}
	}
}

// A listener may be written for one profile and one number of descriptors.
func TestCheckMakesListenersForItsOwnProfileAndDescriptorsOnly(t *testing.T) {
	p := profileOf("wsp trim=oldest")
	for _, descriptors := range []int{0, 1, 3} {
		record(func(r rapid.TB) {
			Check(r, p, descriptors, func(got netmodel.Profile, n int) lockstep.System {
				if got != p || n != descriptors {
					t.Errorf("Check(descriptors %d) calls New(%s, %d), want New(%s, %d)", descriptors, got.Name, n, p.Name, descriptors)
				}
				return newListener(refusesOneEarly)(profiles.WSP(), descriptors)
			})
		})
	}
}

// unsupportive is a listener that supports no operation.
type unsupportive struct{ lockstep.System }

func (unsupportive) Supports(lockstep.Op) bool { return false }

func TestCheckFailsAListenerThatSupportsNothing(t *testing.T) {
	r := record(func(t rapid.TB) {
		Check(t, profiles.WSP(), 3, func(p netmodel.Profile, n int) lockstep.System { return unsupportive{lockstep.NewHost(p, n)} })
	})
	if want := "the listener supports no operation that can happen, so nothing was tested"; !r.failed || !strings.Contains(r.text.String(), want) {
		t.Errorf("Check of a listener that supports nothing: failed %v, %q, want a failure with %q", r.failed, &r.text, want)
	}
}

func TestEqualSeedsOfRapidMakeCheckSearchEqually(t *testing.T) {
	texts := map[string]string{}
	for _, seed := range []string{"7", "7", "8"} {
		setFlag(t, "rapid.seed", seed)
		r := record(func(t rapid.TB) { Check(t, profiles.WSP(), 3, newListener(acceptsLastFirst)) })
		text := r.text.String()
		if before, ok := texts[seed]; ok && before != text {
			t.Errorf("Check with -rapid.seed=%s: got %q, want what it said before: %q", seed, text, before)
		}
		texts[seed] = text
		if !strings.Contains(text, "-rapid.seed="+seed+" ") {
			t.Errorf("Check with -rapid.seed=%s does not name the seed:\n%s", seed, text)
		}
	}
	if texts["7"] == texts["8"] {
		t.Errorf("Check with -rapid.seed=7 and 8 finds the same history: %q", texts["7"])
	}
}
