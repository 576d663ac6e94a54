package measured

import (
	"maps"
	"slices"
	"strings"

	"wspsim/netmodel"
)

// What differs from run to run of netstack. Each connection has a goroutine that takes
// part in the handshake.
const (
	raceForLastSlot = "a race of netstack's goroutines: two handshakes that complete together can both take the last place"
	raceForOrder    = "a race of netstack's goroutines: handshakes that complete together join the queue in any order"
	// A timer fires when its goroutine runs, and sets the next one then. A seventh SYN was
	// up to 38 ms late, a timeout 51 ms. (G_gvisor.jsonl)
	netstackDelay = 100 // ms
)

type netstackParams struct {
	Backlog  int      `json:"backlog"`
	Backlog2 int      `json:"backlog2"`
	GapMs    float64  `json:"gap_ms"`
	OneWayMs float64  `json:"owd_ms"`
	How      string   `json:"how"`
	_        struct{} `unread:"syn_retries=number"` // changes nothing
}

// netstackName returns netstack's name of a result, without its sentence.
func netstackName(result string) string {
	names := map[string]string{
		"EAGAIN":       "ErrWouldBlock",
		"EINVAL":       "ErrInvalidEndpointState",
		"EBADF":        "ErrInvalidEndpointState", // a closed descriptor is a closed endpoint
		"ECONNRESET":   "ErrConnectionReset",
		"ECONNREFUSED": "ErrConnectionRefused",
		"ETIMEDOUT":    "ErrTimeout",
		"EPIPE":        "ErrClosedForSend",
		"EOF":          "ErrClosedForReceive",
		"ENOTCONN":     "ErrNotConnected",
		"EADDRINUSE":   "ErrPortInUse",
	}
	if name, ok := names[result]; ok {
		return name
	}
	return result
}

// netstackError removes the sentence from an error of a file.
func netstackError(s string) string {
	name, _, _ := strings.Cut(s, " (")
	return name
}

// netstackState returns netstack's name of a state of /proc/net/tcp.
func netstackState(state string) string {
	if state == "CLOSE" {
		return "ERROR" // the connection was reset, or connect failed
	}
	return strings.ReplaceAll(state, "_", "-")
}

// netstackStates counts the clients by the state of their socket.
func (c *clients) netstackStates() map[string]int {
	n := map[string]int{}
	for i := range c.fds {
		n[netstackState(c.stateOf(i))]++
	}
	return n
}

// netstackStat returns netstack's counters from the records of a server. netstack counts a
// final ACK at a full queue only if it reaches the listener: if it carries a cookie.
// (pkg/tcpip/transport/tcp/accept.go)
func netstackStat(records []netmodel.Record, server netmodel.HostID) map[string]int {
	n := map[string]int{"InvalidSynCookieRcvd": 0, "ListenOverflowAckDrop": 0, "ListenOverflowSynDrop": 0, "PassiveOpens": 0, "ResetsSent": 0, "SynCookieRcvd": 0, "SynCookieSent": 0}
	for _, r := range records {
		switch {
		case r.Host != server:
		case r.Kind == netmodel.RequestIgnored:
			n["ListenOverflowSynDrop"]++
		case r.Kind == netmodel.CookieSent:
			n["SynCookieSent"]++
		case r.Kind == netmodel.AckIgnored && r.Value == 1: // it carried a cookie
			n["ListenOverflowAckDrop"]++
		case r.Kind == netmodel.Completed:
			n["PassiveOpens"]++
			if r.Cause == netmodel.CookieAccepted {
				n["SynCookieRcvd"]++
			}
		case r.Kind == netmodel.RequestRefused, r.Kind == netmodel.ResetPending:
			n["ResetsSent"]++
		}
	}
	return n
}

// netstackStats compares the counters of a file.
func (c *Comparison) netstackStats(measured, modelled map[string]int, cause string) {
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		c.stat(name, measured[name], modelled)
		c.because(cause)
	}
}
