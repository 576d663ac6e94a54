package profiles

import (
	"time"

	"wspsim/netmodel"
)

// Commercial Unix systems, stacks for small machines, and networks inside a program.

// HPUX11 is HP-UX 11.11, as in Stevens' table. No source says what HP-UX does when the queue
// is full.
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

// hpux11Evidence has the sources of the values of HPUX11.
func hpux11Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 0 to 14", fields{"Backlog", "Backlog.Min", "Backlog.ZeroIsMax"}},
		{Unknown, "no document says what -1 is; the value of 0 is chosen", fields{"Backlog.NegativeIsMax"}},
		{Documented, "tcp_conn_request_max 4096 of 11i v3: HP TCP/IP white paper, 2008", fields{"Backlog.Max"}},
		{Documented, "Stevens, Figure 4.10: 15 of 15 rows agree; the white paper on 11i v3 says exactly the backlog", fields{"AtSyn"}},
		{Unknown, "11i v3 counts half-open connections separately (tcp_syn_rcvd_max 500); one pool of slots is chosen for 11.11", fields{"SynQueue.Separate"}},
		{Unknown, "Stevens' table says how many connections fit, not what happens then", fields{"OnFull"}},
		{Unknown, "no document that was read says; the behaviour of 4.4BSD is chosen", fields{"Relisten", "StarvedLoses", "DescriptorFirst", "AcceptByArrival", "Aborted", "CloseListener", "Slots"}},
		{Documented, "ndd /dev/tcp tcp_smallest_anon_port", fields{"PortMin", "PortMax"}},
		{Unknown, "TCP_KEEPINIT ends the attempt at 75 s (tcp(7P)), no document says when the SYN is sent again; waits of 1 s, doubling, are chosen", fields{"SynAck", "Client.Syn"}},
	}
}

// Illumos is illumos: backlog n becomes 3n/2 + 1, at most tcp_conn_req_max_q. A final ACK
// always gets in.
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

// illumosEvidence has the sources of the values of Illumos.
func illumosEvidence() []evidence {
	return []evidence{
		{ReadInSource, "sockcommon.c: a negative backlog is 0, n becomes 3n/2 + 1; then tcp_socket.c @0588e7f3 limits it", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "_conn_req_max_q 128: tcp_tunables.c @1751ed28", fields{"Backlog.Max"}},
		{ReadInSource, "tcp_input.c: the test is \"at least the backlog\", the SYN gets no answer", fields{"AtSyn", "OnFull"}},
		{ReadInSource, "tcp_input.c: ST.9; a TLI listener defers instead", fields{"AtAck", "OnAckFull"}},
		{ReadInSource, "tcp_input.c: 1024 (_conn_req_max_q0) beyond the backlog", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Limit", "SynQueue.Shared"}},
		{ReadInSource, "tcp_input.c, tcp_timers.c @4047c26b: the oldest that timed out, without an RST", fields{"SynQueue.Evicts", "SynQueue.Victim"}},
		{ReadInSource, "tcp_input.c has no such code", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{ReadInSource, "tcp.c: another listen sets the limit, larger or smaller; queued connections stay", fields{"Relisten"}},
		{ReadInSource, "sockfs: accept takes the descriptor first, a comment there says why", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "tcp_input.c, sockfs: ST.4", fields{"Aborted"}},
		{ReadInSource, "tcp.c: RST to all", fields{"CloseListener"}},
		{Documented, "ndd /dev/tcp tcp_smallest_anon_port", fields{"PortMin", "PortMax"}},
		{ReadInSource, "sockfs: only accept takes a descriptor", fields{"Slots"}},
		{ReadInSource, "tcp_newconn_notify: in the order of completion", fields{"AcceptByArrival"}},
		{ReadInSource, "tcp_timers.c, tcp_tunables.c: waits of 1.125 s, doubling, at most 60 s; given up at the first timeout after 180 s", fields{"SynAck", "Client.Syn"}},
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

// solaris9Evidence has the sources of the values of Solaris9.
func solaris9Evidence() []evidence {
	return []evidence{
		{Documented, "Stevens, Figure 4.10: 14 of 15 rows agree; there backlog 4 holds 6", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Documented, "tcp_conn_req_max_q 128: Sun E19683-01", fields{"Backlog.Max"}},
		{Documented, "tcp_conn_req_max_q0 1024: Sun E19683-01", fields{"SynQueue.Limit"}},
		{Derived, "as illumos, which descends from it", fields{"AtSyn", "AtAck", "OnFull", "OnAckFull", "Relisten", "Slots", "StarvedLoses", "DescriptorFirst", "AcceptByArrival", "Aborted", "CloseListener"}},
		{Derived, "as illumos, which descends from it", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Shared", "SynQueue.Evicts", "SynQueue.Victim"}},
		{Derived, "as illumos, which descends from it", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes", "SynQueue.Cookies"}},
		{Unknown, "not read; chosen: a repeated SYN restarts nothing", fields{"SynQueue.RepeatRestarts"}},
		{Documented, "ndd /dev/tcp tcp_smallest_anon_port", fields{"PortMin", "PortMax"}},
		{Unknown, "that the first wait is 3 s up to Solaris 10 is from memory; waits double to 60 s, 3 minutes in all", fields{"SynAck", "Client.Syn"}},
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

// gvisorEvidence has the sources of the values of GVisor.
func gvisorEvidence() []evidence {
	return []evidence{
		{Derived, "it offers the system calls of Linux (L09)", fields{"Calls"}},
		{ReadInSource, "sys_socket.go @3c5eee17d: the system call adds 1, at most 1024", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "maxListenBacklog 1024: sys_socket.go @3c5eee17d", fields{"Backlog.Max"}},
		{Measured, "G: exactly the argument of Endpoint.Listen, which is the backlog + 1; the SYN gets no answer", fields{"AtSyn", "OnFull"}},
		{Measured, "G: ACKs are dropped, phantoms as on Linux", fields{"AtAck", "OnAckFull"}},
		{Measured, "G: one less than the argument of Endpoint.Listen, then cookies", fields{"SynQueue.Separate", "SynQueue.Size", "SynQueue.Limit", "SynQueue.Cookies"}},
		{ReadInSource, "accept.go @3c5eee17d", fields{"SynQueue.Shared", "SynQueue.Evicts"}},
		{Measured, "G: ACKs are dropped", fields{"SynQueue.CookieFull"}},
		{ReadInSource, "accept.go @3c5eee17d has no such code", fields{"SynQueue.KeepsQuarter", "SynQueue.Prunes"}},
		{Measured, "G: ErrInvalidEndpointState, nothing changes, ST.10", fields{"Relisten"}},
		{Measured, "G", fields{"ListenConnecting", "ListenBinds"}},
		{Measured, "G: REUSEADDR twice, the second listen fails", fields{"CommitAtListen", "Binds"}},
		{ReadInSource, "netstack.go @3c5eee17d: accept takes the connection from the queue before the descriptor, ST.5", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{Measured, "G: in order of arrival; within a burst the order varies", fields{"AcceptByArrival"}},
		{Measured, "G: accept returns it, read reports the reset", fields{"Aborted"}},
		{Measured, "G: RST to queued connections; to half-open ones too, read in endpoint.go @3c5eee17d", fields{"CloseListener"}},
		{Derived, "G: no migration was seen", fields{"Migrates"}},
		{Measured, "G: two sockets with REUSEPORT can listen", fields{"Options"}},
		{ReadInSource, "FirstEphemeral 16000: ports.go", fields{"PortMin", "PortMax"}},
		{ReadInSource, "connect.go @0ed53e5e, snd.go: 1 s doubling, MaxRTO 120 s", fields{"SynAck"}},
		{Unknown, "not read; 200 ms doubling is chosen", fields{"Data"}},
		{Measured, "G: 0, 1, 3, 7, 15, 31, 63, 127 s", fields{"Client.Syn"}},
		{Measured, "G", fields{"Client.Refused"}},
		{Derived, "it uses the timers of Go", fields{"Timers"}},
	}
}

// Netstack is gVisor's network stack as a library: the queue holds exactly the argument of
// Listen. With 0 no connection gets in. The system calls of gVisor pass backlog + 1.
func Netstack() netmodel.Profile {
	p := GVisor()
	p.Name, p.Long = "netstack", "gVisor's netstack as a library"
	p.Backlog = netmodel.Backlog{Min: -1, Max: netmodel.MaxBacklog}
	p.AtSyn, p.AtAck = netmodel.Limit{}, netmodel.Limit{}
	p.SynQueue.Limit = netmodel.Limit{Add: -1}
	return p
}

// netstackEvidence has the sources of the values of Netstack.
func netstackEvidence() []evidence {
	return []evidence{
		{Measured, "G: exactly the argument; with 0 or less no connection gets in", fields{"Backlog", "Backlog.Min", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
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

// lwipEvidence has the sources of the values of LwIP.
func lwipEvidence() []evidence {
	return []evidence{
		{ReadInSource, "tcp.c, sockets.c @3d896ba0: the backlog is limited to 0 to 255, 0 becomes 1", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "tcp_in.c @3d896ba0: one counter for half-open and complete connections, ST.1", fields{"AtSyn", "SynQueue.Separate"}},
		{ReadInSource, "tcp_in.c @3d896ba0: the SYN gets no answer", fields{"OnFull"}},
		{ReadInSource, "tcp.c @3d896ba0: another listen sets the limit and nothing else", fields{"Relisten"}},
		{ReadInSource, "sockets.c @3d896ba0: the netconn is deleted, ST.5", fields{"StarvedLoses", "DescriptorFirst"}},
		{ReadInSource, "api_msg.c: accept succeeds, receive fails; lwIP frees the slot at once, the model does not", fields{"Aborted"}},
		{ReadInSource, "tcp.c @3d896ba0: a half-open connection is detected when its ACK comes", fields{"CloseListener"}},
		{ReadInSource, "api_msg.c, api_lib.c @3d896ba0: a mailbox", fields{"AcceptByArrival"}},
		{ReadInSource, "sockets.c @3d896ba0", fields{"Slots"}},
		{ReadInSource, "TCP_LOCAL_PORT_RANGE_START 0xc000: tcp.c", fields{"PortMin", "PortMax"}},
		{ReadInSource, "tcp.c @001e1f11: sent again at 3 and 9 s, removed at 20 s", fields{"SynAck"}},
		{ReadInSource, "tcp.c @3d896ba0, opt.h: every 3 s, TCP_SYNMAXRTX 6", fields{"Client.Syn"}},
	}
}

// Smoltcp is smoltcp: each listening socket takes one connection, so the number of listening
// sockets is the backlog here. A SYN that finds no listening socket is answered with an RST.
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

// smoltcpEvidence has the sources of the values of Smoltcp.
func smoltcpEvidence() []evidence {
	return []evidence{
		{Derived, "smoltcp has no backlog: the number of listening sockets stands for it", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{ReadInSource, "socket/tcp.rs @5393f885: one socket holds one connection", fields{"AtSyn", "SynQueue.Separate", "Slots", "AcceptByArrival"}},
		{ReadInSource, "iface/interface/tcp.rs @5393f885: the answer is an RST; with PR 1120 there would be no answer", fields{"OnFull"}},
		{Derived, "each connection is one socket: nothing is shared, nothing runs out", fields{"Relisten", "StarvedLoses", "DescriptorFirst", "CloseListener"}},
		{ReadInSource, "socket/tcp.rs @5393f885: the socket listens again", fields{"Aborted"}},
		{Derived, "the program chooses its port", fields{"ListenConnecting", "ListenBinds", "CommitAtListen", "Binds", "PortMin", "PortMax"}},
		{ReadInSource, "socket/tcp.rs @5393f885: waits of 1 s, doubling to 60 s, without an end unless the program sets a timeout; 20 retransmissions here", fields{"SynAck", "Client.Syn"}},
	}
}

// GoFakeNet is the network inside Go's runtime for js/wasm and wasip1. A connect that finds no
// slot waits. A closing listener ends its pending connections.
func GoFakeNet() netmodel.Profile {
	p := berkeley()
	p.Name, p.Long = "gofakenet", "the network inside Go programs for js/wasm and wasip1"
	p.Calls = netmodel.CallsFakeNet
	p.Binds = netmodel.BindsModern                   // an address and the wildcard are two names, and each can be bound once (D)
	p.Backlog = netmodel.Backlog{Min: 128, Max: 128} // SOMAXCONN, for every argument of listen
	p.OnFull = netmodel.HoldWhenFull
	p.CloseListener = netmodel.CloseFinishes
	p.Aborted = netmodel.AbortedAtReceive
	p.SynAck = netmodel.Schedule{First: 24 * time.Hour}
	p.Client = netmodel.Client{Syn: netmodel.Schedule{First: 24 * time.Hour, Retries: 30}}
	p.PortMin, p.PortMax = 1, 65535
	return p
}

// goFakeNetEvidence has the sources of the values of GoFakeNet.
func goFakeNetEvidence() []evidence {
	return []evidence{
		{Measured, "D", fields{"Calls"}},
		{Measured, "D: 128 for every backlog; SOMAXCONN 0x80, net_fake.go", fields{"Backlog", "Backlog.Min", "Backlog.Max", "Backlog.Somaxconn", "Backlog.HintMax", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Measured, "D: exactly 128", fields{"AtSyn", "SynQueue.Separate"}},
		{Measured, "D: a dial waits; dials get in, in order of arrival, ST.2", fields{"OnFull", "AcceptByArrival"}},
		{Derived, "net.Listen listens once", fields{"Relisten", "ListenConnecting", "ListenBinds", "CommitAtListen"}},
		{Unknown, "not tried; chosen: only accept takes a descriptor", fields{"Slots", "StarvedLoses", "DescriptorFirst"}},
		{Derived, "its connections are buffers in memory: accept succeeds", fields{"Aborted"}},
		{Measured, "D: pending clients read the end of the stream", fields{"CloseListener"}},
		{Measured, "D: 127.0.0.1 and 0.0.0.0 on one port", fields{"Binds"}},
		{Unknown, "not read; any port is chosen", fields{"PortMin", "PortMax"}},
		{Derived, "D: no timers; a dial waits until its context ends", fields{"SynAck", "Data", "FinWait", "Client.Syn", "Client.Refused", "Timers", "SynQueue.RepeatRestarts"}},
	}
}
