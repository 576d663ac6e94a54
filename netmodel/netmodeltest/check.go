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

// Operations that the swarm of Check performs: 300,000, a tenth of that with
// -short. Every listener of Broken is found after 60,000 or fewer: the largest
// number in 6 searches for each, with 2 and with 4 descriptors.
const (
	swarmOps      = 300_000
	swarmOpsShort = swarmOps / 10
)

// Check tests a listener with random histories against the reference model. It fails
// t with a short history that shows the first difference found.
// lockstep.ParseCase reads that history. What the listener does not know it leaves
// out by being a lockstep.Chooser.
//
// Check first plays the histories of a lockstep.Swarm, 300,000 operations (30,000
// with -short), then those of rapid.Check. The profile and the number of
// descriptors (0 = without limit) are the same in all. The flags of rapid apply to
// its part: -rapid.checks, -rapid.steps. With -rapid.seed both parts repeat;
// without, each run has a seed of its own, which a failure names.
func Check(t rapid.TB, p netmodel.Profile, descriptors int, newSystem lockstep.NewSystem) {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatalf("netmodeltest.Check: %v", err)
	}
	checkWithSwarm(t, p, descriptors, newSystem)
	checkWithRapid(t, p, descriptors, newSystem)
}

// checkWithSwarm searches for a difference in many histories and fails t with the
// shortest that shrinking leaves.
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

// swarmSeed returns what -rapid.seed says, and a fresh seed if it says nothing.
func swarmSeed() uint64 {
	if f := flag.Lookup("rapid.seed"); f != nil {
		if seed, err := strconv.ParseUint(f.Value.String(), 0, 64); err == nil && seed != 0 {
			return seed
		}
	}
	return 1 + rand.Uint64N(math.MaxUint64)
}

// checkWithRapid lets rapid look for a difference, and shrink it.
func checkWithRapid(t rapid.TB, p netmodel.Profile, descriptors int, newSystem lockstep.NewSystem) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		m := machine{
			pair:    lockstep.NewPair(p, descriptors, newSystem),
			past:    lockstep.Case{Profile: p, Descriptors: descriptors},
			clients: rapid.IntRange(1, 5).Draw(t, "clients"),
		}
		for _, k := range lockstep.Kinds() {
			often := rapid.SampledFrom([]int{1, 0, 4}).Draw(t, "how often "+k.String())
			m.habits = append(m.habits, habit{k, often * k.Weight()})
		}
		t.Repeat(map[string]func(*rapid.T){"operation": m.act})
	})
}

// machine is the state machine of one history.
type machine struct {
	pair    *lockstep.Pair
	past    lockstep.Case
	clients int
	habits  []habit // each history has its own, as those of a lockstep.Swarm
}

type habit struct {
	kind   lockstep.Kind
	weight int
}

// act performs one of the operations that are possible now.
func (m *machine) act(t *rapid.T) {
	possible := make([][]lockstep.Op, len(m.habits))
	total := 0
	for i, h := range m.habits {
		if h.weight > 0 {
			possible[i] = m.pair.Suggest(h.kind, m.clients)
		}
		if len(possible[i]) > 0 {
			total += h.weight
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
		if n -= m.habits[at].weight; n < 0 {
			break
		}
	}
	op := rapid.SampledFrom(possible[at]).Draw(t, "operation")
	m.past.History = append(m.past.History, op)
	if diff := m.pair.Do(op); diff != nil {
		t.Fatalf("%s\n\t%v", m.past, diff)
	}
}
