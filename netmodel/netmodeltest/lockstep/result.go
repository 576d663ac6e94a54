package lockstep

import (
	"fmt"
	"slices"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Attempt names an attempt of a client. The first attempt of client a is {0, 1}. The
// zero Attempt is no attempt.
type Attempt struct {
	Client int
	Number int // 1 for the client's first
}

// String returns "a" for the first attempt of client a, and "a2" for the second.
func (t Attempt) String() string {
	switch {
	case t.Number == 0:
		return "nobody"
	case t.Number == 1:
		return string(rune('a' + t.Client))
	}
	return fmt.Sprintf("%c%d", 'a'+t.Client, t.Number)
}

func compareAttempts(a, b Attempt) int {
	if a.Client != b.Client {
		return a.Client - b.Client
	}
	return a.Number - b.Number
}

// Reply is a segment that the listening host sends to a client.
type Reply uint8

// The replies.
const (
	ReplySynAck   Reply = 1 + iota // the request was queued or accepted
	ReplyRst                       // the request was refused, the connection was reset, or there is no connection
	ReplyAck                       // data or a FIN arrived, or a SYN met a complete connection
	ReplyFin                       // the program closed its side
	ReplyTryAgain                  // there is no room, and connect shall be called again (AF_UNIX)
)

// String returns the name of the reply.
func (w Reply) String() string {
	switch w {
	case ReplySynAck:
		return "SYN-ACK"
	case ReplyRst:
		return "RST"
	case ReplyAck:
		return "ACK"
	case ReplyFin:
		return "FIN"
	case ReplyTryAgain:
		return "try again"
	}
	return "nothing"
}

// Sent is one segment that was sent to an attempt of a client.
type Sent struct {
	To    Attempt
	Reply Reply
}

// Entry is one pending connection.
type Entry struct {
	Attempt  Attempt
	State    netmodel.EntryState
	Deferred bool
}

// Answer is the answer to a question about the listening socket.
type Answer uint8

// The answers. CannotAsk means that the call which asks fails.
const (
	No Answer = iota
	Yes
	CannotAsk
)

// String returns the answer in words.
func (a Answer) String() string { return [...]string{"no", "yes", "cannot ask"}[min(a, CannotAsk)] }

// Result is what an operation returned, and everything that can be seen of the listener
// after it.
type Result struct {
	Errno    winsock.Errno // of the call; 0 for success and for an operation that is no call
	Nested   winsock.Errno // of the call that the condition function made
	Asked    Attempt       // the attempt that the condition function was shown
	Accepted Attempt       // the attempt that accept returned
	Bytes    int           // how many bytes Receive took

	Sent []Sent // sorted by attempt; the segments to one attempt in the order of sending

	Queue      []Entry // complete connections in the order of accept, then half-open ones, then offered requests
	Limit      int     // the effective backlog
	Available  int     // slots that requests can take now
	Free       int     // descriptors that the program can open now, -1 = without limit
	AcceptConn Answer  // SO_ACCEPTCONN
	Readable   Answer  // whether select reports the listening socket as readable

	// An invariant that the system found broken, "" if none. The reference model finds
	// none, so any text is a difference.
	Broken string
}

// decision is what was decided about an attempt, and the reason.
type decision struct {
	kind    netmodel.Kind
	attempt Attempt // zero for a slot that becomes available late
	cause   netmodel.Cause
}

// Equal reports whether two results are the same.
func (r Result) Equal(o Result) bool {
	return r.Errno == o.Errno && r.Nested == o.Nested && r.Asked == o.Asked && r.Accepted == o.Accepted && r.Bytes == o.Bytes &&
		r.Limit == o.Limit && r.Available == o.Available && r.Free == o.Free &&
		r.AcceptConn == o.AcceptConn && r.Readable == o.Readable && r.Broken == o.Broken &&
		slices.Equal(r.Sent, o.Sent) && slices.Equal(r.Queue, o.Queue)
}

// diff says in which fields two results differ. It returns "" if they are equal.
func (r Result) diff(want Result) string {
	var out []string
	field := func(name string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			out = append(out, fmt.Sprintf("%s: got %s, want %s", name, g, w))
		}
	}
	if r.Broken != "" {
		out = append(out, "broken: "+r.Broken)
	}
	field("result", errnoText(r.Errno), errnoText(want.Errno))
	field("nested call", errnoText(r.Nested), errnoText(want.Nested))
	field("condition function was shown", r.Asked, want.Asked)
	field("accepted", r.Accepted, want.Accepted)
	field("bytes", r.Bytes, want.Bytes)
	field("sent", sentText(r.Sent), sentText(want.Sent))
	field("queue", queueText(r.Queue), queueText(want.Queue))
	field("limit", r.Limit, want.Limit)
	field("available slots", r.Available, want.Available)
	field("free descriptors", r.Free, want.Free)
	field("SO_ACCEPTCONN", r.AcceptConn, want.AcceptConn)
	field("readable", r.Readable, want.Readable)
	return strings.Join(out, "; ")
}

func errnoText(e winsock.Errno) string {
	if e == 0 {
		return "success"
	}
	return e.Error()
}

func sentText(heard []Sent) string {
	var out []string
	for _, h := range heard {
		out = append(out, h.To.String()+" "+h.Reply.String())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func queueText(queue []Entry) string {
	var out []string
	for _, e := range queue {
		s := e.Attempt.String()
		switch e.State {
		case netmodel.EntryAborted:
			s += "!"
		case netmodel.EntryHalfOpen:
			s = "(" + s + ")"
		case netmodel.EntryOffered:
			s += "?"
		case netmodel.EntryHeld:
			s = "[" + s + "]"
		}
		if e.Deferred {
			s += "*"
		}
		out = append(out, s)
	}
	return "[" + strings.Join(out, " ") + "]"
}

func decisionsText(fates []decision) string {
	var out []string
	for _, f := range fates {
		out = append(out, fmt.Sprintf("%v: %v (kind %d, cause %d)", f.attempt, f.cause, f.kind, f.cause))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// sortSent sorts segments as a Result has them.
func sortSent(heard []Sent) {
	if len(heard) > 1 {
		slices.SortStableFunc(heard, func(a, b Sent) int { return compareAttempts(a.To, b.To) })
	}
}

func sortDecisions(fates []decision) {
	if len(fates) > 1 {
		slices.SortStableFunc(fates, func(a, b decision) int { return compareAttempts(a.attempt, b.attempt) })
	}
}
