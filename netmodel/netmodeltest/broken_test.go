package netmodeltest

import (
	"testing"

	"wspsim/netmodel/netmodeltest/lockstep"
)

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
