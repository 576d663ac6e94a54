package netmodel

import "wspsim/netmodel/winsock"

// Listen makes a socket listen. If the socket listens already, Listen changes its backlog.
// An illegal backlog becomes the nearest legal one, without an error (C1, C2). SOMAXCONN,
// with the number that the profile has, asks for the maximum (P4). If more connections are
// pending than a new backlog allows, Listen resets the excess, by default newest first
// (R10).
//
// A failed call changes nothing. The errors of Winsock, in the order of the checks:
//   - WSANOTINITIALISED.
//   - WSAENETDOWN (E1).
//   - WSAEINPROGRESS (E3).
//   - WSAENOTSOCK (E8).
//   - WSAEOPNOTSUPP: a datagram socket (E9).
//   - WSAEINVAL: the socket is not bound (E4).
//   - WSAEISCONN: the socket is connected (E5).
//   - WSAENOBUFS (E7).
//   - WSAEADDRINUSE: the bind succeeded and listen finds the conflict (E2).
//   - WSAEMFILE: no descriptor is free (E6).
//
// With other Profile.Calls, Listen returns the errors of that system.
func (h *Host) Listen(fd FD, backlog int) error {
	i, err := h.mayListen(fd)
	if err == nil && h.socks[i].state == stateListening {
		err = h.relisten(i, backlog)
	} else if err == nil {
		err = h.firstListen(i, backlog)
	}
	if err != nil {
		h.recordCall(CallListen, fd, int64(backlog), err)
	}
	return err
}

// mayListen makes the checks that do not depend on resources.
func (h *Host) mayListen(fd FD) (int32, error) {
	i, err := h.enterSocket(fd)
	wine := h.profile.Calls == CallsWine
	switch {
	case wine && err == error(winsock.WSAENOTSOCK) && h.table.lookup(fd) == notSocket:
		return 0, winsock.WSAEOPNOTSUPP // a file (W)
	case err != nil:
		return 0, err
	}
	s := &h.socks[i]
	switch {
	case s.typ != winsock.SOCK_STREAM && !(wine && s.state == stateUnbound):
		return 0, winsock.WSAEOPNOTSUPP // before the state: WS.L2
	case s.state == stateBound, s.state == stateFailed && !wine, s.state == stateListening:
	case s.state == stateUnbound && h.profile.ListenBinds:
	case s.state == stateUnbound, s.state == stateFailed:
		return 0, winsock.WSAEINVAL
	case s.state == stateConnecting:
		return 0, h.profile.ListenConnecting
	case h.profile.Calls == CallsWinsock:
		return 0, winsock.WSAEISCONN
	default:
		return 0, winsock.WSAEINVAL // L09, W
	}
	if h.faults&FaultNoBuffers != 0 {
		return 0, winsock.WSAENOBUFS
	}
	return i, nil
}

func (h *Host) firstListen(i int32, backlog int) error {
	if h.socks[i].state == stateUnbound { // ListenBinds
		a, err := h.pickPort(winsock.SOCK_STREAM, AnyIP, Addr{})
		if err != nil {
			return err
		}
		h.socks[i].local = a
		h.addToPort(i)
	}
	if h.profile.CommitAtListen && h.commitConflict(i) {
		return winsock.WSAEADDRINUSE
	}
	if h.profile.ListenStarved != 0 && h.freeDescriptors() == 0 {
		return h.profile.ListenStarved
	}
	n := h.newListener()
	l := &h.lists[n]
	*l = listener{sock: i, born: h.serials}
	h.resize(l, backlog)
	s := &h.socks[i]
	s.state, s.list = stateListening, n
	if j := h.nextReusePort(i, 0); j != 0 { // listeners that share an address share cookies
		o := &h.lists[h.socks[j].list]
		l.cookies, l.lastCookie = o.cookies, o.lastCookie
	}
	h.fill(l)
	h.recordListener(l, Record{Kind: Called, Call: CallListen, Value: int64(backlog)})
	return nil
}

func (h *Host) relisten(i int32, backlog int) error {
	if h.profile.RelistenStarved != 0 && h.freeDescriptors() == 0 {
		return h.profile.RelistenStarved
	}
	l := &h.lists[h.socks[i].list]
	why := BacklogKept
	switch p := &h.profile; p.Relisten {
	case RelistenRejects:
		// G: a backlog below 0 fails even if nothing is queued
		if effective := p.Backlog.Effective(backlog); effective < 0 || int(l.done.len) > p.AtAck.Of(effective) {
			return winsock.WSAEINVAL
		}
		why = BacklogUpdated
		h.resize(l, backlog)
	case RelistenUpdates, RelistenSets:
		why = BacklogUpdated
		h.resize(l, backlog)
	}
	excess := l.pending() - l.limit
	l.available = max(0, min(l.available, -excess-l.lateSlots)) // a slot on its way back is not there yet
	h.fill(l)
	h.recordListener(l, Record{Kind: Called, Call: CallListen, Value: int64(backlog), Cause: why})
	if h.profile.Relisten == RelistenUpdates {
		for ; excess > 0; excess-- {
			h.resetPending(h.nextToReset(l), Trimmed)
		}
	}
	h.promote(l)
	return nil
}
