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

// play runs a case that is written on one line.
func play(t *testing.T, line string, newSystem New) error {
	t.Helper()
	c, err := ParseCase(line)
	if err != nil {
		t.Fatal(err)
	}
	return c.Run(newSystem)
}

func TestTheReferenceModelAgreesWithItself(t *testing.T) {
	r := Swarm{Seed: 3, New: NewReference}.Run(50_000, nil)
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

// Each line was once a difference, and was decided by the rule beside it.
func TestHistoriesThatOnceDiffered(t *testing.T) {
	for _, c := range []struct{ line, why string }{
		{"winsock11 late-slot=2s: listen(2) syn(a) data(a) accept listen(1)",
			"a slot on its way back is not there yet, and a smaller backlog leaves no room for it. WS.Q5, WS.R12"},
		{"wsp slots=free late-slot=2s: listen(3) syn(a) data(a) accept syn(b) syn(c) listen(2) rst(b)",
			"a withdrawn request gives back one slot, unless a late one has taken its room. WS.Q5, WS.Q7"},
		{"windows pause-resets=yes descriptors=3: openfile listen(2) closefile pause(on)",
			"only listen and accept fill. R7, WS.D7"},
		{"nt4server descriptors=2: listen(2) syn(a) fin(a) listen(1) accept(reject)",
			"a rejected request gives its slot back. WS.C3"},
		{"winsock11 descriptors=2: listen(1) syn(a) listen(2) data(a) again(a) accept",
			"so does one that accept removes because its client has reset it. WS.Q7, WS.X6"},
		{"winsock11 trim=oldest: listen(2) syn(a) fin(a) accept(defer) syn(b) listen(1)",
			"a deferred request is the last of the newest, and the first of the oldest. WS.R4, WS.R8"},
		{"nt4workstation order=arrival: listen(2) syn(a) syn(b) ack(b) accept(defer) ack(a)",
			"a deferred request stands at the top. WS.C4"},
		{"wsp nesting=yes descriptors=2: listen(1) syn(a) ack(a) accept(opening)",
			"a condition function that takes the last descriptor leaves none for accept. WS.A3"},
		{"wsp late-slot=2s: listen(1) syn(a) ack(a) accept syn(b)",
			"a queue whose last slot is on its way back is full, not starved. WS.Q5"},
		{"nt4server descriptors=3: listen(1) openfile syn(a) fin(a) again(a) accept(defer) openfile accept",
			"that a deferred request is gone needs no descriptor to tell. WS.C9"},
		{"gofakenet max=2: listen(1) syn(a) syn(b) syn(c) dup(c) time(0)",
			"a held request waits until there is room, however often its client asks. ST.2"},
		{"gofakenet max=2: listen(1) syn(a) fin(a) syn(b) syn(c) accept(reject)",
			"the room that a rejected request leaves lets a held one in. ST.2"},
		{"linux2.6.20 max=3 ack-full=defer: listen(1) syn(a) ack(a) syn(b) syn(c) ack(c) ack(b) accept(reject)",
			"and a deferred connection. ST.9"},
		{"openbsd calls=winsock at-syn=backlog max=3: listen(1) syn(a) syn(b) ack(b) ack(a) syn(c) data(c) syn(d)",
			"a SYN queue has a reason of its own to turn a SYN away. K2"},
		{"netstack: listen(1) listen(-300)",
			"a listen that nobody would fit in is turned away. G"},
		{"linux4.10 syn-queue=one-less cookies=always: listen(1) syn(a) ack(a) accept hangup(a) time(60000) dup(a) ack(a)",
			"a cookie counts once more when its SYN is answered once more. K7"},
	} {
		if err := play(t, c.line, NewHost); err != nil {
			t.Errorf("%s\n\t%s\n\t%v", c.line, c.why, err)
		}
	}
}

// liar is a system that is right but for one field of one result.
type liar struct {
	System
	lie func(*Result)
}

func (l liar) Do(op Op) Result {
	r := l.System.Do(op)
	if op.Kind == Close {
		l.lie(&r)
	}
	return r
}

func TestEveryFieldOfAResultIsCompared(t *testing.T) {
	history, err := Parse("listen(2) syn(a) close")
	if err != nil {
		t.Fatal(err)
	}
	lies := map[string]func(*Result){
		"Errno":      func(r *Result) { r.Errno = winsock.WSAENOBUFS },
		"Nested":     func(r *Result) { r.Nested = winsock.WSAENOBUFS },
		"Asked":      func(r *Result) { r.Asked = Try{1, 1} },
		"Accepted":   func(r *Result) { r.Accepted = Try{0, 2} },
		"Bytes":      func(r *Result) { r.Bytes++ },
		"Heard":      func(r *Result) { r.Heard = r.Heard[:0] },
		"Queue":      func(r *Result) { r.Queue = append(r.Queue, Entry{Who: Try{0, 1}}) },
		"Limit":      func(r *Result) { r.Limit++ },
		"Available":  func(r *Result) { r.Available++ },
		"Free":       func(r *Result) { r.Free++ },
		"AcceptConn": func(r *Result) { r.AcceptConn = Yes },
		"Readable":   func(r *Result) { r.Readable = Yes },
		"Broken":     func(r *Result) { r.Broken = "an invariant" },
	}
	for i := range reflect.TypeFor[Result]().NumField() {
		field := reflect.TypeFor[Result]().Field(i).Name
		lie, ok := lies[field]
		if !ok {
			t.Fatalf("no lie about the field %s", field)
		}
		err := Run(history, profiles.WSP(), 3, func(p netmodel.Profile, d int) System { return liar{NewReference(p, d), lie} })
		var d *Difference
		if !errors.As(err, &d) || d.At != 2 || d.Op.Kind != Close || d.What == "" {
			t.Errorf("a lie about %s: got %v, want a difference at operation 3 that says in what", field, err)
		}
	}
}

// forgetful tells no reasons, or wrong ones.
type forgetful struct{ *HostSystem }

func (f forgetful) Fates() []Fate { return nil }

func TestReasonsAreCompared(t *testing.T) {
	newSystem := func(p netmodel.Profile, d int) System { return forgetful{NewHost(p, d).(*HostSystem)} }
	err := play(t, "wsp: listen(1) syn(a)", newSystem)
	if err == nil || !strings.Contains(err.Error(), "fates: got [], want [a: queued") {
		t.Errorf("got %v, want a difference between fates", err)
	}
}

type panicking struct{ System }

func (panicking) Do(Op) Result { panic("out of cheese") }

func TestAPanicIsADifference(t *testing.T) {
	err := play(t, "wsp: listen(1)", func(p netmodel.Profile, d int) System { return panicking{} })
	if err == nil || !strings.Contains(err.Error(), "panic: out of cheese") {
		t.Errorf("got %v, want a difference that tells of the panic", err)
	}
}

// counting counts what it is told and knows no accept.
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
	// b has no attempt; a cannot acknowledge before it hears; accept is not known.
	err := play(t, "wsp: ack(b) dup(b) syn(a) ack(a) accept listen(1) dup(a) ack(a) fin(a) data(a)",
		func(p netmodel.Profile, d int) System { return counting{NewReference(p, d), &told} })
	if want := []Kind{Syn, Listen, Dup, Ack, Fin}; err != nil || !slices.Equal(told, want) {
		t.Errorf("Run performs %v (%v), want %v", told, err, want)
	}
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	for _, newSystem := range []New{NewHost, NewReference} {
		pair := NewPair(profiles.WSP(), 4, newSystem)
		before, _ := Parse("listen(2) syn(a) ack(a) syn(b)")
		for _, op := range before {
			pair.Do(op)
		}
		clone := pair.Clone()
		after, _ := Parse("accept ack(b) rst(b) close")
		for _, op := range after {
			if diff := clone.Do(op); diff != nil {
				t.Fatal(diff)
			}
		}
		r := pair.System.Do(Op{Kind: Accept})
		if want := (Try{0, 1}); r.Accepted != want || len(r.Queue) != 1 || r.Queue[0].State != netmodel.EntryHalfOpen {
			t.Errorf("after a clone went on, the original accepts %v and has the queue %v, want a and [(b)]", r.Accepted, queueText(r.Queue))
		}
	}
}

func TestShrinkFindsTheCore(t *testing.T) {
	long, err := Parse("openfile listen(7) syn(h) dup(h) time(60000) syn(c) ack(c) accept(defer) closefile openfile time(4321) accept(reject) close")
	if err != nil {
		t.Fatal(err)
	}
	// Fails when somebody's SYN is followed by a pause of at least 1234 ms and that by a reject.
	fails := func(h []Op) bool {
		syn := slices.IndexFunc(h, func(o Op) bool { return o.Kind == Syn })
		if syn < 0 {
			return false
		}
		pause := slices.IndexFunc(h[syn:], func(o Op) bool { return o.Kind == Time && o.N >= 1234 })
		return pause >= 0 && slices.Contains(h[syn+pause:], Op{Accept, 0, int(AcceptReject)})
	}
	got := Text(Shrink(long, fails))
	if want := "syn(a) time(1234) accept(reject)"; got != want && !strings.HasPrefix(got, "syn(a) time(") {
		t.Errorf("Shrink = %q, want %q", got, want)
	}
	if n := len(Shrink(long, fails)); n != 3 {
		t.Errorf("Shrink leaves %d operations, want 3", n)
	}
}

func TestShrinkTakesOutPairs(t *testing.T) {
	long, _ := Parse("listen(1) openfile syn(a) closefile close")
	balanced := func(h []Op) bool { // fails with as many openfile as closefile, and a close
		return slices.Contains(h, Op{Kind: Close}) && slices.Contains(h, Op{Kind: OpenFile}) == slices.Contains(h, Op{Kind: CloseFile})
	}
	if got := Text(Shrink(long, balanced)); got != "close" {
		t.Errorf("Shrink = %q, want close alone", got)
	}
}

func TestShrinkMakesTheWorldSimple(t *testing.T) {
	// A host that refuses when it should ignore: only the setting full matters.
	wrong := func(p netmodel.Profile, d int) System {
		p.OnFull = netmodel.RefuseWhenFull
		return NewHost(p, d)
	}
	c, err := ParseCase("wsp full=ignore trim=oldest nesting=yes times=short descriptors=5: openfile listen(2) syn(c) syn(d) ack(c) syn(e) close")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Shrink(wrong).String(); got != "wsp full=ignore: listen(1) syn(a) syn(b)" {
		t.Errorf("Shrink = %q", got)
	}
}
