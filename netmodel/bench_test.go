package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// life is a host with a listener, and a peer that opens and closes connections.
type life struct {
	h       *netmodel.Host
	fd      netmodel.FD
	round   uint32
	out     []netmodel.Segment
	records []netmodel.Record
}

func newLife() *life {
	l := &life{h: netmodel.NewHost(netmodel.HostConfig{Profile: profiles.WSP(), Addrs: []netmodel.IP{hostIP}, Descriptors: 100})}
	_ = l.h.Startup()
	l.fd, _ = l.h.Socket(winsock.SOCK_STREAM)
	_ = l.h.Bind(l.fd, netmodel.Addr{Port: port})
	_ = l.h.Listen(l.fd, 100)
	return l
}

// once plays a connection from SYN to the last ACK. It reports whether all went well:
// SYN-ACK, accept, a FIN in each direction.
func (l *life) once() bool {
	l.round++
	from := netmodel.Addr{IP: netmodel.IPv4(10, 2, 0, 0) + netmodel.IP(l.round%60000), Port: uint16(1024 + l.round%50000)}
	seg := netmodel.Segment{Src: from, Dst: netmodel.Addr{IP: hostIP, Port: port}, Seq: 100, Flags: netmodel.SYN, Conn: netmodel.ConnID(l.round)}
	l.h.Deliver(seg)
	l.out = l.h.Drain(l.out[:0])
	isn := l.out[0].Seq
	seg.Seq, seg.Ack, seg.Flags = 101, isn+1, netmodel.ACK
	l.h.Deliver(seg)
	a, err := l.h.Accept(l.fd)
	if err != nil {
		return false
	}
	_ = l.h.CloseSocket(a.FD) // sends a FIN
	seg.Ack, seg.Flags = isn+2, netmodel.ACK|netmodel.FIN
	l.h.Deliver(seg)
	l.h.Advance(l.h.Now().Add(time.Microsecond))
	l.out = l.h.Drain(l.out[:0])
	l.records = l.h.DrainRecords(l.records[:0])
	return len(l.out) == 2 // the FIN, and the ACK of the peer's
}

func TestAConnectionCostsNoAllocation(t *testing.T) {
	l := newLife()
	for range 1000 {
		if !l.once() {
			t.Fatal("a connection did not live its life")
		}
	}
	if n := testing.AllocsPerRun(5000, func() { l.once() }); n != 0 {
		t.Errorf("a connection from SYN to close: %v allocations, want none", n)
	}
	if err := l.h.Check(); err != nil {
		t.Errorf("Check() = %v", err)
	}
	if at, waits := l.h.Deadline(); waits {
		t.Errorf("Deadline() = %v when all is over, want none", at)
	}
}

func BenchmarkConnectionLife(b *testing.B) {
	l := newLife()
	b.ReportAllocs()
	for b.Loop() {
		if !l.once() {
			b.Fatal("a connection did not live its life")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
}

// passage is a network with clients that connect, are accepted, and close after the server
// has closed.
type passage struct {
	n        *netmodel.Network
	server   netmodel.HostID
	fd       netmodel.FD
	first    netmodel.ClientID
	records  []netmodel.Record
	begun    int
	accepted int
	events   int
}

const passengers = 1000

func newPassage() *passage {
	p := &passage{n: netmodel.NewNetwork(1)}
	p.server = p.n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := p.n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	p.n.SetLink(p.server, crowd, netmodel.Link{Latency: time.Millisecond, Jitter: sim.Uniform{Max: time.Millisecond}})
	h := p.n.Host(p.server)
	p.fd, _ = h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(p.fd, netmodel.Addr{Port: port})
	_ = h.Listen(p.fd, 200)
	to := netmodel.Addr{IP: netmodel.HostAddr(p.server, 1), Port: port}
	p.first = p.n.AddClients(netmodel.ClientConfig{Name: "c", Host: crowd, To: to}, passengers)
	return p
}

// next starts a client and lets 100 us pass, so 10,000 clients start in a second.
func (p *passage) next() {
	p.n.Start(p.first+netmodel.ClientID(p.begun%passengers), 0)
	p.begun++
	for limit := p.n.Now().Add(100 * time.Microsecond); ; p.events++ {
		if _, ok := p.n.Step(limit); !ok {
			break
		}
	}
	for {
		a, err := p.n.Host(p.server).Accept(p.fd)
		if err != nil {
			break
		}
		p.accepted++
		_ = p.n.Host(p.server).CloseSocket(a.FD)
	}
	p.records = p.n.DrainRecords(p.records[:0])
}

func BenchmarkNetworkConnection(b *testing.B) {
	p := newPassage()
	b.ReportAllocs()
	for b.Loop() {
		p.next()
	}
	if p.accepted < b.N-200 {
		b.Fatalf("%d of %d connections were accepted", p.accepted, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
	b.ReportMetric(float64(p.events)/b.Elapsed().Seconds(), "events/s")
}

// A Network keeps its state of attempts in pages of a thousand, and allocates nothing else.
func TestAConnectionThroughANetworkCostsNoAllocationOfItsOwn(t *testing.T) {
	p := newPassage()
	for range 5_000 {
		p.next()
	}
	if allocs := testing.AllocsPerRun(5_000, p.next); allocs != 0 {
		t.Errorf("a connection through a network: %v allocations, want none", allocs)
	}
	if p.accepted < p.begun-200 {
		t.Errorf("%d of %d connections were accepted, want nearly all", p.accepted, p.begun)
	}
}

func BenchmarkProgramConnection(b *testing.B) {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.Linux()})
	client := n.AddHost("client", netmodel.HostConfig{Profile: profiles.Linux()})
	s, c := n.Host(server), n.Host(client)
	ln, _ := s.Socket(winsock.SOCK_STREAM)
	_ = s.Bind(ln, netmodel.Addr{Port: 80})
	_ = s.Listen(ln, 128)
	id := n.RealTime().AddExternalClient("p", client)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	n.RealTime().DeliverDirectly()
	var records []netmodel.Record
	b.ReportAllocs()
	for b.Loop() {
		fd, _, err := n.RealTime().Dial(id, to, nil)
		if err != nil {
			b.Fatal(err)
		}
		n.Run(n.Now() + 1)
		a, err := s.Accept(ln)
		if err != nil {
			b.Fatal(err)
		}
		_ = s.CloseSocket(a.FD)
		n.Run(n.Now() + 1)
		_ = c.CloseSocket(fd)
		n.Run(n.Now() + 1)
		records = n.DrainRecords(records[:0])
	}
}
