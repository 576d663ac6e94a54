package measured

import (
	"slices"
	"strings"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
)

func fillReplayers() []replayer {
	return []replayer{{"fill", "linux", replayFill}}
}

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
	EstablishedReset    int            `json:"established_then_reset"`
}

// replayFill: clients connect one after the other, nobody accepts. K1, K2, K5
func replayFill(t *Trial, c *Comparison) error {
	p, err := decode[fillParams](t.Params)
	if err != nil {
		return err
	}
	o, err := decode[fillObserved](t.Observed)
	if err != nil {
		return err
	}
	profile, err := t.kernel()
	if err != nil {
		return err
	}
	s, err := newStage(profile, p.Backlog, o.Fired, time.Microsecond)
	if err != nil {
		return err
	}
	for i := range o.Fired {
		s.begin(i, time.Duration(i)*10*time.Microsecond)
	}
	if err := s.run(time.Duration(o.Fired)*10*time.Microsecond + 200*time.Millisecond); err != nil {
		return err
	}
	recvq, sendq := s.queue()
	established := s.connected()
	first := 0
	for first < len(established) && established[first] == first {
		first++
	}
	stat := countersOf(s.records)
	c.equal("recvq", o.RecvQ, recvq)
	c.equal("sendq", o.SendQ, sendq)
	c.equal("first_not_established", o.FirstNotEstablished, first)
	c.equal("SYN_SENT", o.ClientStates["SYN_SENT"], o.Fired-len(established))
	for _, name := range []string{"ListenOverflows", "ListenDrops", "PassiveOpens", "ActiveOpens"} {
		c.equal("stat "+name, o.Stat[name], stat[name])
	}
	if p.CloseClients == 0 { // otherwise they were reset to spare memory
		c.equal("ESTABLISHED", o.ClientStates["ESTABLISHED"], len(established))
		order := s.accept()
		c.equal("accepted", o.Accepted, len(order))
		c.equal("fifo", o.FIFO, slices.IsSorted(order))
	}
	return nil
}

// countersOf counts what the kernel of server and clients counts, by the names of
// nstat without their prefixes: in the experiments both are one kernel.
func countersOf(records []netmodel.Record) map[string]int {
	var c trace.Counters
	for _, r := range records {
		c.Note(r)
	}
	out := map[string]int{}
	for _, n := range c.List() {
		out[strings.TrimPrefix(strings.TrimPrefix(n.Name, "TcpExt"), "Tcp")] = n.Value
	}
	return out
}
