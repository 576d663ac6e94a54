package measured

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

// endpoints follows both ends of every connection through the records of the hosts. The
// states have the names of /proc/net/tcp.
type endpoints struct {
	states   map[endpoint]string
	owner    map[hostFD]netmodel.ConnID // the attempt of a descriptor
	attempts map[netmodel.ConnID]*attempt
	// The kernel counts received RSTs, and closes with SO_LINGER 0. The model does not.
	rsts, lingerResets int
}

type endpoint struct {
	host netmodel.HostID
	conn netmodel.ConnID
}

type hostFD struct {
	host netmodel.HostID
	fd   netmodel.FD
}

// attempt is what happened to one attempt to connect.
type attempt struct {
	result    string        // of connect: OK, the name of an error, "" while in progress
	done      time.Duration // when connect had its result
	syns      []time.Duration
	synAcks   []time.Duration
	resets    []time.Duration // when an RST reached the client
	forgotten time.Duration   // when the server removed the half-open connection; 0 = never
}

func newEndpoints() endpoints {
	return endpoints{states: map[endpoint]string{}, owner: map[hostFD]netmodel.ConnID{}, attempts: map[netmodel.ConnID]*attempt{}}
}

// attemptOf returns the attempt of a client.
func attemptOf(client int) netmodel.ConnID { return netmodel.ConnID(client + 1) }

// attempt returns an attempt. If no record was about it, the attempt is empty.
func (e *endpoints) attempt(c netmodel.ConnID) *attempt {
	if e.attempts[c] == nil {
		e.attempts[c] = &attempt{}
	}
	return e.attempts[c]
}

// resetClients returns how many clients received an RST.
func (e *endpoints) resetClients() int {
	n := 0
	for _, a := range e.attempts {
		if len(a.resets) > 0 {
			n++
		}
	}
	return n
}

// note updates the states from a record.
func (e *endpoints) note(r netmodel.Record) {
	at, a, now := endpoint{r.Host, r.Conn}, e.attempt(r.Conn), time.Duration(r.At)
	switch r.Kind {
	case netmodel.SynSent, netmodel.SynRetransmitted:
		e.owner[hostFD{r.Host, r.FD}] = r.Conn
		e.states[at] = "SYN_SENT"
		a.syns = append(a.syns, now)
	case netmodel.Connected:
		a.done, a.result, e.states[at] = now, "OK", "ESTABLISHED"
	case netmodel.ConnectFailed:
		a.done, a.result, e.states[at] = now, r.Errno.Unix(), "CLOSE"
		if r.Errno == winsock.WSAECONNREFUSED {
			e.reset(a, now)
		}
	case netmodel.RequestQueued:
		a.synAcks = append(a.synAcks, now)
		e.states[at] = "SYN_RECV"
	case netmodel.CookieSent, netmodel.SynAckRetransmitted:
		a.synAcks = append(a.synAcks, now)
	case netmodel.Completed:
		e.states[at] = "ESTABLISHED"
	case netmodel.RequestAccepted:
		e.owner[hostFD{r.Host, netmodel.FD(r.Value)}] = r.Conn
	case netmodel.AbortedPending:
		e.rsts++
		e.states[at] = "CLOSE"
	case netmodel.Withdrawn:
		a.forgotten = now
		if r.Cause == netmodel.ClientWithdrew {
			e.rsts++
		}
		delete(e.states, at)
	case netmodel.ResetPending:
		delete(e.states, at)
	case netmodel.Broken:
		if r.Errno == winsock.WSAECONNRESET {
			e.reset(a, now)
		}
		e.states[at] = "CLOSE"
	case netmodel.Closed:
		if r.FD != 0 { // the program had not closed it yet: no graceful close
			e.lingerResets++
		}
		delete(e.states, at)
	case netmodel.Finished, netmodel.Called:
		e.noteClose(at, r)
	}
}

// reset notes an RST that reached a client.
func (e *endpoints) reset(a *attempt, now time.Duration) {
	e.rsts++
	a.resets = append(a.resets, now)
}

// noteClose notes a FIN of either side. Its ACK takes no time here.
func (e *endpoints) noteClose(at endpoint, r netmodel.Record) {
	next := map[string]string{}
	switch {
	case r.Kind == netmodel.Finished:
		next = map[string]string{"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT2": "TIME_WAIT"}
	case r.Errno != 0:
	case r.Call == netmodel.CallShutdown && r.Value != winsock.SD_RECEIVE:
		at.conn = e.owner[hostFD{r.Host, r.FD}]
		next = map[string]string{"ESTABLISHED": "FIN_WAIT2", "CLOSE_WAIT": "LAST_ACK"}
	case r.Call == netmodel.CallClose:
		at.conn = e.owner[hostFD{r.Host, r.FD}]
		delete(e.owner, hostFD{r.Host, r.FD})
		next = map[string]string{"ESTABLISHED": "FIN_WAIT2", "CLOSE_WAIT": "LAST_ACK", "SYN_SENT": "", "CLOSE": ""}
	}
	if to, ok := next[e.states[at]]; ok {
		e.states[at] = to
	}
}

// count counts the sockets of a host by their state. Like /proc/net/tcp it omits closed
// sockets.
func (e *endpoints) count(host netmodel.HostID) map[string]int {
	n := map[string]int{}
	for at, state := range e.states {
		if at.host == host && state != "CLOSE" && state != "" {
			n[state]++
		}
	}
	return n
}
