package profiles_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

func TestSetChangesWhatTheSettingIsAbout(t *testing.T) {
	for _, row := range []struct {
		profile     netmodel.Profile
		name, value string
		change      func(p *netmodel.Profile)
	}{
		{profiles.Linux(), "somaxconn", "128", func(p *netmodel.Profile) { p.Backlog.Max = 128 }},
		{profiles.Linux22(), "somaxconn", "0", func(p *netmodel.Profile) { p.Backlog.Min, p.Backlog.Max = 0, 0 }},
		{profiles.Linux(), "tcp_max_syn_backlog", "64", func(p *netmodel.Profile) { p.SynQueue.Max = 64 }},
		{profiles.Linux(), "tcp_abort_on_overflow", "1", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ResetAck }},
		{profiles.Linux(), "tcp_abort_on_overflow", "0", func(*netmodel.Profile) {}},
		{profiles.Linux(), "tcp_syncookies", "0", func(p *netmodel.Profile) { p.SynQueue.Cookies = netmodel.CookiesNever }},
		{profiles.Linux(), "tcp_syncookies", "1", func(*netmodel.Profile) {}},
		{profiles.Linux(), "tcp_syncookies", "2", func(p *netmodel.Profile) { p.SynQueue.Cookies = netmodel.CookiesAlways }},
		{profiles.Linux(), "tcp_syn_retries", "3", func(p *netmodel.Profile) { p.Client.Syn.Retries = 3 }},
		{profiles.Linux(), "tcp_synack_retries", "3", func(p *netmodel.Profile) { p.SynAck.Retries = 3 }},
		{profiles.Linux(), "tcp_syn_linear_timeouts", "0", func(p *netmodel.Profile) { p.Client.Syn.Linear = 0 }},
		{profiles.Linux(), "tcp_migrate_req", "1", func(p *netmodel.Profile) { p.Migrates = true }},
		{profiles.Linux(), "HZ", "1000", func(p *netmodel.Profile) { p.Timers.HZ = 1000 }},
		{profiles.Linux(), "HZ", "0", func(p *netmodel.Profile) { p.Timers = netmodel.Timers{} }},
		{profiles.Linux43(), "HZ", "100", func(p *netmodel.Profile) { p.Timers.HZ = 100 }},
		{withoutTicks(profiles.Linux()), "HZ", "250", func(p *netmodel.Profile) {
			p.Timers = netmodel.Timers{Wheel: true, HZ: 250}
		}},
		{profiles.Linux(), "jiffy_phase_us", "1500", func(p *netmodel.Profile) { p.Timers.Phase = 1500 * time.Microsecond }},
		{profiles.FreeBSD(), "kern.ipc.soacceptqueue", "1024", func(p *netmodel.Profile) { p.Backlog.Max = 1024 }},
		{profiles.FreeBSD(), "net.inet.tcp.syncache.rst_on_sock_fail", "0", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ForgetAck }},
		{profiles.FreeBSD4(), "net.inet.tcp.syncache.rst_on_sock_fail", "1", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ResetAck }},
		{profiles.NetBSD(), "kern.somaxconn", "5", func(p *netmodel.Profile) { p.Backlog.Max = 5 }},
		{profiles.OpenBSD(), "kern.somaxconn", "40", func(p *netmodel.Profile) { p.Backlog.Min, p.Backlog.Max = 40, 40 }},
		{profiles.OpenBSD(), "kern.sominconn", "5", func(p *netmodel.Profile) { p.Backlog.Min = 5 }},
		{profiles.OpenBSD(), "kern.sominconn", "500", func(p *netmodel.Profile) { p.Backlog.Min, p.Backlog.Max = 500, 500 }},
		{profiles.Darwin(), "kern.ipc.somaxconn", "2048", func(p *netmodel.Profile) { p.Backlog.Max = 2048 }},
		{profiles.Darwin(), "kern.ipc.soqlimitcompat", "0", func(p *netmodel.Profile) { p.AtSyn = netmodel.Limit{Num: 3, Den: 2} }},
		{profiles.Illumos(), "_conn_req_max_q", "1024", func(p *netmodel.Profile) { p.Backlog.Max = 1024 }},
		{profiles.Illumos(), "_conn_req_max_q0", "4096", func(p *netmodel.Profile) { p.SynQueue.Limit.Add = 4096 }},
	} {
		want := row.profile
		row.change(&want)
		got, err := profiles.Set(row.profile, row.name, row.value)
		call := row.profile.Name + ": Set(" + row.name + ", " + row.value + ")"
		if err != nil {
			t.Errorf("%s: error %v, want none", call, err)
		}
		if got != want {
			t.Errorf("%s = %+v, want %+v", call, got, want)
		}
	}
}

func TestEverySettingCanBeSetToItsOwnValueAndToItsBounds(t *testing.T) {
	for _, p := range profiles.All() {
		for _, s := range profiles.Settings(p) {
			call := p.Name + ": Set(" + s.Name + ", own value " + strconv.FormatInt(s.Value, 10) + ")"
			if s.Help == "" || s.Value < s.Min || s.Value > s.Max {
				t.Errorf("%s: %d in %d..%d, help %q: want a value within and a line of help", call, s.Value, s.Min, s.Max, s.Help)
			}
			same, err := profiles.Set(p, s.Name, strconv.FormatInt(s.Value, 10))
			if err != nil {
				t.Errorf("%s: error %v, want none", call, err)
			}
			if same != p {
				t.Errorf("%s = %+v, want no change to %+v", call, same, p)
			}
			for _, bound := range []int64{s.Min, s.Max} {
				q, err := profiles.Set(p, s.Name, strconv.FormatInt(bound, 10))
				if err != nil {
					t.Errorf("%s: error %v, want none", p.Name+": Set("+s.Name+", "+strconv.FormatInt(bound, 10)+")", err)
				}
				for _, after := range profiles.Settings(q) {
					if after.Name == s.Name {
						check(t, p.Name+": "+s.Name+" after Set", after.Value, bound)
					}
				}
			}
			for _, outside := range []int64{s.Min - 1, s.Max + 1} {
				q, err := profiles.Set(p, s.Name, strconv.FormatInt(outside, 10))
				wantComplaint(t, p.Name+": Set", err, s.Name, strconv.FormatInt(outside, 10), "want "+strconv.FormatInt(s.Min, 10)+" to "+strconv.FormatInt(s.Max, 10))
				if q != p {
					t.Errorf("%s: a failed Set(%s) changed the profile", p.Name, s.Name)
				}
			}
		}
	}
}

func TestSetSaysWhatIsWrong(t *testing.T) {
	_, err := profiles.Set(profiles.Linux(), "somaxconn", "many")
	wantComplaint(t, `Set("somaxconn", "many")`, err, "somaxconn", `"many"`, "whole number")
	_, err = profiles.Set(profiles.Linux(), "kern.somaxconn", "5")
	wantComplaint(t, `Set("kern.somaxconn") of linux`, err, "no such setting", "linux has somaxconn")
	check(t, "errors.Is(ErrNoSuchSetting)", errors.Is(err, profiles.ErrNoSuchSetting), true)
	_, err = profiles.Set(profiles.WSP(), "somaxconn", "5")
	wantComplaint(t, `Set("somaxconn") of wsp`, err, "no such setting", "wsp has none")
	check(t, "errors.Is(ErrNoSuchSetting)", errors.Is(err, profiles.ErrNoSuchSetting), true)
}

// check compares what a call returned with what it should.
func check[T comparable](t *testing.T, call string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", call, got, want)
	}
}

// wantComplaint checks that an error says what it should.
func wantComplaint(t *testing.T, call string, got error, say ...string) {
	t.Helper()
	for _, s := range say {
		if got == nil || !strings.Contains(got.Error(), s) {
			t.Errorf("%s: error %v, want one that says %q", call, got, s)
		}
	}
}

// withoutTicks returns a profile whose timers ring at the nanosecond.
func withoutTicks(p netmodel.Profile) netmodel.Profile {
	p.Timers = netmodel.Timers{}
	return p
}
