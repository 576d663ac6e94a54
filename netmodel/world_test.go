package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// world is a server with a listener and a crowd of clients, a link apart.
type world struct {
	t             *testing.T
	n             *netmodel.Network
	server, crowd netmodel.HostID
	fd            netmodel.FD // the listener
	to            netmodel.Addr
	log           []netmodel.Record
}

// setting says what a world is made of; zero fields mean the usual.
type setting struct {
	seed          uint64
	server, crowd netmodel.Profile // WSP
	backlog       int              // 1
	descriptors   int              // of the server, without limit
	link          netmodel.Link    // 1 ms
}

func newWorld(t *testing.T, s setting) *world {
	t.Helper()
	if s.server == (netmodel.Profile{}) {
		s.server = profiles.WSP()
	}
	if s.crowd == (netmodel.Profile{}) {
		s.crowd = profiles.WSP()
	}
	if s.link == (netmodel.Link{}) {
		s.link.Latency = time.Millisecond
	}
	w := &world{t: t, n: netmodel.NewNetwork(s.seed)}
	w.server = w.n.AddHost("server", netmodel.HostConfig{Profile: s.server, Descriptors: s.descriptors})
	w.crowd = w.n.AddHost("crowd", netmodel.HostConfig{Profile: s.crowd, Addrs: []netmodel.IP{netmodel.HostAddr(2, 1), netmodel.HostAddr(2, 2)}})
	w.n.SetLink(w.server, w.crowd, s.link)
	h := w.host()
	var err error
	if w.fd, err = h.Socket(winsock.SOCK_STREAM); err != nil {
		t.Fatalf("Socket: %v", err)
	}
	w.to = netmodel.Addr{IP: netmodel.HostAddr(w.server, 1), Port: port}
	wantErr(t, "Bind", h.Bind(w.fd, netmodel.Addr{Port: port}), 0)
	wantErr(t, "Listen", h.Listen(w.fd, max(s.backlog, 1)), 0)
	return w
}

func (w *world) host() *netmodel.Host { return w.n.Host(w.server) }

// client adds a client that calls the server and starts it at an instant.
func (w *world) client(name string, at time.Duration, c netmodel.ClientConfig) netmodel.ClientID {
	w.t.Helper()
	c.Name, c.Host, c.To = name, w.crowd, w.to
	id := w.n.AddClients(c, 1)
	w.n.Start(id, at-time.Duration(w.n.Now()))
	return id
}

// crowdOf adds count clients and starts them at a distance of gap.
func (w *world) crowdOf(count int, gap time.Duration, c netmodel.ClientConfig) netmodel.ClientID {
	w.t.Helper()
	c.Name, c.Host, c.To = "c", w.crowd, w.to
	first := w.n.AddClients(c, count)
	for i := range count {
		w.n.Start(first+netmodel.ClientID(i), time.Duration(i)*gap)
	}
	return first
}

// run lets the world go on until an instant and verifies its invariants.
func (w *world) run(until time.Duration) {
	w.t.Helper()
	w.n.Run(sim.Time(until))
	if err := w.n.Check(); err != nil {
		w.t.Fatalf("Check() = %v", err)
	}
	if err := w.n.Err(); err != nil {
		w.t.Fatalf("Err() = %v", err)
	}
	w.log = w.n.DrainRecords(w.log)
}

// at lets the program of the server act at an instant.
func (w *world) at(when time.Duration, do func(h *netmodel.Host)) {
	w.t.Helper()
	w.run(when)
	do(w.host())
}

// accept accepts at an instant and returns whom, or the error.
func (w *world) accept(when time.Duration) string {
	w.t.Helper()
	w.run(when)
	a, err := w.host().Accept(w.fd)
	w.log = w.n.DrainRecords(w.log) // so that the results know
	if err != nil {
		return err.Error()
	}
	return w.n.ConnName(a.Conn)
}

// result returns the result of the only attempt of that name.
func (w *world) result(name string) netmodel.AttemptResult {
	w.t.Helper()
	for i := range w.n.Results() {
		if c := netmodel.ConnID(i + 1); w.n.ConnName(c) == name {
			return w.n.Result(c)
		}
	}
	w.t.Errorf("no attempt has the name %q", name)
	return netmodel.AttemptResult{}
}

func (w *world) wantResult(name string, outcome netmodel.Outcome, cause netmodel.Cause, at time.Duration) {
	w.t.Helper()
	f := w.result(name)
	if f.Outcome != outcome || f.Cause != cause || f.At != sim.Time(at) {
		w.t.Errorf("result of %s: %v (%v) at %v, want %v (%v) at %v", name, f.Outcome, f.Cause, f.At, outcome, cause, sim.Time(at))
	}
}

// records returns the records of a kind so far.
func (w *world) records(kind netmodel.Kind) []netmodel.Record {
	w.log = w.n.DrainRecords(w.log)
	var found []netmodel.Record
	for _, r := range w.log {
		if r.Kind == kind {
			found = append(found, r)
		}
	}
	return found
}
