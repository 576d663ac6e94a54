package netmodel

// transmit delivers a segment, schedules its arrival, or loses it.
func (n *Network) transmit(from HostID, s *Segment) {
	to := hostOf(s.Dst.IP)
	if to == 0 || int(to) >= len(n.nodes) {
		n.lose(from, 0, s, NoRoute)
		return
	}
	p := &n.paths[from][to]
	if n.direct && p.immediate && !p.cut && n.detours < mostDetours {
		n.detours++
		if n.tapped {
			n.noteTransmission(from, to, s, n.engine.Now(), NoCause)
		}
		n.present(to).deliver(s)
		return
	}
	if p.cut {
		n.lose(from, to, s, LinkCut)
		return
	}
	l := &p.link
	a := n.attempt(s.Conn)
	way := 0
	if a.result.Client != 0 && from == n.configs[n.clients.at(int(a.result.Client)).config].Host {
		way = 1
	}
	if p.random {
		n.draws = n.stream(a, way)
	}
	if n.draws.Chance(l.Loss) {
		n.lose(from, to, s, LinkLost)
		return
	}
	n.carry(from, to, s, way, l)
	if n.draws.Chance(l.Duplicate) {
		n.record(&Record{At: n.engine.Now(), Host: from, Kind: Duplicated, Conn: s.Conn, Value: int64(s.Flags)})
		n.carry(from, to, s, way, l)
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
func (n *Network) carry(from, to HostID, s *Segment, way int, l *Link) {
	a := n.attempt(s.Conn)
	at := n.engine.Now().Add(l.delay(&n.draws))
	if n.draws.Chance(l.Reorder) {
		at = at.Add(l.delay(&n.draws))
	} else if a != n.attempts.at(0) {
		at = max(at, a.arrival[way])
		a.arrival[way] = at
	}
	if n.tapped {
		n.noteTransmission(from, to, s, at, NoCause)
	}
	n.at(at, event{kind: eventArrive, host: to, tag: uint64(n.fly(s))})
}

// fly stores a segment while it is on its way and returns its index.
func (n *Network) fly(s *Segment) uint32 {
	if k := len(n.landed); k > 0 {
		i := n.landed[k-1]
		n.landed = n.landed[:k-1]
		n.flying[i] = *s
		return i
	}
	n.flying = append(n.flying, *s)
	return uint32(len(n.flying) - 1)
}

// land delivers a segment.
func (n *Network) land(to HostID, i uint32) {
	n.landed = append(n.landed, i)
	n.present(to).deliver(&n.flying[i]) // deliver queues its answers: the entry is not used again before it returns
}

func (n *Network) lose(from, to HostID, s *Segment, why Cause) {
	if n.tapped {
		n.noteTransmission(from, to, s, n.engine.Now(), why)
	}
	n.record(&Record{At: n.engine.Now(), Host: from, Kind: Lost, Conn: s.Conn, Value: int64(s.Flags), Cause: why})
}
