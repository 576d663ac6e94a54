package measured

import (
	"time"

	"wspsim/netmodel"
)

// ends follows both ends of every connection through the records of the hosts and
// knows their states by the names of /proc/net/tcp.
type ends struct {
	state  map[end]string
	holder map[socketOf]netmodel.ConnID // which attempt a descriptor belongs to
	result map[netmodel.ConnID]string   // of connect: OK, the name of an error, or nothing
	syns   map[netmodel.ConnID][]time.Duration
	resets map[netmodel.ConnID][]time.Duration // when an RST reached the client
	done   map[netmodel.ConnID]time.Duration   // when connect had its result
	// RSTs that arrived anywhere, and connections closed with SO_LINGER 0: the kernel
	// counts them, the model does not.
	rsts, hard int
}

type end struct {
	host netmodel.HostID
	conn netmodel.ConnID
}

type socketOf struct {
	host netmodel.HostID
	fd   netmodel.FD
}

func newEnds() ends {
	return ends{
		state:  map[end]string{},
		holder: map[socketOf]netmodel.ConnID{},
		result: map[netmodel.ConnID]string{},
		syns:   map[netmodel.ConnID][]time.Duration{},
		resets: map[netmodel.ConnID][]time.Duration{},
		done:   map[netmodel.ConnID]time.Duration{},
	}
}

// note takes a record into account.
func (e *ends) note(r netmodel.Record) {
	at := end{r.Host, r.Conn}
	switch r.Kind {
	case netmodel.SynSent, netmodel.SynSentAgain:
		e.holder[socketOf{r.Host, r.FD}] = r.Conn
		e.state[at] = "SYN_SENT"
		e.syns[r.Conn] = append(e.syns[r.Conn], time.Duration(r.At))
	case netmodel.Connected, netmodel.ConnectFailed:
		e.noteResult(at, r)
	case netmodel.RequestQueued:
		e.state[at] = "SYN_RECV"
	case netmodel.Completed:
		e.state[at] = "ESTABLISHED"
	case netmodel.RequestAccepted:
		e.holder[socketOf{r.Host, netmodel.FD(r.Value)}] = r.Conn
	case netmodel.AbortedPending:
		e.rsts++
		e.state[at] = "CLOSE"
	case netmodel.Withdrawn:
		if r.Cause == netmodel.ClientGone {
			e.rsts++
		}
		delete(e.state, at)
	case netmodel.ResetPending:
		delete(e.state, at)
	case netmodel.Broken:
		if r.Errno == netmodel.WSAECONNRESET {
			e.rsts++
			e.resets[r.Conn] = append(e.resets[r.Conn], time.Duration(r.At))
		}
		e.state[at] = "CLOSE"
	case netmodel.Closed:
		if r.FD != 0 { // it was not yet closed: this was no graceful end
			e.hard++
		}
		delete(e.state, at)
	case netmodel.Finished, netmodel.Called:
		e.noteEnd(at, r)
	}
}

func (e *ends) noteResult(at end, r netmodel.Record) {
	e.done[r.Conn] = time.Duration(r.At)
	if r.Kind == netmodel.Connected {
		e.state[at], e.result[r.Conn] = "ESTABLISHED", "OK"
		return
	}
	if r.Errno == netmodel.WSAECONNREFUSED {
		e.rsts++
		e.resets[r.Conn] = append(e.resets[r.Conn], time.Duration(r.At))
	}
	e.state[at], e.result[r.Conn] = "CLOSE", r.Errno.Unix()
}

// noteEnd notes a FIN of either side. Its acknowledgement takes no time here.
func (e *ends) noteEnd(at end, r netmodel.Record) {
	next := map[string]string{}
	switch {
	case r.Kind == netmodel.Finished:
		next = map[string]string{"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT2": "TIME_WAIT"}
	case r.Errno != 0:
	case r.Call == netmodel.CallShutdown && r.Value != netmodel.ShutReceive:
		at.conn = e.holder[socketOf{r.Host, r.FD}]
		next = map[string]string{"ESTABLISHED": "FIN_WAIT2", "CLOSE_WAIT": "LAST_ACK"}
	case r.Call == netmodel.CallClose:
		at.conn = e.holder[socketOf{r.Host, r.FD}]
		delete(e.holder, socketOf{r.Host, r.FD})
		next = map[string]string{"ESTABLISHED": "FIN_WAIT2", "CLOSE_WAIT": "LAST_ACK", "SYN_SENT": "", "CLOSE": ""}
	}
	if to, ok := next[e.state[at]]; ok {
		e.state[at] = to
	}
}

// count returns how many ends at a host are in which state, as /proc/net/tcp
// does, which shows no closed ones.
func (e *ends) count(host netmodel.HostID) map[string]int {
	n := map[string]int{}
	for at, state := range e.state {
		if at.host == host && state != "CLOSE" && state != "" {
			n[state]++
		}
	}
	return n
}
