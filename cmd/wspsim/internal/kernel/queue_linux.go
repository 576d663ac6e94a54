package kernel

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// excess is how many more clients connect than fit.
const excess = 8

// secondSYN is when a client that got no answer has surely sent its SYN again:
// after 1 s, late by the coarseness of the timer wheel.
const secondSYN = 1500 * time.Millisecond

// effective is what the kernel makes of a backlog.
func (s *stage) effective(backlog int) int {
	return int(min(uint32(backlog), uint32(s.settings().Somaxconn)))
}

// needSomaxconn ends the experiment if the kernel would lower the backlog.
func (s *stage) needSomaxconn(backlog int) {
	most := s.settings().Somaxconn
	s.need(most >= backlog, "net.core.somaxconn is %d, want at least %d", most, backlog)
}

func fill(backlog int) func(*stage) {
	const largest = 4096 // somaxconn, as distributions set it; beyond it the trial takes long
	return func(s *stage) {
		fit := s.effective(backlog) + 1
		s.need(fit <= largest+1, "net.core.somaxconn is %d, want at most %d", fit-1, largest)
		s.descriptorsFree(fit + excess + 100)
		l := s.listen(backlog)
		clients := s.arrive(l, fit+excess)
		s.observe("connects", len(clients))
		s.observeClients("", clients)
		s.observeQueue("", l)
		s.giveUp(clients)
		accepted, end := s.drain(l)
		s.observe("accepted", len(accepted))
		s.observe("accept order", order(clients, accepted))
		s.observe("accept at the end", end)
	}
}

func relistenDown(from, to int) func(*stage) {
	return func(s *stage) {
		s.needSomaxconn(from)
		l := s.listen(from)
		clients := s.arrive(l, from+1)
		s.observeQueue("before", l)
		s.listenAgain(l, to)
		s.observeQueue("after listen", l)
		s.observe("pending connections reset", len(clients)-s.count(clients, established))
		// After each accept one more connects, until one gets in.
		var accepted []client
		for s.going() && len(accepted) <= from+1 {
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
		rest, end := s.drain(l)
		s.observe("accepted", len(accepted)+len(rest))
		s.observe("accept order", order(clients, append(accepted, rest...)))
		s.observe("accept at the end", end)
	}
}

func relistenUp(s *stage) {
	const from, to, waiting = 2, 8, 5
	s.needSomaxconn(to)
	l := s.listen(from)
	began := time.Now()
	first := s.arrive(l, from+1)
	waiters := s.arrive(l, waiting)
	s.observeClients("before, waiting clients", waiters)
	s.observeQueue("before", l)
	s.listenAgain(l, to)
	s.rest(l, waiters)
	s.observeClients("at once, waiting clients", waiters)
	s.observeQueue("at once", l)
	s.wait(secondSYN, func() bool { return s.count(waiters, synSent) == 0 })
	s.observe("they get in after", wholeSeconds(time.Since(began)))
	s.rest(l, waiters)
	s.observeClients("then, waiting clients", waiters)
	s.observe("pending connections reset", len(first)-s.count(first, established))
	s.observeQueue("then", l)
	accepted, end := s.drain(l)
	s.observe("accepted", len(accepted))
	s.observe("accept order of the first 3", order(first, accepted[:min(len(accepted), len(first))]))
	s.observe("accept at the end", end)
}

// soReusePort is SO_REUSEPORT, which package syscall lacks on older processors.
func soReusePort() int {
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		return 0x200
	}
	return 0xf
}

func reusePort(s *stage) {
	const backlog, connects = 3, 40 // so many that the hash surely finds both
	s.needSomaxconn(backlog)
	var pair [2]listener
	for i := range pair {
		fd := s.tcp()
		s.set(fd, syscall.SOL_SOCKET, soReusePort(), 1)
		pair[i] = listener{fd, s.bind(fd, pair[0].port)}
		s.listenAgain(pair[i], backlog)
	}
	clients := s.connectAll(pair[0], connects)
	s.rest(pair[0], clients)
	s.observe("connects", connects)
	s.observeClients("", clients)
	s.observeQueue("first listener", pair[0])
	s.observeQueue("second listener", pair[1])
}

func deferAccept(s *stage) {
	const backlog, connects = 3, 10
	s.needSomaxconn(backlog)
	s.needCookies()
	fd := s.tcp()
	s.set(fd, syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT, 5)
	s.observe("TCP_DEFER_ACCEPT set to 5", s.get(fd, syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT))
	s.set(fd, syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT, 1)
	l := listener{fd, s.bind(fd, 0)}
	s.listenAgain(l, backlog)
	clients := s.arrive(l, connects)
	s.observe("connects", connects)
	s.observeClients("", clients)
	s.observeQueue("", l)
	s.observe("half-open", s.halfOpen(l))
}

// needCookies ends the experiment unless SYN cookies are used in need.
func (s *stage) needCookies() {
	cookies := s.settings().Syncookies
	s.need(cookies == 1, "net.ipv4.tcp_syncookies is %d, want 1", cookies)
}

func fillUnix(backlog int) func(*stage) {
	return func(s *stage) {
		s.needSomaxconn(backlog)
		unix := func() int { return s.socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0) }
		at := &syscall.SockaddrUnix{Name: fmt.Sprintf("@wspsim-%d-%d", os.Getpid(), time.Now().UnixNano())} // @: abstract, in no directory
		l := listener{fd: unix()}
		if s.going() {
			s.check("bind", syscall.Bind(l.fd, at))
		}
		s.listenAgain(l, backlog)
		connect := func() string {
			fd := unix()
			if !s.going() {
				return ""
			}
			return result(syscall.Connect(fd, at))
		}
		connected, then := 0, ""
		for s.going() && connected <= backlog+excess {
			if then = connect(); then != "OK" {
				break
			}
			connected++
		}
		s.observe("connected", connected)
		s.observe("then connect", then)
		_, accepted := s.accept(l)
		s.observe("accept", accepted)
		s.observe("connect after it", connect())
		s.observe("and once more", connect())
	}
}
