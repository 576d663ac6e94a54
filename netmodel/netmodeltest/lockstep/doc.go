// Package lockstep plays histories to a listener and to a reference model, one
// operation after the other, and compares everything that can be seen after
// each: results, who was answered what, and the queue by name, not by count.
//
//   - [Op] is one thing that happens: a call, a client's segment, time. A history
//     is a line of them: "listen(2) syn(a) ack(a) accept" ([Parse], [Text]).
//   - [System] is anything that operations can happen to. [HostSystem] is
//     netmodel.Host; [Reference] is the model that it is held against.
//   - [Run] plays one history, [Shrink] makes a failing one short, and [Case] is
//     a history with its profile, on one line that replays it.
//   - [Swarm] searches with random histories, each with its own habits; its
//     [Report] says what happened how often, and what never did.
//   - [World] is small enough to visit every state of it, or every history.
//
// Every ready-made profile is known, and so is every setting of a profile that
// concerns a listener. Where a stack chooses at random whom it evicts, anybody
// may go.
//
// One socket listens, on one port. Not reached here, and tested elsewhere: what
// listen returns for an unbound socket (WSAEINVAL), for a datagram socket
// (WSAEOPNOTSUPP) and for an address that another one holds (WSAEADDRINUSE);
// SO_REUSEPORT and TCP_DEFER_ACCEPT; a SYN queue that listeners share; bytes that
// the program sends.
//
// The package imports nothing but the standard library, sim and netmodel, so
// that a command can use it. For a test of your own listener see netmodeltest.
package lockstep
