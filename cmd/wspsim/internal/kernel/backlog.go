package kernel

import (
	"fmt"
	"time"

	"wspsim/netmodel/winsock"
)

const excess = 8 // how many more clients connect than fit

// secondSYN is the time by which a client without an answer has sent its SYN again: 1 s,
// plus the coarseness of the timer wheel.
const secondSYN = 1500 * time.Millisecond

// fill shows how many connections fit into an accept queue.
func fill(backlog int) func(*script) {
	const largest = 4096 // somaxconn, as distributions set it; a larger queue takes too long to fill
	return func(s *script) {
		somaxconn := s.settings["somaxconn"]
		fit := int(min(uint32(backlog), uint32(somaxconn))) + 1 // the kernel takes -1 for the largest number
		s.need(fit <= largest+1, "net.core.somaxconn is %d, want at most %d", somaxconn, largest)
		needed := fit + excess + 100
		s.need(s.descriptors() > needed, "it opens %d descriptors, and this process may have %d", needed, s.descriptors())
		l := s.listener(backlog)
		clients := s.arrive(l, fit+excess)
		s.observe("connects", len(clients))
		s.observeClients("", clients)
		s.observeQueue("", l)
		s.giveUp(clients)
		s.observeDrain(l, clients, nil)
	}
}

// relistenDown shows a full queue whose backlog is lowered: after how many accepts one
// more client gets in.
func relistenDown(from, to int) func(*script) {
	return func(s *script) {
		l, clients := s.full(from)
		s.observeQueue("before", l)
		s.relisten(l, to)
		s.observeQueue("after listen", l)
		s.observe("pending connections reset", len(clients)-s.count(clients, established))
		var accepted []socket
		for range from + 2 { // one more than are pending
			late := s.arrive(l, 1)
			if s.count(late, established) == 1 {
				clients = append(clients, late...)
				break
			}
			s.giveUp(late)
			accepted = append(accepted, s.take(l, 1)...)
		}
		s.observe("accepts until one more gets in", len(accepted))
		more := s.arrive(l, excess)
		s.observe(fmt.Sprintf("of the next %d get in", excess), s.count(more, established))
		s.giveUp(more)
		s.observeQueue("at the end", l)
		s.observeDrain(l, clients, accepted)
	}
}

// relistenUp shows a full queue whose backlog is raised: when the waiting clients get
// in.
func relistenUp(s *script) {
	const from, to, waiting = 2, 8, 5
	s.needSomaxconn(to)
	began := s.now()
	l, first := s.full(from)
	waiters := s.arrive(l, waiting)
	s.observeClients("before, waiting clients", waiters)
	s.observeQueue("before", l)
	s.relisten(l, to)
	s.rest(l, waiters)
	s.observeClients("at once, waiting clients", waiters)
	s.observeQueue("at once", l)
	s.wait(secondSYN, func() bool { return s.count(waiters, synSent) == 0 })
	s.observe("they get in after", wholeSeconds(s.now()-began))
	s.rest(l, waiters)
	s.observeClients("then, waiting clients", waiters)
	s.observe("pending connections reset", len(first)-s.count(first, established))
	s.observeQueue("then", l)
	accepted, end := s.drain(l)
	s.observe("accepted", len(accepted))
	s.observe("accept order of the first 3", order(first, accepted[:min(len(accepted), len(first))]))
	s.observe("accept at the end", end)
}

// exhausted shows a listener whose program has no descriptor left.
func exhausted(s *script) {
	const backlog, early, late = 5, 3, 4
	s.needSomaxconn(backlog)
	l, empty := s.listener(backlog), s.listener(backlog)
	clients := s.arrive(l, early)
	unconnected := s.openTCP(late) // while there are descriptors
	spare, restore := s.exhaust()
	defer restore()
	for _, try := range []struct {
		name string
		l    socket
	}{{"accept", l}, {"accept again", l}, {"accept on an empty queue", empty}} {
		_, result := s.accept(try.l)
		s.observe(try.name, result)
	}
	s.observeQueue("after accept", l)
	clients = append(clients, s.startConnect(l, unconnected...)...)
	s.rest(l, clients)
	s.observeClients("4 more connect", clients[early:])
	s.observeQueue("4 more connect", l)
	s.relisten(l, backlog)
	s.observeQueue("after listen", l)
	s.close(spare)
	got := s.observeAccept("one descriptor closed: accept", "whom", l, clients)
	s.observe("its descriptor is the closed one", got.fd == spare.fd)
	_, result := s.accept(l)
	s.observe("next accept", result)
	s.observeQueue("at the end", l)
}

// phantoms shows retransmitted SYNs that arrive together: each finds the places that
// only some clients get. The other clients are connected for ever, and the server
// does not know them.
func phantoms(s *script) {
	const backlog, waiting, places = 5, 10, 3
	s.needCookies()
	l, first := s.full(backlog)
	waiters := s.connectTogether(l, waiting)
	s.observeClients("before, waiting clients", waiters)
	s.observeQueue("before", l)
	s.sleep(100 * time.Millisecond)
	accepted := s.take(l, places)
	s.observe("accepted", len(accepted))
	s.wait(secondSYN, func() bool { return s.count(waiters, established) > 0 })
	s.sleep(2 * wheelSlot) // the timers of some waiters may expire a slot later
	s.rest(l, waiters)
	s.observeClients("second SYN, waiting clients", waiters)
	s.observeQueue("second SYN", l)
	s.observe("second SYN: half-open", s.halfOpen(l))
	more := s.take(l, len(first)+waiting)
	s.observe("accepted then", len(more))
	// After 1 s the server sends SYN-ACK again to the clients that it knows.
	s.wait(secondSYN, func() bool { return s.halfOpen(l) == 0 })
	s.rest(l, waiters)
	late := s.take(l, len(first)+waiting)
	s.observe("accepted in the end", len(late))
	s.observe("ESTABLISHED and never accepted", s.count(waiters, established)-(len(accepted)+len(more)+len(late)-len(first)))
}

// wheelSlot is the coarseness of the timer wheel for timers of 1 s: 8 ticks at 250 Hz.
// At other rates a slot is up to twice as long.
const wheelSlot = 32 * time.Millisecond

// connectTogether starts n connects so close to each other that their timers expire
// together.
func (s *script) connectTogether(l socket, n int) []socket {
	const together, tries = wheelSlot / 32, 10
	for try := 1; ; try++ {
		all := s.openTCP(n)
		began := s.now()
		s.startConnect(l, all...)
		if s.now()-began <= together || try == tries {
			return all
		}
		s.giveUp(all)
	}
}

// reusePort shows two listeners that share a port.
func reusePort(s *script) {
	const backlog, connects = 3, 40 // enough for the hash to find both
	s.needSomaxconn(backlog)
	var pair [2]socket
	for i := range pair {
		l := s.open(tcp)
		s.setOption(l, winsock.SO_REUSEPORT, 1)
		pair[i] = s.relisten(s.bindTo(l, pair[0].port), backlog)
	}
	clients := s.startConnect(pair[0], s.openTCP(connects)...)
	s.rest(pair[0], clients)
	s.observe("connects", connects)
	s.observeClients("", clients)
	s.observeQueue("first listener", pair[0])
	s.observeQueue("second listener", pair[1])
}

// deferAccept shows a listener that waits for the first data of each client.
func deferAccept(s *script) {
	const backlog, connects = 3, 10
	s.needSomaxconn(backlog)
	s.needCookies()
	l := s.bound(tcp)
	s.setOption(l, winsock.TCP_DEFER_ACCEPT, 5)
	s.observe("TCP_DEFER_ACCEPT set to 5", s.option(l, winsock.TCP_DEFER_ACCEPT))
	s.setOption(l, winsock.TCP_DEFER_ACCEPT, 1)
	s.relisten(l, backlog)
	clients := s.arrive(l, connects)
	s.observe("connects", connects)
	s.observeClients("", clients)
	s.observeQueue("", l)
	s.observe("half-open", s.halfOpen(l))
}

// fillUnix shows how many connections fit into the queue of a listener of AF_UNIX.
func fillUnix(backlog int) func(*script) {
	return func(s *script) {
		s.needSomaxconn(backlog)
		l := s.relisten(s.bound(unix), backlog)
		connect := func() string { return s.connect(s.open(unix), l) }
		connected, then := 0, ""
		for connected <= backlog+excess {
			if then = connect(); then != ok {
				break
			}
			connected++
		}
		s.observe("connected", connected)
		s.observe("then connect", then)
		_, result := s.accept(l)
		s.observe("accept", result)
		s.observe("connect after it", connect())
		s.observe("and once more", connect())
	}
}
