package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

type synScheduleParams struct {
	UserTimeout int    `json:"TCP_USER_TIMEOUT"` // ms; 0 = not set
	SynCount    *uint8 `json:"TCP_SYNCNT"`       // instead of net.ipv4.tcp_syn_retries
	Clients     int    `json:"clients"`
	How         string `json:"how"` // full_queue: the listener ignores them; nft_drop: nothing gets there
}

type synScheduleObserved struct {
	Clients []wireClient   `json:"clients"`
	Stat    map[string]int `json:"stat"`
}

// replaySynSchedule: clients whose SYNs nobody answers, until connect fails. What
// is counted before the first of them begins is not in the file.
func playSynSchedule(profile netmodel.Profile, p *synScheduleParams, o *synScheduleObserved, c *Comparison) error {
	syn := &profile.Client.Syn
	syn.Limit = time.Duration(p.UserTimeout) * time.Millisecond
	if p.SynCount != nil {
		syn.Retries = *p.SynCount
	}
	var seen []timerChain
	for _, w := range o.Clients {
		seen = append(seen, w.failChain(*syn))
	}
	profile.Timers.Phase = phaseOfChains(profile.Timers, seen, synToleranceDuration())
	s, before, err := newUnanswered(profile, p.How)
	if err != nil {
		return err
	}
	counted := len(s.records)
	for _, w := range o.Clients {
		if err := s.connect(w.begin()); err != nil {
			return err
		}
	}
	if err := s.advance(lastSeen(o.Clients)); err != nil {
		return err
	}
	c.equal("clients", p.Clients, len(o.Clients))
	for i, w := range o.Clients {
		s.compareFailing(c, before+i, &w)
	}
	c.stats(o.Stat, s.countersFrom(counted))
	return nil
}

// failChain is the timer of the client's SYNs to the end of connect.
func (w *wireClient) failChain(s netmodel.Schedule) timerChain {
	c := w.synChain(s)
	c.limit = s.Limit
	if w.Fail != nil {
		c.waits = append(c.waits, s.Wait(uint8(len(c.waits))))
		c.fired = append(c.fired, w.begin()+milliseconds(*w.Fail))
	}
	return c
}

// newDeadEnd returns a crew whose calls nobody answers, and how many clients it
// has by then.
func newUnanswered(p netmodel.Profile, how string) (s *clients, before int, err error) {
	if s, err = newClients(p, 0); err != nil {
		return nil, 0, err
	}
	switch how {
	case "nft_drop":
		s.net.CutOneWay(s.clientsID, s.serverID, true)
		return s, 0, s.settle()
	case "full_queue":
		fits := p.AtSyn.Of(p.Backlog.Effective(0))
		return s, fits, s.connectAll(fits, 0, 0)
	}
	return nil, 0, fmt.Errorf("how %q is not known: want full_queue or nft_drop", how)
}

// lastSeen returns an instant after everything that was seen of clients.
func lastSeen(clients []wireClient) time.Duration {
	last := time.Duration(0)
	for _, w := range clients {
		last = max(last, w.begin())
		for _, at := range w.Syn {
			last = max(last, milliseconds(at))
		}
		for _, at := range w.SynAck {
			last = max(last, milliseconds(at))
		}
		if w.Done != nil {
			last = max(last, milliseconds(*w.Done))
		}
	}
	return last + 2*synToleranceDuration()
}

// compareFailing compares the SYNs of a client and the end of its connect.
func (s *clients) compareFailing(c *Comparison, client int, w *wireClient) {
	s.compareSynsSentAgain(c, client, w.Syn)
	c.equal("res", w.Result, s.connectResult(client))
	if w.Fail == nil {
		return
	}
	at, failed := s.ends.done[attemptOf(client)]
	if !failed {
		c.equal("fail_rel_ms", *w.Fail, "never")
		return
	}
	c.near("fail_rel_ms", *w.Fail, inMilliseconds(at-w.begin()), synTolerance)
}

// deltas returns what was counted from a record on, and with it a counter that
// the model does not have: every connect that fails for want of an answer counts
// in it, once.
func (s *clients) countersFrom(from int) map[string]int {
	n := countersOf(s.records[from:])
	n["TCPAbortOnTimeout"] = 0
	for _, r := range s.records[from:] {
		if r.Kind == netmodel.ConnectFailed && r.Errno == netmodel.WSAETIMEDOUT {
			n["TCPAbortOnTimeout"]++
		}
	}
	return n
}

type synAckScheduleParams struct {
	_ struct{} `unread:"watch_ms"`
}

type synAckScheduleObserved struct {
	_ struct{} `unread:"client"` // whether the result of connect had been looked at

	State  string    `json:"client_state_then"`
	Read   string    `json:"read_then"`
	Gone   float64   `json:"request_gone_ms"` // when it was looked for and not found
	Resets []float64 `json:"rst_ms"`
	SynAck []float64 `json:"synack_rel_ms"`
	Write  string    `json:"write_then"`
}

// pollTolerance is how late it was seen that a request was gone, in milliseconds:
// it was looked for again and again, and looking takes its time.
const pollTolerance = 400.0

// replaySynAckSchedule: a connection whose final ACK never arrives, until the
// server forgets it; then the client, which knows nothing of that, writes. When it
// wrote is not in the file: the instant of the RST is taken, which on a loopback
// follows at once. "client" says whether the result of connect had been looked at
// and is left out. K6
func playSynAckSchedule(profile netmodel.Profile, p *synAckScheduleParams, o *synAckScheduleObserved, c *Comparison) error {
	profile.Timers.Phase = phaseOfChains(profile.Timers, []timerChain{o.chain(profile.SynAck)}, synToleranceDuration())
	s, err := newClients(profile, 5)
	if err != nil {
		return err
	}
	if err := s.connectHalfOpen(0); err != nil {
		return err
	}
	s.net.CutOneWay(s.clientsID, s.serverID, true)
	writes := milliseconds(o.Gone)
	if len(o.Resets) > 0 {
		writes = milliseconds(o.Resets[0])
	}
	if err := s.advance(writes); err != nil {
		return err
	}
	s.net.CutOneWay(s.clientsID, s.serverID, false)
	passed := answersIn(s.records)
	c.instants("synack_rel_ms", o.SynAck, passed.synAcks[attemptOf(0)], synTolerance)
	c.seenLate("request_gone_ms", o.Gone, passed.forgotten, attemptOf(0))
	c.equal("client_state_then", o.State, s.stateOf(0))
	wrote, err := s.write(s.clientHost(), s.fds[0])
	if err != nil {
		return err
	}
	c.equal("write_then", o.Write, wrote)
	c.equal("read_then", o.Read, s.read(s.clientHost(), s.fds[0]))
	c.instants("rst_ms", o.Resets, s.ends.resets[attemptOf(0)], synTolerance)
	return nil
}

// chain is the timer of the SYN-ACKs to the end of the request.
func (o *synAckScheduleObserved) chain(s netmodel.Schedule) timerChain {
	w := wireClient{SynAck: o.SynAck}
	c := w.synAckChain(s)
	c.waits = append(c.waits, s.Wait(uint8(len(c.waits))))
	c.fired = append(c.fired, milliseconds(o.Gone))
	c.late = milliseconds(pollTolerance)
	return c
}

// seenLate compares an instant that was observed up to pollTolerance late, and
// cannot have been observed early.
func (c *Comparison) seenLate(name string, measured float64, modelled map[netmodel.ConnID]time.Duration, conn netmodel.ConnID) {
	f := Field{Name: name, Measured: fmt.Sprintf("%.1f", measured), Modelled: "never", Tolerance: fmt.Sprintf("seen up to %g ms late", pollTolerance)}
	if at, ok := modelled[conn]; ok {
		late := measured - inMilliseconds(at)
		f.Modelled = fmt.Sprintf("%.1f", inMilliseconds(at))
		f.Agrees = -synTolerance <= late && late <= pollTolerance
	}
	c.Fields = append(c.Fields, f)
}
