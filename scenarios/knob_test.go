package scenarios_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
	"wspsim/sim"
)

// eachKnob calls f for every knob of every scenario.
func eachKnob(t *testing.T, f func(t *testing.T, s scenarios.Scenario, k scenarios.Knob)) {
	for _, s := range scenarios.All() {
		for _, k := range s.Knobs {
			t.Run(s.Name+"/"+k.Name, func(t *testing.T) { f(t, s, k) })
		}
	}
}

func set(k scenarios.Knob, value int64) scenarios.Setting {
	return scenarios.Setting{Name: k.Name, Value: k.Format(value)}
}

func TestEveryKnobStandsWithinItsRange(t *testing.T) {
	eachKnob(t, func(t *testing.T, s scenarios.Scenario, k scenarios.Knob) {
		if v := s.Value(k); v < k.Min || v > k.Max || k.Min >= k.Max {
			t.Errorf("stands at %s, range %s to %s", k.Format(v), k.Format(k.Min), k.Format(k.Max))
		}
		if k.Help() == "" {
			t.Error("has no help: its name is not one of those that knobs can have")
		}
	})
}

// A knob that is set to where it stands changes nothing: not the scenario, and
// so not the run.
func TestKnobAtItsDefaultChangesNothing(t *testing.T) {
	eachKnob(t, func(t *testing.T, s scenarios.Scenario, k scenarios.Knob) {
		got, err := s.With([]scenarios.Setting{set(k, s.Value(k))})
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("With(%s): %v; want the scenario as it was", set(k, s.Value(k)), err)
		}
	})
}

// Every value in the range can be set, is read back, and can be run; beyond it
// there is an error that names the range.
func TestEveryKnobTurns(t *testing.T) {
	eachKnob(t, func(t *testing.T, s scenarios.Scenario, k scenarios.Knob) {
		for _, value := range []int64{k.Min, k.Max, k.Min + 1, k.Max - 1, min(k.Max, max(k.Min, 12))} {
			got, err := s.With([]scenarios.Setting{set(k, value)})
			if err != nil || got.Value(k) != value {
				t.Errorf("With(%s): %v; reads %d", set(k, value), err, got.Value(k))
				continue
			}
			if err := got.Validate(); err != nil {
				t.Errorf("With(%s) is within the range and not valid: %v", set(k, value), err)
			}
			if value < 1000 && k.Name != "backlog" {
				r := mustRun(t, s, scenarios.Options{Knobs: []scenarios.Setting{set(k, value)}})
				if turned := value != s.Value(k); turned != (len(r.ChangedKnobs) == 1) {
					t.Errorf("With(%s): turned %v, want %v", set(k, value), r.ChangedKnobs, turned)
				}
			}
		}
		if k.Name == "loss" {
			return // what is no chance at all cannot even be read
		}
		for _, value := range []int64{k.Min - 1, k.Max + 1} {
			_, err := s.With([]scenarios.Setting{set(k, value)})
			wantError(t, fmt.Sprintf("With(%s)", set(k, value)), err, "knob "+k.Name, k.Format(value), "out of range", k.Format(k.Min)+" to "+k.Format(k.Max))
		}
	})
}

// With leaves the scenario that it is called on alone.
func TestTurningAKnobCopiesTheScenario(t *testing.T) {
	eachKnob(t, func(t *testing.T, s scenarios.Scenario, k scenarios.Knob) {
		if _, err := s.With([]scenarios.Setting{set(k, k.Max)}); err != nil || !reflect.DeepEqual(s, byName(t, s.Name)) {
			t.Errorf("With(%s): %v; the scenario itself has changed", set(k, k.Max), err)
		}
	})
}

func TestKnobsThatAreNoneHaveErrorsThatHelp(t *testing.T) {
	for _, test := range []struct {
		scenario string
		set      []scenarios.Setting
		want     []string
	}{
		{"overflow", []scenarios.Setting{{Name: "backlgo", Value: "3"}}, []string{"overflow", `no knob "backlgo"`, "it has backlog, latency"}},
		{"overflow", []scenarios.Setting{{Name: "backlog", Value: "3"}, {Name: "backlog", Value: "4"}}, []string{"backlog is set twice"}},
		{"overflow", []scenarios.Setting{{Name: "backlog", Value: "three"}}, []string{"knob backlog", `"three" is not a whole number`}},
		{"overflow", []scenarios.Setting{{Name: "backlog", Value: "1e3"}}, []string{`"1e3" is not a whole number`}},
		{"overflow", []scenarios.Setting{{Name: "backlog", Value: "9223372036854775808"}}, []string{"not a whole number"}},
		{"overflow", []scenarios.Setting{{Name: "backlog", Value: "2147483648"}}, []string{"out of range", "-2147483648 to 2147483647"}},
		{"overflow", []scenarios.Setting{{Name: "latency", Value: "10"}}, []string{`"10" is not a duration`, "10ms"}},
		{"overflow", []scenarios.Setting{{Name: "latency", Value: "-5s"}}, []string{"-5s is out of range: want 0s to 1s"}},
		{"overflow", []scenarios.Setting{{Name: "latency", Value: "0.0000000001s"}}, []string{"not a duration in whole nanoseconds"}},
		{"overflow", []scenarios.Setting{{Name: "latency", Value: "3000000h"}}, []string{"not a duration"}},
		{"lossy-link", []scenarios.Setting{{Name: "loss", Value: "110%"}}, []string{"loss", "110%", "probability"}},
		{"lossy-link", []scenarios.Setting{{Name: "loss", Value: "1/3"}}, []string{`"1/3" is not a whole number of millionths`}},
		{"lossy-link", []scenarios.Setting{{Name: "loss", Value: "NaN"}}, []string{`"NaN"`}},
	} {
		_, err := byName(t, test.scenario).With(test.set)
		wantError(t, fmt.Sprintf("With(%v)", test.set), err, test.want...)
		if _, run := scenarios.Run(byName(t, test.scenario), scenarios.Options{Knobs: test.set}); run == nil || run.Error() != err.Error() {
			t.Errorf("Run with %v: %v, want %v", test.set, run, err)
		}
	}
	none := scenarios.Scenario{Name: "bare", Profiles: []string{"wsp"}, Until: 1}
	_, err := none.With([]scenarios.Setting{{Name: "backlog", Value: "1"}})
	wantError(t, "With on a scenario without knobs", err, "it has none")
}

func TestChancesAreReadInThreeForms(t *testing.T) {
	for _, text := range []string{"1/8", "0.125", "12.5%"} {
		s, err := byName(t, "lossy-link").With([]scenarios.Setting{{Name: "loss", Value: text}})
		k, _ := s.Knob("loss")
		if err != nil || s.Value(k) != 125_000 || k.Format(s.Value(k)) != "12.5%" {
			t.Errorf("loss %s: %d millionths, %v", text, s.Value(k), err)
		}
	}
}

func TestKnobsOfADistributionKeepItsKind(t *testing.T) {
	for _, test := range []struct{ was, want sim.Dist }{
		{sim.Exponential{Mean: ms}, sim.Exponential{Mean: time.Second}},
		{sim.Erlang{Shape: 4, Mean: ms}, sim.Erlang{Shape: 4, Mean: time.Second}},
		{sim.Fixed(ms), sim.Fixed(time.Second)},
		{sim.LogNormal{Median: ms, SigmaMilli: 500}, sim.Fixed(time.Second)},
		{nil, sim.Fixed(time.Second)},
	} {
		s := scenarios.Scenario{
			Name: "bare", Program: scenarios.Program{Service: test.was},
			Knobs: []scenarios.Knob{{Name: "service", Max: int64(time.Hour)}},
		}
		got, err := s.With([]scenarios.Setting{{Name: "service", Value: "1s"}})
		if err != nil || got.Program.Service != test.want {
			t.Errorf("%#v with a mean of 1s: %#v, %v; want %#v", test.was, got.Program.Service, err, test.want)
		}
		got, err = s.With([]scenarios.Setting{{Name: "service", Value: "0s"}})
		if d := got.Program.Service; err != nil || d != nil && d != sim.Dist(sim.Fixed(0)) {
			t.Errorf("%#v with a mean of 0: %#v, %v; want none at all", test.was, d, err)
		}
	}
}

// Expectations are about the scenario as it stands; with a knob turned only
// those are judged that hold always.
func TestExpectationsAreJudgedOnlyWithKnobsAtDefault(t *testing.T) {
	s := byName(t, "overflow")
	s.Expect = append(s.Expect, scenarios.Expectation{Statistic: "outcomes.offered", Min: 4, Max: 4, Always: true})
	at := mustRun(t, s, scenarios.Options{})
	if at.Verdict != scenarios.Held || len(at.Judged) != 6 || len(at.ChangedKnobs) != 0 {
		t.Errorf("at default: %v, %d judged, turned %v; want held, 6, none", at.Verdict, len(at.Judged), at.ChangedKnobs)
	}
	turned := mustRun(t, s, scenarios.Options{Knobs: []scenarios.Setting{{Name: "backlog", Value: "3"}}})
	if turned.Verdict != scenarios.Held || len(turned.Judged) != 1 || turned.Judged[0].Claim != "offered = 4" {
		t.Errorf("backlog 3: %v, %+v; want held, offered = 4 alone", turned.Verdict, turned.Judged)
	}
	s.Expect = byName(t, "overflow").Expect
	if r := mustRun(t, s, scenarios.Options{Knobs: []scenarios.Setting{{Name: "backlog", Value: "3"}}}); r.Verdict != scenarios.NotJudged {
		t.Errorf("backlog 3 and nothing that holds always: %v, want not judged", r.Verdict)
	}
	if r := mustRun(t, s, scenarios.Options{Knobs: []scenarios.Setting{{Name: "backlog", Value: "2"}}}); r.Verdict != scenarios.Held {
		t.Errorf("backlog 2, which is the default: %v, want held", r.Verdict)
	}
}

// Nor are they about profiles that the scenario does not name.
func TestExpectationsAreJudgedOnlyUnderItsProfiles(t *testing.T) {
	s := byName(t, "overflow")
	if r := mustRun(t, s, scenarios.Options{Profile: "nt4server"}); r.Verdict != scenarios.NotJudged || r.Judged != nil {
		t.Errorf("under nt4server: %v, %+v; want not judged", r.Verdict, r.Judged)
	}
	s.Expect = []scenarios.Expectation{{Statistic: "outcomes.offered", Min: 4, Max: 4, Always: true}}
	if r := mustRun(t, s, scenarios.Options{Profile: "nt4server"}); r.Verdict != scenarios.Held || len(r.Judged) != 1 {
		t.Errorf("what holds always, under nt4server: %v, %+v; want held", r.Verdict, r.Judged)
	}
}

// A wait belongs to an attempt that was accepted while its client was there:
// the dead, whom accept returns too, do not wait for anything.
func TestWaitsAreThoseOfTheAccepted(t *testing.T) {
	s := server(5, []scenarios.Step{
		{Do: scenarios.Request{Client: "a"}}, {Do: scenarios.Request{Client: "b"}},
		{At: 5 * ms, Do: scenarios.CloseClient{Client: "a"}}, {At: 50 * ms, Do: scenarios.Accept{}}, {At: 61 * ms, Do: scenarios.Accept{}},
	}...)
	r := mustRun(t, s, scenarios.Options{})
	if want := (scenarios.Waits{P50: 60 * ms, P90: 60 * ms, P99: 60 * ms, P999: 60 * ms, Max: 60 * ms, Mean: 60 * ms}); r.Waits != want {
		t.Errorf("waits %v, want those of b alone: %v", r.Waits, want)
	}
}

func TestExpectationsThatFailSayWhatCameOut(t *testing.T) {
	s := byName(t, "overflow")
	s.Expect = []scenarios.Expectation{
		{Client: "c", Outcome: netmodel.OutcomeAccepted},
		{Client: "nobody", Outcome: netmodel.OutcomeGaveUp},
		{Statistic: "listener.peak_pending", Min: 3, Max: 9},
		{For: "windows", Statistic: "outcomes.offered"},
		{Client: "a", Outcome: netmodel.OutcomeAccepted},
	}
	r := mustRun(t, s, scenarios.Options{})
	want := []scenarios.Judged{
		{Expectation: s.Expect[0], Claim: "c is accepted", Got: "refused"},
		{Expectation: s.Expect[1], Claim: "nobody gave up", Got: "pending"},
		{Expectation: s.Expect[2], Claim: "peak pending = 3..9", Got: "2"},
		{Expectation: s.Expect[4], Claim: "a is accepted", Got: "accepted", Held: true},
	}
	if r.Verdict != scenarios.Failed || !reflect.DeepEqual(r.Judged, want) {
		t.Errorf("%v, %+v\nwant failed, %+v", r.Verdict, r.Judged, want)
	}
}
