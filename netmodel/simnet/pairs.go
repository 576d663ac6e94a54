package simnet

import "wspsim/netmodel"

// pairs holds the connections that accept has not returned yet. Their numbers increase, and most
// leave in the order of arrival, so pairs is a queue with holes.
type pairs struct {
	queue []*pair // from head on, by number from first on
	head  int
	first netmodel.ConnID
}

// add adds a new connection.
func (p *pairs) add(id netmodel.ConnID) *pair {
	if p.head == len(p.queue) {
		p.queue, p.head, p.first = p.queue[:0], 0, id
	}
	for int(id-p.first) > len(p.queue)-p.head { // failed attempts
		p.queue = append(p.queue, nil)
	}
	x := &pair{id: id}
	p.queue = append(p.queue, x)
	return x
}

// take removes a connection and returns it; nil if it is not there.
func (p *pairs) take(id netmodel.ConnID) *pair {
	k := p.head + int(id-p.first)
	if id < p.first || k >= len(p.queue) {
		return nil
	}
	x := p.queue[k]
	p.queue[k] = nil
	for p.head < len(p.queue) && p.queue[p.head] == nil {
		p.head++
		p.first++
	}
	if p.head > 64 && 2*p.head > len(p.queue) {
		p.queue = p.queue[:copy(p.queue, p.queue[p.head:])]
		p.head = 0
	}
	return x
}
