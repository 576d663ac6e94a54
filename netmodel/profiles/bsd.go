package profiles

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// The descendants of the Berkeley kernel. None of them was run here: the values
// were read in their sources, or are those of Stevens' table.

// berkeley is what the Berkeley kernels have in common.
func berkeley() netmodel.Profile {
	return netmodel.Profile{
		Calls:            netmodel.CallsUnix,
		System:           "other",
		Backlog:          netmodel.Backlog{Max: 128},
		OnFull:           netmodel.IgnoreWhenFull,
		Relisten:         netmodel.RelistenSets,
		ListenConnecting: winsock.WSAEINVAL,
		ListenBinds:      true,
		Slots:            netmodel.SlotsFree,
		Binds:            netmodel.BindsUnix,
		Options:          netmodel.OptionsFew,
		Aborted:          netmodel.AbortedAsAborted,
		PortMin:          1024, PortMax: 5000,
		Data:    netmodel.Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12},
		FinWait: time.Minute,
	}
}

// berkeleyEvidence is where the values of all descendants of the Berkeley kernel, of commercial Unix and of stacks for small machines are from.
func berkeleyEvidence() []evidence {
	return []evidence{
		{Derived, "4.3BSD sockets; the codes as on Linux (L09)", fields{"Calls"}},
		{Derived, "a number like any other; hints belong to Microsoft's TCP/IP (WS.B6)", fields{"Backlog.Somaxconn", "Backlog.HintMax"}},
		{Unknown, "not read; as on Linux (L09) is chosen", fields{"ListenConnecting", "ListenBinds", "CommitAtListen"}},
		{Derived, "listen takes no descriptor", fields{"ListenStarved", "RelistenStarved"}},
		{Derived, "only accept takes a descriptor, as in 4.3BSD", fields{"Slots"}},
		{Derived, "known of Windows only (WS.Q5, WS.D11, WS.X5)", fields{"SlotReturnDelay", "CloseHoldsDescriptor", "ChildrenBlockRebind"}},
		{Derived, "a connection joins the queue when its handshake is over, as in 4.3BSD", fields{"AcceptByArrival"}},
		{Derived, "Unix has no callbacks; where one is pretended, WSPListen answers", fields{"Nesting"}},
		{Unknown, "not read; as on Linux (L09) is chosen", fields{"Binds"}},
		{Derived, "what the system has of its own is not modelled", fields{"Options"}},
		{Derived, "an error is reported once, as on Linux (K12)", fields{"ErrorSticks"}},
		{Unknown, "not read; 1024 to 5000 is chosen", fields{"PortMin", "PortMax"}},
		{Unknown, "not read; as 4.4BSD is chosen", fields{"Data"}},
		{Unknown, "not read; a minute is chosen", fields{"FinWait"}},
		{Derived, "an RST is final by RFC 793", fields{"Client.Refused"}},
		{Derived, "by how much a timer is late is not modelled", fields{"Timers"}},
		{Unknown, "not read; that nothing begins anew is chosen", fields{"SynQueue.RepeatRestarts"}},
	}
}

// keepinit ends a handshake; net.inet.tcp.keepinit, tcp_keepinit.
const keepinit = 75 * time.Second

// synCache is a SYN cache of all listeners together. Its buckets are not
// modelled: in the kernels a full bucket evicts before the whole is full.
func synCache(entries int) netmodel.SynQueue {
	return netmodel.SynQueue{Separate: true, Size: netmodel.SizeFixed, Max: entries, Shared: true, Evicts: true, Victim: netmodel.VictimOldest}
}

// bsdEvidence is where the values of the kernels of Berkeley and of those that descend from them openly are from.
func bsdEvidence() []evidence {
	return []evidence{
		{ReadInSource, "uipc_socket2.c, uipc_syscalls.c: only accept takes a descriptor", fields{"Slots"}},
		{ReadInSource, "uipc_socket2.c: a connection joins the queue when its handshake is over", fields{"AcceptByArrival"}},
		{ReadInSource, "TCPTV_MIN 1 s, TCPTV_REXMTMAX 64 s, TCP_MAXRXTSHIFT 12: tcp_timer.h", fields{"Data"}},
	}
}

// FreeBSD is FreeBSD 7 and later: the accept queue is not looked at when a SYN
// comes, and a final ACK that finds it full is answered with an RST.
func FreeBSD() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "freebsd", "FreeBSD 7 and later"
	p.System = "freebsd"
	p.Backlog.NegativeIsMax = true // kern.ipc.soacceptqueue
	p.AtSyn = netmodel.Limit{None: true}
	p.AtAck = netmodel.Limit{Num: 3, Den: 2, Add: 1}
	p.OnAckFull = netmodel.ResetAck // net.inet.tcp.syncache.rst_on_sock_fail
	p.SynQueue = synCache(512 * 30) // net.inet.tcp.syncache.cachelimit
	p.SynQueue.Cookies = netmodel.CookiesForEvicted
	p.SynQueue.CookieFull = netmodel.ResetAck
	p.SynQueue.RepeatRestarts = true // the count of SYN-ACKs begins anew too, which is not modelled
	p.DescriptorFirst = true
	p.CloseListener = netmodel.CloseForgetsHalfOpen
	p.Data.First = 230 * time.Millisecond                        // 30 ms at least, and 200 ms of slack
	p.SynAck = netmodel.Schedule{First: time.Second, Retries: 3} // rexmtlimit; each wait is 200 ms longer there
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.PortMin, p.PortMax = 10000, 65535
	return p
}

// freeBSDEvidence is where the values of FreeBSD are from.
func freeBSDEvidence() []evidence {
	return []evidence{
		{ReadInSource, "uipc_socket.c of 13: negative and too large are kern.ipc.soacceptqueue", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.ipc.soacceptqueue 128: uipc_socket.c of 13", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_input.c, tcp_syncache.c of 13 and @003f1ebc: ST.7; 7 as the first version is from memory", fields{"AtSyn"}},
		{ReadInSource, "uipc_socket.c of 13: more than 3/2; documented by 83c83f3e46", fields{"AtAck"}},
		{ReadInSource, "tcp_syncache.c of 13: ST.7; net.inet.tcp.syncache.rst_on_sock_fail 1, a captured list of sysctl", fields{"OnAckFull"}},
		{ReadInSource, "512 buckets of 30, tcp_syncache.c of 13; a captured list of sysctl", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Max", "SynQueue.Shared"}},
		{ReadInSource, "tcp_syncache.c of 13: the oldest of its bucket, ST.3; buckets are not modelled", fields{"SynQueue.Evicts", "SynQueue.Victim"}},
		{ReadInSource, "tcp_syncache.c of 13: encoded in every sequence number", fields{"SynQueue.Cookies", "SynQueue.CookieFull"}},
		{ReadInSource, "tcp_syncache.c of 13 has nothing of the kind", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes"}},
		{ReadInSource, "tcp_syncache.c: a SYN-ACK at once, timer and count begin anew; here the count goes on", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "uipc_socket.c of 13: the limit and nothing else", fields{"Relisten"}},
		{ReadInSource, "uipc_syscalls.c of 12 and 13", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp_usrreq.c of 13 and 12: ST.4", fields{"Aborted"}},
		{ReadInSource, "uipc_socket.c, tcp_syncache.c of 13: entries of the cache outlive it and meet a closed port", fields{"CloseListener"}},
		{ReadInSource, "IPPORT_EPHEMERALFIRST, IPPORT_EPHEMERALLAST: in.h, in_pcb.c", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_timer.h: at least 30 ms (hz/33), and 200 ms of slack", fields{"Data"}},
		{ReadInSource, "tcp_syncache.c: 1, 2, 4, 8 s, each 200 ms longer, which is not modelled", fields{"SynAck"}},
		{ReadInSource, "tcp_timer.c of 13; a first wait of 1 s from 13 on (D18941)", fields{"Client.Syn"}},
	}
}

// FreeBSD4 is FreeBSD 4.5 to 6: the SYN is tested against the backlog, the final
// ACK against more.
func FreeBSD4() netmodel.Profile {
	p := FreeBSD()
	p.Name, p.Long = "freebsd4", "FreeBSD 4.5 to 6"
	p.AtSyn = netmodel.Limit{Add: 1}
	p.OnAckFull = netmodel.ForgetAck
	p.SynQueue.CookieFull = netmodel.IgnoreAck
	p.DescriptorFirst = false
	p.SynAck = netmodel.Schedule{First: 3 * time.Second, Retries: 3}
	p.Client.Syn = netmodel.Schedule{First: 3 * time.Second, Max: 64 * time.Second, Linear: 4, Retries: 12, Limit: keepinit}
	p.PortMin, p.PortMax = 1024, 5000
	return p
}

// freeBSD4Evidence is where the values of FreeBSD4 are from.
func freeBSD4Evidence() []evidence {
	return []evidence{
		{ReadInSource, "tcp_input.c of 5 and 6: at most the backlog", fields{"AtSyn"}},
		{ReadInSource, "uipc_socket.c: more than 3/2", fields{"AtAck"}},
		{ReadInSource, "tcp_input.c of 5 and 6", fields{"OnFull"}},
		{ReadInSource, "tcp_syncache.c: forgotten without an RST, ST.8; osv issue 283", fields{"OnAckFull"}},
		{ReadInSource, "tcp_syncache.c: 512 buckets of 30, the oldest goes", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Max", "SynQueue.Shared", "SynQueue.Evicts", "SynQueue.Victim"}},
		{ReadInSource, "tcp_syncache.c", fields{"SynQueue.Cookies"}},
		{Derived, "as the entry that is forgotten (ST.8)", fields{"SynQueue.CookieFull"}},
		{ReadInSource, "uipc_syscalls.c @4b3750d8: put back at the head", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp_usrreq.c of 5; 4.0 has no such test", fields{"Aborted"}},
		{Derived, "as in 13", fields{"CloseListener"}},
		{Derived, "as in 13", fields{"Relisten"}},
		{Derived, "the ports that FreeBSD of that time gave to others: 1024 to 5000, OpenBSD in.h 1.6", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_syncache.c: 3, 9, 21, gone at 45 s", fields{"SynAck"}},
		{ReadInSource, "tcp_syncache.c", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "tcp_timer.c: waits of 1, 1, 1, 1, 1, 2, 4 and 8 times 3 s", fields{"Client.Syn"}},
	}
}

// NetBSD is NetBSD to 10.
func NetBSD() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "netbsd", "NetBSD to 10"
	p.System = "netbsd"
	p.Backlog.Max = 128 // kern.somaxconn
	p.AtSyn = netmodel.Limit{Add: 1}
	p.AtAck = netmodel.Limit{Num: 3, Den: 2, Add: 1}
	p.OnAckFull = netmodel.ResetAck
	p.SynQueue = synCache(293 * 35) // net.inet.tcp.syn_cache_limit
	p.DescriptorFirst = true
	p.CloseListener = netmodel.CloseForgetsHalfOpen
	p.SynAck = netmodel.Schedule{First: 3 * time.Second, Max: 64 * time.Second, Retries: 4}
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: 6 * time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// netBSDEvidence is where the values of NetBSD are from.
func netBSDEvidence() []evidence {
	return []evidence{
		{ReadInSource, "uipc_socket.c, solisten: negative is 0", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.somaxconn 128: uipc_socket.c", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_input.c: at most the backlog", fields{"AtSyn", "OnFull"}},
		{ReadInSource, "uipc_socket2.c @01298e0d: more than 3/2", fields{"AtAck"}},
		{ReadInSource, "tcp_syncache.c @023842dd: the handshake is complete, so RST", fields{"OnAckFull"}},
		{ReadInSource, "tcp_syncache.c 1.7 @023842dd: 293 buckets of 35, the oldest goes, in silence (ST.3)", fields{"SynQueue"}},
		{ReadInSource, "tcp_syncache.c @023842dd has nothing of the kind", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{ReadInSource, "tcp_syncache.c @023842dd: a SYN-ACK at once, the timer goes on", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "uipc_socket.c, solisten", fields{"Relisten"}},
		{ReadInSource, "uipc_syscalls.c: EMFILE even when nothing waits; 2002 to 2008 waited first, and kept it", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "soaccept in uipc_socket.c, in_proto.c @01298e0d: ST.4", fields{"Aborted"}},
		{ReadInSource, "uipc_socket.c, tcp_syncache.c: entries of the cache die with it", fields{"CloseListener"}},
		{ReadInSource, "IPPORT_ANONMIN, IPPORT_ANONMAX: in_pcb.c", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_syncache.c 1.7, tcp_timer.h: 3, 9, 21, 45, gone at 93 s; from 2026 on 1 s is the first wait", fields{"SynAck"}},
		{ReadInSource, "tcp_timer.c, tcp_timer.h: 6 s is the first wait; from 2026 on 1 s", fields{"Client.Syn"}},
	}
}

// OpenBSD holds at least kern.sominconn and one more, whatever is asked.
func OpenBSD() netmodel.Profile {
	p := NetBSD()
	p.Name, p.Long = "openbsd", "OpenBSD"
	p.System = "openbsd"
	p.Backlog = netmodel.Backlog{Min: 80, Max: 128, NegativeIsMax: true} // kern.sominconn, kern.somaxconn
	p.AtAck = netmodel.Limit{Num: 3, Den: 1, Add: 1}
	p.SynAck = netmodel.Schedule{First: 1500 * time.Millisecond, Max: 64 * time.Second, Retries: 5}
	p.Client.Syn.First = 3 * time.Second
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// openBSDEvidence is where the values of OpenBSD are from.
func openBSDEvidence() []evidence {
	return []evidence{
		{ReadInSource, "kern.sominconn 80: uipc_socket.c 1.94", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.somaxconn 128: uipc_socket.c 1.94", fields{"Backlog.Max"}},
		{Derived, "compared as an unsigned number", fields{"Backlog.NegativeIsMax"}},
		{ReadInSource, "tcp_input.c: at most the backlog", fields{"AtSyn", "OnFull"}},
		{ReadInSource, "uipc_socket2.c @01e259dd: more than 3 times", fields{"AtAck"}},
		{ReadInSource, "tcp_input.c: the entry goes, RST", fields{"OnAckFull"}},
		{ReadInSource, "tcp_input.c, tcp_subr.c @00007ca3: 293 buckets of 35 in each of two sets, of which one is modelled; the oldest goes (ST.3)", fields{"SynQueue"}},
		{ReadInSource, "tcp_input.c has nothing of the kind", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{Derived, "as in NetBSD, whose code it shares", fields{"SynQueue.RepeatRestarts"}},
		{Derived, "as in NetBSD, whose code it shares", fields{"Relisten"}},
		{ReadInSource, "uipc_syscalls.c; 2003 put it back at the head", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "uipc_socket.c, in_proto.c: ST.4", fields{"Aborted"}},
		{Derived, "as in NetBSD, whose code it shares", fields{"CloseListener"}},
		{Unknown, "not read; those of NetBSD are chosen", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_input.c, tcp_timer.h 1.19 @00007ca3: 1.5 s is the first wait", fields{"SynAck"}},
		{ReadInSource, "tcp_timer.h, tcp_subr.c @00007ca3: 3 s is the first wait", fields{"Client.Syn"}},
	}
}

// onePool is a Berkeley kernel whose half-open connections take slots.
func onePool() netmodel.Profile {
	p := berkeley()
	p.AtSyn = netmodel.Limit{Num: 3, Den: 2, Add: 1}
	p.Aborted = netmodel.AbortedWithdraws
	p.CloseListener = netmodel.CloseResetsAll
	p.SynAck = netmodel.Schedule{First: 6 * time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: 6 * time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.Timers = netmodel.Timers{HZ: 2}
	return p
}

// BSD42 is 4.2BSD and 4.3BSD.
func BSD42() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "bsd4.2", "4.2BSD and 4.3BSD"
	p.Backlog.Max = 5 // SOMAXCONN
	return p
}

// bsd42Evidence is where the values of BSD42 are from.
func bsd42Evidence() []evidence {
	return []evidence{
		{ReadInSource, "4.3BSD uipc_socket.c: negative is 0", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "SOMAXCONN 5: 4.3BSD uipc_socket.c, CSRG SCCS delta", fields{"Backlog.Max"}},
		{ReadInSource, "4.3BSD uipc_socket2.c: both kinds count, more than 3/2, ST.1", fields{"AtSyn", "SynQueue.Separate"}},
		{ReadInSource, "4.3BSD tcp_input.c: in silence", fields{"OnFull"}},
		{ReadInSource, "4.3BSD uipc_socket.c", fields{"Relisten"}},
		{ReadInSource, "4.3BSD uipc_syscalls.c: the descriptor is taken first", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "4.3BSD uipc_socket.c: sofree takes it out of either queue", fields{"Aborted"}},
		{ReadInSource, "4.3BSD uipc_socket.c: soclose aborts all", fields{"CloseListener"}},
		{ReadInSource, "4.3BSD tcp_timer.c: 6 s doubling, 75 s in all", fields{"SynAck"}},
		{ReadInSource, "4.3BSD tcp_timer.c: 6 s doubling, 75 s in all", fields{"Client.Syn"}},
		{Derived, "tcp_slowtimo runs twice a second: tcp_timer.c", fields{"Timers"}},
	}
}

// BSD44 is 4.4BSD: the second wait for an answer is four times the first.
func BSD44() netmodel.Profile {
	p := BSD42()
	p.Name, p.Long = "bsd4.4", "4.4BSD"
	p.SynAck.Factor, p.Client.Syn.Factor = 4, 4
	return p
}

// bsd44Evidence is where the values of BSD44 are from.
func bsd44Evidence() []evidence {
	return []evidence{
		{ReadInSource, "4.4BSD-Lite2 uipc_socket.c", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax", "Relisten", "Aborted", "CloseListener"}},
		{ReadInSource, "SOMAXCONN 5: 4.4BSD-Lite2", fields{"Backlog.Max"}},
		{ReadInSource, "4.4BSD-Lite2 uipc_socket2.c: both kinds count, more than 3/2, ST.1", fields{"AtSyn", "SynQueue.Separate"}},
		{ReadInSource, "4.4BSD-Lite2 tcp_input.c: in silence", fields{"OnFull"}},
		{ReadInSource, "4.4BSD-Lite2 uipc_syscalls.c", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "4.4BSD-Lite2 tcp_timer.c, tcp_subr.c: 6 s, then 24 s", fields{"SynAck", "Client.Syn"}},
	}
}

// MacOSX102 is Mac OS X 10.2, as Stevens' table has it.
func MacOSX102() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "macosx10.2", "Mac OS X 10.2"
	return p
}

// macOSX102Evidence is where the values of MacOSX102 are from.
func macOSX102Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 0 to 14", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{Derived, "as 4.4BSD, whose code it is", fields{"Backlog.NegativeIsMax"}},
		{Unknown, "the table ends at 14; that of later ones is chosen", fields{"Backlog.Max"}},
		{Documented, "Stevens, Figure 4.10: 15 of 15", fields{"AtSyn"}},
		{Derived, "as 4.4BSD, whose code it is", fields{"SynQueue.Separate", "OnFull", "Relisten"}},
		{Derived, "as 4.4BSD, whose code it is", fields{"StarvedLoses", "DescriptorFirst", "Aborted", "CloseListener", "SynAck", "Client.Syn"}},
		{Derived, "as 4.4BSD, whose code it is", fields{"Timers"}},
	}
}

// AIX5 is AIX 5.1, as Stevens' table has it.
func AIX5() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "aix5", "AIX 5.1"
	p.Backlog.Max = 1024                // no -o somaxconn
	p.PortMin, p.PortMax = 32768, 65535 // no -o tcp_ephemeral_low
	return p
}

// aix5Evidence is where the values of AIX5 are from.
func aix5Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 0 to 14", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{Derived, "as 4.4BSD, whose limit it has", fields{"Backlog.NegativeIsMax"}},
		{Documented, "no -o somaxconn 1024: a captured list of no -a", fields{"Backlog.Max"}},
		{Documented, "Stevens, Figure 4.10: 15 of 15", fields{"AtSyn"}},
		{Derived, "as 4.4BSD, whose limit it has", fields{"SynQueue.Separate"}},
		{Unknown, "Stevens' table says how many fit, not what happens then; silence is chosen", fields{"OnFull"}},
		{Unknown, "no document read says; as 4.4BSD is chosen", fields{"Relisten", "StarvedLoses", "DescriptorFirst", "Aborted", "CloseListener"}},
		{Documented, "no -o tcp_ephemeral_low, tcp_ephemeral_high", fields{"PortMin", "PortMax"}},
		{Unknown, "no -o tcp_keepinit ends it at 75 s, no document says when it is sent again; as 4.3BSD is chosen", fields{"SynAck", "Client.Syn"}},
		{Derived, "its timers count half seconds (no -o tcp_keepinit 150)", fields{"Timers"}},
	}
}

// Darwin is macOS 15: exactly the backlog, and whoever comes when it is full
// takes the place of a half-open connection.
func Darwin() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "darwin", "macOS 15"
	p.System = "darwin"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 128, NegativeIsMax: true, ZeroIsMax: true} // kern.ipc.somaxconn
	p.AtSyn = netmodel.Limit{}                                                           // kern.ipc.soqlimitcompat = 0: 3/2 of it
	p.OnFull = netmodel.EvictWhenFull
	p.SynQueue.Victim = netmodel.VictimRandom
	p.StarvedLoses = true
	p.Aborted = netmodel.AbortedNoAddress
	p.SynAck = netmodel.Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}
	p.Client.Syn = netmodel.Schedule{First: time.Second, Max: 64 * time.Second, Linear: 4, Retries: 12, Limit: keepinit}
	p.PortMin, p.PortMax = 49152, 65535
	p.Timers = netmodel.Timers{}
	return p
}

// darwinEvidence is where the values of Darwin are from.
func darwinEvidence() []evidence {
	return []evidence{
		{ReadInSource, "xnu 11417 uipc_socket.c: 0 and less are kern.ipc.somaxconn", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.ipc.somaxconn 128; more on servers (serverperfmode): unix_startup.c", fields{"Backlog.Max"}},
		{ReadInSource, "xnu 11417 uipc_socket2.c: exactly the backlog; kern.ipc.soqlimitcompat", fields{"AtSyn"}},
		{ReadInSource, "xnu 11417 uipc_socket2.c: both kinds count (soqlencomp 0), ST.1", fields{"SynQueue.Separate"}},
		{ReadInSource, "xnu tcp_input.c: one already reset, else the oldest, at high rates any; only the last is modelled", fields{"SynQueue.Victim"}},
		{ReadInSource, "xnu 11417 tcp_input.c: ST.3; silence if there is nothing half-open", fields{"OnFull"}},
		{ReadInSource, "xnu 11417 uipc_socket.c: the limit and nothing else", fields{"Relisten"}},
		{ReadInSource, "xnu uipc_syscalls.c: closed on purpose, ST.5; older ones put it back", fields{"StarvedLoses"}},
		{ReadInSource, "xnu uipc_syscalls.c", fields{"DescriptorFirst"}},
		{ReadInSource, "xnu tcp_usrreq.c, uipc_syscalls.c: accept does not look at the error; no address: Go syscall_bsd.go", fields{"Aborted"}},
		{ReadInSource, "xnu 11417 uipc_socket.c: aborts all", fields{"CloseListener"}},
		{Unknown, "not read; 49152 to 65535 is chosen", fields{"PortMin", "PortMax"}},
		{Derived, "as 4.4BSD, whose code it is", fields{"Data"}},
		{ReadInSource, "xnu tcp_timer.c: 1 s doubling, at 75 s the keep timer ends it, with an RST", fields{"SynAck"}},
		{ReadInSource, "xnu 11417 tcp_timer.c: the table for SYN_SENT", fields{"Client.Syn"}},
	}
}
