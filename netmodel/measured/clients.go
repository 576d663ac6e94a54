package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// clients is a testbed whose clients are programs that keep their sockets. A replay can
// make calls on those sockets. Client i makes attempt i+1. A segment takes no time, as on
// a loopback, so connect runs the whole handshake.
//
// err is the first error of the testbed. After it, no time passes and no client connects.
// A replay returns err at its end.
type clients struct {
	*testbed
	fds       []netmodel.FD // of the clients, by number
	ends      endpoints
	noted     int // how many of the records ends has read
	timeSteps int // how often time advanced; with the records, the cost of a play
	err       error
}

// connectGap is the time between two connects of a program that connects in a loop.
const connectGap = 30 * time.Microsecond

// newClients opens a listener on a new testbed without clients.
func newClients(p netmodel.Profile, backlog int) *clients {
	s := clientsOn(newTestbed(p, 0))
	s.fd, s.err = openListener(s.serverHost(), netmodel.Addr{Port: 80}, backlog)
	return s
}

func clientsOn(t *testbed) *clients { return &clients{testbed: t, ends: newEndpoints()} }

// firstError returns the first error of the testbed, or else err.
func (s *clients) firstError(err error) error {
	if s.err != nil {
		return s.err
	}
	return err
}

// now returns the virtual time.
func (s *clients) now() time.Duration { return time.Duration(s.net.Now()) }

// clientHost returns the host of all clients.
func (s *clients) clientHost() *netmodel.Host { return s.net.Host(s.clientsID) }

// advance advances time to an instant, or to now if the instant is past. It checks the
// invariants of the network.
func (s *clients) advance(at time.Duration) {
	s.advanceUnchecked(at)
	if s.err == nil {
		s.err = s.check(len(s.fds))
	}
}

// advanceUnchecked is advance without the checks. Their cost grows with the connections.
func (s *clients) advanceUnchecked(at time.Duration) {
	if s.err != nil {
		return
	}
	s.timeSteps++
	s.net.Run(sim.Time(max(at, s.now())))
	s.records = s.net.DrainRecords(s.records)
	for _, r := range s.records[s.noted:] {
		s.ends.note(r)
	}
	s.noted = len(s.records)
	s.err = s.net.Err()
}

// settle runs all events that are due now.
func (s *clients) settle() { s.advance(s.now()) }

// connect makes the next client connect at an instant.
func (s *clients) connect(at time.Duration) {
	s.sendSyn(at)
	s.advanceUnchecked(s.now())
}

// sendSyn makes the next client call connect at an instant. Its SYN has not arrived yet.
func (s *clients) sendSyn(at time.Duration) {
	if s.advanceUnchecked(at); !s.openClientSocket() {
		return
	}
	client := len(s.fds) - 1
	if err := s.clientHost().Connect(s.fds[client], s.to); err != winsock.WSAEWOULDBLOCK {
		s.err = fmt.Errorf("connect of client %d: %w", client, err)
	}
}

// openClientSocket opens the socket of the next client. It reports whether it could.
func (s *clients) openClientSocket() bool {
	if s.err == nil && len(s.fds) == maxSockets {
		s.err = fmt.Errorf("more than %d clients connect one by one: want a smaller backlog or somaxconn", maxSockets)
	}
	if s.err != nil {
		return false
	}
	fd, err := s.clientHost().Socket(winsock.SOCK_STREAM)
	if err != nil {
		s.err = fmt.Errorf("socket of client %d: %w", len(s.fds), err)
		return false
	}
	s.clientHost().SetConn(fd, attemptOf(len(s.fds)))
	s.fds = append(s.fds, fd)
	return true
}

// connectAll makes clients connect, the first at an instant, the others a step apart.
func (s *clients) connectAll(clients int, from, step time.Duration) {
	for i := 0; i < clients && s.err == nil; i++ {
		s.connect(from + time.Duration(i)*step)
	}
	s.settle()
}

// connectHalfOpen makes the next client connect and loses its final ACK.
func (s *clients) connectHalfOpen(at time.Duration) {
	s.sendSyn(at)
	s.net.Step(s.net.Now()) // the SYN arrives
	s.dropFromClients(true)
	s.settle()
	s.dropFromClients(false)
}

// connectTo makes the next client connect to an address. It returns the result, "" while
// the attempt is in progress.
func (s *clients) connectTo(to netmodel.Addr) string {
	listener := s.to
	s.to = to
	s.connect(s.now())
	s.to = listener
	return s.connectResult(len(s.fds) - 1)
}

// closedPort is an address of the server without a listener.
func (s *clients) closedPort() netmodel.Addr { return netmodel.Addr{IP: s.to.IP, Port: s.to.Port + 1} }

// accept accepts one connection and returns its client, -1 after an error.
func (s *clients) accept() (client int, fd netmodel.FD, err error) {
	a, err := s.serverHost().Accept(s.fd)
	if err != nil {
		return -1, 0, err
	}
	s.settle()
	return int(a.Conn) - 1, a.FD, nil
}

// acceptAll accepts until an error. It returns the clients in order and the name of the
// error.
func (s *clients) acceptAll() (order []int, end string) {
	order, _, end = s.acceptAllKeeping()
	return order, end
}

// acceptAllKeeping is acceptAll that also returns the descriptor of each client.
func (s *clients) acceptAllKeeping() (order []int, fds map[int]netmodel.FD, end string) {
	fds = map[int]netmodel.FD{}
	for {
		client, fd, err := s.accept()
		if err != nil {
			return order, fds, nameOf(err)
		}
		order = append(order, client)
		fds[client] = fd
	}
}

// attempt returns the attempt of a client.
func (s *clients) attempt(client int) *attempt { return s.ends.attempt(attemptOf(client)) }

// connectResult returns the result of a client's connect, "" while it is in progress.
func (s *clients) connectResult(client int) string { return s.attempt(client).result }

// connectResults counts the clients by the result of connect.
func (s *clients) connectResults() map[string]int {
	n := map[string]int{}
	for i := range s.fds {
		if r := s.connectResult(i); r != "" {
			n[r]++
		} else {
			n["PENDING"]++
		}
	}
	return n
}

// connectedCount returns how many connects succeeded.
func (s *clients) connectedCount() int { return s.connectResults()["OK"] }

// connectOrder returns the clients whose connect succeeded, in that order.
func (s *clients) connectOrder() []int {
	var order []int
	for _, r := range s.records {
		if r.Kind == netmodel.Connected && r.Host == s.clientsID {
			order = append(order, int(r.Conn)-1)
		}
	}
	return order
}

// stateOf returns the TCP state of a client's socket.
func (s *clients) stateOf(client int) string {
	return s.ends.states[endpoint{s.clientsID, attemptOf(client)}]
}

// serverStateOf returns the TCP state of the server's end of a client's connection.
func (s *clients) serverStateOf(client int) string {
	return s.ends.states[endpoint{s.serverID, attemptOf(client)}]
}

// serverStates counts the server's sockets by their state, with the listener.
func (s *clients) serverStates() map[string]int {
	n := s.ends.count(s.serverID)
	if s.listens() {
		n["LISTEN"]++
	}
	return n
}

// listens reports whether the listener's socket still listens.
func (s *clients) listens() bool { return listening(s.serverHost(), s.fd) }

func listening(h *netmodel.Host, fd netmodel.FD) bool {
	on, err := h.GetSockOpt(fd, winsock.SO_ACCEPTCONN)
	return err == nil && on == 1
}

// counters returns the counters of the one kernel that runs both sides. The model does not
// have three of them: open connections, sent RSTs, and closes with SO_LINGER 0. They follow
// from the states. Every RST arrives.
func (s *clients) counters() map[string]int {
	n := countersOf(s.records)
	for _, host := range []netmodel.HostID{s.serverID, s.clientsID} {
		states := s.ends.count(host)
		n["CurrEstab"] += states["ESTABLISHED"] + states["CLOSE_WAIT"]
	}
	n["OutRsts"] = s.ends.rsts
	n["TCPAbortOnData"] = s.ends.lingerResets
	return n
}

// read returns the result of a read.
func (s *clients) read(h *netmodel.Host, fd netmodel.FD) string {
	n, err := h.Receive(fd, 1<<10)
	switch {
	case err != nil:
		return nameOf(err)
	case n == 0:
		return "EOF"
	}
	return fmt.Sprintf("DATA%d", n)
}

// write returns the result of a write.
func (s *clients) write(h *netmodel.Host, fd netmodel.FD, bytes int) string {
	n, err := h.Send(fd, bytes)
	if err != nil {
		return nameOf(err)
	}
	s.settle()
	return fmt.Sprintf("WROTE%d", n)
}

// calls is the results of two reads and a write of one byte.
type calls struct {
	Read  string `json:"read"`
	Read2 string `json:"read2"`
	Write string `json:"write"`
}

// readAndWrite makes the calls.
func (s *clients) readAndWrite(h *netmodel.Host, fd netmodel.FD) calls {
	return calls{s.read(h, fd), s.read(h, fd), s.write(h, fd, 1)}
}

// calls compares the results of two reads and a write.
func (c *Comparison) calls(name string, measured, modelled calls) {
	c.equal(name+"read", measured.Read, modelled.Read)
	c.equal(name+"read2", measured.Read2, modelled.Read2)
	c.equal(name+"write", measured.Write, modelled.Write)
}

// The bits of poll on Linux: include/uapi/asm-generic/poll.h.
const (
	pollIn      = 0x01
	pollOut     = 0x04
	pollErr     = 0x08
	pollHup     = 0x10
	pollInvalid = 0x20 // the descriptor is not open
)

// poll returns the bits that poll reports for a connection in a state. The model has
// Select. tcp_poll adds two bits for a closed connection whose error is unread.
// (net/ipv4/tcp.c)
func (s *clients) poll(h *netmodel.Host, fd netmodel.FD, state string) string {
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
