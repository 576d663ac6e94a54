package scenarios

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

func TestDependsOnNamesTheUnknownValuesThatMatter(t *testing.T) {
	for _, test := range []struct {
		why, scenario string
		o             Options
		want          []string
	}{
		{"the page says it all", "overflow", Options{}, nil},
		{"everything of it was measured", "overflow", Options{Profile: "linux"}, nil},
		{"which connections a smaller backlog resets", "relisten-smaller", Options{Profile: "wsp"}, []string{"Trim"}},
		{"the page names neither the least nor the largest backlog", "illegal-backlogs", Options{Profile: "wsp"}, []string{"Backlog.Min", "Backlog.Max"}},
		{"room for three in a queue of two: whether they are in one pool", "overflow", Options{Profile: "hpux11"}, []string{"SynQueue.Separate"}},
		{"room for one: and what happens then", "backlog-of-one", Options{Profile: "hpux11"}, []string{"SynQueue.Separate", "OnFull", "Client.Syn"}},
		{"the clients' own wait", "burst", Options{Profile: "linux", Clients: "hpux11"}, []string{"Client.Syn"}},
		{"both sides", "burst", Options{Profile: "aix5", Clients: "hpux11"}, []string{"OnFull", "Client.Syn"}},
	} {
		s, ok := ByName(test.scenario)
		if !ok {
			t.Fatalf("no scenario %s", test.scenario)
		}
		facts, err := DependsOn(s, test.o)
		var got []string
		for _, f := range facts {
			got = append(got, f.Field)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: DependsOn(%s, profile %q, clients %q) = %q, %v, want %q", test.why, test.scenario, test.o.Profile, test.o.Clients, got, err, test.want)
		}
	}
}

func TestAnUnknownValueThatWasSetIsKnown(t *testing.T) {
	s, _ := ByName("impatient")
	for _, test := range []struct {
		why   string
		alter func(*netmodel.Profile)
		want  bool
	}{
		{"nothing is set", nil, true},
		{"another field is set", func(p *netmodel.Profile) { p.FinWait = 2 * time.Minute }, true},
		{"it is set", func(p *netmodel.Profile) { p.Data.First = time.Second }, false},
	} {
		facts, err := DependsOn(s, Options{Profile: "linux2.4", Alter: test.alter})
		got := slices.ContainsFunc(facts, func(d Dependence) bool { return d.Field == "Data" })
		if err != nil || got != test.want {
			t.Errorf("%s: DependsOn names Data: %t, %v, want %t", test.why, got, err, test.want)
		}
	}
}

func TestDependsOnSaysWhatElseAValueMightBe(t *testing.T) {
	s, _ := ByName("burst")
	got, err := DependsOn(s, Options{Profile: "aix5"})
	if err != nil || len(got) != 2 || got[0].Profile != "aix5" || got[0].Field != "OnFull" || got[0].Instead != "refuse" {
		t.Errorf("DependsOn = %+v, %v, want first OnFull of aix5, which might be refuse", got, err)
	}
	if _, err := DependsOn(s, Options{Profile: "nobody"}); err == nil {
		t.Error("DependsOn under an unknown profile: no error")
	}
	stop := Options{Profile: "aix5", Stop: func(sim.Time, sim.Time) bool { return true }}
	s, _ = ByName("impatient")
	if _, err := DependsOn(s, stop); !errors.Is(err, ErrStopped) {
		t.Errorf("DependsOn that is stopped = %v, want ErrStopped", err)
	}
}

// A fact that says that a field has no effect is wrong if any run shows one.
func TestFieldsWithoutEffectChangeNoRun(t *testing.T) {
	for _, p := range profiles.All() {
		for _, s := range All() {
			plain, err := Run(s, Options{Profile: p.Name, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, last := range []bool{false, true} {
				idle := otherIdle(p, last)
				o := Options{Profile: p.Name, Seed: 1, Alter: func(altered *netmodel.Profile) { copyIdle(altered, &idle) }}
				if other, err := Run(s, o); err != nil || other.Hash != plain.Hash {
					t.Errorf("%s under %s: fields that are said to have no effect have one: %v", s.Name, p.Name, err)
				}
			}
		}
	}
}

// otherIdle returns the profile with the first, or the last, of the other values of
// each field without effect.
func otherIdle(p netmodel.Profile, last bool) netmodel.Profile {
	idle := p
	for _, f := range profiles.Facts(p) {
		others := alternatives(idle, f.Field)
		switch {
		case f.Value != profiles.NoEffect || len(others) == 0:
		case last:
			idle = others[len(others)-1]
		default:
			idle = others[0]
		}
	}
	return idle
}

// copyIdle copies the fields without effect and leaves the rest as knobs set it.
func copyIdle(to, from *netmodel.Profile) {
	for _, f := range profiles.Facts(*to) {
		if f.Value == profiles.NoEffect {
			fieldOf(to, f.Field).Set(fieldOf(from, f.Field))
		}
	}
}

func TestAlternativesAreLegalAndOther(t *testing.T) {
	for _, p := range profiles.All() {
		for _, f := range profiles.Facts(p) {
			for _, other := range alternatives(p, f.Field) {
				if err := other.Validate(); err != nil || other == p {
					t.Errorf("%s, %s: an alternative is the same or not legal: %v", p.Name, f.Field, err)
				}
				// Everything else is as it was.
				fieldOf(&other, f.Field).Set(fieldOf(&p, f.Field))
				if other != p {
					t.Errorf("%s, %s: an alternative changes another field too", p.Name, f.Field)
				}
			}
		}
	}
}

func TestAlternativesOfEachKindOfField(t *testing.T) {
	values := func(p netmodel.Profile, path string) []any {
		var got []any
		for _, other := range alternatives(p, path) {
			got = append(got, fieldOf(&other, path).Interface())
		}
		return got
	}
	second := netmodel.Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12}
	with := func(change func(*netmodel.Schedule)) netmodel.Schedule {
		s := second
		change(&s)
		return s
	}
	for _, test := range []struct {
		path string
		want []any
	}{
		{"ListenBinds", []any{false}},
		{"StarvedLoses", []any{true}},
		{"FinWait", []any{30 * time.Second, 2 * time.Minute}},
		{"SlotReturnDelay", []any{time.Second}},
		{"Backlog.Max", []any{64, 256}},
		{"PortMin", []any{uint16(5000), uint16(20000)}},
		{"AtAck", []any{netmodel.Limit{Num: 3, Den: 2, Add: 2}, netmodel.Limit{None: true}}},
		{"ListenStarved", []any{winsock.WSAEINVAL, winsock.WSAEISCONN}},
		{"Data", []any{
			with(func(s *netmodel.Schedule) { s.First /= 2 }), with(func(s *netmodel.Schedule) { s.First *= 2 }),
			with(func(s *netmodel.Schedule) { s.Retries-- }), with(func(s *netmodel.Schedule) { s.Retries++ }),
		}},
	} {
		p := profiles.FreeBSD()
		p.Data = second
		if got := values(p, test.path); !reflect.DeepEqual(got, test.want) {
			t.Errorf("alternatives of %s = %v, want %v", test.path, got, test.want)
		}
	}
}
