package measured

import (
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
)

type reuseportObserved struct {
	Q1      int            `json:"q1"`
	Q2      int            `json:"q2"`
	Results map[string]int `json:"results_40_connects"`
	Close   struct {
		Reset int `json:"clients_reset"`
		Q2    int `json:"q2"`
	} `json:"after_close_first"`
	Later struct {
		Q2      int            `json:"q2"`
		Results map[string]int `json:"results"`
	} `json:"after_1300ms"`
	Stat map[string]int `json:"stat"`
}

// playReuseport: two listeners share an address and 40 clients connect. Then the program
// closes the first listener. K15
func playReuseport(profile netmodel.Profile, p *backlogParams, o *reuseportObserved, c *Comparison) error {
	return anyPhase(c, profile, func(profile netmodel.Profile, c *Comparison) error {
		return playReuseportOnce(profile, p.Backlog, o, c)
	})
}

func playReuseportOnce(profile netmodel.Profile, backlog int, o *reuseportObserved, c *Comparison) error {
	s := clientsOn(newTestbed(profile, 0))
	var pair [2]netmodel.FD
	for i := range pair {
		fd, err := s.serverHost().Socket(winsock.SOCK_STREAM)
		if err == nil {
			err = s.serverHost().SetSockOpt(fd, winsock.SO_REUSEPORT, 1)
		}
		if err == nil {
			err = s.serverHost().Bind(fd, netmodel.Addr{Port: 80})
		}
		if err == nil {
			err = s.serverHost().Listen(fd, backlog)
		}
		if err != nil {
			return err
		}
		pair[i] = fd
	}
	s.connectAll(40, 0, connectGap)
	c.equal("q1", o.Q1, s.pendingAt(pair[0]))
	c.equal("q2", o.Q2, s.pendingAt(pair[1]))
	c.equal("results_40_connects", o.Results, s.connectResults())
	before := s.ends.resetClients()
	if err := s.serverHost().CloseSocket(pair[0]); err != nil {
		return err
	}
	s.settle()
	c.equal("after_close_first clients_reset", o.Close.Reset, s.ends.resetClients()-before)
	c.equal("after_close_first q2", o.Close.Q2, s.pendingAt(pair[1]))
	s.advance(1300 * time.Millisecond)
	c.equal("after_1300ms q2", o.Later.Q2, s.pendingAt(pair[1]))
	c.equal("after_1300ms results", o.Later.Results, s.connectResults())
	c.stats(o.Stat, s.counters())
	return s.err
}

// pendingAt returns Recv-Q of a listener.
func (s *clients) pendingAt(fd netmodel.FD) int {
	q, _ := s.serverHost().Queue(fd)
	return q.Complete
}
