package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

type netstackFill struct {
	Accepted int            `json:"accepted"`
	States   map[string]int `json:"client_states"`
	End      string         `json:"end"`
	Fired    int            `json:"fired"`
	Order    []int          `json:"order"`
	Stat     map[string]int `json:"stat"`
}

// playNetstackFill: clients connect, and the program does not accept.
func playNetstackFill(profile netmodel.Profile, p *netstackParams, o *netstackFill, c *Comparison) error {
	if p.GapMs == 0 {
		return playNetstackBurst(profile, p.Backlog, o, c)
	}
	gap, way := milliseconds(p.GapMs), milliseconds(p.OneWayMs)
	s, err := newTestbedWithClients(profile, p.Backlog, o.Fired, way)
	if err != nil {
		return err
	}
	for i := range o.Fired {
		s.start(i, time.Duration(i)*gap)
	}
	// The program looked before the first retransmission.
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

// playNetstackBurst plays a burst at a lone server. The measurement tells the order of the
// final ACKs of accepted clients only; that order is an input. So is the SYN from which
// ACKs arrive between SYNs. The replay tries no such SYN first, then every SYN from the
// last, and keeps the first best play.
func playNetstackBurst(profile netmodel.Profile, backlog int, o *netstackFill, c *Comparison) error {
	for _, i := range o.Order {
		if i < 0 || i >= o.Fired {
			return fmt.Errorf("order: no client %d: there are %d", i, o.Fired)
		}
	}
	return c.bestOf(max(o.Fired, 1), func(earlier int, try *Comparison) error {
		return playNetstackBurstFrom(profile, backlog, o.Fired-earlier, o, try)
	})
}

// playNetstackBurstFrom plays the burst. From the SYN between on, ACKs arrive between SYNs.
func playNetstackBurstFrom(profile netmodel.Profile, backlog, between int, o *netstackFill, c *Comparison) error {
	b, err := newBurstServer(profile, backlog, o.Fired)
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
	accepted, end := b.acceptAll()
	c.equal("accepted", o.Accepted, accepted)
	c.because(raceForLastSlot)
	c.equal("client_states", o.States, b.states())
	c.because(raceForLastSlot)
	c.equal("end", netstackError(o.End), netstackName(nameOf(end)))
	c.netstackStats(o.Stat, stat, raceForLastSlot)
	return b.host.Check()
}

// burstServer is a lone server. The replay delivers the segments of the clients one by one.
type burstServer struct {
	host    *netmodel.Host
	fd      netmodel.FD
	answers []uint32 // the sequence numbers of the SYN-ACKs, 0 = none
	acked   []bool   // the clients whose final ACK was delivered
	out     []netmodel.Segment
	records []netmodel.Record
	strays  int // ACKs that an RST answered
}

func newBurstServer(p netmodel.Profile, backlog, clients int) (*burstServer, error) {
	b := &burstServer{answers: make([]uint32, clients), acked: make([]bool, clients)}
	var err error
	b.host, b.fd, err = newLoneServer(p, backlog)
	return b, err
}

// segment returns a segment of a client: its SYN or a later one.
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

// ack delivers the final ACK of a client that received a SYN-ACK.
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

// note collects the records of the host and returns the segments that it sent.
func (b *burstServer) note() []netmodel.Segment {
	b.records = b.host.DrainRecords(b.records)
	b.out = b.host.Drain(b.out[:0])
	return b.out
}

// acceptAll accepts until an error. It returns the number of connections and the error.
func (b *burstServer) acceptAll() (accepted int, end error) {
	for {
		if _, err := b.host.Accept(b.fd); err != nil {
			return accepted, err
		}
		accepted++
	}
}

// states counts the clients by their state.
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
