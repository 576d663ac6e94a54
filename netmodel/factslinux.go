package netmodel

// What is known of Linux, from the kernel that was measured down to the oldest.
const linuxFacts = `Calls	m	L06, L07, L09
Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	m	K1: L01 423/423, L01b
Backlog.Max	d	net.core.somaxconn: 4096 from 5.4 on, ip-sysctl
Backlog.Somaxconn Backlog.HintMax	m	L09, L01b: 2147483647 and negative numbers are as any above somaxconn
AtSyn	m	K1, K2: L01 423/423
AtAck	m	K4: L11, L13
SynQueue.Separate SynQueue.Size SynQueue.Limit SynQueue.OnFull	m	K3: L14 216/216
SynQueue.Max	r	max(128, entries of the hash table/128), net/ipv4/tcp.c; 2048 where it was measured
SynQueue.Shared	r	inet_connection_sock.h of 6.18.19: counted per listener
SynQueue.Cookies	m	K3: L14; net.ipv4.tcp_syncookies
SynQueue.CookieFull	m	K4: L13 18/18
SynQueue.KeepsQuarter	m	K3: L14
SynQueue.Prunes	m	K6: 12 half-open at listen(16) were 8 after 7.2 s; L14
SynQueue.RepeatRestarts	m	a SYN-ACK at once, and the next counted from there
OnFull	m	K2: L01, L10
OnAckFull	m	K4: L11; reset with net.ipv4.tcp_abort_on_overflow
Relisten	m	K10: L04
ListenConnecting ListenBinds CommitAtListen Binds	m	L09
ListenStarved	i	a further listen needs no descriptor (L05)
RelistenStarved	m	L05
Slots Starved DescriptorFirst	m	K9: L05
SlotReturnDelay CloseHoldsDescriptor	m	L05: a closed descriptor and a place are there at once
Order	m	K5: L01 408/408
Aborted	m	K12: L07
CloseListener	m	K11: L06
Migrates	m	K15: L18, tcp_migrate_req 0
Options	m	K14, K15: L17, L18
ErrorSticks	i	an error is reported once (K12)
PortMin PortMax	d	net.ipv4.ip_local_port_range, ip-sysctl
Nesting	i	Unix has no callbacks; where one is pretended, WSPListen answers
ChildrenBlockRebind	i	a defect of NT 4 (WS.X5)
SynAck	m	K6: L15, L11
Data	m	L11; net.ipv4.tcp_retries2 is documented, ip-sysctl
FinWait	d	net.ipv4.tcp_fin_timeout, ip-sysctl
Client.Syn	m	K13: L10 318/318
Client.Refused	m	L08
Timers	m	L10 318/318, L19 333/336; HZ is that of the machine
`

const linux65Facts = `Calls Backlog.Somaxconn Backlog.HintMax ListenConnecting ListenBinds CommitAtListen Binds ListenStarved RelistenStarved Options	i	as measured on 6.18 (L05, L09, L17, L18)
Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	net/socket.c of 4.19.191, 6.1.192 and 6.12.117: compared unsigned with somaxconn
AtSyn AtAck OnFull OnAckFull	r	tcp_input.c, tcp_minisocks.c of 4.19.191, 6.1.192 and 6.12.117
SynQueue.Separate SynQueue.Size SynQueue.Shared SynQueue.OnFull SynQueue.Cookies SynQueue.KeepsQuarter	r	tcp_input.c of 4.19.191, 6.1.192 and 6.12.117
SynQueue.Limit	r	inet_connection_sock.h @010e85f9: at least as many as the backlog; "more than" came with 3479c7549fb1, and to some in stable releases
SynQueue.CookieFull	i	as measured on 6.18 (L13)
SynQueue.Prunes	r	inet_connection_sock.c of 4.19.191, 6.1.192 and 6.12.117
SynQueue.RepeatRestarts	i	as measured on 6.18
Relisten	r	af_inet.c, inet_connection_sock.c of 4.19.191, 6.1.192 and 6.12.117
Slots Starved DescriptorFirst	r	net/socket.c of 2.6.18 and later: the file is allocated first, from 39d8c1b6fbae on
SlotReturnDelay CloseHoldsDescriptor	i	as measured on 6.18 (L05)
Order	r	inet_connection_sock.c of 4.19.191, 6.1.192 and 6.12.117
Aborted	i	as measured on 6.18 (L07)
CloseListener	i	as measured on 6.18 (L06)
Migrates	d	net.ipv4.tcp_migrate_req, from 5.14 on, is 0: ip-sysctl
SynAck	r	tcp.h, tcp_timer.c of 4.19.191, 6.1.192 and 6.12.117
Data	i	as measured on 6.18 (L11)
Client.Syn	d	tcp_syn_linear_timeouts from ccce324dabfe (6.5) on: ip-sysctl
Client.Refused	i	as measured on 6.18 (L08)
Timers	i	the wheel as measured on 6.18 (L10, L19)
`

const linux54Facts = `Client.Syn	d	tcp_syn_retries 6, about 127 s, from 3.7 on: tcp(7), ip-sysctl
`

const linux410Facts = `Backlog.Max	d	net.core.somaxconn: 128 before 19f92a030ca6 (5.4), ip-sysctl
SynQueue.Max	r	max(128, entries of the hash table/256), net/ipv4/tcp.c of 3.x and 4.x; 512 is a small machine
OnFull	r	no test for young requests in 4.19.191; 5ea8ea2cb7f1 (4.10) took it out
Migrates	i	net.ipv4.tcp_migrate_req is younger (5.14)
`

const linux43Facts = `OnFull Young	d	4.3 as quoted at pullrequest.ru/12825060; until 5ea8ea2cb7f1 (4.10), ST.6
SynQueue.Limit	d	4.3 as quoted at pullrequest.ru/12825060
Timers	i	at the tick; the wheel came with 4.8
`

const linux2620Facts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax Relisten	r	af_inet.c, inet_connection_sock.c, net/socket.c of 2.6.24, 3.13 and 3.18.92
AtSyn AtAck OnAckFull	r	tcp_ipv4.c, tcp_minisocks.c of 2.6.24, 3.13 and 3.18.92
OnFull Young	r	tcp_ipv4.c of 2.6.24, 3.13 and 3.18.92: ST.6
SynQueue.Separate SynQueue.Size SynQueue.Shared	r	request_sock.c of 2.6.24, 3.13 and 3.18.92: fixed by the first listen
SynQueue.Max	i	max(128, entries of the hash table/256), net/ipv4/tcp.c of 3.x; 1024 is a large machine
SynQueue.OnFull SynQueue.Cookies SynQueue.KeepsQuarter	r	tcp_ipv4.c of 2.6.24, 3.13 and 3.18.92
SynQueue.Prunes Order	r	inet_connection_sock.c of 2.6.24, 3.13 and 3.18.92
SynQueue.RepeatRestarts	u	not read; as measured on 6.18 is chosen
SynAck	r	3 s until 9ad7c049f0f7 (3.1): tcp.h of 2.6.24; 1 s in 3.13
Data	u	not read; as measured on 6.18 is chosen
Client.Syn	r	tcp.h, tcp_timer.c of 2.6.24; 1 s from 9ad7c049f0f7 (3.1), 6 retries from 3.7 on
PortMin PortMax	d	net.ipv4.ip_local_port_range of the time: 61000 is the last
`

const linux24Facts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax Relisten	r	net/socket.c, af_inet.c of 2.4.16, 2.6.11 and 2.6.18
AtSyn AtAck OnAckFull Order	r	tcp_ipv4.c, tcp_minisocks.c, tcp.c of 2.4.16, 2.4.19, 2.6.11 and 2.6.18
OnFull Young	r	tcp_ipv4.c of 2.4.16 and 2.4.19: ST.6
SynQueue.Separate SynQueue.Size SynQueue.Shared SynQueue.OnFull SynQueue.KeepsQuarter SynQueue.Prunes	r	tcp_ipv4.c, tcp.c, tcp_timer.c of 2.4.16, 2.4.19 and 2.6.18
SynQueue.Cookies	i	2.4.16: only if a kernel is built with them and they are enabled; a kernel without is chosen
SynQueue.Max	r	1024 on a large machine: tcp.c of 2.4.16 and 2.6.18
Slots Starved DescriptorFirst	r	net/socket.c of 2.4.16 and 2.6.11: ST.5; 2.6.18 keeps it (39d8c1b6fbae, 2.6.17)
SynAck Client.Syn	r	tcp.h, tcp_timer.c of 2.4.16 and 2.6.18
PortMin PortMax	i	as later; tcp_ipv4.c has 1024 to 4999 for small machines
Timers	r	HZ 100: asm-i386/param.h of 2.4.18
`

const linux22Facts = `Backlog Backlog.Min Backlog.NegativeIsMax Backlog.ZeroIsMax	r	af_inet.c of 2.2.1: 0 is 1, negative is the largest
Backlog.Max	r	128 at compile time, 2.2.1
AtSyn AtAck OnAckFull	r	tcp_ipv4.c of 2.2.1: only the final ACK is tested
SynQueue.Separate SynQueue.Size SynQueue.Max SynQueue.Shared SynQueue.OnFull	r	tcp_ipv4.c of 2.2.1: more than tcp_max_syn_backlog = 128 for each listener
SynQueue.KeepsQuarter SynQueue.Prunes	i	both are younger (2.4)
Relisten	r	af_inet.c of 2.2.1
Slots Starved DescriptorFirst	r	net/socket.c of 2.2.1: ST.5
Order	r	tcp.c of 2.2.1: ST.11
Aborted	r	af_inet.c, tcp.c of 2.2.1 @8089b4c6, for a listener that does not block; one that blocks reports the error
CloseListener	u	not read; as measured on 6.18 is chosen
SynAck	r	tcp_retries1 = 7, 3 s doubling to 120: tcp_timer.c of 2.2.1
Client.Syn	i	3 s doubling to 120, 10 retries: tcp_timer.c of 2.2.1, read in part
`

const unixFacts = `AtSyn	m	K16: L16
SynQueue.Separate	i	there is no handshake, so nothing is half-open
OnFull	m	K16: L16
ListenBinds	m	L09: EINVAL
Calls Binds CommitAtListen ListenConnecting ListenStarved RelistenStarved Relisten Slots Starved DescriptorFirst Aborted CloseHoldsDescriptor SlotReturnDelay	i	as measured with TCP on the same kernel (L04, L05, L07, L09)
CloseListener	i	as TCP does with what is complete (L06)
Order	i	as measured with TCP on the same kernel (L01)
Options PortMin PortMax	i	a socket of AF_UNIX has neither ports nor options of TCP
SynQueue.RepeatRestarts SynAck Data FinWait Client.Syn Client.Refused Timers	i	there are no segments: nothing is lost, nothing is sent again
`

const wineFacts = `Calls	m	W: 148 checks
Backlog Backlog.Min Backlog.Max Backlog.Somaxconn Backlog.HintMax Backlog.NegativeIsMax Backlog.ZeroIsMax AtSyn	m	W: the kernel's, hints are not honoured
OnFull Relisten	m	W: the kernel's
ListenConnecting	i	as the kernel (L09)
ListenBinds CommitAtListen Binds Options	m	W: 45 combinations of two sockets on one port
ListenStarved RelistenStarved Starved DescriptorFirst	u	not tried; keeping the connection, as the kernel does, is chosen
Slots	i	as the kernel (L05)
ConditionFirst	u	not tried; no is chosen
DeferHidesReadable Nesting	u	not tried; as WSPListen has it is chosen
Aborted CloseListener	m	W: accept succeeds, the end is read
ErrorSticks	m	W
`
