package kernel

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// listener is a listening socket on the loopback interface.
type listener struct{ fd, port int }

// client is a socket that connects, or has been accepted. Its port is the
// client's in both cases: by it the two ends recognise each other.
type client struct{ fd, port int }

func (s *stage) listen(backlog int) listener {
	fd := s.tcp()
	l := listener{fd, s.bind(fd, 0)}
	s.listenAgain(l, backlog)
	return l
}

func (s *stage) listenAgain(l listener, backlog int) {
	if s.going() {
		s.check("listen", syscall.Listen(l.fd, backlog))
	}
}

// connect starts to connect a socket.
func (s *stage) connect(fd int, l listener) client {
	if !s.going() {
		return client{fd: -1}
	}
	err := syscall.Connect(fd, loopback(l.port))
	if err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		s.check("connect", err)
	}
	return client{fd, s.port(fd)}
}

// connectAll starts n connects, one after the other.
func (s *stage) connectAll(l listener, n int) []client {
	var all []client
	for len(all) < n && s.going() {
		all = append(all, s.connect(s.tcp(), l))
	}
	return all
}

// arrive starts n connects and waits until what they cause has happened.
func (s *stage) arrive(l listener, n int) []client {
	all := s.connectAll(l, n)
	s.rest(l, all)
	return all
}

// rest waits until nothing happens any more to a listener and some clients.
func (s *stage) rest(l listener, clients []client) {
	type view struct {
		established int
		queue       queue
	}
	settle(s, func() view { return view{s.count(clients, established), s.queue(l)} })
}

// connectBlocking connects a socket, waits for the outcome and returns it.
func (s *stage) connectBlocking(fd int, l listener) string {
	if !s.going() {
		return ""
	}
	longest := syscall.NsecToTimeval(int64(restless))
	s.check("setsockopt", syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &longest))
	s.check("fcntl", syscall.SetNonblock(fd, false))
	err := syscall.Connect(fd, loopback(l.port))
	for errors.Is(err, syscall.EINTR) { // the runtime interrupts threads; the same call goes on waiting
		err = syscall.Connect(fd, loopback(l.port))
	}
	s.check("fcntl", syscall.SetNonblock(fd, true))
	return result(err)
}

// count counts the clients in a state.
func (s *stage) count(clients []client, in state) int {
	n := 0
	for _, c := range clients {
		if s.state(c.fd) == in {
			n++
		}
	}
	return n
}

// observeClients observes how many are established and how many still wait.
func (s *stage) observeClients(when string, clients []client) {
	s.observe(named(when, "ESTABLISHED"), s.count(clients, established))
	s.observe(named(when, "SYN_SENT"), s.count(clients, synSent))
}

// giveUp closes the clients that still wait for an answer to their SYN, so that
// no retransmission disturbs what follows.
func (s *stage) giveUp(clients []client) {
	for _, c := range clients {
		if s.state(c.fd) == synSent {
			s.close(c.fd)
		}
	}
}

// accept takes the first pending connection. The second result is "OK" or the
// name of the errno.
func (s *stage) accept(l listener) (client, string) {
	if !s.going() {
		return client{fd: -1}, ""
	}
	fd, from, err := syscall.Accept4(l.fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	if err != nil {
		return client{fd: -1}, result(err)
	}
	s.open[fd] = true
	if in, ok := from.(*syscall.SockaddrInet4); ok {
		return client{fd, in.Port}, result(nil)
	}
	return client{fd: fd}, result(nil)
}

// take accepts n connections, fewer if there are not so many.
func (s *stage) take(l listener, n int) []client {
	var all []client
	for len(all) < n && s.going() {
		c, ok := s.accept(l)
		if ok != "OK" {
			break
		}
		all = append(all, c)
	}
	return all
}

// drain accepts everything that is pending, and resets it again at once, and
// returns what accept said at the end.
func (s *stage) drain(l listener) (all []client, end string) {
	for s.going() {
		c, ok := s.accept(l)
		if ok != "OK" {
			return all, ok
		}
		all = append(all, c)
		s.reset(c.fd)
	}
	return all, ""
}

// order says in which order clients were accepted: by their numbers, from 1 in
// the order of connecting, unless that is the order.
func order(connected, accepted []client) string {
	inOrder := true
	var numbers []string
	for i, c := range accepted {
		n := number(connected, c)
		inOrder = inOrder && n == i+1
		numbers = append(numbers, strconv.Itoa(n))
	}
	if inOrder {
		return "first in, first out"
	}
	return strings.Join(numbers, " ")
}

// number is the place of an accepted client in the order of connecting, 0 if it
// is none of them.
func number(connected []client, accepted client) int {
	return 1 + slices.IndexFunc(connected, func(c client) bool { return c.port == accepted.port })
}

// read reads from a connection: "EOF", the name of an errno, or "n bytes".
func (s *stage) read(fd int) string {
	if !s.going() {
		return ""
	}
	n, err := syscall.Read(fd, make([]byte, 16))
	switch {
	case err != nil:
		return result(err)
	case n == 0:
		return "EOF"
	}
	return fmt.Sprintf("%d bytes", n)
}

// write writes a byte to a connection, and never causes a signal.
func (s *stage) write(fd int) string {
	if !s.going() {
		return ""
	}
	_, err := syscall.SendmsgN(fd, []byte{'x'}, nil, nil, syscall.MSG_NOSIGNAL)
	return result(err)
}

// told returns, once, what became of a connect: "OK" if nothing bad.
func (s *stage) told(fd int) string {
	return result(syscall.Errno(s.get(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)))
}

// result is "OK" or the name of an errno.
func result(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "OK"
	case !errors.As(err, &errno):
		return err.Error()
	case errno == 0:
		return "OK"
	}
	for _, known := range errnoNames {
		if known.errno == errno {
			return known.name
		}
	}
	return fmt.Sprintf("errno %d", int(errno))
}

// errnoNames are the errnos that an experiment may meet. They have other
// numbers on other processors.
var errnoNames = []struct {
	errno syscall.Errno
	name  string
}{
	{syscall.EACCES, "EACCES"}, {syscall.EADDRINUSE, "EADDRINUSE"}, {syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	{syscall.EAGAIN, "EAGAIN"}, {syscall.EALREADY, "EALREADY"}, {syscall.EBADF, "EBADF"},
	{syscall.ECONNABORTED, "ECONNABORTED"}, {syscall.ECONNREFUSED, "ECONNREFUSED"}, {syscall.ECONNRESET, "ECONNRESET"},
	{syscall.EFAULT, "EFAULT"}, {syscall.EINPROGRESS, "EINPROGRESS"}, {syscall.EINVAL, "EINVAL"},
	{syscall.EISCONN, "EISCONN"}, {syscall.EMFILE, "EMFILE"}, {syscall.ENFILE, "ENFILE"}, {syscall.ENOBUFS, "ENOBUFS"},
	{syscall.ENOMEM, "ENOMEM"}, {syscall.ENOTCONN, "ENOTCONN"}, {syscall.ENOTSOCK, "ENOTSOCK"},
	{syscall.EOPNOTSUPP, "EOPNOTSUPP"}, {syscall.EPERM, "EPERM"}, {syscall.EPIPE, "EPIPE"}, {syscall.ETIMEDOUT, "ETIMEDOUT"},
}

// wholeSeconds cuts a duration to seconds: the timers here are never early, and
// late by up to a fifth.
func wholeSeconds(d time.Duration) string { return fmt.Sprintf("%d s", int(d/time.Second)) }
