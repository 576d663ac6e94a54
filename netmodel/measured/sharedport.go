package measured

import (
	"fmt"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// skipped is the result of a call that the trial did not make.
const skipped = "skipped"

// portSocket is one of two sockets for the same port.
type portSocket struct {
	host  *netmodel.Host
	fd    netmodel.FD
	at    netmodel.Addr
	bound bool
}

// playPair binds two sockets to one port in both orders.
func playPair(profile netmodel.Profile, row *errorRow, c *Comparison) error {
	name := fmt.Sprintf("two sockets, %s and %s, %s ", row.Addr1, row.Addr2, row.Reuse)
	a, b, err := newPortSockets(profile, row)
	if err != nil {
		return err
	}
	c.equal(name+"bind1_bind2_listen1_listen2", row.BindsFirst, []string{a.bind(), b.bind(), a.listen(), b.listen()})
	last := skipped
	if b.bound && !listening(b.host, b.fd) {
		if err := a.host.CloseSocket(a.fd); err != nil {
			return err
		}
		last = b.listen()
	}
	c.equal(name+"listen2_after_first_closed", row.ListenAtLast, last)
	if a, b, err = newPortSockets(profile, row); err != nil {
		return err
	}
	c.equal(name+"bind1_listen1_bind2_listen2", row.ListenFirst, []string{a.bind(), a.listen(), b.bind(), b.listen()})
	return nil
}

// newPortSockets opens the two sockets of a row on a host with two addresses.
func newPortSockets(profile netmodel.Profile, row *errorRow) (a, b *portSocket, err error) {
	n := netmodel.NewNetwork(1)
	id := n.AddHost("server", netmodel.HostConfig{Profile: profile, Addrs: []netmodel.IP{netmodel.HostAddr(1, 1), netmodel.HostAddr(1, 2)}})
	var option winsock.Option
	switch row.Reuse {
	case "none":
	case "REUSEADDR":
		option = winsock.SO_REUSEADDR
	case "REUSEPORT":
		option = winsock.SO_REUSEPORT
	default:
		return nil, nil, fmt.Errorf("reuse %q is not known: want none, REUSEADDR or REUSEPORT", row.Reuse)
	}
	var pair [2]*portSocket
	for i, addr := range []string{row.Addr1, row.Addr2} {
		s := &portSocket{host: n.Host(id), at: netmodel.Addr{Port: 80}}
		switch addr {
		case "0.0.0.0":
		case "127.0.0.1":
			s.at.IP = netmodel.HostAddr(id, 1)
		case "127.0.0.2":
			s.at.IP = netmodel.HostAddr(id, 2)
		default:
			return nil, nil, fmt.Errorf("address %q is not known: want 0.0.0.0, 127.0.0.1 or 127.0.0.2", addr)
		}
		if s.fd, err = s.host.Socket(winsock.SOCK_STREAM); err != nil {
			return nil, nil, err
		}
		if option != 0 {
			if err := s.host.SetSockOpt(s.fd, option, 1); err != nil {
				return nil, nil, err
			}
		}
		pair[i] = s
	}
	return pair[0], pair[1], nil
}

func (s *portSocket) bind() string {
	err := s.host.Bind(s.fd, s.at)
	s.bound = err == nil
	return nameOf(err)
}

func (s *portSocket) listen() string {
	if !s.bound {
		return skipped
	}
	return nameOf(s.host.Listen(s.fd, 5))
}

// playTimeWait binds a port while a connection to it is in TIME_WAIT. The listener is
// closed, and the server closed the connection first.
func playTimeWait(profile netmodel.Profile, row *errorRow, c *Comparison) error {
	const cause = "TIME_WAIT is not modelled"
	name := fmt.Sprintf("port in TIME_WAIT, SO_REUSEADDR %v then %v ", row.FirstReuse, row.SecondReuse)
	s := newClients(profile, 5)
	open := func(reuse bool) (netmodel.FD, error) {
		fd, err := s.serverHost().Socket(winsock.SOCK_STREAM)
		if err == nil && reuse {
			err = s.serverHost().SetSockOpt(fd, winsock.SO_REUSEADDR, 1)
		}
		return fd, err
	}
	first, err := open(row.FirstReuse)
	if err != nil {
		return err
	}
	a := portSocket{host: s.serverHost(), fd: first, at: netmodel.Addr{Port: 84}}
	if bound, listens := a.bind(), a.listen(); listens != "OK" {
		return fmt.Errorf("the first listener: bind: %s, listen: %s", bound, listens)
	}
	s.fd, s.to.Port = a.fd, a.at.Port
	s.connect(0)
	_, accepted, err := s.accept()
	if err != nil {
		return err
	}
	for _, close := range []func() error{
		func() error { return s.serverHost().CloseSocket(accepted) },
		func() error { return s.clientHost().CloseSocket(s.fds[0]) },
		func() error { return s.serverHost().CloseSocket(s.fd) },
	} {
		if err := close(); err != nil {
			return err
		}
		s.settle()
	}
	second, err := open(row.SecondReuse)
	if err != nil {
		return err
	}
	b := portSocket{host: s.serverHost(), fd: second, at: a.at}
	c.equal(name+"bind", row.Errno, b.bind())
	c.because(cause)
	c.equal(name+"listen", row.Listen, b.listen())
	c.because(cause)
	return s.err
}
