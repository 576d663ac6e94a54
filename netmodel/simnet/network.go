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

// Config is the settings of a network. The zero value is a network of Linux hosts
// whose links deliver at once.
type Config struct {
	Seed uint64 // of all random draws: latencies, losses
	// The system of each host that has no other in its HostConfig; the zero value is
	// profiles.Linux().
	Profile netmodel.Profile
	// The link between any two hosts, until SetLink changes it.
	Link netmodel.Link
	// The second argument of listen(2) in Listen; 0 = SOMAXCONN, as Go's net package
	// passes. Host.ListenBacklog takes any number.
	Backlog int
	// The most descriptors that the program on one host may have open; 0 = no limit.
	// HostConfig.Descriptors sets another limit for one host. The host of the clients of
	// simnettest.Burst has no limit. Sockets count, and the files of OpenFiles. Other
	// descriptors of a real process (standard input and output, Go's poller) do not count.
	Descriptors int
	// The most bytes in flight or unread in one direction of a connection; then Write
	// waits. 0 = 4 MiB, the largest send buffer of Linux (net.ipv4.tcp_wmem), and 64 MiB
	// in a bubble. A goroutine that waits for the window with a mutex held stops the time
	// of a bubble if another goroutine waits for the mutex. HTTP/2 and yamux do this. 64 MiB
	// is enough for 256 streams of yamux with its default settings. A window takes memory
	// only for the bytes in it. To test a Write that waits, set a small window.
	Window int
	// How many of the latest records the network keeps for WriteTrace; 0 = 16,384.
	Trace int
	// Tap also keeps the latest segments, twice as many as records, for WriteView.
	Tap bool
}

const (
	defaultWindow  = 4 << 20  // bytes
	windowInBubble = 64 << 20 // bytes
	defaultTrace   = 1 << 14  // records, 1.3 MB
)

// Network is a set of hosts with links between them. New makes one. Any number of
// goroutines may use a network, its hosts, listeners and connections. A network keeps every
// attempt to connect (112 bytes each) and the latest records.
type Network struct {
	config  Config
	ordered bool // the network orders the calls of one instant: see calls.go
	start   time.Time

	timed atomic.Bool // some link has latency or loss, or calls are ordered

	mu           sync.Mutex // guards the fields below, and all hosts, listeners and connections
	model        *netmodel.Network
	real         netmodel.RealTime // the same network
	hosts        []*Host           // by netmodel.HostID, from 1
	names        map[string]*Host  // never ranged over
	pairs        pairs
	alarms       alarms
	expired      []*side           // their deadline passed at this instant
	calls        scheduledCalls    // ordered: calls that wait for their instant
	due          []*call           // scratch
	spareCalls   []*call           // for reuse by schedule
	timer        *time.Timer       // fires at armed
	armed        sim.Time          // sim.Forever: the timer is off
	ready        []netmodel.Socket // scratch
	finished     *call             // calls that have ended, the last first; leave wakes them
	spareBuffers [][]byte          // for reuse
	spareDial    *dial             // for reuse
	closed       bool
	frozen       bool // see hooks.Freeze

	trace recorder
}

// New returns a network without hosts. In a bubble of testing/synctest the network uses the
// time of the bubble, and does not depend on the scheduler. Elsewhere it uses the clock of the
// machine. Close the network before a bubble ends: a bubble does not end while goroutines wait
// for the network. New panics if a setting is not valid.
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
	n.trace.limit = c.Trace
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

// Validate returns an error for the first setting that New rejects. The error says which
// values are valid. nil means that New accepts all settings.
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
		return fmt.Errorf("a backlog of %d: want 0 (SOMAXCONN) to %d; Host.ListenBacklog also takes negative numbers", c.Backlog, math.MaxInt32)
	}
	return c.Link.Validate()
}

// Config returns the settings of the network, with the defaults filled in.
func (n *Network) Config() Config { return n.config }

// Listeners returns the open listeners, ordered by host and descriptor.
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

// Host returns the host of that name. If there is none, Host adds it with the settings of the
// network. Names are case-insensitive, and a dot at the end is ignored. Host panics if the
// name is not valid.
func (n *Network) Host(name string) *Host {
	n.enter()
	defer n.leave()
	if h := n.names[canonical(name)]; h != nil {
		return h
	}
	return n.addHost(name, HostConfig{})
}

// AddHost adds a host with settings that differ from the Config of the network. It panics
// if the network has a host of that name, or if the settings are not valid.
func (n *Network) AddHost(name string, c HostConfig) *Host {
	n.enter()
	defer n.leave()
	if n.names[canonical(name)] != nil {
		panic(fmt.Sprintf("simnet: AddHost: the network already has a host %q; Host returns it", name))
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
		panic(fmt.Sprintf("simnet: host %q with %d descriptors: want 0 (the number of the network), NoLimit, or at least 1", name, c.Descriptors))
	}
	name = canonical(name)
	if err := validName(name); err != nil {
		panic("simnet: " + err.Error())
	}
	id := n.model.AddHost(name, netmodel.HostConfig{Profile: c.Profile, Descriptors: c.Descriptors})
	h := &Host{net: n, id: id, name: name, model: n.model.Host(id), profile: c.Profile, limited: c.Descriptors > 0}
	h.dialer = &Dialer{host: h, id: n.real.AddExternalClient(name, id)}
	for other := netmodel.HostID(1); other < id; other++ {
		n.model.SetLink(other, id, n.config.Link)
	}
	n.hosts = append(n.hosts, h)
	n.names[name] = h
	return h
}

// SetLink sets the link between two hosts in both directions, for segments sent from now on.
// It panics if the link is not valid, or if a host belongs to another network.
func (n *Network) SetLink(a, b *Host, l netmodel.Link) {
	if err := l.Validate(); err != nil {
		panic("simnet: SetLink: " + err.Error())
	}
	n.checkHosts("SetLink", a, b)
	n.timed.Store(true)
	_ = n.do(rankOf(setLink, a, 0, uint64(b.id)), a, func() error {
		n.model.SetLink(a.id, b.id, l)
		return nil
	})
}

// checkHosts panics if a host belongs to another network, where its number is another host.
func (n *Network) checkHosts(call string, hosts ...*Host) {
	for _, h := range hosts {
		switch {
		case h == nil:
			panic(fmt.Sprintf("simnet: %s of a nil *Host: want two hosts of this network", call))
		case h.net != n:
			panic(fmt.Sprintf("simnet: %s of host %q, which is on another network: want two hosts of this network", call, h.name))
		}
	}
}

// Cut interrupts the link between two hosts in both directions. Segments sent on a cut link are
// lost. Cut panics if a host belongs to another network.
func (n *Network) Cut(a, b *Host) { n.cut("Cut", a, b, true) }

// Heal restores the link between two hosts after Cut. It panics if a host belongs to another
// network.
func (n *Network) Heal(a, b *Host) { n.cut("Heal", a, b, false) }

func (n *Network) cut(call string, a, b *Host, cut bool) {
	n.checkHosts(call, a, b)
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

// Close closes every listener and connection of the network. Waiting calls and later calls
// return net.ErrClosed. In a bubble the waiting calls return at the same instant. Close then
// lets 2 s of virtual time pass: goroutines that pause after an error call again and get
// net.ErrClosed. A test can return directly after Close.
func (n *Network) Close() error {
	if n.close() && n.ordered && inBubble() {
		time.Sleep(longestPause)
	}
	return nil
}

// longestPause is longer than the pause of an accept loop after an error. The pause of
// http.Server.Serve is 1 s at most.
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
		for fd := range h.objects { // closing an object may make others ready, but adds none
			if o := h.objects[fd]; o != nil {
				o.drop()
			}
		}
		n.notifyReady()
	}
	n.runScheduled(sim.Forever) // also the calls scheduled at this instant
	n.advance(n.model.Now())
	return true
}
