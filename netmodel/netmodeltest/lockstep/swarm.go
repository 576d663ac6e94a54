package lockstep

import (
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// Swarm is a search with random histories. Each history draws for itself how
// often which operation occurs, in which profile, with how many descriptors and
// clients: a bug that needs eight refusals in a row is found by a history that
// happens to do little else, where one that does everything evenly never gets
// there. The zero value tests the real Host. Equal values search equally.
type Swarm struct {
	Seed  uint64
	First uint64    // number of the first history, to continue a search
	New   NewSystem // nil: NewHost
	// Profile is the only one to test, also when a failure is shrunk; nil: every
	// ready-made one, as it is and with settings changed at random.
	Profile *netmodel.Profile
	// Descriptors is how many every history has, also when a failure is shrunk.
	// 0: each history draws its own number, 1 to 6 or no limit.
	Descriptors int
	// Unlimited leaves descriptors without limit, whatever Descriptors says.
	Unlimited bool
	// Shortest and Longest bound the length of a history; 0: 20 and 200.
	Shortest, Longest int

	ready []netmodel.Profile // every ready-made one, made once for a search
}

// Report is what a search has seen.
type Report struct {
	Histories, Ops uint64
	Counts         [markCount]uint64 // in how many operations each mark was seen
	Failure        *Failure          // nil: no difference was found
}

// Failure is a difference that a search has found.
type Failure struct {
	Number   uint64 // of the history, with the Seed of the search
	Original Case
	Shrunk   Case // what is left when everything is taken out that does not matter
	Err      error
}

// String returns the line that ParseCase reads and the difference.
func (f *Failure) String() string { return f.Shrunk.String() + "\n\t" + f.Err.Error() }

// MinimumOps is how many operations a search over all profiles must make before
// Missing has something to say. In 40 searches the last mark, mostly a deferred
// request that is trimmed or a send that fails with EPIPE (a few times in a
// million operations), was seen after at most 1,400,000 operations.
const MinimumOps = 3_000_000

// Missing returns the marks that were never seen.
func (r *Report) Missing() []Mark {
	var out []Mark
	for m, n := range r.Counts {
		if n == 0 {
			out = append(out, Mark(m))
		}
	}
	return out
}

// idleHistories is after how many histories without an operation a search ends:
// the system supports nothing that can happen.
const idleHistories = 1000

// Run searches until it has made so many operations, stop returns true (it is
// asked after each history; nil never stops), or a difference is found, which
// it shrinks. A search in which nothing happens at all ends without an operation.
func (s Swarm) Run(ops uint64, stop func() bool) Report {
	if s.New == nil {
		s.New = NewHost
	}
	if s.Profile == nil {
		s.ready = profiles.All()
	}
	var r Report
	for number := s.First; r.Ops < ops && r.Failure == nil; number++ {
		r.Failure = s.play(number, &r)
		if r.Histories++; r.Ops == 0 && r.Histories == idleHistories {
			break
		}
		if stop != nil && stop() {
			break
		}
	}
	return r
}

// purposes of random streams.
const (
	purposeWorld sim.Purpose = 1 + iota
	purposeOps
)

// history is a world drawn at random and the operations that happen to it.
type history struct {
	rand    sim.Rand
	clients uint64
	weights [kindCount]uint64
	total   uint64
	acceptN int // of accept, half the time
	played  Case
}

// play makes one history up and plays it.
func (s Swarm) play(number uint64, r *Report) *Failure {
	h := s.draw(number)
	if s.playOne(h, r) {
		return s.fail(number, h.played)
	}
	return nil
}

// playOne reports whether the system came to differ from the reference model.
// The history is then what has led there.
func (s Swarm) playOne(h *history, r *Report) bool {
	pair := NewPair(h.played.Profile, h.played.Descriptors, s.New)
	for range cap(h.played.History) {
		op := h.next(pair.reference)
		if !pair.Can(op) {
			continue
		}
		h.played.History = append(h.played.History, op)
		diff := pair.do(op)
		r.Ops++
		r.count(pair.reference.marks)
		if diff != nil {
			return true
		}
	}
	return false
}

func (r *Report) count(marks marks) {
	for word, bits := range marks {
		for n := 0; bits != 0; n, bits = n+1, bits>>1 {
			if bits&1 != 0 {
				r.Counts[word*64+n]++
			}
		}
	}
}

// fail shrinks a failing case and looks for a shorter one in the same world.
func (s Swarm) fail(number uint64, c Case) *Failure {
	f := &Failure{Number: number, Original: c, Shrunk: s.shrink(c)}
	f.Shrunk = s.shorter(f.Shrunk)
	f.Err = f.Shrunk.Run(s.New)
	return f
}

// shrink is Case.Shrink, except that what the search holds fixed stays: a system
// may be made for one profile and one number of descriptors only.
func (s Swarm) shrink(c Case) Case {
	c = c.shrinkHistory(s.New)
	if s.Profile == nil {
		c = c.shrinkProfile(s.New)
	}
	if s.Descriptors == 0 {
		c = c.shrinkDescriptors(s.New)
	}
	return c.shrinkHistory(s.New)
}

// Bounds of the search for a shorter history.
const (
	shortEnough  = 6      // operations
	shorterTries = 20_000 // histories
	shorterFinds = 10
)

// shorter plays histories of its own to the world of a failing case and returns
// the shortest case that fails. What shrinks to many operations because of the
// way that it was found is often found again by a short one.
func (s Swarm) shorter(c Case) Case {
	finds := 0
	for number := range uint64(shorterTries) {
		if len(c.History) <= shortEnough || finds == shorterFinds {
			break
		}
		in := s
		in.Profile, in.Shortest, in.Longest = &c.Profile, 1, 4*len(c.History)
		h := in.draw(number)
		var r Report
		if !s.playOne(h, &r) {
			continue
		}
		finds++
		if other := s.shrink(h.played); len(other.History) < len(c.History) {
			c = other
		}
	}
	return c
}

// draw makes up everything but the operations.
func (s Swarm) draw(number uint64) *history {
	rand := sim.Stream(s.Seed, number, purposeWorld)
	h := &history{rand: sim.Stream(s.Seed, number, purposeOps), clients: 1 + rand.Uint64N(8)}
	for k := noKind + 1; k < kindCount; k++ {
		h.weights[k] = uint64(k.Weight()) * [...]uint64{3, 100, 400}[rand.Uint64N(3)]
		h.total += h.weights[k]
	}
	if h.acceptN = acceptDefer; rand.Uint64N(4) > 0 {
		h.acceptN = int(rand.Uint64N(uint64(acceptValues)))
	}
	h.played.Profile = s.drawProfile(&rand)
	h.played.Descriptors = s.descriptors(int(rand.Uint64N(7)))
	shortest, longest := s.Shortest, s.Longest
	if longest == 0 {
		shortest, longest = 20, 200
	}
	length := shortest + int(rand.Uint64N(uint64(longest-shortest+1)))
	h.played.History = make([]Op, 0, length)
	return h
}

// descriptors returns how many a history has that drew a number for itself.
func (s Swarm) descriptors(drawn int) int {
	switch {
	case s.Unlimited:
		return 0
	case s.Descriptors > 0:
		return s.Descriptors
	}
	return drawn
}

// Usual is how often a kind occurs compared with the others, before a history
// draws its own weights: what makes a queue fill and empty more often than what
// takes everything away.
func (k Kind) Weight() int {
	switch k {
	case Accept, Syn, Ack:
		return 6
	case Resend:
		return 4
	case Hangup, Time:
		return 3
	case Listen, OpenFile, CloseFile, Data, Fin, Rst, Misuse:
		return 2
	}
	return 1
}

// drawProfile returns a ready-made profile, mostly with settings changed.
func (s Swarm) drawProfile(rand *sim.Rand) netmodel.Profile {
	if s.Profile != nil {
		return *s.Profile
	}
	p := s.ready[0] // that of the page, which most of the settings are about, every third time
	if rand.Uint64N(3) > 0 {
		p = s.ready[rand.Uint64N(uint64(len(s.ready)))]
	}
	every := [...]uint64{0, 2, 2, 8}[rand.Uint64N(4)] // how many settings there are for one that is changed
	for _, setting := range allSettings() {
		if every > 0 && rand.Uint64N(every) == 0 {
			setting.apply(&p, int(rand.Uint64N(uint64(len(setting.values)))))
		}
	}
	return sensible(p)
}

// next makes up an operation that fits what has happened.
func (h *history) next(r *reference) Op {
	if op, ok := h.remedy(r); ok {
		return op
	}
	if op, ok := h.nudge(r); ok {
		return op
	}
	op := Op{Kind: h.kind()}
	_, client, n, names := op.Kind.describe()
	if client {
		op.Client = int(h.rand.Uint64N(h.clients))
	}
	switch {
	case op.Kind == Listen && r.pending() > 1 && h.rand.Uint64N(3) == 0:
		op.N = 1 + int(h.rand.Uint64N(uint64(r.pending()-1))) // too small for what is pending
	case op.Kind == Listen:
		op.N = h.backlog(r.profile.Backlog)
	case op.Kind == Time:
		op.N = h.oneOf(r.delays())
	case n == argFaults:
		if h.rand.Uint64N(2) == 0 {
			op.N = 1 << h.rand.Uint64N(uint64(len(names)))
		}
	case op.Kind == Accept && h.rand.Uint64N(2) == 0:
		op.N = h.acceptN
	case n == argName && h.rand.Uint64N(2) == 0:
		op.N = int(h.rand.Uint64N(uint64(len(names))))
	}
	return op
}

// remedy sometimes puts right what would keep most other operations from having
// any effect.
func (h *history) remedy(r *reference) (Op, bool) {
	if h.rand.Uint64N(4) > 0 {
		return Op{}, false
	}
	switch {
	case r.started == 0:
		return Op{Kind: Startup}, true
	case r.faults != 0:
		return Op{Kind: Faults}, true
	case !r.socket:
		return Op{Kind: Open, N: int(h.rand.Uint64N(2))}, true
	case !r.listening:
		return Op{Kind: Listen, N: h.backlog(r.profile.Backlog)}, true
	}
	return Op{}, false
}

// nudge sometimes does what histories seldom come to by themselves: it trims a
// deferred request or lets its client go, and lets a client reset an accepted
// connection, which the program then closes.
func (h *history) nudge(r *reference) (Op, bool) {
	if r.deferred != noConn && h.rand.Uint64N(8) == 0 {
		if r.pending() > 1 && h.rand.Uint64N(4) > 0 {
			return Op{Kind: Listen, N: r.pending() - 1}, true
		}
		return Op{Kind: Rst, Client: r.conns[r.deferred].who.Client}, true
	}
	if len(r.accepted) == 0 || h.rand.Uint64N(32) > 0 {
		return Op{}, false
	}
	c := &r.conns[r.accepted[h.rand.Uint64N(uint64(len(r.accepted)))]]
	if c.over {
		return Op{Kind: Hangup, Client: c.who.Client}, true
	}
	return Op{Kind: Rst, Client: c.who.Client}, true
}

func (h *history) kind() Kind {
	n := h.rand.Uint64N(h.total)
	for k := noKind + 1; ; k++ {
		if n < h.weights[k] {
			return k
		}
		n -= h.weights[k]
	}
}

// backlog draws an argument of listen: mostly a small one.
func (h *history) backlog(b netmodel.Backlog) int {
	if h.rand.Uint64N(3) > 0 {
		return 1 + int(h.rand.Uint64N(4))
	}
	return h.oneOf(backlogs(b))
}

func (h *history) oneOf(values []int) int { return values[h.rand.Uint64N(uint64(len(values)))] }
