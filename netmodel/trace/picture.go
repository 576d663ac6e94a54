package trace

import (
	"slices"
	"strconv"

	"wspsim/netmodel"
)

// picture is a queue as the records tell it: the fold of everything that
// happened at one listener.
type picture struct {
	host             netmodel.HostID
	fd               netmodel.FD
	limit, available int32
	pending          int32      // as the last record says
	separate         bool       // half-open connections stand behind the bracket
	entries          []pictured // in the order of accept: a part of room
	room             []pictured
	marked           [128]int32 // entries by their mark
}

type pictured struct {
	conn netmodel.ConnID
	mark byte // '(' half-open, 0 complete, '!' aborted, '*' deferred, '?' offered, '~' held back
}

// widest is how many slots are drawn one by one.
const widest = 8

// widestOutside is how many are drawn one by one of those that take no slot.
const widestOutside = 3

// apply takes one record into account.
func (p *picture) apply(r *netmodel.Record) {
	p.limit, p.available, p.pending = r.Limit, r.Available, r.Pending
	p.separate = p.separate || r.HalfOpen > 0
	switch r.Kind {
	case netmodel.RequestQueued:
		if p.marked['~'] > 0 || r.Conn == 0 { // it may have been held back, or nobody knows who it is
			p.remove(p.find(r.Conn))
		}
		p.insert(len(p.entries), pictured{r.Conn, '('})
	case netmodel.RequestOffered:
		p.insert(len(p.entries), pictured{r.Conn, '?'})
	case netmodel.RequestHeld:
		p.insert(len(p.entries), pictured{r.Conn, '~'})
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

// find returns the place of a connection, -1 if it is not in the queue. It looks
// where connections complete and leave: from the head on.
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

func (p *picture) insert(at int, e pictured) {
	p.marked[e.mark]++
	if n := len(p.entries); n == cap(p.entries) { // at the end of its room, because the head has moved on
		if cap(p.room) < 2*n+8 {
			p.room = make([]pictured, 4*n+16)
		}
		p.entries = append(p.room[:0], p.entries...)
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

// empty forgets all entries.
func (p *picture) empty() {
	p.entries, p.marked = p.entries[:0], [128]int32{}
}

// complete moves a connection to the place where accept will find it.
func (p *picture) complete(c netmodel.ConnID, place int) {
	at := place
	if at >= len(p.entries) || p.entries[at].conn != c {
		at = p.find(c)
	}
	if at == place {
		p.mark(at, 0)
		return
	}
	p.remove(at) // of a cookie nothing was known before
	p.insert(min(place, len(p.entries)), pictured{c, 0})
}

// appendText draws the queue: a name a pending connection, (in brackets) while
// its handshake is incomplete, a dot an available slot, an underscore one that
// waits to be filled. Large queues are counted instead.
func (p *picture) appendText(b []byte, to *Printer) []byte {
	outside := int(p.marked['?'] + p.marked['~'])
	if p.separate {
		outside += int(p.marked['('])
	}
	slots := len(p.entries) - outside
	if slots < int(p.pending) { // the records began when some were waiting already: nobody knows who
		return p.appendCounts(b, int(p.pending))
	}
	if p.limit > widest || slots > widest {
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
func (p *picture) outside(e pictured) bool {
	return e.mark == '?' || e.mark == '~' || e.mark == '(' && p.separate
}

// appendOutside draws what takes no slot, or counts it if that is much.
func (p *picture) appendOutside(b []byte, n int, to *Printer) []byte {
	if n > widestOutside || p.limit > widest && n > 0 {
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

func appendEntry(b []byte, e pictured, to *Printer) []byte {
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
