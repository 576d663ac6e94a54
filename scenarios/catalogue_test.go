package scenarios_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

func TestCatalogueIsComplete(t *testing.T) {
	all := scenarios.All()
	if len(all) < 42 {
		t.Errorf("%d scenarios, want at least 42", len(all))
	}
	seen := map[string]bool{}
	for _, s := range all {
		if seen[s.Name] {
			t.Errorf("%s: the name is used twice", s.Name)
		}
		seen[s.Name] = true
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(s.Name) {
			t.Errorf("%s: want lower case, words joined by hyphens", s.Name)
		}
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if n := utf8.RuneCountInString(s.Summary); n == 0 || n > 72 || strings.HasSuffix(s.Summary, ".") {
			t.Errorf("%s: summary of %d characters, want one line of up to 72, without a full stop", s.Name, n)
		}
		if !strings.HasSuffix(s.Question, "?") {
			t.Errorf("%s: the question does not end in a question mark: %q", s.Name, s.Question)
		}
		if len(s.Lesson) < 100 || !strings.HasSuffix(s.Lesson, ".") {
			t.Errorf("%s: the lesson is too short or breaks off: %q", s.Name, s.Lesson)
		}
		for _, e := range s.Expect {
			if e.Progress != netmodel.ProgressDecided && (e.Client == "" || e.Outcome != netmodel.OutcomePending) {
				t.Errorf("%s: an expectation of the progress of a client whose outcome is decided: %+v", s.Name, e)
			}
		}
		if again, ok := scenarios.ByName(s.Name); !ok || again.Lesson != s.Lesson {
			t.Errorf("ByName(%s) = %q, %v", s.Name, again.Name, ok)
		}
	}
}

// A lesson claims something about each profile that it names, and it holds.
func TestEveryScenarioHoldsUnderEachOfItsProfiles(t *testing.T) {
	for _, s := range scenarios.All() {
		for i, profile := range s.Profiles {
			if _, ok := profiles.ByName(profile); !ok || slices.Contains(s.Profiles[:i], profile) {
				t.Errorf("%s: profile %s is unknown or named twice", s.Name, profile)
				continue
			}
			for seed := range uint64(20) {
				r := mustRun(t, s, scenarios.Options{Profile: profile, Seed: seed})
				for _, j := range r.Judged {
					if !j.Held {
						t.Errorf("%s, %s, seed %d: %s: it is %s", s.Name, profile, seed, j.Claim, j.Got)
					}
				}
				if len(r.Judged) == 0 || r.Verdict != scenarios.Held {
					t.Errorf("%s, %s, seed %d: %v, %d expectations", s.Name, profile, seed, r.Verdict, len(r.Judged))
				}
			}
		}
	}
}

// ruleID is what a reference to a rule looks like.
var ruleID = regexp.MustCompile(`\b(WS\.[A-Z][0-9]+'?|ST\.[0-9]+|[PVERCK][0-9]+)(?:[^0-9A-Za-z]|$)`)

// Every rule that a lesson refers to exists, and every lesson refers to one.
func TestLessonsReferToRulesThatExist(t *testing.T) {
	rules := map[string]bool{}
	for _, r := range profiles.Rules() {
		rules[r.ID] = true
	}
	for _, s := range scenarios.All() {
		found := ruleID.FindAllStringSubmatch(s.Lesson, -1)
		if len(found) == 0 {
			t.Errorf("%s: the lesson refers to no rule", s.Name)
		}
		for _, m := range found {
			if !rules[m[1]] {
				t.Errorf("%s: the lesson refers to %s, which is not in the table of rules", s.Name, m[1])
			}
		}
	}
}

// What a lesson says in numbers is what the run shows.
func TestLessonsOfTheCrowdsAreTrue(t *testing.T) {
	run := func(name, profile string, turned ...scenarios.Setting) *scenarios.Result {
		return mustRun(t, byName(t, name), scenarios.Options{Profile: profile, Seed: 1, Knobs: turned})
	}
	within := func(what string, got, low, high int64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %d, want %d to %d", what, got, low, high)
		}
	}
	large := run("burst", "wsp", scenarios.Setting{Name: "backlog", Value: "50"})
	within("burst with a backlog of 50: refused", int64(large.Outcomes.Refused), 0, 0)
	within("burst with a backlog of 50: the longest wait", int64(large.Waits.Max), int64(180*ms), int64(220*ms))
	last := int64(0)
	for _, f := range run("burst", "windows").Attempts {
		last = max(last, int64(f.At))
	}
	within("burst on Windows: the last is accepted at", last, int64(1400*ms), int64(1600*ms))

	refused := int64(run("recorded", "wsp").Outcomes.Refused)
	within("recorded: refused of 300, one in five", refused, 54, 66)
	full, until := fullFor(t, "recorded", "wsp")
	within("recorded: per cent of the time that the queue is full", 100*full/until, 16, 24)
	within("recorded on Windows: accepted late", int64(run("recorded", "windows").Listener.AcceptedAfterRefusal), 80, 300)

	dead, accepts := 0, 0
	s := byName(t, "impatient")
	for _, profile := range s.Profiles {
		mustRun(t, s, scenarios.Options{Profile: profile, Seed: 1, Record: func(n *netmodel.Network, r netmodel.Record) {
			if r.Kind == netmodel.RequestAccepted {
				accepts++
				if n.Result(r.Conn).Outcome == netmodel.OutcomeGaveUp {
					dead++
				}
			}
		}})
	}
	within("impatient: per cent of accepted connections that are dead, four in five", int64(100*dead/accepts), 73, 87)

	lossy := run("lossy-link", "wsp")
	within("lossy-link: handshakes that expire", int64(lossy.Listener.Expired), 2, 2)
	within("lossy-link: attempts that nothing ends", int64(lossy.Outcomes.Pending), 2, 2)
	within("lossy-link: the longest wait", int64(lossy.Waits.Max), int64(3000*ms), int64(22_000*ms))
}

// What the lessons about other systems say in brackets, that no golden shows.
func TestLessonsOfTheStacksAreTrue(t *testing.T) {
	for _, test := range []struct {
		scenario, profile, knob, value string
		measure                        func(*scenarios.Result) int
		want                           int
		why                            string
	}{
		{"refused-or-ignored", "linux", "backlog", "4", phantoms, 0, "a backlog of 4 holds the burst"},
		{"phantom-batch", "linux", "tcp_syncookies", "0", queued, 2, "without cookies they ask again; the third is stored, and gets in with the next SYN-ACK"},
		{"abort-on-overflow", "linux", "tcp_abort_on_overflow", "0", phantoms, 3, "d and e are phantoms like f"},
		{"syn-flood-without-cookies", "linux", "tcp_syncookies", "1", ignored, 0, "with cookies nobody is turned away"},
		{"stevens", "linux2.4", "backlog", "3", phantoms, 2, "backlog + 1 queued and two phantoms, whatever the backlog"},
		{"reuseport-does-not-spill", "linux", "tcp_migrate_req", "1", reset, 0, "the queue of the stuck listener is handed on"},
		{"openbsd-floor", "openbsd", "every", "5ms", queued, 81, "one by one"},
		{"openbsd-floor", "netbsd", "every", "5ms", queued, 2, "one by one"},
		{"listen-zero", "bsd4.4", "clients", "130", queued, 1, "4.4BSD holds one, as Linux does"},
		{"somaxconn-clamps", "linux", "somaxconn", "4096", queued, 6, "the default of today holds all of them"},
		{"freebsd-connects-then-resets", "netbsd", "backlog", "1", reset, 0, "only a burst overflows at the ACK there"},
	} {
		r := mustRun(t, byName(t, test.scenario), scenarios.Options{Profile: test.profile, Seed: 1, Knobs: []scenarios.Setting{{Name: test.knob, Value: test.value}}})
		if got := test.measure(r); got != test.want {
			t.Errorf("%s, %s, %s=%s: %d of %v; want %d: %s", test.scenario, test.profile, test.knob, test.value, got, r.Outcomes, test.want, test.why)
		}
	}
}

func phantoms(r *scenarios.Result) int { return r.Outcomes.Phantom }
func queued(r *scenarios.Result) int   { return r.Outcomes.Queued }
func reset(r *scenarios.Result) int    { return r.Outcomes.Reset }
func ignored(r *scenarios.Result) int  { return r.Listener.IgnoredSYNs }

// A lesson whose kernel is set is judged as it stands, and not when somebody has
// set it otherwise.
func TestSettingsOfAScenarioAreItsOwn(t *testing.T) {
	s := byName(t, "abort-on-overflow")
	for _, test := range []struct {
		knobs []scenarios.Setting
		want  scenarios.Verdict
		why   string
	}{
		{nil, scenarios.Held, "as the lesson has it"},
		{[]scenarios.Setting{{Name: "tcp_abort_on_overflow", Value: "1"}}, scenarios.Held, "the same once more"},
		{[]scenarios.Setting{{Name: "tcp_abort_on_overflow", Value: "0"}}, scenarios.NotJudged, "the lesson's own setting is gone"},
		{[]scenarios.Setting{{Name: "tcp_syncookies", Value: "0"}}, scenarios.NotJudged, "another setting is not the lesson's"},
	} {
		if r := mustRun(t, s, scenarios.Options{Knobs: test.knobs}); r.Verdict != test.want {
			t.Errorf("Run(%s, %v): %v, want %v: %s", s.Name, test.knobs, r.Verdict, test.want, test.why)
		}
	}
}

// A claim about somebody who is pending says what he stands at, and fails where
// that is something else.
func TestExpectationOfProgress(t *testing.T) {
	s := byName(t, "stevens")
	for _, test := range []struct {
		client   string
		progress netmodel.Progress
		claim    string
		got      string
		held     bool
	}{
		{"a", netmodel.ProgressQueued, "a is queued", "queued", true},
		{"c", netmodel.ProgressPhantom, "c is a phantom", "phantom", true},
		{"c", netmodel.ProgressDecided, "c is still pending", "pending", true},
		{"e", netmodel.ProgressTrying, "e is still trying", "trying", true},
		{"e", netmodel.ProgressQueued, "e is queued", "trying", false},
		{"nobody", netmodel.ProgressTrying, "nobody is still trying", "decided", false},
	} {
		s.Expect = []scenarios.Expectation{{Client: test.client, Progress: test.progress}}
		j := mustRun(t, s, scenarios.Options{}).Judged[0]
		if j.Claim != test.claim || j.Got != test.got || j.Held != test.held {
			t.Errorf("Expect %s %v: claim %q, got %q, held %v; want %q, %q, %v", test.client, test.progress, j.Claim, j.Got, j.Held, test.claim, test.got, test.held)
		}
	}
}

// fullFor returns for how long the queue was full, and when the last request
// arrived, in nanoseconds.
func fullFor(t *testing.T, name, profile string) (full, until int64) {
	t.Helper()
	var last int64
	isFull := false
	mustRun(t, byName(t, name), scenarios.Options{Profile: profile, Seed: 1, Record: func(_ *netmodel.Network, r netmodel.Record) {
		if r.Limit == 0 {
			return
		}
		if isFull {
			full += int64(r.At) - last
		}
		last, isFull = int64(r.At), r.Pending == r.Limit
		if r.Kind == netmodel.RequestQueued || r.Kind == netmodel.RequestRefused {
			until = last
		}
	}})
	return full, until
}
