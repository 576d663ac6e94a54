package netmodel_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// refusedAt starts a client against a listener that is always full and returns
// when each of its attempts was refused.
func refusedAt(t *testing.T, seed uint64, r netmodel.Retry) []sim.Time {
	t.Helper()
	w := newWorld(t, setting{seed: seed})
	w.client("first", 0, netmodel.ClientConfig{})
	w.client("a", time.Second, netmodel.ClientConfig{Retry: r})
	w.run(later)
	var at []sim.Time
	for _, f := range w.n.Results() {
		if f.Client == 2 {
			check(t, "outcome", f.Outcome, netmodel.OutcomeRefused)
			check(t, "attempt", f.Attempt, len(at)+1)
			at = append(at, f.At)
		}
	}
	return at
}

func TestRetryPolicies(t *testing.T) {
	for _, row := range []struct {
		why   string
		retry netmodel.Retry
		want  []sim.Time // after the first refusal, without the 2 ms of each round trip
	}{
		{"none", netmodel.Retry{}, nil},
		{"fixed", netmodel.Retry{Attempts: 3, Delay: 100 * time.Millisecond}, []sim.Time{ms(100), ms(200), ms(300)}},
		{"fixed, as factor 1", netmodel.Retry{Attempts: 2, Delay: 100 * time.Millisecond, Factor: 1}, []sim.Time{ms(100), ms(200)}},
		{"exponential", netmodel.Retry{Attempts: 4, Delay: 100 * time.Millisecond, Factor: 2}, []sim.Time{ms(100), ms(300), ms(700), ms(1500)}},
		{"exponential with a ceiling", netmodel.Retry{Attempts: 4, Delay: 100 * time.Millisecond, Factor: 3, Max: 250 * time.Millisecond}, []sim.Time{ms(100), ms(350), ms(600), ms(850)}},
		{"at once", netmodel.Retry{Attempts: 2}, []sim.Time{0, 0}},
	} {
		got := refusedAt(t, 1, row.retry)
		check(t, row.why+": attempts", len(got), len(row.want)+1)
		for i, want := range row.want {
			check(t, row.why+": refusal "+itoa(i+2), got[i+1], ms(1002)+want+ms(2*(i+1)))
		}
	}
}

func TestJitterShortensThePause(t *testing.T) {
	retry := netmodel.Retry{Attempts: 1, Delay: time.Second, Jitter: sim.Ratio{Num: 1, Den: 2}}
	seen := map[sim.Time]bool{}
	for seed := range uint64(50) {
		at := refusedAt(t, seed, retry)
		pause := at[1] - at[0] - ms(2)
		if pause < ms(500) || pause > ms(1000) {
			t.Errorf("pause with seed %d: %v, want 500 ms to 1 s", seed, pause)
		}
		seen[pause] = true
	}
	if len(seen) < 45 {
		t.Errorf("%d different pauses in 50 runs, want nearly 50", len(seen))
	}
}

func TestLongRetryPausesDoNotOverflow(t *testing.T) {
	w := newWorld(t, setting{})
	w.client("first", 0, netmodel.ClientConfig{})
	w.client("a", time.Second, netmodel.ClientConfig{Retry: netmodel.Retry{Attempts: 40, Delay: time.Hour, Factor: 10}})
	w.run(100 * 24 * 365 * time.Hour)
	offered, _ := w.n.Tally()
	check(t, "attempts", offered, 42)
}

func TestRetryEndsWithSuccess(t *testing.T) {
	w := newWorld(t, setting{})
	w.client("first", 0, netmodel.ClientConfig{})
	w.client("a", 10*time.Millisecond, netmodel.ClientConfig{Retry: netmodel.Retry{Attempts: 10, Delay: time.Second}})
	check(t, "Accept", w.accept(2500*time.Millisecond), "first")
	check(t, "Accept", w.accept(later), "a#4")
	w.wantTally(5, 2, 3, 0, 0, 0)
	check(t, "attempt", w.result("a#4").Attempt, 4)
	check(t, "retries", len(w.records(netmodel.Retries)), 3)
}

func TestGivingUpWhileQueued(t *testing.T) {
	for _, row := range []struct {
		hard bool
		want string
	}{
		{false, "a"}, // accepted, and the stream ends at once
		{true, "WSAECONNRESET"},
	} {
		w := newWorld(t, setting{})
		w.client("a", 0, netmodel.ClientConfig{GiveUp: time.Second, GiveUpHard: row.hard})
		check(t, "Accept", w.accept(2*time.Second), row.want)
		w.run(later)
		w.wantResult("a", netmodel.OutcomeGaveUp, netmodel.ClientGaveUp, time.Second)
		if row.hard {
			continue
		}
		n, err := w.host().Receive(w.fd+1, 1)
		wantErr(t, "Receive", err, 0)
		check(t, "Receive", n, 0)
	}
}

func TestGivingUpWhileConnecting(t *testing.T) {
	w := newWorld(t, setting{link: netmodel.Link{Loss: sim.Ratio{Num: 1, Den: 1}}})
	w.client("a", 0, netmodel.ClientConfig{GiveUp: time.Second})
	w.run(later)
	w.wantResult("a", netmodel.OutcomeGaveUp, netmodel.ClientGaveUp, time.Second)
	check(t, "SYNs", len(w.records(netmodel.Lost)), 1)
}

func TestGiveUpTimeEndsWithTheConnection(t *testing.T) {
	w := newWorld(t, setting{})
	w.client("a", 0, netmodel.ClientConfig{GiveUp: time.Second})
	check(t, "Accept", w.accept(100*time.Millisecond), "a")
	wantErr(t, "CloseSocket", w.host().CloseSocket(w.fd+1), 0)
	w.run(later)
	check(t, "clients that gave up", len(w.records(netmodel.GaveUp)), 0)
	w.wantTally(1, 1, 0, 0, 0, 0)
}

func TestEveryOutcomeHasACause(t *testing.T) { // R4
	silent := profiles.WSP()
	silent.OnFull = netmodel.IgnoreWhenFull
	for _, row := range []struct {
		why     string
		server  netmodel.Profile
		do      func(w *world)
		outcome netmodel.Outcome
		cause   netmodel.Cause
	}{
		{"accepted", profiles.WSP(), func(w *world) { w.accept(time.Second) }, netmodel.OutcomeAccepted, netmodel.AcceptedByProgram},
		{"refused: full", profiles.WSP(), func(w *world) { w.rival() }, netmodel.OutcomeRefused, netmodel.QueueFull},
		{"timed out: ignored when full", silent, func(w *world) { w.rival() }, netmodel.OutcomeTimedOut, netmodel.QueueFull},
		{"refused: nobody listens", profiles.WSP(), func(w *world) { _ = w.host().CloseSocket(w.fd) }, netmodel.OutcomeRefused, netmodel.NoListener},
		{"refused: paused", profiles.WSP(), func(w *world) { _ = w.host().SetSockOpt(w.fd, winsock.SO_PAUSE_ACCEPT, 1) }, netmodel.OutcomeRefused, netmodel.Paused},
		{"timed out: cut", profiles.WSP(), func(w *world) { w.n.Cut(w.server, w.crowd, true) }, netmodel.OutcomeTimedOut, netmodel.NoAnswer},
		{"timed out: no buffers", profiles.WSP(), func(w *world) { w.host().SetFault(netmodel.FaultNoBuffers, true) }, netmodel.OutcomeTimedOut, netmodel.OutOfBuffers},
		{"reset: the listener closes", profiles.WSP(), func(w *world) { w.run(time.Second); _ = w.host().CloseSocket(w.fd) }, netmodel.OutcomeReset, netmodel.ListenerClosed},
		{"reset: rejected", profiles.WSP(), func(w *world) {
			w.run(time.Second)
			_, _ = w.host().AcceptIf(w.fd, deciding(winsock.CF_REJECT))
		}, netmodel.OutcomeReset, netmodel.Rejected},
		{"reset: cleanup", profiles.WSP(), func(w *world) { w.run(time.Second); _ = w.host().Cleanup() }, netmodel.OutcomeReset, netmodel.ListenerClosed},
		{"pending", profiles.WSP(), func(*world) {}, netmodel.OutcomePending, netmodel.NoCause},
	} {
		w := newWorld(t, setting{server: row.server})
		w.n.AddClients(netmodel.ClientConfig{Name: "a", Host: w.crowd, To: w.to}, 1)
		w.n.Start(1, time.Millisecond)
		row.do(w)
		if _, both := w.n.ClientByName("b"); both {
			w.n.Start(2, 0) // takes the place before a
		}
		w.run(later)
		f := w.result("a")
		if f.Outcome != row.outcome || f.Cause != row.cause {
			t.Errorf("%s: %v (%v), want %v (%v)", row.why, f.Outcome, f.Cause, row.outcome, row.cause)
		}
		w.wantDecided(row.why, f)
	}
}

// rival adds the client b, which the test starts.
func (w *world) rival() {
	w.n.AddClients(netmodel.ClientConfig{Name: "b", Host: w.crowd, To: w.to}, 1)
}

// wantDecided checks the records that a result names.
func (w *world) wantDecided(why string, f netmodel.AttemptResult) {
	w.t.Helper()
	if f.Outcome == netmodel.OutcomePending {
		return
	}
	if f.Record == 0 || f.Record > uint64(len(w.log)) || w.log[f.Record-1].At != f.At {
		w.t.Errorf("%s: record %d decided the outcome at %v, want a record of that time", why, f.Record, f.At)
		return
	}
	if f.Decision > 0 && w.log[f.Decision-1].Host != w.server {
		w.t.Errorf("%s: record %d led to it and is not the server's", why, f.Decision)
	}
}

// In every history, each attempt has one outcome, the counts add up, and all invariants
// hold.
func TestAttemptsAreConserved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(profiles.All()).Draw(rt, "profile")
		slots := rapid.SampledFrom([]netmodel.Slots{netmodel.SlotsFilled, netmodel.SlotsOwnDescriptor, netmodel.SlotsFree}).Draw(rt, "slots")
		if !p.SynQueue.Separate {
			p.Slots = slots
		} else {
			p.OnAckFull = netmodel.OnAckFull(rapid.IntRange(0, int(netmodel.DeferAck)).Draw(rt, "ack full"))
			p.SynQueue.Cookies = netmodel.Cookies(rapid.IntRange(0, int(netmodel.CookiesForEvicted)).Draw(rt, "cookies"))
			p.SynQueue.Evicts = rapid.Bool().Draw(rt, "SYN queue full")
			p.SynQueue.Victim = netmodel.Victim(rapid.IntRange(0, int(netmodel.VictimTimedOut)).Draw(rt, "victim"))
		}
		p.Aborted = netmodel.Aborted(rapid.IntRange(0, int(netmodel.AbortedNoAddress)).Draw(rt, "aborted"))
		p.Relisten = netmodel.Relisten(rapid.IntRange(0, int(netmodel.RelistenRejects)).Draw(rt, "relisten"))
		p.CloseListener = netmodel.CloseListener(rapid.IntRange(0, int(netmodel.CloseFinishes)).Draw(rt, "close"))
		p.StarvedLoses = rapid.Bool().Draw(rt, "starved")
		p.CloseHoldsDescriptor = rapid.Bool().Draw(rt, "close holds")
		link := rough()
		link.Loss.Num = rapid.Uint32Range(0, 5).Draw(rt, "loss")
		w := newWorld(t, setting{seed: rapid.Uint64().Draw(rt, "seed"), server: p, backlog: 3, descriptors: 6, link: link})
		clients := rapid.IntRange(1, 30).Draw(rt, "clients")
		w.crowdOf(clients, 5*time.Millisecond, netmodel.ClientConfig{
			Send: rapid.IntRange(0, 5).Draw(rt, "bytes"), GiveUp: time.Second, GiveUpHard: rapid.Bool().Draw(rt, "hard"),
			Retry: netmodel.Retry{Attempts: 2, Delay: 100 * time.Millisecond},
		})
		var open []netmodel.FD
		for i := range rapid.IntRange(0, 40).Draw(rt, "calls") {
			w.run(time.Duration(i) * 20 * time.Millisecond)
			switch rapid.IntRange(0, 4).Draw(rt, "call") {
			case 0, 1:
				if a, err := w.host().Accept(w.fd); err == nil {
					open = append(open, a.FD)
				}
			case 2:
				_ = w.host().Listen(w.fd, rapid.IntRange(0, 5).Draw(rt, "backlog"))
			case 3:
				if len(open) > 0 {
					_ = w.host().CloseSocket(open[0])
					open = open[1:]
				}
			case 4:
				w.n.Cut(w.server, w.crowd, rapid.Bool().Draw(rt, "cut"))
			}
		}
		_ = w.host().CloseSocket(w.fd)
		w.run(time.Hour)
		offered, by := w.n.Tally()
		sum := 0
		for _, n := range by {
			sum += n
		}
		if offered < clients || sum != offered || by[netmodel.OutcomePending] != 0 {
			rt.Errorf("Tally() = %d, %v: want at least %d offered, as many outcomes, none pending at the end", offered, by, clients)
		}
	})
}

func TestClientsHaveNames(t *testing.T) {
	w := newWorld(t, setting{})
	first := w.crowdOf(3, time.Second, netmodel.ClientConfig{})
	check(t, "ClientName", w.n.ClientName(first+2), "c3")
	id, ok := w.n.ClientByName("c2")
	check(t, "ClientByName", id, first+1)
	check(t, "ClientByName", ok, true)
	_, ok = w.n.ClientByName("c4")
	check(t, "ClientByName of nobody", ok, false)
	check(t, "ConnName of nobody", w.n.ConnName(0)+w.n.ConnName(99), "")
	check(t, "Result of nobody", w.n.Result(99), netmodel.AttemptResult{})
	check(t, "CloseClient before it began", w.n.CloseClient(first, false), false)
}

func TestCloseClientEndsItsAttempt(t *testing.T) {
	for _, hard := range []bool{false, true} {
		w := newWorld(t, setting{backlog: 2})
		a := w.client("a", 0, netmodel.ClientConfig{})
		b := w.client("b", 5*time.Millisecond, netmodel.ClientConfig{})
		check(t, "Accept", w.accept(time.Second), "a")
		check(t, "CloseClient", w.n.CloseClient(a, hard), true)
		check(t, "CloseClient", w.n.CloseClient(b, hard), true)
		check(t, "CloseClient again", w.n.CloseClient(b, hard), false)
		w.run(2 * time.Second)
		_, err := w.host().Receive(w.fd+1, 1)
		want := map[bool]winsock.Errno{false: 0, true: winsock.WSAECONNRESET}[hard]
		wantErr(t, "Receive", err, want)
		check(t, "outcome of a", w.result("a").Outcome, netmodel.OutcomeAccepted)
		check(t, "outcome of b", w.result("b").Outcome, netmodel.OutcomeGaveUp)
	}
}

func TestClientWithoutAPortGivesUp(t *testing.T) {
	w := newWorld(t, setting{})
	p := profiles.WSP()
	p.PortMin, p.PortMax = 2000, 2000
	small := w.n.AddHost("small", netmodel.HostConfig{Profile: p})
	first := w.n.AddClients(netmodel.ClientConfig{Name: "s", Host: small, To: w.to}, 2)
	w.n.Start(first, 0)
	w.n.Start(first+1, 0)
	w.n.Start(first, 0) // while it is still at it: nothing
	w.run(time.Second)
	w.wantResult("s2", netmodel.OutcomeGaveUp, netmodel.NoPortLeft, 0)
	check(t, "code", w.records(netmodel.ConnectFailed)[0].Errno, winsock.WSAENOBUFS)
	offered, _ := w.n.Tally()
	check(t, "attempts", offered, 2)
}

func TestALateSilenceIsNotBlamedOnTheQueue(t *testing.T) {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(fd, netmodel.Addr{Port: 80})
	_ = h.Listen(fd, 1)
	n.CutOneWay(server, crowd, true)
	id := n.AddClients(netmodel.ClientConfig{Name: "a", Host: crowd, To: netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}}, 1)
	n.Start(id, 0)
	n.Run(sim.Time(time.Minute))
	if f := n.Result(1); f.Outcome != netmodel.OutcomeTimedOut || f.Cause != netmodel.NoAnswer {
		t.Errorf("outcome = %v (%v), want timed out, no SYN was answered: the SYN was queued, but the answers were lost", f.Outcome, f.Cause)
	}
}

func TestGivingUpIsDecidedByTheClientAlone(t *testing.T) {
	n := netmodel.NewNetwork(1)
	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
	h := n.Host(server)
	fd, _ := h.Socket(winsock.SOCK_STREAM)
	_ = h.Bind(fd, netmodel.Addr{Port: 80})
	_ = h.Listen(fd, 1)
	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
	n.Start(n.AddClients(netmodel.ClientConfig{Name: "a", Host: crowd, To: to, GiveUp: time.Second}, 1), 0)
	n.Run(sim.Time(time.Minute))
	if f := n.Result(1); f.Outcome != netmodel.OutcomeGaveUp || f.Decision != 0 || f.Record == 0 {
		t.Errorf("outcome = %v, Decision %d, Record %d: want gave up, by no record of the listener", f.Outcome, f.Decision, f.Record)
	}
}

func TestClientCanHaveItsOwnTCP(t *testing.T) { // WS.T7
	w := newWorld(t, setting{crowd: profiles.Windows()})
	w.client("first", 0, netmodel.ClientConfig{})
	fast := netmodel.Client{Syn: netmodel.Schedule{First: time.Second}}
	w.client("a", time.Second, netmodel.ClientConfig{TCP: &fast})
	w.client("b", time.Second, netmodel.ClientConfig{})
	w.run(later)
	w.wantResult("a", netmodel.OutcomeRefused, netmodel.QueueFull, 1002*time.Millisecond)
	w.wantResult("b", netmodel.OutcomeRefused, netmodel.QueueFull, 3010*time.Millisecond) // four times 502 ms later
}
