package profiles

import "strings"

// Rule is one statement that the model follows, or knowingly does not, in our
// own short words.
type Rule struct {
	ID string // as in Cause.Rule and behind the names of tests
	// MEAS measured on the system itself; READ read in its source; DOC documented by
	// its maker, Microsoft for all WS. ids; DOC! documented, but another Microsoft page
	// contradicts; OBS observed on Windows by a test suite or a named third
	// party; INF inferred; UNSPEC neither: a choice of this model, see the package comment.
	Certainty string
	Claim     string
	Source    string // pages by name; KB and a number is a Knowledge Base article
}

// Rules returns all rules: the statements of the WSPListen page first, then
// those around it.
func Rules() []Rule {
	var rules []Rule
	for line := range strings.Lines(ruleTable) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) == 4 {
			rules = append(rules, Rule{cells[0], cells[1], cells[2], cells[3]})
		}
	}
	return rules
}

// RuleByID returns the rule with that id.
func RuleByID(id string) (Rule, bool) {
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// ruleTable holds a rule a line: id, certainty, claim and source, with tabs
// between them.
// P, V, E, R and C ids number the statements of the WSPListen page (Windows Sockets SPI, Windows Mobile 6.5 edition).
// WS. ids number what surrounds it: the SDK pages of the SPI calls WSPAccept, WSPBind, WSPConnect, WSPCloseSocket, ...
// (ws2spi.h), the API pages listen, WSAAsyncSelect, WSAEventSelect, the WinSock pages of the Windows desktop
// documentation, Knowledge Base articles (KB and a number), the TCP registry pages, and Wine's sock.c tests, whose
// assertions are run on real Windows. Nothing was measured on Windows by this project.
// K ids number what was measured on Linux 6.18 (L and a number names the experiment, testdata/truth), ST. ids what was
// read in the sources of other stacks; Facts names the files for each value.
// certainty: MEAS measured · READ read in source · DOC documented by Microsoft · DOC! documented, but another Microsoft page contradicts · OBS observed on
// Windows by a test suite or a named third party · INF inferred · UNSPEC neither: a choice of this model, named in the package comment
const ruleTable = `P1	DOC	puts a socket into the state in which it listens	WSPListen
P2	DOC	the socket is bound and not connected	WSPListen
P3	DOC	backlog is the greatest length of the queue of pending connections	WSPListen
P4	DOC	SOMAXCONN asks for a maximum that the provider considers reasonable	WSPListen
P5	DOC	there is no standard way to find out the backlog in force	WSPListen
P6	DOC	lpErrno receives the error code	WSPListen
V1	DOC	success is 0	WSPListen
V2	DOC	failure is SOCKET_ERROR and one of E1 to E9	WSPListen
E1	DOC	WSAENETDOWN: the network subsystem has failed	WSPListen
E2	DOC	WSAEADDRINUSE: the address is taken and may not be shared; can be delayed from bind to here	WSPListen
E3	DOC	WSAEINPROGRESS: called while a callback is in progress	WSPListen
E4	DOC	WSAEINVAL: the socket was not bound	WSPListen
E5	DOC	WSAEISCONN: the socket is connected already	WSPListen
E6	DOC	WSAEMFILE: no descriptors are left	WSPListen
E7	DOC	WSAENOBUFS: no buffer space	WSPListen
E8	DOC	WSAENOTSOCK: the descriptor is not a socket	WSPListen
E9	DOC	WSAEOPNOTSUPP: sockets of this type cannot listen	WSPListen
R1	DOC	the order of calls is socket, bind, listen, accept	WSPListen
R2	DOC	for connection-oriented sockets only	WSPListen
R3	DOC	requests are acknowledged and queued until the program accepts them	WSPListen
R4	DOC	a request that meets a full queue ends at its client in WSAECONNREFUSED	WSPListen
R5	DOC	the call goes on working rationally without free descriptors	WSPListen
R6	DOC	it goes on accepting until the queue is empty	WSPListen
R7	DOC	when descriptors return, a later listen or accept refills the queue and listening resumes	WSPListen
R8	DOC	listen may be called again on the same socket	WSPListen
R9	DOC	a further call updates the backlog	WSPListen
R10	DOC	pending connections beyond a smaller backlog are reset and dropped	WSPListen
C1	DOC	the backlog is silently limited to a reasonable value	WSPListen
C2	DOC	an illegal backlog is replaced by the nearest legal one	WSPListen
WS.S1	DOC	calls before a successful startup fail with WSANOTINITIALISED	WSPStartup, WSPCleanup; CE 5 listen
WS.S2	DOC	while the network is down every call fails with WSAENETDOWN	all SPI pages
WS.S3	DOC	SPI and CE: calls during a callback fail with WSAEINPROGRESS	WSPListen, WSPBind, WSPSetSockOpt
WS.S4	DOC!	desktop, version 2.0 on: calls may nest	Blocking Routines and WSAEINPROGRESS
WS.S5	OBS	order of checks: startup, network, callback, socket, type, state; only type before state was observed	Wine test_listen
WS.L1	DOC+OBS	not bound: WSAEINVAL for every backlog	WSPListen; Wine test_listen
WS.L2	DOC+OBS	datagram socket: WSAEOPNOTSUPP, even unbound	WSPListen; Wine test_listen
WS.L3	DOC+OBS	no such descriptor: WSAENOTSOCK	WSPListen; Wine test_listen
WS.L4	DOC	connected or accepted socket: WSAEISCONN	WSPListen
WS.L5	UNSPEC	listen while connecting: WSAEINVAL (not documented: a choice of this model)	-
WS.L6	OBS	after a failed connect the socket can listen; SO_ERROR keeps its value	Wine test_select
WS.L7	DOC+OBS	success makes SO_ACCEPTCONN 1; handshakes complete without the program	WSPListen; Wine test_listen
WS.L8	OBS	after a failed bind the socket is unbound: WSAEINVAL, not WSAEADDRINUSE	Wine test_listen
WS.L9	DOC+OBS	a listener refuses connect and bind with WSAEINVAL, shutdown with WSAENOTCONN	WSPConnect; Wine test_connect, test_shutdown, test_bind
WS.L10	DOC	the backlog in force cannot be read	WSPListen
WS.L11	DOC	WSAENOBUFS changes nothing	WSPListen
WS.B1	DOC	silently limited; illegal values become the nearest legal one	WSPListen
WS.B2	DOC	CE 3.0 and Winsock 1.1: 1 to 5	Windows CE 3.0 listen
WS.B3	DOC	IrDA on CE: at most 2	Windows CE 3.0 listen
WS.B4	DOC	SOMAXCONN is the maximum of the profile	WSPListen
WS.B5	DOC	SOMAXCONN is 0x7fffffff in winsock2.h and 5 in winsock.h	headers
WS.B6	DOC	SOMAXCONN_HINT(n) is -n, brought into 200 to 65535	listen
WS.B7	OBS	Windows 8 and later: a positive n above 200 gives 200, others n	Weave, OpenJDK PR 25819, CUBRID PR 4512
WS.B8	DOC!	desktop SOMAXCONN: several hundred by the page, about 200 by reports	listen; OpenJDK
WS.B9	OBS	listen(0) succeeds; the queue then has one place (the latter is not documented: a choice of this model)	Wine test_listen
WS.B10	INF	-1 is the hint 1, so 200; the lowest int becomes the largest hint	listen
WS.B11	DOC+OBS	capacity is the backlog, not one more	WSPListen; Weave; KB295079
WS.Q1	DOC+OBS	one queue per listener; accept takes the first	WSPAccept; Wine test_AcceptEx
WS.Q2	DOC	queue full: the client ends with WSAECONNREFUSED	WSPListen, listen
WS.Q3	DOC+OBS	on the wire an RST answers the SYN that finds no slot, never silence	KB113576; Weave
WS.Q4	DOC	an admitted request takes a slot, accept gives it back	KB295079
WS.Q5	DOC	Windows 2000 SP1 and older: accept gives it back late	KB295079
WS.Q6	INF	a half-open request holds a slot	TcpMaxPortsExhausted registry page
WS.Q7	DOC	a pending request also leaves when its client withdraws it	Listen, Connect, and Accept
WS.Q8	INF	data and FIN of a pending client are kept for accept	Wine test_AcceptEx
WS.Q9	DOC	SO_PAUSE_ACCEPT: every request is answered with an RST	SOL_SOCKET Socket Options
WS.Q10	DOC	SO_CONDITIONAL_ACCEPT: no handshake before the decision; the backlog is without effect	SO_CONDITIONAL_ACCEPT
WS.Q11	DOC+OBS	of two listeners on one address the one bound first gets the connections	Using SO_REUSEADDR; Wine test_reuseaddr
WS.Q12	OBS	a listener on the specific address goes before one on the wildcard	Wine test_reuseaddr
WS.R1	DOC+OBS	a second listen succeeds	WSPListen; Wine test_listen
WS.R2	DOC!	SPI: it updates the backlog	WSPListen
WS.R2'	DOC!	desktop API: it does not change the backlog	listen
WS.R3	DOC	more pending than the new backlog: the excess is reset and dropped	WSPListen
WS.R4	UNSPEC	which ones are the excess: the newest first (not documented: a choice of this model)	-
WS.R5	DOC	the new backlog is made legal first, then the queue is trimmed	WSPListen
WS.R6	INF	a trimmed client sees WSAECONNRESET, or an RST for its SYN if the handshake was incomplete	KB175523, RFC 793
WS.R7	UNSPEC	half-open requests count when trimming, in plain order of arrival (not documented: a choice of this model)	-
WS.R8	INF	a deferred request stands at the head, so it is trimmed last	WSPAccept
WS.R9	DOC	a larger backlog has its new slots at once	WSPListen
WS.R10	INF	clients refused before do not come back by themselves	-
WS.R11	DOC	listen does not re-arm FD_ACCEPT	WSAAsyncSelect
WS.R12	DOC	what is missing after a trim is reckoned against the new backlog	WSPListen
WS.A1	DOC	accept on a socket that does not listen: WSAEINVAL; datagram: WSAEOPNOTSUPP	WSPAccept
WS.A2	DOC	nothing pending: WSAEWOULDBLOCK	WSPAccept
WS.A3	DOC	pending and no descriptor: WSAEMFILE, the queue stays as it is	WSPAccept
WS.A4	DOC	nothing pending and no descriptor: not WSAEMFILE	WSPAccept
WS.A5	UNSPEC	a blocked accept that gets a connection without a descriptor	-
WS.A6	OBS	address buffer too small: WSAEFAULT, its length unchanged	Wine test_accept
WS.A7	DOC+OBS	without an address buffer no address is returned	WSPAccept; Wine test_accept
WS.A8	DOC+OBS	the accepted socket has the listener's options	WSPAccept; Wine test_accept_inheritance
WS.A9	OBS	closing the listener wakes a blocked accept	Wine test_accept
WS.A10	DOC	accept after close: WSAENOTSOCK	WSPCloseSocket
WS.A11	UNSPEC	order: state, queue, descriptor, condition function	-
WS.A12	OBS	a pending AcceptEx takes the next connection	Wine test_AcceptEx
WS.C1	DOC	the condition function runs inside accept and sees the first request	WSPAccept; Listen, Connect, and Accept
WS.C2	DOC	CF_ACCEPT: accepted as usual	WSPAccept
WS.C3	DOC	CF_REJECT: WSAECONNREFUSED, the request is removed and rejected	WSPAccept
WS.C4	DOC+OBS	CF_DEFER: WSATRY_AGAIN, the request stays at the top	WSPAccept; Wine test_accept
WS.C5	DOC	while it is there no other request is indicated	Winsock Enhanced Functionality
WS.C6	INF	that ends with an accept that does not defer	WSPAccept
WS.C7	OBS	a plain accept takes the deferred request	Wine test_accept
WS.C8	DOC	any other value: WSAEINVAL	WSPAccept
WS.C9	DOC	deferred and withdrawn before the next accept: WSAEACCES	WSPAccept
WS.C10	DOC	a deferred request keeps its slot	WSPAccept
WS.C11	UNSPEC	without a descriptor the function is not asked (not documented: a choice of this model)	-
WS.C12	DOC	SO_CONDITIONAL_ACCEPT is set before listen, later WSAEINVAL; off by default	SO_CONDITIONAL_ACCEPT
WS.D1	DOC	first listen without a free descriptor: WSAEMFILE, the socket stays bound	WSPListen
WS.D2	UNSPEC	a further listen then succeeds, notes the backlog and fills nothing	WSPListen
WS.D3	INF	admission needs no descriptor while slots are available	WSPListen
WS.D4	DOC	accept with a connection pending and no descriptor: WSAEMFILE, nothing moves	WSPAccept
WS.D5	INF	accept takes a descriptor and then fills as far as descriptors reach	WSPListen
WS.D6	INF	under lasting exhaustion the slots are used up and the listener refuses	WSPListen
WS.D7	DOC	closing a descriptor by itself fills nothing	WSPListen
WS.D8	DOC	the next listen or accept fills, even an accept that finds nothing (the latter is not documented: a choice of this model)	WSPListen
WS.D9	DOC	desktop: a further listen keeps the backlog and still fills	listen
WS.D10	INF	filling restores room and brings nobody in	WSPListen
WS.D11	DOC	a graceful close may hold its descriptor until it is complete	WSPCloseSocket
WS.D12	DOC	Microsoft's own provider is limited by memory only	Maximum Number of Sockets Supported
WS.N1	DOC+OBS	FD_ACCEPT when a request becomes pending, or at once at registration	WSAAsyncSelect, WSAEventSelect; Wine test_accept_events
WS.N2	DOC	then silence until accept, even a failing one	WSAAsyncSelect
WS.N3	DOC	except one that failed with WSATRY_AGAIN	WSAAsyncSelect
WS.N4	DOC+OBS	re-armed, it is posted again while a request is pending	WSAAsyncSelect; Wine test_accept_events
WS.N5	OBS	messages: a second arrival posts nothing	Wine test_accept_events
WS.N6	OBS	events: a second arrival is recorded again	Wine test_accept_events
WS.N7	OBS	registering again: messages are posted again, events are not	Wine test_accept_events
WS.N8	OBS	dropping FD_ACCEPT from the mask leaves the event signalled	Wine test_accept_events
WS.N9	OBS	accepted before registration: nothing to report	Wine test_accept_events
WS.N10	DOC+OBS	the accepted socket has the registration too	WSAAsyncSelect; Wine test_accept_events
WS.N11	OBS	a listener is readable exactly while something is pending; polling takes nothing	Wine test_WSAPoll
WS.N12	DOC	readable and then WSAEWOULDBLOCK must be tolerated	WSAAsyncSelect
WS.N13	UNSPEC	a deferred request does not hide readability (not documented: a choice of this model)	-
WS.X1	DOC	closing a listener discards its name and its queue	WSPCloseSocket
WS.X2	UNSPEC	pending connections of a closing listener are reset (not documented: a choice of this model)	-
WS.X3	DOC	a SYN to a closed port is answered with an RST	KB175523
WS.X4	DOC	exclusive listener: its port stays taken while an accepted connection lives	Using SO_EXCLUSIVEADDRUSE
WS.X5	DOC	NT 4 defect: clients are refused while connections of an earlier listener live	KB177074
WS.X6	DOC	reset by its client while pending: accept reports WSAECONNRESET	WSPAccept
WS.X7	OBS	Windows: accept succeeds, receive reports it	DiffEngine PR 790, Go, capnproto PR 2773, cpp-httplib PR 2561
WS.X8	UNSPEC	WSAECONNABORTED from accept is on no page	Go treats it defensively
WS.X9	UNSPEC	which of them, or that the entry leaves at once: a setting	-
WS.X10	INF	FIN while pending: accept succeeds, receive returns 0	Wine test_AcceptEx
WS.X11	OBS	event mode: FD_CLOSE carries WSAECONNABORTED after an RST	Wine test_close_events
WS.X12	DOC	the last cleanup resets what is open	WSPCleanup
WS.U1	DOC+OBS	which second bind conflicts with which first	Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE; Wine test_reuseaddr
WS.U2	OBS	SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other: WSAEINVAL	Wine test_reuseaddr
WS.U3	DOC	WSAEADDRINUSE can be delayed to listen and connect	WSPListen, WSPConnect
WS.U4	UNSPEC	a wildcard bind is provisional and listen commits it; a setting	-
WS.U5	DOC	both are set before bind	Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE
WS.U6	OBS	SO_ACCEPTCONN cannot be set: WSAENOPROTOOPT	Wine test_listen
WS.T1	DOC	no answer, 2000 to 7: SYN at 0, 3, 9 s, WSAETIMEDOUT at 21 s	TcpMaxConnectRetransmissions registry page, KB2786464
WS.T2	OBS	no answer, current: first wait 1 s; 2 retransmissions end at 7 s, 4 at 21 s, 6 at 123 s	speasy PR 344, nmap #2113
WS.T3	DOC	an RST that answers a SYN is not final: the SYN goes out again after a wait that does not double	KB175523
WS.T4	OBS	a SYN that is refused is sent 4 times more in about 2 s, 500 ms apart	netscli-core, libuv PR 2896, curl #14144, MSYS2 #2355
WS.T5	DOC	a retry that meets a free slot connects, late	KB113576
WS.T6	UNSPEC	RST and silence mixed: the last event decides (not documented: a choice of this model)	nmap #2113
WS.T7	DOC+OBS	one socket can have another schedule, or none	SIO_TCP_INITIAL_RTO; libuv, Go
WS.T8	DOC+OBS	connect: WSAEWOULDBLOCK, meanwhile WSAEALREADY, afterwards WSAEISCONN; may be tried again after a failure	WSPConnect; Wine test_connect
WS.T9	DOC	an unanswered SYN-ACK goes out after 3 and 9 s and is given up after 21 s	TcpMaxConnectResponseRetransmissions registry page
WS.T10	OBS	connect has reported WSAECONNRESET when the peer closed within the handshake	zig PR 8393
K1	MEAS	Linux: one more than the backlog waits for accept; a negative argument, and one above somaxconn, is somaxconn	L01 423/423, L01b
K2	MEAS	Linux: a SYN that finds the accept queue full is dropped in silence, whatever tcp_abort_on_overflow says	L01, L10
K3	MEAS	Linux: so many may be half-open, from 6.13 on one more than the backlog; then cookies answer, or, without them, nothing; without cookies the last quarter of tcp_max_syn_backlog is kept	L14 216/216
K4	MEAS	Linux: a final ACK, or data, that finds the accept queue full is ignored and tried again with each that follows; tcp_abort_on_overflow resets it, unless it carries a cookie	L11, L13 18/18
K5	MEAS	Linux: accept takes them in the order in which their handshakes completed	L01 408/408
K6	MEAS	Linux: a half-open connection is forgotten in silence after tcp_synack_retries; sooner, when they take more than half the room	L15, L11; pruning: L14 and request timers
K7	MEAS	Linux: a cookie leaves nothing at the server; only data that is sent again can still get its connection in	L13, L03 6/6
K8	MEAS	Linux: a half-open connection reserves no place in the accept queue	L03, L13
K9	MEAS	Linux: accept takes the descriptor first: EMFILE even when nothing waits, and the queue stays as it is	L05
K10	MEAS	Linux: a further listen sets the limit; what is queued stays	L04
K11	MEAS	Linux: close, or shutdown of the receiving side, resets what is complete and forgets what is half-open	L06
K12	MEAS	Linux: a connection that its client resets while it is queued keeps its place; accept succeeds, the data is read, then ECONNRESET once, then the end	L07
K13	MEAS	Linux: waits between SYNs are linear from 6.5 on, then double, up to two minutes; ETIMEDOUT by count or by time	L10 318/318
K14	MEAS	Linux: TCP_DEFER_ACCEPT leaves a silent connection half-open, for whole waits for an ACK	L17
K15	MEAS	Linux: SO_REUSEPORT listeners share requests by a hash, and a full one does not pass them on; tcp_migrate_req hands a closing one's queue on	L18
K16	MEAS	Linux: an AF_UNIX stream holds one more than the backlog, then connect fails with EAGAIN	L16
ST.1	READ	Berkeley kernels to 4.4BSD, macOS, lwIP: half-open connections take the same places as complete ones	4.3BSD and 4.4BSD-Lite2 tcp_input, uipc_socket2; xnu; lwIP tcp_in
ST.2	MEAS	Go's fake network: a connect that finds no room waits, and gets in first come, first served	D
ST.3	READ	a SYN cache that is full, and macOS when its queue is, forget a half-open connection for a new one, in silence	FreeBSD, NetBSD, OpenBSD syncache; xnu tcp_input
ST.4	READ	FreeBSD, NetBSD, OpenBSD, illumos: accept reports ECONNABORTED for a connection that was reset while it waited	tcp_usrreq, uipc_socket; sockfs
ST.5	READ	Linux to 2.6.16, macOS, lwIP, gVisor: accept takes the connection from the queue before it finds no descriptor, and it is lost	net/socket.c 2.4.16 and 2.6.11; xnu uipc_syscalls; lwIP sockets; gVisor
ST.6	READ	Linux 2.4 to 4.9: a full accept queue lets SYNs in while fewer than two half-open connections are young	tcp_ipv4.c 2.4.16 to 3.18
ST.7	READ	FreeBSD 7 and later: no SYN is turned away for the accept queue; there, on NetBSD and OpenBSD a final ACK that finds it full is answered with an RST	tcp_syncache.c of each
ST.8	READ	FreeBSD 4.5 to 6: a final ACK that finds the queue full is forgotten, and what follows meets an RST	tcp_syncache.c
ST.9	READ	illumos: a final ACK always gets in, or, for TLI listeners, waits until there is room	tcp_input.c
ST.10	MEAS	gVisor: a further listen with less room than is queued fails with EINVAL and changes nothing	G
ST.11	READ	Linux 2.2: accept takes connections in the order of their SYNs	tcp.c 2.2.1
ST.12	READ	FreeBSD, NetBSD, OpenBSD, illumos, gVisor: half-open connections wait in a queue of their own and take no place in the accept queue; NetBSD, OpenBSD, illumos and gVisor ignore a SYN that finds the accept queue full	syncache.c of each; illumos tcp_input.c; gVisor accept.go
ST.13	MEAS	gVisor: a final ACK that finds the accept queue full is ignored, and the half-open connection stays	G
ST.14	READ	every stack but Linux 2.2: accept takes connections in the order in which their handshakes completed	uipc_socket2.c; illumos; gVisor accept.go
ST.15	READ	an unanswered SYN-ACK is given up after a number of repetitions or a time	tcp_timer.c, tcp_syncache.c of each; Facts has the schedules
ST.16	READ	a closing listener resets the complete connections that wait	soclose and its kin; gVisor measured (G)
ST.17	READ	macOS, lwIP, gVisor: a connection that its client resets while it waits keeps its place, accept succeeds, and receive reports it	xnu uipc_syscalls, lwIP api_msg.c; gVisor measured (G)
ST.18	READ	Unix systems: a further listen sets the limit; what is queued stays, however much	solisten of each; illumos tcp.c
ST.19	READ	a SYN goes out again after waits of each stack's own, and connect fails with ETIMEDOUT	tcp_timer.c of each; Facts has the schedules
`
