package profiles

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// The descendants of the Berkeley kernel. This project ran none of them. The values were read
// in their sources, or come from Stevens' table (UNIX Network Programming, Figure 4.10).

// berkeley returns what the Berkeley kernels have in common.
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

// berkeleyEvidence has the sources of the values that most profiles share: the descendants of
// the Berkeley kernel, commercial Unix, and stacks for small machines.
func berkeleyEvidence() []evidence {
	return []evidence{
		{Derived, "4.3BSD sockets; the codes as on Linux (L09)", fields{"Calls"}},
		{Derived, "an ordinary number; only Microsoft's TCP/IP has hints (WS.B6)", fields{"Backlog.Somaxconn", "Backlog.HintMax"}},
		{Unknown, "not read; the behaviour of Linux (L09) is chosen", fields{"ListenConnecting", "ListenBinds", "CommitAtListen"}},
		{Derived, "listen takes no descriptor", fields{"ListenStarved", "RelistenStarved"}},
		{Derived, "only accept takes a descriptor, as in 4.3BSD", fields{"Slots"}},
		{Derived, "known on Windows only (WS.Q5, WS.D11, WS.X5)", fields{"SlotReturnDelay", "CloseHoldsDescriptor", "ChildrenBlockRebind"}},
		{Derived, "a connection joins the queue when its handshake is over, as in 4.3BSD", fields{"AcceptByArrival"}},
		{Derived, "Unix has no callbacks; for a simulated callback, WSPListen decides", fields{"Nesting"}},
		{Unknown, "not read; the behaviour of Linux (L09) is chosen", fields{"Binds"}},
		{Derived, "options that only this system has are not modelled", fields{"Options"}},
		{Derived, "an error is reported once, as on Linux (K12)", fields{"ErrorSticks"}},
		{Unknown, "not read; 1024 to 5000 is chosen", fields{"PortMin", "PortMax"}},
		{Unknown, "not read; the behaviour of 4.4BSD is chosen", fields{"Data"}},
		{Unknown, "not read; 1 minute is chosen", fields{"FinWait"}},
		{Derived, "an RST is final by RFC 793", fields{"Client.Refused"}},
		{Derived, "the lateness of timers is not modelled", fields{"Timers"}},
		{Unknown, "not read; chosen: a repeated SYN restarts nothing", fields{"SynQueue.RepeatRestarts"}},
	}
}

// keepinit is the time limit of a handshake: net.inet.tcp.keepinit, tcp_keepinit.
const keepinit = 75 * time.Second

// synCache returns a SYN cache that all listeners share. Its buckets are not modelled: in the
// kernels a full bucket evicts an entry before the whole cache is full.
func synCache(entries int) netmodel.SynQueue {
	return netmodel.SynQueue{Separate: true, Size: netmodel.SizeFixed, Max: entries, Shared: true, Evicts: true, Victim: netmodel.VictimOldest}
}

// bsdEvidence has the sources of the values that the Berkeley kernels share with the kernels
// that descend from them in published sources.
func bsdEvidence() []evidence {
	return []evidence{
		{ReadInSource, "uipc_socket2.c, uipc_syscalls.c: only accept takes a descriptor", fields{"Slots"}},
		{ReadInSource, "uipc_socket2.c: a connection joins the queue when its handshake is over", fields{"AcceptByArrival"}},
		{ReadInSource, "TCPTV_MIN 1 s, TCPTV_REXMTMAX 64 s, TCP_MAXRXTSHIFT 12: tcp_timer.h", fields{"Data"}},
	}
}

// FreeBSD is FreeBSD 7 and later. A SYN is admitted without a test of the accept queue. A final
// ACK that finds the queue full is answered with an RST.
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
	p.SynQueue.RepeatRestarts = true // the count of SYN-ACKs restarts too, which is not modelled
	p.DescriptorFirst = true
	p.CloseListener = netmodel.CloseForgetsHalfOpen
	p.Data.First = 230 * time.Millisecond                        // at least 30 ms, plus 200 ms of slack
	p.SynAck = netmodel.Schedule{First: time.Second, Retries: 3} // rexmtlimit; in the kernel each wait is 200 ms longer
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: time.Second, Max: 64 * time.Second, Retries: 12, Limit: keepinit}}
	p.PortMin, p.PortMax = 10000, 65535
	return p
}

// freeBSDEvidence has the sources of the values of FreeBSD.
func freeBSDEvidence() []evidence {
	return []evidence{
		{ReadInSource, "uipc_socket.c of 13: a negative or too large backlog is kern.ipc.soacceptqueue", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.ipc.soacceptqueue 128: uipc_socket.c of 13", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_input.c, tcp_syncache.c of 13 and @003f1ebc: ST.7; that 7 is the first such version is from memory", fields{"AtSyn"}},
		{ReadInSource, "uipc_socket.c of 13: more than 3/2; documented by 83c83f3e46", fields{"AtAck"}},
		{ReadInSource, "tcp_syncache.c of 13: ST.7; net.inet.tcp.syncache.rst_on_sock_fail 1, a captured list of sysctl", fields{"OnAckFull"}},
		{ReadInSource, "512 buckets of 30, tcp_syncache.c of 13; a captured list of sysctl", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Max", "SynQueue.Shared"}},
		{ReadInSource, "tcp_syncache.c of 13: the oldest of its bucket, ST.3; buckets are not modelled", fields{"SynQueue.Evicts", "SynQueue.Victim"}},
		{ReadInSource, "tcp_syncache.c of 13: every sequence number carries a cookie", fields{"SynQueue.Cookies", "SynQueue.CookieFull"}},
		{ReadInSource, "tcp_syncache.c of 13 has no such code", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes"}},
		{ReadInSource, "tcp_syncache.c: a repeated SYN gets a SYN-ACK at once, timer and count start again; in the model the count continues", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "uipc_socket.c of 13: another listen sets the limit and nothing else", fields{"Relisten"}},
		{ReadInSource, "uipc_syscalls.c of 12 and 13", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp_usrreq.c of 13 and 12: ST.4", fields{"Aborted"}},
		{ReadInSource, "uipc_socket.c, tcp_syncache.c of 13: entries of the SYN cache outlive the listener and meet a closed port", fields{"CloseListener"}},
		{ReadInSource, "IPPORT_EPHEMERALFIRST, IPPORT_EPHEMERALLAST: in.h, in_pcb.c", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_timer.h: at least 30 ms (hz/33), and 200 ms of slack", fields{"Data"}},
		{ReadInSource, "tcp_syncache.c: 1, 2, 4, 8 s, each 200 ms longer, which is not modelled", fields{"SynAck"}},
		{ReadInSource, "tcp_timer.c of 13; a first wait of 1 s from 13 on (D18941)", fields{"Client.Syn"}},
	}
}

// FreeBSD4 is FreeBSD 4.5 to 6: a SYN is tested against the backlog, and a final ACK against
// 3/2 of the backlog.
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

// freeBSD4Evidence has the sources of the values of FreeBSD4.
func freeBSD4Evidence() []evidence {
	return []evidence{
		{ReadInSource, "tcp_input.c of 5 and 6: at most the backlog", fields{"AtSyn"}},
		{ReadInSource, "uipc_socket.c: more than 3/2", fields{"AtAck"}},
		{ReadInSource, "tcp_input.c of 5 and 6", fields{"OnFull"}},
		{ReadInSource, "tcp_syncache.c: forgotten without an RST, ST.8; osv issue 283", fields{"OnAckFull"}},
		{ReadInSource, "tcp_syncache.c: 512 buckets of 30, the oldest entry is evicted", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Max", "SynQueue.Shared", "SynQueue.Evicts", "SynQueue.Victim"}},
		{ReadInSource, "tcp_syncache.c", fields{"SynQueue.Cookies"}},
		{Derived, "like the entry that is forgotten (ST.8)", fields{"SynQueue.CookieFull"}},
		{ReadInSource, "uipc_syscalls.c @4b3750d8: the connection goes back to the head of the queue", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp_usrreq.c of 5; 4.0 has no such test", fields{"Aborted"}},
		{Derived, "as in 13", fields{"CloseListener"}},
		{Derived, "as in 13", fields{"Relisten"}},
		{Derived, "the ports that FreeBSD of that time gave to others: 1024 to 5000, OpenBSD in.h 1.6", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_syncache.c: sent again at 3, 9 and 21 s, given up at 45 s", fields{"SynAck"}},
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

// netBSDEvidence has the sources of the values of NetBSD.
func netBSDEvidence() []evidence {
	return []evidence{
		{ReadInSource, "uipc_socket.c, solisten: a negative backlog is 0", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.somaxconn 128: uipc_socket.c", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_input.c: at most the backlog", fields{"AtSyn", "OnFull"}},
		{ReadInSource, "uipc_socket2.c @01298e0d: more than 3/2", fields{"AtAck"}},
		{ReadInSource, "tcp_syncache.c @023842dd: the handshake is complete, so the answer is an RST", fields{"OnAckFull"}},
		{ReadInSource, "tcp_syncache.c 1.7 @023842dd: 293 buckets of 35, the oldest entry is evicted without an RST (ST.3)", fields{"SynQueue"}},
		{ReadInSource, "tcp_syncache.c @023842dd has no such code", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{ReadInSource, "tcp_syncache.c @023842dd: a repeated SYN gets a SYN-ACK at once, the timer continues", fields{"SynQueue.RepeatRestarts"}},
		{ReadInSource, "uipc_socket.c, solisten", fields{"Relisten"}},
		{ReadInSource, "uipc_syscalls.c: EMFILE even if no connection waits; from 2002 to 2008 accept waited first, and kept the connection", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "soaccept in uipc_socket.c, in_proto.c @01298e0d: ST.4", fields{"Aborted"}},
		{ReadInSource, "uipc_socket.c, tcp_syncache.c: entries of the SYN cache are removed with the listener", fields{"CloseListener"}},
		{ReadInSource, "IPPORT_ANONMIN, IPPORT_ANONMAX: in_pcb.c", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_syncache.c 1.7, tcp_timer.h: sent again at 3, 9, 21 and 45 s, given up at 93 s; since 2026 the first wait is 1 s", fields{"SynAck"}},
		{ReadInSource, "tcp_timer.c, tcp_timer.h: the first wait is 6 s; since 2026 it is 1 s", fields{"Client.Syn"}},
	}
}

// OpenBSD is OpenBSD: the queue holds at least kern.sominconn + 1 connections, for every
// backlog.
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

// openBSDEvidence has the sources of the values of OpenBSD.
func openBSDEvidence() []evidence {
	return []evidence{
		{ReadInSource, "kern.sominconn 80: uipc_socket.c 1.94", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.somaxconn 128: uipc_socket.c 1.94", fields{"Backlog.Max"}},
		{Derived, "compared as an unsigned number", fields{"Backlog.NegativeIsMax"}},
		{ReadInSource, "tcp_input.c: at most the backlog", fields{"AtSyn", "OnFull"}},
		{ReadInSource, "uipc_socket2.c @01e259dd: more than 3 times", fields{"AtAck"}},
		{ReadInSource, "tcp_input.c: the entry is removed, the answer is an RST", fields{"OnAckFull"}},
		{ReadInSource, "tcp_input.c, tcp_subr.c @00007ca3: 293 buckets of 35 in each of two sets, of which one is modelled; the oldest entry is evicted (ST.3)", fields{"SynQueue"}},
		{ReadInSource, "tcp_input.c has no such code", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{Derived, "as in NetBSD, whose code it shares", fields{"SynQueue.RepeatRestarts"}},
		{Derived, "as in NetBSD, whose code it shares", fields{"Relisten"}},
		{ReadInSource, "uipc_syscalls.c; in 2003 the connection went back to the head of the queue", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "uipc_socket.c, in_proto.c: ST.4", fields{"Aborted"}},
		{Derived, "as in NetBSD, whose code it shares", fields{"CloseListener"}},
		{Unknown, "not read; the ports of NetBSD are chosen", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp_input.c, tcp_timer.h 1.19 @00007ca3: the first wait is 1.5 s", fields{"SynAck"}},
		{ReadInSource, "tcp_timer.h, tcp_subr.c @00007ca3: the first wait is 3 s", fields{"Client.Syn"}},
	}
}

// onePool returns a Berkeley kernel whose half-open and complete connections share one pool of
// slots.
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

// bsd42Evidence has the sources of the values of BSD42.
func bsd42Evidence() []evidence {
	return []evidence{
		{ReadInSource, "4.3BSD uipc_socket.c: a negative backlog is 0", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "SOMAXCONN 5: 4.3BSD uipc_socket.c, CSRG SCCS delta", fields{"Backlog.Max"}},
		{ReadInSource, "4.3BSD uipc_socket2.c: half-open and complete connections count, the test is \"more than 3/2\", ST.1", fields{"AtSyn", "SynQueue.Separate"}},
		{ReadInSource, "4.3BSD tcp_input.c: the SYN gets no answer", fields{"OnFull"}},
		{ReadInSource, "4.3BSD uipc_socket.c", fields{"Relisten"}},
		{ReadInSource, "4.3BSD uipc_syscalls.c: accept takes the descriptor first", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "4.3BSD uipc_socket.c: sofree removes the connection from either queue", fields{"Aborted"}},
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

// bsd44Evidence has the sources of the values of BSD44.
func bsd44Evidence() []evidence {
	return []evidence{
		{ReadInSource, "4.4BSD-Lite2 uipc_socket.c", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax", "Relisten", "Aborted", "CloseListener"}},
		{ReadInSource, "SOMAXCONN 5: 4.4BSD-Lite2", fields{"Backlog.Max"}},
		{ReadInSource, "4.4BSD-Lite2 uipc_socket2.c: half-open and complete connections count, the test is \"more than 3/2\", ST.1", fields{"AtSyn", "SynQueue.Separate"}},
		{ReadInSource, "4.4BSD-Lite2 tcp_input.c: the SYN gets no answer", fields{"OnFull"}},
		{ReadInSource, "4.4BSD-Lite2 uipc_syscalls.c", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "4.4BSD-Lite2 tcp_timer.c, tcp_subr.c: 6 s, then 24 s", fields{"SynAck", "Client.Syn"}},
	}
}

// MacOSX102 is Mac OS X 10.2, as in Stevens' table.
func MacOSX102() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "macosx10.2", "Mac OS X 10.2"
	return p
}

// macOSX102Evidence has the sources of the values of MacOSX102.
func macOSX102Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 0 to 14", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{Derived, "as 4.4BSD, whose code it uses", fields{"Backlog.NegativeIsMax"}},
		{Unknown, "the table ends at 14; the maximum of later releases is chosen", fields{"Backlog.Max"}},
		{Documented, "Stevens, Figure 4.10: 15 of 15 rows agree", fields{"AtSyn"}},
		{Derived, "as 4.4BSD, whose code it uses", fields{"SynQueue.Separate", "OnFull", "Relisten"}},
		{Derived, "as 4.4BSD, whose code it uses", fields{"StarvedLoses", "DescriptorFirst", "Aborted", "CloseListener", "SynAck", "Client.Syn"}},
		{Derived, "as 4.4BSD, whose code it uses", fields{"Timers"}},
	}
}

// AIX5 is AIX 5.1, as in Stevens' table.
func AIX5() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "aix5", "AIX 5.1"
	p.Backlog.Max = 1024                // no -o somaxconn
	p.PortMin, p.PortMax = 32768, 65535 // no -o tcp_ephemeral_low
	return p
}

// aix5Evidence has the sources of the values of AIX5.
func aix5Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 0 to 14", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{Derived, "as 4.4BSD, whose limit it has", fields{"Backlog.NegativeIsMax"}},
		{Documented, "no -o somaxconn 1024: a captured list of no -a", fields{"Backlog.Max"}},
		{Documented, "Stevens, Figure 4.10: 15 of 15 rows agree", fields{"AtSyn"}},
		{Derived, "as 4.4BSD, whose limit it has", fields{"SynQueue.Separate"}},
		{Unknown, "Stevens' table says how many connections fit, not what happens then; no answer is chosen", fields{"OnFull"}},
		{Unknown, "no document that was read says; the behaviour of 4.4BSD is chosen", fields{"Relisten", "StarvedLoses", "DescriptorFirst", "Aborted", "CloseListener"}},
		{Documented, "no -o tcp_ephemeral_low, tcp_ephemeral_high", fields{"PortMin", "PortMax"}},
		{Unknown, "no -o tcp_keepinit ends the attempt at 75 s, no document says when the SYN is sent again; the schedule of 4.3BSD is chosen", fields{"SynAck", "Client.Syn"}},
		{Derived, "its timers count half seconds (no -o tcp_keepinit 150)", fields{"Timers"}},
	}
}

// Darwin is macOS 15: the queue holds exactly the backlog. A SYN that finds the queue full
// takes the slot of a half-open connection.
func Darwin() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "darwin", "macOS 15"
	p.System = "darwin"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 128, NegativeIsMax: true, ZeroIsMax: true} // kern.ipc.somaxconn
	p.AtSyn = netmodel.Limit{}                                                           // kern.ipc.soqlimitcompat = 0: 3/2 of the backlog
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

// darwinEvidence has the sources of the values of Darwin.
func darwinEvidence() []evidence {
	return []evidence{
		{ReadInSource, "xnu 11417 uipc_socket.c: a backlog of 0 or less is kern.ipc.somaxconn", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "kern.ipc.somaxconn 128; more on servers (serverperfmode): unix_startup.c", fields{"Backlog.Max"}},
		{ReadInSource, "xnu 11417 uipc_socket2.c: exactly the backlog; kern.ipc.soqlimitcompat", fields{"AtSyn"}},
		{ReadInSource, "xnu 11417 uipc_socket2.c: half-open and complete connections count (soqlencomp 0), ST.1", fields{"SynQueue.Separate"}},
		{ReadInSource, "xnu tcp_input.c: a connection that is already reset, else the oldest, at high rates any; only the last case is modelled", fields{"SynQueue.Victim"}},
		{ReadInSource, "xnu 11417 tcp_input.c: ST.3; no answer if no connection is half-open", fields{"OnFull"}},
		{ReadInSource, "xnu 11417 uipc_socket.c: another listen sets the limit and nothing else", fields{"Relisten"}},
		{ReadInSource, "xnu uipc_syscalls.c: the connection is closed on purpose, ST.5; older releases put it back", fields{"StarvedLoses"}},
		{ReadInSource, "xnu uipc_syscalls.c", fields{"DescriptorFirst"}},
		{ReadInSource, "xnu tcp_usrreq.c, uipc_syscalls.c: accept does not look at the error; no address: Go syscall_bsd.go", fields{"Aborted"}},
		{ReadInSource, "xnu 11417 uipc_socket.c: aborts all", fields{"CloseListener"}},
		{Unknown, "not read; 49152 to 65535 is chosen", fields{"PortMin", "PortMax"}},
		{Derived, "as 4.4BSD, whose code it uses", fields{"Data"}},
		{ReadInSource, "xnu tcp_timer.c: waits of 1 s, doubling; at 75 s the keep timer ends the handshake with an RST", fields{"SynAck"}},
		{ReadInSource, "xnu 11417 tcp_timer.c: the table for SYN_SENT", fields{"Client.Syn"}},
	}
}
