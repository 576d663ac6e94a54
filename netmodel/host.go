package netmodel

import (
	"fmt"
	"math"
	"slices"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Host is one computer with a TCP stack. It is a passive state machine: programs call it,
// the network delivers segments and collects the host's segments, and Advance moves its
// clock. A Host starts nothing and never blocks. A call that would block returns
// WSAEWOULDBLOCK.
//
// NewHost returns a Host. Only one goroutine may use a Host at a time.
type Host struct {
	profile Profile
	id      HostID
	addrs   []IP
	now     sim.Time
	started int    // calls of Startup without a Cleanup
	faults  Fault  // set by SetFault
	nested  int    // running condition functions
	user    uint8  // owner of the sockets that calls open now
	serials uint64 // last serial number of a socket or a connect; numbers never repeat
	places  uint64 // connections that have joined an accept queue

	table          descriptors
	socks          []socket // socks[0] is unused: index 0 means none
	free           []int32
	lists          []listener // lists[0] is unused
	freeLists      []int32
	keepAlives     []keepAliveState // of sockets with keep-alive; index 0 is unused
	freeKeepAlives []int32
	clients        []Client // settings of SetClient; index 0 is the profile's
	tuples         tuples
	ports          ports
	nextIP         int
	nextPort       uint16

	random     sim.Rand
	timers     timerLists
	due        []dueTimer // scratch of fireWheelSlot
	wheelAhead int64      // ticks that the timer wheel is ahead of now
	out        []Segment
	records    []Record
	recorded   uint64  // records so far
	refusal    refusal // the last refusal, for Check
	direct     bool    // see wait
	waits      []wait  // timers that are not set yet
	watched    bool    // changed is in use
	changed    []FD    // since DrainReady
}

// HostConfig describes a host.
type HostConfig struct {
	Profile     Profile
	ID          HostID // the Host of its records
	Addrs       []IP   // at least one address; a Network sets a default
	Descriptors int    // the most descriptors that the host's program may have open; 0 = no limit
	// Seed and ID determine the host's random decisions. In a Network, the seed of the
	// network and the name of the host determine them.
	Seed uint64
}

// Fault is a failure of a host that a test can switch on.
type Fault uint8

// The faults.
const (
	FaultNetworkDown Fault = 1 << iota // calls fail with WSAENETDOWN; segments are lost. E1
	FaultNoBuffers                     // calls that need memory fail with WSAENOBUFS; requests are ignored. E7
	FaultInCallback                    // calls fail with WSAEINPROGRESS, unless the profile allows nesting. E3
)

// errno returns the error of calls while the fault is on.
func (f Fault) errno() winsock.Errno {
	switch f {
	case FaultNetworkDown:
		return winsock.WSAENETDOWN
	case FaultNoBuffers:
		return winsock.WSAENOBUFS
	}
	return winsock.WSAEINPROGRESS
}

// String returns the fault in words.
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

// NewHost returns a host with all descriptors free. It panics if the profile is not valid,
// if there is no address or one is 0.0.0.0, or if the number of descriptors is negative.
func NewHost(c HostConfig) *Host {
	if err := c.Profile.Validate(); err != nil {
		panic("netmodel: " + err.Error())
	}
	if len(c.Addrs) == 0 || slices.Contains(c.Addrs, AnyIP) || c.Descriptors < 0 {
		panic(fmt.Sprintf("netmodel: NewHost: addresses %v, %d descriptors: want at least one address, none of them 0.0.0.0, and 0 or more descriptors", c.Addrs, c.Descriptors))
	}
	h := &Host{
		profile:  c.Profile,
		id:       c.ID,
		addrs:    slices.Clone(c.Addrs),
		table:    descriptors{size: c.Descriptors},
		socks:    make([]socket, 1),
		lists:    make([]listener, 1),
		clients:  []Client{c.Profile.Client},
		nextPort: c.Profile.PortMin,
		random:   sim.Stream(c.Seed, uint64(c.ID), drawsVictim),
	}
	return h
}

// Profile returns the profile of the host.
func (h *Host) Profile() Profile { return h.profile }

// Now returns the time of the host: the instant of the last Advance.
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

// SetUser sets the user whose program makes the next calls. Only the bind conflicts depend
// on the user. WS.U1
func (h *Host) SetUser(user uint8) { h.user = user }

// Startup opens the socket library for a program. Calls before it fail with
// WSANOTINITIALISED. Each Startup needs its own Cleanup. Startup never fails. WS.S1
func (h *Host) Startup() error {
	h.started++
	return nil
}

// Cleanup undoes one Startup. The last Cleanup resets and frees every open socket. A closed
// connection that still sends data goes on. WS.X12
//
// Errors: WSANOTINITIALISED, WSAENETDOWN.
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
			h.abort(i, LibraryCleanup)
		}
	}
	return nil
}

// Deliver delivers a segment to the host. Drain returns the host's answers.
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

// Drain appends the segments that the host has sent since the last Drain to dst.
func (h *Host) Drain(dst []Segment) []Segment {
	dst = append(dst, h.out...)
	h.out = h.out[:0]
	return dst
}

// DrainRecords appends the records since the last DrainRecords to dst.
func (h *Host) DrainRecords(dst []Record) []Record {
	dst = append(dst, h.records...)
	h.records = h.records[:0]
	return dst
}

// Deadline returns the instant at which the host's next timer is due. It returns false if
// no timer is set.
func (h *Host) Deadline() (sim.Time, bool) { return h.timers.deadline() }

// enter makes the first checks of every call, in this order: library not started, network
// down, callback in progress. WS.S1 to WS.S5
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

// enterSocket makes the checks of enter and returns the index of a descriptor's socket. It
// fails with WSAENOTSOCK, or WSAEBADF for Unix calls, if there is no such socket.
func (h *Host) enterSocket(fd FD) (int32, error) {
	wine := h.profile.Calls == CallsWine // in Wine, only the call socket needs a Startup (testdata/truth, W)
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

// freeDescriptors returns how many more descriptors the program can open.
func (h *Host) freeDescriptors() int {
	if h.table.size == 0 {
		return math.MaxInt32
	}
	return h.table.size - h.table.used
}

// FreeDescriptors returns how many more descriptors the program can open. Without a limit
// it returns math.MaxInt32.
func (h *Host) FreeDescriptors() int { return h.freeDescriptors() }

// segment appends an empty segment to h.out. The caller sets its fields in place, which
// saves a copy. The copy would cost 25 ns, because the fields were written a moment before.
// newRecord does the same for records.
func (h *Host) segment() *Segment {
	if h.faults&FaultNetworkDown != 0 {
		return new(Segment)
	}
	h.out = append(h.out, Segment{})
	return &h.out[len(h.out)-1]
}

func (h *Host) send(s Segment) { *h.segment() = s }

// record appends a record with the host's time and id.
func (h *Host) record(r Record) {
	r.At, r.Host = h.now, h.id
	h.recorded++
	h.records = append(h.records, r)
}

// newRecord appends a record with the given fields. The caller sets the other fields in
// place. It is faster than record.
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

// errnoOf returns err as an Errno, or 0 if it is none.
func errnoOf(err error) winsock.Errno {
	e, _ := err.(winsock.Errno)
	return e
}
