package lockstep

import "wspsim/netmodel"

// System is a listener with its program and its clients' network, as a thing
// that operations happen to. It begins with one Startup done and one socket
// open, bound and not listening.
//
// Do is only given operations that can happen (Reference.Possible): no client
// acknowledges what it has not heard. The slices of a Result may be used again
// by the next Do.
type System interface {
	Do(Op) Result
}

// New makes a System whose program may have so many descriptors open, 0 =
// without limit; the first socket has one of them.
type New func(p netmodel.Profile, descriptors int) System

// Cloner is a System that can be copied in the middle of a history.
type Cloner interface {
	System
	Clone() System
}

// Explainer is a System that knows why it decided as it did. Results returns
// what the last Do decided; it is sorted by client and compared with what the
// reference model decided.
type Explainer interface {
	System
	Fates() []Fate
}

// Chooser is a System that does not know every operation. What it does not
// support is left out of histories.
type Chooser interface {
	System
	Supports(Op) bool
}
