package scenarios

import (
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/sim"
)

// believerScenarios are about the two places where a listener decides: at the
// SYN and at the final ACK. Between them lives the client that believes it is
// connected.
func believerScenarios() []Scenario {
	return []Scenario{
		refusedOrIgnored(),
		believer(),
		believerBatch(),
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
		Lesson: "Windows answers a SYN that finds no room with an RST (WS.Q3); the client's TCP asks four times more and says so after 2 s (WS.T4). c, d and e " +
			"have had their error when the server comes back, and f, who comes late, gets in. Linux holds one more than the backlog (K1) and answers d and e with " +
			"nothing at all (K2). Their TCP asks again after 1, 2 and 3 s (K13), and the third time there is room: they had no error, they only waited. Now " +
			"it is f who finds the queue full, and its TCP takes more than two minutes to say so. A client that wants to know sooner needs a timeout of its own; to it a full queue and a " +
			"firewall look the same.",
		Profiles: []string{"windows", "linux"},
		Until:    3 * time.Minute,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, 5*ms, "a", "b", "c", "d", "e"),
			[]Step{{3 * time.Second, Accept{}}, {3 * time.Second, Accept{}}, {5 * time.Second, Request{Client: "f"}}},
		),
		Expect: []Expectation{
			{For: "windows", Measure: MeasureRefused, Min: 3, Max: 3},
			{For: "windows", Client: "f", Standing: netmodel.ProgressQueued},
			{For: "linux", Measure: MeasureRefused},
			{For: "linux", Client: "d", Standing: netmodel.ProgressQueued},
			{For: "linux", Client: "e", Standing: netmodel.ProgressQueued},
			{For: "linux", Client: "f", Outcome: netmodel.OutcomeTimedOut},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func believer() Scenario {
	return Scenario{
		Name:     "believer",
		Summary:  "four connects succeed, and one connection is in the queue",
		Question: "One place is left when four clients ask at once, and all four connects succeed. writes sends its request at once, silent waits for the server to speak first, late sends after 80 s. The server accepts one connection at 10 s, and no more. What becomes of them?",
		Lesson: "A stored request reserves no place (K8): all four SYNs find room, are answered, and every client is told that it is connected. quick's " +
			"ACK takes the place; the other three are ignored (K4), and nobody learns of it. What writes has sent goes unacknowledged, so its TCP sends it again, and the first time after 10 s " +
			"the data gets the connection in. The server repeats its SYN-ACK after 1, 3, 7, 15 and 31 s, and every answer finds the queue full; after 63 s, which the coarse timers make 65, " +
			"it forgets the two that are left, in silence (K6). silent hangs for ever: connected, by its own account, to a server that has never heard of it. late " +
			"writes to a connection that is no more and gets an RST: its send succeeds and its read says ECONNRESET.",
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
			{Client: "quick", Standing: netmodel.ProgressQueued},
			{Client: "writes", Standing: netmodel.ProgressQueued},
			{Client: "silent", Standing: netmodel.ProgressPhantom},
			{Client: "late", Outcome: netmodel.OutcomeReset},
			{Measure: MeasureExpired, Min: 2, Max: 2},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func believerBatch() Scenario {
	return Scenario{
		Name:     "believer-batch",
		Summary:  "SYNs that are sent again come together, and make phantoms",
		Question: "Five clients, 2 ms apart, have found a queue of two full. At 500 ms one place becomes free. How many of the five are told that they are connected, and how many will ever be accepted, if they wait for the server to speak?",
		Lesson: "All five are told so, and three will never be accepted. Timers of Linux ring in slots, the later the coarser, so SYNs that were sent apart are sent again in one go, the last first. " +
			"All of them find the free place, for a request reserves none (K8). The first two are stored, the next three are answered with SYN cookies, of which the server " +
			"keeps nothing (K3). The first ACK takes the place. The other stored one gets in when its SYN-ACK goes out again and the server has accepted meanwhile (K4); for the three with cookies no SYN-ACK goes out again, and " +
			"they are phantoms for good (K7). This is the default, on an ordinary LAN, at a server that is hardly overloaded. Without cookies (--set tcp_syncookies=0) the three are " +
			"ignored, go on asking, and lose nothing but time.",
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
			{Measure: MeasureAccepted, Min: 4, Max: 4},
			{Measure: MeasureBelieving, Min: 3, Max: 3},
			{Measure: MeasureCookies, Min: 3, Max: 3},
			{Measure: MeasureTrying},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"latency", 0, int64(time.Second)}},
	}
}

func abortOnOverflow() Scenario {
	return Scenario{
		Name:     "abort-on-overflow",
		Summary:  "tcp_abort_on_overflow is about the ACK, not about the SYN",
		Question: "With tcp_abort_on_overflow = 1, five clients find one place left: four come at once, the fifth 10 ms later. Which of them learn that there is no room for them?",
		Lesson: "Two of the four who get no place. c takes it. d and e are stored, and their final ACKs find the queue full: here the setting works, and they get an RST (K4). f " +
			"was answered with a cookie, and to an ACK with a cookie the setting does not apply: f believes for ever (K7). g comes later, and a SYN that finds the queue full is ignored " +
			"as ever (K2): g goes on asking. Whoever sets it to be told of overload by refusals, as on Windows, is mostly not told.",
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
			{Client: "c", Standing: netmodel.ProgressQueued},
			{Client: "d", Outcome: netmodel.OutcomeReset},
			{Client: "e", Outcome: netmodel.OutcomeReset},
			{Client: "f", Standing: netmodel.ProgressPhantom},
			{Client: "g", Standing: netmodel.ProgressTrying},
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
		Name:     "syn-flood-without-cookies",
		Summary:  "five SYNs from nowhere close a listener for a minute",
		Question: "Five SYNs from addresses that do not exist arrive at a backlog of 2. The accept queue is empty, and stays so. When does an honest client get in that comes a second later?",
		Lesson: "After more than a minute, on Linux without SYN cookies. Half-open connections have a queue of their own there, but it holds only one more than the backlog: three of " +
			"the five fill it, and whatever comes next is dropped (K3), until they are forgotten after 63 s (K6). honest's SYN goes out ten times in vain and finds " +
			"room at the eleventh. On 4.4BSD they take the places of real connections (ST.1), three halves of the backlog and one more, and for 75 s: as long as a connect takes to give up " +
			"there. Three packets a minute, or four, and nobody gets in.",
		Profiles: []string{"linux", "bsd4.4"},
		Until:    80 * time.Second,
		Link:     lan(),
		Settings: []Setting{{"tcp_syncookies", "0"}},
		Steps:    synFlood(),
		Expect: []Expectation{
			{For: "linux", Client: "honest", Outcome: netmodel.OutcomeAccepted},
			{For: "linux", Measure: MeasureExpired, Min: 3, Max: 3},
			{For: "bsd4.4", Client: "honest", Outcome: netmodel.OutcomeTimedOut},
			{For: "bsd4.4", Measure: MeasureExpired, Min: 4, Max: 4},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func synFloodWithCookies() Scenario {
	return Scenario{
		Name:     "syn-flood-with-cookies",
		Summary:  "the same flood, with SYN cookies",
		Question: "The same five SYNs arrive at the same backlog of 2, and SYN cookies are on, as they are by default. When does the honest client get in, and what has the listener kept of the flood?",
		Lesson: "At once. Three SYNs of the flood are stored as before; the other two, and that of honest, are answered with a cookie: a SYN-ACK whose number proves, when it " +
			"comes back, that it was sent, so that nothing need be kept (K3). honest's ACK brings the number back and the connection is complete, without ever having been half-open (K7). Beyond the " +
			"first three the flood costs the listener nothing. The price is paid elsewhere: a cookie is never sent again, and a client whose ACK finds the accept queue full has a " +
			"connection of which the server knows nothing (see believer-batch).",
		Profiles: []string{"linux"},
		Until:    80 * time.Second,
		Link:     lan(),
		Steps:    synFlood(),
		Expect: []Expectation{
			{Client: "honest", Outcome: netmodel.OutcomeAccepted},
			{Measure: MeasureCookies, Min: 3, Max: 3},
			{Measure: MeasureIgnoredSYNs},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func stevens() Scenario {
	return Scenario{
		Name:     "stevens",
		Summary:  "Linux 2.4 seems to hold the backlog and three more",
		Question: "In a table of the textbook (Stevens, Figure 4.10) clients connect one after the other until connect no longer succeeds, and are counted. For a backlog of 1 it has 2 for 4.4BSD and 4 for Linux 2.4. Is the queue of Linux twice as long?",
		Lesson: "It is not: two of the four are not in the queue. 4.4BSD holds three halves of the backlog and one more, half-open ones included (ST.1). Linux 2.4 holds the " +
			"backlog and one more, and when that is full it still answers SYNs as long as fewer than two half-open connections are young, that is, have been sent one SYN-ACK only (ST.6). Their clients' ACKs are ignored " +
			"(K4), and connect has succeeded: backlog + 1 are queued and two believe. Who counts successful connects counts believers. The young test went in Linux 4.10, and the table " +
			"would say 2.",
		Profiles: []string{"linux2.4", "bsd4.4", "linux"},
		Until:    900 * ms,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 1}}},
			requests(0, 10*ms, "a", "b", "c", "d", "e", "f"),
		),
		Expect: []Expectation{
			{Measure: MeasureQueued, Min: 2, Max: 2},
			{For: "linux2.4", Measure: MeasureBelieving, Min: 2, Max: 2},
			{For: "bsd4.4", Measure: MeasureBelieving},
			{For: "linux", Measure: MeasureBelieving},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func twoYoungOnes() Scenario {
	return Scenario{
		Name:     "two-young-ones",
		Summary:  "up to Linux 4.9 whoever waits long enough believes",
		Question: "The queue is full, nobody accepts, and six clients ask. How many of them believe after 1.5 s that they are connected, on Linux 4.3 and on Linux 4.10?",
		Lesson: "All six, and none. Up to Linux 4.9 a full accept queue still lets in SYNs while fewer than two half-open connections are young, that is, have been sent one SYN-ACK only (ST.6). d and e are let in and " +
			"ignored at their ACK (K4); as long as they are young, the others are ignored at their SYN. A second later the SYN-ACKs have gone out again, nobody is young any more, and the SYN queue is full: whoever asks now gets " +
			"a cookie (K3), without any limit, and is a phantom for good (K7). The overload looks like connections that are established and silent. From 4.10 on a SYN that finds the accept queue full is " +
			"ignored without exception (K2): the same clients wait, and know it.",
		Profiles: []string{"linux4.3", "linux4.10"},
		Until:    1500 * ms,
		Link:     lan(),
		Steps: slices.Concat(
			[]Step{{0, Listen{Backlog: 2}}},
			requests(0, 5*ms, "a", "b", "c"),
			requests(20*ms, 5*ms, "d", "e", "f", "g", "h", "i"),
		),
		Expect: []Expectation{
			{Measure: MeasureQueued, Min: 3, Max: 3},
			{For: "linux4.3", Measure: MeasureBelieving, Min: 6, Max: 6},
			{For: "linux4.3", Measure: MeasureCookies, Min: 4, Max: 4},
			{For: "linux4.10", Measure: MeasureTrying, Min: 6, Max: 6},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func acceptOrder() Scenario {
	return Scenario{
		Name:     "accept-order",
		Summary:  "first come, first served: but what is to come?",
		Question: "a asks first, and its final ACK is lost. b asks later and completes its handshake at once. Some seconds later a's is complete too. Whom does accept take first?",
		Lesson: "b, on every system of today: a connection joins the queue when its handshake is complete (K5). Linux 2.2 kept one list in the order of the SYNs and accept took the first of it that was " +
			"complete (ST.11): there it is a, although b had been ready for seconds. A server that accepts promptly never sees the difference.",
		Profiles: []string{"linux", "linux2.2"},
		Until:    10 * time.Second,
		Link:     lan(),
		Steps: []Step{
			{0, Listen{Backlog: 3}}, {0, Request{Client: "a"}}, {1*ms + ms/2, CutLink{ToServer: true}}, {5 * ms, CutLink{Healed: true, ToServer: true}},
			{10 * ms, Request{Client: "b"}}, {5 * time.Second, Accept{}}, {6 * time.Second, Accept{}},
		},
		Expect: []Expectation{
			{Measure: MeasureAccepted, Min: 2, Max: 2},
			{Measure: MeasureExpired},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func deferAccept() Scenario {
	return Scenario{
		Name:     "defer-accept",
		Summary:  "TCP_DEFER_ACCEPT: no connection before it has something to say",
		Question: "A listener with TCP_DEFER_ACCEPT of 5 s and a backlog of 2 is asked by talks, who sends a request, and by four clients who say nothing. Whom does accept return, and when?",
		Lesson: "talks as soon as its data is there, and that is what the option is for. The ACK of a silent client completes nothing: it stays half-open (K14), while the client " +
			"believes, for as many whole waits of the SYN-ACK timer as make up 5 s: 1 + 2 + 4 = 7. Then one more SYN-ACK asks for another ACK, and the silent ones get in after all. Three " +
			"of them fill the SYN queue. The fourth is answered with a cookie, and a cookie knows nothing of the option: v " +
			"goes straight into the queue (K3, K7), 17 ms after its SYN.",
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
			{Measure: MeasureAccepted, Min: 5, Max: 5},
			{Measure: MeasureCookies, Min: 1, Max: 1},
		},
		Knobs: []Knob{anyBacklog("backlog")},
	}
}

func reuseportDoesNotSpill() Scenario {
	return Scenario{
		Name:     "reuseport-does-not-spill",
		Summary:  "a full SO_REUSEPORT listener ignores, beside an empty one",
		Question: "Two workers listen on one port with SO_REUSEPORT and a backlog of 1 each. The one with fd 4 accepts at once; the one with fd 3 is stuck, and dies after 2.5 s. Eight clients come within 80 ms. Does the idle worker help the stuck one?",
		Lesson: "No. A hash of the client's address decides which listener a SYN belongs to, before anybody looks whether there is room (K15). Whoever is assigned to the stuck worker when its " +
			"two places are taken is ignored (K2), and its SYN, sent again, meets the same full queue, for the hash is the same. The other worker has nothing to do meanwhile. When the stuck one is closed, c3 and c6, which it held, are reset " +
			"(K11); c7 and c8 belong to the one that is left from then on, and get in with their next SYN. With --set tcp_migrate_req=1 its queue is handed on instead.",
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
			{Measure: MeasureAccepted, Min: 4, Max: 4},
			{Client: "c3", Outcome: netmodel.OutcomeReset},
			{Client: "c6", Outcome: netmodel.OutcomeReset},
			{Client: "c7", Standing: netmodel.ProgressQueued},
			{Client: "c8", Standing: netmodel.ProgressQueued},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"clients", 1, 10_000}},
	}
}
