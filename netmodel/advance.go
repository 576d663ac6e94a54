package netmodel

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	"wspsim/sim"
)

// Advance moves the clock of the host to now and fires the timers that are due by then.
// It panics if now is before the host's time.
func (h *Host) Advance(now sim.Time) {
	if now < h.now {
		panic(fmt.Sprintf("netmodel: Advance to %v: the host is at %v already", now, h.now))
	}
	for h.timers.count > 0 {
		k := h.timers.next()
		at := h.timers.armed[k].at
		if at > now {
			break
		}
		h.now = at
		if h.profile.Timers.Wheel {
			h.fireWheelSlot(at)
		} else {
			h.timers.take(k)
			h.expire(k)
		}
	}
	h.now = now
}

// fireWheelSlot fires all timers that are due at one instant. Timers of coarser slots
// fire first. Among timers of one level, the timer that was set last fires first.
func (h *Host) fireWheelSlot(at sim.Time) {
	ringing := h.due[:0]
	for {
		k := h.timers.next()
		if k == 0 || h.timers.armed[k].at != at {
			break
		}
		h.timers.take(k)
		m := &h.timers.armed[k]
		ringing = append(ringing, dueTimer{k, m.order, m.level})
	}
	if len(ringing) > 1 {
		slices.Reverse(ringing)
		slices.SortStableFunc(ringing, func(a, b dueTimer) int { return cmp.Compare(b.level, a.level) })
	}
	h.wheelAhead = 1
	for _, r := range ringing {
		if m := &h.timers.armed[r.timer]; m.order == r.order { // no earlier timer of the slot cancelled it
			h.expire(r.timer)
		}
	}
	h.due, h.wheelAhead = ringing, 0
}

// dueTimer is a timer that fires together with others.
type dueTimer struct {
	timer int32
	order uint64
	level uint8
}

// schedule sets a timer of a socket that fires after d. It returns the timer's index in
// h.timers.
func (h *Host) schedule(i int32, d time.Duration, what timerKind) int32 {
	at, level := h.now.Add(d), uint8(0)
	if h.profile.Timers.HZ != 0 {
		at, level = h.profile.Timers.expiry(h.now, d, h.wheelAhead)
	}
	return h.timers.set(d, timer{at: at, serial: h.socks[i].serial, sock: i, what: what, level: level})
}

// expire removes a timer that is due and does its work. The timer is no longer in a list.
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
		h.lingerTimeout(t.sock)
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
