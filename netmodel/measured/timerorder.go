package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
)

type retxOrderParams struct {
	Clients int      `json:"clients"`
	_       struct{} `unread:"gap_us=number"`
}

type retxOrderObserved struct {
	Order [][]int     `json:"order_by_round"` // the clients; in round k each client sends its SYN number k
	At    [][]float64 `json:"t_us_by_round"`  // the instants, in the same order
}

// maxSlotSpread is the largest distance of two timers in one slot of the wheel, in
// microseconds. Timers of another processor fire up to a tick later. Two slots are 32 ms
// apart at 250 Hz.
const maxSlotSpread = 16_000

// separateWheels is why the order of the clients in one slot can be a mixture of two.
const separateWheels = "each processor has a wheel of its own, and the trial does not tell which client was on which"

// playRetxOrder: clients connect a step apart and no SYN is answered. In which order do the
// clients send their SYNs again? Round 0, the first SYNs, is an input. The replay compares
// the order of the clients in each slot of the wheel, and every instant.
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
	s.connectEach(syns)
	s.advance(lastSeen(syns))
	measured := make([]synRound, len(o.Order))
	for k := range measured {
		measured[k] = synRound{o.Order[k], o.At[k]}
	}
	c.compareRounds(p.Clients, measured, synRoundsIn(s.records, len(measured)))
	for i, w := range syns {
		s.compareRetransmittedSyns(c, i, w.Syn)
	}
	return s.err
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

// synRound is the clients that sent their SYN of one number, in order, and the instants in
// microseconds.
type synRound struct {
	order []int
	at    []float64
}

// synRoundsIn returns the first rounds of SYNs in the records.
func synRoundsIn(records []netmodel.Record, rounds int) []synRound {
	out := make([]synRound, rounds)
	for _, r := range records {
		number := -1
		switch r.Kind {
		case netmodel.SynSent:
			number = 0
		case netmodel.SynRetransmitted:
			number = int(r.Value)
		}
		if number >= 0 && number < rounds {
			out[number].order = append(out[number].order, int(r.Conn)-1)
			out[number].at = append(out[number].at, float64(r.At)/float64(time.Microsecond))
		}
	}
	return out
}

// slotsIn divides a round into the clients whose timers fired together.
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

// compareRounds compares the slots of all rounds except the first.
func (c *Comparison) compareRounds(clients int, measured, modelled []synRound) {
	from := len(c.Fields)
	conflicts := newWheelConflicts(clients)
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
			conflicts.note(m, o)
		}
	}
	if !conflicts.fitTwoWheels() {
		return
	}
	for i := from; i < len(c.Fields); i++ {
		if !c.Fields[i].Agrees {
			c.Fields[i].Cause = separateWheels
		}
	}
}

// wheelConflicts says which clients cannot share a wheel: their timers fired in the
// opposite order of one wheel.
type wheelConflicts struct {
	conflict  [][]bool
	otherSlot bool // a client was in another slot, which no second wheel explains
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

// fitTwoWheels reports whether two wheels explain all rounds. Each client is on one of the
// wheels, and the clients of a wheel fire in its order.
func (a *wheelConflicts) fitTwoWheels() bool {
	wheel := make([]int, len(a.conflict)) // 0: not yet on a wheel
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
