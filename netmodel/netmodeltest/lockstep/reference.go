package lockstep

import (
	"math"
	"slices"

	"wspsim/netmodel"
	"wspsim/sim"
)

// Reference is the reference model: one program with one listening socket, and
// its clients. It is written from the WSPListen page, the rule table around it
// and the documented settings of a Profile, so that it can be read beside them;
// a rule id stands where one decides. Queues are slices of whom they hold,
// counts are taken when they are needed, and nothing is fast on purpose.
type Reference struct {
	profile     netmodel.Profile
	descriptors int // in all, 0 = without limit
	now         sim.Time

	// The program.
	started     int // Startups without their Cleanup
	faults      netmodel.Fault
	files       int
	socket      bool // the listening socket is open, and bound
	listening   bool
	conditional bool  // SO_CONDITIONAL_ACCEPT
	paused      bool  // SO_PAUSE_ACCEPT
	taken       []int // accepted connections, oldest first

	// The listener.
	generation int   // how many listeners there were before it
	limit      int   // the effective backlog
	available  int   // slots that requests may take
	late       int   // slots that are on their way back. WS.Q5
	done       []int // complete, in the order of accept
	half       []int // half-open, in order of arrival
	offered    []int // waiting for the condition function, in order of arrival
	deferred   int   // whose decision was put off, or nobody
	withdrawn  bool  // that one has gone away. WS.C9

	conns   []conn // all connections there ever were, in order of arrival
	closing []int  // closed by the program, and TCP is not done
	alarms  []alarm
	clients [MaxClients]client
	addrs   int

	// What the operation under way did.
	heard []Heard
	fates []Fate
	marks Marks
	queue []Entry
}

const nobody = -1

// conn is one connection, from its SYN on.
type conn struct {
	who         Try
	addr        int // of the client; no two attempts share one, except those that Again makes
	generation  int // of its listener
	complete    bool
	aborted     bool           // the client has reset it while it was pending
	broken      netmodel.Errno // what the program is told
	ownsFD      bool           // a descriptor that is not in the program's hands. WS.D3, WS.D11
	unread      int            // bytes
	clientDone  bool           // the client's FIN is in
	finAnswered bool           // the program's FIN was acknowledged
	resends     int
}

// client is one client's view of its present attempt.
type client struct {
	number int
	addr   int
	phase  phase
	fin    bool // it has closed its side
	spoke  bool // it has sent more than SYN and ACK
}

type phase uint8

const (
	idle    phase = iota
	asking        // its SYN is on the way or unanswered
	refused       // an RST answered it
	through       // a SYN-ACK answered it
	over
)

// NewReference is the New of the reference model.
func NewReference(p netmodel.Profile, descriptors int) System { return newReference(p, descriptors) }

func newReference(p netmodel.Profile, descriptors int) *Reference {
	return &Reference{profile: p, descriptors: descriptors, started: 1, socket: true, deferred: nobody}
}

// Clone returns an independent copy.
func (r *Reference) Clone() System {
	c := *r
	c.taken, c.done, c.half = slices.Clone(r.taken), slices.Clone(r.done), slices.Clone(r.half)
	c.offered, c.closing = slices.Clone(r.offered), slices.Clone(r.closing)
	c.conns, c.alarms = slices.Clone(r.conns), slices.Clone(r.alarms)
	c.heard, c.fates, c.queue = nil, nil, nil
	return &c
}

// Fates returns what the last operation decided.
func (r *Reference) Fates() []Fate { return r.fates }

// Possible reports whether the operation can happen now: clients send only
// what they could know of. Everything that a program calls can happen.
func (r *Reference) Possible(op Op) bool {
	if !op.Valid() {
		return false
	}
	c := &r.clients[op.Client]
	switch op.Kind {
	case Dup:
		return c.phase == asking || c.phase == refused || c.phase == through && !c.spoke
	case Again:
		return c.phase != idle
	case Ack:
		return c.phase == through && !r.isOffered(c.addr)
	case Data, Fin:
		return c.phase == through && !c.fin && !r.isOffered(c.addr)
	case Rst:
		return c.phase == asking || c.phase == through
	}
	return true
}

// Do performs one operation.
func (r *Reference) Do(op Op) Result {
	r.heard, r.fates, r.marks = r.heard[:0], r.fates[:0], Marks{}
	var res Result
	switch op.Kind {
	case Time:
		r.pass(r.now + sim.Time(op.N)*1e6)
	case Faults:
		r.faults = netmodel.Fault(op.N)
	case Syn, Dup, Again, Ack, Data, Fin, Rst:
		if r.fault(netmodel.FaultNetworkDown) {
			r.mark(MarkSegmentLost)
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

// call makes the program's call. Every socket call fails first for want of
// Startup, then of a network, then of a return from the callback, then of a
// socket. S1-S5
func (r *Reference) call(op Op, res *Result) netmodel.Errno {
	entry := r.enter()
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
	switch {
	case entry != 0:
		return entry
	case op.Kind == Hangup:
		return r.hangup(op.Client, HangupWay(op.N))
	case op.Kind == Receive:
		return r.receive(op.Client, res)
	case op.Kind == Misuse:
		return r.misuse(op.Client, op.N == 0)
	case !r.socket:
		return netmodel.WSAENOTSOCK
	}
	switch op.Kind {
	case Listen:
		return r.listen(op.N)
	case Accept:
		return r.accept(AcceptWay(op.N), res)
	case Close:
		r.closeListener()
		return 0
	}
	return r.pause(op.N == 1)
}

func (r *Reference) enter() netmodel.Errno {
	switch {
	case r.started == 0:
		return netmodel.WSANOTINITIALISED
	case r.fault(netmodel.FaultNetworkDown):
		return netmodel.WSAENETDOWN
	case r.fault(netmodel.FaultInCallback) && !r.profile.Nesting:
		return netmodel.WSAEINPROGRESS
	}
	return 0
}

func (r *Reference) fault(f netmodel.Fault) bool { return r.faults&f != 0 }

// free returns how many descriptors are free, a very large number if there is
// no limit.
func (r *Reference) free() int {
	if r.descriptors == 0 {
		return math.MaxInt32
	}
	used := r.files + len(r.taken)
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

// pending returns how many slots are taken: half-open connections count, those
// that wait for the condition function do not. WS.Q6, WS.Q10
func (r *Reference) pending() int { return len(r.half) + len(r.done) }

// fill makes available grow to min(limit - pending, free descriptors); it never
// shrinks. Slots that are on their way back do not count as there; where slots
// cost nothing, descriptors do not matter. R7, WS.D5, WS.D8
func (r *Reference) fill() {
	before := r.available
	room := r.limit - r.pending() - r.late
	if r.profile.Slots == netmodel.SlotsFilled {
		room = min(room, r.free())
	}
	r.available = max(r.available, room)
	r.markFill(r.available - before)
}

// giveBack makes slots available again that requests held which nobody
// accepted. WS.Q7, WS.C3
func (r *Reference) giveBack(slots int) {
	r.available = max(r.available, min(r.available+slots, r.limit-r.pending()-r.late))
}

func (r *Reference) openFile() netmodel.Errno {
	if r.free() == 0 {
		return netmodel.WSAEMFILE
	}
	r.files++
	return 0
}

func (r *Reference) open(entry netmodel.Errno, options int) netmodel.Errno {
	switch {
	case entry != 0:
		return entry
	case r.fault(netmodel.FaultNoBuffers):
		return netmodel.WSAENOBUFS
	case r.free() == 0:
		return netmodel.WSAEMFILE
	}
	r.socket, r.listening, r.conditional, r.paused = true, false, false, false
	if options&1 != 0 {
		if r.profile.Options == netmodel.OptionsFew {
			return netmodel.WSAENOPROTOOPT
		}
		r.conditional = true
	}
	return 0
}

// closeListener resets what is pending, or forgets it. WS.X1, WS.X2
func (r *Reference) closeListener() {
	for _, i := range r.done {
		r.conns[i].aborted = r.conns[i].aborted || r.profile.CloseListener == netmodel.CloseForgetsAll
	}
	for _, i := range slices.Concat(r.half, r.offered) {
		r.conns[i].aborted = r.profile.CloseListener != netmodel.CloseResetsAll
	}
	r.markClose()
	for _, i := range slices.Concat(r.done, r.half, r.offered) {
		r.reset(i, netmodel.ListenerClosed)
	}
	r.socket, r.listening = false, false
	r.alarms = slices.DeleteFunc(r.alarms, func(a alarm) bool { return a.what == ringSlot })
}

// cleanup resets and frees every socket when it is the last; what is closed
// already goes on. WS.X12
func (r *Reference) cleanup() netmodel.Errno {
	switch {
	case r.started == 0:
		return netmodel.WSANOTINITIALISED
	case r.fault(netmodel.FaultNetworkDown):
		return netmodel.WSAENETDOWN
	}
	r.started--
	if r.started > 0 {
		return 0
	}
	r.closeListener()
	for _, i := range slices.Clone(r.taken) {
		if r.conns[i].broken == 0 {
			r.hear(i, Reset)
		}
		r.remove(i)
	}
	return 0
}

// pause sets SO_PAUSE_ACCEPT. WS.Q9
func (r *Reference) pause(on bool) netmodel.Errno {
	if r.profile.Options == netmodel.OptionsFew {
		return netmodel.WSAENOPROTOOPT
	}
	r.paused = on
	if on && r.listening && r.profile.PauseResets {
		slots := r.pending()
		for _, i := range slices.Concat(r.done, r.half) {
			r.reset(i, netmodel.Paused)
		}
		r.giveBack(slots)
	}
	return 0
}
