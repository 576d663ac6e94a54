package netmodel

import "wspsim/sim"

// What the streams of random numbers are for. A host and a client stand in
// them by name. So it does not matter who else is there and who was added first.
const (
	drawsLink     sim.Purpose = 1 + iota // who: a segment of an attempt of a client
	drawsRetry                           // who: an attempt of a client
	drawsVictim                          // who: the host that evicts
	drawsExternal                        // who: a segment of an attempt of an external client
)

// nobody is who for the segments of no attempt, and the owner of hosts.
const nobody = 0

// stream returns the stream of what a link decides about the next segment of an
// attempt. Each direction counts its segments by itself. Otherwise two segments of one
// instant, one in each direction, would change their draws when they change places;
// and it can depend on other connections in which order the timers of two hosts ring.
func (n *Network) stream(a *attempt, way int) sim.Rand {
	who, why := uint64(nobody), drawsLink
	if f := &a.result; f.Client != 0 {
		who = n.who(f.Client, uint32(f.Attempt))
		if n.isExternal(a) {
			why = drawsExternal
		}
	}
	a.sent[way]++
	return sim.Stream(n.seed, sim.Member(who, uint64(way)<<32|uint64(a.sent[way])), why)
}

// named returns who for the streams of something that has the name and belongs to
// owner. The second of that name, purpose and owner is another one, and so on: they
// are told apart by the order in which they were added.
func (n *Network) named(owner uint64, name string, why sim.Purpose) uint64 {
	who := sim.Member(sim.Member(owner, uint64(why)), sim.Name(name))
	if n.namesakes == nil {
		n.namesakes = map[uint64]uint64{}
	}
	n.namesakes[who]++
	return sim.Member(who, n.namesakes[who])
}

// who names an attempt of a client in the streams of random numbers.
func (n *Network) who(id ClientID, attempt uint32) uint64 {
	config := &n.configs[n.clients.at(int(id)).config]
	return sim.Member(sim.Member(config.stream, uint64(id-config.first)), uint64(attempt))
}

// Who names an attempt for sim.Stream, 0 if there is no such attempt. The number
// depends on the names of the client and of its host, and on the number of the attempt.
// It depends on the client's place among those that were added together. It depends on
// nothing else that is in the network, but for one case: of clients that
// have one name and run on one host, and were not added together, each depends on
// how many were added before it.
func (n *Network) Who(c ConnID) uint64 {
	if c == 0 || int(c) >= n.attempts.len {
		return 0
	}
	f := &n.attempts.at(int(c)).result
	return n.who(f.Client, uint32(f.Attempt))
}
