package netmodel_test

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

func itoa(n int) string { return strconv.Itoa(n) }

// winsockProfiles returns the profiles with Windows Sockets calls.
func winsockProfiles() []netmodel.Profile {
	return slices.DeleteFunc(profiles.All(), func(p netmodel.Profile) bool { return p.Calls != netmodel.CallsWinsock })
}

// causes yields every cause that has a text.
func causes() iter.Seq[netmodel.Cause] {
	return func(yield func(netmodel.Cause) bool) {
		for c := netmodel.NoCause + 1; c.String() != ""; c++ {
			if !yield(c) {
				return
			}
		}
	}
}

// check compares the result of a call with the wanted result.
func check[T comparable](t *testing.T, call string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", call, got, want)
	}
}

// wantErr compares an error with a code; 0 means no error.
func wantErr(t *testing.T, call string, got error, want winsock.Errno) {
	t.Helper()
	if want == 0 && got != nil || want != 0 && got != error(want) {
		t.Errorf("%s: error %v, want %v", call, got, errText(want))
	}
}

func errText(e winsock.Errno) string {
	if e == 0 {
		return "none"
	}
	return e.Error()
}

// The addresses of a stage's host, and the port its listener has.
var (
	hostIP  = netmodel.IPv4(10, 1, 0, 1)
	otherIP = netmodel.IPv4(10, 1, 0, 2)
)

const port = 80

// stage is one host with its program, and peers that send one segment for each call of the
// test. Peers have names of one letter.
type stage struct {
	t     *testing.T
	h     *netmodel.Host
	fd    netmodel.FD // the listener
	peers map[string]*peer
	fds   map[string]netmodel.FD // of accepted connections
	log   []netmodel.Record
}

// peer is the other end of a connection, with the next sequence numbers to send and to
// expect.
type peer struct {
	addr  netmodel.Addr
	conn  netmodel.ConnID
	seq   uint32
	ack   uint32
	heard []netmodel.Segment // received since the last call of heard
}

// newStage returns a stage whose host has a started library and no sockets. descriptors 0
// is no limit.
func newStage(t *testing.T, p netmodel.Profile, descriptors int) *stage {
	t.Helper()
	s := &stage{
		t:     t,
		h:     netmodel.NewHost(netmodel.HostConfig{Profile: p, Addrs: []netmodel.IP{hostIP, otherIP}, Descriptors: descriptors}),
		peers: map[string]*peer{},
		fds:   map[string]netmodel.FD{},
	}
	wantErr(t, "Startup()", s.h.Startup(), 0)
	return s
}

// listening returns a stage with a listener on the wildcard address.
func listening(t *testing.T, p netmodel.Profile, backlog int) *stage {
	t.Helper()
	return listeningWith(t, p, backlog, 0)
}

func listeningWith(t *testing.T, p netmodel.Profile, backlog, descriptors int) *stage {
	t.Helper()
	s := newStage(t, p, descriptors)
	s.fd = s.bound(netmodel.AnyIP, port)
	s.listen(backlog)
	return s
}

func (s *stage) socket() netmodel.FD {
	s.t.Helper()
	fd, err := s.h.Socket(winsock.SOCK_STREAM)
	if err != nil {
		s.t.Fatalf("Socket(Stream): error %v, want none", err)
	}
	return fd
}

func (s *stage) bound(ip netmodel.IP, port uint16) netmodel.FD {
	s.t.Helper()
	fd := s.socket()
	if err := s.h.Bind(fd, netmodel.Addr{IP: ip, Port: port}); err != nil {
		s.t.Fatalf("Bind(%v:%d): error %v, want none", ip, port, err)
	}
	return fd
}

func (s *stage) listen(backlog int) {
	s.t.Helper()
	if err := s.h.Listen(s.fd, backlog); err != nil {
		s.t.Fatalf("Listen(%d): error %v, want none", backlog, err)
	}
	s.pump()
}

// peer returns the peer of that name; each has its own address.
func (s *stage) peer(name string) *peer {
	p := s.peers[name]
	if p == nil {
		id := netmodel.ConnID(len(s.peers) + 1)
		p = &peer{addr: netmodel.Addr{IP: netmodel.IPv4(10, 2, 0, 0) + netmodel.IP(id), Port: 5000}, conn: id, seq: 1000 * uint32(id)}
		s.peers[name] = p
	}
	return p
}

// name is the inverse of peer.
func (s *stage) name(c netmodel.ConnID) string {
	for name, p := range s.peers {
		if p.conn == c {
			return name
		}
	}
	return "?"
}

// pump delivers the host's segments to the peers, and verifies the invariants of the host.
func (s *stage) pump() {
	s.t.Helper()
	if err := s.h.Check(); err != nil {
		s.t.Fatalf("Check() = %v", err)
	}
	for _, seg := range s.h.Drain(nil) {
		for _, p := range s.peers {
			if p.addr != seg.Dst {
				continue
			}
			p.heard = append(p.heard, seg)
			switch {
			case seg.Flags&netmodel.SYN != 0:
				p.ack = seg.Seq + 1
			case seg.Seq == p.ack && seg.Flags&netmodel.FIN != 0:
				p.ack += seg.Len + 1
			case seg.Seq == p.ack:
				p.ack += seg.Len
			}
		}
	}
	s.log = s.h.DrainRecords(s.log)
}

// send delivers a segment of a peer and returns the kinds of the answers.
func (s *stage) send(name string, flags netmodel.Flags, length uint32) string {
	s.t.Helper()
	p := s.peer(name)
	p.heard = p.heard[:0]
	seg := netmodel.Segment{Src: p.addr, Dst: netmodel.Addr{IP: hostIP, Port: port}, Seq: p.seq, Len: length, Flags: flags, Conn: p.conn}
	if flags&netmodel.ACK != 0 {
		seg.Ack = p.ack
	}
	s.h.Deliver(seg)
	p.seq += length
	if flags&(netmodel.SYN|netmodel.FIN) != 0 {
		p.seq++
	}
	s.pump()
	return s.heard(name)
}

// heard returns the kinds of the segments that a peer has received since the last call.
func (s *stage) heard(name string) string {
	p := s.peer(name)
	var kinds []string
	for _, seg := range p.heard {
		kinds = append(kinds, seg.Kind())
	}
	p.heard = p.heard[:0]
	return strings.Join(kinds, " ")
}

func (s *stage) syn(name string) string { s.t.Helper(); return s.send(name, netmodel.SYN, 0) }
func (s *stage) ack(name string) string { s.t.Helper(); return s.send(name, netmodel.ACK, 0) }
func (s *stage) rst(name string) string { s.t.Helper(); return s.send(name, netmodel.RST, 0) }
func (s *stage) fin(name string) string {
	s.t.Helper()
	return s.send(name, netmodel.FIN|netmodel.ACK, 0)
}
func (s *stage) data(name string, n uint32) string {
	s.t.Helper()
	return s.send(name, netmodel.ACK, n)
}

// open completes the handshakes of some peers, one after the other.
func (s *stage) open(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if got := s.syn(name); got != "SYN-ACK" {
			s.t.Fatalf("SYN of %s: answer %q, want SYN-ACK; queue %s", name, got, s.queue())
		}
		if got := s.ack(name); got != "" {
			s.t.Fatalf("ACK of %s: answer %q, want none", name, got)
		}
	}
}

// openMany opens n connections of new peers.
func (s *stage) openMany(n int) {
	s.t.Helper()
	for range n {
		s.open("#" + itoa(len(s.peers)))
	}
}

// accept accepts a connection and returns the name of its peer, or the error.
func (s *stage) accept() string {
	s.t.Helper()
	return s.acceptIf(nil)
}

func (s *stage) acceptIf(condition func(netmodel.Request) winsock.Decision) string {
	s.t.Helper()
	a, err := s.h.AcceptIf(s.fd, condition)
	s.pump()
	if err != nil {
		return err.Error()
	}
	name := s.name(a.Conn)
	s.fds[name] = a.FD
	return name
}

// queue returns a picture of the queue: names in the order of accept, (half-open),
// aborted!, deferred*, offered?. Then follow a dot for each available slot and an
// underscore for each other slot.
func (s *stage) queue() string {
	q, ok := s.h.Queue(s.fd)
	if !ok {
		return "no listener"
	}
	var b []string
	for _, e := range q.Entries {
		name := s.name(e.Conn)
		switch e.State {
		case netmodel.EntryHalfOpen:
			name = "(" + name + ")"
		case netmodel.EntryAborted:
			name += "!"
		case netmodel.EntryOffered:
			name += "?"
		}
		if e.Deferred {
			name += "*"
		}
		b = append(b, name)
	}
	for n := q.Pending(); n < q.Limit; n++ {
		if n < q.Pending()+q.Available {
			b = append(b, ".")
		} else {
			b = append(b, "_")
		}
	}
	return strings.Join(b, " ")
}

func (s *stage) wantQueue(when, want string) {
	s.t.Helper()
	check(s.t, "queue "+when, s.queue(), want)
}

// wait lets time pass.
func (s *stage) wait(d time.Duration) {
	s.t.Helper()
	s.h.Advance(s.h.Now().Add(d))
	s.pump()
}

// exhaust opens files until no descriptor is free and returns them.
func (s *stage) exhaust() []netmodel.FD {
	s.t.Helper()
	return s.exhaustTo(0)
}

// exhaustTo opens files until only some descriptors are free, and returns them.
func (s *stage) exhaustTo(free int) []netmodel.FD {
	s.t.Helper()
	var files []netmodel.FD
	for s.h.FreeDescriptors() > free {
		fd, err := s.h.OpenFile()
		if err != nil {
			s.t.Fatalf("OpenFile(): error %v, want none", err)
		}
		files = append(files, fd)
	}
	return files
}

// close closes a descriptor.
func (s *stage) close(fd netmodel.FD) error {
	s.t.Helper()
	err := s.h.CloseSocket(fd)
	s.pump()
	return err
}

// option returns the value of an option; reading it must not fail.
func (s *stage) option(fd netmodel.FD, o winsock.Option) int {
	s.t.Helper()
	v, err := s.h.GetSockOpt(fd, o)
	wantErr(s.t, "GetSockOpt", err, 0)
	return v
}

func (s *stage) set(fd netmodel.FD, o winsock.Option, v int) {
	s.t.Helper()
	wantErr(s.t, "SetSockOpt", s.h.SetSockOpt(fd, o, v), 0)
	s.pump()
}

// last returns the last record of a kind.
func (s *stage) last(kind netmodel.Kind) netmodel.Record {
	for i := len(s.log) - 1; i >= 0; i-- {
		if s.log[i].Kind == kind {
			return s.log[i]
		}
	}
	return netmodel.Record{}
}

// reason returns the reason of a record and its rule, under the stage's profile.
func (s *stage) reason(r netmodel.Record) (text, rule string) {
	p := s.h.Profile()
	return profiles.Reason(&p, r)
}

func (s *stage) rule(r netmodel.Record) string {
	_, rule := s.reason(r)
	return rule
}

// ms is an instant in milliseconds.
func ms(n int) sim.Time { return sim.Time(n) * sim.Time(time.Millisecond) }
