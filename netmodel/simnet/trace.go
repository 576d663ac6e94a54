package simnet

import (
	"io"

	"wspsim/netmodel"
	"wspsim/sim"
)

// trace keeps the latest records of the model.
type trace struct {
	records []netmodel.Record
	most    int
	gone    uint64 // earlier ones that were not kept
}

// collect takes what has happened since the last call.
func (t *trace) collect(model *netmodel.Network) {
	t.records = model.DrainRecords(t.records)
	if len(t.records) >= 2*t.most {
		surplus := len(t.records) - t.most
		t.records = append(t.records[:0], t.records[surplus:]...)
		t.gone += uint64(surplus)
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

// Fates returns what became of every attempt to connect, in the order of their
// beginning.
func (n *Network) Fates() []netmodel.Fate {
	n.enter()
	defer n.leave()
	return n.model.Fates()
}

// ClientName returns who made an attempt: the Client of a Fate.
func (n *Network) ClientName(id netmodel.ClientID) string {
	n.enter()
	defer n.leave()
	return n.model.ClientName(id)
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
	return append([]netmodel.Record(nil), n.trace.records...), n.trace.gone
}

// WriteTrace writes what has happened as text, a line for each record. full writes
// those too that are routine: sockets made, bytes sent and received.
func (n *Network) WriteTrace(w io.Writer, full bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := netmodel.NewPrinter(n.model)
	p.Full = full
	var b []byte
	for _, r := range n.trace.records {
		b = p.Append(b, r)
	}
	_, err := w.Write(b)
	return err
}
