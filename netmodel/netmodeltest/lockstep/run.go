package lockstep

import (
	"fmt"
	"slices"

	"wspsim/netmodel"
)

// A Difference is where a system and the reference model part.
type Difference struct {
	At   int    // index of the operation in the history
	Op   Op     // the operation
	What string // field by field, what the system gave and what is right
}

// Error names the operation and what differs.
func (d *Difference) Error() string {
	return fmt.Sprintf("operation %d, %v: %s", d.At+1, d.Op, d.What)
}

// Run plays a history to a new system and to the reference model, and returns
// the first *Difference, nil if there is none. Operations that cannot happen,
// or that the system does not support, are left out. A panic of the system is a
// difference.
func Run(history []Op, p netmodel.Profile, descriptors int, newSystem New) error {
	pair := NewPair(p, descriptors, newSystem)
	for i, op := range history {
		if err := pair.Do(op); err != nil {
			err.At = i
			return err
		}
	}
	return nil
}

// Pair is a system and a reference model in lockstep.
type Pair struct {
	Reference *Reference
	System    System
	done      int
}

// NewPair begins a history.
func NewPair(p netmodel.Profile, descriptors int, newSystem New) *Pair {
	return &Pair{Reference: newReference(p, descriptors), System: newSystem(p, descriptors)}
}

// Can reports whether Do would perform the operation.
func (p *Pair) Can(op Op) bool {
	if c, ok := p.System.(Chooser); ok && !c.Supports(op) {
		return false
	}
	return p.Reference.Possible(op)
}

// Do performs an operation on both, unless it cannot happen, and returns in
// what they differ, nil if in nothing.
func (p *Pair) Do(op Op) *Difference {
	if !p.Can(op) {
		return nil
	}
	p.done++
	got, trouble := perform(p.System, op)
	p.Reference.survivors = got.Queue
	want := p.Reference.Do(op)
	if trouble != "" {
		return &Difference{p.done - 1, op, trouble}
	}
	if !got.Equal(want) {
		return &Difference{p.done - 1, op, got.diff(want)}
	}
	if e, ok := p.System.(Explainer); ok {
		if fates := e.Fates(); !slices.Equal(fates, p.Reference.fates) {
			return &Difference{p.done - 1, op, fmt.Sprintf("fates: got %s, want %s", fateText(fates), fateText(p.Reference.fates))}
		}
	}
	return nil
}

// perform does an operation and turns a panic into words.
func perform(s System, op Op) (r Result, trouble string) {
	defer func() {
		if p := recover(); p != nil {
			trouble = fmt.Sprintf("panic: %v", p)
		}
	}()
	return s.Do(op), ""
}

// Clone returns an independent copy of both. The System must be a Cloner.
func (p *Pair) Clone() *Pair {
	return &Pair{Reference: p.Reference.Clone().(*Reference), System: p.System.(Cloner).Clone(), done: p.done}
}
