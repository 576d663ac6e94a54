// Package netmodel is a model of the TCP accept queue: what happens to a connection request
// between the network and accept. It answers questions such as these: Which request was
// refused or ignored, and why? What did the client see? What does another system do with
// the same clients?
//
// The profile profiles.WSP does what the WSPListen manual page says (Windows Sockets
// service provider interface, Windows Mobile 6.5 edition). Another [Profile] makes the host
// another stack. A profile is plain data: each setting is a field.
//
// # In short
//
// A server with a backlog of two, and three clients:
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
//	fmt.Println(n.Result(3).Outcome, n.Result(3).Cause) // refused queue full
//
// A [Host] is a passive state machine. Programs call it (Socket, Bind, Listen, Accept ...).
// The network delivers segments to it and drains the segments that it sends. Advance moves
// its clock. A Host starts nothing and never blocks. A test can drive a Host by hand, or
// clone it at every step. A [Network] drives all its hosts on one event list. [Host.Queue]
// shows the queue, and [Host.Check] verifies it.
//
// With package simnet, Go programs run on such a host.
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
// This is the profile profiles.WSP. Each half-open or complete connection takes a slot. The
// number of slots is the effective backlog, and not one more. Everything that happens is a
// [Record]. trace.Printer shows records as lines with a picture of the queue. The network
// decides the [Outcome] of every attempt once, by the first record that decides it. It
// keeps the [Cause] of the outcome.
//
// # Descriptors
//
// The page says how listen works without free descriptors (R5 to R7). It goes on working
// rationally and accepts connections until the queue is emptied. It resumes when
// descriptors become free and the program calls listen or accept.
//
// The model reads this as follows. A request takes an available slot and needs no
// descriptor. A successful accept takes a descriptor and then fills: it makes slots
// available. Their number is limited by the backlog and by the free descriptors. If
// descriptors stay exhausted, requests use up the slots and the program drains the queue.
// Then the listener refuses requests until a later listen or accept finds free descriptors.
//
// Microsoft's own provider has no such limit (WS.D12): leave [HostConfig].Descriptors at 0
// for it.
//
// # Ids
//
// Each rule has an id. Comments and tests cite the ids. profiles.Rules has the text, the
// source and the certainty of each rule.
//
//   - Ids without a prefix (P1, V1, E1 to E9, R1 to R10, C1, C2) are the statements of the
//     WSPListen page.
//   - Ids with the prefix WS. are related rules. Their sources are other pages of Microsoft,
//     observations of test suites on Windows, and reasoning. WS.R4 and R4 are different
//     rules.
//   - K ids are measurements on Linux. ST. ids come from the source code of other stacks.
//     profiles.Facts has the source of every single value.
//
// If two documented rules contradict each other, they belong to different profiles. R9 and
// WS.R2 are in profiles.WSP, and WS.R2' is in profiles.Windows. E3 and WS.S3 are in
// profiles.WSP, and WS.S4 is in profiles.Windows.
//
// # Order of the checks
//
// If several errors apply, a call reports the first in this order (WS.S5): library not
// started, network down, callback in progress, not a socket, type of the socket, state of
// the socket, resources. The comment of each call has its own order in full.
//
// # Choices
//
// If the page says nothing or systems differ, a field of [Profile] decides. The first
// choice of each line is that of profiles.WSP.
//
//	Calls                 Windows Sockets | Unix | Wine | Go's fake network: error codes, and what a reset connection reports
//	System                none | Windows | Linux | FreeBSD ...: names of settings and counters, nothing else
//	Backlog               1..200, SOMAXCONN is 200 | 1..5 | hints: -n is n, 200..65535
//	AtSyn                 the backlog fits | any part or multiple of it, or no limit
//	AtAck                 a slot is reserved by the SYN | a limit of its own, where there is a SYN queue
//	SynQueue              none: half-open connections take slots | one of its own: size, cookies, eviction
//	Young                 how many young half-open connections a full queue still admits, with OnFull IgnoreUnlessYoung
//	Relisten              updates the backlog and trims | keeps the backlog | sets it and keeps the queue | fails if too many are queued
//	Trim                  newest first | oldest first | half-open first
//	ListenConnecting      WSAEINVAL | any other code
//	ListenStarved         WSAEMFILE | 0: the first listen succeeds without descriptors
//	RelistenStarved       0: a further listen succeeds | WSAEMFILE
//	CommitAtListen        listen finds conflicts of wildcard addresses | only bind finds conflicts
//	ListenBinds           listen on an unbound socket fails | gives it a free port
//	OnFull                RST | no answer | no answer unless few are young | evicts | holds back | EAGAIN
//	OnAckFull             no answer | RST | forgotten | admitted | waits
//	Slots                 used up and filled | a pending connection owns its descriptor | cost nothing
//	StarvedLoses          accept without a descriptor changes nothing | closes the connection
//	DescriptorFirst       accept checks the queue first | checks the descriptors first
//	EmptyAcceptFills      an accept on an empty queue fills | does not fill
//	SlotReturnDelay       0: at once | the slot comes back late
//	AcceptByArrival       accept has the order of final ACKs | the order of SYNs
//	Aborted               accept reports it | receive reports it | the entry leaves the queue | accept reports WSAECONNABORTED
//	CloseListener         resets all | forgets half-open connections | forgets all | closes complete connections with a FIN
//	Migrates              no | connections of a closing listener go to another listener on its address
//	PauseResets           queued connections stay | are reset
//	OfferLifetime         how long a request without a decision stays after its last SYN
//	ConditionFirst        WSAEMFILE before the condition function runs | after
//	DeferHidesReadable    a listener with a deferred request is readable | is not readable
//	Nesting               calls inside a callback fail | are allowed
//	Binds                 conflicts of Windows Server 2003 and later | of Windows XP and earlier | of Linux | of Wine
//	Options               those of Windows | few | those of Wine | those of Linux
//	ErrorSticks           reading SO_ERROR clears it | does not clear it
//	PortMin, PortMax      1024..5000 | any other range
//	CloseHoldsDescriptor  close frees the descriptor at once | when the peer has acknowledged everything
//	ChildrenBlockRebind   no | a new listener refuses while connections of an earlier listener are open
//	SynAck, Data, FinWait how long the host waits, and how often it sends again
//	Timers                fire exactly | at a tick | in the slots of a wheel
//	Client                schedule of SYNs; an RST refuses at once | TCP sends the SYN again
//
// The WSP profile holds exactly the backlog, not one more (WS.B11). AtSyn and AtAck say how
// many connections other stacks hold.
//
// # Modelled
//
// The calls of the Windows Sockets SPI around a listener: startup, socket, bind with its
// conflict tables, listen, accept with a condition function, connect, close, shutdown,
// send, receive, select, options. A limited table of descriptors. Segments on links with
// latency, jitter, loss, duplication and reordering. Clients that give up and retry. The
// accept queue and the SYN queue of each stack: limits at the SYN and at the final ACK, SYN
// cookies, eviction, pruning, retransmission on the timer wheel of the kernel, keep-alive,
// TCP_DEFER_ACCEPT, SO_REUSEPORT, AF_UNIX.
//
// # Not modelled
//
// No test checks these rules, because the model does not have what they are about:
//
//	WS.A5: no call blocks; a call that would block returns WSAEWOULDBLOCK
//	WS.A6 WS.A7: Accept returns the address as a value; there is no buffer
//	WS.A9: no call blocks, so nothing wakes a call
//	WS.A12: there are no overlapped calls
//	WS.B3: there are no IrDA sockets; a copy of WindowsCE3 with Backlog.Max 2 has their backlog
//	WS.N1 WS.N2 WS.N3 WS.N4 WS.N5 WS.N6 WS.N7 WS.N8 WS.N9 WS.N10: there is no FD_ACCEPT notification
//	WS.R11: there is no FD_ACCEPT notification
//	WS.X11: there is no FD_CLOSE notification
//	WS.T10: one report exists and no page explains it; connect fails with WSAECONNREFUSED or WSAETIMEDOUT
//
// The model also lacks:
//   - the dynamic backlog of NT 4 to Server 2003;
//   - IPv6 sockets, and sockets for both address families;
//   - TIME_WAIT;
//   - a window and congestion control: a host counts bytes, acknowledges them at once, and
//     sends them again as a whole;
//   - simultaneous open and TCP Fast Open;
//   - races between processors;
//   - datagrams: a datagram socket can be bound, and listen on it fails;
//   - options other than those in the list of constants.
package netmodel
