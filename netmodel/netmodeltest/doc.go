// Package netmodeltest tests listeners: yours, and netmodel's own.
//
// To test a listener, put it behind a lockstep.System: one method that is told
// what happens (the program calls listen, client a sends a SYN, three seconds
// pass) and answers with what can be seen afterwards (the result of the call,
// who was sent what, the queue by name). Say in Supports what your listener does
// not know; histories will leave it out. Then
//
//	func TestMyListener(t *testing.T) {
//		netmodeltest.Check(t, profiles.WSP(), 3, newMyListener)
//	}
//
// plays random histories to it, with three descriptors, and to a reference model
// beside it. First come 300,000 operations of a lockstep.Swarm, which take about 0.3
// seconds and the time that the listener itself needs. Then come the 100 histories of
// rapid.Check, about 0.1 seconds. With -short the swarm makes 30,000 operations.
// Each run has a fresh seed; -rapid.seed repeats one. A failure is a line such as
//
//	wsp descriptors=3: listen(1) syn(a) syn(b)
//		operation 3, syn(b): sent: got [b SYN-ACK], want [b RST]; ...
//
// which lockstep.ParseCase and Case.Run play again. lockstep.Swarm searches
// longer and faster, and lockstep.World visits every state of a small world.
//
// Broken returns listeners with one mistake each. They are there to test tests:
// a suite of yours that passes one of them looks away.
package netmodeltest
