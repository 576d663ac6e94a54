// Package simnet puts real Go programs on a virtual network: a net.Listener with the
// accept queue of the system that you choose, and dialers and connections to go with
// it. What is behind them is the model of package netmodel, not a second one.
//
// # In short
//
//	n := simnet.New(simnet.Config{Profile: netmodel.Windows(), Backlog: 5})
//	l, err := n.Listen("tcp", "server:80") // a net.Listener
//	go http.Serve(l, handler)              // unmodified
//
//	client := http.Client{Transport: &http.Transport{
//		DialContext: n.Host("client").DialContext, // unmodified as well
//	}}
//	client.Get("http://server/")
//
// A sixth connection that waits for this server is refused as Windows refuses it; with
// netmodel.Linux() nobody answers it, and its client tries again after a second. A host
// is made by asking for its name. It has an address, a system (HostConfig.Profile) and
// a budget of descriptors, which its sockets share: when it is used up, Accept fails
// with EMFILE, and recovers by the rules of that system. Links between hosts have
// latency and loss, and can be cut.
//
// Package simnettest tells the story of a test that fails, and has dialers that are
// never answered, that are refused, and that meet a full queue. Package acceptcheck
// puts an accept loop through what it will meet in production.
//
// # What programs see
//
// Errors are those of package net on the system of the host: *net.OpError around
// *os.SyscallError ("connect", "accept4", "read"; "connectex", "acceptex", "wsarecv")
// around a syscall.Errno. With the calls of Unix that is the one of the build. With
// those of Windows it is Windows' own number, syscall.Errno(10061), whatever the build;
// errors.Is(err, syscall.ECONNREFUSED) is false then, as on real Windows, where
// syscall.ECONNREFUSED is a number that no call returns. (On a build for another
// system the text of such an error is "errno 10061".) What package net hides from
// programs is hidden here: a connection that was reset while it was queued makes Accept
// take the next one where the system reports it.
//
// A Conn is what a *net.TCPConn is: both directions, deadlines, CloseWrite, SetLinger,
// addresses of type *net.TCPAddr. At most Config.Window bytes are under way or unread in
// each direction; then Write waits. It is no syscall.Conn and has no File, because there
// is no descriptor: programs that ask whether it is one get no for an answer, and go on
// without, as they do with a *tls.Conn. Keep-alive, Nagle's algorithm and buffer sizes
// can be set, without effect.
//
// Not modelled are loopback interfaces (127.0.0.1 and "localhost" are the host's one
// address), IPv6, unix sockets, UDP, TIME_WAIT and congestion control. Names are
// those of hosts, "localhost", and IPv4 addresses; services are numbers, "http" and
// "https".
//
// # Time
//
// Within a bubble of testing/synctest, time is that of the bubble: a test that waits for
// two minutes of retransmissions takes none. Outside, time is the machine's. A network
// belongs to where it was made: make it within the bubble, and call it from there.
//
// A client that only reads should have a deadline: on Linux and others it may believe
// that it is connected when the server knows nothing of it, and would wait for ever, as
// in life; a bubble then ends with a deadlock, simnettest.Run with a story.
//
// # What is guaranteed
//
// In a bubble, what happens on the network does not depend on the scheduler: equal
// seeds and equal programs give equal records, and so the same Network.Hash, with any
// number of processors, with the race detector, on every platform. The scheduler may
// run goroutines that are awake at one instant in any order; so what they ask for at an
// instant is put down, and done one nanosecond later, when every goroutine of the bubble
// waits, in an order of its own: by host, connection and kind of call. Dial, Listen and
// Accept take that nanosecond. What need not wait does not: Write copies, Read hands out
// what has arrived, Close closes, and the network learns of it a nanosecond later. (So
// synctest.Wait does not wait for it; time.Sleep does.)
//
// It holds as far as programs do what they do because of what they see on the network
// and on the clock. It does not hold
//
//   - for the order in which one program's own goroutines meet anywhere else: over a
//     channel, a mutex, a map that is ranged over, a random number;
//   - for which of several goroutines that dial by one Dialer at one instant, or that
//     accept from one listener, gets which connection. To the network they are alike,
//     and its records are the same; if they then behave differently, give each a Dialer
//     of its own (Host.Dialer);
//   - for the numbers of hosts and dialers that several goroutines make at one instant:
//     make them before;
//   - for goroutines that wait for something which a bubble does not know, such as a
//     system call. One that waits for a mutex, which another holds while it waits for the
//     network (a Read of what has not come, a Write that finds the window full), stops
//     time for good, as with any connection in a bubble;
//   - for contradictions of one instant, as when one goroutine cuts a link and another
//     heals it;
//   - for timers of no duration, which a bubble runs at once;
//   - outside a bubble, where calls happen when they happen.
//
// What is drawn at random is drawn for an attempt to connect, from a stream named by its
// dialer and by how many times that has dialled before: one client more, or one retry
// more, changes nothing for the others.
package simnet
