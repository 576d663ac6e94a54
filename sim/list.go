package sim

import "slices"

// list is the pending-event set of an Engine: the waiting events in the order
// (instant, insertion).
//
// A short run uses a heap of a few entries. A run moves into a wheel (wheel.go) when
// more than shortWaiting entries wait, or after shortTaken entries were taken. In a
// wheel the cost of an entry hardly depends on how many wait. A fresh heap is cheap to
// make and to clone, which the thousands of tiny runs of a property-based test need.
//
// A cancelled event stays in its place, because entries move and the list does not
// track them. Its name says that it is dead. The list drops it when its time comes or
// when its bucket is split. A purge drops it if dead entries outnumber live ones.
type list[E any] struct {
	now     Time      // the clock of the run: no event is pushed before it
	same    int       // events taken at the present instant
	wheel   *wheel[E] // nil while the run is short
	names   []uint32  // names[slot]: how often the slot was used, and deadBit
	slots   uint32    // number of slots that this run has used
	free    []uint32  // used slots that now name no event
	retired int       // used slots that were used too often to be used again
	dead    int       // cancelled and not dropped yet
	taken   int       // since the wheel's tick was looked at
	heap    heap4[E]  // all entries of a short run; later the entries before the wheel's frontier
	spare   *wheel[E] // the wheel of the run before Reset
	popped  entry[E]  // the last entry that the heap returned
	work    work
}

// work counts what the list does besides adding and taking, so that a test can measure
// how it grows.
type work struct {
	moves  uint64 // entries moved to another bucket
	visits uint64 // entries and buckets looked at to find the first
	ticks  uint64 // changes of the tick
}

// entry is one scheduled event: 16 bytes and the event. Entries move, so a pointer to
// an entry is valid until the next call on the list. Entries are filled and read in
// place, which keeps large events cheap. Events of 64 bytes cost half as much as with
// entries passed by value.
type entry[E any] struct {
	at    Time
	slot  uint32 // its name; see list.names
	next  uint32 // in a bucket: the next entry, as index + 1; during a sort: its position
	event E
}

const (
	shortWaiting = 64  // entries
	shortTaken   = 256 // entries
	purgeFrom    = 64  // dead entries
	deadBit      = 1 << 31
)

// count returns the number of entries, dead ones too. Each entry has a slot.
func (l *list[E]) count() int { return int(l.slots) - len(l.free) - l.retired }

// push adds an event and names it. It panics if the event lies in the past.
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
		*w.store.append(&w.collected) = x
		return
	}
	if w != nil && l.dead == l.count()-1 {
		// No other live entry exists, and a peek may have moved the window far ahead:
		// move it back.
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
		if name := l.names[slot]&^deadBit + 1; l.names[slot] != deadBit && name < deadBit { // used by the run before Reset
			l.names[slot] = name
			return slot
		}
		l.names[slot] = deadBit
		l.retired++
	}
}

// take removes and returns the first event, or nil if no event is due at limit or
// before. The caller clears the event in place.
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

// first removes and returns the first entry, dead or alive, or nil if no entry is due
// at limit or before. The caller clears the event in place.
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

// popHeap moves the heap's first entry to a place that a pointer can name.
func (l *list[E]) popHeap() *entry[E] {
	l.popped = l.heap.pop()
	return &l.popped
}

// peek returns the instant of the first live event, and false if there is none.
func (l *list[E]) peek() (Time, bool) {
	if l.wheel != nil && l.wheel.collecting {
		l.begin()
	}
	for l.count() > 0 {
		switch w := l.wheel; {
		case w == nil || w.serving:
			x := l.front()
			if l.names[x.slot] < deadBit {
				return x.at, true
			}
			l.dropFront()
		case w.summary != 0:
			l.load(w.firstBucket()) // the next peek is then cheap
		default:
			if at, ok := l.peekFar(); ok {
				return at, true
			}
		}
	}
	return 0, false
}

// front returns the first entry of the bucket being served, or of a short run.
func (l *list[E]) front() *entry[E] {
	if w := l.wheel; w != nil && w.next < len(w.run) && !l.heapFirst() {
		return &w.run[w.next]
	}
	return &l.heap.items[0].entry
}

// dropFront drops the entry that front returns. It is dead.
func (l *list[E]) dropFront() {
	var x *entry[E]
	if l.wheel == nil {
		x = l.popHeap()
	} else {
		x = l.serve(Forever)
	}
	x.event = *new(E)
	l.release(x.slot)
}

// putBack puts an entry that first returned back in its place, as the first entry.
func (l *list[E]) putBack(x entry[E]) {
	l.heap.pushFirst(x)
	if w := l.wheel; w != nil {
		w.serving = true
		w.frontier = max(w.frontier, uint64(x.at)+1)
	}
}

// release frees a slot and reports whether its event was alive.
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
	} else { // used 2^31 times: retire the slot, or an old EventID would name an event again
		l.retired++
	}
	return alive
}

// dropDead frees the slot of an entry if the entry is dead, and reports whether it was.
func (l *list[E]) dropDead(slot uint32) bool {
	if l.names[slot] < deadBit {
		return false
	}
	l.release(slot)
	return true
}

// cancel marks an event as dead and reports whether it was waiting.
func (l *list[E]) cancel(id EventID) bool {
	if id.slot >= l.slots || l.names[id.slot] != id.gen {
		return false
	}
	l.names[id.slot] |= deadBit
	l.dead++
	l.purgeIfMostAreDead()
	return true
}

// purgeIfMostAreDead purges if dead entries outnumber live ones. Timeouts are armed far
// ahead and nearly always cancelled.
func (l *list[E]) purgeIfMostAreDead() {
	if l.dead > purgeFrom && l.dead > l.count()/2 {
		l.purge()
	}
}

// purge drops all dead entries.
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
	c.popped = entry[E]{}
	if l.wheel != nil {
		c.wheel = l.wheel.clone()
	}
	c.spare = nil
	return c
}

// reset empties the list and keeps its memory. An earlier EventID names no event.
func (l *list[E]) reset() {
	l.slots, l.free = 0, l.free[:0] // an EventID with a slot at or above slots names no event
	l.heap.reset()
	if l.wheel != nil {
		l.wheel.reset()
		l.spare, l.wheel = l.wheel, nil
	}
	l.now, l.same, l.retired, l.dead, l.taken = 0, 0, 0, 0, 0
}
