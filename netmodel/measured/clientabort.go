package measured

import (
	"fmt"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type clientAbortParams struct {
	Backlog *int   `json:"backlog"`
	How     string `json:"how"`
}

type clientAbortObserved struct {
	Accepts []acceptedAbort `json:"accepts"`
	End     string          `json:"end"`
	QBefore int             `json:"q_before"`
	QAfter  int             `json:"q_after"`
	QLater  int             `json:"q_after_1500ms"`
	States  map[string]int  `json:"server_states"`
	Stat    map[string]int  `json:"stat"`
	Waiter  string          `json:"waiter_after_1500ms"`
}

// acceptedAbort is a connection that accept returned.
type acceptedAbort struct {
	Client   int    `json:"client"`
	PeerName string `json:"getpeername"`
	Poll     string `json:"poll"`
	State    string `json:"state"`
	calls
	_ struct{} `unread:"peer_port_given=bool so_error_peek=text"`
}

// playClientAbort: the queue is full and one client waits. Then clients with a pending
// connection close or reset it. K12
func playClientAbort(profile netmodel.Profile, p *clientAbortParams, o *clientAbortObserved, c *Comparison) error {
	if p.Backlog == nil {
		return fmt.Errorf("params have no \"backlog\": want a number")
	}
	s := newClients(profile, *p.Backlog)
	fit := fitting(profile, *p.Backlog)
	s.connectAll(fit+1, 0, connectGap)
	c.equal("q_before", o.QBefore, s.queue().Complete)
	if err := s.closeClients(p.How, o.abortedClient(), fit); err != nil {
		return err
	}
	c.equal("q_after", o.QAfter, s.queue().Complete)
	c.equal("server_states", o.States, s.serverStates())
	s.advance(s.now() + 1500*time.Millisecond)
	c.equal("q_after_1500ms", o.QLater, s.queue().Complete)
	c.equal("waiter_after_1500ms", o.Waiter, s.connectResult(fit))
	s.compareAccepts(o, c)
	c.stats(o.Stat, s.counters())
	return s.err
}

// abortedClient returns the client that closed or reset its connection. The file does not
// name it. It is the first client whose accepted connection shows it, or else the second.
func (o *clientAbortObserved) abortedClient() int {
	for _, a := range o.Accepts {
		if a.State != "ESTABLISHED" {
			return a.Client
		}
	}
	return 1
}

// closeClients ends the connection of one client. The prefix all_ of how means all
// connected clients. The prefix data_ means that the client sends five bytes first.
func (s *clients) closeClients(how string, client, connected int) error {
	first, last := client, client
	name := how
	if rest, ok := strings.CutPrefix(name, "all_"); ok {
		first, last, name = 0, connected-1, rest
	}
	if first < 0 || last >= len(s.fds) {
		return s.firstError(fmt.Errorf("client %d went away: want 0 to %d", last, len(s.fds)-1))
	}
	rest, data := strings.CutPrefix(name, "data_")
	for i := first; i <= last; i++ {
		h, fd := s.clientHost(), s.fds[i]
		if data {
			if _, err := h.Send(fd, 5); err != nil {
				return fmt.Errorf("client %d sends: %w", i, err)
			}
			s.settle()
		}
		if err := endConnection(h, fd, rest); err != nil {
			return fmt.Errorf("how %q, client %d: %w", how, i, err)
		}
		s.settle()
	}
	return s.err
}

// endConnection ends one side of a connection.
func endConnection(h *netmodel.Host, fd netmodel.FD, how string) error {
	switch how {
	case "fin", "close":
		return h.CloseSocket(fd)
	case "shutdown_wr":
		return h.Shutdown(fd, winsock.SD_SEND)
	case "shutdown_rd":
		return h.Shutdown(fd, winsock.SD_RECEIVE)
	case "shutdown_rdwr":
		return h.Shutdown(fd, winsock.SD_BOTH)
	case "rst":
		if err := h.SetSockOpt(fd, winsock.SO_LINGER, 0); err != nil {
			return err
		}
		return h.CloseSocket(fd)
	}
	return fmt.Errorf("%q is not known: want fin, close, rst, shutdown_rd, shutdown_wr or shutdown_rdwr, after data_ or all_", how)
}

// compareAccepts accepts all connections and makes the calls of the trial on them.
func (s *clients) compareAccepts(o *clientAbortObserved, c *Comparison) {
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
		state := s.serverStateOf(client)
		h := s.serverHost()
		c.equal(name+"client", m.Client, client)
		_, err = h.PeerName(fd)
		c.equal(name+"getpeername", m.PeerName, nameOf(err))
		c.equal(name+"state", m.State, state)
		c.equal(name+"poll", m.Poll, s.poll(h, fd, state))
		c.calls(name, m.calls, s.readAndWrite(h, fd))
	}
	c.equal("end", o.End, end)
}

type earlyAbortObserved struct {
	Accept  *string        `json:"accept"`
	Client  *string        `json:"client"`
	Q       *int           `json:"q"`
	Read    *string        `json:"read"`
	Stat    map[string]int `json:"stat"`
	SynRecv *int           `json:"synrecv_after"`
	Before  *int           `json:"synrecv_before"`
}

// playEarlyClientAbort: a client closes or resets a half-open connection, or an attempt
// whose SYNs are ignored. K12
func playEarlyClientAbort(profile netmodel.Profile, p *clientAbortParams, o *earlyAbortObserved, c *Comparison) error {
	cut := strings.LastIndexByte(p.How, '_')
	state, how := p.How[:max(cut, 0)], p.How[cut+1:]
	var s *clients
	switch state {
	case "halfopen":
		backlog := 5 // any number: the queue stays empty
		if p.Backlog != nil {
			backlog = *p.Backlog
		}
		s = newClients(profile, backlog)
		s.connectHalfOpen(0)
	case "syn_sent":
		var err error
		if s, err = newClientsAtFullQueue(profile, p.Backlog, o.Stat["ActiveOpens"]); err != nil {
			return err
		}
	default:
		return fmt.Errorf("how %q is not known: want halfopen_ or syn_sent_ and what the client does", p.How)
	}
	last := len(s.fds) - 1
	equalIf(c, "synrecv_before", o.Before, s.queue().HalfOpen)
	equalIf(c, "client", o.Client, s.connectResult(last))
	if err := endConnection(s.clientHost(), s.fds[last], how); err != nil {
		return fmt.Errorf("how %q: %w", p.How, err)
	}
	s.settle()
	equalIf(c, "synrecv_after", o.SynRecv, s.queue().HalfOpen)
	equalIf(c, "q", o.Q, s.queue().Complete)
	_, fd, err := s.accept()
	equalIf(c, "accept", o.Accept, nameOf(err))
	if err == nil {
		equalIf(c, "read", o.Read, s.read(s.serverHost(), fd))
	}
	c.stats(o.Stat, s.counters())
	return s.err
}

// newClientsAtFullQueue returns clients of which the last found the queue full. If the
// file lacks the backlog, the number of connects gives it.
func newClientsAtFullQueue(p netmodel.Profile, backlog *int, connects int) (*clients, error) {
	if connects < 2 && backlog == nil {
		return nil, fmt.Errorf("neither a backlog nor two connects in the counters: want one of the two, which gives the connections that fit")
	}
	n := connects - 2
	if backlog != nil {
		n = *backlog
	}
	s := newClients(p, n)
	s.connectAll(fitting(p, n)+1, 0, connectGap)
	return s, s.err
}
