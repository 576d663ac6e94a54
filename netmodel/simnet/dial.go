package simnet

import (
	"context"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"wspsim/netmodel"
)

// Dialer is a program on a host that connects, with a name of its own in traces.
type Dialer struct {
	host *Host
	id   netmodel.ClientID
	last atomic.Pointer[resolved]
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects; see Host.DialContext.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := d.resolve(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, opError("dial", nil, tcpAddr(to), contextError(err))
	}
	c, err := d.dial(ctx, to)
	if err != nil {
		return nil, opError("dial", nil, tcpAddr(to), err)
	}
	return c, nil
}

// resolved is what an address was found to mean. Hosts never go, so it stays so.
type resolved struct {
	network, address string
	to               netmodel.Addr
}

// resolve is Host.resolve, with the host itself for no host at all, and remembers the
// last answer.
func (d *Dialer) resolve(network, address string) (netmodel.Addr, error) {
	if last := d.last.Load(); last != nil && last.network == network && last.address == address {
		return last.to, nil
	}
	to, err := d.host.resolve(network, address)
	if err != nil {
		return to, err
	}
	if to.IP == netmodel.AnyIP {
		to.IP = netmodel.HostAddr(d.host.id, 1)
	}
	d.last.Store(&resolved{network, address, to})
	return to, nil
}

// dial is an attempt that is under way.
type dial struct {
	from *Dialer
	to   netmodel.Addr
	side side // has its end
	pair *pair
	fd   netmodel.FD
	quit error // what it ends with, if not by itself
}

func (d *Dialer) dial(ctx context.Context, to netmodel.Addr) (net.Conn, error) {
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
		a.from, a.pair = nil, nil
		n.resting = a
		n.leave()
		runtime.Gosched() // as any connect does: or a loop of them overflows a queue that nobody got to see
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	a := &dial{from: d, to: to}
	return a.await(ctx)
}

// result is what a dial returns that is over.
func (a *dial) result(err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &a.pair.client, nil
}

// await waits for the end of an attempt. The network is locked before, and unlocked
// after.
func (a *dial) await(ctx context.Context) (net.Conn, error) {
	n, h := a.from.host.net, a.from.host
	k := a.side.call(callDial, h)
	k.dial = a
	k.rank = rank{what: callDial, host: h.id, socket: uint64(a.from.id), detail: uint64(a.to.IP)<<16 | uint64(a.to.Port)}
	if deadline, ok := ctx.Deadline(); ok {
		a.side.setDeadline(n, n.instant(deadline))
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { a.cancel(ctx) })
		defer stop()
	}
	n.wait(k)
	return a.result(k.err)
}

// begin makes the call of the model. The attempt may be over when it returns.
func (d *Dialer) begin(to netmodel.Addr) (*dial, error) {
	a := d.host.net.resting
	if a == nil {
		a = new(dial)
	}
	d.host.net.resting = nil
	a.from, a.to = d, to
	return a, a.begin()
}

func (a *dial) begin() error {
	h := a.from.host
	n := h.net
	if n.closed {
		return net.ErrClosed
	}
	fd, conn, err := n.model.Dial(a.from.id, a.to)
	if err != nil {
		call := sysConnect
		if err == error(netmodel.WSAEMFILE) || err == error(netmodel.WSAENETDOWN) {
			call = sysSocket
		}
		return h.syscallError(call, err)
	}
	a.fd = fd
	a.pair = n.pairs.add(conn)
	h.assign(fd, a)
	n.settle()
	return a.failure()
}

// attempt begins an attempt that has not begun, and tells whether it is over.
func (a *dial) attempt(k *call) bool {
	switch {
	case a.quit != nil:
		k.err = a.abandon(a.quit)
		return true
	case a.side.expired:
		k.err = a.abandon(dialTimeout{})
		return true
	case a.pair == nil:
		k.err = a.begin()
	default:
		k.err = a.failure()
	}
	return k.err != nil || a.pair.client.open
}

// changed: the connect has succeeded or failed.
func (a *dial) changed() {
	h := a.from.host
	if ready, err := h.model.Select(a.fd); err == nil && ready.Write {
		local, _ := h.model.SockName(a.fd) // a connected socket has both
		c := &a.pair.client
		c.host, c.pair, c.in, c.out = h, a.pair, &a.pair.down, &a.pair.up
		c.fd, c.local, c.remote, c.open = a.fd, local, a.to, true
		h.assign(a.fd, c)
	}
	a.side.serve()
}

// failure returns how the connect has failed, nil if it has not.
func (a *dial) failure() error {
	if a.pair.client.open {
		return nil
	}
	h := a.from.host
	ready, err := h.model.Select(a.fd)
	if err == nil && !ready.Except {
		return nil
	}
	e, _ := h.model.GetSockOpt(a.fd, netmodel.SO_ERROR)
	return a.abandon(h.syscallError(sysConnect, netmodel.Errno(e)))
}

// abandon closes what the attempt has opened.
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
	a.quit = net.ErrClosed
	a.side.serve()
}

// cancel ends an attempt whose context has ended.
func (a *dial) cancel(ctx context.Context) {
	h := a.from.host
	_ = h.net.do(rank{what: callDial, host: h.id, socket: uint64(a.from.id), detail: 1<<63 | uint64(a.fd)}, h, func() error {
		a.quit = contextError(ctx.Err())
		a.side.serve()
		return nil
	})
}

// DialTimeout is DialContext with a limit of time, as net.DialTimeout has it.
func (h *Host) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return h.DialContext(ctx, network, address)
}
