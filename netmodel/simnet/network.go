package simnet

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// Config says how a network begins. The zero value is a network of Linux hosts
// that delivers at once.
type Config struct {
	Seed uint64 // of everything that is drawn: latencies, losses
	// The system of hosts that are not added with another; the zero value is
	// profiles.Linux().
	Profile netmodel.Profile
	// Between any two hosts, until SetLink says otherwise.
	Link netmodel.Link
	// What Listen asks for, as the second argument of listen(2); 0 = what Go's net
	// package asks for, SOMAXCONN. Host.ListenBacklog takes any other number.
	Backlog int
	// How many descriptors the program on a host may have open; 0 = no limit. Each host
	// has a budget of its own, unless its HostConfig says otherwise; the crowd of
	// simnettest.Burst has no limit. Sockets count, and what OpenFiles takes; what else a
	// process has on a real system (standard input and output, Go's poller) does not.
	Descriptors int
	// Bytes that may be under way or unread in one direction of a connection before
	// Write waits; 0 = 4 MiB, to which Linux lets what a program has sent grow
	// (net.ipv4.tcp_wmem), and 64 MiB in a bubble. A goroutine of a bubble that waits with
	// a mutex held stops time for good if another one waits for that mutex: HTTP/2 and
	// yamux write and read so. 64 MiB is what 256 streams of yamux may send at its default
	// settings. A window takes no memory until it is used. To test a Write that waits, set
	// a small one.
	Window int
	// How many records are kept for WriteTrace, the latest; 0 = 16,384.
	Trace int
	// Tap also keeps the latest segments, twice as many as records, for WriteView.
	Tap bool
}

const (
	defaultWindow  = 4 << 20  // bytes
	windowInBubble = 64 << 20 // bytes
	defaultTrace   = 1 << 14  // records, 1.3 MB
)

// Network is some hosts, joined by links. Make one with New. It may be used by any
// number of goroutines, as may everything that comes from it. It remembers every
// attempt to connect, in 112 bytes, and the latest records.
type Network struct {
	config  Config
	ordered bool // calls of one instant are made in an order of their own: see calls.go
	start   time.Time

	timed atomic.Bool // not every link delivers at once, or calls are ordered

	mu      sync.Mutex // guards all that follows, and everything of hosts, listeners and connections
	model   *netmodel.Network
	real    netmodel.RealTime // the same network
	hosts   []*Host           // by netmodel.HostID, from 1
	names   map[string]*Host  // never ranged over
	pairs   pairs
	alarms  alarms
	rang    []*side           // whose alarm rang at this instant
	calls   calls             // ordered: waiting for their instant
	due     []*call           // scratch
	told    []*call           // done with, for the next that are put down
	timer   *time.Timer       // rings at armed
	armed   sim.Time          // sim.Forever: it does not
	ready   []netmodel.Socket // scratch
	over    *call             // calls that are over, the last first
	spare   [][]byte          // buffers that no connection needs
	resting *dial             // one that is over, for the next
	closed  bool
	frozen  bool // see Freeze

	trace recorder
}

// New returns a network without hosts. Within a bubble of testing/synctest its time
// is that of the bubble, and what happens in it does not depend on the scheduler;
// elsewhere its time is the machine's. Close it before a bubble ends: goroutines that wait
// for it keep the bubble from ending. It panics if a setting is not valid.
func New(c Config) *Network {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		panic("simnet: New: " + err.Error())
	}
	n := &Network{
		config:  c,
		ordered: inBubble(),
		start:   time.Now(),
		model:   netmodel.NewNetwork(c.Seed),
		hosts:   make([]*Host, 1),
		names:   map[string]*Host{},
		armed:   sim.Forever,
	}
	n.timed.Store(n.ordered || !c.Link.Immediate())
	n.trace.most = c.Trace
	if c.Tap {
		n.model.Tap()
		n.trace.tap.most = 2 * c.Trace
	}
	n.real = n.model.RealTime()
	n.real.DeliverDirectly()
	n.real.Watch()
	return n
}

func (c Config) withDefaults() Config {
	if c.Profile == (netmodel.Profile{}) {
		c.Profile = profiles.Linux()
	}
	if c.Window == 0 && inBubble() {
		c.Window = windowInBubble
	}
	if c.Window == 0 {
		c.Window = defaultWindow
	}
	if c.Trace == 0 {
		c.Trace = defaultTrace
	}
	return c
}

// Validate returns an error that says which setting New would not take, and what it
// would take. nil means that New takes all.
func (c Config) Validate() error {
	c = c.withDefaults()
	if err := c.Profile.Validate(); err != nil {
		return err
	}
	switch {
	case c.Window < 1 || c.Window > 1<<29:
		return fmt.Errorf("a window of %d bytes: want 1 to %d", c.Window, 1<<29)
	case c.Trace < 1 || c.Trace > 1<<28:
		return fmt.Errorf("a trace of %d records: want 1 to %d", c.Trace, 1<<28)
	case c.Descriptors < 0:
		return fmt.Errorf("%d descriptors: want 0 (no limit) or more", c.Descriptors)
	case c.Backlog < 0 || c.Backlog > math.MaxInt32:
		return fmt.Errorf("a backlog of %d: want 0 (SOMAXCONN) to %d; Host.ListenBacklog takes negative numbers, too", c.Backlog, math.MaxInt32)
	}
	return c.Link.Validate()
}

// Config returns the settings of the network, with the defaults filled in.
func (n *Network) Config() Config { return n.config }

// Listeners returns the listeners that are open, by host and descriptor.
func (n *Network) Listeners() []*Listener {
	n.enter()
	defer n.leave()
	var all []*Listener
	for _, h := range n.hosts[1:] {
		for _, o := range h.objects {
			if s, ok := o.(*socket); ok {
				for _, l := range s.open {
					if !l.closed {
						all = append(all, l)
					}
				}
			}
		}
	}
	return all
}

// Host returns the host of that name, which it adds with the settings of the
// network if there is none. Names are case-insensitive, and a dot at the end does not
// count. It panics if the name is not valid.
func (n *Network) Host(name string) *Host {
	n.enter()
	defer n.leave()
	if h := n.names[canonical(name)]; h != nil {
		return h
	}
	return n.addHost(name, HostConfig{})
}

// HostWith returns the host of that name, which it adds with settings of its own if there
// is none. It panics if the name or the settings are not valid.
func (n *Network) HostWith(name string, c HostConfig) *Host {
	n.enter()
	defer n.leave()
	if h := n.names[canonical(name)]; h != nil {
		return h
	}
	return n.addHost(name, c)
}

// HostByID returns the host that records know by a number, nil if there is none.
func (n *Network) HostByID(id netmodel.HostID) *Host {
	n.enter()
	defer n.leave()
	if int(id) >= len(n.hosts) {
		return nil
	}
	return n.hosts[id]
}

// AddHost adds a host that differs from what the network's Config says. It panics
// if there is one of that name, or if the settings are not valid.
func (n *Network) AddHost(name string, c HostConfig) *Host {
	n.enter()
	defer n.leave()
	if n.names[canonical(name)] != nil {
		panic(fmt.Sprintf("simnet: AddHost: there is a host %q already; Host returns it", name))
	}
	return n.addHost(name, c)
}

func (n *Network) addHost(name string, c HostConfig) *Host {
	if c.Profile == (netmodel.Profile{}) {
		c.Profile = n.config.Profile
	}
	switch {
	case c.Descriptors == 0:
		c.Descriptors = n.config.Descriptors
	case c.Descriptors == NoLimit:
		c.Descriptors = 0
	case c.Descriptors < 0:
		panic(fmt.Sprintf("simnet: host %q with %d descriptors: want 0 (as the network says), NoLimit, or a number from 1 on", name, c.Descriptors))
	}
	name = canonical(name)
	if err := validName(name); err != nil {
		panic("simnet: " + err.Error())
	}
	id := n.model.AddHost(name, netmodel.HostConfig{Profile: c.Profile, Descriptors: c.Descriptors})
	h := &Host{net: n, id: id, name: name, model: n.model.Host(id), profile: c.Profile, limited: c.Descriptors > 0}
	h.self = &Dialer{host: h, id: n.real.AddExternalClient(name, id)}
	for other := netmodel.HostID(1); other < id; other++ {
		n.model.SetLink(other, id, n.config.Link)
	}
	n.hosts = append(n.hosts, h)
	n.names[name] = h
	return h
}

// SetLink sets both ways between two hosts, for segments sent from now on. It
// panics if the link is not valid, or if a host is not one of this network.
func (n *Network) SetLink(a, b *Host, l netmodel.Link) {
	if err := l.Validate(); err != nil {
		panic("simnet: SetLink: " + err.Error())
	}
	n.own("SetLink", a, b)
	n.timed.Store(true)
	_ = n.do(rankOf(setLink, a, 0, uint64(b.id)), a, func() error {
		n.model.SetLink(a.id, b.id, l)
		return nil
	})
}

// own panics if a host is not one of this network: the number of a host means another
// host elsewhere.
func (n *Network) own(call string, hosts ...*Host) {
	for _, h := range hosts {
		switch {
		case h == nil:
			panic(fmt.Sprintf("simnet: %s of a nil *Host: want two hosts of this network", call))
		case h.net != n:
			panic(fmt.Sprintf("simnet: %s of host %q, which is on another network: want two hosts of this network", call, h.name))
		}
	}
}

// Cut interrupts both ways between two hosts: what is sent meanwhile is lost. It panics if
// a host is not one of this network.
func (n *Network) Cut(a, b *Host) { n.cut("Cut", a, b, true) }

// Heal makes the ways between two hosts whole again. It panics if a host is not one of
// this network.
func (n *Network) Heal(a, b *Host) { n.cut("Heal", a, b, false) }

func (n *Network) cut(call string, a, b *Host, cut bool) {
	n.own(call, a, b)
	n.timed.Store(true)
	_ = n.do(rankOf(setCut, a, 0, uint64(b.id)<<1|bit(cut)), a, func() error {
		n.model.Cut(a.id, b.id, cut)
		return nil
	})
}

// bit is 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Close closes every listener and connection of the network. Calls that wait return
// net.ErrClosed, and so do later ones. In a bubble they return at the same instant, and
// Close then lets 2 s of virtual time pass, so that goroutines which pause after an error
// come back and notice. A test can return right after it.
func (n *Network) Close() error {
	if n.close() && n.ordered && inBubble() {
		time.Sleep(longestPause)
	}
	return nil
}

// longestPause is longer than accept loops pause after an error: http.Server.Serve pauses a
// second at most.
const longestPause = 2 * time.Second

// close reports whether the network was open.
func (n *Network) close() bool {
	n.enter()
	defer n.leave()
	if n.closed {
		return false
	}
	n.closed = true
	for _, h := range n.hosts[1:] {
		for fd := range h.objects { // what closes may make others ready, never new ones
			if o := h.objects[fd]; o != nil {
				o.drop()
			}
		}
		n.settle()
	}
	n.makeCalls(sim.Forever) // also those that were put down at this instant
	n.pump(n.model.Now())
	return true
}
