package scenarios

import (
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// loadScenarios are about many clients and an accept loop.
func loadScenarios() []Scenario {
	return []Scenario{
		burst(),
		halfOpenFlood(),
		impatient(),
		lossyLink(),
		cutLink(),
		recorded(),
	}
}

// loadKnobs are the knobs of a scenario with a load and an accept loop.
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
		Lesson: "Clients come five times as fast as the worker serves them. Until the queue is full everybody gets " +
			"in. From then on one client gets in for each one served, and the rest are refused (R4). A larger backlog " +
			"(try --backlog 50) refuses nobody, and the last client waits a fifth of a second. A queue turns refusals " +
			"into waiting; it serves nobody sooner. On Windows the TCP of a refused client sends the SYN again every " +
			"half second (WS.T3), and by then the burst is over. All fifty get in, the last after a second and a half.",
		Profiles: []string{"wsp", "windows"},
		Until:    10 * time.Second,
		Link:     lan(),
		Steps:    []Step{{0, Listen{Backlog: 10}}},
		Load:     Load{Clients: 50, At: ms, Every: sim.Exponential{Mean: ms}},
		Program:  Program{Workers: 1, Service: sim.Fixed(5 * ms)},
		Expect: []Expectation{
			{For: "wsp", Statistic: "outcomes.accepted", Min: 15, Max: 30},
			{For: "wsp", Statistic: "outcomes.refused", Min: 20, Max: 35},
			{For: "windows", Statistic: "outcomes.accepted", Min: 50, Max: 50},
			{For: "windows", Statistic: "listener.accepted_after_refusal", Min: 20, Max: 45},
		},
		Knobs: loadKnobs(),
	}
}

func halfOpenFlood() Scenario {
	return Scenario{
		Name:     "half-open-flood",
		Summary:  "requests that never finish their handshake",
		Question: "Ten SYNs from addresses that do not exist arrive at a backlog of 8. For how long can nobody else connect?",
		Lesson: "A half-open connection holds a slot (WS.Q6). Eight of the ten fill the queue, and the honest client " +
			"that comes at 1 s is refused. The host sends its SYN-ACKs again 3 and 9 s after the SYN and gives up at 21 " +
			"s, which frees the slots (WS.T9). One SYN for every slot, every 21 s, keeps such a listener closed. That " +
			"is why later systems gave half-open connections a queue of their own, or none.",
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
			{Statistic: "listener.expired", Min: 8, Max: 8},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func impatient() Scenario {
	return Scenario{
		Name:     "impatient",
		Summary:  "clients that give up, and come back",
		Question: "A server is overloaded. Its clients wait 300 ms, hang up, and the refused ones try again later. What does the server spend its time on?",
		Lesson: "On dead connections. A client that hangs up while it is pending stays in the queue (WS.X10), and the " +
			"server accepts and serves its connection. About four in five of the accepted connections are dead. Every " +
			"refused client comes back up to three times, so the offered load grows just when it is too large. " +
			"Exponential backoff with jitter spreads the retries but does not reduce them. On Windows no client learns " +
			"of a refusal: its patience of 300 ms ends before its TCP sends the SYN again (WS.T4).",
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
			{For: "wsp", Statistic: "outcomes.gave_up", Min: 120, Max: 300},
			{For: "wsp", Statistic: "outcomes.refused", Min: 500, Max: 1150},
			{For: "windows", Statistic: "outcomes.gave_up", Min: 200, Max: 390},
			{For: "windows", Statistic: "outcomes.refused"},
		},
		Knobs: append(loadKnobs(), Knob{"giveup", 0, int64(time.Hour)}, Knob{"retries", 0, 20}),
	}
}

func cutLink() Scenario {
	return Scenario{
		Name:     "cut-link",
		Summary:  "the link breaks in the middle of a handshake",
		Question: "The SYN-ACK to a is under way when the link is cut for five seconds. b is connected and has bytes to send. What do the two notice, and what does the listener see?",
		Lesson: "Nothing but a delay. A segment that is under way arrives, so a is connected at 12 ms. Its final ACK " +
			"is lost, and at the host the connection stays half-open and keeps its slot (WS.Q6). The host sends the " +
			"SYN-ACK again after three seconds, in vain, and after nine (WS.T9). The answer to that one completes the " +
			"connection of a. The data of b is sent again until it is acknowledged. No error reports that the link was " +
			"cut.",
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
		Lesson: "The client retransmits a lost SYN, both ends retransmit after a lost SYN-ACK, and the host " +
			"retransmits after a lost final ACK (WS.T1, WS.T2, WS.T9). Nobody is refused, but a client that loses a " +
			"segment waits for seconds. The listener cannot tell a slow client from a lossy link, and half-open " +
			"connections hold their slots meanwhile (WS.Q6). Two of the 200 fare worse: each retransmission, too, loses " +
			"a segment that would have completed the handshake. The host forgets them after 21 s (WS.T9), and they stay " +
			"phantoms.",
		Profiles: []string{"wsp", "windows"},
		Until:    2 * time.Minute,
		Link:     netmodel.Link{Latency: 20 * ms, Jitter: sim.Uniform{Max: 5 * ms}, Loss: sim.Ratio{Num: 1, Den: 10}, Duplicate: sim.Ratio{Num: 1, Den: 100}, Reorder: sim.Ratio{Num: 1, Den: 50}},
		Steps:    []Step{{0, Listen{Backlog: 100}}},
		Load:     Load{Clients: 200, At: ms, Every: sim.Exponential{Mean: 20 * ms}},
		Program:  Program{Workers: 8, Service: sim.LogNormal{Median: 5 * ms, SigmaMilli: 500}},
		Expect: []Expectation{
			{Statistic: "outcomes.accepted", Min: 190, Max: 200},
			{Statistic: "listener.expired", Max: 9},
			{Statistic: "outcomes.refused"},
		},
		Knobs: append(loadKnobs(), Knob{"loss", 0, 1_000_000}),
	}
}
