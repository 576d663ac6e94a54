package sim

import (
	"math/bits"
	"slices"
)

// begin chooses the first tick and puts everything in its place: the heap's
// entries were there before the crowd.
func (l *list[E]) begin() {
	w := l.wheel
	w.collecting, w.serving = false, false
	w.shift = l.firstTick()
	w.aim = 4 * w.shift
	w.window = l.now >> w.shift >> windowBits
	w.frontier = w.start()
	l.taken, w.reviewed = 0, l.now
	l.work.moves += uint64(len(l.heap.items))
	for len(l.heap.items) > 0 {
		w.move(l.popHeap())
	}
	l.out = entry[E]{}
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
	if n < 2 {
		return firstShift
	}
	eighth := max(n/8, 1)
	return l.tickFor(int64(sample[eighth]-sample[0]) / int64(max(l.count()*eighth/n, 1)))
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
	if l.count() > 1<<20 {
		finer = 1
	}
	s := uint(bits.Len64(uint64(gap))) - 1
	return s - min(s/2, finer)
}

// adapt looks at the tick. To change it costs a move of every entry, so it is
// looked at once for every half of them that was taken, follows what was seen by a
// quarter, and is changed if it is off by more than a factor of two.
func (l *list[E]) adapt() {
	w := l.wheel
	want := l.tickFor(int64(l.now-w.reviewed) / int64(l.taken))
	w.reviewed, l.taken, w.scanned = l.now, 0, 0
	w.review = max(1024, l.count()/2)
	w.aim += want - w.aim/4
	if want = (w.aim + 2) / 4; want > w.shift+1 || want+1 < w.shift {
		l.work.ticks++
		l.rebuild(want)
	}
}

// rebuild puts every entry where it belongs with another tick and drops the
// dead.
func (l *list[E]) rebuild(shift uint) {
	w := l.wheel
	all := w.gather()
	w.shift = shift
	w.window = l.now >> shift >> windowBits
	if !w.serving {
		w.frontier = w.start()
	}
	l.spread(all)
}
