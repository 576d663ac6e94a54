package trace

import (
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Counters counts what the TCP of a host counts, as a fold of its records. The
// fields have the names that nstat shows, without Tcp or TcpExt in front, and the
// meaning that the Linux kernel gives them (measured: L01 to L18).
type Counters struct {
	ActiveOpens  int // connects begun
	PassiveOpens int // handshakes completed at a listener
	AttemptFails int // connects that failed, half-open connections that were reset
	EstabResets  int // complete connections that were reset, by either side
	RetransSegs  int // segments sent again

	ListenOverflows      int // SYNs, final ACKs and data that found the accept queue full
	ListenDrops          int // those, and SYNs dropped for any other reason
	TCPReqQFullDrop      int // SYNs dropped because the SYN queue was full
	TCPReqQFullDoCookies int // SYNs that found it full with cookies on, even when the accept queue then turned them away
	SyncookiesSent       int
	SyncookiesRecv       int // ACKs and data that carried a valid cookie, each time
	EmbryonicRsts        int // half-open connections that an RST ended
	TCPDeferAcceptDrop   int // ACKs that TCP_DEFER_ACCEPT put off
	TCPMigrateReqSuccess int // connections handed to another listener
	TCPSynRetrans        int // SYNs and SYN-ACKs sent again
	TCPTimeouts          int // timers of retransmission that rang
}

// Note takes a record of the host into account.
func (c *Counters) Note(r netmodel.Record) {
	switch r.Kind {
	case netmodel.RequestIgnored, netmodel.AckIgnored, netmodel.CookieSent, netmodel.Completed, netmodel.ResetPending, netmodel.AckDeferred, netmodel.Withdrawn:
		c.noteListener(r)
	case netmodel.SynSent:
		c.ActiveOpens++
	case netmodel.SynRetransmitted:
		c.TCPSynRetrans++
		c.RetransSegs++
		if r.Cause != netmodel.SynRefused {
			c.TCPTimeouts++
		}
	case netmodel.SynAckRetransmitted:
		c.TCPSynRetrans++
		c.RetransSegs++
		c.TCPTimeouts++
	case netmodel.SynAckHeld:
		c.TCPTimeouts++
	case netmodel.DataRetransmitted:
		c.RetransSegs++
		if r.Value > 1 { // the first time it is a probe for a lost tail, which is no timeout. L11, L17
			c.TCPTimeouts++
		}
	case netmodel.ConnectFailed:
		c.AttemptFails++
		if r.Errno == winsock.WSAETIMEDOUT {
			c.TCPTimeouts++
		}
	case netmodel.Broken:
		c.EstabResets++
	case netmodel.AbortedPending:
		c.EstabResets++
	case netmodel.Closed:
		if r.FD != 0 { // a graceful close gives the descriptor back first. L07
			c.EstabResets++
		}
	}
}

func (c *Counters) noteListener(r netmodel.Record) {
	switch r.Kind {
	case netmodel.RequestIgnored:
		c.ListenDrops++
		switch {
		case acceptQueueFull(r.Cause):
			c.ListenOverflows++
			if r.Value == netmodel.BothQueuesFull {
				c.TCPReqQFullDoCookies++
			}
		case r.Cause == netmodel.SynQueueFull:
			c.TCPReqQFullDrop++
		}
	case netmodel.AckIgnored:
		c.ListenOverflows++
		c.ListenDrops++
		if r.Value == netmodel.ByCookie {
			c.SyncookiesRecv++
		}
	case netmodel.CookieSent:
		c.TCPReqQFullDoCookies++
		c.SyncookiesSent++
	case netmodel.Completed:
		switch r.Cause {
		case netmodel.Migrated:
			c.TCPMigrateReqSuccess++
			return
		case netmodel.CookieAccepted:
			c.SyncookiesRecv++
		}
		c.PassiveOpens++
	case netmodel.AckDeferred:
		if r.Cause == netmodel.WaitsForData {
			c.TCPDeferAcceptDrop++
		}
	case netmodel.Withdrawn:
		switch r.Cause {
		case netmodel.ClientWithdrew:
			c.EmbryonicRsts++
			c.AttemptFails++
		case netmodel.HandshakeTimeout:
			c.TCPTimeouts++
		}
	case netmodel.ResetPending:
		if !acceptQueueFull(r.Cause) {
			if r.Value != netmodel.NotComplete { // L06
				c.EstabResets++
			}
			return
		}
		c.ListenOverflows++
		c.ListenDrops++
		c.EmbryonicRsts++
	}
}

// acceptQueueFull reports whether the cause is that the accept queue was full.
func acceptQueueFull(c netmodel.Cause) bool {
	return c == netmodel.QueueFull || c == netmodel.AckOverflow
}

// Counter is a counter by its name.
type Counter struct {
	Name  string
	Value int
}

// List returns the counters in the order and by the names of nstat on Linux.
func (c *Counters) List() []Counter {
	return []Counter{
		{"TcpActiveOpens", c.ActiveOpens},
		{"TcpPassiveOpens", c.PassiveOpens},
		{"TcpAttemptFails", c.AttemptFails},
		{"TcpEstabResets", c.EstabResets},
		{"TcpRetransSegs", c.RetransSegs},
		{"TcpExtSyncookiesSent", c.SyncookiesSent},
		{"TcpExtSyncookiesRecv", c.SyncookiesRecv},
		{"TcpExtEmbryonicRsts", c.EmbryonicRsts},
		{"TcpExtListenOverflows", c.ListenOverflows},
		{"TcpExtListenDrops", c.ListenDrops},
		{"TcpExtTCPTimeouts", c.TCPTimeouts},
		{"TcpExtTCPDeferAcceptDrop", c.TCPDeferAcceptDrop},
		{"TcpExtTCPReqQFullDoCookies", c.TCPReqQFullDoCookies},
		{"TcpExtTCPReqQFullDrop", c.TCPReqQFullDrop},
		{"TcpExtTCPSynRetrans", c.TCPSynRetrans},
		{"TcpExtTCPMigrateReqSuccess", c.TCPMigrateReqSuccess},
	}
}
