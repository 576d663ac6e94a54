package sim

import "slices"

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
	slots uint32    // of names that this run has used
	free  []uint32  // of those, the ones that name nothing
	spent int       // of those, the ones that were used too often to be used again
	dead  int       // cancelled and not dropped yet
	taken int       // since the wheel's tick was looked at
	heap  heap4[E]  // all of a short run; then what lies before the wheel's frontier
	spare *wheel[E] // that of the run before Reset
	out   entry[E]  // what the heap gave last
	work  work
}

// work counts what the list does besides adding and taking, so that a test can
// say how it grows.
type work struct {
	moves  uint64 // entries moved to another bucket
	visits uint64 // entries and buckets looked at to find the first
	ticks  uint64 // changes of the tick
}

// entry is one scheduled event: 16 bytes and the event. Entries are moved about;
// a pointer to one is good until the list is touched again. Filling an entry in where
// it lies, and reading it there, is what keeps large events cheap: of 64 bytes
// they cost half as much as when entries are handed from function to function.
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

// count returns how many entries there are, with the dead: each has a slot.
func (l *list[E]) count() int { return int(l.slots) - len(l.free) - l.spent }

// push adds an event and names it. It panics if its time is over.
func (l *list[E]) push(at Time, event E, after bool) EventID {
	if at < l.now {
		panic(outOfTime(l.now, at, after))
	}
	var slot uint32
	if n := len(l.free); n > 0 {
		slot = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		slot = l.newSlot()
	}
	if w := l.wheel; w != nil && uint64(at) >= w.frontier {
		x := w.place(at)
		x.at, x.slot, x.event = at, slot, event
	} else {
		l.pushEarly(entry[E]{at: at, slot: slot, event: event})
	}
	return EventID{slot, l.names[slot]}
}

// pushEarly adds an entry to a short run, or before the wheel's frontier.
func (l *list[E]) pushEarly(x entry[E]) {
	if l.wheel == nil && len(l.heap.items) == shortWaiting {
		l.open()
	}
	w := l.wheel
	if w != nil && w.collecting {
		*w.store.append(&w.crowd) = x
		return
	}
	if w != nil && l.dead == l.count()-1 {
		// Nothing else lives, and a peek may have moved the window far ahead: back.
		l.purge()
		w.move(&x)
		return
	}
	l.heap.push(x)
	if w != nil {
		w.serving = true
	}
}

// newSlot returns a slot that this run has not used.
func (l *list[E]) newSlot() uint32 {
	for {
		slot := l.slots
		l.slots++
		if int(slot) == len(l.names) {
			l.names = append(l.names, 1)
			return slot
		}
		if name := l.names[slot]&^deadBit + 1; l.names[slot] != deadBit && name < deadBit { // of the run before Reset
			l.names[slot] = name
			return slot
		}
		l.names[slot] = deadBit
		l.spent++
	}
}

// take removes and returns the first event, nil if none is due at limit or
// before. The caller forgets the event where it lies.
func (l *list[E]) take(limit Time) *entry[E] {
	for {
		x := l.first(limit)
		if x == nil {
			return nil
		}
		l.taken++
		if !l.release(x.slot) {
			x.event = *new(E)
			continue
		}
		if x.at != l.now {
			l.now, l.same = x.at, 0
		}
		l.same++
		return x
	}
}

// first removes and returns the first entry, dead or alive, nil if none is due
// at limit or before. The caller forgets the event where it lies.
func (l *list[E]) first(limit Time) *entry[E] {
	w := l.wheel
	if w == nil {
		if l.taken < shortTaken {
			return l.firstShort(limit)
		}
		l.open()
		w = l.wheel
	}
	if w.serving {
		if x := l.serve(limit); x != nil || w.serving {
			return x
		}
	}
	if l.taken >= w.review {
		l.adapt()
	}
	if w.summary == 0 && !l.advance(limit) {
		return nil
	}
	word, s := w.firstBucket()
	b := &w.buckets[s]
	if b.head != b.tail {
		return l.firstOfMany(word, s, limit)
	}
	if w.nodes[b.head-1].at > limit {
		return nil
	}
	w.vacate(word, s)
	return w.unlink(b.head)
}

func (l *list[E]) firstShort(limit Time) *entry[E] {
	if len(l.heap.items) == 0 || l.heap.items[0].at > limit {
		return nil
	}
	return l.popHeap()
}

// popHeap moves the heap's first entry to where it can be pointed to.
func (l *list[E]) popHeap() *entry[E] {
	l.out = l.heap.pop()
	return &l.out
}

// peek returns the instant of the first living event.
func (l *list[E]) peek() (Time, bool) {
	if l.wheel != nil && l.wheel.collecting {
		l.begin()
	}
	for l.count() > 0 {
		switch w := l.wheel; {
		case w == nil || w.serving:
			x := l.foremost()
			if l.names[x.slot] < deadBit {
				return x.at, true
			}
			l.dropForemost()
		case w.summary != 0:
			l.load(w.firstBucket()) // to look again is cheap then
		default:
			if at, ok := l.peekFar(); ok {
				return at, true
			}
		}
	}
	return 0, false
}

// foremost returns the first entry of those that are served, or of a short run.
func (l *list[E]) foremost() *entry[E] {
	if w := l.wheel; w != nil && w.next < len(w.run) && !l.heapFirst() {
		return &w.run[w.next]
	}
	return &l.heap.items[0].entry
}

// dropForemost forgets foremost's entry, which is dead.
func (l *list[E]) dropForemost() {
	var x *entry[E]
	if l.wheel == nil {
		x = l.popHeap()
	} else {
		x = l.serve(Forever)
	}
	x.event = *new(E)
	l.release(x.slot)
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
	if name < deadBit {
		l.free = append(l.free, slot)
	} else { // used 2^31 times: leave it unused, or an old EventID would fit again
		l.spent++
	}
	return alive
}

// dropDead forgets an entry if it is dead.
func (l *list[E]) dropDead(slot uint32) bool {
	if l.names[slot] < deadBit {
		return false
	}
	l.release(slot)
	return true
}

// cancel kills an event and reports whether it was waiting.
func (l *list[E]) cancel(id EventID) bool {
	if id.slot >= l.slots || l.names[id.slot] != id.gen {
		return false
	}
	l.names[id.slot] |= deadBit
	l.dead++
	l.purgeIfMostAreDead()
	return true
}

// purgeIfMostAreDead keeps the dead from outnumbering the living: timeouts are
// armed far ahead and nearly always cancelled.
func (l *list[E]) purgeIfMostAreDead() {
	if l.dead > purgeFrom && l.dead > l.count()/2 {
		l.purge()
	}
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
	c.out = entry[E]{}
	if l.wheel != nil {
		c.wheel = l.wheel.clone()
	}
	c.spare = nil
	return c
}

// reset empties the list and keeps its memory. No EventID handed out before
// names anything.
func (l *list[E]) reset() {
	l.slots, l.free = 0, l.free[:0] // whoever is named by a slot from there on is not
	l.heap.reset()
	if l.wheel != nil {
		l.wheel.reset()
		l.spare, l.wheel = l.wheel, nil
	}
	l.now, l.same, l.spent, l.dead, l.taken = 0, 0, 0, 0, 0
}
