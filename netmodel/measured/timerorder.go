package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
)

type retxOrderParams struct {
	Clients int      `json:"clients"`
	_       struct{} `unread:"gap_us"`
}

type retxOrderObserved struct {
	Order [][]int     `json:"order_by_round"` // of the clients; round k is everybody's SYN number k
	At    [][]float64 `json:"t_us_by_round"`  // the instants, in the same order
}

// slotGap is more than the timers of one slot of the wheel lie apart, in
// microseconds, and less than two slots do (32 ms at 250 Hz): on another processor
// they ring up to a tick later.
const maxSlotSpread = 16_000

// secondWheel is why clients of one slot may come in an order that is a mixture of
// two.
const separateWheels = "each processor has a wheel of its own, and the trial does not tell which client was on which"

// replayRetxOrder: clients begin a step apart and nobody answers them; in which
// order do they send their SYNs again? Round 0, when they began, is the input.
// Timers that ring together are compared by their order, one slot of the wheel
// after the other; besides, every instant is compared.
func playRetxOrder(profile netmodel.Profile, p *retxOrderParams, o *retxOrderObserved, c *Comparison) error {
	syns, err := o.byClient(p.Clients)
	if err != nil {
		return err
	}
	var seen []timerChain
	for _, w := range syns {
		seen = append(seen, w.synChain(profile.Client.Syn))
	}
	profile.Timers.Phase = phaseOfChains(profile.Timers, seen, synToleranceDuration())
	s, _, err := newUnanswered(profile, "nft_drop")
	if err != nil {
		return err
	}
	for _, w := range syns { // they began in the order of their numbers
		if err := s.connect(w.begin()); err != nil {
			return err
		}
	}
	if err := s.advance(lastSeen(syns)); err != nil {
		return err
	}
	measured := make([]synRound, len(o.Order))
	for k := range measured {
		measured[k] = synRound{o.Order[k], o.At[k]}
	}
	c.compareRounds(p.Clients, measured, synRoundsIn(s.records, len(measured)))
	for i, w := range syns {
		s.compareSynsSentAgain(c, i, w.Syn)
	}
	return nil
}

// byClient returns the instants of each client, in milliseconds.
func (o *retxOrderObserved) byClient(clients int) ([]wireClient, error) {
	out := make([]wireClient, clients)
	if len(o.At) != len(o.Order) {
		return nil, fmt.Errorf("%d rounds of instants and %d of clients: want as many", len(o.At), len(o.Order))
	}
	for k, order := range o.Order {
		if len(o.At[k]) != len(order) {
			return nil, fmt.Errorf("round %d: %d instants and %d clients: want as many", k, len(o.At[k]), len(order))
		}
		for n, i := range order {
			if i < 0 || i >= clients || len(out[i].Syn) != k {
				return nil, fmt.Errorf("round %d: client %d: want each of 0 to %d once a round", k, i, clients-1)
			}
			out[i].Number = i
			out[i].Syn = append(out[i].Syn, o.At[k][n]/1000)
			out[i].Connect = out[i].Syn[0]
		}
	}
	return out, nil
}

// round is who sent a SYN with some number, in order, and when, in microseconds.
type synRound struct {
	order []int
	at    []float64
}

// roundsOf reads the first so many SYNs of each client in the records of a crew.
func synRoundsIn(records []netmodel.Record, rounds int) []synRound {
	out := make([]synRound, rounds)
	for _, r := range records {
		number := -1
		switch r.Kind {
		case netmodel.SynSent:
			number = 0
		case netmodel.SynSentAgain:
			number = int(r.Value)
		}
		if number >= 0 && number < rounds {
			out[number].order = append(out[number].order, int(r.Conn)-1)
			out[number].at = append(out[number].at, float64(r.At)/float64(time.Microsecond))
		}
	}
	return out
}

// slotsOf parts a round into the clients whose timers rang together.
func slotsIn(r synRound) [][]int {
	var slots [][]int
	for n, i := range r.order {
		if n == 0 || r.at[n]-r.at[n-1] > maxSlotSpread {
			slots = append(slots, nil)
		}
		slots[len(slots)-1] = append(slots[len(slots)-1], i)
	}
	return slots
}

// compareRounds compares the slots of all rounds but the first.
func (c *Comparison) compareRounds(clients int, measured, modelled []synRound) {
	from := len(c.Fields)
	apart := newWheelConflicts(clients)
	for k := 1; k < len(measured); k++ {
		ms, os := slotsIn(measured[k]), slotsIn(modelled[k])
		for n := range max(len(ms), len(os)) {
			var m, o []int
			if n < len(ms) {
				m = ms[n]
			}
			if n < len(os) {
				o = os[n]
			}
			c.equal("order_by_round", m, o)
			apart.note(m, o)
		}
	}
	if !apart.fitTwoWheels() {
		return
	}
	for i := from; i < len(c.Fields); i++ {
		if !c.Fields[i].Agrees {
			c.Fields[i].Cause = separateWheels
		}
	}
}

// apart says which clients cannot have been on one wheel: their timers rang the
// other way round than those of one wheel do.
type wheelConflicts struct {
	conflict    [][]bool
	otherSlot bool // somebody was in another slot altogether: that no second wheel explains
}

func newWheelConflicts(clients int) *wheelConflicts {
	a := &wheelConflicts{conflict: make([][]bool, clients)}
	for i := range a.conflict {
		a.conflict[i] = make([]bool, clients)
	}
	return a
}

// note compares the order of a slot with that of one wheel.
func (a *wheelConflicts) note(slot, wheel []int) {
	for n, i := range slot {
		place := slices.Index(wheel, i)
		if place < 0 || len(slot) != len(wheel) {
			a.otherSlot = true
			return
		}
		for _, j := range slot[:n] {
			if slices.Index(wheel, j) > place {
				a.conflict[i][j], a.conflict[j][i] = true, true
			}
		}
	}
}

// inTwo reports whether the clients can be shared out to two wheels, once for all
// rounds, so that those of each wheel ring in its order.
func (a *wheelConflicts) fitTwoWheels() bool {
	wheel := make([]int, len(a.conflict)) // 0: not yet shared out
	var put func(i, on int) bool
	put = func(i, on int) bool {
		if wheel[i] != 0 {
			return wheel[i] == on
		}
		wheel[i] = on
		for j, other := range a.conflict[i] {
			if other && !put(j, 3-on) {
				return false
			}
		}
		return true
	}
	for i := range a.conflict {
		if wheel[i] == 0 && !put(i, 1) {
			return false
		}
	}
	return !a.otherSlot
}
