package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Options says how to run a scenario. The zero value changes nothing and has seed 0.
type Options struct {
	Profile string // "" = the scenario's first
	Clients string // the profile of the clients' stack; "" = that of the server
	Seed    uint64
	// Knobs of the scenario, and settings of the kernel (profiles.Setting) by the
	// kernel's names. A name that is both is the knob.
	Knobs []Setting
	// Inputs are further steps, after the knobs are set. WithInputs has their form.
	Inputs []string
	// Alter, if set, changes the profiles of the server and of the clients, after the
	// settings of the kernel.
	Alter func(*netmodel.Profile)
	Lines int // how many lines of the trace to keep in Result.Lines
	// Record, if set, is called with every record as it happens.
	Record func(*netmodel.Network, netmodel.Record)
	// Segment, if set, is called with every segment that a host sends, before the records
	// of that instant.
	Segment func(*netmodel.Network, netmodel.Transmission)
	// Stop, if set, is called now and then with the progress of the run. The run ends
	// early when Stop returns true.
	Stop func(now, end sim.Time) bool
	// MaxEvents ends a run that takes too long; 0 = DefaultMaxEvents.
	MaxEvents uint64
}

// DefaultMaxEvents is the default limit of events, about a minute's work.
const DefaultMaxEvents = 200_000_000

// ErrStopped is what Run returns when Options.Stop ended it.
var ErrStopped = errors.New("stopped")

// ErrTooLong is in the error of Run when a run takes more than Options.MaxEvents
// events.
var ErrTooLong = errors.New("the run takes too long")

// MaxClients is the most clients that a scenario may have.
const MaxClients = 5_000_000

// serverPort is where every scenario's server listens.
const serverPort = 80

// Run prepares a scenario and runs it. It returns an error if the scenario, the
// profile or a knob is not valid. The other errors are those of Prepared.Run.
func Run(s Scenario, o Options) (*Result, error) {
	p, err := s.Prepare(o)
	if err != nil {
		return nil, err
	}
	return p.Run()
}

// Run runs the scenario. Its errors: virtual time no longer advances
// (sim.StalledError), the run takes too long (ErrTooLong), or Options.Stop ends it
// (ErrStopped). Any other error is a failed invariant: a defect of the model.
func (p Prepared) Run() (*Result, error) {
	r := newRun(p.Scenario, p.Server, p.Clients, p.Options)
	r.result.KernelSettings, r.kernelChanged = p.KernelSettings, p.KernelChanged
	if err := r.play(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", p.Scenario.Name, err)
	}
	r.summarise(&p.asked, &p.Scenario)
	return &r.result, nil
}

// ProfileNames returns the names of all ready-made profiles.
func ProfileNames() []string {
	var names []string
	for _, p := range profiles.All() {
		names = append(names, p.Name)
	}
	return names
}

// What the streams of random numbers are for; netmodel has its own purposes
// below 1000.
const (
	drawsArrival sim.Purpose = 1000 + iota // who: 0
	drawsService                           // who: the attempt that is served
)

// run is a scenario being played.
type run struct {
	s          Scenario
	o          Options
	net        *netmodel.Network
	server     netmodel.HostID
	clientHost netmodel.HostID // where the clients run
	floodHost  netmodel.HostID // where a Flood comes from: no answer reaches it
	printer    *trace.Printer

	sockets   []namedFD // listening sockets by name, in the order of their creation
	accepted  []namedFD // connections that Accept steps took, by client
	files     []netmodel.FD
	acts      []sim.Time // when somebody acts during the run
	arrivals  sim.Rand
	firstLoad netmodel.ClientID
	arrived   int // clients of the load that have arrived

	idle          int // workers without a connection
	started       bool
	starved       bool                         // a worker waits after WSAEMFILE
	depths        []depthAt                    // of each listening socket
	refused       map[netmodel.ConnID]struct{} // attempts that were refused at least once
	records       []netmodel.Record
	segments      []netmodel.Transmission
	line          []byte
	hasFirst      [256]bool        // kinds of records that Result.FirstLines has
	profile       netmodel.Profile // of the server
	kernelChanged bool             // the user has changed settings of the kernel
	result        Result
}

type namedFD struct {
	name string
	fd   netmodel.FD
}

// The tags of program events: what, and which.
const (
	tagStep    = iota << 56
	tagArrival // the next client of the load comes
	tagStart   // the accept loop begins
	tagServed  // a worker is done with the descriptor in the low bits
	tagBackoff // a worker tries again after WSAEMFILE
	tagStalled // a worker is back
	tagMask    = 0xff << 56
)

func newRun(s Scenario, p, clients netmodel.Profile, o Options) *run {
	r := &run{s: s, o: o, profile: p, net: netmodel.NewNetwork(o.Seed), refused: map[netmodel.ConnID]struct{}{}}
	n := r.net
	n.SetStallLimit(sim.StallLimit + 100*s.clients()) // they may all come at one instant
	r.server = n.AddHost("server", netmodel.HostConfig{
		Profile: p, Descriptors: s.Descriptors,
		Addrs: []netmodel.IP{netmodel.HostAddr(1, 1), netmodel.HostAddr(1, 2)},
	})
	r.clientHost = n.AddHost("clients", netmodel.HostConfig{Profile: clients, Addrs: clientAddrs(clients, s.clients())})
	r.floodHost = n.AddHost("strays", netmodel.HostConfig{Profile: clients})
	n.SetLink(r.server, r.clientHost, s.Link)
	n.SetLink(r.server, r.floodHost, s.Link)
	if s.hasFlood() {
		n.CutOneWay(r.server, r.floodHost, true)
	}
	if o.Segment != nil {
		n.Tap()
	}
	r.printer = trace.NewPrinter(n)
	r.arrivals = sim.Stream(o.Seed, 0, drawsArrival)
	r.idle = s.Program.Workers
	for _, input := range o.Inputs {
		instant, _, _ := strings.Cut(input, ":")
		at, _ := time.ParseDuration(instant) // Prepare has read it
		r.acts = append(r.acts, sim.Time(at))
	}
	r.result = Result{Scenario: s.Name, Profile: p.Name, Clients: o.Clients, Seed: o.Seed}
	return r
}

// clientAddrs returns enough addresses for the ports of all clients.
func clientAddrs(p netmodel.Profile, clients int) []netmodel.IP {
	ports := int(p.PortMax-p.PortMin) + 1
	var addrs []netmodel.IP
	for i := range clients/ports + 1 {
		addrs = append(addrs, netmodel.HostAddr(2, 1+i))
	}
	return addrs
}

// play runs the scenario to its end.
func (r *run) play() error {
	for i, step := range r.s.Steps {
		r.net.After(step.At, tagStep|uint64(i))
	}
	r.addLoad()
	if r.s.Program.Workers > 0 {
		r.net.After(r.s.Program.Start, tagStart)
	}
	end := sim.Time(r.s.Until)
	limit := r.o.MaxEvents
	if limit == 0 {
		limit = DefaultMaxEvents
	}
	for {
		step, ok := r.net.Step(end)
		if !ok {
			break
		}
		if step.Program {
			r.program(step.Tag)
		}
		r.settle()
		r.result.Events++
		if r.result.Events > limit {
			return fmt.Errorf("%w: %d events and only at %v of %v: fewer clients, or a higher limit of events", ErrTooLong, limit, r.net.Now(), end)
		}
		if r.result.Events%4096 == 0 && r.o.Stop != nil && r.o.Stop(r.net.Now(), end) {
			return ErrStopped
		}
	}
	r.settle()
	if err := r.net.Err(); err != nil {
		return err
	}
	return r.net.Check()
}

// settle lets the accept loop act on new records until this instant has no further
// record.
func (r *run) settle() {
	for {
		r.records = r.net.DrainRecords(r.records[:0])
		r.passSegments()
		if len(r.records) == 0 {
			return
		}
		ready := false
		for _, rec := range r.records {
			r.note(rec)
			ready = ready || rec.Host == r.server && wakes(rec)
		}
		if ready {
			r.acceptAll()
		}
	}
}

// passSegments passes on the segments that were sent since the last call.
func (r *run) passSegments() {
	if r.o.Segment == nil {
		return
	}
	r.segments = r.net.DrainTap(r.segments[:0])
	for _, t := range r.segments {
		r.o.Segment(r.net, t)
	}
}

// wakes reports whether a record means that accept may find something.
func wakes(r netmodel.Record) bool {
	switch r.Kind {
	case netmodel.Completed, netmodel.RequestOffered, netmodel.AbortedPending, netmodel.Closed, netmodel.Withdrawn:
		return true
	}
	return r.Kind == netmodel.Called && r.Call == netmodel.CallClose
}

// program handles an event of the scenario.
func (r *run) program(tag uint64) {
	which := tag &^ uint64(tagMask)
	switch tag & uint64(tagMask) {
	case tagStep:
		r.s.Steps[which].Do.perform(r)
	case tagArrival:
		r.arrive()
	case tagStart:
		r.started = true
		r.acceptAll()
	case tagServed:
		_ = r.host().CloseSocket(netmodel.FD(which)) // a broken connection closes too
		r.idle++
		r.acceptAll()
	case tagStalled:
		r.idle++
		r.acceptAll()
	case tagBackoff:
		r.starved = false
		r.acceptAll()
	}
}

func (r *run) host() *netmodel.Host { return r.net.Host(r.server) }

// addLoad makes the clients of the load and schedules the first arrival.
func (r *run) addLoad() {
	l := &r.s.Load
	count := l.Clients
	if len(l.Times) > 0 {
		count = len(l.Times)
	}
	if count == 0 {
		return
	}
	r.firstLoad = r.net.AddClients(r.clientConfig(r.loadName(), r.clientHost, 0), count)
	first := l.At
	if len(l.Times) > 0 {
		first = l.Times[0]
	}
	r.net.After(first, tagArrival)
}

func (r *run) loadName() string {
	if r.s.Load.Name == "" {
		return "c"
	}
	return r.s.Load.Name
}

func (r *run) clientConfig(name string, on netmodel.HostID, to int) netmodel.ClientConfig {
	c := r.s.Client
	return netmodel.ClientConfig{
		Name: name, Host: on,
		To:  netmodel.Addr{IP: netmodel.HostAddr(r.server, max(to, 1)), Port: serverPort},
		TCP: c.TCP, GiveUp: c.GiveUp, GiveUpHard: c.GiveUpHard, Retry: c.Retry, Send: c.Send,
	}
}

// arrive starts the next client of the load, and the clients of the same instant.
func (r *run) arrive() {
	l := &r.s.Load
	for {
		r.net.Start(r.firstLoad+netmodel.ClientID(r.arrived), 0)
		r.arrived++
		var pause time.Duration
		switch {
		case len(l.Times) > 0 && r.arrived == len(l.Times), len(l.Times) == 0 && r.arrived == l.Clients:
			return
		case len(l.Times) > 0:
			pause = l.Times[r.arrived] - l.Times[r.arrived-1]
		case l.Every != nil:
			pause = l.Every.Draw(&r.arrivals)
		}
		if pause > 0 {
			r.net.After(pause, tagArrival)
			return
		}
	}
}

// acceptAll lets idle workers accept until nothing is pending.
func (r *run) acceptAll() {
	if !r.started {
		return
	}
	for _, sock := range r.sockets {
		for r.idle > 0 && !r.starved && r.acceptOne(sock.fd) {
		}
	}
}

// acceptOne lets one worker accept. It returns false if nothing can be accepted now.
func (r *run) acceptOne(fd netmodel.FD) bool {
	if ready, err := r.host().Select(fd); err != nil || !ready.Read {
		return false
	}
	a, err := r.host().Accept(fd)
	switch {
	case errors.Is(err, winsock.WSAEMFILE):
		if r.s.Program.Backoff > 0 {
			r.starved = true
			r.net.After(r.s.Program.Backoff, tagBackoff)
		}
		return false
	case errors.Is(err, winsock.WSAECONNRESET), errors.Is(err, winsock.WSAEACCES):
		return true // this connection was lost; the next may be good
	case err != nil:
		return false
	}
	r.idle--
	r.net.After(r.serviceTime(a.Conn), tagServed|uint64(a.FD))
	return true
}

// serviceTime draws how long a client is served. Each client has a stream of its own,
// so the time is the same under every profile.
func (r *run) serviceTime(c netmodel.ConnID) time.Duration {
	if r.s.Program.Service == nil {
		return 0
	}
	draws := sim.Stream(r.o.Seed, r.net.StreamID(c), drawsService)
	return r.s.Program.Service.Draw(&draws)
}

func (r *run) socket(name string) (netmodel.FD, bool) {
	for _, s := range slices.Backward(r.sockets) { // the last of that name
		if s.name == name {
			return s.fd, true
		}
	}
	return 0, false
}
