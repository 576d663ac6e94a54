package lockstep

import (
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel/profiles"
)

func TestARandomCaseCanBeReadBack(t *testing.T) {
	for number := range uint64(300) {
		h := Swarm{Seed: 5, ready: profiles.All()}.draw(number)
		pair := NewPair(h.played.Profile, h.played.Descriptors, referenceSystem)
		for range 30 {
			if op := h.next(pair.reference); pair.Can(op) {
				h.played.History = append(h.played.History, op)
				pair.do(op)
			}
		}
		line := h.played.String()
		got, err := ParseCase(line)
		if err != nil || got.Profile != h.played.Profile || got.Descriptors != h.played.Descriptors || !slices.Equal(got.History, h.played.History) {
			t.Errorf("ParseCase(%q) = %+v, %v, want %+v", line, got, err, h.played)
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
