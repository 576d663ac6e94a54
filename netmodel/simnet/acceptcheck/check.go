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

// Run puts serve through the battery. serve accepts connections from the listener
// and returns when that is closed, as http.Server.Serve does. A connection counts as
// served when the server has read from it, written to it or closed it.
//
// The clients of the battery send a request of HTTP/1.0 for "/", wait for the end of the
// answer for at most a second, and close. During an incident one comes every 750 ms; an
// overflow is 40 at one instant. Idle clients stay: they send nothing, half a request, or
// a request of HTTP/1.1, or their computer vanishes.
//
// A server may wait for its clients before it returns. Once Accept has returned
// net.ErrClosed and 10 s have passed, the idle clients leave. If the server returns then,
// it has recovered, and Result.Waited is set.
//
// Run fails nothing by itself: the caller decides which results are failures. serve
// is called several times, each time in a bubble of testing/synctest: make in it what its
// goroutines wait for. simnet.BeforeBubble is called before each. The goroutine of a
// server that asks a closed listener again and again is ended by runtime.Goexit.
// Goroutines that wait or sleep for ever when the server has returned are named in
// Result.Left.
//
// Run fails the test if virtual time stands still for 10 s of real time, or if one incident
// takes a minute of it. It names the goroutines that do not wait as those of a bubble must.
// Do not call Run in parallel with other bubbles: packages may share channels between them.
func Run(t *testing.T, serve func(net.Listener) error) Report {
	t.Helper()
	return RunWrapped(t, func(l net.Listener) net.Listener { return l }, serve)
}

// RunWrapped is Run for a program that puts a listener of its own around the one that it
// is given, and closes that: netutil.LimitListener, or one that speaks TLS. serve gets what
// wrap returns, and where the battery closes the listener, it closes what wrap has
// returned. Its Close is to close the listener that wrap was given.
func RunWrapped(t *testing.T, wrap func(net.Listener) net.Listener, serve func(net.Listener) error) Report {
	t.Helper()
	if wrap == nil || serve == nil {
		t.Fatal("acceptcheck: a nil function: want one that serves, and RunWrapped one that wraps the listener")
	}
	defer simnet.BeforeBubble() // also for what follows outside a bubble
	var report Report
	for _, x := range incidents() {
		report = append(report, runIncident(t, x, program{wrap, serve}, defaultLimits))
	}
	return report
}

// program is what is tested.
type program struct {
	wrap  func(net.Listener) net.Listener
	serve func(net.Listener) error
}

// meet puts a program through one incident.
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

// The numbers of a battery.
const (
	incidentTime  = 3 * time.Second       // how long an incident lasts
	recoveryLimit = 10 * time.Second      // how long a server may take to get over it
	callTime      = time.Microsecond      // what an accept costs that fails
	spinLimit     = 1000                  // failed accepts a second; a pause of 5 ms makes 200
	giveUp        = 5000                  // failed accepts that end an incident early, or a server
	spacing       = 20 * time.Millisecond // between two clients
)

// setting is one incident under way.
type incidentRun struct {
	t       *testing.T
	net     *simnet.Network
	server  *simnet.Host
	clients int
	program program
	l       *watchedListener
	outer   net.Listener  // what the program has made of l
	roomFor int           // connections that were open when one more would have been accepted
	idle    int           // clients that stay until leave
	leave   chan struct{} // closed when they are to
	failing bool          // accepts are to fail
	stopped bool          // the server was to return
	waited  bool          // it did so when the idle clients had left
	over    chan error    // what serve returned
	err     error
	died    bool
	stuck   bool
	ended   time.Time // when the incident was
	after   time.Duration
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
		s.t.Fatal("acceptcheck.RunWrapped: wrap has returned nil: want a listener around the one that it was given")
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

// panicked is what a server has returned that panics.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// returned reports whether the server has.
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

// client connects, asks for something, and closes when it has an answer or has waited
// for a second.
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
		_, _ = io.Copy(io.Discard, c) // whatever becomes of it
		_ = c.Close()
	}()
}

// What an idle client sends before it sends nothing more.
const (
	nothing      = ""
	halfARequest = "GET / HT"
	aRequest     = "GET / HTTP/1.1\r\nHost: server\r\n\r\n" // the connection stays open
)

// vanishing is the host of clients whose computer vanishes.
const vanishing = "vanishing"

// stay lets a client connect from a host, send something, and stay until closeClients.
func (s *incidentRun) addIdleClient(host, sends string) {
	s.idle++
	d := s.net.Host(host).Dialer(fmt.Sprintf("idle-%d", s.idle))
	leave := s.leave
	go func() {
		c, err := d.Dial("tcp", "server:80")
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, sends) // whatever becomes of it
		<-leave
		_ = c.Close()
	}()
}

// closeClients lets the idle clients leave, also those whose computer has vanished.
func (s *incidentRun) closeClients() {
	if s.leave != nil {
		s.net.Heal(s.server, s.net.Host(vanishing))
		close(s.leave)
	}
	s.leave = nil
}

// incident waits while an incident lasts, with a client now and then.
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

// pass lets time pass, and then everybody who has something to do at that instant. So
// what comes next does not depend on the scheduler.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// incidentOver notes that the incident is over, and whether the server has survived it.
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

// waiting returns how many connections are in the queue still.
func (s *incidentRun) waiting() int {
	q := s.l.Queue()
	return q.Complete
}

// stop closes the listener and expects the server to return. A server that knows that
// its listener is closed may wait for its clients first.
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

// judge says what the incident has done.
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

// end closes everything and lets all goroutines end.
func (s *incidentRun) end() {
	s.closeClients()
	_ = s.outer.Close()
	_ = s.l.Close()
	_ = s.net.Close()
	pass(10 * recoveryLimit)
}
