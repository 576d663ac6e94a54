package kernel

import "fmt"

// closeListener shows what pending and waiting clients learn when the listener is
// closed.
func closeListener(s *script) {
	const backlog, waiting = 1, 3
	began := s.now()
	l, pending := s.full(backlog)
	waiters := s.arrive(l, waiting)
	s.observeQueue("before", l)
	s.observeClients("before, waiting clients", waiters)
	s.close(l)
	s.wait(settleLimit, func() bool { return s.count(pending, established) == 0 })
	for i, c := range pending {
		s.observeStream(fmt.Sprintf("pending client %d", i+1), c)
	}
	s.observeClients("at once, waiting clients", waiters)
	s.wait(secondSYN, func() bool { return s.count(waiters, closed) == len(waiters) })
	s.observe("waiting clients hear after", wholeSeconds(s.now()-began))
	for i, c := range waiters {
		s.observe(fmt.Sprintf("waiting client %d: told", i+1), s.socketError(c))
	}
}

// observeStream observes what read, read and write of a connection return.
func (s *script) observeStream(when string, c socket) {
	s.observe(named(when, "read"), s.read(c))
	s.observe(named(when, "read again"), s.read(c))
	s.observe(named(when, "write"), s.write(c))
}

func clientResets(s *script) { clientCloses(s, s.reset) }

func clientEnds(s *script) { clientCloses(s, s.close) }

// clientCloses shows a full queue whose first client closes or resets its connection.
func clientCloses(s *script, closeIt func(socket)) {
	const backlog = 1
	l, clients := s.full(backlog)
	s.observeQueue("before", l)
	closeIt(clients[0])
	late := s.arrive(l, 1)
	s.observeClients("one more connects", late)
	s.observeQueue("one more connects", l)
	s.giveUp(late)
	got := s.observeAccept("accept", "whom", l, clients)
	s.observe("its state", s.state(got))
	s.observeStream("", got)
	s.observeAccept("next accept", "whom then", l, clients)
	_, result := s.accept(l)
	s.observe("accept at the end", result)
}

// noListener shows what a client learns that connects to a port without a listener.
func noListener(s *script) {
	l := s.bound(tcp) // so that no other program listens there
	blocking := s.open(tcp)
	s.observe("connect", s.connectBlocking(blocking, l))
	s.observe("the same socket again", s.connectBlocking(blocking, l))
	c := s.startConnect(l, s.open(tcp))[0]
	s.wait(settleLimit, func() bool { return s.state(c) != synSent })
	s.observe("non-blocking connect: told", s.socketError(c))
	s.observe("the same socket again: connect", s.connectBlocking(c, l)) // reports the first connect once more
	s.observe("and once more: connect", s.connectBlocking(c, l))
	s.relisten(l, 1)
	s.observe("after listen: connect", s.connectBlocking(blocking, l))
	s.observe("its state", s.state(blocking))
}

// errnos shows what calls return on sockets that are in a wrong state for them.
func errnos(s *script) {
	listen := func(on socket) string { return s.listen(on, 1) }
	accept := func(on socket) string { _, result := s.accept(on); return result }

	l := s.listener(1)
	s.arrive(l, 1)
	accepted, _ := s.accept(l)
	empty, full := s.listener(1), s.listener(0)
	s.arrive(full, 1)
	waiting := s.startConnect(full, s.open(tcp))[0]
	datagram := s.bound(udp)
	unbound, bound := s.open(tcp), s.bound(tcp)
	refused, connected := s.open(tcp), s.open(tcp)
	s.connectBlocking(refused, bound)
	s.connectBlocking(connected, l)
	notSocket := s.open(file)
	for _, row := range []struct{ name, result string }{
		{"listen, datagram socket", listen(datagram)},
		{"listen, stream of AF_UNIX without a name", listen(s.open(unix))},
		{"listen, connected", listen(connected)},
		{"listen, accepted", listen(accepted)},
		{"listen, SYN_SENT", listen(waiting)},
		{"listen, after a refused connect", listen(refused)},
		{"listen, listening", listen(l)},
		{"listen, not a socket", listen(notSocket)},
		{"listen, not open", listen(socket{fd: -1})},
		{"accept, datagram socket", accept(datagram)},
		{"accept, not bound", accept(unbound)},
		{"accept, not listening", accept(bound)},
		{"accept, connected", accept(connected)},
		{"accept, nothing pending", accept(empty)},
		{"accept, not a socket", accept(notSocket)},
		{"connect, listening", s.connect(l, l)},
		{"connect, connected", s.connect(connected, l)},
		{"connect, SYN_SENT", s.connect(waiting, full)},
		{"bind, listening", s.bind(l, 0)},
		{"listen, not bound", listen(unbound)},
	} {
		s.observe(row.name, row.result)
	}
}
