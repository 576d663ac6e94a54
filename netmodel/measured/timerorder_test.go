package measured

import "testing"

func TestTwoWheelsExplainTwoOrdersOnly(t *testing.T) {
	for _, row := range []struct {
		slots [][]int // of clients whose timers fire in the order 0, 1, 2, 3 on one wheel
		want  bool
		why   string
	}{
		{[][]int{{0, 1, 2, 3}}, true, "one wheel is enough"},
		{[][]int{{2, 0, 3, 1}}, true, "0 and 1 are on one wheel, 2 and 3 on the other"},
		{[][]int{{2, 1, 0, 3}}, false, "three in the opposite order need three wheels"},
		{[][]int{{1, 0, 2, 3}, {0, 2, 1, 3}, {2, 0, 1, 3}}, false, "no client changes its wheel between rounds"},
		{[][]int{{0, 1, 2}}, false, "wheels do not explain a client in another slot"},
		{[][]int{{0, 1, 2, 4}}, false, "nor an unknown client"},
	} {
		a := newWheelConflicts(5)
		for _, slot := range row.slots {
			a.note(slot, []int{0, 1, 2, 3})
		}
		if got := a.fitTwoWheels(); got != row.want {
			t.Errorf("fitTwoWheels of %v = %v: want %v: %s", row.slots, got, row.want, row.why)
		}
	}
}
