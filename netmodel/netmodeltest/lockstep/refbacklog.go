package lockstep

import (
	"math"

	"wspsim/netmodel"
)

// sizes is what follows from the backlog of a listener.
type sizes struct {
	backlog int // the effective backlog
	limit   int // most pending connections
	atSyn   int // most pending connections at a SYN
	atAck   int // most pending connections at a final ACK
	synRoom int // most connections in the SYN queue
}

// separate reports whether half-open connections have a SYN queue.
func (r *reference) separate() bool { return r.profile.SynQueue.Separate }

// resize sets the sizes for an argument of listen.
func (r *reference) resize(argument int) { r.sizes = r.sizesOf(argument) }

// sizesOf returns the sizes for an argument of listen. The limit holds where a slot is
// taken. With a SYN queue that is at the final ACK, unless there is no limit there.
func (r *reference) sizesOf(argument int) sizes {
	p, before := &r.profile, r.sizes.synRoom
	s := sizes{backlog: effective(p.Backlog, argument)}
	s.atSyn, s.atAck = fits(p.AtSyn, s.backlog), math.MaxInt32
	s.limit = max(0, s.atSyn)
	if !p.SynQueue.Separate {
		return s
	}
	if s.atAck = fits(p.AtAck, s.backlog); !p.AtAck.None {
		s.limit = max(0, s.atAck)
	}
	s.synRoom = r.synRoomFor(s.backlog)
	if p.SynQueue.Size == netmodel.SizePow2OfBacklog && before > 0 && before != s.synRoom {
		s.synRoom = before // the first listen fixed it
		r.mark(markSynRoomFixed)
	}
	return s
}

// effective returns the effective backlog of listen(n). A hint comes first, then values
// that mean the maximum, then scaling, then clamping. C1, C2, P4, WS.B6, K1
func effective(b netmodel.Backlog, n int) int {
	switch {
	case b.HintMax != 0 && n < -b.HintMax:
		return b.HintMax
	case b.HintMax != 0 && n < 0:
		return max(-n, b.HintMin)
	case b.Somaxconn != 0 && n == b.Somaxconn, n < 0 && b.NegativeIsMax, n == 0 && b.ZeroIsMax:
		return b.Max
	case b.Den > 0: // a negative backlog means 0
		n = int(min(math.MaxInt32, int64(max(n, 0))*int64(b.Num)/int64(b.Den)+int64(b.Add)))
	}
	switch {
	case n < b.Min:
		return b.Min
	case n > b.Max:
		return b.Max
	}
	return n
}

// fits returns how many connections a limit allows.
func fits(l netmodel.Limit, backlog int) int {
	switch {
	case l.None:
		return math.MaxInt32
	case l.Den > 0:
		backlog = backlog * l.Num / l.Den
	}
	return max(backlog+l.Add, l.Min)
}

// synRoomFor returns how many connections fit into the SYN queue. K3
func (r *reference) synRoomFor(backlog int) int {
	q := r.profile.SynQueue
	switch q.Size {
	case netmodel.SizeFixed:
		return q.Max
	case netmodel.SizePow2: // Linux 2.4: the first power of 2 from max(64, tcp_max_syn_backlog) on
		room := 64
		for room < q.Max {
			room *= 2
		}
		return room
	case netmodel.SizePow2OfBacklog: // Linux 2.6.20: the first power of 2 above max(8, min(backlog, tcp_max_syn_backlog))
		room := 8
		for room <= max(8, min(backlog, q.Max)) {
			room *= 2
		}
		return room
	}
	return fits(q.Limit, backlog)
}
