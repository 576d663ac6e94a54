package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// crew is a stage whose clients are programs that keep their sockets, so that they
// can be asked and made to act. The client with number i makes attempt i+1. A
// segment takes no time, and connect runs a whole handshake, as on a loopback.
type clients struct {
	*testbed
	fds   []netmodel.FD // of the clients, by number
	ends  endpoints
	noted int // records that ends knows
	// How often time has passed: with the records, what a play costs.
	timeSteps int
}

// newCrew returns a crew of nobody, and opens a listener.
func newClients(p netmodel.Profile, backlog int) (*clients, error) {
	s := clientsOn(newTestbed(p, 0))
	var err error
	s.fd, err = openListener(s.serverHost(), netmodel.Addr{Port: 80}, backlog)
	return s, err
}

// crewOn returns a crew of nobody on a stage.
func clientsOn(s *testbed) *clients { return &clients{testbed: s, ends: newEndpoints()} }

// now returns the present instant.
func (c *clients) now() time.Duration { return time.Duration(c.net.Now()) }

// callers returns the host that the clients run on.
func (c *clients) clientHost() *netmodel.Host { return c.net.Host(c.clientsID) }

// until lets time pass, unless the instant is over already, and checks that
// everything holds that always must.
func (c *clients) advance(at time.Duration) error {
	if err := c.advanceUnchecked(at); err != nil {
		return err
	}
	return c.check(len(c.fds))
}

// pass is until without the checks, which take time as there are connections.
func (c *clients) advanceUnchecked(at time.Duration) error {
	c.timeSteps++
	c.net.Run(sim.Time(max(at, c.now())))
	c.records = c.net.DrainRecords(c.records)
	for _, r := range c.records[c.noted:] {
		c.ends.note(r)
	}
	c.noted = len(c.records)
	return c.net.Err()
}

// settle lets happen what is due now.
func (c *clients) settle() error { return c.advance(c.now()) }

// dial lets the next client connect, at an instant.
func (c *clients) connect(at time.Duration) error {
	if err := c.sendSyn(at); err != nil {
		return err
	}
	return c.advanceUnchecked(c.now())
}

// call is dial up to the first SYN.
func (c *clients) sendSyn(at time.Duration) error {
	if len(c.fds) == maxSockets {
		return fmt.Errorf("more than %d clients connect one by one: want a smaller backlog or somaxconn", maxSockets)
	}
	if err := c.advanceUnchecked(at); err != nil {
		return err
	}
	fd, err := c.clientHost().Socket(netmodel.Stream)
	if err != nil {
		return fmt.Errorf("socket of client %d: %w", len(c.fds), err)
	}
	c.clientHost().SetConn(fd, netmodel.ConnID(len(c.fds)+1))
	if err := c.clientHost().Connect(fd, c.to); err != netmodel.WSAEWOULDBLOCK {
		return fmt.Errorf("connect of client %d: %w", len(c.fds), err)
	}
	c.fds = append(c.fds, fd)
	return nil
}

// dialAll lets so many clients connect from an instant on, a step apart.
func (c *clients) connectAll(clients int, from, step time.Duration) error {
	for i := range clients {
		if err := c.connect(from + time.Duration(i)*step); err != nil {
			return err
		}
	}
	return c.settle()
}

// dialHalf lets the next client connect, whose final ACK is lost.
func (c *clients) connectHalfOpen(at time.Duration) error {
	if err := c.sendSyn(at); err != nil {
		return err
	}
	c.net.Step(c.net.Now()) // the SYN arrives
	c.net.CutOneWay(c.clientsID, c.serverID, true)
	if err := c.settle(); err != nil {
		return err
	}
	c.net.CutOneWay(c.clientsID, c.serverID, false)
	return nil
}

// take accepts one connection and returns whose it is, -1 if that failed.
func (c *clients) accept() (client int, fd netmodel.FD, err error) {
	a, err := c.serverHost().Accept(c.fd)
	if err != nil {
		return -1, 0, err
	}
	return int(a.Conn) - 1, a.FD, c.settle()
}

// drain accepts until that fails, and returns whose connections they were and
// the name of the error.
func (c *clients) acceptAll() (order []int, end string) {
	for {
		client, _, err := c.accept()
		if err != nil {
			return order, nameOf(err)
		}
		order = append(order, client)
	}
}

// result returns how connect of a client ended, "" if it goes on.
func (c *clients) connectResult(client int) string { return c.ends.result[netmodel.ConnID(client+1)] }

// results counts how the connects of all clients ended.
func (c *clients) connectResults() map[string]int {
	n := map[string]int{}
	for i := range c.fds {
		if r := c.connectResult(i); r != "" {
			n[r]++
		} else {
			n["PENDING"]++
		}
	}
	return n
}

// established returns how many connects have succeeded.
func (c *clients) connectedCount() int { return c.connectResults()["OK"] }

// stateOf returns the state of a client's end of its connection.
func (c *clients) stateOf(client int) string {
	return c.ends.states[endpoint{c.clientsID, netmodel.ConnID(client + 1)}]
}

// serverStates counts the states of the server's sockets, the listener included.
func (c *clients) serverStates() map[string]int {
	n := c.ends.count(c.serverID)
	if c.listens() {
		n["LISTEN"]++
	}
	return n
}

// listens reports whether the listener is one.
func (c *clients) listens() bool {
	on, err := c.serverHost().GetSockOpt(c.fd, netmodel.SO_ACCEPTCONN)
	return err == nil && on == 1
}

// stat returns the counters of the kernel of both, with three that follow from
// the states and are no counters of the model: connections that are open at an
// end, RSTs (all of them arrive here), and closes with SO_LINGER 0.
func (c *clients) counters() map[string]int {
	n := countersOf(c.records)
	for _, host := range []netmodel.HostID{c.serverID, c.clientsID} {
		states := c.ends.count(host)
		n["CurrEstab"] += states["ESTABLISHED"] + states["CLOSE_WAIT"]
	}
	n["OutRsts"] = c.ends.rsts
	n["TCPAbortOnData"] = c.ends.lingerResets
	return n
}

// read returns what reading from a socket gives.
func (c *clients) read(h *netmodel.Host, fd netmodel.FD) string {
	n, err := h.Receive(fd, 1<<10)
	switch {
	case err != nil:
		return nameOf(err)
	case n == 0:
		return "EOF"
	}
	return fmt.Sprintf("DATA%d", n)
}

// write returns what writing one byte gives.
func (c *clients) write(h *netmodel.Host, fd netmodel.FD) (string, error) {
	n, err := h.Send(fd, 1)
	if err != nil {
		return nameOf(err), nil
	}
	return fmt.Sprintf("WROTE%d", n), c.settle()
}

// The bits of poll on Linux.
const (
	pollIn  = 0x01
	pollOut = 0x04
	pollErr = 0x08
	pollHup = 0x10
	// Of a descriptor that is not open.
	pollInvalid = 0x20
)

// poll returns the bits that poll reports for a connection in a state. A program
// of the model has Select; tcp_poll of the kernel adds the bits of a closed one,
// whose error nobody has read.
func (c *clients) poll(h *netmodel.Host, fd netmodel.FD, state string) string {
	ready, err := h.Select(fd)
	if err != nil {
		return nameOf(err)
	}
	bits := 0
	if ready.Read {
		bits |= pollIn
	}
	if ready.Write {
		bits |= pollOut
	}
	if state == "CLOSE" {
		bits |= pollErr | pollHup
	}
	return fmt.Sprintf("%#x", bits)
}
