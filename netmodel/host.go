package netmodel

import (
	"fmt"
	"math"
	"slices"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Host is one computer with a TCP stack, as a passive state machine. Programs
// call it, the network delivers segments to it and collects what it sends, time
// advances it; it owns no clock, starts nothing and never blocks. A call that
// would block returns WSAEWOULDBLOCK.
//
// NewHost makes one. A Host belongs to one goroutine.
type Host struct {
	profile Profile
	id      HostID
	addrs   []IP
	now     sim.Time
	started int    // Startups without their Cleanup
	faults  Fault  // switched on from outside
	nested  int    // condition functions being run
	user    uint8  // whose sockets are opened now
	serials uint64 // sockets made so far; serial numbers never repeat
	places  uint64 // handshakes completed so far

	table          descriptors
	socks          []socket // socks[0] is unused: index 0 means none
	free           []int32
	lists          []listener // likewise
	freeLists      []int32
	keepAlives     []keepAliveState // of sockets with keep-alive; index 0 is unused
	freeKeepAlives []int32
	clients        []Client // settings of SetClient; index 0 is the profile's
	tuples         tuples
	ports          ports
	nextIP         int
	nextPt         uint16

	random   sim.Rand
	timers   timerLists
	ringing  []ring // scratch of turnWheel
	ahead    int64  // ticks that the wheel has turned beyond the present
	out      []Segment
	records  []Record
	recorded uint64  // records so far
	refusal  refusal // the last one, for Check
	direct   bool    // see wait
	waits    []wait  // timers that are not set yet
	watched  bool    // somebody wants to know what changed
	changed  []FD    // since DrainReady
}

// HostConfig says what a host has.
type HostConfig struct {
	Profile     Profile
	ID          HostID // stamped on records
	Addrs       []IP   // its addresses, at least one
	Descriptors int    // how many descriptors its program may have open; 0 = without limit
	// Of what it decides at random, with ID. In a Network it is decided by the seed of
	// the network and the name of the host.
	Seed uint64
}

// Fault is something that a test can switch on to make a host fail.
type Fault uint8

// The faults.
const (
	FaultNetworkDown Fault = 1 << iota // calls fail with WSAENETDOWN, segments are lost. E1
	FaultNoBuffers                     // calls that need memory fail with WSAENOBUFS, requests are ignored. E7
	FaultInCallback                    // calls fail with WSAEINPROGRESS, where the profile forbids nesting. E3
)

// errno returns what calls report while the fault is on.
func (f Fault) errno() winsock.Errno {
	switch f {
	case FaultNetworkDown:
		return winsock.WSAENETDOWN
	case FaultNoBuffers:
		return winsock.WSAENOBUFS
	}
	return winsock.WSAEINPROGRESS
}

// String says what the fault is.
func (f Fault) String() string {
	switch f {
	case FaultNetworkDown:
		return "network down"
	case FaultNoBuffers:
		return "no buffers"
	case FaultInCallback:
		return "in a callback"
	}
	return "faults"
}

// NewHost returns a host with all descriptors free. It panics if the profile is
// not valid or the host has no address, which only a mistake in a program can
// cause.
func NewHost(c HostConfig) *Host {
	if err := c.Profile.Validate(); err != nil {
		panic("netmodel: " + err.Error())
	}
	if len(c.Addrs) == 0 || slices.Contains(c.Addrs, AnyIP) || c.Descriptors < 0 {
		panic(fmt.Sprintf("netmodel: NewHost: addresses %v, %d descriptors: want at least one address, none of them 0.0.0.0, and 0 or more descriptors", c.Addrs, c.Descriptors))
	}
	h := &Host{
		profile: c.Profile,
		id:      c.ID,
		addrs:   slices.Clone(c.Addrs),
		table:   descriptors{size: c.Descriptors},
		socks:   make([]socket, 1),
		lists:   make([]listener, 1),
		clients: []Client{c.Profile.Client},
		nextPt:  c.Profile.PortMin,
		random:  sim.Stream(c.Seed, uint64(c.ID), drawsVictim),
	}
	return h
}

// Profile returns the profile of the host.
func (h *Host) Profile() Profile { return h.profile }

// Now returns the instant to which the host was advanced last.
func (h *Host) Now() sim.Time { return h.now }

// SetFault switches a fault on or off.
func (h *Host) SetFault(f Fault, on bool) {
	r := Record{Kind: FaultChanged, Value: int64(f)}
	if on {
		h.faults |= f
		r.Errno = f.errno()
	} else {
		h.faults &^= f
	}
	h.record(r)
}

// SetUser says whose program makes the next calls. Only the bind conflicts look
// at it. WS.U1.
func (h *Host) SetUser(user uint8) { h.user = user }

// Startup opens the library for a program; calls before it fail with
// WSANOTINITIALISED. Each needs its own Cleanup. WS.S1.
func (h *Host) Startup() error {
	h.started++
	return nil
}

// Cleanup undoes one Startup. The last one resets and frees every socket that
// is open; connections that were closed and are still sending go on. WS.X12.
func (h *Host) Cleanup() error {
	if h.started == 0 {
		return winsock.WSANOTINITIALISED
	}
	if h.faults&FaultNetworkDown != 0 {
		return winsock.WSAENETDOWN
	}
	h.started--
	if h.started > 0 {
		return nil
	}
	h.recordCall(CallCleanup, 0, 0, nil)
	for fd := FirstFD; fd < FirstFD+FD(len(h.table.socks)); fd++ {
		if i := h.table.lookup(fd); i > 0 {
			h.abandon(i, LibraryCleanup)
		}
	}
	return nil
}

// Deliver hands the host a segment that arrived for it.
func (h *Host) Deliver(s Segment) { h.deliver(&s) }

func (h *Host) deliver(s *Segment) {
	if h.faults&FaultNetworkDown != 0 {
		h.record(Record{Kind: Lost, Conn: s.Conn, Value: int64(s.Flags), Cause: NetworkDown})
		return
	}
	if i := h.connection(s.Dst, s.Src); i != 0 {
		switch h.socks[i].state {
		case stateConnecting:
			h.arriveConnecting(i, s)
		case stateOffered:
			h.arriveOffered(i, s)
		case stateHalfOpen:
			h.arriveHalfOpen(i, s)
		default:
			h.arriveOpen(i, s)
		}
		return
	}
	if s.Flags&(SYN|ACK|RST) == SYN {
		if !h.owns(s.Dst.IP) {
			h.record(Record{Kind: Lost, Conn: s.Conn, Value: int64(s.Flags), Cause: NoRoute})
			return
		}
		h.request(h.listenerFor(s.Dst, s.Src), s)
		return
	}
	if h.arriveCookie(s) {
		return
	}
	h.answerStray(s, NoSuchConnection)
}

// Drain appends the segments that the host wants to send to dst and forgets
// them.
func (h *Host) Drain(dst []Segment) []Segment {
	dst = append(dst, h.out...)
	h.out = h.out[:0]
	return dst
}

// DrainRecords appends what happened since the last call to dst and forgets it.
func (h *Host) DrainRecords(dst []Record) []Record {
	dst = append(dst, h.records...)
	h.records = h.records[:0]
	return dst
}

// Deadline returns the instant at which the host wants to be advanced next, and
// false if it waits for nothing.
func (h *Host) Deadline() (sim.Time, bool) { return h.timers.deadline() }

// enter makes the checks that every call makes first, in this order: startup,
// network down, callback in progress. WS.S1 to WS.S5.
func (h *Host) enter() error {
	switch {
	case h.started == 0:
		return winsock.WSANOTINITIALISED
	case h.faults&FaultNetworkDown != 0:
		return winsock.WSAENETDOWN
	case (h.faults&FaultInCallback != 0 || h.nested > 0) && !h.profile.Nesting:
		return winsock.WSAEINPROGRESS
	}
	return nil
}

// enterSocket makes the checks of enter and then finds the socket.
func (h *Host) enterSocket(fd FD) (int32, error) {
	wine := h.profile.Calls == CallsWine // only its socket asks whether the library was opened (W)
	if err := h.enter(); err != nil && !(wine && err == error(winsock.WSANOTINITIALISED)) {
		return 0, err
	}
	switch i := h.table.lookup(fd); {
	case i > 0:
		return i, nil
	case i == 0 && h.profile.Calls == CallsUnix:
		return 0, winsock.WSAEBADF
	}
	return 0, winsock.WSAENOTSOCK
}

// freeDescriptors returns how many descriptors the program could still open.
func (h *Host) freeDescriptors() int {
	if h.table.size == 0 {
		return math.MaxInt32
	}
	return h.table.size - h.table.used
}

// FreeDescriptors returns how many descriptors the program could still open;
// a very large number if there is no limit.
func (h *Host) FreeDescriptors() int { return h.freeDescriptors() }

// segment returns a segment that is on its way once its fields are filled in.
// Filling them in where they lie, here and in newRecord, saves a copy of what was
// written a moment ago piece by piece: 25 ns each.
func (h *Host) segment() *Segment {
	if h.faults&FaultNetworkDown != 0 {
		return new(Segment)
	}
	h.out = append(h.out, Segment{})
	return &h.out[len(h.out)-1]
}

func (h *Host) send(s Segment) { *h.segment() = s }

// record appends to what happened.
func (h *Host) record(r Record) {
	r.At, r.Host = h.now, h.id
	h.recorded++
	h.records = append(h.records, r)
}

// newRecord is record for what happens often: the caller fills the rest in.
func (h *Host) newRecord(k Kind, c ConnID, why Cause) *Record {
	h.recorded++
	h.records = append(h.records, Record{})
	r := &h.records[len(h.records)-1]
	r.At, r.Host, r.Kind, r.Conn, r.Cause = h.now, h.id, k, c, why
	return r
}

func (h *Host) recordCall(call Call, fd FD, value int64, err error) {
	e := errnoOf(err)
	h.record(Record{Kind: Called, Call: call, FD: fd, Value: value, Errno: e})
}

// errnoOf returns the code in err, 0 for none.
func errnoOf(err error) winsock.Errno {
	e, _ := err.(winsock.Errno)
	return e
}
