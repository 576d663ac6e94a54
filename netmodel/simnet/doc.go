// Package simnet puts real Go programs on a virtual network: a net.Listener with the
// accept queue of the system that you choose, and dialers and connections to go with
// it. What is behind them is the model of package netmodel, not a second one.
//
// # In short
//
//	n := simnet.New(simnet.Config{Profile: profiles.Windows(), Backlog: 5})
//	l, err := n.Listen("tcp", "server:80") // a net.Listener
//	go http.Serve(l, handler)              // unmodified
//
//	client := http.Client{Transport: &http.Transport{
//		DialContext: n.Host("client").DialContext, // unmodified as well
//	}}
//	client.Get("http://server/")
//
// A sixth connection that waits for this server is refused as Windows refuses it; with
// profiles.Linux() nobody answers it, and its client tries again after a second. A host
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
// keep-alive, addresses of type *net.TCPAddr. At most Config.Window bytes are under way or
// unread in each direction; then Write waits. A Conn is no syscall.Conn and has no File,
// because there is no descriptor. A program that asks whether it is one gets no for an
// answer and goes on without, as with a *tls.Conn. Nagle's algorithm and buffer sizes can
// be set, without effect.
//
// Names are those of hosts. Names are case-insensitive and may end in a dot; "localhost"
// and 127.0.0.0/8 are the host itself. IPv4 addresses work too. Services are numbers and
// the names that package net knows without /etc/services: "http", "ssh", "smtp".
//
// A listener has the settings of a real one: see ListenConfig. Listener.Dup hands it on to
// the next program.
//
// Not modelled are loopback interfaces (localhost is the host's one address), IPv6, unix
// sockets, UDP, TIME_WAIT and congestion control.
//
// # Time
//
// Within a bubble of testing/synctest, time is that of the bubble: a test that waits for
// two minutes of retransmissions takes none. Outside, time is the machine's. A network
// belongs to where it was made: make it within the bubble, and call it from there.
//
// A client that only reads should have a deadline. On Linux and others it may be a
// phantom: it is connected, and the server knows nothing of it. Keep-alive ends it, as in
// life: once the server has forgotten the request, or after two and a half minutes without
// any answer.
//
// Call BeforeBubble before each bubble of your own. simnettest.Run and acceptcheck.Run do.
//
// # What repeats
//
// In a bubble, what happens on the network does not depend on the scheduler. Equal seeds
// and equal programs give equal records, and so the same Network.Hash: with any number of
// processors, with the race detector, on every platform.
//
// The scheduler may run goroutines that are awake at one instant in any order. Therefore
// the network puts their calls down. It makes them one nanosecond later, when every
// goroutine of the bubble waits. Their order is the network's own: by host, connection and
// kind of call. Dial, Listen and Accept take that nanosecond.
//
// Other calls return at once: Write copies, Read hands out what has arrived, Close closes.
// The network learns of them a nanosecond later. It counts what several calls of one instant
// read or wrote as one. So synctest.Wait does not wait for the network; time.Sleep does.
//
// A call can end another one of the same instant, as Close ends Read. The call that is ended
// returns at that instant, whichever of the two came first.
//
// These programs repeat. Each row is a test: one hash whatever the number of processors.
//
//	net/http                  keep-alive, 100-continue, Upgrade and Hijack, time-outs,
//	                            Shutdown, but for what follows its return
//	net/http                  one transport for many goroutines with MaxConnsPerHost
//	net/http                  server-sent events; unencrypted HTTP/2 with many streams
//	net/http/httputil         ReverseProxy over three hosts, for clients that come one by one
//	crypto/tls                HTTP/1.1 over TLS with a certificate of Ed25519
//	any                       several goroutines that write to one connection at one instant
//
// So do these programs of other modules, in the module compat below this package: gRPC,
// connectrpc, x/crypto/ssh, gorilla and coder websocket, go-smtp, go-imap, miekg/dns, pgx,
// go-sql-driver/mysql, mochi-mqtt and paho, nats, go-redis, fasthttp, franz-go, go-socks5,
// yamux and smux. Where one decides something itself, its row there says what.
//
// These programs decide by themselves what they do on the network. Each row is a test that
// takes the cause away; then one hash is left.
//
//	cause                                                     take it away with
//	a connection pool whose users come at one instant:        users that come at different
//	  which of them gets which connection                       instants
//	HTTP/2 over TLS: frames of one instant become one TLS     HTTP/1.1, or HTTP/2 without TLS
//	  record or two, of 22 bytes each
//	TLS with ECDSA: a signature has 70 to 72 bytes            Ed25519; testing/cryptotest for a
//	                                                            single client
//	the order of a map                                        sorted keys
//	random numbers without a seed                             a seed
//	workers that take jobs from one channel                   a channel for each worker
//	clients that register under one mutex, and are            an order by name
//	  served in that order
//	http.Transport.IdleConnTimeout that ends as the next      another instant
//	  request comes
//	HTTP/2: a stream whose deadline is the instant of its     another instant
//	  answer
//	http.Server.Shutdown returns after a random time          a fixed time, or Dup before it
//
// What the network itself cannot decide:
//
//   - Two calls at one instant, by two goroutines, that contradict each other. The one that
//     comes first wins, as on a real system. Examples: Write and Close; Read of what has
//     arrived and Close; a deadline in the past and Read or Write; two Reads of different
//     sizes; two Listens of one port; a setter and Close. A test makes each pair of 27 calls
//     in both orders and lists the pairs that contradict.
//   - Goroutines that dial by one Dialer at one instant, or accept from one listener: which
//     of them gets which connection. To the network they are alike, and its records are the
//     same. Where they behave differently, give each a Dialer of its own (Host.Dialer).
//   - The numbers of hosts and dialers that several goroutines make at one instant: make
//     them before.
//   - Goroutines that wait for something which a bubble does not know, as a system call or
//     a mutex. Assume that one goroutine holds a mutex while it waits for the network: in a
//     Read of what has not come, or a Write that finds the window full. Another goroutine
//     that waits for the mutex then stops time for good, as with any connection in a bubble.
//   - Timers of no duration, which a bubble runs at once.
//   - Anything outside a bubble, where calls happen when they happen.
//
// What is drawn at random is drawn for an attempt to connect, from a stream named by its
// dialer and by how many times that has dialled before. One client more, or one retry
// more, changes nothing for the others.
package simnet
