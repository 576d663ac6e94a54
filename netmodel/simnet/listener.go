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
	host        *Host
	socket      *socket
	fd          netmodel.FD   // of the socket
	order       uint64        // of opening, among the Listeners of the socket
	addr        netmodel.Addr // as programs see it
	accepting   side
	closed      bool // Close was called
	modelClosed bool // the model has closed it too
}

// socket is one listening socket. After Dup, several Listeners share it.
type socket struct {
	open  []*Listener   // in the order of opening
	extra []netmodel.FD // the descriptors of all Listeners but one
	dups  uint64        // the number of duplicates made so far
}

// changed retries the waiting calls of Accept, in the order in which the Listeners were opened.
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

// Listen calls Host.Listen on the host in the address: "server:80".
func (n *Network) Listen(network, address string) (*Listener, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if name == "" {
		return nil, &net.OpError{Op: "listen", Net: network, Err: &net.AddrError{Err: "the address has no host; Host.Listen needs none", Addr: address}}
	}
	if err := validName(canonical(name)); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: &net.AddrError{Err: err.Error() + "; Host.Listen also takes addresses", Addr: address}}
	}
	if err := n.checkBubble(); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return n.Host(name).Listen(network, address)
}

// Listen listens as net.Listen does on the system of the host, with the backlog
// Config.Backlog. network is "tcp" or "tcp4". An address without a host, ":80", means every
// address of this host. Port 0 means any free port.
func (h *Host) Listen(network, address string) (*Listener, error) {
	return h.ListenBacklog(network, address, h.backlog())
}

// backlog returns the argument of listen(2) that Listen passes.
func (h *Host) backlog() int {
	if b := h.net.config.Backlog; b != 0 {
		return b
	}
	return h.somaxconn()
}

// somaxconn returns the backlog that package net passes: net.core.somaxconn or the similar
// setting of the system, or SOMAXCONN of winsock2.h.
func (h *Host) somaxconn() int {
	if b := h.profile.Backlog; b.Somaxconn == 0 {
		return b.Max
	}
	return h.profile.Backlog.Somaxconn
}

// ListenBacklog is Listen with the given second argument of listen(2).
func (h *Host) ListenBacklog(network, address string, backlog int) (*Listener, error) {
	return h.listen(network, address, backlog, ListenConfig{})
}

// ListenConfig is the settings of a listener. The zero value has the settings of Host.Listen.
// On a real system a program sets these with setsockopt in net.ListenConfig.Control.
type ListenConfig struct {
	// The second argument of listen(2); 0 = that of Host.Listen.
	Backlog int
	// SO_REUSEPORT: several listeners may have one address. A hash of the client's address
	// selects the listener of a connection (K15). When a listener closes, its queued
	// connections are reset. If Profile.Migrates (net.ipv4.tcp_migrate_req) is set, another
	// listener gets them. Modelled for Linux; the BSDs have the option with other rules.
	ReusePort bool
	// TCP_DEFER_ACCEPT: a connection is queued when its client has sent data, or after this
	// time in whole seconds. Linux only.
	DeferAccept time.Duration
}

// Listen is Host.Listen with the settings of c. The error is ENOPROTOOPT if a setting is not
// modelled for the system. Under a Windows profile it is syscall.Errno(10042), WSAENOPROTOOPT.
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
	if err := h.net.checkBubble(); err != nil {
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
		l.addr.IP = netmodel.HostAddr(h.id, 1) // the only address of the host; clients can dial it
	}
	l.socket = &socket{open: []*Listener{l}}
	h.assign(fd, l.socket)
	return nil
}

// set sets the options of a socket before bind.
func (c ListenConfig) set(h *netmodel.Host, fd netmodel.FD) error {
	if c.ReusePort {
		if err := h.SetSockOpt(fd, winsock.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	if c.DeferAccept > 0 {
		wait := min(c.DeferAccept, maxPeriod)
		return h.SetSockOpt(fd, winsock.TCP_DEFER_ACCEPT, int((wait+time.Second-1)/time.Second))
	}
	return nil
}

// Dup returns another Listener for the same socket, with a descriptor of its own. A program
// passes its listener to the next program this way, by inheritance or socket activation. The
// socket stays open and keeps its queue until all its Listeners are closed. If several
// Listeners wait in Accept, the one that was opened first gets the connection. The error is
// EMFILE if no descriptor is free.
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
		d.order = l.socket.dups
		l.socket.open, l.socket.extra = append(l.socket.open, d), append(l.socket.extra, extra)
		return nil
	})
	if err != nil {
		return nil, opError("file", "tcp", nil, tcpAddr(l.addr), err)
	}
	return d, nil
}

// Accept waits for a connection and returns it as a *Conn. Its errors are those of a
// net.TCPListener on the system of the host. Like package net, Accept does not report that a
// client has reset a queued connection.
func (l *Listener) Accept() (net.Conn, error) {
	h := l.host
	n := h.net
	if err := n.checkBubble(); err != nil {
		return nil, opError("accept", "tcp", nil, tcpAddr(l.addr), err)
	}
	n.enter()
	if err := l.cannotAccept(); err != nil {
		n.leave()
		return nil, opError("accept", "tcp", nil, tcpAddr(l.addr), err)
	}
	k := l.accepting.call(callAccept, h)
	k.listener = l
	k.rank = rank{kind: callAccept, host: h.id, socket: uint64(l.addr.Port), detail: uint64(l.fd)<<32 | l.order}
	n.wait(k)
	c, err := k.conn, k.err
	l.accepting.recycle(k)
	if err != nil {
		return nil, opError("accept", "tcp", nil, tcpAddr(l.addr), err)
	}
	return c, nil
}

// cannotAccept returns the error of an Accept that does not depend on the queue.
func (l *Listener) cannotAccept() error {
	switch {
	case l.closed:
		return net.ErrClosed
	case l.accepting.expired:
		return errDeadline
	}
	return nil
}

// attempt takes the first connection of the queue. It returns false if the call must wait.
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

// prepare opens the socket that AcceptEx needs for the next connection. So on Windows, Accept
// without a free descriptor fails before a connection has arrived. (Go 1.26: internal/poll,
// FD.Accept of Windows)
func (l *Listener) prepare(k *call) error {
	h := l.host
	if k.acceptSocket != 0 || !h.limited || !h.isWindows() {
		return nil
	}
	fd, err := h.model.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return h.syscallError(sysSocket, err)
	}
	k.acceptSocket = fd
	return nil
}

func (l *Listener) discard(k *call) {
	if k.acceptSocket != 0 {
		_ = l.host.model.CloseSocket(k.acceptSocket) // opened by prepare
		k.acceptSocket = 0
	}
}

// take calls accept of the model. over: the call has ended. again: the caller must call take
// again. Neither: the call must wait.
func (l *Listener) take(k *call) (over, again bool) {
	h := l.host
	if k.acceptSocket != 0 {
		if ready, err := h.model.Select(l.fd); err == nil && !ready.Read {
			return false, false
		}
		l.discard(k) // the connection takes its descriptor
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

// acceptCosts reports whether accept has an effect on an empty queue, so that it must be
// called: it may fail, or fill the queue.
func (h *Host) acceptCosts() bool {
	return h.limited || h.faults != 0 || h.profile.EmptyAcceptFills
}

// hides reports whether package net accepts again instead of returning the error. Such an
// error is about one connection, not about the listener. (Go 1.26: internal/poll, FD.Accept)
func (l *Listener) hides(err error) bool {
	if l.host.isWindows() {
		return err == error(winsock.WSAECONNRESET) || err == error(winsock.ERROR_NETNAME_DELETED)
	}
	return err == error(winsock.WSAECONNABORTED) || err == error(winsock.WSAEINTR)
}

// Close stops listening. Waiting calls of Accept return net.ErrClosed. The profile of the host
// decides whether queued connections are reset.
func (l *Listener) Close() error {
	n := l.host.net
	n.enter()
	defer n.leave()
	if l.closed {
		return opError("close", "tcp", nil, tcpAddr(l.addr), net.ErrClosed)
	}
	l.shut()
	if n.ordered {
		n.schedule(l.host, uint64(l.addr.Port), l.fd, callClose).listener = l
		return nil
	}
	l.end()
	n.notifyReady()
	return nil
}

// shut ends the waiting calls and makes later calls fail.
func (l *Listener) shut() {
	l.closed = true
	l.accepting.setDeadline(l.host.net, 0)
	l.accepting.end(l.host.net)
}

// end closes the descriptor in the model, and the socket with its last descriptor.
func (l *Listener) end() {
	if l.modelClosed {
		return
	}
	l.modelClosed = true
	h, s := l.host, l.socket
	s.open = slices.DeleteFunc(s.open, func(o *Listener) bool { return o == l })
	if last := len(s.extra) - 1; last >= 0 {
		_ = h.model.CloseFile(s.extra[last]) // opened by Dup
		s.extra = s.extra[:last]
		return
	}
	h.assign(l.fd, nil)
	q, _ := h.model.Queue(l.fd)   // the socket is open
	_ = h.model.CloseSocket(l.fd) // the socket is open
	h.net.notifyReady()           // so that the results are known
	for _, e := range q.Entries {
		if h.net.model.Result(e.Conn).Outcome != netmodel.OutcomePending { // else another listener may have got it
			h.net.pairs.take(e.Conn)
		}
	}
}

// SetBacklog calls listen again. If the new queue is smaller, the profile of the host decides
// whether the excess connections are reset.
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

// SetDeadline sets the instant at which Accept stops waiting. The zero time removes the deadline.
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

// Addr returns the address of the listener. A client can always dial it. For a listener on
// every address, package net returns [::]; Addr returns the address of the host.
func (l *Listener) Addr() net.Addr { return tcpAddr(l.addr) }

// Accepting returns the number of calls of Accept that wait for a connection.
func (l *Listener) Accepting() int {
	n := l.host.net
	n.enter()
	defer n.leave()
	calls := 0
	for _, first := range [...]*call{l.accepting.first, l.accepting.scheduled} {
		for k := first; k != nil; k = k.next {
			calls++
		}
	}
	return calls
}

// Queue returns the present state of the accept queue, for tests. A program on a real system
// cannot see it. Queue returns the zero Queue if the listener is closed.
func (l *Listener) Queue() netmodel.Queue {
	n := l.host.net
	n.enter()
	defer n.leave()
	if l.modelClosed {
		return netmodel.Queue{}
	}
	q, _ := l.host.model.Queue(l.fd)
	return q
}

// Fill connects clients to the listener until its queue is full. The clients send nothing and
// never close. They run on a host of their own. Fill fails if the queue is not full within
// 10 s, for example because a program accepts, or when the context ends.
func (l *Listener) Fill(ctx context.Context) error {
	n := l.host.net
	crowd := n.Host("crowd-of-" + l.host.name)
	if err := n.do(rankOf(fillQueue, crowd, l.addr.Port, uint64(l.host.id)), crowd, func() error { return l.connectClients(crowd) }); err != nil {
		return opError("dial", "tcp", nil, tcpAddr(l.addr), err)
	}
	for deadline := time.Now().Add(fillLimit); ; {
		q := l.Queue()
		if missing := q.Limit - q.Pending(); missing <= 0 {
			return nil
		} else if time.Now().After(deadline) {
			return fmt.Errorf("simnet: Fill: %d of %d places are free after %v", missing, q.Limit, fillLimit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// fillLimit is how long Fill waits for a full queue.
const fillLimit = 10 * time.Second

// connectClients connects one client for each free slot of the queue.
func (l *Listener) connectClients(from *Host) error {
	q, ok := l.host.model.Queue(l.fd)
	if !ok {
		return net.ErrClosed
	}
	for range q.Limit - q.Pending() {
		if _, _, err := l.host.net.real.Dial(from.dialer.id, l.addr, nil); err != nil {
			return from.syscallError(sysConnect, err)
		}
	}
	return nil
}
