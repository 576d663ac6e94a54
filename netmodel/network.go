package netmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Network connects hosts by links and drives the hosts and their virtual clients on one
// sim.Engine. The programs of the servers belong to the caller. The caller calls the
// hosts, steps the network and reads the records.
//
//	n := netmodel.NewNetwork(1)
//	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
//	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
//	n.SetLink(server, crowd, netmodel.Link{Latency: time.Millisecond})
//
// Every random number comes from a stream. The names of host and client, the number of the
// attempt and the purpose name the stream. So the same seed gives the same crowd under any
// profile. A client draws the same numbers with any other clients in the network.
type Network struct {
	engine sim.Engine[event]
	seed   uint64
	nodes  []node // nodes[0] is unused
	paths  [][]path
	// How many hosts or clients have one name: by the stream id without its last part.
	nameCounts   map[uint64]uint64
	configs      []clientGroup
	clients      paged[client]  // clients[0] is unused
	attempts     paged[attempt] // indexed by ConnID; attempts[0] is for segments of no attempt
	inFlight     []Segment      // on their way; an event has the index
	freeInFlight []uint32       // free places in inFlight
	offered      int
	outcomes     [outcomeCount]int
	hash         uint64
	count        uint64 // records so far
	buffered     []Record
	// The random numbers for the segment that a link carries. A link that decides nothing
	// at random does not read them.
	random       sim.Rand
	segments     []Segment // scratch of flush
	records      []Record  // scratch of flush
	broken       error     // first violation seen in the records
	direct       bool      // see DeliverDirectly
	watched      bool      // see Watch
	tapped       bool      // see Tap
	tap          []Transmission
	nextDeadline sim.Time // no event is due before it
	sentDirectly int      // segments delivered directly since the last flush began
}

// node is a host in the network.
type node struct {
	host      *Host
	name      string
	streamID  uint64 // names the host in the streams of random numbers
	wake      sim.EventID
	wakeAt    sim.Time
	handedOut bool // the caller has it and may call it at any time
}

// event is an entry of the engine's event list. It has 16 bytes, because the engine copies
// events often.
type event struct {
	tag  uint64
	kind eventKind
	host HostID
}

type eventKind uint8

const (
	eventArrive  eventKind = iota // flying[tag] reaches host
	eventWake                     // a timer of host expires
	eventStart                    // client tag begins an attempt
	eventGiveUp                   // the patience of the client of attempt tag ends
	eventProgram                  // an event of After
)

// String describes the event, for the error of a run that has stalled.
func (e event) String() string {
	switch e.kind {
	case eventArrive:
		return arrivalOf + strconv.FormatUint(e.tag, 10)
	case eventWake:
		return "timer of host " + strconv.Itoa(int(e.host))
	case eventStart:
		return "start of client " + strconv.FormatUint(e.tag, 10)
	case eventGiveUp:
		return "patience of attempt " + strconv.FormatUint(e.tag, 10)
	}
	return "program event " + strconv.FormatUint(e.tag, 10)
}

const arrivalOf = "arrival of segment "

// maxHosts limits the table of paths, which has an entry for each pair of hosts.
const maxHosts = 250

// NewNetwork returns a network without hosts at virtual time zero.
func NewNetwork(seed uint64) *Network {
	n := &Network{seed: seed, nodes: make([]node, 1)}
	n.clients.add()
	n.attempts.add()
	return n
}

// AddHost adds a host and calls its Startup. The links to all other hosts have no delay.
// If Addrs is empty, the host has one address: HostAddr(id, 1). The network sets ID and Seed.
// AddHost panics above 250 hosts, and if an address is not one of HostAddr for this host.
func (n *Network) AddHost(name string, c HostConfig) HostID {
	if len(n.nodes) == 0 {
		panic("netmodel: AddHost: NewNetwork makes a Network, not its zero value")
	}
	id := HostID(len(n.nodes))
	if id > maxHosts {
		panic(fmt.Sprintf("netmodel: AddHost: more than %d hosts", maxHosts))
	}
	c.ID, c.Seed = id, n.seed
	if len(c.Addrs) == 0 {
		c.Addrs = []IP{HostAddr(id, 1)}
	}
	for _, ip := range c.Addrs {
		if hostOf(ip) != id {
			panic(fmt.Sprintf("netmodel: AddHost: %v does not lead to host %d: its addresses are those of HostAddr", ip, id))
		}
	}
	h := NewHost(c)
	_ = h.Startup() // never fails
	h.watched, h.direct = n.watched, n.direct
	stream := n.newStreamID(noStreamID, name, drawsVictim)
	h.random = sim.Stream(n.seed, stream, drawsVictim)
	n.nodes = append(n.nodes, node{host: h, name: name, streamID: stream, wakeAt: -1})
	for len(n.paths) < len(n.nodes) {
		n.paths = append(n.paths, nil)
	}
	for i := range n.paths {
		for len(n.paths[i]) < len(n.nodes) {
			n.paths[i] = append(n.paths[i], path{immediate: true})
		}
	}
	return id
}

// Host returns a host, so that the caller can call it. The caller may keep the host: the
// network updates its clock, so the caller does not call Advance. Host changes nothing:
// what is due at the present instant happens in a Step. Host panics if no host has the id.
func (n *Network) Host(id HostID) *Host {
	n.mustExist(id)
	n.nodes[id].handedOut = true
	return n.hostNow(id)
}

// hostNow returns a host and sets its clock to the present.
func (n *Network) hostNow(id HostID) *Host {
	h := n.nodes[id].host
	h.now = n.engine.Now() // nothing is due before now: the engine would have woken the host
	return h
}

// advancedHost returns a host after its timers up to the present have expired.
func (n *Network) advancedHost(id HostID) *Host {
	h := n.nodes[id].host
	h.Advance(n.engine.Now())
	return h
}

// mustExist panics if no host has the id.
func (n *Network) mustExist(id HostID) {
	if id == 0 || int(id) >= len(n.nodes) {
		panic(fmt.Sprintf("netmodel: no host %d: AddHost has returned 1 to %d", id, len(n.nodes)-1))
	}
}

// HostName returns the name that AddHost gave a host, "" if no host has the id.
func (n *Network) HostName(id HostID) string {
	if int(id) >= len(n.nodes) {
		return ""
	}
	return n.nodes[id].name
}

// ErrnoName returns the name of an error on a host: WSAECONNREFUSED on Windows,
// ECONNREFUSED elsewhere.
func (n *Network) ErrnoName(id HostID, e winsock.Errno) string {
	if int(id) < len(n.nodes) && n.nodes[id].host != nil {
		return n.nodes[id].host.profile.Calls.ErrnoName(e)
	}
	return e.Error()
}

// Now returns the present instant.
func (n *Network) Now() sim.Time { return n.engine.Now() }

// SetLink sets the links between two hosts, in both directions. It panics if the link is
// not valid or if a host does not exist.
func (n *Network) SetLink(a, b HostID, l Link) {
	if err := l.Validate(); err != nil {
		panic("netmodel: SetLink: " + err.Error())
	}
	n.mustExist(a)
	n.mustExist(b)
	p := path{link: l, immediate: l.Immediate(), random: l.random(), cut: n.paths[a][b].cut}
	n.paths[a][b] = p
	p.cut = n.paths[b][a].cut
	n.paths[b][a] = p
	n.wakeKeepAlive(a, b)
}

// wakeKeepAlive makes connections of two hosts probe their peers again if they have stopped
// probing, because the link between the hosts has changed.
func (n *Network) wakeKeepAlive(a, b HostID) {
	n.advancedHost(a).wakeKeepAlive()
	n.advancedHost(b).wakeKeepAlive()
}

// Cut interrupts the links between two hosts in both directions, or restores them. Segments
// sent while a link is cut are lost. Segments that were sent before arrive.
func (n *Network) Cut(a, b HostID, cut bool) {
	n.mustExist(a)
	n.mustExist(b)
	n.flush()
	n.paths[a][b].cut, n.paths[b][a].cut = cut, cut
	n.recordCut(a, b, cut)
	n.wakeKeepAlive(a, b)
}

// After schedules an event of the caller, d from now. Step returns its tag.
func (n *Network) After(d time.Duration, tag uint64) sim.EventID {
	return n.after(d, event{kind: eventProgram, tag: tag})
}

// Cancel removes an event of After. It returns false if there is no such event any more.
func (n *Network) Cancel(id sim.EventID) bool { return n.engine.Cancel(id) }

// Step describes one event that happened.
type Step struct {
	Program bool   // the event was scheduled by After
	Tag     uint64 // the tag given to After
}

// Step runs the next event, if the event is due at limit or before. It returns false if
// there is none. Then the time is limit, unless limit is sim.Forever or the run has
// stalled. Err says whether the run has stalled.
func (n *Network) Step(limit sim.Time) (Step, bool) {
	n.flush()
	if limit == sim.Forever && n.engine.Len() == 0 {
		return Step{}, false // the clock stays where it is
	}
	for _, e := range n.engine.Until(limit) {
		step := Step{}
		switch e.kind {
		case eventArrive:
			n.deliverInFlight(e.host, uint32(e.tag))
		case eventWake:
			n.nodes[e.host].wakeAt = -1
			n.advancedHost(e.host).timers.moved = true // the host has a new deadline
		case eventStart:
			n.begin(ClientID(e.tag))
		case eventGiveUp:
			n.giveUp(ConnID(e.tag))
		case eventProgram:
			step = Step{true, e.tag}
		}
		n.flush()
		n.updateClocks()
		return step, true
	}
	n.updateClocks()
	return Step{}, false
}

// updateClocks sets the clocks of the hosts that the caller has. Nothing is due at these hosts
// before the present: the engine would have woken them.
func (n *Network) updateClocks() {
	for i := 1; i < len(n.nodes); i++ {
		if d := &n.nodes[i]; d.handedOut {
			d.host.now = n.engine.Now()
		}
	}
}

// Run steps until nothing is due at limit or before. It does not report events of After.
func (n *Network) Run(limit sim.Time) {
	for {
		if _, ok := n.Step(limit); !ok {
			return
		}
	}
}

// SetStallLimit sets how many events may happen at one instant. After more events the run
// counts as stalled; see sim.Engine.
func (n *Network) SetStallLimit(events int) { n.engine.SetStallLimit(events) }

// Err returns a *sim.StalledError if the run has stalled, nil if it has not. A run stalls
// when too many events happen at one instant.
func (n *Network) Err() error {
	stalled, ok := n.engine.Err().(*sim.StalledError)
	if !ok {
		return n.engine.Err()
	}
	e := *stalled
	if number, ok := strings.CutPrefix(e.Event, arrivalOf); ok {
		if i, err := strconv.Atoi(number); err == nil && i < len(n.inFlight) {
			e.Event = "arrival of " + n.inFlight[i].String()
		}
	}
	return &e
}

// Next returns the instant of the next event, and false if there is no event.
func (n *Network) Next() (sim.Time, bool) { return n.settled().engine.Peek() }

// Settle takes what the hosts have sent and recorded since their last calls. Their segments
// are on their way then, and clients have reacted. Step settles the network before each event.
//
// Settle saves time if a program calls hosts and then reads the network. The methods Next,
// Hash, Records, Check, Tally, Progress, AttemptResult and Results change nothing. So they
// compute their answers on a Clone as long as the network has not settled.
func (n *Network) Settle() {
	n.flush()
	n.nextDeadline = sim.Forever
	if at, ok := n.engine.Peek(); ok {
		n.nextDeadline = at
	}
}

// settled returns a network that has settled, to read it: this network or a copy.
func (n *Network) settled() *Network {
	for id := 1; id < len(n.nodes); id++ {
		if h := n.nodes[id].host; len(h.out)+len(h.records)+len(h.waits) > 0 || h.timers.moved {
			c := n.Clone()
			c.flush()
			return c
		}
	}
	return n
}

// at schedules an event.
func (n *Network) at(t sim.Time, e event) sim.EventID {
	n.nextDeadline = min(n.nextDeadline, t)
	return n.engine.At(t, e)
}

func (n *Network) after(d time.Duration, e event) sim.EventID {
	return n.at(n.engine.Now().Add(d), e)
}

// DrainRecords settles the network, appends the records since the last call to dst, in
// order, and forgets them.
func (n *Network) DrainRecords(dst []Record) []Record {
	n.flush()
	if len(dst) == 0 { // swap the buffers instead of copying
		n.buffered, dst = dst, n.buffered
		return dst
	}
	dst = append(dst, n.buffered...)
	n.buffered = n.buffered[:0]
	return dst
}

// Hash returns the hash of all records so far. Two runs are equal if their hashes are equal.
func (n *Network) Hash() uint64 { return n.settled().hash }

// Records returns the number of records so far.
func (n *Network) Records() uint64 { return n.settled().count }

// flush takes what the hosts have sent and recorded, until no host has anything left.
func (n *Network) flush() {
	n.sentDirectly = 0
	for again := true; again; {
		again = false
		for id := 1; id < len(n.nodes); id++ {
			h := n.nodes[id].host
			if len(h.out) == 0 && len(h.records) == 0 {
				if len(h.waits) > 0 {
					h.setTimers()
				}
				if h.timers.moved {
					h.timers.moved = false
					n.setWake(HostID(id))
				}
				continue
			}
			again = true // clients may react to these records
			n.records, h.records = h.records, n.records[:0]
			n.segments, h.out = h.out, n.segments[:0]
			for i := range n.records { // records first: the segments are their consequence
				n.handleRecord(&n.records[i])
			}
			for i := range n.segments {
				n.transmit(HostID(id), &n.segments[i])
			}
		}
	}
}

// setWake schedules the event that wakes a host at its next deadline.
func (n *Network) setWake(id HostID) {
	d := &n.nodes[id]
	at, ok := d.host.Deadline()
	if !ok {
		at = -1
	}
	if at == d.wakeAt || n.direct && d.wakeAt >= 0 && (!ok || at > d.wakeAt) {
		return
	}
	n.engine.Cancel(d.wake)
	d.wakeAt = at
	if ok {
		d.wake = n.at(max(at, n.engine.Now()), event{kind: eventWake, host: id})
	}
}

// CutOneWay interrupts the link from one host to another, or restores it. The other
// direction does not change.
func (n *Network) CutOneWay(from, to HostID, cut bool) {
	n.mustExist(from)
	n.mustExist(to)
	n.flush()
	n.paths[from][to].cut = cut
	n.recordCut(from, to, cut)
	n.wakeKeepAlive(from, to)
}

func (n *Network) recordCut(at, to HostID, cut bool) {
	why := LinkHealed
	if cut {
		why = LinkCut
	}
	n.record(&Record{At: n.Now(), Host: at, Kind: LinkChanged, Value: int64(to), Cause: why})
}

// record appends a record to the trace and to its hash.
func (n *Network) record(r *Record) {
	n.count++
	n.hash = r.mix(n.hash)
	n.buffered = append(n.buffered, *r)
}
