package netmodel

import (
	"math"
	"slices"
	"time"

	"wspsim/sim"
)

// timerLists holds the timers of a host, in the order in which they ring: by
// instant, and at one instant in the order in which they were set.
//
// There is a list for each length of wait. A stack waits for few different ones,
// and what waits equally long rings in the order of being set: so a timer is set
// at the end of its list and taken back from wherever it stands, both at once,
// however many there are. That matters because nearly every timer is taken back.
// (An event list that drops what was cancelled when it meets it costs 150 ns more a
// connection, and 30 bytes.) The cost grows with the number of different waits
// that are under way at once; a list that is empty serves the next new one.
type timerLists struct {
	lists []timerList
	armed []timer // armed[0] is unused
	free  int32   // first free one, chained through next
	count int
	order uint64
	first int32 // the one that rings first, 0 if that has to be found
	moved bool  // set, taken or taken back since a Network has looked
}

type timerList struct {
	wait       time.Duration // of what is on it
	head, tail int32
}

// timer is one that was set. The serial number tells whether the socket is still
// the one that set it.
type timer struct {
	at         sim.Time
	order      uint64 // of being set
	serial     uint64
	sock       int32
	next, prev int32
	list       int16
	what       timerKind
	level      uint8 // of the slot, in a wheel
}

type timerKind uint8

const (
	timerSocket    timerKind = iota // the one timer of a socket; its state says what it means
	timerSlot                       // a slot comes back late
	timerLinger                     // SO_LINGER ran out
	timerKeepAlive                  // a connection may have been silent for long
)

// noList is the list of a timer that rings.
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
	after := l.tail // where it nearly always belongs; a wheel rounds now this way, now that
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
	case len(t.lists) == math.MaxInt16: // the last one takes what is left, each searched for its place
		return len(t.lists) - 1
	}
	t.lists = append(t.lists, timerList{wait: wait})
	return len(t.lists) - 1
}

// next returns the timer that rings first, 0 if none is set.
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

// take removes a timer from its list without forgetting it: it rings.
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

// cancel takes a timer back, and forgets one that rings. 0 is none.
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

// deadline returns the instant at which the next timer rings, and false if none
// is set.
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
