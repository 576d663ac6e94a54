package acceptcheck

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// Run tests serve with all incidents. serve accepts connections from the listener and returns when
// the listener is closed, as http.Server.Serve does. A connection is served when the server has
// read from it, written to it or closed it.
//
// A client sends an HTTP/1.0 request for "/", waits at most 1 s for the end of the answer, and
// closes. During an incident a client comes every 750 ms. In an overflow 40 clients come at one
// instant. Idle clients stay: they send nothing, half a request or an HTTP/1.1 request, or their
// host disappears from the network.
//
// A server may wait for its clients before it returns. The idle clients leave when Accept has
// returned net.ErrClosed and 10 s have passed. If the server then returns, it has recovered, and
// Result.Waited is true.
//
// Run does not fail the test for a verdict: the caller decides which results are failures. Run
// calls serve several times, each time in a new bubble of testing/synctest. Make everything that
// its goroutines wait for within serve. Run calls simnet.BeforeBubble before each bubble. If a
// server calls Accept of a closed listener again and again, Run ends its goroutine with
// runtime.Goexit. Result.Left names the goroutines that still wait or sleep after the server has
// returned.
//
// Run fails the test if virtual time stops for 10 s of real time, or if one incident takes 1 minute
// of real time. It names the goroutines that stop virtual time. Do not call Run in parallel with
// other bubbles: packages may share channels between bubbles.
func Run(t *testing.T, serve func(net.Listener) error) Report {
	t.Helper()
	return RunWrapped(t, func(l net.Listener) net.Listener { return l }, serve)
}

// RunWrapped is Run for a program that wraps its listener and closes the wrapper. Examples are
// netutil.LimitListener and a TLS listener. serve gets the listener that wrap returns. RunWrapped
// closes that listener too. Its Close must close the listener that was passed to wrap.
func RunWrapped(t *testing.T, wrap func(net.Listener) net.Listener, serve func(net.Listener) error) Report {
	t.Helper()
	if wrap == nil || serve == nil {
		t.Fatal("acceptcheck: a nil function: want a function that serves, and for RunWrapped a function that wraps the listener")
	}
	defer simnet.BeforeBubble() // for later code outside a bubble
	var report Report
	for _, x := range incidents() {
		report = append(report, runIncident(t, x, program{wrap, serve}, defaultLimits))
	}
	return report
}

// program is the tested program.
type program struct {
	wrap  func(net.Listener) net.Listener
	serve func(net.Listener) error
}

// runIncident tests a program with one incident.
func runIncident(t *testing.T, x incident, p program, most limits) Result {
	t.Helper()
	r := Result{Incident: x.name, What: x.what, System: x.system.Name, Hidden: x.hidden}
	r.Left = inBubble(t, x.name, most, func(t *testing.T) {
		s := newIncidentRun(t, x, p)
		x.run(s)
		s.judge(&r)
		explain(&r, x.why, s.l.sawClosed())
		s.end()
	})
	return r
}

// The times are virtual.
const (
	incidentTime  = 3 * time.Second       // how long an incident lasts
	recoveryLimit = 10 * time.Second      // how long a server may take to recover
	callTime      = time.Microsecond      // how long a failed accept takes
	spinLimit     = 1000                  // failed accepts a second; a pause of 5 ms gives 200
	giveUp        = 5000                  // failed accepts that end an incident early, or the server
	spacing       = 20 * time.Millisecond // between two clients
)

// incidentRun is one incident in progress.
type incidentRun struct {
	t       *testing.T
	net     *simnet.Network
	server  *simnet.Host
	clients int
	program program
	l       *watchedListener
	outer   net.Listener  // the result of program.wrap
	roomFor int           // open connections when the server still accepted; 0 = not known
	idle    int           // how many clients stay until leave
	leave   chan struct{} // closed when the idle clients must leave
	failing bool          // accepts must fail
	stopped bool          // the listener was closed, so the server must return
	waited  bool          // the server returned after the idle clients had left
	over    chan error    // the result of serve
	err     error
	died    bool
	stuck   bool
	ended   time.Time     // the end of the incident
	after   time.Duration // from then until the server served again or returned
	lost    int
}

func newIncidentRun(t *testing.T, x incident, p program) *incidentRun {
	s := &incidentRun{t: t, program: p, leave: make(chan struct{}), net: simnet.New(simnet.Config{
		Profile: x.system, Backlog: x.backlog, Descriptors: x.descriptors,
		Link: netmodel.Link{Latency: time.Millisecond},
	})}
	s.server = s.net.Host("server")
	s.open()
	return s
}

// open listens and starts the server.
func (s *incidentRun) open() {
	l, err := s.server.Listen("tcp", ":80")
	if err != nil {
		s.t.Fatalf("acceptcheck: %v", err)
	}
	s.l = &watchedListener{Listener: l, enough: make(chan struct{})}
	if s.outer = s.program.wrap(s.l); s.outer == nil {
		s.t.Fatal("acceptcheck.RunWrapped: wrap returned nil: want a listener that wraps its argument")
	}
	s.over = make(chan error, 1)
	go func(l net.Listener, over chan<- error) {
		err := errors.New("its goroutine was ended")
		defer func() {
			if p := recover(); p != nil {
				err = panicked{p}
			}
			over <- err
		}()
		err = s.program.serve(l)
	}(s.outer, s.over)
	pass(spacing)
}

// panicked is the error of a server that panics.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// returned reports whether the server has returned.
func (s *incidentRun) returned() bool {
	select {
	case err := <-s.over:
		s.err = err
		s.over <- err
		return true
	default:
		return false
	}
}

// startClient starts a client. It connects, sends a request, and closes after the answer or after
// 1 s.
func (s *incidentRun) startClient() {
	s.clients++
	d := s.net.Host("clients").Dialer(fmt.Sprintf("client-%d", s.clients))
	go func() {
		c, err := d.Dial("tcp", "server:80")
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(time.Second)) // it is open
		_, _ = io.WriteString(c, "GET / HTTP/1.0\r\nHost: server\r\n\r\n")
		_, _ = io.Copy(io.Discard, c) // the result does not matter
		_ = c.Close()
	}()
}

// What an idle client sends.
const (
	nothing      = ""
	halfARequest = "GET / HT"
	aRequest     = "GET / HTTP/1.1\r\nHost: server\r\n\r\n" // the connection stays open
)

// vanishing is the host of clients that disappear from the network.
const vanishing = "vanishing"

// addIdleClient starts a client on a host. It connects, sends a text, and stays until closeClients.
func (s *incidentRun) addIdleClient(host, sends string) {
	s.idle++
	d := s.net.Host(host).Dialer(fmt.Sprintf("idle-%d", s.idle))
	leave := s.leave
	go func() {
		c, err := d.Dial("tcp", "server:80")
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, sends) // the result does not matter
		<-leave
		_ = c.Close()
	}()
}

// closeClients makes the idle clients leave, also those on the host vanishing.
func (s *incidentRun) closeClients() {
	if s.leave != nil {
		s.net.Heal(s.server, s.net.Host(vanishing))
		close(s.leave)
	}
	s.leave = nil
}

// waitIncident waits until the incident ends. It starts a client every 750 ms.
func (s *incidentRun) waitIncident() {
	const clients = 4
	for range clients {
		s.startClient()
		select {
		case <-time.After(incidentTime / clients):
			continue
		case <-s.l.enough:
		}
		break
	}
	synctest.Wait()
	s.incidentOver()
}

// pass lets virtual time pass, and then waits for the goroutines of that instant. So the next step
// does not depend on the scheduler.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// incidentOver notes the end of the incident, and whether the server has returned.
func (s *incidentRun) incidentOver() {
	s.ended = time.Now()
	s.died = s.returned()
}

// recover waits until the server serves a new client.
func (s *incidentRun) recover() {
	if s.died {
		return
	}
	s.startClient()
	before := s.l.served()
	for time.Since(s.ended) < recoveryLimit {
		pass(time.Millisecond)
		if s.l.served() > before {
			break
		}
	}
	s.after = time.Since(s.ended)
	pass(recoveryLimit)
	s.died = s.returned()
	s.stuck = !s.died && s.l.served() == before
	s.lost = s.l.unserved() + s.waiting()
}

// waiting returns how many connections wait in the queue.
func (s *incidentRun) waiting() int {
	q := s.l.Queue()
	return q.Complete
}

// stop closes the listener and waits for the server to return. A server that knows of the close
// may wait for its clients first.
func (s *incidentRun) stop() {
	s.stopped = true
	s.ended = time.Now()
	if s.died = s.returned(); s.died {
		return
	}
	_ = s.outer.Close()
	if s.stuck = !s.returns(); s.stuck && s.l.sawClosed() && s.idle > 0 {
		s.closeClients()
		s.waited = s.returns()
		s.stuck = !s.waited
	}
	s.after = time.Since(s.ended)
}

// returns waits for the server to return, and reports whether it has.
func (s *incidentRun) returns() bool {
	for began := time.Now(); time.Since(began) < recoveryLimit && !s.returned(); {
		pass(time.Millisecond)
	}
	return s.returned()
}

// judge fills in the result of the incident.
func (s *incidentRun) judge(r *Result) {
	r.Err, r.Lost, r.After = s.err, s.lost, s.after
	r.Fails, r.Rate = s.l.count()
	r.Stopped, r.Waited = s.stopped, s.waited
	r.roomFor = s.roomFor
	r.Open, r.Waiting, r.Accepting = s.l.open(), s.waiting(), s.l.Accepting()
	switch {
	case r.Rate > spinLimit:
		r.Verdict = Spun
	case s.died:
		r.Verdict = Died
	case s.stuck:
		r.Verdict = Stuck
	case s.lost > 0:
		r.Verdict = Lost
	case s.failing && r.Fails == 0:
		r.Verdict = NotMet
	}
}

// end closes everything and gives all goroutines time to end.
func (s *incidentRun) end() {
	s.closeClients()
	_ = s.outer.Close()
	_ = s.l.Close()
	_ = s.net.Close()
	pass(10 * recoveryLimit)
}
