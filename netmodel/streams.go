package netmodel

import "wspsim/sim"

// The purposes of the streams of random numbers. Each stream also has an id, which is made
// of the names of host and client. So other hosts and clients, and the order in which they
// were added, do not change a stream. The comments say what the id is of.
const (
	drawsLink     sim.Purpose = 1 + iota // a segment of an attempt of a client
	drawsRetry                           // an attempt of a client
	drawsVictim                          // the host that evicts
	drawsExternal                        // a segment of an attempt of an external client
)

// noStreamID is the id for segments of no attempt, and the owner of hosts.
const noStreamID = 0

// stream returns the random numbers with which a link decides about the next segment of an
// attempt. Each direction counts its own segments. With one count for both directions, two
// segments of one instant would swap their numbers if they swapped their order. And their
// order can depend on other connections: on the order in which timers of two hosts expire.
func (n *Network) stream(a *attempt, direction int) sim.Rand {
	id, why := uint64(noStreamID), drawsLink
	if f := &a.result; f.Client != 0 {
		id = n.streamID(f.Client, uint32(f.Attempt))
		if n.isExternal(a) {
			why = drawsExternal
		}
	}
	a.sent[direction]++
	return sim.Stream(n.seed, sim.Member(id, uint64(direction)<<32|uint64(a.sent[direction])), why)
}

// newStreamID returns the id for streams of a host or client with this name and owner. If
// several have one name, purpose and owner, each gets another id, in the order in which they
// were added.
func (n *Network) newStreamID(owner uint64, name string, why sim.Purpose) uint64 {
	id := sim.Member(sim.Member(owner, uint64(why)), sim.Name(name))
	if n.nameCounts == nil {
		n.nameCounts = map[uint64]uint64{}
	}
	n.nameCounts[id]++
	return sim.Member(id, n.nameCounts[id])
}

// streamID returns the id of an attempt of a client for streams of random numbers.
func (n *Network) streamID(id ClientID, attempt uint32) uint64 {
	config := &n.configs[n.clients.at(int(id)).config]
	return sim.Member(sim.Member(config.stream, uint64(id-config.first)), uint64(attempt))
}

// StreamID returns the id of an attempt for sim.Stream, 0 if there is no such attempt. The id
// depends on the names of the client and of its host, and on the number of the attempt. It
// depends on the client's place among the clients that were added together. With one
// exception it depends on nothing else in the network. The exception: if clients with one
// name on one host were added by several calls, the id depends on how many were added before.
func (n *Network) StreamID(c ConnID) uint64 {
	if c == 0 || int(c) >= n.attempts.len {
		return 0
	}
	f := &n.attempts.at(int(c)).result
	return n.streamID(f.Client, uint32(f.Attempt))
}
