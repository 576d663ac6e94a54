package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

type netstackFill struct {
	Accepted int            `json:"accepted"`
	States   map[string]int `json:"client_states"`
	End      string         `json:"end"`
	Fired    int            `json:"fired"`
	Order    []int          `json:"order"`
	Stat     map[string]int `json:"stat"`
}

// replayNetstackFill: clients connect, nobody accepts. G
func playNetstackFill(profile netmodel.Profile, p *netstackParams, o *netstackFill, c *Comparison) error {
	if p.GapMs == 0 {
		return replayNetstackBurst(p.Backlog, o, c)
	}
	gap, way := milliseconds(p.GapMs), milliseconds(p.OneWayMs)
	s, err := newConnectOnce(profile, p.Backlog, o.Fired, way)
	if err != nil {
		return err
	}
	for i := range o.Fired {
		s.start(i, time.Duration(i)*gap)
	}
	// It was looked at before the first SYN went out again.
	if err := s.run(min(time.Duration(o.Fired)*gap+3*way+300*time.Millisecond, time.Second)); err != nil {
		return err
	}
	states := map[string]int{}
	if n := len(s.connected()); n > 0 {
		states["ESTABLISHED"] = n
	}
	if n := o.Fired - len(s.connected()); n > 0 {
		states["SYN-SENT"] = n
	}
	stat := netstackStat(s.records, s.serverID)
	order := s.acceptAll()
	_, end := s.serverHost().Accept(s.fd)
	c.equal("accepted", o.Accepted, len(order))
	c.equal("client_states", o.States, states)
	c.equal("order", o.Order, order)
	c.equal("end", netstackError(o.End), netstackName(nameOf(end)))
	c.netstackStats(o.Stat, stat, "")
	return nil
}

// replayNetstackBurst plays a burst at a server alone. In which order SYNs and final
// ACKs reach it the measurement does not tell, except for the ACKs of those that
// were accepted: theirs is an input. So is the SYN from which on ACKs come between
// SYNs: none if that explains the measurement, else the first that does best.
func replayNetstackBurst(backlog int, o *netstackFill, c *Comparison) error {
	for _, i := range o.Order {
		if i < 0 || i >= o.Fired {
			return fmt.Errorf("order: no client %d: there are %d", i, o.Fired)
		}
	}
	return c.bestOf(max(o.Fired, 1), func(earlier int, try *Comparison) error {
		return playNetstackBurst(backlog, o.Fired-earlier, o, try)
	})
}

func playNetstackBurst(backlog, between int, o *netstackFill, c *Comparison) error {
	b, err := newBurstServer(profiles.Netstack(), backlog, o.Fired)
	if err != nil {
		return err
	}
	next := 0 // of the ACKs in their order
	for i := range o.Fired {
		if i >= between && next < len(o.Order) && o.Order[next] < i {
			b.ack(o.Order[next])
			next++
		}
		b.syn(i)
	}
	for _, i := range o.Order[next:] {
		b.ack(i)
	}
	for i := range o.Fired {
		if !b.acked[i] {
			b.ack(i)
		}
	}
	stat := netstackStat(b.records, 0)
	stat["InvalidSynCookieRcvd"] = b.strays
	stat["ResetsSent"] += b.strays
	accepted, end := b.drain()
	c.equal("accepted", o.Accepted, accepted)
	c.because(raceForLastSlot)
	c.equal("client_states", o.States, b.states())
	c.because(raceForLastSlot)
	c.equal("end", netstackError(o.End), netstackName(nameOf(end)))
	c.netstackStats(o.Stat, stat, raceForLastSlot)
	return b.host.Check()
}

// wireBurst is a server alone, to which the segments of clients are handed one by one.
type burstServer struct {
	host    *netmodel.Host
	fd      netmodel.FD
	answers []uint32 // the numbers of the SYN-ACKs, 0 = none came
	acked   []bool   // whose final ACK was delivered
	out     []netmodel.Segment
	records []netmodel.Record
	strays  int // ACKs that were answered with an RST
}

func newBurstServer(p netmodel.Profile, backlog, clients int) (*burstServer, error) {
	b := &burstServer{answers: make([]uint32, clients), acked: make([]bool, clients)}
	b.host = netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{netmodel.HostAddr(1, 1)}})
	_ = b.host.Startup() // never fails
	var err error
	if b.fd, err = openBound(b.host, netmodel.Addr{Port: 80}); err != nil {
		return nil, err
	}
	return b, b.host.Listen(b.fd, backlog)
}

// segment is what a client sends, as a SYN or after it.
func (b *burstServer) segment(client int, flags netmodel.Flags) netmodel.Segment {
	s := netmodel.Segment{
		Src: netmodel.Addr{IP: netmodel.HostAddr(2, 1), Port: uint16(1 + client%65535)},
		Dst: netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: 80},
		Seq: uint32(client) << 4, Flags: flags, Conn: netmodel.ConnID(client + 1),
	}
	if flags == netmodel.ACK {
		s.Seq, s.Ack = s.Seq+1, b.answers[client]+1
	}
	return s
}

func (b *burstServer) syn(client int) {
	b.host.Deliver(b.segment(client, netmodel.SYN))
	for _, a := range b.note() {
		if a.Flags == netmodel.SYN|netmodel.ACK {
			b.answers[a.Conn-1] = a.Seq
		}
	}
}

// ack delivers the final ACK of a client that got a SYN-ACK.
func (b *burstServer) ack(client int) {
	if b.answers[client] == 0 {
		return
	}
	b.acked[client] = true
	b.host.Deliver(b.segment(client, netmodel.ACK))
	for _, a := range b.note() {
		if a.Flags&netmodel.RST != 0 {
			b.strays++
		}
	}
}

// note takes what the host did and returns what it sent.
func (b *burstServer) note() []netmodel.Segment {
	b.records = b.host.DrainRecords(b.records)
	b.out = b.host.Drain(b.out[:0])
	return b.out
}

// drain accepts until that fails, and returns how many there were and the error.
func (b *burstServer) drain() (accepted int, end error) {
	for {
		if _, err := b.host.Accept(b.fd); err != nil {
			return accepted, err
		}
		accepted++
	}
}

// states counts the states of the clients.
func (b *burstServer) states() map[string]int {
	n := map[string]int{}
	for _, a := range b.answers {
		if a == 0 {
			n["SYN-SENT"]++
		} else {
			n["ESTABLISHED"]++
		}
	}
	return n
}
