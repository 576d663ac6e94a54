package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

type fullQueueParams struct {
	AcceptEvery float64  `json:"accept_every_ms"` // between accepts; 0 = all at once
	AcceptRetry int      `json:"accept_retry"`    // 1: an accept that finds nothing is made again later
	Backlog     int      `json:"backlog"`
	Waiting     int      `json:"waiting"`
	Watch       float64  `json:"watch_ms"`
	_           struct{} `unread:"accept_at_ms accept_k gap_us"`
}

type fullQueueObserved struct {
	Accepts []fullQueueAccept  `json:"accepts"`
	Order   []int          `json:"get_in_order"` // of those whose connect succeeded
	End     ssQueue    `json:"q_end"`
	Left    []int          `json:"queue_contents_end"`
	Results map[string]int `json:"results"`
	Stat    map[string]int `json:"stat"`
	Waiting []wireClient   `json:"waiting_clients"`
}

type fullQueueAccept struct {
	At     float64 `json:"t_ms"`
	Client int     `json:"client"`
	Left   int     `json:"q_after"`
}

// askedMeanwhile is why a queue that was just filling can be seen too small.
const readDuringBatch = "it was asked for while the ACKs of a batch were coming in"

// replayDrain: a full queue, clients that wait, and a program that accepts some.
// Who gets in, and when? When accept returned is an input. Clients that found
// room at once are not in the file: they began before the others. K2, K4, K7, K8
func playFullQueue(profile netmodel.Profile, p *fullQueueParams, o *fullQueueObserved, c *Comparison) error {
	if len(o.Waiting) != p.Waiting {
		return fmt.Errorf("%d waiting_clients: want %d, as params.waiting says", len(o.Waiting), p.Waiting)
	}
	var seen []timerChain
	for _, w := range o.Waiting {
		seen = append(seen, w.synChain(profile.Client.Syn), w.synAckChain(profile.SynAck))
	}
	profile.Timers.Phase = phaseOfChains(profile.Timers, seen, synToleranceDuration())
	s, err := newClients(profile, p.Backlog)
	if err != nil {
		return err
	}
	fits := profile.AtSyn.Of(profile.Backlog.Effective(p.Backlog))
	if err := s.connectAll(fits, 0, 0); err != nil {
		return err
	}
	if err := s.connectAndAccept(o, c); err != nil {
		return err
	}
	if err := s.advance(o.end(p)); err != nil {
		return err
	}
	s.compareFullQueue(o, fits, c)
	if err := s.advance(o.end(p) + countedLater); err != nil {
		return err
	}
	delete(o.Stat, "TCPSYNChallenge") // the model does not count what TCP thinks of a SYN-ACK that comes again
	c.stats(o.Stat, s.counters())
	left, _ := s.acceptAll()
	c.equal("queue_contents_end", o.Left, left)
	return nil
}

// countedLater is how long after the end of the watch the counters were read. It
// is not in the files: SYNs that were due 200 ms after it are counted, some that
// were due after 237 ms are not.
const countedLater = 220 * time.Millisecond

// playDrain lets clients begin and the program accept when they did.
func (s *clients) connectAndAccept(o *fullQueueObserved, c *Comparison) error {
	next := 0
	begin := func(until time.Duration) error {
		for ; next < len(o.Waiting) && o.Waiting[next].begin() <= until; next++ {
			if err := s.connect(o.Waiting[next].begin()); err != nil {
				return err
			}
		}
		return s.advance(until)
	}
	for _, a := range o.Accepts {
		if err := begin(milliseconds(a.At)); err != nil {
			return err
		}
		client, _, err := s.accept()
		if err != nil && client >= 0 {
			return err
		}
		c.equal("accepts client", a.Client, client)
		c.equal("accepts q_after", a.Left, s.queue().Complete)
	}
	if last := len(o.Waiting) - 1; last >= next {
		return begin(o.Waiting[last].begin())
	}
	return nil
}

// end returns when the watch ended: when every connect had a result and
// every accept was made, and at the latest when the time was over.
func (o *fullQueueObserved) end(p *fullQueueParams) time.Duration {
	over := milliseconds(p.Watch)
	if o.Results["PENDING"] > 0 || p.AcceptRetry != 0 || p.AcceptEvery > 0 {
		return over
	}
	last := time.Duration(0)
	for _, w := range o.Waiting {
		if w.Done != nil {
			last = max(last, milliseconds(*w.Done))
		}
	}
	for _, a := range o.Accepts {
		last = max(last, milliseconds(a.At))
	}
	return min(last+synToleranceDuration(), over)
}

// compareDrain compares what there was in the end.
func (s *clients) compareFullQueue(o *fullQueueObserved, fits int, c *Comparison) {
	c.equal("get_in_order", o.Order, s.connectOrder())
	q := s.queue()
	c.equal("q_end recvq", o.End.RecvQ, q.Complete)
	if o.End.RecvQ < q.Complete && len(o.Left) == q.Complete {
		c.because(readDuringBatch)
	}
	c.equal("q_end sendq", o.End.SendQ, q.Effective)
	results := s.connectResults()
	for _, name := range []string{"OK", "PENDING", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET"} {
		if o.Results[name] > 0 || results[name] > 0 {
			c.equal("results "+name, o.Results[name], results[name])
		}
	}
	sent := answersIn(s.records)
	for i, w := range o.Waiting {
		s.compareSynsSentAgain(c, fits+i, w.Syn)
		c.instants("synack_ms", w.SynAck, sent.synAcks[attemptOf(fits+i)], synTolerance)
		c.equal("waiting_clients res", w.Result, s.connectResult(fits+i))
	}
}

// succeeded returns the clients whose connect has succeeded, in that order.
func (s *clients) connectOrder() []int {
	var order []int
	for _, r := range s.records {
		if r.Kind == netmodel.Connected && r.Host == s.clientsID {
			order = append(order, int(r.Conn)-1)
		}
	}
	return order
}
