package scenarios_test

import (
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
	"wspsim/sim"
)

const forEver = time.Duration(1<<63 - 1)

type s = scenarios.Scenario

// step adds an action to a scenario.
func step(do scenarios.Action) func(*s) {
	return func(s *s) { s.Steps = append(s.Steps, scenarios.Step{At: time.Second, Do: do}) }
}

// What is wrong with a scenario is an error that says where and what would be
// right; Run returns it, and never panics.
func TestValidateSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		break_ func(*s)
		want   []string
	}{
		{func(s *s) { s.Name = "" }, []string{"without a name"}},
		{func(s *s) { s.Profiles = nil }, []string{"scenario overflow", "no profile"}},
		{func(s *s) { s.Until = 0 }, []string{"ends at 0s", "more than 0"}},
		{func(s *s) { s.Until = forEver }, []string{"ends at", "at most 87600h"}},
		{func(s *s) { s.Descriptors = -1 }, []string{"-1 descriptors", "0 or more"}},
		{func(s *s) { s.Load.Clients = -1 }, []string{"negative"}},
		{func(s *s) { s.Load.Clients = 1 << 30 }, []string{"clients", "at most 5000000"}},
		{func(s *s) { s.Load.At = -1 }, []string{"negative"}},
		{func(s *s) { s.Load.Name = "a b" }, []string{"load", `"a b"`}},
		{func(s *s) { s.Load.Every = sim.Exponential{} }, []string{"arrivals", "Exponential", "allowed"}},
		{func(s *s) { s.Load.Times = []time.Duration{2, 1} }, []string{"ascend"}},
		{func(s *s) { s.Load.Times = []time.Duration{-1, 1} }, []string{"ascend"}},
		{func(s *s) { s.Program.Workers = -1 }, []string{"-1 workers"}},
		{func(s *s) { s.Program.Start = -1 }, []string{"negative"}},
		{func(s *s) { s.Program.Backoff = -1 }, []string{"negative"}},
		{func(s *s) { s.Program.Backoff = forEver }, []string{"after WSAEMFILE", "at most"}},
		{func(s *s) { s.Program.Service = sim.Fixed(-1) }, []string{"service", "Fixed", "allowed"}},
		{func(s *s) { s.Link.Latency = 2 * time.Hour }, []string{"latency", "1h0m0s"}},
		{func(s *s) { s.Link.Jitter = sim.Uniform{Min: 2, Max: 1} }, []string{"jitter", "Uniform"}},
		{func(s *s) { s.Link.Loss = sim.Ratio{Num: 2, Den: 1} }, []string{"loss", "2/1"}},
		{func(s *s) { s.Client.GiveUp = -1 }, []string{"negative"}},
		{func(s *s) { s.Client.GiveUp = forEver }, []string{"wait for", "at most"}},
		{func(s *s) { s.Client.Retry = netmodel.Retry{Attempts: 1, Delay: forEver} }, []string{"pause", "at most"}},
		{func(s *s) { s.Client.Retry.Attempts = 1 << 20 }, []string{"further attempts", "0 to 1000"}},
		{func(s *s) { s.Client.Retry.Jitter = sim.Ratio{Num: 1} }, []string{"jitter", "1/0"}},
		{func(s *s) { s.Client.Send = -1 }, []string{"sends -1 bytes"}},
		{func(s *s) { s.Client.TCP = &netmodel.Client{} }, []string{"schedule", "first wait"}},
		{func(s *s) { s.Settings = []scenarios.Setting{{Name: "somaxcon", Value: "1"}} }, []string{"setting", `"somaxcon"`, "no profile"}},
		{func(s *s) { s.Expect = []scenarios.Expectation{{Statistic: "refused"}} }, []string{"expectation", `"refused"`, "Statistics"}},
		{func(s *s) { s.Expect = []scenarios.Expectation{{}} }, []string{"expectation", `""`}},
		{step(nil), []string{"step 9 does nothing"}},
		{func(s *s) { s.Steps[3].At = time.Hour }, []string{"step 5", "before the one at 1h0m0s"}},
		{func(s *s) { s.Steps[0].At = -1 }, []string{"step 1", "-1ns"}},
		{step(scenarios.Request{}), []string{"step 9", `client ""`}},
		{step(scenarios.Request{Client: "a\x1b[31m"}), []string{"step 9", `\x1b`, "without blanks"}},
		{step(scenarios.Request{Client: "x", To: 3}), []string{"step 9", "address 3", "1 and 2"}},
		{step(scenarios.Request{Client: "x", To: -1}), []string{"step 9", "address -1"}},
		{step(scenarios.Bind{Address: 65536 + 1}), []string{"step 9", "address 65537", "1 and 2"}},
		{step(scenarios.Flood{Name: "x"}), []string{"step 9", "flood of 0"}},
		{step(scenarios.Flood{Count: 1}), []string{"step 9", "a name"}},
		{step(scenarios.Flood{Name: "x y", Count: 1}), []string{"step 9", `"x y"`}},
		{step(scenarios.Flood{Name: "x", Count: 1 << 30}), []string{"clients", "at most"}},
		{step(scenarios.OpenFiles{Count: 1 << 30}), []string{"step 9", "files", "0 to"}},
		{step(scenarios.CloseFiles{Count: -1}), []string{"step 9", "close -1 files"}},
		{step(&scenarios.Listen{}), []string{"step 9", "*scenarios.Listen is none of the actions"}},
		{step((*scenarios.Request)(nil)), []string{"step 9", "*scenarios.Request"}},
	} {
		broken := byName(t, "overflow")
		test.break_(&broken)
		err := broken.Validate()
		wantError(t, "Validate", err, test.want...)
		_, run := scenarios.Run(broken, scenarios.Options{Profile: "wsp"})
		wantError(t, "Run", run, test.want...)
	}
}

// Times at the ends of what is allowed do not upset the arithmetic of virtual
// time.
func TestExtremesThatAreAllowedRun(t *testing.T) {
	const tenYears = 10 * 365 * 24 * time.Hour
	s := byName(t, "overflow")
	s.Until = tenYears
	s.Client = scenarios.Client{GiveUp: tenYears, Retry: netmodel.Retry{Attempts: 1000, Delay: tenYears, Factor: 10}}
	s.Load = scenarios.Load{Clients: 3, At: forEver, Every: sim.Fixed(1_000_000 * time.Hour)}
	s.Program = scenarios.Program{Workers: 1, Start: forEver, Backoff: tenYears, Service: sim.Fixed(1_000_000 * time.Hour)}
	s.Steps = append(s.Steps, scenarios.Step{At: forEver, Do: scenarios.Accept{}})
	s.Expect = nil
	mustRun(t, s, scenarios.Options{})
	s.Load = scenarios.Load{Clients: 3, At: tenYears - 1, Every: sim.Fixed(1_000_000 * time.Hour)}
	s.Program.Start = tenYears
	mustRun(t, s, scenarios.Options{Profile: "windows"})
	s.Load = scenarios.Load{Times: []time.Duration{0, tenYears, forEver}}
	mustRun(t, s, scenarios.Options{})
}
