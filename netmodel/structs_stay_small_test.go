package netmodel

import (
	"testing"
	"unsafe"
)

// These sizes decide how many clients and connections fit in memory.
func TestClientsAndConnectionsAreSmall(t *testing.T) {
	for _, c := range []struct {
		what string
		size uintptr
		most uintptr
	}{
		{"a client of a Network that waits, without its event", unsafe.Sizeof(client{}), 24},
		{"an event of a Network", unsafe.Sizeof(event{}), 16},
		{"what a Network remembers of an attempt", unsafe.Sizeof(attempt{}), 112},
		{"a socket: a connection, pending or open", unsafe.Sizeof(socket{}), 128},
		{"a timer", unsafe.Sizeof(timer{}), 40},
		{"a record", unsafe.Sizeof(Record{}), 56},
		{"a segment", unsafe.Sizeof(Segment{}), 40},
	} {
		if c.size > c.most {
			t.Errorf("%s takes %d bytes, want at most %d", c.what, c.size, c.most)
		}
	}
}
