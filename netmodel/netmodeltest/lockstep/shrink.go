package lockstep

import (
	"slices"

	"wspsim/netmodel/profiles"
)

// shrink returns a shorter history that still fails. It takes out halves, then quarters
// and so on, then single operations and pairs. Then it makes numbers and clients small.
// It ends when nothing helps any more.
func shrink(history []Op, fails func([]Op) bool) []Op {
	history = slices.Clone(history)
	for size := len(history) / 2; size >= 1; size /= 2 {
		history = dropRuns(history, size, fails)
	}
	for {
		before := Text(history)
		history = dropRuns(history, 1, fails)
		history = dropPairs(history, fails)
		history = simplify(history, fails)
		if Text(history) == before {
			return history
		}
	}
}

// dropRuns takes out runs of size operations while the rest still fails.
func dropRuns(history []Op, size int, fails func([]Op) bool) []Op {
	for at := 0; at+size <= len(history); {
		shorter := slices.Concat(history[:at], history[at+size:])
		if fails(shorter) {
			history = shorter
		} else {
			at += size
		}
	}
	return history
}

// longestForPairs bounds a search that is quadratic in the length.
const longestForPairs = 60

func dropPairs(history []Op, fails func([]Op) bool) []Op {
	for i := 0; i < len(history) && len(history) <= longestForPairs; i++ {
		for j := i + 1; j < len(history); j++ {
			shorter := slices.Concat(history[:i], history[i+1:j], history[j+1:])
			if fails(shorter) {
				history, j = shorter, i
			}
		}
	}
	return history
}

// simplify makes every number and every client as small as possible.
func simplify(history []Op, fails func([]Op) bool) []Op {
	for i := range history {
		for _, simpler := range simpler(history[i]) {
			changed := slices.Clone(history)
			changed[i] = simpler
			if fails(changed) {
				history = changed
				break
			}
		}
	}
	return renameClients(history, fails)
}

// simpler returns simpler operations of the same kind, the simplest first.
func simpler(op Op) []Op {
	var out []Op
	add := func(o Op) {
		if o.Valid() && o != op && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	smallest := 0
	if op.Kind == Listen {
		smallest = 1
	}
	for n := smallest; n <= smallest+3; n++ {
		if n < op.N || op.N < 0 {
			add(Op{op.Kind, op.Client, n})
		}
	}
	if op.Kind == Time {
		for _, n := range [...]int{1, 1000, 3000, 10_000, op.N / 2, op.N - 1000, op.N - 1} {
			if n < op.N {
				add(Op{Time, 0, n})
			}
		}
	}
	return out
}

// renameClients names the clients a, b and so on, in order of appearance.
func renameClients(history []Op, fails func([]Op) bool) []Op {
	var seen []int
	changed := slices.Clone(history)
	for i, op := range changed {
		if _, client, _, _ := op.Kind.describe(); !client {
			continue
		}
		at := slices.Index(seen, op.Client)
		if at < 0 {
			at = len(seen)
			seen = append(seen, op.Client)
		}
		changed[i].Client = at
	}
	if !slices.Equal(changed, history) && fails(changed) {
		return changed
	}
	return history
}

// Shrink returns a smaller case that still makes a system differ from the reference
// model. It has a shorter history, then fewer changed settings, then fewer descriptors.
func (c Case) Shrink(newSystem NewSystem) Case {
	return c.shrinkHistory(newSystem).shrinkProfile(newSystem).shrinkDescriptors(newSystem).shrinkHistory(newSystem)
}

// fails reports whether the case can be played and the system differs.
func (c Case) fails(newSystem NewSystem) bool {
	return playable(c.Profile) == nil && c.Run(newSystem) != nil
}

func (c Case) shrinkHistory(newSystem NewSystem) Case {
	c.History = shrink(c.History, func(h []Op) bool { return Case{c.Profile, c.Descriptors, h}.fails(newSystem) })
	return c
}

// shrinkProfile sets changed settings back, one by one.
func (c Case) shrinkProfile(newSystem NewSystem) Case {
	base, known := profiles.ByName(c.Profile.Name)
	if !known {
		return c
	}
	for _, s := range allSettings() {
		simpler := c
		if v, ok := s.valueIn(base); ok {
			s.apply(&simpler.Profile, v)
		}
		if simpler.Profile != c.Profile && simpler.fails(newSystem) {
			c = simpler
		}
	}
	return c
}

func (c Case) shrinkDescriptors(newSystem NewSystem) Case {
	for d := range c.Descriptors {
		if simpler := (Case{c.Profile, d, c.History}); simpler.fails(newSystem) {
			return simpler
		}
	}
	return c
}
