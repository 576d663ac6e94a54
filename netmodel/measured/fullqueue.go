package measured

import (
	"fmt"
	"time"

	"wspsim/netmodel"
)

type fullQueueParams struct {
	AcceptEvery float64  `json:"accept_every_ms"` // between accepts; 0 = no pause
	AcceptRetry int      `json:"accept_retry"`    // 1: the program repeats an accept that found nothing
	Backlog     int      `json:"backlog"`
	Waiting     int      `json:"waiting"`
	Watch       float64  `json:"watch_ms"`
	_           struct{} `unread:"accept_at_ms=number accept_k=number gap_us=number"`
}

type fullQueueObserved struct {
	Accepts []fullQueueAccept `json:"accepts"`
	Order   []int             `json:"get_in_order"` // the clients whose connect succeeded
	End     ssQueue           `json:"q_end"`
	Left    []int             `json:"queue_contents_end"`
	Results map[string]int    `json:"results"`
	Stat    map[string]int    `json:"stat"`
	Waiting []wireClient      `json:"waiting_clients"`
}

type fullQueueAccept struct {
	At     float64 `json:"t_ms"`
	Client int     `json:"client"`
	Left   int     `json:"q_after"`
}

// readDuringBatch is why a measured queue can be too small: it was filling.
const readDuringBatch = "it was asked for while the ACKs of a batch were coming in"

// playFullQueue: the queue is full, clients wait, and the program accepts some
// connections. Which clients get in, and when? The instants of accept are inputs. The file
// lacks the clients that fill the queue: they connect first. K2, K4, K7, K8
func playFullQueue(profile netmodel.Profile, p *fullQueueParams, o *fullQueueObserved, c *Comparison) error {
	if len(o.Waiting) != p.Waiting {
		return fmt.Errorf("%d waiting_clients: want %d, as params.waiting says", len(o.Waiting), p.Waiting)
	}
	var seen []timerChain
	for _, w := range o.Waiting {
		seen = append(seen, w.synChain(profile.Client.Syn), w.synAckChain(profile.SynAck))
	}
	profile.Timers.Phase = phaseOfChains(profile.Timers, seen, synToleranceDuration())
	s := newClients(profile, p.Backlog)
	fits := fitting(profile, p.Backlog)
	s.connectAll(fits, 0, 0)
	s.connectAndAccept(o, c)
	s.advance(o.end(p))
	s.compareFullQueue(o, fits, c)
	s.advance(o.end(p) + countedLater)
	delete(o.Stat, synChallenge)
	c.stats(o.Stat, s.counters())
	left, _ := s.acceptAll()
	c.equal("queue_contents_end", o.Left, left)
	return s.err
}

// synChallenge counts SYN-ACKs that arrive again. The model does not have it.
const synChallenge = "TCPSYNChallenge"

// countedLater is the time from the end of the watch to the reading of the counters. The
// files lack it. SYNs that were due after 200 ms are counted, some of those that were due
// after 237 ms are not.
const countedLater = 220 * time.Millisecond

// connectAndAccept makes the clients connect and the program accept when they did.
func (s *clients) connectAndAccept(o *fullQueueObserved, c *Comparison) {
	next := 0
	connectUntil := func(until time.Duration) {
		for ; next < len(o.Waiting) && o.Waiting[next].start() <= until; next++ {
			s.connect(o.Waiting[next].start())
		}
		s.advance(until)
	}
	for _, a := range o.Accepts {
		connectUntil(milliseconds(a.At))
		client, _, _ := s.accept()
		c.equal("accepts client", a.Client, client)
		c.equal("accepts q_after", a.Left, s.queue().Complete)
	}
	if last := len(o.Waiting) - 1; last >= next {
		connectUntil(o.Waiting[last].start())
	}
}

// end returns the end of the watch: all connects have a result and all accepts are made,
// or the time of the watch is over.
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

// compareFullQueue compares the queue and the clients at the end.
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
	s.compareWire(c, fits, o.Waiting, "waiting_clients res")
}
