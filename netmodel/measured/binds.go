package measured

import (
	"fmt"

	"wspsim/netmodel"
)

// notCalled is what the files say of a call for which there was no reason.
const notCalled = "skipped"

// sharer is one of two sockets that want the same port.
type sharer struct {
	host  *netmodel.Host
	fd    netmodel.FD
	at    netmodel.Addr
	bound bool
}

// playPair binds two sockets to one port in both orders.
func playPair(profile netmodel.Profile, row *errorRow, c *Comparison) error {
	name := fmt.Sprintf("two sockets, %s and %s, %s ", row.Addr1, row.Addr2, row.Reuse)
	a, b, err := newSharers(profile, row)
	if err != nil {
		return err
	}
	c.equal(name+"bind1_bind2_listen1_listen2", row.BindsFirst, []string{a.bind(), b.bind(), a.listen(), b.listen()})
	last := notCalled
	if b.bound && !b.listens() {
		if err := a.host.CloseSocket(a.fd); err != nil {
			return err
		}
		last = b.listen()
	}
	c.equal(name+"listen2_after_first_closed", row.ListenAtLast, last)
	if a, b, err = newSharers(profile, row); err != nil {
		return err
	}
	c.equal(name+"bind1_listen1_bind2_listen2", row.ListenFirst, []string{a.bind(), a.listen(), b.bind(), b.listen()})
	return nil
}

// newSharers opens the two sockets of a row on a host with two addresses.
func newSharers(profile netmodel.Profile, row *errorRow) (a, b *sharer, err error) {
	n := netmodel.NewNetwork(1)
	id := n.AddHost("server", netmodel.HostConfig{Profile: profile, Addrs: []netmodel.IP{netmodel.HostAddr(1, 1), netmodel.HostAddr(1, 2)}})
	var option netmodel.Option
	switch row.Reuse {
	case "none":
	case "REUSEADDR":
		option = netmodel.SO_REUSEADDR
	case "REUSEPORT":
		option = netmodel.SO_REUSEPORT
	default:
		return nil, nil, fmt.Errorf("reuse %q is not known: want none, REUSEADDR or REUSEPORT", row.Reuse)
	}
	var pair [2]*sharer
	for i, addr := range []string{row.Addr1, row.Addr2} {
		s := &sharer{host: n.Host(id), at: netmodel.Addr{Port: 80}}
		switch addr {
		case "0.0.0.0":
		case "127.0.0.1":
			s.at.IP = netmodel.HostAddr(id, 1)
		case "127.0.0.2":
			s.at.IP = netmodel.HostAddr(id, 2)
		default:
			return nil, nil, fmt.Errorf("address %q is not known: want 0.0.0.0, 127.0.0.1 or 127.0.0.2", addr)
		}
		if s.fd, err = s.host.Socket(netmodel.Stream); err != nil {
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

func (s *sharer) bind() string {
	err := s.host.Bind(s.fd, s.at)
	s.bound = err == nil
	return nameOf(err)
}

func (s *sharer) listen() string {
	if !s.bound {
		return notCalled
	}
	return nameOf(s.host.Listen(s.fd, 5))
}

func (s *sharer) listens() bool {
	on, err := s.host.GetSockOpt(s.fd, netmodel.SO_ACCEPTCONN)
	return err == nil && on == 1
}

// playTimeWait binds a port on which a connection of a closed listener was closed
// by the server first.
func playTimeWait(profile netmodel.Profile, row *errorRow, c *Comparison) error {
	const cause = "TIME_WAIT is not modelled"
	name := fmt.Sprintf("port in TIME_WAIT, SO_REUSEADDR %v then %v ", row.FirstReuse, row.SecondReuse)
	s, err := newCrew(profile, 5)
	if err != nil {
		return err
	}
	open := func(reuse bool) (netmodel.FD, error) {
		fd, err := s.host().Socket(netmodel.Stream)
		if err == nil && reuse {
			err = s.host().SetSockOpt(fd, netmodel.SO_REUSEADDR, 1)
		}
		return fd, err
	}
	at := netmodel.Addr{Port: 84}
	if s.fd, err = open(row.FirstReuse); err != nil {
		return err
	}
	if err := s.host().Bind(s.fd, at); err != nil {
		return err
	}
	if err := s.host().Listen(s.fd, 5); err != nil {
		return err
	}
	s.to.Port = at.Port
	if err := s.dial(0); err != nil {
		return err
	}
	_, accepted, err := s.take()
	if err != nil {
		return err
	}
	for _, close := range []func() error{
		func() error { return s.host().CloseSocket(accepted) },
		func() error { return s.callers().CloseSocket(s.fds[0]) },
		func() error { return s.host().CloseSocket(s.fd) },
	} {
		if err := close(); err != nil {
			return err
		}
		if err := s.settle(); err != nil {
			return err
		}
	}
	second, err := open(row.SecondReuse)
	if err != nil {
		return err
	}
	b := sharer{host: s.host(), fd: second, at: at}
	c.equal(name+"bind", row.Errno, b.bind())
	c.because(cause)
	c.equal(name+"listen", row.Listen, b.listen())
	c.because(cause)
	return nil
}
