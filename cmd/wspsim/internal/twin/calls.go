package twin

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// dial connects a socket of the clients' host and waits for the answer, as a
// blocking connect does.
func (s *stage) dial(fd netmodel.FD) string {
	err := s.clients().Connect(fd, s.at)
	if err != error(winsock.WSAEWOULDBLOCK) {
		return result(err)
	}
	s.pass(soon)
	return s.told(client{fd})
}

func noListener(s *stage) {
	l := s.bound()
	blocking, _ := s.clients().Socket(winsock.SOCK_STREAM)
	s.observe("connect", s.dial(blocking))
	s.observe("the same socket again", s.dial(blocking))
	c := s.connect()
	s.pass(soon)
	s.observe("non-blocking connect: told", s.told(c))
	s.observe("the same socket again: connect", s.dial(c.fd))
	s.observe("and once more: connect", s.dial(c.fd))
	_ = s.host().Listen(l, 1)
	s.observe("after listen: connect", s.dial(blocking))
	s.observe("its state", s.state(client{blocking}))
}

// local is the server as it connects to itself.
type local struct {
	s    *stage
	h    *netmodel.Host
	port uint16
}

func (l *local) socket(typ winsock.SocketType) netmodel.FD {
	fd, _ := l.h.Socket(typ)
	return fd
}

func (l *local) bound() (netmodel.FD, netmodel.Addr) {
	l.port++
	at := netmodel.Addr{IP: l.s.at.IP, Port: l.port}
	fd := l.socket(winsock.SOCK_STREAM)
	_ = l.h.Bind(fd, at)
	return fd, at
}

func (l *local) listening(backlog int) (netmodel.FD, netmodel.Addr) {
	fd, at := l.bound()
	_ = l.h.Listen(fd, backlog)
	return fd, at
}

// connecting returns a socket that has begun to connect, and had time to.
func (l *local) connecting(to netmodel.Addr) netmodel.FD {
	fd := l.socket(winsock.SOCK_STREAM)
	_ = l.h.Connect(fd, to)
	l.s.pass(soon)
	return fd
}

func errnos(s *stage) {
	on := &local{s, s.host(), 1000}
	h := on.h
	listen := func(fd netmodel.FD) string { return result(h.Listen(fd, 1)) }
	accept := func(fd netmodel.FD) string { _, err := h.Accept(fd); return result(err) }

	l, at := on.listening(1)
	connected := on.connecting(at)
	got, _ := s.accept(l)
	empty, _ := on.listening(1)
	_, full := on.listening(0)
	on.connecting(full)
	waiting := on.connecting(full)
	udp := on.socket(winsock.SOCK_DGRAM)
	_ = h.Bind(udp, netmodel.Addr{Port: 900})
	unbound := on.socket(winsock.SOCK_STREAM)
	silent, nobody := on.bound()
	refused := on.connecting(nobody)
	file, _ := h.OpenFile()
	for _, row := range []struct{ name, says string }{
		{"listen, datagram socket", listen(udp)},
		{"listen, stream of AF_UNIX without a name", listenNameless()},
		{"listen, connected", listen(connected)},
		{"listen, accepted", listen(got.FD)},
		{"listen, SYN_SENT", listen(waiting)},
		{"listen, after a refused connect", listen(refused)},
		{"listen, listening", listen(l)},
		{"listen, not a socket", listen(file)},
		{"listen, not open", listen(-1)},
		{"accept, datagram socket", accept(udp)},
		{"accept, not bound", accept(unbound)},
		{"accept, not listening", accept(silent)},
		{"accept, connected", accept(connected)},
		{"accept, nothing pending", accept(empty)},
		{"accept, not a socket", accept(file)},
		{"connect, listening", result(h.Connect(l, at))},
		{"connect, connected", result(h.Connect(connected, at))},
		{"connect, SYN_SENT", result(h.Connect(waiting, full))},
		{"bind, listening", result(h.Bind(l, netmodel.Addr{}))},
		{"listen, not bound", listen(unbound)},
	} {
		s.observe(row.name, row.says)
	}
}

// listenNameless is listen on a stream socket of AF_UNIX that has no name.
func listenNameless() string {
	h := netmodel.NewHost(netmodel.HostConfig{Profile: profiles.Unix(), Addrs: []netmodel.IP{1}})
	_ = h.Startup()
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	return result(h.Listen(fd, 1))
}

// wire sends segments by hand, as clients do that never answer.
type wire struct {
	s               *stage
	answers         map[int]netmodel.Segment // the last SYN-ACK to each
	synAcks, resets int
	resetsOf        map[int]int
	drained         []netmodel.Segment
}

func (s *stage) wire() *wire {
	return &wire{s: s, answers: map[int]netmodel.Segment{}, resetsOf: map[int]int{}}
}

// address is that of a client on the wire; nobody answers for it.
func address(i int) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(10, 200, 0, 0) + netmodel.IP(i), Port: 5000}
}

const firstNumber = 1000

func (w *wire) send(i int, flags netmodel.Flags) {
	seg := netmodel.Segment{Src: address(i), Dst: w.s.at, Seq: firstNumber, Flags: flags}
	if flags&netmodel.ACK != 0 {
		seg.Seq, seg.Ack = firstNumber+1, w.answers[i].Seq+1
	}
	w.s.host().Deliver(seg)
	w.hear()
}

// hear reads what the server says to the clients on the wire, before the
// network finds that nobody has their addresses.
func (w *wire) hear() {
	w.drained = w.s.host().Drain(w.drained[:0])
	for _, seg := range w.drained {
		i := int(seg.Dst.IP - address(0).IP)
		switch {
		case seg.Flags&netmodel.RST != 0:
			w.resets++
			w.resetsOf[i]++
		case seg.Flags&netmodel.SYN != 0:
			w.synAcks++
			w.answers[i] = seg
		}
	}
}

func halfOpenLimit(backlog, clients int) func(*stage) {
	return func(s *stage) {
		l := s.listen(backlog)
		w := s.wire()
		for i := range clients {
			w.send(i, netmodel.SYN)
		}
		s.observe("SYNs", clients)
		s.observe("SYN-ACKs", w.synAcks)
		s.observe("RSTs", w.resets)
		s.observe("half-open", s.queue(l).HalfOpen)
		s.observeQueue("", l)
	}
}

func lateAck(s *stage) {
	const backlog = 1
	const stored, other, cookie = 0, 1, 2
	l := s.listen(backlog)
	w := s.wire()
	for _, i := range []int{stored, other, cookie} {
		w.send(i, netmodel.SYN)
	}
	s.observe("SYN-ACKs", w.synAcks)
	s.observe("half-open", s.queue(l).HalfOpen)
	s.arrive(backlog + 1)
	s.observeQueue("full", l)
	for _, late := range []struct {
		what string
		i    int
	}{{"ACK of the half-open", stored}, {"ACK of the cookie", cookie}} {
		w.send(late.i, netmodel.ACK)
		s.observe(named(late.what, "RSTs"), w.resetsOf[late.i])
		s.observe(named(late.what, "half-open"), s.queue(l).HalfOpen)
		s.observe(named(late.what, "Recv-Q"), s.queue(l).Complete)
	}
	s.observe("accepted", len(s.take(l, backlog+1)))
	w.send(other, netmodel.ACK)
	w.send(cookie, netmodel.ACK)
	s.observe("both ACK with room: half-open", s.queue(l).HalfOpen)
	s.observe("both ACK with room: Recv-Q", s.queue(l).Complete)
}

func expiry(s *stage) {
	const longest = 6 * time.Second
	l := s.listen(5)
	w := s.wire()
	w.send(0, netmodel.SYN)
	s.observe("half-open", s.queue(l).HalfOpen)
	for s.queue(l).HalfOpen > 0 && time.Duration(s.net.Now()) < longest {
		s.pass(soon)
		w.hear()
	}
	s.observe("forgotten after", wholeSeconds(s.net.Now()))
	synAcks := 0
	for _, r := range s.net.DrainRecords(nil) {
		if r.Kind == netmodel.RequestQueued || r.Kind == netmodel.SynAckAgain {
			synAcks++
		}
	}
	s.observe("SYN-ACKs", synAcks)
	s.observe("RSTs", w.resets)
	w.send(0, netmodel.ACK)
	s.observe("late ACK: RSTs", w.resets)
	s.observeQueue("", l)
}
