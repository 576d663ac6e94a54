package lessons

import "wspsim/netmodel/trace/page"

func synFlood() page.Lesson {
	return page.Lesson{
		Name: "syn-flood", Title: "SYN flood and cookies", Scenario: "syn-flood-with-cookies",
		Runs:  []page.LessonRun{of("off", "Cookies off", "linux", "tcp_syncookies", "0"), of("on", "Cookies on", "linux", "tcp_syncookies", "1")},
		Intro: "Five SYNs come from addresses that do not exist. The accept queue of this Linux is empty, and the backlog is 2. One second later an honest client connects.",
		Questions: []page.Question{
			{
				Kind: page.Count, Run: "off", Figure: "clients.honest.ms", Max: 100_000, Near: 10_000,
				Ask:  "Cookies are off. After how many milliseconds does accept return the honest client? 10,000 ms off counts as right.",
				Bars: []page.Bar{bar("cookies off, ms", "off", "clients.honest.ms", ""), bar("cookies on, ms", "on", "clients.honest.ms", "")},
				Because: []page.Reason{
					because("Half-open connections wait in the SYN queue, and it holds backlog + 1. Three SYNs of the flood fill it. Every further SYN is dropped.", "K3"),
					because("The server sends its SYN-ACKs again for a minute before it forgets the three. Then there is room.", "K6"),
				},
				Show:          show("Show me when they are forgotten", "off", "withdrawn", ""),
				Misconception: "“An empty accept queue means room.” The SYN queue is full, and it is another queue.",
			},
			{
				Kind: page.Count, Run: "off", Figure: "clients.honest.syns", Max: 30, Near: 1,
				Ask:  "How many SYNs does the honest client send until it is in, with cookies off? 1 off counts as right.",
				Bars: []page.Bar{bar("cookies off, SYNs", "off", "clients.honest.syns", ""), bar("cookies on, SYNs", "on", "clients.honest.syns", "")},
				Because: []page.Reason{
					because("Nobody answers, so its TCP sends the SYN again, at longer and longer intervals. All but the last are dropped.", "K13", "K3"),
				},
				Show:          show("Show me the second SYN", "off", "syn_sent_again", "honest"),
				Misconception: "“TCP asks for ever” or “TCP asks once.” It asks for about two minutes.",
			},
			{
				Kind: page.Count, Run: "on", Figure: "listener.expired", Max: 8,
				Ask:  "Cookies are on. How many of the five SYNs of the flood does the server still store until they expire?",
				Bars: []page.Bar{bar("on, stored and expired", "on", "listener.expired", ""), bar("on, cookies sent", "on", "listener.syn_cookies", ""), bar("on, SYNs ignored", "on", "listener.ignored_syns", "ignored")},
				Because: []page.Reason{
					because("A cookie is sent only when the SYN queue is full. The first three SYNs are stored as before.", "K3"),
					because("The others get a cookie: a SYN-ACK whose number proves later that it was sent. The server stores nothing for it.", "K7"),
				},
				Show:          show("Show me a cookie", "on", "cookie_sent", ""),
				Misconception: "“Cookies keep the flood out.” They keep the flood from keeping others out.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "on", Client: "honest",
				Ask:     "The honest client gets a cookie, too. The server stores nothing of it. How does it end?",
				Choices: []page.Choice{{Label: "accept returns it", Is: "accepted"}, {Label: "It believes that it is connected, and the server does not have it", Is: "phantom"}, {Label: "It still tries at the end", Is: "trying"}},
				Bars:    []page.Bar{bar("on, SYNs of honest", "on", "clients.honest.syns", ""), bar("on, accepted", "on", "outcomes.accepted", "served"), bar("on, half-open at the end", "on", "listener.half_open", "")},
				Because: []page.Reason{
					because("Its ACK brings the number of the cookie back. The server checks it, and the connection is complete without having been half-open.", "K7"),
				},
				Show:          show("Show me its ACK", "on", "completed", "honest"),
				Misconception: "“What is not stored is lost.” The client carries it.",
			},
		},
		End:     "A few SYNs from nowhere can close a listener for a minute. A cookie costs the server nothing, so the flood costs it nothing. Now look around: pick honest and compare its two lives.",
		Teaches: "The SYN queue is a second queue. A SYN cookie needs no entry in it.",
		Adapt:   "Set backlog to 8, and the five SYNs find room. Add the profile bsd4.4 as a third run.",
	}
}

func longerQueue() page.Lesson {
	return page.Lesson{
		Name: "longer-queue", Title: "A longer queue is not a faster server", Scenario: "impatient",
		Set:   with("clients", "60", "giveup", "200ms", "retries", "0"),
		Runs:  []page.LessonRun{of("short", "Backlog 5", "windows", "backlog", "5"), of("long", "Backlog 100", "windows", "backlog", "100")},
		Intro: "Sixty clients come, twice as many as two workers can serve. A client that is not served within 200 ms gives up. One server has backlog 5, the other has backlog 100.",
		Questions: []page.Question{
			{
				Kind: page.Choose, Right: "most", Figure: "outcomes.accepted",
				Ask:     "Which server serves more clients that are still there?",
				Choices: []page.Choice{{Label: "Backlog 5", Run: "short"}, {Label: "Backlog 100", Run: "long"}, {Label: "Both alike"}},
				Bars: []page.Bar{
					bar("backlog 5, served", "short", "outcomes.accepted", "served"), bar("backlog 100, served", "long", "outcomes.accepted", "served"),
					bar("backlog 5, gave up", "short", "outcomes.gave_up", "ignored"), bar("backlog 100, gave up", "long", "outcomes.gave_up", "ignored"),
				},
				Because: []page.Reason{
					because("With backlog 5 a client waits for a short time, or is turned away. Who gets in is served in time.", "R4", "WS.Q1"),
					because("With backlog 100 everybody gets in and waits too long. By the time that accept takes a client, it has left."),
				},
				Show:          show("Show me one that gives up", "long", "gave_up", ""),
				Misconception: "“More queue, more clients served.” The workers are as fast as before.",
			},
			{
				Kind: page.Count, Run: "long", Figure: "listener.accepted_after_abort", Max: 60, Near: 3,
				Ask:  "With backlog 100, for how many of the 60 do the workers work in vain, because the client has left? 3 off counts as right.",
				Bars: []page.Bar{bar("backlog 100, in vain", "long", "listener.accepted_after_abort", "ignored"), bar("backlog 5, in vain", "short", "listener.accepted_after_abort", "ignored"), bar("backlog 100, served", "long", "outcomes.accepted", "served")},
				Because: []page.Reason{
					because("A client that leaves while it waits keeps its place. accept returns its connection all the same, and a worker serves nobody.", "WS.Q1"),
				},
				Show:          show("Show me one that has left", "long", "request_accepted", "c50"),
				Misconception: "“Who leaves makes room.” The server finds out only when it reads or writes.",
			},
			{
				Kind: page.Sketch, Run: "long", At: []string{"100ms", "300ms", "500ms", "900ms"}, Max: 100, Near: 8,
				Ask:  "All clients come within half a second. Sketch how many connections wait in the queue with backlog 100. 8 off counts as right.",
				Bars: []page.Bar{bar("backlog 100, most waiting", "long", "listener.peak_pending", ""), bar("backlog 5, most waiting", "short", "listener.peak_pending", "")},
				Because: []page.Reason{
					because("Twice as many come as are served. So the queue grows as long as clients come, and each newcomer waits longer than the one before.", "R3"),
					because("A queue evens out a burst. It cannot even out an overload."),
				},
				Show:          page.Moment{Label: "Show me the longest queue", Run: "long", Kind: "request_queued", Client: "c60"},
				Misconception: "“The queue finds its level.” Under overload it has none but the backlog.",
			},
		},
		End:     "A longer queue makes the wait longer, and the server no faster. Choose a backlog that can be served within the patience of a client. Now look around: compare the queues of both over time.",
		Teaches: "Goodput against queue length. The right backlog is about patience divided by service time, times the workers.",
		Adapt:   "Change backlog, giveup and workers. Take the profile wsp for a run, set retries to 3, and the refused come back.",
	}
}
