package measured

import (
	"time"

	"wspsim/netmodel"
)

// ends follows both ends of every connection through the records of the hosts and
// knows their states by the names of /proc/net/tcp.
type endpoints struct {
	states  map[endpoint]string
	owner map[hostFD]netmodel.ConnID // which attempt a descriptor belongs to
	result map[netmodel.ConnID]string   // of connect: OK, the name of an error, or nothing
	syns   map[netmodel.ConnID][]time.Duration
	resets map[netmodel.ConnID][]time.Duration // when an RST reached the client
	done   map[netmodel.ConnID]time.Duration   // when connect had its result
	// RSTs that arrived anywhere, and connections closed with SO_LINGER 0: the kernel
	// counts them, the model does not.
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

func newEndpoints() endpoints {
	return endpoints{
		states:  map[endpoint]string{},
		owner: map[hostFD]netmodel.ConnID{},
		result: map[netmodel.ConnID]string{},
		syns:   map[netmodel.ConnID][]time.Duration{},
		resets: map[netmodel.ConnID][]time.Duration{},
		done:   map[netmodel.ConnID]time.Duration{},
	}
}

// note takes a record into account.
func (e *endpoints) note(r netmodel.Record) {
	at := endpoint{r.Host, r.Conn}
	switch r.Kind {
	case netmodel.SynSent, netmodel.SynSentAgain:
		e.owner[hostFD{r.Host, r.FD}] = r.Conn
		e.states[at] = "SYN_SENT"
		e.syns[r.Conn] = append(e.syns[r.Conn], time.Duration(r.At))
	case netmodel.Connected, netmodel.ConnectFailed:
		e.noteResult(at, r)
	case netmodel.RequestQueued:
		e.states[at] = "SYN_RECV"
	case netmodel.Completed:
		e.states[at] = "ESTABLISHED"
	case netmodel.RequestAccepted:
		e.owner[hostFD{r.Host, netmodel.FD(r.Value)}] = r.Conn
	case netmodel.AbortedPending:
		e.rsts++
		e.states[at] = "CLOSE"
	case netmodel.Withdrawn:
		if r.Cause == netmodel.ClientGone {
			e.rsts++
		}
		delete(e.states, at)
	case netmodel.ResetPending:
		delete(e.states, at)
	case netmodel.Broken:
		if r.Errno == netmodel.WSAECONNRESET {
			e.rsts++
			e.resets[r.Conn] = append(e.resets[r.Conn], time.Duration(r.At))
		}
		e.states[at] = "CLOSE"
	case netmodel.Closed:
		if r.FD != 0 { // it was not yet closed: this was no graceful end
			e.lingerResets++
		}
		delete(e.states, at)
	case netmodel.Finished, netmodel.Called:
		e.noteClose(at, r)
	}
}

func (e *endpoints) noteResult(at endpoint, r netmodel.Record) {
	e.done[r.Conn] = time.Duration(r.At)
	if r.Kind == netmodel.Connected {
		e.states[at], e.result[r.Conn] = "ESTABLISHED", "OK"
		return
	}
	if r.Errno == netmodel.WSAECONNREFUSED {
		e.rsts++
		e.resets[r.Conn] = append(e.resets[r.Conn], time.Duration(r.At))
	}
	e.states[at], e.result[r.Conn] = "CLOSE", r.Errno.Unix()
}

// noteEnd notes a FIN of either side. Its acknowledgement takes no time here.
func (e *endpoints) noteClose(at endpoint, r netmodel.Record) {
	next := map[string]string{}
	switch {
	case r.Kind == netmodel.Finished:
		next = map[string]string{"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT2": "TIME_WAIT"}
	case r.Errno != 0:
	case r.Call == netmodel.CallShutdown && r.Value != netmodel.ShutReceive:
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

// count returns how many ends at a host are in which state, as /proc/net/tcp
// does, which shows no closed ones.
func (e *endpoints) count(host netmodel.HostID) map[string]int {
	n := map[string]int{}
	for at, state := range e.states {
		if at.host == host && state != "CLOSE" && state != "" {
			n[state]++
		}
	}
	return n
}
