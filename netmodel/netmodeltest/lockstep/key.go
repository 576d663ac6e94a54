package lockstep

import (
	"encoding/binary"
	"slices"
)

// AppendState appends the state of the model as bytes: equal bytes, equal
// future. Times count from now, connections that are over are left out, and of
// earlier listeners only that they are earlier.
func (r *Reference) AppendState(b []byte) []byte {
	put := func(numbers ...int) {
		for _, n := range numbers {
			b = binary.AppendVarint(b, int64(n))
		}
	}
	yes := func(facts ...bool) {
		n := 1
		for _, fact := range facts {
			n *= 2
			if fact {
				n++
			}
		}
		put(n)
	}
	put(r.started, int(r.faults), r.files, r.limit, r.available, r.late)
	yes(r.socket, r.listening, r.conditional, r.paused, r.withdrawn)
	alive := slices.Concat(r.done, r.half, r.offered, r.taken, r.closing)
	slices.Sort(alive) // order of arrival
	rank := func(i int) int { return slices.Index(alive, i) }
	put(rank(r.deferred))
	for _, place := range [...][]int{r.done, r.half, r.offered, r.taken, r.closing} {
		put(len(place))
		for _, i := range place {
			put(rank(i))
		}
	}
	for _, i := range alive {
		c := &r.conns[i]
		put(c.who.Client, c.who.Number, c.addr, int(c.broken), c.unread, c.resends)
		yes(c.complete, c.aborted, c.ownsFD, c.clientDone, c.finAnswered, c.generation == r.generation)
	}
	alarms := slices.Clone(r.alarms)
	slices.SortStableFunc(alarms, earlier)
	for _, a := range alarms {
		put(int(a.at-r.now), int(a.what), rank(a.about))
	}
	for i := range r.clients {
		c := &r.clients[i]
		put(c.number, c.addr, int(c.phase))
		yes(c.fin, c.spoke)
	}
	return b
}
