package lockstep

import (
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/sim"
)

// Swarm is a search with random histories. Each history draws the weights of its
// operations, its profile, and its numbers of descriptors and clients. Some mistakes
// need 8 refusals in a row: a history that does little else finds them, and one that
// does everything evenly does not. The zero value tests the real Host. Equal values
// search equally.
type Swarm struct {
	Seed  uint64
	First uint64    // number of the first history, to continue a search
	New   NewSystem // nil: NewHost
	// Profile is the only profile of the search, also when it shrinks a failure. nil:
	// every ready-made profile, with settings changed at random.
	Profile *netmodel.Profile
	// Descriptors is the number of descriptors in every history, also when the search
	// shrinks a failure. 0: each history draws 1 to 6 descriptors or no limit.
	Descriptors int
	// Unlimited gives every history descriptors without limit, whatever Descriptors
	// says.
	Unlimited bool
	// Shortest and Longest bound the length of a history in operations; 0: 20 and 200.
	Shortest, Longest int

	ready []netmodel.Profile // every ready-made profile
}

// Report is what a search has seen.
type Report struct {
	Histories, Ops uint64
	Counts         [markCount]uint64 // the number of operations in which each mark was seen
	Failure        *Failure          // nil: no difference
}

// Failure is a difference that a search found.
type Failure struct {
	Number   uint64 // of the history; with the Seed of the search it repeats the history
	Original Case
	Shrunk   Case // without everything that does not matter
	Err      error
}

// String returns the line that ParseCase reads, and the difference.
func (f *Failure) String() string { return f.Shrunk.String() + "\n\t" + f.Err.Error() }

// MinimumOps is the number of operations after which a search over all profiles must
// have seen every mark. In 40 searches the last mark was seen after at most 1,400,000
// operations. The last ones happen a few times in a million operations: a deferred
// request is trimmed, or a send fails with EPIPE.
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

// idleHistories is the number of histories without any operation after which a search
// ends. The system then supports nothing that can happen.
const idleHistories = 1000

// Run searches until it has performed so many operations, stop returns true, or a
// difference is found. It shrinks the difference. It calls stop after each history; a
// nil stop never stops the search. A search without any operation ends too.
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

// The purposes of random streams.
const (
	purposeWorld sim.Purpose = 1 + iota
	purposeOps
)

// history is a case that is drawn at random, while it is played.
type history struct {
	rand    sim.Rand
	clients uint64
	weights [kindCount]uint64
	total   uint64
	acceptN int // N of half the accepts
	played  Case
}

// play draws one history and plays it.
func (s Swarm) play(number uint64, r *Report) *Failure {
	h := s.draw(number)
	if s.playOne(h, r) {
		return s.fail(number, h.played)
	}
	return nil
}

// playOne reports whether the system differs from the reference model. The history then
// ends with the operation that showed it.
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

// fail shrinks a failing case and searches for a shorter one.
func (s Swarm) fail(number uint64, c Case) *Failure {
	f := &Failure{Number: number, Original: c, Shrunk: s.shrink(c)}
	f.Shrunk = s.shorter(f.Shrunk)
	f.Err = f.Shrunk.Run(s.New)
	return f
}

// shrink is Case.Shrink, except that it keeps what the search keeps. A system may be
// made for one profile and one number of descriptors only.
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

// shorter plays new histories with the profile of a failing case and returns the
// shortest case that fails. A case that stays long when it is shrunk often has a shorter
// relative.
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

// draw draws everything but the operations.
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

// descriptors returns the number of descriptors of a history that drew a number.
func (s Swarm) descriptors(drawn int) int {
	switch {
	case s.Unlimited:
		return 0
	case s.Descriptors > 0:
		return s.Descriptors
	}
	return drawn
}

// Weight is how often a kind occurs compared with the others, before a history draws its
// own weights. Operations that fill and empty the queue have more weight than operations
// that end everything.
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

// drawProfile returns a ready-made profile, mostly with changed settings.
func (s Swarm) drawProfile(rand *sim.Rand) netmodel.Profile {
	if s.Profile != nil {
		return *s.Profile
	}
	p := s.ready[0] // every third time the WSP profile, which most settings are about
	if rand.Uint64N(3) > 0 {
		p = s.ready[rand.Uint64N(uint64(len(s.ready)))]
	}
	every := [...]uint64{0, 2, 2, 8}[rand.Uint64N(4)] // one of so many settings is changed
	for _, setting := range allSettings() {
		if every > 0 && rand.Uint64N(every) == 0 {
			setting.apply(&p, int(rand.Uint64N(uint64(len(setting.values)))))
		}
	}
	return sensible(p)
}

// next draws an operation that can have an effect now.
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
		op.N = 1 + int(h.rand.Uint64N(uint64(r.pending()-1))) // too small for the pending connections
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

// remedy sometimes undoes what keeps most other operations from having any effect.
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

// nudge sometimes does what random histories seldom do. It trims a deferred request or
// resets its connection. It resets an accepted connection, and then closes it.
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

// backlog draws an argument of listen, mostly a small one.
func (h *history) backlog(b netmodel.Backlog) int {
	if h.rand.Uint64N(3) > 0 {
		return 1 + int(h.rand.Uint64N(4))
	}
	return h.oneOf(backlogs(b))
}

func (h *history) oneOf(values []int) int { return values[h.rand.Uint64N(uint64(len(values)))] }
