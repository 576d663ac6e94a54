package golden

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
	"wspsim/sim"
)

func mustRun(t *testing.T, s scenarios.Scenario, o scenarios.Options) *scenarios.Result {
	t.Helper()
	r, err := scenarios.Run(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func byName(t *testing.T, name string) scenarios.Scenario {
	t.Helper()
	s, ok := scenarios.ByName(name)
	if !ok {
		t.Fatalf("no scenario %s", name)
	}
	return s
}

// A story of up to 80 lines is told whole; of a longer one the first 40 lines.
func TestTranscriptTellsShortStoriesWhole(t *testing.T) {
	for clients := range 40 {
		s := scenarios.Scenario{
			Name: "server", Profiles: []string{"wsp"}, Until: time.Minute, Link: netmodel.Link{Latency: time.Millisecond},
			Steps: []scenarios.Step{{Do: scenarios.Listen{Backlog: 12}}},
			Load:  scenarios.Load{Clients: clients, At: time.Millisecond, Every: sim.Fixed(time.Millisecond)},
		}
		whole := mustRun(t, s, scenarios.Options{Seed: 1, Lines: 1000}).Lines
		text, err := Transcript(s, "wsp", 1)
		if err != nil {
			t.Fatal(err)
		}
		story := strings.Split(string(text), "\n\n")[1]
		want := strings.Join(whole, "\n")
		if len(whole) > 80 {
			want = strings.Join(whole[:40], "\n") + fmt.Sprintf("\n             ... %d more lines", len(whole)-40)
		}
		if story != want {
			t.Errorf("%d clients, %d lines: the story is\n%s\nwant\n%s", clients, len(whole), story, want)
		}
	}
}

func TestTranscriptSaysWhatCameOut(t *testing.T) {
	s := byName(t, "overflow")
	s.Expect = append(s.Expect, scenarios.Expectation{Client: "a", Outcome: netmodel.OutcomeRefused})
	text, err := Transcript(s, "wsp", 12)
	if err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, s, scenarios.Options{Seed: 12})
	for _, want := range []string{
		"overflow: profile wsp, seed 12, backlog 2 asked, 2 in force\n\n",
		"! c       SYN ",
		"\nattempts  4 offered: 3 accepted, 1 refused\n",
		"\nwaits     p50 9ms, p90 18ms, p99 18ms, p99.9 18ms, max 18ms, mean 11.666666ms\n",
		"\nlistener  limit 2, 2 pending at most, 0 at the end, 1 SYN refused\n",
		"\nheld      peak pending = 2\n",
		"\nFAILED    a is refused: it is accepted\n",
		fmt.Sprintf("\nhash %016x, %d records, %d events, ends at 4000.000 ms\n", r.Hash, r.Records, r.Events),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the transcript lacks %q:\n%s", want, text)
		}
	}
	for name, want := range map[string]string{
		"illegal-backlogs/windows": "backlog -5 asked, 200 in force",
		"stevens/linux2.4":         "backlog 1 asked, 1 in force, at most 2 pending",
		"openbsd-floor/openbsd":    "backlog 1 asked, 80 in force, at most 241 pending, 81 when a SYN comes",
		"somaxconn/winsock11":      "backlog SOMAXCONN asked, 5 in force",
		"somaxconn/windowsce3":     "seed 7",
	} {
		scenario, profile, _ := strings.Cut(name, "/")
		text, err := Transcript(byName(t, scenario), profile, 7)
		if first, _, _ := strings.Cut(string(text), "\n"); err != nil || !strings.Contains(first, want) {
			t.Errorf("%s: %q, %v; want it to say %q", name, first, err, want)
		}
	}
	for _, test := range []struct {
		got  fmt.Stringer
		want string
	}{
		{scenarios.Outcomes{Offered: 3, Accepted: 1, Pending: 2}, "3 offered: 1 accepted, 2 pending"},
		{scenarios.Outcomes{Offered: 5, Pending: 5, Trying: 1, Queued: 2, Phantom: 1}, "5 offered: 2 queued, 1 phantom, 1 trying, 1 pending"},
		{scenarios.Listener{Limit: 2, IgnoredSYNs: 2, IgnoredACKs: 1, Evicted: 3}, "limit 2, 0 pending at most, 0 at the end, 2 SYNs ignored, 1 ACK ignored, 3 evicted"},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("String() = %q, want %q", got, test.want)
		}
	}
	idle := scenarios.Scenario{Name: "idle", Profiles: []string{"wsp"}, Until: 1}
	text, err = Transcript(idle, "wsp", 1)
	if err != nil || !strings.Contains(string(text), "nobody listens\n") || !strings.Contains(string(text), "attempts  0 offered: none\nwaits     none\n") {
		t.Errorf("a scenario in which nothing happens: %v\n%s", err, text)
	}
	if _, err := Transcript(idle, "bsd", 1); err == nil {
		t.Error("Transcript under an unknown profile: no error")
	}
	if _, err := Write(scenarios.Scenario{Name: "x", Profiles: []string{"bsd"}, Until: 1}); err == nil {
		t.Error("Write under an unknown profile: no error")
	}
}

func TestNameOfAGoldenIsThatOfItsScenario(t *testing.T) {
	for text, want := range map[string]string{
		"overflow: three clients\n\nx": "overflow",
		"overflow: ":                   "overflow",
		"":                             "",
		"overflow\n":                   "",
		": x\n":                        "",
		"a b: x\n":                     "",
		"\x1b[31m: x":                  "",
		"\xff: x":                      "",
		"\x7fELF":                      "",
	} {
		got, err := NameOf([]byte(text))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NameOf(%q) = %q, %v; want %q", text, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\x1b") {
			t.Errorf("NameOf(%q): the error would disturb a terminal", text)
		}
	}
}
