package netmodeltest

import (
	"slices"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
)

// Check tests a listener with random histories against the reference model and
// fails t with the shortest one that rapid finds, written so that
// lockstep.ParseCase reads it. What the listener does not know it leaves out by
// being a lockstep.Chooser. The flags of rapid apply: -rapid.checks,
// -rapid.steps, -rapid.seed.
func Check(t rapid.TB, p netmodel.Profile, descriptors int, newSystem lockstep.New) {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatalf("netmodeltest.Check: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		m := machine{
			pair:    lockstep.NewPair(p, descriptors, newSystem),
			past:    lockstep.Case{Profile: p, Descriptors: descriptors},
			clients: rapid.IntRange(1, 5).Draw(t, "clients"),
		}
		for _, k := range lockstep.Kinds() {
			often := rapid.SampledFrom([]int{1, 0, 4}).Draw(t, "how often "+k.String())
			m.habits = append(m.habits, habit{k, often * k.Usual()})
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
			possible[i] = m.possible(h.kind)
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

// possible returns operations of a kind that can happen now.
func (m *machine) possible(k lockstep.Kind) []lockstep.Op {
	return slices.DeleteFunc(m.pair.Reference.Suggest(k, m.clients), func(op lockstep.Op) bool { return !m.pair.Can(op) })
}
