package kernel

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func exhausted(s *stage) {
	const backlog, early, late = 5, 3, 4
	s.needSomaxconn(backlog)
	l, empty := s.listen(backlog), s.listen(backlog)
	clients := s.arrive(l, early)
	var sockets [late]int // opened before there is no descriptor left
	for i := range sockets {
		sockets[i] = s.tcp()
	}
	spare, restore := s.takeDescriptors()
	defer restore()
	_, says := s.accept(l)
	s.observe("accept", says)
	_, says = s.accept(l)
	s.observe("accept again", says)
	_, says = s.accept(empty)
	s.observe("accept on an empty queue", says)
	s.observeQueue("after accept", l)
	for _, fd := range sockets {
		clients = append(clients, s.connect(fd, l))
	}
	s.rest(l, clients)
	s.observeClients("4 more connect", clients[min(early, len(clients)):])
	s.observeQueue("4 more connect", l)
	s.listenAgain(l, backlog)
	s.observeQueue("after listen", l)
	s.close(spare)
	got, says := s.accept(l)
	s.observe("one descriptor closed: accept", says)
	s.observe("whom", fmt.Sprint("client ", number(clients, got)))
	s.observe("its descriptor is the closed one", got.fd == spare)
	_, says = s.accept(l)
	s.observe("next accept", says)
	s.observeQueue("at the end", l)
}

// takeDescriptors lowers the limit of this process so that no descriptor is
// free, and none gets free until the one that it returns is closed.
func (s *stage) takeDescriptors() (spare int, restore func()) {
	spare = s.tcp() // the lowest free number: all below are in use
	var before syscall.Rlimit
	s.check("getrlimit", syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	if !s.going() {
		return spare, func() {}
	}
	lowered := syscall.Rlimit{Cur: uint64(spare) + 1, Max: before.Max}
	s.check("setrlimit", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lowered))
	return spare, func() { s.check("setrlimit", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)) }
}

func closeListener(s *stage) {
	const backlog, waiting = 1, 3
	s.needSomaxconn(backlog)
	l := s.listen(backlog)
	began := time.Now()
	pending := s.arrive(l, backlog+1)
	waiters := s.arrive(l, waiting)
	s.observeQueue("before", l)
	s.observeClients("before, waiting clients", waiters)
	s.close(l.fd)
	s.wait(restless, func() bool { return s.count(pending, established) == 0 })
	for i, c := range pending {
		who := fmt.Sprintf("pending client %d", i+1)
		s.observe(named(who, "read"), s.read(c.fd))
		s.observe(named(who, "read again"), s.read(c.fd))
		s.observe(named(who, "write"), s.write(c.fd))
	}
	s.observeClients("at once, waiting clients", waiters)
	s.wait(secondSYN, func() bool { return s.count(waiters, closed) == len(waiters) })
	s.observe("waiting clients hear after", wholeSeconds(time.Since(began)))
	for i, c := range waiters {
		s.observe(fmt.Sprintf("waiting client %d: told", i+1), s.told(c.fd))
	}
}

func clientResets(s *stage) { clientGoes(s, s.reset) }

func clientEnds(s *stage) { clientGoes(s, s.close) }

// clientGoes makes the first of two pending clients go.
func clientGoes(s *stage, leave func(fd int)) {
	const backlog = 1
	s.needSomaxconn(backlog)
	l := s.listen(backlog)
	clients := s.arrive(l, backlog+1)
	s.observeQueue("before", l)
	if s.going() {
		leave(clients[0].fd)
	}
	late := s.arrive(l, 1)
	s.observeClients("one more connects", late)
	s.observeQueue("one more connects", l)
	s.giveUp(late)
	got, says := s.accept(l)
	s.observe("accept", says)
	s.observe("whom", fmt.Sprint("client ", number(clients, got)))
	s.observe("its state", s.state(got.fd))
	s.observe("read", s.read(got.fd))
	s.observe("read again", s.read(got.fd))
	s.observe("write", s.write(got.fd))
	got, says = s.accept(l)
	s.observe("next accept", says)
	s.observe("whom then", fmt.Sprint("client ", number(clients, got)))
	_, says = s.accept(l)
	s.observe("accept at the end", says)
}

// believers shows that retransmitted SYNs that arrive together all find the
// places that only some of them will get. The others believe for ever that
// they are connected.
func believers(s *stage) {
	const backlog, waiting, places = 5, 10, 3
	s.needSomaxconn(backlog)
	s.needCookies()
	l := s.listen(backlog)
	first := s.arrive(l, backlog+1)
	waiters := s.connectTogether(l, waiting)
	s.observeClients("before, waiting clients", waiters)
	s.observeQueue("before", l)
	s.sleep(100 * time.Millisecond)
	accepted := s.take(l, places)
	s.observe("accepted", len(accepted))
	s.wait(secondSYN, func() bool { return s.count(waiters, established) > 0 })
	s.sleep(2 * bucket) // in case that they do not expire together after all
	s.rest(l, waiters)
	s.observeClients("second SYN, waiting clients", waiters)
	s.observeQueue("second SYN", l)
	s.observe("second SYN: half-open", s.halfOpen(l))
	more := s.take(l, len(first)+waiting)
	s.observe("accepted then", len(more))
	// To the clients of which it knows the server says SYN-ACK again, after 1 s.
	s.wait(secondSYN, func() bool { return s.halfOpen(l) == 0 })
	s.rest(l, waiters)
	late := s.take(l, len(first)+waiting)
	s.observe("accepted in the end", len(late))
	s.observe("ESTABLISHED and never accepted", s.count(waiters, established)-(len(accepted)+len(more)+len(late)-len(first)))
}

// bucket is how coarsely the timer wheel keeps timers of 1 s: 8 ticks of 250 a
// second. With other rates of the tick it is up to twice as long.
const bucket = 32 * time.Millisecond

// connectTogether starts n connects so close to each other that their timers
// expire together.
func (s *stage) connectTogether(l listener, n int) []client {
	const together, tries = bucket / 32, 10
	for try := 1; ; try++ {
		began := time.Now()
		all := s.connectAll(l, n)
		if time.Since(began) <= together || try == tries || !s.going() {
			return all
		}
		s.giveUp(all)
	}
}

func noListener(s *stage) {
	bound := s.tcp()
	l := listener{bound, s.bind(bound, 0)} // bound, so that nobody else listens there
	blocking := s.tcp()
	s.observe("connect", s.connectBlocking(blocking, l))
	s.observe("the same socket again", s.connectBlocking(blocking, l))
	c := s.connect(s.tcp(), l)
	s.wait(restless, func() bool { return s.state(c.fd) != synSent })
	s.observe("non-blocking connect: told", s.told(c.fd))
	s.observe("the same socket again: connect", s.connectBlocking(c.fd, l)) // tells about the first once more
	s.observe("and once more: connect", s.connectBlocking(c.fd, l))
	s.listenAgain(l, 1)
	s.observe("after listen: connect", s.connectBlocking(blocking, l))
	s.observe("its state", s.state(blocking))
}

func errnos(s *stage) {
	listen := func(fd int) string { return result(syscall.Listen(fd, 1)) }
	accept := func(fd int) string { _, says := s.accept(listener{fd: fd}); return says }
	connect := func(fd, port int) string { return result(syscall.Connect(fd, loopback(port))) }

	l := s.listen(1)
	s.arrive(l, 1)
	accepted, _ := s.accept(l)
	empty, full := s.listen(1), s.listen(0)
	s.arrive(full, 1)
	waiting := s.connect(s.tcp(), full)
	udp := s.socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	s.bind(udp, 0)
	unbound, bound := s.tcp(), s.tcp()
	s.bind(bound, 0)
	refused, connected := s.tcp(), s.tcp()
	s.connectBlocking(refused, listener{port: s.port(bound)})
	s.connectBlocking(connected, l)
	file, err := os.Open(os.DevNull)
	s.check("open", err)
	if !s.going() {
		return
	}
	defer file.Close()
	for _, row := range []struct {
		name string
		says string
	}{
		{"listen, datagram socket", listen(udp)},
		{"listen, stream of AF_UNIX without a name", listen(s.socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0))},
		{"listen, connected", listen(connected)},
		{"listen, accepted", listen(accepted.fd)},
		{"listen, SYN_SENT", listen(waiting.fd)},
		{"listen, after a refused connect", listen(refused)},
		{"listen, listening", listen(l.fd)},
		{"listen, not a socket", listen(int(file.Fd()))},
		{"listen, not open", listen(-1)},
		{"accept, datagram socket", accept(udp)},
		{"accept, not bound", accept(unbound)},
		{"accept, not listening", accept(bound)},
		{"accept, connected", accept(connected)},
		{"accept, nothing pending", accept(empty.fd)},
		{"accept, not a socket", accept(int(file.Fd()))},
		{"connect, listening", connect(l.fd, l.port)},
		{"connect, connected", connect(connected, l.port)},
		{"connect, SYN_SENT", connect(waiting.fd, full.port)},
		{"bind, listening", result(syscall.Bind(l.fd, loopback(0)))},
		{"listen, not bound", listen(unbound)},
	} {
		s.observe(row.name, row.says)
	}
}
