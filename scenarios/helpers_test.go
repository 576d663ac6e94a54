package scenarios_test

import (
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/scenarios"
	"wspsim/sim"
)

const ms = time.Millisecond

// mustRun runs a scenario that has to be valid.
func mustRun(t testing.TB, s scenarios.Scenario, o scenarios.Options) *scenarios.Result {
	t.Helper()
	r, err := scenarios.Run(s, o)
	if err != nil {
		t.Fatalf("Run(%s, %s): %v\n%#v", s.Name, o.Profile, err, s)
	}
	return r
}

func byName(t testing.TB, name string) scenarios.Scenario {
	t.Helper()
	s, ok := scenarios.ByName(name)
	if !ok {
		t.Fatalf("ByName(%q): there is none", name)
	}
	return s
}

// wantError fails unless err says all of the given words.
func wantError(t testing.TB, call string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want one that says %q", call, words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q, want it to say %q", call, err, word)
		}
	}
}

// silent is a rapid.TB that keeps the failure of a property that is meant to
// fail.
type silent struct{ failed bool }

func (*silent) Helper()                 {}
func (*silent) Name() string            { return "silent" }
func (*silent) Logf(string, ...any)     {}
func (*silent) Log(...any)              {}
func (*silent) Skipf(string, ...any)    {}
func (*silent) Skip(...any)             {}
func (*silent) SkipNow()                {}
func (s *silent) Errorf(string, ...any) { s.failed = true }
func (s *silent) Error(...any)          { s.failed = true }
func (s *silent) Fatalf(string, ...any) { s.failed = true }
func (s *silent) Fatal(...any)          { s.failed = true }
func (s *silent) FailNow()              { s.failed = true }
func (s *silent) Fail()                 { s.failed = true }
func (s *silent) Failed() bool          { return s.failed }

// counterexample returns the smallest scenario that rapid finds to fail a
// property.
func counterexample(t *testing.T, holds func(scenarios.Scenario) bool) scenarios.Scenario {
	t.Helper()
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.seed": "1", "rapid.shrinktime": "2s"} {
		f := flag.Lookup(name)
		if f == nil {
			t.Fatalf("rapid has no flag -%s any more", name)
		}
		was := f.Value.String()
		defer func() { _ = f.Value.Set(was) }()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	var last scenarios.Scenario // rapid shows the smallest one last
	tb := &silent{}
	rapid.Check(tb, func(rt *rapid.T) {
		s := drawScenario(rt)
		if !holds(s) {
			last = s
			rt.Fatalf("does not hold")
		}
	})
	if !tb.failed {
		t.Fatal("the property holds for everything that was drawn")
	}
	return last
}

// anyScenario is every small scenario there is.
func anyScenario() *rapid.Generator[scenarios.Scenario] {
	return rapid.Custom(drawScenario)
}

// duration draws a duration from a few kinds: none, whole milliseconds, and
// odd ones.
func duration(t *rapid.T, what string, longest time.Duration) time.Duration {
	return rapid.OneOf(
		rapid.Just(time.Duration(0)),
		rapid.Map(rapid.Int64Range(0, int64(longest/ms)), func(n int64) time.Duration { return time.Duration(n) * ms }),
		rapid.Map(rapid.Int64Range(0, int64(longest)), func(n int64) time.Duration { return time.Duration(n) }),
	).Draw(t, what)
}

func dist(t *rapid.T, what string) sim.Dist {
	d := duration(t, what, 50*ms)
	switch rapid.IntRange(0, 7).Draw(t, what+" kind") {
	case 1:
		return sim.Fixed(d)
	case 2:
		return sim.Uniform{Min: d / 2, Max: d}
	case 3:
		return sim.Exponential{Mean: d + 1}
	case 4:
		return sim.Erlang{Shape: 3, Mean: d + 1}
	case 5:
		return sim.Pareto{Min: d + 1, AlphaMilli: 1500, Max: 100 * (d + 1)}
	case 6:
		return sim.LogNormal{Median: d + 1, SigmaMilli: 800}
	case 7:
		return sim.MustEmpirical(d, 2*d, 5*ms)
	}
	return nil
}

func ratio(t *rapid.T, what string) sim.Ratio {
	den := rapid.Uint32Range(0, 20).Draw(t, what)
	return sim.Ratio{Num: den / 6, Den: den}
}

func drawScenario(t *rapid.T) scenarios.Scenario {
	s := scenarios.Scenario{
		Name:     "drawn",
		Summary:  rapid.SampledFrom([]string{"", "drawn", "tabs\tand \"quotes\" and time.Now and \xff"}).Draw(t, "summary"),
		Profiles: []string{"wsp"},
		Until:    time.Second + duration(t, "until", 30*time.Second),
	}
	s.Descriptors = rapid.IntRange(0, 6).Draw(t, "descriptors")
	s.Link = netmodel.Link{
		Latency: duration(t, "latency", 30*ms), Jitter: dist(t, "jitter"),
		Loss: ratio(t, "loss"), Duplicate: ratio(t, "duplicate"), Reorder: ratio(t, "reorder"),
	}
	s.Client = scenarios.Client{
		GiveUp:     duration(t, "give up", 2*time.Second),
		GiveUpHard: rapid.Bool().Draw(t, "give up hard"),
		Send:       rapid.IntRange(0, 100).Draw(t, "send"),
		Retry: netmodel.Retry{
			Attempts: rapid.IntRange(0, 3).Draw(t, "retries"), Delay: duration(t, "retry delay", time.Second),
			Factor: rapid.IntRange(0, 3).Draw(t, "retry factor"), Max: duration(t, "retry max", time.Second), Jitter: ratio(t, "retry jitter"),
		},
	}
	if rapid.Bool().Draw(t, "own TCP") {
		s.Client.TCP = &netmodel.Client{
			Syn:     netmodel.Schedule{First: ms + duration(t, "SYN", time.Second), Retries: rapid.Uint8Range(0, 4).Draw(t, "SYN again")},
			Refused: netmodel.Refused{Retries: rapid.Uint8Range(0, 4).Draw(t, "RST retries"), Gap: duration(t, "RST gap", time.Second)},
		}
	}
	at := time.Duration(0)
	for range rapid.IntRange(0, 12).Draw(t, "steps") {
		at += duration(t, "pause", 100*ms)
		s.Steps = append(s.Steps, scenarios.Step{At: at, Do: drawAction(t)})
	}
	drawLoad(t, &s)
	return s
}

func drawLoad(t *rapid.T, s *scenarios.Scenario) {
	switch rapid.IntRange(0, 2).Draw(t, "load") {
	case 1:
		s.Load = scenarios.Load{Clients: rapid.IntRange(1, 20).Draw(t, "clients"), At: duration(t, "load at", 100*ms), Every: dist(t, "every")}
	case 2:
		s.Load.Times = rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, int64(time.Second)), func(n int64) time.Duration { return time.Duration(n) }), 1, 30).Draw(t, "times")
		slices.Sort(s.Load.Times)
	}
	if rapid.Bool().Draw(t, "program") {
		s.Program = scenarios.Program{
			Workers: rapid.IntRange(1, 4).Draw(t, "workers"), Start: duration(t, "start", 500*ms),
			Service: dist(t, "service"),
		}
		if rapid.Bool().Draw(t, "backoff") { // of some length: a loop that tries again every nanosecond never gets anywhere
			s.Program.Backoff = ms + duration(t, "backoff", 50*ms)
		}
	}
}

func drawAction(t *rapid.T) scenarios.Action {
	socket := rapid.SampledFrom([]string{"", "", "", "other"})
	client := rapid.SampledFrom([]string{"a", "b", "c", "d", "c1", "x2"})
	number := rapid.IntRange(0, 3)
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) scenarios.Action {
			return scenarios.Listen{Backlog: rapid.IntRange(-2, 6).Draw(t, "backlog"), Socket: socket.Draw(t, "socket")}
		}),
		rapid.Custom(func(t *rapid.T) scenarios.Action {
			return scenarios.Request{Client: client.Draw(t, "client"), To: rapid.IntRange(0, 2).Draw(t, "to")}
		}),
		rapid.Custom(func(t *rapid.T) scenarios.Action {
			return scenarios.Accept{Socket: socket.Draw(t, "socket"), Decision: winsock.Decision(number.Draw(t, "decision"))}
		}),
		rapid.Custom(func(t *rapid.T) scenarios.Action {
			return scenarios.Bind{
				Socket: socket.Draw(t, "socket"), Address: rapid.IntRange(0, 2).Draw(t, "address"), Reuse: rapid.Bool().Draw(t, "reuse"),
				Exclusive: rapid.Bool().Draw(t, "exclusive"), Conditional: rapid.Bool().Draw(t, "conditional"),
			}
		}),
		rapid.Custom(func(t *rapid.T) scenarios.Action { return drawRareAction(t, socket, client, number) }),
	).Draw(t, "action")
}

func drawRareAction(t *rapid.T, socket, client *rapid.Generator[string], number *rapid.Generator[int]) scenarios.Action {
	yes := rapid.Bool().Draw(t, "yes")
	switch rapid.IntRange(0, 9).Draw(t, "rare") {
	case 0:
		return scenarios.CloseListener{Socket: socket.Draw(t, "socket")}
	case 1:
		return scenarios.CloseAccepted{Client: client.Draw(t, "client")}
	case 2:
		return scenarios.OpenFiles{Count: number.Draw(t, "count")}
	case 3:
		return scenarios.CloseFiles{Count: number.Draw(t, "count")}
	case 4:
		return scenarios.Pause{On: yes, Socket: socket.Draw(t, "socket")}
	case 5:
		return scenarios.Flood{Name: "x", Count: 1 + number.Draw(t, "count")}
	case 6:
		return scenarios.CloseClient{Client: client.Draw(t, "client"), Reset: yes}
	case 7:
		return scenarios.Send{Client: client.Draw(t, "client"), Bytes: 10 * number.Draw(t, "bytes")}
	case 8:
		return scenarios.CutLink{Healed: yes}
	}
	fault := rapid.SampledFrom([]netmodel.Fault{0, netmodel.FaultNetworkDown, netmodel.FaultNoBuffers, netmodel.FaultInCallback, 5, 9}).Draw(t, "fault")
	return scenarios.SetFault{Fault: fault, On: yes}
}

// checked is a Record function that verifies every invariant now and then.
func checked(err *error) func(*netmodel.Network, netmodel.Record) {
	n := 0
	return func(net *netmodel.Network, _ netmodel.Record) {
		if n++; n%8 == 0 {
			*err = errors.Join(*err, net.Check())
		}
	}
}
