package measured

import (
	"time"
)

type synQueueParams struct {
	Backlog int `json:"backlog"`
	Fire    int `json:"fire"`
}

type synQueueObserved struct {
	ClientStates        map[string]int `json:"client_states"`
	Fired               int            `json:"fired"`
	FirstNotEstablished int            `json:"first_not_established"` // -1: all are
	Q                   int            `json:"q"`
	SynRecv             int            `json:"synrecv"`
	Stat                map[string]int `json:"stat"`
}

// replaySynQueue: clients connect one after the other, and none of their final
// ACKs arrives. K3
func replaySynQueue(t *Trial, c *Comparison) error {
	p, err := decode[synQueueParams](t.Params)
	if err != nil {
		return err
	}
	o, err := decode[synQueueObserved](t.Observed)
	if err != nil {
		return err
	}
	profile, err := t.kernel()
	if err != nil {
		return err
	}
	s, err := newStage(profile, p.Backlog, p.Fire, time.Microsecond)
	if err != nil {
		return err
	}
	for i := range p.Fire {
		if err := s.beginUnacknowledged(i, time.Duration(i)*10*time.Microsecond); err != nil {
			return err
		}
	}
	if err := s.run(time.Duration(p.Fire)*10*time.Microsecond + 100*time.Millisecond); err != nil {
		return err
	}
	established := s.connected()
	states := map[string]int{"ESTABLISHED": len(established), "SYN_SENT": p.Fire - len(established)}
	c.equal("fired", o.Fired, p.Fire)
	c.equalCounts("", []string{"ESTABLISHED", "SYN_SENT"}, o.ClientStates, states)
	c.equal("first_not_established", o.FirstNotEstablished, firstMissing(established, p.Fire))
	q, half := s.queues()
	c.equal("q", o.Q, q)
	c.equal("synrecv", o.SynRecv, half)
	stat := countersOf(s.records)
	stat["CurrEstab"] = len(established) + q
	c.equalCounts("stat ", []string{
		"ActiveOpens", "PassiveOpens", "CurrEstab", "ListenDrops", "ListenOverflows",
		"TCPReqQFullDrop", "TCPReqQFullDoCookies", "SyncookiesSent", "SyncookiesRecv",
	}, o.Stat, stat)
	return nil
}

// firstMissing returns the first of the numbers below n that is not in a list, -1
// if all are.
func firstMissing(list []int, n int) int {
	in := make([]bool, n)
	for _, i := range list {
		in[i] = true
	}
	for i, ok := range in {
		if !ok {
			return i
		}
	}
	return -1
}

// equalCounts compares what two tables say under some names; what is missing from
// a table is 0, as in the measurements.
func (c *Comparison) equalCounts(prefix string, names []string, measured, modelled map[string]int) {
	for _, name := range names {
		c.equal(prefix+name, measured[name], modelled[name])
	}
}

// beginUnacknowledged lets a client connect whose SYN arrives and whose final
// ACK is lost. Time passes until the SYN-ACK has come back to it.
func (s *stage) beginUnacknowledged(client int, at time.Duration) error {
	s.begin(client, at)
	latency := time.Microsecond // of a stage on the loopback
	if err := s.run(at + latency/2); err != nil {
		return err
	}
	s.loseAcks(true)
	err := s.run(at + 3*latency)
	s.loseAcks(false)
	return err
}

// loseAcks loses everything that clients send from now on, or nothing any more.
func (s *stage) loseAcks(lose bool) { s.net.CutOneWay(s.crowd, s.server, lose) }

// queues returns how many connections are complete and how many half-open.
func (s *stage) queues() (q, half int) {
	entries, _ := s.host().Queue(s.fd)
	return entries.Complete, entries.HalfOpen
}
