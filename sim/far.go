package sim

import (
	"math/bits"
	"slices"
)

// advance moves the window to the first entry beyond it, unless that entry lies after
// limit. It splits far buckets on the way. It reports whether the window has an entry
// now. To move the window too early, for a peek, has a cost: every push goes into the
// heap until the clock has reached the window.
func (l *list[E]) advance(limit Time) bool {
	w := l.wheel
	l.purgeIfMostAreDead() // also after live entries were taken
	for w.summary == 0 {
		if w.levels == 0 {
			return false
		}
		level := uint(bits.TrailingZeros32(w.levels))
		digit := uint(bits.TrailingZeros64(w.digits[level]))
		window := (w.window>>(digitBits*level)&^63 | Time(digit)) << (digitBits * level)
		c := w.far[level*64+digit]
		if c.count == 1 { // its own window is the next one
			window = w.store.chunk(c.head).entries[0].at >> w.shift >> windowBits
		}
		if window<<windowBits<<w.shift > limit {
			return false
		}
		l.work.visits++
		w.window = window
		w.frontier = w.start()
		w.forgetFar(level, digit)
		l.distribute(c)
	}
	return true
}

// peekFar returns the instant of the first live entry beyond an empty window. It does
// not move the window: every push would go into the heap until the clock has reached
// the window. It searches the first far bucket and remembers what it found. After many
// searches it moves the window and returns false. It also returns false if it found
// dead entries only, which it drops.
func (l *list[E]) peekFar() (Time, bool) {
	w := l.wheel
	p := &w.peeked
	if p.name != 0 && l.names[p.slot] == p.name {
		return p.at, true
	}
	level := uint(bits.TrailingZeros32(w.levels))
	digit := uint(bits.TrailingZeros64(w.digits[level]))
	c := w.far[level*64+digit]
	if w.scanned += int(c.count); w.scanned > 4*l.taken+1024 {
		l.advance(Forever)
		return 0, false
	}
	p.name = 0
	w.store.each(c, func(x *entry[E]) {
		if l.names[x.slot] < deadBit && (p.name == 0 || x.at < p.at) {
			p.at, p.slot, p.name = x.at, x.slot, l.names[x.slot]
		}
	})
	l.work.visits += uint64(c.count)
	if p.name == 0 {
		w.forgetFar(level, digit)
		l.distribute(c)
	}
	return p.at, p.name != 0
}

func (w *wheel[E]) forgetFar(level, digit uint) {
	w.far[level*64+digit] = series{}
	w.digits[level] &^= 1 << digit
	if w.digits[level] == 0 {
		w.levels &^= 1 << level
	}
}

// distribute puts the live entries of a series into their buckets and frees the series.
func (l *list[E]) distribute(c series) {
	w := l.wheel
	l.work.moves += uint64(c.count)
	for i := c.head; i != 0; {
		k := w.store.chunk(i)
		entries := k.entries[:k.count]
		// The names are far apart in memory. Reading them together, before the first is
		// used, waits for memory once and not for each: 23 % with ten million waiting.
		dead := uint32(0)
		for j := range entries {
			dead |= l.names[entries[j].slot]
		}
		for j := range entries {
			if x := &entries[j]; dead < deadBit || !l.dropDead(x.slot) {
				e := w.place(x.at) // as move does; a call of move costs 5 % with a million waiting
				e.at, e.slot, e.event = x.at, x.slot, x.event
			}
		}
		i = w.store.release(i)
	}
}

// takeAll removes every entry from its bucket and returns all entries. Entries of one
// instant are in order.
func (w *wheel[E]) takeAll() series {
	all := w.collected
	w.collected = series{}
	for w.summary != 0 {
		word, s := w.firstBucket()
		for i := w.buckets[s].head; i != 0; {
			next := w.nodes[i-1].next
			x, to := w.unlink(i), w.store.append(&all)
			to.at, to.slot, to.event = x.at, x.slot, x.event
			x.event = *new(E)
			i = next
		}
		w.vacate(word, s)
	}
	for w.levels != 0 {
		level := uint(bits.TrailingZeros32(w.levels))
		digit := uint(bits.TrailingZeros64(w.digits[level]))
		w.store.join(&all, w.far[level*64+digit])
		w.forgetFar(level, digit)
	}
	return all
}

// purgeWheel drops all dead entries of the wheel.
func (l *list[E]) purgeWheel() {
	w := l.wheel
	if w.collecting {
		i := w.collected.head
		w.collected = series{}
		for i != 0 {
			k := w.store.chunk(i)
			for j := range k.entries[:k.count] {
				if x := &k.entries[j]; !l.dropDead(x.slot) {
					*w.store.append(&w.collected) = *x
				}
			}
			i = w.store.release(i)
		}
		return
	}
	living := w.run[:0]
	for _, x := range w.run[w.next:] {
		if !l.dropDead(x.slot) {
			living = append(living, x)
		}
	}
	clear(w.run[len(living):])
	w.run, w.next = living, 0
	if w.serving {
		l.served()
	}
	l.rebuild(w.shift)
}

// clone returns a wheel with the same entries in the same order. It takes only the
// memory that these entries need.
func (w *wheel[E]) clone() *wheel[E] {
	c := &wheel[E]{
		shift: w.shift, window: w.window, frontier: w.frontier,
		serving: w.serving, collecting: w.collecting, review: w.review, reviewed: w.reviewed,
		run: slices.Clone(w.run[w.next:]),
	}
	for s := range w.buckets {
		if w.occupied[s/64]>>(s%64)&1 == 0 {
			continue
		}
		for i := w.buckets[s].head; i != 0; i = w.nodes[i-1].next {
			c.move(&w.nodes[i-1])
		}
	}
	for k := range w.far {
		w.store.each(w.far[k], c.move)
	}
	w.store.each(w.collected, func(x *entry[E]) { *c.store.append(&c.collected) = *x })
	return c
}

// reset empties the wheel and keeps its memory.
func (w *wheel[E]) reset() {
	all := w.takeAll()
	for i := all.head; i != 0; {
		i = w.store.release(i)
	}
	clear(w.run[w.next:])
	w.run, w.next = w.run[:0], 0
	w.peeked.name = 0
}
