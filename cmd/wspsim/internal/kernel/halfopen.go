package kernel

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

// halfOpenLimit shows how many half-open connections a listener keeps.
func halfOpenLimit(backlog, clients int) func(*script) {
	return func(s *script) {
		l := s.listener(backlog)
		w := &wire{script: s, to: l}
		for i := range clients {
			w.syn(i)
		}
		w.rest()
		s.observe("SYNs", clients)
		s.observe("SYN-ACKs", w.count("SYN-ACK"))
		s.observe("RSTs", w.count("RST"))
		s.observe("half-open", s.halfOpen(l))
		s.observeQueue("", l)
	}
}

// lateAck shows the effect of a handshake's final ACK at a full queue.
func lateAck(s *script) {
	const backlog = 1
	const stored, other, cookie = 0, 1, 2 // the clients on the wire
	l := s.listener(backlog)
	w := &wire{script: s, to: l}
	for _, i := range []int{stored, other, cookie} {
		w.syn(i)
		w.rest()
	}
	s.observe("SYN-ACKs", w.count("SYN-ACK"))
	s.observe("half-open", s.halfOpen(l))
	s.arrive(l, backlog+1)
	s.observeQueue("full", l)
	for _, late := range []struct {
		what string
		i    int
	}{{"ACK of the half-open", stored}, {"ACK of the cookie", cookie}} {
		before := w.count("RST")
		w.ack(late.i)
		w.rest()
		s.observe(named(late.what, "RSTs"), w.count("RST")-before)
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

// expiry shows how a listener forgets a client that never answers.
func expiry(s *script) {
	const longest = 6 * time.Second
	l := s.listener(5)
	w := &wire{script: s, to: l}
	began := s.now()
	w.syn(0)
	w.rest()
	s.observe("half-open", s.halfOpen(l))
	s.wait(longest, func() bool { return s.halfOpen(l) == 0 })
	s.observe("forgotten after", wholeSeconds(s.now()-began))
	s.observe("SYN-ACKs", w.count("SYN-ACK"))
	s.observe("RSTs", w.count("RST"))
	w.ack(0)
	w.rest()
	s.observe("late ACK: RSTs", w.count("RST"))
	s.observeQueue("", l)
}

// wire plays clients segment by segment: they send what the script says and nothing
// else. No host has their addresses, so nobody answers in their place.
type wire struct {
	*script
	to    socket
	heard []netmodel.Segment // by all clients
}

const firstSeq = 1000 // of every client on the wire

// peerAddr is the address of a client on the wire, counted from 0.
func peerAddr(i int) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.IPv4(10, 9, 0, byte(i+1)), Port: 40000}
}

// syn sends the SYN of a client.
func (w *wire) syn(i int) { w.sendFrom(i, netmodel.SYN, firstSeq, 0) }

// ack sends the ACK that completes the handshake of a client.
func (w *wire) ack(i int) {
	seq := uint32(0)
	for _, segment := range w.segments("SYN-ACK") {
		if segment.Dst == peerAddr(i) {
			seq = segment.Seq
		}
	}
	w.sendFrom(i, netmodel.ACK, firstSeq+1, seq+1)
}

func (w *wire) sendFrom(i int, flags netmodel.Flags, seq, ack uint32) {
	w.send(netmodel.Segment{Src: peerAddr(i), Dst: localhost(w.to.port), Flags: flags, Seq: seq, Ack: ack})
}

// segments are those of a kind from the listener to the clients, so far.
func (w *wire) segments(kind string) (of []netmodel.Segment) {
	w.heard = append(w.heard, w.received()...)
	for _, segment := range w.heard {
		if segment.Kind() == kind && segment.Src == localhost(w.to.port) {
			of = append(of, segment)
		}
	}
	return of
}

func (w *wire) count(kind string) int { return len(w.segments(kind)) }

// rest waits until the effects of all segments are final.
func (w *wire) rest() {
	w.settle(func() string { return fmt.Sprint(w.count("SYN-ACK"), w.count("RST"), w.halfOpen(w.to), w.queue(w.to)) })
}
