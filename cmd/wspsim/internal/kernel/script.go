package kernel

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel/winsock"
)

const (
	// pollInterval is how often a script looks whether something has happened.
	pollInterval = 5 * time.Millisecond

	settled     = 6 * pollInterval       // a value that is the same for so long is final
	settleLimit = 500 * time.Millisecond // the longest wait for a value to become final
)

// script is one experiment while it is played.
type script struct {
	stage
	settings map[string]int
	seen     []Observation
}

// stopped is the panic that ends a script; play turns it into an error.
type stopped struct{ err error }

// stop ends the script that is being played.
func stop(err error) { panic(stopped{err}) }

// check ends the script if a call failed.
func check(call string, err error) {
	if err != nil {
		stop(fmt.Errorf("%s: %w", call, err))
	}
}

// play plays a script on a stage. After an error it returns the observations so far.
func play(on stage, k Settings, act func(*script)) (seen []Observation, err error) {
	s := &script{stage: on, settings: k.Values}
	defer func() {
		seen = s.seen
		switch end := recover().(type) {
		case nil:
		case stopped:
			err = end.err
		default:
			panic(end)
		}
	}()
	act(s)
	return
}

func (s *script) observe(name string, value any) {
	s.seen = append(s.seen, Observation{name, fmt.Sprint(value)})
}

// observeQueue observes both numbers of a queue.
func (s *script) observeQueue(when string, l socket) {
	q := s.queue(l)
	s.observe(named(when, "Recv-Q"), q.recv)
	s.observe(named(when, "Send-Q"), q.send)
}

// observeClients observes how many are established and how many still wait.
func (s *script) observeClients(when string, clients []socket) {
	s.observe(named(when, "ESTABLISHED"), s.count(clients, established))
	s.observe(named(when, "SYN_SENT"), s.count(clients, synSent))
}

// observeAccept accepts, observes the result and which client it was, and returns the
// connection.
func (s *script) observeAccept(accept, whom string, l socket, clients []socket) socket {
	got, result := s.accept(l)
	s.observe(accept, result)
	s.observe(whom, fmt.Sprint("client ", number(clients, got)))
	return got
}

// observeDrain accepts everything that is pending. It observes how many connections
// that were, with those accepted before, and in which order.
func (s *script) observeDrain(l socket, clients, before []socket) {
	all, end := s.drain(l)
	all = append(before, all...)
	s.observe("accepted", len(all))
	s.observe("accept order", order(clients, all))
	s.observe("accept at the end", end)
}

// named is the name of an observation, as in "before: Recv-Q", or "Recv-Q" if the
// script makes it once only.
func named(when, what string) string {
	if when == "" {
		return what
	}
	return when + ": " + what
}

// full returns a listener with a full queue, and the clients in it.
func (s *script) full(backlog int) (l socket, clients []socket) {
	s.needSomaxconn(backlog)
	l = s.listener(backlog)
	return l, s.arrive(l, backlog+1)
}

// need ends the script unless the machine has the settings that the script needs.
func (s *script) need(ok bool, format string, args ...any) {
	if !ok {
		stop(fmt.Errorf("%w: "+format, append([]any{ErrOtherSettings}, args...)...))
	}
}

// needSomaxconn ends the script if the kernel would lower the backlog.
func (s *script) needSomaxconn(backlog int) {
	most := s.settings["somaxconn"]
	s.need(most >= backlog, "net.core.somaxconn is %d, want at least %d", most, backlog)
}

// needCookies ends the script unless a full SYN queue leads to SYN cookies.
func (s *script) needCookies() {
	cookies := s.settings["tcp_syncookies"]
	s.need(cookies == 1, "net.ipv4.tcp_syncookies is %d, want 1", cookies)
}

// must ends the script if a call failed.
func (s *script) must(call, result string) {
	if result != ok {
		check(call, errors.New(result))
	}
}

// bound returns a socket that is bound to a free port, or to a port of its own.
func (s *script) bound(k kind) socket { return s.bindTo(s.open(k), 0) }

func (s *script) bindTo(l socket, port int) socket {
	s.must("bind", s.bind(l, port))
	l.port = s.port(l)
	return l
}

func (s *script) listener(backlog int) socket { return s.relisten(s.bound(tcp), backlog) }

func (s *script) relisten(l socket, backlog int) socket {
	s.must("listen", s.listen(l, backlog))
	return l
}

// openTCP opens n sockets.
func (s *script) openTCP(n int) []socket {
	all := make([]socket, n)
	for i := range all {
		all[i] = s.open(tcp)
	}
	return all
}

// startConnect starts to connect sockets, one right after the other, and returns them
// with their ports.
func (s *script) startConnect(l socket, clients ...socket) []socket {
	for _, c := range clients {
		if result := s.connect(c, l); result != "EINPROGRESS" {
			s.must("connect", result)
		}
	}
	for i, c := range clients {
		clients[i].port = s.port(c)
	}
	return clients
}

// arrive starts n connects and waits until their effects are final.
func (s *script) arrive(l socket, n int) []socket {
	all := s.startConnect(l, s.openTCP(n)...)
	s.rest(l, all)
	return all
}

// rest waits until a listener and some clients change no more.
func (s *script) rest(l socket, clients []socket) {
	s.settle(func() string { return fmt.Sprint(s.count(clients, established), s.queue(l)) })
}

// count counts the clients in a state.
func (s *script) count(clients []socket, state string) int {
	n := 0
	for _, c := range clients {
		if s.state(c) == state {
			n++
		}
	}
	return n
}

// giveUp closes the clients that still wait for an answer to their SYN, so that no
// retransmission disturbs the rest of the script.
func (s *script) giveUp(clients []socket) {
	for _, c := range clients {
		if s.state(c) == synSent {
			s.close(c)
		}
	}
}

// take accepts n connections, fewer if fewer are pending.
func (s *script) take(l socket, n int) []socket {
	var all []socket
	for len(all) < n {
		c, result := s.accept(l)
		if result != ok {
			break
		}
		all = append(all, c)
	}
	return all
}

// drain accepts and resets everything that is pending. It returns the result of the
// last accept, too.
func (s *script) drain(l socket) (all []socket, end string) {
	for {
		c, result := s.accept(l)
		if result != ok {
			return all, result
		}
		all = append(all, c)
		s.reset(c)
	}
}

// reset closes a connection with RST.
func (s *script) reset(c socket) {
	s.setOption(c, winsock.SO_LINGER, 0)
	s.close(c)
}

// order says in which order clients were accepted: by their numbers, from 1 in the
// order of connecting, or that it was the order of connecting.
func order(connected, accepted []socket) string {
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

// number is the place of an accepted client in the order of connecting, from 1. It is
// 0 if the client is none of them.
func number(connected []socket, accepted socket) int {
	return 1 + slices.IndexFunc(connected, func(c socket) bool { return c.port == accepted.port })
}

// wholeSeconds cuts a duration to seconds. The timers of a kernel are never early, and
// late by up to a fifth.
func wholeSeconds(d time.Duration) string { return fmt.Sprintf("%d s", int(d/time.Second)) }

// wait waits until something has happened, but not longer than limit.
func (s *script) wait(limit time.Duration, happened func() bool) {
	for end := s.now() + limit; !happened() && s.now() < end; {
		s.sleep(pollInterval)
	}
}

// settle waits until a value is final: the segments on the loopback interface have
// arrived.
func (s *script) settle(see func() string) {
	last, since := see(), s.now()
	s.wait(settleLimit, func() bool {
		if now := see(); now != last {
			last, since = now, s.now()
		}
		return s.now()-since >= settled
	})
}
