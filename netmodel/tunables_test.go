package netmodel_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"wspsim/netmodel"
)

func TestTuneChangesWhatTheSettingIsAbout(t *testing.T) {
	for _, row := range []struct {
		profile     netmodel.Profile
		name, value string
		change      func(p *netmodel.Profile)
	}{
		{netmodel.Linux(), "somaxconn", "128", func(p *netmodel.Profile) { p.Backlog.Max = 128 }},
		{netmodel.Linux22(), "somaxconn", "0", func(p *netmodel.Profile) { p.Backlog.Min, p.Backlog.Max = 0, 0 }},
		{netmodel.Linux(), "tcp_max_syn_backlog", "64", func(p *netmodel.Profile) { p.SynQueue.Max = 64 }},
		{netmodel.Linux(), "tcp_abort_on_overflow", "1", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ResetAck }},
		{netmodel.Linux(), "tcp_abort_on_overflow", "0", func(*netmodel.Profile) {}},
		{netmodel.Linux(), "tcp_syncookies", "0", func(p *netmodel.Profile) { p.SynQueue.Cookies = netmodel.CookiesNever }},
		{netmodel.Linux(), "tcp_syncookies", "1", func(*netmodel.Profile) {}},
		{netmodel.Linux(), "tcp_syncookies", "2", func(p *netmodel.Profile) { p.SynQueue.Cookies = netmodel.CookiesAlways }},
		{netmodel.Linux(), "tcp_syn_retries", "3", func(p *netmodel.Profile) { p.Client.Syn.Retries = 3 }},
		{netmodel.Linux(), "tcp_synack_retries", "3", func(p *netmodel.Profile) { p.SynAck.Retries = 3 }},
		{netmodel.Linux(), "tcp_syn_linear_timeouts", "0", func(p *netmodel.Profile) { p.Client.Syn.Linear = 0 }},
		{netmodel.Linux(), "tcp_migrate_req", "1", func(p *netmodel.Profile) { p.Migrates = true }},
		{netmodel.Linux(), "HZ", "1000", func(p *netmodel.Profile) { p.Timers.HZ = 1000 }},
		{netmodel.Linux(), "HZ", "0", func(p *netmodel.Profile) { p.Timers = netmodel.Timers{} }},
		{netmodel.Linux43(), "HZ", "100", func(p *netmodel.Profile) { p.Timers.HZ = 100 }},
		{exact(netmodel.Linux()), "HZ", "250", func(p *netmodel.Profile) {
			p.Timers = netmodel.Timers{Kind: netmodel.TimersWheel, HZ: 250}
		}},
		{netmodel.Linux(), "jiffy_phase_us", "1500", func(p *netmodel.Profile) { p.Timers.Phase = 1500 * time.Microsecond }},
		{netmodel.FreeBSD(), "kern.ipc.soacceptqueue", "1024", func(p *netmodel.Profile) { p.Backlog.Max = 1024 }},
		{netmodel.FreeBSD(), "net.inet.tcp.syncache.rst_on_sock_fail", "0", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ForgetAck }},
		{netmodel.FreeBSD4(), "net.inet.tcp.syncache.rst_on_sock_fail", "1", func(p *netmodel.Profile) { p.OnAckFull = netmodel.ResetAck }},
		{netmodel.NetBSD(), "kern.somaxconn", "5", func(p *netmodel.Profile) { p.Backlog.Max = 5 }},
		{netmodel.OpenBSD(), "kern.somaxconn", "40", func(p *netmodel.Profile) { p.Backlog.Min, p.Backlog.Max = 40, 40 }},
		{netmodel.OpenBSD(), "kern.sominconn", "5", func(p *netmodel.Profile) { p.Backlog.Min = 5 }},
		{netmodel.OpenBSD(), "kern.sominconn", "500", func(p *netmodel.Profile) { p.Backlog.Min, p.Backlog.Max = 500, 500 }},
		{netmodel.Darwin(), "kern.ipc.somaxconn", "2048", func(p *netmodel.Profile) { p.Backlog.Max = 2048 }},
		{netmodel.Darwin(), "kern.ipc.soqlimitcompat", "0", func(p *netmodel.Profile) { p.AtSyn = netmodel.Limit{Num: 3, Den: 2} }},
		{netmodel.Illumos(), "_conn_req_max_q", "1024", func(p *netmodel.Profile) { p.Backlog.Max = 1024 }},
		{netmodel.Illumos(), "_conn_req_max_q0", "4096", func(p *netmodel.Profile) { p.SynQueue.Limit.Add = 4096 }},
	} {
		want := row.profile
		row.change(&want)
		got, err := row.profile.Tune(row.name, row.value)
		call := row.profile.Name + ": Tune(" + row.name + ", " + row.value + ")"
		wantErr(t, call, err, 0)
		if got != want {
			t.Errorf("%s = %+v, want %+v", call, got, want)
		}
	}
}

func TestEverySettingCanBeSetToItsOwnValueAndToItsBounds(t *testing.T) {
	for _, p := range netmodel.Profiles() {
		for _, s := range p.Tunables() {
			call := p.Name + ": Tune(" + s.Name + ", own value " + strconv.FormatInt(s.Value, 10) + ")"
			if s.Help == "" || s.Value < s.Min || s.Value > s.Max {
				t.Errorf("%s: %d in %d..%d, help %q: want a value within and a line of help", call, s.Value, s.Min, s.Max, s.Help)
			}
			same, err := p.Tune(s.Name, strconv.FormatInt(s.Value, 10))
			wantErr(t, call, err, 0)
			if same != p {
				t.Errorf("%s = %+v, want no change to %+v", call, same, p)
			}
			for _, bound := range []int64{s.Min, s.Max} {
				q, err := p.Tune(s.Name, strconv.FormatInt(bound, 10))
				wantErr(t, p.Name+": Tune("+s.Name+", "+strconv.FormatInt(bound, 10)+")", err, 0)
				for _, after := range q.Tunables() {
					if after.Name == s.Name {
						check(t, p.Name+": "+s.Name+" after Tune", after.Value, bound)
					}
				}
			}
			for _, outside := range []int64{s.Min - 1, s.Max + 1} {
				q, err := p.Tune(s.Name, strconv.FormatInt(outside, 10))
				wantComplaint(t, p.Name+": Tune", err, s.Name, strconv.FormatInt(outside, 10), "want "+strconv.FormatInt(s.Min, 10)+" to "+strconv.FormatInt(s.Max, 10))
				if q != p {
					t.Errorf("%s: a failed Tune(%s) changed the profile", p.Name, s.Name)
				}
			}
		}
	}
}

func TestTuneSaysWhatIsWrong(t *testing.T) {
	_, err := netmodel.Linux().Tune("somaxconn", "many")
	wantComplaint(t, `Tune("somaxconn", "many")`, err, "somaxconn", `"many"`, "whole number")
	_, err = netmodel.Linux().Tune("kern.somaxconn", "5")
	wantComplaint(t, `Tune("kern.somaxconn") of linux`, err, "no such setting", "linux has somaxconn")
	check(t, "errors.Is(ErrNoSuchTunable)", errors.Is(err, netmodel.ErrNoSuchTunable), true)
	_, err = netmodel.WSP().Tune("somaxconn", "5")
	wantComplaint(t, `Tune("somaxconn") of wsp`, err, "no such setting", "wsp has none")
	check(t, "errors.Is(ErrNoSuchTunable)", errors.Is(err, netmodel.ErrNoSuchTunable), true)
}

func TestSomaxconnCountsAtTheNextListen(t *testing.T) { // K10
	s := listening(t, tuned(t, netmodel.Linux(), "somaxconn", "3"), 8)
	s.openMany(4)
	check(t, "SYN of one more", s.syn("x"), "")
	s.wantSS("listen(8) with somaxconn 3", 4, 3)
}
