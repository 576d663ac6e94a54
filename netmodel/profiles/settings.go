package profiles

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
)

// Setting is a setting of a kernel that people change, under the kernel's own
// name.
type Setting struct {
	Name     string
	Value    int64
	Min, Max int64 // legal values
	Help     string
}

// setting says how a setting is read from a profile and put into one.
type setting struct {
	Setting
	get func(*netmodel.Profile) int64
	set func(*netmodel.Profile, int64)
}

// Settings returns the settings that the system of the profile has, with their
// values.
func Settings(p netmodel.Profile) []Setting {
	var out []Setting
	for _, t := range settingsOf(&p) {
		t.Value = t.get(&p)
		out = append(out, t.Setting)
	}
	return out
}

// Set returns the profile with a setting of its system changed; on Linux the
// name may be the full one of sysctl, too. Errors name the
// setting, the value and what would be right; ErrNoSuchSetting is in the one for
// a name that the system does not know.
func Set(p netmodel.Profile, name, value string) (netmodel.Profile, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(name, "net.core."), "net.ipv4.")
	var names []string
	for _, t := range settingsOf(&p) {
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
		return p, fmt.Errorf("%w %q: profile %s has none", ErrNoSuchSetting, name, p.Name)
	}
	return p, fmt.Errorf("%w %q: profile %s has %s", ErrNoSuchSetting, name, p.Name, strings.Join(names, ", "))
}

// ErrNoSuchSetting is in the error of Set for a setting that the system of the
// profile does not have.
const ErrNoSuchSetting = settingError("no such setting")

type settingError string

func (e settingError) Error() string { return string(e) }

func settingsOf(p *netmodel.Profile) []setting {
	cap := func(name string) setting {
		return setting{Setting{Name: name, Min: 0, Max: netmodel.MaxBacklog, Help: "largest effective backlog; counts at the next listen"},
			func(p *netmodel.Profile) int64 { return int64(p.Backlog.Max) },
			func(p *netmodel.Profile, n int64) { p.Backlog.Max, p.Backlog.Min = int(n), min(p.Backlog.Min, int(n)) }}
	}
	switch p.System {
	case "linux":
		if !p.SynQueue.Separate { // AF_UNIX: nothing below net.ipv4 is about it
			return []setting{cap("somaxconn")}
		}
		return append([]setting{cap("somaxconn")}, linuxSettings()...)
	case "freebsd":
		return []setting{cap("kern.ipc.soacceptqueue"), {
			Setting{Name: "net.inet.tcp.syncache.rst_on_sock_fail", Max: 1, Help: "1: a final ACK that finds the queue full is answered with an RST"},
			func(p *netmodel.Profile) int64 { return bit(p.OnAckFull == netmodel.ResetAck) },
			func(p *netmodel.Profile, n int64) {
				p.OnAckFull = [...]netmodel.OnAckFull{netmodel.ForgetAck, netmodel.ResetAck}[n]
			},
		}}
	case "netbsd":
		return []setting{cap("kern.somaxconn")}
	case "openbsd":
		return []setting{cap("kern.somaxconn"), {
			Setting{Name: "kern.sominconn", Max: netmodel.MaxBacklog, Help: "smallest effective backlog"},
			func(p *netmodel.Profile) int64 { return int64(p.Backlog.Min) },
			func(p *netmodel.Profile, n int64) { p.Backlog.Min, p.Backlog.Max = int(n), max(p.Backlog.Max, int(n)) },
		}}
	case "darwin":
		return []setting{cap("kern.ipc.somaxconn"), {
			Setting{Name: "kern.ipc.soqlimitcompat", Max: 1, Help: "0: half as many again fit"},
			func(p *netmodel.Profile) int64 { return bit(p.AtSyn == netmodel.Limit{}) },
			func(p *netmodel.Profile, n int64) { p.AtSyn = [...]netmodel.Limit{{Num: 3, Den: 2}, {}}[n] },
		}}
	case "illumos":
		return []setting{cap("_conn_req_max_q"), {
			Setting{Name: "_conn_req_max_q0", Max: netmodel.MaxBacklog, Help: "half-open connections beyond the backlog"},
			func(p *netmodel.Profile) int64 { return int64(p.SynQueue.Limit.Add) },
			func(p *netmodel.Profile, n int64) { p.SynQueue.Limit.Add = int(n) },
		}}
	}
	return nil
}

// linuxSettings are those below net.ipv4; somaxconn is below net.core.
func linuxSettings() []setting {
	count := func(name, help string, most int64, at func(*netmodel.Profile) *uint8) setting {
		return setting{Setting{Name: name, Max: most, Help: help},
			func(p *netmodel.Profile) int64 { return int64(*at(p)) },
			func(p *netmodel.Profile, n int64) { *at(p) = uint8(n) }}
	}
	return []setting{
		{
			Setting{Name: "tcp_max_syn_backlog", Min: 1, Max: netmodel.MaxBacklog, Help: "half-open connections; from 4.3 on it counts without cookies only"},
			func(p *netmodel.Profile) int64 { return int64(p.SynQueue.Max) },
			func(p *netmodel.Profile, n int64) { p.SynQueue.Max = int(n) },
		},
		{
			Setting{Name: "tcp_abort_on_overflow", Max: 1, Help: "1: a final ACK that finds the queue full is answered with an RST"},
			func(p *netmodel.Profile) int64 { return bit(p.OnAckFull == netmodel.ResetAck) },
			func(p *netmodel.Profile, n int64) {
				p.OnAckFull = [...]netmodel.OnAckFull{netmodel.IgnoreAck, netmodel.ResetAck}[n]
			},
		},
		{
			Setting{Name: "tcp_syncookies", Max: 2, Help: "0: never, 1: when the SYN queue is full, 2: always"},
			func(p *netmodel.Profile) int64 { return int64(p.SynQueue.Cookies) },
			func(p *netmodel.Profile, n int64) { p.SynQueue.Cookies = netmodel.Cookies(n) },
		},
		count("tcp_syn_retries", "how often a client sends its SYN again, not counting the linear ones", 30, func(p *netmodel.Profile) *uint8 { return &p.Client.Syn.Retries }),
		count("tcp_synack_retries", "how often a SYN-ACK is sent again", 30, func(p *netmodel.Profile) *uint8 { return &p.SynAck.Retries }),
		count("tcp_syn_linear_timeouts", "how often a SYN is sent again before the waits double", 30, func(p *netmodel.Profile) *uint8 { return &p.Client.Syn.Linear }),
		{
			Setting{Name: "tcp_migrate_req", Max: 1, Help: "1: what a closing SO_REUSEPORT listener holds goes to another one"},
			func(p *netmodel.Profile) int64 { return bit(p.Migrates) },
			func(p *netmodel.Profile, n int64) { p.Migrates = n == 1 },
		},
		{
			Setting{Name: "HZ", Max: 10_000, Help: "ticks of the timers a second; 0: they ring exactly"},
			func(p *netmodel.Profile) int64 { return int64(p.Timers.HZ) },
			func(p *netmodel.Profile, n int64) {
				switch t := &p.Timers; {
				case n == 0:
					*t = netmodel.Timers{}
				case t.HZ == 0:
					t.HZ, t.Wheel = int(n), true
				default:
					t.HZ = int(n)
				}
			},
		},
		{
			Setting{Name: "jiffy_phase_us", Max: int64(24 * time.Hour / time.Microsecond), Help: "how far the clock of ticks was at virtual time 0, in microseconds"},
			func(p *netmodel.Profile) int64 { return int64(p.Timers.Phase / time.Microsecond) },
			func(p *netmodel.Profile, n int64) { p.Timers.Phase = time.Duration(n) * time.Microsecond },
		},
	}
}

// bit is 1 for true.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
