package measured

import (
	"time"

	"wspsim/netmodel"
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

// playSynQueue: clients connect one after the other, and all final ACKs are lost. K3
func playSynQueue(profile netmodel.Profile, p *synQueueParams, o *synQueueObserved, c *Comparison) error {
	s, err := newTestbedWithClients(profile, p.Backlog, p.Fire, time.Microsecond)
	if err != nil {
		return err
	}
	for i := range p.Fire {
		if err := s.startHalfOpen(i, time.Duration(i)*10*time.Microsecond); err != nil {
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
	q := s.queue()
	c.equal("q", o.Q, q.Complete)
	c.equal("synrecv", o.SynRecv, q.HalfOpen)
	stat := countersOf(s.records)
	stat["CurrEstab"] = len(established) + q.Complete
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

// startHalfOpen starts the connect of a client whose final ACK is lost. It advances time
// until the SYN-ACK has arrived at the client.
func (s *testbed) startHalfOpen(client int, at time.Duration) error {
	s.start(client, at)
	latency := time.Microsecond // the one-way delay of this testbed
	if err := s.run(at + latency/2); err != nil {
		return err
	}
	s.dropFromClients(true)
	err := s.run(at + 3*latency)
	s.dropFromClients(false)
	return err
}
