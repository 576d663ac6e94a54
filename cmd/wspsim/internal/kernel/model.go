package kernel

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// localhost is the address of the machine.
func localhost(port int) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(127, 0, 0, 1), Port: uint16(port)}
}

// modelDescriptors is how many descriptors the machine has: more than any experiment
// opens.
const modelDescriptors = 1 << 14

// modelStage is a model run: one host that connects to itself. Segments take no time.
// They arrive in the order in which the host sends them, as on the loopback interface.
type modelStage struct {
	tcp, unix *netmodel.Host // AF_UNIX has a profile of its own
	lost      []netmodel.Segment
}

func newModelStage(tcp, unix netmodel.Profile) *modelStage {
	host := func(p netmodel.Profile) *netmodel.Host {
		h := netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{localhost(0).IP}, Descriptors: modelDescriptors})
		_ = h.Startup() // never fails
		return h
	}
	return &modelStage{tcp: host(tcp), unix: host(unix)}
}

func (m *modelStage) host(s socket) *netmodel.Host {
	if s.kind == unix {
		return m.unix
	}
	return m.tcp
}

// deliver delivers segments until none is under way.
func (m *modelStage) deliver() {
	for _, h := range []*netmodel.Host{m.tcp, m.unix} {
		for sent := h.Drain(nil); len(sent) > 0; sent = h.Drain(sent[:0]) {
			for _, segment := range sent {
				if segment.Dst.IP == localhost(0).IP {
					h.Deliver(segment)
				} else {
					m.lost = append(m.lost, segment)
				}
			}
		}
	}
}

// done delivers the segments that a call has sent, and returns the result of the call.
func (m *modelStage) done(err error) string {
	m.deliver()
	e, isErrno := err.(winsock.Errno)
	switch {
	case err == nil:
		return ok
	case isErrno:
		return e.Unix()
	}
	return err.Error()
}

func (m *modelStage) now() time.Duration { return time.Duration(m.tcp.Now()) }

func (m *modelStage) sleep(d time.Duration) {
	end := sim.Time(m.now() + d)
	for _, h := range []*netmodel.Host{m.tcp, m.unix} {
		for at, any := h.Deadline(); any && at <= end; at, any = h.Deadline() {
			h.Advance(at)
			m.deliver()
		}
		h.Advance(end)
	}
}

func (m *modelStage) descriptors() int { return modelDescriptors }

func (m *modelStage) open(k kind) socket {
	s := socket{kind: k}
	var err error
	switch k {
	case file:
		s.fd, err = m.tcp.OpenFile()
	case udp:
		s.fd, err = m.tcp.Socket(winsock.SOCK_DGRAM)
	default:
		s.fd, err = m.host(s).Socket(winsock.SOCK_STREAM)
	}
	check("open", err)
	return s
}

func (m *modelStage) bind(s socket, port int) string {
	return m.done(m.host(s).Bind(s.fd, localhost(port)))
}
func (m *modelStage) listen(s socket, n int) string { return m.done(m.host(s).Listen(s.fd, n)) }

func (m *modelStage) accept(l socket) (socket, string) {
	a, err := m.host(l).Accept(l.fd)
	return socket{l.kind, a.FD, int(a.Peer.Port)}, m.done(err)
}

func (m *modelStage) connect(s, to socket) string {
	err := m.host(s).Connect(s.fd, localhost(to.port))
	result := m.done(err)
	switch {
	case err != error(winsock.WSAEWOULDBLOCK):
		return result
	case s.kind == unix: // connect knows its outcome: AF_UNIX has no segments
		return m.socketError(s)
	}
	return "EINPROGRESS"
}

func (m *modelStage) connectBlocking(s, to socket) string {
	result := m.connect(s, to)
	if result == "EINPROGRESS" && m.state(s) != synSent { // else no answer comes within settleLimit
		return m.socketError(s)
	}
	return result
}

func (m *modelStage) read(s socket) string {
	switch n, err := m.host(s).Receive(s.fd, 1); {
	case err != nil:
		return m.done(err)
	case n > 0:
		return "data"
	}
	return "EOF"
}

func (m *modelStage) write(s socket) string {
	_, err := m.host(s).Send(s.fd, 1)
	return m.done(err)
}

func (m *modelStage) close(s socket) {
	closeIt := m.host(s).CloseSocket
	if s.kind == file {
		closeIt = m.tcp.CloseFile
	}
	check("close", closeIt(s.fd))
	m.deliver()
}

func (m *modelStage) exhaust() (spare socket, restore func()) {
	for m.tcp.FreeDescriptors() > 0 {
		spare = m.open(file)
	}
	return spare, func() {}
}

func (m *modelStage) setOption(s socket, o winsock.Option, value int) {
	check("setsockopt", m.host(s).SetSockOpt(s.fd, o, value))
}

func (m *modelStage) option(s socket, o winsock.Option) int {
	value, err := m.host(s).GetSockOpt(s.fd, o)
	check("getsockopt", err)
	return value
}

func (m *modelStage) socketError(s socket) string {
	if e := m.option(s, winsock.SO_ERROR); e != 0 {
		return winsock.Errno(e).Unix()
	}
	return ok
}

func (m *modelStage) port(s socket) int {
	at, err := m.host(s).SockName(s.fd)
	check("getsockname", err)
	return int(at.Port)
}

func (m *modelStage) state(s socket) string {
	ready, err := m.host(s).Select(s.fd)
	switch {
	case err != nil || ready.Except:
		return closed
	case ready.Read: // the end of the stream or an error; a copy of the host tells which
		if _, err := m.host(s).Clone().Send(s.fd, 1); err != nil {
			return closed
		}
		return "CLOSE_WAIT"
	case ready.Write:
		return established
	}
	return synSent
}

func (m *modelStage) queue(l socket) queue {
	q, _ := m.host(l).Queue(l.fd)
	return queue{q.Complete, q.Effective}
}

func (m *modelStage) halfOpen(l socket) int {
	q, _ := m.host(l).Queue(l.fd)
	return q.HalfOpen
}

func (m *modelStage) send(segment netmodel.Segment) {
	m.tcp.Deliver(segment)
	m.deliver()
}

func (m *modelStage) received() []netmodel.Segment {
	defer func() { m.lost = nil }()
	return m.lost
}
