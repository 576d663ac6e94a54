package netmodel

import "fmt"

// Check verifies the invariants of the host: it counts again everything that has a
// counter. It returns an error that names the first invariant that does not hold, or nil.
// Check is slow; it is for tests.
func (h *Host) Check() error {
	for _, invariant := range [...]func(*Host) error{
		listenersOwnTheirLists, // first: the other invariants use these indexes
		descriptorsAreNotLost,
		slotsFitTheBacklog,
		pendingStaysWithinTheLimit,
		youngAreCounted,
		queuesAreInOrder,
		pendingBelongsToALiveListener,
		connectionsAreFoundByTheirAddresses,
		refusalHadAReason,
		descriptorsAreFreeOnce,
		socketsAreFreeOnce,
		socketsOwnTheirKeepAlives,
		timersHaveOwners,
		portsHaveTheirSockets,
	} {
		if err := invariant(h); err != nil {
			return err
		}
	}
	return nil
}

// descriptorsAreNotLost: open = opened - closed. No more descriptors are open than the
// table holds. A descriptor and its socket name each other.
func descriptorsAreNotLost(h *Host) error {
	t := &h.table
	used := 0
	for n, i := range t.socks {
		fd := FirstFD + FD(n)
		switch {
		case i == 0:
			continue
		case i > 0 && h.socks[i].fd != fd:
			return fmt.Errorf("descriptors are not lost: descriptor %d leads to a socket with descriptor %d", fd, h.socks[i].fd)
		}
		used++
	}
	switch {
	case used != t.used || uint64(used) != t.opened-t.closed:
		return fmt.Errorf("descriptors are not lost: %d are open, the count is %d, opened %d, closed %d", used, t.used, t.opened, t.closed)
	case t.size > 0 && used > t.size:
		return fmt.Errorf("descriptors are not lost: %d are open of %d", used, t.size)
	case used+len(t.free) != len(t.socks):
		return fmt.Errorf("descriptors are not lost: %d open and %d free of %d", used, len(t.free), len(t.socks))
	}
	return nil
}

// slotsFitTheBacklog: pending + available <= limit.
func slotsFitTheBacklog(h *Host) error {
	for i := range h.lists {
		l := &h.lists[i]
		switch {
		case l.sock == 0:
		case l.available < 0 || l.lateSlots < 0:
			return fmt.Errorf("slots fit the backlog: %d available, %d late", l.available, l.lateSlots)
		case l.available > max(0, l.limit-l.pending()):
			return fmt.Errorf("slots fit the backlog: %d pending and %d available of %d", l.pending(), l.available, l.limit)
		case h.profile.Slots != SlotsFilled && l.available != max(0, l.limit-l.pending()-l.lateSlots):
			return fmt.Errorf("slots fit the backlog: %d available with %d pending and %d late of %d: want limit - pending - late, since slots need no descriptor", l.available, l.pending(), l.lateSlots, l.limit)
		}
	}
	return nil
}

// pendingStaysWithinTheLimit: the count of pending connections is right, and it is not
// above the limit.
func pendingStaysWithinTheLimit(h *Host) error {
	for i := range h.lists {
		l := &h.lists[i]
		n := 0
		for _, c := range [...]chain{l.half, l.done} {
			for j := c.head; j != 0 && n <= len(h.socks); j = h.socks[j].next {
				n++
			}
		}
		if l.separate {
			n -= int(l.half.len)
		}
		if n != l.pending() || n > l.limit && h.staysWithin(l) {
			return fmt.Errorf("pending stays within the limit: %d are pending, the count is %d, the limit %d", n, l.pending(), l.limit)
		}
	}
	return nil
}

// staysWithin reports whether the profile never lets more connections be pending at a
// listener than its limit.
func (h *Host) staysWithin(l *listener) bool {
	p := &h.profile
	return !(l.separate && l.atAck > l.limit) && (p.Relisten == RelistenUpdates || p.Relisten == RelistenKeeps) && p.OnAckFull != AdmitAck && !p.Migrates
}

// youngAreCounted: listener.young is the number of half-open connections whose SYN-ACK
// went out once.
func youngAreCounted(h *Host) error {
	for i := range h.lists {
		l := &h.lists[i]
		n := 0
		for j := l.half.head; j != 0; j = h.socks[j].next {
			if h.socks[j].resends == 0 {
				n++
			}
		}
		if l.separate && n != l.young {
			return fmt.Errorf("young connections are counted: %d are young, the count is %d", n, l.young)
		}
	}
	return nil
}

// queuesAreInOrder: each queue is first in, first out. Half-open connections and offered
// requests have the order of arrival. Complete connections have the order of completion,
// or of arrival if the profile sets AcceptByArrival.
func queuesAreInOrder(h *Host) error {
	for i := range h.lists {
		l := &h.lists[i]
		for n, c := range [...]chain{l.half, l.offered, l.held, l.done, l.hidden} {
			byArrival := n < 3 || n == 3 && h.profile.AcceptByArrival
			var before int32
			for j := c.head; j != 0; j = h.socks[j].next {
				if h.socks[j].prev != before {
					return fmt.Errorf("queues are in order: a link back is wrong at %s", h.socks[j].remote)
				}
				if byArrival && before != 0 && h.socks[before].serial > h.socks[j].serial {
					return fmt.Errorf("queues are in order: %s stands before %s, which arrived first", h.socks[before].remote, h.socks[j].remote)
				}
				if !byArrival && before != 0 && h.socks[before].place > h.socks[j].place {
					return fmt.Errorf("queues are in order: %s stands before %s, which completed first", h.socks[before].remote, h.socks[j].remote)
				}
				before = j
			}
			if before != c.tail {
				return fmt.Errorf("queues are in order: the last entry is not the tail")
			}
		}
	}
	return nil
}

// pendingBelongsToALiveListener: a pending connection has an open listener and no
// descriptor. The queues hold as many sockets as are pending.
func pendingBelongsToALiveListener(h *Host) error {
	n := 0
	for i := range h.socks {
		s := &h.socks[i]
		if !s.pending() {
			continue
		}
		n++
		if at := &h.socks[s.listener]; at.state != stateListening || h.lists[at.list].sock != s.listener {
			return fmt.Errorf("a closed listener owns nothing: %s is pending at a socket that does not listen", s.remote)
		}
		if s.fd != 0 {
			return fmt.Errorf("a closed listener owns nothing: %s is pending and has descriptor %d", s.remote, s.fd)
		}
	}
	for i := range h.lists {
		l := &h.lists[i]
		n -= int(l.half.len + l.done.len + l.offered.len + l.held.len + l.hidden.len)
	}
	if n != 0 {
		return fmt.Errorf("a closed listener owns nothing: %d more sockets are pending than the queues hold", n)
	}
	return nil
}

// connectionsAreFoundByTheirAddresses: the table of connections holds exactly the
// connections that segments can reach.
func connectionsAreFoundByTheirAddresses(h *Host) error {
	n := 0
	for i := range h.socks {
		s := &h.socks[i]
		switch s.state {
		case stateConnecting, stateOffered, stateHalfOpen, stateOpen:
		default:
			continue
		}
		if s.has(flagAborted) {
			continue
		}
		n++
		if h.connection(s.local, s.remote) != int32(i) {
			return fmt.Errorf("connections are found by their addresses: %s to %s is not found", s.local, s.remote)
		}
	}
	if n != h.tuples.used {
		return fmt.Errorf("connections are found by their addresses: %d connections, %d addresses", n, h.tuples.used)
	}
	for _, i := range h.tuples.slots {
		if i != 0 {
			n--
		}
	}
	if n != 0 {
		return fmt.Errorf("connections are found by their addresses: the table has %d addresses too few", n)
	}
	return nil
}

// refusalHadAReason: the reason for the last refused or ignored request held at that
// instant.
func refusalHadAReason(h *Host) error {
	r := &h.refusal
	held := true
	switch r.why {
	case QueueFull:
		held = r.available == 0 && r.pending+r.lateSlots >= r.limit
		if h.profile.SynQueue.Separate {
			held = r.complete >= r.atSyn
		}
	case SynQueueFull:
		held = r.half >= r.synRoom
	case SlotsUsedUp:
		held = r.available == 0 && r.pending+r.lateSlots < r.limit && h.profile.Slots == SlotsFilled
	case NoDescriptor:
		held = r.freeDescriptors == 0 && h.profile.Slots == SlotsOwnDescriptor
	case Paused:
		held = r.paused
	case OutOfBuffers:
		held = r.noBuffers
	}
	if !held {
		return fmt.Errorf("a refused client had a reason: %q did not hold with %d pending, %d available and %d late of %d, %d descriptors free", r.why, r.pending, r.available, r.lateSlots, r.limit, r.freeDescriptors)
	}
	return nil
}
