package lockstep

import (
	"os"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// skipUnlessLong skips a test that takes minutes, unless WSPSIM_LONG is 1.
func skipUnlessLong(t *testing.T) {
	t.Helper()
	if os.Getenv("WSPSIM_LONG") != "1" {
		t.Skip("takes minutes: set WSPSIM_LONG=1")
	}
}

func search(t *testing.T, seed, ops uint64) {
	t.Helper()
	r := Swarm{Seed: seed}.Run(ops, nil)
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
	if r.Ops < ops {
		t.Fatalf("%d operations, want %d", r.Ops, ops)
	}
	if ops < MinimumOps {
		return
	}
	for _, m := range r.Missing() {
		t.Errorf("never happened in %d operations: %v", r.Ops, m)
	}
	for m, n := range r.Counts {
		t.Logf("%9d %v", n, Mark(m))
	}
}

func TestTheHostAgreesWithTheReferenceModel(t *testing.T) {
	ops := uint64(MinimumOps)
	if testing.Short() {
		ops /= 10
	}
	search(t, 1, ops)
}

func TestLongTheHostAgreesWithTheReferenceModelForTenMillionOperations(t *testing.T) {
	skipUnlessLong(t)
	search(t, 2, 10_000_000)
}

func TestTheHostFollowsEachReadyMadeProfile(t *testing.T) {
	for _, p := range profiles.All() {
		if r := (Swarm{Seed: 4, Profile: &p}).Run(30_000, nil); r.Failure != nil {
			t.Errorf("%s: %v", p.Name, r.Failure)
		}
	}
}

func TestASearchIsRepeatable(t *testing.T) {
	one := Swarm{Seed: 9}.Run(20_000, nil)
	two := Swarm{Seed: 9}.Run(20_000, nil)
	other := Swarm{Seed: 10}.Run(20_000, nil)
	if one != two {
		t.Error("two searches with the same seed differ")
	}
	if one.Counts == other.Counts {
		t.Error("two searches with different seeds are equal")
	}
	first := Swarm{Seed: 9}.Run(5_000, nil)
	rest := Swarm{Seed: 9, First: first.Histories}.Run(one.Ops-first.Ops, nil)
	if first.Ops+rest.Ops != one.Ops || first.Histories+rest.Histories != one.Histories {
		t.Errorf("a search in two parts makes %d and %d operations, in one %d", first.Ops, rest.Ops, one.Ops)
	}
}

func TestASearchStopsWhenItIsTold(t *testing.T) {
	asked := 0
	r := Swarm{}.Run(1_000_000, func() bool { asked++; return asked == 3 })
	if r.Histories != 3 || asked != 3 {
		t.Errorf("%d histories, asked %d times, want 3 and 3", r.Histories, asked)
	}
}

func TestAReportKnowsWhatNeverHappened(t *testing.T) {
	var r Report
	if n := len(r.Missing()); n != int(markCount) {
		t.Errorf("an empty report misses %d marks, want all %d", n, markCount)
	}
	r.Counts[markTrimMany] = 1
	for _, m := range r.Missing() {
		if m == markTrimMany {
			t.Error("a mark that was seen is missing")
		}
	}
}

func TestEveryMarkHasAName(t *testing.T) {
	seen := map[string]bool{}
	for m := range markCount {
		if m.String() == "" || seen[m.String()] {
			t.Errorf("mark %d is called %q", m, m)
		}
		seen[m.String()] = true
	}
}

func TestAFailureComesShrunkOnALineThatReplaysIt(t *testing.T) {
	wrong := func(p netmodel.Profile, d int) System {
		p.Trim = netmodel.TrimOldest
		return NewHost(p, d)
	}
	wsp := profiles.WSP()
	r := Swarm{Seed: 1, Profile: &wsp, New: wrong}.Run(1_000_000, nil)
	if r.Failure == nil {
		t.Fatal("a host that trims the oldest is not found out")
	}
	c, err := ParseCase(r.Failure.Shrunk.String())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Run(wrong); got == nil || got.Error() != r.Failure.Err.Error() {
		t.Errorf("%s: got %v, want %v", c, got, r.Failure.Err)
	}
	if len(c.History) != 4 {
		t.Errorf("%s: %d operations, want 4: two SYNs between two listens", c, len(c.History))
	}
}

func BenchmarkSwarm(b *testing.B) {
	r := Swarm{Seed: 1}.Run(uint64(b.N), nil)
	if r.Failure != nil {
		b.Fatal(r.Failure)
	}
}
