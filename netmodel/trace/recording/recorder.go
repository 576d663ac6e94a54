package recording

import (
	"fmt"
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
)

// Recorder takes a run from a network. Call Network.Tap before the run, Record with every
// record as it happens, and Run at the end. A caller that drains the tap
// during the run calls Segment with each segment. The zero value is ready.
type Recorder struct {
	records []Record
	clients []netmodel.ClientID // of each record
	sent    []netmodel.Transmission
}

// Segment keeps a segment. It has the form that scenarios.Options.Segment wants.
func (c *Recorder) Segment(_ *netmodel.Network, t netmodel.Transmission) { c.sent = append(c.sent, t) }

// Record keeps a record. It has the form that scenarios.Options.Record wants.
func (c *Recorder) Record(n *netmodel.Network, r netmodel.Record) {
	cause, rule := profiles.ReasonIn(n, r)
	o := Record{
		At: int64(r.At), Kind: trace.KindName(r.Kind), Host: n.HostName(r.Host), Cause: cause, Rule: rule, Call: r.Call.String(), FD: int(r.FD), Value: r.Value,
		Pending: int(r.Pending), Limit: int(r.Limit), Available: int(r.Available), HalfOpen: int(r.HalfOpen),
	}
	a := n.Result(r.Conn)
	o.Attempt = a.Attempt
	if r.Errno != 0 {
		o.Errno = n.ErrnoName(r.Host, r.Errno)
	}
	c.records = append(c.records, o)
	c.clients = append(c.clients, a.Client)
}

// Run returns the run so far: the model, the hash, the records, the segments since Tap and
// the results. Server is the host that listens. The caller adds what the network does not
// know, such as the scenario. Run drains the tap.
func (c *Recorder) Run(n *netmodel.Network, server netmodel.Profile) Run {
	results := n.Results()
	var ids []netmodel.ClientID
	for _, a := range results {
		ids = append(ids, a.Client)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	place := func(id netmodel.ClientID) int {
		at, ok := slices.BinarySearch(ids, id)
		if !ok {
			return 0
		}
		return at + 1
	}
	r := Run{
		Model: netmodel.ModelVersion, Hash: fmt.Sprintf("%016x", n.Hash()), Profile: server.Name, Long: server.Long,
		Separate: server.SynQueue.Separate, End: int64(n.Now()), Records: slices.Clone(c.records),
	}
	for _, id := range ids {
		r.Names = append(r.Names, n.ClientName(id))
	}
	for i := range r.Records {
		r.Records[i].Client = place(c.clients[i])
	}
	for _, a := range results {
		o := Result{Client: place(a.Client), Attempt: a.Attempt, Outcome: a.Outcome.String(), Began: int64(a.Began), At: int64(a.At)}
		if a.Outcome == netmodel.OutcomePending {
			o.Progress = a.Progress.String()
		}
		r.Results = append(r.Results, o)
	}
	r.Transmissions = transmissions(n, append(c.sent, n.DrainTap(nil)...), place)
	r.Rules = cited(r.Records)
	return r
}

// transmissions returns the segments as the page has them, with relative sequence numbers.
func transmissions(n *netmodel.Network, sent []netmodel.Transmission, place func(netmodel.ClientID) int) []Transmission {
	type side struct {
		conn netmodel.ConnID
		from netmodel.HostID
	}
	first := map[side]uint32{}
	var all []Transmission
	for _, t := range sent {
		s := t.Segment
		who := side{s.Conn, t.From}
		if _, ok := first[who]; !ok {
			first[who] = s.Seq
		}
		a := n.Result(s.Conn)
		o := Transmission{
			Sent: int64(t.Sent), Arrives: int64(t.Arrives), From: n.HostName(t.From), To: n.HostName(t.To), Client: place(a.Client), Attempt: a.Attempt,
			Kind: s.Kind(), Seq: s.Seq - first[who], Len: s.Len,
		}
		if t.Lost != netmodel.NoCause {
			o.Lost = t.Lost.String()
		}
		all = append(all, o)
	}
	return all
}

// cited returns the rules that records cite, in the order of their table.
func cited(records []Record) []Rule {
	ids := map[string]bool{}
	for _, r := range records {
		ids[r.Rule] = true
	}
	var rules []Rule
	for _, r := range profiles.Rules() {
		if ids[r.ID] {
			rules = append(rules, Rule{r.ID, r.Claim, r.Source})
		}
	}
	return rules
}
