package scenarios_test

import (
	"fmt"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
)

// Three clients, room for two.
func ExampleRun() {
	s := scenarios.Scenario{
		Name:     "three-for-two",
		Profiles: []string{"wsp"},
		Until:    time.Second,
		Steps: []scenarios.Step{
			{Do: scenarios.Listen{Backlog: 2}},
			{Do: scenarios.Request{Client: "a"}},
			{Do: scenarios.Request{Client: "b"}},
			{Do: scenarios.Request{Client: "c"}},
			{At: 5 * time.Millisecond, Do: scenarios.Accept{}},
		},
		Expect: []scenarios.Expectation{{Client: "c", Outcome: netmodel.OutcomeRefused}},
	}
	r, err := scenarios.Run(s, scenarios.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Outcomes)
	fmt.Println(r.Listener)
	for _, j := range r.Judged {
		fmt.Println(j.Claim, "-", r.Verdict)
	}
	// Output:
	// 3 offered: 1 accepted, 1 refused, 1 queued
	// limit 2, 2 pending at most, 1 at the end, 1 SYN refused
	// c is refused - held
}

// A knob changes one number of a scenario; a value that makes no sense is
// refused with what would.
func ExampleScenario_With() {
	s, _ := scenarios.ByName("overflow")
	for _, backlog := range []string{"2", "3", "many"} {
		turned, err := s.With([]scenarios.Setting{{Name: "backlog", Value: backlog}})
		if err != nil {
			fmt.Println(err)
			continue
		}
		r, err := scenarios.Run(turned, scenarios.Options{})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("backlog", backlog+":", r.Outcomes)
	}
	// Output:
	// backlog 2: 4 offered: 3 accepted, 1 refused
	// backlog 3: 4 offered: 3 accepted, 1 queued
	// knob backlog: "many" is not a whole number
}

// A scenario prints itself as Go source: what a test has found can be pasted
// back.
func ExampleScenario_GoString() {
	s := scenarios.Scenario{
		Name:     "found",
		Profiles: []string{"wsp"},
		Until:    time.Second,
		Steps: []scenarios.Step{
			{Do: scenarios.Listen{Backlog: 1}},
			{At: 3 * time.Millisecond, Do: scenarios.Request{Client: "a"}},
		},
	}
	fmt.Printf("%#v\n", s)
	// Output:
	// scenarios.Scenario{
	// 	Name:     "found",
	// 	Profiles: []string{"wsp"},
	// 	Until:    1 * time.Second,
	// 	Steps: []scenarios.Step{
	// 		{Do: scenarios.Listen{Backlog: 1}},
	// 		{At: 3 * time.Millisecond, Do: scenarios.Request{Client: "a"}},
	// 	},
	// }
}

// A series of one's own takes the place of the recorded one.
func ExampleParseArrivals() {
	times, err := scenarios.ParseArrivals(strings.NewReader("client,at_ms\nann,1000\nbob,1002.5\ncid,1002.5\n"), "at_ms")
	fmt.Println(times, err)
	_, err = scenarios.ParseArrivals(strings.NewReader("0.5\n0.25\n"), "")
	fmt.Println(err)
	// Output:
	// [0s 2.5ms 2.5ms] <nil>
	// line 2, column 1: "0.25": want arrivals in ascending order, but the one before is "0.5"
}
