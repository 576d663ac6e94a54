package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

type closeListenerParams struct {
	Backlog  int    `json:"backlog"`
	How      string `json:"how"`
	Full     *int   `json:"full"`     // so many connect before; without it, as many as fit
	HalfOpen int    `json:"halfopen"` // then so many whose final ACK does not arrive
	Waiting  int    `json:"waiting"`  // then so many that are ignored
}

type closeListenerObserved struct {
	Before struct {
		Client map[string]int `json:"client_states"`
		Q      int            `json:"q"`
		Server map[string]int `json:"server_states"`
	} `json:"before"`
	CloseAt     float64 `json:"close_at_ms"`
	Close       *string `json:"close"`
	Shutdown    *string `json:"shutdown"`
	AcceptAfter *string `json:"accept_after"`
	AcceptConn  *int    `json:"acceptconn_after"`
	State       *string `json:"listener_state"`
	Poll        *string `json:"poll_after"`
	ListenAgain *string `json:"listen_again"`
	AfterAgain  *struct {
		Accept  string `json:"accept"`
		Client  int    `json:"client"`
		Connect string `json:"connect"`
	} `json:"after_listen_again"`
	Pending []struct {
		I     int    `json:"i"`
		Read  string `json:"read"`
		Read2 string `json:"read2"`
		State string `json:"state"`
		Write string `json:"write"`
	} `json:"pending_clients"`
	PerClient []clientTimes    `json:"per_client"`
	Waiting   []clientTimes    `json:"waiting_clients"`
	Stat      map[string]int `json:"stat"`
}

// perClient is what was seen of a client. Its segments were stamped by another
// clock than its calls, which is up to 2 ms off.
type clientTimes struct {
	I       int       `json:"i"`
	Res     string    `json:"res"`
	Connect *float64  `json:"connect_ms"`
	Done    *float64  `json:"done_ms"` // when somebody looked: after the last connect
	Reset   []float64 `json:"rst_ms"`
	Syn     []float64 `json:"syn_ms"`
}

// How far instants may lie from those of the model, in milliseconds.
const (
	synTolerance   = 6.0 // L10: all instants of 318 schedules lie within that
	stampTolerance = 8.0 // stamps come late when the processors are busy: 7 ms were seen
)

// replayClosing: a listener is closed or shut down while connections are complete,
// half-open, and ignored. K11
func playCloseListener(profile netmodel.Profile, p *closeListenerParams, o *closeListenerObserved, c *Comparison) error {
	profile.Timers.Phase = phaseOfTimers(profile.Timers, secondSyns(profile, o.PerClient), usualDelay)
	s, err := newClients(profile, p.Backlog)
	if err != nil {
		return err
	}
	full := profile.AtSyn.Of(profile.Backlog.Effective(p.Backlog))
	if p.Full != nil {
		full = *p.Full
	}
	if err := s.connectAsMeasured(full, p, o.PerClient); err != nil {
		return err
	}
	if err := s.advance(milliseconds(o.CloseAt)); err != nil {
		return err
	}
	c.equal("before q", o.Before.Q, s.queue().Complete)
	c.equal("before client_states", o.Before.Client, s.ends.count(s.clientsID))
	c.equal("before server_states", o.Before.Server, s.serverStates())
	if err := s.endListener(p, o, c); err != nil {
		return err
	}
	if err := s.advance(o.lastResultAt()); err != nil {
		return err
	}
	if err := s.compareClients(o, c); err != nil {
		return err
	}
	if err := s.listenAgain(p, o, c); err != nil {
		return err
	}
	c.stats(o.Stat, s.counters())
	return nil
}

// secondSyns are the timers that were seen to ring: those of clients that sent
// their SYN a second time.
func secondSyns(p netmodel.Profile, clients []clientTimes) []observedTimer {
	var seen []observedTimer
	for _, k := range clients {
		if len(k.Syn) > 1 {
			seen = append(seen, observedTimer{set: milliseconds(k.Syn[0]), fired: milliseconds(k.Syn[1]), wait: p.Client.Syn.Wait(0)})
		}
	}
	return seen
}

// crowdIn lets the clients connect when they did.
func (s *clients) connectAsMeasured(full int, p *closeListenerParams, clients []clientTimes) error {
	if want := full + p.HalfOpen + p.Waiting; len(clients) != want {
		return fmt.Errorf("%d clients in per_client: want %d, which is %d that fit, %d half-open and %d waiting", len(clients), want, full, p.HalfOpen, p.Waiting)
	}
	for i, k := range clients {
		if len(k.Syn) == 0 {
			return fmt.Errorf("client %d has no syn_ms: want the instants of its SYNs", i)
		}
		dial := s.connect
		if i >= full && i < full+p.HalfOpen {
			dial = s.connectHalfOpen
		}
		if err := dial(milliseconds(k.Syn[0])); err != nil {
			return err
		}
	}
	return nil
}

// end closes the listener, or shuts it down, and looks at it.
func (s *clients) endListener(p *closeListenerParams, o *closeListenerObserved, c *Comparison) error {
	var err error
	switch p.How {
	case "close":
		err = s.serverHost().CloseSocket(s.fd)
	case "shutdown_rd":
		err = s.serverHost().Shutdown(s.fd, netmodel.ShutReceive)
	case "shutdown_wr":
		err = s.serverHost().Shutdown(s.fd, netmodel.ShutSend)
	case "shutdown_rdwr":
		err = s.serverHost().Shutdown(s.fd, netmodel.ShutBoth)
	default:
		return fmt.Errorf("how %q is not known: want close, shutdown_rd, shutdown_wr or shutdown_rdwr", p.How)
	}
	equalIf(c, "close", o.Close, nameOf(err))
	equalIf(c, "shutdown", o.Shutdown, nameOf(err))
	if err := s.settle(); err != nil {
		return err
	}
	state, poll := s.listenerStatus()
	equalIf(c, "listener_state", o.State, state)
	equalIf(c, "acceptconn_after", o.AcceptConn, map[bool]int{false: 0, true: 1}[s.listens()])
	equalIf(c, "poll_after", o.Poll, poll)
	_, _, err = s.accept()
	equalIf(c, "accept_after", o.AcceptAfter, nameOf(err))
	return nil
}

// look returns the state of the listener and what poll reports of it when it is
// asked for reading.
func (s *clients) listenerStatus() (state, poll string) {
	_, err := s.serverHost().GetSockOpt(s.fd, netmodel.SO_ACCEPTCONN)
	switch {
	case err != nil: // closed
		return nameOf(err), fmt.Sprintf("%#x", pollInvalid)
	case s.listens():
		return "LISTEN", s.poll(s.serverHost(), s.fd, "LISTEN")
	}
	return "CLOSE", fmt.Sprintf("%#x", pollHup) // a stream socket that neither is connected nor listens
}

// lastDone returns when the last client that waited had a result; if one never
// had, when everybody had sent its SYN a second time.
func (o *closeListenerObserved) lastResultAt() time.Duration {
	last := milliseconds(o.CloseAt)
	for _, k := range o.Waiting {
		if k.Done == nil || k.Res == "" {
			return last + 1500*time.Millisecond
		}
		last = max(last, milliseconds(*k.Done+stampTolerance))
	}
	return last
}

// compareClients compares what became of the clients.
func (s *clients) compareClients(o *closeListenerObserved, c *Comparison) error {
	looked := 0.0 // nobody looked before
	for _, k := range o.Waiting {
		if k.Connect != nil {
			looked = max(looked, *k.Connect)
		}
	}
	for _, k := range o.Pending {
		if k.I < 0 || k.I >= len(s.fds) {
			return fmt.Errorf("pending client %d: want 0 to %d", k.I, len(s.fds)-1)
		}
		name := fmt.Sprintf("pending %d ", k.I)
		h, fd := s.clientHost(), s.fds[k.I]
		c.equal(name+"state", k.State, s.stateOf(k.I))
		c.equal(name+"read", k.Read, s.read(h, fd))
		c.equal(name+"read2", k.Read2, s.read(h, fd))
		wrote, err := s.write(h, fd)
		if err != nil {
			return err
		}
		c.equal(name+"write", k.Write, wrote)
	}
	for _, k := range o.PerClient {
		name := fmt.Sprintf("client %d ", k.I)
		conn := netmodel.ConnID(k.I + 1)
		s.compareResult(name, &k, looked, c)
		c.instants(name+"syn_ms", k.Syn, s.ends.syns[conn], synTolerance)
		c.instants(name+"rst_ms", k.Reset, s.ends.resets[conn], stampTolerance)
	}
	for _, k := range o.Waiting {
		s.compareResult(fmt.Sprintf("waiting %d ", k.I), &k, looked, c)
	}
	return nil
}

func (s *clients) compareResult(name string, k *clientTimes, looked float64, c *Comparison) {
	c.equal(name+"res", k.Res, s.connectResult(k.I))
	if done, ok := s.ends.done[netmodel.ConnID(k.I+1)]; ok && k.Done != nil {
		c.near(name+"done_ms", *k.Done, max(looked, inMilliseconds(done)), stampTolerance)
	}
}

// newcomer is the number of the client that connects to the listener that listens
// again; somebody else is nobodyKnown.
const (
	lateClient    = 99
	unknownClient = -2
)

// again calls listen another time, lets somebody connect, and accepts.
func (s *clients) listenAgain(p *closeListenerParams, o *closeListenerObserved, c *Comparison) error {
	if o.ListenAgain == nil || *o.ListenAgain == "" {
		return nil
	}
	err := s.serverHost().Listen(s.fd, p.Backlog)
	if p.How == "close" && *o.ListenAgain == "OK" { // the descriptor is gone, so this was another socket
		s.fd, err = openListener(s.serverHost(), netmodel.Addr{Port: 80}, p.Backlog)
	}
	c.equal("listen_again", *o.ListenAgain, nameOf(err))
	if o.AfterAgain == nil || err != nil {
		return nil
	}
	if err := s.connect(s.now()); err != nil {
		return err
	}
	last := len(s.fds) - 1
	client, _, err := s.accept()
	switch {
	case client == last:
		client = lateClient
	case client >= 0:
		client = unknownClient
	}
	c.equal("after_listen_again connect", o.AfterAgain.Connect, s.connectResult(last))
	c.equal("after_listen_again accept", o.AfterAgain.Accept, nameOf(err))
	c.equal("after_listen_again client", o.AfterAgain.Client, client)
	return nil
}
