package netmodel_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// wire is a network of a server with one slot and a client, 1 ms apart, whose tap is read.
type wire struct {
	n              *netmodel.Network
	server, client netmodel.HostID
	program        netmodel.ClientID
	listener       netmodel.FD
	first          map[[2]netmodel.Addr]uint32 // Seq of the SYN from one address to another
	lines          []string
}

func newWire(tap bool) *wire {
	w := &wire{n: netmodel.NewNetwork(1), first: map[[2]netmodel.Addr]uint32{}}
	if tap {
		w.n.Tap()
	}
	w.server = w.n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	w.client = w.n.AddHost("client", netmodel.HostConfig{Profile: profiles.WSP()})
	w.n.SetLink(w.client, w.server, netmodel.Link{Latency: time.Millisecond})
	w.program = w.n.RealTime().AddExternalClient("program", w.client)
	h := w.n.Host(w.server)
	w.listener, _ = h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(w.listener, netmodel.Addr{Port: port})
	_ = h.Listen(w.listener, 1)
	return w
}

func (w *wire) dial() netmodel.FD {
	fd, _, _ := w.n.RealTime().Dial(w.program, netmodel.Addr{IP: netmodel.HostAddr(w.server, 1), Port: port}, nil)
	return fd
}

// pass lets time pass and reads the tap. Numbers are relative to the SYNs.
func (w *wire) pass(d time.Duration) {
	w.n.Run(w.n.Now().Add(d))
	for _, x := range w.n.DrainTap(nil) {
		s := x.Segment
		there, back := [2]netmodel.Addr{s.Src, s.Dst}, [2]netmodel.Addr{s.Dst, s.Src}
		if s.Flags&netmodel.SYN != 0 {
			w.first[there] = s.Seq
		}
		line := fmt.Sprintf("%v %s %s seq %d", x.Sent, w.n.HostName(x.From), s.Kind(), s.Seq-w.first[there])
		if s.Flags&netmodel.ACK != 0 {
			line += fmt.Sprintf(" ack %d", s.Ack-w.first[back])
		}
		if s.Len > 0 {
			line += fmt.Sprintf(" len %d", s.Len)
		}
		if x.Lost != netmodel.NoCause {
			line += " lost: " + x.Lost.String()
		} else {
			line += fmt.Sprintf(" arrives %v", x.Arrives)
		}
		if x.Duplicate {
			line += ", a duplicate"
		}
		w.lines = append(w.lines, line)
	}
}

var tapTable = []struct {
	why  string
	do   func(w *wire)
	want string
}{
	{"a handshake, 5 bytes, a FIN each way: a SYN and a FIN count one each", func(w *wire) {
		fd := w.dial()
		w.pass(10 * time.Millisecond)
		a, _ := w.n.Host(w.server).Accept(w.listener)
		_, _ = w.n.Host(w.client).Send(fd, 5)
		w.pass(10 * time.Millisecond)
		_ = w.n.Host(w.client).CloseSocket(fd)
		w.pass(10 * time.Millisecond)
		_, _ = w.n.Host(w.server).Receive(a.FD, 5)
		_ = w.n.Host(w.server).CloseSocket(a.FD)
		w.pass(10 * time.Millisecond)
	}, `
0.000 ms client SYN seq 0 arrives 1.000 ms
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms
2.000 ms client ACK seq 1 ack 1 arrives 3.000 ms
10.000 ms client data seq 1 ack 1 len 5 arrives 11.000 ms
11.000 ms server ACK seq 1 ack 6 arrives 12.000 ms
20.000 ms client FIN seq 6 ack 1 arrives 21.000 ms
21.000 ms server ACK seq 1 ack 7 arrives 22.000 ms
30.000 ms server FIN seq 1 ack 7 arrives 31.000 ms
31.000 ms client ACK seq 7 ack 2 arrives 32.000 ms
`},
	{"the queue is full: an RST answers the SYN", func(w *wire) {
		w.dial()
		w.pass(10 * time.Millisecond)
		w.dial()
		w.pass(10 * time.Millisecond)
	}, `
0.000 ms client SYN seq 0 arrives 1.000 ms
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms
2.000 ms client ACK seq 1 ack 1 arrives 3.000 ms
10.000 ms client SYN seq 0 arrives 11.000 ms
11.000 ms server RST seq 0 ack 1 arrives 12.000 ms
`},
	{"a cut link loses the SYN; the next SYN gets through", func(w *wire) {
		w.n.Cut(w.client, w.server, true)
		w.dial()
		w.pass(10 * time.Millisecond)
		w.n.Cut(w.client, w.server, false)
		w.pass(3100 * time.Millisecond)
	}, `
0.000 ms client SYN seq 0 lost: link is cut
3000.000 ms client SYN seq 0 arrives 3001.000 ms
3001.000 ms server SYN-ACK seq 0 ack 1 arrives 3002.000 ms
3002.000 ms client ACK seq 1 ack 1 arrives 3003.000 ms
`},
	{"nobody has the address", func(w *wire) {
		_, _, _ = w.n.RealTime().Dial(w.program, netmodel.Addr{IP: netmodel.HostAddr(9, 1), Port: port}, nil)
		w.pass(time.Millisecond)
	}, `
0.000 ms client SYN seq 0 lost: no such host
`},
	{"a link loses what it carries", func(w *wire) {
		w.n.SetLink(w.client, w.server, netmodel.Link{Loss: sim.Ratio{Num: 1, Den: 1}})
		w.dial()
		w.pass(time.Millisecond)
	}, `
0.000 ms client SYN seq 0 lost: lost on the link
`},
	{"a link duplicates every segment, both ways", func(w *wire) {
		w.n.SetLink(w.client, w.server, netmodel.Link{Latency: time.Millisecond, Duplicate: sim.Ratio{Num: 1, Den: 1}})
		w.dial()
		w.pass(time.Millisecond)
	}, `
0.000 ms client SYN seq 0 arrives 1.000 ms
0.000 ms client SYN seq 0 arrives 1.000 ms, a duplicate
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms, a duplicate
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms, a duplicate
`},
	{"a listener that closes resets what is pending", func(w *wire) {
		w.dial()
		w.pass(10 * time.Millisecond)
		_ = w.n.Host(w.server).CloseSocket(w.listener)
		w.pass(10 * time.Millisecond)
	}, `
0.000 ms client SYN seq 0 arrives 1.000 ms
1.000 ms server SYN-ACK seq 0 ack 1 arrives 2.000 ms
2.000 ms client ACK seq 1 ack 1 arrives 3.000 ms
10.000 ms server RST seq 1 ack 1 arrives 11.000 ms
`},
}

func TestTapShowsEverySegment(t *testing.T) {
	for _, test := range tapTable {
		w := newWire(true)
		test.do(w)
		if got := "\n" + strings.Join(w.lines, "\n") + "\n"; got != test.want {
			t.Errorf("%s: the tap shows%swant%s", test.why, got, test.want)
		}
	}
}

// A tap that nobody asked for keeps nothing.
func TestNothingIsTappedUnasked(t *testing.T) {
	for _, test := range tapTable {
		w := newWire(false)
		test.do(w)
		check(t, test.why+": segments without Tap", len(w.lines), 0)
		tapped := newWire(true)
		test.do(tapped)
		check(t, test.why+": Hash", tapped.n.Hash(), w.n.Hash())
	}
}

// transmitted returns what was sent, with the order that one host and one connection see.
func (w *modelRun) transmitted() []netmodel.Transmission {
	sent := w.n.DrainTap(nil)
	slices.SortStableFunc(sent, func(a, b netmodel.Transmission) int {
		return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.From, b.From), cmp.Compare(a.Segment.Conn, b.Segment.Conn))
	})
	return sent
}

// Direct delivery leaves events out, not segments.
func TestTapShowsTheSameSegmentsWithDirectDelivery(t *testing.T) {
	profiles := profiles.All()
	rapid.Check(t, func(t *rapid.T) {
		p := profiles[rapid.IntRange(0, len(profiles)-1).Draw(t, "profile")]
		events, direct, untapped := newModelRun(p, false), newModelRun(p, true), newModelRun(p, true)
		events.n.Tap()
		direct.n.Tap()
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			s := drawStep(t)
			now := sim.Time(0).Add(time.Duration(i+1) * 100 * time.Millisecond)
			for _, w := range []*modelRun{events, direct, untapped} {
				w.do(s)
				w.n.Run(now)
			}
			if diff := gocmp.Diff(events.transmitted(), direct.transmitted()); diff != "" {
				t.Fatalf("step %d under %s: %+v: the tap (-by events +directly):\n%s", i, p.Name, s, diff)
			}
			if diff := gocmp.Diff(untapped.n.DrainRecords(nil), direct.n.DrainRecords(nil)); diff != "" {
				t.Fatalf("step %d under %s: %+v: records (-without a tap +with):\n%s", i, p.Name, s, diff)
			}
		}
	})
}

func TestTapChangesNoRecord(t *testing.T) {
	for _, loss := range []sim.Ratio{{}, {Num: 1, Den: 5}} {
		plain, tapped := newPassage(), newPassage()
		tapped.n.Tap()
		segments := 0
		for _, p := range []*passage{plain, tapped} {
			p.n.SetLink(1, 2, netmodel.Link{Latency: time.Millisecond, Jitter: sim.Uniform{Max: time.Millisecond}, Loss: loss, Duplicate: loss, Reorder: loss})
			for range 500 {
				p.next()
				segments += len(p.n.DrainTap(nil))
			}
		}
		check(t, fmt.Sprintf("Hash of 500 connections with loss %v, tapped", loss), tapped.n.Hash(), plain.n.Hash())
		if segments < 2000 {
			t.Errorf("the tap of 500 connections with loss %v shows %d segments, want 2000 and more", loss, segments)
		}
	}
}

// A copy has a tap of its own.
func TestCloneKeepsTheTap(t *testing.T) {
	w := newWire(true)
	w.dial()
	w.n.Run(w.n.Now().Add(time.Millisecond))
	c := w.n.Clone()
	check(t, "segments at the copy", len(c.DrainTap(nil)), 2)
	check(t, "segments at the original", len(w.n.DrainTap(nil)), 2)
}

// The tap knows when a segment arrives, also where jitter and reordering decide it.
func TestTapTellsWhenASegmentArrives(t *testing.T) {
	w := newWorld(t, setting{link: netmodel.Link{Latency: time.Millisecond, Jitter: sim.Exponential{Mean: 5 * time.Millisecond}, Reorder: sim.Ratio{Num: 1, Den: 2}}})
	w.n.Tap()
	wantErr(t, "Listen", w.host().Listen(w.fd, 50), 0)
	for i := range 50 {
		w.client("c"+itoa(i), time.Duration(i)*time.Millisecond, netmodel.ClientConfig{})
	}
	w.run(time.Second)
	arrives := map[netmodel.ConnID]sim.Time{}
	for _, s := range w.n.DrainTap(nil) {
		if s.Segment.Flags == netmodel.SYN {
			arrives[s.Segment.Conn] = s.Arrives
		}
	}
	for _, r := range w.records(netmodel.RequestQueued) {
		check(t, "the SYN of "+w.n.ConnName(r.Conn)+" arrives", arrives[r.Conn], r.At)
	}
	check(t, "SYNs", len(w.records(netmodel.RequestQueued)), 50)
}
