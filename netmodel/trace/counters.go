package trace

import (
	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Counters are the TCP counters of a host, computed from its records. The fields have the
// names that nstat shows, without the prefix Tcp or TcpExt. Their meaning is that of the
// Linux kernel (measured: testdata/truth, L01 to L18).
type Counters struct {
	ActiveOpens  int // connect calls
	PassiveOpens int // handshakes completed at a listener
	AttemptFails int // connect calls that failed, half-open connections that were reset
	EstabResets  int // complete connections that were reset, by either side
	RetransSegs  int // segments sent again

	ListenOverflows      int // SYNs, final ACKs and data that found the accept queue full
	ListenDrops          int // ListenOverflows, and SYNs dropped for any other reason
	TCPReqQFullDrop      int // SYNs dropped because the SYN queue was full
	TCPReqQFullDoCookies int // SYNs that found the SYN queue full with cookies on, even if the accept queue was full too
	SyncookiesSent       int // SYN-ACKs with a cookie
	SyncookiesRecv       int // ACKs and data segments with a valid cookie
	EmbryonicRsts        int // half-open connections that an RST ended
	TCPDeferAcceptDrop   int // ACKs that TCP_DEFER_ACCEPT put off
	TCPMigrateReqSuccess int // connections moved to another listener
	TCPSynRetrans        int // SYNs and SYN-ACKs sent again
	TCPTimeouts          int // retransmission timers that fired
}

// Note counts a record of the host.
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
		if r.Value > 1 { // the first is a tail loss probe, which is not a timeout. L11, L17
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

// acceptQueueFull reports whether the cause is a full accept queue.
func acceptQueueFull(c netmodel.Cause) bool {
	return c == netmodel.QueueFull || c == netmodel.AckOverflow
}

// Counter is the name and value of one counter.
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
