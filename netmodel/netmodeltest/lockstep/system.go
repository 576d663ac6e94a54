package lockstep

import "wspsim/netmodel"

// System is a listener with its program and its clients. It begins after one Startup,
// with one socket that is open and bound and does not listen.
//
// Do gets only operations that can happen: no client acknowledges a segment that it was
// not sent. The slices of a Result are valid until the next Do.
type System interface {
	Do(Op) Result
}

// NewSystem makes a System. Its program may have so many descriptors open; 0 = without
// limit. The first socket has one of them.
type NewSystem func(p netmodel.Profile, descriptors int) System

// Cloner is a System that can be copied between two operations.
type Cloner interface {
	System
	Clone() System
}

// explainer is a System that knows the reasons of its decisions. decided returns the
// decisions of the last Do, sorted by attempt.
type explainer interface {
	System
	decided() []decision
}

// PartialSystem is a System that does not support every operation. Histories leave the
// others out.
type PartialSystem interface {
	System
	Supports(Op) bool
}
