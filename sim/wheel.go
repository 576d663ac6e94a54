package sim

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// wheel is the list of a long run: a calendar queue. Its near future is in buckets of one
// tick, and its far future in wider buckets.
//
//   - The window is 2,048 buckets of one tick, 2^shift ns. A bucket is a linked list in
//     order of insertion. A bitmap of two levels finds the first bucket that is not empty
//     with two instructions.
//   - Entries beyond the window go into far buckets. Each level has 64 of them, and each
//     is as wide as the whole level below it. This is a radix sort by the digits in which
//     an instant differs from the window.
//   - A far bucket is a series of chunks. Entries are appended to it. When its time comes,
//     it is read in order and split. So memory access is sequential, and an entry moves one
//     to three times (TestTheWorkForAnEventIsBoundedUnderEveryLaw).
//   - The tick follows the rate at which entries are taken, so that a bucket holds one or
//     two entries. It depends on counts and on virtual time only.
//   - A bucket with more than a few entries is sorted once and then served in order. Its
//     end is the frontier. Entries pushed before the frontier go into the list's heap.
//
// Entries of one instant are always in the same place, in order of insertion, and they
// move together in that order. So no field is necessary to break ties.
type wheel[E any] struct {
	shift        uint   // 0 to 62
	window       Time   // number of the window: instant >> shift >> windowBits
	frontier     uint64 // earlier entries go into the heap; never before the window
	serving      bool   // the run or the heap has entries: they come first
	collecting   bool   // no entry was taken yet: new entries go into collected
	review       int    // entries to take before the next review of the tick
	reviewed     Time   // instant of the last review
	scanned      int    // entries that peekFar has read since the last review
	targetTimes4 uint   // four times the target of shift
	summary      uint64 // one bit for each word of occupied that is not 0
	occupied     [64]uint64
	buckets      [buckets]bucket
	nodes        []entry[E] // of the window's buckets
	vacant       uint32     // first free node, as index + 1

	run  []entry[E] // the bucket being served, sorted
	next int        // first entry of run that was not taken

	levels uint32            // levels that are not empty
	digits [farLevels]uint64 // of each level: buckets that are not empty
	far    [farLevels * 64]series
	peeked struct { // what peekFar found last: the first live entry beyond the window
		at   Time
		slot uint32
		name uint32 // 0 = nothing
	}
	collected series
	store     store[E]
}

const (
	windowBits = 11
	buckets    = 1 << windowBits
	digitBits  = 6
	farLevels  = 9  // 9*6 + 11 bits and the tick cover all of virtual time
	firstShift = 18 // 0.26 ms, until the rate is known
	fewEntries = 4  // a bucket of at most this many entries is searched, a larger one sorted
)

// bucket is a list of nodes by index + 1. It is empty if its bit in occupied is
// not set.
type bucket struct{ head, tail uint32 }

// open moves a short run into a wheel. The entries of the heap stay there until the first
// entry is taken.
func (l *list[E]) open() {
	w := l.spare
	if w == nil {
		w = new(wheel[E])
	}
	w.collecting, w.serving, w.frontier = true, true, math.MaxUint64
	w.shift, w.review = firstShift, shortTaken
	l.wheel, l.spare = w, nil
}

// start returns the first instant of the window.
func (w *wheel[E]) start() uint64 { return uint64(w.window) << windowBits << w.shift }

// place returns a new entry for an instant at or after the frontier. The caller fills all
// fields except next.
func (w *wheel[E]) place(at Time) *entry[E] {
	tick := at >> (w.shift & 63)
	if tick>>windowBits != w.window {
		return w.placeFar(at)
	}
	i := w.vacant
	if i == 0 {
		w.nodes = append(w.nodes, entry[E]{})
		i = uint32(len(w.nodes))
	}
	e := &w.nodes[i-1]
	w.vacant, e.next = e.next, 0
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
	return e
}

// placeFar is place beyond the window. The entry goes into the far bucket of the highest
// digit in which the instant differs from the window.
func (w *wheel[E]) placeFar(at Time) *entry[E] {
	number := at >> w.shift >> windowBits
	level := uint(63-bits.LeadingZeros64(uint64(number^w.window))) / digitBits
	digit := uint(number>>(digitBits*level)) % 64
	w.digits[level] |= 1 << digit
	w.levels |= 1 << level
	if at < w.peeked.at {
		w.peeked.name = 0
	}
	return w.store.append(&w.far[level*64+digit])
}

// move copies an entry into its bucket.
func (w *wheel[E]) move(x *entry[E]) {
	e := w.place(x.at)
	e.at, e.slot, e.event = x.at, x.slot, x.event
}

// firstBucket returns the first bucket of the window that is not empty, and the word of
// occupied that has its bit. The window must not be empty.
func (w *wheel[E]) firstBucket() (word, s uint) {
	word = uint(bits.TrailingZeros64(w.summary)) % (buckets / 64)
	return word, word*64 + uint(bits.TrailingZeros64(w.occupied[word]))%64
}

// vacate marks the first bucket of the window as empty.
func (w *wheel[E]) vacate(word, s uint) {
	w.occupied[word] &^= 1 << (s % 64)
	if w.occupied[word] == 0 {
		w.summary &= w.summary - 1
	}
}

// unlink frees a node and returns its entry. The entry is valid until the next use of a
// node.
func (w *wheel[E]) unlink(i uint32) *entry[E] {
	e := &w.nodes[i-1]
	e.next, w.vacant = w.vacant, i
	return e
}

// firstOfMany is first for a bucket of several entries. It searches a short bucket. It
// sorts a long bucket and begins to serve it.
func (l *list[E]) firstOfMany(word, s uint, limit Time) *entry[E] {
	w := l.wheel
	b := &w.buckets[s]
	best, before := b.head, uint32(0)
	at := w.nodes[best-1].at
	length := 1
	for p, i := best, w.nodes[best-1].next; i != 0; p, i = i, w.nodes[i-1].next {
		if length++; length > fewEntries {
			if (uint64(w.window)<<windowBits+uint64(s))<<w.shift > uint64(max(limit, 0)) {
				return nil
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
		return nil
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
	return w.unlink(best)
}

// load sorts a bucket of the window into the run and begins to serve it.
func (l *list[E]) load(word, s uint) {
	w := l.wheel
	w.run, w.next = w.run[:0], 0
	sorted := true
	for i := w.buckets[s].head; i != 0; {
		next := w.nodes[i-1].next
		x := w.unlink(i)
		sorted = sorted && (len(w.run) == 0 || w.run[len(w.run)-1].at <= x.at)
		w.run = append(w.run, entry[E]{x.at, x.slot, uint32(len(w.run)), x.event})
		x.event = *new(E) // it may hold pointers
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

// serve takes the first entry of the run and the heap if it is due at limit or before, and
// returns nil otherwise.
func (l *list[E]) serve(limit Time) (x *entry[E]) {
	w := l.wheel
	switch {
	case w.collecting:
		l.begin()
		return nil
	case w.next < len(w.run) && !l.heapFirst():
		if w.run[w.next].at > limit {
			return nil
		}
		x = &w.run[w.next]
		w.next++
	case len(l.heap.items) > 0:
		if l.heap.items[0].at > limit {
			return nil
		}
		x = l.popHeap()
	}
	l.served()
	return x
}

// heapFirst reports whether the first entry of the heap comes before the run. At one
// instant the entries of the run come first, because they were pushed before load.
func (l *list[E]) heapFirst() bool {
	return len(l.heap.items) > 0 && l.heap.items[0].at < l.wheel.run[l.wheel.next].at
}

// served ends serving if the run and the heap are empty.
func (l *list[E]) served() {
	w := l.wheel
	if w.next < len(w.run) || len(l.heap.items) > 0 {
		return
	}
	w.serving, w.frontier = false, w.start()
}
