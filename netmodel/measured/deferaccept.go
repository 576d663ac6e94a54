package measured

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type deferParams struct {
	Backlog int     `json:"backlog"`
	Seconds float64 `json:"defer_s"`
}

type deferObserved struct {
	Samples []deferSample `json:"samples"`
	Silent  struct {
		deferSample
		Stat map[string]int `json:"stat"`
	} `json:"silent"`
	AfterOneSent deferSample    `json:"after_one_sent"`
	Stat         map[string]int `json:"stat"`
	Wire         []wireClient   `json:"wire"`
}

type deferSample struct {
	At           float64        `json:"t_ms"`
	Q            int            `json:"q"`
	SynRecv      int            `json:"synrecv"`
	ClientStates map[string]int `json:"client_states"`
}

// playDeferAccept: clients of a listener with TCP_DEFER_ACCEPT send no data. Then one of
// them does. K14
//
// Two facts are not in the files and follow from the counters. The sending client is one
// whose SYN was stored, because its data was sent again six times and found the queue full
// seven times. Every such client gives the same numbers. It sends right after the last
// sample, and the program reads the counters seconds later. Six retransmissions take 6.4 s
// and a seventh would take 12.9 s. No SYN was sent after 7.3 s.
func playDeferAccept(profile netmodel.Profile, p *deferParams, o *deferObserved, c *Comparison) error {
	if len(o.Wire) == 0 {
		return errEmptyList("observed.wire")
	}
	var seen []timerChain
	for _, w := range o.Wire {
		seen = append(seen, w.synChain(profile.Client.Syn), w.deferredChain(profile.SynAck, p.Seconds))
	}
	profile.Timers.Phase = phaseOfChains(profile.Timers, seen, synToleranceDuration())
	s := newClients(profile, p.Backlog)
	if err := s.serverHost().SetSockOpt(s.fd, winsock.TCP_DEFER_ACCEPT, int(p.Seconds)); err != nil {
		return err
	}
	s.connectEach(o.Wire)
	s.compareSilent(o, c)
	s.write(s.clientHost(), s.fds[0], 1)
	s.compareSample(c, "after_one_sent ", &o.AfterOneSent)
	s.advance(max(lastSeen(o.Wire), countedAfter))
	s.compareWire(c, 0, o.Wire, "res")
	delete(o.Stat, synChallenge)
	c.stats(o.Stat, s.counters())
	return s.err
}

// countedAfter is the earliest instant at which the program read the counters.
const countedAfter = 8 * time.Second

// deferredChain is the timer of the SYN-ACKs to a client whose ACK was deferred. The first
// firings have no observation.
func (w *wireClient) deferredChain(s netmodel.Schedule, seconds float64) timerChain {
	c := timerChain{}
	if len(w.SynAck) == 0 {
		return c
	}
	c.set = milliseconds(w.SynAck[0])
	waited, k := s.Wait(0), 0
	for ; waited.Seconds() < seconds && k < 30; k++ {
		c.waits = append(c.waits, s.Wait(uint8(k)))
		c.fired = append(c.fired, notObserved)
		waited += s.Wait(uint8(k + 1))
	}
	for _, at := range w.SynAck[1:] {
		c.waits = append(c.waits, s.Wait(uint8(k)))
		c.fired = append(c.fired, milliseconds(at))
		k++
	}
	return c
}

// compareSilent compares the queues before any client sends data.
func (s *clients) compareSilent(o *deferObserved, c *Comparison) {
	for _, sample := range o.Samples {
		s.advance(milliseconds(sample.At))
		s.compareSample(c, "samples ", &sample)
	}
	s.compareSample(c, "silent ", &o.Silent.deferSample)
	delete(o.Silent.Stat, synChallenge)
	c.stats(o.Silent.Stat, s.counters())
}

// compareSample compares the queues and the states of the clients.
func (s *clients) compareSample(c *Comparison, name string, m *deferSample) {
	q := s.queue()
	c.equal(name+"q", m.Q, q.Complete)
	c.equal(name+"synrecv", m.SynRecv, q.HalfOpen)
	if m.ClientStates != nil {
		c.equal(name+"client_states", m.ClientStates, s.ends.count(s.clientsID))
	}
}
