package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

type relistenParams struct {
	Backlog    int      `json:"backlog"`
	Backlog2   int      `json:"backlog2"`
	Waiting    int      `json:"waiting"`
	Relisten   *int     `json:"relisten"`       // 0: listen is not called again
	Somaxconn2 *int     `json:"somaxconn2"`     // set before the second listen
	_          struct{} `unread:"steps=number"` // the number of accepts
}

type relistenObserved struct {
	QFull         ssQueue        `json:"q_full"`
	QBefore       ssQueue        `json:"q_before"`
	QAfter        ssQueue        `json:"q_after"`
	QAfter2       ssQueue        `json:"q_after_2_rounds"`
	Relisten      string         `json:"relisten"`
	RelistenAt    float64        `json:"relisten_at_ms"`
	ResultsAfter2 map[string]int `json:"results_after_2_rounds"`
	FinalResults  map[string]int `json:"final_results"`
	ResetsSent    int            `json:"rst_sent_by_server"`
	Drain         struct {
		Order []int  `json:"accept_order"`
		End   string `json:"end"`
	} `json:"drain"`
	Steps []relistenStep `json:"steps"`
}

// relistenStep is one accept and its effects. The last accept finds an empty queue, and its
// established_total is 0: the trial did not count the clients.
type relistenStep struct {
	At          float64 `json:"t_ms"`
	Client      int     `json:"client"`
	QAccept     int     `json:"q_after_accept"`
	QLater      int     `json:"q_after_1100ms"`
	Established int     `json:"established_total"`
}

// twoRounds is the time from the second listen to the look at the results: t_ms of the
// first step minus relisten_at_ms. By then every SYN was sent again twice.
const twoRounds = 2300 * time.Millisecond

// playRelisten: the queue is full, clients wait, and the program calls listen again. K10
func playRelisten(profile netmodel.Profile, p *relistenParams, o *relistenObserved, c *Comparison) error {
	return anyPhase(c, profile, func(profile netmodel.Profile, c *Comparison) error {
		return playRelistenOnce(profile, p, o, c)
	})
}

func playRelistenOnce(profile netmodel.Profile, p *relistenParams, o *relistenObserved, c *Comparison) error {
	s := newClients(profile, p.Backlog)
	s.connectAll(fitting(profile, p.Backlog), 0, connectGap)
	c.compareQueue("q_full", o.QFull, s.queue())
	s.connectAll(p.Waiting, s.now()+connectGap, connectGap)
	s.advance(milliseconds(o.RelistenAt))
	c.compareQueue("q_before", o.QBefore, s.queue())
	again, err := relistenWith(s, profile, p)
	if err != nil {
		return err
	}
	c.equal("relisten", o.Relisten, again)
	c.compareQueue("q_after", o.QAfter, s.queue())
	s.advance(milliseconds(o.RelistenAt) + twoRounds)
	c.compareQueue("q_after_2_rounds", o.QAfter2, s.queue())
	c.equal("results_after_2_rounds", o.ResultsAfter2, s.connectResults())
	if len(o.Steps) > 0 {
		s.acceptStepByStep(o.Steps, c)
	} else {
		order, end := s.acceptAll()
		c.equal("accept_order", o.Drain.Order, order)
		c.equal("end", o.Drain.End, end)
	}
	c.equal("final_results", o.FinalResults, s.connectResults())
	c.equal("rst_sent_by_server", o.ResetsSent, s.ends.rsts)
	return s.err
}

// relistenWith calls listen again. With a changed somaxconn, a profile with that setting
// gives the effective backlog.
func relistenWith(s *clients, profile netmodel.Profile, p *relistenParams) (string, error) {
	if p.Relisten != nil && *p.Relisten == 0 {
		return skipped, nil
	}
	backlog := p.Backlog2
	if p.Somaxconn2 != nil {
		tuned, err := profiles.Set(profile, "somaxconn", fmt.Sprint(*p.Somaxconn2))
		if err != nil {
			return "", err
		}
		backlog = tuned.Backlog.Effective(backlog)
	}
	err := s.serverHost().Listen(s.fd, backlog)
	s.settle()
	return nameOf(err), nil
}

// acceptStepByStep accepts one connection at a time, when the trial did.
func (s *clients) acceptStepByStep(steps []relistenStep, c *Comparison) {
	for i, step := range steps {
		name := fmt.Sprintf("step %d ", i)
		s.advance(milliseconds(step.At))
		client, _, _ := s.accept() // after an error, both sides have client -1
		c.equal(name+"client", step.Client, client)
		c.equal(name+"q_after_accept", step.QAccept, s.queue().Complete)
		if step.Client < 0 { // the last step
			continue
		}
		s.advance(milliseconds(step.At) + 1100*time.Millisecond)
		c.equal(name+"q_after_1100ms", step.QLater, s.queue().Complete)
		c.equal(name+"established_total", step.Established, s.connectedCount())
	}
}
