package simnet

import (
	"fmt"
	"io"
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/sim"
)

// recorder keeps the latest records of the model, in chunks.
type recorder struct {
	chunks     [][]netmodel.Record // the oldest first
	spareChunk []netmodel.Record   // for reuse
	limit      int                 // how many records to keep, at least
	kept       int
	dropped    uint64 // earlier records that are not kept
	tap        segments
}

// chunk is about how many records collect takes from the model at once.
const chunk = 1 << 9

// collect takes the new records from the model, and drops the oldest chunks.
func (t *recorder) collect(model *netmodel.Network) {
	if t.spareChunk == nil {
		t.spareChunk = make([]netmodel.Record, 0, chunk+chunk/8)
	}
	full := model.DrainRecords(t.spareChunk[:0])
	t.tap.collect(model)
	if len(full) == 0 {
		return
	}
	t.spareChunk = nil
	t.chunks = append(t.chunks, full)
	t.kept += len(full)
	for t.kept-len(t.chunks[0]) >= t.limit {
		t.spareChunk = t.chunks[0]
		t.kept -= len(t.spareChunk)
		t.dropped += uint64(len(t.spareChunk))
		t.chunks = t.chunks[:copy(t.chunks, t.chunks[1:])]
	}
}

// Hash returns the hash of all records so far. Two runs with equal hashes have equal records.
func (n *Network) Hash() uint64 {
	n.enter()
	defer n.leave()
	return n.model.Hash()
}

// Now returns the time since New made the network.
func (n *Network) Now() sim.Time {
	n.enter()
	defer n.leave()
	return n.model.Now()
}

// Results returns the result of every attempt to connect, in the order in which they began.
func (n *Network) Results() []netmodel.AttemptResult {
	n.enter()
	defer n.leave()
	return n.model.Results()
}

// ClientName returns the name of a client, by AttemptResult.Client.
func (n *Network) ClientName(id netmodel.ClientID) string {
	n.enter()
	defer n.leave()
	return n.model.ClientName(id)
}

// DecidedBy returns the profile of the host whose decision a record contains. See
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

// Records returns the latest records, and how many earlier records were dropped.
func (n *Network) Records() (latest []netmodel.Record, gone uint64) {
	n.enter()
	defer n.leave()
	n.trace.collect(n.model)
	return slices.Concat(n.trace.chunks...), n.trace.dropped
}

// WriteTrace writes the latest records as text, one line for each record. With full it also
// writes routine records: sockets made, bytes sent and received. Times are printed in
// nanoseconds, since a call in a bubble takes one nanosecond.
func (n *Network) WriteTrace(w io.Writer, full bool) error {
	n.enter()
	defer n.leave()
	n.trace.collect(n.model)
	p := trace.NewPrinter(n.model)
	p.Full, p.Nanoseconds = full, true
	var b []byte
	if n.trace.dropped > 0 {
		b = fmt.Appendf(b, "... %d earlier records are not kept: see Config.Trace\n", n.trace.dropped)
	}
	for _, records := range n.trace.chunks {
		for _, r := range records {
			b = p.Append(b, r)
		}
	}
	_, err := w.Write(b)
	return err
}
