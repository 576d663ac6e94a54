package netmodel

import (
	"maps"
	"slices"
)

// Clone returns an independent copy of the host in the same state.
func (h *Host) Clone() *Host {
	c := *h
	c.addrs = slices.Clone(h.addrs)
	c.table.socks = slices.Clone(h.table.socks)
	c.table.free = slices.Clone(h.table.free)
	c.socks = slices.Clone(h.socks)
	c.free = slices.Clone(h.free)
	c.lists = slices.Clone(h.lists)
	c.freeLists = slices.Clone(h.freeLists)
	c.keepAlives = slices.Clone(h.keepAlives)
	c.freeKeepAlives = slices.Clone(h.freeKeepAlives)
	c.clients = slices.Clone(h.clients)
	c.tuples = h.tuples.clone()
	c.ports = h.ports.clone()
	c.timers = h.timers.clone()
	c.out = slices.Clone(h.out)
	c.records = slices.Clone(h.records)
	c.due = nil // scratch
	c.changed = slices.Clone(h.changed)
	c.waits = slices.Clone(h.waits)
	return &c
}

// Clone returns an independent copy of the network in the same state, with all hosts,
// clients and events. The same calls have the same effects in both networks. An EventID
// of a scheduled event is valid in both. Time and memory are proportional to the size of
// the network.
//
// Clone does not copy what is outside the network:
//   - A *Host that Network.Host returned belongs to the original. Call Host of the copy.
//   - The tags of After and a Printer belong to the caller.
//   - Both networks share the distributions of links. A distribution of package sim is a
//     value; a distribution of the caller must be a value too.
func (n *Network) Clone() *Network {
	c := *n
	c.engine = n.engine.Clone()
	c.nodes = slices.Clone(n.nodes)
	for i := range c.nodes[1:] {
		c.nodes[1+i].host = n.nodes[1+i].host.Clone()
	}
	c.paths = slices.Clone(n.paths)
	for i, from := range n.paths {
		c.paths[i] = slices.Clone(from)
	}
	c.nameCounts = maps.Clone(n.nameCounts)
	c.configs = slices.Clone(n.configs) // the Client behind the pointer TCP never changes
	c.clients, c.attempts = n.clients.clone(), n.attempts.clone()
	c.inFlight, c.freeInFlight = slices.Clone(n.inFlight), slices.Clone(n.freeInFlight)
	c.buffered, c.tap = slices.Clone(n.buffered), slices.Clone(n.tap)
	c.segments, c.records = nil, nil
	return &c
}
