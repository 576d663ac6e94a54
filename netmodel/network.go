package netmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Network joins hosts by links and drives them, and the virtual clients that
// run on them, on one sim.Engine. The servers' programs are the caller's: it
// calls the hosts, steps the network and reads the records.
//
//	n := netmodel.NewNetwork(1)
//	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
//	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
//	n.SetLink(server, crowd, netmodel.Link{Latency: time.Millisecond})
//
// Everything drawn at random comes from streams named by the names of host and
// client, the number of the attempt, and the purpose. So the same seed is the same
// crowd under any profile, and a client draws the same whoever else is there.
type Network struct {
	engine sim.Engine[event]
	seed   uint64
	nodes  []node // nodes[0] is unused
	paths  [][]path
	// How many things of one name there are, by who would be without its last part.
	namesakes map[uint64]uint64
	configs   []clientGroup
	clients   paged[client]  // clients[0] is unused
	attempts  paged[attempt] // indexed by ConnID; attempts[0] stands for segments that are nobody's
	flying    []Segment      // on their way; an event names them
	landed    []uint32       // free places in flying
	offered   int
	outcomes  [outcomeCount]int
	hash      uint64
	count     uint64 // records so far
	fresh     []Record
	// Of the segment about which a link decides. A link that decides nothing heeds none.
	draws        sim.Rand
	scratch      []Segment
	records      []Record // scratch
	broken       error    // first violation seen in the records
	direct       bool     // see DeliverDirectly
	watched      bool     // see Watch
	tapped       bool     // see Tap
	tap          []Transmission
	nextDeadline sim.Time // no event is due before
	detours      int      // segments delivered directly since the last flush began
}

// node is a host in the network.
type node struct {
	host      *Host
	name      string
	who       uint64 // in the streams of random numbers
	wake      sim.EventID
	wakeAt    sim.Time
	handedOut bool // somebody may call it at any time
}

// event is what lies on the engine's list: 16 bytes, because it is moved about.
type event struct {
	tag  uint64
	kind eventKind
	host HostID
}

type eventKind uint8

const (
	eventArrive  eventKind = iota // flying[tag] reaches host
	eventWake                     // host wants to be advanced
	eventStart                    // client tag begins an attempt
	eventGiveUp                   // the client of attempt tag loses patience
	eventProgram                  // the caller's own
)

// String describes the event, for the error of a run that no longer advances.
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

// maxHosts bounds the table of paths, which has an entry for each pair of hosts.
const maxHosts = 250

// NewNetwork returns a network without hosts at virtual time zero.
func NewNetwork(seed uint64) *Network {
	n := &Network{seed: seed, nodes: make([]node, 1)}
	n.clients.add()
	n.attempts.add()
	return n
}

// AddHost adds a host, starts its library and links it to all others without
// delay. Addrs may be left empty: the host then has the one address HostAddr
// gives. ID is set by the network.
func (n *Network) AddHost(name string, c HostConfig) HostID {
	if len(n.nodes) == 0 {
		panic("netmodel: AddHost: a Network is made by NewNetwork")
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
	who := n.named(nobody, name, drawsVictim)
	h.draws = sim.Stream(n.seed, who, drawsVictim)
	n.nodes = append(n.nodes, node{host: h, name: name, who: who, wakeAt: -1})
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

// Host returns a host to call it. It may be kept: the network keeps the time of
// every host that it has handed out, so Advance is not for the caller. To ask for a
// host changes nothing: what is due at it at the present instant happens in a Step.
func (n *Network) Host(id HostID) *Host {
	n.known(id)
	n.nodes[id].handedOut = true
	return n.timely(id)
}

// timely returns a host whose clock shows the present.
func (n *Network) timely(id HostID) *Host {
	h := n.nodes[id].host
	h.now = n.engine.Now() // nothing is due before: the engine would have woken it
	return h
}

// present returns a host advanced to the present, at which something happens to it.
func (n *Network) present(id HostID) *Host {
	h := n.nodes[id].host
	h.Advance(n.engine.Now())
	return h
}

// known panics with a sentence if no host has the id.
func (n *Network) known(id HostID) {
	if id == 0 || int(id) >= len(n.nodes) {
		panic(fmt.Sprintf("netmodel: no host %d: AddHost has returned 1 to %d", id, len(n.nodes)-1))
	}
}

// HostName returns the name a host was added under, "" for none.
func (n *Network) HostName(id HostID) string {
	if int(id) >= len(n.nodes) {
		return ""
	}
	return n.nodes[id].name
}

// ErrnoName returns what a program on a host calls an error: WSAECONNREFUSED on
// Windows, ECONNREFUSED elsewhere.
func (n *Network) ErrnoName(id HostID, e winsock.Errno) string {
	if int(id) < len(n.nodes) && n.nodes[id].host != nil {
		return n.nodes[id].host.profile.Calls.ErrnoName(e)
	}
	return e.Error()
}

// Now returns the present instant.
func (n *Network) Now() sim.Time { return n.engine.Now() }

// SetLink sets both ways between two hosts. It panics if the link is not valid.
func (n *Network) SetLink(a, b HostID, l Link) {
	if err := l.Validate(); err != nil {
		panic("netmodel: SetLink: " + err.Error())
	}
	n.known(a)
	n.known(b)
	p := path{link: l, immediate: l.Immediate(), random: l.random(), cut: n.paths[a][b].cut}
	n.paths[a][b] = p
	p.cut = n.paths[b][a].cut
	n.paths[b][a] = p
	n.wakeKeepAlive(a, b)
}

// wakeKeepAlive lets connections of two hosts that have stopped to probe their peers probe
// them again: the link between the hosts has changed.
func (n *Network) wakeKeepAlive(a, b HostID) {
	n.present(a).wakeKeepAlive()
	n.present(b).wakeKeepAlive()
}

// Cut interrupts both ways between two hosts, or heals them: segments sent
// meanwhile are lost, those under way arrive.
func (n *Network) Cut(a, b HostID, cut bool) {
	n.known(a)
	n.known(b)
	n.flush()
	n.paths[a][b].cut, n.paths[b][a].cut = cut, cut
	n.recordCut(a, b, cut)
	n.wakeKeepAlive(a, b)
}

// After schedules an event of the caller's own; Step returns its tag.
func (n *Network) After(d time.Duration, tag uint64) sim.EventID {
	return n.after(d, event{kind: eventProgram, tag: tag})
}

// Cancel takes an event of After back.
func (n *Network) Cancel(id sim.EventID) bool { return n.engine.Cancel(id) }

// Step is what one event brought about.
type Step struct {
	Program bool   // it was one of After's
	Tag     uint64 // then its tag
}

// Step lets the next event happen, if it is due at limit or before. It returns
// false when there is none: then the time is limit, unless that is sim.Forever
// or the run no longer advances, which Err tells.
func (n *Network) Step(limit sim.Time) (Step, bool) {
	n.flush()
	if limit == sim.Forever && n.engine.Len() == 0 {
		return Step{}, false // the clock stays where it is
	}
	for _, e := range n.engine.Until(limit) {
		step := Step{}
		switch e.kind {
		case eventArrive:
			n.land(e.host, uint32(e.tag))
		case eventWake:
			n.nodes[e.host].wakeAt = -1
			n.present(e.host).timers.moved = true // it has a next one
		case eventStart:
			n.begin(ClientID(e.tag))
		case eventGiveUp:
			n.giveUp(ConnID(e.tag))
		case eventProgram:
			step = Step{true, e.tag}
		}
		n.flush()
		n.tellTime()
		return step, true
	}
	n.tellTime()
	return Step{}, false
}

// tellTime sets the clocks of the hosts that were handed out. Nothing is due at
// them before the present: the engine would have woken them.
func (n *Network) tellTime() {
	for i := 1; i < len(n.nodes); i++ {
		if d := &n.nodes[i]; d.handedOut {
			d.host.now = n.engine.Now()
		}
	}
}

// Run steps until nothing is due at limit or before. Events of After pass
// unnoticed.
func (n *Network) Run(limit sim.Time) {
	for {
		if _, ok := n.Step(limit); !ok {
			return
		}
	}
}

// SetStallLimit sets how many events may happen at one instant before the run
// counts as stalled; see sim.Engine.
func (n *Network) SetStallLimit(events int) { n.engine.SetStallLimit(events) }

// Err returns why the run stopped before its time: it no longer advanced.
func (n *Network) Err() error {
	stalled, ok := n.engine.Err().(*sim.StalledError)
	if !ok {
		return n.engine.Err()
	}
	e := *stalled
	if number, ok := strings.CutPrefix(e.Event, arrivalOf); ok {
		if i, err := strconv.Atoi(number); err == nil && i < len(n.flying) {
			e.Event = "arrival of " + n.flying[i].String()
		}
	}
	return &e
}

// Next returns the instant of the next event, false if there is none.
func (n *Network) Next() (sim.Time, bool) { return n.settled().engine.Peek() }

// Settle lets everything come about that hosts were called for, as Step does before
// it takes an event: what they send is on its way, and clients have acted on it.
//
// A program that looks at the network between two calls of hosts can save time so.
// To look changes nothing. So, after a call of a host and until the network settles,
// these work their answers out on a Clone: Next, Hash, Records, Check, Tally, Progress,
// AttemptResult and Results.
func (n *Network) Settle() {
	n.flush()
	n.nextDeadline = sim.Forever
	if at, ok := n.engine.Peek(); ok {
		n.nextDeadline = at
	}
}

// settled returns a network that has settled, to look at: this one or a copy.
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

// DrainRecords appends what happened since the last call to dst, in order, and
// forgets it. The network settles first.
func (n *Network) DrainRecords(dst []Record) []Record {
	n.flush()
	if len(dst) == 0 { // no need to copy
		n.fresh, dst = dst, n.fresh
		return dst
	}
	dst = append(dst, n.fresh...)
	n.fresh = n.fresh[:0]
	return dst
}

// Hash returns the hash of all records so far: two runs are equal if theirs
// are.
func (n *Network) Hash() uint64 { return n.settled().hash }

// Records returns how many records there were so far.
func (n *Network) Records() uint64 { return n.settled().count }

// flush collects what the hosts have sent and recorded.
func (n *Network) flush() {
	n.detours = 0
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
			again = true // what is read now may make clients act
			n.records, h.records = h.records, n.records[:0]
			n.scratch, h.out = h.out, n.scratch[:0]
			for i := range n.records { // before the fate of the segments that were sent because of it
				n.handleRecord(&n.records[i])
			}
			for i := range n.scratch {
				n.transmit(HostID(id), &n.scratch[i])
			}
		}
	}
}

// setWake makes the engine wake a host when it wants to be.
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

// CutOneWay interrupts only what one host sends to another, or heals it.
func (n *Network) CutOneWay(from, to HostID, cut bool) {
	n.known(from)
	n.known(to)
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

// record appends a record to the trace.
func (n *Network) record(r *Record) {
	n.count++
	n.hash = r.mix(n.hash)
	n.fresh = append(n.fresh, *r)
}
