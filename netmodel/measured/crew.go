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
type crew struct {
	*stage
	fds   []netmodel.FD // of the clients, by number
	ends  ends
	noted int // records that ends knows
	// How often time has passed: with the records, what a play costs.
	passes int
}

// newCrew returns a crew of nobody, and opens a listener.
func newCrew(p netmodel.Profile, backlog int) (*crew, error) {
	s := crewOn(newStage(p, 0))
	var err error
	s.fd, err = openListener(s.host(), netmodel.Addr{Port: 80}, backlog)
	return s, err
}

// crewOn returns a crew of nobody on a stage.
func crewOn(s *stage) *crew { return &crew{stage: s, ends: newEnds()} }

// now returns the present instant.
func (c *crew) now() time.Duration { return time.Duration(c.net.Now()) }

// callers returns the host that the clients run on.
func (c *crew) callers() *netmodel.Host { return c.net.Host(c.crowd) }

// until lets time pass, unless the instant is over already, and checks that
// everything holds that always must.
func (c *crew) until(at time.Duration) error {
	if err := c.pass(at); err != nil {
		return err
	}
	return c.check(len(c.fds))
}

// pass is until without the checks, which take time as there are connections.
func (c *crew) pass(at time.Duration) error {
	c.passes++
	c.net.Run(sim.Time(max(at, c.now())))
	c.records = c.net.DrainRecords(c.records)
	for _, r := range c.records[c.noted:] {
		c.ends.note(r)
	}
	c.noted = len(c.records)
	return c.net.Err()
}

// settle lets happen what is due now.
func (c *crew) settle() error { return c.until(c.now()) }

// dial lets the next client connect, at an instant.
func (c *crew) dial(at time.Duration) error {
	if err := c.call(at); err != nil {
		return err
	}
	return c.pass(c.now())
}

// call is dial up to the first SYN.
func (c *crew) call(at time.Duration) error {
	if len(c.fds) == mostCallers {
		return fmt.Errorf("more than %d clients connect one by one: want a smaller backlog or somaxconn", mostCallers)
	}
	if err := c.pass(at); err != nil {
		return err
	}
	fd, err := c.callers().Socket(netmodel.Stream)
	if err != nil {
		return fmt.Errorf("socket of client %d: %w", len(c.fds), err)
	}
	c.callers().SetConn(fd, netmodel.ConnID(len(c.fds)+1))
	if err := c.callers().Connect(fd, c.to); err != netmodel.WSAEWOULDBLOCK {
		return fmt.Errorf("connect of client %d: %w", len(c.fds), err)
	}
	c.fds = append(c.fds, fd)
	return nil
}

// dialAll lets so many clients connect from an instant on, a step apart.
func (c *crew) dialAll(clients int, from, step time.Duration) error {
	for i := range clients {
		if err := c.dial(from + time.Duration(i)*step); err != nil {
			return err
		}
	}
	return c.settle()
}

// dialHalf lets the next client connect, whose final ACK is lost.
func (c *crew) dialHalf(at time.Duration) error {
	if err := c.call(at); err != nil {
		return err
	}
	c.net.Step(c.net.Now()) // the SYN arrives
	c.net.CutOneWay(c.crowd, c.server, true)
	if err := c.settle(); err != nil {
		return err
	}
	c.net.CutOneWay(c.crowd, c.server, false)
	return nil
}

// take accepts one connection and returns whose it is, -1 if that failed.
func (c *crew) take() (client int, fd netmodel.FD, err error) {
	a, err := c.host().Accept(c.fd)
	if err != nil {
		return -1, 0, err
	}
	return int(a.Conn) - 1, a.FD, c.settle()
}

// drain accepts until that fails, and returns whose connections they were and
// the name of the error.
func (c *crew) drain() (order []int, end string) {
	for {
		client, _, err := c.take()
		if err != nil {
			return order, nameOf(err)
		}
		order = append(order, client)
	}
}

// result returns how connect of a client ended, "" if it goes on.
func (c *crew) result(client int) string { return c.ends.result[netmodel.ConnID(client+1)] }

// results counts how the connects of all clients ended.
func (c *crew) results() map[string]int {
	n := map[string]int{}
	for i := range c.fds {
		if r := c.result(i); r != "" {
			n[r]++
		} else {
			n["PENDING"]++
		}
	}
	return n
}

// established returns how many connects have succeeded.
func (c *crew) established() int { return c.results()["OK"] }

// stateOf returns the state of a client's end of its connection.
func (c *crew) stateOf(client int) string {
	return c.ends.state[end{c.crowd, netmodel.ConnID(client + 1)}]
}

// serverStates counts the states of the server's sockets, the listener included.
func (c *crew) serverStates() map[string]int {
	n := c.ends.count(c.server)
	if c.listens() {
		n["LISTEN"]++
	}
	return n
}

// listens reports whether the listener is one.
func (c *crew) listens() bool {
	on, err := c.host().GetSockOpt(c.fd, netmodel.SO_ACCEPTCONN)
	return err == nil && on == 1
}

// stat returns the counters of the kernel of both, with three that follow from
// the states and are no counters of the model: connections that are open at an
// end, RSTs (all of them arrive here), and closes with SO_LINGER 0.
func (c *crew) stat() map[string]int {
	n := countersOf(c.records)
	for _, host := range []netmodel.HostID{c.server, c.crowd} {
		states := c.ends.count(host)
		n["CurrEstab"] += states["ESTABLISHED"] + states["CLOSE_WAIT"]
	}
	n["OutRsts"] = c.ends.rsts
	n["TCPAbortOnData"] = c.ends.hard
	return n
}

// read returns what reading from a socket gives.
func (c *crew) read(h *netmodel.Host, fd netmodel.FD) string {
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
func (c *crew) write(h *netmodel.Host, fd netmodel.FD) (string, error) {
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
func (c *crew) poll(h *netmodel.Host, fd netmodel.FD, state string) string {
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
