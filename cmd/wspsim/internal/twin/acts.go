package twin

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// excess is how many more clients connect than fit.
const excess = 8

// secondSYN is when a client that got no answer has surely sent its SYN again.
const secondSYN = 1500 * time.Millisecond

func fill(backlog int) func(*stage) {
	return func(s *stage) {
		l := s.listen(backlog)
		all := s.arrive(s.queue(l).Effective + 1 + excess)
		s.observe("connects", len(all))
		s.observeClients("", all)
		s.observeQueue("", l)
		s.giveUp(all)
		accepted, end := s.drain(l)
		s.observe("accepted", len(accepted))
		s.observe("accept order", order(accepted))
		s.observe("accept at the end", end)
	}
}

func relistenDown(from, to int) func(*stage) {
	return func(s *stage) {
		l := s.listen(from)
		all := s.arrive(from + 1)
		s.observeQueue("before", l)
		_ = s.host().Listen(l, to)
		s.pass(soon)
		s.observeQueue("after listen", l)
		s.observe("pending connections reset", len(all)-s.count(all, "ESTABLISHED"))
		var accepted []netmodel.Accepted
		for len(accepted) <= from+1 {
			late := s.arrive(1)
			if s.count(late, "ESTABLISHED") == 1 {
				break
			}
			s.giveUp(late)
			accepted = append(accepted, s.take(l, 1)...)
		}
		s.observe("accepts until one more gets in", len(accepted))
		more := s.arrive(excess)
		s.observe(fmt.Sprintf("of the next %d get in", excess), s.count(more, "ESTABLISHED"))
		s.giveUp(more)
		s.observeQueue("at the end", l)
		rest, end := s.drain(l)
		s.observe("accepted", len(accepted)+len(rest))
		s.observe("accept order", order(append(accepted, rest...)))
		s.observe("accept at the end", end)
	}
}

func relistenUp(s *stage) {
	const from, to, waiting = 2, 8, 5
	l := s.listen(from)
	first := s.arrive(from + 1)
	waiters := s.arrive(waiting)
	s.observeClients("before, waiting clients", waiters)
	s.observeQueue("before", l)
	_ = s.host().Listen(l, to)
	s.pass(soon)
	s.observeClients("at once, waiting clients", waiters)
	s.observeQueue("at once", l)
	for s.count(waiters, "SYN_SENT") > 0 && time.Duration(s.net.Now()) < 2*secondSYN {
		s.pass(soon)
	}
	s.observe("they get in after", wholeSeconds(s.net.Now()))
	s.pass(soon)
	s.observeClients("then, waiting clients", waiters)
	s.observe("pending connections reset", len(first)-s.count(first, "ESTABLISHED"))
	s.observeQueue("then", l)
	accepted, end := s.drain(l)
	s.observe("accepted", len(accepted))
	s.observe("accept order of the first 3", order(accepted[:min(len(accepted), len(first))]))
	s.observe("accept at the end", end)
}

func exhausted(outer *stage) {
	const backlog, early, late = 5, 3, 4
	const descriptors = 3 // two listeners and one spare
	s := newStageWith(outer.profile, descriptors)
	l := s.listen(backlog)
	empty, _ := s.host().Socket(winsock.SOCK_STREAM)
	_ = s.host().Listen(empty, backlog)
	s.arrive(early)
	spare, _ := s.host().OpenFile()
	_, says := s.accept(l)
	s.observe("accept", says)
	_, says = s.accept(l)
	s.observe("accept again", says)
	_, says = s.accept(empty)
	s.observe("accept on an empty queue", says)
	s.observeQueue("after accept", l)
	more := s.arrive(late)
	s.observeClients("4 more connect", more)
	s.observeQueue("4 more connect", l)
	_ = s.host().Listen(l, backlog)
	s.observeQueue("after listen", l)
	_ = s.host().CloseFile(spare)
	got, says := s.accept(l)
	s.observe("one descriptor closed: accept", says)
	s.observe("whom", s.whom(got))
	s.observe("its descriptor is the closed one", got.FD == spare)
	_, says = s.accept(l)
	s.observe("next accept", says)
	s.observeQueue("at the end", l)
	outer.seen = s.seen
}

func closeListener(s *stage) {
	const backlog, waiting = 1, 3
	l := s.listen(backlog)
	pending := s.arrive(backlog + 1)
	waiters := s.arrive(waiting)
	s.observeQueue("before", l)
	s.observeClients("before, waiting clients", waiters)
	_ = s.host().CloseSocket(l)
	s.pass(soon)
	for i, c := range pending {
		who := fmt.Sprintf("pending client %d", i+1)
		s.observe(named(who, "read"), read(s.clients(), c.fd))
		s.observe(named(who, "read again"), read(s.clients(), c.fd))
		s.observe(named(who, "write"), write(s.clients(), c.fd))
	}
	s.observeClients("at once, waiting clients", waiters)
	for s.count(waiters, "CLOSE") < waiting && time.Duration(s.net.Now()) < 2*secondSYN {
		s.pass(soon)
	}
	s.observe("waiting clients hear after", wholeSeconds(s.net.Now()))
	for i, c := range waiters {
		s.observe(fmt.Sprintf("waiting client %d: told", i+1), s.told(c))
	}
}

// told is what SO_ERROR says.
func (s *stage) told(c client) string {
	e, err := s.clients().GetSockOpt(c.fd, winsock.SO_ERROR)
	if err != nil {
		return result(err)
	}
	if e == 0 {
		return "OK"
	}
	return winsock.Errno(e).Unix()
}

func clientGoes(hard bool) func(*stage) {
	return func(s *stage) {
		const backlog = 1
		l := s.listen(backlog)
		all := s.arrive(backlog + 1)
		s.observeQueue("before", l)
		if hard {
			_ = s.clients().SetSockOpt(all[0].fd, winsock.SO_LINGER, 0)
		}
		_ = s.clients().CloseSocket(all[0].fd)
		s.pass(soon)
		late := s.arrive(1)
		s.observeClients("one more connects", late)
		s.observeQueue("one more connects", l)
		s.giveUp(late)
		got, says := s.accept(l)
		s.observe("accept", says)
		s.observe("whom", s.whom(got))
		s.observe("its state", s.serverState(got.FD))
		s.observe("read", read(s.host(), got.FD))
		s.observe("read again", read(s.host(), got.FD))
		s.observe("write", write(s.host(), got.FD))
		got, says = s.accept(l)
		s.observe("next accept", says)
		s.observe("whom then", s.whom(got))
		_, says = s.accept(l)
		s.observe("accept at the end", says)
	}
}

// serverState names the state of an accepted connection as ss does.
func (s *stage) serverState(fd netmodel.FD) string {
	clone := s.host().Clone()
	ready, _ := clone.Select(fd)
	_, sent := clone.Send(fd, 1)
	switch {
	case sent != nil:
		return "CLOSE"
	case ready.Read:
		return "CLOSE_WAIT"
	}
	return "ESTABLISHED"
}

func believers(s *stage) {
	const backlog, waiting, places = 5, 10, 3
	l := s.listen(backlog)
	first := s.arrive(backlog + 1)
	waiters := s.arrive(waiting)
	s.observeClients("before, waiting clients", waiters)
	s.observeQueue("before", l)
	s.pass(100 * time.Millisecond)
	accepted := s.take(l, places)
	s.observe("accepted", len(accepted))
	s.pass(secondSYN)
	s.observeClients("second SYN, waiting clients", waiters)
	s.observeQueue("second SYN", l)
	s.observe("second SYN: half-open", s.queue(l).HalfOpen)
	more := s.take(l, len(first)+waiting)
	s.observe("accepted then", len(more))
	s.pass(secondSYN)
	late := s.take(l, len(first)+waiting)
	s.observe("accepted in the end", len(late))
	s.observe("ESTABLISHED and never accepted", s.count(waiters, "ESTABLISHED")-(len(accepted)+len(more)+len(late)-len(first)))
}

func reusePort(s *stage) {
	const backlog, connects = 3, 40
	var pair [2]netmodel.FD
	for i := range pair {
		pair[i], _ = s.host().Socket(winsock.SOCK_STREAM)
		_ = s.host().SetSockOpt(pair[i], winsock.SO_REUSEPORT, 1)
		_ = s.host().Bind(pair[i], s.at)
		_ = s.host().Listen(pair[i], backlog)
	}
	all := s.arrive(connects)
	s.observe("connects", connects)
	s.observeClients("", all)
	s.observeQueue("first listener", pair[0])
	s.observeQueue("second listener", pair[1])
}

func deferAccept(s *stage) {
	const backlog, connects = 3, 10
	l := s.bound()
	_ = s.host().SetSockOpt(l, winsock.TCP_DEFER_ACCEPT, 5)
	got, _ := s.host().GetSockOpt(l, winsock.TCP_DEFER_ACCEPT)
	s.observe("TCP_DEFER_ACCEPT set to 5", got)
	_ = s.host().SetSockOpt(l, winsock.TCP_DEFER_ACCEPT, 1)
	_ = s.host().Listen(l, backlog)
	all := s.arrive(connects)
	s.observe("connects", connects)
	s.observeClients("", all)
	s.observeQueue("", l)
	s.observe("half-open", s.queue(l).HalfOpen)
}

func fillUnix(backlog int) func(*stage) {
	return func(outer *stage) {
		s := newStage(profiles.Unix())
		l := s.listen(backlog)
		connected, then := 0, ""
		connect := func() string {
			c := s.connect()
			s.pass(soon)
			if s.state(c) == "ESTABLISHED" {
				return "OK"
			}
			return s.told(c)
		}
		for connected <= backlog+excess {
			if then = connect(); then != "OK" {
				break
			}
			connected++
		}
		s.observe("connected", connected)
		s.observe("then connect", then)
		_, says := s.accept(l)
		s.observe("accept", says)
		s.observe("connect after it", connect())
		s.observe("and once more", connect())
		outer.seen = s.seen
	}
}
