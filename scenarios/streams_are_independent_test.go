package scenarios_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
	"wspsim/sim"
)

// stories returns what each client of a scenario met, by its name.
func stories(t *testing.T, s scenarios.Scenario, profile string) map[string]string {
	t.Helper()
	met := map[string]string{}
	mustRun(t, s, scenarios.Options{Profile: profile, Seed: 1, Record: func(n *netmodel.Network, r netmodel.Record) {
		if r.Conn != 0 && r.Kind != netmodel.Called {
			met[n.ConnName(r.Conn)] += fmt.Sprintf("%v %d %v %d\n", r.At, r.Kind, r.Cause, r.Errno)
		}
	}})
	for name, story := range met { // at one instant the order is that of the timers of all
		met[name] = strings.Join(slices.Sorted(strings.Lines(story)), "")
	}
	return met
}

// Twenty clients come over a link with jitter and loss, and a worker for each serves
// it for a time that is drawn. Whatever the steps besides, each meets the same.
func TestARequestMoreChangesNobodysStory(t *testing.T) {
	const clients, groups = 20, 5 // those of a group come at one instant
	request := func(i int) scenarios.Step {
		return scenarios.Step{At: time.Duration(i/groups) * 50 * ms, Do: scenarios.Request{Client: fmt.Sprintf("r%d", i)}}
	}
	base := scenarios.Scenario{
		Name: "crowd", Summary: "a crowd", Question: "Who meets what?", Lesson: "The same.", Profiles: []string{"linux", "wsp"}, Until: time.Minute,
		Link:    netmodel.Link{Latency: 5 * ms, Jitter: sim.Exponential{Mean: ms}, Loss: sim.Ratio{Num: 1, Den: 10}},
		Steps:   []scenarios.Step{{At: 0, Do: scenarios.Listen{Backlog: 200}}},
		Program: scenarios.Program{Workers: 200, Service: sim.Exponential{Mean: 20 * ms}},
	}
	for i := range clients {
		base.Steps = append(base.Steps, request(i))
	}
	with := func(why string, change func(s *scenarios.Scenario)) (string, scenarios.Scenario) {
		s := base
		s.Steps = slices.Clone(base.Steps)
		change(&s)
		return why, s
	}
	for _, profile := range base.Profiles {
		want := stories(t, base, profile)
		compare := func(why string, s scenarios.Scenario) {
			t.Helper()
			got := stories(t, s, profile)
			different := 0
			for name, story := range got {
				if met, both := want[name]; both && met != story {
					different++
					t.Logf("%s, %s: %s met\n%swithout it\n%s", profile, why, name, story, met)
				}
			}
			if different > 0 {
				t.Errorf("%s, %s: %d of %d stories changed, want none", profile, why, different, clients)
			}
		}
		compare(with("one more ahead", func(s *scenarios.Scenario) {
			s.Steps = slices.Insert(s.Steps, 1, scenarios.Step{At: 0, Do: scenarios.Request{Client: "zz"}})
		}))
		compare(with("one less", func(s *scenarios.Scenario) { s.Steps = slices.Delete(s.Steps, 1, 2) }))
		compare(with("the steps written down in another order", func(s *scenarios.Scenario) {
			for group := range slices.Chunk(s.Steps[1:], groups) {
				slices.Reverse(group)
			}
		}))
		compare(with("a load besides", func(s *scenarios.Scenario) {
			s.Load = scenarios.Load{Clients: 30, Every: sim.Exponential{Mean: 7 * ms}, Name: "l"}
		}))
		compare(with("a flood besides", func(s *scenarios.Scenario) {
			s.Steps = append(s.Steps, scenarios.Step{At: 200 * ms, Do: scenarios.Flood{Count: 9, Name: "x"}})
		}))
	}
}

// Whoever is shown the records may look at everything.
func TestAnObserverChangesNothing(t *testing.T) {
	observers := map[string]func(*netmodel.Network, netmodel.Record){
		"the hosts": func(n *netmodel.Network, _ netmodel.Record) {
			for id := netmodel.HostID(1); n.HostName(id) != ""; id++ {
				h := n.Host(id)
				h.Queue(netmodel.FirstFD)
				h.Deadline()
				_, _ = h.Select(netmodel.FirstFD)
			}
		},
		"what comes next": func(n *netmodel.Network, _ netmodel.Record) { n.Next() },
		"what has been": func(n *netmodel.Network, r netmodel.Record) {
			n.Result(r.Conn)
			n.Progress(r.Conn)
			n.Tally()
			n.Hash()
			n.Records()
		},
		"a copy that goes on": func(n *netmodel.Network, _ netmodel.Record) { n.Clone().Step(sim.Forever) },
	}
	for _, s := range scenarios.All() {
		for _, profile := range s.Profiles {
			want := mustRun(t, s, scenarios.Options{Profile: profile, Seed: 1})
			if want.Records > 1000 && testing.Short() || want.Records > 3000 {
				continue
			}
			for what, look := range observers {
				got := mustRun(t, s, scenarios.Options{Profile: profile, Seed: 1, Record: look})
				if got.Hash != want.Hash || got.Events != want.Events || got.Records != want.Records {
					t.Errorf("%s under %s, an observer of %s: hash %x, %d events, %d records; without it %x, %d, %d",
						s.Name, profile, what, got.Hash, got.Events, got.Records, want.Hash, want.Events, want.Records)
				}
			}
		}
	}
}
