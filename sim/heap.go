package sim

// The heap has four children a node: half the levels of a binary heap, and the
// four keys of a family lie side by side.

func before(a, b key) bool {
	return a.at < b.at || a.at == b.at && a.serial < b.serial
}

func (e *Engine[E]) push(k key) {
	e.heap = append(e.heap, k)
	h, i := e.heap, len(e.heap)-1
	for i > 0 {
		parent := (i - 1) / 4
		if !before(k, h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = k
}

func (e *Engine[E]) pop() {
	last := len(e.heap) - 1
	k := e.heap[last]
	e.heap = e.heap[:last]
	if last > 0 {
		e.siftDown(0, k)
	}
}

// siftDown puts k at place i or below it.
func (e *Engine[E]) siftDown(i int, k key) {
	h := e.heap
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h)); c++ {
			if before(h[c], h[least]) {
				least = c
			}
		}
		if !before(h[least], k) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = k
}
