package kernel

import (
	"fmt"
	"time"
)

func namespaceTrials() []Trial {
	var all []Trial
	for _, cookies := range []int{0, 1, 2} {
		what := fmt.Sprintf("tcp_syncookies=%d, listen(3); %d clients send SYN and never ACK", cookies, silent)
		all = append(all, apart(fmt.Sprintf("half-open-cookies-%d", cookies), what, []setting{{"ipv4/tcp_syncookies", cookies}}, halfOpenLimit(3, silent)))
	}
	for _, most := range []int{8, 64} {
		what := fmt.Sprintf("tcp_syncookies=0, tcp_max_syn_backlog=%d, listen(128); %d clients send SYN and never ACK", most, many)
		all = append(all, apart(fmt.Sprintf("half-open-backlog-%d", most), what,
			[]setting{{"ipv4/tcp_syncookies", 0}, {"ipv4/tcp_max_syn_backlog", most}}, halfOpenLimit(128, many)))
	}
	for _, abort := range []int{0, 1} {
		what := fmt.Sprintf("tcp_abort_on_overflow=%d, listen(1), full; the final ACKs of a half-open connection and of a cookie", abort)
		all = append(all, apart(fmt.Sprintf("late-ack-abort-%d", abort), what, []setting{{"ipv4/tcp_abort_on_overflow", abort}}, lateAck))
	}
	return append(all, apart("expiry", "tcp_synack_retries=1, listen(5); a client sends SYN, and ACK when it is forgotten",
		[]setting{{"ipv4/tcp_synack_retries", 1}}, expiry))
}

const (
	silent = 12 // clients, more than the queue of 4 holds
	many   = 80 // clients, more than three quarters of 64
)

// halfOpenLimit shows how many half-open connections the kernel keeps.
func halfOpenLimit(backlog, clients int) func(*stage) {
	return func(s *stage) {
		l := s.listen(backlog)
		w := s.wire(l)
		for i := range clients {
			w.syn(i)
		}
		w.rest()
		synAcks, resets := w.heard()
		s.observe("SYNs", clients)
		s.observe("SYN-ACKs", synAcks)
		s.observe("RSTs", resets)
		s.observe("half-open", s.halfOpen(l))
		s.observeQueue("", l)
	}
}

// lateAck shows what becomes of the final ACK of a handshake at a full queue.
func lateAck(s *stage) {
	const backlog = 1
	const stored, other, cookie = 0, 1, 2 // the clients on the wire
	l := s.listen(backlog)
	w := s.wire(l)
	for _, i := range []int{stored, other, cookie} {
		w.syn(i)
		w.rest()
	}
	synAcks, _ := w.heard()
	s.observe("SYN-ACKs", synAcks)
	s.observe("half-open", s.halfOpen(l))
	s.arrive(l, backlog+1)
	s.observeQueue("full", l)
	for _, late := range []struct {
		what string
		i    int
	}{{"ACK of the half-open", stored}, {"ACK of the cookie", cookie}} {
		w.ack(late.i)
		w.rest()
		s.observe(named(late.what, "RSTs"), w.peers[late.i].resets)
		s.observe(named(late.what, "half-open"), s.halfOpen(l))
		s.observe(named(late.what, "Recv-Q"), s.queue(l).recv)
	}
	s.observe("accepted", len(s.take(l, backlog+1)))
	w.ack(other)
	w.ack(cookie)
	w.rest()
	s.observe("both ACK with room: half-open", s.halfOpen(l))
	s.observe("both ACK with room: Recv-Q", s.queue(l).recv)
}

// expiry shows how the kernel forgets a client that never answers.
func expiry(s *stage) {
	const longest = 6 * time.Second
	l := s.listen(5)
	w := s.wire(l)
	began := time.Now()
	w.syn(0)
	w.rest()
	s.observe("half-open", s.halfOpen(l))
	s.wait(longest, func() bool { return s.halfOpen(l) == 0 })
	s.observe("forgotten after", wholeSeconds(time.Since(began)))
	synAcks, resets := w.heard()
	s.observe("SYN-ACKs", synAcks)
	s.observe("RSTs", resets)
	w.ack(0)
	w.rest()
	_, resets = w.heard()
	s.observe("late ACK: RSTs", resets)
	s.observeQueue("", l)
}
