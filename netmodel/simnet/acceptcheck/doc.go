// Package acceptcheck puts a server through what an accept loop meets in production
// and seldom in a test. It may have no descriptors or no buffers, and meet connections that
// are gone before they are accepted. It meets floods and clients that stay and say nothing,
// and it is closed in the middle of it. Every incident is made on a virtual network, in virtual time, so a battery
// takes less than a second.
//
// A server that is well made passes:
//
//	// patient is a listener that goes on after every error but the end.
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
// Without patient this server fails: http.Server.Serve goes on after errors that call
// themselves temporary only. Those are EMFILE and ENFILE, and not ENOBUFS, ENOMEM or
// the errors of Windows.
//
// Of each incident the report says whether the server died (it returned although its
// listener was open), spun (how many accepts per second), lost a connection, or is stuck.
// It also says how long after the end of the incident the server accepted again. Below each verdict that is
// not "recovered" stands why it matters and what would mend it.
//
// # Which verdicts concern your server
//
// Result.System names the system that an incident is met on. A server that never runs on
// Windows may leave out the results of other systems than profiles.Linux().Name.
//
// NotMet is the verdict on an incident that the server has not met: it says nothing about it.
// A server that limits its connections, or closes each at once, may make no call of Accept
// that fails.
//
// What the server logs by itself, as net/http does after each failed Accept, comes before
// the report and does not name the incident. Give the server a logger that is silent, such
// as http.Server.ErrorLog with io.Discard.
//
// Package net does not show two of the errors to programs: ECONNABORTED on Unix and
// WSAECONNRESET on Windows (Go 1.26: internal/poll, FD.Accept). Result.Hidden marks them.
// They are in the report for servers whose listener calls accept(2) by itself. Failed
// leaves them out.
//
// What is judged when the listener is closed is that serve returns. A server may wait
// for its clients first. One that returns when its idle clients have left has recovered,
// and Result.Waited says so. One whose Accept is not woken is stuck, as with
// golang/go#24458. There are 16 idle clients, so give a limit of connections 15 places or
// fewer in a test. The line of "close with idle clients" says if no limit was reached.
package acceptcheck
