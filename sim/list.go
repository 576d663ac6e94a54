package sim

import (
	"math/bits"
	"slices"
)

// list is the pending-event set of an Engine: what waits, in the order
// (instant, insertion).
//
// A short run lives in a heap of a few entries. A run that has more than
// shortWaiting entries, or has taken shortTaken, moves into a wheel (wheel.go),
// where an entry costs about the same however many wait. A fresh heap is cheap
// to make and to clone, which is what the thousands of tiny runs of a
// property-based test ask for.
//
// An event that was cancelled stays where it is, because entries move and nobody
// keeps track of them; its name says that it is dead. It is dropped when it is
// met: when its time comes, when its bucket is split, or, once the dead outnumber
// the living, by a purge.
type list[E any] struct {
	now   Time      // the clock of the run: nothing is pushed before it
	same  int       // events taken at the present instant
	wheel *wheel[E] // nil while the run is short
	names []uint32  // names[slot]: how often the slot was used, and deadBit
	free  []uint32  // slots that name nothing
	count int       // entries, with the dead
	dead  int       // cancelled and not dropped yet
	taken int       // since the wheel's tick was looked at
	heap  heap4[E]  // all of a short run; then what lies before the wheel's frontier
	spare *wheel[E] // that of the run before Reset
	work  work
}

// work counts what the list does besides adding and taking, so that a test can
// say how it grows.
type work struct {
	moves  uint64 // entries moved to another bucket
	visits uint64 // entries and buckets looked at to find the first
	ticks  uint64 // changes of the tick
}

// entry is one scheduled event: 16 bytes and the event. Entries are moved, never
// pointed to.
type entry[E any] struct {
	at    Time
	slot  uint32 // its name; see list.names
	next  uint32 // in a bucket: the next one, as index + 1; while being sorted: its place
	event E
}

const (
	shortWaiting = 64  // entries
	shortTaken   = 256 // entries
	purgeFrom    = 64  // dead entries
	deadBit      = 1 << 31
)

// push adds an event and names it. It panics if its time is over.
func (l *list[E]) push(at Time, event E) EventID {
	if at < l.now {
		panic(outOfTime(l.now, at))
	}
	l.count++
	var slot uint32
	if n := len(l.free); n > 0 {
		slot = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		slot = uint32(len(l.names))
		l.names = append(l.names, 1)
	}
	id := EventID{slot, l.names[slot]}
	x := entry[E]{at: at, slot: slot, event: event}
	w := l.wheel
	switch {
	case w == nil:
		l.pushShort(x)
	case uint64(at) < w.frontier:
		l.pushEarly(x)
	default:
		w.place(x)
	}
	return id
}

func (l *list[E]) pushShort(x entry[E]) {
	if len(l.heap.items) < shortWaiting {
		l.heap.push(x)
		return
	}
	l.open()
	l.pushEarly(x)
}

// take removes and returns the first event, if it is due at limit or before.
func (l *list[E]) take(limit Time) (x entry[E], ok bool) {
	for {
		if w := l.wheel; w == nil || w.serving || w.summary == 0 || l.taken >= w.review {
			x, ok = l.first(limit)
		} else {
			x, ok = l.firstInWindow(limit)
		}
		if !ok {
			return x, false
		}
		l.count--
		l.taken++
		if name := l.names[x.slot] + 1; name < deadBit { // release for the common case: 2 ns
			l.names[x.slot] = name
			l.free = append(l.free, x.slot)
		} else if !l.release(x.slot) {
			continue
		}
		if x.at != l.now {
			l.now, l.same = x.at, 0
		}
		l.same++
		return x, true
	}
}

// first removes and returns the first entry, dead or alive, if it is due at
// limit or before.
func (l *list[E]) first(limit Time) (x entry[E], ok bool) {
	w := l.wheel
	if w == nil {
		if len(l.heap.items) == 0 || l.heap.items[0].at > limit {
			return x, false
		}
		if l.taken < shortTaken {
			return l.heap.pop(), true
		}
		l.open()
		w = l.wheel
	}
	if w.serving {
		if x, ok = l.serve(limit); ok || w.serving {
			return x, ok
		}
	}
	if l.taken >= w.review {
		l.adapt()
	}
	if w.summary == 0 && !l.advance(limit) {
		return x, false
	}
	return l.firstInWindow(limit)
}

// firstInWindow is first for a window that is not empty while nothing else is
// served.
func (l *list[E]) firstInWindow(limit Time) (x entry[E], ok bool) {
	w := l.wheel
	word := uint(bits.TrailingZeros64(w.summary)) % 64
	s := word*64 + uint(bits.TrailingZeros64(w.occupied[word]))
	b := &w.buckets[s%buckets]
	i := b.head
	if i != b.tail {
		return l.firstOfMany(word, s, limit)
	}
	e := &w.nodes[i-1]
	if e.at > limit {
		return x, false
	}
	w.occupied[word] &= w.occupied[word] - 1
	if w.occupied[word] == 0 {
		w.summary &= w.summary - 1
	}
	x = *e
	*e = entry[E]{next: w.vacant} // it may hold pointers
	w.vacant = i
	return x, true
}

// peek returns the instant of the first living event.
func (l *list[E]) peek() (Time, bool) {
	for {
		x := l.foremost()
		if x == nil {
			return 0, false
		}
		if l.names[x.slot] < deadBit {
			return x.at, true
		}
		first, _ := l.first(x.at)
		l.count--
		l.release(first.slot)
	}
}

// foremost returns the first entry, dead or alive, nil if there is none. If it
// lies in the wheel its bucket is served from now on, so that looking again is
// cheap and what comes before it goes into the heap.
func (l *list[E]) foremost() *entry[E] {
	w := l.wheel
	if w != nil && w.collecting {
		l.begin()
	}
	if w != nil && !w.serving {
		if w.summary == 0 && !l.advance(Forever) {
			return nil
		}
		l.load(w.firstBucket())
	}
	switch {
	case w != nil && w.next < len(w.run) && !l.heapFirst():
		return &w.run[w.next]
	case len(l.heap.items) > 0:
		return &l.heap.items[0].entry
	}
	return nil
}

// putBack makes an entry the first again that first has returned.
func (l *list[E]) putBack(x entry[E]) {
	l.heap.pushFirst(x)
	if w := l.wheel; w != nil {
		w.serving = true
		w.frontier = max(w.frontier, uint64(x.at)+1)
	}
}

// release gives a slot back and reports whether the event that it named was
// alive.
func (l *list[E]) release(slot uint32) (alive bool) {
	name := l.names[slot]
	alive = name < deadBit
	if !alive {
		l.dead--
		name &^= deadBit
	}
	name++
	l.names[slot] = name
	if name < deadBit { // used 2^31 times: leave it unused, or an old EventID would fit again
		l.free = append(l.free, slot)
	}
	return alive
}

// dropDead forgets an entry if it is dead.
func (l *list[E]) dropDead(slot uint32) bool {
	if l.names[slot] < deadBit {
		return false
	}
	l.release(slot)
	l.count--
	return true
}

// cancel kills an event and reports whether it was waiting.
func (l *list[E]) cancel(id EventID) bool {
	if int(id.slot) >= len(l.names) || l.names[id.slot] != id.gen {
		return false
	}
	l.names[id.slot] |= deadBit
	l.dead++
	// Timeouts are armed far ahead and nearly always cancelled: without a purge
	// they would fill the memory.
	if l.dead > purgeFrom && l.dead > l.count/2 {
		l.purge()
	}
	return true
}

// purge drops everything dead.
func (l *list[E]) purge() {
	l.heap.filter(func(x *entry[E]) bool { return !l.dropDead(x.slot) })
	if l.wheel != nil {
		l.purgeWheel()
	}
}

// clone returns an independent copy.
func (l *list[E]) clone() list[E] {
	c := *l
	c.names = slices.Clone(l.names)
	c.free = slices.Clone(l.free)
	c.heap.items = slices.Clone(l.heap.items)
	if l.wheel != nil {
		c.wheel = l.wheel.clone()
	}
	c.spare = nil
	return c
}

// reset empties the list and keeps its memory. No EventID handed out before
// names anything.
func (l *list[E]) reset() {
	l.free = l.free[:0]
	for i := len(l.names) - 1; i >= 0; i-- { // so that slot 0 is used first, as by a new list
		if name := l.names[i] &^ deadBit; l.names[i] != deadBit && name+1 < deadBit {
			l.names[i] = name + 1
			l.free = append(l.free, uint32(i))
		} else {
			l.names[i] = deadBit
		}
	}
	l.heap.reset()
	if l.wheel != nil {
		l.wheel.reset()
		l.spare, l.wheel = l.wheel, nil
	}
	l.now, l.same, l.count, l.dead, l.taken = 0, 0, 0, 0, 0
}
