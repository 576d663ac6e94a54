package lockstep

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
)

// World is a small world of which every state, or every history, can be visited. It has
// few clients with one attempt each, few descriptors, and few calls of listen.
type World struct {
	Profile     netmodel.Profile
	Descriptors int       // 0 = without limit
	Attempts    int       // number of clients; their first SYNs come in the order a, b and so on
	Backlogs    []int     // arguments of listen
	Listens     int       // most calls of listen in one history
	Accepts     []Op      // the calls of accept that can happen
	Kinds       []Kind    // what else can happen; Time passes until the next timer
	Prefix      []Op      // what happens before the world begins
	New         NewSystem // nil: NewHost; must make a Cloner
}

// Graph is what Explore has visited.
type Graph struct {
	States   int // distinct states
	Edges    int // operations performed
	Depth    int // operations on the shortest way to the farthest state
	Complete bool
}

// worldError is a difference and the history that leads to it.
type worldError struct {
	c   Case
	err error
}

func (e *worldError) Error() string { return e.c.String() + "\n\t" + e.err.Error() }

func (e *worldError) Unwrap() error { return e.err }

// node is a state that was reached.
type node struct {
	pair    *Pair
	listens int
	history *step
}

// step is a history, the last operation first.
type step struct {
	op     Op
	before *step
}

func (s *step) history() []Op {
	var out []Op
	for ; s != nil; s = s.before {
		out = append(out, s.op)
	}
	slices.Reverse(out)
	return out
}

// Explore visits every state within depth operations; 0 = without limit. System and
// reference model perform the same operations. It returns an error with a shortest
// history to the first difference.
//
// The state of the reference model identifies a state. Where two histories meet in a
// state, only the first one goes on. Each later one is given one of three further
// histories. They show what cannot be seen at once: the order of accept and trim, slots,
// timers.
func (w World) Explore(depth int) (Graph, error) {
	seen := map[string]bool{}
	start := node{pair: w.start()}
	var key []byte
	key = start.key(key[:0])
	seen[string(key)] = true
	g := Graph{States: 1, Complete: true}
	for level := []node{start}; len(level) > 0; g.Depth++ {
		if depth > 0 && g.Depth == depth {
			g.Complete = false
			break
		}
		var next []node
		for _, n := range level {
			ops := w.ops(n)
			for i, op := range ops {
				to, err := w.step(n, op, i == len(ops)-1)
				if err != nil {
					return g, err
				}
				g.Edges++
				key = to.key(key[:0])
				if seen[string(key)] {
					if err := w.probe(to, g.Edges); err != nil {
						return g, err
					}
					continue
				}
				seen[string(key)] = true
				g.States++
				next = append(next, to)
			}
		}
		level = next
	}
	if g.Complete {
		g.Depth-- // the last level was empty
	}
	return g, nil
}

// Histories plays every history of at most depth operations and returns their number. It
// takes no two histories to be equal; they only share their beginnings.
func (w World) Histories(depth int) (int, error) {
	return w.histories(node{pair: w.start()}, depth)
}

func (w World) histories(n node, depth int) (int, error) {
	count := 1
	if depth == 0 {
		return count, nil
	}
	ops := w.ops(n)
	for i, op := range ops {
		to, err := w.step(n, op, i == len(ops)-1)
		if err != nil {
			return count, err
		}
		more, err := w.histories(to, depth-1)
		count += more
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

func (w World) start() *Pair {
	if w.New == nil {
		w.New = NewHost
	}
	pair := NewPair(w.Profile, w.Descriptors, w.New)
	for _, op := range w.Prefix {
		pair.do(op)
	}
	return pair
}

func (n *node) key(b []byte) []byte {
	return n.pair.reference.appendState(append(b, byte(n.listens)))
}

// step performs an operation on a copy of a node. The last operation of a node needs no
// copy.
func (w World) step(n node, op Op, last bool) (node, error) {
	to := node{pair: n.pair, listens: n.listens, history: &step{op, n.history}}
	if !last {
		to.pair = n.pair.Clone()
	}
	if op.Kind == Listen {
		to.listens++
	}
	if diff := to.pair.do(op); diff != nil {
		return to, &worldError{Case{w.Profile, w.Descriptors, slices.Concat(w.Prefix, to.history.history())}, diff}
	}
	return to, nil
}

// probe plays one of three further histories to a state and destroys it.
func (w World) probe(n node, which int) error {
	histories := [...][]Op{
		{{Accept, 0, 0}, {Listen, 0, 1}, {Accept, 0, 0}, {Receive, 0, 0}, {Receive, 1, 0}, {Receive, 2, 0}},
		{{Syn, w.Attempts, 0}, {Syn, w.Attempts + 1, 0}, {Listen, 0, 2}, {Syn, w.Attempts + 2, 0}, {Accept, 0, 0}, {Accept, 0, 0}, {Accept, 0, 0}},
		{{Time, 0, 999}, {Time, 0, 1}, {Time, 0, 1000}, {Time, 0, 1000}, {Time, 0, 2000}, {Time, 0, 100_000}, {Close, 0, 0}, {Data, 0, 0}, {Data, 1, 0}},
	}
	past := n.history
	for _, op := range histories[which%len(histories)] {
		past = &step{op, past}
		if diff := n.pair.do(op); diff != nil {
			return &worldError{Case{w.Profile, w.Descriptors, slices.Concat(w.Prefix, past.history())}, diff}
		}
	}
	return nil
}

// ops returns what can happen in a state.
func (w World) ops(n node) []Op {
	r := n.pair.reference
	var out []Op
	if n.listens < w.Listens {
		for _, backlog := range w.Backlogs {
			out = append(out, Op{Listen, 0, backlog})
		}
	}
	out = append(out, w.Accepts...)
	if fresh := w.freshClient(r); fresh >= 0 {
		out = append(out, Op{Syn, fresh, 0})
	}
	for _, k := range w.Kinds {
		out = w.appendOps(out, k, r)
	}
	return slices.DeleteFunc(out, func(op Op) bool { return !n.pair.Can(op) })
}

// appendOps appends the operations of a kind that have a use in a state.
func (w World) appendOps(out []Op, k Kind, r *reference) []Op {
	_, client, _, _ := k.describe()
	switch {
	case k == Hangup:
		for c := range w.Attempts {
			if r.acceptedBy(c) != noConn {
				out = append(out, Op{Hangup, c, hangupGraceful})
			}
			if r.acceptedBy(c) != noConn && w.Profile.CloseHoldsDescriptor {
				out = append(out, Op{Hangup, c, hangupLost})
			}
		}
	case client:
		for c := range w.Attempts {
			if k != Data || !r.clients[c].sentMore { // one byte for each client, so that the graph ends
				out = append(out, Op{k, c, 0})
			}
		}
	case k == Time:
		if at, ok := r.deadline(); ok {
			out = append(out, Op{Time, 0, int(at.Sub(r.now) / time.Millisecond)})
		}
	case k == Pause:
		if r.paused {
			return append(out, Op{Pause, 0, 0})
		}
		out = append(out, Op{Pause, 0, 1})
	case k == OpenFile && w.Descriptors == 0, k == CloseFile && r.files == 0, k == Open && r.socket, k == Close && !r.socket:
	default:
		out = append(out, Op{k, 0, 0})
	}
	return out
}

// freshClient returns the first client without an attempt, or -1.
func (w World) freshClient(r *reference) int {
	for c := range w.Attempts {
		if r.clients[c].phase == phaseIdle {
			return c
		}
	}
	return -1
}

// String returns the size of the graph on one line.
func (g Graph) String() string {
	return fmt.Sprintf("%d states, %d edges, depth %d, complete %v", g.States, g.Edges, g.Depth, g.Complete)
}
