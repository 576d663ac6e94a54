// Package acceptcheck puts a server through what an accept loop meets in production
// and seldom in a test: no descriptors, no buffers, connections that are gone before
// they are accepted, floods, and being closed in the middle of it. Every trouble is
// made on a virtual network, in virtual time, so a battery takes less than a second.
//
//	func TestOurServer(t *testing.T) {
//		report := acceptcheck.Run(t, serve) // any func(net.Listener) error
//		for _, r := range report.Failed() {
//			t.Error(r)
//		}
//	}
//
// Of each trouble the report says whether the server died (it returned although its
// listener was open), spun (how many accepts per second), lost a connection, and how
// long after the end of the trouble it accepted again.
package acceptcheck
