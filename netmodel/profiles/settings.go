package profiles

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wspsim/netmodel"
)

// Setting is a setting of a kernel that people change. It has the name that the kernel gives
// it.
type Setting struct {
	Name     string
	Value    int64
	Min, Max int64 // legal values
	Help     string
}

// setting is a Setting with the functions that read it from a profile and change it there.
type setting struct {
	Setting
	get func(*netmodel.Profile) int64
	set func(*netmodel.Profile, int64)
}

// Settings returns the settings of the profile's system, with their values.
func Settings(p netmodel.Profile) []Setting {
	var out []Setting
	for _, t := range settingsOf(&p) {
		t.Value = t.get(&p)
		out = append(out, t.Setting)
	}
	return out
}

// Set returns the profile with one setting of its system changed. On Linux the name may also
// be the full name of sysctl. An error names the setting, the value and the allowed values.
// The error wraps ErrNoSuchSetting if the system does not have the setting.
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

// ErrNoSuchSetting is wrapped in the error of Set for a setting that the profile's system does
// not have.
const ErrNoSuchSetting = settingError("no such setting")

type settingError string

func (e settingError) Error() string { return string(e) }

func settingsOf(p *netmodel.Profile) []setting {
	cap := func(name string) setting {
		return setting{Setting{Name: name, Min: 0, Max: netmodel.MaxBacklog, Help: "largest effective backlog; takes effect at the next listen"},
			func(p *netmodel.Profile) int64 { return int64(p.Backlog.Max) },
			func(p *netmodel.Profile, n int64) { p.Backlog.Max, p.Backlog.Min = int(n), min(p.Backlog.Min, int(n)) }}
	}
	switch p.System {
	case "linux":
		if !p.SynQueue.Separate { // AF_UNIX: no setting below net.ipv4 applies
			return []setting{cap("somaxconn")}
		}
		return append([]setting{cap("somaxconn")}, linuxSettings()...)
	case "freebsd":
		return []setting{cap("kern.ipc.soacceptqueue"), {
			Setting{Name: "net.inet.tcp.syncache.rst_on_sock_fail", Max: 1, Help: "1: an RST answers a final ACK that finds the queue full"},
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
			Setting{Name: "kern.ipc.soqlimitcompat", Max: 1, Help: "0: the queue holds 3/2 of the backlog"},
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

// linuxSettings returns the settings below net.ipv4; somaxconn is below net.core.
func linuxSettings() []setting {
	count := func(name, help string, most int64, at func(*netmodel.Profile) *uint8) setting {
		return setting{Setting{Name: name, Max: most, Help: help},
			func(p *netmodel.Profile) int64 { return int64(*at(p)) },
			func(p *netmodel.Profile, n int64) { *at(p) = uint8(n) }}
	}
	return []setting{
		{
			Setting{Name: "tcp_max_syn_backlog", Min: 1, Max: netmodel.MaxBacklog, Help: "largest number of half-open connections; since 4.3 without cookies only"},
			func(p *netmodel.Profile) int64 { return int64(p.SynQueue.Max) },
			func(p *netmodel.Profile, n int64) { p.SynQueue.Max = int(n) },
		},
		{
			Setting{Name: "tcp_abort_on_overflow", Max: 1, Help: "1: an RST answers a final ACK that finds the queue full"},
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
		count("tcp_syn_retries", "number of SYN retransmissions of a client, without the linear ones", 30, func(p *netmodel.Profile) *uint8 { return &p.Client.Syn.Retries }),
		count("tcp_synack_retries", "number of SYN-ACK retransmissions", 30, func(p *netmodel.Profile) *uint8 { return &p.SynAck.Retries }),
		count("tcp_syn_linear_timeouts", "number of SYN retransmissions before the waits double", 30, func(p *netmodel.Profile) *uint8 { return &p.Client.Syn.Linear }),
		{
			Setting{Name: "tcp_migrate_req", Max: 1, Help: "1: the connections of a closing SO_REUSEPORT listener go to another listener"},
			func(p *netmodel.Profile) int64 { return bit(p.Migrates) },
			func(p *netmodel.Profile, n int64) { p.Migrates = n == 1 },
		},
		{
			Setting{Name: "HZ", Max: 10_000, Help: "timer ticks per second; 0: timers fire exactly"},
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
			Setting{Name: "jiffy_phase_us", Max: int64(24 * time.Hour / time.Microsecond), Help: "time since the last tick at virtual time 0, in microseconds"},
			func(p *netmodel.Profile) int64 { return int64(p.Timers.Phase / time.Microsecond) },
			func(p *netmodel.Profile, n int64) { p.Timers.Phase = time.Duration(n) * time.Microsecond },
		},
	}
}

// bit returns 1 for true and 0 for false.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
