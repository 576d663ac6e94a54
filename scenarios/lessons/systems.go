package lessons

import "wspsim/netmodel/trace/page"

func refusedOrIgnored() page.Lesson {
	return page.Lesson{
		Name: "refused-or-ignored", Title: "Refused or ignored", Scenario: "burst",
		Runs:  []page.LessonRun{of("windows", "Windows", "windows"), of("linux", "Linux", "linux")},
		Intro: "The same fifty clients come to two systems, within about 50 ms. One worker serves each in 5 ms, so most must wait. Both systems listen with backlog 10.",
		Questions: []page.Question{
			{
				Kind: page.Choose, Right: "most", Figure: "listener.refused_syns",
				Ask:     "The queue is full, and a SYN arrives. Which system answers it with an RST?",
				Choices: []page.Choice{{Label: "Windows", Run: "windows"}, {Label: "Linux", Run: "linux"}, {Label: "Both alike"}},
				Bars: []page.Bar{
					bar("Windows, refused", "windows", "listener.refused_syns", "refused"), bar("Linux, refused", "linux", "listener.refused_syns", "refused"),
					bar("Windows, ignored", "windows", "listener.ignored_syns", "ignored"), bar("Linux, ignored", "linux", "listener.ignored_syns", "ignored"),
				},
				Because: []page.Reason{
					because("Windows answers each SYN that finds the queue full with an RST: {windows.listener.refused_syns} in this run.", "R4"),
					because("Linux says nothing. {linux.listener.ignored_syns} SYNs are dropped, as if the network had lost them.", "K2"),
				},
				Show:          show("Show me a refusal", "windows", "request_refused", ""),
				Misconception: "“A full queue means connection refused, everywhere.” That is what the WSPListen page says; Linux drops the SYN.",
			},
			{
				Kind: page.Count, Run: "windows", Figure: "listener.accepted_after_refusal", Max: 50,
				Ask: "An RST says no. How many of the 50 clients are refused on Windows at first, and get in all the same?",
				Bars: []page.Bar{
					bar("refused, then in", "windows", "listener.accepted_after_refusal", "refused"), bar("served in the end", "windows", "outcomes.accepted", "served"),
					bar("connect failed", "windows", "outcomes.refused", "refused"),
				},
				Because: []page.Reason{
					because("On Windows a refusal is not final. The TCP of the client sends the SYN again after half a second, and the program learns nothing of the RST.", "WS.T3"),
					because("By then the burst is over and the queue has room. {windows.outcomes.accepted} of 50 get in."),
				},
				Show:          show("Show me one that asks again", "windows", "syn_sent_again", ""),
				Misconception: "“Refused is final.” On Windows the client's own TCP asks up to four times more.",
			},
			{
				Kind: page.Count, Run: "linux", Figure: "outcomes.phantom", Max: 50,
				Ask: "On Linux connect can succeed although the server has no room. How many clients still believe in such a connection when the run ends?",
				Bars: []page.Bar{
					bar("phantoms, Linux", "linux", "outcomes.phantom", "phantom"), bar("phantoms, Windows", "windows", "outcomes.phantom", "phantom"),
					bar("ACKs ignored, Linux", "linux", "listener.ignored_acks", "ignored"),
				},
				Because: []page.Reason{
					because("Linux counts at the SYN and again at the final ACK. Many handshakes begin while there is room. Their ACKs find the accept queue full, and Linux ignores {linux.listener.ignored_acks} of them.", "K3", "K4"),
					because("The client has its SYN-ACK, so its connect has returned. The server has a half-open entry, or nothing. {linux.outcomes.phantom} clients never learn of it.", "K4"),
				},
				Show:          show("Show me a phantom", "linux", "ack_ignored", ""),
				Misconception: "“connect returned 0, so the server has me.” The next lesson is about that.",
			},
		},
		End: "Refused: the client knows at once, and may ask again. Ignored: nobody tells it, and it waits. Phantom: it believes that it is connected. " +
			"Now look around: play, jump, and pick other clients.",
		Teaches: "Refuse (R4) and its Linux counterpart, ignore (K2). What each means for the client.",
		Adapt:   "Add macOS or FreeBSD as a third run. Set send to 200 and the phantoms of Linux get in.",
	}
}

func phantom() page.Lesson {
	stands := whereItStands()
	return page.Lesson{
		Name: "the-phantom", Title: "The phantom", Scenario: "phantom",
		Runs:  []page.LessonRun{of("linux", "Linux", "linux"), of("windows", "Windows", "windows")},
		Intro: "a, b and c already wait. Then quick, writes, silent and late call connect at the same instant. The server accepts one connection after 10 s, and no more.",
		Questions: []page.Question{
			{
				Captions: fourAtOnce(),
				Kind:     page.Count, Run: "linux", Figure: "records.connected", Max: 7,
				Ask:  "Seven clients call connect. The queue of Linux holds four. How many connects succeed there?",
				Bars: []page.Bar{bar("Linux, connect succeeds", "linux", "records.connected", "served"), bar("Linux, in the queue at most", "linux", "listener.peak_pending", ""), bar("Windows, connect succeeds", "windows", "records.connected", "served")},
				Because: []page.Reason{
					because("Linux tests for room when the SYN arrives. All four SYNs find one free slot, and none of them takes it. So all four get a SYN-ACK, and their connects return.", "K3"),
					because("On Windows a half-open connection takes a slot. The four SYNs find the queue full, and are refused.", "R4"),
				},
				Show:          show("Show me who is connected", "linux", "connected", "silent"),
				Misconception: "“connect returns when the server has put me into its queue.” connect returns when the SYN-ACK arrives.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "linux", Client: "silent",
				Ask:     "The client silent waits for the server to speak first. Where does it stand on Linux after two minutes?",
				Choices: stands,
				Bars:    []page.Bar{bar("Linux, ACKs ignored", "linux", "listener.ignored_acks", "ignored"), bar("Linux, phantoms at the end", "linux", "outcomes.phantom", "phantom")},
				Because: []page.Reason{
					because("The ACK of quick took the last slot. The ACK of silent finds the accept queue full, and Linux ignores it.", "K4"),
					because("The server sends its SYN-ACK again for about a minute and then forgets silent. Nobody tells silent, which waits on.", "K6"),
				},
				Show:          show("Show me its ACK", "linux", "ack_ignored", "silent"),
				Misconception: "“TCP tells both sides when something goes wrong.” Nothing is sent to a client that only waits.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "linux", Client: "writes",
				Ask:     "The client writes does not wait: it sends its request at once. Where does it stand on Linux after two minutes?",
				Choices: stands,
				Bars:    []page.Bar{bar("data sent again", "linux", "records.data_sent_again", ""), bar("in the queue at the end", "linux", "outcomes.queued", "served")},
				Because: []page.Reason{
					because("Nobody acknowledges its data, so its TCP sends the data again and again. Each time the server looks at the queue. After 10 s there is room, and the connection is complete.", "K5"),
				},
				Show:          show("Show me its data", "linux", "data_sent_again", "writes"),
				Misconception: "“A phantom is lost.” A client that speaks first repairs its connection.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "linux", Client: "late",
				Ask:     "The client late sends its request after 80 s. Where does it stand?",
				Choices: stands,
				Bars:    []page.Bar{bar("Linux, ms until late knows", "linux", "clients.late.ms", ""), bar("Windows, ms until late knows", "windows", "clients.late.ms", "")},
				Because: []page.Reason{
					because("After about 65 s the server has forgotten the half-open connection. The data finds nobody, and an RST comes back.", "K6"),
				},
				Show:          show("Show me the end", "linux", "broken", "late"),
				Misconception: "“Connected for 80 s is connected.” The server had nothing for the last 15 s.",
			},
		},
		End:     "A connect that succeeds says that a SYN-ACK came, and no more. A client that waits in silence may wait for nobody. Now look around: pick silent and compare what it believes with what the server knows.",
		Teaches: "Why a phantom exists: Linux counts at the SYN and again at the ACK. Who sends first finds out.",
		Adapt:   "Set backlog to 6 and there is no phantom. Add FreeBSD as a third run: it resets instead.",
	}
}

func whereItStands() []page.Choice {
	return []page.Choice{
		{Label: "It is in the queue of the server", Is: "queued"}, {Label: "It believes that it is connected, and the server does not have it", Is: "phantom"},
		{Label: "Its connect has failed", Is: "refused"}, {Label: "Its connection was reset", Is: "reset"},
	}
}

// fourAtOnce shows four clients that call connect at one instant.
func fourAtOnce() []page.Caption {
	return []page.Caption{
		{Text: "a, b and c wait, on both systems. No program accepts them yet.", Seek: page.Moment{Run: "linux", At: "50ms"}, Point: "accept queue"},
		{Text: "Four more clients call connect, all at the same instant. Their SYNs are on the way.", Seek: page.Moment{Run: "linux", At: "100.5ms", Client: "silent"}, Point: "network"},
	}
}

func retryWave() page.Lesson {
	return page.Lesson{
		Name: "retry-wave", Title: "The retry wave", Scenario: "burst",
		Set:   with("backlog", "5", "clients", "30", "every", "0s", "service", "10ms"),
		Runs:  []page.LessonRun{of("linux", "Linux", "linux", "tcp_syncookies", "0"), of("windows", "Windows", "windows")},
		Intro: "Thirty clients connect at the same instant. The worker needs 10 ms for each, so all the work is 300 ms. The backlog is 5, and SYN cookies are off.",
		Questions: []page.Question{
			{
				Kind: page.Sketch, Run: "linux", At: []string{"20ms", "500ms", "1030ms", "1500ms", "2055ms", "2500ms"}, Max: 10, Near: 1,
				Ask:  "Thirty clients want in. Sketch how many wait in the queue of Linux over the next seconds. 1 off counts as right.",
				Bars: []page.Bar{bar("SYNs ignored", "linux", "listener.ignored_syns", "ignored"), bar("most in the queue", "linux", "listener.peak_pending", ""), bar("accepted in the end", "linux", "outcomes.accepted", "served")},
				Because: []page.Reason{
					because("A few get in. The others are ignored, all at one instant. Their TCPs wait for one second and send the SYN again, all at one instant.", "K3", "K13"),
					because("The burst comes back as a wave. Between two waves the server has nothing to do."),
				},
				Show:          page.Moment{Label: "Show me the first wave", Run: "linux", Kind: "syn_sent_again"},
				Misconception: "“The queue stays full until all are served.” The clients that could fill it sleep.",
			},
			{
				Kind: page.Count, Run: "linux", Figure: "connect_to_accept_ns.max", Max: 10_000, Near: 500,
				Ask:  "All the work is 300 ms. After how many milliseconds is the last client accepted on Linux? 500 ms off counts as right.",
				Bars: []page.Bar{bar("Linux, last one, ms", "linux", "connect_to_accept_ns.max", ""), bar("longest time in the queue, ms", "linux", "wait_ns.max", "")},
				Because: []page.Reason{
					because("Each wave brings in as many as the queue holds. The rest wait for the next wave, a second later.", "K13", "K3"),
					because("Nobody waits longer than {linux.wait_ns.max} in the queue. The time is lost outside of it."),
				},
				Show:          show("Show me the last one", "linux", "request_accepted", "c18"),
				Misconception: "“30 clients of 10 ms are done after 300 ms.” Only a queue that holds them all makes it so.",
			},
			{
				Kind: page.Choose, Right: "most", Figure: "connect_to_accept_ns.p50",
				Ask:     "Windows refuses, Linux ignores. Where does the median client that gets in wait longer for accept?",
				Choices: []page.Choice{{Label: "Linux", Run: "linux"}, {Label: "Windows", Run: "windows"}, {Label: "Both alike"}},
				Bars: []page.Bar{
					bar("Linux, median ms", "linux", "connect_to_accept_ns.p50", ""), bar("Windows, median ms", "windows", "connect_to_accept_ns.p50", ""),
					bar("Linux, longest ms", "linux", "connect_to_accept_ns.max", ""), bar("Windows, longest ms", "windows", "connect_to_accept_ns.max", ""),
				},
				Because: []page.Reason{
					because("A client on Windows learns of the refusal at once and asks again after half a second, up to four times. Then connect fails: {windows.outcomes.refused} clients never get in.", "WS.T3", "R4"),
					because("A client on Linux learns nothing. Its TCP waits for 1 s before it asks again."),
				},
				Show:          show("Show me a wave on Windows", "windows", "syn_sent_again", ""),
				Misconception: "“Silence is kinder than a refusal.” Silence costs the client a second.",
			},
			{
				Kind: page.Count, Run: "linux", Figure: "clients.c18.syns", Max: 30,
				Ask:  "How many SYNs does client c18 send on Linux until it is in?",
				Bars: []page.Bar{bar("Linux, SYNs of c18", "linux", "clients.c18.syns", ""), bar("Linux, SYNs of c1", "linux", "clients.c1.syns", ""), bar("Windows, SYNs of c18", "windows", "clients.c18.syns", "")},
				Because: []page.Reason{
					because("c18 stands in the middle of the crowd. In each wave others are before it and take the room.", "K13", "K3"),
				},
				Show:          page.Moment{Label: "Show me c18 asking again", Run: "linux", Kind: "syn_sent_again", Client: "c18"},
				Misconception: "“Once is enough: TCP is reliable.” TCP hides how often it asks.",
			},
		},
		End:     "A crowd that is turned away together comes back together. A queue for the whole burst, or retries that are spread, would end it after 300 ms. Now look around: play slowly through the second wave.",
		Teaches: "Ignored SYNs come back after 1 s, all together. The server is idle while its clients wait.",
		Adapt:   "Set backlog to 40 and there is no wave. Set every to 20ms and the waves grow broad.",
	}
}
