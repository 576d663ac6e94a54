package lockstep

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	_ "wspsim/internal/update" // the flag -update
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// play runs a case in one line.
func play(t *testing.T, line string, newSystem NewSystem) error {
	t.Helper()
	c, err := ParseCase(line)
	if err != nil {
		t.Fatal(err)
	}
	return c.Run(newSystem)
}

// referenceSystem is the NewSystem of the reference model.
func referenceSystem(p netmodel.Profile, descriptors int) System { return newReference(p, descriptors) }

func TestTheReferenceModelAgreesWithItself(t *testing.T) {
	r := Swarm{Seed: 3, New: referenceSystem}.Run(50_000, nil)
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

// Each line once showed a difference. The rule beside it decided.
func TestHistoriesThatOnceDiffered(t *testing.T) {
	for _, c := range []struct{ line, why string }{
		{"winsock11 late-slot=2s: listen(2) syn(a) data(a) accept listen(1)",
			"a returning slot is not available yet, and a smaller backlog leaves no room for it. WS.Q5, WS.R12"},
		{"wsp slots=free late-slot=2s: listen(3) syn(a) data(a) accept syn(b) syn(c) listen(2) rst(b)",
			"a withdrawn request gives one slot back, unless a returning slot has taken its room. WS.Q5, WS.Q7"},
		{"windows pause-resets=yes descriptors=3: openfile listen(2) closefile pause(on)",
			"only listen and accept fill. R7, WS.D7"},
		{"nt4server descriptors=2: listen(2) syn(a) fin(a) listen(1) accept(reject)",
			"a rejected request gives its slot back. WS.C3"},
		{"winsock11 descriptors=2: listen(1) syn(a) listen(2) data(a) again(a) accept",
			"a connection that accept removes after its client reset it gives its slot back. WS.Q7, WS.X6"},
		{"winsock11 trim=oldest: listen(2) syn(a) fin(a) accept(defer) syn(b) listen(1)",
			"a trim takes a deferred request last if it trims the newest, first if it trims the oldest. WS.R4, WS.R8"},
		{"nt4workstation order=arrival: listen(2) syn(a) syn(b) ack(b) accept(defer) ack(a)",
			"a deferred request stands at the head of the queue. WS.C4"},
		{"wsp nesting=yes descriptors=2: listen(1) syn(a) ack(a) accept(opening)",
			"a condition function that takes the last descriptor leaves none for accept. WS.A3"},
		{"wsp late-slot=2s: listen(1) syn(a) ack(a) accept syn(b)",
			"a queue whose last slot is returning is full, not starved. WS.Q5"},
		{"nt4server descriptors=3: listen(1) openfile syn(a) fin(a) again(a) accept(defer) openfile accept",
			"accept reports without a free descriptor that a deferred request is gone. WS.C9"},
		{"gofakenet max=2: listen(1) syn(a) syn(b) syn(c) dup(c) time(0)",
			"a held request waits until there is room, however often its SYN arrives. ST.2"},
		{"gofakenet max=2: listen(1) syn(a) fin(a) syn(b) syn(c) accept(reject)",
			"the room of a rejected request admits a held request. ST.2"},
		{"linux2.6.20 max=3 ack-full=defer: listen(1) syn(a) ack(a) syn(b) syn(c) ack(c) ack(b) accept(reject)",
			"the room of a rejected request promotes a connection whose ACK was put off. ST.9"},
		{"openbsd calls=winsock at-syn=backlog max=3: listen(1) syn(a) syn(b) ack(b) ack(a) syn(c) data(c) syn(d)",
			"a full SYN queue turns a SYN away for a reason of its own. K2"},
		{"netstack: listen(1) listen(-300)",
			"listen rejects a backlog with room for no connection. G"},
		{"linux4.10 syn-queue=one-less cookies=always: listen(1) syn(a) ack(a) accept hangup(a) time(60000) dup(a) ack(a)",
			"a cookie is valid again when its SYN is answered again. K7"},
	} {
		if err := play(t, c.line, NewHost); err != nil {
			t.Errorf("%s\n\t%s\n\t%v", c.line, c.why, err)
		}
	}
}

// oneFieldWrong is a system that is right but for one field of one result.
type oneFieldWrong struct {
	System
	change func(*Result)
}

func (l oneFieldWrong) Do(op Op) Result {
	r := l.System.Do(op)
	if op.Kind == Close {
		l.change(&r)
	}
	return r
}

func TestEveryFieldOfAResultIsCompared(t *testing.T) {
	history, err := Parse("listen(2) syn(a) close")
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string]func(*Result){
		"Errno":      func(r *Result) { r.Errno = winsock.WSAENOBUFS },
		"Nested":     func(r *Result) { r.Nested = winsock.WSAENOBUFS },
		"Asked":      func(r *Result) { r.Asked = Attempt{1, 1} },
		"Accepted":   func(r *Result) { r.Accepted = Attempt{0, 2} },
		"Bytes":      func(r *Result) { r.Bytes++ },
		"Sent":       func(r *Result) { r.Sent = r.Sent[:0] },
		"Queue":      func(r *Result) { r.Queue = append(r.Queue, Entry{Attempt: Attempt{0, 1}}) },
		"Limit":      func(r *Result) { r.Limit++ },
		"Available":  func(r *Result) { r.Available++ },
		"Free":       func(r *Result) { r.Free++ },
		"AcceptConn": func(r *Result) { r.AcceptConn = Yes },
		"Readable":   func(r *Result) { r.Readable = Yes },
		"Broken":     func(r *Result) { r.Broken = "an invariant" },
	}
	for i := range reflect.TypeFor[Result]().NumField() {
		field := reflect.TypeFor[Result]().Field(i).Name
		change, ok := wrong[field]
		if !ok {
			t.Fatalf("no wrong value for the field %s", field)
		}
		err := Case{Profile: profiles.WSP(), Descriptors: 3, History: history}.Run(func(p netmodel.Profile, d int) System { return oneFieldWrong{referenceSystem(p, d), change} })
		var d *difference
		if !errors.As(err, &d) || d.at != 2 || d.op.Kind != Close || d.text == "" {
			t.Errorf("%s is wrong: Run = %v, want a difference at operation 3 that says in what", field, err)
		}
	}
}

// withoutDecisions reports no decisions.
type withoutDecisions struct{ *hostSystem }

func (f withoutDecisions) decided() []decision { return nil }

func TestReasonsAreCompared(t *testing.T) {
	newSystem := func(p netmodel.Profile, d int) System { return withoutDecisions{NewHost(p, d).(*hostSystem)} }
	err := play(t, "wsp: listen(1) syn(a)", newSystem)
	if err == nil || !strings.Contains(err.Error(), "decisions: got [], want [a: queued") {
		t.Errorf("got %v, want a difference between decisions", err)
	}
}

type panicking struct{ System }

func (panicking) Do(Op) Result { panic("no slot") }

func TestAPanicIsADifference(t *testing.T) {
	err := play(t, "wsp: listen(1)", func(p netmodel.Profile, d int) System { return panicking{} })
	if err == nil || !strings.Contains(err.Error(), "panic: no slot") {
		t.Errorf("got %v, want a difference that tells of the panic", err)
	}
}

// counting counts its operations and does not support accept.
type counting struct {
	System
	told *[]Kind
}

func (c counting) Supports(op Op) bool { return op.Kind != Accept }

func (c counting) Do(op Op) Result {
	*c.told = append(*c.told, op.Kind)
	return c.System.Do(op)
}

func TestWhatCannotHappenIsLeftOut(t *testing.T) {
	var told []Kind
	// b has no attempt; a cannot acknowledge before its SYN-ACK; accept is not supported
	err := play(t, "wsp: ack(b) dup(b) syn(a) ack(a) accept listen(1) dup(a) ack(a) fin(a) data(a)",
		func(p netmodel.Profile, d int) System { return counting{referenceSystem(p, d), &told} })
	if want := []Kind{Syn, Listen, Dup, Ack, Fin}; err != nil || !slices.Equal(told, want) {
		t.Errorf("Run performs %v (%v), want %v", told, err, want)
	}
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	for _, newSystem := range []NewSystem{NewHost, referenceSystem} {
		pair := NewPair(profiles.WSP(), 4, newSystem)
		before, _ := Parse("listen(2) syn(a) ack(a) syn(b)")
		for _, op := range before {
			pair.do(op)
		}
		clone := pair.Clone()
		after, _ := Parse("accept ack(b) rst(b) close")
		for _, op := range after {
			if diff := clone.do(op); diff != nil {
				t.Fatal(diff)
			}
		}
		r := pair.system.Do(Op{Kind: Accept})
		if want := (Attempt{0, 1}); r.Accepted != want || len(r.Queue) != 1 || r.Queue[0].State != netmodel.EntryHalfOpen {
			t.Errorf("after a clone went on, the original accepts %v and has the queue %v, want a and [(b)]", r.Accepted, queueText(r.Queue))
		}
	}
}
