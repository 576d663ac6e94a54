package simnet

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Listener is a listening socket of a host, with the accept queue of its system.
type Listener struct {
	host      *Host
	socket    *socket
	fd        netmodel.FD   // of the socket
	nth       uint64        // among those of the socket, in the order in which they were opened
	addr      netmodel.Addr // as programs see it
	accepting side
	closed    bool // Close was called
	gone      bool // and the model knows
}

// socket is what Listeners have open together after Dup.
type socket struct {
	open  []*Listener   // the first that was opened comes first
	extra []netmodel.FD // the descriptors of all but one of them
	dups  uint64        // how often it was duplicated
}

// changed lets those accept who wait, by the order in which their Listeners were opened.
func (s *socket) changed() {
	for _, l := range s.open {
		l.accepting.serve()
	}
}

func (s *socket) drop() {
	for len(s.open) > 0 {
		l := s.open[0]
		l.shut()
		l.end()
	}
}

// Listen is Host.Listen on the host that the address names: "server:80".
func (n *Network) Listen(network, address string) (*Listener, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if name == "" {
		return nil, &net.OpError{Op: "listen", Net: network, Err: &net.AddrError{Err: "no host named; Host.Listen knows which one", Addr: address}}
	}
	if err := validName(canonical(name)); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: &net.AddrError{Err: err.Error() + ", or Host.Listen, which takes addresses too", Addr: address}}
	}
	if err := n.here(); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return n.Host(name).Listen(network, address)
}

// Listen listens as net.Listen does on the system of the host, with the backlog of
// Config.Backlog. network is "tcp" or "tcp4"; an address without a host, ":80", is
// every address of this one, and port 0 any that is free.
func (h *Host) Listen(network, address string) (*Listener, error) {
	return h.ListenBacklog(network, address, h.backlog())
}

// backlog is what Listen asks for.
func (h *Host) backlog() int {
	if b := h.net.config.Backlog; b != 0 {
		return b
	}
	return h.somaxconn()
}

// somaxconn is what package net asks for: net.core.somaxconn and its like, or the
// SOMAXCONN of winsock2.h.
func (h *Host) somaxconn() int {
	if b := h.profile.Backlog; b.Somaxconn == 0 {
		return b.Max
	}
	return h.profile.Backlog.Somaxconn
}

// ListenBacklog is Listen with the second argument of listen(2).
func (h *Host) ListenBacklog(network, address string, backlog int) (*Listener, error) {
	return h.listen(network, address, backlog, ListenConfig{})
}

// ListenConfig says how a listener differs from one of Host.Listen. The zero value is
// that of Host.Listen. What net.ListenConfig.Control does with setsockopt on a real system,
// a field does here.
type ListenConfig struct {
	// The second argument of listen(2); 0 is that of Host.Listen.
	Backlog int
	// SO_REUSEPORT: several listeners may have one address, and a hash of the client's
	// address decides which one gets a connection (K15). What is queued at one of them is
	// reset when it closes, unless Profile.Migrates, net.ipv4.tcp_migrate_req, hands it to
	// another one. Modelled for Linux; the BSDs have the option too, with other rules.
	ReusePort bool
	// TCP_DEFER_ACCEPT: a connection is not queued until its client has sent something, or
	// for this time in whole seconds. Linux.
	DeferAccept time.Duration
}

// Listen is Host.Listen with the settings of c. The error is ENOPROTOOPT where a setting
// is not modelled for the system; under a Windows profile that is syscall.Errno(10042),
// WSAENOPROTOOPT.
func (c ListenConfig) Listen(h *Host, network, address string) (*Listener, error) {
	backlog := c.Backlog
	if backlog == 0 {
		backlog = h.backlog()
	}
	return h.listen(network, address, backlog, c)
}

func (h *Host) listen(network, address string, backlog int, c ListenConfig) (*Listener, error) {
	if address == "" {
		address = ":0"
	}
	at, err := h.resolve(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if err := h.net.here(); err != nil {
		return nil, opError("listen", network, nil, tcpAddr(at), err)
	}
	l := &Listener{host: h}
	err = h.net.do(rankOf(listen, h, at.Port, uint64(at.IP)), h, func() error { return l.open(at, backlog, c) })
	if err != nil {
		return nil, opError("listen", network, nil, tcpAddr(at), err)
	}
	return l, nil
}

func (l *Listener) open(at netmodel.Addr, backlog int, c ListenConfig) error {
	h := l.host
	if h.net.closed {
		return net.ErrClosed
	}
	fd, err := h.model.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return h.syscallError(sysSocket, err)
	}
	if !h.isWindows() { // as package net does
		_ = h.model.SetSockOpt(fd, winsock.SO_REUSEADDR, 1) // a new socket takes it
	}
	call := sysSetOption
	if err = c.set(h.model, fd); err == nil {
		call = sysBind
		err = h.model.Bind(fd, at)
	}
	if err == nil {
		call = sysListen
		err = h.model.Listen(fd, backlog)
	}
	if err != nil {
		_ = h.model.CloseSocket(fd) // it was opened above
		return h.syscallError(call, err)
	}
	l.fd = fd
	l.addr, _ = h.model.SockName(fd) // it is bound
	if l.addr.IP == netmodel.AnyIP {
		l.addr.IP = netmodel.HostAddr(h.id, 1) // the only one, and one that others can call
	}
	l.socket = &socket{open: []*Listener{l}}
	h.assign(fd, l.socket)
	return nil
}

// set sets the options of a socket that is not bound yet.
func (c ListenConfig) set(h *netmodel.Host, fd netmodel.FD) error {
	if c.ReusePort {
		if err := h.SetSockOpt(fd, winsock.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	if c.DeferAccept > 0 {
		wait := min(c.DeferAccept, longestPeriod)
		return h.SetSockOpt(fd, winsock.TCP_DEFER_ACCEPT, int((wait+time.Second-1)/time.Second))
	}
	return nil
}

// Dup returns another Listener for the same socket, with a descriptor of its own. It is
// how a program hands its listener on to the next one, by inheritance or socket
// activation: the socket stays open, and its queue is whole, until all its Listeners
// are closed. Connections go to the Listener that was opened first among those that wait in
// Accept. The error is EMFILE where no descriptor is free.
func (l *Listener) Dup() (*Listener, error) {
	h := l.host
	d := &Listener{host: h, socket: l.socket, fd: l.fd, addr: l.addr}
	err := h.net.do(rankOf(dup, h, l.addr.Port, uint64(l.fd)), h, func() error {
		if l.closed || h.net.closed {
			return net.ErrClosed
		}
		extra, err := h.model.OpenFile()
		if err != nil {
			return h.syscallError(sysDup, err)
		}
		l.socket.dups++
		d.nth = l.socket.dups
		l.socket.open, l.socket.extra = append(l.socket.open, d), append(l.socket.extra, extra)
		return nil
	})
	if err != nil {
		return nil, opError("file", "tcp", nil, tcpAddr(l.addr), err)
	}
	return d, nil
}

// Accept waits for a connection and returns it, as a *Conn. Its errors are those of
// a net.TCPListener on the system of the host; what package net does not show to
// programs, a connection that its client has reset while it was queued, is not
// shown here.
func (l *Listener) Accept() (net.Conn, error) {
	h := l.host
	n := h.net
	if err := n.here(); err != nil {
		return nil, opError("accept", "tcp", nil, tcpAddr(l.addr), err)
	}
	n.enter()
	if err := l.cannotAccept(); err != nil {
		n.leave()
		return nil, opError("accept", "tcp", nil, tcpAddr(l.addr), err)
	}
	k := l.accepting.call(callAccept, h)
	k.listener = l
	k.rank = rank{what: callAccept, host: h.id, socket: uint64(l.addr.Port), detail: uint64(l.fd)<<32 | l.nth}
	n.wait(k)
	c, err := k.conn, k.err
	l.accepting.over(k)
	if err != nil {
		return nil, opError("accept", "tcp", nil, tcpAddr(l.addr), err)
	}
	return c, nil
}

// cannotAccept returns what an Accept returns whoever is queued.
func (l *Listener) cannotAccept() error {
	switch {
	case l.closed:
		return net.ErrClosed
	case l.accepting.expired:
		return errDeadline
	}
	return nil
}

// attempt takes the first connection of the queue.
func (l *Listener) attempt(k *call) bool {
	for {
		if k.err = l.cannotAccept(); k.err == nil {
			k.err = l.prepare(k)
		}
		if k.err == nil {
			over, again := l.take(k)
			if again {
				continue
			}
			if !over {
				return false
			}
		}
		l.discard(k)
		return true
	}
}

// prepare opens the socket that AcceptEx wants for the next connection: on Windows
// a program without a descriptor fails before anybody has come. (Go 1.26:
// internal/poll, FD.Accept of Windows)
func (l *Listener) prepare(k *call) error {
	h := l.host
	if k.spare != 0 || !h.limited || !h.isWindows() {
		return nil
	}
	fd, err := h.model.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return h.syscallError(sysSocket, err)
	}
	k.spare = fd
	return nil
}

func (l *Listener) discard(k *call) {
	if k.spare != 0 {
		_ = l.host.model.CloseSocket(k.spare) // opened by prepare
		k.spare = 0
	}
}

// take accepts. It tells whether the call is over, or else whether it has to be
// made again.
func (l *Listener) take(k *call) (over, again bool) {
	h := l.host
	if k.spare != 0 {
		if ready, err := h.model.Select(l.fd); err == nil && !ready.Read {
			return false, false
		}
		l.discard(k) // the connection takes its place
	}
	if !h.acceptCosts() {
		if ready, err := h.model.Select(l.fd); err == nil && !ready.Read {
			return false, false
		}
	}
	a, err := h.model.Accept(l.fd)
	switch {
	case err == nil && a.Peer == (netmodel.Addr{}):
		_ = h.model.CloseSocket(a.FD) // package syscall makes ECONNABORTED of it (Go 1.26: syscall_bsd.go, Accept)
		h.net.pairs.take(a.Conn)
		return false, true
	case err == nil:
		k.conn = h.net.accepted(h, a)
		return true, false
	case err == error(winsock.WSAEWOULDBLOCK):
		return false, false
	case l.hides(err):
		return false, true
	}
	k.err = h.syscallError(sysAccept, err)
	return true, false
}

// acceptCosts reports whether accept does something even when there is nothing to
// accept, so that it has to be called: it fails, or it fills the queue.
func (h *Host) acceptCosts() bool {
	return h.limited || h.faults != 0 || h.profile.EmptyAcceptFills
}

// hides reports whether package net asks again instead of returning the error:
// it concerns one connection, not the listener. (Go 1.26: internal/poll, FD.Accept)
func (l *Listener) hides(err error) bool {
	if l.host.isWindows() {
		return err == error(winsock.WSAECONNRESET) || err == error(winsock.ERROR_NETNAME_DELETED)
	}
	return err == error(winsock.WSAECONNABORTED) || err == error(winsock.WSAEINTR)
}

// Close stops listening. What becomes of the connections that are queued is for the
// system to say; calls of Accept that wait return net.ErrClosed.
func (l *Listener) Close() error {
	n := l.host.net
	n.enter()
	defer n.leave()
	if l.closed {
		return opError("close", "tcp", nil, tcpAddr(l.addr), net.ErrClosed)
	}
	l.shut()
	if n.ordered {
		n.put(l.host, uint64(l.addr.Port), l.fd, callClose).listener = l
		return nil
	}
	l.end()
	n.settle()
	return nil
}

// shut ends the calls that wait, and makes later ones fail.
func (l *Listener) shut() {
	l.closed = true
	l.accepting.setDeadline(l.host.net, 0)
	l.accepting.end(l.host.net)
}

// end closes the descriptor, and the socket if it was the last one.
func (l *Listener) end() {
	if l.gone {
		return
	}
	l.gone = true
	h, s := l.host, l.socket
	s.open = slices.DeleteFunc(s.open, func(o *Listener) bool { return o == l })
	if last := len(s.extra) - 1; last >= 0 {
		_ = h.model.CloseFile(s.extra[last]) // opened by Dup
		s.extra = s.extra[:last]
		return
	}
	h.assign(l.fd, nil)
	q, _ := h.model.Queue(l.fd)   // it is open
	_ = h.model.CloseSocket(l.fd) // likewise
	h.net.settle()                // so that fates are known
	for _, e := range q.Entries {
		if h.net.model.Result(e.Conn).Outcome != netmodel.OutcomePending { // else another listener may have it
			h.net.pairs.take(e.Conn)
		}
	}
}

// SetBacklog calls listen once more. What becomes of connections that a smaller
// queue has no room for is for the system to say.
func (l *Listener) SetBacklog(backlog int) error {
	h := l.host
	err := h.net.do(rankOf(setBacklog, h, l.addr.Port, uint64(uint32(backlog))), h, func() error {
		if l.closed {
			return net.ErrClosed
		}
		return h.syscallError(sysListen, h.model.Listen(l.fd, backlog))
	})
	if err != nil {
		return opError("listen", "tcp", nil, tcpAddr(l.addr), err)
	}
	return nil
}

// SetDeadline sets when Accept stops waiting; the zero time is never.
func (l *Listener) SetDeadline(t time.Time) error {
	n := l.host.net
	n.enter()
	defer n.leave()
	if l.closed {
		return net.ErrClosed // the one error that package net does not wrap (net/tcpsock.go)
	}
	l.accepting.setDeadline(n, n.instant(t))
	return nil
}

// Addr returns the address of the listener. Unlike package net, which answers [::]
// for every address of a host, it is always one that can be dialled.
func (l *Listener) Addr() net.Addr { return tcpAddr(l.addr) }

// Accepting returns how many calls of Accept wait for a connection.
func (l *Listener) Accepting() int {
	n := l.host.net
	n.enter()
	defer n.leave()
	calls := 0
	for _, first := range [...]*call{l.accepting.first, l.accepting.early} {
		for k := first; k != nil; k = k.next {
			calls++
		}
	}
	return calls
}

// Queue returns what the accept queue looks like now: a program cannot see that, a
// test can. It is the zero Queue when the listener is closed.
func (l *Listener) Queue() netmodel.Queue {
	n := l.host.net
	n.enter()
	defer n.leave()
	if l.gone {
		return netmodel.Queue{}
	}
	q, _ := l.host.model.Queue(l.fd)
	return q
}

// Fill connects to the listener until its queue is full, and leaves it so: its clients
// send nothing and never leave. They run on a host of their own. It fails if the queue
// is not full within 10 s, or when the context ends: somebody accepts, say.
func (l *Listener) Fill(ctx context.Context) error {
	n := l.host.net
	crowd := n.Host("crowd-of-" + l.host.name)
	if err := n.do(rankOf(fillQueue, crowd, l.addr.Port, uint64(l.host.id)), crowd, func() error { return l.crowd(crowd) }); err != nil {
		return opError("dial", "tcp", nil, tcpAddr(l.addr), err)
	}
	for deadline := time.Now().Add(fillTime); ; {
		q := l.Queue()
		if missing := q.Limit - q.Pending(); missing <= 0 {
			return nil
		} else if time.Now().After(deadline) {
			return fmt.Errorf("simnet: Fill: %d of %d places are free after %v", missing, q.Limit, fillTime)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// fillTime is how long Fill waits for the connections that it makes.
const fillTime = 10 * time.Second

// crowd lets as many clients connect as there are places.
func (l *Listener) crowd(from *Host) error {
	q, ok := l.host.model.Queue(l.fd)
	if !ok {
		return net.ErrClosed
	}
	for range q.Limit - q.Pending() {
		if _, _, err := l.host.net.real.Dial(from.self.id, l.addr, nil); err != nil {
			return from.syscallError(sysConnect, err)
		}
	}
	return nil
}
