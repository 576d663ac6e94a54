package acceptcheck

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
)

// Verdict is what became of a server in one trouble.
type Verdict uint8

// The verdicts. All but Recovered are failures.
const (
	Recovered Verdict = iota // it serves again, and nothing was lost; or, where it was to end, it did
	Died                     // it returned although its listener was open
	Spun                     // it asked again and again without a pause
	Lost                     // a connection that was waiting was never served
	Stuck                    // it accepts no more, or did not return when its listener was closed
)

// String says the verdict in a word.
func (v Verdict) String() string {
	switch v {
	case Died:
		return "died"
	case Spun:
		return "spun"
	case Lost:
		return "lost"
	case Stuck:
		return "stuck"
	}
	return "recovered"
}

// Result is what one trouble did to a server.
type Result struct {
	Trouble string // its name, such as "EMFILE"
	What    string // what it is, in a sentence
	Verdict Verdict
	Err     error         // what the server returned
	Fails   int           // accepts that failed during the trouble
	Rate    int           // the most of them in one second of virtual time
	Lost    int           // connections that were waiting and never served
	After   time.Duration // from the end of the trouble to the next connection served
	Stopped bool          // the listener was closed, and After is how long the server took to return
	NotMet  bool          // accepts were to fail, and none did: the server made none meanwhile
	// How things stood in the end, of a server that is stuck or has lost somebody.
	Open      int // connections that it has and has not closed
	Waiting   int // connections in the queue
	Accepting int // calls of Accept that wait
}

// OK reports whether the server did well.
func (r Result) OK() bool { return r.Verdict == Recovered }

// String says the result on one line.
func (r Result) String() string {
	b := fmt.Sprintf("%-22s %-9s", r.Trouble, r.Verdict)
	switch r.Verdict {
	case Died:
		return b + fmt.Sprintf(" Serve returned: %v", r.Err)
	case Spun:
		return b + fmt.Sprintf(" %s in one second, or more", count(r.Rate, "failed accept"))
	case Lost:
		return b + fmt.Sprintf(" %d that waited were never served; %s", r.Lost, r.standing())
	case Stuck:
		return b + fmt.Sprintf(" nothing more for %v; %s", recovery, r.standing())
	}
	if r.NotMet {
		return b + " was not met: no accept was made meanwhile that could fail"
	}
	if r.Stopped {
		return b + fmt.Sprintf(" returned %v after its listener was closed", r.After.Round(time.Microsecond))
	}
	if r.Fails > 0 {
		b += fmt.Sprintf(" %s, at most %d in one second;", count(r.Fails, "failed accept"), r.Rate)
	}
	return b + fmt.Sprintf(" served again %v after the trouble", r.After.Round(time.Microsecond))
}

// standing says how things stood in the end.
func (r Result) standing() string {
	accepting := "nobody calls Accept"
	if r.Accepting > 0 {
		accepting = "Accept waits"
	}
	return fmt.Sprintf("%s at the server, %d in the queue, %s", count(r.Open, "open connection"), r.Waiting, accepting)
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Report is the results of a battery, in the order of Troubles.
type Report []Result

// Failed returns the results of troubles in which the server did not do well.
func (r Report) Failed() Report {
	var failed Report
	for _, x := range r {
		if !x.OK() {
			failed = append(failed, x)
		}
	}
	return failed
}

// Result returns the result of the trouble of that name.
func (r Report) Result(trouble string) (Result, bool) {
	for _, x := range r {
		if x.Trouble == trouble {
			return x, true
		}
	}
	return Result{}, false
}

// String is the report as a table, a line each.
func (r Report) String() string {
	var b strings.Builder
	for _, x := range r {
		b.WriteString(x.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Run puts serve through the battery. serve accepts connections from the listener
// and returns when that is closed, as http.Server.Serve does. A connection counts as
// served when the server has read from it, written to it or closed it.
//
// The clients of the battery send a request of HTTP/1.0 for "/", wait for the end of the
// answer for at most a second, and close. During a trouble one comes every 750 ms; an
// overflow is 40 at one instant.
//
// Run fails nothing by itself: the caller decides which results are failures. serve
// is called several times, each time in a bubble of testing/synctest: make in it what its
// goroutines wait for. The goroutine of a server that asks a closed listener again and
// again is ended by runtime.Goexit. Goroutines that a server leaves behind when it has
// returned are its own affair.
func Run(t *testing.T, serve func(net.Listener) error) Report {
	t.Helper()
	var report Report
	for _, x := range troubles() {
		report = append(report, meet(t, x, serve))
	}
	return report
}

// meet puts a server through one trouble.
func meet(t *testing.T, x trouble, serve func(net.Listener) error) (result Result) {
	result = Result{Trouble: x.name, What: x.what}
	judged := false
	defer func() {
		// A bubble panics when goroutines are left in it that wait for ever.
		if p := recover(); p != nil && !judged {
			panic(p)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		s := newSetting(t, x, serve)
		x.run(s)
		s.judge(&result)
		judged = true
		s.end()
	})
	return result
}

// The numbers of a battery.
const (
	troubled  = 3 * time.Second       // how long a trouble lasts
	recovery  = 10 * time.Second      // how long a server may take to get over it
	callTime  = time.Microsecond      // what an accept costs that fails
	spinLimit = 1000                  // failed accepts a second; a pause of 5 ms makes 200
	giveUp    = 5000                  // failed accepts that end a trouble early, or a server
	spacing   = 20 * time.Millisecond // between two clients
)

// setting is one trouble under way.
type setting struct {
	t       *testing.T
	net     *simnet.Network
	server  *simnet.Host
	clients int
	l       *watched
	failing bool // accepts are to fail
	stopped bool // the server was to return
	serve   func(net.Listener) error
	over    chan error // what serve returned
	err     error
	died    bool
	stuck   bool
	ended   time.Time // when the trouble was
	after   time.Duration
	lost    int
}

func newSetting(t *testing.T, x trouble, serve func(net.Listener) error) *setting {
	s := &setting{t: t, serve: serve, net: simnet.New(simnet.Config{
		Profile: x.system, Backlog: x.backlog, Descriptors: x.descriptors,
		Link: netmodel.Link{Latency: time.Millisecond},
	})}
	s.server = s.net.Host("server")
	s.open()
	return s
}

// open listens and starts the server.
func (s *setting) open() {
	l, err := s.server.Listen("tcp", ":80")
	if err != nil {
		s.t.Fatalf("acceptcheck: %v", err)
	}
	s.l = &watched{Listener: l, enough: make(chan struct{})}
	s.over = make(chan error, 1)
	go func(l net.Listener, over chan<- error) {
		err := errors.New("its goroutine was ended")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			over <- err
		}()
		err = s.serve(l)
	}(s.l, s.over)
	time.Sleep(spacing)
}

// returned reports whether the server has.
func (s *setting) returned() bool {
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
func (s *setting) client() {
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

// trouble waits while a trouble lasts, with a client now and then.
func (s *setting) trouble() {
	end := time.After(troubled)
	for more := true; more; {
		s.client()
		select {
		case <-time.After(troubled / 4):
		case <-end:
			more = false
		case <-s.l.enough:
			more = false
		}
	}
	s.troubleOver()
}

// troubleOver notes that the trouble is over, and whether the server has survived it.
func (s *setting) troubleOver() {
	s.ended = time.Now()
	s.died = s.returned()
}

// recover waits until the server serves a new client.
func (s *setting) recover() {
	if s.died {
		return
	}
	s.client()
	before := s.l.served()
	for time.Since(s.ended) < recovery {
		time.Sleep(time.Millisecond)
		if s.l.served() > before {
			break
		}
	}
	s.after = time.Since(s.ended)
	time.Sleep(recovery)
	s.died = s.returned()
	s.stuck = !s.died && s.l.served() == before
	s.lost = s.l.unserved() + s.waiting()
}

// waiting returns how many connections are in the queue still.
func (s *setting) waiting() int {
	q := s.l.Queue()
	return q.Complete
}

// stop closes the listener and expects the server to return.
func (s *setting) stop() {
	s.stopped = true
	s.ended = time.Now()
	if s.died = s.returned(); s.died {
		return
	}
	_ = s.l.Close()
	for time.Since(s.ended) < recovery && !s.returned() {
		time.Sleep(time.Millisecond)
	}
	s.after = time.Since(s.ended)
	s.stuck = !s.returned()
}

// judge says what the trouble has done.
func (s *setting) judge(r *Result) {
	r.Err, r.Lost, r.After = s.err, s.lost, s.after
	r.Fails, r.Rate = s.l.count()
	r.Stopped = s.stopped
	r.NotMet = s.failing && r.Fails == 0
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
	}
}

// end closes everything and lets all goroutines end.
func (s *setting) end() {
	_ = s.l.Close()
	_ = s.net.Close()
	time.Sleep(10 * recovery)
}
