package measured

import (
	"fmt"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type noListenerObserved struct {
	Blocking    string   `json:"blocking_connect"`
	Bound       string   `json:"bound_not_listening"`
	NonBlocking string   `json:"nonblocking_connect"`
	Poll        string   `json:"poll"`
	Reconnect   string   `json:"reconnect_same_socket_after_refusal"`
	Error       string   `json:"so_error"`
	Then        string   `json:"then_listening_same_socket"`
	_           struct{} `unread:"blocking_us=number us=number"` // how long a refusal took
}

// playNoListener: a client connects to a port without a listener, and to one whose bound
// socket does not listen yet.
func playNoListener(profile netmodel.Profile, p *none, o *noListenerObserved, c *Comparison) error {
	s := newClients(profile, 1)
	closed := s.closedPort()
	blocking, _ := s.tryConnect(0, closed)
	c.equal("blocking_connect", o.Blocking, blocking)
	_, began := s.tryConnect(1, closed)
	c.equal("nonblocking_connect", o.NonBlocking, began)
	c.equal("poll", o.Poll, s.pollFailed(1))
	code, err := s.clientHost().GetSockOpt(s.fds[1], winsock.SO_ERROR)
	if err != nil {
		return err
	}
	c.equal("so_error", o.Error, winsock.Errno(code).Unix())
	again, _ := s.connectAgain(1, closed)
	c.equal("reconnect_same_socket_after_refusal", o.Reconnect, again)

	bound, err := openBound(s.serverHost(), closed)
	if err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	notListening, _ := s.connectAgain(1, closed)
	c.equal("bound_not_listening", o.Bound, notListening)
	if err := s.serverHost().Listen(bound, 1); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	then, _ := s.connectAgain(1, closed)
	c.equal("then_listening_same_socket", o.Then, then)
	return s.err
}

// tryConnect makes the next client connect to an address. It returns the result of the
// attempt, and what a non-blocking connect returned.
func (s *clients) tryConnect(client int, to netmodel.Addr) (ended, began string) {
	if !s.openClientSocket() {
		return "", ""
	}
	return s.connectAgain(client, to)
}

// connectAgain calls connect on the socket of a client.
func (s *clients) connectAgain(client int, to netmodel.Addr) (ended, began string) {
	s.attempt(client).result = ""
	began = connectName(s.clientHost().Connect(s.fds[client], to))
	s.settle()
	return s.connectResult(client), began
}

// connectName returns the name of what connect returned. The model reports "would block",
// as Windows does. Linux has EINPROGRESS for it.
func connectName(err error) string {
	if err == winsock.WSAEWOULDBLOCK {
		return "EINPROGRESS"
	}
	return nameOf(err)
}

// pollFailed returns the bits that poll reports for writing after a failed connect.
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
