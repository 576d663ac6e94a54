package simnet

import (
	"time"

	"wspsim/sim"
)

// Freeze stops the network for good: no time passes on it any more, no call of a program
// begins, and none ends. What has happened can then be read, also from outside the bubble
// in which the network was made. simnettest does so to tell of a test that hangs.
//
// Freeze waits about a second for a call that is under way. It returns false if that call
// does not end; then the network is as it was.
func (n *Network) Freeze() bool {
	if !n.lockWithin(time.Second) {
		return false
	}
	n.frozen = true
	n.mu.Unlock()
	return true
}

// LastEvent returns when something last happened on the network, or when it was last
// asked for something. No time passes on the network by this call, so it can be made from
// outside the bubble. It returns false if a call is under way that does not end soon.
func (n *Network) LastEvent() (sim.Time, bool) {
	if !n.lockWithin(10 * time.Millisecond) {
		return 0, false
	}
	defer n.mu.Unlock()
	return n.model.Now(), true
}

// lockWithin locks the network, unless that takes longer than a time of the machine.
func (n *Network) lockWithin(most time.Duration) bool {
	const pause = 100 * time.Microsecond
	for range most / pause {
		if n.mu.TryLock() {
			return true
		}
		time.Sleep(pause)
	}
	return false
}
