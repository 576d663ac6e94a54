package trace

import (
	"strconv"
	"unicode/utf8"

	"wspsim/netmodel"
	"wspsim/sim"
)

// timeline writes records in the Trace Event Format, which Perfetto and Chrome read. A host
// is a process and an attempt is a thread. Connects and waits in the queue are spans, other
// records are instants, and the queue of each listener is a counter.
type timeline struct {
	v     *View
	any   bool
	hosts []bool  // whose name is written, by number
	named []uint8 // by attempt: 1 its name at the client's host is written, 2 at the listener
}

func newTimeline(v *View) writer {
	v.write([]byte(`{"displayTimeUnit":"ns","traceEvents":[`))
	return &timeline{v: v}
}

func (t *timeline) record(r *netmodel.Record, _ *picture, _ bool) {
	t.name(r)
	v := t.v
	from, took := r.At, sim.Time(0)
	switch r.Kind {
	case netmodel.Connected, netmodel.RequestAccepted:
		from, took = r.Since, r.At-r.Since
	}
	b := t.open(r.Host, r.Conn)
	b = appendJSON(append(b, `,"cat":"`+KindName(r.Kind)+`","name":`...), v.what(r))
	b = appendMicros(append(b, `,"ts":`...), from)
	if took > 0 {
		b = appendMicros(append(b, `,"ph":"X","dur":`...), took)
	} else {
		b = append(b, `,"ph":"i","s":"t"`...)
	}
	b = append(b, `,"args":{`...)
	reason, rule := v.printer.reason(r)
	b = appendJSON(append(b, `"reason":`...), reason)
	b = appendJSON(append(b, `,"rule":`...), rule)
	if r.Errno != 0 {
		b = appendJSON(append(b, `,"errno":`...), v.printer.errno(r))
	}
	v.line = append(b, "}}"...)
	v.write(v.line)
	if r.AboutQueue() {
		t.queue(r)
	}
}

// queue writes the counter of a listener.
func (t *timeline) queue(r *netmodel.Record) {
	b := t.open(r.Host, 0)
	b = append(strconv.AppendInt(append(b, `,"name":"queue of fd `...), int64(r.FD), 10), '"')
	b = appendMicros(append(b, `,"ts":`...), r.At)
	b = strconv.AppendInt(append(b, `,"ph":"C","args":{"pending":`...), int64(r.Pending), 10)
	b = strconv.AppendInt(append(b, `,"available":`...), int64(r.Available), 10)
	b = strconv.AppendInt(append(b, `,"half_open":`...), int64(r.HalfOpen), 10)
	t.v.line = append(b, "}}"...)
	t.v.write(t.v.line)
}

// name writes the names of a host and of an attempt there, the first time.
func (t *timeline) name(r *netmodel.Record) {
	for int(r.Host) >= len(t.hosts) {
		t.hosts = append(t.hosts, false)
	}
	if !t.hosts[r.Host] {
		t.hosts[r.Host] = true
		t.metadata("process_name", r.Host, 0, t.v.printer.Host(r.Host))
		t.metadata("thread_name", r.Host, 0, "program")
	}
	side := uint8(0)
	switch {
	case r.Conn == 0:
		return
	case r.Kind == netmodel.SynSent:
		side = 1
	case r.Kind.AtListener():
		side = 2
	}
	for int(r.Conn) >= len(t.named) {
		t.named = append(t.named, 0)
	}
	if side&^t.named[r.Conn] != 0 {
		t.named[r.Conn] |= side
		t.metadata("thread_name", r.Host, r.Conn, t.v.printer.Conn(r.Conn))
	}
}

func (t *timeline) metadata(what string, h netmodel.HostID, c netmodel.ConnID, name string) {
	b := append(t.open(h, c), `,"ph":"M","name":"`+what+`","args":{"name":`...)
	t.v.line = append(appendJSON(b, name), "}}"...)
	t.v.write(t.v.line)
}

// open begins an event.
func (t *timeline) open(h netmodel.HostID, c netmodel.ConnID) []byte {
	b := t.v.line[:0]
	if t.any {
		b = append(b, ',')
	}
	t.any = true
	b = strconv.AppendInt(append(b, "\n"+`{"pid":`...), int64(h), 10)
	return strconv.AppendInt(append(b, `,"tid":`...), int64(c), 10)
}

func (t *timeline) frame(*frame) {}

func (t *timeline) end() {
	title := appendJSON(nil, t.v.Title)
	t.v.write([]byte("\n" + `],"otherData":{"title":` + string(title) + `,"model":"` + netmodel.ModelVersion + "\"}}\n"))
}

// what names what a record is about, and how it ended.
func (v *View) what(r *netmodel.Record) string {
	b := v.printer.appendWhat(nil, r)
	reason, _ := v.printer.reason(r)
	return string(v.printer.appendResult(append(b, ' '), r, reason))
}

// appendMicros appends an instant in microseconds with three decimals.
func appendMicros(b []byte, t sim.Time) []byte {
	b = append(strconv.AppendInt(b, int64(t)/1000, 10), '.')
	return appendNanoseconds(b, t)
}

// appendJSON appends a string of JSON.
func appendJSON(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			const digits = "0123456789abcdef"
			b = append(b, `\u00`...)
			b = append(b, digits[r>>4], digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
