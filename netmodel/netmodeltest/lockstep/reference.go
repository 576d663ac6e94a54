package lockstep

import (
	"math"
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// reference is the reference model: one program with one listening socket, and its
// clients. Its sources are the WSPListen page, the rules, the measurements, the other
// stacks, and the documented settings of a Profile. A rule id stands where a rule decides.
// The code is there to be compared with those sources, not to be fast. Queues are slices
// of connections, and counts are computed when they are needed.
type reference struct {
	profile     netmodel.Profile
	descriptors int // 0 = without limit
	now         sim.Time

	// The program.
	started     int // calls of Startup without a Cleanup
	faults      netmodel.Fault
	files       int
	socket      bool // the listening socket is open and bound
	listening   bool
	conditional bool  // SO_CONDITIONAL_ACCEPT
	paused      bool  // SO_PAUSE_ACCEPT
	accepted    []int // accepted connections, oldest first

	// The listener.
	generation int // number of this listener
	sizes          // the sizes that follow from its backlog
	available  int // free slots for requests
	returning  int // slots that an accept gave back and that are not available yet. WS.Q5
	cookies    cookieUse
	done       []int // complete connections, in the order of accept
	putOff     []int // complete connections that wait for room outside the queue. ST.9
	half       []int // half-open connections, in order of arrival
	offered    []int // requests that wait for the condition function, in order of arrival
	held       []int // unanswered requests that wait for room outside the queue. ST.2
	deferred   int   // the connection whose decision was put off, or noConn
	withdrawn  bool  // the client of the deferred connection has gone. WS.C9

	conns   []conn // all connections since the start, in order of arrival
	closing []int  // connections that the program closed and TCP has not
	timers  []timer
	clients [MaxClients]client
	ports   int

	// Of the operation in progress.
	sent      []Sent
	decisions []decision
	marks     marks
	queue     []Entry
	// What the system has in its queue after the operation. Where a stack chooses at
	// random, the connection that is missing there is the one it chose.
	survivors []Entry
}

const noConn = -1

// conn is one connection, from its SYN on.
type conn struct {
	who         Attempt
	port        int // of the client; only Again makes two attempts that share a port
	generation  int // the number of its listener
	since       sim.Time
	isn         isn // in its SYN-ACK
	complete    bool
	ignored     bool          // half-open, and its final ACK found no room. K4
	aborted     bool          // its client reset it while it was pending
	accepted    bool          // accept returned it
	over        bool          // broken; only the program's descriptor is left
	broken      winsock.Errno // the error that the program gets then
	ownsFD      bool          // it has a descriptor that the program does not hold. WS.D3, WS.D11
	unread      int           // bytes
	clientDone  bool          // the client's FIN has arrived
	finAnswered bool          // the client acknowledged the program's FIN
	resends     int
}

// client is the present attempt as the client sees it.
type client struct {
	attempt  int
	port     int
	phase    phase
	isn      isn  // of the last SYN-ACK
	fin      bool // it has closed its side
	sentMore bool // it has sent more than a SYN and an ACK
	// What it has sent and the host has not acknowledged.
	unackedBytes int
	unackedFin   bool
	pastSyn      bool // one side has acknowledged more than a SYN, so no cookie matches any more
	phantom      bool // the host ignored its final ACK
}

type phase uint8

const (
	phaseIdle      phase = iota
	phaseSynSent         // its SYN is unanswered
	phaseRefused         // an RST answered its SYN
	phaseConnected       // a SYN-ACK answered its SYN
	phaseEnded
)

func newReference(p netmodel.Profile, descriptors int) *reference {
	return &reference{profile: p, descriptors: descriptors, started: 1, socket: true, deferred: noConn}
}

// Clone returns an independent copy.
func (r *reference) Clone() System {
	c := *r
	c.accepted, c.done, c.half = slices.Clone(r.accepted), slices.Clone(r.done), slices.Clone(r.half)
	c.offered, c.closing = slices.Clone(r.offered), slices.Clone(r.closing)
	c.held, c.putOff, c.survivors = slices.Clone(r.held), slices.Clone(r.putOff), nil
	c.conns, c.timers = slices.Clone(r.conns), slices.Clone(r.timers)
	c.sent, c.decisions, c.queue = nil, nil, nil
	return &c
}

// decided returns what the last operation decided.
func (r *reference) decided() []decision { return r.decisions }

// possible reports whether the operation can happen now. A client sends only what it can
// know of. Every call of the program can happen.
func (r *reference) possible(op Op) bool {
	if !op.Valid() {
		return false
	}
	c := &r.clients[op.Client]
	switch op.Kind {
	case Dup:
		return c.phase == phaseSynSent || c.phase == phaseRefused || c.phase == phaseConnected && !c.sentMore
	case Again:
		return c.phase != phaseIdle
	case Ack:
		return c.phase == phaseConnected && !r.isUnanswered(c.port)
	case Data, Fin:
		return c.phase == phaseConnected && !c.fin && !r.isUnanswered(c.port)
	case Resend:
		return c.phase == phaseConnected && (c.unackedBytes > 0 || c.unackedFin) && !r.isUnanswered(c.port)
	case Rst:
		return c.phase == phaseSynSent || c.phase == phaseConnected
	case Connect:
		return !r.socket || r.listening // another socket would begin to connect
	case Misuse:
		i := r.acceptedBy(op.Client)
		return op.N != misuseSend || i == noConn || r.conns[i].over // send fails only on a connection that is over
	}
	return true
}

// Do performs one operation.
func (r *reference) Do(op Op) Result {
	r.sent, r.decisions, r.marks = r.sent[:0], r.decisions[:0], marks{}
	var res Result
	switch op.Kind {
	case Time:
		r.advance(r.now + sim.Time(op.N)*1e6)
	case Faults:
		r.faults = netmodel.Fault(op.N)
	case Syn, Dup, Again, Ack, Data, Fin, Resend, Rst:
		if r.fault(netmodel.FaultNetworkDown) {
			r.mark(markSegmentLost)
		} else {
			r.segment(op)
		}
	default:
		res.Errno = r.call(op, &res)
		r.markCall(op.Kind, res.Errno)
	}
	r.observe(&res)
	return res
}

// call makes the program's call. A socket call fails without Startup first, then without
// a network, then inside a callback, then without a socket. S1-S5
func (r *reference) call(op Op, res *Result) winsock.Errno {
	entry := r.entryError()
	switch op.Kind {
	case Startup:
		r.started++
		return 0
	case Cleanup:
		return r.cleanup()
	case OpenFile:
		return r.openFile()
	case CloseFile:
		r.files = max(0, r.files-1)
		return 0
	case Open:
		if r.socket {
			return 0
		}
		return r.open(entry, op.N)
	}
	if entry == winsock.WSANOTINITIALISED && r.profile.Calls == netmodel.CallsWine {
		entry = 0 // only the socket checks that, and there is no socket. W
	}
	switch {
	case entry != 0:
		return entry
	case op.Kind == Hangup:
		return r.hangup(op.Client, op.N)
	case op.Kind == Receive:
		return r.receive(op.Client, res)
	case op.Kind == Misuse:
		return r.misuse(op.Client, op.N)
	case !r.socket:
		return r.notOpen()
	}
	switch op.Kind {
	case Listen:
		return r.listen(op.N)
	case Accept:
		return r.accept(op.N, res)
	case Connect:
		return r.connect()
	case Shutdown:
		return r.shutdown(op.N)
	case Close:
		r.closeListener()
		r.socket = false
		return 0
	}
	return r.pause(op.N == 1)
}

func (r *reference) entryError() winsock.Errno {
	switch {
	case r.started == 0:
		return winsock.WSANOTINITIALISED
	case r.fault(netmodel.FaultNetworkDown):
		return winsock.WSAENETDOWN
	case r.fault(netmodel.FaultInCallback) && !r.profile.Nesting:
		return winsock.WSAEINPROGRESS
	}
	return 0
}

func (r *reference) fault(f netmodel.Fault) bool { return r.faults&f != 0 }

// free returns how many descriptors are free, a very large number without a limit.
func (r *reference) free() int {
	if r.descriptors == 0 {
		return math.MaxInt32
	}
	used := r.files + len(r.accepted)
	if r.socket {
		used++
	}
	for _, queue := range [...][]int{r.done, r.half, r.closing} {
		for _, i := range queue {
			if r.conns[i].ownsFD {
				used++
			}
		}
	}
	return r.descriptors - used
}

// pending returns how many slots are taken. Half-open connections take one unless they
// have a SYN queue. Requests that wait for the condition function take none. WS.Q6,
// WS.Q10, K8
func (r *reference) pending() int {
	if r.separate() {
		return len(r.done)
	}
	return len(r.half) + len(r.done)
}

// fill raises available to min(limit - pending, free descriptors). It never lowers
// available. Returning slots are not available yet. Where a slot needs no descriptor,
// free descriptors do not matter. R7, WS.D5, WS.D8
func (r *reference) fill() {
	before := r.available
	room := r.limit - r.pending() - r.returning
	if r.profile.Slots == netmodel.SlotsFilled {
		room = min(room, r.free())
	}
	r.available = max(r.available, room)
	r.markFill(r.available - before)
}

// releaseSlots makes the slots of requests available that no accept took. WS.Q7, WS.C3
func (r *reference) releaseSlots(slots int) {
	r.available = max(r.available, min(r.available+slots, r.limit-r.pending()-r.returning))
}

func (r *reference) openFile() winsock.Errno {
	if r.free() == 0 {
		return winsock.WSAEMFILE
	}
	r.files++
	return 0
}

func (r *reference) open(entry winsock.Errno, options int) winsock.Errno {
	switch {
	case entry != 0:
		return entry
	case r.fault(netmodel.FaultNoBuffers):
		return winsock.WSAENOBUFS
	case r.free() == 0:
		return winsock.WSAEMFILE
	}
	r.socket, r.listening, r.conditional, r.paused = true, false, false, false
	if options&1 != 0 {
		if r.profile.Options != netmodel.OptionsWindows {
			return winsock.WSAENOPROTOOPT
		}
		r.conditional = true
	}
	return 0
}

// closeListener resets each pending connection, forgets it, or sends its client a FIN.
// WS.X1, WS.X2, K11
func (r *reference) closeListener() {
	r.markClose()
	for _, i := range slices.Concat(r.done, r.putOff, r.half, r.offered, r.held) {
		c, how := &r.conns[i], r.profile.CloseListener
		finishes := how == netmodel.CloseFinishes && c.complete && !c.aborted
		if !finishes && how != netmodel.CloseForgetsAll && (how != netmodel.CloseForgetsHalfOpen || c.complete) {
			r.reset(i, netmodel.ListenerClosed)
			continue
		}
		r.remove(i)
		r.decide(netmodel.Withdrawn, i, netmodel.ListenerClosed)
		if finishes {
			r.finish(i, false)
		}
	}
	r.listening = false
	r.timers = slices.DeleteFunc(r.timers, func(a timer) bool { return a.kind == timerSlot })
}

// cleanup is WSPCleanup. The last one resets and frees every open socket. Closed sockets
// go on. WS.X12
func (r *reference) cleanup() winsock.Errno {
	switch {
	case r.started == 0:
		return winsock.WSANOTINITIALISED
	case r.fault(netmodel.FaultNetworkDown):
		return winsock.WSAENETDOWN
	}
	r.started--
	if r.started > 0 {
		return 0
	}
	r.closeListener()
	r.socket = false
	for _, i := range slices.Clone(r.accepted) {
		if !r.conns[i].over {
			r.send(i, ReplyRst)
		}
		r.remove(i)
	}
	return 0
}

// pause sets SO_PAUSE_ACCEPT. WS.Q9
func (r *reference) pause(on bool) winsock.Errno {
	if r.profile.Options != netmodel.OptionsWindows {
		return winsock.WSAENOPROTOOPT
	}
	r.paused = on
	if on && r.listening && r.profile.PauseResets {
		slots := r.pending()
		for _, i := range slices.Concat(r.done, r.half) {
			r.reset(i, netmodel.Paused)
		}
		r.releaseSlots(slots)
	}
	return 0
}
