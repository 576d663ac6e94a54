package netmodel

import (
	"fmt"
	"time"
)

// The kernels of Linux, one for each era that behaves differently. The current
// one was measured (6.18: rules K1 to K16); the others were read in their sources.
// Most of a profile is what the kernel does; what people tune is named by its
// sysctl.

// Linux is Linux 6.13 and later.
func Linux() Profile {
	return Profile{
		Name:  "linux",
		Long:  "Linux 6.13 and later",
		Calls: CallsUnix, System: SystemLinux,
		Backlog: Backlog{
			Max:           4096, // net.core.somaxconn, from 5.4 on
			NegativeIsMax: true, // it is compared as an unsigned number (K1)
		},
		AtSyn:     Limit{Add: 1}, // the test is "more than", so one more fits (K1, K2)
		AtAck:     Limit{Add: 1}, // K4
		OnFull:    IgnoreWhenFull,
		OnAckFull: IgnoreAck, // ResetAck: net.ipv4.tcp_abort_on_overflow = 1
		SynQueue: SynQueue{
			Separate:       true,
			Limit:          Limit{Add: 1},   // K3
			Max:            2048,            // net.ipv4.tcp_max_syn_backlog: max(128, size of the hash table/128)
			Cookies:        CookiesWhenFull, // net.ipv4.tcp_syncookies
			KeepsQuarter:   true,            // counts with tcp_syncookies = 0 only (K3)
			Prunes:         true,            // K6
			RepeatRestarts: true,            // measured
			CookieFull:     IgnoreAck,       // whatever tcp_abort_on_overflow says (K4)
		},
		Relisten:         RelistenSets, // K10
		ListenConnecting: WSAEINVAL,    // L09
		CommitAtListen:   true,         // L09: SO_REUSEADDR lets both bind, not both listen
		ListenBinds:      true,         // L09
		Slots:            SlotsFree,
		DescriptorFirst:  true,                 // K9; from 2.6.17 on
		Aborted:          AbortedAtReceive,     // K12
		CloseListener:    CloseForgetsHalfOpen, // K11
		Binds:            BindsUnix,
		Options:          OptionsLinux,
		PortMin:          32768, PortMax: 60999, // net.ipv4.ip_local_port_range
		SynAck: Schedule{First: time.Second, Max: 2 * time.Minute, Retries: 5}, // net.ipv4.tcp_synack_retries (K6)
		// A probe for a lost tail, then the retransmission timeout: two equal waits of
		// 51 ticks, the least timeout (200 ms) and the round trip of a loopback (L11).
		Data:    Schedule{First: 204 * time.Millisecond, Max: 2 * time.Minute, Linear: 1, Retries: 15}, // net.ipv4.tcp_retries2: given up after 924.6 s at least (ip-sysctl)
		FinWait: time.Minute,                                                                           // net.ipv4.tcp_fin_timeout
		Client: Client{Syn: Schedule{
			First:   time.Second,
			Max:     2 * time.Minute, // TCP_RTO_MAX: measured, tcp_syn_retries = 7 ends at 247 s and what a slot adds
			Retries: 6,               // net.ipv4.tcp_syn_retries (K13)
			Linear:  4,               // net.ipv4.tcp_syn_linear_timeouts, from 6.5 on
		}},
		Timers: Timers{Kind: TimersWheel, HZ: 250}, // L10, L19
	}
}

// Linux65 is Linux 6.5 to 6.12: as many half-open connections as the backlog, not
// one more, unless the change of 6.13 (3479c7549fb1) was put into it.
func Linux65() Profile {
	p := Linux()
	p.Name, p.Long = "linux6.5", "Linux 6.5 to 6.12"
	p.SynQueue.Limit = Limit{}
	return p
}

// Linux54 is Linux 5.4 to 6.4: waits between SYNs double from the first on.
func Linux54() Profile {
	p := Linux65()
	p.Name, p.Long = "linux5.4", "Linux 5.4 to 6.4"
	p.Client.Syn.Linear = 0
	return p
}

// Linux410 is Linux 4.10 to 5.3: somaxconn is 128.
func Linux410() Profile {
	p := Linux54()
	p.Name, p.Long = "linux4.10", "Linux 4.10 to 5.3"
	p.Backlog.Max = 128
	p.SynQueue.Max = 512 // max(128, size of the hash table/256)
	return p
}

// Linux43 is Linux 4.3 to 4.9: a full accept queue lets two young half-open
// connections in. Timers rang at their tick until 4.8.
func Linux43() Profile {
	p := Linux410()
	p.Name, p.Long = "linux4.3", "Linux 4.3 to 4.9"
	p.OnFull, p.Young = IgnoreUnlessYoung, 2
	p.Timers = Timers{Kind: TimersTicks, HZ: 250}
	return p
}

// Linux2620 is Linux 2.6.20 to 4.2, with the timers of those before 3.1.
func Linux2620() Profile {
	p := Linux43()
	p.Name, p.Long = "linux2.6.20", "Linux 2.6.20 to 4.2"
	p.SynQueue.Size, p.SynQueue.Max = SizePow2OfBacklog, 1024
	p.SynAck.First = 3 * time.Second // 1 s from 3.1 on
	p.Client.Syn = Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 5}
	p.PortMax = 61000
	return p
}

// Linux24 is Linux 2.4 to 2.6.19.
func Linux24() Profile {
	p := Linux2620()
	p.Name, p.Long = "linux2.4", "Linux 2.4 to 2.6.19"
	p.SynQueue.Size = SizePow2
	p.SynQueue.Cookies = CookiesNever // a kernel had to be built with them
	p.Starved, p.DescriptorFirst = StarvedLoses, false
	p.Timers.HZ = 100
	return p
}

// Linux22 is Linux 2.2: the accept queue is not looked at when a SYN comes, and
// accept takes connections in the order of their SYNs.
func Linux22() Profile {
	p := Linux24()
	p.Name, p.Long = "linux2.2", "Linux 2.2"
	p.Backlog.Min, p.Backlog.Max = 1, 128
	p.AtSyn = Limit{None: true}
	p.OnFull, p.Young = IgnoreWhenFull, 0
	p.SynQueue.Size, p.SynQueue.Max = SizeFixed, 129 // more than tcp_max_syn_backlog = 128
	p.SynQueue.KeepsQuarter, p.SynQueue.Prunes = false, false
	p.Order = OrderByArrival
	p.SynAck = Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 7} // tcp_retries1
	p.Client.Syn = Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 10}
	return p
}

// LinuxOf returns the profile of a release, as uname -r has it: "6.18.44", or with
// a name behind. One older than all profiles has the oldest.
func LinuxOf(release string) (Profile, error) {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(release, "%d.%d.%d", &major, &minor, &patch); n < 2 || major < 0 || minor < 0 {
		return Profile{}, fmt.Errorf("%q is no release of Linux: want one such as 6.18.44", release)
	}
	if major == 2 && minor == 6 && patch >= 20 {
		return Linux2620(), nil
	}
	for _, era := range []struct {
		major, minor int
		profile      func() Profile
	}{{6, 13, Linux}, {6, 5, Linux65}, {5, 4, Linux54}, {4, 10, Linux410}, {4, 3, Linux43}, {3, 0, Linux2620}, {2, 4, Linux24}} {
		if major > era.major || major == era.major && minor >= era.minor {
			return era.profile(), nil
		}
	}
	return Linux22(), nil
}

// Unix is a stream socket of AF_UNIX on Linux: no segments, no timers, and a
// connect that would have to wait fails with EAGAIN. K16
func Unix() Profile {
	p := Linux()
	p.Name, p.Long = "unix", "AF_UNIX stream sockets on Linux"
	p.SynQueue = SynQueue{}
	p.OnFull = TryAgainWhenFull
	p.AtAck = Limit{}
	p.ListenBinds = false // L09
	p.CloseListener = CloseResetsAll
	p.Options = OptionsFew
	p.Timers = Timers{}
	return p
}

// Wine is Wine 8.0 on Linux: Windows Sockets calls in front of a Linux kernel. It
// is not what Windows does.
func Wine() Profile {
	p := Linux()
	p.Name, p.Long = "wine", "Wine 8.0 on Linux, which is not Windows"
	p.Calls = CallsWine
	p.ListenBinds = false
	p.CommitAtListen = true
	p.DescriptorFirst = false
	p.Binds = BindsWine
	p.Options = OptionsWine
	p.ErrorSticks = false
	return p
}
