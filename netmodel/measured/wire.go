package measured

import (
	"time"

	"wspsim/netmodel"
)

// wireClient is what a trial says of one client.
type wireClient struct {
	Number  int       `json:"i"`
	Connect float64   `json:"connect_ms"` // when connect was called
	Syn     []float64 `json:"syn_ms"`     // of every SYN: the first is as good as Connect
	SynAck  []float64 `json:"synack_ms"`  // of every SYN-ACK
	Done    *float64  `json:"done_ms"`    // when the result was looked at
	Fail    *float64  `json:"fail_rel_ms"`
	Result  string    `json:"res"`
	_       struct{}  `unread:"syn_rel_ms"`
}

// begin returns when the client began.
func (w *wireClient) begin() time.Duration { return milliseconds(w.Connect) }

// synChain is the timer of the client's SYNs.
func (w *wireClient) synChain(s netmodel.Schedule) timerChain {
	c := timerChain{set: w.begin()}
	for k := 1; k < len(w.Syn); k++ {
		c.waits = append(c.waits, s.Wait(uint8(k-1)))
		c.fired = append(c.fired, milliseconds(w.Syn[k]))
	}
	return c
}

// synAckChain is the timer of the SYN-ACKs to the client.
func (w *wireClient) synAckChain(s netmodel.Schedule) timerChain {
	var c timerChain
	for k, at := range w.SynAck {
		if k == 0 {
			c.set = milliseconds(at)
			continue
		}
		c.waits = append(c.waits, s.Wait(uint8(k-1)))
		c.fired = append(c.fired, milliseconds(at))
	}
	return c
}

// within is synTolerance as a duration.
func synToleranceDuration() time.Duration { return milliseconds(synTolerance) }

// answers is what a server sent to clients and when it forgot them, by attempt.
type serverAnswers struct {
	synAcks map[netmodel.ConnID][]time.Duration
	forgotten    map[netmodel.ConnID]time.Duration
}

// answersOf reads the records of the server.
func answersIn(records []netmodel.Record) serverAnswers {
	w := serverAnswers{map[netmodel.ConnID][]time.Duration{}, map[netmodel.ConnID]time.Duration{}}
	for _, r := range records {
		switch r.Kind {
		case netmodel.RequestQueued, netmodel.CookieSent, netmodel.SynAckAgain:
			w.synAcks[r.Conn] = append(w.synAcks[r.Conn], time.Duration(r.At))
		case netmodel.Withdrawn:
			w.forgotten[r.Conn] = time.Duration(r.At)
		}
	}
	return w
}

// attemptOf returns the attempt of a client of a crew.
func attemptOf(client int) netmodel.ConnID { return netmodel.ConnID(client + 1) }

// againInstants compares when a client's SYNs were sent again. The first one is an
// input.
func (s *clients) compareSynsSentAgain(c *Comparison, client int, measured []float64) {
	syns := s.ends.syns[attemptOf(client)]
	if len(measured) == 0 || len(syns) == 0 {
		c.equal("syn_ms times", len(measured), len(syns))
		return
	}
	c.instants("syn_ms", measured[1:], syns[1:], synTolerance)
}
