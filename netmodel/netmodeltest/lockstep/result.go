package lockstep

import (
	"fmt"
	"slices"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Try names one attempt of one client: the first of client a is {0, 1}. The
// zero Try is nobody.
type Try struct {
	Client int
	Number int // 1 for the client's first
}

// String returns "a" for client a's first attempt, "a2" for its second.
func (t Try) String() string {
	switch {
	case t.Number == 0:
		return "nobody"
	case t.Number == 1:
		return string(rune('a' + t.Client))
	}
	return fmt.Sprintf("%c%d", 'a'+t.Client, t.Number)
}

func compareTries(a, b Try) int {
	if a.Client != b.Client {
		return a.Client - b.Client
	}
	return a.Number - b.Number
}

// What is a segment that a client hears from the listening host.
type What uint8

// The segments.
const (
	SynAck    What = 1 + iota // its request was queued, or accepted
	Reset                     // refused, reset, or nobody knows the connection
	PlainAck                  // data and FIN were taken; a SYN met a connection that is complete
	Finishing                 // the program closed its side
	TryAgain                  // no room; connect is to be called again (AF_UNIX)
)

// String returns the name of the segment.
func (w What) String() string {
	switch w {
	case SynAck:
		return "SYN-ACK"
	case Reset:
		return "RST"
	case PlainAck:
		return "ACK"
	case Finishing:
		return "FIN"
	case TryAgain:
		return "try again"
	}
	return "nothing"
}

// Heard is one segment that a client was sent. A client that was left without
// an answer has none.
type Heard struct {
	Who  Try
	What What
}

// Entry is one pending connection.
type Entry struct {
	Who      Try
	State    netmodel.EntryState
	Deferred bool
}

// Answer is yes, no, or that the call which asks has failed.
type Answer uint8

// The answers.
const (
	No Answer = iota
	Yes
	CannotAsk
)

// String returns the answer in words.
func (a Answer) String() string { return [...]string{"no", "yes", "cannot ask"}[min(a, CannotAsk)] }

// Result is everything that can be seen of a listener after an operation, and
// what the operation returned.
type Result struct {
	Errno    winsock.Errno // of the call; 0 for success and for what is not a call
	Nested   winsock.Errno // of the call that the condition function made
	Asked    Try           // whom the condition function was shown
	Accepted Try           // whom accept handed out
	Bytes    int           // how many bytes Receive took

	Heard []Heard // what the clients were sent, by client; for one client in the order of sending

	Queue      []Entry // what accept would take, in that order; then half-open connections; then offered requests
	Limit      int     // the effective backlog
	Available  int     // slots that requests may take now
	Free       int     // descriptors that can still be opened, -1 = without limit
	AcceptConn Answer  // SO_ACCEPTCONN
	Readable   Answer  // select reports the listening socket as readable

	// What the system found wrong with itself, "" if nothing. A reference model
	// finds nothing, so anything else is a difference.
	Broken string
}

// AttemptResult is what was decided about one attempt, and why. A System that knows the
// reasons may tell them, see Explainer.
type Fate struct {
	Kind  netmodel.Kind
	Who   Try // zero for a slot that came back late
	Cause netmodel.Cause
}

// Equal reports whether two results are the same.
func (r Result) Equal(o Result) bool {
	return r.Errno == o.Errno && r.Nested == o.Nested && r.Asked == o.Asked && r.Accepted == o.Accepted && r.Bytes == o.Bytes &&
		r.Limit == o.Limit && r.Available == o.Available && r.Free == o.Free &&
		r.AcceptConn == o.AcceptConn && r.Readable == o.Readable && r.Broken == o.Broken &&
		slices.Equal(r.Heard, o.Heard) && slices.Equal(r.Queue, o.Queue)
}

// diff says in which fields two results differ, "" if in none.
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
	field("heard", heardText(r.Heard), heardText(want.Heard))
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

func heardText(heard []Heard) string {
	var out []string
	for _, h := range heard {
		out = append(out, h.Who.String()+" "+h.What.String())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func queueText(queue []Entry) string {
	var out []string
	for _, e := range queue {
		s := e.Who.String()
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

func fateText(fates []Fate) string {
	var out []string
	for _, f := range fates {
		out = append(out, fmt.Sprintf("%v: %v (kind %d, cause %d)", f.Who, f.Cause, f.Kind, f.Cause))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// sortHeard puts the segments in the order that a Result promises.
func sortHeard(heard []Heard) {
	if len(heard) > 1 {
		slices.SortStableFunc(heard, func(a, b Heard) int { return compareTries(a.Who, b.Who) })
	}
}

func sortFates(fates []Fate) {
	if len(fates) > 1 {
		slices.SortStableFunc(fates, func(a, b Fate) int { return compareTries(a.Who, b.Who) })
	}
}
