// Package acceptcheck tests a server with incidents that an accept loop meets in production and
// rarely in a test. Descriptors or buffers run out. Connections are reset before accept. Many
// clients come at once, or clients connect and send nothing. The listener is closed while clients
// are connected. All incidents run on a virtual network in virtual time, so a run takes less than
// 1 s.
//
// A robust server passes:
//
//	// patient is a listener whose Accept returns no error except net.ErrClosed.
//	type patient struct{ net.Listener }
//
//	func (l patient) Accept() (net.Conn, error) {
//		for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
//			c, err := l.Listener.Accept()
//			if err == nil || errors.Is(err, net.ErrClosed) {
//				return c, err
//			}
//			time.Sleep(pause)
//		}
//	}
//
//	func TestOurServer(t *testing.T) {
//		report := acceptcheck.Run(t, func(l net.Listener) error {
//			return http.Serve(patient{l}, http.NotFoundHandler())
//		})
//		for _, r := range report.Failed() {
//			t.Error(r)
//		}
//	}
//
// Without patient this server fails: http.Server.Serve continues only after temporary errors
// (net.Error.Temporary). EMFILE and ENFILE are temporary. ENOBUFS, ENOMEM and the errors of
// Windows are not.
//
// For each incident the report has a verdict. The server died (it returned although its listener
// was open), spun (with the number of failed accepts a second), lost a connection, or is stuck. If
// it recovered, the report says how long after the incident the server accepted again. Below each
// other verdict the report says why it matters and how to fix the server.
//
// # Which verdicts concern your server
//
// Result.System is the system of an incident. If a server never runs on Windows, keep only the
// results with the system profiles.Linux().Name.
//
// The verdict NotMet says that the incident did not reach the server, so the result says nothing
// about the server. Examples are a server that limits its connections and a server that closes
// each connection at once: perhaps none of its calls of Accept fails.
//
// A server may write a log of its own, as net/http does after each failed Accept. This log
// appears before the report and does not name the incident. Give the server a silent logger, such
// as http.Server.ErrorLog with io.Discard.
//
// Package net hides two of the errors from programs: ECONNABORTED on Unix and WSAECONNRESET on
// Windows (Go 1.26: internal/poll, FD.Accept). Result.Hidden marks them. They are in the report
// for servers whose listener calls accept(2) itself. Failed leaves them out.
//
// When the listener is closed, serve must return. A server may wait for its clients first. If it
// returns after its idle clients have left, it has recovered, and Result.Waited is true. If Close
// does not wake its Accept, it is stuck, as in golang/go#24458. There are 16 idle clients. If your
// server limits its connections, use a limit of at most 15 in this test. The line of "close with
// idle clients" says if no limit was reached.
package acceptcheck
