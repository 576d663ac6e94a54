package sim

import (
	"math/bits"
	"slices"
)

// begin chooses the first tick and puts all entries into their buckets. The entries of the
// heap come first, because they are older than the collected entries.
func (l *list[E]) begin() {
	w := l.wheel
	w.collecting, w.serving = false, false
	w.shift = l.firstTick()
	w.targetTimes4 = 4 * w.shift
	w.window = l.now >> w.shift >> windowBits
	w.frontier = w.start()
	l.taken, w.reviewed = 0, l.now
	l.work.moves += uint64(len(l.heap.items))
	for len(l.heap.items) > 0 {
		w.move(l.popHeap())
	}
	l.popped = entry[E]{}
	c := w.collected
	w.collected = series{}
	l.distribute(c)
}

// firstTick estimates the gap between entries from the past, or from a sample of the
// waiting entries. The first eighth of the sample shows how dense the near future is.
func (l *list[E]) firstTick() uint {
	w := l.wheel
	if w.collected.count == 0 {
		return l.tickFor(int64(l.now) / int64(max(l.taken, 1)))
	}
	var sample [64]Time
	n := 0
	chunks := int(w.collected.count-1)/perChunk + 1
	every := (chunks + len(sample) - 1) / len(sample)
	for i, k := w.collected.head, 0; i != 0; i, k = w.store.chunk(i).next, k+1 {
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
	if n < 2 {
		return firstShift
	}
	eighth := max(n/8, 1)
	return l.tickFor(int64(sample[eighth]-sample[0]) / int64(max(l.count()*eighth/n, 1)))
}

// tickFor returns the tick for entries that are gap nanoseconds apart. The tick is a
// quarter to a half of the gap, so most buckets have one entry, which is taken without a
// search. With millions of entries the tick is up to the whole gap. Then splitting far
// buckets costs more than searching near ones (12 % at ten million).
func (l *list[E]) tickFor(gap int64) uint {
	if gap <= 1 {
		return 0
	}
	finer := uint(2)
	if l.count() > 1<<20 {
		finer = 1
	}
	s := uint(bits.Len64(uint64(gap))) - 1
	return s - min(s/2, finer)
}

// adapt reviews the tick. A change of the tick moves every entry. So the next review comes
// after half as many takes as there are entries, and after 1024 at least. The target follows
// a new estimate by a quarter. The tick changes if it differs from the target by more than a
// factor of two.
func (l *list[E]) adapt() {
	w := l.wheel
	want := l.tickFor(int64(l.now-w.reviewed) / int64(l.taken))
	w.reviewed, l.taken, w.scanned = l.now, 0, 0
	w.review = max(1024, l.count()/2)
	w.targetTimes4 += want - w.targetTimes4/4
	if want = (w.targetTimes4 + 2) / 4; want > w.shift+1 || want+1 < w.shift {
		l.work.ticks++
		l.rebuild(want)
	}
}

// rebuild puts every live entry into its bucket for another tick, and drops dead entries.
func (l *list[E]) rebuild(shift uint) {
	w := l.wheel
	all := w.takeAll()
	w.shift = shift
	w.window = l.now >> shift >> windowBits
	if !w.serving {
		w.frontier = w.start()
	}
	l.distribute(all)
}
