package netmodel

import "time"

// SOMAXCONN as the two headers define it. WS.B5
const (
	SomaxconnWinsock2  = 0x7fffffff
	SomaxconnWinsock11 = 5
)

// Profiles returns every ready-made profile, the default first.
func Profiles() []Profile {
	return []Profile{
		WSP(), Windows(), NT4Server(), NT4Workstation(), WindowsCE3(), Winsock11(),
		Linux(), Linux65(), Linux54(), Linux410(), Linux43(), Linux2620(), Linux24(), Linux22(),
		FreeBSD(), FreeBSD4(), NetBSD(), OpenBSD(), Darwin(), MacOSX102(), AIX5(), BSD44(), BSD42(),
		HPUX11(), Illumos(), Solaris9(),
		GVisor(), Netstack(), LwIP(), Smoltcp(), Unix(), GoFakeNet(), Wine(),
	}
}

// ProfileByName returns the ready-made profile of that name.
func ProfileByName(name string) (Profile, bool) {
	for _, p := range Profiles() {
		if p.Name == name {
			return p, true
		}
	}
	return Profile{}, false
}

// WSP is the default: what the WSPListen page says, with the choices named in
// the package documentation where it is silent. The page gives no number for
// the largest backlog; 200 is that of Windows, and a copy may set another.
func WSP() Profile {
	return Profile{
		Name: "wsp",
		Long: "the WSPListen page of the Windows Sockets SPI, to the letter",
		Backlog: Backlog{
			Min: 1, Max: 200, // connections; chosen: the page names no limit (C1)
			Somaxconn: SomaxconnWinsock2, // winsock2.h
		},
		ListenConnecting:   WSAEINVAL, // WS.L5, chosen
		ListenStarved:      WSAEMFILE, // E6
		CommitAtListen:     true,      // E2
		EmptyAcceptFills:   true,      // WS.D8, chosen
		OfferLifetime:      time.Minute,
		PortMin:            1024, // WSPBind page: 1024..5000
		PortMax:            5000,
		SynAck:             synAckNT(),
		Data:               Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 5},              // chosen
		FinWait:            time.Minute,                                                                     // chosen
		Client:             Client{Syn: Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 2}}, // WS.T1; an RST is final (R4)
		DeferHidesReadable: false,                                                                           // WS.N13, chosen
	}
}

// synAckNT is the SYN-ACK schedule of Windows 2000 and 2003: twice more, 3 s
// after the first and doubling, and given up after 21 s. WS.T9
func synAckNT() Schedule {
	return Schedule{First: 3 * time.Second, Retries: 2}
}

// Winsock11 is a Windows Sockets 1.1 stack: at most 5, and SOMAXCONN is the
// literal 5 of winsock.h. WS.B2, WS.B5; KB127144, KB113576.
func Winsock11() Profile {
	p := WSP()
	p.Name = "winsock11"
	p.Long = "Windows Sockets 1.1: backlog 1 to 5"
	p.Backlog = Backlog{Min: 1, Max: 5, Somaxconn: SomaxconnWinsock11}
	p.Binds = BindsOld
	p.Options = OptionsFew // none of them existed
	return p
}

// WindowsCE3 is Windows CE 3.0: backlog 1 to 5 by its listen page. WS.B2
func WindowsCE3() Profile {
	p := WSP()
	p.Name = "windowsce3"
	p.Long = "Windows CE 3.0: backlog 1 to 5"
	p.Backlog = Backlog{Min: 1, Max: 5, Somaxconn: SomaxconnWinsock11}
	p.Binds = BindsOld     // chosen: no page says
	p.Options = OptionsFew // no CE page read names them
	return p
}

// NT4Server is Windows NT 4 Server: 200 (KB127144, KB113576).
func NT4Server() Profile {
	p := Windows()
	p.Name = "nt4server"
	p.Long = "Windows NT 4 Server: backlog up to 200"
	p.Backlog = Backlog{Min: 1, Max: 200, Somaxconn: SomaxconnWinsock2}
	p.Binds = BindsOld
	p.PortMin, p.PortMax = 1024, 5000
	p.Client = Client{
		Syn:     Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 3}, // KB175523: 3 extra on NT
		Refused: Refused{Retries: 3, Gap: 500 * time.Millisecond},                   // WS.T3; the gap is that of WS.T4
	}
	return p
}

// NT4Workstation is Windows NT 4 Workstation: 5 (KB127144).
func NT4Workstation() Profile {
	p := NT4Server()
	p.Name = "nt4workstation"
	p.Long = "Windows NT 4 Workstation: backlog up to 5"
	p.Backlog.Max = 5
	return p
}

// Windows is Windows 8, Server 2012 and later: a positive backlog above 200 is
// 200, SOMAXCONN_HINT reaches 65535, a further listen keeps the backlog, and a
// refused client sends its SYN four times more, 500 ms apart.
func Windows() Profile {
	return Profile{
		Name:   "windows",
		Long:   "Windows 8, Server 2012 and later",
		System: SystemWindows,
		Backlog: Backlog{
			Min: 1,   // WS.B9, chosen: what listen(0) holds is not known
			Max: 200, // measured by third parties: 8192 asked, 200 connected (WS.B7)
			// SOMAXCONN is a number of its own, "about 200" (WS.B8).
			Somaxconn: SomaxconnWinsock2,
			HintMin:   200, HintMax: 65535, // listen page (WS.B6)
		},
		Relisten:         RelistenKeeps,    // listen page (WS.R2')
		ListenConnecting: WSAEINVAL,        // WS.L5, chosen
		ListenStarved:    WSAEMFILE,        // listen page; Microsoft's own provider has no such limit (WS.D12)
		EmptyAcceptFills: true,             // the sentence about filling stands on the listen page too (WS.D9)
		Aborted:          AbortedAtReceive, // observed (WS.X7)
		OfferLifetime:    time.Minute,      // chosen
		Nesting:          true,             // from version 2.0 on (WS.S4)
		ErrorSticks:      true,             // observed: SO_ERROR read twice
		PortMin:          49152, PortMax: 65535,
		SynAck:  synAckNT(),                                                         // of 2003; newer ones not known
		Data:    Schedule{First: 3 * time.Second, Max: 2 * time.Minute, Retries: 5}, // chosen
		FinWait: time.Minute,                                                        // chosen
		Client: Client{
			// Measured by a third party: 4 retransmissions end at 21.0 s (WS.T2).
			Syn:     Schedule{First: time.Second, Max: time.Minute, Retries: 4, Limit: 21 * time.Second},
			Refused: Refused{Retries: 4, Gap: 500 * time.Millisecond}, // WS.T4
		},
	}
}
