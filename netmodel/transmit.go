package netmodel

// transmit delivers a segment, schedules its arrival, or loses it.
func (n *Network) transmit(from HostID, s *Segment) {
	to := hostOf(s.Dst.IP)
	if to == 0 || int(to) >= len(n.nodes) {
		n.lose(from, 0, s, NoRoute)
		return
	}
	p := &n.paths[from][to]
	if n.direct && p.immediate && !p.cut && n.sentDirectly < maxDirect {
		n.sentDirectly++
		if n.tapped {
			n.noteTransmission(from, to, s, n.engine.Now(), NoCause)
		}
		n.advancedHost(to).deliver(s)
		return
	}
	if p.cut {
		n.lose(from, to, s, LinkCut)
		return
	}
	l := &p.link
	a := n.attempt(s.Conn)
	direction := 0
	if a.result.Client != 0 && from == n.configs[n.clients.at(int(a.result.Client)).config].Host {
		direction = 1
	}
	if p.random {
		n.random = n.stream(a, direction)
	}
	if n.random.Chance(l.Loss) {
		n.lose(from, to, s, LinkLost)
		return
	}
	n.carry(from, to, s, direction, l)
	if n.random.Chance(l.Duplicate) {
		n.record(&Record{At: n.engine.Now(), Host: from, Kind: Duplicated, Conn: s.Conn, Value: int64(s.Flags)})
		n.carry(from, to, s, direction, l)
		if n.tapped {
			n.tap[len(n.tap)-1].Duplicate = true
		}
	}
}

// attempt returns the state of an attempt. All segments without a known attempt share one
// entry.
func (n *Network) attempt(c ConnID) *attempt {
	if int(c) >= n.attempts.len {
		c = 0
	}
	return n.attempts.at(int(c))
}

// carry draws when a segment arrives and schedules the arrival.
func (n *Network) carry(from, to HostID, s *Segment, direction int, l *Link) {
	a := n.attempt(s.Conn)
	at := n.engine.Now().Add(l.delay(&n.random))
	if n.random.Chance(l.Reorder) {
		at = at.Add(l.delay(&n.random))
	} else if a != n.attempts.at(0) {
		at = max(at, a.arrival[direction])
		a.arrival[direction] = at
	}
	if n.tapped {
		n.noteTransmission(from, to, s, at, NoCause)
	}
	n.at(at, event{kind: eventArrive, host: to, tag: uint64(n.storeInFlight(s))})
}

// storeInFlight stores a segment while it is on its direction and returns its index.
func (n *Network) storeInFlight(s *Segment) uint32 {
	if k := len(n.freeInFlight); k > 0 {
		i := n.freeInFlight[k-1]
		n.freeInFlight = n.freeInFlight[:k-1]
		n.inFlight[i] = *s
		return i
	}
	n.inFlight = append(n.inFlight, *s)
	return uint32(len(n.inFlight) - 1)
}

// deliverInFlight delivers a segment that arrives and frees its entry.
func (n *Network) deliverInFlight(to HostID, i uint32) {
	n.freeInFlight = append(n.freeInFlight, i)
	n.advancedHost(to).deliver(&n.inFlight[i]) // deliver queues its answers: the entry is not used again before it returns
}

func (n *Network) lose(from, to HostID, s *Segment, why Cause) {
	if n.tapped {
		n.noteTransmission(from, to, s, n.engine.Now(), why)
	}
	n.record(&Record{At: n.engine.Now(), Host: from, Kind: Lost, Conn: s.Conn, Value: int64(s.Flags), Cause: why})
}
