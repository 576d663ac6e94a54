package main

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// The connect load: clients that think, connect to a listener 100 us away, and
// are refused when its 128 places are taken; then they try twice more, 500 ms
// apart. One worker accepts, taking 10 us on the average, and closes hard. Every
// segment passes through the Host, and every record is counted and hashed.
const (
	delay    = 100 * time.Microsecond
	service  = 10 * time.Microsecond
	backlog  = 128
	again    = 500 * time.Millisecond
	attempts = 3
	port     = 80
	batch    = 64 // steps between looks at the records
)

const (
	syn      = iota // the SYN of client who arrives
	ack             // its ACK arrives
	answered        // the server's segment arrives at client who
	served          // the worker is done
	due             // the host wants to be advanced
)

const (
	drawsThinking sim.Purpose = iota
	drawsService
)

// caller is a virtual client.
type caller struct {
	draws   sim.Rand
	isn     uint32         // of the server
	attempt uint16         // of all
	tries   uint8          // of this thought
	flags   netmodel.Flags // of the segment on its way to it
}

type crowd struct {
	engine   sim.Engine[event]
	host     *netmodel.Host
	listener netmodel.FD
	server   netmodel.Addr
	callers  []caller
	thinking sim.Exponential
	worker   sim.Rand
	busy     bool
	waiting  int
	wake     sim.EventID
	wakeAt   sim.Time

	segments []netmodel.Segment
	records  []netmodel.Record
	hash     uint64
	count    uint64
	steps    int

	offered, accepted, refused, gaveUp int
}

func newCrowd(p netmodel.Profile, n int) *crowd {
	c := &crowd{
		server:   netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: port},
		callers:  make([]caller, n),
		thinking: sim.Exponential{Average: time.Duration(n) * service * 10 / 11},
		worker:   sim.Stream(1, 0, drawsService),
		wakeAt:   -1,
	}
	c.host = netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{c.server.IP}})
	_ = c.host.Startup()
	c.listener, _ = c.host.Socket(netmodel.Stream)
	_ = c.host.SetSockOpt(c.listener, netmodel.SO_LINGER, 0)
	_ = c.host.Bind(c.listener, c.server)
	_ = c.host.Listen(c.listener, backlog)
	for i := range c.callers {
		c.callers[i].draws = sim.Stream(1, uint64(i), drawsThinking)
		c.think(uint32(i))
	}
	return c
}

// think lets a client think. Nobody sees its SYN leave, only arrive.
func (c *crowd) think(who uint32) {
	k := &c.callers[who]
	k.tries = 0
	c.engine.After(c.thinking.Draw(&k.draws)+delay, event{syn, who})
}

// address returns where a client sends from: no two that are alive are equal.
func (c *crowd) address(who uint32) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(11, 0, 0, 0) + netmodel.IP(who), Port: 1024 + c.callers[who].attempt%60000}
}

func (c *crowd) run(offered int) {
	for c.offered < offered {
		next, _ := c.engine.Next()
		who := next.who
		switch next.kind {
		case syn:
			c.offered++
			c.callers[who].attempt++
			c.host.Advance(c.engine.Now())
			c.host.Deliver(netmodel.Segment{Src: c.address(who), Dst: c.server, Seq: 100, Flags: netmodel.SYN, Conn: netmodel.ConnID(who)})
		case ack:
			c.waiting++
			c.host.Advance(c.engine.Now())
			c.host.Deliver(netmodel.Segment{Src: c.address(who), Dst: c.server, Seq: 101, Ack: c.callers[who].isn + 1, Flags: netmodel.ACK, Conn: netmodel.ConnID(who)})
		case answered:
			c.answer(who)
			continue
		case served:
			c.busy = false
		case due:
			c.wakeAt = -1
			c.host.Advance(c.engine.Now())
		}
		c.accept()
		c.collect()
	}
}

// accept lets an idle worker take the next connection.
func (c *crowd) accept() {
	if c.busy || c.waiting == 0 {
		return
	}
	c.host.Advance(c.engine.Now())
	got, err := c.host.Accept(c.listener)
	if err != nil {
		return
	}
	c.waiting--
	c.accepted++
	c.busy = true
	_ = c.host.CloseSocket(got.FD)
	c.engine.After(sim.Exponential{Average: service}.Draw(&c.worker), event{kind: served})
}

// collect puts what the host sends on its way, and counts what it records.
func (c *crowd) collect() {
	c.segments = c.host.Drain(c.segments[:0])
	for i := range c.segments {
		s := &c.segments[i]
		k := &c.callers[s.Conn]
		k.flags = s.Flags
		if s.Flags&netmodel.SYN != 0 {
			k.isn = s.Seq
		}
		c.engine.After(delay, event{answered, uint32(s.Conn)})
	}
	if c.steps++; c.steps%batch == 0 {
		c.fold()
	}
	c.setWake()
}

// setWake makes the engine wake the host no later than it wants. A deadline that
// has moved away is left: to be woken early does nothing.
func (c *crowd) setWake() {
	at, ok := c.host.Deadline()
	if !ok || c.wakeAt >= 0 && c.wakeAt <= at {
		return
	}
	c.engine.Cancel(c.wake)
	c.wake, c.wakeAt = c.engine.At(at, event{kind: due}), at
}

// fold counts and hashes what has happened.
func (c *crowd) fold() {
	c.records = c.host.DrainRecords(c.records[:0])
	for i := range c.records {
		c.count++
		c.hash = c.records[i].Mix(c.hash)
	}
}

// answer lets a client act on the server's segment.
func (c *crowd) answer(who uint32) {
	k := &c.callers[who]
	switch {
	case k.flags&netmodel.SYN != 0:
		c.engine.After(delay, event{ack, who})
	case k.isn != 0: // its connection was closed
		k.isn = 0
		c.think(who)
	default:
		c.refused++
		if k.tries++; k.tries < attempts {
			c.engine.After(again, event{syn, who})
		} else {
			c.gaveUp++
			c.think(who)
		}
	}
}

func connect(n, count int) (time.Duration, string) {
	c := newCrowd(netmodel.WSP(), n)
	c.run(count / 4)
	first := c.offered
	start := cpu()
	c.run(first + count)
	c.fold()
	d := cpu() - start
	return d, fmt.Sprintf("accepted %d refused %d records %d hash %016x", c.accepted, c.refused, c.count, c.hash)
}
