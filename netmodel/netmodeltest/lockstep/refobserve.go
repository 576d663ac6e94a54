package lockstep

import (
	"slices"

	"wspsim/netmodel"
)

// observe fills in what can be seen.
func (r *reference) observe(res *Result) {
	r.queue = r.queue[:0]
	if r.deferred != noConn { // first in the queue. WS.C4
		r.entry(r.deferred, netmodel.EntryComplete)
	}
	for _, i := range r.done {
		if i != r.deferred {
			r.entry(i, netmodel.EntryComplete)
		}
	}
	for _, i := range r.putOff {
		r.entry(i, netmodel.EntryHeld)
	}
	for _, i := range r.half {
		r.entry(i, netmodel.EntryHalfOpen)
	}
	for _, i := range r.offered {
		if i != r.deferred {
			r.entry(i, netmodel.EntryOffered)
		}
	}
	for _, i := range r.held {
		r.entry(i, netmodel.EntryHeld)
	}
	if r.listening {
		res.Limit, res.Available = r.limit, r.available
	}
	res.Free = -1
	if r.descriptors > 0 {
		res.Free = r.free()
	}
	res.AcceptConn, res.Readable = CannotAsk, CannotAsk
	if r.entryError() == 0 && r.socket {
		res.AcceptConn, res.Readable = No, No
		if r.listening {
			res.AcceptConn = Yes
		}
		hidden := r.deferred != noConn && r.profile.DeferHidesReadable // WS.N13
		if r.listening && (r.first() != noConn && !hidden || r.withdrawn) {
			res.Readable = Yes
		}
	}
	sortSent(r.sent)
	sortDecisions(r.decisions)
	res.Sent, res.Queue = r.sent, r.queue
}

func (r *reference) entry(i int, state netmodel.EntryState) {
	c := &r.conns[i]
	switch {
	case slices.Contains(r.offered, i):
		state = netmodel.EntryOffered
	case state == netmodel.EntryHeld:
	case c.aborted:
		state = netmodel.EntryAborted
	}
	r.queue = append(r.queue, Entry{c.who, state, i == r.deferred})
}

// decide notes what was decided about a connection.
func (r *reference) decide(k netmodel.Kind, i int, why netmodel.Cause) {
	r.decideFor(r.conns[i].who, k, why)
}

// decideFor notes what was decided about an attempt without a connection.
func (r *reference) decideFor(who Attempt, k netmodel.Kind, why netmodel.Cause) {
	r.markDecision(k, why)
	r.decisions = append(r.decisions, decision{k, who, why})
}
