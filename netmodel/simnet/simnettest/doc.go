// Package simnettest tests programs on a virtual network. A test is a function that
// Run calls in a bubble of testing/synctest, with a network; what it starts and
// leaves open is closed when it returns.
//
//	func TestEveryoneIsServed(t *testing.T) {
//		config := simnet.Config{Profile: profiles.Windows(), Backlog: 2}
//		simnettest.Run(t, config, func(t *simnettest.T) {
//			l, err := t.Net.Listen("tcp", "server:80")
//			if err != nil {
//				t.Fatal(err)
//			}
//			go serve(l) // yours
//			for _, err := range simnettest.Group(t.Burst(20, 10*time.Millisecond, request)) { // yours, too
//				t.Error(err)
//			}
//		})
//	}
//
// Blackhole, Refuse and FullQueue are dialers for tests of clients: connects that are
// never answered, that are refused, and that meet a full queue. SlowAccept and Stall are
// listeners for tests of servers. Package acceptcheck has a battery of incidents for
// servers. The file example_test.go of this package has an Example for each of them.
//
// # My server already does that
//
// A server that starts a goroutine for each connection (go handle(c), as net/http does)
// passes the test above with any backlog. That is so because in a bubble computing takes
// no time: the accept loop takes each connection at the instant at which it comes, and the
// queue stays empty. On a real machine the loop is late at times, and then the backlog
// decides who gets in. Give the loop what makes it late:
//
//   - The process stands still: a garbage collection, a machine that swaps, a lock that
//     the accept loop has to wait for. Stall(l, time.Second, 300*time.Millisecond) accepts
//     nobody for 300 ms; that begins 1 s after the call of Stall. How large has the backlog
//     to be for the clients that come meanwhile? Let the crowd come while the server
//     stands still: the burst above is over after 10 ms. A Stall that nobody has met says so
//     in the log.
//   - The program takes a time for each accept: it looks the client up, counts, or starts
//     a process. SlowAccept(l, 20*time.Millisecond) accepts 50 a second at most.
//   - The program limits its connections, as netutil.LimitListener of golang.org/x/net
//     does, or with a pool of workers. Those that wait for a place wait in the queue.
//   - The start is slow: the listener is open, and the program still reads its data. That
//     is Stall(l, 0, 2*time.Second).
//   - The program has no descriptor left: simnet.Config.Descriptors. The crowd of Burst
//     has descriptors enough; another host of clients has as many as Config.Descriptors
//     says, or what Network.AddHost gives it.
//
// Package acceptcheck finds out what the loop does when Accept fails.
//
// Not every stall makes a client fail, for most systems ask again:
//
//   - A client of Windows asks for 2 s before its connect fails. A stall under 2 s only
//     makes clients late. Stall(l, 0, 3*time.Second) makes the test above fail, as does
//     SlowAccept(l, 100*time.Millisecond).
//   - A client of Linux asks for about two minutes, so no connect fails in longer stalls
//     either. Clients are late, and one that only reads may wait for a server that knows
//     nothing of it. Test the latency: give each client a deadline.
//   - With profiles.WSP() a client is refused at once, and with profiles.FreeBSD() it is
//     reset at once, so that each stall tells. The Examples use WSP for that.
//
// # What Run tells
//
// If a test fails, its log ends with a story:
//
//   - how many attempts to connect there were and how they ended: "left before accept" are
//     clients that closed a connection which the program had not accepted, "pending" are
//     attempts about which nothing is decided yet. (An http.Transport goes on dialling when
//     its client has given up);
//   - of up to six that were not accepted: when each began, when it was connected, and when
//     and by which rule it ended. "As a phantom" is a client that was connected where the
//     server knew nothing of it, as on Linux with a full queue;
//   - how the listeners were doing in the end, whether Accept had failed, and which ones
//     were closed before;
//   - which backlog would have done. Run tries the largest that could matter. If that
//     does, Run halves the distance between it and Config.Backlog until it has two
//     neighbours, of which one passes. The search ends after 50,000 records of the
//     networks, so that the answer is the same on every machine. It also ends after 2 s.
//     The story says if the search has ended early. SIMNETTEST_SEARCH=off switches it off.
//     Nothing is said of backlogs if everybody was accepted;
//   - whether the failure repeats: Run runs the test once more with the same seed, and
//     compares the hash of all that happened on the network. If it differs, the story says
//     "does not repeat" and shows the first record in which the two runs part;
//   - how to run it again. SIMNET_SEED sets the seed of every network that Run makes.
//
// # A test that hangs
//
// In a bubble a hang has no end of its own: virtual time stands still, or passes in vain.
// Run ends such a test with t.Error, the names of the goroutines that keep it, what can be
// done, and the story so far. The other tests of the binary go on. The goroutines stay,
// and wait for ever.
//
//   - Virtual time that moves less than 100 ms within 10 s of real time is taken for a
//     hang: a goroutine waits for a mutex, for a channel that was made outside of the
//     function given to Run, or for the system; or it goes round without a pause.
//     SIMNETTEST_STILL=30s waits longer, for a slow machine, and SIMNETTEST_STILL=off for
//     ever, for a debugger.
//   - A test that takes more than an hour of virtual time fails, and its network is closed.
//     If it still does not return within 5 minutes of virtual time, it is given up.
//   - A goroutine that has not ended 5 minutes of virtual time after the test returned
//     fails the test. What a package starts once and keeps for good, such as the clock of
//     github.com/valyala/fasthttp, has to be started before Run.
//   - A hang also ends shortly before the time limit of the test binary (go test -timeout).
package simnettest
