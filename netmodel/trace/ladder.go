package trace

import (
	"cmp"
	"slices"

	"wspsim/netmodel"
	"wspsim/sim"
)

// ladder keeps what a diagram may draw: the segments between clients and a server, and what
// was decided. It keeps the first clients and the first moments only, and counts the rest.
type ladder struct {
	v        *View
	clients  []ladderClient
	byClient map[netmodel.ClientID]int // places in clients; looked up only
	ends     map[netmodel.ConnID]end   // of the attempts of these clients; looked up only
	moments  []moment
	queues   []queueState
	all      int // clients in all
	left     int // moments that were not kept
}

const (
	mostKeptClients  = 512
	mostKeptMoments  = 16_384
	mostDrawnSlots   = maxDrawn
	mostQueueChanges = 16_384
)

type ladderClient struct {
	id    netmodel.ClientID
	kinds uint64 // of its records: clients with the same ones are alike
}

// end is the client's end of a connection.
type end struct {
	client int
	addr   netmodel.Addr
	host   netmodel.HostID
}

// moment is a segment, or something that a host did.
type moment struct {
	client   int // -1: none
	arrow    bool
	toServer bool
	sent     sim.Time // of a segment; of all else when it happened
	arrives  sim.Time
	lost     bool
	fate     fate
	kind     string // of the segment
	server   netmodel.HostID
	text     string // of what is no segment
	atClient bool   // the text is about the client's end
	onFrame  bool   // the text belongs to the segment before it
	step     int    // of a segment in a drawing: its row among those of its instant
}

// fate is what a host decided about a segment.
type fate uint8

const (
	fateNone fate = iota
	fateIgnored
	fateRefused
)

// queueState is a queue after a record.
type queueState struct {
	at                       sim.Time
	limit, pending, halfOpen int32
	slots                    [mostDrawnSlots]byte // marks of the picture, if so few can be pending
}

func newLadder(v *View) *ladder {
	v.frames = newFrames()
	return &ladder{v: v, byClient: map[netmodel.ClientID]int{}, ends: map[netmodel.ConnID]end{}}
}

// client returns the place of the client of an attempt, -1 if it is not kept.
func (l *ladder) client(c netmodel.ConnID) int {
	id := l.v.net.Result(c).Client
	if id == 0 {
		return -1
	}
	if at, ok := l.byClient[id]; ok {
		return at
	}
	return -1
}

// meet keeps a client that begins its first attempt.
func (l *ladder) meet(r *netmodel.Record) {
	id := l.v.net.Result(r.Conn).Client
	if _, known := l.byClient[id]; known || id == 0 {
		return
	}
	if l.v.net.Result(r.Conn).Attempt <= 1 {
		l.all++
	}
	if len(l.clients) < mostKeptClients {
		l.byClient[id] = len(l.clients)
		l.clients = append(l.clients, ladderClient{id: id})
	}
}

func (l *ladder) record(r *netmodel.Record, q *picture, onFrame bool) {
	if r.Conn != 0 && r.Kind == netmodel.SynSent {
		l.meet(r)
	}
	if q != nil && r.AboutQueue() {
		l.queue(r, q)
	}
	client := -1
	if r.Conn != 0 {
		if client = l.client(r.Conn); client < 0 {
			return
		}
		l.clients[client].kinds |= 1 << r.Kind
	}
	if onFrame || routine(r) || r.Kind == netmodel.Lost || r.Kind == netmodel.Duplicated {
		return
	}
	l.add(moment{client: client, sent: r.At, atClient: l.atClient(r), text: l.text(r)})
}

// atClient reports whether a record is about the client's end of its connection.
func (l *ladder) atClient(r *netmodel.Record) bool {
	e, ok := l.ends[r.Conn]
	return ok && e.host == r.Host && !r.Kind.AtListener()
}

// text is a record on one line, without the queue.
func (l *ladder) text(r *netmodel.Record) string {
	b := l.v.line[:0]
	if r.Conn != 0 && r.Kind != netmodel.RequestAccepted {
		b = append(append(b, l.v.printer.Conn(r.Conn)...), ": "...)
	}
	l.v.line = l.v.appendDecision(b, r)
	return string(l.v.line)
}

func (l *ladder) add(m moment) {
	if len(l.moments) >= mostKeptMoments {
		l.left++
		return
	}
	l.moments = append(l.moments, m)
}

// queue keeps the state of a queue, the last one of an instant.
func (l *ladder) queue(r *netmodel.Record, q *picture) {
	s := queueState{at: r.At, limit: r.Limit, pending: r.Pending, halfOpen: r.HalfOpen}
	if r.Limit <= mostDrawnSlots {
		n := 0
		for _, e := range q.entries {
			if !q.outside(e) && n < len(s.slots) {
				s.slots[n] = cmp.Or(e.mark, 'a')
				n++
			}
		}
		for i := n; i < int(r.Limit); i++ {
			s.slots[i] = '_'
			if i < n+int(r.Available) {
				s.slots[i] = '.'
			}
		}
	}
	if n := len(l.queues); n > 0 && l.queues[n-1].at == r.At {
		l.queues[n-1] = s
	} else if n < mostQueueChanges {
		l.queues = append(l.queues, s)
	}
}

func (l *ladder) frame(f *frame) {
	s := &f.Segment
	e, ok := l.ends[s.Conn]
	if !ok && isSyn(s) {
		if client := l.client(s.Conn); client >= 0 {
			e, ok = end{client, s.Src, f.From}, true
			l.ends[s.Conn] = e
		}
	}
	if !ok {
		l.left++
		return
	}
	m := moment{client: e.client, arrow: true, toServer: s.Src == e.addr, sent: f.Sent, arrives: f.Arrives, kind: s.Kind(),
		lost: f.Lost != netmodel.NoCause, server: f.To}
	if !m.toServer {
		m.server = f.From
	}
	for i := range f.notes {
		switch f.notes[i].Kind {
		case netmodel.RequestIgnored, netmodel.AckIgnored:
			m.fate = fateIgnored
		case netmodel.RequestRefused:
			m.fate = fateRefused
		}
	}
	l.add(m)
	for i := range f.notes {
		if r := &f.notes[i]; r.Kind != netmodel.Lost && r.Kind != netmodel.Duplicated {
			l.add(moment{client: e.client, sent: r.At, atClient: l.atClient(r), text: l.text(r), onFrame: true})
		}
	}
}

// choose returns the places of at most n clients to be drawn, in their order: of each sort
// of client the first, then of each sort the second, and so on. The order of the sorts is
// that of their first clients.
func (l *ladder) choose(n int) []int {
	var chosen []int
	taken := make([]bool, len(l.clients))
	for len(chosen) < min(n, len(l.clients)) {
		var round []uint64
		for i, c := range l.clients {
			if !taken[i] && len(chosen) < n && !slices.Contains(round, c.kinds) {
				taken[i] = true
				round = append(round, c.kinds)
				chosen = append(chosen, i)
			}
		}
	}
	slices.Sort(chosen)
	return chosen
}

// drawn returns the moments of the chosen clients and of the program, in order.
func (l *ladder) drawn(chosen []int) []moment {
	var all []moment
	for i := 0; i < len(l.moments); i++ {
		if m := &l.moments[i]; m.client < 0 || slices.Contains(chosen, m.client) {
			all = append(all, *m)
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.sent, b.sent), cmp.Compare(a.rank(), b.rank()))
	})
	return all
}

// rank orders the moments of one instant: what the program sets up, the segments and what
// was decided about them, all else.
func (m *moment) rank() int {
	switch {
	case m.arrow || m.onFrame:
		return 1
	case m.client < 0:
		return 0
	}
	return 2
}

func (l *ladder) name(client int) string { return l.v.net.ClientName(l.clients[client].id) }

// serverName names the hosts that the drawn clients connect to.
func (l *ladder) serverName(drawn []moment) string {
	name := ""
	for _, m := range drawn {
		if m.arrow && m.server != 0 {
			switch n := l.v.printer.Host(m.server); {
			case name == "":
				name = n
			case name != n:
				return "servers"
			}
		}
	}
	return cmp.Or(name, "server")
}
