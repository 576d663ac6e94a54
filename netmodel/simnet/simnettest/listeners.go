package simnettest

import (
	"cmp"
	"fmt"
	"slices"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// listenerHistory is what the records say about one listener.
type listenerHistory struct {
	host     netmodel.HostID
	fd       netmodel.FD
	address  netmodel.Addr
	accepted sim.Time // when the latest connection was accepted
	closed   sim.Time // when it was closed; 0 = it is open
	failed   int      // how many calls of Accept failed
	failedAt sim.Time // when the latest call failed
	errno    string   // the error of the latest failed call
}

// readListener updates the history of a listener from a record.
func (s *story) readListener(n *simnet.Network, r netmodel.Record) {
	switch {
	case r.Kind == netmodel.RequestAccepted:
		if l := s.listenerAt(r.Host, r.FD); l != nil {
			l.accepted = r.At
		}
	case r.Kind != netmodel.Called:
	case r.Call == netmodel.CallBind && r.Errno == 0:
		s.bound[socket{r.Host, r.FD}] = netmodel.Addr{IP: netmodel.IP(r.Value >> 16), Port: uint16(r.Value)}
	case r.Call == netmodel.CallListen && r.Errno == 0 && s.listenerAt(r.Host, r.FD) == nil:
		s.listened = append(s.listened, &listenerHistory{host: r.Host, fd: r.FD, address: s.bound[socket{r.Host, r.FD}]})
	case r.Call == netmodel.CallClose && r.Errno == 0:
		if l := s.listenerAt(r.Host, r.FD); l != nil {
			l.closed = r.At
		}
	case r.Call == netmodel.CallAccept && r.Errno != 0 && r.Errno != winsock.WSAEWOULDBLOCK:
		s.acceptFailed(n, s.listenerAt(r.Host, r.FD), r)
	case r.Call == netmodel.CallSocket && r.Errno != 0: // the first step of Accept on Windows
		s.acceptFailed(n, s.onlyListener(r.Host), r)
	}
}

// socket identifies a socket of a network.
type socket struct {
	host netmodel.HostID
	fd   netmodel.FD
}

// acceptFailed notes that a call of Accept has failed.
func (s *story) acceptFailed(n *simnet.Network, l *listenerHistory, r netmodel.Record) {
	if l != nil {
		l.failed++
		l.failedAt, l.errno = r.At, hostByID(n, r.Host).Profile().Calls.ErrnoName(r.Errno)
	}
}

// listenerAt returns the open listener with a descriptor, nil for none.
func (s *story) listenerAt(host netmodel.HostID, fd netmodel.FD) *listenerHistory {
	for _, l := range s.listened {
		if l.host == host && l.fd == fd && l.closed == 0 {
			return l
		}
	}
	return nil
}

// onlyListener returns the open listener of a host, nil if there is none or more than one.
func (s *story) onlyListener(host netmodel.HostID) (only *listenerHistory) {
	for _, l := range s.listened {
		switch {
		case l.host != host || l.closed != 0:
		case only != nil:
			return nil
		default:
			only = l
		}
	}
	return only
}

// tellListeners writes a line for each listener.
func (s *story) tellListeners(open []*simnet.Listener) {
	var known []*listenerHistory // of the open listeners, in the order of Network.Listeners
	for _, l := range s.listened {
		if l.closed == 0 {
			known = append(known, l)
		} else if text := s.closedText(l); text != "" {
			s.closed = append(s.closed, text)
		}
	}
	slices.SortFunc(known, func(a, b *listenerHistory) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.fd, b.fd))
	})
	for i, l := range open {
		text := listenerText(l)
		if len(known) == len(open) && known[i].failed > 0 { // else some records were dropped
			text += ". " + known[i].failures(l.Accepting() > 0)
			s.acceptEnded = s.acceptEnded || known[i].failedAt >= known[i].accepted && l.Accepting() == 0
		}
		s.listeners = append(s.listeners, text)
	}
}

// closedText returns a line about a closed listener if it can matter: Accept had failed, or a
// client was turned away later. Else it returns "".
func (s *story) closedText(l *listenerHistory) string {
	late := slices.ContainsFunc(s.results, func(f attemptText) bool { return f.At >= l.closed && !f.leftUnaccepted() })
	if l.failed == 0 && !late {
		return ""
	}
	text := fmt.Sprintf("%v was closed at %v", l.address, instant(l.closed))
	if l.address.IP == netmodel.AnyIP {
		text = fmt.Sprintf("port %d was closed at %v", l.address.Port, instant(l.closed))
	}
	if l.failed > 0 {
		text += ". " + l.failures(false)
		s.acceptEnded = s.acceptEnded || l.failedAt >= l.accepted
	}
	return text
}

// failures says how often Accept has failed, and whether the program accepted or called Accept
// since. waits: a call of Accept waits now.
func (l *listenerHistory) failures(waits bool) string {
	text := fmt.Sprintf("Accept failed with %s at %v", l.errno, instant(l.failedAt))
	if l.failed > 1 {
		text = fmt.Sprintf("Accept failed %d times, the last time with %s at %v", l.failed, l.errno, instant(l.failedAt))
	}
	switch {
	case l.failedAt < l.accepted:
		return text + "; the latest connection was accepted later"
	case waits:
		return text + "; it was called again later"
	}
	return text + "; no connection was accepted since"
}
