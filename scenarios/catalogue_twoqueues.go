package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// twoQueueScenarios are about systems that decide twice: at the SYN and at the final
// ACK. A client between the two decisions is a phantom.
func twoQueueScenarios() []Scenario {
	return []Scenario{
		refusedOrIgnored(),
		phantom(),
		phantomBatch(),
		abortOnOverflow(),
		synFloodWithoutCookies(),
		synFloodWithCookies(),
		stevens(),
		twoYoungOnes(),
		acceptOrder(),
		deferAccept(),
		reuseportDoesNotSpill(),
	}
}

func refusedOrIgnored() Scenario {
	return Scenario{
		Name:     "refused-or-ignored",
		Summary:  "the same burst on Windows and on Linux",
		Question: "Five clients come to a backlog of 2. The server is busy for 3 s and then accepts two. A sixth client comes 2 s later. Who gets in on Windows, who on Linux, and how long do the others wait for their error?",
		Lesson: "Windows answers a SYN at a full queue with an RST (WS.Q3). The client's TCP sends the SYN four times " +
			"more and reports the error after 2 s (WS.T4). c, d and e have their error when the server accepts again. f " +
			"comes late and gets in. Linux holds one more than the backlog (K1) and does not answer d and e (K2). Their " +
			"TCP sends the SYN again after 1, 2 and 3 s (K13), and the third time there is room: they only waited. Now " +
			"f finds the queue full, and its TCP needs more than two minutes to report that. A client that wants to " +
			"know sooner needs a timeout of its own. To such a client a full queue and a firewall look the same.",
		Profiles: []string{"windows", "linux"},
		Until:    3 * time.Minute,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, 5*ms, "a", "b", "c", "d", "e"),
			[]Step{{3 * time.Second, Accept{}}, {3 * time.Second, Accept{}}, {5 * time.Second, Request{Client: "f"}}},
		),
		Expect: []Expectation{
			{For: "windows", Statistic: "outcomes.refused", Min: 3, Max: 3},
			{For: "windows", Client: "f", Progress: netmodel.ProgressQueued},
			{For: "linux", Statistic: "outcomes.refused"},
			{For: "linux", Client: "d", Progress: netmodel.ProgressQueued},
			{For: "linux", Client: "e", Progress: netmodel.ProgressQueued},
			{For: "linux", Client: "f", Outcome: netmodel.OutcomeTimedOut},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func phantom() Scenario {
	return Scenario{
		Name:    "phantom",
		Summary: "four connects succeed, and one connection is in the queue",
		Question: "One slot is left when four clients connect at once, and all four connects succeed. writes sends " +
			"its request at once. silent waits for the server to send first. late sends after 80 s. The server accepts " +
			"one connection at 10 s, and no more. What becomes of the four?",
		Lesson: "A half-open connection reserves no slot (K8). All four SYNs find room and are answered, so every " +
			"client is connected. The ACK of quick takes the slot. The server ignores the other three ACKs (K4), and no " +
			"client learns of it. The data of writes goes unacknowledged, so its TCP sends the data again. The first " +
			"retransmission after 10 s gets the connection in. The server sends its SYN-ACKs again after 1, 3, 7, 15 " +
			"and 31 s, and every answer finds the queue full. After 63 s, which the coarse timers make 65, the server " +
			"forgets the other two in silence (K6). silent is a phantom for ever: connected at the client, unknown at " +
			"the server. late writes to a connection that no longer exists. Its send succeeds, an RST comes back, and " +
			"its read fails with ECONNRESET.",
		Profiles: []string{"linux"},
		Until:    2 * time.Minute,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 3}}},
			requests(0, 5*ms, "a", "b", "c"),
			requests(100*ms, 0, "quick", "writes", "silent", "late"),
			[]Step{
				{200 * ms, Send{Client: "writes", Bytes: 100}}, {10 * time.Second, Accept{}}, {80 * time.Second, Send{Client: "late", Bytes: 100}},
			},
		),
		Expect: []Expectation{
			{Client: "a", Outcome: netmodel.OutcomeAccepted},
			{Client: "quick", Progress: netmodel.ProgressQueued},
			{Client: "writes", Progress: netmodel.ProgressQueued},
			{Client: "silent", Progress: netmodel.ProgressPhantom},
			{Client: "late", Outcome: netmodel.OutcomeReset},
			{Statistic: "listener.expired", Min: 2, Max: 2},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func phantomBatch() Scenario {
	return Scenario{
		Name:    "phantom-batch",
		Summary: "retransmitted SYNs arrive together, and make phantoms",
		Question: "Five clients, 2 ms apart, find a queue of two full. At 500 ms one slot becomes free. How many of " +
			"the five connects succeed? How many of the five does the server ever accept, if they wait for the server " +
			"to send?",
		Lesson: "All five connects succeed, and three connections are never accepted. Timers of Linux fire in slots, " +
			"and later timers have coarser slots. So SYNs that were sent apart are sent again together, the last first. " +
			"All of them find the free slot, because a half-open connection reserves none (K8). The first two are " +
			"stored. The next three get SYN cookies, of which the server keeps nothing (K3). The first ACK takes the " +
			"slot. The other stored connection gets in with a later SYN-ACK, when the server has accepted (K4). No " +
			"SYN-ACK is sent again for the three with cookies, so they stay phantoms (K7). This is the default of " +
			"Linux, on an ordinary LAN, at a server that is hardly overloaded. Without cookies (--set tcp_syncookies=0) " +
			"the server ignores the three SYNs. Those clients send their SYNs again and lose only time.",
		Profiles: []string{"linux"},
		Until:    10 * time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, ms, "a", "b"),
			requests(10*ms, 2*ms, "c", "d", "e", "f", "g"),
			[]Step{{500 * ms, Accept{}}},
			[]Step{{1500 * ms, Accept{}}, {1500 * ms, Accept{}}, {5 * time.Second, Accept{}}},
		),
		Expect: []Expectation{
			{Statistic: "outcomes.accepted", Min: 4, Max: 4},
			{Statistic: "outcomes.phantom", Min: 3, Max: 3},
			{Statistic: "listener.syn_cookies", Min: 3, Max: 3},
			{Statistic: "outcomes.trying"},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func abortOnOverflow() Scenario {
	return Scenario{
		Name:    "abort-on-overflow",
		Summary: "tcp_abort_on_overflow is about the ACK, not about the SYN",
		Question: "With tcp_abort_on_overflow = 1, five clients find one slot left. Four come at once, the fifth 10 " +
			"ms later. Which of the clients that get no slot learn it?",
		Lesson: "Two of the four. c takes the slot. d and e are half-open, and their final ACKs find the queue full. " +
			"Here the setting works, and the server resets them (K4). f got a cookie, and the setting does not apply to " +
			"an ACK with a cookie: f stays a phantom (K7). g comes later. A SYN that finds the queue full is ignored as " +
			"always (K2), so g sends its SYN again. An operator who expects refusals from this setting, as on Windows, " +
			"mostly gets silence.",
		Profiles: []string{"linux"},
		Until:    5 * time.Second,
		Link:     lan(),
		Settings: []Setting{{"tcp_abort_on_overflow", "1"}},
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, ms, "a", "b"),
			requests(10*ms, 0, "c", "d", "e", "f"),
			requests(20*ms, 0, "g"),
		),
		Expect: []Expectation{
			{Client: "c", Progress: netmodel.ProgressQueued},
			{Client: "d", Outcome: netmodel.OutcomeReset},
			{Client: "e", Outcome: netmodel.OutcomeReset},
			{Client: "f", Progress: netmodel.ProgressPhantom},
			{Client: "g", Progress: netmodel.ProgressTrying},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

// synFlood is the same flood for both lessons about it.
func synFlood() []Step {
	return []Step{
		{0, Listen{Backlog: 2}}, {0, Flood{Name: "x", Count: 5}},
		{time.Second, Request{Client: "honest"}}, {2 * time.Second, Accept{}}, {70 * time.Second, Accept{}},
	}
}

func synFloodWithoutCookies() Scenario {
	return Scenario{
		Name:    "syn-flood-without-cookies",
		Summary: "five SYNs from nowhere block a listener for a minute",
		Question: "Five SYNs from addresses that do not exist arrive at a backlog of 2. The accept queue is empty and " +
			"stays empty. A second later an honest client connects. When does it get in?",
		Lesson: "After more than a minute, on Linux without SYN cookies. Half-open connections have a queue of their " +
			"own there, but it holds only backlog + 1. Three of the five SYNs fill it. Linux drops every further SYN " +
			"(K3) until it forgets the three after 63 s (K6). The SYN of honest goes out ten times in vain and finds " +
			"room at the eleventh. On 4.4BSD half-open connections take the slots of complete ones (ST.1). The slots " +
			"are three halves of the backlog + 1, and stay taken for 75 s, as long as a connect takes to give up there. " +
			"Three or four packets a minute keep everybody out.",
		Profiles: []string{"linux", "bsd4.4"},
		Until:    80 * time.Second,
		Link:     lan(),
		Settings: []Setting{{"tcp_syncookies", "0"}},
		Steps:    synFlood(),
		Expect: []Expectation{
			{For: "linux", Client: "honest", Outcome: netmodel.OutcomeAccepted},
			{For: "linux", Statistic: "listener.expired", Min: 3, Max: 3},
			{For: "bsd4.4", Client: "honest", Outcome: netmodel.OutcomeTimedOut},
			{For: "bsd4.4", Statistic: "listener.expired", Min: 4, Max: 4},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func synFloodWithCookies() Scenario {
	return Scenario{
		Name:    "syn-flood-with-cookies",
		Summary: "the same flood, with SYN cookies",
		Question: "The same five SYNs arrive at the same backlog of 2, now with SYN cookies, which are on by default. " +
			"When does the honest client get in? What does the listener keep of the flood?",
		Lesson: "At once. Three SYNs of the flood are stored as before. The other two and the SYN of honest get a " +
			"cookie. A cookie is a SYN-ACK whose sequence number proves later that it was sent, so the server stores " +
			"nothing (K3). The ACK of honest brings the number back, and the connection is complete without having been " +
			"half-open (K7). Beyond the first three SYNs the flood costs the listener nothing. The price comes " +
			"elsewhere. A cookie is never sent again. A client whose ACK then finds the accept queue full is a phantom " +
			"(see phantom-batch).",
		Profiles: []string{"linux"},
		Until:    80 * time.Second,
		Link:     lan(),
		Steps:    synFlood(),
		Expect: []Expectation{
			{Client: "honest", Outcome: netmodel.OutcomeAccepted},
			{Statistic: "listener.syn_cookies", Min: 3, Max: 3},
			{Statistic: "listener.ignored_syns"},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func stevens() Scenario {
	return Scenario{
		Name:    "stevens",
		Summary: "Linux 2.4 seems to hold the backlog and three more",
		Question: "A table of the textbook (Stevens, Figure 4.10) counts clients that connect one after the other " +
			"until connect no longer succeeds. For a backlog of 1 it has 2 for 4.4BSD and 4 for Linux 2.4. Is the queue " +
			"of Linux twice as long?",
		Lesson: "No: two of the four are not in the queue. 4.4BSD holds three halves of the backlog + 1, half-open " +
			"connections included (ST.1). Linux 2.4 holds backlog + 1. When that is full it still answers SYNs while " +
			"fewer than two half-open connections are young, which means that one SYN-ACK was sent for them (ST.6). The " +
			"server ignores the ACKs of those clients (K4), yet their connects have succeeded. So backlog + 1 clients " +
			"are queued and two are phantoms. A count of successful connects counts phantoms. Linux 4.10 removed the " +
			"test for young connections, and the table would say 2.",
		Profiles: []string{"linux2.4", "bsd4.4", "linux"},
		Until:    900 * ms,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, 10*ms, "a", "b", "c", "d", "e", "f"),
		),
		Expect: []Expectation{
			{Statistic: "outcomes.queued", Min: 2, Max: 2},
			{For: "linux2.4", Statistic: "outcomes.phantom", Min: 2, Max: 2},
			{For: "bsd4.4", Statistic: "outcomes.phantom"},
			{For: "linux", Statistic: "outcomes.phantom"},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func twoYoungOnes() Scenario {
	return Scenario{
		Name:    "two-young-ones",
		Summary: "up to Linux 4.9 a client that waits long enough becomes a phantom",
		Question: "The queue is full, nobody accepts, and six clients connect. How many of them are phantoms after " +
			"1.5 s, on Linux 4.3 and on Linux 4.10?",
		Lesson: "All six, and none. Up to Linux 4.9 a full accept queue still admits SYNs while fewer than two " +
			"half-open connections are young, which means that one SYN-ACK was sent for them (ST.6). d and e are " +
			"admitted, and their ACKs are ignored (K4). While d and e are young, the SYNs of the others are ignored. A " +
			"second later the SYN-ACKs have been sent again, no connection is young, and the SYN queue is full. From " +
			"then on every SYN gets a cookie (K3), without a limit, and its client stays a phantom (K7). The overload " +
			"looks like connections that are established and silent. Since Linux 4.10 a SYN that finds the accept queue " +
			"full is always ignored (K2). The same clients wait, and know it.",
		Profiles: []string{"linux4.3", "linux4.10"},
		Until:    1500 * ms,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, 5*ms, "a", "b", "c"),
			requests(20*ms, 5*ms, "d", "e", "f", "g", "h", "i"),
		),
		Expect: []Expectation{
			{Statistic: "outcomes.queued", Min: 3, Max: 3},
			{For: "linux4.3", Statistic: "outcomes.phantom", Min: 6, Max: 6},
			{For: "linux4.3", Statistic: "listener.syn_cookies", Min: 4, Max: 4},
			{For: "linux4.10", Statistic: "outcomes.trying", Min: 6, Max: 6},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func acceptOrder() Scenario {
	return Scenario{
		Name:    "accept-order",
		Summary: "first come, first served: by the SYN or by the ACK?",
		Question: "a connects first, and its final ACK is lost. b connects later and completes its handshake at once. " +
			"Some seconds later the handshake of a is complete too. Which client does accept return first?",
		Lesson: "b, on every system of today: a connection joins the queue when its handshake is complete (K5). Linux " +
			"2.2 kept one list in the order of the SYNs, and accept took the first complete connection of it (ST.11). " +
			"There it is a, although b had been complete for seconds. A server that accepts promptly never sees the " +
			"difference.",
		Profiles: []string{"linux", "linux2.2"},
		Until:    10 * time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: 3}}, {0, Request{Client: "a"}}, {1*ms + ms/2, CutLink{ToServer: true}}, {5 * ms, CutLink{Healed: true, ToServer: true}},
			{10 * ms, Request{Client: "b"}}, {5 * time.Second, Accept{}}, {6 * time.Second, Accept{}},
		},
		Expect: []Expectation{
			{Statistic: "outcomes.accepted", Min: 2, Max: 2},
			{Statistic: "listener.expired"},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func deferAccept() Scenario {
	return Scenario{
		Name:    "defer-accept",
		Summary: "TCP_DEFER_ACCEPT: no connection before its data",
		Question: "A listener has TCP_DEFER_ACCEPT of 5 s and a backlog of 2. The client talks connects and sends a " +
			"request; four other clients send nothing. Which clients does accept return, and when?",
		Lesson: "talks, as soon as its data is there, which is the purpose of the option. The ACK of a silent client " +
			"completes nothing: the connection stays half-open (K14) while its client is connected. That lasts for as " +
			"many whole waits of the SYN-ACK timer as make up 5 s: 1 + 2 + 4 = 7. Then one more SYN-ACK asks for " +
			"another ACK, and the silent clients get in. Three of them fill the SYN queue. The fourth gets a cookie, " +
			"and a cookie does not carry the option. So v goes straight into the queue (K3, K7), 17 ms after its SYN.",
		Profiles: []string{"linux"},
		Until:    20 * time.Second,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Bind{DeferAccept: 5 * time.Second}}, {0, Listen{Backlog: 2}}},
			requests(0, 0, "talks"),
			[]Step{{10 * ms, Send{Client: "talks", Bytes: 100}}, {20 * ms, Accept{}}},
			requests(30*ms, 10*ms, "s", "t", "u", "v"),
			[]Step{{80 * ms, Accept{}}, {80 * ms, Accept{}}, {10 * time.Second, Accept{}}, {10 * time.Second, Accept{}}, {10 * time.Second, Accept{}}},
		),
		Expect: []Expectation{
			{Client: "talks", Outcome: netmodel.OutcomeAccepted},
			{Statistic: "outcomes.accepted", Min: 5, Max: 5},
			{Statistic: "listener.syn_cookies", Min: 1, Max: 1},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func reuseportDoesNotSpill() Scenario {
	return Scenario{
		Name:    "reuseport-does-not-spill",
		Summary: "a full SO_REUSEPORT listener ignores SYNs beside an empty one",
		Question: "Two workers listen on one port with SO_REUSEPORT and a backlog of 1 each. The worker with fd 4 " +
			"accepts at once. The worker with fd 3 is stuck, and dies after 2.5 s. Eight clients come within 80 ms. " +
			"Does the idle worker take clients of the stuck one?",
		Lesson: "No. A hash of the client's address assigns a SYN to a listener before the kernel looks for room " +
			"(K15). When the two slots of the stuck worker are taken, the SYNs assigned to it are ignored (K2). A " +
			"retransmitted SYN has the same hash and meets the same full queue, while the other worker is idle. When " +
			"the stuck worker closes, its connections c3 and c6 are reset (K11). c7 and c8 then belong to the other " +
			"worker and get in with their next SYN. With --set tcp_migrate_req=1 the other worker takes over the queue.",
		Profiles: []string{"linux"},
		Until:    5 * time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Bind{Socket: "stuck", ReusePort: true}}, {0, Bind{Socket: "works", ReusePort: true}},
			{0, Listen{Backlog: 1, Socket: "stuck"}}, {0, Listen{Backlog: 1, Socket: "works"}},
			{10 * ms, Accept{Socket: "works"}}, {20 * ms, Accept{Socket: "works"}}, {40 * ms, Accept{Socket: "works"}}, {50 * ms, Accept{Socket: "works"}},
			{2500 * ms, CloseListener{Socket: "stuck"}},
		},
		Load: Load{Clients: 8, At: ms, Every: sim.Fixed(10 * ms)},
		Expect: []Expectation{
			{Statistic: "outcomes.accepted", Min: 4, Max: 4},
			{Client: "c3", Outcome: netmodel.OutcomeReset},
			{Client: "c6", Outcome: netmodel.OutcomeReset},
			{Client: "c7", Progress: netmodel.ProgressQueued},
			{Client: "c8", Progress: netmodel.ProgressQueued},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"clients", 1, 10_000}},
	}
}
