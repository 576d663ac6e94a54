package measured

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type netstackRelisten struct {
	Before    map[string]int `json:"before"`
	After     map[string]int `json:"after_one_round"`
	Queue     []int          `json:"queue_then"`
	Relisten  string         `json:"relisten"`
	WhenEmpty string         `json:"relisten_when_empty"`
	End       string         `json:"end"`
	Stat      map[string]int `json:"stat"`
}

// playNetstackRelisten: the queue is full, clients wait, and the program calls Listen
// again. It calls Listen a last time when the queue is empty.
func playNetstackRelisten(profile netmodel.Profile, p *netstackParams, o *netstackRelisten, c *Comparison) error {
	s, err := newNetstackClients(profile, p.Backlog, total(o.Before))
	if err != nil {
		return err
	}
	c.equal("before", o.Before, s.netstackStates())
	c.equal("relisten", netstackError(o.Relisten), netstackName(nameOf(s.serverHost().Listen(s.fd, p.Backlog2))))
	s.advance(1500 * time.Millisecond) // every SYN was sent again once, at 1 s
	stat := netstackStat(s.records, s.serverID)
	c.equal("after_one_round", o.After, s.netstackStates())
	order, end := s.acceptAll()
	c.equal("queue_then", o.Queue, order)
	if slices.Equal(sorted(o.Queue), sorted(order)) {
		c.because(raceForOrder)
	}
	c.equal("end", netstackError(o.End), netstackName(end))
	c.equal("relisten_when_empty", netstackError(o.WhenEmpty), netstackName(nameOf(s.serverHost().Listen(s.fd, p.Backlog2))))
	c.netstackStats(o.Stat, stat, "")
	return s.err
}

// newNetstackClients makes clients connect one after the other.
func newNetstackClients(profile netmodel.Profile, backlog, clients int) (*clients, error) {
	if clients < 0 || clients > maxConnects {
		return nil, errTooMany(clients, maxConnects)
	}
	s := newClients(profile, backlog)
	s.connectAll(clients, 0, 3*time.Millisecond)
	return s, s.err
}

func total(counts map[string]int) int {
	n := 0
	for _, k := range counts {
		n += k
	}
	return n
}

type netstackAbort struct {
	Accepts []struct {
		Client int    `json:"client"`
		State  string `json:"state"`
		calls
	} `json:"accepts"`
	Before map[string]int `json:"before"`
	End    string         `json:"end"`
	Waiter string         `json:"waiter"`
	Later  string         `json:"waiter_after_1500ms"`
}

// playNetstackAbort: the queue is full, and the second client closes or resets its
// connection. Another client connects. Then the program accepts all connections.
func playNetstackAbort(profile netmodel.Profile, p *netstackParams, o *netstackAbort, c *Comparison) error {
	queued := total(o.Before)
	s, err := newNetstackClients(profile, queued, queued)
	if err != nil {
		return err
	}
	if queued < 2 {
		return fmt.Errorf("%d clients: want at least 2, because the second closes its connection", queued)
	}
	c.equal("before", o.Before, s.netstackStates())
	if p.How != "fin" && p.How != "rst" {
		return fmt.Errorf("how is %q: want \"fin\" or \"rst\": %w", p.How, ErrNotModelled)
	}
	if err := s.closeClients(p.How, 1, queued); err != nil {
		return err
	}
	s.connect(s.now() + time.Millisecond)
	c.equal("waiter", o.Waiter, netstackState(s.stateOf(queued)))
	s.advance(s.now() + 1500*time.Millisecond)
	c.equal("waiter_after_1500ms", o.Later, netstackState(s.stateOf(queued)))
	var measuredOrder []int
	for _, a := range o.Accepts {
		measuredOrder = append(measuredOrder, a.Client)
	}
	order, taken, last := s.acceptAllKeeping()
	c.equal("accept order", measuredOrder, order)
	if slices.Equal(sorted(measuredOrder), sorted(order)) {
		c.because(raceForOrder)
	}
	c.equal("end", netstackError(o.End), netstackName(last))
	for _, a := range o.Accepts {
		name := fmt.Sprintf("client %d ", a.Client)
		fd, ok := taken[a.Client]
		if !ok {
			c.equal(name+"accepted", true, false)
			continue
		}
		c.equal(name+"state", a.State, netstackState(s.serverStateOf(a.Client)))
		got := s.readAndWrite(s.serverHost(), fd)
		c.calls(name, calls{netstackError(a.Read), netstackError(a.Read2), netstackError(a.Write)},
			calls{netstackName(got.Read), netstackName(got.Read2), netstackName(got.Write)})
	}
	return s.err
}

type netstackClose struct {
	At      float64          `json:"at_ms"`
	Before  map[string]int   `json:"before"`
	Soon    map[string]int   `json:"after_100ms"`
	Later   map[string]int   `json:"after_2s"`
	Clients []netstackClient `json:"clients"`
	Reads   []string         `json:"reads"`
	// The trials with how = "close" may lack these.
	Shutdown string `json:"shutdown"`
	Accept   string `json:"accept_after_shutdown"`
	Again    string `json:"listen_again"`
	Drain    []int  `json:"drain"`
	End      string `json:"end"`
}

type netstackClient struct {
	Number   int       `json:"i"`
	Error    string    `json:"last_error"`
	Resets   []float64 `json:"rst_ms"`
	State    string    `json:"state"`
	Syns     []float64 `json:"syn_ms"`
	SynAcks  []float64 `json:"synack_ms"`
	FailedAt float64   `json:"fail_ms"`
}

// playNetstackClose: the queue is full, clients wait, and the program closes the listener
// or shuts it down.
func playNetstackClose(profile netmodel.Profile, p *netstackParams, o *netstackClose, c *Comparison) error {
	s := newClients(profile, o.Before["ESTABLISHED"])
	for i, client := range o.Clients { // the instants of the first SYNs are inputs
		if len(client.Syns) == 0 || client.Number != i {
			return fmt.Errorf("client %d of number %d with %d SYNs: want them in order, and at least one SYN", i, client.Number, len(client.Syns))
		}
		s.connect(max(s.now(), milliseconds(client.Syns[0])))
	}
	s.advance(milliseconds(o.At))
	c.equal("before", o.Before, s.netstackStates())
	if err := s.endNetstackListener(p.How, o, c); err != nil {
		return err
	}
	s.advance(milliseconds(o.At) + 100*time.Millisecond)
	c.equal("after_100ms", o.Soon, s.netstackStates())
	s.advance(milliseconds(o.At) + 2*time.Second)
	c.equal("after_2s", o.Later, s.netstackStates())
	for _, client := range o.Clients {
		s.compareNetstackClient(client, c)
	}
	if len(o.Reads) > len(s.fds) {
		return s.firstError(fmt.Errorf("%d reads of %d clients", len(o.Reads), len(s.fds)))
	}
	for i, read := range o.Reads {
		first, second, _ := strings.Cut(read, " / write ")
		c.equal(fmt.Sprintf("client %d read", i), netstackError(first), netstackName(s.read(s.clientHost(), s.fds[i])))
		c.equal(fmt.Sprintf("client %d write", i), netstackError(second), netstackName(s.write(s.clientHost(), s.fds[i], 1)))
	}
	s.listenAgainOnNetstack(o, c)
	return s.err
}

// endNetstackListener closes the listener or shuts it down.
func (s *clients) endNetstackListener(how string, o *netstackClose, c *Comparison) error {
	switch how {
	case "close":
		if err := s.serverHost().CloseSocket(s.fd); err != nil {
			return err
		}
	case "shutdown":
		c.equal("shutdown", netstackError(o.Shutdown), netstackName(nameOf(s.serverHost().Shutdown(s.fd, winsock.SD_RECEIVE))))
	default:
		return fmt.Errorf("how is %q: want \"close\" or \"shutdown\": %w", how, ErrNotModelled)
	}
	if o.Accept != "" {
		_, err := s.serverHost().Accept(s.fd)
		c.equal("accept_after_shutdown", netstackError(o.Accept), netstackName(nameOf(err)))
	}
	s.settle()
	return s.err
}

// listenAgainOnNetstack calls Listen again on the socket if the trial did.
func (s *clients) listenAgainOnNetstack(o *netstackClose, c *Comparison) {
	if o.Again != "" {
		c.equal("listen_again", netstackError(o.Again), netstackName(nameOf(s.serverHost().Listen(s.fd, o.Before["ESTABLISHED"]))))
	}
	if o.End != "" {
		order, end := s.acceptAll()
		c.equal("drain", o.Drain, order)
		c.equal("end", netstackError(o.End), netstackName(end))
	}
	s.settle()
}

// compareNetstackClient compares the segments and the result of one client.
func (s *clients) compareNetstackClient(m netstackClient, c *Comparison) {
	name := fmt.Sprintf("client %d ", m.Number)
	c.instants(name+"syn_ms", m.Syns, s.attempt(m.Number).syns, netstackDelay)
	c.instants(name+"rst_ms", m.Resets, s.attempt(m.Number).resets, netstackDelay)
	answered := 0
	if s.connectResult(m.Number) == "OK" {
		answered = 1
	}
	c.equal(name+"synack_ms times", len(m.SynAcks), answered)
	c.equal(name+"state", m.State, netstackState(s.stateOf(m.Number)))
	c.equal(name+"last_error", netstackError(m.Error), netstackName(s.connectResult(m.Number)))
}

// playNetstackSyns: no SYN of a client is answered. The setting syn_retries changes
// nothing.
func playNetstackSyns(profile netmodel.Profile, p *netstackParams, o *netstackClient, c *Comparison) error {
	if len(o.Syns) == 0 {
		return fmt.Errorf("no SYN: want at least one")
	}
	s := newClients(profile, 0)
	s.dropFromClients(true)
	s.connect(milliseconds(o.Syns[0]))
	s.advance(5 * time.Minute)
	o.Number = 0
	s.compareNetstackClient(*o, c)
	c.near("fail_ms", o.FailedAt, inMilliseconds(s.attempt(0).done), netstackDelay)
	return s.err
}
