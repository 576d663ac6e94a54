package lockstep

import (
	"encoding/binary"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// appendState appends the state of the model as bytes. Equal bytes have equal futures.
// Times count from now. Connections that are over are left out. Of earlier listeners
// only the fact that they are earlier counts.
func (r *reference) appendState(b []byte) []byte {
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
	put(r.started, int(r.faults), r.files, r.backlog, r.synRoom, r.available, r.returning)
	yes(r.socket, r.listening, r.conditional, r.paused, r.withdrawn)
	put(r.phase())
	if r.usesCookies() {
		put(int(r.now%sim.Time(cookiePeriod)), int(min(r.now-r.cookies.at, sim.Time(2*cookiePeriod)+1)))
		yes(r.cookies.known)
	}
	alive := slices.Concat(r.done, r.putOff, r.half, r.offered, r.held, r.accepted, r.closing)
	slices.Sort(alive) // order of arrival
	rank := func(i int) int { return slices.Index(alive, i) }
	put(rank(r.deferred))
	for _, place := range [...][]int{r.done, r.putOff, r.half, r.offered, r.held, r.accepted, r.closing} {
		put(len(place))
		for _, i := range place {
			put(rank(i))
		}
	}
	for _, i := range alive {
		c := &r.conns[i]
		put(c.who.Client, c.who.Number, c.port, int(c.broken), c.unread, c.resends)
		yes(c.complete, c.aborted, c.ownsFD, c.clientDone, c.finAnswered, c.generation == r.generation, c.over, c.accepted)
		put(r.age(c.isn))
		if !c.complete && !c.over && (r.profile.SynAck.Limit > 0 || r.profile.SynAck.Linear > 0) {
			put(int(r.now - c.since))
		}
	}
	alarms := slices.Clone(r.timers)
	slices.SortStableFunc(alarms, earlier)
	for _, a := range alarms {
		put(int(a.at-r.now), int(a.kind), rank(a.conn), a.level)
	}
	for i := range r.clients {
		c := &r.clients[i]
		put(c.attempt, c.port, int(c.phase), rank(c.isn.conn-1), r.age(c.isn), c.unackedBytes)
		yes(c.fin, c.sentMore, c.unackedFin, c.pastSyn && r.usesCookies())
	}
	return b
}

// phase returns the offset of the time in the coarsest slot of the timers. With equal
// offsets, timers that are set later have equal delays.
func (r *reference) phase() int {
	p := &r.profile
	if p.Timers.HZ == 0 {
		return 0
	}
	longest := max(p.FinWait, p.OfferLifetime, p.SlotReturnDelay)
	for n := range int(max(p.SynAck.Retries, p.Data.Retries)) + 1 {
		longest = max(longest, delayAfter(p.SynAck, n), delayAfter(p.Data, n))
	}
	_, coarse := r.due(longest)
	slot := time.Second / time.Duration(p.Timers.HZ) << (3 * coarse)
	return int((time.Duration(r.now) + p.Timers.Phase) % slot)
}

func (r *reference) usesCookies() bool {
	return r.separate() && r.profile.SynQueue.Cookies != netmodel.CookiesNever
}

// age returns the age of a cookie in periods, -1 for no cookie.
func (r *reference) age(n isn) int {
	if n.period == 0 {
		return -1
	}
	return min(2, r.cookie().period-n.period)
}
