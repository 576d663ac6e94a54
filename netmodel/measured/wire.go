package measured

import (
	"time"

	"wspsim/netmodel"
)

// wireClient is the times of one client's segments and calls.
type wireClient struct {
	Number  int       `json:"i"`
	Connect float64   `json:"connect_ms"` // when the program called connect
	Syn     []float64 `json:"syn_ms"`     // every SYN; the first is as precise as Connect
	SynAck  []float64 `json:"synack_ms"`  // every SYN-ACK
	Done    *float64  `json:"done_ms"`    // when the program looked at the result
	Fail    *float64  `json:"fail_rel_ms"`
	Result  string    `json:"res"`
	_       struct{}  `unread:"syn_rel_ms=numbers"`
}

// start returns when the client called connect.
func (w *wireClient) start() time.Duration { return milliseconds(w.Connect) }

// synChain is the timer of the client's SYNs.
func (w *wireClient) synChain(s netmodel.Schedule) timerChain {
	c := timerChain{set: w.start()}
	c.addRepeats(w.Syn, s)
	return c
}

// synAckChain is the timer of the SYN-ACKs to the client.
func (w *wireClient) synAckChain(s netmodel.Schedule) timerChain {
	var c timerChain
	if len(w.SynAck) > 0 {
		c.set = milliseconds(w.SynAck[0])
	}
	c.addRepeats(w.SynAck, s)
	return c
}

// lastSeen returns an instant after all observations of the clients.
func lastSeen(clients []wireClient) time.Duration {
	last := time.Duration(0)
	for _, w := range clients {
		last = max(last, w.start())
		for _, at := range w.Syn {
			last = max(last, milliseconds(at))
		}
		for _, at := range w.SynAck {
			last = max(last, milliseconds(at))
		}
		if w.Done != nil {
			last = max(last, milliseconds(*w.Done))
		}
	}
	return last + 2*synToleranceDuration()
}

// connectEach makes each client connect when it did.
func (s *clients) connectEach(clients []wireClient) error {
	for _, w := range clients {
		s.connect(w.start())
	}
	return s.err
}

// compareRetransmittedSyns compares the SYNs of a client. The first SYN is an input.
func (s *clients) compareRetransmittedSyns(c *Comparison, client int, measured []float64) {
	syns := s.attempt(client).syns
	if len(measured) == 0 || len(syns) == 0 {
		c.equal("syn_ms times", len(measured), len(syns))
		return
	}
	c.instants("syn_ms", measured[1:], syns[1:], synTolerance)
}

// compareWire compares the segments of each client and the result of its connect. The
// first of them has the number first.
func (s *clients) compareWire(c *Comparison, first int, clients []wireClient, result string) {
	for i, w := range clients {
		s.compareRetransmittedSyns(c, first+i, w.Syn)
		c.instants("synack_ms", w.SynAck, s.attempt(first+i).synAcks, synTolerance)
		c.equal(result, w.Result, s.connectResult(first+i))
	}
}
