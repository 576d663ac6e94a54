package scenarios_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/scenarios"
)

func TestAnInputIsAStepOfTheRun(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	for _, tt := range []struct {
		input, client string
		want          netmodel.Outcome
		why           string
	}{
		{"1ms:knock", "you1", netmodel.OutcomeRefused, "a and b fill the queue of two"},
		{"22ms:knock", "you1", netmodel.OutcomePending, "after the last accept there is room, and nobody accepts"},
		{"1ms:listen=3", "c", netmodel.OutcomeAccepted, "a longer queue has room for c"},
		{"4ms:close", "a", netmodel.OutcomeReset, "a closed listener resets who is pending"},
		{"1ms:burst=2", "you1.2", netmodel.OutcomeRefused, "a burst names its clients one by one"},
	} {
		res, err := scenarios.Run(s, scenarios.Options{Inputs: []string{tt.input}})
		if err != nil {
			t.Errorf("%s: %v", tt.input, err)
			continue
		}
		got, found := outcomeOf(t, s, tt.input, tt.client)
		if !found || got != tt.want {
			t.Errorf("%s: %s has %v, want %v: %s", tt.input, tt.client, got, tt.want, tt.why)
		}
		if res.Verdict != scenarios.NotJudged {
			t.Errorf("%s: the run is judged %v, want not judged: the lesson knows of no input", tt.input, res.Verdict)
		}
	}
}

// outcomeOf returns the outcome of the last attempt of a client.
func outcomeOf(t *testing.T, s scenarios.Scenario, input, client string) (last netmodel.Outcome, found bool) {
	t.Helper()
	var net *netmodel.Network
	res, err := scenarios.Run(s, scenarios.Options{Inputs: []string{input}, Record: func(n *netmodel.Network, _ netmodel.Record) { net = n }})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range res.Attempts {
		if net.ClientName(a.Client) == client {
			last, found = a.Outcome, true
		}
	}
	return last, found
}

func TestAStalledWorkerAcceptsNobody(t *testing.T) {
	s, _ := scenarios.ByName("burst")
	accepts := func(inputs ...string) (within int) {
		_, err := scenarios.Run(s, scenarios.Options{Profile: "windows", Seed: 1, Inputs: inputs, Record: func(_ *netmodel.Network, r netmodel.Record) {
			if r.Kind == netmodel.RequestAccepted && time.Duration(r.At) > 20*time.Millisecond && time.Duration(r.At) < 120*time.Millisecond {
				within++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		return within
	}
	free, stalled := accepts(), accepts("20ms:stall=100ms")
	if free < 10 || stalled > 1 {
		t.Errorf("between 20 and 120 ms the only worker accepts %d, and %d while it is stalled; want 10 or more, and at most the one that was under way", free, stalled)
	}
	if later := accepts("20ms:stall=10ms"); later < free-3 || later >= free {
		t.Errorf("a stall of 10 ms leaves %d of %d accepts, want two or three fewer: the worker comes back", later, free)
	}
}

func TestDescriptorsAreTakenAndGivenBack(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	s.Descriptors = 5
	s.Program.Workers = 1
	at := func(inputs ...string) (available int32) {
		_, err := scenarios.Run(s, scenarios.Options{Inputs: inputs, Record: func(n *netmodel.Network, r netmodel.Record) {
			if r.Kind == netmodel.RequestRefused {
				available++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		return available
	}
	if with, without := at("0s:take=4"), at(); with <= without {
		t.Errorf("%d requests are refused when all descriptors are taken, %d otherwise; want more", with, without)
	}
	if given := at("0s:take=4", "0s:give=4"); given != at() {
		t.Errorf("%d requests are refused when the descriptors are given back at once, want %d", given, at())
	}
}

func TestAnInputThatCannotBeReadSaysWhy(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	for _, tt := range []struct{ input, want, why string }{
		{"", "want an instant and an action", "nothing"},
		{"knock", "want an instant and an action", "no instant"},
		{"5:knock", "want an instant and an action", "a number without a unit"},
		{"-5ms:knock", "want an instant and an action", "before the run"},
		{"NaNs:knock", "want an instant and an action", "not a number"},
		{"9999999h:knock", "want an instant and an action", "more than 64 bits of nanoseconds"},
		{"5s:knock", "the run ends at 4s", "behind the end"},
		{"5ms:", `no action ""`, "no action"},
		{"5ms:Knock", `no action "Knock"; there are knock, burst=N`, "another word"},
		{"5ms:knock=3", "knock has no number", "a number too many"},
		{"5ms:close=", "close has no number", "an empty number"},
		{"5ms:burst", "from 1 to 10000", "a number is missing"},
		{"5ms:burst=0", "from 1 to 10000", "nobody"},
		{"5ms:burst=10001", "from 1 to 10000", "too many"},
		{"5ms:burst=1e3", "from 1 to 10000", "not a whole number"},
		{"5ms:listen=2147483648", "from -2147483648 to 2147483647", "more than an int of C"},
		{"5ms:take=-1", "from 1 to", "fewer than none"},
		{"5ms:stall=0s", "want a time above 0", "no time"},
		{"5ms:stall=5", "want a time above 0", "a number without a unit"},
		{"5ms:stall=\x00", "want a time above 0", "NUL"},
	} {
		_, err := s.WithInputs([]string{"1ms:knock", tt.input})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: WithInputs(%q) = %v, want %q", tt.why, tt.input, err, tt.want)
		}
	}
	if _, err := s.WithInputs(make([]string, 1001)); err == nil || !strings.Contains(err.Error(), "want at most") {
		t.Errorf("too many inputs: %v", err)
	}
}

func TestAnInputLeavesThePastAsItWas(t *testing.T) {
	for _, profile := range []string{"wsp", "windows", "linux", "freebsd", "unix", "wine"} {
		s, _ := scenarios.ByName("burst")
		past := func(inputs ...string) (lines []netmodel.Record) {
			_, err := scenarios.Run(s, scenarios.Options{Profile: profile, Seed: 3, Inputs: inputs, Record: func(_ *netmodel.Network, r netmodel.Record) {
				if time.Duration(r.At) < 25*time.Millisecond {
					lines = append(lines, r)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			return lines
		}
		before := past()
		for _, input := range []string{"25ms:knock", "25ms:burst=30", "25ms:listen=1", "25ms:stall=1s", "25ms:close", "25ms:take=5"} {
			after := past(input)
			if len(after) != len(before) {
				t.Errorf("%s, %s: %d records before the input, want %d", profile, input, len(after), len(before))
				continue
			}
			for i := range before {
				if after[i] != before[i] {
					t.Errorf("%s, %s: record %d is %+v, want %+v", profile, input, i, after[i], before[i])
					break
				}
			}
		}
	}
}

func TestTheNameOfAVisitorIsFree(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	flooded, err := scenarios.Scenario{Until: time.Second, Steps: []scenarios.Step{{Do: scenarios.Flood{Name: "you"}}}}.WithInputs([]string{"5ms:knock"})
	if want := (scenarios.Request{Client: "you_1"}); err != nil || flooded.Steps[1].Do != want {
		t.Errorf("beside a flood called you the visitor is %+v, %v; want %+v", flooded.Steps[1].Do, err, want)
	}
	s.Load.Name = "your"
	with, err := s.WithInputs([]string{"5ms:knock"})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range with.Steps {
		if r, ok := step.Do.(scenarios.Request); ok && strings.HasPrefix(r.Client, "you") && r.Client != "you_1" {
			t.Errorf("the visitor is %q, want you_1: clients of the load begin with you", r.Client)
		}
	}
}

func TestAKnobKeepsItsValueBesideAnInput(t *testing.T) {
	s, _ := scenarios.ByName("relisten-larger")
	res, err := scenarios.Run(s, scenarios.Options{Profile: "wsp", Seed: 1, Inputs: []string{"1ms:listen=2"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.ChangedKnobs) != 0 || !slices.Contains(res.Knobs, scenarios.Setting{Name: "relisten", Value: "3"}) {
		t.Errorf("an input calls listen before the scenario does: knobs %v, changed %v; want relisten=3, and none changed", res.Knobs, res.ChangedKnobs)
	}
}

func TestInputsOfOneInstantKeepTheirOrder(t *testing.T) {
	s, _ := scenarios.ByName("overflow")
	with, err := s.WithInputs([]string{"1ms:burst=50", "1ms:listen=9", "1ms:knock"})
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, step := range with.Steps {
		switch do := step.Do.(type) {
		case scenarios.Request:
			if strings.HasPrefix(do.Client, "you") {
				got = append(got, do.Client)
			}
		case scenarios.Listen:
			if do.Backlog == 9 {
				got = append(got, "listen")
			}
		}
	}
	for i := range 50 {
		want = append(want, fmt.Sprintf("you1.%d", i+1))
	}
	if want = append(want, "listen", "you3"); !slices.Equal(got, want) {
		t.Errorf("the steps of one instant are %q, want %q", got, want)
	}
}

func TestAnInputIsAboutTheSocketThatListensFirst(t *testing.T) {
	s, _ := scenarios.ByName("two-listeners")
	var first string
	for _, step := range slices.Backward(s.Steps) {
		if l, ok := step.Do.(scenarios.Listen); ok {
			first = l.Socket
		}
	}
	with, err := s.WithInputs([]string{"5ms:close", "6ms:listen=3"})
	if err != nil || first == "" {
		t.Fatalf("first socket %q, %v", first, err)
	}
	for _, want := range []scenarios.Step{{At: 5 * time.Millisecond, Do: scenarios.CloseListener{Socket: first}}, {At: 6 * time.Millisecond, Do: scenarios.Listen{Backlog: 3, Socket: first}}} {
		if !slices.ContainsFunc(with.Steps, func(step scenarios.Step) bool { return step.At == want.At && step.Do == want.Do }) {
			t.Errorf("no step %+v among %+v", want, with.Steps)
		}
	}
}
