// Package trace shows the records of a run. A Printer writes one line of text for each
// record, with a picture of the queue. Counters are the TCP counters of a host. Every view of
// a trace belongs here. A view that needs a library gets its own package below this one.
//
// text.go has the lines, picture.go the picture of the queue, and counters.go the counters.
package trace

import (
	"bytes"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Printer writes one line of text for each record:
//
//	1.000 ms  > a        SYN                  queued                          [(a) .]    R3
//
// The first columns are the time, a symbol for the kind, the host or attempt, and the call or
// segment. Then come the result with its reason, the queue after the record, and the rule that
// decided (see profiles.Rules). The symbols:
//
//	=  a program called            >  a request took a slot, or waits for a decision
//	+  a handshake is complete     !  a request was turned away
//	-  accept took or put off one  x  the host reset a pending connection
//	<  a segment was sent          ~  the client of a pending connection is gone
//	?  a final ACK, or data, that did not get its connection into the queue
//	*  something that a client learned or did
//	%  the network lost a segment or delivered it twice, or changed
//
// The queue is drawn in the order of accept:
//
//	a    waits for accept           .    an available slot
//	(b)  half-open                  _    a slot that waits to be filled
//	c!   reset by its client        d*   put off by the condition function
//
// Behind the bracket are connections that take no slot: e? waits for its first decision, and
// f~ is complete and waits for a slot. Half-open connections that have their own queue are
// there too: (b), or (17) if there are many. A large queue is drawn as counts: [17 of 200].
// "a#2" is the second attempt of a.
//
// Show a Printer every record of a run, in order: it keeps the queues itself.
type Printer struct {
	Host func(netmodel.HostID) string // names of hosts
	Conn func(netmodel.ConnID) string // names of attempts
	// Errno returns the name of an error on a host. If Errno is nil, errors have the names
	// of Windows.
	Errno func(netmodel.HostID, winsock.Errno) string
	// Reason returns why a host decided what a record says, and the rule of its system. If
	// Reason is nil, the text is that of the cause, without a rule. See profiles.Reason.
	Reason func(netmodel.Record) (text, rule string)
	// Full prints every record. Without it, routine records are left out: new sockets, bytes
	// sent, connections that clients close.
	Full bool
	// Nanoseconds prints instants and durations in nanoseconds. Without it they are in
	// microseconds. Calls on a network of package simnet take 1 ns, so two runs can differ
	// by 1 ns.
	Nanoseconds bool

	queues     []picture
	extraBytes int // bytes of the present line minus its characters
}

// NewPrinter returns a printer for the records of a network.
func NewPrinter(n *netmodel.Network) *Printer {
	return &Printer{Host: n.HostName, Conn: n.ConnName, Errno: n.ErrnoName, Reason: func(r netmodel.Record) (text, rule string) {
		return profiles.ReasonIn(n, r)
	}}
}

// reason returns the text and the rule of a record.
func (p *Printer) reason(r *netmodel.Record) (text, rule string) {
	if p.Reason == nil {
		return r.Cause.String(), ""
	}
	return p.Reason(*r)
}

// errno returns the name of the error in a record.
func (p *Printer) errno(r *netmodel.Record) string {
	if p.Errno == nil {
		return r.Errno.Error()
	}
	return p.Errno(r.Host, r.Errno)
}

// The columns of a line, in characters.
const (
	columnTime    = 12
	columnWho     = 8
	columnWhat    = 24
	columnResult  = 38
	columnPicture = 20

	columnNanoseconds = 3 // how much wider the time is with Nanoseconds
)

// Append appends the line of a record to b, with its line feed. It appends nothing if the
// record is left out.
func (p *Printer) Append(b []byte, r netmodel.Record) []byte { return p.append(b, &r) }

func (p *Printer) append(b []byte, r *netmodel.Record) []byte {
	q := p.follow(r)
	if !p.Full && routine(r) {
		return b
	}
	start := len(b)
	p.extraBytes = 0
	b = appendInstant(b, r.At)
	if p.Nanoseconds {
		b = appendNanoseconds(b, r.At)
		start += columnNanoseconds // the following columns move to the right
	}
	b = append(b, " ms  "...)
	b = append(b, symbol(r), ' ')
	b = p.pad(p.appendName(b, p.actor(r)), start, columnTime+4+columnWho)
	b = p.pad(p.appendWhat(b, r), start, columnTime+5+columnWho+columnWhat)
	reason, rule := p.reason(r)
	b = p.appendResult(b, r, reason)
	if q != nil || rule != "" {
		b = p.pad(b, start, columnTime+6+columnWho+columnWhat+columnResult)
	}
	if q != nil && !closes(r) {
		if len(p.queues) > 1 { // whose queue it is
			b = append(strconv.AppendInt(append(b, "fd "...), int64(q.fd), 10), ' ')
		}
		b = q.appendText(b, p)
	}
	if rule != "" {
		b = p.pad(b, start, columnTime+7+columnWho+columnWhat+columnResult+columnPicture)
		b = append(b, rule...)
	}
	for b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return append(b, '\n')
}

// Follow is Append without the line. It reports whether Append would write a line. Use it
// for the records of a long run that are not shown.
func (p *Printer) Follow(r netmodel.Record) bool {
	p.follow(&r)
	return p.Full || !routine(&r)
}

// follow updates the queue that a record is about, and returns it, or nil if there is none.
func (p *Printer) follow(r *netmodel.Record) *picture {
	closing := r.Kind == netmodel.Called && r.Call == netmodel.CallClose && r.Errno == 0
	aboutQueue := r.AboutQueue()
	at := len(p.queues) - 1
	for at >= 0 && (p.queues[at].host != r.Host || p.queues[at].fd != r.FD) {
		at--
	}
	switch {
	case closing && at >= 0:
		last := new(picture)
		*last = p.queues[at] // the next records reset the pending connections
		p.queues = slices.Delete(p.queues, at, at+1)
		return last
	case !aboutQueue, closes(r):
		return nil
	case at < 0:
		p.queues = append(p.queues, picture{host: r.Host, fd: r.FD})
		at = len(p.queues) - 1
	case r.Kind == netmodel.Called && r.Call == netmodel.CallListen && r.Pending == 0:
		p.queues[at].empty() // the descriptor may have been another listener's
	}
	p.queues[at].apply(r)
	return &p.queues[at]
}

// closes reports whether a record belongs to the end of a whole queue.
func closes(r *netmodel.Record) bool {
	return r.Cause == netmodel.ListenerClosed
}

// routine reports whether a record is left out of a short trace.
func routine(r *netmodel.Record) bool {
	switch r.Kind {
	case netmodel.SynSent, netmodel.Closed, netmodel.Finished:
		return true
	case netmodel.Called:
		switch r.Call {
		case netmodel.CallSocket, netmodel.CallConnect:
			return r.Errno == 0
		case netmodel.CallSetOption:
			return r.Errno == 0 && winsock.Option(r.Value>>32) == winsock.SO_LINGER
		case netmodel.CallSend, netmodel.CallReceive:
			return true
		case netmodel.CallClose:
			return r.Errno == 0 && r.Conn != 0 && r.Value != netmodel.ByServer
		}
	}
	return false
}

func symbol(r *netmodel.Record) byte {
	switch r.Kind {
	case netmodel.Called, netmodel.SlotFilled:
		return '='
	case netmodel.RequestQueued, netmodel.RequestOffered, netmodel.CookieSent, netmodel.RequestHeld:
		return '>'
	case netmodel.AckIgnored, netmodel.AckDeferred:
		return '?'
	case netmodel.RequestRefused, netmodel.RequestIgnored:
		return '!'
	case netmodel.Completed:
		return '+'
	case netmodel.RequestAccepted, netmodel.Deferred:
		return '-'
	case netmodel.ResetPending:
		return 'x'
	case netmodel.AbortedPending, netmodel.Withdrawn:
		return '~'
	case netmodel.SynSent, netmodel.SynRetransmitted, netmodel.SynAckRetransmitted, netmodel.SynAckHeld, netmodel.DataRetransmitted, netmodel.ProbeSent:
		return '<'
	case netmodel.Lost, netmodel.Duplicated, netmodel.LinkChanged, netmodel.FaultChanged:
		return '%'
	}
	return '*'
}

// actor returns the name in the second column. It is the client if the record is about an
// attempt, and the host for the calls of a server's program.
func (p *Printer) actor(r *netmodel.Record) string {
	switch {
	case r.Conn == 0, r.Kind == netmodel.Called && r.Call == netmodel.CallClose && r.Value == netmodel.ByServer, r.Kind == netmodel.RequestAccepted, r.Kind == netmodel.Deferred, r.Kind == netmodel.SynAckRetransmitted, r.Kind == netmodel.SynAckHeld, r.Kind == netmodel.Called && r.AboutQueue():
		return p.Host(r.Host)
	}
	return p.Conn(r.Conn)
}

func (p *Printer) appendWhat(b []byte, r *netmodel.Record) []byte {
	switch r.Kind {
	case netmodel.Called:
		return appendCall(b, r)
	case netmodel.RequestQueued, netmodel.RequestOffered, netmodel.RequestRefused, netmodel.RequestIgnored, netmodel.CookieSent, netmodel.RequestHeld:
		return append(b, "SYN"...)
	case netmodel.Completed, netmodel.AckIgnored, netmodel.AckDeferred:
		return append(b, "ACK"...)
	case netmodel.AbortedPending:
		return append(b, "RST"...)
	case netmodel.RequestAccepted, netmodel.Deferred:
		return append(bytes.TrimSuffix(appendFD(append(b, "accept("...), r.FD), []byte(", ")), ')')
	case netmodel.SynSent, netmodel.Connected, netmodel.ConnectFailed:
		return append(b, "connect"...)
	case netmodel.SynRetransmitted:
		return strconv.AppendInt(append(b, "SYN again, "...), r.Value, 10)
	case netmodel.SynAckRetransmitted:
		return strconv.AppendInt(append(b, "SYN-ACK again, "...), r.Value, 10)
	case netmodel.SynAckHeld:
		return append(b, "no SYN-ACK"...)
	case netmodel.DataRetransmitted:
		return strconv.AppendInt(append(b, "data again, "...), r.Value, 10)
	case netmodel.ProbeSent:
		return strconv.AppendInt(append(b, "keep-alive probe, "...), r.Value, 10)
	case netmodel.Lost, netmodel.Duplicated:
		return append(b, kindName(netmodel.Segment{Flags: netmodel.Flags(r.Value)})...)
	case netmodel.ResetPending, netmodel.Withdrawn:
		return append(b, "pending"...)
	case netmodel.LinkChanged:
		return p.appendName(append(b, "link to "...), p.Host(netmodel.HostID(r.Value)))
	case netmodel.FaultChanged:
		return append(b, netmodel.Fault(r.Value).String()...)
	case netmodel.GaveUp:
		return append(b, "gives up"...)
	case netmodel.Broken, netmodel.Finished, netmodel.Closed:
		return append(b, "connection"...)
	}
	return b
}

func appendCall(b []byte, r *netmodel.Record) []byte {
	if r.Call == netmodel.CallSetOption {
		b = append(append(append(b, "fd "...), strconv.Itoa(int(r.FD))...), ' ')
		b = append(append(b, winsock.Option(r.Value>>32).String()...), " = "...)
		return strconv.AppendInt(b, int64(int32(r.Value)), 10)
	}
	b = append(append(b, r.Call.String()...), '(')
	switch r.Call {
	case netmodel.CallListen:
		b = strconv.AppendInt(append(appendFD(b, r.FD), "backlog "...), r.Value, 10)
	case netmodel.CallAccept:
		b = bytes.TrimSuffix(appendFD(b, r.FD), []byte(", "))
	case netmodel.CallBind:
		b = appendFD(b, r.FD)
		if a := (netmodel.Addr{IP: netmodel.IP(r.Value >> 16), Port: uint16(r.Value)}); a.IP == netmodel.AnyIP {
			b = strconv.AppendUint(append(b, "*:"...), uint64(a.Port), 10)
		} else {
			b = a.AppendText(b)
		}
	case netmodel.CallConnect:
		b = strconv.AppendInt(append(b, "port "...), r.Value, 10)
	case netmodel.CallSend, netmodel.CallReceive: // only the descriptor tells which end calls
		b = strconv.AppendInt(appendFD(b, r.FD), r.Value, 10)
	case netmodel.CallClose:
		b = strconv.AppendInt(append(b, "fd "...), int64(r.FD), 10)
	}
	return append(b, ')')
}

func (p *Printer) appendResult(b []byte, r *netmodel.Record, reason string) []byte {
	switch r.Kind {
	case netmodel.Called:
		return p.appendCallResult(b, r, reason)
	case netmodel.RequestAccepted:
		b = p.appendName(append(b, "= "...), p.Conn(r.Conn))
		b = strconv.AppendInt(append(b, ", fd "...), r.Value, 10)
		return p.appendDuration(append(b, ", waited "...), r.Wait())
	case netmodel.Deferred:
		return p.appendName(append(b, "put off: "...), p.Conn(r.Conn))
	case netmodel.RequestRefused:
		b = append(b, "refused: "...)
	case netmodel.RequestIgnored, netmodel.AckIgnored:
		b = append(b, "ignored: "...)
	case netmodel.FaultChanged:
		if r.Errno != 0 {
			return p.appendName(append(b, "on: calls fail with "...), p.errno(r))
		}
		return append(b, "off"...)
	case netmodel.SynAckRetransmitted:
		return p.appendName(append(b, "to "...), p.Conn(r.Conn))
	case netmodel.SynAckHeld:
		b = append(p.appendName(append(b, "to "...), p.Conn(r.Conn)), ": "...)
	case netmodel.ResetPending:
		if r.Value == netmodel.Unanswered {
			b = append(b, "refused: "...)
			break
		}
		b = append(b, "reset: "...)
	case netmodel.AbortedPending:
		b = append(b, "keeps its place: "...)
	case netmodel.Withdrawn:
		b = append(b, "leaves: "...)
	case netmodel.Connected:
		return p.appendDuration(append(b, "= 0 after "...), r.Wait())
	case netmodel.ConnectFailed, netmodel.Broken:
		b = append(p.appendName(b, p.errno(r)), ": "...)
	case netmodel.Retries:
		return p.appendDuration(append(b, "tries again in "...), time.Duration(r.Value))
	case netmodel.SynSent:
		return append(b, "connect called"...)
	case netmodel.Duplicated:
		return append(b, "delivered twice"...)
	case netmodel.Finished:
		return append(b, "peer closed"...)
	case netmodel.Closed:
		return append(b, "over"...)
	}
	return append(b, reason...)
}

func appendFD(b []byte, fd netmodel.FD) []byte {
	return append(strconv.AppendInt(append(b, "fd "...), int64(fd), 10), ", "...)
}

func (p *Printer) appendCallResult(b []byte, r *netmodel.Record, reason string) []byte {
	switch {
	case r.Errno != 0:
		return p.appendName(append(b, "= "...), p.errno(r))
	case r.Call == netmodel.CallClose && r.Value == netmodel.ByServer:
		return p.appendName(append(b, "= 0, done with "...), p.Conn(r.Conn))
	case r.Call == netmodel.CallOpenFile:
		return strconv.AppendInt(append(b, "= fd "...), int64(r.FD), 10)
	case r.Call == netmodel.CallSend || r.Call == netmodel.CallReceive:
		return strconv.AppendInt(append(b, "= "...), r.Value, 10)
	}
	b = append(b, "= 0"...)
	if r.Cause != netmodel.NoCause {
		b = append(append(b, ": "...), reason...)
	}
	return b
}

// kindName returns the Kind of a segment of which only the flags are known.
func kindName(s netmodel.Segment) string {
	if s.Flags == netmodel.ACK {
		return "ACK or data"
	}
	return s.Kind()
}

// appendName appends a text that may not be ASCII: a name from a program, or the "µs" of a
// duration.
func (p *Printer) appendName(b []byte, name string) []byte {
	p.extraBytes += len(name) - utf8.RuneCountInString(name)
	return append(b, name...)
}

// appendDuration appends a duration as its String method does, in whole microseconds unless
// the printer prints nanoseconds. It makes no string for a duration below 1 s.
func (p *Printer) appendDuration(b []byte, d time.Duration) []byte {
	micros := int64(d / time.Microsecond)
	switch {
	case p.Nanoseconds:
		return p.appendName(b, d.String())
	case micros <= 0 || micros >= 1_000_000:
		return p.appendName(b, d.Truncate(time.Microsecond).String())
	case micros < 1000:
		p.extraBytes++
		return append(strconv.AppendInt(b, micros, 10), "µs"...)
	}
	b = strconv.AppendInt(b, micros/1000, 10)
	if part := micros % 1000; part != 0 {
		b = append(b, '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, "ms"...)
}

// pad fills the line that began at start with blanks up to a column, at least one blank.
// Columns count characters, not bytes.
func (p *Printer) pad(b []byte, start, column int) []byte {
	n := max(1, column-(len(b)-start-p.extraBytes))
	for ; n > len(blanks); n -= len(blanks) {
		b = append(b, blanks...)
	}
	b = append(b, blanks...) // a copy of fixed length
	return b[:len(b)-len(blanks)+n]
}

const blanks = "                                        "

// appendInstant appends an instant as Time.AppendMillis does, with blanks before it, so that
// it fills its column.
func appendInstant(b []byte, t sim.Time) []byte {
	const width = columnTime - 3 // without the unit
	micros := uint64(t) / 1000
	if micros >= 100_000_000 { // wider than the column
		return t.AppendMillis(b)
	}
	b = append(b, blanks[:width]...)
	digits := b[len(b)-width:]
	part := micros % 1000
	digits[width-4], digits[width-3], digits[width-2], digits[width-1] = '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10)
	for at, whole := width-5, micros/1000; ; at-- {
		digits[at] = byte('0' + whole%10)
		if whole /= 10; whole == 0 {
			break
		}
	}
	return b
}

// appendNanoseconds appends the three decimals that appendInstant leaves out.
func appendNanoseconds(b []byte, t sim.Time) []byte {
	part := uint64(t) % 1000
	return append(b, byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
}
