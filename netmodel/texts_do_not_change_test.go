package netmodel_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/trace"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

func TestAddressesAndSegmentsAsText(t *testing.T) {
	from, to := netmodel.Addr{IP: netmodel.IPv4(10, 0, 0, 1), Port: 80}, netmodel.Addr{IP: netmodel.IPv4(223, 254, 0, 9), Port: 65535}
	check(t, "IP", netmodel.IPv4(1, 2, 3, 4).String(), "1.2.3.4")
	check(t, "AnyIP", netmodel.AnyIP.String(), "0.0.0.0")
	check(t, "Addr", to.String(), "223.254.0.9:65535")
	for flags, want := range map[netmodel.Flags]string{
		netmodel.SYN:                "SYN",
		netmodel.SYN | netmodel.ACK: "SYN-ACK",
		netmodel.ACK:                "ACK",
		netmodel.ACK | netmodel.FIN: "FIN",
		netmodel.RST:                "RST",
		netmodel.RST | netmodel.ACK: "RST",
		0:                           "ACK",
	} {
		seg := netmodel.Segment{Flags: flags}
		check(t, "Kind", seg.Kind(), want)
	}
	data := netmodel.Segment{Src: from, Dst: to, Seq: 7, Ack: 8, Len: 9, Flags: netmodel.ACK}
	check(t, "String", data.String(), "data 10.0.0.1:80 > 223.254.0.9:65535 seq 7 ack 8 len 9")
}

func TestOutcomesAndCallsHaveNames(t *testing.T) {
	want := []string{"pending", "accepted", "refused", "reset", "timed out", "gave up"}
	for o, name := range want {
		check(t, "Outcome", netmodel.Outcome(o).String(), name)
	}
	calls := []string{"", "socket", "bind", "listen", "accept", "connect", "close", "shutdown", "send", "receive", "setsockopt", "cleanup", "open"}
	for c, name := range calls {
		check(t, "Call", netmodel.Call(c).String(), name)
	}
	check(t, "Call beyond the last", netmodel.Call(len(calls)).String(), "")
	seen := map[string]bool{}
	for c := range causes() {
		key := c.String()
		if seen[key] {
			t.Errorf("two causes have the text %q", key)
		}
		seen[key] = true
	}
	check(t, "text of no cause", netmodel.NoCause.String(), "")
}

// Each field of a record counts, and each in its own way.
func TestHashDependsOnEveryField(t *testing.T) {
	var zero netmodel.Record
	fields := reflect.TypeOf(zero)
	seen := map[uint64]string{zero.Mix(0): "nothing"}
	for i := range fields.NumField() {
		for _, bit := range []uint{0, 7} {
			r := zero
			f := reflect.ValueOf(&r).Elem().Field(i)
			if f.CanInt() {
				f.SetInt(1 << bit >> (bit / 7)) // an int8 would hold it
			} else {
				f.SetUint(1 << bit)
			}
			what := fields.Field(i).Name + " = " + itoa(1<<bit)
			if other, same := seen[r.Mix(0)]; same {
				t.Errorf("Mix of a record with %s equals that with %s", what, other)
			}
			seen[r.Mix(0)] = what
		}
	}
	if zero.Mix(1) == zero.Mix(2) {
		t.Error("Mix does not depend on the hash so far")
	}
	a, b := netmodel.Record{Kind: netmodel.Called}, netmodel.Record{Kind: netmodel.Closed}
	if a.Mix(b.Mix(0)) == b.Mix(a.Mix(0)) {
		t.Error("Mix does not depend on the order of the records")
	}
	check(t, "the hash since model 0.3.0", netmodel.Record{At: 1, Since: 2, Value: -3, Conn: 4, FD: 5, Limit: 6, Pending: 7, Available: 8, Errno: 9, Host: 10, Kind: 11, Call: 12, Cause: 13}.Mix(14), uint64(13892534091868357086))
}

// story is a run in which many kinds of records occur.
func story(t *testing.T, full bool) string {
	t.Helper()
	w := newWorld(t, setting{backlog: 3, descriptors: 5, crowd: profiles.Windows()})
	for i, name := range []string{"a", "b", "c", "d"} {
		w.client(name, time.Duration(i)*10*time.Millisecond, netmodel.ClientConfig{Send: 5, GiveUp: 5 * time.Second, Retry: netmodel.Retry{Attempts: 1, Delay: time.Second}})
	}
	w.run(40 * time.Millisecond)
	if a, err := w.host().AcceptIf(w.fd, deciding(winsock.CF_DEFER)); err != error(winsock.WSATRY_AGAIN) {
		t.Fatalf("AcceptIf = %+v, %v, want WSATRY_AGAIN", a, err)
	}
	w.accept(41 * time.Millisecond)
	w.n.CloseClient(2, true)
	w.run(50 * time.Millisecond)
	w.accept(50 * time.Millisecond) // WSAECONNRESET
	_, _ = w.host().OpenFile()
	_, _ = w.host().OpenFile()
	_, _ = w.host().OpenFile()
	w.accept(60 * time.Millisecond) // WSAEMFILE
	w.run(3 * time.Second)
	_ = w.host().Listen(w.fd, 1)
	w.n.Cut(w.server, w.crowd, true)
	w.client("e", 4*time.Second, netmodel.ClientConfig{GiveUp: 1500 * time.Millisecond})
	w.run(7 * time.Second)
	w.n.Cut(w.server, w.crowd, false)
	_ = w.host().CloseSocket(w.fd + 1)
	_ = w.host().CloseSocket(w.fd)
	w.run(20 * time.Second)
	p := trace.NewPrinter(w.n)
	p.Full = full
	var b []byte
	for _, r := range w.log {
		b = p.Append(b, r)
	}
	return string(b)
}

const storyShort = `
    0.000 ms  = server  bind(fd 3, *:80)         = 0
    0.000 ms  = server  listen(fd 3, backlog 3)  = 0                                    [. . .]
    1.000 ms  > a       SYN                      queued                                 [(a) . .]            R3
    2.000 ms  * a       connect                  = 0 after 2ms
    3.000 ms  + a       ACK                      handshake complete                     [a . .]              R3
   11.000 ms  > b       SYN                      queued                                 [a (b) .]            R3
   12.000 ms  * b       connect                  = 0 after 2ms
   13.000 ms  + b       ACK                      handshake complete                     [a b .]              R3
   21.000 ms  > c       SYN                      queued                                 [a b (c)]            R3
   22.000 ms  * c       connect                  = 0 after 2ms
   23.000 ms  + c       ACK                      handshake complete                     [a b c]              R3
   31.000 ms  ! d       SYN                      refused: queue full                    [a b c]              R4
   40.000 ms  - server  accept(fd 3)             put off: a                             [a* b c]
   40.000 ms  = server  accept(fd 3)             = WSATRY_AGAIN                         [a* b c]             WS.C4
   41.000 ms  - server  accept(fd 3)             = a, fd 4, waited 40ms                 [b c .]              WS.Q1
   41.000 ms  * b       gives up                 client closed it
   42.000 ms  ~ b       RST                      keeps its place: client reset it       [b! c .]             WS.X6
   50.000 ms  ~ b       pending                  leaves: client reset it                [c . _]              WS.X6
   50.000 ms  = server  accept(fd 3)             = WSAECONNRESET                        [c . .]              WS.X6
   50.000 ms  = server  open()                   = fd 5
   50.000 ms  = server  open()                   = fd 6
   50.000 ms  = server  open()                   = fd 7
   60.000 ms  = server  accept(fd 3)             = WSAEMFILE                            [c . .]              WS.A3
  532.000 ms  < d       SYN again, 1             refused, not final                                          WS.T3
  533.000 ms  > d       SYN                      queued                                 [c (d) .]            R3
  534.000 ms  * d       connect                  = 0 after 504ms
  535.000 ms  + d       ACK                      handshake complete                     [c d .]              R3
 3000.000 ms  = server  listen(fd 3, backlog 1)  = 0: backlog updated                   [c d]                R9
 3000.000 ms  x d       pending                  reset: trimmed                         [c]                  R10
 3000.000 ms  % server  link to crowd            link is cut
 3001.000 ms  * d       connection               WSAECONNRESET: trimmed                                      R10
 3001.000 ms  * d                                tries again in 1s
 4000.000 ms  % e       SYN                      link is cut
 4001.000 ms  % d#2     SYN                      link is cut
 5000.000 ms  * a       gives up                 client closed it
 5000.000 ms  < e       SYN again, 1             no answer yet                                               WS.T2
 5000.000 ms  % e       SYN                      link is cut
 5000.000 ms  % a       FIN                      link is cut
 5001.000 ms  < d#2     SYN again, 1             no answer yet                                               WS.T2
 5001.000 ms  % d#2     SYN                      link is cut
 5020.000 ms  * c       gives up                 client closed it
 5020.000 ms  % c       FIN                      link is cut
 5500.000 ms  * e       gives up                 client closed it
 7000.000 ms  % server  link to crowd            link is whole again
 7000.000 ms  = server  close(fd 4)              = 0, done with a
 7000.000 ms  = server  close(fd 3)              = 0                                    [c]
 7000.000 ms  x c       pending                  reset: listener closed                                      WS.X2
 7001.000 ms  < d#2     SYN again, 2             no answer yet                                               WS.T2
 7001.000 ms  * a       connection               WSAECONNRESET: closed with data unread                      RFC 1122
 7001.000 ms  * c       connection               WSAECONNRESET: listener closed                              WS.X2
 7002.000 ms  ! d#2     SYN                      refused: no listener there                                  WS.X3
 7503.000 ms  < d#2     SYN again, 3             refused, not final                                          WS.T3
 7504.000 ms  ! d#2     SYN                      refused: no listener there                                  WS.X3
 8005.000 ms  < d#2     SYN again, 4             refused, not final                                          WS.T3
 8006.000 ms  ! d#2     SYN                      refused: no listener there                                  WS.X3
 8007.000 ms  * d#2     connect                  WSAECONNREFUSED: no listener there                          WS.X3
`

func TestPrinterColumnsAreStable(t *testing.T) {
	if diff := cmp.Diff(strings.TrimPrefix(storyShort, "\n"), story(t, false)); diff != "" {
		t.Errorf("the story differs (-want +got):\n%s\nall of it:\n%s", diff, story(t, false))
	}
}

func TestFullTraceHoldsTheShortOne(t *testing.T) {
	short, full := strings.Split(story(t, false), "\n"), strings.Split(story(t, true), "\n")
	if len(full) <= len(short) {
		t.Errorf("the full trace has %d lines, the short one %d", len(full), len(short))
	}
	at := 0
	for _, line := range full {
		if at < len(short) && line == short[at] {
			at++
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("the line ends in blanks: %q", line)
		}
	}
	check(t, "lines of the short trace found in the full one", at, len(short))
}

func TestLargeQueuesAreCounted(t *testing.T) {
	s := listeningWith(t, profiles.WSP(), 20, 12)
	s.openMany(11)
	s.syn("late")
	p := trace.Printer{Host: func(netmodel.HostID) string { return "server" }, Conn: func(c netmodel.ConnID) string { return s.name(c) }, Reason: s.reason}
	var lines []string
	for _, r := range s.log {
		if line := p.Append(nil, r); len(line) > 0 {
			lines = append(lines, string(line))
		}
	}
	for _, want := range []string{"[0 of 20, 9 unfilled]", "[11 of 20, 9 unfilled]", "slots used up", "WS.D6"} {
		if !strings.Contains(strings.Join(lines, ""), want) {
			t.Errorf("the trace does not contain %q:\n%s", want, strings.Join(lines, ""))
		}
	}
}

func TestWaitIsFromTheSYN(t *testing.T) {
	r := netmodel.Record{At: sim.Time(5 * time.Second), Since: sim.Time(2 * time.Second)}
	check(t, "Wait", r.Wait(), 3*time.Second)
}

func TestPictureOfTheNextListenerBeginsEmpty(t *testing.T) {
	s := listening(t, profiles.WSP(), 2)
	s.open("a")
	old := s.fd
	wantErr(t, "CloseSocket", s.close(s.fd), 0)
	s.fd = s.bound(netmodel.AnyIP, port)
	check(t, "descriptor", s.fd, old)
	s.listen(3)
	s.open("b")
	p := trace.Printer{Host: func(netmodel.HostID) string { return "server" }, Conn: s.name}
	var last string
	for _, r := range s.log {
		last = string(p.Append(nil, r))
	}
	if !strings.Contains(last, "[b . .]") {
		t.Errorf("last line %q, want the queue [b . .]", last)
	}
}

func TestTheInstantOfALineStandsAtTheRightOfItsColumn(t *testing.T) {
	p := trace.Printer{Host: func(netmodel.HostID) string { return "server" }}
	for _, at := range []sim.Time{0, 999, 1000, 999_999, 1_000_000, 12_345_678, 99_999_999_999, 100_000_000_000, 123_456_789_000_000, sim.Forever} {
		line := string(p.Append(nil, netmodel.Record{At: at, Kind: netmodel.FaultChanged}))
		want := fmt.Sprintf("%12s  %% server", at)
		if !strings.HasPrefix(line, want) {
			t.Errorf("the line at %d begins with %q, want %q", int64(at), line[:min(len(line), len(want))], want)
		}
	}
}

func TestWhoFollowsSomeRecordsPrintsTheOthersAsWhoPrintsAll(t *testing.T) {
	w := newWorld(t, setting{backlog: 2, descriptors: 4})
	for i, name := range []string{"a", "b", "c"} {
		w.client(name, time.Duration(i)*10*time.Millisecond, netmodel.ClientConfig{Send: 5})
	}
	w.run(200 * time.Millisecond)
	all, some := trace.NewPrinter(w.n), trace.NewPrinter(w.n)
	printed := 0
	for i, r := range w.log {
		line := all.Append(nil, r)
		if i%3 > 0 {
			if has := some.Follow(r); has != (len(line) > 0) {
				t.Errorf("Follow(record %d) = %v, its line is %q", i, has, line)
			}
			continue
		}
		if got := some.Append(nil, r); string(got) != string(line) {
			t.Errorf("record %d after two that were followed:\n got %q\nwant %q", i, got, line)
		}
		printed += len(line)
	}
	if printed == 0 {
		t.Error("nothing was printed")
	}
}

// With Nanoseconds a line has three more decimals, and else the same columns.
func TestNanosecondsTellInstantsApart(t *testing.T) {
	print := func(nanoseconds bool, r netmodel.Record) string {
		p := trace.Printer{
			Host:        func(netmodel.HostID) string { return "server" },
			Conn:        func(netmodel.ConnID) string { return "a" },
			Nanoseconds: nanoseconds,
		}
		return string(p.Append(nil, r))
	}
	for _, at := range []sim.Time{0, 1, 999, 1_000, 1_001, 15_816_001, 99_999_999_999, 100_000_000_000, 3_600_000_000_123} {
		r := netmodel.Record{At: at, Since: at / 2, Host: 1, FD: 3, Conn: 1, Kind: netmodel.Connected}
		short, long := print(false, r), print(true, r)
		check(t, "the time to the microsecond", strings.Fields(short)[0]+itoa(int(at)%1000 + 1000)[1:], strings.Fields(long)[0])
		check(t, "the column of what", strings.Index(long, "connect"), strings.Index(short, "connect")+3)
		check(t, "the column of the result", strings.Index(long, "= 0 after"), strings.Index(short, "= 0 after")+3)
		r.At++
		if next := print(true, r); next == long {
			t.Errorf("two records a nanosecond apart look the same: %q", long)
		}
	}
}

func TestPrinterShowsWhatIsRare(t *testing.T) {
	silent := profiles.Windows()
	silent.OnFull, silent.SlotReturnDelay = netmodel.IgnoreWhenFull, 5*time.Millisecond
	w := newWorld(t, setting{server: silent})
	h := w.host()
	cond, _ := h.Socket(winsock.SOCK_STREAM)
	wantErr(t, "SetSockOpt", h.SetSockOpt(cond, winsock.SO_CONDITIONAL_ACCEPT, 1), 0)
	wantErr(t, "Bind", h.Bind(cond, netmodel.Addr{Port: port + 1}), 0)
	wantErr(t, "Listen", h.Listen(cond, 2), 0)
	w.client("a", 0, netmodel.ClientConfig{})
	w.n.CutOneWay(w.server, w.crowd, true)
	w.client("b", 10*time.Millisecond, netmodel.ClientConfig{GiveUp: time.Second})
	w.to.Port++
	w.client("o", 20*time.Millisecond, netmodel.ClientConfig{GiveUp: time.Second})
	w.run(4 * time.Second)
	w.n.CutOneWay(w.server, w.crowd, false)
	w.accept(10 * time.Second)
	w.run(11 * time.Second)
	w.n.Cut(w.server, w.crowd, true)
	wantErr(t, "SendClient", w.n.SendClient(1, 5), 0)
	wantErr(t, "CloseSocket", w.host().CloseSocket(w.fd+2), 0)
	w.run(12 * time.Second)
	p := trace.NewPrinter(w.n)
	p.Full = true
	var b []byte
	for _, r := range w.log {
		b = p.Append(b, r)
	}
	for _, want := range []string{"SYN-ACK again, 1", "ignored: queue full", "slot returned late", "[. .] o?", "SO_", "ACK or data", "FIN"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the trace does not contain %q:\n%s", want, b)
		}
	}
}
