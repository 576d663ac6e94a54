package measured

import (
	"fmt"
	"strings"
	"time"

	"wspsim/netmodel"
)

type clientAbortParams struct {
	Backlog *int   `json:"backlog"`
	How     string `json:"how"`
}

type clientAbortObserved struct {
	Accepts []acceptedAbort   `json:"accepts"`
	End     string         `json:"end"`
	QBefore int            `json:"q_before"`
	QAfter  int            `json:"q_after"`
	QLater  int            `json:"q_after_1500ms"`
	States  map[string]int `json:"server_states"`
	Stat    map[string]int `json:"stat"`
	Waiter  string         `json:"waiter_after_1500ms"`
}

// goneAccept is a connection that came out of accept. That the peer's port was
// given and that SO_ERROR was peeked at the model cannot say.
type acceptedAbort struct {
	Client   int      `json:"client"`
	PeerName string   `json:"getpeername"`
	Poll     string   `json:"poll"`
	Read     string   `json:"read"`
	Read2    string   `json:"read2"`
	State    string   `json:"state"`
	Write    string   `json:"write"`
	_        struct{} `unread:"peer_port_given so_error_peek"`
}

// replayGone: the queue is full, one client waits, and clients whose connection is
// pending go away. K12
func playClientAbort(profile netmodel.Profile, p *clientAbortParams, o *clientAbortObserved, c *Comparison) error {
	if p.Backlog == nil {
		return fmt.Errorf("params have no \"backlog\": want a number")
	}
	s, err := newClients(profile, *p.Backlog)
	if err != nil {
		return err
	}
	fit := profile.AtSyn.Of(profile.Backlog.Effective(*p.Backlog))
	const step = 30 * time.Microsecond
	if err := s.connectAll(fit+1, 0, step); err != nil {
		return err
	}
	c.equal("q_before", o.QBefore, s.queue().Complete)
	if err := s.closeClients(p.How, o.abortedClient(), fit); err != nil {
		return err
	}
	c.equal("q_after", o.QAfter, s.queue().Complete)
	c.equal("server_states", o.States, s.serverStates())
	if err := s.advance(s.now() + 1500*time.Millisecond); err != nil {
		return err
	}
	c.equal("q_after_1500ms", o.QLater, s.queue().Complete)
	c.equal("waiter_after_1500ms", o.Waiter, s.connectResult(fit))
	if err := s.compareAccepts(o, c); err != nil {
		return err
	}
	c.stats(o.Stat, s.counters())
	return nil
}

// whoLeft returns which client went away where only one did. The file does not
// say; it was the second, unless another one is seen to have gone.
func (o *clientAbortObserved) abortedClient() int {
	for _, a := range o.Accepts {
		if a.State != "ESTABLISHED" {
			return a.Client
		}
	}
	return 1
}

// leave makes clients go: all_ in front of the name means everybody who is
// connected, data_ that five bytes are sent first.
func (s *clients) closeClients(how string, who, connected int) error {
	first, last := who, who
	name := how
	if rest, ok := strings.CutPrefix(name, "all_"); ok {
		first, last, name = 0, connected-1, rest
	}
	if first < 0 || last >= len(s.fds) {
		return fmt.Errorf("client %d went away: want 0 to %d", last, len(s.fds)-1)
	}
	rest, data := strings.CutPrefix(name, "data_")
	for i := first; i <= last; i++ {
		h, fd := s.clientHost(), s.fds[i]
		if data {
			if _, err := h.Send(fd, 5); err != nil {
				return fmt.Errorf("client %d sends: %w", i, err)
			}
			if err := s.settle(); err != nil {
				return err
			}
		}
		if err := endConnection(h, fd, rest); err != nil {
			return fmt.Errorf("how %q, client %d: %w", how, i, err)
		}
		if err := s.settle(); err != nil {
			return err
		}
	}
	return nil
}

// leaveBy ends a client's side of a connection.
func endConnection(h *netmodel.Host, fd netmodel.FD, how string) error {
	switch how {
	case "fin", "close":
		return h.CloseSocket(fd)
	case "shutdown_wr":
		return h.Shutdown(fd, netmodel.ShutSend)
	case "shutdown_rd":
		return h.Shutdown(fd, netmodel.ShutReceive)
	case "shutdown_rdwr":
		return h.Shutdown(fd, netmodel.ShutBoth)
	case "rst":
		if err := h.SetSockOpt(fd, netmodel.SO_LINGER, 0); err != nil {
			return err
		}
		return h.CloseSocket(fd)
	}
	return fmt.Errorf("%q is not known: want fin, close, rst, shutdown_rd, shutdown_wr or shutdown_rdwr, after data_ or all_", how)
}

// compareAccepts accepts everything and tries what the trial tried.
func (s *clients) compareAccepts(o *clientAbortObserved, c *Comparison) error {
	end := ""
	for i := 0; ; i++ {
		client, fd, err := s.accept()
		if err != nil {
			end = nameOf(err)
			c.equal("accepts times", len(o.Accepts), i)
			break
		}
		if i >= len(o.Accepts) {
			continue
		}
		m, name := &o.Accepts[i], fmt.Sprintf("accept %d ", i)
		state := s.ends.states[endpointOf(s.serverID, client)]
		h := s.serverHost()
		c.equal(name+"client", m.Client, client)
		_, err = h.PeerName(fd)
		c.equal(name+"getpeername", m.PeerName, nameOf(err))
		c.equal(name+"state", m.State, state)
		c.equal(name+"poll", m.Poll, s.poll(h, fd, state))
		c.equal(name+"read", m.Read, s.read(h, fd))
		c.equal(name+"read2", m.Read2, s.read(h, fd))
		wrote, err := s.write(h, fd)
		if err != nil {
			return err
		}
		c.equal(name+"write", m.Write, wrote)
	}
	c.equal("end", o.End, end)
	return nil
}

// endOf names the end of a client's connection at a host.
func endpointOf(h netmodel.HostID, client int) endpoint { return endpoint{h, netmodel.ConnID(client + 1)} }

type earlyAbortObserved struct {
	Accept  *string        `json:"accept"`
	Client  *string        `json:"client"`
	Q       *int           `json:"q"`
	Read    *string        `json:"read"`
	Stat    map[string]int `json:"stat"`
	SynRecv *int           `json:"synrecv_after"`
	Before  *int           `json:"synrecv_before"`
}

// replayGoneEarly: a client goes away while its connection is half-open, or while
// its SYNs are ignored. K12
func playEarlyClientAbort(profile netmodel.Profile, p *clientAbortParams, o *earlyAbortObserved, c *Comparison) error {
	state, how, _ := cutLast(p.How)
	var s *clients
	var err error
	switch state {
	case "halfopen":
		backlog := 5 // any: the queue stays empty
		if p.Backlog != nil {
			backlog = *p.Backlog
		}
		if s, err = newClients(profile, backlog); err == nil {
			err = s.connectHalfOpen(0)
		}
	case "syn_sent":
		s, err = newClientsAtFullQueue(profile, p.Backlog, o.Stat["ActiveOpens"])
	default:
		return fmt.Errorf("how %q is not known: want halfopen_ or syn_sent_ and what the client does", p.How)
	}
	if err != nil {
		return err
	}
	last := len(s.fds) - 1
	equalIf(c, "synrecv_before", o.Before, s.queue().HalfOpen)
	equalIf(c, "client", o.Client, s.connectResult(last))
	if err := endConnection(s.clientHost(), s.fds[last], how); err != nil {
		return fmt.Errorf("how %q: %w", p.How, err)
	}
	if err := s.settle(); err != nil {
		return err
	}
	equalIf(c, "synrecv_after", o.SynRecv, s.queue().HalfOpen)
	equalIf(c, "q", o.Q, s.queue().Complete)
	_, fd, err := s.accept()
	equalIf(c, "accept", o.Accept, nameOf(err))
	if err == nil {
		equalIf(c, "read", o.Read, s.read(s.serverHost(), fd))
	}
	c.stats(o.Stat, s.counters())
	return nil
}

// fullCrew is a crew whose last client found the queue full. Without a backlog in
// the file, it follows from how many connected.
func newClientsAtFullQueue(p netmodel.Profile, backlog *int, connects int) (*clients, error) {
	if connects < 2 && backlog == nil {
		return nil, fmt.Errorf("neither a backlog nor two connects in the counters: want one of the two, or nobody knows how many fill the queue")
	}
	n := connects - 2
	if backlog != nil {
		n = *backlog
	}
	s, err := newClients(p, n)
	if err != nil {
		return nil, err
	}
	return s, s.connectAll(p.AtSyn.Of(p.Backlog.Effective(n))+1, 0, 30*time.Microsecond)
}

// cutLast cuts a name before its last underscore.
func cutLast(name string) (before, after string, found bool) {
	i := strings.LastIndexByte(name, '_')
	if i < 0 {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}
