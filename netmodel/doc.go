// Package netmodel is a model of the TCP accept queue: what happens to a
// connection request between the network and accept. It answers questions such
// as: which request was refused, which one hung, why, what the client saw, and
// what another system would have done with the same crowd.
//
// By default it does what the WSPListen manual page says (Windows Sockets
// service provider interface, Windows Mobile 6.5 edition). Another [Profile]
// makes it another stack: a profile is plain data, and a setting is a field.
//
// # In short
//
// A server with two places and three clients:
//
//	n := netmodel.NewNetwork(1) // the seed
//	server := n.AddHost("server", netmodel.HostConfig{Profile: profiles.WSP()})
//	crowd := n.AddHost("crowd", netmodel.HostConfig{Profile: profiles.WSP()})
//	n.SetLink(server, crowd, netmodel.Link{Latency: time.Millisecond})
//
//	h := n.Host(server)
//	fd, _ := h.Socket(winsock.SOCK_STREAM)
//	h.Bind(fd, netmodel.Addr{Port: 80})
//	h.Listen(fd, 2)
//
//	to := netmodel.Addr{IP: netmodel.HostAddr(server, 1), Port: 80}
//	first := n.AddClients(netmodel.ClientConfig{Name: "c", Host: crowd, To: to}, 3)
//	for i := range 3 {
//		n.Start(first+netmodel.ClientID(i), time.Duration(i)*time.Millisecond)
//	}
//	n.Run(sim.Time(time.Second))
//	fmt.Println(n.AttemptResult(3).Outcome, n.AttemptResult(3).Cause) // refused queue full
//
// A [Host] is a passive state machine. Programs call it (Socket, Bind, Listen,
// Accept ...), the network delivers segments and drains what it sends, time
// advances it; it owns no clock, starts nothing and never blocks. It can be
// driven by hand, by a [Network] on one event list, or by a test that clones it
// at every step. [Host.Queue] shows the queue, [Host.Check] verifies it.
//
// Real Go programs stand on such a host in package simnet.
//
// # How a request travels
//
//	client                  host                        listener              program
//	connect  --- SYN --->   a listener on the address?  no: RST  (WS.X3)
//	                        a slot available?           no: RST  (R4, WS.Q3)
//	         <- SYN-ACK --  yes                         half-open, takes it (R3)
//	connected -- ACK --->                               complete, waits      (R3)
//	                        a descriptor free?          no: WSAEMFILE  <----- accept
//	                        yes                         leaves first  ------> accept
//
// Half-open and complete connections each take a slot; there are as many slots
// as the effective backlog, and not one more. Everything that happens is a
// [Record]; trace.Printer shows records as lines with a picture of the queue. The
// network decides the [Outcome] of every attempt once, by the first record that
// says so, and keeps its [Cause]: the cause of fate.
//
// # Descriptors
//
// The page says that listen goes on working rationally without descriptors,
// accepts connections until the queue is emptied, and resumes when descriptors
// return and listen or accept is called (R5 to R7). The reading chosen here: a
// request takes an available slot and needs no descriptor. A successful accept
// takes a descriptor and only then fills: it makes as many slots available as
// the backlog allows and descriptors are free. So under lasting exhaustion the
// slots are used up, the queue is drained, and the listener refuses until a
// later listen or accept finds descriptors. Microsoft's own provider has no
// such limit (WS.D12); leave [HostConfig].Descriptors at 0 for that.
//
// # Ids
//
// Rules have ids, which stand in comments, in records and behind the names of
// tests. profiles.Rules says what each means, where it is written and how certain it is.
//
//   - Bare ids (P1, V1, E1 to E9, R1 to R10, C1, C2) number the statements of the
//     WSPListen page.
//   - Ids that begin with WS. number the rules around it, from other pages of
//     Microsoft, from what test suites observe on Windows, and from reasoning.
//     WS.R4 and R4 are different rules.
//   - K ids number what was measured on Linux, ST. ids what was read in the
//     sources of other stacks. profiles.Facts has the source of every single value.
//
// Where two documented rules contradict each other, each lives in the profile
// it belongs to: R9, WS.R2 in profiles.WSP, WS.R2' in profiles.Windows; E3, WS.S3 in
// profiles.WSP, WS.S4 in profiles.Windows.
//
// # Order of the checks
//
// When several errors apply, the first in this order is reported (WS.S5):
// library not started, network down, callback in progress, not a socket, type of
// the socket, its state, resources. The comment of each call gives its own
// order in full.
//
// # Choices
//
// Where the page is silent or systems differ, a field of [Profile] decides. The
// first alternative is that of profiles.WSP.
//
//	Calls                 Windows Sockets | Unix | Wine | Go's fake network: error codes, and what a reset connection reports
//	System                none | Windows | Linux | FreeBSD ...: names of settings and counters, nothing else
//	Backlog               1..200, SOMAXCONN is 200 | 1..5 | hints: -n is n, 200..65535
//	AtSyn                 the backlog fits | any part or multiple of it, or no limit
//	AtAck                 a slot is reserved by the SYN | a limit of its own, where there is a SYN queue
//	SynQueue              none: half-open connections take slots | one of its own: size, cookies, eviction
//	Young                 how many half-open ones a full queue still lets in, with OnFull IgnoreUnlessYoung
//	Relisten              updates the backlog and trims | keeps it | sets it and keeps what is queued | fails if too many are queued
//	Trim                  newest first | oldest first | half-open first
//	ListenConnecting      WSAEINVAL | any other code
//	ListenStarved         WSAEMFILE | 0: the first listen succeeds without descriptors
//	RelistenStarved       0: a further listen succeeds | WSAEMFILE
//	CommitAtListen        listen finds conflicts of wildcard addresses | bind alone decides
//	ListenBinds           listen on an unbound socket fails | gives it a free port
//	OnFull                RST | silence | silence unless few are young | evicts | holds back | EAGAIN
//	OnAckFull             silence | RST | forgotten | admitted | waits
//	Slots                 used up and filled | a pending connection owns its descriptor | free
//	StarvedLoses          accept without a descriptor changes nothing | loses the connection
//	DescriptorFirst       accept looks at the queue first | at the descriptors
//	EmptyAcceptFills      an accept that finds nothing fills | it does not
//	SlotReturnDelay       0: at once | the slot comes back late
//	AcceptByArrival       accept goes by the final ACK | by the SYN
//	Aborted               accept reports it | receive reports it | the entry leaves the queue | accept reports WSAECONNABORTED
//	CloseListener         resets all | forgets half-open ones | forgets all | lets clients read the end
//	Migrates              no | what a closing listener holds goes to one that shares its address
//	PauseResets           what is queued stays | is reset
//	OfferLifetime         how long a request without a decision is kept after its last SYN
//	ConditionFirst        WSAEMFILE before the condition function is asked | after
//	DeferHidesReadable    a deferred request leaves the listener readable | hides it
//	Nesting               calls inside a callback fail | are allowed
//	Binds                 conflicts as since Server 2003 | as before
//	Options               those of Windows | few | those of Wine | those of Linux
//	ErrorSticks           reading SO_ERROR clears it | leaves it
//	PortMin, PortMax      1024..5000 | any other range
//	CloseHoldsDescriptor  close gives the descriptor back at once | when the peer has all
//	ChildrenBlockRebind   no | a new listener refuses while connections of the old one live
//	SynAck, Data, FinWait how long the host waits, and how often it sends again
//	Timers                ring exactly | at a tick | in the slots of a wheel
//	Client                schedule of SYNs, and what an RST means: refused at once | tried again
//
// The WSP profile holds exactly the backlog, not one more (WS.B11); AtSyn and AtAck
// say what others hold.
//
// # Modelled
//
// The calls of the Windows Sockets SPI around a listener: startup, socket, bind with its
// conflict tables, listen, accept with a condition function, connect, close, shutdown,
// send, receive, select, options. A limited table of descriptors. Segments on links with
// latency, jitter, loss, duplication and reordering. Clients that lose patience and come
// back. The accept queue and the SYN queue of each stack: limits at the SYN and at the
// final ACK, SYN cookies, eviction, pruning, retransmission on the timer wheel of the
// kernel, keep-alive, TCP_DEFER_ACCEPT, SO_REUSEPORT, AF_UNIX.
//
// # Not modelled
//
// Rules that no test checks, because what they are about does not exist here:
//
//	WS.A5: no call blocks; one that would returns WSAEWOULDBLOCK
//	WS.A6 WS.A7: Accept returns the address as a value, there is no buffer
//	WS.A9: no call blocks, so none is woken
//	WS.A12: there are no overlapped calls
//	WS.B3: IrDA sockets do not exist; a copy of WindowsCE3 with Backlog.Max 2 counts as they do
//	WS.N1 WS.N2 WS.N3 WS.N4 WS.N5 WS.N6 WS.N7 WS.N8 WS.N9 WS.N10: FD_ACCEPT notification comes later
//	WS.R11: likewise, it is about FD_ACCEPT
//	WS.X11: likewise, it is about FD_CLOSE
//	WS.T10: one report, and no page explains it; connect fails with WSAECONNREFUSED or WSAETIMEDOUT
//
// Nor are there: the dynamic backlog of NT 4 to Server 2003; IPv6 and sockets
// for both families; TIME_WAIT; a window and congestion control (bytes are
// counted, acknowledged at once, and sent again as a whole); simultaneous open;
// TCP Fast Open; races between processors; datagrams (datagram sockets can be bound,
// and refuse to listen); options other than those in the list of constants.
package netmodel
