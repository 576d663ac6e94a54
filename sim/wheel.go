package sim

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// wheel is the list of a long run: a calendar whose near future lies in buckets
// one tick wide, and whose far future lies in ever coarser ones.
//
//   - The window is 2,048 buckets of one tick, 2^shift ns. A bucket is a
//     linked list in order of insertion. A bitmap of two levels finds the first
//     one that is not empty with two instructions.
//   - What lies beyond the window goes into far buckets, 64 a level, each as wide as
//     all of the level below it: a radix sort by the digits in which an
//     instant differs from the window. A far bucket is a series of chunks to which
//     entries are appended, and which is read in order when its time comes and
//     it is split: memory is used as it likes to be used, and an entry is moved
//     once or twice in its life. (Linked lists for these cost 3 times as much from
//     100,000 entries on.)
//   - The tick follows the rate at which entries are taken, so that a bucket
//     holds one or two. It depends on counts and on virtual time only.
//   - A bucket with more than a few entries is sorted once and then served in order.
//     What is pushed meanwhile and lies before its end, the frontier, goes into
//     the list's heap.
//
// Entries of one instant are always in one and the same place in order of
// insertion, and move together in that order; so nothing is stored to break ties.
type wheel[E any] struct {
	shift      uint   // 0 to 62
	window     Time   // which one: instant >> shift >> windowBits
	frontier   uint64 // what lies before it goes into the heap; never before the window
	serving    bool   // the run or the heap has entries: they come first
	collecting bool   // nothing was taken yet: whatever comes goes into crowd
	review     int    // entries to take before the tick is looked at again
	reviewed   Time   // when it was
	summary    uint64 // words of occupied that are not 0
	occupied   [64]uint64
	buckets    [buckets]bucket
	nodes      []entry[E] // of the window's buckets
	vacant     uint32     // first free node, as index + 1

	run  []entry[E] // the bucket being served, sorted
	next int        // first entry of run that was not taken

	levels uint32            // those that are not empty
	digits [farLevels]uint64 // of each level: buckets that are not empty
	far    [farLevels * 64]series
	crowd  series
	store  store[E]
}

const (
	windowBits = 11
	buckets    = 1 << windowBits
	digitBits  = 6
	farLevels  = 9  // 9*6 + 11 bits and the tick cover all of virtual time
	firstShift = 18 // 0.26 ms, until something is known
	fewEntries = 4  // a bucket of so many is searched, a larger one sorted
)

// bucket is a list of nodes by index + 1. It is empty if its bit in occupied is
// not set.
type bucket struct{ head, tail uint32 }

// open moves a short run into a wheel. What the heap holds stays there until the
// first entry is taken.
func (l *list[E]) open() {
	w := l.spare
	if w == nil {
		w = new(wheel[E])
	}
	w.collecting, w.serving, w.frontier = true, true, math.MaxUint64
	w.shift, w.review = firstShift, shortTaken
	l.wheel, l.spare = w, nil
}

// begin chooses the first tick and puts everything in its place: the heap's
// entries were there before the crowd.
func (l *list[E]) begin() {
	w := l.wheel
	w.collecting, w.serving = false, false
	w.shift = l.firstTick()
	w.window = l.now >> w.shift >> windowBits
	w.frontier = w.start()
	l.taken, w.reviewed = 0, l.now
	l.work.moves += uint64(len(l.heap.items))
	for len(l.heap.items) > 0 {
		w.place(l.heap.pop())
	}
	c := w.crowd
	w.crowd = series{}
	l.spread(c)
}

// firstTick guesses the gap between entries from the past, or from a sample of
// what waits: its first eighth says how dense the near future is.
func (l *list[E]) firstTick() uint {
	w := l.wheel
	if w.crowd.count == 0 {
		return l.tickFor(int64(l.now) / int64(max(l.taken, 1)))
	}
	var sample [64]Time
	n := 0
	chunks := int(w.crowd.count-1)/perChunk + 1
	every := (chunks + len(sample) - 1) / len(sample)
	for i, k := w.crowd.head, 0; i != 0; i, k = w.store.chunk(i).next, k+1 {
		if k%every == 0 {
			sample[n] = w.store.chunk(i).entries[0].at
			n++
		}
	}
	for i := 0; n < len(sample) && i < len(l.heap.items); i++ {
		sample[n] = l.heap.items[i].at
		n++
	}
	slices.Sort(sample[:n])
	eighth := max(n/8, 1)
	return l.tickFor(int64(sample[eighth]-sample[0]) / int64(max(l.count*eighth/n, 1)))
}

// tickFor returns the tick for entries that are so many nanoseconds apart: a
// quarter of that to a half, so that most buckets have one, which is taken without
// a search. Of millions it is up to all of that, because splitting far buckets then
// costs more than searching near ones (12 % at ten million).
func (l *list[E]) tickFor(gap int64) uint {
	if gap <= 1 {
		return 0
	}
	finer := uint(2)
	if l.count > 1<<20 {
		finer = 1
	}
	s := uint(bits.Len64(uint64(gap))) - 1
	return s - min(s/2, finer)
}

// start returns the first instant of the window.
func (w *wheel[E]) start() uint64 { return uint64(w.window) << windowBits << w.shift }

// pushEarly adds an entry that lies before the frontier.
func (l *list[E]) pushEarly(x entry[E]) {
	w := l.wheel
	if w.collecting {
		w.store.append(&w.crowd, x)
		return
	}
	l.heap.push(x)
	w.serving = true
}

// place puts an entry where it belongs, at the frontier or after it.
func (w *wheel[E]) place(x entry[E]) {
	x.next = 0
	tick := x.at >> (w.shift & 63)
	if tick>>windowBits != w.window {
		w.placeFar(x)
		return
	}
	i := w.vacant
	if i == 0 {
		w.nodes = append(w.nodes, x)
		i = uint32(len(w.nodes))
	} else {
		e := &w.nodes[i-1]
		w.vacant = e.next
		*e = x
	}
	s := uint(tick) % buckets
	b := &w.buckets[s]
	if w.occupied[s/64]>>(s%64)&1 == 0 {
		b.head = i
		w.occupied[s/64] |= 1 << (s % 64)
		w.summary |= 1 << (s / 64)
	} else {
		w.nodes[b.tail-1].next = i
	}
	b.tail = i
}

// placeFar puts an entry into the far bucket for the highest digit in which its
// instant differs from the window.
func (w *wheel[E]) placeFar(x entry[E]) {
	number := x.at >> w.shift >> windowBits
	level := uint(63-bits.LeadingZeros64(uint64(number^w.window))) / digitBits
	digit := uint(number>>(digitBits*level)) % 64
	w.digits[level] |= 1 << digit
	w.levels |= 1 << level
	w.store.append(&w.far[level*64+digit], x)
}

// firstBucket returns the first bucket of the window that is not empty, and the
// word of occupied that it is in. There must be one.
func (w *wheel[E]) firstBucket() (word, s uint) {
	word = uint(bits.TrailingZeros64(w.summary)) % (buckets / 64)
	return word, word*64 + uint(bits.TrailingZeros64(w.occupied[word]))%64
}

// vacate notes that the first bucket of the window is empty.
func (w *wheel[E]) vacate(word, s uint) {
	w.occupied[word] &^= 1 << (s % 64)
	if w.occupied[word] == 0 {
		w.summary &= w.summary - 1
	}
}

// unlink frees a node and returns its entry.
func (w *wheel[E]) unlink(i uint32) entry[E] {
	e := &w.nodes[i-1]
	x := *e
	*e = entry[E]{next: w.vacant} // it may hold pointers
	w.vacant = i
	return x
}

// firstOfMany is first for a bucket of several entries: it searches a short
// one, and serves a long one sorted.
func (l *list[E]) firstOfMany(word, s uint, limit Time) (x entry[E], ok bool) {
	w := l.wheel
	b := &w.buckets[s]
	best, before := b.head, uint32(0)
	at := w.nodes[best-1].at
	length := 1
	for p, i := best, w.nodes[best-1].next; i != 0; p, i = i, w.nodes[i-1].next {
		if length++; length > fewEntries {
			if (uint64(w.window)<<windowBits+uint64(s))<<w.shift > uint64(max(limit, 0)) {
				return x, false
			}
			l.load(word, s)
			return l.serve(limit)
		}
		if w.nodes[i-1].at < at {
			at, best, before = w.nodes[i-1].at, i, p
		}
	}
	l.work.visits += uint64(length)
	if at > limit {
		return x, false
	}
	next := w.nodes[best-1].next
	if before == 0 {
		b.head = next
	} else {
		w.nodes[before-1].next = next
	}
	if next == 0 {
		b.tail = before
	}
	return w.unlink(best), true
}

// load begins to serve a bucket of the window.
func (l *list[E]) load(word, s uint) {
	w := l.wheel
	w.run, w.next = w.run[:0], 0
	sorted := true
	for i := w.buckets[s].head; i != 0; {
		next := w.nodes[i-1].next
		x := w.unlink(i)
		x.next = uint32(len(w.run))
		sorted = sorted && (len(w.run) == 0 || w.run[len(w.run)-1].at <= x.at)
		w.run = append(w.run, x)
		i = next
	}
	l.work.visits += uint64(len(w.run))
	w.vacate(word, s)
	if !sorted {
		slices.SortFunc(w.run, func(a, b entry[E]) int {
			if c := cmp.Compare(a.at, b.at); c != 0 {
				return c
			}
			return cmp.Compare(a.next, b.next)
		})
	}
	w.frontier = (uint64(w.window)<<windowBits + uint64(s) + 1) << w.shift
	w.serving = true
}

// serve takes the first entry of the run and the heap, if it is due at limit or
// before.
func (l *list[E]) serve(limit Time) (x entry[E], ok bool) {
	w := l.wheel
	if w.collecting {
		l.begin()
		return x, false
	}
	if w.next == len(w.run) || l.heapFirst() {
		if len(l.heap.items) > 0 {
			if l.heap.items[0].at > limit {
				return x, false
			}
			x, ok = l.heap.pop(), true
		}
	} else {
		e := &w.run[w.next]
		if e.at > limit {
			return x, false
		}
		x, ok = *e, true
		*e = entry[E]{}
		w.next++
	}
	l.served()
	return x, ok
}

// heapFirst reports whether the heap has an entry that comes before the run's.
// At one instant the run's come first: they were there when it was loaded.
func (l *list[E]) heapFirst() bool {
	return len(l.heap.items) > 0 && l.heap.items[0].at < l.wheel.run[l.wheel.next].at
}

// served notes that the run and the heap are empty, if they are.
func (l *list[E]) served() {
	w := l.wheel
	if w.next < len(w.run) || len(l.heap.items) > 0 {
		return
	}
	if w.summary == 0 && w.levels == 0 {
		w.window = l.now >> w.shift >> windowBits // a peek may have moved it ahead
	}
	w.serving, w.frontier = false, w.start()
}

// advance moves the window to the first entry beyond it, splitting far buckets
// on the way, unless that lies after limit. It reports whether the window has
// an entry now. A window that is moved too early, by a peek, costs something:
// until the clock has reached it everything that is pushed goes into the heap.
func (l *list[E]) advance(limit Time) bool {
	w := l.wheel
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
		l.spread(c)
	}
	return true
}

func (w *wheel[E]) forgetFar(level, digit uint) {
	w.far[level*64+digit] = series{}
	w.digits[level] &^= 1 << digit
	if w.digits[level] == 0 {
		w.levels &^= 1 << level
	}
}

// spread puts the living entries of a series where they belong now and frees it.
func (l *list[E]) spread(c series) {
	w := l.wheel
	l.work.moves += uint64(c.count)
	for i := c.head; i != 0; {
		k := w.store.chunk(i)
		entries := k.entries[:k.count]
		dead := uint32(0)
		for j := range entries {
			dead |= l.names[entries[j].slot]
		}
		for j := range entries {
			if x := &entries[j]; dead < deadBit || !l.dropDead(x.slot) {
				w.place(*x)
			}
		}
		i = w.store.release(i)
	}
}

// adapt looks at the tick. To change it costs a move of every entry, which is
// allowed once for every half of them that was taken.
func (l *list[E]) adapt() {
	w := l.wheel
	want := l.tickFor(int64(l.now-w.reviewed) / int64(l.taken))
	w.reviewed, l.taken = l.now, 0
	w.review = max(1024, l.count/2)
	if want > w.shift+1 || want+1 < w.shift {
		l.work.ticks++
		l.rebuild(want)
	}
}

// rebuild puts every entry where it belongs with another tick and drops the
// dead.
func (l *list[E]) rebuild(shift uint) {
	w := l.wheel
	var all series
	for w.summary != 0 {
		word, s := w.firstBucket()
		for i := w.buckets[s].head; i != 0; {
			next := w.nodes[i-1].next
			w.store.append(&all, w.unlink(i))
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
	w.shift = shift
	w.window = l.now >> shift >> windowBits
	if !w.serving {
		w.frontier = w.start()
	}
	l.spread(all)
}

// purgeWheel drops everything dead in the wheel.
func (l *list[E]) purgeWheel() {
	w := l.wheel
	if w.collecting {
		i := w.crowd.head
		w.crowd = series{}
		for i != 0 {
			k := w.store.chunk(i)
			for j := range k.entries[:k.count] {
				if x := &k.entries[j]; !l.dropDead(x.slot) {
					w.store.append(&w.crowd, *x)
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

func (w *wheel[E]) clone() *wheel[E] {
	c := *w
	c.nodes = slices.Clone(w.nodes)
	c.run = slices.Clone(w.run)
	c.store = w.store.clone()
	return &c
}

// reset empties the wheel and keeps its memory.
func (w *wheel[E]) reset() {
	clear(w.nodes)
	clear(w.run)
	w.store.reset()
	*w = wheel[E]{nodes: w.nodes[:0], run: w.run[:0], store: w.store}
}
