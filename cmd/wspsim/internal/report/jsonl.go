package report

import (
	"bufio"
	"encoding/json"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
)

// Lines writes a run as JSON lines: an object for each record. The last object has the
// kind "summary" and the keys of JSON.
type Lines struct {
	out   *json.Encoder
	count uint64
	err   error
}

// NewLines returns a Lines that writes to w.
func NewLines(w *bufio.Writer) *Lines {
	l := &Lines{out: json.NewEncoder(w)}
	l.out.SetEscapeHTML(false)
	return l
}

// record is a netmodel.Record with names. Value is the argument of a call, the
// new descriptor of an accept, the number of a repetition.
type record struct {
	N       uint64 `json:"n"`
	AtNS    int64  `json:"at_ns"`
	Kind    string `json:"kind"`
	Host    string `json:"host,omitempty"`
	Client  string `json:"client,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	Call    string `json:"call,omitempty"`
	FD      int    `json:"fd,omitempty"`
	Value   int64  `json:"value,omitempty"`
	Errno   string `json:"errno,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Rule    string `json:"rule,omitempty"`
	WaitNS  int64  `json:"wait_ns,omitempty"`
	Queue   *queue `json:"queue,omitempty"`
}

type queue struct {
	Limit     int32 `json:"limit"`
	Pending   int32 `json:"pending"`
	Available int32 `json:"available"`
	HalfOpen  int32 `json:"half_open,omitempty"` // where half-open ones have a queue of their own
}

// Record writes a line.
func (l *Lines) Record(n *netmodel.Network, r netmodel.Record) {
	if l.err != nil {
		return
	}
	l.count++
	cause, rule := profiles.ReasonIn(n, r)
	o := record{
		N: l.count, AtNS: int64(r.At), Kind: trace.KindName(r.Kind), Host: n.HostName(r.Host), Call: r.Call.String(),
		FD: int(r.FD), Value: r.Value, Cause: cause, Rule: rule,
	}
	if f := n.Result(r.Conn); f.Client != 0 {
		o.Client, o.Attempt = n.ClientName(f.Client), f.Attempt
	}
	if r.Errno != 0 {
		o.Errno = n.ErrnoName(r.Host, r.Errno)
	}
	if r.Kind == netmodel.RequestAccepted {
		o.WaitNS = int64(r.Wait())
	}
	if r.Limit > 0 || r.HalfOpen > 0 {
		o.Queue = &queue{r.Limit, r.Pending, r.Available, r.HalfOpen}
	}
	l.err = l.out.Encode(o)
}

// Skip counts a record that is not written.
func (l *Lines) Skip() { l.count++ }

// Broken reports whether writing has failed.
func (l *Lines) Broken() bool { return l.err != nil }

// End writes the summary and returns the first error of all writing.
func (l *Lines) End(p *play.Play, d *play.Done) error {
	if l.err == nil {
		l.err = l.out.Encode(append(Object{{"kind", "summary"}}, documentOf(p, d)...))
	}
	return l.err
}
