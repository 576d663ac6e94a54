package netmodeltest

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/winsock"
)

// toy is a listener as somebody might write one who has read the WSPListen page
// and nothing else: the WSP profile, without options, faults, data or condition
// functions that nest. Each bug is a switch in one place.
type toy struct {
	bug         bug
	profile     netmodel.Profile
	descriptors int // 0 = without limit
	files       int
	open        bool
	listening   bool
	limit       int
	available   int
	queue       []*toyConn // complete, in the order of accept; then half-open, in order of arrival
	deferred    *toyConn
	withdrawn   bool
	taken       []*toyConn
	numbers     [lockstep.MaxClients]int
	arrivals    int
	now         time.Duration
	heard       []lockstep.Heard
}

type toyConn struct {
	who                        lockstep.Try
	arrival                    int
	complete, aborted, tripped bool // tripped: reset after accept
	resends                    int
	due                        time.Duration // when its SYN-ACK is sent again
}

// bug names what a toy does wrong.
type bug uint8

const (
	noBug bug = iota
	acceptsLastFirst
	trimsOldest
	fillsOnClose
	losesSlotOnEMFILE
	losesConnectionOnEMFILE
	refusesOneEarly
	admitsOneTooMany
	forgetsToResetTrimmed
	ignoresWhenFull
	doesNotClamp
	takesSomaxconnForFive
	takesZeroForMost
	relistenKeeps
	relistenResetsAll
	fillsBeforeRemoving
	neverFills
	emptyAcceptDoesNotFill
	fillsWithoutDescriptors
	fillShrinks
	deferGoesToTheTail
	rejectKeepsTheSlot
	rejectIsSilent
	closeLeavesClients
	closeRemembersTheQueue
	abortedHandsOutAnother
	abortedLeavesAtOnce
	halfOpenTakesNoSlot
	expiryLosesTheSlot
	neverExpires
	duplicateTakesASlot
	trimLeavesSlots
	withdrawnGoesUnreported
	starvedListenSucceeds
	starvedRelistenFails
	brokenLeaksDescriptor
	ordersByArrival
	halfOpenIsReadable
)

// newToy returns the New of a toy with a bug.
func newToy(b bug) lockstep.New {
	return func(p netmodel.Profile, descriptors int) lockstep.System {
		return &toy{bug: b, profile: p, descriptors: descriptors, open: true}
	}
}

// Supports leaves out what a toy does not know.
func (t *toy) Supports(op lockstep.Op) bool {
	switch op.Kind {
	case lockstep.Listen, lockstep.Close, lockstep.OpenFile, lockstep.CloseFile, lockstep.Syn, lockstep.Dup, lockstep.Ack, lockstep.Time:
		return true
	case lockstep.Accept:
		return op.N <= int(lockstep.AcceptInvalid)
	case lockstep.Hangup:
		return op.N == int(lockstep.HangupHard)
	case lockstep.Open, lockstep.Rst:
		return op.N == 0
	}
	return false
}

// Do performs one operation.
func (t *toy) Do(op lockstep.Op) lockstep.Result {
	t.heard = nil
	var r lockstep.Result
	switch op.Kind {
	case lockstep.Listen:
		r.Errno = t.listen(op.N)
	case lockstep.Accept:
		r.Errno = t.accept(lockstep.AcceptWay(op.N), &r)
	case lockstep.Close:
		r.Errno = t.close()
	case lockstep.Open:
		if !t.open && t.free() == 0 {
			r.Errno = winsock.WSAEMFILE
		} else {
			t.open = true
		}
	case lockstep.Hangup:
		r.Errno = t.hangup(op.Client)
	case lockstep.OpenFile:
		if t.free() == 0 {
			r.Errno = winsock.WSAEMFILE
		} else {
			t.files++
		}
	case lockstep.CloseFile:
		t.files = max(0, t.files-1)
		if t.bug == fillsOnClose {
			t.fill()
		}
	case lockstep.Time:
		t.pass(time.Duration(op.N) * time.Millisecond)
	default:
		t.segment(op)
	}
	t.observe(&r)
	return r
}

func (t *toy) free() int {
	used := t.files + len(t.taken)
	if t.open {
		used++
	}
	if t.descriptors == 0 {
		return 1 << 30
	}
	return t.descriptors - used
}

func (t *toy) fill() {
	if t.bug == neverFills {
		return
	}
	room := min(t.limit-t.pending(), t.free())
	if t.bug == fillsWithoutDescriptors {
		room = t.limit - t.pending()
	}
	if room > t.available || t.bug == fillShrinks {
		t.available = max(0, room)
	}
}

func (t *toy) pending() int {
	n := 0
	for _, c := range t.queue {
		if c.complete || t.bug != halfOpenTakesNoSlot {
			n++
		}
	}
	return n
}

func (t *toy) effective(n int) int {
	b := t.profile.Backlog
	switch {
	case t.bug == takesSomaxconnForFive && n == b.Somaxconn:
		return 5
	case t.bug == takesZeroForMost && n == 0:
		return b.Max
	case t.bug == doesNotClamp && n > 0 && n != b.Somaxconn:
		return n
	}
	return min(max(n, b.Min), b.Max)
}

func (t *toy) listen(n int) winsock.Errno {
	starved := t.free() == 0
	switch {
	case !t.open:
		return winsock.WSAENOTSOCK
	case !t.listening && starved && t.bug != starvedListenSucceeds, t.listening && starved && t.bug == starvedRelistenFails:
		return winsock.WSAEMFILE
	case t.listening && t.bug == relistenKeeps:
		t.fill()
		return 0
	}
	if !t.listening {
		t.listening, t.available, t.withdrawn = true, 0, false
		if t.bug == neverFills {
			t.available = min(t.effective(n), t.free())
		}
	}
	t.limit = t.effective(n)
	if t.bug == relistenResetsAll {
		for len(t.queue) > 0 {
			t.reset(t.queue[0])
		}
	}
	for t.pending() > t.limit {
		t.reset(t.excess())
	}
	if t.bug != trimLeavesSlots {
		t.available = min(t.available, t.limit-t.pending())
	}
	t.fill()
	return 0
}

// excess returns the newest, or the deferred one if there is no other.
func (t *toy) excess() *toyConn {
	c := t.queue[0]
	for _, o := range t.queue[1:] {
		if c == t.deferred || o != t.deferred && (o.arrival > c.arrival) != (t.bug == trimsOldest) {
			c = o
		}
	}
	return c
}

func (t *toy) leave(c *toyConn) {
	t.queue = slices.DeleteFunc(t.queue, func(o *toyConn) bool { return o == c })
	if t.deferred == c {
		t.deferred = nil
	}
}

func (t *toy) reset(c *toyConn) {
	t.leave(c)
	if !c.aborted && t.bug != forgetsToResetTrimmed {
		t.say(c.who, lockstep.Reset)
	}
}

func (t *toy) say(who lockstep.Try, what lockstep.What) {
	t.heard = append(t.heard, lockstep.Heard{Who: who, What: what})
}

func (t *toy) observe(r *lockstep.Result) {
	r.Free = -1
	if t.descriptors > 0 {
		r.Free = t.free()
	}
	r.AcceptConn, r.Readable = lockstep.CannotAsk, lockstep.CannotAsk
	if t.open {
		r.AcceptConn, r.Readable = lockstep.No, lockstep.No
	}
	if t.listening {
		r.AcceptConn, r.Limit, r.Available = lockstep.Yes, t.limit, t.available
		if t.first() != nil || t.withdrawn || t.bug == halfOpenIsReadable && len(t.queue) > 0 {
			r.Readable = lockstep.Yes
		}
	}
	for _, c := range t.queue {
		e := lockstep.Entry{Who: c.who, Deferred: c == t.deferred}
		switch {
		case c.aborted:
			e.State = netmodel.EntryAborted
		case !c.complete:
			e.State = netmodel.EntryHalfOpen
		}
		r.Queue = append(r.Queue, e)
	}
	slices.SortStableFunc(t.heard, func(a, b lockstep.Heard) int {
		if a.Who.Client != b.Who.Client {
			return a.Who.Client - b.Who.Client
		}
		return a.Who.Number - b.Who.Number
	})
	r.Heard = t.heard
}
