package profiles

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// Reason returns why a host decided what a record says: the text in the words of the host's
// system, and the rule of that system. The text and the rule are empty if the record needs no
// reason. The rule is empty if no rule is known. p is the profile of the host that decided
// (see netmodel.Network.DecidedBy).
func Reason(p *netmodel.Profile, r netmodel.Record) (text, rule string) {
	if r.Kind == netmodel.Called && r.Cause == netmodel.NoCause {
		return "", ruleOfCall(p, r)
	}
	return reasonText(p, r), ruleOfCause(p, r)
}

// A decider knows the profile of the host that decided what a record says. A
// netmodel.Network is a decider.
type decider interface {
	DecidedBy(netmodel.Record) *netmodel.Profile
}

// ReasonIn returns the Reason for a record of a network.
func ReasonIn(n decider, r netmodel.Record) (text, rule string) {
	return Reason(n.DecidedBy(r), r)
}

// ReasonOf returns the Reason for the result of an attempt.
func ReasonOf(n decider, a netmodel.AttemptResult) (text, rule string) {
	return ReasonIn(n, netmodel.Record{Conn: a.Conn, Kind: kindOf(a.Outcome), Cause: a.Cause})
}

// kindOf returns the kind of the record by which a client learns an outcome.
func kindOf(o netmodel.Outcome) netmodel.Kind {
	switch o {
	case netmodel.OutcomeAccepted:
		return netmodel.RequestAccepted
	case netmodel.OutcomeRefused, netmodel.OutcomeTimedOut:
		return netmodel.ConnectFailed
	case netmodel.OutcomeReset:
		return netmodel.Broken
	case netmodel.OutcomeGaveUp:
		return netmodel.GaveUp
	}
	return netmodel.NoKind
}

// reasonText returns the text of the cause, or the word of the system if the system has its
// own word.
func reasonText(p *netmodel.Profile, r netmodel.Record) string {
	winsock, separate := p.Calls == netmodel.CallsWinsock, p.SynQueue.Separate
	switch {
	case r.Cause == netmodel.Queued && separate:
		return "half-open"
	case r.Cause == netmodel.Queued && onePoolOfSlots(p):
		return "queued, half-open"
	case r.Cause == netmodel.QueueFull && separate:
		return "accept queue full"
	case r.Cause == netmodel.QueueFull && p.OnFull == netmodel.TryAgainWhenFull:
		return "queue full, try again"
	case r.Cause == netmodel.HandshakeTimeout && !winsock:
		return "request expired"
	case r.Cause == netmodel.BacklogUpdated && !winsock:
		return "limit set"
	case r.Cause == netmodel.NoAnswer && r.Kind == netmodel.SynRetransmitted:
		return "no answer yet"
	case r.Cause == netmodel.DataUnanswered && r.Kind == netmodel.DataRetransmitted:
		return "not acknowledged yet"
	}
	return r.Cause.String()
}

// onePoolOfSlots reports whether half-open and complete connections share the same slots.
// Windows does not count, nor AF_UNIX on Linux, where a handshake is over at its SYN.
func onePoolOfSlots(p *netmodel.Profile) bool {
	return p.Calls != netmodel.CallsWinsock && !p.SynQueue.Separate && p.System != "linux"
}

// rulesBySystem holds the rules of one decision: on Windows, on Linux (measured), and on the systems
// whose sources were read.
type rulesBySystem struct{ winsock, linux, read string }

func (x rulesBySystem) of(p *netmodel.Profile) string {
	switch {
	case p.Calls == netmodel.CallsWinsock:
		return x.winsock
	case p.System == "linux":
		return x.linux
	}
	return x.read
}

// ruleOfCause returns the rule of a decision. If systems differ, it is the rule of the system
// that decided.
func ruleOfCause(p *netmodel.Profile, r netmodel.Record) string {
	switch r.Cause {
	case netmodel.Queued, netmodel.QueueFull, netmodel.HandshakeComplete, netmodel.AcceptedByProgram:
		return ruleOfQueue(p, r.Cause)
	case netmodel.AckOverflow:
		return ruleOfAck(p)
	case netmodel.ClientReset:
		return ruleOfReset(p)
	case netmodel.HandshakeTimeout:
		return rulesBySystem{"WS.T9", "K6", "ST.15"}.of(p)
	case netmodel.ListenerClosed:
		return rulesBySystem{"WS.X2", "K11", "ST.16"}.of(p)
	case netmodel.BacklogUpdated:
		return rulesBySystem{"R9", "K10", "ST.18"}.of(p)
	case netmodel.NoAnswer:
		if p.Client.Syn.First == 3*time.Second { // the older generation of timers
			return rulesBySystem{"WS.T1", "K13", "ST.19"}.of(p)
		}
		return rulesBySystem{"WS.T2", "K13", "ST.19"}.of(p)
	}
	return ruleEverywhere(r)
}

func ruleOfQueue(p *netmodel.Profile, c netmodel.Cause) string {
	onlyQueue, byArrival := !p.SynQueue.Separate, p.AcceptByArrival && p.System == "linux"
	switch {
	case c == netmodel.Queued && onlyQueue:
		return rulesBySystem{"R3", "K16", "ST.1"}.of(p)
	case c == netmodel.Queued:
		return rulesBySystem{"R3", "K3", "ST.12"}.of(p)
	case c == netmodel.QueueFull && onlyQueue:
		return rulesBySystem{"R4", "K16", "ST.1"}.of(p)
	case c == netmodel.QueueFull:
		return rulesBySystem{"R4", "K2", "ST.12"}.of(p)
	case c == netmodel.HandshakeComplete && byArrival:
		return rulesBySystem{"R3", "ST.11", ""}.of(p)
	case c == netmodel.HandshakeComplete:
		return rulesBySystem{"R3", "K5", "ST.14"}.of(p)
	case byArrival:
		return rulesBySystem{"WS.Q1", "ST.11", ""}.of(p)
	}
	return rulesBySystem{"WS.Q1", "K5", "ST.14"}.of(p)
}

// ruleOfAck returns the rule for a final ACK that finds the accept queue full.
func ruleOfAck(p *netmodel.Profile) string {
	read := "ST.7"
	switch p.OnAckFull {
	case netmodel.ForgetAck:
		read = "ST.8"
	case netmodel.IgnoreAck:
		read = "ST.13"
	}
	return rulesBySystem{"K4", "K4", read}.of(p)
}

// ruleOfReset returns the rule by which a system reports to the program that a client reset
// its pending connection.
func ruleOfReset(p *netmodel.Profile) string {
	switch p.Aborted {
	case netmodel.AbortedAsAborted:
		return "ST.4"
	case netmodel.AbortedAtReceive, netmodel.AbortedNoAddress:
		return rulesBySystem{"WS.X7", "K12", "ST.17"}.of(p)
	}
	return "WS.X6"
}

// ruleEverywhere returns the rule of a decision that only one system makes, or that all
// systems make in the same way.
func ruleEverywhere(r netmodel.Record) string {
	if !r.Cause.ByListener() {
		return ruleOfConnection(r)
	}
	switch r.Cause {
	case netmodel.Offered:
		return "WS.Q10"
	case netmodel.SlotsUsedUp:
		return "WS.D6"
	case netmodel.NoListener:
		return "WS.X3"
	case netmodel.Paused:
		return "WS.Q9"
	case netmodel.ChildrenAlive:
		return "WS.X5"
	case netmodel.OutOfBuffers:
		return "E7"
	case netmodel.NetworkDown:
		return "E1"
	case netmodel.SynQueueFull, netmodel.LastQuarter, netmodel.AnsweredWithCookie:
		return "K3"
	case netmodel.WaitsForData:
		return "K14"
	case netmodel.HeldBack:
		return "ST.2"
	case netmodel.CookieAccepted:
		return "K7"
	case netmodel.Migrated:
		return "K15"
	case netmodel.SlotReturned:
		return "WS.Q5"
	case netmodel.BacklogKept:
		return "WS.R2'"
	case netmodel.Trimmed:
		return "R10"
	case netmodel.Rejected:
		return "WS.C3"
	case netmodel.LibraryCleanup:
		return "WS.X12"
	case netmodel.ClientWithdrew, netmodel.OfferExpired:
		return "WS.Q7"
	case netmodel.Evicted:
		return "ST.3"
	case netmodel.LostForDescriptor:
		return "ST.5"
	}
	return ""
}

// ruleOfConnection returns the rule of a decision of a client, or of an event that ends an
// open connection.
func ruleOfConnection(r netmodel.Record) string {
	switch r.Cause {
	case netmodel.SynRefused:
		return "WS.T3"
	case netmodel.RefusalsExhausted:
		return "WS.T6"
	case netmodel.HardClose, netmodel.LingerExpired:
		return "SO_LINGER"
	case netmodel.UnreadData, netmodel.DataAfterClose, netmodel.PeerSilent, netmodel.KeepAliveUnanswered:
		return "RFC 1122"
	case netmodel.DataAfterShutdown:
		return "WSPShutdown"
	case netmodel.DataUnanswered:
		if r.Kind == netmodel.DataRetransmitted {
			return ""
		}
		return "RFC 9293"
	case netmodel.NoSuchConnection:
		return "RFC 9293"
	}
	return ""
}

// ruleOfCall returns the rule for the error of a call.
func ruleOfCall(p *netmodel.Profile, r netmodel.Record) string {
	if r.Errno == 0 {
		return ""
	}
	if p.Calls != netmodel.CallsWinsock {
		switch {
		case r.Call == netmodel.CallAccept && r.Errno == winsock.WSAEMFILE && p.System == "linux" && p.DescriptorFirst:
			return "K9"
		case r.Call == netmodel.CallAccept && r.Errno == winsock.WSAECONNABORTED:
			return "ST.4"
		case r.Call == netmodel.CallListen && r.Errno == winsock.WSAEINVAL && p.Relisten == netmodel.RelistenRejects:
			return "ST.10"
		}
		return ""
	}
	switch r.Call {
	case netmodel.CallListen:
		return ruleOfListen(r.Errno)
	case netmodel.CallAccept:
		return ruleOfAccept(r.Errno)
	case netmodel.CallBind:
		if r.Errno == winsock.WSAEADDRINUSE || r.Errno == winsock.WSAEACCES {
			return "WS.U1"
		}
	}
	return ""
}

// ruleOfListen returns the id of the error condition on the WSPListen page.
func ruleOfListen(e winsock.Errno) string {
	switch e {
	case winsock.WSAENETDOWN:
		return "E1"
	case winsock.WSAEADDRINUSE:
		return "E2"
	case winsock.WSAEINPROGRESS:
		return "E3"
	case winsock.WSAEINVAL:
		return "E4"
	case winsock.WSAEISCONN:
		return "E5"
	case winsock.WSAEMFILE:
		return "E6"
	case winsock.WSAENOBUFS:
		return "E7"
	case winsock.WSAENOTSOCK:
		return "E8"
	case winsock.WSAEOPNOTSUPP:
		return "E9"
	}
	return ""
}

func ruleOfAccept(e winsock.Errno) string {
	switch e {
	case winsock.WSAEINVAL, winsock.WSAEOPNOTSUPP:
		return "WS.A1"
	case winsock.WSAEWOULDBLOCK:
		return "WS.A2"
	case winsock.WSAEMFILE:
		return "WS.A3"
	case winsock.WSAECONNREFUSED:
		return "WS.C3"
	case winsock.WSATRY_AGAIN:
		return "WS.C4"
	case winsock.WSAEACCES:
		return "WS.C9"
	case winsock.WSAECONNRESET:
		return "WS.X6"
	}
	return ""
}
