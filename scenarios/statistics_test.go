package scenarios_test

import (
	"reflect"
	"testing"
	"time"

	"wspsim/scenarios"
)

func TestAnExpectationOfADurationIsWrittenAsADuration(t *testing.T) {
	s := server(1, scenarios.Step{At: ms, Do: scenarios.Request{Client: "a"}}, scenarios.Step{At: 9 * ms, Do: scenarios.Accept{}})
	s.Expect = []scenarios.Expectation{
		{Statistic: "wait_ns.max", Min: int64(7 * ms), Max: int64(7 * ms)},
		{Statistic: "connect_to_accept_ns.p50", Max: int64(time.Millisecond)},
	}
	got := mustRun(t, s, scenarios.Options{}).Judged
	for i, want := range []struct {
		claim, got string
		held       bool
	}{
		{"time in the queue, max = 7ms", "7ms", true},
		{"connect to accept, p50 = 0s..1ms", "8ms", false},
	} {
		if j := got[i]; j.Claim != want.claim || j.Got != want.got || j.Held != want.held {
			t.Errorf("%s: claim %q, got %q, held %t; want %+v", s.Expect[i].Statistic, j.Claim, j.Got, j.Held, want)
		}
	}
}

// The sums that the help of the table promises hold in every run of the catalogue.
func TestOutcomesAddUp(t *testing.T) {
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			o := mustRun(t, s, scenarios.Options{Profile: profile, Seed: 1}).Outcomes
			if o.Offered != o.Accepted+o.Refused+o.Reset+o.TimedOut+o.GaveUp+o.Pending || o.Pending != o.Trying+o.Queued+o.Phantom {
				t.Errorf("%s under %s: %+v does not add up", s.Name, profile, o)
			}
		}
	}
}

func TestUnitsAreWrittenAsSettingsAreRead(t *testing.T) {
	for _, test := range []struct {
		unit  scenarios.Unit
		value int64
		want  string
	}{
		{scenarios.UnitCount, -3, "-3"}, {scenarios.UnitDuration, int64(1500 * time.Microsecond), "1.5ms"}, {scenarios.UnitRatio, 12_500, "1.25%"},
		{scenarios.UnitRatio, 1_000_000, "100%"},
	} {
		if got := test.unit.Format(test.value); got != test.want {
			t.Errorf("%v.Format(%d) = %q, want %q", test.unit, test.value, got, test.want)
		}
	}
}

// A result whose fields all have values of their own shows which field a row reads.
func TestEveryRowReadsAFieldOfItsOwn(t *testing.T) {
	var r scenarios.Result
	next := int64(0)
	for _, part := range []any{&r.Listener, &r.Outcomes, &r.Waits, &r.ConnectToAccept, &r.Counters} {
		v := reflect.ValueOf(part).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); f.CanInt() {
				next++
				f.SetInt(next)
			}
		}
	}
	read := map[int64]string{}
	for _, g := range scenarios.Statistics() {
		for _, row := range g.Rows {
			value := row.Of(&r)
			if other := read[value]; other != "" || value == 0 {
				t.Errorf("%s.%s reads the same as %s", g.Name, row.Name, other)
			}
			read[value] = g.Name + "." + row.Name
		}
	}
}

// Of a hundred values one lies above the 99th percentile; of fewer, none does.
func TestAPercentileIsTextOnceAValueLiesAboveIt(t *testing.T) {
	want := map[string]int{"p50": 1, "p90": 1, "p99": 100, "p999": 1000, "max": 1, "mean": 1}
	for _, g := range scenarios.Statistics() {
		for _, row := range g.Rows {
			if needs, ok := want[row.Name]; ok && row.Needs != needs {
				t.Errorf("%s.%s needs %d values, want %d", g.Name, row.Name, row.Needs, needs)
			}
		}
	}
}
