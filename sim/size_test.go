package sim

import (
	"testing"
	"unsafe"
)

// The sizes that make an event list of millions fast, and small. Whoever changes
// one of them should know.
func TestAnEntryIsItsEventAndSixteenBytes(t *testing.T) {
	for _, c := range []struct {
		what string
		size uintptr
		most uintptr
	}{
		{"an entry with an event of 8 bytes", unsafe.Sizeof(entry[struct{ kind, who uint32 }]{}), 24},
		{"an entry with an event of 16 bytes", unsafe.Sizeof(entry[benchEvent]{}), 32},
		{"an EventID", unsafe.Sizeof(EventID{}), 8},
	} {
		if c.size > c.most {
			t.Errorf("%s takes %d bytes, want at most %d", c.what, c.size, c.most)
		}
	}
}

func TestTenThousandEntriesTakeLittleMoreThanTheirSize(t *testing.T) {
	const n = 10_000
	var e Engine[benchEvent]
	for i := range n {
		e.After(0, benchEvent{who: uint32(i)})
	}
	e.Peek() // what was collected is in its place
	w := e.list.wheel
	size := uintptr(len(w.store.pages))*unsafe.Sizeof(*w.store.pages[0]) + uintptr(cap(w.nodes)+cap(w.run))*unsafe.Sizeof(w.nodes[0])
	t.Logf("%d bytes an entry of events at one instant, the worst case", size/n)
	if most := uintptr(100); size/n > most { // in chunks, in the window, and in the bucket being served
		t.Errorf("%d bytes an entry, want at most %d", size/n, most)
	}
}
