package netmodel_test

import (
	"math"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

// An int has 32 bits on 386: the lowest and highest of these fit there.
var backlogs = [16]int{-2147483648, -70000, -300, -200, -5, -1, 0, 1, 2, 5, 6, 199, 200, 201, 8192, 0x7fffffff}

var effective = []struct {
	profile netmodel.Profile
	why     string
	want    [16]int
}{
	{profiles.WSP(), "1 to 200, no hints",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 6, 199, 200, 200, 200, 200}},
	{profiles.Windows(), "1 to 200, hints 200 to 65535",
		[16]int{65535, 65535, 300, 200, 200, 200, 1, 1, 2, 5, 6, 199, 200, 200, 200, 200}},
	{profiles.NT4Server(), "1 to 200, no hints yet",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 6, 199, 200, 200, 200, 200}},
	{profiles.NT4Workstation(), "1 to 5",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5}},
	{profiles.WindowsCE3(), "1 to 5",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5}},
	{profiles.Winsock11(), "1 to 5",
		[16]int{1, 1, 1, 1, 1, 1, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5}},
}

func TestEffectiveBacklogOfEveryProfile(t *testing.T) { // C1 C2 WS.B1 WS.B2 WS.B6 WS.B7 WS.B10
	if len(effective) != len(winsockProfiles()) {
		t.Fatalf("%d rows for %d profiles", len(effective), len(winsockProfiles()))
	}
	for _, row := range effective {
		for i, asked := range backlogs {
			what := row.profile.Name + " (" + row.why + "): Effective(" + itoa(asked) + ")"
			check(t, what, row.profile.Backlog.Effective(asked), row.want[i])
			s := listening(t, row.profile, asked) // silently: no error
			q, _ := s.h.Queue(s.fd)
			check(t, what+" after Listen: limit", q.Limit, row.want[i])
			check(t, what+" after Listen: available", q.Available, row.want[i])
			check(t, what+" after Listen: asked", q.Asked, asked)
		}
	}
}

func TestTheLowestIntIsTheLargestHint(t *testing.T) { // WS.B10
	check(t, "Effective(MinInt) of windows", profiles.Windows().Backlog.Effective(math.MinInt), 65535)
	check(t, "Effective(MinInt) of wsp", profiles.WSP().Backlog.Effective(math.MinInt), 1)
	check(t, "Effective(MaxInt) of wsp", profiles.WSP().Backlog.Effective(math.MaxInt), 200)
	check(t, "Effective(-65535) of windows", profiles.Windows().Backlog.Effective(-65535), 65535)
	check(t, "Effective(-65536) of windows", profiles.Windows().Backlog.Effective(-65536), 65535)
	check(t, "Effective(-201) of windows", profiles.Windows().Backlog.Effective(-201), 201)
}

func TestSomaxconnIsTheMaximumOfTheProfile(t *testing.T) { // P4 WS.B4 WS.B5 WS.B8
	for _, row := range []struct {
		profile   netmodel.Profile
		somaxconn int
		want      int
	}{
		{profiles.WSP(), 0x7fffffff, 200},
		{profiles.Windows(), 0x7fffffff, 200},
		{profiles.NT4Server(), 0x7fffffff, 200},
		{profiles.NT4Workstation(), 0x7fffffff, 5},
		{profiles.WindowsCE3(), 5, 5},
		{profiles.Winsock11(), 5, 5},
	} {
		check(t, row.profile.Name+": Somaxconn", row.profile.Backlog.Somaxconn, row.somaxconn)
		check(t, row.profile.Name+": Effective(SOMAXCONN)", row.profile.Backlog.Effective(row.somaxconn), row.want)
	}
	odd := profiles.WSP()
	odd.Backlog = netmodel.Backlog{Min: 1, Max: 50, Somaxconn: -7, HintMin: 1, HintMax: 10}
	check(t, "Effective(SOMAXCONN) where that is a negative number", odd.Backlog.Effective(-7), 50)
}

func TestListenZeroHoldsOne(t *testing.T) { // WS.B9
	for _, p := range winsockProfiles() {
		s := listening(t, p, 0)
		check(t, p.Name+": first SYN", s.syn("a"), "SYN-ACK")
		check(t, p.Name+": second SYN", s.syn("b"), "RST")
	}
}

func TestAProfileMaySetAnotherMaximum(t *testing.T) { // C1 P4
	p := profiles.WSP()
	p.Backlog.Min, p.Backlog.Max = 3, 8
	for _, row := range []struct{ asked, want int }{{-1, 3}, {2, 3}, {3, 3}, {8, 8}, {9, 8}, {p.Backlog.Somaxconn, 8}} {
		check(t, "Effective("+itoa(row.asked)+") of 3..8", p.Backlog.Effective(row.asked), row.want)
	}
}

func TestProfilesAreKnownByName(t *testing.T) {
	for _, p := range winsockProfiles() {
		got, ok := profiles.ByName(p.Name)
		if !ok || got != p || p.Long == "" {
			t.Errorf("ProfileByName(%q) = %q, %v: want the same profile, with a description", p.Name, got.Name, ok)
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: Validate() = %v, want nil", p.Name, err)
		}
	}
	if _, ok := profiles.ByName("plan9"); ok {
		t.Error(`ProfileByName("plan9") was found`)
	}
	check(t, "first profile", profiles.All()[0].Name, "wsp")
}
