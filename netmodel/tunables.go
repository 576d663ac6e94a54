package netmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tunable is a setting of a kernel that people change, under the kernel's own
// name.
type Tunable struct {
	Name     string
	Value    int64
	Min, Max int64 // legal values
	Help     string
}

// tunable says how a setting is read from a profile and put into one.
type tunable struct {
	Tunable
	get func(*Profile) int64
	set func(*Profile, int64)
}

// Tunables returns the settings that the system of the profile has, with their
// values.
func (p Profile) Tunables() []Tunable {
	var out []Tunable
	for _, t := range tunablesOf(&p) {
		t.Value = t.get(&p)
		out = append(out, t.Tunable)
	}
	return out
}

// Tune returns the profile with a setting of its system changed; on Linux the
// name may be the full one of sysctl, too. Errors name the
// setting, the value and what would be right; ErrNoSuchTunable is in the one for
// a name that the system does not know.
func (p Profile) Tune(name, value string) (Profile, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(name, "net.core."), "net.ipv4.")
	var names []string
	for _, t := range tunablesOf(&p) {
		if t.Name != name && t.Name != short {
			names = append(names, t.Name)
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil:
			return p, fmt.Errorf("%s: %q is not a whole number", name, value)
		case n < t.Min || n > t.Max:
			return p, fmt.Errorf("%s: %d is out of range: want %d to %d", name, n, t.Min, t.Max)
		}
		t.set(&p, n)
		return p, p.Validate()
	}
	if names == nil {
		return p, fmt.Errorf("%w %q: profile %s has none", ErrNoSuchTunable, name, p.Name)
	}
	return p, fmt.Errorf("%w %q: profile %s has %s", ErrNoSuchTunable, name, p.Name, strings.Join(names, ", "))
}

// ErrNoSuchTunable is in the error of Tune for a setting that the system of the
// profile does not have.
const ErrNoSuchTunable = tuneError("no such setting")

type tuneError string

func (e tuneError) Error() string { return string(e) }

func tunablesOf(p *Profile) []tunable {
	cap := func(name string) tunable {
		return tunable{Tunable{Name: name, Min: 0, Max: MaxBacklog, Help: "largest effective backlog; counts at the next listen"},
			func(p *Profile) int64 { return int64(p.Backlog.Max) },
			func(p *Profile, n int64) { p.Backlog.Max, p.Backlog.Min = int(n), min(p.Backlog.Min, int(n)) }}
	}
	switch p.System {
	case SystemLinux:
		if !p.SynQueue.Separate { // AF_UNIX: nothing below net.ipv4 is about it
			return []tunable{cap("somaxconn")}
		}
		return append([]tunable{cap("somaxconn")}, linuxTunables()...)
	case SystemFreeBSD:
		return []tunable{cap("kern.ipc.soacceptqueue"), {
			Tunable{Name: "net.inet.tcp.syncache.rst_on_sock_fail", Max: 1, Help: "1: a final ACK that finds the queue full is answered with an RST"},
			func(p *Profile) int64 { return int64(truth(p.OnAckFull == ResetAck)) },
			func(p *Profile, n int64) { p.OnAckFull = [...]OnAckFull{ForgetAck, ResetAck}[n] },
		}}
	case SystemNetBSD:
		return []tunable{cap("kern.somaxconn")}
	case SystemOpenBSD:
		return []tunable{cap("kern.somaxconn"), {
			Tunable{Name: "kern.sominconn", Max: MaxBacklog, Help: "smallest effective backlog"},
			func(p *Profile) int64 { return int64(p.Backlog.Min) },
			func(p *Profile, n int64) { p.Backlog.Min, p.Backlog.Max = int(n), max(p.Backlog.Max, int(n)) },
		}}
	case SystemDarwin:
		return []tunable{cap("kern.ipc.somaxconn"), {
			Tunable{Name: "kern.ipc.soqlimitcompat", Max: 1, Help: "0: half as many again fit"},
			func(p *Profile) int64 { return int64(truth(p.AtSyn == Limit{})) },
			func(p *Profile, n int64) { p.AtSyn = [...]Limit{{Num: 3, Den: 2}, {}}[n] },
		}}
	case SystemIllumos:
		return []tunable{cap("_conn_req_max_q"), {
			Tunable{Name: "_conn_req_max_q0", Max: MaxBacklog, Help: "half-open connections beyond the backlog"},
			func(p *Profile) int64 { return int64(p.SynQueue.Limit.Add) },
			func(p *Profile, n int64) { p.SynQueue.Limit.Add = int(n) },
		}}
	}
	return nil
}

// linuxTunables are those below net.ipv4; somaxconn is below net.core.
func linuxTunables() []tunable {
	count := func(name, help string, most int64, at func(*Profile) *uint8) tunable {
		return tunable{Tunable{Name: name, Max: most, Help: help},
			func(p *Profile) int64 { return int64(*at(p)) },
			func(p *Profile, n int64) { *at(p) = uint8(n) }}
	}
	return []tunable{
		{
			Tunable{Name: "tcp_max_syn_backlog", Min: 1, Max: MaxBacklog, Help: "half-open connections; from 4.3 on it counts without cookies only"},
			func(p *Profile) int64 { return int64(p.SynQueue.Max) },
			func(p *Profile, n int64) { p.SynQueue.Max = int(n) },
		},
		{
			Tunable{Name: "tcp_abort_on_overflow", Max: 1, Help: "1: a final ACK that finds the queue full is answered with an RST"},
			func(p *Profile) int64 { return int64(truth(p.OnAckFull == ResetAck)) },
			func(p *Profile, n int64) { p.OnAckFull = [...]OnAckFull{IgnoreAck, ResetAck}[n] },
		},
		{
			Tunable{Name: "tcp_syncookies", Max: 2, Help: "0: never, 1: when the SYN queue is full, 2: always"},
			func(p *Profile) int64 { return int64(p.SynQueue.Cookies) },
			func(p *Profile, n int64) { p.SynQueue.Cookies = Cookies(n) },
		},
		count("tcp_syn_retries", "how often a client sends its SYN again, not counting the linear ones", 30, func(p *Profile) *uint8 { return &p.Client.Syn.Retries }),
		count("tcp_synack_retries", "how often a SYN-ACK is sent again", 30, func(p *Profile) *uint8 { return &p.SynAck.Retries }),
		count("tcp_syn_linear_timeouts", "how often a SYN is sent again before the waits double", 30, func(p *Profile) *uint8 { return &p.Client.Syn.Linear }),
		{
			Tunable{Name: "tcp_migrate_req", Max: 1, Help: "1: what a closing SO_REUSEPORT listener holds goes to another one"},
			func(p *Profile) int64 { return int64(truth(p.Migrates)) },
			func(p *Profile, n int64) { p.Migrates = n == 1 },
		},
		{
			Tunable{Name: "HZ", Max: 10_000, Help: "ticks of the timers a second; 0: they ring exactly"},
			func(p *Profile) int64 { return int64(p.Timers.HZ) },
			func(p *Profile, n int64) {
				if p.Timers.HZ = int(n); n == 0 {
					p.Timers = Timers{}
				} else if p.Timers.Kind == TimersExact {
					p.Timers.Kind = TimersWheel
				}
			},
		},
		{
			Tunable{Name: "jiffy_phase_us", Max: int64(24 * time.Hour / time.Microsecond), Help: "how far the clock of ticks was at virtual time 0, in microseconds"},
			func(p *Profile) int64 { return int64(p.Timers.Phase / time.Microsecond) },
			func(p *Profile, n int64) { p.Timers.Phase = time.Duration(n) * time.Microsecond },
		},
	}
}
