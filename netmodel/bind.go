package netmodel

import "wspsim/netmodel/winsock"

// Bind sets the local address of a socket. IP AnyIP is the wildcard address; port 0 asks
// for a free port.
//
// Errors, in the order of the checks: those of every call, WSAENOTSOCK, WSAEINVAL
// (already bound), WSAEADDRNOTAVAIL (not an address of this host), WSAENOBUFS (also: no
// free port), and WSAEADDRINUSE or WSAEACCES for a conflict (WS.U1).
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

// The conflict tables have a row for each kind of first socket and a column for each kind
// of second socket. Rows and columns have the order Dw Ds Rw Rs Xw Xs:
//
//	D  no option
//	R  SO_REUSEADDR
//	X  SO_EXCLUSIVEADDRUSE
//	w  bound to the wildcard address
//	s  bound to a specific address, the same for both sockets
//
// An entry is o (no conflict), I (WSAEADDRINUSE) or A (WSAEACCES). Source: the Microsoft
// page "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE". Wine's tests on Windows agree for
// sockets of one address family. WS.U1.
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
	// Wine 8.0 (testdata/truth/W_wine.jsonl: 45 combinations)
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

// bindConflict returns the error of Bind when second asks for ip on a port that first is
// bound to. It returns nil if both may have the port.
func (h *Host) bindConflict(first, second *socket, ip IP) error {
	if first.local.IP != ip && first.local.IP != AnyIP && ip != AnyIP {
		return nil // different addresses never conflict
	}
	if first.has(flagAccepted) {
		// An accepted socket is in the list of its port only if its listener was exclusive. WS.X4
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

// unixBindConflict applies the rule of Linux (testdata/truth, L09). Sockets share an
// address if all of them have SO_REUSEPORT. They also share it if all of them have
// SO_REUSEADDR and none of them listens.
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

// pickPort returns an address with a free port. The IP is ip; for a connect to remote
// with ip AnyIP it is an address of the host. pickPort goes round the port range, so that
// a freed port is used again as late as possible. It fails with WSAENOBUFS if no port is
// free.
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

// addToPort puts a socket at the end of the list of its port. The list has the order of
// binding, which decides between listeners. WS.Q11
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

// listenerFor returns the listening socket that answers requests to address a, or 0. A
// listener on the address itself comes before a listener on the wildcard address (WS.Q12).
// Among equal listeners, the listener that was bound first answers (WS.Q11). Listeners
// with SO_REUSEPORT share the address: a hash of the client's address decides (K15).
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

// pickReusePort returns the listener that answers a client, where first and others share
// an address with SO_REUSEPORT. A hash of the client's address picks the listener, even
// if the queue of that listener is full. The hash of the kernel has a secret; this one
// has none. The listener except is left out; 0 leaves out none. K15
func (h *Host) pickReusePort(first, except int32, from Addr) int32 {
	f := &h.socks[first]
	if !f.has(flagReusePort) {
		return first
	}
	n := uint64(0)
	for pass := 0; ; pass++ {
		k := uint64(mix32(uint64(from.IP), uint64(from.Port))) * n >> 32 // the first pass counted n
		for j := first; j != 0; j = h.socks[j].portNext {
			s := &h.socks[j]
			switch {
			case j == except || s.state != stateListening || !s.has(flagReusePort) || s.local.IP != f.local.IP:
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

// otherReusePort returns another listener that shares the address of a listener with
// SO_REUSEPORT, or 0.
func (h *Host) otherReusePort(of int32, from Addr) int32 {
	if j := h.nextReusePort(of, 0); j != 0 {
		return h.pickReusePort(j, of, from)
	}
	return 0
}

// commitConflict reports whether another socket listens on an address that this socket
// needs, and the two may not both listen there. WS.U4
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

// bothMayListen reports whether two sockets may listen on one address.
func (h *Host) bothMayListen(a, b *socket) bool {
	switch h.profile.Binds {
	case BindsUnix:
		return a.has(flagReusePort) && b.has(flagReusePort)
	case BindsWine:
		return false
	}
	return a.has(flagReuse) && b.has(flagReuse)
}
