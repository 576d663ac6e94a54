package trace

import (
	"strconv"
	"strings"

	"wspsim/netmodel"
)

// table writes records as comma-separated values (RFC 4180), with line feeds.
type table struct{ v *View }

// columns are the names in the first line.
const columns = "at_ns,kind,host,client,call,fd,value,errno,reason,rule,wait_ns,limit,pending,available,half_open\n"

func newCSV(v *View) writer {
	v.write([]byte(columns))
	return &table{v}
}

func (t *table) record(r *netmodel.Record, _ *picture, _ bool) {
	v := t.v
	reason, rule := v.printer.reason(r)
	client, errno := "", ""
	if r.Conn != 0 {
		client = v.printer.Conn(r.Conn)
	}
	if r.Errno != 0 {
		errno = v.printer.errno(r)
	}
	b := strconv.AppendInt(v.line[:0], int64(r.At), 10)
	for _, text := range [...]string{KindName(r.Kind), v.printer.Host(r.Host), client, r.Call.String()} {
		b = appendField(append(b, ','), text)
	}
	b = strconv.AppendInt(append(b, ','), int64(r.FD), 10)
	b = strconv.AppendInt(append(b, ','), r.Value, 10)
	for _, text := range [...]string{errno, reason, rule} {
		b = appendField(append(b, ','), text)
	}
	if b = append(b, ','); r.Kind == netmodel.RequestAccepted {
		b = strconv.AppendInt(b, int64(r.Wait()), 10)
	}
	for _, n := range [...]int32{r.Limit, r.Pending, r.Available, r.HalfOpen} {
		if b = append(b, ','); r.AboutQueue() {
			b = strconv.AppendInt(b, int64(n), 10)
		}
	}
	v.line = append(b, '\n')
	v.write(v.line)
}

// appendField appends a text, in quotes if it needs them.
func appendField(b []byte, text string) []byte {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(b, text...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(text, `"`, `""`)...), '"')
}

func (t *table) frame(*frame) {}
func (t *table) end()         {}
