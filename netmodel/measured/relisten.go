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
	Relisten   *int     `json:"relisten"`   // 0: listen is not called again
	Somaxconn2 *int     `json:"somaxconn2"` // set before the second listen
	_          struct{} `unread:"steps"`    // accepts, one at a time
}

type relistenObserved struct {
	QFull         ssQueue    `json:"q_full"`
	QBefore       ssQueue    `json:"q_before"`
	QAfter        ssQueue    `json:"q_after"`
	QAfter2       ssQueue    `json:"q_after_2_rounds"`
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

// relistenStep is one accept and what it led to. Of the one that found nothing,
// the last, the clients were not counted: established_total is 0 there.
type relistenStep struct {
	At          float64 `json:"t_ms"`
	Client      int     `json:"client"`
	QAccept     int     `json:"q_after_accept"`
	QLater      int     `json:"q_after_1100ms"`
	Established int     `json:"established_total"`
}

// twoRounds is how long after the second listen the results were looked at: t_ms
// of the first step less relisten_at_ms. SYNs have been sent again twice by then.
const twoRounds = 2300 * time.Millisecond

// replayRelisten: the queue is full, clients wait, and listen is called again. K10
func playRelisten(profile netmodel.Profile, p *relistenParams, o *relistenObserved, c *Comparison) error {
	return anyPhase(c, profile, func(profile netmodel.Profile, c *Comparison) error {
		return playRelistenOnce(profile, p, o, c)
	})
}

func playRelistenOnce(profile netmodel.Profile, p *relistenParams, o *relistenObserved, c *Comparison) error {
	const step = 30 * time.Microsecond // between two connects
	s, err := newClients(profile, p.Backlog)
	if err != nil {
		return err
	}
	fit := profile.AtSyn.Of(profile.Backlog.Effective(p.Backlog))
	if err := s.connectAll(fit, 0, step); err != nil {
		return err
	}
	c.queue("q_full", o.QFull, s.testbed)
	if err := s.connectAll(p.Waiting, s.now()+step, step); err != nil {
		return err
	}
	if err := s.advance(milliseconds(o.RelistenAt)); err != nil {
		return err
	}
	c.queue("q_before", o.QBefore, s.testbed)
	again, err := relistenWith(s, profile, p)
	if err != nil {
		return err
	}
	c.equal("relisten", o.Relisten, again)
	c.queue("q_after", o.QAfter, s.testbed)
	if err := s.advance(milliseconds(o.RelistenAt) + twoRounds); err != nil {
		return err
	}
	c.queue("q_after_2_rounds", o.QAfter2, s.testbed)
	c.equal("results_after_2_rounds", o.ResultsAfter2, s.connectResults())
	if len(o.Steps) > 0 {
		err = s.acceptStepByStep(o.Steps, c)
	} else {
		order, end := s.acceptAll()
		c.equal("accept_order", o.Drain.Order, order)
		c.equal("end", o.Drain.End, end)
	}
	c.equal("final_results", o.FinalResults, s.connectResults())
	c.equal("rst_sent_by_server", o.ResetsSent, s.ends.rsts)
	return err
}

// relistenWith calls listen again. What a changed somaxconn makes of its argument
// is the model's own rule, asked of a profile with that setting.
func relistenWith(s *clients, profile netmodel.Profile, p *relistenParams) (string, error) {
	if p.Relisten != nil && *p.Relisten == 0 {
		return "skipped", nil
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
	return nameOf(err), s.settle()
}

// acceptSlowly accepts one at a time, when the trial did.
func (s *clients) acceptStepByStep(steps []relistenStep, c *Comparison) error {
	for i, step := range steps {
		name := fmt.Sprintf("step %d ", i)
		if err := s.advance(milliseconds(step.At)); err != nil {
			return err
		}
		client, _, _ := s.accept() // nobody is client -1, there and here
		c.equal(name+"client", step.Client, client)
		c.equal(name+"q_after_accept", step.QAccept, s.queue().Complete)
		if step.Client < 0 { // the trial ended here
			continue
		}
		if err := s.advance(milliseconds(step.At) + 1100*time.Millisecond); err != nil {
			return err
		}
		c.equal(name+"q_after_1100ms", step.QLater, s.queue().Complete)
		c.equal(name+"established_total", step.Established, s.connectedCount())
	}
	return nil
}

// queue compares what ss shows of a listener.
func (c *Comparison) queue(name string, measured ssQueue, s *testbed) {
	c.equal(name+" recvq", measured.RecvQ, s.queue().Complete)
	c.equal(name+" sendq", measured.SendQ, s.queue().Effective)
}
