package netmodel

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// A comparison of two clones does not find memory that both share with the original. So
// these tests compare a host with a dump of its earlier state, and compare addresses of
// memory.

// shared returns the paths of the slices, maps and pointers below v that have the same
// address below w. It adds the paths of all slices, maps and pointers to seen.
func shared(path string, v, w reflect.Value, seen map[string]bool) []string {
	var found []string
	switch v.Kind() {
	case reflect.Slice:
		if v.Cap() == 0 || w.Cap() == 0 {
			return nil
		}
		seen[path] = true
		if v.Pointer() == w.Pointer() {
			found = append(found, path)
		}
		for i := range min(v.Len(), w.Len()) {
			found = append(found, shared(path+"[]", v.Index(i), w.Index(i), seen)...)
		}
	case reflect.Array:
		for i := range v.Len() {
			found = append(found, shared(path+"[]", v.Index(i), w.Index(i), seen)...)
		}
	case reflect.Map:
		if !v.IsNil() {
			seen[path] = true
			if v.Pointer() == w.Pointer() {
				found = append(found, path)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() && !w.IsNil() {
			seen[path] = true
			if v.Pointer() == w.Pointer() {
				return []string{path}
			}
			found = shared(path, v.Elem(), w.Elem(), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			found = append(found, shared(path+"."+v.Type().Field(i).Name, v.Field(i), w.Field(i), seen)...)
		}
	}
	return found
}

// appendState appends a text of everything below v. Equal states have equal texts.
func appendState(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(append(b, ' '), v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(append(b, ' '), v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(append(b, ' '), v.Uint(), 10)
	case reflect.Slice, reflect.Array:
		b = append(b, '[')
		for i := range v.Len() {
			b = appendState(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(b, '-')
		}
		return appendState(b, v.Elem())
	case reflect.Struct:
		if pages := v.FieldByName("pages"); pages.IsValid() { // only what is in use
			n := int(v.FieldByName("len").Int())
			for i := range n {
				b = appendState(b, pages.Index(i/pageLen).Elem().Index(i%pageLen))
			}
			return b
		}
		for i := range v.NumField() {
			b = appendState(b, v.Field(i))
		}
		return append(b, ';')
	}
	return fmt.Append(b, v) // fmt sorts maps
}

// dump returns the state of a host or a network as text.
func dump[T any](x *T) string { return string(appendState(nil, reflect.ValueOf(x).Elem())) }

// placesOf returns the paths of all slices, maps and pointers of a type, also inside its
// structs.
func placesOf(path string, t reflect.Type) []string {
	switch t.Kind() {
	case reflect.Slice:
		return append([]string{path}, placesOf(path+"[]", t.Elem())...)
	case reflect.Array:
		return placesOf(path+"[]", t.Elem())
	case reflect.Map:
		return []string{path}
	case reflect.Pointer:
		return append([]string{path}, placesOf(path, t.Elem())...)
	case reflect.Struct:
		var paths []string
		for i := range t.NumField() {
			paths = append(paths, placesOf(path+"."+t.Field(i).Name, t.Field(i).Type)...)
		}
		return paths
	}
	return nil
}

// full returns a host with an entry in every table and every free list.
func full(t *testing.T) *Host {
	t.Helper()
	p := Linux()
	p.Backlog.Max = 8
	h := NewHost(HostConfig{Profile: p, Addrs: []IP{testIP}, Descriptors: 20})
	h.watched = true
	_ = h.Startup()
	first, second := listenOn(t, h, testPort, false), listenOn(t, h, testPort+1, false)
	for i := range byte(4) {
		handshake(t, h, i, testPort)
		syn(h, 10+i, testPort+1)
	}
	if _, err := h.Accept(first); err != nil {
		t.Fatal(err)
	}
	for _, fd := range []FD{first, second} {
		_ = h.SetKeepAlive(fd, KeepAlive{Idle: time.Minute, Interval: time.Second, Count: 3})
	}
	_ = h.CloseSocket(second)
	file, _ := h.OpenFile()
	another, _ := h.OpenFile()
	_, _ = h.CloseFile(file), h.CloseFile(another)
	syn(h, 14, testPort)
	h.Advance(sim.Time(2 * time.Second)) // the wheel turns
	h.direct = true
	c, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.SetClient(c, Windows().Client)
	_ = h.SetKeepAlive(first, KeepAlive{Idle: time.Second, Interval: time.Second, Count: 3})
	_ = h.SetKeepAlive(c, KeepAlive{Idle: time.Second, Interval: time.Second, Count: 3})
	_ = h.SetKeepAlive(c, KeepAlive{}) // leaves a free place
	_ = h.Connect(c, Addr{testIP + 9, 9})
	mustHold(t, h)
	return h
}

func TestAHostAndItsCloneShareNoMemory(t *testing.T) {
	seen := map[string]bool{}
	h := full(t)
	c := h.Clone()
	for _, path := range shared("Host", reflect.ValueOf(h).Elem(), reflect.ValueOf(c).Elem(), seen) {
		t.Errorf("a host and its clone share %s", path)
	}
	for _, path := range placesOf("Host", reflect.TypeFor[Host]()) {
		if path != "Host.due" && !seen[path] { // scratch, which a clone has none of
			t.Errorf("%s is empty in this test, or a clone has none: whether it is shared does not show", path)
		}
	}
	if h.due == nil || c.due != nil {
		t.Errorf("scratch: %v in the host, %v in the clone, want some and none", h.due, c.due)
	}
	if h.due = nil; dump(h) != dump(c) {
		t.Errorf("the clone differs in %s", difference(h, c))
	}
}

// The engine has tests of its own; here it is one field among others.
func TestANetworkAndItsCloneShareNoMemory(t *testing.T) {
	seen := map[string]bool{}
	n := newPair(uint64(1)).networks[0]
	n.Tap()
	for range 40 {
		n.Step(sim.Time(time.Minute))
	}
	_ = n.nodes[1].host.Listen(FirstFD, 5) // something that has not settled
	c := n.Clone()
	allowed := map[string]string{
		"Network.configs[].ClientConfig.TCP": "nobody ever changes it",
	}
	for _, path := range shared("Network", reflect.ValueOf(n).Elem(), reflect.ValueOf(c).Elem(), seen) {
		if allowed[path] == "" {
			t.Errorf("a network and its clone share %s", path)
		}
	}
	for _, path := range placesOf("Network", reflect.TypeFor[Network]()) {
		scratch := path == "Network.segments" || path == "Network.records"
		within := strings.HasPrefix(path, "Network.nodes[].host.") || strings.HasPrefix(path, "Network.engine.")
		if !scratch && !within && !seen[path] {
			t.Errorf("%s is empty in this test, or a clone has none: whether it is shared does not show", path)
		}
	}
	if c.segments != nil || c.records != nil {
		t.Error("a clone has the scratch of its original")
	}
}

// hostOps are what a history of a host is made of. k says which.
func hostOps(h *Host, op, k int) {
	fd := FirstFD + FD(k%12)
	switch op {
	case 0:
		_, _ = h.Socket(winsock.SOCK_STREAM)
	case 1:
		_ = h.Bind(fd, Addr{AnyIP, testPort + uint16(k%3)})
	case 2:
		_ = h.Listen(fd, 1+k%6)
	case 3, 4:
		_ = h.CloseSocket(fd)
	case 5:
		syn(h, byte(k), testPort+uint16(k%3))
	case 6:
		s := peerSocket(h, byte(k))
		if s != nil {
			h.Deliver(Segment{Src: s.remote, Dst: s.local, Seq: 101, Ack: s.sent, Flags: ACK, Conn: s.conn})
		}
	case 7:
		if s := peerSocket(h, byte(k)); s != nil {
			h.Deliver(Segment{Src: s.remote, Dst: s.local, Seq: s.received, Flags: RST, Conn: s.conn})
		}
	case 8:
		_, _ = h.Accept(fd)
	case 9:
		_, _ = h.Send(fd, 10*k)
	case 10:
		_ = h.SetSockOpt(fd, winsock.SO_LINGER, k%4-1)
	case 11:
		h.Advance(h.now.Add(time.Duration(k) * 100 * time.Millisecond))
	case 12:
		_, _ = h.OpenFile()
	case 13:
		_ = h.CloseFile(fd)
	case 14:
		_ = h.SetClient(fd, Client{Syn: Schedule{First: time.Duration(1+k) * time.Second, Retries: uint8(k % 3)}})
	case 15:
		_ = h.Connect(fd, peerAddr(byte(k)))
	case 16:
		h.Drain(nil)
		h.DrainRecords(nil)
	case 17:
		_ = h.SetKeepAlive(fd, KeepAlive{Idle: time.Duration(k%4) * 100 * time.Millisecond, Interval: time.Second, Count: 1 + k%3})
	}
}

const hostOpCount = 18

// peerSocket returns the connection of a peer, nil if it has none.
func peerSocket(h *Host, i byte) *socket {
	for port := range uint16(3) {
		if k := h.connection(Addr{testIP, testPort + port}, peerAddr(i)); k != 0 {
			return &h.socks[k]
		}
	}
	return nil
}

// No call on one copy changes the other.
func TestWhatIsDoneToOneCopyOfAHostLeavesTheOtherAlone(t *testing.T) {
	profiles := Profiles()
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(profiles).Draw(rt, "profile")
		p.Backlog.Max = max(p.Backlog.Max, 8)
		h := NewHost(HostConfig{Profile: p, Addrs: []IP{testIP}, Descriptors: rapid.IntRange(0, 12).Draw(rt, "descriptors")})
		_ = h.Startup()
		_ = listenOnQuietly(h, testPort)
		_ = listenOnQuietly(h, testPort+1)
		op, k := rapid.IntRange(0, hostOpCount-1), rapid.IntRange(0, 20)
		for range rapid.IntRange(0, 30).Draw(rt, "before") {
			hostOps(h, op.Draw(rt, "op"), k.Draw(rt, "k"))
		}
		copies := [...]*Host{h, h.Clone()}
		var is [2]string // as they are written down
		is[0], is[1] = dump(copies[0]), dump(copies[1])
		for range rapid.IntRange(1, 40).Draw(rt, "after") {
			which := rapid.IntRange(0, 1).Draw(rt, "copy")
			o, number := op.Draw(rt, "op"), k.Draw(rt, "k")
			hostOps(copies[which], o, number)
			if after := dump(copies[1-which]); after != is[1-which] {
				rt.Fatalf("operation %d(%d) on copy %d changed copy %d of %s:\nbefore %s\nafter  %s", o, number, which, 1-which, p.Name, is[1-which], after)
			}
			is[which] = dump(copies[which])
			for i, c := range copies {
				if err := c.Check(); err != nil {
					rt.Fatalf("copy %d of %s, after operation %d(%d) on copy %d: Check() = %v, want nil", i, p.Name, o, number, which, err)
				}
			}
		}
	})
}

func listenOnQuietly(h *Host, port uint16) FD {
	fd, err := h.Socket(winsock.SOCK_STREAM)
	if err == nil {
		_ = h.Bind(fd, Addr{AnyIP, port})
		_ = h.Listen(fd, 4)
	}
	return fd
}

// Host and clone shared the list of free listeners once. In this history the second
// listener of the clone then had the backlog of another listener.
func TestACloneHasItsOwnListOfFreeListeners(t *testing.T) {
	h := NewHost(HostConfig{Profile: WSP(), Addrs: []IP{testIP}})
	_ = h.Startup()
	bound := func(port uint16) FD {
		fd, _ := h.Socket(winsock.SOCK_STREAM)
		_ = h.Bind(fd, Addr{AnyIP, port})
		return fd
	}
	a, b, c, d := bound(testPort), bound(testPort+1), bound(testPort+2), bound(testPort+3)
	_, _ = h.Listen(a, 3), h.Listen(b, 4)
	_ = h.CloseSocket(a)
	clone := h.Clone()
	_ = h.Listen(c, 5)
	_ = h.CloseSocket(b)
	_ = clone.Listen(d, 6)
	if q, _ := clone.Queue(b); q.Limit != 4 {
		t.Errorf("the clone's b has limit %d, want 4", q.Limit)
	}
	mustHold(t, h)
	mustHold(t, clone)
}

// pair is a network, later two networks, and the state of their caller.
type pair struct {
	networks [2]*Network
	servers  [2][]HostID
	client   HostID
	program  ClientID
	first    ClientID
}

const pairClients = 8

// newPair returns a network with two servers, a group of clients and an external client.
// Its links have jitter, loss, duplication and reordering.
func newPair(seed uint64) *pair {
	n := NewNetwork(seed)
	w := &pair{networks: [2]*Network{n}}
	for _, p := range []Profile{Linux(), WSP()} {
		id := n.AddHost("server", HostConfig{Profile: p, Descriptors: 12})
		w.servers[0] = append(w.servers[0], id)
		fd := listenOnQuietly(n.Host(id), testPort)
		_ = n.Host(id).Listen(fd, 2)
	}
	w.client = n.AddHost("clients", HostConfig{Profile: Linux()})
	for _, id := range w.servers[0] {
		n.SetLink(id, w.client, Link{Latency: 5 * time.Millisecond, Jitter: sim.Exponential{Mean: time.Millisecond},
			Loss: sim.Ratio{Num: 1, Den: 10}, Duplicate: sim.Ratio{Num: 1, Den: 20}, Reorder: sim.Ratio{Num: 1, Den: 20}})
	}
	tcp := Windows().Client
	w.first = n.AddClients(ClientConfig{Name: "c", Host: w.client, To: Addr{HostAddr(w.servers[0][0], 1), testPort}, TCP: &tcp, Send: 9,
		GiveUp: 30 * time.Second, Retry: Retry{Attempts: 3, Delay: 300 * time.Millisecond, Jitter: sim.Ratio{Num: 1, Den: 2}}}, pairClients)
	w.program = n.RealTime().AddExternalClient("p", w.client)
	for i := range ClientID(pairClients) {
		n.Start(w.first+i, time.Duration(i)*10*time.Millisecond)
	}
	return w
}

// do makes one call; k picks its arguments.
func (w *pair) do(n *Network, op, k int) {
	server := w.servers[0][k%2]
	fd := FirstFD + FD(k%10)
	to := Addr{HostAddr(server, 1), testPort}
	switch op {
	case 0, 1, 2, 3:
		n.Step(n.Now().Add(time.Duration(k) * time.Second))
	case 4, 5:
		_, _ = n.Host(server).Accept(FirstFD)
	case 6:
		_ = n.Host(server).CloseSocket(FirstFD + 1 + FD(k%9))
	case 7:
		_ = n.Host(server).Listen(FirstFD, 1+k%5)
	case 8:
		n.Start(w.first+ClientID(k%pairClients), time.Duration(k)*time.Millisecond)
	case 9:
		_ = n.CloseClient(w.first+ClientID(k%pairClients), k%2 == 0)
	case 10:
		_, _, _ = n.RealTime().Dial(w.program, to, nil)
	case 11:
		_, _ = n.Host(w.client).Send(fd, k)
	case 12:
		n.After(time.Duration(k)*time.Millisecond, uint64(k))
	case 13:
		n.Cut(server, w.client, k < 5)
	case 14:
		n.SetLink(server, w.client, Link{Latency: time.Duration(k) * time.Millisecond, Loss: sim.Ratio{Num: 1, Den: 5}})
	case 15:
		n.AddClients(ClientConfig{Name: "d", Host: w.client, To: to}, 1+k)
	case 16:
		_ = n.SendClient(w.first+ClientID(k%pairClients), k)
	case 17:
		n.DrainRecords(nil)
	case 18:
		_, _ = n.RealTime().Receive([]HostID{server, w.client}[k%2], fd, k)
	case 19:
		n.AddHost("further", HostConfig{Profile: WSP()})
	case 20:
		n.Settle()
	case 21:
		n.RealTime().SendDirectly(w.client, fd, k)
	case 22:
		n.RealTime().AdvanceIdle(n.Now().Add(time.Duration(k)))
	case 23:
		_ = n.Host(w.client).SetKeepAlive(fd, KeepAlive{Idle: time.Duration(k) * time.Second, Interval: time.Second, Count: 3})
	case 24:
		n.Tap()
	case 25:
		n.DrainTap(nil)
	}
}

const pairOpCount = 26

// No call on one copy changes the other, and the same history has the same results in both.
func TestWhatIsDoneToOneCopyOfANetworkLeavesTheOtherAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newPair(rapid.Uint64().Draw(rt, "seed"))
		n := w.networks[0]
		if rapid.IntRange(0, 3).Draw(rt, "directly") == 0 {
			n.RealTime().DeliverDirectly()
		}
		if rapid.Bool().Draw(rt, "watched") {
			n.RealTime().Watch()
		}
		op, k := rapid.IntRange(0, pairOpCount-1), rapid.IntRange(0, 10)
		for range rapid.IntRange(0, 60).Draw(rt, "before") {
			w.do(n, op.Draw(rt, "op"), k.Draw(rt, "k"))
		}
		w.networks[1] = n.Clone()
		is := [...]string{dump(n), dump(w.networks[1])} // as they are written down
		type call struct{ op, k int }
		var made [2][]call
		for range rapid.IntRange(1, 30).Draw(rt, "after") {
			which := rapid.IntRange(0, 1).Draw(rt, "copy")
			c := call{op.Draw(rt, "op"), k.Draw(rt, "k")}
			made[which] = append(made[which], c)
			w.do(w.networks[which], c.op, c.k)
			if after := dump(w.networks[1-which]); after != is[1-which] {
				rt.Fatalf("operation %d(%d) on copy %d changed copy %d:\nbefore %s\nafter  %s", c.op, c.k, which, 1-which, is[1-which], after)
			}
			is[which] = dump(w.networks[which])
		}
		// If only one copy was called, the other copy gets the same calls.
		if len(made[0]) == 0 || len(made[1]) == 0 {
			which := 0
			if len(made[0]) > 0 {
				which = 1
			}
			for _, c := range made[1-which] {
				w.do(w.networks[which], c.op, c.k)
			}
			a, b := w.networks[0], w.networks[1]
			if a.Hash() != b.Hash() || a.Records() != b.Records() || !slices.Equal(a.Results(), b.Results()) {
				rt.Fatalf("the same calls: hash %x after %d records in one copy, %x after %d in the other", a.Hash(), a.Records(), b.Hash(), b.Records())
			}
		}
		for i, copied := range w.networks {
			if err := copied.Check(); err != nil {
				rt.Fatalf("copy %d: Check() = %v, want nil", i, err)
			}
		}
	})
}
