package netmodel

import (
	"math/bits"
	"slices"

	"wspsim/netmodel/winsock"
)

// tuples finds the socket of a connection by its two addresses. It is a hash table of indexes
// into Host.socks, which have the addresses. It has no deleted entries to skip. It never
// shrinks. (Go's map costs 130 ns more for each connection: it stores the addresses again,
// and hashes them for each step of a delete.)
type tuples struct {
	slots []int32 // 0 = free; their number is a power of two, and at least half of them are free
	used  int
}

// place returns the slot where the search for a connection begins.
func (t *tuples) place(local, remote Addr) int {
	high, low := bits.Mul64(uint64(remote.IP)<<16^uint64(remote.Port)^0x9e3779b97f4a7c15, uint64(local.IP)<<16^uint64(local.Port)^0xd6e8feb86659fd93)
	return int(high^low) & (len(t.slots) - 1)
}

// connection returns the socket of a connection, 0 if there is none.
func (h *Host) connection(local, remote Addr) int32 {
	t := &h.tuples
	if t.used == 0 {
		return 0
	}
	for k := t.place(local, remote); ; k = (k + 1) & (len(t.slots) - 1) {
		i := t.slots[k]
		if i == 0 {
			return 0
		}
		if s := &h.socks[i]; s.remote == remote && s.local == local {
			return i
		}
	}
}

// addTuple adds a socket by its two addresses. No other socket may have both.
func (h *Host) addTuple(i int32) {
	t := &h.tuples
	if 2*(t.used+1) > len(t.slots) {
		old := t.slots
		t.slots = make([]int32, max(8, 2*len(old)))
		for _, j := range old {
			if j != 0 {
				h.insert(j)
			}
		}
	}
	t.used++
	h.insert(i)
}

func (h *Host) insert(i int32) {
	t := &h.tuples
	s := &h.socks[i]
	k := t.place(s.local, s.remote)
	for t.slots[k] != 0 {
		k = (k + 1) & (len(t.slots) - 1)
	}
	t.slots[k] = i
}

// removeTuple removes a socket from the table, if it is there.
func (h *Host) removeTuple(i int32) {
	t := &h.tuples
	if t.used == 0 {
		return
	}
	s := &h.socks[i]
	mask := len(t.slots) - 1
	k := t.place(s.local, s.remote)
	for t.slots[k] != i {
		if t.slots[k] == 0 {
			return
		}
		k = (k + 1) & mask
	}
	t.used--
	// Later entries move up into the gap, unless they would get before their place.
	for gap := k; ; {
		k = (k + 1) & mask
		j := t.slots[k]
		if j == 0 {
			t.slots[gap] = 0
			return
		}
		s := &h.socks[j]
		if (k-t.place(s.local, s.remote))&mask >= (k-gap)&mask {
			t.slots[gap], gap = j, k
		}
	}
}

// ports finds the first socket that is bound to a port, by type and port. Its field portNext
// leads to the others. A page of 256 ports is allocated when one of its ports is first used.
type ports [winsock.SOCK_RAW + 1]*[256]*[256]int32

func (p *ports) first(typ winsock.SocketType, port uint16) int32 {
	if p[typ] == nil || p[typ][port>>8] == nil {
		return 0
	}
	return p[typ][port>>8][port&0xff]
}

func (p *ports) setFirst(typ winsock.SocketType, port uint16, i int32) {
	if p[typ] == nil {
		p[typ] = new([256]*[256]int32)
	}
	page := &p[typ][port>>8]
	if *page == nil {
		*page = new([256]int32)
	}
	(*page)[port&0xff] = i
}

func (p ports) clone() ports {
	for t, pages := range p {
		if pages == nil {
			continue
		}
		p[t] = new([256]*[256]int32)
		for k, page := range pages {
			if page != nil {
				own := *page
				p[t][k] = &own
			}
		}
	}
	return p
}

func (t tuples) clone() tuples { return tuples{slices.Clone(t.slots), t.used} }
