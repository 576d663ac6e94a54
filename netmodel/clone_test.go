package netmodel

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// What a clone shares with its original does not show where two clones are compared
// that share it with each other, too. So these tests compare a host with what was
// written down of it, and look at where its memory lies.

// shared returns the paths of the slices, maps and pointers below v that lie where
// those of w lie, and notes in seen which there are.
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

// appendState writes down everything below v: two that are written alike are alike.
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

// dump writes down a host or a network.
func dump[T any](x *T) string { return string(appendState(nil, reflect.ValueOf(x).Elem())) }

// placesOf returns the paths of all slices, maps and pointers of a type, those of its
// structs included.
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

// full returns a host all of whose tables hold something, lists of what is free too.
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
		if path != "Host.ringing" && !seen[path] { // scratch, which a clone has none of
			t.Errorf("%s is empty in this test, or a clone has none: whether it is shared does not show", path)
		}
	}
	if h.ringing == nil || c.ringing != nil {
		t.Errorf("scratch: %v in the host, %v in the clone, want some and none", h.ringing, c.ringing)
	}
	if h.ringing = nil; dump(h) != dump(c) {
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

// Whatever is done to one copy leaves the other as it was.
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

// The history by which a shared list of free listeners was found: the clone's second
// listener had the backlog of another.
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
