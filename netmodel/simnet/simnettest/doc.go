// Package simnettest tests programs on a virtual network. A test is a function that
// Run calls in a bubble of testing/synctest, with a network; what it starts and
// leaves open is closed when it returns.
//
//	func TestEveryoneIsServed(t *testing.T) {
//		config := simnet.Config{Profile: netmodel.Windows(), Backlog: 2}
//		simnettest.Run(t, config, func(t *simnettest.T) {
//			l, err := t.Net.Listen("tcp", "server:80")
//			if err != nil {
//				t.Fatal(err)
//			}
//			go serve(l) // yours
//			for _, err := range t.Burst(20, 10*time.Millisecond, request) { // yours, too
//				t.Error(err)
//			}
//		})
//	}
//
// If the test fails, Run tells the story: who was refused, when and by which rule;
// the smallest backlog with which the test passes, found by running it again; how to
// repeat it; and where the trace is. The seed of a network can be set from outside
// with the variable SIMNET_SEED.
//
// Blackhole, Refuse and FullQueue are dialers for tests of clients: connects that
// are never answered, that are refused, and that meet a full queue. SlowAccept is a
// listener for tests of servers. Package acceptcheck has a battery of troubles for
// servers.
package simnettest
