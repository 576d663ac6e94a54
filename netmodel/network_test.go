package netmodel_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// later is a moment after which nothing happens any more in these worlds.
const later = 10 * time.Minute

func TestLatencyIsExact(t *testing.T) {
	w := newWorld(t, setting{link: netmodel.Link{Latency: 25 * time.Millisecond}})
	w.client("a", time.Second, netmodel.ClientConfig{})
	w.run(later)
	queued, completed, connected := w.records(netmodel.RequestQueued), w.records(netmodel.Completed), w.records(netmodel.Connected)
	check(t, "SYN arrives", queued[0].At, ms(1025))
	check(t, "connected", connected[0].At, ms(1050))
	check(t, "complete", completed[0].At, ms(1075))
}

func TestLinksDifferByPair(t *testing.T) {
	w := newWorld(t, setting{})
	near := w.n.AddHost("near", netmodel.HostConfig{Profile: profiles.WSP()})
	w.n.SetLink(w.server, near, netmodel.Link{Latency: 5 * time.Millisecond})
	id := w.n.AddClients(netmodel.ClientConfig{Name: "n", Host: near, To: w.to}, 1)
	w.n.Start(id, 0)
	w.run(later)
	check(t, "SYN arrives", w.records(netmodel.RequestQueued)[0].At, ms(5))
	check(t, "HostName", w.n.HostName(near), "near")
	check(t, "HostName of nobody", w.n.HostName(99), "")
	check(t, "HostAddr", netmodel.HostAddr(near, 258).String(), "10.3.1.2")
}

func TestJitterKeepsOrder(t *testing.T) {
	link := netmodel.Link{Latency: time.Millisecond, Jitter: sim.Uniform{Min: 0, Max: 50 * time.Millisecond}}
	for seed := range uint64(20) {
		w := newWorld(t, setting{seed: seed, link: link})
		id := w.client("a", 0, netmodel.ClientConfig{})
		w.run(200 * time.Millisecond)
		for range 20 {
			wantErr(t, "SendClient", w.n.SendClient(id, 1), 0)
		}
		w.run(300 * time.Millisecond)
		a, err := w.host().Accept(w.fd)
		wantErr(t, "Accept", err, 0)
		n, err := w.host().Receive(a.FD, 100)
		wantErr(t, "Receive", err, 0)
		check(t, "bytes after the longest delay, none sent again", n, 20)
	}
}

func TestJitterIsDrawnFromItsDistribution(t *testing.T) {
	link := netmodel.Link{Latency: 10 * time.Millisecond, Jitter: sim.Uniform{Min: 0, Max: 4 * time.Millisecond}}
	w := newWorld(t, setting{backlog: 200, link: link})
	w.crowdOf(200, time.Second, netmodel.ClientConfig{})
	w.run(later)
	var sum, most time.Duration
	least := time.Hour
	queued := w.records(netmodel.RequestQueued)
	for i, r := range queued {
		d := r.At.Sub(sim.Time(i) * sim.Time(time.Second))
		sum, least, most = sum+d, min(least, d), max(most, d)
	}
	mean := sum / time.Duration(len(queued))
	if least < 10*time.Millisecond || most > 14*time.Millisecond || mean < 11700*time.Microsecond || mean > 12300*time.Microsecond {
		t.Errorf("200 delays: %v to %v, mean %v, want 10ms to 14ms, mean about 12ms", least, most, mean)
	}
}

func TestLossOfEverythingTimesOut(t *testing.T) {
	w := newWorld(t, setting{link: netmodel.Link{Loss: sim.Ratio{Num: 1, Den: 1}}})
	w.client("a", 0, netmodel.ClientConfig{})
	w.run(later)
	w.wantResult("a", netmodel.OutcomeTimedOut, netmodel.NoAnswer, 21*time.Second)
	check(t, "segments lost", len(w.records(netmodel.Lost)), 3)
	check(t, "why", w.records(netmodel.Lost)[0].Cause, netmodel.LinkLost)
}

func TestLossIsAsLikelyAsItSays(t *testing.T) {
	w := newWorld(t, setting{backlog: 200, link: netmodel.Link{Loss: sim.Ratio{Num: 1, Den: 4}}})
	w.crowdOf(1000, time.Second, netmodel.ClientConfig{GiveUp: 2 * time.Second})
	w.run(2000 * time.Second)
	syns := 0
	for _, r := range w.records(netmodel.Lost) {
		if netmodel.Flags(r.Value) == netmodel.SYN && r.Host == w.crowd {
			syns++
		}
	}
	if syns < 210 || syns > 290 {
		t.Errorf("%d of 1000 SYNs lost with a chance of 1/4, want about 250", syns)
	}
}

func TestDuplicatesChangeNothing(t *testing.T) {
	for seed := range uint64(10) {
		w := newWorld(t, setting{seed: seed, backlog: 5, link: netmodel.Link{
			Latency: time.Millisecond, Duplicate: sim.Ratio{Num: 1, Den: 1}, Jitter: sim.Uniform{Min: 0, Max: time.Millisecond}}})
		w.crowdOf(6, 100*time.Millisecond, netmodel.ClientConfig{Send: 7})
		w.run(2 * time.Second)
		for range 5 {
			a, err := w.host().Accept(w.fd)
			wantErr(t, "Accept", err, 0)
			n, err := w.host().Receive(a.FD, 100)
			wantErr(t, "Receive", err, 0)
			check(t, "bytes", n, 7)
			wantErr(t, "CloseSocket", w.host().CloseSocket(a.FD), 0)
		}
		check(t, "Accept of a sixth", w.accept(3*time.Second), "WSAEWOULDBLOCK")
		w.run(later)
		w.wantTally(6, 5, 1, 0, 0, 0)
		if len(w.records(netmodel.Duplicated)) < 6*5 {
			t.Errorf("%d segments were delivered twice, want every one", len(w.records(netmodel.Duplicated)))
		}
	}
}

// wantTally compares the tally of outcomes: offered, accepted, refused, reset,
// timed out, gave up.
func (w *world) wantTally(offered, accepted, refused, reset, timedOut, gaveUp int) {
	w.t.Helper()
	n, by := w.n.Tally()
	got := [...]int{n, by[netmodel.OutcomeAccepted], by[netmodel.OutcomeRefused], by[netmodel.OutcomeReset], by[netmodel.OutcomeTimedOut], by[netmodel.OutcomeGaveUp]}
	check(w.t, "Tally(): offered, accepted, refused, reset, timed out, gave up", got, [...]int{offered, accepted, refused, reset, timedOut, gaveUp})
}

func TestReorderingLetsLaterSegmentsOvertake(t *testing.T) {
	overtaken := 0
	for seed := range uint64(20) {
		w := newWorld(t, setting{seed: seed, link: netmodel.Link{Latency: 10 * time.Millisecond, Reorder: sim.Ratio{Num: 1, Den: 3}}})
		id := w.client("a", 0, netmodel.ClientConfig{})
		w.run(time.Second)
		w.accept(time.Second)
		for range 10 {
			wantErr(t, "SendClient", w.n.SendClient(id, 1), 0)
			w.run(time.Duration(w.n.Now()) + time.Millisecond)
		}
		w.run(2 * time.Second)
		n, _ := w.host().Receive(w.fd+1, 100)
		if n < 10 {
			overtaken++ // a gap: the rest comes with the retransmission
		}
		w.run(30 * time.Second)
		rest, _ := w.host().Receive(w.fd+1, 100)
		check(t, "bytes in the end", n+rest, 10)
	}
	if overtaken == 0 {
		t.Error("no segment was overtaken in 20 runs")
	}
}

func TestCutLosesWhatIsSentMeanwhile(t *testing.T) {
	w := newWorld(t, setting{backlog: 3, link: netmodel.Link{Latency: 100 * time.Millisecond}})
	w.client("before", 0, netmodel.ClientConfig{})
	w.client("during", time.Second, netmodel.ClientConfig{})
	w.run(50 * time.Millisecond)
	w.n.Cut(w.server, w.crowd, true) // the SYN of before is under way
	w.run(2 * time.Second)
	check(t, "SYNs that arrived", len(w.records(netmodel.RequestQueued)), 1)
	lost := w.records(netmodel.Lost)
	check(t, "segments lost: a SYN-ACK and a SYN", len(lost), 2)
	check(t, "why", lost[0].Cause, netmodel.LinkCut)
	w.n.Cut(w.server, w.crowd, false)
	w.run(30 * time.Second)
	check(t, "Accept after the healing", w.accept(30*time.Second), "before")
	check(t, "Accept after the healing", w.accept(30*time.Second), "during")
}

func TestSegmentsToNobodyAreLost(t *testing.T) {
	w := newWorld(t, setting{})
	for _, to := range []netmodel.Addr{
		{IP: netmodel.HostAddr(9, 1), Port: 80},
		{IP: netmodel.IPv4(192, 0, 2, 1), Port: 80},
		{IP: netmodel.IPv4(10, 0, 0, 1), Port: 80},
	} {
		id := w.n.AddClients(netmodel.ClientConfig{Name: to.String(), Host: w.crowd, To: to}, 1)
		w.n.Start(id, 0)
	}
	w.run(later)
	for i := range 3 {
		check(t, "outcome", w.n.Result(netmodel.ConnID(i+1)).Outcome, netmodel.OutcomeTimedOut)
	}
	check(t, "why", w.records(netmodel.Lost)[0].Cause, netmodel.NoRoute)
}

func TestEqualSeedsGiveEqualRuns(t *testing.T) {
	run := func(seed uint64) (uint64, uint64) {
		w := newWorld(t, setting{seed: seed, backlog: 3, descriptors: 9, link: rough()})
		w.crowdOf(50, 20*time.Millisecond, netmodel.ClientConfig{Send: 10, GiveUp: 5 * time.Second, Retry: netmodel.Retry{Attempts: 2, Delay: time.Second, Jitter: sim.Ratio{Num: 1, Den: 2}}})
		for i := range 100 {
			w.accept(time.Duration(i) * 50 * time.Millisecond)
		}
		w.run(later)
		return w.n.Hash(), w.n.Records()
	}
	h1, n1 := run(1)
	h2, n2 := run(1)
	h3, _ := run(2)
	if h1 != h2 || n1 != n2 || n1 == 0 {
		t.Errorf("the same run twice: hash %x after %d records, then %x after %d", h1, n1, h2, n2)
	}
	if h1 == h3 {
		t.Errorf("another seed gives the same hash %x", h1)
	}
}

// rough is a link on which everything happens.
func rough() netmodel.Link {
	return netmodel.Link{
		Latency: 5 * time.Millisecond, Jitter: sim.Exponential{Mean: 3 * time.Millisecond},
		Loss: sim.Ratio{Num: 1, Den: 10}, Duplicate: sim.Ratio{Num: 1, Den: 20}, Reorder: sim.Ratio{Num: 1, Den: 20},
	}
}

// The design's section on determinism: the same seed is the same crowd under
// any profile of the server.
func TestSameCrowdUnderAnotherProfile(t *testing.T) {
	type sight struct {
		at   sim.Time
		lost bool
	}
	// first tells when each attempt's first SYN reached the server or was lost.
	first := func(p netmodel.Profile) map[netmodel.ConnID]sight {
		w := newWorld(t, setting{seed: 7, server: p, backlog: 4, link: rough()})
		w.crowdOf(300, 3*time.Millisecond, netmodel.ClientConfig{})
		for i := range 200 {
			w.accept(time.Duration(i) * 10 * time.Millisecond)
		}
		w.run(later)
		seen := map[netmodel.ConnID]sight{}
		for _, r := range w.log {
			if _, known := seen[r.Conn]; known || r.Conn == 0 {
				continue
			}
			switch r.Kind {
			case netmodel.RequestQueued, netmodel.RequestRefused, netmodel.RequestIgnored:
				seen[r.Conn] = sight{r.At, false}
			case netmodel.Lost:
				seen[r.Conn] = sight{r.At, true}
			}
		}
		return seen
	}
	silent := profiles.NT4Workstation()
	silent.OnFull = netmodel.IgnoreWhenFull
	want := first(profiles.WSP())
	check(t, "attempts seen", len(want), 300)
	for _, p := range []netmodel.Profile{profiles.Windows(), profiles.NT4Workstation(), silent} {
		for conn, got := range first(p) {
			if got != want[conn] {
				t.Errorf("%s: first SYN of attempt %d: %+v, want %+v as under wsp", p.Name, conn, got, want[conn])
			}
		}
	}
}

func TestStepReturnsTheCallersEvents(t *testing.T) {
	w := newWorld(t, setting{})
	w.n.After(time.Second, 7)
	gone := w.n.After(2*time.Second, 8)
	w.n.After(3*time.Second, 9)
	check(t, "Cancel", w.n.Cancel(gone), true)
	check(t, "Cancel again", w.n.Cancel(gone), false)
	at, ok := w.n.Next()
	check(t, "Next", at, sim.Time(time.Second))
	check(t, "Next", ok, true)
	var tags []uint64
	for {
		step, ok := w.n.Step(sim.Time(time.Minute))
		if !ok {
			break
		}
		check(t, "Program", step.Program, true)
		tags = append(tags, step.Tag)
	}
	if len(tags) != 2 || tags[0] != 7 || tags[1] != 9 {
		t.Errorf("tags = %v, want 7 and 9", tags)
	}
	check(t, "Now after the last one", w.n.Now(), sim.Time(time.Minute))
	if _, ok := w.n.Next(); ok {
		t.Error("Next() found an event in a world that waits for nothing")
	}
}

func TestCutOneWay(t *testing.T) {
	w := newWorld(t, setting{backlog: 2})
	w.client("a", 0, netmodel.ClientConfig{})
	w.n.CutOneWay(w.server, w.crowd, true)
	w.run(time.Second)
	check(t, "SYNs that arrived", len(w.records(netmodel.RequestQueued)), 1)
	check(t, "connected", len(w.records(netmodel.Connected)), 0)
	w.n.CutOneWay(w.server, w.crowd, false)
	w.run(10 * time.Second)
	check(t, "connected after the healing", len(w.records(netmodel.Connected)), 1)
}

func TestRunToForeverStopsWhenNothingIsLeft(t *testing.T) {
	w := newWorld(t, setting{})
	w.client("a", time.Second, netmodel.ClientConfig{})
	w.n.Run(sim.Forever)
	check(t, "Now", w.n.Now(), ms(1003)) // the final ACK
	if _, ok := w.n.Step(sim.Forever); ok {
		t.Error("Step(Forever) found an event after the last one")
	}
	check(t, "Now", w.n.Now(), ms(1003))
}
