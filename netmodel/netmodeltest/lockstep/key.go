package lockstep

import (
	"encoding/binary"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
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
	put(r.started, int(r.faults), r.files, r.backlog, r.synRoom, r.available, r.late)
	yes(r.socket, r.listening, r.conditional, r.paused, r.withdrawn)
	put(r.phase())
	if r.usesCookies() {
		put(int(r.now%sim.Time(cookiePeriod)), int(min(r.now-r.cookies.at, sim.Time(2*cookiePeriod)+1)))
		yes(r.cookies.known)
	}
	alive := slices.Concat(r.done, r.hidden, r.half, r.offered, r.held, r.taken, r.closing)
	slices.Sort(alive) // order of arrival
	rank := func(i int) int { return slices.Index(alive, i) }
	put(rank(r.deferred))
	for _, place := range [...][]int{r.done, r.hidden, r.half, r.offered, r.held, r.taken, r.closing} {
		put(len(place))
		for _, i := range place {
			put(rank(i))
		}
	}
	for _, i := range alive {
		c := &r.conns[i]
		put(c.who.Client, c.who.Number, c.addr, int(c.broken), c.unread, c.resends)
		yes(c.complete, c.aborted, c.ownsFD, c.clientDone, c.finAnswered, c.generation == r.generation, c.over, c.accepted)
		put(r.age(c.number))
		if !c.complete && !c.over && (r.profile.SynAck.Limit > 0 || r.profile.SynAck.Linear > 0) {
			put(int(r.now - c.since))
		}
	}
	alarms := slices.Clone(r.alarms)
	slices.SortStableFunc(alarms, earlier)
	for _, a := range alarms {
		put(int(a.at-r.now), int(a.what), rank(a.about), a.coarse)
	}
	for i := range r.clients {
		c := &r.clients[i]
		put(c.number, c.addr, int(c.phase), rank(c.answer.conn-1), r.age(c.answer), c.bytes)
		yes(c.fin, c.spoke, c.finAlone, c.moved && r.usesCookies())
	}
	return b
}

// phase returns how far the time is in the coarsest slot that a timer may ring in:
// timers that are set later ring at the same distance if it is the same.
func (r *Reference) phase() int {
	p := &r.profile
	if p.Timers.HZ == 0 {
		return 0
	}
	longest := max(p.FinWait, p.OfferLifetime, p.SlotReturnDelay)
	for n := range int(max(p.SynAck.Retries, p.Data.Retries)) + 1 {
		longest = max(longest, wait(p.SynAck, n), wait(p.Data, n))
	}
	_, coarse := r.due(longest)
	slot := time.Second / time.Duration(p.Timers.HZ) << (3 * coarse)
	return int((time.Duration(r.now) + p.Timers.Phase) % slot)
}

func (r *Reference) usesCookies() bool {
	return r.separate() && r.profile.SynQueue.Cookies != netmodel.CookiesNever
}

// age returns how old a cookie is, in periods, -1 if it is none.
func (r *Reference) age(n number) int {
	if n.period == 0 {
		return -1
	}
	return min(2, r.cookie().period-n.period)
}
