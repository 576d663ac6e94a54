package simnet

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet/internal/hooks"
	"wspsim/sim"
)

// Package simnettest calls these functions; other packages cannot.
func init() {
	hooks.Freeze = func(network any) bool { return network.(*Network).freeze() }
	hooks.LastEvent = func(network any) (sim.Time, bool) { return network.(*Network).lastEvent() }
	hooks.UnlimitedHost = func(network any, name string) any { return network.(*Network).unlimitedHost(name) }
	hooks.Watch = func(network any, segment func(*netmodel.Network, netmodel.Transmission), record func(*netmodel.Network, netmodel.Record), end func(*netmodel.Network)) {
		network.(*Network).watch(segment, record, end)
	}
	hooks.HostByID = func(network any, id netmodel.HostID) any { return network.(*Network).hostByID(id) }
}

func (n *Network) freeze() bool {
	if !n.lockWithin(time.Second) {
		return false
	}
	n.frozen = true
	n.mu.Unlock()
	return true
}

func (n *Network) lastEvent() (sim.Time, bool) {
	if !n.lockWithin(10 * time.Millisecond) {
		return 0, false
	}
	defer n.mu.Unlock()
	return n.model.Now(), true
}

// lockWithin locks the network. It gives up after a real time and returns false.
func (n *Network) lockWithin(limit time.Duration) bool {
	const pause = 100 * time.Microsecond
	for range limit / pause {
		if n.mu.TryLock() {
			return true
		}
		time.Sleep(pause)
	}
	return false
}

func (n *Network) unlimitedHost(name string) *Host {
	n.enter()
	defer n.leave()
	if h := n.names[canonical(name)]; h != nil {
		return h
	}
	return n.addHost(name, HostConfig{Descriptors: NoLimit})
}

func (n *Network) hostByID(id netmodel.HostID) *Host {
	n.enter()
	defer n.leave()
	if int(id) >= len(n.hosts) {
		return nil
	}
	return n.hosts[id]
}
