package netmodel

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	"wspsim/sim"
)

// Advance moves the host's time to now and does what was due until then. It
// panics if now lies in the past.
func (h *Host) Advance(now sim.Time) {
	if now < h.now {
		panic(fmt.Sprintf("netmodel: Advance to %v, but it is %v already", now, h.now))
	}
	for h.timers.count > 0 {
		k := h.timers.next()
		at := h.timers.armed[k].at
		if at > now {
			break
		}
		h.now = at
		if h.profile.Timers.Wheel {
			h.turnWheel(at)
		} else {
			h.timers.take(k)
			h.expire(k)
		}
	}
	h.now = now
}

// turnWheel lets the timers of a slot ring together: those that waited in the
// coarsest slot first, and among equals the one that was set last.
func (h *Host) turnWheel(at sim.Time) {
	ringing := h.ringing[:0]
	for {
		k := h.timers.next()
		if k == 0 || h.timers.armed[k].at != at {
			break
		}
		h.timers.take(k)
		m := &h.timers.armed[k]
		ringing = append(ringing, ring{k, m.order, m.level})
	}
	if len(ringing) > 1 {
		slices.Reverse(ringing)
		slices.SortStableFunc(ringing, func(a, b ring) int { return cmp.Compare(b.level, a.level) })
	}
	h.ahead = 1
	for _, r := range ringing {
		if m := &h.timers.armed[r.timer]; m.order == r.order { // not taken back meanwhile
			h.expire(r.timer)
		}
	}
	h.ringing, h.ahead = ringing, 0
}

// ring is a timer that rings together with others.
type ring struct {
	timer int32
	order uint64
	level uint8
}

// schedule sets a timer of a socket and returns its place.
func (h *Host) schedule(i int32, d time.Duration, what timerKind) int32 {
	at, level := h.now.Add(d), uint8(0)
	if h.profile.Timers.HZ != 0 {
		at, level = h.profile.Timers.expiry(h.now, d, h.ahead)
	}
	return h.timers.set(d, timer{at: at, serial: h.socks[i].serial, sock: i, what: what, level: level})
}

// expire does what a timer asks for that was taken from its list, and forgets it.
func (h *Host) expire(k int32) {
	t := h.timers.armed[k]
	h.timers.cancel(k)
	if h.socks[t.sock].serial != t.serial {
		return
	}
	switch t.what {
	case timerSlot:
		h.returnSlot(t.sock)
	case timerKeepAlive:
		h.keepAliveTimeout(t.sock)
	case timerLinger:
		h.socks[t.sock].lingering = 0
		h.lingerOver(t.sock)
	case timerSocket:
		h.socks[t.sock].timer = 0
		switch h.socks[t.sock].state {
		case stateConnecting:
			h.synTimeout(t.sock)
		case stateOffered:
			h.withdraw(t.sock, OfferExpired)
		case stateHalfOpen:
			h.synAckTimeout(t.sock)
		case stateOpen:
			h.dataTimeout(t.sock)
		}
	}
}
