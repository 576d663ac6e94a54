package netmodel

import (
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Ready says which calls on a socket would not block now, as WSPSelect does.
type Ready struct {
	Read   bool // accept or receive would not block; Select removes nothing. WS.N11
	Write  bool // send would not block, or a connect has succeeded
	Except bool // a connect has failed
}

// Select returns what a socket is ready for. Errors: the errors of every call and
// WSAENOTSOCK.
func (h *Host) Select(fd FD) (Ready, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return Ready{}, err
	}
	s := &h.socks[i]
	switch s.state {
	case stateListening:
		l := &h.lists[s.list]
		first := h.firstPending(l)
		hidden := h.profile.DeferHidesReadable && l.deferred != 0
		return Ready{Read: first != 0 && !hidden || l.withdrawn}, nil
	case stateFailed:
		return Ready{Except: true}, nil
	case stateOpen:
		return Ready{Read: s.unread() > 0 || s.has(flagFinReceived), Write: !s.has(flagFinSent)}, nil
	case stateBroken:
		return Ready{Read: true, Write: true}, nil
	}
	return Ready{}, nil
}

// Queue is the state of a listener's queue. The WSPListen page gives programs no way to see
// it (P5). It is for tests and for output.
type Queue struct {
	Address   Addr // the address that the listener is bound to
	Asked     int  // the argument of the last listen that set the backlog
	Effective int  // the effective backlog for this argument
	Limit     int  // the most connections that may be pending
	Available int  // slots that requests may take now
	Complete  int  // connections that accept can take: Recv-Q of ss
	HalfOpen  int
	Separate  bool // half-open connections have a queue of their own and take no slot
	Entries   []Entry
}

// Entry is one pending connection.
type Entry struct {
	Conn  ConnID
	Peer  Addr
	Since sim.Time // when its SYN arrived
	State EntryState
	// The condition function has deferred the decision.
	Deferred bool
}

// EntryState is the state of a pending connection.
type EntryState uint8

const (
	EntryComplete EntryState = iota // accept can take it
	EntryAborted                    // its client has reset it
	EntryHalfOpen                   // the final ACK is missing
	EntryOffered                    // waits for the condition function; takes no slot
	EntryHeld                       // waits outside the queue for room; takes no slot
)

// Pending returns how many slots are taken.
func (q *Queue) Pending() int {
	n := 0
	for _, e := range q.Entries {
		if e.State != EntryOffered && e.State != EntryHeld && !(q.Separate && e.State == EntryHalfOpen) {
			n++
		}
	}
	return n
}

// Queue returns the queue of a listener. It returns false if the descriptor is not a
// listener. The order of the entries:
//   - The connections that accept would take, in the order of accept.
//   - The complete connections that wait for room.
//   - The half-open connections, in order of arrival.
//   - The offered requests, in order of arrival.
//   - The requests that wait for room.
func (h *Host) Queue(fd FD) (Queue, bool) {
	i := h.table.lookup(fd)
	if i <= 0 || h.socks[i].state != stateListening {
		return Queue{}, false
	}
	l := &h.lists[h.socks[i].list]
	q := Queue{Address: h.socks[i].local, Asked: l.asked, Effective: l.backlog, Limit: l.limit, Available: l.available, Complete: int(l.done.len), HalfOpen: int(l.half.len), Separate: l.separate}
	if l.deferred != 0 { // at the head, even if another connection was complete first. WS.C4
		q.Entries = append(q.Entries, h.entry(l.deferred))
	}
	for _, c := range [...]chain{l.done, l.hidden, l.half, l.offered, l.held} {
		for j := c.head; j != 0; j = h.socks[j].next {
			if j != l.deferred {
				q.Entries = append(q.Entries, h.entry(j))
			}
		}
	}
	return q, true
}

func (h *Host) entry(i int32) Entry {
	s := &h.socks[i]
	return Entry{Conn: s.conn, Peer: s.remote, Since: s.since, State: entryState(s), Deferred: s.has(flagDeferred)}
}

func entryState(s *socket) EntryState {
	switch {
	case s.has(flagHeld):
		return EntryHeld
	case s.has(flagAborted):
		return EntryAborted
	case s.state == stateHalfOpen:
		return EntryHalfOpen
	case s.state == stateOffered:
		return EntryOffered
	}
	return EntryComplete
}

// SockName returns the address that a socket is bound to, the zero Addr if it is not bound.
// Errors: the errors of every call and WSAENOTSOCK. (L09)
func (h *Host) SockName(fd FD) (Addr, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return Addr{}, err
	}
	return h.socks[i].local, nil
}

// PeerName returns the address of the peer of a connection. Errors: the errors of every
// call, WSAENOTSOCK, and WSAENOTCONN, also for a connection that has ended (L07, L09, W).
func (h *Host) PeerName(fd FD) (Addr, error) {
	i, err := h.enterSocket(fd)
	if err != nil {
		return Addr{}, err
	}
	if s := &h.socks[i]; s.state == stateOpen {
		return s.remote, nil
	}
	return Addr{}, winsock.WSAENOTCONN
}

// Arrived returns how many bytes Receive would return without a limit, and whether the end
// of the stream follows them.
func (h *Host) Arrived(fd FD) (bytes int, end bool) {
	i := h.table.lookup(fd)
	if i <= 0 {
		return 0, false
	}
	s := &h.socks[i]
	switch {
	case s.state == stateOpen && s.has(flagNoReceive) && h.profile.Calls != CallsUnix:
		return 0, false
	case s.state == stateOpen:
		return s.unread(), s.has(flagFinReceived)
	case s.state == stateBroken && h.profile.Calls == CallsUnix:
		return s.unread(), false
	}
	return 0, false
}

// SendError returns the error that Send would return now, nil if Send would take bytes or
// would have to wait. Unlike Send it changes nothing.
func (h *Host) SendError(fd FD) error {
	i, err := h.openSocket(fd, 1)
	if err != nil {
		return err
	}
	s := h.socks[i] // a copy: sendBroken can clear the error
	switch {
	case s.state == stateBroken:
		return h.sendBroken(&s)
	case s.has(flagFinSent):
		return winsock.WSAESHUTDOWN
	}
	return nil
}

// Unacknowledged returns how many sent bytes of a connection the peer has not acknowledged.
// A FIN counts as one byte. It returns false if the descriptor is not an open connection.
func (h *Host) Unacknowledged(fd FD) (int, bool) {
	i := h.table.lookup(fd)
	if i <= 0 || h.socks[i].state != stateOpen {
		return 0, false
	}
	return int(h.socks[i].sent - h.socks[i].acked), true
}
