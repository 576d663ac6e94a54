package lockstep

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// hostSystem is a netmodel.Host as a System. It delivers raw segments to the host, and
// runs Host.Check after every operation.
type hostSystem struct {
	host     *netmodel.Host
	fd       netmodel.FD // the listening socket, 0 when it is closed
	files    []netmodel.FD
	accepted []acceptedConn // oldest first
	peers    [MaxClients]peer
	ports    uint16 // source ports used so far
	started  int    // calls of Startup without a Cleanup
	down     bool
	limited  bool

	// Of the operation in progress.
	dropFin   bool // the network loses the next FIN
	sent      []Sent
	queue     []Entry
	decisions []decision
	wire      []netmodel.Segment
	records   []netmodel.Record
}

type acceptedConn struct {
	who Attempt
	fd  netmodel.FD
}

// The addresses and ports of the connections.
const (
	serverPort = 80
	firstPort  = 1000
)

func serverAddr() netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: serverPort}
}

// NewHost is the NewSystem of the real Host. Its System is a Cloner.
func NewHost(p netmodel.Profile, descriptors int) System {
	s := &hostSystem{
		host:    netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{serverAddr().IP}, Descriptors: descriptors}),
		limited: descriptors > 0,
	}
	s.started = 1
	s.host.Startup()
	s.open(0)
	return s
}

// Clone returns an independent copy.
func (s *hostSystem) Clone() System {
	c := *s
	c.host = s.host.Clone()
	c.files = slices.Clone(s.files)
	c.accepted = slices.Clone(s.accepted)
	c.sent, c.queue, c.decisions, c.wire, c.records = nil, nil, nil, nil, nil
	return &c
}

// decided returns what the last operation decided, from the host's records.
func (s *hostSystem) decided() []decision { return s.decisions }

// Do performs one operation.
func (s *hostSystem) Do(op Op) Result {
	s.sent, s.queue, s.decisions = s.sent[:0], s.queue[:0], s.decisions[:0]
	var r Result
	switch op.Kind {
	case Time:
		s.advance(time.Duration(op.N) * time.Millisecond)
	case Syn, Dup, Again, Ack, Data, Fin, Resend, Rst:
		s.sendSegment(op)
	case Faults:
		f := netmodel.Fault(op.N)
		s.host.SetFault(allFaults, false)
		s.host.SetFault(f, true)
		s.down = f&netmodel.FaultNetworkDown != 0
	default:
		s.call(op, &r)
	}
	s.exchange()
	s.dropFin = false
	s.observe(&r)
	return r
}

// call makes the program's call.
func (s *hostSystem) call(op Op, r *Result) {
	var err error
	switch op.Kind {
	case Listen:
		err = s.host.Listen(s.fd, op.N)
	case Accept:
		err = s.accept(op.N, r)
	case Close:
		err = s.close()
	case Open:
		err = s.open(op.N)
	case Hangup:
		err = s.hangup(op.Client, op.N)
	case Receive:
		_, fd := s.connectionOf(op.Client)
		r.Bytes, err = s.host.Receive(fd, 1<<20)
	case Misuse:
		err = s.misuse(op.Client, op.N)
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

// elsewhere is an address at which no host is.
func elsewhere() netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(10, 0, 2, 1), Port: serverPort}
}

func (s *hostSystem) misuse(client int, way int) error {
	_, fd := s.connectionOf(client)
	var err error
	switch way {
	case misuseListen:
		err = s.host.Listen(fd, 1)
	case misuseAccept:
		_, err = s.host.Accept(fd)
	case misuseConnect:
		err = s.host.Connect(fd, elsewhere())
	case misuseSend:
		_, err = s.host.Send(fd, 1)
	}
	return err
}

func errnoOf(err error) winsock.Errno {
	e, _ := err.(winsock.Errno)
	return e
}

func (s *hostSystem) open(options int) error {
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

func (s *hostSystem) close() error {
	err := s.host.CloseSocket(s.fd)
	if err == nil {
		s.fd = 0
	}
	return err
}

func (s *hostSystem) openFile() error {
	fd, err := s.host.OpenFile()
	if err == nil {
		s.files = append(s.files, fd)
	}
	return err
}

func (s *hostSystem) cleanup() error {
	err := s.host.Cleanup()
	if err != nil {
		return err
	}
	if s.started--; s.started == 0 {
		s.fd, s.accepted = 0, s.accepted[:0]
	}
	return nil
}

func (s *hostSystem) accept(way int, r *Result) error {
	var condition func(netmodel.Request) winsock.Decision
	if way != acceptPlain {
		condition = func(q netmodel.Request) winsock.Decision {
			r.Asked = attemptOf(q.Conn)
			return s.answerCondition(way, r)
		}
	}
	a, err := s.host.AcceptIf(s.fd, condition)
	if err == nil {
		r.Accepted = attemptOf(a.Conn)
		s.accepted = append(s.accepted, acceptedConn{r.Accepted, a.FD})
	}
	return err
}

// answerCondition is the condition function.
func (s *hostSystem) answerCondition(way int, r *Result) winsock.Decision {
	switch way {
	case acceptReject:
		return winsock.CF_REJECT
	case acceptDefer:
		return winsock.CF_DEFER
	case acceptInvalid:
		return winsock.CF_DEFER + 1
	case acceptListening:
		r.Nested = errnoOf(s.host.Listen(s.fd, 1))
	case acceptAccepting:
		a, err := s.host.Accept(s.fd)
		if err == nil {
			s.accepted = append(s.accepted, acceptedConn{attemptOf(a.Conn), a.FD})
		}
		r.Nested = errnoOf(err)
	case acceptClosing:
		r.Nested = errnoOf(s.close())
	case acceptOpening:
		r.Nested = errnoOf(s.openFile())
	}
	return winsock.CF_ACCEPT
}

// connectionOf returns the index and the descriptor of a client's oldest accepted
// connection. Without one it returns -1 and a descriptor that is not open.
func (s *hostSystem) connectionOf(client int) (int, netmodel.FD) {
	for i, a := range s.accepted {
		if a.who.Client == client {
			return i, a.fd
		}
	}
	return -1, 0
}

func (s *hostSystem) hangup(client int, way int) error {
	at, fd := s.connectionOf(client)
	if way == hangupHard {
		s.host.SetSockOpt(fd, winsock.SO_LINGER, 0) // fails as CloseSocket does
	}
	err := s.host.CloseSocket(fd)
	if err == nil {
		s.dropFin = way == hangupLost
		s.accepted = slices.Delete(s.accepted, at, at+1)
	}
	return err
}

// advance lets time pass, from one due instant to the next.
func (s *hostSystem) advance(d time.Duration) {
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

// observe runs Host.Check and fills in what can be seen.
func (s *hostSystem) observe(r *Result) {
	if err := s.host.Check(); err != nil {
		r.Broken = err.Error()
	}
	s.records = s.host.DrainRecords(s.records[:0])
	for i := range s.records {
		s.note(&s.records[i])
	}
	sortDecisions(s.decisions)
	sortSent(s.sent)
	q, listening := s.host.Queue(s.fd)
	if listening {
		r.Limit, r.Available = q.Limit, q.Available
		for i := range q.Entries {
			e := &q.Entries[i]
			s.queue = append(s.queue, Entry{attemptOf(e.Conn), e.State, e.Deferred})
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
	r.Sent, r.Queue = s.sent, s.queue
}

// note keeps a record of a decision.
func (s *hostSystem) note(r *netmodel.Record) {
	if r.Kind.AtListener() || r.Kind == netmodel.Broken {
		s.decisions = append(s.decisions, decision{r.Kind, attemptOf(r.Conn), r.Cause})
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
