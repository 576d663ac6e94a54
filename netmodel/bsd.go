package netmodel

import "time"

// The descendants of the Berkeley kernel. None of them was run here: the values
// were read in their sources, or are those of Stevens' table.

// berkeley is what the Berkeley kernels have in common.
func berkeley() Profile {
	return Profile{
		Calls:            CallsUnix,
		System:           SystemOther,
		Backlog:          Backlog{Max: 128},
		OnFull:           IgnoreWhenFull,
		Relisten:         RelistenSets,
		ListenConnecting: WSAEINVAL,
		ListenBinds:      true,
		Slots:            SlotsFree,
		Binds:            BindsUnix,
		Options:          OptionsFew,
		Aborted:          AbortedAsAborted,
		PortMin:          1024, PortMax: 5000,
		Data:    Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12},
		FinWait: time.Minute,
	}
}

// keepinit ends a handshake; net.inet.tcp.keepinit, tcp_keepinit.
const keepinit = 75 * time.Second

// synCache is a SYN cache of all listeners together. Its buckets are not
// modelled: in the kernels a full bucket evicts before the whole is full.
func synCache(entries int) SynQueue {
	return SynQueue{Separate: true, Size: SizeFixed, Max: entries, Shared: true, OnFull: SynQueueEvicts, Victim: VictimOldest}
}

// FreeBSD is FreeBSD 7 and later: the accept queue is not looked at when a SYN
// comes, and a final ACK that finds it full is answered with an RST.
func FreeBSD() Profile {
	p := berkeley()
	p.Name, p.Long = "freebsd", "FreeBSD 7 and later"
	p.System = SystemFreeBSD
	p.Backlog.NegativeIsMax = true // kern.ipc.soacceptqueue
	p.AtSyn = Limit{None: true}
	p.AtAck = Limit{Num: 3, Den: 2, Add: 1}
	p.OnAckFull = ResetAck          // net.inet.tcp.syncache.rst_on_sock_fail
	p.SynQueue = synCache(512 * 30) // net.inet.tcp.syncache.cachelimit
	p.SynQueue.Cookies = CookiesForEvicted
	p.SynQueue.CookieFull = ResetAck
	p.SynQueue.RepeatRestarts = true // the count of SYN-ACKs begins anew too, which is not modelled
	p.DescriptorFirst = true
	p.CloseListener = CloseForgetsHalfOpen
	p.Data.First = 230 * time.Millisecond               // 30 ms at least, and 200 ms of slack
	p.SynAck = Schedule{First: time.Second, Retries: 3} // rexmtlimit; each wait is 200 ms longer there
	p.Client = Client{Syn: Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.PortMin, p.PortMax = 10000, 65535
	return p
}

// FreeBSD4 is FreeBSD 4.5 to 6: the SYN is tested against the backlog, the final
// ACK against more.
func FreeBSD4() Profile {
	p := FreeBSD()
	p.Name, p.Long = "freebsd4", "FreeBSD 4.5 to 6"
	p.AtSyn = Limit{Add: 1}
	p.OnAckFull = ForgetAck
	p.SynQueue.CookieFull = IgnoreAck
	p.DescriptorFirst = false
	p.SynAck = Schedule{First: 3 * time.Second, Retries: 3}
	p.Client.Syn = Schedule{First: 3 * time.Second, Max: 64 * time.Second, Linear: 4, Retries: 12, Limit: keepinit}
	p.PortMin, p.PortMax = 1024, 5000
	return p
}

// NetBSD is NetBSD to 10.
func NetBSD() Profile {
	p := berkeley()
	p.Name, p.Long = "netbsd", "NetBSD to 10"
	p.System = SystemNetBSD
	p.Backlog.Max = 128 // kern.somaxconn
	p.AtSyn = Limit{Add: 1}
	p.AtAck = Limit{Num: 3, Den: 2, Add: 1}
	p.OnAckFull = ResetAck
	p.SynQueue = synCache(293 * 35) // net.inet.tcp.syn_cache_limit
	p.DescriptorFirst = true
	p.CloseListener = CloseForgetsHalfOpen
	p.SynAck = Schedule{First: 3 * time.Second, Max: 64 * time.Second, Retries: 4}
	p.Client = Client{Syn: Schedule{First: 6 * time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// OpenBSD holds at least kern.sominconn and one more, whatever is asked.
func OpenBSD() Profile {
	p := NetBSD()
	p.Name, p.Long = "openbsd", "OpenBSD"
	p.System = SystemOpenBSD
	p.Backlog = Backlog{Min: 80, Max: 128, NegativeIsMax: true} // kern.sominconn, kern.somaxconn
	p.AtAck = Limit{Num: 3, Den: 1, Add: 1}
	p.SynAck = Schedule{First: 1500 * time.Millisecond, Max: 64 * time.Second, Retries: 5}
	p.Client.Syn.First = 3 * time.Second
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// onePool is a Berkeley kernel whose half-open connections take slots.
func onePool() Profile {
	p := berkeley()
	p.AtSyn = Limit{Num: 3, Den: 2, Add: 1}
	p.Aborted = AbortedWithdraws
	p.CloseListener = CloseResetsAll
	p.SynAck = Schedule{First: 6 * time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}
	p.Client = Client{Syn: Schedule{First: 6 * time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.Timers = Timers{Kind: TimersTicks, HZ: 2}
	return p
}

// BSD42 is 4.2BSD and 4.3BSD.
func BSD42() Profile {
	p := onePool()
	p.Name, p.Long = "bsd4.2", "4.2BSD and 4.3BSD"
	p.Backlog.Max = 5 // SOMAXCONN
	return p
}

// BSD44 is 4.4BSD: the second wait for an answer is four times the first.
func BSD44() Profile {
	p := BSD42()
	p.Name, p.Long = "bsd4.4", "4.4BSD"
	p.SynAck.Factor, p.Client.Syn.Factor = 4, 4
	return p
}

// MacOSX102 is Mac OS X 10.2, as Stevens' table has it.
func MacOSX102() Profile {
	p := onePool()
	p.Name, p.Long = "macosx10.2", "Mac OS X 10.2"
	return p
}

// AIX5 is AIX 5.1, as Stevens' table has it.
func AIX5() Profile {
	p := onePool()
	p.Name, p.Long = "aix5", "AIX 5.1"
	p.Backlog.Max = 1024                // no -o somaxconn
	p.PortMin, p.PortMax = 32768, 65535 // no -o tcp_ephemeral_low
	return p
}

// Darwin is macOS 15: exactly the backlog, and whoever comes when it is full
// takes the place of a half-open connection.
func Darwin() Profile {
	p := onePool()
	p.Name, p.Long = "darwin", "macOS 15"
	p.System = SystemDarwin
	p.Backlog = Backlog{Min: 1, Max: 128, NegativeIsMax: true, ZeroIsMax: true} // kern.ipc.somaxconn
	p.AtSyn = Limit{}                                                           // kern.ipc.soqlimitcompat = 0: 3/2 of it
	p.OnFull = EvictWhenFull
	p.SynQueue.Victim = VictimRandom
	p.Starved = StarvedLoses
	p.Aborted = AbortedNoAddress
	p.SynAck = Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}
	p.Client.Syn = Schedule{First: time.Second, Max: 64 * time.Second, Linear: 4, Retries: 12, Limit: keepinit}
	p.PortMin, p.PortMax = 49152, 65535
	p.Timers = Timers{}
	return p
}
