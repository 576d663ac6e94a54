package lockstep

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// everyOp returns each kind with each of its values, at least with some.
func everyOp() []Op {
	var out []Op
	for _, k := range Kinds() {
		_, client, n, names := k.describe()
		values := []int{0}
		switch n {
		case argName:
			values = nil
			for v := range names {
				values = append(values, v)
			}
		case argFaults:
			values = []int{0, 1, 2, 3, 4, 5, 6, 7}
		case argNumber:
			values = []int{0, 1, 200, longestPause}
			if k == Listen {
				values = append(values, -1, -1<<31, 1<<31-1)
			}
		}
		for _, v := range values {
			out = append(out, Op{k, 0, v})
			if client {
				out = append(out, Op{k, MaxClients - 1, v})
			}
		}
	}
	return out
}

func TestEveryOperationCanBeReadBack(t *testing.T) {
	seen := map[string]Op{}
	for _, op := range everyOp() {
		text := op.String()
		if !op.Valid() {
			t.Errorf("%+v is not valid", op)
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%+v and %+v are both written %q", op, other, text)
		}
		seen[text] = op
		got, err := Parse(text)
		if err != nil || !slices.Equal(got, []Op{op}) {
			t.Errorf("Parse(%q) = %v, %v, want %+v", text, got, err, op)
		}
	}
}

func TestARandomCaseCanBeReadBack(t *testing.T) {
	for number := range uint64(300) {
		h := Swarm{Seed: 5, ready: profiles.All()}.draw(number)
		pair := NewPair(h.world.Profile, h.world.Descriptors, referenceSystem)
		for range 30 {
			if op := h.next(pair.reference); pair.Can(op) {
				h.world.History = append(h.world.History, op)
				pair.do(op)
			}
		}
		line := h.world.String()
		got, err := ParseCase(line)
		if err != nil || got.Profile != h.world.Profile || got.Descriptors != h.world.Descriptors || !slices.Equal(got.History, h.world.History) {
			t.Errorf("ParseCase(%q) = %+v, %v, want %+v", line, got, err, h.world)
		}
	}
}

func TestACustomProfileSaysSo(t *testing.T) {
	p := profiles.WSP()
	p.FinWait++
	if line := (Case{Profile: p}).String(); line != "wsp custom:" {
		t.Errorf("String() = %q, want the word custom", line)
	}
	if _, err := ParseCase("wsp custom:"); err == nil {
		t.Error("ParseCase reads a profile that nobody knows")
	}
}

func TestWhatIsNoHistoryIsRefusedWithTheReason(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"lisen(2)", `operation 1, "lisen(2)": no such operation: want one of listen, accept`},
		{"listen(2) listen", `operation 2, "listen": want listen(NUMBER)`},
		{"listen()", `want listen(NUMBER)`},
		{"listen(", `want listen(NUMBER)`},
		{"listen(2", `want listen(NUMBER)`},
		{"listen(two)", `want listen(NUMBER)`},
		{"listen(99999999999999999999)", `want listen(NUMBER)`},
		{"listen(1,2)", `want listen(NUMBER)`},
		{"listen(1)x", `want listen(NUMBER)`},
		{"syn", `want syn(CLIENT) with a client a to p`},
		{"syn(q)", `want syn(CLIENT) with a client a to p`},
		{"syn(A)", `want syn(CLIENT) with a client a to p`},
		{"syn(aa)", `want syn(CLIENT) with a client a to p`},
		{"syn(a,old)", `want syn(CLIENT)`},
		{"rst(a,older)", `want rst(CLIENT,old)`},
		{"rst(a,)", `want rst(CLIENT,old)`},
		{"accept(maybe)", `want accept(accept|reject|defer|invalid|listening|accepting|closing|opening)`},
		{"accept(accept+reject)", `want accept(`},
		{"pause", `want pause(off|on)`},
		{"faults", `want faults(none or some of down+buffers+callback)`},
		{"faults(down+down)", `want faults(`},
		{"faults(fire)", `want faults(`},
		{"time(-1)", `out of range: want time(NUMBER)`},
		{"time(1000000001)", `out of range: want time(NUMBER)`},
		{"()", `no such operation`},
		{"\x00\xff", `no such operation`},
		{strings.Repeat("x", 1000), "..."},
		{strings.Repeat("close ", maxHistory+1), "want at most 50000"},
	} {
		_, err := Parse(c.line)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
			t.Errorf("Parse(%.60q): got error %v, want one line with %q", c.line, err, c.want)
		}
	}
}

func TestWhatIsNoCaseIsRefusedWithTheReason(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", "want PROFILE [SETTING=VALUE]... [descriptors=N]: HISTORY"},
		{"wsp", "want PROFILE"},
		{":", "want PROFILE"},
		{"linus: close", `no profile "linus": want one of wsp, windows`},
		{"wsp trim=left: close", `"trim=left": want trim=newest|oldest|half-open`},
		{"wsp trim: close", "want trim="},
		{"wsp colour=red: close", "no such setting: want one of descriptors, calls"},
		{"wsp descriptors=-1: close", "want a number of descriptors from 0"},
		{"wsp descriptors=many: close", "want a number of descriptors from 0"},
		{"wsp: shut", "no such operation"},
	} {
		if _, err := ParseCase(c.line); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseCase(%q): got error %v, want one with %q", c.line, err, c.want)
		}
	}
}

func FuzzParseCaseNeverPanicsAndReadsBackWhatItRead(f *testing.F) {
	f.Add("wsp trim=oldest descriptors=3: listen(2) syn(a) ack(a) accept(reject) time(3000) faults(down+buffers)")
	f.Add("windows: rst(a,old) hangup(b,lost) pause(on)")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := ParseCase(line)
		if err != nil {
			return
		}
		again, err := ParseCase(c.String())
		if err != nil || again.String() != c.String() {
			t.Errorf("%q was read as %q, and that as %q (%v)", line, c, again, err)
		}
	})
}

func TestASettingGivesAValidProfileThatHasIt(t *testing.T) {
	for _, s := range allSettings() {
		for v, name := range s.values {
			p := profiles.WSP()
			s.apply(&p, v)
			if err := playable(sensible(p)); err != nil {
				t.Errorf("%s=%s: %v", s.name, name, err)
			}
			if got, ok := s.valueIn(p); !ok || got != v {
				t.Errorf("%s=%s: the profile has value %d, %v", s.name, name, got, ok)
			}
			if v == 0 && p != profiles.WSP() {
				t.Errorf("%s=%s is the first value and not that of the WSP profile", s.name, name)
			}
		}
	}
}

// The settings of a profile that say something about a listener are all among
// Settings: a random profile can differ from WSP in each of them.
func TestEverySettingOfAProfileThatAListenerKnowsIsTried(t *testing.T) {
	elsewhere := map[string]string{
		"Name": "a name", "Long": "a text", "System": "names of settings and counters",
		"ListenConnecting": "the socket of the program never connects", "CommitAtListen": "there is one socket",
		"ListenBinds": "the socket is bound", "Migrates": "there is one listener", "Binds": "there is one socket",
		"ErrorSticks": "the socket of the program never connects", "PortMin": "the port is given", "PortMax": "the port is given",
		"Client":              "the clients are histories",
		"AtAck.Min":           "a limit, as AtSyn is one",
		"SynQueue.Limit.None": "likewise", "SynQueue.Limit.Num": "likewise", "SynQueue.Limit.Den": "likewise", "SynQueue.Limit.Min": "likewise",
		"Data.Limit": "ends handshakes",
	}
	rand := sim.Stream(1, 2, 3)
	wsp := fields(profiles.WSP())
	tried := map[string]bool{}
	for range 2000 {
		for name, value := range fields(Swarm{ready: profiles.All()}.drawProfile(&rand)) {
			tried[name] = tried[name] || value != wsp[name]
		}
	}
	for name := range wsp {
		first, _, _ := strings.Cut(name, ".")
		if elsewhere[first] == "" && elsewhere[name] == "" && !tried[name] {
			t.Errorf("%s is never another than that of WSP", name)
		}
	}
}

// fields returns the fields of a profile by name, those of its parts as
// SynQueue.Max.
func fields(p netmodel.Profile) map[string]any {
	out := map[string]any{}
	var add func(prefix string, v reflect.Value)
	add = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			if f, name := v.Field(i), prefix+v.Type().Field(i).Name; f.Kind() == reflect.Struct {
				add(name+".", f)
			} else {
				out[name] = f.Interface()
			}
		}
	}
	add("", reflect.ValueOf(p))
	return out
}
