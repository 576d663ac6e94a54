package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type synScheduleParams struct {
	UserTimeout int    `json:"TCP_USER_TIMEOUT"` // milliseconds, 0 = not set
	SynCount    *uint8 `json:"TCP_SYNCNT"`       // instead of net.ipv4.tcp_syn_retries
	Clients     int    `json:"clients"`
	How         string `json:"how"` // full_queue: the listener ignores the SYNs; nft_drop: no SYN arrives
}

type synScheduleObserved struct {
	Clients []wireClient   `json:"clients"`
	Stat    map[string]int `json:"stat"`
}

// playSynSchedule: no SYN of the clients is answered, until connect fails. The counters of
// the file start at the first client.
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
	s.connectEach(o.Clients)
	s.advance(lastSeen(o.Clients))
	c.equal("clients", p.Clients, len(o.Clients))
	for i, w := range o.Clients {
		s.compareFailing(c, before+i, &w)
	}
	c.stats(o.Stat, s.countersFrom(counted))
	return s.err
}

// failChain is the timer of the client's SYNs to the end of connect.
func (w *wireClient) failChain(s netmodel.Schedule) timerChain {
	c := w.synChain(s)
	c.limit = s.Limit
	if w.Fail != nil {
		c.waits = append(c.waits, s.Wait(uint8(len(c.waits))))
		c.fired = append(c.fired, w.start()+milliseconds(*w.Fail))
	}
	return c
}

// newUnanswered returns clients whose SYNs are not answered, and how many clients fill the
// queue.
func newUnanswered(p netmodel.Profile, how string) (s *clients, before int, err error) {
	s = newClients(p, 0)
	switch how {
	case "nft_drop":
		s.dropFromClients(true)
	case "full_queue":
		before = fitting(p, 0)
	default:
		return nil, 0, fmt.Errorf("how %q is not known: want full_queue or nft_drop", how)
	}
	s.connectAll(before, 0, 0)
	return s, before, s.err
}

// compareFailing compares the SYNs of a client and the end of its connect.
func (s *clients) compareFailing(c *Comparison, client int, w *wireClient) {
	s.compareRetransmittedSyns(c, client, w.Syn)
	c.equal("res", w.Result, s.connectResult(client))
	if w.Fail == nil {
		return
	}
	a := s.attempt(client)
	if a.result == "" {
		c.equal("fail_rel_ms", *w.Fail, "never")
		return
	}
	c.near("fail_rel_ms", *w.Fail, inMilliseconds(a.done-w.start()), synTolerance)
}

// countersFrom returns the counters from a record on. It adds a counter that the model does
// not have, of the connects that fail with ETIMEDOUT.
func (s *clients) countersFrom(from int) map[string]int {
	n := countersOf(s.records[from:])
	n["TCPAbortOnTimeout"] = 0
	for _, r := range s.records[from:] {
		if r.Kind == netmodel.ConnectFailed && r.Errno == winsock.WSAETIMEDOUT {
			n["TCPAbortOnTimeout"]++
		}
	}
	return n
}

type synAckScheduleParams struct {
	_ struct{} `unread:"watch_ms=number"`
}

type synAckScheduleObserved struct {
	_ struct{} `unread:"client=text"` // whether the program looked at the result of connect

	State  string    `json:"client_state_then"`
	Read   string    `json:"read_then"`
	Gone   float64   `json:"request_gone_ms"` // when the program looked and did not find it
	Resets []float64 `json:"rst_ms"`
	SynAck []float64 `json:"synack_rel_ms"`
	Write  string    `json:"write_then"`
}

// pollTolerance is the largest delay of request_gone_ms, in milliseconds. The program
// looked for the request again and again, and each look takes time.
const pollTolerance = 400.0

// playSynAckSchedule: the final ACK of a client never arrives, until the server removes the
// half-open connection. Then the client, which is a phantom, writes. The file lacks the
// instant of the write. The replay takes that of the RST, which follows at once on a
// loopback. K6
func playSynAckSchedule(profile netmodel.Profile, p *synAckScheduleParams, o *synAckScheduleObserved, c *Comparison) error {
	profile.Timers.Phase = phaseOfChains(profile.Timers, []timerChain{o.chain(profile.SynAck)}, synToleranceDuration())
	s := newClients(profile, 5)
	s.connectHalfOpen(0)
	s.dropFromClients(true)
	writes := milliseconds(o.Gone)
	if len(o.Resets) > 0 {
		writes = milliseconds(o.Resets[0])
	}
	s.advance(writes)
	s.dropFromClients(false)
	a := s.attempt(0)
	c.instants("synack_rel_ms", o.SynAck, a.synAcks, synTolerance)
	c.seenLate("request_gone_ms", o.Gone, a.forgotten)
	c.equal("client_state_then", o.State, s.stateOf(0))
	c.equal("write_then", o.Write, s.write(s.clientHost(), s.fds[0], 1))
	c.equal("read_then", o.Read, s.read(s.clientHost(), s.fds[0]))
	c.instants("rst_ms", o.Resets, a.resets, synTolerance)
	return s.err
}

// chain is the timer of the SYN-ACKs and of the end of the half-open connection.
func (o *synAckScheduleObserved) chain(s netmodel.Schedule) timerChain {
	w := wireClient{SynAck: o.SynAck}
	c := w.synAckChain(s)
	c.waits = append(c.waits, s.Wait(uint8(len(c.waits))))
	c.fired = append(c.fired, milliseconds(o.Gone))
	c.late = milliseconds(pollTolerance)
	return c
}

// seenLate compares an instant that was observed up to pollTolerance late, and never
// early. A modelled instant of 0 means never.
func (c *Comparison) seenLate(name string, measured float64, modelled time.Duration) {
	f := Field{Name: name, Measured: fmt.Sprintf("%.1f", measured), Modelled: "never", Tolerance: fmt.Sprintf("seen up to %g ms late", pollTolerance)}
	if modelled > 0 {
		late := measured - inMilliseconds(modelled)
		f.Modelled = fmt.Sprintf("%.1f", inMilliseconds(modelled))
		f.Agrees = -synTolerance <= late && late <= pollTolerance
	}
	c.Fields = append(c.Fields, f)
}
