package scenarios_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/scenarios"
	"wspsim/sim"
)

// server is a scenario in which a program listens from the beginning.
func server(backlog int, more ...scenarios.Step) scenarios.Scenario {
	return scenarios.Scenario{
		Name: "server", Profiles: []string{"wsp"}, Until: time.Minute, Link: netmodel.Link{Latency: ms},
		Steps: append([]scenarios.Step{{Do: scenarios.Listen{Backlog: backlog}}}, more...),
	}
}

// happened returns the records of a run that f picks.
func happened(t *testing.T, s scenarios.Scenario, o scenarios.Options, f func(netmodel.Record) bool) ([]netmodel.Record, *scenarios.Result) {
	t.Helper()
	var picked []netmodel.Record
	o.Record = func(_ *netmodel.Network, r netmodel.Record) {
		if f(r) {
			picked = append(picked, r)
		}
	}
	r := mustRun(t, s, o)
	return picked, r
}

func kind(k netmodel.Kind) func(netmodel.Record) bool {
	return func(r netmodel.Record) bool { return r.Kind == k }
}

func at(t time.Duration) sim.Time { return sim.Time(t) }

// Each worker serves one connection at a time.
func TestWorkersServeOneEachAtATime(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		s := server(10)
		s.Load = scenarios.Load{Clients: 6}
		s.Program = scenarios.Program{Workers: workers, Service: sim.Fixed(10 * ms)}
		accepted, r := happened(t, s, scenarios.Options{}, kind(netmodel.RequestAccepted))
		if len(accepted) != 6 || r.Outcomes.Accepted != 6 {
			t.Fatalf("%d workers: %v, want 6 accepted", workers, r.Outcomes)
		}
		for i, rec := range accepted {
			// Handshakes are complete at 3 ms.
			if want := at(3*ms + time.Duration(i/workers)*10*ms); rec.At != want {
				t.Errorf("%d workers: connection %d is accepted at %v, want %v", workers, i+1, rec.At, want)
			}
		}
	}
}

func TestWorkersBeginAtStart(t *testing.T) {
	s := server(10)
	s.Load = scenarios.Load{Clients: 3}
	s.Program = scenarios.Program{Workers: 1, Start: 50 * ms}
	accepted, _ := happened(t, s, scenarios.Options{}, kind(netmodel.RequestAccepted))
	if len(accepted) != 3 || accepted[0].At != at(50*ms) || accepted[2].At != at(50*ms) {
		t.Errorf("accepted: %v; want all three at 50 ms, for service takes no time", accepted)
	}
}

func isEmfile(r netmodel.Record) bool {
	return r.Kind == netmodel.Called && r.Call == netmodel.CallAccept && r.Errno == winsock.WSAEMFILE
}

// After WSAEMFILE the loop waits for Backoff and tries again, and nobody is
// lost.
func TestWorkersBackOffWithoutDescriptors(t *testing.T) {
	s := server(5, scenarios.Step{At: ms, Do: scenarios.OpenFiles{Count: 9}}, scenarios.Step{At: 35 * ms, Do: scenarios.CloseFiles{Count: 9}})
	s.Descriptors = 3
	s.Load = scenarios.Load{Clients: 2}
	s.Program = scenarios.Program{Workers: 1, Backoff: 10 * ms}
	failed, r := happened(t, s, scenarios.Options{}, isEmfile)
	var times []sim.Time
	for _, rec := range failed {
		times = append(times, rec.At)
	}
	if want := []sim.Time{at(3 * ms), at(13 * ms), at(23 * ms), at(33 * ms)}; !slices.Equal(times, want) {
		t.Errorf("WSAEMFILE at %v, want at %v", times, want)
	}
	if r.Outcomes.Accepted != 2 || r.Waits.Max != 42*ms {
		t.Errorf("%v, waits %v; want both accepted at 43 ms", r.Outcomes, r.Waits)
	}
}

// Without Backoff the loop tries again when something else closes.
func TestWorkersWithoutBackoffWaitForAClose(t *testing.T) {
	s := server(5, scenarios.Step{At: ms, Do: scenarios.OpenFiles{Count: 1}})
	s.Descriptors = 3 // the listener's, and two slots; one is taken away
	s.Load = scenarios.Load{Clients: 3, Every: sim.Fixed(4 * ms)}
	s.Program = scenarios.Program{Workers: 3, Service: sim.Fixed(20 * ms)}
	failed, r := happened(t, s, scenarios.Options{}, isEmfile)
	if r.Outcomes.Accepted != 2 || r.Outcomes.Refused != 1 || len(failed) != 1 {
		t.Errorf("%v, WSAEMFILE %v; want the second to wait for the descriptor of the first, the third to find no slot", r.Outcomes, failed)
	}
	if r.Waits.Max != 18*ms { // complete at 7 ms, accepted when the first closes at 23 ms
		t.Errorf("waits %v, want 18ms at most", r.Waits)
	}
}

func TestLoads(t *testing.T) {
	for _, test := range []struct {
		why  string
		load scenarios.Load
		want []time.Duration
	}{
		{"all at once", scenarios.Load{Clients: 3, At: 5 * ms}, []time.Duration{5 * ms, 5 * ms, 5 * ms}},
		{"one each", scenarios.Load{Clients: 3, At: 5 * ms, Every: sim.Fixed(2 * ms)}, []time.Duration{5 * ms, 7 * ms, 9 * ms}},
		{"without a pause", scenarios.Load{Clients: 2, Every: sim.Fixed(0)}, []time.Duration{0, 0}},
		{"times as they are", scenarios.Load{Times: []time.Duration{ms, ms, 4 * ms, 9 * ms}, Clients: 99, At: time.Second}, []time.Duration{ms, ms, 4 * ms, 9 * ms}},
		{"nobody after the end", scenarios.Load{Times: []time.Duration{ms, time.Hour}}, []time.Duration{ms}},
	} {
		s := server(10)
		s.Load = test.load
		sent, r := happened(t, s, scenarios.Options{}, kind(netmodel.SynSent))
		var times []time.Duration
		for _, rec := range sent {
			times = append(times, time.Duration(rec.At))
		}
		if !slices.Equal(times, test.want) || r.Outcomes.Offered != len(test.want) {
			t.Errorf("%s: SYNs at %v, %v; want at %v", test.why, times, r.Outcomes, test.want)
		}
	}
}

// A flood holds slots for as long as the host repeats its SYN-ACK; nobody
// answers and nobody asks again.
func TestFloodHoldsSlotsAndNeverCompletes(t *testing.T) {
	s := server(3, scenarios.Step{Do: scenarios.Flood{Name: "x", Count: 5}}, scenarios.Step{At: time.Second, Do: scenarios.Request{Client: "a"}})
	completed, r := happened(t, s, scenarios.Options{}, kind(netmodel.Completed))
	if len(completed) != 0 || r.Listener.PeakPending != 3 || r.Listener.Expired != 3 || r.Listener.RefusedSYNs != 3 || r.Listener.Pending != 0 {
		t.Errorf("%d complete, %v; want none, 3 slots held until they expire, and 2 of the flood and a refused", len(completed), r.Listener)
	}
	if r.Outcomes.Offered != 6 || r.Outcomes.Pending != 5 {
		t.Errorf("%v, want the five of the flood pending: no answer reaches them", r.Outcomes)
	}
}

// The crowd is the same under every profile: who comes when, and how long each
// one is served.
func TestSameCrowdUnderEveryProfile(t *testing.T) {
	for _, name := range []string{"burst", "impatient", "lossy-link", "recorded", "somaxconn"} {
		var arrivals map[netmodel.ClientID]sim.Time
		service := map[netmodel.ClientID]time.Duration{}
		for _, profile := range scenarios.ProfileNames() {
			came, served := crowd(t, name, profile)
			if arrivals == nil {
				arrivals = came
			}
			if len(came) != len(arrivals) {
				t.Errorf("%s, %s: %d clients came, want %d", name, profile, len(came), len(arrivals))
			}
			for id, when := range came {
				if arrivals[id] != when {
					t.Errorf("%s, %s: client %d comes at %v, want %v as under the first profile", name, profile, id, when, arrivals[id])
				}
			}
			for id, d := range served {
				if was, ok := service[id]; ok && was != d {
					t.Errorf("%s, %s: client %d is served for %v, elsewhere for %v", name, profile, id, d, was)
				}
				service[id] = d
			}
		}
		if len(arrivals) < 50 {
			t.Errorf("%s: %d clients, too few to tell", name, len(arrivals))
		}
	}
}

// crowd returns when each client sent its first SYN, and how long those were
// served whose first attempt was accepted.
func crowd(t *testing.T, name, profile string) (came map[netmodel.ClientID]sim.Time, served map[netmodel.ClientID]time.Duration) {
	came, served = map[netmodel.ClientID]sim.Time{}, map[netmodel.ClientID]time.Duration{}
	accepted := map[netmodel.FD]netmodel.Record{} // by descriptor
	mustRun(t, byName(t, name), scenarios.Options{Profile: profile, Seed: 5, Record: func(n *netmodel.Network, r netmodel.Record) {
		f := n.Result(r.Conn)
		switch {
		case r.Kind == netmodel.SynSent && f.Attempt == 1:
			came[f.Client] = r.At
		case r.Kind == netmodel.RequestAccepted:
			accepted[netmodel.FD(r.Value)] = r
		case r.Kind == netmodel.Called && r.Call == netmodel.CallClose && n.HostName(r.Host) == "server":
			a := accepted[r.FD]
			if f := n.Result(a.Conn); f.Attempt == 1 {
				served[f.Client] = r.At.Sub(a.At)
			}
			delete(accepted, r.FD)
		}
	}})
	return came, served
}

func TestMaxEventsEndsARunThatTakesTooLong(t *testing.T) {
	s := byName(t, "burst")
	whole := mustRun(t, s, scenarios.Options{})
	if r := mustRun(t, s, scenarios.Options{MaxEvents: whole.Events}); r.Hash != whole.Hash {
		t.Errorf("with as many events as it takes: hash %016x, want %016x", r.Hash, whole.Hash)
	}
	_, err := scenarios.Run(s, scenarios.Options{MaxEvents: whole.Events - 1})
	wantError(t, "with one event less", err, "scenario burst", fmt.Sprint(whole.Events-1, " events"), "of 10000.000 ms")
}

func TestARunThatNoLongerAdvancesIsAnError(t *testing.T) {
	s := server(1)
	s.Steps = slices.Repeat([]scenarios.Step{{At: ms, Do: scenarios.CloseFiles{}}}, 1_000_001)
	_, err := scenarios.Run(s, scenarios.Options{})
	wantError(t, "a million steps at one instant", err, "scenario server", "no longer advances", "1000000 events at 1.000 ms", "program event")
}

func TestStopEndsARun(t *testing.T) {
	asked := 0
	s := byName(t, "impatient")
	r, err := scenarios.Run(s, scenarios.Options{Stop: func(now, end sim.Time) bool {
		asked++
		if now < 0 || now > end || end != at(s.Until) {
			t.Errorf("Stop(%v, %v): want an instant of the run, and its end, %v", now, end, s.Until)
		}
		return true
	}})
	if r != nil || !errors.Is(err, scenarios.ErrStopped) || asked != 1 {
		t.Errorf("%v, %v after %d questions, want ErrStopped after one", r, err, asked)
	}
	if _, err := scenarios.Run(s, scenarios.Options{Stop: func(_, _ sim.Time) bool { return false }}); err != nil {
		t.Errorf("Stop that says no: %v", err)
	}
}

func TestUnknownProfileNamesThoseThatAreKnown(t *testing.T) {
	_, err := scenarios.Run(byName(t, "overflow"), scenarios.Options{Profile: "windwos"})
	wantError(t, "Run", err, `"windwos"`, "wsp, windows", "winsock11")
	if _, ok := scenarios.ByName("overflwo"); ok {
		t.Error("ByName(overflwo) found something")
	}
	if r := mustRun(t, byName(t, "late-success"), scenarios.Options{}); r.Profile != "windows" {
		t.Errorf("without a profile: %s, want the scenario's first, windows", r.Profile)
	}
}

func TestLinesAreTheBeginningOfTheStory(t *testing.T) {
	s := byName(t, "overflow")
	all := mustRun(t, s, scenarios.Options{Lines: 1000})
	few := mustRun(t, s, scenarios.Options{Lines: 3})
	if len(all.Lines) != all.TotalLines || few.TotalLines != all.TotalLines || !slices.Equal(few.Lines, all.Lines[:3]) {
		t.Errorf("%d lines of %d, then %q of %d", len(all.Lines), all.TotalLines, few.Lines, few.TotalLines)
	}
	if none := mustRun(t, s, scenarios.Options{}); none.Lines != nil || none.TotalLines != 0 {
		t.Errorf("no lines asked for: %q, %d", none.Lines, none.TotalLines)
	}
}
