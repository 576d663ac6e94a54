// Package simnet runs real Go programs on a virtual network. It has a net.Listener with
// the accept queue of the system that you choose, with dialers and connections. All of
// them use the model of package netmodel.
//
// # In short
//
//	n := simnet.New(simnet.Config{Profile: profiles.Windows(), Backlog: 5})
//	l, err := n.Listen("tcp", "server:80") // a net.Listener
//	go http.Serve(l, handler)              // unmodified
//
//	client := http.Client{Transport: &http.Transport{
//		DialContext: n.Host("client").DialContext, // unmodified
//	}}
//	client.Get("http://server/")
//
// If five connections wait for this server, Windows refuses the sixth. With
// profiles.Linux() the sixth SYN gets no answer, and its client tries again after 1 s.
//
// Network.Host makes a host when a program first asks for its name. A host has an address,
// a system (HostConfig.Profile) and a limit of descriptors, which its sockets share. When
// no descriptor is left, Accept fails with EMFILE and recovers by the rules of that system.
// Links between hosts have latency and loss, and can be cut.
//
// Package simnettest explains why a test failed. It also has dialers for three cases: no
// answer, refused, and a full queue. Package acceptcheck tests an accept loop with the
// incidents of production.
//
// # What programs see
//
// Errors are those of package net on the system of the host: *net.OpError around
// *os.SyscallError around a syscall.Errno. The SyscallError names the call of that system:
// "connect", "accept4", "read"; on Windows "connectex", "acceptex", "wsarecv".
//
// On a host with Unix calls, the Errno is that of the build. On a host with Windows calls it
// is the Windows number on every build: syscall.Errno(10061). Then
// errors.Is(err, syscall.ECONNREFUSED) is false. Real Windows gives the same answer: no call
// returns its number for syscall.ECONNREFUSED. On a build for another system the text of such
// an error is "errno 10061".
//
// Package net hides one case, and so does simnet. Some systems report at accept that a queued
// connection was reset. Accept then takes the next connection.
//
// A Conn behaves as a *net.TCPConn. It has both directions, deadlines, CloseWrite, SetLinger,
// keep-alive, and addresses of type *net.TCPAddr. In each direction at most Config.Window
// bytes are in flight or unread; then Write waits. A Conn has no descriptor, so it is no
// syscall.Conn and has no File. Programs handle that as they do for a *tls.Conn. Programs can
// set Nagle's algorithm and buffer sizes, without effect.
//
// Only hosts have names. Names are case-insensitive and may end in a dot. "localhost" and
// 127.0.0.0/8 are the host itself. IPv4 addresses work too. A service is a number or a name
// that package net knows without /etc/services: "http", "ssh", "smtp".
//
// ListenConfig has the settings of a listener. Listener.Dup passes a listener on to another
// program.
//
// Not modelled: loopback interfaces (localhost is the only address of the host), IPv6, unix
// sockets, UDP, TIME_WAIT and congestion control.
//
// # Time
//
// In a bubble of testing/synctest the network uses the time of the bubble. A test that waits
// for 2 minutes of retransmissions takes almost no real time. Outside a bubble the network
// uses the clock of the machine. Make a network in the bubble where it is used, and call it
// only there.
//
// A client that only reads needs a deadline. On Linux and other systems it may be a phantom:
// the client is connected and the server has no connection. Keep-alive ends a phantom as on a
// real system: when the server has forgotten the request, or after 150 s without an answer.
//
// Call BeforeBubble before each bubble that you make yourself. simnettest.Run and
// acceptcheck.Run call it for you.
//
// # What repeats
//
// In a bubble, the network does not depend on the scheduler. Equal seeds and equal programs
// give equal records and the same Network.Hash. The number of processors, the race detector
// and the platform do not change them.
//
// The scheduler may run the goroutines of one instant in any order. Therefore the network
// schedules their calls. It makes the calls one nanosecond later, when every goroutine of the
// bubble waits. The order depends on host, connection and kind of call only. Dial, Listen and
// Accept take that nanosecond.
//
// Other calls return at once: Write copies, Read returns the bytes that have arrived, Close
// closes. The network processes them one nanosecond later. All reads of one connection at one
// instant count as one read, and all writes as one write. So synctest.Wait does not wait for
// the network; time.Sleep does.
//
// One call can end another call of the same instant, as Close ends Read. The ended call
// returns at that instant, in either order of the two.
//
// These programs repeat. Each row is a test: one hash with any number of processors.
//
//	net/http                  keep-alive, 100-continue, Upgrade and Hijack, time-outs,
//	                            Shutdown, except what follows its return
//	net/http                  one transport for many goroutines with MaxConnsPerHost
//	net/http                  server-sent events; unencrypted HTTP/2 with many streams
//	net/http/httputil         ReverseProxy over three hosts, with one client at a time
//	crypto/tls                HTTP/1.1 over TLS with a certificate of Ed25519
//	any                       several goroutines that write to one connection at one instant
//
// These programs of other modules repeat too. Their tests are in the module compat below this
// package: gRPC, connectrpc, x/crypto/ssh, gorilla and coder websocket, go-smtp, go-imap,
// miekg/dns, pgx, go-sql-driver/mysql, mochi-mqtt and paho, nats, go-redis, fasthttp,
// franz-go, go-socks5, yamux and smux. If a program decides something itself, its row in that
// test names it.
//
// Programs with the following causes do not repeat. Each row is a test that removes the cause;
// then one hash is left.
//
//	cause                                                     remove it with
//	a connection pool that several users ask at one           users at different instants
//	  instant: which user gets which connection
//	HTTP/2 over TLS: frames of one instant become one TLS     HTTP/1.1, or HTTP/2 without TLS
//	  record or two, of 22 bytes each
//	TLS with ECDSA: a signature has 70 to 72 bytes            Ed25519; testing/cryptotest for a
//	                                                            single client
//	the order of a map                                        sorted keys
//	random numbers without a seed                             a seed
//	workers that take jobs from one channel                   a channel for each worker
//	clients that register under one mutex, and are            an order by name
//	  served in that order
//	http.Transport.IdleConnTimeout that ends at the           another instant
//	  instant of the next request
//	HTTP/2: a stream whose deadline is the instant of its     another instant
//	  answer
//	http.Server.Shutdown returns after a random time          a fixed time, or Dup before it
//
// The network cannot order these:
//
//   - Two contradicting calls of two goroutines at one instant. The first call wins, as on a
//     real system. Examples: Write and Close; Close and a Read of bytes that have arrived; a
//     deadline in the past and Read or Write; two Reads of different sizes; two Listens of one
//     port; a setter and Close. A test makes each pair of 27 calls in both orders and lists the
//     pairs that contradict.
//   - Goroutines that dial with one Dialer at one instant, or accept from one listener. The
//     scheduler decides which goroutine gets which connection. The records of the network are
//     the same. If the goroutines behave differently, give each a Dialer (Host.Dialer).
//   - The numbers of hosts and dialers that several goroutines make at one instant. Make the
//     hosts and dialers earlier.
//   - Goroutines that wait for something unknown to the bubble, such as a system call or a
//     mutex. Say one goroutine holds a mutex and waits for the network: in a Read without data,
//     or in a Write with a full window. If another goroutine waits for the mutex, time stops
//     for ever. This holds for any connection in a bubble.
//   - Timers with a duration of 0, which a bubble runs at once.
//   - Anything outside a bubble. There, calls run when the program makes them.
//
// Each attempt to connect draws its random numbers from a stream of its own. The stream is
// named by the dialer and the number of its earlier dials. One more client, or one more retry,
// changes nothing for other clients.
package simnet
