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
		Lesson: "Officially the behaviour is indeterminate. Observed on Windows, and done here: the socket that was bound first gets " +
			"everything, and its full queue does not spill over to the other (WS.Q11). After it has closed, the other is found.",
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
		Lesson: "Not by the page: a bind to a wildcard address may be committed to specific ones only by listen, and that is where the " +
			"conflict shows (E2). The socket stays bound and may try again when the other has gone, as it does here. On desktop Windows " +
			"the two live side by side, and the specific one gets the connections to its address (WS.Q12).",
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
			{For: "wsp", Measure: MeasureFailures, Min: 1, Max: 1},
			{For: "wsp", Client: "b", Outcome: netmodel.OutcomeRefused},
			{For: "windows", Measure: MeasureFailures},
			{For: "windows", Client: "b", Outcome: netmodel.StillPending},
			{Client: "a", Outcome: netmodel.OutcomeReset},
			{Client: "c", Outcome: netmodel.StillPending},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func descriptors() Scenario {
	return Scenario{
		Name:     "descriptors",
		Summary:  "descriptors run out and come back",
		Question: "The program has three descriptors, one of them the listener's, and listens with a backlog of 4. Six clients come. Who gets in, and what makes the listener resume?",
		Lesson: "A slot that is used up must be filled, and filling needs a free descriptor. Two are free, so two of the four slots are available. Accepting a fills one more " +
			"for the descriptor that is left; accepting b takes that descriptor, and now slots are no longer filled (WS.D5). c gets the last available one and can't be accepted: " +
			"WSAEMFILE (WS.D4). d is refused though only one connection is pending (WS.D6). Closing a fills nothing by itself, so e is refused as well (WS.D7). The accept of c uses " +
			"that descriptor up; after b has closed, the next accept, even one that finds nothing, fills again (R7, WS.D8), and f gets in.",
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
			{Measure: MeasureFailures, Min: 1, Max: 1},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"descriptors", 0, 1000}},
	}
}

func emfileLoop() Scenario {
	return Scenario{
		Name:     "emfile-loop",
		Summary:  "an accept loop without descriptors",
		Question: "A server opens files until no descriptor is left, and three clients connect; a fourth comes when the files are closed again. What does the accept loop see, and is anybody lost?",
		Lesson: "accept with a connection pending and no descriptor free fails with WSAEMFILE and changes nothing (WS.A3, WS.D4): nobody is lost, and the " +
			"listener stays readable, so a loop without a pause would spin. This one waits 10 ms after each failure. When the files are closed it " +
			"drains the queue in order (R6) and everything goes on.",
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
			{Measure: MeasureAccepted, Min: 4, Max: 4},
			{Measure: MeasureFailures, Min: 5, Max: 8},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"descriptors", 0, 1000}, {"backoff", int64(ms), int64(time.Second)}},
	}
}

func switchedFaults() Scenario {
	return Scenario{
		Name:     "faults",
		Summary:  "the network is down, buffers are out, a callback is running",
		Question: "A server's network subsystem fails for a while, then its buffers run out, then it calls listen from inside a callback. What does listen return each time, and what do clients notice?",
		Lesson: "WSAENETDOWN (E1), WSAENOBUFS (E7) and WSAEINPROGRESS (E3); none of the failed calls changes anything, so the backlog is still 2 in the end. What " +
			"clients notice is not in the error: segments that arrive while the network is down are lost, and a request that meets no buffer space is " +
			"ignored; a and b ask again after three seconds (WS.T1) and get in. A callback stops the program, not the host: c is queued.",
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
			{Measure: MeasureAccepted, Min: 3, Max: 3},
			{Measure: MeasureFailures, Min: 3, Max: 3},
			{Measure: MeasureLimit, Min: 2, Max: 2},
			{Measure: MeasureIgnoredSYNs, Min: 1, Max: 1},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

// crowdScenarios are about many clients.
func crowdScenarios() []Scenario {
	return []Scenario{
		burst(),
		halfOpenFlood(),
		impatient(),
		lossyLink(),
		cutLink(),
		recorded(),
	}
}

// loadKnobs are the knobs of a scenario with a crowd and an accept loop.
func loadKnobs() []Knob {
	return []Knob{
		anyBacklog("backlog"), {"clients", 1, 1_000_000}, {"every", 0, int64(time.Hour)},
		{"workers", 0, 10_000}, {"service", 0, int64(time.Hour)}, {"descriptors", 0, 100_000}, {"latency", 0, int64(time.Second)},
		{"send", 0, 1 << 20},
	}
}

func burst() Scenario {
	return Scenario{
		Name:     "burst",
		Summary:  "a burst against a slow server",
		Question: "Fifty clients connect within about 50 ms. One worker serves 5 ms each, the backlog is 10. How many are refused, and would a backlog of 50 help them?",
		Lesson: "Clients come five times as fast as they are served. Until the queue is full everybody gets in; from then on one in for each one " +
			"served, and the rest are refused (R4). A larger backlog (try --backlog 50) refuses nobody, and makes the last of them wait for a " +
			"fifth of a second: a queue turns refusals into waiting, it serves nobody sooner. On Windows the refused ask again every half second " +
			"(WS.T3), and by then the burst is over: all fifty get in, the last after a second and a half.",
		Profiles: []string{"wsp", "windows"},
		Until:    10 * time.Second,
		Link:     lan(),
		Steps:    []Step{{0, Listen{Backlog: 10}}},
		Load:     Load{Clients: 50, At: ms, Every: sim.Exponential{Mean: ms}},
		Program:  Program{Workers: 1, Service: sim.Fixed(5 * ms)},
		Expect: []Expectation{
			{For: "wsp", Measure: MeasureAccepted, Min: 15, Max: 30},
			{For: "wsp", Measure: MeasureRefused, Min: 20, Max: 35},
			{For: "windows", Measure: MeasureAccepted, Min: 50, Max: 50},
			{For: "windows", Measure: MeasureLate, Min: 20, Max: 45},
		},
		Knobs: loadKnobs(),
	}
}

func halfOpenFlood() Scenario {
	return Scenario{
		Name:     "half-open-flood",
		Summary:  "requests that never finish their handshake",
		Question: "Ten SYNs from addresses that do not exist arrive at a backlog of 8. For how long can nobody else connect?",
		Lesson: "A half-open connection holds a slot (WS.Q6): eight of the ten fill the queue, and the honest client that comes at 1 s is refused. The host " +
			"repeats its SYN-ACKs 3 and 9 s after the SYN, gives up at 21 s, and the slots return (WS.T9). One SYN for every slot, every 21 s, keeps such a " +
			"listener closed; that is why later systems gave half-open connections a queue of their own, or none.",
		Profiles: []string{"wsp"},
		Until:    time.Minute,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: 8}}, {0, Flood{Name: "x", Count: 10}},
			{time.Second, Request{Client: "early"}}, {30 * time.Second, Request{Client: "late"}}, {31 * time.Second, Accept{}},
		},
		Expect: []Expectation{
			{Client: "early", Outcome: netmodel.OutcomeRefused},
			{Client: "late", Outcome: netmodel.OutcomeAccepted},
			{Measure: MeasureExpired, Min: 8, Max: 8},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func impatient() Scenario {
	return Scenario{
		Name:     "impatient",
		Summary:  "clients that give up, and come back",
		Question: "A server is overloaded. Its clients wait 300 ms, hang up, and the refused ones try again later. What does the server spend its time on?",
		Lesson: "On the dead: a client that hangs up while it is pending stays in the queue (WS.X10), and the server accepts and serves it all the same. About " +
			"four in five of the connections that it accepts are dead. Every refused client comes back up to three times, so the load that is offered grows just when it is too large. " +
			"Pauses that double, with a part of them left to chance, spread the repetitions; they do not make them fewer. On Windows nobody learns of a refusal: the patience " +
			"of 300 ms ends before its TCP asks again (WS.T4).",
		Profiles: []string{"wsp", "windows"},
		Until:    time.Minute,
		Link:     netmodel.Link{Latency: 5 * ms, Jitter: sim.Exponential{Mean: ms}},
		Client: Client{
			GiveUp: 300 * ms,
			Retry:  netmodel.Retry{Attempts: 3, Delay: 200 * ms, Factor: 2, Max: 2 * time.Second, Jitter: sim.Ratio{Num: 1, Den: 2}},
		},
		Steps:   []Step{{0, Listen{Backlog: 20}}},
		Load:    Load{Clients: 400, At: ms, Every: sim.Exponential{Mean: 10 * ms}},
		Program: Program{Workers: 2, Service: sim.Exponential{Mean: 40 * ms}},
		Expect: []Expectation{
			{For: "wsp", Measure: MeasureGaveUp, Min: 120, Max: 300},
			{For: "wsp", Measure: MeasureRefused, Min: 500, Max: 1150},
			{For: "windows", Measure: MeasureGaveUp, Min: 200, Max: 390},
			{For: "windows", Measure: MeasureRefused},
		},
		Knobs: append(loadKnobs(), Knob{"giveup", 0, int64(time.Hour)}, Knob{"retries", 0, 20}),
	}
}

func cutLink() Scenario {
	return Scenario{
		Name:     "cut-link",
		Summary:  "the link breaks in the middle of a handshake",
		Question: "The SYN-ACK to a is under way when the link is cut for five seconds. b is connected and has bytes to send. What do the two notice, and what does the listener see?",
		Lesson: "Nothing at all, but for a delay. What is under way arrives, so a is connected at 12 ms; its final ACK is lost, and for the host the connection stays half-open " +
			"and keeps its slot (WS.Q6). The host sends the SYN-ACK again after three seconds, in vain, and after nine (WS.T9): only the answer to that one makes a complete. " +
			"What b sent is sent again until it is acknowledged. Nobody is told that the link was cut.",
		Profiles: []string{"wsp"},
		Until:    20 * time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: 2}}, {0, Request{Client: "b"}},
			{10 * ms, Request{Client: "a"}}, {11*ms + ms/2, CutLink{}}, {20 * ms, Send{Client: "b", Bytes: 100}},
			{5 * time.Second, CutLink{Healed: true}}, {15 * time.Second, Accept{}}, {15 * time.Second, Accept{}},
		},
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeAccepted},
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func lossyLink() Scenario {
	return Scenario{
		Name:     "lossy-link",
		Summary:  "a link that loses one segment in ten",
		Question: "Clients connect over a link that loses every tenth segment. The server is fast and its backlog large. Who still waits, and for how long?",
		Lesson: "A lost SYN is repeated by the client, a lost SYN-ACK by both ends, a lost final ACK makes the host repeat (WS.T1, WS.T2, WS.T9): nobody is refused, but whoever " +
			"loses a segment waits for seconds. The listener cannot tell a slow client from a lossy link; half-open connections hold their slots meanwhile (WS.Q6). Two of the 200 " +
			"fare worse: of each repetition, too, a segment is lost that would have completed the handshake. The host forgets them after 21 s (WS.T9), and they believe for ever that they are connected.",
		Profiles: []string{"wsp", "windows"},
		Until:    2 * time.Minute,
		Link:     netmodel.Link{Latency: 20 * ms, Jitter: sim.Uniform{Max: 5 * ms}, Loss: sim.Ratio{Num: 1, Den: 10}, Duplicate: sim.Ratio{Num: 1, Den: 100}, Reorder: sim.Ratio{Num: 1, Den: 50}},
		Steps:    []Step{{0, Listen{Backlog: 100}}},
		Load:     Load{Clients: 200, At: ms, Every: sim.Exponential{Mean: 20 * ms}},
		Program:  Program{Workers: 8, Service: sim.LogNormal{Median: 5 * ms, SigmaMilli: 500}},
		Expect: []Expectation{
			{Measure: MeasureAccepted, Min: 190, Max: 200},
			{Measure: MeasureExpired, Max: 9},
			{Measure: MeasureRefused},
		},
		Knobs: append(loadKnobs(), Knob{"loss", 0, 1_000_000}),
	}
}
