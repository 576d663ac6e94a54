package profiles

import "strings"

// Rule is one statement about real systems, in our own short words. The model follows it,
// or knowingly does not.
type Rule struct {
	ID string // behind the names of tests, and in traces
	// Certainty is MEAS, READ, DOC, DOC!, OBS, INF or UNSPEC; DOC+OBS is both.
	//
	//   - MEAS: measured on the system itself.
	//   - READ: read in the source of the system.
	//   - DOC: documented by the maker. For all WS. ids the maker is Microsoft.
	//   - DOC!: documented, but another page of Microsoft contradicts.
	//   - OBS: observed on Windows by a test suite or a named third party.
	//   - INF: inferred.
	//   - UNSPEC: none of these. It is a choice of this model.
	Certainty string
	Claim     string
	Source    string // pages by name; KB and a number is a Knowledge Base article
}

// Rules returns all rules. The statements of the WSPListen page come first, then the rules
// about the calls around it, then the rules of other systems.
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

// ruleTable holds one rule per line: id, certainty, claim and source, with tabs between them.
//
//   - P, V, E, R and C ids number the statements of the WSPListen page (Windows Sockets SPI,
//     Windows Mobile 6.5 edition).
//   - WS. ids number statements about the calls around it. Their sources are the SDK pages of
//     the SPI calls (ws2spi.h), such as WSPAccept, WSPBind, WSPConnect and WSPCloseSocket. They
//     are also the pages of listen, WSAAsyncSelect and WSAEventSelect, the Winsock pages of the
//     Windows desktop documentation, Knowledge Base articles, and the TCP registry pages.
//     Wine's sock.c tests are a source because their assertions are run on real Windows. This
//     project measured nothing on Windows.
//   - K ids number what this project measured on Linux 6.18. L and a number names the
//     experiment (testdata/truth).
//   - ST. ids number what was read in the sources of other stacks, or measured on Go's fake
//     network (D) and gVisor (G). Facts names the files for each value.
const ruleTable = `P1	DOC	listen puts a socket into the listening state	WSPListen
P2	DOC	the socket is bound and not connected	WSPListen
P3	DOC	backlog is the greatest length of the queue of pending connections	WSPListen
P4	DOC	SOMAXCONN asks for a maximum that the provider considers reasonable	WSPListen
P5	DOC	there is no standard way to find out the backlog in force	WSPListen
P6	DOC	lpErrno receives the error code	WSPListen
V1	DOC	success is 0	WSPListen
V2	DOC	failure is SOCKET_ERROR and one of E1 to E9	WSPListen
E1	DOC	WSAENETDOWN: the network subsystem has failed	WSPListen
E2	DOC	WSAEADDRINUSE: the address is in use and may not be shared; bind may leave this error to listen	WSPListen
E3	DOC	WSAEINPROGRESS: listen is called while a callback is in progress	WSPListen
E4	DOC	WSAEINVAL: the socket was not bound	WSPListen
E5	DOC	WSAEISCONN: the socket is already connected	WSPListen
E6	DOC	WSAEMFILE: no descriptors are left	WSPListen
E7	DOC	WSAENOBUFS: no buffer space	WSPListen
E8	DOC	WSAENOTSOCK: the descriptor is not a socket	WSPListen
E9	DOC	WSAEOPNOTSUPP: sockets of this type cannot listen	WSPListen
R1	DOC	the order of calls is socket, bind, listen, accept	WSPListen
R2	DOC	for connection-oriented sockets only	WSPListen
R3	DOC	requests are acknowledged and queued until the program accepts them	WSPListen
R4	DOC	a request finds the queue full: its client gets WSAECONNREFUSED	WSPListen
R5	DOC	listen continues to work rationally while no descriptor is free	WSPListen
R6	DOC	the listener accepts connections until the queue is empty	WSPListen
R7	DOC	when descriptors become free, a later listen or accept refills the queue, and listening resumes	WSPListen
R8	DOC	listen may be called again on the same socket	WSPListen
R9	DOC	another listen updates the backlog	WSPListen
R10	DOC	pending connections beyond a smaller backlog are reset and dropped	WSPListen
C1	DOC	the backlog is limited to a reasonable value without an error	WSPListen
C2	DOC	an illegal backlog is replaced by the nearest legal one	WSPListen
WS.S1	DOC	calls before a successful startup fail with WSANOTINITIALISED	WSPStartup, WSPCleanup; CE 5 listen
WS.S2	DOC	while the network is down every call fails with WSAENETDOWN	all SPI pages
WS.S3	DOC	SPI and CE: calls during a callback fail with WSAEINPROGRESS	WSPListen, WSPBind, WSPSetSockOpt
WS.S4	DOC!	desktop, from version 2.0 on: calls may nest	Blocking Routines and WSAEINPROGRESS
WS.S5	OBS	order of checks: startup, network, callback, socket, type, state. Observed: type before state	Wine test_listen
WS.L1	DOC+OBS	not bound: WSAEINVAL for every backlog	WSPListen; Wine test_listen
WS.L2	DOC+OBS	datagram socket: WSAEOPNOTSUPP, even if it is not bound	WSPListen; Wine test_listen
WS.L3	DOC+OBS	no such descriptor: WSAENOTSOCK	WSPListen; Wine test_listen
WS.L4	DOC	connected or accepted socket: WSAEISCONN	WSPListen
WS.L5	UNSPEC	listen while connecting: WSAEINVAL (not documented: a choice of this model)	-
WS.L6	OBS	after a failed connect the socket can listen; SO_ERROR keeps its value	Wine test_select
WS.L7	DOC+OBS	success sets SO_ACCEPTCONN to 1; handshakes complete without a call of the program	WSPListen; Wine test_listen
WS.L8	OBS	after a failed bind the socket is not bound: listen fails with WSAEINVAL, not WSAEADDRINUSE	Wine test_listen
WS.L9	DOC+OBS	on a listener, connect and bind fail with WSAEINVAL, shutdown with WSAENOTCONN	WSPConnect; Wine test_connect, test_shutdown, test_bind
WS.L10	DOC	the backlog in force cannot be read	WSPListen
WS.L11	DOC	a listen that fails with WSAENOBUFS changes nothing	WSPListen
WS.B1	DOC	the backlog is limited without an error; an illegal value becomes the nearest legal one	WSPListen
WS.B2	DOC	CE 3.0 and Winsock 1.1: the backlog is 1 to 5	Windows CE 3.0 listen
WS.B3	DOC	IrDA on CE: the backlog is at most 2	Windows CE 3.0 listen
WS.B4	DOC	SOMAXCONN is the maximum of the profile	WSPListen
WS.B5	DOC	SOMAXCONN is 0x7fffffff in winsock2.h and 5 in winsock.h	headers
WS.B6	DOC	SOMAXCONN_HINT(n) is -n; n is limited to 200 to 65535	listen
WS.B7	OBS	Windows 8 and later: a positive backlog above 200 is 200; other positive values are kept	Weave, OpenJDK PR 25819, CUBRID PR 4512
WS.B8	DOC!	desktop SOMAXCONN: the page says several hundred, reports say about 200	listen; OpenJDK
WS.B9	OBS	listen(0) succeeds; the queue then has one slot (this number is not documented: a choice of this model)	Wine test_listen
WS.B10	INF	-1 is the hint 1, so the backlog is 200; the lowest int is the largest hint	listen
WS.B11	DOC+OBS	the queue holds exactly the backlog, not one more	WSPListen; Weave; KB295079
WS.Q1	DOC+OBS	each listener has one queue; accept takes its first connection	WSPAccept; Wine test_AcceptEx
WS.Q2	DOC	queue full: connect fails with WSAECONNREFUSED	WSPListen, listen
WS.Q3	DOC+OBS	a SYN that finds no slot is answered with an RST, never ignored	KB113576; Weave
WS.Q4	DOC	an admitted request takes a slot; accept gives the slot back	KB295079
WS.Q5	DOC	Windows 2000 SP1 and older: accept gives the slot back late	KB295079
WS.Q6	INF	a half-open request holds a slot	TcpMaxPortsExhausted registry page
WS.Q7	DOC	a pending request also leaves the queue when its client withdraws it	Listen, Connect, and Accept
WS.Q8	INF	data and a FIN of a pending client are kept until accept	Wine test_AcceptEx
WS.Q9	DOC	SO_PAUSE_ACCEPT: every request is answered with an RST	SOL_SOCKET Socket Options
WS.Q10	DOC	SO_CONDITIONAL_ACCEPT: the handshake waits for the decision of the program; the backlog has no effect	SO_CONDITIONAL_ACCEPT
WS.Q11	DOC+OBS	two listeners on one address: the listener that was bound first gets the connections	Using SO_REUSEADDR; Wine test_reuseaddr
WS.Q12	OBS	a listener on the specific address gets the connections, not a listener on the wildcard	Wine test_reuseaddr
WS.R1	DOC+OBS	a second listen succeeds	WSPListen; Wine test_listen
WS.R2	DOC!	SPI: another listen updates the backlog	WSPListen
WS.R2'	DOC!	desktop API: another listen does not change the backlog	listen
WS.R3	DOC	more connections are pending than the new backlog allows: the excess is reset and dropped	WSPListen
WS.R4	UNSPEC	the excess is the newest connections (not documented: a choice of this model)	-
WS.R5	DOC	listen first makes the new backlog legal, then trims the queue	WSPListen
WS.R6	INF	a trimmed client gets WSAECONNRESET; if its handshake was incomplete, an RST answers its SYN	KB175523, RFC 793
WS.R7	UNSPEC	a trim counts half-open requests too, in order of arrival (not documented: a choice of this model)	-
WS.R8	INF	a deferred request is at the head of the queue, so it is trimmed last	WSPAccept
WS.R9	DOC	the new slots of a larger backlog are available at once	WSPListen
WS.R10	INF	a client that was refused before does not return by itself	-
WS.R11	DOC	listen does not re-arm FD_ACCEPT	WSAAsyncSelect
WS.R12	DOC	after a trim, the slots to fill are counted against the new backlog	WSPListen
WS.A1	DOC	accept on a socket that does not listen: WSAEINVAL; datagram: WSAEOPNOTSUPP	WSPAccept
WS.A2	DOC	no connection is pending: WSAEWOULDBLOCK	WSPAccept
WS.A3	DOC	a connection is pending and no descriptor is free: WSAEMFILE, and the queue stays as it is	WSPAccept
WS.A4	DOC	no connection is pending and no descriptor is free: the error is not WSAEMFILE	WSPAccept
WS.A5	UNSPEC	no page says what a blocked accept does with a connection while no descriptor is free	-
WS.A6	OBS	address buffer too small: WSAEFAULT, and its length stays as it is	Wine test_accept
WS.A7	DOC+OBS	without an address buffer no address is returned	WSPAccept; Wine test_accept
WS.A8	DOC+OBS	the accepted socket has the listener's options	WSPAccept; Wine test_accept_inheritance
WS.A9	OBS	closing the listener wakes a blocked accept	Wine test_accept
WS.A10	DOC	accept after close: WSAENOTSOCK	WSPCloseSocket
WS.A11	UNSPEC	accept checks in this order: state, queue, descriptor, condition function	-
WS.A12	OBS	a pending AcceptEx takes the next connection	Wine test_AcceptEx
WS.C1	DOC	the condition function runs inside accept and sees the first request	WSPAccept; Listen, Connect, and Accept
WS.C2	DOC	CF_ACCEPT: accepted as usual	WSPAccept
WS.C3	DOC	CF_REJECT: WSAECONNREFUSED, the request is removed and rejected	WSPAccept
WS.C4	DOC+OBS	CF_DEFER: WSATRY_AGAIN, the request stays at the head of the queue	WSPAccept; Wine test_accept
WS.C5	DOC	while a deferred request is there, no other request is indicated	Winsock Enhanced Functionality
WS.C6	INF	after an accept that does not defer, other requests are indicated again	WSPAccept
WS.C7	OBS	an accept without a condition function takes the deferred request	Wine test_accept
WS.C8	DOC	the condition function returns any other value: WSAEINVAL	WSPAccept
WS.C9	DOC	a request is deferred, and withdrawn before the next accept: WSAEACCES	WSPAccept
WS.C10	DOC	a deferred request keeps its slot	WSPAccept
WS.C11	UNSPEC	no descriptor is free: the condition function is not called (not documented: a choice of this model)	-
WS.C12	DOC	SO_CONDITIONAL_ACCEPT is off by default; it is set before listen, later the call fails with WSAEINVAL	SO_CONDITIONAL_ACCEPT
WS.D1	DOC	the first listen finds no free descriptor: WSAEMFILE, and the socket stays bound	WSPListen
WS.D2	UNSPEC	no descriptor is free: another listen succeeds, sets the backlog and fills no slot	WSPListen
WS.D3	INF	a request needs no descriptor while a slot is available	WSPListen
WS.D4	DOC	a connection is pending and no descriptor is free: accept fails with WSAEMFILE, and nothing changes	WSPAccept
WS.D5	INF	accept takes a descriptor, then fills at most as many slots as descriptors are free	WSPListen
WS.D6	INF	no descriptor becomes free: the slots are used up, then the listener refuses requests	WSPListen
WS.D7	DOC	closing a descriptor alone fills no slot	WSPListen
WS.D8	DOC	the next listen or accept fills slots, even an accept that finds no connection (the latter is not documented: a choice of this model)	WSPListen
WS.D9	DOC	desktop: another listen keeps the backlog and still fills slots	listen
WS.D10	INF	filling makes slots available; it admits no request	WSPListen
WS.D11	DOC	a graceful close may hold its descriptor until the close is complete	WSPCloseSocket
WS.D12	DOC	Microsoft's own provider is limited by memory only	Maximum Number of Sockets Supported
WS.N1	DOC+OBS	FD_ACCEPT is posted when a request becomes pending, or at once at registration	WSAAsyncSelect, WSAEventSelect; Wine test_accept_events
WS.N2	DOC	after FD_ACCEPT, nothing is posted until the program calls accept; a failing accept counts too	WSAAsyncSelect
WS.N3	DOC	an accept that fails with WSATRY_AGAIN does not re-arm FD_ACCEPT	WSAAsyncSelect
WS.N4	DOC+OBS	after accept, FD_ACCEPT is posted again while a request is pending	WSAAsyncSelect; Wine test_accept_events
WS.N5	OBS	messages: a second request posts nothing	Wine test_accept_events
WS.N6	OBS	events: a second request is recorded again	Wine test_accept_events
WS.N7	OBS	another registration: messages are posted again, events are not	Wine test_accept_events
WS.N8	OBS	FD_ACCEPT is removed from the mask: the event stays signalled	Wine test_accept_events
WS.N9	OBS	a connection that was accepted before the registration is not reported	Wine test_accept_events
WS.N10	DOC+OBS	the accepted socket inherits the registration	WSAAsyncSelect; Wine test_accept_events
WS.N11	OBS	a listener is readable exactly while a connection is pending; a poll takes no connection	Wine test_WSAPoll
WS.N12	DOC	a program must expect WSAEWOULDBLOCK from a listener that was readable	WSAAsyncSelect
WS.N13	UNSPEC	a listener stays readable while a request is deferred (not documented: a choice of this model)	-
WS.X1	DOC	closing a listener discards its name and its queue	WSPCloseSocket
WS.X2	UNSPEC	a closing listener resets its pending connections (not documented: a choice of this model)	-
WS.X3	DOC	a SYN to a closed port is answered with an RST	KB175523
WS.X4	DOC	exclusive listener: its port stays in use while an accepted connection is open	Using SO_EXCLUSIVEADDRUSE
WS.X5	DOC	NT 4 defect: clients are refused while connections of an earlier listener are open	KB177074
WS.X6	DOC	the client resets its pending connection: accept reports WSAECONNRESET	WSPAccept
WS.X7	OBS	Windows: accept succeeds, and receive reports the reset	DiffEngine PR 790, Go, capnproto PR 2773, cpp-httplib PR 2561
WS.X8	UNSPEC	no page names WSAECONNABORTED as an error of accept	Go treats it defensively
WS.X9	UNSPEC	accept reports the reset, receive reports it, or the connection leaves the queue: a setting of the profile	-
WS.X10	INF	a FIN arrives while the connection is pending: accept succeeds, receive returns 0	Wine test_AcceptEx
WS.X11	OBS	event mode: FD_CLOSE carries WSAECONNABORTED after an RST	Wine test_close_events
WS.X12	DOC	the last cleanup resets all open sockets	WSPCleanup
WS.U1	DOC+OBS	a table says which second bind conflicts with which first bind	Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE; Wine test_reuseaddr
WS.U2	OBS	SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other: WSAEINVAL	Wine test_reuseaddr
WS.U3	DOC	WSAEADDRINUSE can be delayed until listen or connect	WSPListen, WSPConnect
WS.U4	UNSPEC	a bind to the wildcard is provisional and listen makes it final: a setting of the profile	-
WS.U5	DOC	SO_REUSEADDR and SO_EXCLUSIVEADDRUSE are set before bind	Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE
WS.U6	OBS	SO_ACCEPTCONN cannot be set: WSAENOPROTOOPT	Wine test_listen
WS.T1	DOC	no answer, Windows 2000 to 7: SYN at 0, 3, 9 s, WSAETIMEDOUT at 21 s	TcpMaxConnectRetransmissions registry page, KB2786464
WS.T2	OBS	no answer, current Windows: the first wait is 1 s; 2 retransmissions end at 7 s, 4 at 21 s, 6 at 123 s	speasy PR 344, nmap #2113
WS.T3	DOC	an RST that answers a SYN is not final: the client sends the SYN again after a wait that does not double	KB175523
WS.T4	OBS	a client sends a refused SYN 4 times more in about 2 s, 500 ms apart	netscli-core, libuv PR 2896, curl #14144, MSYS2 #2355
WS.T5	DOC	a retry that finds a free slot connects, but late	KB113576
WS.T6	UNSPEC	RST and silence mixed: the last event decides (not documented: a choice of this model)	nmap #2113
WS.T7	DOC+OBS	a program can set another schedule for one socket, or none	SIO_TCP_INITIAL_RTO; libuv, Go
WS.T8	DOC+OBS	connect: WSAEWOULDBLOCK, then WSAEALREADY while it runs, then WSAEISCONN; it may be called again after a failure	WSPConnect; Wine test_connect
WS.T9	DOC	a SYN-ACK without an answer is sent again after 3 and 9 s; the request is given up after 21 s	TcpMaxConnectResponseRetransmissions registry page
WS.T10	OBS	connect reported WSAECONNRESET when the peer closed during the handshake	zig PR 8393
K1	MEAS	Linux: backlog + 1 connections wait for accept; a backlog that is negative or above somaxconn is somaxconn	L01 423/423, L01b
K2	MEAS	Linux: a SYN that finds the accept queue full is dropped without an answer, whatever tcp_abort_on_overflow is	L01, L10
K3	MEAS	Linux: at most backlog connections may be half-open (backlog + 1 since 6.13). Beyond that Linux sends a SYN cookie if tcp_syncookies is 1, and drops the SYN if it is 0. If it is 0, the last quarter of tcp_max_syn_backlog is kept free too	L14 216/216
K4	MEAS	Linux: a final ACK, or data, that finds the accept queue full is ignored; each later segment tries again. With tcp_abort_on_overflow the connection is reset, unless the segment carries a cookie	L11, L13 18/18
K5	MEAS	Linux: accept takes connections in the order in which their handshakes completed	L01 408/408
K6	MEAS	Linux: a half-open connection is forgotten without an RST after tcp_synack_retries; it is forgotten sooner while half-open connections take more than half the room	L15, L11; pruning: L14 and request timers
K7	MEAS	Linux: a cookie leaves no state at the server; only data that is sent again can still get its connection into the queue	L13, L03 6/6
K8	MEAS	Linux: a half-open connection reserves no slot in the accept queue	L03, L13
K9	MEAS	Linux: accept takes the descriptor first. Without a free descriptor it fails with EMFILE even if no connection waits, and the queue stays as it is	L05
K10	MEAS	Linux: another listen sets the limit; queued connections stay	L04
K11	MEAS	Linux: close, or shutdown of the receiving side, resets complete connections and forgets half-open ones	L06
K12	MEAS	Linux: a queued connection that its client resets keeps its place; accept succeeds, then receive returns the data, then ECONNRESET once, then the end	L07
K13	MEAS	Linux: since 6.5 the first waits between SYNs are equal; then waits double, up to 2 minutes. ETIMEDOUT comes by count or by time	L10 318/318
K14	MEAS	Linux: TCP_DEFER_ACCEPT leaves a connection without data half-open, for a whole number of waits for an ACK	L17
K15	MEAS	Linux: a hash shares requests among SO_REUSEPORT listeners, and a full listener does not pass a request on; tcp_migrate_req gives the queue of a closing listener to another	L18
K16	MEAS	Linux: an AF_UNIX stream listener holds backlog + 1 connections, then connect fails with EAGAIN	L16
ST.1	READ	Berkeley kernels to 4.4BSD, macOS, lwIP: half-open and complete connections take the same slots	4.3BSD and 4.4BSD-Lite2 tcp_input, uipc_socket2; xnu; lwIP tcp_in
ST.2	MEAS	Go's fake network: a connect that finds no slot waits; waiting connects get in, in order of arrival	D
ST.3	READ	a full SYN cache forgets a half-open connection for a new one, without an RST; macOS does so when its accept queue is full	FreeBSD, NetBSD, OpenBSD syncache; xnu tcp_input
ST.4	READ	FreeBSD, NetBSD, OpenBSD, illumos: accept reports ECONNABORTED for a connection that was reset while it waited	tcp_usrreq, uipc_socket; sockfs
ST.5	READ	Linux to 2.6.16, macOS, lwIP, gVisor: accept takes the connection from the queue before it finds that no descriptor is free, and the connection is lost	net/socket.c 2.4.16 and 2.6.11; xnu uipc_syscalls; lwIP sockets; gVisor
ST.6	READ	Linux 2.4 to 4.9: a full accept queue admits SYNs while fewer than two half-open connections are young	tcp_ipv4.c 2.4.16 to 3.18
ST.7	READ	FreeBSD 7 and later: no SYN is turned away because the accept queue is full. FreeBSD 7 and later, NetBSD and OpenBSD answer a final ACK that finds it full with an RST	tcp_syncache.c of each
ST.8	READ	FreeBSD 4.5 to 6: a final ACK that finds the queue full ends the half-open connection without an RST; later segments of the client get an RST	tcp_syncache.c
ST.9	READ	illumos: a final ACK always gets in; for a TLI listener it waits until a slot is free	tcp_input.c
ST.10	MEAS	gVisor: another listen with a limit below the number of queued connections fails with EINVAL and changes nothing	G
ST.11	READ	Linux 2.2: accept takes connections in the order of their SYNs	tcp.c 2.2.1
ST.12	READ	FreeBSD, NetBSD, OpenBSD, illumos, gVisor: half-open connections wait in a SYN queue and take no slot of the accept queue. NetBSD, OpenBSD, illumos and gVisor ignore a SYN that finds the accept queue full	syncache.c of each; illumos tcp_input.c; gVisor accept.go
ST.13	MEAS	gVisor: a final ACK that finds the accept queue full is ignored, and the half-open connection stays	G
ST.14	READ	every stack but Linux 2.2: accept takes connections in the order in which their handshakes completed	uipc_socket2.c; illumos; gVisor accept.go
ST.15	READ	a SYN-ACK without an answer is given up after a number of retransmissions or after a time	tcp_timer.c, tcp_syncache.c of each; Facts has the schedules
ST.16	READ	a closing listener resets the complete connections that wait	soclose and similar functions; gVisor measured (G)
ST.17	READ	macOS, lwIP, gVisor: a waiting connection that its client resets keeps its place; accept succeeds, and receive reports the reset	xnu uipc_syscalls, lwIP api_msg.c; gVisor measured (G)
ST.18	READ	Unix systems: another listen sets the limit; queued connections stay, also beyond the limit	solisten of each; illumos tcp.c
ST.19	READ	a client sends its SYN again after waits that differ by stack; then connect fails with ETIMEDOUT	tcp_timer.c of each; Facts has the schedules
`
