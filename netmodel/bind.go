package netmodel

import "wspsim/netmodel/winsock"

// Bind gives a socket its local address. IP AnyIP is the wildcard; port 0 asks
// for a free port. Errors, in the order of the checks: those of every call,
// WSAENOTSOCK, WSAEINVAL (already bound), WSAEADDRNOTAVAIL (not an address of
// this host), WSAENOBUFS (also: no port free), and WSAEADDRINUSE or WSAEACCES
// for a conflict (WS.U1).
func (h *Host) Bind(fd FD, a Addr) error {
	err := h.bind(fd, a)
	h.recordCall(CallBind, fd, int64(a.IP)<<16|int64(a.Port), err)
	return err
}

func (h *Host) bind(fd FD, a Addr) error {
	i, err := h.enterSocket(fd)
	if err != nil {
		return err
	}
	s := &h.socks[i]
	switch {
	case s.state != stateUnbound:
		return winsock.WSAEINVAL
	case a.IP != AnyIP && !h.owns(a.IP):
		return winsock.WSAEADDRNOTAVAIL
	case h.faults&FaultNoBuffers != 0:
		return winsock.WSAENOBUFS
	}
	if a.Port == 0 {
		if a, err = h.pickPort(s.typ, a.IP, Addr{}); err != nil {
			return err
		}
	}
	for j := h.ports.first(s.typ, a.Port); j != 0; j = h.socks[j].portNext {
		if err := h.bindConflict(&h.socks[j], s, a.IP); err != nil {
			return err
		}
	}
	s.local, s.state = a, stateBound
	h.addToPort(i)
	return nil
}

func (h *Host) owns(ip IP) bool {
	for _, own := range h.addrs {
		if own == ip {
			return true
		}
	}
	return false
}

// The conflict tables: a row per first socket, a column per second, both in the
// order Dw Ds Rw Rs Xw Xs, where D is without options, R with SO_REUSEADDR, X
// with SO_EXCLUSIVEADDRUSE, w bound to the wildcard and s to the same specific
// address. I is WSAEADDRINUSE, A is WSAEACCES. Source: the Microsoft page "Using
// SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"; the single-family cases agree with what
// Wine's tests observe on Windows. WS.U1.
const (
	bindsModern = "" +
		"IoAoIo" + // Dw
		"oIoAII" + // Ds
		"IoooIo" + // Rw
		"oIooII" + // Rs
		"IAAAIA" + // Xw
		"oIoAII" //   Xs
	bindsModernOtherUser = "" +
		"IAAAIA" +
		"oIoAII" +
		"IAooIA" +
		"oIooII" +
		"IAAAIA" +
		"oIoAII"
	// Wine 8.0 (W: 45 combinations)
	bindsWine = "" +
		"IoAoIo" +
		"oIoAII" +
		"IoooIo" +
		"oIooII" +
		"AAAAAA" +
		"oIoAII"
	bindsOld = "" +
		"IIooII" +
		"IIooII" +
		"IIooII" +
		"IIooII" +
		"IIAAII" +
		"IIAAII"
)

// bindConflict returns the error of binding second to ip on a port that first
// holds.
func (h *Host) bindConflict(first, second *socket, ip IP) error {
	if first.local.IP != ip && first.local.IP != AnyIP && ip != AnyIP {
		return nil // different addresses never conflict
	}
	if first.has(flagAccepted) {
		// On the list only because its listener was exclusive. WS.X4
		return winsock.WSAEADDRINUSE
	}
	table := bindsModern
	switch {
	case h.profile.Binds == BindsUnix:
		return unixBindConflict(first, second)
	case h.profile.Binds == BindsWine:
		table = bindsWine
	case h.profile.Binds == BindsOld:
		table = bindsOld
	case first.user != second.user:
		table = bindsModernOtherUser
	}
	switch table[6*bindClass(first.flags, first.local.IP)+bindClass(second.flags, ip)] {
	case 'I':
		return winsock.WSAEADDRINUSE
	case 'A':
		return winsock.WSAEACCES
	}
	return nil
}

// unixBindConflict is the rule of Linux: an address is shared by sockets that all
// have SO_REUSEPORT, and by sockets that all have SO_REUSEADDR while none of them
// listens. (L09)
func unixBindConflict(first, second *socket) error {
	switch {
	case first.has(flagReusePort) && second.has(flagReusePort):
		return nil
	case first.has(flagReuse) && second.has(flagReuse) && first.state != stateListening:
		return nil
	}
	return winsock.WSAEADDRINUSE
}

func bindClass(f flag, ip IP) int {
	class := 0
	switch {
	case f&flagReuse != 0:
		class = 2
	case f&flagExclusive != 0:
		class = 4
	}
	if ip != AnyIP {
		class++
	}
	return class
}

// pickPort returns a free port for a socket, on the given address or, for a
// connect, on one of the host's. It goes round the range, so that a port rests
// before it is used again.
func (h *Host) pickPort(typ winsock.SocketType, ip IP, remote Addr) (Addr, error) {
	tries := (int(h.profile.PortMax-h.profile.PortMin) + 1) * len(h.addrs)
	for range tries {
		a := Addr{ip, h.nextPort}
		if ip == AnyIP && remote != (Addr{}) {
			a.IP = h.addrs[h.nextIP]
		}
		if h.nextPort++; h.nextPort > h.profile.PortMax || h.nextPort == 0 {
			h.nextPort = h.profile.PortMin
			h.nextIP = (h.nextIP + 1) % len(h.addrs)
		}
		if h.portFree(typ, a) && h.connection(a, remote) == 0 {
			return a, nil
		}
	}
	return Addr{}, winsock.WSAENOBUFS
}

func (h *Host) portFree(typ winsock.SocketType, a Addr) bool {
	for j := h.ports.first(typ, a.Port); j != 0; j = h.socks[j].portNext {
		if ip := h.socks[j].local.IP; ip == a.IP || ip == AnyIP || a.IP == AnyIP {
			return false
		}
	}
	return true
}

// chain puts a socket at the end of the list of its port: the order of binding,
// which decides between listeners. WS.Q11.
func (h *Host) addToPort(i int32) {
	s := &h.socks[i]
	s.set(flagOnPort, true)
	last := h.ports.first(s.typ, s.local.Port)
	if last == 0 {
		h.ports.setFirst(s.typ, s.local.Port, i)
		return
	}
	for h.socks[last].portNext != 0 {
		last = h.socks[last].portNext
	}
	h.socks[last].portNext, s.portPrev = i, last
}

func (h *Host) removeFromPort(i int32) {
	s := &h.socks[i]
	if !s.has(flagOnPort) {
		return
	}
	if s.portPrev != 0 {
		h.socks[s.portPrev].portNext = s.portNext
	} else {
		h.ports.setFirst(s.typ, s.local.Port, s.portNext)
	}
	if s.portNext != 0 {
		h.socks[s.portNext].portPrev = s.portPrev
	}
	s.portNext, s.portPrev = 0, 0
	s.set(flagOnPort, false)
}

// listenerFor returns the listening socket that answers requests to an address,
// 0 if there is none: one bound to the address itself before one bound to the
// wildcard (WS.Q12), and among equals the one that was bound first (WS.Q11),
// unless they share the address with SO_REUSEPORT. K15
func (h *Host) listenerFor(a, from Addr) int32 {
	var wildcard int32
	for j := h.ports.first(winsock.SOCK_STREAM, a.Port); j != 0; j = h.socks[j].portNext {
		s := &h.socks[j]
		switch {
		case s.state != stateListening:
		case s.local.IP == a.IP:
			return h.pickReusePort(j, 0, from)
		case s.local.IP == AnyIP && wildcard == 0:
			wildcard = j
		}
	}
	if wildcard == 0 {
		return 0
	}
	return h.pickReusePort(wildcard, 0, from)
}

// shared returns which of the listeners that share an address with SO_REUSEPORT
// answers a client, given the first of them: a hash of the client's address
// decides, whether that one has room or not. The kernel's hash has a secret of
// its own; ours has none. but is left out. K15
func (h *Host) pickReusePort(first, but int32, from Addr) int32 {
	f := &h.socks[first]
	if !f.has(flagReusePort) {
		return first
	}
	n := uint64(0)
	for pass := 0; ; pass++ {
		k := uint64(mix32(uint64(from.IP), uint64(from.Port))) * n >> 32 // with the number that the first pass counted
		for j := first; j != 0; j = h.socks[j].portNext {
			s := &h.socks[j]
			switch {
			case j == but || s.state != stateListening || !s.has(flagReusePort) || s.local.IP != f.local.IP:
			case pass == 0:
				n++
			case k == 0:
				return j
			default:
				k--
			}
		}
		if n == 0 {
			return 0
		}
	}
}

// sibling returns another listener that shares the address of one with
// SO_REUSEPORT, 0 if there is none.
func (h *Host) otherReusePort(of int32, from Addr) int32 {
	if j := h.nextReusePort(of, 0); j != 0 {
		return h.pickReusePort(j, of, from)
	}
	return 0
}

// commitConflict reports whether another socket listens on an address that
// this one would take, without both allowing it. WS.U4.
func (h *Host) commitConflict(i int32) bool {
	s := &h.socks[i]
	for j := h.ports.first(s.typ, s.local.Port); j != 0; j = h.socks[j].portNext {
		o := &h.socks[j]
		overlap := o.local.IP == s.local.IP || o.local.IP == AnyIP || s.local.IP == AnyIP
		if j != i && o.state == stateListening && overlap && !h.bothMayListen(o, s) {
			return true
		}
	}
	return false
}

// mayBoth reports whether two sockets may listen on one address.
func (h *Host) bothMayListen(a, b *socket) bool {
	switch h.profile.Binds {
	case BindsUnix:
		return a.has(flagReusePort) && b.has(flagReusePort)
	case BindsWine:
		return false
	}
	return a.has(flagReuse) && b.has(flagReuse)
}
