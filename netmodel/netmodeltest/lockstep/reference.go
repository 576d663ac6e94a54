package lockstep

import (
	"math"
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Reference is the reference model: one program with one listening socket, and
// its clients. It is written from the WSPListen page, the rule table around it,
// what was measured and read of other stacks, and the documented settings of a
// Profile, so that it can be read beside them; a rule id stands where one
// decides. Queues are slices of whom they hold,
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
	generation int // how many listeners there were before it
	sizes          // what follows from its backlog
	available  int // slots that requests may take
	late       int // slots that are on their way back. WS.Q5
	cookies    memory
	done       []int // complete, in the order of accept
	hidden     []int // complete, and waiting outside the queue for room. ST.9
	half       []int // half-open, in order of arrival
	offered    []int // waiting for the condition function, in order of arrival
	held       []int // waiting outside the queue for room, unanswered. ST.2
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
	// Whom the system that is compared has in its queue after it: where a choice is
	// made at random, it was somebody else.
	survivors []Entry
}

const nobody = -1

// conn is one connection, from its SYN on.
type conn struct {
	who         Try
	addr        int // of the client; no two attempts share one, except those that Again makes
	generation  int // of its listener
	since       sim.Time
	number      number // of its SYN-ACK
	complete    bool
	ignored     bool          // half-open, and an ACK found no room. K4
	aborted     bool          // the client has reset it while it was pending
	accepted    bool          // accept has handed it out
	over        bool          // broken, and only the program's descriptor is left
	broken      winsock.Errno // what the program is told then
	ownsFD      bool          // a descriptor that is not in the program's hands. WS.D3, WS.D11
	unread      int           // bytes
	clientDone  bool          // the client's FIN is in
	finAnswered bool          // the program's FIN was acknowledged
	resends     int
}

// client is one client's view of its present attempt.
type client struct {
	number int
	addr   int
	phase  phase
	answer number // of the SYN-ACK that it holds
	fin    bool   // it has closed its side
	spoke  bool   // it has sent more than SYN and ACK
	// What it has sent and nobody has acknowledged: bytes, and its FIN.
	bytes    int
	finAlone bool
	moved    bool // it, or the host, has acknowledged more than a SYN: no number is that of a cookie any more
	believes bool // it has sent its ACK, which was ignored
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
	c.held, c.hidden, c.survivors = slices.Clone(r.held), slices.Clone(r.hidden), nil
	c.conns, c.alarms = slices.Clone(r.conns), slices.Clone(r.alarms)
	c.heard, c.fates, c.queue = nil, nil, nil
	return &c
}

// Results returns what the last operation decided.
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
		return c.phase == through && !r.isUnanswered(c.addr)
	case Data, Fin:
		return c.phase == through && !c.fin && !r.isUnanswered(c.addr)
	case Resend:
		return c.phase == through && (c.bytes > 0 || c.finAlone) && !r.isUnanswered(c.addr)
	case Rst:
		return c.phase == asking || c.phase == through
	case Connect:
		return !r.socket || r.listening // any other socket would begin to connect
	case Misuse:
		i := r.oldest(op.Client)
		return MisuseWay(op.N) != MisuseSend || i == nobody || r.conns[i].over // on any other one it would be no misuse
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
	case Syn, Dup, Again, Ack, Data, Fin, Resend, Rst:
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
func (r *Reference) call(op Op, res *Result) winsock.Errno {
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
	if entry == winsock.WSANOTINITIALISED && r.profile.Calls == netmodel.CallsWine {
		entry = 0 // only its socket asks; what is left then is not a socket. W
	}
	switch {
	case entry != 0:
		return entry
	case op.Kind == Hangup:
		return r.hangup(op.Client, HangupWay(op.N))
	case op.Kind == Receive:
		return r.receive(op.Client, res)
	case op.Kind == Misuse:
		return r.misuse(op.Client, MisuseWay(op.N))
	case !r.socket:
		return r.notOpen()
	}
	switch op.Kind {
	case Listen:
		return r.listen(op.N)
	case Accept:
		return r.accept(AcceptWay(op.N), res)
	case Connect:
		return r.connect()
	case Shutdown:
		return r.shutdown(ShutdownWay(op.N))
	case Close:
		r.closeListener()
		r.socket = false
		return 0
	}
	return r.pause(op.N == 1)
}

func (r *Reference) enter() winsock.Errno {
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

// pending returns how many slots are taken: half-open connections count unless
// they have a queue of their own, those that wait for the condition function do
// not. WS.Q6, WS.Q10, K8
func (r *Reference) pending() int {
	if r.separate() {
		return len(r.done)
	}
	return len(r.half) + len(r.done)
}

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

func (r *Reference) openFile() winsock.Errno {
	if r.free() == 0 {
		return winsock.WSAEMFILE
	}
	r.files++
	return 0
}

func (r *Reference) open(entry winsock.Errno, options int) winsock.Errno {
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

// closeListener resets what is pending, forgets it, or lets its clients read the
// end. WS.X1, WS.X2, K11
func (r *Reference) closeListener() {
	r.markClose()
	for _, i := range slices.Concat(r.done, r.hidden, r.half, r.offered, r.held) {
		c, how := &r.conns[i], r.profile.CloseListener
		finishes := how == netmodel.CloseFinishes && c.complete && !c.aborted
		if !finishes && how != netmodel.CloseForgetsAll && (how != netmodel.CloseForgetsHalfOpen || c.complete) {
			r.reset(i, netmodel.ListenerClosed)
			continue
		}
		r.remove(i)
		r.fate(netmodel.Withdrawn, i, netmodel.ListenerClosed)
		if finishes {
			r.finish(i, false)
		}
	}
	r.listening = false
	r.alarms = slices.DeleteFunc(r.alarms, func(a alarm) bool { return a.what == ringSlot })
}

// cleanup resets and frees every socket when it is the last; what is closed
// already goes on. WS.X12
func (r *Reference) cleanup() winsock.Errno {
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
	for _, i := range slices.Clone(r.taken) {
		if !r.conns[i].over {
			r.hear(i, Reset)
		}
		r.remove(i)
	}
	return 0
}

// pause sets SO_PAUSE_ACCEPT. WS.Q9
func (r *Reference) pause(on bool) winsock.Errno {
	if r.profile.Options != netmodel.OptionsWindows {
		return winsock.WSAENOPROTOOPT
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
