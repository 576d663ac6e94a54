package simnet

import (
	"net"
	"time"

	"wspsim/netmodel"
)

// byDefault is the keep-alive that package net sets on every connection. (Go 1.26:
// net/dial.go, net/tcpsock.go)
var byDefault = netmodel.KeepAlive{Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}

// keepAlive is the keep-alive of a connection after a setter was called.
type keepAlive struct {
	on  bool
	set netmodel.KeepAlive
}

// SetKeepAlive switches the probes of an idle connection on or off. They are on when a
// connection begins. A peer that is silent for 15 s is probed. Nine probes without an
// answer, 15 s apart, end the connection with ETIMEDOUT, on Windows with WSAENETRESET. A peer
// that answers 240 probes in a row is not probed further until something is sent or a link
// of its host changes.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.keepAlive(func(k *keepAlive) { k.on = on })
}

// SetKeepAlivePeriod sets the silence before the first probe, in whole seconds rounded
// up; 0 is the default of 15 s, and less changes nothing.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.keepAlive(func(k *keepAlive) { setSeconds(&k.set.Idle, d, byDefault.Idle) })
}

// SetKeepAliveConfig sets everything about the probes; see net.KeepAliveConfig.
func (c *Conn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	return c.keepAlive(func(k *keepAlive) { k.apply(config) })
}

// SetUserTimeout sets how long data may wait for its acknowledgement before the
// connection ends with ETIMEDOUT, in milliseconds rounded down; 0 is as the system has
// it. It is TCP_USER_TIMEOUT, which programs set through SyscallConn. The error is
// ENOPROTOOPT on systems other than Linux.
func (c *Conn) SetUserTimeout(d time.Duration) error {
	return c.keepAlive(func(k *keepAlive) { k.set.UserTimeout = d.Truncate(time.Millisecond) })
}

func (k *keepAlive) apply(c net.KeepAliveConfig) {
	k.on = c.Enable
	setSeconds(&k.set.Idle, c.Idle, byDefault.Idle)
	setSeconds(&k.set.Interval, c.Interval, byDefault.Interval)
	switch {
	case c.Count == 0:
		k.set.Count = byDefault.Count
	case c.Count > 0:
		k.set.Count = c.Count
	}
}

// setSeconds sets a time as package net does: in whole seconds, rounded up.
func setSeconds(to *time.Duration, d, orElse time.Duration) {
	switch {
	case d == 0:
		*to = orElse
	case d > 0:
		*to = min(d, longestPeriod).Truncate(time.Second)
		if d > *to {
			*to += time.Second
		}
	}
}

// longestPeriod is longer than any system takes, and short enough to be rounded up.
const longestPeriod = 1000 * time.Hour

// model is what the model is told.
func (k *keepAlive) model() netmodel.KeepAlive {
	m := k.set
	if !k.on {
		m.Idle, m.Interval, m.Count = 0, 0, 0
	}
	return m
}

// keepAlive changes the keep-alive of a connection. What no system takes is an error and
// changes nothing.
func (c *Conn) keepAlive(change func(k *keepAlive)) error {
	n := c.host.net
	n.enter()
	defer n.leave()
	if !c.open {
		return c.opError("set", net.ErrClosed)
	}
	k := keepAlive{true, byDefault}
	if c.keep != nil {
		k = *c.keep
	}
	change(&k)
	if err := c.host.model.ValidateKeepAlive(k.set); err != nil {
		return c.opError("set", c.host.syscallError(sysSetOption, err))
	}
	c.keep = &k
	if n.ordered {
		n.put(c.host, uint64(c.pair.id), c.fd, callKeepAlive).do = c.tellKeepAlive
		return nil
	}
	_ = c.tellKeepAlive() // it returns nil
	n.settle()
	return nil
}

// tellKeepAlive lets the model learn what the keep-alive of a connection is now.
func (c *Conn) tellKeepAlive() error {
	if !c.gone {
		_ = c.host.model.SetKeepAlive(c.fd, c.keep.model()) // it was found valid; a connection that broke needs none
	}
	return nil
}
