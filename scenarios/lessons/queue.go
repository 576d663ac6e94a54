package lessons

import "wspsim/netmodel/trace/page"

func oneDoor() page.Lesson {
	return page.Lesson{
		Name: "one-door", Title: "One door", Scenario: "burst",
		Set:   with("backlog", "2", "clients", "6", "every", "3ms", "service", "10ms"),
		Runs:  []page.LessonRun{of("door", "The server", "wsp")},
		Intro: "Six clients want to talk to one server. You are client c5.",
		Questions: []page.Question{
			{
				Captions: firstDrop(),
				Kind:     page.Choose, Right: "outcome", Run: "door", Client: "c6",
				Ask: "Client c6 calls connect about 6 ms after you. How does it end for c6?",
				Choices: []page.Choice{
					{Label: "c6 is refused, as you are", Is: "refused"}, {Label: "c6 waits in the queue, then accept takes it", Is: "accepted"},
					{Label: "c6 still tries at the end", Is: "trying"},
				},
				Bars: []page.Bar{
					bar("c6, connect to accept, ms", "door", "clients.c6.ms", "served"), bar("you, connect to the error, ms", "door", "clients.c5.ms", "refused"),
				},
				Because: []page.Reason{
					because("The worker finishes c2 and accept takes c3. That frees one place, and the SYN of c6 finds it.", "R3", "WS.Q1"),
					because("Nobody remembers you. A free place is for the client that asks next."),
				},
				Show:          show("Show me c6", "door", "request_queued", "c6"),
				Misconception: "“The server is full, so everybody after c5 is refused too.” The queue has a state at each instant, and no memory.",
			},
			{
				Kind: page.Count, Run: "door", Figure: "outcomes.refused", Max: 6,
				Ask: "Of the six clients, how many are refused?",
				Bars: []page.Bar{
					bar("refused", "door", "outcomes.refused", "refused"), bar("accepted", "door", "outcomes.accepted", "served"), bar("most in the queue", "door", "listener.peak_pending", ""),
				},
				Because: []page.Reason{
					because("A SYN that finds both places taken is refused. Only your SYN finds them so.", "R4"),
				},
				Show:          show("Show me the refusal", "door", "request_refused", ""),
				Misconception: "“Six clients, two places: four are refused.” Places become free while clients come.",
			},
			{
				Kind: page.Count, Run: "door", Figure: "wait_ns.max", Max: 100, Near: 3,
				Ask: "The worker needs 10 ms for each client. How many milliseconds does the unluckiest accepted client wait in the queue? 3 ms off counts as right.",
				Bars: []page.Bar{
					bar("longest wait, ms", "door", "wait_ns.max", ""), bar("mean wait, ms", "door", "wait_ns.mean", ""),
				},
				Because: []page.Reason{
					because("Who comes as second in the queue waits for the rest of one client, and for one whole client. accept takes the first one first.", "WS.Q1"),
					because("So there are two ends: a short wait for an answer, or an error at once."),
				},
				Show:          show("Show me the longest wait", "door", "request_accepted", "c6"),
				Misconception: "“Connected means served.” connect returns as soon as there is a place, long before accept.",
			},
		},
		End: "A listener has a queue with few places. A free place: you wait. No free place: you are refused at once. " +
			"This server follows an old document, the WSPListen page. Windows of today asks again: see lesson 4. " +
			"Now look around: play, step through the events, and pick other clients.",
		Teaches: "SYN, accept queue, accept, and refuse. A refusal depends on the instant, and the listener does not remember it.",
		Adapt:   "Set backlog to 3 and nobody is refused. Set it to 1 and more are. Change the client in the captions to one of those who are refused.",
	}
}

// firstDrop lets the first drop happen to the reader before the queue has a name.
func firstDrop() []page.Caption {
	return []page.Caption{
		{Text: "You are client c5. Others come before you. Your program calls connect now.", Seek: page.Moment{Run: "door", Kind: "syn_sent", Client: "c5"}, Point: "clients"},
		{Text: "Your computer sends a SYN. A SYN asks for a connection. It travels to the server for 1 ms.", Seek: page.Moment{Run: "door", At: "21ms", Client: "c5"}, Point: "network"},
		{Text: "The server answers with an RST: no.", Seek: show("", "door", "request_refused", "c5"), Point: "network"},
		{Text: "Your connect fails. The error is WSAECONNREFUSED. You waited 2 ms, and nobody talks to you.", Seek: show("", "door", "connect_failed", "c5"), Point: "clients"},
		{Text: "Why? The server has two places to wait, and one worker. c3 and c4 sit on the two places. These places are the accept queue.", Point: "accept queue"},
		{Text: "The worker is busy with c2. When the worker is free, the program calls accept. accept takes the first client from the queue.", Point: "program"},
	}
}

func bench() page.Lesson {
	return page.Lesson{
		Name: "the-bench", Title: "The bench", Scenario: "burst",
		Set:   with("clients", "12", "every", "2ms", "service", "10ms"),
		Runs:  []page.LessonRun{of("one", "Backlog 1", "wsp", "backlog", "1"), of("four", "Backlog 4", "wsp", "backlog", "4"), of("many", "Backlog 100", "wsp", "backlog", "100")},
		Intro: "The backlog says how many may wait, like a bench beside the door. The same twelve clients come to three benches within about 25 ms. One worker needs 10 ms for each.",
		Questions: []page.Question{
			{
				Kind: page.Count, Run: "four", Figure: "outcomes.accepted", Max: 12,
				Ask:  "With backlog 1, {one.outcomes.accepted} of 12 are accepted. How many with backlog 4?",
				Bars: []page.Bar{bar("backlog 1, accepted", "one", "outcomes.accepted", "served"), bar("backlog 4, accepted", "four", "outcomes.accepted", "served"), bar("backlog 4, refused", "four", "outcomes.refused", "refused")},
				Because: []page.Reason{
					because("Three more places let three more clients in, once. After that the bench is full again, and clients get in only as fast as the worker serves.", "R3"),
					because("{four.outcomes.refused} still find no place.", "R4"),
				},
				Show:          show("Show me the first refusal", "four", "request_refused", ""),
				Misconception: "“Four times the backlog serves four times as many.” Each place helps once; the worker sets the pace.",
			},
			{
				Kind: page.Count, Run: "many", Figure: "listener.peak_pending", Max: 100,
				Ask:  "With backlog 100 nobody is refused. How many places are taken at most?",
				Bars: []page.Bar{bar("backlog 1, taken", "one", "listener.peak_pending", ""), bar("backlog 4, taken", "four", "listener.peak_pending", ""), bar("backlog 100, taken", "many", "listener.peak_pending", "")},
				Because: []page.Reason{
					because("Twelve come, and the worker takes a few of them meanwhile. The rest wait: that is the backlog that this crowd needs.", "R3", "WS.Q1"),
				},
				Show:          show("Show me the last one that gets in", "many", "request_queued", "c12"),
				Misconception: "“A queue of 100 fills.” A place that nobody needs costs nothing and helps nobody.",
			},
			{
				Kind: page.Choose, Right: "most", Figure: "wait_ns.mean",
				Ask:     "On which bench does a client that gets in wait longest on average?",
				Choices: []page.Choice{{Label: "Backlog 1", Run: "one"}, {Label: "Backlog 4", Run: "four"}, {Label: "Backlog 100", Run: "many"}, {Label: "All alike"}},
				Bars:    []page.Bar{bar("backlog 1, mean ms", "one", "wait_ns.mean", ""), bar("backlog 4, mean ms", "four", "wait_ns.mean", ""), bar("backlog 100, mean ms", "many", "wait_ns.mean", "")},
				Because: []page.Reason{
					because("Who sits down behind many waits for all of them: accept takes the first one first.", "WS.Q1"),
					because("A longer bench turns refusals into waiting. It does not make the worker faster."),
				},
				Show:          show("Show me who waits longest", "many", "request_accepted", "c12"),
				Misconception: "“More room means less waiting.” More room means that more wait.",
			},
		},
		End: "The backlog decides who waits and who is refused. The worker decides how many are served. " +
			"Now look around: pick c8 and compare its three lives.",
		Teaches: "The backlog is a number of places, not a speed. More places: fewer refusals, longer waits.",
		Adapt:   "Change backlog of a run. Raise workers to 2 and ask which helps more: a second worker, or a longer bench.",
	}
}

func theBurst() page.Lesson {
	return page.Lesson{
		Name: "the-burst", Title: "The burst", Scenario: "burst",
		Set:   with("backlog", "5", "clients", "20", "service", "5ms"),
		Runs:  []page.LessonRun{of("spread", "Spread out", "wsp", "every", "10ms"), of("burst", "Burst", "wsp", "every", "1ms")},
		Intro: "Twenty clients come, the worker needs 5 ms for each, and the backlog is 5. In the first run one client comes every 10 ms on average, in the second one every millisecond.",
		Questions: []page.Question{
			{
				Kind: page.Choose, Right: "above_zero", Run: "spread", Figure: "outcomes.refused",
				Ask:     "Spread out, the worker has twice the time that it needs. Is anybody refused there?",
				Choices: []page.Choice{{Label: "Yes", Is: "yes"}, {Label: "No", Is: "no"}},
				Bars:    []page.Bar{bar("spread out, refused", "spread", "outcomes.refused", "refused"), bar("spread out, most waiting", "spread", "listener.peak_pending", ""), bar("spread out, accepted", "spread", "outcomes.accepted", "served")},
				Because: []page.Reason{
					because("The clients come at random, so some have to wait. At most {spread.listener.peak_pending} wait at once, and that is not more than the backlog.", "R3"),
				},
				Show:          show("Show me one that waits", "spread", "completed", "c9"),
				Misconception: "“At half load nobody waits.” Clients that come at random come in small groups.",
			},
			{
				Kind: page.Sketch, Run: "burst", At: []string{"7ms", "13ms", "25ms", "36ms", "50ms"}, Max: 20, Near: 1,
				Ask:  "Now the burst: all twenty come within about 20 ms. Sketch how many connections wait in the queue. 1 off counts as right.",
				Bars: []page.Bar{bar("burst, most waiting", "burst", "listener.peak_pending", ""), bar("spread out, most waiting", "spread", "listener.peak_pending", "")},
				Because: []page.Reason{
					because("The queue fills in a few milliseconds, and it cannot pass the backlog. Then it falls by one for each client that is served.", "R3", "WS.Q1"),
				},
				Show:          show("Show me when it is full", "burst", "request_refused", ""),
				Misconception: "“The queue grows to the size of the crowd.” It grows to the backlog; the rest are not in any queue.",
			},
			{
				Kind: page.Count, Run: "burst", Figure: "outcomes.refused", Max: 20,
				Ask:  "The same twenty clients, the same work. How many are refused in the burst?",
				Bars: []page.Bar{bar("spread out, refused", "spread", "outcomes.refused", "refused"), bar("burst, refused", "burst", "outcomes.refused", "refused"), bar("burst, accepted", "burst", "outcomes.accepted", "served")},
				Because: []page.Reason{
					because("Five places and one worker are full after about six clients. The worker frees one place each 5 ms, and five clients come in that time.", "R4"),
				},
				Show:          show("Show me a refusal", "burst", "request_refused", ""),
				Misconception: "“A server that is fast enough on average refuses nobody.” A backlog must hold the largest burst, not the average.",
			},
		},
		End:     "The average load says little. A backlog must hold the largest burst. Now look around: jump to the first refusal and count who waits.",
		Teaches: "Averages hide bursts. The queue is there for the burst.",
		Adapt:   "Change every of a run: 2ms, 3ms, 5ms. Ask from which backlog on nobody is refused.",
	}
}

func askedAndGiven() page.Lesson {
	return page.Lesson{
		Name: "asked-and-given", Title: "You ask for 511", Scenario: "somaxconn-clamps",
		Runs:  []page.LessonRun{of("linux", "Linux", "linux"), of("windows", "Windows", "windows")},
		Intro: "A server calls listen with backlog 511. On this Linux an administrator has set somaxconn to 3. Six clients come, and the program accepts nobody.",
		Questions: []page.Question{
			{
				Kind: page.Choose, Right: "above_zero", Run: "linux", Figure: "listener.failed_calls",
				Ask:     "511 is far more than 3. Does listen fail on Linux?",
				Choices: []page.Choice{{Label: "Yes, with an error", Is: "yes"}, {Label: "No, it returns 0", Is: "no"}},
				Bars:    []page.Bar{bar("asked", "linux", "listener.backlog", ""), bar("in force", "linux", "listener.effective_backlog", "")},
				Because: []page.Reason{
					because("listen makes the backlog smaller and says nothing: {linux.listener.backlog} asked, {linux.listener.effective_backlog} in force. The program cannot see it."),
					because("The clients see it. The queue is full long before 511.", "K2"),
				},
				Show:          show("Show me who notices", "linux", "request_ignored", ""),
				Misconception: "“The call succeeded, so I have what I asked for.” The backlog is a wish.",
			},
			{
				Kind: page.Count, Run: "linux", Figure: "outcomes.queued", Max: 6,
				Ask:  "The backlog in force is 3. How many of the six clients are in the queue of Linux at the end?",
				Bars: []page.Bar{bar("Linux, in the queue", "linux", "outcomes.queued", ""), bar("Linux, still trying", "linux", "outcomes.trying", "ignored"), bar("Windows, in the queue", "windows", "outcomes.queued", "")},
				Because: []page.Reason{
					because("Linux turns a connection away if more than the backlog wait. So one more than the backlog fits.", "K5", "K2"),
					because("Windows holds exactly what is in force.", "R3"),
				},
				Show:          show("Show me the one more", "linux", "completed", "d"),
				Misconception: "“Backlog 3 means three.” On Linux and many other systems it means four.",
			},
			{
				Kind: page.Count, Run: "windows", Figure: "listener.effective_backlog", Max: 1000,
				Ask:  "No administrator has changed this Windows. What is in force there, of the 511?",
				Bars: []page.Bar{bar("Windows, asked", "windows", "listener.backlog", ""), bar("Windows, in force", "windows", "listener.effective_backlog", ""), bar("Linux, in force", "linux", "listener.effective_backlog", "")},
				Because: []page.Reason{
					because("Windows has a maximum of its own. Six clients are far from it, so all six wait.", "R3"),
				},
				Show:          show("Show me the sixth", "windows", "completed", "f"),
				Misconception: "“The number in my program is the number in force.” Each system has a maximum, and there is no standard way to ask for it.",
			},
		},
		End:     "A backlog is a wish. The system makes it smaller without a word. Now look around, and read the line under the slots.",
		Teaches: "Asked and in force are two numbers. Linux holds one more than the backlog.",
		Adapt:   "Set somaxconn of the run linux. Add FreeBSD, OpenBSD or macOS as a third run.",
	}
}
