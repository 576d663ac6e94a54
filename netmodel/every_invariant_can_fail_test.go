package netmodel

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// Each invariant must be able to fail, and a clone must share nothing with its original.

const testPort = 80

var testIP = IPv4(10, 1, 0, 1)

// busy returns a host in many states: a listener with complete,
// half-open, aborted and deferred connections, one with offered requests, open,
// closing and connecting sockets, a file and waiting segments.
func busy(t *testing.T, p Profile) *Host {
	t.Helper()
	h := NewHost(HostConfig{Profile: p, Addrs: []IP{testIP}, Descriptors: 20})
	_ = h.Startup()
	fd, offers := listenOn(t, h, testPort, false), listenOn(t, h, testPort+1, true)
	for i := range byte(6) {
		handshake(t, h, i, testPort)
	}
	a, err := h.Accept(fd)
	if err != nil {
		t.Fatalf("Accept: %v", err)
	}
	b, _ := h.Accept(fd)
	for _, f := range []FD{fd, a.FD} {
		_ = h.SetKeepAlive(f, KeepAlive{Idle: time.Hour, Interval: time.Second, Count: 3})
	}
	_, _ = h.Send(a.FD, 100)
	_ = h.CloseSocket(b.FD)
	_, _ = h.AcceptIf(fd, func(Request) winsock.Decision { return winsock.CF_DEFER })
	syn(h, 10, testPort)
	syn(h, 11, testPort)
	syn(h, 12, testPort+1)
	syn(h, 13, testPort+1)
	reset(h, 4)
	c, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Connect(c, Addr{testIP + 9, 9})
	_, _ = h.Socket(winsock.SOCK_DGRAM)
	_, _ = h.OpenFile()
	h.Advance(sim.Time(time.Second))
	mustHold(t, h)
	if !h.socks[h.table.lookup(offers)].has(flagConditional) {
		t.Fatal("the second listener is not conditional")
	}
	return h
}

func listenOn(t *testing.T, h *Host, port uint16, conditional bool) FD {
	t.Helper()
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err == nil && conditional {
		err = h.SetSockOpt(fd, winsock.SO_CONDITIONAL_ACCEPT, 1)
	}
	if err == nil {
		err = h.Bind(fd, Addr{AnyIP, port})
	}
	if err == nil {
		err = h.Listen(fd, 8)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func peerAddr(i byte) Addr { return Addr{IPv4(10, 2, 0, i), 5000} }

func syn(h *Host, i byte, port uint16) {
	h.Deliver(Segment{Src: peerAddr(i), Dst: Addr{testIP, port}, Seq: 100, Flags: SYN, Conn: ConnID(i) + 1})
}

func handshake(t *testing.T, h *Host, i byte, port uint16) {
	t.Helper()
	syn(h, i, port)
	answer := h.out[len(h.out)-1]
	if answer.Kind() != "SYN-ACK" {
		t.Fatalf("SYN of %d: answer %v, want SYN-ACK", i, answer)
	}
	h.Deliver(Segment{Src: peerAddr(i), Dst: Addr{testIP, port}, Seq: 101, Ack: answer.Seq + 1, Flags: ACK, Conn: ConnID(i) + 1})
}

func reset(h *Host, i byte) {
	h.Deliver(Segment{Src: peerAddr(i), Dst: Addr{testIP, testPort}, Seq: 101, Flags: RST, Conn: ConnID(i) + 1})
}

func mustHold(t *testing.T, h *Host) {
	t.Helper()
	if err := h.Check(); err != nil {
		t.Fatalf("Check() = %v, want nil", err)
	}
}

func TestEveryInvariantCanFail(t *testing.T) {
	for _, row := range []struct {
		want, why string
		corrupt   func(h *Host, l *listener)
	}{
		{"descriptors are not lost", "the count is one too low", func(h *Host, _ *listener) { h.table.used-- }},
		{"descriptors are not lost", "one was closed twice", func(h *Host, _ *listener) { h.table.closed++ }},
		{"descriptors are not lost", "a free one is missing", func(h *Host, _ *listener) { h.table.socks = append(h.table.socks, 0) }},
		{"descriptors are not lost", "more are open than there can be", func(h *Host, _ *listener) { h.table.size = 2 }},
		{"descriptors are not lost", "a socket has another number", func(h *Host, l *listener) { h.socks[l.sock].fd = 99 }},
		{"slots fit the backlog", "one slot too many", func(h *Host, l *listener) { l.available = l.limit }},
		{"slots fit the backlog", "fewer than none", func(h *Host, l *listener) { l.available = -1 }},
		{"slots fit the backlog", "one returns that never left", func(h *Host, l *listener) { l.lateSlots = -1 }},
		{"slots fit the backlog", "one is missing though slots cost nothing", func(h *Host, l *listener) {
			h.profile.Slots = SlotsFree
			l.available--
		}},
		{"pending stays within the limit", "the count of a queue is wrong", func(h *Host, l *listener) {
			l.done.len--
			l.half.len--
		}},
		{"pending stays within the limit", "more are pending than allowed", func(h *Host, l *listener) {
			l.limit, l.available = 2, 0
			l.done.len, l.half.len = 1, 1
		}},
		{"queues are in order", "two half-open ones have changed places", func(h *Host, l *listener) {
			a, b := &h.socks[l.half.head], &h.socks[l.half.tail]
			a.serial, b.serial = b.serial, a.serial
		}},
		{"queues are in order", "two complete ones have changed places", func(h *Host, l *listener) {
			a, b := &h.socks[l.done.head], &h.socks[l.done.tail]
			a.place, b.place = b.place, a.place
		}},
		{"queues are in order", "a link back is wrong", func(h *Host, l *listener) { h.socks[l.half.tail].prev = 0 }},
		{"queues are in order", "the tail is not the last one", func(h *Host, l *listener) { l.half.tail = l.half.head }},
		{"a closed listener owns nothing", "one is pending at a socket that does not listen", func(h *Host, l *listener) {
			h.socks[l.half.head].listener = l.half.tail
		}},
		{"a closed listener owns nothing", "one that is pending has a descriptor", func(h *Host, l *listener) { h.socks[l.half.head].fd = 50 }},
		{"a closed listener owns nothing", "one is in a queue and does not say so", func(h *Host, l *listener) { h.socks[l.half.head].listener = 0 }},
		{"connections are found by their addresses", "one is missing", func(h *Host, l *listener) { h.removeTuple(l.half.head) }},
		{"connections are found by their addresses", "one is too many", func(h *Host, l *listener) { h.addTuple(l.sock) }},
		{"a refused client had a reason", "the queue was not full", func(h *Host, l *listener) {
			h.refusal = refusal{why: QueueFull, limit: 3, pending: 2}
		}},
		{"a refused client had a reason", "a slot was available", func(h *Host, l *listener) {
			h.refusal = refusal{why: SlotsUsedUp, limit: 3, pending: 1, available: 1}
		}},
		{"a refused client had a reason", "a descriptor was free", func(h *Host, l *listener) {
			h.refusal = refusal{why: NoDescriptor, freeDescriptors: 1}
		}},
		{"a refused client had a reason", "the listener was not paused", func(h *Host, l *listener) { h.refusal = refusal{why: Paused} }},
		{"a refused client had a reason", "there were buffers", func(h *Host, l *listener) { h.refusal = refusal{why: OutOfBuffers} }},
		{"listeners own their lists", "two own one", func(h *Host, l *listener) { h.socks[h.lists[2].sock].list = 1 }},
		{"listeners own their lists", "one owns none", func(h *Host, l *listener) { h.socks[l.sock].list = 0 }},
		{"listeners own their lists", "one owns a list that there is not", func(h *Host, l *listener) { h.socks[l.sock].list = 9 }},
		{"listeners own their lists", "one owns a list and does not listen", func(h *Host, l *listener) { h.socks[l.done.head].list = 2 }},
		{"listeners own their lists", "a list belongs to a socket that does not have it", func(h *Host, l *listener) {
			h.lists = append(h.lists, listener{sock: l.sock})
		}},
		{"listeners own their lists", "a list that is nobody's is not empty", func(h *Host, _ *listener) {
			h.lists, h.freeLists = append(h.lists, listener{limit: 6}), append(h.freeLists, 3)
		}},
		{"what is free is free once: lists", "one is taken", func(h *Host, _ *listener) { h.freeLists = append(h.freeLists, 2) }},
		{"what is free is free once: lists", "one is forgotten", func(h *Host, _ *listener) { h.lists = append(h.lists, listener{}) }},
		{"what is free is free once: lists", "one is free twice", func(h *Host, _ *listener) {
			h.lists, h.freeLists = append(h.lists, listener{}), append(h.freeLists, 3, 3)
		}},
		{"what is free is free once: lists", "there is none like it", func(h *Host, _ *listener) { h.freeLists = append(h.freeLists, 7) }},
		{"what is free is free once: sockets", "one is taken", func(h *Host, l *listener) { h.free = append(h.free, l.sock) }},
		{"what is free is free once: sockets", "one is forgotten", func(h *Host, _ *listener) { h.socks = append(h.socks, socket{}) }},
		{"what is free is free once: sockets", "one is not empty", func(h *Host, _ *listener) {
			h.free, h.socks = append(h.free, int32(len(h.socks))), append(h.socks, socket{serial: 5})
		}},
		{"what is free is free once: descriptors", "one is taken", func(h *Host, _ *listener) {
			h.table.socks, h.table.free = append(h.table.socks, 0), append(h.table.free, FirstFD)
		}},
		{"sockets own their keep-alives", "two own one", func(h *Host, l *listener) { h.socks[l.half.head].keep = h.socks[l.sock].keep }},
		{"sockets own their keep-alives", "one owns none that there is", func(h *Host, l *listener) { h.socks[l.half.head].keep = 9 }},
		{"sockets own their keep-alives", "one has forgotten its own", func(h *Host, l *listener) { h.socks[l.sock].keep = 0 }},
		{"what is free is free once: keep-alives", "one is taken", func(h *Host, _ *listener) { h.freeKeepAlives = append(h.freeKeepAlives, 1) }},
		{"what is free is free once: keep-alives", "one is forgotten", func(h *Host, _ *listener) { h.keepAlives = append(h.keepAlives, keepAliveState{}) }},
		{"timers have owners", "a keep-alive has forgotten its own", func(h *Host, l *listener) { h.keepAlives[2].timer = 0 }},
		{"timers have owners", "a keep-alive names that of another", func(h *Host, l *listener) {
			h.keepAlives[h.socks[l.sock].keep].timer = h.socks[l.half.head].timer
		}},
		{"descriptors are not lost", "a socket has one that is free", func(h *Host, _ *listener) { h.socks[len(h.socks)-1].fd = 15 }},
		{"descriptors are not lost", "a socket holds one that is not held", func(h *Host, l *listener) { h.socks[l.sock].heldFD = FirstFD }},
		{"descriptors are not lost", "one is held by nobody", func(h *Host, _ *listener) { h.table.open(heldOpen) }},
		{"what is free is free once: timers", "one is set", func(h *Host, _ *listener) { h.timers.free = h.timers.next() }},
		{"timers have owners", "one is lost", func(h *Host, _ *listener) { h.timers.armed = append(h.timers.armed, timer{list: noList}) }},
		{"timers have owners", "the count is wrong", func(h *Host, _ *listener) { h.timers.count++ }},
		{"timers have owners", "one is for another socket", func(h *Host, _ *listener) { h.timers.armed[h.timers.next()].sock = 1 }},
		{"timers have owners", "one is for no socket", func(h *Host, _ *listener) { h.timers.armed[h.timers.next()].sock = 99 }},
		{"timers have owners", "a socket has forgotten its own", func(h *Host, l *listener) { h.socks[l.half.head].timer = 0 }},
		{"timers have owners", "a socket names that of another", func(h *Host, l *listener) { h.socks[l.sock].timer = h.socks[l.half.head].timer }},
		{"timers have owners", "a socket names one that does not linger", func(h *Host, l *listener) {
			h.socks[l.half.head].lingering = h.socks[l.half.head].timer
		}},
		{"timers have owners", "a socket waits for one that nobody has asked for", func(h *Host, l *listener) { h.socks[l.sock].timer = -1 }},
		{"timers have owners", "the first one is not the first", func(h *Host, _ *listener) {
			h.timers.armed[h.timers.next()].at--
			for k := range h.timers.armed {
				if k > 0 && int32(k) != h.timers.first && h.timers.armed[k].list != noList {
					h.timers.first = int32(k)
				}
			}
		}},
		{"timers have owners", "a link back is wrong", func(h *Host, _ *listener) { h.timers.armed[h.timers.next()].prev = 1 }},
		{"timers have owners", "the tail is not the last one", func(h *Host, _ *listener) {
			h.timers.lists[h.timers.armed[h.timers.next()].list].tail = 0
		}},
		{"ports have their sockets", "one is forgotten", func(h *Host, _ *listener) { h.ports.setFirst(winsock.SOCK_STREAM, testPort, 0) }},
		{"ports have their sockets", "one is bound to another port", func(h *Host, l *listener) { h.ports.setFirst(winsock.SOCK_STREAM, 99, l.sock) }},
		{"ports have their sockets", "one is not bound", func(h *Host, l *listener) { h.socks[l.sock].flags &^= flagOnPort }},
		{"ports have their sockets", "one is not there", func(h *Host, _ *listener) { h.ports.setFirst(winsock.SOCK_STREAM, testPort, 99) }},
		{"ports have their sockets", "a list goes round", func(h *Host, l *listener) { h.socks[l.sock].portNext = l.sock }},
		{"connections are found by their addresses", "one address is nobody's", func(h *Host, l *listener) {
			for k := range h.tuples.slots {
				if h.tuples.slots[k] == 0 {
					h.tuples.slots[k] = l.sock
					return
				}
			}
		}},
	} {
		h := busy(t, WSP())
		row.corrupt(h, &h.lists[1])
		if err := h.Check(); err == nil || !strings.HasPrefix(err.Error(), row.want+": ") {
			t.Errorf("%s: Check() = %v, want %q", row.why, err, row.want)
		}
	}
}

func TestNetworkInvariantsCanFail(t *testing.T) {
	for _, row := range []struct {
		want    string
		corrupt func(n *Network)
	}{
		{"attempts are conserved: ", func(n *Network) { n.outcomes[OutcomeRefused]++ }},
		{"attempts are conserved: ", func(n *Network) { n.offered++ }},
		{"attempts are conserved: ", func(n *Network) { n.attempts.at(1).result.Outcome = OutcomeReset }},
		{"server: slots fit the backlog: ", func(n *Network) { n.nodes[1].host.lists[1].available = 9 }},
		{"trimmed is never accepted: ", func(n *Network) {
			n.handleRecord(&Record{Conn: 1, Host: 1, Kind: ResetPending, Cause: Trimmed})
			n.handleRecord(&Record{Conn: 1, Host: 1, Kind: RequestAccepted, Cause: AcceptedByProgram})
		}},
		{"what is free is free once: segments: ", func(n *Network) { n.freeInFlight = append(n.freeInFlight, n.freeInFlight[0]) }},
		{"what is free is free once: segments: ", func(n *Network) { n.freeInFlight = append(n.freeInFlight, 99) }},
		{"what is free is free once: segments: ", func(n *Network) { n.freeInFlight = nil }},
		{"a refused client had a reason: ", func(n *Network) { n.handleRecord(&Record{Conn: 1, Host: 1, Kind: RequestRefused}) }},
	} {
		n := NewNetwork(1)
		server := n.AddHost("server", HostConfig{Profile: WSP()})
		crowd := n.AddHost("crowd", HostConfig{Profile: WSP()})
		fd, _ := n.Host(server).Socket(winsock.SOCK_STREAM)
		_ = n.Host(server).Bind(fd, Addr{AnyIP, testPort})
		_ = n.Host(server).Listen(fd, 1)
		n.Start(n.AddClients(ClientConfig{Name: "a", Host: crowd, To: Addr{HostAddr(server, 1), testPort}}, 1), 0)
		n.Run(sim.Time(time.Second))
		if err := n.Check(); err != nil {
			t.Fatalf("Check() = %v, want nil", err)
		}
		row.corrupt(n)
		if err := n.Check(); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("Check() = %v, want %q", err, row.want)
		}
	}
}

// exercise makes a host do one thing of every kind.
func exercise(h *Host) []Segment {
	fd := FirstFD
	handshakeQuietly(h, 30)
	_, _ = h.Accept(fd)
	_, _ = h.Accept(fd)
	_, _ = h.Accept(fd + 1)
	_ = h.Listen(fd, 2)
	syn(h, 31, testPort)
	reset(h, 5)
	_ = h.SetSockOpt(fd, winsock.SO_PAUSE_ACCEPT, 1)
	syn(h, 32, testPort)
	h.SetUser(3)
	_ = h.CloseSocket(fd + 2)
	for range 3 {
		c, _ := h.Socket(winsock.SOCK_STREAM)
		_ = h.SetClient(c, Windows().Client)
		_ = h.Connect(c, Addr{testIP + 8, 8})
	}
	h.Advance(h.now.Add(time.Minute))
	_ = h.CloseSocket(fd)
	_, _ = h.OpenFile()
	h.SetFault(FaultNoBuffers, true)
	out := h.Drain(nil)
	h.DrainRecords(nil)
	h.Advance(h.now.Add(time.Hour))
	_ = h.Cleanup()
	return append(out, h.Drain(nil)...)
}

func handshakeQuietly(h *Host, i byte) {
	syn(h, i, testPort)
	if n := len(h.out); n > 0 && h.out[n-1].Flags == SYN|ACK {
		h.Deliver(Segment{Src: peerAddr(i), Dst: Addr{testIP, testPort}, Seq: 101, Ack: h.out[n-1].Seq + 1, Flags: ACK, Conn: ConnID(i) + 1})
	}
}

func TestCloneSharesNothing(t *testing.T) {
	for _, p := range Profiles() {
		if p.Options != OptionsWindows {
			continue // no conditional listener
		}
		p.Backlog.Max = max(p.Backlog.Max, 8)
		h := busy(t, p)
		before, clone := h.Clone(), h.Clone()
		out := exercise(clone)
		if !reflect.DeepEqual(h, before) {
			t.Errorf("%s: the host changed when its clone was used: %s", p.Name, difference(h, before))
		}
		before2 := before.Clone()
		if again := exercise(h); !reflect.DeepEqual(out, again) {
			t.Errorf("%s: the host sends %v, its clone has sent %v", p.Name, again, out)
		}
		if !reflect.DeepEqual(before, before2) {
			t.Errorf("%s: the clone changed when the host was used: %s", p.Name, difference(before, before2))
		}
		mustHold(t, h)
	}
}

// difference names the fields in which two hosts differ.
func difference(a, b *Host) string {
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	var names []string
	for i := range va.NumField() {
		if fmt.Sprint(va.Field(i)) != fmt.Sprint(vb.Field(i)) {
			names = append(names, va.Type().Field(i).Name)
		}
	}
	return strings.Join(names, ", ")
}

func TestSequenceNumbersCompareModulo32Bits(t *testing.T) {
	for _, row := range []struct {
		a, b uint32
		want bool
	}{{1, 2, true}, {2, 1, false}, {1, 1, false}, {0xffffffff, 0, true}, {0, 0xffffffff, false}, {0xfffffff0, 0x10, true}} {
		if got := seqBefore(row.a, row.b); got != row.want {
			t.Errorf("seqBefore(%#x, %#x) = %v, want %v", row.a, row.b, got, row.want)
		}
	}
}

func TestEventsDescribeThemselves(t *testing.T) {
	for e, want := range map[event]string{
		{kind: eventArrive, tag: 1}:  "arrival of segment 1",
		{kind: eventWake, host: 2}:   "timer of host 2",
		{kind: eventStart, tag: 3}:   "start of client 3",
		{kind: eventGiveUp, tag: 4}:  "patience of attempt 4",
		{kind: eventProgram, tag: 5}: "program event 5",
	} {
		if e.String() != want {
			t.Errorf("String() = %q, want %q", e, want)
		}
	}
}

func TestAStalledNetworkNamesTheSegmentThatIsDue(t *testing.T) {
	n := NewNetwork(1)
	server := n.AddHost("server", HostConfig{Profile: WSP()})
	crowd := n.AddHost("crowd", HostConfig{Profile: WSP()}) // no delay between them
	n.SetStallLimit(2)
	first := n.AddClients(ClientConfig{Name: "c", Host: crowd, To: Addr{HostAddr(server, 1), testPort}}, 3)
	for i := range 3 {
		n.Start(first+ClientID(i), 0)
	}
	n.Run(sim.Forever)
	var stalled *sim.StalledError
	if !errors.As(n.Err(), &stalled) || stalled.Event != "start of client 3" {
		t.Errorf("Err() = %v, want a stall at the start of client 3", n.Err())
	}

	n = NewNetwork(1)
	server = n.AddHost("server", HostConfig{Profile: WSP()})
	crowd = n.AddHost("crowd", HostConfig{Profile: WSP()})
	n.SetStallLimit(1)
	n.Start(n.AddClients(ClientConfig{Name: "c", Host: crowd, To: Addr{HostAddr(server, 1), testPort}}, 1), 0)
	n.Run(sim.Forever)
	const want = "arrival of SYN 10.2.0.1:1024 > 10.1.0.1:80 seq "
	if !errors.As(n.Err(), &stalled) || !strings.HasPrefix(stalled.Event, want) {
		t.Errorf("Err() = %v, want a stall at the %s...", n.Err(), want)
	}
}

func TestEveryCauseHasAText(t *testing.T) {
	for c := NoCause + 1; c < causeCount; c++ {
		if c.String() == "" {
			t.Errorf("cause %d has no text", c)
		}
	}
	for c := NoCall + 1; c < callCount; c++ {
		if c.String() == "" {
			t.Errorf("call %d has no name", c)
		}
	}
}

func TestTheRoomOfASegmentThatHasArrivedIsUsedAgain(t *testing.T) {
	n := NewNetwork(1)
	server := n.AddHost("server", HostConfig{Profile: WSP()})
	crowd := n.AddHost("crowd", HostConfig{Profile: WSP()})
	n.SetLink(server, crowd, Link{Latency: time.Millisecond})
	first := n.AddClients(ClientConfig{Name: "c", Host: crowd, To: Addr{HostAddr(server, 1), testPort}}, 500)
	for i := range 500 { // each is refused by a host on which nobody listens
		n.Start(first+ClientID(i), time.Duration(i)*10*time.Millisecond)
	}
	n.Run(sim.Time(time.Minute))
	if _, by := n.Tally(); by[OutcomeRefused] != 500 {
		t.Fatalf("outcomes %v, want 500 refused", by)
	}
	if len(n.inFlight) > 4 || len(n.freeInFlight) != len(n.inFlight) {
		t.Errorf("%d places for segments on their way, %d of them free; want at most 4, all free", len(n.inFlight), len(n.freeInFlight))
	}
}
