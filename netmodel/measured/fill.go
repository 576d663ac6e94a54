package measured

import (
	"slices"
	"time"

	"wspsim/netmodel"
)

type fillParams struct {
	Backlog      int `json:"backlog"`
	CloseClients int `json:"close_clients"`
}

type fillObserved struct {
	Accepted            int            `json:"accepted"`
	ClientStates        map[string]int `json:"client_states"`
	FIFO                bool           `json:"fifo"`
	Fired               int            `json:"fired"`
	FirstNotEstablished int            `json:"first_not_established"`
	RecvQ               int            `json:"recvq"`
	SendQ               int            `json:"sendq"`
	Stat                map[string]int `json:"stat"`
	_                   struct{}       `unread:"drain_end=text elapsed_ms=number established_then_reset=number listen0=queue results=counts server_states=counts ss=queue"`
}

// playFill: clients connect one after the other, and the program does not accept.
// K1, K2, K5
func playFill(profile netmodel.Profile, p *fillParams, o *fillObserved, c *Comparison) error {
	s, err := newTestbedWithClients(profile, p.Backlog, o.Fired, time.Microsecond)
	if err != nil {
		return err
	}
	for i := range o.Fired {
		s.start(i, time.Duration(i)*10*time.Microsecond)
	}
	if err := s.run(time.Duration(o.Fired)*10*time.Microsecond + 200*time.Millisecond); err != nil {
		return err
	}
	established := s.connected()
	first := 0
	for first < len(established) && established[first] == first {
		first++
	}
	stat := countersOf(s.records)
	c.equal("recvq", o.RecvQ, s.queue().Complete)
	c.equal("sendq", o.SendQ, s.queue().Effective)
	c.equal("first_not_established", o.FirstNotEstablished, first)
	c.equal("SYN_SENT", o.ClientStates["SYN_SENT"], o.Fired-len(established))
	c.equalCounts("stat ", []string{"ListenOverflows", "ListenDrops", "PassiveOpens", "ActiveOpens"}, o.Stat, stat)
	if p.CloseClients == 0 { // otherwise they were reset to spare memory
		c.equal("ESTABLISHED", o.ClientStates["ESTABLISHED"], len(established))
		order := s.acceptAll()
		c.equal("accepted", o.Accepted, len(order))
		c.equal("fifo", o.FIFO, slices.IsSorted(order))
	}
	return nil
}
