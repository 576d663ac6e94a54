package measured

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type errorsObserved struct {
	Rows []errorRow `json:"rows"`
}

// errorRow is one call in one state, or a case of two sockets on one port.
type errorRow struct {
	Call       string  `json:"call"`
	Case       string  `json:"case"`
	Errno      string  `json:"errno"`
	SendQ      *int    `json:"sendq"`
	ConnBefore *int    `json:"acceptconn_before"`
	ConnAfter  *int    `json:"acceptconn_after"`
	State      *string `json:"state"`
	Connect    *string `json:"connect"`
	SockName   *struct {
		Addr string `json:"addr"`
		Port bool   `json:"port_nonzero"`
	} `json:"sockname"`

	// Two sockets on one port.
	Addr1        string   `json:"addr1"`
	Addr2        string   `json:"addr2"`
	Reuse        string   `json:"reuse"`
	BindsFirst   []string `json:"bind1_bind2_listen1_listen2"`
	ListenFirst  []string `json:"bind1_listen1_bind2_listen2"`
	ListenAtLast string   `json:"listen2_after_first_closed"`
	FirstReuse   bool     `json:"first_reuseaddr"`
	SecondReuse  bool     `json:"second_reuseaddr"`
	Listen       string   `json:"listen"`
}

// playErrors: calls in states that do not allow them, and binds that conflict.
func playErrors(profile netmodel.Profile, _ *none, o *errorsObserved, c *Comparison) error {
	for i := range o.Rows {
		row := &o.Rows[i]
		name := row.Call + ", " + row.Case
		var err error
		switch row.Case {
		case "two sockets, same port":
			err = playPair(profile, row, c)
		case "port in TIME_WAIT":
			err = playTimeWait(profile, row, c)
		default:
			err = playCall(profile, row, name, c)
		}
		if err != nil {
			return fmt.Errorf("row %d (%s): %w", i, name, err)
		}
	}
	return nil
}

// playCall makes one call in one state, on a new testbed.
func playCall(profile netmodel.Profile, row *errorRow, name string, c *Comparison) error {
	if strings.HasPrefix(row.Case, "unix ") {
		unix, err := c.Trial.unix()
		if err != nil {
			return err
		}
		profile = unix
	}
	s := newClients(profile, 5)
	h, fd, err := s.socketIn(row.Case)
	if err != nil {
		return err
	}
	before, _ := h.GetSockOpt(fd, winsock.SO_ACCEPTCONN)
	equalIf(c, name+" acceptconn_before", row.ConnBefore, before)
	equalIf(c, name+" state", row.State, s.stateOf(len(s.fds)-1))
	equalIf(c, name+" connect", row.Connect, s.connectResult(len(s.fds)-1))
	err, known := s.call(h, fd, row)
	if !known {
		return fmt.Errorf("call %q is not known: want listen, accept, connect, bind, read, shutdown(SHUT_WR), getpeername", row.Call)
	}
	c.equal(name, row.Errno, connectedName(row.Call, err))
	after, _ := h.GetSockOpt(fd, winsock.SO_ACCEPTCONN)
	equalIf(c, name+" acceptconn_after", row.ConnAfter, after)
	q, _ := h.Queue(fd)
	if row.Case != "listening again" { // the file lacks the argument; call takes it from sendq
		equalIf(c, name+" sendq", row.SendQ, q.Effective)
	}
	if row.SockName != nil {
		at, _ := h.SockName(fd)
		c.equal(name+" sockname", *row.SockName, struct {
			Addr string
			Port bool
		}{at.IP.String(), at.Port != 0})
	}
	return nil
}

func connectedName(call string, err error) string {
	if call == "connect" {
		return connectName(err)
	}
	return nameOf(err)
}

// socketIn makes a socket in the state of a case. It returns the host of the socket.
func (s *clients) socketIn(name string) (*netmodel.Host, netmodel.FD, error) {
	h := s.serverHost()
	socket := func(typ winsock.SocketType, port int) (*netmodel.Host, netmodel.FD, error) {
		fd, err := h.Socket(typ)
		if err == nil && port != 0 {
			err = h.Bind(fd, netmodel.Addr{Port: uint16(port)})
		}
		return h, fd, err
	}
	switch name {
	case "unbound stream", "unix stream unbound", "unbound", "bind to non-local address":
		return socket(winsock.SOCK_STREAM, 0)
	case "bound udp", "udp":
		return socket(winsock.SOCK_DGRAM, 82)
	case "unix dgram":
		return socket(winsock.SOCK_DGRAM, 0)
	case "raw socket":
		return socket(winsock.SOCK_RAW, 0)
	case "bound, not listening", "bound twice":
		return socket(winsock.SOCK_STREAM, 82)
	case "file /dev/null", "pipe":
		fd, err := h.OpenFile()
		return h, fd, err
	case "listening", "listening again", "listening, empty, nonblocking":
		return h, s.fd, nil
	case "after refused connect":
		s.tryConnect(0, s.closedPort())
		return s.clientHost(), s.fds[0], s.err
	}
	if strings.HasPrefix(name, "bound stream backlog ") {
		return socket(winsock.SOCK_STREAM, 82)
	}
	if n, ok := numberAfter(name, "closed fd "); ok {
		return h, netmodel.FD(n), nil
	}
	if n, ok := numberAfter(name, "fd "); ok {
		return h, netmodel.FD(n), nil
	}
	return s.connectionIn(name)
}

// connectionIn makes a connection or an attempt in the state of a case.
func (s *clients) connectionIn(name string) (*netmodel.Host, netmodel.FD, error) {
	if name == "connecting (SYN_SENT) stream" { // the queue is full
		s.connectAll(fitting(s.profile, 5)+1, 0, 0)
		return s.clientHost(), s.fds[len(s.fds)-1], s.err
	}
	if !slices.Contains([]string{"connected stream", "connected stream (client)", "connected stream (accepted)", "CLOSE_WAIT/closed-by-peer stream"}, name) {
		return nil, 0, fmt.Errorf("case %q is not known", name)
	}
	s.connect(0)
	_, accepted, err := s.accept()
	switch {
	case err != nil:
		return nil, 0, err
	case name == "connected stream (accepted)":
		return s.serverHost(), accepted, nil
	case strings.HasPrefix(name, "CLOSE_WAIT"):
		if err := s.serverHost().CloseSocket(accepted); err != nil {
			return nil, 0, err
		}
		s.settle()
	}
	return s.clientHost(), s.fds[0], s.err
}

// numberAfter returns the number after a prefix.
func numberAfter(s, prefix string) (int, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.Atoi(rest)
	return n, ok && err == nil
}

// call makes the call of a row. known is false if it does not know the call.
func (s *clients) call(h *netmodel.Host, fd netmodel.FD, row *errorRow) (err error, known bool) {
	switch row.Call {
	case "listen":
		backlog := 5
		if n, ok := numberAfter(row.Case, "bound stream backlog "); ok {
			backlog = max(min(n, math.MaxInt32), math.MinInt32)
		} else if row.SendQ != nil {
			backlog = *row.SendQ // the file lacks the argument
		}
		return h.Listen(fd, backlog), true
	case "accept":
		_, err := h.Accept(fd)
		return err, true
	case "connect":
		return h.Connect(fd, s.to), true
	case "bind":
		at := netmodel.Addr{Port: 83}
		if row.Case == "bind to non-local address" {
			at.IP = netmodel.HostAddr(s.clientsID, 1)
		}
		return h.Bind(fd, at), true
	case "read":
		_, err := h.Receive(fd, 1)
		return err, true
	case "getpeername":
		_, err := h.PeerName(fd)
		return err, true
	case "shutdown(SHUT_WR)", "shutdown(SHUT_RD)", "shutdown(SHUT_RDWR)":
		how := strings.TrimSuffix(strings.TrimPrefix(row.Call, "shutdown(SHUT_"), ")")
		return endConnection(h, fd, "shutdown_"+strings.ToLower(how)), true
	}
	return nil, false
}
