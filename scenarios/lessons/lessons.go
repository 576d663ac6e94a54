// Package lessons has the lessons of the course: questions about the scenarios, to be
// guessed before they are answered. A lesson holds no answers: they are figures of the runs.
// The command writes a lesson into a page with export --lesson.
package lessons

import "wspsim/netmodel/trace/page"

// All returns the lessons, in the order of the course.
func All() []page.Lesson { return []page.Lesson{refusedOrIgnored()} }

// About returns the lesson about a scenario.
func About(scenario string) (page.Lesson, bool) {
	for _, l := range All() {
		if l.Scenario == scenario {
			return l, true
		}
	}
	return page.Lesson{}, false
}

func refusedOrIgnored() page.Lesson {
	return page.Lesson{
		Name: "refused-or-ignored", Title: "Refused or ignored", Scenario: "burst", Runs: []page.LessonRun{{Name: "windows", Label: "Windows", Profile: "windows"}, {Name: "linux", Label: "Linux", Profile: "linux"}},
		Intro: "Fifty clients connect within about 50 ms. One worker serves each in 5 ms, so most must wait. Both systems listen with backlog 10. " +
			"The same clients come to both.",
		Questions: []page.Question{
			{
				Kind: page.Choose, Right: "most",
				Ask: "The queue is full, and a SYN arrives. Which system answers it with an RST?", Figure: "listener.refused_syns",
				Choices: []page.Choice{{Label: "Windows", Run: "windows"}, {Label: "Linux", Run: "linux"}, {Label: "Both alike"}},
				Bars: []page.Bar{
					{Label: "Windows, refused", Run: "windows", Figure: "listener.refused_syns", Colour: "refused"},
					{Label: "Linux, refused", Run: "linux", Figure: "listener.refused_syns", Colour: "refused"},
					{Label: "Windows, ignored", Run: "windows", Figure: "listener.ignored_syns", Colour: "ignored"},
					{Label: "Linux, ignored", Run: "linux", Figure: "listener.ignored_syns", Colour: "ignored"},
				},
				Because: []page.Reason{
					{Text: "Windows answers each SYN that finds the queue full with an RST: {windows.listener.refused_syns} in this run.", Rules: []string{"R4"}},
					{Text: "Linux says nothing. {linux.listener.ignored_syns} SYNs are dropped, as if the network had lost them.", Rules: []string{"K2"}},
				},
				Show: page.Moment{Label: "Show me a refusal", Run: "windows", Kind: "request_refused"},
			},
			{
				Kind:   page.Count,
				Ask:    "An RST says no. How many of the 50 clients are refused on Windows at first, and get in all the same?",
				Figure: "listener.accepted_after_refusal", Run: "windows", Max: 50,
				Bars: []page.Bar{
					{Label: "refused, then in", Run: "windows", Figure: "listener.accepted_after_refusal", Colour: "refused"},
					{Label: "served in the end", Run: "windows", Figure: "outcomes.accepted", Colour: "served"},
					{Label: "connect failed", Run: "windows", Figure: "outcomes.refused", Colour: "refused"},
				},
				Because: []page.Reason{
					{Text: "On Windows a refusal is not final. The TCP of the client sends the SYN again after half a second, and the program learns nothing of the RST.", Rules: []string{"WS.T3"}},
					{Text: "By then the burst is over and the queue has room. {windows.outcomes.accepted} of 50 get in.", Rules: []string{}},
				},
				Show: page.Moment{Label: "Show me one that asks again", Run: "windows", Kind: "syn_sent_again"},
			},
			{
				Kind:   page.Count,
				Ask:    "On Linux connect can succeed although the server has no room. How many clients still believe in such a connection when the run ends?",
				Figure: "outcomes.phantom", Run: "linux", Max: 50,
				Bars: []page.Bar{
					{Label: "phantoms, Linux", Run: "linux", Figure: "outcomes.phantom", Colour: "phantom"},
					{Label: "phantoms, Windows", Run: "windows", Figure: "outcomes.phantom", Colour: "phantom"},
					{Label: "ACKs ignored, Linux", Run: "linux", Figure: "listener.ignored_acks", Colour: "ignored"},
				},
				Because: []page.Reason{
					{Text: "Linux counts at the SYN and again at the final ACK. Many handshakes begin while there is room. Their ACKs find the accept queue full, and Linux ignores {linux.listener.ignored_acks} of them.", Rules: []string{"K3", "K4"}},
					{Text: "The client has its SYN-ACK, so its connect has returned. The server has a half-open entry, or nothing. {linux.outcomes.phantom} clients never learn of it.", Rules: []string{"K4"}},
				},
				Show: page.Moment{Label: "Show me a phantom", Run: "linux", Kind: "ack_ignored"},
			},
		},
		End: "Refused: the client knows at once, and may ask again. Ignored: nobody tells it, and it waits. Phantom: it believes that it is connected. " +
			"Now look around: play, jump, and pick other clients.",
	}
}
