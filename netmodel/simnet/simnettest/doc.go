// Package simnettest tests programs on a virtual network. A test is a function. Run calls it
// in a bubble of testing/synctest, with a network. When the function returns, Run closes the
// listeners and connections that are still open.
//
//	func TestEveryoneIsServed(t *testing.T) {
//		config := simnet.Config{Profile: profiles.Windows(), Backlog: 2}
//		simnettest.Run(t, config, func(t *simnettest.T) {
//			l, err := t.Net.Listen("tcp", "server:80")
//			if err != nil {
//				t.Fatal(err)
//			}
//			go serve(l) // yours
//			for _, err := range simnettest.Group(t.Burst(20, 10*time.Millisecond, request)) { // request is yours
//				t.Error(err)
//			}
//		})
//	}
//
// Blackhole, Refuse and FullQueue are dialers for tests of clients: no answer, refused, and a
// full queue. SlowAccept and Stall are listeners for tests of servers. Package acceptcheck
// has a series of incidents for servers. The file example_test.go of this package has an
// Example for each of them.
//
// # My server already does that
//
// A server that starts a goroutine for each connection (go handle(c), as net/http does)
// passes the test above with any backlog. In a bubble, computing takes no time. The accept
// loop takes each connection at the instant of its arrival, and the queue stays empty. On a
// real machine the loop is sometimes late, and then the backlog decides which clients get in.
// Make the loop late:
//
//   - The process pauses: a garbage collection, a machine that swaps, a lock that the accept
//     loop waits for. Stall(l, time.Second, 300*time.Millisecond) accepts no connection for
//     300 ms, starting 1 s after the call of Stall. How large a backlog do the clients of this
//     time need? Let the clients come during the stall: the burst above ends after 10 ms. If
//     no client came during a Stall, a line in the log says so.
//   - Each accept takes the program some time: it looks the client up, counts, or starts a
//     process. SlowAccept(l, 20*time.Millisecond) accepts at most 50 connections a second.
//   - The program limits its connections, as netutil.LimitListener of golang.org/x/net does,
//     or with a pool of workers. Connections above the limit wait in the queue.
//   - The start is slow: the listener is open and the program still reads its data. Test it
//     with Stall(l, 0, 2*time.Second).
//   - The program has no descriptor left: simnet.Config.Descriptors. The clients of Burst have
//     no such limit. Another host of clients has the limit Config.Descriptors, or the limit
//     that Network.AddHost sets.
//
// Package acceptcheck finds out what the loop does when Accept fails.
//
// Not every stall makes a connect fail, because most systems send the SYN again:
//
//   - A client on Windows tries for 2 s before its connect fails. A stall of less than 2 s
//     only delays clients. Stall(l, 0, 3*time.Second) makes the test above fail, and so does
//     SlowAccept(l, 100*time.Millisecond).
//   - A client on Linux tries for about 2 minutes, so no connect fails in longer stalls
//     either. Clients are late. A client that only reads may wait for a server that has no
//     such connection. Test the latency: give each client a deadline.
//   - With profiles.WSP() a client is refused at once, and with profiles.FreeBSD() it is reset
//     at once, so each stall has an effect. The Examples therefore use WSP.
//
// # What Run reports
//
// If a test fails, its log ends with a story:
//
//   - The number of attempts to connect, by outcome. "Left before accept": the client closed a
//     connection before the program accepted it. "Pending": not decided yet. (An
//     http.Transport continues to dial after its client has given up.)
//   - At most six attempts that were not accepted: when each began, when it was connected, when
//     it ended and by which rule. "As a phantom": the client was connected and the server had
//     no connection, as on Linux with a full queue.
//   - The state of each listener at the end, whether Accept had failed, and the listeners that
//     were closed before.
//   - Which backlog would be enough. Run tries the largest backlog that could matter. If the
//     test passes with it, Run searches by halves between it and Config.Backlog. The result is
//     two neighbours: the test passes with one and fails with the other. The search ends after
//     50,000 records of the networks, so the answer is the same on every machine. It also ends
//     after 2 s of real time. The story says if the search has ended early.
//     SIMNETTEST_SEARCH=off switches the search off. If every attempt was accepted, the story
//     says nothing of backlogs.
//   - Whether the failure repeats. Run repeats the test with the same seed, and compares the
//     hashes of all records. If they differ, the story says "does not repeat" and shows the
//     first record that differs.
//   - How to run the test again. SIMNET_SEED sets the seed of every network that Run makes.
//
// # A test that hangs
//
// In a bubble a hang never ends by itself: virtual time stops, or passes without effect. Run
// ends such a test with t.Error, the names of the goroutines that cause the hang, a remedy, and
// the story so far. The other tests of the binary go on. The goroutines stay and wait for ever.
//
//   - A hang is: virtual time moves less than 100 ms within 10 s of real time. A goroutine
//     waits for a mutex, for a channel from outside the function given to Run, or for the
//     system; or it loops without a pause. SIMNETTEST_STILL=30s waits longer, for a slow
//     machine. SIMNETTEST_STILL=off waits for ever, for a debugger.
//   - If a test takes more than 1 hour of virtual time, it fails and Run closes its network. If
//     the test does not return within 5 more minutes of virtual time, Run gives it up.
//   - If a goroutine has not ended 5 minutes of virtual time after the test returned, the test
//     fails. Start goroutines that a package keeps for ever before Run, for example the clock
//     of github.com/valyala/fasthttp.
//   - Run also ends a hang shortly before the time limit of the test binary (go test -timeout).
package simnettest
