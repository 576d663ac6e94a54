package netmodel

// What is known of the descendants of the Berkeley kernel, of commercial Unix
// systems, and of stacks for small machines. None of them was run by this
// project, save for gVisor's netstack and Go's fake network.

// berkeleyFacts speaks about no profile of its own: it is what can be said of all
// of them. bsdFacts is what was read in the kernels of Berkeley, and stands in all
// that descend from them openly.
const berkeleyFacts = `Calls	i	4.3BSD sockets; the codes as on Linux (L09)
Backlog.Somaxconn Backlog.HintMax	i	a number like any other; hints belong to Microsoft's TCP/IP (WS.B6)
ListenConnecting ListenBinds CommitAtListen	u	not read; as on Linux (L09) is chosen
ListenStarved RelistenStarved	i	listen takes no descriptor
Slots	i	only accept takes a descriptor, as in 4.3BSD
SlotReturnDelay CloseHoldsDescriptor ChildrenBlockRebind	i	known of Windows only (WS.Q5, WS.D11, WS.X5)
Order	i	a connection joins the queue when its handshake is over, as in 4.3BSD
Nesting	i	Unix has no callbacks; where one is pretended, WSPListen answers
Binds	u	not read; as on Linux (L09) is chosen
Options	i	what the system has of its own is not modelled
ErrorSticks	i	an error is reported once, as on Linux (K12)
PortMin PortMax	u	not read; 1024 to 5000 is chosen
Data	u	not read; as 4.4BSD is chosen
FinWait	u	not read; a minute is chosen
Client.Refused	i	an RST is final by RFC 793
Timers	i	by how much a timer is late is not modelled
SynQueue.RepeatRestarts	u	not read; that nothing begins anew is chosen
`

const bsdFacts = `Slots	r	uipc_socket2.c, uipc_syscalls.c: only accept takes a descriptor
Order	r	uipc_socket2.c: a connection joins the queue when its handshake is over
Data	r	TCPTV_MIN 1 s, TCPTV_REXMTMAX 64 s, TCP_MAXRXTSHIFT 12: tcp_timer.h
`

const freeBSDFacts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	uipc_socket.c of 13: negative and too large are kern.ipc.soacceptqueue
Backlog.Max	r	kern.ipc.soacceptqueue 128: uipc_socket.c of 13
AtSyn	r	tcp_input.c, tcp_syncache.c of 13 and @003f1ebc: ST.7; 7 as the first version is from memory
AtAck	r	uipc_socket.c of 13: more than 3/2; documented by 83c83f3e46
OnAckFull	r	tcp_syncache.c of 13: ST.7; net.inet.tcp.syncache.rst_on_sock_fail 1, a captured list of sysctl
SynQueue.Separate SynQueue.Size SynQueue.Max SynQueue.Shared	r	512 buckets of 30, tcp_syncache.c of 13; a captured list of sysctl
SynQueue.OnFull SynQueue.Victim	r	tcp_syncache.c of 13: the oldest of its bucket, ST.3; buckets are not modelled
SynQueue.Cookies SynQueue.CookieFull	r	tcp_syncache.c of 13: encoded in every sequence number
SynQueue.KeepsQuarter SynQueue.Prunes	r	tcp_syncache.c of 13 has nothing of the kind
SynQueue.RepeatRestarts	r	tcp_syncache.c: a SYN-ACK at once, timer and count begin anew; here the count goes on
Relisten	r	uipc_socket.c of 13: the limit and nothing else
Starved DescriptorFirst	r	uipc_syscalls.c of 12 and 13
Aborted	r	tcp_usrreq.c of 13 and 12: ST.4
CloseListener	r	uipc_socket.c, tcp_syncache.c of 13: entries of the cache outlive it and meet a closed port
PortMin PortMax	r	IPPORT_EPHEMERALFIRST, IPPORT_EPHEMERALLAST: in.h, in_pcb.c
Data	r	tcp_timer.h: at least 30 ms (hz/33), and 200 ms of slack
SynAck	r	tcp_syncache.c: 1, 2, 4, 8 s, each 200 ms longer, which is not modelled
Client.Syn	r	tcp_timer.c of 13; a first wait of 1 s from 13 on (D18941)
`

const freeBSD4Facts = `AtSyn	r	tcp_input.c of 5 and 6: at most the backlog
AtAck	r	uipc_socket.c: more than 3/2
OnFull	r	tcp_input.c of 5 and 6
OnAckFull	r	tcp_syncache.c: forgotten without an RST, ST.8; osv issue 283
SynQueue.Separate SynQueue.Size SynQueue.Max SynQueue.Shared SynQueue.OnFull SynQueue.Victim	r	tcp_syncache.c: 512 buckets of 30, the oldest goes
SynQueue.Cookies	r	tcp_syncache.c
SynQueue.CookieFull	i	as the entry that is forgotten (ST.8)
Starved DescriptorFirst	r	uipc_syscalls.c @4b3750d8: put back at the head
Aborted	r	tcp_usrreq.c of 5; 4.0 has no such test
CloseListener	i	as in 13
Relisten	i	as in 13
PortMin PortMax	i	the ports that FreeBSD of that time gave to others: 1024 to 5000, OpenBSD in.h 1.6
SynAck	r	tcp_syncache.c: 3, 9, 21, gone at 45 s
SynQueue.RepeatRestarts	r	tcp_syncache.c
Client.Syn	r	tcp_timer.c: waits of 1, 1, 1, 1, 1, 2, 4 and 8 times 3 s
`

const netBSDFacts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	uipc_socket.c, solisten: negative is 0
Backlog.Max	r	kern.somaxconn 128: uipc_socket.c
AtSyn OnFull	r	tcp_input.c: at most the backlog
AtAck	r	uipc_socket2.c @01298e0d: more than 3/2
OnAckFull	r	tcp_syncache.c @023842dd: the handshake is complete, so RST
SynQueue	r	tcp_syncache.c 1.7 @023842dd: 293 buckets of 35, the oldest goes, in silence (ST.3)
SynQueue.KeepsQuarter SynQueue.Prunes SynQueue.Cookies	r	tcp_syncache.c @023842dd has nothing of the kind
SynQueue.RepeatRestarts	r	tcp_syncache.c @023842dd: a SYN-ACK at once, the timer goes on
Relisten	r	uipc_socket.c, solisten
Starved DescriptorFirst	r	uipc_syscalls.c: EMFILE even when nothing waits; 2002 to 2008 waited first, and kept it
Aborted	r	soaccept in uipc_socket.c, in_proto.c @01298e0d: ST.4
CloseListener	r	uipc_socket.c, tcp_syncache.c: entries of the cache die with it
PortMin PortMax	r	IPPORT_ANONMIN, IPPORT_ANONMAX: in_pcb.c
SynAck	r	tcp_syncache.c 1.7, tcp_timer.h: 3, 9, 21, 45, gone at 93 s; from 2026 on 1 s is the first wait
Client.Syn	r	tcp_timer.c, tcp_timer.h: 6 s is the first wait; from 2026 on 1 s
`

const openBSDFacts = `Backlog Backlog.Min Backlog.ZeroIsMax	r	kern.sominconn 80: uipc_socket.c 1.94
Backlog.Max	r	kern.somaxconn 128: uipc_socket.c 1.94
Backlog.NegativeIsMax	i	compared as an unsigned number
AtSyn OnFull	r	tcp_input.c: at most the backlog
AtAck	r	uipc_socket2.c @01e259dd: more than 3 times
OnAckFull	r	tcp_input.c: the entry goes, RST
SynQueue	r	tcp_input.c, tcp_subr.c @00007ca3: 293 buckets of 35 in each of two sets, of which one is modelled; the oldest goes (ST.3)
SynQueue.KeepsQuarter SynQueue.Prunes SynQueue.Cookies	r	tcp_input.c has nothing of the kind
SynQueue.RepeatRestarts	i	as in NetBSD, whose code it shares
Relisten	i	as in NetBSD, whose code it shares
Starved DescriptorFirst	r	uipc_syscalls.c; 2003 put it back at the head
Aborted	r	uipc_socket.c, in_proto.c: ST.4
CloseListener	i	as in NetBSD, whose code it shares
PortMin PortMax	u	not read; those of NetBSD are chosen
SynAck	r	tcp_input.c, tcp_timer.h 1.19 @00007ca3: 1.5 s is the first wait
Client.Syn	r	tcp_timer.h, tcp_subr.c @00007ca3: 3 s is the first wait
`

const darwinFacts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	xnu 11417 uipc_socket.c: 0 and less are kern.ipc.somaxconn
Backlog.Max	r	kern.ipc.somaxconn 128; more on servers (serverperfmode): unix_startup.c
AtSyn	r	xnu 11417 uipc_socket2.c: exactly the backlog; kern.ipc.soqlimitcompat
SynQueue.Separate	r	xnu 11417 uipc_socket2.c: both kinds count (soqlencomp 0), ST.1
SynQueue.Victim	r	xnu tcp_input.c: one already reset, else the oldest, at high rates any; only the last is modelled
OnFull	r	xnu 11417 tcp_input.c: ST.3; silence if there is nothing half-open
Relisten	r	xnu 11417 uipc_socket.c: the limit and nothing else
Starved	r	xnu uipc_syscalls.c: closed on purpose, ST.5; older ones put it back
DescriptorFirst	r	xnu uipc_syscalls.c
Aborted	r	xnu tcp_usrreq.c, uipc_syscalls.c: accept does not look at the error; no address: Go syscall_bsd.go
CloseListener	r	xnu 11417 uipc_socket.c: aborts all
PortMin PortMax	u	not read; 49152 to 65535 is chosen
Data	i	as 4.4BSD, whose code it is
SynAck	r	xnu tcp_timer.c: 1 s doubling, at 75 s the keep timer ends it, with an RST
Client.Syn	r	xnu 11417 tcp_timer.c: the table for SYN_SENT
`

const bsd42Facts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	4.3BSD uipc_socket.c: negative is 0
Backlog.Max	r	SOMAXCONN 5: 4.3BSD uipc_socket.c, CSRG SCCS delta
AtSyn SynQueue.Separate	r	4.3BSD uipc_socket2.c: both kinds count, more than 3/2, ST.1
OnFull	r	4.3BSD tcp_input.c: in silence
Relisten	r	4.3BSD uipc_socket.c
Starved DescriptorFirst	r	4.3BSD uipc_syscalls.c: the descriptor is taken first
Aborted	r	4.3BSD uipc_socket.c: sofree takes it out of either queue
CloseListener	r	4.3BSD uipc_socket.c: soclose aborts all
SynAck	r	4.3BSD tcp_timer.c: 6 s doubling, 75 s in all
Client.Syn	r	4.3BSD tcp_timer.c: 6 s doubling, 75 s in all
Timers	i	tcp_slowtimo runs twice a second: tcp_timer.c
`

const bsd44Facts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax Relisten Aborted CloseListener	r	4.4BSD-Lite2 uipc_socket.c
Backlog.Max	r	SOMAXCONN 5: 4.4BSD-Lite2
AtSyn SynQueue.Separate	r	4.4BSD-Lite2 uipc_socket2.c: both kinds count, more than 3/2, ST.1
OnFull	r	4.4BSD-Lite2 tcp_input.c: in silence
Starved DescriptorFirst	r	4.4BSD-Lite2 uipc_syscalls.c
SynAck Client.Syn	r	4.4BSD-Lite2 tcp_timer.c, tcp_subr.c: 6 s, then 24 s
`

const macOSX102Facts = `Backlog Backlog.Min Backlog.ZeroIsMax	d	Stevens, Figure 4.10: 0 to 14
Backlog.NegativeIsMax	i	as 4.4BSD, whose code it is
Backlog.Max	u	the table ends at 14; that of later ones is chosen
AtSyn	d	Stevens, Figure 4.10: 15 of 15
SynQueue.Separate OnFull Relisten	i	as 4.4BSD, whose code it is
Starved DescriptorFirst Aborted CloseListener SynAck Client.Syn	i	as 4.4BSD, whose code it is
Timers	i	as 4.4BSD, whose code it is
`

const aix5Facts = `Backlog Backlog.Min Backlog.ZeroIsMax	d	Stevens, Figure 4.10: 0 to 14
Backlog.NegativeIsMax	i	as 4.4BSD, whose limit it has
Backlog.Max	d	no -o somaxconn 1024: a captured list of no -a
AtSyn	d	Stevens, Figure 4.10: 15 of 15
SynQueue.Separate	i	as 4.4BSD, whose limit it has
OnFull	u	Stevens' table says how many fit, not what happens then; silence is chosen
Relisten Starved DescriptorFirst Aborted CloseListener	u	no document read says; as 4.4BSD is chosen
PortMin PortMax	d	no -o tcp_ephemeral_low, tcp_ephemeral_high
SynAck Client.Syn	u	no -o tcp_keepinit ends it at 75 s, no document says when it is sent again; as 4.3BSD is chosen
Timers	i	its timers count half seconds (no -o tcp_keepinit 150)
`

const hpux11Facts = `Backlog Backlog.Min Backlog.ZeroIsMax	d	Stevens, Figure 4.10: 0 to 14
Backlog.NegativeIsMax	u	nobody says what -1 is; as 0 is chosen
Backlog.Max	d	tcp_conn_request_max 4096 of 11i v3: HP TCP/IP white paper, 2008
AtSyn	d	Stevens, Figure 4.10: 15 of 15; the white paper on 11i v3 says the backlog itself
SynQueue.Separate	u	11i v3 counts half-open ones apart (tcp_syn_rcvd_max 500); one pool is chosen for 11.11
OnFull	u	Stevens' table says how many fit, not what happens then
Relisten Starved DescriptorFirst Order Aborted CloseListener Slots	u	no document read says; as 4.4BSD is chosen
PortMin PortMax	d	ndd /dev/tcp tcp_smallest_anon_port
SynAck Client.Syn	u	TCP_KEEPINIT ends it at 75 s (tcp(7P)), no document says when it is sent again; 1 s doubling is chosen
`

const illumosFacts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	sockcommon.c: negative is 0, 3n/2 + 1; then tcp_socket.c @0588e7f3 clips
Backlog.Max	r	_conn_req_max_q 128: tcp_tunables.c @1751ed28
AtSyn OnFull	r	tcp_input.c: at least as many, in silence
AtAck OnAckFull	r	tcp_input.c: ST.9; a TLI listener defers instead
SynQueue.Separate SynQueue.Size SynQueue.Limit SynQueue.Shared	r	tcp_input.c: 1024 (_conn_req_max_q0) beyond the backlog
SynQueue.OnFull SynQueue.Victim	r	tcp_input.c, tcp_timers.c @4047c26b: the oldest that timed out, in silence
SynQueue.KeepsQuarter SynQueue.Prunes SynQueue.Cookies	r	tcp_input.c has nothing of the kind
Relisten	r	tcp.c: the limit, either way; what is queued stays
Starved DescriptorFirst	r	sockfs: the descriptor is taken first, the comment says why
Aborted	r	tcp_input.c, sockfs: ST.4
CloseListener	r	tcp.c: RST to all
PortMin PortMax	d	ndd /dev/tcp tcp_smallest_anon_port
Slots	r	sockfs: only accept takes a descriptor
Order	r	tcp_newconn_notify: in the order of completion
SynAck Client.Syn	r	tcp_timers.c, tcp_tunables.c: 1.125 s doubling, at most 60 s, given up by the first that rings after 180 s
`

const solaris9Facts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	d	Stevens, Figure 4.10: 14 of 15, 4 holds 6 there
Backlog.Max	d	tcp_conn_req_max_q 128: Sun E19683-01
SynQueue.Limit	d	tcp_conn_req_max_q0 1024: Sun E19683-01
AtSyn AtAck OnFull OnAckFull Relisten Slots Starved DescriptorFirst Order Aborted CloseListener	i	as illumos, which descends from it
SynQueue.Separate SynQueue.Size SynQueue.Shared SynQueue.OnFull SynQueue.Victim	i	as illumos, which descends from it
SynQueue.KeepsQuarter SynQueue.Prunes SynQueue.Cookies	i	as illumos, which descends from it
SynQueue.RepeatRestarts	u	not read; that nothing begins anew is chosen
PortMin PortMax	d	ndd /dev/tcp tcp_smallest_anon_port
SynAck Client.Syn	u	a first wait of 3 s to Solaris 10 is from memory; doubling to 60 s, 3 minutes in all
`

const lwipFacts = `Backlog Backlog.Min Backlog.Max Backlog.NegativeIsMax Backlog.ZeroIsMax	r	tcp.c, sockets.c @3d896ba0: brought into 0 to 255, 0 is 1
AtSyn SynQueue.Separate	r	tcp_in.c @3d896ba0: one counter for both kinds, ST.1
OnFull	r	tcp_in.c @3d896ba0: in silence
Relisten	r	tcp.c @3d896ba0: the limit and nothing else
Starved DescriptorFirst	r	sockets.c @3d896ba0: the netconn is deleted, ST.5
Aborted	r	api_msg.c: accept succeeds, receive fails; the place is free at once there, and is not here
CloseListener	r	tcp.c @3d896ba0: half-open ones are found out when their ACK comes
Order	r	api_msg.c, api_lib.c @3d896ba0: a mailbox
Slots	r	sockets.c @3d896ba0
PortMin PortMax	r	TCP_LOCAL_PORT_RANGE_START 0xc000: tcp.c
SynAck	r	tcp.c @001e1f11: 3, 9, removed at 20 s
Client.Syn	r	tcp.c @3d896ba0, opt.h: every 3 s, TCP_SYNMAXRTX 6
`

const smoltcpFacts = `Backlog Backlog.Min Backlog.Max Backlog.NegativeIsMax Backlog.ZeroIsMax	i	there is no backlog: so many sockets listen
AtSyn SynQueue.Separate Slots Order	r	socket/tcp.rs @5393f885: one socket holds one connection
OnFull	r	iface/interface/tcp.rs @5393f885: RST; PR 1120 would be silent
Relisten Starved DescriptorFirst CloseListener	i	a socket is all there is: nothing is shared, nothing runs out
Aborted	r	socket/tcp.rs @5393f885: the socket listens again
ListenConnecting ListenBinds CommitAtListen Binds PortMin PortMax	i	the program names its port
SynAck Client.Syn	r	socket/tcp.rs @5393f885: 1 s doubling to 60 s, for ever unless the program sets a timeout; 20 times here
`

const gvisorFacts = `Calls	i	it stands in for Linux (L09)
Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	sys_socket.go @3c5eee17d: one is added, at most 1024
Backlog.Max	r	maxListenBacklog 1024: sys_socket.go @3c5eee17d
AtSyn OnFull	m	G: as many as Endpoint.Listen is given, which is one more; in silence
AtAck OnAckFull	m	G: ACKs are dropped, phantoms as on Linux
SynQueue.Separate SynQueue.Size SynQueue.Limit SynQueue.Cookies	m	G: one less than Endpoint.Listen is given, then cookies
SynQueue.Shared SynQueue.OnFull	r	accept.go @3c5eee17d
SynQueue.CookieFull	m	G: ACKs are dropped
SynQueue.KeepsQuarter SynQueue.Prunes	r	accept.go @3c5eee17d has nothing of the kind
Relisten	m	G: ErrInvalidEndpointState, nothing changes, ST.10
ListenConnecting ListenBinds	m	G
CommitAtListen Binds	m	G: REUSEADDR twice, the second listen fails
Slots Starved DescriptorFirst	r	netstack.go @3c5eee17d: taken from the queue before the descriptor, ST.5
Order	m	G: one after the other when apart; within a burst it varies
Aborted	m	G: accept returns it, read reports the reset
CloseListener	m	G: RST to the queued; r: half-open ones too, endpoint.go @3c5eee17d
Migrates	i	G: nothing of the kind was seen
Options	m	G: REUSEPORT twice is fine
PortMin PortMax	r	FirstEphemeral 16000: ports.go
SynAck	r	connect.go @0ed53e5e, snd.go: 1 s doubling, MaxRTO 120 s
Data	u	not read; 200 ms doubling is chosen
Client.Syn	m	G: 0, 1, 3, 7, 15, 31, 63, 127 s
Client.Refused	m	G
Timers	i	its timers are those of Go
`

const netstackFacts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	m	G: exactly the argument; 0 and less let nobody in
Backlog.Max	i	accept.go @3c5eee17d compares with the argument as it is
`

const goFakeNetFacts = `Calls	m	D
Backlog Backlog.Min Backlog.Max Backlog.Somaxconn Backlog.HintMax Backlog.NegativeIsMax Backlog.ZeroIsMax	m	D: 128 whatever is asked; SOMAXCONN 0x80, net_fake.go
AtSyn SynQueue.Separate	m	D: exactly 128
OnFull Order	m	D: a dial waits, first come, first served, ST.2
Relisten ListenConnecting ListenBinds CommitAtListen	i	net.Listen listens once
Slots Starved DescriptorFirst	u	not tried; that only accept takes a descriptor is chosen
Aborted	i	its connections are buffers in memory: accept succeeds
CloseListener	m	D: pending clients read the end
Binds	m	D: 127.0.0.1 and 0.0.0.0 on one port
PortMin PortMax	u	not read; any port is chosen
SynAck Data FinWait Client.Syn Client.Refused Timers SynQueue.RepeatRestarts	i	D: no timers; a dial waits until its context ends
`
