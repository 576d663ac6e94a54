package trace

import (
	"wspsim/netmodel"
	"wspsim/sim"
)

// frame is a segment that was sent, and the records that decided about it.
type frame struct {
	netmodel.Transmission
	twice bool     // the link delivers it a second time
	again sim.Time // when
	notes []netmodel.Record
	seen  seen
	prev  int // the frame before it of the same attempt, by its number
}

// seen says which records about a frame have been found, so that the next record of the
// kind is about the next frame.
type seen uint8

const (
	seenArrival seen = 1 << iota
	seenAgain
	seenSent
	seenInNetwork
)

// frames keeps the frames that later records may be about: those that are under way.
type frames struct {
	kept []frame
	head int                     // the first in kept that has not been passed on
	base int                     // the number of kept[0]
	last map[netmodel.ConnID]int // the number of an attempt's latest frame; looked up only
}

func newFrames() *frames { return &frames{last: map[netmodel.ConnID]int{}} }

// add takes a segment that was sent. The copy that a link makes belongs to the frame before.
func (k *frames) add(t *netmodel.Transmission) {
	if t.Duplicate && len(k.kept) > k.head {
		f := &k.kept[len(k.kept)-1]
		f.twice, f.again = true, t.Arrives
		return
	}
	prev, ok := k.last[t.Segment.Conn]
	if !ok {
		prev = -1
	}
	k.last[t.Segment.Conn] = k.base + len(k.kept)
	k.kept = append(k.kept, frame{Transmission: *t, prev: prev})
}

// next returns the next frame that no record at now or later can be about, nil if there is
// none. The frame is valid until the next call of add.
func (k *frames) next(now sim.Time) *frame {
	if k.head == len(k.kept) {
		k.base += k.head
		k.kept, k.head = k.kept[:0], 0
		return nil
	}
	f := &k.kept[k.head]
	if max(f.Sent, f.Arrives, f.again) >= now {
		k.compact()
		return nil
	}
	if k.last[f.Segment.Conn] == k.base+k.head {
		delete(k.last, f.Segment.Conn)
	}
	k.head++
	return f
}

// compact gives back the room of the frames that were passed on.
func (k *frames) compact() {
	if k.head < 1024 || 2*k.head < len(k.kept) {
		return
	}
	n := copy(k.kept, k.kept[k.head:])
	clear(k.kept[n:])
	k.kept, k.base, k.head = k.kept[:n], k.base+k.head, 0
}

// note finds the first frame that a record is about, and keeps the record with it.
func (k *frames) note(r *netmodel.Record) bool {
	side, want := aboutFrame(r)
	if side == 0 || r.Conn == 0 {
		return false
	}
	var found *frame
	var as seen
	at, ok := k.last[r.Conn]
	for ; ok && at >= k.base+k.head; at = k.kept[at-k.base].prev {
		f := &k.kept[at-k.base]
		if s := f.meets(r, side); s != 0 && f.seen&s == 0 && want(&f.Segment) {
			found, as = f, s
		}
	}
	if found == nil {
		return false
	}
	found.seen |= as
	found.notes = append(found.notes, *r)
	return true
}

// meets reports in which way a record may be about a frame, 0 for none.
func (f *frame) meets(r *netmodel.Record, side seen) seen {
	switch {
	case side == seenArrival && f.To == r.Host && f.Lost == netmodel.NoCause:
		switch {
		case f.Arrives == r.At && f.seen&seenArrival == 0:
			return seenArrival
		case f.twice && f.again == r.At:
			return seenAgain
		}
	case side == seenSent && f.From == r.Host && f.Sent == r.At:
		return seenSent
	case side == seenInNetwork && f.From == r.Host && f.Sent == r.At && (f.twice || f.Lost != netmodel.NoCause):
		return seenInNetwork
	}
	return 0
}

// aboutFrame returns at which moment of a frame its record is made: the frame arrives, is
// sent, or is lost or doubled by the network. want reports whether a segment is of that kind.
func aboutFrame(r *netmodel.Record) (side seen, want func(*netmodel.Segment) bool) {
	switch r.Kind {
	case netmodel.RequestQueued, netmodel.RequestOffered, netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.CookieSent, netmodel.RequestHeld:
		return seenArrival, isSyn
	case netmodel.Completed, netmodel.AckIgnored, netmodel.AckDeferred:
		return seenArrival, isAck
	case netmodel.AbortedPending, netmodel.Withdrawn, netmodel.Broken:
		return seenArrival, isRst
	case netmodel.ConnectFailed:
		return seenArrival, isRst
	case netmodel.Connected:
		return seenArrival, isSynAck
	case netmodel.SynRetransmitted:
		return seenSent, isSyn
	case netmodel.SynAckRetransmitted:
		return seenSent, isSynAck
	case netmodel.ResetPending:
		return seenSent, isRst
	case netmodel.DataRetransmitted, netmodel.ProbeSent:
		return seenSent, isAck
	case netmodel.Lost, netmodel.Duplicated:
		flags := netmodel.Flags(r.Value)
		return seenInNetwork, func(s *netmodel.Segment) bool { return s.Flags == flags }
	}
	return 0, nil
}

func isRst(s *netmodel.Segment) bool { return s.Flags&netmodel.RST != 0 }
func isSyn(s *netmodel.Segment) bool {
	return !isRst(s) && s.Flags&(netmodel.SYN|netmodel.ACK) == netmodel.SYN
}
func isSynAck(s *netmodel.Segment) bool {
	return !isRst(s) && s.Flags&(netmodel.SYN|netmodel.ACK) == netmodel.SYN|netmodel.ACK
}
func isAck(s *netmodel.Segment) bool { return !isRst(s) && s.Flags&netmodel.SYN == 0 }
