package simnet

import (
	"testing"

	"pgregory.net/rapid"

	"wspsim/netmodel"
)

// The queue with holes gives back exactly what was put into it, as a map would.
func TestPairsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pairs
		want := map[netmodel.ConnID]*pair{}
		next := netmodel.ConnID(1)
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "add") {
				next += netmodel.ConnID(rapid.IntRange(1, 3).Draw(t, "gap"))
				want[next] = p.add(next)
				continue
			}
			id := netmodel.ConnID(rapid.IntRange(0, int(next)+2).Draw(t, "id"))
			if got := p.take(id); got != want[id] {
				t.Fatalf("take(%d) = %p, want %p", id, got, want[id])
			}
			delete(want, id)
		}
	})
}
