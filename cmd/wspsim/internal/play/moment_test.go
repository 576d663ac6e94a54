package play

import (
	"strings"
	"testing"
)

func TestAMomentReadsBack(t *testing.T) {
	for _, tt := range []struct{ text, want, why string }{
		{"burst", "burst", "a scenario alone"},
		{"burst?profile=windows,linux", "burst?profile=windows,linux", "two systems"},
		{"burst?set=backlog=20&set=every=100us&seed=7&clients=linux", "burst?clients=linux&seed=7&set=backlog=20&set=every=100us", "knobs, in an order of their own"},
		{"burst?do=31.7ms:knock&do=5ms:listen=3", "burst?do=31.7ms:knock&do=5ms:listen=3", "inputs keep their order"},
		{"burst?do=31.7ms%3Aknock", "burst?do=31.7ms:knock", "escapes that a browser makes"},
		{"burst?t=31.7&c=c15&sys=linux&theme=dark&lesson=x", "burst", "what only a page reads"},
		{"burst?seed=1&profile=&set=", "burst", "defaults and empty values"},
		{"http://127.0.0.1:8642/run/burst?profile=linux", "burst?profile=linux", "an address of serve"},
		{"file:///home/me/a%20b.html#burst?profile=linux&t=3", "burst?profile=linux", "an address of a file"},
		{"burst?profile=wsp%3Bbacklog%3D4,wsp%3Bbacklog=100%3Bclients=9", "burst?profile=wsp%3Bbacklog=4,wsp%3Bbacklog=100%3Bclients=9", "systems with settings of their own"},
		{"burst?set=loss=1/100&set=net.core.somaxconn=5", "burst?set=loss=1/100&set=net.core.somaxconn=5", "values with a slash and a dot"},
	} {
		m, err := ParseMoment(tt.text)
		if err != nil || m.String() != tt.want {
			t.Errorf("%s: ParseMoment(%q) = %q, %v; want %q", tt.why, tt.text, m, err, tt.want)
		}
		if again, err := ParseMoment(m.String()); err != nil || again.String() != m.String() {
			t.Errorf("%s: %q reads back as %q, %v", tt.why, m, again, err)
		}
	}
}

func TestAMomentThatCannotBeReadSaysWhy(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"burst?what=1", `unknown key "what": there are profile, clients, seed, set, do`},
		{"burst?seed=1&seed=2", "given twice"},
		{"burst?seed=-1", "want a whole number"},
		{"burst?set=backlog", "want KNOB=VALUE"},
		{"burst?profile=wsp%3Bbacklog", "want KNOB=VALUE"},
		{"burst?a=%zz", "cannot be read"},
		{"burst?a=1;b=2", "cannot be read"},
		{"burst?" + strings.Repeat("a", maxMoment+1), "more than"},
		{"burst?" + strings.Repeat("set=a=1&", maxSets+1), "more than 50 settings"},
	} {
		if m, err := ParseMoment(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseMoment(%.40q) = %v, %v; want an error with %s", tt.text, m, err, tt.want)
		}
	}
}

func TestTheMomentOfAPlayRunsItAgain(t *testing.T) {
	for _, text := range []string{
		"burst?profile=linux&set=backlog=20&set=somaxconn=5&do=31.7ms:knock",
		"overflow?profile=windows&seed=9",
		"burst?profile=wsp%3Bbacklog=4,wsp%3Bbacklog=100&set=clients=12",
		"emfile-loop?profile=wsp",
		"relisten-larger?do=1ms:listen=2",
	} {
		m, err := ParseMoment(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Play()
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		first, err := p.Run(t.Context(), Watch{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		again, err := ParseMoment(p.Moment().String())
		if err != nil {
			t.Fatal(err)
		}
		q, err := again.Play()
		if err != nil {
			t.Fatal(err)
		}
		second, err := q.Run(t.Context(), Watch{})
		if err != nil || second.Hash != first.Hash {
			t.Errorf("%s: the moment %s gives hash %x, %v; want %x", text, p.Moment(), second.Hash, err, first.Hash)
		}
	}
	if _, err := (Moment{Scenario: "bursts"}).Play(); err == nil || !strings.Contains(err.Error(), "burst") {
		t.Errorf("an unknown scenario: %v, want the nearest name", err)
	}
}
