package netmodel_test

import (
	"fmt"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// named returns some profiles that the table of ready-made ones has.
func named(t *testing.T, names ...string) []netmodel.Profile {
	t.Helper()
	var found []netmodel.Profile
	for _, name := range names {
		p, ok := profiles.ByName(name)
		if !ok {
			t.Fatalf("ProfileByName(%q) was not found", name)
		}
		found = append(found, p)
	}
	return found
}

// unsynced are the stacks whose half-open connections have a queue of their own and
// that ignore a SYN which finds the accept queue full.
var unsynced = []string{"freebsd4", "netbsd", "openbsd", "illumos", "solaris9", "gvisor", "netstack"}

func TestHalfOpenConnectionsTakePlacesInOnePool(t *testing.T) { // ST.1
	for _, row := range []struct {
		name       string
		asked, fit int
	}{
		{"bsd4.2", 5, 8}, {"bsd4.4", 5, 8}, {"macosx10.2", 5, 8}, {"aix5", 5, 8}, {"hpux11", 5, 7}, {"lwip", 5, 5},
	} {
		p := named(t, row.name)[0]
		s := listening(t, p, row.asked)
		s.open("a")
		for i := range row.fit - 1 {
			s.half("h" + itoa(i))
		}
		check(t, p.Name+": SYN when half-open ones fill the pool", s.syn("z"), "")
		check(t, p.Name+": rule", s.rule(s.last(netmodel.RequestIgnored)), "ST.1")
		s.rst("h0")
		check(t, p.Name+": SYN when one of them is gone", s.synAgain("z"), "SYN-ACK")
		check(t, p.Name+": final ACK: its place was taken at the SYN", s.ack("z"), "")
		check(t, p.Name+": accept", s.accept(), "a")
		check(t, p.Name+": accept", s.accept(), "z")
	}
}

func TestGoFakeNetHoldsBackWhoFindsNoRoom(t *testing.T) { // ST.2
	p := profiles.GoFakeNet()
	p.Backlog.Min, p.Backlog.Max = 2, 2
	s := listening(t, p, 1)
	s.open("a", "b")
	for _, name := range []string{"c", "d", "e", "f"} {
		check(t, "SYN of "+name, s.syn(name), "")
	}
	check(t, "rule", s.rule(s.last(netmodel.RequestHeld)), "ST.2")
	check(t, "RST of d, who waits", s.rst("d"), "")
	s.wait(time.Hour) // no timers
	check(t, "c hears", s.heard("c"), "")
	for _, step := range []struct{ accepted, admitted string }{{"a", "c"}, {"b", "e"}, {"c", "f"}} {
		check(t, "accept", s.accept(), step.accepted)
		check(t, step.admitted+" hears", s.heard(step.admitted), "SYN-ACK")
		check(t, "final ACK", s.ack(step.admitted), "")
	}
	for _, want := range []string{"e", "f", "WSAEWOULDBLOCK"} {
		check(t, "accept: first come, first served", s.accept(), want)
	}
}

func TestGoFakeNetLetsClientsReadTheEndWhenItsListenerCloses(t *testing.T) { // ST.2
	p := profiles.GoFakeNet()
	p.Backlog.Min, p.Backlog.Max = 1, 1
	s := listening(t, p, 1)
	s.open("a")
	check(t, "SYN of b", s.syn("b"), "")
	wantErr(t, "CloseSocket", s.close(s.fd), 0)
	check(t, "a, who was complete, hears", s.heard("a"), "FIN")
	check(t, "b, who was held back, hears", s.heard("b"), "RST")
	check(t, "FIN of a", s.fin("a"), "ACK")
}

func TestAFullSynCacheForgetsTheOldest(t *testing.T) { // ST.3
	for _, p := range named(t, "freebsd", "freebsd4", "netbsd", "openbsd") {
		p.SynQueue.Max = 3
		p.SynQueue.Cookies = netmodel.CookiesNever
		s := listening(t, p, 5)
		s.half("a", "b", "c")
		s.rst("b")
		s.half("d", "e")
		check(t, p.Name+": cause", s.last(netmodel.Withdrawn).Cause, netmodel.Evicted)
		check(t, p.Name+": rule", s.rule(s.last(netmodel.Withdrawn)), "ST.3")
		check(t, p.Name+": a hears of it", s.heard("a"), "")
		check(t, p.Name+": final ACK of a", s.ack("a"), "RST")
		for _, name := range []string{"c", "d", "e"} {
			check(t, p.Name+": final ACK of "+name, s.ack(name), "")
		}
	}
}

func TestListenersShareOneSynCache(t *testing.T) { // ST.3
	p := profiles.NetBSD()
	p.SynQueue.Max = 3
	s := listening(t, p, 5)
	other := s.bound(netmodel.AnyIP, port+1)
	wantErr(t, "Listen", s.h.Listen(other, 5), 0)
	s.half("a", "b")
	for i := range 3 { // the first fills the cache, the others evict a and b
		s.h.Deliver(netmodel.Segment{
			Src: netmodel.Addr{IP: netmodel.IPv4(10, 3, 0, byte(i)), Port: 1}, Dst: netmodel.Addr{IP: hostIP, Port: port + 1}, Flags: netmodel.SYN,
		})
		s.pump()
	}
	q, _ := s.h.Queue(s.fd)
	check(t, "half-open at the first listener", q.HalfOpen, 0)
	q, _ = s.h.Queue(other)
	check(t, "half-open at the second", q.HalfOpen, 3)
	check(t, "final ACK of b", s.ack("b"), "RST")
}

func TestDarwinForgetsAHalfOpenConnectionForANewOne(t *testing.T) { // ST.3
	victims := map[string]int{}
	for seed := range uint64(40) {
		s := &stage{t: t, peers: map[string]*peer{}, fds: map[string]netmodel.FD{}}
		s.h = netmodel.NewHost(netmodel.HostConfig{Profile: profiles.Darwin(), Addrs: []netmodel.IP{hostIP}, Seed: seed})
		wantErr(t, "Startup()", s.h.Startup(), 0)
		s.fd = s.bound(netmodel.AnyIP, port)
		s.listen(4)
		s.open("a")
		s.half("b", "c", "d")
		s.half("e") // full, and yet answered
		gone := s.last(netmodel.Withdrawn)
		check(t, "cause", gone.Cause, netmodel.Evicted)
		victims[s.name(gone.Conn)]++
		check(t, "its final ACK", s.ack(s.name(gone.Conn)), "RST")
	}
	if len(victims) != 3 || victims["b"]+victims["c"]+victims["d"] != 40 {
		t.Errorf("victims of 40 evictions: %v, want some of each half-open one and no other", victims)
	}
	s := listening(t, profiles.Darwin(), 2)
	s.open("a", "b")
	check(t, "SYN when all are complete", s.syn("c"), "")
}

func TestIllumosEvictsWhoHasTimedOutAndNobodyElse(t *testing.T) { // ST.3
	p := exact(profiles.Illumos())
	p.SynQueue.Limit.Add = 1 // three half-open ones with listen(1)
	s := listening(t, p, 1)
	s.half("a", "b", "c")
	check(t, "SYN of d while nobody has timed out", s.syn("d"), "")
	check(t, "cause", s.last(netmodel.RequestIgnored).Cause, netmodel.SynQueueFull)
	s.wait(1125 * time.Millisecond)
	check(t, "SYN of d afterwards", s.synAgain("d"), "SYN-ACK")
	check(t, "victim", s.name(s.last(netmodel.Withdrawn).Conn), "a")
}

func TestAcceptReportsAbortedOnTheBerkeleyKin(t *testing.T) { // ST.4
	for _, p := range named(t, "freebsd", "freebsd4", "netbsd", "openbsd", "illumos", "solaris9") {
		s := listening(t, p, 100)
		s.open("a", "b")
		s.rst("a")
		q, _ := s.h.Queue(s.fd)
		check(t, p.Name+": it keeps its place: queued", q.Complete, 2)
		check(t, p.Name+": rule", s.rule(s.last(netmodel.AbortedPending)), "ST.4")
		check(t, p.Name+": accept", s.accept(), "WSAECONNABORTED")
		check(t, p.Name+": accept", s.accept(), "b")
		check(t, p.Name+": accept", s.accept(), "WSAEWOULDBLOCK")
	}
}

func TestAcceptWithoutADescriptorLosesTheConnection(t *testing.T) { // ST.5
	for _, p := range named(t, "linux2.2", "linux2.4", "darwin", "lwip", "gvisor", "netstack") {
		s := listeningWith(t, p, 10, 9)
		s.open("a", "b", "c")
		check(t, p.Name+": data of b", s.data("b", 3), "ACK")
		files := s.exhaust()
		check(t, p.Name+": accept", s.accept(), "WSAEMFILE")
		check(t, p.Name+": a is closed", s.heard("a"), "FIN")
		check(t, p.Name+": cause", s.last(netmodel.Withdrawn).Cause, netmodel.LostForDescriptor)
		check(t, p.Name+": rule", s.rule(s.last(netmodel.Withdrawn)), "ST.5")
		check(t, p.Name+": accept", s.accept(), "WSAEMFILE")
		check(t, p.Name+": b, with data unread, is reset", s.heard("b"), "RST")
		wantErr(t, "CloseFile", s.h.CloseFile(files[0]), 0)
		check(t, p.Name+": accept", s.accept(), "c")
		check(t, p.Name+": accept with an empty queue", s.accept(), "WSAEWOULDBLOCK")
	}
}

func TestAcceptWithoutADescriptorKeepsTheConnectionElsewhere(t *testing.T) { // K9
	for _, p := range named(t, "linux2.6.20", "linux4.3", "linux", "freebsd", "freebsd4", "netbsd", "openbsd", "illumos", "bsd4.2", "bsd4.4") {
		s := listeningWith(t, p, 5, 9)
		s.open("a", "b")
		files := s.exhaust()
		check(t, p.Name+": accept", s.accept(), "WSAEMFILE")
		check(t, p.Name+": a hears", s.heard("a"), "")
		wantErr(t, "CloseFile", s.h.CloseFile(files[0]), 0)
		check(t, p.Name+": accept", s.accept(), "a")
	}
}

func TestAFullLinuxQueueLetsTwoYoungOnesIn(t *testing.T) { // ST.6
	for _, row := range []struct {
		profile netmodel.Profile
		first   time.Duration // the wait after which they are no longer young
	}{
		{profiles.Linux24(), 3 * time.Second}, {profiles.Linux2620(), 3 * time.Second}, {profiles.Linux43(), time.Second},
	} {
		p := exact(row.profile)
		s := listening(t, p, 5) // so that half-open ones have room for both rounds
		s.openMany(6)
		for round, names := range [][3]string{{"e", "f", "g"}, {"h", "i", "j"}} { // F10: two a wait
			what := fmt.Sprintf("%s, round %d", p.Name, round+1)
			s.half(names[0], names[1])
			check(t, what+": final ACK", s.ack(names[0]), "")
			check(t, what+": SYN while two are young", s.syn(names[2]), "")
			s.wait(row.first)
		}
		s.wantSS(p.Name+": nobody has joined", 6, 5)
	}
	s := listening(t, profiles.Linux410(), 3)
	s.open("a", "b", "c", "d")
	check(t, "linux4.10: SYN at a full queue", s.syn("e"), "")
}

func TestFreeBSDAnswersEverySynAndResetsTheFinalAck(t *testing.T) { // ST.7
	s := listening(t, profiles.FreeBSD(), 2)
	s.open("a", "b", "c", "d") // floor(3*2/2) + 1
	s.half("e")                // connect succeeds there
	check(t, "final ACK of e", s.ack("e"), "RST")
	check(t, "cause", s.last(netmodel.ResetPending).Cause, netmodel.AckOverflow)
	check(t, "rule", s.rule(s.last(netmodel.ResetPending)), "ST.7")
	s.wantQueue("afterwards", "a b c d")

	w := newWorld(t, setting{server: profiles.FreeBSD(), crowd: exact(profiles.FreeBSD()), backlog: 2})
	w.crowdOf(5, 10*time.Millisecond, netmodel.ClientConfig{})
	w.run(time.Second)
	w.wantResult("c5", netmodel.OutcomeReset, netmodel.AckOverflow, 44*time.Millisecond) // 40, and four ways of 1 ms
}

func TestFreeBSDMayForgetTheFinalAckInstead(t *testing.T) { // ST.8
	s := listening(t, tuned(t, profiles.FreeBSD(), "net.inet.tcp.syncache.rst_on_sock_fail", "0"), 2)
	s.open("a", "b", "c", "d")
	s.half("e")
	check(t, "final ACK of e", s.ack("e"), "")
	check(t, "what follows", s.data("e", 1), "RST")
}

func TestFreeBSD4ForgetsTheFinalAckOfABurst(t *testing.T) { // ST.8
	s := listening(t, profiles.FreeBSD4(), 2)
	s.half("a", "b", "c", "d", "e") // the queue is empty yet
	for _, name := range []string{"a", "b", "c", "d"} {
		check(t, "final ACK of "+name, s.ack(name), "")
	}
	check(t, "final ACK of e", s.ack("e"), "")
	check(t, "cause", s.last(netmodel.Withdrawn).Cause, netmodel.AckOverflow)
	check(t, "rule", s.rule(s.last(netmodel.Withdrawn)), "ST.8")
	s.wantQueue("a burst reaches floor(3n/2) + 1", "a b c d")
	check(t, "what follows of e", s.data("e", 1), "RST")
	check(t, "a SYN meanwhile", s.syn("f"), "")
}

func TestIllumosAdmitsEveryFinalAck(t *testing.T) { // ST.9
	limited := profiles.Illumos()
	limited.AtAck = netmodel.Limit{} // AdmitAck alone does it, too
	for _, p := range []netmodel.Profile{profiles.Illumos(), limited} {
		s := listening(t, p, 1) // two places
		s.half("a", "b", "c", "d")
		for _, name := range []string{"d", "c", "b", "a"} {
			check(t, "final ACK of "+name, s.ack(name), "")
		}
		q, _ := s.h.Queue(s.fd)
		check(t, "queued, beyond the limit", q.Complete, 4)
		check(t, "limit", q.Limit, 2)
		check(t, "SYN", s.syn("e"), "")
		for _, want := range []string{"d", "c", "b", "a", "WSAEWOULDBLOCK"} {
			check(t, "accept", s.accept(), want)
		}
	}
}

func TestATLIListenerDefersWhoFindsNoRoom(t *testing.T) { // ST.9
	p := profiles.Illumos()
	p.AtAck, p.OnAckFull = netmodel.Limit{}, netmodel.DeferAck
	s := listening(t, p, 1)
	s.half("a", "b", "c", "d", "e")
	for _, name := range []string{"e", "d", "c", "b"} {
		check(t, "final ACK of "+name, s.ack(name), "")
	}
	s.wantQueue("b and c wait outside, complete", "e d c b (a)")
	q, _ := s.h.Queue(s.fd)
	check(t, "queued", q.Complete, 2)
	check(t, "data of c meanwhile", s.data("c", 4), "ACK")
	s.rst("b")
	for _, want := range []string{"e", "d", "c"} { // c moves up when e has left
		check(t, "accept, in order of completion", s.accept(), want)
	}
	n, err := s.h.Receive(s.fds["c"], 10)
	wantErr(t, "Receive", err, 0)
	check(t, "bytes of c", n, 4)
}
