package lockstep

import (
	"fmt"
	"testing"

	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// choice is a value of a setting.
type choice struct{ setting, value int }

// pairwise returns profiles in which every value of every setting meets every value of
// every other. Most mistakes need two settings, not twenty.
func pairwise() []variation {
	settings := listenerSettings()
	open := map[[2]choice]bool{}
	for a := range settings {
		for b := range a {
			for v := range settings[a].values {
				for w := range settings[b].values {
					open[[2]choice{{a, v}, {b, w}}] = true
				}
			}
		}
	}
	rand := sim.Stream(1, 1, 1)
	var out []variation
	for len(open) > 0 {
		best, most := []int(nil), -1
		for range 100 {
			row := make([]int, len(settings))
			for i, s := range settings {
				row[i] = int(rand.Uint64N(uint64(len(s.values))))
			}
			if n := meets(row, open, false); n > most {
				best, most = row, n
			}
		}
		meets(best, open, true)
		p := profiles.WSP()
		for i, s := range settings {
			s.apply(&p, best[i])
		}
		out = append(out, variation{fmt.Sprintf("pairs %d", len(out)+1), sensible(p)})
	}
	return out
}

// meets returns how many open pairs a row has, and closes them if closing is true.
func meets(row []int, open map[[2]choice]bool, closing bool) int {
	n := 0
	for a := range row {
		for b := range a {
			pair := [2]choice{{a, row[a]}, {b, row[b]}}
			if open[pair] {
				n++
			}
			if closing {
				delete(open, pair)
			}
		}
	}
	return n
}

func TestPairwiseProfilesAreValidAndFew(t *testing.T) {
	rows := pairwise()
	if len(rows) > 60 {
		t.Errorf("%d profiles for all pairs, want at most 60", len(rows))
	}
	for _, v := range rows {
		if err := playable(v.profile); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}
