package profiles

import (
	"time"

	"wspsim/netmodel"
)

// Commercial Unix systems, stacks for small machines, and networks that live
// inside a program.

// HPUX11 is HP-UX 11.11, as Stevens' table has it. What it does when the queue is
// full is not known.
func HPUX11() netmodel.Profile {
	p := onePool()
	p.Name, p.Long = "hpux11", "HP-UX 11.11"
	p.Backlog.Max = 4096 // tcp_conn_request_max of 11i v3
	p.AtSyn = netmodel.Limit{Num: 3, Den: 2, Min: 1}
	p.PortMin, p.PortMax = 49152, 65535 // tcp_smallest_anon_port
	p.SynAck = netmodel.Schedule{First: time.Second, Max: time.Minute, Retries: 12, Limit: keepinit}
	p.Client.Syn = p.SynAck
	p.Timers = netmodel.Timers{}
	return p
}

// hpux11Evidence is where the values of HPUX11 are from.
func hpux11Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 0 to 14", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{Unknown, "nobody says what -1 is; as 0 is chosen", fields{"Backlog.NegativeIsMax"}},
		{Documented, "tcp_conn_request_max 4096 of 11i v3: HP TCP/IP white paper, 2008", fields{"Backlog.Max"}},
		{Documented, "Stevens, Figure 4.10: 15 of 15; the white paper on 11i v3 says the backlog itself", fields{"AtSyn"}},
		{Unknown, "11i v3 counts half-open ones apart (tcp_syn_rcvd_max 500); one pool is chosen for 11.11", fields{"SynQueue.Separate"}},
		{Unknown, "Stevens' table says how many fit, not what happens then", fields{"OnFull"}},
		{Unknown, "no document read says; as 4.4BSD is chosen", fields{"Relisten", "StarvedLoses", "DescriptorFirst", "AcceptByArrival", "Aborted", "CloseListener", "Slots"}},
		{Documented, "ndd /dev/tcp tcp_smallest_anon_port", fields{"PortMin", "PortMax"}},
		{Unknown, "TCP_KEEPINIT ends it at 75 s (tcp(7P)), no document says when it is sent again; 1 s doubling is chosen", fields{"SynAck", "Client.Syn"}},
	}
}

// Illumos is illumos: the backlog grows by half, and is then cut to
// tcp_conn_req_max_q; a final ACK always gets in.
func Illumos() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "illumos", "illumos"
	p.System = "illumos"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 128, Num: 3, Den: 2, Add: 1} // _conn_req_max_q
	p.AtAck = netmodel.Limit{None: true}
	p.OnAckFull = netmodel.AdmitAck // a TLI listener defers: DeferAck
	p.SynQueue = netmodel.SynQueue{
		Separate: true, Limit: netmodel.Limit{Add: 1024}, // _conn_req_max_q0
		Evicts: true, Victim: netmodel.VictimTimedOut,
	}
	p.DescriptorFirst = true
	p.CloseListener = netmodel.CloseResetsAll
	p.SynAck = netmodel.Schedule{First: 1125 * time.Millisecond, Max: time.Minute, Retries: 7}
	p.Client = netmodel.Client{Syn: p.SynAck}
	p.PortMin, p.PortMax = 32768, 65535
	return p
}

// illumosEvidence is where the values of Illumos are from.
func illumosEvidence() []evidence {
	return []evidence{
		{ReadInSource, "sockcommon.c: negative is 0, 3n/2 + 1; then tcp_socket.c @0588e7f3 clips", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "_conn_req_max_q 128: tcp_tunables.c @1751ed28", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_input.c: at least as many, in silence", fields{"AtSyn", "OnFull"}},
		{ReadInSource, "tcp_input.c: ST.9; a TLI listener defers instead", fields{"AtAck", "OnAckFull"}},
		{ReadInSource, "tcp_input.c: 1024 (_conn_req_max_q0) beyond the backlog", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Limit", "SynQueue.Shared"}},
		{ReadInSource, "tcp_input.c, tcp_timers.c @4047c26b: the oldest that timed out, in silence", fields{"SynQueue.Evicts", "SynQueue.Victim"}},
		{ReadInSource, "tcp_input.c has nothing of the kind", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{ReadInSource, "tcp.c: the limit, either way; what is queued stays", fields{"Relisten"}},
		{ReadInSource, "sockfs: the descriptor is taken first, the comment says why", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp_input.c, sockfs: ST.4", fields{"Aborted"}},
		{ReadInSource, "tcp.c: RST to all", fields{"CloseListener"}},
		{Documented, "ndd /dev/tcp tcp_smallest_anon_port", fields{"PortMin", "PortMax"}},
		{ReadInSource, "sockfs: only accept takes a descriptor", fields{"Slots"}},
		{ReadInSource, "tcp_newconn_notify: in the order of completion", fields{"AcceptByArrival"}},
		{ReadInSource, "tcp_timers.c, tcp_tunables.c: 1.125 s doubling, at most 60 s, given up by the first that rings after 180 s", fields{"SynAck", "Client.Syn"}},
	}
}

// Solaris9 is Solaris 9.
func Solaris9() netmodel.Profile {
	p := Illumos()
	p.Name, p.Long = "solaris9", "Solaris 9"
	p.SynAck = netmodel.Schedule{First: 3 * time.Second, Max: time.Minute, Retries: 5, Limit: 3 * time.Minute}
	p.Client.Syn = p.SynAck
	return p
}

// solaris9Evidence is where the values of Solaris9 are from.
func solaris9Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 14 of 15, 4 holds 6 there", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Documented, "tcp_conn_req_max_q 128: Sun E19683-01", fields{"Backlog.Max"}},
		{Documented, "tcp_conn_req_max_q0 1024: Sun E19683-01", fields{"SynQueue.Limit"}},
		{Derived, "as illumos, which descends from it", fields{"AtSyn", "AtAck", "OnFull", "OnAckFull", "Relisten", "Slots", "StarvedLoses", "DescriptorFirst", "AcceptByArrival", "Aborted", "CloseListener"}},
		{Derived, "as illumos, which descends from it", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Shared", "SynQueue.Evicts", "SynQueue.Victim"}},
		{Derived, "as illumos, which descends from it", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{Unknown, "not read; that nothing begins anew is chosen", fields{"SynQueue.RepeatRestarts"}},
		{Documented, "ndd /dev/tcp tcp_smallest_anon_port", fields{"PortMin", "PortMax"}},
		{Unknown, "a first wait of 3 s to Solaris 10 is from memory; doubling to 60 s, 3 minutes in all", fields{"SynAck", "Client.Syn"}},
	}
}

// GVisor is gVisor's network stack behind its Linux system calls.
func GVisor() netmodel.Profile {
	p := Linux()
	p.Name, p.Long = "gvisor", "gVisor"
	p.System = "other"
	p.Backlog.Max = 1024 // fixed
	p.SynQueue = netmodel.SynQueue{Separate: true, Cookies: netmodel.CookiesWhenFull}
	p.Relisten = netmodel.RelistenRejects
	p.StarvedLoses, p.DescriptorFirst = true, false
	p.CloseListener = netmodel.CloseResetsAll
	p.SynAck = netmodel.Schedule{First: time.Second, Max: 2 * time.Minute, Retries: 6}
	p.Client.Syn = netmodel.Schedule{First: time.Second, Max: 2 * time.Minute, Retries: 6}
	p.Data = netmodel.Schedule{First: 200 * time.Millisecond, Max: 2 * time.Minute, Retries: 15}
	p.Options = netmodel.OptionsLinux
	p.PortMin, p.PortMax = 16000, 65535
	p.Timers = netmodel.Timers{}
	return p
}

// gvisorEvidence is where the values of GVisor are from.
func gvisorEvidence() []evidence {
	return []evidence{
		{Derived, "it stands in for Linux (L09)", fields{"Calls"}},
		{ReadInSource, "sys_socket.go @3c5eee17d: one is added, at most 1024", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "maxListenBacklog 1024: sys_socket.go @3c5eee17d", fields{"Backlog.Max"}},
		{Measured, "G: as many as Endpoint.Listen is given, which is one more; in silence", fields{"AtSyn", "OnFull"}},
		{Measured, "G: ACKs are dropped, phantoms as on Linux", fields{"AtAck", "OnAckFull"}},
		{Measured, "G: one less than Endpoint.Listen is given, then cookies", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Limit", "SynQueue.Cookies"}},
		{ReadInSource, "accept.go @3c5eee17d", fields{"SynQueue.Shared", "SynQueue.Evicts"}},
		{Measured, "G: ACKs are dropped", fields{"SynQueue.CookieFull"}},
		{ReadInSource, "accept.go @3c5eee17d has nothing of the kind", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes"}},
		{Measured, "G: ErrInvalidEndpointState, nothing changes, ST.10", fields{"Relisten"}},
		{Measured, "G", fields{"ListenConnecting", "ListenBinds"}},
		{Measured, "G: REUSEADDR twice, the second listen fails", fields{"CommitAtListen", "Binds"}},
		{ReadInSource, "netstack.go @3c5eee17d: taken from the queue before the descriptor, ST.5", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{Measured, "G: one after the other when apart; within a burst it varies", fields{"AcceptByArrival"}},
		{Measured, "G: accept returns it, read reports the reset", fields{"Aborted"}},
		{Measured, "G: RST to the queued; r: half-open ones too, endpoint.go @3c5eee17d", fields{"CloseListener"}},
		{Derived, "G: nothing of the kind was seen", fields{"Migrates"}},
		{Measured, "G: REUSEPORT twice is fine", fields{"Options"}},
		{ReadInSource, "FirstEphemeral 16000: ports.go", fields{"PortMin", "PortMax"}},
		{ReadInSource, "connect.go @0ed53e5e, snd.go: 1 s doubling, MaxRTO 120 s", fields{"SynAck"}},
		{Unknown, "not read; 200 ms doubling is chosen", fields{"Data"}},
		{Measured, "G: 0, 1, 3, 7, 15, 31, 63, 127 s", fields{"Client.Syn"}},
		{Measured, "G", fields{"Client.Refused"}},
		{Derived, "its timers are those of Go", fields{"Timers"}},
	}
}

// Netstack is gVisor's network stack as a library: the argument of Listen is
// exactly what fits, and 0 lets nobody in. Its system calls ask it for one more.
func Netstack() netmodel.Profile {
	p := GVisor()
	p.Name, p.Long = "netstack", "gVisor's netstack as a library"
	p.Backlog = netmodel.Backlog{Min: -1, Max: netmodel.MaxBacklog}
	p.AtSyn, p.AtAck = netmodel.Limit{}, netmodel.Limit{}
	p.SynQueue.Limit = netmodel.Limit{Add: -1}
	return p
}

// netstackEvidence is where the values of Netstack are from.
func netstackEvidence() []evidence {
	return []evidence{
		{Measured, "G: exactly the argument; 0 and less let nobody in", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Derived, "accept.go @3c5eee17d compares with the argument as it is", fields{"Backlog.Max"}},
	}
}

// LwIP is lwIP with TCP_LISTEN_BACKLOG = 1 and its socket layer.
func LwIP() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "lwip", "lwIP with TCP_LISTEN_BACKLOG"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 255}
	p.StarvedLoses = true
	p.Aborted = netmodel.AbortedAtReceive
	p.CloseListener = netmodel.CloseForgetsHalfOpen
	p.SynAck = netmodel.Schedule{First: 3 * time.Second, Retries: 6, Limit: 20 * time.Second}
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: 3 * time.Second, Factor: 1, Retries: 6}} // TCP_SYNMAXRTX
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// lwipEvidence is where the values of LwIP are from.
func lwipEvidence() []evidence {
	return []evidence{
		{ReadInSource, "tcp.c, sockets.c @3d896ba0: brought into 0 to 255, 0 is 1", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "tcp_in.c @3d896ba0: one counter for both kinds, ST.1", fields{"AtSyn", "SynQueue.Separate"}},
		{ReadInSource, "tcp_in.c @3d896ba0: in silence", fields{"OnFull"}},
		{ReadInSource, "tcp.c @3d896ba0: the limit and nothing else", fields{"Relisten"}},
		{ReadInSource, "sockets.c @3d896ba0: the netconn is deleted, ST.5", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "api_msg.c: accept succeeds, receive fails; the place is free at once there, and is not here", fields{"Aborted"}},
		{ReadInSource, "tcp.c @3d896ba0: half-open ones are found out when their ACK comes", fields{"CloseListener"}},
		{ReadInSource, "api_msg.c, api_lib.c @3d896ba0: a mailbox", fields{"AcceptByArrival"}},
		{ReadInSource, "sockets.c @3d896ba0", fields{"Slots"}},
		{ReadInSource, "TCP_LOCAL_PORT_RANGE_START 0xc000: tcp.c", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp.c @001e1f11: 3, 9, removed at 20 s", fields{"SynAck"}},
		{ReadInSource, "tcp.c @3d896ba0, opt.h: every 3 s, TCP_SYNMAXRTX 6", fields{"Client.Syn"}},
	}
}

// Smoltcp is smoltcp: as many connections as there are listening sockets, which
// stand for a backlog here, and an RST when none is left.
func Smoltcp() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "smoltcp", "smoltcp, with as many listening sockets as the backlog"
	p.Backlog = netmodel.Backlog{Max: 1024}
	p.OnFull = netmodel.RefuseWhenFull
	p.Aborted = netmodel.AbortedWithdraws
	p.SynAck = netmodel.Schedule{First: time.Second, Max: time.Minute, Retries: 20}
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: time.Second, Max: time.Minute, Retries: 20}}
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// smoltcpEvidence is where the values of Smoltcp are from.
func smoltcpEvidence() []evidence {
	return []evidence{
		{Derived, "there is no backlog: so many sockets listen", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "socket/tcp.rs @5393f885: one socket holds one connection", fields{"AtSyn", "SynQueue.Separate", "Slots", "AcceptByArrival"}},
		{ReadInSource, "iface/interface/tcp.rs @5393f885: RST; PR 1120 would be silent", fields{"OnFull"}},
		{Derived, "a socket is all there is: nothing is shared, nothing runs out", fields{"Relisten", "StarvedLoses", "DescriptorFirst", "CloseListener"}},
		{ReadInSource, "socket/tcp.rs @5393f885: the socket listens again", fields{"Aborted"}},
		{Derived, "the program names its port", fields{"ListenConnecting", "ListenBinds", "CommitAtListen", "Binds", "PortMin", "PortMax"}},
		{ReadInSource, "socket/tcp.rs @5393f885: 1 s doubling to 60 s, for ever unless the program sets a timeout; 20 times here", fields{"SynAck", "Client.Syn"}},
	}
}

// GoFakeNet is the network inside Go's runtime for js/wasm and wasip1: a connect
// that finds no room waits, and a closing listener ends what is pending.
func GoFakeNet() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "gofakenet", "the network inside Go programs for js/wasm and wasip1"
	p.Calls = netmodel.CallsFakeNet
	p.Binds = netmodel.BindsModern                   // an address and the wildcard are two names, each of which is taken once (D)
	p.Backlog = netmodel.Backlog{Min: 128, Max: 128} // SOMAXCONN, whatever is asked
	p.OnFull = netmodel.HoldWhenFull
	p.CloseListener = netmodel.CloseFinishes
	p.Aborted = netmodel.AbortedAtReceive
	p.SynAck = netmodel.Schedule{First: 24 * time.Hour}
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: 24 * time.Hour, Retries: 30}}
	p.PortMin, p.PortMax = 1, 65535
	return p
}

// goFakeNetEvidence is where the values of GoFakeNet are from.
func goFakeNetEvidence() []evidence {
	return []evidence{
		{Measured, "D", fields{"Calls"}},
		{Measured, "D: 128 whatever is asked; SOMAXCONN 0x80, net_fake.go", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.Somaxconn", "Backlog.HintMax", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Measured, "D: exactly 128", fields{"AtSyn", "SynQueue.Separate"}},
		{Measured, "D: a dial waits, first come, first served, ST.2", fields{"OnFull", "AcceptByArrival"}},
		{Derived, "net.Listen listens once", fields{"Relisten", "ListenConnecting", "ListenBinds", "CommitAtListen"}},
		{Unknown, "not tried; that only accept takes a descriptor is chosen", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{Derived, "its connections are buffers in memory: accept succeeds", fields{"Aborted"}},
		{Measured, "D: pending clients read the end", fields{"CloseListener"}},
		{Measured, "D: 127.0.0.1 and 0.0.0.0 on one port", fields{"Binds"}},
		{Unknown, "not read; any port is chosen", fields{"PortMin", "PortMax"}},
		{Derived, "D: no timers; a dial waits until its context ends", fields{"SynAck", "Data", "FinWait", "Client.Syn", "Client.Refused", "Timers", "SynQueue.RepeatRestarts"}},
	}
}
