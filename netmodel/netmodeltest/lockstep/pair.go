package lockstep

import (
	"fmt"
	"slices"

	"wspsim/netmodel"
)

// difference says where a system and the reference model differ.
type difference struct {
	at   int    // index of the operation in the history
	op   Op     // the operation
	text string // field by field, what was got and what is wanted
}

// Error names the operation and the fields that differ.
func (d *difference) Error() string {
	return fmt.Sprintf("operation %d, %v: %s", d.at+1, d.op, d.text)
}

// Pair is a system and a reference model that perform the same operations.
type Pair struct {
	reference *reference
	system    System
	done      int
}

// NewPair makes a system and a reference model, before the first operation.
func NewPair(p netmodel.Profile, descriptors int, newSystem NewSystem) *Pair {
	return &Pair{reference: newReference(p, descriptors), system: newSystem(p, descriptors)}
}

// Can reports whether Do would perform the operation.
func (p *Pair) Can(op Op) bool {
	if c, ok := p.system.(PartialSystem); ok && !c.Supports(op) {
		return false
	}
	return p.reference.possible(op)
}

// Suggest returns operations of a kind that can happen now, for so many clients. They
// are usual operations and operations at the limits. There may be none.
func (p *Pair) Suggest(k Kind, clients int) []Op {
	return slices.DeleteFunc(p.reference.suggest(k, clients), func(op Op) bool { return !p.Can(op) })
}

// Do performs an operation on both, unless it cannot happen. It returns an error that
// says what differs, nil if nothing does.
func (p *Pair) Do(op Op) error {
	if d := p.do(op); d != nil {
		return d
	}
	return nil
}

func (p *Pair) do(op Op) *difference {
	if !p.Can(op) {
		return nil
	}
	p.done++
	got, problem := perform(p.system, op)
	p.reference.survivors = got.Queue
	want := p.reference.Do(op)
	if problem != "" {
		return &difference{p.done - 1, op, problem}
	}
	if !got.Equal(want) {
		return &difference{p.done - 1, op, got.diff(want)}
	}
	if e, ok := p.system.(explainer); ok {
		if decisions := e.decided(); !slices.Equal(decisions, p.reference.decisions) {
			return &difference{p.done - 1, op, fmt.Sprintf("decisions: got %s, want %s", decisionsText(decisions), decisionsText(p.reference.decisions))}
		}
	}
	return nil
}

// perform does an operation. It returns the text of a panic.
func perform(s System, op Op) (r Result, problem string) {
	defer func() {
		if p := recover(); p != nil {
			problem = fmt.Sprintf("panic: %v", p)
		}
	}()
	return s.Do(op), ""
}

// Clone returns an independent copy of both. It needs a System that is a Cloner.
func (p *Pair) Clone() *Pair {
	return &Pair{reference: p.reference.Clone().(*reference), system: p.system.(Cloner).Clone(), done: p.done}
}
