package bench

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Crowd is the load of connections: virtual clients that think, and then connect to a
// listener 100 us away with a backlog of 128. One worker accepts, needs 10 us on
// average, and resets, so that nothing is left. A refused client tries twice more, 500
// ms apart. A client without an answer sends its SYN again after a second. (A stack
// that resets a client after its connect looks like a worker that closes.)
//
// Every segment passes through a netmodel.Host, and everything that it records is
// counted and hashed. A client is 24 bytes and one scheduled event of 24 bytes. It
// calls the Host directly, without the TCP stack of a client of netmodel.Network.
type ClientLoad struct {
	Offered, Accepted, Refused int
	Ignored                    int // SYNs that had to be sent again

	engine   sim.Engine[event]
	host     *netmodel.Host
	listener netmodel.FD
	server   netmodel.Addr
	clients  []client
	timers   []sim.EventID // of clients that send again; nil if they do not
	thinking sim.Exponential
	worker   sim.Rand
	busy     bool
	complete int // connections that an accept would find
	wake     sim.EventID
	wakeAt   sim.Time
	steps    int

	segments []netmodel.Segment
	records  []netmodel.Record
	hash     uint64
	count    uint64
	printer  *trace.Printer // of a trace that is written, else nil
	write    func([]byte)
	text     []byte
}

// caller is a virtual client.
type client struct {
	draws   sim.Rand
	isn     uint32 // of the server
	attempt uint16 // of all
	tries   uint8  // since it thought
	state   uint8
}

// event is what the loads schedule.
type event struct{ kind, who uint32 }

// The states of a client.
const (
	thinking  = iota
	trying    // has sent a SYN
	connected // has had a SYN-ACK, and waits for what the server does
)

// The kinds of events.
const (
	synArrives    = iota // the SYN of client who, its first
	synAgain             // one that was sent again
	ackArrives           // its ACK
	resetArrives         // its RST
	synAckArrives        // the server's SYN-ACK at client who
	rstArrives           // the server's RST
	timerFires           // client who has waited long enough
	serviceEnds          // the worker is done
	hostDue              // the host wants to be advanced
)

const (
	oneWay          = 100 * time.Microsecond
	service         = 10 * time.Microsecond
	backlog         = 128
	retryAfter      = 500 * time.Millisecond
	retransmitAfter = time.Second      // a client whose SYN was not answered
	giveUpAfter     = 10 * time.Second // a client that waits for accept
	attempts        = 3
	recordBatch     = 64 // steps between two looks at the records
)

const (
	drawsThinking sim.Purpose = iota
	drawsService
)

// NewCrowd returns n clients that begin to think, at a server with the profile. While
// no client waits, all clients together ask for tenths/10 of what the worker can
// serve. With 11 that is a little too much; with 40 the queue is always full.
func NewClientLoad(p netmodel.Profile, n, tenths int) *ClientLoad {
	return newClientLoad(p, n, tenths, 1)
}

func newClientLoad(p netmodel.Profile, n, tenths int, seed uint64) *ClientLoad {
	c := &ClientLoad{
		server:   netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: 80},
		clients:  make([]client, n),
		thinking: sim.Exponential{Mean: time.Duration(n) * service * 10 / time.Duration(tenths)},
		worker:   sim.Stream(seed, 0, drawsService),
		wakeAt:   -1,
	}
	if p.OnFull != netmodel.RefuseWhenFull {
		c.timers = make([]sim.EventID, n)
	}
	c.host = netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{c.server.IP}})
	_ = c.host.Startup() // these succeed on a new host
	c.listener, _ = c.host.Socket(winsock.SOCK_STREAM)
	_ = c.host.SetSockOpt(c.listener, winsock.SO_LINGER, 0)
	_ = c.host.Bind(c.listener, c.server)
	_ = c.host.Listen(c.listener, backlog)
	for i := range c.clients {
		c.clients[i].draws = sim.Stream(seed, uint64(i), drawsThinking)
		c.think(uint32(i))
	}
	return c
}

// Hash returns the hash of everything that has happened, and how many records
// that were.
func (c *ClientLoad) Hash() (hash, records uint64) {
	c.fold()
	return c.hash, c.count
}

// WriteTrace makes the load write every record as a line of a trace.
func (c *ClientLoad) WriteTrace(write func([]byte)) {
	c.write = write
	p := c.host.Profile()
	c.printer = &trace.Printer{
		Host:   func(netmodel.HostID) string { return "server" },
		Conn:   func(id netmodel.ConnID) string { return names[id%netmodel.ConnID(len(names))] },
		Reason: func(r netmodel.Record) (text, rule string) { return profiles.Reason(&p, r) },
		Full:   true,
	}
}

// names are those of clients in a trace, with numbers of the length that a
// thousand clients have.
var names = func() (list [1000]string) {
	for i := range list {
		list[i] = "c" + string([]byte{byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
	}
	return list
}()

// Run lets time pass until offered attempts were made in all.
func (c *ClientLoad) Run(offered int) {
	for c.Offered < offered {
		next, _ := c.engine.Next() // a client always thinks, tries or waits
		if c.act(next.kind, next.who) {
			c.accept()
			c.collect()
		}
	}
	c.fold()
}

// act does what an event is about and reports whether the host has to do with
// it.
func (c *ClientLoad) act(kind, who uint32) bool {
	switch kind {
	case synArrives, synAgain:
		if kind == synArrives {
			c.begin(who)
		}
		c.host.Advance(c.engine.Now())
		c.host.Deliver(netmodel.Segment{Src: c.address(who), Dst: c.server, Seq: 100, Flags: netmodel.SYN, Conn: netmodel.ConnID(who)})
	case ackArrives:
		c.complete++
		c.host.Advance(c.engine.Now())
		c.host.Deliver(netmodel.Segment{Src: c.address(who), Dst: c.server, Seq: 101, Ack: c.clients[who].isn + 1, Flags: netmodel.ACK, Conn: netmodel.ConnID(who)})
	case resetArrives:
		c.host.Advance(c.engine.Now())
		c.host.Deliver(netmodel.Segment{Src: c.address(who), Dst: c.server, Seq: 101, Flags: netmodel.RST, Conn: netmodel.ConnID(who)})
		c.think(who)
	case synAckArrives:
		c.receiveSynAck(who)
		return false
	case rstArrives:
		c.receiveRST(who)
		return false
	case timerFires:
		c.timeOut(who)
		return false
	case serviceEnds:
		c.busy = false
	case hostDue:
		c.wakeAt = -1
		c.host.Advance(c.engine.Now())
	}
	return true
}

// think lets a client think. No record says that its SYN leaves, only that it arrives.
func (c *ClientLoad) think(who uint32) {
	k := &c.clients[who]
	k.state, k.tries = thinking, 0
	c.engine.After(c.thinking.Draw(&k.draws)+oneWay, event{synArrives, who})
}

// begin makes an attempt of a client, from a port of its own.
func (c *ClientLoad) begin(who uint32) {
	c.Offered++
	k := &c.clients[who]
	k.attempt++
	k.state = trying
	if c.timers != nil {
		c.timers[who] = c.engine.After(retransmitAfter-oneWay, event{timerFires, who})
	}
}

// address returns where a client sends from.
func (c *ClientLoad) address(who uint32) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(11, 0, 0, 0) + netmodel.IP(who), Port: 1024 + c.clients[who].attempt%60_000}
}

// connect lets a client answer the server's SYN-ACK, each time.
func (c *ClientLoad) receiveSynAck(who uint32) {
	k := &c.clients[who]
	if k.state == thinking {
		return
	}
	if c.timers != nil && k.state == trying {
		c.engine.Cancel(c.timers[who])
		c.timers[who] = c.engine.After(giveUpAfter, event{timerFires, who})
	}
	k.state = connected
	c.engine.After(oneWay, event{ackArrives, who})
}

// lose lets a client learn of an RST: it was served, or refused.
func (c *ClientLoad) receiveRST(who uint32) {
	k := &c.clients[who]
	if c.timers != nil {
		c.engine.Cancel(c.timers[who])
	}
	if k.state == connected {
		c.think(who)
		return
	}
	c.Refused++
	if k.tries++; k.tries < attempts {
		c.engine.After(retryAfter, event{synArrives, who})
	} else {
		c.think(who)
	}
}

// insist lets a client send its SYN again, or give up.
func (c *ClientLoad) timeOut(who uint32) {
	if c.clients[who].state == connected {
		c.engine.After(oneWay, event{resetArrives, who})
		return
	}
	c.Ignored++
	c.timers[who] = c.engine.After(retransmitAfter, event{timerFires, who})
	c.engine.After(oneWay, event{synAgain, who})
}

// accept lets an idle worker take the next connection.
func (c *ClientLoad) accept() {
	if c.busy || c.complete == 0 {
		return
	}
	c.host.Advance(c.engine.Now())
	got, err := c.host.Accept(c.listener)
	if err != nil { // it was an ACK that completed nothing
		c.complete = 0
		return
	}
	c.complete--
	c.Accepted++
	c.busy = true
	_ = c.host.CloseSocket(got.FD) // of a descriptor that is open
	c.engine.After(sim.Exponential{Mean: service}.Draw(&c.worker), event{kind: serviceEnds})
}

// collect puts what the host sends on its way, and now and then counts what it
// has recorded.
func (c *ClientLoad) collect() {
	c.segments = c.host.Drain(c.segments[:0])
	for i := range c.segments {
		s := &c.segments[i]
		who := uint32(s.Conn)
		switch {
		case s.Dst != c.address(who): // of an earlier attempt
		case s.Flags&netmodel.SYN != 0:
			c.clients[who].isn = s.Seq
			c.engine.After(oneWay, event{synAckArrives, who})
		case s.Flags&netmodel.RST != 0:
			c.engine.After(oneWay, event{rstArrives, who})
		}
	}
	if c.steps++; c.steps%recordBatch == 0 {
		c.fold()
	}
	c.setWake()
}

// setWake makes the engine wake the host no later than it wants. A deadline that
// has moved away is left: to be woken early does nothing.
func (c *ClientLoad) setWake() {
	at, ok := c.host.Deadline()
	if !ok || c.wakeAt >= 0 && c.wakeAt <= at {
		return
	}
	c.engine.Cancel(c.wake)
	c.wake, c.wakeAt = c.engine.At(at, event{kind: hostDue}), at
}

// fold counts, hashes and perhaps writes what has happened.
func (c *ClientLoad) fold() {
	c.records = c.host.DrainRecords(c.records[:0])
	for i := range c.records {
		c.count++
		c.hash = c.records[i].Mix(c.hash)
	}
	if c.printer == nil {
		return
	}
	c.text = c.text[:0]
	for i := range c.records {
		c.text = c.printer.Append(c.text, c.records[i])
	}
	c.write(c.text)
}
