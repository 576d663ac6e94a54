// Package lockstep plays histories to a listener and to a reference model. After each
// operation it compares everything that can be seen: results, what each client was sent,
// and the queue by name.
//
//   - [Op] is one operation: a call, a segment of a client, or time. A history is a line
//     of operations: "listen(2) syn(a) ack(a) accept" ([Parse], [Text]).
//   - [System] is a listener that performs operations. [NewHost] makes a netmodel.Host
//     one.
//   - [Case] is a history with its profile, as one line. [Case.Run] plays it, and
//     [Case.Shrink] makes a failing one short.
//   - [Swarm] searches with random histories. Its [Report] has the marks that it saw and
//     those that it did not see.
//   - [World] is small enough to visit every state, or every history.
//   - [Pair] performs operations one by one, for searches of other libraries.
//
// The reference model knows every ready-made profile, and every setting of a profile that
// concerns a listener. Where a stack evicts at random, the reference model accepts any
// victim.
//
// One socket listens, on one port. Other tests cover what is missing here:
//
//   - listen on an unbound socket (WSAEINVAL), on a datagram socket (WSAEOPNOTSUPP) and
//     on an address in use (WSAEADDRINUSE);
//   - SO_REUSEPORT, TCP_DEFER_ACCEPT, and a SYN queue that listeners share;
//   - bytes that the program sends.
//
// The package imports only the standard library, sim, netmodel and its profiles, so that
// a command can use it. To test a listener of your own, see netmodeltest.
package lockstep
