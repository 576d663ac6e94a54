package lessons

import "wspsim/netmodel/trace/page"

func noMoreDescriptors() page.Lesson {
	return page.Lesson{
		Name: "no-more-descriptors", Title: "No more descriptors", Scenario: "descriptors",
		Runs:  []page.LessonRun{of("wsp", "WSPListen page", "wsp"), of("linux", "Linux", "linux")},
		Intro: "The program may have three descriptors, and the listener is one of them. The backlog is 4. a and b are accepted, so no descriptor is left when c, d, e and f come.",
		Questions: []page.Question{
			{
				Captions: lastDescriptor(),
				Kind:     page.Choose, Right: "outcome", Run: "wsp", Client: "d",
				Ask:     "Only c waits, so three of the four slots are empty. By the WSPListen page, what happens to d?",
				Choices: []page.Choice{{Label: "d waits, and accept takes it in the end", Is: "accepted"}, {Label: "d is refused", Is: "refused"}, {Label: "d is reset while it waits", Is: "reset"}},
				Bars:    []page.Bar{bar("most in the queue", "wsp", "listener.peak_pending", "")},
				Because: []page.Reason{
					because("The listener starves. A slot that was used must be filled again, and that needs a free descriptor. The slots are empty, but no longer available.", "WS.D6"),
					because("accept cannot help: it fails with WSAEMFILE, and c stays in the queue.", "WS.A3"),
				},
				Show:          show("Show me the refusal of d", "wsp", "request_refused", "d"),
				Misconception: "“The queue has room, so d gets in.” On the page a slot and a descriptor belong together.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "wsp", Client: "e",
				Ask:     "At 30 ms the program closes the descriptor of a. The SYN of e arrives at 32 ms. By the page, what happens to e?",
				Choices: []page.Choice{{Label: "e waits, and accept takes it in the end", Is: "accepted"}, {Label: "e is refused", Is: "refused"}, {Label: "e is reset while it waits", Is: "reset"}},
				Bars:    []page.Bar{bar("page, refused", "wsp", "outcomes.refused", "refused"), bar("Linux, refused", "linux", "outcomes.refused", "refused")},
				Because: []page.Reason{
					because("To close a descriptor fills no slot. The listener resumes at the next listen or accept that finds a descriptor free, and not before.", "WS.D6"),
				},
				Show:          show("Show me the refusal of e", "wsp", "request_refused", "e"),
				Misconception: "“A free descriptor opens the door at once.” Nobody has told the listener.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "wsp", Client: "f",
				Ask:     "At 51 ms the program calls accept, and nobody waits: the call fails with WSAEWOULDBLOCK. f comes at 60 ms. By the page, what happens to f?",
				Choices: []page.Choice{{Label: "f is refused too", Is: "refused"}, {Label: "accept takes it in the end", Is: "accepted"}, {Label: "f waits until the end", Is: "queued"}},
				Bars:    []page.Bar{bar("page, failed calls without WSAEWOULDBLOCK", "wsp", "listener.failed_calls", ""), bar("page, accepted", "wsp", "outcomes.accepted", "served")},
				Because: []page.Reason{
					because("That accept got nothing and did one thing: a descriptor was free, so it filled a slot. The listener resumes.", "WS.A2"),
					because("f finds the slot, and the next accept takes it.", "R3", "WS.Q1"),
				},
				Show:          show("Show me how it resumes", "wsp", "request_queued", "f"),
				Misconception: "“An accept that fails changes nothing.” On the page it is what makes the listener resume.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "linux", Client: "d",
				Ask:     "The same clients on Linux: no descriptor is free when d comes. What happens to d?",
				Choices: []page.Choice{{Label: "d is ignored, and still tries at the end", Is: "trying"}, {Label: "d is refused", Is: "refused"}, {Label: "d waits, and accept takes it in the end", Is: "accepted"}},
				Bars:    []page.Bar{bar("Linux, most in the queue", "linux", "listener.peak_pending", ""), bar("Linux, failed calls without WSAEWOULDBLOCK", "linux", "listener.failed_calls", ""), bar("Linux, accepted", "linux", "outcomes.accepted", "served"), bar("Linux, left in the queue", "linux", "outcomes.queued", "")},
				Because: []page.Reason{
					because("On Linux the queue knows nothing of descriptors. Clients get in as long as there are slots.", "K3", "K5"),
					because("accept fails with EMFILE, and the connection stays in the queue. The starving shows at the program, not at the clients.", "K9"),
				},
				Show:          show("Show me d on Linux", "linux", "completed", "d"),
				Misconception: "“Out of descriptors means connection refused.” On Linux the clients connect, and then nobody serves them.",
			},
		},
		End:     "On the page the listener starves, drains its queue, and resumes at the next accept or listen. On Linux the queue fills, and accept fails. Now look around: compare the slots of both at 30 ms.",
		Teaches: "Starve, drain, resume (R5 to R7), and the Linux counterpart: EMFILE from accept while the queue goes on (K9).",
		Adapt:   "Set descriptors to 6 and nobody starves. Use the scenario emfile-loop for a server that opens too many files.",
	}
}

// lastDescriptor shows how the last descriptor goes.
func lastDescriptor() []page.Caption {
	return []page.Caption{
		{Text: "accept has returned a and b. Each of them has a descriptor, and the listener has the third.", Seek: page.Moment{Run: "wsp", At: "12ms"}, Point: "program"},
		{Text: "c connects and waits. The program calls accept for c, and the call fails: no descriptor is free.", Seek: page.Moment{Run: "wsp", At: "26ms", Client: "d"}, Point: "accept queue"},
	}
}

func listenAgain() page.Lesson {
	return page.Lesson{
		Name: "listen-again", Title: "Listen again, smaller", Scenario: "relisten-four-ways",
		Runs:  []page.LessonRun{of("wsp", "WSPListen page", "wsp"), of("linux", "Linux", "linux"), of("freebsd", "FreeBSD", "freebsd")},
		Intro: "a, b and c wait in the queue. The program calls listen again, now with backlog 1. d comes after that, while the queue is still too long.",
		Questions: []page.Question{
			{
				Captions: []page.Caption{
					{Text: "a, b and c are connected and wait, on all three systems. The backlog is 3.", Seek: page.Moment{Run: "wsp", At: "15ms"}, Point: "accept queue"},
				},
				Kind: page.Count, Run: "wsp", Figure: "listener.trimmed", Max: 3,
				Ask:  "Three wait, and one is allowed. By the WSPListen page, how many of the three are reset?",
				Bars: []page.Bar{bar("page, reset", "wsp", "listener.trimmed", "refused"), bar("Linux, reset", "linux", "listener.trimmed", "refused"), bar("FreeBSD, reset", "freebsd", "listener.trimmed", "refused")},
				Because: []page.Reason{
					because("The new backlog holds at once. The excess is reset and dropped: the queue is trimmed.", "R9", "R10"),
				},
				Show:          show("Show me a reset", "wsp", "reset_pending", ""),
				Misconception: "“A smaller backlog is for those who come later.” By the page it is for those who wait, too.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "wsp", Client: "a",
				Ask:     "a came first, c came last. By the page, what happens to a?",
				Choices: []page.Choice{{Label: "a is reset: it has waited longest", Is: "reset"}, {Label: "a stays, and accept takes it", Is: "accepted"}, {Label: "a stays in the queue to the end", Is: "queued"}},
				Bars:    []page.Bar{bar("page, accepted", "wsp", "outcomes.accepted", "served"), bar("page, reset", "wsp", "outcomes.reset", "refused")},
				Because: []page.Reason{
					because("The page does not say which connections are the excess. This model resets the newest first: c, then b.", "R10"),
					because("So the oldest stays, and the order of accept does not change.", "WS.Q1"),
				},
				Show:          show("Show me a", "wsp", "request_accepted", "a"),
				Misconception: "“The oldest has to go.” Who waited longest would lose most.",
			},
			{
				Kind: page.Count, Run: "linux", Figure: "listener.trimmed", Max: 3,
				Ask:  "The same call on Linux. How many of the three are reset there?",
				Bars: []page.Bar{bar("page, reset", "wsp", "listener.trimmed", "refused"), bar("Linux, reset", "linux", "listener.trimmed", "refused"), bar("Linux, SYNs ignored", "linux", "listener.ignored_syns", "ignored")},
				Because: []page.Reason{
					because("Linux sets the limit and keeps the queue. The three stay. A SYN that comes now is ignored, until fewer wait than the limit.", "K10", "K2"),
				},
				Show:          show("Show me who pays", "linux", "request_ignored", "d"),
				Misconception: "“All systems do what the page says.” A program that calls listen again to shed load sheds none on Linux.",
			},
			{
				Kind: page.Choose, Right: "outcome", Run: "freebsd", Client: "d",
				Ask:     "FreeBSD keeps the three, too. d comes while the queue is too long. What happens to d on FreeBSD?",
				Choices: []page.Choice{{Label: "d is ignored, and still tries at the end", Is: "trying"}, {Label: "The SYN of d is refused", Is: "refused"}, {Label: "connect succeeds, then the connection is reset", Is: "reset"}, {Label: "d waits in the queue", Is: "queued"}},
				Bars:    []page.Bar{bar("page, ms until d knows", "wsp", "clients.d.ms", ""), bar("FreeBSD, ms until d knows", "freebsd", "clients.d.ms", ""), bar("Linux, ms, d still tries", "linux", "clients.d.ms", "ignored")},
				Because: []page.Reason{
					because("FreeBSD answers every SYN. It looks at the accept queue only when the ACK arrives.", "ST.12"),
					because("Then the queue is full, and the connection of d is reset. The page refuses d, Linux ignores d, FreeBSD resets d.", "ST.7", "R4", "K2"),
				},
				Show:          show("Show me the reset", "freebsd", "reset_pending", "d"),
				Misconception: "“There are two ways to turn a client away.” There are at least three, and the client sees another error in each.",
			},
		},
		End: "Three systems, three answers. There are more: gVisor fails with EINVAL, and Windows returns 0 and changes nothing. " +
			"Now look around: pick b and compare its three lives.",
		Teaches: "Trim (R10) and its Linux counterpart: the limit changes and the queue stays (K10). Systems answer one call differently.",
		Adapt:   "Replace a run by Windows or gVisor. Set relisten to 2, or backlog to 5.",
	}
}
