package netmodel

import "time"

// Commercial Unix systems, stacks for small machines, and networks that live
// inside a program.

// HPUX11 is HP-UX 11.11, as Stevens' table has it. What it does when the queue is
// full is not known.
func HPUX11() Profile {
	p := onePool()
	p.Name, p.Long = "hpux11", "HP-UX 11.11"
	p.Backlog.Max = 4096 // tcp_conn_request_max of 11i v3
	p.AtSyn = Limit{Num: 3, Den: 2, Min: 1}
	p.PortMin, p.PortMax = 49152, 65535 // tcp_smallest_anon_port
	p.SynAck = Schedule{First: time.Second, Max: time.Minute, Retries: 12, Limit: keepinit}
	p.Client.Syn = p.SynAck
	p.Timers = Timers{}
	return p
}

// Illumos is illumos: the backlog grows by half, and is then cut to
// tcp_conn_req_max_q; a final ACK always gets in.
func Illumos() Profile {
	p := berkeley()
	p.Name, p.Long = "illumos", "illumos"
	p.System = SystemIllumos
	p.Backlog = Backlog{Min: 1, Max: 128, Num: 3, Den: 2, Add: 1} // _conn_req_max_q
	p.AtAck = Limit{None: true}
	p.OnAckFull = AdmitAck // a TLI listener defers: DeferAck
	p.SynQueue = SynQueue{
		Separate: true, Limit: Limit{Add: 1024}, // _conn_req_max_q0
		OnFull: SynQueueEvicts, Victim: VictimTimedOut,
	}
	p.DescriptorFirst = true
	p.CloseListener = CloseResetsAll
	p.SynAck = Schedule{First: 1125 * time.Millisecond, Max: time.Minute, Retries: 7}
	p.Client = Client{Syn: p.SynAck}
	p.PortMin, p.PortMax = 32768, 65535
	return p
}

// Solaris9 is Solaris 9.
func Solaris9() Profile {
	p := Illumos()
	p.Name, p.Long = "solaris9", "Solaris 9"
	p.SynAck = Schedule{First: 3 * time.Second, Max: time.Minute, Retries: 5, Limit: 3 * time.Minute}
	p.Client.Syn = p.SynAck
	return p
}

// GVisor is gVisor's network stack behind its Linux system calls.
func GVisor() Profile {
	p := Linux()
	p.Name, p.Long = "gvisor", "gVisor"
	p.System = SystemOther
	p.Backlog.Max = 1024 // fixed
	p.SynQueue = SynQueue{Separate: true, Cookies: CookiesWhenFull}
	p.Relisten = RelistenRejects
	p.Starved, p.DescriptorFirst = StarvedLoses, false
	p.CloseListener = CloseResetsAll
	p.SynAck = Schedule{First: time.Second, Max: 2 * time.Minute, Retries: 6}
	p.Client.Syn = Schedule{First: time.Second, Max: 2 * time.Minute, Retries: 6}
	p.Data = Schedule{First: 200 * time.Millisecond, Max: 2 * time.Minute, Retries: 15}
	p.Options = OptionsLinux
	p.PortMin, p.PortMax = 16000, 65535
	p.Timers = Timers{}
	return p
}

// Netstack is gVisor's network stack as a library: the argument of Listen is
// exactly what fits, and 0 lets nobody in. Its system calls ask it for one more.
func Netstack() Profile {
	p := GVisor()
	p.Name, p.Long = "netstack", "gVisor's netstack as a library"
	p.Backlog = Backlog{Min: -1, Max: MaxBacklog}
	p.AtSyn, p.AtAck = Limit{}, Limit{}
	p.SynQueue.Limit = Limit{Add: -1}
	return p
}

// LwIP is lwIP with TCP_LISTEN_BACKLOG = 1 and its socket layer.
func LwIP() Profile {
	p := berkeley()
	p.Name, p.Long = "lwip", "lwIP with TCP_LISTEN_BACKLOG"
	p.Backlog = Backlog{Min: 1, Max: 255}
	p.Starved = StarvedLoses
	p.Aborted = AbortedAtReceive
	p.CloseListener = CloseForgetsHalfOpen
	p.SynAck = Schedule{First: 3 * time.Second, Retries: 6, Limit: 20 * time.Second}
	p.Client = Client{Syn: Schedule{First: 3 * time.Second, Factor: 1, Retries: 6}} // TCP_SYNMAXRTX
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// Smoltcp is smoltcp: as many connections as there are listening sockets, which
// stand for a backlog here, and an RST when none is left.
func Smoltcp() Profile {
	p := berkeley()
	p.Name, p.Long = "smoltcp", "smoltcp, with as many listening sockets as the backlog"
	p.Backlog = Backlog{Max: 1024}
	p.OnFull = RefuseWhenFull
	p.Aborted = AbortedWithdraws
	p.SynAck = Schedule{First: time.Second, Max: time.Minute, Retries: 20}
	p.Client = Client{Syn: Schedule{First: time.Second, Max: time.Minute, Retries: 20}}
	p.PortMin, p.PortMax = 49152, 65535
	return p
}

// GoFakeNet is the network inside Go's runtime for js/wasm and wasip1: a connect
// that finds no room waits, and a closing listener ends what is pending.
func GoFakeNet() Profile {
	p := berkeley()
	p.Name, p.Long = "gofakenet", "the network inside Go programs for js/wasm and wasip1"
	p.Calls = CallsFakeNet
	p.Binds = BindsModern                   // an address and the wildcard are two names, each of which is taken once (D)
	p.Backlog = Backlog{Min: 128, Max: 128} // SOMAXCONN, whatever is asked
	p.OnFull = HoldWhenFull
	p.CloseListener = CloseFinishes
	p.Aborted = AbortedAtReceive
	p.SynAck = Schedule{First: 24 * time.Hour}
	p.Client = Client{Syn: Schedule{First: 24 * time.Hour, Retries: 30}}
	p.PortMin, p.PortMax = 1, 65535
	return p
}
