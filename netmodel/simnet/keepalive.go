package simnet

import (
	"net"
	"time"

	"wspsim/netmodel"
)

// defaultKeepAlive is the keep-alive that package net sets on every connection. (Go 1.26:
// net/dial.go, net/tcpsock.go)
var defaultKeepAlive = netmodel.KeepAlive{Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}

// keepAlive is the keep-alive of a connection after a setter was called.
type keepAlive struct {
	on  bool
	set netmodel.KeepAlive
}

// SetKeepAlive switches the probes of an idle connection on or off. They are on when a
// connection begins. The first probe goes out after 15 s without a segment from the peer. Nine
// probes without an answer, 15 s apart, end the connection with ETIMEDOUT, on Windows with
// WSAENETRESET. After 240 answered probes in a row, probing stops until data is sent or
// a link of the host changes.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.keepAlive(func(k *keepAlive) { k.on = on })
}

// SetKeepAlivePeriod sets the idle time before the first probe, in whole seconds, rounded up.
// 0 is the default of 15 s. A negative value changes nothing.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.keepAlive(func(k *keepAlive) { setSeconds(&k.set.Idle, d, defaultKeepAlive.Idle) })
}

// SetKeepAliveConfig sets all values of the probes; see net.KeepAliveConfig.
func (c *Conn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	return c.keepAlive(func(k *keepAlive) { k.apply(config) })
}

// SetUserTimeout sets how long data may wait for its acknowledgement, in milliseconds, rounded
// down. Then the connection ends with ETIMEDOUT. 0 is the default of the system. On a real
// system programs set TCP_USER_TIMEOUT through SyscallConn. The error is ENOPROTOOPT on
// systems other than Linux.
func (c *Conn) SetUserTimeout(d time.Duration) error {
	return c.keepAlive(func(k *keepAlive) { k.set.UserTimeout = d.Truncate(time.Millisecond) })
}

func (k *keepAlive) apply(c net.KeepAliveConfig) {
	k.on = c.Enable
	setSeconds(&k.set.Idle, c.Idle, defaultKeepAlive.Idle)
	setSeconds(&k.set.Interval, c.Interval, defaultKeepAlive.Interval)
	switch {
	case c.Count == 0:
		k.set.Count = defaultKeepAlive.Count
	case c.Count > 0:
		k.set.Count = c.Count
	}
}

// setSeconds sets a time as package net does: in whole seconds, rounded up. 0 sets orElse, and
// a negative value changes nothing.
func setSeconds(to *time.Duration, d, orElse time.Duration) {
	switch {
	case d == 0:
		*to = orElse
	case d > 0:
		*to = min(d, maxPeriod).Truncate(time.Second)
		if d > *to {
			*to += time.Second
		}
	}
}

// maxPeriod is longer than any system allows, and short enough to be rounded up.
const maxPeriod = 1000 * time.Hour

// model returns the settings for the model.
func (k *keepAlive) model() netmodel.KeepAlive {
	m := k.set
	if !k.on {
		m.Idle, m.Interval, m.Count = 0, 0, 0
	}
	return m
}

// keepAlive changes the keep-alive of a connection. A value that the system rejects is an
// error and changes nothing.
func (c *Conn) keepAlive(change func(k *keepAlive)) error {
	n := c.host.net
	n.enter()
	defer n.leave()
	if !c.open {
		return c.opError("set", net.ErrClosed)
	}
	k := keepAlive{true, defaultKeepAlive}
	if c.keep != nil {
		k = *c.keep
	}
	change(&k)
	if err := c.host.model.ValidateKeepAlive(k.set); err != nil {
		return c.opError("set", c.host.syscallError(sysSetOption, err))
	}
	c.keep = &k
	if n.ordered {
		n.schedule(c.host, uint64(c.pair.id), c.fd, callKeepAlive).do = c.applyKeepAlive
		return nil
	}
	_ = c.applyKeepAlive() // it returns nil
	n.notifyReady()
	return nil
}

// applyKeepAlive passes the keep-alive of a connection to the model.
func (c *Conn) applyKeepAlive() error {
	if !c.modelClosed {
		_ = c.host.model.SetKeepAlive(c.fd, c.keep.model()) // it was found valid; a connection that broke needs none
	}
	return nil
}
