package measured

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

type packetdrillParams struct {
	Script string `json:"script"`
}

type packetdrillObserved struct {
	Pass bool     `json:"pass"`
	_    struct{} `unread:"output=text"`
}

// playPacketdrill plays a script of packetdrill, segment by segment, and compares whether
// everything is as the script says. The functions below are the scripts by their number.
// testdata/truth/P_packetdrill.jsonl has their names and the kernel's output.
// (https://github.com/google/packetdrill)
func playPacketdrill(_ netmodel.Profile, p *packetdrillParams, o *packetdrillObserved, c *Comparison) error {
	scripts := []func() error{
		synAtFullQueue, synAckSchedule, ackAtFullQueue, ackAtFullQueueAborts, abortSparesSyn, resetWhileQueued, synSchedule, closeResets,
	}
	number, ok := numberAfter(strings.SplitN(p.Script, "-", 2)[0], "")
	if !ok || number < 1 || number > len(scripts) {
		return fmt.Errorf("script %q is not known: want a name that begins with 01 to %02d", p.Script, len(scripts))
	}
	failed := scripts[number-1]()
	c.equal(p.Script, o.Pass, failed == nil)
	if failed != nil {
		c.because("on the model, " + failed.Error())
	}
	return nil
}

// scriptedPeers is a host whose peers follow a script, and the segments that it sent.
type scriptedPeers struct {
	host *netmodel.Host
	fd   netmodel.FD
	sent []sentSegment
}

type sentSegment struct {
	at time.Duration
	netmodel.Segment
}

// listenAddr returns the address of the listener.
func listenAddr() netmodel.Addr { return netmodel.Addr{IP: netmodel.HostAddr(1, 1), Port: 80} }

// peerAddr returns the address of a peer by its number.
func peerAddr(k int) netmodel.Addr {
	return netmodel.Addr{IP: netmodel.HostAddr(2, 1), Port: uint16(1024 + k)}
}

// newScriptedPeers opens a listener on Linux. Settings are name, value, name, value ...
func newScriptedPeers(backlog int, settings ...string) (*scriptedPeers, error) {
	p := profiles.Linux()
	for pair := range slices.Chunk(settings, 2) {
		var err error
		if p, err = profiles.Set(p, pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	w := &scriptedPeers{}
	var err error
	w.host, w.fd, err = newLoneServer(p, backlog)
	return w, err
}

// advance advances time to an instant.
func (w *scriptedPeers) advance(at time.Duration) {
	for {
		w.collect()
		next, ok := w.host.Deadline()
		if !ok || next > sim.Time(at) {
			break
		}
		w.host.Advance(next)
	}
	w.host.Advance(sim.Time(at))
	w.collect()
}

func (w *scriptedPeers) collect() {
	for _, s := range w.host.Drain(nil) {
		w.sent = append(w.sent, sentSegment{time.Duration(w.host.Now()), s})
	}
}

// firstNumber is the initial sequence number of every peer.
const firstNumber = 1000

func (w *scriptedPeers) syn(k int) {
	w.host.Deliver(netmodel.Segment{Src: peerAddr(k), Dst: listenAddr(), Seq: firstNumber, Flags: netmodel.SYN})
	w.collect()
}

// segment delivers a segment of a peer. It acknowledges the last SYN-ACK and carries so
// many bytes of data.
func (w *scriptedPeers) segment(k int, flags netmodel.Flags, data uint32) {
	s := netmodel.Segment{Src: peerAddr(k), Dst: listenAddr(), Seq: firstNumber + 1, Len: data, Flags: flags}
	for _, answer := range w.to(k, netmodel.SYN|netmodel.ACK) {
		s.Ack = answer.Seq + 1
	}
	w.host.Deliver(s)
	w.collect()
}

// connect completes the handshake of a peer.
func (w *scriptedPeers) connect(k int) {
	w.syn(k)
	w.segment(k, netmodel.ACK, 0)
}

// to returns the segments to a peer that have some flags.
func (w *scriptedPeers) to(k int, flags netmodel.Flags) []sentSegment {
	var found []sentSegment
	for _, s := range w.sent {
		if s.Dst == peerAddr(k) && s.Flags&flags == flags {
			found = append(found, s)
		}
	}
	return found
}

// expect returns an error if two values differ.
func expect(what string, got, want any) error {
	if fmt.Sprint(got) == fmt.Sprint(want) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

// expectAt returns an error if segments were not sent at some seconds. A timer of the
// kernel is late by up to an eighth of its wait, and a tick.
func expectAt(what string, sent []sentSegment, seconds ...int) error {
	err := expect("times of "+what, len(sent), len(seconds))
	for i := 0; err == nil && i < len(sent); i++ {
		due := time.Duration(seconds[i]) * time.Second
		if at := sent[i].at; at < due || at > due+due/8+4*time.Millisecond {
			err = fmt.Errorf("%s number %d: sent at %v, want %v", what, i+1, at, due)
		}
	}
	return err
}

// queued returns the numbers of pending and of half-open connections.
func (w *scriptedPeers) queued() [2]int {
	q, _ := w.host.Queue(w.fd)
	return [2]int{q.Complete, q.HalfOpen}
}

// accepts returns the results of some calls of accept.
func (w *scriptedPeers) accepts(calls int) []string {
	var names []string
	for range calls {
		_, err := w.host.Accept(w.fd)
		names = append(names, nameOf(err))
	}
	return names
}

// 01: two SYNs at a full queue are not answered. A SYN is answered once a slot is free.
func synAtFullQueue() error {
	w, err := newScriptedPeers(0)
	if err != nil {
		return err
	}
	w.connect(0)
	w.syn(1)
	w.advance(time.Second)
	w.syn(1)
	unanswered := expect("answers while the queue is full", len(w.to(1, 0)), 0)
	accepted := expect("accept", w.accepts(1), "[OK]")
	w.advance(3 * time.Second)
	w.syn(1)
	return errors.Join(unanswered, accepted, expect("SYN-ACKs once there is room", len(w.to(1, netmodel.SYN|netmodel.ACK)), 1))
}

// 02: with two retransmissions, the SYN-ACK is sent at 0, 1 and 3 s. At 7.6 s the
// half-open connection is gone without an RST. An RST answers a late ACK.
func synAckSchedule() error {
	w, err := newScriptedPeers(5, "tcp_synack_retries", "2")
	if err != nil {
		return err
	}
	w.syn(0)
	w.advance(7600 * time.Millisecond)
	schedule := expectAt("SYN-ACK", w.to(0, netmodel.SYN|netmodel.ACK), 0, 1, 3)
	forgotten := errors.Join(expect("half-open connections at 7.6 s", w.queued()[1], 0), expect("RSTs until then", len(w.to(0, netmodel.RST)), 0))
	w.segment(0, netmodel.ACK, 0)
	return errors.Join(schedule, forgotten, expect("RSTs to a late ACK", len(w.to(0, netmodel.RST)), 1))
}

// halfAtFullQueue delivers a final ACK to a queue that a smaller backlog has made full.
func halfAtFullQueue(settings ...string) (*scriptedPeers, error) {
	w, err := newScriptedPeers(1, settings...)
	if err != nil {
		return nil, err
	}
	w.connect(0)
	w.syn(1)
	if err := w.host.Listen(w.fd, 0); err != nil {
		return nil, err
	}
	w.segment(1, netmodel.ACK, 0)
	return w, nil
}

// 03: a full queue drops the final ACK and data. The SYN-ACK is sent again at 1 and 3 s.
// An ACK gets in once the backlog is larger.
func ackAtFullQueue() error {
	w, err := halfAtFullQueue()
	if err != nil {
		return err
	}
	w.segment(1, netmodel.ACK, 5)
	dropped := expect("complete and half-open", w.queued(), "[1 1]")
	w.advance(3100 * time.Millisecond)
	schedule := expectAt("SYN-ACK", w.to(1, netmodel.SYN|netmodel.ACK), 0, 1, 3)
	if err := w.host.Listen(w.fd, 1); err != nil {
		return err
	}
	w.segment(1, netmodel.ACK, 0)
	return errors.Join(dropped, schedule, expect("complete and half-open with room", w.queued(), "[2 0]"),
		expect("accepts", w.accepts(3), "[OK OK EAGAIN]"), expect("RSTs", len(w.to(1, netmodel.RST)), 0))
}

// 04: the same with tcp_abort_on_overflow: an RST answers.
func ackAtFullQueueAborts() error {
	w, err := halfAtFullQueue("tcp_abort_on_overflow", "1")
	if err != nil {
		return err
	}
	return errors.Join(expect("RSTs", len(w.to(1, netmodel.RST)), 1), expect("complete and half-open", w.queued(), "[1 0]"))
}

// 05: tcp_abort_on_overflow does not affect a SYN at a full queue.
func abortSparesSyn() error {
	w, err := newScriptedPeers(0, "tcp_abort_on_overflow", "1")
	if err != nil {
		return err
	}
	w.connect(0)
	w.syn(1)
	w.advance(time.Second)
	w.syn(1)
	return expect("answers", len(w.to(1, 0)), 0)
}

// 06: a connection that is reset while it is pending is accepted. The first read reports
// the reset, the second the end.
func resetWhileQueued() error {
	w, err := newScriptedPeers(5)
	if err != nil {
		return err
	}
	w.connect(0)
	w.segment(0, netmodel.RST|netmodel.ACK, 0)
	a, err := w.host.Accept(w.fd)
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	_, first := w.host.Receive(a.FD, 1)
	n, second := w.host.Receive(a.FD, 1)
	return errors.Join(expect("first read", nameOf(first), "ECONNRESET"), expect("second read", fmt.Sprint(n, " ", nameOf(second)), "0 OK"))
}

// 07: connect sends its SYN at 0, 1, 3 and 7 s. It has failed with ETIMEDOUT at 15.6 s.
func synSchedule() error {
	w, err := newScriptedPeers(5, "tcp_syn_retries", "3", "tcp_syn_linear_timeouts", "0")
	if err != nil {
		return err
	}
	fd, err := w.host.Socket(winsock.SOCK_STREAM)
	if err != nil {
		return err
	}
	began := expect("connect", connectName(w.host.Connect(fd, peerAddr(0))), "EINPROGRESS")
	w.advance(15600 * time.Millisecond)
	code, err := w.host.GetSockOpt(fd, winsock.SO_ERROR)
	return errors.Join(began, expectAt("SYN", w.to(0, netmodel.SYN), 0, 1, 3, 7), err, expect("SO_ERROR", winsock.Errno(code).Unix(), "ETIMEDOUT"))
}

// 08: closing a listener sends an RST to the pending connection.
func closeResets() error {
	w, err := newScriptedPeers(5)
	if err != nil {
		return err
	}
	w.connect(0)
	err = w.host.CloseSocket(w.fd)
	w.collect()
	return errors.Join(err, expect("RSTs", len(w.to(0, netmodel.RST)), 1))
}
