package simnet

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Dialer connects from a host. It has a name of its own in traces.
type Dialer struct {
	host *Host
	id   netmodel.ClientID
	last atomic.Pointer[target]

	timeouts uint32 // dials that ended at a deadline so far
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects; see Host.DialContext.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if ctx == nil {
		panic("nil context") // as net.Dialer.DialContext
	}
	to, err := d.resolve(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if err := d.host.net.checkBubble(); err != nil {
		return nil, opError("dial", network, nil, tcpAddr(to.asked), err)
	}
	if err := ctx.Err(); err != nil {
		return nil, opError("dial", network, nil, tcpAddr(to.asked), contextError(err))
	}
	c, err := d.dial(ctx, to)
	if err != nil {
		return nil, opError("dial", network, nil, tcpAddr(to.asked), err)
	}
	return c, nil
}

// target is a resolved address. It stays valid because hosts are never removed.
type target struct {
	network, address string
	asked, to        netmodel.Addr    // asked may have AnyIP; to then has the address of the host itself
	tcp              *netmodel.Client // settings of the connect that differ from the profile; nil = none
}

// resolve returns the target of an address. It keeps the last target for the next dial.
func (d *Dialer) resolve(network, address string) (*target, error) {
	if last := d.last.Load(); last != nil && last.network == network && last.address == address {
		return last, nil
	}
	if address == "" {
		return nil, errors.New("missing address")
	}
	asked, err := d.host.resolve(network, address)
	if err != nil {
		return nil, err
	}
	t := &target{network: network, address: address, asked: asked, to: asked}
	if asked.IP == netmodel.AnyIP {
		t.to.IP = netmodel.HostAddr(d.host.id, 1)
	}
	if host, _, _ := net.SplitHostPort(address); d.host.isWindows() && isLoopback(host) {
		// Package net sets TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS here, so that a dial to a
		// closed port fails at once. (Go 1.26: net/fd_windows.go)
		t.tcp = &netmodel.Client{Syn: d.host.profile.Client.Syn}
		t.tcp.Syn.Retries = 0
	}
	d.last.Store(t)
	return t, nil
}

// dial is an attempt to connect that has not ended.
type dial struct {
	from      *Dialer
	to        *target
	side      side // where the caller waits for the result
	pair      *pair
	fd        netmodel.FD
	cancelErr error // set when the context or the network ends the attempt
}

func (d *Dialer) dial(ctx context.Context, to *target) (net.Conn, error) {
	n := d.host.net
	n.enter()
	if !n.ordered {
		a, err := d.begin(to)
		if err == nil && !a.pair.client.open {
			return a.await(ctx)
		}
		var c *Conn
		if err == nil {
			c = &a.pair.client
		}
		a.from, a.to, a.pair = nil, nil, nil
		n.spareDial = a
		n.leave()
		runtime.Gosched() // as a real connect does; else a loop of dials overflows the queue before the server can run
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	a := &dial{from: d, to: to}
	return a.await(ctx)
}

// result returns the results of a dial that has ended.
func (a *dial) result(err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &a.pair.client, nil
}

// await waits for the end of an attempt. The caller has locked the network; await unlocks it.
func (a *dial) await(ctx context.Context) (net.Conn, error) {
	n, h := a.from.host.net, a.from.host
	k := a.side.call(callDial, h)
	k.dial = a
	k.rank = rank{kind: callDial, host: h.id, socket: uint64(a.from.id), detail: uint64(a.to.to.IP)<<16 | uint64(a.to.to.Port)}
	if deadline, ok := ctx.Deadline(); ok {
		a.side.setDeadline(n, n.instant(deadline))
	}
	if n.ordered && a.side.expired {
		n.leave()
		return nil, dialTimeout{}
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { a.cancel(ctx) })
		defer stop()
	}
	n.wait(k)
	return a.result(k.err)
}

// begin calls connect of the model. The attempt may already have ended when begin returns.
func (d *Dialer) begin(to *target) (*dial, error) {
	a := d.host.net.spareDial
	if a == nil {
		a = new(dial)
	}
	d.host.net.spareDial = nil
	a.from, a.to = d, to
	return a, a.begin()
}

func (a *dial) begin() error {
	h := a.from.host
	n := h.net
	if n.closed {
		return net.ErrClosed
	}
	fd, conn, err := n.real.Dial(a.from.id, a.to.to, a.to.tcp)
	if err != nil {
		call := sysConnect
		if err == error(winsock.WSAEMFILE) || err == error(winsock.WSAENETDOWN) {
			call = sysSocket
		}
		return h.syscallError(call, err)
	}
	a.fd = fd
	a.pair = n.pairs.add(conn)
	h.assign(fd, a)
	n.notifyReady()
	return a.failure()
}

// attempt calls connect if that was not done yet. It reports whether the attempt has ended.
func (a *dial) attempt(k *call) bool {
	switch {
	case a.cancelErr != nil:
		k.err = a.abandon(a.cancelErr)
	case a.side.expired:
		k.err = a.abandon(a.from.timeout())
	case a.pair == nil:
		k.err = a.begin()
	default:
		k.err = a.failure()
	}
	if k.err == nil && !a.pair.client.open {
		return false
	}
	a.side.setDeadline(a.from.host.net, 0)
	return true
}

// changed handles a connect that has succeeded or failed.
func (a *dial) changed() {
	h := a.from.host
	if ready, err := h.model.Select(a.fd); err == nil && ready.Write {
		local, _ := h.model.SockName(a.fd) // a connected socket has both
		c := &a.pair.client
		c.host, c.pair, c.in, c.out = h, a.pair, &a.pair.down, &a.pair.up
		c.fd, c.local, c.remote, c.open = a.fd, local, a.to.to, true
		h.assign(a.fd, c)
		_ = h.model.SetKeepAlive(a.fd, defaultKeepAlive) // it is valid
	}
	a.side.serve()
}

// failure returns the error of a failed connect, else nil.
func (a *dial) failure() error {
	if a.pair.client.open {
		return nil
	}
	h := a.from.host
	ready, err := h.model.Select(a.fd)
	if err == nil && !ready.Except {
		return nil
	}
	e, _ := h.model.GetSockOpt(a.fd, winsock.SO_ERROR)
	return a.abandon(h.syscallError(sysConnect, winsock.Errno(e)))
}

// abandon closes the socket of the attempt and returns err.
func (a *dial) abandon(err error) error {
	h := a.from.host
	if a.pair != nil && h.object(a.fd) == object(a) {
		h.assign(a.fd, nil)
		_ = h.model.CloseSocket(a.fd) // it is not connected
		h.net.pairs.take(a.pair.id)
	}
	return err
}

func (a *dial) drop() {
	a.cancelErr = net.ErrClosed
	a.side.serve()
}

// cancel ends an attempt whose context has ended.
func (a *dial) cancel(ctx context.Context) {
	h := a.from.host
	n := h.net
	n.enter()
	defer n.leave()
	quit := func() error {
		if a.cancelErr == nil {
			a.cancelErr = contextError(ctx.Err())
			a.side.end(n)
		}
		return nil
	}
	if n.ordered && a.pair != nil {
		n.schedule(h, uint64(a.from.id), a.fd, callDial).do = quit
		return
	}
	_ = quit() // it returns nil
	n.notifyReady()
}

// DialTimeout is DialContext with a time limit, as in net.DialTimeout. 0 means no limit.
func (h *Host) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	if timeout == 0 {
		return h.Dial(network, address)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return h.DialContext(ctx, network, address)
}
