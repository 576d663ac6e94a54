package simnet

import (
	"fmt"
	"io"
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/sim"
)

// trace keeps the latest records of the model, in chunks that are taken over as they
// are.
type recorder struct {
	chunks [][]netmodel.Record // the oldest first
	spare  []netmodel.Record   // a chunk that is no longer kept, for the next
	most   int
	kept   int
	gone   uint64 // earlier ones that were not kept
	tap    segments
}

// chunk is about how many records are taken over at once.
const chunk = 1 << 9

// collect takes what has happened since the last call, and lets go of the oldest.
func (t *recorder) collect(model *netmodel.Network) {
	if t.spare == nil {
		t.spare = make([]netmodel.Record, 0, chunk+chunk/8)
	}
	full := model.DrainRecords(t.spare[:0])
	t.tap.collect(model)
	if len(full) == 0 {
		return
	}
	t.spare = nil
	t.chunks = append(t.chunks, full)
	t.kept += len(full)
	for t.kept-len(t.chunks[0]) >= t.most {
		t.spare = t.chunks[0]
		t.kept -= len(t.spare)
		t.gone += uint64(len(t.spare))
		t.chunks = t.chunks[:copy(t.chunks, t.chunks[1:])]
	}
}

// Hash returns the hash of everything that has happened: two runs are equal if
// theirs are.
func (n *Network) Hash() uint64 {
	n.enter()
	defer n.leave()
	return n.model.Hash()
}

// Now returns how long the network has existed.
func (n *Network) Now() sim.Time {
	n.enter()
	defer n.leave()
	return n.model.Now()
}

// Results returns what became of every attempt to connect, in the order of their
// beginning.
func (n *Network) Results() []netmodel.AttemptResult {
	n.enter()
	defer n.leave()
	return n.model.Results()
}

// ClientName returns who made an attempt: the Client of a AttemptResult.
func (n *Network) ClientName(id netmodel.ClientID) string {
	n.enter()
	defer n.leave()
	return n.model.ClientName(id)
}

// DecidedBy returns the profile of the host that decided what a record tells. See
// netmodel.Network.DecidedBy and profiles.ReasonIn.
func (n *Network) DecidedBy(r netmodel.Record) *netmodel.Profile {
	n.enter()
	defer n.leave()
	return n.model.DecidedBy(r)
}

// Check verifies the invariants of the model. nil means that all hold.
func (n *Network) Check() error {
	n.enter()
	defer n.leave()
	return n.model.Check()
}

// Records returns the latest records and how many earlier ones were not kept.
func (n *Network) Records() (latest []netmodel.Record, gone uint64) {
	n.enter()
	defer n.leave()
	n.trace.collect(n.model)
	return slices.Concat(n.trace.chunks...), n.trace.gone
}

// WriteTrace writes what has happened as text, a line for each record. full writes
// those too that are routine: sockets made, bytes sent and received. Instants and
// durations have nanoseconds, since calls in a bubble take one.
func (n *Network) WriteTrace(w io.Writer, full bool) error {
	n.enter()
	defer n.leave()
	n.trace.collect(n.model)
	p := trace.NewPrinter(n.model)
	p.Full, p.Nanoseconds = full, true
	var b []byte
	if n.trace.gone > 0 {
		b = fmt.Appendf(b, "... %d earlier records were not kept: see Config.Trace\n", n.trace.gone)
	}
	for _, records := range n.trace.chunks {
		for _, r := range records {
			b = p.Append(b, r)
		}
	}
	_, err := w.Write(b)
	return err
}
