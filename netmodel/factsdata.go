package netmodel

// factText returns where the values of a ready-made profile are from: a line for
// some fields, with the certainty and the source, as parseFacts reads it; and the
// profile that speaks for the fields that no line names, "" if there is none.
//
// Winsock profiles cite rules (Rules has the pages behind them): a rule that is
// documented, or was observed on Windows by others, makes a value documented;
// one that was inferred makes it derived; one that was chosen leaves it unknown.
// L, P, W, G and D and a number name experiments of this project
// (testdata/truth), K ids what they showed. Everything else names the file that
// was read: a bare number is the id of a file in a public index of sources,
// behind an @ stands a commit. ST. ids are rules too.
func factText(name string) (parent, text string) {
	switch name {
	case "wsp":
		return "", wspFacts
	case "winsock11":
		return "wsp", winsock11Facts
	case "windowsce3":
		return "wsp", windowsCE3Facts
	case "windows":
		return "wsp", windowsFacts
	case "nt4server":
		return "windows", nt4Facts
	case "nt4workstation":
		return "nt4server", nt4WorkstationFacts
	case "linux":
		return "", linuxFacts
	case "linux6.5":
		return "linux", linux65Facts
	case "linux5.4":
		return "linux6.5", linux54Facts
	case "linux4.10":
		return "linux5.4", linux410Facts
	case "linux4.3":
		return "linux4.10", linux43Facts
	case "linux2.6.20":
		return "linux4.3", linux2620Facts
	case "linux2.4":
		return "linux2.6.20", linux24Facts
	case "linux2.2":
		return "linux2.4", linux22Facts
	case "unix":
		return "linux", unixFacts
	case "wine":
		return "linux", wineFacts
	}
	return factTextElsewhere(name)
}

// factTextElsewhere is factText for what is neither Windows nor Linux.
func factTextElsewhere(name string) (parent, text string) {
	switch name {
	case "freebsd":
		return "bsd", freeBSDFacts
	case "freebsd4":
		return "freebsd", freeBSD4Facts
	case "netbsd":
		return "bsd", netBSDFacts
	case "openbsd":
		return "bsd", openBSDFacts
	case "darwin":
		return "bsd", darwinFacts
	case "bsd4.2":
		return "bsd", bsd42Facts
	case "bsd4.4":
		return "bsd4.2", bsd44Facts
	case "macosx10.2":
		return "berkeley", macOSX102Facts
	case "aix5":
		return "berkeley", aix5Facts
	case "hpux11":
		return "berkeley", hpux11Facts
	case "illumos":
		return "berkeley", illumosFacts
	case "solaris9":
		return "illumos", solaris9Facts
	case "lwip":
		return "berkeley", lwipFacts
	case "smoltcp":
		return "berkeley", smoltcpFacts
	case "gvisor":
		return "berkeley", gvisorFacts
	case "netstack":
		return "gvisor", netstackFacts
	case "gofakenet":
		return "berkeley", goFakeNetFacts
	case "bsd":
		return "berkeley", bsdFacts
	case "berkeley":
		return "", berkeleyFacts
	}
	return "", ""
}

const wspFacts = `Calls	d	WSPListen, WSPAccept, WSPConnect
Backlog Backlog.NegativeIsMax Backlog.ZeroIsMax	d	C2: an illegal value becomes the nearest legal one
Backlog.Min	u	WS.B9: what 0 holds is on no page; one place is chosen
Backlog.Max	u	C1 gives no number; that of Windows is chosen (WS.B7)
Backlog.Somaxconn	d	WS.B5: winsock2.h
Backlog.HintMax	d	WSPListen knows no hint; the listen page does (WS.B6)
AtSyn	d	P3, WS.B11
SynQueue.Separate	i	WS.Q6: a half-open request holds a slot
SynQueue.RepeatRestarts	u	no page says what a repeated SYN does to the timer; nothing is chosen
OnFull	d	R4, WS.Q3
Relisten	d	R9, R10, WS.R2
Trim	u	WS.R4: no page says which; the survivors are those that the smaller queue would have admitted
ListenConnecting	u	WS.L5: a state error is chosen
ListenStarved	d	E6, WS.D1
RelistenStarved	u	WS.D2: success is chosen, by R5
CommitAtListen	d	E2, WS.U3
ListenBinds	d	E4, WS.L1
Slots	i	WS.D3, WS.D5: the one reading in which R5 to R7 have an effect
Starved	d	WS.A3, WS.D4
DescriptorFirst	d	WS.A4
EmptyAcceptFills	u	WS.D8: that an accept that finds nothing fills too is chosen
SlotReturnDelay	d	WS.Q4: KB295079; late return is a defect of Windows 2000 SP1 and older (WS.Q5)
Order	d	WS.Q1
Aborted	d	WS.X6
CloseListener	u	WS.X2: no page says; resetting all is chosen
PauseResets	u	WS.Q9 is about new requests; that queued ones stay is chosen
OfferLifetime	u	WS.Q10: the client may time out, no page says when; a minute is chosen
ConditionFirst	u	WS.C11: no is chosen
DeferHidesReadable	u	WS.N13: no is chosen
Nesting	d	E3, WS.S3
Binds	d	WS.U1
Options	d	WS.Q9, WS.C12, WS.U2
ErrorSticks	d	WSPGetSockOpt: reading SO_ERROR clears it
PortMin PortMax	d	WSPBind
CloseHoldsDescriptor	d	WS.D11: it may hold it, and need not
ChildrenBlockRebind	i	WS.X5: KB177074 calls it a defect of NT 4
SynAck	d	WS.T9
Data	u	no page read says; that of the SYN is chosen, five times
FinWait	u	no page read says; a minute is chosen
Client.Syn	d	WS.T1
Client.Refused	d	R4; clients of Microsoft's TCP/IP try again (WS.T3)
Client.Refused.Sticks	u	WS.T6: that the last event decides is chosen
Timers	i	the pages count in whole seconds
`

const winsock11Facts = `Backlog.Min	d	WS.B2
Backlog.Max	d	WS.B2: KB127144, KB113576
Backlog.Somaxconn	d	WS.B5: winsock.h
Binds	d	WS.U1: the table for Windows XP and earlier
Options	i	none of them had been invented
`

const windowsCE3Facts = `Backlog.Min Backlog.Max	d	WS.B2: Windows CE 3.0 listen
Backlog.Somaxconn	i	WS.B5: winsock.h, as the pages for its time have it
Binds	u	no CE page says; the table for Windows XP and earlier is chosen
Options	u	no CE page read names them; their absence is chosen
SynAck Client.Syn Client.Refused	u	no CE page gives times; those of WSPListen and of the desktop are chosen
`

const windowsFacts = `Calls	d	listen, accept, connect pages; Wine's sock.c tests, which hold on Windows
Backlog.Max	d	WS.B7: measured by Weave on Windows 11, 8192 asked, 200 connected; OpenJDK PR 25819
Backlog.HintMin Backlog.HintMax	d	WS.B6: listen page
AtSyn	d	WS.B11: exactly 200, Weave
SynQueue.Separate	u	WS.Q6 is about NT 4 to Server 2003, nobody says for later ones; the same is chosen
OnFull	d	WS.Q3: KB113576; Weave
Relisten	d	WS.R2': listen page
RelistenStarved	u	WS.D2: success is chosen; Microsoft's own provider has no such limit (WS.D12)
ListenStarved	d	listen page; Microsoft's own provider has no such limit (WS.D12)
CommitAtListen	d	WS.Q12: wildcard and specific listeners stand side by side, Wine test_reuseaddr
Aborted	d	WS.X7: observed, DiffEngine PR 790; Go has seen errors of AcceptEx as well: WS.X6 (fd_windows.go)
Nesting	d	WS.S4: from version 2.0 on
ErrorSticks	d	WS.L6: observed, Wine test_select
PortMin PortMax	d	the range above 49151: WSPBind, KB929851
SynAck	u	WS.T9 is about Windows 2000 and 2003; the same is chosen
Client.Syn	d	WS.T2: measured by speasy PR 344, nmap #2113; why 4 end at 21 s is not known
Client.Refused	d	WS.T3, WS.T4: KB175523; 2.03 to 2.05 s for 4, netscli-core, libuv PR 2896
`

const nt4Facts = `Backlog.Max	d	KB127144, KB113576
Backlog.HintMax	i	hints are reported from Windows 8 on (WS.B6)
SynQueue.Separate	i	WS.Q6: the registry page of TcpMaxPortsExhausted
AtSyn	d	WS.B11: KB295079
SlotReturnDelay	i	WS.Q5: late only if the accepting thread loses the processor
Aborted ErrorSticks Nesting CommitAtListen	i	as observed on later Windows
Binds	d	WS.U1: the table for Windows XP and earlier
Options	i	as on later Windows
PortMin PortMax	d	WSPBind
ChildrenBlockRebind	u	WS.X5: KB177074 describes the defect, not which service packs have it; none is chosen
SynAck	i	WS.T9, of Windows 2000
Client.Syn	d	KB175523: three more on NT; the first wait is that of WS.T1
Client.Refused	i	WS.T3: KB175523; the gap is that of later Windows (WS.T4)
`

const nt4WorkstationFacts = `Backlog.Max	d	KB127144
`
