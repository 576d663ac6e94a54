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
	entries          []pictured
}

type pictured struct {
	conn ConnID
	mark byte // '(' half-open, 0 complete, '!' aborted, '*' deferred, '?' offered
}

// widest is how many slots are drawn one by one.
const widest = 8

// apply takes one record into account.
func (p *picture) apply(r Record) {
	p.limit, p.available = r.Limit, r.Available
	at := slices.IndexFunc(p.entries, func(e pictured) bool { return e.conn == r.Conn })
	switch r.Kind {
	case RequestQueued:
		p.entries = append(p.entries, pictured{r.Conn, '('})
	case RequestOffered:
		p.entries = append(p.entries, pictured{r.Conn, '?'})
	case Completed:
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
	slots, offered := 0, 0
	for _, e := range p.entries {
		if e.mark == '?' {
			offered++
		} else {
			slots++
		}
	}
	if p.limit > widest || slots > widest {
		b = p.appendCounts(b, slots)
		if offered > 0 {
			b = append(strconv.AppendInt(append(b, ' '), int64(offered), 10), '?')
		}
		return b
	}
	b = append(b, '[')
	for _, e := range p.entries {
		if e.mark != '?' {
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
	b[len(b)-1] = ']' // the last blank, or the bracket of a queue without slots
	for _, e := range p.entries {
		if e.mark == '?' {
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
