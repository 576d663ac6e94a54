package netmodel

import (
	"maps"
	"slices"
)

// Clone returns an independent copy in the same state.
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
	c.ringing = nil // scratch
	c.changed = slices.Clone(h.changed)
	c.waits = slices.Clone(h.waits)
	return &c
}

// Clone returns an independent copy in the same state, with all hosts, clients and
// events: the same calls bring about the same in both. An EventID of an event that
// waits names it in both. It takes time and memory in proportion to the network.
//
// What lies outside the network stays where it is. A *Host that Host has returned
// belongs to the original; ask the copy for its own. What the tags of After mean is
// the caller's affair, and so is a Printer. The distributions of links are shared:
// those of package sim are values, and one of the caller's own must be, too.
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
	c.configs = slices.Clone(n.configs) // what they point to is never changed
	c.clients, c.attempts = n.clients.clone(), n.attempts.clone()
	c.inFlight, c.freeInFlight = slices.Clone(n.inFlight), slices.Clone(n.freeInFlight)
	c.buffered, c.tap = slices.Clone(n.buffered), slices.Clone(n.tap)
	c.segments, c.records = nil, nil
	return &c
}
