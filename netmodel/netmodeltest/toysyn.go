package netmodeltest

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/netmodeltest/lockstep"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// synToy is a listener with two queues as somebody might write one who has read
// the rules K1 to K12 of Linux: no options, faults, data or condition functions,
// and timers of one instant that
// ring in the order of setting. Each bug is a switch in one place.
type synToy struct {
	bug         synBug
	profile     netmodel.Profile
	descriptors int // 0 = without limit
	files       int
	open        bool
	listening   bool
	backlog     int
	done        []*synConn // in the order of completion
	half        []*synConn // in the order of arrival
	taken       []*synConn
	cookieAt    sim.Time // when the last cookie was sent, below 0: never
	numbers     [lockstep.MaxClients]int
	answers     [lockstep.MaxClients]answer // the SYN-ACK that each client holds
	made        int                         // connections and timers
	now         sim.Time
	heard       []lockstep.Heard
}

type synConn struct {
	who              lockstep.Try
	id               int
	aborted, tripped bool // tripped: reset after accept
	ignored          bool
	resends          int
	due              sim.Time // when its SYN-ACK is sent again
	set              int      // which timer that is
}

// answer is what a SYN-ACK stood for: a half-open connection, or a cookie.
type answer struct {
	id     int
	cookie bool
	period int
}

// synBug names what a toy with two queues does wrong.
type synBug uint8

const (
	noSynBug synBug = iota
	reservesAtSyn
	resetsBelievers
	forgetsBelievers
	countsHalfOpenAtAck
	admitsOneMore
	looksAtSynQueueOnly
	keepsNoRoomForOneMore
	cookiesAreSentAgain
	prunesAlways
	prunesNever
	ordersBySyn
	letsEverybodyIn
	oldOnesAreYoung
	abortRefusesSyn
	abortResetsCookies
	trimsOnListen
	cookiesLastForEver
	cookiesAreForgotten
	ignoredAckStopsSynAck
	believersGetOneTry
	roomLetsBelieversIn
	expiryResets
	looksBeforeTheDescriptor
	losesWithoutDescriptor
	closeResetsHalfOpen
	repeatedSynKeepsTimer
	resetGivesThePlaceBack
)

// newSynToy returns the New of a toy with a bug.
func newSynToy(b synBug) lockstep.New {
	return func(p netmodel.Profile, descriptors int) lockstep.System {
		return &synToy{bug: b, profile: p, descriptors: descriptors, open: true, cookieAt: -1}
	}
}

// Supports leaves out what a toy does not know.
func (t *synToy) Supports(op lockstep.Op) bool {
	switch op.Kind {
	case lockstep.Listen, lockstep.Close, lockstep.OpenFile, lockstep.CloseFile, lockstep.Syn, lockstep.Dup, lockstep.Ack, lockstep.Time:
		return true
	case lockstep.Hangup:
		return op.N == int(lockstep.HangupHard)
	case lockstep.Accept, lockstep.Open, lockstep.Rst:
		return op.N == 0
	}
	return false
}

// Do performs one operation.
func (t *synToy) Do(op lockstep.Op) lockstep.Result {
	t.heard = nil
	var r lockstep.Result
	switch op.Kind {
	case lockstep.Listen:
		r.Errno = t.listen(op.N)
	case lockstep.Accept:
		r.Errno = t.accept(&r)
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
	case lockstep.Time:
		t.pass(time.Duration(op.N) * time.Millisecond)
	case lockstep.Ack:
		t.ack(op.Client)
	case lockstep.Rst:
		t.clientReset(op.Client)
	default:
		t.syn(op)
	}
	t.observe(&r)
	return r
}

func (t *synToy) free() int {
	used := t.files + len(t.taken)
	if t.open {
		used++
	}
	if t.descriptors == 0 {
		return 1 << 30
	}
	return t.descriptors - used
}

// room returns how many complete connections fit. K1
func (t *synToy) room() int { return t.profile.AtAck.Of(t.backlog) }

func (t *synToy) listen(n int) winsock.Errno {
	if !t.open {
		return winsock.WSAEBADF
	}
	if !t.listening {
		t.cookieAt = -1
	}
	t.listening, t.backlog = true, t.profile.Backlog.Effective(n)
	for t.bug == trimsOnListen && len(t.done) > t.room() {
		last := len(t.done) - 1
		t.say(t.done[last].who, lockstep.Reset)
		t.done = t.done[:last]
	}
	return 0
}

func (t *synToy) accept(r *lockstep.Result) winsock.Errno {
	starved := t.free() == 0
	switch {
	case !t.open:
		return winsock.WSAEBADF
	case !t.listening:
		return winsock.WSAEINVAL
	case starved && (t.bug != looksBeforeTheDescriptor || len(t.done) > 0):
		if t.bug == losesWithoutDescriptor && len(t.done) > 0 {
			t.done = t.done[1:]
		}
		return winsock.WSAEMFILE
	case len(t.done) == 0:
		return winsock.WSAEWOULDBLOCK
	}
	c := t.done[0]
	t.done = slices.Delete(t.done, 0, 1)
	c.tripped = c.aborted
	t.taken = append(t.taken, c)
	r.Accepted = c.who
	if at := slices.IndexFunc(t.half, func(c *synConn) bool { return c.ignored }); t.bug == roomLetsBelieversIn && at >= 0 {
		t.complete(t.half[at])
	}
	return 0
}

func (t *synToy) close() winsock.Errno {
	if !t.open {
		return winsock.WSAEBADF
	}
	for _, c := range t.done {
		if !c.aborted {
			t.say(c.who, lockstep.Reset)
		}
	}
	for _, c := range t.half {
		if t.bug == closeResetsHalfOpen {
			t.say(c.who, lockstep.Reset)
		}
	}
	t.open, t.listening, t.done, t.half = false, false, nil, nil
	return 0
}

func (t *synToy) hangup(client int) winsock.Errno {
	at := slices.IndexFunc(t.taken, func(c *synConn) bool { return c.who.Client == client })
	if at < 0 {
		return winsock.WSAEBADF
	}
	if c := t.taken[at]; !c.tripped {
		t.say(c.who, lockstep.Reset)
	}
	t.taken = slices.Delete(t.taken, at, at+1)
	return 0
}

func (t *synToy) say(who lockstep.Try, what lockstep.What) {
	t.heard = append(t.heard, lockstep.Heard{Who: who, What: what})
}

func (t *synToy) observe(r *lockstep.Result) {
	r.Free = -1
	if t.descriptors > 0 {
		r.Free = t.free()
	}
	r.AcceptConn, r.Readable = lockstep.CannotAsk, lockstep.CannotAsk
	if t.open {
		r.AcceptConn, r.Readable = lockstep.No, lockstep.No
	}
	if t.listening {
		r.AcceptConn, r.Limit, r.Available = lockstep.Yes, t.room(), max(0, t.room()-len(t.done))
		if len(t.done) > 0 {
			r.Readable = lockstep.Yes
		}
	}
	for _, c := range t.done {
		e := lockstep.Entry{Who: c.who}
		if c.aborted {
			e.State = netmodel.EntryAborted
		}
		r.Queue = append(r.Queue, e)
	}
	for _, c := range t.half {
		r.Queue = append(r.Queue, lockstep.Entry{Who: c.who, State: netmodel.EntryHalfOpen})
	}
	slices.SortStableFunc(t.heard, func(a, b lockstep.Heard) int {
		if a.Who.Client != b.Who.Client {
			return a.Who.Client - b.Who.Client
		}
		return a.Who.Number - b.Who.Number
	})
	r.Heard = t.heard
}
