package profiles

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// The kernels of Linux, one profile for each range of releases that behaves differently. The
// current kernel was measured (6.18: rules K1 to K16). The other kernels were read in their
// sources. Most values are fixed in the kernel; a value that can be tuned has its sysctl
// beside it.

// Linux is Linux 6.13 and later.
func Linux() netmodel.Profile {
	return netmodel.Profile{
		Name:  "linux",
		Long:  "Linux 6.13 and later",
		Calls: netmodel.CallsUnix, System: "linux",
		Backlog: netmodel.Backlog{
			Max:           4096, // net.core.somaxconn, from 5.4 on
			NegativeIsMax: true, // the kernel compares it as an unsigned number (K1)
		},
		AtSyn:     netmodel.Limit{Add: 1}, // the test is "more than", so backlog + 1 fit (K1, K2)
		AtAck:     netmodel.Limit{Add: 1}, // K4
		OnFull:    netmodel.IgnoreWhenFull,
		OnAckFull: netmodel.IgnoreAck, // ResetAck: net.ipv4.tcp_abort_on_overflow = 1
		SynQueue: netmodel.SynQueue{
			Separate:       true,
			Limit:          netmodel.Limit{Add: 1},   // K3
			Max:            2048,                     // net.ipv4.tcp_max_syn_backlog: max(128, size of the hash table/128)
			Cookies:        netmodel.CookiesWhenFull, // net.ipv4.tcp_syncookies
			KeepsQuarter:   true,                     // with tcp_syncookies = 0 only (K3)
			Prunes:         true,                     // K6
			RepeatRestarts: true,                     // measured
			CookieFull:     netmodel.IgnoreAck,       // whatever tcp_abort_on_overflow says (K4)
		},
		Relisten:         netmodel.RelistenSets, // K10
		ListenConnecting: winsock.WSAEINVAL,     // L09
		CommitAtListen:   true,                  // L09: SO_REUSEADDR lets both bind, not both listen
		ListenBinds:      true,                  // L09
		Slots:            netmodel.SlotsFree,
		DescriptorFirst:  true,                          // K9; from 2.6.17 on
		Aborted:          netmodel.AbortedAtReceive,     // K12
		CloseListener:    netmodel.CloseForgetsHalfOpen, // K11
		Binds:            netmodel.BindsUnix,
		Options:          netmodel.OptionsLinux,
		PortMin:          32768, PortMax: 60999, // net.ipv4.ip_local_port_range
		SynAck: netmodel.Schedule{First: time.Second, Max: 2 * time.Minute, Retries: 5}, // net.ipv4.tcp_synack_retries (K6)
		// First a tail loss probe, then the retransmission timeout: two equal waits of 51 ticks.
		// That is the minimum timeout (200 ms) and the round trip of a loopback (L11).
		Data:    netmodel.Schedule{First: 204 * time.Millisecond, Max: 2 * time.Minute, Linear: 1, Retries: 15}, // net.ipv4.tcp_retries2: gives up after at least 924.6 s (ip-sysctl)
		FinWait: time.Minute,                                                                                    // net.ipv4.tcp_fin_timeout
		Client: netmodel.Client{Syn: netmodel.Schedule{
			First:   time.Second,
			Max:     2 * time.Minute, // TCP_RTO_MAX: measured, tcp_syn_retries = 7 ends at 247 s plus the delay of the timer wheel
			Retries: 6,               // net.ipv4.tcp_syn_retries (K13)
			Linear:  4,               // net.ipv4.tcp_syn_linear_timeouts, from 6.5 on
		}},
		Timers: netmodel.Timers{Wheel: true, HZ: 250}, // L10, L19
	}
}

// linuxEvidence has the sources of the values of Linux.
func linuxEvidence() []evidence {
	return []evidence{
		{Measured, "L06, L07, L09", fields{"Calls"}},
		{Measured, "K1: L01 423/423, L01b", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Documented, "net.core.somaxconn: 4096 from 5.4 on, ip-sysctl", fields{"Backlog.Max"}},
		{Measured, "L09, L01b: 2147483647 and negative numbers count as any value above somaxconn", fields{"Backlog.Somaxconn", "Backlog.HintMax"}},
		{Measured, "K1, K2: L01 423/423", fields{"AtSyn"}},
		{Measured, "K4: L11, L13", fields{"AtAck"}},
		{Measured, "K3: L14 216/216", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Limit", "SynQueue.Evicts"}},
		{ReadInSource, "max(128, entries of the hash table/128), net/ipv4/tcp.c; 2048 where it was measured", fields{"SynQueue.Max"}},
		{ReadInSource, "inet_connection_sock.h of 6.18.19: counted per listener", fields{"SynQueue.Shared"}},
		{Measured, "K3: L14; net.ipv4.tcp_syncookies", fields{"SynQueue.Cookies"}},
		{Measured, "K4: L13 18/18", fields{"SynQueue.CookieFull"}},
		{Measured, "K3: L14", fields{"SynQueue.KeepsQuarter"}},
		{Measured, "K6: of 12 half-open connections at listen(16), 8 were left after 7.2 s; L14", fields{"SynQueue.Prunes"}},
		{Measured, "a repeated SYN gets a SYN-ACK at once, and the timer starts again", fields{"SynQueue.RepeatRestarts"}},
		{Measured, "K2: L01, L10", fields{"OnFull"}},
		{Measured, "K4: L11; reset with net.ipv4.tcp_abort_on_overflow", fields{"OnAckFull"}},
		{Measured, "K10: L04", fields{"Relisten"}},
		{Measured, "L09", fields{"ListenConnecting", "ListenBinds", "CommitAtListen", "Binds"}},
		{Derived, "another listen needs no descriptor (L05)", fields{"ListenStarved"}},
		{Measured, "L05", fields{"RelistenStarved"}},
		{Measured, "K9: L05", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{Measured, "L05: a closed descriptor and a slot are free at once", fields{"SlotReturnDelay", "CloseHoldsDescriptor"}},
		{Measured, "K5: L01 408/408", fields{"AcceptByArrival"}},
		{Measured, "K12: L07", fields{"Aborted"}},
		{Measured, "K11: L06", fields{"CloseListener"}},
		{Measured, "K15: L18, tcp_migrate_req 0", fields{"Migrates"}},
		{Measured, "K14, K15: L17, L18", fields{"Options"}},
		{Derived, "an error is reported once (K12)", fields{"ErrorSticks"}},
		{Documented, "net.ipv4.ip_local_port_range, ip-sysctl", fields{"PortMin", "PortMax"}},
		{Derived, "Unix has no callbacks; for a simulated callback, WSPListen decides", fields{"Nesting"}},
		{Derived, "only NT 4 has this defect (WS.X5)", fields{"ChildrenBlockRebind"}},
		{Measured, "K6: L15, L11", fields{"SynAck"}},
		{Measured, "L11; net.ipv4.tcp_retries2 is documented, ip-sysctl", fields{"Data"}},
		{Documented, "net.ipv4.tcp_fin_timeout, ip-sysctl", fields{"FinWait"}},
		{Measured, "K13: L10 318/318", fields{"Client.Syn"}},
		{Measured, "L08", fields{"Client.Refused"}},
		{Measured, "L10 318/318, L19 333/336; HZ is the value of the measured machine", fields{"Timers"}},
	}
}

// Linux65 is Linux 6.5 to 6.12: the SYN queue holds exactly backlog half-open connections, not
// backlog + 1. Stable releases with the change of 6.13 (3479c7549fb1) hold backlog + 1.
func Linux65() netmodel.Profile {
	p := Linux()
	p.Name, p.Long = "linux6.5", "Linux 6.5 to 6.12"
	p.SynQueue.Limit = netmodel.Limit{}
	return p
}

// linux65Evidence has the sources of the values of Linux65.
func linux65Evidence() []evidence {
	return []evidence{
		{Derived, "as measured on 6.18 (L05, L09, L17, L18)", fields{"Calls", "Backlog.Somaxconn", "Backlog.HintMax", "ListenConnecting", "ListenBinds", "CommitAtListen", "Binds", "ListenStarved", "RelistenStarved", "Options"}},
		{ReadInSource, "net/socket.c of 4.19.191, 6.1.192 and 6.12.117: compared unsigned with somaxconn", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "tcp_input.c, tcp_minisocks.c of 4.19.191, 6.1.192 and 6.12.117", fields{"AtSyn", "AtAck", "OnFull", "OnAckFull"}},
		{ReadInSource, "tcp_input.c of 4.19.191, 6.1.192 and 6.12.117", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Shared", "SynQueue.Evicts", "SynQueue.Cookies", "SynQueue.KeepsQuarter"}},
		{ReadInSource, "inet_connection_sock.h @010e85f9: the test is \"at least the backlog\"; 3479c7549fb1 made it \"more than\", also in some stable releases", fields{"SynQueue.Limit"}},
		{Derived, "as measured on 6.18 (L13)", fields{"SynQueue.CookieFull"}},
		{ReadInSource, "inet_connection_sock.c of 4.19.191, 6.1.192 and 6.12.117", fields{"SynQueue.Prunes"}},
		{Derived, "as measured on 6.18", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "af_inet.c, inet_connection_sock.c of 4.19.191, 6.1.192 and 6.12.117", fields{"Relisten"}},
		{ReadInSource, "net/socket.c of 2.6.18 and later: the file is allocated first, from 39d8c1b6fbae on", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{Derived, "as measured on 6.18 (L05)", fields{"SlotReturnDelay", "CloseHoldsDescriptor"}},
		{ReadInSource, "inet_connection_sock.c of 4.19.191, 6.1.192 and 6.12.117", fields{"AcceptByArrival"}},
		{Derived, "as measured on 6.18 (L07)", fields{"Aborted"}},
		{Derived, "as measured on 6.18 (L06)", fields{"CloseListener"}},
		{Documented, "net.ipv4.tcp_migrate_req, from 5.14 on, is 0: ip-sysctl", fields{"Migrates"}},
		{ReadInSource, "tcp.h, tcp_timer.c of 4.19.191, 6.1.192 and 6.12.117", fields{"SynAck"}},
		{Derived, "as measured on 6.18 (L11)", fields{"Data"}},
		{Documented, "tcp_syn_linear_timeouts from ccce324dabfe (6.5) on: ip-sysctl", fields{"Client.Syn"}},
		{Derived, "as measured on 6.18 (L08)", fields{"Client.Refused"}},
		{Derived, "the wheel as measured on 6.18 (L10, L19)", fields{"Timers"}},
	}
}

// Linux54 is Linux 5.4 to 6.4: the waits between SYNs double from the first wait on.
func Linux54() netmodel.Profile {
	p := Linux65()
	p.Name, p.Long = "linux5.4", "Linux 5.4 to 6.4"
	p.Client.Syn.Linear = 0
	return p
}

// linux54Evidence has the sources of the values of Linux54.
func linux54Evidence() []evidence {
	return []evidence{
		{Documented, "tcp_syn_retries 6, about 127 s, from 3.7 on: tcp(7), ip-sysctl", fields{"Client.Syn"}},
	}
}

// Linux410 is Linux 4.10 to 5.3: somaxconn is 128.
func Linux410() netmodel.Profile {
	p := Linux54()
	p.Name, p.Long = "linux4.10", "Linux 4.10 to 5.3"
	p.Backlog.Max = 128
	p.SynQueue.Max = 512 // max(128, size of the hash table/256)
	return p
}

// linux410Evidence has the sources of the values of Linux410.
func linux410Evidence() []evidence {
	return []evidence{
		{Documented, "net.core.somaxconn: 128 before 19f92a030ca6 (5.4), ip-sysctl", fields{"Backlog.Max"}},
		{ReadInSource, "max(128, entries of the hash table/256), net/ipv4/tcp.c of 3.x and 4.x; 512 is the value of a small machine", fields{"SynQueue.Max"}},
		{ReadInSource, "no test for young requests in 4.19.191; 5ea8ea2cb7f1 (4.10) removed it", fields{"OnFull"}},
		{Derived, "net.ipv4.tcp_migrate_req came later (5.14)", fields{"Migrates"}},
	}
}

// Linux43 is Linux 4.3 to 4.9: a full accept queue admits two young half-open connections.
// Timers fired at their tick until 4.8.
func Linux43() netmodel.Profile {
	p := Linux410()
	p.Name, p.Long = "linux4.3", "Linux 4.3 to 4.9"
	p.OnFull, p.Young = netmodel.IgnoreUnlessYoung, 2
	p.Timers = netmodel.Timers{HZ: 250}
	return p
}

// linux43Evidence has the sources of the values of Linux43.
func linux43Evidence() []evidence {
	return []evidence{
		{Documented, "4.3 as quoted at pullrequest.ru/12825060; until 5ea8ea2cb7f1 (4.10), ST.6", fields{"OnFull", "Young"}},
		{Documented, "4.3 as quoted at pullrequest.ru/12825060", fields{"SynQueue.Limit"}},
		{Derived, "timers fire at the tick; the timer wheel came with 4.8", fields{"Timers"}},
	}
}

// Linux2620 is Linux 2.6.20 to 4.2, with the timers of the releases before 3.1.
func Linux2620() netmodel.Profile {
	p := Linux43()
	p.Name, p.Long = "linux2.6.20", "Linux 2.6.20 to 4.2"
	p.SynQueue.Size, p.SynQueue.Max = netmodel.SizePow2OfBacklog, 1024
	p.SynAck.First = 3 * time.Second // 1 s from 3.1 on
	p.Client.Syn = netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 5}
	p.PortMax = 61000
	return p
}

// linux2620Evidence has the sources of the values of Linux2620.
func linux2620Evidence() []evidence {
	return []evidence{
		{ReadInSource, "af_inet.c, inet_connection_sock.c, net/socket.c of 2.6.24, 3.13 and 3.18.92", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax", "Relisten"}},
		{ReadInSource, "tcp_ipv4.c, tcp_minisocks.c of 2.6.24, 3.13 and 3.18.92", fields{"AtSyn", "AtAck", "OnAckFull"}},
		{ReadInSource, "tcp_ipv4.c of 2.6.24, 3.13 and 3.18.92: ST.6", fields{"OnFull", "Young"}},
		{ReadInSource, "request_sock.c of 2.6.24, 3.13 and 3.18.92: the first listen fixes the size", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Shared"}},
		{Derived, "max(128, entries of the hash table/256), net/ipv4/tcp.c of 3.x; 1024 is the value of a large machine", fields{"SynQueue.Max"}},
		{ReadInSource, "tcp_ipv4.c of 2.6.24, 3.13 and 3.18.92", fields{"SynQueue.Evicts", "SynQueue.Cookies", "SynQueue.KeepsQuarter"}},
		{ReadInSource, "inet_connection_sock.c of 2.6.24, 3.13 and 3.18.92", fields{"SynQueue.Prunes", "AcceptByArrival"}},
		{Unknown, "not read; the value measured on 6.18 is chosen", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "3 s until 9ad7c049f0f7 (3.1): tcp.h of 2.6.24; 1 s in 3.13", fields{"SynAck"}},
		{Unknown, "not read; the value measured on 6.18 is chosen", fields{"Data"}},
		{ReadInSource, "tcp.h, tcp_timer.c of 2.6.24; 1 s from 9ad7c049f0f7 (3.1), 6 retries from 3.7 on", fields{"Client.Syn"}},
		{Documented, "net.ipv4.ip_local_port_range of that time: the last port is 61000", fields{"PortMin", "PortMax"}},
	}
}

// Linux24 is Linux 2.4 to 2.6.19.
func Linux24() netmodel.Profile {
	p := Linux2620()
	p.Name, p.Long = "linux2.4", "Linux 2.4 to 2.6.19"
	p.SynQueue.Size = netmodel.SizePow2
	p.SynQueue.Cookies = netmodel.CookiesNever // only a kernel that was built with cookies has them
	p.StarvedLoses, p.DescriptorFirst = true, false
	p.Timers.HZ = 100
	return p
}

// linux24Evidence has the sources of the values of Linux24.
func linux24Evidence() []evidence {
	return []evidence{
		{ReadInSource, "net/socket.c, af_inet.c of 2.4.16, 2.6.11 and 2.6.18", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax", "Relisten"}},
		{ReadInSource, "tcp_ipv4.c, tcp_minisocks.c, tcp.c of 2.4.16, 2.4.19, 2.6.11 and 2.6.18", fields{"AtSyn", "AtAck", "OnAckFull", "AcceptByArrival"}},
		{ReadInSource, "tcp_ipv4.c of 2.4.16 and 2.4.19: ST.6", fields{"OnFull", "Young"}},
		{ReadInSource, "tcp_ipv4.c, tcp.c, tcp_timer.c of 2.4.16, 2.4.19 and 2.6.18", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Shared", "SynQueue.Evicts", "SynQueue.KeepsQuarter", "SynQueue.Prunes"}},
		{Derived, "2.4.16: cookies work if the kernel is built with them and they are enabled; a kernel without cookies is chosen", fields{"SynQueue.Cookies"}},
		{ReadInSource, "1024 on a large machine: tcp.c of 2.4.16 and 2.6.18", fields{"SynQueue.Max"}},
		{ReadInSource, "net/socket.c of 2.4.16 and 2.6.11: ST.5; 2.6.18 keeps it (39d8c1b6fbae, 2.6.17)", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp.h, tcp_timer.c of 2.4.16 and 2.6.18", fields{"SynAck", "Client.Syn"}},
		{Derived, "as in later kernels; tcp_ipv4.c has 1024 to 4999 for small machines", fields{"PortMin", "PortMax"}},
		{ReadInSource, "HZ 100: asm-i386/param.h of 2.4.18", fields{"Timers"}},
	}
}

// Linux22 is Linux 2.2: a SYN is admitted without a test of the accept queue. accept takes
// connections in the order of their SYNs.
func Linux22() netmodel.Profile {
	p := Linux24()
	p.Name, p.Long = "linux2.2", "Linux 2.2"
	p.Backlog.Min, p.Backlog.Max = 1, 128
	p.AtSyn = netmodel.Limit{None: true}
	p.OnFull, p.Young = netmodel.IgnoreWhenFull, 0
	p.SynQueue.Size, p.SynQueue.Max = netmodel.SizeFixed, 129 // more than tcp_max_syn_backlog = 128
	p.SynQueue.KeepsQuarter, p.SynQueue.Prunes = false, false
	p.AcceptByArrival = true
	p.SynAck = netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 7} // tcp_retries1
	p.Client.Syn = netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 10}
	return p
}

// linux22Evidence has the sources of the values of Linux22.
func linux22Evidence() []evidence {
	return []evidence{
		{ReadInSource, "af_inet.c of 2.2.1: 0 becomes 1, a negative number becomes the maximum", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "128, a constant of 2.2.1", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_ipv4.c of 2.2.1: only the final ACK is tested", fields{"AtSyn", "AtAck", "OnAckFull"}},
		{ReadInSource, "tcp_ipv4.c of 2.2.1: more than tcp_max_syn_backlog = 128 for each listener", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Max", "SynQueue.Shared", "SynQueue.Evicts"}},
		{Derived, "both came later (2.4)", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes"}},
		{ReadInSource, "af_inet.c of 2.2.1", fields{"Relisten"}},
		{ReadInSource, "net/socket.c of 2.2.1: ST.5", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp.c of 2.2.1: ST.11", fields{"AcceptByArrival"}},
		{ReadInSource, "af_inet.c, tcp.c of 2.2.1 @8089b4c6, for a nonblocking listener; a blocking listener reports the error", fields{"Aborted"}},
		{Unknown, "not read; the value measured on 6.18 is chosen", fields{"CloseListener"}},
		{ReadInSource, "tcp_retries1 = 7, 3 s doubling to 120: tcp_timer.c of 2.2.1", fields{"SynAck"}},
		{Derived, "3 s doubling to 120, 10 retries: tcp_timer.c of 2.2.1, read in part", fields{"Client.Syn"}},
	}
}

// LinuxOf returns the profile of a release in the form of uname -r, such as "6.18.44" or
// "6.18.44-arch1". A release older than all profiles has the oldest profile. The error says
// that the text is not a release.
func LinuxOf(release string) (netmodel.Profile, error) {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(release, "%d.%d.%d", &major, &minor, &patch); n < 2 || major < 0 || minor < 0 {
		return netmodel.Profile{}, fmt.Errorf("%q is no release of Linux: want one such as 6.18.44", release)
	}
	if major == 2 && minor == 6 && patch >= 20 {
		return Linux2620(), nil
	}
	for _, era := range []struct {
		major, minor int
		profile      func() netmodel.Profile
	}{{6, 13, Linux}, {6, 5, Linux65}, {5, 4, Linux54}, {4, 10, Linux410}, {4, 3, Linux43}, {3, 0, Linux2620}, {2, 4, Linux24}} {
		if major > era.major || major == era.major && minor >= era.minor {
			return era.profile(), nil
		}
	}
	return Linux22(), nil
}

// Unix is an AF_UNIX stream socket on Linux. It has no segments and no timers. A connect that
// would have to wait fails with EAGAIN. K16
func Unix() netmodel.Profile {
	p := Linux()
	p.Name, p.Long = "unix", "AF_UNIX stream sockets on Linux"
	p.SynQueue = netmodel.SynQueue{}
	p.OnFull = netmodel.TryAgainWhenFull
	p.AtAck = netmodel.Limit{}
	p.ListenBinds = false // L09
	p.CloseListener = netmodel.CloseResetsAll
	p.Options = netmodel.OptionsFew
	p.Timers = netmodel.Timers{}
	return p
}

// unixEvidence has the sources of the values of Unix.
func unixEvidence() []evidence {
	return []evidence{
		{Measured, "K16: L16", fields{"AtSyn"}},
		{Derived, "there is no handshake, so nothing is half-open", fields{"SynQueue.Separate"}},
		{Measured, "K16: L16", fields{"OnFull"}},
		{Measured, "L09: EINVAL", fields{"ListenBinds"}},
		{Derived, "as measured with TCP on the same kernel (L04, L05, L07, L09)", fields{"Calls", "Binds", "CommitAtListen", "ListenConnecting", "ListenStarved", "RelistenStarved", "Relisten", "Slots", "StarvedLoses", "DescriptorFirst", "Aborted", "CloseHoldsDescriptor", "SlotReturnDelay"}},
		{Derived, "as TCP does with complete connections (L06)", fields{"CloseListener"}},
		{Derived, "as measured with TCP on the same kernel (L01)", fields{"AcceptByArrival"}},
		{Derived, "an AF_UNIX socket has no ports and no TCP options", fields{"Options", "PortMin", "PortMax"}},
		{Derived, "there are no segments: nothing is lost, nothing is sent again", fields{"SynQueue.RepeatRestarts", "SynAck", "Data", "FinWait", "Client.Syn", "Client.Refused", "Timers"}},
	}
}

// Wine is Wine 8.0 on Linux: Windows Sockets calls on a Linux kernel. Windows behaves
// differently.
func Wine() netmodel.Profile {
	p := Linux()
	p.Name, p.Long = "wine", "Wine 8.0 on Linux, which is not Windows"
	p.Calls = netmodel.CallsWine
	p.ListenBinds = false
	p.CommitAtListen = true
	p.DescriptorFirst = false
	p.Binds = netmodel.BindsWine
	p.Options = netmodel.OptionsWine
	p.ErrorSticks = false
	return p
}

// wineEvidence has the sources of the values of Wine.
func wineEvidence() []evidence {
	return []evidence{
		{Measured, "W: 148 checks", fields{"Calls"}},
		{Measured, "W: as the kernel; hints have no effect", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.Somaxconn", "Backlog.HintMax", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax", "AtSyn"}},
		{Measured, "W: as the kernel", fields{"OnFull", "Relisten"}},
		{Derived, "as the kernel (L09)", fields{"ListenConnecting"}},
		{Measured, "W: 45 combinations of two sockets on one port", fields{"ListenBinds", "CommitAtListen", "Binds", "Options"}},
		{Unknown, "not tried; the behaviour of the kernel is chosen: the connection is kept", fields{"ListenStarved", "RelistenStarved", "StarvedLoses", "DescriptorFirst"}},
		{Derived, "as the kernel (L05)", fields{"Slots"}},
		{Unknown, "not tried; no is chosen", fields{"ConditionFirst"}},
		{Unknown, "not tried; the behaviour that WSPListen documents is chosen", fields{"DeferHidesReadable", "Nesting"}},
		{Measured, "W: accept succeeds, receive returns the end", fields{"Aborted", "CloseListener"}},
		{Measured, "W", fields{"ErrorSticks"}},
	}
}
