package netmodel

import (
	"fmt"

	"wspsim/netmodel/winsock"
)

// listenersOwnTheirLists verifies: each listening socket owns one list, and no other socket
// owns it. A list without an owner is empty and is on the list of free ones once.
func listenersOwnTheirLists(h *Host) error {
	for i := range h.socks {
		s := &h.socks[i]
		switch {
		case s.state != stateListening && s.list != 0:
			return fmt.Errorf("listeners own their lists: socket %d owns list %d and does not listen", i, s.list)
		case s.state != stateListening:
		case s.list <= 0 || int(s.list) >= len(h.lists):
			return fmt.Errorf("listeners own their lists: descriptor %d listens with list %d of 1 to %d", s.fd, s.list, len(h.lists)-1)
		case h.lists[s.list].sock != int32(i):
			return fmt.Errorf("listeners own their lists: descriptor %d listens with list %d, which belongs to socket %d", s.fd, s.list, h.lists[s.list].sock)
		}
	}
	unowned := 0
	for n := 1; n < len(h.lists); n++ {
		l := &h.lists[n]
		switch {
		case l.sock == 0 && *l != listener{}:
			return fmt.Errorf("listeners own their lists: list %d has no owner and is not empty: limit %d, %d pending", n, l.limit, l.pending())
		case l.sock == 0:
			unowned++
		case int(l.sock) >= len(h.socks) || h.socks[l.sock].list != int32(n):
			return fmt.Errorf("listeners own their lists: list %d belongs to socket %d, which does not have it", n, l.sock)
		}
	}
	return freeOnce("lists", h.freeLists, len(h.lists), unowned, func(n int32) bool { return h.lists[n].sock == 0 })
}

// socketsOwnTheirKeepAlives verifies: one socket owns each place in Host.keeps. A place
// without an owner is empty and is on the list of free ones once.
func socketsOwnTheirKeepAlives(h *Host) error {
	owned := make([]bool, len(h.keepAlives))
	count := 0
	for i := range h.socks {
		k := h.socks[i].keep
		switch {
		case k == 0:
			continue
		case k < 0 || int(k) >= len(owned):
			return fmt.Errorf("sockets own their keep-alives: socket %d has place %d of 1 to %d", i, k, len(owned)-1)
		case owned[k]:
			return fmt.Errorf("sockets own their keep-alives: socket %d has place %d, and another socket has it too", i, k)
		}
		owned[k] = true
		count++
	}
	for k := range h.keepAlives {
		if !owned[k] && h.keepAlives[k] != (keepAliveState{}) {
			return fmt.Errorf("sockets own their keep-alives: place %d has no owner and is not empty: timer %d", k, h.keepAlives[k].timer)
		}
	}
	return freeOnce("keep-alives", h.freeKeepAlives, len(owned), max(0, len(owned)-1)-count, func(k int32) bool { return !owned[k] })
}

// freeOnce verifies a list of free places: it has each free place once, and no other. Place
// 0 is never used.
func freeOnce(what string, free []int32, size, want int, isFree func(int32) bool) error {
	seen := make([]bool, size)
	for _, n := range free {
		switch {
		case n <= 0 || int(n) >= size:
			return fmt.Errorf("what is free is free once: %s: place %d of 1 to %d", what, n, size-1)
		case seen[n]:
			return fmt.Errorf("what is free is free once: %s: place %d is free twice", what, n)
		case !isFree(n):
			return fmt.Errorf("what is free is free once: %s: place %d is taken", what, n)
		}
		seen[n] = true
	}
	if len(free) != want {
		return fmt.Errorf("what is free is free once: %s: %d are free, %d are on the list", what, want, len(free))
	}
	return nil
}

// socketsAreFreeOnce verifies: a free socket is empty and is on the list of free ones once.
func socketsAreFreeOnce(h *Host) error {
	unused := 0
	for i := 1; i < len(h.socks); i++ {
		if s := &h.socks[i]; s.state == stateFree {
			if *s != (socket{}) {
				return fmt.Errorf("what is free is free once: sockets: place %d is free and not empty: serial %d, descriptor %d", i, s.serial, s.fd)
			}
			unused++
		}
	}
	return freeOnce("sockets", h.free, len(h.socks), unused, func(i int32) bool { return h.socks[i].state == stateFree })
}

// descriptorsAreFreeOnce verifies: a free descriptor leads to no socket and is on the list
// of free ones once. The descriptor of a socket leads to that socket.
func descriptorsAreFreeOnce(h *Host) error {
	t := &h.table
	seen := make([]bool, len(t.socks))
	for _, fd := range t.free {
		n := int(fd - FirstFD)
		if n < 0 || n >= len(seen) || seen[n] || t.socks[n] != 0 {
			return fmt.Errorf("what is free is free once: descriptors: %d is taken, or free twice", fd)
		}
		seen[n] = true
	}
	held := 0
	for i := range h.socks {
		s := &h.socks[i]
		if s.fd != 0 && t.lookup(s.fd) != int32(i) {
			return fmt.Errorf("descriptors are not lost: socket %d has descriptor %d, which stands for %d", i, s.fd, t.lookup(s.fd))
		}
		if s.heldFD != 0 {
			held++
			if t.lookup(s.heldFD) != heldOpen {
				return fmt.Errorf("descriptors are not lost: socket %d holds descriptor %d, which stands for %d", i, s.heldFD, t.lookup(s.heldFD))
			}
		}
	}
	for _, i := range t.socks {
		if i == heldOpen {
			held--
		}
	}
	if held != 0 {
		return fmt.Errorf("descriptors are not lost: sockets hold %d more descriptors than are held", held)
	}
	return nil
}

// timersHaveOwners verifies: every timer is once on its list, in the order of expiry, or
// once on the list of free ones. A socket and its timers name each other.
func timersHaveOwners(h *Host) error {
	t := &h.timers
	seen := make([]bool, len(t.armed))
	for n := range t.lists {
		l := &t.lists[n]
		before := int32(0)
		for k := l.head; k != 0; before, k = k, t.armed[k].next {
			switch m := &t.armed[k]; {
			case seen[k] || int(m.list) != n || m.prev != before:
				return fmt.Errorf("timers have owners: timer %d does not know its place on list %d", k, n)
			case before != 0 && t.armed[before].at > m.at:
				return fmt.Errorf("timers have owners: timer %d expires at %v and stands behind one that expires at %v", k, m.at, t.armed[before].at)
			case t.first != 0 && t.before(k, t.first):
				return fmt.Errorf("timers have owners: timer %d expires before the first, %d", k, t.first)
			}
			if err := timerHasOwner(h, k); err != nil {
				return err
			}
			seen[k] = true
		}
		if l.tail != before {
			return fmt.Errorf("timers have owners: the last timer of list %d is not its tail", n)
		}
	}
	armed, known := 0, 0
	for k := t.free; k != 0; k = t.armed[k].next {
		if seen[k] || t.armed[k].list != noList {
			return fmt.Errorf("what is free is free once: timers: place %d is taken, or free twice", k)
		}
		seen[k] = true
	}
	for k := 1; k < len(t.armed); k++ {
		if t.armed[k].list != noList {
			armed++
		}
		if seen[k] {
			known++
		}
	}
	if armed != t.count || known != max(0, len(t.armed)-1) {
		return fmt.Errorf("timers have owners: %d are set, the count is %d; %d of %d are on a list or free", armed, t.count, known, len(t.armed)-1)
	}
	return socketsHaveTimers(h)
}

// timerHasOwner verifies: the socket of a timer that is set knows the timer.
func timerHasOwner(h *Host, k int32) error {
	m := &h.timers.armed[k]
	if m.sock <= 0 || int(m.sock) >= len(h.socks) {
		return fmt.Errorf("timers have owners: timer %d is for socket %d of 1 to %d", k, m.sock, len(h.socks)-1)
	}
	s := &h.socks[m.sock]
	switch {
	case m.what == timerSlot: // can outlive its listener, and does nothing then
	case s.serial != m.serial:
		return fmt.Errorf("timers have owners: timer %d is for a socket that is gone", k)
	case m.what == timerSocket && s.timer != k, m.what == timerLinger && s.lingering != k, m.what == timerKeepAlive && h.keepAliveTimer(s) != k:
		return fmt.Errorf("timers have owners: socket %d has timers %d, %d and %d, but timer %d is for it too", m.sock, s.timer, s.lingering, h.keepAliveTimer(s), k)
	}
	return nil
}

// keepAliveTimer returns the timer of a socket's keep-alive, 0 if the socket has none.
func (h *Host) keepAliveTimer(s *socket) int32 {
	if s.keep == 0 {
		return 0
	}
	return h.keepAlives[s.keep].timer
}

// socketsHaveTimers verifies: a timer that a socket names is set, or waits to be set, and is
// for that socket.
func socketsHaveTimers(h *Host) error {
	for i := range h.socks {
		s := &h.socks[i]
		for n, k := range [...]int32{s.timer, s.lingering, h.keepAliveTimer(s)} {
			what := [...]timerKind{timerSocket, timerLinger, timerKeepAlive}[n]
			good := k == 0
			switch {
			case k > 0 && int(k) < len(h.timers.armed):
				m := &h.timers.armed[k]
				good = m.list != noList && m.sock == int32(i) && m.what == what
			case k < 0 && int(-k) <= len(h.waits):
				good = h.waits[-k-1].sock == int32(i) && what == timerSocket
			}
			if !good {
				return fmt.Errorf("timers have owners: socket %d names timer %d, which is not for it", i, k)
			}
		}
	}
	return nil
}

// portsHaveTheirSockets verifies: the list of each port has each socket that is bound to the
// port once.
func portsHaveTheirSockets(h *Host) error {
	const run = 32 // pages or ports that are skipped together, because most are unused
	listed := 0
	for typ, pages := range h.ports {
		for high := 0; pages != nil && high < len(pages); high++ {
			page := pages[high]
			if page == nil {
				if high%run == 0 && [run]*[256]int32(pages[high:]) == ([run]*[256]int32{}) {
					high += run - 1
				}
				continue
			}
			for low := 0; low < len(page); low++ {
				if page[low] == 0 {
					if low%run == 0 && [run]int32(page[low:]) == ([run]int32{}) {
						low += run - 1
					}
					continue
				}
				n, err := portHasItsSockets(h, winsock.SocketType(typ), uint16(high<<8|low), page[low])
				if err != nil {
					return err
				}
				listed += n
			}
		}
	}
	for i := range h.socks {
		if h.socks[i].has(flagOnPort) {
			listed--
		}
	}
	if listed != 0 {
		return fmt.Errorf("ports have their sockets: the lists have %d more sockets than are bound", listed)
	}
	return nil
}

// portHasItsSockets returns how many sockets are on the list of a port.
func portHasItsSockets(h *Host, typ winsock.SocketType, port uint16, first int32) (int, error) {
	n := 0
	for i, before := first, int32(0); i != 0; before, i = i, h.socks[i].portNext {
		if int(i) >= len(h.socks) || n > len(h.socks) {
			return 0, fmt.Errorf("ports have their sockets: port %d leads to socket %d of %d", port, i, len(h.socks)-1)
		}
		if s := &h.socks[i]; !s.has(flagOnPort) || s.typ != typ || s.local.Port != port || s.portPrev != before {
			return 0, fmt.Errorf("ports have their sockets: port %d has socket %d, which is bound to %v and follows %d, not %d", port, i, s.local, s.portPrev, before)
		}
		n++
	}
	return n, nil
}
