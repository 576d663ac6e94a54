package measured

import (
	"maps"
	"slices"
	"strings"

	"wspsim/netmodel"
)

// What varies from run to run of netstack: a goroutine per connection takes part
// in the handshake.
const (
	raceForLastSlot = "a race of netstack's goroutines: two handshakes that complete together can both take the last place"
	raceForOrder = "a race of netstack's goroutines: handshakes that complete together join the queue in any order"
	// Its timers ring when a goroutine gets to run, and each wait begins when the one
	// before it has ended: a seventh SYN was up to 38 ms late, a timeout 51 ms (G).
	netstackDelay = 100 // ms
)

type netstackParams struct {
	Backlog  int      `json:"backlog"`
	Backlog2 int      `json:"backlog2"`
	GapMs    float64  `json:"gap_ms"`
	OneWayMs float64  `json:"owd_ms"`
	How      string   `json:"how"`
	_        struct{} `unread:"syn_retries"` // changes nothing
}

// netstackName is what netstack calls how a call ended, without the sentence
// behind it.
func netstackName(result string) string {
	names := map[string]string{
		"EAGAIN":       "ErrWouldBlock",
		"EINVAL":       "ErrInvalidEndpointState",
		"EBADF":        "ErrInvalidEndpointState", // a descriptor that was closed is an endpoint that was closed
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

// netstackError leaves the sentence out of an error of a file.
func netstackError(s string) string {
	name, _, _ := strings.Cut(s, " (")
	return name
}

// netstackState is what netstack calls a state of /proc/net/tcp.
func netstackState(state string) string {
	if state == "CLOSE" {
		return "ERROR" // it was reset, or its connect failed
	}
	return strings.ReplaceAll(state, "_", "-")
}

// netstackStates counts the states of the clients' ends.
func (c *clients) netstackStates() map[string]int {
	n := map[string]int{}
	for i := range c.fds {
		n[netstackState(c.stateOf(i))]++
	}
	return n
}

// netstackStat counts what netstack counts, from records of a server. A final ACK
// that belongs to a half-open connection and finds the queue full is not among
// them: netstack counts those that reach the listener itself, which carry cookies.
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
			if r.Cause == netmodel.CookieCame {
				n["SynCookieRcvd"]++
			}
		case r.Kind == netmodel.RequestRefused, r.Kind == netmodel.ResetPending:
			n["ResetsSent"]++
		}
	}
	return n
}

// netstackStats compares the counters that a file has.
func (c *Comparison) netstackStats(measured, modelled map[string]int, cause string) {
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		c.stat(name, measured[name], modelled)
		c.because(cause)
	}
}
