package bench

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// ClientLoad is the load of connections. Virtual clients wait for a random time and then
// connect to a listener 100 us away with a backlog of 128. One worker accepts a connection,
// serves it for 10 us on average, and resets it. A refused client tries twice more, 500 ms
// apart. A client without an answer sends its SYN again after 1 s. (A client cannot tell a
// reset by the stack after its connect from a close by the worker.)
//
// Every segment passes through a netmodel.Host. Each record of the host is counted and
// hashed. A client takes 24 bytes and one scheduled event of 24 bytes. It calls the Host
// directly, without the TCP stack of a client of netmodel.Network.
type ClientLoad struct {
	Offered, Accepted, Refused int
	Ignored                    int // SYNs that were sent again

	engine   sim.Engine[event]
	host     *netmodel.Host
	listener netmodel.FD
	server   netmodel.Addr
	clients  []client
	timers   []sim.EventID // retransmission timers of the clients; nil if clients do not retransmit
	thinking sim.Exponential
	worker   sim.Rand
	busy     bool
	complete int // connections that wait for accept
	wake     sim.EventID
	wakeAt   sim.Time
	steps    int

	segments []netmodel.Segment
	records  []netmodel.Record
	hash     uint64
	count    uint64
	printer  *trace.Printer // nil if no trace is written
	write    func([]byte)
	text     []byte
}

// client is a virtual client.
type client struct {
	draws   sim.Rand
	isn     uint32 // initial sequence number of the server
	attempt uint16 // number of the attempt
	tries   uint8  // attempts since the client last waited
	state   uint8
}

// event is an event of the loads.
type event struct{ kind, client uint32 }

// The states of a client.
const (
	thinking  = iota
	trying    // has sent a SYN
	connected // has received a SYN-ACK and waits for the server
)

// The kinds of events.
const (
	synArrives    = iota // the first SYN of the client, at the server
	synAgain             // a SYN of the client that was sent again
	ackArrives           // the ACK of the client
	resetArrives         // the RST of the client
	synAckArrives        // the server's SYN-ACK, at the client
	rstArrives           // the server's RST, at the client
	timerFires           // the timer of the client
	serviceEnds          // the worker has served a connection
	hostDue              // the deadline of the host
)

const (
	oneWay          = 100 * time.Microsecond
	service         = 10 * time.Microsecond
	backlog         = 128
	retryAfter      = 500 * time.Millisecond
	retransmitAfter = time.Second      // for a client whose SYN was not answered
	giveUpAfter     = 10 * time.Second // for a client that waits for accept
	attempts        = 3
	recordBatch     = 64 // steps between two reads of the records
)

const (
	drawsThinking sim.Purpose = iota
	drawsService
)

// NewClientLoad returns a load of n clients at a server with the profile. While no client
// waits for the server, the clients request tenths/10 of the capacity of the worker. With 11
// that is a little too much; with 40 the queue is always full.
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
	_ = c.host.Startup() // this and the next calls succeed on a new host
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

// Hash returns the hash of all records so far, and their number.
func (c *ClientLoad) Hash() (hash, records uint64) {
	c.fold()
	return c.hash, c.count
}

// WriteTrace passes every later record to write, as lines of a trace.
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

// names are the names of clients in a trace. The numbers are as long as those of a thousand
// clients.
var names = func() (list [1000]string) {
	for i := range list {
		list[i] = "c" + string([]byte{byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
	}
	return list
}()

// Run runs the load until the total number of attempts is offered.
func (c *ClientLoad) Run(offered int) {
	for c.Offered < offered {
		next, _ := c.engine.Next() // each client always has an event
		if c.act(next.kind, next.client) {
			c.accept()
			c.collect()
		}
	}
	c.fold()
}

// act handles an event and reports whether the host took part in it.
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

// think makes a client wait for a random time. Its next event is the arrival of its SYN.
func (c *ClientLoad) think(who uint32) {
	k := &c.clients[who]
	k.state, k.tries = thinking, 0
	c.engine.After(c.thinking.Draw(&k.draws)+oneWay, event{synArrives, who})
}

// begin begins an attempt of a client, from a new port.
func (c *ClientLoad) begin(who uint32) {
	c.Offered++
	k := &c.clients[who]
	k.attempt++
	k.state = trying
	if c.timers != nil {
		c.timers[who] = c.engine.After(retransmitAfter-oneWay, event{timerFires, who})
	}
}

// address returns the address of a client in its current attempt.
func (c *ClientLoad) address(who uint32) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(11, 0, 0, 0) + netmodel.IP(who), Port: 1024 + c.clients[who].attempt%60_000}
}

// receiveSynAck answers each SYN-ACK of the server with an ACK.
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

// receiveRST ends an attempt: the client was served or refused.
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

// timeOut makes a client send its SYN again, or give up.
func (c *ClientLoad) timeOut(who uint32) {
	if c.clients[who].state == connected {
		c.engine.After(oneWay, event{resetArrives, who})
		return
	}
	c.Ignored++
	c.timers[who] = c.engine.After(retransmitAfter, event{timerFires, who})
	c.engine.After(oneWay, event{synAgain, who})
}

// accept makes an idle worker take the next connection.
func (c *ClientLoad) accept() {
	if c.busy || c.complete == 0 {
		return
	}
	c.host.Advance(c.engine.Now())
	got, err := c.host.Accept(c.listener)
	if err != nil { // the ACK completed no connection
		c.complete = 0
		return
	}
	c.complete--
	c.Accepted++
	c.busy = true
	_ = c.host.CloseSocket(got.FD) // succeeds on an open descriptor
	c.engine.After(sim.Exponential{Mean: service}.Draw(&c.worker), event{kind: serviceEnds})
}

// collect schedules the segments that the host sends. Every recordBatch steps it also reads
// the records.
func (c *ClientLoad) collect() {
	c.segments = c.host.Drain(c.segments[:0])
	for i := range c.segments {
		s := &c.segments[i]
		who := uint32(s.Conn)
		switch {
		case s.Dst != c.address(who): // a segment of an earlier attempt
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

// setWake schedules an event for the deadline of the host. If the deadline has become later,
// the event stays: an early event does no harm.
func (c *ClientLoad) setWake() {
	at, ok := c.host.Deadline()
	if !ok || c.wakeAt >= 0 && c.wakeAt <= at {
		return
	}
	c.engine.Cancel(c.wake)
	c.wake, c.wakeAt = c.engine.At(at, event{kind: hostDue}), at
}

// fold counts and hashes the new records, and writes them if there is a trace.
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
