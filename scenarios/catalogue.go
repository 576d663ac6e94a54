package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// All returns the catalogue, in the order of a course: each scenario needs only
// what those before it have shown.
func All() []Scenario {
	return slices.Concat(queueScenarios(), changeScenarios(), descriptorScenarios(), loadScenarios(), twoQueueScenarios(), stackScenarios())
}

// ByName returns the scenario of that name.
func ByName(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

const ms = time.Millisecond

// requests makes named clients connect one after the other.
func requests(at, apart time.Duration, names ...string) []Step {
	var steps []Step
	for i, name := range names {
		steps = append(steps, Step{at + time.Duration(i)*apart, Request{Client: name}})
	}
	return steps
}

// anyBacklog is the range of the argument of listen in C.
func anyBacklog(name string) Knob { return Knob{name, -1 << 31, 1<<31 - 1} }

// lan is a link with one millisecond each way.
func lan() netmodel.Link { return netmodel.Link{Latency: ms} }

// queueScenarios are about one queue and what fits into it.
func queueScenarios() []Scenario {
	return []Scenario{
		overflow(),
		backlogOfOne(),
		illegalBacklogs(),
		somaxconn(),
		lateSuccess(),
	}
}

func overflow() Scenario {
	return Scenario{
		Name:     "overflow",
		Summary:  "three clients at once, room for two",
		Question: "A server listens with a backlog of 2 and is busy. Three clients connect, one after the other; a fourth comes when the server has accepted one. What do the third and the fourth see, and when?",
		Lesson: "The backlog is the most that may be pending (P3). a and b take the two slots as soon as " +
			"their SYNs arrive, long before the program accepts anybody (R3). The SYN of c finds the queue full " +
			"and is answered with an RST: its connect fails with WSAECONNREFUSED at once (R4). The accept at 10 ms " +
			"frees a slot, but nobody tells c; only who asks now, like d, gets in. " +
			"On Windows c's own TCP asks again half a second later (WS.T3), and finds room (WS.T5).",
		Profiles: []string{"wsp", "windows"},
		Until:    4 * time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, ms, "a", "b", "c"),
			[]Step{{10 * ms, Accept{}}, {12 * ms, Request{Client: "d"}}, {20 * ms, Accept{}}, {21 * ms, Accept{}}},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeAccepted},
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{Client: "d", Outcome: netmodel.OutcomeAccepted},
			{For: "wsp", Client: "c", Outcome: netmodel.OutcomeRefused},
			{For: "windows", Client: "c", Outcome: netmodel.OutcomePending},
			{Statistic: "listener.peak_pending", Min: 2, Max: 2},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func backlogOfOne() Scenario {
	return Scenario{
		Name:     "backlog-of-one",
		Summary:  "a queue of one is a queue of one",
		Question: "A server listens with a backlog of 1 and accepts promptly. Two clients connect 3 ms apart, then two more at the same instant. Who is refused?",
		Lesson: "Capacity is exactly the backlog, not one more (P3; the Berkeley systems hold more than they are asked " +
			"for). a is accepted before b arrives, so b fits. c and d arrive together: the second of them finds the one " +
			"slot taken and is refused, although the slot is free again two milliseconds later (R4). A backlog must hold the " +
			"largest burst, not the average.",
		Profiles: []string{"wsp", "winsock11"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, 3*ms, "a", "b"),
			[]Step{{20 * ms, Request{Client: "c"}}, {20 * ms, Request{Client: "d"}}},
		),
		Program: Program{Workers: 4, Service: sim.Fixed(5 * ms)},
		Expect: []Expectation{
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{Client: "c", Outcome: netmodel.OutcomeAccepted},
			{Client: "d", Outcome: netmodel.OutcomeRefused},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"service", 0, int64(time.Minute)}},
	}
}

func illegalBacklogs() Scenario {
	return Scenario{
		Name:     "illegal-backlogs",
		Summary:  "listen(-5), listen(0) and listen(1000000) all succeed",
		Question: "What does a stack do with a backlog that makes no sense: an error, or a guess?",
		Lesson: "Neither: an illegal value is replaced by the nearest legal one without a word (C2), and a legal one that the " +
			"provider finds too large by what it considers reasonable (C1). The call returns 0 each time, and there is no " +
			"standard way to ask what is in force (P5). On Windows -5 is SOMAXCONN_HINT(5), brought up to 200 (WS.B6), and " +
			"the later calls change nothing (WS.R2').",
		Profiles: []string{"wsp", "windowsce3", "windows"},
		Until:    time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: -5}},
			{10 * ms, Listen{Backlog: 0}},
			{20 * ms, Listen{Backlog: 1_000_000}},
			{30 * ms, Listen{Backlog: 3}},
		},
		Expect: []Expectation{
			{For: "wsp", Statistic: "listener.limit", Min: 3, Max: 3},
			{For: "windowsce3", Statistic: "listener.limit", Min: 3, Max: 3},
			{For: "windows", Statistic: "listener.limit", Min: 200, Max: 200},
			{Statistic: "listener.failed_calls"},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func somaxconn() Scenario {
	return Scenario{
		Name:     "somaxconn",
		Summary:  "SOMAXCONN asks for the provider's maximum",
		Question: "250 clients connect at once to a server that listens with SOMAXCONN and accepts nobody. How many get in?",
		Lesson: "SOMAXCONN is not a number but a request: use the maximum that you consider reasonable (P4). Windows 8 and " +
			"later use 200; that is also the maximum chosen here for the page, which names none. Under Windows Sockets 1.1 " +
			"SOMAXCONN is 5, and this program's 0x7fffffff is merely too large (C1). Fifty are refused, at once by the page (R4), " +
			"on Windows after their TCP has asked four times more (WS.T4).",
		Profiles: []string{"wsp", "windows", "winsock11"},
		Until:    time.Minute,
		Link:     lan(),
		Steps:    []Step{{0, Listen{Backlog: winsock.SomaxconnWinsock2}}},
		Load:     Load{Clients: 250},
		Expect: []Expectation{
			{For: "wsp", Statistic: "outcomes.pending", Min: 200, Max: 200},
			{For: "windows", Statistic: "outcomes.pending", Min: 200, Max: 200},
			{For: "winsock11", Statistic: "outcomes.pending", Min: 5, Max: 5},
			{Statistic: "outcomes.reset"},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"clients", 1, 20_000}},
	}
}

func lateSuccess() Scenario {
	return Scenario{
		Name:     "late-success",
		Summary:  "on Windows a refusal is not final",
		Question: "A client is refused because the queue is full. 800 ms later the server accepts. Does the client get in without trying again?",
		Lesson: "By the page the client was told WSAECONNREFUSED long ago (R4). A Windows client has not been told " +
			"anything yet: an RST in answer to a SYN makes its TCP send the SYN again after half a second, up to four " +
			"times (WS.T3, WS.T4). The second retransmission, 1 s after the refusal, finds the slot free: connect " +
			"succeeds, late (WS.T5). A full queue on Windows looks first like a slow server, and after two seconds like " +
			"a refusal.",
		Profiles: []string{"windows", "wsp"},
		Until:    5 * time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, ms, "a", "b"),
			[]Step{{800 * ms, Accept{}}, {2 * time.Second, Accept{}}},
		),
		Expect: []Expectation{
			{For: "windows", Client: "b", Outcome: netmodel.OutcomeAccepted},
			{For: "windows", Statistic: "listener.accepted_after_refusal", Min: 1, Max: 1},
			{For: "wsp", Client: "b", Outcome: netmodel.OutcomeRefused},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

// changeScenarios are about a queue that changes under its clients.
func changeScenarios() []Scenario {
	return []Scenario{
		relistenSmaller(),
		relistenLarger(),
		givesUpQueued(),
		closeFull(),
		conditionFunction(),
		conditionalAccept(),
		paused(),
	}
}

func relistenSmaller() Scenario {
	return Scenario{
		Name:     "relisten-smaller",
		Summary:  "a smaller backlog resets what no longer fits",
		Question: "Four connections are pending. The program calls listen again, with a backlog of 2. What becomes of the other two?",
		Lesson: "By the page the new backlog holds at once (R9) and the excess is reset and dropped (R10): c and d, " +
			"who were connected, see WSAECONNRESET. The page does not say which connections are in excess. Here the " +
			"newest are, so that the survivors are those that the smaller queue would have admitted (WS.R4). The listen " +
			"page of desktop Windows says the opposite: the second call succeeds and changes nothing (WS.R2').",
		Profiles: []string{"wsp", "windows"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 5}}},
			requests(0, ms, "a", "b", "c", "d"),
			[]Step{{20 * ms, Listen{Backlog: 2}}, {30 * ms, Request{Client: "e"}}, {40 * ms, Accept{}}, {41 * ms, Accept{}}},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeAccepted},
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{For: "wsp", Client: "c", Outcome: netmodel.OutcomeReset},
			{For: "wsp", Client: "d", Outcome: netmodel.OutcomeReset},
			{For: "wsp", Client: "e", Outcome: netmodel.OutcomeRefused},
			{For: "wsp", Statistic: "listener.trimmed", Min: 2, Max: 2},
			{For: "windows", Statistic: "listener.trimmed"},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func relistenLarger() Scenario {
	return Scenario{
		Name:     "relisten-larger",
		Summary:  "a larger backlog makes room at once, for those who still ask",
		Question: "A client is refused at a full queue of 1. Then the program calls listen with 3. Does the refused client get in now?",
		Lesson: "The room is there at once (R9, WS.R9): c, which connects after the second listen, is queued. b was " +
			"refused and stays out; a larger backlog revives no connection (WS.R10). Only a client whose own TCP or " +
			"program tries again can profit.",
		Profiles: []string{"wsp"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, ms, "a", "b"),
			[]Step{{20 * ms, Listen{Backlog: 3}}, {30 * ms, Request{Client: "c"}}},
		),
		Expect: []Expectation{
			{Client: "b", Outcome: netmodel.OutcomeRefused},
			{Client: "c", Outcome: netmodel.OutcomePending},
			{Statistic: "listener.limit", Min: 3, Max: 3},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func givesUpQueued() Scenario {
	return Scenario{
		Name:     "gives-up-queued",
		Summary:  "clients lose patience while they wait in the queue",
		Question: "Three clients are pending. One closes its connection, one resets it. Is there room for a fourth now, and what does accept return for each?",
		Lesson: "A client that closes leaves its connection in the queue: accept succeeds, and the first receive " +
			"finds the end of the stream (WS.X10). A client that resets keeps its slot too, by the WSPAccept page, and " +
			"accept fails with WSAECONNRESET when its turn comes (WS.X6). On real Windows accept usually succeeds and " +
			"receive fails (WS.X7). Either way dead connections take the room of the living until they are accepted. d " +
			"is refused (R4), and gets in only where its TCP sends the SYN again (WS.T3).",
		Profiles: []string{"wsp", "windows"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 3}}},
			requests(0, ms, "a", "b", "c"),
			[]Step{
				{20 * ms, CloseClient{Client: "a"}}, {21 * ms, CloseClient{Client: "b", Reset: true}}, {25 * ms, Request{Client: "d"}},
				{30 * ms, Accept{}}, {31 * ms, Accept{}}, {32 * ms, Accept{}},
			},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeGaveUp},
			{Client: "b", Outcome: netmodel.OutcomeGaveUp},
			{Client: "c", Outcome: netmodel.OutcomeAccepted},
			{For: "wsp", Client: "d", Outcome: netmodel.OutcomeRefused},
			{For: "wsp", Statistic: "listener.failed_calls", Min: 1, Max: 1},
			{For: "windows", Statistic: "listener.failed_calls"},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func closeFull() Scenario {
	return Scenario{
		Name:     "close-full",
		Summary:  "the listener closes with a full queue",
		Question: "Two connections are pending and one handshake is under way when the program closes the listener. What do the three clients see, and one that comes later?",
		Lesson: "Closing discards the queue (WS.X1). No page says how the clients learn of it; here each client gets " +
			"an RST. Clients that were connected see WSAECONNRESET. c, whose SYN-ACK had not arrived yet, sees it right " +
			"after its connect has succeeded (WS.X2). A later client meets a closed port (WS.X3).",
		Profiles: []string{"wsp"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 3}}},
			requests(0, ms, "a", "b"),
			[]Step{{9 * ms, Request{Client: "c"}}, {10*ms + ms/2, CloseListener{}}, {12 * ms, Request{Client: "d"}}},
		),
		Expect: []Expectation{
			{Statistic: "outcomes.reset", Min: 3, Max: 3},
			{Client: "d", Outcome: netmodel.OutcomeRefused},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func conditionFunction() Scenario {
	return Scenario{
		Name:     "condition-function",
		Summary:  "the server looks at a request before it accepts: defer, reject",
		Question: "The condition function of accept puts off the first request. Whom does the next accept take: the deferred one or the one behind it?",
		Lesson: "A deferred request stays at the head of the queue and keeps its slot (WS.C4, WS.C10). The next " +
			"accept gets the same request again, and no other request before it (WS.C5). A rejection removes the " +
			"request and frees the slot: WSPAccept itself fails with WSAECONNREFUSED (WS.C3). The client completed its " +
			"handshake long before, so it sees a reset, not a refusal. c came while the queue was full (R4); the slot " +
			"of a goes to d, who came later.",
		Profiles: []string{"wsp", "windows"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, ms, "a", "b"),
			[]Step{
				{10 * ms, Accept{Decision: winsock.CF_DEFER}}, {11 * ms, Request{Client: "c"}},
				{20 * ms, Accept{Decision: winsock.CF_REJECT}}, {21 * ms, Request{Client: "d"}}, {30 * ms, Accept{}},
			},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeReset},
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{For: "wsp", Client: "c", Outcome: netmodel.OutcomeRefused},
			{Client: "d", Outcome: netmodel.OutcomePending},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func conditionalAccept() Scenario {
	return Scenario{
		Name:     "conditional-accept",
		Summary:  "SO_CONDITIONAL_ACCEPT: no handshake before the server has decided",
		Question: "With SO_CONDITIONAL_ACCEPT set, five clients ask at a backlog of 2 before the server decides about anybody. How many are refused?",
		Lesson: "None: a request is not answered before the condition function has accepted it, so no handshake " +
			"completes and the backlog has no effect (WS.Q10). A rejected client is now refused properly, with an RST " +
			"in answer to its SYN (WS.C3). The price is that clients wait, unanswered, and may time out before the " +
			"program gets to them.",
		Profiles: []string{"wsp"},
		Until:    time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Bind{Conditional: true}}, {0, Listen{Backlog: 2}}},
			requests(0, ms, "a", "b", "c", "d", "e"),
			[]Step{{20 * ms, Accept{Decision: winsock.CF_REJECT}}, {21 * ms, Accept{}}, {22 * ms, Accept{}}},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeRefused},
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{Statistic: "outcomes.pending", Min: 2, Max: 2},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func paused() Scenario {
	return Scenario{
		Name:    "paused",
		Summary: "SO_PAUSE_ACCEPT turns everybody away and keeps what is queued",
		Question: "A listener is paused while one connection is pending. What happens to that connection, and to the " +
			"next SYN?",
		Lesson: "While the option is set every SYN is answered with an RST (WS.Q9), though the queue has room. A " +
			"queued connection stays and can be accepted. The page does not say so; it is the choice made here.",
		Profiles: []string{"wsp"},
		Until:    time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: 2}}, {0, Request{Client: "a"}}, {10 * ms, Pause{On: true}}, {11 * ms, Request{Client: "b"}},
			{20 * ms, Accept{}}, {30 * ms, Pause{}}, {31 * ms, Request{Client: "c"}},
		},
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeAccepted},
			{Client: "b", Outcome: netmodel.OutcomeRefused},
			{Client: "c", Outcome: netmodel.OutcomePending},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}
