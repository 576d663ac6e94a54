package netmodel

import (
	"math"
	"slices"
	"time"

	"wspsim/sim"
)

// timerLists holds the timers of a host in the order of expiry: by instant, and for one
// instant in the order in which they were set.
//
// There is one list for each length of wait. A stack has few different lengths. Timers of
// one length expire in the order in which they were set. So a new timer goes to the end of
// its list, and cancel unlinks a timer from any place. The cost of both does not depend on
// the number of timers. That matters because nearly every timer is cancelled. (An event list
// that keeps cancelled timers until they are due costs 150 ns and 30 bytes more for each
// connection.) The cost grows with the number of different lengths in use at one time. A
// list that is empty serves the next new length.
type timerLists struct {
	lists []timerList
	armed []timer // armed[0] is unused
	free  int32   // first free place, chained through next
	count int     // timers that are set
	order uint64  // of the timer that was set last
	first int32   // the timer that expires first, 0 if next has to find it
	moved bool    // a timer was set, taken or cancelled since the Network read the deadline
}

type timerList struct {
	wait       time.Duration // length of wait of the timers on the list
	head, tail int32
}

// timer is one timer that is set.
type timer struct {
	at         sim.Time
	order      uint64 // order in which timers were set
	serial     uint64 // of the socket that set it: its place can have another socket by now
	sock       int32
	next, prev int32
	list       int16
	what       timerKind
	level      uint8 // of the slot, in a wheel
}

type timerKind uint8

const (
	timerSocket    timerKind = iota // the main timer of a socket; the state of the socket says what it means
	timerSlot                       // a slot is available after SlotReturnDelay
	timerLinger                     // the time of SO_LINGER is over
	timerKeepAlive                  // keepAliveTimeout
)

// noList is the list of a timer that is expiring, and of a free place.
const noList = -1

// set adds a timer and returns its place.
func (t *timerLists) set(wait time.Duration, m timer) int32 {
	k := t.free
	if k != 0 {
		t.free = t.armed[k].next
	} else {
		if len(t.armed) == 0 {
			t.armed = append(t.armed, timer{})
		}
		k = int32(len(t.armed))
		t.armed = append(t.armed, timer{})
	}
	n := t.listFor(wait)
	l := &t.lists[n]
	t.moved = true
	t.order++
	m.order, m.list = t.order, int16(n)
	after := l.tail // nearly always right; a wheel rounds, so a later timer can expire earlier
	for after != 0 && t.armed[after].at > m.at {
		after = t.armed[after].prev
	}
	m.prev = after
	if after != 0 {
		m.next, t.armed[after].next = t.armed[after].next, k
	} else {
		m.next, l.head = l.head, k
	}
	if m.next != 0 {
		t.armed[m.next].prev = k
	} else {
		l.tail = k
	}
	t.armed[k] = m
	switch {
	case t.count == 0, t.first != 0 && m.at < t.armed[t.first].at:
		t.first = k
	}
	t.count++
	return k
}

// listFor returns the list for a wait.
func (t *timerLists) listFor(wait time.Duration) int {
	empty := -1
	for n := range t.lists {
		if t.lists[n].wait == wait {
			return n
		}
		if t.lists[n].head == 0 {
			empty = n
		}
	}
	switch {
	case empty >= 0:
		t.lists[empty].wait = wait
		return empty
	case len(t.lists) == math.MaxInt16: // the last list takes all further lengths; set searches for the place
		return len(t.lists) - 1
	}
	t.lists = append(t.lists, timerList{wait: wait})
	return len(t.lists) - 1
}

// next returns the timer that expires first, 0 if none is set.
func (t *timerLists) next() int32 {
	if t.first != 0 || t.count == 0 {
		return t.first
	}
	for n := range t.lists {
		if k := t.lists[n].head; k != 0 && (t.first == 0 || t.before(k, t.first)) {
			t.first = k
		}
	}
	return t.first
}

func (t *timerLists) before(a, b int32) bool {
	x, y := &t.armed[a], &t.armed[b]
	return x.at < y.at || x.at == y.at && x.order < y.order
}

// take removes a timer from its list and keeps its place: the timer expires now.
func (t *timerLists) take(k int32) {
	m := &t.armed[k]
	l := &t.lists[m.list]
	if m.prev != 0 {
		t.armed[m.prev].next = m.next
	} else {
		l.head = m.next
	}
	if m.next != 0 {
		t.armed[m.next].prev = m.prev
	} else {
		l.tail = m.prev
	}
	if t.first == k {
		t.first = 0
	}
	t.moved = true
	m.list = noList
	t.count--
}

// cancel removes a timer and frees its place. The timer can be one that expires now. 0 is no
// timer.
func (t *timerLists) cancel(k int32) {
	if k == 0 {
		return
	}
	if t.armed[k].list != noList {
		t.take(k)
	}
	t.armed[k] = timer{next: t.free, list: noList}
	t.free = k
}

// deadline returns the instant at which the next timer expires, and false if none is set.
func (t *timerLists) deadline() (sim.Time, bool) {
	if k := t.next(); k != 0 {
		return t.armed[k].at, true
	}
	return 0, false
}

func (t *timerLists) clone() timerLists {
	c := *t
	c.lists, c.armed = slices.Clone(t.lists), slices.Clone(t.armed)
	return c
}
