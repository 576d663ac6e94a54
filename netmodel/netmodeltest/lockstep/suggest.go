package lockstep

import (
	"slices"
	"time"

	"wspsim/netmodel"
)

// Kinds returns every kind.
func Kinds() []Kind {
	var out []Kind
	for k := noKind + 1; k < kindCount; k++ {
		out = append(out, k)
	}
	return out
}

// suggest returns operations of a kind that can happen now, for so many clients. They
// are usual operations and operations at the limits. There may be none.
func (r *reference) suggest(k Kind, clients int) []Op {
	_, client, n, names := k.describe()
	if !client {
		clients = 1
	}
	var out []Op
	for c := range clients {
		switch {
		case k == Listen:
			out = appendValues(out, k, c, 1, 2, 3, 4)
			out = appendValues(out, k, c, backlogs(r.profile.Backlog)...)
		case k == Time:
			out = appendValues(out, k, c, r.delays()...)
		case n == argFaults:
			out = appendValues(out, k, c, 0, 1, 0, 2, 0, 4)
		case n == argName:
			out = appendValues(out, k, c, 0)
			for v := range names {
				out = appendValues(out, k, c, v)
			}
		default:
			out = appendValues(out, k, c, 0)
		}
	}
	return slices.DeleteFunc(out, func(op Op) bool { return !r.possible(op) })
}

func appendValues(out []Op, k Kind, client int, values ...int) []Op {
	for _, n := range values {
		out = append(out, Op{k, client, n})
	}
	return out
}

// backlogs returns arguments of listen at and beyond the limits.
func backlogs(b netmodel.Backlog) []int {
	return []int{-1 << 31, -300, -1, 0, b.Max - 1, b.Max, b.Max + 1, 5, 1 << 30, b.Somaxconn}
}

// delays returns times in ms: to the next timer, 1 ms less, and much longer ones.
func (r *reference) delays() []int {
	out := []int{1, 1000, 2000, 3000, 60_000, 1_000_000}
	if at, ok := r.deadline(); ok {
		next := int(at.Sub(r.now) / time.Millisecond)
		out = append(out, next, next, next, next, next, max(0, next-1))
	}
	return out
}
