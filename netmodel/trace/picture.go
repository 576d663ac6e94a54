package trace

import (
	"slices"
	"strconv"

	"wspsim/netmodel"
)

// picture is the queue of one listener, computed from its records.
type picture struct {
	host             netmodel.HostID
	fd               netmodel.FD
	limit, available int32
	pending          int32   // from the last record
	separate         bool    // half-open connections are drawn behind the bracket
	entries          []entry // in the order of accept; a part of buffer
	buffer           []entry
	marked           [128]int32 // entries by their mark
}

type entry struct {
	conn netmodel.ConnID
	mark byte // '(' half-open, 0 complete, '!' aborted, '*' deferred, '?' offered, '~' held back
}

// maxDrawn is the largest number of slots that are drawn one by one.
const maxDrawn = 8

// maxDrawnOutside is the largest number of entries without a slot that are drawn one by one.
const maxDrawnOutside = 3

// apply updates the picture with one record.
func (p *picture) apply(r *netmodel.Record) {
	p.limit, p.available, p.pending = r.Limit, r.Available, r.Pending
	p.separate = p.separate || r.HalfOpen > 0
	switch r.Kind {
	case netmodel.RequestQueued:
		if p.marked['~'] > 0 || r.Conn == 0 { // it may have been held back, or its connection is unknown
			p.remove(p.find(r.Conn))
		}
		p.insert(len(p.entries), entry{r.Conn, '('})
	case netmodel.RequestOffered:
		p.insert(len(p.entries), entry{r.Conn, '?'})
	case netmodel.RequestHeld:
		p.insert(len(p.entries), entry{r.Conn, '~'})
	case netmodel.AckDeferred:
		if r.Cause == netmodel.HeldBack {
			p.mark(p.find(r.Conn), '~')
		}
	case netmodel.Completed:
		p.complete(r.Conn, int(r.Value))
	case netmodel.AbortedPending:
		p.mark(p.find(r.Conn), '!')
	case netmodel.Deferred:
		p.mark(p.find(r.Conn), '*')
	case netmodel.RequestAccepted, netmodel.ResetPending, netmodel.Withdrawn:
		p.remove(p.find(r.Conn))
	}
}

// find returns the place of a connection, or -1 if it is not in the queue. It searches from
// the head, where connections complete and leave.
func (p *picture) find(c netmodel.ConnID) int {
	for i := range p.entries {
		if p.entries[i].conn == c {
			return i
		}
	}
	return -1
}

func (p *picture) mark(at int, m byte) {
	if at >= 0 {
		p.marked[p.entries[at].mark]--
		p.marked[m]++
		p.entries[at].mark = m
	}
}

func (p *picture) insert(at int, e entry) {
	p.marked[e.mark]++
	if n := len(p.entries); n == cap(p.entries) { // the end of the buffer is reached, because the head has moved
		if cap(p.buffer) < 2*n+8 {
			p.buffer = make([]entry, 4*n+16)
		}
		p.entries = append(p.buffer[:0], p.entries...)
	}
	p.entries = slices.Insert(p.entries, at, e)
}

func (p *picture) remove(at int) {
	switch {
	case at < 0:
		return
	case at == 0: // nothing moves: the slice begins later
		p.marked[p.entries[0].mark]--
		p.entries = p.entries[1:]
		return
	}
	p.marked[p.entries[at].mark]--
	p.entries = slices.Delete(p.entries, at, at+1)
}

// empty removes all entries.
func (p *picture) empty() {
	p.entries, p.marked = p.entries[:0], [128]int32{}
}

// complete moves a connection to its place in the order of accept.
func (p *picture) complete(c netmodel.ConnID, place int) {
	at := place
	if at >= len(p.entries) || p.entries[at].conn != c {
		at = p.find(c)
	}
	if at == place {
		p.mark(at, 0)
		return
	}
	p.remove(at) // a connection that came by a cookie has no entry yet
	p.insert(min(place, len(p.entries)), entry{c, 0})
}

// appendText draws the queue. A name is a pending connection, in brackets while its
// handshake is incomplete. A dot is an available slot, an underscore a slot that waits to be
// filled. For a large queue it prints counts.
func (p *picture) appendText(b []byte, to *Printer) []byte {
	outside := int(p.marked['?'] + p.marked['~'])
	if p.separate {
		outside += int(p.marked['('])
	}
	slots := len(p.entries) - outside
	if slots < int(p.pending) { // connections were waiting before the first record: their names are unknown
		return p.appendCounts(b, int(p.pending))
	}
	if p.limit > maxDrawn || slots > maxDrawn {
		return p.appendOutside(p.appendCounts(b, slots), outside, to)
	}
	b = append(b, '[')
	for _, e := range p.entries {
		if !p.outside(e) {
			b = append(appendEntry(b, e, to), ' ')
		}
	}
	for i := slots; i < int(p.limit); i++ {
		if i < slots+int(p.available) {
			b = append(b, ". "...)
		} else {
			b = append(b, "_ "...)
		}
	}
	if b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return p.appendOutside(append(b, ']'), outside, to)
}

// outside reports whether an entry takes no slot.
func (p *picture) outside(e entry) bool {
	return e.mark == '?' || e.mark == '~' || e.mark == '(' && p.separate
}

// appendOutside draws the n entries that take no slot, or their number if they are many.
func (p *picture) appendOutside(b []byte, n int, to *Printer) []byte {
	if n > maxDrawnOutside || p.limit > maxDrawn && n > 0 {
		sign := byte('?')
		if p.separate {
			sign = ')'
			b = append(b, " ("...)
		} else {
			b = append(b, ' ')
		}
		return append(strconv.AppendInt(b, int64(n), 10), sign)
	}
	for i := 0; n > 0; i++ {
		if e := p.entries[i]; p.outside(e) {
			b = appendEntry(append(b, ' '), e, to)
			n--
		}
	}
	return b
}

func appendEntry(b []byte, e entry, to *Printer) []byte {
	switch e.mark {
	case 0:
		return to.appendName(b, to.Conn(e.conn))
	case '(':
		return append(to.appendName(append(b, '('), to.Conn(e.conn)), ')')
	}
	return append(to.appendName(b, to.Conn(e.conn)), e.mark)
}

func (p *picture) appendCounts(b []byte, slots int) []byte {
	b = strconv.AppendInt(append(b, '['), int64(slots), 10)
	b = strconv.AppendInt(append(b, " of "...), int64(p.limit), 10)
	if unfilled := int(p.limit) - slots - int(p.available); unfilled > 0 {
		b = strconv.AppendInt(append(b, ", "...), int64(unfilled), 10)
		b = append(b, " unfilled"...)
	}
	return append(b, ']')
}
