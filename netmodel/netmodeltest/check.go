package netmodeltest

import (
	"flag"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
)

// How many operations the swarm of Check performs. It finds every listener of Broken
// after at most 60,000 operations, in 6 searches with 2 and with 4 descriptors.
const (
	swarmOps      = 300_000
	swarmOpsShort = swarmOps / 10
)

// Check tests a listener with random histories against the reference model. It fails
// t with a short history that shows the first difference. lockstep.ParseCase reads that
// history. A listener that is a lockstep.PartialSystem leaves operations out.
//
// Check first plays a lockstep.Swarm of 300,000 operations, or of 30,000 with -short.
// Then it plays the histories of rapid.Check. All histories have the same profile and
// the same number of descriptors (0 = without limit). The flags -rapid.checks and
// -rapid.steps apply to the second part. -rapid.seed repeats both parts. Without it
// each run draws a seed, and a failure names the seed.
func Check(t rapid.TB, p netmodel.Profile, descriptors int, newSystem lockstep.NewSystem) {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatalf("netmodeltest.Check: %v", err)
	}
	checkWithSwarm(t, p, descriptors, newSystem)
	checkWithRapid(t, p, descriptors, newSystem)
}

// checkWithSwarm searches many histories and fails t with a shrunk one.
func checkWithSwarm(t rapid.TB, p netmodel.Profile, descriptors int, newSystem lockstep.NewSystem) {
	t.Helper()
	ops := uint64(swarmOps)
	if testing.Short() {
		ops = swarmOpsShort
	}
	seed := swarmSeed()
	s := lockstep.Swarm{Seed: seed, New: newSystem, Profile: &p, Descriptors: max(descriptors, 0), Unlimited: descriptors <= 0}
	r := s.Run(ops, nil)
	switch {
	case r.Failure != nil:
		t.Fatalf("[swarm] history %d fails, after %d operations in all; shrunk from %d operations to %d; -rapid.seed=%d repeats the search\n%v",
			r.Failure.Number, r.Ops, len(r.Failure.Original.History), len(r.Failure.Shrunk.History), seed, r.Failure)
	case r.Ops == 0:
		t.Fatalf("netmodeltest.Check: the listener supports no operation that can happen, so nothing was tested; want Supports to allow listen, at least")
	}
}

// swarmSeed returns the seed of -rapid.seed, or a fresh one without that flag.
func swarmSeed() uint64 {
	if f := flag.Lookup("rapid.seed"); f != nil {
		if seed, err := strconv.ParseUint(f.Value.String(), 0, 64); err == nil && seed != 0 {
			return seed
		}
	}
	return 1 + rand.Uint64N(math.MaxUint64)
}

// checkWithRapid lets rapid search for a difference and shrink it.
func checkWithRapid(t rapid.TB, p netmodel.Profile, descriptors int, newSystem lockstep.NewSystem) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		m := machine{
			pair:    lockstep.NewPair(p, descriptors, newSystem),
			played:  lockstep.Case{Profile: p, Descriptors: descriptors},
			clients: rapid.IntRange(1, 5).Draw(t, "clients"),
		}
		for _, k := range lockstep.Kinds() {
			often := rapid.SampledFrom([]int{1, 0, 4}).Draw(t, "how often "+k.String())
			m.kinds = append(m.kinds, weighted{k, often * k.Weight()})
		}
		t.Repeat(map[string]func(*rapid.T){"operation": m.act})
	})
}

// machine is the state machine of one history.
type machine struct {
	pair    *lockstep.Pair
	played  lockstep.Case
	clients int
	kinds   []weighted // each history draws its own weights, as in a lockstep.Swarm
}

type weighted struct {
	kind   lockstep.Kind
	weight int
}

// act performs one of the operations that are possible now.
func (m *machine) act(t *rapid.T) {
	possible := make([][]lockstep.Op, len(m.kinds))
	total := 0
	for i, k := range m.kinds {
		if k.weight > 0 {
			possible[i] = m.pair.Suggest(k.kind, m.clients)
		}
		if len(possible[i]) > 0 {
			total += k.weight
		}
	}
	if total == 0 {
		return
	}
	n := rapid.IntRange(0, total-1).Draw(t, "kind")
	at := 0
	for ; ; at++ {
		if len(possible[at]) == 0 {
			continue
		}
		if n -= m.kinds[at].weight; n < 0 {
			break
		}
	}
	op := rapid.SampledFrom(possible[at]).Draw(t, "operation")
	m.played.History = append(m.played.History, op)
	if diff := m.pair.Do(op); diff != nil {
		t.Fatalf("%s\n\t%v", m.played, diff)
	}
}
