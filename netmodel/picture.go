package netmodel

import (
	"slices"
	"strconv"
)

// picture is a queue as the records tell it: the fold of everything that
// happened at one listener.
type picture struct {
	host             HostID
	fd               FD
	limit, available int32
	separate         bool // half-open connections stand behind the bracket
	entries          []pictured
}

type pictured struct {
	conn ConnID
	mark byte // '(' half-open, 0 complete, '!' aborted, '*' deferred, '?' offered, '~' held back
}

// widest is how many slots are drawn one by one.
const widest = 8

// widestOutside is how many are drawn one by one of those that take no slot.
const widestOutside = 3

// apply takes one record into account.
func (p *picture) apply(r Record) {
	p.limit, p.available = r.Limit, r.Available
	p.separate = p.separate || r.HalfOpen > 0
	at := slices.IndexFunc(p.entries, func(e pictured) bool { return e.conn == r.Conn })
	switch r.Kind {
	case RequestQueued:
		if at >= 0 { // it was held back
			p.entries = slices.Delete(p.entries, at, at+1)
		}
		p.entries = append(p.entries, pictured{r.Conn, '('})
	case RequestOffered:
		p.entries = append(p.entries, pictured{r.Conn, '?'})
	case RequestHeld:
		p.entries = append(p.entries, pictured{r.Conn, '~'})
	case AckPutOff:
		if r.Cause == HeldBack {
			p.mark(at, '~')
		}
	case Completed:
		if at < 0 { // a cookie: nothing was known of it
			at = len(p.entries)
			p.entries = append(p.entries, pictured{r.Conn, 0})
		}
		p.complete(at, int(r.Value))
	case AbortedPending:
		p.mark(at, '!')
	case Deferred:
		p.mark(at, '*')
	case RequestAccepted, ResetPending, Withdrawn:
		if at >= 0 {
			p.entries = slices.Delete(p.entries, at, at+1)
		}
	}
}

func (p *picture) mark(at int, m byte) {
	if at >= 0 {
		p.entries[at].mark = m
	}
}

// complete moves an entry to the place where accept will find it.
func (p *picture) complete(at, place int) {
	if at < 0 {
		return
	}
	e := p.entries[at]
	e.mark = 0
	p.entries = slices.Delete(p.entries, at, at+1)
	p.entries = slices.Insert(p.entries, min(place, len(p.entries)), e)
}

// appendText draws the queue: a name a pending connection, (in brackets) while
// its handshake is incomplete, a dot an available slot, an underscore one that
// waits to be filled. Large queues are counted instead.
func (p *picture) appendText(b []byte, name func(ConnID) string) []byte {
	slots, outside := 0, 0
	for _, e := range p.entries {
		if p.outside(e) {
			outside++
		} else {
			slots++
		}
	}
	if p.limit > widest || slots > widest {
		return p.appendOutside(p.appendCounts(b, slots), outside, name)
	}
	b = append(b, '[')
	for _, e := range p.entries {
		if !p.outside(e) {
			b = append(appendEntry(b, e, name), ' ')
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
	return p.appendOutside(append(b, ']'), outside, name)
}

// outside reports whether an entry takes no slot.
func (p *picture) outside(e pictured) bool {
	return e.mark == '?' || e.mark == '~' || e.mark == '(' && p.separate
}

// appendOutside draws what takes no slot, or counts it if that is much.
func (p *picture) appendOutside(b []byte, n int, name func(ConnID) string) []byte {
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
	for _, e := range p.entries {
		if p.outside(e) {
			b = appendEntry(append(b, ' '), e, name)
		}
	}
	return b
}

func appendEntry(b []byte, e pictured, name func(ConnID) string) []byte {
	switch e.mark {
	case 0:
		return append(b, name(e.conn)...)
	case '(':
		return append(append(append(b, '('), name(e.conn)...), ')')
	}
	return append(append(b, name(e.conn)...), e.mark)
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
