// Package netmodeltest tests listeners: yours, and netmodel's own.
//
// To test a listener, make it a lockstep.System. Its method Do performs one operation:
// the program calls listen, client a sends a SYN, 3 seconds pass. Do returns what can be
// seen afterwards: the result of the call, what each client was sent, the queue by name.
// A method Supports leaves out the operations that the listener does not know. Then
//
//	func TestMyListener(t *testing.T) {
//		netmodeltest.Check(t, profiles.WSP(), 3, newMyListener)
//	}
//
// plays random histories to the listener and to a reference model, with 3 descriptors.
// A lockstep.Swarm plays 300,000 operations, which take about 0.3 seconds and the time
// of the listener itself. With -short it plays 30,000 operations. Then rapid.Check plays
// 100 histories, which take about 0.1 seconds. Each run has a fresh seed; -rapid.seed
// repeats a run. A failure is a line such as
//
//	wsp descriptors=3: listen(1) syn(a) syn(b)
//		operation 3, syn(b): sent: got [b SYN-ACK], want [b RST]; ...
//
// lockstep.ParseCase reads that line, and Case.Run plays it again. A lockstep.Swarm of
// your own searches longer. A lockstep.World visits every state of a small world.
//
// Broken returns listeners with one mistake each. They test tests: a suite that passes
// one of them does not test the rule that the listener breaks.
package netmodeltest
