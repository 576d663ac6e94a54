package measured

import (
	"fmt"
	"slices"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type closeListenerParams struct {
	Backlog  int    `json:"backlog"`
	How      string `json:"how"`
	Full     *int   `json:"full"`     // clients that connect first; default: as many as fit
	HalfOpen int    `json:"halfopen"` // clients after them whose final ACK is lost
	Waiting  int    `json:"waiting"`  // clients after them whose SYNs are ignored
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
		State string `json:"state"`
		calls
	} `json:"pending_clients"`
	PerClient []clientTimes  `json:"per_client"`
	Waiting   []clientTimes  `json:"waiting_clients"`
	Stat      map[string]int `json:"stat"`
}

// clientTimes is the observations of a client. Segments and calls were stamped by two
// clocks, which differ by up to 2 ms.
type clientTimes struct {
	I       int       `json:"i"`
	Res     string    `json:"res"`
	Connect *float64  `json:"connect_ms"`
	Done    *float64  `json:"done_ms"` // when the program looked: after the last connect
	Reset   []float64 `json:"rst_ms"`
	Syn     []float64 `json:"syn_ms"`
}

// playCloseListener: the program closes the listener or shuts it down. At that time
// connections are complete and half-open, and SYNs are ignored. K11
func playCloseListener(profile netmodel.Profile, p *closeListenerParams, o *closeListenerObserved, c *Comparison) error {
	profile.Timers.Phase = phaseOfTimers(profile.Timers, secondSyns(profile, o.PerClient), usualDelay)
	s := newClients(profile, p.Backlog)
	full := fitting(profile, p.Backlog)
	if p.Full != nil {
		full = *p.Full
	}
	if err := s.connectAsMeasured(full, p, o.PerClient); err != nil {
		return err
	}
	s.advance(milliseconds(o.CloseAt))
	c.equal("before q", o.Before.Q, s.queue().Complete)
	c.equal("before client_states", o.Before.Client, s.ends.count(s.clientsID))
	c.equal("before server_states", o.Before.Server, s.serverStates())
	if err := s.endListener(p.How, o, c); err != nil {
		return err
	}
	s.advance(o.lastResultAt())
	if err := s.compareClients(o, c); err != nil {
		return err
	}
	s.listenAgain(p, o, c)
	c.stats(o.Stat, s.counters())
	return s.err
}

// secondSyns returns the timers of the clients that sent a second SYN.
func secondSyns(p netmodel.Profile, clients []clientTimes) []observedTimer {
	var seen []observedTimer
	for _, k := range clients {
		if len(k.Syn) > 1 {
			seen = append(seen, observedTimer{set: milliseconds(k.Syn[0]), fired: milliseconds(k.Syn[1]), wait: p.Client.Syn.Wait(0)})
		}
	}
	return seen
}

// connectAsMeasured makes the clients connect when they did.
func (s *clients) connectAsMeasured(full int, p *closeListenerParams, clients []clientTimes) error {
	if want := full + p.HalfOpen + p.Waiting; len(clients) != want {
		return fmt.Errorf("%d clients in per_client: want %d, which is %d that fit, %d half-open and %d waiting", len(clients), want, full, p.HalfOpen, p.Waiting)
	}
	for i, k := range clients {
		if len(k.Syn) == 0 {
			return fmt.Errorf("client %d has no syn_ms: want the instants of its SYNs", i)
		}
		connect := s.connect
		if i >= full && i < full+p.HalfOpen {
			connect = s.connectHalfOpen
		}
		connect(milliseconds(k.Syn[0]))
	}
	return s.err
}

// endListener closes the listener or shuts it down, and compares its status.
func (s *clients) endListener(how string, o *closeListenerObserved, c *Comparison) error {
	if !slices.Contains([]string{"close", "shutdown_rd", "shutdown_wr", "shutdown_rdwr"}, how) {
		return fmt.Errorf("how %q is not known: want close, shutdown_rd, shutdown_wr or shutdown_rdwr", how)
	}
	result := nameOf(endConnection(s.serverHost(), s.fd, how))
	equalIf(c, "close", o.Close, result)
	equalIf(c, "shutdown", o.Shutdown, result)
	s.settle()
	state, poll := s.listenerStatus()
	equalIf(c, "listener_state", o.State, state)
	equalIf(c, "acceptconn_after", o.AcceptConn, map[bool]int{false: 0, true: 1}[s.listens()])
	equalIf(c, "poll_after", o.Poll, poll)
	_, _, err := s.accept()
	equalIf(c, "accept_after", o.AcceptAfter, nameOf(err))
	return s.err
}

// listenerStatus returns the state of the listener, and what poll reports of it.
func (s *clients) listenerStatus() (state, poll string) {
	_, err := s.serverHost().GetSockOpt(s.fd, winsock.SO_ACCEPTCONN)
	switch {
	case err != nil: // closed
		return nameOf(err), fmt.Sprintf("%#x", pollInvalid)
	case s.listens():
		return "LISTEN", s.poll(s.serverHost(), s.fd, "LISTEN")
	}
	return "CLOSE", fmt.Sprintf("%#x", pollHup) // a stream socket that is neither connected nor listening
}

// lastResultAt returns when the last waiting client had a result. If a client never had
// one, it returns when every client had sent its second SYN.
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

// compareClients compares the sockets, the segments and the results of the clients.
func (s *clients) compareClients(o *closeListenerObserved, c *Comparison) error {
	looked := 0.0 // when the program first looked at results, in milliseconds
	for _, k := range o.Waiting {
		if k.Connect != nil {
			looked = max(looked, *k.Connect)
		}
	}
	for _, k := range o.Pending {
		if k.I < 0 || k.I >= len(s.fds) {
			return s.firstError(fmt.Errorf("pending client %d: want 0 to %d", k.I, len(s.fds)-1))
		}
		name := fmt.Sprintf("pending %d ", k.I)
		c.equal(name+"state", k.State, s.stateOf(k.I))
		c.calls(name, k.calls, s.readAndWrite(s.clientHost(), s.fds[k.I]))
	}
	for _, k := range o.PerClient {
		name := fmt.Sprintf("client %d ", k.I)
		s.compareResult(name, &k, looked, c)
		c.instants(name+"syn_ms", k.Syn, s.attempt(k.I).syns, synTolerance)
		c.instants(name+"rst_ms", k.Reset, s.attempt(k.I).resets, stampTolerance)
	}
	for _, k := range o.Waiting {
		s.compareResult(fmt.Sprintf("waiting %d ", k.I), &k, looked, c)
	}
	return nil
}

func (s *clients) compareResult(name string, k *clientTimes, looked float64, c *Comparison) {
	a := s.attempt(k.I)
	c.equal(name+"res", k.Res, a.result)
	if a.result != "" && k.Done != nil {
		c.near(name+"done_ms", *k.Done, max(looked, inMilliseconds(a.done)), stampTolerance)
	}
}

// In the files, lateClient connects after the second listen. Any other client that accept
// returns there is unknownClient.
const (
	lateClient    = 99
	unknownClient = -2
)

// listenAgain calls listen again. Then a client connects, and the program accepts.
func (s *clients) listenAgain(p *closeListenerParams, o *closeListenerObserved, c *Comparison) {
	if o.ListenAgain == nil || *o.ListenAgain == "" {
		return
	}
	err := s.serverHost().Listen(s.fd, p.Backlog)
	if p.How == "close" && *o.ListenAgain == "OK" { // the descriptor is closed, so the program used a new socket
		s.fd, err = openListener(s.serverHost(), netmodel.Addr{Port: 80}, p.Backlog)
	}
	c.equal("listen_again", *o.ListenAgain, nameOf(err))
	if o.AfterAgain == nil || err != nil {
		return
	}
	s.connect(s.now())
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
}
