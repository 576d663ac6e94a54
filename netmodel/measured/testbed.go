package measured

import (
	"fmt"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// testbed is a server with one listener, and a second host for all clients. Both hosts
// have the same profile. Each client is a program that connects once. Clients have numbers
// from 0.
type testbed struct {
	net         *netmodel.Network
	serverID    netmodel.HostID
	clientsID   netmodel.HostID
	profile     netmodel.Profile
	fd          netmodel.FD // the listener
	to          netmodel.Addr
	firstClient netmodel.ClientID
	clients     int
	records     []netmodel.Record // all so far
}

// fewClients is the most clients for which every step of a replay ends in a check of
// all invariants.
const fewClients = 64

func errTooMany(clients, most int) error {
	return fmt.Errorf("%d clients: want 0 to %d", clients, most)
}

// newTestbed returns a testbed without a listener and without clients. descriptors limits
// the server's program, 0 = no limit.
func newTestbed(p netmodel.Profile, descriptors int) *testbed {
	s := &testbed{net: netmodel.NewNetwork(1), profile: p}
	s.serverID = s.net.AddHost("server", netmodel.HostConfig{Profile: p, Descriptors: descriptors})
	s.clientsID = s.net.AddHost("clients", netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{netmodel.HostAddr(2, 1), netmodel.HostAddr(2, 2), netmodel.HostAddr(2, 3)}})
	s.to = netmodel.Addr{IP: netmodel.HostAddr(s.serverID, 1), Port: 80}
	return s
}

// newTestbedWithClients returns a testbed with a listener and clients that have not
// started. latency is the one-way delay.
func newTestbedWithClients(p netmodel.Profile, backlog, clients int, latency time.Duration) (*testbed, error) {
	if clients < 0 || clients > maxClients {
		return nil, errTooMany(clients, maxClients)
	}
	s := newTestbed(p, 0)
	s.net.SetLink(s.serverID, s.clientsID, netmodel.Link{Latency: latency})
	var err error
	if s.fd, err = openListener(s.serverHost(), netmodel.Addr{Port: 80}, backlog); err != nil {
		return nil, err
	}
	if s.clients = clients; clients > 0 {
		s.firstClient = s.net.AddClients(netmodel.ClientConfig{Name: "c", Host: s.clientsID, To: s.to}, clients)
	}
	return s, nil
}

// openAt opens a stream socket and binds it.
func openBound(h *netmodel.Host, a netmodel.Addr) (netmodel.FD, error) {
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return 0, fmt.Errorf("socket for %v: %w", a, err)
	}
	return fd, h.Bind(fd, a)
}

// openListener opens a listener on an address.
func openListener(h *netmodel.Host, at netmodel.Addr, backlog int) (netmodel.FD, error) {
	fd, err := openBound(h, at)
	if err != nil {
		return fd, err
	}
	return fd, h.Listen(fd, backlog)
}

// fitting returns how many connections fit into the accept queue at a SYN.
func fitting(p netmodel.Profile, backlog int) int { return p.AtSyn.Of(p.Backlog.Effective(backlog)) }

// newLoneServer returns a host without a network, and its listener on port 80. The caller
// delivers the segments of the clients.
func newLoneServer(p netmodel.Profile, backlog int) (*netmodel.Host, netmodel.FD, error) {
	h := netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{netmodel.HostAddr(1, 1)}})
	_ = h.Startup() // never fails
	fd, err := openListener(h, netmodel.Addr{Port: 80}, backlog)
	return h, fd, err
}

// serverHost returns the host of the server.
func (s *testbed) serverHost() *netmodel.Host { return s.net.Host(s.serverID) }

// start starts the connect of a client at an instant.
func (s *testbed) start(client int, at time.Duration) {
	s.net.Start(s.firstClient+netmodel.ClientID(client), at-time.Duration(s.net.Now()))
}

// run lets time pass until an instant.
func (s *testbed) run(until time.Duration) error {
	s.net.Run(sim.Time(until))
	s.records = s.net.DrainRecords(s.records)
	if err := s.net.Err(); err != nil {
		return err
	}
	return s.check(s.clients)
}

// check checks the invariants if the clients are few.
func (s *testbed) check(clients int) error {
	if clients > fewClients {
		return nil
	}
	return s.net.Check()
}

// clientOf returns the client of an attempt.
func (s *testbed) clientOf(c netmodel.ConnID) int {
	s.net.Settle()
	return int(s.net.Result(c).Client - s.firstClient)
}

// queue returns the listener's queues, empty queues if it is closed. ss shows Complete
// as Recv-Q and Effective as Send-Q.
func (s *testbed) queue() netmodel.Queue {
	q, _ := s.serverHost().Queue(s.fd)
	return q
}

// acceptAll accepts all pending connections and returns their clients in order.
func (s *testbed) acceptAll() []int {
	var order []int
	for {
		a, err := s.serverHost().Accept(s.fd)
		if err != nil {
			return order
		}
		order = append(order, s.clientOf(a.Conn))
	}
}

// connected returns the clients whose connect succeeded, in that order.
func (s *testbed) connected() []int {
	var order []int
	for _, r := range s.records {
		if r.Kind == netmodel.Connected && r.Host == s.clientsID {
			order = append(order, s.clientOf(r.Conn))
		}
	}
	return order
}

// dropFromClients starts or ends the loss of all segments from the clients.
func (s *testbed) dropFromClients(lose bool) { s.net.CutOneWay(s.clientsID, s.serverID, lose) }

// countersOf returns the counters of one kernel that runs server and clients, as in the
// experiments. The names are those of nstat without their prefixes.
func countersOf(records []netmodel.Record) map[string]int {
	var c trace.Counters
	for _, r := range records {
		c.Note(r)
	}
	return counterNames(&c)
}

func counterNames(c *trace.Counters) map[string]int {
	out := map[string]int{}
	for _, n := range c.List() {
		out[strings.TrimPrefix(strings.TrimPrefix(n.Name, "TcpExt"), "Tcp")] = n.Value
	}
	return out
}

// ssQueue is a listener's line of ss.
type ssQueue struct {
	RecvQ int `json:"recvq"`
	SendQ int `json:"sendq"`
}

// compareQueue compares a listener's line of ss.
func (c *Comparison) compareQueue(name string, measured ssQueue, q netmodel.Queue) {
	c.equal(name+" recvq", measured.RecvQ, q.Complete)
	c.equal(name+" sendq", measured.SendQ, q.Effective)
}
