package kernel

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wspsim/netmodel/profiles"
)

func TestAcceptOrderNamesClientsUnlessItIsTheOrderOfConnecting(t *testing.T) {
	connected := []socket{{port: 10}, {port: 11}, {port: 12}}
	for _, row := range []struct {
		ports []int
		want  string
		why   string
	}{
		{[]int{10, 11, 12}, "first in, first out", "all, in order"},
		{[]int{10, 11}, "first in, first out", "the last is missing"},
		{[]int{10, 12, 11}, "1 3 2", "two in the wrong order"},
		{[]int{11}, "2", "the first is missing"},
		{[]int{10, 99}, "1 0", "99 is no client"},
	} {
		var accepted []socket
		for _, port := range row.ports {
			accepted = append(accepted, socket{port: port})
		}
		if got := order(connected, accepted); got != row.want {
			t.Errorf("order(%v) (%s) = %q, want %q", row.ports, row.why, got, row.want)
		}
	}
}

func TestPlayReturnsTheObservationsBeforeAnError(t *testing.T) {
	broken := errors.New("broken")
	seen, err := play(newModelStage(profiles.Linux(), profiles.Unix()), usual(), func(s *script) {
		s.observe("first", 1)
		check("listen", broken)
		s.observe("second", 2)
	})
	if want := []Observation{{"first", "1"}}; !cmp.Equal(seen, want) || !errors.Is(err, broken) {
		t.Errorf("play() = %v, %v, want %v, %v", seen, err, want, broken)
	}
}
