package netmodel

import "wspsim/sim"

// What the streams of random numbers are for. A host, a client and a program are
// named in them by name, so that it does not matter who else is there and who was
// added first.
const (
	drawsLink    sim.Purpose = 1 + iota // who: an attempt of a client
	drawsRetry                          // who: an attempt of a client
	drawsVictim                         // who: the host that evicts
	drawsProgram                        // who: an attempt of a program
)

// nobody is who in the one stream of all segments that belong to no attempt.
const nobody = 0

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
	return sim.Member(sim.Member(config.who, uint64(id-config.first)), uint64(attempt))
}

// Who names an attempt for sim.Stream, 0 if there is no such attempt. The number
// depends on the name of the client's host, on the name of the client, on its place
// among the clients that were added together, and on the number of the attempt. It
// depends on nothing else that is in the network, but for one case: of clients that
// have one name and run on one host, and were not added together, each depends on
// how many were added before it.
func (n *Network) Who(c ConnID) uint64 {
	if c == 0 || int(c) >= n.attempts.len {
		return 0
	}
	f := &n.attempts.at(int(c)).fate
	return n.who(f.Client, uint32(f.Attempt))
}
