package simnet

import (
	"time"

	"wspsim/sim"
)

// Freeze stops the network for good: no time passes on it any more, no call of a program
// begins, and none ends. What has happened can then be read, also from outside the bubble
// in which the network was made. simnettest does so to tell of a test that hangs.
//
// Freeze waits at most a second for a call that is under way. It returns false if that
// call does not end; then the network is as it was.
func (n *Network) Freeze() bool {
	const tries, pause = 1000, time.Millisecond
	for range tries {
		if n.mu.TryLock() {
			n.frozen = true
			n.mu.Unlock()
			return true
		}
		time.Sleep(pause)
	}
	return false
}

// LastEvent returns when something last happened on the network, or when it was last
// asked for something. No time passes on the network by this call, so it can be made from
// outside the bubble. It returns false if another call is under way.
func (n *Network) LastEvent() (sim.Time, bool) {
	if !n.mu.TryLock() {
		return 0, false
	}
	defer n.mu.Unlock()
	return n.model.Now(), true
}
