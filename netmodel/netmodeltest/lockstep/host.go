package lockstep

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// HostSystem is the real thing behind the System interface: a netmodel.Host
// that is given raw segments, with Host.Check after every operation.
type HostSystem struct {
	host     *netmodel.Host
	fd       netmodel.FD // the program's listening socket, 0 when it is closed
	files    []netmodel.FD
	accepted []acceptedConn // oldest first
	peers    [MaxClients]peer
	ports    uint16 // source ports used so far
	started  int    // Startups without their Cleanup
	down     bool
	limited  bool

	// Of the operation under way.
	lose    bool // the first FIN is lost
	heard   []Heard
	queue   []Entry
	fates   []Fate
	wire    []netmodel.Segment
	records []netmodel.Record
}

type acceptedConn struct {
	who Try
	fd  netmodel.FD
}

// The ends of every connection here.
const (
	serverPort = 80
	firstPort  = 1000
)

func serverAddr() netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: serverPort}
}

// NewHost is the New of the real Host.
func NewHost(p netmodel.Profile, descriptors int) System {
	s := &HostSystem{
		host:    netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{serverAddr().IP}, Descriptors: descriptors}),
		limited: descriptors > 0,
	}
	s.started = 1
	s.host.Startup()
	s.open(0)
	return s
}

// Clone returns an independent copy.
func (s *HostSystem) Clone() System {
	c := *s
	c.host = s.host.Clone()
	c.files = slices.Clone(s.files)
	c.accepted = slices.Clone(s.accepted)
	c.heard, c.queue, c.fates, c.wire, c.records = nil, nil, nil, nil, nil
	return &c
}

// Results returns what the last operation decided, read from the host's records.
func (s *HostSystem) Fates() []Fate { return s.fates }

// Do performs one operation.
func (s *HostSystem) Do(op Op) Result {
	s.heard, s.queue, s.fates = s.heard[:0], s.queue[:0], s.fates[:0]
	var r Result
	switch op.Kind {
	case Time:
		s.pass(time.Duration(op.N) * time.Millisecond)
	case Syn, Dup, Again, Ack, Data, Fin, Resend, Rst:
		s.send(op)
	case Faults:
		f := netmodel.Fault(op.N)
		s.host.SetFault(allFaults, false)
		s.host.SetFault(f, true)
		s.down = f&netmodel.FaultNetworkDown != 0
	default:
		s.call(op, &r)
	}
	s.exchange()
	s.lose = false
	s.observe(&r)
	return r
}

// call makes the program's call.
func (s *HostSystem) call(op Op, r *Result) {
	var err error
	switch op.Kind {
	case Listen:
		err = s.host.Listen(s.fd, op.N)
	case Accept:
		err = s.accept(AcceptWay(op.N), r)
	case Close:
		err = s.close()
	case Open:
		err = s.open(op.N)
	case Hangup:
		err = s.hangup(op.Client, HangupWay(op.N))
	case Receive:
		_, fd := s.connectionOf(op.Client)
		r.Bytes, err = s.host.Receive(fd, 1<<20)
	case Misuse:
		err = s.misuse(op.Client, MisuseWay(op.N))
	case Connect:
		err = s.host.Connect(s.fd, elsewhere())
	case Shutdown:
		err = s.host.Shutdown(s.fd, op.N)
	case OpenFile:
		err = s.openFile()
	case CloseFile:
		if len(s.files) > 0 {
			err = s.host.CloseFile(s.files[0])
			s.files = slices.Delete(s.files, 0, 1)
		}
	case Pause:
		err = s.host.SetSockOpt(s.fd, winsock.SO_PAUSE_ACCEPT, op.N)
	case Startup:
		s.started++
		err = s.host.Startup()
	case Cleanup:
		err = s.cleanup()
	}
	r.Errno = errnoOf(err)
}

// elsewhere is an address that nobody answers at.
func elsewhere() netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(10, 0, 2, 1), Port: serverPort}
}

func (s *HostSystem) misuse(client int, way MisuseWay) error {
	_, fd := s.connectionOf(client)
	var err error
	switch way {
	case MisuseListen:
		err = s.host.Listen(fd, 1)
	case MisuseAccept:
		_, err = s.host.Accept(fd)
	case MisuseConnect:
		err = s.host.Connect(fd, elsewhere())
	case MisuseSend:
		_, err = s.host.Send(fd, 1)
	}
	return err
}

func errnoOf(err error) winsock.Errno {
	e, _ := err.(winsock.Errno)
	return e
}

func (s *HostSystem) open(options int) error {
	if s.fd != 0 {
		return nil
	}
	fd, err := s.host.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return err
	}
	s.fd = fd
	if options&1 != 0 {
		err = s.host.SetSockOpt(fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	}
	if bound := s.host.Bind(fd, serverAddr()); bound != nil {
		return bound
	}
	return err
}

func (s *HostSystem) close() error {
	err := s.host.CloseSocket(s.fd)
	if err == nil {
		s.fd = 0
	}
	return err
}

func (s *HostSystem) openFile() error {
	fd, err := s.host.OpenFile()
	if err == nil {
		s.files = append(s.files, fd)
	}
	return err
}

func (s *HostSystem) cleanup() error {
	err := s.host.Cleanup()
	if err != nil {
		return err
	}
	if s.started--; s.started == 0 {
		s.fd, s.accepted = 0, s.accepted[:0]
	}
	return nil
}

func (s *HostSystem) accept(way AcceptWay, r *Result) error {
	var condition func(netmodel.Request) winsock.Decision
	if way != AcceptPlain {
		condition = func(q netmodel.Request) winsock.Decision {
			r.Asked = tryOf(q.Conn)
			return s.decide(way, r)
		}
	}
	a, err := s.host.AcceptIf(s.fd, condition)
	if err == nil {
		r.Accepted = tryOf(a.Conn)
		s.accepted = append(s.accepted, acceptedConn{r.Accepted, a.FD})
	}
	return err
}

// decide is the condition function.
func (s *HostSystem) decide(way AcceptWay, r *Result) winsock.Decision {
	switch way {
	case AcceptReject:
		return winsock.CF_REJECT
	case AcceptDefer:
		return winsock.CF_DEFER
	case AcceptInvalid:
		return winsock.CF_DEFER + 1
	case AcceptListening:
		r.Nested = errnoOf(s.host.Listen(s.fd, 1))
	case AcceptAccepting:
		a, err := s.host.Accept(s.fd)
		if err == nil {
			s.accepted = append(s.accepted, acceptedConn{tryOf(a.Conn), a.FD})
		}
		r.Nested = errnoOf(err)
	case AcceptClosing:
		r.Nested = errnoOf(s.close())
	case AcceptOpening:
		r.Nested = errnoOf(s.openFile())
	}
	return winsock.CF_ACCEPT
}

// connectionOf returns the place and the descriptor of a client's oldest
// accepted connection, or a descriptor that is none.
func (s *HostSystem) connectionOf(client int) (int, netmodel.FD) {
	for i, a := range s.accepted {
		if a.who.Client == client {
			return i, a.fd
		}
	}
	return -1, 0
}

func (s *HostSystem) hangup(client int, way HangupWay) error {
	at, fd := s.connectionOf(client)
	if way == HangupHard {
		s.host.SetSockOpt(fd, winsock.SO_LINGER, 0) // fails as CloseSocket does
	}
	err := s.host.CloseSocket(fd)
	if err == nil {
		s.lose = way == HangupLost
		s.accepted = slices.Delete(s.accepted, at, at+1)
	}
	return err
}

// pass lets time pass, from one instant at which something is due to the next.
func (s *HostSystem) pass(d time.Duration) {
	until := s.host.Now().Add(d)
	for {
		at, ok := s.host.Deadline()
		if !ok || at > until {
			break
		}
		s.host.Advance(max(at, s.host.Now()))
		s.exchange()
	}
	s.host.Advance(until)
}

// observe fills in what can be seen, after Host.Check.
func (s *HostSystem) observe(r *Result) {
	if err := s.host.Check(); err != nil {
		r.Broken = err.Error()
	}
	s.records = s.host.DrainRecords(s.records[:0])
	for i := range s.records {
		s.note(&s.records[i])
	}
	sortFates(s.fates)
	sortHeard(s.heard)
	q, listening := s.host.Queue(s.fd)
	if listening {
		r.Limit, r.Available = q.Limit, q.Available
		for i := range q.Entries {
			e := &q.Entries[i]
			s.queue = append(s.queue, Entry{tryOf(e.Conn), e.State, e.Deferred})
		}
	}
	r.Free = -1
	if s.limited {
		r.Free = s.host.FreeDescriptors()
	}
	v, err := s.host.GetSockOpt(s.fd, winsock.SO_ACCEPTCONN)
	r.AcceptConn = answer(v == 1, err)
	ready, err := s.host.Select(s.fd)
	r.Readable = answer(ready.Read, err)
	r.Heard, r.Queue = s.heard, s.queue
}

// note keeps a record that tells a fate.
func (s *HostSystem) note(r *netmodel.Record) {
	if r.Kind.AtListener() || r.Kind == netmodel.Broken {
		s.fates = append(s.fates, Fate{r.Kind, tryOf(r.Conn), r.Cause})
	}
}

func answer(yes bool, err error) Answer {
	switch {
	case err != nil:
		return CannotAsk
	case yes:
		return Yes
	}
	return No
}

// Now returns the host's time.
func (s *HostSystem) Now() sim.Time { return s.host.Now() }
