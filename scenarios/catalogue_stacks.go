package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// stackScenarios are about one situation and the answers that different systems
// have for it.
func stackScenarios() []Scenario {
	return []Scenario{
		listenZero(),
		openbsdFloor(),
		somaxconnClamps(),
		relistenFourWays(),
		freebsdConnectsThenResets(),
		macosEvicts(),
		emfileKeptOrLost(),
		deadClientsHoldTheQueue(),
	}
}

func listenZero() Scenario {
	return Scenario{
		Name:     "listen-zero",
		Summary:  "listen(0) holds one, 81 or 128",
		Question: "A program calls listen with a backlog of 0, and does not accept yet. 130 clients come. How many connections does each system hold for it?",
		Lesson: "By the WSPListen page 0 is illegal and becomes the nearest legal value, 1 (C2). Linux takes 0 as it " +
			"is and holds backlog + 1 (K1), as did 4.4BSD. macOS takes 0 for its maximum, 128. OpenBSD raises it to its " +
			"least backlog, 80, and holds one more. A program that calls listen(0) to get one connection, or none, has " +
			"been tested on one system only. Clients without a slot are refused by the page (R4) and ignored elsewhere " +
			"(K2, ST.1, ST.12).",
		Profiles: []string{"wsp", "linux", "darwin", "openbsd"},
		Until:    900 * ms,
		Link:     lan(),
		Steps:    []Step{{0, Listen{Backlog: 0}}},
		Load:     Load{Clients: 130, At: ms, Every: sim.Fixed(5 * ms)},
		Expect: []Expectation{
			{For: "wsp", Statistic: "outcomes.queued", Min: 1, Max: 1},
			{For: "wsp", Statistic: "outcomes.refused", Min: 129, Max: 129},
			{For: "linux", Statistic: "outcomes.queued", Min: 1, Max: 1},
			{For: "darwin", Statistic: "outcomes.queued", Min: 128, Max: 128},
			{For: "openbsd", Statistic: "outcomes.queued", Min: 81, Max: 81},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"clients", 1, 10_000}},
	}
}

func openbsdFloor() Scenario {
	return Scenario{
		Name:     "openbsd-floor",
		Summary:  "OpenBSD has a smallest backlog, and a burst gets past even that",
		Question: "listen(1), and nobody accepts. A hundred clients come at the same instant. How many connections does NetBSD hold, how many OpenBSD, and would it be the same if they came one by one?",
		Lesson: "Both test a SYN against backlog + 1 (ST.12), and a final ACK against a larger limit: three halves of " +
			"the backlog on NetBSD, three times the backlog on OpenBSD. OpenBSD also raises the backlog to " +
			"kern.sominconn, 80. One by one, 2 clients fit on NetBSD and 81 on OpenBSD. In a burst every SYN comes " +
			"before the first ACK, finds an empty queue and is answered. Then the ACKs decide. NetBSD still holds 2, " +
			"and resets 98 clients that were connected for a moment. On OpenBSD the limit at the ACK is 241, and all " +
			"hundred get in. With --set every=5ms they come one by one.",
		Profiles: []string{"netbsd", "openbsd"},
		Until:    900 * ms,
		Link:     lan(),
		Steps:    []Step{{0, Listen{Backlog: 1}}},
		Load:     Load{Clients: 100, At: ms},
		Expect: []Expectation{
			{For: "netbsd", Statistic: "outcomes.queued", Min: 2, Max: 2},
			{For: "netbsd", Statistic: "outcomes.reset", Min: 98, Max: 98},
			{For: "openbsd", Statistic: "outcomes.queued", Min: 100, Max: 100},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"clients", 1, 10_000}, {"every", 0, int64(time.Minute)}},
	}
}

func somaxconnClamps() Scenario {
	return Scenario{
		Name:     "somaxconn-clamps",
		Summary:  "listen(511) succeeds, and 511 is not what you get",
		Question: "A server asks for a backlog of 511, as well-known servers do. The kernel's own maximum has been set to 3. Does listen fail, and how many of six clients get in?",
		Lesson: "listen succeeds. A backlog above the maximum is silently reduced to the maximum: on Linux (K1: " +
			"net.core.somaxconn, 128 until Linux 5.3, 4096 from 5.4 on), on FreeBSD (kern.ipc.soacceptqueue) and on " +
			"Windows (C1, WS.B7: 200, without a setting). Here Linux holds 4 and FreeBSD three halves of 3 + 1, which " +
			"is 5. The other clients meet the overload of their system: e and f are ignored on Linux (K2), f is reset " +
			"on FreeBSD (ST.7). The maximum counts when listen is called; a later change has no effect until the next " +
			"listen. On Linux ss -ltn shows the backlog in force (Send-Q); a Windows program has no way to ask (P5).",
		Profiles: []string{"linux", "freebsd", "windows"},
		Until:    900 * ms,
		Link:     lan(),
		Settings: []Setting{{"somaxconn", "3"}, {"kern.ipc.soacceptqueue", "3"}},
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 511}}},
			requests(0, 5*ms, "a", "b", "c", "d", "e", "f"),
		),
		Expect: []Expectation{
			{Statistic: "listener.failed_calls"},
			{For: "linux", Statistic: "outcomes.queued", Min: 4, Max: 4},
			{For: "linux", Statistic: "outcomes.trying", Min: 2, Max: 2},
			{For: "freebsd", Statistic: "outcomes.queued", Min: 5, Max: 5},
			{For: "freebsd", Statistic: "outcomes.reset", Min: 1, Max: 1},
			{For: "windows", Statistic: "outcomes.queued", Min: 6, Max: 6},
			{For: "windows", Statistic: "listener.limit", Min: 200, Max: 200},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func relistenFourWays() Scenario {
	return Scenario{
		Name:     "relisten-four-ways",
		Summary:  "a smaller backlog on a full queue: four systems, four answers",
		Question: "Three connections are queued when the program calls listen again, with a backlog of 1. Does the call succeed, do all three stay, and is there room for d when two of them have been accepted?",
		Lesson: "By the WSPListen page the new backlog holds at once and the excess is reset (R10): b and c are lost. " +
			"Linux sets the limit and keeps the queue (K10): nobody new gets in until the queue has shrunk below the " +
			"limit. gVisor fails with EINVAL, and the old backlog stays (ST.10). Windows, by its listen page, succeeds " +
			"and changes nothing (WS.R2'). A program that calls listen again to shed load sheds none on the systems " +
			"that people run.",
		Profiles: []string{"wsp", "linux", "gvisor", "windows"},
		Until:    900 * ms,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 3}}},
			requests(0, 2*ms, "a", "b", "c"),
			[]Step{{20 * ms, Listen{Backlog: 1}}, {30 * ms, Request{Client: "d"}}, {40 * ms, Accept{}}, {41 * ms, Accept{}}, {50 * ms, Request{Client: "e"}}},
		),
		Expect: []Expectation{
			{For: "wsp", Statistic: "listener.trimmed", Min: 2, Max: 2},
			{For: "wsp", Client: "d", Outcome: netmodel.OutcomeRefused},
			{For: "linux", Statistic: "outcomes.reset"},
			{For: "linux", Client: "d", Progress: netmodel.ProgressTrying},
			{For: "linux", Client: "e", Progress: netmodel.ProgressQueued},
			{For: "gvisor", Statistic: "listener.failed_calls", Min: 1, Max: 1},
			{For: "gvisor", Client: "d", Progress: netmodel.ProgressQueued},
			{For: "windows", Statistic: "listener.failed_calls"},
			{For: "windows", Client: "d", Progress: netmodel.ProgressQueued},
		},
		Knobs: []Knob{anyBacklog("backlog"), anyBacklog("relisten")},
	}
}

func freebsdConnectsThenResets() Scenario {
	return Scenario{
		Name:     "freebsd-connects-then-resets",
		Summary:  "on FreeBSD connect always succeeds",
		Question: "A queue of two is full on FreeBSD. c connects and sends a request at once. What do its connect, its send and its read return?",
		Lesson: "connect = 0, send succeeds, and read fails with ECONNRESET. FreeBSD does not look at the accept " +
			"queue when a SYN comes (ST.7), so every SYN is answered. Only the final ACK finds that there is no room " +
			"and is answered with an RST. Overload looks like a server that crashes, not like a full server. A program " +
			"that retries connect but not read does not retry. FreeBSD 4 looked at the SYN as well, so c waited for its " +
			"next SYN (ST.19). Linux ignores the SYN too (K2), and c gets in when there is room.",
		Profiles: []string{"freebsd", "freebsd4", "linux"},
		Until:    5 * time.Second,
		Link:     lan(),
		Client:   Client{Send: 100},
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, 5*ms, "a", "b", "c", "d"),
			[]Step{{500 * ms, Accept{}}, {500 * ms, Accept{}}},
		),
		Expect: []Expectation{
			{For: "freebsd", Client: "c", Outcome: netmodel.OutcomeReset},
			{For: "freebsd", Client: "d", Outcome: netmodel.OutcomeReset},
			{For: "freebsd", Statistic: "listener.ignored_syns"},
			{For: "freebsd4", Client: "c", Progress: netmodel.ProgressQueued},
			{For: "linux", Client: "c", Progress: netmodel.ProgressQueued},
			{For: "linux", Statistic: "outcomes.reset"},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func macosEvicts() Scenario {
	return Scenario{
		Name:     "macos-evicts",
		Summary:  "a full queue on macOS evicts one client for another",
		Question: "Five SYNs from nowhere fill a backlog of 3. a comes at 1 s; b, c and d come together at 2 s. Nobody accepts. Who is connected in the end, on macOS and on 4.4BSD, where macOS comes from?",
		Lesson: "On 4.4BSD nobody: half-open connections take the slots of complete ones (ST.1), and the flood holds " +
			"the slots for 75 s. macOS evicts some half-open connection for a newer one (ST.3), so a gets in whatever " +
			"the size of the flood. But the queue cannot tell an attacker from an honest client whose ACK is under way. " +
			"b, c and d compete for the two slots that are left and evict each other. An evicted client is already " +
			"connected. Its ACK finds no connection and is answered with an RST: ECONNRESET, from a burst of three. " +
			"When complete connections take all slots there is nothing to evict, and SYNs are ignored.",
		Profiles: []string{"darwin", "bsd4.4"},
		Until:    3 * time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 3}}, {0, Flood{Name: "x", Count: 5}}},
			requests(time.Second, 0, "a"),
			requests(2*time.Second, 0, "b", "c", "d"),
		),
		Expect: []Expectation{
			{For: "darwin", Client: "a", Progress: netmodel.ProgressQueued},
			{For: "darwin", Client: "d", Progress: netmodel.ProgressQueued},
			{For: "darwin", Statistic: "outcomes.reset", Min: 1, Max: 2},
			{For: "darwin", Statistic: "listener.evicted", Min: 6, Max: 6},
			{For: "bsd4.4", Statistic: "outcomes.queued"},
			{For: "bsd4.4", Client: "a", Progress: netmodel.ProgressTrying},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func emfileKeptOrLost() Scenario {
	return Scenario{
		Name:     "emfile-kept-or-lost",
		Summary:  "accept says EMFILE: is the connection still there?",
		Question: "Two connections are queued, no descriptor is free, and accept fails with EMFILE. The program closes some files and accepts again. Whom does it get: a, or b? And what does accept say when nobody waits?",
		Lesson: "a, where accept asks for the descriptor first: Linux since 2.6.17 (K9), Windows (WS.A3). The price " +
			"is that on Linux EMFILE comes even when nobody waits. Linux 2.4, macOS, lwIP and gVisor take the " +
			"connection from the queue and then find no descriptor for it (ST.5). They close it: a reads the end of a " +
			"connection that no program has seen, and b is the next. A loop that answers EMFILE with another accept " +
			"loses one client each time there, and none on Linux.",
		Profiles:    []string{"linux", "linux2.4", "darwin"},
		Until:       time.Second,
		Descriptors: 4,
		Link:        lan(),
		Steps: []Step{
			{0, Listen{Backlog: 3}}, {1 * ms, OpenFiles{Count: 3}}, {2 * ms, Accept{}},
			{10 * ms, Request{Client: "a"}}, {15 * ms, Request{Client: "b"}},
			{30 * ms, Accept{}}, {40 * ms, CloseFiles{Count: 2}}, {50 * ms, Accept{}}, {60 * ms, Accept{}},
		},
		Expect: []Expectation{
			{Client: "b", Outcome: netmodel.OutcomeAccepted},
			{For: "linux", Client: "a", Outcome: netmodel.OutcomeAccepted},
			{For: "linux2.4", Client: "a", Outcome: netmodel.OutcomeReset},
			{For: "darwin", Client: "a", Outcome: netmodel.OutcomeReset},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"descriptors", 0, 100}},
	}
}

func deadClientsHoldTheQueue() Scenario {
	return Scenario{
		Name:     "dead-clients-hold-the-queue",
		Summary:  "two clients reset their connections, and a third cannot get in",
		Question: "Two clients fill the queue and reset their connections. A third comes before the server accepts anything. Is there room for it, and what do the accepts return?",
		Lesson: "A connection that its client has reset keeps its slot on Linux (K12) until it is accepted: accept " +
			"succeeds, and the first read fails with ECONNRESET. c is ignored meanwhile (K2), though no living client " +
			"is in front of it. FreeBSD keeps the slot too, and accept fails with ECONNABORTED (ST.4), an error after " +
			"which a loop must go on. c has had its RST by then (ST.7). 4.4BSD took dead connections off the queue, and " +
			"c gets in at once (ST.1). So impatient clients that reset at a timeout can fill a queue with dead " +
			"connections, and a server that looks at each of them helps nobody.",
		Profiles: []string{"linux", "freebsd", "bsd4.4"},
		Until:    3 * time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, 5*ms, "a", "b"),
			[]Step{{20 * ms, CloseClient{Client: "a", Reset: true}}, {21 * ms, CloseClient{Client: "b", Reset: true}}, {30 * ms, Request{Client: "c"}}},
			[]Step{{500 * ms, Accept{}}, {500 * ms, Accept{}}, {2 * time.Second, Accept{}}},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeGaveUp},
			{Client: "b", Outcome: netmodel.OutcomeGaveUp},
			{For: "linux", Client: "c", Outcome: netmodel.OutcomeAccepted},
			{For: "linux", Statistic: "listener.ignored_syns", Min: 1, Max: 1},
			{For: "linux", Statistic: "listener.failed_calls"},
			{For: "freebsd", Client: "c", Outcome: netmodel.OutcomeReset},
			{For: "freebsd", Statistic: "listener.failed_calls", Min: 2, Max: 2},
			{For: "bsd4.4", Client: "c", Outcome: netmodel.OutcomeAccepted},
			{For: "bsd4.4", Statistic: "listener.ignored_syns"},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}
