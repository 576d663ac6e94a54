package sim

// heap4 is a 4-ary heap of entries in the order (instant, insertion). It has half the
// levels of a binary heap, and the four children of an entry are adjacent in memory.
type heap4[E any] struct {
	items  []item[E]
	serial uint64 // entries pushed so far: the tie-breaker
	steps  uint64 // moves from parent to child or back so far
}

type item[E any] struct {
	entry[E]
	serial uint64
}

func (a *item[E]) before(b *item[E]) bool {
	return a.at < b.at || a.at == b.at && a.serial < b.serial
}

func (h *heap4[E]) push(x entry[E]) {
	h.serial++
	h.items = append(h.items, item[E]{})
	h.siftUp(len(h.items)-1, item[E]{x, h.serial})
}

// pushFirst puts an entry before all others of its instant.
func (h *heap4[E]) pushFirst(x entry[E]) {
	h.items = append(h.items, item[E]{})
	h.siftUp(len(h.items)-1, item[E]{x, 0})
}

func (h *heap4[E]) pop() entry[E] {
	top, last := h.items[0].entry, len(h.items)-1
	x := h.items[last]
	h.items[last] = item[E]{} // it may hold pointers
	h.items = h.items[:last]
	if last > 0 {
		h.siftDown(0, x)
	}
	return top
}

// siftUp puts x at place i or above it.
func (h *heap4[E]) siftUp(i int, x item[E]) {
	items := h.items
	for i > 0 {
		parent := (i - 1) / 4
		if !x.before(&items[parent]) {
			break
		}
		items[i] = items[parent]
		i = parent
		h.steps++
	}
	items[i] = x
}

// siftDown puts x at place i or below it.
func (h *heap4[E]) siftDown(i int, x item[E]) {
	items := h.items
	for {
		first := 4*i + 1
		if first >= len(items) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(items)); c++ {
			if items[c].before(&items[least]) {
				least = c
			}
		}
		if !items[least].before(&x) {
			break
		}
		items[i] = items[least]
		i = least
		h.steps++
	}
	items[i] = x
}

// filter keeps the entries for which keep reports true.
func (h *heap4[E]) filter(keep func(*entry[E]) bool) {
	kept := h.items[:0]
	for i := range h.items {
		if keep(&h.items[i].entry) {
			kept = append(kept, h.items[i])
		}
	}
	clear(h.items[len(kept):])
	h.items = kept
	for i := (len(kept) - 2) / 4; i >= 0 && len(kept) > 1; i-- {
		h.siftDown(i, kept[i])
	}
}

func (h *heap4[E]) reset() {
	clear(h.items)
	h.items, h.serial, h.steps = h.items[:0], 0, 0
}
