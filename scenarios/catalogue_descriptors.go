package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// descriptorScenarios are about addresses and descriptors that run out.
func descriptorScenarios() []Scenario {
	return []Scenario{
		twoListeners(),
		delayedAddressInUse(),
		descriptors(),
		emfileLoop(),
		switchedFaults(),
	}
}

func twoListeners() Scenario {
	return Scenario{
		Name:     "two-listeners",
		Summary:  "two listeners on one port",
		Question: "Two sockets with SO_REUSEADDR listen on the same port. Which one gets the connections, and what happens when it closes?",
		Lesson: "Officially the behaviour is indeterminate. Windows and this model give everything to the socket that " +
			"was bound first. Its full queue does not spill over to the other socket (WS.Q11). After the first socket " +
			"has closed, the other one gets the connections.",
		Profiles: []string{"wsp", "windows"},
		Until:    100 * ms,
		Link:     lan(),
		Steps: []Step{
			{0, Bind{Socket: "first", Reuse: true}}, {0, Bind{Socket: "second", Reuse: true}},
			{0, Listen{Backlog: 1, Socket: "first"}}, {0, Listen{Backlog: 1, Socket: "second"}},
			{0, Request{Client: "a"}}, {1 * ms, Request{Client: "b"}},
			{10 * ms, Accept{Socket: "second"}}, {11 * ms, Accept{Socket: "first"}},
			{20 * ms, CloseListener{Socket: "first"}}, {21 * ms, Request{Client: "c"}}, {30 * ms, Accept{Socket: "second"}},
		},
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeAccepted},
			{For: "wsp", Client: "b", Outcome: netmodel.OutcomeRefused},
			{Client: "c", Outcome: netmodel.OutcomeAccepted},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func delayedAddressInUse() Scenario {
	return Scenario{
		Name:     "delayed-address-in-use",
		Summary:  "bind succeeds and listen says WSAEADDRINUSE",
		Question: "One socket listens on an address. A second is bound to the wildcard and the same port: bind succeeds. Does listen?",
		Lesson: "Not by the page: listen may commit a bind to a wildcard address to specific addresses, and the " +
			"conflict shows there (E2). The socket stays bound and may call listen again when the other socket has " +
			"closed, as it does here. On desktop Windows both sockets listen, and the specific one gets the connections " +
			"to its address (WS.Q12).",
		Profiles: []string{"wsp", "windows"},
		Until:    100 * ms,
		Link:     lan(),
		Steps: []Step{
			{0, Bind{Socket: "specific", Address: 1}}, {0, Bind{Socket: "wildcard"}},
			{0, Listen{Backlog: 2, Socket: "specific"}}, {1 * ms, Listen{Backlog: 2, Socket: "wildcard"}},
			{10 * ms, Request{Client: "a", To: 1}}, {10 * ms, Request{Client: "b", To: 2}},
			{20 * ms, CloseListener{Socket: "specific"}}, {21 * ms, Listen{Backlog: 2, Socket: "wildcard"}},
			{30 * ms, Request{Client: "c", To: 2}},
		},
		Expect: []Expectation{
			{For: "wsp", Statistic: "listener.failed_calls", Min: 1, Max: 1},
			{For: "wsp", Client: "b", Outcome: netmodel.OutcomeRefused},
			{For: "windows", Statistic: "listener.failed_calls"},
			{For: "windows", Client: "b", Outcome: netmodel.OutcomePending},
			{Client: "a", Outcome: netmodel.OutcomeReset},
			{Client: "c", Outcome: netmodel.OutcomePending},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func descriptors() Scenario {
	return Scenario{
		Name:     "descriptors",
		Summary:  "descriptors run out and come back",
		Question: "The program has three descriptors, one of them the listener's, and listens with a backlog of 4. Six clients come. Who gets in, and what makes the listener resume?",
		Lesson: "A slot that is used up must be filled, and filling needs a free descriptor. Two descriptors are " +
			"free, so two of the four slots are available. Accepting a fills one more slot for the last descriptor. " +
			"Accepting b takes that descriptor, and from then on slots are not filled (WS.D5). c gets the last " +
			"available slot, and accepting it fails with WSAEMFILE (WS.D4). d is refused though only one connection is " +
			"pending (WS.D6). Closing a fills no slot by itself, so e is refused as well (WS.D7). The accept of c takes " +
			"that descriptor. After b has closed, the next accept fills slots again, even an accept that finds nothing " +
			"(R7, WS.D8), and f gets in.",
		Profiles:    []string{"wsp"},
		Until:       time.Second,
		Descriptors: 3,
		Link:        lan(),
		Steps: []Step{
			{0, Listen{Backlog: 4}},
			{0, Request{Client: "a"}}, {1 * ms, Request{Client: "b"}},
			{10 * ms, Accept{}}, {11 * ms, Accept{}},
			{20 * ms, Request{Client: "c"}}, {25 * ms, Accept{}}, {26 * ms, Request{Client: "d"}},
			{30 * ms, CloseAccepted{Client: "a"}}, {31 * ms, Request{Client: "e"}},
			{40 * ms, Accept{}}, {50 * ms, CloseAccepted{Client: "b"}}, {51 * ms, Accept{}},
			{60 * ms, Request{Client: "f"}}, {70 * ms, Accept{}},
		},
		Expect: []Expectation{
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{Client: "c", Outcome: netmodel.OutcomeAccepted},
			{Client: "d", Outcome: netmodel.OutcomeRefused},
			{Client: "e", Outcome: netmodel.OutcomeRefused},
			{Client: "f", Outcome: netmodel.OutcomeAccepted},
			{Statistic: "listener.failed_calls", Min: 1, Max: 1},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"descriptors", 0, 1000}},
	}
}

func emfileLoop() Scenario {
	return Scenario{
		Name:     "emfile-loop",
		Summary:  "an accept loop without descriptors",
		Question: "A server opens files until no descriptor is left, and three clients connect; a fourth comes when the files are closed again. What does the accept loop see, and is anybody lost?",
		Lesson: "accept fails with WSAEMFILE when a connection is pending and no descriptor is free, and changes " +
			"nothing (WS.A3, WS.D4). No client is lost, and the listener stays readable, so a loop without a pause " +
			"would spin. This loop waits 10 ms after each failure. When the files are closed it drains the queue in " +
			"order (R6) and goes on.",
		Profiles:    []string{"wsp"},
		Until:       time.Second,
		Descriptors: 8,
		Link:        lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 3}}, {ms, OpenFiles{Count: 100}}},
			requests(2*ms, ms, "a", "b", "c"),
			[]Step{{60 * ms, CloseFiles{Count: 100}}, {100 * ms, Request{Client: "d"}}},
		),
		Program: Program{Workers: 2, Service: sim.Fixed(5 * ms), Backoff: 10 * ms},
		Expect: []Expectation{
			{Statistic: "outcomes.accepted", Min: 4, Max: 4},
			{Statistic: "listener.failed_calls", Min: 5, Max: 8},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"descriptors", 0, 1000}, {"backoff", int64(ms), int64(time.Second)}},
	}
}

func switchedFaults() Scenario {
	return Scenario{
		Name:     "faults",
		Summary:  "the network is down, buffers are out, a callback is running",
		Question: "A server's network subsystem fails for a while, then its buffers run out, then it calls listen from inside a callback. What does listen return each time, and what do clients notice?",
		Lesson: "listen returns WSAENETDOWN (E1), WSAENOBUFS (E7) and WSAEINPROGRESS (E3). A failed call changes " +
			"nothing, so the backlog is still 2 at the end. The clients see something else. Segments that arrive while " +
			"the network is down are lost, and a SYN that meets no buffer space is ignored. a and b send their SYNs " +
			"again after three seconds (WS.T1) and get in. A callback stops the program, not the host: c is queued.",
		Profiles: []string{"wsp"},
		Until:    10 * time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: 2}},
			{10 * ms, SetFault{Fault: netmodel.FaultNetworkDown, On: true}}, {10 * ms, Listen{Backlog: 5}}, {10 * ms, Request{Client: "a"}},
			{20 * ms, SetFault{Fault: netmodel.FaultNetworkDown}},
			{30 * ms, SetFault{Fault: netmodel.FaultNoBuffers, On: true}}, {30 * ms, Listen{Backlog: 5}}, {30 * ms, Request{Client: "b"}},
			{40 * ms, SetFault{Fault: netmodel.FaultNoBuffers}},
			{50 * ms, SetFault{Fault: netmodel.FaultInCallback, On: true}}, {50 * ms, Listen{Backlog: 5}}, {50 * ms, Request{Client: "c"}},
			{60 * ms, SetFault{Fault: netmodel.FaultInCallback}}, {70 * ms, Accept{}},
			{4 * time.Second, Accept{}}, {4 * time.Second, Accept{}},
		},
		Expect: []Expectation{
			{Statistic: "outcomes.accepted", Min: 3, Max: 3},
			{Statistic: "listener.failed_calls", Min: 3, Max: 3},
			{Statistic: "listener.limit", Min: 2, Max: 2},
			{Statistic: "listener.ignored_syns", Min: 1, Max: 1},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}
