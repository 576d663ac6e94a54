package netmodel_test

import (
	"slices"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// attempt lets a host connect and answers each SYN with the next letter of a script: 'R'
// is an RST at once, 'S' is a SYN-ACK, other letters and the end of the script are no
// answer. It returns when the SYNs went out, and when and how the attempt ended.
func attempt(t *testing.T, s *stage, fd netmodel.FD, program string) (syns []time.Duration, end time.Duration, code int) {
	t.Helper()
	began := s.h.Now()
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	for {
		for _, seg := range s.h.Drain(nil) {
			if seg.Kind() != "SYN" {
				continue
			}
			answer := byte('.')
			if n := len(syns); n < len(program) {
				answer = program[n]
			}
			syns = append(syns, s.h.Now().Sub(began))
			back := netmodel.Segment{Src: seg.Dst, Dst: seg.Src, Seq: 7, Ack: seg.Seq + 1}
			switch answer {
			case 'R':
				back.Flags = netmodel.RST | netmodel.ACK
				s.h.Deliver(back)
			case 'S':
				back.Flags = netmodel.SYN | netmodel.ACK
				s.h.Deliver(back)
			}
		}
		r, err := s.h.Select(fd)
		wantErr(t, "Select", err, 0)
		if r.Write || r.Except {
			return syns, s.h.Now().Sub(began), s.option(fd, winsock.SO_ERROR)
		}
		at, ok := s.h.Deadline()
		if !ok {
			t.Fatal("the attempt waits for nothing")
		}
		s.h.Advance(at)
	}
}

func seconds(s ...float64) []time.Duration {
	var d []time.Duration
	for _, x := range s {
		d = append(d, time.Duration(x*float64(time.Second)))
	}
	return d
}

var schedules = []struct {
	profile netmodel.Profile
	program string
	why     string
	syns    []time.Duration
	end     time.Duration
	code    int
}{
	{profiles.WSP(), "", "silence, 3 s generation", seconds(0, 3, 9), 21 * time.Second, 10060},
	{profiles.WindowsCE3(), "", "silence, as WSP", seconds(0, 3, 9), 21 * time.Second, 10060},
	{profiles.Windows(), "", "silence, 1 s generation", seconds(0, 1, 3, 7, 15), 21 * time.Second, 10060},
	{profiles.NT4Server(), "", "silence, three more", seconds(0, 3, 9, 21), 45 * time.Second, 10060},
	{profiles.WSP(), "R", "refused: final", seconds(0), 0, 10061},
	{profiles.WSP(), ".R", "silence, then refused: final", seconds(0, 3), 3 * time.Second, 10061},
	{profiles.Windows(), "RRRRR", "refused five times, 500 ms apart", seconds(0, .5, 1, 1.5, 2), 2 * time.Second, 10061},
	{profiles.Windows(), "RRRRRR", "there is no sixth", seconds(0, .5, 1, 1.5, 2), 2 * time.Second, 10061},
	{profiles.NT4Server(), "RRRR", "three more", seconds(0, .5, 1, 1.5), 1500 * time.Millisecond, 10061},
	{profiles.Windows(), "RS", "a place is free at the second", seconds(0, .5), 500 * time.Millisecond, 0},
	{profiles.Windows(), "RRRRS", "a place is free at the last", seconds(0, .5, 1, 1.5, 2), 2 * time.Second, 0},
	{profiles.Windows(), "..S", "late answer", seconds(0, 1, 3), 3 * time.Second, 0},
	{profiles.Windows(), "RR", "refused, then silence: the last event decides", seconds(0, .5, 1, 2, 4), 8 * time.Second, 10060},
	{profiles.Windows(), "...RR", "silence, then refused", seconds(0, 1, 3, 7, 7.5), 7500 * time.Millisecond, 10061},
}

func TestConnectSchedules(t *testing.T) { // WS.T1 WS.T2 WS.T3 WS.T4 WS.T5 WS.T6
	for _, row := range schedules {
		s := newStage(t, row.profile, 0)
		syns, end, code := attempt(t, s, s.socket(), row.program)
		if !slices.Equal(syns, row.syns) || end != row.end || code != row.code {
			t.Errorf("%s, %s (%q): SYNs at %v, end at %v with %d, want %v, %v with %d",
				row.profile.Name, row.why, row.program, syns, end, code, row.syns, row.end, row.code)
		}
	}
}

func TestRefusalCanStick(t *testing.T) { // WS.T6
	c := profiles.Windows().Client
	c.Refused.Sticks = true
	s := newStage(t, profiles.WSP(), 0)
	for _, row := range []struct {
		program string
		code    int
	}{{"RR", 10061}, {"", 10060}} {
		fd := s.socket()
		wantErr(t, "SetClient", s.h.SetClient(fd, c), 0)
		_, _, code := attempt(t, s, fd, row.program)
		check(t, "SO_ERROR after "+row.program+" and silence", code, row.code)
	}
}

func TestSynLimitEndsRefusalsToo(t *testing.T) { // WS.T6
	c := netmodel.Client{
		Syn:     netmodel.Schedule{First: time.Second, Retries: 9, Limit: 1200 * time.Millisecond},
		Refused: netmodel.Refused{Retries: 9, Gap: 500 * time.Millisecond},
	}
	s := newStage(t, profiles.WSP(), 0)
	fd := s.socket()
	wantErr(t, "SetClient", s.h.SetClient(fd, c), 0)
	syns, end, code := attempt(t, s, fd, "RRRRRRRRR")
	if len(syns) != 3 || code != 10061 || end != 1200*time.Millisecond {
		t.Errorf("refused for ever: SYNs at %v, end at %v with %d, want 3 of them, 1.2s and 10061", syns, end, code)
	}
}

func TestMeasuredCeilingsOfTheOneSecondGeneration(t *testing.T) { // WS.T2
	for _, row := range []struct {
		retries uint8
		limit   time.Duration
		end     time.Duration
	}{
		{2, 0, 7 * time.Second},
		{4, 21 * time.Second, 21 * time.Second},
		{6, 0, 123 * time.Second},
	} {
		s := newStage(t, profiles.Windows(), 0)
		fd := s.socket()
		syn := netmodel.Schedule{First: time.Second, Max: time.Minute, Retries: row.retries, Limit: row.limit}
		wantErr(t, "SetClient", s.h.SetClient(fd, netmodel.Client{Syn: syn}), 0)
		syns, end, _ := attempt(t, s, fd, "")
		check(t, "end with "+itoa(int(row.retries))+" retransmissions", end, row.end)
		check(t, "SYNs", len(syns), int(row.retries)+1)
	}
}

func TestOneSocketCanHaveItsOwnSchedule(t *testing.T) { // WS.T7
	s := newStage(t, profiles.Windows(), 0)
	fast, other := s.socket(), s.socket()
	noRetransmission := netmodel.Client{Syn: netmodel.Schedule{First: 300 * time.Millisecond}}
	wantErr(t, "SetClient", s.h.SetClient(fast, noRetransmission), 0)
	wantErr(t, "SetClient again", s.h.SetClient(fast, noRetransmission), 0)
	syns, end, code := attempt(t, s, fast, "R")
	if len(syns) != 1 || end != 0 || code != 10061 {
		t.Errorf("without retransmissions: %d SYNs, end at %v with %d, want the first RST to be final", len(syns), end, code)
	}
	wantErr(t, "SetClient with a bad schedule", s.h.SetClient(other, netmodel.Client{}), winsock.WSAEINVAL)
	syns, _, _ = attempt(t, s, other, "RRRRR")
	check(t, "SYNs of a socket that was not changed", len(syns), 5)
}

func TestConnectReportsItsProgress(t *testing.T) { // WS.T8
	for _, p := range winsockProfiles() {
		s := newStage(t, p, 0)
		fd := s.socket()
		to := s.peer("server").addr
		wantErr(t, "Connect", s.h.Connect(fd, to), winsock.WSAEWOULDBLOCK)
		wantErr(t, "Connect meanwhile", s.h.Connect(fd, to), winsock.WSAEALREADY)
		_, err := s.h.Send(fd, 1)
		wantErr(t, "Send meanwhile", err, winsock.WSAENOTCONN)
		_, err = s.h.Receive(fd, 1)
		wantErr(t, "Receive meanwhile", err, winsock.WSAENOTCONN)
		r, _ := s.h.Select(fd)
		check(t, "Select meanwhile", r, netmodel.Ready{})
		for range 5 {
			s.refuse(s.h.Drain(nil)...)
			s.h.Advance(s.h.Now().Add(500 * time.Millisecond))
		}
		r, _ = s.h.Select(fd)
		check(t, p.Name+": Select after the failure", r, netmodel.Ready{Except: true})
		_, _, code := attempt(t, s, fd, "S") // the same socket again
		check(t, p.Name+": SO_ERROR after success", code, 0)
		wantErr(t, p.Name+": Connect when connected", s.h.Connect(fd, to), winsock.WSAEISCONN)
		s.pump()
	}
}

func TestSOErrorIsReadTwiceOnWindows(t *testing.T) { // WS.T8 WS.L6
	for _, row := range []struct {
		profile netmodel.Profile
		again   int
	}{{profiles.WSP(), 0}, {profiles.Windows(), 10061}} {
		s := newStage(t, row.profile, 0)
		fd := s.socket()
		_, _, code := attempt(t, s, fd, "RRRRR")
		check(t, "SO_ERROR", code, 10061)
		check(t, row.profile.Name+": SO_ERROR again", s.option(fd, winsock.SO_ERROR), row.again)
	}
}

func TestLateSuccessAfterRefusals(t *testing.T) { // WS.T5 WS.T3
	for k := 1; k <= 4; k++ {
		w := newWorld(t, setting{server: profiles.Windows(), crowd: profiles.Windows()})
		w.client("a", 0, netmodel.ClientConfig{})
		w.client("b", 10*time.Millisecond, netmodel.ClientConfig{})
		w.accept(time.Duration(500*k) * time.Millisecond) // just before the k-th retry
		check(t, "Accept", w.accept(5*time.Second), "b")
		connected := w.records(netmodel.Connected)
		// A round trip of 2 ms for every SYN, and k waits that begin with the RST.
		want := time.Duration(k)*502*time.Millisecond + 2*time.Millisecond
		check(t, "how long the connect took with retry "+itoa(k), connected[len(connected)-1].Wait(), want)
	}
	w := newWorld(t, setting{server: profiles.Windows(), crowd: profiles.Windows()})
	w.client("a", 0, netmodel.ClientConfig{})
	w.client("b", 10*time.Millisecond, netmodel.ClientConfig{})
	w.run(5 * time.Second)
	w.wantResult("b", netmodel.OutcomeRefused, netmodel.QueueFull, 2020*time.Millisecond)
}

func TestConnectPicksAnAddressAndPort(t *testing.T) {
	p := profiles.WSP()
	p.PortMin, p.PortMax = 3000, 3001
	s := newStage(t, p, 0)
	seen := map[netmodel.Addr]bool{}
	for range 4 {
		wantErr(t, "Connect", s.h.Connect(s.socket(), s.peer("server").addr), winsock.WSAEWOULDBLOCK)
		for _, seg := range s.h.Drain(nil) {
			seen[seg.Src] = true
		}
	}
	check(t, "addresses and ports in use", len(seen), 4)
	wantErr(t, "Connect when all are in use", s.h.Connect(s.socket(), s.peer("server").addr), winsock.WSAENOBUFS)

	fd, twin := s.socket(), s.socket()
	for _, fd := range []netmodel.FD{fd, twin} {
		s.set(fd, winsock.SO_REUSEADDR, 1)
		wantErr(t, "Bind", s.h.Bind(fd, netmodel.Addr{IP: otherIP, Port: 99}), 0)
	}
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	check(t, "source of a bound socket", s.h.Drain(nil)[0].Src, netmodel.Addr{IP: otherIP, Port: 99})
	wantErr(t, "Connect of its twin", s.h.Connect(twin, s.peer("server").addr), winsock.WSAEADDRINUSE)
	wild := s.bound(netmodel.AnyIP, 98)
	wantErr(t, "Connect", s.h.Connect(wild, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	check(t, "source of a socket bound to the wildcard", s.h.Drain(nil)[0].Src, netmodel.Addr{IP: hostIP, Port: 98})
}

func TestStrangeAnswersToASYN(t *testing.T) {
	s := newStage(t, profiles.WSP(), 0)
	fd := s.socket()
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	syn := s.h.Drain(nil)[0]
	back := netmodel.Segment{Src: syn.Dst, Dst: syn.Src, Seq: 50}
	for _, row := range []struct {
		why   string
		flags netmodel.Flags
		ack   uint32
		want  string
	}{
		{"an RST without ACK", netmodel.RST, 0, ""},
		{"an RST that acknowledges another SYN", netmodel.RST | netmodel.ACK, syn.Seq + 2, ""},
		{"a SYN of its own", netmodel.SYN, 0, ""},
		{"an ACK of an earlier connection", netmodel.ACK, syn.Seq - 5, "RST"},
		{"a SYN-ACK to another SYN", netmodel.SYN | netmodel.ACK, syn.Seq + 9, "RST"},
	} {
		back.Flags, back.Ack = row.flags, row.ack
		s.h.Deliver(back)
		got := ""
		for _, seg := range s.h.Drain(nil) {
			got += seg.Kind()
		}
		check(t, "answer to "+row.why, got, row.want)
		check(t, "Select after "+row.why, must(s.h.Select(fd)), netmodel.Ready{})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestClosingAConnectingSocketEndsTheAttempt(t *testing.T) {
	s := newStage(t, profiles.WSP(), 0)
	fd := s.socket()
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	syn := s.h.Drain(nil)[0]
	wantErr(t, "CloseSocket", s.close(fd), 0)
	if at, waits := s.h.Deadline(); waits {
		t.Errorf("Deadline() = %v, want none", at)
	}
	s.h.Deliver(netmodel.Segment{Src: syn.Dst, Dst: syn.Src, Seq: 50, Ack: syn.Seq + 1, Flags: netmodel.SYN | netmodel.ACK})
	got := s.h.Drain(nil)[0]
	check(t, "answer to the SYN-ACK", got.Kind(), "RST")
}

func TestScheduleWaits(t *testing.T) {
	for _, row := range []struct {
		s    netmodel.Schedule
		n    uint8
		want time.Duration
	}{
		{netmodel.Schedule{First: time.Second}, 0, time.Second},
		{netmodel.Schedule{First: time.Second}, 5, 32 * time.Second},
		{netmodel.Schedule{First: time.Second, Max: time.Minute}, 5, 32 * time.Second},
		{netmodel.Schedule{First: time.Second, Max: time.Minute}, 6, time.Minute},
		{netmodel.Schedule{First: time.Second, Max: time.Minute}, 20, time.Minute},
		{netmodel.Schedule{First: time.Minute, Max: time.Second}, 0, time.Second},
		{netmodel.Schedule{First: 3 * time.Second, Max: 4 * time.Second}, 1, 4 * time.Second},
	} {
		check(t, "Wait("+itoa(int(row.n))+")", row.s.Wait(row.n), row.want)
	}
}

func TestSecondConnectOfASocketIsRefusedAnew(t *testing.T) { // WS.T8 WS.T3
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(crowd)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	for attempt := range 2 {
		wantErr(t, "Connect", h.Connect(fd, to), winsock.WSAEWOULDBLOCK)
		n.Run(n.Now().Add(time.Second))
		code, _ := h.GetSockOpt(fd, winsock.SO_ERROR)
		if winsock.Errno(code) != winsock.WSAECONNREFUSED {
			t.Errorf("attempt %d: SO_ERROR = %v, want WSAECONNREFUSED", attempt+1, winsock.Errno(code))
		}
	}
}

func TestSecondRSTForOneSYNIsADuplicate(t *testing.T) { // WS.T3
	s := newStage(t, profiles.Windows(), 0)
	fd := s.socket()
	wantErr(t, "Connect", s.h.Connect(fd, s.peer("server").addr), winsock.WSAEWOULDBLOCK)
	syn := s.h.Drain(nil)[0]
	s.refuse(syn)
	s.h.Advance(ms(400))
	s.refuse(syn)
	s.h.Advance(ms(500))
	check(t, "SYNs 500 ms after the first RST", len(s.h.Drain(nil)), 1)
	s.refuse(syn) // it is late: the new SYN has the same number, so it counts
	s.h.Advance(ms(1000))
	check(t, "SYNs 500 ms after the third RST", len(s.h.Drain(nil)), 1)
}
