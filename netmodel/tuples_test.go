package netmodel

import (
	"math/rand/v2"
	"testing"

	"wspsim/netmodel/winsock"
)

func TestConnectionsAreFoundAsInAMap(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		h := NewHost(HostConfig{Profile: WSP(), Addrs: []IP{testIP}})
		type ends struct{ local, remote Addr }
		want := map[ends]int32{}
		var known []ends
		draw := func() ends {
			return ends{Addr{testIP, uint16(r.IntN(4))}, Addr{IP(r.IntN(40)), uint16(r.IntN(8))}}
		}
		for step := range 4_000 {
			e := draw()
			if i := h.connection(e.local, e.remote); i != want[e] {
				t.Fatalf("seed %d, step %d: connection(%v) = %d, want %d", seed, step, e, i, want[e])
			}
			switch i := want[e]; {
			case i == 0 && len(want) < 20+int(seed)*40:
				i = h.newSocket(winsock.SOCK_STREAM, stateOpen)
				h.socks[i].local, h.socks[i].remote = e.local, e.remote
				h.addTuple(i)
				want[e] = i
				known = append(known, e)
			case i != 0:
				h.removeTuple(i)
				h.removeTuple(i) // once more changes nothing
				delete(want, e)
			}
			if h.tuples.used != len(want) {
				t.Fatalf("seed %d, step %d: %d are in the table, want %d", seed, step, h.tuples.used, len(want))
			}
			if n := len(h.tuples.slots); n > 0 && 2*h.tuples.used > n {
				t.Fatalf("seed %d, step %d: %d of %d places are taken: more than half", seed, step, h.tuples.used, n)
			}
		}
		for _, e := range known {
			if i := h.connection(e.local, e.remote); i != want[e] {
				t.Fatalf("seed %d: at the end connection(%v) = %d, want %d", seed, e, i, want[e])
			}
		}
	}
}
