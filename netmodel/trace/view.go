package trace

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"wspsim/netmodel"
	"wspsim/sim"
)

// Format is a file format for a view of a trace.
type Format struct {
	Ext  string // the end of a file's name, such as ".pcapng"
	What string // a few words
	make func(*View) writer
}

// Formats returns the formats of views.
func Formats() []Format {
	return []Format{
		{".csv", "a table of the records", newCSV},
		{".pcapng", "a capture for Wireshark, with a comment for each decision", newCapture},
		{".mmd", "a Mermaid sequence diagram", newMermaid},
		{".svg", "a picture: segments between clients and server, and the queue", newDrawing},
		{".trace.json", "a timeline for Perfetto", newTimeline},
		{".om", "the kernel's counters over time, for Prometheus", newMetrics},
	}
}

// FormatOf returns the format for a file of that name. It returns false if the end of the
// name is not one of Formats.
func FormatOf(name string) (Format, bool) {
	for _, f := range Formats() {
		if strings.HasSuffix(name, f.Ext) {
			return f, true
		}
	}
	return Format{}, false
}

// View writes what happens on a network in one format. The caller calls Segment and Record
// while the network runs, and Close at the end. At each instant, the segments of DrainTap
// come before the records of DrainRecords.
//
// A view without segments is still valid: a capture is then empty. The same calls give the
// same bytes. A view of a long run takes bounded memory. What a picture or a diagram leaves
// out, it says.
type View struct {
	Title string // what the trace is a trace of, "" for nothing

	net     *netmodel.Network
	printer *Printer
	to      writer
	out     *bufio.Writer
	err     error
	frames  *frames           // nil: the format shows no segments
	now     sim.Time          // of the latest call
	waiting []netmodel.Record // of this instant
	line    []byte            // scratch
}

// writer is one format. It gets the records in order. It gets each frame when all records
// about the frame are known, in the order in which the frames were sent.
type writer interface {
	record(r *netmodel.Record, q *picture, onFrame bool)
	frame(f *frame)
	end()
}

// NewView returns a view that writes to w. The network gives the names.
func (f Format) NewView(w io.Writer, n *netmodel.Network) *View {
	v := &View{net: n, printer: NewPrinter(n), out: bufio.NewWriterSize(w, 64<<10)}
	v.to = f.make(v)
	return v
}

// Segment takes a segment into account.
func (v *View) Segment(t netmodel.Transmission) {
	if v.frames != nil {
		v.advance(t.Sent)
		v.frames.add(&t)
	}
}

// Record takes a record into account.
func (v *View) Record(r netmodel.Record) {
	v.advance(r.At)
	v.waiting = append(v.waiting, r)
	if v.frames == nil {
		v.resolve()
	}
}

// Broken reports whether writing has failed, so that nothing more need be written.
func (v *View) Broken() bool { return v.err != nil }

// Close writes the rest. It returns the first error of all writing, and does not close the
// writer below.
func (v *View) Close() error {
	v.resolve()
	v.passFrames(sim.Forever)
	v.to.end()
	if err := v.out.Flush(); v.err == nil {
		v.err = err
	}
	return v.err
}

// advance ends the instant that was, when time goes on.
func (v *View) advance(t sim.Time) {
	if t <= v.now {
		return
	}
	v.resolve()
	v.now = t
	v.passFrames(t)
}

// resolve passes the waiting records on, and finds the frames that they are about.
func (v *View) resolve() {
	for i := range v.waiting {
		r := &v.waiting[i]
		q := v.printer.follow(r)
		v.to.record(r, q, v.frames != nil && v.frames.note(r))
	}
	v.waiting = v.waiting[:0]
}

// passFrames passes on the frames that no later record can be about.
func (v *View) passFrames(now sim.Time) {
	if v.frames == nil {
		return
	}
	for f := v.frames.next(now); f != nil; f = v.frames.next(now) {
		v.to.frame(f)
	}
}

func (v *View) write(b []byte) {
	if v.err == nil {
		_, v.err = v.out.Write(b)
	}
}

// appendNote appends what a record says about a frame: whom it concerns, the queue, the
// decision and the rule.
func (v *View) appendNote(b []byte, r *netmodel.Record) []byte {
	p := v.printer
	if r.Conn != 0 {
		b = append(append(b, p.Conn(r.Conn)...), ": "...)
	}
	if r.AboutQueue() {
		b = strconv.AppendInt(append(b, "queue "...), int64(r.Pending), 10)
		b = strconv.AppendInt(append(b, '/'), int64(r.Limit), 10)
		if r.HalfOpen > 0 {
			b = strconv.AppendInt(append(b, " and "...), int64(r.HalfOpen), 10)
			b = append(b, " half-open"...)
		}
		b = append(b, ", "...)
	}
	return v.appendDecision(b, r)
}

// appendDecision appends what happened, the result with its reason, and the rule.
func (v *View) appendDecision(b []byte, r *netmodel.Record) []byte {
	p := v.printer
	reason, rule := p.reason(r)
	what := string(p.appendWhat(nil, r))
	result := string(p.appendResult(nil, r, reason))
	switch {
	case result == "" || what == "":
		b = append(append(b, what...), result...)
	case strings.HasPrefix(result, what+" "):
		b = append(b, result...)
	default:
		b = append(append(append(b, what...), ' '), result...)
	}
	if rule != "" {
		b = append(append(b, ", rule "...), rule...)
	}
	return b
}

// KindName names a kind of record in lower case, with words joined by underscores. It
// returns "" for what is no kind.
func KindName(k netmodel.Kind) string {
	names := [...]string{
		netmodel.Called: "called", netmodel.RequestQueued: "request_queued", netmodel.RequestOffered: "request_offered",
		netmodel.RequestRefused: "request_refused", netmodel.RequestIgnored: "request_ignored", netmodel.Completed: "completed",
		netmodel.RequestAccepted: "request_accepted", netmodel.ResetPending: "reset_pending", netmodel.Deferred: "deferred",
		netmodel.AbortedPending: "aborted_pending", netmodel.Withdrawn: "withdrawn", netmodel.SlotFilled: "slot_filled",
		netmodel.SynSent: "syn_sent", netmodel.SynRetransmitted: "syn_sent_again", netmodel.SynAckRetransmitted: "syn_ack_again",
		netmodel.Connected: "connected", netmodel.ConnectFailed: "connect_failed", netmodel.Broken: "broken",
		netmodel.Finished: "finished", netmodel.Closed: "closed", netmodel.GaveUp: "gave_up", netmodel.Retries: "retries",
		netmodel.Lost: "lost", netmodel.Duplicated: "duplicated",
		netmodel.LinkChanged: "link_changed", netmodel.FaultChanged: "fault_changed",
		netmodel.CookieSent: "cookie_sent", netmodel.AckIgnored: "ack_ignored", netmodel.AckDeferred: "ack_put_off",
		netmodel.RequestHeld: "request_held", netmodel.SynAckHeld: "syn_ack_held", netmodel.DataRetransmitted: "data_sent_again",
		netmodel.ProbeSent: "probe_sent",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return ""
}
