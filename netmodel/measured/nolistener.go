package measured

import (
	"fmt"

	"wspsim/netmodel"
)

type noListenerObserved struct {
	Blocking    string   `json:"blocking_connect"`
	Bound       string   `json:"bound_not_listening"`
	NonBlocking string   `json:"nonblocking_connect"`
	Poll        string   `json:"poll"`
	Reconnect   string   `json:"reconnect_same_socket_after_refusal"`
	Error       string   `json:"so_error"`
	Then        string   `json:"then_listening_same_socket"`
	_           struct{} `unread:"blocking_us us"` // how long a refusal took: the model has no answer
}

// replayNoListener: connects to a port where nobody listens, and to one where a
// bound socket does not listen yet.
func playNoListener(profile netmodel.Profile, p *none, o *noListenerObserved, c *Comparison) error {
	s, err := newClients(profile, 1)
	if err != nil {
		return err
	}
	nobody := netmodel.Addr{IP: s.to.IP, Port: 81}
	blocking, _, err := s.tryConnect(0, nobody)
	if err != nil {
		return err
	}
	c.equal("blocking_connect", o.Blocking, blocking)
	_, began, err := s.tryConnect(1, nobody)
	if err != nil {
		return err
	}
	c.equal("nonblocking_connect", o.NonBlocking, began)
	c.equal("poll", o.Poll, s.pollFailed(1))
	code, err := s.clientHost().GetSockOpt(s.fds[1], netmodel.SO_ERROR)
	if err != nil {
		return err
	}
	c.equal("so_error", o.Error, netmodel.Errno(code).Unix())
	again, _, err := s.connectAgain(1, nobody)
	if err != nil {
		return err
	}
	c.equal("reconnect_same_socket_after_refusal", o.Reconnect, again)

	bound, err := s.serverHost().Socket(netmodel.Stream)
	if err == nil {
		err = s.serverHost().Bind(bound, nobody)
	}
	if err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	deaf, _, err := s.connectAgain(1, nobody)
	if err != nil {
		return err
	}
	c.equal("bound_not_listening", o.Bound, deaf)
	if err := s.serverHost().Listen(bound, 1); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	then, _, err := s.connectAgain(1, nobody)
	c.equal("then_listening_same_socket", o.Then, then)
	return err
}

// tryConnect lets the next client connect to an address. It returns how the
// attempt ended and what connect of a socket that does not block returned.
func (s *clients) tryConnect(client int, to netmodel.Addr) (ended, began string, err error) {
	fd, err := s.clientHost().Socket(netmodel.Stream)
	if err != nil {
		return "", "", err
	}
	s.clientHost().SetConn(fd, netmodel.ConnID(client+1))
	s.fds = append(s.fds, fd)
	return s.connectAgain(client, to)
}

// connectAgain calls connect on the socket of a client.
func (s *clients) connectAgain(client int, to netmodel.Addr) (ended, began string, err error) {
	delete(s.ends.result, netmodel.ConnID(client+1))
	began = connectName(s.clientHost().Connect(s.fds[client], to))
	if err := s.settle(); err != nil {
		return "", "", err
	}
	return s.connectResult(client), began, nil
}

// connectName names what connect returns. What the model calls "would block", as
// Windows does, is EINPROGRESS on Linux.
func connectName(err error) string {
	if err == netmodel.WSAEWOULDBLOCK {
		return "EINPROGRESS"
	}
	return nameOf(err)
}

// pollFailed returns the bits of poll, asked for writing, after a connect failed.
func (s *clients) pollFailed(client int) string {
	ready, err := s.clientHost().Select(s.fds[client])
	switch {
	case err != nil:
		return nameOf(err)
	case ready.Except:
		return fmt.Sprintf("%#x", pollOut|pollErr|pollHup)
	}
	return "0x0"
}
