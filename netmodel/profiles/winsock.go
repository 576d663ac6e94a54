package profiles

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// WSP is the default: what the WSPListen page says. If the page says nothing, the value is
// chosen, and its evidence says so. The page gives no number for the largest backlog; 200 is
// the number of Windows, and a copy of the profile may set another.
func WSP() netmodel.Profile {
	return netmodel.Profile{
		Name: "wsp",
		Long: "the WSPListen page of the Windows Sockets SPI, to the letter",
		Backlog: netmodel.Backlog{
			Min: 1, Max: 200, // connections; chosen: the page names no limit (C1)
			Somaxconn: winsock.SomaxconnWinsock2, // winsock2.h
		},
		ListenConnecting:   winsock.WSAEINVAL, // WS.L5, chosen
		ListenStarved:      winsock.WSAEMFILE, // E6
		CommitAtListen:     true,              // E2
		EmptyAcceptFills:   true,              // WS.D8, chosen
		OfferLifetime:      time.Minute,
		PortMin:            1024, // WSPBind page: 1024..5000
		PortMax:            5000,
		SynAck:             synAckNT(),
		Data:               netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 5},                       // chosen
		FinWait:            time.Minute,                                                                                       // chosen
		Client:             netmodel.Client{Syn: netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 2}}, // WS.T1; an RST is final (R4)
		DeferHidesReadable: false,                                                                                             // WS.N13, chosen
	}
}

// wspEvidence has the sources of the values of WSP.
func wspEvidence() []evidence {
	return []evidence{
		{Documented, "WSPListen, WSPAccept, WSPConnect", fields{"Calls"}},
		{Documented, "C2: an illegal value becomes the nearest legal one", fields{"Backlog", "Backlog.NegativeIsMax", "Backlog.ZeroIsMax"}},
		{Unknown, "WS.B9: no page says what listen(0) holds; one slot is chosen", fields{"Backlog.Min"}},
		{Unknown, "C1 gives no number; the maximum of Windows is chosen (WS.B7)", fields{"Backlog.Max"}},
		{Documented, "WS.B5: winsock2.h", fields{"Backlog.Somaxconn"}},
		{Documented, "WSPListen names no hint; the listen page does (WS.B6)", fields{"Backlog.HintMax"}},
		{Documented, "P3, WS.B11", fields{"AtSyn"}},
		{Derived, "WS.Q6: a half-open request holds a slot", fields{"SynQueue.Separate"}},
		{Unknown, "no page says what a repeated SYN does to the timer; no effect is chosen", fields{"SynQueue.RepeatRestarts"}},
		{Documented, "R4, WS.Q3", fields{"OnFull"}},
		{Documented, "R9, R10, WS.R2", fields{"Relisten"}},
		{Unknown, "WS.R4: no page says which connections go; chosen: the smaller queue would not have admitted them", fields{"Trim"}},
		{Unknown, "WS.L5: a state error is chosen", fields{"ListenConnecting"}},
		{Documented, "E6, WS.D1", fields{"ListenStarved"}},
		{Unknown, "WS.D2: success is chosen, by R5", fields{"RelistenStarved"}},
		{Documented, "E2, WS.U3", fields{"CommitAtListen"}},
		{Documented, "E4, WS.L1", fields{"ListenBinds"}},
		{Derived, "WS.D3, WS.D5: the only reading in which R5 to R7 have an effect", fields{"Slots"}},
		{Documented, "WS.A3, WS.D4", fields{"StarvedLoses"}},
		{Documented, "WS.A4", fields{"DescriptorFirst"}},
		{Unknown, "WS.D8: chosen: an accept that finds no connection fills slots too", fields{"EmptyAcceptFills"}},
		{Documented, "WS.Q4: KB295079; late return is a defect of Windows 2000 SP1 and older (WS.Q5)", fields{"SlotReturnDelay"}},
		{Documented, "WS.Q1", fields{"AcceptByArrival"}},
		{Documented, "WS.X6", fields{"Aborted"}},
		{Unknown, "WS.X2: no page says; resetting all is chosen", fields{"CloseListener"}},
		{Unknown, "WS.Q9 is about new requests; chosen: queued connections stay", fields{"PauseResets"}},
		{Unknown, "WS.Q10: the client may time out, no page says when; 1 minute is chosen", fields{"OfferLifetime"}},
		{Unknown, "WS.C11: no is chosen", fields{"ConditionFirst"}},
		{Unknown, "WS.N13: no is chosen", fields{"DeferHidesReadable"}},
		{Documented, "E3, WS.S3", fields{"Nesting"}},
		{Documented, "WS.U1", fields{"Binds"}},
		{Documented, "WS.Q9, WS.C12, WS.U2", fields{"Options"}},
		{Documented, "WSPGetSockOpt: reading SO_ERROR clears it", fields{"ErrorSticks"}},
		{Documented, "WSPBind", fields{"PortMin", "PortMax"}},
		{Documented, "WS.D11: a close may hold its descriptor, and need not", fields{"CloseHoldsDescriptor"}},
		{Derived, "WS.X5: KB177074 calls it a defect of NT 4", fields{"ChildrenBlockRebind"}},
		{Documented, "WS.T9", fields{"SynAck"}},
		{Unknown, "no page that was read says; the schedule of the SYN is chosen, with 5 retries", fields{"Data"}},
		{Unknown, "no page that was read says; 1 minute is chosen", fields{"FinWait"}},
		{Documented, "WS.T1", fields{"Client.Syn"}},
		{Documented, "R4; clients of Microsoft's TCP/IP try again (WS.T3)", fields{"Client.Refused"}},
		{Unknown, "WS.T6: chosen: the last event decides", fields{"Client.Refused.Sticks"}},
		{Derived, "the pages count in whole seconds", fields{"Timers"}},
	}
}

// synAckNT returns the SYN-ACK schedule of Windows 2000 and 2003: 2 retransmissions, the first
// after 3 s, with waits that double. The host gives up after 21 s. WS.T9
func synAckNT() netmodel.Schedule {
	return netmodel.Schedule{First: 3 * time.Second, Retries: 2}
}

// Winsock11 is a Windows Sockets 1.1 stack: the backlog is at most 5, and SOMAXCONN is the
// literal 5 of winsock.h. WS.B2, WS.B5; KB127144, KB113576.
func Winsock11() netmodel.Profile {
	p := WSP()
	p.Name = "winsock11"
	p.Long = "Windows Sockets 1.1: backlog 1 to 5"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 5, Somaxconn: winsock.SomaxconnWinsock11}
	p.Binds = netmodel.BindsOld
	p.Options = netmodel.OptionsFew // none of them existed
	return p
}

// winsock11Evidence has the sources of the values of Winsock11.
func winsock11Evidence() []evidence {
	return []evidence{
		{Documented, "WS.B2", fields{"Backlog.Min"}},
		{Documented, "WS.B2: KB127144, KB113576", fields{"Backlog.Max"}},
		{Documented, "WS.B5: winsock.h", fields{"Backlog.Somaxconn"}},
		{Documented, "WS.U1: the table for Windows XP and earlier", fields{"Binds"}},
		{Derived, "none of the options existed", fields{"Options"}},
	}
}

// WindowsCE3 is Windows CE 3.0: the backlog is 1 to 5 (its listen page). WS.B2
func WindowsCE3() netmodel.Profile {
	p := WSP()
	p.Name = "windowsce3"
	p.Long = "Windows CE 3.0: backlog 1 to 5"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 5, Somaxconn: winsock.SomaxconnWinsock11}
	p.Binds = netmodel.BindsOld     // chosen: no page says
	p.Options = netmodel.OptionsFew // no CE page that was read names them
	return p
}

// windowsCE3Evidence has the sources of the values of WindowsCE3.
func windowsCE3Evidence() []evidence {
	return []evidence{
		{Documented, "WS.B2: Windows CE 3.0 listen", fields{"Backlog.Min", "Backlog.Max"}},
		{Derived, "WS.B5: winsock.h, as the pages of that time say", fields{"Backlog.Somaxconn"}},
		{Unknown, "no CE page says; the table for Windows XP and earlier is chosen", fields{"Binds"}},
		{Unknown, "no CE page that was read names the options; their absence is chosen", fields{"Options"}},
		{Unknown, "no CE page gives times; those of WSPListen and of the desktop are chosen", fields{"SynAck", "Client.Syn", "Client.Refused"}},
	}
}

// NT4Server is Windows NT 4 Server: the backlog is at most 200 (KB127144, KB113576).
func NT4Server() netmodel.Profile {
	p := Windows()
	p.Name = "nt4server"
	p.Long = "Windows NT 4 Server: backlog up to 200"
	p.Backlog = netmodel.Backlog{Min: 1, Max: 200, Somaxconn: winsock.SomaxconnWinsock2}
	p.Binds = netmodel.BindsOld
	p.PortMin, p.PortMax = 1024, 5000
	p.Client = netmodel.Client{
		Syn:     netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 3}, // KB175523: 3 more on NT
		Refused: netmodel.Refused{Retries: 3, Gap: 500 * time.Millisecond},                   // WS.T3; the gap is from WS.T4
	}
	return p
}

// nt4Evidence has the sources of the values of NT4Server.
func nt4Evidence() []evidence {
	return []evidence{
		{Documented, "KB127144, KB113576", fields{"Backlog.Max"}},
		{Derived, "hints are reported from Windows 8 on (WS.B6)", fields{"Backlog.HintMax"}},
		{Derived, "WS.Q6: the registry page of TcpMaxPortsExhausted", fields{"SynQueue.Separate"}},
		{Documented, "WS.B11: KB295079", fields{"AtSyn"}},
		{Derived, "WS.Q5: late only if the accepting thread loses the processor", fields{"SlotReturnDelay"}},
		{Derived, "as observed on later Windows", fields{"Aborted", "ErrorSticks", "Nesting", "CommitAtListen"}},
		{Documented, "WS.U1: the table for Windows XP and earlier", fields{"Binds"}},
		{Derived, "as on later Windows", fields{"Options"}},
		{Documented, "WSPBind", fields{"PortMin", "PortMax"}},
		{Unknown, "WS.X5: KB177074 describes the defect, but not which service packs have it; no defect is chosen", fields{"ChildrenBlockRebind"}},
		{Derived, "WS.T9, of Windows 2000", fields{"SynAck"}},
		{Documented, "KB175523: three more on NT; the first wait is from WS.T1", fields{"Client.Syn"}},
		{Derived, "WS.T3: KB175523; the gap is from later Windows (WS.T4)", fields{"Client.Refused"}},
	}
}

// NT4Workstation is Windows NT 4 Workstation: the backlog is at most 5 (KB127144).
func NT4Workstation() netmodel.Profile {
	p := NT4Server()
	p.Name = "nt4workstation"
	p.Long = "Windows NT 4 Workstation: backlog up to 5"
	p.Backlog.Max = 5
	return p
}

// nt4WorkstationEvidence has the sources of the values of NT4Workstation.
func nt4WorkstationEvidence() []evidence {
	return []evidence{
		{Documented, "KB127144", fields{"Backlog.Max"}},
	}
}

// Windows is Windows 8, Server 2012 and later. A positive backlog above 200 is 200, and
// SOMAXCONN_HINT reaches 65535. Another listen keeps the backlog. A refused client sends its
// SYN 4 times more, 500 ms apart.
func Windows() netmodel.Profile {
	return netmodel.Profile{
		Name:   "windows",
		Long:   "Windows 8, Server 2012 and later",
		System: "windows",
		Backlog: netmodel.Backlog{
			Min: 1,   // WS.B9, chosen: what listen(0) holds is not known
			Max: 200, // measured by third parties: listen(8192), 200 connected (WS.B7)
			// SOMAXCONN is a special number, "about 200" (WS.B8).
			Somaxconn: winsock.SomaxconnWinsock2,
			HintMin:   200, HintMax: 65535, // listen page (WS.B6)
		},
		Relisten:         netmodel.RelistenKeeps,    // listen page (WS.R2')
		ListenConnecting: winsock.WSAEINVAL,         // WS.L5, chosen
		ListenStarved:    winsock.WSAEMFILE,         // listen page; Microsoft's own provider has no such limit (WS.D12)
		EmptyAcceptFills: true,                      // the listen page has the sentence about filling too (WS.D9)
		Aborted:          netmodel.AbortedAtReceive, // observed (WS.X7)
		OfferLifetime:    time.Minute,               // chosen
		Nesting:          true,                      // from version 2.0 on (WS.S4)
		ErrorSticks:      true,                      // observed: SO_ERROR read twice
		PortMin:          49152, PortMax: 65535,
		SynAck:  synAckNT(),                                                                  // of Windows 2003; for newer versions unknown
		Data:    netmodel.Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 5}, // chosen
		FinWait: time.Minute,                                                                 // chosen
		Client: netmodel.Client{
			// Measured by a third party: 4 retransmissions end at 21.0 s (WS.T2).
			Syn:     netmodel.Schedule{First: time.Second, Max: time.Minute, Retries: 4, Limit: 21 * time.Second},
			Refused: netmodel.Refused{Retries: 4, Gap: 500 * time.Millisecond}, // WS.T4
		},
	}
}

// windowsEvidence has the sources of the values of Windows.
func windowsEvidence() []evidence {
	return []evidence{
		{Documented, "listen, accept, connect pages; Wine's sock.c tests, which hold on Windows", fields{"Calls"}},
		{Documented, "WS.B7: measured by Weave on Windows 11, 8192 asked, 200 connected; OpenJDK PR 25819", fields{"Backlog.Max"}},
		{Documented, "WS.B6: listen page", fields{"Backlog.HintMin", "Backlog.HintMax"}},
		{Documented, "WS.B11: exactly 200, Weave", fields{"AtSyn"}},
		{Unknown, "WS.Q6 is about NT 4 to Server 2003, no page is about later versions; the same is chosen", fields{"SynQueue.Separate"}},
		{Documented, "WS.Q3: KB113576; Weave", fields{"OnFull"}},
		{Documented, "WS.R2': listen page", fields{"Relisten"}},
		{Unknown, "WS.D2: success is chosen; Microsoft's own provider has no such limit (WS.D12)", fields{"RelistenStarved"}},
		{Documented, "listen page; Microsoft's own provider has no such limit (WS.D12)", fields{"ListenStarved"}},
		{Documented, "WS.Q12: wildcard and specific listeners can coexist, Wine test_reuseaddr", fields{"CommitAtListen"}},
		{Documented, "WS.X7: observed, DiffEngine PR 790; Go has seen errors of AcceptEx as well: WS.X6 (fd_windows.go)", fields{"Aborted"}},
		{Documented, "WS.S4: from version 2.0 on", fields{"Nesting"}},
		{Documented, "WS.L6: observed, Wine test_select", fields{"ErrorSticks"}},
		{Documented, "the range above 49151: WSPBind, KB929851", fields{"PortMin", "PortMax"}},
		{Unknown, "WS.T9 is about Windows 2000 and 2003; the same is chosen", fields{"SynAck"}},
		{Documented, "WS.T2: measured by speasy PR 344, nmap #2113; why 4 end at 21 s is not known", fields{"Client.Syn"}},
		{Documented, "WS.T3, WS.T4: KB175523; 2.03 to 2.05 s for 4, netscli-core, libuv PR 2896", fields{"Client.Refused"}},
	}
}
