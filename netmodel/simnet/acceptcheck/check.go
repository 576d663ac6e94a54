package acceptcheck

import (
	"fmt"
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
		return b + fmt.Sprintf(" %d failed accepts in one second", r.Rate)
	case Lost:
		return b + fmt.Sprintf(" %d that waited were never served", r.Lost)
	case Stuck:
		return b + " " + r.What
	}
	if r.Fails > 0 {
		b += fmt.Sprintf(" %d failed accepts, at most %d in one second;", r.Fails, r.Rate)
	}
	return b + fmt.Sprintf(" after %v", r.After.Round(time.Microsecond))
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
// Run fails nothing by itself: the caller decides which results are failures. serve
// is called several times, each time in a bubble of testing/synctest. The goroutine of
// a server that asks a closed listener again and again is ended by runtime.Goexit.
func Run(t *testing.T, serve func(net.Listener) error) Report {
	t.Helper()
	var report Report
	for _, x := range troubles() {
		result := Result{Trouble: x.name, What: x.what}
		synctest.Test(t, func(t *testing.T) {
			s := newSetting(t, x, serve)
			x.run(s)
			s.judge(&result)
			s.end()
		})
		report = append(report, result)
	}
	return report
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
	s.l = &watched{Listener: l, inner: l, enough: make(chan struct{})}
	s.over = make(chan error, 1)
	go func(l net.Listener, over chan<- error) { over <- s.serve(l) }(s.l, s.over)
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

// client connects, and keeps the connection until the setting ends. It sends a byte,
// so that a server who reads sees one.
func (s *setting) client() {
	s.clients++
	d := s.net.Host("clients").Dialer(fmt.Sprintf("client-%d", s.clients))
	go func() {
		c, err := d.Dial("tcp", "server:80")
		if err == nil {
			_, _ = c.Write([]byte("?")) // it may be gone again
		}
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
	q := s.l.inner.Queue()
	return q.Complete
}

// stop closes the listener and expects the server to return.
func (s *setting) stop() {
	s.ended = time.Now()
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
